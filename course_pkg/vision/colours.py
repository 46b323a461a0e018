"""Colours as photos have them: mostly light and dark, then orange against blue, hardly ever green against magenta."""

import torch

from course_pkg._validate import as_number

# The square root of the covariance of red, green and blue over the photos of ImageNet, a column for each of the three
# independent directions; from Lucid (Olah, Mordvintsev & Schubert, "Feature visualization", 2017).
ROOT = torch.tensor([[0.26, 0.09, 0.02], [0.27, 0.00, -0.05], [0.27, -0.09, 0.03]], dtype=torch.float64)
ROOT = ROOT / ROOT.norm(dim=0).max()
COVARIANCE = ROOT @ ROOT.T


def _mixed(images, matrix):
    return torch.einsum("ij,njhw->nihw", matrix.to(images), images)


def correlated(images):
    """Return ``images`` (N, 3, H, W) of independent colour directions as red, green and blue: ROOT · x at each pixel.

    The first direction is lightness, the second orange against blue, the third green against magenta.
    """
    return _mixed(images, ROOT)


def decorrelated(images):
    """Return red, green and blue ``images`` (N, 3, H, W) along independent directions: ROOT⁻¹ · x at each pixel."""
    return _mixed(images, torch.linalg.inv(ROOT))


def natural(gradient, strength=1.0):
    """Return a ``gradient`` (N, 3, H, W) turned towards the colours that photos have: (ROOT · ROOTᵀ)^strength · g.

    With ``strength`` 1 this is the step that gradient ascent in the decorrelated colours would make, seen in red, green
    and blue; with 0 it is the gradient. Raises ValueError or TypeError for a strength below 0.
    """
    values, directions = torch.linalg.eigh(COVARIANCE)
    power = values ** as_number("strength", strength, minimum=0)
    return _mixed(gradient, directions @ torch.diag(power) @ directions.T)
