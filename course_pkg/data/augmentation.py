"""Data augmentation (数据增强): new training images from old ones, moved, turned and resized a little at random."""

import numpy as np

from course_pkg._validate import as_array, as_generator, as_number, as_share


def augment(x, rng=0, *, shift=1.0, rotation=10.0, scale=0.1):
    """Return images ``x`` (N, C, H, W), each moved, turned and resized about its middle by a random amount of its own.

    The amounts are uniform: up to ``shift`` ≥ 0 pixels along each axis, ``rotation`` ≥ 0 degrees either way, and a
    factor from 1 − ``scale`` to 1 + ``scale``, with 0 ≤ ``scale`` < 1. A pixel takes the value at the place it comes
    from, bilinear between the four pixels around it; outside the image all is 0. The result has the shape and dtype of
    ``x``. ``rng`` is a NumPy generator, which gives other images each time, or a seed. In training:
    ``nn.fit(…, augment=data.augment)``, or ``augment=functools.partial(data.augment, shift=0.5)``.

    Raises TypeError or ValueError naming the argument that is wrong.
    Source: notes on frameworks, "noise robustness"; Simard, Steinkraus & Platt, 2003.
    """
    from scipy.ndimage import map_coordinates

    x = as_array("x", x, ndim=4)
    rng = as_generator("rng", rng)
    n, channels, height, width = x.shape
    shift = as_number("shift", shift, minimum=0)
    rotation = np.deg2rad(as_number("rotation", rotation, minimum=0))
    scale = as_share("scale", scale)

    amounts = np.reshape([shift, shift, rotation, scale], (4, 1, 1, 1))
    down, right, turn, change = amounts * rng.uniform(-1, 1, (4, n, 1, 1))
    middle = (height - 1) / 2, (width - 1) / 2
    rows, columns = np.arange(height)[:, None] - middle[0] - down, np.arange(width) - middle[1] - right
    cos, sin = np.cos(turn) / (1 + change), np.sin(turn) / (1 + change)
    source = middle[0] + cos * rows - sin * columns, middle[1] + sin * rows + cos * columns
    places = np.stack([np.broadcast_to(np.arange(n)[:, None, None], source[0].shape), *source])
    result = np.empty_like(x)
    for channel in range(channels):  # all images at once: the image's number is a coordinate too, without a fraction
        result[:, channel] = map_coordinates(x[:, channel], places, order=1, mode="grid-constant")
    return result
