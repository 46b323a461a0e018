"""Draw words at random with given weights, in constant time for each draw."""

import numpy as np

from course_pkg._validate import as_array, as_generator


class AliasSampler:
    """Draw i from 0 … V − 1 with probability weights[i] / Σ weights, by the alias method.

    V columns of equal height 1 hold the V probabilities, scaled to mean 1: what is too high for its own column fills up
    another one, so each column has at most two owners. A draw picks a column, then one of its two owners.

    ``weights`` (V,) are numbers ≥ 0 of which at least one is positive. ``own[i]`` is the share of column i that belongs
    to i itself, ``alias[i]`` owns the rest.

    Raises TypeError or ValueError naming the argument that is wrong. Source: Walker (1977), in the form of Vose (1991).
    """

    def __init__(self, weights):
        weights = as_array("weights", weights, ndim=1).astype(np.float64)
        if weights.size == 0 or weights.min() < 0 or weights.sum() == 0:
            raise ValueError(f"weights: expected numbers ≥ 0, at least one of them positive, got {weights[:5]} …")
        height = weights * (len(weights) / weights.sum())
        self.own = np.ones(len(weights))
        self.alias = np.arange(len(weights))
        low = [i for i, h in enumerate(height) if h < 1]
        high = [i for i, h in enumerate(height) if h >= 1]
        while low and high:
            poor, rich = low.pop(), high[-1]
            self.own[poor], self.alias[poor] = height[poor], rich
            height[rich] -= 1 - height[poor]
            if height[rich] < 1:
                low.append(high.pop())

    def sample(self, shape, rng=0):
        """Return an integer array of ``shape``, drawn with ``rng`` (a NumPy generator or a seed)."""
        rng = as_generator("rng", rng)
        column = rng.integers(len(self.own), size=shape)
        return np.where(rng.random(shape) < self.own[column], column, self.alias[column])


def noise_distribution(counts, power=0.75):
    """Return P(y) ∝ U(y)^¾ (V,), from which negative samples are drawn; U is the share of each word in the corpus.

    The power lifts rare words and lowers frequent ones; 1 leaves U as it is, 0 makes all words alike.
    Raises TypeError or ValueError when ``counts`` (V,) are not numbers ≥ 0. Source: Mikolov et al. (2013).
    """
    counts = as_array("counts", counts, ndim=1)
    if counts.size == 0 or counts.min() < 0 or counts.sum() == 0:
        raise ValueError("counts: expected numbers ≥ 0, at least one of them positive")
    weights = counts**power
    return weights / weights.sum()
