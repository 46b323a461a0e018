"""Sentences, vocabulary, Huffman tree and the sampler."""

import heapq

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from course_pkg import data, words


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The cat sat. It's 3.5 years old!", [["the", "cat", "sat"], ["it's", "3", "5", "years", "old"]]),
        ("one\ntwo\n\nthree", [["one", "two"], ["three"]]),
        ("深度 学习。很 有趣", [["深度", "学习"], ["很", "有趣"]]),
        ("e.g. this", [["e", "g"], ["this"]]),
        (" -- !", []),
    ],
)
def test_sentences(text, expected):
    assert words.sentences(text) == expected


def test_vocabulary_counts_and_encodes():
    corpus = [["b", "a", "b"], ["c", "a"]]
    vocabulary = words.Vocabulary(corpus, min_count=2)
    assert vocabulary.words == ["a", "b"]
    assert vocabulary.counts.tolist() == [2, 2]
    assert [part.tolist() for part in vocabulary.encode(corpus)] == [[1, 0, 1], [0]]
    assert vocabulary.one_hot("b").tolist() == [0, 1]
    with pytest.raises(KeyError, match="'c'"):
        vocabulary.one_hot("c")
    with pytest.raises(TypeError, match=r"corpus\[0\]: expected a list of words"):
        words.Vocabulary(["a sentence"])


def test_one_hot_vectors_of_two_words_have_cosine_zero():
    vocabulary = words.Vocabulary(data.grammar(500))
    king, queen = vocabulary.one_hot("king"), vocabulary.one_hot("queen")
    assert king @ queen == 0
    assert king @ king == 1


def test_thinning_keeps_rare_words():
    vocabulary = words.Vocabulary([["the"] * 990 + ["cat"] * 9 + ["sat"]])
    keep = vocabulary.keep_probability(1e-2)
    ratio = 1e-2 / np.array([0.99, 0.009, 0.001])
    np.testing.assert_allclose(keep, np.minimum(1, np.sqrt(ratio) + ratio))
    assert keep[0] < 0.12
    assert keep[2] == 1


@given(st.lists(st.integers(0, 50), min_size=2, max_size=40))
def test_huffman_tree_is_the_best_prefix_code(counts):
    tree = words.HuffmanTree(counts)
    as_text = ["".join("10"[int(step < 0)] for step in code) for code in tree.codes]
    assert not any(b.startswith(a) for i, a in enumerate(as_text) for j, b in enumerate(as_text) if i != j)
    assert sum(2.0 ** -len(code) for code in as_text) == 1
    heap, least = list(counts), 0  # the least Σ count · depth is the sum of all joins
    heapq.heapify(heap)
    while len(heap) > 1:
        joined = heapq.heappop(heap) + heapq.heappop(heap)
        least += joined
        heapq.heappush(heap, joined)
    assert sum(n * d for n, d in zip(counts, tree.depths.tolist(), strict=True)) == least
    for word, (path, code) in enumerate(zip(tree.paths, tree.codes, strict=True)):
        steps = [tree.children[node][int(step < 0)] for node, step in zip(path, code, strict=True)]
        assert [node - len(counts) for node in steps[:-1]] == path[1:].tolist()
        assert steps[-1] == word


def test_huffman_depth_is_within_one_of_the_entropy():
    counts = words.Vocabulary(data.grammar(3000)).counts
    share = counts / counts.sum()
    entropy = -(share * np.log2(share)).sum()
    assert entropy <= words.HuffmanTree(counts).mean_depth(counts) < entropy + 1


def test_huffman_of_a_million_words_needs_no_recursion():
    counts = 2.0 ** np.arange(500)  # a tree as deep as it has words
    assert words.HuffmanTree(counts).depths.max() == 499


@given(st.lists(st.floats(0, 1e6), min_size=1, max_size=50).filter(lambda w: sum(w) > 1e-3))
def test_alias_table_holds_the_distribution_exactly(weights):
    sampler = words.AliasSampler(weights)
    share = sampler.own / len(weights)
    np.add.at(share, sampler.alias, (1 - sampler.own) / len(weights))
    np.testing.assert_allclose(share, np.array(weights) / sum(weights), atol=1e-12)


def test_alias_sampler_draws_the_distribution():
    from scipy.stats import chisquare

    weights = np.array([5.0, 0, 1, 3, 0.5])
    drawn = np.bincount(words.AliasSampler(weights).sample(50_000, rng=0), minlength=5)
    assert drawn[1] == 0
    expected = 50_000 * weights / weights.sum()
    assert chisquare(drawn[expected > 0], expected[expected > 0]).pvalue > 0.001


def test_noise_is_the_three_quarter_power():
    got = words.noise_distribution([16, 1])
    np.testing.assert_allclose(got, [8 / 9, 1 / 9])


@pytest.mark.parametrize("bad", [[], [-1, 2], [0, 0], "ab", None, [[1]]])
def test_wrong_weights(bad):
    for function in (words.AliasSampler, words.noise_distribution):
        with pytest.raises((TypeError, ValueError), match=r"weights|counts"):
            function(bad)
