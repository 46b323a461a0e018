"""Graph, operation and tensor: what a program of the graph school builds before it calculates anything."""

import linecache
import os
import sys
from contextlib import contextmanager
from typing import NamedTuple

import numpy as np

from course_pkg._validate import as_array, as_choice, as_int, describe

_HERE = os.path.dirname(__file__)


class ShapeError(ValueError):
    """Shapes that do not fit, found while the graph was built; the text names line, operation and shapes."""


class Graph:
    """A computational graph (计算图): the list of its ``operations``, each after those that it needs.

    ``with graph:`` makes it the default graph, which placeholders, variables and constants go into. Every other
    operation goes where its inputs are.
    """

    def __init__(self):
        self.operations = []
        self.order = 0  # of the operations being built now: 0 forward, 1 gradient, 2 gradient of a gradient …
        self._names, self._count = {}, 0

    def __enter__(self):
        _defaults.append(self)
        return self

    def __exit__(self, *error):
        _defaults.pop()

    @contextmanager
    def building(self, order):
        """Context in which operations of this ``order`` are built."""
        before, self.order = self.order, order
        try:
            with self:
                yield
        finally:
            self.order = before

    def prune(self, start, tensors):
        """Drop the operations from number ``start`` on that ``tensors`` do not need."""
        needed = set(ancestors(tensors))
        self.operations[start:] = [op for op in self.operations[start:] if op in needed]

    def add(self, op, name):
        """Append ``op`` and give it ``name``, with a number behind it where the name is taken."""
        op.name = name = "gradients/" * self.order + name
        while op.name in self._names:
            self._names[name] += 1
            op.name = f"{name}_{self._names[name]}"
        self._names[op.name] = 0
        op.index, op.order, self._count = self._count, self.order, self._count + 1
        self.operations.append(op)


_defaults = [Graph()]


def default_graph():
    """Return the graph of the innermost ``with graph:``, or the one that exists from the start."""
    return _defaults[-1]


class Tensor:
    """A tensor (张量): an array that is not there yet. It knows its ``shape``, ``dtype`` and the ``op`` that makes it.

    A length that is known only when the graph runs is None in ``shape``; ``dtype`` is "float64", or "int64" for labels.
    """

    __array_ufunc__ = None  # array + tensor shall build an operation, not start NumPy
    __iter__ = None

    def __init__(self, op, shape, dtype):
        self.op, self.shape, self.dtype = op, shape, dtype

    name = property(lambda self: self.op.name)
    graph = property(lambda self: self.op.graph)

    def __bool__(self):
        raise TypeError(f"{self!r} has no value while the graph is being built; ask Session().run for it")

    def __repr__(self):
        return f"{type(self).__name__}({self.name!r}, shape={self.shape}, dtype={self.dtype})"


class Kind(NamedTuple):
    """A kind of operation: a name and three functions, which all get the operation's attributes as keywords.

    ``shape(*shapes)`` is the shape of the output, or raises ValueError; ``compute(*arrays)`` is its value;
    ``gradient(dy, y, *inputs)`` gets tensors (∂L/∂y, the output and the inputs) and returns a tensor ∂L/∂input, or a
    tuple with one for each input; None is a derivative of 0. Inputs are real, integers at the places ``labels``.
    """

    name: str
    shape: object
    compute: object
    gradient: object
    labels: tuple = ()


class Operation:
    """A node of the graph: a ``kind``, its ``attributes``, its ``inputs`` (tensors), and one ``output`` (a tensor)."""

    def __init__(self, kind, *inputs, name=None, dtype="float64", **attributes):
        self.kind, self.attributes, self._line = kind, attributes, _users_line()
        self.graph = next((x.graph for x in inputs if isinstance(x, Tensor)), default_graph())
        with self.graph:
            self.inputs = tuple(x if isinstance(x, Tensor) else constant(x) for x in inputs)
        for i, x in enumerate(self.inputs):
            if x.graph is not self.graph:
                raise ValueError(f"{kind.name}: expected tensors of one graph, {x!r} is of another; {self.where}")
            if (x.dtype == "int64") != (i in kind.labels):
                wanted = "integer labels" if i in kind.labels else "real numbers"
                raise TypeError(f"{kind.name}: expected {wanted}, got {x!r}; {self.where}")
        shapes = [x.shape for x in self.inputs]
        try:
            shape = tuple(kind.shape(*shapes, **attributes))
        except ValueError as error:
            raise ShapeError(f"{kind.name} of shapes {' and '.join(map(str, shapes))}: {error}; {self.where}") from None
        self.graph.add(self, name or kind.name)
        self.output = Tensor(self, shape, dtype)

    @property
    def where(self):
        """The line of the user's program that built this operation."""
        file, line = self._line
        place = f"{file}:{line}" if os.path.exists(file) else f"line {line} of its cell"
        return f"built at {place}: {linecache.getline(file, line).strip()}"

    def compute(self, *arrays):
        """Return the value of the output, an array; an error names the line that built the operation."""
        try:
            value = np.asarray(self.kind.compute(*arrays, **self.attributes), self.output.dtype)
        except (ValueError, IndexError) as error:
            shapes = " and ".join(str(a.shape) for a in arrays)
            raise ValueError(f"{self.name} of shapes {shapes}: {error}; {self.where}") from error
        if not fits(value.shape, self.output.shape):
            raise ValueError(f"{self.name}: expected shape {self.output.shape}, got {value.shape}; {self.where}")
        return value

    def gradient(self, dy):
        """Add operations for the gradients of the inputs, given that of the output; return their tensors."""
        parts = self.kind.gradient(dy, self.output, *self.inputs, **self.attributes)
        parts = (
            parts if isinstance(parts, (tuple, list)) else (parts,) if parts is not None else (None,) * len(self.inputs)
        )
        if len(parts) != len(self.inputs):
            raise ValueError(f"gradient of {self.kind.name}: expected {len(self.inputs)} tensors, got {len(parts)}")
        for x, dx in zip(self.inputs, parts, strict=True):
            if dx is not None and not fits(dx.shape, x.shape):
                raise ShapeError(f"gradient of {self.kind.name}: expected shape {x.shape}, got {dx.shape}")
        return parts


def operation(name, shape, compute, gradient, doc="", labels=()):
    """Return a function that adds an operation of a new :class:`Kind` to the graph and returns its output tensor."""
    kind = Kind(name, shape, compute, gradient, labels)

    def build(*inputs, **attributes):
        return Operation(kind, *inputs, **attributes).output

    build.__name__ = build.__qualname__ = name
    build.__doc__ = f"Return {doc}."
    return build


def ancestors(tensors, known=()):
    """Return the operations that ``tensors`` need, in the order of calculation; what is ``known`` needs none."""
    found, todo = set(), [x.op for x in tensors if x not in known]
    while todo:  # a stack of our own: a deep graph would exhaust Python's
        op = todo.pop()
        if op not in found:
            found.add(op)
            todo += [x.op for x in op.inputs if x not in known]
    return sorted(found, key=lambda op: op.index)


def fits(shape, pattern):
    """Whether two shapes can be the same, None being any length."""
    return len(shape) == len(pattern) and all(m == n or None in (m, n) for m, n in zip(shape, pattern, strict=True))


def as_value(name, value, dtype):
    """Return ``value`` as an array of ``dtype``; raises TypeError where integers are expected and others come."""
    if dtype == "float64":
        return as_array(name, value, finite=False).astype(np.float64, copy=False)
    if np.asarray(value).dtype.kind not in "iu":
        raise TypeError(f"{name}: expected an array of integers, got {describe(value)}")
    return np.asarray(value, np.int64)


def placeholder(shape, name="placeholder", dtype="float64"):
    """Return a tensor whose value is fed to each run; None in ``shape`` is any length."""
    if not isinstance(shape, (tuple, list)):
        raise TypeError(f"shape: expected a tuple of lengths, got {describe(shape)}")
    shape = tuple(n if n is None else as_int(f"shape[{i}]", n, minimum=0) for i, n in enumerate(shape))
    return _placeholder(name=name, dtype=as_choice("dtype", dtype, ("float64", "int64")), of=shape)


def constant(value, name="constant", dtype="float64"):
    """Return a tensor that always has the given value."""
    value = np.array(as_value("value", value, as_choice("dtype", dtype, ("float64", "int64"))))
    return _constant(name=name, dtype=dtype, of=value.shape, value=value)


class Variable(Tensor):
    """A tensor that starts with ``value``, keeps its value between runs, and is changed by ``assign``.

    The graph holds only the initial value. The current one belongs to the session.
    """

    def __init__(self, value, name="variable"):
        self.initial = np.array(as_value("value", value, "float64"))
        op = _variable(name=name, of=self.initial.shape).op
        super().__init__(op, self.initial.shape, "float64")
        op.output = self


_placeholder = operation("placeholder", lambda of: of, None, None)
_variable = operation("variable", lambda of: of, None, None)
_constant = operation("constant", lambda of, value: of, lambda of, value: value, None)


def _users_line():
    """File and line of the innermost call that does not come from this package."""
    frame = sys._getframe(1)
    while frame.f_back and os.path.dirname(frame.f_code.co_filename) == _HERE:
        frame = frame.f_back
    return frame.f_code.co_filename, frame.f_lineno
