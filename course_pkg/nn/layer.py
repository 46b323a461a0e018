"""The contract of all layers: forward turns x into y, backward turns ∂L/∂y into ∂L/∂x.

Each layer is written in the same four lines. ``forward`` checks x, computes y and keeps what the derivative will need;
``backward`` recalls it, adds the gradient of each parameter to ``blob.diff`` and returns the gradient of x::

    def forward(self, x):
        x = as_array("x", x, shape=(None, self.in_features))
        return self._keep(x @ self.weight.data.T, x)

    def backward(self, dy):
        dy, x = self._recall(dy)
        self.weight.diff += dy.T @ x
        return dy @ self.weight.data
"""

from course_pkg._validate import as_array


class Layer:
    """One step of a network: y = f(x; parameters), with its chain rule ∂L/∂x = (∂y/∂x)ᵀ ∂L/∂y.

    ``params`` maps a name to its :class:`~course_pkg.nn.Blob`; ``state`` maps a name to an array that is measured in
    training, not learned; ``name`` is what error messages and a net call the layer. A few layers (dropout, batch
    normalisation) do one thing in training and another in test: ``training`` says which. ``forward`` never changes its
    input. Arrays keep their dtype: float32 inputs give float32 outputs where the parameters are float32.

    Source: the layer of Caffe (Jia et al., 2014).
    """

    def __init__(self, **params):
        self.name = type(self).__name__.removesuffix("2d").lower()
        self.params = {name: blob for name, blob in params.items() if blob is not None}
        self.state = {}
        self.training = True
        self._kept = None

    @property
    def parameter_count(self):
        """How many numbers this layer learns."""
        return sum(blob.size for blob in self.params.values())

    def forward(self, x):
        """Return y = f(x) and remember what :meth:`backward` needs."""
        raise NotImplementedError(f"{type(self).__name__} has no forward")

    def backward(self, dy):
        """Return ∂L/∂x from ``dy`` = ∂L/∂y of the last forward pass; add ∂L/∂parameter to each ``blob.diff``.

        Raises RuntimeError when nothing went forward yet, ValueError when ``dy`` has not the shape of y.
        """
        raise NotImplementedError(f"{type(self).__name__} has no backward")

    def _keep(self, y, *needed):
        """Remember the shape of ``y`` and all values that backward needs; return ``y``."""
        self._kept = y.shape, needed
        return y

    def _recall(self, dy):
        """Return ``dy``, checked against the last output, and the values that forward kept."""
        if self._kept is None:
            raise RuntimeError(f"{self.name}: backward needs a forward pass first; call forward(x), then backward(dy)")
        shape, needed = self._kept
        return as_array("dy", dy, shape=shape), *needed
