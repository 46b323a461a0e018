"""Ratings that users gave to items: generated ones, of which the truth is known, and the files of MovieLens."""

from array import array
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from course_pkg._validate import as_array, as_int, as_labels, as_number, describe

STARS = (1, 5)  # of the generated ratings
MOVIELENS = ("u.data", "ratings.dat", "ratings.csv")  # of ml-100k, of ml-1m and ml-10m, of ml-latest and ml-25m
_COLUMNS = {"user": int, "item": int, "rating": float, "time": int}


@dataclass(frozen=True)
class Ratings:
    """n ratings of U users for I items; every array but the last two has shape (n,).

    ``users`` and ``items`` are row numbers from 0 to U − 1 and I − 1, ``values`` the ratings in stars, ``times`` whole
    numbers that put a user's ratings in order. ``user_ids`` (U,) and ``item_ids`` (I,) are the names that the rows have
    where the ratings come from. A user rates an item once.

    Raises TypeError or ValueError naming the array that is wrong.
    """

    users: np.ndarray
    items: np.ndarray
    values: np.ndarray
    times: np.ndarray
    user_ids: np.ndarray
    item_ids: np.ndarray

    def __post_init__(self):
        values = as_array("values", self.values, ndim=1)
        n = len(values)
        users = as_labels("users", self.users, count=n, classes=self.user_count)
        items = as_labels("items", self.items, count=n, classes=self.item_count)
        as_array("times", self.times, shape=(n,))
        kept = {"users": users, "items": items, "values": values, "times": np.asarray(self.times)}
        for name, column in kept.items():
            object.__setattr__(self, name, column)
        _, first, counts = np.unique(users * self.item_count + items, return_index=True, return_counts=True)
        if (counts > 1).any():
            twice = first[counts > 1][0]
            raise ValueError(
                f"items: expected each item once a user, got item {self.item_ids[items[twice]]} "
                f"more than once for user {self.user_ids[users[twice]]}"
            )

    def __len__(self):
        return len(self.values)

    @property
    def user_count(self):
        """U, the number of users, with or without ratings."""
        return len(self.user_ids)

    @property
    def item_count(self):
        """I, the number of items, with or without ratings."""
        return len(self.item_ids)

    def take(self, chosen):
        """Return the ratings at the places ``chosen`` (m,), or where a mask (n,) is true; users and items stay."""
        return Ratings(
            self.users[chosen],
            self.items[chosen],
            self.values[chosen],
            self.times[chosen],
            self.user_ids,
            self.item_ids,
        )

    def matrix(self):
        """Return the rating matrix (U, I), NaN where there is no rating."""
        table = np.full((self.user_count, self.item_count), np.nan)
        table[self.users, self.items] = self.values
        return table

    def picks(self):
        """Return U · I ratings, one of each pair: 1 where the user rated the item, however well, and 0 elsewhere."""
        users, items = (grid.ravel() for grid in np.indices((self.user_count, self.item_count)))
        picked = np.zeros((self.user_count, self.item_count))
        picked[self.users, self.items] = 1
        return Ratings(users, items, picked.ravel(), np.zeros(picked.size, dtype=int), self.user_ids, self.item_ids)


@dataclass(frozen=True)
class RatingTruth:
    """What generated ratings were made of: ``mean`` (stars), biases (U,) and (I,), factors (U, k) and (I, k)."""

    mean: float
    user_bias: np.ndarray
    item_bias: np.ndarray
    user_factors: np.ndarray
    item_factors: np.ndarray
    popularity: np.ndarray  # (I,), sums to 1

    def matrix(self):
        """Return what every user would give every item without noise and rounding: (U, I), in stars."""
        return self.mean + self.user_bias[:, None] + self.item_bias + self.user_factors @ self.item_factors.T


def ratings(users=500, items=200, *, factors=2, each=30, skew=1.0, taste=1.0, noise=0.3, seed=0):
    """Return generated :class:`Ratings` and the :class:`RatingTruth` behind them.

    User u would give item i::

        r_ui = 3.5 + b_u + c_i + p_u · q_i + noise · ε        rounded to whole stars from 1 to 5

    with b, c ~ N(0, 0.3²), ε ~ N(0, 1), and factors p, q of length ``factors`` with entries ~ N(0, 1/√factors), so
    that
    p_u · q_i has a standard deviation of 1 star. User u picks ``each`` different items, one after the other, with::

        P(u picks i) ∝ m_i · exp(taste · p_u · q_i),        m_i ∝ 1 / (popularity rank of i)^skew

    and rates them; the ranks are drawn at random. ``skew`` 0 makes all items equally well known, 1 is Zipf's law;
    ``taste`` 0 makes people pick what is known, whether they like it or not. Times 0 … each − 1 are a random order.

    Raises TypeError or ValueError naming the argument that is wrong.
    Source: model of Koren, Bell and Volinsky (2009), with picks as in a multinomial logit.
    """
    users = as_int("users", users, minimum=1)
    items = as_int("items", items, minimum=1)
    factors = as_int("factors", factors, minimum=1)
    each = as_int("each", each, minimum=1)
    if each > items:
        raise ValueError(f"each: expected at most as many as there are items, {items}, got {each}")
    skew = as_number("skew", skew, minimum=0)
    taste = as_number("taste", taste, minimum=0)
    noise = as_number("noise", noise, minimum=0)
    rng = np.random.default_rng(as_int("seed", seed, minimum=0))

    shares = 1 / np.arange(1, items + 1) ** skew
    truth = RatingTruth(
        3.5,
        rng.normal(0, 0.3, users),
        rng.normal(0, 0.3, items),
        rng.normal(0, factors**-0.25, (users, factors)),
        rng.normal(0, factors**-0.25, (items, factors)),
        rng.permutation(shares / shares.sum()),
    )
    # The largest of log-chances plus Gumbel noise are a draw without replacement (Gumbel 1954; Yellott 1977).
    liking = taste * truth.user_factors @ truth.item_factors.T + np.log(truth.popularity)
    picked = np.argsort(-(liking + rng.gumbel(size=liking.shape)), axis=1)[:, :each]
    picked = rng.permuted(picked, axis=1)
    stars = np.take_along_axis(truth.matrix(), picked, axis=1) + noise * rng.standard_normal(picked.shape)
    return (
        Ratings(
            np.repeat(np.arange(users), each),
            picked.ravel(),
            np.clip(np.rint(stars), *STARS).ravel(),
            np.tile(np.arange(each), users),
            np.arange(users),
            np.arange(items),
        ),
        truth,
    )


def movielens(path):
    """Return the :class:`Ratings` in a file of MovieLens, or in the folder that its archive unpacks to.

    ============  =====================  ================================================
    u.data        ml-100k                user, item, rating and time, separated by a tab
    ratings.dat   ml-1m, ml-10m          the same, separated by ``::``
    ratings.csv   ml-latest, ml-25m      the same, separated by commas, below a heading
    ============  =====================  ================================================

    Which one it is, is seen from the first line. Times are seconds since 1970. Rows are numbered in the order of the
    file's ids.

    Raises FileNotFoundError where there is no such file, and ValueError naming the file, the line, what came and what
    was expected, also for a rating outside 0.5 … 5 and for a user's second rating of an item.
    Source: Harper and Konstan (2015), The MovieLens datasets.
    """
    if not isinstance(path, (str, Path)):
        raise TypeError(f"path: expected the name of a file or folder, got {describe(path)}")
    path = Path(path)
    if path.is_dir():
        found = [path / name for name in MOVIELENS if (path / name).is_file()]
        if not found:
            raise FileNotFoundError(f"path: expected one of {', '.join(MOVIELENS)} in {path}, found none")
        path = found[0]
    if not path.is_file():
        raise FileNotFoundError(
            f"path: expected a file or folder of MovieLens, got {str(path)!r}, which does not exist"
        )
    columns = _columns(path)
    user_ids, users = np.unique(columns[0], return_inverse=True)
    item_ids, items = np.unique(columns[1], return_inverse=True)
    try:
        return Ratings(users, items, columns[2], columns[3], user_ids, item_ids)
    except ValueError as error:  # a pair that comes twice
        raise ValueError(f"{path}: {error}") from None


def _columns(path):
    """Return the four columns of a file: ids, ids, stars and seconds."""
    columns, number, separator = [array(code) for code in "qqdq"], 0, None  # far smaller than lists of numbers
    try:
        with path.open(encoding="utf-8") as lines:
            for number, line in enumerate(lines, start=1):
                line = line.rstrip("\r\n")
                if number == 1:
                    separator = next((mark for mark in ("\t", "::", ",") if mark in line), None)
                    if separator == ",":
                        if line != "userId,movieId,rating,timestamp":
                            raise ValueError(f"expected the heading userId,movieId,rating,timestamp, got {line[:60]!r}")
                        continue
                for column, value in zip(columns, _row(line, separator), strict=True):
                    column.append(value)
    except UnicodeDecodeError as error:
        raise ValueError(f"{path}, after line {number}: expected text in UTF-8 ({error})") from None
    except (ValueError, OverflowError) as error:  # the second: an id of more than 64 bits
        raise ValueError(f"{path}, line {number}: {error}") from None
    if not columns[0]:
        raise ValueError(f"{path}: expected ratings, got none")
    return [np.array(column) for column in columns]


def _row(line, separator):
    fields = line.split(separator) if separator else [line]
    if len(fields) != 4:
        raise ValueError(f"expected {', '.join(_COLUMNS)}, separated by a tab, '::' or ',', got {line[:60]!r}")
    row = []
    for (name, kind), field in zip(_COLUMNS.items(), fields, strict=True):
        try:
            row.append(kind(field))
        except ValueError:
            raise ValueError(f"{name}: expected a {'whole ' * (kind is int)}number, got {field[:60]!r}") from None
    if not 0.5 <= row[2] <= 5:  # also false for nan
        raise ValueError(f"rating: expected 0.5 to 5 stars, got {row[2]}")
    return row
