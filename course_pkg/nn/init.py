"""How weights start: small random numbers whose size keeps the signal's variance the same from layer to layer."""

import numpy as np

from course_pkg._validate import as_choice, as_float_dtype, as_generator, as_number
from course_pkg.nn.blob import Blob

_VARIANCE = {
    "lecun": lambda fan_in, fan_out: 1 / fan_in,  # LeCun, Bottou, Orr & Müller, Efficient BackProp, 1998
    "xavier": lambda fan_in, fan_out: 2 / (fan_in + fan_out),  # Glorot & Bengio, 2010
    "he": lambda fan_in, fan_out: 2 / fan_in,  # He, Zhang, Ren & Sun, 2015: ReLU passes half of the variance
    "zeros": lambda fan_in, fan_out: 0,
}


def initial_weight(shape, *, fan_in, fan_out, init, rng, dtype):
    """Return a new :class:`Blob` of weights w ~ Normal(0, σ²).

    ``init`` says what σ² is: "lecun" 1/fan_in, "xavier" 2/(fan_in + fan_out), "he" 2/fan_in, "zeros" 0, or a number,
    which is σ itself. ``fan_in`` and ``fan_out`` count the inputs that feed one output and the outputs that one input
    feeds. Raises TypeError or ValueError for an unknown ``init``, ``rng`` or ``dtype``.
    """
    if isinstance(init, str):
        sigma = np.sqrt(_VARIANCE[as_choice("init", init, tuple(_VARIANCE))](fan_in, fan_out))
    else:
        sigma = as_number("init", init, minimum=0)
    values = sigma * as_generator("rng", rng).standard_normal(shape)
    return Blob(values.astype(as_float_dtype("dtype", dtype)))


def initial_bias(size, *, dtype):
    """Return a new :class:`Blob` of ``size`` zeros."""
    return Blob(np.zeros(size, as_float_dtype("dtype", dtype)))
