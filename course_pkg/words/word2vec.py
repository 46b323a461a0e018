"""word2vec, written to be read: CBOW or skip-gram, with any of three outputs, in NumPy.

::

    corpus = words.sentences(text)
    model = words.Word2Vec(corpus, size=20, architecture="skip-gram", output="negative sampling")
    model.fit(corpus, epochs=5)
    model.vectors().nearest("king")
"""

import numpy as np

from course_pkg import show
from course_pkg._validate import as_array, as_bool, as_choice, as_generator, as_int, as_number
from course_pkg.nn import Blob
from course_pkg.words.outputs import OUTPUTS
from course_pkg.words.vectors import Vectors
from course_pkg.words.vocabulary import Vocabulary

ARCHITECTURES = ("skip-gram", "cbow")
NOBODY = -1  # fills up the contexts of words near the end of a sentence


def examples(encoded, window, architecture, rng=None):
    """Return the training examples of a corpus: ``contexts`` (N, C) and ``targets`` (N,), both word numbers.

    skip-gram (C = 1): for each word and each neighbour at a distance up to ``window``, the word predicts the neighbour.
    cbow (C = 2·window): all neighbours together predict the word; −1 stands where there is no neighbour.

    ``encoded`` is a list of integer arrays, one a sentence. With ``rng``, each word draws its own window from 1 …
    ``window``, which gives near neighbours more weight, as the word2vec program does.
    Raises TypeError or ValueError naming the argument that is wrong. Source: Mikolov et al. (2013); three-session deck.
    """
    window = as_int("window", window, minimum=1)
    as_choice("architecture", architecture, ARCHITECTURES)
    sentence = np.repeat(np.arange(len(encoded)), [len(part) for part in encoded])
    word = np.concatenate([np.zeros(0, dtype=np.intp), *encoded])
    reach = np.full(len(word), window) if rng is None else as_generator("rng", rng).integers(1, window + 1, len(word))
    place = np.arange(len(word))
    neighbours = np.full((len(word), 2 * window), NOBODY)
    for column, offset in enumerate([*range(-window, 0), *range(1, window + 1)]):
        other = place + offset
        inside = (other >= 0) & (other < len(word)) & (abs(offset) <= reach)
        inside[inside] = sentence[other[inside]] == sentence[inside]
        neighbours[inside, column] = word[other[inside]]
    if architecture == "cbow":
        lonely = (neighbours == NOBODY).all(axis=1)
        return neighbours[~lonely], word[~lonely]
    rows, columns = np.nonzero(neighbours != NOBODY)
    return word[rows, None], neighbours[rows, columns]


class Word2Vec:
    """Two embeddings W and W' trained so that words predict their neighbours.

    The hidden vector is the mean of the context's input vectors, h = (1/C) Σ_c W[context_c] (for skip-gram C = 1);
    the output, with W', turns h into a loss. ``corpus`` (a list of sentences, each a list of words) gives the
    vocabulary: words that occur at least ``min_count`` times. ``size`` is D, the length of a word vector; ``window``
    how far neighbours may be away; ``threshold`` thins out frequent words (None: not at all); ``negatives`` is k of
    negative sampling. W starts uniform in ±1/(2D), W' at 0, as in the word2vec program.

    ``input`` is the blob of W (V, D), ``output`` the output layer with W' as ``output.weight``, ``losses`` the mean
    loss of each epoch. Raises TypeError or ValueError naming the argument that is wrong.
    Source: Mikolov et al. (2013), two papers; three-session deck (000).
    """

    def __init__(
        self,
        corpus,
        size,
        *,
        architecture="skip-gram",
        output="negative sampling",
        window=5,
        min_count=1,
        threshold=None,
        negatives=5,
        divide=True,
        rng=0,
    ):
        self.vocabulary = Vocabulary(corpus, min_count=min_count)
        self.size = as_int("size", size, minimum=1)
        self.architecture = as_choice("architecture", architecture, ARCHITECTURES)
        self.window = as_int("window", window, minimum=1)
        self.threshold = None if threshold is None else as_number("threshold", threshold, above=0)
        self.divide = as_bool("divide", divide)
        self._rng = as_generator("rng", rng)
        self.input = Blob((self._rng.random((len(self.vocabulary), self.size)) - 0.5) / self.size)
        kind = OUTPUTS[as_choice("output", output, tuple(OUTPUTS))]
        self.output = kind(self.vocabulary.counts, self.size, negatives=negatives, rng=self._rng)
        self.losses = []
        self._kept = None

    def parameters(self):
        """Return both embeddings as a dict, "W" and "W'" → blob."""
        return {"W": self.input, **self.output.params}

    def hidden(self, contexts):
        """Return h (N, D), the mean input vector of each row of ``contexts`` (N, C)."""
        present = contexts != NOBODY
        share = present / present.sum(axis=1, keepdims=True)
        return np.einsum("nc,ncd->nd", share, self.input.data[contexts]), share

    def loss(self, contexts, targets):
        """Return L, summed over the examples ``contexts`` (N, C) → ``targets`` (N,)."""
        h, share = self.hidden(contexts)
        self._kept = contexts, share
        return self.output.forward(h, targets)

    def backward(self):
        """Add ∂L/∂W and ∂L/∂W' of the last loss to the gradients."""
        contexts, share = self._kept
        if not self.divide:
            share = share > 0
        dh = self.output.backward()
        np.add.at(self.input.diff, contexts, share[:, :, None] * dh[:, None, :])

    def step(self, contexts, targets, lr):
        """Take one step of gradient descent on a batch and return its loss before the step."""
        for blob in self.parameters().values():
            blob.zero_grad()
        loss = self.loss(contexts, targets)
        self.backward()
        for blob in self.parameters().values():
            blob.data -= lr * blob.diff
        return loss

    def fit(self, corpus, *, epochs=5, lr=0.025, batch_size=32):
        """Train on ``corpus`` and return self; the rate falls in a straight line from ``lr`` to almost nothing.

        Each epoch draws windows, and which frequent words are left out, anew. Raises ValueError when a step leaves
        the range of floating point: then ``lr`` is too large.
        """
        epochs, batch_size = as_int("epochs", epochs, minimum=1), as_int("batch_size", batch_size, minimum=1)
        lr = as_number("lr", lr, above=0)
        encoded = self.vocabulary.encode(corpus)
        for epoch in show.progress(range(epochs), "word2vec"):
            contexts, targets = examples(self._thinned(encoded), self.window, self.architecture, self._rng)
            order, total = self._rng.permutation(len(targets)), 0.0
            for start in range(0, len(order), batch_size):
                batch = order[start : start + batch_size]
                rate = lr * max(1 - (epoch + start / len(order)) / epochs, 1e-4)
                total += self.step(contexts[batch], targets[batch], rate)
            self.losses.append(total / max(len(order), 1))
            as_array("loss", self.losses[-1])
        return self

    def _thinned(self, encoded):
        if self.threshold is None:
            return encoded
        keep = self.vocabulary.keep_probability(self.threshold)
        return [part[self._rng.random(len(part)) < keep[part]] for part in encoded]

    def vectors(self):
        """Return the input vectors W as :class:`Vectors`, ready for neighbours and analogies."""
        return Vectors(self.vocabulary.words, self.input.data)
