"""Every operation: value, gradients and second derivatives are torch's, with known lengths and with unknown ones."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from graph_oracle import check, close
from hypothesis import given, settings
from hypothesis import strategies as st

from course_pkg import graph

LABELS = np.array([2, 0, 1, 2])

# Name: (graph school, torch, shapes of the inputs).
OPERATIONS = {
    "add": (graph.add, torch.add, [(3, 4), (3, 4)]),
    "add a row": (lambda a, b: a + b, torch.add, [(3, 4), (4,)]),
    "sub a column": (lambda a, b: a - b, torch.sub, [(3, 1), (3, 4)]),
    "sub a number": (lambda a: 2 - a, lambda a: 2 - a, [(3, 4)]),
    "mul": (lambda a, b: a * b, torch.mul, [(2, 1, 3), (4, 1)]),
    "mul with itself": (lambda a: a * a, lambda a: a * a, [(3,)]),
    "div": (lambda a, b: a / (b * b + 1), lambda a, b: a / (b * b + 1), [(3, 4), (1, 4)]),
    "div a number": (lambda a: 1 / (a * a + 1), lambda a: 1 / (a * a + 1), [(3, 4)]),
    "array on the left": (lambda a: np.eye(3) @ a + np.ones((3, 1)), lambda a: a + 1, [(3, 2)]),
    "neg": (graph.neg, torch.neg, [(3, 4)]),
    "maximum": (graph.maximum, torch.maximum, [(3, 4), (4,)]),
    "exp": (graph.exp, torch.exp, [(3, 4)]),
    "log": (lambda a: graph.log(a * a + 1), lambda a: torch.log(a * a + 1), [(3, 4)]),
    "power 3": (lambda a: a**3, lambda a: a**3, [(3, 4)]),
    "power 0": (lambda a: a**0, lambda a: a**0, [(3,)]),
    "power 1": (lambda a: a**1, lambda a: a**1, [(3,)]),
    "power 1/2": (lambda a: (a * a + 1) ** 0.5, lambda a: (a * a + 1) ** 0.5, [(3, 4)]),
    "power -2": (lambda a: (a * a + 1) ** -2, lambda a: (a * a + 1) ** -2, [(3, 4)]),
    "square": (graph.square, torch.square, [(3, 4)]),
    "sigmoid": (graph.sigmoid, torch.sigmoid, [(3, 4)]),
    "tanh": (graph.tanh, torch.tanh, [(3, 4)]),
    "relu": (graph.relu, torch.relu, [(3, 4)]),
    "identity": (graph.identity, lambda a: a * 1, [(3, 4)]),
    "softmax": (graph.softmax, lambda a: torch.softmax(a, -1), [(3, 4)]),
    "log_sum_exp": (graph.log_sum_exp, lambda a: torch.logsumexp(a, -1, keepdim=True), [(2, 3, 4)]),
    "matmul": (graph.matmul, torch.matmul, [(3, 4), (4, 2)]),
    "matmul of a square": (lambda a: a @ a, lambda a: a @ a, [(3, 3)]),
    "transpose": (graph.transpose, lambda a: a.permute(2, 1, 0), [(2, 3, 4)]),
    "reshape": (lambda a: graph.reshape(a, (4, -1)), lambda a: a.reshape(4, 6), [(2, 3, 4)]),
    "sum": (graph.reduce_sum, torch.sum, [(3, 4)]),
    "sum, axis 0": (lambda a: graph.reduce_sum(a, 0), lambda a: a.sum(0), [(3, 4)]),
    "sum, axes, kept": (
        lambda a: graph.reduce_sum(a, [0, -1], keepdims=True),
        lambda a: a.sum((0, 2), keepdim=True),
        [(2, 3, 4)],
    ),
    "mean": (graph.reduce_mean, torch.mean, [(3, 4)]),
    "mean, axis -1, kept": (lambda a: graph.reduce_mean(a, -1, True), lambda a: a.mean(-1, keepdim=True), [(3, 4)]),
    "broadcast_like": (graph.broadcast_like, lambda a, b: a.expand(2, 3, 4), [(3, 1), (2, 3, 4)]),
    "broadcast_like, new axis": (
        lambda a, b: graph.broadcast_like(a, b, axis=(1,)),
        lambda a, b: a[:, None].expand(3, 4),
        [(3,), (3, 4)],
    ),
    "sum_like": (graph.sum_like, lambda a, b: a.sum(0).sum(1, keepdim=True), [(2, 3, 4), (3, 1)]),
    "slice": (lambda a: a[1:, ::2], lambda a: a[1:, ::2], [(3, 4)]),
    "index": (lambda a: a[:, -1], lambda a: a[:, -1], [(3, 4)]),
    "index of a row": (lambda a: a[1], lambda a: a[1], [(3, 4)]),
    "softmax_cross_entropy": (
        lambda s: graph.softmax_cross_entropy(s, graph.constant(LABELS, dtype="int64")),
        lambda s: F.cross_entropy(s, torch.tensor(LABELS), reduction="none"),
        [(4, 3)],
    ),
}
# The same, for operations that need to know some lengths.
IMAGES = {
    "concat": (lambda a, b: graph.concat([a, b], 1), lambda a, b: torch.cat([a, b], 1), [(2, 3), (2, 1)]),
    "concat with itself": (lambda a: graph.concat([a, a * a]), lambda a: torch.cat([a, a * a]), [(2, 3)]),
    "conv2d": (graph.conv2d, F.conv2d, [(2, 3, 5, 6), (4, 3, 2, 3)]),
    "conv2d, every argument": (
        lambda x, w: graph.conv2d(x, w, stride=(2, 1), padding=(1, 2), dilation=2),
        lambda x, w: F.conv2d(x, w, stride=(2, 1), padding=(1, 2), dilation=2),
        [(2, 3, 7, 6), (4, 3, 3, 2)],
    ),
    "avg_pool2d": (lambda x: graph.avg_pool2d(x, 2), lambda x: F.avg_pool2d(x, 2), [(2, 3, 4, 5)]),
    "max_pool2d": (lambda x: graph.max_pool2d(x, (3, 2)), lambda x: F.max_pool2d(x, (3, 2)), [(2, 3, 7, 4)]),
}


def arrays_of(shapes, seed=0):
    rng = np.random.default_rng(seed)
    return [rng.normal(size=shape) for shape in shapes]


@pytest.mark.parametrize("unknown", [False, True], ids=["known", "unknown"])
@pytest.mark.parametrize("name", OPERATIONS)
def test_operation_is_torchs(name, unknown):
    function, torch_function, shapes = OPERATIONS[name]
    check(function, torch_function, arrays_of(shapes), unknown=unknown)


@pytest.mark.parametrize("name", IMAGES)
def test_operation_on_known_lengths_is_torchs(name):
    function, torch_function, shapes = IMAGES[name]
    check(function, torch_function, arrays_of(shapes))


def test_every_operation_is_tested():
    with graph.Graph() as built:
        for function, _, shapes in (OPERATIONS | IMAGES).values():
            xs = [graph.placeholder(shape) for shape in shapes]
            y = function(*xs)
            graph.gradients(graph.gradients(y, xs[0]), xs)
    kinds = {op.kind.name for op in built.operations}
    assert kinds >= set(graph.ops.__all__) - {"softmax", "softmax_cross_entropy", "square", "avg_pool2d", "max_pool2d",
                                              "reduce_mean", "assign"}  # fmt: skip


@settings(max_examples=60, derandomize=True, deadline=None)
@given(st.data())
def test_broadcasting_of_all_shapes_is_torchs(data):
    full = data.draw(st.lists(st.integers(1, 4), max_size=4))
    shapes = []
    for _ in range(2):
        kept = full[data.draw(st.integers(0, len(full))) :]
        shapes.append(tuple(data.draw(st.sampled_from([1, n])) for n in kept))
    symbol = data.draw(st.sampled_from(["+", "-", "*", "/"]))
    function = {
        "+": lambda a, b: a + b,
        "-": lambda a, b: a - b,
        "*": lambda a, b: a * b,
        "/": lambda a, b: a / (b * b + 1),
    }[symbol]
    with graph.Graph():
        check(function, function, arrays_of(shapes), unknown=data.draw(st.booleans()))


def test_max_pooling_sends_the_gradient_of_a_tie_to_the_first():
    x = np.zeros((1, 1, 4, 4))
    x[0, 0, 1:3, 1:3] = 1
    p = graph.placeholder(x.shape)
    t = torch.tensor(x, requires_grad=True)
    F.max_pool2d(t, 4).sum().backward()
    close(graph.Session().run(graph.gradients(graph.max_pool2d(p, 4), p), {p: x}), t.grad)


def test_the_slope_of_relu_at_zero_is_zero():
    x = graph.placeholder((3,))
    assert graph.Session().run(graph.gradients(graph.relu(x), x), {x: [-1, 0, 1]}).tolist() == [0, 0, 1]


@pytest.mark.parametrize("p", [0, 1, 2, 3])
def test_derivatives_of_a_power_at_zero(p):
    x = graph.placeholder(())
    first = graph.gradients(x**p, x)
    second = graph.gradients(first, x)
    got = graph.Session().run([x**p, first, second], {x: 0.0})
    assert got == [float(p == 0), float(p == 1), 2.0 * (p == 2)]


def test_large_scores_do_not_overflow():
    scores, labels = np.array([[1e4, 0, -1e4], [-1e4, -1e4, -1e4]]), np.array([1, 2])
    s, y = graph.placeholder((None, 3)), graph.placeholder((None,), dtype="int64")
    loss = graph.softmax_cross_entropy(s, y)
    t = torch.tensor(scores, requires_grad=True)
    expected = F.cross_entropy(t, torch.tensor(labels), reduction="none")
    expected.sum().backward()
    got = graph.Session().run([loss, graph.gradients(loss, s), graph.softmax(s)], {s: scores, y: labels})
    for a, b in zip(got, [expected, t.grad, torch.softmax(t, 1)], strict=True):
        close(a, b)
    far = graph.placeholder((2,))
    assert graph.Session().run(graph.sigmoid(far), {far: [-1000, 1000]}).tolist() == [0, 1]
