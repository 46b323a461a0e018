"""Losses (损失函数): one number that says how wrong the scores are, averaged over the batch.

``forward(scores, y)`` returns L = (1/N) Σ_n L_n, ``backward()`` returns ∂L/∂scores. A regulariser R(W) is added by the
solver, which makes the full loss of the university deck, L = (1/N) Σ_n L_n + R(W).
"""

import numpy as np

from course_pkg._validate import as_array, as_int, as_labels, as_number, as_share


class Loss:
    """The end of a network: a number L from scores and what they should be, and ∂L/∂scores."""

    def __init__(self):
        self.name = type(self).__name__.lower()
        self._kept = None

    def forward(self, scores, y):
        """Return L as a float and remember what :meth:`backward` needs."""
        raise NotImplementedError(f"{type(self).__name__} has no forward")

    def backward(self):
        """Return ∂L/∂scores of the last forward pass. Raises RuntimeError when there was none."""
        raise NotImplementedError(f"{type(self).__name__} has no backward")

    def _keep(self, losses, *needed):
        """Remember all values that backward needs; return the mean of ``losses`` (N,), one a sample."""
        self._kept = needed
        return float(losses.mean())

    def _recall(self):
        if self._kept is None:
            raise RuntimeError(
                f"{self.name}: backward needs a forward pass first; call forward(scores, y), then backward()"
            )
        return self._kept


def _scores_and_labels(scores, y):
    """Return scores (N, classes), labels (N,), and the row numbers that pair them: scores[rows, y] is s_y."""
    scores = as_array("scores", scores, ndim=2)
    if scores.size == 0:
        raise ValueError(f"scores: expected at least one sample and one class, got shape {scores.shape}")
    y = as_labels("y", y, count=len(scores), classes=scores.shape[1])
    return scores, y, np.arange(len(scores))


class SoftmaxCrossEntropy(Loss):
    """Softmax loss L_n = −Σ_j t_j log p_j with the probabilities p = softmax(s), mean over the batch.

    The targets are t_y = 1 and t_j = 0 for the other classes, so that L_n = −log(e^s_y / Σ_j e^s_j). With
    ``label_smoothing`` ε, 0 ≤ ε < 1, and k ≥ 2 classes they are t_y = 1 − ε and t_j = ε / (k − 1). Either way::

        ∂L/∂s_j = (p_j − t_j) / N

    Shapes: scores s (N, classes), labels y (N,) from 0 to classes − 1. Numerically stable: the largest score is
    subtracted first, which changes nothing.
    Raises TypeError or ValueError naming the argument that is wrong.
    Source: university deck, loss pages; for label smoothing (标签平滑) notes on frameworks and Goodfellow, Bengio &
    Courville, 2016, section 7.5.1. torch's cross_entropy, like Szegedy et al., 2016, spreads its ε over all k classes,
    the right one too: ε_torch = ε · k / (k − 1).
    """

    def __init__(self, label_smoothing=0.0):
        super().__init__()
        self.label_smoothing = as_share("label_smoothing", label_smoothing)

    def targets(self, y, classes):
        """Return what the probabilities should be, (N, ``classes``), for labels ``y`` (N,)."""
        classes = as_int("classes", classes, minimum=1)
        y = as_labels("y", y, count=len(as_array("y", y, ndim=1)), classes=classes)
        return self._targets(y, np.arange(len(y)), classes, np.float64)

    def _targets(self, y, rows, classes, dtype):
        if self.label_smoothing and classes == 1:
            raise ValueError(f"label_smoothing: expected 0 where there is only one class, got {self.label_smoothing}")
        t = np.full((len(y), classes), self.label_smoothing / max(1, classes - 1), dtype)
        t[rows, y] = 1 - self.label_smoothing
        return t

    def forward(self, scores, y):
        """Return the mean loss of ``scores`` (N, classes) against labels ``y`` (N,)."""
        scores, y, rows = _scores_and_labels(scores, y)
        t = self._targets(y, rows, scores.shape[1], scores.dtype)
        shifted = scores - scores.max(axis=1, keepdims=True)
        log_p = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
        return self._keep(-(t * log_p).sum(axis=1), np.exp(log_p), t)

    def backward(self):
        """Return ∂L/∂scores (N, classes) = (p − t) / N."""
        p, t = self._recall()
        return (p - t) / len(p)


class MulticlassHinge(Loss):
    """Multiclass SVM loss L_n = Σ_{j≠y} max(0, s_j − s_y + margin), mean over the batch.

    Shapes: scores s (N, classes), labels y (N,) from 0 to classes − 1; ``margin`` > 0. The right class must win by the
    margin. Each class j ≠ y that comes too close (the term is positive) pulls::

        ∂L/∂s_j = [term j > 0] / N        ∂L/∂s_y = −(number of such j) / N

    Raises TypeError or ValueError naming the argument that is wrong.
    Source: university deck, loss pages ("SVM", margin 1); torch's multi_margin_loss divides by the number of classes.
    """

    def __init__(self, margin=1.0):
        super().__init__()
        self.margin = as_number("margin", margin, above=0)

    def forward(self, scores, y):
        """Return the mean loss of ``scores`` (N, classes) against labels ``y`` (N,)."""
        scores, y, rows = _scores_and_labels(scores, y)
        terms = np.maximum(0, scores - scores[rows, y][:, None] + self.margin)
        terms[rows, y] = 0
        return self._keep(terms.sum(axis=1), terms, y, rows)

    def backward(self):
        """Return ∂L/∂scores (N, classes): 1/N for each class too close, and their number taken from the right one."""
        terms, y, rows = self._recall()
        dscores = (terms > 0).astype(terms.dtype)
        dscores[rows, y] = -dscores.sum(axis=1)
        return dscores / len(terms)


class SquaredError(Loss):
    """Squared error L_n = ½ Σ_k (o_k − y_k)², mean over the batch; ∂L/∂o = (o − y) / N.

    Shapes: outputs o (N, …) and targets y of the same shape. For one sample this is the Error of the 2-2-2 network.
    Raises TypeError or ValueError naming the argument that is wrong.
    Source: university deck, the 2-2-2 example.
    """

    def forward(self, scores, y):
        """Return the mean error of the outputs ``scores`` (N, …) against targets ``y`` of the same shape."""
        scores = as_array("scores", scores)
        if scores.ndim == 0 or scores.size == 0:
            raise ValueError(f"scores: expected at least one sample with one output, got shape {scores.shape}")
        difference = scores - as_array("y", y, shape=scores.shape)
        return self._keep(0.5 * (difference**2).reshape(len(scores), -1).sum(axis=1), difference)

    def backward(self):
        """Return ∂L/∂o = (o − y) / N, in the shape of o."""
        (difference,) = self._recall()
        return difference / len(difference)


class RBFLoss(Loss):
    """LeNet-5's loss over the penalties of :class:`EuclideanRBF`, L_n = y_D + log(e^−j + Σ_i e^−y_i).

    The penalty y_D of the right class D is pulled down; the second term pushes the penalties of the wrong classes up,
    but not beyond about j, where e^−j outweighs them. ``j`` ≥ 0. Mean over the batch::

        ∂L/∂y_i = ([i = D] − q_i) / N        with q_i = e^−y_i / (e^−j + Σ_k e^−y_k)

    Shapes: scores (the penalties y_i) (N, classes), labels D (N,) from 0 to classes − 1.
    Raises TypeError or ValueError naming the argument that is wrong.
    Source: LeCun et al., 1998, eq. 9.
    """

    def __init__(self, j=1.0):
        super().__init__()
        self.j = as_number("j", j, minimum=0)

    def forward(self, scores, y):
        """Return the mean loss of the penalties ``scores`` (N, classes) against labels ``y`` (N,)."""
        scores, y, rows = _scores_and_labels(scores, y)
        smallest = np.minimum(scores.min(axis=1, keepdims=True), self.j)  # e^(smallest − …) ≤ 1: nothing overflows
        e = np.exp(smallest - scores)
        total = e.sum(axis=1, keepdims=True) + np.exp(smallest - self.j)
        losses = scores[rows, y] - smallest[:, 0] + np.log(total[:, 0])
        return self._keep(losses, e / total, y, rows)

    def backward(self):
        """Return ∂L/∂scores (N, classes) = (one-hot of y − q) / N."""
        q, y, rows = self._recall()
        dscores = -q
        dscores[rows, y] += 1
        return dscores / len(q)
