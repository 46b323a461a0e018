"""The n-gram model against its definition, written with dictionaries and fractions."""

from collections import Counter
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from course_pkg.models import NGram

ALPHABET = "abc"
texts = st.text(ALPHABET, min_size=1, max_size=40)
few = settings(max_examples=60)


def by_definition(text, order, alphabet, context, c):
    """P(c | context) as in the docstring, every sum taken over all n-grams of the padded text, in exact fractions."""
    padded = min(alphabet) * (order - 1) + text
    grams = {padded[i : i + order] for i in range(len(text))}
    context = (min(alphabet) * (order - 1) + context)[len(context) :]

    def counts(length):
        if length == order:
            return Counter(padded[i : i + order] for i in range(len(text)))
        longer = {gram[-length - 1 :] for gram in grams}
        return Counter(gram[1:] for gram in longer)

    def p(length):
        if length == 0:
            return Fraction(1, len(alphabet))
        count, u = counts(length), context[len(context) - length + 1 :]
        after = [n for gram, n in count.items() if gram[:-1] == u]
        if not after:
            return p(length - 1)
        once, twice = (sum(n == m for n in count.values()) for m in (1, 2))
        discount = Fraction(once, once + 2 * twice) if once else Fraction(1, 2)
        return (max(count[u + c] - discount, 0) + discount * len(after) * p(length - 1)) / sum(after)

    return p(order)


@few
@given(texts, st.integers(1, 4), st.text(ALPHABET, max_size=6))
def test_probabilities_are_those_of_the_definition(text, order, context):
    model = NGram(text, order, alphabet=ALPHABET)
    expected = [by_definition(text, order, ALPHABET, context, c) for c in ALPHABET]
    np.testing.assert_allclose(model.probabilities(context), np.array(expected, float), rtol=1e-12)
    assert sum(expected) == 1
    assert min(expected) > 0


@few
@given(texts, texts, st.integers(1, 5))
def test_bits_go_through_the_text_character_by_character(text, other, order):
    model = NGram(text, order, alphabet=ALPHABET)
    expected = [-np.log2(model.probabilities(other[:i])[ALPHABET.index(c)]) for i, c in enumerate(other)]
    np.testing.assert_allclose(model.bits(other), expected, rtol=1e-12)
    assert model.bits_per_character(other) == pytest.approx(np.mean(expected))
    assert np.log2(model.perplexity(other)) == pytest.approx(np.mean(expected))


def test_independent_characters_cost_their_entropy():
    p = np.array([0.5, 0.25, 0.25])
    train, test = ("".join(np.random.default_rng(seed).choice(list(ALPHABET), 20_000, p=p)) for seed in range(2))
    for order in (1, 2, 3):
        assert NGram(train, order).bits_per_character(test) == pytest.approx(1.5, abs=0.02)


def test_longer_contexts_see_further():
    """In abcbabcb… the character after b depends on the one before it."""
    text = "abcb" * 500
    assert NGram(text, 1).bits_per_character(text) == pytest.approx(1.5, abs=0.1)
    assert NGram(text, 2).bits_per_character(text) == pytest.approx(0.5, abs=0.01)
    assert NGram(text, 3).bits_per_character(text) < 0.02


def test_what_follows_one_context_only_is_not_expected_elsewhere():
    """Kneser and Ney's point: c is ten times as frequent as a, but it comes after b alone."""
    text = "bc" * 50 + "adaaba"
    after = dict(zip("abcde", NGram(text, 3, alphabet="abcde").probabilities("ee"), strict=True))
    assert text.count("c") > 10 * text.count("a")
    assert after["a"] > 2 * after["c"]


def test_characters_that_never_came_have_some_probability():
    model = NGram("aaaa", 3, alphabet="ab")
    assert 0 < model.probabilities("a")[1] < 0.5
    assert np.isfinite(model.bits("bb")).all()


def test_samples_have_the_models_probabilities():
    model = NGram("abacab" * 20 + "cc", 2)
    text = model.sample(4000, start="a", rng=0)
    assert len(text) == 4000
    assert text == model.sample(4000, start="a", rng=0)
    after_a = [b for a, b in zip("a" + text, text, strict=False) if a == "a"]
    got = [after_a.count(c) / len(after_a) for c in ALPHABET]
    np.testing.assert_allclose(got, model.probabilities("a"), atol=0.04)
    assert model.sample(0) == ""


def test_the_alphabet_is_that_of_the_text_unless_given():
    assert NGram("banana", 2).alphabet == "abn"
    assert NGram("banana", 2, alphabet="nab!").alphabet == "!abn"
    assert len(NGram("é\n漢", 3).probabilities("漢")) == 3


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: NGram("", 2), "text: expected at least one character, got none"),
        (lambda: NGram(b"ab", 2), "text: expected a text, got bytes"),
        (lambda: NGram("ab", 0), "order: expected an integer ≥ 1, got 0"),
        (lambda: NGram("ab", 10**400), "order: expected"),
        (lambda: NGram("abc", 40), "order: expected V\\^order ≤ 2\\^63 with V = 3, got 40"),
        (lambda: NGram("abc", 2, alphabet="ab"), "text: expected characters of 'ab', got 'c'"),
        (lambda: NGram("abc", 2, alphabet=3), "alphabet: expected a text, got int 3"),
        (lambda: NGram("abc", 2).bits("abd"), "text: expected characters of 'abc', got 'd'"),
        (lambda: NGram("abc", 2).perplexity(""), "text: expected at least one character"),
        (lambda: NGram("abc", 2).probabilities("é"), "context: expected characters of 'abc', got 'é'"),
        (lambda: NGram("abc", 2).probabilities(None), "context: expected a text, got NoneType"),
        (lambda: NGram("abc", 2).sample(-1), "length: expected an integer ≥ 0"),
        (lambda: NGram("abc", 2).sample(3, start="d"), "start: expected characters of 'abc', got 'd'"),
        (lambda: NGram("abc", 2).sample(3, rng="x"), "rng: expected an integer"),
    ],
)
def test_bad_arguments_are_named(call, message):
    with pytest.raises((TypeError, ValueError), match=f"^{message}"):
        call()
