"""Character n-gram model (n 元语言模型): what comes next is guessed from the last n − 1 characters alone."""

from dataclasses import dataclass

import numpy as np

from course_pkg._validate import as_generator, as_int, describe


class NGram:
    """Interpolated Kneser–Ney model of a text: P(c | the last n − 1 characters) by counting.

    Let C(uc) be how often the character c follows the context u of k characters, C(u·) the sum of these counts and
    N(u·) the number of different c. Each count gives up a discount D_k to the shorter context u', u without its first
    character::

        P_k(c | u) = max(C(uc) − D_k, 0) / C(u·)  +  D_k N(u·) / C(u·) · P_{k−1}(c | u')
        D_k = n₁ / (n₁ + 2 n₂)      n₁, n₂: how many uc have the count 1, 2 (½ where n₁ = 0)

    A context never seen leaves all to the shorter one, and the empty one interpolates with 1/V, where V is the number
    of characters. Only for the longest contexts are these the counts in the text. For the shorter ones C(uc) is the
    number of different characters before uc: what follows few contexts is not expected in new ones.

    ``text`` is what to learn from and ``order`` is n ≥ 1. ``alphabet`` has the V characters that may come, by default
    those of ``text``. Every text begins as if after n − 1 times the first of them (in the order of Unicode).
    Raises TypeError or ValueError naming the argument that is wrong, also where V^n > 2^63 or n > 63.
    Source: Kneser & Ney, 1995, interpolated as by Chen & Goodman, 1999; discount of Ney, Essen & Kneser, 1994.
    """

    def __init__(self, text, order, *, alphabet=None):
        self.order = as_int("order", order, minimum=1)
        alphabet = _as_text("text", text) if alphabet is None else _as_text("alphabet", alphabet)
        self.alphabet = "".join(sorted(set(alphabet)))
        if self.order > 63 or len(self.alphabet) ** self.order > 2**63:  # a gram is one int64
            raise ValueError(f"order: expected V^order ≤ 2^63 with V = {len(self.alphabet)}, got {self.order}")
        *_, grams = self._grams(self._windows("text", _as_text("text", text)))
        grams, counts = np.unique(grams, return_counts=True)
        self._levels = [_Level.of(grams, counts, len(self.alphabet))]
        for k in range(self.order - 1, 0, -1):
            grams, counts = np.unique(grams % len(self.alphabet) ** k, return_counts=True)
            self._levels.insert(0, _Level.of(grams, counts, len(self.alphabet)))

    def bits(self, text):
        """Return −log₂ P of each character of ``text`` given those before it, shape (len(text),)."""
        return -np.log2(self._probabilities(self._windows("text", _as_text("text", text))))

    def bits_per_character(self, text):
        """Return the mean of :meth:`bits`, the cross entropy of ``text`` in bits."""
        return float(self.bits(text).mean())

    def perplexity(self, text):
        """Return 2 to the power of the bits per character: as hard as a guess among so many equally likely ones."""
        return 2 ** self.bits_per_character(text)

    def probabilities(self, context=""):
        """Return P(c | ``context``) for each c of ``alphabet``, shape (V,); only the last n − 1 characters count."""
        return self._after(self._indices("context", _as_text("context", context, shortest=0))[len(context) :])

    def sample(self, length, *, start="", rng=0):
        """Return a text of ``length`` characters after ``start``, drawn one by one with the model's probabilities.

        ``rng`` is a NumPy generator or a seed.
        """
        length, rng = as_int("length", length, minimum=0), as_generator("rng", rng)
        last, drawn = self._indices("start", _as_text("start", start, shortest=0))[len(start) :], []
        for _ in range(length):
            drawn.append(rng.choice(len(self.alphabet), p=self._after(last)))
            last = np.append(last, drawn[-1])[1:]
        return "".join(self.alphabet[i] for i in drawn)

    def _indices(self, name, text):
        """Return the place in the alphabet of each character of ``text``, after n − 1 zeros."""
        alphabet = np.array([ord(c) for c in self.alphabet])
        codes = np.fromiter(map(ord, text), np.int64, len(text))
        indices = np.searchsorted(alphabet, codes)
        unknown = np.flatnonzero(alphabet[np.minimum(indices, len(alphabet) - 1)] != codes)
        if unknown.size:
            raise ValueError(f"{name}: expected characters of {self.alphabet!r}, got {text[unknown[0]]!r}")
        return np.concatenate([np.zeros(self.order - 1, np.int64), indices])

    def _windows(self, name, text):
        """Return a row of n indices for each character: the n − 1 before it, and its own."""
        return np.lib.stride_tricks.sliding_window_view(self._indices(name, text), self.order)

    def _grams(self, windows):
        """Yield for k = 1 … n the last k indices of each row as one number in base V."""
        number = np.zeros(len(windows), np.int64)
        for k in range(self.order):
            number = number + windows[:, -1 - k] * len(self.alphabet) ** k
            yield number

    def _after(self, last):
        """Return the probability of each character of the alphabet after the n − 1 indices ``last``."""
        windows = np.empty((len(self.alphabet), self.order), np.int64)
        windows[:, :-1], windows[:, -1] = last, np.arange(len(self.alphabet))
        return self._probabilities(windows)

    def _probabilities(self, windows):
        """Return the probability of the last index of each row after the others."""
        p = 1 / len(self.alphabet)
        for level, grams in zip(self._levels, self._grams(windows), strict=True):
            p = level.interpolate(grams, p)
        return p


@dataclass
class _Level:
    """The counts for contexts of one length k; a context u and what follows it, c, are the number u·V + c."""

    grams: np.ndarray  # those that were seen, sorted
    counts: np.ndarray  # C(uc)
    contexts: np.ndarray  # sorted
    totals: np.ndarray  # C(u·)
    kinds: np.ndarray  # N(u·)
    discount: float
    base: int

    @classmethod
    def of(cls, grams, counts, base):
        contexts, first, kinds = np.unique(grams // base, return_index=True, return_counts=True)
        once, twice = (counts == 1).sum(), (counts == 2).sum()
        discount = once / (once + 2 * twice) if once else 0.5
        return cls(grams, counts, contexts, np.add.reduceat(counts, first), kinds, discount, base)

    def interpolate(self, grams, shorter):
        """Return P_k for each of ``grams`` from P_{k−1}, ``shorter``."""
        contexts = grams // self.base
        total = _look_up(self.contexts, self.totals, contexts)
        given_up = self.discount * _look_up(self.contexts, self.kinds, contexts) * shorter
        kept = np.maximum(_look_up(self.grams, self.counts, grams) - self.discount, 0)
        return np.where(total > 0, (kept + given_up) / np.maximum(total, 1), shorter)


def _look_up(keys, values, wanted):
    """Return the value of each of the ``wanted`` keys, 0 where it is not among the sorted ``keys``."""
    places = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
    return np.where(keys[places] == wanted, values[places], 0)


def _as_text(name, text, *, shortest=1):
    if not isinstance(text, str):
        raise TypeError(f"{name}: expected a text, got {describe(text)}")
    if len(text) < shortest:
        raise ValueError(f"{name}: expected at least one character, got none")
    return text
