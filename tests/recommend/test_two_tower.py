"""Two towers: the loss against NumPy, its gradient, and what the model finds."""

import numpy as np
import pytest
import torch
from scipy.special import log_softmax

from course_pkg import data, nn, recommend
from course_pkg.recommend import TwoTower


@pytest.fixture(autouse=True)
def one_thread():
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture
def small():
    return data.ratings(9, 7, each=4, seed=3)[0]


def test_loss_against_numpy(small):
    features = np.random.default_rng(0).normal(size=(7, 3))
    model = TwoTower(small, 4, item_features=features).double()
    users, items = np.array([0, 3, 5, 8, 1]), np.array([2, 6, 2, 0, 1])  # item 2 stands twice
    f, g = model.vectors()
    share = np.array([(small.items == i).sum() for i in range(7)]) / len(small)
    expected = []
    for a in range(5):
        others = [b for b in range(5) if b == a or items[b] != items[a]]
        scores = np.array([f[users[a]] @ g[items[b]] - np.log(share[items[b]]) for b in others])
        expected.append(-log_softmax(scores)[others.index(a)])
    assert model.loss(torch.tensor(users), torch.tensor(items)).item() == pytest.approx(np.mean(expected), rel=1e-6)
    np.testing.assert_allclose(model.scores([4, 2]), f[[4, 2]] @ g.T)


@pytest.mark.parametrize("name", ["user_tower.embedding.weight", "item_tower.described.weight", "item_tower.out.bias"])
def test_gradient(small, name):
    model = TwoTower(small, 3, item_features=np.random.default_rng(0).normal(size=(7, 2))).double()
    users, items = torch.tensor(small.users[:12]), torch.tensor(small.items[:12])
    weight = model.get_parameter(name)
    model.loss(users, items).backward()
    start = weight.detach().clone()

    def loss(values):
        with torch.no_grad():
            weight.copy_(torch.tensor(values))
            return model.loss(users, items).item()

    expected = nn.numerical_gradient(loss, start.numpy(), eps=1e-6)
    np.testing.assert_allclose(weight.grad.numpy(), expected, rtol=1e-5, atol=1e-8)


def test_same_seed_same_model_and_the_global_generator_is_left_alone(small):
    torch.manual_seed(0)
    expected = torch.rand(3)
    torch.manual_seed(0)
    first, again, other = (TwoTower(small, 4, seed=seed).fit(2, batch_size=8) for seed in (1, 1, 2))
    np.testing.assert_array_equal(torch.rand(3), expected)
    np.testing.assert_array_equal(first.scores(), again.scores())
    assert not np.array_equal(first.scores(), other.scores())
    assert first.losses[1] < first.losses[0]


def test_beats_popularity_where_taste_can_be_learnt():
    for seed in range(2):
        train, test = recommend.leave_one_out(data.ratings(400, 200, each=20, skew=1, seed=seed)[0], rng=seed)
        known = recommend.evaluate(recommend.Popularity(train), train, test)
        towers = recommend.evaluate(TwoTower(train, 8, seed=seed).fit(10, penalty=0.1), train, test)
        picks = recommend.evaluate(recommend.MatrixFactorisation(train.picks(), 2, rng=seed).als(5), train, test)
        for measure in ("hit", "ndcg"):
            assert towers[measure] > known[measure]
            assert picks[measure] > known[measure]


def test_places_new_items_by_their_features():
    ratings, truth = data.ratings(300, 100, each=20, skew=0, taste=2, seed=0)
    new = np.arange(100) >= 80
    train = ratings.take(~new[ratings.items])
    model = TwoTower(train, 8, item_features=truth.item_factors, seed=0).fit(10, penalty=0.1)
    blind = TwoTower(train, 8, seed=0).fit(10, penalty=0.1)
    true = truth.user_factors @ truth.item_factors[new].T

    def agreement(model):
        return np.mean([np.corrcoef(s, t)[0, 1] for s, t in zip(model.scores()[:, new], true, strict=True)])

    assert agreement(model) > 0.6
    assert abs(agreement(blind)) < 0.3


@pytest.mark.parametrize(
    ("call", "name"),
    [
        (lambda r: TwoTower(3), "ratings"),
        (lambda r: TwoTower(r, 0), "size"),
        (lambda r: TwoTower(r, item_features=np.ones((6, 2))), "item_features"),
        (lambda r: TwoTower(r, seed=-1), "seed"),
        (lambda r: TwoTower(r).fit(0), "epochs"),
        (lambda r: TwoTower(r).fit(1, lr=-1), "lr"),
        (lambda r: TwoTower(r).fit(1, batch_size=1), "batch_size"),
        (lambda r: TwoTower(r).fit(1, penalty=-1), "penalty"),
        (lambda r: TwoTower(r).scores([9]), "users"),
    ],
)
def test_two_tower_names_the_bad_argument(small, call, name):
    with pytest.raises((TypeError, ValueError), match=name):
        call(small)
