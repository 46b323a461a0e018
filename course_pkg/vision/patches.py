"""Which parts of real pictures excite a channel most? The other half of the answer to what a channel responds to."""

from typing import NamedTuple

import numpy as np
import torch

from course_pkg._validate import as_array, as_choice, as_int, describe


class Patches(NamedTuple):
    """What :func:`most_exciting` found: ``patches`` (channels, count, side, side, 3), ``values`` (channels, count)."""

    patches: np.ndarray
    values: np.ndarray


def most_exciting(network, layer, channels, pictures, *, side=48, count=4):
    """Return the patches of ``pictures`` around the places where each of ``channels`` of ``layer`` responds most.

    ``pictures`` are arrays (H, W, 3) in 0 … 1 of at least ``side`` pixels. The strongest place of all is the middle of
    the first patch (moved inside, near the border), the strongest that is ``side`` pixels or more from it, down or
    to the right, or in another picture, that of the second, and so on. The network saw the whole picture, of which a
    channel may well read more than the patch, or less.
    Raises ValueError or TypeError for wrong arguments, also where there is no room for ``count`` places.
    """
    side, count = as_int("side", side, minimum=8), as_int("count", count, minimum=1)
    most = network.layers[as_choice("layer", layer, tuple(network.layers))]
    channels = [as_int(f"channels[{i}]", number, minimum=0) for i, number in enumerate(channels)]
    if not channels or max(channels) >= most:
        raise ValueError(f"channels: expected some of 0 to {most - 1}, got {describe(channels)}")
    maps = []  # (channels, h, w) of each picture
    for i, picture in enumerate(pictures):
        height, width = as_array(f"pictures[{i}]", picture, shape=(None, None, 3)).shape[:2]
        if min(height, width) < side:
            raise ValueError(f"pictures[{i}]: expected at least {side}×{side} pixels, got {height}×{width}")
        with torch.no_grad():
            maps.append(network.features(network.tensor(picture), [layer])[layer][0, channels].cpu().double().numpy())
    patches = np.empty((len(channels), count, side, side, 3))
    values = np.empty((len(channels), count))
    for i in range(len(channels)):
        free = [each[i].copy() for each in maps]
        for k in range(count):
            which = max(range(len(free)), key=lambda j: free[j].max(), default=None)
            if which is None or free[which].max() == -np.inf:
                raise ValueError(f"count: expected at most {k}, the places that are {side} pixels apart, got {count}")
            picture, left = pictures[which], free[which]
            row, column = np.unravel_index(left.argmax(), left.shape)
            values[i, k] = left[row, column]
            down, right = (pixels / cells for pixels, cells in zip(picture.shape, left.shape, strict=False))
            patches[i, k] = _patch(picture, (row + 0.5) * down, (column + 0.5) * right, side)
            near = np.abs(np.arange(left.shape[0]) - row)[:, None] * down < side
            left[near & (np.abs(np.arange(left.shape[1]) - column) * right < side)] = -np.inf
    return Patches(patches, values)


def _patch(picture, row, column, side):
    top, left = (
        min(max(0, round(middle - side / 2)), length - side)
        for middle, length in zip((row, column), picture.shape, strict=False)
    )
    return picture[top : top + side, left : left + side]
