"""Matrix factorisation: gradients, alternating ridge regressions, and the truth behind generated ratings."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.linalg import orthogonal_procrustes
from sklearn.linear_model import Ridge

from course_pkg import data, nn, recommend
from course_pkg.recommend import MatrixFactorisation


@pytest.fixture
def small():
    return data.ratings(9, 7, each=4, seed=3)[0]


@pytest.fixture(scope="module")
def generated():
    return data.ratings(500, 200, factors=2, each=30, seed=1)


def filled(model, seed=0):
    rng = np.random.default_rng(seed)
    model.users[...] = rng.normal(size=model.users.shape)
    model.items[...] = rng.normal(size=model.items.shape)
    return model


@pytest.mark.parametrize("factors", [0, 1, 3])
@pytest.mark.parametrize("side", [0, 1])
def test_gradients(small, factors, side):
    model = filled(MatrixFactorisation(small, factors, penalty=0.7))
    table = (model.users, model.items)[side]
    start = table.copy()

    def loss(values):
        table[...] = values
        return model.loss()

    expected = nn.numerical_gradient(loss, start)
    table[...] = start
    np.testing.assert_allclose(model.gradients()[side], expected, rtol=1e-6, atol=1e-7)


def test_gradients_of_batches_add_up(small):
    model = filled(MatrixFactorisation(small, 2))
    batches = np.array_split(np.random.default_rng(0).permutation(len(small)), 5)
    for whole, parts in zip(model.gradients(), zip(*map(model.gradients, batches), strict=True), strict=True):
        np.testing.assert_allclose(sum(parts), whole, rtol=1e-12, atol=1e-12)


def test_one_sweep_is_a_ridge_regression_for_each_row(small):
    model = filled(MatrixFactorisation(small, 2, penalty=0.5))
    mean, items = small.values.mean(), model.items.copy()
    model.als(1)

    def rows(count, own, other, table):
        for row in range(count):
            at = own == row
            x = np.c_[np.ones(at.sum()), table[other[at], 1:]]
            target = small.values[at] - mean - table[other[at], 0]
            yield Ridge(alpha=0.5, fit_intercept=False).fit(x, target).coef_ if at.any() else np.zeros(3)

    expected = np.array(list(rows(9, small.users, small.items, items)))
    np.testing.assert_allclose(model.users, expected, atol=1e-10)
    expected = np.array(list(rows(7, small.items, small.users, model.users)))
    np.testing.assert_allclose(model.items, expected, atol=1e-10)


def test_als_never_climbs_and_ends_where_the_gradient_is_zero(small):
    model = MatrixFactorisation(small, 2)
    before = model.loss()
    model.als(300)
    assert (np.diff([before, *model.losses]) <= 1e-12).all()
    assert max(np.abs(g).max() for g in model.gradients()) < 1e-4


def test_sgd_comes_to_the_loss_of_als(generated):
    ratings, _ = generated
    als = MatrixFactorisation(ratings, 2, rng=0).als(15)
    sgd = MatrixFactorisation(ratings, 2, rng=1).sgd(30, lr=0.02, batch_size=100)
    assert len(sgd.losses) == 30
    assert sgd.losses[-1] < 1.05 * als.losses[-1]


def test_recovers_the_truth_up_to_a_rotation(generated):
    ratings, truth = generated
    model = MatrixFactorisation(ratings, 2).als(15)
    for found, true in ((model.users, truth.user_factors), (model.items, truth.item_factors)):
        turned, r2 = recommend.align(found[:, 1:], true)
        assert r2 > 0.85
        assert np.corrcoef(turned.ravel(), true.ravel())[0, 1] > 0.9
        assert r2 > 1 - ((found[:, 1:] - true) ** 2).sum() / (true**2).sum()
    unrated = np.isnan(ratings.matrix())
    error = np.clip(model.scores(), 1, 5) - np.clip(truth.matrix(), 1, 5)
    assert np.sqrt((error[unrated] ** 2).mean()) < 0.5
    biases = MatrixFactorisation(ratings, 0).als(15)
    assert np.sqrt(((np.clip(biases.scores(), 1, 5) - np.clip(truth.matrix(), 1, 5))[unrated] ** 2).mean()) > 0.8


def test_scores_agree_with_predict(small):
    model = filled(MatrixFactorisation(small, 3))
    users, items = [4, 0], [1, 6]
    np.testing.assert_allclose(model.scores(users)[[0, 1], items], model.predict(users, items))
    np.testing.assert_allclose(model.scores(), model.score_rows(model.users))


def test_fold_in(small):
    model = MatrixFactorisation(small, 2, penalty=0.5).als(5)
    items, values = [2, 5, 6], [5, 1, 3]
    x = np.c_[np.ones(3), model.items[items, 1:]]
    target = np.array(values) - small.values.mean() - model.items[items, 0]
    expected = Ridge(alpha=0.5, fit_intercept=False).fit(x, target).coef_
    np.testing.assert_allclose(model.fold_in(items, values), expected, atol=1e-10)
    assert not model.fold_in([], []).any()


def test_rows_without_ratings_are_zero(small):
    model = MatrixFactorisation(small.take((small.users != 2) & (small.items != 3)), 2).als(2)
    assert not model.users[2].any()
    assert not model.items[3].any()


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**31), st.integers(1, 4), st.floats(0.1, 10))
def test_align(seed, k, scale):
    rng = np.random.default_rng(seed)
    truth = rng.normal(size=(12, k))
    rotation = np.linalg.qr(rng.normal(size=(k, k)))[0]
    turned, r2 = recommend.align(scale * truth @ rotation, truth)
    assert r2 == pytest.approx(1)
    np.testing.assert_allclose(turned, truth, atol=1e-8)
    found = truth @ rotation + rng.normal(size=(12, k))
    rotation, total = orthogonal_procrustes(found, truth)
    turned, r2 = recommend.align(found, truth)
    np.testing.assert_allclose(turned, found @ rotation * total / (found**2).sum(), atol=1e-8)
    assert 0 <= r2 < 1


def test_same_seed_same_model(small):
    first, again = (MatrixFactorisation(small, 2, rng=5).sgd(2) for _ in range(2))
    np.testing.assert_array_equal(first.users, again.users)


@pytest.mark.parametrize(
    ("call", "name"),
    [
        (lambda r: MatrixFactorisation([1, 2]), "ratings"),
        (lambda r: MatrixFactorisation(r.take([])), "ratings"),
        (lambda r: MatrixFactorisation(r, -1), "factors"),
        (lambda r: MatrixFactorisation(r, penalty=0), "penalty"),
        (lambda r: MatrixFactorisation(r).als(0), "sweeps"),
        (lambda r: MatrixFactorisation(r).sgd(0), "epochs"),
        (lambda r: MatrixFactorisation(r).sgd(1, lr=0), "lr"),
        (lambda r: MatrixFactorisation(r).sgd(50, lr=10), "diverged"),
        (lambda r: MatrixFactorisation(r).predict([0], [7]), "items"),
        (lambda r: MatrixFactorisation(r).scores([9]), "users"),
        (lambda r: MatrixFactorisation(r).fold_in([0], [1, 2]), "items"),
        (lambda r: MatrixFactorisation(r, 2).score_rows([[1.0]]), "rows"),
        (lambda r: recommend.ridge([[1.0]], [1.0, 2.0], 1), "y"),
        (lambda r: recommend.align(np.zeros((2, 2)), np.ones((2, 2))), "found"),
        (lambda r: recommend.align(np.ones((3, 2)), np.ones((2, 2))), "found"),
    ],
)
def test_names_the_bad_argument(small, call, name):
    with pytest.raises((TypeError, ValueError), match=name):
        call(small)
