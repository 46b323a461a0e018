"""Layers that deep nets of the years 2012 to 2015 are made of: dropout, normalisations, scale, groups, sigmoid loss."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from nn_oracle import assert_equal, few, normal, seeds, torch_pass

from course_pkg import nn

F = torch.nn.functional


def compare(layer, x, seed, f, *parameters):
    """Hold layer and f, which gets x and the parameters, against each other, forward and backward."""
    y = layer.forward(x)
    dy = normal(seed + 1, *y.shape)
    expected, *gradients = torch_pass(f, dy, x, *(blob.data for blob in parameters))
    assert_equal(y, expected)
    for got, want in zip([layer.backward(dy), *(blob.diff for blob in parameters)], gradients, strict=True):
        assert_equal(got, want)


@few
@given(seeds, st.sampled_from([1, 3, 5, 7]), st.integers(1, 9))
def test_lrn_equals_torch(seed, size, channels):
    layer = nn.LRN(size, alpha=0.7, beta=0.6, k=1.3)
    compare(layer, normal(seed, 2, channels, 3, 2), seed, lambda x: F.local_response_norm(x, size, 0.7, 0.6, 1.3))


@few
@given(seeds, st.sampled_from([(6, 3), (2, 3, 4, 5)]), st.booleans())
def test_batch_norm_equals_torch_in_training_and_in_test(seed, shape, affine):
    layer, x = nn.BatchNorm(3, affine=affine, momentum=0.3, eps=1e-3), normal(seed, *shape) * 2 + 1
    blobs = list(layer.params.values())
    for i, blob in enumerate(blobs):
        blob.data[...] = normal(seed + 2 + i, 3)
    mean, variance = torch.zeros(3, dtype=torch.float64), torch.ones(3, dtype=torch.float64)

    def f(x, *parameters):
        return F.batch_norm(x, mean, variance, *(parameters or (None, None)), layer.training, 0.3, 1e-3)

    for training in (True, True, False):
        layer.training = training
        for blob in blobs:
            blob.zero_grad()
        compare(layer, x, seed, f, *blobs)
        assert_equal(layer.state["mean"], mean.numpy())
        assert_equal(layer.state["variance"], variance.numpy())
        x = x[::-1] * 0.5


def test_batch_norm_needs_two_numbers_a_channel():
    with pytest.raises(ValueError, match="x: expected at least two numbers a channel"):
        nn.BatchNorm(3).forward(np.ones((1, 3)))


@few
@given(seeds, st.sampled_from([(4, 3), (2, 3, 2, 2)]))
def test_scale_equals_torch(seed, shape):
    layer = nn.Scale(3)
    layer.weight.data[...], layer.bias.data[...] = normal(seed + 3, 3), normal(seed + 4, 3)

    def f(x, weight, bias):
        full = (1, 3) + (1,) * (len(shape) - 2)
        return x * weight.reshape(full) + bias.reshape(full)

    compare(layer, normal(seed, *shape), seed, f, layer.weight, layer.bias)


@few
@given(seeds, st.sampled_from([1, 2, 4]), st.integers(1, 2), st.integers(0, 2), st.integers(1, 2))
def test_grouped_convolution_equals_torch(seed, groups, stride, padding, dilation):
    options = {"stride": stride, "padding": padding, "dilation": dilation, "groups": groups}
    layer = nn.GroupConv2d(4, 8, (3, 2), rng=seed, **options)
    layer.bias.data[...] = normal(seed + 5, 8)
    compare(layer, normal(seed, 2, 4, 7, 6), seed, lambda x, w, b: F.conv2d(x, w, b, **options), *layer.params.values())


def test_groups_must_divide_the_channels():
    with pytest.raises(ValueError, match="groups: expected a divisor of out_channels = 6, got 4"):
        nn.GroupConv2d(4, 6, 3, groups=4)


@few
@given(seeds)
def test_sigmoid_cross_entropy_equals_torch(seed):
    scores, targets = normal(seed, 3, 2, 4) * 30, np.random.default_rng(seed).random((3, 2, 4))
    loss = nn.SigmoidCrossEntropy()
    t = torch.tensor(targets)
    expected, gradient = torch_pass(
        lambda s: F.binary_cross_entropy_with_logits(s, t, reduction="sum") / 3, np.array(1.0), scores
    )
    assert_equal(loss.forward(scores, targets), expected)
    assert_equal(loss.backward(), gradient)


def test_dropout_drops_its_share_and_keeps_the_mean():
    layer, x = nn.Dropout(0.3, rng=0), np.ones((200, 500))
    y = layer.forward(x)
    assert set(np.unique(y)) == {0, 1 / 0.7}
    assert (y == 0).mean() == pytest.approx(0.3, abs=0.005)  # five standard deviations are 0.007
    dy = normal(0, 200, 500)
    assert_equal(layer.backward(dy), dy * y)  # y is the mask, since x is 1
    assert (layer.forward(x) != y).any()


def test_dropout_does_nothing_in_test():
    layer, x = nn.Dropout(0.9), normal(0, 3, 4)
    layer.training = False
    assert (layer.forward(x) == x).all()
    assert (layer.backward(x) == x).all()


@pytest.mark.parametrize("make", [nn.LRN, lambda: nn.BatchNorm(3, dtype="float32"), nn.Dropout])
def test_float32_stays(make):
    layer, x = make(), normal(0, 2, 3, 4, 4).astype("float32")
    y = layer.forward(x)
    assert y.dtype == layer.backward(y).dtype == np.float32


class TestInANet:
    @pytest.fixture
    def net(self):
        return nn.Net([nn.Dense(4, 8), nn.BatchNorm(8), nn.Dropout(0.5), nn.Dense(8, 3)], nn.SoftmaxCrossEntropy())

    def test_accuracy_and_prediction_are_those_of_a_test(self, net):
        x, y = normal(0, 50, 4), np.arange(50) % 3
        net.loss(x, y)
        state = {name: array.copy() for name, array in net.states().items()}
        assert net.accuracy(x, y) == net.accuracy(x, y)
        assert (net.predict(x) == net.predict(x)).all()
        assert all((net.states()[name] == array).all() for name, array in state.items())
        assert net["dropout1"].training
        assert (net.forward(x) != net.forward(x)).any()

    def test_what_was_measured_is_saved(self, net, tmp_path):
        net.loss(normal(0, 50, 4), np.arange(50) % 3)
        net.save(tmp_path / "net.npz")
        other = nn.Net([nn.Dense(4, 8, rng=1), nn.BatchNorm(8), nn.Dropout(0.5), nn.Dense(8, 3, rng=1)])
        other.load(tmp_path / "net.npz")
        assert (other.predict(normal(1, 50, 4)) == net.predict(normal(1, 50, 4))).all()
        assert (other.states()["batchnorm1.mean"] == net.states()["batchnorm1.mean"]).all()

    def test_summary_needs_one_sample_only(self, net):
        assert net.summary((4,))[1] == ("batchnorm1", "BatchNorm", (8,), 16)
