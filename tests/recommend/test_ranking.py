"""Leave-one-out and the two measures, against scikit-learn and against counting."""

import numpy as np
import pytest
from sklearn.metrics import ndcg_score

from course_pkg import data, recommend


class Fixed:
    """A model with given scores (U, I)."""

    def __init__(self, scores):
        self.table = np.asarray(scores, dtype=float)

    def scores(self, users):
        return self.table[users]


@pytest.fixture(scope="module")
def split():
    return recommend.leave_one_out(data.ratings(60, 40, each=8, seed=2)[0], rng=1)


@pytest.mark.parametrize("k", [1, 3, 10, 40])
def test_against_scikit_learn_and_counting(split, k):
    train, test = split
    scores = np.random.default_rng(0).normal(size=(60, 40))
    ranks = recommend.ranks(Fixed(scores), train, test)
    gains, places = [], []
    for user, item in zip(test.users, test.items, strict=True):
        open_items = np.setdiff1d(np.arange(40), train.items[train.users == user])
        gains.append(ndcg_score([open_items == item], [scores[user, open_items]], k=k))
        places.append(sorted(open_items, key=lambda i, user=user: -scores[user, i]).index(item) + 1)
    np.testing.assert_array_equal(ranks, places)
    assert recommend.ndcg(ranks, k) == pytest.approx(np.mean(gains))
    assert recommend.hit_rate(ranks, k) == np.mean(np.array(places) <= k)
    assert recommend.evaluate(Fixed(scores), train, test, k) == {
        "hit": recommend.hit_rate(ranks, k),
        "ndcg": recommend.ndcg(ranks, k),
    }


def test_a_model_that_knows_the_answer_and_one_that_knows_nothing(split):
    train, test = split
    right = np.zeros((60, 40))
    right[test.users, test.items] = 1
    assert recommend.evaluate(Fixed(right), train, test) == {"hit": 1.0, "ndcg": 1.0}
    ties = recommend.ranks(Fixed(np.zeros((60, 40))), train, test)
    assert set(ties) == {40 - 7}  # behind all the others


def test_what_the_user_has_does_not_compete(split):
    train, test = split
    scores = np.zeros((60, 40))
    scores[test.users, test.items] = 1
    scores[train.users, train.items] = 2
    assert (recommend.ranks(Fixed(scores), train, test) == 1).all()


def test_more_users_than_a_block_has(monkeypatch, split):
    train, test = split
    model = Fixed(np.random.default_rng(1).normal(size=(60, 40)))
    whole = recommend.ranks(model, train, test)
    monkeypatch.setattr("course_pkg.recommend.ranking.BLOCK", 7)
    np.testing.assert_array_equal(recommend.ranks(model, train, test), whole)


@pytest.mark.parametrize("latest", [True, False])
def test_leave_one_out(latest):
    everything = data.ratings(50, 30, each=6, seed=4)[0]
    everything = everything.take((everything.users != 7) | (everything.times == 0))  # one user with a single rating
    train, test = recommend.leave_one_out(everything, latest=latest)
    assert sorted(test.users) == [u for u in range(50) if u != 7]
    pairs = [set(zip(r.users.tolist(), r.items.tolist(), strict=True)) for r in (train, test, everything)]
    assert pairs[0] | pairs[1] == pairs[2]
    assert not pairs[0] & pairs[1]
    assert 7 in train.users
    assert (test.times == 5).all() == latest


def test_popularity():
    ratings = data.ratings(50, 30, each=6, seed=4)[0]
    scores = recommend.Popularity(ratings).scores([3, 4])
    assert scores.shape == (2, 30)
    for item in range(30):
        assert (scores[:, item] == (ratings.items == item).sum()).all()


@pytest.mark.parametrize(
    ("call", "name"),
    [
        (lambda: recommend.leave_one_out("ratings"), "ratings"),
        (lambda: recommend.leave_one_out(data.ratings(5, 5, each=2)[0], latest=1), "latest"),
        (lambda: recommend.hit_rate([]), "ranks"),
        (lambda: recommend.hit_rate([0]), "ranks"),
        (lambda: recommend.ndcg([1], 0), "k"),
        (lambda: recommend.ranks(Fixed(np.zeros((5, 4))), *[data.ratings(5, 5, each=2)[0]] * 2), "scores"),
        (lambda: recommend.Popularity(3), "ratings"),
        (lambda: recommend.Popularity(data.ratings(5, 5, each=2)[0]).scores([5]), "users"),
    ],
)
def test_ranking_names_the_bad_argument(call, name):
    with pytest.raises((TypeError, ValueError), match=name):
        call()
