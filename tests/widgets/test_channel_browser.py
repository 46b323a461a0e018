"""The channel browser without a browser: what the page gets for each thing a reader can do, and for nonsense."""

import base64
import io
import json
import re

import numpy as np
import pytest
import torch
from bs4 import BeautifulSoup
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from torch import nn

from course_pkg import vision
from course_pkg.widgets import ChannelBrowser


def network():
    torch.manual_seed(0)
    layers = [nn.Conv2d(3, 5, 3, padding=1), nn.ReLU(), nn.AvgPool2d(2), nn.Conv2d(5, 7, 3, padding=1), nn.ReLU()]
    names = {"first": "0", "first_relu": "1", "second": "3", "second_relu": "4"}
    return vision.Network(nn.Sequential(*layers), caption="a tiny network, random weights", names=names, device="cpu")


NETWORK = network()
PHOTO = np.random.default_rng(0).uniform(size=(40, 60, 3))


def browser(**options):
    return ChannelBrowser(NETWORK, **{"thumbnails": 3, "size": 16, "pictures": [PHOTO], "method": "naive", **options})


def do(widget, control, value=None):
    """What a message from the page does."""
    widget._handle_custom_msg({"control": control, "value": value}, [])
    return widget.state


def pixels(address):
    head, _, data = address.partition(",")
    assert head in ("data:image/png;base64", "data:image/jpeg;base64")
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(data)))) / 255


def test_a_reader_without_a_kernel_sees_a_picture_with_alt_text():
    widget = browser(layer="second", channel=4)
    data, _ = widget._repr_mimebundle_()
    page = BeautifulSoup(data["text/html"], "html.parser")
    assert page.img["alt"] == widget.alt()
    assert "channels 3 to 5 of second" in widget.alt()
    assert "a tiny network, random weights" in widget.alt()
    assert "second, channel 4" in widget.alt()
    assert pixels(page.img["src"]).shape[0] >= 300


def test_the_page_needs_nothing_from_elsewhere():
    assert not re.findall(r"\bimport\b|https?://(?!www\.w3\.org/2000/svg)", ChannelBrowser._esm)


def test_the_pictures_are_those_of_visualise():
    widget = browser(layer="first")
    assert [each["channel"] for each in widget.scenery["thumbnails"]] == [0, 1, 2]
    made = vision.visualise(NETWORK, vision.channel("first", 2), size=16, method="naive", seed=0)
    np.testing.assert_allclose(pixels(widget.scenery["thumbnails"][2]["image"]), made.picture, atol=0.03)
    do(widget, "channel", 2)
    do(widget, "mixed", "1")
    do(widget, "share", 0.25)
    do(widget, "steps", 7)
    mixture = 0.75 * vision.channel("first", 2) + 0.25 * vision.channel("first", 1)
    made = vision.visualise(NETWORK, mixture, size=48, method="naive", seed=0, steps=7)
    np.testing.assert_allclose(pixels(widget.state["large"]["image"]), made.picture, atol=0.03)
    assert "first, channel 2 mixed with 1 (25%), of 0 to 4" in widget.state["text"]
    found = vision.most_exciting(NETWORK, "first", [2], [PHOTO], side=16, count=4)
    for patch, expected in zip(widget.state["patches"], found.patches[0], strict=True):
        np.testing.assert_allclose(pixels(patch["image"]), expected, atol=0.003)


def test_the_sheet_follows_the_channel():
    widget = browser(layer="second")
    for control, value, channels in (
        ("further", None, [3, 4, 5]),
        ("further", None, [6]),
        ("further", None, [6]),
        ("earlier", None, [3, 4, 5]),
        ("channel", "6", [6]),
        ("channel", 1, [0, 1, 2]),
        ("earlier", None, [0, 1, 2]),
    ):
        state = do(widget, control, value)
        assert [each["channel"] for each in widget.scenery["thumbnails"]] == channels
        assert state["channel"] in channels
        assert (state["earlier"], state["further"]) == (0 not in channels, 6 not in channels)


def test_a_new_layer_begins_at_its_first_channel():
    widget = browser(layer="second", channel=6, mixed=5)
    state = do(widget, "layer", "first")
    assert (state["layer"], state["channel"], state["mixed"]) == ("first", 0, "")
    assert [name for name, _ in widget.scenery["layers"]] == ["first", "second"]
    assert widget.scenery["layers"][1][1] == "second (7 channels)"


def test_from_python_a_smaller_layer_keeps_what_it_can():
    widget = browser(layer="second", channel=6, mixed=5)
    widget.layer = "first"
    assert (widget.state["channel"], widget.state["mixed"]) == (4, "4")
    with pytest.raises(ValueError, match="channel: expected a channel of first, 0 to 4, got 5"):
        widget.channel = 5
    with pytest.raises(ValueError, match="layer: expected one of"):
        widget.layer = "third"


def test_another_method_is_another_picture():
    widget = browser()
    before = widget.scenery["thumbnails"][0]["image"]
    do(widget, "steps", 3)
    state = do(widget, "method", "laplacian")
    assert (state["method"], state["steps"]) == ("laplacian", vision.METHODS["laplacian"].steps)
    assert widget.scenery["thumbnails"][0]["image"] != before


def test_without_photos():
    widget = browser(pictures=())
    assert widget.state["patches"] == []
    assert "photo" not in widget.state["text"] + widget.alt()
    assert widget.static_figure() is not None


@pytest.mark.parametrize(
    ("control", "value", "part"),
    [
        ("layer", "third", "layer: expected one of"),
        ("channel", 99, "channel: expected a channel of second, 0 to 6, got 99"),
        ("channel", "blue", "channel: expected an integer, got 'blue'"),
        ("channel", None, "channel: expected an integer"),
        ("mixed", "-1", "mixed: expected an integer ≥ 0"),
        ("method", "best", "method: expected one of"),
        ("share", 1.5, "share: expected a number from 0 to 1, got 1.5"),
        ("steps", 0, "steps: expected an integer ≥ 1"),
        ("steps", 101, "steps: expected an integer from 1 to 100"),
        ("steps", None, "steps: expected an integer"),
        ("nothing of this name", 1, "nothing of this name"),
    ],
)
def test_what_cannot_be_used_is_an_error_in_place(control, value, part):
    widget = browser(layer="second")
    before = widget.state, widget.scenery
    do(widget, control, value)
    assert part in widget.error
    assert (widget.state, widget.scenery) == before
    do(widget, "mixed", "")
    assert widget.error == ""


@pytest.mark.parametrize(
    ("options", "error", "text"),
    [
        ({"network": nn.ReLU()}, TypeError, "network: expected a course_pkg.vision.Network"),
        ({"layers": ["third"]}, ValueError, "layers: expected one of"),
        ({"thumbnails": 0}, ValueError, "thumbnails: expected an integer ≥ 1"),
        ({"size": 4}, ValueError, "size: expected an integer ≥ 16"),
        ({"channel": 7}, ValueError, "channel: expected a channel of second, 0 to 6"),
        ({"pictures": [np.zeros((8, 8, 3))]}, ValueError, r"pictures\[0\]: expected at least 16×16"),
        ({"pictures": [np.zeros((8, 8))]}, ValueError, r"pictures\[0\]: expected shape"),
    ],
)
def test_it_checks_its_arguments(options, error, text):
    arguments = {"network": NETWORK, "thumbnails": 1, "size": 16, "pictures": (), "method": "naive", **options}
    with pytest.raises(error, match=f"^{text}"):
        ChannelBrowser(arguments.pop("network"), **arguments)


VALUES = st.none() | st.booleans() | st.integers(-1, 8) | st.floats() | st.sampled_from(["first", "second", "5", "x"])
CONTROLS = st.sampled_from(["layer", "channel", "mixed", "share", "steps", "earlier", "further", "nothing"])
WIDGET = browser()


@given(messages=st.lists(st.tuples(CONTROLS, VALUES), max_size=5))
@settings(max_examples=30, deadline=None)
def test_no_message_breaks_it(messages):
    for message in messages:
        do(WIDGET, *message)
        json.dumps([WIDGET.state, WIDGET.scenery], allow_nan=False)
        shown = [each["channel"] for each in WIDGET.scenery["thumbnails"]]
        assert WIDGET.state["channel"] in shown
