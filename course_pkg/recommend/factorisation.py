"""Matrix factorisation (矩阵分解): a user's rating of an item is two biases and a product of two embeddings."""

import numpy as np

from course_pkg._validate import as_array, as_generator, as_int, as_labels, as_number
from course_pkg.recommend.arguments import as_ratings, as_users


class MatrixFactorisation:
    """Ratings as biases and factors, fitted by least squares with a penalty::

        r̂_ui = μ + b_u + c_i + p_u · q_i
        L = ½ Σ (r_ui − r̂_ui)² + ½ λ (Σ b² + Σ c² + Σ ‖p‖² + Σ ‖q‖²),        the first sum over known ratings only

    ``users`` (U, 1 + k) holds the rows (b_u, p_u) and ``items`` (I, 1 + k) the rows (c_i, q_i), k = ``factors``; μ is
    the mean of the ratings and not fitted. ``penalty`` is λ > 0. Fit with :meth:`als` or :meth:`sgd`; ``losses`` has L
    after each of their rounds.

    Raises TypeError or ValueError naming the argument that is wrong.
    Source: Koren, Bell and Volinsky (2009), Matrix factorization techniques for recommender systems.
    """

    def __init__(self, ratings, factors=8, *, penalty=1.0, rng=0):
        self.ratings = as_ratings("ratings", ratings)
        self.factors = as_int("factors", factors, minimum=0)
        self.penalty = as_number("penalty", penalty, above=0)
        self.rng = as_generator("rng", rng)
        self.mean = ratings.values.mean()
        self.users = self._start(ratings.user_count)
        self.items = self._start(ratings.item_count)
        self.losses = []

    def _start(self, count):
        """Biases 0, factors small and random: with factors 0 their gradients would be 0, too, and stay so."""
        return np.c_[np.zeros(count), self.rng.normal(0, 0.1, (count, self.factors))]

    def predict(self, users, items):
        """Return r̂ (m,) in stars for m pairs: row numbers of ``users`` (m,) and of ``items`` (m,)."""
        users = as_users("users", users, self.ratings)
        items = as_labels("items", items, count=len(users), classes=self.ratings.item_count)
        row, column = self.users[users], self.items[items]
        return self.mean + row[:, 0] + column[:, 0] + (row[:, 1:] * column[:, 1:]).sum(axis=1)

    def scores(self, users=None):
        """Return r̂ (m, I) of all items for m ``users``, by default all."""
        return self.score_rows(self.users[as_users("users", users, self.ratings)])

    def score_rows(self, rows):
        """Return r̂ (m, I) of all items for users with the ``rows`` (m, 1 + k), known or new (:meth:`fold_in`)."""
        rows = as_array("rows", rows, shape=(None, 1 + self.factors))
        return self.mean + rows[:, :1] + self.items[:, 0] + rows[:, 1:] @ self.items[:, 1:].T

    def loss(self):
        """Return L."""
        errors = self.predict(self.ratings.users, self.ratings.items) - self.ratings.values
        return 0.5 * (errors @ errors + self.penalty * ((self.users**2).sum() + (self.items**2).sum()))

    def gradients(self, batch=None):
        """Return ∂L/∂users and ∂L/∂items, summed over the ratings at the places ``batch``, by default all::

            e = r̂ − r,    ∂L/∂b_u = Σ e + λ b_u,    ∂L/∂p_u = Σ e q_i + λ p_u,    likewise for c and q

        A batch gets the share m/n of the penalty, so the gradients of all batches of an epoch add up to that of L.
        """
        n = len(self.ratings)
        batch = np.arange(n) if batch is None else as_labels("batch", batch, count=np.size(batch), classes=n)
        u, i = self.ratings.users[batch], self.ratings.items[batch]
        e = (self.predict(u, i) - self.ratings.values[batch])[:, None]
        share = self.penalty * len(batch) / n
        users, items = share * self.users, share * self.items
        np.add.at(users, u, e * _with_one(self.items[i]))
        np.add.at(items, i, e * _with_one(self.users[u]))
        return users, items

    def sgd(self, epochs, *, lr=0.02, batch_size=100):
        """Descend in minibatches, in a new random order each epoch: users −= lr · ∂L/∂users, likewise the items.

        Raises ValueError when training diverges.
        """
        epochs = as_int("epochs", epochs, minimum=1)
        lr = as_number("lr", lr, above=0)
        batch_size = as_int("batch_size", batch_size, minimum=1)
        n = len(self.ratings)
        for _ in range(epochs):
            order = self.rng.permutation(n)
            with np.errstate(over="ignore", invalid="ignore"):  # reported below
                for start in range(0, n, batch_size):
                    users, items = self.gradients(order[start : start + batch_size])
                    self.users -= lr * users
                    self.items -= lr * items
                self.losses.append(self.loss())
            if not np.isfinite(self.losses[-1]):
                raise ValueError(f"lr: training diverged with a learning rate of {lr}; expected a smaller one")
        return self

    def als(self, sweeps):
        """Alternating least squares (交替最小二乘): the best rows of all users, then of all items, ``sweeps`` times.

        With the items held fixed, L is a ridge regression for each user, and so has one minimum, given by a formula.
        L therefore never rises.
        Source: Zhou, Wilkinson, Schreiber and Pan (2008), here with the same λ for every row.
        """
        rated = self.ratings
        by_user, by_item = _groups(rated.users, rated.user_count), _groups(rated.items, rated.item_count)
        for _ in range(as_int("sweeps", sweeps, minimum=1)):
            for u, places in enumerate(by_user):
                self.users[u] = self._best(self.items[rated.items[places]], rated.values[places])
            for i, places in enumerate(by_item):
                self.items[i] = self._best(self.users[rated.users[places]], rated.values[places])
            self.losses.append(self.loss())
        return self

    def _best(self, others, values):
        """Return the row that minimises L, given the rows (m, 1 + k) on the other side of its m ratings."""
        return ridge(_with_one(others), values - self.mean - others[:, 0], self.penalty)

    def fold_in(self, items, values):
        """Return the best row (1 + k,) of a new user who gave the ``items`` (m,) the ratings ``values`` (m,), in stars.

        Nothing else is trained again. Without a rating the row is 0: the new user is like the average one.
        """
        values = as_array("values", values, ndim=1)
        items = items if np.size(items) else np.zeros(0, dtype=np.intp)  # an empty list has no integer type
        items = as_labels("items", items, count=len(values), classes=self.ratings.item_count)
        return self._best(self.items[items], values)


def ridge(x, y, penalty):
    """Return the w (k,) that minimises ½ ‖x w − y‖² + ½ penalty ‖w‖², for x (m, k) and y (m,): w = (xᵀx + λ1)⁻¹ xᵀy.

    Raises TypeError or ValueError naming the argument that is wrong.
    Source: Hoerl and Kennard (1970), Ridge regression.
    """
    x = as_array("x", x, ndim=2)
    y = as_array("y", y, shape=(len(x),))
    return np.linalg.solve(x.T @ x + as_number("penalty", penalty, above=0) * np.eye(x.shape[1]), x.T @ y)


def align(found, truth):
    """Return ``found`` (n, k), turned and scaled to lie as near as it can to ``truth`` (n, k), and the R² of that::

        min over R, s of ‖s · found R − truth‖²,    RᵀR = 1,        R² = 1 − that minimum / ‖truth‖²

    Factors are known only up to a rotation or reflection: (p R) · (q R) = p · q. With the singular value decomposition
    foundᵀ truth = A S Bᵀ, R = A Bᵀ and s = tr S / ‖found‖².
    Raises TypeError or ValueError naming the argument that is wrong.
    Source: Schönemann (1966), A generalized solution of the orthogonal Procrustes problem.
    """
    truth = as_array("truth", truth, ndim=2)
    found = as_array("found", found, shape=truth.shape)
    if not found.any() or not truth.any():
        raise ValueError("found, truth: expected factors that are not all 0")
    a, s, b = np.linalg.svd(found.T @ truth)
    turned = s.sum() / (found**2).sum() * found @ (a @ b)
    return turned, 1 - ((turned - truth) ** 2).sum() / (truth**2).sum()


def _with_one(rows):
    """Return the rows (bias, factors) with a 1, by which the other side's bias is multiplied, in place of the bias."""
    return np.c_[np.ones(len(rows)), rows[:, 1:]]


def _groups(labels, count):
    """Return, for each label below ``count``, the places where it stands."""
    order = np.argsort(labels, kind="stable")
    return np.split(order, np.cumsum(np.bincount(labels, minlength=count))[:-1])
