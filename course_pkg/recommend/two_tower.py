"""Two towers (双塔模型): one network makes a vector of a user, another that of an item; their product is the score."""

import numpy as np
import torch
from torch import nn

from course_pkg._validate import as_array, as_int, as_number
from course_pkg.recommend.arguments import as_ratings, as_users


class Tower(nn.Module):
    """Embedding of a row, plus a linear map of its features, through a hidden layer to a vector of ``size`` numbers."""

    def __init__(self, count, size, features=None):
        super().__init__()
        self.embedding = nn.Embedding(count, size)
        # Near 0, so that a row that was never trained adds next to nothing to what its features say.
        nn.init.normal_(self.embedding.weight, std=0.01)
        self.register_buffer("features", features)
        self.described = None if features is None else nn.Linear(features.shape[1], size, bias=False)
        self.hidden = nn.Linear(size, 2 * size)
        self.out = nn.Linear(2 * size, size)

    def forward(self, rows):
        """Return the vectors (m, size) of ``rows`` (m,)."""
        x = self.embedding(rows)
        if self.described is not None:
            x = x + self.described(self.features[rows])
        return x + self.out(torch.relu(self.hidden(x)))


class TwoTower(nn.Module):
    """Two towers that learn which item a user picks, from the picks alone; how many stars were given is not used.

    s_ui = f(u) · g(i) is the score; f and g are :class:`Tower` with vectors of ``size`` numbers. In a batch of picks
    (u_1, i_1) … (u_B, i_B) each user must find the own item among the B items of the batch::

        L = −1/B Σ_a log softmax_b(s(u_a, i_b) − log m(i_b)) at b = a

    m(i) is the share of the picks that item i has. It stands in a batch, as a wrong answer for others, that often;
    without −log m the softmax would therefore learn s less log m. An item that stands in the batch a second time is
    no wrong answer and is left out of the sum.

    ``item_features`` (I, d) tells the item tower more than the row number, so that it can place new items.
    Raises TypeError or ValueError naming the argument that is wrong.
    Source: Yi et al. (2019), Sampling-bias-corrected neural modeling for large corpus item recommendations.
    """

    def __init__(self, ratings, size=16, *, item_features=None, seed=0):
        super().__init__()
        self.ratings = as_ratings("ratings", ratings)
        size = as_int("size", size, minimum=1)
        seed = as_int("seed", seed, minimum=0)
        if item_features is not None:
            item_features = as_array("item_features", item_features, shape=(ratings.item_count, None))
            item_features = torch.tensor(item_features, dtype=torch.float32)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            self.user_tower = Tower(ratings.user_count, size)
            self.item_tower = Tower(ratings.item_count, size, item_features)
        self.rng = torch.Generator().manual_seed(seed)
        self.losses = []
        counts = np.bincount(ratings.items, minlength=ratings.item_count)
        share = np.maximum(counts, 1) / len(ratings)  # items without picks are in no batch
        self.register_buffer("log_share", torch.tensor(np.log(share), dtype=torch.float32))

    def loss(self, users, items):
        """Return L, a tensor, of a batch of picks: row numbers of ``users`` (B,) and ``items`` (B,), both tensors."""
        scores = self.user_tower(users) @ self.item_tower(items).T - self.log_share[items]
        again = (items[:, None] == items) & ~torch.eye(len(items), dtype=torch.bool)
        return nn.functional.cross_entropy(scores.masked_fill(again, -torch.inf), torch.arange(len(items)))

    def fit(self, epochs=20, *, lr=0.01, batch_size=256, penalty=0.0):
        """Train with Adam for ``epochs`` passes over the picks; ``penalty`` is its decoupled weight decay.

        ``losses`` gets the mean L of each pass. Raises TypeError or ValueError naming the argument that is wrong.
        """
        epochs = as_int("epochs", epochs, minimum=1)
        batch_size = as_int("batch_size", batch_size, minimum=2)
        lr, penalty = as_number("lr", lr, above=0), as_number("penalty", penalty, minimum=0)
        optimiser = torch.optim.AdamW(self.parameters(), lr=lr, weight_decay=penalty)
        users, items = torch.tensor(self.ratings.users), torch.tensor(self.ratings.items)
        for _ in range(epochs):
            losses = []
            for batch in torch.randperm(len(users), generator=self.rng).split(batch_size):
                loss = self.loss(users[batch], items[batch])
                optimiser.zero_grad()
                loss.backward()
                optimiser.step()
                losses.append(loss.item())
            self.losses.append(float(np.mean(losses)))
        return self

    @torch.no_grad()
    def vectors(self):
        """Return f(u) of all users (U, size) and g(i) of all items (I, size), NumPy arrays."""
        towers = self.user_tower, self.item_tower
        return tuple(tower(torch.arange(tower.embedding.num_embeddings)).numpy() for tower in towers)

    def scores(self, users=None):
        """Return s (m, I) of all items for m ``users``, by default all."""
        user_vectors, item_vectors = self.vectors()
        return user_vectors[as_users("users", users, self.ratings)] @ item_vectors.T
