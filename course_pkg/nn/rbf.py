"""Euclidean radial basis functions (欧式径向基函数): LeNet-5's output layer, a distance to one target code a class."""

from course_pkg._validate import as_array, as_bool, as_int
from course_pkg.nn.blob import Blob
from course_pkg.nn.layer import Layer


class EuclideanRBF(Layer):
    """Squared distance to each class's centre, y_i = Σ_j (x_j − w_ij)²: a penalty, smallest for the class that fits.

    Shapes: x (N, in_features), centres W (classes, in_features), y (N, classes). LeNet-5's centres are 7×12 bitmaps
    of ±1 and stay fixed; with ``trainable`` they are parameters. Backward::

        ∂L/∂x_j = Σ_i ∂L/∂y_i · 2 (x_j − w_ij)        ∂L/∂w_ij = −Σ_n ∂L/∂y_ni · 2 (x_nj − w_ij)

    Raises TypeError or ValueError naming the argument that is wrong.
    Source: LeCun et al., 1998, eq. 7; notes of 2013, LeNet-5.
    """

    def __init__(self, in_features, classes, *, centres, trainable=False):
        self.in_features = as_int("in_features", in_features, minimum=1)
        self.classes = as_int("classes", classes, minimum=1)
        self.centres = Blob(as_array("centres", centres, shape=(self.classes, self.in_features)))
        super().__init__(centres=self.centres if as_bool("trainable", trainable) else None)

    def forward(self, x):
        """Return the squared distances (N, classes) of ``x`` (N, in_features) from all centres."""
        x = as_array("x", x, shape=(None, self.in_features))
        y = ((x[:, None, :] - self.centres.data) ** 2).sum(axis=2)
        return self._keep(y, x)

    def backward(self, dy):
        """Return ∂L/∂x (N, in_features) for ``dy`` (N, classes); add to the gradient of trainable centres."""
        dy, x = self._recall(dy)
        w = self.centres.data
        if self.params:
            self.centres.diff += 2 * (dy.sum(axis=0)[:, None] * w - dy.T @ x)
        return 2 * (dy.sum(axis=1)[:, None] * x - dy @ w)
