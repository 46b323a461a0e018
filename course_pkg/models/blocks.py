"""What the convolutional networks share: a chain of named layers, and the start that ReLU networks need."""

from collections import OrderedDict

from torch import nn


def chain(**layers):
    """Return ``nn.Sequential`` with names: each layer takes what the one before it gives.

    The names become part of the state dict's keys, so ``chain(conv1=..., fc=...)`` has "conv1.weight" and so on.
    """
    return nn.Sequential(OrderedDict(layers))


def he_start(model):
    """Return ``model`` with new weights in all convolutions, normal with variance 2/fan-in, and biases 0.

    Source: He et al., 2015, who derive it for ReLU.
    """
    for layer in model.modules():
        if isinstance(layer, nn.Conv2d):
            nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)
    return model
