"""The graph school in NumPy, as in TensorFlow 1: define a graph (计算图) first, then run it in a session (会话).

``core`` has graph, operation, tensor and variable; ``ops`` is the table of operations; ``backward`` extends the graph
with its gradients; ``session`` runs it; ``drawing`` draws it::

    x = placeholder((None, 2), "x")
    w = Variable([[0.0], [0.0]], "w")
    loss = reduce_mean(square(sigmoid(x @ w) - 1))
    step = assign(w, w - 0.5 * gradients(loss, w))
    session = Session()
    session.run([loss, step], {x: [[1.0, 2.0], [3.0, 4.0]]})
"""

from course_pkg.graph.backward import gradients
from course_pkg.graph.core import Graph, ShapeError, Tensor, Variable, constant, default_graph, operation, placeholder
from course_pkg.graph.drawing import draw
from course_pkg.graph.ops import *  # noqa: F403
from course_pkg.graph.ops import __all__ as _operations
from course_pkg.graph.session import Session

__all__ = [
    "Graph", "Session", "ShapeError", "Tensor", "Variable", "constant", "default_graph", "draw", "gradients",
    "operation", "placeholder", *_operations,
]  # fmt: skip
