import re

import numpy as np
import pytest
from nn_oracle import normal

from course_pkg import nn


class WrongDense(nn.Dense):
    """Halves the gradient of one weight."""

    def backward(self, dy):
        dx = super().backward(dy)
        self.weight.diff[1, 2] *= 0.5
        return dx


class WrongReLU(nn.ReLU):
    def backward(self, dy):
        dx = super().backward(dy)
        dx[0, 1] += 0.001
        return dx


def test_a_wrong_parameter_gradient_is_named_with_its_index_and_numbers():
    layer, x = WrongDense(3, 2, rng=0), normal(0, 4, 3)
    with pytest.raises(nn.GradientError) as caught:
        nn.check_gradients(layer, x, rng=5)
    r = np.random.default_rng(5).standard_normal((4, 2))
    expected = (r.T @ x)[1, 2]
    text = str(caught.value)
    assert text.startswith("WrongDense 'wrongdense': gradient of weight at index (1, 2): got ")
    got, wanted, error = re.search(
        r"got (\S+), expected (\S+) \(central differences\), relative error (\S+) >", text
    ).groups()
    assert float(got) == pytest.approx(expected / 2)
    assert float(wanted) == pytest.approx(expected)
    assert 1e-3 < float(error) <= 0.5


def test_a_slightly_wrong_input_gradient_is_found():
    with pytest.raises(nn.GradientError, match=r"WrongReLU 'wrongrelu': gradient of x at index \(0, 1\): got "):
        nn.check_gradients(WrongReLU(), normal(0, 3, 4))


def test_a_wrong_layer_inside_a_net_is_named():
    net = nn.Net({"first": nn.Dense(4, 3), "second": WrongDense(3, 2)})
    with pytest.raises(nn.GradientError, match=r"gradient of second.weight at index \(1, 2\)"):
        nn.check_gradients(net, normal(0, 3, 4))


@pytest.mark.parametrize("dx", [None, 3.0, np.zeros(3), np.zeros((3, 4), complex), np.full((3, 4), np.nan)])
def test_what_is_no_gradient_is_found(dx):
    class Broken(nn.ReLU):
        def backward(self, dy):
            return dx

    with pytest.raises(nn.GradientError, match="Broken 'broken': gradient of x"):
        nn.check_gradients(Broken(), normal(0, 3, 4))


def test_a_wrong_loss_is_found():
    class NotAveraged(nn.SoftmaxCrossEntropy):
        def backward(self):
            return super().backward() * 2

    with pytest.raises(nn.GradientError, match="NotAveraged 'notaveraged': gradient of x at index"):
        nn.check_gradients(NotAveraged(), normal(0, 2, 3), y=[0, 1])


def test_a_kink_within_eps_is_reported_as_an_error():
    with pytest.raises(nn.GradientError, match="ReLU 'relu': gradient of x at index"):
        nn.check_gradients(nn.ReLU(), np.array([[0.0, 1.0]]))


def test_the_layer_is_left_as_it_was():
    layer = nn.Dense(3, 2, rng=0)
    layer.weight.diff += 7
    data, diff = layer.weight.data.copy(), layer.weight.diff.copy()
    nn.check_gradients(layer, normal(0, 4, 3))
    np.testing.assert_array_equal(layer.weight.data, data)
    np.testing.assert_array_equal(layer.weight.diff, diff)


def test_any_object_with_the_two_passes_will_do():
    class Square:
        def forward(self, x):
            self.x = x
            return x**2

        def backward(self, dy):
            return 2 * self.x * dy

    assert nn.check_gradients(Square(), normal(0, 3)) < 1e-7


def test_float32_parameters_are_refused():
    with pytest.raises(TypeError, match="layer: expected float64 parameters, got weight of float32"):
        nn.check_gradients(nn.Dense(3, 2, dtype="float32"), np.ones((1, 3)))


def test_numerical_gradient_of_known_functions():
    x = normal(0, 2, 3)
    before = x.copy()
    np.testing.assert_allclose(nn.numerical_gradient(lambda x: (x**3).sum(), x), 3 * x**2, rtol=1e-8, atol=1e-9)
    np.testing.assert_allclose(nn.numerical_gradient(np.prod, [2.0, 3.0, 4.0]), [12, 8, 6], rtol=1e-9)
    np.testing.assert_array_equal(x, before)


def test_a_smaller_eps_is_closer_until_rounding():
    errors = [abs(nn.numerical_gradient(np.exp, 0.0, eps) - 1) for eps in (1e-1, 1e-2, 1e-3)]
    assert errors[0] / errors[1] == pytest.approx(100, rel=0.05)  # the error is eps²/6
    assert errors[1] / errors[2] == pytest.approx(100, rel=0.05)
