"""Layer types: what each ``type: "…"`` of a prototxt becomes.

Two steps, because a text can be understood without computing anything. First a **plan**: from the message of a layer
and the shapes of its bottoms follow the shapes of its tops and of its parameters. This costs nothing, so the 61 million
parameters of AlexNet can be counted without storing them. Then, when the net is to run, ``plan.make()`` returns what
computes: an object with ``forward(bottoms) -> tops`` and ``backward(dtops) -> dbottoms``, both lists of arrays. Most of
them are one or two layers of :mod:`course_pkg.nn` in a row.

``LAYERS`` at the end is the list of all types.
"""

import itertools
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np

from course_pkg import nn
from course_pkg._validate import as_labels
from course_pkg.caffe.fillers import check_filler
from course_pkg.caffe.format import PrototxtError, suggestion


@dataclass(frozen=True)
class Context:
    """What a layer may know of its net besides its own message: phase, arrays to read, dtype and random numbers."""

    training: bool
    data: Mapping
    dtype: np.dtype
    rng: np.random.Generator


@dataclass(frozen=True)
class Plan:
    """A layer before it computes: shapes of its ``tops``, (shape, filler) of its ``params`` by name, and ``make``."""

    tops: list
    make: Callable
    params: dict = field(default_factory=dict)


class Operation:
    """What computes: ``params`` are its blobs, ``state`` what it measures in training, ``cursor`` where it reads."""

    params: Mapping = {}
    state: Mapping = {}

    def forward(self, bottoms):
        """Return the list of tops for the list of ``bottoms``."""
        raise NotImplementedError

    def backward(self, dtops):
        """Return a list of ∂L/∂bottom, from ∂L/∂top; None stands for a gradient that there is not."""
        raise NotImplementedError


class Row(Operation):
    """Layers of course_pkg.nn in a row: one bottom, one top."""

    def __init__(self, *layers, training=True):
        self.layers = layers
        for layer in layers:
            layer.training = training

    @property
    def params(self):
        """All parameters, by name: "weight" and "bias"."""
        return {name: blob for layer in self.layers for name, blob in layer.params.items()}

    @property
    def state(self):
        """All states, by name."""
        return {name: array for layer in self.layers for name, array in layer.state.items()}

    def share(self, name, blob):
        """Use ``blob`` as the parameter ``name`` from now on."""
        for layer in self.layers:
            if name in layer.params:
                layer.params[name] = blob
                setattr(layer, name, blob)

    def share_state(self, other):
        """Use the states of another row of the same layers from now on."""
        for mine, theirs in zip(self.layers, other.layers, strict=True):
            mine.state = theirs.state

    def forward(self, bottoms):
        """Send the bottom through all layers."""
        (x,) = bottoms
        for layer in self.layers:
            x = layer.forward(x)
        return [x]

    def backward(self, dtops):
        """Send the gradient back through all layers."""
        (dy,) = dtops
        for layer in reversed(self.layers):
            dy = layer.backward(dy)
        return [dy]


# ---- data -----------------------------------------------------------------------------------------------------------


class Reader(Operation):
    """Reads batches from arrays, one after the other, and starts again at the end, as Caffe reads its databases."""

    def __init__(self, arrays, batch, transform, context):
        self.arrays, self.batch, self.transform, self.context = arrays, batch, transform, context
        self.cursor = 0

    def forward(self, bottoms):
        """Return the next batch of each array; the first one transformed."""
        count = len(self.arrays[0])
        rows = np.arange(self.cursor, self.cursor + self.batch) % count
        self.cursor = (self.cursor + self.batch) % count
        x, *others = [array[rows] for array in self.arrays]
        return [self._transformed(x), *others]

    def _transformed(self, x):
        """Crop, mirror, subtract the mean and scale; at random in training, the middle in test."""
        size, rng = self.transform["crop_size"], self.context.rng
        if size:
            room = np.array(x.shape[2:]) - size
            corners = np.broadcast_to(room // 2, (len(x), 2))
            if self.context.training:
                corners = rng.integers(0, room + 1, (len(x), 2))
            x = np.stack([image[:, i : i + size, j : j + size] for image, (i, j) in zip(x, corners, strict=True)])
        if self.transform["mirror"] and self.context.training:
            x = np.where((rng.random(len(x)) < 0.5)[:, None, None, None], x[..., ::-1], x)
        x = x.astype(self.context.dtype)
        if self.transform["mean_value"]:
            x -= np.array(self.transform["mean_value"], x.dtype)[:, None, None]
        return x * x.dtype.type(self.transform["scale"])

    def backward(self, dtops):
        """Nothing lies below data."""
        return []


def _reader(layer, batch, context, wanted=(None, None, None)):
    """Return the plan of a layer that reads its tops from arrays; the first one is images of ``wanted`` (C, H, W)."""
    tops, arrays = layer["top"], []
    if batch == 0:
        raise layer.error("batch_size: expected an integer ≥ 1, got 0")
    for i, top in enumerate(tops):
        if top not in context.data:
            raise layer.error(
                f"layer {layer['name']!r} reads its tops from arrays: give Net(…, data={{{', '.join(map(repr, tops))}}}"
                f" → arrays); there is none for {top!r}",
                "top",
                i,
            )
        arrays.append(np.asarray(context.data[top]))
    counts = {len(array) if array.ndim else 0 for array in arrays}
    if len(counts) > 1 or 0 in counts:
        raise layer.error(f"expected arrays of the same length, at least 1, got {[array.shape for array in arrays]}")
    images, transform = arrays[0], layer["transform_param"]
    fits = images.ndim == 4 and all(w in (None, n) for w, n in zip(wanted, images.shape[1:], strict=True))
    if not fits or images.dtype.kind not in "fiub":
        shape = ", ".join(str(side or "any") for side in wanted)
        raise layer.error(
            f"expected images (any, {shape}) for top {tops[0]!r}, got {images.shape} {images.dtype}", "top"
        )
    shape, size = images.shape[1:], transform["crop_size"]
    if size > min(shape[1:]):
        raise transform.error(f"crop_size: expected at most {min(shape[1:])}, the side of an image, got {size}")
    if len(transform["mean_value"]) not in (0, 1, shape[0]):
        raise transform.error(f"mean_value: expected 1 or {shape[0]} values, got {len(transform['mean_value'])}")
    if size:
        shape = (shape[0], size, size)
    shapes = [(batch, *shape), *((batch, *array.shape[1:]) for array in arrays[1:])]
    return Plan(shapes, lambda: Reader(arrays, batch, transform, context))


def data(layer, shapes, context):
    """Data: batches of ``batch_size``; arrays take the place of the database that ``source`` names."""
    return _reader(layer, layer["data_param"].require("batch_size"), context)


def memory_data(layer, shapes, context):
    """MemoryData: batches from memory, in the shape that the text says."""
    sizes = [layer["memory_data_param"].require(name) for name in ("batch_size", "channels", "height", "width")]
    return _reader(layer, sizes[0], context, sizes[1:])


class Given(Operation):
    """Hands on the arrays in ``values``, one a top, that ``net.forward(data=…)`` puts there."""

    def __init__(self, tops):
        self.values = dict.fromkeys(tops)

    def forward(self, bottoms):
        """Return the arrays that were given."""
        missing = [name for name, value in self.values.items() if value is None]
        if missing:
            raise ValueError(f"{missing[0]}: this net takes it as input; call net.forward({missing[0]}=…)")
        return list(self.values.values())

    def backward(self, dtops):
        """Nothing lies below an input."""
        return []


def given(layer, shapes, context):
    """Input: tops of the shapes that the text says."""
    tops, shapes = layer["top"], [tuple(shape["dim"]) for shape in layer["input_param"]["shape"]]
    if len(shapes) not in (1, len(tops)):
        raise layer.error(
            f"input_param: expected one shape, or {len(tops)}, one a top, got {len(shapes)}", "input_param"
        )
    if any(0 in shape or not shape for shape in shapes):
        raise layer.error(f"input_param: expected shapes of integers ≥ 1, got {shapes}", "input_param")
    return Plan(shapes if len(shapes) == len(tops) else shapes * len(tops), lambda: Given(tops))


# ---- one bottom, one top --------------------------------------------------------------------------------------------


def _same(make):
    """Return the planner of a layer whose top has the shape of its bottom; ``make(layer, shape, context)`` makes it."""

    def plan(layer, shapes, context):
        made = make(layer, shapes[0], context)
        return Plan(list(shapes), lambda: Row(made, training=context.training))

    return plan


def _pair(message, name, short, default):
    """Return (height, width) of a field such as ``kernel_size``, also given as ``kernel_h`` and ``kernel_w``."""
    value, (high, wide) = message[name], (f"{short}_h", f"{short}_w")
    apart = [side for side in (high, wide) if side in message]
    if apart and name in message:
        raise message.error(f"expected either {name} or {high} and {wide}, got both", apart[0])
    if apart:
        return message.require(high), message.require(wide)
    values = value if isinstance(value, list) else [value] if name in message else []
    if len(values) > 2:
        raise message.error(f"{name}: expected one number or two (height, width), got {len(values)}", name, 2)
    if not values and default is None:
        raise message.error(f"{message.schema.name} needs the field {name!r}")
    return tuple((values or [default]) * 2)[:2]


def _outputs(message, params):
    """Return ``num_output`` and, for the fillers in the text, a dict of (shape, filler) by name; see :class:`Plan`."""
    outputs = message.require("num_output")
    if outputs == 0:
        raise message.error("num_output: expected an integer ≥ 1, got 0", "num_output")
    plan = {"weight": ((outputs, *params), message["weight_filler"])}
    if message["bias_term"]:
        plan["bias"] = ((outputs,), message["bias_filler"])
    return outputs, plan


def convolution(layer, shapes, context):
    """Convolution, in ``group`` parts that do not see each other."""
    p, (n, channels, height, width) = layer["convolution_param"], _images(layer, shapes[0])
    kernel = _pair(p, "kernel_size", "kernel", None)
    geometry = {"stride": _pair(p, "stride", "stride", 1), "padding": _pair(p, "pad", "pad", 0)}
    if len(p["dilation"]) > 2:
        raise p.error("dilation: expected one number or two (height, width)", "dilation", 2)
    geometry["dilation"] = tuple((p["dilation"] or [1]) * 2)[:2]
    groups = p["group"]
    if groups == 0 or channels % groups or p.require("num_output") % groups:
        raise p.error(
            f"group: expected a divisor of {channels} inputs and {p['num_output']} outputs, got {groups}", "group"
        )
    outputs, params = _outputs(p, (channels // groups, *kernel))
    sides = zip((height, width), kernel, geometry["stride"], geometry["padding"], geometry["dilation"], strict=True)
    top = (n, outputs, *(nn.output_size(*side) for side in sides))
    options = {"bias": p["bias_term"], "init": "zeros", "dtype": context.dtype, **geometry}

    def make():
        if groups > 1:
            return Row(nn.GroupConv2d(channels, outputs, kernel, groups=groups, **options))
        return Row(nn.Conv2d(channels, outputs, kernel, **options))

    return Plan([top], make, params)


def inner_product(layer, shapes, context):
    """InnerProduct: a dense layer on all numbers of a sample, in whatever shape they come."""
    p, features = layer["inner_product_param"], math.prod(shapes[0][1:])
    outputs, params = _outputs(p, (features,))

    def make():
        dense = nn.Dense(features, outputs, bias=p["bias_term"], init="zeros", dtype=context.dtype)
        return Row(nn.Flatten(), dense)

    return Plan([(shapes[0][0], outputs)], make, params)


class CeilPool2d(nn.Layer):
    """Pooling whose windows may reach over the lower and right edge, so that the number of places is rounded up::

        places = ⌈(size + 2·padding − kernel) / stride⌉ + 1, less one if the last window would lie in the padding alone

    ``pool`` is "MAX" or "AVE"; what lies beyond the padding counts neither for the largest nor for the mean.
    Shapes: x (N, C, H, W), y (N, C, places down, places across); ``kernel``, ``stride`` and ``padding`` are pairs.
    Source: Caffe's pooling layer; torch with ceil_mode=True agrees.
    """

    def __init__(self, pool, kernel, stride, padding):
        super().__init__()
        self.pool, self.kernel, self.stride, self.padding = pool, kernel, stride, padding
        self.inner = {"MAX": nn.MaxPool2d, "AVE": nn.AvgPool2d}[pool](kernel, stride, padding)

    def places(self, sizes):
        """Return (places down, places across) for an image of ``sizes`` (height, width); ValueError when none fits."""
        return tuple(self._places(*side) for side in zip(sizes, self.kernel, self.stride, self.padding, strict=True))

    @staticmethod
    def _places(size, kernel, stride, padding):
        floor = nn.output_size(size, kernel, stride, padding)
        more = (size + 2 * padding - kernel) % stride and floor * stride < size + padding
        return floor + bool(more)

    def _overhang(self, sizes, places):
        """Return how many rows and columns the last windows reach beyond the padding."""
        sides = zip(sizes, places, self.kernel, self.stride, self.padding, strict=True)
        return [max(0, (out - 1) * s + k - size - 2 * p) for size, out, k, s, p in sides]

    def _shares(self, sizes, places):
        """Return kh·kw / (number of pixels that count) for each place, by which a mean over kh·kw is too small."""
        shares = []
        for size, out, k, s, p in zip(sizes, places, self.kernel, self.stride, self.padding, strict=True):
            start = np.arange(out) * s - p
            shares.append(k / (np.minimum(start + k, size + p) - start))
        return shares[0][:, None] * shares[1]

    def forward(self, x):
        """Return the maxima or means (N, C, places down, places across) of ``x`` (N, C, H, W)."""
        sizes = x.shape[2:]
        places = self.places(sizes)
        down, across = self._overhang(sizes, places)
        if down or across:
            beyond = np.finfo(x.dtype).min if self.pool == "MAX" else 0
            x = np.pad(x, ((0, 0), (0, 0), (0, down), (0, across)), constant_values=beyond)
        y, shares = self.inner.forward(x), None
        if self.pool == "AVE":
            shares = self._shares(sizes, places).astype(y.dtype)
            y = y * shares
        return self._keep(y, shares, sizes)

    def backward(self, dy):
        """Return ∂L/∂x, in the shape of x."""
        dy, shares, (height, width) = self._recall(dy)
        return self.inner.backward(dy if shares is None else dy * shares)[:, :, :height, :width]


def pooling(layer, shapes, context):
    """Pooling: MAX or AVE over windows, or over the whole image with ``global_pooling``."""
    p, (n, channels, height, width) = layer["pooling_param"], _images(layer, shapes[0])
    if p["global_pooling"]:
        for name in ("kernel_size", "kernel_h", "kernel_w"):
            if name in p:
                raise p.error(f"{name}: expected none with global_pooling, whose window is the whole image", name)
        kernel = height, width
    else:
        kernel = _pair(p, "kernel_size", "kernel", None)
    made = CeilPool2d(p["pool"], kernel, _pair(p, "stride", "stride", 1), _pair(p, "pad", "pad", 0))
    return Plan([(n, channels, *made.places((height, width)))], lambda: Row(made))


def flatten(layer, shapes, context):
    """Flatten: one row a sample."""
    return Plan([(shapes[0][0], math.prod(shapes[0][1:]))], lambda: Row(nn.Flatten()))


def _lrn(layer, shape, context):
    p = layer["lrn_param"]
    _images(layer, shape)
    return nn.LRN(p["local_size"], alpha=p["alpha"], beta=p["beta"], k=p["k"])


class CaffeBatchNorm(nn.BatchNorm):
    """Batch normalisation with Caffe's running statistics: sums that fade, S ← f·S + (value of the batch).

    Their weights add up to F ← f·F + 1, and a test uses S / F: a mean over the last batches that is right from the
    first batch on. f is ``moving_average_fraction``.
    """

    def __init__(self, channels, *, fraction, eps, dtype):
        super().__init__(channels, affine=False, eps=eps, dtype=dtype)
        self.fraction = fraction
        self.state = {name: np.zeros(channels, dtype) for name in ("mean", "variance")} | {"factor": np.zeros(1, dtype)}

    def _track(self, mean, variance):
        for name, value in (("mean", mean), ("variance", variance), ("factor", 1)):
            self.state[name] *= self.fraction
            self.state[name] += value

    def _running(self):
        factor = self.state["factor"]
        if not factor[0]:  # nothing was measured yet
            return super()._running()[0], np.ones_like(self.state["variance"])
        return self.state["mean"] / factor, self.state["variance"] / factor


def batch_norm(layer, shapes, context):
    """BatchNorm: mean 0 and variance 1 by channel, nothing learned; a Scale layer usually follows."""
    p = layer["batch_norm_param"]
    fraction = p["moving_average_fraction"]
    made = CaffeBatchNorm(_channels(layer, shapes[0]), fraction=fraction, eps=p["eps"], dtype=context.dtype)
    training = not p["use_global_stats"] if "use_global_stats" in p else context.training
    return Plan(list(shapes), lambda: Row(made, training=training))


def scale(layer, shapes, context):
    """Scale: a learned factor, and with ``bias_term`` an offset, for each channel."""
    p, channels = layer["scale_param"], _channels(layer, shapes[0])
    made = nn.Scale(channels, bias=p["bias_term"], dtype=context.dtype)
    ones = p["filler"]
    if "filler" not in p:
        ones.add("value", 1.0)
    params = {"weight": ((channels,), ones)}
    if p["bias_term"]:
        params["bias"] = ((channels,), p["bias_filler"])
    return Plan(list(shapes), lambda: Row(made), params)


def _images(layer, shape):
    if len(shape) != 4:
        raise layer.error(f"layer {layer['name']!r}: expected a bottom (N, C, H, W), got shape {shape}", "bottom")
    return shape


def _channels(layer, shape):
    if len(shape) < 2:
        raise layer.error(f"layer {layer['name']!r}: expected a bottom (N, C, …), got shape {shape}", "bottom")
    return shape[1]


def _axis(layer, message, shape):
    axis = message["axis"]
    if not -len(shape) <= axis < len(shape):
        raise layer.error(f"axis: expected one of {len(shape)} axes, got {axis}")
    return axis % len(shape)


# ---- several bottoms, several tops ----------------------------------------------------------------------------------


class Concat(Operation):
    """Bottoms side by side along an axis; the gradient is cut apart in the same places."""

    def __init__(self, axis):
        self.axis = axis

    def forward(self, bottoms):
        """Return all bottoms as one array."""
        self.cuts = np.cumsum([bottom.shape[self.axis] for bottom in bottoms])[:-1]
        return [np.concatenate(bottoms, axis=self.axis)]

    def backward(self, dtops):
        """Return each bottom's part of the gradient."""
        return np.split(dtops[0], self.cuts, axis=self.axis)


def concat(layer, shapes, context):
    """Concat: along the channels, if the text says nothing else."""
    axis, first = _axis(layer, layer["concat_param"], shapes[0]), list(shapes[0])
    for i, shape in enumerate(shapes):
        rest = [side for j, side in enumerate(shape) if j != axis]
        if rest != [side for j, side in enumerate(first) if j != axis]:
            raise layer.error(
                f"layer {layer['name']!r}: expected bottoms that differ along axis {axis} only, got {shapes}",
                "bottom",
                i,
            )
    first[axis] = sum(shape[axis] for shape in shapes)
    return Plan([tuple(first)], lambda: Concat(axis))


class Slice(Operation):
    """One bottom cut into several tops along an axis; the gradients are put together again."""

    def __init__(self, axis, cuts):
        self.axis, self.cuts = axis, cuts

    def forward(self, bottoms):
        """Return the parts."""
        self.parts = np.split(bottoms[0], self.cuts, axis=self.axis)
        return self.parts

    def backward(self, dtops):
        """Return the gradients side by side, zeros for a part that nobody used."""
        pairs = zip(dtops, self.parts, strict=True)
        return [np.concatenate([np.zeros_like(part) if dy is None else dy for dy, part in pairs], axis=self.axis)]


def slices(layer, shapes, context):
    """Slice: before each of the ``slice_point``; without them into equal parts, one a top."""
    (shape,), p, tops = shapes, layer["slice_param"], len(layer["top"])
    axis = _axis(layer, p, shape)
    cuts = p["slice_point"] or [shape[axis] // tops * i for i in range(1, tops)]
    ends = [0, *cuts, shape[axis]]
    if len(cuts) != tops - 1 or any(a >= b for a, b in itertools.pairwise(ends)):
        raise layer.error(f"slice_point: expected {tops - 1} rising numbers between 0 and {shape[axis]}, got {cuts}")
    if not p["slice_point"] and shape[axis] % tops:
        raise layer.error(f"expected {shape[axis]} channels that {tops} tops can share equally, or slice_point")
    widths = [b - a for a, b in itertools.pairwise(ends)]
    return Plan([(*shape[:axis], width, *shape[axis + 1 :]) for width in widths], lambda: Slice(axis, cuts))


class Eltwise(Operation):
    """Sum (with ``coeff``), product or maximum of bottoms of one shape, number by number.

    A sum passes the gradient on to all bottoms, times their coefficients; a product passes it on times all the others;
    a maximum to the bottom that was the largest, the first among equals.
    """

    def __init__(self, operation, coefficients):
        self.operation, self.coefficients = operation, coefficients

    def forward(self, bottoms):
        """Return the combination of all bottoms."""
        self.bottoms = np.stack(bottoms)
        if self.operation == "SUM":
            return [np.tensordot(np.array(self.coefficients, self.bottoms.dtype), self.bottoms, axes=1)]
        return [self.bottoms.prod(axis=0) if self.operation == "PROD" else self.bottoms.max(axis=0)]

    def backward(self, dtops):
        """Return the gradient of each bottom."""
        dy, count = dtops[0], len(self.bottoms)
        if self.operation == "SUM":
            return [dy * dy.dtype.type(coefficient) for coefficient in self.coefficients]
        if self.operation == "MAX":
            winner = self.bottoms.argmax(axis=0)
            return [dy * (winner == i) for i in range(count)]
        return [dy * np.delete(self.bottoms, i, axis=0).prod(axis=0) for i in range(count)]


def eltwise(layer, shapes, context):
    """Eltwise: the sum, if the text says nothing else."""
    p = layer["eltwise_param"]
    for i, shape in enumerate(shapes):
        if shape != shapes[0]:
            raise layer.error(f"layer {layer['name']!r}: expected bottoms of one shape, got {shapes}", "bottom", i)
    if p["coeff"] and (p["operation"] != "SUM" or len(p["coeff"]) != len(shapes)):
        raise p.error(f"coeff: expected one for each of {len(shapes)} bottoms of a SUM, got {p['coeff']}", "coeff")
    coefficients = p["coeff"] or [1.0] * len(shapes)
    return Plan([shapes[0]], lambda: Eltwise(p["operation"], coefficients))


# ---- ends -----------------------------------------------------------------------------------------------------------


def _by_place(scores, labels):
    """Return scores (N·places, classes) and labels (N·places,) for scores (N, classes, …) and labels (N, …).

    Blobs hold floating-point numbers, labels too; here they become integers again, and ValueError says if they cannot.
    """
    scores = np.moveaxis(scores, 1, -1).reshape(-1, scores.shape[1])
    labels, whole = np.reshape(labels, -1), np.reshape(labels, -1).astype(np.intp)
    if (labels != whole).any():
        raise ValueError(f"labels: expected whole numbers, got {labels[labels != whole][0]}")
    return scores, as_labels("labels", whole, count=len(scores), classes=scores.shape[1])


class Cost(Operation):
    """A loss of course_pkg.nn: bottoms are what came out and what should have; the top is one number."""

    def __init__(self, loss, *, both=False):
        self.loss, self.both = loss, both

    def forward(self, bottoms):
        """Return the loss, an array without axes."""
        return [np.asarray(self.loss.forward(*bottoms), bottoms[0].dtype)]

    def backward(self, dtops):
        """Return the gradient of what came out, and of the target if it can have one."""
        dx = self.loss.backward() * dtops[0]
        return [dx, -dx if self.both else None]


class SoftmaxCost(Cost):
    """Softmax and cross entropy, for scores (N, classes) or, place by place, (N, classes, H, W)."""

    def forward(self, bottoms):
        """Return the loss, the mean over all samples and places."""
        self.shape = bottoms[0].shape
        return super().forward(_by_place(*bottoms))

    def backward(self, dtops):
        """Return the gradient of the scores."""
        n, classes, *places = self.shape
        dx = super().backward(dtops)[0].reshape(n, *places, classes)
        return [np.moveaxis(dx, -1, 1), None]


def _labelled(layer, shapes):
    """Raise unless the bottoms are scores (N, classes, …) and labels (N, …)."""
    scores, labels = shapes
    _channels(layer, scores)
    wanted = scores[0] * math.prod(scores[2:])
    if math.prod(labels) != wanted:
        raise layer.error(
            f"layer {layer['name']!r}: expected {wanted} labels for scores {scores}, got labels {labels}",
            "bottom",
            1,
        )


def softmax_loss(layer, shapes, context):
    """SoftmaxWithLoss: bottoms are scores and labels."""
    _labelled(layer, shapes)
    return Plan([()], lambda: SoftmaxCost(nn.SoftmaxCrossEntropy()))


def _cost(make, both):
    """Return the planner of a loss whose bottoms have one shape."""

    def plan(layer, shapes, context):
        if shapes[0] != shapes[1]:
            raise layer.error(f"layer {layer['name']!r}: expected bottoms of one shape, got {shapes}", "bottom", 1)
        return Plan([()], lambda: Cost(make(), both=both))

    return plan


class Accuracy(Operation):
    """Share of samples whose label is among the ``top_k`` largest scores; a tie counts against it. No gradient."""

    def __init__(self, top_k):
        self.top_k = top_k

    def forward(self, bottoms):
        """Return the share, an array without axes."""
        scores, labels = _by_place(*bottoms)
        right = scores[np.arange(len(scores)), labels]
        better = (scores >= right[:, None]).sum(axis=1)  # the right one among them
        return [np.asarray((better <= self.top_k).mean(), scores.dtype)]


def accuracy(layer, shapes, context):
    """Accuracy: bottoms are scores and labels."""
    _labelled(layer, shapes)
    top_k = layer["accuracy_param"]["top_k"]
    if not 1 <= top_k <= shapes[0][1]:
        raise layer.error(f"top_k: expected 1 to {shapes[0][1]}, the number of classes, got {top_k}")
    return Plan([()], lambda: Accuracy(top_k))


@dataclass(frozen=True)
class Kind:
    """A layer type: its planner, how many bottoms and tops it takes (least, most), and whether it is a loss."""

    plan: Callable
    bottoms: tuple = (1, 1)
    tops: tuple = (1, 1)
    loss: bool = False


ANY = math.inf
LAYERS = {
    "Accuracy": Kind(accuracy, (2, 2)),
    "BatchNorm": Kind(batch_norm),
    "Concat": Kind(concat, (1, ANY)),
    "Convolution": Kind(convolution),
    "Data": Kind(data, (0, 0), (1, 2)),
    "Dropout": Kind(_same(lambda layer, shape, c: nn.Dropout(layer["dropout_param"]["dropout_ratio"], rng=c.rng))),
    "Eltwise": Kind(eltwise, (2, ANY)),
    "EuclideanLoss": Kind(_cost(nn.SquaredError, both=True), (2, 2), loss=True),
    "Flatten": Kind(flatten),
    "InnerProduct": Kind(inner_product),
    "Input": Kind(given, (0, 0), (1, ANY)),
    "LRN": Kind(_same(_lrn)),
    "MemoryData": Kind(memory_data, (0, 0), (2, 2)),
    "Pooling": Kind(pooling),
    "ReLU": Kind(_same(lambda layer, shape, context: nn.ReLU())),
    "Scale": Kind(scale),
    "Sigmoid": Kind(_same(lambda layer, shape, context: nn.Sigmoid())),
    "SigmoidCrossEntropyLoss": Kind(_cost(nn.SigmoidCrossEntropy, both=False), (2, 2), loss=True),
    "Slice": Kind(slices, (1, 1), (1, ANY)),
    "Softmax": Kind(
        _same(lambda layer, shape, context: nn.Softmax(_axis(layer, layer["softmax_param"], shape))),
    ),
    "SoftmaxWithLoss": Kind(softmax_loss, (2, 2), loss=True),
    "TanH": Kind(_same(lambda layer, shape, context: nn.Tanh())),
}


def plan(layer, shapes, context):
    """Return the :class:`Plan` of the message ``layer`` on bottoms of these ``shapes``.

    Raises PrototxtError, at its line, for a type that there is not, a wrong number of bottoms or tops, and whatever
    does not fit.
    """
    name, kind = f"layer {layer['name']!r}", LAYERS.get(layer.require("type"))
    if kind is None:
        raise layer.error(f"{name}: unknown type {layer['type']!r}; {suggestion(layer['type'], LAYERS)}", "type")
    for field_name, (least, most) in (("bottom", kind.bottoms), ("top", kind.tops)):
        count = len(layer[field_name])
        if not least <= count <= most:
            wanted = f"{least}" if least == most else f"{least} or more" if most == ANY else f"{least} to {most}"
            raise layer.error(
                f"{name} ({layer['type']}): expected {field_name}s: {wanted}, got {count}", field_name, most
            )
    try:
        made = kind.plan(layer, shapes, context)
    except PrototxtError:
        raise
    except (TypeError, ValueError) as error:
        raise layer.error(f"{name} ({layer['type']}): {error}") from error
    for _, filler in made.params.values():
        check_filler(filler)
    return made
