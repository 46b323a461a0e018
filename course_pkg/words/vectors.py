"""Word vectors to ask: nearest words, analogies, the odd one out; and the file formats of Google's word2vec."""

from typing import NamedTuple

import numpy as np

from course_pkg._validate import as_int, describe

BLOCK = 1 << 16  # rows that are compared at a time: 65,536 × 300 float32 numbers are 79 MB


class Neighbour(NamedTuple):
    """A word and its cosine with what was asked."""

    word: str
    cosine: float


class Vectors:
    """V words with a vector each: ``words`` (V), ``array`` (V, D) of float16, float32 or float64.

    ``array`` may be a memory map: questions read it once, in blocks, and never copy it whole. ``vectors["king"]`` is
    the vector of a word (D,).

    Raises TypeError or ValueError naming the argument that is wrong; words must be different strings.
    """

    def __init__(self, words, array):
        words = list(words)
        if not all(isinstance(word, str) for word in words):
            raise TypeError(
                f"words: expected strings, got {describe(next(w for w in words if not isinstance(w, str)))}"
            )
        if not isinstance(array, np.ndarray) or array.dtype not in (np.float16, np.float32, np.float64):
            raise TypeError(f"array: expected an array of float16, float32 or float64, got {describe(array)}")
        if array.ndim != 2 or len(array) != len(words) or array.size == 0:
            raise ValueError(f"array: expected {len(words)} rows, one a word, got shape {array.shape}")
        self.words = words
        self.array = array
        self.index = {word: i for i, word in enumerate(words)}
        if len(self.index) != len(words):
            twice = next(word for i, word in enumerate(words) if self.index[word] != i)
            raise ValueError(f"words: expected different words, got {twice!r} twice")
        self._lengths = None

    def __len__(self):
        return len(self.words)

    def __contains__(self, word):
        return word in self.index

    def __getitem__(self, word):
        return self.array[self._place("word", word)]

    def _place(self, name, word):
        if not isinstance(word, str):
            raise TypeError(f"{name}: expected a word, got {describe(word)}")
        if word not in self.index:
            raise KeyError(f"{name}: {word!r} is not among the {len(self):,} words; case and spelling count")
        return self.index[word]

    def unit(self, word):
        """Return the vector of ``word`` (D,), scaled to length 1, as float64; a zero vector stays zero."""
        vector = np.asarray(self[word], dtype=np.float64)
        return vector / (np.linalg.norm(vector) or 1.0)

    def similarity(self, word_1, word_2):
        """Return the cosine of two words, v_1·v_2 / (|v_1| |v_2|), between −1 and 1."""
        return float(self.unit(word_1) @ self.unit(word_2))

    def nearest(self, question, count=10):
        """Return the ``count`` words with the largest cosine with ``question``: a word, a list of words, or a vector
        (D,).

        The unit vectors of several words are added. The words themselves are left out. Both as word2vec's tools do.
        Raises KeyError for an unknown word, ValueError for a vector of another length.
        """
        asked = [question] if isinstance(question, str) else question
        if isinstance(asked, (list, tuple)) and asked and all(isinstance(word, str) for word in asked):
            return self._search(np.sum([self.unit(word) for word in asked], axis=0), count, leave_out=list(asked))
        vector = np.asarray(question, dtype=np.float64)
        if vector.shape != self.array.shape[1:] or not np.isfinite(vector).all():
            raise ValueError(
                f"question: expected words or {self.array.shape[1]} finite numbers, got {describe(question)}"
            )
        return self._search(vector, count)

    def analogy(self, a, b, c, count=10):
        """Return the ``count`` words nearest to â − b̂ + ĉ, such as king − man + woman; the hats are unit vectors.

        The three words themselves are left out, as word2vec's tools do: without that rule the answer is often a or c.
        Raises KeyError for an unknown word. Source: Mikolov, Yih and Zweig (2013).
        """
        return self._search(self.unit(a) - self.unit(b) + self.unit(c), count, leave_out=[a, b, c])

    def doesnt_match(self, words):
        """Return the word of ``words`` that is least like the others: the smallest cosine with the mean unit vector.

        Raises ValueError for fewer than three words, KeyError for an unknown one.
        """
        if isinstance(words, str) or len(list(words)) < 3:
            raise ValueError(f"words: expected at least three words, got {describe(words)}")
        units = np.array([self.unit(word) for word in words])
        return list(words)[int((units @ units.mean(axis=0)).argmin())]

    def _search(self, vector, count, leave_out=()):
        count = min(as_int("count", count, minimum=1), len(self) - len(set(leave_out)))
        if count <= 0:
            return []
        vector = (vector / (np.linalg.norm(vector) or 1.0)).astype(np.float32)
        cosines, error = self._cosines(vector)
        cosines[[self.index[word] for word in leave_out]] = -np.inf
        best = np.argpartition(-cosines, count - 1)[:count]
        if error:
            best = np.flatnonzero(cosines >= cosines[best].min() - 2 * error)
            cosines[best] = self.array[best].astype(np.float32) @ vector / self._lengths[best]
        best = best[np.lexsort((best, -cosines[best]))][:count]
        return [Neighbour(self.words[i], float(cosines[i])) for i in best]

    def _cosines(self, vector):
        """Return the cosines (V,) of all words with the unit ``vector``, and how far they may be off."""
        blocks = [self.array[start : start + BLOCK] for start in range(0, len(self), BLOCK)]
        if self.array.dtype != np.float16:
            if self._lengths is None:
                self._set_lengths([np.sqrt(np.einsum("vd,vd->v", block, block)) for block in blocks])
            return np.concatenate([block @ vector for block in blocks]) / self._lengths, 0.0
        # NumPy converts half precision slowly. PyTorch computes with it, rounded to 11 bits: enough for a first choice.
        import torch

        halves = [torch.from_numpy(block if block.flags.writeable else block.copy()) for block in blocks]
        if self._lengths is None:
            self._set_lengths([torch.linalg.vector_norm(half, dim=1, dtype=torch.float32).numpy() for half in halves])
        half = torch.from_numpy(vector).half()
        return np.concatenate([(block @ half).float().numpy() for block in halves]) / self._lengths, 2.0**-9

    def _set_lengths(self, blocks):
        lengths = np.concatenate(blocks)
        self._lengths = np.where(lengths == 0, 1, lengths)
