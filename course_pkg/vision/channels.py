"""What does a channel respond to? Climb in the space of pictures until it responds as strongly as it can.

An :class:`Objective` says what shall respond: ``channel``, ``neuron`` or ``score`` (a class), or a sum of them with
weights, such as ``channel("mixed4", 139) + 0.5 * channel("mixed4", 65)``. ``visualise`` makes the picture. A
:class:`Method` says how it climbs; ``METHODS`` has those of the literature.
"""

import math
from collections.abc import Iterable
from contextlib import nullcontext
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
import torch
import torch.nn.functional as F

from course_pkg._validate import as_bool, as_choice, as_int, as_number, as_pair, describe
from course_pkg.vision.colours import correlated, natural
from course_pkg.vision.preview import preview
from course_pkg.vision.pyramid import blur, by_deviation, level, random_shift, resize, shift

LEAK = 0.1  # what a response below 0 counts
SMALLEST = 16  # pixels, the side of a picture


class Term(NamedTuple):
    """``weight`` times a response: of ``channel`` of ``layer``, at a place or on the mean, or of a class (no layer)."""

    weight: float
    layer: str | None
    channel: int | str
    at: tuple[float, float] | None

    def read(self, maps, scores, n, frame):
        """Return the weighted response to image number ``n``, given all maps and scores.

        Of a map only what is inside the ``frame`` counts, whose width is given as shares of the height and the width.
        """
        if self.layer is None:
            return self.weight * scores[n, self.channel]
        response = maps[self.layer][n, self.channel]
        rows, columns = (
            slice(round(f * side), side - round(f * side)) for f, side in zip(frame, response.shape, strict=True)
        )
        response = response[rows, columns]
        if self.at is None:
            return self.weight * F.leaky_relu(response, LEAK).mean()
        row, column = (min(int(share * side), side - 1) for share, side in zip(self.at, response.shape, strict=True))
        return self.weight * response[row, column]


@dataclass(frozen=True)
class Objective:
    """What a picture shall excite: a sum of weighted responses. Objectives can be added and multiplied by numbers."""

    terms: tuple[Term, ...]

    def __add__(self, other):
        return Objective(self.terms + other.terms) if isinstance(other, Objective) else NotImplemented

    def __mul__(self, weight):
        weight = as_number("weight", weight)
        return Objective(tuple(term._replace(weight=weight * term.weight) for term in self.terms))

    __rmul__ = __mul__

    def __neg__(self):
        return -1 * self

    def __sub__(self, other):
        return self + -other if isinstance(other, Objective) else NotImplemented

    def __str__(self):
        return " + ".join(
            ("" if term.weight == 1 else f"{term.weight:g} × ")
            + (f"class {term.channel}" if term.layer is None else f"{term.layer}, channel {term.channel}")
            + ("" if term.at is None else f" at {term.at[0]:g} down, {term.at[1]:g} right")
            for term in self.terms
        )

    def checked(self, network):
        """Return the objective with the names of classes as numbers; raise where ``network`` has no such response."""
        return Objective(tuple(_checked(term, network) for term in self.terms))


def _checked(term, network):
    if term.layer is None:
        return term._replace(channel=network.class_number(term.channel))
    count = network.layers[as_choice("layer", term.layer, tuple(network.layers))]
    if term.channel >= count:
        raise ValueError(f"channel: expected 0 to {count - 1}, got {term.channel}")
    return term


def channel(layer, number):
    """Return the :class:`Objective` "the mean of f(a) over all responses a of channel ``number`` of ``layer``".

    f(a) = a for a ≥ 0 and a/10 below: what a ReLU lets through counts, but a silent channel has a gradient too. So take
    a layer before its ReLU (``network.before_relu``); behind it, what a channel is silent to stays noise.
    """
    return Objective((Term(1.0, layer, as_int("number", number, minimum=0), None),))


def neuron(layer, number, at=(0.5, 0.5)):
    """Return the :class:`Objective` "channel ``number`` of ``layer`` at one place".

    ``at`` is the place as shares of height and width, (0, 0) top left, (0.5, 0.5) in the middle, each below 1.
    """
    if not isinstance(at, (tuple, list)) or len(at) != 2:
        raise ValueError(f"at: expected two shares (down, right), got {describe(at)}")
    at = tuple(as_number(f"at[{i}]", share, minimum=0) for i, share in enumerate(at))
    if max(at) >= 1:
        raise ValueError(f"at: expected shares from 0 to below 1, got {at}")
    return Objective((Term(1.0, layer, as_int("number", number, minimum=0), at),))


def score(which):
    """Return the :class:`Objective` "the score of class ``which``", a number or a name, before the softmax.

    The probability after the softmax could also be raised by lowering all other scores (Simonyan et al., 2014).
    """
    return Objective((Term(1.0, None, which if isinstance(which, str) else as_int("which", which, minimum=0), None),))


def responses(network, objectives, images, wrap=0):
    """Return the value (N,) of each of N ``objectives`` for its image of ``images`` (N, 3, H, W), with gradients.

    With ``wrap`` so many pixels of the opposite side are put around each image before the network sees it, and what
    maps say about these is left out. The zeros that networks put around a picture are an edge that is not in it.
    """
    frame = [wrap / (side + 2 * wrap) for side in images.shape[2:]]
    images = F.pad(images, (wrap,) * 4, mode="circular")
    terms = [term for objective in objectives for term in objective.terms]
    layers = list(dict.fromkeys(term.layer for term in terms if term.layer is not None))
    maps = network.features(images, layers) if layers else {}
    scores = network.scores(images) if any(term.layer is None for term in terms) else None
    return torch.stack(
        [sum(term.read(maps, scores, n, frame) for term in objective.terms) for n, objective in enumerate(objectives)]
    )


@dataclass(frozen=True)
class Method:
    """How to climb. ``METHODS`` names some; ``visualise(…, method="laplacian", jitter=4)`` changes single settings.

    ``steps``     steps at each size;
    ``rate``      step size: of a gradient of deviation 1 in units of the picture (0 … 1), or Adam's with ``fourier``;
    ``noise``     the pixels start in 0.5 ± half of this;
    ``octaves``   sizes, each ``scale`` times the one before it, the last the full one;
    ``levels``    bands of detail that are made equally strong in the gradient; 0 leaves it as it is;
    ``blurs``     how often the gradient is blurred;
    ``photo_colours``  how much the gradient is turned towards the colours of photos, 0 not, 1 fully;
    ``jitter``    largest random shift before each step, in pixels;
    ``wrap``      pixels of the opposite side put around the picture, so that nothing special happens at its border;
    ``wobble``    largest random turn, in degrees, and change of size, in percent, before each step;
    ``fourier``   climb in the Fourier coefficients of decorrelated colours in place of the pixels.
    """

    steps: int = 20
    rate: float = 1 / 255
    noise: float = 0.04
    octaves: int = 1
    scale: float = 1.4
    levels: int = 0
    blurs: int = 0
    photo_colours: float = 0.0
    jitter: int = 0
    wrap: int = 0
    wobble: float = 0.0
    fourier: bool = False

    def __post_init__(self):
        for name in ("steps", "octaves"):
            as_int(name, getattr(self, name), minimum=1)
        for name in ("levels", "blurs", "jitter", "wrap"):
            as_int(name, getattr(self, name), minimum=0)
        if self.wrap > SMALLEST:
            raise ValueError(f"wrap: expected at most {SMALLEST}, the side of the smallest picture, got {self.wrap}")
        as_number("rate", self.rate, above=0)
        as_number("scale", self.scale, above=1)
        for name in ("noise", "wobble", "photo_colours"):
            as_number(name, getattr(self, name), minimum=0)
        as_bool("fourier", self.fourier)
        if self.fourier and (self.octaves > 1 or self.levels or self.blurs or self.photo_colours):
            raise ValueError("fourier: expected octaves 1 and levels, blurs and photo_colours 0, which are for pixels")


METHODS = {
    "naive": Method(),
    "multiscale": Method(rate=4 / 255, steps=10, octaves=4, jitter=16, wrap=8),
    "laplacian": Method(rate=4 / 255, steps=10, octaves=4, jitter=16, wrap=8, levels=4),
    "photo": Method(rate=4 / 255, steps=10, octaves=4, jitter=16, wrap=8, levels=4, photo_colours=0.25),
    "fourier": Method(rate=0.05, steps=60, jitter=8, wobble=5.0, wrap=8, fourier=True),
}


class Visualisation(NamedTuple):
    """What :func:`visualise` made: the picture (H, W, 3) in 0 … 1, and the objective before each step (steps,).

    For a list of N objectives ``picture`` is (N, H, W, 3) and ``history`` (steps, N).
    """

    picture: np.ndarray
    history: np.ndarray


def visualise(network, objective, *, size=128, method="photo", seed=0, watch=None, **changes):
    """Return a picture that makes ``objective`` large, by gradient ascent from noise: a :class:`Visualisation`.

    I ← I + rate · N(∂objective/∂I), where N normalises the gradient as ``method`` says: a name of ``METHODS`` or a
    :class:`Method`, whose settings ``changes`` replaces. ``size`` is the height and width in pixels. Several
    objectives in a list are climbed side by side, all from the same noise and with the same random shifts, so
    that pictures differ only by what is asked for. Pixels are free while climbing; at the end the picture's mean is
    moved to 0.5 and its deviation to 0.2, and what leaves 0 … 1 is cut, as TensorFlow's tutorial does.
    ``watch(picture, done, total)`` is called after each step with the first picture; without it, a progress bar and a
    preview show where somebody watches. An interruption (the stop button) ends the climb: then the picture so far is
    returned.
    Raises TypeError or ValueError for what is no objective, or one that the network does not have.
    Sources: Erhan et al., 2009; Simonyan et al., 2014; Mordvintsev, 2016; Olah et al., 2017.
    """
    several = not isinstance(objective, Objective)
    objectives = list(objective) if several and isinstance(objective, Iterable) else [objective]
    if not objectives or not all(isinstance(each, Objective) for each in objectives):
        raise TypeError(f"objective: expected an Objective or a list of them, got {describe(objective)}")
    if not isinstance(method, Method):
        method = METHODS[as_choice("method", method, tuple(METHODS))]
    method = replace(method, **changes)
    size = as_pair("size", size, minimum=SMALLEST)
    generator = torch.Generator().manual_seed(as_int("seed", seed, minimum=0))
    objectives = [each.checked(network) for each in objectives]

    def measure(images):
        return responses(network, objectives, images, method.wrap)

    climb = (_climb_spectrum if method.fourier else _climb_pixels)(
        measure, len(objectives), size, method, generator, network.device
    )
    history = []
    try:
        with preview("visualising") if watch is None else nullcontext(watch) as show:
            for images, values in climb:
                history.append(values.tolist())
                if show is not None:
                    show(_pictures(images[:1], method)[0], len(history), method.steps * method.octaves)
    except KeyboardInterrupt:
        if not history:
            raise
    pictures, history = _pictures(images, method), np.array(history)
    return Visualisation(pictures, history) if several else Visualisation(pictures[0], history[:, 0])


def _pictures(images, method):
    """Return arrays (N, H, W, 3) in 0 … 1 from the images (N, 3, H, W) of a climb."""
    if not method.fourier:
        images = 0.5 + 0.2 * by_deviation(images - images.mean(dim=(1, 2, 3), keepdim=True))
    return images.clamp(0, 1).permute(0, 2, 3, 1).cpu().double().numpy()


def _climb_pixels(measure, count, size, method, generator, device):
    """Yield the images (N, 3, H, W) after each step, and the values (N,) before it: ascent in the pixels."""
    sizes = [[max(SMALLEST, round(s / method.scale**k)) for s in size] for k in reversed(range(method.octaves))]
    noise = torch.rand(1, 3, *sizes[0], generator=generator)
    images = (0.5 + method.noise * (noise - 0.5)).to(device).repeat(count, 1, 1, 1)
    for octave in sizes:
        images = resize(images, octave)
        for _ in range(method.steps):
            seen = images.requires_grad_()
            values = measure(_disturbed(seen, method, generator))
            (gradient,) = torch.autograd.grad(values.sum(), seen)
            images = images.detach() + method.rate * steepest(gradient, method)
            yield images, values.detach()


def steepest(gradient, method):
    """Return the direction of a step (N, 3, H, W) of deviation 1 from the ``gradient``, as ``method`` says."""
    for _ in range(method.blurs):
        gradient = blur(gradient)
    if method.photo_colours:
        gradient = natural(gradient, method.photo_colours)
    return level(gradient, method.levels) if method.levels else by_deviation(gradient)


def _climb_spectrum(measure, count, size, method, generator, device):
    """Yield the images after each step and the values before it: Adam on the Fourier coefficients.

    A coefficient of frequency f is worth 1/f in the picture, so that a step changes the coarse more than the fine.
    The colours are those of independent directions, and a sigmoid keeps the picture in 0 … 1 all the time.
    """
    height, width = size
    f = torch.hypot(torch.fft.fftfreq(height)[:, None], torch.fft.rfftfreq(width)).clamp(min=1 / max(size))
    worth = (math.sqrt(height * width) / f / 4).to(device)
    start = 0.01 * torch.randn(1, 3, *worth.shape, 2, generator=generator)
    spectrum = start.to(device).repeat(count, 1, 1, 1, 1).requires_grad_()
    optimiser = torch.optim.Adam([spectrum], lr=method.rate, maximize=True)

    def render():
        plain = torch.fft.irfft2(worth * torch.view_as_complex(spectrum), s=size, norm="backward")
        return torch.sigmoid(correlated(plain))

    for _ in range(method.steps):
        values = measure(_disturbed(render(), method, generator))
        optimiser.zero_grad()
        values.sum().backward()
        optimiser.step()
        with torch.no_grad():
            images = render()
        yield images, values.detach()


def _disturbed(images, method, generator):
    """Return ``images`` turned, scaled and shifted at random: what the picture shows must survive that."""
    if method.wobble:
        angle, grow = method.wobble * (2 * torch.rand(2, generator=generator) - 1)
        angle, grow = math.radians(angle), 1 + grow / 100
        turn = grow * torch.tensor([[math.cos(angle), -math.sin(angle), 0], [math.sin(angle), math.cos(angle), 0]])
        grid = F.affine_grid(turn.expand(len(images), 2, 3), images.shape, align_corners=False).to(images)
        images = F.grid_sample(images, grid, padding_mode="reflection", align_corners=False)
    return shift(images, random_shift(generator, method.jitter))
