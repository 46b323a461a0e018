"""Noise (噪声) in training, on the numbers between layers or on the weights: a net cannot rely on exact values."""

from contextlib import contextmanager

from course_pkg._validate import as_array, as_generator, as_number, describe
from course_pkg.nn.layer import Layer


class GaussianNoise(Layer):
    """Noise layer y = x + σ·ξ of any shape, with a new ξ ~ Normal(0, 1) for each number in each forward pass.

    In test (``layer.training = False``) y = x. Backward: ∂L/∂x = ∂L/∂y. ``sigma`` is σ ≥ 0, in the unit of x; ``rng``
    is a NumPy generator or a seed. As first layer it puts noise on the input, further up on the hidden values.

    Raises TypeError or ValueError naming the argument that is wrong.
    Source: notes on frameworks, "noise robustness"; Bishop, 1995, "Training with noise is equivalent to Tikhonov
    regularization".
    """

    def __init__(self, sigma, *, rng=0):
        super().__init__()
        self.sigma = as_number("sigma", sigma, minimum=0)
        self.rng = as_generator("rng", rng)

    def forward(self, x):
        """Return ``x`` with noise; in test return ``x``."""
        x = as_array("x", x)
        if self.training:
            x = x + self.sigma * self.rng.standard_normal(x.shape, dtype=x.dtype)
        return self._keep(x)

    def backward(self, dy):
        """Return ∂L/∂x = ``dy``."""
        (dy,) = self._recall(dy)
        return dy


class WeightNoise(Layer):
    """Another layer, with noise on its weights in training: y = f(x; W + σ·ξ), a new ξ ~ Normal(0, 1) in each pass.

    The backward pass uses the same W + σ·ξ: ∂L/∂W is the slope there. Between the passes and in test the weights are W,
    so that solver, regulariser and file never see the noise. Biases get none. ``layer`` is the other layer, whose
    parameters this one shares; ``sigma`` is σ ≥ 0, in the unit of the weights; ``rng`` is a NumPy generator or a seed.

    Raises TypeError or ValueError naming the argument that is wrong.
    Source: notes on frameworks, "noise robustness"; Murray & Edwards, 1994; Graves, 2011.
    """

    def __init__(self, layer, sigma, *, rng=0):
        if not isinstance(layer, Layer):
            raise TypeError(f"layer: expected a layer, got {describe(layer)}")
        super().__init__(**layer.params)
        self.state = layer.state
        self.layer = layer
        self.sigma = as_number("sigma", sigma, minimum=0)
        self.rng = as_generator("rng", rng)

    @property
    def parameter_count(self):
        """How many numbers the other layer learns."""
        return self.layer.parameter_count

    def forward(self, x):
        """Return what the other layer makes of ``x`` with noise on its weights; in test, without."""
        self.layer.training = self.training
        noisy = {}
        if self.training:
            for name, blob in self.params.items():
                if name != "bias":
                    noise = self.rng.standard_normal(blob.shape, dtype=blob.data.dtype)
                    noisy[name] = blob.data + self.sigma * noise
        with self._weights(noisy):
            return self._keep(self.layer.forward(x), noisy)

    def backward(self, dy):
        """Return ∂L/∂x, with the noise of the forward pass; add to the gradients of the other layer's parameters."""
        dy, noisy = self._recall(dy)
        with self._weights(noisy):
            return self.layer.backward(dy)

    @contextmanager
    def _weights(self, values):
        """Within this the parameters have these ``values`` (name → array); afterwards they are what they were."""
        before = {name: self.params[name].data.copy() for name in values}
        try:
            for name, value in values.items():
                self.params[name].data[...] = value
            yield
        finally:
            for name, value in before.items():
                self.params[name].data[...] = value
