"""Gradient descent on a surface: the learning rate, the start, and the way down that follows from them."""

from functools import lru_cache

import numpy as np

from course_pkg._validate import as_array, as_choice, as_int, as_number
from course_pkg.show import COLOURS, new_figure
from course_pkg.surfaces import RADIUS, SURFACES, gradient_descent, verdict
from course_pkg.widgets.base import CourseWidget, Setting, module, shown, typed_number
from course_pkg.widgets.terrain import band_colours, band_paths, heights

MEANINGS = {
    "too small": "every step goes down, but the steps are used up before the path arrives",
    "converges": "the path comes to rest where the surface is flat",
    "oscillates": "the steps jump to and fro across the valley",
    "diverges": "the steps are so long that they lead up and away",
}


@lru_cache(maxsize=8)
def _descend(surface, start, lr):
    return gradient_descent(surface, start, lr)


def _or_default(check):
    return lambda name, value: None if value is None else check(name, value)


def _point(name, value):
    point = tuple(float(c) for c in as_array(name, value, shape=(2,)))
    if max(map(abs, point)) > RADIUS:
        raise ValueError(f"{name}: expected coordinates from −{RADIUS:g} to {RADIUS:g}, got {point}")
    return point


class Descent(CourseWidget):
    """Gradient descent (x, y) ← (x, y) − lr·∇f(x, y) on a surface, step by step, with a verdict on the learning rate.

    ``surface`` is a name in ``course_pkg.surfaces.SURFACES``; ``lr`` ≥ 0 and ``start`` (2 numbers) are by default the
    surface's own, with its right learning rate; ``step`` is the number of steps shown, by default all. Raises
    ValueError or TypeError for anything else. Source: deck 001, 梯度下降.
    """

    _esm = module("descent.js")

    surface = Setting(lambda name, value: as_choice(name, value, list(SURFACES)), "ravine")
    lr = Setting(_or_default(lambda name, value: as_number(name, value, minimum=0)), None)
    start = Setting(_or_default(_point), None)
    step = Setting(_or_default(lambda name, value: as_int(name, value, minimum=0)), None)

    def __init__(self, surface="ravine", lr=None, start=None, step=None):
        super().__init__(surface=surface, lr=lr, start=start, step=step)

    @property
    def path(self):
        """The whole descent, a ``course_pkg.surfaces.Path``."""
        return _descend(self.surface, self.start, self.lr)

    @property
    def _at(self):
        last = len(self.path.points) - 1
        return last if self.step is None else min(self.step, last)

    def text(self):
        """Return what the picture shows, in words."""
        path, at = self.path, self._at
        x, y = (shown(round(c, 4)) for c in path.points[at])
        return (
            f"After {at} of {len(path.points) - 1} steps with learning rate {shown(path.lr)}: x = {x}, y = {y}, "
            f"f(x, y) = {shown(path.heights[at])}. The lowest value of f is {shown(path.surface.lowest)}."
        )

    def backdrop(self):
        surface = SURFACES[self.surface]
        return {
            "surface": self.surface,
            "surfaces": list(SURFACES),
            "formula": f"f(x, y) = {surface.formula}",
            "bounds": [list(b) for b in surface.bounds],
            "minima": [list(m) for m in surface.minima],
            "map": band_paths(self.surface),
            "rates": surface.learning_rates,
        }

    def picture(self):
        path, result = self.path, verdict(self.path)
        above = path.heights - path.surface.lowest
        return {
            "lr": path.lr,
            "points": [[float(f"{c:.4g}") for c in point] for point in path.points],
            "above": [float(f"{a:.4g}") for a in np.maximum(above, 1e-8 * above[0] or 1e-8)],  # for a logarithmic axis
            "step": self._at,
            "verdict": result,
            "meaning": MEANINGS[result],
            "text": self.text(),
        }

    def react(self, control, value):
        surface = SURFACES[self.surface]
        match control:
            case "surface":
                self.surface, self.lr, self.start, self.step = value, None, None, None
            case "rate":
                self.lr, self.start, self.step = (
                    surface.learning_rates[as_choice("rate", value, list(surface.learning_rates))],
                    None,
                    None,
                )
            case "lr":
                self.lr, self.step = typed_number("lr", value), None
            case "exponent":
                self.lr, self.step = float(f"{10 ** as_number('exponent', value):.3g}"), None
            case "start":
                self._begin(_point("start", value))
            case "left" | "right" | "up" | "down":
                dx, dy = {"left": (-1, 0), "right": (1, 0), "up": (0, 1), "down": (0, -1)}[control]
                (left, right), (bottom, top) = surface.bounds
                x, y = self.path.points[0]
                self._begin((x + dx * (right - left) / 40, y + dy * (top - bottom) / 40))
            case "step":
                self.step = value
            case "forward":
                self.step = self._at + max(1, len(self.path.points) // 100)
            case "restart":
                self.step = 0
            case _:
                raise ValueError(f"control: expected a control of this widget, got {control!r}")

    def _begin(self, point):
        """Start from the point of the drawn part of the surface that is nearest to ``point``."""
        bounds = SURFACES[self.surface].bounds
        self.start = [float(f"{np.clip(c, *bound):.4g}") for c, bound in zip(point, bounds, strict=True)]
        self.step = None

    def static_figure(self):
        path, at = self.path, self._at
        surface = path.surface
        x, y, z, levels = heights(self.surface)
        fig, (left, right) = new_figure(1, 2, size=(8.4, 3.9), width_ratios=(1.15, 1))
        left.contourf(x, y, z, levels, colors=band_colours())
        left.plot(*path.points[: at + 1].T, "-", color="white", lw=4, scalex=False, scaley=False)
        left.plot(*path.points[: at + 1].T, ".-", color=COLOURS["red"], lw=1.8, ms=6)
        left.plot(*path.points[0], "o", color="black", mec="white", ms=9, label="start")
        left.plot(
            *np.transpose(surface.minima), "*", color=COLOURS["yellow"], mec="black", ms=14, ls="", label="lowest"
        )
        left.set(
            xlim=surface.bounds[0],
            ylim=surface.bounds[1],
            xlabel="x",
            ylabel="y",
            title=f"{surface.name}: learning rate {shown(path.lr)}",
        )
        left.grid(False)
        left.legend(loc="upper center", bbox_to_anchor=(0.5, -0.16), ncols=2)
        state = self.picture()
        right.semilogy(state["above"][: at + 1], color=COLOURS["red"])
        right.set(
            xlabel="step",
            ylabel="f(x, y) above the lowest point",
            title=state["verdict"],
            xlim=(0, len(path.points) - 1),
        )
        return fig

    def alt(self):
        path = self.path
        return (
            f"Map of the surface {self.surface} with the path of gradient descent from the start, and the curve of its "
            f"height by step. {self.text()} Verdict: {verdict(path)}, {MEANINGS[verdict(path)]}."
        )
