"""Solver: stochastic gradient descent with momentum, as a prototxt says it.

In iteration t, with the learning rate η_t that ``lr_policy`` gives, momentum μ and weight decay λ, for each parameter w
with its two multipliers::

    g ← ∂L/∂w + λ · decay_mult · w
    v ← μ v + η_t · lr_mult · g
    w ← w − v

================  ====================================================================
lr_policy         η_t
================  ====================================================================
fixed             base_lr
step              base_lr · gamma^⌊t / stepsize⌋
exp               base_lr · gamma^t
inv               base_lr · (1 + gamma · t)^−power
multistep         base_lr · gamma^(number of ``stepvalue`` up to t)
poly              base_lr · (1 − t / max_iter)^power
sigmoid           base_lr / (1 + e^(−gamma · (t − stepsize)))
================  ====================================================================

The learning rate is inside v here; torch keeps it outside. The two are the same as long as the rate does not change.
"""

import json
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

import numpy as np

from course_pkg._validate import NotFiniteError, as_array, as_int
from course_pkg.caffe.format import Message, parse, suggestion
from course_pkg.caffe.net import Net
from course_pkg.caffe.published import PUBLISHED, published
from course_pkg.caffe.schema import NET, SOLVER
from course_pkg.nn import activation

# name → (fields that it needs, η_t from the solver message p and t)
POLICIES = {
    "fixed": ((), lambda p, t: p["base_lr"]),
    "step": (("gamma", "stepsize"), lambda p, t: p["base_lr"] * p["gamma"] ** (t // p["stepsize"])),
    "exp": (("gamma",), lambda p, t: p["base_lr"] * p["gamma"] ** t),
    "inv": (("gamma", "power"), lambda p, t: p["base_lr"] * (1 + p["gamma"] * t) ** -p["power"]),
    "multistep": (
        ("gamma", "stepvalue"),
        lambda p, t: p["base_lr"] * p["gamma"] ** sum(step <= t for step in p["stepvalue"]),
    ),
    "poly": (("power", "max_iter"), lambda p, t: p["base_lr"] * (1 - t / p["max_iter"]) ** p["power"]),
    "sigmoid": (
        ("gamma", "stepsize"),
        lambda p, t: p["base_lr"] * activation("sigmoid", p["gamma"] * (t - p["stepsize"])),
    ),
}


def learning_rate(solver, iteration):
    """Return η_t for ``iteration`` t = 0, 1, … as the solver's prototxt (a text or its message) says.

    Raises PrototxtError for an unknown ``lr_policy``, or one that needs a field that is not there.
    """
    message = solver if isinstance(solver, Message) else parse(solver, SOLVER)
    return float(_policy(message)(message, as_int("iteration", iteration, minimum=0)))


def _policy(message):
    name = message.require("lr_policy")
    if name not in POLICIES:
        raise message.error(f"unknown lr_policy {name!r}; {suggestion(name, POLICIES)}", "lr_policy")
    needs, rate = POLICIES[name]
    for field_name in ("base_lr", *needs):
        message.require(field_name)
    if "stepsize" in needs and name == "step" and message["stepsize"] == 0:
        raise message.error("stepsize: expected an integer ≥ 1, got 0", "stepsize")
    return rate


@dataclass
class History:
    """What training recorded: the loss of every iteration, and (iteration, outputs of the test nets) of every test."""

    losses: list = field(default_factory=list)
    tests: list = field(default_factory=list)


class Solver:
    """Trains a net: reads a solver's prototxt, makes the training net and the test nets, which share its parameters.

    ``prototxt`` is a text, or a message parsed with ``caffe.schema.SOLVER``. The net is the text (or message) ``net``;
    else the solver's ``net_param``; else the published net whose file its field ``net`` names. ``data`` maps the tops
    of the data layers to arrays, ``test_data`` those of the test nets (a dict, or a list with one for each of several).
    ``rng`` is a NumPy generator or a seed, by default the solver's ``random_seed``, else 0. Where a ``folder`` is
    given, snapshots are written into it as the fields ``snapshot`` and ``snapshot_after_train`` say; else none are.

    ``net`` and ``test_nets`` are the nets, ``iteration`` counts, ``history`` is a :class:`History`. Test nets run
    before every ``test_interval``-th iteration and after the last, ``test_iter`` batches each.

    Raises PrototxtError with line and column for whatever is wrong in a text, and TypeError or ValueError naming
    another argument that is wrong.
    Source: the SGD solver of Caffe (Jia et al., 2014).
    """

    def __init__(self, prototxt, *, net=None, data=None, test_data=None, rng=None, dtype="float32", folder=None):
        self.message = p = prototxt if isinstance(prototxt, Message) else parse(prototxt, SOLVER)
        if p.schema is not SOLVER:
            raise TypeError(f"prototxt: expected the message of a solver, got one of {p.schema.name}")
        _policy(p)
        p.require("max_iter")
        for name, choices in (("type", ("SGD",)), ("regularization_type", ("L2", "L1"))):
            if p[name] not in choices:
                raise p.error(f"{name}: expected one of {', '.join(choices)}, got {p[name]}", name)
        if p["iter_size"] == 0:
            raise p.error("iter_size: expected an integer ≥ 1, got 0", "iter_size")
        if rng is None:
            rng = max(0, p["random_seed"])
        message = _net_message(p, net)
        self.net = Net(message, **_state(p["train_state"], "TRAIN"), data=data, rng=rng, dtype=dtype)
        self.test_nets = self._tests(message, test_data, dtype)
        self.folder = None if folder is None else Path(folder)
        self.iteration, self.history = 0, History()
        self._velocity = None

    def _tests(self, message, test_data, dtype):
        p = self.message
        if not p["test_iter"]:
            return []
        states = p["test_state"] or [Message(p.schema.fields["test_state"].kind)] * len(p["test_iter"])
        if len(states) != len(p["test_iter"]):
            raise p.error(
                f"test_iter: expected one for each of {len(states)} test_state, got {len(p['test_iter'])}", "test_iter"
            )
        if 0 in p["test_iter"]:
            raise p.error("test_iter: expected an integer ≥ 1, got 0", "test_iter")
        data = [test_data] * len(states) if test_data is None or isinstance(test_data, Mapping) else list(test_data)
        if len(data) != len(states):
            raise ValueError(f"test_data: expected one for each of {len(states)} test nets, got {len(data)}")
        return [
            Net(message, **_state(state, "TEST"), data=arrays, rng=self.net.rng, dtype=dtype, share=self.net)
            for state, arrays in zip(states, data, strict=True)
        ]

    @property
    def learning_rate(self):
        """η of the next iteration."""
        return learning_rate(self.message, self.iteration)

    def _velocities(self):
        if self._velocity is None:
            self._velocity = [np.zeros_like(one.blob.data) for one in self.net.learnable]
        return self._velocity

    def step(self, count=1, *, monitor=None):
        """Run ``count`` iterations; return the loss of the last one.

        ``monitor`` is an object such as ``course_pkg.show.Monitor``: ``update(loss, accuracy=…)`` is called after every
        iteration, with the blob "accuracy" of the first test net where a test was run. Raises FloatingPointError when
        the loss is no longer a finite number.
        """
        p = self.message
        for _ in range(as_int("count", count, minimum=1)):
            tested = None
            due = self.test_nets and p["test_interval"] and self.iteration % p["test_interval"] == 0
            if due and (self.iteration or p["test_initialization"]):
                tested = self.test()
            loss = self._iterate()
            self.history.losses.append(loss)
            if monitor is not None:
                monitor.update(loss, accuracy=tested[0].get("accuracy") if tested else None)
            if p["snapshot"] and self.iteration % p["snapshot"] == 0:
                self._write_snapshot()
        return self.history.losses[-1]

    def _iterate(self):
        """Forward, backward, update; return the loss before the update."""
        p, net, loss = self.message, self.net, 0.0
        net.zero_grad()
        try:
            with np.errstate(over="ignore", invalid="ignore"):  # what overflows is found by the next layer or the loss
                for _ in range(p["iter_size"]):
                    net.forward()
                    net.backward()
                    loss += net.loss / p["iter_size"]
                as_array("loss", loss)
                self._update()
        except NotFiniteError as error:
            raise FloatingPointError(
                f"the numbers grew out of range in iteration {self.iteration}; a base_lr below {p['base_lr']} may help"
            ) from error
        self.iteration += 1
        return loss

    def _update(self):
        p, rate = self.message, self.learning_rate
        learnable, gradients = self.net.learnable, [one.blob.diff for one in self.net.learnable]
        norm = np.sqrt(sum(float(np.square(g).sum()) for g in gradients)) if p["clip_gradients"] > 0 else 0
        if norm > p["clip_gradients"] > 0:
            for gradient in gradients:
                gradient *= p["clip_gradients"] / norm
        for one, velocity, gradient in zip(learnable, self._velocities(), gradients, strict=True):
            w, decay = one.blob.data, p["weight_decay"] * one.decay_mult
            gradient /= p["iter_size"]
            if decay:
                gradient += decay * (w if p["regularization_type"] == "L2" else np.sign(w))
            velocity *= p["momentum"]
            velocity += rate * one.lr_mult * gradient
            w -= velocity

    def solve(self, *, monitor=None):
        """Train from the iteration reached up to ``max_iter``, then test; return the :class:`History`."""
        p = self.message
        left = p["max_iter"] - self.iteration
        if left > 0:
            self.step(left, monitor=monitor)
        if self.test_nets:
            self.test()
        if p["snapshot_after_train"] and not (p["snapshot"] and self.iteration % p["snapshot"] == 0):
            self._write_snapshot()
        return self.history

    def test(self):
        """Run every test net for its ``test_iter`` batches; return the means of its outputs, one dict a net."""
        results = []
        for net, batches in zip(self.test_nets, self.message["test_iter"], strict=True):
            outputs = [net.forward() for _ in range(batches)]
            results.append({name: float(np.mean([output[name] for output in outputs])) for name in outputs[0]})
        self.history.tests.append((self.iteration, results))
        return results

    # ---- snapshots --------------------------------------------------------------------------------------------------

    def _readers(self):
        """Return what reads data in all nets, by a name, because a snapshot keeps its place."""
        for net in (self.net, *self.test_nets):
            net.allocate()
        nets = {"train": self.net, **{f"test{i}": net for i, net in enumerate(self.test_nets)}}
        return {
            f"cursor.{which}.{layer.name}": layer.operation
            for which, net in nets.items()
            for layer in net.layers
            if hasattr(layer.operation, "cursor")
        }

    def _write_snapshot(self):
        if self.folder is not None:
            prefix = PurePosixPath(self.message["snapshot_prefix"] or self.net.name or "snapshot").name
            self.snapshot(self.folder / f"{prefix}_iter_{self.iteration}.npz")

    def snapshot(self, path):
        """Write to the file ``path`` (.npz) all that training needs to go on as if it had not stopped.

        These are the parameters, what batch normalisation measured, the velocities v, the iteration, the place in the
        data, and the state of the random numbers. Nothing is pickled.
        """
        arrays = {f"net.{name}": array for name, array in self.net.arrays().items()}
        for one, velocity in zip(self.net.learnable, self._velocities(), strict=True):
            arrays[f"velocity.{one.name}"] = velocity
        arrays |= {name: np.array(reader.cursor) for name, reader in self._readers().items()}
        arrays["iteration"] = np.array(self.iteration)
        arrays["rng"] = np.array(json.dumps(self.net.rng.bit_generator.state))
        with open(path, "wb") as file:
            np.savez(file, **arrays)

    def restore(self, path):
        """Go on from a file that :meth:`snapshot` wrote; what follows is equal, bit by bit, to what would have been.

        Names and shapes are checked first: on any error (ValueError) the solver stays as it was. ``history`` is not in
        the file and starts empty. The file is read without pickle, so a file from a stranger can run nothing.
        """
        arrays = {f"net.{name}": array for name, array in self.net.arrays().items()}
        for one, velocity in zip(self.net.learnable, self._velocities(), strict=True):
            arrays[f"velocity.{one.name}"] = velocity
        readers = self._readers()
        try:
            with np.load(path, allow_pickle=False) as file:
                values = {name: file[name] for name in file.files}
            state = json.loads(str(values.pop("rng")))
            iteration = int(values.pop("iteration"))
            cursors = {name: int(values.pop(name)) for name in readers}
        except (ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile, zlib.error) as error:
            raise ValueError(f"path: expected a snapshot of this solver, got {path} ({error})") from error
        wrong = {name for name in arrays.keys() & values.keys() if arrays[name].shape != values[name].shape}
        wrong |= arrays.keys() ^ values.keys()
        if wrong:
            raise ValueError(f"path: expected a snapshot of this solver; {', '.join(sorted(wrong))} do not fit")
        self.net.rng.bit_generator.state = state
        for name, array in arrays.items():
            array[...] = values[name]
        for name, reader in readers.items():
            reader.cursor = cursors[name]
        self.iteration, self.history = iteration, History()


def _net_message(solver, net):
    """Return the message of the net that a solver trains."""
    if isinstance(net, Message):
        return net
    if net is not None:
        return parse(net, NET)
    if "net_param" in solver:
        return solver["net_param"]
    name = PurePosixPath(solver.require("net")).stem
    if name not in PUBLISHED:
        raise solver.error(
            f"net: no published net has this name ({', '.join(PUBLISHED)}); give its text, Solver(…, net=text)",
            "net",
        )
    return parse(published(name), NET)


def _state(message, phase):
    """Return what a NetState message says as arguments of :class:`Net`."""
    return {"phase": message["phase"] or phase, "level": message["level"], "stages": message["stage"]}
