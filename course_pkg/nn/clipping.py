"""Gradient clipping (梯度截断): where the gradient is too long, keep its direction and shorten it."""

import numpy as np

from course_pkg._validate import NotFiniteError, as_number
from course_pkg.nn.regularise import as_blobs


def clip_gradients(blobs, max_norm):
    """Shorten the gradient g of all ``blobs`` together to ``max_norm``; return the norm it had before, a float.

    g ← g · max_norm / ‖g‖ where ‖g‖ > max_norm, and g otherwise; ‖g‖² is the sum of the squares of all numbers in the
    ``diff`` of all blobs, each blob counted once. One factor serves them all, so the direction of the step stays.
    ``blobs`` is what ``net.parameters()`` returns (name → blob), or any list of blobs; ``max_norm`` > 0. Call it after
    ``net.backward()`` and before ``optimiser.step()``.

    Raises TypeError or ValueError naming the argument that is wrong, and ValueError where ‖g‖ is not finite, which no
    factor can repair.
    Source: Pascanu, Mikolov & Bengio, 2013, algorithm 1; torch.nn.utils.clip_grad_norm_, which adds 1e-6 to ‖g‖.
    """
    diffs = {id(blob): blob.diff for blob in as_blobs(blobs)}.values()
    max_norm = as_number("max_norm", max_norm, above=0)
    with np.errstate(over="ignore", invalid="ignore"):
        norm = float(np.sqrt(sum(np.square(diff, dtype=np.float64).sum() for diff in diffs)))
    if not np.isfinite(norm):
        raise NotFiniteError(f"blobs: expected a gradient with a finite norm, got {norm}")
    if norm > max_norm:
        for diff in diffs:
            diff *= max_norm / norm
    return norm
