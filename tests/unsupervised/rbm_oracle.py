"""Small Boltzmann machines by definition: every state, one after the other, from the energy of the 2013 notes."""

from itertools import product
from math import exp, log

import numpy as np


def all_states(units):
    return [np.array(state, dtype=float) for state in product((0, 1), repeat=units)]


def energy(v, h, W, b, a):
    """E(v, h) = −Σ_ij W_ij v_i h_j − Σ_i b_i v_i − Σ_j a_j h_j, term by term."""
    pairs = sum(W[i, j] * v[i] * h[j] for i in range(len(v)) for j in range(len(h)))
    return -pairs - sum(b[i] * v[i] for i in range(len(v))) - sum(a[j] * h[j] for j in range(len(h)))


def joint_table(W, b, a):
    """P(v, h), (2^D, 2^H), rows and columns in the order of binary numbers."""
    weights = [[exp(-energy(v, h, W, b, a)) for h in all_states(len(a))] for v in all_states(len(b))]
    return np.array(weights) / np.sum(weights)


def transition_matrix(joint):
    """P(v → v') of one Gibbs step, (2^D, 2^D): Σ_h P(h | v) P(v' | h), both from the joint table."""
    h_given_v = joint / joint.sum(axis=1, keepdims=True)
    v_given_h = joint / joint.sum(axis=0, keepdims=True)
    return h_given_v @ v_given_h.T


def bernoulli(x, W, bias, y):
    """P(y | x) of independent units with P(y_j = 1 | x) = 1 / (1 + e^−(bias_j + Σ_i x_i W_ij))."""
    probability = 1.0
    for j in range(len(y)):
        on = 1 / (1 + exp(-(bias[j] + sum(x[i] * W[i, j] for i in range(len(x))))))
        probability *= on if y[j] else 1 - on
    return probability


def mean_log(p):
    return float(np.mean([log(x) for x in p]))


def rows(v):
    """The numbers of the rows of v (N, D) in the order of binary numbers."""
    return np.asarray(v) @ 2 ** np.arange(np.shape(v)[1])[::-1]
