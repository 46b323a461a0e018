"""Recurrent layers against torch's, forward and backward, and the state that leads from one piece to the next."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from nn_oracle import few, normal, seeds

from course_pkg import nn

LAYERS = {"RNN": nn.RNN, "LSTM": nn.LSTM}
sizes = st.integers(1, 5)
kinds = st.sampled_from(list(LAYERS))


def assert_same(got, expected):
    np.testing.assert_allclose(got, expected, rtol=1e-10, atol=1e-10)


def with_random_bias(layer, seed):
    layer.bias.data[...] = normal(seed, *layer.bias.shape)
    return layer


def load(module, layer, suffix=""):
    """Copy the parameters of ``layer`` to a torch module; return torch's names of weight_ih, weight_hh and bias."""
    names = [f"{name}{suffix}" for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")]
    values = [layer.weight_ih.data, layer.weight_hh.data, 0.25 * layer.bias.data, 0.75 * layer.bias.data]
    with torch.no_grad():
        for name, value in zip(names, values, strict=True):
            getattr(module, name).copy_(torch.as_tensor(value))
    return names[:3]


@few
@given(kinds, sizes, st.integers(1, 7), sizes, sizes, st.booleans(), seeds)
def test_forward_and_every_gradient_equal_torch(kind, samples, steps, inputs, hidden, from_a_state, seed):
    layer = with_random_bias(LAYERS[kind](inputs, hidden, rng=seed), seed + 1)
    module = getattr(torch.nn, kind)(inputs, hidden, batch_first=True, dtype=torch.float64)
    names = load(module, layer, "_l0")
    x, dy = normal(seed + 2, samples, steps, inputs), normal(seed + 3, samples, steps, hidden)
    initial = tuple(normal(seed + 4 + i, samples, hidden) * from_a_state for i in range(len(layer.states)))
    leaf, *states = (torch.tensor(array, requires_grad=True) for array in (x, *initial))
    stacked = tuple(state[None] for state in states)
    expected, final = module(leaf, stacked if kind == "LSTM" else stacked[0])
    expected.backward(torch.tensor(dy))

    assert_same(layer.forward(x, initial if from_a_state else None), expected.detach())
    for got, want in zip(layer.final, final if kind == "LSTM" else (final,), strict=True):
        assert_same(got, want[0].detach())
    assert_same(layer.backward(dy), leaf.grad)
    for got, want in zip(layer.dinitial, states, strict=True):
        assert_same(got, want.grad)
    for blob, name in zip((layer.weight_ih, layer.weight_hh, layer.bias), names, strict=True):
        assert_same(blob.diff, getattr(module, name).grad)


@few
@given(kinds, sizes, sizes, sizes, seeds)
def test_one_step_is_torchs_cell(kind, samples, inputs, hidden, seed):
    layer = with_random_bias(LAYERS[kind](inputs, hidden, rng=seed), seed + 1)
    cell = getattr(torch.nn, f"{kind}Cell")(inputs, hidden, dtype=torch.float64)
    load(cell, layer)
    x, state = normal(seed + 2, samples, inputs), tuple(normal(seed + 3, len(layer.states), samples, hidden))
    leaves = tuple(map(torch.tensor, state))
    expected = cell(torch.tensor(x), leaves if kind == "LSTM" else leaves[0])
    got = layer.step(x, state)
    assert len(got) == len(layer.states)
    for array, want in zip(got, expected if kind == "LSTM" else (expected,), strict=True):
        assert_same(array, want.detach())
    first = cell(torch.tensor(x))
    assert_same(layer.step(x)[0], (first[0] if kind == "LSTM" else first).detach())


@few
@given(kinds, sizes, st.integers(1, 7), sizes, sizes, seeds)
def test_bidirectional_equals_torch(kind, samples, steps, inputs, hidden, seed):
    ahead, back = (with_random_bias(LAYERS[kind](inputs, hidden, rng=seed + i), seed + i) for i in range(2))
    layer = nn.Bidirectional(ahead, back)
    module = getattr(torch.nn, kind)(inputs, hidden, batch_first=True, bidirectional=True, dtype=torch.float64)
    names = [*load(module, ahead, "_l0"), *load(module, back, "_l0_reverse")]
    x, dy = normal(seed + 2, samples, steps, inputs), normal(seed + 3, samples, steps, 2 * hidden)
    leaf = torch.tensor(x, requires_grad=True)
    expected = module(leaf)[0]
    expected.backward(torch.tensor(dy))
    assert_same(layer.forward(x), expected.detach())
    assert_same(layer.backward(dy), leaf.grad)
    assert len(layer.params) == 6
    for (key, blob), name in zip(layer.params.items(), names, strict=True):
        assert key.split(".")[1] in name
        assert_same(blob.diff, getattr(module, name).grad)


@pytest.mark.parametrize("kind", LAYERS)
def test_gradients_of_a_whole_net(kind):
    x, y = normal(0, 3, 6, 2), np.arange(18) % 4
    rng = np.random.default_rng(1)
    recurrent = nn.Bidirectional(LAYERS[kind](2, 3, rng=rng), LAYERS[kind](2, 3, rng=rng))
    layers = [recurrent, LAYERS[kind](6, 3, rng=rng), nn.EachStep(), nn.Dense(3, 4, rng=rng)]
    assert nn.check_gradients(nn.Net(layers, loss=nn.SoftmaxCrossEntropy()), x, y=y) < 1e-7
    layers[2] = nn.AtStep(3)
    assert nn.check_gradients(nn.Net(layers, loss=nn.SoftmaxCrossEntropy()), x, y=y[:3]) < 1e-7


@few
@given(kinds, st.integers(0, 6), seeds)
def test_two_pieces_make_the_whole(kind, cut, seed):
    whole, pieces = (LAYERS[kind](3, 4, rng=seed) for _ in range(2))
    x, dy = normal(seed, 2, 6, 3), normal(seed + 1, 2, 6, 4)
    dy[:, :cut] = 0
    y = whole.forward(x)
    np.testing.assert_allclose(pieces.forward(x[:, :cut]), y[:, :cut], atol=1e-12)
    np.testing.assert_allclose(pieces.forward(x[:, cut:], pieces.final), y[:, cut:], atol=1e-12)
    np.testing.assert_allclose(pieces.backward(dy[:, cut:]), whole.backward(dy)[:, cut:], atol=1e-12)
    state = None
    for t in range(6):
        state = whole.step(x[:, t], state)
        np.testing.assert_allclose(state[0], y[:, t], atol=1e-12)
    for stepped, kept in zip(state, pieces.final, strict=True):
        np.testing.assert_allclose(stepped, kept, atol=1e-12)


@pytest.mark.parametrize("kind", LAYERS)
def test_huge_inputs_neither_overflow_nor_warn(kind):
    layer = LAYERS[kind](2, 3, rng=0, dtype="float32")
    y = layer.forward(np.full((1, 4, 2), [[[1e30, -1e30]]], np.float32))
    assert (np.abs(y) <= 1).all()
    assert np.isfinite(layer.backward(np.ones_like(y))).all()


def test_a_step_remembers_nothing():
    layer, x = nn.LSTM(2, 3), normal(0, 1, 5, 2)
    y = layer.forward(x)
    before = layer.final
    layer.step(normal(1, 1, 2), before)
    assert layer.final is before
    assert layer.backward(y).shape == x.shape


def test_changing_the_output_does_not_change_the_gradient():
    layers = [nn.LSTM(2, 3) for _ in range(2)]
    x, dy = normal(0, 2, 5, 2), normal(1, 2, 5, 3)
    ys = [layer.forward(x) for layer in layers]
    ys[0][...] = 7
    assert_same(layers[0].backward(dy), layers[1].backward(dy))


def test_the_forget_gates_start_at_their_bias():
    bias = nn.LSTM(2, 3, forget_bias=5).bias.data
    np.testing.assert_array_equal(bias, np.repeat([0, 5, 0, 0], 3))
    layer = nn.LSTM(2, 3, forget_bias=50, init="zeros")
    layer.forward(np.zeros((1, 9, 2)), (np.zeros((1, 3)), np.ones((1, 3))))
    np.testing.assert_allclose(layer.final[1], 1)


def test_a_regulariser_leaves_the_biases_out():
    net = nn.Net([nn.Bidirectional(nn.RNN(2, 3), nn.LSTM(2, 3))])
    assert len(net.weights()) == 4
    assert len(net.parameters()) == 6


def test_the_seed_decides_and_both_matrices_differ():
    first, same, other = (nn.RNN(3, 3, rng=seed) for seed in (5, 5, 6))
    np.testing.assert_array_equal(first.weight_hh.data, same.weight_hh.data)
    assert (first.weight_hh.data != other.weight_hh.data).all()
    assert (first.weight_hh.data != first.weight_ih.data).all()


def test_steps_as_rows():
    x = normal(0, 2, 3, 4)
    np.testing.assert_array_equal(nn.EachStep().forward(x), torch.tensor(x).flatten(0, 1))
    for step in (0, 2, -1, -3):
        np.testing.assert_array_equal(nn.AtStep(step).forward(x), torch.tensor(x).select(1, step))
    with pytest.raises(ValueError, match="x: expected sequences with a step 3, got shape"):
        nn.AtStep(3).forward(x)


def test_a_sequence_can_be_learned():
    """Say which symbol came two steps before: without memory, 1/3 is right."""
    rng = np.random.default_rng(0)
    symbols = rng.integers(0, 3, (60, 12))
    x, y = np.eye(3)[symbols], symbols[:, -3]
    net = nn.Net([nn.RNN(3, 8, rng=rng), nn.AtStep(), nn.Dense(8, 3, rng=rng)], nn.SoftmaxCrossEntropy())
    nn.fit(net, x, y, lr=0.02, epochs=30, batch_size=20, optimiser=nn.Adam)
    assert net.accuracy(x, y) == 1
