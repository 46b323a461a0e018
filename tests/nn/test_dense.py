import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from nn_oracle import assert_equal, few, normal, seeds, torch_pass

from course_pkg import nn


@few
@given(st.integers(1, 5), st.integers(1, 6), st.integers(1, 6), st.booleans(), seeds)
def test_forward_and_backward_equal_torch(samples, inputs, outputs, bias, seed):
    layer = nn.Dense(inputs, outputs, bias=bias, rng=seed)
    x, dy = normal(seed, samples, inputs), normal(seed + 1, samples, outputs)
    arrays = [x, layer.weight.data]
    if bias:
        layer.bias.data[...] = normal(seed + 2, outputs)
        arrays.append(layer.bias.data)
    y, *gradients = torch_pass(torch.nn.functional.linear, dy, *arrays)
    assert_equal(layer.forward(x), y)
    for got, expected in zip([layer.backward(dy), *(b.diff for b in layer.params.values())], gradients, strict=True):
        assert_equal(got, expected)


def test_without_bias_there_is_one_parameter():
    layer = nn.Dense(4, 3, bias=False)
    assert list(layer.params) == ["weight"]
    assert layer.bias is None
    assert layer.parameter_count == 12


@pytest.mark.parametrize(("init", "variance"), [("lecun", 1 / 300), ("xavier", 2 / 500), ("he", 2 / 300), (0.3, 0.09)])
def test_initial_weights_have_the_published_variance(init, variance):
    weight = nn.Dense(300, 200, init=init, rng=1).weight.data
    assert np.var(weight) == pytest.approx(variance, rel=0.03)
    assert abs(weight.mean()) < 4 * np.sqrt(variance / weight.size)


def test_initial_zeros_and_biases_are_zero():
    layer = nn.Dense(3, 2, init="zeros")
    assert not layer.weight.data.any()
    assert not nn.Dense(3, 2).bias.data.any()


def test_the_seed_decides_the_weights():
    first, same, other = (nn.Dense(3, 2, rng=seed).weight.data for seed in (5, 5, 6))
    np.testing.assert_array_equal(first, same)
    assert (first != other).all()
    rng = np.random.default_rng(0)
    assert (nn.Dense(3, 2, rng=rng).weight.data != nn.Dense(3, 2, rng=rng).weight.data).all()
