"""Prototxt files that were published with Caffe (BSD licence), to be read, built and changed."""

from pathlib import Path

from course_pkg._validate import as_choice

_FOLDER = Path(__file__).parent / "prototxt"
PUBLISHED = tuple(sorted(path.stem for path in _FOLDER.glob("*.prototxt")))


def published(name):
    """Return the text of the published file ``name``; ``PUBLISHED`` lists them. Raises ValueError for another name."""
    return (_FOLDER / f"{as_choice('name', name, PUBLISHED)}.prototxt").read_text(encoding="utf-8")
