"""Small generated data sets."""

import numpy as np


def xor():
    """Return the four points of XOR (异或): inputs of shape (4, 2) and labels 0, 1, 1, 0 of shape (4,)."""
    return np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]), np.array([0, 1, 1, 0])
