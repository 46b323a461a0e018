"""How good is a list of ten? Leave one pick of each user out, and see where a model ranks it among all other items."""

import numpy as np

from course_pkg._validate import as_array, as_bool, as_generator, as_int
from course_pkg.recommend.arguments import as_ratings

BLOCK = 1024  # users whose scores are in memory at the same time


def leave_one_out(ratings, *, latest=False, rng=0):
    """Return two :class:`Ratings`: all but one of each user's, and that one, of every user who has two or more.

    Which one, is drawn with ``rng``, or it is the ``latest``. Raises TypeError or ValueError naming the argument.
    Source: He et al. (2017), Neural collaborative filtering, who take the latest.
    """
    as_ratings("ratings", ratings)
    n = len(ratings)
    key = ratings.times if as_bool("latest", latest) else as_generator("rng", rng).permutation(n)
    order = np.lexsort((key, ratings.users))  # by user, then by key
    users = ratings.users[order]
    last = np.append(users[1:] != users[:-1], True)
    first = np.append(True, users[1:] != users[:-1])
    held = np.zeros(n, dtype=bool)
    held[order[last & ~first]] = True
    return ratings.take(~held), ratings.take(held)


def ranks(model, train, test):
    """Return the rank (m,), 1 is best, of each item in ``test`` among those that its user has not in ``train``.

    ``model.scores(users)`` gives (m, I) scores. Items of equal score stand before the one that is looked for, so that
    a model earns nothing by giving the same score to all. All items compete, not a sample of them: samples can turn the
    order of two models round (Krichene and Rendle, 2020).
    Raises TypeError or ValueError naming the argument that is wrong.
    """
    as_ratings("train", train)
    as_ratings("test", test)
    seen = np.zeros((train.user_count, train.item_count), dtype=bool)
    seen[train.users, train.items] = True
    found = np.empty(len(test), dtype=np.intp)
    for start in range(0, len(test), BLOCK):
        users, items = test.users[start : start + BLOCK], test.items[start : start + BLOCK]
        scores = as_array("model.scores(users)", model.scores(users), shape=(len(users), train.item_count))
        own = np.take_along_axis(scores, items[:, None], axis=1)
        found[start : start + BLOCK] = ((scores >= own) & ~seen[users]).sum(axis=1)
    return found


def hit_rate(ranks, k=10):
    """Return hit@k (命中率), the share of ``ranks`` (m,) that are k or better.

    Raises TypeError or ValueError naming the argument that is wrong.
    """
    ranks, k = _as_ranks(ranks, k)
    return float((ranks <= k).mean())


def ndcg(ranks, k=10):
    """Return NDCG@k, the normalised discounted cumulative gain (归一化折损累计增益), with one right item a user::

        mean of 1 / log₂(1 + rank), 0 for ranks beyond k

    Raises TypeError or ValueError naming the argument that is wrong.
    Source: Järvelin and Kekäläinen (2002); with one right item the best possible gain is 1.
    """
    ranks, k = _as_ranks(ranks, k)
    return float(((ranks <= k) / np.log2(1 + ranks)).mean())


def evaluate(model, train, test, k=10):
    """Return {"hit": hit@k, "ndcg": NDCG@k} of ``model`` for the picks in ``test``; see :func:`ranks`."""
    found = ranks(model, train, test)
    return {"hit": hit_rate(found, k), "ndcg": ndcg(found, k)}


def _as_ranks(ranks, k):
    ranks = as_array("ranks", ranks, ndim=1)
    if not len(ranks) or (ranks < 1).any():
        raise ValueError("ranks: expected at least one rank, each 1 or more")
    return ranks, as_int("k", k, minimum=1)
