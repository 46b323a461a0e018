"""Pictures from files and from the web, and into files: whatever comes becomes (H, W, 3) in 0 … 1, right side up.

What cannot be read is said in one sentence. Nothing is left on the disk when writing fails.
"""

import io
import os
import time
import warnings
from contextlib import contextmanager, suppress
from pathlib import Path

import numpy as np

from course_pkg._validate import as_array, as_bool, as_int, describe

FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "TIFF", "BMP", "PPM", "AVIF")  # with EPS, Pillow would start another program
ENDINGS = {".png": "PNG", ".jpg": "JPEG", ".jpeg": "JPEG"}
MAX_PIXELS = 80_000_000  # 640 MB for each colour channel as float64; a full-frame camera has 20 to 60 million
MAX_BYTES = 50_000_000
SECONDS = 30


def read_picture(place, *, max_side=None):
    """Return the picture in a file or at an http(s) address as float64, shape (H, W, 3), values in 0 … 1.

    Grey, palette, CMYK and 16-bit pictures become red, green and blue; transparent ones are laid on white; of animated
    ones the first frame counts; photos are turned as their EXIF data says. ``max_side`` is the largest number of pixels
    in height and width: a larger picture is shrunk (Lanczos), never enlarged. At most ``MAX_PIXELS`` pixels are
    unpacked; an address must answer with at most ``MAX_BYTES`` bytes in ``SECONDS`` seconds.

    Raises FileNotFoundError if there is no such file, ConnectionError if an address does not answer as it should,
    PermissionError if the file may not be read, ValueError for what is no picture, damaged or too large.
    """
    if not isinstance(place, (str, os.PathLike)) or not str(place):
        raise TypeError(f"place: expected the path of a file or an http address, got {describe(place)}")
    if max_side is not None:
        max_side = as_int("max_side", max_side, minimum=1)
    place = os.fspath(place)
    if place.lower().startswith(("http://", "https://")):
        return _decode(io.BytesIO(_fetch(place)), place, max_side)
    path = Path(place).expanduser()
    if os.path.isdir(path):
        raise ValueError(f"{place}: expected a picture, got a folder")
    try:
        with path.open("rb") as file:
            return _decode(file, place, max_side)
    except FileNotFoundError:
        raise FileNotFoundError(f"{place}: there is no such file") from None
    except PermissionError:
        raise PermissionError(f"{place}: this file may not be read") from None
    except OSError as error:  # such as a name that is too long; the decoder's own errors are ValueErrors by now
        raise ValueError(f"{place}: expected the path of a picture; it cannot be opened ({error.strerror})") from error


def _fetch(address):
    """Return the bytes at ``address``, within the limits of time and size."""
    import requests
    import urllib3

    until, found = time.monotonic() + SECONDS, bytearray()
    try:
        # some sites turn away who does not say what he is
        with requests.get(address, stream=True, timeout=10, headers={"User-Agent": "course_pkg"}) as answer:
            answer.raise_for_status()
            # read1 hands on what has come: a server that sends a byte now and then does not get round the limit
            while piece := answer.raw.read1(2**16, decode_content=True):
                found += piece
                if len(found) > MAX_BYTES:
                    raise ValueError(f"{address}: expected at most {MAX_BYTES / 1e6:g} MB, got more; nothing was kept")
                if time.monotonic() > until:
                    raise ConnectionError(f"{address}: expected the picture within {SECONDS} seconds; it takes longer")
    except requests.HTTPError as error:
        status = error.response.status_code
        raise ConnectionError(f"{address}: expected a picture, the server answers {status}") from error
    except (requests.RequestException, urllib3.exceptions.HTTPError) as error:
        raise ConnectionError(f"{address}: could not be fetched ({type(error).__name__})") from error
    return bytes(found)


def _decode(file, place, max_side):
    from PIL import Image, ImageOps, UnidentifiedImageError

    Image.init()
    known = [name for name in FORMATS if name in Image.OPEN]  # AVIF is not in every Pillow
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about odd metadata; and Pillow's own limit of pixels is above ours
            with Image.open(file, formats=known) as image:
                width, height = image.size
                if width * height > MAX_PIXELS:
                    raise Image.DecompressionBombError(f"{width}×{height} pixels")
                return _to_array(ImageOps.exif_transpose(image), max_side)
    except UnidentifiedImageError:
        raise ValueError(f"{place}: expected a picture ({', '.join(known)}), got something else") from None
    except Image.DecompressionBombError as error:
        size = str(error).partition(",")[0]
        raise ValueError(
            f"{place}: expected at most {MAX_PIXELS / 1e6:g} million pixels, got more ({size}); shrink it first"
        ) from None
    except Exception as error:  # decoders raise whatever they stumble over
        raise ValueError(f"{place}: this picture is damaged or of a kind that is not supported ({error})") from error


def _to_array(image, max_side):
    """Return a decoded Pillow image, of any mode, as an array (H, W, 3) in 0 … 1."""
    from PIL import Image

    white = 255
    if image.mode.startswith("I"):  # 16 bits a pixel, which Pillow cannot scale: as floats it can
        values = np.asarray(image)
        if values.min() < 0 or values.max() > 65535:
            raise ValueError("32-bit integers, of which nobody knows what is white")
        image, white = Image.fromarray(values.astype(np.float32)), 65535
    elif image.mode == "F":
        raise ValueError("floating-point numbers, of which nobody knows what is white")
    elif image.has_transparency_data:
        image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image.convert("RGBA")).convert("RGB")
    else:
        image = image.convert("RGB")
    if max_side is not None:
        image.thumbnail((max_side, max_side), Image.Resampling.LANCZOS)
    array = np.clip(np.asarray(image, dtype=np.float64) / white, 0, 1)
    return array if array.ndim == 3 else np.repeat(array[..., None], 3, axis=2)


def check_writable(path, *, force=False):
    """Return ``path`` as a Path if a picture can be written there; nothing is changed.

    Whoever computes for long asks before it. Raises ValueError for another ending than ``ENDINGS`` or a folder,
    FileNotFoundError if the folder is missing, FileExistsError if the file is there and not ``force``, OSError where
    nothing can be written.
    """
    if not isinstance(path, (str, os.PathLike)) or not str(path):
        raise TypeError(f"path: expected the path of a file, got {describe(path)}")
    path, force = Path(path).expanduser(), as_bool("force", force)
    if path.suffix.lower() not in ENDINGS:
        raise ValueError(f"{path}: expected a name that ends in {', '.join(ENDINGS)}")
    if not os.path.isdir(path.parent):  # unlike Path.is_dir(), it never raises
        raise FileNotFoundError(f"{path}: there is no folder {path.parent}")
    if os.path.isdir(path):
        raise ValueError(f"{path}: expected the name of a file, got a folder")
    if os.path.exists(path) and not force:
        raise FileExistsError(f"{path}: this file exists already; it is replaced only with force")
    with _beside(path) as part:
        part.touch()
    return path


def write_picture(path, picture, *, force=False, about=None):
    """Write a picture, (H, W, 3) with values in 0 … 1, as PNG or JPEG (quality 95), by the ending of ``path``.

    ``about``, a dict of texts, says how the picture was made: PNG keeps each as a text chunk of its name, JPEG all of
    them as a comment. The file is complete or it is not there. Raises what ``check_writable`` raises, and ValueError or
    TypeError for what is no picture.
    """
    from PIL import Image, PngImagePlugin

    path = check_writable(path, force=force)
    picture = as_array("picture", picture, shape=(None, None, 3))
    if not picture.size or picture.min() < 0 or picture.max() > 1:
        raise ValueError(f"picture: expected values in 0 … 1, got {describe(picture)} with others, or with none")
    about = {} if about is None else {str(name): str(text) for name, text in about.items()}
    image, content = Image.fromarray(np.round(picture * 255).astype(np.uint8)), io.BytesIO()
    if ENDINGS[path.suffix.lower()] == "PNG":
        chunks = PngImagePlugin.PngInfo()
        for name, text in about.items():
            chunks.add_itxt(name, text)
        image.save(content, "PNG", pnginfo=chunks)
    else:
        comment = "\n".join(f"{name}: {text}" for name, text in about.items())
        image.save(content, "JPEG", quality=95, subsampling=0, comment=comment.encode()[:65533])
    with _beside(path) as part:
        part.write_bytes(content.getvalue())
        part.replace(path)


@contextmanager
def _beside(path):
    """Yield the name of a new file in the folder of ``path``; what is left of it at the end is removed."""
    part = path.with_name(f".picture-{os.getpid()}.part")
    try:
        yield part
    except OSError as error:
        raise type(error)(f"{path}: cannot be written ({error.strerror})") from error
    finally:
        with suppress(OSError):
            part.unlink()
