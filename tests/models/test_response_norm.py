"""Local response normalisation beside torch's."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from course_pkg.models import LocalResponseNorm

GOOGLENET = (5, 1e-4, 0.75, 1.0)


@given(
    shape=st.tuples(st.integers(1, 2), st.integers(1, 9), st.integers(1, 4), st.integers(1, 4)),
    size=st.integers(1, 12),
    alpha=st.floats(0, 1),
    beta=st.sampled_from([0.5, 0.75, 1.0]),
    k=st.sampled_from([0.5, 1.0, 2.0]),
)
def test_equals_torch_forward_and_backward(shape, size, alpha, beta, k):
    generator = torch.Generator().manual_seed(0)
    x = (3 * torch.randn(shape, generator=generator)).requires_grad_()
    dy = torch.randn(shape, generator=generator)
    got, want = (kind(size, alpha, beta, k)(x) for kind in (LocalResponseNorm, nn.LocalResponseNorm))
    torch.testing.assert_close(got, want, rtol=1.5e-5, atol=1.5e-5)
    got, want = (torch.autograd.grad(y, x, dy)[0] for y in (got, want))
    torch.testing.assert_close(got, want, rtol=1.5e-5, atol=1.5e-5)


def test_equals_torch_on_large_maps_in_both_orders_of_memory():
    x = 20 * torch.randn(2, 64, 14, 14, generator=torch.Generator().manual_seed(0))
    for order in (torch.contiguous_format, torch.channels_last):
        image = x.contiguous(memory_format=order).requires_grad_()
        results = []
        for kind in (LocalResponseNorm, nn.LocalResponseNorm):
            y = kind(*GOOGLENET)(image)
            results.append((y, *torch.autograd.grad(y, image, y.detach())))
        for got, want in zip(*results, strict=True):
            torch.testing.assert_close(got, want, rtol=1.5e-5, atol=1.5e-5)


def test_gradient_by_differences():
    x = torch.randn(1, 4, 2, 3, dtype=torch.float64, generator=torch.Generator().manual_seed(0)).requires_grad_()
    assert torch.autograd.gradcheck(LocalResponseNorm(3, 0.5, 0.75, 1.0), x)


def test_the_paper_is_followed():
    """Krizhevsky et al. (2012), by hand: three maps of 1, 2, 3, n = 3, α/n = 1, k = 2, β = 1."""
    x = torch.tensor([1.0, 2.0, 3.0]).view(1, 3, 1, 1)
    y = LocalResponseNorm(3, alpha=3.0, beta=1.0, k=2.0)(x).flatten().tolist()
    assert y == pytest.approx([1 / (2 + 1 + 4), 2 / (2 + 1 + 4 + 9), 3 / (2 + 4 + 9)])


@pytest.mark.parametrize(
    ("arguments", "named"),
    [((0,), "size"), ((2.5,), "size"), ((5, -1), "alpha"), ((5, 1, 0), "beta"), ((5, 1, 1, 0), "k")],
)
def test_wrong_arguments_are_named(arguments, named):
    with pytest.raises((TypeError, ValueError), match=f"^{named}"):
        LocalResponseNorm(*arguments)
