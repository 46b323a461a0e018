# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # One network, three schools
#
# You know layers, and you know graphs. The third school writes neither. It runs ordinary code, and keeps a record of it
# on a tape. In this lecture the same small network is trained in all three schools, and the numbers are the same.
#
# **You will be able to**
#
# - say what a tape is, and build one in twenty lines;
# - train one network with layers, with a graph and with PyTorch's tape, and show that the losses agree;
# - say for each school what it stores, and when;
# - choose: for a network whose depth depends on the data, for saving a network without its code, for looking inside,
#   for finding a mistake;
# - say what became of TensorFlow, PaddlePaddle, Caffe, PyTorch and MXNet, and read old notes about them with care.
#
# Time: about 30 minutes. You need [the layer school](01_layer_school.ipynb) and
# [the graph school](02_graph_school.ipynb).

# %%
import json
import math
import traceback

import numpy as np
import torch

from course_pkg import data, graph, nn, show
from course_pkg.backprop import LogisticUnit

# %% [markdown]
# ## A picture first
#
# Take three operations in a row, for example dense, ReLU, dense. To go back through them, somebody must have kept a few
# numbers on the way: a dense layer needs its input to calculate $\partial L/\partial W$, a ReLU needs the sign of its
# own. All three schools keep the same numbers. They differ in **when there is a place for them, and for how long**.

# %% jupyter={"source_hidden": true}
ROWS = ["W, dense 1", "W, dense 2", "kept: dense 1", "kept: ReLU", "kept: dense 2", "∂W, dense 2", "∂W, dense 1"]
MOMENTS = ["ready", "forward 1", "forward 2", "forward 3", "backward 3", "backward 2", "backward 1", "end of step"]
# o is a place without a number, # a place with a number, and a dot is no place at all
SCHOOLS = {
    "layers: Caffe": ["########", "########", "o#######", "oo######", "ooo#####", "oooo####", "oooooo##"],
    "graph: TensorFlow 1": ["########", "########", "o######o", "oo#####o", "ooo####o", "oooo###o", "oooooo#o"],
    "tape: PyTorch": ["########", "########", ".######.", "..####..", "...##...", "....####", "......##"],
}


def draw_storage(ax, rows):
    """A square for each row and moment where there is a place, filled where it holds a number."""
    for y, row in enumerate(rows):
        colour = show.COLOURS["black" if y < 2 else "blue" if y < 5 else "red"]
        for x, state in enumerate(row):
            if state != ".":
                ax.scatter(x, y, 150, marker="s", facecolor=colour if state == "#" else "none", edgecolor=colour)


fig, axes = show.new_figure(1, 3, size=(11, 3.9), sharey=True)
for ax, (school, rows) in zip(axes, SCHOOLS.items(), strict=True):
    draw_storage(ax, rows)
    ax.set(title=school, xlim=(-0.6, 7.6), ylim=(6.6, -0.6), yticks=range(7), yticklabels=ROWS)
    ax.set_xticks(range(8), MOMENTS, rotation=60, ha="right", rotation_mode="anchor", fontsize=9)
show.figure(
    fig,
    alt="Three panels with time to the right and seven rows: two weights in black, three kept values in blue, two "
    "gradients in red. Layers: all squares are there from the start, they fill up and stay full. Graph: all squares "
    "are there from the start, they fill up and are empty again at the end of the step, but for the weights. Tape: the "
    "blue squares form a pyramid, for places appear one by one going forward and disappear one by one going backward; "
    "the gradients appear and stay.",
    caption="Who stores what, and when, in one training step. Filled: numbers. Hollow: a place that waits for them. ∂W: ∂L/∂W.",
)

# %% [markdown]
# - **Layers.** Each layer owns its blobs, for values and for gradients. They are there before the first image and they
#   stay when the step is over.
# - **Graph.** There is a node for everything, the gradients too, before anything is calculated. A session fills the
#   nodes during a run. When the run ends it forgets all but the variables.
# - **Tape.** At the start there are weights and nothing else. Each operation that runs adds one entry. Going backward
#   the entries are used up, last one first. At the end there is no trace of the network, only weights and gradients.
#
# (Schematic. The three panels show the designs; each of the real frameworks has ways to save memory.)

# %% [markdown]
# ## A tape in twenty lines
#
# The idea has two halves. **Write down every elementary operation as it happens, with its derivative. Then read the list
# backward.** The list is called a **tape** (梯度带), because it is recorded forward and played in reverse. Here it is, for
# single numbers. Andrej Karpathy's *micrograd* (2020) is a well-known small program of this kind; it links each number
# to its parents, where we keep one list.


# %%
class Number:
    """A number that writes on the tape what is done with it."""

    def __init__(self, value):
        self.value, self.grad = value, 0.0

    def __add__(self, other):
        return record("+", self.value + other.value, (self, 1.0), (other, 1.0))

    def __mul__(self, other):
        return record("×", self.value * other.value, (self, other.value), (other, self.value))


def exp(x):
    return record("exp", math.exp(x.value), (x, math.exp(x.value)))


# %%
tape = []


def record(name, value, *inputs):
    """Put one entry on the tape: the result, and each input with the local derivative by it."""
    tape.append((name, Number(value), inputs))
    return tape[-1][1]


def backward():
    """Read the tape from its end; every entry hands its gradient on to its inputs, and is used up."""
    tape[-1][1].grad = 1.0
    while tape:
        _, result, inputs = tape.pop()
        for x, slope in inputs:
            x.grad += slope * result.grad


# %% [markdown]
# This is all of it. Note what is *not* there: no list of layers, no graph that somebody designs. Ordinary Python runs, and
# the tape is what is left behind. This is called **define-by-run** (边运行边定义), in contrast to *define-and-run*. A
# program made this way is also called a **dynamic graph** (动态图); the graph school's is a **static graph** (静态图).
#
# Now the neuron of Session I again, $f = 1/(1 + e^{-(w_0x_0 + w_1x_1 + w_2)})$, as in lecture 4. The last operation is
# new: one divided by something.


# %%
def reciprocal(x):
    return record("1/x", 1 / x.value, (x, -1 / x.value**2))


w0, w1, w2, x0, x1 = inputs = [Number(value) for value in (2.0, -3.0, -3.0, -1.0, -2.0)]
f = reciprocal(Number(1.0) + exp(Number(-1.0) * (w0 * x0 + w1 * x1 + w2)))

rows = [
    (n, name, result.value, ", ".join(f"{slope:.4g}" for _, slope in parts))
    for n, (name, result, parts) in enumerate(tape, start=1)
]
show.table(rows, ["entry", "operation", "result", "local derivatives"], caption="The tape after the forward pass.")

# %% [markdown]
# Compare the last columns with the walk in [lecture 4](../session1_networks/04_backpropagation.ipynb): it is that walk.
# Now play it in reverse. Beside it stands the same formula in PyTorch, whose tape holds tensors in place of numbers.

# %%
# NBVAL_CHECK_OUTPUT
backward()

t = [torch.tensor(x.value, dtype=torch.float64, requires_grad=True) for x in inputs]
torch_f = 1 / (1 + torch.exp(-(t[0] * t[3] + t[1] * t[4] + t[2])))
torch_f.backward()

lecture4 = LogisticUnit(w=(2, -3, -3), x=(-1, -2)).gradients
for name, number, tensor in zip(lecture4, inputs, t, strict=True):
    print(f"∂f/∂{name}: our tape {number.grad:+.4f}   lecture 4 {lecture4[name]:+.4f}   torch {tensor.grad:+.4f}")
np.testing.assert_allclose([x.grad for x in inputs], [x.grad for x in t], rtol=1e-12)
print("entries left on our tape:", len(tape))

# %% [markdown]
# PyTorch has no single list. Every result knows the operation that made it (`grad_fn`), and every operation knows those
# before it. Following these links gives the same record, from its end. This also makes the tape disappear by itself:
# when nobody holds the result any more, nobody holds the record.


# %%
def recorded(y):
    """The operations that PyTorch has recorded for ``y``, from the last to the first."""
    found, todo = [], [y.grad_fn]
    while todo:
        node = todo.pop(0)
        if node is not None and node not in found:
            found.append(node)
            todo += [before for before, _ in node.next_functions]
    return [node.name().removesuffix("0") for node in found if node.name() != "torch::autograd::AccumulateGrad"]


print(" ← ".join(recorded(torch_f)))

# %% [markdown]
# (`1 / x` is recorded as a reciprocal, times 1.)

# %% [markdown]
# ## One network, three times
#
# The network has 64 inputs, 20 hidden ReLUs and 10 scores. All three get the same initial weights and the same 20
# batches of 32 handwritten digits, and all calculate in double precision.

# %%
digits = data.digits()
rng = np.random.default_rng(0)
sizes = [(64, 20), (20,), (20, 10), (10,)]
start = [rng.normal(0, np.sqrt(2 / size[0]), size) if len(size) == 2 else np.zeros(size) for size in sizes]
choices = [rng.choice(len(digits.y_train), 32, replace=False) for _ in range(20)]
batches = [(digits.x_train[rows].reshape(-1, 64), digits.y_train[rows]) for rows in choices]
lr, losses = 0.5, {}

# %% [markdown]
# **Layers.** The network is a list of objects. Each knows its forward and its backward.

# %%
net = nn.Net([nn.Dense(64, 20), nn.ReLU(), nn.Dense(20, 10)], loss=nn.SoftmaxCrossEntropy())
for blob, value in zip(net.parameters().values(), start, strict=True):
    blob.data[...] = value.T  # Dense keeps its weight as (outputs, inputs)

solver, losses["layers"] = nn.SGD(net, lr), []
for images, labels in batches:
    losses["layers"].append(net.loss(images, labels))
    net.zero_grad()
    net.backward()
    solver.step()

# %% [markdown]
# **Graph.** The network is a formula, and so is the training step. The loop only feeds and runs.

# %%
with graph.Graph() as mlp:
    X, y = graph.placeholder((None, 64), "X"), graph.placeholder((None,), "y", dtype="int64")
    W1, b1, W2, b2 = variables = [graph.Variable(start[i], name) for i, name in enumerate(["W1", "b1", "W2", "b2"])]
    h = graph.relu(X @ W1 + b1)
    s = h @ W2 + b2
    L = graph.reduce_mean(graph.softmax_cross_entropy(s, y))
    slopes = graph.gradients(L, variables)
    step = [graph.assign(w, w - lr * slope) for w, slope in zip(variables, slopes, strict=True)]

session = graph.Session(mlp)
losses["graph"] = [session.run([L, step], {X: images, y: labels})[0] for images, labels in batches]

# %% [markdown]
# **Tape.** The network is whatever the loop does. `backward` plays the tape, and the gradient of each weight is then in
# `.grad`. The update itself must not be recorded: that is what `no_grad` says. And `.grad` is emptied, because the
# next `backward` would *add* to it, as it does with `diff` in the layer school.

# %%
tW1, tb1, tW2, tb2 = weights = [torch.tensor(value, requires_grad=True) for value in start]
losses["tape"] = []
for images, labels in batches:
    hidden = torch.relu(torch.tensor(images) @ tW1 + tb1)
    scores = hidden @ tW2 + tb2
    loss = torch.nn.functional.cross_entropy(scores, torch.tensor(labels))
    loss.backward()
    with torch.no_grad():
        for w in weights:
            w -= lr * w.grad
            w.grad = None
    losses["tape"].append(loss.item())

# %%
# NBVAL_CHECK_OUTPUT
print("step    layers     graph      tape")
for n, row in enumerate(zip(*losses.values(), strict=True), start=1):
    print(f"{n:4}  " + "  ".join(f"{value:.6f}" for value in row))
np.testing.assert_allclose(losses["layers"], losses["tape"], atol=1e-6, rtol=0)
np.testing.assert_allclose(losses["graph"], losses["tape"], atol=1e-6, rtol=0)
print("all within 1e-6 of PyTorch")

# %% jupyter={"source_hidden": true}
fig, (left, right) = show.new_figure(1, 2, size=(10, 3.4))
for (name, values), width in zip(losses.items(), (9, 5, 1.5), strict=True):
    left.plot(range(1, 21), values, lw=width, label=name, color={9: "0.8", 5: show.COLOURS["sky"]}.get(width, "black"))
for name, colour in (("layers", "blue"), ("graph", "red")):
    difference = np.abs(np.subtract(losses[name], losses["tape"]))
    right.semilogy(range(1, 21), difference + 1e-17, "o-", label=f"{name} and tape", color=show.COLOURS[colour])
right.axhline(1e-6, color="0.5", ls="--", label="what we asked for")
left.set(xlabel="step", ylabel="loss", xticks=(1, 5, 10, 15, 20))
right.set(xlabel="step", ylabel="difference of the losses", ylim=(3e-18, 1e-4), xticks=(1, 5, 10, 15, 20))
left.legend()
right.legend()
show.figure(
    fig,
    alt="Left: the losses of layers, graph and tape over 20 steps lie exactly on each other, with ups and "
    "downs from 2.4 to 1.2. Right, on a logarithmic scale: the differences between the schools are 0 or below 1e-15, nine "
    "powers of ten below the dashed line at 1e-6.",
    caption="Three schools, one training. Differences of exactly 0 are drawn at 1e-17.",
)

# %% [markdown]
# The schools differ in who keeps the record. They do not differ in mathematics: all three are
# [backpropagation](../session1_networks/04_backpropagation.ipynb). What is left is the last digit of a floating-point
# number, because sums are taken in a different order, or a formula is
# written in another form.
#
# **Change it.** Set `dtype=torch.float32` for the weights and the images of the tape, and look at the right picture again.
# Single precision has about seven digits. Is the difference then still below 1e-6 after 20 steps?

# %% [markdown]
# ## How many objects?
#
# The picture at the top said that only the tape comes and goes. Count.

# %%
# NBVAL_CHECK_OUTPUT
images, labels = batches[0]
built = [op.order for op in mlp.operations]
print("layers:", len(net.layers), "layers and a loss, with", len(net.parameters()), "blobs, always")
print("graph: ", len(built) - sum(built), "operations for network and step,", sum(built), "for gradients, always")
loss = torch.nn.functional.cross_entropy(torch.relu(torch.tensor(images) @ tW1 + tb1) @ tW2 + tb2, torch.tensor(labels))
print("tape:  ", len(recorded(loss)), "entries after a forward pass:", ", ".join(reversed(recorded(loss))))
with torch.no_grad():
    print("tape:  ", (torch.tensor(images) @ tW1).grad_fn, "when nobody will ask for gradients")

# %% [markdown]
# ## Where the schools differ
#
# ### A network whose depth depends on the data
#
# Here is a small network that thinks until it has made up its mind. It applies the same layer again and again,
#
# $$h \leftarrow \tanh(x\,U + h\,V)$$
#
# and stops when $h$ has settled. How often that is depends on the image. ($V$ is a rotation, perhaps with a
# reflection, times 0.97. It makes every change of $h$ smaller, and so does tanh, so $h$ must settle. With 1.3 in place
# of 0.97, 218 of the 360 test images have not settled after 5000 applications.) In the dynamic school one writes what
# one means: a `while`.

# %%
rng = np.random.default_rng(1)
U0, V0 = rng.normal(0, 0.15, (64, 16)), 0.97 * np.linalg.qr(rng.normal(size=(16, 16)))[0]
tU, tV = torch.tensor(U0, requires_grad=True), torch.tensor(V0, requires_grad=True)


def settle(x):
    """Apply the layer until ``h`` moves by less than 0.01; return it and the number of applications."""
    h, change, count = torch.zeros(1, 16, dtype=torch.float64), torch.tensor(1.0), 0
    while change > 1e-4:
        new = torch.tanh(x @ tU + h @ tV)
        change, h, count = torch.sum((new - h) ** 2), new, count + 1
    return h, count


# %%
test = digits.x_test.reshape(-1, 64)
results = [settle(torch.tensor(x[None])) for x in test]
counts = np.array([count for _, count in results])
lengths = np.array([len(recorded(h)) for h, _ in results[:100]])

# %% jupyter={"source_hidden": true}
fig, (left, right) = show.new_figure(1, 2, size=(10, 3.2))
left.bar(*np.unique(counts, return_counts=True), color=show.COLOURS["blue"])
left.set(xlabel="applications of the layer", ylabel="test images", title="depth, chosen by the image")
right.plot(counts[:100], lengths, "o", color=show.COLOURS["red"], alpha=0.5)
right.set(xlabel="applications of the layer", ylabel="entries on the tape", title="the tape is as long as it has to be")
show.figure(
    fig,
    alt="Left: a bar chart of how often the layer was applied; most test images need between 13 and 24 applications, "
    "and a few need many more, up to 52. Right: for 100 images, the length of the tape against the number of "
    "applications; the points lie on a straight line, four entries for each application.",
    caption="A random, untrained network. Each image gets its own depth and its own tape: four entries an application.",
)

# %% [markdown]
# The graph school cannot do this with `while`: when the graph is built there is no $h$ to compare. PyTorch's own
# recorder of graphs, `torch.fx`, which you met in the lecture before, is in the same position.

# %%
# NBVAL_CHECK_OUTPUT
try:
    torch.fx.symbolic_trace(settle)
except torch.fx.proxy.TraceError as error:
    print("torch.fx:", error)

with graph.Graph():
    change = graph.placeholder((), "change")
    try:
        while change > 1e-4:
            pass
    except TypeError as error:
        print("graph:   ", error)

# %% [markdown]
# Our small graph school does not even have `>`. What it can do: build the **deepest** network that may be needed, and
# multiply what should not happen any more by 0. A *mask* (掩码) `go` is 1 as long as $h$ still moves, and 0 from then on.


# %%
def settle_in_graph(steps):
    """The same network, built ``steps`` deep; returns h, the number of applications, and what they depend on."""
    x, V = graph.placeholder((None, 64), "x"), graph.Variable(V0, "V")
    drive = x @ graph.constant(U0)
    h, go, count = 0.0 * drive, 1.0, 0.0
    for _ in range(steps):
        new = graph.tanh(drive + h @ V)
        change = graph.reduce_sum(graph.square(new - h), axis=1, keepdims=True)
        h, count = h + go * (new - h), count + go
        go = go * graph.positive(change - 1e-4)
    return x, V, h, count


with graph.Graph() as deep:
    x, V, deepest, count = settle_in_graph(counts.max())
    slope = graph.gradients(deepest, V)

# %%
# NBVAL_CHECK_OUTPUT
got, got_count, got_slope = graph.Session(deep).run([deepest, count, slope], {x: test})
want = torch.cat([h for h, _ in results])
want.sum().backward()
np.testing.assert_array_equal(got_count.ravel(), counts)
np.testing.assert_allclose(got, want.detach(), atol=1e-12)
np.testing.assert_allclose(got_slope, tV.grad, atol=1e-8)
print("same depths, same outputs, same gradients for", len(test), "images")
print("applications that were needed:", counts.sum())
print("applications that the graph calculated:", counts.max() * len(test))
print("operations in the graph:", len(deep.operations))

# %% [markdown]
# Both are right, and both cost something. The graph calculated 2.8 times as much as was needed, it must know the
# largest depth beforehand, and the code no longer says what is meant. The tape took one image at a time. Batches are
# what makes graphics cards fast, and **with a batch the dynamic school needs the mask too**: that is why padding and
# masks are everywhere in PyTorch code for sentences.
#
# The graph school had two more answers. A loop as an operation of its own, `tf.while_loop`, with the body as a small
# graph inside: it stops in time, and it is a second language to learn. Or the network's structure as an input:
# *TensorFlow Fold* (Looks and others, 2017) batched trees of different shapes in a static graph.

# %% [markdown]
# ### Saving a network without its code
#
# Now the other way round. The graph is data, so a file can hold the **whole** program. A dozen lines write it and read
# it back. The reader knows nothing of the network: no 20, no ReLU.


# %%
def save(y, session):
    """The program for the tensor ``y``, with the values of its variables, as text."""
    program = [
        (op.kind.name, op.name, op.output.shape, [x.name for x in op.inputs]) for op in graph.core.ancestors([y])
    ]
    values = {
        op.name: session.run(op.output).tolist() for op in graph.core.ancestors([y]) if op.kind.name == "variable"
    }
    return json.dumps({"program": program, "values": values})


def load(text):
    """The tensors of a saved program by name, in a new graph."""
    file, tensors = json.loads(text), {}
    make = {"placeholder": lambda name, shape: graph.placeholder(shape, name)}
    make["variable"] = lambda name, shape: graph.Variable(file["values"][name], name)
    for kind, name, shape, inputs in file["program"]:
        parts = [tensors[x] for x in inputs]
        tensors[name] = getattr(graph, kind)(*parts) if parts else make[kind](name, shape)
    return tensors


# %%
# NBVAL_CHECK_OUTPUT
text = save(s, session)
for line in json.loads(text)["program"]:
    print(*line)
with graph.Graph() as elsewhere:
    tensors = load(text)
answer = graph.Session(elsewhere).run(tensors[s.name], {tensors["X"]: test}).argmax(axis=1)
print("same answers as the network it came from:", np.array_equal(answer, session.run(s, {X: test}).argmax(axis=1)))

# %% [markdown]
# The labels, the loss and the training step are not in the file, because the scores do not need them. The layer school
# can do this as well: there the structure is a text of its own, the `prototxt`, and the file of weights goes with it.
#
# A tape cannot. It is gone after the step, and it holds what happened to *these* images. What PyTorch saves are the
# weights (`state_dict`), a dictionary of arrays; the code must come from somewhere else. Since the wish for a file with
# everything did not go away, PyTorch got tools that make a graph from code: `torch.jit` (2018), `torch.fx` (2021),
# `torch.export` (2023). And there the `while` is a difficulty again.

# %%
# NBVAL_CHECK_OUTPUT
module = torch.nn.Sequential(torch.nn.Linear(64, 20), torch.nn.ReLU(), torch.nn.Linear(20, 10))
print("what PyTorch saves:", ", ".join(f"{name} {tuple(w.shape)}" for name, w in module.state_dict().items()))


def forward(x, W1, b1, W2, b2):
    return torch.relu(x @ W1 + b1) @ W2 + b2


print("what torch.fx records:", ", ".join(node.name for node in torch.fx.symbolic_trace(forward).graph.nodes))

# %% [markdown]
# ### Looking at a value in the middle
#
# What share of the hidden units is active?

# %%
# NBVAL_CHECK_OUTPUT
images = batches[0][0]
print("layers:", np.mean(net["relu1"].forward(net["dense1"].forward(images)) > 0).round(4))
print("graph: ", np.mean(session.run(h, {X: images}) > 0).round(4), "  but print(h) says:", h)
hidden = torch.relu(torch.tensor(images) @ tW1 + tb1)
print("tape:  ", round((hidden > 0).double().mean().item(), 4), "  print(hidden[0, 2]) says:", hidden[0, 2])

# %% [markdown]
# In the dynamic school every value is in a variable of the program, and `print` or a debugger shows it. In a graph one
# needs the tensor in hand and another run. In the layer school one calls layer by layer; Caffe keeps every blob under
# its name, `net.blobs["relu1"].data`.

# %% [markdown]
# ### Finding a mistake
#
# The same mistake three times: the second weight has 30 rows in place of 20.

# %%
wrong = nn.Net([nn.Dense(64, 20), nn.ReLU(), nn.Dense(30, 10)])
try:
    wrong.forward(images)
except ValueError as error:
    print(f"layers, when it runs:    {error}. {error.__notes__[0]}")
try:
    with graph.Graph():
        graph.placeholder((None, 20), "h") @ np.zeros((30, 10))
except graph.ShapeError as error:
    print("graph, when it is built:", error)
try:
    hidden @ torch.zeros(30, 10, dtype=torch.float64)
except RuntimeError as error:
    print("tape, when it runs:     ", error, "; at:", traceback.extract_tb(error.__traceback__)[0].line)

# %% [markdown]
# The layer's message names the layer. The graph finds it before anything runs. The tape stops exactly at the line, with
# all values there to be looked at, but only **if** the line runs. A mistake in a branch that is seldom taken stays
# asleep:


# %%
# NBVAL_CHECK_OUTPUT
def seldom(x):
    h = torch.relu(x @ tW1 + tb1)
    if x.mean() > 0.9:  # a very bright image
        h = h @ tW1  # does not fit
    return h @ tW2 + tb2


print("all digits:", tuple(seldom(torch.tensor(test)).shape))
try:
    seldom(torch.ones(1, 64, dtype=torch.float64))
except RuntimeError as error:
    print("a white page:", error)

# %% [markdown]
# ### The three side by side
#
# | | layers | graph | tape |
# |---|---|---|---|
# | the network is | a list of objects | data | what the code did |
# | who writes backward | the author of the layer | the rule of each operation, as new nodes | the rule of each operation, as it runs |
# | second derivatives | no | ask twice | record the backward pass as well |
# | depth depends on the data | no | mask, or a special loop | `while` |
# | whole network in a file | yes, with the prototxt | yes | weights only; code apart, or export |
# | a value in the middle | in its blob | another run | in a variable |
# | shape mistakes show | at set-up (Caffe), or in the run | at building | at the line, if it runs |
# | a compiler can see | the layers | the whole program | nothing, unless it records |
#
# The last row is why graphs came back.

# %% [markdown]
# ## Where the idea comes from
#
# The tape is older than all frameworks. R. E. Wengert gave the list of operations in 1964, Seppo Linnainmaa's master's
# thesis (Helsinki, 1970) the backward reading, and Bert Speelpenning's thesis (1980) a program that does it to other
# programs. For deep learning it arrived with *autograd* for NumPy (Maclaurin, Duvenaud and Adams, 2015) and with
# *Chainer* (Tokui and others, 2015), from which the words "define by run" come. PyTorch, public since January 2017,
# names both, and Lua Torch, as its ancestors.
#
# ## What became of the five
#
# The notes on frameworks (004) compare five of them: by interface language, by whether they are open source (all five
# are, and still are), and with one column left empty. Here it is filled in.
#
# | framework | languages (004) | school then | what became of it |
# |---|---|---|---|
# | **TensorFlow** | C++, Java, Python, Go, C# and others | graph | opened November 2015. Since 2.0 (September 2019) it calculates at once, with Keras in front; `tf.function` records graphs. Still developed. Keras 3 (2023) runs on TensorFlow, JAX or PyTorch |
# | **PaddlePaddle** (飞桨) | C++, Python | layers in a configuration (2016), then graph (*Fluid*) | since 2.0 (2021) dynamic by default, with a way to static graphs. 3.0 in 2025. Still developed by Baidu |
# | **Caffe** | C++, MATLAB, Python | layers | December 2013, last release 1.0 in 2017. Its author's *Caffe2* (2017, graph) was merged into PyTorch in 2018 |
# | **PyTorch** | C++, Python and others | tape | from Facebook; since September 2022 with the Linux Foundation. 2.0 (March 2023) brought `torch.compile` |
# | **MXNet** | C++, Python, R, MATLAB and others | graph and immediate calculation, mixed (2015); *Gluon* (2017): a tape that can become a graph | at Apache from 2017, retired to the Apache Attic in September 2023 |
# | *JAX*, not in 004 | Python | functions, traced into graphs | from Google, 2018. `grad`, `jit` and `vmap` turn functions into functions. Widely used in research |
#
# One can read the right column as: the tape has won. One can also read it as: everybody has both. You write a dynamic
# program, and the framework records a graph from it where that pays: `tf.function`, `torch.compile`, `jax.jit`,
# `paddle.jit.to_static`. And the layer school lives on top of all of them: `torch.nn.Linear` is a layer with its
# weights inside. Only its `backward` is gone, because the tape does that. MXNet's Gluon had this combination as early
# as 2017.

# %% [markdown]
# ### Reading 004 today
#
# The notes are mostly right about their time. Some sentences have aged, and a few were never quite so.
#
# | 004 says | today |
# |---|---|
# | TensorFlow: every operation is a node, and a default graph is kept; sessions run it; printing a tensor shows name, shape and type, not the value | True of TensorFlow 1. Since 2019 a tensor has a value and prints it, and sessions are only in `tf.compat.v1`. The notes know 2.0 (their part on TensorFlow Hub names it) but describe 1 |
# | gradients are calculated merely by extending the graph, so the user always understands what is going on | The first half is exact, and the previous lecture proves it. The second half is a matter of size: a graph of thousands of nodes can be looked at, and is not yet understood |
# | TensorFlow is under the Apache licence and Caffe under BSD; trained networks run on servers, telephones and web pages | Still right |
# | libraries can be built on top without loss of performance | Right for running: a graph runs the same, whoever wrote it. Building it takes time in Python |
# | C++, Python, Java, Go, C# | They exist or existed, but the promise of compatibility covers Python and C alone. C# is a project of others |
# | threads, queues and asynchronous operations bring out all of the hardware's power | No measurement stands behind it, and compilers that came later (XLA 2017, `torch.compile` 2023) found speed that had been left |
# | TensorFlow Hub at tfhub.dev | Moved to Kaggle Models in November 2023 |
# | Caffe stores everything in blobs of 4 dimensions (num, channel, height, width) | Until early 2015. Since then a blob has any number of axes. Also, this is an array and not, as 004 says, a vector |
# | Caffe has "expression, speed and *thought-modularity*" (思维模块化) | A slip of translation. Caffe's motto is that it is made "with expression, speed, and modularity *in mind*" |
# | Caffe: blobs, layers, net; a net is a directed acyclic graph of layers; prototxt separates the description from the implementation | Right, and well said |
# | PaddlePaddle: optimised for *asynchronous* computing resources (异步) | The project's own text of that time says *heterogeneous* (异构): CPUs and GPUs together |
# | PaddlePaddle: complex models are easy to *configure* | Says which school it was: the first version was configured layer by layer. Since 2.0 one writes Python |
# | Torch rose only through the modules that Facebook opened | Facebook's modules (2015) helped. But Torch goes back to 2002, and Torch 7 (2011) was in use at New York University and DeepMind before |
# | PyTorch has the same foundation as Torch | True at the start: the same C libraries. They have been replaced since, and the tape was never in Lua Torch |
# | PyTorch supports dynamic networks, which many leading frameworks, TensorFlow among them, cannot | Fair in 2017, as to how one writes. Not quite: TensorFlow had `tf.while_loop`, and the mask above works everywhere. Chainer was dynamic in 2015. TensorFlow calculates at once by default since 2019 |
# | PyTorch is NumPy with GPU support, and a network library with automatic gradients | Still a good description |
# | TensorBoard is for TensorFlow | PyTorch writes the same files (`torch.utils.tensorboard`) |
#
# And the recap of the three-session deck (000) names two schools, Caffe's and the computational graph. To get a gradient
# for a new loss, it says, one may go Caffe's way and derive it by hand, or TensorFlow's way and build the loss from the
# network's tensors. The third school is the second way, without the building.

# %% [markdown]
# ## Exercises
#
# **1. A longer tape.** Add `tanh` to our tape. Check the derivative of $\tanh(w \cdot w)$ at $w = 0.5$ with PyTorch. (The
# same number is used twice: does the tape notice?)
#
# <details><summary>Answer</summary>
#
# ```python
# def tanh(x):
#     y = math.tanh(x.value)
#     return record("tanh", y, (x, 1 - y**2))
#
# w = Number(0.5)
# tanh(w * w)
# backward()
# t = torch.tensor(0.5, dtype=torch.float64, requires_grad=True)
# torch.tanh(t * t).backward()
# print(w.grad, t.grad)
# ```
#
# Both give 0.9400, which is $2w\,(1 - \tanh^2 w^2)$. The tape need not notice. The entry of the product names $w$ twice,
# and `grad +=` adds the two parts. This is the reason for `+=` in all three schools.
#
# </details>
#
# **2. Play it twice.** Call `backward()` of our tape a second time, then `torch_f.backward()` a second time. What happens,
# and which line of ours is the cause? Then take `w.grad = None` out of the training loop of the tape. What does the
# training do now?
#
# <details><summary>Answer</summary>
#
# Ours fails with an `IndexError`: the tape is empty, because `tape.pop()` uses it up. PyTorch says "Trying to backward
# through the graph a second time" and points to `retain_graph=True`: it frees what it kept as it goes back. Both save
# memory this way, as in the right panel of the first picture.
#
# Without `w.grad = None` every `backward` adds to the old gradient. Each step then uses the sum of all gradients so far:
# $v \leftarrow v + \nabla L$, $w \leftarrow w - \eta v$. That is momentum without friction, with a factor of 1. The losses
# of the first two steps are as before. From the third on they differ, and the 20th is 2.46, above the first, where ours
# was 1.24.
#
# </details>
#
# **3. Not deep enough.** Build `settle_in_graph(15)`, which is less than some images need. How many images of `test` have
# not settled, how wrong is their $h$, and what does the graph say about it?
#
# <details><summary>Answer</summary>
#
# ```python
# with graph.Graph() as shallow:
#     x, V, h15, count = settle_in_graph(15)
# got = graph.Session(shallow).run(h15, {x: test})
# late = counts > 15
# print(late.sum(), "of", len(test), np.abs(got - want.detach().numpy()).max(axis=1)[late].max())
# ```
#
# 250 of 360 have not settled, and a number in their $h$ is wrong by up to 0.12. The graph says nothing: the answer has
# the right shape, and all operations did what they should. `count` is 15 for these, but also for images that needed
# exactly 15. Only the last `go` would tell. Whoever fixes the depth beforehand has to ask.
#
# </details>

# %% [markdown]
# ## What to read next
#
# - Wengert, *A simple automatic derivative evaluation program*, Communications of the ACM, 1964: two pages.
# - Jia and others, *Caffe: convolutional architecture for fast feature embedding*, ACM Multimedia, 2014.
# - Maclaurin, Duvenaud and Adams, *Autograd: effortless gradients in NumPy*, AutoML workshop, 2015.
# - Chen and others, *MXNet: a flexible and efficient machine learning library for heterogeneous distributed systems*, 2015.
# - Tokui, Oono, Hido and Clayton, *Chainer: a next-generation open source framework for deep learning*, 2015.
# - Abadi and others, *TensorFlow: a system for large-scale machine learning*, OSDI 2016.
# - Bradbury and others, *JAX: composable transformations of Python+NumPy programs*, 2018.
# - Paszke and others, *PyTorch: an imperative style, high-performance deep learning library*, NeurIPS 2019.
# - Baydin and others, *Automatic differentiation in machine learning: a survey*, JMLR 2018: the history, and the other way
#   round (forward mode).
#
# Next: [optimisers](04_optimisers.ipynb). Now that any school gives us the gradient, what do we do with it?
