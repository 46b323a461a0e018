# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # The graph school: define first, run later
#
# In the layer school a network calculates while it is being called. The graph school makes two steps of this: first
# write down what is to be calculated, then calculate it. What is written down is a graph, and it can be extended with
# its own gradients.
#
# **You will be able to**
#
# - say what a tensor, a graph and a session are, and which of them holds numbers;
# - read a graph before and after its gradients were added to it;
# - take second derivatives by asking for gradients twice;
# - train a network with a training step that is itself a part of the graph;
# - say why people worked like this, what hurt, and what became of it.
#
# Time: about 35 minutes. You need [lecture 4](../session1_networks/04_backpropagation.ipynb) and
# [lecture 5](../session1_networks/05_layers.ipynb) of Session I.

# %%
import numpy as np
import torch

from course_pkg import data, graph, show
from course_pkg.backprop import LogisticUnit

# %% [markdown]
# ## A picture first
#
# You know this neuron. In Session I you walked through it gate by gate:
#
# $$f(w, x) = \frac{1}{1 + e^{-(w_0x_0 + w_1x_1 + w_2)}}$$
#
# The next cell looks as if it calculated $f$. Look at what it prints.

# %%
# NBVAL_CHECK_OUTPUT
with graph.Graph() as unit:
    w0, w1, w2 = graph.Variable(2.0, "w0"), graph.Variable(-3.0, "w1"), graph.Variable(-3.0, "w2")
    x0, x1 = graph.placeholder((), "x0"), graph.placeholder((), "x1")
    p = w0 * x0
    f = 1 / (1 + graph.exp(-(p + w1 * x1 + w2)))

print(f)
print(len(unit.operations), "operations in the graph")

# %% [markdown]
# No number. `f` knows its name (the division at the end of the formula), its shape (`()`: a single number) and its type,
# and nothing else. Each `+`, `*` and `exp` has put one node into the graph, and that is all that has happened so far.

# %%
graph.draw(
    unit,
    alt="Graph of the logistic unit in one band, from left to right. Five given inputs w0, x0, w1, x1, w2 and two "
    "constants 1 in grey; two products, two sums, times minus one, exp, plus one and the division in blue.",
    caption="What the cell above has built: 15 operations, and no value in any of them.",
)

# %% [markdown]
# ## Three words: tensor, graph, session
#
# The example for this school is **TensorFlow**, which Google opened in November 2015. Our notes on frameworks (004)
# describe it in its first form, TensorFlow 1, and explain it with three words. `course_pkg.graph` is a small model of
# that design in NumPy, with the same words.
#
# | word | what it is | holds numbers? |
# |---|---|---|
# | **Tensor** (张量) | an array that is not there yet: name, shape, type. 004 remarks that printing one gives just these three, and not its value | no |
# | **Graph** (计算图) | the list of operations. Each takes tensors and makes one. The name says it: tensors *flow* along the edges | no |
# | **Session** (会话) | runs the graph, or a part of it, and keeps the variables' values | yes |
#
# Three kinds of nodes have no inputs. A **placeholder** (占位符) gets its value with every run. A **variable** (变量)
# keeps its value from one run to the next, and can be changed. A **constant** (常量) is a constant.
#
# To get a number, open a session and say which tensor you want and what to feed.

# %%
# NBVAL_CHECK_OUTPUT
session = graph.Session(unit)
print(f"this graph: f = {session.run(f, {x0: -1, x1: -2}):.4f}")
print(f"lecture 4:  f = {LogisticUnit(w=(2, -3, -3), x=(-1, -2)).value:.4f}")
values = session.run([p, f], {x0: 0, x1: -1})
print(f"two tensors in one run, other inputs: p = {values[0]:.4f}, f = {values[1]:.4f}")

# %% [markdown]
# The same program in TensorFlow 1 looked like this. It does not run here: TensorFlow 2 has moved these names to
# `tf.compat.v1`.
#
# ```python
# w0, w1, w2 = tf.Variable(2.0), tf.Variable(-3.0), tf.Variable(-3.0)
# x0, x1 = tf.placeholder(tf.float32, ()), tf.placeholder(tf.float32, ())
# f = 1 / (1 + tf.exp(-(w0 * x0 + w1 * x1 + w2)))
#
# with tf.Session() as session:
#     session.run(tf.global_variables_initializer())
#     print(session.run(f, feed_dict={x0: -1.0, x1: -2.0}))
# ```
#
# Two differences. There, variables had to be initialised by a run of their own; ours start by themselves. And there,
# nodes went into one default graph that was always open (004 speaks of it). Whoever ran a notebook cell twice had
# everything in it twice. We open a graph for each topic, with `with`.

# %% [markdown]
# ## Only what is needed
#
# A session does not run the graph from top to bottom. It starts at the tensors that you ask for, walks back to
# everything that they need, and calculates each of these operations once. The rest sleeps. So a placeholder needs no
# value if nobody needs the placeholder:

# %%
print("p =", session.run(p, {x0: -1}), " (x1 was not fed, and nobody missed it)")
try:
    session.run(f, {x0: -1})
except ValueError as error:
    print("\nValueError:", error)

# %% [markdown]
# The error says which placeholder is missing and which line of the program made it. Keep this in mind; we come back to
# errors.

# %% [markdown]
# ## Why would anybody work like this?
#
# Because now the program is **data**. Another program can read it, before a single number is calculated. Here it is:

# %%
rows = [(op.name, op.kind.name, ", ".join(x.name for x in op.inputs), op.output.shape) for op in unit.operations]
show.table(rows, ["name", "kind", "inputs", "shape"], caption="The logistic unit as a list. This is the program.")

# %% [markdown]
# Three things can be done with such a list that are hard to do with Python code.
#
# - **Optimise it.** Merge operations that calculate the same, calculate constants once, fuse neighbours into one.
# - **Distribute it.** Give every operation a device, this one the CPU, that one a graphics card or another machine.
#   Where an edge leads from one device to another, put in a pair of operations that sends and receives.
# - **Save it.** The list and the variables' values are enough to run the network on a telephone or a server, without
#   Python and without the code that built it. 004 counts this portability among TensorFlow's strengths.
#
# And a fourth thing, which is the heart of this lecture:
#
# - **Differentiate it.** Read the graph, and write the derivatives next to it.

# %% [markdown]
# ## Gradients extend the graph
#
# In the layer school `backward` calculates gradients: numbers. Here `gradients(y, xs)` calculates nothing. It walks
# from $y$ back to the $x$s, and at every operation it adds the operations of the chain rule to the graph:
#
# $$\frac{\partial L}{\partial x} = \sum_{u \,\text{uses}\, x}
#   \Big(\frac{\partial u}{\partial x}\Big)^{\!\top} \frac{\partial L}{\partial u}$$
#
# A derivative is then a tensor like any other. It has a name and a shape and waits to be run. 004 puts it in half a
# sentence: derivatives are obtained merely by extending the graph, so that the user can always see what is calculated.

# %%
# NBVAL_CHECK_OUTPUT
before = len(unit.operations)
slopes = graph.gradients(f, [w0, w1, w2, x0, x1])
print(before, "operations before,", len(unit.operations), "after")
print(slopes[0])

# %%
graph.draw(
    {"f": f} | {f"∂f/∂{x.name}": slope for x, slope in zip([w0, w1, w2, x0, x1], slopes, strict=True)},
    alt="The graph of the logistic unit in blue above, running right, and below it in red ten new operations that run "
    "left: from a constant 1 under f through products, a division and two times minus one to the five boxes that are "
    "the derivatives by w2, x0, w0, x1 and w1. Grey arrows come down from above where a gradient needs a forward value.",
    caption="Blue: the graph as we built it. Red: what gradients added. The red band is the backward pass.",
)

# %% [markdown]
# Read the red band from the right. It starts with $\partial f/\partial f = 1$. The division $y = a/b$ has the derivative
# $-y/b$ by its lower side, which makes three red boxes. The sum $1 + u$ hands on what it gets, and so does not need a
# box at all. `exp` multiplies by its own output: there the grey arrow comes down from the blue `exp`. And at the end
# each product swaps: the derivative by $w_0$ needs $x_0$, and the other way round.
#
# The grey arrows are what the layer school does by hand when `forward` keeps a value for `backward`. Here nobody has to
# think of it. The value is an edge.
#
# Are the numbers right? Two judges: the course's own gate-by-gate walk, and PyTorch.

# %%
# NBVAL_CHECK_OUTPUT
values = session.run(slopes, {x0: -1, x1: -2})

t = [torch.tensor(v, dtype=torch.float64, requires_grad=True) for v in (2.0, -3.0, -3.0, -1.0, -2.0)]
torch.sigmoid(t[0] * t[3] + t[1] * t[4] + t[2]).backward()
walk = LogisticUnit(w=(2, -3, -3), x=(-1, -2)).gradients
for name, value, judge in zip(walk, values, t, strict=True):
    print(f"∂f/∂{name}: graph {value:+.4f}   lecture 4 {walk[name]:+.4f}   torch {judge.grad:+.4f}")
np.testing.assert_allclose(values, [judge.grad for judge in t], rtol=1e-12)

# %% [markdown]
# ### How it is done
#
# The whole mechanism has two parts. The first is a table. Every kind of operation is a line in it, with three
# functions: the shape of the output, the value of the output, and **the gradient, written with operations**. These are
# three lines of `course_pkg.graph.ops`:
#
# ```python
# mul = operation("mul", _stretched, np.multiply, lambda dy, y, a, b: _unstretch(dy * b, dy * a, a, b), "a · b")
# exp = operation("exp", _same, np.exp, lambda dy, y, x: dy * y, "e^x")
# tanh = operation("tanh", _same, np.tanh, lambda dy, y, x: dy * (1 - y * y), "tanh x")
# ```
#
# `dy * y` looks like a calculation. But `dy` and `y` are tensors, so the `*` puts a node into the graph. (`_unstretch`
# is for broadcasting: if a row was added to each row of a matrix, its gradient is the sum over all rows.)
#
# The second part is the walk. It needs some forty lines. Read the lower half at least once.

# %%
show.source(graph.gradients)

# %% [markdown]
# ## Second derivatives: ask twice
#
# The result of `gradients` is a part of the graph. So we can ask for the gradients of *that*. There is nothing new to
# program, because each rule is made of operations which have rules themselves. Take $y = \tanh x$.

# %%
with graph.Graph() as curve:
    x = graph.placeholder((None,), "x")
    y = graph.tanh(x)
    first = graph.gradients(y, x)
    second = graph.gradients(first, x)

points = np.linspace(-4, 4, 201)
values = graph.Session(curve).run([y, first, second], {x: points})
show.curves(
    {name: (points, value) for name, value in zip(("y = tanh x", "y′", "y″"), values, strict=True)},
    xlabel="x",
    ylabel="",
    alt="Three curves over x from minus 4 to 4. tanh rises from minus 1 to 1; its derivative is a bump of height 1 at "
    "0; its second derivative is positive left of 0 and negative right of it, with a peak of 0.77 on each side.",
    caption="tanh and its first two derivatives, all three from one run of one graph.",
)

# %% [markdown]
# A placeholder of shape `(None,)` takes any number of points. `None` is a length that is known only when the graph runs.
# Each $y$ depends on its own $x$ only, so the gradient of the sum of all $y$ is the derivative at every point.
#
# By hand, $y' = 1 - y^2$ and $y'' = -2\,y\,y'$. The check is made at a few points, and for $x^3$ up to the third
# derivative. PyTorch can do it too, if it is told to record its own backward pass (`create_graph=True`).

# %%
# NBVAL_CHECK_OUTPUT
at = np.array([-2.0, -0.5, 0.5, 1.0])
t = torch.tensor(at, requires_grad=True)
(once,) = torch.autograd.grad(torch.tanh(t).sum(), t, create_graph=True)
(twice,) = torch.autograd.grad(once.sum(), t)
got = graph.Session(curve).run(second, {x: at})
print("tanh″ graph:", got.round(6), "\ntanh″ torch:", twice.numpy().round(6))
with curve:
    third = graph.gradients(graph.gradients(graph.gradients(x**3, x), x), x)
print("(x³)‴ graph:", graph.Session(curve).run(third, {x: at}))
np.testing.assert_allclose(got, twice, rtol=1e-12)

# %%
with graph.Graph() as small:
    x = graph.placeholder((), "x")
    y = graph.tanh(x)
    first = graph.gradients(y, x)
    second = graph.gradients(first, x)
graph.draw(
    {"y": y, "y′": first, "y″": second},
    alt="Three bands. In blue above: x and tanh. In red in the middle: three operations and two constants 1 that "
    "make the first derivative. In purple below: eight operations and two constants 1 that make the second derivative. "
    "Grey arrows lead from tanh down into both lower bands.",
    caption="Each call of gradients adds a band. The purple band is the gradient of the red one.",
)

# %% [markdown]
# Look at the three purple multiplications in one column: all of them get an arrow from `tanh`. Two of them are the same
# calculation, because $y \cdot y$ has the same input twice and the product rule speaks once for each. The third is
# $y \cdot y$, which the red band has calculated already. This waste is what an optimiser of graphs removes. Finding it
# takes eight lines, since the program is data:


# %%
def duplicates(g):
    """Names of the operations that calculate again what an earlier one has calculated."""
    same, known = {}, {}
    for op in g.operations:
        source = "" if op.inputs or op.kind.name == "constant" else op.name
        key = (op.kind.name, source, str(op.attributes), *(same[x.op] for x in op.inputs))
        same[op] = known.setdefault(key, op)
    return [op.name for op in g.operations if same[op] is not op]


# %%
# NBVAL_CHECK_OUTPUT
found = duplicates(small)
print(len(small.operations), "operations, of which", len(found), "could be left out:")
print("\n".join(found))

# %% [markdown]
# TensorFlow's optimiser did this from the beginning; its authors describe it as *common subexpression elimination*
# (Abadi and others, 2015, section 5.1). Ours only counts.
#
# **Change it.** In the cell that draws the three curves, put `graph.sigmoid(x)` or `graph.relu(x)` in place of
# `graph.tanh(x)`. What is the second derivative of ReLU, and what does it say about methods that use it?

# %% [markdown]
# ## Training, inside the graph
#
# A step of gradient descent is $w \leftarrow w - \eta \, \frac{\partial L}{\partial w}$. The right side is made of
# operations. If the arrow is an operation as well, then the whole step is a part of the graph: `assign(w, new value)`.
#
# Here is a network with one hidden layer for the handwritten digits, complete with its training step. Nothing is
# calculated in this cell.

# %%
rng = np.random.default_rng(0)
with graph.Graph() as net:
    X, y = graph.placeholder((None, 64), "X"), graph.placeholder((None,), "y", dtype="int64")
    lr = graph.placeholder((), "lr")
    W1 = graph.Variable(rng.normal(0, np.sqrt(2 / 64), (64, 32)), "W1")
    b1 = graph.Variable(np.zeros(32), "b1")
    W2 = graph.Variable(rng.normal(0, np.sqrt(1 / 32), (32, 10)), "W2")
    b2 = graph.Variable(np.zeros(10), "b2")
    h = graph.relu(X @ W1 + b1)
    s = h @ W2 + b2
    L = graph.reduce_mean(graph.softmax_cross_entropy(s, y))
    forward = len(net.operations)
    weights = [W1, b1, W2, b2]
    slopes = graph.gradients(L, weights)
    step = [graph.assign(w, w - lr * slope) for w, slope in zip(weights, slopes, strict=True)]

# %%
# NBVAL_CHECK_OUTPUT
orders = [op.order for op in net.operations]
print(forward, "operations forward,", orders.count(1), "for the gradients,", orders.count(0) - forward, "for the step")
for w, slope in zip(weights, slopes, strict=True):
    print(f"{w.name}: shape {w.shape}, its gradient: shape {slope.shape}, {slope.name}")

# %% [markdown]
# The gradients of all four weights need 23 operations, about as many as the forward pass. And every gradient has the
# shape of its weight, which we know before anything has run.
#
# Training means: run the step, again and again, with other images. One thing has to be clear about `assign`. All
# operations of a run see the *old* values; the new ones are put in place when the run has finished. So the order of the
# four assignments does not matter. (TensorFlow 1 promised no order at all here unless you asked for one.)

# %%
digits = data.digits()
images, labels = digits.x_train.reshape(-1, 64), digits.y_train


def train(rate, steps=400):
    """Run the training step in a new session; return the session and the losses."""
    session, batches, losses = graph.Session(net), np.random.default_rng(1), []
    for _ in range(steps):
        rows = batches.choice(len(labels), 64, replace=False)
        loss, _ = session.run([L, step], {X: images[rows], y: labels[rows], lr: rate})
        losses.append(loss)
    return session, losses


# %%
runs = {rate: train(rate) for rate in (0.01, 0.1, 1.0)}
show.curves(
    {f"lr = {rate}": losses for rate, (_, losses) in runs.items()},
    alt="Loss against step for three learning rates, all starting at 2.3. With 0.01 it comes down to about 1.7 in 400 "
    "steps; with 0.1 to about 0.2; with 1.0 fastest, to below 0.1.",
    caption="One graph, three sessions. The loss of each minibatch of 64 digits.",
)

# %%
# NBVAL_CHECK_OUTPUT
for rate, (trained, losses) in runs.items():
    scores = trained.run(s, {X: digits.x_test.reshape(-1, 64)})
    accuracy = np.mean(scores.argmax(axis=1) == digits.y_test)
    print(f"lr = {rate:4}: first loss {losses[0]:.3f}, test accuracy {accuracy:.2f}")

# %% [markdown]
# Three networks were trained and there is one graph. The graph says *how* to calculate. The values of the weights belong
# to the session, and three sessions have three sets of them. The test needs no labels and no gradients, so it feeds
# only $X$, and the session runs the forward part only.
#
# **Change it.** Train with `rate=5`. And feed something else than a placeholder. A session takes a given value for any
# tensor and skips its calculation, so you can ask what the network answers if the hidden layer is all 0, without an
# image: `runs[1.0][0].run(s, {h: np.zeros((1, 32))})`. Which variable do you see?

# %% [markdown]
# ## When it goes wrong
#
# The shape of every tensor is calculated while the graph is built. A mistake is found at the line that makes it, before
# hours of training and not after.

# %%
# NBVAL_CHECK_OUTPUT
try:
    hidden = X @ W2  # the wrong weights
except graph.ShapeError as error:
    print(error)

# %% [markdown]
# What depends on lengths that are not known yet is found only in the run. Here 32 labels are fed for 64 images. Python is
# by now far away from the line with the mistake in it: it is inside `session.run`. So each operation remembers the line
# that built it.

# %%
try:
    runs[0.1][0].run(L, {X: images[:64], y: labels[:32]})
except ValueError as error:
    print(error)

# %% [markdown]
# TensorFlow 1 remembered the line as well, but its traceback went through many layers of library code first. Nor could
# one look into a calculation with `print`, since there is no value to print while the graph is built. And Python's `if`
# and `while` could not be used on values:

# %%
try:
    if f:
        print("the neuron is active")
except TypeError as error:
    print("TypeError:", error)

# %% [markdown]
# The `if` runs while the graph is being built, when `f` is not known. TensorFlow 1 had operations for it, `tf.cond` and
# `tf.while_loop`: a second language inside Python. A `for` over a fixed number of steps is fine, because it only
# builds more nodes. That is how a recurrent network is built, cell after cell.

# %% [markdown]
# ## What became of it
#
# | year | what | |
# |---|---|---|
# | 2010 | Theano | Montréal: formulas as graphs, with symbolic gradients. Its makers ended it in 2017 |
# | 2012 | DistBelief | Google's system before TensorFlow (004 names it as the origin): layers, distributed over many machines |
# | 2015 | TensorFlow | opened in November; define, then run |
# | 2017 | PyTorch | gradients from a tape that is recorded while ordinary Python runs: the dynamic school |
# | 2018 | JAX | Python functions are *traced* into a graph, which is differentiated and compiled |
# | 2019 | TensorFlow 2.0 | calculates at once ("eager"); no session. `tf.function` traces a function into a graph |
# | 2023 | PyTorch 2.0 | `torch.compile` records the operations of a running program as graphs, and compiles these |
#
# So the session is gone, and `placeholder` with it. 004 still says that TensorFlow cannot do dynamic networks. Until 2019
# they needed special operations for loops and conditions inside the graph. But the graph is back everywhere, for the reasons above. The difference is who writes it. In 2015 you
# did. Today you write ordinary code, and the graph is **recorded** from it.
#
# You can watch PyTorch do it. `torch.fx` calls a function with stand-ins for its arguments, which note what is done to
# them. Below is the logistic unit as an ordinary Python function.


# %%
def ordinary(w0, w1, w2, x0, x1):
    return 1 / (1 + torch.exp(-(w0 * x0 + w1 * x1 + w2)))


traced = [node.name for node in torch.fx.symbolic_trace(ordinary).graph.nodes if node.op == "call_function"]
built = [op.name for op in unit.operations if op.inputs and op.order == 0]
show.table(
    list(zip(built, traced, strict=True)),
    ["built by hand, course_pkg.graph", "recorded by torch.fx"],
    caption="The operations of the logistic unit, in order.",
)

# %% [markdown]
# The same eight operations in the same order. What you have learnt about the graph you can use again when you read what
# a compiler makes of your network.

# %% [markdown]
# ## Exercises
#
# **1. An operation of your own.** Softplus is $\ln(1 + e^x)$, a smooth ReLU. Its derivative is the sigmoid. Add it with
# `graph.operation(name, shape, compute, gradient)` and compare its first and second derivative with PyTorch's at
# $x = -1, 0, 2$. (NumPy has `np.logaddexp(0, x)`, which does not overflow.)
#
# <details><summary>Answer</summary>
#
# ```python
# softplus = graph.operation(
#     "softplus", lambda x: x, lambda x: np.logaddexp(0, x), lambda dy, y, x: dy * graph.sigmoid(x)
# )
# with graph.Graph() as g:
#     x = graph.placeholder((None,), "x")
#     first = graph.gradients(softplus(x), x)
#     second = graph.gradients(first, x)
# print(graph.Session(g).run([first, second], {x: [-1, 0, 2]}))
#
# t = torch.tensor([-1.0, 0.0, 2.0], dtype=torch.float64, requires_grad=True)
# (once,) = torch.autograd.grad(torch.nn.functional.softplus(t).sum(), t, create_graph=True)
# print(once, torch.autograd.grad(once.sum(), t))
# ```
#
# Both give 0.2689, 0.5, 0.8808 and 0.1966, 0.25, 0.1050. The second derivative came for nothing: the rule is written
# with `sigmoid`, and `sigmoid` has a rule.
#
# </details>
#
# **2. Newton's method.** Gradient descent looks at the slope. Newton's method looks at the curvature as well:
# $x \leftarrow x - v'(x)/v''(x)$. Build it as one `assign` for $v(x) = x^4 - 3x^3 + 2$, start at $x = 3$, and run it six
# times. Where does it arrive, and how many digits are right after each run?
#
# <details><summary>Answer</summary>
#
# ```python
# with graph.Graph() as g:
#     x = graph.Variable(3.0, "x")
#     v = x**4 - 3 * x**3 + 2
#     slope = graph.gradients(v, x)
#     newton = graph.assign(x, x - slope / graph.gradients(slope, x))
# walk = graph.Session(g)
# for _ in range(6):
#     print(walk.run(newton))
# ```
#
# It prints 2.5, 2.29, 2.2515, 2.2500019, 2.2500000000032 and 2.25. The minimum is at $9/4$, where
# $v' = 4x^3 - 9x^2 = 0$. Near it the number of right digits doubles with each run. Start at $x = 1$ and the method runs
# to $x = 0$, slowly: the slope is 0 there but it is no minimum. Newton's method looks for a slope of 0 and asks no more.
#
# </details>
#
# **3. Momentum.** Add a velocity to the training step: $v \leftarrow 0.9\,v - \eta\,\partial L / \partial w$, then
# $w \leftarrow w + v$ with the **new** $v$. A colleague writes
# `[graph.assign(v, 0.9 * v - lr * slope), graph.assign(w, w + v)]`. What does this do instead, and how do you repair it?
#
# <details><summary>Answer</summary>
#
# All operations of a run see the old values. So `w + v` uses the velocity of the step before: each gradient arrives one
# step late. `assign` returns the new value as a tensor. Use that:
#
# ```python
# with net:
#     momentum = []
#     for w, slope in zip(weights, slopes):
#         v = graph.Variable(np.zeros(w.shape))
#         new_v = graph.assign(v, 0.9 * v - lr * slope)
#         momentum += [new_v, graph.assign(w, w + new_v)]
# ```
#
# The edge from `new_v` to the sum says in which order things happen. In a graph, order is never a matter of lines in a
# file. It is a matter of edges.
#
# </details>

# %% [markdown]
# ## What to read next
#
# - Abadi and others, *TensorFlow: Large-scale machine learning on heterogeneous distributed systems*, white paper, 2015.
#   Section 4.1 is the gradient by extending the graph, 4.2 the part that is needed, 5.1 the duplicates.
# - Bergstra and others, *Theano: a CPU and GPU math expression compiler*, SciPy 2010: where it began.
# - Agrawal and others, *TensorFlow Eager: a multi-stage, Python-embedded DSL for machine learning*, SysML 2019: why the
#   session went.
# - Frostig, Johnson and Leary, *Compiling machine learning programs via high-level tracing*, SysML 2018: JAX.
# - Ansel and others, *PyTorch 2: Faster machine learning through dynamic Python bytecode transformation and graph
#   compilation*, ASPLOS 2024: `torch.compile`.
#
# The code of this lecture is `course_pkg.graph`. Its table of operations, `ops.py`, is made to be read.
#
# **Next:** [the dynamic school](03_three_schools.ipynb), and one network in all three schools.
