"""Figures carry words, tables their numbers, and nobody is shown a progress bar who is not there."""

import base64
import io

import numpy as np
import pytest
from bs4 import BeautifulSoup
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output
from PIL import Image

from course_pkg import show


@pytest.fixture(autouse=True)
def shell():
    """Without a shell, IPython's display only prints."""
    yield InteractiveShell.instance()
    InteractiveShell.clear_instance()


def shown(draw):
    """Return the data of all that ``draw()`` displays."""
    with capture_output() as captured:
        draw()
    assert captured.stdout == captured.stderr == ""
    return [output.data for output in captured.outputs]


def html(draw):
    (data,) = shown(draw)
    return BeautifulSoup(data["text/html"], "html.parser")


def test_a_figure_has_alt_text_and_caption():
    fig, ax = show.new_figure()
    ax.plot([1, 2])
    page = html(lambda: show.figure(fig, alt='a "line" <up>', caption="x < y"))
    assert page.img["alt"] == 'a "line" <up>'
    assert page.img["src"].startswith("data:image/png;base64,")
    assert page.figcaption.text == "x < y"


def test_photos_are_kept_small():
    from course_pkg import data

    fig, ax = show.new_figure(size=(8, 6))
    ax.imshow(data.photo("coffee"))
    page = html(lambda: show.figure(fig, alt="a cup"))
    kind, _, coded = page.img["src"].partition(";base64,")
    assert kind == "data:image/jpeg"
    with Image.open(io.BytesIO(base64.b64decode(coded))) as picture:
        assert picture.size == (800, 600)
    assert len(coded) < 200_000


@pytest.mark.parametrize("alt", ["", "  ", None])
def test_a_figure_without_alt_text_is_refused(alt):
    with pytest.raises(ValueError, match="alt"):
        show.figure(show.new_figure()[0], alt=alt)


def test_a_figure_is_the_same_each_time():
    def draw():
        fig, ax = show.new_figure()
        ax.plot([1, 3, 2])
        return show.figure_html(fig, alt="a line")

    assert draw() == draw()


def test_style_does_not_leak():
    import matplotlib as mpl

    before = mpl.rcParams["axes.spines.top"], mpl.rcParams["font.size"]
    show.new_figure()
    assert (mpl.rcParams["axes.spines.top"], mpl.rcParams["font.size"]) == before


@pytest.mark.parametrize(
    "draw",
    [
        lambda: show.images([np.eye(3), np.ones((2, 2, 3))], alt="two", titles=["a", "b"]),
        lambda: show.images([-np.eye(3)], alt="one", signed=True),
        lambda: show.curves({"a": [1, 2], "b": ([1, 5], [2, 1])}, alt="curves", log=True),
        lambda: show.confusion([[3, 1], [0, 4]], alt="confusion"),
        lambda: show.matrix([[1, -2], [3, 4]], alt="matrix", highlight=[(0, 1)], title="W"),
        lambda: show.grids(
            [np.eye(3), [[0.5, -1]]], alt="grids", titles=["a", "b"], digits=(0, 1), frames=[(0, 1, 1, 2, 2)]
        ),
        lambda: show.graph({"x": (0, 0, "x"), "y": (1, 1, "f")}, [("x", "y", "1.00", "")], alt="graph"),
    ],
)
def test_each_plot_is_one_figure_with_words(draw):
    page = html(draw)
    assert len(page("img")) == 1
    assert page.img["alt"]


def test_table_shows_its_numbers_twice():
    (data,) = shown(lambda: show.table([["C1", 156, 0.123456]], ["layer", "parameters", "x<1"], caption="T"))
    page = BeautifulSoup(data["text/html"], "html.parser")
    assert [cell.text for cell in page("td")] == ["C1", "156", "0.1235"]
    assert [cell.text for cell in page("th")] == ["layer", "parameters", "x<1"]
    assert data["text/plain"].splitlines()[1].split() == ["C1", "156", "0.1235"]


def test_table_with_a_short_row_is_refused():
    with pytest.raises(ValueError, match=r"rows\[1\].*got 1"):
        show.table([[1, 2], [3]], ["a", "b"])


def test_source_shows_code():
    (data,) = shown(lambda: show.source(show.new_figure))
    assert "def" in data["text/html"]
    assert "new_figure" in data["text/html"]
    with pytest.raises(TypeError, match="thing"):
        show.source(3)


@pytest.mark.parametrize(
    ("call", "name"),
    [
        (lambda: show.images([], alt="x"), "pictures"),
        (lambda: show.images([[1, 2]], alt="x"), r"pictures\[0\]"),
        (lambda: show.curves({"a": [[1]]}, alt="x"), "series"),
        (lambda: show.matrix([1], alt="x"), "values"),
        (lambda: show.grids([], alt="x"), "arrays"),
        (lambda: show.grids([[1]], alt="x"), r"arrays\[0\]"),
        (lambda: show.graph({}, [], alt="x"), "nodes"),
        (lambda: show.graph({"x": (0, 0, "x")}, [("x", "z", "", "")], alt="x"), "edges.*'z'"),
        (lambda: show.confusion("no", alt="x"), "counts"),
        (lambda: show.Monitor(0), "total"),
    ],
)
def test_bad_arguments_are_named(call, name):
    with pytest.raises((TypeError, ValueError), match=name):
        call()


def test_progress_is_silent_without_a_watcher(monkeypatch, capsys):
    monkeypatch.setenv("COURSE_QUIET", "1")
    assert list(show.progress(range(3), "work")) == [0, 1, 2]
    assert capsys.readouterr() == ("", "")


def test_monitor_unwatched_leaves_one_figure(monkeypatch):
    monkeypatch.setenv("COURSE_QUIET", "1")

    def train():
        with show.Monitor(10) as monitor:
            for i in range(10):
                monitor.update(1 / (i + 1), accuracy=i / 10 if i % 3 == 0 else None)

    page = html(train)
    assert "10 iterations" in page.img["alt"]
    assert "90.0%" in page.img["alt"]
    assert page.progress is None


def test_monitor_watched_redraws_with_a_bar(monkeypatch):
    monkeypatch.delenv("COURSE_QUIET")
    with capture_output() as captured:
        monitor = show.Monitor(3, every=0)
        for loss in (3, 2, 1):
            monitor.update(loss)
        monitor.close()
    assert BeautifulSoup(captured.outputs[0].data["text/html"], "html.parser").progress["max"] == "3"


def test_monitor_that_never_ran_shows_nothing():
    assert shown(lambda: show.Monitor(3).close()) == []
