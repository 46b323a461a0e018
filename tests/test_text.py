"""Prose from docstrings: what is kept of one, and where those of whole packages come from."""

import inspect
import string
import sys
import textwrap
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from course_pkg import data
from course_pkg.data.text import PACKAGES, prose

NUMPYDOC = """
    Return the mean of the array elements.

    It is computed over the flattened array, see :func:`~numpy.mean` and
    `the book <https://example.org>`_, unless ``axis`` says *otherwise* [1]_.

    Parameters
    ----------
    a : array_like
        Array with the numbers whose mean is desired.
        If `a` is not an array, a conversion is attempted.
    axis : None or int, optional
        Too short.

    .. versionadded:: 1.7.0 of this very nice library here.

    .. note:: The arithmetic mean is the sum
       of the elements divided by their number.

    .. math::

        This is a formula and should not be here.

    See Also
    --------
    average : The weighted average of some numbers.

    Notes
    -----
    Two kinds of list items are known here:

    - The first one begins with a hyphen and
      goes on in a second line.
    - The second = one has a sign that prose has not.

    Here is some code that nobody should read::

        Nothing in this block is prose at all.

        Nor is this one after a blank line.

    But here the prose goes on again.

    Examples
    --------
    >>> print("This is a doctest and must go.")
    This is a doctest and must go.

    A last sentence without full stop
    """
EXPECTED = [
    "Return the mean of the array elements.",
    "It is computed over the flattened array, see numpy.mean and the book, unless axis says otherwise.",
    "Array with the numbers whose mean is desired. If a is not an array, a conversion is attempted.",
    "The arithmetic mean is the sum of the elements divided by their number.",
    "Two kinds of list items are known here:",
    "The first one begins with a hyphen and goes on in a second line.",
    "Here is some code that nobody should read:",
    "But here the prose goes on again.",
]


def test_what_is_kept_of_a_numpy_docstring():
    assert prose(NUMPYDOC) == EXPECTED


def test_what_is_kept_of_other_styles():
    google = """Fetches rows from a very small table.

    Args:
        table (Table): The table to fetch the rows from,
            which must be open.
        keys: Keys of the rows, a sequence of strings.
        **options (dict[str, int]): Whatever else one may want to say.
    Returns:
        dict: maps keys to rows.
    """
    sphinx = """Send a message to a recipient.

    :param str sender: The person who sends the message.
    :param int priority: The priority of the message,
        a number from 1 to 5.
    :returns: The number of the message that was sent.
    """
    assert prose(google) == [
        "Fetches rows from a very small table.",
        "The table to fetch the rows from, which must be open.",
        "Keys of the rows, a sequence of strings.",
        "Whatever else one may want to say.",
    ]
    assert prose(sphinx) == [
        "Send a message to a recipient.",
        "The person who sends the message.",
        "The priority of the message, a number from 1 to 5.",
        "The number of the message that was sent.",
    ]


def assert_is_prose(paragraph):
    assert set(paragraph) <= set(string.ascii_letters + string.digits + " ,.;:!?'\"()/_%+*-")
    assert paragraph == " ".join(paragraph.split())
    assert len(paragraph.split()) >= 5
    assert paragraph.lstrip("\"'(")[0].isupper()
    assert paragraph.rstrip(")\"'")[-1] in ".?!:"


LINES = """
    Some words and no full stop,
        Deeper lines have five words.
    A line with five words.
    Some words before a block::
    - An item with five words.
    A ``b`` `c <d>`_ :e:`f` *g* |h|_.
    >>> a(doctest)
    .. note::
    Notes
    -----
    x : int

"""


@given(st.lists(st.sampled_from(LINES.splitlines()) | st.text(max_size=20), max_size=12).map("\n".join))
def test_whatever_the_docstring_what_is_kept_is_prose(docstring):
    for paragraph in prose(docstring):
        assert_is_prose(paragraph)


def test_a_docstring_must_be_text():
    with pytest.raises(TypeError, match="docstring: expected a text, got NoneType"):
        prose(None)


@pytest.fixture
def toy(tmp_path, monkeypatch):
    """A package that must not be imported, and a way to give it a version."""
    files = {
        "toy/__init__.py": '"""The package itself has a docstring."""\nraise ImportError("toy was run")\n',
        "toy/b.py": '''
            """The module b has a docstring."""
            class C:
                """The class C has a docstring."""
                def method(self):
                    """The method of C has a docstring."""
                    def inner():
                        """An inner function is left out."""
                async def later(self):
                    """The asynchronous method has a docstring."""
            if True:
                def f():
                    "The function f has a docstring. \\d"
            def g():
                """The class C has a docstring."""
            x = """A string that is no docstring."""
            ''',
        "toy/a/deep.py": '"""The module in the folder a."""\n',
        "toy/tests/test_toy.py": '"""Nobody wants the prose of tests."""\n',
        "toy/template.py": '"""This is no Python as it stands."""\n{{ name }} = 1\n',
    }
    for name, code in files.items():
        path = tmp_path / "site" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(code), encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path / "site")

    def release(version):
        info = tmp_path / "site" / f"toy-{version}.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: toy\nVersion: {version}\n")
        (info / "top_level.txt").write_text("toy\n")
        return info

    return release


TOY = [
    "The package itself has a docstring.",
    "The module in the folder a.",
    "The module b has a docstring.",
    "The class C has a docstring.",
    "The method of C has a docstring.",
    "The asynchronous method has a docstring.",
    "The function f has a docstring. d",
]


def test_a_package_is_read_in_order_and_not_imported(toy, tmp_path, recwarn):
    assert data.docstrings(["toy"], folder=tmp_path / "cache") == TOY[:-1]
    assert "toy" not in sys.modules
    assert not recwarn.list
    assert not (tmp_path / "cache").exists(), "without a version nothing is kept"


def test_the_prose_of_a_version_is_kept(toy, tmp_path):
    cache, info = tmp_path / "new" / "cache", toy("1.0")
    first = data.docstrings(["toy"], folder=cache)
    (kept,) = cache.iterdir()
    assert kept.read_text().splitlines() == first
    kept.write_text("This stands in the cache only.\n")
    assert data.docstrings(["toy"], folder=str(cache)) == ["This stands in the cache only."]
    info.rename(info.with_name("toy-1.0-old"))
    toy("1.1")
    assert data.docstrings(["toy"], folder=cache) == first
    assert len(list(cache.iterdir())) == 2


def test_without_a_place_to_write_it_works_all_the_same(toy, tmp_path):
    toy("1.0")
    (tmp_path / "file").write_text("in the way")
    assert data.docstrings(["toy"], folder=tmp_path / "file") == TOY[:-1]
    assert (tmp_path / "file").read_text() == "in the way"


def test_a_write_that_fails_leaves_nothing(toy, tmp_path, monkeypatch):
    def full(self, text, **_):
        Path.write_bytes(self, b"half of it")
        raise OSError("No space left on device")

    toy("1.0")
    monkeypatch.setattr(Path, "write_text", full)
    assert data.docstrings(["toy"], folder=tmp_path / "cache") == TOY[:-1]
    assert list((tmp_path / "cache").iterdir()) == []


def test_the_default_folder_is_the_users_cache(toy, tmp_path, monkeypatch):
    monkeypatch.setattr("pooch.os_cache", lambda project: tmp_path / "caches" / project)
    toy("1.0")
    data.docstrings(["toy"])
    assert len(list((tmp_path / "caches" / "course_pkg").glob("docstrings-toy-1.0-*.txt"))) == 1


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    folder, names = tmp_path_factory.mktemp("docstrings"), ("python", "numpy", "networkx")
    return {name: data.docstrings([name], folder=folder) for name in names}, data.docstrings(names, folder=folder)


def test_installed_packages_have_much_prose_and_nothing_twice(installed):
    parts, paragraphs = installed
    assert set(parts) < set(PACKAGES)
    assert sum(len(paragraph.split()) for paragraph in paragraphs) > 200_000
    assert len(set(paragraphs)) == len(paragraphs)
    assert list(dict.fromkeys(text for part in parts.values() for text in part)) == paragraphs
    for paragraph in paragraphs:
        assert_is_prose(paragraph)


def test_it_says_what_python_says(installed):
    """The summaries of some functions, as Python itself has them after the import."""
    import networkx as nx
    import numpy as np

    parts, _ = installed
    for package, functions in {
        "python": (textwrap.dedent, textwrap.indent, textwrap.shorten),
        "numpy": (np.fft.fft, np.mean, np.linalg.qr),
        "networkx": (nx.shortest_path, nx.is_connected),
    }.items():
        for function in functions:
            summary = " ".join(inspect.getdoc(function).split("\n\n")[0].replace("`", "").split())
            assert summary in parts[package]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: data.docstrings("numpy"), "packages: expected a list of names of packages, got str 'numpy'"),
        (lambda: data.docstrings(None), "packages: expected a list of names"),
        (lambda: data.docstrings(["numpy", 3]), "packages: expected a list of names"),
        (lambda: data.docstrings(["nump"]), "packages: expected names of installed packages, got str 'nump'"),
        (lambda: data.docstrings(["numpy.fft"]), "packages: expected names of installed packages"),
        (lambda: data.docstrings(["sys"]), "packages: expected names of installed packages"),
        (lambda: data.docstrings(["__main__"]), "packages: expected names of installed packages"),
        (lambda: data.docstrings(["numpy"], folder=3), "folder: expected the name of a folder, got int 3"),
    ],
)
def test_bad_arguments_are_named(call, message):
    with pytest.raises((TypeError, ValueError), match=f"^{message}"):
        call()
