"""Event files: written by the course's loop, read back by TensorBoard's own reader."""

import io
import sys

import matplotlib.image
import numpy as np
import pytest
import torch

from course_pkg import data, nn, show

pytest.importorskip("tensorboard")


def read(folder):
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    events = EventAccumulator(str(folder), size_guidance={"scalars": 0, "histograms": 0, "images": 0})
    return events.Reload()


def test_the_training_loop_writes_what_the_history_says(tmp_path):
    digits = data.digits(dtype="float32")
    net = nn.Net([nn.Flatten(), nn.Dense(64, 10, rng=0, dtype="float32")], loss=nn.SoftmaxCrossEntropy())
    with show.TensorBoard(tmp_path, net=net, every=4) as board:
        history = nn.fit(
            net, digits.x_train[:300], digits.y_train[:300], lr=0.1, epochs=2, batch_size=50,
            test=(digits.x_test, digits.y_test), monitor=board,
        )  # fmt: skip
    events = read(tmp_path)
    assert events.Tags()["scalars"] == ["loss", "accuracy"]
    losses, accuracies = events.Scalars("loss"), events.Scalars("accuracy")
    assert [event.step for event in losses] == list(range(1, 13))
    np.testing.assert_allclose([event.value for event in losses], history.losses, rtol=1e-6)
    assert [event.step for event in accuracies] == [6, 12]
    np.testing.assert_allclose([event.value for event in accuracies], history.accuracies, rtol=1e-6)

    names = {f"{what}/dense1.{part}" for what in ("weights", "gradients") for part in ("weight", "bias")}
    assert set(events.Tags()["histograms"]) == names
    last = events.Histograms("weights/dense1.weight")[-1]
    weight = net["dense1"].weight
    assert (last.step, last.histogram_value.num) == (12, 640)
    assert last.histogram_value.sum == pytest.approx(weight.data.sum(), rel=1e-4, abs=1e-4)
    gradients = events.Histograms("gradients/dense1.weight")
    assert [event.step for event in gradients] == [1, 4, 8, 12]
    assert gradients[-1].histogram_value.max == pytest.approx(weight.diff.max(), rel=1e-4)


def test_a_torch_module(tmp_path):
    model = torch.nn.Linear(3, 2)
    with show.TensorBoard(str(tmp_path), net=model) as board:
        board.update(1.5)
        model(torch.ones(1, 3)).sum().backward()
        for _ in range(49):
            board.update(torch.tensor(0.5))
    events = read(tmp_path)
    assert [event.step for event in events.Histograms("weights/weight")] == [1, 50]
    [gradient] = events.Histograms("gradients/bias")
    assert (gradient.step, gradient.histogram_value.sum) == (50, 2), "none before the first backward pass"


@pytest.mark.parametrize("shape", [(3, 4, 5), (3, 4, 5, 3)])
def test_pictures(tmp_path, shape):
    pictures = np.random.default_rng(0).uniform(size=shape)
    with show.TensorBoard(tmp_path) as board:
        board.images("kernels", pictures)
    events = read(tmp_path)
    [image] = events.Images("kernels")
    pixels = matplotlib.image.imread(io.BytesIO(image.encoded_image_string), format="png")
    seen = pixels[..., :3].reshape(pixels.shape[0], pixels.shape[1], -1)[:4, :5]
    first = np.broadcast_to(pictures[0].reshape(4, 5, -1), (4, 5, 3))
    np.testing.assert_allclose(seen, first, atol=1 / 255)
    assert pixels.shape[0] * pixels.shape[1] >= 3 * 4 * 5, "all three"


def test_without_tensorboard_it_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", None)
    with pytest.raises(ImportError, match="pip install tensorboard"):
        show.TensorBoard(tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        ({"folder": 3}, TypeError, "folder: expected"),
        ({"net": 3}, TypeError, "net: expected"),
        ({"every": 0}, ValueError, "every: expected"),
    ],
)
def test_wrong_arguments(tmp_path, arguments, error, words):
    with pytest.raises(error, match=f"^{words}"):
        show.TensorBoard(**({"folder": tmp_path} | arguments))


def test_wrong_pictures_and_accuracies(tmp_path):
    with show.TensorBoard(tmp_path) as board:
        with pytest.raises(ValueError, match=r"^pictures: expected"):
            board.images("x", np.zeros((2, 3, 4, 2)))
        with pytest.raises(TypeError, match=r"^accuracy: expected a number"):
            board.update(1, accuracy="high")
