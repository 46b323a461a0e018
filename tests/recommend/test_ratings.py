"""Generated ratings are what their docstring says, and MovieLens files are read whole or not at all."""

import numpy as np
import pytest

from course_pkg import data


def test_generated_ratings():
    ratings, truth = data.ratings(40, 30, factors=3, each=10, noise=0, seed=5)
    assert len(ratings) == 400
    assert (np.bincount(ratings.users) == 10).all()
    assert truth.user_factors.shape == (40, 3)
    assert truth.item_factors.shape == (30, 3)
    np.testing.assert_array_equal(ratings.values, np.clip(np.rint(truth.matrix()[ratings.users, ratings.items]), 1, 5))
    again, other = (
        data.ratings(40, 30, factors=3, each=10, noise=0, seed=5)[0],
        data.ratings(40, 30, each=10, seed=6)[0],
    )
    np.testing.assert_array_equal(ratings.items, again.items)
    assert not np.array_equal(ratings.items, other.items)


@pytest.mark.parametrize("skew", [0, 1.5])
def test_without_taste_the_picks_follow_popularity(skew):
    ratings, truth = data.ratings(20_000, 10, each=1, skew=skew, taste=0, seed=0)
    shares = np.bincount(ratings.items, minlength=10) / 20_000
    np.testing.assert_allclose(shares, truth.popularity, atol=5 * np.sqrt(0.25 / 20_000))
    assert truth.popularity.max() / truth.popularity.min() == pytest.approx(10**skew)


def test_with_taste_the_picks_follow_the_softmax():
    ratings, truth = data.ratings(3000, 6, each=1, taste=2, seed=1)
    chances = truth.popularity * np.exp(2 * truth.user_factors @ truth.item_factors.T)
    chances /= chances.sum(axis=1, keepdims=True)
    expected = chances.sum(axis=0)
    spread = np.sqrt((chances * (1 - chances)).sum(axis=0))
    assert (np.abs(np.bincount(ratings.items, minlength=6) - expected) < 4 * spread).all()


def test_factors_make_one_star_of_difference():
    for factors in (1, 2, 8):
        _, truth = data.ratings(2000, 500, factors=factors, each=1, seed=2)
        assert (truth.user_factors @ truth.item_factors.T).std() == pytest.approx(1, abs=0.12)


def test_matrix_take_and_picks():
    ratings, _ = data.ratings(6, 5, each=2, seed=0)
    table = ratings.matrix()
    assert np.isfinite(table).sum() == 12
    np.testing.assert_array_equal(table[ratings.users, ratings.items], ratings.values)
    part = ratings.take(ratings.users == 3)
    assert (len(part), part.user_count, part.item_count) == (2, 6, 5)
    picks = ratings.picks()
    np.testing.assert_array_equal(picks.matrix(), np.isfinite(table))


@pytest.mark.parametrize(
    ("arguments", "name"),
    [
        ({"users": 0}, "users"),
        ({"items": 0}, "items"),
        ({"factors": 0}, "factors"),
        ({"each": 201}, "each"),
        ({"skew": -1}, "skew"),
        ({"taste": "much"}, "taste"),
        ({"noise": np.nan}, "noise"),
        ({"seed": -1}, "seed"),
    ],
)
def test_ratings_name_the_bad_argument(arguments, name):
    with pytest.raises((TypeError, ValueError), match=name):
        data.ratings(**arguments)


def test_ratings_check_their_arrays():
    good = {"users": [0, 0], "items": [1, 2], "values": [3, 4], "times": [0, 1]}
    ids = {"user_ids": np.arange(1), "item_ids": np.arange(3)}
    data.Ratings(**{key: np.array(value) for key, value in good.items()}, **ids)
    for name, bad in {"users": [0, 1], "items": [1, 1], "values": [3, np.nan], "times": [0]}.items():
        arrays = {key: np.array(value) for key, value in (good | {name: bad}).items()}
        with pytest.raises(ValueError, match=name):
            data.Ratings(**arrays, **ids)


ROWS = [(196, 242, 3, 881250949), (186, 302, 5, 891717742), (196, 51, 1, 881250000)]


@pytest.mark.parametrize(("name", "mark"), [("u.data", "\t"), ("ratings.dat", "::"), ("ratings.csv", ",")])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_movielens(tmp_path, name, mark, end):
    heading = ["userId,movieId,rating,timestamp"] if mark == "," else []
    lines = heading + [mark.join(map(str, row)) for row in ROWS]
    (tmp_path / name).write_bytes((end.join(lines) + end).encode())
    (tmp_path / "README.txt").write_text("something else")
    for path in (tmp_path, tmp_path / name, str(tmp_path / name)):
        ratings = data.movielens(path)
        assert ratings.user_ids.tolist() == [186, 196]
        assert ratings.item_ids.tolist() == [51, 242, 302]
        assert ratings.users.tolist() == [1, 0, 1]
        assert ratings.items.tolist() == [1, 2, 0]
        assert ratings.values.tolist() == [3, 5, 1]
        assert ratings.times.tolist() == [881250949, 891717742, 881250000]


def test_movielens_half_stars(tmp_path):
    (tmp_path / "ratings.csv").write_text("userId,movieId,rating,timestamp\n1,31,2.5,1260759144\n")
    assert data.movielens(tmp_path).values.tolist() == [2.5]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "expected ratings, got none"),
        (b"userId,movieId,rating,timestamp\n", "expected ratings, got none"),
        (b"movieId,title,genres\n1,Toy Story,Comedy\n", "line 1: expected the heading"),
        (b"1\t2\t3\t4\n1\t3\t3\n", "line 2: expected user, item, rating, time"),
        (b"1\t2\t3\t4\n\n1\t3\t3\t4\n", "line 2: expected user, item, rating, time"),
        (b"1::2::3::4\n1\t3\t3\t4\n", "line 2: expected user, item, rating, time"),
        (b"hello\n", "line 1: expected user, item, rating, time"),
        (b"1\t2\tgood\t4\n", "line 1: rating: expected a number, got 'good'"),
        (b"1\tx\t3\t4\n", "line 1: item: expected a whole number"),
        (b"1\t99999999999999999999\t3\t4\n", "line 1: .*too"),
        (b"1\t2\t6\t4\n", "line 1: rating: expected 0.5 to 5 stars, got 6"),
        (b"1\t2\tnan\t4\n", "line 1: rating: expected 0.5 to 5 stars, got nan"),
        (b"1\t2\t3\t4\n7\t2\t3\t4\n1\t2\t5\t9\n", "got item 2 more than once for user 1"),
        (b"1\t2\t3\t4\n\xff\xfe\t2\t3\t4\n", "UTF-8"),
    ],
)
def test_movielens_says_what_is_wrong_and_where(tmp_path, content, message):
    path = tmp_path / "ratings.dat"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=message) as caught:
        data.movielens(path)
    assert str(path) in str(caught.value)


def test_movielens_without_a_file(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"u\.data"):
        data.movielens(tmp_path)
    with pytest.raises(FileNotFoundError, match="nowhere"):
        data.movielens(tmp_path / "nowhere.csv")
    with pytest.raises(TypeError, match="path"):
        data.movielens(3)
