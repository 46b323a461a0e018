"""Pooling (池化): each window of a feature map becomes one number, so that small shifts matter less."""

import numpy as np

from course_pkg._validate import as_int, as_pair
from course_pkg.nn.blob import Blob
from course_pkg.nn.init import initial_bias
from course_pkg.nn.layer import Layer
from course_pkg.nn.windows import as_images, crop, output_shape, pad, shifted

_NO_GAPS = (1, 1)  # pooling windows have no dilation


class _Pool2d(Layer):
    def __init__(self, kernel_size, stride=None, padding=0):
        super().__init__()
        self.kernel_size = as_pair("kernel_size", kernel_size, minimum=1)
        self.stride = self.kernel_size if stride is None else as_pair("stride", stride, minimum=1)
        self.padding = as_pair("padding", padding, minimum=0)
        if any(2 * p > k for p, k in zip(self.padding, self.kernel_size, strict=True)):
            raise ValueError(
                f"padding: expected at most half of the kernel_size {self.kernel_size}, so that no window lies in the "
                f"padding alone, got {self.padding}"
            )

    def _windows(self, padded, out):
        return shifted(padded, self.kernel_size, self.stride, _NO_GAPS, out)


class MaxPool2d(_Pool2d):
    """Max pooling y = the largest pixel of each window; the gradient goes to that pixel alone.

    Shapes: x (N, C, H, W), y (N, C, OH, OW) with OH and OW from :func:`output_size`. ``kernel_size``, ``stride`` (by
    default the kernel size: windows that touch but do not overlap) and ``padding`` are in pixels, an int or a pair
    (height, width). Padding is never the largest. Among equal pixels the first, row by row, takes the gradient; a
    pixel that is largest in several overlapping windows takes the sum.

    Raises TypeError or ValueError naming the argument that is wrong.
    Source: university deck, pooling pages; torch.nn.MaxPool2d agrees, ties included.
    """

    def forward(self, x):
        """Return the maxima (N, C, OH, OW) of ``x`` (N, C, H, W)."""
        x = as_images(x)
        out = output_shape(x.shape, self.kernel_size, self.stride, self.padding)
        padded = pad(x, self.padding, value=-np.inf)
        y = np.full((*x.shape[:2], *out), -np.inf, x.dtype)
        winner = np.zeros(y.shape, np.intp)  # which entry of the window is the largest, counted row by row
        for entry, (_, _, view) in enumerate(self._windows(padded, out)):
            larger = view > y
            np.copyto(y, view, where=larger)
            np.copyto(winner, entry, where=larger)
        return self._keep(y, winner, padded.shape)

    def backward(self, dy):
        """Return ∂L/∂x, in the shape of x: ``dy`` (N, C, OH, OW), each at the pixel that was the largest."""
        dy, winner, padded_shape = self._recall(dy)
        dx = np.zeros(padded_shape, dy.dtype)
        for entry, (_, _, view) in enumerate(self._windows(dx, dy.shape[2:])):
            view += dy * (winner == entry)
        return crop(dx, self.padding)


class _SumPool2d(_Pool2d):
    """The sum over each window and its backward pass, from which average pooling and subsampling are made."""

    def _sum(self, x):
        out = output_shape(x.shape, self.kernel_size, self.stride, self.padding)
        total = np.zeros((*x.shape[:2], *out), x.dtype)
        for _, _, view in self._windows(pad(x, self.padding), out):
            total += view
        return total

    def _spread(self, dtotal, shape):
        """Every pixel of a window has slope 1 in the sum: each takes the whole gradient of the sum."""
        (rows, columns), (n, c, h, w) = self.padding, shape
        dx = np.zeros((n, c, h + 2 * rows, w + 2 * columns), dtotal.dtype)
        for _, _, view in self._windows(dx, dtotal.shape[2:]):
            view += dtotal
        return crop(dx, self.padding)


class AvgPool2d(_SumPool2d):
    """Average pooling y = (sum of the window) / (kh·kw); every pixel of the window takes dy / (kh·kw).

    Shapes and arguments as in :class:`MaxPool2d`. Padding counts as zeros, so windows at the border are divided by
    kh·kw too. The university deck rounds its averages 3.5, 2.75, 3.5, 6.75 down; this layer does not.

    Raises TypeError or ValueError naming the argument that is wrong.
    Source: university deck, pooling pages; torch.nn.AvgPool2d agrees.
    """

    def forward(self, x):
        """Return the means (N, C, OH, OW) of ``x`` (N, C, H, W)."""
        x = as_images(x)
        pixels = self.kernel_size[0] * self.kernel_size[1]
        return self._keep(self._sum(x) / pixels, x.shape, pixels)

    def backward(self, dy):
        """Return ∂L/∂x, in the shape of x: each pixel's share of ``dy`` (N, C, OH, OW)."""
        dy, shape, pixels = self._recall(dy)
        return self._spread(dy / pixels, shape)


class Subsampling2d(_SumPool2d):
    """Subsampling y = a_c · (sum of the window) + b_c with two learned numbers a channel: LeNet-5's S2 and S4.

    Windows do not overlap. Shapes: x (N, channels, H, W), coefficient a and bias b (channels,), and
    y (N, channels, ⌊H/kh⌋, ⌊W/kw⌋). LeNet passes y through a sigmoid afterwards, which is a layer of its own here.
    The coefficient starts at 1/(kh·kw), where this is average pooling, and the bias at 0. Backward::

        ∂L/∂a_c = Σ ∂L/∂y · (sum of the window)        ∂L/∂b_c = Σ ∂L/∂y        ∂L/∂x = a_c ∂L/∂y

    Raises TypeError or ValueError naming the argument that is wrong.
    Source: LeCun et al., 1998, section II.B; notes of 2013, LeNet-5.
    """

    def __init__(self, channels, kernel_size=2, *, dtype="float64"):
        super().__init__(kernel_size)
        self.channels = as_int("channels", channels, minimum=1)
        self.bias = initial_bias(self.channels, dtype=dtype)
        self.coefficient = Blob(np.full_like(self.bias.data, 1 / (self.kernel_size[0] * self.kernel_size[1])))
        self.params = {"coefficient": self.coefficient, "bias": self.bias}

    def forward(self, x):
        """Return a · sum + b of shape (N, channels, OH, OW) for ``x`` of shape (N, channels, H, W)."""
        x = as_images(x, channels=self.channels)
        total = self._sum(x)
        y = self.coefficient.data[:, None, None] * total + self.bias.data[:, None, None]
        return self._keep(y, x.shape, total)

    def backward(self, dy):
        """Return ∂L/∂x, in the shape of x, for ``dy`` (N, channels, OH, OW); add to the gradients of a and b."""
        dy, shape, total = self._recall(dy)
        self.coefficient.diff += (dy * total).sum(axis=(0, 2, 3))
        self.bias.diff += dy.sum(axis=(0, 2, 3))
        return self._spread(dy * self.coefficient.data[:, None, None], shape)
