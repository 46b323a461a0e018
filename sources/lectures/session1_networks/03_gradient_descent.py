# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Downhill: gradient descent
#
# We have a number that says how wrong a network is. Now we make it smaller, by walking downhill. Nearly all of deep learning
# is trained by this walk.
#
# **You will be able to**
#
# - compute a derivative numerically, and say why the step $h$ must be neither too large nor too small;
# - read the Taylor expansion as "what a small step will bring", and derive why $-\nabla f$ is the steepest way down;
# - tell from a loss curve whether the learning rate is too small, right or too large;
# - compute the largest learning rate that works on a quadratic;
# - train a classifier with the whole data set and with small random parts of it;
# - say what gradient descent does at saddle points and local minima.
#
# Time: about 40 minutes. You need lectures [1](01_neuron.ipynb) and [2](02_loss.ipynb).

# %%
import numpy as np

from course_pkg import data, nn, show, surfaces, widgets
from course_pkg.show import COLOURS

# %% [markdown]
# ## Play first
#
# You stand on a hillside in fog. You feel only how the ground slopes under your feet. You take a step downhill and feel again.
# The length of the step is set by the **learning rate** (学习率). Find one that is too small, one that works, and one with which
# the walk flies out of the valley. Then move the start.

# %%
widgets.Descent(surface="ravine", lr=0.07)

# %% [markdown]
# ## The slope, as a limit
#
# The **derivative** (导数) of a function of one variable is the slope of an ever shorter chord:
#
# $$\frac{df(x)}{dx} = \lim_{h \rightarrow 0} \frac{f(x+h) - f(x)}{h}.$$
#
# A computer cannot take a limit, but it can take a small $h$. How small? We know one derivative exactly, that of the sigmoid
# ([lecture 1](01_neuron.ipynb)), so we can see the error.


# %%
# NBVAL_CHECK_OUTPUT
def f(x):
    return nn.activation("sigmoid", x)


exact = f(1.0) * (1 - f(1.0))
for h in (1.0, 0.1, 0.01, 0.001):
    one_sided, central = (f(1 + h) - f(1)) / h, (f(1 + h) - f(1 - h)) / (2 * h)
    print(f"h = {h:<5}  one-sided {one_sided:.6f}  central {central:.6f}  exact {exact:.6f}")

# %%
hs = np.logspace(0, -15, 61)
fig, ax = show.new_figure(size=(6, 3.4))
ax.loglog(hs, np.abs((f(1 + hs) - f(1)) / hs - exact), label="one-sided")
ax.loglog(hs, np.abs((f(1 + hs) - f(1 - hs)) / (2 * hs) - exact), label="central")
ax.set(xlabel="h", ylabel="error")
ax.legend()
show.figure(
    fig,
    alt="Error of the difference quotients against h, both axes logarithmic. From the right, large h, both errors fall as h "
    "gets smaller, the central one twice as steeply. It is best near h = 1e-5, the one-sided near 1e-8. For still smaller h "
    "both errors rise again, in a ragged line.",
    caption="Right of the lowest point h is too large; left of it the rounding of the computer's numbers takes over.",
)

# %% [markdown]
# Two errors work against each other. A chord is not a tangent: that error shrinks with $h$ (one-sided) or $h^2$ (central). And
# $f(x+h) - f(x)$ is a difference of two nearly equal rounded numbers: that error grows like $10^{-16}/h$. For the central
# difference $h \approx 10^{-5}$ is a good choice. This is how we shall test every gradient formula of the course.
#
# ## The gradient
#
# A loss depends on many numbers. The **gradient** (梯度) $\nabla f$ is the vector of all its partial derivatives. Each says how
# $f$ changes when this one number changes and the others stay.


# %% jupyter={"source_hidden": true}
def draw_surface(ax, surface, levels=24):
    (left, right), (low, high) = surface.bounds
    x, y = np.meshgrid(np.linspace(left, right, 161), np.linspace(low, high, 161))
    z = surface.f(x, y)
    levels = np.quantile(z, np.linspace(0, 1, levels))
    ax.contourf(x, y, z, levels=levels, cmap="Blues_r", alpha=0.75)
    ax.contour(x, y, z, levels=levels, colors="white", linewidths=0.5)
    ax.set(xlabel="x", ylabel="y", xlim=(left, right), ylim=(low, high))
    ax.grid(False)


hills = surfaces.SURFACES["many minima"]
fig, ax = show.new_figure(size=(5.2, 5))
draw_surface(ax, hills)
x, y = np.meshgrid(np.linspace(-4.6, 4.6, 15), np.linspace(-4.6, 4.6, 15))
gx, gy = hills.gradient(x, y)
length = np.hypot(gx, gy)
ax.quiver(x, y, -gx / length, -gy / length, color=COLOURS["red"], scale=26, width=0.004)
ax.set_aspect("equal")
for minimum in hills.minima:
    ax.plot(*minimum, "*", ms=14, color=COLOURS["yellow"], mec="black")
show.figure(
    fig,
    alt="Map of a hilly surface with four low places, marked by stars. Arrows along minus the gradient stand at right angles on "
    "the contour lines and lead down to one or another of the stars.",
    caption="Darker is lower. Arrows: the direction of −∇f (all drawn with one length). Stars: the four lowest points.",
)

# %% [markdown]
# ## What a small step brings: Taylor
#
# Let $x$ be the vector of all parameters and $\Delta x$ a step. The **Taylor expansion** (泰勒展开) to first order says
#
# $$f(x + \Delta x) \approx f(x) + \nabla f(x)^T \Delta x.$$
#
# The ground is treated as a flat, tilted plane. What is left out is of second order: halve the step, and the error becomes a
# quarter. The cell below measures that, for steps of length $\alpha$ along $-\nabla f$.

# %%
# NBVAL_CHECK_OUTPUT
point = np.array([-0.5, -1.0])
gradient = np.array(hills.gradient(*point))
downhill = -gradient / np.linalg.norm(gradient)
print("   α    predicted decrease  true decrease  error  error/α²")
for alpha in (0.4, 0.2, 0.1, 0.05, 0.025):
    predicted, actual, _ = surfaces.taylor_decrease(hills, point, alpha * downhill)
    error = abs(predicted - actual)
    print(f"{alpha:5.3f}  {predicted:18.4f}  {actual:13.4f}  {error:5.3f}  {error / alpha**2:8.2f}")

# %% [markdown]
# ## Which way is steepest?
#
# We want $f(x + \Delta x) < f(x)$, so $\nabla f(x)^T \Delta x$ should be negative, as negative as possible. With the angle
# $\theta$ between the step and the gradient,
#
# $$\nabla f(x)^T \Delta x = \lVert \nabla f(x) \rVert \, \lVert \Delta x \rVert \cos\theta.$$
#
# For steps of one length only $\cos\theta$ is left to choose. It is smallest, −1, at $\theta = \pi$: the step goes against the
# gradient. That is the whole reason for gradient descent. Let us not believe it, but measure: on the ravine, from one point,
# steps in all directions.

# %% jupyter={"source_hidden": true}
ravine = surfaces.SURFACES["ravine"]
point = np.array([-2.0, 0.3])
gradient = np.array(ravine.gradient(*point))
norm = np.linalg.norm(gradient)
theta = np.linspace(0, 2 * np.pi, 181)
heading = np.arctan2(*gradient[::-1]) + theta
directions = np.stack([np.cos(heading), np.sin(heading)], axis=1)

fig, (left, right) = show.new_figure(1, 2, size=(9.8, 3.9))
draw_surface(left, ravine)
for alpha, colour in ((0.02, "red"), (0.6, "purple")):
    left.plot(*(point + alpha * directions).T, color=COLOURS[colour])
left.annotate("", point - 0.9 * gradient / norm, point, arrowprops={"arrowstyle": "-|>", "lw": 2.5})
left.text(*(point - 1.05 * gradient / norm), "−∇f", ha="center", va="top")
left.set(title="steps of two lengths around a point", aspect="equal")
right.plot(np.rad2deg(theta), norm * np.cos(theta), "--", color="black", label="‖∇f‖ cos θ")
for alpha, colour in ((0.02, "red"), (0.6, "purple")):
    change = -surfaces.taylor_decrease(ravine, point, alpha * directions).actual / alpha
    right.plot(np.rad2deg(theta), change, color=COLOURS[colour], label=f"measured, α = {alpha}")
    right.plot(np.rad2deg(theta[change.argmin()]), change.min(), "o", color=COLOURS[colour], ms=8)
right.axvline(180, color="gray", lw=1)
right.set(xlabel="θ, angle between step and ∇f (degrees)", ylabel="change of f, divided by α", xticks=range(0, 361, 90))
right.set(title="dots: the best direction", ylim=(-12, 22))
right.legend(loc="upper center")
show.figure(
    fig,
    alt="Left: a long narrow valley with a small and a large circle of steps around one point and an arrow along minus the gradient. "
    "Right: change of f against the angle. For the small circle the measured curve lies on the cosine and is lowest at 180 degrees. "
    "For the large circle it is much higher on both sides and its lowest point is away from 180 degrees.",
    caption="Short steps (α = 0.02) do what first order says: best at 180°. Long ones (α = 0.6) do not.",
)

# %% [markdown]
# ## Where the slide needs care
#
# The deck (001) ends its derivation with
#
# $$f(x+\Delta x) - f(x) = \lVert\nabla f(x)\rVert\,\lVert\Delta x\rVert\cos\theta = -\alpha\,\lVert\nabla f(x)\rVert.$$
#
# Read it with two remarks.
#
# - The first "=" should be "≈". It holds to first order, for short steps. The picture shows what becomes of it for long ones; the
#   table below shows that $f$ can even go *up*.
# - Here $\alpha = \lVert\Delta x\rVert$ is the *length* of the step, and $\theta = \pi$ has been put in. It is not yet the learning rate.
#   The rule that everybody uses is $x \leftarrow x - \eta\,\nabla f(x)$ with learning rate $\eta$; its step has the length
#   $\alpha = \eta\,\lVert\nabla f\rVert$, and the expected decrease is $\eta\,\lVert\nabla f\rVert^2$. Steps get shorter by
#   themselves where the ground is flat.

# %%
# NBVAL_CHECK_OUTPUT
print(f"at {point}: ‖∇f‖ = {norm:.3f}")
print("    η  α = η‖∇f‖  slide: −α‖∇f‖  true change of f")
for eta in (0.001, 0.01, 0.03, 0.07, 0.1, 0.2):
    step = -eta * gradient
    predicted, actual, cosine = surfaces.taylor_decrease(ravine, point, step)
    print(f"{eta:5.3f}  {np.linalg.norm(step):9.3f}  {-predicted:13.3f}  {-actual:16.3f}")

# %% [markdown]
# ## The learning rate: too small, right, too large
#
# Take the ravine $f = \tfrac12 (x^2 + 25\,y^2)$: steep across, flat along. Three walks of 100 steps from the same start.

# %%
# NBVAL_CHECK_OUTPUT
paths = {name: surfaces.gradient_descent("ravine", lr=lr) for name, lr in ravine.learning_rates.items()}
for name, path in paths.items():
    print(
        f"{name:10} η = {path.lr:<6}  f from {path.heights[0]:.2f} to {path.heights[-1]:8.4f}  verdict: {surfaces.verdict(path)}"
    )

# %% jupyter={"source_hidden": true}
fig, axes = show.new_figure(1, 3, size=(10.5, 2.7), sharey=True)
for ax, (name, path) in zip(axes, paths.items(), strict=True):
    draw_surface(ax, ravine)
    ax.plot(*path.points[:21].T, "o-", color=COLOURS["red"], ms=3.5, lw=1.2)
    ax.plot(*path.points[0], "o", color=COLOURS["yellow"], mec="black", ms=9)
    ax.plot(0, 0, "*", color=COLOURS["yellow"], mec="black", ms=14)
    ax.set(title=f"{name}: η = {path.lr}")
for ax in axes[1:]:
    ax.set_ylabel("")
show.figure(
    fig,
    alt="Three walks in a ravine from the same start. Too small: the walk creeps down the side and has hardly moved along the valley. "
    "Right: it zigzags across with ever smaller swings and runs along the bottom towards the star. Too large: it jumps from side to side, higher each "
    "time, and leaves the picture.",
    caption="The first 20 steps with three learning rates. Start: circle. Minimum: star.",
)
show.curves(
    {f"{name}, η = {path.lr}": (np.arange(len(path.heights)), path.heights) for name, path in paths.items()},
    xlabel="step",
    ylabel="f",
    log=True,
    alt="Height against step on a logarithmic axis. Too small: a slow fall. Right: a steep fall at first, then a steady one. Too large: "
    "a rise that goes on and on.",
    caption="The same walks as loss curves. This is what one sees in practice, where the surface cannot be drawn.",
)

# %% [markdown]
# ### How large is too large? An exact answer
#
# Along one axis, $f = \tfrac12 \lambda x^2$ has the slope $\lambda x$, so a step makes $x \leftarrow x - \eta \lambda x = (1 - \eta\lambda)\, x$.
# Every step multiplies $x$ by the same factor. It shrinks if $\lvert 1 - \eta\lambda \rvert < 1$, that is
#
# $$0 < \eta < \frac{2}{\lambda}.$$
#
# With several axes the steepest one decides: $\eta < 2/\lambda_{\max}$. The $\lambda$ are the curvatures, the eigenvalues of the matrix of
# second derivatives (the Hessian, 海森矩阵). Every quadratic is such a sum along its own axes. We measure the limit, by halving an
# interval again and again, without using the formula.


# %%
def curvatures(surface, x, y, h=1e-4):
    column = [
        np.subtract(surface.gradient(x + a, y + b), surface.gradient(x - a, y - b)) / (2 * h)
        for a, b in ((h, 0), (0, h))
    ]
    return np.linalg.eigvalsh(np.array(column))


def measured_limit(surface, works=0.0, fails=10.0):
    for _ in range(40):
        lr = (works + fails) / 2
        heights = surfaces.gradient_descent(surface, lr=lr, steps=500).heights
        works, fails = (lr, fails) if heights[-1] < heights[0] else (works, lr)
    return works


# %%
# NBVAL_CHECK_OUTPUT
for name in ("bowl", "ravine"):
    largest = curvatures(surfaces.SURFACES[name], 0, 0).max()
    print(f"{name:7} λmax = {largest:5.2f}  2/λmax = {2 / largest:.4f}  measured limit {measured_limit(name):.4f}")

# %% [markdown]
# This is the trouble with ravines. The steep direction forbids large steps, and the flat direction would need them. The ratio of the
# largest to the smallest curvature, here 25, says how bad it is. Better optimisers (session II) are mostly answers to this.
#
# ## The real thing: a classifier
#
# Now the linear classifier of [lecture 2](02_loss.ipynb) and its loss on 1,437 handwritten digits. The surface has 650 dimensions instead
# of two. Nothing else changes: compute the gradient, take a step against it. The gradient comes from
# `net.backward()`; the [next lecture](04_backpropagation.ipynb) explains how. First let us see that it is right, by
# central differences for all 640 weights, on the first 200 images.

# %%
digits = data.digits()
x, y = digits.x_train, digits.y_train


def classifier():
    layers = {"flatten": nn.Flatten(), "linear": nn.Dense(64, 10, init=0.01, rng=0)}
    return nn.Net(layers, loss=nn.SoftmaxCrossEntropy())


def weight_gradient(net, x, y):
    net.zero_grad()
    net.loss(x, y)
    net.backward()
    return net["linear"].weight.diff.copy()


# %%
# NBVAL_CHECK_OUTPUT
net = classifier()
weight = net["linear"].weight.data
start = weight.copy()


def loss_at(values):
    weight[...] = values
    return net.loss(x[:200], y[:200])


by_differences = nn.numerical_gradient(loss_at, start)
weight[...] = start
difference = np.abs(weight_gradient(net, x[:200], y[:200]) - by_differences).max()
print(f"largest entry of the gradient {np.abs(by_differences).max():.4f}")
print(f"largest difference below 1e-9: {difference < 1e-9}")

# %% [markdown]
# Now 100 steps, each with all 1,437 images, with three learning rates.


# %%
def descend(lr, steps=100):
    net, losses = classifier(), []
    optimiser = nn.SGD(net, lr)
    for _ in range(steps):
        net.zero_grad()
        losses.append(net.loss(x, y))
        net.backward()
        optimiser.step()
    return net, losses


# %%
runs = {lr: descend(lr) for lr in (0.01, 1.0, 30.0)}
show.curves(
    {f"η = {lr:g}": losses for lr, (_, losses) in runs.items()},
    xlabel="step (each uses all 1,437 images)",
    log=True,
    alt="Loss against step for three learning rates, logarithmic axis. With 0.01 the loss hardly falls. With 1 it falls "
    "quickly and smoothly. With 30 it shoots up to more than 50, jumps about, and comes down after some 20 steps.",
    caption="The loss of a linear classifier on the digits with three learning rates.",
)

# %% [markdown]
# With 0.01 we wait for ever. With 1 all is quiet. With 30 the loss first becomes more than twenty times as large as at the
# start. And then, a surprise: it comes down after all. On the ravine that cannot happen. Why here? Because this surface is no
# quadratic, and its curvature is not the same everywhere. Let us measure the largest curvature, at the start and at the end of
# each run. To find it, the cell changes the weights a little in some direction, looks how the gradient changes, takes that as
# the new direction, and repeats. What is left is the direction of largest curvature (power iteration, 幂迭代). The biases are
# left out.


# %%
def largest_curvature(net, h=1e-4, rounds=100):
    weight = net["linear"].weight.data
    direction = np.random.default_rng(0).normal(size=weight.shape)
    for _ in range(rounds):
        direction /= np.linalg.norm(direction)
        weight += h * direction
        ahead = weight_gradient(net, x, y)
        weight -= 2 * h * direction
        behind = weight_gradient(net, x, y)
        weight += h * direction
        direction = (ahead - behind) / (2 * h)
    return np.linalg.norm(direction)


# %%
# NBVAL_CHECK_OUTPUT
nets = {"at the start": classifier()} | {f"η = {lr:g}, 100 steps": net for lr, (net, _) in runs.items()}
for name, net in nets.items():
    loss, accuracy = net.loss(x, y), net.accuracy(digits.x_test, digits.y_test)
    print(f"{name:19} loss {loss:.2f}  test accuracy {accuracy:.2f}  2/λmax = {2 / largest_curvature(net):5.2f}")

# %% [markdown]
# At the start the limit is about 1.9, and 30 is far too large. The jumps make the weights large. With large weights most images
# get a probability near 0 or 1, the loss becomes flat, and the limit rises until the steps fit. Do not count on such luck. A
# quadratic never forgives, and a deep network may be thrown to a place from which it does not come back.
#
# In practice nobody knows $\lambda_{\max}$ beforehand. One tries learning rates that differ by factors (0.01, 0.1, 1 …), looks at the
# curves, and takes the largest with which the loss falls quietly.
#
# ## A part of the data is enough for a step
#
# The loss is an average over all images, so the gradient is too. An average can be estimated from a random sample. A **minibatch**
# (小批量) of 32 images gives a rough gradient for a fraction of the work. Walking with such estimates is **stochastic gradient
# descent** (随机梯度下降, SGD); the idea is from Robbins and Monro (1951). How rough are they? We compare minibatch gradients with
# the full one.


# %%
# NBVAL_CHECK_OUTPUT
net, rng = classifier(), np.random.default_rng(0)
full = weight_gradient(net, x, y)
for size in (1, 4, 16, 64, 256):
    batches = rng.integers(0, len(x), (200, size))
    samples = [weight_gradient(net, x[batch], y[batch]) for batch in batches]
    error = np.sqrt(np.mean([np.sum((g - full) ** 2) for g in samples])) / np.linalg.norm(full)
    print(f"batch of {size:3}: relative error {error:5.2f}, times √size {error * np.sqrt(size):5.2f}")

# %% [markdown]
# The error falls only with the square root of the batch size: sixteen times the work for a quarter of the error. The
# notes on frameworks (004) put it so: the return on larger batches is less than linear. It is often better to take many rough steps than
# few exact ones. Here is the race, at equal numbers of images looked at.


# %%
def race(batch_size, lr, epochs=15):
    net, rng, losses = classifier(), np.random.default_rng(0), []
    for _ in range(epochs):
        losses.append(net.loss(x, y))
        nn.fit(net, x, y, lr=lr, epochs=1, batch_size=batch_size, rng=rng)
    return np.array([*losses, net.loss(x, y)])


# %%
passes = np.arange(16)
show.curves(
    {
        "all 1,437 images a step, η = 1": (passes, race(len(x), 1.0)),
        "32 images a step, η = 1": (passes, race(32, 1.0)),
        "32 images a step, η = 0.1": (passes, race(32, 0.1)),
    },
    xlabel="passes over the training images (epochs)",
    ylabel="loss on all training images",
    log=True,
    alt="Training loss against passes over the data, logarithmic axis. With all images a step there is one step a pass and the loss falls "
    "slowly. With minibatches of 32 there are 45 steps a pass and the loss is far lower after one pass; the larger learning rate is "
    "faster but less even.",
    caption="One pass is one step with the full batch and 45 steps with minibatches of 32.",
)

# %% [markdown]
# One pass over the data is called an **epoch** (轮). The images are shuffled before each, so that the minibatches are random.
#
# ## Saddles and local minima
#
# Gradient descent only knows the ground under its feet. Two things can go wrong.
#
# - At a **saddle point** (鞍点) the gradient is 0 although it is not a minimum. A walk that starts exactly on the ridge ends there. The
#   slightest push to one side, and it leaves, but it may take long.
# - At a **local minimum** (局部极小值) every way leads up, although a deeper place may exist. Where the walk ends depends on where it
#   starts.

# %% jupyter={"source_hidden": true}
saddle = surfaces.SURFACES["saddle"]
fig, (left, right) = show.new_figure(1, 2, size=(9.8, 4.1))
draw_surface(left, saddle)
for offset, colour in ((0.0, "black"), (1e-4, "red"), (-1e-2, "orange")):
    walk = surfaces.gradient_descent(saddle, start=(-1.8, offset), lr=0.2, steps=80)
    steps = int(np.argmax(np.abs(walk.points[:, 1]) > 0.5)) or None
    label = f"start y = {offset:g}: ".replace("-", "−") + (
        f"{steps} steps to |y| > ½" if steps else "stays on the ridge"
    )
    left.plot(*walk.points.T, "o-", ms=4, lw=1, color=COLOURS[colour], label=label)
left.legend(loc="upper right", fontsize=9, frameon=True)
left.set(title="a saddle: three starts, almost the same")

gx, gy = np.meshgrid(np.linspace(-5, 5, 141), np.linspace(-5, 5, 141))
px, py = gx.copy(), gy.copy()
for _ in range(400):
    dx, dy = hills.gradient(px, py)
    px, py = px - 0.005 * dx, py - 0.005 * dy
distance = [np.hypot(px - mx, py - my) for mx, my in hills.minima]
right.contourf(
    gx, gy, np.argmin(distance, axis=0), levels=np.arange(-0.5, 4), colors=["#cfe3f2", "#fbdcc8", "#cfeadf", "#f6e6b8"]
)
right.contour(
    gx, gy, hills.f(gx, gy), levels=np.quantile(hills.f(gx, gy), np.linspace(0, 1, 20)), colors="gray", linewidths=0.5
)
for minimum in hills.minima:
    right.plot(*minimum, "*", ms=14, color=COLOURS["yellow"], mec="black")
right.set(title="four minima: colour of the start = where it ends", xlabel="x", ylabel="y")
right.grid(False)
show.figure(
    fig,
    alt="Left: a saddle with three walks that start at almost the same point. The one exactly on the ridge stays on it and stops at the "
    "saddle point. The other two run along the ridge, slow down, and turn off to the valley above or below. Right: a surface with four "
    "minima, every starting point coloured by the minimum it ends in; the plane falls into four regions.",
    caption="Left: the ridge is a trap only for those who are exactly on it. Right: the start decides the end.",
)

# %% [markdown]
# How much of this matters for networks?
#
# - The linear classifier above is the good case. Its loss is **convex** (凸): every local minimum is a global one. No start is bad.
# - Networks with a hidden layer are not convex. In [lecture 1](01_neuron.ipynb) some starts for XOR got stuck. The two-dimensional
#   pictures here are drawings of what can happen, not of a real network's loss.
# - In very many dimensions, a point with gradient 0 is a minimum only if *all* directions lead up. Dauphin and others (2014) argue that
#   saddle points, and flat regions around them, are the more common obstacle in large networks. The rough steps of SGD help to leave
#   them. That large nets reach a small training loss is an observation, not a theorem about all of them.
#
# ## Change it
#
# Walk on other surfaces: `"bowl"`, `"rosenbrock"`, `"cliff"`. Which learning rates work? What does `verdict` say?

# %%
walk = surfaces.gradient_descent("rosenbrock", start=(-1.2, 1.0), lr=0.0015, steps=2000)
print(
    f"from f = {walk.heights[0]:.2f} to {walk.heights[-1]:.4f} at {walk.points[-1].round(3)}: {surfaces.verdict(walk)}"
)

# %% [markdown]
# ## Exercises
#
# **1.** $f(x) = 3x^2$, start $x = 1$. Do two steps of gradient descent with $\eta = 0.1$, with $\eta = \tfrac13$, and with $\eta = 0.4$.
#
# <details><summary>Answer</summary>
#
# $f' = 6x$, so $\lambda = 6$ and every step multiplies $x$ by $1 - 6\eta$. With 0.1: 1, 0.4, 0.16. With ⅓: 1, −1, 1, back and forth for
# ever; this is the limit $2/\lambda$. With 0.4: 1, −1.4, 1.96, it diverges. The best is $\eta = \tfrac16$: one step, $x = 0$.
#
# </details>
#
# **2.** For the ravine with curvatures 1 and 25, which learning rate makes the slower of the two directions as fast as possible?
#
# <details><summary>Answer</summary>
#
# The factors are $1 - \eta$ and $1 - 25\eta$. The worse of the two in absolute value is smallest where $1 - \eta = 25\eta - 1$, that is
# $\eta = 2/26 \approx 0.077$, and both are then $24/26 \approx 0.92$. Even the best learning rate takes about 29 steps to gain a factor of 10.
#
# </details>
#
# **3.** The training loss jumps up and down from step to step, but its mean over many steps falls. Is the learning rate too large?
#
# <details><summary>Answer</summary>
#
# Not necessarily. The loss of a minibatch is a random sample and jumps even when the weights stand still. Look at the loss on a fixed set,
# or at a running mean. If that falls, all is well; if it stays at one level, a smaller learning rate will usually bring it down.
#
# </details>
#
# ## What to read next
#
# - A. Cauchy (1847), *Méthode générale pour la résolution des systèmes d'équations simultanées*. Gradient descent, in three pages.
# - H. Robbins and S. Monro (1951), *A stochastic approximation method*. Annals of Mathematical Statistics 22.
# - Y. Dauphin, R. Pascanu, C. Gulcehre, K. Cho, S. Ganguli and Y. Bengio (2014), *Identifying and attacking the saddle point problem in
#   high-dimensional non-convex optimization*. NeurIPS.
# - L. Bottou, F. E. Curtis and J. Nocedal (2018), *Optimization methods for large-scale machine learning*. SIAM Review 60.
# - J. Cohen, S. Kaur, Y. Li, J. Z. Kolter and A. Talwalkar (2021), *Gradient descent on neural networks typically occurs at the
#   edge of stability*. ICLR. How the curvature and the learning rate settle with each other.
# - I. Goodfellow, Y. Bengio and A. Courville (2016), *Deep Learning*, chapters 4 and 8. MIT Press.
#
# Next: [where the gradient comes from: back-propagation](04_backpropagation.ipynb).
