"""Preparing photos for networks trained on ImageNet."""

import numpy as np
import pytest
import torch
from PIL import Image

from course_pkg import data, models


@pytest.mark.parametrize(("name", "size"), [("cat", (300, 451)), ("astronaut", (512, 512)), ("camera", (97, 60))])
def test_equals_pillow(name, size):
    """torchvision's preparation is Pillow's resize, a cut in the middle, and a standardisation of each colour."""
    photo = Image.fromarray((data.photo(name) * 255).round().astype(np.uint8)).resize(size[::-1])
    height, width = size
    resized = photo.resize((256 * width // min(size), 256 * height // min(size)), Image.Resampling.BILINEAR)
    left, top = round((resized.width - 224) / 2), round((resized.height - 224) / 2)
    cut = np.asarray(resized.crop((left, top, left + 224, top + 224))) / 255
    expected = (cut - [0.485, 0.456, 0.406]) / [0.229, 0.224, 0.225]
    found = models.preprocess(np.asarray(photo) / 255)
    assert found.shape == (1, 3, 224, 224)
    assert found.dtype == torch.float32
    # Pillow rounds to whole numbers of 0 … 255 twice, once for each direction.
    np.testing.assert_allclose(found[0].permute(1, 2, 0), expected, atol=1.5 / 255 / 0.224)


def test_one_colour_stays_that_colour():
    found = models.preprocess(np.full((300, 400, 3), 0.485))
    torch.testing.assert_close(found[0, :, 0, 0], torch.tensor([0, 0.029 / 0.224, 0.079 / 0.225]), atol=1e-5, rtol=0)
    assert (found.std(dim=(2, 3)) < 1e-5).all()


@pytest.mark.parametrize(
    ("photo", "error"),
    [
        (np.zeros((10, 10)), ValueError),
        (np.zeros((10, 10, 4)), ValueError),
        (np.zeros((0, 10, 3)), ValueError),
        (np.full((10, 10, 3), 255, dtype=np.uint8), ValueError),
        (np.full((10, 10, 3), -0.1), ValueError),
        (np.full((10, 10, 3), np.nan), ValueError),
        ("cat", TypeError),
        (None, TypeError),
    ],
)
def test_wrong_photos(photo, error):
    with pytest.raises(error, match="photo"):
        models.preprocess(photo)
