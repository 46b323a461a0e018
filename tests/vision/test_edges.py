"""A Gabor fit finds the Gabor that it was given, and little in noise; gratings and selectivity are what they say."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from skimage.filters import gabor_kernel
from skimage.transform import radon

from course_pkg.vision import fit_gabor, gratings, orientation_selectivity


@pytest.mark.parametrize("orientation", [0, 30, 75, 90, 135])
@pytest.mark.parametrize("frequency", [0.12, 0.2])
def test_fit_finds_the_gabor_of_scikit_image(orientation, frequency):
    # There theta is the direction of the wave, with rows counted downwards; stripes run across it.
    kernel = gabor_kernel(frequency, theta=np.radians(90 - orientation), sigma_x=2, sigma_y=2, n_stds=2.5).real
    fit = fit_gabor(kernel)
    assert fit.r2 > 0.999
    assert abs((fit.orientation - orientation + 90) % 180 - 90) < 1
    assert fit.frequency == pytest.approx(frequency, abs=0.01)
    np.testing.assert_allclose(fit.picture, kernel, atol=0.02 * np.abs(kernel).max())


def test_scale_and_sign_do_not_matter_and_noise_fits_badly():
    noise = np.random.default_rng(0).standard_normal((30, 9, 9))
    fits = np.array([fit_gabor(kernel).r2 for kernel in noise])
    assert fits.max() < 0.5
    assert fit_gabor(-1e-3 * noise[0]).r2 == pytest.approx(fits[0], abs=1e-6)


@settings(deadline=None, max_examples=20)
@given(seed=st.integers(0, 10**6), n=st.integers(3, 9))
def test_r2_is_what_the_picture_gives(seed, n):
    kernel = np.random.default_rng(seed).standard_normal((n, n))
    fit = fit_gabor(kernel)
    assert fit.r2 == pytest.approx(1 - np.sum((kernel - fit.picture) ** 2) / np.sum(kernel**2), abs=1e-9)
    assert 0 <= fit.r2 <= 1
    assert 0 <= fit.orientation < 180


def test_gratings_have_stripes_at_their_angle():
    pictures = gratings(41, 0.2, orientations=6)
    assert pictures.shape == (6, 1, 41, 41)
    y, x = np.mgrid[:41, :41] - 20
    for k, picture in enumerate(pictures[:, 0]):  # the sums along lines vary most when the lines run with the stripes
        sums = radon(picture * (np.hypot(x, y) <= 20), theta=np.arange(0, 180, 30.0))
        assert sums.std(axis=0).argmax() == (k + 3) % 6  # radon's 0° sums columns, which are upright lines
        assert np.abs(np.fft.fft2(picture)).max() > 0.4 * 41**2 / 2 * 0.9


def test_selectivity():
    none, full, half = np.ones(36), np.zeros(36), np.ones(36)
    full[5] = 2.0
    half[20] = 3.0
    np.testing.assert_allclose(orientation_selectivity(np.stack([none, full, half], axis=1)), [0, 1, 0.5])
    assert orientation_selectivity(np.zeros(4)) == 0


@pytest.mark.parametrize(
    ("call", "name"),
    [
        (lambda: fit_gabor(np.zeros((5, 5))), "kernel"),
        (lambda: fit_gabor(np.ones((5, 4))), "kernel"),
        (lambda: fit_gabor(np.ones((2, 2))), "kernel"),
        (lambda: fit_gabor(np.full((5, 5), np.nan)), "kernel"),
        (lambda: fit_gabor("edge"), "kernel"),
        (lambda: gratings(0, 0.1), "size"),
        (lambda: gratings(9, 0.6), "frequency"),
        (lambda: gratings(9, 0), "frequency"),
        (lambda: gratings(9, 0.1, orientations=0), "orientations"),
        (lambda: orientation_selectivity(np.ones(3)), "responses"),
        (lambda: orientation_selectivity([]), "responses"),
        (lambda: orientation_selectivity([-1.0, 1.0]), "responses"),
        (lambda: orientation_selectivity(1.0), "responses"),
    ],
)
def test_bad_arguments_are_named(call, name):
    with pytest.raises((TypeError, ValueError), match=f"^{name}"):
        call()
