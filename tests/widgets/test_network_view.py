"""The network view without a browser: folding, what the page gets for each thing a reader can do, and for nonsense."""

import base64
import io
import json
import re

import matplotlib.image
import pytest
import torch
from bs4 import BeautifulSoup
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from course_pkg.models import profile
from course_pkg.widgets import NetworkView
from course_pkg.widgets.network_view import AT_FIRST, QUANTITIES, boxes, groups


class Block(nn.Module):
    def __init__(self, maps):
        super().__init__()
        self.conv1, self.conv2 = (nn.Conv2d(maps, maps, 3, padding=1) for _ in range(2))
        self.relu = nn.ReLU()

    def forward(self, x):
        return self.relu(x + self.conv2(self.relu(self.conv1(x))))


class Residual(nn.Module):
    def __init__(self, blocks=3, maps=4):
        super().__init__()
        self.stem = nn.Conv2d(1, maps, 3)
        self.body = nn.Sequential(*(Block(maps) for _ in range(blocks)))
        self.head = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(maps, 2))

    def forward(self, x):
        return self.head(self.body(self.stem(x)))


class Hourglass(nn.Module):
    """Layers of two lists in turn: neither list can be one box."""

    def __init__(self):
        super().__init__()
        self.a = nn.ModuleList([nn.Linear(3, 3), nn.Linear(3, 3)])
        self.b = nn.ModuleList([nn.Tanh(), nn.Tanh()])

    def forward(self, x):
        for a, b in zip(self.a, self.b, strict=True):
            x = b(a(x))
        return x


def view(**options):
    return NetworkView(Residual(), (1, 1, 8, 8), **options)


def do(widget, control, value=None):
    """What a message from the page does."""
    widget._handle_custom_msg({"control": control, "value": value}, [])
    return widget.state


def names(widget):
    return [box.name for box in widget.drawing.boxes]


def chosen(widget):
    return dict(widget.scenery["boxes"][widget.state["selected"]]["details"])


def test_a_reader_without_a_kernel_sees_a_picture_with_alt_text():
    widget = view(title="Three blocks")
    data, _ = widget._repr_mimebundle_()
    page = BeautifulSoup(data["text/html"], "html.parser")
    assert page.img["alt"] == widget.alt()
    assert "Three blocks" in page.figure.figcaption.get_text(strip=True)
    assert f"{sum(p.numel() for p in Residual().parameters()):,} parameters" in widget.alt()
    pixels = matplotlib.image.imread(io.BytesIO(base64.b64decode(page.img["src"].partition(",")[2])))
    assert pixels.shape[0] >= 600
    bars = (pixels[..., :3] * 255).round().astype(int)
    assert (bars == [0xF5, 0xD3, 0x8F]).all(axis=-1).sum() > 1000, "the bars"


def test_the_page_needs_nothing_from_elsewhere():
    assert not re.findall(r"\bimport\b|https?://(?!www\.w3\.org/2000/svg)", NetworkView._esm)


def test_modules_fold_and_unfold_by_their_path():
    widget = view()
    everything = names(widget)
    assert len(everything) == len(widget.profile.layers) == 20
    do(widget, "fold")
    assert names(widget) == ["input", "stem", "body.0", "body.1", "body.2", "head.0", "head.1", "head.2"]
    do(widget, "fold")
    assert names(widget) == ["input", "stem", "body", "head"]
    assert not widget.scenery["foldable"]
    assert widget.drawing.edges == [(0, 1), (1, 2), (2, 3)]
    do(widget, "unfold", "body")
    assert names(widget) == ["input", "stem", "body.0", "body.1", "body.2", "head"]
    do(widget, "unfold", "body.1")
    assert len(names(widget)) == 10
    do(widget, "fold", "body")
    assert names(widget) == ["input", "stem", "body", "head"]
    do(widget, "unfold", "body")
    assert len(names(widget)) == 10, "what was unfolded inside stays so"
    for _ in range(2):
        do(widget, "unfold")
    assert names(widget) == everything
    assert not widget.scenery["unfoldable"]


def test_the_numbers_of_a_folded_module_are_the_sums():
    widget = view()
    whole = profile(Residual(), (1, 1, 8, 8))
    for _ in range(3):
        for quantity in QUANTITIES:
            assert sum(widget._amounts(box)[quantity] for box in widget.drawing.boxes) == getattr(whole, quantity)
        do(widget, "fold")
    do(widget, "select", 2)
    found = chosen(widget)
    assert found["kind"] == "module, 15 layers"
    assert found["parameters"] == f"{3 * 2 * (4 * 4 * 9 + 4)}"
    assert (found["input"], found["output"]) == ("1×4×6×6", "1×4×6×6")
    assert (found["reads"], found["read by"]) == ("stem", "head")


def test_a_large_network_starts_folded():
    widget = NetworkView(Residual(blocks=20), (1, 1, 8, 8), unfold=["body.7"])
    assert len(widget.drawing.boxes) == 25 + 4 <= AT_FIRST
    assert "body.7.conv1" in names(widget)
    assert "body.6" in names(widget)


def test_a_module_that_is_left_and_entered_again_becomes_two_boxes():
    layers = profile(Hourglass(), (1, 3)).layers
    found, edges = boxes(layers, {"a", "b"})
    assert [box.name for box in found] == ["input", "a", "b", "a", "b"]
    assert edges == [(0, 1), (1, 2), (2, 3), (3, 4)]
    assert NetworkView(Hourglass(), (1, 3)).static_figure() is not None


def test_groups_are_modules_with_several_layers():
    net = nn.Sequential(nn.Sequential(nn.Sequential(nn.Linear(2, 2), nn.ReLU())), nn.Sequential(nn.Linear(2, 2)))
    assert groups(profile(net, (1, 2)).layers) == ["0"], "0.0 has the same layers, 1 only one"


def test_keys_follow_the_arrows():
    widget = view()
    places = dict(zip(names(widget), widget.drawing.places.points, strict=True))
    for control, name in (
        ("down", "stem"),
        ("down", "body.0.conv1"),
        ("down", "body.0.relu"),
        ("up", "body.0.conv1"),
        ("up", "stem"),
        ("left", "stem"),
    ):
        do(widget, control)
        assert chosen(widget)["name"] == name
    assert places["stem"][1] == 1
    branches = NetworkView(nn.Bilinear(2, 3, 4), [(1, 2), (1, 3)])
    assert names(branches) == ["input 1", "input 2", "Bilinear"]
    do(branches, "right")
    assert chosen(branches)["name"] == "input 2"
    do(branches, "right")
    assert chosen(branches)["name"] == "input 2"
    do(branches, "left")
    assert chosen(branches)["name"] == "input 1"


def test_bars_are_shares_of_the_largest():
    widget = view()
    for quantity in QUANTITIES:
        assert do(widget, "quantity", quantity)["quantity"] == quantity
        amounts = [getattr(layer, quantity) for layer in widget.profile.layers]
        shares = [box["shares"][quantity] for box in widget.scenery["boxes"]]
        assert shares == pytest.approx([amount / max(amounts) for amount in amounts], abs=1e-4)


def test_the_selected_layer_stays_selected_inside_its_folded_module():
    widget = view()
    do(widget, "select", 4)
    assert chosen(widget)["name"] == "body.0.conv2"
    do(widget, "fold")
    assert chosen(widget)["name"] == "body.0"
    do(widget, "unfold")
    assert chosen(widget)["name"] == "body.0.conv2"
    assert widget.state["text"].startswith("name body.0.conv2; kind Conv2d; ")


def test_an_example_tensor_and_several_inputs():
    widget = NetworkView(nn.Embedding(10, 4), torch.zeros(2, 3, dtype=torch.long))
    assert chosen(widget)["output"] == "2×3"
    assert (
        "2×3×4"
        in NetworkView(nn.Embedding(10, 4), [torch.zeros(2, 3, dtype=torch.long)]).scenery["boxes"][1]["details"][3]
    )
    assert NetworkView(nn.Linear(3, 2), [1, 3]).profile == profile(nn.Linear(3, 2), (1, 3))


@pytest.mark.parametrize(
    ("control", "value", "part"),
    [
        ("quantity", "beauty", "quantity: expected one of"),
        ("select", 99, "layer: expected 0 to 19"),
        ("select", -1, "layer: expected 0 to 19"),
        ("select", "x", "layer: expected an integer"),
        ("fold", "tail", "fold: expected one of 'body'"),
        ("unfold", 3, "unfold: expected one of"),
        ("nothing of this name", 1, "nothing of this name"),
    ],
)
def test_what_cannot_be_used_is_an_error_in_place(control, value, part):
    widget = view()
    before = widget.state, widget.scenery
    do(widget, control, value)
    assert part in widget.error
    assert (widget.state, widget.scenery) == before
    do(widget, "down")
    assert widget.error == ""


@pytest.mark.parametrize(
    ("arguments", "options", "error", "text"),
    [
        ((3, (1, 3)), {}, TypeError, "module: expected a torch.nn.Module"),
        ((nn.Linear(3, 2), (1, 4)), {}, ValueError, "input_shapes: .*the module says"),
        ((nn.Linear(3, 2), 3), {}, TypeError, "input_shapes"),
        ((nn.Linear(3, 2), []), {}, ValueError, "input_shapes"),
        ((nn.Linear(3, 2), (1, 3)), {"title": 3}, TypeError, "title: expected a text"),
        ((nn.Linear(3, 2), (1, 3)), {"unfold": ["body"]}, ValueError, "unfold: expected one of"),
        ((nn.Linear(3, 2), (1, 3)), {"unfold": "body"}, TypeError, "unfold: expected the paths"),
    ],
)
def test_it_checks_its_arguments(arguments, options, error, text):
    with pytest.raises(error, match=f"^{text}"):
        NetworkView(*arguments, **options)


def test_settings_from_python():
    widget = view()
    widget.selected = 10**6
    assert chosen(widget)["name"] == "head.2"
    widget.folded = ["body", "nowhere"]
    assert names(widget) == ["input", "stem", "body", "head.0", "head.1", "head.2"]
    for name, value in (("selected", -1), ("folded", "body"), ("folded", [3]), ("quantity", "size"), ("title", 3)):
        with pytest.raises((ValueError, TypeError), match=f"^{name}: expected"):
            setattr(widget, name, value)
    assert len(names(widget)) == 6


CONTROLS = ["quantity", "select", "up", "down", "left", "right", "fold", "unfold", ""]
VALUES = (
    st.none()
    | st.booleans()
    | st.integers(-3, 25)
    | st.floats()
    | st.sampled_from([*QUANTITIES, "body", "body.0", "head", "stem", "x"])
    | st.lists(st.integers(), max_size=2)
)
WIDGET = view()


@given(messages=st.lists(st.tuples(st.sampled_from(CONTROLS) | VALUES, VALUES), max_size=6))
@settings(max_examples=60, deadline=None)
def test_no_message_breaks_it(messages):
    for message in messages:
        do(WIDGET, *message)
        json.dumps([WIDGET.state, WIDGET.scenery], allow_nan=False)  # a browser cannot read NaN and Infinity
        assert WIDGET.state["text"].startswith("name ")
        assert 0 <= WIDGET.state["selected"] < len(WIDGET.scenery["boxes"])
