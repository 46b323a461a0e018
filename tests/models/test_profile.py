"""The numbers of each layer: by hand, against torch's own counter and against the course's layer tables."""

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given
from hypothesis import strategies as st
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from course_pkg.models import profile
from course_pkg.models.arithmetic import ALEXNET_ONE_TOWER, count, total
from course_pkg.models.profile import shapes_text, short


def named(module, *shapes):
    return {layer.name: layer for layer in profile(module, *shapes).layers}


class Residual(nn.Module):
    def __init__(self, maps, shortcut=None):
        super().__init__()
        self.conv = nn.Conv2d(maps, maps, 3, padding=1)
        self.relu = nn.ReLU(inplace=True)
        self.shortcut = shortcut or nn.Identity()

    def forward(self, x):
        kept = self.shortcut(x)
        y = self.conv(self.relu(self.conv(x)))
        y += kept
        return self.relu(y)


class Inception(nn.Module):
    def __init__(self):
        super().__init__()
        self.branches = nn.ModuleList([nn.Conv2d(8, 4, 1), nn.Conv2d(8, 6, 3, padding=1), nn.MaxPool2d(3, 1, 1)])

    def forward(self, x):
        return torch.cat([branch(x) for branch in self.branches], 1)


class Attention(nn.Module):
    """Parameters of its own, two inputs, slices, a loop, several outputs."""

    def __init__(self):
        super().__init__()
        self.start = nn.Parameter(torch.zeros(1, 1, 16))
        self.words = nn.Embedding(50, 16)
        self.attention = nn.MultiheadAttention(16, 4, batch_first=True)
        self.cell = nn.LSTMCell(16, 8)
        self.head = nn.Linear(8, 3)

    def forward(self, indices, extra):
        x = torch.cat([self.start.expand(len(indices), -1, -1), self.words(indices)], 1) + extra
        x, weights = self.attention(x, x, x)
        h = c = x.new_zeros(len(x), 8)
        for t in range(x.shape[1]):
            h, c = self.cell(x[:, t], (h, c))
        return {"scores": self.head(h), "weights": weights}


def test_a_convolution_by_hand():
    layer = named(nn.Conv2d(4, 6, 5, stride=2, padding=2, groups=2), (3, 4, 15, 15))["Conv2d"]
    assert layer.kind == "Conv2d"
    assert layer.input_shapes == ((3, 4, 15, 15),)
    assert layer.output_shapes == ((3, 6, 8, 8),)
    assert layer.parameters == 6 * (4 // 2) * 25 + 6
    assert layer.multiply_adds == 3 * 8 * 8 * 6 * 2 * 25
    assert layer.memory == 4 * 3 * 6 * 8 * 8


def test_a_chain_by_hand():
    net = nn.Sequential(nn.Conv2d(1, 6, 5), nn.ReLU(inplace=True), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(1176, 10))
    layers = profile(net.double(), (2, 1, 32, 32)).layers
    assert [(layer.name, layer.kind, layer.inputs) for layer in layers] == [
        ("input", "input", ()),
        ("0", "Conv2d", (0,)),
        ("1", "ReLU", (1,)),
        ("2", "MaxPool2d", (2,)),
        ("3", "Flatten", (3,)),
        ("4", "Linear", (4,)),
    ]
    assert [layer.parameters for layer in layers] == [0, 156, 0, 0, 0, 11770]
    assert [layer.multiply_adds for layer in layers] == [0, 2 * 117600, 0, 0, 0, 2 * 11760]
    numbers = [1024, 6 * 784, 0, 6 * 196, 0, 10]  # in place and flattened: no new memory
    assert [layer.memory for layer in layers] == [8 * 2 * n for n in numbers]


@pytest.mark.parametrize(
    ("module", "inputs"),
    [
        (Residual(8), [(2, 8, 5, 5)]),
        (Inception(), [(1, 8, 7, 7)]),
        (Attention(), [torch.zeros(2, 5, dtype=torch.long), (2, 6, 16)]),
        (nn.ConvTranspose2d(4, 6, 3, stride=2, groups=2), [(1, 4, 5, 5)]),
        (nn.TransformerEncoderLayer(16, 4, 32), [(4, 3, 16)]),
        (nn.Bilinear(3, 4, 5), [(2, 3), (2, 4)]),
    ],
)
def test_sums_are_those_of_torch(module, inputs):
    examples = [x if isinstance(x, torch.Tensor) else torch.zeros(x) for x in inputs]
    with FlopCounterMode(display=False) as flops, torch.no_grad():
        module(*examples)
    found = profile(module, *inputs)
    assert found.multiply_adds == flops.get_total_flops() // 2
    assert found.parameters == sum(p.numel() for p in module.parameters())
    assert len({layer.name for layer in found.layers}) == len(found.layers)
    assert all(source < i for i, layer in enumerate(found.layers) for source in layer.inputs)


@given(
    maps=st.integers(1, 3),
    groups=st.integers(1, 3),
    kernel=st.integers(1, 4),
    stride=st.integers(1, 3),
    dilation=st.integers(1, 2),
    side=st.integers(8, 12),
)
def test_any_convolution(maps, groups, kernel, stride, dilation, side):
    conv = nn.Conv2d(2 * groups, maps * groups, kernel, stride, dilation=dilation, groups=groups)
    layer = named(conv, (1, 2 * groups, side, side))["Conv2d"]
    y = conv(torch.zeros(1, 2 * groups, side, side))
    assert layer.output_shapes == (tuple(y.shape),)
    assert layer.multiply_adds == y.numel() * 2 * kernel**2


def test_alexnet_agrees_with_the_layer_table():
    modules, maps = [], 3
    for layer in ALEXNET_ONE_TOWER.layers:
        kind = type(layer).__name__
        if kind == "Conv":
            modules.append(nn.Conv2d(maps, layer.maps, layer.kernel, layer.stride, layer.padding, device="meta"))
            maps = layer.maps
        elif kind == "Pool":
            modules.append(nn.MaxPool2d(layer.kernel, layer.stride))
    modules += [nn.Flatten(), *(nn.Linear(i, o, device="meta") for i, o in ((9216, 4096), (4096, 4096), (4096, 1000)))]
    found = profile(nn.Sequential(*modules), (1, 3, 224, 224))
    assert found.parameters == total(count(ALEXNET_ONE_TOWER)).parameters == 61_100_840
    assert found.multiply_adds == total(count(ALEXNET_ONE_TOWER, biases=False)).connections


def test_who_reads_whom_around_a_shortcut():
    layers = profile(Residual(8), (1, 8, 5, 5)).layers
    kinds = ["input", "Identity", "Conv2d", "ReLU", "Conv2d", "add", "ReLU"]
    assert [layer.kind for layer in layers] == kinds
    assert [layer.inputs for layer in layers] == [(), (0,), (0,), (2,), (3,), (4, 1), (5,)]
    assert [layer.name for layer in layers][2:] == ["conv", "relu", "conv#2", "add", "relu#2"]
    assert [layer.parameters for layer in layers if layer.kind == "Conv2d"] == [584, 0], "shared: counted once"


def test_branches_and_their_concatenation():
    layers = named(Inception(), (1, 8, 7, 7))
    assert [layers[f"branches.{i}"].inputs for i in range(3)] == [(0,)] * 3
    assert layers["cat"].inputs == (1, 2, 3)
    assert layers["cat"].input_shapes == ((1, 4, 7, 7), (1, 6, 7, 7), (1, 8, 7, 7))
    assert layers["cat"].output_shapes == ((1, 18, 7, 7),)


def test_functions_with_parameters_and_assignments():
    class Model(nn.Module):
        def __init__(self):
            super().__init__()
            self.weight = nn.Parameter(torch.zeros(5, 4))
            self.inside = nn.Flatten()

        def forward(self, x):
            y = F.linear(self.inside(x), self.weight)
            y[:, 0] = 1
            return F.relu(y).T

    layers = named(Model(), (2, 2, 2))
    assert list(layers) == ["input", "inside", "linear", "setitem", "relu", "T"]
    assert (layers["linear"].parameters, layers["linear"].multiply_adds) == (20, 40)
    assert [layers[name].inputs for name in ("setitem", "relu", "T")] == [(2,), (3,), (4,)]


def test_a_block_called_twice_has_two_names():
    block = nn.Sequential(nn.Linear(3, 3), nn.ReLU())
    layers = named(nn.Sequential(block, block), (1, 3))
    assert list(layers) == ["input", "0.0", "0.1", "0#2.0", "0#2.1"]


def test_training_mode_counts_and_nothing_is_changed():
    class Model(nn.Module):
        def __init__(self):
            super().__init__()
            self.norm = nn.BatchNorm2d(2)
            self.head, self.helper = nn.Conv2d(2, 1, 1), nn.Conv2d(2, 1, 3)

        def forward(self, x):
            x = self.norm(x)
            return (self.head(x), self.helper(x)) if self.training else self.head(x)

    model = Model()
    before = {name: value.clone() for name, value in model.state_dict().items()}
    assert "helper" in named(model, (4, 2, 5, 5))
    assert model.training
    assert "helper" not in named(model.eval(), (4, 2, 5, 5))
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())
    assert not model.head._forward_hooks
    assert not model.head._forward_pre_hooks


def test_a_forward_pass_that_asks_for_numbers_runs_on_zeros():
    class Model(nn.Module):
        def __init__(self):
            super().__init__()
            self.a, self.b = nn.Linear(3, 2), nn.Linear(3, 5)

        def forward(self, x):
            return self.a(x) if x.sum() > 0 else self.b(x)

    assert list(named(Model(), (1, 3))) == ["input", "sum", "gt", "b"]


def test_a_network_that_no_memory_could_hold():
    found = profile(nn.Linear(10**7, 10**7, device="meta"), (1000, 10**7))
    assert found.parameters == 10**14 + 10**7
    assert found.multiply_adds == 10**17


def test_an_lstm_by_hand():
    layer = named(nn.LSTM(5, 7, num_layers=2, bidirectional=True), (4, 3, 5))["LSTM"]
    assert layer.multiply_adds == 2 * 4 * 3 * 4 * 7 * ((5 + 7) + (14 + 7)), "torch's own counter misses it on the CPU"
    assert layer.parameters == 2 * 4 * 7 * ((5 + 7 + 2) + (14 + 7 + 2))
    assert layer.output_shapes == ((4, 3, 14), (4, 3, 7), (4, 3, 7))


@pytest.mark.parametrize(
    ("shape", "part"),
    [
        ((1, 1, 28, 28), "Linear 'head.1' says"),
        ((1, 3, 32, 32), "Conv2d 'conv' says"),
        ((32, 32), "got \\(32, 32\\)"),
    ],
)
def test_a_wrong_shape_names_the_layer(shape, part):
    parts = {"conv": nn.Conv2d(1, 6, 5), "head": nn.Sequential(nn.Flatten(), nn.Linear(4704, 10))}
    net = nn.Sequential()
    for name, module in parts.items():
        net.add_module(name, module)
    with pytest.raises(ValueError, match=f"^input_shapes: expected shapes, with the batch.*{part}"):
        profile(net, shape)


@pytest.mark.parametrize(
    ("arguments", "error", "text"),
    [
        ((3, (1, 3)), TypeError, "module: expected a torch.nn.Module, got int 3"),
        ((nn.Linear, (1, 3)), TypeError, "module: expected a torch.nn.Module"),
        ((nn.Linear(3, 2),), ValueError, "input_shapes: expected the shape of each input"),
        ((nn.Linear(3, 2), 3), TypeError, "input_shapes\\[0\\]: expected a shape"),
        ((nn.Linear(3, 2), (0, 3)), ValueError, "input_shapes\\[0\\]: expected integers ≥ 1"),
        ((nn.Linear(3, 2), (1, 3), (1, 3)), ValueError, "input_shapes: .*got \\(1, 3\\) and \\(1, 3\\)"),
    ],
)
def test_wrong_arguments(arguments, error, text):
    with pytest.raises(error, match=f"^{text}"):
        profile(*arguments)


def test_numbers_and_shapes_as_readers_see_them():
    numbers = {
        0: "0",
        999: "999",
        1000: "1 k",
        138357544: "138 M",
        999_999: "1 M",
        15.4e9: "15.4 G",
        2**60: "1.15e+06 T",
    }
    assert {number: short(number) for number in numbers} == numbers
    assert short(60_983_200, "B") == "61 MB"
    assert short(12, "B") == "12 B"
    assert shapes_text([(1, 3, 8), (), (2,)]) == "1×3×8, one number, 2"
