"""What the tests of course_pkg.nn share: torch as the oracle, and random arrays in random shapes."""

import numpy as np
import torch
from hypothesis import settings
from hypothesis import strategies as st

few = settings(max_examples=30, derandomize=True, deadline=None)
seeds = st.integers(0, 2**32 - 1)


def normal(seed, *shape):
    return np.random.default_rng(seed).standard_normal(shape)


def assert_equal(got, expected):
    np.testing.assert_allclose(got, expected, rtol=1e-9, atol=1e-9)


def torch_pass(f, dy, *arrays):
    """Return f(*arrays), and for each array the gradient of Σ f·dy, all computed by torch in float64."""
    leaves = [torch.tensor(a, dtype=torch.float64, requires_grad=True) for a in arrays]
    y = f(*leaves)
    (y * torch.as_tensor(dy)).sum().backward()
    return y.detach().numpy(), *(leaf.grad.numpy() for leaf in leaves)
