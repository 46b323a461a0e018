"""Local response normalisation, as AlexNet and the first GoogLeNet had it, several times as fast as torch's."""

import torch
from torch import nn
from torch.nn import functional

from course_pkg._validate import as_int, as_number


class LocalResponseNorm(nn.Module):
    """Divide each map by the strength of its neighbours among the maps, at the same place.

    y_c = x_c / (k + α/n · Σ x_c'²)^β, the sum over the n maps around c; maps beyond the first and the last are 0.
    Shapes: (N, C, H, W) to the same. The arguments are those of ``torch.nn.LocalResponseNorm``, and so is the result.

    The sum over neighbours is one product at each pixel with a band matrix B (C×C), a 1×1 convolution. The backward
    pass is written by hand and needs B once more: dx = dy·s^(−β) − 2β·x·Bᵀ(dy·x·s^(−β−1)), where s = k + B x².
    Raises TypeError or ValueError for wrong arguments. Source: Krizhevsky, Sutskever and Hinton, 2012, section 3.3.
    """

    def __init__(self, size, alpha=1e-4, beta=0.75, k=1.0):
        super().__init__()
        self.size = as_int("size", size, minimum=1)
        self.alpha = as_number("alpha", alpha, minimum=0)
        self.beta = as_number("beta", beta, above=0)
        self.k = as_number("k", k, above=0)

    def extra_repr(self):
        """Return the settings, for the module's repr."""
        return f"{self.size}, alpha={self.alpha}, beta={self.beta}, k={self.k}"

    def forward(self, x):
        """Return the normalised maps, (N, C, H, W) like ``x``."""
        return _Normalise.apply(x, _band(x, self.size) * (self.alpha / self.size), self.beta, self.k)


def _band(x, size):
    """Return (C, C, 1, 1) with 1 where a map counts as a neighbour of another: for even ``size`` one more before it."""
    place = torch.arange(x.shape[1], device=x.device)
    ahead = place[None, :] - place[:, None]
    return ((ahead >= -(size // 2)) & (ahead <= (size - 1) // 2)).to(x.dtype)[:, :, None, None]


def _power(s, beta):
    """Return s^(−β); for the usual β = 3/4 from square roots, which are much faster than powers."""
    if beta != 0.75:
        return s.pow(-beta)
    root = s.sqrt()
    return root.mul_(root.sqrt()).reciprocal_()


class _Normalise(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, band, beta, k):
        s = functional.conv2d(x.square(), band).add_(k)
        ctx.save_for_backward(x, band, s)  # s^(−β) is quick to compute again, and as large as x
        ctx.beta = beta
        return _power(s, beta).mul_(x)

    @staticmethod
    def backward(ctx, dy):
        x, band, s = ctx.saved_tensors
        direct = _power(s, ctx.beta).mul_(dy)
        across = functional.conv2d((direct * x).div_(s), band.transpose(0, 1))
        return direct.sub_(across.mul_(x), alpha=2 * ctx.beta), None, None, None
