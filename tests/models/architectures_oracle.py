"""The published networks a second time: their tensors from a table, their forward passes from functions and names only.

Written from the papers and torchvision's documentation; no module of ``course_pkg`` is used.
"""

import itertools
import re
from pathlib import Path

import torch
from torch.nn import functional

TABLE = Path(__file__).with_name("torchvision_state_dicts.txt")


def state_dict_shapes(name):
    """Return {tensor name: shape} of the published weights of ``name``, from the table."""
    section = re.search(rf"^\[{name}\]\n(.*?)(?:\n\n|\Z)", TABLE.read_text(encoding="utf-8"), re.S | re.M)[1]
    shapes = {}
    for line in section.splitlines():
        pattern, kind, *sizes = line.split()
        for i, module in enumerate(_expand(pattern)):
            own = [_size(size, i) for size in sizes]
            shapes |= _tensors(module, kind, own)
    return shapes


def _expand(pattern):
    """Return the names that a pattern with {1..3} and {1,3} stands for."""
    parts = []
    for text in re.split(r"(\{[^}]*\})", pattern):
        ends = re.fullmatch(r"\{(\d+)\.\.(\d+)\}", text)
        if ends:
            parts.append([str(n) for n in range(int(ends[1]), int(ends[2]) + 1)])
        else:
            parts.append(text.strip("{}").split(","))
    return ["".join(choice) for choice in itertools.product(*parts)]


def _size(text, i):
    if ":" not in text:
        return text if text == "bias" else int(text)
    first, last, step = map(int, text.split(":"))
    return range(first, last + 1, step)[i]


def _tensors(module, kind, sizes):
    if kind == "conv":
        maps, inputs, kernel, *bias = sizes
        return {f"{module}.weight": (maps, inputs, kernel, kernel)} | ({f"{module}.bias": (maps,)} if bias else {})
    if kind == "norm":
        names = ("weight", "bias", "running_mean", "running_var")
        return {f"{module}.{name}": tuple(sizes) for name in names} | {f"{module}.num_batches_tracked": ()}
    if kind == "unit":
        return _tensors(f"{module}.conv", "conv", sizes) | _tensors(f"{module}.bn", "norm", sizes[:1])
    return {f"{module}.weight": tuple(sizes), f"{module}.bias": (sizes[0],)}


def random_state(shapes, seed=0):
    """Return a state dict with numbers that keep signals in range and make each tensor count."""
    generator, state = torch.Generator().manual_seed(seed), {}
    for key, shape in shapes.items():
        x = torch.empty(shape)
        if key.endswith("num_batches_tracked"):
            state[key] = torch.tensor(0)
        elif len(shape) > 1:
            bound = (3 / x[0].numel()) ** 0.5  # variance 1/fan-in; uniform numbers are drawn faster than normal ones
            state[key] = x.uniform_(-bound, bound, generator=generator)
        elif key.endswith("running_var"):
            state[key] = x.uniform_(0.02, 2, generator=generator)  # small ones show which epsilon is used
        elif key.endswith("weight"):
            state[key] = x.uniform_(0.5, 1.5, generator=generator)
        else:
            state[key] = x.uniform_(-0.3, 0.3, generator=generator)
    return state


def conv(s, name, x, **options):
    return functional.conv2d(x, s[f"{name}.weight"], s.get(f"{name}.bias"), **options)


def norm(s, name, x, epsilon=1e-5):
    weight, bias, mean, var = (
        s[f"{name}.{key}"][:, None, None] for key in ("weight", "bias", "running_mean", "running_var")
    )
    return weight * (x - mean) / torch.sqrt(var + epsilon) + bias


def linear(s, name, x):
    return x @ s[f"{name}.weight"].T + s[f"{name}.bias"]


def pool(x, kernel, stride, **options):
    return functional.max_pool2d(x, kernel, stride, **options)


def mean(x):
    return x.mean(dim=(2, 3))


def alexnet(s, x):
    x = pool(conv(s, "features.0", x, stride=4, padding=2).relu(), 3, 2)
    x = pool(conv(s, "features.3", x, padding=2).relu(), 3, 2)
    for i in (6, 8, 10):
        x = conv(s, f"features.{i}", x, padding=1).relu()
    x = functional.adaptive_avg_pool2d(pool(x, 3, 2), 6).flatten(1)
    for i in (1, 4):
        x = linear(s, f"classifier.{i}", x).relu()
    return linear(s, "classifier.6", x)


def _vgg(s, x, convolutions):
    place = 0
    for number in convolutions:
        for _ in range(number):
            x = conv(s, f"features.{place}", x, padding=1).relu()
            place += 2
        x = pool(x, 2, 2)
        place += 1
    x = functional.adaptive_avg_pool2d(x, 7).flatten(1)
    for i in (0, 3):
        x = linear(s, f"classifier.{i}", x).relu()
    return linear(s, "classifier.6", x)


def vgg16(s, x):
    return _vgg(s, x, (2, 2, 3, 3, 3))


def vgg19(s, x):
    return _vgg(s, x, (2, 2, 4, 4, 4))


def _unit(s, name, x, **options):
    return norm(s, f"{name}.bn", conv(s, f"{name}.conv", x, **options), epsilon=1e-3).relu()


def _inception(s, name, x):
    name = f"inception{name}.branch"
    return torch.cat(
        [
            _unit(s, f"{name}1", x),
            _unit(s, f"{name}2.1", _unit(s, f"{name}2.0", x), padding=1),
            _unit(s, f"{name}3.1", _unit(s, f"{name}3.0", x), padding=1),
            _unit(s, f"{name}4.1", pool(x, 3, 1, padding=1)),
        ],
        dim=1,
    )


def _head(s, name, x):
    x = _unit(s, f"{name}.conv", functional.adaptive_avg_pool2d(x, 4)).flatten(1)
    return linear(s, f"{name}.fc2", linear(s, f"{name}.fc1", x).relu())


def googlenet(s, x):
    """Return the scores of the last layer, of the second and of the first auxiliary head."""
    x = pool(_unit(s, "conv1", x, stride=2, padding=3), 3, 2, ceil_mode=True)
    x = pool(_unit(s, "conv3", _unit(s, "conv2", x), padding=1), 3, 2, ceil_mode=True)
    at = {}
    for name in ("3a", "3b", "4a", "4b", "4c", "4d", "4e", "5a", "5b"):
        x = at[name] = _inception(s, name, x)
        if name == "3b":
            x = pool(x, 3, 2, ceil_mode=True)
        if name == "4e":
            x = pool(x, 2, 2, ceil_mode=True)
    return linear(s, "fc", mean(x)), _head(s, "aux2", at["4d"]), _head(s, "aux1", at["4a"])


def _resnet(s, x, blocks, kernels):
    x = pool(norm(s, "bn1", conv(s, "conv1", x, stride=2, padding=3)).relu(), 3, 2, padding=1)
    for stage, number in enumerate(blocks, start=1):
        for i in range(number):
            name = f"layer{stage}.{i}"
            halve = 2 if stage > 1 and i == 0 else 1
            y = x
            for k, kernel in enumerate(kernels, start=1):
                stride = halve if k == kernels.index(3) + 1 else 1  # the first 3×3 convolution halves
                y = conv(s, f"{name}.conv{k}", y, stride=stride, padding=kernel // 2)
                y = norm(s, f"{name}.bn{k}", y)
                y = y if k == len(kernels) else y.relu()
            if f"{name}.downsample.0.weight" in s:
                x = norm(s, f"{name}.downsample.1", conv(s, f"{name}.downsample.0", x, stride=halve))
            x = (x + y).relu()
    return linear(s, "fc", mean(x))


def resnet34(s, x):
    return _resnet(s, x, (3, 4, 6, 3), (3, 3))


def resnet152(s, x):
    return _resnet(s, x, (3, 8, 36, 3), (1, 3, 1))


def densenet121(s, x):
    x = norm(s, "features.norm0", conv(s, "features.conv0", x, stride=2, padding=3)).relu()
    x = pool(x, 3, 2, padding=1)
    for block, number in enumerate((6, 12, 24, 16), start=1):
        maps = [x]
        for i in range(1, number + 1):
            name = f"features.denseblock{block}.denselayer{i}"
            y = conv(s, f"{name}.conv1", norm(s, f"{name}.norm1", torch.cat(maps, dim=1)).relu())
            maps.append(conv(s, f"{name}.conv2", norm(s, f"{name}.norm2", y).relu(), padding=1))
        x = torch.cat(maps, dim=1)
        if block < 4:
            name = f"features.transition{block}"
            x = functional.avg_pool2d(conv(s, f"{name}.conv", norm(s, f"{name}.norm", x).relu()), 2)
    return linear(s, "classifier", mean(norm(s, "features.norm5", x).relu()))
