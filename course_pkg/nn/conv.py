"""Convolution (卷积): one small kernel of weights slides over the whole image.

How it is computed: as three products of matrices (im2col; Chellapilla, Puri & Simard, 2006). Column (n, p, q) of the
matrix X holds the C·kh·kw pixels that lie under the kernel at place (p, q) of sample n; row o of W holds the weights of
kernel o. With the outputs written as a matrix Y in the same way::

    Y = W X + b        ∂L/∂W = ∂L/∂Y Xᵀ        ∂L/∂X = Wᵀ ∂L/∂Y

X holds most pixels several times, so at last ∂L/∂x adds up all entries of ∂L/∂X that are copies of one pixel. Row
(c, i, j) of X is channel c shifted by (i, j): X is written, and ∂L/∂X added up, one kernel entry after the other.
"""

import numpy as np

from course_pkg._validate import as_array, as_bool, as_int, as_pair, as_shape, describe
from course_pkg.nn.init import initial_bias, initial_weight
from course_pkg.nn.layer import Layer
from course_pkg.nn.windows import as_geometry, as_images, crop, output_shape, shifted


class _Scratch(dict):
    """Large arrays that the next pass uses again: new memory is slow, because the system clears it page by page."""

    def array(self, name, shape, dtype):
        """Return the array ``name`` as the last pass left it; zeros when there is none of this shape and dtype yet."""
        if name not in self or self[name].shape != shape or self[name].dtype != dtype:
            self[name] = np.zeros(shape, dtype)
        return self[name]


def _exchange(images):
    """Exchange samples and channels, (N, C, H, W) and (C, N, H, W): another view of the same memory."""
    return images.transpose(1, 0, 2, 3)


def _padded_shape(shape, padding):
    n, c, height, width = shape
    return c, n, height + 2 * padding[0], width + 2 * padding[1]


def _columns(x, kernel, scratch, *, stride, padding, dilation):
    """Return X (C·kh·kw, N·OH·OW) for images x (N, C, H, W)."""
    n, c = x.shape[:2]
    oh, ow = output_shape(x.shape, kernel, stride, padding, dilation)
    padded = scratch.array("padded", _padded_shape(x.shape, padding), x.dtype)
    crop(padded, padding)[...] = _exchange(x)  # the border has been 0 from the start
    columns = scratch.array("columns", (c, *kernel, n, oh, ow), x.dtype)
    for i, j, view in shifted(padded, kernel, stride, dilation, (oh, ow)):
        columns[:, i, j] = view
    return columns.reshape(c * kernel[0] * kernel[1], n * oh * ow)


def _add_up(dcolumns, shape, kernel, *, stride, padding, dilation):
    """Return ∂L/∂x of ``shape`` (N, C, H, W) from ∂L/∂X: each pixel takes the sum over its copies in X."""
    n, c = shape[:2]
    out = output_shape(shape, kernel, stride, padding, dilation)
    dcolumns = dcolumns.reshape(c, *kernel, n, *out)
    padded = np.zeros(_padded_shape(shape, padding), dcolumns.dtype)
    for i, j, view in shifted(padded, kernel, stride, dilation, out):
        view += dcolumns[:, i, j]
    return _exchange(crop(padded, padding))


def _forward(x, weight, bias, scratch, **geometry):
    """Return y (N, O, OH, OW) from Y = W X + b, and X."""
    o, kernel = len(weight), weight.shape[2:]
    columns = _columns(x, kernel, scratch, **geometry)
    y = weight.reshape(o, len(columns)) @ columns
    if bias is not None:
        y += bias[:, None]
    return _exchange(y.reshape(o, len(x), *output_shape(x.shape, kernel, **geometry))), columns


def _as_rows(images):
    """Return images (N, O, OH, OW) as the matrix (O, N·OH·OW): Y from y."""
    n, o, oh, ow = images.shape
    return _exchange(images).reshape(o, n * oh * ow)


def _weight_grad(dy_rows, columns, kernel):
    """Return ∂L/∂W (O, C, kh, kw) from ∂L/∂Y Xᵀ, computed as (X ∂L/∂Yᵀ)ᵀ, which BLAS does faster."""
    channels = len(columns) // (kernel[0] * kernel[1])
    return (columns @ dy_rows.T).T.reshape(len(dy_rows), channels, *kernel)


def _input_grad(dy_rows, weight, shape, scratch, **geometry):
    """Return ∂L/∂x of ``shape`` (N, C, H, W) from ∂L/∂X = Wᵀ ∂L/∂Y."""
    o, c, kh, kw = weight.shape
    dcolumns = scratch.array("dcolumns", (c * kh * kw, dy_rows.shape[1]), np.result_type(weight, dy_rows))
    np.matmul(weight.reshape(o, c * kh * kw).T, dy_rows, out=dcolumns)
    return _add_up(dcolumns, shape, (kh, kw), **geometry)


def conv2d(x, weight, bias=None, *, stride=1, padding=0, dilation=1):
    """Return the convolution of images with kernels (cross-correlation, as in torch)::

        y[n, o, p, q] = b[o] + Σ_c Σ_i Σ_j W[o, c, i, j] · x[n, c, p·s + i·d − pad, q·s + j·d − pad]

    Shapes: x (N, C, H, W), weight (O, C, kh, kw), bias (O,), y (N, O, OH, OW). Stride s, padding with zeros, and
    dilation d are in pixels, ints or pairs (height, width).
    Raises TypeError or ValueError naming the argument that is wrong.
    Source: university deck, convolution pages; torch.nn.functional.conv2d.
    """
    weight = as_array("weight", weight, ndim=4)
    x = as_images(x, channels=weight.shape[1])
    if bias is not None:
        bias = as_array("bias", bias, shape=(len(weight),))
    y, _ = _forward(x, weight, bias, _Scratch(), **as_geometry(stride, padding, dilation))
    return y


def conv2d_input_grad(dy, weight, input_shape, *, stride=1, padding=0, dilation=1):
    """Return ∂L/∂x of :func:`conv2d` from ``dy`` = ∂L/∂y: every output gives back to the pixels that it came from::

        ∂L/∂x[n, c, h, w] = Σ_o Σ_i Σ_j W[o, c, i, j] · dy[n, o, p, q]   where p·s + i·d − pad = h, q·s + j·d − pad = w

    This is a convolution again: of dy, with s − 1 zeros put between its pixels and d·(k − 1) − pad around them, with
    the kernels turned by 180° and their two channel axes exchanged.

    Shapes: dy (N, O, OH, OW), weight (O, C, kh, kw), ``input_shape`` and result (N, C, H, W).
    Raises TypeError or ValueError naming the argument that is wrong.
    Source: recap of session I, "the backward pass of a convolution is a convolution".
    """
    weight = as_array("weight", weight, ndim=4)
    geometry = as_geometry(stride, padding, dilation)
    shape = as_shape("input_shape", input_shape, length=4, minimum=0)
    if shape[1] != weight.shape[1]:
        raise ValueError(f"input_shape: expected {weight.shape[1]} channels as the weight has, got {shape}")
    out = output_shape(shape, weight.shape[2:], **geometry)
    dy = as_array("dy", dy, shape=(shape[0], len(weight), *out))
    return _input_grad(_as_rows(dy), weight, shape, _Scratch(), **geometry)


def conv2d_weight_grad(dy, x, kernel_size, *, stride=1, padding=0, dilation=1):
    """Return ∂L/∂W of :func:`conv2d` from ``dy`` = ∂L/∂y: each weight meets many pixels and sums over all of them::

        ∂L/∂W[o, c, i, j] = Σ_n Σ_p Σ_q dy[n, o, p, q] · x[n, c, p·s + i·d − pad, q·s + j·d − pad]

    This is a convolution again: of x, with dy as the kernel, and stride and dilation exchanged. (The gradient of the
    bias is the sum of dy over n, p and q.)

    Shapes: dy (N, O, OH, OW), x (N, C, H, W), ``kernel_size`` int or (kh, kw), result (O, C, kh, kw).
    Raises TypeError or ValueError naming the argument that is wrong.
    Source: recap of session I, "the backward pass of a convolution is a convolution".
    """
    x = as_images(x)
    kernel = as_pair("kernel_size", kernel_size, minimum=1)
    geometry = as_geometry(stride, padding, dilation)
    dy = as_array("dy", dy, shape=(len(x), None, *output_shape(x.shape, kernel, **geometry)))
    return _weight_grad(_as_rows(dy), _columns(x, kernel, _Scratch(), **geometry), kernel)


def _as_table(table, shape):
    try:
        array = np.array(table)
    except ValueError:  # a ragged list
        array = np.array(None)
    if array.dtype.kind != "b":
        raise TypeError(f"table: expected an array of True and False, got {describe(table)}")
    if array.shape != shape:
        raise ValueError(f"table: expected shape {shape}, (out_channels, in_channels), got {array.shape}")
    return array


class Conv2d(Layer):
    """Convolution layer y = W ∗ x + b over images, with the formulas of :func:`conv2d` and its two gradients.

    Shapes: x (N, in_channels, H, W), W (out_channels, in_channels, kh, kw), b (out_channels,), and
    y (N, out_channels, OH, OW) with OH and OW from :func:`output_size`. ``kernel_size``, ``stride``, ``padding`` and
    ``dilation`` are in pixels, an int or a pair (height, width).

    ``table`` is a boolean connection table (out_channels, in_channels), as in LeNet-5's layer C3: where it is False,
    this output does not look at this input; the weights there are held at 0, learn nothing and are not counted.
    ``init`` is "xavier", "he", "lecun", "zeros" or the standard deviation of the weights; biases start at 0. ``rng`` is
    a NumPy generator or a seed.

    Raises TypeError or ValueError naming the argument that is wrong.
    Source: LeCun et al., 1989 and 1998; university deck, convolution pages; the shapes are those of torch.nn.Conv2d.
    """

    def __init__(
        self,
        in_channels,
        out_channels,
        kernel_size,
        *,
        stride=1,
        padding=0,
        dilation=1,
        table=None,
        bias=True,
        rng=0,
        init="xavier",
        dtype="float64",
    ):
        self.in_channels = as_int("in_channels", in_channels, minimum=1)
        self.out_channels = as_int("out_channels", out_channels, minimum=1)
        self.kernel_size = as_pair("kernel_size", kernel_size, minimum=1)
        self.geometry = as_geometry(stride, padding, dilation)
        channels = self.out_channels, self.in_channels
        self.table = np.ones(channels, dtype=bool) if table is None else _as_table(table, channels)
        window = self.kernel_size[0] * self.kernel_size[1]
        connections = self.table.sum() * window
        self.weight = initial_weight(
            (*channels, *self.kernel_size),
            fan_in=max(1, connections / self.out_channels),
            fan_out=max(1, connections / self.in_channels),
            init=init,
            rng=rng,
            dtype=dtype,
        )
        self.weight.data[~self.table] = 0
        self.bias = initial_bias(self.out_channels, dtype=dtype) if as_bool("bias", bias) else None
        self._scratch = _Scratch()
        super().__init__(weight=self.weight, bias=self.bias)

    @property
    def parameter_count(self):
        """How many numbers this layer learns; weights that the table cuts are not among them."""
        return super().parameter_count - int((~self.table).sum()) * self.kernel_size[0] * self.kernel_size[1]

    def _connected_weight(self):
        return self.weight.data * self.table[:, :, None, None]

    def forward(self, x):
        """Return y = W ∗ x + b of shape (N, out_channels, OH, OW) for ``x`` of shape (N, in_channels, H, W)."""
        x = as_images(x, channels=self.in_channels)
        bias = None if self.bias is None else self.bias.data
        y, columns = _forward(x, self._connected_weight(), bias, self._scratch, **self.geometry)
        return self._keep(y, x.shape, columns)

    def backward(self, dy):
        """Return ∂L/∂x in the shape of x for ``dy`` in the shape of y; add to the gradients of W and b."""
        dy, shape, columns = self._recall(dy)
        dy_rows = _as_rows(dy)
        self.weight.diff += _weight_grad(dy_rows, columns, self.kernel_size) * self.table[:, :, None, None]
        if self.bias is not None:
            self.bias.diff += dy_rows.sum(axis=1)
        return _input_grad(dy_rows, self._connected_weight(), shape, self._scratch, **self.geometry)
