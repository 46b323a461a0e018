"""Dropout (随机失活): in training each number is left out at random, so that no neuron can rely on another."""

from course_pkg._validate import as_array, as_generator, as_share
from course_pkg.nn.layer import Layer


class Dropout(Layer):
    """Dropout layer y = x · m / (1 − p) of any shape, where each m is 0 with probability p and 1 otherwise.

    The division keeps the expected value of y at x, so that in test (``layer.training = False``) nothing is left to
    do: y = x. Backward: ∂L/∂x = ∂L/∂y · m / (1 − p), with the m of the forward pass. p is ``ratio``, 0 ≤ p < 1;
    ``rng`` is a NumPy generator or a seed, and every forward pass in training draws anew.

    Raises TypeError or ValueError naming the argument that is wrong.
    Source: Srivastava, Hinton, Krizhevsky, Sutskever & Salakhutdinov, 2014, who scale in the test instead.
    """

    def __init__(self, ratio=0.5, *, rng=0):
        super().__init__()
        self.ratio = as_share("ratio", ratio)
        self.rng = as_generator("rng", rng)

    def forward(self, x):
        """Return x with a share of its numbers set to 0 and the rest enlarged; in test return ``x``."""
        x = as_array("x", x)
        if not self.training:
            return self._keep(x, None)
        mask = (self.rng.random(x.shape) >= self.ratio) / (1 - self.ratio)
        mask = mask.astype(x.dtype)
        return self._keep(x * mask, mask)

    def backward(self, dy):
        """Return ∂L/∂x, in the shape of x: ``dy`` where x was let through."""
        dy, mask = self._recall(dy)
        return dy if mask is None else dy * mask.astype(dy.dtype, copy=False)
