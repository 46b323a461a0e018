"""The race without a browser: what the page gets for each thing that a reader can do, and for nonsense."""

import base64
import io
import json
import re

import matplotlib.image
import numpy as np
import pytest
import torch
from bs4 import BeautifulSoup
from hypothesis import given, settings
from hypothesis import strategies as st

from course_pkg import nn
from course_pkg.surfaces import SURFACES, arrival, best_rate, race
from course_pkg.widgets import OptimiserRace
from course_pkg.widgets.optimiser_race import LOOKS, STEPS


def do(widget, control, value=None):
    """What a message from the page does."""
    widget._handle_custom_msg({"control": control, "value": value}, [])
    return widget.state


def runner(widget, name):
    return next(one for one in widget.scenery["runners"] if one["name"] == name)


def test_a_reader_without_a_kernel_sees_a_picture_with_alt_text():
    widget = OptimiserRace()
    data, _ = widget._repr_mimebundle_()
    page = BeautifulSoup(data["text/html"], "html.parser")
    assert page.figure.figcaption.get_text(strip=True)
    assert page.img["alt"] == widget.alt()
    assert all(name in widget.alt() for name in ("ravine", *nn.OPTIMISERS))
    pixels = matplotlib.image.imread(io.BytesIO(base64.b64decode(page.img["src"].partition(",")[2])))
    assert pixels.shape[1] >= 800
    seen = {tuple((255 * pixel[:3]).round().astype(int)) for pixel in pixels.reshape(-1, pixels.shape[2])}
    for name, (colour, _) in LOOKS.items():
        assert tuple(int(colour[i : i + 2], 16) for i in (1, 3, 5)) in seen, name


def test_the_page_needs_nothing_from_elsewhere():
    assert not re.findall(r"\bimport\b|https?://(?!www\.w3\.org/2000/svg)", OptimiserRace._esm)


def test_every_line_looks_different():
    assert list(LOOKS) == list(nn.OPTIMISERS)
    assert len({colour for colour, _ in LOOKS.values()}) == len(LOOKS)
    dashes = [dashes for _, dashes in LOOKS.values()]
    assert dashes.count(()) == 2, "black and blue are drawn through"
    assert len(set(dashes)) == len(LOOKS) - 1


@pytest.mark.parametrize("name", SURFACES)
def test_each_runs_with_its_best_rate(name):
    widget = OptimiserRace(name)
    for optimiser, kind in nn.OPTIMISERS.items():
        shown = runner(widget, optimiser)
        assert shown["lr"] == best_rate(name, kind, steps=STEPS)
        path = race(name, {optimiser: kind}, {optimiser: shown["lr"]}, steps=STEPS)[optimiser]
        np.testing.assert_allclose(shown["points"], path.points, rtol=1e-3, atol=1e-9)
        assert shown["arrival"] == arrival(path)
        assert min(shown["above"]) >= widget.scenery["floor"] > 0, "a logarithmic axis has no zero"


def test_a_typed_rate_is_that_of_torch():
    widget = OptimiserRace("bowl")
    do(widget, "rate Adam", "0.25")
    point = torch.tensor(SURFACES["bowl"].start, dtype=torch.float64, requires_grad=True)
    adam = torch.optim.Adam([point], lr=0.25)
    for expected in runner(widget, "Adam")["points"]:
        np.testing.assert_allclose(expected, point.detach(), rtol=1e-3, atol=1e-6)
        adam.zero_grad()
        ((point**2).sum() / 2).backward()
        adam.step()
    assert runner(widget, "SGD")["lr"] == 1, "the others keep theirs"


def test_the_slider_moves_all_rates():
    widget = OptimiserRace("bowl")
    before = {name: runner(widget, name)["lr"] for name in nn.OPTIMISERS}
    assert do(widget, "exponent", -1)["factor"] == 0.1
    for name, lr in before.items():
        assert runner(widget, name)["lr"] == pytest.approx(lr / 10)
    do(widget, "rate SGD", "1/4")
    assert runner(widget, "SGD")["lr"] == 0.25, "what is typed is what it runs with"
    do(widget, "exponent", 0)
    assert runner(widget, "SGD")["lr"] == 2.5
    do(widget, "best")
    assert {name: runner(widget, name)["lr"] for name in nn.OPTIMISERS} == before


def test_one_rate_for_all():
    widget = OptimiserRace("ravine")
    do(widget, "exponent", 0.2)
    lr = runner(widget, "SGD")["lr"]
    assert do(widget, "same")["factor"] == 1
    assert {one["lr"] for one in widget.scenery["runners"]} == {lr}


def test_another_surface_begins_anew():
    widget = OptimiserRace("bowl")
    for message in (("rate Adam", "3"), ("exponent", 1), ("step", 4), ("draw SGD", False)):
        do(widget, *message)
    state = do(widget, "surface", "cliff")
    assert (state["step"], state["factor"]) == (STEPS, 1)
    assert runner(widget, "Adam")["lr"] == best_rate("cliff", nn.Adam, steps=STEPS)
    assert state["drawn"] == list(nn.OPTIMISERS)[1:], "who is drawn stays"


def test_who_is_drawn():
    widget = OptimiserRace("bowl", ["Adam", "SGD"])
    assert widget.state["drawn"] == ["SGD", "Adam"]
    assert "Momentum" not in widget.state["text"]
    assert do(widget, "draw Momentum", True)["drawn"] == ["SGD", "Momentum", "Adam"]
    for name in ("SGD", "Momentum", "Adam"):
        do(widget, f"draw {name}", False)
    assert "nobody" in widget.state["text"]
    assert widget.static_figure() is not None
    do(widget, "draw Lion", True)
    assert "'Lion'" in widget.error


def test_steps_and_the_words_for_them():
    widget = OptimiserRace("ravine", ["SGD", "Nesterov"], rates={"SGD": 0.02, "Nesterov": 0.5})
    assert widget.text().endswith("Gone far away: Nesterov."), "faster than it can bear"
    assert do(widget, "restart")["step"] == 0
    assert do(widget, "forward")["step"] == 1
    x, y = -2.5 * 0.98, 1 - 0.5
    height = x * x / 2 + 25 * y * y / 2
    assert f"SGD {height:.2g}" in widget.state["text"]
    assert do(widget, "step", 1000)["step"] == STEPS


def test_who_is_down_is_at_most_at_the_floor():
    assert re.search(r"SGD ≤ \d·10⁻⁸", OptimiserRace("bowl", ["SGD"]).text())


@pytest.mark.parametrize(
    ("control", "value", "part"),
    [
        ("rate Adam", "fast", "lr: expected a number"),
        ("rate Adam", "0", "lr: expected a number > 0"),
        ("rate Lion", "1", "'Lion'"),
        ("exponent", "x", "exponent: expected a number"),
        ("exponent", 1e9, "range"),
        ("surface", "hill", "surface: expected one of"),
        ("step", -1, "step: expected an integer ≥ 0"),
        ("nothing of this name", 1, "nothing of this name"),
    ],
)
def test_what_cannot_be_used_is_an_error_in_place(control, value, part):
    widget = OptimiserRace("bowl")
    before = widget.state, widget.scenery
    do(widget, control, value)
    assert part in widget.error
    assert (widget.state, widget.scenery) == before
    do(widget, "forward")
    assert widget.error == ""


@pytest.mark.parametrize(
    "arguments",
    [
        {"surface": "hill"},
        {"optimisers": "Adam"},
        {"optimisers": ["adam"]},
        {"optimisers": 3},
        {"rates": {"Adam": -1}},
        {"rates": {"adam": 1}},
        {"rates": [1]},
        {"factor": 0},
        {"step": 0.5},
    ],
)
def test_the_race_checks_its_arguments(arguments):
    with pytest.raises((ValueError, TypeError), match=f"^{next(iter(arguments))}"):
        OptimiserRace(**arguments)


NAMES = [f"{what} {name}" for what in ("rate", "draw") for name in (*nn.OPTIMISERS, "", "x y")]
CONTROLS = ["surface", "exponent", "best", "same", "step", "forward", "restart", "rate", "draw", "", *NAMES]
VALUES = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.floats(-3, 3)
    | st.sampled_from([*SURFACES, "1e300", "1e-300", "1/3", "nan", "", "abc"])
    | st.lists(st.integers(), max_size=2)
    | st.dictionaries(st.text(max_size=2), st.integers(), max_size=1)
)


@given(messages=st.lists(st.tuples(st.sampled_from(CONTROLS) | VALUES, VALUES), max_size=6))
@settings(max_examples=60, deadline=None)
def test_no_message_breaks_it(messages):
    widget = OptimiserRace("bowl", ["SGD", "Adam"])
    for message in messages:
        do(widget, *message)
        json.dumps([widget.state, widget.scenery], allow_nan=False)  # a browser cannot read NaN and Infinity
        assert widget.state["text"].startswith("After ")
