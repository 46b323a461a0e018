import numpy as np
import pytest

from course_pkg import nn


def test_a_blob_has_data_and_a_gradient_of_zeros_beside_it():
    blob = nn.Blob(np.ones((2, 3), np.float32))
    assert blob.shape == blob.diff.shape == (2, 3)
    assert blob.size == 6
    assert blob.data.dtype == blob.diff.dtype == np.float32
    assert not blob.diff.any()


def test_a_blob_copies_what_it_is_given():
    values = np.ones(3)
    blob = nn.Blob(values)
    blob.data += 1
    assert values.tolist() == [1, 1, 1]


def test_integers_become_float64():
    assert nn.Blob([1, 2]).data.dtype == np.float64


def test_zero_grad_clears_the_gradient_in_place():
    blob = nn.Blob([1.0, 2.0])
    diff = blob.diff
    blob.diff += 5
    blob.zero_grad()
    assert blob.diff is diff
    assert diff.tolist() == [0, 0]
    assert blob.data.tolist() == [1, 2]


def test_a_blob_says_its_shape_and_dtype():
    assert repr(nn.Blob(np.zeros((2, 3)))) == "Blob(shape=(2, 3), dtype=float64)"


def test_nan_is_refused():
    with pytest.raises(ValueError, match="data: expected finite numbers, got nan at index"):
        nn.Blob([1.0, np.nan])
