"""Data that every installation has: handwritten digits, photos, prose, generated sets. Nothing is downloaded."""

from course_pkg.data.augmentation import augment
from course_pkg.data.digits import Split, digits
from course_pkg.data.generated import xor
from course_pkg.data.grammar import analogies, grammar
from course_pkg.data.libraries import LIBRARIES, MASK, Texts, libraries
from course_pkg.data.news import NEWS_CLASSES, ag_news
from course_pkg.data.own_text import own_text
from course_pkg.data.patches import patches, real_or_scrambled, scramble, whiten
from course_pkg.data.photos import PHOTOS, photo
from course_pkg.data.ratings import Ratings, RatingTruth, movielens, ratings
from course_pkg.data.text import docstrings
from course_pkg.data.textures import TEXTURES, texture

__all__ = [
    "LIBRARIES",
    "MASK",
    "NEWS_CLASSES",
    "PHOTOS",
    "TEXTURES",
    "RatingTruth",
    "Ratings",
    "Split",
    "Texts",
    "ag_news",
    "analogies",
    "augment",
    "digits",
    "docstrings",
    "grammar",
    "libraries",
    "movielens",
    "own_text",
    "patches",
    "photo",
    "ratings",
    "real_or_scrambled",
    "scramble",
    "texture",
    "whiten",
    "xor",
]
