"""Restricted Boltzmann machine (受限玻尔兹曼机): two layers of binary units, and an energy for each of their states.

The letters are those of the 2013 notes (002): visible units v with biases b, hidden units h with biases a, weights W.
"""

from typing import NamedTuple

import numpy as np
from scipy.special import logit, logsumexp
from sklearn.base import BaseEstimator, ClassNamePrefixFeaturesOutMixin, TransformerMixin
from sklearn.utils.validation import check_is_fitted, validate_data

from course_pkg._validate import NotFiniteError, as_array, as_bool, as_generator, as_int, as_number
from course_pkg.nn import activation
from course_pkg.unsupervised.enumeration import binary_states


class Gradient(NamedTuple):
    """One number for each parameter of an RBM with D visible and H hidden units: W (D, H), b (D,), a (H,)."""

    W: np.ndarray
    b: np.ndarray
    a: np.ndarray

    def __sub__(self, other):
        return Gradient(*(x - y for x, y in zip(self, other, strict=True)))


class BinaryEstimator(ClassNamePrefixFeaturesOutMixin, TransformerMixin, BaseEstimator):
    """What RBM and DBN share: data X (N, D) of zeros, ones, or probabilities of a one."""

    def _visible(self, name, v, *, reset=False):
        """Return v (N, D), checked as scikit-learn does it; in all calls but fit (``reset``) against what fit saw."""
        if not reset:
            check_is_fitted(self)
        return as_shares(name, validate_data(self, v, dtype=np.float64, reset=reset))


class RBM(BinaryEstimator):
    """Binary restricted Boltzmann machine P(v, h) = e^−E(v, h) / Z, trained by contrastive divergence (对比散度)::

        E(v, h) = −Σ_ij W_ij v_i h_j − Σ_i b_i v_i − Σ_j a_j h_j        Z = Σ_v,h e^−E(v, h)
        P(h_j = 1 | v) = σ(a_j + Σ_i W_ij v_i)                          P(v_i = 1 | h) = σ(b_i + Σ_j W_ij h_j)

    Each step goes up an estimate of the gradient of the mean log-likelihood, E_data[v hᵀ] − E_model[v hᵀ]. The second
    term comes from chains of ``k`` Gibbs steps, which start at the data (CD-k) or, if ``persistent``, where the last
    step left them (PCD). ``hidden`` is the number H of hidden units. A pass takes the samples in random batches of
    ``batch_size``; ``fit`` makes ``epochs`` passes with learning rate ``lr``, ``partial_fit`` makes one and goes on
    from where it stands. ``l2`` is the weight λ/N of the penalty −(λ/N)‖W‖² on the weights. ``rng`` is a NumPy
    generator or a seed.

    Data X (N, D) are zeros and ones. A number between them is taken as the probability of a one, and is drawn anew
    whenever a batch is taken. After training: ``W_`` (D, H), ``b_`` (D,), ``a_`` (H,).
    Raises TypeError or ValueError naming the argument that is wrong.
    Source: 2013 notes (002), 9.3; Smolensky, 1986; Hinton, 2002 (CD); Tieleman, 2008 (PCD). W starts with a standard
    deviation of 0.01 and b at the log-odds of the data, as Hinton's guide says (2010). In scikit-learn: BernoulliRBM.
    """

    def __init__(self, hidden=64, *, lr=0.05, epochs=20, batch_size=32, k=1, persistent=False, l2=0.0, rng=0):
        self.hidden = hidden
        self.lr = lr
        self.epochs = epochs
        self.batch_size = batch_size
        self.k = k
        self.persistent = persistent
        self.l2 = l2
        self.rng = rng

    @classmethod
    def from_parameters(cls, W, b, a, **options):
        """Return an RBM with the given weights W (D, H) and biases b (D,), a (H,); ``options`` are those of RBM."""
        W = as_array("W", W, ndim=2)
        rbm = cls(W.shape[1], **options)
        rbm.n_features_in_ = len(W)
        rbm._start(
            W, as_array("b", b, shape=W.shape[:1]), as_array("a", a, shape=W.shape[1:]), as_generator("rng", rbm.rng)
        )
        return rbm

    def fit(self, X, y=None):
        """Train on X (N, D) from new random weights; ``y`` is ignored. Return the RBM."""
        X = self._visible("X", X, reset=True)
        self._start_for(X)
        for _ in range(as_int("epochs", self.epochs, minimum=0)):
            self._pass(X)
        return self

    def partial_fit(self, X, y=None):
        """Make one pass over X (N, D), going on from the present weights; ``y`` is ignored. Return the RBM."""
        first = not hasattr(self, "W_")
        X = self._visible("X", X, reset=first)
        if first:
            self._start_for(X)
        self._pass(X)
        return self

    def transform(self, X):
        """Return P(h_j = 1 | v), (N, H), for each row v of X (N, D)."""
        return self._up(self._visible("X", X))

    def inverse_transform(self, X):
        """Return P(v_i = 1 | h), (N, D), for each row h of X (N, H)."""
        return self._down(self._hidden("X", X))

    def energy(self, v, h):
        """Return E(v, h), (N,), for the pairs of rows of v (N, D) and h (N, H)."""
        v, h = self._visible("v", v), self._hidden("h", h)
        if len(v) != len(h):
            raise ValueError(f"h: expected {len(v)} rows, one for each row of v, got {len(h)}")
        return -((v @ self.W_) * h).sum(axis=1) - v @ self.b_ - h @ self.a_

    def free_energy(self, v):
        """Return F(v) = −log Σ_h e^−E(v, h) = −b·v − Σ_j log(1 + e^(a_j + Σ_i W_ij v_i)), (N,), for v (N, D).

        P(v) = e^−F(v) / Z: the lower, the more probable.
        """
        return self._free_energy(self._visible("v", v))

    def score_samples(self, X):
        """Return the pseudo-log-likelihood Σ_i log P(v_i | all other v), (N,), for each row v of X (N, D).

        It needs no Z. For a v_i between 0 and 1 it is the mean of the two logarithms, weighted with 1 − v_i and v_i.
        Source: Besag, 1975. scikit-learn's BernoulliRBM estimates the same sum by one random i.
        """
        v = self._visible("X", X)
        score, sums = np.zeros(len(v)), v @ self.W_ + self.a_
        for v_i, W_i, b_i in zip(v.T, self.W_, self.b_, strict=True):
            without = sums - v_i[:, None] * W_i
            log_odds = b_i + (np.logaddexp(0, without + W_i) - np.logaddexp(0, without)).sum(axis=1)
            score += v_i * log_odds - np.logaddexp(0, log_odds)
        return score

    def gibbs(self, v, steps=1, *, rng=0):
        """Return the visible units, (N, D) of zeros and ones, after ``steps`` Gibbs steps from v (N, D).

        One step of Gibbs sampling (吉布斯采样) draws all h from P(h | v), then all v from P(v | h). ``rng`` is a
        generator or a seed.
        """
        v, rng = self._visible("v", v), as_generator("rng", rng)
        return self._chain(sample(v, rng), as_int("steps", steps, minimum=0), rng)

    def contrastive_divergence(self, v, k=1, *, rng=0):
        """Return the CD-k estimate of the gradient of the mean log-likelihood of v (N, D), a :class:`Gradient`.

        With v_k the units after ``k`` Gibbs steps from v, and h their probabilities P(h = 1 | v)::

            ∂L/∂W ≈ mean(v hᵀ − v_k h_kᵀ)        ∂L/∂b ≈ mean(v − v_k)        ∂L/∂a ≈ mean(h − h_k)

        ``rng`` is a generator or a seed. Source: Hinton, 2002.
        """
        rng = as_generator("rng", rng)
        v = sample(self._visible("v", v), rng)
        return self._means(v) - self._means(self._chain(v, as_int("k", k, minimum=1), rng))

    def log_partition(self):
        """Return log Z, by enumeration of all states of the smaller layer, which may have 16 units."""
        check_is_fitted(self)
        if len(self.b_) > len(self.a_):
            return self._mirrored().log_partition()
        return float(logsumexp(-self._free_energy(binary_states(len(self.b_)))))

    def log_likelihood(self, v):
        """Return log P(v) = −F(v) − log Z, (N,), exactly, for rows v (N, D) of zeros and ones.

        Raises ValueError when both layers have more than 16 units: Z cannot be summed then.
        """
        return -self._free_energy(as_binary("v", self._visible("v", v))) - self.log_partition()

    def log_likelihood_gradient(self, v):
        """Return the exact gradient of mean log P(v) for rows v (N, D) of zeros and ones, a :class:`Gradient`.

        ∂L/∂W = E_data[v hᵀ] − E_model[v hᵀ], ∂L/∂b = E_data[v] − E_model[v], ∂L/∂a = E_data[h] − E_model[h]. Raises
        as :meth:`log_likelihood`.
        """
        v = as_binary("v", self._visible("v", v))
        return self._means(v) - self._model_means()

    def _start(self, W, b, a, rng):
        self.W_, self.b_, self.a_ = (np.array(x, dtype=np.float64) for x in (W, b, a))
        self._rng, self._fantasies = rng, None

    def _start_for(self, X):
        hidden, rng = as_int("hidden", self.hidden, minimum=1), as_generator("rng", self.rng)
        share = (X.sum(axis=0) + 0.5) / (len(X) + 1)  # never 0 or 1, whose log-odds are infinite
        self._start(0.01 * rng.standard_normal((X.shape[1], hidden)), logit(share), np.zeros(hidden), rng)

    def _pass(self, X):
        size, persistent = as_int("batch_size", self.batch_size, minimum=1), as_bool("persistent", self.persistent)
        options = {"lr": as_number("lr", self.lr, above=0), "k": as_int("k", self.k, minimum=1), "rng": self._rng}
        if not persistent:
            self._fantasies = None
        elif self._fantasies is None:
            self._fantasies = sample(X[self._rng.integers(len(X), size=size)], self._rng)
        try:
            with np.errstate(over="ignore", invalid="ignore"):  # what overflows is found by the next sigmoid
                for batch in np.split(self._rng.permutation(len(X)), range(size, len(X), size)):
                    end = self._step(sample(X[batch], self._rng), self._fantasies, **options)
                    self._fantasies = end if persistent else None
        except NotFiniteError as error:
            raise ValueError(
                f"lr: expected a rate at which training does not diverge, got {self.lr} ({error})"
            ) from error

    def _step(self, v, start=None, *, lr, k, rng):
        """Take one step up for the zeros and ones v; return where the Gibbs chains, from ``start`` or v, ended."""
        end = self._chain(v if start is None else start, k, rng)
        gradient = self._means(v) - self._means(end)
        self.W_ += lr * (gradient.W - 2 * as_number("l2", self.l2, minimum=0) * self.W_)
        self.b_ += lr * gradient.b
        self.a_ += lr * gradient.a
        return end

    def _chain(self, v, steps, rng):
        for _ in range(steps):
            v = sample(self._down(sample(self._up(v), rng)), rng)
        return v

    def _means(self, v, p=None):
        """Return the means of v hᵀ, v and h, where the rows of v have the probabilities p, by default all the same."""
        p, h = np.full(len(v), 1 / len(v)) if p is None else p, self._up(v)
        return Gradient((p[:, None] * v).T @ h, p @ v, p @ h)

    def _model_means(self):
        if len(self.b_) > len(self.a_):
            W, a, b = self._mirrored()._model_means()
            return Gradient(W.T, b, a)
        v = binary_states(len(self.b_))
        return self._means(v, np.exp(-self._free_energy(v) - self.log_partition()))

    def _mirrored(self):
        """Return the same machine with the names of its layers swapped: what is summed first is then the larger."""
        return RBM.from_parameters(self.W_.T, self.a_, self.b_)

    def _up(self, v):
        return activation("sigmoid", v @ self.W_ + self.a_)

    def _down(self, h):
        return activation("sigmoid", h @ self.W_.T + self.b_)

    def _free_energy(self, v):
        return -v @ self.b_ - np.logaddexp(0, v @ self.W_ + self.a_).sum(axis=1)

    def _hidden(self, name, h):
        check_is_fitted(self)
        return as_shares(name, as_array(name, h, shape=(None, len(self.a_))))

    @property
    def _n_features_out(self):
        return len(self.a_)


def sample(p, rng):
    """Return zeros and ones, each a 1 with its probability p (any shape)."""
    return (rng.random(p.shape) < p).astype(np.float64)


def as_shares(name, array):
    """Return ``array`` if all its numbers are from 0 to 1, or raise."""
    bad = np.argwhere((array < 0) | (array > 1))
    if len(bad):
        index = tuple(int(i) for i in bad[0])
        raise ValueError(f"{name}: expected numbers from 0 to 1, got {array[index]:g} at index {index}")
    return array


def as_binary(name, array):
    """Return ``array`` if all its numbers are 0 or 1, or raise."""
    bad = np.argwhere((array != 0) & (array != 1))
    if len(bad):
        index = tuple(int(i) for i in bad[0])
        raise ValueError(f"{name}: expected zeros and ones, got {array[index]:g} at index {index}")
    return array
