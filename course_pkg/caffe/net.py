"""Net: layers that find each other by the names of their blobs.

A layer names the blobs it reads (bottoms) and the blobs it writes (tops). That makes a directed acyclic graph; the text
lists the layers in an order in which they can run. Three things follow from names:

- **In place**: a layer may give its top the name of its bottom. Then the name means the old blob above this layer and
  the new one below it.
- **Split**: several layers may read one blob. On the way back its gradient is the sum of what each of them sends.
- **Sharing**: a parameter that has a name (``param { name: "w" }``) is one with every other of that name.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from course_pkg._validate import as_array, as_float_dtype, as_generator, as_int, describe
from course_pkg.caffe.fillers import fill
from course_pkg.caffe.format import Message, parse
from course_pkg.caffe.layers import LAYERS, Context, Given, Operation, Plan, plan
from course_pkg.caffe.schema import LAYER, NET, SHAPE
from course_pkg.nn import Blob

PHASES = ("TRAIN", "TEST")


@dataclass
class Learnable:
    """A parameter and what the text says of it: start values, multipliers of learning rate and weight decay.

    ``name`` is "conv1.weight", of the first layer that uses it; ``given`` holds the multipliers that were written down.
    ``blob`` is None until the net first runs or is first asked for its parameters.
    """

    name: str
    shape: tuple
    filler: Message
    given: dict
    blob: Blob | None = None

    @property
    def lr_mult(self):
        """By what the learning rate is multiplied for this parameter."""
        return self.given.get("lr_mult", 1.0)

    @property
    def decay_mult(self):
        """By what the weight decay is multiplied for this parameter."""
        return self.given.get("decay_mult", 1.0)


@dataclass
class NetLayer:
    """A layer in its net: its message and plan, and which blobs it reads and writes, counted in the order of writing.

    Numbers and not names, since an in-place layer reads and writes two blobs of one name.
    """

    message: Message
    plan: Plan
    reads: list
    writes: list
    weights: list  # of its tops in the loss
    params: dict = field(default_factory=dict)  # "weight" → Learnable
    operation: Operation | None = None

    @property
    def name(self):
        """Name in the text."""
        return self.message["name"]

    @property
    def type(self):
        """Type in the text, such as "Convolution"."""
        return self.message["type"]

    @property
    def learned(self):
        """How many numbers the parameters of this layer hold, shared ones too."""
        return sum(int(np.prod(learnable.shape)) for learnable in self.params.values())


class NetBlob:
    """A named array of a net: ``data`` that went forward and ``diff`` = ∂L/∂data that came back.

    ``shape`` is that of data, and what the text says before anything went forward.
    """

    def __init__(self, name, shape):
        self.name, self.planned = name, shape
        self._data = self._diff = None

    @property
    def shape(self):
        """Shape of ``data``; before the first forward pass, what the text says."""
        return self.planned if self._data is None else self._data.shape

    @property
    def data(self):
        """What the last forward pass wrote. Raises RuntimeError before it."""
        if self._data is None:
            raise RuntimeError(f"blob {self.name!r} is empty: call net.forward() first")
        return self._data

    @property
    def diff(self):
        """∂L/∂data of the last backward pass: zeros where no gradient came."""
        return np.zeros_like(self.data) if self._diff is None else self._diff

    def __repr__(self):
        return f"NetBlob({self.name!r}, shape={self.shape})"


class Net:
    """A net from its prototxt: a text, or a message that was parsed with ``caffe.schema.NET``.

    ``phase`` ("TRAIN" or "TEST"), ``level`` and ``stages`` choose the layers, by their include and exclude rules.
    ``data`` maps the tops of Data and MemoryData layers to arrays, whose first axis is the samples; images are
    N × C × H × W. ``rng`` (a NumPy generator or a seed) fills parameters, crops, mirrors and drops out. ``dtype`` is
    float32, as in Caffe, or float64. With ``share``, another net, parameters and states of layers with the same name
    are those of that net.

    ``blobs`` and ``params`` are dicts by name, "conv1" and "conv1.weight"; ``learnable`` lists what a solver updates.
    The parameters take no memory before they are needed: shapes and counts come from the text alone.

    Raises PrototxtError with line and column for whatever is wrong in the text, and TypeError or ValueError naming
    another argument that is wrong.
    Source: the net of Caffe (Jia et al., 2014).
    """

    def __init__(self, prototxt, *, phase="TRAIN", level=0, stages=(), data=None, rng=0, dtype="float32", share=None):
        self.message = prototxt if isinstance(prototxt, Message) else parse(prototxt, NET)
        if self.message.schema is not NET:
            raise TypeError(f"prototxt: expected the message of a net, got one of {self.message.schema.name}")
        if phase not in PHASES:
            raise ValueError(f"phase: expected 'TRAIN' or 'TEST', got {describe(phase)}")
        if data is not None and not isinstance(data, Mapping):
            raise TypeError(f"data: expected a dict from the name of a top to an array, got {describe(data)}")
        if share is not None and not isinstance(share, Net):
            raise TypeError(f"share: expected a Net, got {describe(share)}")
        if isinstance(stages, str):
            raise TypeError(f"stages: expected a list of names, got {describe(stages)}")
        self.name, self.phase = self.message["name"], phase
        self.state = {"phase": phase, "level": as_int("level", level), "stages": set(stages)}
        self.rng, self.dtype, self._share = as_generator("rng", rng), as_float_dtype("dtype", dtype), share
        context = Context(phase == "TRAIN", dict(data or {}), self.dtype, self.rng)
        self._all, self._last, named = [], {}, {}  # blobs as written; name → number of the newest; name → Learnable
        self.layers = [
            self._planned(message, context, named)
            for message in [*_inputs(self.message), *self.message["layer"]]
            if _included(message, self.state)
        ]
        if not self.layers:
            raise self.message.error(f"this net has no layers in phase {phase}")
        self._check_names()

    def _check_names(self):
        """Layers may share a name, as in Caffe, but not those that have something to keep under it."""
        seen = set()
        for layer in self.layers:
            if layer.params or layer.type in ("BatchNorm", "Data", "MemoryData"):
                if layer.name in seen:
                    raise layer.message.error(
                        f"layer {layer.name!r}: another one of this name has parameters or data", "name"
                    )
                seen.add(layer.name)

    def _planned(self, message, context, named):
        """Return the :class:`NetLayer` of ``message``, its blobs and parameters entered into the net."""
        reads = []
        for i, bottom in enumerate(message["bottom"]):
            if bottom not in self._last:
                raise message.error(
                    f"layer {message['name']!r} reads {bottom!r}, which no layer before it writes", "bottom", i
                )
            reads.append(self._last[bottom])
        made = plan(message, [self._all[number].planned for number in reads], context)
        writes = []
        for i, (top, shape) in enumerate(zip(message["top"], made.tops, strict=True)):
            if top in message["top"][:i] or (top in self._last and top not in message["bottom"]):
                raise message.error(
                    f"layer {message['name']!r} writes {top!r}, which is written already; only a layer that reads it "
                    "may write it again, in place",
                    "top",
                    i,
                )
            writes.append(len(self._all))
            self._all.append(NetBlob(top, shape))
        self._last |= dict(zip(message["top"], writes, strict=True))
        layer = NetLayer(message, made, reads, writes, _loss_weights(message))
        layer.params = self._named_parameters(layer, named)
        if len(message["propagate_down"]) not in (0, len(reads)):
            raise message.error(f"propagate_down: expected none, or one for each of {len(reads)} bottoms")
        return layer

    def _named_parameters(self, layer, named):
        """Return the parameters of ``layer``; those whose name in the text is in ``named`` already are these."""
        message, params = layer.message, {}
        if len(message["param"]) > len(layer.plan.params):
            raise message.error(
                f"layer {layer.name!r}: expected at most {len(layer.plan.params)} param, one for each of its "
                f"parameters, got {len(message['param'])}",
                "param",
                len(layer.plan.params),
            )
        for i, (key, (shape, filler)) in enumerate(layer.plan.params.items()):
            spec = message["param"][i] if i < len(message["param"]) else None
            given = {name: spec[name] for name in ("lr_mult", "decay_mult") if spec is not None and name in spec}
            learnable = Learnable(f"{layer.name}.{key}", shape, filler, given)
            if spec is not None and spec["name"]:
                owner = named.setdefault(spec["name"], learnable)
                if owner.shape != shape:
                    raise spec.error(
                        f"{spec['name']!r}: expected the shape {owner.shape} of {owner.name}, got {shape}", "name"
                    )
                for name, value in given.items():
                    if owner.given.setdefault(name, value) != value:
                        raise spec.error(f"{name} of {spec['name']!r}: {owner.name} says {owner.given[name]}", name)
                learnable = owner
            params[key] = learnable
        return params

    # ---- what the text says, before anything is computed ------------------------------------------------------------

    @property
    def parameter_count(self):
        """How many numbers this net learns; what is shared counts once."""
        return sum(int(np.prod(learnable.shape)) for learnable in self._learnables())

    def _learnables(self):
        every = [learnable for layer in self.layers for learnable in layer.params.values()]
        return list({id(learnable): learnable for learnable in every}.values())

    @property
    def blobs(self):
        """All blobs by name; of a name that was written several times, in place, the last one."""
        return {name: self._all[number] for name, number in self._last.items()}

    @property
    def outputs(self):
        """Names of the blobs that no layer reads: what :meth:`forward` returns."""
        read = {number for layer in self.layers for number in layer.reads}
        return [name for name, number in self._last.items() if number not in read]

    def summary(self):
        """Return one row a layer: (name, type, bottoms, tops, shapes of the tops, number of parameters)."""
        rows = []
        for layer in self.layers:
            message = layer.message
            shapes = [self._all[number].planned for number in layer.writes]
            rows.append((layer.name, layer.type, message["bottom"], message["top"], shapes, layer.learned))
        return rows

    def edges(self):
        """Return (writer, reader, name, shape) for each way a blob takes; writer and reader count the layers from 0."""
        writer = {number: i for i, layer in enumerate(self.layers) for number in layer.writes}
        return [
            (writer[number], i, self._all[number].name, self._all[number].planned)
            for i, layer in enumerate(self.layers)
            for number in layer.reads
        ]

    def __getitem__(self, name):
        """Return the first layer of this ``name``."""
        for layer in self.layers:
            if layer.name == name:
                return layer
        raise KeyError(f"name: expected one of {', '.join(layer.name for layer in self.layers)}, got {name!r}")

    # ---- parameters -------------------------------------------------------------------------------------------------

    def allocate(self):
        """Make what computes and fill the parameters. The first forward pass does it, if nothing else did."""
        if self.layers[-1].operation is not None:
            return
        if self._share is not None:
            self._share.allocate()
            theirs = {layer.name: layer for layer in self._share.layers if layer.params or layer.operation.state}
        for layer in self.layers:
            layer.operation = layer.plan.make()
            other = theirs.get(layer.name) if self._share is not None else None
            for key, learnable in layer.params.items():
                if other is not None:
                    learnable.blob = self._taken(layer, key, other)
                if learnable.blob is None:
                    learnable.blob = layer.operation.params[key]
                    learnable.blob.data[...] = fill(learnable.filler, learnable.shape, self.rng)
                layer.operation.share(key, learnable.blob)
            if other is not None and layer.operation.state:
                layer.operation.share_state(other.operation)

    @staticmethod
    def _taken(layer, key, other):
        """Return the blob of ``other`` that takes the place of parameter ``key``."""
        source = other.params.get(key)
        if source is None or source.shape != layer.params[key].shape:
            raise ValueError(
                f"share: expected {layer.name}.{key} of shape {layer.params[key].shape} there too, got "
                f"{'none' if source is None else source.shape}"
            )
        return source.blob

    @property
    def learnable(self):
        """List of :class:`Learnable`: every parameter once, with its blob and its multipliers."""
        self.allocate()
        return self._learnables()

    @property
    def params(self):
        """All parameters as a dict, "conv1.weight" → Blob; a shared one stands under the name of each layer."""
        self.allocate()
        return {f"{layer.name}.{key}": one.blob for layer in self.layers for key, one in layer.params.items()}

    def arrays(self):
        """Return the arrays that make up what the net has learned and measured, by name: parameters and states."""
        parameters = {one.name: one.blob.data for one in self.learnable}
        states = [(layer.name, layer.operation.state) for layer in self.layers]
        return parameters | {f"{name}.{key}": array for name, state in states for key, array in state.items()}

    def zero_grad(self):
        """Set the gradient of every parameter to 0."""
        for learnable in self.learnable:
            learnable.blob.zero_grad()

    # ---- computing --------------------------------------------------------------------------------------------------

    def forward(self, **inputs):
        """Run all layers; return the blobs that no layer reads, by name: arrays, and floats for single numbers.

        ``inputs`` are arrays for the tops of Input layers, ``forward(data=x)``, in the shape that the text says, but
        with any number of samples. Raises TypeError or ValueError naming an input that is wrong.
        """
        self.allocate()
        self._take_inputs(inputs)
        for blob in self._all:
            blob._data = blob._diff = None
        for layer in self.layers:
            try:
                tops = layer.operation.forward([self._all[number].data for number in layer.reads])
            except (TypeError, ValueError) as error:
                error.add_note(f"This was in layer {layer.name!r} of the net.")
                raise
            for number, top in zip(layer.writes, tops, strict=True):
                self._all[number]._data = top
        found = {name: self.blobs[name].data for name in self.outputs}
        return {name: array if array.ndim else float(array) for name, array in found.items()}

    def _take_inputs(self, inputs):
        places = {
            name: layer.operation
            for layer in self.layers
            if isinstance(layer.operation, Given)
            for name in layer.message["top"]
        }
        for name, value in inputs.items():
            if name not in places:
                raise ValueError(f"{name}: expected an input of this net ({', '.join(places) or 'it has none'})")
            array = as_array(name, value).astype(self.dtype, copy=False)
            planned = self._all[self._first(name)].planned
            if array.shape[1:] != planned[1:] or array.ndim == 0 or len(array) == 0:
                raise ValueError(f"{name}: expected shape (any, {', '.join(map(str, planned[1:]))}), got {array.shape}")
            places[name].values[name] = array

    def _first(self, name):
        return next(number for number, blob in enumerate(self._all) if blob.name == name)

    @property
    def loss(self):
        """The loss of the last forward pass, a float: the sum over all tops, each times its loss_weight."""
        return float(sum(weight * self._all[number].data.sum() for weight, number in self._costs()))

    def _costs(self):
        pairs = [pair for layer in self.layers for pair in zip(layer.weights, layer.writes, strict=True)]
        return [(weight, number) for weight, number in pairs if weight]

    def backward(self, **diffs):
        """Send ∂L/∂ back from the losses; set ``diff`` of all blobs and add to that of all parameters.

        ``diffs`` are gradients to start from besides the losses, ``backward(prob=dprob)``, for nets that have none.
        A layer that no gradient reaches is left out. Raises RuntimeError when nothing went forward, or there is no
        gradient to start from.
        """
        if self._all[-1]._data is None:
            raise RuntimeError("backward needs a forward pass first: call net.forward()")
        for blob in self._all:
            blob._diff = None
        for weight, number in self._costs():
            self._receive(number, np.full_like(self._all[number].data, weight))
        for name, diff in diffs.items():
            if name not in self._last:
                raise ValueError(f"{name}: expected the name of a blob ({', '.join(self._last)})")
            self._receive(self._last[name], as_array(name, diff, shape=self.blobs[name].shape).astype(self.dtype))
        if all(blob._diff is None for blob in self._all):
            raise RuntimeError(
                "this net has no loss to start from: call backward(name=diff) with the gradient of a blob"
            )
        for layer in reversed(self.layers):
            dtops = [self._all[number]._diff for number in layer.writes]
            if not layer.reads or layer.type == "Accuracy" or all(diff is None for diff in dtops):
                continue
            wanted = layer.message["propagate_down"] or [True] * len(layer.reads)
            for number, diff, goes in zip(layer.reads, layer.operation.backward(dtops), wanted, strict=True):
                if diff is not None and goes:
                    self._receive(number, diff)

    def _receive(self, number, diff):
        """Add a gradient to that of a blob. A new array: the one that came may belong to another blob as well."""
        blob = self._all[number]
        blob._diff = diff if blob._diff is None else blob._diff + diff


def _loss_weights(message):
    """Return the weight of each top of a layer in the loss: as the text says, or 1 for a loss and 0 for all else."""
    given, tops = message["loss_weight"], len(message["top"])
    if given and len(given) != tops:
        raise message.error(f"loss_weight: expected one for each of {tops} tops, got {len(given)}", "loss_weight")
    return given or [1.0 if LAYERS[message["type"]].loss and i == 0 else 0.0 for i in range(tops)]


def _included(message, state):
    """Return whether the layer's rules let it into a net of this ``state``: any include rule, or no exclude rule."""
    include, exclude = message["include"], message["exclude"]
    if include and exclude:
        raise message.error("expected include rules or exclude rules, got both", "exclude")
    if include:
        return any(_meets(rule, state) for rule in include)
    return not any(_meets(rule, state) for rule in exclude)


def _meets(rule, state):
    return (
        ("phase" not in rule or rule["phase"] == state["phase"])
        and ("min_level" not in rule or state["level"] >= rule["min_level"])
        and ("max_level" not in rule or state["level"] <= rule["max_level"])
        and state["stages"].issuperset(rule["stage"])
        and state["stages"].isdisjoint(rule["not_stage"])
    )


def _inputs(net):
    """Return Input layers for the fields ``input`` and ``input_shape`` or ``input_dim``, the older way to say this."""
    names, shapes, sizes = net["input"], net["input_shape"], net["input_dim"]
    if not names:
        return []
    if shapes and sizes:
        raise net.error("expected input_shape or input_dim, got both", "input_dim")
    if len(sizes) % 4:
        raise net.error(f"input_dim: expected four for each input, got {len(sizes)}", "input_dim")
    if not shapes:
        shapes = [Message(SHAPE) for _ in range(len(sizes) // 4)]
        for i, size in enumerate(sizes):
            shapes[i // 4].add("dim", size)
    if len(shapes) != len(names):
        raise net.error(f"input: expected a shape for each of {len(names)} inputs, got {len(shapes)}", "input")
    place = net.values["input"][0]
    layer = Message(LAYER, net.source, place.line, place.column)
    layer.add("name", "input")
    layer.add("type", "Input")
    parameter = layer["input_param"]
    for name, shape in zip(names, shapes, strict=True):
        layer.add("top", name, place.line, place.column)
        parameter.add("shape", shape)
    layer.add("input_param", parameter, place.line, place.column)
    return [layer]
