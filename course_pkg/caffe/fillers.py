"""Fillers: how the parameters of a layer start, as the text says it.

============  =======================================================================
type          values
============  =======================================================================
constant      ``value``
uniform       uniform between ``min`` and ``max``
gaussian      normal with ``mean`` and ``std``; with ``sparse``, most are then set to 0
xavier        uniform between −√(3/n) and √(3/n), which have variance 1/n
msra          normal with variance 2/n
============  =======================================================================

n is the fan-in, the fan-out or their mean, as ``variance_norm`` says. Caffe's "xavier" looks at the fan-in alone by
default; Glorot & Bengio (2010) take the mean. "msra" is He, Zhang, Ren & Sun (2015). ``sparse`` is the number of
weights that each input keeps on average (Martens, 2010).
"""

import numpy as np

from course_pkg.caffe.format import suggestion


def fan(shape, norm):
    """Return n of a parameter of ``shape``: numbers that feed one output, that one input feeds, or the mean of both."""
    count = int(np.prod(shape))
    fan_in = count / shape[0]
    fan_out = count / shape[1] if len(shape) > 1 else count
    return {"FAN_IN": fan_in, "FAN_OUT": fan_out, "AVERAGE": (fan_in + fan_out) / 2}[norm]


def _gaussian(filler, shape, rng):
    values = rng.normal(filler["mean"], filler["std"], shape)
    if filler["sparse"] >= 0:
        values *= rng.random(shape) < filler["sparse"] / shape[0]
    return values


def _xavier(filler, shape, rng):
    bound = np.sqrt(3 / fan(shape, filler["variance_norm"]))
    return rng.uniform(-bound, bound, shape)


def _msra(filler, shape, rng):
    return rng.normal(0, np.sqrt(2 / fan(shape, filler["variance_norm"])), shape)


FILLERS = {
    "constant": lambda filler, shape, rng: filler["value"],
    "uniform": lambda filler, shape, rng: rng.uniform(filler["min"], filler["max"], shape),
    "gaussian": _gaussian,
    "xavier": _xavier,
    "msra": _msra,
}


def check_filler(filler):
    """Raise a PrototxtError when the message ``filler`` asks for a filler that there is not, or that cannot be."""
    if filler["type"] not in FILLERS:
        raise filler.error(f"unknown filler {filler['type']!r}; {suggestion(filler['type'], FILLERS)}", "type")
    if filler["std"] < 0:
        raise filler.error(f"std: expected a number ≥ 0, got {filler['std']}", "std")
    if filler["min"] > filler["max"]:
        raise filler.error(f"min: expected at most max = {filler['max']}, got {filler['min']}", "min")


def fill(filler, shape, rng):
    """Return start values that fit into ``shape``: an array, or one number for all; ``rng`` is a NumPy generator."""
    return FILLERS[filler["type"]](filler, shape, rng)
