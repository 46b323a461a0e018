"""Grouped convolution (分组卷积): the channels are dealt out to groups that do not see each other."""

import numpy as np

from course_pkg._validate import as_bool, as_int, as_pair
from course_pkg.nn.conv import conv2d, conv2d_input_grad, conv2d_weight_grad
from course_pkg.nn.init import initial_bias, initial_weight
from course_pkg.nn.layer import Layer
from course_pkg.nn.windows import as_geometry, as_images


class GroupConv2d(Layer):
    """Convolution in g = ``groups`` parts: output channels of part i see the input channels of part i only.

    It has 1/g of the weights of :class:`Conv2d`. AlexNet had two groups because it was spread over two graphics cards.
    Shapes: x (N, in_channels, H, W), W (out_channels, in_channels/g, kh, kw), b (out_channels,), and
    y (N, out_channels, OH, OW). Other arguments as in :class:`Conv2d`; ``groups`` divides both numbers of channels.

    Raises TypeError or ValueError naming the argument that is wrong.
    Source: Krizhevsky, Sutskever & Hinton, 2012; the shapes are those of torch.nn.Conv2d.
    """

    def __init__(
        self,
        in_channels,
        out_channels,
        kernel_size,
        *,
        groups,
        stride=1,
        padding=0,
        dilation=1,
        bias=True,
        rng=0,
        init="xavier",
        dtype="float64",
    ):
        self.in_channels = as_int("in_channels", in_channels, minimum=1)
        self.out_channels = as_int("out_channels", out_channels, minimum=1)
        self.groups = as_int("groups", groups, minimum=1)
        for name, channels in (("in_channels", self.in_channels), ("out_channels", self.out_channels)):
            if channels % self.groups:
                raise ValueError(f"groups: expected a divisor of {name} = {channels}, got {self.groups}")
        self.kernel_size = as_pair("kernel_size", kernel_size, minimum=1)
        self.geometry = as_geometry(stride, padding, dilation)
        window = self.kernel_size[0] * self.kernel_size[1]
        self.weight = initial_weight(
            (self.out_channels, self.in_channels // self.groups, *self.kernel_size),
            fan_in=self.in_channels // self.groups * window,
            fan_out=self.out_channels // self.groups * window,
            init=init,
            rng=rng,
            dtype=dtype,
        )
        self.bias = initial_bias(self.out_channels, dtype=dtype) if as_bool("bias", bias) else None
        super().__init__(weight=self.weight, bias=self.bias)

    def _parts(self, array, axis):
        return np.split(array, self.groups, axis=axis)

    def forward(self, x):
        """Return y of shape (N, out_channels, OH, OW) for ``x`` of shape (N, in_channels, H, W)."""
        x = as_images(x, channels=self.in_channels)
        pairs = zip(self._parts(x, 1), self._parts(self.weight.data, 0), strict=True)
        y = np.concatenate([conv2d(part, weight, **self.geometry) for part, weight in pairs], axis=1)
        if self.bias is not None:
            y += self.bias.data[:, None, None]
        return self._keep(y, x)

    def backward(self, dy):
        """Return ∂L/∂x in the shape of x for ``dy`` in the shape of y; add to the gradients of W and b."""
        dy, x = self._recall(dy)
        if self.bias is not None:
            self.bias.diff += dy.sum(axis=(0, 2, 3))
        dealt = (dy, 1), (x, 1), (self.weight.data, 0), (self.weight.diff, 0)  # the parts are views, no copies
        dx = []
        for dy_part, x_part, weight, diff in zip(*(self._parts(*pair) for pair in dealt), strict=True):
            diff += conv2d_weight_grad(dy_part, x_part, self.kernel_size, **self.geometry)
            dx.append(conv2d_input_grad(dy_part, weight, x_part.shape, **self.geometry))
        return np.concatenate(dx, axis=1)
