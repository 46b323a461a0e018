"""Seeing what networks see: how much a kernel looks like an edge, what a channel answers to, dreams and styles.

Pictures are arrays (H, W, 3) with values in 0 … 1. ``load`` gives the network that pictures are made with.
"""

from importlib import import_module

from course_pkg.vision.edges import GaborFit, fit_gabor, gratings, orientation_selectivity

# Where each name is that needs torch, which takes seconds to import: only when it is asked for.
_WITH_TORCH = {
    "Network": "network",
    "load": "network",
    "picture": "network",
}

__all__ = ["GaborFit", "fit_gabor", "gratings", "orientation_selectivity", *_WITH_TORCH]


def __getattr__(name):
    if name not in _WITH_TORCH:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_WITH_TORCH[name]}"), name)


def __dir__():
    return sorted({*globals(), *__all__})
