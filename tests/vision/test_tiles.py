"""Tiled gradients: equal to those of the whole picture, without strips that get none."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from course_pkg import vision
from course_pkg.vision import pyramid
from course_pkg.vision.tiles import ALIGNED, _spans


@pytest.fixture(scope="module", params=[("small", "relu3a"), ("googlenet", "inception3a")], ids=lambda p: p[0])
def case(request):
    """A network, a layer, and the function ½‖a_L‖² of images."""
    name, layer = request.param
    network = vision.load(name, random=True, device="cpu")
    return network, layer, lambda images: network.features(images, [layer])[layer].square().sum() / 2


def images(height, width):
    generator = torch.Generator().manual_seed(0)
    coarse = torch.rand(1, 3, height // 16, width // 16, generator=generator)
    noise = torch.rand(1, 3, height, width, generator=generator)
    return 0.8 * pyramid.resize(coarse, (height, width)) + 0.2 * noise


def whole(objective, x):
    x = x.clone().requires_grad_()
    value = objective(x)
    return float(value.detach()), torch.autograd.grad(value, x)[0]


@pytest.mark.parametrize("seed", [None, 0, 1])
@pytest.mark.parametrize("size", [(352, 320), (301, 363)], ids=str)
def test_tiled_is_whole(case, seed, size):
    """With the halo of the receptive field, everywhere, also where sizes are odd and at the borders."""
    network, layer, objective = case
    generator = None if seed is None else torch.Generator().manual_seed(seed)
    halo = vision.receptive_halo(network, [layer])
    assert 96 + 2 * halo < min(size), "the test must cut the picture"
    x = images(*size)
    value, gradient = whole(objective, x)
    estimate, tiled = vision.tiled_gradient(objective, x, tile=96, halo=halo, generator=generator)
    torch.testing.assert_close(tiled, gradient, rtol=1e-4, atol=1e-5 * float(gradient.abs().max()))
    assert estimate == pytest.approx(value, rel=0.15)


def test_with_a_small_halo_it_differs_at_the_seams_only(case):
    network, layer, objective = case
    x = images(256, 448)
    _, gradient = whole(objective, x)
    _, tiled = vision.tiled_gradient(objective, x, tile=128, halo=0)
    wrong = ((tiled - gradient).abs() > 1e-4 * gradient.abs().max()).any(dim=1)[0]
    assert wrong.any()
    reach = vision.receptive_halo(network, [layer])
    far = [column for column in range(448) if min(abs(column - seam) for seam in (128, 256, 384)) > reach]
    rows = [row for row in range(256) if abs(row - 128) > reach]
    assert far
    assert not wrong[rows][:, far].any()


def test_the_seams_move(case):
    """Over random grids the mean gradient with a small halo comes closer to that of the whole picture."""
    _, _, objective = case
    x = images(288, 256)
    _, gradient = whole(objective, x)
    generator = torch.Generator().manual_seed(0)
    tiled = [vision.tiled_gradient(objective, x, tile=128, halo=0, generator=generator)[1] for _ in range(5)]
    errors = [float((one - gradient).norm()) for one in tiled]
    assert len(set(errors)) > 1
    assert float((torch.stack(tiled).mean(dim=0) - gradient).norm()) < min(errors)


@pytest.mark.parametrize("halo", [0, 64])
def test_no_strip_gets_no_gradient(case, halo):
    _, _, objective = case
    for seed in range(2):
        _, gradient = vision.tiled_gradient(
            objective, images(230, 267), tile=96, halo=halo, generator=torch.Generator().manual_seed(seed)
        )
        size = gradient.abs().sum(dim=1)[0]
        assert (size.amax(dim=0) > 0).all()
        assert (size.amax(dim=1) > 0).all()
        assert size[:, -8:].mean() > 0.2 * size.mean()
        assert size[-8:].mean() > 0.2 * size.mean()


@given(
    length=st.integers(33, 1500),
    tile=st.integers(1, 8),
    halo=st.integers(0, 5),
    seed=st.none() | st.integers(0, 99),
)
def test_spans_cover_each_pixel_once_and_see_far_enough(length, tile, halo, seed):
    tile, halo = ALIGNED * tile, ALIGNED * halo
    spans = _spans(length, tile, halo, None if seed is None else torch.Generator().manual_seed(seed))
    assert [i for (start, end), _ in spans for i in range(start, end)] == list(range(length))
    for (start, end), (first, last) in spans:
        assert first % ALIGNED == 0
        assert first == 0 or start - first >= halo
        assert last == length or last - end >= halo
        assert last - first < tile + 2 * halo + ALIGNED


def test_the_halo_is_large_enough_and_not_much_too_large():
    """What can be counted by hand: pixels that reach a position of the layer, minus one, rounded up to 32."""
    network = vision.load("googlenet", random=True, device="cpu")
    # conv1 sees 7; pool 1, conv3, pool 2 (stride 8), 3a and 3b add 4, 8, 8, 16, 16
    for layer, field in (("conv1", 7), ("conv3", 7 + 4 + 8), ("inception3b", 7 + 4 + 8 + 8 + 16 + 16)):
        halo = vision.receptive_halo(network, [layer])
        assert field - 1 <= halo <= field + 2 * ALIGNED
    assert vision.receptive_halo(network, ["conv1", "inception3b"]) == vision.receptive_halo(network, ["inception3b"])


def test_wrong_arguments_are_named():
    def objective(x):
        return x.sum()

    for value, settings, named in (
        (np.zeros((1, 3, 64, 64)), {}, "images"),
        (torch.zeros(2, 3, 64, 64), {}, "images"),
        (torch.zeros(1, 3, 64, 64), {"tile": 0}, "tile"),
        (torch.zeros(1, 3, 64, 64), {"halo": -1}, "halo"),
        (torch.zeros(1, 3, 64, 64), {"tile": 1.5}, "tile"),
    ):
        with pytest.raises((TypeError, ValueError), match=f"^{named}"):
            vision.tiled_gradient(objective, value, **settings)
    stride3 = vision.Network(torch.nn.Sequential(torch.nn.Conv2d(3, 4, 3, stride=3)), caption="", device="cpu")
    with pytest.raises(ValueError, match=r"^layers: expected strides"):
        vision.receptive_halo(stride3, ["0"])
    with pytest.raises(ValueError, match=r"^layers"):
        vision.receptive_halo(stride3, ["1"])
