# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Backpropagation: who is to blame, and by how much
#
# Gradient descent needs the derivative of the loss by every weight. This lecture finds all of them with one walk
# backward through the network.
#
# **You will be able to**
#
# - draw a formula as a computational graph (计算图) and find every derivative on it, gate by gate;
# - name the six local derivatives that the first example needs;
# - calculate the gradients of a small network by hand: forward, backward, update;
# - find a mistake in a published derivation, prove that it is one, and measure what it costs;
# - say why one walk backward replaces many walks forward.
#
# Time: about 40 minutes. You need [lecture 3](03_gradient_descent.ipynb) and the chain rule (链式法则) for a function
# of a function: $\frac{d}{dx} f(g(x)) = f'(g(x)) \cdot g'(x)$.

# %%
from itertools import pairwise

import numpy as np
import torch

from course_pkg import show, widgets
from course_pkg.backprop import RULES, LogisticUnit, Network222
from course_pkg.show import COLOURS

# %% [markdown]
# ## Play first
#
# This small network gets two numbers on the left and gives two numbers on the right. Press *Next* until you see the
# Error. Then go on: the steps turn round and walk back, and each weight gets a number δ that says how the Error would
# change if this weight grew a little. You need not understand the formulas yet. Watch the order in which things become
# known.

# %%
widgets.Backprop222()

# %% [markdown]
# ## Why backward
#
# The output of a network is wrong. Which weight caused it? Nearly all of them took part, some more, some less, some
# in the wrong direction. The deck (001) says it like this: the error at the output is handed back and shared out among
# the units, so that each unit answers for its part. The name is **error backpropagation** (误差反向传播), BP for short.
#
# To share out fairly we need a number for each weight $w$: the derivative
# $\frac{\partial Error}{\partial w}$. A formula for the whole network would be long and would have to be found anew
# for every network. It is better to cut the calculation into pieces so small that the derivative of each piece is
# known by heart. The chain rule then puts them together.

# %% [markdown]
# ## One neuron, gate by gate
#
# Here is one neuron with a sigmoid:
#
# $$f(w, x) = \frac{1}{1 + e^{-(w_0x_0 + w_1x_1 + w_2)}}$$
#
# A computer calculates it one operation at a time. Call each operation a **gate** (门), give its result a letter, and
# you have the computational graph. The course's `LogisticUnit` holds it, with the numbers
# $w = (2, -3, -3)$ and $x = (-1, -2)$.

# %%
unit = LogisticUnit(w=(2, -3, -3), x=(-1, -2))
steps = unit.steps()
show.table(
    [(s.name, s.formula, s.substituted, s.value) for s in steps if s.phase == "forward"],
    ["result", "formula", "with numbers", "value"],
    caption="Forward: each gate uses only results that are already there.",
)

# %% [markdown]
# Now the drawing. The blue number **above** an edge is the value that flows forward, from left to right. The red
# number **below** it is the derivative of $f$ by this value. It flows backward, from right to left. It begins with 1.00
# at the far right, because $\frac{\partial f}{\partial f} = 1$.

# %% jupyter={"source_hidden": true}
value = dict(w0=unit.w[0], w1=unit.w[1], w2=unit.w[2], x0=unit.x[0], x1=unit.x[1]) | {s.name: s.value for s in steps}
inputs = {"w0": (0, 5.2), "x0": (0, 3.8), "w1": (0, 2.6), "x1": (0, 1.2), "w2": (0, 0)}
gates = {"p": (2, 4.5, "×"), "q": (2, 1.9, "×"), "r": (4, 3.2, "+"), "s": (6, 1.9, "+"), "t": (8, 1.9, "×(−1)")}
gates |= {"u": (10, 1.9, "exp"), "v": (12, 1.9, "1+"), "f": (14, 1.9, "1/x"), "out": (15.6, 1.9, "f")}
ends = "w0 p, x0 p, w1 q, x1 q, p r, q r, r s, w2 s, s t, t u, u v, v f, f out"
edges = [edge.split() for edge in ends.split(", ")]
show.graph(
    {name: (*place, name) for name, place in inputs.items()} | gates,
    [(a, b, f"{value[a]:.2f}", f"{value['∂f/∂' + a]:.2f}") for a, b in edges],
    width=11,
    alt="Graph of the logistic unit. Five inputs on the left meet in two products and two sums, then pass times minus "
    "one, exp, one plus and one over x; the output is 0.73. Below the edges stand the gradients: 1.00 at the output, "
    "then minus 0.53 twice, minus 0.20, and 0.20 at the sum; at w0 minus 0.20, x0 0.39, w1 minus 0.39, x1 minus 0.59, "
    "w2 0.20.",
    caption="Above each edge: the value, forward. Below: the derivative of f by it, backward.",
)

# %% [markdown]
# ## The six local derivatives
#
# Every gate needs to know one thing only: how its own output changes with its own input. That is its **local
# derivative** (局部导数). The walk through this graph uses six rules, and the deck shows each beside the gate that needs
# it.
#
# | gate | local derivative | in words |
# |---|---|---|
# | $f(x) = 1/x$ | $-1/x^2$ | |
# | $f(x) = c + x$ | $1$ | a constant added changes nothing |
# | $f(x) = e^x$ | $e^x$ | its own derivative |
# | $f(x) = ax$ | $a$ | a constant factor stays |
# | $f(x, x') = x + x'$ | $1$ for each | **a sum hands on what it gets, to both sides** |
# | $f(x, x') = x \cdot x'$ | $x'$ for $x$, and $x$ for $x'$ | **a product multiplies by the other input** |
#
# The walk backward is the same small act at every gate. From the right arrives the **upstream** gradient: how $f$
# changes with this gate's output. Multiply it by the local derivative. The product is the **downstream** gradient, and
# it is the upstream gradient of the next gate.
#
# $$\underbrace{\frac{\partial f}{\partial x}}_{\text{downstream}} =
#   \underbrace{\frac{\partial f}{\partial z}}_{\text{upstream}} \cdot
#   \underbrace{\frac{\partial z}{\partial x}}_{\text{local}} \qquad \text{for a gate } z = z(x)$$

# %%
show.table(
    [(s.name, s.rule, s.upstream, s.local, s.value) for s in steps if s.rule and s.phase == "backward"],
    ["gradient", "rule", "upstream", "local", "upstream × local"],
    caption="Backward: the last gate first.",
)

# %% [markdown]
# Read the table beside the drawing. The first line is the gate $f = 1/v$. Its input is $v = 1.37$, so its local
# derivative is $-1/1.37^2 = -0.53$. Times the 1 that arrives, this is $-0.53$. The next gate adds a constant and hands
# the number on as it is. And so on, until every input has its number.
#
# The next cell prints the five gradients and compares them with a judge that knows nothing of gates: it moves each
# input by $10^{-6}$ to both sides and looks what $f$ does (finite differences, lecture 1).

# %%
# NBVAL_CHECK_OUTPUT
numbers = np.array([*unit.w, *unit.x])
print(f"f = {unit.value:.2f}")
for i, name in enumerate(("w0", "w1", "w2", "x0", "x1")):
    step = np.zeros(5)
    step[i] = 1e-6
    high, low = (LogisticUnit(n[:3], n[3:]).value for n in (numbers + step, numbers - step))
    print(f"df/d{name}: backward {unit.gradients[name]:+.4f}   finite difference {(high - low) / 2e-6:+.4f}")
print("rules used:", len({s.rule for s in steps if s.rule}), "of", len(RULES))

# %% [markdown]
# Two patterns are worth keeping.
#
# - At the sum $s = r + w_2$ the same 0.20 appears on both incoming edges. Sums copy.
# - At the product $p = w_0 x_0$ the number at $w_0$ is $0.20 \cdot x_0$ and the number at $x_0$ is $0.20 \cdot w_0$.
#   Products swap. So a weight whose input is 0 gets no gradient at all, and a large input means a large gradient for
#   its weight.
#
# The last four gates together are the sigmoid. Their product is $f(1 - f) = 0.73 \cdot 0.27 = 0.20$, the derivative
# from [lecture 1](01_neuron.ipynb). How finely you cut is up to you: one gate "sigmoid" gives the same numbers as four
# small ones.

# %% [markdown]
# **A remark on the slides.** The deck (001) prints $w_2x_2$ for the last summand on all 17 slides of this walk. Its
# drawings are lost in our copy. The example with these numbers is known from Stanford's course CS231n, where the last
# summand is $w_2$ alone, a bias, and we follow that. Both agree when the third input is the constant $x_2 = 1$:
# the derivative by $w_2$ is then $0.20 \cdot x_2 = 0.20$ in either reading.
#
# **Change it.** In the cell `unit = LogisticUnit(...)` above, set `w=(2, -3, 3)` and run the cells again. The output
# goes to nearly 1. What happens to all five gradients, and which gates are the reason?
#
# <details><summary>Answer</summary>
#
# They nearly vanish: the gradient at the sum is now $f(1-f) = 0.0009$, and everything further left is multiplied by it.
# The four gates of the sigmoid let almost nothing through when the sum is far from 0. One says that the neuron is
# saturated (饱和).
#
# </details>

# %% [markdown]
# ## When a value is used twice
#
# In a graph with branches one value can go to two places. It then influences the result along two paths, and the
# influences add up:
#
# $$\frac{\partial f}{\partial x} = \frac{\partial f}{\partial a}\frac{\partial a}{\partial x} +
#   \frac{\partial f}{\partial b}\frac{\partial b}{\partial x}
#   \qquad \text{if } x \text{ goes into } a \text{ and into } b.$$
#
# The shortest example is $x \cdot x$. The product rule gives $x$ for the first edge and $x$ for the second. Together
# $2x$, as it must be. A network is full of such branches: every hidden unit speaks to every output unit. Keep the sum
# over paths in mind. The mistake that we will find later sits exactly there.

# %% [markdown]
# ## A network with two layers: forward
#
# The second example of the deck has two inputs, two hidden units and two outputs, all of them sigmoid, without biases.
# Eight weights, numbered like this:
#
# $$In_{h_1} = w_1 x_1 + w_3 x_2 \qquad In_{h_2} = w_2 x_1 + w_4 x_2 \qquad h_i = \mathrm{sigmoid}(In_{h_i})$$
# $$In_{o_1} = w_5 h_1 + w_7 h_2 \qquad In_{o_2} = w_6 h_1 + w_8 h_2 \qquad o_i = \mathrm{sigmoid}(In_{o_i})$$
# $$Error = \tfrac{1}{2} \sum_{i=1}^2 (o_i - y_i)^2$$
#
# The input is $x = (0.5, 0.3)$ and the target is $y = (0.23, -0.07)$.

# %%
# NBVAL_CHECK_OUTPUT
network = Network222(x=(0.5, 0.3), y=(0.23, -0.07), w=(0.2, -0.4, 0.5, 0.6, 0.1, -0.5, -0.3, 0.8), lr=1.0)
for s in network.steps():
    if s.phase == "forward":
        print(s)
h1, h2, o1, o2, error = (network.forward()[name] for name in ("h1", "h2", "o1", "o2", "Error"))
print(f"\nrounded: h = ({h1:.2f}, {h2:.2f})   o = ({o1:.2f}, {o2:.2f})   Error = {error:.2f}")

# %% [markdown]
# These are the deck's numbers. One thing looks odd and is worth a thought before we train: the second target is
# $-0.07$, but a sigmoid is always above 0. This network can never reach its target. We come back to that.

# %% [markdown]
# ## Backward: the output weights
#
# Take $w_5$. It acts on the Error along one path only: $w_5 \to In_{o_1} \to o_1 \to Error$. Three local derivatives,
# multiplied:
#
# $$\delta_5 = \frac{\partial Error}{\partial w_5} =
#   \underbrace{(o_1 - y_1)}_{\partial Error / \partial o_1} \cdot
#   \underbrace{o_1 (1 - o_1)}_{\partial o_1 / \partial In_{o_1}} \cdot
#   \underbrace{h_1}_{\partial In_{o_1} / \partial w_5}$$
#
# The deck writes $\delta_i$ for $\frac{\partial Error}{\partial w_i}$, and so do we in this example. The other three
# output weights work in the same way. They share the first two factors in pairs, so nothing needs to be calculated
# twice.

# %%
# NBVAL_CHECK_OUTPUT
for s in network.steps():
    if s.name in ("δ5", "δ6", "δ7", "δ8"):
        print(s)
gradients = network.gradients()
print("\nrounded:", ", ".join(f"{name} = {gradients[name]:.2f}" for name in ("δ5", "δ6", "δ7", "δ8")))

# %% [markdown]
# ## Backward: the hidden weights
#
# $w_1$ acts on the Error along **two** paths, because $h_1$ goes into both outputs. First find how the Error changes
# with $h_1$, as the sum over both paths:
#
# $$\frac{\partial Error}{\partial h_1} =
#   (o_1 - y_1)\, o_1(1 - o_1) \cdot \underbrace{w_5}_{\partial In_{o_1} / \partial h_1} +
#   (o_2 - y_2)\, o_2(1 - o_2) \cdot \underbrace{w_6}_{\partial In_{o_2} / \partial h_1}$$
#
# Then go on as before, through the hidden unit's sigmoid and to the weight:
#
# $$\delta_1 = \frac{\partial Error}{\partial h_1} \cdot h_1(1 - h_1) \cdot x_1$$
#
# Look at the factors $w_5$ and $w_6$. Forward, the weights carry values from $h$ to $o$. Backward, the same weights
# carry blame from $o$ to $h$.

# %%
# NBVAL_CHECK_OUTPUT
for s in network.steps():
    if s.phase == "backward" and s.name in ("∂Error/∂h1", "∂Error/∂h2", "δ1", "δ2", "δ3", "δ4"):
        print(s)

# %% [markdown]
# ## Where the sources are wrong: the deck's δ1 to δ4
#
# The deck writes the chain rule for $w_1$ correctly, term by term, and then makes a last step:
#
# $$\delta_1 = (\delta_5 + \delta_6) \cdot h_1(1 - h_1) \cdot x_1 \qquad \text{(the slide; wrong)}$$
#
# It takes the brackets above for $\delta_5 + \delta_6$. Compare the factors. The bracket ends in
# $\frac{\partial In_{o_1}}{\partial h_1} = w_5$. But $\delta_5$ ends in
# $\frac{\partial In_{o_1}}{\partial w_5} = h_1$. One is the weight, the other is the value that the weight multiplies.
#
# Here are both calculations, and two judges that know neither: PyTorch's autograd and finite differences.


# %%
def error_of(w, x=(0.5, 0.3), y=(0.23, -0.07)):
    h = torch.sigmoid(torch.tensor(x, dtype=torch.float64) @ w[:4].reshape(2, 2))
    o = torch.sigmoid(h @ w[4:].reshape(2, 2))
    return 0.5 * ((o - torch.tensor(y, dtype=torch.float64)) ** 2).sum()


w = torch.tensor(network.w, dtype=torch.float64, requires_grad=True)
error_of(w).backward()
autograd = w.grad.numpy()

steps_of_w = 1e-6 * np.eye(8)
finite = [
    (Network222(w=network.w + d).forward()["Error"] - Network222(w=network.w - d).forward()["Error"]) / 2e-6
    for d in steps_of_w
]

# %%
# NBVAL_CHECK_OUTPUT
right, slide = network.gradients(), network.slide_gradients()
print("      slide    chain rule   autograd   finite differences")
for i, name in enumerate(right):
    print(f"{name}  {slide[name]:+.4f}    {right[name]:+.4f}     {autograd[i]:+.4f}       {finite[i]:+.4f}")
np.testing.assert_allclose(list(right.values()), autograd, rtol=1e-12)
flipped = [name for name in right if right[name] * slide[name] < 0]
print("\nsign is the other way round:", ", ".join(flipped))

# %% [markdown]
# The right values are
#
# $$\delta_1 = -0.0084 \qquad \delta_2 = 0.0126 \qquad \delta_3 = -0.0051 \qquad \delta_4 = 0.0076$$
#
# The slide prints 0.01 for all four. Two of them, $\delta_2$ and $\delta_4$, happen to round to the printed number
# anyway. $\delta_1$ and $\delta_3$ have the **wrong sign**: following the slide, $w_1$ and $w_3$ move in the direction
# that makes the Error larger.
#
# Why is the mistake so easy to make? In most books $\delta$ stands for something else, the derivative by a unit's
# *sum*: $\delta_{o_1} = \frac{\partial Error}{\partial In_{o_1}}$. With those letters the rule reads
# $\delta_1 = (\delta_{o_1} w_5 + \delta_{o_2} w_6)\, h_1(1-h_1)\, x_1$, and it is easy to remember the sum and lose the
# weights. In the lectures after this one $\delta$ always means what arrives from upstream.
#
# **Change it.** The widget at the top shows both calculations side by side: tick *show the slide's wrong δ1 … δ4*. Give
# it other weights, for instance `widgets.Backprop222(w=(0.2, -0.4, 0.5, 0.6, 0.1, 0.5, 0.3, 0.8))`, where all output
# weights are positive. Do the signs still differ, and why?
#
# <details><summary>Answer</summary>
#
# No, all four signs agree now, and only the sizes are wrong. The slide uses $h_1$ and $h_2$ in place of the output
# weights, and these are outputs of a sigmoid, always positive. So the slide calculates as if all output weights were
# positive.
#
# </details>

# %% [markdown]
# ## Does the mistake matter?
#
# Let us not guess. Train the same network twice, once with the right gradients and once with the slide's, from the same
# start, with $\eta = 1$.
#
# For that we want something faster than steps with names. With the weights in two matrices,
# $W^{(1)} = \begin{pmatrix} w_1 & w_2 \\ w_3 & w_4 \end{pmatrix}$ and
# $W^{(2)} = \begin{pmatrix} w_5 & w_6 \\ w_7 & w_8 \end{pmatrix}$, the whole backward pass is four lines. The slide's
# mistake is one word in it: $h$ where $W^{(2)}$ belongs. The function works on many networks at once, so that we can
# repeat the experiment.


# %%
def sigmoid(a):
    return 1 / (1 + np.exp(-a))


def backward(W1, W2, x, y, slide=False):
    """Errors and gradients of many 2-2-2 networks: W1, W2 are (runs, 2, 2), x is (2,), y is (runs, 2)."""
    h = sigmoid(x @ W1)
    o = sigmoid((h[:, None] @ W2)[:, 0])
    delta_o = (o - y) * o * (1 - o)
    back = h[:, :, None] if slide else W2
    delta_h = (back * delta_o[:, None]).sum(axis=2) * h * (1 - h)
    return 0.5 * ((o - y) ** 2).sum(axis=1), x[:, None] * delta_h[:, None], h[:, :, None] * delta_o[:, None]


# %%
def train(W1, W2, x, y, *, slide=False, iterations=300, freeze_output=False):
    errors = []
    for _ in range(iterations):
        error, dW1, dW2 = backward(W1, W2, x, y, slide)
        errors.append(error)
        W1, W2 = W1 - dW1, W2 - (0 if freeze_output else dW2)
    return np.array(errors)


# %%
W = np.array(network.w).reshape(2, 1, 2, 2)
x, y = np.array(network.x), np.array([network.y])
_, dW1, dW2 = backward(*W, x, y)
np.testing.assert_allclose(np.concatenate([dW1.ravel(), dW2.ravel()]), autograd, rtol=1e-12)

both = {rule: train(*W, x, y, slide=rule == "slide", iterations=1000)[:, 0] for rule in ("chain rule", "slide")}
show.curves(
    both,
    log=True,
    ylabel="Error",
    alt="Error against iteration for both rules, falling. They start together at 0.21. From about iteration ten on the "
    "slide's curve lies above the chain rule's, and stays above for all thousand iterations.",
    caption="The 2-2-2 network trained with the right gradients and with the slide's. Both learn; the slide's is slower.",
)

# %%
# NBVAL_CHECK_OUTPUT
for goal in (0.1, 0.03, 0.01, 0.005):
    first = {rule: int(np.argmax(errors < goal)) for rule, errors in both.items()}
    print(f"Error below {goal:5}: chain rule after {first['chain rule']:3} iterations, slide after {first['slide']:3}")

# %% [markdown]
# The honest answer for this example: the mistake does not stop the training, it slows it down. A look at the numbers
# says why. The output weights $w_5$ to $w_8$ get the right gradients either way, and they do most of the work here.
# Someone who only watches the Error fall will not notice anything. That is why wrong gradients are so treacherous, and
# why [the next lecture](05_layers.ipynb) checks every single one.
#
# To see what the slide's rule is worth by itself, hold the output weights still and let only $w_1$ to $w_4$ learn. And
# do not trust one example: take 200 random networks with random targets between 0.1 and 0.9, which a sigmoid can reach.

# %%
rng = np.random.default_rng(0)
starts = rng.normal(size=(2, 200, 2, 2))
targets = rng.uniform(0.1, 0.9, size=(200, 2))
change = {}
for rule in ("chain rule", "slide"):
    errors = train(*starts, x, targets, slide=rule == "slide", freeze_output=True)
    change[rule] = errors[-1] / errors[0]

# %% jupyter={"source_hidden": true}
fig, ax = show.new_figure(size=(6.4, 3.2))
bins = 10 ** np.arange(-1.2, 0.55, 0.1)
for (rule, ratios), colour in zip(change.items(), ("blue", "red"), strict=True):
    ax.hist(ratios.clip(bins[0], bins[-1]), bins, alpha=0.6, color=COLOURS[colour], label=rule)
ax.axvline(1, color="black", lw=1)
ax.set(xscale="log", xlabel="Error after training / Error before", ylabel="networks")
ax.set_xticks([0.1, 0.2, 0.5, 1, 2], ["0.1", "0.2", "0.5", "1", "2"])
ax.legend()
show.figure(
    fig,
    alt="Two histograms of the ratio of Error after to before training, on a logarithmic axis. The chain rule's ratios "
    "all lie left of 1. The slide's ratios lie on both sides of 1, about half of them to the right.",
    caption="Only the hidden weights learn, 300 iterations, 200 random networks. Right of the line the Error grew.",
)

# %%
# NBVAL_CHECK_OUTPUT
for rule, ratios in change.items():
    print(f"{rule:10}: the Error grew in {np.sum(ratios > 1):3} of 200 networks")

# %% [markdown]
# With the right gradients the Error never grows. With the slide's rule it grows about as often as it falls. So the rule
# carries hardly any information about which way the hidden weights should go.
#
# There is a footnote to this. The slide's rule is backpropagation with other weights on the way back. Lillicrap and
# others (2016) showed that networks can learn even with fixed *random* weights on the way back, because the forward
# weights slowly turn towards them. So a wrong backward pass that still learns is no miracle. It is still not the
# gradient.

# %% [markdown]
# ## Update, and round again
#
# Now every weight takes its step, $w_i' = w_i - \eta\,\delta_i$, all at the same time.

# %%
# NBVAL_CHECK_OUTPUT
for s in network.steps():
    if s.phase == "update":
        print(s)
second = network.updated()
before, after = network.forward()["Error"], second.forward()["Error"]
print(f"\nError: {before:.4f} → {after:.4f}, a drop of {before - after:.4f}")
print(f"lecture 3 predicted η·(sum of all δ²) = {sum(d**2 for d in right.values()):.4f}")

# %% [markdown]
# The drop is close to what the Taylor expansion of [lecture 3](03_gradient_descent.ipynb) promised,
# $\eta\,\|\nabla Error\|^2$. Not equal, because the step is not infinitely small.
#
# The second iteration is the same walk with the new weights (*Next iteration* in the widget). Forward, backward, update:
# that is the whole of training.

# %%
show.table(
    [
        (name, before, after)
        for (name, before), after in zip(
            (network.forward() | network.gradients()).items(),
            (second.forward() | second.gradients()).values(),
            strict=True,
        )
    ],
    ["", "first iteration", "second iteration"],
    caption="The same quantities before and after the first update.",
)

# %% [markdown]
# ## Where training ends
#
# The target $-0.07$ is out of reach: $o_2$ can come close to 0 but not below. The best that can happen is
# $o_1 = 0.23$ and $o_2 \to 0$. Then the Error is $\frac{1}{2} \cdot 0.07^2 = 0.00245$. It can never be smaller.

# %%
errors = train(*W, x, y, iterations=20_000)[:, 0]
fig, ax = show.new_figure(size=(6.4, 3.2))
ax.plot(np.arange(1, len(errors) + 1), errors)
ax.axhline(0.07**2 / 2, color=COLOURS["red"], lw=1.5, ls="--", label="½ · 0.07² = 0.00245")
ax.set(xscale="log", yscale="log", xlabel="iteration", ylabel="Error")
ax.legend()
show.figure(
    fig,
    alt="Error against iteration on logarithmic axes. It falls fast until about iteration 100 and then flattens out "
    "just above the dashed line at 0.00245, which it does not cross.",
    caption="Training approaches the smallest Error that a sigmoid output can have here, and stays above it.",
)
print(f"Error after {len(errors)} iterations: {errors[-1]:.5f}")

# %% [markdown]
# The end is slow for a reason that is already in the table of derivatives. The sigmoid's local derivative is
# $o_2(1 - o_2)$. When $o_2$ approaches 0, so does this factor, and hardly any gradient gets through. A target that the
# output unit cannot produce is a mistake in the design: choose targets between 0 and 1, or an output unit without
# sigmoid.

# %% [markdown]
# ## Why not simply move each weight?
#
# Finite differences need no derivation at all. For a network with $P$ weights they move each weight up and down: $2P$
# passes through the network. The backward pass gives all $P$ derivatives in **one** pass, because every upstream
# gradient is calculated once and used by everything before it.
#
# How expensive is the one pass? In a layer with $P$ weights the forward pass needs $P$ multiplications, one a weight.
# The backward pass needs $2P$: once for the gradients of the weights, once to hand the gradient on to the input. The
# next cell counts multiplications in the weights for three networks, among them the one with 784 inputs that the deck
# draws (we take 100 hidden and 10 output units).

# %%
rows = []
for sizes in ((2, 2, 2), (784, 100, 10), (784, 1000, 1000, 10)):
    weights = sum(a * b for a, b in pairwise(sizes))
    by_differences, by_backward = 2 * weights * weights, 3 * weights
    rows.append(("-".join(map(str, sizes)), f"{weights:,}", f"{2 * weights:,}", f"{by_differences / by_backward:,.0f}"))
show.table(
    rows,
    ["network", "weights P", "passes by finite differences", "times the work of forward + backward"],
    caption="What one gradient costs. Backpropagation always needs one forward and one backward pass.",
)

# %% [markdown]
# For the 2-2-2 network it hardly matters. For a network of a million weights it is the difference between a second and
# a week. The idea is older than its fame: Linnainmaa
# described this way of collecting derivatives in 1970 (in English in 1976), and Rumelhart, Hinton and Williams made it known for networks in
# 1986.
#
# Finite differences keep one job: they are slow and they cannot be wrong in the same way. They are the judge.

# %% [markdown]
# ## Exercises
#
# **1. A new gate.** The gate $\max(x, x')$ gives the larger of its two inputs. What are its local derivatives? What
# does it do with the gradient that arrives? (You will need this for pooling in lecture 6.)
#
# <details><summary>Answer</summary>
#
# If $x > x'$ then a small change of $x$ passes through and a small change of $x'$ does nothing: the derivatives are 1
# for $x$ and 0 for $x'$, and the other way round if $x' > x$. The gate sends the whole gradient to the larger input and
# nothing to the other. A sum copies, a product swaps, a maximum chooses.
#
# </details>
#
# **2. When is the slide right?** Find weights $w_5, w_6, w_7, w_8$ for which the slide's rule gives the correct
# $\delta_1$ to $\delta_4$. Check with `Network222(w=...)`.
#
# <details><summary>Answer</summary>
#
# The slide has $h_1$ where $w_5$ and $w_6$ belong, and $h_2$ where $w_7$ and $w_8$ belong. So it is right if
# $w_5 = w_6 = h_1$ and $w_7 = w_8 = h_2$. The hidden values do not depend on these weights, so we can just set them:
#
# ```python
# special = Network222(w=(0.2, -0.4, 0.5, 0.6, h1, h1, h2, h2))
# print(special.gradients())
# print(special.slide_gradients())
# ```
#
# Both print the same. After one update the weights have changed and the rule is wrong again.
#
# </details>
#
# **3. A target within reach.** Train with $y = (0.23, 0.07)$ in place of $(0.23, -0.07)$, for 1,000 iterations:
# `train(*W, x, np.array([[0.23, 0.07]]), iterations=1000)[-1]`. What is the Error, and why is it so much smaller?
#
# <details><summary>Answer</summary>
#
# It is about $3 \cdot 10^{-7}$ and still falling, against 0.0032 with the old target. Both targets are now values that a
# sigmoid can take, so the smallest Error is 0, and the factor $o_2(1-o_2)$ stays near $0.07 \cdot 0.93$ and does not
# vanish.
#
# </details>

# %% [markdown]
# ## What to read next
#
# - Rumelhart, Hinton and Williams, *Learning representations by back-propagating errors*, Nature 323, 1986. Four pages,
#   readable after this lecture.
# - Linnainmaa, *Taylor expansion of the accumulated rounding error*, BIT 16, 1976: the same idea, before networks.
# - Baydin, Pearlmutter, Radul and Siskind, *Automatic differentiation in machine learning: a survey*, JMLR 18, 2018.
# - Lillicrap, Cownden, Tweed and Akerman, *Random synaptic feedback weights support error backpropagation for deep
#   learning*, Nature Communications 7, 2016.
#
# Next: [Layers](05_layers.ipynb). The same walk, in pieces large enough to build with.
