"""A small U-Net (Ronneberger, Fischer & Brox, 2015): an encoder, a decoder, and shortcuts from one to the other."""

import torch
from torch import nn

from course_pkg._validate import as_bool, as_int
from course_pkg.models.blocks import he_start


def _stage(inputs, outputs):
    layers = []
    for channels in (inputs, outputs):
        layers += [nn.Conv2d(channels, outputs, 3, padding=1, bias=False), nn.BatchNorm2d(outputs), nn.ReLU()]
    return nn.Sequential(*layers)


class UNet(nn.Module):
    """Scores for each pixel; see :func:`unet`."""

    def __init__(self, in_channels, num_classes, width, depth, skips):
        super().__init__()
        widths = [width * 2**level for level in range(depth + 1)]
        self.skips = skips
        self.down = nn.ModuleList(map(_stage, [in_channels, *widths[: depth - 1]], widths[:depth]))
        self.pool = nn.MaxPool2d(2)
        self.bottom = _stage(widths[depth - 1], widths[depth])
        self.grow = nn.ModuleList(
            nn.ConvTranspose2d(deep, wide, 2, stride=2)
            for wide, deep in zip(widths[-2::-1], widths[:0:-1], strict=True)
        )
        self.up = nn.ModuleList(_stage(wide * (1 + skips), wide) for wide in widths[-2::-1])
        self.head = nn.Conv2d(width, num_classes, 1)

    def forward(self, x):
        """Return scores (N, classes, H, W) for images (N, channels, H, W)."""
        factor = 2 ** len(self.down)
        if x.shape[2] % factor or x.shape[3] % factor:
            raise ValueError(f"x: expected height and width that {factor} divides, got {tuple(x.shape)}")
        kept = []
        for stage in self.down:
            x = stage(x)
            kept.append(x)
            x = self.pool(x)
        x = self.bottom(x)
        for grow, stage in zip(self.grow, self.up, strict=True):
            x, fine = grow(x), kept.pop()
            x = stage(torch.cat([fine, x], dim=1) if self.skips else x)
        return self.head(x)


def unet(in_channels=3, num_classes=2, *, width=16, depth=3, skips=True):
    """Return a small U-Net with random weights: ``depth`` halvings down, as many doublings up, scores for each pixel.

    Shapes: images (N, ``in_channels``, H, W), sides that 2^depth divides, to scores (N, ``num_classes``, H, W). There
    are ``width`` maps at the top and twice as many at each level below. With ``skips`` each level of the decoder also
    sees the encoder's maps of its size; without, all that it knows has passed the bottom. Unlike the paper's it pads,
    so that sizes stay, and normalises its batches. Raises TypeError or ValueError for other arguments.
    """
    return he_start(
        UNet(
            as_int("in_channels", in_channels, minimum=1),
            as_int("num_classes", num_classes, minimum=1),
            as_int("width", width, minimum=1),
            as_int("depth", depth, minimum=1),
            as_bool("skips", skips),
        )
    )
