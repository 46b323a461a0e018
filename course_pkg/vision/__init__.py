"""Seeing what networks see: how much a kernel looks like an edge, and what it answers to."""

from course_pkg.vision.edges import GaborFit, fit_gabor, gratings, orientation_selectivity

__all__ = ["GaborFit", "fit_gabor", "gratings", "orientation_selectivity"]
