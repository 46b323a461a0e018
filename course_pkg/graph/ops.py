"""The operations, a table: name, shape rule, computation, gradient as new operations, and what it returns.

In a gradient, ``dy`` is ∂L/∂y, ``y`` the output and x, a, b the inputs, all of them tensors. A gradient that is made of
operations has a gradient itself: nothing more is needed for second derivatives. None stands for a derivative of 0.

All operations take tensors; numbers and arrays become constants. They raise ShapeError where shapes do not fit and
TypeError for labels in place of real numbers, each naming the line of the caller.
"""

import math
from functools import partial, reduce

import numpy as np

from course_pkg._validate import as_int, as_labels, as_number, as_pair, describe
from course_pkg.graph.core import Tensor, Variable, fits, operation
from course_pkg.nn.activations import activation
from course_pkg.nn.conv import conv2d as convolve
from course_pkg.nn.conv import conv2d_input_grad, conv2d_weight_grad
from course_pkg.nn.windows import output_size

__all__ = [
    "add", "assign", "avg_pool2d", "broadcast_like", "concat", "conv2d", "div", "exp", "identity", "log", "log_sum_exp",
    "matmul", "max_pool2d", "maximum", "mul", "neg", "one_hot", "positive", "power", "reduce_mean", "reduce_sum",
    "relu", "reshape", "sigmoid", "softmax", "softmax_cross_entropy", "square", "sub", "sum_like", "tanh", "transpose",
]  # fmt: skip

# --- Two tensors, number by number. A missing length or a length of 1 is stretched to the other's (broadcasting). ---


def _stretched(a, b):
    a, b = (1,) * (len(b) - len(a)) + a, (1,) * (len(a) - len(b)) + b
    for m, n in zip(a, b, strict=True):
        if m != n and not {m, n} & {1, None}:
            raise ValueError(f"expected equal lengths or 1, got {m} and {n}")
    return (m if n == 1 else n if m in (1, None) else m for m, n in zip(a, b, strict=True))


def _unstretch(da, db, a, b):
    """The gradients da and db, each summed over the axes along which its input was stretched."""
    return _sum_if_stretched(da, a, b), _sum_if_stretched(db, b, a)


def _sum_if_stretched(dx, x, other):
    lengths = zip(reversed(x.shape), reversed(other.shape), strict=False)
    kept = len(x.shape) >= len(other.shape) and all(m not in (1, None) or n == 1 for m, n in lengths)
    return dx if kept else sum_like(dx, x)


def _to_the_larger(dy, y, a, b):
    to_b = dy * positive(b - a)
    return _unstretch(dy - to_b, to_b, a, b)


add = operation("add", _stretched, np.add, lambda dy, y, a, b: _unstretch(dy, dy, a, b), "a + b")
sub = operation("sub", _stretched, np.subtract, lambda dy, y, a, b: _unstretch(dy, -dy, a, b), "a − b")
mul = operation("mul", _stretched, np.multiply, lambda dy, y, a, b: _unstretch(dy * b, dy * a, a, b), "a · b")
div = operation("div", _stretched, np.divide, lambda dy, y, a, b: _unstretch(dy / b, -(dy * y / b), a, b), "a / b")
maximum = operation(
    "maximum", _stretched, np.maximum, _to_the_larger, "the larger of a and b; where they are equal a gets the gradient"
)

# --- One tensor, number by number. ---


def _same(x, **_):
    return x


_sigmoid = partial(activation, "sigmoid")
neg = operation("neg", _same, np.negative, lambda dy, y, x: -dy, "−x")
exp = operation("exp", _same, np.exp, lambda dy, y, x: dy * y, "e^x")
log = operation("log", _same, np.log, lambda dy, y, x: dy / x, "ln x")
sigmoid = operation("sigmoid", _same, _sigmoid, lambda dy, y, x: dy * (y * (1 - y)), "1/(1 + e^−x)")
tanh = operation("tanh", _same, np.tanh, lambda dy, y, x: dy * (1 - y * y), "tanh x")
relu = operation("relu", _same, lambda x: np.maximum(x, 0), lambda dy, y, x: dy * positive(x), "max(0, x)")
positive = operation("positive", _same, lambda x: x > 0, lambda dy, y, x: None, "1 where x > 0, else 0")
identity = operation("identity", _same, lambda x: x, lambda dy, y, x: dy, "x, under a ``name`` of its own")
_power = operation("power", _same, lambda x, p: x**p, lambda dy, y, x, p: dy * (p * power(x, p - 1)))


def power(x, p):
    """Return x^p for a number p that is no tensor."""
    p = as_number("p", p)
    return x if p == 1 else broadcast_like(1.0, x) if p == 0 else _power(x, p=p)


def square(x):
    """Return x²."""
    return power(x, 2)


# --- Matrices, and other shapes for the same numbers. ---


def _product(a, b):
    if len(a) != 2 or len(b) != 2 or not fits(a[1:], b[:1]):
        raise ValueError("expected two matrices (n, k) and (k, m)")
    return a[0], b[1]


def _regrouped(x, to):
    size, rest = None if None in x else math.prod(x), math.prod(n for n in to if n != -1)
    if to.count(-1) > 1 or (size is not None and (size != rest if -1 not in to else not rest or size % rest)):
        raise ValueError(f"expected a shape of as many numbers, got {to}")
    return (n if n != -1 else None if size is None else size // rest for n in to)


def _indexed(x, key):
    if len(key) > len(x):
        raise ValueError(f"expected at most {len(x)} indices, got {len(key)}")
    for k, n in zip(key, x, strict=False):
        if not isinstance(k, slice) and n is not None and not -n <= k < n:
            raise ValueError(f"expected an index below {n}, got {k}")
    sliced = [(k, n) for k, n in zip(key, x, strict=False) if isinstance(k, slice)]
    return *(n if n is None else len(range(*k.indices(n))) for k, n in sliced), *x[len(key) :]


def _put(dy, like, key):
    dx = np.zeros_like(like)
    dx[key] = dy
    return dx


def _joined(*shapes, axis):
    along, rest = [x[axis : axis + 1] for x in shapes], [x[:axis] + x[axis + 1 :] for x in shapes]
    if not all(fits(x, rest[0]) for x in rest) or {(), (None,)} & set(along):
        raise ValueError(f"expected known lengths on axis {axis} and the same lengths on all others")
    return *rest[0][:axis], sum(n for (n,) in along), *rest[0][axis:]


def _parts(dy, y, *inputs, axis):
    ends = np.cumsum([x.shape[axis] for x in inputs]).tolist()
    before = (slice(None),) * axis
    return [dy[(*before, slice(end - x.shape[axis], end))] for x, end in zip(inputs, ends, strict=True)]


def _like(*shapes, **_):
    return shapes[-1]


matmul = operation("matmul", _product, np.matmul, lambda dy, y, a, b: (dy @ transpose(b), transpose(a) @ dy), "a @ b")
transpose = operation("transpose", lambda x: x[::-1], np.transpose, lambda dy, y, x: transpose(dy), "xᵀ")
_reshape = operation("reshape", _regrouped, lambda x, to: x.reshape(to), lambda dy, y, x, to: reshape_like(dy, x))
reshape_like = operation(
    "reshape_like",
    _like,
    lambda x, like: x.reshape(like.shape),
    lambda dy, y, x, like: (reshape_like(dy, x), None),
    "x in the shape of ``like``",
)
_slice = operation("slice", _indexed, lambda x, key: x[key], lambda dy, y, x, key: _unslice(dy, x, key=key))
_unslice = operation("unslice", _like, _put, lambda ddx, dx, dy, like, key: (_slice(ddx, key=key), None))
_concat = operation("concat", _joined, lambda *xs, axis: np.concatenate(xs, axis), _parts)


def reshape(x, shape):
    """Return the numbers of x in a new shape; one length may be −1, for what is left."""
    return _reshape(x, to=tuple(as_int("shape", n, minimum=-1) for n in shape))


def concat(tensors, axis=0):
    """Return tensors joined along ``axis``, where their lengths must be known."""
    return _concat(*tensors, axis=as_int("axis", axis, minimum=0))


def _getitem(x, key):
    key = key if isinstance(key, tuple) else (key,)
    return _slice(x, key=tuple(k if isinstance(k, slice) else as_int("index", k) for k in key))


# --- Sums along axes, and back. ---


def _axes(x, axis):
    axes = range(len(x)) if axis is None else axis if isinstance(axis, (tuple, list)) else [axis]
    if not all(-len(x) <= as_int("axis", i) < len(x) for i in axes):
        raise ValueError(f"expected axes below {len(x)}, got {axis}")
    return tuple(i % len(x) for i in axes)


def _reduced(x, axis, keepdims):
    axes = _axes(x, axis)
    return (1 if i in axes else n for i, n in enumerate(x) if keepdims or i not in axes)


def _count(x, axis):
    return math.prod(x.shape[i] for i in _axes(x.shape, axis))


def _summed(x, like):
    missing = x.ndim - like.ndim
    stretched = (i + missing for i, n in enumerate(like.shape) if n == 1)
    return x.sum(axis=(*range(missing), *stretched)).reshape(like.shape)


_sum = operation(
    "reduce_sum",
    _reduced,
    lambda x, axis, keepdims: np.sum(x, _axes(x.shape, axis), keepdims=keepdims),
    lambda dy, y, x, axis, keepdims: broadcast_like(dy, x, axis=() if keepdims else _axes(x.shape, axis)),
)
_size = operation("size", lambda x, axis: (), _count, lambda dy, y, x, axis: None)
broadcast_like = operation(
    "broadcast_like",
    _like,
    lambda x, like, axis=(): np.broadcast_to(np.expand_dims(x, axis), like.shape),
    lambda dy, y, x, like, axis=(): (sum_like(reduce_sum(dy, axis) if axis else dy, x), None),
    "x stretched to the shape of ``like``; the axes in ``axis`` are put into x first",
)
sum_like = operation(
    "sum_like",
    _like,
    _summed,
    lambda dy, y, x, like: (broadcast_like(dy, x), None),
    "x summed down to the shape of ``like``, from which it was stretched",
)


def reduce_sum(x, axis=None, keepdims=False):
    """Return the sum of x along ``axis``: an int, several, or None for all; ``keepdims`` keeps them, of length 1."""
    return _sum(x, axis=axis, keepdims=keepdims)


def reduce_mean(x, axis=None, keepdims=False):
    """Return the mean of x along ``axis``: the sum, divided by how many numbers are summed."""
    return reduce_sum(x, axis, keepdims) / _size(x, axis=axis)


# --- Classes and images. ---


def _log_sum_exp(x):
    high = x.max(axis=-1, keepdims=True)  # subtracted, so that e^x cannot overflow
    return high + np.log(np.exp(x - high).sum(axis=-1, keepdims=True))


def _one_label_a_row(labels, like):
    if len(like) != 2 or not fits(labels, like[:1]):
        raise ValueError("expected labels (N,) and scores (N, classes)")
    return like


def _one_hot(labels, like):
    labels = as_labels("labels", labels, count=len(like), classes=like.shape[1])
    return labels[:, None] == np.arange(like.shape[1])


def _convolved(x, w, stride, padding, dilation):
    if len(x) != 4 or len(w) != 4 or None in w or not fits(x[1:2], w[1:2]):
        raise ValueError("expected images (N, C, H, W) and a weight (O, C, kh, kw)")
    sides = zip(x[2:], w[2:], stride, padding, dilation, strict=True)
    return x[0], w[0], *(None if side[0] is None else output_size(*side) for side in sides)


log_sum_exp = operation(
    "log_sum_exp",
    lambda x: _reduced(x, -1, keepdims=True),
    _log_sum_exp,
    lambda dy, y, x: dy * exp(x - y),
    "ln Σ_j e^x_j along the last axis, which stays, of length 1",
)
one_hot = operation(
    "one_hot",
    _one_label_a_row,
    _one_hot,
    lambda dy, y, labels, like: None,
    "a row for each label: 1 at its place, else 0, in the shape (N, classes) of ``like``",
    labels=(0,),
)
_conv = operation(
    "conv2d", _convolved, convolve, lambda dy, y, x, w, **how: (_conv_x(dy, w, x, **how), _conv_w(dy, x, w, **how))
)
_conv_x = operation(
    "conv2d_input_grad",
    _like,
    lambda dy, w, x, **how: conv2d_input_grad(dy, w, x.shape, **how),
    lambda dz, z, dy, w, x, **how: (_conv(dz, w, **how), _conv_w(dy, dz, w, **how), None),
)
_conv_w = operation(
    "conv2d_weight_grad",
    _like,
    lambda dy, x, w, **how: conv2d_weight_grad(dy, x, w.shape[2:], **how),
    lambda dz, z, dy, x, w, **how: (_conv(x, dz, **how), _conv_x(dy, dz, x, **how), None),
)


def softmax(x):
    """Return e^x_i / Σ_j e^x_j along the last axis."""
    return exp(x - log_sum_exp(x))


def softmax_cross_entropy(scores, labels):
    """Return ln Σ_j e^s_j − s_label for each row s of scores (N, classes) and its integer label (N,): shape (N,)."""
    return reduce_sum(one_hot(labels, scores) * (log_sum_exp(scores) - scores), axis=1)


def conv2d(x, weight, *, stride=1, padding=0, dilation=1):
    """Return images x (N, C, H, W) convolved with weight (O, C, kh, kw); a bias of shape (O, 1, 1) can be added."""
    how = {"stride": as_pair("stride", stride, minimum=1), "padding": as_pair("padding", padding, minimum=0)}
    return _conv(x, weight, **how, dilation=as_pair("dilation", dilation, minimum=1))


def avg_pool2d(x, kernel_size):
    """Return the mean over windows side by side of images (N, C, H, W); rows and columns left over are cut off."""
    entries = _entries(x, kernel_size)
    return reduce(add, entries) / len(entries)


def max_pool2d(x, kernel_size):
    """Return the maximum over windows side by side of images (N, C, H, W); rows and columns left over are cut off."""
    return reduce(maximum, _entries(x, kernel_size))


def _entries(x, kernel_size):
    """What each entry of the window sees as the window moves: the images, shifted and thinned out."""
    (kh, kw), (h, w) = as_pair("kernel_size", kernel_size, minimum=1), x.shape[2:]
    return [x[:, :, i : h - h % kh : kh, j : w - w % kw : kw] for i in range(kh) for j in range(kw)]


# --- A new value for a variable. ---


def _of_variable(value, variable):
    if not fits(value, variable):
        raise ValueError("expected a value of the shape of the variable")
    return variable


_assign = operation("assign", _of_variable, lambda value, variable: value, lambda dy, y, value, variable: (dy, None))


def assign(variable, value):
    """Return the new ``value`` of ``variable``, which takes it at the end of every run that needs this tensor."""
    if not isinstance(variable, Variable):
        raise TypeError(f"variable: expected a Variable, got {describe(variable)}")
    return _assign(value, variable)


Tensor.__add__, Tensor.__radd__ = add, lambda b, a: add(a, b)
Tensor.__sub__, Tensor.__rsub__ = sub, lambda b, a: sub(a, b)
Tensor.__mul__, Tensor.__rmul__ = mul, lambda b, a: mul(a, b)
Tensor.__truediv__, Tensor.__rtruediv__ = div, lambda b, a: div(a, b)
Tensor.__matmul__, Tensor.__rmatmul__ = matmul, lambda b, a: matmul(a, b)
Tensor.__neg__, Tensor.__pow__, Tensor.__getitem__ = neg, power, _getitem
