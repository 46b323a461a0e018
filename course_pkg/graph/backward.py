"""Gradients by extending the graph: no number is calculated here, operations are added that will do it."""

from collections import defaultdict
from functools import reduce

from course_pkg._validate import describe
from course_pkg.graph.core import Tensor, ancestors, constant
from course_pkg.graph.ops import add, broadcast_like


def gradients(y, xs):
    """Add operations to the graph that calculate ∂(Σ y)/∂x for each tensor x in ``xs``; return their tensors.

    Backpropagation (反向传播): walk from y back to the xs. At each operation the gradients that arrive from its users
    are added up; its own rule turns the sum into one gradient for each input::

        ∂L/∂x = Σ over all users of x of (∂user/∂x)ᵀ ∂L/∂user

    ``xs`` is a tensor, which gives a tensor of its shape, or a list, which gives a list. Where x has no influence on y
    the gradient is 0. Call it again for second derivatives.
    Raises TypeError for labels and for what is no tensor, ValueError for a tensor of another graph.
    Source: TensorFlow (Abadi et al., 2016, section 4.1), tf.gradients.
    """
    if isinstance(xs, Tensor):
        return gradients(y, [xs])[0]
    for name, x in (("y", y), *((f"xs[{i}]", x) for i, x in enumerate(xs))):
        if not isinstance(x, Tensor) or x.dtype != "float64":
            raise TypeError(f"{name}: expected a tensor of real numbers, got {describe(x)}")
        if x.graph is not y.graph:
            raise ValueError(f"{name}: expected a tensor of the graph of y, got {x!r} of another")
    path, reached, size = [], set(xs), len(y.graph.operations)
    for op in ancestors([y]):  # the operations that lead from some x to y
        if reached.intersection(op.inputs):
            path.append(op)
            reached.add(op.output)
    with y.graph.building(order=1 + max((op.order for op in path), default=0)):
        arriving = defaultdict(list)
        arriving[y].append(broadcast_like(1.0, y) if y.shape else constant(1.0))
        for op in reversed(path):
            if arriving[op.output]:
                arriving[op.output] = [reduce(add, arriving[op.output])]
                for x, dx in zip(op.inputs, op.gradient(*arriving[op.output]), strict=True):
                    if x in reached and dx is not None:
                        arriving[x].append(dx)
        results = [reduce(add, arriving[x] or [broadcast_like(constant(0.0), x)]) for x in xs]
    y.graph.prune(size, results)  # rules give the gradients of all inputs, also of those that nobody asked for
    return results
