"""Convolution (卷积): one small kernel of weights slides over the whole image.

How it is computed here. Kernel column j sees each row of the padded image x̂ shifted by j·d and thinned out by the
stride s. Write these rows down, once for every j::

    R[(c, j), h, q] = x̂[c, h, q·s + j·d]

Kernel row i sees every s-th row of R, from row i·d on: R_i[(c, j), (p, q)] = R[(c, j), p·s + i·d, q], a slice of R.
With W_i (O, C·kw) for row i of all kernels, everything is a sum of a few products of matrices::

    Y = b + Σ_i W_i R_i        ∂L/∂W_i = Σ_n ∂L/∂Y_n R_i,nᵀ        ∂L/∂x = a convolution of ∂L/∂y again

Most courses teach im2col (Chellapilla, Puri & Simard, 2006), which writes the image down kh·kw times and has one
product instead of kh. Here it is kw times: the products take as long, and writing to memory is what can be saved.
"""

import numpy as np

from course_pkg._validate import as_array, as_bool, as_int, as_pair, as_shape, describe
from course_pkg.nn.init import initial_bias, initial_weight
from course_pkg.nn.layer import Layer
from course_pkg.nn.windows import as_images, crop, output_shape, pad


class _Scratch(dict):
    """Arrays that the next pass uses again: new memory is slow, because the system clears it page by page."""

    def array(self, name, shape, dtype):
        """Return the array ``name``: as the last pass left it, or zeros when there is none of this shape and dtype."""
        array = self.get(name)
        if array is None or array.shape != shape or array.dtype != dtype:
            self[name] = array = np.zeros(shape, dtype)
        return array


def _geometry(stride, padding, dilation):
    return {
        "stride": as_pair("stride", stride, minimum=1),
        "padding": as_pair("padding", padding, minimum=0),
        "dilation": as_pair("dilation", dilation, minimum=1),
    }


def _column_views(padded, kw, ow, stride, dilation, scratch):
    """Return R (N, C·kw, Ĥ, OW): the rows of ``padded`` (N, C, Ĥ, Ŵ) as each kernel column sees them."""
    n, c, height, _ = padded.shape
    rows = scratch.array("rows", (n, c, kw, height, ow), padded.dtype)
    for j in range(kw):
        first = j * dilation[1]
        rows[:, :, j] = padded[:, :, :, first : first + stride[1] * (ow - 1) + 1 : stride[1]]
    return rows.reshape(n, c * kw, height, ow)


def _row_view(rows, i, oh, stride, dilation):
    """Return R_i (N, C·kw, OH·OW): what kernel row i sees, without a copy when the stride is 1."""
    n, ckw, _, ow = rows.shape
    first = i * dilation[0]
    return rows[:, :, first : first + stride[0] * (oh - 1) + 1 : stride[0]].reshape(n, ckw, oh * ow)


def _correlate(rows, weight, bias, oh, stride, dilation, scratch):
    """Return b + Σ_i W_i R_i, as images (N, O, OH, OW)."""
    n, _, _, ow = rows.shape
    o, _, kh, _ = weight.shape
    y = np.empty((n, o, oh * ow), np.result_type(rows, weight))
    y[...] = 0 if bias is None else bias[:, None]
    product = scratch.array("product", y.shape, y.dtype)
    for i in range(kh):
        y += np.matmul(weight[:, :, i].reshape(o, -1), _row_view(rows, i, oh, stride, dilation), out=product)
    return y.reshape(n, o, oh, ow)


def _forward(x, weight, bias, *, stride, padding, dilation, scratch):
    """Return y of :func:`conv2d`, and R."""
    oh, ow = output_shape(x.shape, weight.shape[2:], stride, padding, dilation)
    rows = _column_views(pad(x, padding), weight.shape[3], ow, stride, dilation, scratch)
    return _correlate(rows, weight, bias, oh, stride, dilation, scratch), rows


def _weight_grad(dy, rows, kernel, *, stride, padding, dilation):
    """Return ∂L/∂W (O, C, kh, kw), one kernel row after the other: ∂L/∂W_i = Σ_n ∂L/∂Y_n R_i,nᵀ."""
    n, o, oh, ow = dy.shape
    dy_transposed = dy.reshape(n, o, oh * ow).transpose(0, 2, 1)
    gradient = np.empty((o, rows.shape[1] // kernel[1], *kernel), np.result_type(dy, rows))
    for i in range(kernel[0]):
        product = (_row_view(rows, i, oh, stride, dilation) @ dy_transposed).sum(axis=0)
        gradient[:, :, i] = product.T.reshape(o, -1, kernel[1])
    return gradient


def _input_grad(dy, weight, shape, *, stride, padding, dilation, scratch):
    """Return ∂L/∂x of ``shape``: dy spread out by the stride and framed by zeros, convolved with the turned kernels."""
    n, o, oh, ow = dy.shape
    (kh, kw), (height, width) = weight.shape[2:], shape[2:]
    above, left = dilation[0] * (kh - 1), dilation[1] * (kw - 1)  # how far a kernel reaches
    size = height + 2 * padding[0] + above, width + 2 * padding[1] + left
    frame = scratch.array("frame", (n, o, *size), dy.dtype)
    frame[:, :, above :: stride[0], left :: stride[1]][:, :, :oh, :ow] = dy
    turned = weight.transpose(1, 0, 2, 3)[:, :, ::-1, ::-1]
    rows = _column_views(crop(frame, padding), kw, width, (1, 1), dilation, scratch)
    return _correlate(rows, turned, None, height, (1, 1), dilation, scratch)


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
    return _forward(x, weight, bias, **_geometry(stride, padding, dilation), scratch=_Scratch())[0]


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
    geometry = _geometry(stride, padding, dilation)
    shape = as_shape("input_shape", input_shape, length=4, minimum=0)
    if shape[1] != weight.shape[1]:
        raise ValueError(f"input_shape: expected {weight.shape[1]} channels as the weight has, got {shape}")
    out = output_shape(shape, weight.shape[2:], **geometry)
    dy = as_array("dy", dy, shape=(shape[0], len(weight), *out))
    return _input_grad(dy, weight, shape, **geometry, scratch=_Scratch())


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
    geometry = _geometry(stride, padding, dilation)
    oh, ow = output_shape(x.shape, kernel, **geometry)
    dy = as_array("dy", dy, shape=(len(x), None, oh, ow))
    padded = pad(x, geometry["padding"])
    rows = _column_views(padded, kernel[1], ow, geometry["stride"], geometry["dilation"], _Scratch())
    return _weight_grad(dy, rows, kernel, **geometry)


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
        self.geometry = _geometry(stride, padding, dilation)
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
        self._forward_scratch, self._backward_scratch = _Scratch(), _Scratch()
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
        y, rows = _forward(x, self._connected_weight(), bias, **self.geometry, scratch=self._forward_scratch)
        return self._keep(y, x.shape, rows)

    def backward(self, dy):
        """Return ∂L/∂x in the shape of x for ``dy`` in the shape of y; add to the gradients of W and b."""
        dy, shape, rows = self._recall(dy)
        self.weight.diff += _weight_grad(dy, rows, self.kernel_size, **self.geometry) * self.table[:, :, None, None]
        if self.bias is not None:
            self.bias.diff += dy.sum(axis=(0, 2, 3))
        return _input_grad(dy, self._connected_weight(), shape, **self.geometry, scratch=self._backward_scratch)
