"""One face for the networks that pictures are made with: frozen, read at any layer by name, on the best device.

Pictures outside are arrays (H, W, 3) with values in 0 … 1; inside they are tensors (N, 3, H, W) on the same scale, so
that everything here works with every network.
"""

from contextlib import contextmanager, suppress

import numpy as np
import torch
from torch import nn

from course_pkg import models
from course_pkg._validate import as_array, as_bool, as_choice, as_int, describe
from course_pkg.device import best
from course_pkg.models.imagenet import DEVIATION, MEAN

NETWORKS = ("small", "googlenet", "vgg19")
PRECISIONS = {"float32": torch.float32, "bfloat16": torch.bfloat16}


class _Enough(Exception):
    """All layers that were asked for are computed: the rest of the forward pass is not needed."""


class Network:
    """A frozen network whose layers are read by name.

    ``layers``: name → number of channels, from the picture to the scores, of each layer whose output is a set of maps;
    ``before_relu``: the names of those that a ReLU reads: their channels may be negative, and have gradients then too;
    ``classes``: the names of the classes, or None; ``caption``: what to write under a picture that it made.
    ``module`` takes tensors (N, 3, H, W) standardised with ImageNet's mean and deviation, like ``models.preprocess``.
    ``names`` translates other names to those of submodules. In ``precision`` "bfloat16" the convolutions compute in
    half the bits: quicker where the processor can do it, equal to about two digits.
    """

    def __init__(self, module, *, caption, names=None, classes=None, device=None, precision="float32"):
        if not isinstance(module, nn.Module):
            raise TypeError(f"module: expected a torch.nn.Module, got {describe(module)}")
        self.device = best() if device is None else torch.device(device)
        self.dtype = PRECISIONS[as_choice("precision", precision, tuple(PRECISIONS))]
        self.module = module.eval().requires_grad_(False).to(self.device, memory_format=torch.channels_last)
        self.caption, self.classes = caption, classes
        self._mean, self._deviation = (torch.tensor(v, device=self.device).view(3, 1, 1) for v in (MEAN, DEVIATION))
        self._parts = dict(self.module.named_modules())
        if names is not None:
            self._parts = {name: self._parts[part] for name, part in names.items()}
        self.layers, self.before_relu = self._channels()

    def __repr__(self):
        return f"Network({self.caption!r}, {len(self.layers)} layers)"

    def _channels(self):
        """Return the layers in the order of the forward pass, with their numbers of channels, and what ReLUs read."""
        found, outputs, read = {}, {}, []

        def note(name):
            def hook(module, inputs, output):
                if isinstance(output, torch.Tensor) and output.ndim == 4:
                    found[name] = output.shape[1]
                    outputs.setdefault(id(output), (name, output))  # kept, so that no other tensor gets its id
                    if isinstance(module, nn.ReLU) and id(inputs[0]) in outputs:
                        read.append(outputs[id(inputs[0])][0])

            return hook

        with torch.no_grad(), self._hooked({name: note(name) for name in self._parts if name}):
            self.module(torch.zeros(1, 3, 64, 64, device=self.device))
        return found, tuple(read)

    @contextmanager
    def _hooked(self, hooks):
        handles = [self._parts[name].register_forward_hook(hook) for name, hook in hooks.items()]
        try:
            yield
        finally:
            for handle in handles:
                handle.remove()

    def features(self, images, layers):
        """Return {name: maps (N, C, h, w)} of ``layers`` for ``images`` (N, 3, H, W) in 0 … 1, with their gradients.

        The forward pass stops after the last layer that is asked for.
        Raises ValueError for a layer that the network does not have or images of another shape.
        """
        layers = [as_choice("layers", name, tuple(self.layers)) for name in layers]
        found = {}

        def keep(name):
            def hook(_module, _inputs, output):
                found[name] = output
                if len(found) == len(set(layers)):
                    raise _Enough

            return hook

        with self._hooked({name: keep(name) for name in layers}), suppress(_Enough):
            self.scores(images)
        return {name: found[name].float() for name in layers}

    def scores(self, images):
        """Return the scores (N, classes) for ``images`` (N, 3, H, W) in 0 … 1, before the softmax."""
        if not isinstance(images, torch.Tensor) or images.ndim != 4 or images.shape[1] != 3:
            got = tuple(images.shape) if isinstance(images, torch.Tensor) else describe(images)
            raise ValueError(f"images: expected a tensor (N, 3, H, W), got {got}")
        x = ((images - self._mean) / self._deviation).contiguous(memory_format=torch.channels_last)
        with torch.autocast(self.device.type, self.dtype, enabled=self.dtype != torch.float32):
            return self.module(x)

    def class_number(self, which, name="class"):
        """Return the number of a class given by its name or its number.

        Raises ValueError or TypeError where there is none such; ``name`` is what the message calls it.
        """
        if isinstance(which, str):
            return list(self.classes or ()).index(as_choice(name, which, tuple(self.classes or ())))
        with torch.no_grad():
            count = self.scores(torch.zeros(1, 3, 64, 64, device=self.device)).shape[1]
        if as_int(name, which, minimum=0) >= count:
            raise ValueError(f"{name}: expected 0 to {count - 1}, got {which}")
        return which

    def tensor(self, picture):
        """Return a picture (H, W, 3) in 0 … 1 as a float32 tensor (1, 3, H, W) on the network's device."""
        picture = as_array("picture", picture, shape=(None, None, 3))
        return torch.from_numpy(picture.astype(np.float32)).permute(2, 0, 1)[None].to(self.device)


def picture(images):
    """Return the first of ``images`` (N, 3, H, W) as an array (H, W, 3), cut to 0 … 1."""
    return images[0].detach().clamp(0, 1).permute(1, 2, 0).cpu().double().numpy()


def best_precision(device="cpu"):
    """Return "bfloat16" where a device computes with it in hardware, which is quicker, otherwise "float32".

    Processors have it as AVX512-BF16 or AMX; without these it is emulated, and slower.
    """
    kind = torch.device(device).type
    if kind == "cuda":
        quick = torch.cuda.is_bf16_supported(including_emulation=False)
    else:
        found = torch.cpu.get_capabilities()
        quick = kind == "cpu" and (found.get("avx512_bf16", False) or found.get("amx_bf16", False))
    return "bfloat16" if quick else "float32"


def _average_pooling(module):
    """Replace each maximum pooling in ``module`` by an average pooling of the same windows."""
    for parent in list(module.modules()):
        for name, child in parent.named_children():
            if isinstance(child, nn.MaxPool2d):
                average = nn.AvgPool2d(child.kernel_size, child.stride, child.padding, ceil_mode=child.ceil_mode)
                setattr(parent, name, average)


def load(name="small", *, offline=None, random=False, seed=0, device=None, precision="float32", average_pooling=False):
    """Return a :class:`Network`: "small", which ships with the course, or "googlenet" or "vgg19" trained on ImageNet.

    The published weights are fetched once (see ``models.load_published``). With ``offline="small"`` nothing is fetched:
    the published weights are taken if they are on this computer already, and otherwise the small network, so that the
    same line works everywhere; ``caption`` says which it is. ``random`` leaves the weights as drawn with ``seed``: the
    control that shows what training contributed. VGG's layers have the names of the paper: "conv1_1", "relu1_1" …
    ``average_pooling`` puts averages in place of VGG's and GoogLeNet's maxima, which gives smoother pictures (Gatys and
    others, 2015); the small network has no maxima. For ``precision`` see :class:`Network` and ``best_precision``.
    Raises what ``models.load_published`` raises, ValueError or TypeError for wrong arguments.
    """
    as_choice("name", name, NETWORKS)
    if offline is not None and not as_bool("random", random):
        as_choice("offline", offline, NETWORKS)
        name = name if name == "small" or models.is_cached(name) else offline
    if random:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(as_int("seed", seed, minimum=0))
            module = models.small_inception() if name == "small" else getattr(models, name)()
    else:
        module = models.load_small() if name == "small" else models.load_published(name)
    title = {"small": "the course's small network", "googlenet": "GoogLeNet", "vgg19": "VGG-19"}[name]
    source = "random weights" if random else "trained by this project" if name == "small" else "trained on ImageNet"
    names = None
    if name == "vgg19":
        from course_pkg.models.vgg import layer_names

        names = {layer: f"features.{place}" for layer, place in layer_names(module).items()}
    if as_bool("average_pooling", average_pooling):
        _average_pooling(module)
    return Network(
        module,
        caption=f"{title}, {source}",
        names=names,
        classes=getattr(module, "classes", None),
        device=device,
        precision=precision,
    )
