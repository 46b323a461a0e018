# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # One neuron, and why one is not enough
#
# A neural network is made of one small part, repeated. This lecture takes the part in the hand, and finds what a
# single one cannot do.
#
# **You will be able to**
#
# - say what a neuron computes, and compute it by hand;
# - draw sigmoid, tanh and ReLU with their derivatives, and check a derivative with finite differences;
# - train a perceptron, and say which problems it can and cannot learn;
# - prove that no single neuron computes XOR, and show how a hidden layer does it;
# - say why layers without activation functions are of no use.
#
# Time: about 35 minutes. You need a little Python and the idea of a derivative, nothing else.

# %%
import numpy as np
import torch

from course_pkg import data, nn, show, widgets
from course_pkg.show import COLOURS

# %% [markdown]
# ## Play first
#
# Each curve below answers one question: a neuron has collected the number $x$ from its inputs, what does it send on?
# Move $x$ and choose another function. The left curve is the answer. The right curve, the derivative, says how much
# the answer changes when $x$ changes a little. Look for the places where it is near 0.

# %%
widgets.Activations("sigmoid", x=0.5)

# %% [markdown]
# ## What a neuron computes
#
# A **neuron** (神经元) gets numbers $a_1, \dots, a_n$ from the neurons before it. It does two things.
#
# 1. It adds them up, each times a **weight** (权重): $\; In = \sum_{i=1}^n w_i \, a_i$
# 2. It sends the sum through an **activation function** (激活函数) $g$: $\; Out = g(In)$
#
# Usually a **bias** (偏置) $b$ is added to the sum. It moves the point at which the neuron starts to respond. One can
# think of it as one more weight, on an input that is always 1. These are the letters of the Zhejiang University deck
# (001), and we keep them.

# %% jupyter={"source_hidden": true}
fig, ax = show.new_figure(size=(7, 2.9))
for y, i in ((1.0, "1"), (0.0, "2"), (-1.0, "n")):
    ax.annotate("", (2.32, y * 0.13), (0.3, y), arrowprops={"arrowstyle": "-|>", "color": COLOURS["blue"], "lw": 2})
    ax.text(0, y, f"$a_{i}$", ha="center", va="center", fontsize=15)
    ax.text(1.2, y * 0.62 + 0.16, f"$w_{i}$", ha="center", fontsize=13, color=COLOURS["blue"])
ax.text(0, -0.5, "⋮", ha="center", va="center", fontsize=14)
box = {"boxstyle": "round,pad=0.7", "fc": "white", "lw": 2}
ax.text(2.7, 0, r"$\sum$", ha="center", va="center", fontsize=17, bbox={**box, "ec": COLOURS["blue"]})
ax.text(5.0, 0, "$g$", ha="center", va="center", fontsize=17, bbox={**box, "ec": COLOURS["red"]})
for start, end, label in ((3.08, 4.66, "$In$"), (5.34, 6.9, "$Out$")):
    ax.annotate("", (end, 0), (start, 0), arrowprops={"arrowstyle": "-|>", "lw": 2})
    ax.text((start + end) / 2, 0.14, label, ha="center", fontsize=14)
ax.text(2.7, -0.72, "weighted sum", ha="center", color=COLOURS["blue"])
ax.text(5.0, -0.72, "activation", ha="center", color=COLOURS["red"])
ax.set(xlim=(-0.3, 7), ylim=(-1.25, 1.25))
ax.axis("off")
show.figure(
    fig,
    alt="A neuron drawn from left to right: inputs a1, a2 to an, each on an arrow with its weight, meet in a box that "
    "adds them up to In; In goes through a box g, the activation function, and leaves as Out.",
    caption="A neuron: a weighted sum, then an activation function.",
)

# %% [markdown]
# In NumPy the sum is a dot product. The numbers below belong to a neuron that you will meet again in
# [lecture 4](04_backpropagation.ipynb): $a = (0.5, 0.3)$, $w = (0.2, 0.5)$, and $g$ the sigmoid.

# %%
# NBVAL_CHECK_OUTPUT
a = np.array([0.5, 0.3])
w = np.array([0.2, 0.5])
In = w @ a
Out = 1 / (1 + np.exp(-In))
print(f"In  = 0.2·0.5 + 0.5·0.3 = {In:.4f}")
print(f"Out = 1 / (1 + e^-In)   = {Out:.4f}")

# %% [markdown]
# What does this look like for all inputs at once? With two inputs, $In = 0$ is a straight line in the plane. The
# activation function turns the line into a slope: low on one side, high on the other. The weights say which way the
# slope faces (straight across the line, along $w$) and how steep it is. The bias moves the line.

# %% jupyter={"source_hidden": true}
grid = np.linspace(-3, 3, 121)
a1, a2 = np.meshgrid(grid, grid)
neurons = {"w = (1, 1), b = 0": (1, 1, 0), "w = (4, 4), b = 0": (4, 4, 0), "w = (1, 1), b = 2": (1, 1, 2)}
fig, axes = show.new_figure(1, 3, size=(9.6, 3.3), sharey=True)
for ax, (title, (w1, w2, b)) in zip(axes, neurons.items(), strict=True):
    In = w1 * a1 + w2 * a2 + b
    shade = ax.contourf(a1, a2, nn.activation("sigmoid", In), levels=np.linspace(0, 1, 21), cmap="RdBu_r")
    ax.contour(a1, a2, In, levels=[0], colors="black")
    ax.set(title=title, xlabel="$a_1$", xticks=(-3, 0, 3), yticks=(-3, 0, 3), aspect="equal")
axes[0].set_ylabel("$a_2$")
fig.colorbar(shade, ax=axes, label="Out", ticks=(0, 0.5, 1))
show.figure(
    fig,
    alt="Three maps of a sigmoid neuron's output over the plane of its two inputs. With weights 1 and 1 a gentle slope "
    "rises across the diagonal line In = 0. With weights 4 and 4 the same line is a sharp step. With bias 2 the gentle "
    "slope has moved to the lower left.",
    caption="Out over the plane of inputs, blue 0, red 1; black: In = 0. Larger weights: steeper. Bias: moved.",
)

# %% [markdown]
# ## Three activation functions
#
# Why not send the sum on as it is? Because then many neurons together would be no more than one; the end of this
# lecture shows it. These three functions are the common ones. The table is the deck's.
#
# | name | $f(x)$ | $f'(x)$ |
# |---|---|---|
# | sigmoid | $\dfrac{1}{1 + e^{-x}}$ | $f(x)\,(1 - f(x))$ |
# | tanh | $\dfrac{2}{1 + e^{-2x}} - 1$ | $1 - f(x)^2$ |
# | ReLU (rectified linear unit, 线性整流函数) | $0$ for $x < 0$, $x$ for $x \ge 0$ | $0$ for $x < 0$, $1$ for $x \ge 0$ |

# %%
x = np.linspace(-4, 4, 401)
fig, axes = show.new_figure(1, 3, size=(9.6, 3.1), sharex=True)
for ax, name in zip(axes, ("sigmoid", "tanh", "relu"), strict=True):
    ax.plot(x, nn.activation(name, x), label="$f(x)$")
    ax.plot(x, nn.activation_derivative(name, x), "--", label="$f'(x)$")
    ax.set(title={"relu": "ReLU"}.get(name, name), xlabel="$x$")
axes[0].legend()
show.figure(
    fig,
    alt="Sigmoid rises from 0 to 1 and its derivative is a low bump of height one quarter at 0. Tanh rises from minus 1 "
    "to 1 and its derivative is a bump of height 1. ReLU is 0 left of 0 and the diagonal on the right; its derivative "
    "jumps from 0 to 1. Far from 0 the derivatives of sigmoid and tanh are almost 0.",
    caption="The three functions (solid) and their derivatives (dashed).",
)

# %% [markdown]
# Two things to remember from the picture:
#
# - The derivative of the sigmoid is never more than $\tfrac14$, and it is nearly 0 when $|x|$ is large. One says that
#   the neuron is **saturated** (饱和). A saturated neuron hardly reacts to its inputs, so it hardly learns.
# - ReLU has derivative 1 for every positive $x$, however large. That is a main reason for its use in deep networks
#   (Nair and Hinton 2010; Glorot, Bordes and Bengio 2011).
#
# ### Are the derivatives right?
#
# Never trust a derivative formula that you have not tested. A derivative is the limit of a slope, so a slope over a
# tiny interval must come close to it. We use the **central difference** (中心差分)
#
# $$f'(x) \approx \frac{f(x + h) - f(x - h)}{2h}.$$

# %%
# NBVAL_CHECK_OUTPUT
h = 1e-5
print("           x      f(x)     f'(x)  difference quotient")
for name in ("sigmoid", "tanh", "relu"):
    for point in (-2.0, -0.5, 1.0, 3.0):
        slope = (nn.activation(name, point + h) - nn.activation(name, point - h)) / (2 * h)
        f, df = nn.activation(name, point), nn.activation_derivative(name, point)
        print(f"{name:8} {point:4.1f}  {f:8.5f}  {df:8.5f}  {slope:8.5f}")

# %% [markdown]
# Four points prove little. The same on a thousand random ones (the derivative of ReLU at 0 is the next topic, and no
# random point hits it):

# %%
# NBVAL_CHECK_OUTPUT
many = np.random.default_rng(0).uniform(-6, 6, 1000)
for name in ("sigmoid", "tanh", "relu"):
    slope = (nn.activation(name, many + h) - nn.activation(name, many - h)) / (2 * h)
    worst = np.abs(slope - nn.activation_derivative(name, many)).max()
    print(f"{name:8} largest error below 1e-9: {worst < 1e-9}")

# %% [markdown]
# ### Tanh is a stretched sigmoid
#
# The deck writes tanh with an $e^{-2x}$ that looks like a sigmoid. It is one: $\tanh(x) = 2\,\sigma(2x) - 1$, a sigmoid
# twice as steep, stretched to the range from −1 to 1. What one of them can do in a network, the other can do with
# other weights.

# %%
# NBVAL_CHECK_OUTPUT
difference = np.abs(np.tanh(many) - (2 * nn.activation("sigmoid", 2 * many) - 1)).max()
print(f"tanh(x) = 2σ(2x) − 1 to 1e-15: {difference < 1e-15}")

# %% [markdown]
# ### What is the derivative of ReLU at 0?
#
# ReLU has a corner at 0. Coming from the left its slope is 0, from the right it is 1. The limit that defines the
# derivative does not exist there. But a program must return something. The deck returns 1. PyTorch returns 0. So does
# this course's `nn.ReLU`; `nn.ReLU(at_zero=1)` gives the deck's choice.

# %%
# NBVAL_CHECK_OUTPUT
zero = torch.tensor(0.0, requires_grad=True)
torch.relu(zero).backward()
print(f"slope from the left   {(0 - max(0, -h)) / h:.1f}")
print(f"slope from the right  {(max(0, h) - 0) / h:.1f}")
print(f"PyTorch's ReLU'(0)    {zero.grad.item():.1f}")
print(f"this course's ReLU'(0) {nn.activation_derivative('relu', 0.0):.1f}")

# %% [markdown]
# Both are allowed. A number $c$ is a **subgradient** (次梯度) of a convex function $f$ at 0 if the straight line
# $f(0) + c\,x$ stays below $f$ everywhere. For ReLU every $c$ from 0 to 1 does that. In practice it seldom matters,
# since a sum of real numbers is hardly ever exactly 0. It can matter where it is: with weights that start at 0, or in
# low precision (Bertoin and others 2021). When two programs disagree in such a place, now you know where to look.

# %%
fig, ax = show.new_figure(size=(5.2, 3.2))
t = np.linspace(-2, 2, 201)
ax.plot(t, np.maximum(0, t), lw=3, label="ReLU", color=COLOURS["black"])
for c, colour in ((0, "blue"), (0.5, "green"), (1, "red")):
    ax.plot(t, c * t, "--", lw=1.5, color=COLOURS[colour], label=f"slope {c}")
ax.set(xlabel="$x$", ylim=(-2, 2))
ax.legend()
show.figure(
    fig,
    alt="ReLU with three lines through the corner at 0, of slope 0, one half and 1. All three stay on or below ReLU.",
    caption="Every line with a slope from 0 to 1 stays below ReLU: each of these slopes is a subgradient at 0.",
)

# %% [markdown]
# ## The perceptron: one neuron that learns
#
# The **perceptron** (感知机) of Frank Rosenblatt (1958) uses the simplest activation, a step: $Out = 1$ if $In > 0$, and
# $0$ otherwise. What was new is that its weights are learned from examples. The rule that became standard: show an
# input $x$ with its right answer $y$, and change the weights only if the answer is wrong,
#
# $$w \leftarrow w + (y - Out)\,x, \qquad b \leftarrow b + (y - Out).$$
#
# If the neuron said 0 and should have said 1, the rule adds $x$ to $w$, so that next time $In$ is larger for this $x$. In
# the other case it subtracts $x$.


# %%
def train_perceptron(X, y, passes=20):
    w, b, mistakes = np.zeros(2), 0.0, []
    for _ in range(passes):
        wrong = 0
        for x, target in zip(X, y, strict=True):
            error = target - int(w @ x + b > 0)
            w, b = w + error * x, b + error
            wrong += int(error != 0)
        mistakes.append(wrong)
    return w, b, mistakes


# %% [markdown]
# Now three little problems. Each has the same four inputs, two bits. The answer is AND (与), OR (或), or XOR (异或):
# exclusive or, 1 if exactly one of the bits is 1.

# %%
# NBVAL_CHECK_OUTPUT
X, y_xor = data.xor()
problems = {"AND": np.array([0, 0, 0, 1]), "OR": np.array([0, 1, 1, 1]), "XOR": y_xor}
trained = {}
for name, y in problems.items():
    w, b, mistakes = train_perceptron(X, y)
    trained[name] = w, b
    accuracy = np.mean((X @ w + b > 0) == y)
    print(f"{name:4} mistakes in each pass: {mistakes[:8]} …  accuracy at the end {accuracy:.2f}")


# %% jupyter={"source_hidden": true}
def draw_points(ax, P, y, labels=("0 0", "0 1", "1 0", "1 1")):
    for point, target, label in zip(P, y, labels, strict=True):
        marker, colour = ("o", "red") if target else ("s", "blue")
        ax.plot(*point, marker, ms=13, color=COLOURS[colour], mec="white", mew=1.5, zorder=3)
        box = {"boxstyle": "round,pad=0.1", "fc": "white", "alpha": 0.7, "lw": 0}
        ax.annotate(label, point, (10, 8), textcoords="offset points", fontsize=10, bbox=box)


fig, axes = show.new_figure(1, 3, size=(9.6, 3.3), sharey=True)
u, v = np.meshgrid(np.linspace(-0.5, 1.5, 201), np.linspace(-0.5, 1.5, 201))
for ax, (name, (w, b)) in zip(axes, trained.items(), strict=True):
    ax.contourf(u, v, w[0] * u + w[1] * v + b, levels=[-99, 0, 99], colors=["#cfe3f2", "#fbdcc8"])
    draw_points(ax, X, problems[name])
    ax.set(title=name, xlabel="$x_1$", aspect="equal", xticks=(0, 1), yticks=(0, 1))
axes[0].set_ylabel("$x_2$")
show.figure(
    fig,
    alt="The four inputs as corners of a square, for AND, OR and XOR. A straight border separates the red circles from "
    "the blue squares for AND and for OR. For XOR the circles sit on one diagonal and the squares on the other; the "
    "perceptron's line runs through two of the points, and two of the four answers are wrong.",
    caption="What each perceptron answers after 20 passes: red area 1, blue area 0. Circles should be 1, squares 0. "
    "A point on the line itself gets 0.",
)

# %% [markdown]
# AND and OR are learned after a few passes, and then nothing changes any more. That is no accident: if some line
# separates the two classes, the perceptron rule finds one after finitely many mistakes (Novikoff 1962). Such problems
# are called **linearly separable** (线性可分).
#
# On XOR it makes mistakes for ever. Is that the rule's fault, or is there no line to be found?
#
# ## No line fits XOR
#
# ### Search
#
# A line is given by the direction of $w$ and by $b$. The maps below try them all, on a fine grid, and show how many of
# the four points each line gets right.

# %%
# NBVAL_CHECK_OUTPUT
angle = np.deg2rad(np.arange(0, 360, 0.5))
bias = np.linspace(-2, 2, 801)
w_all = np.stack([np.cos(angle), np.sin(angle)])
says_1 = (X @ w_all)[:, :, None] + bias > 0  # points × directions × biases
right = {name: (says_1 == y[:, None, None]).mean(axis=0) for name, y in problems.items()}
print(f"{says_1[0].size:,} lines tried")
for name, share in right.items():
    print(f"{name:4} best accuracy {share.max():.2f}")

# %% jupyter={"source_hidden": true}
fig, axes = show.new_figure(1, 3, size=(9.6, 3), sharey=True)
for ax, (name, share) in zip(axes, right.items(), strict=True):
    picture = ax.imshow(share.T, extent=(0, 360, -2, 2), aspect="auto", origin="lower", vmin=0, vmax=1, cmap="viridis")
    ax.set(title=f"{name}: best {share.max():.2f}", xlabel="direction of w (degrees)", xticks=(0, 90, 180, 270, 360))
    ax.grid(False)
axes[0].set_ylabel("bias b")
fig.colorbar(picture, ax=axes, label="accuracy", ticks=(0, 0.25, 0.5, 0.75, 1))
show.figure(
    fig,
    alt="Accuracy of every line, by its direction and bias. For AND and for OR there is a bright region of accuracy 1. "
    "For XOR there are several regions of accuracy 0.75 and none above.",
    caption="Every point of a map is one line. AND and OR have a yellow region where all four points are right; XOR has none.",
)

# %% [markdown]
# ### Proof
#
# A search cannot try every line. An argument can. Suppose $w_1, w_2, b$ solved XOR. The four points demand
#
# $$b \le 0, \qquad w_2 + b > 0, \qquad w_1 + b > 0, \qquad w_1 + w_2 + b \le 0.$$
#
# Add the two in the middle: $w_1 + w_2 + 2b > 0$. Add the first and the last: $w_1 + w_2 + 2b \le 0$. Both cannot be
# true. So no line gets all four. Three out of four is possible (the line for OR does it), hence the best accuracy of a
# perceptron on XOR is exactly **3/4**. Minsky and Papert (1969) made this limit, and deeper ones, famous.
#
# ## More layers, but not just any
#
# Let us put neurons in layers. In a **feed-forward network** (前馈神经网络) each neuron gets its inputs from the layer
# before and sends its output to the layer after. Nothing goes back, and the neurons of a layer are not connected with
# each other. A layer between input and output is called a **hidden layer** (隐藏层).
#
# First a trap. Two layers *without* an activation function are one matrix after another, and
#
# $$W_2 (W_1 x + b_1) + b_2 = (W_2 W_1)\,x + (W_2 b_1 + b_2).$$
#
# That is again a single layer, with weights $W_2 W_1$. Stack a hundred of them, and you still have one line.

# %%
# NBVAL_CHECK_OUTPUT
rng = np.random.default_rng(1)
W1, b1 = rng.normal(size=(50, 2)), rng.normal(size=50)
W2, b2 = rng.normal(size=(1, 50)), rng.normal(size=1)
inputs = rng.normal(size=(1000, 2))
two_layers = (inputs @ W1.T + b1) @ W2.T + b2
one_layer = inputs @ (W2 @ W1).T + (W2 @ b1 + b2)
print(f"two layers, {W1.size + b1.size + W2.size + b2.size} parameters; one layer, {(W2 @ W1).size + 1} parameters")
print(f"same output on 1000 inputs: {np.allclose(two_layers, one_layer, rtol=0, atol=1e-10)}")

# %% [markdown]
# ## A hidden layer that solves XOR
#
# Now with an activation in between. XOR is "OR but not AND". Two hidden neurons are enough:
#
# $$h_1 = \mathrm{ReLU}(x_1 + x_2), \qquad h_2 = \mathrm{ReLU}(x_1 + x_2 - 1), \qquad o = h_1 - 2\,h_2.$$
#
# This choice of weights is from Goodfellow, Bengio and Courville (2016, section 6.1).

# %%
# NBVAL_CHECK_OUTPUT
total = X.sum(axis=1)
H = np.stack([nn.activation("relu", total), nn.activation("relu", total - 1)], axis=1)
o = H @ np.array([1, -2])
print(" x1 x2 | h1 h2 |  o | XOR")
for (x1, x2), (h1, h2), out, target in zip(X, H, o, y_xor, strict=True):
    print(f"  {x1:.0f}  {x2:.0f} |  {h1:.0f}  {h2:.0f} |  {out:.0f} |  {target}")

# %% [markdown]
# Look at the columns $h_1$ and $h_2$. The inputs 01 and 10 have become the same point. The hidden layer moves the
# points to places where one line is enough. The picture shows the move: the square of inputs is laid down along a bent
# strip, and the bend brings the two 0 corners to one side.

# %% jupyter={"source_hidden": true}
fig, (left, right_) = show.new_figure(1, 2, size=(8.6, 3.7))
sums = np.linspace(-0.4, 2.4, 141)
left.contourf(u, v, u + v, levels=np.linspace(-1, 3, 41), cmap="viridis")
draw_points(left, X, y_xor)
left.set(title="input", xlabel="$x_1$", ylabel="$x_2$", aspect="equal", xticks=(0, 1), yticks=(0, 1))
path = np.maximum(0, np.stack([sums, sums - 1]))
right_.scatter(*path, c=sums, vmin=-1, vmax=3, s=60, lw=0, cmap="viridis")
draw_points(right_, H[[0, 1, 3]], y_xor[[0, 1, 3]], ("0 0", "0 1 and 1 0", "1 1"))
edge = np.linspace(0.25, 2.6, 2)
right_.plot(edge, (edge - 0.5) / 2, "--", color="black", label="$h_1 - 2 h_2 = 0.5$")
right_.set(title="hidden layer", xlabel="$h_1$", ylabel="$h_2$", xlim=(-0.3, 2.7), ylim=(-0.5, 1.6))
right_.legend(loc="upper left")
show.figure(
    fig,
    alt="Left: the square of inputs, coloured by x1 + x2. Right: the same colours in the plane of h1 and h2 lie along a "
    "strip that runs level and then bends upwards. The corner 00 is at its start, 01 and 10 are together at the bend, 11 "
    "is at the upper end. A dashed straight line has the bend below it and the two others above.",
    caption="The hidden layer bends the line of inputs; then one straight line separates circles from squares.",
)

# %% [markdown]
# ## Let the network find it
#
# We chose those weights by hand. The point of learning is that nobody has to. Below is a
# **multilayer perceptron** (多层感知机, MLP) with two tanh neurons in one hidden layer and a sigmoid neuron as output. It
# starts from small random weights and is trained with gradient descent. How that works is the subject of the next three
# lectures. Here we only watch the result.


# %%
def train_mlp(seed, hidden=2, activation=nn.Tanh, lr=2.0):
    rng = np.random.default_rng(seed)
    first = nn.Dense(2, hidden, rng=rng, init=1.0)
    second = nn.Dense(hidden, 1, rng=rng, init=1.0)
    net = nn.Net([first, activation(), second, nn.Sigmoid()], loss=nn.SquaredError())
    nn.fit(net, X, y_xor[:, None], lr=lr, epochs=1000, batch_size=4, rng=rng)
    return net


def right_answers(net):
    return int(np.sum((net.forward(X)[:, 0] > 0.5) == y_xor))


nets = [train_mlp(seed) for seed in range(20)]

# %%
# NBVAL_CHECK_OUTPUT
points = [right_answers(net) for net in nets]
print(f"{points.count(4)} of {len(nets)} starts get all four points right")
stuck = [net.loss(X, y_xor[:, None]) for net, right_ones in zip(nets, points, strict=True) if right_ones < 4]
print(f"loss of the others: {min(stuck):.3f} to {max(stuck):.3f}")
net = nets[points.index(4)]
print(f"the first that succeeds: loss {net.loss(X, y_xor[:, None]):.4f}")
for point, out in zip(X, net.forward(X)[:, 0], strict=True):
    print(f"x = {point.astype(int)}  o = {out:.2f}")

# %% [markdown]
# So a hidden layer gets 4/4, but not from every start. The others are stuck: their loss hardly falls any more, although
# better weights exist. Most have stopped near $\tfrac1{16}$, which is what one gets when two points are right and the other
# two get the answer ½. With four hidden neurons instead of two it happens less often; try it below.
# [Lecture 3](03_gradient_descent.ipynb) looks at such places.
#
# Now look inside one of the nets that succeeded. On the left is what it answers for every input. On the right is its
# hidden layer: each input became a point $(h_1, h_2)$, and the grid of inputs (grey) has been carried along.


# %% jupyter={"source_hidden": true}
def to_hidden(points):
    return net["tanh1"].forward(net["dense1"].forward(points))


fig, (left, right_) = show.new_figure(1, 2, size=(8.8, 3.9))
plane = np.stack([u.ravel(), v.ravel()], axis=1)
shading = {"origin": "lower", "cmap": "RdBu_r", "vmin": 0, "vmax": 1, "alpha": 0.7}
left.imshow(net.forward(plane).reshape(u.shape), extent=(-0.5, 1.5, -0.5, 1.5), **shading)
draw_points(left, X, y_xor)
left.set(
    title="input, and the net's output", xlabel="$x_1$", ylabel="$x_2$", aspect="equal", xticks=(0, 1), yticks=(0, 1)
)
run = np.linspace(-0.5, 1.5, 41)
for c in np.linspace(-0.5, 1.5, 9):
    right_.plot(*to_hidden(np.stack([run, np.full(41, c)], axis=1)).T, color="gray", lw=0.7)
    right_.plot(*to_hidden(np.stack([np.full(41, c), run], axis=1)).T, color="gray", lw=0.7)
draw_points(right_, to_hidden(X), y_xor, ("0 0", "0 1\n1 0", "", "1 1"))
h1, h2 = np.meshgrid(np.linspace(-1.3, 1.3, 201), np.linspace(-1.3, 1.3, 201))
above = nn.Sigmoid().forward(net["dense2"].forward(np.stack([h1.ravel(), h2.ravel()], axis=1))).reshape(h1.shape)
right_.imshow(above, extent=(-1.3, 1.3, -1.3, 1.3), **shading)
right_.contour(h1, h2, above, levels=[0.5], colors="black", linestyles="--")
right_.set(title="hidden layer", xlabel="$h_1$", ylabel="$h_2$", aspect="equal", xticks=(-1, 0, 1), yticks=(-1, 0, 1))
show.figure(
    fig,
    alt="Left: the input square with the trained net's output; a diagonal band of one colour holds 01 and 10, the corners "
    "00 and 11 lie outside it. Right: the plane of the two hidden neurons, where the whole grid of inputs is squeezed "
    "into a bent curve: 00 and 11 are at its ends, 01 and 10 together at the bend, and a dashed straight line cuts the bend off.",
    caption="What training found: the hidden layer folds the square, so that one straight line (dashed) is enough.",
)

# %% [markdown]
# ## Where the sources are wrong
#
# **The year of the perceptron.** The notes on frameworks (004) say that Walter Pitts and others first built the
# perceptron in 1943, with an input, a hidden and an output layer. These are two different things, fifteen years apart.
#
# | year | who | what | are weights learned? |
# |---|---|---|---|
# | 1943 | Warren McCulloch and Walter Pitts | a formal neuron with a threshold; nets of them, wired by hand, compute logic | no |
# | 1958 | Frank Rosenblatt | the perceptron: fixed random connections to "association" units, then trained weights | the last layer |
# | 1969 | Marvin Minsky and Seymour Papert | what perceptrons cannot compute | |
# | 1986 | David Rumelhart, Geoffrey Hinton, Ronald Williams | back-propagation trains the hidden layers too | all |
#
# The proof is in the papers: "A logical calculus of the ideas immanent in nervous activity" (1943) has no learning rule
# and no perceptron; "The perceptron: a probabilistic model for information storage and organization in the brain" (1958)
# has the name. What the deck (001) calls a perceptron network, no hidden layer at all, is Rosenblatt's trained part.
#
# **"The original perceptron has no activation function"** (004 again, to explain why stacking layers did not help). It
# has one: the threshold. And stacked threshold neurons can do more than one of them. The cell below computes XOR with
# three, in the way of 1943 (there an inhibiting input simply forbade the neuron to fire; the weight −1 does the same here).
# What was missing was a way to *learn* the hidden weights: the derivative of a step is 0
# wherever it exists, so gradient descent gets no hint. The argument about stacking is right for layers with no
# activation at all, as we have seen.


# %%
# NBVAL_CHECK_OUTPUT
def threshold_neuron(*inputs, weights, threshold):
    return int(np.dot(weights, inputs) >= threshold)


for x1, x2 in X.astype(int):
    either = threshold_neuron(x1, x2, weights=(1, 1), threshold=1)
    both = threshold_neuron(x1, x2, weights=(1, 1), threshold=2)
    print(f"{x1} xor {x2} = {threshold_neuron(either, both, weights=(1, -1), threshold=1)}")

# %% [markdown]
# **"Layers of non-linear units can approximate any non-linear function"** (004). Nearly: any *continuous* function on a
# *bounded, closed* region, as closely as one likes, if there are enough hidden neurons (Cybenko 1989; Hornik 1991). The
# theorem says that good weights exist. It does not say that training finds them; above, some starts did not.
#
# ## Change it
#
# Run the cell with another number of hidden neurons, another activation (`nn.ReLU`, `nn.Sigmoid`), another learning rate.
# How many of ten starts find XOR?


# %%
attempts = [right_answers(train_mlp(seed, hidden=4, activation=nn.Tanh, lr=2.0)) for seed in range(10)]
print(f"{attempts.count(4)} of {len(attempts)} starts get all four points right")

# %% [markdown]
# ## Exercises
#
# **1.** A neuron has weights $w = (2, -1)$, bias $b = -1$ and ReLU. What is $Out$ for $a = (1, 0)$, for $a = (0, 1)$, and for
# which inputs is its derivative 0?
#
# <details><summary>Answer</summary>
#
# $In = 2 - 1 = 1$, so $Out = 1$. For $(0, 1)$: $In = -1 - 1 = -2$, so $Out = 0$. The derivative is 0 wherever
# $2 a_1 - a_2 - 1 < 0$, the half plane above the line $a_2 = 2 a_1 - 1$ (and on the line by PyTorch's convention).
#
# </details>
#
# **2.** Show from $f(x) = 1 / (1 + e^{-x})$ that $f'(x) = f(x)\,(1 - f(x))$. Where is it largest, and how large?
#
# <details><summary>Answer</summary>
#
# $f'(x) = \dfrac{e^{-x}}{(1 + e^{-x})^2} = \dfrac{1}{1 + e^{-x}} \cdot \dfrac{e^{-x}}{1 + e^{-x}}$, and the second factor is
# $1 - f(x)$. A product $p(1-p)$ is largest at $p = \tfrac12$, that is at $x = 0$, where it is $\tfrac14$.
#
# </details>
#
# **3.** Can a single neuron compute "at least two of three bits are 1"? And "an odd number of three bits is 1"?
#
# <details><summary>Answer</summary>
#
# The first, yes: weights $(1, 1, 1)$, bias $-1.5$, step. The second, no: keep the third bit at 0, and what remains is XOR
# of the first two. A line that solved the three-bit problem would solve XOR.
#
# </details>
#
# ## What to read next
#
# - F. Rosenblatt (1958), *The perceptron: a probabilistic model for information storage and organization in the brain*.
#   Psychological Review 65.
# - W. S. McCulloch and W. Pitts (1943), *A logical calculus of the ideas immanent in nervous activity*. Bulletin of
#   Mathematical Biophysics 5.
# - A. B. J. Novikoff (1962), *On convergence proofs on perceptrons*. Symposium on the Mathematical Theory of Automata.
# - M. Minsky and S. Papert (1969), *Perceptrons*. MIT Press.
# - D. E. Rumelhart, G. E. Hinton and R. J. Williams (1986), *Learning internal representations by error propagation*. In:
#   Parallel Distributed Processing. XOR is one of its examples.
# - G. Cybenko (1989), *Approximation by superpositions of a sigmoidal function*. K. Hornik (1991), *Approximation
#   capabilities of multilayer feedforward networks*.
# - V. Nair and G. E. Hinton (2010), *Rectified linear units improve restricted Boltzmann machines*. X. Glorot, A. Bordes and
#   Y. Bengio (2011), *Deep sparse rectifier neural networks*.
# - I. Goodfellow, Y. Bengio and A. Courville (2016), *Deep Learning*, section 6.1. MIT Press.
# - D. Bertoin, J. Bolte, S. Gerchinovitz and E. Pauwels (2021), *Numerical influence of ReLU'(0) on backpropagation*. NeurIPS.
#
# Next: [how wrong is the network? Loss functions](02_loss.ipynb).
