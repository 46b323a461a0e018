"""An activation function and its derivative, with the tangent at a point that the reader moves."""

import numpy as np

from course_pkg._validate import as_choice, as_number
from course_pkg.nn import activation, activation_derivative
from course_pkg.show import COLOURS, new_figure
from course_pkg.widgets.base import CourseWidget, Setting, module, shown, typed_number

LOW, HIGH = -6.0, 6.0

# Name: (f, f' as the lectures write them, range of f in the picture).
FUNCTIONS = {
    "sigmoid": ("1/(1 + e⁻ˣ)", "f(x)·(1 − f(x))", (-0.1, 1.1)),
    "tanh": ("2/(1 + e⁻²ˣ) − 1", "1 − f(x)²", (-1.2, 1.2)),
    "relu": ("max(0, x)", "1 for x > 0, else 0", (-0.6, 6.6)),
}


def _inside(name, value):
    value = as_number(name, value)
    if not LOW <= value <= HIGH:
        raise ValueError(f"{name}: expected a number from {LOW:g} to {HIGH:g}, got {value:g}")
    return value


def _curve(function, name):
    """Two pieces, left and right of 0, so that a jump there is drawn as a jump; each a list of points [x, y]."""
    pieces = np.linspace(LOW, 0, 121), np.linspace(np.nextafter(0, 1), HIGH, 121)
    return [np.round(np.stack([x, function(name, x)], axis=1), 5).tolist() for x in pieces]


class Activations(CourseWidget):
    """Sigmoid, tanh or ReLU beside its derivative: move x and see f(x), the tangent there and f'(x).

    ``name`` is "sigmoid", "tanh" or "relu"; ``x`` is a number from −6 to 6. Raises ValueError or TypeError for anything
    else. The functions are those of ``course_pkg.nn``. Source: deck 001, activation functions.
    """

    _esm = module("activations.js")

    name = Setting(lambda name, value: as_choice(name, value, list(FUNCTIONS)), "sigmoid")
    x = Setting(_inside, 0.5)

    def __init__(self, name="sigmoid", x=0.5):
        super().__init__(name=name, x=x)

    @property
    def value(self):
        """f(x)."""
        return float(activation(self.name, np.array(self.x)))

    @property
    def slope(self):
        """f'(x)."""
        return float(activation_derivative(self.name, np.array(self.x)))

    def text(self):
        """Return what the picture shows, in words."""
        text = (
            f"f({shown(self.x)}) = {shown(self.value)} and f'({shown(self.x)}) = {shown(self.slope)}: "
            f"a gradient that comes back through this unit is multiplied by {shown(self.slope)}."
        )
        if self.name == "relu" and self.x == 0:
            text += " ReLU has a kink at 0; f'(0) = 0 is a convention, the one that PyTorch uses too."
        return text

    def backdrop(self):
        formula, derivative, limits = FUNCTIONS[self.name]
        return {
            "name": self.name,
            "names": list(FUNCTIONS),
            "xs": [LOW, HIGH],
            "f": {"title": f"f(x) = {formula}", "curve": _curve(activation, self.name), "ys": list(limits)},
            "df": {
                "title": f"f'(x) = {derivative}",
                "curve": _curve(activation_derivative, self.name),
                "ys": [-0.1, 1.1],
            },
        }

    def picture(self):
        tangent = [[x, self.value + self.slope * (x - self.x)] for x in (self.x - 1.5, self.x + 1.5)]
        return {"x": self.x, "value": self.value, "slope": self.slope, "tangent": tangent, "text": self.text()}

    def react(self, control, value):
        match control:
            case "name":
                self.name = value
            case "x":
                self.x = typed_number("x", value)
            case _:
                raise ValueError(f"control: expected 'name' or 'x', got {control!r}")

    def static_figure(self):
        scenery, state = self.backdrop(), self.picture()
        fig, axes = new_figure(1, 2, size=(8, 3.1))
        parts = (("f", self.value, "blue", "f"), ("df", self.slope, "green", "f'"))
        for ax, (part, value, colour, name) in zip(axes, parts, strict=True):
            for piece in scenery[part]["curve"]:
                ax.plot(*zip(*piece, strict=True), color=COLOURS[colour])
            ax.plot([self.x, self.x], [0, value], ":", color="0.4", lw=1.5)
            ax.plot(self.x, value, "o", ms=9, color=COLOURS["red"], mec="white", zorder=3)
            if part == "df" and value < 0.6:
                place = {"xytext": (0, 12), "ha": "center"}
            elif self.x < 2.5:
                place = {"xytext": (12, -18), "ha": "left"}
            else:
                place = {"xytext": (-10, 10 if part == "f" else -18), "ha": "right"}
            label = f"{name}({shown(self.x)}) = {shown(value)}"
            white = {"facecolor": "white", "edgecolor": "none", "pad": 1, "alpha": 0.8}
            ax.annotate(label, (self.x, value), textcoords="offset points", bbox=white, **place)
            ax.set(xlim=(LOW, HIGH), ylim=scenery[part]["ys"], xlabel="x", title=scenery[part]["title"])
        axes[0].plot(*zip(*state["tangent"], strict=True), color=COLOURS["red"])
        return fig

    def alt(self):
        return f"{self.name} and its derivative from −6 to 6, with a point and its tangent. {self.text()}"
