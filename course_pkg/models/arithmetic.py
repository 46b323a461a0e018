"""The arithmetic of convolutional networks: shapes, neurons, parameters and connections, from a layer table.

An :class:`Architecture` is data: a name, the input's shape and a table of layers. ``count`` goes through the table and
``total`` adds up. ``LENET5`` is LeCun's network of 1998; ``ALEXNET`` is Krizhevsky's of 2012 with its two towers,
``ALEXNET_ONE_TOWER`` his of 2014 as torchvision has it, ``CAFFENET`` the first without the groups.

What the table says about the numbers that are told of AlexNet (deck 001: 60M parameters, 650,000 neurons, 630M
connections): 60,965,224 parameters and 659,272 neurons agree with them. The connections do not come out: the table
gives 724,406,816 without biases, 665,784,864 of them in the convolutions and 58,621,952 in the fully connected layers.
630M is 13 % less, and no count that follows the paper gives it: not the convolutions alone, and even with the third
convolution cut in two like the others 649,646,624 would remain. The paper says that the input has 224 pixels, but there
an 11×11 window with stride 4 has 54 places and not the paper's 55; ``ALEXNET`` starts from 227, where it has 55.

A single tower differs because nothing cuts it. Without groups the second, fourth and fifth convolution look at twice
as many maps, which gives ``CAFFENET`` 1,413,120 more parameters. The tower of 2014 is narrower instead, with
64-192-384-256-256 maps for 96-256-384-384-256, takes an input of 224 padded by 2, and has no response normalisation,
which has no parameters anyway. Its paper says 384 for the fourth layer; Krizhevsky's own code, and torchvision after
it, has 256.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from course_pkg._validate import as_array, as_bool, as_int, describe
from course_pkg.nn import output_size


class Row(NamedTuple):
    """What ``count`` finds out about one layer: ``output`` is (maps, height, width), the rest are numbers."""

    name: str
    output: tuple
    neurons: int
    parameters: int
    connections: int


class _Layer:
    def __post_init__(self):
        for name, minimum in (("maps", 1), ("kernel", 1), ("stride", 1), ("padding", 0), ("groups", 1), ("units", 1)):
            if name in self.__dataclass_fields__:
                as_int(name, getattr(self, name), minimum=minimum)

    def _slide(self, shape, *, stride, padding=0):
        try:
            return tuple(output_size(side, self.kernel, stride, padding) for side in shape[1:])
        except ValueError as error:
            raise ValueError(f"{self.name}: {error}") from None


@dataclass(frozen=True, eq=False)
class Conv(_Layer):
    """Convolution: ``maps`` outputs, square ``kernel``; pixels for ``kernel``, ``stride`` and ``padding``.

    With ``groups`` g, each output map looks at 1/g of the input maps; ``table`` (outputs × inputs, True and False) says
    for each pair whether it is connected.
    """

    name: str
    maps: int
    kernel: int
    stride: int = 1
    padding: int = 0
    groups: int = 1
    table: np.ndarray | None = None

    def __post_init__(self):
        super().__post_init__()
        if self.table is not None:
            as_array("table", self.table, ndim=2)

    def count(self, shape, biases):
        """Return the :class:`Row` for an input of ``shape``."""
        height, width = self._slide(shape, stride=self.stride, padding=self.padding)
        if shape[0] % self.groups or self.maps % self.groups:
            raise ValueError(f"{self.name}: {self.groups} groups do not divide {shape[0]} input and {self.maps} maps")
        pairs = shape[0] * self.maps // self.groups
        if self.table is not None:
            if np.shape(self.table) != (self.maps, shape[0]) or self.groups != 1:
                raise ValueError(
                    f"{self.name}: expected one group and a table of shape {(self.maps, shape[0])}, "
                    f"got {self.groups} and {np.shape(self.table)}"
                )
            pairs = int(np.count_nonzero(self.table))
        parameters = pairs * self.kernel**2 + biases * self.maps
        places = height * width
        return Row(self.name, (self.maps, height, width), self.maps * places, parameters, parameters * places)


@dataclass(frozen=True)
class Subsample(_Layer):
    """LeNet-5's subsampling: coefficient · sum of ``kernel`` × ``kernel`` inputs + bias, no overlap."""

    name: str
    kernel: int = 2

    def count(self, shape, biases):
        """Return the :class:`Row` for an input of ``shape``."""
        output = (shape[0], *self._slide(shape, stride=self.kernel))
        neurons = int(np.prod(output))
        return Row(self.name, output, neurons, shape[0] * (1 + biases), neurons * (self.kernel**2 + biases))


@dataclass(frozen=True)
class Pool(_Layer):
    """Maximum or average pooling: no weights, and as in Krizhevsky's count no neurons."""

    name: str
    kernel: int
    stride: int
    padding: int = 0

    def count(self, shape, biases):
        """Return the :class:`Row` for an input of ``shape``."""
        return Row(self.name, (shape[0], *self._slide(shape, stride=self.stride, padding=self.padding)), 0, 0, 0)


@dataclass(frozen=True)
class FullyConnected(_Layer):
    """``units`` neurons, each connected to every input."""

    name: str
    units: int

    def count(self, shape, biases):
        """Return the :class:`Row` for an input of ``shape``."""
        weights = self.units * (int(np.prod(shape)) + biases)
        return Row(self.name, (self.units, 1, 1), self.units, weights, weights)


@dataclass(frozen=True)
class RBF(_Layer):
    """LeNet-5's output: ``units`` distances to fixed centres, so connections without parameters or biases."""

    name: str
    units: int

    def count(self, shape, biases):
        """Return the :class:`Row` for an input of ``shape``."""
        return Row(self.name, (self.units, 1, 1), self.units, 0, self.units * int(np.prod(shape)))


@dataclass(frozen=True)
class Architecture:
    """A network as a table: its name, the shape (maps, height, width) of its input, and its layers in order."""

    name: str
    input_shape: tuple
    layers: tuple

    def __post_init__(self):
        if not isinstance(self.input_shape, tuple) or len(self.input_shape) != 3:
            raise ValueError(f"input_shape: expected a tuple (maps, height, width), got {describe(self.input_shape)}")
        for size in self.input_shape:
            as_int("input_shape", size, minimum=1)
        if not isinstance(self.layers, tuple) or not all(isinstance(layer, _Layer) for layer in self.layers):
            kinds = "Conv, Subsample, Pool, FullyConnected and RBF"
            raise TypeError(f"layers: expected a tuple of {kinds}, got {describe(self.layers)}")


def count(architecture, *, biases=True):
    """Return one :class:`Row` a layer: name, output shape, neurons, parameters and connections.

    A connection is a weight at work: a shared weight counts once as a parameter, and as a connection at each place
    where it is used, so connections are the multiply-adds of one forward pass. As LeCun et al. (1998) do, both include
    the biases; ``biases=False`` leaves them out. Raises TypeError for anything but an :class:`Architecture`, and a
    ValueError that names the layer where a kernel does not fit or groups do not divide.
    """
    if not isinstance(architecture, Architecture):
        raise TypeError(f"architecture: expected an Architecture, got {describe(architecture)}")
    as_bool("biases", biases)
    rows, shape = [], architecture.input_shape
    for layer in architecture.layers:
        rows.append(layer.count(shape, int(biases)))
        shape = rows[-1].output
    return rows


def total(rows):
    """Return the sum of the rows of ``count`` as a :class:`Row` named "total", with the last row's output."""
    if not isinstance(rows, (list, tuple)) or not rows or not all(isinstance(row, Row) for row in rows):
        raise TypeError(f"rows: expected the rows that count returns, got {describe(rows)}")
    return Row("total", rows[-1].output, *(sum(numbers) for numbers in list(zip(*rows, strict=True))[2:]))


# LeCun et al., 1998, table I: which maps of S2 (rows) each map of C3 (columns) is connected to.
_TABLE_I = """
    X . . . X X X . . X X X X . X X
    X X . . . X X X . . X X X X . X
    X X X . . . X X X . . X . X X X
    . X X X . . X X X X . . X . X X
    . . X X X . . X X X X . X X . X
    . . . X X X . . X X X X . X X X
"""
C3_TABLE = np.array([[mark == "X" for mark in line.split()] for line in _TABLE_I.split("\n")[1:-1]]).T
C3_TABLE.flags.writeable = False

LENET5 = Architecture(
    "LeNet-5 (LeCun et al., 1998)",
    (1, 32, 32),
    (
        Conv("C1", 6, kernel=5),
        Subsample("S2"),
        Conv("C3", 16, kernel=5, table=C3_TABLE),
        Subsample("S4"),
        Conv("C5", 120, kernel=5),
        FullyConnected("F6", 84),
        RBF("output", 10),
    ),
)


def _alexnet(name, side, maps, groups, *, padding):
    conv1, conv2, conv3, conv4, conv5 = maps
    return Architecture(
        name,
        (3, side, side),
        (
            Conv("conv1", conv1, kernel=11, stride=4, padding=padding),
            Pool("pool1", kernel=3, stride=2),
            Conv("conv2", conv2, kernel=5, padding=2, groups=groups),
            Pool("pool2", kernel=3, stride=2),
            Conv("conv3", conv3, kernel=3, padding=1),
            Conv("conv4", conv4, kernel=3, padding=1, groups=groups),
            Conv("conv5", conv5, kernel=3, padding=1, groups=groups),
            Pool("pool5", kernel=3, stride=2),
            FullyConnected("fc6", 4096),
            FullyConnected("fc7", 4096),
            FullyConnected("fc8", 1000),
        ),
    )


ALEXNET = _alexnet("AlexNet, two towers (Krizhevsky et al., 2012)", 227, (96, 256, 384, 384, 256), 2, padding=0)
ALEXNET_ONE_TOWER = _alexnet("AlexNet, one tower (Krizhevsky, 2014)", 224, (64, 192, 384, 256, 256), 1, padding=2)
CAFFENET = _alexnet("AlexNet without groups (like CaffeNet)", 227, (96, 256, 384, 384, 256), 1, padding=0)


class ReceptiveWeights(NamedTuple):
    """The counts of ``receptive_weights``; ``units`` is the (height, width) of one map."""

    fully_connected: int
    local: int
    shared: int
    maps_shared: int
    units: tuple


def receptive_weights(*, image=1000, hidden=10**6, field=10, maps=100, stride=10):
    """Count the weights between an image and a hidden layer: all connected, local, shared, and shared by many maps.

    fully_connected = image²·hidden, local = field²·hidden, shared = field², maps_shared = maps·field², and
    units = ⌊(image − field)/stride⌋ + 1 along each side. ``image`` and ``field`` are sides in pixels; biases left out.
    With the values of the notes: 10¹², 10⁸, 100, 10⁴, and 100×100 units. The notes divide areas for that,
    (1000·1000)/(10·10), which is right only while the windows do not overlap, stride = field; for stride 8, where
    they stop, the formula above gives 124×124 and the last 6 pixels are not looked at.
    Raises TypeError or ValueError for anything but integers ≥ 1, or a field larger than the image.
    Source: 2013 notes (002), 关于参数减少与权值共享.
    """
    hidden = as_int("hidden", hidden, minimum=1)
    maps = as_int("maps", maps, minimum=1)
    image, field = as_int("image", image, minimum=1), as_int("field", field, minimum=1)
    if field > image:
        raise ValueError(f"field: expected at most the image's {image} pixels, got {field}")
    side = output_size(image, field, as_int("stride", stride, minimum=1))
    return ReceptiveWeights(image**2 * hidden, field**2 * hidden, field**2, maps * field**2, (side, side))
