import math

import numpy as np
import pytest
import torch
from hypothesis import assume, given
from hypothesis import strategies as st
from torch.utils.flop_counter import FlopCounterMode

from course_pkg.models.arithmetic import (
    ALEXNET,
    ALEXNET_ONE_TOWER,
    C3_TABLE,
    CAFFENET,
    LENET5,
    RBF,
    Architecture,
    Conv,
    FullyConnected,
    Pool,
    Subsample,
    count,
    receptive_weights,
    total,
)


def torch_net(architecture):
    """The same table as torch modules, on no device: shapes without numbers."""
    maps, height, width = architecture.input_shape
    modules, shape = [], (1, maps, height, width)
    for layer in architecture.layers:
        if isinstance(layer, Conv):
            geometry = {"stride": layer.stride, "padding": layer.padding, "groups": layer.groups}
            module = torch.nn.Conv2d(shape[1], layer.maps, layer.kernel, **geometry, device="meta")
        elif isinstance(layer, Pool):
            module = torch.nn.MaxPool2d(layer.kernel, layer.stride, layer.padding)
        else:
            module = torch.nn.Sequential(
                torch.nn.Flatten(),
                torch.nn.Linear(math.prod(shape), layer.units, device="meta"),
                torch.nn.Unflatten(1, (layer.units, 1, 1)),
            )
        modules.append(module)
        shape = tuple(module(torch.empty(shape, device="meta")).shape)
    return torch.nn.ModuleList(modules)


def check_against_torch(architecture):
    rows, bare = count(architecture), count(architecture, biases=False)
    x = torch.empty((1, *architecture.input_shape), device="meta")
    for module, row, bare_row in zip(torch_net(architecture), rows, bare, strict=True):
        with FlopCounterMode(display=False) as flops:
            x = module(x)
        assert row.output == tuple(x.shape[1:]), row
        assert row.parameters == sum(p.numel() for p in module.parameters()), row
        assert row.parameters - bare_row.parameters == sum(p.numel() for p in module.parameters() if p.ndim == 1), row
        assert bare_row.connections == flops.get_total_flops() // 2, row
        assert row.neurons == (x.numel() if row.parameters else 0), row


# ---- LeNet-5


def test_lenet_has_the_papers_numbers():
    rows = {row.name: row for row in count(LENET5)}
    assert rows["C1"] == ("C1", (6, 28, 28), 6 * 28 * 28, 156, 122_304)
    assert rows["S2"] == ("S2", (6, 14, 14), 6 * 14 * 14, 12, 5_880)
    assert rows["C3"] == ("C3", (16, 10, 10), 16 * 10 * 10, 1_516, 151_600)
    assert rows["S4"] == ("S4", (16, 5, 5), 16 * 5 * 5, 32, 2_000)
    assert rows["C5"] == ("C5", (120, 1, 1), 120, 48_120, 48_120)
    assert rows["F6"] == ("F6", (84, 1, 1), 84, 10_164, 10_164)
    assert rows["output"] == ("output", (10, 1, 1), 10, 0, 840)


def test_lenets_total_is_the_papers():
    whole = total(count(LENET5))
    assert whole.parameters == 60_000
    assert whole.connections == 340_908
    assert whole.output == (10, 1, 1)


def test_c3_is_connected_as_the_notes_say():
    looks_at = [tuple(int(i) for i in np.flatnonzero(row)) for row in C3_TABLE]
    neighbours = [{tuple(sorted((first + i) % 6 for i in range(n))) for first in range(6)} for n in (3, 4)]
    assert set(looks_at[:6]) == neighbours[0]
    assert set(looks_at[6:12]) == neighbours[1]
    assert all(len(maps) == 4 and maps not in neighbours[1] for maps in looks_at[12:15])
    assert looks_at[15] == (0, 1, 2, 3, 4, 5)
    assert len(set(looks_at)) == 16


def test_tables_of_the_module_cannot_be_changed_by_accident():
    with pytest.raises(ValueError, match="read-only"):
        C3_TABLE[0, 0] = False


# ---- AlexNet


@pytest.mark.parametrize("architecture", [ALEXNET, ALEXNET_ONE_TOWER, CAFFENET], ids=lambda a: a.name)
def test_every_alexnet_agrees_with_torch(architecture):
    check_against_torch(architecture)


def test_alexnet_has_the_told_parameters_and_neurons_but_not_the_connections():
    whole, bare = total(count(ALEXNET)), total(count(ALEXNET, biases=False))
    assert whole.parameters == 60_965_224
    assert whole.neurons == 659_272
    assert bare.connections == 724_406_816
    kinds = {"conv": 0, "pool": 0, "fc": 0}
    for row in count(ALEXNET, biases=False):
        kinds[row.name.rstrip("0123456789")] += row.connections
    assert kinds == {"conv": 665_784_864, "pool": 0, "fc": 58_621_952}
    assert round(100 * (1 - 630e6 / bare.connections)) == 13


def test_even_with_every_convolution_cut_in_two_there_are_more_than_630_million():
    halves = {"conv3": Conv("conv3", 384, kernel=3, padding=1, groups=2)}
    layers = tuple(halves.get(layer.name, layer) for layer in ALEXNET.layers)
    cut = Architecture("all cut", ALEXNET.input_shape, layers)
    check_against_torch(cut)
    assert total(count(cut, biases=False)).connections == 649_646_624


def test_from_224_pixels_the_first_layer_has_54_places():
    first = Architecture("as printed", (3, 224, 224), ALEXNET.layers[:1])
    assert count(first)[0].output == (96, 54, 54)
    assert count(ALEXNET)[0].output == (96, 55, 55)


def test_single_towers_have_their_published_parameters():
    assert total(count(ALEXNET_ONE_TOWER)).parameters == 61_100_840  # torchvision.models.alexnet
    assert total(count(CAFFENET)).parameters == 62_378_344
    assert total(count(CAFFENET)).parameters - total(count(ALEXNET)).parameters == 1_413_120


# ---- any table


@st.composite
def architectures(draw):
    """Random tables of layers that torch has too."""
    layers = []
    for i in range(draw(st.integers(1, 4))):
        kernel = draw(st.integers(1, 4))
        geometry = {"stride": draw(st.integers(1, 3)), "padding": draw(st.integers(0, kernel // 2))}
        if draw(st.booleans()):
            groups = draw(st.sampled_from([1, 2]))
            layers.append(Conv(f"conv{i}", groups * draw(st.integers(1, 4)), kernel, groups=groups, **geometry))
        else:
            layers.append(Pool(f"pool{i}", kernel, **geometry))
    layers += [FullyConnected(f"fc{i}", draw(st.integers(1, 9))) for i in range(draw(st.integers(0, 2)))]
    return Architecture("random", tuple(draw(st.tuples(*[st.integers(1, 20)] * 3))), tuple(layers))


@given(architectures())
def test_any_table_agrees_with_torch_or_is_refused_like_there(architecture):
    try:
        count(architecture)
    except ValueError:
        with pytest.raises((ValueError, RuntimeError)):
            torch_net(architecture)
    else:
        check_against_torch(architecture)


@given(st.integers(1, 6), st.integers(1, 6), st.data())
def test_a_table_leaves_out_the_pairs_that_are_not_connected(maps_in, maps_out, data):
    row = st.lists(st.booleans(), min_size=maps_in, max_size=maps_in)
    table = np.array(data.draw(st.lists(row, min_size=maps_out, max_size=maps_out)))
    shape = (maps_in, 8, 9)
    full, part = (count(Architecture("a", shape, (Conv("c", maps_out, 3, table=t),)))[0] for t in (None, table))
    assert full.parameters - part.parameters == 9 * (maps_in * maps_out - table.sum())
    assert full.connections - part.connections == 42 * (full.parameters - part.parameters)
    assert (part.output, part.neurons) == (full.output, full.neurons)


@given(st.integers(1, 9), st.integers(1, 5), st.integers(5, 20))
def test_subsampling_has_two_parameters_a_map_and_a_window_and_a_bias_a_neuron(maps, kernel, side):
    row = count(Architecture("a", (maps, side, side), (Subsample("s", kernel),)))[0]
    assert row.output == (maps, side // kernel, side // kernel)
    assert row.parameters == 2 * maps
    assert row.connections == row.neurons * (kernel**2 + 1)


# ---- why convolution


def test_receptive_weights_are_those_of_the_notes():
    weights = receptive_weights()
    assert weights == (10**12, 10**8, 100, 10**4, (100, 100))
    assert receptive_weights(stride=8).units == (124, 124)


@given(st.integers(1, 60), st.integers(1, 60), st.integers(1, 20), st.integers(1, 9))
def test_receptive_units_are_the_places_of_torchs_windows(image, field, stride, maps):
    assume(field <= image)
    weights = receptive_weights(image=image, field=field, stride=stride, maps=maps, hidden=7)
    convolution = torch.nn.Conv2d(1, maps, field, stride, bias=False, device="meta")
    assert weights.units == tuple(convolution(torch.empty(1, 1, image, image, device="meta")).shape[2:])
    assert weights.maps_shared == convolution.weight.numel()
    assert weights.local == 7 * weights.shared == 7 * field**2
    assert weights.fully_connected == torch.nn.Linear(image**2, 7, bias=False, device="meta").weight.numel()


# ---- wrong arguments

not_integers = st.sampled_from([None, "3", 2.5, True, [1], {}, math.nan])


@pytest.mark.parametrize(
    ("build", "field", "minimum"),
    [
        (lambda **k: Conv("c", **{"maps": 1, "kernel": 1, **k}), "maps", 1),
        (lambda **k: Conv("c", **{"maps": 1, "kernel": 1, **k}), "kernel", 1),
        (lambda **k: Conv("c", **{"maps": 1, "kernel": 1, **k}), "stride", 1),
        (lambda **k: Conv("c", **{"maps": 1, "kernel": 1, **k}), "padding", 0),
        (lambda **k: Conv("c", **{"maps": 1, "kernel": 1, **k}), "groups", 1),
        (lambda **k: Pool("p", **{"kernel": 2, "stride": 2, **k}), "kernel", 1),
        (lambda **k: Pool("p", **{"kernel": 2, "stride": 2, **k}), "stride", 1),
        (lambda **k: Pool("p", **{"kernel": 2, "stride": 2, **k}), "padding", 0),
        (lambda **k: Subsample("s", **k), "kernel", 1),
        (lambda **k: FullyConnected("f", **k), "units", 1),
        (lambda **k: RBF("r", **k), "units", 1),
        (receptive_weights, "image", 1),
        (receptive_weights, "hidden", 1),
        (receptive_weights, "field", 1),
        (receptive_weights, "maps", 1),
        (receptive_weights, "stride", 1),
    ],
)
@given(data=st.data())
def test_wrong_sizes_are_named(build, field, minimum, data):
    with pytest.raises(TypeError, match=rf"^{field}: expected an integer"):
        build(**{field: data.draw(not_integers)})
    with pytest.raises(ValueError, match=rf"^{field}: expected an integer ≥ {minimum}"):
        build(**{field: data.draw(st.integers(max_value=minimum - 1))})


@pytest.mark.parametrize(
    ("layer", "message"),
    [
        (Conv("big", 4, kernel=9), r"^big: kernel: expected at most 8 pixels"),
        (Pool("big", kernel=9, stride=1), r"^big: kernel: expected at most 8 pixels"),
        (Subsample("big", kernel=9), r"^big: kernel: expected at most 8 pixels"),
        (Conv("odd", 4, kernel=3, groups=2), r"^odd: 2 groups do not divide"),
        (Conv("odd", 4, kernel=3, table=np.ones((4, 2), bool)), r"^odd: .*shape \(4, 3\), got 1 and \(4, 2\)"),
    ],
)
def test_layers_that_do_not_fit_are_named(layer, message):
    with pytest.raises(ValueError, match=message):
        count(Architecture("a", (3, 8, 8), (layer,)))


def test_a_field_larger_than_the_image_is_named():
    with pytest.raises(ValueError, match=r"^field: expected at most the image's 9 pixels, got 10"):
        receptive_weights(image=9)


nonsense = st.one_of(not_integers, st.text(), st.lists(st.integers()))


@given(nonsense)
def test_nonsense_is_named(value):
    with pytest.raises(TypeError, match=r"^architecture: expected an Architecture"):
        count(value)
    with pytest.raises(TypeError, match=r"^rows: expected the rows that count returns"):
        total(value)
    with pytest.raises(ValueError, match=r"^input_shape: expected a tuple"):
        Architecture("a", value, ())
    with pytest.raises(TypeError, match=r"^layers: expected a tuple"):
        Architecture("a", (1, 1, 1), value)
    with pytest.raises(TypeError, match=r"^layers: expected a tuple"):
        Architecture("a", (1, 1, 1), (value,))
    if not isinstance(value, bool):
        with pytest.raises(TypeError, match=r"^biases: expected True or False"):
            count(LENET5, biases=value)


@given(st.sampled_from(["no", {}, 1j, [[True], [True, False]], [True], 1.0]))
def test_wrong_connection_tables_are_named(table):
    with pytest.raises((TypeError, ValueError), match=r"^table: expected"):
        Conv("c", 2, 1, table=table)
