"""Textures: the same seed gives the same picture, sizes and ranges hold, and a simple classifier tells kinds apart."""

import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.ensemble import ExtraTreesClassifier

from course_pkg import data
from course_pkg.data import TEXTURES, texture


def test_there_are_many_kinds_with_plain_names():
    assert len(TEXTURES) == len(set(TEXTURES)) >= 44
    assert all(name.replace("_", "").isalpha() and name.islower() for name in TEXTURES)
    assert data.TEXTURES is TEXTURES


@pytest.mark.parametrize("kind", TEXTURES)
def test_every_kind_gives_varied_colours_in_range_and_the_same_for_the_same_seed(kind):
    first, again, other = (texture(kind, size=32, seed=seed) for seed in (3, np.random.default_rng(3), 4))
    assert first.shape == (32, 32, 3)
    assert first.dtype == np.float64
    assert first.min() >= 0
    assert first.max() <= 1
    np.testing.assert_array_equal(first, again)
    assert np.abs(first - other).mean() > 0.02
    assert first.mean(axis=2).std() > 0.02, "nothing to see"


@given(kind=st.sampled_from(TEXTURES), size=st.integers(32, 80), seed=st.integers(0, 2**40))
@settings(max_examples=60, deadline=None)
def test_any_size_and_seed(kind, size, seed):
    picture = texture(kind, size=size, seed=seed)
    assert picture.shape == (size, size, 3)
    assert np.isfinite(picture).all()
    assert 0 <= picture.min() <= picture.max() <= 1


def test_the_same_seed_gives_the_same_picture_in_another_process():
    code = "from course_pkg.data import texture; print(repr(texture('eyes', size=48, seed=11).sum()))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == repr(texture("eyes", size=48, seed=11).sum())


def test_large_pictures_show_larger_and_more_things():
    """The pattern's strongest frequency: fewer cycles a pixel at 256 than at 64, but more cycles a picture."""

    def cycles(size):
        counts = []
        for seed in range(8):
            grey = texture("stripes", size=size, seed=seed).mean(axis=2)
            power = np.abs(np.fft.fft2(grey - grey.mean())) ** 2
            place = np.unravel_index(power.argmax(), power.shape)
            counts.append(np.hypot(*[min(k, size - k) for k in place]))
        return np.mean(counts)

    small, large = cycles(64), cycles(256)
    assert 1.4 < large / small < 2.8  # the rule says 2


def features(picture):
    """A few statistics that know nothing of kinds: how strong each scale and direction is, and how grey is spread."""
    grey = picture.mean(axis=2)
    grey = (grey - grey.mean()) / grey.std()
    f = np.hypot(np.fft.fftfreq(64)[:, None], np.fft.fftfreq(64))
    power = np.abs(np.fft.fft2(grey)) ** 2
    bands = [power[(f >= low) & (f < 1.35 * low)].sum() for low in 0.02 * 1.35 ** np.arange(11)]
    edges = np.sort(np.abs(np.concatenate([np.diff(grey, axis=0).ravel(), np.diff(grey, axis=1).ravel()])))
    spread = np.quantile(grey, np.linspace(0.02, 0.98, 12))
    return np.concatenate([np.log(np.array(bands) + 1), edges[:: len(edges) // 12], spread])


def test_a_simple_classifier_tells_the_kinds_apart():
    def pictures(seeds):
        x = [features(texture(kind, seed=seed)) for kind in TEXTURES for seed in seeds]
        return np.array(x), np.repeat(np.arange(len(TEXTURES)), len(seeds))

    forest = ExtraTreesClassifier(100, random_state=0).fit(*pictures(range(8)))
    right = forest.score(*pictures(range(100, 102)))
    assert right > 20 / len(TEXTURES), f"{right:.0%} right, by chance {1 / len(TEXTURES):.1%}"


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"kind": "tartan"}, ValueError, "kind: expected one of 'stripes'"),
        ({"kind": "stripes", "size": 31}, ValueError, "size: expected an integer ≥ 32, got 31"),
        ({"kind": "stripes", "size": 513}, ValueError, "size: expected at most 512 pixels, got 513"),
        ({"kind": "stripes", "size": 64.0}, TypeError, "size: expected an integer"),
        ({"kind": "stripes", "seed": -1}, ValueError, "seed: expected an integer ≥ 0"),
    ],
)
def test_wrong_arguments(arguments, error, message):
    with pytest.raises(error, match=message):
        texture(**arguments)
