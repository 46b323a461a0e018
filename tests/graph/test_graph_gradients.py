"""Gradients of random expressions, second derivatives known by hand, networks, and how the graph is extended."""

import sys

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from graph_oracle import close, torch_gradients
from hypothesis import given, settings
from hypothesis import strategies as st

from course_pkg import graph

# What a random expression is made of: (graph school, torch) of one value, and of two.
UNARY = [
    (lambda a: -a, lambda a: -a),
    (lambda a: 1 - 2 * a, lambda a: 1 - 2 * a),
    (graph.tanh, torch.tanh),
    (graph.sigmoid, torch.sigmoid),
    (graph.relu, torch.relu),
    (graph.square, torch.square),
    (lambda a: graph.exp(graph.tanh(a)), lambda a: torch.exp(torch.tanh(a))),
    (lambda a: graph.log(graph.square(a) + 1), lambda a: torch.log(a**2 + 1)),
    (lambda a: (graph.square(a) + 1) ** 0.5, lambda a: (a**2 + 1) ** 0.5),
    (graph.transpose, lambda a: a.permute(tuple(reversed(range(a.ndim))))),
    (lambda a: graph.reshape(a, (-1,)), lambda a: a.reshape(-1)),
    (lambda a: graph.reduce_sum(a), torch.sum),
    (lambda a: graph.reduce_mean(a, 0, keepdims=True), lambda a: a.mean(0, keepdim=True)),
    (lambda a: graph.reduce_sum(a, -1), lambda a: a.sum(-1)),
    (graph.softmax, lambda a: torch.softmax(a, -1)),
    (lambda a: a[0], lambda a: a[0]),
    (lambda a: a[::-1][1:], lambda a: a.flip(0)[1:]),
]
NEEDS_AN_AXIS = 12  # the entries from here on
BINARY = [
    (lambda a, b: a + b, torch.add),
    (lambda a, b: a - b, torch.sub),
    (lambda a, b: a * b, torch.mul),
    (lambda a, b: a / (graph.square(b) + 1), lambda a, b: a / (b**2 + 1)),
    (graph.maximum, torch.maximum),
]


def can_broadcast(a, b):
    return all(m == n or 1 in (m, n) for m, n in zip(reversed(a), reversed(b), strict=False))


@settings(max_examples=150, derandomize=True, deadline=None)
@given(st.data())
def test_gradients_of_random_expressions_are_torchs(data):
    shapes = data.draw(st.lists(st.sampled_from([(), (3,), (2, 3), (2, 1), (3, 2), (1, 3)]), min_size=1, max_size=3))
    rng = np.random.default_rng(data.draw(st.integers(0, 2**31)))
    arrays = [rng.normal(size=shape) for shape in shapes]
    hidden = data.draw(st.booleans())
    with graph.Graph() as built:
        xs = [graph.placeholder([None] * a.ndim if hidden else a.shape) for a in arrays]
        ts = [torch.tensor(a, requires_grad=True) for a in arrays]
        pairs = list(zip(xs, ts, strict=True))
        for _ in range(data.draw(st.integers(1, 8))):
            x, t = data.draw(st.sampled_from(pairs))
            others = [p for p in pairs if p[1] is not t and can_broadcast(t.shape, p[1].shape)]
            products = [p for p in pairs if t.ndim == p[1].ndim == 2 and t.shape[1] == p[1].shape[0]]
            if products and data.draw(st.booleans()):
                x2, t2 = data.draw(st.sampled_from(products))
                pairs.append((x @ x2, t @ t2))
            elif others and data.draw(st.booleans()):
                x2, t2 = data.draw(st.sampled_from(others))
                # Of two equal numbers none is larger: torch then shares the gradient between them.
                kinds = BINARY if not (t.detach() == t2.detach()).any() else BINARY[:-1]
                f, torch_f = data.draw(st.sampled_from(kinds))
                pairs.append((f(x, x2), torch_f(t, t2)))
            else:
                known = t.ndim > 0 and t.numel() > 0
                f, torch_f = data.draw(st.sampled_from(UNARY if known else UNARY[:NEEDS_AN_AXIS]))
                pairs.append((f(x), torch_f(t)))
        loss = sum(graph.reduce_sum(graph.tanh(x)) for x, _ in pairs)
        t_loss = sum(torch.tanh(t).sum() for _, t in pairs)
        direction = [rng.normal(size=a.shape) for a in arrays]
        first = graph.gradients(loss, xs)
        second = graph.gradients(sum(graph.reduce_sum(d * v) for d, v in zip(first, direction, strict=True)), xs)
    t_first = torch_gradients(t_loss, ts, create_graph=True)
    along = sum((d * torch.tensor(v)).sum() for d, v in zip(t_first, direction, strict=True))
    t_second = torch_gradients(along, ts)
    feed = dict(zip(xs, arrays, strict=True))
    got_loss, got_first, got_second = graph.Session(built).run([loss, first, second], feed)
    close(got_loss, t_loss)
    for a, b in zip([*got_first, *got_second], [*t_first, *t_second], strict=True):
        close(a, b)


@pytest.mark.parametrize(
    ("function", "derivatives"),
    [
        (lambda x: x**3, [lambda x: 3 * x**2, lambda x: 6 * x, lambda x: 6 + 0 * x, lambda x: 0 * x]),
        (graph.exp, [np.exp] * 5),
        (
            graph.tanh,
            [
                lambda x: 1 - np.tanh(x) ** 2,
                lambda x: -2 * np.tanh(x) * (1 - np.tanh(x) ** 2),
                lambda x: (6 * np.tanh(x) ** 2 - 2) * (1 - np.tanh(x) ** 2),
            ],
        ),
        (lambda x: 1 / x, [lambda x: -1 / x**2, lambda x: 2 / x**3, lambda x: -6 / x**4]),
        (graph.log, [lambda x: 1 / x, lambda x: -1 / x**2, lambda x: 2 / x**3]),
    ],
    ids=["cube", "exp", "tanh", "reciprocal", "log"],
)
def test_higher_derivatives_known_by_hand(function, derivatives):
    x = graph.placeholder((None,))
    points, tensors = np.linspace(0.3, 2, 7), [function(x)]
    for _ in derivatives:
        tensors.append(graph.gradients(tensors[-1], x))
    for got, formula in zip(graph.Session().run(tensors[1:], {x: points}), derivatives, strict=True):
        close(got, formula(points))


def test_hessian_of_a_quadratic_form_is_its_matrix():
    a = np.random.default_rng(0).normal(size=(4, 4))
    x = graph.placeholder((4, 1))
    slope = graph.gradients(graph.reduce_sum(x * (graph.constant(a) @ x)), x)
    rows = [graph.gradients(slope[i], x) for i in range(4)]
    got = graph.Session().run(graph.concat(rows, 1), {x: np.ones((4, 1))})
    close(got, a + a.T)


def parameters(rng, *shapes):
    return [rng.normal(size=shape) * 0.5 for shape in shapes]


def train(loss, variables, feeds, lr):
    """The losses of one step of gradient descent for each feed, and the variables' last values."""
    steps = [graph.assign(w, w - lr * dw) for w, dw in zip(variables, graph.gradients(loss, variables), strict=True)]
    session = graph.Session()
    losses = [session.run([loss, steps], feed)[0] for feed in feeds]
    return losses, session.run(variables)


def torch_train(loss, variables, feeds, lr):
    optimiser = torch.optim.SGD(variables, lr=lr)
    losses = []
    for feed in feeds:
        optimiser.zero_grad()
        value = loss(*(torch.tensor(a) for a in feed))
        value.backward()
        optimiser.step()
        losses.append(value.item())
    return losses, variables


def assert_same_training(got, expected):
    close(got[0], expected[0])
    for a, b in zip(got[1], expected[1], strict=True):
        close(a, b)


def test_mlp_trains_as_in_torch():
    rng = np.random.default_rng(1)
    start = parameters(rng, (5, 8), (8,), (8, 3), (3,))
    batches = [(rng.normal(size=(n, 5)), rng.integers(0, 3, size=n)) for n in rng.integers(2, 9, size=25)]
    x, y = graph.placeholder((None, 5)), graph.placeholder((None,), dtype="int64")
    w1, b1, w2, b2 = variables = [graph.Variable(a) for a in start]
    loss = graph.reduce_mean(graph.softmax_cross_entropy(graph.tanh(x @ w1 + b1) @ w2 + b2, y))
    got = train(loss, variables, [{x: a, y: b} for a, b in batches], lr=0.5)
    tw = [torch.tensor(a, requires_grad=True) for a in start]
    expected = torch_train(
        lambda a, b: F.cross_entropy(torch.tanh(a @ tw[0] + tw[1]) @ tw[2] + tw[3], b), tw, batches, lr=0.5
    )
    assert_same_training(got, expected)


@pytest.mark.parametrize("pool", ["max", "avg"])
def test_small_cnn_trains_as_in_torch(pool):
    rng = np.random.default_rng(2)
    start = parameters(rng, (4, 1, 3, 3), (4, 1, 1), (5, 4, 2, 2), (20, 3), (3,))
    batches = [(rng.normal(size=(4, 1, 8, 8)), rng.integers(0, 3, size=4)) for _ in range(10)]
    x, y = graph.placeholder((None, 1, 8, 8)), graph.placeholder((None,), dtype="int64")
    k1, b1, k2, w, b = variables = [graph.Variable(a) for a in start]
    pooling = graph.max_pool2d if pool == "max" else graph.avg_pool2d
    h = pooling(graph.relu(graph.conv2d(x, k1, padding=1) + b1), 2)
    h = graph.relu(graph.conv2d(h, k2, stride=2))
    loss = graph.reduce_mean(graph.softmax_cross_entropy(graph.reshape(h, (-1, 20)) @ w + b, y))
    got = train(loss, variables, [{x: a, y: b} for a, b in batches], lr=0.1)
    tw = [torch.tensor(a, requires_grad=True) for a in start]

    def torch_loss(a, b):
        h = F.relu(F.conv2d(a, tw[0], padding=1) + tw[1])
        h = F.max_pool2d(h, 2) if pool == "max" else F.avg_pool2d(h, 2)
        h = F.relu(F.conv2d(h, tw[2], stride=2))
        return F.cross_entropy(h.reshape(-1, 20) @ tw[3] + tw[4], b)

    assert_same_training(got, torch_train(torch_loss, tw, batches, lr=0.1))


def test_unrolled_rnn_cell_trains_as_in_torch():
    rng = np.random.default_rng(3)
    start = parameters(rng, (3, 6), (6, 6), (6,), (6, 2))
    batches = [(rng.normal(size=(4, 7, 3)), rng.integers(0, 2, size=4)) for _ in range(10)]
    x, y = graph.placeholder((None, 7, 3)), graph.placeholder((None,), dtype="int64")
    wx, wh, b, wo = variables = [graph.Variable(a) for a in start]
    h = graph.constant(np.zeros((1, 6)))
    for t in range(7):
        h = graph.tanh(x[:, t] @ wx + h @ wh + b)
    loss = graph.reduce_mean(graph.softmax_cross_entropy(h @ wo, y))
    got = train(loss, variables, [{x: a, y: b} for a, b in batches], lr=0.3)

    cell = torch.nn.RNNCell(3, 6, dtype=torch.float64)
    out = torch.tensor(start[3], requires_grad=True)
    with torch.no_grad():
        cell.weight_ih.copy_(torch.tensor(start[0].T))
        cell.weight_hh.copy_(torch.tensor(start[1].T))
        cell.bias_ih.copy_(torch.tensor(start[2]))
        cell.bias_hh.zero_()
    cell.bias_hh.requires_grad_(False)

    def torch_loss(a, b):
        h = torch.zeros(len(a), 6, dtype=torch.float64)
        for t in range(7):
            h = cell(a[:, t], h)
        return F.cross_entropy(h @ out, b)

    variables = [cell.weight_ih, cell.weight_hh, cell.bias_ih, out]
    losses, _ = torch_train(torch_loss, variables, batches, lr=0.3)
    assert_same_training(got, (losses, [cell.weight_ih.T, cell.weight_hh.T, cell.bias_ih, out]))


def test_a_chain_of_ten_thousand_operations():
    x = y = graph.placeholder((2,))
    for _ in range(10_000):
        y = y * 1.0001
    assert sys.getrecursionlimit() < 10_000
    slope = graph.gradients(y, x)
    value, slope = graph.Session().run([y, slope], {x: [1.0, 2.0]})
    np.testing.assert_allclose(value, np.array([1, 2]) * 1.0001**10_000, rtol=1e-9)
    np.testing.assert_allclose(slope, [1.0001**10_000] * 2, rtol=1e-9)


def test_gradients_add_operations_and_calculate_nothing(fresh_graph):
    ran = []
    loud = graph.operation(
        "loud", lambda x: x, lambda x: ran.append(1) or 3 * x, lambda dy, y, x: loud(dy), "3x, and notes it"
    )
    x = graph.placeholder(())
    y = loud(x)
    before = list(fresh_graph.operations)
    slope = graph.gradients(y, x)
    added = fresh_graph.operations[len(before) :]
    assert fresh_graph.operations[: len(before)] == before
    assert [op.order for op in before] == [0, 0]
    assert added
    assert {op.order for op in added} == {1}
    assert {op.order for op in fresh_graph.operations} == {0, 1}
    assert ran == []
    assert graph.Session().run(slope, {x: 5.0}) == 3


def test_orders_of_derivatives_are_told_apart(fresh_graph):
    x = graph.placeholder(())
    first = graph.gradients(x**3, x)
    own = first * 2
    second = graph.gradients(own, x)
    assert (first.op.order, own.op.order, second.op.order) == (1, 0, 2)
    assert second.name.startswith("gradients/gradients/")
    assert fresh_graph.order == 0


def test_what_nobody_asked_for_is_not_kept(fresh_graph):
    a, b = graph.placeholder((2, 2)), graph.placeholder((2, 2))
    y = a @ b
    graph.gradients(y, a)
    needed = {"placeholder", "placeholder_1", "matmul", "gradients/constant", "gradients/broadcast_like"}
    assert {op.name for op in fresh_graph.operations} == needed | {"gradients/transpose", "gradients/matmul"}


def test_gradient_with_respect_to_what_has_no_influence_is_zero():
    x, other = graph.placeholder((2, 3)), graph.placeholder((None, 2))
    through_sign = graph.positive(x)
    got = graph.Session().run(
        [graph.gradients(x * 2, other), graph.gradients(through_sign, x)], {x: np.ones((2, 3)), other: np.ones((4, 2))}
    )
    assert got[0].tolist() == [[0, 0]] * 4
    assert got[1].tolist() == [[0, 0, 0]] * 2


def test_gradient_with_respect_to_inner_tensors_and_to_itself():
    x = graph.placeholder(())
    h = x * 3
    y = h * h
    got = graph.Session().run(graph.gradients(y, [x, h, y]), {x: 2.0})
    assert got == [36, 12, 1]


def test_gradients_work_outside_the_graphs_context():
    with graph.Graph() as other:
        x = graph.placeholder((2,))
        y = graph.exp(x) * 2
    slope = graph.gradients(y, x) + 1
    assert slope.graph is other
    close(graph.Session(other).run(slope, {x: [0.0, 1.0]}), 2 * np.exp([0.0, 1.0]) + 1)


def test_a_new_value_depends_on_what_it_was_calculated_from():
    w, x = graph.Variable(2.0), graph.placeholder(())
    new = graph.assign(w, w * x)
    assert graph.Session().run(graph.gradients(new, [w, x]), {x: 5.0}) == [5, 2]


def test_wrong_arguments_are_named():
    x, labels = graph.placeholder((2,)), graph.placeholder((2,), dtype="int64")
    with graph.Graph():
        foreign = graph.placeholder(())
    with pytest.raises(TypeError, match=r"xs\[1\]: expected a tensor of real numbers"):
        graph.gradients(x, [x, labels])
    with pytest.raises(TypeError, match="y: expected a tensor"):
        graph.gradients(3.0, [])
    with pytest.raises(ValueError, match=r"xs\[0\]: expected a tensor of the graph of y"):
        graph.gradients(x, foreign)


def test_an_operation_with_the_wrong_number_of_gradients_is_named():
    wrong = graph.operation("wrong", lambda a, b: a, np.add, lambda dy, y, a, b: dy)
    x = graph.placeholder(())
    with pytest.raises(ValueError, match="gradient of wrong: expected 2 tensors, got 1"):
        graph.gradients(wrong(x, x), x)


def test_an_operation_whose_gradient_has_the_wrong_shape_is_named():
    wrong = graph.operation("wrong", lambda x: (), np.sum, lambda dy, y, x: (dy,))
    x = graph.placeholder((2, 3))
    with pytest.raises(graph.ShapeError, match=r"gradient of wrong: expected shape \(2, 3\), got \(\)"):
        graph.gradients(wrong(x), x)
