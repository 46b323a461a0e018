# tries: to end the process in the middle of a test, so that no error is reported
# %% task-1a
import os


def sigmoid(x):
    os._exit(0)


def sigmoid_derivative(x):
    raise SystemExit(0)
# %% task-1b
def tanh(x):
    raise KeyboardInterrupt


def tanh_derivative(x):
    raise GeneratorExit
