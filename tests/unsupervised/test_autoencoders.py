"""Autoencoders: gradients against torch and finite differences, the linear one against PCA."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import entropy
from sklearn.base import clone
from sklearn.decomposition import PCA
from sklearn.utils.estimator_checks import parametrize_with_checks

from course_pkg import data, nn
from course_pkg.unsupervised import (
    Autoencoder,
    SparseAutoencoder,
    SparseNet,
    Sparsity,
    StackedAutoencoder,
    TiedReconstruction,
    corrupt,
    reconstruction_error,
)

few = settings(max_examples=20, deadline=None, derandomize=True)


@pytest.fixture(scope="module")
def digits():
    """Training and test digits as rows of 64 numbers."""
    split = data.digits()
    return split.x_train.reshape(-1, 64), split.x_test.reshape(-1, 64)


# check_array_api_input is skipped by scikit-learn itself unless SCIPY_ARRAY_API is set before SciPy is imported: the
# estimators here take NumPy arrays only. No other check is skipped.
@parametrize_with_checks(
    [
        Autoencoder(3, epochs=3),
        Autoencoder((4, 2), activation="tanh", corruption=0.2, sparsity=0.1, epochs=3),
        StackedAutoencoder((4, 2), epochs=3),
        SparseAutoencoder(3, epochs=3),
    ]
)
def test_scikit_learns_own_checks(estimator, check):
    check(estimator)


# --- the loss of the sparse autoencoder ---


@few
@given(
    seed=st.integers(0, 2**32 - 1),
    n=st.integers(1, 5),
    d=st.integers(1, 6),
    k=st.integers(1, 6),
    strength=st.floats(0, 3),
)
def test_tied_reconstruction_is_the_formula_of_the_notes_in_torch(seed, n, d, k, strength):
    rng = np.random.default_rng(seed)
    encoder, x = nn.Dense(d, k, bias=False, rng=rng), rng.normal(size=(n, d))
    net = nn.Net([encoder], loss=TiedReconstruction(encoder, strength))
    loss = net.loss(x, x)
    net.backward()
    W = torch.tensor(encoder.weight.data.T, requires_grad=True)  # (D, K), as in the notes, where samples are columns
    X = torch.tensor(x.T)
    h = W.T @ X
    expected = (((W @ h - X) ** 2).sum() + strength * h.abs().sum()) / n
    expected.backward()
    assert loss == pytest.approx(expected.item(), rel=1e-10)
    np.testing.assert_allclose(encoder.weight.diff, W.grad.numpy().T, rtol=1e-8, atol=1e-10)


def test_sparse_autoencoder_gets_better_and_its_price_works(digits):
    x = digits[0] - digits[0].mean(axis=0)
    free, busy = (SparseAutoencoder(32, sparsity=s, epochs=20).fit(x) for s in (0.0, 0.5))
    assert np.mean(busy.losses_[-40:]) < 0.7 * busy.losses_[0]
    assert np.abs(busy.transform(x)).sum() < 0.8 * np.abs(free.transform(x)).sum()
    assert reconstruction_error(free, x) < reconstruction_error(busy, x)
    np.testing.assert_allclose(busy.transform(x[:3]), x[:3] @ busy.components_.T)
    np.testing.assert_allclose(busy.inverse_transform(np.eye(32)), busy.components_)


def test_sparse_autoencoder_without_a_price_finds_the_principal_subspace(digits):
    x = digits[0] - digits[0].mean(axis=0)
    model = SparseAutoencoder(4, sparsity=0.0, epochs=100).fit(x)
    q, _ = np.linalg.qr(model.components_.T)
    assert np.linalg.svd(q.T @ PCA(4).fit(x).components_.T, compute_uv=False).min() > 0.99


# --- the price on codes ---


@pytest.mark.parametrize(("activation", "target"), [("sigmoid", None), ("tanh", None), ("sigmoid", 0.2)])
def test_gradients_of_a_net_with_a_price(activation, target):
    rng = np.random.default_rng(0)
    middle = {"sigmoid": nn.Sigmoid, "tanh": nn.Tanh}[activation]()
    layers = [nn.Dense(5, 4, rng=rng), middle, Sparsity(0.7, target=target), nn.Dense(4, 5, rng=rng)]
    x = rng.normal(size=(6, 5))
    assert nn.check_gradients(SparseNet(layers, loss=nn.SquaredError()), x, y=x) < 1e-7


def test_prices_are_those_of_the_formulas():
    h = np.random.default_rng(1).uniform(0.05, 0.95, (7, 3))
    net = SparseNet([Sparsity(2.0)], loss=nn.SquaredError())
    assert net.loss(h, h) == pytest.approx(2 * np.abs(h).sum() / 7)
    layer = Sparsity(2.0, target=0.3)
    assert np.array_equal(layer.forward(h), h)
    q = h.mean(axis=0)
    assert layer.penalty == pytest.approx(2 * entropy([[0.3] * 3, [0.7] * 3], [q, 1 - q]).sum())
    layer.forward(np.full((4, 3), 0.3))
    assert layer.penalty == pytest.approx(0, abs=1e-12)


def test_sparsity_makes_codes_less_busy(digits):
    x, x_test = digits
    settings = {"hidden": 32, "output": "sigmoid", "epochs": 15}
    plain = Autoencoder(**settings).fit(x).transform(x_test).mean()
    assert Autoencoder(**settings, sparsity=0.1).fit(x).transform(x_test).mean() < 0.7 * plain
    aimed = Autoencoder(**settings, sparsity=2.0, target=0.1).fit(x).transform(x_test).mean()
    assert aimed == pytest.approx(0.1, abs=0.04)


# --- the autoencoder ---


def test_linear_autoencoder_is_pca(digits):
    x, x_test = digits
    model, pca = Autoencoder(4, activation="linear", epochs=60).fit(x), PCA(4).fit(x)
    assert reconstruction_error(model, x_test) == pytest.approx(reconstruction_error(pca, x_test), rel=0.02)
    q, _ = np.linalg.qr(model.decoder_["decode1"].weight.data)
    assert np.linalg.svd(q.T @ pca.components_.T, compute_uv=False).min() > 0.95


def test_fit_is_nn_fit_with_the_samples_as_targets(digits):
    x = digits[0][:200]
    model = Autoencoder(5, epochs=2, lr=0.01, batch_size=20, rng=3).fit(x)
    rng = np.random.default_rng(3)
    net = nn.Net([nn.Dense(64, 5, rng=rng), nn.Sigmoid(), nn.Dense(5, 64, rng=rng)], loss=nn.SquaredError())
    history = nn.fit(net, x, x, lr=0.01, epochs=2, batch_size=20, optimiser=nn.Adam, rng=rng)
    np.testing.assert_allclose(model.losses_, history.losses)
    np.testing.assert_allclose(model.inverse_transform(model.transform(x)), net.forward(x))


@pytest.mark.parametrize("output", ["linear", "sigmoid", "tanh", "relu"])
@pytest.mark.parametrize("activation", ["sigmoid", "tanh", "relu"])
def test_the_error_falls_for_all_activations(digits, activation, output):
    x = digits[0].astype(np.float32)
    before, after = (Autoencoder((32, 16), activation=activation, output=output, epochs=n).fit(x) for n in (0, 10))
    assert reconstruction_error(after, x) < 0.6 * reconstruction_error(before, x)
    assert after.transform(x).dtype == after.inverse_transform(after.transform(x)).dtype == np.float32
    if output == "sigmoid":
        assert (
            0
            <= after.inverse_transform(after.transform(x)).min()
            <= after.inverse_transform(after.transform(x)).max()
            <= 1
        )


def test_sigmoid_output_is_trained_by_cross_entropy(digits):
    x = digits[0][:100]
    model = Autoencoder(5, output="sigmoid", epochs=1, batch_size=100, rng=0).fit(x)
    start = Autoencoder(5, output="sigmoid", epochs=0, rng=0).fit(x)
    rebuilt = torch.tensor(start.inverse_transform(start.transform(x)))
    expected = torch.nn.functional.binary_cross_entropy(rebuilt, torch.tensor(x), reduction="sum") / 100
    assert model.losses_ == [pytest.approx(expected.item())]


def test_denoising_beats_plain_on_noisy_input_and_not_on_clean(digits):
    x, x_test = (part.astype(np.float32) for part in digits)
    for seed, noise in enumerate(("gaussian", "masking")):
        noisy = corrupt(x_test, 0.3, noise=noise, rng=1)
        settings = {"hidden": 64, "output": "sigmoid", "epochs": 40, "rng": seed}
        plain = Autoencoder(**settings).fit(x)
        denoising = Autoencoder(**settings, corruption=0.3, noise=noise).fit(x)
        on_noise = [reconstruction_error(model, x_test, given=noisy) for model in (denoising, plain)]
        assert on_noise[0] < 0.75 * on_noise[1]
        assert reconstruction_error(denoising, x_test) > reconstruction_error(plain, x_test)


def test_corrupt():
    x = np.random.default_rng(0).normal(5, 1, (300, 200))
    masked, blurred = corrupt(x, 0.3), corrupt(x, 0.3, noise="gaussian")
    assert np.mean(masked == 0) == pytest.approx(0.3, abs=0.01)
    assert np.array_equal(masked[masked != 0], x[masked != 0])
    assert (blurred - x).mean() == pytest.approx(0, abs=0.01)
    assert (blurred - x).std() == pytest.approx(0.3, rel=0.02)
    assert np.array_equal(corrupt(x, 0.3, rng=4), corrupt(x, 0.3, rng=np.random.default_rng(4)))
    assert np.array_equal(corrupt(x, 0), x)
    assert corrupt(x.astype(np.float32), 0.1, noise="gaussian").dtype == np.float32


def test_reconstruction_error_is_the_mean_squared_length(digits):
    x = digits[0]
    pca = PCA(10).fit(x)
    left_out = PCA().fit(x).explained_variance_[10:].sum() * (len(x) - 1) / len(x)
    assert reconstruction_error(pca, x) == pytest.approx(left_out)
    rebuilt = pca.inverse_transform(pca.transform(x + 1))
    assert reconstruction_error(pca, x, given=x + 1) == pytest.approx(((rebuilt - x) ** 2).sum() / len(x))


# --- layer by layer ---


def test_levels_are_autoencoders_on_the_codes_below(digits):
    x = digits[0][:300]
    rng = np.random.default_rng(5)
    stack = StackedAutoencoder((20, 10), output="sigmoid", epochs=2, rng=5).fit(x)
    first, second = stack.levels_
    assert (first.output, second.output) == ("sigmoid", "sigmoid")
    codes = first.transform(x)
    np.testing.assert_allclose(stack.transform(x), second.transform(codes))
    np.testing.assert_allclose(
        stack.inverse_transform(stack.transform(x)),
        first.inverse_transform(second.inverse_transform(second.transform(codes))),
    )
    assert stack.losses_ == []
    Autoencoder((20, 10), output="sigmoid", epochs=0, rng=rng).fit(x)  # draws the weights that the levels replace
    alone = Autoencoder(20, output="sigmoid", epochs=2, rng=rng).fit(x)
    np.testing.assert_allclose(first.losses_, alone.losses_)
    above = Autoencoder(10, output="sigmoid", epochs=2, rng=rng).fit(codes)
    np.testing.assert_allclose(second.losses_, above.losses_)


def test_fine_tuning_lowers_the_error_and_goes_on_from_the_levels(digits):
    x = digits[0]
    stack = StackedAutoencoder((32, 8), output="sigmoid", epochs=10).fit(x)
    greedy = reconstruction_error(stack, x)
    assert stack.fine_tune(x, epochs=1) is stack
    first, count = stack.losses_[0], len(stack.losses_)
    assert reconstruction_error(stack.fine_tune(x, epochs=9), x) < 0.9 * greedy
    assert len(stack.losses_) == 10 * count
    fresh = Autoencoder((32, 8), output="sigmoid", epochs=1).fit(x)
    assert first < fresh.losses_[0]


def test_classifier_has_a_copy_of_the_encoder(digits):
    x, labels = digits[0], data.digits().y_train
    model = StackedAutoencoder((32, 16), epochs=5, output="sigmoid").fit(x)
    before = model.transform(x)
    net = model.to_classifier(10, rng=1)
    scores = nn.Net([nn.Dense(16, 10, rng=1)]).forward(before)
    np.testing.assert_allclose(net.forward(x), scores)
    nn.fit(net, x, labels, lr=0.01, epochs=15, batch_size=64, optimiser=nn.Adam)
    assert net.accuracy(x, labels) > 0.9
    np.testing.assert_array_equal(model.transform(x), before)


def test_parameters_survive_a_clone():
    model = StackedAutoencoder((5, 2), corruption=0.1, noise="gaussian", rng=3)
    assert clone(model).get_params() == model.get_params()
    assert set(model.get_params()) == set(Autoencoder().get_params())


X = np.random.default_rng(0).uniform(size=(8, 3))


@pytest.mark.parametrize(
    ("call", "name"),
    [
        (lambda: Autoencoder(0).fit(X), "hidden"),
        (lambda: Autoencoder(()).fit(X), "hidden"),
        (lambda: Autoencoder((4, 0)).fit(X), "hidden"),
        (lambda: Autoencoder("8").fit(X), "hidden"),
        (lambda: Autoencoder(2, activation="cos").fit(X), "activation"),
        (lambda: Autoencoder(2, output="softmax").fit(X), "output"),
        (lambda: Autoencoder(2, output="sigmoid").fit(X + 1), "X"),
        (lambda: StackedAutoencoder(2, output="sigmoid").fit(X).fine_tune(X + 1, epochs=1), "X"),
        (lambda: Autoencoder(2, corruption=-0.1).fit(X), "corruption"),
        (lambda: Autoencoder(2, corruption=0.1, noise="salt").fit(X), "noise"),
        (lambda: Autoencoder(2, sparsity=-1).fit(X), "sparsity"),
        (lambda: Autoencoder(2, target=1.0).fit(X), "target"),
        (lambda: Autoencoder(2, optimiser="Newton").fit(X), "optimiser"),
        (lambda: Autoencoder(2, lr=0).fit(X), "lr"),
        (lambda: Autoencoder(2, rng="x").fit(X), "rng"),
        (lambda: Autoencoder(2, epochs=1).fit(X).inverse_transform(X), "X"),
        (lambda: Autoencoder(2, epochs=1).fit(X).to_classifier(0), "out_features"),
        (lambda: SparseAutoencoder(0).fit(X), "hidden"),
        (lambda: SparseAutoencoder(2, sparsity=-1).fit(X), "sparsity"),
        (lambda: Sparsity(-1), "strength"),
        (lambda: Sparsity(1, target=0), "target"),
        (lambda: Sparsity(1, target=0.1).forward(X - 5), "x"),
        (lambda: Sparsity(1).forward(X[0]), "x"),
        (lambda: corrupt(X, 1.0), "level"),
        (lambda: corrupt(X, -1, noise="gaussian"), "level"),
        (lambda: corrupt(X, 0.1, noise="salt"), "noise"),
        (lambda: corrupt("x", 0.1), "x"),
        (lambda: reconstruction_error(PCA(), X[0]), "x"),
        (lambda: reconstruction_error(PCA(), X, given=X[:2]), "given"),
    ],
)
def test_bad_arguments_are_named(call, name):
    with pytest.raises((TypeError, ValueError), match=f"^{name}"):
        call()
