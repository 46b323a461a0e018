"""Edges (边缘): the stripes that Hubel and Wiesel's cells answer to, and how much a kernel is like such a cell."""

from typing import NamedTuple

import numpy as np

from course_pkg._validate import as_array, as_int, as_number


class GaborFit(NamedTuple):
    """The best Gabor function for a kernel, see :func:`fit_gabor`."""

    r2: float
    orientation: float
    frequency: float
    picture: np.ndarray


def fit_gabor(kernel):
    """Fit a Gabor function, a wave under a bell, to a square ``kernel`` and say how much of the kernel it explains.

    g = exp(−u²/2σ_u² − v²/2σ_v²) · (a cos 2πfu + b sin 2πfu), with u and v the pixel's coordinates after moving the
    centre and turning by an angle. ``r2`` = 1 − Σ(k − g)²/Σk² is 1 for a perfect fit; ``orientation`` is that of the
    stripes, in degrees, 0 horizontal, counted against the clock, 0 ≤ … < 180; ``frequency`` f is in cycles a pixel;
    ``picture`` is g, of the kernel's shape (n, n). A spot without stripes has a frequency near 0.

    The fit starts from 40 angles and frequencies and improves the best three by least squares; a and b are solved
    exactly at each step. It finds a good optimum, not surely the best one.
    Raises TypeError or ValueError for what is not a square array of at least 3×3, or is 0 everywhere.
    Source: Gabor functions as a model of cells in the visual cortex: Jones & Palmer, 1987; Daugman, 1985.
    """
    from scipy.optimize import least_squares

    kernel = as_array("kernel", kernel, ndim=2).astype(np.float64)
    n = len(kernel)
    if kernel.shape != (n, n) or n < 3:
        raise ValueError(f"kernel: expected a square of at least 3×3 weights, got shape {kernel.shape}")
    size = np.abs(kernel).max()
    if size == 0:
        raise ValueError("kernel: expected some weight other than 0, got 0 everywhere")
    target = (kernel / size).ravel()
    energy = target @ target
    y, x = np.mgrid[:n, :n].reshape(2, -1) - (n - 1) / 2

    def wave(p):
        x0, y0, log_u, log_v, angle, frequency = p
        u = (x - x0) * np.cos(angle) + (y - y0) * np.sin(angle)
        v = (y - y0) * np.cos(angle) - (x - x0) * np.sin(angle)
        bell = np.exp(-((u * np.exp(-log_u)) ** 2 + (v * np.exp(-log_v)) ** 2) / 2)
        phase = 2 * np.pi * frequency * u
        both = np.stack([bell * np.cos(phase), bell * np.sin(phase)], axis=1)
        return both @ np.linalg.lstsq(both, target)[0]

    centre = (target**2 @ x / energy, target**2 @ y / energy)
    angles, frequencies = np.arange(8) * np.pi / 8, (0.05, 0.1, 0.15, 0.2, 0.3)
    starts = [(*centre, np.log(n / 6), np.log(n / 6), angle, f) for angle in angles for f in frequencies]
    starts.sort(key=lambda p: np.sum((wave(p) - target) ** 2))
    limits = np.array([(-n / 2, n / 2)] * 2 + [(np.log(0.5), np.log(n))] * 2 + [(-np.inf, np.inf), (0, 0.5)]).T
    fits = [least_squares(lambda p: wave(p) - target, start, bounds=limits, max_nfev=60) for start in starts[:3]]
    best = min(fits, key=lambda fit: fit.cost)
    orientation = (90 - np.degrees(best.x[4])) % 180  # rows count downwards; stripes run across the wave
    r2 = 1 - 2 * best.cost / energy
    return GaborFit(float(r2), float(orientation), float(best.x[5]), (wave(best.x) * size).reshape(n, n))


def gratings(size, frequency, *, orientations=36):
    """Return gratings, pictures of parallel stripes, one for each of ``orientations`` angles from 0° to 180°.

    Picture k is sin 2πf(x sin α + y cos α) with α = 180°·k/orientations, so its stripes run at α, 0 horizontal, counted
    against the clock. Shapes: (orientations, 1, size, size), values −1 … 1; ``frequency`` f is in cycles a pixel, at
    most ½. Raises TypeError or ValueError naming the argument that is wrong.
    Source: the stimulus of the physiology of vision since Campbell & Robson, 1968; Hubel & Wiesel, 1959, used bars.
    """
    size = as_int("size", size, minimum=1)
    frequency = as_number("frequency", frequency, above=0)
    if frequency > 0.5:
        raise ValueError(f"frequency: expected at most ½ cycle a pixel, got {frequency}")
    orientations = as_int("orientations", orientations, minimum=1)
    angle = (np.arange(orientations) * np.pi / orientations)[:, None, None]
    y, x = np.mgrid[:size, :size] - (size - 1) / 2
    return np.sin(2 * np.pi * frequency * (x * np.sin(angle) + y * np.cos(angle)))[:, None]


def orientation_selectivity(responses):
    """Return how much a cell prefers one orientation: (r_best − r_across) / (r_best + r_across), from 0 to 1.

    ``responses`` (orientations, …), all ≥ 0, are the answers to stripes at evenly spaced angles from 0° to 180°, their
    number even; r_across is the answer a right angle away from the best. A cell that never answers has 0.
    Shapes: (orientations, …) to (…). Raises TypeError or ValueError for other input.
    Source: the index of the physiology of vision, for example Niell & Stryker, 2008.
    """
    r = as_array("responses", responses)
    if r.ndim == 0 or len(r) == 0 or len(r) % 2:
        raise ValueError(f"responses: expected an even number of orientations, got shape {r.shape}")
    if (r < 0).any():
        raise ValueError(f"responses: expected numbers ≥ 0, got {r.min()}")
    best = r.argmax(axis=0)[None]
    high = np.take_along_axis(r, best, axis=0)[0]
    low = np.take_along_axis(r, (best + len(r) // 2) % len(r), axis=0)[0]
    return (high - low) / np.where(high + low > 0, high + low, 1)
