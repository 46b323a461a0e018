"""Gradient check (梯度检验): hold a backward pass against the definition of the derivative."""

import numpy as np

from course_pkg._validate import as_array, as_generator, as_number, describe
from course_pkg.nn.losses import Loss
from course_pkg.nn.net import Net


class GradientError(AssertionError):
    """A gradient differs from the numerical one; the text says in which layer, where, what came, what was expected."""


def numerical_gradient(f, x, eps=1e-5):
    """Return the gradient of a scalar function at ``x`` (any shape) by central differences, one number at a time::

        ∂f/∂x_i ≈ (f(x + eps·e_i) − f(x − eps·e_i)) / (2 eps)

    ``f`` takes a float64 array in the shape of x and returns a number. The error is about eps² f‴/6, plus rounding of
    about 1e-16 |f| / eps; near a kink closer than eps it is not the derivative at all.
    Raises TypeError or ValueError naming the argument that is wrong.
    """
    if not callable(f):
        raise TypeError(f"f: expected a function, got {describe(f)}")
    x = np.array(as_array("x", x), dtype=np.float64)
    eps = as_number("eps", eps, above=0)
    gradient = np.zeros_like(x)
    for index in np.ndindex(x.shape):
        middle = x[index]
        x[index] = middle + eps
        above = as_number("f(x)", f(x.copy()))
        x[index] = middle - eps
        below = as_number("f(x)", f(x.copy()))
        x[index] = middle
        gradient[index] = (above - below) / (2 * eps)
    return gradient


def check_gradients(layer, x, *, y=None, eps=1e-5, tolerance=1e-7, rng=0):
    """Check the backward pass of ``layer`` at ``x``; return the worst relative error over x and every parameter.

    ``layer`` is a layer or a net, a loss with ``y`` (its labels or targets), or a net with its loss and ``y``. Without
    ``y``, the check is on f = Σ y·r with fixed random numbers r (from ``rng``), so that dy = r. The relative error is
    |got − expected| / max |expected|, the largest taken over the array the number belongs to. Everything is float64.

    Piecewise linear layers (ReLU, max pooling, hinge loss) have kinks: choose an x of which no number, or difference of
    two numbers in one window, lies within ``eps`` of one.

    Raises GradientError when the error is above ``tolerance`` or a gradient has a wrong shape, and TypeError or
    ValueError naming the argument that is wrong. Parameters and their gradients are left as they were.
    """
    x = np.array(as_array("x", x), dtype=np.float64)
    eps = as_number("eps", eps, above=0)
    tolerance = as_number("tolerance", tolerance, above=0)
    rng = as_generator("rng", rng)
    value, backward = _function(layer, x, y, rng)
    blobs = _parameters(layer)
    before = {name: (blob.data.copy(), blob.diff.copy()) for name, blob in blobs.items()}
    try:
        for blob in blobs.values():
            blob.zero_grad()
        value(x)
        got = {"x": backward(), **{name: blob.diff for name, blob in blobs.items()}}
        worst = _compare(layer, "x", got["x"], numerical_gradient(value, x, eps), tolerance)
        for name, blob in blobs.items():

            def value_at(data, blob=blob):
                blob.data[...] = data
                return value(x)

            expected = numerical_gradient(value_at, blob.data, eps)
            blob.data[...] = before[name][0]
            worst = max(worst, _compare(layer, name, got[name], expected, tolerance))
    finally:
        for name, blob in blobs.items():
            blob.data[...], blob.diff[...] = before[name]
    return worst


def _function(layer, x, y, rng):
    """Return the scalar function of x that is checked, and the call that gives its gradient."""
    if not callable(getattr(layer, "forward", None)) or not callable(getattr(layer, "backward", None)):
        raise TypeError(f"layer: expected an object with forward and backward, got {describe(layer)}")
    if isinstance(layer, Net) and y is not None:
        return lambda x: layer.loss(x, y), layer.backward
    if isinstance(layer, Loss) or y is not None:
        return lambda x: layer.forward(x, y), layer.backward
    r = rng.standard_normal(as_array("layer.forward(x)", layer.forward(x)).shape)
    return lambda x: float((layer.forward(x) * r).sum()), lambda: layer.backward(r)


def _parameters(layer):
    blobs = layer.parameters() if isinstance(layer, Net) else getattr(layer, "params", {})
    for name, blob in blobs.items():
        if blob.data.dtype != np.float64:
            raise TypeError(f"layer: expected float64 parameters, got {name} of {blob.data.dtype}")
    return blobs


def _compare(layer, name, got, expected, tolerance):
    """Return the largest relative error of ``got``, or raise a GradientError that says where it is."""
    who = f"{type(layer).__name__} {getattr(layer, 'name', '')!r}: gradient of {name}"
    if not isinstance(got, np.ndarray) or got.shape != expected.shape or got.dtype.kind not in "fiu":
        raise GradientError(f"{who}: expected an array of shape {expected.shape}, got {describe(got)}")
    if expected.size == 0:
        return 0.0
    scale = max(np.abs(expected).max(), np.finfo(float).tiny)
    error = np.abs(got - expected) / scale
    error[np.isnan(error)] = np.inf
    index = tuple(int(i) for i in np.unravel_index(error.argmax(), error.shape))
    if error[index] > tolerance:
        raise GradientError(
            f"{who} at index {index}: got {got[index]:.10g}, expected {expected[index]:.10g} (central differences), "
            f"relative error {error[index]:.2e} > {tolerance:g}"
        )
    return float(error[index])
