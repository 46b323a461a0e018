"""Draw a computational graph (计算图)."""

import math

from course_pkg.show.figures import figure
from course_pkg.show.style import COLOURS, new_figure


def graph(nodes, edges, *, alt, caption="", width=10):
    """Show a computational graph: what flows forward stands above each edge, what flows backward below it.

    ``nodes`` maps a name to (x, y, label), with equal scales in x and y; ``edges`` are tuples (from, to, above, below)
    of two names and two texts, which may be empty; ``width`` is in inches. Raises ValueError for an edge to or from a
    name that is no node.
    """
    if not nodes:
        raise ValueError("nodes: expected at least one node, got none")
    xs, ys = [x for x, _, _ in nodes.values()], [y for _, y, _ in nodes.values()]
    left, right, bottom, top = min(xs) - 0.6, max(xs) + 0.6, min(ys) - 0.6, max(ys) + 0.6
    fig, ax = new_figure(size=(width, width * (top - bottom) / (right - left)))
    box = {"boxstyle": "round,pad=0.35", "facecolor": "white", "edgecolor": "0.3"}
    drawn = {
        name: ax.text(x, y, label, ha="center", va="center", bbox=box, zorder=2)
        for name, (x, y, label) in nodes.items()
    }
    for start, end, above, below in edges:
        for name in (start, end):
            if name not in nodes:
                raise ValueError(f"edges: expected names of nodes, {', '.join(nodes)}, got {name!r}")
        (x0, y0, _), (x1, y1, _) = nodes[start], nodes[end]
        patches = {"patchA": drawn[start].get_bbox_patch(), "patchB": drawn[end].get_bbox_patch()}
        ax.annotate("", (x1, y1), (x0, y0), arrowprops={"arrowstyle": "->", "color": "0.5", **patches})
        middle = (x0 + x1) / 2, (y0 + y1) / 2
        angle = (math.degrees(math.atan2(y1 - y0, x1 - x0)) + 90) % 180 - 90  # never upside down
        turned = {"ha": "center", "rotation": angle, "rotation_mode": "anchor", "fontsize": 10}
        ax.annotate(above, middle, (0, 3), textcoords="offset points", va="bottom", color=COLOURS["blue"], **turned)
        ax.annotate(below, middle, (0, -3), textcoords="offset points", va="top", color=COLOURS["red"], **turned)
    ax.set(xlim=(left, right), ylim=(bottom, top), aspect="equal")
    ax.axis("off")
    figure(fig, alt=alt, caption=caption)
