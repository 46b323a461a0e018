"""Photos that come with scikit-image and scikit-learn."""

import numpy as np

from course_pkg._validate import as_choice, as_int

# Name: (library, what it shows). Public domain or freely licensed; see the libraries' own notes.
PHOTOS = {
    "astronaut": ("skimage", "Eileen Collins, NASA, 1999"),
    "camera": ("skimage", "a man with a camera on a tripod, grey"),
    "cat": ("skimage", "the cat Chelsea"),
    "coffee": ("skimage", "a cup of coffee on a saucer"),
    "rocket": ("skimage", "a rocket on its launch pad at dawn"),
    "china": ("sklearn", "a temple in China"),
    "flower": ("sklearn", "a dahlia"),
}


def photo(name, *, height=None, grey=False):
    """Return a bundled photo as float64 in 0 … 1, shape (H, W, 3), or (H, W) if ``grey``.

    ``height`` scales it to that many pixels, keeping its proportions (anti-aliased). Grey is Rec. 709 luma,
    0.2125 R + 0.7154 G + 0.0721 B. Raises ValueError for an unknown name; ``PHOTOS`` lists them.
    """
    from skimage import color, data, transform
    from skimage.util import img_as_float64

    as_choice("name", name, list(PHOTOS))
    if PHOTOS[name][0] == "sklearn":
        from sklearn.datasets import load_sample_image

        picture = img_as_float64(load_sample_image(f"{name}.jpg"))
    else:
        picture = img_as_float64(getattr(data, name)())
    if height is not None:
        height = as_int("height", height, minimum=1)
        width = max(1, round(picture.shape[1] * height / picture.shape[0]))
        picture = transform.resize(picture, (height, width, *picture.shape[2:]), anti_aliasing=True)
    if grey and picture.ndim == 3:
        return color.rgb2gray(picture)
    return picture if grey or picture.ndim == 3 else np.repeat(picture[..., None], 3, axis=2)
