"""Write event files that TensorBoard reads: the curves, weights and gradients of a training run."""

import os

import numpy as np

from course_pkg._validate import as_array, as_int, as_number, describe


class TensorBoard:
    """Records a training run for TensorBoard; used like :class:`course_pkg.show.Monitor`.

    ``folder`` gets one event file; runs that are to be compared have folders of their own inside one folder. Every
    ``update`` writes the scalars "loss" and "accuracy". With ``net``, a ``course_pkg.nn.Net`` or a torch module, the
    distributions of all weights and gradients are written in the first and then in every ``every``-th iteration.
    Afterwards, in a terminal: ``tensorboard --logdir folder``.

    Raises ImportError where TensorBoard is not installed, TypeError or ValueError for a wrong argument.
    """

    def __init__(self, folder, *, net=None, every=50):
        if not isinstance(folder, (str, os.PathLike)):
            raise TypeError(f"folder: expected the path of a folder, got {describe(folder)}")
        if net is not None and not callable(getattr(net, "parameters", None)):
            raise TypeError(f"net: expected a network with parameters, got {describe(net)}")
        self._every = as_int("every", every, minimum=1)
        try:
            from torch.utils.tensorboard import SummaryWriter
        except ImportError as error:
            raise ImportError("TensorBoard is not installed: run python -m pip install tensorboard") from error
        self._net = net
        self._step = 0
        self._writer = SummaryWriter(os.fspath(folder))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def update(self, loss, *, accuracy=None):
        """Record the loss of one iteration, and the accuracy (0 … 1) if it was measured."""
        self._step += 1
        self._writer.add_scalar("loss", float(loss), self._step)
        if accuracy is not None:
            self._writer.add_scalar("accuracy", as_number("accuracy", accuracy), self._step)
        if self._net is not None and (self._step == 1 or self._step % self._every == 0):
            for name, weight, gradient in _parameters(self._net):
                self._writer.add_histogram(f"weights/{name}", weight, self._step)
                if gradient is not None:
                    self._writer.add_histogram(f"gradients/{name}", gradient, self._step)

    def images(self, name, pictures):
        """Record pictures (N×H×W grey or N×H×W×3, numbers 0 … 1) under a ``name``, side by side."""
        pictures = as_array("pictures", pictures, ndim=(3, 4))
        if pictures.ndim == 4 and pictures.shape[3] != 3:
            raise ValueError(f"pictures: expected N×H×W or N×H×W×3, got shape {pictures.shape}")
        colours = pictures if pictures.ndim == 4 else pictures[..., None]
        self._writer.add_images(str(name), np.clip(colours, 0, 1), self._step, dataformats="NHWC")

    def close(self):
        """Write what is still in memory and close the file."""
        self._writer.close()


def _parameters(net):
    """The name, values and gradient of each parameter of a net of the layer school, or of torch."""
    if hasattr(net, "named_parameters"):
        for name, parameter in net.named_parameters():
            yield name, parameter.detach(), parameter.grad
    else:
        for name, blob in net.parameters().items():
            yield name, blob.data, blob.diff
