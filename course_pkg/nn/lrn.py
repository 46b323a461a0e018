"""Local response normalisation (局部响应归一化): strong channels hold down their neighbours."""

import numpy as np

from course_pkg._validate import as_int, as_number
from course_pkg.nn.layer import Layer
from course_pkg.nn.windows import as_images


def _neighbour_sum(x, size):
    """Return the sum over the ``size`` channels around each channel; beyond the first and the last there is nothing."""
    total, reach = x.copy(), size // 2
    for shift in range(1, min(reach, x.shape[1] - 1) + 1):
        total[:, shift:] += x[:, :-shift]
        total[:, :-shift] += x[:, shift:]
    return total


class LRN(Layer):
    """Local response normalisation across channels, with the n = ``size`` channels around channel i::

        s_i = k + (α / n) Σ_j x_j²        y_i = x_i s_i^−β        j from i − (n − 1)/2 to i + (n − 1)/2

        ∂L/∂x_i = ∂L/∂y_i s_i^−β − (2 α β / n) x_i Σ_j ∂L/∂y_j y_j / s_j

    Shapes: x and y (N, C, H, W). ``size`` is odd, ``alpha`` α ≥ 0, ``beta`` β ≥ 0, ``k`` > 0.
    Raises TypeError or ValueError naming the argument that is wrong.
    Source: Krizhevsky, Sutskever & Hinton, 2012, section 3.3, where α is not divided by n; Caffe and torch divide.
    """

    def __init__(self, size=5, *, alpha=1e-4, beta=0.75, k=1.0):
        super().__init__()
        self.size = as_int("size", size, minimum=1)
        if self.size % 2 == 0:
            raise ValueError(f"size: expected an odd number of channels, got {self.size}")
        self.alpha = as_number("alpha", alpha, minimum=0)
        self.beta = as_number("beta", beta, minimum=0)
        self.k = as_number("k", k, above=0)

    def forward(self, x):
        """Return ``x`` (N, C, H, W) divided by s^β, in the same shape."""
        x = as_images(x)
        s = self.k + (self.alpha / self.size) * _neighbour_sum(np.square(x), self.size)
        factor = s**-self.beta
        return self._keep(x * factor, x, s, factor)

    def backward(self, dy):
        """Return ∂L/∂x, in the shape of x: each channel also pays for holding down its neighbours."""
        dy, x, s, factor = self._recall(dy)
        pressure = _neighbour_sum(dy * x * factor / s, self.size)
        return dy * factor - (2 * self.alpha * self.beta / self.size) * x * pressure
