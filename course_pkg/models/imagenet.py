"""How a photo must be prepared for networks that were trained on ImageNet."""

import numpy as np
import torch
from torch.nn import functional

from course_pkg._validate import as_array

# Mean and standard deviation of red, green and blue in ImageNet's training photos, on the scale 0 … 1.
MEAN = (0.485, 0.456, 0.406)
DEVIATION = (0.229, 0.224, 0.225)


def preprocess(photo):
    """Return a photo (H, W, 3) with values in 0 … 1 as a float32 tensor (1, 3, 224, 224) for the published networks.

    The shorter side becomes 256 pixels (bilinear, anti-aliased), the middle 224×224 are cut out, and each colour is
    standardised: (x − mean)/deviation, with ``MEAN`` and ``DEVIATION``. This is what torchvision does.
    Raises TypeError for what is no array of numbers, ValueError for another shape or for values outside 0 … 1.
    """
    photo = as_array("photo", photo, shape=(None, None, 3))
    if photo.size == 0 or photo.min() < 0 or photo.max() > 1:
        raise ValueError(f"photo: expected values from 0 to 1, got shape {photo.shape} and {_range(photo)}")
    x = torch.from_numpy(photo.astype(np.float32)).permute(2, 0, 1)[None]
    size = [side * 256 // min(photo.shape[:2]) for side in photo.shape[:2]]
    x = functional.interpolate(x, size, mode="bilinear", antialias=True)
    top, left = (round((side - 224) / 2) for side in size)
    x = x[..., top : top + 224, left : left + 224]
    mean, deviation = (torch.tensor(values).view(3, 1, 1) for values in (MEAN, DEVIATION))
    return (x - mean) / deviation


def _range(photo):
    return f"values from {photo.min():g} to {photo.max():g}" if photo.size else "no values"
