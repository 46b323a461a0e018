"""The pictures that several lectures need; each shows a figure and returns nothing."""

import numpy as np

from course_pkg._validate import as_array, as_int
from course_pkg.show.figures import figure
from course_pkg.show.style import COLOURS, new_figure


def images(pictures, *, alt, caption="", titles=None, columns=8, size=1.2, signed=False):
    """Show many small pictures (each H×W grey or H×W×3 in 0 … 1) as one sheet.

    ``size`` is the width of each picture in inches. Grey pictures share one scale; with ``signed`` it is symmetric
    about 0 and negative values are blue, positive ones red.
    """
    pictures = [as_array(f"pictures[{i}]", p, ndim=(2, 3)) for i, p in enumerate(pictures)]
    if not pictures:
        raise ValueError("pictures: expected at least one picture, got none")
    columns = min(as_int("columns", columns, minimum=1), len(pictures))
    rows = -(-len(pictures) // columns)
    extra = 0.28 if titles is not None else 0.05
    tall = size * max(p.shape[0] / p.shape[1] for p in pictures)
    fig, axes = new_figure(rows, columns, size=(columns * (size + 0.08), rows * (tall + extra)), squeeze=False)
    grey = [p for p in pictures if p.ndim == 2] or pictures
    low, high = min(p.min() for p in grey), max(p.max() for p in grey)
    if signed:
        high = max(abs(low), abs(high))
        low = -high
    for i, ax in enumerate(axes.flat):
        ax.axis("off")
        if i < len(pictures):
            ax.imshow(pictures[i], vmin=low, vmax=high, cmap="RdBu_r" if signed else "gray")
            if titles is not None:
                ax.set_title(titles[i], fontsize=9, pad=2)
    figure(fig, alt=alt, caption=caption)


def curves(series, *, alt, caption="", xlabel="iteration", ylabel="loss", log=False):
    """Show several curves in one plot: ``series`` maps a label to y values, or to a pair (x values, y values)."""
    fig, ax = new_figure(size=(6, 3.4))
    for label, values in series.items():
        pair = isinstance(values, tuple)
        y = as_array(f"series[{label!r}]", values[1] if pair else values, ndim=1, finite=False)
        ax.plot(values[0] if pair else np.arange(1, len(y) + 1), y, label=label)
    ax.set(xlabel=xlabel, ylabel=ylabel, **({"yscale": "log"} if log else {}))
    if len(series) > 1:
        ax.legend()
    figure(fig, alt=alt, caption=caption)


def confusion(counts, *, alt, caption="", labels=None):
    """Show a confusion matrix: ``counts[i, j]`` samples of true class i were taken for class j."""
    counts = as_array("counts", counts, ndim=2)
    n = len(counts)
    labels = list(range(n)) if labels is None else labels
    fig, ax = new_figure(size=(5, 4.6))
    errors = counts - np.diag(np.diag(counts))
    ax.imshow(np.where(np.eye(n, dtype=bool), 0, errors), cmap="Reds", vmin=0, vmax=2 * max(1, errors.max()))
    for i, j in np.argwhere(counts):
        ax.text(j, i, int(counts[i, j]), ha="center", va="center", fontsize=9, color="black" if i == j else "darkred")
    ax.set(xticks=range(n), yticks=range(n), xticklabels=labels, yticklabels=labels, xlabel="predicted", ylabel="true")
    ax.grid(False)
    figure(fig, alt=alt, caption=caption)


def matrix(values, *, alt, caption="", digits=2, title="", highlight=()):
    """Show a small matrix as a heat map with its numbers; cells (row, column) in ``highlight`` get a frame."""
    values = as_array("values", values, ndim=2)
    rows, columns = values.shape
    fig, ax = new_figure(size=(0.62 * columns + 0.4, 0.5 * rows + (0.6 if title else 0.3)))
    bound = 1.6 * (np.abs(values).max() or 1)  # stay away from the dark ends, so that the numbers are readable
    ax.imshow(
        values, cmap="RdBu_r" if values.min() < 0 else "Blues", vmin=-bound if values.min() < 0 else 0, vmax=bound
    )
    for (i, j), value in np.ndenumerate(values):
        ax.text(j, i, f"{value:.{digits}f}", ha="center", va="center", fontsize=9)
    for i, j in highlight:
        ax.plot([j - 0.5, j + 0.5, j + 0.5, j - 0.5, j - 0.5], [i - 0.5, i - 0.5, i + 0.5, i + 0.5, i - 0.5], "k", lw=2)
    ax.set_title(title)
    ax.axis("off")
    figure(fig, alt=alt, caption=caption)


def grids(arrays, *, alt, caption="", titles=None, digits=0, frames=(), cell=0.42):
    """Show small matrices of numbers side by side, with cells of the same size, ``cell`` inches wide.

    ``digits`` are those behind the point, one number for all or one for each matrix. ``frames`` are tuples (which
    matrix, top row, left column, rows, columns): blocks of cells that get a frame.
    """
    arrays = [as_array(f"arrays[{i}]", values, ndim=2) for i, values in enumerate(arrays)]
    if not arrays:
        raise ValueError("arrays: expected at least one matrix, got none")
    digits = [digits] * len(arrays) if np.ndim(digits) == 0 else digits
    titles = [""] * len(arrays) if titles is None else titles
    widths = [values.shape[1] + 0.8 for values in arrays]
    tallest = max(len(values) for values in arrays)
    fig, axes = new_figure(
        1, len(arrays), size=(cell * sum(widths), cell * (tallest + 1)), squeeze=False, width_ratios=widths
    )
    for ax, values, title, places in zip(axes[0], arrays, titles, digits, strict=True):
        signed = values.min() < 0
        bound = np.abs(values).max() or 1
        ax.imshow(values, cmap="RdBu_r" if signed else "Blues", vmin=-1.6 * bound if signed else 0, vmax=1.6 * bound)
        for (i, j), value in np.ndenumerate(np.round(values, places) + 0.0):  # −0.0 + 0.0 is 0.0
            colour = "black" if value else "0.6"
            ax.text(j, i, f"{value:.{places}f}", ha="center", va="center", fontsize=9, color=colour)
        middle = (len(values) - 1) / 2
        ax.set(xlim=(-0.9, values.shape[1] - 0.1), ylim=(middle + tallest / 2, middle - tallest / 2 - 1))
        ax.text((values.shape[1] - 1) / 2, -0.75, title, ha="center", fontsize=11)
        ax.axis("off")
    for which, top, left, height, width in frames:
        xs = left - 0.5 + width * np.array([0, 1, 1, 0, 0])
        ys = top - 0.5 + height * np.array([0, 0, 1, 1, 0])
        axes[0, which].plot(xs, ys, color=COLOURS["red"], lw=2.5, clip_on=False)
    figure(fig, alt=alt, caption=caption)
