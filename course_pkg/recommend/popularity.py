"""The baseline that knows nobody: recommend to all what most people picked."""

import numpy as np

from course_pkg.recommend.arguments import as_ratings, as_users


class Popularity:
    """Score of an item = number of its ratings, the same for all users."""

    def __init__(self, ratings):
        self.ratings = as_ratings("ratings", ratings)
        self.counts = np.bincount(ratings.items, minlength=ratings.item_count)

    def scores(self, users=None):
        """Return the scores (m, I) of all items for m ``users``, by default all."""
        users = as_users("users", users, self.ratings)
        return np.tile(self.counts.astype(float), (len(users), 1))
