"""A drawing of any torch module: its layers as boxes, with shapes, parameters, multiply-adds and memory.

The idea is that of Netscope (ethereon, 2015), which draws Caffe's prototxt.
"""

from collections.abc import Iterable
from itertools import pairwise
from typing import NamedTuple

from course_pkg._validate import as_choice, as_int, describe
from course_pkg.models.profile import profile, shapes_text, short
from course_pkg.show import new_figure
from course_pkg.show.layout import Places, layered
from course_pkg.widgets.base import CourseWidget, Setting, module

QUANTITIES = {"parameters": "", "multiply_adds": "", "memory": "B"}  # and their units
LABELS = {"parameters": "parameters", "multiply_adds": "multiply-adds", "memory": "bytes of memory"}
AT_FIRST = 45  # boxes at most, if folding can do it
WIDE, HIGH = 150, 40  # pixels of a box
PITCH, ROW = 150, 60  # pixels of one unit of x, and from row to row
COLUMN = 20  # rows at most of the static figure, which then goes on in another column
HEAD = 19  # letters of the first line in a box
BAR = "#F5D38F"  # orange on white, pale enough to read on


class Box:
    """A layer, or all layers of a folded module: ``name`` is its path, ``layers`` their positions in the profile."""

    def __init__(self, name, folded):
        self.name, self.folded, self.layers = name, folded, []


def boxes(layers, folded):
    """Return the :class:`Box` list and the edges (from, to) of a drawing in which each module in ``folded`` is one box.

    ``layers`` are those of a :class:`~course_pkg.models.profile.Profile`, ``folded`` is a set of paths. A module that
    is left and entered again, so that one box would have to stand both above and below another, becomes two.
    """
    found, box_of, current = [], [], {}
    reads = []  # for each box the set of boxes that it reads
    for layer in layers:
        path = next((path for path in parents(layer.name) if path in folded), None)
        sources = {box_of[i] for i in layer.inputs}
        at = current.get(path)
        if at is None or _reaches(reads, sources - {at}, at):
            at = len(found)
            found.append(Box(path or layer.name, path is not None))
            reads.append(set())
            if path:
                current[path] = at
        found[at].layers.append(len(box_of))
        reads[at] |= sources - {at}
        box_of.append(at)
    return found, [(source, at) for at, sources in enumerate(reads) for source in sorted(sources)]


def _reaches(reads, starts, goal):
    """Whether the way back from ``starts``, from a box to what it reads, comes to ``goal``."""
    seen, stack = set(starts), list(starts)
    while stack:
        for source in reads[stack.pop()] - seen:
            seen.add(source)
            stack.append(source)
    return goal in seen


def parents(name):
    """Return the paths of the modules around the layer ``name``, the outermost first: "a.b.c" → ["a", "a.b"]."""
    parts = name.split(".")
    return [".".join(parts[:i]) for i in range(1, len(parts))]


def groups(layers):
    """Return the paths of the modules with more than one layer, in order; of two with the same layers the outer one."""
    members = {}
    for i, layer in enumerate(layers):
        for path in parents(layer.name):
            members.setdefault(path, []).append(i)
    first = {tuple(inside): path for path, inside in reversed(members.items())}
    return [path for path, inside in members.items() if len(inside) > 1 and first[tuple(inside)] == path]


class Drawing(NamedTuple):
    """The :class:`Box` list, the ``edges`` (from, to) between boxes, and where they stand."""

    boxes: list
    edges: list
    places: Places


def _as_title(name, value):
    if not isinstance(value, str):
        raise TypeError(f"{name}: expected a text, got {describe(value)}")
    return value


def _as_paths(name, value):
    if isinstance(value, str) or not isinstance(value, Iterable) or not all(isinstance(path, str) for path in value):
        raise TypeError(f"{name}: expected the paths of modules, such as ['layer1'], got {describe(value)}")
    return tuple(value)


class NetworkView(CourseWidget):
    """A torch module as a graph: a box for each layer, or for a module that is folded, with numbers and a bar.

    ``module`` and ``input_shape`` are as in ``course_pkg.models.profile``: the whole shape with the batch, such as
    (1, 3, 224, 224), or an example tensor; for several inputs a list of these. ``title`` stands above; left out, it is
    the name of the module's class. At first, modules are folded so that at most 45 boxes remain, if there are modules
    enough; ``unfold`` names paths, such as ["layer1", "layer1.0"], that are unfolded beside these. Raises TypeError or
    ValueError for what is no module, an input that does not fit, or a path that is none.
    """

    _esm = module("network_view.js")

    title = Setting(_as_title, "")
    quantity = Setting(lambda name, value: as_choice(name, value, list(QUANTITIES)), "parameters")
    selected = Setting(lambda name, value: as_int(name, value, minimum=0), 0)  # a layer of the profile
    folded = Setting(_as_paths, ())

    def __init__(self, module, input_shape, *, title=None, unfold=()):
        self.profile = profile(module, *(input_shape if _is_list_of_inputs(input_shape) else [input_shape]))
        self._groups = groups(self.profile.layers)
        self._readers = [[] for _ in self.profile.layers]
        for i, layer in enumerate(self.profile.layers):
            for source in layer.inputs:
                self._readers[source].append(i)
        self._drawn = {}  # what was drawn for a state of folding
        opened = [as_choice("unfold", path, self._groups) for path in _as_paths("unfold", unfold)]
        folded = tuple(path for path in self._first_folds() if path not in opened)
        super().__init__(title=self.profile.name if title is None else title, folded=folded)

    def _first_folds(self):
        """Unfold level by level while at most ``AT_FIRST`` boxes are drawn; return what stays folded."""
        depths = sorted({path.count(".") for path in self._groups}, reverse=True)
        for depth in (1 + max(depths, default=0), *depths):
            folded = {path for path in self._groups if path.count(".") >= depth}
            if len(boxes(self.profile.layers, folded)[0]) <= AT_FIRST:
                break
        return tuple(folded)

    @property
    def drawing(self):
        """The :class:`Drawing` for what is folded now."""
        if self.folded not in self._drawn:
            found, edges = boxes(self.profile.layers, set(self.folded))
            self._drawn = {self.folded: Drawing(found, edges, layered(len(found), edges))}
        return self._drawn[self.folded]

    def _at(self):
        """The number of the selected box."""
        layer = min(self.selected, len(self.profile.layers) - 1)
        return next(i for i, box in enumerate(self.drawing.boxes) if layer in box.layers)

    def _amounts(self, box):
        return {name: sum(getattr(self.profile.layers[i], name) for i in box.layers) for name in QUANTITIES}

    def _shapes(self, box):
        """The shapes of what comes into a box and of what leaves it."""
        layers, inside = self.profile.layers, set(box.layers)
        read = [source for i in box.layers for source in layers[i].inputs if source not in inside]
        left = [i for i in box.layers if not inside.issuperset(self._readers[i])] or box.layers[-1:]
        return [[shape for i in dict.fromkeys(which) for shape in layers[i].output_shapes] for which in (read, left)]

    def details(self, at):
        """Return what is known about box number ``at``: pairs (label, text)."""
        found, edges, _ = self.drawing
        box, amounts = found[at], self._amounts(found[at])
        came, left = map(shapes_text, self._shapes(box))
        reads, read_by = [a for a, b in edges if b == at], [b for a, b in edges if a == at]
        return [
            ("name", box.name),
            ("kind", f"module, {len(box.layers)} layers" if box.folded else self.profile.layers[box.layers[0]].kind),
            ("input", came or "none"),
            ("output", left),
            ("parameters", f"{amounts['parameters']:,}"),
            ("multiply-adds", f"{amounts['multiply_adds']:,}"),
            ("memory", f"{amounts['memory']:,} bytes"),
            ("reads", ", ".join(found[i].name for i in reads) or "nothing"),
            ("read by", ", ".join(found[i].name for i in read_by) or "nobody: an output"),
        ]

    def text(self):
        """Return the selected box in words."""
        return "; ".join(f"{label} {text}" for label, text in self.details(self._at())) + "."

    def totals(self):
        """Return the numbers of the whole network in words."""
        whole = self.profile
        given = " and ".join(shapes_text(layer.output_shapes) for layer in whole.layers if layer.kind == "input")
        return (
            f"{whole.parameters:,} parameters; for an input of {given}: {short(whole.multiply_adds)} multiply-adds, "
            f"{short(whole.memory, 'B')} of inputs and outputs"
        )

    def backdrop(self):
        found, _, (points, ways) = self.drawing
        xs = [x for way in [points, *ways.values()] for x, _ in way]
        left, rows = min(xs), 1 + max(row for _, row in points)

        def pixel(point):
            return [round((point[0] - left) * PITCH + WIDE / 2 + 4, 1), point[1] * ROW + ROW / 2]

        amounts = [self._amounts(box) for box in found]
        largest = {name: max(amount[name] for amount in amounts) or 1 for name in QUANTITIES}
        folded = set(self.folded)
        return {
            "title": self.title,
            "totals": self.totals(),
            "size": [round((max(xs) - left) * PITCH + WIDE + 8), rows * ROW],
            "box": [WIDE, HIGH],
            "boxes": [
                {
                    "at": pixel(point),
                    "layer": box.layers[0],
                    "folded": box.folded,
                    "head": self._head(box),
                    "shape": self._shape(box),
                    "amounts": {
                        name: short(amount[name], unit) if amount[name] else "" for name, unit in QUANTITIES.items()
                    },
                    "shares": {name: round(amount[name] / largest[name], 4) for name in QUANTITIES},
                    "details": self.details(i),
                    "around": [path for path in parents(box.name) if path in self._groups and path not in folded],
                }
                for i, (box, point, amount) in enumerate(zip(found, points, amounts, strict=True))
            ],
            "ways": [
                {"from": start, "to": end, "points": _threaded([pixel(point) for point in way])}
                for (start, end), way in ways.items()
            ],
            "foldable": bool(self._opened()),
            "unfoldable": any(box.folded for box in found),
        }

    def _head(self, box):
        """The first line in a box: the end of its name, and its kind if there is room and the name does not say it."""
        parts = box.name.split(".")
        words = [i for i, part in enumerate(parts) if not part.partition("#")[0].isdigit()]
        name = ".".join(parts[max(words, default=0) :])  # "0" says nothing, "features.0" does
        kind = "" if box.folded else self.profile.layers[box.layers[0]].kind
        room = HEAD - len(name)
        return [_cut(name, HEAD), "" if name.startswith(kind) or room < 4 else _cut(kind, room)]

    def _shape(self, box):
        shapes = self._shapes(box)[1]
        first = "×".join(map(str, shapes[0][1:] or shapes[0]))
        return _cut(first + (f" +{len(shapes) - 1}" if len(shapes) > 1 else ""), 14)

    def _opened(self):
        """The modules that are drawn unfolded, the outer ones first."""
        return [path for path in self._groups if not {path, *parents(path)}.intersection(self.folded)]

    def picture(self):
        return {"quantity": self.quantity, "selected": self._at(), "text": self.text()}

    def react(self, control, value):
        match control:
            case "quantity":
                self.quantity = value
            case "select":
                if not 0 <= as_int("layer", value) < len(self.profile.layers):
                    raise ValueError(f"layer: expected 0 to {len(self.profile.layers) - 1}, got {value}")
                self.selected = value
            case "up" | "down" | "left" | "right":
                self._go(control)
            case "unfold":
                opened = {box.name for box in self.drawing.boxes if box.folded}
                opened = opened if value is None else {as_choice("unfold", value, self._groups)}
                self.folded = tuple(path for path in self.folded if path not in opened)
            case "fold":
                opened = self._opened()
                depth = max((path.count(".") for path in opened), default=0)
                closed = [path for path in opened if path.count(".") == depth]
                closed = closed if value is None else [as_choice("fold", value, self._groups)]
                self.folded = tuple(dict.fromkeys([*self.folded, *closed]))
            case _:
                raise ValueError(f"control: expected a control of this widget, got {control!r}")

    def _go(self, direction):
        found, edges, (points, _) = self.drawing
        at = self._at()
        x, row = points[at]
        others = {
            "up": [a for a, b in edges if b == at],
            "down": [b for a, b in edges if a == at],
            "left": [i for i, place in enumerate(points) if place[1] == row and place[0] < x],
            "right": [i for i, place in enumerate(points) if place[1] == row and place[0] > x],
        }[direction]
        if others:
            nearest = min(others, key=lambda i: (abs(points[i][1] - row), abs(points[i][0] - x)))
            self.selected = found[nearest].layers[0]

    def static_figure(self):
        from matplotlib.collections import PathCollection
        from matplotlib.patches import FancyBboxPatch, Rectangle
        from matplotlib.path import Path

        scene = self.backdrop()
        (width, height), (wide, high) = scene["size"], scene["box"]
        rows = height // ROW
        columns = -(-rows // COLUMN)
        rows = -(-rows // columns)  # each column has as many

        def place(x, y):
            column = int(y // ROW) // rows
            return x + column * (width + 20), y - column * rows * ROW

        fig, ax = new_figure(size=((width + 20) * columns / 100, rows * ROW / 100 + 0.2))
        pieces = []
        for way in scene["ways"]:
            ends = [place(*point) for point in way["points"]]
            for i, ((x0, y0), (x1, y1)) in enumerate(pairwise(ends)):
                middle = (y0 + y1) / 2
                if i % 2:
                    pieces.append(Path([(x0, y0), (x1, y1)]))
                elif y1 > y0:
                    curve = [(x0, y0), (x0, middle), (x1, middle), (x1, y1)]
                    pieces.append(Path(curve, [Path.MOVETO, *[Path.CURVE4] * 3]))
                else:  # the way goes on at the top of the next column
                    pieces += [Path([(x0, y0), (x0, y0 + 8)]), Path([(x1, y1 - 8), (x1, y1)])]
        ax.add_collection(PathCollection(pieces, facecolors="none", edgecolors="0.45", linewidths=1.2))
        for box in scene["boxes"]:
            x, y = place(*box["at"])
            x, y = x - wide / 2, y - high / 2
            for shift in (4, 0) if box["folded"] else (0,):
                style = {"boxstyle": "round,pad=0,rounding_size=5", "facecolor": "white", "edgecolor": "0.25"}
                ax.add_patch(FancyBboxPatch((x + shift, y - shift), wide, high, **style, zorder=2))
            share = box["shares"][self.quantity]
            ax.add_patch(Rectangle((x + 1, y + 1), share * (wide - 2), high - 2, color=BAR, lw=0, zorder=2))
            name, kind = box["head"]
            ax.text(x + 6, y + 15, name, fontsize=7.5, weight="bold", zorder=3)
            ax.text(x + wide - 6, y + 15, kind, fontsize=7.5, ha="right", zorder=3)
            ax.text(x + 6, y + 33, box["shape"], fontsize=7.5, zorder=3)
            ax.text(x + wide - 6, y + 33, box["amounts"][self.quantity], fontsize=7.5, ha="right", zorder=3)
        ax.set(xlim=(-4, columns * (width + 20)), ylim=(rows * ROW, -6), aspect="equal")
        ax.axis("off")
        return fig

    @property
    def caption(self):
        return (
            f"{self.title}: {self.totals()}. Bars: {LABELS[self.quantity]}. Run the cell to move through the network."
        )

    def alt(self):
        found = self.drawing.boxes
        largest = max(found, key=lambda box: self._amounts(box)[self.quantity])
        share = self._amounts(largest)[self.quantity] / (getattr(self.profile, self.quantity) or 1)
        return (
            f"{self.title} drawn as a graph of {len(found)} boxes from {found[0].name} to {found[-1].name}. "
            f"{self.totals()}. The largest share of the {LABELS[self.quantity]}, {share:.0%}, is in {largest.name}."
        )


def _is_list_of_inputs(value):
    return isinstance(value, list) and any(not isinstance(item, int) for item in value)


def _cut(text, length):
    return text if len(text) <= length else text[: max(0, length - 1)] + "…"


def _threaded(centres):
    """Return where an arrow leaves a box, enters and leaves each place at which it passes a row, and ends."""
    first, *middle, last = centres
    passed = [[x, y + side * HIGH / 2] for x, y in middle for side in (-1, 1)]
    return [[first[0], first[1] + HIGH / 2], *passed, [last[0], last[1] - HIGH / 2]]
