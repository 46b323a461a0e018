"""Draw a small graph: what was built by hand above, from left to right, and what ``gradients`` added below, back."""

import math

from course_pkg._validate import describe
from course_pkg.graph.core import Graph, Tensor, ancestors

_SYMBOLS = {"add": "+", "sub": "−", "mul": "×", "div": "÷", "neg": "×(−1)", "power": "power {p:g}", "transpose": "ᵀ"}
_SYMBOLS |= {"reduce_sum": "Σ", "sum_like": "Σ", "broadcast_like": "stretch", "log_sum_exp": "ln Σ exp"}


def draw(what, *, alt, caption=""):
    """Show a graph, or the part of it that some tensors need, as boxes with an arrow from each input to its user.

    ``what`` is a Graph, or tensors: a list, or a dict from a name, which is written into the box, to a tensor.
    Operations built by hand stand in the upper band, from left to right by depth. Those that ``gradients`` added stand
    below and run back from right to left, those of second derivatives below these. Raises TypeError for anything else,
    and ValueError for an empty graph or one of more than 60 operations, where a picture does not help.
    """
    from matplotlib.lines import Line2D

    from course_pkg.show import COLOURS, figure, new_figure

    operations = _selected(what)
    names = {x.op: f"\n{name}" for name, x in what.items()} if isinstance(what, dict) else {}
    bands = [COLOURS[name] for name in ("blue", "red", "purple")]
    places, columns, rows = _layout(operations)
    fig, ax = new_figure(size=(min(11, 1.2 * columns), 0.62 * rows + 0.5))
    boxes = {}
    for op, place in places.items():
        colour = bands[min(op.order, 2)] if op.inputs else "0.6"
        box = {"boxstyle": "round,pad=0.3", "facecolor": "white", "edgecolor": colour, "linewidth": 2}
        text = ax.text(*place, _label(op) + names.get(op, ""), ha="center", va="center", fontsize=10, bbox=box)
        boxes[op] = text.get_bbox_patch()
    for op in operations:
        for source in dict.fromkeys(x.op for x in op.inputs):
            bend = min(0.3, 1.5 / math.dist(places[source], places[op])) if _blocked(source, op, places) else 0
            arrow = {"arrowstyle": "->", "connectionstyle": f"arc3,rad={bend}"}
            arrow["color"] = bands[min(op.order, 2)] if source.order == op.order else "0.7"
            ends = {"patchA": boxes[source], "patchB": boxes[op]}
            ax.annotate("", places[op], places[source], zorder=1, arrowprops=arrow | ends)
    labels = ("built by hand", "added by gradients", "gradients of gradients")[: 1 + max(op.order for op in operations)]
    legend = zip(("0.6", *bands), ("given", *labels), strict=False)
    lines = [Line2D([], [], color=colour, lw=3, label=label) for colour, label in legend]
    fig.legend(handles=lines, loc="outside lower center", ncols=len(lines), frameon=False)
    ax.set(xlim=(-0.8, columns - 0.3), ylim=(-rows + 0.3, 0.7))
    ax.axis("off")
    figure(fig, alt=alt, caption=caption)


def _selected(what):
    tensors = list(what.values()) if isinstance(what, dict) else what
    if isinstance(what, Graph):
        operations = what.operations
    elif isinstance(tensors, (list, tuple)) and all(isinstance(x, Tensor) for x in tensors):
        operations = ancestors(tensors)
    else:
        raise TypeError(f"what: expected a graph or tensors, got {describe(what)}")
    if not 0 < len(operations) <= 60:
        raise ValueError(f"what: expected 1 to 60 operations, got {len(operations)}")
    return operations


def _blocked(start, end, places):
    """Whether the straight way from one operation to another leads through a third; a column is as wide as two rows."""
    (x0, y0), (x1, y1) = places[start], places[end]
    dx, dy, blocked = 2 * (x1 - x0), y1 - y0, False
    for x, y in (place for op, place in places.items() if op not in (start, end)):
        along = (2 * (x - x0) * dx + (y - y0) * dy) / (dx * dx + dy * dy)
        blocked |= 0 < along < 1 and math.dist((2 * x, y), (2 * x0 + along * dx, y0 + along * dy)) < 0.35
    return blocked


def _label(op):
    """The symbol of an operation, the value of a constant, or the name that somebody gave."""
    name = op.name.split("/")[-1]
    if op.kind.name == "constant" and not op.output.shape:
        return f"{op.attributes['value']:g}".replace("-", "−")
    plain = name.rstrip("_0123456789") == op.kind.name
    return _SYMBOLS.get(name.rstrip("_0123456789"), op.kind.name).format(**op.attributes) if plain else name


def _layout(operations):
    """The place (x, y) of each operation, and the numbers of columns and rows: a band for each order, top down."""
    depths, row, places, top = {}, {}, {}, 0
    bands = {order: [op for op in operations if op.order == order] for order in {op.order for op in operations}}
    for band in bands.values():
        depths |= _depths(band)
    last = max(depths.values())
    for order, band in sorted(bands.items()):
        _sort_rows(band, depths, row)
        stretch = last / max(1, *(depths[op] for op in band))
        first = min(row[op] for op in band)
        for op in band:
            x = depths[op] * stretch
            places[op] = (last - x if order % 2 else x), top - (row[op] - first)
        top = min(places[op][1] for op in band) - 1.6
    return places, last + 1, 1 - min(y for _, y in places.values())


def _depths(band):
    """The column of each operation: behind all its inputs, and as late as its first user allows."""
    depth, latest = {}, {}
    for op in band:
        depth[op] = 1 + max((depth[x.op] for x in op.inputs if x.op in depth), default=-1)
    for op in reversed(band):
        depth[op] = latest.get(op, depth[op])
        for x in op.inputs:
            latest[x.op] = min(latest.get(x.op, depth[op]), depth[op] - 1)
    return depth


def _sort_rows(band, depths, row):
    """Put the row of each operation into ``row``, neighbours near each other: repeated means over the neighbours."""
    near = {op: [x.op for x in op.inputs] for op in band}
    for op in band:
        for x in op.inputs:
            near.get(x.op, []).append(op)
    columns = [[op for op in band if depths[op] == depth] for depth in sorted({depths[op] for op in band})]
    for _ in range(9):
        for column in columns:
            column.sort(key=lambda op: sum(row.get(n, 0) for n in near[op]) / max(1, len(near[op])))
            row |= {op: i - (len(column) - 1) / 2 for i, op in enumerate(column)}
