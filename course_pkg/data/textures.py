"""Procedural colour pictures: stripes, honeycomb, marble, leopard, labyrinth, eyes, fish, owls and many more.

Each kind is one short function of (u, v), coordinates counted in periods of the pattern, a palette of five colours and
a random generator; it returns colours (H, W, 3). :func:`texture` draws scale, turn, warp and palette, calls it, and
averages four samples a pixel, so that edges are smooth.
"""

import colorsys
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from course_pkg._validate import as_choice, as_generator, as_int

_TABLE = 32  # random tables repeat after so many cells: too far apart to be noticed
_KINDS = {}  # name: how it is drawn; filled by the functions below


class _Kind(NamedTuple):
    """The function that draws one kind, its usual hue or None, its largest turn in degrees, and how far it is bent."""

    draw: Callable
    hue: float | None
    turn: float
    warp: float


class _Cells(NamedTuple):
    """For each point: distances to the nearest and second nearest centre, place seen from the nearest, its numbers."""

    near: np.ndarray
    next: np.ndarray
    x: np.ndarray
    y: np.ndarray
    look: np.ndarray  # (H, W, 3): three random numbers in 0 … 1 that all points of a cell share


def texture(kind, *, size=64, seed=0):
    """Return a generated picture of one kind, (size, size, 3) in 0 … 1, with random scale, turn, warp and palette.

    ``kind`` is one of ``TEXTURES``, ``size`` the side in pixels, 32 … 512, ``seed`` a NumPy generator or an integer.
    A period of the pattern is 12 to 26 pixels at size 64 and grows with the square root of the size, so that large
    pictures show both more and larger things. The same seed gives the same picture at the same size.
    Raises ValueError or TypeError for other arguments.
    """
    draw, hue, turn, warp = _KINDS[as_choice("kind", kind, TEXTURES)]
    size, rng = as_int("size", size, minimum=32), as_generator("seed", seed)
    if size > 512:
        raise ValueError(f"size: expected at most 512 pixels, got {size}")
    samples = 2 * size
    period = rng.uniform(12, 26) * np.sqrt(size / 64)
    angle = np.deg2rad(rng.uniform(-turn, turn))
    x, y = np.meshgrid(*[(np.arange(samples) + 0.5) / 2 - size / 2] * 2)
    u = (x * np.cos(angle) + y * np.sin(angle)) / period + rng.uniform(0, _TABLE)
    v = (y * np.cos(angle) - x * np.sin(angle)) / period + rng.uniform(0, _TABLE)
    bend, slow = rng.uniform(0, warp), rng.uniform(0.3, 0.7)
    du, dv = _noise(slow * u, slow * v, rng), _noise(slow * u, slow * v, rng)
    colours = _palette(rng, hue if rng.random() < 0.7 else None)
    picture = draw(u + bend * (2 * du - 1), v + bend * (2 * dv - 1), colours, rng)
    light = 1 + 0.15 * (2 * _noise(0.25 * u, 0.25 * v, rng) - 1)  # uneven light, as in photos
    return np.clip(picture * light[..., None], 0, 1).reshape(size, 2, size, 2, 3).mean(axis=(1, 3))


# What the kinds are made of.


def _kind(*, hue=None, turn=180.0, warp=0.5):
    def register(draw):
        _KINDS[draw.__name__.strip("_")] = _Kind(draw, hue, turn, warp)
        return draw

    return register


def _palette(rng, hue):
    """Return five colours (5, 3) from dark to light, sometimes the other way; hues around one, or around two."""
    hues = np.full(5, rng.random() if hue is None else hue) + rng.normal(0, 0.04, 5)
    if hue is None:
        hues[rng.permutation(5)[:2]] += rng.uniform(0.2, 0.8)
    values = np.linspace(rng.uniform(0.02, 0.3), rng.uniform(0.8, 1), 5) + rng.normal(0, 0.04, 5)
    saturations = rng.uniform(0.1, 1) ** 0.5 * rng.uniform(0.6, 1, 5) * np.linspace(1, 0.5, 5)
    hsv = zip(hues % 1, np.clip(saturations, 0, 1), np.clip(values, 0, 1), strict=True)
    colours = np.array([colorsys.hsv_to_rgb(*map(float, one)) for one in hsv])
    return colours[::-1] if rng.random() < 0.2 else colours


def _over(under, colour, cover):
    """Return ``under`` with ``colour`` laid over it where ``cover`` (H, W) is 1."""
    cover = np.clip(cover, 0, 1)[..., None]
    return under * (1 - cover) + colour * cover


def _ramp(colours, height):
    """Return colours (H, W, 3) along the palette: its first colour where ``height`` is 0, its last where it is 1."""
    place = np.clip(height, 0, 1) * (len(colours) - 1)
    low = np.minimum(place.astype(int), len(colours) - 2)
    share = (place - low)[..., None]
    return colours[low] * (1 - share) + colours[low + 1] * share


def _pick(colours, number):
    """Return one colour of the palette for each point, by a random number in 0 … 1."""
    return colours[np.minimum((number * len(colours)).astype(int), len(colours) - 1)]


def _inside(distance, soft=0.04):
    """Return 1 where ``distance`` is negative, 0 where it is positive, with a soft edge."""
    return np.clip(0.5 - distance / (2 * soft), 0, 1)


def _wave(phase):
    """Return a wave of period 1 between 0 and 1."""
    return 0.5 + 0.5 * np.cos(2 * np.pi * phase)


def _fold(x):
    """Return the distance from x to the nearest integer, 0 … ½."""
    return np.abs(x - np.round(x))


def _noise(u, v, rng, octaves=1):
    """Return smooth noise in 0 … 1: random values at whole coordinates, blended between them; finer octaves added."""
    total = 0
    for octave in range(octaves):
        table = rng.random((_TABLE, _TABLE))
        x, y = u * 2**octave, v * 2**octave
        i, j = np.floor(x).astype(int), np.floor(y).astype(int)
        s, t = x - i, y - j
        s, t = s * s * (3 - 2 * s), t * t * (3 - 2 * t)
        i, j, i1, j1 = i % _TABLE, j % _TABLE, (i + 1) % _TABLE, (j + 1) % _TABLE
        upper = table[j, i] * (1 - s) + table[j, i1] * s
        lower = table[j1, i] * (1 - s) + table[j1, i1] * s
        total = total + (upper * (1 - t) + lower * t) / 2**octave
    return total / (2 - 2.0 ** (1 - octaves))


def _waves_of_all_directions(u, v, rng, count=16):
    """Return the sum of plane waves of period 1, mean 0 and standard deviation about 1: a random wave."""
    angles, phases = rng.uniform(0, np.pi, count), rng.random(count)
    waves = sum(np.cos(2 * np.pi * (u * np.cos(a) + v * np.sin(a) + p)) for a, p in zip(angles, phases, strict=True))
    return waves / np.sqrt(count / 2)


def _cells(u, v, rng, jitter=0.8):
    """Return the cells around the centres of a square grid of side 1, moved at random by up to ``jitter``/2."""
    places = jitter * (rng.random((2, _TABLE * _TABLE)) - 0.5)
    looks = rng.random((_TABLE * _TABLE, 3))
    i, j = np.floor(u).astype(int), np.floor(v).astype(int)
    s, t = u - i - 0.5, v - j - 0.5
    near, after = np.full(u.shape, np.inf), np.full(u.shape, np.inf)
    nearest = np.zeros(u.shape, int)
    x, y = np.zeros(u.shape), np.zeros(u.shape)
    for dj in (-1, 0, 1):
        for di in (-1, 0, 1):
            cell = (j + dj) % _TABLE * _TABLE + (i + di) % _TABLE
            dx, dy = s - di - places[0, cell], t - dj - places[1, cell]
            distance = dx * dx + dy * dy
            closer = distance < near
            after = np.minimum(after, np.maximum(near, distance))
            near = np.minimum(near, distance)
            for kept, new in ((nearest, cell), (x, dx), (y, dy)):
                np.copyto(kept, new, where=closer)
    return _Cells(np.sqrt(near), np.sqrt(after), x, y, looks[nearest])


def _motifs(u, v, rng, *, turn=0.3, jitter=0.3):
    """Return (x, y, look) for a thing drawn once in each cell: x and y from about −1 to 1, turned a little."""
    cells = _cells(0.75 * u, 0.75 * v, rng, jitter)
    angle, size = turn * (2 * cells.look[..., 0] - 1), 0.38 + 0.08 * cells.look[..., 1]
    x = (cells.x * np.cos(angle) + cells.y * np.sin(angle)) / size
    y = (cells.y * np.cos(angle) - cells.x * np.sin(angle)) / size
    return x, y, cells.look


def _ground(u, v, colours, rng):
    """Return a quiet, slightly clouded ground between the two darkest colours."""
    return _ramp(colours[:2], _noise(u, v, rng, 3))


def _rows(u, v, shift=0.5):
    """Return (x, y, row) in a wall of unit bricks, −½ … ½ each; every second row is moved by ``shift``."""
    row = np.floor(v)
    x = u + shift * (row % 2)
    return x - np.floor(x) - 0.5, v - row - 0.5, row


def _hexagons(u, v):
    """Return (x, y) from the centre of the hexagon, and its distance to the border, 0 at the border, ½ inside."""
    side = np.sqrt(3)
    places = [((u + a) % 1 - 0.5, (v + a * side) % side - side / 2) for a in (0.0, 0.5)]
    first = np.hypot(*places[0]) < np.hypot(*places[1])
    x, y = (np.where(first, *pair) for pair in zip(*places, strict=True))
    return x, y, 0.5 - np.maximum(np.abs(x), np.abs(0.5 * x) + np.abs(side / 2 * y))


def _almond(x, y, bulge):
    """Return a signed distance, negative inside the shape between two arcs that meet at (−1, 0) and (1, 0)."""
    return np.abs(y) - bulge * (1 - x * x)


# Lines and bands.


@_kind()
def _stripes(u, v, colours, rng):
    return _ramp(colours, _inside(_fold(u) - rng.uniform(0.12, 0.35)))


@_kind()
def _ribbons(u, v, colours, rng):
    picture = _pick(colours, rng.random(_TABLE)[np.floor(u).astype(int) % _TABLE])
    return picture * (0.55 + 0.45 * _wave(u + 0.5))[..., None]


@_kind(hue=0.58, turn=25)
def _waves(u, v, colours, rng):
    crest = v + rng.uniform(0.2, 0.4) * np.sin(2 * np.pi * 0.5 * u)
    return _ramp(colours, (crest % 1) ** rng.uniform(0.6, 2.5))


@_kind(warp=0.2)
def _zigzag(u, v, colours, rng):
    return _ramp(colours, _inside(_fold(v + rng.uniform(0.8, 1.2) * _fold(u)) - rng.uniform(0.15, 0.3)))


@_kind(warp=0.2)
def _plaid(u, v, colours, rng):
    wide, narrow = rng.uniform(0.15, 0.3), rng.uniform(0.02, 0.06)
    picture = np.broadcast_to(colours[1], (*u.shape, 3))
    for x in (u, v):
        picture = _over(picture, colours[3], 0.5 * _inside(_fold(x) - wide))
        picture = _over(picture, colours[4], 0.8 * _inside(_fold(x + 0.5) - narrow))
    return picture


@_kind(warp=0.25)
def _checks(u, v, colours, rng):
    return _ramp(colours[[0, 4]], 0.5 + 4 * np.sin(np.pi * u) * np.sin(np.pi * v))


@_kind(warp=0.25)
def _diamonds(u, v, colours, rng):
    inside = _fold(u) + _fold(0.6 * v)
    return _over(_ramp(colours[1:4], 2 * inside), colours[4], _inside(np.abs(inside - 0.5) - 0.05))


@_kind(warp=0.25)
def _nets(u, v, colours, rng):
    strand = np.minimum(_fold(u + v), _fold(u - v))
    return _over(_ground(u, v, colours, rng), colours[4], _inside(strand - rng.uniform(0.05, 0.11)))


@_kind(hue=0.0, warp=0.7)
def _contours(u, v, colours, rng):
    height = _noise(0.6 * u, 0.6 * v, rng, 2)
    return _over(_ramp(colours[1:], height), colours[0], _inside(_fold(9 * height) - 0.13, 0.06))


# Round things.


@_kind()
def _dots(u, v, colours, rng):
    cells = _cells(u, v, rng, jitter=rng.choice([0, 0.3]))
    return _ramp(colours, _inside(cells.near - rng.uniform(0.2, 0.36)))


@_kind()
def _confetti(u, v, colours, rng):
    cells = _cells(u, v, rng, 0.7)
    disc = _inside(cells.near - 0.18 - 0.2 * cells.look[..., 1])
    return _over(_ground(u, v, colours, rng), _pick(colours[2:], cells.look[..., 0]), disc)


@_kind()
def _rings(u, v, colours, rng):
    return _ramp(colours, _wave(rng.uniform(2.5, 4) * _cells(0.7 * u, 0.7 * v, rng, 0.6).near))


@_kind(warp=0.2)
def _hoops(u, v, colours, rng):
    x, y, look = _motifs(u, v, rng)
    picture = _ground(u, v, colours, rng)
    return _over(picture, _pick(colours[2:], look[..., 2]), _inside(np.abs(np.hypot(x, y) - 0.75) - 0.17, 0.08))


@_kind(warp=0.3)
def _spirals(u, v, colours, rng):
    x, y, _ = _motifs(u, v, rng, turn=3)
    arms = _wave(rng.choice([-1, 1]) * np.arctan2(y, x) / (2 * np.pi) + 2.1 * np.hypot(x, y))
    return _ramp(colours, np.clip(2 * arms - 0.5, 0, 1))


@_kind(hue=0.12, warp=0.2)
def _suns(u, v, colours, rng):
    x, y, _ = _motifs(u, v, rng, turn=3)
    r, rays = np.hypot(x, y), np.cos(rng.integers(9, 14) * np.arctan2(y, x))
    picture = _over(_ground(u, v, colours, rng), colours[3], _inside(r - 0.85 - 0.2 * rays, 0.06))
    return _over(picture, colours[4], _inside(r - 0.5, 0.06))


@_kind(hue=0.55, warp=0.2)
def _bubbles(u, v, colours, rng):
    cells = _cells(u, v, rng, 0.6)
    r = cells.near / (0.3 + 0.2 * cells.look[..., 0])
    picture = _over(_ground(u, v, colours, rng), colours[2], 0.7 * _inside(r - 1))
    picture = _over(picture, colours[4], _inside(np.abs(r - 0.92) - 0.07, 0.06))
    return _over(picture, np.ones(3), _inside(np.hypot(cells.x + 0.13, cells.y + 0.13) - 0.06))


@_kind(warp=0.3)
def _beads(u, v, colours, rng):
    x, y, _ = _hexagons(u, v)
    height = np.sqrt(np.clip(1 - (x * x + y * y) / 0.23, 0, 1))
    shine = np.clip(0.15 + 0.75 * height - 0.7 * (x + y), 0, 1) * (height > 0)
    return _over(_ramp(colours[:4], shine), np.ones(3), _inside(np.hypot(x + 0.14, y + 0.14) - 0.07))


@_kind(hue=0.08, warp=0.3)
def _pebbles(u, v, colours, rng):
    cells = _cells(u, 1.3 * v, rng, 0.8)
    height = np.clip(2.5 * (cells.next - cells.near), 0, 1) ** 0.6
    lit = height * (0.8 - 0.5 * (cells.x + cells.y))
    return _over(colours[0], _ramp(colours[1:], 0.7 * lit + 0.3 * cells.look[..., 0]), height)


@_kind(hue=0.1, warp=0.2)
def _buttons(u, v, colours, rng):
    x, y, look = _motifs(u, v, rng, turn=3)
    r = np.hypot(x, y)
    picture = _over(_ground(u, v, colours, rng), _pick(colours[2:], look[..., 2]), _inside(r - 0.95, 0.06))
    picture = _over(picture, colours[1], 0.7 * _inside(np.abs(r - 0.72) - 0.06, 0.05))
    return _over(picture, colours[0], _inside(np.hypot(np.abs(x) - 0.22, np.abs(y) - 0.22) - 0.14, 0.06))


@_kind(hue=0.6, warp=0.2)
def _gears(u, v, colours, rng):
    x, y, _ = _motifs(u, v, rng, turn=3)
    r, teeth = np.hypot(x, y), np.clip(3 * np.cos(10 * np.arctan2(y, x)), -1, 1)
    wheel = _inside(r - 0.85 - 0.12 * teeth, 0.05) * (1 - _inside(r - 0.4, 0.05))
    return _over(_ground(u, v, colours, rng), colours[3], wheel)


# Cells and tiles.


@_kind(hue=0.02, turn=20, warp=0.15)
def _bricks(u, v, colours, rng):
    x, y, row = _rows(0.6 * u, 1.2 * v)
    joint = np.maximum((np.abs(x) - 0.5) / 0.6, (np.abs(y) - 0.5) / 1.2) + 0.06
    shade = 0.4 * _noise(4 * u, 4 * v, rng, 2) + 0.6 * _cells(0.6 * u + 0.5 * (row % 2), row + 0.5, rng, 0).look[..., 0]
    return _over(colours[4], _ramp(colours[:4], shade), _inside(joint, 0.03))


@_kind(hue=0.12, warp=0.3)
def _honeycomb(u, v, colours, rng):
    x, y, border = _hexagons(u, v)
    return _over(_ramp(colours[:3], 0.5 + x + y), colours[4], _inside(border - rng.uniform(0.05, 0.09)))


@_kind()
def _voronoi(u, v, colours, rng):
    return _pick(colours, _cells(u, v, rng, 0.9).look[..., 0])


@_kind(warp=0.2)
def _stained_glass(u, v, colours, rng):
    cells = _cells(u, v, rng, 0.9)
    glow = _pick(colours[2:], cells.look[..., 0]) * (1 - 0.6 * cells.near[..., None])
    return _over(glow, colours[0] * 0.4, _inside(cells.next - cells.near - 0.12))


@_kind(hue=0.6)
def _crystals(u, v, colours, rng):
    cells = _cells(u, v, rng, 0.9)
    a = 2 * np.pi * cells.look[..., 0]
    return _ramp(colours, 0.5 + 0.9 * (cells.x * np.cos(a) + cells.y * np.sin(a)) + 0.3 * (cells.look[..., 1] - 0.5))


@_kind(hue=0.07, warp=0.8)
def _cracks(u, v, colours, rng):
    cells = _cells(u, v, rng, 1)
    gap = cells.next - cells.near - 0.12 * _noise(2 * u, 2 * v, rng, 2)
    return _over(_ramp(colours[2:], _noise(2 * u, 2 * v, rng, 3)), colours[0], _inside(gap - 0.02, 0.04))


@_kind(hue=0.09, warp=0.4)
def _giraffe(u, v, colours, rng):
    cells = _cells(u, v, rng, 0.8)
    patch = _inside(0.16 - (cells.next - cells.near), 0.05)
    return _over(colours[4], _ramp(colours[:3], 0.3 + cells.near), patch)


@_kind(turn=30, warp=0.2)
def _mosaic(u, v, colours, rng):
    u, v = 1.7 * u, 1.7 * v
    look = _cells(np.floor(u) + 0.5, np.floor(v) + 0.5, rng, 0).look
    joint = np.maximum(_fold(u + 0.5), _fold(v + 0.5))
    broad = np.clip(_noise(0.35 * u, 0.35 * v, rng) + 0.5 * (look[..., 0] - 0.5), 0, 1)
    return _over(colours[0], _ramp(colours[1:], broad), _inside(joint - 0.4 - 0.05 * look[..., 1], 0.05))


@_kind(warp=0.2)
def _triangles(u, v, colours, rng):
    a, b = u - v / np.sqrt(3), 2 * v / np.sqrt(3)
    up = ((a % 1) + (b % 1) > 1) * 0.37
    return _pick(colours, _cells(np.floor(a) + 0.5, np.floor(b) + 0.5, rng, 0).look[..., 0] * 0.63 + up)


@_kind(turn=20, warp=0.15)
def _cubes(u, v, colours, rng):
    x, y, _ = _hexagons(u, v)
    face = np.where(y < -np.abs(x) / np.sqrt(3), 4, np.where(x < 0, 2, 0))
    return colours[face] * (1 - 0.3 * np.abs(x))[..., None]


@_kind(hue=0.13, turn=12, warp=0.1)
def _windows(u, v, colours, rng):
    x, y = u - np.floor(u) - 0.5, (0.7 * v) - np.floor(0.7 * v) - 0.5
    lit = _cells(np.floor(u) + 0.5, np.floor(0.7 * v) + 0.5, rng, 0).look[..., 0] > 0.45
    pane = np.maximum(np.abs(x) - 0.28, np.abs(y) - 0.32)
    picture = _over(_ramp(colours[1:3], _noise(2 * u, 2 * v, rng, 2)), colours[3], _inside(pane - 0.06, 0.02))
    picture = _over(picture, np.where(lit[..., None], colours[4], colours[0]), _inside(pane, 0.02))
    return _over(picture, colours[3], _inside(pane, 0.02) * _inside(np.minimum(np.abs(x), np.abs(y)) - 0.03, 0.02))


@_kind(warp=0.3)
def _truchet(u, v, colours, rng):
    turned = _cells(np.floor(u) + 0.5, np.floor(v) + 0.5, rng, 0).look[..., 0] < 0.5
    x, y = np.where(turned, 1 - u % 1, u % 1), v % 1
    arc = np.minimum(np.abs(np.hypot(x, y) - 0.5), np.abs(np.hypot(1 - x, 1 - y) - 0.5))
    return _ramp(colours, _inside(arc - rng.uniform(0.09, 0.17)))


# Stone, wood, sky, fire.


@_kind(warp=0.8)
def _marble(u, v, colours, rng):
    veins = _wave(0.5 * u + 1.6 * _noise(0.7 * u, 0.7 * v, rng, 5))
    return _ramp(colours[1:], 1 - veins**4)


@_kind(hue=0.08, turn=180, warp=0.4)
def _wood(u, v, colours, rng):
    rings = 2.2 * np.hypot(0.12 * (u - u.mean()), v - v.min() + 1) + 1.2 * _noise(0.2 * u, 0.7 * v, rng, 2)
    return _ramp(colours[1:], 0.75 * (rings % 1) + 0.25 * _noise(1.5 * u, 14 * v, rng))


@_kind(hue=0.07, turn=15, warp=0.5)
def _bark(u, v, colours, rng):
    cells = _cells(1.4 * u + 0.5 * _noise(u, v, rng, 2), 0.45 * v, rng, 1)
    ridge = np.clip(2.2 * (cells.next - cells.near), 0, 1)
    return _ramp(colours, 0.7 * ridge**0.7 + 0.3 * _noise(4 * u, 2 * v, rng, 3))


@_kind(hue=0.58)
def _clouds(u, v, colours, rng):
    return _ramp(colours, 2.2 * _noise(0.6 * u, 0.9 * v, rng, 5) - 0.6)


@_kind(hue=0.05, turn=20, warp=0.8)
def _flames(u, v, colours, rng):
    tongue = _noise(1.3 * u, 0.4 * v, rng, 3)
    return _ramp(colours, 3.1 * np.abs(tongue - 0.5) ** 0.7 - 0.1)


@_kind(hue=0.7, warp=0.8)
def _lightning(u, v, colours, rng):
    bolt = np.minimum(*(np.abs(_noise(k * u, k * v, rng, 4) - 0.5) for k in (0.6, 0.9)))
    return _over(_ramp(colours[:3], 1 - 6 * bolt), colours[4], _inside(bolt - 0.012, 0.012))


@_kind(hue=0.25)
def _moss(u, v, colours, rng):
    fine, coarse = _noise(4 * u, 4 * v, rng, 3), _noise(0.6 * u, 0.6 * v, rng)
    return _ramp(colours, 1.8 * fine + 0.8 * coarse - 0.8)


# Coats and skins.


@_kind(hue=0.1, warp=0.4)
def _leopard(u, v, colours, rng):
    cells = _cells(u, v, rng, 0.6)
    ragged = 0.12 * (_noise(3 * u, 3 * v, rng) - 0.5)
    rosette = _inside(np.abs(cells.near + ragged - 0.28) - 0.08) * (_noise(2.3 * u, 2.3 * v, rng) > 0.33)
    picture = _over(_ramp(colours[3:], _noise(u, v, rng, 3)), colours[2], _inside(cells.near + ragged - 0.26))
    return _over(picture, colours[0], rosette)


@_kind(hue=0.1, warp=0.9)
def _zebra(u, v, colours, rng):
    bend = _noise(0.35 * u, 0.35 * v, rng, 2)
    return _ramp(colours[[0, 4]], 0.5 + 3 * np.cos(2 * np.pi * (u + 2.5 * bend)) + rng.uniform(-0.8, 0.8))


@_kind(hue=0.07, warp=0.9)
def _tiger(u, v, colours, rng):
    stripe = np.abs(_fold(1.1 * u + 1.5 * _noise(0.5 * u, 0.5 * v, rng, 2))) - 0.3 * _noise(u, 0.5 * v, rng) ** 1.3
    return _over(_ramp(colours[2:], _noise(0.6 * u, 0.6 * v, rng, 2)), colours[0], _inside(stripe, 0.05))


@_kind()
def _labyrinth(u, v, colours, rng):
    return _ramp(colours, 0.5 + 1.6 * _waves_of_all_directions(0.8 * u, 0.8 * v, rng))


@_kind(hue=0.0)
def _spots(u, v, colours, rng):
    return _ramp(colours, 2.2 * (_waves_of_all_directions(0.9 * u, 0.9 * v, rng) - 0.5))


@_kind(hue=0.25)
def _camouflage(u, v, colours, rng):
    return colours[np.clip(9 * _noise(0.7 * u, 0.7 * v, rng, 3) - 2, 0, 4).astype(int)]


@_kind(hue=0.08, warp=0.8)
def _fur(u, v, colours, rng):
    lean = 1.5 * _noise(0.4 * u, 0.4 * v, rng)
    hair = _noise(7 * (u + lean), 0.9 * v, rng, 2)
    return _ramp(colours, 0.75 * hair + 0.5 * _noise(1.5 * (u + lean), 0.5 * v, rng) - 0.1)


@_kind(hue=0.28, turn=20, warp=0.3)
def _grass(u, v, colours, rng):
    picture = np.broadcast_to(colours[0], (*u.shape, 3))
    for layer in range(1, 5):
        x, y, look = _motifs(2.9 * u, 1.2 * v, rng, turn=0, jitter=0.9)
        blade = np.abs(x - 0.65 * (look[..., 2] - 0.5) * (1 - y) ** 2) - 0.16 * (y + 1.1)
        picture = _over(picture, colours[layer] * (0.7 + 0.3 * look[..., :1]), _inside(blade, 0.08))
    return picture


@_kind(hue=0.4, turn=30, warp=0.2)
def _scales(u, v, colours, rng):
    height = np.zeros(u.shape)
    for k in (
        1,
        0,
    ):  # where a row's scales do not reach, those of the next row show from below
        x, y, _ = _rows(u, 1.6 * v + k)
        r = np.hypot(x, (y + 0.5 - k) / 1.6) / 0.62
        height = np.where(r < 1, 1 - r, height)
    return _ramp(colours, 1.25 * height**0.6)


@_kind(hue=0.57, turn=25, warp=0.15)
def _shells(u, v, colours, rng):
    r = np.zeros(u.shape)
    for k in (2, 1, 0):
        x, y, _ = _rows(u, 2 * v + k)
        fan = np.hypot(x, (y - 0.5 + k) / 2) * 2
        r = np.where(fan < 1, fan, r)
    return _ramp(colours, np.clip(0.5 + 1.5 * np.cos(2 * np.pi * 2.5 * r), 0, 1))


@_kind(hue=0.55, turn=35, warp=0.2)
def _feathers(u, v, colours, rng):
    picture = np.broadcast_to(colours[0], (*u.shape, 3))
    for k in (1, 0):
        x, y, _ = _rows(u, 0.7 * v + k)
        y = y + 0.5 - k
        vane = _inside(_almond(1.25 * (y - 0.25), x, 0.52), 0.04)
        barbs = _ramp(colours[1:], 0.3 + 0.5 * _wave(7 * (y - 0.8 * np.abs(x))) + 0.4 * (y - 0.2))
        picture = _over(_over(picture, barbs, vane), colours[0], vane * _inside(np.abs(x) - 0.025, 0.02))
    return picture


@_kind(hue=0.3, warp=0.2)
def _snakeskin(u, v, colours, rng):
    scale = 0.5 - np.maximum(_fold(2 * (u + v) + 0.5), _fold(2 * (u - v) + 0.5))
    saddle = _inside(_fold(0.5 * u) + _fold(0.5 * v) - 0.27, 0.04)
    return _ramp(colours, np.clip(3 * scale, 0, 1) * 0.55 + 0.45 * saddle)


# Threads.


@_kind(warp=0.25)
def _weave(u, v, colours, rng):
    u, v = 1.6 * u, 1.6 * v
    across = np.floor(u) % 2 == np.floor(v) % 2
    thread, along = np.where(across, v, u) % 1 - 0.5, np.where(across, u, v) % 1 - 0.5
    light = np.sqrt(np.clip(1 - (2.1 * thread) ** 2, 0, 1)) * (1 - 1.4 * along**2)
    return np.where(across[..., None], _ramp(colours[[0, 2, 3]], light), _ramp(colours[[0, 3, 4]], light))


@_kind(hue=0.95, turn=20, warp=0.2)
def _knit(u, v, colours, rng):
    x = 1.4 * u
    y = 1.8 * v + 1.1 * _fold(x)
    loop = np.hypot(_fold(2 * x + 0.5), 0.9 * _fold(y))
    return _ramp(colours, 1 - 1.9 * np.clip(loop - 0.05, 0, 1))


@_kind(hue=0.11, warp=0.2)
def _braids(u, v, colours, rng):
    picture = np.broadcast_to(colours[0], (*u.shape, 3))
    place = np.stack([0.3 * np.sin(2 * np.pi * (v / 1.5 + k / 3)) for k in range(3)])
    depth = np.stack([np.cos(4 * np.pi * (v / 1.5 + k / 3)) for k in range(3)])
    x = u % 1 - 0.5
    for rank in range(3):  # the lowest strand first
        k = np.argsort(depth, axis=0)[rank][None]
        across = (x - np.take_along_axis(place, k, 0)[0]) / 0.17
        strand = _ramp(colours[1:], np.sqrt(np.clip(1 - across**2, 0, 1)) * (0.6 + 0.4 * (rank > 0)))
        picture = _over(picture, strand, _inside(np.abs(across) - 1, 0.1))
    return picture


# Things, one in each cell.


@_kind(hue=0.14, warp=0.2)
def _stars(u, v, colours, rng):
    x, y, look = _motifs(u, v, rng, turn=1)
    points = _fold(5 * np.arctan2(x, -y) / (2 * np.pi))
    picture = _ground(u, v, colours, rng)
    return _over(picture, _pick(colours[3:], look[..., 2]), _inside(np.hypot(x, y) * (1 + 2.2 * points) - 1.05, 0.08))


@_kind(hue=0.93, warp=0.2)
def _flowers(u, v, colours, rng):
    x, y, look = _motifs(u, v, rng, turn=3)
    r, petals = np.hypot(x, y), np.abs(np.cos(rng.choice([2.5, 3, 4]) * np.arctan2(y, x)))
    petal = _pick(colours[2:4], look[..., 2]) * (0.6 + 0.4 * r + 0.2 * petals)[..., None]
    picture = _over(_ground(u, v, colours, rng), petal, _inside(r - 0.45 - 0.6 * petals, 0.06))
    return _over(picture, colours[4], _inside(r - 0.3, 0.06))


@_kind(hue=0.97, warp=0.3)
def _roses(u, v, colours, rng):
    x, y, _ = _motifs(u, v, rng, turn=3)
    r = np.hypot(x, y)
    fold = (1.9 * r + 0.5 * np.arctan2(y, x) / np.pi + 0.1 * np.cos(5 * np.arctan2(y, x))) % 1
    return _over(_ground(u, v, colours, rng), _ramp(colours[1:], fold**0.7), _inside(r - 1, 0.05))


@_kind(hue=0.3, warp=0.2)
def _leaves(u, v, colours, rng):
    picture = _ground(u, v, colours, rng)
    for _ in range(2):
        x, y, look = _motifs(u, v, rng, turn=3, jitter=0.6)
        x = 0.95 * x
        leaf = _inside(_almond(x, y, 0.5), 0.04)
        veins = np.minimum(np.abs(y), 0.25 * _fold(4 * (x - 0.8 * np.abs(y))))
        picture = _over(picture, _pick(colours[1:4], look[..., 2]), leaf)
        picture = _over(picture, colours[4], 0.8 * leaf * _inside(veins - 0.03, 0.03))
    return picture


@_kind(hue=0.55, turn=25, warp=0.15)
def _eyes(u, v, colours, rng):
    x, y, _ = _motifs(u, v, rng, turn=0.25)
    r, lid = np.hypot(x, y), _almond(0.95 * x, y, 0.72)
    picture = _over(_ramp(colours[1:3], _noise(2 * u, 2 * v, rng, 2)), colours[0], _inside(lid - 0.12, 0.06))
    white = _inside(lid, 0.05)
    picture = _over(picture, np.array([0.96, 0.94, 0.9]), white)
    iris = _ramp(colours[1:4], _wave(9 * np.arctan2(y, x) / (2 * np.pi)) * 0.6 + 0.4 * (r > 0.35))
    picture = _over(picture, iris, white * _inside(r - 0.52, 0.05))
    picture = _over(picture, np.full(3, 0.03), white * _inside(r - 0.26, 0.05))
    return _over(picture, np.ones(3), white * _inside(np.hypot(x + 0.17, y + 0.2) - 0.11, 0.05))


@_kind(hue=0.08, turn=25, warp=0.1)
def _owls(u, v, colours, rng):
    x, y, _ = _motifs(u, v, rng, turn=0.2)
    body = np.minimum(np.hypot(x / 0.95, y / 1.0) - 0.95, np.abs(np.abs(x) - 0.62) * 1.5 + np.abs(y + 0.85) - 0.35)
    feathers = _ramp(colours[1:3], _wave(3 * x + 0.5 * np.floor(4 * y)) * _wave(4 * y))
    picture = _over(_ground(u, v, colours, rng) * 0.7, feathers, _inside(body, 0.05))
    r = np.hypot(np.abs(x) - 0.38, y + 0.25)
    for colour, radius in ((colours[4], 0.38), (np.array([0.95, 0.65, 0.1]), 0.25), (np.full(3, 0.03), 0.15)):
        picture = _over(picture, colour, _inside(r - radius, 0.04))
    return _over(picture, np.array([0.9, 0.5, 0.1]), _inside(3 * np.abs(x) + np.abs(y - 0.12) - 0.3, 0.05))


@_kind(hue=0.08, turn=25, warp=0.1)
def _cats(u, v, colours, rng):
    x, y, look = _motifs(u, v, rng, turn=0.25)
    side = np.abs(x)
    ears = np.maximum(np.abs(side - 0.55) + 0.5 * (y + 1.05) - 0.38, -1.05 - y)
    head = np.minimum(np.hypot(x / 0.9, (y - 0.1) / 0.78) - 0.95, np.maximum(ears, y))
    coat = _ramp(colours[2:4], 0.3 + 0.7 * (np.cos(9 * side) > 0.3) * (y < -0.2)) * (0.8 + 0.2 * look[..., :1])
    picture = _over(_ground(u, v, colours, rng), coat, _inside(head, 0.05))
    eye = _inside(np.hypot((side - 0.4) / 1.25, y + 0.05) - 0.22, 0.04)
    picture = _over(picture, np.array([0.75, 0.9, 0.3]), eye)
    picture = _over(picture, np.full(3, 0.03), eye * _inside(np.abs(side - 0.4) - 0.08, 0.04))
    picture = _over(picture, colours[4], _inside(np.hypot(side - 0.17, 1.2 * (y - 0.5)) - 0.2, 0.04))
    return _over(picture, np.full(3, 0.03), _inside(side + np.abs(y - 0.36) - 0.14, 0.04))


@_kind(hue=0.06, turn=25, warp=0.15)
def _fish(u, v, colours, rng):
    x, y, look = _motifs(u, 1.2 * v, rng, turn=0.3)
    x = 0.85 * x * np.where(look[..., 2] < 0.5, -1, 1)
    body, tail = _almond((x + 0.2) / 0.8, y, 0.45), np.maximum(np.abs(y) - 0.9 * (x - 0.45), np.abs(x - 0.75) - 0.25)
    shape = _inside(np.minimum(body, tail), 0.05)
    coat = _ramp(colours[2:], _wave(3.5 * x) * 0.7 + 0.3 * (y < 0))
    picture = _over(_ground(u, v, colours[:3], rng), coat, shape)
    eye = np.hypot(x + 0.62, y + 0.08)
    picture = _over(picture, np.ones(3), _inside(eye - 0.13, 0.04))
    return _over(picture, np.full(3, 0.03), _inside(eye - 0.07, 0.04))


@_kind(hue=0.0, warp=0.15)
def _ladybirds(u, v, colours, rng):
    x, y, _ = _motifs(u, v, rng, turn=3)
    shell = np.hypot(x / 0.85, (y - 0.1) / 0.9) - 0.95
    picture = _over(_ground(u, v, colours[1:], rng), np.full(3, 0.04), _inside(np.hypot(x, y + 0.75) - 0.4, 0.05))
    picture = _over(picture, colours[3], _inside(shell, 0.05))
    spots = [np.hypot(np.abs(x) - a, y - b) for a, b in ((0.42, -0.3), (0.5, 0.25), (0.25, 0.62))]
    black = np.minimum(np.minimum.reduce(spots) - 0.17, np.abs(x) - 0.05)
    return _over(picture, np.full(3, 0.04), _inside(shell, 0.05) * _inside(black, 0.05))


@_kind(hue=0.58, warp=0.15)
def _butterflies(u, v, colours, rng):
    x, y, look = _motifs(u, v, rng, turn=0.8)
    side = np.abs(x)
    upper = np.hypot((side - 0.5) / 1.0, (y + 0.35 + 0.35 * (side - 0.5)) / 0.85) - 0.48
    lower = np.hypot(side - 0.38, y - 0.45) - 0.36
    wing, inner = np.minimum(upper, lower), np.minimum(upper + 0.12, lower + 0.1)
    picture = _over(_ground(u, v, colours[1:4], rng), colours[0], _inside(wing, 0.05))
    picture = _over(picture, _pick(colours[2:], look[..., 2]), _inside(inner, 0.05))
    picture = _over(picture, colours[4], _inside(np.hypot(side - 0.6, y + 0.4) - 0.14, 0.05))
    return _over(picture, np.full(3, 0.05), _inside(np.hypot(x / 0.12, y / 0.75) - 1, 0.2))


@_kind(hue=0.4, turn=25, warp=0.2)
def _peacock(u, v, colours, rng):
    x, y, _ = _motifs(u, v, rng, turn=0.2, jitter=0.15)
    drop = np.hypot(x, y * np.where(y > 0, 0.8, 1))
    barbs = _wave(28 * np.arctan2(x, 1.6 - y) / (2 * np.pi))
    picture = _ramp(colours[1:4], 0.3 + 0.5 * barbs)
    for radius, colour in ((0.85, colours[3]), (0.65, colours[1]), (0.48, colours[4]), (0.28, colours[0])):
        picture = _over(picture, colour, _inside(drop - radius, 0.05))
    return picture


@_kind(hue=0.0, turn=25, warp=0.15)
def _mushrooms(u, v, colours, rng):
    x, y, _ = _motifs(u, v, rng, turn=0.3)
    cap = np.maximum(np.hypot(x, (y - 0.05) / 0.9) - 0.95, y - 0.05)
    stem = np.maximum(np.abs(x) - 0.25 - 0.12 * y, np.abs(y - 0.45) - 0.45)
    picture = _over(_ground(u, v, colours, rng), np.array([0.93, 0.88, 0.76]), _inside(stem, 0.05))
    picture = _over(picture, colours[2] * 0.5 + 0.5 * colours[3], _inside(cap, 0.05))
    spots = ((-0.5, -0.25), (0.05, -0.55), (0.5, -0.3))
    white = np.minimum.reduce([np.hypot(x - a, (y - b) / 0.8) for a, b in spots]) - 0.16
    return _over(picture, np.ones(3), _inside(cap, 0.05) * _inside(white, 0.05))


@_kind(hue=0.03, turn=12, warp=0.1)
def _pagodas(u, v, colours, rng):
    x, y, _ = _motifs(u, 0.8 * v, rng, turn=0.05, jitter=0.15)
    storey, floor = (1.8 * y + 0.9) % 1, np.floor(1.8 * y + 0.9)
    half = 0.32 + 0.13 * floor
    roof = _inside(np.abs(x) - half - 0.42 * (storey / 0.45) ** 2 + 0.1, 0.04) * (storey < 0.45)
    wall = _inside(np.abs(x) - half, 0.04) * (storey >= 0.45)
    tower = (floor >= -1) & (floor <= 2)
    picture = _over(_ramp(colours[3:], _noise(u, v, rng, 3)), colours[1], roof * tower)
    columns = np.where((_fold(4 * x) < 0.2)[..., None], colours[2], colours[0])
    return _over(picture, columns, wall * tower)


@_kind(warp=0.15)
def _crosses(u, v, colours, rng):
    x, y, look = _motifs(u, v, rng, turn=1)
    x, y = np.abs(x), np.abs(y)
    arms = np.minimum(np.maximum(x - 0.9, y - 0.26), np.maximum(y - 0.9, x - 0.26))
    return _over(_ground(u, v, colours, rng), _pick(colours[2:], look[..., 2]), _inside(arms, 0.06))


@_kind(hue=0.97, warp=0.15)
def _hearts(u, v, colours, rng):
    x, y, look = _motifs(u, v, rng, turn=0.5)
    heart = np.hypot(x, 1.1 * (0.1 - y) - 0.62 * np.sqrt(np.abs(x)) + 0.2) - 0.82
    return _over(_ground(u, v, colours, rng), _pick(colours[2:], look[..., 2]), _inside(heart, 0.06))


@_kind(hue=0.6, turn=10, warp=0.1)
def _glyphs(u, v, colours, rng):
    cells = _cells(np.floor(1.6 * u) + 0.5, np.floor(1.2 * v) + 0.5, rng, 0).look
    x, y = 2.4 * (1.6 * u % 1 - 0.5), 2.4 * (1.2 * v % 1 - 0.5)
    strokes = [
        np.where(cells[..., 0] < 0.6, np.maximum(np.abs(x + 0.5), np.abs(y) - 0.8), 9),
        np.where(cells[..., 1] < 0.6, np.maximum(np.abs(y - 0.8), np.abs(x) - 0.6), 9),
        np.where(cells[..., 2] < 0.6, np.maximum(np.abs(y), np.abs(x) - 0.6), 9),
        np.where(cells[..., 0] > 0.4, np.abs(np.hypot(x, y + 0.35) - 0.45), 9),
        np.where(cells[..., 1] > 0.5, np.maximum(np.abs(x - y), np.abs(y) - 0.7), 9),
    ]
    return _over(_ramp(colours[3:], _noise(u, v, rng, 3)), colours[0], _inside(np.minimum.reduce(strokes) - 0.13, 0.08))


TEXTURES = tuple(_KINDS)
