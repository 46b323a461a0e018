"""GoogLeNet (Szegedy et al., 2015, "Going deeper with convolutions"), as torchvision has it and publishes weights for.

What differs from the paper: batch normalisation after each convolution in place of two response normalisations, and a
3×3 convolution where the paper has 5×5. The second is known as a mistake; but the weights were trained so and fit no
other shape, so it stays (``kernel=5`` builds the paper's).
"""

from typing import NamedTuple

import torch
from torch import nn

from course_pkg._validate import as_bool, as_choice, as_int
from course_pkg.models.blocks import chain, he_start
from course_pkg.models.imagenet import DEVIATION, MEAN


class Scores(NamedTuple):
    """What GoogLeNet gives in training, each (N, classes): the last scores and those of the two auxiliary heads."""

    logits: torch.Tensor
    aux_logits2: torch.Tensor
    aux_logits1: torch.Tensor


def _conv(inputs, outputs, kernel, **options):
    return chain(
        conv=nn.Conv2d(inputs, outputs, kernel, bias=False, **options),
        bn=nn.BatchNorm2d(outputs, eps=0.001),
        relu=nn.ReLU(),
    )


class Inception(nn.Module):
    """Four branches side by side, their maps stacked: 1×1; 1×1 then 3×3; 1×1 then ``kernel``; pooling then 1×1.

    Shapes: (N, ``inputs``, H, W) to (N, ``one`` + ``three`` + ``five`` + ``pool``, H, W). ``reduce3`` and ``reduce5``
    are the maps after the 1×1 convolutions that make the large kernels cheap.
    """

    def __init__(self, inputs, one, reduce3, three, reduce5, five, pool, *, kernel=3):
        super().__init__()
        self.branch1 = _conv(inputs, one, 1)
        self.branch2 = nn.Sequential(_conv(inputs, reduce3, 1), _conv(reduce3, three, 3, padding=1))
        self.branch3 = nn.Sequential(_conv(inputs, reduce5, 1), _conv(reduce5, five, kernel, padding=kernel // 2))
        self.branch4 = nn.Sequential(nn.MaxPool2d(3, stride=1, padding=1), _conv(inputs, pool, 1))

    def forward(self, x):
        """Return the maps of the four branches, stacked."""
        return torch.cat([self.branch1(x), self.branch2(x), self.branch3(x), self.branch4(x)], dim=1)


def _auxiliary(inputs, num_classes):
    return chain(
        pool=nn.AdaptiveAvgPool2d(4),
        conv=_conv(inputs, 128, 1),
        flatten=nn.Flatten(),
        fc1=nn.Linear(2048, 1024),
        relu=nn.ReLU(),
        dropout=nn.Dropout(0.7),
        fc2=nn.Linear(1024, num_classes),
    )


class GoogLeNet(nn.Module):
    """Nine Inception modules between a stem and one linear layer; see :func:`googlenet`."""

    def __init__(self, num_classes, aux, transform_input, kernel):
        super().__init__()

        def inception(*widths):
            return Inception(*widths, kernel=kernel)

        def pool(size):
            return nn.MaxPool2d(size, stride=2, ceil_mode=True)

        self.transform_input = transform_input
        self.conv1 = _conv(3, 64, 7, stride=2, padding=3)
        self.maxpool1 = pool(3)
        self.conv2 = _conv(64, 64, 1)
        self.conv3 = _conv(64, 192, 3, padding=1)
        self.maxpool2 = pool(3)
        self.inception3a = inception(192, 64, 96, 128, 16, 32, 32)
        self.inception3b = inception(256, 128, 128, 192, 32, 96, 64)
        self.maxpool3 = pool(3)
        self.inception4a = inception(480, 192, 96, 208, 16, 48, 64)
        self.inception4b = inception(512, 160, 112, 224, 24, 64, 64)
        self.inception4c = inception(512, 128, 128, 256, 24, 64, 64)
        self.inception4d = inception(512, 112, 144, 288, 32, 64, 64)
        self.inception4e = inception(528, 256, 160, 320, 32, 128, 128)
        self.maxpool4 = pool(2)
        self.inception5a = inception(832, 256, 160, 320, 32, 128, 128)
        self.inception5b = inception(832, 384, 192, 384, 48, 128, 128)
        self.aux1 = _auxiliary(512, num_classes) if aux else None
        self.aux2 = _auxiliary(528, num_classes) if aux else None
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.flatten = nn.Flatten()
        self.dropout = nn.Dropout(0.2)
        self.fc = nn.Linear(1024, num_classes)

    def forward(self, x):
        """Return scores (N, classes) for images (N, 3, H, W); in training, with auxiliary heads, :class:`Scores`."""
        if self.transform_input:
            x = _from_imagenet_scale(x)
        x = self.maxpool1(self.conv1(x))
        x = self.maxpool2(self.conv3(self.conv2(x)))
        x = self.maxpool3(self.inception3b(self.inception3a(x)))
        x = after_4a = self.inception4a(x)
        x = after_4d = self.inception4d(self.inception4c(self.inception4b(x)))
        x = self.maxpool4(self.inception4e(x))
        x = self.inception5b(self.inception5a(x))
        scores = self.fc(self.dropout(self.flatten(self.avgpool(x))))
        if self.training and self.aux1 is not None:
            return Scores(scores, self.aux2(after_4d), self.aux1(after_4a))
        return scores


def _from_imagenet_scale(x):
    """Return x on the scale −1 … 1, for which the weights were trained, from x standardised by ImageNet's colours."""
    mean, deviation = (x.new_tensor(values).view(3, 1, 1) for values in (MEAN, DEVIATION))
    return (x * deviation + mean - 0.5) / 0.5


def googlenet(num_classes=1000, *, aux=True, transform_input=False, kernel=3):
    """Return GoogLeNet with random weights: 22 layers deep, 6,624,904 parameters and 6,379,984 in its auxiliary heads.

    Shapes: images (N, 3, H, W), sides of at least 15 pixels, trained on 224, to scores (N, ``num_classes``). In
    training mode with ``aux`` the result is :class:`Scores`; the paper adds 0.3 times the loss of each auxiliary head.
    ``transform_input`` takes images scaled by ImageNet's mean and deviation to −1 … 1, as the published weights want.
    ``kernel`` is the larger kernel of the Inception modules: 3 as in torchvision, 5 as in the paper.
    Names and shapes in the state dict are torchvision's, for ``kernel`` 3.
    Raises TypeError or ValueError for other arguments.
    """
    return he_start(
        GoogLeNet(
            as_int("num_classes", num_classes, minimum=1),
            as_bool("aux", aux),
            as_bool("transform_input", transform_input),
            as_choice("kernel", kernel, (3, 5)),
        )
    )


def without_heads(state):
    """Return the state dict without the auxiliary heads: in the published file they are not trained."""
    return {key: value for key, value in state.items() if not key.startswith(("aux1.", "aux2."))}
