"""Blob: an array of numbers and the gradient of the loss with respect to it, side by side."""

import numpy as np

from course_pkg._validate import as_array


class Blob:
    """Parameters and their gradient: ``diff`` = ∂L/∂``data``, of the same shape and dtype.

    ``data`` is a copy of the given array (any shape; float32 stays float32, everything else becomes float64). ``diff``
    starts at 0; every backward pass adds to it, and ``zero_grad`` clears it. Change the values in place, as in
    ``blob.data[...] = values``: layer, net and solver share the blob.

    Raises TypeError or ValueError when ``data`` is not an array of finite real numbers.
    Source: Caffe (Jia et al., 2014), where a blob is num × channels × height × width.
    """

    def __init__(self, data):
        self.data = np.array(as_array("data", data))
        self.diff = np.zeros_like(self.data)

    @property
    def shape(self):
        """Shape of ``data`` and of ``diff``."""
        return self.data.shape

    @property
    def size(self):
        """How many numbers ``data`` holds."""
        return self.data.size

    def zero_grad(self):
        """Set the gradient to 0, before a new backward pass adds to it."""
        self.diff[...] = 0

    def __repr__(self):
        return f"Blob(shape={self.shape}, dtype={self.data.dtype})"
