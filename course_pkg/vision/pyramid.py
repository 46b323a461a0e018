"""Image arithmetic for pictures made by gradients: sizes, shifts, blurs, and a picture as a sum of frequency bands.

Everything here takes and gives tensors of pictures (N, C, H, W); it works on gradients as well as on pictures.
"""

import torch
import torch.nn.functional as F

from course_pkg._validate import as_int, as_pair, describe

# [1, 4, 6, 4, 1] ⊗ [1, 4, 6, 4, 1], which sums to 1: two steps to a side of Pascal's triangle, close to a bell.
_ROW = torch.tensor([1.0, 4.0, 6.0, 4.0, 1.0]) / 16
BINOMIAL = torch.outer(_ROW, _ROW)


def _filtered(images, kernel, stride=1):
    """Filter each channel by itself; the border repeats its last pixel."""
    n, channels, *_ = images.shape
    alone = images.reshape(n * channels, 1, *images.shape[2:])
    kernel = kernel.to(images).expand(1, 1, 5, 5)
    out = F.conv2d(F.pad(alone, (2, 2, 2, 2), mode="replicate"), kernel, stride=stride)
    return out.reshape(n, channels, *out.shape[2:])


def blur(images):
    """Return ``images`` (N, C, H, W) blurred lightly, by the 5×5 binomial kernel (a bell of deviation 1 pixel)."""
    return _filtered(_as_images(images), BINOMIAL)


def down(images):
    """Return ``images`` (N, C, H, W) blurred and halved: every second pixel, (N, C, ⌈H/2⌉, ⌈W/2⌉)."""
    return _filtered(_as_images(images), BINOMIAL, stride=2)


def up(images, size):
    """Return ``images`` (N, C, ⌈H/2⌉, ⌈W/2⌉) doubled to ``size`` (H, W): the new pixels are weighted by the kernel."""
    height, width = as_pair("size", size, minimum=1)
    n, channels, h, w = _as_images(images).shape
    if (h, w) != (-(-height // 2), -(-width // 2)):
        raise ValueError(f"size: expected a size that halves to {(h, w)}, got {(height, width)}")
    alone = F.pad(images.reshape(n * channels, 1, h, w), (1, 1, 1, 1), mode="replicate")
    # Every second pixel only is filled, so that the kernel counts four times.
    out = F.conv_transpose2d(alone, 4 * BINOMIAL.to(images).expand(1, 1, 5, 5), stride=2)
    return out[..., 4 : 4 + height, 4 : 4 + width].reshape(n, channels, height, width)


def split(images, levels=4):
    """Return the Laplacian pyramid of ``images`` (N, C, H, W): ``levels`` bands of detail, then what is left.

    The first band is the finest: image − up(down(image)); the next is the same of the halved image, and so on; the last
    entry is the image after ``levels`` halvings. ``merge`` gives the image back.
    Raises ValueError or TypeError for wrong arguments. Source: Burt & Adelson, 1983.
    """
    _as_images(images)
    bands = []
    for _ in range(as_int("levels", levels, minimum=0)):
        smaller = down(images)
        bands.append(images - up(smaller, images.shape[2:]))
        images = smaller
    return [*bands, images]


def merge(bands):
    """Return the images (N, C, H, W) whose Laplacian pyramid is ``bands``, the finest first: the inverse of split."""
    *details, images = bands
    for detail in reversed(details):
        images = up(images, detail.shape[2:]) + detail
    return images


def by_deviation(images, floor=1e-10):
    """Return each of ``images`` (N, C, H, W) divided by its deviation from 0, √mean(x²), at least ``floor``."""
    deviation = _as_images(images).square().mean(dim=(1, 2, 3), keepdim=True).sqrt()
    return images / deviation.clamp(min=floor)


def by_mean(images, floor=1e-10):
    """Return each of ``images`` (N, C, H, W) divided by its mean size, mean|x|, at least ``floor``."""
    return images / _as_images(images).abs().mean(dim=(1, 2, 3), keepdim=True).clamp(min=floor)


def level(gradient, levels=4):
    """Return ``gradient`` (N, C, H, W) with all its frequency bands made equally strong, and 1 in deviation in all.

    The gradient is split into ``levels`` bands of detail and a rest, each is divided by its deviation, and they are
    merged again. Without this the finest details win: their gradient is the largest. A band of less than 10⁻⁴ of the
    whole gradient is rounding, and stays weak.
    Source: TensorFlow's DeepDream tutorial (Mordvintsev, 2016), "Laplacian pyramid gradient normalization".
    """
    bands = split(by_deviation(gradient), levels)
    return by_deviation(merge([by_deviation(band, floor=1e-4) for band in bands]))


def resize(images, size):
    """Return ``images`` (N, C, H, W) at another ``size`` (height, width): bilinear, averaged where it shrinks."""
    size = as_pair("size", size, minimum=1)
    return F.interpolate(_as_images(images), size=size, mode="bilinear", align_corners=False, antialias=True)


def shift(images, by):
    """Return ``images`` (N, C, H, W) shifted ``by`` (down, right) pixels; what leaves at one border enters opposite."""
    return torch.roll(_as_images(images), as_pair("by", by), dims=(2, 3))


def random_shift(generator, most):
    """Return a random shift (down, right), each from −``most`` to ``most`` pixels, from a torch ``generator``."""
    most = as_int("most", most, minimum=0)
    return tuple(torch.randint(-most, most + 1, (2,), generator=generator).tolist())


def _as_images(images):
    if not isinstance(images, torch.Tensor) or images.ndim != 4:
        got = tuple(images.shape) if isinstance(images, torch.Tensor) else describe(images)
        raise ValueError(f"images: expected a tensor (N, C, H, W), got {got}")
    return images
