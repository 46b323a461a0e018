"""What the graph tests share: the same expression in the graph school and in torch."""

import numpy as np
import torch

from course_pkg import graph


def close(got, expected, tolerance=1e-9):
    """Assert that an array equals torch's tensor, relative to the largest number in it."""
    expected = np.asarray(expected.detach() if isinstance(expected, torch.Tensor) else expected)
    assert np.shape(got) == expected.shape
    np.testing.assert_allclose(got, expected, rtol=tolerance, atol=tolerance * max(1, np.abs(expected).max(initial=0)))


def torch_gradients(y, xs, create_graph=False):
    """∂(Σ y)/∂x by torch, zeros where x has no influence."""
    if not y.requires_grad:
        return [torch.zeros_like(x) for x in xs]
    found = torch.autograd.grad(y.sum(), xs, allow_unused=True, create_graph=create_graph)
    return [torch.zeros_like(x) if dx is None else dx for x, dx in zip(xs, found, strict=True)]


def check(function, torch_function, arrays, *, unknown=False, seed=0):
    """Assert that value, gradients and second derivatives of a function of arrays are torch's.

    The gradients are those of Σ v·y with random v; the second derivatives those of Σ u·∂(Σ v·y)/∂x with random u. With
    ``unknown`` the graph is built without knowing any length.
    """
    rng = np.random.default_rng(seed)
    xs = [graph.placeholder([None] * a.ndim if unknown else a.shape, f"x{i}") for i, a in enumerate(arrays)]
    ts = [torch.tensor(a, requires_grad=True) for a in arrays]
    y, t = function(*xs), torch_function(*ts)
    v, us = rng.normal(size=t.shape), [rng.normal(size=a.shape) for a in arrays]
    first = graph.gradients(y * v, xs)
    second = graph.gradients(sum(graph.reduce_sum(d * u) for d, u in zip(first, us, strict=True)), xs)
    t_first = torch_gradients(t * torch.tensor(v), ts, create_graph=True)
    t_second = torch_gradients(sum((d * torch.tensor(u)).sum() for d, u in zip(t_first, us, strict=True)), ts)
    got = graph.Session(y.graph).run([y, first, second], dict(zip(xs, arrays, strict=True)))
    close(got[0], t)
    for side, expected in ((got[1], t_first), (got[2], t_second)):
        for a, b in zip(side, expected, strict=True):
            close(a, b)
