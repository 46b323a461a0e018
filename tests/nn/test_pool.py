import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from nn_oracle import assert_equal, few, normal, seeds, torch_pass

from course_pkg import nn

DECK = np.array([[1, 5, 4, 3], [2, 6, 4, 0], [3, 1, 7, 9], [2, 8, 6, 5]], float)[None, None]


@st.composite
def poolings(draw):
    """Images and arguments of a pooling that fits, overlapping windows and padding among them."""
    kernel = draw(st.tuples(st.integers(1, 4), st.integers(1, 4)))
    padding = tuple(draw(st.integers(0, k // 2)) for k in kernel)
    image = tuple(max(1, k - 2 * p) + draw(st.integers(0, 5)) for k, p in zip(kernel, padding, strict=True))
    stride = draw(st.none() | st.tuples(st.integers(1, 4), st.integers(1, 4)))
    shape = (draw(st.integers(1, 3)), draw(st.integers(1, 3)), *image)
    return shape, {"kernel_size": kernel, "stride": stride, "padding": padding}


def check_against(function, layer, x, seed):
    y = layer.forward(x)
    dy = normal(seed, *y.shape)
    expected, dx = torch_pass(function, dy, x)
    assert_equal(y, expected)
    assert_equal(layer.backward(dy), dx)


@few
@given(poolings(), seeds)
def test_max_pooling_equals_torch(pooling, seed):
    shape, arguments = pooling
    check_against(
        lambda x: torch.nn.functional.max_pool2d(x, **arguments), nn.MaxPool2d(**arguments), normal(seed, *shape), seed
    )


@few
@given(poolings(), seeds)
def test_max_pooling_breaks_ties_as_torch_does(pooling, seed):
    shape, arguments = pooling
    x = np.random.default_rng(seed).integers(-1, 2, shape).astype(float)
    check_against(lambda x: torch.nn.functional.max_pool2d(x, **arguments), nn.MaxPool2d(**arguments), x, seed)


@few
@given(poolings(), seeds)
def test_average_pooling_equals_torch(pooling, seed):
    shape, arguments = pooling
    check_against(
        lambda x: torch.nn.functional.avg_pool2d(x, **arguments), nn.AvgPool2d(**arguments), normal(seed, *shape), seed
    )


@few
@given(poolings(), seeds)
def test_subsampling_equals_torch(pooling, seed):
    shape, arguments = pooling
    kernel = arguments["kernel_size"]
    layer = nn.Subsampling2d(shape[1], kernel)
    layer.coefficient.data[...], layer.bias.data[...] = normal(seed + 1, shape[1]), normal(seed + 2, shape[1])
    x = normal(seed, shape[0], shape[1], shape[2] + kernel[0], shape[3] + kernel[1])
    y = layer.forward(x)
    dy = normal(seed + 3, *y.shape)

    def subsampling(x, a, b):
        total = torch.nn.functional.avg_pool2d(x, kernel, divisor_override=1)
        return a[:, None, None] * total + b[:, None, None]

    expected, *gradients = torch_pass(subsampling, dy, x, layer.coefficient.data, layer.bias.data)
    assert_equal(y, expected)
    for got, want in zip([layer.backward(dy), layer.coefficient.diff, layer.bias.diff], gradients, strict=True):
        assert_equal(got, want)


def test_the_example_of_the_deck():
    assert nn.MaxPool2d(2).forward(DECK)[0, 0].tolist() == [[6, 4], [8, 9]]
    means = nn.AvgPool2d(2).forward(DECK)[0, 0]
    assert means.tolist() == [[3.5, 2.75], [3.5, 6.75]]
    assert np.floor(means).tolist() == [[3, 2], [3, 6]]  # as the deck prints them


def test_a_pixel_that_wins_in_two_windows_takes_both_gradients():
    layer = nn.MaxPool2d(2, stride=1)
    layer.forward(np.array([[[[0.0, 9.0, 0.0], [0.0, 0.0, 0.0]]]]))
    assert layer.backward(np.array([[[[3.0, 4.0]]]]))[0, 0].tolist() == [[0, 7, 0], [0, 0, 0]]


def test_negative_images_win_against_their_padding():
    assert nn.MaxPool2d(3, 2, 1).forward(np.full((1, 1, 3, 3), -5.0)).max() == -5


def test_subsampling_starts_as_average_pooling():
    x = normal(0, 2, 3, 4, 6)
    assert_equal(nn.Subsampling2d(3).forward(x), nn.AvgPool2d(2).forward(x))


def test_lenets_s2_has_12_parameters():
    assert nn.Subsampling2d(6).parameter_count == 12


def test_padding_beyond_half_the_window_is_refused():
    with pytest.raises(ValueError, match=r"padding: expected at most half of the kernel_size \(3, 3\)"):
        nn.MaxPool2d(3, padding=2)


def test_an_image_smaller_than_the_window_is_refused():
    for layer in nn.MaxPool2d(3), nn.AvgPool2d(3), nn.Subsampling2d(1, 3):
        with pytest.raises(ValueError, match="x: expected images that the window fits into, got 2×2"):
            layer.forward(np.zeros((1, 1, 2, 2)))
