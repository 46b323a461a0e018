"""Whatever is thrown at course_pkg.nn, it answers with a TypeError or ValueError that names the argument."""

import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from nn_oracle import normal

from course_pkg import nn

X, ROWS, LABELS = normal(0, 2, 3, 6, 6), normal(1, 4, 6), np.array([0, 1, 2, 0])
SCORES, KERNELS, MAPS = ROWS[:, :3], normal(2, 2, 3, 3, 3), normal(3, 2, 2, 6, 6)
GEOMETRY = {"stride": 1, "padding": 1, "dilation": 1}
WEIGHTS = {"bias": True, "rng": 0, "init": "he", "dtype": "float64"}
POOL = {"kernel_size": 2, "stride": 2, "padding": 0}
CENTRES = {"in_features": 6, "classes": 3, "centres": np.ones((3, 6)), "trainable": True}
TABLE = np.ones((2, 3), bool)
SEQUENCES, STATE = normal(4, 2, 5, 3), (np.zeros((2, 4)), np.zeros((2, 4)))
RECURRENT = {"input_size": 3, "hidden_size": 4, "init": 0.1, "rng": 0, "dtype": "float64"}


def net(layer=None):
    return nn.Net([layer or nn.Dense(6, 3)], loss=nn.SoftmaxCrossEntropy())


STEP = {"net": net(), "lr": 0.1, "regulariser": nn.L2(0.1)}

# Every public function and constructor, and the methods that take arguments, with a call that works.
CALLS = {
    "Blob": (nn.Blob, {"data": np.ones(3)}),
    "Dense": (nn.Dense, {"in_features": 3, "out_features": 2, **WEIGHTS}),
    "Tanh": (nn.Tanh, {"amplitude": 1.7, "slope": 0.6}),
    "ReLU": (nn.ReLU, {"at_zero": 0.0}),
    "Softmax": (nn.Softmax, {"axis": 1}),
    "Conv2d": (
        nn.Conv2d,
        {"in_channels": 3, "out_channels": 2, "kernel_size": 3, "table": TABLE, **GEOMETRY, **WEIGHTS},
    ),
    "GroupConv2d": (
        nn.GroupConv2d,
        {"in_channels": 4, "out_channels": 2, "kernel_size": 3, "groups": 2, **GEOMETRY, **WEIGHTS},
    ),
    "Dropout": (nn.Dropout, {"ratio": 0.5, "rng": 0}),
    "GaussianNoise": (nn.GaussianNoise, {"sigma": 0.5, "rng": 0}),
    "WeightNoise": (nn.WeightNoise, {"layer": nn.Dense(6, 3), "sigma": 0.5, "rng": 0}),
    "LRN": (nn.LRN, {"size": 5, "alpha": 1e-4, "beta": 0.75, "k": 1.0}),
    "Scale": (nn.Scale, {"channels": 3, "bias": True, "dtype": "float32"}),
    "BatchNorm": (
        nn.BatchNorm,
        {"channels": 3, "affine": True, "momentum": 0.1, "eps": 1e-5, "dtype": "float32"},
    ),
    "RNN": (nn.RNN, RECURRENT),
    "LSTM": (nn.LSTM, {**RECURRENT, "forget_bias": 1.0}),
    "RNN.forward from a state": (nn.RNN(3, 4).forward, {"x": SEQUENCES, "initial": STATE[:1]}),
    "LSTM.forward from a state": (nn.LSTM(3, 4).forward, {"x": SEQUENCES, "initial": STATE}),
    "RNN.step": (nn.RNN(3, 4).step, {"x": SEQUENCES[:, 0], "state": STATE[:1]}),
    "LSTM.step": (nn.LSTM(3, 4).step, {"x": SEQUENCES[:, 0], "state": STATE}),
    "Bidirectional": (nn.Bidirectional, {"ahead": nn.LSTM(3, 4), "back": nn.RNN(3, 2)}),
    "AtStep": (nn.AtStep, {"step": -1}),
    "MaxPool2d": (nn.MaxPool2d, POOL),
    "AvgPool2d": (nn.AvgPool2d, POOL),
    "Subsampling2d": (nn.Subsampling2d, {"channels": 3, "kernel_size": 2, "dtype": "float32"}),
    "EuclideanRBF": (nn.EuclideanRBF, CENTRES),
    "activation": (nn.activation, {"name": "tanh", "x": ROWS}),
    "activation_derivative": (nn.activation_derivative, {"name": "tanh", "x": ROWS}),
    "conv2d": (nn.conv2d, {"x": X, "weight": KERNELS, "bias": np.ones(2), **GEOMETRY}),
    "conv2d_input_grad": (nn.conv2d_input_grad, {"dy": MAPS, "weight": KERNELS, "input_shape": X.shape, **GEOMETRY}),
    "conv2d_weight_grad": (nn.conv2d_weight_grad, {"dy": MAPS, "x": X, "kernel_size": 3, **GEOMETRY}),
    "output_size": (nn.output_size, {"size": 7, "kernel": 3, "stride": 1, "padding": 0, "dilation": 1}),
    "MulticlassHinge": (nn.MulticlassHinge, {"margin": 1.0}),
    "RBFLoss": (nn.RBFLoss, {"j": 1.0}),
    "SoftmaxCrossEntropy": (nn.SoftmaxCrossEntropy, {"label_smoothing": 0.1}),
    "SoftmaxCrossEntropy.targets": (nn.SoftmaxCrossEntropy(0.1).targets, {"y": LABELS, "classes": 3}),
    "SoftmaxCrossEntropy.forward": (nn.SoftmaxCrossEntropy().forward, {"scores": SCORES, "y": LABELS}),
    "MulticlassHinge.forward": (nn.MulticlassHinge().forward, {"scores": SCORES, "y": LABELS}),
    "RBFLoss.forward": (nn.RBFLoss().forward, {"scores": SCORES, "y": LABELS}),
    "SquaredError.forward": (nn.SquaredError().forward, {"scores": SCORES, "y": SCORES}),
    "SigmoidCrossEntropy.forward": (nn.SigmoidCrossEntropy().forward, {"scores": SCORES, "y": SCORES}),
    "L1": (nn.L1, {"strength": 0.1}),
    "L2": (nn.L2, {"strength": 0.1}),
    "L1.penalty": (nn.L1(0.1).penalty, {"blobs": [nn.Blob([1.0])]}),
    "L2.add_gradient": (nn.L2(0.1).add_gradient, {"blobs": [nn.Blob([1.0])]}),
    "clip_gradients": (nn.clip_gradients, {"blobs": [nn.Blob([1.0])], "max_norm": 1.0}),
    "Net": (nn.Net, {"layers": [nn.ReLU()], "loss": nn.SoftmaxCrossEntropy()}),
    "Net.loss": (net().loss, {"x": ROWS, "y": LABELS}),
    "Net.predict": (net().predict, {"x": ROWS}),
    "Net.accuracy": (net().accuracy, {"x": ROWS, "y": LABELS}),
    "Net.summary": (net(nn.Conv2d(3, 2, 3)).summary, {"input_shape": (3, 6, 6)}),
    "SGD": (nn.SGD, STEP),
    "Momentum": (nn.Momentum, {**STEP, "momentum": 0.9}),
    "Nesterov": (nn.Nesterov, {**STEP, "momentum": 0.9}),
    "AdaGrad": (nn.AdaGrad, {**STEP, "eps": 1e-10}),
    "RMSProp": (nn.RMSProp, {**STEP, "alpha": 0.99, "eps": 1e-8}),
    "AdaDelta": (nn.AdaDelta, {**STEP, "rho": 0.9, "eps": 1e-6}),
    "Adam": (nn.Adam, {**STEP, "betas": (0.9, 0.999), "eps": 1e-8}),
    "fit": (
        nn.fit,
        {
            "net": net(),
            "x": ROWS,
            "y": LABELS,
            "lr": 0.1,
            "epochs": 1,
            "batch_size": 2,
            "rng": 0,
            "regulariser": nn.L2(0.1),
            "test": (ROWS, LABELS),
            "monitor": None,
            "schedule": None,
            "optimiser": nn.Adam,
            "augment": lambda x, rng: x,
        },
    ),
    "numerical_gradient": (nn.numerical_gradient, {"f": np.sum, "x": ROWS, "eps": 1e-5}),
    "check_gradients": (
        nn.check_gradients,
        {"layer": nn.SoftmaxCrossEntropy(), "x": SCORES, "y": LABELS, "eps": 1e-5, "tolerance": 1e-7, "rng": 0},
    ),
}
BARE = {
    "Layer",
    "Loss",
    "Optimiser",
    "OPTIMISERS",
    "History",
    "GradientError",
    "Sigmoid",
    "Flatten",
    "EachStep",
    "SquaredError",
}

for make, x in [
    (lambda: nn.Dense(6, 3), ROWS),
    (nn.Sigmoid, ROWS),
    (nn.Tanh, ROWS),
    (nn.ReLU, ROWS),
    (nn.Softmax, ROWS),
    (lambda: nn.Conv2d(3, 2, 3, **GEOMETRY), X),
    (lambda: nn.MaxPool2d(2), X),
    (lambda: nn.AvgPool2d(2), X),
    (lambda: nn.Subsampling2d(3), X),
    (nn.Flatten, X),
    (lambda: nn.GroupConv2d(3, 3, 3, groups=3), X),
    (lambda: nn.RNN(3, 4), SEQUENCES),
    (lambda: nn.LSTM(3, 4), SEQUENCES),
    (lambda: nn.Bidirectional(nn.RNN(3, 4), nn.LSTM(3, 2)), SEQUENCES),
    (nn.EachStep, SEQUENCES),
    (nn.AtStep, SEQUENCES),
    (nn.Dropout, X),
    (lambda: nn.GaussianNoise(0.5), X),
    (lambda: nn.WeightNoise(nn.Dense(6, 3), 0.5), ROWS),
    (nn.LRN, X),
    (lambda: nn.Scale(3), X),
    (lambda: nn.BatchNorm(3), X),
    (lambda: nn.EuclideanRBF(**CENTRES), ROWS),
    (net, ROWS),
]:
    kind = type(make()).__name__
    CALLS[f"{kind}.forward"] = make().forward, {"x": x}
    layer = make()
    CALLS[f"{kind}.backward"] = layer.backward, {"dy": np.ones_like(layer.forward(x))}

# What no argument may be …
JUNK = {
    "object": object(),
    "function": lambda: None,
    "None": None,
    "text": "text",
    "bytes": b"ab",
    "dict": {"a": 1},
    "complex": 1 + 2j,
    "NaN": float("nan"),
    "infinity": float("inf"),
    "a huge integer": -(10**400),
    "ragged list": [[1], [1, 2]],
    "array of text": np.array(["a", "b"]),
    "array of objects": np.array([None, {}]),
    "complex array": np.ones((2, 2), complex),
    "NaN array": np.full((4, 6), np.nan),
    "infinite images": np.full((2, 3, 6, 6), -np.inf),
}
# … but for these, where it has a meaning.
MEANINGFUL = {
    ("Conv2d", "table", "None"),
    ("conv2d", "bias", "None"),
    ("MaxPool2d", "stride", "None"),
    ("AvgPool2d", "stride", "None"),
    ("Softmax", "axis", "a huge integer"),  # an axis that no x has: forward says so
    ("AtStep", "step", "a huge integer"),  # a step that no x has: forward says so
    *((f"{kind}.forward from a state", "initial", "None") for kind in ("RNN", "LSTM")),
    *((f"{kind}.step", "state", "None") for kind in ("RNN", "LSTM")),
    ("Net", "loss", "None"),
    ("Net.backward", "dy", "None"),
    *((name, "regulariser", "None") for name in nn.OPTIMISERS),
    ("fit", "regulariser", "None"),
    ("fit", "test", "None"),
    ("fit", "monitor", "None"),
    ("fit", "monitor", "dict"),  # it has a method update too
    ("fit", "schedule", "None"),
    ("fit", "schedule", "function"),
    ("fit", "augment", "None"),
    ("fit", "augment", "function"),  # of no argument: Python itself says so when it is called
    ("numerical_gradient", "f", "function"),
}
ARGUMENTS = [(call, name) for call, (_, good) in CALLS.items() for name in good]


def complaint(call, **replaced):
    """Return the text of the TypeError or ValueError that the call raises, or None if it works."""
    function, good = CALLS[call]
    try:
        function(**{**good, **replaced})
    except (TypeError, ValueError) as error:
        return str(error)
    except nn.GradientError:
        return None  # the arguments were fine, a coarse eps was not
    return None


def names(text, argument):
    return re.search(rf"\b{argument}\b", text)


def test_every_public_name_is_tried():
    assert {call.split(".")[0] for call in CALLS} | BARE == set(nn.__all__)


@pytest.mark.parametrize("call", CALLS)
def test_the_good_call_works(call):
    assert complaint(call) is None


@pytest.mark.parametrize(("call", "name"), ARGUMENTS)
def test_junk_is_refused_by_the_name_of_its_argument(call, name):
    for kind, value in JUNK.items():
        if (call, name, kind) not in MEANINGFUL:
            text = complaint(call, **{name: value})
            assert text, f"{call} takes {kind} as {name}"
            assert names(text, name), f"{call}({name}={kind}) says {text!r}"
            assert "expected" in text, f"{call}({name}={kind}) says {text!r}"


def odd_values():
    """Values of the right kind, but of any size, shape and sign, which may or may not do."""
    small = st.integers(-3, 9)
    floats = st.floats(-1e6, 1e6) | st.sampled_from([np.nan, np.inf, -np.inf])
    dtypes = st.sampled_from([bool, np.int8, np.int64, np.uint8, np.float16, np.float32, np.float64])
    shapes = hnp.array_shapes(min_dims=0, max_dims=5, min_side=0, max_side=7)
    arrays = st.builds(lambda shape, dtype, scale: (np.ones(shape) * scale).astype(dtype), shapes, dtypes, small)
    return small | floats | st.booleans() | st.lists(small, max_size=5) | st.tuples(small, small) | arrays


@settings(max_examples=400, derandomize=True, deadline=None)
@given(st.sampled_from(ARGUMENTS), odd_values())
def test_odd_values_work_or_are_refused_by_name(argument, value):
    call, name = argument
    text = complaint(call, **{name: value})
    known = {*CALLS[call][1], "scores"}  # a loss calls the x of check_gradients its scores
    assert text is None or any(names(text, name) for name in known), f"{call}({name}={value!r}) says {text}"


@pytest.mark.parametrize(
    ("call", "replaced", "message"),
    [
        ("Conv2d", {"stride": 0}, "stride: expected an integer ≥ 1, got 0"),
        ("Conv2d", {"padding": -1}, "padding: expected an integer ≥ 0, got -1"),
        ("Conv2d", {"dilation": (1, 0)}, "dilation[1]: expected an integer ≥ 1, got 0"),
        ("Conv2d", {"kernel_size": (3, 3, 3)}, "kernel_size: expected an integer or two (height, width)"),
        ("Conv2d", {"table": np.ones((3, 2), bool)}, "table: expected shape (2, 3), (out_channels, in_channels)"),
        ("Conv2d", {"table": np.ones((2, 3))}, "table: expected an array of True and False"),
        ("Conv2d", {"init": "random"}, "init: expected one of 'lecun', 'xavier', 'he', 'zeros', got str 'random'"),
        ("Conv2d", {"dtype": "int32"}, "dtype: expected float32 or float64, got str 'int32'"),
        ("conv2d", {"x": X[:, :2]}, "x: expected shape (any, 3, any, any), got (2, 2, 6, 6)"),
        ("conv2d", {"x": X[:, :, :2], "padding": 0}, "x: expected images that the window fits into, got 2×6"),
        ("MaxPool2d", {"stride": 0}, "stride: expected an integer ≥ 1, got 0"),
        ("ReLU", {"at_zero": 2}, "at_zero: expected a slope from 0 to 1, got 2.0"),
        ("RNN.step", {"state": STATE}, "state: expected a tuple (h) of arrays, 1 in all, got tuple"),
        ("LSTM.step", {"state": (STATE[0], STATE[1].T)}, "state[1]: expected shape (2, 4), got (4, 2)"),
        ("RNN.forward", {"x": X}, "x: expected shape (any, any, 3), got (2, 3, 6, 6)"),
        ("Bidirectional", {"back": nn.RNN(2, 2)}, "back: expected another layer of input_size 3, as ahead has, got"),
        ("Bidirectional", {"ahead": nn.Dense(3, 2)}, "ahead: expected an RNN or LSTM layer, got Dense"),
        ("AtStep.forward", {"x": SEQUENCES[:, :0]}, "x: expected sequences with a step -1, got shape (2, 0, 3)"),
        ("Dropout", {"ratio": 1}, "ratio: expected a number from 0 to below 1, got 1.0"),
        ("GaussianNoise", {"sigma": -1}, "sigma: expected a number ≥ 0, got -1.0"),
        ("SoftmaxCrossEntropy", {"label_smoothing": 1}, "label_smoothing: expected a number from 0 to below 1, got 1"),
        ("fit", {"augment": 3}, "augment: expected a function (samples, rng) that returns new samples, got int 3"),
        ("Softmax.forward", {"x": np.ones(3)}, "x: expected at least one number along axis 1, got shape (3,)"),
        ("Flatten.forward", {"x": 1.0}, "x: expected at least one dimension"),
        ("SoftmaxCrossEntropy.forward", {"y": [0, 1, 2, -1]}, "y: expected labels from 0 to 2, got -1 at index 3"),
        ("SoftmaxCrossEntropy.forward", {"y": [0.0, 1.0]}, "y: expected integer class labels"),
        ("SoftmaxCrossEntropy.forward", {"scores": np.ones((0, 3)), "y": []}, "scores: expected at least one sample"),
        ("SquaredError.forward", {"y": ROWS}, "y: expected shape (4, 3), got (4, 6)"),
        ("fit", {"batch_size": 0}, "batch_size: expected an integer ≥ 1, got 0"),
        ("Momentum", {"momentum": 1}, "momentum: expected a number from 0 to below 1, got 1.0"),
        ("RMSProp", {"alpha": -0.1}, "alpha: expected a number ≥ 0, got -0.1"),
        ("AdaDelta", {"rho": 1.5}, "rho: expected a number from 0 to below 1, got 1.5"),
        ("AdaGrad", {"eps": 0}, "eps: expected a number > 0, got 0.0"),
        ("Adam", {"betas": 0.9}, "betas: expected two numbers (β₁, β₂), got float 0.9"),
        ("Adam", {"betas": (0.9, 1)}, "betas[1]: expected a number from 0 to below 1, got 1.0"),
        ("fit", {"net": {"w": nn.Blob([1.0])}}, "net: expected a Net, got dict"),
        ("fit", {"optimiser": nn.SGD(net(), 0.1)}, "optimiser: expected a class such as SGD or Adam, or a function"),
        ("fit", {"optimiser": lambda *_, **__: 3}, "optimiser: expected a class such as SGD or Adam, or a function"),
        ("fit", {"lr": 0}, "lr: expected a number > 0, got 0.0"),
        ("fit", {"x": ROWS[:0], "y": LABELS[:0]}, "x: expected at least one sample"),
        ("fit", {"schedule": lambda epoch: -1}, "schedule(epoch): expected a number ≥ 0, got -1.0"),
        ("activation", {"name": "swish"}, "name: expected one of 'sigmoid', 'tanh', 'relu', got str 'swish'"),
        ("numerical_gradient", {"f": lambda x: x}, "f(x): expected a number, got array of shape (4, 6)"),
    ],
)
def test_messages_say_what_came_and_what_was_expected(call, replaced, message):
    assert complaint(call, **replaced).startswith(message)


@pytest.mark.parametrize("method", ["save", "load"])
@pytest.mark.parametrize("path", [None, 3, b"ab", np.ones(2), {}])
def test_a_path_must_be_a_name(method, path):
    with pytest.raises(TypeError, match="path: expected the name of a file, got"):
        getattr(net(), method)(path)
