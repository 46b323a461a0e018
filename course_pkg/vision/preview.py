"""Watch a picture being made: a progress bar, and in a notebook the picture itself, twice a second."""

import html
import io
import time
from base64 import b64encode
from contextlib import contextmanager

import numpy as np

from course_pkg.show import progress, watched

SECONDS = 0.5  # between two pictures
MOST = 512  # pixels, in height and width, of the picture that is shown


@contextmanager
def preview(description):
    """Yield a function ``watch(picture, done, total)`` that shows a picture being made, or None if nobody watches.

    ``picture`` is (H, W, 3) in 0 … 1 after ``done`` of ``total`` steps. At the end nothing of it stays.
    """
    if not watched():
        yield None
        return
    handle, shown = _display(), -np.inf
    with progress(description=description) as bar:

        def watch(picture, done, total):
            nonlocal shown
            bar.total = total
            bar.update(done - bar.n)
            if handle is not None and time.monotonic() - shown > SECONDS:
                handle.update({"text/html": _image(picture, description), "text/plain": description}, raw=True)
                shown = time.monotonic()

        try:
            yield watch
        finally:
            if handle is not None:
                handle.update({"text/html": "", "text/plain": ""}, raw=True)


def _display():
    """Return a handle for output that can be replaced, or None where nobody could see it, as in a terminal."""
    from IPython import get_ipython
    from IPython.display import display

    if getattr(get_ipython(), "kernel", None) is None:
        return None
    return display({"text/html": "", "text/plain": ""}, raw=True, display_id=True)


def _image(picture, description):
    """Return a picture as HTML."""
    from PIL import Image

    image, file = Image.fromarray(np.round(picture * 255).astype(np.uint8)), io.BytesIO()
    image.thumbnail((MOST, MOST))
    image.save(file, "JPEG", quality=85)
    alt = html.escape(f"{description}, so far", quote=True)
    return f'<img src="data:image/jpeg;base64,{b64encode(file.getvalue()).decode()}" alt="{alt}">'
