"""How fast is a convolution layer in NumPy? Forward and backward (dx, dW, db) beside torch and the usual formulations.

    python benchmarks/conv.py

One run, by turns, so that all meet the same machine in the same mood; two threads; float32; medians. Half a minute.

What bounds it. A pass is three products of matrices, 0.9 GFLOP in all, and the matrices X and ∂L/∂X are nine times the
size of the images, 19 MB each. The line "the three products alone" is what NumPy's BLAS needs when X is there already:
more than half of the layer's time. The rest is memory: X is written once and ∂L/∂X is added up once, by a single
thread, because NumPy copies and adds with one. Torch does the same sums on blocks that stay in the cache, never writes
X, and uses all threads throughout; for NumPy that would be a loop in Python over blocks of samples.

What helped: copies and sums over whole shifted images instead of single windows; samples and channels exchanged, so
that each product is one large call; the memory of the last pass used again. What did not: nine products of shifted
images without X (they get thin, 16 channels wide), or three shifts written down and three products summed (as fast
here, half as fast where the images are as small as the kernel, as in LeNet-5's C5).
"""

import time

import numpy as np
import torch
from threadpoolctl import threadpool_limits

from course_pkg import nn

THREADS = 2
N, C, SIDE, FILTERS, K, PAD = 32, 16, 32, 32, 3, 1
ROUNDS = 25
NAIVE_SAMPLES = 1

rng = np.random.default_rng(0)
x = rng.standard_normal((N, C, SIDE, SIDE)).astype(np.float32)
weight = (rng.standard_normal((FILTERS, C, K, K)) / 12).astype(np.float32)
bias = rng.standard_normal(FILTERS).astype(np.float32)
dy = rng.standard_normal((N, FILTERS, SIDE, SIDE)).astype(np.float32)


def torch_cpu():
    leaves = [torch.from_numpy(a).requires_grad_() for a in (x, weight, bias)]
    y = torch.nn.functional.conv2d(*leaves, padding=PAD)
    return y.detach().numpy(), *(g.numpy() for g in torch.autograd.grad(y, leaves, torch.from_numpy(dy)))


layer = nn.Conv2d(C, FILTERS, K, padding=PAD, dtype="float32")
layer.weight.data[...], layer.bias.data[...] = weight, bias


def this_package():
    layer.weight.zero_grad()
    layer.bias.zero_grad()
    return layer.forward(x), layer.backward(dy), layer.weight.diff, layer.bias.diff


matrices = {
    "W": weight.reshape(FILTERS, -1),
    "X": rng.standard_normal((C * K * K, N * SIDE * SIDE)).astype(np.float32),
    "dY": np.ascontiguousarray(dy.transpose(1, 0, 2, 3)).reshape(FILTERS, -1),
}
products = np.empty_like(matrices["dY"]), np.empty((C * K * K, FILTERS), np.float32), np.empty_like(matrices["X"])


def products_alone():
    """Y = W X, dWᵀ = X dYᵀ, dX = Wᵀ dY with everything in place: no formulation that multiplies by X can be faster."""
    np.matmul(matrices["W"], matrices["X"], out=products[0])
    np.matmul(matrices["X"], matrices["dY"].T, out=products[1])
    np.matmul(matrices["W"].T, matrices["dY"], out=products[2])


def padded(images):
    return np.pad(images, ((0, 0), (0, 0), (PAD, PAD), (PAD, PAD)))


def strided_im2col():
    """A window view of the image, copied to a matrix (N·H·W, C·k·k), and one product; back by k·k shifted additions."""
    windows = np.lib.stride_tricks.sliding_window_view(padded(x), (K, K), axis=(2, 3))
    columns = windows.transpose(0, 2, 3, 1, 4, 5).reshape(N * SIDE * SIDE, C * K * K)
    rows = weight.reshape(FILTERS, -1)
    y = (columns @ rows.T + bias).reshape(N, SIDE, SIDE, FILTERS).transpose(0, 3, 1, 2)
    dy_rows = dy.transpose(0, 2, 3, 1).reshape(-1, FILTERS)
    dcolumns = (dy_rows @ rows).reshape(N, SIDE, SIDE, C, K, K)
    dx = np.zeros_like(padded(x))
    for i in range(K):
        for j in range(K):
            dx[:, :, i : i + SIDE, j : j + SIDE] += dcolumns[..., i, j].transpose(0, 3, 1, 2)
    dweight = (dy_rows.T @ columns).reshape(weight.shape)
    return y, dx[:, :, PAD:-PAD, PAD:-PAD], dweight, dy.sum(axis=(0, 2, 3))


def index_im2col():
    """As most courses teach it: arrays of indices gather the columns, and np.add.at scatters the gradient back."""
    i = np.tile(np.repeat(np.arange(K), K), C)[:, None] + np.repeat(np.arange(SIDE), SIDE)[None]
    j = np.tile(np.arange(K), K * C)[:, None] + np.tile(np.arange(SIDE), SIDE)[None]
    channel = np.repeat(np.arange(C), K * K)[:, None]
    columns = padded(x)[:, channel, i, j].transpose(1, 2, 0).reshape(C * K * K, -1)
    rows = weight.reshape(FILTERS, -1)
    y = (rows @ columns + bias[:, None]).reshape(FILTERS, SIDE, SIDE, N).transpose(3, 0, 1, 2)
    dy_rows = dy.transpose(1, 2, 3, 0).reshape(FILTERS, -1)
    dcolumns = (rows.T @ dy_rows).reshape(C * K * K, -1, N).transpose(2, 0, 1)
    dx = np.zeros_like(padded(x))
    np.add.at(dx, (slice(None), channel, i, j), dcolumns)
    dweight = (dy_rows @ columns.T).reshape(weight.shape)
    return y, dx[:, :, PAD:-PAD, PAD:-PAD], dweight, dy.sum(axis=(0, 2, 3))


def naive_loops():
    """Loops over samples, filters and pixels, one window at a time."""
    images = padded(x[:NAIVE_SAMPLES])
    y = np.zeros((NAIVE_SAMPLES, FILTERS, SIDE, SIDE), np.float32)
    dx, dweight, dbias = np.zeros_like(images), np.zeros_like(weight), np.zeros_like(bias)
    for n, o, p, q in np.ndindex(y.shape):
        window = np.s_[n, :, p : p + K, q : q + K]
        y[n, o, p, q] = (images[window] * weight[o]).sum() + bias[o]
        dx[window] += dy[n, o, p, q] * weight[o]
        dweight[o] += dy[n, o, p, q] * images[window]
        dbias[o] += dy[n, o, p, q]
    return y, dx[:, :, PAD:-PAD, PAD:-PAD], dweight, dbias


TORCH, NAIVE = "torch, CPU", f"naive loops ({NAIVE_SAMPLES} sample, × {N // NAIVE_SAMPLES})"
FORMULATIONS = {
    TORCH: (torch_cpu, ROUNDS),
    "course_pkg.nn.Conv2d": (this_package, ROUNDS),
    "the three products alone": (products_alone, ROUNDS),
    "im2col, window view": (strided_im2col, ROUNDS),
    "im2col, index arrays": (index_im2col, 5),
    NAIVE: (naive_loops, 1),
}


def check(results, expected):
    """Raise an AssertionError unless y, dx, dW, db are torch's; of a part of the batch there are only y and dx."""
    whole = len(results[0]) == N
    for got, want in list(zip(results, expected, strict=True))[: None if whole else 2]:
        np.testing.assert_allclose(got, want if whole else want[: len(got)], rtol=1e-3, atol=1e-2)


def main():
    threadpool_limits(THREADS)
    torch.set_num_threads(THREADS)
    expected = torch_cpu()
    times = {name: [] for name in FORMULATIONS}
    for turn in range(ROUNDS):
        for name, (function, rounds) in FORMULATIONS.items():
            if turn >= rounds:
                continue
            time.sleep(0.1)  # the threads of the library before still wait in a busy loop and would be in the way
            if rounds > 1:
                function()  # wakes up its own threads
            start = time.perf_counter()
            results = function()
            times[name].append(time.perf_counter() - start)
            if results is not None:
                check(results, expected)
    times[NAIVE] = [seconds * N / NAIVE_SAMPLES for seconds in times[NAIVE]]

    print(
        f"Conv2d forward + backward, N={N} C={C} {SIDE}×{SIDE}, {FILTERS} filters {K}×{K}, float32, {THREADS} threads"
    )
    print(f"{'':34}   median     fastest   × torch")
    reference = np.median(times[TORCH])
    for name, seconds in times.items():
        median = np.median(seconds)
        print(f"{name:32} {median * 1e3:9.1f} ms {min(seconds) * 1e3:8.1f} ms {median / reference:8.1f}")


if __name__ == "__main__":
    main()
