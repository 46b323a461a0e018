import numpy as np
import pytest
from caffe_oracle import inputs, layer

from course_pkg import caffe, show
from course_pkg.caffe.drawing import places


@pytest.fixture
def drawn(monkeypatch):
    """Draw a net, and return the matplotlib figure."""
    figures = []
    monkeypatch.setattr(show, "figure", lambda fig, *, alt, caption="": figures.append((fig, alt, caption)))

    def draw(net):
        caffe.draw(net, alt="a net", caption="below")
        fig, alt, caption = figures.pop()
        assert (alt, caption) == ("a net", "below")
        return fig

    return draw


def lenet(phase):
    data = {"data": np.zeros((1, 1, 28, 28)), "label": np.zeros(1, int)}
    return caffe.Net(caffe.published("lenet_train_test"), phase=phase, data=data)


def test_every_layer_and_every_way_of_a_blob_is_written_once(drawn):
    net = lenet("TEST")
    ax = drawn(net).axes[0]
    texts = sorted(text.get_text() for text in ax.texts if text.get_text())
    boxes = [layer.name for layer in net.layers]
    boxes += [f"{layer.type} · {layer.learned:,}" if layer.learned else layer.type for layer in net.layers]
    arrows = [f"{name}  {'×'.join(map(str, shape))}" for _, _, name, shape in net.edges()]
    assert texts == sorted(boxes + arrows)
    assert "label  100" in arrows
    assert len(ax.patches) >= len(net.layers)


def test_a_chain_goes_straight_down_and_what_branches_stands_beside_it():
    assert places(lenet("TRAIN")) == [(0, row) for row in range(9)]
    assert places(lenet("TEST"))[-2:] == [(0, 8), (1, 8)]


def test_no_two_layers_share_a_place(drawn):
    text = inputs(x=(2, 3)) + layer("ReLU", "x", "a") + layer("TanH", "x", "b") + layer("Sigmoid", "a", "c")
    net = caffe.Net(text + layer("Concat", "a b c", "d") + layer("ReLU", "b", "e"))
    assert len(set(places(net))) == len(net.layers)
    assert all(places(net)[writer][1] < places(net)[reader][1] for writer, reader, _, _ in net.edges())
    drawn(net)
