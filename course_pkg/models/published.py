"""The weights that torchvision publishes, trained on ImageNet: fetched once, checked, loaded."""

import pickle
from collections.abc import Callable, Mapping
from pathlib import Path
from types import NoneType
from typing import NamedTuple

import torch

from course_pkg._validate import as_bool, as_choice, describe
from course_pkg.models.alexnet_one_tower import alexnet
from course_pkg.models.densenet import densenet121, rename_old_keys
from course_pkg.models.inception import googlenet, without_heads
from course_pkg.models.resnet import resnet34, resnet152
from course_pkg.models.vgg import vgg16, vgg19
from course_pkg.show import watched

ADDRESS = "https://download.pytorch.org/models"


class Weights(NamedTuple):
    """A published file: what builds its network, its name, its SHA-256, and what makes its state dict fit."""

    build: Callable
    file: str
    sha256: str
    adapt: Callable = dict


def _googlenet():
    return googlenet(aux=False, transform_input=True)


PUBLISHED = {
    "alexnet": Weights(
        alexnet, "alexnet-owt-7be5be79.pth", "7be5be791159472b1fbf3c69796f7cb30dca7ad8466c2df70058c37116cdee02"
    ),
    "vgg16": Weights(vgg16, "vgg16-397923af.pth", "397923af8e79cdbb6a7127f12361acd7a2f83e06b05044ddf496e83de57a5bf0"),
    "vgg19": Weights(vgg19, "vgg19-dcbb9e9d.pth", "dcbb9e9dad569fff7a846263a77324fc34978fea2bfb039c012d710e1776ae44"),
    "googlenet": Weights(
        _googlenet,
        "googlenet-1378be20.pth",
        "1378be20a8e875cf1568b8a71654e704449655e34711a959a38b04fb34905cef",
        without_heads,
    ),
    "resnet34": Weights(
        resnet34, "resnet34-b627a593.pth", "b627a593bcbe140c234610266fe4f8ae95ea42fc881d091c9b6052e6b1d0590f"
    ),
    "resnet152": Weights(
        resnet152, "resnet152-394f9c45.pth", "394f9c45966e3651a89bbb78a48410a6755854ce4a5ab64927cf1c7247f85e58"
    ),
    "densenet121": Weights(
        densenet121,
        "densenet121-a639ec97.pth",
        "a639ec97d7c33b07ae66f0b5fb7d0192f95a3b11b7576c66c0126c2a727c4395",
        rename_old_keys,
    ),
}


def is_cached(name, *, cache=None):
    """Return whether the published file of ``name`` lies in the folder ``cache`` already; see ``load_published``."""
    return _place(PUBLISHED[as_choice("name", name, tuple(PUBLISHED))], cache).is_file()


def _place(weights, cache):
    if not isinstance(cache, (str, Path, NoneType)):
        raise TypeError(f"cache: expected the path of a folder, or None, got {describe(cache)}")
    folder = Path(torch.hub.get_dir(), "checkpoints") if cache is None else Path(cache).expanduser()
    return folder / weights.file


def load_published(name, *, cache=None, progress=True):
    """Return the network ``name`` with its published ImageNet weights, in evaluation mode; ``PUBLISHED`` lists them.

    The file is fetched when it is needed first (32 MB for DenseNet-121, 575 MB for VGG-19), under another name until it
    is complete and its SHA-256 is right, then kept in the folder ``cache``, by default torchvision's, so that what
    torchvision fetched is used too. ``progress`` shows a bar where somebody watches.
    The network takes what ``preprocess`` gives; GoogLeNet comes without auxiliary heads, which were not trained.

    Raises ConnectionError without a network or when the transfer breaks off, ValueError for a file that is not the
    published one or does not fit, OSError where nothing can be written, TypeError or ValueError for wrong arguments.
    """
    weights = PUBLISHED[as_choice("name", name, tuple(PUBLISHED))]
    path = _place(weights, cache)
    path = _fetch(f"{ADDRESS}/{weights.file}", path, weights.sha256, as_bool("progress", progress))
    with torch.device("meta"):  # names and shapes only: the numbers come from the file
        model = weights.build()
    _load(model, weights.adapt(_read(path)), path)
    return model.eval()


def _fetch(url, path, sha256, progress):
    import pooch
    import requests

    download = pooch.HTTPDownloader(progressbar=progress and watched(), chunk_size=2**16)
    try:
        pooch.retrieve(url, f"sha256:{sha256}", fname=path.name, path=path.parent, downloader=download)
    except requests.RequestException as error:
        raise ConnectionError(
            f"{url} could not be fetched ({type(error).__name__}), and nothing of it was kept. Connect this computer "
            f"to the network and try again, or fetch the file elsewhere and put it at {path}"
        ) from error
    except ValueError as error:  # so pooch says that the hash is wrong
        raise ValueError(
            f"{url}: expected the published file with SHA-256 {sha256}, got something else, and kept nothing of it. "
            "Perhaps the network answers with a page of its own. Try again, or from another network"
        ) from error
    except OSError as error:
        raise OSError(
            f"cache: expected a folder that can be written to and has room, got {path.parent} ({error})"
        ) from error
    return path


def _read(path):
    """Return the state dict in the file at ``path``; only tensors are read, no code that a file may hold is run."""
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
    except (pickle.UnpicklingError, RuntimeError, EOFError, ValueError, KeyError) as error:
        raise ValueError(f"{path}: expected a state dict saved by torch, got a file that torch cannot read") from error
    if not isinstance(state, Mapping) or not all(isinstance(value, torch.Tensor) for value in state.values()):
        raise ValueError(f"{path}: expected a state dict, from names to tensors, got {type(state).__name__}")
    return state


def _load(model, state, path):
    """Give ``model`` the tensors of ``state`` themselves; raise a ValueError that says what does not fit."""
    expected = {key: tuple(value.shape) for key, value in model.state_dict().items()}
    for key in expected:
        if key.endswith(".num_batches_tracked"):  # came to torch in 2018; older files do not have it
            state.setdefault(key, torch.tensor(0))
    found = {key: tuple(value.shape) for key, value in state.items()}
    wrong = [f"{key} {shape}" for key, shape in expected.items() if found.get(key) != shape]
    extra = [f"{key} {shape}" for key, shape in found.items() if key not in expected]
    if wrong or extra:
        raise ValueError(
            f"{path}: expected the {len(expected)} tensors of this network; {len(wrong)} are missing or have another "
            f"shape, first {wrong[:1]}, and {len(extra)} do not belong to it, first {extra[:1]}"
        )
    model.load_state_dict(state, assign=True)
