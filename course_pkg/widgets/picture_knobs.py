"""A picture that is made anew, by any function, whenever the reader moves one of its knobs."""

import numpy as np

from course_pkg._validate import as_array, as_choice, as_number, describe
from course_pkg.show import new_figure
from course_pkg.widgets.base import CourseWidget, Setting, module, png


class _Values(Setting):
    """The values of all knobs by name; the widget knows which there are."""

    def __init__(self):
        super().__init__(None, {})

    def validate(self, obj, value):
        return obj.checked(value)


class PictureKnobs(CourseWidget):
    """The picture that ``make(**values)`` returns, (H, W, 3) in 0 … 1, under one knob for each value.

    ``knobs``: name → a list of texts to choose from, or a slider's (lowest, highest, step). ``values``: what is shown
    first; what is not named there starts with the first text or the lowest number. ``make`` takes what stands on the
    knobs as keywords, texts and numbers; integers where the slider's three numbers are. ``about`` says what the picture
    shows. Pictures that were made are remembered.
    Raises TypeError or ValueError for wrong arguments.
    """

    _esm = module("picture_knobs.js")

    values = _Values()

    def __init__(self, make, knobs, *, about, values=()):
        if not callable(make):
            raise TypeError(f"make: expected a function that returns a picture, got {describe(make)}")
        if not isinstance(knobs, dict) or not knobs:
            raise TypeError(f"knobs: expected a dict from names to lists or ranges, got {describe(knobs)}")
        self._make, self._about, self._made = make, about, {}
        self._knobs = {name: _knob(f"knobs[{name!r}]", knob) for name, knob in knobs.items()}
        super().__init__(values={name: knob[0] for name, knob in self._knobs.items()} | dict(values))

    def checked(self, values):
        """Return ``values``, a dict with a value for each knob, or raise ValueError or TypeError."""
        for name in values:
            as_choice("values", name, tuple(self._knobs))
        found = {}
        for name, knob in self._knobs.items():
            if isinstance(knob, list):
                found[name] = as_choice(name, values[name], knob)
                continue
            low, high, step = knob
            number = as_number(name, values[name], minimum=low)
            if number > high:
                raise ValueError(f"{name}: expected a number from {low} to {high}, got {number:g}")
            found[name] = round(number) if isinstance(low, int) and isinstance(step, int) else number
        return found

    def made(self, values):
        """Return the picture for ``values``, a dict with a value for each knob."""
        key = tuple(values.values())
        if key not in self._made:
            self._made[key] = as_array("make(…)", self._make(**values), shape=(None, None, 3))
        return self._made[key]

    def alt(self):
        return f"{self._about}: " + ", ".join(f"{name} {value}" for name, value in self.values.items())

    def picture(self):
        return {
            "knobs": [
                {"name": name, "choices" if isinstance(knob, list) else "range": list(knob)}
                for name, knob in self._knobs.items()
            ],
            "values": self.values,
            "image": png(np.clip(self.made(self.values), 0, 1)),
            "text": self.alt(),
        }

    def react(self, control, value):
        values = self.checked(self.values | {as_choice("control", control, tuple(self._knobs)): value})
        self.made(values)  # where it cannot be made, the knobs stay where they are
        self.values = values

    def static_figure(self):
        picture = self.made(self.values)
        fig, ax = new_figure(size=(3.6, 3.6 * picture.shape[0] / picture.shape[1]))
        ax.imshow(picture)
        ax.axis("off")
        return fig


def _knob(name, knob):
    """Return a list of texts or a tuple (lowest, highest, step), or raise."""
    if isinstance(knob, list) and knob and all(isinstance(text, str) for text in knob):
        return knob
    if isinstance(knob, tuple) and len(knob) == 3:
        low, high, _ = (as_number(name, value) for value in knob)
        if low < high and knob[2] > 0:
            return knob
    raise ValueError(f"{name}: expected a list of texts or (lowest, highest, step), got {describe(knob)}")
