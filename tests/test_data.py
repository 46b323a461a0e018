"""The bundled data are what their docstrings say."""

import numpy as np
import pytest
from sklearn.datasets import load_digits

from course_pkg import data


def test_digits_as_they_are():
    split = data.digits()
    everything = np.concatenate([split.x_train, split.x_test])[:, 0] * 16
    rows = lambda a: sorted(map(bytes, a.reshape(len(a), -1).astype(np.uint8)))  # noqa: E731
    assert rows(everything) == rows(load_digits().images)
    assert split.x_train.shape == (1437, 1, 8, 8)
    assert split.x_test.shape == (360, 1, 8, 8)


@pytest.mark.parametrize("size", [8, 16, 28, 32])
def test_digits_enlarged(size):
    split = data.digits(size, dtype=np.float32)
    assert split.x_train.shape[1:] == (1, size, size)
    assert split.x_train.dtype == np.float32
    assert split.x_train.min() == 0
    assert 0.9 < split.x_train.max() <= 1
    if size == 32:
        assert not split.x_train[:, :, :4].any()  # the margin that LeNet-5 expects


def test_digits_keep_their_classes_in_balance_and_their_seed():
    first, again, other = data.digits(seed=1), data.digits(seed=1), data.digits(seed=2)
    assert np.array_equal(first.x_test, again.x_test)
    assert not np.array_equal(first.x_test, other.x_test)
    assert np.ptp(np.bincount(first.y_test)) <= 2


@pytest.mark.parametrize(
    ("arguments", "name"),
    [
        ({"size": 7}, "size"),
        ({"size": "8"}, "size"),
        ({"test": 0}, "test"),
        ({"test": 1}, "test"),
        ({"seed": -1}, "seed"),
    ],
)
def test_digits_name_the_bad_argument(arguments, name):
    with pytest.raises((TypeError, ValueError), match=name):
        data.digits(**arguments)


@pytest.mark.parametrize("name", data.PHOTOS)
def test_photos(name):
    colour, grey = data.photo(name, height=60), data.photo(name, height=60, grey=True)
    assert colour.shape == (*grey.shape, 3)
    assert grey.shape[0] == 60
    assert colour.dtype == grey.dtype == np.float64
    assert colour.min() >= 0
    assert colour.max() <= 1
    assert np.allclose(grey, colour @ [0.2125, 0.7154, 0.0721], atol=1e-9)


def test_photo_names_what_it_has():
    with pytest.raises(ValueError, match=r"name.*'cat'.*'dog'"):
        data.photo("dog")


def test_xor():
    x, y = data.xor()
    assert np.array_equal(y, np.logical_xor(x[:, 0], x[:, 1]))
