"""One small network, 64-20-10, trained in the layer school, the graph school and PyTorch: the same losses."""

import numpy as np
import pytest
import torch

from course_pkg import data, graph, nn

STEPS, LR = 20, 0.5
ACTIVATIONS = {
    "relu": (nn.ReLU, graph.relu, torch.relu),
    "sigmoid": (nn.Sigmoid, graph.sigmoid, torch.sigmoid),
    "tanh": (nn.Tanh, graph.tanh, torch.tanh),
}


def experiment(seed):
    """Initial weights, (inputs, outputs) each, and batches of 32 digits."""
    rng, digits = np.random.default_rng(seed), data.digits()
    start = [rng.normal(0, scale, shape) for scale, shape in ((0.18, (64, 20)), (0.1, 20), (0.3, (20, 10)), (0.1, 10))]
    choices = [rng.choice(len(digits.y_train), 32, replace=False) for _ in range(STEPS)]
    return start, [(digits.x_train[rows].reshape(-1, 64), digits.y_train[rows]) for rows in choices]


def layer_school(start, batches, activation):
    net = nn.Net([nn.Dense(64, 20), activation(), nn.Dense(20, 10)], loss=nn.SoftmaxCrossEntropy())
    for blob, value in zip(net.parameters().values(), start, strict=True):
        blob.data[...] = value.T
    solver, losses = nn.SGD(net, LR), []
    for x, y in batches:
        losses.append(net.loss(x, y))
        net.zero_grad()
        net.backward()
        solver.step()
    return losses, [blob.data.T for blob in net.parameters().values()]


def graph_school(start, batches, activation):
    with graph.Graph() as net:
        x, y = graph.placeholder((None, 64)), graph.placeholder((None,), dtype="int64")
        w1, b1, w2, b2 = weights = [graph.Variable(value) for value in start]
        scores = activation(x @ w1 + b1) @ w2 + b2
        loss = graph.reduce_mean(graph.softmax_cross_entropy(scores, y))
        gradients = graph.gradients(loss, weights)
        step = [graph.assign(w, w - LR * dw) for w, dw in zip(weights, gradients, strict=True)]
    session = graph.Session(net)
    losses = [session.run([loss, step], {x: images, y: labels})[0] for images, labels in batches]
    return losses, session.run(weights)


def dynamic_school(start, batches, activation):
    w1, b1, w2, b2 = weights = [torch.tensor(value, requires_grad=True) for value in start]
    solver, losses = torch.optim.SGD(weights, lr=LR), []
    for x, y in batches:
        scores = activation(torch.tensor(x) @ w1 + b1) @ w2 + b2
        loss = torch.nn.functional.cross_entropy(scores, torch.tensor(y))
        solver.zero_grad()
        loss.backward()
        solver.step()
        losses.append(loss.item())
    return losses, [w.detach().numpy() for w in weights]


@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("seed", range(4))
def test_three_schools_agree(seed, activation):
    start, batches = experiment(seed)
    in_layers, in_graph, on_tape = ACTIVATIONS[activation]
    want, want_weights = dynamic_school(start, batches, on_tape)
    assert len(want) == STEPS
    assert want[-1] < want[0] - 0.3, "the network learns, so the agreement is not one of constants"
    for school, of in ((layer_school, in_layers), (graph_school, in_graph)):
        losses, weights = school(start, batches, of)
        np.testing.assert_allclose(losses, want, rtol=0, atol=1e-6, err_msg=school.__name__)
        for got, expected in zip(weights, want_weights, strict=True):
            np.testing.assert_allclose(got, expected, rtol=0, atol=1e-6, err_msg=school.__name__)
