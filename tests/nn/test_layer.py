"""The contract that every layer keeps."""

import numpy as np
import pytest
from nn_oracle import assert_equal, normal

from course_pkg import nn

IMAGES = (2, 3, 6, 5)
ROWS = (4, 6)
SEQUENCES = (3, 5, 6)
LAYERS = {
    "Dense": (lambda dtype: nn.Dense(6, 3, dtype=dtype), ROWS),
    "Sigmoid": (lambda dtype: nn.Sigmoid(), IMAGES),
    "Tanh": (lambda dtype: nn.Tanh(1.7159, 2 / 3), IMAGES),
    "ReLU": (lambda dtype: nn.ReLU(), IMAGES),
    "Softmax": (lambda dtype: nn.Softmax(), ROWS),
    "Conv2d": (lambda dtype: nn.Conv2d(3, 4, 3, padding=1, dtype=dtype), IMAGES),
    "Conv2d with stride": (lambda dtype: nn.Conv2d(3, 4, 2, stride=2, dilation=2, bias=False, dtype=dtype), IMAGES),
    "Conv2d with table": (lambda dtype: nn.Conv2d(3, 2, 3, table=np.eye(2, 3, dtype=bool), dtype=dtype), IMAGES),
    "MaxPool2d": (lambda dtype: nn.MaxPool2d(3, 2, 1), IMAGES),
    "AvgPool2d": (lambda dtype: nn.AvgPool2d(3, 2, 1), IMAGES),
    "Subsampling2d": (lambda dtype: nn.Subsampling2d(3, dtype=dtype), IMAGES),
    "Flatten": (lambda dtype: nn.Flatten(), IMAGES),
    "RNN": (lambda dtype: nn.RNN(6, 4, dtype=dtype), SEQUENCES),
    "LSTM": (lambda dtype: nn.LSTM(6, 4, dtype=dtype), SEQUENCES),
    "Bidirectional": (lambda dtype: nn.Bidirectional(nn.RNN(6, 4, dtype=dtype), nn.LSTM(6, 2, dtype=dtype)), SEQUENCES),
    "EachStep": (lambda dtype: nn.EachStep(), SEQUENCES),
    "AtStep": (lambda dtype: nn.AtStep(2), SEQUENCES),
    "EuclideanRBF": (lambda dtype: nn.EuclideanRBF(6, 2, centres=np.ones((2, 6), dtype), trainable=True), ROWS),
}


@pytest.fixture(params=LAYERS)
def case(request):
    make, shape = LAYERS[request.param]
    return make, normal(7, *shape)


def test_gradients_agree_with_finite_differences(case):
    make, x = case
    assert nn.check_gradients(make("float64"), x) < 1e-7


def test_neither_pass_changes_its_argument(case):
    make, x = case
    layer, before = make("float64"), x.copy()
    y = layer.forward(x)
    dy = normal(1, *y.shape)
    dy_before = dy.copy()
    layer.backward(dy)
    np.testing.assert_array_equal(x, before)
    np.testing.assert_array_equal(dy, dy_before)


def test_float32_stays_float32(case):
    make, x = case
    layer = make("float32")
    y = layer.forward(x.astype(np.float32))
    dx = layer.backward(np.ones_like(y))
    assert y.dtype == dx.dtype == np.float32
    assert all(blob.data.dtype == blob.diff.dtype == np.float32 for blob in layer.params.values())
    np.testing.assert_allclose(y, make("float64").forward(x), rtol=1e-4, atol=1e-4)


def test_backward_adds_to_the_gradients(case):
    make, x = case
    layer = make("float64")
    dy = normal(2, *layer.forward(x).shape)
    layer.backward(dy)
    once = {name: blob.diff.copy() for name, blob in layer.params.items()}
    layer.backward(dy)
    for name, blob in layer.params.items():
        assert_equal(blob.diff, 2 * once[name])


def test_backward_is_linear_in_dy(case):
    make, x = case
    layer = make("float64")
    shape = layer.forward(x).shape
    a, b = normal(3, *shape), normal(4, *shape)
    assert_equal(layer.backward(2 * a - b), 2 * layer.backward(a) - layer.backward(b))


def test_backward_before_forward_says_so(case):
    make, _ = case
    layer = make("float64")
    with pytest.raises(RuntimeError, match=rf"^{layer.name}: backward needs a forward pass first"):
        layer.backward(np.zeros((1, 1)))


def test_a_dy_of_the_wrong_shape_is_refused(case):
    make, x = case
    layer = make("float64")
    y = layer.forward(x)
    with pytest.raises(ValueError, match="dy: expected shape"):
        layer.backward(np.zeros((*y.shape, 1)))


def test_an_empty_batch_passes_through(case):
    make, x = case
    layer = make("float64")
    y = layer.forward(x[:0])
    assert layer.backward(y).shape == x[:0].shape
    assert all(not blob.diff.any() for blob in layer.params.values())


def test_a_base_layer_says_what_is_missing():
    with pytest.raises(NotImplementedError, match="Layer has no forward"):
        nn.Layer().forward(np.ones(1))
    with pytest.raises(NotImplementedError, match="Layer has no backward"):
        nn.Layer().backward(np.ones(1))
    with pytest.raises(NotImplementedError, match="Loss has no forward"):
        nn.Loss().forward(np.ones(1), 0)
    with pytest.raises(NotImplementedError, match="Loss has no backward"):
        nn.Loss().backward()


def test_flatten_equals_torch():
    import torch

    x = normal(0, *IMAGES)
    layer = nn.Flatten()
    np.testing.assert_array_equal(layer.forward(x), torch.nn.Flatten()(torch.tensor(x)).numpy())
    np.testing.assert_array_equal(layer.backward(layer.forward(x)), x)
