"""The widgets without a browser: what the page gets for each thing that a reader can do, and for nonsense."""

import base64
import io
import json
import re
import sys
from html.parser import HTMLParser

import matplotlib.image
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from course_pkg import widgets
from course_pkg.surfaces import SURFACES
from course_pkg.widgets.base import shown
from course_pkg.widgets.conv_stepper import kernels

ALL = [widgets.Activations, widgets.Backprop222, widgets.ConvStepper, widgets.Descent]
VIEW = "application/vnd.jupyter.widget-view+json"


def do(widget, control, value=None):
    """What a message from the page does."""
    widget._handle_custom_msg({"control": control, "value": value}, [])
    return widget.state


def number(text):
    return float(text.replace("−", "-"))


class Images(HTMLParser):
    def __init__(self, markup):
        super().__init__()
        self.found, self.tags = [], []
        self.feed(markup)

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        if tag == "img":
            self.found.append(dict(attributes))


@pytest.mark.parametrize("cls", ALL)
def test_a_reader_without_a_kernel_sees_a_picture_with_alt_text(cls):
    widget = cls()
    data, _ = widget._repr_mimebundle_()
    assert data[VIEW]["model_id"] == widget.model_id
    parsed = Images(data["text/html"])
    (image,) = parsed.found
    assert {"figure", "figcaption"} <= set(parsed.tags)
    assert image["alt"] == widget.alt()
    assert len(image["alt"]) > 60
    assert data["text/plain"] == f"[widget: {widget.alt()}]"
    pixels = matplotlib.image.imread(io.BytesIO(base64.b64decode(image["src"].partition(",")[2])))
    assert pixels.shape[1] >= 700
    assert len(np.unique(pixels.reshape(-1, pixels.shape[2]), axis=0)) > 50, "the picture is all but empty"


def test_colab_gets_no_html_that_it_could_show_in_place_of_the_widget(monkeypatch):
    monkeypatch.setitem(sys.modules, "google.colab", object())
    data, _ = widgets.Activations()._repr_mimebundle_()
    assert "text/html" not in data
    assert VIEW in data


@pytest.mark.parametrize("cls", ALL)
def test_the_page_needs_nothing_from_elsewhere(cls):
    assert not re.findall(r"\bimport\b|https?://(?!www\.w3\.org/2000/svg)", cls._esm)
    assert "url(" not in cls._css
    assert "@import" not in cls._css


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
    max_leaves=4,
)
NUMBERS = st.floats(-10, 10) | st.integers(-3, 50) | st.floats(-10, 10).map(str) | st.integers(-3, 15).map(str)
CONTROLS = {
    widgets.Activations: ["name", "x"],
    widgets.Backprop222: ["next", "back", "end", "at", "restart", "iterate", "lr", "slide"],
    widgets.ConvStepper: [
        "preset",
        "cell 0 0",
        "cell 9 9",
        "cell x",
        "size",
        "stride",
        "padding",
        "at",
        "next",
        "down",
    ],
    widgets.Descent: ["surface", "rate", "lr", "exponent", "start", "left", "up", "step", "forward", "restart"],
}
CHOICES = ["sigmoid", "relu", "edge", "blur", "own", "bowl", "cliff", "too large", "abc", "", "1/0", "nan", "1e999"]


@pytest.mark.parametrize("cls", ALL)
@given(data=st.data())
@settings(max_examples=60)
def test_no_message_breaks_a_widget(cls, data):
    widget = cls()
    control = st.sampled_from(CONTROLS[cls]) | JSON
    value = JSON | NUMBERS | st.sampled_from(CHOICES) | st.tuples(NUMBERS, NUMBERS).map(list)
    for message in data.draw(st.lists(st.tuples(control, value), max_size=8)):
        do(widget, *message)
        # A browser cannot read the NaN and Infinity of Python's JSON.
        json.dumps([widget.state, widget.scenery], allow_nan=False)
        assert widget.state["text"]


@pytest.mark.parametrize(("cls", "control"), list(zip(ALL, ["name", "next", "next", "forward"], strict=True)))
def test_an_unknown_control_is_an_error_in_the_page_until_the_next_message(cls, control):
    widget = cls()
    before = widget.state
    assert do(widget, "nothing of this name") == before
    assert "nothing of this name" in widget.error
    do(widget, control, "sigmoid")
    assert widget.error == ""


def test_numbers_are_written_for_readers():
    assert [shown(v) for v in (-0.0, -2.0, 0.12345, 1e-6, -2.5e-7, 1e17, 12345.0)] == [
        *("0", "−2", "0.1235", "10⁻⁶", "−2.5·10⁻⁷", "10¹⁷", "1.234·10⁴")
    ]


# Activations


@pytest.mark.parametrize(("name", "function"), [("sigmoid", torch.sigmoid), ("tanh", torch.tanh), ("relu", torch.relu)])
@pytest.mark.parametrize("x", [-6, -1.25, 0, 0.5, 6])
def test_activation_and_slope(name, function, x):
    widget = widgets.Activations()
    do(widget, "name", name)
    state = do(widget, "x", x)
    t = torch.tensor(float(x), dtype=torch.float64, requires_grad=True)
    y = function(t)
    y.backward()
    assert state["value"] == pytest.approx(y.item(), abs=1e-12)
    assert state["slope"] == pytest.approx(t.grad.item(), abs=1e-12)
    assert f"f({shown(float(x))}) = {shown(y.item())}" in state["text"]
    (x0, y0), (x1, y1) = state["tangent"]
    assert (y1 - y0) / (x1 - x0) == pytest.approx(t.grad.item(), abs=1e-9)
    assert (y0 + y1) / 2 == pytest.approx(y.item(), abs=1e-9)
    for piece in widget.scenery["f"]["curve"]:
        xs, ys = np.array(piece).T
        np.testing.assert_allclose(ys, function(torch.tensor(xs)), atol=2e-5)


def test_the_jump_of_relu_is_no_slope():
    left, right = widgets.Activations("relu").scenery["df"]["curve"]
    assert {y for _, y in left} == {0}
    assert {y for _, y in right} == {1}
    assert "convention" in widgets.Activations("relu", 0).state["text"]


def test_activation_controls_take_what_is_typed_and_refuse_the_rest():
    widget = widgets.Activations()
    assert do(widget, "x", "−1/4")["x"] == -0.25
    for value, part in (("abc", "'abc'"), ("7", "from −6 to 6"), ("1/0", "'1/0'"), ("nan", "finite"), (None, "None")):
        state = do(widget, "x", value)
        assert state["x"] == -0.25
        assert widget.error.startswith("x: expected")
        assert part.replace("−", "-") in widget.error.replace("−", "-")
    do(widget, "name", "softmax")
    assert "'sigmoid', 'tanh', 'relu'" in widget.error
    assert do(widget, "x", 1)["x"] == 1
    assert widget.error == ""


@pytest.mark.parametrize(
    ("name", "x", "error"), [("gelu", 0, ValueError), ("tanh", 9, ValueError), ("tanh", "a", TypeError)]
)
def test_activations_checks_its_arguments(name, x, error):
    with pytest.raises(error):
        widgets.Activations(name, x=x)


# Descent


def walk_down_the_bowl(start, lr, steps):
    """Gradient descent on ½·(x² + y²) with the gradient from torch."""
    point = torch.tensor(start, dtype=torch.float64, requires_grad=True)
    points = [point.tolist()]
    for _ in range(steps):
        (slope,) = torch.autograd.grad((point**2).sum() / 2, point)
        point = (point - lr * slope).detach().requires_grad_()
        points.append(point.tolist())
    return np.array(points)


def test_the_path_is_that_of_gradient_descent():
    widget = widgets.Descent()
    do(widget, "surface", "bowl")
    do(widget, "start", [2.0, -1.0])
    state = do(widget, "lr", "0.25")
    expected = walk_down_the_bowl([2.0, -1.0], 0.25, 100)
    np.testing.assert_allclose(state["points"], expected, rtol=1e-3, atol=1e-9)
    np.testing.assert_allclose(state["above"][:20], (expected[:20] ** 2).sum(axis=1) / 2, rtol=1e-3)
    assert state["verdict"] == "converges"


@pytest.mark.parametrize("name", SURFACES)
def test_the_three_rates_of_each_surface_give_three_verdicts(name):
    widget = widgets.Descent(name)
    verdicts = [do(widget, "rate", rate)["verdict"] for rate in ("too small", "right", "too large")]
    assert verdicts[:2] == ["too small", "converges"]
    assert verdicts[2] in ("diverges", "oscillates")
    assert min(widget.state["above"]) > 0, "a logarithmic axis has no zero"


def test_moving_the_start():
    widget = widgets.Descent("ravine", lr=0.07, start=(0, 0.5))
    for control, point in (("right", [0.15, 0.5]), ("up", [0.15, 0.575]), ("left", [0, 0.575]), ("down", [0, 0.5])):
        np.testing.assert_allclose(do(widget, control)["points"][0], point)
    assert do(widget, "start", [99, -99])["points"][0] == [3, -1.5], "outside the map: the nearest point of it"
    assert do(widget, "right")["points"][0] == [3, -1.5]


def test_steps():
    widget = widgets.Descent("ravine")
    assert widget.state["step"] == 100
    assert do(widget, "step", 7)["step"] == 7
    assert "After 7 of 100 steps" in widget.state["text"]
    assert do(widget, "forward")["step"] == 8
    assert do(widget, "restart")["step"] == 0
    assert do(widget, "step", 1000)["step"] == 100
    do(widget, "restart")
    assert do(widget, "exponent", -2)["step"] == 100, "another learning rate shows its whole path"
    assert widget.state["lr"] == 0.01


@pytest.mark.parametrize(("value", "part"), [("fast", "'fast'"), ("-1", "≥ 0"), ("inf", "finite"), ("", "''")])
def test_a_bad_learning_rate_is_an_error_in_place(value, part):
    widget = widgets.Descent()
    before = widget.state
    assert do(widget, "lr", value) == before
    assert widget.error.startswith("lr: expected")
    assert part in widget.error


@pytest.mark.parametrize(
    "arguments",
    [{"surface": "hill"}, {"lr": -1}, {"lr": "0.1"}, {"start": (1, 2, 3)}, {"start": (1e9, 0)}, {"step": 0.5}],
)
def test_descent_checks_its_arguments(arguments):
    with pytest.raises((ValueError, TypeError), match=next(iter(arguments))):
        widgets.Descent(**arguments)


# Backprop222


def train(w, lr, iterations):
    """The 2-2-2 network in torch: the Error and the gradients of each iteration, and the last weights."""
    w, x, y = (torch.tensor(v, dtype=torch.float64) for v in (w, (0.5, 0.3), (0.23, -0.07)))
    errors = []
    for _ in range(iterations):
        w = w.detach().requires_grad_()
        hidden = torch.sigmoid(w[:4].reshape(2, 2).T @ x)
        error = ((torch.sigmoid(w[4:].reshape(2, 2).T @ hidden) - y) ** 2).sum() / 2
        error.backward()
        errors.append(error.item())
        gradient, w = w.grad, w - lr * w.grad
    return errors, gradient.tolist(), w.tolist()


W = (0.2, -0.4, 0.5, 0.6, 0.1, -0.5, -0.3, 0.8)


def test_values_appear_as_they_become_known():
    widget = widgets.Backprop222()
    state = widget.state
    assert state["current"] is None
    assert state["nodes"]["x1"]["value"] == "0.5"
    assert state["nodes"]["h1"]["value"] == "?"
    state = do(widget, "next")
    assert state["current"]["formula"] == "w1·x1 + w3·x2"
    assert state["current"]["substituted"] == "0.2·0.5 + 0.5·0.3"
    assert state["current"]["value"] == "0.25"
    assert state["current"]["lit"] == ["h1", "w1", "w3"]
    assert {"text": "In_h1 = 0.25", "phase": "forward"} in state["nodes"]["h1"]["notes"]
    assert state["nodes"]["h1"]["value"] == "?"
    assert do(widget, "next")["nodes"]["h1"]["value"] == "0.5622"
    assert do(widget, "back")["nodes"]["h1"]["value"] == "?"
    assert len(state["edges"]["w5"]) == 1
    state = do(widget, "end")
    assert state["at"] == state["count"]
    _, gradient, w = train(W, 1, 1)
    for i, notes in enumerate(state["edges"].values()):
        assert [note["text"].split(" = ")[0] for note in notes] == [f"w{i + 1}", f"δ{i + 1}", f"w{i + 1}'"]
        values = [number(note["text"].split(" = ")[1]) for note in notes]
        assert values == pytest.approx([W[i], gradient[i], w[i]], rel=1e-3)


def test_iterations_go_on_with_the_new_weights():
    widget = widgets.Backprop222()
    for _ in range(3):
        do(widget, "end")
        state = do(widget, "iterate")
    assert (state["iteration"], state["at"]) == (4, 0)
    errors = train(W, 1, 4)[0]
    np.testing.assert_allclose(widget.network.w, train(W, 1, 3)[2], rtol=1e-12)
    state = do(widget, "end")
    assert [number(e) for e in state["errors"]] == pytest.approx(errors, rel=1e-3)
    state = do(widget, "restart")
    assert (state["iteration"], state["at"], state["errors"]) == (1, 0, [])
    assert widget.network.w == W


def test_the_learning_rate_changes_the_update():
    widget = widgets.Backprop222()
    do(widget, "lr", "1/2")
    do(widget, "end")
    do(widget, "iterate")
    np.testing.assert_allclose(widget.network.w, train(W, 0.5, 1)[2], rtol=1e-12)
    for value, part in (("η", "'η'"), ("-1", "≥ 0"), ("inf", "finite")):
        assert do(widget, "lr", value)["lr"] == 0.5
        assert part in widget.error


def test_the_slide_beside_the_chain_rule():
    widget = widgets.Backprop222()
    assert widget.state["comparison"] == []
    rows = do(widget, "slide", True)["comparison"]
    assert [row["name"] for row in rows] == ["δ1", "δ2", "δ3", "δ4"]
    right = [number(row["right"]) for row in rows]
    assert right == pytest.approx([-0.0084, 0.0126, -0.0051, 0.0076], abs=5e-5)
    assert [round(number(row["slide"]), 2) for row in rows] == [0.01] * 4, "as the slide prints them"
    assert [row["flips"] for row in rows] == [True, False, True, False]
    assert rows[0]["formula"].startswith("(δ5 + δ6)·h1·(1 − h1)·x1 = ")
    assert do(widget, "slide", False)["comparison"] == []


def test_backprop222_checks_its_arguments():
    with pytest.raises(ValueError, match="x: expected"):
        widgets.Backprop222(x=(1, 2, 3))
    with pytest.raises(TypeError, match="slide"):
        widgets.Backprop222(slide=1)


# ConvStepper


def torch_output(widget):
    image, kernel = (torch.tensor(grid, dtype=torch.float64)[None, None] for grid in (widget.image, widget.kernel))
    return torch.nn.functional.conv2d(image, kernel, stride=widget.stride, padding=widget.padding)[0, 0].numpy()


@pytest.mark.parametrize("preset", ["identity", "blur", "edge", "sharpen"])
@pytest.mark.parametrize(
    ("size", "stride", "padding"), [(3, 1, 0), (3, 2, 1), (5, 2, 3), (2, 3, 0), (7, 1, 0), (1, 4, 2)]
)
def test_every_output_and_its_products(preset, size, stride, padding):
    widget = widgets.ConvStepper()
    for control, value in (("size", str(size)), ("preset", preset), ("stride", str(stride)), ("padding", str(padding))):
        do(widget, control, value)
        assert widget.error == ""
    expected = torch_output(widget)
    state = do(widget, "end")
    assert (len(state["output"]), len(state["output"][0])) == expected.shape
    assert "".join(re.findall(r"so (\d+ × \d+)", state["size"])) == f"{expected.shape[0]} × {expected.shape[1]}"
    np.testing.assert_allclose([[number(v) for v in row] for row in state["output"]], expected, rtol=5e-3, atol=1e-12)
    for index in range(expected.size):
        state = do(widget, "at", index)
        row, column = state["place"]
        written = " + ".join(state["products"]).replace("·", "*").replace("−", "-")
        assert eval(written) == pytest.approx(expected[row, column], rel=5e-3, abs=2e-3 * size**2)
        assert number(state["value"]) == pytest.approx(expected[row, column], rel=1e-3, abs=1e-12)
        assert len(state["products"]) == size
        filled = [value != "" for line in state["output"] for value in line]
        assert filled == [i <= index for i in range(expected.size)]


def test_sizes_of_the_deck():
    widget = widgets.ConvStepper()
    assert widget.output().shape == (5, 5)
    assert "⌊(7 + 2·0 − 3)/1⌋ + 1 = 5" in widget.state["size"]
    assert "⌊(7 + 2·0 − 3)/2⌋ + 1 = 3, so 3 × 3" in do(widget, "stride", "2")["size"]


def test_ways_over_the_output():
    widget = widgets.ConvStepper()
    ways = ["next", "down", "down", "right", "left", "left", "left", "up", "back"]
    ways += ["end", "right", "down", "next", "restart", "left", "up", "back"]
    places = [do(widget, way)["place"] for way in ways]
    assert places[:9] == [[0, 1], [1, 1], [2, 1], [2, 2], [2, 1], [2, 0], [2, 0], [1, 0], [0, 4]]
    assert places[9:13] == [[4, 4]] * 4
    assert places[13:] == [[0, 0]] * 4
    do(widget, "end")
    widget.stride = 2
    assert widget.state["place"] == [2, 2], "the last place of a smaller output"
    assert do(widget, "stride", "3")["place"] == [0, 0], "another geometry begins again"


def test_editing_the_kernel():
    widget = widgets.ConvStepper()
    assert widget.state["preset"] == "edge"
    state = do(widget, "cell 0 2", "1/2")
    assert state["preset"] == "own"
    assert widget.kernel[0][2] == 0.5
    for value in ("a", "", "1/0", "inf", "1e9"):
        assert do(widget, "cell 0 2", value)["kernel"][0][2] == "0.5"
        assert widget.error.startswith("kernel: expected")
    do(widget, "cell 1 1", "0")
    np.testing.assert_allclose(widget.output(), torch_output(widget))
    assert do(widget, "preset", "blur")["kernel"] == [["0.111"] * 3] * 3


def test_a_kernel_larger_than_the_padded_image_says_so_in_place():
    widget = widgets.ConvStepper()
    state = do(widget, "size", "9")
    assert "kernel: expected at most 7" in state["error"]
    assert state["place"] is None
    assert len(state["kernel"]) == 9
    assert do(widget, "next")["error"] == state["error"]
    assert "no output" in widget.alt()
    assert "got 9" in Images(widget._repr_mimebundle_()[0]["text/html"]).found[0]["alt"]
    state = do(widget, "padding", "1")
    assert "error" not in state
    assert widget.output().shape == (1, 1)


@pytest.mark.parametrize(
    ("control", "value", "part"),
    [
        *[("stride", "0", "≥ 1"), ("stride", "x", "'x'"), ("stride", "13", "1 to 12"), ("padding", "-1", "≥ 0")],
        *[("padding", "2.5", "'2.5'"), ("size", "13", "at most 12"), ("size", "0", "≥ 1"), ("size", "", "''")],
    ],
)
def test_bad_settings_are_errors_in_place(control, value, part):
    widget = widgets.ConvStepper()
    before = widget.state
    assert do(widget, control, value) == before
    assert widget.error.startswith(f"{control}: expected")
    assert part in widget.error


@pytest.mark.parametrize(
    "arguments",
    [{"image": [1, 2]}, {"image": np.ones((13, 2))}, {"kernel": [[np.nan]]}, {"stride": 0}, {"padding": 1.0}],
)
def test_conv_stepper_checks_its_arguments(arguments):
    with pytest.raises((ValueError, TypeError), match=next(iter(arguments))):
        widgets.ConvStepper(**arguments)


def test_images_need_not_be_square():
    widget = widgets.ConvStepper(image=np.arange(12.0).reshape(3, 4), kernel=[[1, 0, -1]])
    assert widget.output().shape == (3, 2)
    assert "and" in widget.state["size"]
    np.testing.assert_allclose(widget.output(), torch_output(widget))


def test_edge_kernels_give_nothing_where_all_is_equal():
    for size in (1, 2, 3, 5):
        presets = kernels(size)
        assert presets["edge"].sum() == 0
        for name in ("identity", "blur", "sharpen"):
            assert presets[name].sum() == pytest.approx(1)
