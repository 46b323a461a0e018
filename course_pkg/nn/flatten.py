"""Flatten: from feature maps to the vectors that a dense layer takes."""

from course_pkg._validate import as_array
from course_pkg.nn.layer import Layer


class Flatten(Layer):
    """Write each sample as one row: (N, C, H, W) becomes (N, C·H·W), in row-major order.

    Raises TypeError or ValueError when x is not an array of finite numbers with at least one dimension.
    """

    def forward(self, x):
        """Return ``x`` of shape (N, …) as rows of shape (N, product of the rest)."""
        x = as_array("x", x)
        if x.ndim == 0:
            raise ValueError("x: expected at least one dimension, the samples, got a single number")
        features = 1
        for length in x.shape[1:]:
            features *= length
        return self._keep(x.reshape(len(x), features), x.shape)

    def backward(self, dy):
        """Return ``dy`` in the shape that x had."""
        dy, shape = self._recall(dy)
        return dy.reshape(shape)
