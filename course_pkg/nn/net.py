"""Net: layers in a row, and the loss at their end."""

import contextlib
import copy
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from course_pkg._validate import as_array, as_labels, as_shape, describe
from course_pkg.nn.layer import Layer
from course_pkg.nn.losses import Loss
from course_pkg.nn.rbf import EuclideanRBF


class Net:
    """A network: y = f_k(… f_2(f_1(x))), and backwards ∂L/∂x by the chain rule, one layer after the other.

    ``layers`` is a list, whose layers get names such as "conv1", "relu1", "dense2" (numbered by kind), or a dict from
    name to layer. ``loss`` is the loss layer, which :meth:`loss` and :meth:`backward` without an argument need; it may
    be left out. ``net["conv1"]`` is the layer of that name.

    Raises TypeError or ValueError naming the argument that is wrong.
    Source: the net of Caffe (Jia et al., 2014).
    """

    def __init__(self, layers, loss=None):
        self.layers = _named(layers)
        for name, layer in self.layers.items():
            layer.name = name
        if loss is not None and not isinstance(loss, Loss):
            raise TypeError(f"loss: expected a loss such as SoftmaxCrossEntropy(), got {describe(loss)}")
        self.loss_layer = loss
        self._loss_is_current = False

    def __getitem__(self, name):
        try:
            return self.layers[name]
        except (KeyError, TypeError):
            raise KeyError(f"name: expected one of {', '.join(self.layers)}, got {name!r}") from None

    def forward(self, x):
        """Return the output of the last layer for the batch ``x`` (N, …)."""
        self._loss_is_current = False
        y = as_array("x", x)
        for name, layer in self.layers.items():
            try:
                y = layer.forward(y)
            except (TypeError, ValueError) as error:
                error.add_note(f"This was in layer {name!r} of the net.")
                raise
        return y

    def loss(self, x, y):
        """Return the loss L, a float, of the batch ``x`` (N, …) against ``y``: labels (N,), or targets (N, …).

        Raises RuntimeError when the net was made without a loss.
        """
        if self.loss_layer is None:
            raise RuntimeError("this net has no loss: make it with Net(layers, loss=SoftmaxCrossEntropy())")
        loss = self.loss_layer.forward(self.forward(x), y)
        self._loss_is_current = True
        return loss

    def backward(self, dy=None):
        """Return ∂L/∂x and add to the gradient of every parameter.

        ``dy`` is ∂L/∂(output of the last layer); left out, it is the gradient of the loss that was computed last.
        Raises RuntimeError when there is no forward pass, or no loss, to go back from.
        """
        if dy is None:
            if not self._loss_is_current:
                raise RuntimeError("backward without dy starts at the loss: call net.loss(x, y) directly before it")
            dy = self.loss_layer.backward()
        for layer in reversed(self.layers.values()):
            dy = layer.backward(dy)
        return dy

    def parameters(self):
        """Return all parameters as a dict, "conv1.weight" → Blob."""
        return {f"{name}.{key}": blob for name, layer in self.layers.items() for key, blob in layer.params.items()}

    def states(self):
        """Return what layers measured in training, not learned, as a dict, "batchnorm1.mean" → array."""
        return {f"{name}.{key}": array for name, layer in self.layers.items() for key, array in layer.state.items()}

    def weights(self):
        """Return the parameters that a regulariser acts on: all but the biases."""
        return {name: blob for name, blob in self.parameters().items() if not name.endswith(".bias")}

    def zero_grad(self):
        """Set the gradient of every parameter to 0."""
        for layer in self.layers.values():
            for blob in layer.params.values():
                blob.zero_grad()

    def predict(self, x):
        """Return the class (N,) of each sample of ``x`` (N, …): that of the largest score, or of the smallest penalty
        where the last layer is an :class:`EuclideanRBF`."""
        return self._decide(self._scores(x))

    def accuracy(self, x, y):
        """Return the share, 0 … 1, of the samples ``x`` (N, …) whose predicted class is the label ``y`` (N,)."""
        scores = self._scores(x)
        y = as_labels("y", y, count=len(scores), classes=scores.shape[1])
        return float((self._decide(scores) == y).mean())

    def _scores(self, x):
        with self._testing():
            scores = self.forward(x)
        if scores.ndim != 2 or scores.size == 0:
            raise ValueError(f"x: expected samples for which the net gives scores (N, classes), got {scores.shape}")
        return scores

    @contextlib.contextmanager
    def _testing(self):
        """All layers do within this what they do in a test; afterwards they go on as before."""
        before = [(layer, layer.training) for layer in self.layers.values()]
        try:
            for layer, _ in before:
                layer.training = False
            yield
        finally:
            for layer, training in before:
                layer.training = training

    def _decide(self, scores):
        *_, last = self.layers.values()
        return scores.argmin(axis=1) if isinstance(last, EuclideanRBF) else scores.argmax(axis=1)

    def summary(self, input_shape):
        """Return one row a layer, (name, kind, output shape of one sample, number of parameters).

        ``input_shape`` is the shape of one sample, such as (1, 32, 32). Nothing that a layer remembers is touched.
        """
        shape, rows = as_shape("input_shape", input_shape), []
        y = np.zeros((1, *shape))
        for name, layer in self.layers.items():
            try:
                with self._testing():
                    y = copy.deepcopy(layer).forward(y)
            except ValueError as error:
                raise ValueError(
                    f"input_shape: expected a shape that {name!r} can take, got {shape} ({error})"
                ) from None
            rows.append((name, type(layer).__name__, y.shape[1:], layer.parameter_count))
        return rows

    def save(self, path):
        """Write all parameters and states to the file ``path`` in NumPy's .npz format, one array each."""
        with open(_as_path(path), "wb") as file:
            np.savez(file, **self._arrays())

    def load(self, path):
        """Read all parameters and states from a file that :meth:`save` wrote.

        Names, shapes and values are checked first: on any error (ValueError) the net stays as it was. The file is read
        without pickle, so a file from a stranger can run nothing.
        """
        arrays, path = self._arrays(), _as_path(path)
        try:
            with np.load(path, allow_pickle=False) as file:
                values = {name: file[name] for name in file.files}
        except (ValueError, TypeError, AttributeError, EOFError, zipfile.BadZipFile, zlib.error) as error:
            raise ValueError(f"path: expected a file that Net.save wrote, got {path} ({error})") from error
        if values.keys() != arrays.keys():
            missing, surplus = sorted(arrays.keys() - values.keys()), sorted(values.keys() - arrays.keys())
            raise ValueError(f"path: expected the parameters of this net; missing {missing}, too many {surplus}")
        values = {name: as_array(f"path: {name}", v, shape=arrays[name].shape) for name, v in values.items()}
        for name, array in arrays.items():
            array[...] = values[name]

    def _arrays(self):
        return {name: blob.data for name, blob in self.parameters().items()} | self.states()


def _as_path(path):
    try:
        return Path(path)
    except TypeError:
        raise TypeError(f"path: expected the name of a file, got {describe(path)}") from None


def _named(layers):
    """Return ``layers`` as a dict from name to layer, all of them different, or raise."""
    if isinstance(layers, Mapping):
        named = dict(layers)
    else:
        try:
            layers = list(layers)
        except TypeError:
            raise TypeError(f"layers: expected a list or dict of layers, got {describe(layers)}") from None
        named, count = {}, {}
        for layer in layers:
            kind = type(layer).__name__.removesuffix("2d").lower()
            count[kind] = count.get(kind, 0) + 1
            named[f"{kind}{count[kind]}"] = layer
    if not named:
        raise ValueError("layers: expected at least one layer, got none")
    for name, layer in named.items():
        if not isinstance(name, str) or not name or "." in name:
            raise ValueError(f"layers: expected names without a dot, got {describe(name)}")
        if not isinstance(layer, Layer):
            raise TypeError(f"layers[{name!r}]: expected a layer, got {describe(layer)}")
    if len({id(layer) for layer in named.values()}) < len(named):
        raise ValueError(
            "layers: expected different objects, got the same layer twice; a layer remembers only one pass"
        )
    return named
