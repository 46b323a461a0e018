"""DeepDream: a picture is changed until a layer of a network answers more strongly to what it sees in it already.

The algorithm of the course's three-session deck (000): carry the picture I forward to a layer L, take the activation
itself for the feedback, δL = L, carry it back to the picture, and step: I ← I + λ·dI. ``dream`` adds what the original
has around it: octaves, jitter, a step of constant size, a guide picture, tiles for large pictures.
Source: Mordvintsev, Olah and Tyka, 2015, "Inceptionism", and the notebook that they published with it.
"""

from contextlib import nullcontext
from dataclasses import dataclass
from math import cos, radians, sin
from pathlib import Path

import numpy as np
import torch
from torch.nn import functional

from course_pkg._validate import as_array, as_bool, as_choice, as_int, as_number, describe
from course_pkg.vision import pyramid
from course_pkg.vision.colours import natural
from course_pkg.vision.network import Network, picture
from course_pkg.vision.preview import preview
from course_pkg.vision.tiles import tiled_gradient

SMALLEST = 32  # pixels: below that the networks have nothing left to look at
COARSEST = 8  # the lowest frequencies of a gradient are what is left of it at 8×8 pixels


@dataclass
class Dream:
    """A dreamt ``picture`` (H, W, 3) in 0 … 1, the ``caption`` that says who dreamt it, and how it came about.

    ``objectives`` has a list for each octave, the smallest first: the objective before each step, a mean over the
    positions of the picture. ``finished`` is False if somebody interrupted it; the picture is as far as it had come.
    """

    picture: np.ndarray
    caption: str
    objectives: list
    finished: bool


def dream(
    network,
    image,
    layers=None,
    *,
    target=None,
    guide=None,
    steps=10,
    step=4 / 255,
    octaves=4,
    scale=1.4,
    jitter=32,
    colours=True,
    blur=1,
    damp=0.9,
    tile=None,
    halo=64,
    seed=0,
    watch=None,
):
    """Return the :class:`Dream` of ``network`` (a :class:`Network`) about ``image`` (H, W, 3), values in 0 … 1.

    What rises. With ``layers``, a name, a list of names or a dict from names to weights, Σ_L w_L · ½‖a_L‖²/n_L, where
    n_L counts the numbers of the layer: the feedback is the activation itself. A pair (name, channel) in place of a
    name means that channel alone. With ``guide``, a picture, the feedback at each position of a layer is, among the
    guide's features of that layer, the one with the largest dot product with the picture's. With ``target`` in place of
    layers: the score of a class, by its name or number.

    How. The picture is shrunk ``octaves`` − 1 times by ``scale``. From the smallest size to the full one it makes
    ``steps`` steps I ← I + step·g/mean|g|, cut to 0 … 1, each under a random shift of up to ``jitter`` pixels; what
    they added is enlarged and carried to the next size. ``step`` is the mean change of a value. The gradient g has gone
    through three treatments that the original does not have: ``colours`` bends it towards the colours of photos,
    ``blur`` is how many times it is blurred lightly, and ``damp`` is the share of its lowest frequencies, which only
    tint the picture, that is taken out. ``step=1.5 / 255, colours=False, blur=0, damp=0`` is the original.
    With ``tile`` the gradient is computed in tiles of that size, with ``halo`` pixels around them, so that the memory
    does not grow with the picture (see :func:`tiled_gradient`; a class is then looked for in each tile by itself).

    The same ``seed`` gives the same picture. ``watch(picture, done, total)`` is called after each step; by default
    there are a progress bar and a preview, where somebody watches. An interrupt (Ctrl-C, Stop) ends the dream and the
    picture so far is kept.

    Raises TypeError or ValueError naming the argument that is wrong.
    """
    if not isinstance(network, Network):
        raise TypeError(f"network: expected a vision.Network, got {describe(network)}")
    full = network.tensor(_as_picture("image", image))
    sizes = _sizes(full.shape[2:], as_int("octaves", octaves, minimum=1), as_number("scale", scale, above=1))
    steps, step = as_int("steps", steps, minimum=1), as_number("step", step, above=0)
    jitter, blur = as_int("jitter", jitter, minimum=0), as_int("blur", blur, minimum=0)
    colours, damp = as_bool("colours", colours), as_number("damp", damp, minimum=0)
    if watch is not None and not callable(watch):
        raise TypeError(f"watch: expected a function of the picture, done and total, got {describe(watch)}")
    objective = _objective(network, layers, target, guide)
    generator = torch.Generator().manual_seed(as_int("seed", seed, minimum=0))

    base = now = pyramid.resize(full, sizes[0])
    objectives, finished = [], True
    try:
        with preview("dreaming") if watch is None else nullcontext(watch) as watch:
            for size in sizes:
                larger = pyramid.resize(full, size)
                now, base = pyramid.resize(now - base, size).add_(larger), larger
                objectives.append([])
                for _ in range(steps):
                    by = pyramid.random_shift(generator, jitter)
                    value, gradient = _gradient(objective, pyramid.shift(now, by), tile, halo, generator)
                    gradient = _treated(pyramid.shift(gradient, (-by[0], -by[1])), colours, blur, damp)
                    now.add_(gradient.mul_(step / gradient.abs().mean().clamp(min=1e-30))).clamp_(0, 1)
                    objectives[-1].append(value / (size[0] * size[1]))
                    if watch is not None:
                        watch(picture(now), sum(map(len, objectives)), steps * len(sizes))
    except KeyboardInterrupt:
        finished = False
        now = pyramid.resize(now - base, full.shape[2:]).add_(full)
    return Dream(picture(now), f"A dream of {network.caption}", objectives, finished)


def _as_picture(name, value):
    """Return ``value`` as an array (H, W, 3) with values in 0 … 1, or raise."""
    value = as_array(name, value, shape=(None, None, 3))
    if not value.size or value.min() < 0 or value.max() > 1:
        raise ValueError(f"{name}: expected values in 0 … 1, got {describe(value)} with others, or with none")
    return value


def _sizes(full, octaves, scale):
    """Return the sizes (height, width) of the octaves, the smallest first, or raise where that is too small."""
    sizes = [tuple(round(side / scale**i) for side in full) for i in reversed(range(octaves))]
    if min(sizes[0]) < SMALLEST:
        raise ValueError(
            f"octaves: expected so few that the smallest picture is at least {SMALLEST} pixels high and wide, "
            f"got {octaves}, which makes it {sizes[0][0]}×{sizes[0][1]}"
        )
    return sizes


def _objective(network, layers, target, guide):
    """Return the function of images (1, 3, h, w) that rises: a sum over pixels, so that tiles add up."""
    if (layers is None) == (target is None):
        raise TypeError("layers: expected either layers or a target, got " + ("neither" if layers is None else "both"))
    if target is not None:
        if guide is not None:
            raise TypeError("guide: expected none with a target, since it is compared with layers")
        number = network.class_number(target, "target")
        return lambda images: network.scores(images)[0, number] * images[0, 0].numel()
    weights = _weights(network, layers)
    names = list(dict.fromkeys(name for name, _ in weights))
    wanted = None
    if guide is not None:
        with torch.no_grad():
            features = network.features(network.tensor(_as_picture("guide", guide)), names)
        wanted = {name: maps[0].flatten(1) for name, maps in features.items()}

    def objective(images):
        features = network.features(images, names)
        total = 0.0
        for (name, channel), weight in weights.items():
            maps = features[name][0] if channel is None else features[name][0, channel : channel + 1]
            if wanted is None:
                total = total + weight * maps.square().mean() / 2
            else:
                guides = wanted[name] if channel is None else wanted[name][channel : channel + 1]
                # the gradient by the maps at a position is the column of the guide that wins there
                total = total + weight * (guides.T @ maps.flatten(1)).amax(dim=0).mean() / len(guides)
        return total * images[0, 0].numel()

    return objective


def _weights(network, layers):
    """Return {(layer, channel or None): weight} of ``layers`` in any of the forms that ``dream`` takes."""
    if isinstance(layers, str) or _is_channel(layers):
        layers = [layers]
    if not isinstance(layers, dict):
        if not isinstance(layers, (list, tuple)) or not layers:
            raise TypeError(f"layers: expected a name, a list of names or a dict, got {describe(layers)}")
        layers = dict.fromkeys(layers, 1.0)
    weights = {}
    for key, weight in layers.items():
        name, channel = key if _is_channel(key) else (key, None)
        as_choice("layers", name, tuple(network.layers))
        if channel is not None and not 0 <= as_int("layers", channel) < network.layers[name]:
            raise ValueError(f"layers: {name!r} has channels 0 to {network.layers[name] - 1}, got {channel}")
        weights[name, channel] = as_number(f"layers[{key!r}]", weight)
    return weights


def _is_channel(key):
    return isinstance(key, tuple) and len(key) == 2 and isinstance(key[0], str) and not isinstance(key[1], str)


def _gradient(objective, images, tile, halo, generator):
    """Return (objective, its gradient by ``images``), in tiles or at once."""
    if tile is not None:
        return tiled_gradient(objective, images, tile=tile, halo=halo, generator=generator)
    images = images.detach().requires_grad_()
    value = objective(images)
    (gradient,) = torch.autograd.grad(value, images)
    return float(value.detach()), gradient


def _treated(gradient, colours, blur, damp):
    """Return a gradient (1, 3, H, W) that makes better pictures; see ``dream``."""
    if colours:
        gradient = natural(gradient)
    for _ in range(blur):
        gradient = pyramid.blur(gradient)
    if damp:
        size = gradient.shape[2:]
        lowest = pyramid.resize(gradient, [min(side, COARSEST) for side in size])
        gradient = gradient.sub_(pyramid.resize(lowest, size).mul_(damp))
    return gradient


def zoom(network, image, layers=None, *, frames=24, factor=1.05, turn=0.0, seed=0, watch=None, **options):
    """Return the frames of a flight into a dream, a list of arrays (H, W, 3): dream, enlarge, dream again.

    The first frame is the dream about ``image``; each other one is the frame before, enlarged ``factor`` times around
    its middle and turned by ``turn`` degrees, and dreamt about. ``options`` are those of :func:`dream`; few steps and
    octaves a frame are enough, since the frames build on each other. ``watch(picture, done, total)`` is called after
    each frame. An interrupt ends it, and the frames so far are returned.

    Raises what ``dream`` raises.
    """
    frames, factor = as_int("frames", frames, minimum=1), as_number("factor", factor, above=0)
    turn, seed = as_number("turn", turn), as_int("seed", seed, minimum=0)
    made = []
    try:
        with preview("zooming") if watch is None else nullcontext(watch) as watch:
            for i in range(frames):
                one = dream(network, image, layers, seed=seed + i, watch=_unwatched, **options)
                if not one.finished:
                    break
                made.append(one.picture)
                image = _enlarged(one.picture, factor, turn)
                if watch is not None:
                    watch(one.picture, len(made), frames)
    except KeyboardInterrupt:
        pass
    return made


def _unwatched(_picture, _done, _total):
    """Watch nothing: the frames of a flight are watched, not the steps of each."""


def _enlarged(picture_, factor, turn):
    """Return a picture (H, W, 3) enlarged around its middle and turned, at the same size."""
    height, width = picture_.shape[:2]
    c, s = cos(radians(turn)) / factor, sin(radians(turn)) / factor
    # affine_grid measures height and width from −1 to 1, so the turn must know their ratio
    matrix = torch.tensor([[[c, s * height / width, 0.0], [-s * width / height, c, 0.0]]], dtype=torch.float64)
    images = torch.from_numpy(picture_).permute(2, 0, 1)[None]
    grid = functional.affine_grid(matrix, images.shape, align_corners=False)
    return picture(functional.grid_sample(images, grid, "bicubic", "reflection", align_corners=False))


def save_animation(path, frames, *, seconds=0.1, back=True):
    """Write ``frames``, arrays (H, W, 3) in 0 … 1, as an animation that repeats: GIF, WebP or PNG by the ending.

    Each frame is shown for ``seconds``; with ``back`` the way back follows, so that the end joins the beginning.
    Raises ValueError or TypeError for wrong arguments, OSError where nothing can be written.
    """
    from PIL import Image

    path = Path(path)
    as_choice("path", path.suffix.lower(), (".gif", ".webp", ".png"))
    if not isinstance(frames, (list, tuple)) or not frames:
        raise TypeError(f"frames: expected a list of pictures, got {describe(frames)}")
    pictures = [_as_picture(f"frames[{i}]", frame) for i, frame in enumerate(frames)]
    images = [Image.fromarray(np.round(one * 255).astype(np.uint8)) for one in pictures]
    if as_bool("back", back):
        images += images[-2:0:-1]
    duration = round(1000 * as_number("seconds", seconds, above=0))
    images[0].save(path, save_all=True, append_images=images[1:], duration=duration, loop=0)
