import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from nn_oracle import assert_equal, few, normal, seeds, torch_pass

from course_pkg import nn

TORCH = {"sigmoid": torch.sigmoid, "tanh": torch.tanh, "relu": torch.relu}
shapes = hnp.array_shapes(min_dims=1, max_dims=4, max_side=4)


@pytest.mark.parametrize("name", TORCH)
@few
@given(x=hnp.arrays(np.float64, shapes, elements=st.floats(-50, 50)))
def test_functions_and_derivatives_equal_torch(name, x):
    y, dx = torch_pass(TORCH[name], np.ones_like(x), x)
    assert_equal(nn.activation(name, x), y)
    assert_equal(nn.activation_derivative(name, x), dx)


@pytest.mark.parametrize("name", TORCH)
def test_derivatives_agree_with_finite_differences(name):
    x = np.array([-3.0, -1.0, -0.2, 0.3, 1.0, 4.0])
    expected = nn.numerical_gradient(lambda x: nn.activation(name, x).sum(), x)
    np.testing.assert_allclose(nn.activation_derivative(name, x), expected, rtol=1e-8, atol=1e-10)


@few
@given(shapes, seeds)
def test_layers_equal_torch(shape, seed):
    x, dy = 3 * normal(seed, *shape), normal(seed + 1, *shape)
    layers = {
        nn.Sigmoid(): torch.sigmoid,
        nn.Tanh(): torch.tanh,
        nn.Tanh(1.7159, 2 / 3): lambda x: 1.7159 * torch.tanh(2 / 3 * x),
        nn.ReLU(): torch.relu,
        nn.Softmax(axis=0): lambda x: torch.softmax(x, dim=0),
        nn.Softmax(axis=-1): lambda x: torch.softmax(x, dim=-1),
    }
    for layer, function in layers.items():
        y, dx = torch_pass(function, dy, x)
        assert_equal(layer.forward(x), y)
        assert_equal(layer.backward(dy), dx)


def test_softmax_is_over_classes_unless_told_otherwise():
    p = nn.Softmax().forward(normal(0, 2, 3, 4, 5))
    assert_equal(p.sum(axis=1), np.ones((2, 4, 5)))


@pytest.mark.parametrize("name", TORCH)
def test_a_number_gives_a_number(name):
    assert nn.activation(name, 0.5) == pytest.approx(TORCH[name](torch.tensor(0.5, dtype=torch.float64)).item())
    assert np.ndim(nn.activation_derivative(name, 0.5)) == 0


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_large_inputs_neither_overflow_nor_warn(dtype):
    x = np.array([[-1000, -40, 0, 40, 1000]], dtype)
    assert nn.activation("sigmoid", x)[0, [0, 2, 4]].tolist() == [0, 0.5, 1]
    assert nn.activation("sigmoid", x)[0, 1] == pytest.approx(np.exp(-40.0), rel=1e-5)
    assert nn.activation_derivative("sigmoid", x)[0, 3] == pytest.approx(np.exp(-40.0), rel=1e-5)
    for layer in nn.Sigmoid(), nn.Tanh(), nn.ReLU():
        assert np.isfinite(layer.forward(x)).all()
        assert np.isfinite(layer.backward(np.ones_like(x))).all()
    scores = np.array([[1e4, -1e4, 0], [1e4, 1e4, 1e4]], dtype)
    layer = nn.Softmax()
    assert_equal(layer.forward(scores)[0], [1, 0, 0])
    np.testing.assert_allclose(layer.forward(scores)[1], [1 / 3, 1 / 3, 1 / 3], rtol=1e-6)
    assert np.isfinite(layer.backward(scores)).all()


def test_relu_at_zero_follows_torch_unless_told_otherwise():
    x = np.array([-1.0, 0.0, 1.0])
    for layer, expected in (nn.ReLU(), [0, 0, 1]), (nn.ReLU(at_zero=1.0), [0, 1, 1]), (nn.ReLU(0.5), [0, 0.5, 1]):
        layer.forward(x)
        assert layer.backward(np.ones(3)).tolist() == expected
    assert (
        nn.activation_derivative("relu", x).tolist() == torch_pass(torch.relu, np.ones(3), x)[1].tolist() == [0, 0, 1]
    )


def test_lenets_tanh_maps_one_to_one():
    assert_equal(nn.Tanh(1.7159, 2 / 3).forward([-1.0, 1.0]), 1.7159 * np.tanh([-2 / 3, 2 / 3]))
    np.testing.assert_allclose(nn.Tanh(1.7159, 2 / 3).forward([-1.0, 1.0]), [-1, 1], atol=1e-4)
