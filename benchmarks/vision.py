"""How fast are dreams and styles, and how much memory do they need? Beside the usual implementations, as published.

    python benchmarks/vision.py [dream | style]

One run, by turns, so that all meet the same machine in the same mood; two threads; medians. Peak memory is that of a
process of its own, with Python and torch in it. Some minutes; the weights are random, which changes no time.

Measured on two cores with AVX512-BF16, two threads (2026-11), DeepDream's step as a share of the whole gradient with
PyTorch's LRN: 0.52 at 512² and 0.53 at 1024² (0.46 of the code as published, which also computes the gradients of the
weights), in bfloat16 0.30 and 0.25. Tiles of 512 with a halo of 64 cost a quarter more at 1024² and need 0.79 GB there,
0.86 GB at 2048² and 1.16 GB at 4096², of which the picture and its gradient are 0.4. Neural Style as a share of the
tutorial: 0.57 at 256² and 0.56 at 512², in bfloat16 0.35 and 0.36; after as many evaluations the loss is 0.96 to 0.98
of the tutorial's. It needs as much memory at 256², but 1.6 GB instead of 1.3 at 512²: the gradients that are
written out for all layers are there at the same time.

What bounds a dream. Inception v1, the network of the first dreams, normalises local responses twice, on its largest
maps. PyTorch's ``LocalResponseNorm`` sums over neighbouring channels with a pooling in three dimensions, and takes
nearly half of a step. As a product with a band matrix, with the backward pass by hand, it takes about a sixth of that.
What remains is mostly convolutions, which bfloat16 alone makes faster; the dearest of all is the gradient of the first
one by the picture, an eighth of a step.

What bounds a style: the convolutions of VGG's first layers, forward and backward by the picture. Nothing else needs to
be computed (frozen weights), channels last they are faster, and the gradient of the Gram matrices is one product each.
"""

import argparse
import resource
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import numpy as np
import torch
from threadpoolctl import threadpool_limits

from course_pkg import data, models, vision
from course_pkg.models.imagenet import DEVIATION, MEAN
from course_pkg.models.vgg import layer_names
from course_pkg.vision import gram

THREADS = 2


def by_turns(functions, rounds):
    """Return {name: median seconds} of functions that are called one after the other, ``rounds`` times."""
    times = {name: [] for name in functions}
    for function in functions.values():
        function()  # first calls choose algorithms and take memory
    for _ in range(rounds):
        for name, function in functions.items():
            start = time.perf_counter()
            function()
            times[name].append(time.perf_counter() - start)
    return {name: float(np.median(seconds)) for name, seconds in times.items()}


def peak(*arguments):
    """Return the peak memory in MB of a process of its own that runs this file with ``arguments``."""
    done = subprocess.run([sys.executable, __file__, *map(str, arguments)], capture_output=True, text=True, check=True)
    return float(done.stdout)


def print_peak():
    """Print the peak memory of this process in MB."""
    try:  # Linux; what getrusage says there counts the process from which this one was started
        print(int(Path("/proc/self/status").read_text().split("VmHWM:")[1].split()[0]) / 1e3)
    except OSError:
        print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1e6 if sys.platform == "darwin" else 1e3))


# --- DeepDream ----------------------------------------------------------------------------------------------------

LAYER = "inception4d"
SIZES = {224: 9, 512: 5, 1024: 3}  # pixels: rounds
LARGE = (2048, 4096)  # in tiles only
PUBLISHED, REFERENCE = "as published", "torch's LRN, frozen"
OURS, TILED, HALF = "course_pkg", "course_pkg, tiles", "course_pkg, bfloat16"


def inception_v1(norm):
    """Return Inception v1 as in 2014: 5×5 kernels, no batch normalisation, ``norm`` after pool 1 and convolution 3."""
    torch.manual_seed(0)
    net = models.googlenet(aux=False, kernel=5)
    for layer in net.modules():
        if hasattr(layer, "bn"):
            layer.bn = torch.nn.Identity()
    net.maxpool1 = torch.nn.Sequential(net.maxpool1, norm(5, 1e-4, 0.75, 1.0))
    net.conv3 = torch.nn.Sequential(net.conv3, norm(5, 1e-4, 0.75, 1.0))
    return net


def published(size):
    """Return a step as tutorials for PyTorch write it: the layers up to L, the mean square, backward to everything."""
    layers = dict(inception_v1(torch.nn.LocalResponseNorm).named_children())
    net = torch.nn.Sequential(*list(layers.values())[: list(layers).index(LAYER) + 1])
    mean, deviation = (torch.tensor(v).view(3, 1, 1) for v in (MEAN, DEVIATION))
    image = start(size).requires_grad_()

    def step():
        net.zero_grad()
        image.grad = None
        net((image - mean) / deviation).square().mean().backward()
        with torch.no_grad():
            image.add_(image.grad * (1.5 / 255 / image.grad.abs().mean())).clamp_(0, 1)
        return image.grad

    return step


def ours(size, norm=models.LocalResponseNorm, precision="float32", tile=None):
    """Return a step of ``vision.dream`` at one octave, without its treatments of the gradient."""
    net = vision.Network(inception_v1(norm), caption="Inception v1", device="cpu", precision=precision)
    image, generator = start(size), torch.Generator().manual_seed(0)

    def objective(images):
        return net.features(images, [LAYER])[LAYER].square().sum() / 2

    def step():
        # a tile as large as the picture is the whole picture
        _, gradient = vision.tiled_gradient(objective, image, tile=tile or size, generator=tile and generator)
        image.add_(gradient, alpha=float(1.5 / 255 / gradient.abs().mean())).clamp_(0, 1)
        return gradient

    return step


def start(size):
    return torch.rand(1, 3, size, size, generator=torch.Generator().manual_seed(1))


DREAMS = {
    PUBLISHED: published,
    REFERENCE: partial(ours, norm=torch.nn.LocalResponseNorm),
    OURS: ours,
    TILED: partial(ours, tile=512),
    HALF: partial(ours, precision="bfloat16"),
}


def dream_half():
    """Print seconds a step and peak memory of DeepDream, and check that all compute the same gradient."""
    first = {name: DREAMS[name](224)() for name in (PUBLISHED, REFERENCE, OURS)}
    first = {name: gradient / gradient.abs().mean() for name, gradient in first.items()}
    for name in (REFERENCE, OURS):  # not pixel by pixel: rounding may choose another maximum in a pooling
        assert (first[name] - first[PUBLISHED]).norm() < 1e-3 * first[PUBLISHED].norm(), name

    print(f"DeepDream, one step, Inception v1 up to {LAYER}, {THREADS} threads")
    print(f"{'':8}{'':22}    seconds   × torch's LRN   peak MB")
    for size, rounds in SIZES.items():
        times = by_turns({name: make(size) for name, make in DREAMS.items()}, rounds)
        for name, seconds in times.items():
            ratio = seconds / times[REFERENCE]
            print(f"{size:<8}{name:22}{seconds:11.3f}{ratio:16.2f}{peak('--dream', name, size):10.0f}", flush=True)
    for size in LARGE:
        print(f"{size:<8}{TILED:22}{'':27}{peak('--dream', TILED, size):10.0f}", flush=True)


# --- Neural Style -------------------------------------------------------------------------------------------------

STYLE_SIZES = {256: (7, 60), 512: (5, 30)}  # pixels: rounds, evaluations for the comparison of losses
STYLE_LAYERS, CONTENT_LAYER = ("conv1_1", "conv1_2", "conv2_1", "conv2_2", "conv3_1"), "conv2_2"
STYLE_WEIGHT = 1e6
TUTORIAL, FROZEN = "PyTorch tutorial", "tutorial, frozen"


def random_vgg():
    torch.manual_seed(0)
    return models.vgg19(num_classes=1).eval()


def style_pictures(size):
    """Return a photo and a style of ``size`` pixels in both directions."""
    return data.photo("china", height=size)[:, :size], data.texture("flames", size=size)


class ContentLoss(torch.nn.Module):
    def __init__(self, target):
        super().__init__()
        self.target = target.detach()

    def forward(self, x):
        self.loss = torch.nn.functional.mse_loss(x, self.target)
        return x


def gram_matrix(x):
    batch, channels, height, width = x.size()
    flat = x.view(batch * channels, height * width)
    return torch.mm(flat, flat.t()).div(batch * channels * height * width)


class StyleLoss(ContentLoss):
    def __init__(self, target):
        super().__init__(gram_matrix(target))

    def forward(self, x):
        self.loss = torch.nn.functional.mse_loss(gram_matrix(x), self.target)
        return x


class Standardised(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.mean, self.deviation = (torch.tensor(v).view(3, 1, 1) for v in (MEAN, DEVIATION))

    def forward(self, x):
        return (x - self.mean) / self.deviation


def tutorial(size, *, frozen=False):
    """Return (picture, closure) as the tutorial builds them: losses as layers of a new network, weights 1 and 1e6.

    Its earlier version computed the gradients of all weights, too; ``frozen`` does not.
    """
    photo, style = (
        torch.tensor(p, dtype=torch.float32).permute(2, 0, 1)[None].contiguous() for p in style_pictures(size)
    )
    model, style_losses, content_losses, number = torch.nn.Sequential(Standardised()), [], [], 0
    for layer in random_vgg().features:
        model.append(layer)
        if isinstance(layer, torch.nn.Conv2d):
            number += 1
            if number == 4:
                content_losses.append(ContentLoss(model(photo)))
                model.append(content_losses[-1])
            style_losses.append(StyleLoss(model(style)))
            model.append(style_losses[-1])
        if number == 5:
            break
    model.requires_grad_(not frozen)
    picture = photo.clone().requires_grad_()

    def closure():
        picture.data.clamp_(0, 1)
        model.zero_grad()
        picture.grad = None
        model(picture)
        loss = STYLE_WEIGHT * sum(s.loss for s in style_losses) + sum(c.loss for c in content_losses)
        loss.backward()
        return loss.detach()

    return picture, closure


def tutorial_run(size, evaluations, **options):
    """Return the picture of the tutorial's optimiser after some evaluations."""
    picture, closure = tutorial(size, **options)
    solver = torch.optim.LBFGS([picture], max_iter=evaluations, max_eval=evaluations, tolerance_grad=0)
    solver.step(closure)
    return picture.detach().clamp(0, 1)


def style_network(precision):
    vgg = random_vgg()
    names = {name: str(place) for name, place in layer_names(vgg).items()}
    return vision.Network(vgg.features, caption="VGG-19", names=names, device="cpu", precision=precision)


STYLE_OPTIONS = {
    "content_layers": {CONTENT_LAYER: 1.0},
    "style_layers": dict.fromkeys(STYLE_LAYERS, 1.0),
    "style_weight": STYLE_WEIGHT,
    "variation_weight": 0.0,
    "normalisation": "tutorial",
}


def stylise_run(size, evaluations, precision="float32"):
    found = vision.stylise(style_network(precision), *style_pictures(size), steps=evaluations, **STYLE_OPTIONS)
    return torch.tensor(found.picture, dtype=torch.float32).permute(2, 0, 1)[None]


def stylise_closure(size, precision="float32"):
    """Return one evaluation of the same loss and its gradient, as ``vision.stylise`` makes it."""
    net = style_network(precision)
    photo, style = (net.tensor(p) for p in style_pictures(size))
    with torch.no_grad():
        wanted, painted = net.features(photo, [CONTENT_LAYER]), net.features(style, STYLE_LAYERS)
    factor = gram.content_factor("tutorial", wanted[CONTENT_LAYER])
    targets = {name: gram.gram(maps)[0] for name, maps in painted.items()}
    objective = vision.StyleObjective(
        net,
        {CONTENT_LAYER: (1.0, wanted[CONTENT_LAYER], factor)},
        {k: (1.0, a, gram.style_factor("tutorial", a, painted[k][0, 0].numel())) for k, a in targets.items()},
        content_weight=1.0,
        style_weight=STYLE_WEIGHT,
        variation_weight=0.0,
    )
    return lambda: objective.by_hand(photo)[0].total


# Name: one evaluation of the loss and its gradient; a whole run.
STYLES = {
    TUTORIAL: (lambda size: tutorial(size)[1], tutorial_run),
    FROZEN: (lambda size: tutorial(size, frozen=True)[1], partial(tutorial_run, frozen=True)),
    OURS: (stylise_closure, stylise_run),
    HALF: (partial(stylise_closure, precision="bfloat16"), partial(stylise_run, precision="bfloat16")),
}


def style_half():
    """Print seconds an evaluation, peak memory, and the loss that Neural Style reaches with as many evaluations."""
    quick = vision.best_precision() == "bfloat16"
    print(f"\nNeural Style, VGG-19, the tutorial's layers, {THREADS} threads; bfloat16 in hardware: {quick}")
    print(f"{'':8}{'':22}    seconds   × tutorial   × frozen   peak MB   loss reached, × tutorial")
    for size, (rounds, evaluations) in STYLE_SIZES.items():
        closures = {name: make(size) for name, (make, _) in STYLES.items()}
        losses = [float(closure()) for closure in closures.values()]
        np.testing.assert_allclose(losses, losses[0], rtol=0.01)  # the same loss of the same picture
        times = by_turns(closures, rounds)
        judge, closure = tutorial(size, frozen=True)
        reached = {}
        for name, (_, run) in STYLES.items():
            judge.data = run(size, evaluations)
            reached[name] = float(closure())
        for name, seconds in times.items():
            ratios = f"{seconds / times[TUTORIAL]:13.2f}{seconds / times[FROZEN]:11.2f}"
            loss = f"{reached[name] / reached[TUTORIAL]:13.3f} after {evaluations} evaluations"
            memory = peak("--style", name, size)
            print(f"{size:<8}{name:22}{seconds:11.3f}{ratios}{memory:10.0f}{loss}", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("half", nargs="?", choices=["dream", "style"], help="by default both")
    parser.add_argument("--dream", nargs=2, metavar=("NAME", "SIZE"), help="print the peak memory of one step")
    parser.add_argument("--style", nargs=2, metavar=("NAME", "SIZE"), help="print the peak memory of 25 evaluations")
    options = parser.parse_args()
    threadpool_limits(THREADS)
    torch.set_num_threads(THREADS)
    if options.dream:
        name, size = options.dream
        DREAMS[name](int(size))()
        print_peak()
        return
    if options.style:
        name, size = options.style
        STYLES[name][1](int(size), 25)
        print_peak()
        return
    if options.half in (None, "dream"):
        dream_half()
    if options.half in (None, "style"):
        style_half()


if __name__ == "__main__":
    main()
