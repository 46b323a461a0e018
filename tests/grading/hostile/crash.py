# tries: to crash the interpreter
# %% task-1a
import ctypes

ctypes.string_at(0)
# %% task-1b
import sys

sys.setrecursionlimit(10**9)


def tanh(x):
    return tanh(x)


tanh(0)
