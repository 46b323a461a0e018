"""A race of the seven optimisers down a surface: their ways on the map, and how far down they are after each step."""

from functools import lru_cache

import numpy as np

from course_pkg._validate import as_choice, as_int, as_number, describe
from course_pkg.nn import OPTIMISERS
from course_pkg.show import COLOURS, new_figure
from course_pkg.surfaces import SURFACES, arrival, best_rate, race
from course_pkg.widgets.base import CourseWidget, Setting, module, shown, typed_number
from course_pkg.widgets.terrain import BANDS, band_paths, heights

STEPS = 150

# Colour and dashes (drawn and left out, in widths of the line) of each optimiser, told apart without colours too.
LOOKS = {
    "SGD": (COLOURS["black"], ()),
    "Momentum": (COLOURS["red"], (4, 1.3)),
    "Nesterov": (COLOURS["orange"], (1.3, 1)),
    "AdaGrad": (COLOURS["green"], (6, 1.3, 1.3, 1.3)),
    "RMSProp": (COLOURS["purple"], (2.5, 1)),
    "AdaDelta": (COLOURS["sky"], (7, 1.3, 1.3, 1.3, 1.3, 1.3)),
    "Adam": (COLOURS["blue"], ()),
}
# Pale greys, dark where the surface is low, on which all seven colours can be seen.
GREYS = [f"#{grey:02x}{grey:02x}{grey:02x}" for grey in np.linspace(0xC6, 0xFA, BANDS).round().astype(int)]


@lru_cache(maxsize=len(SURFACES))
def _best_rates(surface):
    return {name: best_rate(surface, optimiser, steps=STEPS) for name, optimiser in OPTIMISERS.items()}


@lru_cache(maxsize=8)
def _race(surface, rates):
    return race(surface, rates=dict(zip(OPTIMISERS, rates, strict=True)), steps=STEPS)


def _above(path):
    """The heights above the lowest point, none below ``_floor``: a logarithmic axis has no 0."""
    return np.maximum(path.heights - path.surface.lowest, _floor(path.surface))


def _floor(surface):
    return float(f"{1e-8 * (surface.f(*surface.start) - surface.lowest):.1g}")


def _as_names(name, value):
    if isinstance(value, (str, bytes)) or not np.iterable(value):
        raise TypeError(f"{name}: expected names of optimisers, got {describe(value)}")
    chosen = [as_choice(name, item, list(OPTIMISERS)) for item in value]
    return tuple(item for item in OPTIMISERS if item in chosen)


def _as_rates(name, value):
    if not isinstance(value, dict):
        raise TypeError(f"{name}: expected a dict from names of optimisers to learning rates, got {describe(value)}")
    return {as_choice(name, key, list(OPTIMISERS)): as_number(f"{name}[{key!r}]", value[key], above=0) for key in value}


class OptimiserRace(CourseWidget):
    """The optimisers of ``course_pkg.nn`` on a surface, step by step, each with its own learning rate.

    ``surface`` is a name in ``course_pkg.surfaces.SURFACES``; ``optimisers`` are the names of those that are drawn, by
    default all seven. ``rates`` is a dict from name to learning rate > 0; all others have the best of a grid, found by
    ``surfaces.best_rate``. All are multiplied by ``factor`` > 0. ``step`` is the number of steps shown, by default all
    150. Raises ValueError or TypeError for anything else.
    """

    _esm = module("optimiser_race.js")

    surface = Setting(lambda name, value: as_choice(name, value, list(SURFACES)), "ravine")
    optimisers = Setting(_as_names, tuple(OPTIMISERS))
    rates = Setting(_as_rates, {})
    factor = Setting(lambda name, value: as_number(name, value, above=0), 1.0)
    step = Setting(lambda name, value: as_int(name, value, minimum=0), STEPS)

    def __init__(self, surface="ravine", optimisers=tuple(OPTIMISERS), *, rates=None, factor=1, step=STEPS):
        super().__init__(
            surface=surface, optimisers=optimisers, rates={} if rates is None else rates, factor=factor, step=step
        )

    @property
    def paths(self):
        """A dict from the name of each optimiser to its ``course_pkg.surfaces.Path``."""
        rates = _best_rates(self.surface) | self.rates
        return _race(self.surface, tuple(float(f"{rates[name] * self.factor:.6g}") for name in OPTIMISERS))

    @property
    def _at(self):
        return min(self.step, STEPS)

    def text(self):
        """Return what the picture shows, in words."""
        floor, now, gone = _floor(SURFACES[self.surface]), [], []
        for name in self.optimisers:
            above = _above(self.paths[name])
            if self._at < len(above):
                now.append((above[self._at], name))
            else:
                gone.append(name)
        places = [f"{name} {'≤ ' if height <= floor else ''}{shown(height, 2)}" for height, name in sorted(now)]
        text = f"After {self._at} of {STEPS} steps, height above the lowest point: {', '.join(places) or 'nobody'}."
        return text + (f" Gone far away: {', '.join(gone)}." if gone else "")

    def backdrop(self):
        surface, paths = SURFACES[self.surface], self.paths
        layers = band_paths(self.surface)
        return {
            "surface": self.surface,
            "surfaces": list(SURFACES),
            "formula": f"f(x, y) = {surface.formula}",
            "bounds": [list(b) for b in surface.bounds],
            "minima": [list(m) for m in surface.minima],
            "map": [{"path": layer["path"], "colour": grey} for layer, grey in zip(layers, GREYS[::-1], strict=True)],
            "steps": STEPS,
            "floor": _floor(surface),
            "runners": [
                {
                    "name": name,
                    "lr": path.lr,
                    "points": [[float(f"{c:.4g}") for c in point] for point in path.points],
                    "above": [float(f"{a:.4g}") for a in _above(path)],
                    "arrival": arrival(path),
                    "colour": LOOKS[name][0],
                    "dashes": list(LOOKS[name][1]),
                }
                for name, path in paths.items()
            ],
        }

    def picture(self):
        return {"step": self._at, "factor": self.factor, "drawn": list(self.optimisers), "text": self.text()}

    def react(self, control, value):
        kind, _, name = str(control).partition(" ")
        match kind:
            case "surface":
                self.surface, self.rates, self.factor, self.step = value, {}, 1.0, STEPS
            case "exponent":
                self.factor = float(f"{10 ** as_number('exponent', value):.3g}")
            case "best":
                self.rates, self.factor = {}, 1.0
            case "same":
                self.rates, self.factor = dict.fromkeys(OPTIMISERS, self.paths["SGD"].lr), 1.0
            case "rate":
                as_choice("control", name, list(OPTIMISERS))
                self.rates = self.rates | {name: as_number("lr", typed_number("lr", value), above=0) / self.factor}
            case "draw":
                others = [other for other in self.optimisers if other != name]
                self.optimisers = [*others, name] if value else others
            case "step":
                self.step = value
            case "forward":
                self.step = self._at + 1
            case "restart":
                self.step = 0
            case _:
                raise ValueError(f"control: expected a control of this widget, got {control!r}")

    def static_figure(self):
        surface, paths, at = SURFACES[self.surface], self.paths, self._at
        x, y, z, levels = heights(self.surface)
        fig, (left, right) = new_figure(1, 2, size=(8.6, 4.5), width_ratios=(1.1, 1))
        left.contourf(x, y, z, levels, colors=GREYS)
        for name in self.optimisers:
            colour, dashes = LOOKS[name]
            style = {"color": colour, "ls": (0, dashes) if dashes else "-", "lw": 2}
            way = paths[name].points[: at + 1]
            left.plot(*way.T, color="white", lw=3.5, scalex=False, scaley=False)
            left.plot(*way.T, **style, scalex=False, scaley=False)
            left.plot(*way[-1], "o", color=colour, mec="white", ms=7, scalex=False, scaley=False)
            right.semilogy(_above(paths[name])[: at + 1], **style, label=f"{name} {shown(paths[name].lr)}")
        left.plot(*surface.start, "o", color="black", mec="white", ms=9)
        left.plot(*np.transpose(surface.minima), "*", color=COLOURS["yellow"], mec="black", ms=14, ls="")
        left.set(xlim=surface.bounds[0], ylim=surface.bounds[1], xlabel="x", ylabel="y", title=self.surface)
        left.grid(False)
        right.set(
            xlabel="step",
            title="f(x, y) above its lowest value",
            xlim=(0, STEPS),
            ylim=(_floor(surface), 1e9 * _floor(surface)),
        )
        if self.optimisers:
            fig.legend(loc="outside lower center", ncols=4, title="learning rates", handlelength=4, frameon=False)
        return fig

    def alt(self):
        rates = ", ".join(f"{name} {shown(self.paths[name].lr)}" for name in self.optimisers)
        return (
            f"Map of the surface {self.surface} with the paths of optimisers from one start; their heights by step. "
            f"Learning rates: {rates or 'nobody is drawn'}. {self.text()}"
        )
