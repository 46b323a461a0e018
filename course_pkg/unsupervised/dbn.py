"""Deep belief net (深度信念网络): RBMs stacked one on the other, trained from the bottom up."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from scipy.special import logsumexp
from sklearn.utils.validation import check_is_fitted

from course_pkg import nn
from course_pkg._validate import as_generator, as_int, as_number, as_shape, describe
from course_pkg.unsupervised.enumeration import binary_states
from course_pkg.unsupervised.rbm import RBM, BinaryEstimator, as_binary, sample


@dataclass
class Directed:
    """One way between two layers: P(y_j = 1 | x) = σ(bias_j + Σ_i x_i W_ij), with W (n, m) and bias (m,)."""

    W: np.ndarray
    bias: np.ndarray

    def __call__(self, x):
        """Return P(y = 1 | x), (N, m), for x (N, n)."""
        return nn.activation("sigmoid", x @ self.W + self.bias)

    def learn(self, x, y, lr):
        """Take one step of length ``lr`` up mean log P(y | x), the delta rule, for x (N, n) and y (N, m)."""
        error = (y - self(x)) / len(x)
        self.W += lr * x.T @ error
        self.bias += lr * error.sum(axis=0)

    def log_probability(self, x, y):
        """Return the table log P(y | x), (N, M), of all rows of x (N, n) with all rows of y (M, m), zeros and ones."""
        sums = x @ self.W + self.bias
        return sums @ y.T - np.logaddexp(0, sums).sum(axis=1, keepdims=True)


class DBN(BinaryEstimator):
    """Deep belief net: an RBM on top, and below it layers that are drawn from the layer above, each unit for itself::

        P(v, h¹, …, h^L) = P(v | h¹) P(h¹ | h²) … P(h^(L−2) | h^(L−1)) P_RBM(h^(L−1), h^L)

    ``fit`` trains it greedily: an :class:`RBM` on the data, a second one on the hidden probabilities of the first, and
    so on. ``hidden`` are the numbers of hidden units from the bottom up; the other arguments are those of RBM, the same
    for all layers. All weights but the top ones then point one way, and each layer has two sets: ``up_``, to recognise,
    and ``down_``, to generate; both start as the weights of the RBM. ``wake_sleep`` trains them on, ``to_net`` makes
    a classifier of the upward ones. ``top_`` is the top RBM. Data X (N, D) are as for RBM.

    Raises TypeError or ValueError naming the argument that is wrong.
    Source: Hinton, Osindero & Teh, 2006; 2013 notes (002), 8.2 and 9.4.
    """

    def __init__(self, hidden=(64, 64), *, lr=0.05, epochs=20, batch_size=32, k=1, persistent=False, l2=0.0, rng=0):
        self.hidden = hidden
        self.lr = lr
        self.epochs = epochs
        self.batch_size = batch_size
        self.k = k
        self.persistent = persistent
        self.l2 = l2
        self.rng = rng

    @classmethod
    def from_rbms(cls, rbms, **options):
        """Return the stack of trained RBMs, from the bottom up; ``options`` are those of DBN."""
        rbms = list(rbms)
        if not rbms or not all(isinstance(rbm, RBM) for rbm in rbms):
            raise TypeError(f"rbms: expected at least one RBM, and nothing else, got {describe(rbms)}")
        for rbm in rbms:
            check_is_fitted(rbm)
        for i, (low, high) in enumerate(pairwise(rbms)):
            if len(high.b_) != len(low.a_):
                raise ValueError(
                    f"rbms[{i + 1}]: expected {len(low.a_)} visible units, the hidden ones below, got {len(high.b_)}"
                )
        dbn = cls(tuple(len(rbm.a_) for rbm in rbms), **options)
        dbn.n_features_in_ = len(rbms[0].b_)
        dbn._stack(rbms)
        return dbn

    def fit(self, X, y=None):
        """Train one RBM after the other, from the bottom up, on X (N, D); ``y`` is ignored. Return the net."""
        x, rng, rbms = self._visible("X", X, reset=True), as_generator("rng", self.rng), []
        options = {name: getattr(self, name) for name in ("lr", "epochs", "batch_size", "k", "persistent", "l2")}
        for units in as_shape("hidden", self.hidden):
            rbms.append(RBM(units, rng=rng, **options).fit(x))
            x = rbms[-1].transform(x)
        self._stack(rbms)
        return self

    def wake_sleep(self, X, *, lr=0.01, epochs=10, k=1, rng=0):
        """Train all layers on together by ``epochs`` passes of the up-down algorithm over X (N, D). Return the net.

        Wake: draw all layers upward, and teach each downward layer to give back what was below. Top: one step of CD-k
        for the top RBM. Sleep: from where its chain ended, draw all layers downward, and teach each upward layer to
        find what was above. All steps have the length ``lr``. Source: Hinton, Osindero & Teh, 2006, appendix B.
        """
        X, rng = self._visible("X", X), as_generator("rng", rng)
        lr, k = as_number("lr", lr, above=0), as_int("k", k, minimum=1)
        size = as_int("batch_size", self.batch_size, minimum=1)
        for _ in range(as_int("epochs", epochs, minimum=0)):
            for batch in np.split(rng.permutation(len(X)), range(size, len(X), size)):
                awake = [sample(X[batch], rng)]
                for up in self.up_:
                    awake.append(sample(up(awake[-1]), rng))
                for down, (low, high) in zip(self.down_, pairwise(awake), strict=True):
                    down.learn(high, low, lr)
                dream = [self.top_._step(awake[-1], lr=lr, k=k, rng=rng)]
                for down in reversed(self.down_):
                    dream.append(sample(down(dream[-1]), rng))
                for up, (low, high) in zip(self.up_, pairwise(reversed(dream)), strict=True):
                    up.learn(low, high, lr)
        return self

    def transform(self, X):
        """Return the probabilities of the top units, (N, H_L): up from X (N, D), probabilities from layer to layer."""
        x = self._visible("X", X)
        for up in self.up_:
            x = up(x)
        return self.top_.transform(x)

    def inverse_transform(self, X):
        """Return the probabilities of the visible units, (N, D): down from the top units X (N, H_L)."""
        check_is_fitted(self)
        return self._down(self.top_.inverse_transform(X))

    def generate(self, number, *, steps=1000, rng=0):
        """Return ``number`` new samples as probabilities P(v = 1 | h¹), (number, D).

        The top RBM makes ``steps`` Gibbs steps, from random units; what stands there then is drawn downward, layer by
        layer, up to the last one. ``rng`` is a generator or a seed.
        """
        check_is_fitted(self)
        rng, number = as_generator("rng", rng), as_int("number", number, minimum=1)
        start = rng.integers(2, size=(number, len(self.top_.b_))).astype(np.float64)
        x = self.top_.gibbs(start, as_int("steps", steps, minimum=1), rng=rng)
        return self._down(x, rng)

    def to_net(self, classes, *, rng=0):
        """Return a :class:`course_pkg.nn.Net` that starts from the upward weights, with a new layer for ``classes``.

        Dense and Sigmoid for each hidden layer, then Dense with new weights (Xavier, from ``rng``) and the softmax
        loss: nn.fit trains all of it with labels. The net has copies; the deep belief net stays as it is.
        """
        check_is_fitted(self)
        classes, layers = as_int("classes", classes, minimum=1), []
        for up in [*self.up_, Directed(self.top_.W_, self.top_.a_)]:
            dense = nn.Dense(*up.W.shape, init="zeros")
            dense.weight.data[...], dense.bias.data[...] = up.W.T, up.bias
            layers += [dense, nn.Sigmoid()]
        layers.append(nn.Dense(len(self.top_.a_), classes, rng=rng))
        return nn.Net(layers, loss=nn.SoftmaxCrossEntropy())

    def log_likelihood(self, v):
        """Return log P(v) = log Σ_h P(v | h¹) P(h¹), (N,), exactly, for rows v (N, D) of zeros and ones.

        All states of all hidden layers but the top one are enumerated. Raises ValueError when one of these has more
        than 16 units, or both layers of the top RBM.
        """
        v = as_binary("v", self._visible("v", v))
        if not self.down_:
            return self.top_.log_likelihood(v)
        return np.concatenate([logsumexp(joint, axis=0) for _, joint in self._joint(v)])

    def variational_bound(self, v):
        """Return the lower bound Σ_h¹ Q(h¹ | v) [log P(v | h¹) + log P(h¹) − log Q(h¹ | v)] ≤ log P(v), (N,), exactly.

        Q is the recognition of the first layer, Q(h¹_j = 1 | v) = σ(a_j + Σ_i W_ij v_i). v (N, D) are zeros and ones.
        Raises as :meth:`log_likelihood`. Source: Hinton, Osindero & Teh, 2006; Neal & Hinton, 1998.
        """
        v = as_binary("v", self._visible("v", v))
        if not self.down_:
            return self.top_.log_likelihood(v)
        bounds = []
        for part, joint in self._joint(v):
            log_q = self.up_[0].log_probability(part, binary_states(len(self.up_[0].bias))).T
            bounds.append((np.exp(log_q) * (joint - log_q)).sum(axis=0))
        return np.concatenate(bounds)

    def _joint(self, v):
        """Yield rows of v, (n, D), with the table log P(v, h¹) of all states h¹ with them, (states, n): a few rows at
        a time, since all at once would need much memory."""
        log_prior = self.top_.log_likelihood(binary_states(len(self.top_.b_)))
        for down in reversed(self.down_[1:]):
            high, low = (binary_states(units) for units in down.W.shape)
            log_prior = logsumexp(down.log_probability(high, low) + log_prior[:, None], axis=0)
        states = binary_states(len(self.down_[0].W))
        for i in range(0, len(v), 100):
            part = v[i : i + 100]
            yield part, self.down_[0].log_probability(states, part) + log_prior[:, None]

    def _stack(self, rbms):
        self.up_ = [Directed(rbm.W_.copy(), rbm.a_.copy()) for rbm in rbms[:-1]]
        self.down_ = [Directed(rbm.W_.T.copy(), rbm.b_.copy()) for rbm in rbms[:-1]]
        self.top_ = RBM.from_parameters(rbms[-1].W_, rbms[-1].b_, rbms[-1].a_, l2=self.l2)

    def _down(self, x, rng=None):
        """Return P(v = 1 | h¹) from the visible units x of the top RBM: by probabilities, or with ``rng`` by draws."""
        for down in reversed(self.down_):
            x = down(x if rng is None else sample(x, rng))
        return x

    @property
    def _n_features_out(self):
        return len(self.top_.a_)
