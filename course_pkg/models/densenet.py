"""DenseNet (Huang et al., 2017, "Densely connected convolutional networks"): each layer sees all layers before it."""

import re
from collections import OrderedDict

import torch
from torch import nn

from course_pkg._validate import as_int
from course_pkg.models.blocks import chain, he_start

_GROWTH = 32


class DenseLayer(nn.Sequential):
    """Stack ``growth`` new maps on the input: (N, ``inputs``, H, W) to (N, ``inputs`` + ``growth``, H, W).

    The new maps: normalise, ReLU, 1×1 convolution to 4·``growth`` maps, normalise, ReLU, 3×3 convolution.
    """

    def __init__(self, inputs, growth=_GROWTH):
        super().__init__(
            OrderedDict(
                norm1=nn.BatchNorm2d(inputs),
                relu1=nn.ReLU(),
                conv1=nn.Conv2d(inputs, 4 * growth, 1, bias=False),
                norm2=nn.BatchNorm2d(4 * growth),
                relu2=nn.ReLU(),
                conv2=nn.Conv2d(4 * growth, growth, 3, padding=1, bias=False),
            )
        )

    def forward(self, x):
        """Return the input with the new maps behind it."""
        return torch.cat([x, super().forward(x)], dim=1)


def _transition(inputs):
    return chain(
        norm=nn.BatchNorm2d(inputs),
        relu=nn.ReLU(),
        conv=nn.Conv2d(inputs, inputs // 2, 1, bias=False),
        pool=nn.AvgPool2d(2),
    )


def densenet121(num_classes=1000):
    """Return DenseNet-121 with random weights: four blocks of 6, 12, 24 and 16 dense layers, 7,978,856 parameters.

    Shapes: images (N, 3, H, W), sides of at least 29 pixels, trained on 224, to scores (N, ``num_classes``). Names and
    shapes in the state dict are torchvision's.
    Raises TypeError or ValueError for a ``num_classes`` that is no integer ≥ 1.
    """
    num_classes = as_int("num_classes", num_classes, minimum=1)
    features = chain(
        conv0=nn.Conv2d(3, 64, 7, stride=2, padding=3, bias=False),
        norm0=nn.BatchNorm2d(64),
        relu0=nn.ReLU(),
        pool0=nn.MaxPool2d(3, stride=2, padding=1),
    )
    channels = 64
    for number, depth in enumerate((6, 12, 24, 16), start=1):
        layers = {f"denselayer{i + 1}": DenseLayer(channels + i * _GROWTH) for i in range(depth)}
        features.add_module(f"denseblock{number}", chain(**layers))
        channels += depth * _GROWTH
        if number < 4:
            features.add_module(f"transition{number}", _transition(channels))
            channels //= 2
    features.add_module("norm5", nn.BatchNorm2d(channels))
    return he_start(
        chain(
            features=features,
            relu=nn.ReLU(),
            avgpool=nn.AdaptiveAvgPool2d(1),
            flatten=nn.Flatten(),
            classifier=nn.Linear(channels, num_classes),
        )
    )


def rename_old_keys(state):
    """Return the state dict with today's names: the published file is of 2017, when "norm1" was written "norm.1"."""
    old = re.compile(r"(denselayer\d+\.(?:norm|relu|conv))\.([12])\.")
    return {old.sub(r"\1\2.", key): value for key, value in state.items()}
