"""Noise between layers and on weights: what it adds, what it leaves alone, and the gradient through it."""

from functools import partial

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from nn_oracle import assert_equal, few, normal, seeds

from course_pkg import nn

IMAGES = normal(7, 2, 3, 6, 5)


def frozen(kind):
    """The layer class with the same noise in every pass: a function that can be differentiated."""

    class Frozen(kind):
        def forward(self, x):
            self.rng = np.random.default_rng(3)
            return super().forward(x)

    return Frozen


RANDOM = {
    "GaussianNoise": lambda: frozen(nn.GaussianNoise)(0.7),
    "Dropout": lambda: frozen(nn.Dropout)(0.4),
    "WeightNoise of Conv2d": lambda: frozen(nn.WeightNoise)(nn.Conv2d(3, 2, 3), 0.3),
    "WeightNoise of Conv2d with table": lambda: frozen(nn.WeightNoise)(
        nn.Conv2d(3, 2, 3, table=np.eye(2, 3, dtype=bool)), 0.3
    ),
    "WeightNoise of BatchNorm": lambda: frozen(nn.WeightNoise)(nn.BatchNorm(3), 0.3),
    "WeightNoise of a layer without weights": lambda: frozen(nn.WeightNoise)(nn.Tanh(), 0.3),
}


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("make", RANDOM.values(), ids=RANDOM)
def test_gradients_agree_with_finite_differences(make, training):
    layer = make()
    layer.training = training
    assert nn.check_gradients(layer, IMAGES) < 1e-7


def test_a_whole_net_with_noise_everywhere_passes_the_gradient_check():
    noisy = frozen(nn.WeightNoise)
    layers = [
        frozen(nn.GaussianNoise)(0.2),
        noisy(nn.Dense(5, 4), 0.2),
        nn.Tanh(),
        frozen(nn.Dropout)(0.3),
        noisy(nn.Dense(4, 3), 0.1),
    ]
    net = nn.Net(layers, nn.SoftmaxCrossEntropy(0.1))
    assert nn.check_gradients(net, normal(0, 6, 5), y=np.arange(6) % 3) < 1e-7


@few
@given(seeds, st.just(0) | st.floats(1e-3, 5))
def test_the_noise_has_mean_0_and_the_standard_deviation_asked_for(seed, sigma):
    layer, x = nn.GaussianNoise(sigma, rng=seed), normal(seed, 200, 100)
    noise = layer.forward(x) - x
    assert noise.mean() == pytest.approx(0, abs=sigma * 0.04 + 1e-12)  # 0.04 is nearly six standard deviations
    assert noise.std() == pytest.approx(sigma, rel=0.03, abs=1e-12)
    if sigma:
        assert np.corrcoef(noise.ravel(), (layer.forward(x) - x).ravel())[0, 1] == pytest.approx(0, abs=0.04)


def test_the_weights_of_a_dense_layer_get_noise_of_the_size_asked_for_and_its_bias_none():
    layer = nn.WeightNoise(nn.Dense(300, 200, init="zeros"), 0.3)
    layer.layer.bias.data[...] = 5.0
    weights = layer.forward(np.eye(300)) - 5  # the rows of the identity read the weights out
    assert weights.std() == pytest.approx(0.3, rel=0.02)
    assert weights.mean() == pytest.approx(0, abs=0.01)
    assert (layer.forward(np.zeros((1, 300))) == 5).all()


@pytest.mark.parametrize("make", [lambda: nn.GaussianNoise(0.5), lambda: nn.WeightNoise(nn.Dense(5, 3, rng=2), 0.5)])
def test_nothing_is_noisy_in_test(make):
    layer, x = make(), normal(0, 4, 5)
    plain = nn.Dense(5, 3, rng=2) if layer.params else nn.Flatten()
    assert (layer.forward(x) != plain.forward(x)).all()
    layer.training = False
    y = layer.forward(x)
    assert_equal(y, plain.forward(x))
    assert_equal(layer.backward(y), plain.backward(y))


def test_between_the_passes_the_weights_are_without_noise():
    dense = nn.Dense(4, 3)
    before = dense.weight.data.copy()
    layer = nn.WeightNoise(dense, 0.5)
    for step in layer.forward, layer.backward:
        step(normal(0, 2, 4 if step == layer.forward else 3))
        assert (dense.weight.data == before).all()
    with pytest.raises(ValueError, match="x: expected shape"):
        layer.forward(np.ones((2, 5)))
    assert (dense.weight.data == before).all()


def test_the_layer_inside_is_in_the_same_phase_and_keeps_its_state():
    layer, x = nn.WeightNoise(nn.BatchNorm(3), 0.0), normal(0, 10, 3)
    plain = nn.BatchNorm(3)
    for training in True, False:
        layer.training = plain.training = training
        assert_equal(layer.forward(x), plain.forward(x))
    assert_equal(layer.state["mean"], plain.state["mean"])


def test_solver_and_regulariser_and_file_see_weights_without_noise(tmp_path):
    def make(sigma):
        return nn.Net([nn.WeightNoise(nn.Dense(3, 2, rng=1), sigma)], loss=nn.SoftmaxCrossEntropy())

    x, y = normal(0, 6, 3), np.arange(6) % 2
    net = make(0.5)
    assert list(net.weights()) == ["weightnoise1.weight"]
    history = nn.fit(net, x, y, lr=0.1, epochs=1, batch_size=6, regulariser=nn.L2(1.0))
    assert history.losses != nn.fit(make(0.0), x, y, lr=0.1, epochs=1, batch_size=6, regulariser=nn.L2(1.0)).losses
    net.save(tmp_path / "net.npz")
    other = make(0.0)
    other.load(tmp_path / "net.npz")
    assert (other.predict(x) == net.predict(x)).all()
    assert_equal(other["weightnoise1"].forward(x), nn.Net([net["weightnoise1"].layer]).forward(x))


def test_cut_weights_stay_cut():
    table = np.eye(2, dtype=bool)
    conv = nn.Conv2d(2, 2, 3, table=table)
    layer, x = nn.WeightNoise(conv, 1.0), normal(0, 1, 2, 5, 5)
    x[:, 1] = 0  # the first output must not see it, the second sees nothing else
    assert not layer.forward(x)[:, 1].any()
    assert layer.parameter_count == conv.parameter_count == 2 * 9 + 2
    assert not conv.weight.data[~table].any()


@pytest.mark.parametrize("make", [partial(nn.GaussianNoise, 0.5), lambda: nn.WeightNoise(nn.Tanh(), 0.5)])
def test_float32_stays(make):
    layer, x = make(), normal(0, 2, 3).astype("float32")
    y = layer.forward(x)
    assert y.dtype == layer.backward(y).dtype == np.float32


def test_float32_weights_stay():
    layer = nn.WeightNoise(nn.Dense(3, 2, dtype="float32"), 0.5)
    y = layer.forward(normal(0, 4, 3).astype("float32"))
    assert y.dtype == layer.backward(y).dtype == layer.params["weight"].data.dtype == np.float32


def test_only_layers_get_weight_noise():
    with pytest.raises(TypeError, match=r"^layer: expected a layer, got Net"):
        nn.WeightNoise(nn.Net([nn.ReLU()]), 0.1)
