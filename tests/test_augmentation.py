"""Augmented images are the old ones, moved, turned and resized by no more than what was asked for."""

from functools import partial

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from skimage.transform import AffineTransform, warp

from course_pkg import data, nn

SIZE = 41
DIGITS = data.digits(16).x_train[:30]


def with_places(images):
    """Add two channels, each pixel's row and column as seen from the middle: they show where pixels come from."""
    n, _, height, width = images.shape
    places = np.stack(np.indices((height, width))) - np.array([(height - 1) / 2, (width - 1) / 2])[:, None, None]
    return np.concatenate([images, np.broadcast_to(places, (n, 2, height, width))], axis=1)


def inverse_maps(result, edge):
    """For each image, the matrix (2, 2) and the offset (2,) that lead from a pixel to the place it came from."""
    n, _, height, width = result.shape
    here = with_places(np.zeros((1, 1, height, width)))[0, 1:, edge:-edge, edge:-edge].reshape(2, -1)
    inputs = np.vstack([here, np.ones(here.shape[1])]).T
    for came_from in result[:, 1:, edge:-edge, edge:-edge].reshape(n, 2, -1):
        solution, residual, *_ = np.linalg.lstsq(inputs, came_from.T)
        assert (residual < 1e-12).all()  # bilinear interpolation of a linear function is exact
        yield solution[:2].T, solution[2]


@given(st.integers(0, 2**32 - 1), st.floats(0, 3), st.floats(0, 40), st.floats(0, 0.3))
def test_each_image_is_moved_turned_and_resized_within_the_bounds(seed, shift, rotation, scale):
    images = with_places(np.zeros((6, 1, SIZE, SIZE)))
    changed = data.augment(images, seed, shift=shift, rotation=rotation, scale=scale)
    found = []
    for matrix, offset in inverse_maps(changed, edge=16):
        forth = np.linalg.inv(matrix)
        size = np.sqrt(np.linalg.det(forth))
        np.testing.assert_allclose(forth @ forth.T, size**2 * np.eye(2), atol=1e-9)  # no shear, no reflection
        turned = np.rad2deg(np.arctan2(forth[1, 0], forth[0, 0]))
        moved = -forth @ offset
        assert abs(size - 1) <= scale + 1e-9
        assert abs(turned) <= rotation + 1e-7
        assert (np.abs(moved) <= shift + 1e-9).all()
        found.append([size, turned, *moved])
    for amounts, bound in zip(np.array(found).T, (scale, rotation, shift, shift), strict=True):
        assert bound < 1e-3 or np.ptp(amounts) > 0.05 * bound  # each image has amounts of its own


def test_the_pixels_equal_those_of_skimage():
    images = 1 - DIGITS  # white, so that the rim counts
    rows = data.augment(with_places(images), rng=5, shift=2, rotation=25, scale=0.2)
    height, width = images.shape[2:]
    for old, new, (matrix, offset) in zip(images, rows, inverse_maps(rows, edge=6), strict=True):
        flipped, middle = matrix[::-1, ::-1], np.array([width - 1, height - 1]) / 2  # skimage counts columns first
        inverse = np.eye(3)
        inverse[:2, :2], inverse[:2, 2] = flipped, offset[::-1] + middle - flipped @ middle
        # The frame of 0 lets skimage, too, interpolate between the pixels at the rim and the 0 outside.
        expected = warp(np.pad(old[0], 1), AffineTransform(inverse) + AffineTransform(translation=(1, 1)), order=1)
        np.testing.assert_allclose(new[0], expected[:height, :width], atol=1e-9)


def test_without_amounts_nothing_changes():
    assert (data.augment(DIGITS, shift=0, rotation=0, scale=0) == DIGITS).all()


def test_the_argument_is_left_alone_and_shape_and_dtype_stay():
    x = DIGITS.astype("float32")
    before = x.copy()
    new = data.augment(x)
    assert (x == before).all()
    assert new.shape == x.shape
    assert new.dtype == np.float32
    assert (new != x).any(axis=(1, 2, 3)).all()
    assert new.min() >= 0
    assert new.max() <= 1


def test_a_seed_repeats_and_a_generator_goes_on():
    rng = np.random.default_rng(4)
    first, second = data.augment(DIGITS, rng), data.augment(DIGITS, rng)
    assert (first == data.augment(DIGITS, 4)).all()
    assert (first != second).any()


@pytest.mark.parametrize("shape", [(0, 1, 8, 8), (2, 0, 8, 8), (1, 1, 1, 1), (2, 3, 4, 7)])
def test_any_images_will_do(shape):
    assert data.augment(np.ones(shape)).shape == shape


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"x": DIGITS[0]}, "x: expected 4 dimensions, got 3"),
        ({"x": "digits"}, "x: expected an array of real numbers"),
        ({"rng": "seed"}, "rng: expected an integer"),
        ({"shift": -1}, "shift: expected a number ≥ 0"),
        ({"rotation": None}, "rotation: expected a number"),
        ({"scale": 1}, "scale: expected a number from 0 to below 1"),
        ({"shift": np.inf}, "shift: expected a finite number"),
    ],
)
def test_a_wrong_argument_is_named(arguments, message):
    with pytest.raises((TypeError, ValueError), match=f"^{message}"):
        data.augment(**{"x": DIGITS, **arguments})


def test_a_net_trained_on_moved_digits_reads_moved_digits_better():
    split, move = data.digits(dtype="float32"), partial(data.augment, shift=1.5, rotation=0, scale=0)
    moved = move(split.x_test, 1)
    accuracies = []
    for augment in None, move:
        rng = np.random.default_rng(0)
        layers = [nn.Flatten(), nn.Dense(64, 32, rng=rng, dtype="float32"), nn.ReLU(), nn.Dense(32, 10, rng=rng)]
        net = nn.Net(layers, nn.SoftmaxCrossEntropy())
        nn.fit(net, split.x_train, split.y_train, lr=0.2, epochs=20, batch_size=32, augment=augment)
        accuracies.append(net.accuracy(moved, split.y_test))
    assert accuracies[1] > accuracies[0] + 0.1
