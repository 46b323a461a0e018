"""Whitening makes all scales equally strong; scrambling keeps the amplitudes and loses the edges."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes
from scipy.stats import kurtosis

from course_pkg import data


def radial_slope(picture, low, high):
    """Return the slope of log amplitude over log frequency between the frequencies ``low`` and ``high``."""
    height, width = picture.shape
    f = np.hypot(np.fft.fftfreq(height)[:, None], np.fft.fftfreq(width))
    inside = (f > low) & (f < high)
    return np.polyfit(np.log(f[inside]), np.log(np.abs(np.fft.fft2(picture))[inside]), 1)[0]


@pytest.mark.parametrize("name", ["cat", "china", "coffee"])
def test_whitening_flattens_the_spectrum_of_photos(name):
    picture = data.photo(name, height=256, grey=True)
    flat = data.whiten(picture)
    before, after = radial_slope(picture, 0.02, 0.15), radial_slope(flat, 0.02, 0.15)
    assert before < -0.9
    assert abs(after) < 0.7 < after - before
    assert flat.mean() == pytest.approx(0, abs=1e-12)
    assert flat.std() == pytest.approx(1)


def test_whitening_takes_away_what_is_above_the_cutoff():
    ripple = np.cos(np.pi * np.arange(64))  # ½ cycle a pixel
    wave = np.cos(2 * np.pi * 6 / 64 * np.arange(64))
    flat = data.whiten(np.add.outer(wave, ripple), cutoff=0.2)
    assert np.abs(flat - flat.mean(axis=1, keepdims=True)).max() < 1e-9
    assert np.corrcoef(flat[:, 0], wave)[0, 1] == pytest.approx(1)


@given(shape=array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=9), seed=st.integers(0, 99))
def test_scrambling_keeps_amplitudes_and_mean(shape, seed):
    picture = np.random.default_rng(seed).normal(3, 1, shape)
    other = data.scramble(picture, rng=seed)
    assert other.shape == shape
    np.testing.assert_allclose(np.abs(np.fft.fft2(other)), np.abs(np.fft.fft2(picture)), atol=1e-9)
    assert other.mean() == pytest.approx(picture.mean())


def test_scrambling_makes_a_photo_gaussian():
    picture = data.whiten(data.photo("cat", height=256, grey=True))
    other = data.scramble(picture)
    assert kurtosis(picture, axis=None) > 2
    assert abs(kurtosis(other, axis=None)) < 0.2
    assert abs(np.corrcoef(picture.ravel(), other.ravel())[0, 1]) < 0.1
    assert np.array_equal(other, data.scramble(picture))
    assert not np.array_equal(other, data.scramble(picture, rng=1))


def test_patches_are_windows_of_their_pictures():
    pictures = [np.arange(30.0).reshape(5, 6), 100 + np.arange(16.0).reshape(4, 4)]
    found = data.patches(pictures, 3, 7, rng=2)
    assert found.shape == (7, 3, 3)
    for patch, step, low, high in zip(found, [6] * 4 + [4] * 3, [0] * 4 + [100] * 3, [29] * 4 + [115] * 3, strict=True):
        assert low <= patch[0, 0] <= patch[-1, -1] <= high
        np.testing.assert_array_equal(patch, patch[0, 0] + np.add.outer(step * np.arange(3), np.arange(3)))
    assert np.array_equal(found, data.patches(pictures, 3, 7, rng=np.random.default_rng(2)))
    assert len({float(patch[0, 0]) for patch in data.patches(pictures, 3, 400)}) == 12 + 4  # all places occur


def test_patches_with_little_contrast_are_left_out():
    picture = np.zeros((20, 20))
    picture[:, 10:] = 2.0
    found = data.patches([picture], 4, 200, contrast=0.9)
    assert (found.std(axis=(1, 2)) > 0.9).all()
    assert {tuple(patch[0]) for patch in found} == {(0, 0, 2, 2)}


def test_real_or_scrambled():
    split = data.real_or_scrambled(12, train=301, test=40, dtype=np.float32)
    assert split.x_train.shape == (301, 1, 12, 12)
    assert split.x_test.shape == (40, 1, 12, 12)
    assert split.x_train.dtype == np.float32
    assert np.bincount(split.y_train).tolist() == [151, 150]
    assert np.bincount(split.y_test).tolist() == [20, 20]
    np.testing.assert_allclose(split.x_train.mean(axis=(2, 3)), 0, atol=1e-5)
    np.testing.assert_allclose(split.x_train.std(axis=(2, 3)), 1, rtol=1e-4)
    again, other = (
        data.real_or_scrambled(12, train=301, test=40),
        data.real_or_scrambled(12, train=301, test=40, seed=1),
    )
    np.testing.assert_allclose(split.x_train, again.x_train, rtol=1e-6)
    assert not np.array_equal(again.x_train, other.x_train)


def test_the_labels_are_right():
    split = data.real_or_scrambled(train=2000, test=400)
    for x, y in ((split.x_train, split.y_train), (split.x_test, split.y_test)):
        assert kurtosis(x[y == 1], axis=None) > kurtosis(x[y == 0], axis=None) + 0.5


@pytest.mark.parametrize(
    ("call", "name"),
    [
        (lambda: data.whiten(np.ones((4, 4))), "picture"),
        (lambda: data.whiten(np.zeros((0, 4))), "picture"),
        (lambda: data.whiten(np.ones((4, 4, 3))), "picture"),
        (lambda: data.whiten(np.eye(4), cutoff=0), "cutoff"),
        (lambda: data.scramble("cat"), "picture"),
        (lambda: data.scramble(np.zeros((4, 0))), "picture"),
        (lambda: data.scramble(np.eye(3), rng=-1), "rng"),
        (lambda: data.patches([], 3, 5), "pictures"),
        (lambda: data.patches([np.eye(5), np.ones(5)], 3, 5), r"pictures\[1\]"),
        (lambda: data.patches([np.eye(5), np.eye(2)], 3, 5), r"pictures\[1\]"),
        (lambda: data.patches([np.eye(5)], 0, 5), "size"),
        (lambda: data.patches([np.eye(5)], 3, 0), "count"),
        (lambda: data.patches([np.eye(5)], 3, 5, contrast=9), "contrast"),
        (lambda: data.patches([np.ones((5, 5))], 3, 5), "contrast"),
        (lambda: data.patches([np.eye(5)], 3, 5, rng="a"), "rng"),
        (lambda: data.real_or_scrambled(3), "size"),
        (lambda: data.real_or_scrambled(129), "size"),
        (lambda: data.real_or_scrambled(train=1), "train"),
        (lambda: data.real_or_scrambled(test=0.5), "test"),
        (lambda: data.real_or_scrambled(dtype=int), "dtype"),
        (lambda: data.real_or_scrambled(seed="a"), "seed"),
    ],
)
def test_bad_arguments_are_named(call, name):
    with pytest.raises((TypeError, ValueError), match=f"^{name}"):
        call()
