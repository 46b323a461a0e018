"""Dense: every output is a weighted sum of every input (fully connected layer, 全连接层)."""

from course_pkg._validate import as_array, as_bool, as_int
from course_pkg.nn.init import initial_bias, initial_weight
from course_pkg.nn.layer import Layer


class Dense(Layer):
    """Dense layer y = x Wᵀ + b, for a batch of N samples.

    Shapes: x (N, in_features), W (out_features, in_features), b (out_features,), y (N, out_features). Backward::

        ∂L/∂W = ∂L/∂yᵀ x        ∂L/∂b = Σ_n ∂L/∂y_n        ∂L/∂x = ∂L/∂y W

    ``init`` is "xavier", "he", "lecun", "zeros" or the standard deviation of the weights; biases start at 0. ``rng`` is
    a NumPy generator or a seed: give one generator to all layers of a net, or layers of the same shape start alike.

    Raises TypeError or ValueError naming the argument that is wrong.
    Source: university deck, "fully connected" pages; torch.nn.Linear has the same shapes.
    """

    def __init__(self, in_features, out_features, *, rng=0, bias=True, init="xavier", dtype="float64"):
        self.in_features = as_int("in_features", in_features, minimum=1)
        self.out_features = as_int("out_features", out_features, minimum=1)
        shape = self.out_features, self.in_features
        self.weight = initial_weight(
            shape, fan_in=self.in_features, fan_out=self.out_features, init=init, rng=rng, dtype=dtype
        )
        self.bias = initial_bias(self.out_features, dtype=dtype) if as_bool("bias", bias) else None
        super().__init__(weight=self.weight, bias=self.bias)

    def forward(self, x):
        """Return y = x Wᵀ + b of shape (N, out_features) for ``x`` of shape (N, in_features)."""
        x = as_array("x", x, shape=(None, self.in_features))
        y = x @ self.weight.data.T
        if self.bias is not None:
            y += self.bias.data
        return self._keep(y, x)

    def backward(self, dy):
        """Return ∂L/∂x = dy W for ``dy`` of shape (N, out_features); add to the gradients of W and b."""
        dy, x = self._recall(dy)
        self.weight.diff += dy.T @ x
        if self.bias is not None:
            self.bias.diff += dy.sum(axis=0)
        return dy @ self.weight.data
