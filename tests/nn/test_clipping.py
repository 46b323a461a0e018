import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from nn_oracle import few, normal, seeds

from course_pkg import nn

SHAPES = ((4, 3), (4,), (2, 1, 3, 3))


def blobs(seed, dtype=np.float64):
    made = {f"p{i}": nn.Blob(np.zeros(shape, dtype)) for i, shape in enumerate(SHAPES)}
    for i, blob in enumerate(made.values()):
        blob.diff[...] = normal([seed, i], *blob.shape)
    return made


def joined(parameters):
    return np.concatenate([blob.diff.ravel() for blob in parameters.values()])


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@few
@given(max_norm=st.floats(0.01, 20), seed=seeds)
def test_equals_torch(dtype, max_norm, seed):
    ours = blobs(seed, dtype)
    theirs = [torch.zeros(blob.shape, dtype=torch.from_numpy(blob.diff).dtype) for blob in ours.values()]
    for tensor, blob in zip(theirs, ours.values(), strict=True):
        tensor.grad = torch.tensor(blob.diff)
    expected = torch.nn.utils.clip_grad_norm_(theirs, max_norm)
    assert nn.clip_gradients(ours, max_norm) == pytest.approx(float(expected), rel=1e-6)
    for tensor, blob in zip(theirs, ours.values(), strict=True):
        assert blob.diff.dtype == dtype
        np.testing.assert_allclose(blob.diff, tensor.grad.numpy(), rtol=2e-6)


@few
@given(max_norm=st.floats(1e-6, 1e3), seed=seeds)
def test_length_is_bounded_and_direction_stays(max_norm, seed):
    parameters = blobs(seed)
    before = joined(parameters)
    norm = nn.clip_gradients(parameters, max_norm)
    after = joined(parameters)
    assert norm == pytest.approx(np.linalg.norm(before))
    assert np.linalg.norm(after) == pytest.approx(min(norm, max_norm))
    assert before @ after == pytest.approx(np.linalg.norm(before) * np.linalg.norm(after))


def test_short_gradients_are_left_alone():
    parameters = blobs(0)
    before = joined(parameters)
    nn.clip_gradients(parameters, 1000)
    np.testing.assert_array_equal(joined(parameters), before)


def test_no_gradient_no_blobs():
    assert nn.clip_gradients([nn.Blob(np.ones(3))], 1) == 0
    assert nn.clip_gradients({}, 1) == 0


def test_a_shared_blob_counts_once():
    blob = nn.Blob([0.0, 0.0])
    blob.diff[...] = 3, 4
    assert nn.clip_gradients({"a": blob, "b": blob}, 1) == 5
    np.testing.assert_allclose(blob.diff, [0.6, 0.8])


def test_large_float32_gradients_do_not_overflow():
    blob = nn.Blob(np.zeros(2, np.float32))
    blob.diff[...] = 3e30, 4e30
    assert nn.clip_gradients([blob], 1) == pytest.approx(5e30)
    np.testing.assert_allclose(blob.diff, [0.6, 0.8], rtol=1e-6)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_what_is_not_finite_is_an_error_and_changes_nothing(value):
    parameters = blobs(0)
    parameters["p1"].diff[2] = value
    before = joined(parameters)
    with pytest.raises(ValueError, match="blobs: expected a gradient with a finite norm, got"):
        nn.clip_gradients(parameters, 1)
    np.testing.assert_array_equal(joined(parameters), before)


@pytest.mark.parametrize(
    ("arguments", "error", "text"),
    [
        ((None, 1), TypeError, "blobs: expected blobs"),
        (([1.0], 1), TypeError, r"blobs\[0\]: expected a Blob, got float"),
        (({}, 0), ValueError, "max_norm: expected a number > 0, got 0"),
        (({}, -1), ValueError, "max_norm: expected a number > 0, got -1"),
        (({}, np.inf), ValueError, "max_norm: expected a finite number"),
        (({}, "1"), TypeError, "max_norm: expected a number"),
    ],
)
def test_wrong_arguments_are_named(arguments, error, text):
    with pytest.raises(error, match=text):
        nn.clip_gradients(*arguments)
