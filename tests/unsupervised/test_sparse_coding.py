"""LASSO against scikit-learn and its optimality conditions; atoms against scikit-learn's and against edges."""

import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.decomposition import sparse_encode
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import Lasso
from sklearn.utils.estimator_checks import parametrize_with_checks

from course_pkg import data
from course_pkg.unsupervised import SparseCoding, lasso
from course_pkg.unsupervised.sparse_coding import best_atoms, duality_gap, lasso_steps, shrink
from course_pkg.vision import fit_gabor

few = settings(max_examples=25, deadline=None, derandomize=True)


def objective(x, atoms, strength, codes):
    return ((x - codes @ atoms) ** 2).sum(axis=1) + strength * np.abs(codes).sum(axis=1)


def patches(scrambled=False, count=2000):
    pictures = [data.whiten(data.photo(name, height=256, grey=True)) for name in data.PHOTOS]
    if scrambled:
        pictures = [data.scramble(picture, rng=i) for i, picture in enumerate(pictures)]
    x = data.patches(pictures, 8, count).reshape(count, -1)
    return x - x.mean(axis=1, keepdims=True)


@pytest.fixture(scope="module")
def natural():
    return patches()


# check_array_api_input is skipped by scikit-learn itself unless SCIPY_ARRAY_API is set before SciPy is imported: the
# estimator takes NumPy arrays only. No other check is skipped.
@parametrize_with_checks([SparseCoding(5, rounds=3), SparseCoding(3, sparsity=50.0, rounds=3)])
def test_scikit_learns_own_checks(estimator, check):
    check(estimator)


# --- coefficients ---


@few
@given(
    seed=st.integers(0, 2**32 - 1),
    n=st.integers(1, 4),
    d=st.integers(1, 8),
    k=st.integers(1, 12),
    strength=st.floats(0.01, 5),
)
def test_lasso_has_scikit_learns_objective(seed, n, d, k, strength):
    rng = np.random.default_rng(seed)
    x, atoms = rng.normal(size=(n, d)), rng.normal(size=(k, d))
    ours = objective(x, atoms, strength, lasso(x, atoms, strength, tolerance=1e-9))
    model = Lasso(alpha=strength / (2 * d), fit_intercept=False, tol=1e-12, max_iter=100_000)  # it has 1/(2d) in front
    theirs = objective(x, atoms, strength, np.array([model.fit(atoms.T, row).coef_ for row in x]))
    np.testing.assert_allclose(ours, theirs, rtol=1e-6)


@pytest.mark.parametrize("strength", [0.3, 1.0, 4.0])
def test_lasso_on_patches_of_photos(natural, strength):
    atoms = natural[1::10] / np.linalg.norm(natural[1::10], axis=1, keepdims=True)  # 200 atoms in 64 dimensions
    x = natural[::40]
    codes = lasso(x, atoms, strength)
    theirs = sparse_encode(x, atoms, algorithm="lasso_cd", alpha=strength / 2, max_iter=100_000)
    ours, theirs = objective(x, atoms, strength, codes), objective(x, atoms, strength, theirs)
    np.testing.assert_allclose(ours, theirs, rtol=1e-5)
    assert (ours - theirs <= 1e-6 * (x**2).sum(axis=1)).all()
    pull = 2 * (x - codes @ atoms) @ atoms.T  # at the minimum λ·sign(a) where a ≠ 0, and not more than λ elsewhere
    assert np.abs(pull).max() < 1.02 * strength
    assert 0 < np.count_nonzero(codes) < 0.3 * codes.size


@few
@given(seed=st.integers(0, 2**32 - 1), steps=st.integers(0, 60), strength=st.floats(0.01, 3))
def test_the_gap_is_never_below_the_true_distance(seed, steps, strength):
    rng = np.random.default_rng(seed)
    x, atoms = rng.normal(size=(3, 6)), rng.normal(size=(9, 6))
    codes = lasso_steps(x, atoms, strength, np.zeros((3, 9)), steps)
    best = objective(x, atoms, strength, lasso(x, atoms, strength, tolerance=1e-12))
    distance = objective(x, atoms, strength, codes) - best
    assert (duality_gap(x, atoms, strength, codes) >= distance - 1e-9).all()


def test_orthogonal_atoms_only_shrink():
    rng = np.random.default_rng(0)
    atoms, _ = np.linalg.qr(rng.normal(size=(6, 6)))
    x = rng.normal(size=(10, 6))
    np.testing.assert_allclose(lasso(x, atoms, 0.8, tolerance=1e-12), shrink(x @ atoms.T, 0.4), atol=1e-6)
    np.testing.assert_array_equal(shrink(np.array([-2.0, -0.1, 0.0, 0.4, 3.0]), 0.5), [-1.5, 0, 0, 0, 2.5])


def test_above_the_largest_pull_all_is_zero():
    rng = np.random.default_rng(0)
    x, atoms = rng.normal(size=(1, 6)), rng.normal(size=(9, 6))
    top = 2 * np.abs(x @ atoms.T).max()
    assert np.count_nonzero(lasso(x, atoms, 1.001 * top)) == 0
    assert np.count_nonzero(lasso(x, atoms, 0.999 * top, tolerance=1e-12)) == 1


def test_zeros_cost_nothing_and_too_few_steps_are_told():
    assert np.count_nonzero(lasso(np.zeros((2, 3)), np.ones((4, 3)), 1.0)) == 0
    assert np.count_nonzero(lasso(np.ones((2, 3)), np.zeros((4, 3)), 1.0)) == 0
    assert lasso(np.zeros((0, 3)), np.ones((4, 3)), 1.0).shape == (0, 4)
    rng = np.random.default_rng(0)
    with pytest.warns(ConvergenceWarning, match="of 5 samples not within 1e-12"):
        lasso(rng.normal(size=(5, 10)), rng.normal(size=(20, 10)), 0.01, tolerance=1e-12, max_steps=5)


def test_float32_stays_and_converges(natural):
    x = natural[:200].astype(np.float32)
    atoms = x[:100] / np.linalg.norm(x[:100], axis=1, keepdims=True)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        codes = lasso(x, atoms, 0.5, tolerance=1e-5)
    assert codes.dtype == np.float32
    exact = lasso(x.astype(float), atoms.astype(float), 0.5)
    np.testing.assert_allclose(objective(x, atoms, 0.5, codes), objective(x, atoms, 0.5, exact), rtol=1e-3)


# --- atoms ---


def test_best_atoms_beat_any_small_change():
    rng = np.random.default_rng(0)
    x, codes = rng.normal(size=(40, 6)), rng.normal(size=(40, 8)) * (rng.random((40, 8)) < 0.4)
    atoms = rng.normal(size=(8, 6))
    atoms /= np.linalg.norm(atoms, axis=1, keepdims=True)
    for _ in range(300):
        atoms = best_atoms(x, codes, atoms)

    def error(atoms):
        return ((x - codes @ atoms) ** 2).sum()

    np.testing.assert_allclose(np.linalg.norm(atoms, axis=1), 1)
    for j in range(8):
        for _ in range(10):
            other = atoms.copy()
            other[j] += 1e-3 * rng.normal(size=6)
            other[j] /= np.linalg.norm(other[j])
            assert error(other) > error(atoms) - 1e-9


def test_unused_atoms_become_what_is_missing():
    x = np.diag([3.0, 2.0, 1.0])
    codes = np.zeros((3, 4))
    codes[0, 0] = 3.0
    atoms = best_atoms(x, codes, np.tile([0.6, 0.8, 0.0], (4, 1)))
    np.testing.assert_allclose(atoms[0], [1, 0, 0])
    np.testing.assert_allclose(atoms[1:3], [[0, 1, 0], [0, 0, 1]])  # the largest residual first
    np.testing.assert_allclose(atoms[3], [0.6, 0.8, 0])  # nothing is left for the last one


def test_each_half_turn_lowers_the_objective(natural):
    model = SparseCoding(100, rounds=8).fit(natural)
    assert len(model.losses_) == 16
    assert (np.diff(model.losses_) <= 1e-9).all()
    np.testing.assert_allclose(np.linalg.norm(model.components_, axis=1), 1)
    codes = model.transform(natural[:50])
    assert np.mean(codes == 0) > 0.8
    np.testing.assert_allclose(model.inverse_transform(codes), codes @ model.components_)
    end = objective(natural, model.components_, 1.0, model.transform(natural)).mean()
    assert 0.9 * model.losses_[-1] < end <= model.losses_[-1]


def test_a_high_price_at_the_start_does_not_leave_the_atoms_random():
    rng = np.random.default_rng(0)
    truth = np.eye(30)[:6]
    x = 10 * truth[rng.integers(6, size=200)]
    model = SparseCoding(6, sparsity=14.0, rounds=10).fit(x)  # no random atom is worth so much
    found = np.abs(model.components_ @ truth.T)
    assert (found.max(axis=1) > 0.999).all()
    assert set(found.argmax(axis=1)) == set(range(6))


def test_hidden_atoms_are_found_again():
    rng = np.random.default_rng(1)
    truth = rng.normal(size=(20, 12))
    truth /= np.linalg.norm(truth, axis=1, keepdims=True)
    codes = np.zeros((1500, 20))
    for row in codes:
        row[rng.choice(20, 2, replace=False)] = rng.choice([-1, 1], 2) * rng.uniform(1, 3, 2)
    model = SparseCoding(20, sparsity=0.3, rounds=60, rng=2).fit(codes @ truth)
    found = np.abs(model.components_ @ truth.T).max(axis=0)
    assert np.mean(found > 0.98) >= 0.8


def test_atoms_of_photos_are_edges_and_those_of_scrambled_photos_are_not(natural):
    medians = []
    for x in (natural, patches(scrambled=True)):
        model = SparseCoding(64, sparsity=2.0, rounds=15).fit(x.astype(np.float32))
        medians.append(np.median([fit_gabor(atom.reshape(8, 8)).r2 for atom in model.components_[:24]]))
    assert medians[0] > 0.8
    assert medians[0] > medians[1] + 0.1


X = np.random.default_rng(0).normal(size=(6, 4))


@pytest.mark.parametrize(
    ("call", "name"),
    [
        (lambda: lasso(X[0], X, 1.0), "x"),
        (lambda: lasso(X, X[:, :2], 1.0), "dictionary"),
        (lambda: lasso(X, X, 0.0), "strength"),
        (lambda: lasso(X, X, "1"), "strength"),
        (lambda: lasso(X, X, 1.0, tolerance=0), "tolerance"),
        (lambda: lasso(X, X, 1.0, max_steps=0), "max_steps"),
        (lambda: SparseCoding(0).fit(X), "hidden"),
        (lambda: SparseCoding(2, sparsity=0).fit(X), "sparsity"),
        (lambda: SparseCoding(2, rounds=-1).fit(X), "rounds"),
        (lambda: SparseCoding(2, steps=0).fit(X), "steps"),
        (lambda: SparseCoding(2, rng=-1).fit(X), "rng"),
        (lambda: SparseCoding(2, tolerance=0, rounds=1).fit(X).transform(X), "tolerance"),
        (lambda: SparseCoding(2, rounds=1).fit(X).inverse_transform(X), "X"),
    ],
)
def test_bad_arguments_are_named(call, name):
    with pytest.raises((TypeError, ValueError), match=f"^{name}"):
        call()
