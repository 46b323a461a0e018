"""A picture and its knobs, without a browser: what the page gets for what a reader does, and for nonsense."""

import base64
import io

import numpy as np
import pytest
from bs4 import BeautifulSoup
from PIL import Image

from course_pkg.widgets import PictureKnobs

KNOBS = {"colour": ["red", "green"], "rows": (2, 9, 1), "light": (0.0, 1.0, 0.25)}
calls = []


def make(colour, rows, light):
    calls.append((colour, rows, light))
    if rows == 9:
        raise ValueError("rows: expected fewer, got 9")
    picture = np.zeros((rows, 4, 3))
    picture[..., ["red", "green"].index(colour)] = light
    return picture


@pytest.fixture
def widget():
    calls.clear()
    return PictureKnobs(make, KNOBS, about="A plain picture", values={"light": 1.0})


def do(widget, control, value):
    """What a message from the page does."""
    widget._handle_custom_msg({"control": control, "value": value}, [])
    return widget.state


def pixels(state):
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(state["image"].partition(",")[2])))) / 255


def test_the_knobs_make_the_picture(widget):
    assert widget.state["values"] == {"colour": "red", "rows": 2, "light": 1.0}
    assert {knob["name"] for knob in widget.state["knobs"]} == set(KNOBS)
    np.testing.assert_array_equal(pixels(widget.state)[0, 0], [1, 0, 0])
    do(widget, "rows", 5)
    state = do(widget, "colour", "green")
    assert pixels(state).shape == (5, 4, 3)
    np.testing.assert_array_equal(pixels(state)[0, 0], [0, 1, 0])
    assert state["text"] == "A plain picture: colour green, rows 5, light 1.0"
    assert all(isinstance(rows, int) for _, rows, _ in calls)


def test_a_picture_is_made_once(widget):
    for rows in (3, 4, 3, 4, 2):
        do(widget, "rows", rows)
    assert [rows for _, rows, _ in calls] == [2, 3, 4]


@pytest.mark.parametrize(
    ("control", "value", "named"),
    [
        ("rows", 10, "rows"),
        ("rows", None, "rows"),
        ("colour", "blue", "colour"),
        ("size", 1, "control"),
        ("rows", 9, "rows"),
    ],
)
def test_nonsense_becomes_a_message_and_changes_nothing(widget, control, value, named):
    before = widget.state
    assert do(widget, control, value) == before
    assert widget.error.startswith(named)
    assert widget.values == before["values"]
    do(widget, "rows", 3)
    assert widget.error == ""


def test_a_reader_without_a_kernel_sees_the_picture(widget):
    page = BeautifulSoup(widget._repr_mimebundle_()[0]["text/html"], "html.parser")
    assert page.img["alt"] == widget.alt()


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        ((3, KNOBS), "make"),
        ((make, {}), "knobs"),
        ((make, {"colour": "red"}), "knobs"),
        ((make, {"colour": []}), "knobs"),
        ((make, {"rows": (3, 2, 1)}), "knobs"),
        ((lambda colour: 3, {"colour": ["red"]}), "make"),
    ],
)
def test_wrong_arguments_are_named(arguments, named):
    with pytest.raises((TypeError, ValueError), match=f"^{named}"):
        PictureKnobs(*arguments, about="nothing")


def test_a_start_value_that_is_no_knob_is_named():
    with pytest.raises(ValueError, match=r"^values"):
        PictureKnobs(make, KNOBS, about="nothing", values={"size": 3})
