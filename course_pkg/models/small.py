"""A small Inception network with average pooling, and the weights that ship with this package.

It looks at textures: the names of its classes are those of ``course_pkg.data.TEXTURES`` and regions of bundled photos.
``MODEL_CARD.md`` beside this file says on what it was trained and how well; ``tools/train_small.py`` trains it.
"""

import zipfile
import zlib
from copy import deepcopy
from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from course_pkg._validate import as_bool, as_int, describe
from course_pkg.models.blocks import chain, he_start

WEIGHTS = Path(__file__).with_name("small_inception.npz")
_CLASSES = "classes"  # the entry of the file that is no weight


def _conv(inputs, outputs, kernel, batch_norm):
    conv = nn.Conv2d(inputs, outputs, kernel, padding=kernel // 2, bias=not batch_norm)
    return nn.Sequential(conv, nn.BatchNorm2d(outputs)) if batch_norm else conv


def _pool():
    """Return an average over 4×4 that halves the sides: its windows overlap, so that no grid shows in gradients."""
    return nn.AvgPool2d(4, stride=2, padding=1, count_include_pad=False)


class Mixed(nn.Module):
    """Four branches side by side, their maps stacked: 1×1; 1×1 then 3×3; 1×1 then 5×5; average pooling then 1×1.

    Shapes: (N, ``inputs``, H, W) to (N, ``one`` + ``three`` + ``five`` + ``pool``, H, W). What comes out may be
    negative: the ReLU stands after the module.
    """

    def __init__(self, inputs, one, reduce3, three, reduce5, five, pool, *, batch_norm):
        super().__init__()
        self.one = _conv(inputs, one, 1, batch_norm)
        self.three = self._two(inputs, reduce3, three, 3, batch_norm)
        self.five = self._two(inputs, reduce5, five, 5, batch_norm)
        self.pool = chain(
            pool=nn.AvgPool2d(3, stride=1, padding=1, count_include_pad=False),
            conv=_conv(inputs, pool, 1, batch_norm),
        )

    @staticmethod
    def _two(inputs, middle, outputs, kernel, batch_norm):
        return chain(
            reduce=_conv(inputs, middle, 1, batch_norm),
            relu=nn.ReLU(),
            conv=_conv(middle, outputs, kernel, batch_norm),
        )

    def forward(self, x):
        """Return the maps of the four branches, stacked, before the ReLU."""
        return torch.cat([self.one(x), self.three(x), self.five(x), self.pool(x)], dim=1)


def small_inception(num_classes=100, *, batch_norm=False):
    """Return the small Inception network with random weights, drawn from torch's generator.

    It is a chain, each layer taking what the one before it gives: conv1, relu1, pool1, conv2, relu2, pool2, mixed3a,
    relu3a, mixed3b, relu3b, pool3, mixed4a, relu4a, mixed4b, relu4b, pool4, mixed5a, relu5a, average, flatten, head.
    Shapes: pictures (N, 3, H, W) as ``preprocess`` standardises colours, sides of at least 16 pixels, trained on 64, to
    scores (N, ``num_classes``). conv1 sees every pixel; sides halve at each pool. Channels from conv1 to mixed5a: 16,
    40, 96, 128, 192, 224, 256. With ``batch_norm``, as for training, a batch normalisation follows each convolution;
    :func:`fold` takes it away.
    Raises TypeError or ValueError for other arguments.
    Source: the modules of Szegedy et al., 2015; average pooling for pictures after Gatys et al., 2015.
    """
    num_classes = as_int("num_classes", num_classes, minimum=1)
    batch_norm = as_bool("batch_norm", batch_norm)

    def mixed(*widths):
        return Mixed(*widths, batch_norm=batch_norm)

    return he_start(
        chain(
            conv1=_conv(3, 16, 5, batch_norm),
            relu1=nn.ReLU(),
            pool1=_pool(),
            conv2=_conv(16, 40, 3, batch_norm),
            relu2=nn.ReLU(),
            pool2=_pool(),
            mixed3a=mixed(40, 24, 32, 40, 12, 16, 16),
            relu3a=nn.ReLU(),
            mixed3b=mixed(96, 32, 40, 56, 12, 20, 20),
            relu3b=nn.ReLU(),
            pool3=_pool(),
            mixed4a=mixed(128, 48, 56, 88, 16, 28, 28),
            relu4a=nn.ReLU(),
            mixed4b=mixed(192, 56, 64, 104, 16, 32, 32),
            relu4b=nn.ReLU(),
            pool4=_pool(),
            mixed5a=mixed(224, 72, 72, 120, 20, 32, 32),
            relu5a=nn.ReLU(),
            average=nn.AdaptiveAvgPool2d(1),
            flatten=nn.Flatten(),
            head=nn.Linear(256, num_classes),
        )
    )


def fold(model):
    """Return a copy of ``model``, in evaluation mode, whose batch normalisations have become part of the convolutions.

    γ (w·x − μ)/σ + β = (γ/σ · w)·x + (β − γ μ/σ): the scores stay the same, up to rounding.
    """
    model = deepcopy(model).eval()
    for parent in list(model.modules()):
        for name, child in list(parent.named_children()):
            if isinstance(child, nn.Sequential) and [type(layer) for layer in child] == [nn.Conv2d, nn.BatchNorm2d]:
                setattr(parent, name, fuse_conv_bn_eval(*child))
    return model


def save_small(model, classes, path):
    """Write the weights of a folded ``model``, in half precision, and the names of its classes to an .npz file."""
    weights = {key: value.numpy().astype(np.float16) for key, value in model.state_dict().items()}
    np.savez_compressed(path, **weights, **{_CLASSES: np.array(classes)})


def load_small(path=WEIGHTS):
    """Return the small Inception network with the weights that ship, in evaluation mode; ``classes`` are its names.

    Pictures (N, 3, H, W) go in, standardised by ImageNet's mean and deviation like those of its larger sisters. The
    weights, in half precision in the file, become float32; nothing in the file is executed. ``model.classes`` is a
    tuple: the k-th score is that of ``model.classes[k]``.
    Raises FileNotFoundError when the file is missing, ValueError when it is damaged or is not of this network.
    """
    if not isinstance(path, (str, Path)):
        raise TypeError(f"path: expected the path of an .npz file, got {describe(path)}")
    try:
        file = np.load(path, allow_pickle=False)
        if not isinstance(file, np.lib.npyio.NpzFile):
            raise ValueError("a single array")
        with file:
            arrays = {key: file[key] for key in file.files}
    except FileNotFoundError:
        raise FileNotFoundError(
            f"{path}: the weights of the small network are missing. They come with the package: install it again"
        ) from None
    except (ValueError, EOFError, OSError, zipfile.BadZipFile, zlib.error, NotImplementedError) as error:
        raise ValueError(f"{path}: expected an .npz file of arrays, got a damaged or another file ({error})") from error
    classes = arrays.pop(_CLASSES, np.empty(0))
    if classes.ndim != 1 or classes.dtype.kind != "U" or not classes.size:
        raise ValueError(f"{path}: expected the names of the classes under {_CLASSES!r}, got {describe(classes)}")
    with torch.device("meta"):  # names and shapes only: the numbers come from the file
        model = small_inception(len(classes))
    for key, value in model.state_dict().items():
        array = arrays.get(key)
        if array is None or array.shape != tuple(value.shape) or array.dtype != np.float16:
            raise ValueError(f"{path}: expected {key} of shape {tuple(value.shape)}, float16, got {describe(array)}")
        if not np.isfinite(array).all():
            raise ValueError(f"{path}: expected finite numbers in {key}, got NaN or infinity")
    if extra := arrays.keys() - model.state_dict().keys():
        raise ValueError(f"{path}: expected only this network's weights, got also {sorted(extra)[0]!r}")
    state = {key: torch.from_numpy(array.astype(np.float32)) for key, array in arrays.items()}
    model.load_state_dict(state, assign=True)
    model.classes = tuple(map(str, classes))
    return model.eval()
