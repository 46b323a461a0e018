"""Gram matrices, the losses of Neural Style and their written-out gradients, beside einsum and autograd."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.nn import functional

from course_pkg.vision import gram as g


def maps(*shape, seed=0):
    return torch.from_numpy(np.random.default_rng(seed).standard_normal(shape))


def by_autograd(function, x):
    x = x.clone().requires_grad_()
    return torch.autograd.grad(function(x), x)[0]


@given(st.integers(1, 5), st.integers(1, 4), st.integers(1, 4), st.integers(0, 10**6))
def test_gram_is_the_sum_over_places_of_products(channels, height, width, seed):
    f = np.random.default_rng(seed).standard_normal((2, channels, height, width))
    wanted = np.einsum("nfij,ngij->nfg", f, f)
    np.testing.assert_allclose(g.gram(f), wanted, atol=1e-12)
    np.testing.assert_allclose(g.gram(torch.from_numpy(f)), wanted, atol=1e-12)
    shuffled = f.reshape(2, channels, -1)[..., np.random.default_rng(seed).permutation(height * width)]
    np.testing.assert_allclose(g.gram(shuffled.reshape(f.shape)), wanted, atol=1e-12)  # it knows nothing of places


def test_losses_are_the_printed_formulas():
    f, p = torch.tensor([[[[1.0, 2.0]], [[0.0, 1.0]]]]), torch.tensor([[[[1.0, 0.0]], [[3.0, 1.0]]]])
    assert g.gram(f)[0].tolist() == [[5, 2], [2, 1]]
    assert float(g.content_loss(f, p)) == 0.5 * (2**2 + 3**2)
    assert float(g.style_loss(g.gram(f), torch.tensor([[4.0, 2.0], [2.0, 3.0]]))) == 1 + 4
    assert float(g.variation(torch.tensor([[[[1.0, 2.0], [4.0, 8.0]]]]))) == (9 + 36 + 1 + 16) / 4


@pytest.mark.parametrize(
    ("loss", "gradient", "target"),
    [
        (g.content_loss, g.content_gradient, maps(1, 3, 4, 5, seed=1)),
        (
            lambda f, a: g.style_loss(g.gram(f), a),
            lambda f, a: g.style_gradient(f, g.gram(f), a),
            g.gram(maps(1, 3, 4, 5, seed=2))[0],
        ),
    ],
    ids=["content", "style"],
)
def test_gradients_are_those_of_autograd(loss, gradient, target):
    f = maps(1, 3, 4, 5)
    torch.testing.assert_close(gradient(f, target), by_autograd(lambda x: loss(x, target), f))


def test_the_gradient_of_the_variation_is_that_of_autograd():
    x = maps(1, 3, 4, 5)
    torch.testing.assert_close(g.variation_gradient(x), by_autograd(g.variation, x))


def test_normalisations_are_those_of_the_known_implementations():
    f, p = maps(1, 3, 4, 5), maps(1, 3, 4, 5, seed=1)
    target, places, channels = g.gram(p)[0], 20, 3
    style = {
        name: float(g.style_loss(g.gram(f), target)) * g.style_factor(name, target, places) for name in g.NORMALISATIONS
    }
    content = {name: float(g.content_loss(f, p)) * g.content_factor(name, p) for name in g.NORMALISATIONS}
    squares = float(((g.gram(f)[0] - target) ** 2).sum())
    assert style["printed"] == pytest.approx(squares)
    assert style["paper"] == pytest.approx(squares / (4 * channels**2 * places**2))
    tutorial = functional.mse_loss(g.gram(f)[0] / (channels * places), target / (channels * places))
    assert style["tutorial"] == pytest.approx(float(tutorial))
    assert content["paper"] == content["printed"] == pytest.approx(float(((f - p) ** 2).sum()) / 2)
    assert content["tutorial"] == pytest.approx(float(functional.mse_loss(f, p)))
    nothing = torch.zeros_like(f)
    assert float(g.style_loss(g.gram(nothing), target)) * g.style_factor("relative", target, places) == pytest.approx(1)
    assert float(g.content_loss(nothing, p)) * g.content_factor("relative", p) == pytest.approx(1)


def test_an_unknown_normalisation_is_refused():
    for factor in (lambda: g.style_factor("mean", torch.eye(2), 4), lambda: g.content_factor("mean", torch.eye(2))):
        with pytest.raises(ValueError, match="normalisation: expected one of 'relative', 'printed'"):
            factor()
