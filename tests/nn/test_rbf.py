import numpy as np
import torch
from hypothesis import given
from hypothesis import strategies as st
from nn_oracle import assert_equal, few, normal, seeds, torch_pass

from course_pkg import nn


@few
@given(st.integers(1, 4), st.integers(1, 5), st.integers(1, 4), st.booleans(), seeds)
def test_forward_and_backward_equal_torch(samples, features, classes, trainable, seed):
    x, centres, dy = (
        normal(seed, samples, features),
        normal(seed + 1, classes, features),
        normal(seed, samples, classes),
    )
    layer = nn.EuclideanRBF(features, classes, centres=centres, trainable=trainable)
    y, dx, dcentres = torch_pass(lambda x, w: torch.cdist(x, w) ** 2, dy, x, centres)
    assert_equal(layer.forward(x), y)
    assert_equal(layer.backward(dy), dx)
    assert_equal(layer.centres.diff, dcentres if trainable else np.zeros_like(centres))


def test_fixed_centres_are_no_parameters():
    fixed = nn.EuclideanRBF(3, 2, centres=np.ones((2, 3)))
    assert fixed.params == {}
    assert fixed.parameter_count == 0
    assert list(nn.EuclideanRBF(3, 2, centres=np.ones((2, 3)), trainable=True).params) == ["centres"]


def test_the_penalty_is_zero_at_the_centre():
    centres = np.sign(normal(0, 10, 84))
    y = nn.EuclideanRBF(84, 10, centres=centres).forward(centres)
    assert_equal(np.diag(y), np.zeros(10))
    assert_equal(y[0, 1], 4 * (centres[0] != centres[1]).sum())
