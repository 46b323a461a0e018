"""The tables of nearest words and analogies that the three-session deck (000) prints, as reference results."""

from importlib.resources import files

from course_pkg._validate import describe
from course_pkg.words.vectors import Neighbour, Vectors


def printed_tables():
    """Return the ten tables of the deck: a dict from a question to its rows, a list of :class:`Neighbour`.

    A question is a word, several words ("Italian Noodle", whose vectors are added), or "king - man + woman". The deck
    made the tables in 2016 with Google's vectors of three million words and phrases,
    GoogleNews-vectors-negative300.bin.
    """
    tables = {}
    for line in files("course_pkg.words").joinpath("printed_tables.txt").read_text(encoding="utf-8").splitlines():
        if line.startswith("? "):
            rows = tables[line[2:]] = []
        elif line and not line.startswith("#"):
            word, cosine = line.split("\t")
            rows.append(Neighbour(word, float(cosine)))
    return tables


def answer(vectors, question, count=10):
    """Return the ``count`` nearest words to a question of the form that :func:`printed_tables` has.

    Raises KeyError for a word that ``vectors`` has not, TypeError or ValueError naming the argument that is wrong.
    """
    if not isinstance(vectors, Vectors):
        raise TypeError(f"vectors: expected Vectors, got {describe(vectors)}")
    if not isinstance(question, str) or not question.split():
        raise ValueError(f"question: expected words, such as 'king' or 'king - man + woman', got {describe(question)}")
    if " - " not in question:
        return vectors.nearest(question.split(), count)
    a, minus, b, plus, c = question.split()
    if (minus, plus) != ("-", "+"):
        raise ValueError(f"question: expected the form 'king - man + woman', got {describe(question)}")
    return vectors.analogy(a, b, c, count)
