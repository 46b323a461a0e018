"""Real handwritten digits: scikit-learn's 1,797 8×8 scans (UCI Optical Recognition of Handwritten Digits, 1998)."""

from dataclasses import dataclass

import numpy as np

from course_pkg._validate import as_generator, as_int, as_number


@dataclass(frozen=True)
class Split:
    """A data set in two parts: ``x`` arrays of shape (N, 1, H, W), ``y`` integer labels of shape (N,)."""

    x_train: np.ndarray
    y_train: np.ndarray
    x_test: np.ndarray
    y_test: np.ndarray


def digits(size=8, *, test=0.2, seed=0, dtype=np.float64):
    """Return the handwritten digits as a :class:`Split`, ink 1 and paper 0, about the same class shares in both parts.

    ``size`` 8 gives the scans as they are. A larger size enlarges them smoothly (cubic spline) to three quarters of
    the width and centres them, so 32 leaves the margin that LeNet-5 expects (LeCun et al., 1998). ``test`` is the share
    of the test part, strictly between 0 and 1. The split mixes the 13 writers: each writer is in both parts.
    Raises TypeError or ValueError for arguments outside these ranges.
    """
    from scipy.ndimage import zoom
    from sklearn.datasets import load_digits
    from sklearn.model_selection import train_test_split

    size = as_int("size", size, minimum=8)
    test = as_number("test", test, above=0)
    if test >= 1:
        raise ValueError(f"test: expected a share strictly between 0 and 1, got {test}")
    rng = as_generator("seed", seed)
    bunch = load_digits()
    x = (bunch.images / 16).astype(dtype)
    if size > 8:
        inner = max(8, round(size * 0.75))
        before = (size - inner) // 2
        x = np.clip(zoom(x, (1, inner / 8, inner / 8), order=3, mode="nearest"), 0, 1)
        x = np.pad(x, ((0, 0), (before, size - inner - before), (before, size - inner - before)))
    x_train, x_test, y_train, y_test = train_test_split(
        x[:, None].astype(dtype),
        bunch.target,
        test_size=test,
        stratify=bunch.target,
        random_state=int(rng.integers(2**31)),
    )
    return Split(x_train, y_train, x_test, y_test)
