from functools import partial

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from nn_oracle import few, normal, seeds

from course_pkg import nn

ALL = list(nn.OPTIMISERS.values())
RATES = {
    nn.SGD: 0.3,
    nn.Momentum: 0.1,
    nn.Nesterov: 0.1,
    nn.AdaGrad: 0.1,
    nn.RMSProp: 0.01,
    nn.AdaDelta: 1,
    nn.Adam: 0.01,
}
TINY = st.floats(-12, -3).map(lambda power: 10.0**power)


def numbers(kind, shortest):
    """A strategy for the numbers of an optimiser, all but lr; means of squares keep at least the share ``shortest``."""
    decays, squares = st.floats(0, 0.999), st.floats(shortest, 0.999)
    return st.fixed_dictionaries(
        {
            nn.SGD: {},
            nn.Momentum: {"momentum": decays},
            nn.Nesterov: {"momentum": st.floats(0.01, 0.999)},  # torch refuses 0 there
            nn.AdaGrad: {"eps": TINY},
            nn.RMSProp: {"alpha": squares, "eps": TINY},
            nn.AdaDelta: {"rho": squares, "eps": TINY},
            nn.Adam: {"betas": st.tuples(decays, squares), "eps": TINY},
        }[kind]
    )


TORCHS = {
    nn.SGD: torch.optim.SGD,
    nn.Momentum: torch.optim.SGD,
    nn.Nesterov: partial(torch.optim.SGD, nesterov=True),
    nn.AdaGrad: torch.optim.Adagrad,
    nn.RMSProp: torch.optim.RMSprop,
    nn.AdaDelta: torch.optim.Adadelta,
    nn.Adam: torch.optim.Adam,
}
X, LABELS = normal(0, 12, 5), np.arange(12) % 3


def classifier(seed=0):
    rng = np.random.default_rng(seed)
    return nn.Net([nn.Dense(5, 4, rng=rng), nn.Tanh(), nn.Dense(4, 3, rng=rng)], loss=nn.SoftmaxCrossEntropy())


def train(net, optimiser, steps):
    for _ in range(steps):
        net.loss(X, LABELS)
        net.zero_grad()
        net.backward()
        optimiser.step()
    return [blob.data for blob in net.parameters().values()]


def train_torch(net, make, steps):
    """The same net with torch's layers, gradients and optimiser."""
    w1, b1, w2, b2 = tensors = [torch.tensor(b.data, requires_grad=True) for b in net.parameters().values()]
    optimiser = make(tensors)
    for _ in range(steps):
        optimiser.zero_grad()
        scores = torch.tanh(torch.tensor(X) @ w1.T + b1) @ w2.T + b2
        torch.nn.functional.cross_entropy(scores, torch.tensor(LABELS)).backward()
        optimiser.step()
    return [tensor.detach().numpy() for tensor in tensors]


def assert_all_close(got, expected, tolerance=1e-6):
    for a, b in zip(got, expected, strict=True):
        np.testing.assert_allclose(a, b, rtol=tolerance, atol=tolerance)


def test_there_are_seven_by_name():
    assert list(nn.OPTIMISERS) == ["SGD", "Momentum", "Nesterov", "AdaGrad", "RMSProp", "AdaDelta", "Adam"]


@pytest.mark.parametrize("kind", ALL)
@few
@given(data=st.data(), seed=seeds)
def test_fifty_steps_of_a_net_equal_torchs(kind, data, seed):
    lr = RATES[kind] * data.draw(st.floats(0.1, 1))
    # With a short memory for squares a step can be m/eps long, and then rounding decides where the next ones lead.
    chosen = data.draw(numbers(kind, shortest=0.8))
    expected = train_torch(classifier(seed), partial(TORCHS[kind], lr=lr, **chosen), 50)
    net = classifier(seed)
    assert_all_close(train(net, kind(net, lr, **chosen), 50), expected)


@pytest.mark.parametrize("kind", ALL)
@few
@given(data=st.data(), seed=seeds, power=st.floats(-6, 6))
def test_fifty_given_gradients_lead_where_torchs_lead(kind, data, seed, power):
    """No loss between, so that all numbers that are allowed can be tried, and gradients of all sizes."""
    chosen = data.draw(numbers(kind, shortest=0))
    blob, tensor = nn.Blob(np.zeros(4)), torch.zeros(4, dtype=torch.float64, requires_grad=True)
    ours, theirs = kind({"w": blob}, 0.1, **chosen), TORCHS[kind]([tensor], lr=0.1, **chosen)
    for gradient in 10**power * normal(seed, 50, 4):
        blob.diff[...] = gradient
        tensor.grad = torch.tensor(gradient)
        ours.step()
        theirs.step()
    np.testing.assert_allclose(blob.data, tensor.detach(), rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("kind", ALL)
def test_the_defaults_are_torchs(kind):
    lr = {"lr": 0.1} if kind in (nn.SGD, nn.Momentum, nn.Nesterov) else {}
    momentum = {"momentum": 0.9} if kind in (nn.Momentum, nn.Nesterov) else {}  # torch's SGD has 0
    expected = train_torch(classifier(), partial(TORCHS[kind], **lr, **momentum), 50)
    net = classifier()
    assert_all_close(train(net, kind(net, **lr), 50), expected)


@pytest.mark.parametrize("kind", ALL)
def test_weight_decay_equals_torchs(kind):
    momentum = {"momentum": 0.9} if kind in (nn.Momentum, nn.Nesterov) else {}

    def theirs(tensors):
        weights, biases = tensors[::2], tensors[1::2]
        groups = [{"params": weights, "weight_decay": 0.05}, {"params": biases}]
        return TORCHS[kind](groups, lr=RATES[kind], **momentum)

    expected = train_torch(classifier(), theirs, 50)
    net = classifier()
    assert_all_close(train(net, kind(net, RATES[kind], **momentum, regulariser=nn.L2(0.05)), 50), expected)


@pytest.mark.parametrize("kind", ALL)
def test_each_parameter_has_a_state_of_its_own(kind):
    """Two blobs together go the way that each goes alone, whatever their shapes and gradients."""
    starts = {"a": normal(1, 3, 2), "b": normal(2, 4)}
    gradients = {
        name: normal(3, 20, *start.shape) * scale for (name, start), scale in zip(starts.items(), (1, 1e3), strict=True)
    }

    def run(*names):
        blobs = {name: nn.Blob(starts[name]) for name in names}
        optimiser = kind(blobs, RATES[kind])
        for i in range(20):
            for name, blob in blobs.items():
                blob.diff[...] = gradients[name][i]
            optimiser.step()
        return [blob.data for blob in blobs.values()]

    assert_all_close(run("a", "b"), run("a") + run("b"), tolerance=0)


@pytest.mark.parametrize("kind", ALL)
def test_a_step_leaves_the_gradient_and_the_dtype(kind):
    blob = nn.Blob(np.array([1.0, -2.0], np.float32))
    optimiser = kind({"w": blob}, RATES[kind])
    for _ in range(3):
        blob.diff[...] = [0.5, -0.25]
        optimiser.step()
        assert blob.diff.tolist() == [0.5, -0.25]
        assert blob.data.dtype == np.float32
    assert 0 < blob.data[0] < 1
    assert -2 < blob.data[1] < 0


@pytest.mark.parametrize("kind", ALL)
def test_where_the_gradient_is_always_0_nothing_moves(kind):
    blob = nn.Blob([1.0, -2.0])
    optimiser = kind({"w": blob}, RATES[kind])
    for _ in range(3):
        optimiser.step()
    assert blob.data.tolist() == [1, -2]


@pytest.mark.parametrize("kind", [nn.AdaGrad, nn.RMSProp, nn.AdaDelta, nn.Adam])
@few
@given(scale=st.floats(1, 1e4), seed=seeds)
def test_the_adaptive_ones_hardly_feel_the_scale_of_the_loss(kind, scale, seed):
    """A loss in other units has gradients scale times as large: without eps the way would be exactly the same."""
    gradients = np.sign(normal(seed, 30, 3)) * (1 + np.abs(normal(seed + 1, 30, 3)))
    ends = []
    for factor in 1, scale:
        blob = nn.Blob(np.zeros(3))
        optimiser = kind({"w": blob}, RATES[kind], eps=1e-12)
        for gradient in gradients:
            blob.diff[...] = factor * gradient
            optimiser.step()
        ends.append(blob.data)
    np.testing.assert_allclose(*ends, rtol=1e-6, atol=1e-12)


def test_a_regulariser_acts_on_every_blob_of_a_dict():
    blobs = {"a": nn.Blob([1.0]), "b.bias": nn.Blob([2.0])}
    nn.SGD(blobs, 0.1, regulariser=nn.L2(1.0)).step()
    assert [blob.data[0] for blob in blobs.values()] == pytest.approx([0.9, 1.8])


@pytest.mark.parametrize("kind", ALL)
def test_a_net_trains_with_each(kind):
    net = classifier()
    history = nn.fit(net, X, LABELS, lr=RATES[kind], epochs=400, batch_size=6, optimiser=kind)
    assert history.losses[-1] < 0.5 * history.losses[0]


def test_fit_steps_with_the_optimiser_it_was_given():
    fitted, stepped = classifier(), classifier()
    nn.fit(fitted, X, LABELS, lr=0.02, epochs=7, batch_size=12, optimiser=partial(nn.Adam, betas=(0.5, 0.6)))
    expected = train(stepped, nn.Adam(stepped, 0.02, betas=(0.5, 0.6)), 7)
    assert_all_close([blob.data for blob in fitted.parameters().values()], expected, tolerance=1e-12)


def test_the_schedule_reaches_every_optimiser():
    net = classifier()
    before = [blob.data.copy() for blob in net.parameters().values()]
    nn.fit(net, X, LABELS, lr=0.02, epochs=2, batch_size=4, optimiser=nn.Adam, schedule=lambda epoch: 0.0)
    assert_all_close([blob.data for blob in net.parameters().values()], before, tolerance=0)


@pytest.mark.parametrize("junk", [None, 3, "net", [nn.Blob([1.0])], {"w": np.ones(2)}])
def test_only_nets_and_dicts_of_blobs_are_taken(junk):
    with pytest.raises(TypeError, match="net: expected a Net, or a dict from name to Blob, got"):
        nn.Adam(junk)
