"""Seeing what networks see: how much a kernel looks like an edge, what a channel answers to, dreams and styles.

Pictures are arrays (H, W, 3) with values in 0 … 1. ``load`` gives the network that pictures are made with.
"""

from importlib import import_module

from course_pkg.vision.edges import GaborFit, fit_gabor, gratings, orientation_selectivity
from course_pkg.vision.files import read_picture, write_picture

# Where each name is that needs torch, which takes seconds to import: only when it is asked for.
_WITH_TORCH = {
    "Dream": "deepdream",
    "METHODS": "channels",
    "Method": "channels",
    "Network": "network",
    "Objective": "channels",
    "Patches": "patches",
    "StyleObjective": "style",
    "Styled": "style",
    "Visualisation": "channels",
    "best_precision": "network",
    "channel": "channels",
    "dream": "deepdream",
    "load": "network",
    "most_exciting": "patches",
    "neuron": "channels",
    "picture": "network",
    "receptive_halo": "tiles",
    "save_animation": "deepdream",
    "score": "channels",
    "stylise": "style",
    "tiled_gradient": "tiles",
    "usual_layers": "style",
    "visualise": "channels",
    "with_colours": "style",
    "with_luminance": "style",
    "zoom": "deepdream",
}

__all__ = [
    "GaborFit",
    "fit_gabor",
    "gratings",
    "orientation_selectivity",
    "read_picture",
    "write_picture",
    *_WITH_TORCH,
]


def __getattr__(name):
    if name not in _WITH_TORCH:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_WITH_TORCH[name]}"), name)


def __dir__():
    return sorted({*globals(), *__all__})
