"""Feature visualisation on networks that are so small that the right picture is known."""

import numpy as np
import pytest
import torch
from torch import nn

from course_pkg import vision
from course_pkg.models.imagenet import DEVIATION
from course_pkg.vision.channels import METHODS, Method, responses, steepest


class Stripes(nn.Module):
    """Channel 0 sees vertical stripes, channel 1 horizontal ones, channel 2 blue; then a ReLU and two classes."""

    classes = ("upright", "lying")

    def __init__(self):
        super().__init__()
        wave = torch.cos(2 * torch.pi * torch.arange(-4, 5) / 6) * torch.exp(-(torch.arange(-4, 5) ** 2) / 8)
        weights = torch.zeros(3, 3, 9, 9)
        weights[0] = wave.expand(9, 9) / 9
        weights[1] = wave.expand(9, 9).T / 9
        weights[2, 2, 4, 4], weights[2, :2, 4, 4] = 1, -1
        self.conv = nn.Conv2d(3, 3, 9, padding=4, bias=False)
        self.conv.weight.data = weights
        self.relu, self.average, self.flatten = nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten()
        self.head = nn.Linear(3, 2, bias=False)
        self.head.weight.data = torch.tensor([[1.0, 0, 0], [0, 1, 0]])

    def forward(self, x):
        return self.head(self.flatten(self.average(self.relu(self.conv(x)))))


@pytest.fixture(scope="module")
def network():
    return vision.Network(Stripes(), caption="stripes", classes=Stripes.classes, device="cpu")


def changes(picture):
    """How much a picture changes from row to row, and from column to column."""
    return [float(np.abs(np.diff(picture.mean(axis=2), axis=axis)).mean()) for axis in (0, 1)]


@pytest.mark.parametrize("method", METHODS)
def test_the_objective_rises_and_the_picture_is_what_the_channel_sees(network, method):
    upright, lying = vision.visualise(
        network, [vision.channel("relu", 0), vision.channel("relu", 1)], size=32, method=method, noise=0.2
    ).picture
    assert changes(upright)[1] > 1.4 * changes(upright)[0]
    assert changes(lying)[0] > 1.4 * changes(lying)[1]
    made = vision.visualise(network, vision.channel("conv", 2), size=32, method=method)
    assert made.history[-1] > made.history[0]
    assert made.history.shape == (METHODS[method].steps * METHODS[method].octaves,)
    assert made.picture.shape == (32, 32, 3)
    assert 0 <= made.picture.min() <= made.picture.max() <= 1


def test_same_seed_same_picture_and_another_seed_another(network):
    first, second, other = (
        vision.visualise(network, vision.channel("relu", 0), size=32, seed=seed).picture for seed in (1, 1, 2)
    )
    assert np.array_equal(first, second)
    assert np.abs(first - other).max() > 0.1


@pytest.mark.parametrize("method", ["laplacian", "fourier"])
def test_side_by_side_is_as_one_by_one(network, method):
    objectives = [vision.channel("conv", 1), vision.neuron("conv", 0), vision.score("upright")]
    together = vision.visualise(network, objectives, size=(24, 40), method=method, steps=5)
    assert together.picture.shape == (3, 24, 40, 3)
    for i, objective in enumerate(objectives):
        alone = vision.visualise(network, objective, size=(24, 40), method=method, steps=5)
        np.testing.assert_allclose(together.history[:, i], alone.history, rtol=1e-3, atol=1e-5)
        assert np.abs(together.picture[i] - alone.picture).mean() < 1e-3


def test_objectives_are_weighted_sums(network):
    images = torch.rand(1, 3, 20, 20, generator=torch.Generator().manual_seed(0))
    a, b, c = vision.channel("conv", 0), vision.neuron("relu", 2, at=(0.99, 0)), vision.score(1)
    maps = network.features(images, ["conv", "relu"])
    a_tenth = maps["relu"] - 0.1 * nn.functional.relu(-maps["conv"])
    parts = [a_tenth[0, 0].mean(), maps["relu"][0, 2, 19, 0], network.scores(images)[0, 1]]
    for objective, weights in (
        (a, [1, 0, 0]),
        (b, [0, 1, 0]),
        (c, [0, 0, 1]),
        (2 * a + b * 0.5 - c, [2, 0.5, -1]),
        (-(a - 3 * b), [-1, 3, 0]),
    ):
        value = responses(network, [objective.checked(network)], images)[0]
        torch.testing.assert_close(value, sum(w * part for w, part in zip(weights, parts, strict=True)))


def test_wrapping_makes_all_places_alike(network):
    """A shift of the picture around its border changes nothing, where without wrapping the border does."""
    images = torch.rand(1, 3, 24, 32, generator=torch.Generator().manual_seed(1))
    moved = images.roll((5, 11), dims=(2, 3))
    objective = [vision.channel("conv", 0)]
    torch.testing.assert_close(
        responses(network, objective, images, wrap=4), responses(network, objective, moved, wrap=4)
    )
    assert abs(responses(network, objective, images) - responses(network, objective, moved)) > 1e-4


def test_a_silent_channel_wakes_up():
    """Red and green minus blue is below 0 for grey: behind the ReLU there is nothing to climb."""
    module = Stripes()
    module.conv.weight.data[2] *= -1
    network = vision.Network(module, caption="yellow", device="cpu")
    behind, before = (
        vision.visualise(network, vision.channel(layer, 2), size=24, method="photo", noise=0.01).history
        for layer in ("relu", "conv")
    )
    assert set(behind) == {0}
    assert before[0] < 0 < before[-1]


def test_a_class_may_be_given_by_name(network):
    by_name, by_number = (
        vision.visualise(network, vision.score(which), size=24, steps=2).history for which in ("lying", 1)
    )
    np.testing.assert_array_equal(by_name, by_number)


def test_a_neuron_sees_its_field_only(network):
    picture = vision.visualise(network, vision.neuron("conv", 0, at=(0.25, 0.25)), size=40, method="naive").picture
    moved = np.abs(picture - np.median(picture)).mean(axis=2) > 0.1
    assert moved[6:15, 6:15].mean() > 0.5
    assert not moved[20:, 20:].any()


def test_photo_colours_turn_the_gradient():
    gradient = torch.zeros(1, 3, 16, 16)
    gradient[:, 0] = 1
    plain, turned = (steepest(gradient, Method(photo_colours=on))[0, :, 0, 0] for on in (0, 1))
    assert (plain[1], plain[2]) == (0, 0)
    assert turned[0] > turned[1] > turned[2] > 0


def test_blurring_the_gradient_makes_the_picture_smoother(network):
    rough, smooth = (
        vision.visualise(network, vision.channel("conv", 2), size=32, method="naive", blurs=blurs, noise=0).picture
        for blurs in (0, 2)
    )
    assert changes(smooth)[0] <= changes(rough)[0]


def test_watchers_see_every_step(network):
    seen = []
    vision.visualise(
        network, vision.channel("conv", 0), size=16, steps=3, octaves=2, watch=lambda *args: seen.append(args)
    )
    assert [(done, total) for _, done, total in seen] == [(i, 6) for i in range(1, 7)]
    assert seen[-1][0].shape == (16, 16, 3)


def test_an_interruption_keeps_the_picture_so_far(network):
    def stop(_picture, done, _total):
        if done == 4:
            raise KeyboardInterrupt

    made = vision.visualise(network, vision.channel("conv", 0), size=24, method="naive", watch=stop)
    whole = vision.visualise(network, vision.channel("conv", 0), size=24, method="naive", steps=4)
    assert np.array_equal(made.picture, whole.picture)
    assert np.array_equal(made.history, whole.history)


def test_the_network_knows_what_its_relus_read():
    assert vision.Network(Stripes(), caption="", device="cpu").before_relu == ("conv",)
    small = vision.load("small", random=True, device="cpu")
    assert {"conv1", "mixed4a", "mixed4a.three.reduce"} <= set(small.before_relu)
    assert not {"relu1", "pool1", "mixed4a.three"} & set(small.before_relu)


def test_a_step_at_the_true_scale_of_the_pixels(network):
    """One naive step moves the blue of all pixels alike, by rate, and the response by what the chain rule says."""
    made = vision.visualise(network, vision.channel("conv", 2), size=16, method="naive", steps=2, noise=0)
    gradient = torch.tensor([-1.0, -1, 1]) / torch.tensor(DEVIATION)
    step = METHODS["naive"].rate * gradient / gradient.square().mean().sqrt()
    assert made.history[1] - made.history[0] == pytest.approx(float((gradient * step).sum()), rel=1e-4)


A = vision.channel("conv", 0)


@pytest.mark.parametrize(
    ("call", "error", "text"),
    [
        (lambda n: vision.visualise(n, "conv"), TypeError, "objective: expected an Objective or a list"),
        (lambda n: vision.visualise(n, []), TypeError, "objective: expected an Objective or a list"),
        (lambda n: vision.visualise(n, [A, 3]), TypeError, "objective: expected an Objective or a list"),
        (lambda n: vision.visualise(n, vision.channel("conv9", 0)), ValueError, "layer: expected one of 'conv'"),
        (lambda n: vision.visualise(n, vision.channel("conv", 3)), ValueError, "channel: expected 0 to 2, got 3"),
        (lambda n: vision.visualise(n, vision.score(2)), ValueError, "class: expected 0 to 1, got 2"),
        (lambda n: vision.visualise(n, vision.score("cat")), ValueError, "class: expected one of 'upright'"),
        (lambda n: vision.visualise(n, A, method="best"), ValueError, "method: expected one of 'naive'"),
        (lambda n: vision.visualise(n, A, size=8), ValueError, "size: expected an integer ≥ 16, got 8"),
        (lambda n: vision.visualise(n, A, steps=0), ValueError, "steps: expected an integer ≥ 1, got 0"),
        (lambda n: vision.visualise(n, A, wrap=17), ValueError, "wrap: expected at most 16"),
        (lambda n: vision.visualise(n, A, scale=1), ValueError, "scale: expected a number > 1"),
        (lambda n: vision.visualise(n, A, rate=-1), ValueError, "rate: expected a number > 0"),
        (lambda n: vision.visualise(n, A, photo_colours=-1), ValueError, "photo_colours: expected a number ≥ 0"),
        (lambda n: vision.visualise(n, A, method="fourier", levels=4), ValueError, "fourier: expected octaves 1"),
        (lambda _: vision.channel("conv", -1), ValueError, "number: expected an integer ≥ 0"),
        (lambda _: vision.neuron("conv", 0, at=(0.5, 1)), ValueError, "at: expected shares from 0 to below 1"),
        (lambda _: vision.neuron("conv", 0, at=0.5), ValueError, "at: expected two shares"),
        (lambda _: A * "2", TypeError, "weight: expected a number"),
    ],
)
def test_it_checks_its_arguments(network, call, error, text):
    with pytest.raises(error, match=text):
        call(network)


def test_patches_are_where_the_channel_responds(network):
    rng = np.random.default_rng(0)
    stripes = 0.5 + 0.5 * np.cos(2 * np.pi * np.arange(64) / 6)
    pictures = [np.full((64, 96, 3), 0.5) + rng.uniform(-0.02, 0.02, (64, 96, 3)) for _ in range(3)]
    pictures[1][:, 24:88] = stripes[None, :, None]
    pictures[2][8:40, 8:72] = stripes[:32, None, None]
    found = vision.most_exciting(network, "conv", [0, 1], pictures, side=16, count=3)
    assert found.patches.shape == (2, 3, 16, 16, 3)
    assert (np.diff(found.values, axis=1) <= 0).all()
    upright, lying = found.patches
    assert all(changes(patch)[1] > 5 * changes(patch)[0] for patch in upright)
    assert all(changes(patch)[0] > 5 * changes(patch)[1] for patch in lying)
    for which, channel in enumerate((0, 1)):
        maps = [network.features(network.tensor(p), ["conv"])["conv"][0, channel] for p in pictures]
        assert found.values[which, 0] == pytest.approx(max(float(m.max()) for m in maps))


def test_patches_are_apart(network):
    picture = np.random.default_rng(1).uniform(0, 1, (48, 48, 3))
    picture[..., 0] = np.arange(48 * 48).reshape(48, 48) / 48**2  # so that each patch says where it is from
    patches = vision.most_exciting(network, "conv", [2], [picture], side=16, count=4).patches[0]
    corners = [divmod(round(patch[0, 0, 0] * 48**2), 48) for patch in patches]
    for i, (row, column) in enumerate(corners):
        np.testing.assert_array_equal(patches[i], picture[row : row + 16, column : column + 16])
    assert len(set(corners)) == 4


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"layer": "conv9"}, "layer: expected one of"),
        ({"channels": [3]}, "channels: expected some of 0 to 2"),
        ({"channels": []}, "channels: expected some of 0 to 2"),
        ({"side": 33}, r"pictures\[0\]: expected at least 33×33 pixels, got 32×40"),
        ({"count": 99}, "count: expected at most .* 16 pixels apart, got 99"),
        ({"pictures": []}, "count: expected at most 0"),
        ({"pictures": [np.zeros((32, 40))]}, r"pictures\[0\]: expected shape"),
    ],
)
def test_most_exciting_checks_its_arguments(network, options, text):
    arguments = {"layer": "conv", "channels": [0], "pictures": [np.zeros((32, 40, 3))], "side": 16, "count": 1}
    with pytest.raises(ValueError, match=text):
        vision.most_exciting(network, **{**arguments, **options})
