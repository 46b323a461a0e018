"""Whole networks, and the arithmetic of their layers.

``lenet5`` is written with ``course_pkg.nn``; ``NGram`` counts the characters of a text. The networks that won the
competition of ImageNet, and what came of them, are torch modules: ``alexnet``, ``vgg16``, ``vgg19``, ``googlenet``,
``resnet34``, ``resnet152``, ``densenet121``, ``unet``. They start from random weights, drawn from torch's generator:
``torch.manual_seed`` first. ``load_published`` fetches the weights trained on ImageNet, and ``preprocess`` makes a
photo fit for them. ``small_inception`` is small enough to ship with its weights, which ``load_small`` reads; they know
textures. ``TextCNN`` classifies texts; ``word_numbers`` and ``fit_text_cnn`` feed and train it.
``LocalResponseNorm`` is the normalisation that networks had before batch normalisation.
"""

from importlib import import_module

from course_pkg.models import arithmetic
from course_pkg.models.arithmetic import C3_TABLE
from course_pkg.models.lenet import digit_centres, lenet5
from course_pkg.models.ngram import NGram
from course_pkg.models.profile import profile

# Where each name is that needs torch, which takes seconds to import: only when it is asked for.
_WITH_TORCH = {
    "LocalResponseNorm": "response_norm",
    "TextCNN": "text_cnn",
    "alexnet": "alexnet_one_tower",
    "densenet121": "densenet",
    "fit_text_cnn": "text_cnn",
    "googlenet": "inception",
    "is_cached": "published",
    "load_published": "published",
    "load_small": "small",
    "preprocess": "imagenet",
    "resnet152": "resnet",
    "resnet34": "resnet",
    "small_inception": "small",
    "unet": "encoder_decoder",
    "vgg16": "vgg",
    "vgg19": "vgg",
    "word_numbers": "text_cnn",
}

__all__ = ["C3_TABLE", "NGram", "arithmetic", "digit_centres", "lenet5", "profile", *_WITH_TORCH]


def __getattr__(name):
    if name not in _WITH_TORCH:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_WITH_TORCH[name]}"), name)


def __dir__():
    return sorted({*globals(), *__all__})
