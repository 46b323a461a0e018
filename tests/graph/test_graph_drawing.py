"""The drawing shows every operation once, tells the orders apart, and lets no two boxes overlap."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.colors import to_hex

from course_pkg import graph, show


@pytest.fixture
def drawn(monkeypatch):
    """Draw, and return the matplotlib figure, its alternative text and its caption."""
    figures = []
    monkeypatch.setattr(show, "figure", lambda fig, *, alt, caption="": figures.append((fig, alt, caption)))

    def draw(*args, **keywords):
        graph.draw(*args, alt="a graph", caption="below", **keywords)
        fig, alt, caption = figures.pop()
        assert (alt, caption) == ("a graph", "below")
        return fig

    return draw


def boxes(fig):
    """Text and colour of each box."""
    return [
        (text.get_text(), to_hex(text.get_bbox_patch().get_edgecolor()))
        for text in fig.axes[0].texts
        if text.get_text()
    ]


def logistic_unit():
    w, x = graph.Variable(2.0, "w"), graph.placeholder((), "x")
    return w, x, 1 / (1 + graph.exp(-(w * x)))


def test_every_operation_has_a_box_and_every_input_an_arrow(drawn, fresh_graph):
    logistic_unit()
    fig = drawn(fresh_graph)
    grey, blue = to_hex("0.6"), to_hex(show.COLOURS["blue"])
    given_, built = ["w", "x", "1", "1"], ["×", "×(−1)", "exp", "+", "÷"]
    assert sorted(boxes(fig)) == sorted([(t, grey) for t in given_] + [(t, blue) for t in built])
    assert sum(not text.get_text() for text in fig.axes[0].texts) == 8


def test_forward_and_gradient_are_told_apart(drawn):
    w, _, f = logistic_unit()
    slope = graph.gradients(f, w)
    second = graph.gradients(slope, w)
    fig = drawn({"f": f, "slope": slope, "second": second})
    colour = dict(boxes(fig))
    assert colour["÷\nf"] == to_hex(show.COLOURS["blue"])
    assert colour["×\nslope"] == to_hex(show.COLOURS["red"])
    named = [c for text, c in colour.items() if text.endswith("\nsecond")]
    assert named == [to_hex(show.COLOURS["purple"])]
    height = {text.get_text(): text.get_position()[1] for text in fig.axes[0].texts if "\n" in text.get_text()}
    assert height["÷\nf"] > height["×\nslope"] > min(height.values())
    labels = [text.get_text() for text in fig.legends[0].get_texts()]
    assert labels == ["given", "built by hand", "added by gradients", "gradients of gradients"]


def test_only_what_the_tensors_need_is_drawn(drawn):
    w, _, f = logistic_unit()
    graph.gradients(f, w)
    assert len(boxes(drawn([f]))) == 9


@settings(max_examples=15, derandomize=True, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9), st.booleans()), min_size=1, max_size=9))
def test_no_two_boxes_overlap_and_arrows_run_the_right_way(choices):
    with graph.Graph() as built:
        values = [graph.placeholder((), "x"), graph.Variable(1.0, "w")]
        for i, j, product in choices:
            a, b = values[i % len(values)], values[j % len(values)]
            values.append(a * b if product else a + b)
        first = graph.gradients(values[-1], values[0])
        graph.gradients(first, values[0])
    places, _, _ = graph.drawing._layout(built.operations)
    scaled = np.array([(1.2 * x, 0.62 * y) for x, y in places.values()])
    apart = np.abs(scaled[:, None] - scaled[None]) + 9 * np.eye(len(scaled))[..., None]
    assert ((apart[..., 0] > 0.55) | (apart[..., 1] > 0.55)).all()
    assert set(places) == set(built.operations)
    for op in built.operations:
        for x in op.inputs:
            if x.op.order == op.order:
                forward = places[x.op][0] < places[op][0]
                assert forward == (op.order != 1), "the gradients run back, all others forward"


def test_a_notebook_gets_a_figure_with_words():
    from IPython.core.interactiveshell import InteractiveShell
    from IPython.utils.capture import capture_output

    InteractiveShell.instance()
    try:
        _, _, f = logistic_unit()
        with capture_output() as captured:
            graph.draw([f], alt="one unit", caption="below")
    finally:
        InteractiveShell.clear_instance()
    (output,) = captured.outputs
    assert 'alt="one unit"' in output.data["text/html"]


def test_the_same_graph_gives_the_same_picture(monkeypatch):
    pictures = []
    monkeypatch.setattr(show, "figure", lambda fig, **words: pictures.append(show.figure_html(fig, **words)))
    for _ in range(2):
        with graph.Graph():
            w, x, f = logistic_unit()
            graph.draw([f, graph.gradients(f, [w, x])[0]], alt="a")
    assert pictures[0] == pictures[1]


def test_what_cannot_be_drawn_is_named():
    with pytest.raises(ValueError, match="what: expected 1 to 60 operations, got 0"):
        graph.draw(graph.Graph(), alt="nothing")
    x = graph.placeholder(())
    for _ in range(60):
        x = graph.exp(x)
    with pytest.raises(ValueError, match="what: expected 1 to 60 operations, got 61"):
        graph.draw([x], alt="too much")
    for wrong in (3, [1.0], {"a": None}):
        with pytest.raises(TypeError, match="what: expected a graph or tensors"):
            graph.draw(wrong, alt="no graph")
