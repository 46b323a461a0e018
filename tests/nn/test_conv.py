import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from nn_oracle import assert_equal, few, normal, seeds, torch_pass

from course_pkg import nn


def pairs(low, high):
    return st.tuples(st.integers(low, high), st.integers(low, high))


@st.composite
def convolutions(draw):
    """Sizes of a convolution that fits: samples, channels, image, kernel, stride, padding, dilation."""
    kernel, padding, dilation = draw(pairs(1, 3)), draw(pairs(0, 2)), draw(pairs(1, 2))
    smallest = [max(1, d * (k - 1) + 1 - 2 * p) for k, p, d in zip(kernel, padding, dilation, strict=True)]
    extra = draw(pairs(0, 4))
    return {
        "samples": draw(st.integers(1, 3)),
        "inputs": draw(st.integers(1, 3)),
        "outputs": draw(st.integers(1, 3)),
        "image": tuple(s + e for s, e in zip(smallest, extra, strict=True)),
        "kernel": kernel,
        "geometry": {"stride": draw(pairs(1, 3)), "padding": padding, "dilation": dilation},
    }


def arrays(sizes, seed):
    x = normal(seed, sizes["samples"], sizes["inputs"], *sizes["image"])
    weight = normal(seed + 1, sizes["outputs"], sizes["inputs"], *sizes["kernel"])
    return x, weight, normal(seed + 2, sizes["outputs"])


@few
@given(convolutions(), st.booleans(), seeds)
def test_layer_equals_torch(sizes, bias, seed):
    x, weight, b = arrays(sizes, seed)
    layer = nn.Conv2d(sizes["inputs"], sizes["outputs"], sizes["kernel"], bias=bias, **sizes["geometry"])
    layer.weight.data[...] = weight
    if bias:
        layer.bias.data[...] = b
    parameters = [weight, b] if bias else [weight]
    y = layer.forward(x)
    dy = normal(seed + 3, *y.shape)
    expected, *gradients = torch_pass(
        lambda *a: torch.nn.functional.conv2d(*a, **sizes["geometry"]), dy, x, *parameters
    )
    assert_equal(y, expected)
    for got, want in zip([layer.backward(dy), *(b.diff for b in layer.params.values())], gradients, strict=True):
        assert_equal(got, want)


@few
@given(convolutions(), seeds)
def test_functions_equal_torch(sizes, seed):
    x, weight, bias = arrays(sizes, seed)
    geometry = sizes["geometry"]
    y = nn.conv2d(x, weight, bias, **geometry)
    dy = normal(seed + 3, *y.shape)
    expected, dx, dweight, _ = torch_pass(
        lambda x, w, b: torch.nn.functional.conv2d(x, w, b, **geometry), dy, x, weight, bias
    )
    assert_equal(y, expected)
    assert_equal(nn.conv2d_input_grad(dy, weight, x.shape, **geometry), dx)
    assert_equal(nn.conv2d_weight_grad(dy, x, sizes["kernel"], **geometry), dweight)


def test_a_new_pass_changes_nothing_that_an_old_one_returned():
    layer = nn.Conv2d(2, 3, 3, stride=2, padding=2)
    results, copies = [], []
    for seed, shape in enumerate([(2, 2, 6, 5), (2, 2, 6, 5), (4, 2, 6, 5), (2, 2, 5, 6), (2, 2, 6, 5)]):
        x = normal(seed, *shape)
        y = layer.forward(x)
        dy = normal(seed + 9, *y.shape)
        layer.weight.zero_grad()
        dx = layer.backward(dy)
        expected, expected_dx, dweight, _ = torch_pass(
            lambda *a: torch.nn.functional.conv2d(*a, stride=2, padding=2), dy, x, layer.weight.data, layer.bias.data
        )
        assert_equal(y, expected)
        assert_equal(dx, expected_dx)
        assert_equal(layer.weight.diff, dweight)
        results += [y, dx]
        copies += [y.copy(), dx.copy()]
    for result, copy in zip(results, copies, strict=True):
        np.testing.assert_array_equal(result, copy)


@few
@given(convolutions(), st.data(), seeds)
def test_connection_table_cuts_weights(sizes, data, seed):
    channels = sizes["outputs"], sizes["inputs"]
    entries = data.draw(st.lists(st.booleans(), min_size=channels[0] * channels[1], max_size=channels[0] * channels[1]))
    table = np.array(entries).reshape(channels)
    layer = nn.Conv2d(*channels[::-1], sizes["kernel"], table=table, **sizes["geometry"])
    assert not layer.weight.data[~table].any()
    x, weight, bias = arrays(sizes, seed)
    layer.weight.data[...], layer.bias.data[...] = weight, bias  # also where the table cuts: that must not matter
    y = layer.forward(x)
    dy = normal(seed + 3, *y.shape)
    expected, dx, dweight, dbias = torch_pass(
        lambda x, w, b: torch.nn.functional.conv2d(
            x, w * torch.tensor(table)[:, :, None, None], b, **sizes["geometry"]
        ),
        dy,
        x,
        weight,
        bias,
    )
    assert_equal(y, expected)
    assert_equal(layer.backward(dy), dx)
    assert_equal(layer.weight.diff, dweight)
    assert_equal(layer.bias.diff, dbias)
    assert not layer.weight.diff[~table].any()


@few
@given(convolutions(), seeds)
def test_the_input_gradient_is_a_convolution_of_dy_with_turned_kernels(sizes, seed):
    x, weight, _ = arrays(sizes, seed)
    geometry = sizes["geometry"]
    dy = normal(seed + 3, *nn.conv2d(x, weight, **geometry).shape)
    n, outputs, *out = dy.shape
    s, p, d = (geometry[key] for key in ("stride", "padding", "dilation"))
    border = [d[i] * (sizes["kernel"][i] - 1) for i in (0, 1)]
    # dy with s − 1 zeros between its pixels, in the middle of a frame as wide as the kernel reaches
    spread = np.zeros((n, outputs, *(x.shape[2 + i] + 2 * p[i] + border[i] for i in (0, 1))))
    spread[:, :, border[0] :: s[0], border[1] :: s[1]][:, :, : out[0], : out[1]] = dy
    turned = weight.transpose(1, 0, 2, 3)[:, :, ::-1, ::-1]
    full = nn.conv2d(spread, turned, dilation=d)
    inside = full[:, :, p[0] : p[0] + x.shape[2], p[1] : p[1] + x.shape[3]]
    assert_equal(nn.conv2d_input_grad(dy, weight, x.shape, **geometry), inside)


@few
@given(convolutions(), seeds)
def test_the_weight_gradient_is_a_convolution_of_x_with_dy(sizes, seed):
    x, weight, _ = arrays(sizes, seed)
    geometry = sizes["geometry"]
    dy = normal(seed + 3, *nn.conv2d(x, weight, **geometry).shape)
    exchanged = {"stride": geometry["dilation"], "padding": geometry["padding"], "dilation": geometry["stride"]}
    full = nn.conv2d(x.transpose(1, 0, 2, 3), dy.transpose(1, 0, 2, 3), **exchanged).transpose(1, 0, 2, 3)
    kh, kw = sizes["kernel"]
    assert_equal(nn.conv2d_weight_grad(dy, x, (kh, kw), **geometry), full[:, :, :kh, :kw])


@few
@given(convolutions(), seeds)
def test_the_input_gradient_is_the_transpose_of_the_convolution(sizes, seed):
    x, weight, _ = arrays(sizes, seed)
    y = nn.conv2d(x, weight, **sizes["geometry"])
    dy = normal(seed + 3, *y.shape)
    dx = nn.conv2d_input_grad(dy, weight, x.shape, **sizes["geometry"])
    assert (y * dy).sum() == pytest.approx((x * dx).sum(), rel=1e-9, abs=1e-9)


@given(st.integers(1, 12), st.integers(1, 5), st.integers(1, 4), st.integers(0, 3), st.integers(1, 3))
@few
def test_output_size_counts_the_places_of_the_window(size, kernel, stride, padding, dilation):
    reach = dilation * (kernel - 1) + 1
    places = [start for start in range(0, size + 2 * padding, stride) if start + reach <= size + 2 * padding]
    if places:
        assert nn.output_size(size, kernel, stride, padding, dilation) == len(places)
    else:
        with pytest.raises(ValueError, match="kernel: expected at most"):
            nn.output_size(size, kernel, stride, padding, dilation)


def test_the_sizes_of_the_deck():
    assert nn.output_size(7, 3) == 5
    assert nn.output_size(7, 3, stride=2) == 3
    assert nn.Conv2d(3, 6, 5).forward(np.zeros((1, 3, 32, 32))).shape == (1, 6, 28, 28)


def test_lenets_first_layer_has_156_parameters():
    assert nn.Conv2d(1, 6, 5).parameter_count == 156


def test_only_connected_weights_are_counted():
    table = np.array([[True, False, True], [False, False, True]])
    assert nn.Conv2d(3, 2, 5, table=table).parameter_count == 3 * 25 + 2


def test_initial_weights_follow_the_connections():
    table = np.zeros((64, 64), bool)
    table[:, :16] = True  # each output sees 16 inputs
    weight = nn.Conv2d(64, 64, 3, table=table, init="lecun").weight.data[:, :16]
    assert weight.var() == pytest.approx(1 / (16 * 9), rel=0.06)


def test_an_image_smaller_than_the_kernel_is_refused():
    with pytest.raises(
        ValueError, match=r"x: expected images that the window fits into, got 3×4 \(kernel: expected at"
    ):
        nn.Conv2d(1, 1, 5, padding=0).forward(np.zeros((1, 1, 3, 4)))


def test_the_wrong_number_of_channels_is_refused():
    with pytest.raises(ValueError, match=r"x: expected shape \(any, 3, any, any\), got \(1, 2, 8, 8\)"):
        nn.Conv2d(3, 1, 3).forward(np.zeros((1, 2, 8, 8)))
    with pytest.raises(ValueError, match="input_shape: expected 3 channels"):
        nn.conv2d_input_grad(np.zeros((1, 1, 6, 6)), np.zeros((1, 3, 3, 3)), (1, 2, 8, 8))
