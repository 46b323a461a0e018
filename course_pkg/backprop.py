"""Backpropagation (误差反向传播) on the two worked examples of the lectures, one step at a time, for any numbers.

``LogisticUnit`` walks f(w, x) = 1/(1 + e^−(w0·x0 + w1·x1 + w2)) gate by gate; ``Network222`` walks a network with two
inputs, two hidden and two output units forward, backward and through one update. Both return their work as a list of
:class:`Step`: the formula in the lectures' letters, the same formula with numbers in it, and the value.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

from course_pkg._validate import as_array, as_number

PHASES = ("forward", "backward", "update")


@dataclass(frozen=True)
class Step:
    """One line of the calculation: ``name = formula = substituted = value``.

    ``phase`` is one of ``PHASES``; ``where`` is the node ("h1") or the edge ("w5") of the drawing that the step belongs
    to. A gate's steps also carry its ``rule``, one of ``RULES``, and in the backward phase ``value`` is ``upstream``
    (the gradient that arrives at the gate's output) times ``local`` (the gate's own derivative).
    """

    name: str
    formula: str
    substituted: str
    value: float
    phase: str
    where: str
    rule: str = ""
    upstream: float | None = None
    local: float | None = None

    def __str__(self):
        return f"{self.name} = {self.formula} = {self.substituted} = {_number(self.value)}"


def _number(value):
    """A number with at most four significant digits and a real minus sign."""
    return f"{value + 0.0:.4g}".replace("-", "−")  # −0.0 + 0.0 is 0.0


_SUM, _PRODUCT, _ATOM = range(3)  # how tightly the outermost operation of a formula binds


class _Term:
    """A number that remembers how it was calculated, once in letters and once in numbers.

    Formula and value of a step come from one expression, so they cannot disagree.
    """

    def __init__(self, value, formula=None, numbers=None, binds=_ATOM):
        self.value = value
        self.numbers = _number(value) if numbers is None else numbers
        self.formula = self.numbers if formula is None else formula
        self.binds = binds

    def _inside(self, binds):
        """Both texts as they stand inside an operation that binds as tightly as ``binds``."""
        texts = self.formula, self.numbers
        return [f"({t})" if self.binds < binds or t.startswith("−") else t for t in texts]

    def _join(self, other, sign, value, binds, other_binds):
        left, right = self._inside(binds), other._inside(other_binds)
        return _Term(value, *(a + sign + b for a, b in zip(left, right, strict=True)), binds)

    def __add__(self, other):
        return self._join(other, " + ", self.value + other.value, _SUM, _SUM)

    def __sub__(self, other):
        return self._join(other, " − ", self.value - other.value, _SUM, _PRODUCT)

    def __mul__(self, other):
        sign = " · " if "∂" in self.formula + other.formula else "·"  # ∂a/∂b·∂b/∂c is hard to read
        return self._join(other, sign, self.value * other.value, _PRODUCT, _PRODUCT)

    def __truediv__(self, other):
        return self._join(other, "/", self.value / other.value, _PRODUCT, _ATOM)

    def __neg__(self):
        return _Term(-self.value, *("−" + text for text in self._inside(_PRODUCT)), _PRODUCT)

    def squared(self):
        return _Term(self.value * self.value, *(text + "²" for text in self._inside(_ATOM)))

    def exp(self):
        return _Term(math.exp(self.value), f"e^{self._inside(_ATOM)[0]}", f"e^{self._inside(_ATOM)[1]}")

    def sigmoid(self):
        # Two forms of one function: e^x is only taken of x ≤ 0, so that it cannot overflow.
        small = math.exp(-abs(self.value))
        value = (1 if self.value >= 0 else small) / (1 + small)
        return _Term(value, f"sigmoid({self.formula})", f"sigmoid({self.numbers})")


_ONE = _Term(1.0)
_HALF = _Term(0.5, "½", "½")


class _Record:
    """The steps so far, and each named value as a term that later formulas may use."""

    def __init__(self, given):
        self.steps = []
        self._terms = {name: _Term(value, name) for name, value in given.items()}

    def __getitem__(self, name):
        return self._terms[name]

    def __call__(self, name, term, phase, where, **gate):
        self.steps.append(Step(name, term.formula, term.numbers, term.value, phase, where, **gate))
        self._terms[name] = _Term(term.value, name)


@dataclass(frozen=True)
class _Gate:
    """A kind of gate: its value from its inputs, and its derivative by each input."""

    rule: str
    forward: Callable
    derivatives: Callable


_GATES = {
    "1/x": _Gate("1/x → −1/x²", lambda x: _ONE / x, lambda x: [-(_ONE / x.squared())]),
    "c+x": _Gate("c+x → 1", lambda x: _ONE + x, lambda x: [_ONE]),
    "e^x": _Gate("e^x → e^x", lambda x: x.exp(), lambda x: [x.exp()]),
    "ax": _Gate("ax → a", lambda x: -_ONE * x, lambda x: [-_ONE]),
    "x+x'": _Gate("x+x' → 1", lambda x, y: x + y, lambda x, y: [_ONE, _ONE]),
    "x·x'": _Gate("x·x' → x'", lambda x, y: x * y, lambda x, y: [y, x]),
}

RULES = tuple(gate.rule for gate in _GATES.values())


def _floats(name, values, count):
    return tuple(float(value) for value in as_array(name, values, shape=(count,)))


@dataclass(frozen=True)
class LogisticUnit:
    """One logistic unit as a graph (计算图) of eight gates: f(w, x) = 1/(1 + e^−(w0·x0 + w1·x1 + w2)).

    ``w`` has three numbers and ``x`` two. The slides write w2·x2 for the last summand, which is w2 with the constant
    input x2 = 1. The gates are p = w0·x0, q = w1·x1, r = p + q, s = r + w2, t = −1·s, u = e^t, v = 1 + u, f = 1/v.
    Raises TypeError or ValueError for anything but finite numbers in these shapes, and where e^t would overflow.
    Source: deck 001, 误差反向传播例子; the numbers are those of Stanford's CS231n.
    """

    w: tuple = (2.0, -3.0, -3.0)
    x: tuple = (-1.0, -2.0)

    _graph = (
        ("p", "x·x'", ("w0", "x0")),
        ("q", "x·x'", ("w1", "x1")),
        ("r", "x+x'", ("p", "q")),
        ("s", "x+x'", ("r", "w2")),
        ("t", "ax", ("s",)),
        ("u", "e^x", ("t",)),
        ("v", "c+x", ("u",)),
        ("f", "1/x", ("v",)),
    )

    def __post_init__(self):
        object.__setattr__(self, "w", _floats("w", self.w, 3))
        object.__setattr__(self, "x", _floats("x", self.x, 2))
        total = self.w[0] * self.x[0] + self.w[1] * self.x[1] + self.w[2]
        if not -700 <= total <= 700:
            raise ValueError(
                f"w, x: expected w0·x0 + w1·x1 + w2 from −700 to 700, where e^x is finite, got {total:.4g}"
            )

    def steps(self):
        """Return the list of all steps: eight gates forward, then each gate's gradients, the last gate first."""
        given = {f"w{i}": value for i, value in enumerate(self.w)} | {f"x{i}": value for i, value in enumerate(self.x)}
        record = _Record(given)
        for output, kind, inputs in self._graph:
            gate = _GATES[kind]
            record(output, gate.forward(*(record[name] for name in inputs)), "forward", output, rule=gate.rule)
        record("∂f/∂f", _ONE, "backward", "f")
        for output, kind, inputs in reversed(self._graph):
            gate, upstream = _GATES[kind], record[f"∂f/∂{output}"]
            for name, local in zip(inputs, gate.derivatives(*(record[name] for name in inputs)), strict=True):
                flow = {"rule": gate.rule, "upstream": upstream.value, "local": local.value}
                record(f"∂f/∂{name}", upstream * local, "backward", name, **flow)
        return record.steps

    @property
    def value(self):
        """The unit's output f, between 0 and 1."""
        return next(step.value for step in self.steps() if step.name == "f")

    @property
    def gradients(self):
        """The dict of ∂f/∂w0, ∂f/∂w1, ∂f/∂w2, ∂f/∂x0 and ∂f/∂x1 by the names "w0" … "x1"."""
        values = {step.where: step.value for step in self.steps() if step.phase == "backward"}
        return {name: values[name] for name in ("w0", "w1", "w2", "x0", "x1")}


@dataclass(frozen=True)
class Network222:
    """The 2-2-2 network of deck 001: two inputs, two hidden and two output units, all sigmoid, no biases.

    In_h1 = w1·x1 + w3·x2, In_h2 = w2·x1 + w4·x2, In_o1 = w5·h1 + w7·h2, In_o2 = w6·h1 + w8·h2, each unit's output the
    sigmoid of its input, and Error = ½·(o1 − y1)² + ½·(o2 − y2)². ``x`` are the two inputs, ``y`` the two targets,
    ``w`` the eight weights w1 … w8, ``lr`` the learning rate η. Results are dicts by these names; δi is ∂Error/∂wi.
    Raises TypeError or ValueError for anything but finite numbers in these shapes, or a negative ``lr``.
    """

    x: tuple = (0.5, 0.3)
    y: tuple = (0.23, -0.07)
    w: tuple = (0.2, -0.4, 0.5, 0.6, 0.1, -0.5, -0.3, 0.8)
    lr: float = 1.0

    # Unit: (its two inputs, each with the weight between them).
    _units = (
        ("h1", (("w1", "x1"), ("w3", "x2"))),
        ("h2", (("w2", "x1"), ("w4", "x2"))),
        ("o1", (("w5", "h1"), ("w7", "h2"))),
        ("o2", (("w6", "h1"), ("w8", "h2"))),
    )

    def __post_init__(self):
        for name, count in (("x", 2), ("y", 2), ("w", 8)):
            object.__setattr__(self, name, _floats(name, getattr(self, name), count))
        object.__setattr__(self, "lr", as_number("lr", self.lr, minimum=0))

    def steps(self):
        """Return the list of all steps in order: forward, backward and update, one formula each."""
        record = self._start()
        self._forward(record)
        self._backward(record)
        for i in range(1, 9):
            record(f"w{i}'", record[f"w{i}"] - record["η"] * record[f"δ{i}"], "update", f"w{i}")
        return record.steps

    def forward(self):
        """Return the values of the forward pass by name: In_h1, h1, In_h2, h2, In_o1, o1, In_o2, o2, Error."""
        return self._values("forward")

    def gradients(self):
        """Return the dict δ1 … δ8 of the gradients ∂Error/∂w1 … ∂Error/∂w8."""
        values = self._values("backward")
        return {f"δ{i}": values[f"δ{i}"] for i in range(1, 9)}

    def slide_steps(self):
        """Return δ1 … δ4 as the slide calculates them, as a list of steps: δ1 = (δ5 + δ6)·h1·(1 − h1)·x1, and so on.

        This is wrong (erratum E-1): δ5 and δ6 contain ∂In_o1/∂w5 = h1, where the chain rule needs ∂In_o1/∂h1 = w5.
        """
        record = self._start()
        self._forward(record)
        self._backward(record)
        known = len(record.steps)
        for unit, inputs in self._units[:2]:
            onward = [f"δ{weight[1:]}" for _, pairs in self._units[2:] for weight, source in pairs if source == unit]
            h, shared = record[unit], record[onward[0]] + record[onward[1]]
            for weight, source in inputs:
                record(f"δ{weight[1:]}", shared * h * (_ONE - h) * record[source], "backward", weight)
        return sorted(record.steps[known:], key=lambda step: step.name)

    def slide_gradients(self):
        """Return the dict δ1 … δ8 as the slide has it: δ5 … δ8 right, δ1 … δ4 wrong, see :meth:`slide_steps`."""
        return self.gradients() | {step.name: step.value for step in self.slide_steps()}

    def updated(self):
        """Return the network after one step of gradient descent, w' = w − η·δ."""
        return Network222(self.x, self.y, tuple(self._values("update").values()), self.lr)

    def _values(self, phase):
        return {step.name: step.value for step in self.steps() if step.phase == phase}

    def _start(self):
        given = {"η": self.lr}
        for letter, values in (("x", self.x), ("y", self.y), ("w", self.w)):
            given |= {f"{letter}{i}": value for i, value in enumerate(values, 1)}
        return _Record(given)

    def _forward(self, record):
        for unit, ((w_a, a), (w_b, b)) in self._units:
            record(f"In_{unit}", record[w_a] * record[a] + record[w_b] * record[b], "forward", unit)
            record(unit, record[f"In_{unit}"].sigmoid(), "forward", unit)
        errors = [_HALF * (record[f"o{i}"] - record[f"y{i}"]).squared() for i in (1, 2)]
        record("Error", errors[0] + errors[1], "forward", "Error")

    def _backward(self, record):
        for unit in ("o1", "o2"):
            record(f"∂Error/∂{unit}", record[unit] - record[f"y{unit[1]}"], "backward", unit)
            self._backward_unit(record, unit)
        for unit in ("h1", "h2"):
            paths = []
            for output, inputs in self._units[2:]:
                weight = next(weight for weight, source in inputs if source == unit)
                record(f"∂In_{output}/∂{unit}", record[weight], "backward", weight)
                arriving = record[f"∂Error/∂{output}"] * record[f"∂{output}/∂In_{output}"]
                paths.append(arriving * record[f"∂In_{output}/∂{unit}"])
            record(f"∂Error/∂{unit}", paths[0] + paths[1], "backward", unit)
            self._backward_unit(record, unit)

    def _backward_unit(self, record, unit):
        """From ∂Error/∂unit through the sigmoid to the gradients of the unit's two weights."""
        out = record[unit]
        record(f"∂{unit}/∂In_{unit}", out * (_ONE - out), "backward", unit)
        arriving = record[f"∂Error/∂{unit}"] * record[f"∂{unit}/∂In_{unit}"]
        for weight, source in dict(self._units)[unit]:
            record(f"∂In_{unit}/∂{weight}", record[source], "backward", weight)
            record(f"δ{weight[1:]}", arriving * record[f"∂In_{unit}/∂{weight}"], "backward", weight)
