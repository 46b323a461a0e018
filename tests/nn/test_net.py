import numpy as np
import pytest
import torch
from nn_oracle import assert_equal, normal, torch_pass

from course_pkg import nn


def small_net(loss=None, seed=0):
    rng = np.random.default_rng(seed)
    return nn.Net(
        [
            nn.Conv2d(1, 3, 3, padding=1, rng=rng),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Flatten(),
            nn.Dense(12, 5, rng=rng),
            nn.Tanh(),
            nn.Dense(5, 4, rng=rng),
        ],
        loss=loss,
    )


X, Y = normal(0, 6, 1, 4, 4), np.array([0, 1, 2, 3, 0, 1])


def test_layers_get_numbered_names():
    net = small_net()
    assert list(net.layers) == ["conv1", "relu1", "maxpool1", "flatten1", "dense1", "tanh1", "dense2"]
    assert net["dense2"].name == "dense2"
    assert list(net.parameters()) == [
        "conv1.weight",
        "conv1.bias",
        "dense1.weight",
        "dense1.bias",
        "dense2.weight",
        "dense2.bias",
    ]
    assert list(net.weights()) == ["conv1.weight", "dense1.weight", "dense2.weight"]


def test_a_dict_gives_the_names():
    net = nn.Net({"C1": nn.Conv2d(1, 2, 3), "out": nn.Flatten()})
    assert list(net.parameters()) == ["C1.weight", "C1.bias"]
    with pytest.raises(KeyError, match="expected one of C1, out, got 'C2'"):
        net["C2"]


def test_the_whole_net_equals_torch():
    net = small_net(nn.SoftmaxCrossEntropy())
    blobs = net.parameters()

    def torch_net(x, w1, b1, w2, b2, w3, b3):
        h = torch.nn.functional.max_pool2d(torch.relu(torch.nn.functional.conv2d(x, w1, b1, padding=1)), 2)
        h = torch.tanh(torch.nn.functional.linear(h.flatten(1), w2, b2))
        return torch.nn.functional.cross_entropy(torch.nn.functional.linear(h, w3, b3), torch.tensor(Y))

    expected, dx, *gradients = torch_pass(torch_net, 1.0, X, *(blob.data for blob in blobs.values()))
    assert_equal(net.loss(X, Y), expected)
    assert_equal(net.backward(), dx)
    for blob, gradient in zip(blobs.values(), gradients, strict=True):
        assert_equal(blob.diff, gradient)
    net.zero_grad()
    assert not any(blob.diff.any() for blob in blobs.values())


def test_gradients_agree_with_finite_differences():
    assert nn.check_gradients(small_net(), X[:2]) < 1e-7
    assert nn.check_gradients(small_net(nn.SoftmaxCrossEntropy()), X[:2], y=Y[:2]) < 1e-7


def test_backward_with_a_given_gradient_needs_no_loss():
    net = small_net()
    dy = normal(1, *net.forward(X).shape)
    assert net.backward(dy).shape == X.shape


def test_backward_without_a_current_loss_says_so():
    net = small_net(nn.SoftmaxCrossEntropy())
    with pytest.raises(RuntimeError, match=r"call net.loss\(x, y\) directly before it"):
        net.backward()
    net.loss(X, Y)
    net.predict(X[::-1])  # the layers now remember another batch than the loss
    with pytest.raises(RuntimeError, match=r"call net.loss\(x, y\) directly before it"):
        net.backward()


def test_a_net_without_loss_says_so():
    with pytest.raises(RuntimeError, match="this net has no loss"):
        small_net().loss(X, Y)


def test_prediction_takes_the_largest_score():
    net = small_net()
    scores = net.forward(X)
    assert net.predict(X).tolist() == [max(range(4), key=lambda k: row[k]) for row in scores]
    assert net.accuracy(X, net.predict(X)) == 1
    assert net.accuracy(X, (net.predict(X) + 1) % 4) == 0


def test_prediction_takes_the_smallest_penalty():
    centres = np.sign(normal(0, 3, 5))
    net = nn.Net([nn.EuclideanRBF(5, 3, centres=centres)], loss=nn.RBFLoss())
    assert net.predict(centres).tolist() == [0, 1, 2]
    assert net.accuracy(centres + 0.1, [0, 1, 2]) == 1


def test_a_feature_map_is_no_score():
    with pytest.raises(ValueError, match=r"x: expected samples for which the net gives scores \(N, classes\)"):
        nn.Net([nn.ReLU()]).predict(X)


def test_summary_names_shapes_and_parameters():
    net = small_net()
    net.forward(X)
    assert net.summary((1, 4, 4)) == [
        ("conv1", "Conv2d", (3, 4, 4), 30),
        ("relu1", "ReLU", (3, 4, 4), 0),
        ("maxpool1", "MaxPool2d", (3, 2, 2), 0),
        ("flatten1", "Flatten", (12,), 0),
        ("dense1", "Dense", (5,), 65),
        ("tanh1", "Tanh", (5,), 0),
        ("dense2", "Dense", (4,), 24),
    ]
    assert net.backward(np.ones((6, 4))).shape == X.shape  # the pass before is still remembered


def test_summary_refuses_a_shape_that_does_not_fit():
    with pytest.raises(ValueError, match=r"input_shape: expected a shape that 'dense1' can take, got \(1, 6, 6\)"):
        small_net().summary((1, 6, 6))


def test_errors_say_which_layer():
    with pytest.raises(ValueError, match="x: expected shape") as caught:
        small_net().forward(np.zeros((1, 1, 6, 6)))
    assert caught.value.__notes__ == ["This was in layer 'dense1' of the net."]


def test_saving_and_loading_gives_the_same_net(tmp_path):
    path = tmp_path / "net.weights"  # written under exactly this name
    net, other = small_net(seed=1), small_net(seed=2)
    net.save(path)
    blobs = other.parameters()
    arrays = {name: blob.data for name, blob in blobs.items()}
    other.load(str(path))
    np.testing.assert_array_equal(other.forward(X), net.forward(X))
    assert all(other.parameters()[name].data is array for name, array in arrays.items())


def broken_files(path):
    good = {name: blob.data for name, blob in small_net(seed=1).parameters().items()}
    yield "another net", lambda: np.savez(path, **{**good, "dense3.weight": np.ones(2)})
    yield "a parameter less", lambda: np.savez(path, **{k: v for k, v in good.items() if k != "dense2.bias"})
    yield "another shape", lambda: np.savez(path, **{**good, "dense2.bias": np.ones(3)})
    yield "NaN", lambda: np.savez(path, **{**good, "dense2.bias": np.full(4, np.nan)})
    yield "text", lambda: np.savez(path, **{**good, "dense2.bias": np.array(["a"] * 4)})
    yield "a pickle", lambda: np.savez(path, **{**good, "dense2.bias": np.array([{}] * 4)})
    yield "no archive", lambda: path.write_bytes(b"PK\x03\x04 not a zip")
    yield "empty", lambda: path.write_bytes(b"")
    yield "one array", lambda: np.save(path.open("wb"), np.ones(3))

    def damaged():
        np.savez(path, **good)
        raw = bytearray(path.read_bytes())
        raw[200:260] = bytes(60)
        path.write_bytes(raw)

    yield "damaged", damaged


@pytest.mark.parametrize("index", range(10))
def test_a_file_that_does_not_fit_changes_nothing(tmp_path, index):
    path = tmp_path / "net.npz"
    _, write = list(broken_files(path))[index]
    write()
    net, before = small_net(seed=2), small_net(seed=2).forward(X)
    with pytest.raises((ValueError, TypeError), match="path: "):
        net.load(path)
    np.testing.assert_array_equal(net.forward(X), before)


def test_a_missing_file_is_a_missing_file(tmp_path):
    with pytest.raises(FileNotFoundError):
        small_net().load(tmp_path / "nothing.npz")


def test_the_same_layer_twice_is_refused():
    layer = nn.ReLU()
    with pytest.raises(ValueError, match="layers: expected different objects, got the same layer twice"):
        nn.Net([layer, layer])


def test_layers_must_be_layers_with_names():
    with pytest.raises(TypeError, match=r"layers\['softmaxcrossentropy1'\]: expected a layer"):
        nn.Net([nn.SoftmaxCrossEntropy()])
    with pytest.raises(ValueError, match="layers: expected at least one"):
        nn.Net([])
    with pytest.raises(ValueError, match=r"layers: expected names without a dot, got str 'a\.b'"):
        nn.Net({"a.b": nn.ReLU()})
