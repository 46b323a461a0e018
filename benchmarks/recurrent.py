"""How fast are recurrent layers in NumPy? Forward and backward (dx, both weights, bias) beside torch.

    python benchmarks/recurrent.py

One run, by turns, so that both meet the same machine in the same mood; one thread; float32; medians. Some seconds.

What bounds it. A step cannot begin before the one before it has ended, so there are T products of thin matrices one
after the other, and a dozen calls of NumPy around each. The products with x, and those of the weights' gradients, do
not wait: they are done for all steps at once.
"""

import time

import numpy as np
import torch
from threadpoolctl import threadpool_limits

from course_pkg import nn

THREADS, ROUNDS = 1, 15
SHAPES = [(32, 64, 64, 128), (16, 32, 54, 96), (32, 40, 8, 16)]  # N, T, D, H


def passes(kind, n, t, d, h):
    """Return a forward and backward pass of the course's layer and of torch's, with the same weights."""
    rng = np.random.default_rng(0)
    x, dy = (rng.standard_normal((n, t, size)).astype(np.float32) for size in (d, h))
    layer = getattr(nn, kind)(d, h, rng=rng, dtype="float32")
    module = getattr(torch.nn, kind)(d, h, batch_first=True)
    blobs = (*layer.params.values(), nn.Blob(np.zeros_like(layer.bias.data)))  # torch has two biases
    for parameter, blob in zip(module.parameters(), blobs, strict=True):
        parameter.data[...] = torch.from_numpy(blob.data)

    def ours():
        for blob in blobs:
            blob.zero_grad()
        return layer.forward(x), layer.backward(dy), layer.weight_ih.diff, layer.weight_hh.diff, layer.bias.diff

    def theirs():
        leaves = [torch.from_numpy(x).requires_grad_(), *module.parameters()]
        y = module(leaves[0])[0]
        return y.detach().numpy(), *(g.numpy() for g in torch.autograd.grad(y, leaves, torch.from_numpy(dy))[:4])

    return ours, theirs


def main():
    threadpool_limits(THREADS)
    torch.set_num_threads(THREADS)
    print(f"forward + backward, float32, {THREADS} thread, median of {ROUNDS}")
    print(f"{'':32}   course_pkg      torch   × torch")
    for kind in ("RNN", "LSTM"):
        for shape in SHAPES:
            functions = passes(kind, *shape)
            for got, want in zip(*(function() for function in functions), strict=True):
                np.testing.assert_allclose(got, want, rtol=1e-3, atol=1e-3)
            times = [[], []]
            for _ in range(ROUNDS):
                for function, seconds in zip(functions, times, strict=True):
                    start = time.perf_counter()
                    function()
                    seconds.append(time.perf_counter() - start)
            ours, theirs = (1e3 * np.median(seconds) for seconds in times)
            name = "{:4} N={} T={} D={} H={}".format(kind, *shape)
            print(f"{name:32} {ours:9.1f} ms {theirs:7.1f} ms {ours / theirs:9.1f}")


if __name__ == "__main__":
    main()
