"""Pictures and tables for the lectures: one style, colour-blind safe, every figure with alternative text.

``figure`` shows a matplotlib figure with alt text and a caption; ``images``, ``curves``, ``confusion``, ``matrix`` and
``grids`` draw the pictures that several lectures need; ``graph`` draws a computational graph; ``table`` shows rows;
``source`` shows the code of a function; ``progress`` and ``Monitor`` watch long work, ``TensorBoard`` records it.
"""

from course_pkg.show.code import source
from course_pkg.show.figures import figure, figure_html, table
from course_pkg.show.graphs import graph
from course_pkg.show.plots import confusion, curves, grids, images, matrix
from course_pkg.show.style import COLOURS, new_figure, style
from course_pkg.show.tensorboard import TensorBoard
from course_pkg.show.watch import Monitor, progress, watched

__all__ = [
    "COLOURS",
    "Monitor",
    "TensorBoard",
    "confusion",
    "curves",
    "figure",
    "figure_html",
    "graph",
    "grids",
    "images",
    "matrix",
    "new_figure",
    "progress",
    "source",
    "style",
    "table",
    "watched",
]
