"""Checks of the arguments that all recommenders take."""

import numpy as np

from course_pkg._validate import as_labels, describe
from course_pkg.data.ratings import Ratings


def as_ratings(name, value):
    """Return ``value`` if it is :class:`Ratings` with at least one rating, or raise."""
    if not isinstance(value, Ratings):
        raise TypeError(
            f"{name}: expected Ratings, as data.ratings and data.movielens return them, got {describe(value)}"
        )
    if not len(value):
        raise ValueError(f"{name}: expected at least one rating, got none")
    return value


def as_users(name, value, ratings):
    """Return row numbers of users as an array, all users for None, or raise."""
    if value is None:
        return np.arange(ratings.user_count)
    return as_labels(name, value, count=np.size(value), classes=ratings.user_count)
