"""Regularisers (正则化): a price on large weights, R(W) in the full loss L = (1/N) Σ_n L_n + R(W)."""

from collections.abc import Mapping

import numpy as np

from course_pkg._validate import as_number, describe
from course_pkg.nn.blob import Blob


class Regulariser:
    """A price R(W) on weights. ``blobs`` is what ``net.weights()`` returns (name → blob), or any list of blobs."""

    def __init__(self, strength):
        self.strength = as_number("strength", strength, minimum=0)

    def penalty(self, blobs):
        """Return R(W) as a float, summed over all ``blobs``."""
        return float(sum(self._price(blob.data) for blob in as_blobs(blobs)))

    def add_gradient(self, blobs):
        """Add ∂R/∂w to the ``diff`` of each of ``blobs``."""
        for blob in as_blobs(blobs):
            blob.diff += self._slope(blob.data)


def as_blobs(blobs):
    """Return ``blobs``, a dict from name to Blob or a sequence of them, as a list of Blobs, or raise."""
    try:
        blobs = list(blobs.values() if isinstance(blobs, Mapping) else blobs)
    except TypeError:
        raise TypeError(f"blobs: expected blobs, as net.weights() returns them, got {describe(blobs)}") from None
    for i, blob in enumerate(blobs):
        if not isinstance(blob, Blob):
            raise TypeError(f"blobs[{i}]: expected a Blob, got {describe(blob)}")
    return blobs


class L2(Regulariser):
    """Ridge penalty R(W) = strength · ½ Σ w², with ∂R/∂w = strength · w: every weight shrinks in proportion.

    ``strength`` ≥ 0. Raises TypeError or ValueError naming the argument that is wrong.
    Source: university deck, full loss; Hoerl & Kennard, 1970.
    """

    def _price(self, w):
        return self.strength * 0.5 * (w**2).sum()

    def _slope(self, w):
        return self.strength * w


class L1(Regulariser):
    """Lasso penalty R(W) = strength · Σ |w|, with ∂R/∂w = strength · sign(w): small weights go to 0 altogether.

    ``strength`` ≥ 0; at w = 0 the slope is taken as 0.
    Raises TypeError or ValueError naming the argument that is wrong.
    Source: university deck, full loss; Tibshirani, 1996.
    """

    def _price(self, w):
        return self.strength * np.abs(w).sum()

    def _slope(self, w):
        return self.strength * np.sign(w)
