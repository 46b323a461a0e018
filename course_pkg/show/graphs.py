"""Draw a computational graph (计算图)."""

import math

from course_pkg.show.figures import figure
from course_pkg.show.style import COLOURS, new_figure


def graph(nodes, edges, *, alt, caption="", size=(9, 4)):
    """Show a computational graph: what flows forward stands above each edge, what flows backward below it.

    ``nodes`` maps a name to (x, y, label), with equal scales in x and y; ``edges`` are tuples (from, to, above, below)
    of two names and two texts, which may be empty. Raises ValueError for an edge to a node that is not there.
    """
    fig, ax = new_figure(size=size)
    for start, end, above, below in edges:
        for name in (start, end):
            if name not in nodes:
                raise ValueError(f"edges: expected names of nodes, {', '.join(nodes)}, got {name!r}")
        (x0, y0, _), (x1, y1, _) = nodes[start], nodes[end]
        ax.annotate("", (x1, y1), (x0, y0), arrowprops={"arrowstyle": "->", "color": "0.6", "shrinkB": 17}, zorder=1)
        turned = {
            "ha": "center",
            "rotation": math.degrees(math.atan2(y1 - y0, x1 - x0)),
            "rotation_mode": "anchor",
            "fontsize": 10,
        }
        middle = (x0 + x1) / 2, (y0 + y1) / 2
        ax.annotate(above, middle, (0, 3), textcoords="offset points", va="bottom", color=COLOURS["blue"], **turned)
        ax.annotate(below, middle, (0, -3), textcoords="offset points", va="top", color=COLOURS["red"], **turned)
    for x, y, label in nodes.values():
        box = {"boxstyle": "round,pad=0.35", "facecolor": "white", "edgecolor": "0.3"}
        ax.text(x, y, label, ha="center", va="center", bbox=box, zorder=2)
    xs, ys = [x for x, _, _ in nodes.values()], [y for _, y, _ in nodes.values()]
    ax.set(xlim=(min(xs) - 0.6, max(xs) + 0.6), ylim=(min(ys) - 0.6, max(ys) + 0.6), aspect="equal")
    ax.axis("off")
    figure(fig, alt=alt, caption=caption)
