"""Activations (激活函数): the non-linear function that each neuron applies to its weighted sum.

========  ==========================  =======================
name      f(x)                        f'(x)
========  ==========================  =======================
sigmoid   1 / (1 + e^−x)              f(x) · (1 − f(x))
tanh      2 / (1 + e^−2x) − 1         1 − f(x)²
relu      max(0, x)                   1 for x > 0, otherwise 0
========  ==========================  =======================

Each works on every number by itself, so the chain rule is one product: ∂L/∂x = ∂L/∂y · f'(x). Softmax is the exception:
there every output depends on all inputs of its row.
"""

import numpy as np

from course_pkg._validate import as_array, as_choice, as_int, as_number
from course_pkg.nn.layer import Layer


def _sigmoid(x):
    z = np.exp(-np.abs(x))  # ≤ 1, so nothing overflows: e^−x for x ≥ 0, e^x for x < 0
    return np.where(x >= 0, 1, z) / (1 + z)


_FUNCTIONS = {
    "sigmoid": _sigmoid,
    "tanh": np.tanh,
    "relu": lambda x: np.maximum(x, 0),
}
_DERIVATIVES = {
    "sigmoid": lambda x: _sigmoid(x) * _sigmoid(-x),  # 1 − f(x) = f(−x), without the rounding of 1 − f
    "tanh": lambda x: 1 - np.tanh(x) ** 2,
    "relu": lambda x: (x > 0).astype(x.dtype),
}


def activation(name, x):
    """Return f(x), the activation ``name`` ("sigmoid", "tanh" or "relu") of every number in ``x`` (any shape).

    Numerically stable: sigmoid(±1000) is 0 and 1, without overflow. Raises TypeError or ValueError for an unknown
    name or an x that is not finite and real.
    Source: university deck, table of activations; tanh is written 2/(1 + e^−2x) − 1 there.
    """
    return _FUNCTIONS[as_choice("name", name, tuple(_FUNCTIONS))](as_array("x", x))


def activation_derivative(name, x):
    """Return f'(x) of the activation ``name`` ("sigmoid", "tanh" or "relu") for every number in ``x`` (any shape).

    f' = f(1 − f) for sigmoid, 1 − f² for tanh, and 1 where x > 0 for relu. At 0 itself relu has no derivative; this is
    0, as in torch (the deck says 1). Raises as :func:`activation`.
    """
    return _DERIVATIVES[as_choice("name", name, tuple(_DERIVATIVES))](as_array("x", x))


class Sigmoid(Layer):
    """Sigmoid layer y = 1 / (1 + e^−x) of any shape; ∂L/∂x = ∂L/∂y · y (1 − y)."""

    def forward(self, x):
        """Return 1 / (1 + e^−x), between 0 and 1, in the shape of ``x``."""
        x = as_array("x", x)
        return self._keep(activation("sigmoid", x), x)

    def backward(self, dy):
        """Return ∂L/∂x = dy · f'(x), in the shape of x."""
        dy, x = self._recall(dy)
        return dy * activation_derivative("sigmoid", x)


class Tanh(Layer):
    """Scaled tanh layer y = A tanh(S x) of any shape; ∂L/∂x = ∂L/∂y · A S (1 − tanh²(S x)).

    A is ``amplitude`` and S is ``slope``, both > 0. LeNet-5 takes A = 1.7159 and S = 2/3, so that f(±1) is ±1
    (LeCun et al., 1998, appendix A). Raises TypeError or ValueError naming the argument that is wrong.
    """

    def __init__(self, amplitude=1.0, slope=1.0):
        super().__init__()
        self.amplitude = as_number("amplitude", amplitude, above=0)
        self.slope = as_number("slope", slope, above=0)

    def forward(self, x):
        """Return A tanh(S x), in the shape of ``x``."""
        x = as_array("x", x)
        return self._keep(self.amplitude * activation("tanh", self.slope * x), x)

    def backward(self, dy):
        """Return ∂L/∂x = dy · A S f'(S x), in the shape of x."""
        dy, x = self._recall(dy)
        return dy * (self.amplitude * self.slope * activation_derivative("tanh", self.slope * x))


class ReLU(Layer):
    """Rectified linear unit y = max(0, x) of any shape; ∂L/∂x = ∂L/∂y where x > 0, otherwise 0.

    At x = 0 there is a kink, and any slope from 0 to 1 may be taken: ``at_zero`` is that slope. It is 0 as in torch;
    the university deck takes 1. Raises TypeError or ValueError naming the argument that is wrong.
    """

    def __init__(self, at_zero=0.0):
        super().__init__()
        self.at_zero = as_number("at_zero", at_zero, minimum=0)
        if self.at_zero > 1:
            raise ValueError(f"at_zero: expected a slope from 0 to 1, got {self.at_zero}")

    def forward(self, x):
        """Return max(0, x), in the shape of ``x``."""
        x = as_array("x", x)
        return self._keep(activation("relu", x), x)

    def backward(self, dy):
        """Return ∂L/∂x = dy · f'(x), in the shape of x."""
        dy, x = self._recall(dy)
        slope = activation_derivative("relu", x)
        if self.at_zero:
            slope[x == 0] = self.at_zero
        return dy * slope


class Softmax(Layer):
    """Softmax layer p_i = e^x_i / Σ_j e^x_j: positive numbers that sum to 1 along ``axis`` (1, the classes).

    Backward: ∂L/∂x_i = p_i (∂L/∂p_i − Σ_j ∂L/∂p_j p_j). Numerically stable: the largest x is subtracted first, which
    changes nothing. Raises TypeError or ValueError when x has no such axis, or an empty one.
    """

    def __init__(self, axis=1):
        super().__init__()
        self.axis = as_int("axis", axis)

    def forward(self, x):
        """Return the probabilities p, in the shape of ``x``."""
        x = as_array("x", x)
        if not -x.ndim <= self.axis < x.ndim or x.shape[self.axis] == 0:
            raise ValueError(f"x: expected at least one number along axis {self.axis}, got shape {x.shape}")
        e = np.exp(x - x.max(axis=self.axis, keepdims=True))
        p = e / e.sum(axis=self.axis, keepdims=True)
        return self._keep(p, p)

    def backward(self, dy):
        """Return ∂L/∂x_i = p_i (dy_i − Σ_j dy_j p_j), in the shape of x."""
        dy, p = self._recall(dy)
        return p * (dy - (dy * p).sum(axis=self.axis, keepdims=True))
