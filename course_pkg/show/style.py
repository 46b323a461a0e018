"""The one look of all figures: Okabe and Ito's colour-blind safe palette (2008), readable sizes, no clutter."""

import matplotlib as mpl
from matplotlib.figure import Figure

COLOURS = {
    "blue": "#0072B2",
    "orange": "#E69F00",
    "green": "#009E73",
    "red": "#D55E00",
    "purple": "#CC79A7",
    "sky": "#56B4E9",
    "yellow": "#F0E442",
    "black": "#000000",
}

_RC = {
    "figure.dpi": 100,
    "savefig.dpi": 100,
    "figure.constrained_layout.use": True,
    "axes.prop_cycle": mpl.cycler(color=[COLOURS[c] for c in ("blue", "red", "green", "orange", "purple", "sky")]),
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.alpha": 0.25,
    "axes.axisbelow": True,
    "font.size": 11,
    "axes.titlesize": 12,
    "lines.linewidth": 2,
    "legend.frameon": False,
    "image.cmap": "gray",
    "image.interpolation": "nearest",
}


def style():
    """Context manager with the course's matplotlib settings; nothing outside it changes."""
    return mpl.rc_context(_RC)


def new_figure(rows=1, columns=1, *, size=None, **subplots):
    """Return ``(figure, axes)`` in the course's style, like ``plt.subplots`` but owned by no global state.

    ``size`` is (width, height) in inches, by default 4.5 × 3.2 a panel; other keywords go to ``Figure.subplots``.
    """
    with style():
        figure = Figure(figsize=size or (4.5 * columns, 3.2 * rows), layout="constrained")
        return figure, figure.subplots(rows, columns, **subplots)
