"""Sigmoid cross entropy: the loss of yes-or-no questions, many at once."""

import numpy as np

from course_pkg._validate import as_array
from course_pkg.nn.activations import activation
from course_pkg.nn.losses import Loss


class SigmoidCrossEntropy(Loss):
    """Cross entropy of σ(s) against targets t, L_n = −Σ_k [t_k log σ(s_k) + (1 − t_k) log(1 − σ(s_k))].

    Each of the outputs is a probability of its own (they need not sum to 1), such as the brightness of a pixel. Mean
    over the batch; with N samples ∂L/∂s_k = (σ(s_k) − t_k) / N. Shapes: scores s (N, …), targets t of the same shape,
    from 0 to 1. Numerically stable: max(s, 0) − s t + log(1 + e^−|s|) is summed, where nothing overflows.
    Raises TypeError or ValueError naming the argument that is wrong.
    Source: Caffe's SigmoidCrossEntropyLoss; torch's binary_cross_entropy_with_logits, summed instead of averaged.
    """

    def forward(self, scores, y):
        """Return the mean loss of ``scores`` (N, …) against targets ``y`` of the same shape."""
        scores = as_array("scores", scores)
        if scores.ndim == 0 or scores.size == 0:
            raise ValueError(f"scores: expected at least one sample with one output, got shape {scores.shape}")
        y = as_array("y", y, shape=scores.shape)
        losses = np.maximum(scores, 0) - scores * y + np.log1p(np.exp(-np.abs(scores)))
        return self._keep(losses.reshape(len(scores), -1).sum(axis=1), scores, y)

    def backward(self):
        """Return ∂L/∂s (N, …) = (σ(s) − t) / N, in the shape of s."""
        scores, y = self._recall()
        return (activation("sigmoid", scores) - y) / len(scores)
