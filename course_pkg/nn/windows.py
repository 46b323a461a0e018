"""What a sliding window sees: the geometry that convolution and pooling share.

The window is not moved over the pixels one by one. Fix one entry (i, j) of the window instead: as the window slides
over the image, this entry sees the image itself, shifted by (i, j) and thinned out by the stride. So a k×k window is
k·k shifted images, and every loop here is over those few, never over pixels or samples.
"""

import numpy as np

from course_pkg._validate import as_array, as_int, as_pair


def output_size(size, kernel, stride=1, padding=0, dilation=1):
    """Return how many places a window has along a side: ⌊(size + 2·padding − dilation·(kernel − 1) − 1) / stride⌋ + 1.

    All in pixels: ``size`` of the image, ``kernel`` of the window, ``stride`` from one place to the next, ``padding``
    zeros on either side, ``dilation`` from one entry of the kernel to the next (1: no gaps).
    7 pixels and a kernel of 3 give 5 places, with stride 2 they give 3 (university deck, convolution pages).
    Raises TypeError or ValueError naming the argument that is wrong, ``kernel`` when it does not fit into the image.
    """
    size = as_int("size", size, minimum=1)
    kernel = as_int("kernel", kernel, minimum=1)
    stride = as_int("stride", stride, minimum=1)
    padding = as_int("padding", padding, minimum=0)
    dilation = as_int("dilation", dilation, minimum=1)
    room = size + 2 * padding - dilation * (kernel - 1) - 1
    if room < 0:
        raise ValueError(
            f"kernel: expected at most {size + 2 * padding} pixels, the image with its padding, "
            f"got {kernel} with dilation {dilation}, which spans {dilation * (kernel - 1) + 1}"
        )
    return room // stride + 1


def as_geometry(stride, padding, dilation):
    """Return how a kernel moves, checked, as keyword arguments of ``conv2d``: pairs (height, width) in pixels."""
    return {
        "stride": as_pair("stride", stride, minimum=1),
        "padding": as_pair("padding", padding, minimum=0),
        "dilation": as_pair("dilation", dilation, minimum=1),
    }


def output_shape(shape, kernel, stride, padding, dilation=(1, 1)):
    """Return (height, width) of the output for images of ``shape`` (…, H, W), or raise a ValueError that names x."""
    sides = zip(shape[-2:], kernel, stride, padding, dilation, strict=True)
    try:
        return tuple(output_size(*side) for side in sides)
    except ValueError as error:
        raise ValueError(
            f"x: expected images that the window fits into, got {shape[-2]}×{shape[-1]} ({error})"
        ) from None


def as_images(x, channels=None):
    """Return ``x`` as an array of images (N, C, H, W), or raise."""
    return as_array("x", x, shape=(None, channels, None, None))


def pad(x, padding, value=0):
    """Return images with ``padding`` (rows, columns) of ``value`` on each side."""
    rows, columns = padding
    if rows == columns == 0:
        return x
    n, c, h, w = x.shape
    padded = np.full((n, c, h + 2 * rows, w + 2 * columns), value, x.dtype)
    padded[:, :, rows : rows + h, columns : columns + w] = x
    return padded


def crop(padded, padding):
    """Return the images without their ``padding``: the backward pass of :func:`pad`."""
    rows, columns = padding
    return padded[:, :, rows : padded.shape[2] - rows, columns : padded.shape[3] - columns]


def shifted(padded, kernel, stride, dilation, out):
    """Yield (i, j, view): ``view`` (N, C, *out) is what entry (i, j) of the window sees at each of its places."""
    for i, j in np.ndindex(*kernel):
        top, left = i * dilation[0], j * dilation[1]
        bottom, right = top + stride[0] * (out[0] - 1) + 1, left + stride[1] * (out[1] - 1) + 1
        yield i, j, padded[:, :, top : bottom : stride[0], left : right : stride[1]]
