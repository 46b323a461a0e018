"""The three ways from a hidden vector to a loss: full softmax, and the two that avoid its sum over all words.

Each is used as a loss of ``course_pkg.nn``, ``forward(h, targets)`` and ``backward()``, and owns the second embedding
W' (``weight``). They sum over the batch instead of taking the mean: word2vec steps once an example, so that one
example moves the weights as much in a large batch as alone.
"""

import numpy as np

from course_pkg._validate import as_array, as_generator, as_int, as_labels
from course_pkg.nn import Blob, SoftmaxCrossEntropy, activation
from course_pkg.words.huffman import HuffmanTree
from course_pkg.words.sampling import AliasSampler, noise_distribution


class Output:
    """A loss L = Σ_n L(h_n, t_n) of hidden vectors h (N, D) and target words t (N,), with its parameters W' (rows,
    D)."""

    def __init__(self, words, rows, size):
        self.words = words
        self.weight = Blob(np.zeros((rows, as_int("size", size, minimum=1))))
        self.params = {"W'": self.weight}
        self._kept = None

    def forward(self, h, targets):
        """Return the loss L of ``h`` (N, D) and ``targets`` (N,), summed over N; raise ValueError for wrong shapes."""
        raise NotImplementedError(f"{type(self).__name__} has no forward")

    def backward(self):
        """Return ∂L/∂h (N, D) and add ∂L/∂W' to ``weight.diff``; raise RuntimeError without a forward pass."""
        raise NotImplementedError(f"{type(self).__name__} has no backward")

    def _checked(self, h, targets):
        h = as_array("h", h, shape=(None, self.weight.shape[1]))
        return h, as_labels("targets", targets, count=len(h), classes=self.words)

    def _recall(self):
        if self._kept is None:
            raise RuntimeError("backward needs a forward pass first; call forward(h, targets), then backward()")
        return self._kept


class FullSoftmax(Output):
    """L = −log P(t | h) with P(j | h) = e^(v'_j·h) / Σ_y e^(v'_y·h), the sum taken over all V words; W' is (V, D).

    One example costs V·D multiplications. Source: three-session deck (000), "Loss Function".
    """

    def __init__(self, counts, size, **_):
        super().__init__(len(counts), len(counts), size)
        self._loss = SoftmaxCrossEntropy()

    def forward(self, h, targets):
        h, targets = self._checked(h, targets)
        self._kept = (h,)
        return self._loss.forward(h @ self.weight.data.T, targets) * len(h)

    def backward(self):
        (h,) = self._recall()
        dscores = self._loss.backward() * len(h)
        self.weight.diff += dscores.T @ h
        return dscores @ self.weight.data


class Decisions(Output):
    """L = −Σ_k log φ(e_k · v'_k·h): a few yes-or-no decisions, each with its own row of W', instead of one choice of V.

    φ is the logistic function, e_k = +1 where the answer should be yes, −1 where no. ∂L/∂(v'_k·h) = −e_k φ(−e_k ·
    v'_k·h). A subclass says which rows and which e belong to a target: ``_decisions(targets)`` returns two arrays (N,
    K); e = 0 marks places that do not count.
    """

    def _decisions(self, targets):
        raise NotImplementedError(f"{type(self).__name__} has no _decisions")

    def forward(self, h, targets):
        h, targets = self._checked(h, targets)
        rows, e = self._decisions(targets)
        agreement = e * np.einsum("nkd,nd->nk", self.weight.data[rows], h)
        self._kept = h, rows, e, agreement
        return float(np.logaddexp(0, -agreement)[e != 0].sum())

    def backward(self):
        h, rows, e, agreement = self._recall()
        dscores = -e * activation("sigmoid", -agreement)
        np.add.at(self.weight.diff, rows, dscores[:, :, None] * h[:, None, :])
        return np.einsum("nk,nkd->nd", dscores, self.weight.data[rows])


class HierarchicalSoftmax(Decisions):
    """P(t | h) = Π_j φ(e_j · v'_(i_j)·h), a product over the steps from the root of a Huffman tree to the word t.

    W' has a row for each of the V − 1 inner nodes. One example costs about D · log₂ V. The probabilities of all words
    sum to 1, because φ(s) + φ(−s) = 1 at each node. Source: three-session deck (000), "Hierarchical Softmax".
    """

    def __init__(self, counts, size, **_):
        self.tree = HuffmanTree(counts)
        super().__init__(len(counts), len(counts) - 1, size)
        shape = len(counts), self.tree.depths.max()
        self.rows, self.e = np.zeros(shape, dtype=np.intp), np.zeros(shape)
        for word, (path, code) in enumerate(zip(self.tree.paths, self.tree.codes, strict=True)):
            self.rows[word, : len(path)], self.e[word, : len(code)] = path, code

    def _decisions(self, targets):
        return self.rows[targets], self.e[targets]


class NegativeSampling(Decisions):
    """L = −log φ(v'_t·h) − Σ_(i=1..k) log φ(−v'_(y_i)·h): yes to the target t, no to k words y drawn from P(y) ∝
    U(y)^¾.

    W' is (V, D). One example costs (k + 1)·D. A draw that hits the target itself does not count. ``rng`` is a NumPy
    generator or a seed.
    Source: Mikolov et al. (2013), equation 4; three-session deck (000), "Negative Sampling", which writes the k terms
    as an expectation.
    """

    def __init__(self, counts, size, *, negatives=5, rng=0):
        super().__init__(len(counts), len(counts), size)
        self.negatives = as_int("negatives", negatives, minimum=1)
        self.sampler = AliasSampler(noise_distribution(counts))
        self.rng = as_generator("rng", rng)

    def _decisions(self, targets):
        drawn = self.sampler.sample((len(targets), self.negatives), self.rng)
        e = np.where(drawn == targets[:, None], 0.0, -1.0)
        return np.column_stack([targets, drawn]), np.column_stack([np.ones(len(targets)), e])


OUTPUTS = {
    "softmax": FullSoftmax,
    "hierarchical softmax": HierarchicalSoftmax,
    "negative sampling": NegativeSampling,
}
