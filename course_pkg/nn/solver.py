"""Solver: train a net with any optimiser on small random batches."""

import inspect
from dataclasses import dataclass, field

import numpy as np

from course_pkg._validate import NotFiniteError, as_array, as_generator, as_int, as_labels, as_number, describe
from course_pkg.nn.net import Net
from course_pkg.nn.optimisers import SGD, Optimiser


@dataclass
class History:
    """What training recorded: the full ``losses`` of all iterations, the test ``accuracies`` after all epochs."""

    losses: list[float] = field(default_factory=list)
    accuracies: list[float] = field(default_factory=list)


def fit(
    net,
    x,
    y,
    *,
    lr,
    epochs,
    batch_size,
    rng=0,
    regulariser=None,
    test=None,
    monitor=None,
    schedule=None,
    optimiser=SGD,
    augment=None,
):
    """Train ``net`` on random batches and return the :class:`History`.

    In each of ``epochs`` rounds the samples ``x`` (N, …) with labels or targets ``y`` (N, …) are shuffled by ``rng`` (a
    NumPy generator or a seed) and cut into batches of ``batch_size``; for every batch the gradient of the full loss
    (1/N) Σ L_n + R(W) is computed and one step is taken. In epoch 0, 1, … the learning rate is ``lr``, or
    ``lr * schedule(epoch)``. ``optimiser`` is a class such as ``Adam``, or any function that returns an optimiser for
    ``(net, lr, regulariser=…)``, such as ``functools.partial(Momentum, momentum=0.99)``. ``test`` = (x_test, labels)
    is measured after every epoch. ``monitor`` is an object such as ``course_pkg.show.Monitor``: its
    ``update(loss, accuracy=…)`` is called after every iteration. ``augment`` is a function such as
    ``course_pkg.data.augment``: each batch of samples is replaced by ``augment(samples, rng)``, of the same shape,
    where rng is the generator that shuffles. So the net never sees the same sample twice; the test is left alone.

    Raises TypeError or ValueError naming the argument that is wrong, and a ValueError that names ``lr`` when the steps
    are so large that the numbers leave the range of floating point.
    """
    if not isinstance(net, Net):
        raise TypeError(f"net: expected a Net, got {describe(net)}")
    solver = _solver(optimiser, net, lr, regulariser)
    if net.loss_layer is None:
        raise ValueError("net: expected a net with a loss, Net(layers, loss=…), got one without")
    x = as_array("x", x)
    as_array("y", y)  # a check only: labels stay integers
    y = np.asarray(y)
    if x.ndim == 0 or len(x) == 0:
        raise ValueError(f"x: expected at least one sample, got shape {x.shape}")
    if y.ndim == 0 or len(y) != len(x):
        raise ValueError(f"y: expected {len(x)} labels or targets, one a sample, got shape {y.shape}")
    epochs = as_int("epochs", epochs, minimum=0)
    batch_size = as_int("batch_size", batch_size, minimum=1)
    rng = as_generator("rng", rng)
    if test is not None and not (isinstance(test, (tuple, list)) and len(test) == 2):
        raise TypeError(f"test: expected a pair (x_test, labels), got {describe(test)}")
    if test is not None:
        as_labels(
            "test[1]", test[1], count=len(as_array("test[0]", test[0], shape=(None, *x.shape[1:]))), classes=np.inf
        )
    if schedule is not None and not callable(schedule):
        raise TypeError(f"schedule: expected a function of the epoch, got {describe(schedule)}")
    if augment is not None and not callable(augment):
        raise TypeError(
            f"augment: expected a function (samples, rng) that returns new samples, got {describe(augment)}"
        )
    if monitor is not None and not callable(getattr(monitor, "update", None)):
        raise TypeError(f"monitor: expected an object with an update method, got {describe(monitor)}")

    history, lr = History(), solver.lr
    try:
        with np.errstate(over="ignore", invalid="ignore"):  # what overflows is found by the next layer or the loss
            for epoch in range(epochs):
                if schedule is not None:
                    solver.lr = lr * as_number("schedule(epoch)", schedule(epoch), minimum=0)
                batches = np.split(rng.permutation(len(x)), range(batch_size, len(x), batch_size))
                for batch in batches:
                    samples = x[batch]
                    if augment is not None:
                        samples = as_array("augment(samples, rng)", augment(samples, rng), shape=samples.shape)
                    history.losses.append(_iteration(solver, samples, y[batch]))
                    accuracy = None
                    if test is not None and batch is batches[-1]:
                        accuracy = net.accuracy(*test)
                        history.accuracies.append(accuracy)
                    if monitor is not None:
                        monitor.update(history.losses[-1], accuracy=accuracy)
    except NotFiniteError as error:
        raise ValueError(
            f"lr: expected a rate at which training does not diverge, got {solver.lr} ({error})"
        ) from error
    return history


def _solver(optimiser, net, lr, regulariser):
    """Return ``optimiser(net, lr, regulariser=regulariser)``, an optimiser, or raise."""
    wanted = "a class such as SGD or Adam, or a function (net, lr, regulariser=…) that returns an optimiser"
    try:
        inspect.signature(optimiser).bind(net, lr, regulariser=regulariser)
    except (TypeError, ValueError):
        raise TypeError(f"optimiser: expected {wanted}, got {describe(optimiser)}") from None
    solver = optimiser(net, lr, regulariser=regulariser)
    if not isinstance(solver, Optimiser):
        raise TypeError(f"optimiser: expected {wanted}, got one that returns {describe(solver)}")
    return solver


def _iteration(solver, x, y):
    """Forward, backward, update on one batch; return its full loss."""
    net, regulariser = solver.net, solver.regulariser
    loss = net.loss(x, y) + (regulariser.penalty(net.weights()) if regulariser else 0.0)
    as_array("loss", loss)
    net.zero_grad()
    net.backward()
    solver.step()
    return loss
