"""What each layer of a torch module does: shapes, parameters, multiply-adds, memory, and who reads whose output.

``profile(module, *input_shapes)`` sends tensors without numbers (torch's device "meta") once through the module and
returns a :class:`Profile`. VGG-16 takes as little time and memory as LeNet-5. ``widgets.NetworkView`` draws it.
"""

import math
from typing import NamedTuple

from course_pkg._validate import as_shape, describe


class Layer(NamedTuple):
    """One layer at work: a module without modules inside, or a function such as ``add`` called between modules.

    ``name`` is its path, such as "features.0"; "relu#2" is the second call of "relu". ``kind`` is the class or the
    function, or "input". ``inputs`` are the positions, in ``Profile.layers``, of the layers that it reads.
    ``input_shapes`` and ``output_shapes`` are tuples of shapes, batch included. ``parameters`` counts the numbers it
    learns, where no layer before it shares them; ``multiply_adds`` the products in convolutions and matrix products;
    ``memory`` the bytes of the output, 0 if it lies in its input's memory as after ``flatten`` or an in-place ReLU.
    """

    name: str
    kind: str
    inputs: tuple
    input_shapes: tuple
    output_shapes: tuple
    parameters: int
    multiply_adds: int
    memory: int


class Profile(NamedTuple):
    """The ``layers`` of one forward pass in their order, the inputs first, and the ``name`` of the module's class."""

    name: str
    layers: tuple

    @property
    def parameters(self):
        """The number of parameters that the forward pass used, each counted once."""
        return sum(layer.parameters for layer in self.layers)

    @property
    def multiply_adds(self):
        """The number of multiply-adds of the forward pass."""
        return sum(layer.multiply_adds for layer in self.layers)

    @property
    def memory(self):
        """The bytes of the inputs and of all outputs together."""
        return sum(layer.memory for layer in self.layers)


def profile(module, *input_shapes):
    """Return the :class:`Profile` of one forward pass of a ``torch.nn.Module``.

    A convolution with kernel K×K from C to M maps in g groups has M·C/g·K² multiply-adds at each place of its output, a
    matrix product (N×D)(D×M) has N·D·M; biases, additions and comparisons are not counted. Each of ``input_shapes`` is
    the whole shape of one argument of ``forward``, batch included, such as (1, 3, 224, 224), for numbers of the type of
    the module's parameters; or an example tensor where something else is needed, such as indices of words.

    The module is looked at as it is, in training or in evaluation mode, and stays as it is; it may itself be on the
    device "meta". One whose forward pass depends on numbers is copied and run with zeros on the CPU.
    Raises TypeError for what is no module or no shape, ValueError that names the layer which cannot take what it gets.
    """
    import torch

    if not isinstance(module, torch.nn.Module):
        raise TypeError(f"module: expected a torch.nn.Module, got {describe(module)}")
    if not input_shapes:
        raise ValueError("input_shapes: expected the shape of each input, such as (1, 3, 224, 224), got none")
    examples = [
        shape if isinstance(shape, torch.Tensor) else as_shape(f"input_shapes[{i}]", shape)
        for i, shape in enumerate(input_shapes)
    ]
    from course_pkg.models.tracing import trace

    return Profile(type(module).__name__, tuple(Layer(**layer) for layer in trace(module, examples)))


def shapes_text(shapes):
    """Return shapes as readers see them: "1×64×112×112", several separated by commas."""
    return ", ".join("×".join(map(str, shape)) or "one number" for shape in shapes)


def short(number, unit=""):
    """Return a count with three digits and a decimal prefix: 138,357,544 → "138 M", and with ``unit="B"`` "138 MB"."""
    power = min(4, int(math.log10(number) // 3)) if number >= 1000 else 0
    if power and float(f"{number / 1000**power:.3g}") >= 1000:  # 999,999 is 1 M
        power = min(4, power + 1)
    digits = f"{number / 1000**power:.3g}" if power else f"{number:g}"
    return f"{digits} {('', 'k', 'M', 'G', 'T')[power]}{unit}".strip()
