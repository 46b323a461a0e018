"""Paragraphs of libraries as a data set: what is masked, that no text or row of words is in two parts, and balance."""

import re
from collections import Counter

import pytest

from course_pkg import data
from course_pkg.data import MASK, libraries

NAMES = ("numpy", "sklearn", "skimage", "networkx")


@pytest.fixture(scope="module")
def texts():
    return libraries(NAMES, per_class=400)


@pytest.fixture(scope="module")
def plain():
    return libraries(NAMES, per_class=400, masked=False)


def parts(texts):
    return [(texts.train, texts.y_train), (texts.validation, texts.y_validation), (texts.test, texts.y_test)]


def test_each_class_has_its_share(texts):
    assert texts.classes == NAMES
    for (part, labels), count in zip(parts(texts), (400, 80, 80), strict=True):
        assert Counter(labels) == dict.fromkeys(range(4), count)
        assert len(part) == len(labels)


def test_labels_are_true_and_words_are_those_of_the_paragraphs(plain):
    own = [{"".join(re.findall("[a-z0-9]", text.lower())) for text in data.docstrings([name])} for name in NAMES]
    for part, labels in parts(plain):
        for words, label in zip(part, labels, strict=True):
            assert "".join(re.findall("[a-z0-9]", " ".join(words))) in own[label]


def test_masks_hide_names_and_nothing_else_changes(texts, plain):
    hidden = Counter()
    for (part, _), (whole, _) in zip(parts(texts), parts(plain), strict=True):
        for words, all_words in zip(part, whole, strict=True):
            assert len(words) >= 10
            for word, full in zip(words, all_words, strict=True):
                assert word in (MASK, full)
                if word == MASK:
                    hidden[full] += 1
    shown = Counter(word for part, _ in parts(texts) for words in part for word in words if word != MASK)
    assert 0.1 < hidden.total() / (hidden.total() + shown.total()) < 0.35
    assert all(hidden[name] for name in ("numpy", "scipy", "np", "graph", "graphs", "image", "array", "digraph"))
    for name in ("numpy", "scipy", "np", "nx", "sklearn", "image", "array", "graph", "graphs", "digraph"):
        assert not shown[name]
    for word in shown:
        assert not re.search(r"numpy|skimage|networkx|_|\(|[a-z]{2}\.[a-z]|[a-z]\.[a-z]{2}", word), word
    for word in ("and", "is", "not", "the", "value", "compute"):
        assert shown[word] > 20 * hidden[word]  # hidden only where they are code, as in compute()


def test_the_names_of_functions_that_one_library_has_alone_are_hidden(texts, plain):
    shown, written = ({word for part, _ in parts(some) for words in part for word in words} for some in (texts, plain))
    for name in ("pagerank", "eigh", "einsum", "imread", "isomap", "kmeans", "toposort"):
        assert name not in shown
    assert len(written - shown) > 500
    assert {"function", "estimator"} <= written - shown


def test_no_text_comes_twice_and_no_eight_words_are_in_training_and_elsewhere(texts):
    together = [tuple(words) for part, _ in parts(texts) for words in part]
    assert len(set(together)) == len(together)

    def rows(part):
        return {" ".join(words[i : i + 8]) for words in part for i in range(len(words) - 7)}

    assert rows(texts.train).isdisjoint(rows(texts.validation) | rows(texts.test))


def test_the_seed_decides_the_parts(texts):
    again = libraries(NAMES, per_class=400)
    other = libraries(NAMES, per_class=400, seed=1)
    assert again == texts
    assert other.test != texts.test


def test_names_can_be_guessed_from_what_is_left_but_less_well(texts, plain):
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline

    right = []
    for some in (texts, plain):
        model = make_pipeline(TfidfVectorizer(analyzer=lambda words: words), LogisticRegression(max_iter=500))
        right.append(model.fit(some.train, some.y_train).score(some.test, some.y_test))
    assert 0.5 < right[0] < right[1] - 0.03


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: libraries("numpy"), TypeError, "packages: expected a list of names of packages, got str 'numpy'"),
        (lambda: libraries(["numpy", 3]), TypeError, "packages: expected a list of names of packages"),
        (lambda: libraries(["numpy"]), ValueError, "packages: expected at least two different names"),
        (lambda: libraries(["numpy", "numpy"]), ValueError, "packages: expected at least two different names"),
        (lambda: libraries(["numpy", "nump"]), ValueError, "packages: expected names of installed packages"),
        (lambda: libraries(per_class=4), ValueError, "per_class: expected an integer ≥ 5, got 4"),
        (lambda: libraries(masked=1), TypeError, "masked: expected True or False"),
        (lambda: libraries(seed="a"), TypeError, "seed: expected an integer"),
    ],
)
def test_wrong_arguments(call, error, message):
    with pytest.raises(error, match=message):
        call()
