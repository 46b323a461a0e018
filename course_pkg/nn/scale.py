"""Scale: one learned factor and one learned offset a channel."""

import numpy as np

from course_pkg._validate import as_array, as_bool, as_int
from course_pkg.nn.blob import Blob
from course_pkg.nn.init import initial_bias
from course_pkg.nn.layer import Layer


def as_channels(x, channels):
    """Return ``x`` of shape (N, channels, …) as an array, or raise."""
    x = as_array("x", x)
    if x.ndim < 2 or x.shape[1] != channels:
        raise ValueError(f"x: expected shape (any, {channels}, …), got {x.shape}")
    return x


def along_channels(values, ndim):
    """Return ``values`` (C,) in a shape that meets axis 1 of an array with ``ndim`` axes."""
    return values.reshape(-1, *[1] * (ndim - 2))


def sum_by_channel(x):
    """Return the sum of x (N, C, …) over all axes but the channels, shape (C,)."""
    return x.sum(axis=(0, *range(2, x.ndim)))


class Scale(Layer):
    """Scale layer y = γ_c x + β_c for each channel c: what follows a batch normalisation.

    Shapes: x and y (N, channels, …), weight γ and bias β (channels,). γ starts at 1 and β at 0, where y = x. Backward::

        ∂L/∂γ_c = Σ ∂L/∂y · x        ∂L/∂β_c = Σ ∂L/∂y        ∂L/∂x = γ_c ∂L/∂y

    Raises TypeError or ValueError naming the argument that is wrong.
    Source: Ioffe & Szegedy, 2015; the Scale layer of Caffe.
    """

    def __init__(self, channels, *, bias=True, dtype="float64"):
        self.channels = as_int("channels", channels, minimum=1)
        zeros = initial_bias(self.channels, dtype=dtype)
        self.weight = Blob(np.ones_like(zeros.data))
        self.bias = zeros if as_bool("bias", bias) else None
        super().__init__(weight=self.weight, bias=self.bias)

    def forward(self, x):
        """Return γ x + β in the shape of ``x`` (N, channels, …)."""
        x = as_channels(x, self.channels)
        y = along_channels(self.weight.data, x.ndim) * x
        if self.bias is not None:
            y += along_channels(self.bias.data, x.ndim)
        return self._keep(y, x)

    def backward(self, dy):
        """Return ∂L/∂x in the shape of x; add to the gradients of γ and β."""
        dy, x = self._recall(dy)
        self.weight.diff += sum_by_channel(dy * x)
        if self.bias is not None:
            self.bias.diff += sum_by_channel(dy)
        return along_channels(self.weight.data, x.ndim) * dy
