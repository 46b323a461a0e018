"""The RBM against its joint table, finite differences, scikit-learn, and its own long chains."""

from itertools import pairwise, product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rbm_oracle import all_states, energy, joint_table, rows, transition_matrix
from scipy.special import expit
from scipy.stats import chisquare
from sklearn.neural_network import BernoulliRBM
from sklearn.utils.estimator_checks import parametrize_with_checks

from course_pkg.nn import numerical_gradient
from course_pkg.unsupervised import RBM, binary_states
from course_pkg.unsupervised import rbm as rbm_module

DATA = np.array([[1, 1, 0, 0], [1, 1, 0, 0], [0, 0, 1, 1], [1, 0, 1, 0]], dtype=float)


def random_rbm(visible, hidden, seed=0, scale=1.0, **options):
    rng = np.random.default_rng(seed)
    shapes = (visible, hidden), (visible,), (hidden,)
    return RBM.from_parameters(*(scale * rng.standard_normal(shape) for shape in shapes), **options)


def parameters(rbm):
    return rbm.W_, rbm.b_, rbm.a_


@pytest.fixture(params=[(4, 3), (3, 4), (2, 2), (5, 1), (1, 3)], ids=lambda shape: f"{shape[0]}x{shape[1]}")
def rbm(request):
    return random_rbm(*request.param, seed=sum(request.param))


class TestAgainstTheJointTable:
    def test_states_count_in_binary(self):
        np.testing.assert_array_equal(binary_states(3), all_states(3))

    def test_energy(self, rbm):
        v, h = all_states(len(rbm.b_)), all_states(len(rbm.a_))
        pairs = [(x, y) for x in v for y in h]
        expected = [energy(x, y, *parameters(rbm)) for x, y in pairs]
        np.testing.assert_allclose(rbm.energy(*map(np.array, zip(*pairs, strict=True))), expected, atol=1e-12)

    def test_hidden_given_visible(self, rbm):
        joint = joint_table(*parameters(rbm))
        expected = joint @ np.array(all_states(len(rbm.a_))) / joint.sum(axis=1, keepdims=True)
        np.testing.assert_allclose(rbm.transform(all_states(len(rbm.b_))), expected, rtol=1e-10)

    def test_visible_given_hidden(self, rbm):
        joint = joint_table(*parameters(rbm))
        expected = joint.T @ np.array(all_states(len(rbm.b_))) / joint.sum(axis=0)[:, None]
        np.testing.assert_allclose(rbm.inverse_transform(all_states(len(rbm.a_))), expected, rtol=1e-10)

    def test_likelihood_free_energy_and_partition(self, rbm):
        v = all_states(len(rbm.b_))
        marginal = joint_table(*parameters(rbm)).sum(axis=1)
        np.testing.assert_allclose(rbm.log_likelihood(v), np.log(marginal), rtol=1e-10)
        np.testing.assert_allclose(-rbm.free_energy(v) - rbm.log_partition(), np.log(marginal), rtol=1e-10)

    def test_pseudo_likelihood(self, rbm):
        v = all_states(len(rbm.b_))
        marginal = joint_table(*parameters(rbm)).sum(axis=1)
        expected = np.zeros(len(v))
        for n, state in enumerate(v):
            for i in range(len(state)):
                other = state.copy()
                other[i] = 1 - other[i]
                expected[n] += np.log(marginal[n] / (marginal[n] + marginal[int(rows([other])[0])]))
        np.testing.assert_allclose(rbm.score_samples(v), expected, rtol=1e-9, atol=1e-12)

    def test_pseudo_likelihood_of_a_grey_is_the_mean_over_its_draws(self):
        rbm = random_rbm(1, 2)
        off, on = rbm.score_samples([[0.0], [1.0]])
        assert rbm.score_samples([[0.3]])[0] == pytest.approx(0.7 * off + 0.3 * on)

    @given(st.integers(1, 5), st.integers(1, 5), st.integers(0, 100), st.floats(0.1, 20))
    def test_probabilities_sum_to_one(self, visible, hidden, seed, scale):
        rbm = random_rbm(visible, hidden, seed, scale)
        assert np.exp(rbm.log_likelihood(binary_states(visible))).sum() == pytest.approx(1)

    def test_both_ways_to_sum_agree(self):
        rbm = random_rbm(7, 5)
        by_visible = np.logaddexp.reduce(-rbm.free_energy(binary_states(7)))
        assert rbm.log_partition() == pytest.approx(by_visible)

    def test_huge_weights_do_not_overflow(self):
        rbm = RBM.from_parameters(np.full((3, 2), 500.0), np.zeros(3), np.full(2, -200.0))
        assert rbm.log_likelihood([[1, 1, 1]])[0] == pytest.approx(0)
        assert np.isfinite(rbm.log_likelihood(binary_states(3))).all()


def test_scikit_learn_has_the_same_conditionals_and_free_energy():
    rbm, x = random_rbm(20, 30), np.random.default_rng(1).random((6, 20))
    other = BernoulliRBM(n_components=30, n_iter=0).fit(x)
    other.components_, other.intercept_visible_, other.intercept_hidden_ = rbm.W_.T, rbm.b_, rbm.a_
    np.testing.assert_allclose(rbm.transform(x), other.transform(x))
    np.testing.assert_allclose(rbm.free_energy(x), other._free_energy(x))


class TestGradient:
    def test_equals_finite_differences(self, rbm):
        v = np.random.default_rng(3).integers(2, size=(6, len(rbm.b_))).astype(float)
        exact = rbm.log_likelihood_gradient(v)
        here = dict(zip("Wba", parameters(rbm), strict=True))
        for name, value in here.items():
            numeric = numerical_gradient(
                lambda x, name=name: RBM.from_parameters(**here | {name: x}).log_likelihood(v).mean(), value
            )
            np.testing.assert_allclose(getattr(exact, name), numeric, atol=1e-7, err_msg=name)

    def test_is_zero_where_the_data_are_the_model(self, rbm):
        v = binary_states(len(rbm.b_))
        p = np.exp(rbm.log_likelihood(v))
        each = [rbm.log_likelihood_gradient(row[None]) for row in v]
        for name in "Wba":
            mean = sum(weight * getattr(gradient, name) for weight, gradient in zip(p, each, strict=True))
            np.testing.assert_allclose(mean, 0, atol=1e-12)


def expected_cd(rbm, v, k):
    """The mean of CD-k over all chains, exactly: the data's distribution, multiplied k times by the Gibbs step."""
    joint = joint_table(*parameters(rbm))
    states, h_given_v = np.array(all_states(len(rbm.b_))), joint / joint.sum(axis=1, keepdims=True)
    h = h_given_v @ np.array(all_states(len(rbm.a_)))
    data = np.bincount(rows(v).astype(int), minlength=len(states)) / len(v)
    change = data - data @ np.linalg.matrix_power(transition_matrix(joint), k)
    return np.concatenate([((change[:, None] * states).T @ h).ravel(), change @ states, change @ h])


def flat(gradient):
    return np.concatenate([part.ravel() for part in gradient])


class TestContrastiveDivergence:
    @pytest.mark.parametrize("k", [1, 2, 5])
    def test_mean_over_many_chains_is_the_exact_mean(self, k):
        rbm = random_rbm(4, 3, seed=5)
        samples = np.array([flat(rbm.contrastive_divergence(DATA, k, rng=seed)) for seed in range(2000)])
        error = samples.mean(axis=0) - expected_cd(rbm, DATA, k)
        assert np.abs(error / (samples.std(axis=0, ddof=1) / np.sqrt(len(samples)))).max() < 4

    def test_approaches_the_exact_gradient_as_k_grows(self):
        rbm = random_rbm(4, 3, seed=5)
        exact = flat(rbm.log_likelihood_gradient(DATA))
        bias = [np.linalg.norm(expected_cd(rbm, DATA, k) - exact) for k in (1, 2, 4, 8, 16, 64)]
        assert all(later < earlier for earlier, later in pairwise(bias))
        assert bias[0] > 0.05 > 1e-6 > bias[-1]
        # and the sampled one with it: CD-1 is further off than chance allows, CD-64 is not
        worst = []
        for k in (1, 64):
            samples = np.array([flat(rbm.contrastive_divergence(DATA, k, rng=seed)) for seed in range(2000)])
            worst.append(np.abs((samples.mean(axis=0) - exact) / samples.std(axis=0) * np.sqrt(2000)).max())
        assert worst[0] > 6 > 4 > worst[1]


def test_long_gibbs_chains_have_the_distribution_of_the_model():
    rbm = random_rbm(3, 2, seed=2)
    v = rbm.gibbs(np.zeros((20_000, 3)), 100, rng=0)
    counts = np.bincount(rows(v).astype(int), minlength=8)
    expected = 20_000 * joint_table(*parameters(rbm)).sum(axis=1)
    assert chisquare(counts, expected).pvalue > 0.001
    assert chisquare(counts, np.full(8, 2500)).pvalue < 1e-10  # the test can tell


def test_one_gibbs_step_is_the_transition_matrix():
    rbm = random_rbm(2, 3, seed=4)
    counts = np.bincount(rows(rbm.gibbs(np.tile([1.0, 0.0], (20_000, 1)), rng=1)).astype(int), minlength=4)
    assert chisquare(counts, 20_000 * transition_matrix(joint_table(*parameters(rbm)))[2]).pvalue > 0.001


class TestTraining:
    @pytest.mark.parametrize("options", [{}, {"k": 5}, {"persistent": True}], ids=["CD-1", "CD-5", "PCD-1"])
    def test_exact_likelihood_rises(self, options):
        rbm = RBM(4, lr=0.1, epochs=0, batch_size=4, **options).fit(DATA)
        before = rbm.log_likelihood(DATA).mean()
        rbm.set_params(epochs=2000).fit(DATA)
        best = np.log([0.5, 0.5, 0.25, 0.25]).mean()  # no model gives the data more than their own shares
        assert before < best - 1
        assert best - 0.35 < rbm.log_likelihood(DATA).mean() <= best

    def test_fit_is_partial_fit_again_and_again(self):
        whole = RBM(3, epochs=4, persistent=True, rng=7).fit(DATA)
        steps = RBM(3, rng=7, persistent=True)
        for _ in range(4):
            steps.partial_fit(DATA)
        for one, other in zip(parameters(whole), parameters(steps), strict=True):
            np.testing.assert_array_equal(one, other)

    def test_goes_on_from_given_parameters(self):
        W = np.array([[2.0, -2], [-2, 2], [1, 1], [0, 1]])
        rbm = RBM.from_parameters(W, np.zeros(4), np.zeros(2), lr=1e-9, rng=1).partial_fit(DATA)
        np.testing.assert_allclose(rbm.W_, W, atol=1e-7)
        assert W[0, 0] == 2.0
        assert not np.array_equal(rbm.W_, W)

    def test_persistent_chains_find_the_exact_gradient(self):
        """They go on from pass to pass: with weights that hardly move, they soon are where the model is."""
        data, steps = np.tile(DATA, (25, 1)), {True: [], False: []}
        exact = random_rbm(4, 3, seed=5).log_likelihood_gradient(DATA).W
        for persistent, seed in product(steps, range(100)):
            rbm = random_rbm(4, 3, seed=5, lr=1e-9, batch_size=100, persistent=persistent, rng=seed)
            for _ in range(50 if persistent else 0):
                rbm.partial_fit(data)
            before = rbm.set_params(lr=1e-3).W_.copy()
            steps[persistent].append((rbm.partial_fit(data).W_ - before) / 1e-3)
        z = {name: (np.mean(s, axis=0) - exact) / np.std(s, axis=0) * 10 for name, s in steps.items()}
        assert np.abs(z[True]).max() < 4
        assert np.abs(z[False]).max() > 6

    def test_penalty_shrinks_the_weights(self):
        sizes = [np.linalg.norm(RBM(4, lr=0.1, epochs=500, l2=l2).fit(DATA).W_) for l2 in (0, 0.01, 0.1)]
        assert sizes[0] > 1.5 * sizes[1] > 3 * sizes[2]

    def test_greys_are_probabilities(self):
        rbm = RBM(2, lr=0.05, epochs=300).fit(np.tile([0.2, 0.9], (200, 1)))
        v = binary_states(2)
        marginals = np.exp(rbm.log_likelihood(v)) @ v
        np.testing.assert_allclose(marginals, [0.2, 0.9], atol=0.05)

    def test_starts_at_the_log_odds_of_the_data(self):
        x = np.array([[0, 1, 1], [0, 1, 0], [0, 0, 1], [0, 1, 1]], dtype=float)
        rbm = RBM(5, epochs=0).fit(x)
        np.testing.assert_allclose(1 / (1 + np.exp(-rbm.b_)), [0.1, 0.7, 0.7])

    def test_too_large_a_penalty_is_an_error(self):
        with pytest.raises(ValueError, match="lr"):
            RBM(2, lr=100, l2=100, epochs=100).fit(DATA)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: RBM(0).fit(DATA), "hidden: expected an integer ≥ 1, got 0"),
        (lambda: RBM(2, lr=0).fit(DATA), "lr: expected a number > 0"),
        (lambda: RBM(2, lr="big").fit(DATA), "lr: expected a number"),
        (lambda: RBM(2, epochs=-1).fit(DATA), "epochs: expected an integer ≥ 0"),
        (lambda: RBM(2, batch_size=0).fit(DATA), "batch_size: expected an integer ≥ 1"),
        (lambda: RBM(2, k=0).fit(DATA), "k: expected an integer ≥ 1"),
        (lambda: RBM(2, persistent=1).fit(DATA), "persistent: expected True or False"),
        (lambda: RBM(2, l2=-1).fit(DATA), "l2: expected a number ≥ 0"),
        (lambda: RBM(2, rng="seed").fit(DATA), "rng: expected an integer"),
        (lambda: RBM(2).fit(2 * DATA), r"X: expected numbers from 0 to 1, got 2 at index \(0, 0\)"),
        (lambda: random_rbm(4, 2).transform(DATA - 1), "X: expected numbers from 0 to 1, got -1"),
        (lambda: random_rbm(4, 2).inverse_transform(DATA), r"X: expected shape \(any, 2\)"),
        (lambda: random_rbm(4, 2).energy(DATA, np.ones((3, 2))), "h: expected 4 rows"),
        (lambda: random_rbm(4, 2).log_likelihood(DATA / 2), "v: expected zeros and ones, got 0.5"),
        (lambda: random_rbm(4, 2).log_likelihood_gradient(DATA / 2), "v: expected zeros and ones, got 0.5"),
        (lambda: random_rbm(4, 2).gibbs(DATA, -1), "steps: expected an integer ≥ 0"),
        (lambda: random_rbm(4, 2).contrastive_divergence(DATA, 0), "k: expected an integer ≥ 1"),
        (lambda: random_rbm(17, 17).log_partition(), r"at most 16 units .* got 17, which have 2\^17 = 1.3e\+05 states"),
        (lambda: binary_states(64), r"got 64, which have 2\^64"),
        (lambda: RBM.from_parameters([[1.0]], [1, 2], [1]), r"b: expected shape \(1,\), got \(2,\)"),
        (lambda: RBM.from_parameters([[1.0]], [1], [1, 2]), r"a: expected shape \(1,\), got \(2,\)"),
        (lambda: RBM(2).transform(DATA), "not fitted"),
        (lambda: RBM(2).log_partition(), "not fitted"),
        (lambda: RBM(2).inverse_transform(DATA), "not fitted"),
    ],
)
def test_wrong_arguments(call, message):
    with pytest.raises((TypeError, ValueError), match=message):
        call()


@parametrize_with_checks([RBM(hidden=5, epochs=2), RBM(hidden=3, epochs=2, persistent=True)])
def test_scikit_learns_own_checks(estimator, check, monkeypatch):
    # The checks feed normal numbers to every estimator, an RBM takes numbers from 0 to 1: the sigmoid of each goes in.
    monkeypatch.setattr(rbm_module, "as_shares", lambda name, array: expit(array))
    check(estimator)
