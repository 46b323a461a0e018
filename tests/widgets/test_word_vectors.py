"""The visualiser of word2vec without a browser: what the page gets for each thing a reader can do, and for nonsense."""

import base64
import io
import json
import re

import matplotlib.image
import numpy as np
import pytest
from bs4 import BeautifulSoup
from hypothesis import given, settings
from hypothesis import strategies as st

from course_pkg import words
from course_pkg.widgets import WordVectors
from course_pkg.widgets.word_vectors import CURVE, MODES, MOST_STEPS


def do(widget, control, value=None):
    """What a message from the page does."""
    widget._handle_custom_msg({"control": control, "value": value}, [])
    return widget.state


def step(widget, count):
    return do(widget, "step", {"count": count})


def trainer(steps=0, preset="king and queen", **options):
    made = words.PairTrainer(**words.PRESETS[preset] | options)
    made.step(steps)
    return made


@pytest.mark.parametrize("preset", ["king and queen", "king and queen, hierarchical softmax", "self loop"])
def test_a_reader_without_a_kernel_sees_a_picture_with_alt_text(preset):
    widget = WordVectors(preset, steps=200)
    data, _ = widget._repr_mimebundle_()
    page = BeautifulSoup(data["text/html"], "html.parser")
    assert page.img["alt"] == widget.alt()
    assert page.figure.figcaption.get_text(strip=True)
    assert "200 iterations" in widget.alt()
    pixels = matplotlib.image.imread(io.BytesIO(base64.b64decode(page.img["src"].partition(",")[2])))
    assert pixels.shape[1] >= 800
    seen = {tuple((255 * pixel[:3]).round().astype(int)) for pixel in pixels.reshape(-1, pixels.shape[2])}
    assert {(0x00, 0x72, 0xB2), (0xE6, 0x9F, 0x00)} <= seen, "the points of both kinds"


def test_the_page_needs_nothing_from_elsewhere():
    assert not re.findall(r"\bimport\b|https?://(?!www\.w3\.org/2000/svg)", WordVectors._esm)


def test_steps_are_those_of_the_trainer():
    widget = WordVectors()
    assert widget.state["saved"]["W"] == trainer().input.tolist()
    for count in (1, 20, 100, 500):
        step(widget, count)
    expected = trainer(621)
    state = do(widget, "hold", True)
    assert state["saved"] == {name: value for name, value in expected.state().items() if name != "losses"}
    answers = dict(zip(expected.words, state["answers"], strict=True))
    assert state["excited"] == list(expected.pair.context)
    assert answers == pytest.approx(
        dict(zip(expected.words, expected.excite(state["excited"]).answers, strict=True)), rel=1e-12
    )


def test_next_shows_then_applies_and_back_undoes():
    widget = WordVectors()
    start = widget.state
    shown = do(widget, "next")
    assert shown["saved"] == start["saved"]
    gradients = trainer().look()
    assert shown["gradients"] == [gradients.W.tolist(), gradients.W2.tolist()]
    assert "are shown" in shown["text"]
    assert do(widget, "next")["saved"]["steps"] == 1
    assert do(widget, "back") == start
    assert do(widget, "back") == start
    step(widget, 250)
    before = widget.state["saved"]
    step(widget, 1)
    assert do(widget, "back")["saved"] == before
    assert do(widget, "restart") == start


def test_presets_and_modes_begin_anew():
    widget = WordVectors(steps=30)
    for name, preset in words.PRESETS.items():
        state = do(widget, "preset", name)
        assert (state["preset"], state["pairs"], state["saved"]["steps"]) == (name, preset["text"], 0)
        assert state["mode"] == preset.get("output", "softmax")
    assert do(widget, "preset", "your own") == state, "which is no other text"
    for mode in MODES:
        step(widget, 3)
        assert (do(widget, "mode", mode)["mode"], widget.trainer.steps) == (mode, 0)
    assert widget.trainer.original
    step(widget, 100)
    np.testing.assert_array_equal(widget.trainer.input, trainer(100, original=True).input)
    assert not do(widget, "preset", "self loop")["mode"].endswith("original")


def test_config_and_pairs_of_the_reader():
    widget = WordVectors()
    config = '{"hidden_size": 2, "random_state": 3, "learning_rate": 0.5}'
    state = do(widget, "update", {"config": config, "pairs": "a^b|c, c|a"})
    assert widget.error == ""
    assert state["preset"] == "your own"
    np.testing.assert_array_equal(
        widget.trainer.input, words.PairTrainer("a^b|c, c|a", hidden_size=2, random_state=3).input
    )
    assert json.loads(state["config"]) == json.loads(config) | {"negatives": 3}
    step(widget, 2)
    kept = widget.state["saved"]["W"]
    state = do(widget, "rate", '{"learning_rate": 0.25}')
    assert (state["saved"]["W"], state["saved"]["steps"]) == (kept, 2)
    assert json.loads(state["config"])["learning_rate"] == 0.25
    assert json.loads(state["config"])["hidden_size"] == 2, "the rest needs a restart"


def test_queries():
    widget = WordVectors(steps=100)
    state = do(widget, "excite", "queen")
    assert (state["excited"], state["query"]) == (["queen"], True)
    state = do(widget, "excite", "man")
    np.testing.assert_allclose(state["hidden"], trainer(100).input[[8, 6]].mean(axis=0))
    assert "queen + man → " in state["text"]
    assert do(widget, "excite", "queen")["excited"] == ["man"]
    assert step(widget, 10)["excited"] == ["man"], "one can watch the answer change"
    assert not do(widget, "clear")["query"]
    do(widget, "excite", "man")
    assert do(widget, "next")["excited"] == list(widget.trainer.pair.context), "Next shows the pair"


def test_what_a_pair_asks():
    asked = dict(WordVectors().state["asked"])
    assert asked == {trainer().words.index("kingdom"): 1}
    widget = WordVectors("king and queen, negative sampling")
    assert list(dict(widget.state["asked"]).values()) == [1], "the negatives are not drawn yet"
    asked = dict(do(widget, "next")["asked"])
    moved = np.flatnonzero(np.any(widget.state["gradients"][1], axis=1))
    assert sorted(asked) == moved.tolist()
    assert sorted(asked.values()) == [-1] * (len(moved) - 1) + [1]
    widget = WordVectors("king and queen, hierarchical softmax")
    tree = widget.trainer.layer.tree
    word = widget.trainer.words.index("kingdom")
    assert dict(widget.state["asked"]) == dict(zip(tree.paths[word].tolist(), tree.codes[word].tolist(), strict=True))
    both = WordVectors(text="a|b^c", output="hierarchical softmax", hidden_size=2)
    assert sum(row == 1 for row, _ in both.state["asked"]) == 2, "at the root one target lies left, one right"
    scene = widget.scenery["tree"]
    assert {label for *_, label in scene["nodes"]} == {*widget.trainer.words, *(f"node {k}" for k in range(11))}
    assert len(scene["edges"]) == 22
    assert sum(widget.state["answers"]) == pytest.approx(1)


def test_the_plane_shows_what_is_wanted():
    widget = WordVectors(steps=500)
    names = [(kind, label) for kind, label, *_ in widget.state["points"]]
    contexts = ["king", "man", "queen", "woman"]
    assert names == [("input", w) for w in contexts] + [("output", f"{w}′") for w in widget.trainer.words]
    assert len(do(widget, "untrained", True)["points"]) == 24
    assert len(do(widget, "outputs", False)["points"]) == 12
    assert do(widget, "inputs", False)["points"] == []
    assert widget.static_figure() is not None
    negative = WordVectors("king and queen, negative sampling")
    assert len(negative.state["points"]) == 4 + 8, "a word that is never a target keeps its first output vector"
    tree = WordVectors("king and queen, hierarchical softmax")
    assert len(tree.state["points"]) == 4 + 8, "nor do nodes move below which there is no target"


def test_the_plane_follows_or_is_held():
    widget, held = WordVectors(steps=300), WordVectors(steps=300)
    do(held, "hold", True)
    axes = held._axes
    for _ in range(20):
        before = widget._axes
        step(widget, 10)
        step(held, 10)
        assert (np.sum(widget._axes * before, axis=1) >= 0).all(), "it does not jump to its mirror image"
    assert held._axes is axes
    assert not np.allclose(widget._axes, axes)
    do(held, "update", {"config": '{"hidden_size": 3}', "pairs": held.trainer.text})
    assert held._axes.shape == (2, 3)


def test_the_curve_is_the_mean_of_a_round():
    widget = WordVectors(steps=16)
    losses = trainer(16).losses
    np.testing.assert_allclose(widget.state["curve"], [[n, np.mean(losses[:n])] for n in range(1, 17)])
    step(widget, 1000)
    curve = widget.state["curve"]
    assert len(curve) <= CURVE
    assert curve[-1] == pytest.approx([1016, np.mean(widget.trainer.losses[-16:])])


@pytest.mark.parametrize(
    ("control", "value", "part"),
    [
        ("preset", "king", "preset: expected one of"),
        ("mode", "sampled", "mode: expected one of"),
        ("step", {"count": 0}, "count: expected an integer ≥ 1"),
        ("step", {"count": MOST_STEPS + 1}, f"count: expected at most {MOST_STEPS}"),
        ("step", None, "count: expected an integer"),
        ("excite", "emperor", "word: expected one of"),
        ("rate", "0.5", "config: expected names and values"),
        ("rate", "{", "config: expected JSON such as"),
        ("rate", "[" * 100_000, "config: expected JSON such as"),
        ("rate", '{"learning_rate": -1}', "learning_rate: expected"),
        ("rate", '{"rate": 1}', "config: expected one of"),
        ("update", {"config": "{}", "pairs": "king"}, "text: pair 1: expected context|target"),
        ("update", {"config": '{"hidden_size": 13}', "pairs": "king|queen"}, "hidden_size: expected at most 2"),
        ("update", {"config": "{}", "pairs": ",".join(f"a{i}|b{i}" for i in range(21))}, "text: expected at most 40"),
        ("update", {"config": "{}"}, "text: expected pairs"),
        ("update", "king|queen", "update: expected config and pairs"),
        ("hold", 1, "hold: expected True or False"),
        ("nothing of this name", 1, "nothing of this name"),
    ],
)
def test_what_cannot_be_used_is_an_error_in_place(control, value, part):
    widget = WordVectors(steps=5)
    before = widget.state, widget.scenery
    do(widget, control, value)
    assert part in widget.error
    assert (widget.state, widget.scenery) == before
    do(widget, "next")
    assert widget.error == ""


def test_a_rate_that_explodes_is_an_error_and_no_step():
    widget = WordVectors(steps=20)
    do(widget, "rate", '{"learning_rate": 1e50}')
    before = widget.state
    step(widget, 500)
    assert "learning_rate: expected a smaller one" in widget.error
    assert widget.state == before


@pytest.mark.parametrize(
    "options", [{"preset": "king"}, {"text": "king"}, {"hidden_size": 13}, {"steps": -1}, {"output": "x"}]
)
def test_it_checks_its_arguments(options):
    with pytest.raises(ValueError, match=f"^{next(iter(options))}: "):
        WordVectors(**options)


CONTROLS = ["next", "step", "back", "restart", "preset", "mode", "rate", "update", "excite", "clear", "hold", "outputs"]
TEXTS = st.sampled_from([*words.PRESETS, *MODES, "king", "A", '{"learning_rate": 3}', '{"hidden_size": 1}', "NaN"])
VALUES = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | TEXTS
    | st.fixed_dictionaries({"count": st.integers(-1, 50)})
    | st.fixed_dictionaries({"config": TEXTS, "pairs": st.text("ab|^, ", max_size=12)})
)


@given(messages=st.lists(st.tuples(st.sampled_from(CONTROLS) | VALUES, VALUES), max_size=8))
@settings(max_examples=40, deadline=None)
def test_no_message_breaks_it(messages):
    widget = WordVectors()
    for message in messages:
        do(widget, *message)
        json.dumps([widget.state, widget.scenery], allow_nan=False)  # a browser cannot read NaN and Infinity
        assert "iterations" in widget.state["text"]
