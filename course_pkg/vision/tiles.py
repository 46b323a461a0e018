"""Gradients of large pictures tile by tile: the memory depends on the tile, not on the picture."""

from itertools import pairwise

import torch

from course_pkg._validate import as_int, describe

# Tiles begin at multiples of this, so that pooling windows and strides lie as they lie in the whole picture. All
# networks here halve a picture at most five times.
ALIGNED = 32
ROOM = 64  # pixels that seams can move by, at least


def receptive_halo(network, layers):
    """Return how many pixels around a tile must be seen so that its gradient is that of the whole picture.

    A pixel changes the positions of a layer whose receptive fields (感受野) hold it, and those see other pixels, up to
    twice as far away. One NaN is put into a picture: the layers carry it to all positions that can see it.
    ``layers`` are names of ``network``, a :class:`course_pkg.vision.Network`.
    Raises ValueError for unknown names, and for a layer whose stride does not divide ``ALIGNED``.
    """
    width = 2048
    probe = torch.zeros(1, 3, ALIGNED, width, device=network.device)
    probe[..., width // 2 : width // 2 + ALIGNED] = float("nan")
    halo = 0
    with torch.no_grad():
        for name, maps in network.features(probe, layers).items():
            stride = round(width / maps.shape[3])
            if ALIGNED % stride:
                raise ValueError(f"layers: expected strides that divide {ALIGNED}, got {stride} for {name!r}")
            reached = int(maps.isnan().any(dim=2).any(dim=1).sum())
            halo = max(halo, reached * stride)
    return -(-halo // ALIGNED) * ALIGNED


def tiled_gradient(objective, images, *, tile=512, halo=64, generator=None):
    """Return (objective, gradient (1, 3, H, W)) of a function of images, computed from one tile after the other.

    ``objective`` takes images (1, 3, h, w) and returns a sum over their positions, a tensor with one number. Each tile,
    ``tile`` pixels high and wide, is seen with ``halo`` pixels around it and keeps its own gradient only; together the
    tiles cover every pixel once. The seams lie at random places where there is a torch ``generator``. With a halo of
    :func:`receptive_halo` the gradient is that of the whole picture; with a smaller one it differs near the seams,
    which then lie somewhere else in each step (GoogLeNet's layer 4c, 1024², tiles of 512: 6 %, 1.6 % and 0.3 % of its
    norm with halos of 32, 64 and 96 pixels). The objective is estimated: each tile's counts by the share of its
    pixels that are not halo. Sizes are rounded up to multiples of 32. A picture that is not larger than a tile with its
    halo is taken whole.

    Raises TypeError or ValueError for wrong arguments.
    """
    if not isinstance(images, torch.Tensor) or images.ndim != 4 or len(images) != 1:
        got = tuple(images.shape) if isinstance(images, torch.Tensor) else describe(images)
        raise ValueError(f"images: expected one image, a tensor (1, 3, H, W), got {got}")
    tile, halo = (
        -(-as_int(name, value, minimum=least) // ALIGNED) * ALIGNED
        for name, value, least in (("tile", tile, 1), ("halo", halo, 0))
    )
    rows, columns = (_spans(side, tile, halo, generator) for side in images.shape[2:])
    gradient = torch.empty_like(images)
    total = 0.0
    for (top, bottom), seen_rows in rows:
        for (left, right), seen_columns in columns:
            part = images[..., slice(*seen_rows), slice(*seen_columns)].detach().clone().requires_grad_()
            value = objective(part)
            (around,) = torch.autograd.grad(value, part)
            own = around[..., top - seen_rows[0] :, left - seen_columns[0] :][..., : bottom - top, : right - left]
            gradient[..., top:bottom, left:right] = own
            total += float(value.detach()) * own.numel() / part.numel()
    return total, gradient


def _spans(length, tile, halo, generator):
    """Cut 0 … ``length`` into pairs: (start, end) of a tile, and (start, end) of what it must see.

    All that is seen is of one size, also at the borders, where a tile is larger because it has a halo on one side only:
    memory that was taken for one tile then fits the next. (The last may be up to ``ALIGNED`` − 1 pixels larger.)
    """
    size = tile + 2 * halo
    if length <= size:
        return [((0, length), (0, length))]
    first = tile
    if generator is not None:  # as few tiles as there can be with some room to move in
        inside = length - 2 * halo
        room = min(-(-(inside + ROOM) // tile) * tile - inside, tile - ALIGNED) // ALIGNED
        first -= ALIGNED * int(torch.randint(room + 1, (1,), generator=generator))
    cuts = [0, *range(halo + first, length - halo, tile), length]
    last = (length - size) // ALIGNED * ALIGNED
    spans = []
    for start, end in pairwise(cuts):
        begin = min(max(0, start - halo), last)
        spans.append(((start, end), (begin, length if begin == last else begin + size)))
    return spans
