"""Gradient descent (梯度下降) on surfaces f(x, y) that can be drawn: what the learning rate does, and why −∇f.

``SURFACES`` has seven of them by name. ``gradient_descent`` walks down one and returns the :class:`Path`, ``verdict``
says what became of it, and ``taylor_decrease`` compares a step's first-order prediction with the truth. ``race`` sends
the optimisers of ``course_pkg.nn`` down a surface, each with its ``best_rate``; ``arrival`` says when they are down.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from course_pkg._validate import as_array, as_int, as_number
from course_pkg.nn import OPTIMISERS, Blob

RADIUS = 1e4  # a path that gets this far from the origin has diverged
VERDICTS = ("too small", "converges", "oscillates", "diverges")
RATES = tuple(float(f"{digit}e{power}") for power in range(-4, 3) for digit in (1, 2, 5))  # 0.0001, 0.0002, … 500


@dataclass(frozen=True)
class Surface:
    """A function of two variables with its gradient, and what is needed to draw it and to walk on it.

    ``f(x, y)`` is the height and ``gradient(x, y)`` the pair (∂f/∂x, ∂f/∂y); both take numbers or arrays of one shape.
    ``formula`` is f in plain text, ``bounds`` the range to draw, ((x from, x to), (y from, y to)), ``minima`` the
    positions of the lowest points, ``start`` a good point to start from. ``learning_rates`` has a value for each of
    "too small", "right" and "too large", meant for ``steps`` steps from ``start``.
    """

    name: str
    formula: str
    f: Callable
    gradient: Callable
    bounds: tuple
    minima: tuple
    start: tuple
    learning_rates: dict
    steps: int = 100

    @property
    def lowest(self):
        """The height of the lowest point."""
        return float(self.f(*self.minima[0]))

    def __str__(self):
        return f"{self.name}: f(x, y) = {self.formula}"


def _rates(small, right, large):
    return {"too small": small, "right": right, "too large": large}


SURFACES = {
    surface.name: surface
    for surface in (
        Surface(
            name="bowl",
            formula="½·(x² + y²)",
            f=lambda x, y: (x * x + y * y) / 2,
            gradient=lambda x, y: (x, y),
            bounds=((-3, 3), (-3, 3)),
            minima=((0.0, 0.0),),
            start=(-2.5, 1.5),
            learning_rates=_rates(0.01, 0.3, 2.05),
        ),
        Surface(
            name="ravine",
            formula="½·(x² + 25·y²)",
            f=lambda x, y: (x * x + 25 * y * y) / 2,
            gradient=lambda x, y: (x, 25 * y),
            bounds=((-3, 3), (-1.5, 1.5)),
            minima=((0.0, 0.0),),
            start=(-2.5, 1.0),
            learning_rates=_rates(0.002, 0.07, 0.0815),
        ),
        Surface(
            name="turned ravine",  # the ravine, turned by 45°
            formula="½·(13·x² − 24·x·y + 13·y²)",
            f=lambda x, y: (13 * x * x - 24 * x * y + 13 * y * y) / 2,
            gradient=lambda x, y: (13 * x - 12 * y, 13 * y - 12 * x),
            bounds=((-3, 3), (-3, 3)),
            minima=((0.0, 0.0),),
            start=(-2.475, -1.061),
            learning_rates=_rates(0.002, 0.07, 0.0815),
        ),
        Surface(
            name="saddle",
            formula="½·x² − ½·y² + ¼·y⁴",
            f=lambda x, y: x * x / 2 - y * y / 2 + y**4 / 4,
            gradient=lambda x, y: (x, y * y * y - y),
            bounds=((-2, 2), (-1.6, 1.6)),
            minima=((0.0, 1.0), (0.0, -1.0)),
            start=(-1.8, 0.01),
            learning_rates=_rates(0.02, 0.3, 2.05),
        ),
        Surface(
            name="many minima",
            formula="(x² + y − 11)² + (x + y² − 7)²",  # Himmelblau, 1972
            f=lambda x, y: (x * x + y - 11) ** 2 + (x + y * y - 7) ** 2,
            gradient=lambda x, y: (
                4 * x * (x * x + y - 11) + 2 * (x + y * y - 7),
                2 * (x * x + y - 11) + 4 * y * (x + y * y - 7),
            ),
            bounds=((-5, 5), (-5, 5)),
            minima=((3.0, 2.0), (-2.805118087, 3.131312518), (-3.779310253, -3.283185991), (3.584428340, -1.848126527)),
            start=(-0.5, -1.0),
            learning_rates=_rates(0.0002, 0.01, 0.03),
        ),
        Surface(
            name="rosenbrock",
            formula="(1 − x)² + 100·(y − x²)²",  # Rosenbrock, 1960
            f=lambda x, y: (1 - x) ** 2 + 100 * (y - x * x) ** 2,
            gradient=lambda x, y: (2 * (x - 1) - 400 * x * (y - x * x), 200 * (y - x * x)),
            bounds=((-2, 2), (-1, 3)),
            minima=((1.0, 1.0),),
            start=(-1.2, 1.0),
            learning_rates=_rates(0.00005, 0.0015, 0.005),
            steps=2000,
        ),
        Surface(
            name="cliff",
            formula="½·log(1 + x²) + ¼·y² + 2.5·(1 − tanh(5·x + 3))",
            f=lambda x, y: np.log1p(x * x) / 2 + y * y / 4 + 2.5 * (1 - np.tanh(5 * x + 3)),
            gradient=lambda x, y: (x / (1 + x * x) - 12.5 * (1 - np.tanh(5 * x + 3) ** 2), y / 2),
            bounds=((-2, 6), (-3, 3)),
            minima=((0.06488197878131344, 0.0),),
            start=(4.0, 2.0),
            learning_rates=_rates(0.02, 0.5, 3.0),
        ),
    )
}


@dataclass(frozen=True, eq=False)
class Path:
    """The way of a descent: ``points`` of shape (n, 2), start first, and whether it ``diverged`` (left ``RADIUS``)."""

    surface: Surface
    lr: float
    points: np.ndarray
    diverged: bool

    @property
    def heights(self):
        """f at every point, shape (n,)."""
        return self.surface.f(*self.points.T)


def _as_surface(surface):
    if isinstance(surface, Surface):
        return surface
    if isinstance(surface, str) and surface in SURFACES:
        return SURFACES[surface]
    raise ValueError(f"surface: expected a Surface or one of {', '.join(map(repr, SURFACES))}, got {surface!r}")


def _as_path(path):
    if not isinstance(path, Path):
        raise TypeError(f"path: expected the Path that gradient_descent returns, got {type(path).__name__}")
    return path


def _as_point(name, value):
    point = as_array(name, value, shape=(2,)).astype(np.float64)
    if np.abs(point).max() > RADIUS:
        raise ValueError(f"{name}: expected coordinates from −{RADIUS:g} to {RADIUS:g}, got {point}")
    return point


def gradient_descent(surface, start=None, lr=None, steps=None):
    """Walk down a surface, (x, y) ← (x, y) − lr·∇f(x, y), and return the :class:`Path` with ``steps`` + 1 points.

    ``surface`` is a :class:`Surface` or a name in ``SURFACES``; ``start`` (2 numbers), ``lr`` ≥ 0 and ``steps`` ≥ 0
    default to the surface's own, with its right learning rate. A path that leaves ``RADIUS`` ends there, diverged: its
    last point is the first one outside. Raises TypeError or ValueError for arguments outside these ranges.
    Source: deck 001, 梯度下降.
    """
    surface = _as_surface(surface)
    x, y = (float(c) for c in _as_point("start", surface.start if start is None else start))
    lr = surface.learning_rates["right"] if lr is None else as_number("lr", lr, minimum=0)
    steps = surface.steps if steps is None else as_int("steps", steps, minimum=0)
    points = [(x, y)]
    for _ in range(steps):
        if np.hypot(x, y) > RADIUS:
            break
        gx, gy = surface.gradient(x, y)
        # Twice the radius leads out of it from anywhere inside: a longer step would tell nothing and could overflow.
        scale = min(lr, 2 * RADIUS / max(np.hypot(gx, gy), 1e-100))
        x, y = x - scale * gx, y - scale * gy
        points.append((x, y))
    return Path(surface, lr, np.array(points), bool(np.hypot(x, y) > RADIUS))


def race(surface, optimisers=OPTIMISERS, rates=None, *, start=None, steps=None):
    """Send several optimisers down a surface from one start and return a dict from their names to their Paths.

    ``optimisers`` is a dict from name to a class such as ``nn.Adam``, or to a function of (parameters, lr) such as
    ``functools.partial(nn.Momentum, momentum=0.5)``. ``rates`` is a dict from name to learning rate > 0; where it has
    none, the optimiser gets its :func:`best_rate`. ``start`` and ``steps`` are by default the surface's own. A path
    that leaves ``RADIUS`` ends there, diverged. Raises TypeError or ValueError naming the argument that is wrong.
    """
    surface, start, steps = _as_race(surface, start, steps)
    rates = {} if rates is None else rates
    if unknown := sorted(set(rates) - set(optimisers)):
        raise ValueError(f"rates: expected names of the optimisers, {', '.join(optimisers)}, got {unknown[0]!r}")
    paths = {}
    for name, optimiser in optimisers.items():
        lr = rates[name] if name in rates else best_rate(surface, optimiser, start=start, steps=steps)
        lr = as_number(f"rates[{name!r}]", lr, above=0)
        paths[name] = _walk(surface, optimiser, [lr], start, steps)[0]
    return paths


def best_rate(surface, optimiser, rates=RATES, *, start=None, steps=None):
    """Return the one of ``rates`` with which ``optimiser`` has its :func:`arrival` first.

    Paths that leave the surface's ``bounds`` come after all others. Among those that arrive in the same step, or never
    within ``steps``, the lowest on average is taken. The arguments are those of :func:`race`. Raises TypeError or
    ValueError naming the argument that is wrong.
    """
    surface, start, steps = _as_race(surface, start, steps)
    rates = [as_number(f"rates[{i}]", lr, above=0) for i, lr in enumerate(rates)]
    if not rates:
        raise ValueError("rates: expected at least one learning rate, got none")

    low, high = np.transpose(surface.bounds)

    def order(path):
        strays, step = ((path.points < low) | (path.points > high)).any(), arrival(path)
        return strays, np.inf if step is None else step, path.heights.mean()

    return min(_walk(surface, optimiser, rates, start, steps), key=order).lr


def arrival(path):
    """Return the step after which f stays below 1 % of its height at the start, above the lowest point; else None.

    Raises TypeError for anything but a :class:`Path`.
    """
    above = _as_path(path).heights - path.surface.lowest
    late = np.flatnonzero(above > 0.01 * above[0])
    step = int(late[-1]) + 1 if len(late) else 0
    return step if step < len(above) else None


def _as_race(surface, start, steps):
    surface = _as_surface(surface)
    start = _as_point("start", surface.start if start is None else start)
    return surface, start, surface.steps if steps is None else as_int("steps", steps, minimum=0)


def _walk(surface, optimiser, rates, start, steps):
    """Return the Path of ``optimiser`` for each of ``rates``: all at once, as every rule works number by number."""
    points = Blob(np.tile(start, (len(rates), 1)))
    walker = optimiser({"points": points}, rates[0])
    walker.lr = np.array(rates)[:, None]
    way = [points.data.copy()]
    for _ in range(steps):
        points.diff[...] = np.transpose(surface.gradient(*points.data.T))
        with np.errstate(over="ignore", invalid="ignore"):
            walker.step()
        # Who left stays where he left, and nobody gets so far that f would overflow.
        left = np.hypot(*way[-1].T) > RADIUS
        points.data[left] = way[-1][left]
        points.data[...] = np.clip(np.nan_to_num(points.data, nan=2 * RADIUS), -2 * RADIUS, 2 * RADIUS)
        way.append(points.data.copy())
    paths = []
    for lr, points in zip(rates, np.swapaxes(way, 0, 1), strict=True):
        outside = np.flatnonzero(np.hypot(*points.T) > RADIUS)
        paths.append(Path(surface, lr, points[: outside[0] + 1] if len(outside) else points, len(outside) > 0))
    return paths


def verdict(path):
    """Say what became of a descent: one of ``VERDICTS``, by the first of these rules that holds.

    1. "diverges": the path left ``RADIUS``, or ends higher than it began.
    2. "converges": 99 % of the height between the start and the surface's lowest point is done, or the gradient has
       become 1000 times smaller than it was (the path may have ended in another minimum, or on a saddle point).
    3. "oscillates": in the second half of the path some step went up, or most steps turned back, which is to say that
       they make an angle over 90° with the step before.
    4. "too small": none of these, the path was still going down when it ended.

    Raises TypeError for anything but a :class:`Path`.
    """
    heights, lowest = _as_path(path).heights, path.surface.lowest
    if path.diverged or heights[-1] > heights[0]:
        return "diverges"
    first, last = (np.hypot(*path.surface.gradient(*path.points[i])) for i in (0, -1))
    if heights[-1] - lowest <= 0.01 * (heights[0] - lowest) or last <= 0.001 * first:
        return "converges"
    half = len(heights) // 2
    moves = np.diff(path.points[half:], axis=0)
    turned_back = (moves[1:] * moves[:-1]).sum(axis=1) < 0
    if (np.diff(heights[half:]) > 0).any() or turned_back.sum() * 2 > len(turned_back):
        return "oscillates"
    return "too small"


class Decrease(NamedTuple):
    """How much lower a step leads: by the first-order Taylor expansion, in truth, and its cosine with ∇f."""

    predicted: np.ndarray
    actual: np.ndarray
    cosine: np.ndarray


def taylor_decrease(surface, point, step):
    """Compare the first-order Taylor prediction (泰勒展开) of a step's decrease with the true one.

    predicted = −∇f(p)ᵀΔ = −‖∇f(p)‖·‖Δ‖·cos θ and actual = f(p) − f(p + Δ). ``point`` p is 2 numbers, ``step`` Δ an
    array of shape (…, 2), one step or many, none of length 0; the three results have its shape without the last axis.
    Among steps of one length the prediction is largest at cos θ = −1, the direction −∇f. Where ∇f = 0 there is no
    angle, and the cosine is 0. Raises TypeError or ValueError for other shapes. Source: deck 001, 梯度下降.
    """
    surface = _as_surface(surface)
    point = _as_point("point", point)
    step = as_array("step", step).astype(np.float64)
    if step.ndim == 0 or step.shape[-1] != 2:
        raise ValueError(f"step: expected shape (…, 2), got {step.shape}")
    length = np.hypot(step[..., 0], step[..., 1])
    if ((length == 0) | (length > RADIUS)).any():
        raise ValueError(
            f"step: expected lengths above 0 and up to {RADIUS:g}, got {length.min():g} to {length.max():g}"
        )
    gradient = np.array(surface.gradient(*point))
    predicted = -step @ gradient
    moved = point + step
    norm = np.hypot(*gradient)
    cosine = (step / length[..., None]) @ (gradient / norm) if norm else np.zeros_like(length)
    return Decrease(predicted, surface.f(*point) - surface.f(moved[..., 0], moved[..., 1]), cosine)
