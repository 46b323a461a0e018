"""Sparse coding (稀疏编码): a sample as the sum of a few atoms (原子) out of many, and the atoms learned from the data.

A sample is a row: X is (N, D), its coefficients a are (N, K), and the dictionary (字典) Φ of all atoms is (K, D).
"""

import warnings

import numpy as np
from sklearn.exceptions import ConvergenceWarning

from course_pkg._validate import as_array, as_generator, as_int, as_number
from course_pkg.unsupervised.autoencoders import CodeEstimator


def shrink(values, threshold):
    """Return each value moved towards 0 by ``threshold``, or 0 if it is nearer: sign(u) · max(|u| − t, 0)."""
    return np.sign(values) * np.maximum(np.abs(values) - threshold, 0)


def lasso(x, dictionary, strength, *, tolerance=1e-6, max_steps=20_000):
    """Return the coefficients a (N, K) with the least P(a) = ‖x − Σ_j a_j φ_j‖² + λ Σ_j |a_j| for each row of x.

    Each sample takes steps of FISTA (see ``lasso_steps``) until P(a) is surely within ``tolerance`` · ‖x‖² of the least
    one: the duality gap (see ``duality_gap``) tells. Where that takes more than about ``max_steps`` steps, there is a
    ConvergenceWarning.

    Shapes: x (N, D), dictionary Φ (K, D) with the atoms φ_j as rows, of any length. λ = ``strength`` > 0. scikit-learn
    writes ½‖…‖² + α Σ_j |a_j|, so its α is λ/2. The dtype, float64 or float32, is that of x.
    Raises TypeError or ValueError naming the argument that is wrong.
    Source: 2013 notes (002), 9.2; Tibshirani, 1996.
    """
    x = as_array("x", x, ndim=2)
    dictionary = as_array("dictionary", dictionary, shape=(None, x.shape[1])).astype(x.dtype, copy=False)
    strength = as_number("strength", strength, above=0)
    tolerance = as_number("tolerance", tolerance, above=0)
    max_steps = as_int("max_steps", max_steps, minimum=1)
    codes, waiting = np.zeros((len(x), len(dictionary)), x.dtype), np.arange(len(x))
    done, steps = 0, 25
    while waiting.size:
        if done >= max_steps:
            message = f"lasso: {waiting.size} of {len(x)} samples not within {tolerance:g}·‖x‖² after {done} steps"
            warnings.warn(message, ConvergenceWarning, stacklevel=2)
            break
        part = x[waiting]
        codes[waiting] = now = lasso_steps(part, dictionary, strength, codes[waiting], steps)
        waiting = waiting[duality_gap(part, dictionary, strength, now) > tolerance * (part**2).sum(axis=1)]
        done, steps = done + steps, 2 * steps
    return codes


def lasso_steps(x, dictionary, strength, codes, steps):
    """Return the coefficients after some steps of FISTA towards the least P(a) of :func:`lasso`, from ``codes``.

    A step goes down the gradient of the squared error, 2 (zΦ − x) Φᵀ. Then every coefficient shrinks (软阈值) by the
    same amount, so that the small ones become exactly 0. Momentum makes it fast: the step starts at z, ahead of a::

        a' = shrink(z − (1/L) · 2 (zΦ − x) Φᵀ, λ/L)        L = 2 · largest eigenvalue of Φ Φᵀ
        z' = a' + (t − 1)/t' · (a' − a)                    t' = (1 + √(1 + 4t²))/2, at first t = 1

    Where the momentum has become wrong, as (z − a')·(a' − a) > 0 says, the sample starts again with t = 1.
    Shapes as in :func:`lasso`. Source: Beck & Teboulle, 2009; O'Donoghue & Candès, 2015, for starting again.
    """
    gram, match = dictionary @ dictionary.T, x @ dictionary.T
    curvature = max(2 * np.linalg.eigvalsh(gram)[-1], np.finfo(x.dtype).tiny)  # above 0 even if all atoms are 0
    z, t = codes, np.ones((len(x), 1), x.dtype)
    for _ in range(steps):
        before = codes
        codes = shrink(z - 2 * (z @ gram - match) / curvature, strength / curvature)
        t[((z - codes) * (codes - before)).sum(axis=1) > 0] = 1
        t_next = (1 + np.sqrt(1 + 4 * t**2)) / 2
        z, t = codes + (t - 1) / t_next * (codes - before), t_next
    return codes


def duality_gap(x, dictionary, strength, codes):
    """Return for each sample how far P(a) of :func:`lasso` may at most be above the least one, (N,).

    For each v with 2|φ_j·v| ≤ λ for all atoms, ‖x‖² − ‖x − v‖² is no more than the least P. At the best a, the residual
    r = x − Σ_j a_j φ_j is such a v and the two are equal. Before, r is first made shorter until it is one. Then
    P(a) − ‖x‖² + ‖x − v‖² = ‖r − v‖² + Σ_j (λ|a_j| − 2 a_j φ_j·v), all of it ≥ 0.
    Source: Kim, Koh, Lustig, Boyd & Gorinevsky, 2007.
    """
    built = codes @ dictionary
    residual = x - built
    steepest = 2 * np.abs(residual @ dictionary.T).max(axis=1, keepdims=True)
    v = residual * (strength / np.maximum(steepest, strength))
    return ((residual - v) ** 2).sum(axis=1) + strength * np.abs(codes).sum(axis=1) - 2 * (v * built).sum(axis=1)


class SparseCoding(CodeEstimator):
    """Sparse coding (稀疏编码): learns ``hidden`` atoms φ_j, so that each sample is nearly the sum of a few::

        minimise  Σ_i (‖x_i − Σ_j a_ij φ_j‖² + λ Σ_j |a_ij|)   over all a and φ,  with ‖φ_j‖ = 1

    The number K of atoms may be larger than D (an overcomplete basis, 超完备基). λ = ``sparsity`` > 0. ``fit`` starts
    from random atoms and takes turns, ``rounds`` times: (a) with the atoms fixed, ``steps`` steps of
    :func:`lasso_steps` for the coefficients; (b) with the coefficients fixed, each atom in turn becomes the best one of
    length 1, see :func:`best_atoms`. ``transform`` runs :func:`lasso` with ``tolerance``. ``rng`` is a NumPy generator
    or a seed.

    Nothing is centred: take the mean of each sample, or of all, away first where it is not wanted. X (N, D) is float64
    or float32. After ``fit``: the atoms ``components_`` (K, D), and the mean of the sum above over the samples after
    every half turn, (a), (b), (a), (b), …: ``losses_``, 2 · ``rounds`` numbers.
    Raises TypeError or ValueError naming the argument that is wrong.
    Source: 2013 notes (002), 9.2; Olshausen & Field, 1996; step (b): Mairal, Bach, Ponce & Sapiro, 2009.
    """

    def __init__(self, hidden=64, *, sparsity=1.0, rounds=30, steps=10, tolerance=1e-5, rng=0):
        self.hidden = hidden
        self.sparsity = sparsity
        self.rounds = rounds
        self.steps = steps
        self.tolerance = tolerance
        self.rng = rng

    def fit(self, X, y=None):
        """Learn the atoms from X (N, D); ``y`` is ignored. Return the estimator."""
        X, rng = self.fit_samples(X), as_generator("rng", self.rng)
        hidden, steps = as_int("hidden", self.hidden, minimum=1), as_int("steps", self.steps, minimum=1)
        sparsity = as_number("sparsity", self.sparsity, above=0)
        atoms = rng.standard_normal((hidden, X.shape[1])).astype(X.dtype)
        atoms /= np.linalg.norm(atoms, axis=1, keepdims=True)
        codes, self.losses_ = np.zeros((len(X), hidden), X.dtype), []
        for _ in range(as_int("rounds", self.rounds, minimum=0)):
            codes = lasso_steps(X, atoms, sparsity, codes, steps)
            self.losses_.append(_loss(X, atoms, sparsity, codes))
            atoms = best_atoms(X, codes, atoms)
            self.losses_.append(_loss(X, atoms, sparsity, codes))
        self.components_ = atoms
        return self

    def transform(self, X):
        """Return the coefficients a (N, K) of X (N, D)."""
        return lasso(self.new_samples(X), self.components_, self.sparsity, tolerance=self.tolerance)

    def inverse_transform(self, X):
        """Return the sums Σ_j a_j φ_j (N, D) of the coefficients X (N, K)."""
        return self.codes(X) @ self.components_

    @property
    def _n_features_out(self):
        return len(self.components_)


def best_atoms(x, codes, atoms):
    """Return new atoms (K, D) of length 1, each in turn the one with the least Σ_i ‖x_i − Σ_j a_ij φ_j‖².

    For one atom, with all others fixed, that is Σ_i a_ij (x_i − Σ_{k≠j} a_ik φ_k), brought to length 1. An atom that
    no sample uses becomes the largest residual, which is what is missing most.
    Shapes: x (N, D), codes a (N, K), atoms (K, D). Source: Mairal, Bach, Ponce & Sapiro, 2009, algorithm 2.
    """
    atoms, use, match = atoms.copy(), codes.T @ codes, codes.T @ x
    for j in np.flatnonzero(use.diagonal()):
        atoms[j] = _unit(match[j] - use[j] @ atoms + use[j, j] * atoms[j], otherwise=atoms[j])
    residual = x - codes @ atoms
    for j in np.flatnonzero(use.diagonal() == 0):
        worst = (residual**2).sum(axis=1).argmax()
        atoms[j] = _unit(residual[worst], otherwise=atoms[j])
        residual -= np.outer(residual @ atoms[j], atoms[j])  # so that the next one becomes another
    return atoms


def _unit(vector, otherwise):
    """Return the vector of length 1 in the direction of ``vector``; without a direction, ``otherwise``."""
    length = np.linalg.norm(vector)
    return vector / length if length > 0 else otherwise


def _loss(x, atoms, sparsity, codes):
    """Return ‖x_i − Σ_j a_ij φ_j‖² + λ Σ_j |a_ij|, mean over the samples."""
    return float((((x - codes @ atoms) ** 2).sum() + sparsity * np.abs(codes).sum()) / len(x))
