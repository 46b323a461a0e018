import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st

from course_pkg import data, nn
from course_pkg.models import C3_TABLE, arithmetic, digit_centres, lenet5


def torch_lenet(net, x, y):
    """LeNet-5's penalties and mean loss written in torch, with the weights of ``net`` as leaves."""
    leaves = {name: torch.tensor(blob.data, requires_grad=True) for name, blob in net.parameters().items()}

    def squash(a):
        return 1.7159 * torch.tanh(2 / 3 * a)

    def convolution(h, name):
        return squash(F.conv2d(h, leaves[f"{name}.weight"], leaves[f"{name}.bias"]))

    def subsampling(h, name):
        h = 4 * F.avg_pool2d(h, 2) * leaves[f"{name}.coefficient"][:, None, None]
        return squash(h + leaves[f"{name}.bias"][:, None, None])

    h = subsampling(convolution(torch.tensor(x), "C1"), "S2")
    h = convolution(subsampling(convolution(h, "C3"), "S4"), "C5")
    h = squash(F.linear(h.flatten(1), leaves["F6.weight"], leaves["F6.bias"]))
    penalties = torch.cdist(h, torch.tensor(digit_centres()), compute_mode="donot_use_mm_for_euclid_dist") ** 2
    rubbish = torch.full((len(y), 1), -1.0, dtype=penalties.dtype)
    losses = penalties[torch.arange(len(y)), y] + torch.logsumexp(torch.cat([-penalties, rubbish], 1), 1)
    return penalties.detach().numpy(), losses.mean(), leaves


@given(st.integers(0, 2**31), st.integers(1, 4))
@settings(max_examples=10)
def test_forward_loss_and_gradients_agree_with_torch(seed, samples):
    rng = np.random.default_rng(seed)
    net = lenet5(rng)
    x, y = rng.random((samples, 1, 32, 32)), rng.integers(10, size=samples)
    penalties, loss, leaves = torch_lenet(net, x, y)
    loss.backward()
    assert net.loss(x, y) == pytest.approx(loss.item(), rel=1e-12)
    np.testing.assert_allclose(net.forward(x), penalties, rtol=1e-9)
    np.testing.assert_array_equal(net.predict(x), penalties.argmin(axis=1))
    net.loss(x, y)
    net.backward()
    for name, blob in net.parameters().items():
        expected = leaves[name].grad.numpy()
        if name == "C3.weight":
            expected = expected * C3_TABLE[:, :, None, None]
        np.testing.assert_allclose(blob.diff, expected, rtol=1e-9, atol=1e-9 * np.abs(expected).max(), err_msg=name)


def test_the_built_net_has_the_shapes_and_parameters_of_the_table():
    built = {name: (shape, parameters) for name, _, shape, parameters in lenet5().summary((1, 32, 32))}
    for row in arithmetic.count(arithmetic.LENET5):
        shape, parameters = built[row.name]
        assert shape == row.output[: len(shape)], row.name
        assert parameters == row.parameters, row.name
    assert sum(parameters for _, parameters in built.values()) == 60_000


def test_c3_learns_only_where_it_is_connected():
    net = lenet5()
    cut = ~C3_TABLE
    split = data.digits(32)
    nn.fit(net, split.x_train[:64], split.y_train[:64], lr=0.002, epochs=1, batch_size=16)
    assert (net["C3"].weight.data[cut] == 0).all()
    assert (net["C3"].weight.data[~cut] != 0).all()


def test_centres_are_clean_bitmaps_far_from_each_other():
    centres = digit_centres()
    assert centres.shape == (10, 7 * 12)
    assert set(np.unique(centres)) == {-1, 1}
    bitmaps = centres.reshape(10, 12, 7)
    assert (bitmaps[:, [0, -1]] == -1).all()  # a free line above and below
    distances = (centres[:, None] != centres[None]).sum(axis=2)
    assert distances[~np.eye(10, dtype=bool)].min() >= 12


def test_centres_lie_where_the_squashing_function_can_reach_them():
    np.testing.assert_allclose(nn.Tanh(1.7159, 2 / 3).forward(digit_centres()), digit_centres(), atol=1e-4)


def test_a_perfect_f6_is_recognised_as_its_digit():
    net = lenet5()
    penalties = net["output"].forward(digit_centres())
    np.testing.assert_array_equal(penalties.argmin(axis=1), np.arange(10))
    np.testing.assert_array_equal(np.diag(penalties), 0)


def test_weights_start_with_standard_deviation_one_over_root_fan_in():
    net = lenet5(3)
    for name, fan_in in (("C1", 25), ("C5", 400), ("F6", 120)):
        weight = net[name].weight.data
        assert np.std(weight) * np.sqrt(fan_in) == pytest.approx(1, abs=4 / np.sqrt(2 * weight.size)), name


def test_the_same_seed_gives_the_same_net_and_another_seed_another():
    same = [lenet5(seed).parameters()["F6.weight"].data for seed in (5, 5, 6)]
    np.testing.assert_array_equal(same[0], same[1])
    assert not np.array_equal(same[0], same[2])


def test_training_on_real_digits_in_float32_reaches_93_percent_in_four_epochs():
    split = data.digits(32, dtype=np.float32)
    net = lenet5(dtype=np.float32)
    before = net.accuracy(split.x_test, split.y_test)
    history = nn.fit(net, split.x_train, split.y_train, lr=0.002, epochs=4, batch_size=16)
    assert before < 0.3
    assert net.accuracy(split.x_test, split.y_test) >= 0.93
    assert np.mean(history.losses[-20:]) < np.mean(history.losses[:20]) / 4
    assert {blob.data.dtype for blob in net.parameters().values()} == {np.dtype(np.float32)}


# ---- wrong arguments


@given(st.sampled_from([None, "0", 1.5, -1, True, [], {}]))
def test_wrong_seeds_are_named(rng):
    with pytest.raises((TypeError, ValueError), match=r"^rng: expected an integer"):
        lenet5(rng)


@given(st.sampled_from([None, "int8", np.int64, complex, "float99", 3, []]))
def test_wrong_dtypes_are_named(dtype):
    with pytest.raises(TypeError, match=r"^dtype: expected float32 or float64"):
        lenet5(dtype=dtype)


@given(st.lists(st.integers(1, 40), min_size=0, max_size=5).filter(lambda shape: shape[1:] != [1, 32, 32]))
@settings(max_examples=30)
def test_images_of_another_shape_are_refused(shape):
    x = np.zeros(shape)
    with pytest.raises(ValueError, match=r"^x: expected"):
        lenet5().forward(x)
