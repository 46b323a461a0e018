"""Texts with a known answer: which library does a paragraph of documentation come from?"""

import re
from collections import defaultdict
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from course_pkg._validate import as_bool, as_generator, as_int, describe
from course_pkg.data.text import _NO_PROSE, _roots, docstrings

LIBRARIES = ("numpy", "sklearn", "skimage", "matplotlib", "networkx", "sympy")
MASK = "_"

# Titles, short names and cousins of the libraries, as they stand in prose: long ones also within a word (numpydoc).
_TITLE = re.compile(
    "numpy|scipy|scikit|sklearn|skimage|matplotlib|pyplot|networkx|sympy|pandas|torch|^(?:np|learn|mpl|plt|nx)$"
)
_FEWEST_WORDS, _STRETCH, _IN_A_ROW = 10, 20, 8
_WORD = re.compile(r"[A-Za-z0-9]+(?:[._][A-Za-z0-9_]+)*_*(?:\()?|_\w*\(?")
_CODE = re.compile(  # mean_, fit_transform, mean(, BaseEstimator, np.mean, a.ndim; but not e.g.
    r"_|\($|[a-z][A-Z]|[A-Za-z]\w*\.[A-Za-z]{2}|[A-Za-z]\w+\.[A-Za-z]"
)
_DEFINED = re.compile(rb"^[ \t]*(class|def) +([A-Za-z]\w*)", re.MULTILINE)


@dataclass(frozen=True)
class Texts:
    """Labelled texts in three parts: each text a list of words, each label the number of its class in ``classes``."""

    classes: tuple[str, ...]
    train: list[list[str]]
    y_train: list[int]
    validation: list[list[str]]
    y_validation: list[int]
    test: list[list[str]]
    y_test: list[int]


def libraries(packages=LIBRARIES, *, per_class=1500, masked=True, seed=0, folder=None):
    """Return paragraphs from the docstrings of ``packages`` as :class:`Texts`; the class of a text is its library.

    Words are in lower case, without punctuation. The names that give the answer away are ``MASK``:

    - the titles of the libraries, and their short names such as np;
    - whatever looks like code: with an underscore, an inner dot or capital, or a parenthesis right behind it;
    - every name of a module or class in any of ``packages`` and ``LIBRARIES``, also in the plural, unless English
      cannot do without it (and, is, not ...): so also image, graph and array;
    - names of their functions and methods that occur in the prose of one of ``packages`` only.

    Names that are defined in C, not in a Python file, are not known and so not masked. With ``masked=False`` the
    same paragraphs come with all their words.

    Only paragraphs of ten words or more are taken; those that agree after masking come once, and not at all where two
    libraries have them. The paragraphs of a library, which come in the order of its files, are cut into stretches of
    20, so that neighbours, which resemble each other, stay together; 70 % of the stretches are for training, 15 % for
    validation, 15 % for the test, drawn with ``seed``. A paragraph for validation or test that has eight words in a row
    in common with a training paragraph is left out. Each class then gets at most ``per_class`` training texts and a
    fifth as many for validation and for the test. ``seed`` is an integer or a NumPy generator, ``folder`` that of
    :func:`docstrings`. Other versions of the libraries have other texts.

    Raises TypeError or ValueError naming the argument that is wrong, also where a package is not installed.
    """
    if not isinstance(packages, (list, tuple)) or not all(isinstance(name, str) for name in packages):
        raise TypeError(f"packages: expected a list of names of packages, got {describe(packages)}")
    if len(set(packages)) != len(packages) or len(packages) < 2:
        raise ValueError(f"packages: expected at least two different names, got {describe(packages)}")
    per_class = as_int("per_class", per_class, minimum=5)
    masked, rng = as_bool("masked", masked), as_generator("seed", seed)
    prose = {name: [_WORD.findall(text) for text in docstrings([name], folder=folder)] for name in packages}
    secret = _secret_names(prose)
    different = {word for paragraphs in prose.values() for words in paragraphs for word in words}
    shown_as = {word: MASK if _tells(word, secret) else _plain(word) for word in different}
    first = {}  # masked words -> the number of the library, and the words as they were
    for label, name in enumerate(packages):
        for words in prose[name]:
            if len(words) >= _FEWEST_WORDS:
                shown = tuple(shown_as[word] for word in words)
                before = first.setdefault(shown, (label, words))
                if before[0] != label:
                    first[shown] = (None, words)
    parts = [[], [], []]
    for label in range(len(packages)):
        own = [(shown, words) for shown, (owner, words) in first.items() if owner == label]
        for part, chosen in zip(parts, _parts(own, rng), strict=True):
            part.append(chosen)
    seen = {row for chosen in parts[0] for shown, _ in chosen for row in _rows(shown)}
    fields = []
    for part, limit in zip(parts, (per_class, per_class // 5, per_class // 5), strict=True):
        texts, labels = [], []
        for label, chosen in enumerate(part):
            if part is not parts[0]:
                chosen = [pair for pair in chosen if seen.isdisjoint(_rows(pair[0]))]
            order = rng.permutation(len(chosen))[:limit]
            texts += [list(chosen[i][0]) if masked else [_plain(word) for word in chosen[i][1]] for i in order]
            labels += [label] * len(order)
        fields += [texts, labels]
    return Texts(tuple(packages), *fields)


def _secret_names(prose):
    """Return the words to mask, in lower case; ``prose`` maps each library to its paragraphs, lists of words."""
    from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS

    writers, kinds = defaultdict(set), defaultdict(set)
    for name, paragraphs in prose.items():
        for word in {word for words in paragraphs for word in words}:
            writers[_plain(word)].add(name)
    roots = [Path(root) for name in {*LIBRARIES, *prose} for root in _roots(name)]
    files = [(path, path.relative_to(root).with_suffix("").parts) for root in roots for path in root.rglob("*.py")]
    for path, parts in files:
        if not _NO_PROSE & set(parts):
            kinds["module"].update(parts)
            for kind, defined in _DEFINED.findall(path.read_bytes()):
                kinds[kind.decode()].add(defined.decode())
    own = {function.lower() for function in kinds["def"] if len(writers[function.lower()]) == 1}
    names = {name.lower() for name in kinds["module"] | kinds["class"]}
    return ({name + s for name in names for s in ("", "s")} | own | set(prose)) - ENGLISH_STOP_WORDS


def _plain(word):
    return word.rstrip("(").lower()


def _tells(word, secret):
    return _CODE.search(word) or _TITLE.search(_plain(word)) or _plain(word) in secret


def _parts(paragraphs, rng):
    """Return the paragraphs for training, validation and test, by whole stretches."""
    stretches = [paragraphs[i : i + _STRETCH] for i in range(0, len(paragraphs), _STRETCH)]
    order, count = rng.permutation(len(stretches)), len(stretches)
    cuts = (0, round(0.7 * count), round(0.85 * count), count)
    return [[pair for i in sorted(order[start:stop]) for pair in stretches[i]] for start, stop in pairwise(cuts)]


def _rows(words):
    return {words[i : i + _IN_A_ROW] for i in range(len(words) - _IN_A_ROW + 1)}
