"""Draw a net as a graph: its layers as boxes, from the data down to the loss, its blobs on the arrows between them."""

_BOX, _GAP, _ROW = 1.9, 2.6, 1.0  # width of a box; from one column, and from one row, to the next


def places(net):
    """Return (column, row) of each layer: below all that it reads, in the column of the first if that is free."""
    found, taken = [], set()
    edges = net.edges()
    for i in range(len(net.layers)):
        writers = [writer for writer, reader, _, _ in edges if reader == i]
        row = 1 + max((found[writer][1] for writer in writers), default=-1)
        column = next((found[writer][0] for writer in writers), 0)
        while (column, row) in taken:
            column += 1
        taken.add((column, row))
        found.append((column, row))
    return found


def draw(net, *, alt, caption=""):
    """Show the graph of ``net`` (a :class:`~course_pkg.caffe.Net`): in each box a layer, its type and how many numbers
    it learns, beside each arrow a blob and its shape. ``alt`` and ``caption`` as in ``course_pkg.show.figure``.
    """
    from course_pkg.show import COLOURS, figure, new_figure

    found = places(net)
    columns, rows = max(column for column, _ in found), max(row for _, row in found)
    fig, ax = new_figure(size=(2.2 * columns + 5.2, 0.68 * rows + 0.7))
    lanes = {-1: 0, 1: 0}
    for writer, reader, name, shape in net.edges():
        text = f"{name}  {'×'.join(map(str, shape))}"
        (x0, y0), (x1, y1) = ((column * _GAP, -row * _ROW) for column, row in (found[writer], found[reader]))
        arrow = {"arrowstyle": "->", "color": "0.45", "shrinkA": 0, "shrinkB": 0}
        if found[reader][1] - found[writer][1] == 1:
            ax.annotate("", (x1, y1 + 0.27), (x0, y0 - 0.27), arrowprops=arrow)
            ax.text(
                *((x0 + x1) / 2 + 0.1, (y0 + y1) / 2), text, va="center", color=COLOURS["blue"], fontsize=8.5,
                bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.5},
            )  # fmt: skip
            continue
        # An arrow past other layers runs beside them: left if it ends at the leftmost of several in a row, else right.
        side = -1 if found[reader][0] == 0 and any(row == found[reader][1] for column, row in found if column) else 1
        lanes[side] += 1
        edge = -_BOX / 2 if side < 0 else columns * _GAP + _BOX / 2
        x = edge + side * (0.5 + 0.35 * (lanes[side] - 1))
        ax.plot([x0 + side * _BOX / 2, x, x], [y0, y0, y1], color="0.45", lw=1)
        ax.annotate("", (x1 + side * _BOX / 2, y1), (x, y1), arrowprops=arrow)
        ax.text(
            x + side * 0.08, (y0 + y1) / 2, text, color=COLOURS["blue"], fontsize=8.5, rotation=90,
            va="center", ha="right" if side < 0 else "left",
        )  # fmt: skip
    for layer, (column, row) in zip(net.layers, found, strict=True):
        size = f"{layer.type} · {layer.learned:,}" if layer.learned else layer.type
        box = {"boxstyle": "round,pad=0.06", "facecolor": "white", "edgecolor": "0.3"}
        x, y = column * _GAP, -row * _ROW
        ax.add_patch(_rectangle(x, y, box))
        ax.text(x, y + 0.11, layer.name, ha="center", va="center", fontsize=9.5, fontweight="bold")
        ax.text(x, y - 0.14, size, ha="center", va="center", fontsize=8.5)
    ax.set(xlim=(-2.0, columns * _GAP + 2.0), ylim=(-rows * _ROW - 0.5, 0.5))
    ax.axis("off")
    figure(fig, alt=alt, caption=caption)


def _rectangle(x, y, style):
    from matplotlib.patches import FancyBboxPatch

    return FancyBboxPatch((x - _BOX / 2 + 0.06, y - 0.21), _BOX - 0.12, 0.42, zorder=2, **style)
