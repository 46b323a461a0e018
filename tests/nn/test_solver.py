import numpy as np
import pytest
import torch
from nn_oracle import assert_equal, normal

from course_pkg import nn
from course_pkg.data import digits, xor


def classifier(seed=0):
    rng = np.random.default_rng(seed)
    return nn.Net(
        [nn.Flatten(), nn.Dense(64, 32, rng=rng), nn.ReLU(), nn.Dense(32, 10, rng=rng)], loss=nn.SoftmaxCrossEntropy()
    )


@pytest.mark.parametrize("decay", [0.0, 0.1])
def test_steps_equal_torchs_sgd(decay):
    x, y = normal(0, 8, 3), np.arange(8) % 2
    net = nn.Net([nn.Dense(3, 2, rng=1)], loss=nn.SoftmaxCrossEntropy())
    weight = torch.tensor(net["dense1"].weight.data, requires_grad=True)
    bias = torch.tensor(net["dense1"].bias.data, requires_grad=True)
    theirs = torch.optim.SGD([{"params": [weight], "weight_decay": decay}, {"params": [bias]}], lr=0.3)
    ours = nn.SGD(net, 0.3, regulariser=nn.L2(decay))
    for _ in range(5):
        theirs.zero_grad()
        torch.nn.functional.cross_entropy(torch.tensor(x) @ weight.T + bias, torch.tensor(y)).backward()
        theirs.step()
        net.loss(x, y)
        net.zero_grad()
        net.backward()
        ours.step()
    assert_equal(net["dense1"].weight.data, weight.detach())
    assert_equal(net["dense1"].bias.data, bias.detach())


def test_losses_are_full_losses():
    x, y = normal(0, 8, 3), np.arange(8) % 2
    net = nn.Net([nn.Dense(3, 2, rng=1)], loss=nn.SoftmaxCrossEntropy())
    expected = net.loss(x, y) + 0.5 * 2.0 * (net["dense1"].weight.data ** 2).sum()
    history = nn.fit(net, x, y, lr=0.1, epochs=1, batch_size=8, regulariser=nn.L2(2.0))
    assert history.losses == pytest.approx([expected])


def test_an_mlp_learns_the_digits():
    split = digits()
    net = classifier()
    history = nn.fit(
        net, split.x_train, split.y_train, lr=0.3, epochs=20, batch_size=32, test=(split.x_test, split.y_test)
    )
    assert len(history.losses) == 20 * 45
    assert len(history.accuracies) == 20
    assert history.accuracies[-1] == net.accuracy(split.x_test, split.y_test)
    assert history.accuracies[-1] >= 0.96


def test_a_convolutional_net_learns_the_digits():
    split = digits(dtype=np.float32)
    rng = np.random.default_rng(0)
    net = nn.Net(
        [
            nn.Conv2d(1, 8, 3, padding=1, rng=rng, init="he", dtype="float32"),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Conv2d(8, 16, 3, padding=1, rng=rng, init="he", dtype="float32"),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Flatten(),
            nn.Dense(64, 10, rng=rng, dtype="float32"),
        ],
        loss=nn.SoftmaxCrossEntropy(),
    )
    nn.fit(net, split.x_train, split.y_train, lr=0.2, epochs=8, batch_size=32)
    assert net.accuracy(split.x_test, split.y_test) >= 0.96
    assert all(blob.data.dtype == np.float32 for blob in net.parameters().values())


def test_an_mlp_learns_xor_and_a_perceptron_cannot():
    x, y = xor()
    perceptron = nn.Net([nn.Dense(2, 2)], loss=nn.SoftmaxCrossEntropy())
    nn.fit(perceptron, x, y, lr=0.5, epochs=500, batch_size=4)
    assert perceptron.accuracy(x, y) <= 0.75
    rng = np.random.default_rng(1)
    mlp = nn.Net([nn.Dense(2, 4, rng=rng), nn.Tanh(), nn.Dense(4, 2, rng=rng)], loss=nn.SoftmaxCrossEntropy())
    nn.fit(mlp, x, y, lr=0.5, epochs=500, batch_size=4)
    assert mlp.accuracy(x, y) == 1


@pytest.mark.parametrize("loss", [nn.MulticlassHinge(), nn.SoftmaxCrossEntropy()])
def test_every_loss_falls(loss):
    split = digits()
    net = nn.Net([nn.Flatten(), nn.Dense(64, 10, rng=0)], loss=loss)
    losses = nn.fit(net, split.x_train, split.y_train, lr=0.3, epochs=5, batch_size=32).losses
    assert np.mean(losses[-20:]) < 0.3 * np.mean(losses[:5])


def test_the_seed_decides_the_run_and_every_sample_is_used_once_an_epoch():
    x, y = normal(0, 10, 3), np.arange(10) % 2
    runs = []
    for seed in 3, 3, 4:
        net = nn.Net([nn.Dense(3, 2)], loss=nn.SoftmaxCrossEntropy())
        seen = []
        forward = net["dense1"].forward
        net["dense1"].forward = lambda x, forward=forward, seen=seen: seen.append(x) or forward(x)
        runs.append(nn.fit(net, x, y, lr=0.1, epochs=2, batch_size=4, rng=seed).losses)
        assert [len(batch) for batch in seen] == [4, 4, 2, 4, 4, 2]
        assert_equal(np.sort(np.concatenate(seen[:3]), axis=0), np.sort(x, axis=0))
    assert runs[0] == runs[1] != runs[2]


def test_the_schedule_is_a_factor_on_the_learning_rate():
    x, y = normal(0, 4, 3), np.arange(4) % 2
    weights = []
    for schedule in None, lambda epoch: [1.0, 0.0, 0.0][epoch]:
        net = nn.Net([nn.Dense(3, 2)], loss=nn.SoftmaxCrossEntropy())
        nn.fit(net, x, y, lr=0.1, epochs=3 if schedule else 1, batch_size=4, schedule=schedule)
        weights.append(net["dense1"].weight.data)
    assert_equal(*weights)


def noisy(samples, rng):
    return samples + rng.standard_normal(samples.shape)


def test_each_batch_is_augmented_anew_and_the_test_is_not():
    x, y = normal(0, 10, 3), np.arange(10) % 2
    net = nn.Net([nn.Dense(3, 2)], loss=nn.SoftmaxCrossEntropy())
    given, seen, tested = [], [], []
    forward = net["dense1"].forward

    def record(samples, rng):
        given.append(samples)
        return noisy(samples, rng)

    def watch(x):
        (seen if net["dense1"].training else tested).append(x)
        return forward(x)

    net["dense1"].forward = watch
    nn.fit(net, x, y, lr=0.1, epochs=2, batch_size=4, augment=record, test=(x, y))
    assert [len(batch) for batch in given] == [4, 4, 2, 4, 4, 2]
    assert_equal(np.sort(np.concatenate(given[:3]), axis=0), np.sort(x, axis=0))
    noise = [new - old for new, old in zip(seen, given, strict=True)]
    assert len(np.unique(np.concatenate(noise))) == 2 * x.size
    assert_equal(np.concatenate(tested), np.concatenate([x, x]))


def test_the_seed_decides_the_augmentation_too():
    x, y = normal(0, 10, 3), np.arange(10) % 2
    runs = []
    for seed, augment in (3, noisy), (3, noisy), (4, noisy), (3, None), (3, lambda samples, rng: samples):
        net = nn.Net([nn.Dense(3, 2)], loss=nn.SoftmaxCrossEntropy())
        runs.append(nn.fit(net, x, y, lr=0.1, epochs=2, batch_size=4, rng=seed, augment=augment).losses)
    assert runs[0] == runs[1] != runs[2]
    assert runs[3] == runs[4] != runs[0]


@pytest.mark.parametrize("new", [np.ones((2, 2)), "image", None])
def test_an_augmentation_must_keep_the_shape(new):
    net = nn.Net([nn.Dense(3, 2)], loss=nn.SoftmaxCrossEntropy())
    with pytest.raises((TypeError, ValueError), match=r"^augment\(samples, rng\): expected"):
        nn.fit(net, normal(0, 2, 3), [0, 1], lr=1, epochs=1, batch_size=2, augment=lambda samples, rng: new)


class Recorder:
    def __init__(self):
        self.calls = []

    def update(self, loss, *, accuracy=None):
        self.calls.append((loss, accuracy))


def test_the_monitor_hears_every_loss_and_the_accuracy_of_every_epoch():
    x, y = normal(0, 5, 3), np.arange(5) % 2
    net = nn.Net([nn.Dense(3, 2)], loss=nn.SoftmaxCrossEntropy())
    monitor = Recorder()
    history = nn.fit(net, x, y, lr=0.1, epochs=2, batch_size=2, test=(x, y), monitor=monitor)
    losses, accuracies = zip(*monitor.calls, strict=True)
    assert list(losses) == history.losses
    assert accuracies == (None, None, history.accuracies[0], None, None, history.accuracies[1])


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("loss", [nn.SquaredError(), nn.SoftmaxCrossEntropy()])
def test_divergence_names_the_learning_rate(loss):
    x = 10 * normal(0, 20, 3)
    y = x[:, :2] if isinstance(loss, nn.SquaredError) else np.arange(20) % 2
    net = nn.Net([nn.Dense(3, 8), nn.ReLU(), nn.Dense(8, 2)], loss=loss)
    with pytest.raises(ValueError, match="lr: expected a rate at which training does not diverge, got 1e"):
        nn.fit(net, x, y, lr=1e200, epochs=200, batch_size=5, test=(x, np.zeros(20, int)))


def test_a_net_without_loss_is_refused():
    with pytest.raises(ValueError, match="net: expected a net with a loss"):
        nn.fit(nn.Net([nn.ReLU()]), np.ones((2, 2)), [0, 1], lr=1, epochs=1, batch_size=1)


def test_labels_must_match_the_samples():
    with pytest.raises(ValueError, match="y: expected 64 labels or targets, one a sample"):
        nn.fit(classifier(), normal(0, 64, 1, 8, 8), np.zeros(63, int), lr=1, epochs=1, batch_size=1)
