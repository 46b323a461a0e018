"""Argument checks that all rooms share: each error names the argument, what came and what was expected."""

import math
import operator
from collections.abc import Sequence

import numpy as np

_FLOATS = np.dtype(np.float32), np.dtype(np.float64)


class NotFiniteError(ValueError):
    """A NaN or an infinity stands where a finite number is needed."""


def describe(value):
    """Short text for a value in an error message: type, and shape and dtype for arrays."""
    if isinstance(value, np.ndarray):
        return f"array of shape {value.shape}, dtype {value.dtype}"
    text = repr(value)
    return f"{type(value).__name__} {text if len(text) <= 60 else text[:57] + '...'}"


def as_array(name, value, *, ndim=None, shape=None, finite=True):
    """Return ``value`` as a float32 or float64 array.

    Integers and booleans become float64. ``ndim`` is an int or a tuple of allowed ints; in ``shape``, None allows any
    length.
    Raises TypeError for what is not numeric, ValueError for a wrong shape, NaN or infinity.
    """
    if value is None or isinstance(value, (str, bytes, dict, set)):
        raise TypeError(f"{name}: expected an array of real numbers, got {describe(value)}")
    try:
        array = np.asarray(value)
    except ValueError as error:  # a ragged list
        raise ValueError(f"{name}: expected a rectangular array of numbers, got {describe(value)}") from error
    if array.dtype.kind not in "fiub":
        raise TypeError(f"{name}: expected an array of real numbers, got {describe(array)}")
    if array.dtype not in _FLOATS:
        array = array.astype(np.float64)
    if ndim is not None and array.ndim not in (ndim if isinstance(ndim, tuple) else (ndim,)):
        wanted = " or ".join(str(n) for n in (ndim if isinstance(ndim, tuple) else (ndim,)))
        raise ValueError(f"{name}: expected {wanted} dimensions, got {array.ndim} (shape {array.shape})")
    if (shape is not None and array.shape != shape) and (
        array.ndim != len(shape) or any(w is not None and w != n for w, n in zip(shape, array.shape, strict=True))
    ):
        wanted = "(" + ", ".join("any" if w is None else str(w) for w in shape) + ("," if len(shape) == 1 else "") + ")"
        raise ValueError(f"{name}: expected shape {wanted}, got {array.shape}")
    # ‖x‖² is finite only if all numbers are, and much faster than a look at every number; vdot warns of nothing.
    flat = array.ravel(order="K")
    if finite and not math.isfinite(np.vdot(flat, flat)) and not np.isfinite(array).all():
        index = tuple(int(i) for i in np.argwhere(~np.isfinite(array))[0])
        raise NotFiniteError(f"{name}: expected finite numbers, got {array[index]} at index {index}")
    return array


def as_labels(name, value, *, count, classes):
    """Return ``value`` as ``count`` integer class labels in 0 … ``classes`` − 1, or raise."""
    try:
        array = np.asarray(value)
    except ValueError as error:  # a ragged list
        raise ValueError(f"{name}: expected a list of class labels, got {describe(value)}") from error
    if array.dtype.kind not in "iu":
        raise TypeError(f"{name}: expected integer class labels, got {describe(value)}")
    if array.shape != (count,):
        raise ValueError(f"{name}: expected shape ({count},), one label a sample, got {array.shape}")
    bad = np.flatnonzero((array < 0) | (array >= classes))
    if bad.size:
        raise ValueError(f"{name}: expected labels from 0 to {classes - 1}, got {array[bad[0]]} at index {bad[0]}")
    return array.astype(np.intp, copy=False)


def as_int(name, value, *, minimum=None):
    """Return ``value`` as an int that is at least ``minimum``, or raise."""
    if isinstance(value, (bool, np.bool_)):
        raise TypeError(f"{name}: expected an integer, got {describe(value)}")
    try:
        number = operator.index(value)
    except TypeError:
        raise TypeError(f"{name}: expected an integer, got {describe(value)}") from None
    if minimum is not None and number < minimum:
        raise ValueError(f"{name}: expected an integer ≥ {minimum}, got {number}")
    return number


def as_pair(name, value, *, minimum=None):
    """Return ``value``, an int or a pair of ints (height, width), as a pair of ints."""
    if isinstance(value, Sequence) and not isinstance(value, (str, bytes)):
        if len(value) != 2:
            raise ValueError(f"{name}: expected an integer or two (height, width), got {describe(value)}")
        return as_int(f"{name}[0]", value[0], minimum=minimum), as_int(f"{name}[1]", value[1], minimum=minimum)
    number = as_int(name, value, minimum=minimum)
    return number, number


def as_shape(name, value, *, length=None, minimum=1):
    """Return ``value``, a sequence of ints such as (1, 28, 28), as a tuple of ints; ``length`` says how many."""
    try:
        if isinstance(value, (str, bytes, dict, set)):
            raise TypeError
        shape = tuple(operator.index(side) for side in value)
    except TypeError:
        raise TypeError(f"{name}: expected a shape, a tuple of integers, got {describe(value)}") from None
    if (length is not None and len(shape) != length) or any(side < minimum for side in shape):
        wanted = "integers" if length is None else f"{length} integers"
        raise ValueError(f"{name}: expected {wanted} ≥ {minimum}, got {shape}")
    return shape


def as_number(name, value, *, minimum=None, above=None):
    """Return ``value`` as a finite float, at least ``minimum`` and strictly ``above`` where these are given."""
    if isinstance(value, (bool, np.bool_, str, bytes)) or (isinstance(value, np.ndarray) and value.ndim):
        raise TypeError(f"{name}: expected a number, got {describe(value)}")
    try:
        number = float(value)
    except OverflowError:
        raise ValueError(f"{name}: expected a number in the range of a float, got {describe(value)}") from None
    except (TypeError, ValueError):
        raise TypeError(f"{name}: expected a number, got {describe(value)}") from None
    if not np.isfinite(number):
        raise ValueError(f"{name}: expected a finite number, got {number}")
    if minimum is not None and number < minimum:
        raise ValueError(f"{name}: expected a number ≥ {minimum}, got {number}")
    if above is not None and number <= above:
        raise ValueError(f"{name}: expected a number > {above}, got {number}")
    return number


def as_share(name, value):
    """Return ``value``, a share of a whole, as a float from 0 to below 1, or raise."""
    number = as_number(name, value, minimum=0)
    if number >= 1:
        raise ValueError(f"{name}: expected a number from 0 to below 1, got {number}")
    return number


def as_choice(name, value, choices):
    """Return ``value`` if it is one of ``choices``, or raise a ValueError that lists them."""
    if not any(isinstance(value, type(choice)) and value == choice for choice in choices):
        raise ValueError(f"{name}: expected one of {', '.join(map(repr, choices))}, got {describe(value)}")
    return value


def as_bool(name, value):
    """Return ``value`` as a bool, or raise: 0, 1 and other values that merely count as true or false are not taken."""
    if not isinstance(value, (bool, np.bool_)):
        raise TypeError(f"{name}: expected True or False, got {describe(value)}")
    return bool(value)


def as_float_dtype(name, value):
    """Return ``value`` as the NumPy dtype float32 or float64, or raise."""
    try:
        dtype = np.dtype(value) if value is not None else None
    except (TypeError, ValueError):
        dtype = None
    if dtype not in (np.float32, np.float64):
        raise TypeError(f"{name}: expected float32 or float64, got {describe(value)}")
    return dtype


def as_generator(name, value):
    """Return a NumPy random generator from a generator or an integer seed."""
    if isinstance(value, np.random.Generator):
        return value
    return np.random.default_rng(as_int(name, value, minimum=0))
