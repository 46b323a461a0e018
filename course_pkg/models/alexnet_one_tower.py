"""AlexNet in one tower: the network of Krizhevsky, 2014, "One weird trick for parallelizing convolutional networks".

The network that won in 2012 had two towers, one a graphics card; ``models.arithmetic`` has both as tables.
"""

from torch import nn

from course_pkg._validate import as_int
from course_pkg.models.blocks import chain


def alexnet(num_classes=1000):
    """Return AlexNet with random weights: five convolutions, three fully connected layers, 61,100,840 parameters.

    Shapes: images (N, 3, H, W), sides of at least 63 pixels, trained on 224, to scores (N, ``num_classes``). Names and
    shapes in the state dict are torchvision's. There is no response normalisation, unlike in 2012.
    Raises TypeError or ValueError for a ``num_classes`` that is no integer ≥ 1.
    """
    num_classes = as_int("num_classes", num_classes, minimum=1)
    return chain(
        features=nn.Sequential(
            nn.Conv2d(3, 64, 11, stride=4, padding=2),
            nn.ReLU(),
            nn.MaxPool2d(3, stride=2),
            nn.Conv2d(64, 192, 5, padding=2),
            nn.ReLU(),
            nn.MaxPool2d(3, stride=2),
            nn.Conv2d(192, 384, 3, padding=1),
            nn.ReLU(),
            nn.Conv2d(384, 256, 3, padding=1),
            nn.ReLU(),
            nn.Conv2d(256, 256, 3, padding=1),
            nn.ReLU(),
            nn.MaxPool2d(3, stride=2),
        ),
        avgpool=nn.AdaptiveAvgPool2d(6),  # does nothing at 224 pixels; lets other sizes in
        flatten=nn.Flatten(),
        classifier=nn.Sequential(
            nn.Dropout(),
            nn.Linear(256 * 6 * 6, 4096),
            nn.ReLU(),
            nn.Dropout(),
            nn.Linear(4096, 4096),
            nn.ReLU(),
            nn.Linear(4096, num_classes),
        ),
    )
