"""Session (会话): runs a graph, and owns the values of its variables."""

from types import NoneType

import numpy as np

from course_pkg._validate import describe
from course_pkg.graph.core import Graph, Tensor, Variable, ancestors, as_value, default_graph, fits


class Session:
    """Runs parts of a graph, by default of the default graph, and keeps the variables' values between runs.

    Two sessions on one graph have separate values. Every variable starts with its initial value.
    """

    def __init__(self, graph=None):
        if not isinstance(graph, (Graph, NoneType)):
            raise TypeError(f"graph: expected a Graph, got {describe(graph)}")
        self.graph = graph or default_graph()
        self._variables = {}

    def run(self, fetches, feed_dict=None):
        """Return the value of a tensor as an array, or a list of values for a list of tensors (lists may be nested).

        ``feed_dict`` maps placeholders to arrays. Only operations that the fetches need are calculated, each once.
        Variables take the values assigned to them when all is calculated: every operation of a run sees the old ones,
        and a run that fails changes nothing. A value fed for any other tensor takes the place of its calculation.
        Raises ValueError or TypeError naming the placeholder, or the operation and the line that built it.
        """
        values = {self._own("feed_dict", x): _fed(x, value) for x, value in (feed_dict or {}).items()}
        tensors, assigned = [], {}
        _map(fetches, lambda x: tensors.append(self._own("fetches", x)))
        for op in ancestors(tensors, known=values):
            x = op.output
            if op.kind.name == "placeholder":
                raise ValueError(f"feed_dict: expected a value for placeholder {x.name!r} {x.shape}; {op.where}")
            if isinstance(x, Variable):
                values[x] = self._variables.get(x, x.initial)
                continue
            values[x] = op.compute(*(values[i] for i in op.inputs))
            if op.kind.name == "assign":
                variable = op.inputs[1]
                if variable in assigned:
                    raise ValueError(f"{x.name}: expected one new value for {variable!r}, got a second; {op.where}")
                assigned[variable] = np.array(values[x])
        self._variables |= assigned
        return _map(fetches, lambda x: np.array(values[x])[()])  # copies; a scalar without axes

    def _own(self, name, x):
        if not isinstance(x, Tensor) or x.graph is not self.graph:
            raise TypeError(f"{name}: expected tensors of this session's graph, got {describe(x)}")
        return x


def _fed(x, value):
    name = f"feed_dict: {x.op.kind.name} {x.name!r}"
    value = as_value(name, value, x.dtype)
    if not fits(value.shape, x.shape):
        raise ValueError(f"{name}: expected shape {x.shape}, got {value.shape}; {x.op.where}")
    return value


def _map(fetches, function):
    return [_map(part, function) for part in fetches] if isinstance(fetches, (list, tuple)) else function(fetches)
