"""Neural Style: a picture X with the content of a photo Y and the style of another picture Z, found by optimisation.

``stylise`` minimises L(X, Y, Z) = α L_content(X, Y) + β L_style(X, Z) (+ τ · total variation) over the pixels of X.
``StyleObjective`` is that loss for one size, with its gradient by hand and by autograd.

Sources: Gatys, Ecker & Bethge, "A neural algorithm of artistic style", 2015; coarse to fine and the colours of the
photo: Gatys and others, 2016 and 2017.
"""

from contextlib import nullcontext
from dataclasses import dataclass
from typing import NamedTuple
from zipfile import BadZipFile

import numpy as np
import torch

from course_pkg._validate import as_array, as_choice, as_int, as_number, describe
from course_pkg.vision import gram as g
from course_pkg.vision.network import Network, picture
from course_pkg.vision.preview import preview
from course_pkg.vision.pyramid import resize

COLOURS = ("style", "luminance", "histogram")
LEARNING_RATES = {"lbfgs": 1.0, "adam": 0.02}
FIRST_STEP, LONGEST_STEP = 0.01, 0.05  # mean change of a value in a step of L-BFGS
# Layers of the content and of the style; the first line that a network has all layers of is its default.
LAYERS = (
    (("conv4_2",), ("conv1_1", "conv2_1", "conv3_1", "conv4_1", "conv5_1")),
    (("relu3b",), ("relu1", "relu2", "relu3a", "relu3b", "relu4a")),
    (("inception4a",), ("conv1", "conv3", "inception3a", "inception3b", "inception4a")),
)
LUMA = np.array([0.299, 0.587, 0.114])  # how much red, green and blue add to the luminance Y of YIQ


class Losses(NamedTuple):
    """The parts of the loss, each without its weight, and their weighted sum."""

    total: torch.Tensor
    content: torch.Tensor
    style: torch.Tensor
    variation: torch.Tensor


class StyleObjective:
    """L(X) = α Σ v_l L_content,l + β Σ w_l L_style,l + τ V for pictures X of one size.

    ``content`` and ``style`` give, for each layer by name, (weight, target, factor): the target is the photo's maps
    (1, C, h, w) or a Gram matrix (C, C), the factor is the normalisation's.
    """

    def __init__(self, network, content, style, *, content_weight, style_weight, variation_weight):
        self.network, self.content, self.style = network, content, style
        self.alpha, self.beta, self.tau = content_weight, style_weight, variation_weight
        self.layers = list(dict.fromkeys([*content, *style]))

    def _losses(self, images, maps, grams):
        zero = images.new_zeros(())
        content = sum((w * c * g.content_loss(maps[k], t) for k, (w, t, c) in self.content.items()), zero)
        style = sum((w * c * g.style_loss(grams[k], t) for k, (w, t, c) in self.style.items()), zero)
        variation = g.variation(images) if self.tau else zero
        return Losses(self.alpha * content + self.beta * style + self.tau * variation, content, style, variation)

    def by_autograd(self, images):
        """Return (losses, ∂L/∂X) for ``images`` X (1, 3, H, W): the loss is one graph, the framework differentiates."""
        x = images.detach().requires_grad_()
        maps = self.network.features(x, self.layers)
        losses = self._losses(x, maps, {name: g.gram(maps[name]) for name in self.style})
        (gradient,) = torch.autograd.grad(losses.total, x)
        return Losses(*(part.detach() for part in losses)), gradient

    def by_hand(self, images):
        """Return the same with δ_l = ∂L/∂F_l written out, fed in at each layer, and carried back by the network only.

        δ_l = α v_l (F − P) + β w_l 4 (G − A) F, times the factors of the normalisation.
        """
        x = images.detach().requires_grad_()
        maps = self.network.features(x, self.layers)
        with torch.no_grad():
            grams = {name: g.gram(maps[name]) for name in self.style}
            losses = self._losses(x, maps, grams)
            deltas = dict.fromkeys(self.layers, 0)
            for name, (weight, target, factor) in self.style.items():
                quick = maps[name].to(self.network.dtype)  # G must be exact; for its product with F half the bits do
                deltas[name] = g.style_gradient(quick, grams[name], target, self.beta * weight * factor).float()
            for name, (weight, target, factor) in self.content.items():
                delta = g.content_gradient(maps[name], target)
                deltas[name] = deltas[name] + delta.mul_(self.alpha * weight * factor)
        (gradient,) = torch.autograd.grad([maps[n] for n in self.layers], x, [deltas[n] for n in self.layers])
        if self.tau:
            gradient += self.tau * g.variation_gradient(images)
        return losses, gradient


@dataclass
class Styled:
    """What ``stylise`` gives: ``picture`` (H, W, 3) in 0 … 1, and the ``caption`` that says which network made it.

    ``history``: name → values by evaluation, for "total", "content", "style", "variation". ``finished`` is False after
    an interruption; ``state`` has all that is needed to go on (see ``save``), as arrays.
    """

    picture: np.ndarray
    caption: str
    history: dict
    finished: bool
    state: dict

    def save(self, path):
        """Write the state to a file .npz, which ``stylise(..., resume=path)`` goes on from."""
        with open(path, "wb") as file:
            np.savez(file, **self.state)


def stylise(
    network,
    content,
    styles,
    *,
    content_layers=None,
    style_layers=None,
    content_weight=1.0,
    style_weight=5.0,
    mix=None,
    variation_weight=5.0,
    normalisation="relative",
    start="content",
    colour="style",
    optimiser="lbfgs",
    lr=None,
    steps=100,
    scales=(1.0,),
    style_scale=1.0,
    gradient="hand",
    seed=0,
    watch=None,
    resume=None,
):
    """Return :class:`Styled`: the picture X that minimises α L_content(X, Y) + β L_style(X, Z) + τ V(X).

    L_content = Σ v ½‖I(X) − I(Y)‖² over ``content_layers``, L_style = Σ w ‖G(X) − G(Z)‖² over ``style_layers``, each
    with the factors of ``normalisation`` (see ``gram.content_factor`` and ``gram.style_factor``).

    ``content``: the photo Y, (H, W, 3) in 0 … 1; X gets its size. ``styles``: Z, a picture of any size or a list of
    pictures whose Gram matrices are averaged with the weights ``mix``; they are scaled to the photo's area times
    ``style_scale``², so that a smaller number makes a finer texture. Layers are names, or a dict name → weight; without
    weights all count alike. α, β, τ are ``content_weight``, ``style_weight``, ``variation_weight``; defaults were
    chosen by eye, for the small network and the normalisation "relative".
    ``start``: "content", "random" (noise from ``seed``) or a picture of the photo's size.
    ``colour``: that of the "style"; or the photo's, by styling its "luminance" only, or by giving the style's pictures
    the mean and covariance of the photo's colours first ("histogram").
    ``optimiser`` "lbfgs" or "adam" with learning rate ``lr`` (1 and 0.02); ``steps``: evaluations of the loss, in all,
    or a number for each of ``scales``, the sizes of X from coarse to fine as shares of the photo's.
    ``gradient``: "hand" or "autograd", see ``StyleObjective``.
    ``watch(picture, done, total)`` is called after each evaluation; by default there are a progress bar and a preview,
    where somebody watches. An interrupt (Ctrl-C, Stop) ends the work, and the last picture is kept.
    ``resume``: a ``Styled`` or a file that it saved; the other arguments must be the same, ``steps`` may be more.

    Raises TypeError or ValueError for wrong arguments, a file that is no such state, or layers that are not there.
    """
    if not isinstance(network, Network):
        raise TypeError(f"network: expected a vision.Network, got {describe(network)}")
    content = as_array("content", content, shape=(None, None, 3))
    styles = [styles] if isinstance(styles, np.ndarray) and styles.ndim == 3 else list(styles)
    styles = [as_array(f"styles[{i}]", style, shape=(None, None, 3)) for i, style in enumerate(styles)]
    mix = _mix(mix, len(styles))
    as_choice("colour", colour, COLOURS)
    as_choice("optimiser", optimiser, tuple(LEARNING_RATES))
    lr = LEARNING_RATES[optimiser] if lr is None else as_number("lr", lr, above=0)
    as_choice("gradient", gradient, ("hand", "autograd"))
    content_layers, style_layers = _layers(network, content_layers, style_layers)
    if watch is not None and not callable(watch):
        raise TypeError(f"watch: expected a function of the picture, done and total, got {describe(watch)}")
    weights = {
        "content_weight": as_number("content_weight", content_weight, minimum=0),
        "style_weight": as_number("style_weight", style_weight, minimum=0),
        "variation_weight": as_number("variation_weight", variation_weight, minimum=0),
    }
    stages = _stages(steps, scales)
    photo, *paintings = _coloured(colour, content, styles)
    photo = network.tensor(photo)
    images = _start(network, start, photo, seed)
    paintings = [_scaled(network.tensor(p), photo, as_number("style_scale", style_scale, above=0)) for p in paintings]
    sizes = [tuple(max(1, round(side * scale)) for side in photo.shape[2:]) for _, scale in stages]
    images, rows, saved = _resumed(resume, optimiser, images, sizes)
    total, done, solver = sum(count for count, _ in stages), 0, None

    def look():
        image = picture(images if images.shape == photo.shape else resize(images, photo.shape[2:]))
        return with_luminance(content, image) if colour == "luminance" else image

    finished = True
    try:
        with preview("styling") if watch is None else nullcontext(watch) as watch:
            for (count, scale), size in zip(stages, sizes, strict=True):
                done += count
                if len(rows) >= done:
                    continue
                if images.shape[2:] != size:
                    images, saved = resize(images, size), None
                images = images.detach().contiguous().requires_grad_()
                solver = _solver(optimiser, images, lr)
                if saved:
                    _load(solver, saved)
                targets = _targets(
                    network, resize(photo, size), paintings, mix, content_layers, style_layers, normalisation, scale
                )
                objective = StyleObjective(network, *targets, **weights)
                measure = objective.by_hand if gradient == "hand" else objective.by_autograd
                while len(rows) < done:
                    _step(solver, images, measure, rows, lr)
                    if watch is not None:
                        watch(look(), len(rows), total)
    except KeyboardInterrupt:
        finished = False
    history = dict(zip(Losses._fields, np.array(rows).reshape(-1, 4).T, strict=True))
    state = {"optimiser": np.array(optimiser), "images": images.detach().cpu().numpy(), "rows": np.array(rows)}
    state |= _dump(solver) if solver is not None else saved or {}
    return Styled(look(), f"Neural Style with {network.caption}", history, finished, state)


def _step(solver, images, measure, rows, lr):
    """Make one step of the solver, which evaluates loss and gradient once, and append the losses to ``rows``."""
    measured = []

    def closure():
        losses, gradient = measure(images)
        measured.append([float(part) for part in losses])
        # Solvers compare with small numbers (1e-10 in L-BFGS), so the loss begins at one a value, whatever its unit.
        unit = images.numel() / ((rows or measured)[0][0] or 1.0)
        # The networks are channels last, which torch's L-BFGS cannot take.
        images.grad = (unit * gradient).contiguous()
        return unit * losses.total

    if isinstance(solver, torch.optim.LBFGS):
        # The first step would be 1 for all values together: so short that the change of the slope drowns in rounding.
        solver.param_groups[0]["lr"] = lr if solver.state else FIRST_STEP * images.numel()
    before = images.detach().clone()
    solver.step(closure)
    rows.extend(measured)
    step = images.detach() - before
    if isinstance(solver, torch.optim.LBFGS):
        # Without curvature to go by, as where the slope gets steeper, it would leap out of all colours: stay near.
        step *= min(1.0, LONGEST_STEP / max(float(step.abs().mean()), 1e-12))
    # Only colours that a picture can have: cut at the end, the loss would be another than the one that was made small.
    images.data.copy_((before + step).clamp_(0, 1))
    own = solver.state[images]
    if "t" in own:  # L-BFGS, where there was a step: it learns the curvature from the t·d that it thinks it has gone
        own["d"] = ((images.detach() - before) / own["t"]).flatten()


def _mix(mix, count):
    """Return the share of each style picture; the shares sum to 1."""
    if not count:
        raise ValueError("styles: expected at least one picture, got none")
    mix = as_array("mix", np.ones(count) if mix is None else mix, shape=(count,))
    if mix.min() < 0 or not mix.sum():
        raise ValueError(f"mix: expected weights of at least 0, not all 0, got {mix.tolist()}")
    return (mix / mix.sum()).tolist()


def usual_layers(network):
    """Return the layers that content and style are read from by default, two tuples of names, or two Nones."""
    return next((pair for pair in LAYERS if set(pair[0] + pair[1]) <= set(network.layers)), (None, None))


def _layers(network, content, style):
    """Return the layers of the content and of the style as dicts name → weight."""
    chosen = []
    for name, layers, default in zip(
        ("content_layers", "style_layers"), (content, style), usual_layers(network), strict=True
    ):
        layers = default if layers is None else layers
        if layers is None:
            raise ValueError(f"{name}: expected names of layers for this network, one of {', '.join(network.layers)}")
        if isinstance(layers, str):
            layers = [layers]
        for layer in layers:
            as_choice(name, layer, tuple(network.layers))
        weights = layers.values() if isinstance(layers, dict) else [1 / len(layers)] * len(layers)
        chosen.append({k: as_number(f"{name}[{k!r}]", w, minimum=0) for k, w in zip(layers, weights, strict=True)})
    return chosen


def _stages(steps, scales):
    """Return (evaluations, scale) for each stage from coarse to fine."""
    scales = [as_number(f"scales[{i}]", scale, above=0) for i, scale in enumerate(scales)]
    if not scales or scales[-1] != 1 or sorted(set(scales)) != scales:
        raise ValueError(f"scales: expected rising numbers of which the last is 1, got {scales}")
    if not isinstance(steps, (list, tuple)):
        share, rest = divmod(as_int("steps", steps, minimum=0), len(scales))
        steps = [share] * (len(scales) - 1) + [share + rest]
    if len(steps) != len(scales):
        raise ValueError(f"steps: expected a number, or one for each of {len(scales)} scales, got {steps!r}")
    return [(as_int(f"steps[{i}]", n, minimum=0), s) for i, (n, s) in enumerate(zip(steps, scales, strict=True))]


def _start(network, start, photo, seed):
    """Return the picture to start from, as a tensor."""
    if isinstance(start, str):
        if as_choice("start", start, ("content", "random")) == "content":
            return photo.clone()
        generator = torch.Generator().manual_seed(as_int("seed", seed, minimum=0))
        return (0.5 + 0.15 * torch.randn(photo.shape, generator=generator)).to(photo.device)
    return network.tensor(as_array("start", start, shape=(*photo.shape[2:], 3)))


def _scaled(painting, photo, style_scale):
    """Return a style picture at the area of the photo times ``style_scale`` squared."""
    (height, width), (rows, columns) = painting.shape[2:], photo.shape[2:]
    share = style_scale * (rows * columns / (height * width)) ** 0.5
    return resize(painting, (max(1, round(share * height)), max(1, round(share * width))))


def _targets(network, photo, paintings, mix, content_layers, style_layers, normalisation, scale):
    """Return what ``StyleObjective`` takes as content and style, for one size."""
    with torch.no_grad():
        answers = network.features(photo, [*content_layers, *style_layers])
        targets = {name: 0 for name in style_layers}
        for share, painting in zip(mix, paintings, strict=True):
            painting = resize(painting, tuple(max(1, round(side * scale)) for side in painting.shape[2:]))
            for name, maps in network.features(painting, style_layers).items():
                # Per place: a picture of another size has sums over another number of places.
                places = answers[name].shape[2:].numel() / maps.shape[2:].numel()
                targets[name] = targets[name] + share * places * g.gram(maps)[0]
    content, style = {}, {}
    for name, weight in content_layers.items():
        content[name] = (weight, answers[name], g.content_factor(normalisation, answers[name]))
    for name, weight in style_layers.items():
        places = answers[name].shape[2:].numel()
        style[name] = (weight, targets[name], g.style_factor(normalisation, targets[name], places))
    return content, style


def _solver(kind, images, lr):
    if kind == "adam":
        return torch.optim.Adam([images], lr=lr)
    # One evaluation a step, so that it can be watched and stopped at each; 20 pairs need a fifth of the usual memory.
    return torch.optim.LBFGS([images], lr=lr, max_iter=1, history_size=20, tolerance_grad=0.0, tolerance_change=0.0)


def _dump(solver):
    """Return the state of a torch optimiser as plain arrays; a list of arrays is stacked."""
    found = {}
    for name, value in solver.state_dict()["state"].get(0, {}).items():
        if name == "al" or value is None or value == []:  # the first is scratch paper
            continue
        value = torch.stack(value) if isinstance(value, list) else torch.as_tensor(value)
        found[f"solver.{name}"] = value.detach().cpu().numpy()
    return found


def _load(solver, saved):
    """Give a new torch optimiser the state that ``_dump`` returned."""
    state = {}
    for name, value in saved.items():
        value = torch.from_numpy(value.copy())
        name = name.removeprefix("solver.")
        state[name] = list(value) if name in ("old_dirs", "old_stps", "ro") else value
        if name in ("n_iter", "func_evals"):
            state[name] = int(value)
    solver.load_state_dict({**solver.state_dict(), "state": {0: state}})


def _resumed(resume, optimiser, images, sizes):
    """Return the picture, the losses so far, and the solver's saved state (or None)."""
    if resume is None:
        return images, [], None
    state = resume.state if isinstance(resume, Styled) else {}
    if not isinstance(resume, Styled):
        try:
            with np.load(resume, allow_pickle=False) as file:
                state = dict(file)
        except (ValueError, TypeError, AttributeError, EOFError, BadZipFile):
            pass  # said below, like a file of other arrays
    if not {"optimiser", "images", "rows"} <= set(state):
        raise ValueError(f"resume: expected a Styled or a file that it saved, got {describe(resume)}")
    if str(state["optimiser"]) != optimiser:
        raise ValueError(f"resume: expected a state of the optimiser {optimiser!r}, got {str(state['optimiser'])!r}")
    if state["images"].shape[2:] not in sizes:
        raise ValueError(f"resume: expected a picture of the photo's size, {sizes}, got {state['images'].shape[2:]}")
    saved = {name: value for name, value in state.items() if name.startswith("solver.")}
    return torch.from_numpy(state["images"].copy()).to(images.device), state["rows"].tolist(), saved


def with_luminance(photo, painted):
    """Return ``photo`` (H, W, 3) with the luminance of ``painted`` (H, W, 3), kept within what its colours allow.

    At each pixel (R, G, B) = Y + (r, g, b), where r, g, b depend on the photo's colours I and Q alone, so those are
    kept exactly. Source: Gatys and others, "Preserving color in neural artistic style transfer", 2016.
    """
    differences = photo - (photo @ LUMA)[..., None]
    luminance = np.clip(painted @ LUMA, -differences.min(axis=2), 1 - differences.max(axis=2))
    return np.clip(luminance[..., None] + differences, 0, 1)


def with_colours(painting, photo):
    """Return ``painting`` with the mean and covariance of the colours of ``photo``: A (x − μ_Z) + μ_Y at each pixel.

    A = Σ_Y^½ Σ_Z^−½ with symmetric roots. Source: Gatys and others, 2016.
    """

    def root(pixels, power):
        values, vectors = np.linalg.eigh(np.cov(pixels.T) + 1e-6 * np.eye(3))
        return (vectors * values**power) @ vectors.T

    own, wanted = painting.reshape(-1, 3), photo.reshape(-1, 3)
    matrix = root(wanted, 0.5) @ root(own, -0.5)
    return np.clip((own - own.mean(0)) @ matrix.T + wanted.mean(0), 0, 1).reshape(painting.shape)


def _coloured(colour, photo, paintings):
    """Return the photo and the style's pictures as the network shall see them."""
    if colour == "style":
        return photo, *paintings
    paintings = [with_colours(painting, photo) for painting in paintings]
    if colour == "luminance":
        return tuple(np.repeat((p @ LUMA)[..., None], 3, axis=2) for p in (photo, *paintings))
    return photo, *paintings
