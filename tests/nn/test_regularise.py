import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from nn_oracle import assert_equal, few, normal, seeds, torch_pass

from course_pkg import nn


@pytest.mark.parametrize(("kind", "price"), [(nn.L2, lambda w: 0.5 * (w**2).sum()), (nn.L1, lambda w: w.abs().sum())])
@few
@given(strength=st.floats(0, 3), seed=seeds)
def test_penalty_and_gradient_equal_torch(kind, price, strength, seed):
    blobs = {"a": nn.Blob(normal(seed, 3, 2)), "b": nn.Blob([0.0, -1.0, 2.0])}
    expected, *gradients = torch_pass(
        lambda *w: strength * sum(price(v) for v in w), 1.0, *(blob.data for blob in blobs.values())
    )
    regulariser = kind(strength)
    assert regulariser.penalty(blobs) == pytest.approx(float(expected))
    for blob in blobs.values():
        blob.diff += 1
    regulariser.add_gradient(blobs)
    for blob, gradient in zip(blobs.values(), gradients, strict=True):
        assert_equal(blob.diff, 1 + gradient)


def test_a_list_of_blobs_will_do():
    assert nn.L2(2.0).penalty([nn.Blob([3.0]), nn.Blob([4.0])]) == 25
    assert nn.L2(2.0).penalty([]) == 0


def test_cut_weights_cost_nothing():
    layer = nn.Conv2d(2, 2, 3, table=np.eye(2, dtype=bool))
    assert nn.L1(1.0).penalty(layer.params) == pytest.approx(np.abs(layer.weight.data[[0, 1], [0, 1]]).sum())
    nn.L1(1.0).add_gradient([layer.weight])
    assert not layer.weight.diff[[0, 1], [1, 0]].any()


def test_what_is_not_a_blob_is_refused():
    with pytest.raises(TypeError, match=r"blobs\[0\]: expected a Blob, got float"):
        nn.L2(1.0).penalty([1.0])
