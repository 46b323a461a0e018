"""The channels of a network, a sheet of pictures for each layer: what each responds to, drawn and in photos."""

import numpy as np

from course_pkg import data, vision
from course_pkg._validate import as_array, as_choice, as_int, as_number, describe
from course_pkg.show import new_figure
from course_pkg.widgets.base import CourseWidget, Setting, module, png, shown, typed_integer

PHOTOS = ("china", "flower", "cat", "coffee", "rocket")
LARGE = 3  # times the side of a thumbnail
MOST_STEPS = 100
FOUND = 4  # patches of photos beside the large picture


def _share(name, value):
    if as_number(name, value, minimum=0) > 1:
        raise ValueError(f"{name}: expected a number from 0 to 1, got {value}")
    return float(value)


def _steps(name, value):
    if value is not None and as_int(name, value, minimum=1) > MOST_STEPS:
        raise ValueError(f"{name}: expected an integer from 1 to {MOST_STEPS}, got {value}")
    return value


class _Asked(Setting):
    """A setting whose right values depend on the network: the widget checks it."""

    def __init__(self, default):
        super().__init__(None, default)

    def validate(self, obj, value):
        return obj.checked(self.name, value)


class ChannelBrowser(CourseWidget):
    """A sheet of thumbnails, one for each channel of a layer; one channel larger, with the photos that excite it.

    ``network`` is a ``course_pkg.vision.Network``. ``layers`` are the names to choose from; without them those that a
    ReLU reads and that are no parts of a module. ``thumbnails`` are shown at a time, each ``size`` pixels wide; the
    larger picture has three times that. ``pictures`` are arrays (H, W, 3) in 0 … 1, at least ``size`` pixels high and
    wide, in which the patches are looked for: photos that ship, if nothing is said; none with (). ``layer``,
    ``channel``, ``mixed`` (a second channel, or None), its ``share`` (0 … 1), ``method`` (see ``vision.METHODS``) and
    ``steps`` (of the larger picture, at each size) say what is shown first.
    Raises TypeError or ValueError for wrong arguments.
    """

    _esm = module("channel_browser.js")

    layer = _Asked(None)
    channel = _Asked(0)
    mixed = _Asked(None)
    share = Setting(_share, 0.5)  # of the channel that is mixed in
    method = Setting(lambda name, value: as_choice(name, value, tuple(vision.METHODS)), "photo")
    steps = Setting(_steps, None)  # of the larger picture, at each size; None leaves them to the method

    def __init__(self, network, layers=None, *, thumbnails=24, size=64, pictures=None, seed=0, **settings):
        if not isinstance(network, vision.Network):
            raise TypeError(f"network: expected a course_pkg.vision.Network, got {describe(network)}")
        self.network = network
        whole = [name for name in network.before_relu if "." not in name] or network.before_relu
        self._layers = [as_choice("layers", name, tuple(network.layers)) for name in layers or whole]
        self._thumbnails = as_int("thumbnails", thumbnails, minimum=1)
        self._size, self._seed = as_int("size", size, minimum=16), as_int("seed", seed, minimum=0)
        if pictures is None:
            pictures = [data.photo(name, height=3 * self._size) for name in PHOTOS]
        self._pictures = [as_array(f"pictures[{i}]", p, shape=(None, None, 3)) for i, p in enumerate(pictures)]
        self._made = {}
        super().__init__(**{"layer": self._layers[len(self._layers) // 2], **settings})

    def checked(self, name, value):
        """Return ``value`` if "layer", "channel" or "mixed" may have it, or raise ValueError or TypeError."""
        if name == "layer":
            return as_choice(name, value, self._layers)
        count = self.network.layers[self.layer]
        if value is not None and as_int(name, value, minimum=0) >= count:
            raise ValueError(f"{name}: expected a channel of {self.layer}, 0 to {count - 1}, got {value}")
        if value is None and name == "channel":
            raise TypeError("channel: expected an integer, got None")
        return value

    def _remembered(self, function, *arguments):
        """Return what ``function`` makes of its arguments; it takes seconds, and readers come back."""
        key = (function.__name__, *arguments)
        if key not in self._made:
            self._made[key] = function(*arguments)
        return self._made[key]

    def _chosen(self):
        """The channel, and the one mixed with it or None: both exist, even after a change of layer from Python."""
        last = self.network.layers[self.layer] - 1
        return min(self.channel, last), self.mixed if self.mixed is None else min(self.mixed, last)

    def sheet(self, layer, first, method):
        """Return the pictures (N, size, size, 3) of the channels from ``first`` on."""
        numbers = range(first, min(first + self._thumbnails, self.network.layers[layer]))
        return self._climb([vision.channel(layer, number) for number in numbers], self._size, method=method).picture

    def large(self, layer, channel, mixed, share, method, steps):
        """Return the ``vision.Visualisation`` of one channel, or of two together."""
        objective = vision.channel(layer, channel)
        if mixed is not None:
            objective = (1 - share) * objective + share * vision.channel(layer, mixed)
        return self._climb(objective, LARGE * self._size, method=method, steps=steps)

    def _climb(self, objective, size, **options):
        def ignore(*_):  # the page waits for the answer anyway
            pass

        return vision.visualise(self.network, objective, size=size, seed=self._seed, watch=ignore, **options)

    def _large(self):
        channel, mixed = self._chosen()
        share = None if mixed is None else self.share
        return self._remembered(self.large, self.layer, channel, mixed, share, self.method, self._steps())

    def _steps(self):
        return self.steps or vision.METHODS[self.method].steps

    def patches(self, layer, channel):
        """Return the ``vision.Patches`` of the pictures that excite ``channel`` most."""
        return vision.most_exciting(self.network, layer, [channel], self._pictures, side=self._size, count=FOUND)

    def _first(self):
        return self._chosen()[0] // self._thumbnails * self._thumbnails

    def _name(self):
        channel, mixed = self._chosen()
        return f"{self.layer}, channel {channel}" + ("" if mixed is None else f" mixed with {mixed} ({self.share:.0%})")

    def backdrop(self):
        first = self._first()
        pictures = self._remembered(self.sheet, self.layer, first, self.method)
        return {
            "layers": [[name, f"{name} ({self.network.layers[name]} channels)"] for name in self._layers],
            "methods": [[name, name] for name in vision.METHODS],
            "thumbnails": [
                {"channel": first + i, "image": png(picture), "alt": f"{self.layer}, channel {first + i}"}
                for i, picture in enumerate(pictures)
            ],
            "size": self._size,
            "caption": self.network.caption,
        }

    def picture(self):
        (channel, mixed), count = self._chosen(), self.network.layers[self.layer]
        made = self._large()
        found = self._remembered(self.patches, self.layer, channel) if self._pictures else None
        rise = f"{shown(made.history[0], 3)} to {shown(made.history[-1], 3)}"
        text = f"{self._name()}, of 0 to {count - 1}: the mean response goes from {rise} in {len(made.history)} steps."
        if found is not None:
            text += f" In the photos it is at most {shown(found.values[0, 0], 3)}, at one place."
        return {
            "layer": self.layer,
            "method": self.method,
            "channel": channel,
            "mixed": "" if mixed is None else str(mixed),
            "share": self.share,
            "steps": self._steps(),
            "most": MOST_STEPS,
            "large": {"image": png(made.picture), "alt": f"The picture that excites {self._name()}"},
            "patches": []
            if found is None
            else [
                {
                    "image": png(patch),
                    "alt": f"A patch of a photo, response {shown(value, 3)}",
                    "value": shown(value, 3),
                }
                for patch, value in zip(found.patches[0], found.values[0], strict=True)
            ],
            "earlier": self._first() > 0,
            "further": self._first() + self._thumbnails < count,
            "text": text,
        }

    def react(self, control, value):
        match control:
            case "layer":
                self.layer, self.channel, self.mixed = as_choice("layer", value, self._layers), 0, None
            case "method":
                self.method, self.steps = value, None
            case "steps":
                self.steps = as_int("steps", value)  # not None
            case "share":
                self.share = value
            case "channel":
                self.channel = typed_integer("channel", value)
            case "mixed":
                self.mixed = None if value in ("", None) else typed_integer("mixed", value)
            case "earlier":
                self.channel = max(0, self._first() - self._thumbnails)
            case "further":
                self.channel = min(self._first() + self._thumbnails, self.network.layers[self.layer] - 1)
            case _:
                raise ValueError(f"control: expected a control of this widget, got {control!r}")

    def static_figure(self):
        channel, mixed = self._chosen()
        pictures = self._remembered(self.sheet, self.layer, self._first(), self.method)
        made = self._large()
        columns = min(8, len(pictures))
        rows = -(-len(pictures) // columns)
        side = 5.4 / columns
        fig, (left, right) = new_figure(1, 2, size=(8, max(rows * side, 3) + 0.3), width_ratios=[5.4, 2.4])
        sheet = np.ones((rows * (self._size + 4), columns * (self._size + 4), 3))
        for i, picture in enumerate(pictures):
            row, column = divmod(i, columns)
            top, start = row * (self._size + 4), column * (self._size + 4)
            if i + self._first() == channel:
                sheet[top : top + self._size + 4, start : start + self._size + 4] = (0.835, 0.369, 0)
            sheet[top + 2 : top + 2 + self._size, start + 2 : start + 2 + self._size] = picture
        left.imshow(sheet)
        left.set_title(f"{self.layer}, channels {self._first()} to {self._first() + len(pictures) - 1}")
        right.imshow(made.picture)
        right.set_title(f"channel {channel}" + ("" if mixed is None else f" with {mixed}"))
        if self._pictures:
            found = self._remembered(self.patches, self.layer, channel).patches[0]
            for i, patch in enumerate(found):
                below = right.inset_axes([i / FOUND, -1.05 / FOUND, 0.95 / FOUND, 0.95 / FOUND])
                below.imshow(patch)
                below.axis("off")
        for ax in (left, right):
            ax.axis("off")
        return fig

    def alt(self):
        first, count = self._first(), len(self.scenery["thumbnails"])
        return (
            f"What channels {first} to {first + count - 1} of {self.layer} respond to, a picture each, made with "
            f"{self.network.caption}; beside them {self._name()}, larger"
            + (", and the patches of photos that excite it most." if self._pictures else ".")
        )
