"""Batch normalisation (批归一化): every channel is brought to mean 0 and variance 1 over the batch."""

import numpy as np

from course_pkg._validate import as_bool, as_float_dtype, as_int, as_number
from course_pkg.nn.blob import Blob
from course_pkg.nn.layer import Layer
from course_pkg.nn.scale import along_channels, as_channels, sum_by_channel


class BatchNorm(Layer):
    """Batch normalisation x̂ = (x − μ_c) / √(σ²_c + ε), y = γ_c x̂ + β_c for each channel c.

    In training μ and σ² are the mean and the variance of the m numbers that channel c has in this batch, and depend on
    every one of them::

        ∂L/∂x = γ / √(σ² + ε) · (∂L/∂y − (1/m) Σ ∂L/∂y − x̂ (1/m) Σ ∂L/∂y x̂)
        ∂L/∂γ = Σ ∂L/∂y x̂        ∂L/∂β = Σ ∂L/∂y

    In test (``layer.training = False``) they are fixed: the running mean and variance in ``layer.state``, which every
    forward pass in training moves by ``momentum`` towards those of its batch (the variance times m / (m − 1), which
    makes it unbiased), starting from 0 and 1.

    Shapes: x and y (N, channels, …), γ (weight) and β (bias) (channels,), left out when ``affine`` is False.
    Raises TypeError or ValueError naming the argument that is wrong; a batch in training needs m ≥ 2.
    Source: Ioffe & Szegedy, 2015; torch.nn.BatchNorm2d agrees.
    """

    def __init__(self, channels, *, affine=True, momentum=0.1, eps=1e-5, dtype="float64"):
        self.channels = as_int("channels", channels, minimum=1)
        self.momentum = as_number("momentum", momentum, minimum=0)
        self.eps = as_number("eps", eps, above=0)
        dtype = as_float_dtype("dtype", dtype)
        self.weight = self.bias = None
        if as_bool("affine", affine):
            self.weight, self.bias = Blob(np.ones(self.channels, dtype)), Blob(np.zeros(self.channels, dtype))
        super().__init__(weight=self.weight, bias=self.bias)
        self.state = {"mean": np.zeros(self.channels, dtype), "variance": np.ones(self.channels, dtype)}

    def _track(self, mean, variance):
        """Move the running mean and variance towards those of a batch."""
        for name, value in (("mean", mean), ("variance", variance)):
            self.state[name] += self.momentum * (value - self.state[name])

    def _running(self):
        """Return the mean and the variance that a test uses."""
        return self.state["mean"], self.state["variance"]

    def forward(self, x):
        """Return the normalised ``x`` (N, channels, …), in the same shape."""
        x = as_channels(x, self.channels)
        if self.training:
            m = x.size // self.channels
            if m < 2:
                raise ValueError(f"x: expected at least two numbers a channel to normalise in training, got {x.shape}")
            mean = sum_by_channel(x) / m
            variance = sum_by_channel(np.square(x - along_channels(mean, x.ndim))) / m
            self._track(mean, variance * (m / (m - 1)))
        else:
            mean, variance = self._running()
        inverse = along_channels(1 / np.sqrt(variance + self.eps), x.ndim)
        normal = (x - along_channels(mean, x.ndim)) * inverse
        y = normal
        if self.weight is not None:
            y = normal * along_channels(self.weight.data, x.ndim) + along_channels(self.bias.data, x.ndim)
        return self._keep(y, normal, inverse, self.training)

    def backward(self, dy):
        """Return ∂L/∂x in the shape of x; add to the gradients of γ and β."""
        dy, normal, inverse, training = self._recall(dy)
        if self.weight is not None:
            self.weight.diff += sum_by_channel(dy * normal)
            self.bias.diff += sum_by_channel(dy)
            dy = dy * along_channels(self.weight.data, dy.ndim)
        if not training:
            return dy * inverse
        m = dy.size // self.channels
        shared = sum_by_channel(dy) / m, sum_by_channel(dy * normal) / m
        by_mean, by_variance = (along_channels(value, dy.ndim) for value in shared)
        return inverse * (dy - by_mean - normal * by_variance)
