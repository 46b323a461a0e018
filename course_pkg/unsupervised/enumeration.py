"""All states of a few binary units: what makes a small model exact."""

import numpy as np

from course_pkg._validate import as_int

MOST_UNITS = 16  # 65,536 states: a second unit more doubles time and memory, and nobody waits for 2^64


def binary_states(units):
    """Return all vectors of ``units`` zeros and ones, (2^units, units), in the order of binary numbers.

    Raises ValueError for more than 16 units: 2^units vectors would be too many.
    """
    units = as_int("units", units, minimum=1)
    if units > MOST_UNITS:
        raise ValueError(
            f"units: expected at most {MOST_UNITS} units to enumerate all states of, got {units}, which have "
            f"2^{units} = {2.0**units:.1e} states; use fewer units, or sampling"
        )
    return (np.arange(2**units)[:, None] >> np.arange(units)[::-1] & 1).astype(np.float64)
