"""What all widgets share: checked settings, a picture computed in Python, and a static figure beside it.

The page only draws: Python puts all that it shows into ``scenery`` and ``state``, and the page sends back which control
the reader moved. A value that cannot be used becomes the text in ``error``, which the page shows; nothing else changes.
"""

import io
import sys
from base64 import b64encode
from pathlib import Path

import anywidget
import numpy as np
import traitlets

from course_pkg.show import figure_html

_HERE = Path(__file__).parent


def module(name):
    """Return the widget's ES module: the code shared by all widgets, then the file ``name``."""
    return (_HERE / "common.js").read_text(encoding="utf-8") + (_HERE / name).read_text(encoding="utf-8")


_SUPERSCRIPTS = str.maketrans("−0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def shown(value, digits=4):
    """Return a number as readers see it: ``digits`` significant digits, a real minus sign, 10⁻⁶ in place of e-06."""
    text = f"{value + 0.0:.{digits}g}".replace("-", "−")  # −0.0 + 0.0 is 0.0
    mantissa, e, exponent = text.partition("e")
    if not e:
        return text
    power = "10" + exponent.replace("+", "").replace("−0", "−").lstrip("0").translate(_SUPERSCRIPTS)
    return power if mantissa == "1" else f"{mantissa}·{power}"


def typed_number(name, value):
    """Return the number that a reader typed, such as 0.1, −2, 1e-3 or 1/9; what is no text is returned as it is."""
    if not isinstance(value, str):
        return value
    top, slash, bottom = value.replace("−", "-").partition("/")
    try:
        return float(top) / (float(bottom) if slash else 1)
    except (ValueError, ZeroDivisionError):
        raise ValueError(f"{name}: expected a number such as 0.5 or 1/9, got {value!r}") from None


def typed_integer(name, value):
    """Return the integer that a reader typed; what is no text is returned as it is."""
    if not isinstance(value, str):
        return value
    try:
        return int(value)
    except ValueError:
        raise ValueError(f"{name}: expected an integer, got {value!r}") from None


def png(picture):
    """Return a picture (H, W, 3) in 0 … 1 as an address that holds the image itself."""
    from PIL import Image

    file = io.BytesIO()
    Image.fromarray(np.round(picture * 255).astype(np.uint8)).save(file, "PNG")
    return f"data:image/png;base64,{b64encode(file.getvalue()).decode()}"


class Setting(traitlets.TraitType):
    """A setting of a widget: ``check(name, value)`` returns the value to keep or raises ValueError or TypeError."""

    def __init__(self, check, default):
        super().__init__(default_value=default)
        self._check = check

    def validate(self, obj, value):
        return self._check(self.name, value)


class CourseWidget(anywidget.AnyWidget):
    """A widget that is redrawn whenever one of its settings changes.

    A subclass says what the page draws (``picture``, and in ``backdrop`` what of it seldom changes), what a control
    does (``react``), and how the widget looks to a reader who has no kernel (``static_figure`` and ``alt``).
    """

    _css = (_HERE / "widgets.css").read_text(encoding="utf-8")

    caption = "A static picture of the widget: run the cell to move its controls."

    scenery = traitlets.Dict(read_only=True).tag(sync=True)
    state = traitlets.Dict(read_only=True).tag(sync=True)
    error = traitlets.Unicode(read_only=True).tag(sync=True)

    def __init__(self, **settings):
        super().__init__(**settings)
        self.on_msg(self._answer)
        self._redraw()
        self.observe(self._redraw, [name for name, trait in self.traits().items() if isinstance(trait, Setting)])

    def backdrop(self):
        """Return the large parts of the picture that change seldom, as a dict that JSON can hold."""
        return {}

    def picture(self):
        """Return all else that the page draws, as a dict that JSON can hold; "text" says in words what is shown."""
        raise NotImplementedError

    def react(self, control, value):
        """Do what ``control`` of the page does, given the ``value`` that the reader gave to it."""
        raise NotImplementedError

    def static_figure(self):
        """Return a matplotlib figure that makes the widget's point without a kernel."""
        raise NotImplementedError

    def alt(self):
        """Return a sentence that says what the static figure shows."""
        raise NotImplementedError

    def _redraw(self, _change=None):
        self.set_trait("scenery", self.backdrop())  # it travels to the page only if it changed
        self.set_trait("state", self.picture())

    def _answer(self, _widget, message, _buffers):
        self.set_trait("error", "")
        try:
            with self.hold_trait_notifications():
                self.react(message.get("control"), message.get("value"))
        except (TypeError, ValueError, IndexError, OverflowError) as error:
            self.set_trait("error", str(error))
        self.send({"answered": True})  # the page sends the next message only now, so that a slow kernel is not flooded

    def _repr_mimebundle_(self, **kwargs):
        data, metadata = super()._repr_mimebundle_(**kwargs)
        data["text/plain"] = f"[widget: {self.alt()}]"
        if "google.colab" not in sys.modules:  # Colab may show the HTML in place of the widget
            data["text/html"] = figure_html(self.static_figure(), alt=self.alt(), caption=self.caption)
        return data, metadata
