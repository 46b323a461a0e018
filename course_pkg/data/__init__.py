"""Data that every installation has: handwritten digits, photos, patches, generated sets. Nothing is downloaded."""

from course_pkg.data.digits import Split, digits
from course_pkg.data.generated import xor
from course_pkg.data.patches import real_or_scrambled, scramble, whiten
from course_pkg.data.photos import PHOTOS, photo

__all__ = ["PHOTOS", "Split", "digits", "photo", "real_or_scrambled", "scramble", "whiten", "xor"]
