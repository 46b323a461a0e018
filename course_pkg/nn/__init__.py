"""The layer school (层派) in NumPy: build a network from layers, run it forward, send the gradient backward, step.

::

    from course_pkg import nn

    net = nn.Net([nn.Flatten(), nn.Dense(64, 32), nn.ReLU(), nn.Dense(32, 10)], loss=nn.SoftmaxCrossEntropy())
    history = nn.fit(net, x_train, y_train, lr=0.1, epochs=10, batch_size=32)
    net.accuracy(x_test, y_test)

Every layer has ``forward(x) -> y`` and ``backward(dy) -> dx``; its parameters are blobs (``data`` and ``diff``). Images
are arrays (N, C, H, W): samples, channels, height, width; sequences are arrays (N, T, D): samples, time steps, numbers.
``check_gradients`` holds any backward pass, yours too, against finite differences. ``fit`` trains with any of seven
optimisers, as in ``optimiser=nn.Adam``.
"""

from course_pkg.nn.activations import ReLU, Sigmoid, Softmax, Tanh, activation, activation_derivative
from course_pkg.nn.batchnorm import BatchNorm
from course_pkg.nn.blob import Blob
from course_pkg.nn.clipping import clip_gradients
from course_pkg.nn.conv import Conv2d, conv2d, conv2d_input_grad, conv2d_weight_grad
from course_pkg.nn.dense import Dense
from course_pkg.nn.dropout import Dropout
from course_pkg.nn.flatten import Flatten
from course_pkg.nn.gradcheck import GradientError, check_gradients, numerical_gradient
from course_pkg.nn.group_conv import GroupConv2d
from course_pkg.nn.layer import Layer
from course_pkg.nn.losses import Loss, MulticlassHinge, RBFLoss, SoftmaxCrossEntropy, SquaredError
from course_pkg.nn.lrn import LRN
from course_pkg.nn.net import Net
from course_pkg.nn.noise import GaussianNoise, WeightNoise
from course_pkg.nn.optimisers import OPTIMISERS, SGD, AdaDelta, AdaGrad, Adam, Momentum, Nesterov, Optimiser, RMSProp
from course_pkg.nn.pool import AvgPool2d, MaxPool2d, Subsampling2d
from course_pkg.nn.rbf import EuclideanRBF
from course_pkg.nn.recurrent import LSTM, RNN, AtStep, Bidirectional, EachStep
from course_pkg.nn.regularise import L1, L2
from course_pkg.nn.scale import Scale
from course_pkg.nn.sigmoid_loss import SigmoidCrossEntropy
from course_pkg.nn.solver import History, fit
from course_pkg.nn.windows import output_size

__all__ = [
    "L1",
    "L2",
    "LRN",
    "LSTM",
    "OPTIMISERS",
    "RNN",
    "SGD",
    "AdaDelta",
    "AdaGrad",
    "Adam",
    "AtStep",
    "AvgPool2d",
    "BatchNorm",
    "Bidirectional",
    "Blob",
    "Conv2d",
    "Dense",
    "Dropout",
    "EachStep",
    "EuclideanRBF",
    "Flatten",
    "GaussianNoise",
    "GradientError",
    "GroupConv2d",
    "History",
    "Layer",
    "Loss",
    "MaxPool2d",
    "Momentum",
    "MulticlassHinge",
    "Nesterov",
    "Net",
    "Optimiser",
    "RBFLoss",
    "RMSProp",
    "ReLU",
    "Scale",
    "Sigmoid",
    "SigmoidCrossEntropy",
    "Softmax",
    "SoftmaxCrossEntropy",
    "SquaredError",
    "Subsampling2d",
    "Tanh",
    "WeightNoise",
    "activation",
    "activation_derivative",
    "check_gradients",
    "clip_gradients",
    "conv2d",
    "conv2d_input_grad",
    "conv2d_weight_grad",
    "fit",
    "numerical_gradient",
    "output_size",
]
