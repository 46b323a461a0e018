"""Recommendation (推荐系统): who will like what, learnt from ratings or from what people picked.

::

    from course_pkg import data, recommend

    ratings, truth = data.ratings()
    train, test = recommend.leave_one_out(ratings)
    model = recommend.MatrixFactorisation(train, factors=2)
    model.als(10)
    recommend.evaluate(model, train, test)

A model is made for its ratings, and ``model.scores(users)`` gives a score to every item: ``Popularity`` the same ones
to everybody, ``MatrixFactorisation`` the ratings it expects, ``TwoTower`` (in torch) how likely a pick is.
"""

from importlib import import_module

from course_pkg.recommend.factorisation import MatrixFactorisation, align, ridge
from course_pkg.recommend.popularity import Popularity
from course_pkg.recommend.ranking import evaluate, hit_rate, leave_one_out, ndcg, ranks

__all__ = [
    "MatrixFactorisation",
    "Popularity",
    "TwoTower",
    "align",
    "evaluate",
    "hit_rate",
    "leave_one_out",
    "ndcg",
    "ranks",
    "ridge",
]


def __getattr__(name):
    if name == "TwoTower":  # stands on torch, which takes a second to import
        return import_module("course_pkg.recommend.two_tower").TwoTower
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
