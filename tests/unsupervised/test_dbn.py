"""The deep belief net against its joint probability, summed state by state, and against finite differences."""

from itertools import pairwise, product

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from rbm_oracle import all_states, bernoulli, joint_table, rows
from scipy.special import expit
from scipy.stats import chisquare
from sklearn.utils.estimator_checks import parametrize_with_checks

from course_pkg import nn
from course_pkg.unsupervised import DBN, RBM, binary_states
from course_pkg.unsupervised import rbm as rbm_module
from course_pkg.unsupervised.dbn import Directed

DATA = np.array([[1, 1, 0, 0], [1, 1, 0, 0], [0, 0, 1, 1], [1, 0, 1, 0]], dtype=float)


def random_dbn(*units, seed=0, scale=1.0, **options):
    """A stack of RBMs with ``units`` from the visible ones up, and different weights up and down."""
    rng = np.random.default_rng(seed)
    rbms = [
        RBM.from_parameters(*(scale * rng.standard_normal(shape) for shape in ((low, high), (low,), (high,))))
        for low, high in pairwise(units)
    ]
    dbn = DBN.from_rbms(rbms, **options)
    for down in dbn.down_:
        down.W += 0.5 * rng.standard_normal(down.W.shape)
    return dbn


def probabilities(dbn):
    """P(v), (2^D,), by summing P(v | h¹) … P(h^(L−2) | h^(L−1)) P_RBM(h^(L−1)) over all states of all layers."""
    layers = [all_states(down.W.shape[1]) for down in dbn.down_] + [all_states(len(dbn.top_.b_))]
    top = joint_table(dbn.top_.W_, dbn.top_.b_, dbn.top_.a_).sum(axis=1)
    found = []
    for v in layers[0]:
        found.append(0.0)
        for hidden in product(*layers[1:]):
            path = [v, *hidden]
            p = top[int(rows([path[-1]])[0])]
            for down, low, high in zip(dbn.down_, path[:-1], path[1:], strict=True):
                p *= bernoulli(high, down.W, down.bias, low)
            found[-1] += p
    return np.array(found)


@pytest.fixture(params=[(4, 3, 2), (3, 4, 2), (3, 2, 3, 2), (2, 3, 2, 4, 1)], ids=str)
def dbn(request):
    return random_dbn(*request.param, seed=sum(request.param), scale=2)


class TestDirected:
    layer = Directed(np.array([[1.0, -2], [0.5, 3], [-1, 0]]), np.array([0.3, -0.4]))

    def test_table_of_probabilities(self):
        x, y = all_states(3), all_states(2)
        expected = [[bernoulli(a, self.layer.W, self.layer.bias, b) for b in y] for a in x]
        np.testing.assert_allclose(np.exp(self.layer.log_probability(np.array(x), np.array(y))), expected)
        np.testing.assert_allclose(self.layer(np.array(x)), np.array(expected) @ np.array(y))

    def test_learning_goes_up_the_gradient(self):
        rng = np.random.default_rng(0)
        x, y = rng.integers(2, size=(5, 3)).astype(float), rng.integers(2, size=(5, 2)).astype(float)
        layer = Directed(self.layer.W.copy(), self.layer.bias.copy())
        layer.learn(x, y, 0.1)

        def mean_log(W, bias):
            return np.diag(Directed(W, bias).log_probability(x, y)).mean()

        W, bias = self.layer.W, self.layer.bias
        np.testing.assert_allclose(
            (layer.W - W) / 0.1, nn.numerical_gradient(lambda w: mean_log(w, bias), W), atol=1e-8
        )
        np.testing.assert_allclose(
            (layer.bias - bias) / 0.1, nn.numerical_gradient(lambda w: mean_log(W, w), bias), atol=1e-8
        )


class TestLikelihood:
    def test_equals_the_sum_over_all_layers(self, dbn):
        v = all_states(dbn.n_features_in_)
        np.testing.assert_allclose(np.exp(dbn.log_likelihood(v)), probabilities(dbn), rtol=1e-9)
        assert np.exp(dbn.log_likelihood(v)).sum() == pytest.approx(1)

    def test_one_rbm_is_itself(self):
        dbn = random_dbn(4, 3)
        np.testing.assert_allclose(dbn.log_likelihood(DATA), dbn.top_.log_likelihood(DATA))
        np.testing.assert_allclose(dbn.variational_bound(DATA), dbn.top_.log_likelihood(DATA))

    @given(st.integers(0, 1000), st.floats(0.1, 3))
    def test_bound_is_below(self, seed, scale):
        dbn = random_dbn(3, 3, 2, seed=seed, scale=scale)
        v = binary_states(3)
        assert (dbn.variational_bound(v) <= dbn.log_likelihood(v) + 1e-9).all()

    def test_bound_is_the_likelihood_less_the_divergence_of_q_from_the_posterior(self):
        dbn = random_dbn(4, 3, 2, seed=3)
        (up,), (down,), v = dbn.up_, dbn.down_, DATA[0]
        top = joint_table(dbn.top_.W_, dbn.top_.b_, dbn.top_.a_).sum(axis=1)
        joint = np.array([bernoulli(h, down.W, down.bias, v) * p for h, p in zip(all_states(3), top, strict=True)])
        q = np.array([bernoulli(v, up.W, up.bias, h) for h in all_states(3)])
        divergence = (q * np.log(q / (joint / joint.sum()))).sum()
        assert dbn.log_likelihood([v])[0] - dbn.variational_bound([v])[0] == pytest.approx(divergence)

    def test_a_turned_copy_on_top_changes_nothing(self):
        first = random_dbn(4, 3).top_
        stack = DBN.from_rbms([first, RBM.from_parameters(first.W_.T, first.a_, first.b_)])
        np.testing.assert_allclose(stack.log_likelihood(DATA), first.log_likelihood(DATA))
        np.testing.assert_allclose(stack.variational_bound(DATA), first.log_likelihood(DATA))

    def test_many_rows_are_many_single_rows(self):
        dbn, v = random_dbn(5, 3, 2), binary_states(5)[np.random.default_rng(0).integers(32, size=250)]
        for method in (dbn.log_likelihood, dbn.variational_bound):
            np.testing.assert_allclose(method(v), [method(row[None])[0] for row in v])


class TestGreedyTraining:
    def test_layers_are_rbms_on_the_codes_below(self):
        options = {"lr": 0.1, "epochs": 5, "batch_size": 2, "k": 2, "persistent": True, "l2": 0.01}
        dbn = DBN((5, 3), rng=4, **options).fit(DATA)
        rng = np.random.default_rng(4)
        first = RBM(5, rng=rng, **options).fit(DATA)
        second = RBM(3, rng=rng, **options).fit(first.transform(DATA))
        np.testing.assert_array_equal(dbn.up_[0].W, first.W_)
        np.testing.assert_array_equal(dbn.down_[0].W, first.W_.T)
        np.testing.assert_array_equal(dbn.down_[0].bias, first.b_)
        np.testing.assert_array_equal(dbn.top_.W_, second.W_)
        np.testing.assert_allclose(dbn.transform(DATA), second.transform(first.transform(DATA)))
        np.testing.assert_allclose(
            dbn.inverse_transform(dbn.transform(DATA)),
            first.inverse_transform(second.inverse_transform(dbn.transform(DATA))),
        )

    def test_a_second_layer_raises_the_bound_of_the_first(self):
        """The theorem: start as the first machine turned over, then only raise mean log P(h¹) of the drawn codes."""
        rng = np.random.default_rng(0)
        first = RBM(3, lr=0.1, epochs=700).fit(DATA)
        codes = (rng.random((4000, 3)) < np.tile(first.transform(DATA), (1000, 1))).astype(float)
        second, bounds = RBM.from_parameters(first.W_.T, first.a_, first.b_), []
        for _ in range(200):
            bounds.append(DBN.from_rbms([first, second]).variational_bound(DATA).mean())
            gradient = second.log_likelihood_gradient(codes)
            for value, step in zip((second.W_, second.b_, second.a_), gradient, strict=True):
                value += 0.5 * step
        assert bounds[0] == pytest.approx(first.log_likelihood(DATA).mean())
        assert bounds[-1] > bounds[100] > bounds[20] > bounds[0] + 0.01


def test_generated_samples_have_the_distribution_of_the_model(dbn):
    rng = np.random.default_rng(0)
    v = rng.random((20_000, dbn.n_features_in_)) < dbn.generate(20_000, steps=100, rng=rng)
    counts = np.bincount(rows(v).astype(int), minlength=2**dbn.n_features_in_)
    assert chisquare(counts, 20_000 * probabilities(dbn)).pvalue > 0.001


class TestWakeSleep:
    def test_steps_are_the_gradients_on_the_average(self):
        """Those of E_Q log P(v | h) for down_, E_Q log P(h) for top_ and, by long chains, E_P log Q(h | v) for up_."""
        start, lr, runs = random_dbn(3, 2, 2, seed=1), 1e-3, 600
        data = DATA[:, :3]
        steps = {"down": [], "top": [], "up": []}
        for seed in range(runs):
            dbn = random_dbn(3, 2, 2, seed=1, batch_size=400)
            dbn.wake_sleep(np.tile(data, (100, 1)), lr=lr, epochs=1, k=25, rng=seed)
            steps["down"].append((dbn.down_[0].W - start.down_[0].W) / lr)
            steps["top"].append((dbn.top_.W_ - start.top_.W_) / lr)
            steps["up"].append((dbn.up_[0].W - start.up_[0].W) / lr)
        (up,), (down,), top = start.up_, start.down_, start.top_
        v, h = np.array(all_states(3)), np.array(all_states(2))
        awake = np.bincount(rows(data).astype(int), minlength=8)[:, None] / 4 * np.exp(up.log_probability(v, h))
        prior = joint_table(top.W_, top.b_, top.a_).sum(axis=1)
        dream = prior[:, None] * np.exp(down.log_probability(h, v))
        each = [top.log_likelihood_gradient(state[None]).W for state in h]
        exact = {
            "down": nn.numerical_gradient(
                lambda W: (awake.T * Directed(W, down.bias).log_probability(h, v)).sum(), down.W
            ),
            "top": sum(share * gradient for share, gradient in zip(awake.sum(axis=0), each, strict=True)),
            "up": nn.numerical_gradient(lambda W: (dream.T * Directed(W, up.bias).log_probability(v, h)).sum(), up.W),
        }
        for name, found in steps.items():
            error = np.std(found, axis=0, ddof=1) / np.sqrt(runs)
            assert np.abs((np.mean(found, axis=0) - exact[name]) / error).max() < 4, name
            assert np.abs(exact[name] / error).max() > 20, f"{name}: 0 would pass too"

    def test_raises_the_exact_likelihood(self):
        dbn = DBN((4, 3), lr=0.05, epochs=20).fit(DATA)
        before = dbn.log_likelihood(DATA).mean()
        dbn.wake_sleep(np.tile(DATA, (20, 1)), lr=0.3, epochs=400)
        assert dbn.log_likelihood(DATA).mean() > before + 1
        assert dbn.variational_bound(DATA).mean() > before + 1

    def test_unties_the_weights(self):
        dbn = DBN((4, 3), epochs=3).fit(DATA)
        np.testing.assert_array_equal(dbn.up_[0].W, dbn.down_[0].W.T)
        dbn.wake_sleep(DATA, lr=0.1, epochs=3)
        assert np.abs(dbn.up_[0].W - dbn.down_[0].W.T).max() > 0.01


class TestToNet:
    def test_forward_is_the_way_up_and_one_more_layer(self):
        dbn = random_dbn(4, 5, 3)
        net = dbn.to_net(7, rng=1)
        *_, last = net.layers.values()
        np.testing.assert_allclose(
            net.forward(DATA), dbn.transform(DATA) @ last.weight.data.T + last.bias.data, rtol=1e-12
        )
        assert [type(layer).__name__ for layer in net.layers.values()] == [
            "Dense",
            "Sigmoid",
            "Dense",
            "Sigmoid",
            "Dense",
        ]

    def test_equals_torch(self):
        dbn = random_dbn(4, 5, 3)
        net = dbn.to_net(2)
        x = torch.tensor(DATA)
        for layer in net.layers.values():
            if isinstance(layer, nn.Dense):
                x = torch.nn.functional.linear(x, torch.tensor(layer.weight.data), torch.tensor(layer.bias.data))
            else:
                x = torch.sigmoid(x)
        np.testing.assert_allclose(net.forward(DATA), x.numpy())

    def test_training_it_leaves_the_deep_belief_net_as_it_is(self):
        dbn = random_dbn(4, 5, 3)
        before = dbn.transform(DATA)
        net, labels = dbn.to_net(2), np.array([0, 0, 1, 1])
        history = nn.fit(net, DATA, labels, lr=0.5, epochs=300, batch_size=4)
        assert net.accuracy(DATA, labels) == 1
        assert history.losses[-1] < 0.2 * history.losses[0]
        np.testing.assert_array_equal(dbn.transform(DATA), before)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: DBN((4, 0)).fit(DATA), "hidden: expected integers ≥ 1"),
        (lambda: DBN(4).fit(DATA), "hidden: expected a shape"),
        (lambda: DBN((4,), lr=-1).fit(DATA), "lr: expected a number > 0"),
        (lambda: DBN((4,)).fit(3 * DATA), "X: expected numbers from 0 to 1, got 3"),
        (lambda: DBN((4,)).transform(DATA), "not fitted"),
        (lambda: DBN((4,)).generate(3), "not fitted"),
        (lambda: DBN((4,)).to_net(3), "not fitted"),
        (lambda: DBN.from_rbms([]), "rbms: expected at least one RBM"),
        (lambda: DBN.from_rbms([RBM(3)]), "not fitted"),
        (lambda: DBN.from_rbms([random_dbn(3, 2).top_, random_dbn(3, 2).top_]), r"rbms\[1\]: expected 2 visible units"),
        (lambda: random_dbn(4, 3, 2).to_net(0), "classes: expected an integer ≥ 1"),
        (lambda: random_dbn(4, 3, 2).generate(0), "number: expected an integer ≥ 1"),
        (lambda: random_dbn(4, 3, 2).generate(1, steps=0), "steps: expected an integer ≥ 1"),
        (lambda: random_dbn(4, 3, 2).wake_sleep(DATA, lr=0), "lr: expected a number > 0"),
        (lambda: random_dbn(4, 3, 2).wake_sleep(DATA, k=0), "k: expected an integer ≥ 1"),
        (lambda: random_dbn(4, 3, 2).wake_sleep(DATA[:, :3]), "X has 3 features"),
        (lambda: random_dbn(4, 3, 2).log_likelihood(DATA / 2), "v: expected zeros and ones"),
        (lambda: random_dbn(4, 3, 2).variational_bound(DATA / 2), "v: expected zeros and ones"),
        (lambda: random_dbn(4, 17, 2).log_likelihood(DATA), "at most 16 units"),
    ],
)
def test_wrong_arguments(call, message):
    with pytest.raises((TypeError, ValueError), match=message):
        call()


@parametrize_with_checks([DBN((4, 3), epochs=2)])
def test_scikit_learns_own_checks(estimator, check, monkeypatch):
    # The checks feed normal numbers to every estimator, a DBN takes numbers from 0 to 1: the sigmoid of each goes in.
    monkeypatch.setattr(rbm_module, "as_shares", lambda name, array: expit(array))
    check(estimator)
