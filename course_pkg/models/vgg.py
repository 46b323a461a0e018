"""VGG (Simonyan & Zisserman, 2015): nothing but 3×3 convolutions, in five stages with a maximum pooling after each.

``layer_names`` translates the paper's names, which the literature on style uses, to places in ``features``.
"""

from torch import nn

from course_pkg._validate import as_int, describe
from course_pkg.models.blocks import chain, he_start

_WIDTHS = (64, 128, 256, 512, 512)


def _vgg(depths, num_classes):
    num_classes = as_int("num_classes", num_classes, minimum=1)
    features, channels = [], 3
    for depth, width in zip(depths, _WIDTHS, strict=True):
        for _ in range(depth):
            features += [nn.Conv2d(channels, width, 3, padding=1), nn.ReLU()]
            channels = width
        features.append(nn.MaxPool2d(2))
    return he_start(
        chain(
            features=nn.Sequential(*features),
            avgpool=nn.AdaptiveAvgPool2d(7),  # does nothing at 224 pixels; lets other sizes in
            flatten=nn.Flatten(),
            classifier=nn.Sequential(
                nn.Linear(512 * 7 * 7, 4096),
                nn.ReLU(),
                nn.Dropout(),
                nn.Linear(4096, 4096),
                nn.ReLU(),
                nn.Dropout(),
                nn.Linear(4096, num_classes),
            ),
        )
    )


def vgg16(num_classes=1000):
    """Return VGG-16 (column D) with random weights: 13 convolutions, 3 dense layers, 138,357,544 parameters.

    Shapes: images (N, 3, H, W), sides of at least 32 pixels, trained on 224, to scores (N, ``num_classes``). Names and
    shapes in the state dict are torchvision's. Without batch normalisation, like the original, it trains only from a
    good start: the authors began with a shallower network; here the convolutions start as He et al. (2015) say.
    Raises TypeError or ValueError for a ``num_classes`` that is no integer ≥ 1.
    """
    return _vgg((2, 2, 3, 3, 3), num_classes)


def vgg19(num_classes=1000):
    """Return VGG-19 (column E): ``vgg16`` with three more convolutions, 143,667,240 parameters."""
    return _vgg((2, 2, 4, 4, 4), num_classes)


def layer_names(vgg):
    """Return the places of the paper's layers in ``vgg.features``: {"conv1_1": 0, "relu1_1": 1, ..., "pool5": ...}.

    ``convS_L`` is convolution L of stage S, counted from 1, ``reluS_L`` its activation, ``poolS`` the pooling after it.
    So ``vgg.features[: layer_names(vgg)["conv4_2"] + 1]`` computes conv4_2.
    Raises TypeError for a model that ``vgg16`` or ``vgg19`` did not make.
    """
    kinds = {nn.Conv2d: "conv", nn.ReLU: "relu", nn.MaxPool2d: "pool"}
    features = getattr(vgg, "features", ())
    if not len(features) or not all(type(layer) in kinds for layer in features):
        raise TypeError(f"vgg: expected a network from vgg16 or vgg19, got {describe(type(vgg))}")
    names, stage, number = {}, 1, 0
    for place, layer in enumerate(features):
        if isinstance(layer, nn.MaxPool2d):
            names[f"pool{stage}"] = place
            stage, number = stage + 1, 0
        else:
            number += isinstance(layer, nn.Conv2d)
            names[f"{kinds[type(layer)]}{stage}_{number}"] = place
    return names
