"""Train the small network that ships, with one seeded command: ``python tools/train_small.py``.

It generates textures of all kinds of ``course_pkg.data.TEXTURES`` and cuts crops from regions of photos that come with
scikit-image and scikit-learn, trains ``course_pkg.models.small_inception`` to tell them apart, folds the batch
normalisations into the convolutions, writes course_pkg/models/small_inception.npz and prints the accuracy.
"""

import argparse
import itertools
import math
import os
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F
from tqdm import tqdm

from course_pkg.data import TEXTURES, texture
from course_pkg.models.imagenet import DEVIATION, MEAN
from course_pkg.models.small import WEIGHTS, fold, load_small, save_small, small_inception

SIDE, CROP = 80, 64  # pixels: what is stored of each picture, and what the network sees of it in training

# Class: photo, and left, top, right, bottom of a region of it in tenths of its width and height.
REGIONS = {
    "bricks in a photo": ("brick", 0, 0, 10, 10),
    "cat's coat": ("cat", 1.5, 0, 8, 2.8),
    "cat's eyes": ("cat", 2.2, 2, 8.2, 5.5),
    "cat's nose": ("cat", 2.5, 6, 8.5, 10),
    "coffee cup": ("coffee", 2.5, 0, 7.2, 5.2),
    "coffee spoon": ("coffee", 1.2, 5, 8, 9.8),
    "coffee table": ("coffee", 0, 0, 3, 4),
    "coins": ("coins", 0, 0, 10, 10),
    "dahlia": ("flower", 2.6, 2, 7, 8.5),
    "dark leaves": ("flower", 6.8, 0, 10, 10),
    "flag": ("astronaut", 0, 0, 2.2, 5),
    "galaxies": ("hubble_deep_field", 0, 0, 10, 10),
    "grass in a photo": ("grass", 0, 0, 10, 10),
    "gravel": ("gravel", 0, 0, 10, 10),
    "helmet": ("astronaut", 5.5, 6.5, 10, 10),
    "launch lights": ("rocket", 0, 7, 9, 10),
    "space suit": ("astronaut", 1, 5, 6.5, 10),
    "temple roofs": ("china", 1, 1, 6, 4.5),
    "temple storeys": ("china", 1.2, 4, 6, 9),
    "tissue": ("immunohistochemistry", 0, 0, 10, 10),
    "trees": ("china", 5.5, 6.5, 10, 10),
    "tripod": ("camera", 4.5, 5.5, 8.5, 10),
    "veins of a retina": ("retina", 1, 1, 9, 9),
}
CLASSES = (*TEXTURES, *REGIONS)


# Data: pictures as bytes, (N, SIDE, SIDE, 3).


def textures(kind, count, seed):
    """Return ``count`` pictures of one kind, the same for the same seed whatever else is drawn."""
    numbers = [np.random.default_rng([seed, TEXTURES.index(kind), k]) for k in range(count)]
    return np.stack([_bytes(texture(kind, size=SIDE, seed=rng)) for rng in numbers])


def photo(name):
    """Return a photo from the wheel of scikit-image or scikit-learn, (H, W, 3) in 0 … 1."""
    from skimage import data
    from skimage.util import img_as_float64
    from sklearn.datasets import load_sample_image

    found = load_sample_image(f"{name}.jpg") if name in ("china", "flower") else getattr(data, name)()
    found = img_as_float64(found)
    return found if found.ndim == 3 else np.repeat(found[..., None], 3, axis=2)


def crops(region, count, seed):
    """Return ``count`` square crops of 64 to 220 pixels from a region of a photo, scaled to SIDE."""
    from skimage.transform import resize

    name, left, top, right, bottom = REGIONS[region]
    whole = photo(name)
    height, width = (side / 10 for side in whole.shape[:2])
    part = whole[round(top * height) : round(bottom * height), round(left * width) : round(right * width)]
    rng, found = np.random.default_rng([seed, CLASSES.index(region)]), []
    for _ in range(count):
        side = int(rng.uniform(64, min(220, *part.shape[:2])))
        y, x = (rng.integers(0, length - side + 1) for length in part.shape[:2])
        found.append(_bytes(resize(part[y : y + side, x : x + side], (SIDE, SIDE), anti_aliasing=True)))
    return np.stack(found)


def _bytes(picture):
    return np.round(255 * picture).astype(np.uint8)


def pictures(name, count, seed):
    """Return ``count`` pictures (count, SIDE, SIDE, 3) of a class, generated or cut from a photo."""
    return (textures if name in TEXTURES else crops)(name, count, seed)


def data_set(classes, count, seed, workers):
    """Return ``count`` pictures of each class as bytes (N, 3, SIDE, SIDE), and their labels (N,)."""
    with ProcessPoolExecutor(workers) as pool:
        parts = pool.map(pictures, classes, itertools.repeat(count), itertools.repeat(seed))
        x = np.concatenate(list(tqdm(parts, "pictures", total=len(classes), unit="class")))
    return torch.from_numpy(x).permute(0, 3, 1, 2), torch.arange(len(classes)).repeat_interleave(count)


# What the network is shown.


def standardise(x):
    """Return colours in 0 … 1 standardised with ImageNet's mean and deviation."""
    mean, deviation = (torch.tensor(values).view(3, 1, 1) for values in (MEAN, DEVIATION))
    return ((x - mean) / deviation).contiguous(memory_format=torch.channels_last)


def middle(x):
    """Return the middle CROP × CROP pixels of bytes (N, 3, SIDE, SIDE), standardised."""
    edge = (SIDE - CROP) // 2
    return standardise(x[..., edge : edge + CROP, edge : edge + CROP] / 255)


def augment(x, rng):
    """Return random views (N, 3, CROP, CROP) of bytes: turned, scaled, mirrored; light, contrast, colours, noise."""
    n = len(x)

    def uniform(low, high, *shape):
        return low + (high - low) * torch.rand(n, *shape, generator=rng)

    def normal(scale, *shape):
        return scale * torch.randn(n, *shape, generator=rng)

    scale, angle = CROP / SIDE * torch.exp2(uniform(-0.7, 0.5)), normal(0.25)
    mirror = 1 - 2 * torch.randint(2, (n,), generator=rng)
    cos, sin = scale * torch.cos(angle), scale * torch.sin(angle)
    room = (1 - scale).clamp(min=0)
    shift = [room * uniform(-1, 1) for _ in "xy"]
    places = torch.stack([cos * mirror, -sin, shift[0], sin * mirror, cos, shift[1]], dim=1).view(n, 2, 3)
    grid = F.affine_grid(places, (n, 3, CROP, CROP), align_corners=False)
    x = F.grid_sample(x / 255, grid, padding_mode="reflection", align_corners=False)
    mix = torch.eye(3) * uniform(0.8, 1.2, 1, 1) + normal(0.08, 3, 3)
    x = torch.einsum("nij,njhw->nihw", mix, x - 0.5) + 0.5 + normal(0.06, 3, 1, 1)
    return standardise((x + uniform(0, 0.03, 1, 1, 1) * torch.randn(x.shape, generator=rng)).clamp(0, 1))


# Training.


def train(x, y, classes, *, steps, batch, lr, push, seed):
    """Return a network trained on bytes ``x`` (N, 3, SIDE, SIDE) with labels ``y``, its batch normalisations in it.

    Each batch serves two steps: as it is, and with every picture pushed by up to ``push``, measured in the L2 norm of
    standardised pixels, along the gradient of its own loss, which the first step computes on its way. A network that
    withstands such pushes has to rely on what is large and clear in a picture, and its own gradients become so.
    Sources: Goodfellow et al., 2015 (one step); Shafahi et al., 2019 (the gradient for nothing); Loshchilov & Hutter,
    2019 (AdamW).
    """
    torch.manual_seed(seed)
    rng = torch.Generator().manual_seed(seed)
    model = small_inception(len(classes), batch_norm=True).to(memory_format=torch.channels_last).train()
    decayed, free = ([p for p in model.parameters() if (p.ndim > 1) == matrix] for matrix in (True, False))
    groups = [{"params": decayed, "weight_decay": 0.05}, {"params": free, "weight_decay": 0.0}]
    optimiser = torch.optim.AdamW(groups, lr=lr, betas=(0.9, 0.98))
    warm = max(1, steps // 20)
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimiser, lambda k: min(k / warm, 0.5 + 0.5 * math.cos(math.pi * min(1, k / steps)))
    )
    half = torch.backends.cpu.get_cpu_capability().startswith("AVX512") and torch.ops.mkldnn._is_mkldnn_bf16_supported()
    criterion = nn.CrossEntropyLoss(label_smoothing=0.1)

    def step(images, labels):
        with torch.autocast("cpu", torch.bfloat16, enabled=half):
            scores = model(images)
        loss = criterion(scores.float(), labels)
        optimiser.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 2.0)
        optimiser.step()
        schedule.step()
        return loss.item()

    bar = tqdm(range(steps // 2), "training", unit="batch")
    for _ in bar:
        rows = torch.randint(len(x), (batch,), generator=rng)
        images, labels = augment(x[rows], rng), y[rows]
        images.requires_grad_(True)
        clean = step(images, labels)
        gradient = images.grad
        length = push * torch.rand(batch, 1, 1, 1, generator=rng)
        norm = gradient.flatten(1).norm(dim=1).view(-1, 1, 1, 1).clamp(min=1e-12)
        pushed = step(images.detach() + length * gradient / norm, labels)
        bar.set_postfix(loss=f"{clean:.2f}", pushed=f"{pushed:.2f}")
    return model.eval()


def accuracy(model, x, y):
    """Return 1 for each picture whose middle is named rightly, 0 for each other, shape (N,)."""
    with torch.no_grad():
        return torch.cat([model(middle(part)).argmax(1) for part in x.split(256)]).eq(y).float()


def adversarial_accuracy(model, x, y, push):
    """Return :func:`accuracy` after each picture is pushed by ``push`` along the gradient of its loss."""
    images = middle(x).requires_grad_(True)
    (gradient,) = torch.autograd.grad(F.cross_entropy(model(images), y, reduction="sum"), images)
    norm = gradient.flatten(1).norm(dim=1).view(-1, 1, 1, 1).clamp(min=1e-12)
    with torch.no_grad():
        return model(images + push * gradient / norm).argmax(1).eq(y).float()


def draw(path, each=7):
    """Write a picture of what channels of the network that ships respond to: a row for each layer, evenly spaced."""
    from matplotlib.figure import Figure

    from course_pkg import vision

    network = vision.load("small")
    layers = [name for name in network.layers if name.startswith(("conv", "mixed")) and "." not in name]
    figure = Figure(figsize=(each * 1.05 + 0.9, len(layers) * 1.05), layout="constrained")
    axes = figure.subplots(len(layers), each)
    for row, layer in zip(axes, tqdm(layers, "layers"), strict=True):
        channels = [k * network.layers[layer] // each for k in range(each)]
        made = vision.visualise(
            network, [vision.channel(layer, k) for k in channels], size=96, method="fourier", watch=lambda *_: None
        )
        for ax, picture, k in zip(row, made.picture, channels, strict=True):
            ax.imshow(picture)
            ax.set(xticks=[], yticks=[])
            ax.set_title(k, fontsize=7, pad=2)
        row[0].set_ylabel(layer)
    figure.savefig(path, dpi=80)


def main():
    """Generate, train, fold, write, test; or draw."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--out", type=Path, default=WEIGHTS, help="where the weights go (default: into the package)")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--each", type=int, default=200, help="pictures of each class (default 200)")
    parser.add_argument("--steps", type=int, default=1600, help="steps, two for each batch (default 1600)")
    parser.add_argument("--batch", type=int, default=128)
    parser.add_argument("--lr", type=float, default=4e-3)
    parser.add_argument("--push", type=float, default=3.0, help="largest adversarial push (default 3)")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--quick", action="store_true", help="six classes in seconds: shows that everything works")
    parser.add_argument("--draw", type=Path, help="train nothing: write a picture of the shipped network's channels")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    if options.draw:
        draw(options.draw)
        return
    classes = CLASSES
    if options.quick:
        classes = (*TEXTURES[:4], *tuple(REGIONS)[:2])
        options.each, options.steps, options.batch = 16, 40, 24
    x, y = data_set(classes, options.each, options.seed, options.threads)
    model = train(
        x, y, classes, steps=options.steps, batch=options.batch, lr=options.lr, push=options.push, seed=options.seed
    )
    folded = fold(model)
    x, y = data_set(classes, min(20, options.each), options.seed + 1, options.threads)
    with torch.no_grad():
        difference = (folded(middle(x[:256])) - model(middle(x[:256]))).abs().max().item()
    options.out.parent.mkdir(parents=True, exist_ok=True)
    save_small(folded, classes, options.out)
    shipped = load_small(options.out)
    right, generated = accuracy(shipped, x, y), torch.tensor([name in TEXTURES for name in classes])[y]
    pushed = adversarial_accuracy(shipped, x, y, options.push)
    print(f"folding changed the scores by at most {difference:.1e}")
    print(f"accuracy on new generated textures {right[generated].mean():.1%}, pushed {pushed[generated].mean():.1%}")
    print(f"accuracy on other crops of the same photos {right[~generated].mean():.1%}")
    print(f"wrote {options.out}, {os.path.getsize(options.out) / 1e6:.2f} MB")


if __name__ == "__main__":
    main()
