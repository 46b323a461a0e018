# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Hardware, and watching a training run
#
# A network is arithmetic on numbers that lie in a memory. This lecture measures how fast your machine computes and how fast it moves
# numbers, predicts from this which network gains from a GPU, and shows how to watch a training run from outside.
#
# **You will be able to**
#
# - find out which processor your notebook runs on, and whether it is in order;
# - say why fetching a number can cost far more than computing with it;
# - predict with the roofline model whether a layer is limited by arithmetic or by memory;
# - explain why a GPU helps VGG-19 a great deal and LeNet-5, image by image, hardly at all; and get a GPU in Colab;
# - record a training run and read it in TensorBoard.
#
# Time: about 35 minutes. You need [the optimisers](04_optimisers.ipynb), [deep nets](05_training_deep_nets.ipynb) and
# [the architectures](11_architectures.ipynb).

# %%
import tempfile
from functools import partial
from pathlib import Path

import numpy as np

from course_pkg import data, device, models, nn, show
from course_pkg.models import profile
from course_pkg.show import COLOURS

# %% [markdown]
# ## A picture first: where the numbers are
#
# A processor computes only with numbers in its **registers**, and these hold about a kilobyte. All else must be fetched. The memory that is
# large is slow, and the memory that is fast is small. So machines have several, one behind the other: the **memory hierarchy** (存储层次结构). The
# small ones keep copies of what was used last. They are called **caches** (缓存).

# %% jupyter={"source_hidden": true}
LEVELS = [  # name, bytes, bytes a second for one core, how long until the first byte
    ("registers", 1e3, 1e12, "0.3 ns"),
    ("L1 cache", 5e4, 3e11, "1 ns"),
    ("L2 cache", 1e6, 1e11, "4 ns"),
    ("L3 cache", 3e7, 4e10, "20 ns"),
    ("main memory", 3e10, 1e10, "100 ns"),
    ("solid-state disk", 1e12, 3e9, "100 µs"),
    ("home network", 1e15, 1e8, "30 ms"),
]
fig, ax = show.new_figure(size=(8.6, 3.6))
names, sizes, speeds, delays = zip(*LEVELS, strict=True)
ax.plot(sizes, names, "o-", ms=8, label="size in bytes", color=COLOURS["blue"])
ax.plot(speeds, names, "s-", ms=8, label="bytes a second", color=COLOURS["red"])
for name, delay in zip(names, delays, strict=True):
    ax.text(2e16, name, delay, va="center")
ax.text(2e16, -0.8, "delay", weight="bold")
ax.set(xscale="log", xlim=(100, 1e18), ylim=(len(names) - 0.5, -1.2), xticks=10.0 ** np.arange(3, 16, 3))
ax.set_xticklabels(["kilo", "mega", "giga", "tera", "peta"])
fig.legend(loc="outside lower center", ncols=2)
show.figure(
    fig,
    alt="Seven kinds of memory from registers to the network. Sizes grow from a kilobyte to a petabyte, while speeds fall from a "
    "terabyte a second to a hundred megabytes a second, and the delay grows from 0.3 nanoseconds to 30 milliseconds.",
    caption="Typical orders of magnitude for one core of a present-day computer, after Hennessy and Patterson (2019). The axis is "
    "logarithmic: each tick is a thousand times the one before.",
)

# %% [markdown]
# These numbers are typical values from books. Yours can be measured. We copy blocks of different sizes within the memory and
# note how many bytes a second arrive: the **bandwidth** (带宽). A time measured once is an accident, so `copy_bandwidth` copies twice without
# looking at the clock, then several times with, and takes the median.

# %%
show.source(device.median_seconds)

# %%
sizes = [2**k for k in range(10, 29)]
bandwidths = [device.copy_bandwidth(size=size, repeats=21, seconds=0.1) for size in sizes]

# %% jupyter={"source_hidden": true}
fig, ax = show.new_figure(size=(6.6, 3.4))
ax.loglog(sizes, bandwidths, "o-")
ax.set(xlabel="bytes copied", ylabel="bytes a second", xticks=[1e3, 1e6, 1e9], ylim=(5e8, 2e11))
ax.set_xticklabels(["1 kB", "1 MB", "1 GB"])
top = int(np.argmax(bandwidths))
show.figure(
    fig,
    alt="Copied bytes a second against the size of the block, logarithmic axes. The curve rises in a straight line for small blocks, "
    f"is highest, {device.shown(bandwidths[top], 'B/s')}, at {sizes[top] // 1000} kB, and falls to "
    f"{device.shown(bandwidths[-1], 'B/s')} for the largest blocks.",
    caption="Bandwidth of copying, measured when this notebook was run. The numbers are those of that machine and of what else it did.",
)

# %% [markdown]
# The curve has three parts, and each is a lesson.
#
# - On the left it rises in proportion to the size: the time is always the same. It is the time to *begin*, about a microsecond to get from
#   Python into the program that copies. That is **overhead** (开销).
# - In the middle, both blocks fit in a cache.
# - On the right, they do not. Each byte comes from the main memory and goes back there. This machine lost a factor of ten or so when we ran it.
#
# ## How fast does it compute?
#
# A product of two $n \times n$ matrices takes $n^3$ multiplications and as many additions, $2n^3$ floating-point operations (FLOP). The
# **throughput** (吞吐量) is this number by the time. `float32` has 24 bits of precision. `bfloat16` has the same range but only 8 bits of
# precision: half the bytes, enough for most of training, and processors made for deep learning have special circuits for it.

# %%
sizes = (8, 16, 32, 64, 128, 256, 512, 1024)
types = ("float64", "float32", "bfloat16")
rates = {kind: [device.matmul_throughput(dtype=kind, size=n, repeats=21, seconds=0.2) for n in sizes] for kind in types}

# %% jupyter={"source_hidden": true}
a = b = list(np.random.default_rng(0).normal(size=10_000))
python = 2 * len(a) / device.median_seconds(lambda: sum(p * q for p, q in zip(a, b, strict=True)))
best = ", ".join(f"{kind} {device.shown(max(values), 'FLOP/s')}" for kind, values in rates.items())
fig, ax = show.new_figure(size=(6.6, 3.4))
for (kind, values), marker in zip(rates.items(), "osD", strict=True):
    ax.loglog(sizes, values, marker + "-", label=kind)
ax.axhline(python, color="black", ls="--", lw=1.5)
ax.text(8, python * 1.2, "a loop in Python")
ax.set(xlabel="n", ylabel="FLOP a second", xticks=sizes, xticklabels=sizes)
ax.minorticks_off()
ax.legend()
show.figure(
    fig,
    alt="Operations a second of a matrix product against the size n, for three types. All rise steeply from n = 8 and level off "
    f"from about n = 128 on. The best are {best}; "
    f"a dashed line far below shows a loop in Python, {device.shown(python, 'FLOP/s')}.",
    caption="Throughput of matrix products on one core or a few, and of a sum of products in pure Python.",
)

# %% [markdown]
# Small matrices are slow for the reason that small copies are: the overhead. A loop in Python pays this overhead for every single number.
# That is why this course writes its layers as matrix products, why convolution is turned into one, and why batches exist.
#
# ## One picture for both: the roofline
#
# A layer takes some FLOP and moves some bytes. Their quotient is its **arithmetic intensity** (计算强度), in FLOP per byte:
#
# $$I = \frac{\text{FLOP}}{\text{bytes moved}}, \qquad \text{throughput} \le \min(\text{peak},\ I \cdot \text{bandwidth}).$$
#
# A layer of low intensity waits for the memory: it runs at $I \cdot$ bandwidth, however fast the arithmetic. One of high intensity can reach
# the peak. Drawn on logarithmic axes this is a slope and a ceiling, and so it is called the **roofline model** (屋顶线模型; Williams, Waterman and
# Patterson, 2009). Both numbers of a layer follow from its shape. We take the bytes of input, output and parameters, each moved once.


# %%
def flop_and_bytes(layer):
    """The operations of a layer of a profile, and the bytes that it must at least move."""
    shapes = (*layer.input_shapes, *layer.output_shapes)
    return 2 * layer.multiply_adds, 4 * (sum(np.prod(shape) for shape in shapes) + layer.parameters)


lenet, vgg = device.lenet().eval(), models.vgg19().eval()
nets = {"LeNet-5": profile(lenet, (1, 1, 32, 32)), "VGG-19": profile(vgg, (1, 3, 224, 224))}

# %%
# NBVAL_CHECK_OUTPUT
for name, net in nets.items():
    print(f"{name}: {net.parameters:,} parameters, {net.multiply_adds:,} multiply-adds")
    for layer in net.layers:
        flop, moved = flop_and_bytes(layer)
        if flop and layer.name in ("0", "3", "6", "9", "features.0", "features.12", "features.34", "classifier.0"):
            print(f"    {layer.kind:6} to {layer.output_shapes[0]!s:18} {flop / moved:6.1f} FLOP per byte")

# %% [markdown]
# The convolutions of VGG use each number hundreds of times. Its first dense layer, 411 MB of weights, uses each weight once per image: one
# multiplication and one addition for four bytes, $I = 0.5$. Now we time some layers alone, and put them under the roof. The roof is made of what we measured above.
# A copy reads and writes each byte, so the traffic is twice the bandwidth of copying.

# %%
chosen = [(lenet, "LeNet-5", name) for name in ("0", "3", "6", "9")]
chosen += [(vgg, "VGG-19", f"features.{i}") for i in (0, 2, 12, 34)] + [(vgg, "VGG-19", "classifier.0")]
points = []
for net, name, path in chosen:
    layer = next(layer for layer in nets[name].layers if layer.name == path)
    flop, moved = flop_and_bytes(layer)
    seconds = device.forward_seconds(net.get_submodule(path), layer.input_shapes[0], repeats=5, seconds=0.3)
    points.append((name, layer.kind, flop / moved, flop / seconds))

# %% jupyter={"source_hidden": true}
peak, memory, cache = max(rates["float32"]), 2 * bandwidths[-1], 2 * max(bandwidths)
x = np.geomspace(0.1, 1000, 200)
fig, ax = show.new_figure(size=(7.4, 4))
ax.loglog(x, np.minimum(peak, memory * x), color="black", label="roof: main memory")
ax.loglog(x, np.minimum(peak, cache * x), color="black", lw=1, ls="--", label="roof: cache")
t4 = 8.1e12, 320e9
ax.loglog(x, np.minimum(t4[0], t4[1] * x), color=COLOURS["purple"], label="roof of a T4, data sheet")
for name, colour in (("LeNet-5", COLOURS["blue"]), ("VGG-19", COLOURS["red"])):
    for kind, marker in (("Conv2d", "o"), ("Linear", "s")):
        mine = np.array([(i, rate) for n, k, i, rate in points if (n, k) == (name, kind)])
        label = f"{name}, {'convolutions' if kind == 'Conv2d' else 'dense'}"
        ax.plot(*mine.T, marker, color=colour, ms=8, mec="white", label=label)
ax.set(xlabel="arithmetic intensity, FLOP per byte", ylabel="FLOP a second", xlim=(0.1, 1000), ylim=(1e8, 2e13))
fig.legend(loc="outside right center")
show.figure(
    fig,
    alt="Roofline picture, logarithmic axes: below an intensity of about 10 FLOP per byte the limit of this machine rises with the slope "
    "of its memory, beyond it is flat. Dense layers and LeNet's last convolution lie far left, under the slope; LeNet's other "
    "convolutions in the middle, far below the roof; VGG's on the right, under the flat part. The roof of a T4 lies much higher.",
    caption="Roofline of this machine with layers measured on it, one image at a time, and the roof of a T4 GPU from its data sheet "
    "(NVIDIA, 2018: 8.1 TFLOP/s in float32, 320 GB/s). A point above the solid slope found its numbers in the cache.",
)

# %% [markdown]
# Few layers touch the roof. It is a limit that no program can pass, not a forecast. But it tells what to do. For a point
# under the slope, faster arithmetic is useless: use larger batches, so that each weight that was fetched serves many images, or use smaller
# numbers. For one under the flat part, buy a faster processor. And a point far below both, such as LeNet's, suffers from something that is not in the picture: overhead.
#
# ## Why a GPU helps VGG, and not LeNet
#
# A **GPU** (图形处理器) was built to draw pictures: the same small computation for each of millions of pixels. It has thousands of simple
# arithmetic units, the T4 2,560. Groups of 32 always do the same step, on different numbers. This is **data parallelism** (数据并行), as 004
# says, and like the vector instructions of a CPU. It is just what a layer of a network asks for: all neurons of a layer are independent of each other, and so are
# all images of a batch. A GPU also has its own memory, with twenty to thirty times the bandwidth that one core gets.
#
# But somebody must give the orders. For each layer the CPU starts a program on the GPU, a *kernel*, and this takes about 10 microseconds (5 to 20,
# depending on machine and framework), whether the layer is large or small. Let us predict: for each layer the longer of the
# two times that the roof allows, and 10 µs to start it.


# %%
# NBVAL_CHECK_OUTPUT
def predict(net, peak=8.1e12, bandwidth=320e9, start=10e-6):
    """Seconds of a forward pass for arithmetic or memory, whichever takes longer, and for the starts."""
    layers = [flop_and_bytes(layer) for layer in net.layers if layer.inputs and layer.memory]
    return sum(max(flop / peak, moved / bandwidth) for flop, moved in layers), start * len(layers)


for name, module, shape in (("LeNet-5", lenet, (1, 32, 32)), ("VGG-19", vgg, (3, 224, 224))):
    for batch in (1, 256) if name == "LeNet-5" else (1, 32):
        work, starts = predict(profile(module, (batch, *shape)))
        print(f"{name}, {batch:3} images on a T4: work {1e6 * work:9,.1f} µs, starts {1e6 * starts:.0f} µs")

# %% [markdown]
# For one image, LeNet keeps the GPU busy for about one microsecond, and 110 go into giving orders: the GPU sleeps for 99 % of the time. VGG-19
# has seven milliseconds of work and less than half a millisecond of starts. (`flatten`, and dropout outside training, do nothing, and are not counted.) These are
# predictions from a data sheet, and real programs do not reach the roof. What your machine does:

# %%
report = device.check(quick=True)
show.table(
    [(one["what"], one["device"], device.shown(one["value"], one["unit"])) for one in report["measured"]],
    ("measured", "device", "median"),
    caption=f"Measured on {report['cpu']['name']}, threads: {report['cpu']['threads']}"
    + "".join(f", and {gpu['name']}" for gpu in report["gpus"]),
)

# %% [markdown]
# We wrote this on a machine without a GPU. If yours has none either, compare with the prediction. VGG-19 took our one core between one and two seconds, and should
# take a T4 seven milliseconds: more than a hundred times less. (A CPU with sixteen cores comes closer.) LeNet-5 with one image took 0.3 milliseconds, and should take a
# T4 0.1: hardly worth the trouble. With 256 images the work has grown and the starts have not, and there the GPU should win by far too. So
# the rule is not about the name of the network. A GPU wants **large layers or large batches**.
#
# One more step is easily forgotten. The numbers must get to the GPU, over a bus of at most 16 GB a second for a T4. Send the network once, and each batch once;
# do not fetch single numbers back. `loss.item()` in every iteration makes the CPU wait until the GPU has done everything.
#
# ## Which device is here?
#
# `device.best()` returns the device to compute on. It does not trust the driver's word, and tries a small addition.

# %%
show.source(device.best)
facts = [("compute on", device.best()), ("processor", report["cpu"]["name"]), ("cores", report["cpu"]["cores"])]
facts += [("GPU", ", ".join(gpu["name"] for gpu in report["gpus"]) or "none"), ("torch", report["torch"]["version"])]
facts += [("problem", problem) for problem in report["problems"]]
show.table(facts, ("what", "here"), caption="The device check, on the machine that ran this notebook last.")

# %% [markdown]
# In torch, the same program then runs everywhere: `model.to(device.best())`, and each batch likewise. In a terminal, `python -m course_pkg.device` prints all of this
# with driver, memory and what is wrong, if something is; `--json` is for scripts. Drivers that are too old, cards without free memory, a torch
# built without CUDA: each is a sentence, and the CPU goes on working.
#
# ## Where to get a GPU
#
# Every lecture of this course runs on a CPU. To try a GPU, borrow one. **Google Colab** comes first, since it costs nothing:

# %%
# NBVAL_CHECK_OUTPUT
for number, step in enumerate(device.COLAB, start=1):
    print(f"{number}. {step}")

# %% [markdown]
# Colab promises no GPU and no duration. Its free machines end after at most twelve hours, earlier when you are idle, and it prefers people who type. Kaggle
# lends GPUs free of charge for some hours a week. Amazon (AWS), Google (GCP) and Microsoft (Azure) rent machines by the second or the minute. Two rules for these: begin with the smallest card that does the
# task, and **switch the machine off** when you are done, because you pay while it is on, also when it does nothing. Prices change too often to be printed here.
#
# **Where the notes of 004 are out of date.** They were written about 2019. Their reasons hold; their shopping list does not.
#
# | 004 says | today |
# |---|---|
# | a GPU has hundreds of cores | thousands: 2,560 on a T4 (2018), 4,352 on the RTX 2080 Ti that 004 recommends |
# | start with a cheap K80 (AWS p2.xlarge, Google, Azure) | CUDA 12 (2022) no longer supports the K80 (2014); begin with a T4 or a newer small card |
# | up to 16 K80 cards in a P2 machine | 16 GPUs on 8 cards: each K80 carries two |
# | AMD: not yet well supported by PyTorch, watch ROCm | PyTorch has official ROCm builds since version 1.8 (2021); Apple's GPUs followed in 1.12 (2022), as "mps" |
# | GCP is the cheapest | depends on card, place and week: compare |
# | Colab lends a T4, at most 12 hours | still so, without any promise |
#
# Two of its remarks are as true as ever: the CPU is often the bottleneck (瓶颈), when it prepares and augments images for the GPU (exercise 2); and memory should be large
# enough to hold the data.
#
# ## Watching a training run
#
# Training takes minutes here, days elsewhere. One wants to see early that a run goes wrong, and later to compare it with others.
# **TensorBoard** (2015) has become the common tool. The training program writes **event files** (事件文件): records of a step, a name and a value. TensorBoard reads the
# files, also while they grow, and draws. The two programs share nothing but the folder.
#
# `show.TensorBoard` is used like `show.Monitor`. One folder per run, all in one folder:

# %%
digits = data.digits(dtype="float32")
folder = tempfile.TemporaryDirectory()  # it goes when this notebook ends; choose a folder of your own to keep the files
runs = Path(folder.name, "runs")


def digits_net(hidden=(32,), activation=nn.ReLU):
    layers, inputs = [nn.Flatten()], 64
    for units in hidden:
        layers += [nn.Dense(inputs, units, rng=0, dtype="float32"), activation()]
        inputs = units
    return nn.Net([*layers, nn.Dense(inputs, 10, rng=0, dtype="float32")], loss=nn.SoftmaxCrossEntropy())


def train(net, name, optimiser, lr, epochs=10):
    with show.TensorBoard(runs / name, net=net) as board:
        return nn.fit(
            net, digits.x_train, digits.y_train, lr=lr, epochs=epochs, batch_size=32, optimiser=optimiser,
            test=(digits.x_test, digits.y_test), monitor=board,
        )  # fmt: skip


# %%
histories = {name: train(digits_net(), name, getattr(nn, name), lr) for name, lr in (("SGD", 0.1), ("Adam", 0.003))}

# %% [markdown]
# Now, in a notebook: `%load_ext tensorboard`, then `%tensorboard --logdir {runs}`; this also works in Colab. In a terminal: `tensorboard --logdir` and the
# path of the folder, and open the address that it prints. It looks like this:
#
# ![The page of TensorBoard, tab "scalars". Left: the two runs SGD and Adam, and a slider for smoothing. Right: accuracy and loss by step, each with a pale line for the values and a strong line for their running mean; Adam is a little ahead in both.](../../docs/tensorboard.png)
#
# *The two runs above, in TensorBoard 2.21. The strong lines are smoothed, the pale ones are the values: mind this before you read off a number.*
#
# An event file is no secret. TensorBoard's own reader can be used from Python, to check that what was recorded is what happened:


# %%
# NBVAL_CHECK_OUTPUT
def read(name):
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    return EventAccumulator(str(runs / name), size_guidance={"scalars": 0, "histograms": 0}).Reload()


for name, history in histories.items():
    events = read(name)
    losses, accuracies = ([event.value for event in events.Scalars(tag)] for tag in ("loss", "accuracy"))
    same = np.allclose(losses, history.losses) and np.allclose(accuracies, history.accuracies)
    print(
        f"{name:4}: {len(losses)} losses and {len(accuracies)} accuracies, as in the history: {same}; "
        f"histograms of {len(events.Tags()['histograms'])} arrays"
    )

# %% [markdown]
# ## What to look for
#
# | What you see | What it may mean |
# |---|---|
# | the loss does not fall at all | learning rate far too small, a dead network, labels in another order than the samples |
# | the loss jumps, or becomes "not a number" | learning rate too large; clip the gradient |
# | the training loss falls, the test accuracy does not rise | overfitting: [regularise](06_regularisation.ipynb) |
# | gradients of the first layers are a thousand times smaller | they fade: other activation, start, or batch normalisation |
# | both curves still fall at the end | stopped too early |
#
# The fourth row needs more than a loss. `show.TensorBoard(…, net=net)` also records how all weights and gradients are distributed, as **histograms** (直方图). We train two nets of
# seven layers for two passes, one with sigmoids and one with ReLUs, and read the gradients back from the files.

# %%
HIDDEN = (32,) * 6
for name, activation in (("deep sigmoid", nn.Sigmoid), ("deep ReLU", nn.ReLU)):
    train(digits_net(HIDDEN, activation), name, partial(nn.Momentum, momentum=0.9), 0.02, epochs=2)


def gradient_sizes(name):
    """Root mean square of each weight's gradient: one row a record, one column a layer."""
    events = read(name)
    records = [events.Histograms(f"gradients/dense{i}.weight") for i in range(1, len(HIDDEN) + 2)]
    values = [[np.sqrt(r.histogram_value.sum_squares / r.histogram_value.num) for r in layer] for layer in records]
    return [record.step for record in records[0]], np.array(values).T


# %% jupyter={"source_hidden": true}
fig, axes = show.new_figure(1, 2, size=(9, 3.3), sharey=True)
ends = {}
for ax, name in zip(axes, ("deep sigmoid", "deep ReLU"), strict=True):
    steps, gradients = gradient_sizes(name)
    for step, values, marker in zip(steps, gradients, "osD", strict=False):
        ax.semilogy(range(1, 8), values, marker + "-", label=f"step {step}")
    ends[name] = gradients[0, -1] / gradients[0, 0]
    ax.set(xlabel="layer (1 = next to the input)", title=name)
axes[0].set(ylabel="size of the gradient")
axes[1].legend()
show.figure(
    fig,
    alt="Size of the gradient in seven layers, read from the event files. With sigmoids it falls steeply towards the input, at step 1 by a "
    f"factor of {ends['deep sigmoid']:,.0f} from the last to the first layer; with ReLUs it is level, a factor of {ends['deep ReLU']:.1f}.",
    caption="Root mean square of the gradients of the weights at the recorded steps, from the histograms in the event files.",
)

# %% [markdown]
# That is the picture of [the lecture on deep nets](05_training_deep_nets.ipynb), found not by an experiment made for it, but in the log of an ordinary run.
# Record the gradients of every run that matters. It costs little, and the answer is there when the question comes.
#
# ## Change it
#
# Choose other sizes and a type. Where does your machine reach its peak? If you are on Colab, put `"cuda"` in place of `"cpu"`.

# %%
rate = device.matmul_throughput("cpu", "float32", size=300)
show.table(
    [("300 × 300, float32", device.shown(rate, "FLOP/s"))], ("product", "throughput"), caption="One measurement."
)

# %% [markdown]
# ## Exercises
#
# **1.** VGG's first dense layer has 25,088 inputs and 4,096 outputs. How does its arithmetic intensity grow with the number of images in the batch?
# From which size on is it limited by the arithmetic of a T4, no longer by its memory?
#
# <details><summary>Answer</summary>
#
# With N images, FLOP = 2·N·25,088·4,096, and the bytes are 4·(25,088·4,096 + N·(25,088 + 4,096) + 4,096). As long as N is small the weights
# dominate, so I ≈ N/2. The T4's slope ends at 8.1 TFLOP/s ÷ 320 GB/s ≈ 25.3 FLOP per byte. I is 25.1 for N = 51 and 25.6 for N = 52: from 52 images on.
#
# </details>
#
# **2.** Loading and augmenting images on the CPU takes 30 % of the time of a training run, the network 70 %. A GPU computes the network 50 times as fast. How much faster is the run? And
# with a GPU that is infinitely fast?
#
# <details><summary>Answer</summary>
#
# 1/(0.3 + 0.7/50) = 3.2, and 1/0.3 = 3.3. This is Amdahl's law (1967): what is not made faster decides. It helps to load the
# next batch while the GPU works on this one, as torch's `DataLoader` with several workers does, or to store the images in a form that needs less work.
#
# </details>
#
# **3.** You want to train VGG-19 with Adam on a T4 with 16 GB. Estimate the memory for batches of 32 and of 128 images. `nets["VGG-19"].memory` says
# how many bytes the outputs of all layers need for one image.
#
# <details><summary>Answer</summary>
#
# Four numbers for each parameter: the weight, its gradient, and Adam's two means. 143,667,240 · 16 bytes = 2.3 GB, whatever the batch. All outputs must be kept for the way
# back: 126 MB an image, 4.0 GB for 32 and 16.1 GB for 128. So 32 fit, with about 6.3 GB, and 128 do not. Our course's VGG keeps what comes
# before each ReLU too; working in place saves nearly half.
#
# </details>
#
# ## What to read next
#
# - G. Amdahl (1967), *Validity of the single processor approach to achieving large scale computing capabilities*. AFIPS. Four pages.
# - S. Williams, A. Waterman and D. Patterson (2009), *Roofline: an insightful visual performance model for multicore architectures*. Communications
#   of the ACM 52.
# - M. Abadi and others (2016), *TensorFlow: a system for large-scale machine learning*. OSDI.
# - Z. Jia, M. Maggioni, J. Smith and D. Scarpazza (2019), *Dissecting the NVidia Turing T4 GPU via microbenchmarking*. arXiv 1903.07486.
# - J. Hennessy and D. Patterson (2019), *Computer architecture: a quantitative approach*. 6th edition, chapters 2 and 4.
#
# This was the last lecture of the session. Next: [problem set 2](../../assignments/ps2/ps2.ipynb).
