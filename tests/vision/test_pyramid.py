"""The Laplacian pyramid and its neighbours, beside SciPy and scikit-image."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from course_pkg.vision import pyramid
from course_pkg.vision.colours import COVARIANCE, correlated, decorrelated, natural

KERNEL = np.outer([1, 4, 6, 4, 1], [1, 4, 6, 4, 1]) / 256


def noise(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


@given(height=st.integers(1, 70), width=st.integers(1, 70), levels=st.integers(0, 6), seed=st.integers(0, 99))
@settings(max_examples=25, deadline=None)
def test_merge_undoes_split(height, width, levels, seed):
    x = noise(2, 3, height, width, seed=seed)
    bands = pyramid.split(x, levels)
    assert len(bands) == levels + 1
    assert [band.shape[2] for band in bands[:-1]] == [-(-height // 2**i) for i in range(levels)]
    torch.testing.assert_close(pyramid.merge(bands), x, rtol=0, atol=1e-12)


def test_merge_undoes_split_in_single_precision():
    x = noise(1, 3, 61, 48).float()
    assert (pyramid.merge(pyramid.split(x)) - x).abs().max() < 1e-6


def test_the_filter_is_that_of_the_printed_kernel():
    x = noise(1, 2, 13, 18)
    expected = np.stack([ndimage.correlate(plane, KERNEL, mode="nearest") for plane in x[0].numpy()])
    np.testing.assert_allclose(pyramid.blur(x)[0], expected, atol=1e-12)
    np.testing.assert_allclose(pyramid.down(x)[0], expected[:, ::2, ::2], atol=1e-12)


def test_doubling_fills_the_gaps_with_the_same_kernel():
    x = noise(1, 1, 7, 9)
    wide = np.zeros((18, 22))  # zeros between the pixels, and a border that repeats the last one
    wide[::2, ::2] = np.pad(x[0, 0].numpy(), 1, mode="edge")
    expected = ndimage.correlate(wide, 4 * KERNEL, mode="constant")[2:16, 2:20]
    np.testing.assert_allclose(pyramid.up(x, (14, 18))[0, 0], expected, atol=1e-12)


@pytest.mark.parametrize("size", [(5, 8), (16, 16), (33, 20)])
def test_one_colour_stays_one_colour(size):
    flat = torch.full((1, 3, *size), 0.3, dtype=torch.float64)
    *details, rest = pyramid.split(flat)
    assert max(band.abs().max() for band in details) < 1e-12
    torch.testing.assert_close(rest, torch.full_like(rest, 0.3))
    torch.testing.assert_close(pyramid.blur(flat), flat)


def test_a_level_holds_the_waves_of_its_length():
    x = torch.arange(64, dtype=torch.float64).expand(1, 1, 64, 64)
    strongest = [
        max(range(4), key=lambda i: float(bands[i].square().mean()))
        for bands in (pyramid.split(torch.cos(2 * np.pi * x / length)) for length in (4, 8, 16, 32))
    ]
    assert strongest == [0, 1, 2, 3]


def test_levelled_bands_have_deviation_one():
    x = noise(2, 3, 64, 48) * torch.tensor([1.0, 1e-6]).view(2, 1, 1, 1)
    for band in pyramid.split(x):
        one = pyramid.by_deviation(band)
        torch.testing.assert_close(one.square().mean(dim=(1, 2, 3)), torch.ones(2, dtype=torch.float64))
    whole = pyramid.level(x)
    torch.testing.assert_close(whole.square().mean(dim=(1, 2, 3)), torch.ones(2, dtype=torch.float64))
    torch.testing.assert_close(whole[1:], pyramid.level(x[1:]), msg="each picture by itself")


def test_levelling_weakens_the_fine_and_keeps_the_coarse():
    x = torch.arange(64, dtype=torch.float64).expand(1, 1, 64, 64)
    fine, coarse = torch.cos(2 * np.pi * x / 3), torch.cos(2 * np.pi * x / 24)
    share = lambda image: float((image * coarse).sum() / (image * fine).sum())  # noqa: E731
    assert share(pyramid.level(fine + 0.01 * coarse)) > 10 * share(fine + 0.01 * coarse)


def test_levelling_does_not_blow_up_rounding():
    flat = torch.full((1, 3, 37, 50), 1e-5)
    assert pyramid.level(flat).std() < 0.01


def test_normalising_nothing_stays_nothing():
    zero = torch.zeros(1, 3, 16, 16)
    for normalised in (pyramid.by_deviation(zero), pyramid.by_mean(zero), pyramid.level(zero)):
        assert torch.equal(normalised, zero)


def test_by_mean():
    torch.testing.assert_close(
        pyramid.by_mean(noise(2, 3, 8, 8)).abs().mean(dim=(1, 2, 3)), torch.ones(2, dtype=torch.float64)
    )


@given(shift=st.tuples(st.integers(-40, 40), st.integers(-40, 40)))
@settings(max_examples=20, deadline=None)
def test_a_shift_back_undoes_a_shift(shift):
    x = noise(1, 3, 9, 13)
    there = pyramid.shift(x, shift)
    np.testing.assert_array_equal(there[0, 1], np.roll(x[0, 1].numpy(), shift, axis=(0, 1)))
    assert torch.equal(pyramid.shift(there, [-by for by in shift]), x)


def test_random_shifts_reach_both_ends_and_repeat():
    def draw():
        generator = torch.Generator().manual_seed(3)
        return [pyramid.random_shift(generator, 2) for _ in range(200)]

    assert draw() == draw()
    assert {by for pair in draw() for by in pair} == {-2, -1, 0, 1, 2}


def test_resize_keeps_the_mean_where_it_shrinks():
    x = noise(1, 3, 32, 48)
    small = pyramid.resize(x, (8, 12))
    assert small.shape == (1, 3, 8, 12)
    torch.testing.assert_close(small.mean(), x.mean(), atol=0.01, rtol=0)
    ramp = torch.linspace(0, 1, 20, dtype=torch.float64).expand(1, 1, 20, 20)
    inner = pyramid.resize(ramp, 40)[0, 0, 0, 2:-2]
    torch.testing.assert_close(inner.diff(), torch.full((35,), 1 / 38, dtype=torch.float64))


def test_colours_go_there_and_back():
    x = noise(2, 3, 5, 4)
    torch.testing.assert_close(correlated(decorrelated(x)), x)
    torch.testing.assert_close(decorrelated(correlated(x)), x)


def test_natural_is_a_step_in_the_independent_colours():
    """d/dz f(ROOT z) = ROOTᵀ g: a step along it changes the picture by ROOT ROOTᵀ g."""
    x = noise(1, 3, 2, 2)
    z = decorrelated(x).requires_grad_()
    picture = correlated(z)
    (gradient,) = torch.autograd.grad(picture.pow(3).sum(), z)
    torch.testing.assert_close(natural(3 * x**2), correlated(gradient))
    torch.testing.assert_close(natural(natural(x, 0.3), 0.7), natural(x))
    torch.testing.assert_close(natural(x, 0), x)
    assert torch.linalg.eigvalsh(COVARIANCE).min() > 0
    grey, magenta = torch.ones(1, 3, 1, 1), torch.tensor([1.0, -2, 1]).view(1, 3, 1, 1)
    assert (natural(grey).norm() / grey.norm()) > 20 * (natural(magenta).norm() / magenta.norm())


@pytest.mark.parametrize(
    ("call", "text"),
    [
        (lambda x: pyramid.split(x[0]), r"images: expected a tensor \(N, C, H, W\), got \(3, 8, 8\)"),
        (lambda _: pyramid.blur(np.zeros((1, 3, 8, 8))), "images: expected a tensor"),
        (lambda x: pyramid.split(x, -1), "levels: expected an integer ≥ 0, got -1"),
        (lambda x: pyramid.up(x, (8, 16)), r"size: expected a size that halves to \(8, 8\), got \(8, 16\)"),
        (lambda x: pyramid.resize(x, (0, 4)), r"size\[0\]: expected an integer ≥ 1, got 0"),
        (lambda _: pyramid.random_shift(torch.Generator(), -1), "most: expected an integer ≥ 0, got -1"),
    ],
)
def test_it_checks_its_arguments(call, text):
    with pytest.raises(ValueError, match=text):
        call(torch.zeros(1, 3, 8, 8))
