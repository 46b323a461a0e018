"""ResNet (He et al., 2016, "Deep residual learning for image recognition"): blocks that add to their input.

As in torchvision a bottleneck block with stride has it in its 3×3 convolution; the paper has it in the first 1×1.
"""

from torch import nn

from course_pkg._validate import as_int
from course_pkg.models.blocks import chain, he_start


def _conv(inputs, outputs, kernel, stride=1):
    return nn.Conv2d(inputs, outputs, kernel, stride=stride, padding=kernel // 2, bias=False)


def _shortcut(inputs, outputs, stride):
    """Return what fits x to a block's output: nothing where the shapes agree, otherwise a 1×1 convolution."""
    if stride == 1 and inputs == outputs:
        return None
    return nn.Sequential(_conv(inputs, outputs, 1, stride), nn.BatchNorm2d(outputs))


class Residual(nn.Module):
    """relu(x + F(x)). A subclass has F as ``residual``, and ``downsample``, which fits x to F(x), or None."""

    def forward(self, x):
        """Return relu(x + F(x))."""
        shortcut = x if self.downsample is None else self.downsample(x)
        return self.relu(shortcut + self.residual(x))


class BasicBlock(Residual):
    """F is two 3×3 convolutions. Shapes: (N, ``inputs``, H, W) to (N, ``width``, H/stride, W/stride)."""

    expansion = 1

    def __init__(self, inputs, width, stride=1):
        super().__init__()
        self.conv1, self.bn1 = _conv(inputs, width, 3, stride), nn.BatchNorm2d(width)
        self.conv2, self.bn2 = _conv(width, width, 3), nn.BatchNorm2d(width)
        self.relu = nn.ReLU()
        self.downsample = _shortcut(inputs, width, stride)

    def residual(self, x):
        """Return F(x), what the block adds."""
        x = self.relu(self.bn1(self.conv1(x)))
        return self.bn2(self.conv2(x))


class Bottleneck(Residual):
    """F is 1×1 down to ``width`` maps, 3×3 there, 1×1 up to 4·``width``: cheaper for wide maps."""

    expansion = 4

    def __init__(self, inputs, width, stride=1):
        super().__init__()
        outputs = self.expansion * width
        self.conv1, self.bn1 = _conv(inputs, width, 1), nn.BatchNorm2d(width)
        self.conv2, self.bn2 = _conv(width, width, 3, stride), nn.BatchNorm2d(width)
        self.conv3, self.bn3 = _conv(width, outputs, 1), nn.BatchNorm2d(outputs)
        self.relu = nn.ReLU()
        self.downsample = _shortcut(inputs, outputs, stride)

    def residual(self, x):
        """Return F(x), what the block adds."""
        x = self.relu(self.bn1(self.conv1(x)))
        x = self.relu(self.bn2(self.conv2(x)))
        return self.bn3(self.conv3(x))


def _resnet(block, depths, num_classes):
    num_classes = as_int("num_classes", num_classes, minimum=1)
    stages, channels = {}, 64
    for stage, depth in enumerate(depths):
        width, blocks = 64 * 2**stage, []
        for i in range(depth):
            blocks.append(block(channels, width, stride=2 if stage and not i else 1))
            channels = width * block.expansion
        stages[f"layer{stage + 1}"] = nn.Sequential(*blocks)
    return he_start(
        chain(
            conv1=_conv(3, 64, 7, stride=2),
            bn1=nn.BatchNorm2d(64),
            relu=nn.ReLU(),
            maxpool=nn.MaxPool2d(3, stride=2, padding=1),
            **stages,
            avgpool=nn.AdaptiveAvgPool2d(1),
            flatten=nn.Flatten(),
            fc=nn.Linear(channels, num_classes),
        )
    )


def resnet34(num_classes=1000):
    """Return ResNet-34 with random weights: 16 basic blocks, 21,797,672 parameters.

    Shapes: images (N, 3, H, W) of any size, trained on 224, to scores (N, ``num_classes``). Names and shapes in the
    state dict are torchvision's. Raises TypeError or ValueError for a ``num_classes`` that is no integer ≥ 1.
    """
    return _resnet(BasicBlock, (3, 4, 6, 3), num_classes)


def resnet152(num_classes=1000):
    """Return ResNet-152: ``resnet34`` with 50 bottleneck blocks in place of the basic ones, 60,192,808 parameters."""
    return _resnet(Bottleneck, (3, 8, 36, 3), num_classes)
