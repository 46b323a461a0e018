# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Seven ways to use a gradient: optimisers
#
# The gradient says which way is down, here and now. An **optimiser** (优化器) decides what to do with that. The recap of
# the three-session course (000) says that it explained how the usual optimisers work, but those pages are not in its notes. This lecture
# builds seven of them, a few lines each, and lets them race.
#
# **You will be able to**
#
# - name three troubles of plain gradient descent, and measure each;
# - write the update of SGD, momentum, Nesterov, AdaGrad, RMSProp, AdaDelta and Adam, and say what each was made for;
# - explain why Adam corrects its means, and what AdaDelta's argument about units is worth;
# - compare optimisers fairly, and read with care the results of those who do not;
# - choose one for your own network.
#
# Time: about 40 minutes. You need [lecture 3](../session1_networks/03_gradient_descent.ipynb) and
# [lecture 5](../session1_networks/05_layers.ipynb) of Session I.

# %%
from dataclasses import replace
from functools import partial

import numpy as np
import torch

from course_pkg import data, nn, show, surfaces, widgets
from course_pkg.surfaces import SURFACES, arrival, race
from course_pkg.widgets.optimiser_race import LOOKS

# %% [markdown]
# ## The race first
#
# Seven walkers start at the black dot. Each uses the gradient in its own way, and each has the learning rate that is
# best for it on this surface, out of a grid from 0.0001 to 500. Play the race. Take some of them out. Then press
# "SGD's for all": a learning rate that is right for one is wrong for another. Change the surface: the winner changes.

# %%
widgets.OptimiserRace("ravine")

# %% [markdown]
# "Below 1 % since" is the step after which a walker stays below 1 % of the height at which it began. We shall use this
# number all the time and call it the *arrival*.
#
# ## What is wrong with plain gradient descent?
#
# **Trouble 1: the ravine.** Lecture 3 found the limit: the learning rate must stay below $2/\lambda_{\max}$, the steepest
# direction decides, and the flat direction has to live with it. How bad this is depends on the **condition number**
# (条件数) $\kappa = \lambda_{\max}/\lambda_{\min}$. The cell below makes ravines $f = \tfrac12(x^2 + \kappa y^2)$ that
# are ever narrower, and takes for each the best learning rate there is, $2/(1 + \kappa)$ (exercise 2 of lecture 3).


# %%
# NBVAL_CHECK_OUTPUT
def narrow(kappa):
    return replace(
        SURFACES["ravine"],
        f=lambda x, y: (x * x + kappa * y * y) / 2,
        gradient=lambda x, y: (x, kappa * y),
        start=(-2.5, 2.5 / kappa),
    )


for kappa in (25, 100, 400, 1600):
    path = race(narrow(kappa), {"SGD": nn.SGD}, {"SGD": 2 / (1 + kappa)}, steps=4000)["SGD"]
    print(f"κ = {kappa:4}: down after {arrival(path):4} steps")

# %% [markdown]
# Four times narrower, four times as many steps. In networks the flattest directions are flatter still beside the steepest (Sagun and others,
# 2017).
#
# **Trouble 2: flat places.** Steps are $\eta\,\nabla f$. Where the ground is flat, as around a saddle point (鞍点), they
# become tiny, whatever the way still to go. Lecture 3 shows such a walk. Our notes on frameworks (004) put it like this:
# most of the time of training goes by on the *length* of the way.
#
# **Trouble 3: noise.** A minibatch (小批量) gives the gradient plus an error. Near the minimum the gradient goes to 0 and
# the error does not. With a constant learning rate SGD never comes to rest. Take a bowl, add noise of size 1 to each
# gradient, and see how high above the minimum it hovers. (On a bowl theory gives $\eta/(2-\eta)$, exactly.)


# %%
# NBVAL_CHECK_OUTPUT
def hovering(lr, steps=20_000):
    rng, point, height = np.random.default_rng(0), nn.Blob([0.0, 0.0]), 0.0
    optimiser = nn.SGD({"point": point}, lr)
    for noise in rng.normal(size=(steps, 2)):
        point.diff[...] = SURFACES["bowl"].gradient(*point.data) + noise
        optimiser.step()
        height += SURFACES["bowl"].f(*point.data) / steps
    return height


for lr in (0.4, 0.2, 0.1, 0.05):
    print(f"η = {lr:<4}: mean height {hovering(lr):.3f}, theory {lr / (2 - lr):.3f}")

# %% [markdown]
# Half the learning rate, half the height. So a small rate ends lower, and a large rate gets there sooner. That is why
# learning rates are made smaller during training, and why a rate that suits the beginning does not suit the end.
#
# ## One shape for all
#
# All our optimisers share one step. It goes through the parameters and lets a rule, `_update`, change each in place. `w`
# is the parameter, `g` its gradient. Here are the step and the simplest rule, SGD.

# %%
show.source(nn.Optimiser.step)
show.source(nn.SGD._update)


# %% [markdown]
# The parameters may be those of a network, or just a point on a surface: the rules work number by number and do not
# know the difference. What each optimiser remembers, its *state*, has the shape of the parameter. We follow the
# conventions of `torch.optim`: its names for all numbers, and $\eta$ multiplies the finished step.
#
# The next cell draws an optimiser (in colour) and SGD (black, thin) in two ravines. They are the same ravine, once along
# the axes and once turned by 45°. Keep an eye on the difference. It will matter.


# %% jupyter={"source_hidden": true}
def draw_way(ax, path, steps, colour, **style):
    way = path.points[: steps + 1]
    ax.plot(*way.T, color="white", lw=style["lw"] + 2.5, scalex=False, scaley=False)
    ax.plot(*way.T, color=colour, marker=".", scalex=False, scaley=False, **style)


def draw_map(ax, surface):
    xs, ys = (np.linspace(*bounds, 121) for bounds in surface.bounds)
    z = surface.f(*np.meshgrid(xs, ys))
    ax.contourf(
        xs, ys, z, levels=np.quantile(z, np.linspace(0, 1, 15)), cmap="Greys_r", vmin=-3 * z.max(), vmax=z.max()
    )
    ax.plot(*surface.start, "o", color="black", mec="white", ms=9, zorder=4)
    ax.plot(*np.transpose(surface.minima), "*", color="#F0E442", mec="black", ms=14, ls="", zorder=3)
    ax.set(xlim=surface.bounds[0], ylim=surface.bounds[1], xlabel="x", ylabel="y")
    ax.grid(False)


# %% jupyter={"source_hidden": true}
def show_way(name, alt, steps=40):
    fig, axes = show.new_figure(1, 2, size=(9.6, 3.9), width_ratios=(1.2, 1))
    for ax, surface in zip(axes, ("ravine", "turned ravine"), strict=True):
        draw_map(ax, SURFACES[surface])
        paths = race(surface, {"SGD": nn.SGD, name: nn.OPTIMISERS[name]}, steps=150)
        draw_way(ax, paths["SGD"], steps, "black", lw=1, ms=4)
        draw_way(ax, paths[name], steps, LOOKS[name][0], lw=2, ms=7)
        ax.set_title(f"{surface}, η = {paths[name].lr:g}: {arrival(paths[name])} steps (SGD {arrival(paths['SGD'])})")
    caption = (
        f"The first {steps} steps of {name} (coloured) and of SGD (black, thin), each with its best learning rate."
    )
    show.figure(fig, alt=alt, caption=caption)


# %% [markdown]
# ## Momentum (动量): Polyak, 1964
#
# Give the walker mass. A ball does not turn at once; it keeps most of its velocity $v$ and lets the gradient change it:
#
# $$v \leftarrow \mu\, v + g, \qquad w \leftarrow w - \eta\, v.$$
#
# Across the ravine the gradients point to and fro and cancel in $v$. Along the ravine they all point the same way and
# add up, to $g/(1-\mu)$ in the end: with $\mu = 0.9$ ten times the step of SGD with the same $\eta$.

# %%
show.source(nn.Momentum._update)
show_way(
    "Momentum",
    "Two maps of a long ravine. SGD drops to the bottom of it and creeps along. Momentum swings across the bottom in a wave, "
    "further than SGD, and follows the ravine in large strides to the minimum. The turned ravine shows the same wave, turned.",
)

# %% [markdown]
# The ball swings, and on this ravine the standard value $\mu = 0.9$ makes it arrive even later than SGD. On narrower
# ravines it pays. Polyak computed the best $\eta$ and $\mu$ for a quadratic. With them the number of steps grows only
# like $\sqrt\kappa$:

# %%
# NBVAL_CHECK_OUTPUT
for kappa in (25, 100, 400, 1600):
    root = np.sqrt(kappa)
    heavy = partial(nn.Momentum, momentum=((root - 1) / (root + 1)) ** 2)
    rates = {"SGD": 2 / (1 + kappa), "Momentum": 4 / (1 + root) ** 2}
    paths = race(narrow(kappa), {"SGD": nn.SGD, "Momentum": heavy}, rates, steps=4000)
    steps = {name: arrival(path) for name, path in paths.items()}
    print(f"κ = {kappa:4}: SGD {steps['SGD']:4} steps, momentum {steps['Momentum']:2}")

# %% [markdown]
# ## Nesterov's momentum: 1983
#
# A ball that thinks: "my velocity will carry me to $w - \eta\mu v$ anyway, so let me ask for the gradient *there*." It
# brakes before the slope turns up, not after. Nesterov proved that in the worst case over smooth convex
# functions no method that uses gradients only has a better order. Code usually keeps the place looked ahead to as its $w$ (Sutskever and
# others, 2013). Then the rule is
#
# $$v \leftarrow \mu\, v + g, \qquad w \leftarrow w - \eta\,(g + \mu v).$$

# %%
show.source(nn.Nesterov._update)
show_way(
    "Nesterov",
    "Two maps of a long ravine. Nesterov overshoots the bottom once, swings back gently and then runs along the ravine with hardly a "
    "wave, much further per step than SGD. The way in the turned ravine is the same, turned by 45 degrees.",
)

# %% [markdown]
# Far less swinging, so that it can bear twice the learning rate: 18 steps in place of 37.
#
# ## AdaGrad: Duchi, Hazan and Singer, 2011
#
# Another idea: not one learning rate, but one for **each number**. In text, a rare word gets a gradient seldom, and then
# its weight should move far. AdaGrad adds up all squared gradients of a number and divides by the root of the sum:
#
# $$s \leftarrow s + g^2, \qquad w \leftarrow w - \eta\, \frac{g}{\sqrt{s} + \varepsilon}.$$
#
# (Squares and roots are taken number by number; $\varepsilon$ only avoids a division by 0.) The very first step is
# $\eta$ long in each coordinate, however large the gradient is. From then on the sum only grows, so the steps only shrink.

# %%
show.source(nn.AdaGrad._update)
show_way(
    "AdaGrad",
    "Left, the ravine along the axes: AdaGrad goes straight to the minimum, as if it were a round bowl, and is there after four steps. "
    "Right, the turned ravine: AdaGrad goes down to the bottom and creeps along it together with SGD.",
)

# %% [markdown]
# Look at the two pictures. Along the axes AdaGrad sees no ravine at all: it divides each coordinate by its own size. This
# is a trick that works only if the valley lies **along an axis**. In the turned ravine it is no faster than SGD. SGD
# and momentum do not care how the axes lie: compare their numbers above. A drawing that shows adaptive methods winning
# in an unturned ravine, and there are many of them, shows half of the truth.
#
# ## RMSProp: Tieleman and Hinton, 2012
#
# AdaGrad never forgets: after long training its steps are tiny. Hinton proposed, in lecture 6.5 of an online course and never
# in a paper, to replace the sum by a running mean that forgets (指数滑动平均):
#
# $$s \leftarrow \alpha\, s + (1-\alpha)\, g^2, \qquad w \leftarrow w - \eta\, \frac{g}{\sqrt{s} + \varepsilon}.$$
#
# $\sqrt s$ is the root of the mean square of recent gradients, which gave the name. Each gradient is compared with the last
# $1/(1-\alpha) = 100$ or so. Once these have become small, steps of the length $\eta$ come back, so RMSProp does not come to rest
# by itself: see its curve on "many minima" further down.

# %%
show.source(nn.RMSProp._update)
show_way(
    "RMSProp",
    "Left, the ravine along the axes: RMSProp goes straight to the minimum. Right, the turned ravine: it goes to the bottom first and then "
    "along it, about as fast as SGD.",
)

# %% [markdown]
# ## AdaDelta: Zeiler, 2012
#
# Zeiler asked about **units**. Let the weights be in metres and the loss in euros. A gradient is in euros per metre. A step
# must be in metres.
#
# | rule | unit of the step without $\eta$ | so the unit of $\eta$ |
# |---|---|---|
# | SGD, momentum: $g$ | €/m | m²/€ |
# | AdaGrad, RMSProp, Adam: $g/\sqrt{s}$ | none | m |
# | Newton: $g/f''$ | (€/m)/(€/m²) = m | none |
# | AdaDelta: $\sqrt{u}\,g/\sqrt{s}$ | m·(€/m)/(€/m) = m | none |
#
# Newton's step is a right step in any unit. AdaDelta borrows this from it: it multiplies RMSProp's step by
# $\sqrt{u}$, the running mean size of its *own past steps* $\Delta$, which is in metres. No learning rate should be needed:
#
# $$s \leftarrow \rho s + (1-\rho) g^2, \quad
#   \Delta = \frac{\sqrt{u + \varepsilon}}{\sqrt{s + \varepsilon}}\, g, \quad
#   u \leftarrow \rho u + (1-\rho)\Delta^2, \quad w \leftarrow w - \Delta.$$

# %%
show.source(nn.AdaDelta._update)
show_way(
    "AdaDelta",
    "Left, the ravine along the axes: AdaDelta goes in a curve towards the minimum, begins with very short steps and is behind SGD after 40. "
    "Right, the turned ravine: it goes down to the bottom and is there still near the start after 40 steps.",
)

# %% [markdown]
# Does the argument hold? Measure the same ravine in metres and in millimetres: all coordinates become 1000 times as large.
# For each rule we look for the best learning rate in both.


# %%
def measured_in(unit, surface=SURFACES["ravine"]):
    return replace(
        surface,
        f=lambda x, y: surface.f(x / unit, y / unit),
        gradient=lambda x, y: np.divide(surface.gradient(x / unit, y / unit), unit),
        bounds=tuple((low * unit, high * unit) for low, high in surface.bounds),
        start=tuple(c * unit for c in surface.start),
    )


# %%
# NBVAL_CHECK_OUTPUT
grid = [float(f"{digit}e{power}") for power in range(-4, 9) for digit in (1, 2, 5)]
rules = {"SGD": nn.SGD, "RMSProp": nn.RMSProp}
rules |= {f"AdaDelta, ε = {eps:g}": partial(nn.AdaDelta, eps=eps) for eps in (1e-6, 1e-9, 1e-12)}
for name, rule in rules.items():
    metres, mm = (surfaces.best_rate(measured_in(unit), rule, grid, steps=150) for unit in (1, 1000))
    print(f"{name:19} best η in metres {metres:8,g}, in millimetres {mm:10,.0f}, ratio {mm / metres:9,.0f}")

# %% [markdown]
# SGD: a million (m² to mm²). RMSProp: a thousand (m to mm). Both as the table says. AdaDelta should have the ratio 1, and it has
# 1000 like RMSProp, or 5000 where $\varepsilon$ is not small beside the squared gradients. The unit came back through a side door.
# At the start $u = 0$, so the first step is $\sqrt{\varepsilon}\,g/\sqrt{s+\varepsilon}$, about 0.003 with the usual
# $\varepsilon = 10^{-6}$ and $\rho = 0.9$. That is a *length*, and nobody asked whether in metres or in millimetres. All later steps
# grow out of this first one. Make $\sqrt\varepsilon$ a thousand times smaller (first to last row), and $\eta$ must be a
# thousand times larger: $\sqrt\varepsilon$ *is* a learning rate, under another name.
#
# ## Adam: Kingma and Ba, 2015
#
# Momentum smooths the direction. RMSProp sets the length for each number. Adam does both, with running means $m$ of
# the gradient and $s$ of its square (the paper's $v$):
#
# $$m \leftarrow \beta_1 m + (1-\beta_1)\, g, \quad s \leftarrow \beta_2 s + (1-\beta_2)\, g^2, \quad
#   \hat m = \frac{m}{1-\beta_1^t}, \quad \hat s = \frac{s}{1-\beta_2^t}, \quad
#   w \leftarrow w - \eta\,\frac{\hat m}{\sqrt{\hat s} + \varepsilon}.$$

# %%
show.source(nn.Adam._update)
show_way(
    "Adam",
    "Left, the ravine along the axes: Adam goes in one wide swing through the bottom to the minimum and a little beyond. Right, the turned "
    "ravine: Adam zigzags across the bottom in long straight strides and arrives a little later than SGD.",
)

# %% [markdown]
# ### Why the hats? Bias correction (偏差修正)
#
# Both means start at 0, as if the past had been all zeros. After $t$ steps with a constant gradient $g$ the mean $m$ is only
# $(1-\beta_1^t)\,g$, and the hat divides this away. The two means fill up at different speeds: $m$ within some 20 steps,
# $s$ within some 2000. So without the hats the steps are not too short but far too **long**, since $\sqrt s$ is still too small.


# %%
class WithoutHats(nn.Adam):
    def _update(self, name, w, g):
        beta1, beta2 = self.betas
        m = self.m[name] = beta1 * self.m[name] + (1 - beta1) * g
        s = self.s[name] = beta2 * self.s[name] + (1 - beta2) * g**2
        w -= self.lr * m / (np.sqrt(s) + self.eps)


def step_lengths(optimiser, gradient=1.0, steps=2000, lr=1.0):
    point, way = nn.Blob([0.0]), [0.0]
    rule = optimiser({"w": point}, lr)
    for _ in range(steps):
        point.diff[...] = gradient
        rule.step()
        way.append(point.data[0])
    return -np.diff(way)


# %%
lengths = {name: step_lengths(rule) for name, rule in (("Adam", nn.Adam), ("without hats", WithoutHats))}
show.curves(
    lengths,
    xlabel="step t",
    ylabel="length of the step, in units of η",
    alt="Length of the steps under a constant gradient, by step. With the correction it is 1 all the time. Without it, it "
    "begins at about 3, rises to more than 6 within ten steps and comes down towards 1 over 2000 steps.",
    caption="A constant gradient: with correction every step is η long; without, the first hundred are several times too long.",
)
print(f"without hats: first step {lengths['without hats'][0]:.2f} η, longest {lengths['without hats'].max():.2f} η")

# %% [markdown]
# ### All seven under a constant gradient
#
# The same experiment with all, $\eta = 0.1$, once with a tiny gradient and once with a huge one, tells the families apart.

# %%
# NBVAL_CHECK_OUTPUT
print("step:            1        10       100  |        1        10       100")
for name, rule in nn.OPTIMISERS.items():
    small, large = (step_lengths(rule, g, steps=100, lr=0.1)[[0, 9, 99]] for g in (0.01, 100.0))
    print(f"{name:8}", *(f"{v:9.5f}" for v in small), " |", *(f"{v:9.5f}" for v in large))

# %% [markdown]
# Left $g = 0.01$, right $g = 100$. SGD and its two heavy relatives take steps in proportion to the gradient; the heavy ones gather
# speed up to $1/(1-\mu) = 10$ times. The adaptive four take the same steps for both, or nearly: AdaGrad shorter and shorter,
# like $1/\sqrt t$; Adam always $\eta$; AdaDelta begins near $\eta\sqrt{\varepsilon/(1-\rho)}$, here 0.0003, and grows slowly. And
# RMSProp has no hats: its first step is $1/\sqrt{1-\alpha} = 10$ times $\eta$.
#
# ## Are these the real ones?
#
# Seven optimisers, a small network, 50 steps, beside `torch.optim` on the same network: same start, same data, float64.


# %% jupyter={"source_hidden": true}
digits = data.digits()
x, y = digits.x_train, digits.y_train
TORCHS = {
    "SGD": torch.optim.SGD,
    "Momentum": partial(torch.optim.SGD, momentum=0.9),
    "Nesterov": partial(torch.optim.SGD, momentum=0.9, nesterov=True),
    "AdaGrad": torch.optim.Adagrad,
    "RMSProp": torch.optim.RMSprop,
    "AdaDelta": torch.optim.Adadelta,
    "Adam": torch.optim.Adam,
}


# %%
def mlp(seed):
    rng = np.random.default_rng(seed)
    layers = [nn.Flatten(), nn.Dense(64, 32, rng=rng), nn.ReLU(), nn.Dense(32, 10, rng=rng)]
    return nn.Net(layers, loss=nn.SoftmaxCrossEntropy())


def by_torch(net, optimiser, lr, steps):
    w1, b1, w2, b2 = weights = [torch.tensor(b.data, requires_grad=True) for b in net.parameters().values()]
    theirs = optimiser(weights, lr=lr)
    for _ in range(steps):
        theirs.zero_grad()
        scores = torch.relu(torch.tensor(x[:100].reshape(100, 64)) @ w1.T + b1) @ w2.T + b2
        torch.nn.functional.cross_entropy(scores, torch.tensor(y[:100])).backward()
        theirs.step()
    return [weight.detach().numpy() for weight in weights]


# %%
# NBVAL_CHECK_OUTPUT
for name, optimiser in nn.OPTIMISERS.items():
    net = mlp(seed=0)
    expected = by_torch(net, TORCHS[name], 0.01, 50)
    nn.fit(net, x[:100], y[:100], lr=0.01, epochs=50, batch_size=100, optimiser=optimiser)
    got = [blob.data for blob in net.parameters().values()]
    worst = max(np.abs(a - b).max() for a, b in zip(got, expected, strict=True))
    print(f"{name:8} equal to torch within 1e-6: {worst < 1e-6}")

# %% [markdown]
# ## Race 1: surfaces
#
# Arrivals on all our surfaces within 150 steps, each optimiser with the best rate of the grid for that surface.

# %%
# NBVAL_CHECK_OUTPUT
print(" " * 13, *(f"{name:>8}" for name in nn.OPTIMISERS))
for name in SURFACES:
    steps = [arrival(path) for path in race(name, steps=150).values()]
    print(f"{name:13}", *(f"{'never' if step is None else step:>8}" for step in steps))

# %% [markdown]
# Nobody wins everywhere. The bowl is best for SGD: one step with $\eta = 1/\lambda$ and it is there, while the mass of the ball is only
# a burden. In the narrow valley of Rosenbrock (1960), which turns and so lies along no axis, the ball wins; the three that are
# adaptive and have no momentum do not arrive. Adam is never first here and never last.

# %%
for name, words in (
    ("saddle", "From a start beside the ridge all leave the saddle point and end in the upper minimum."),
    ("many minima", "All go to the same one of the four minima, the nearest."),
):
    walk = widgets.OptimiserRace(name)
    show.figure(walk.static_figure(), alt=f"{walk.alt()} {words}", caption=f"{name}: {words}")

# %% [markdown]
# **The cliff.** Suppose the learning rates were tuned on quiet ground, and then the walk gets to a cliff, where the gradient is
# suddenly large. We keep the rates of the table and start at $x = -0.55$, on the steep face.

# %%
# NBVAL_CHECK_OUTPUT
quiet = {name: path.lr for name, path in race("cliff", steps=150).items()}
for name, path in race("cliff", rates=quiet, start=(-0.55, 2.0), steps=150).items():
    down = arrival(path)
    print(
        f"{name:8} first step to x = {path.points[1, 0]:5.2f}, {f'down after {down}' if down else 'not down after 150'}"
    )

# %% [markdown]
# SGD and Nesterov are thrown out of the map, which ends at $x = 6$, and a long walk back follows. Momentum has a smaller rate but
# keeps the velocity: 96 steps in place of 54. The adaptive ones do not feel the size of the gradient and need about as long as before.
# Recurrent networks have such cliffs (Pascanu, Mikolov and Bengio, 2013); another cure is to clip the gradient.
#
# **Change it.** Start elsewhere, add your own surface with `replace`, or give momentum another $\mu$: `partial(nn.Momentum,
# momentum=0.5)`.

# %%
entrants = {f"μ = {mu}": partial(nn.Momentum, momentum=mu) for mu in (0.0, 0.3, 0.6, 0.9)}
print({name: arrival(path) for name, path in race("ravine", entrants, steps=150).items()})

# %% [markdown]
# ## Race 2: the digits
#
# Now a real task: a network with 64, 32 and 10 neurons on 1,437 handwritten digits, minibatches of 32, six passes over the data. A fair
# race needs rules, and we say them *before* we look:
#
# - every optimiser gets the same grid of nine learning rates, each about three times the one before; all other numbers are torch's defaults;
# - the rate is chosen by the training loss of the last pass, with a seed (start weights and order of the data) that does not run in the race;
# - in the race five other seeds run; we show mean and spread, and the test digits are looked at only then.


# %%
def train(optimiser, lr, seed, epochs=6):
    """The mean training loss of each pass, and the net; infinite loss where training diverges."""
    net = mlp(seed)
    try:
        losses = nn.fit(net, x, y, lr=lr, epochs=epochs, batch_size=32, rng=seed, optimiser=optimiser).losses
    except ValueError:
        return np.full(epochs, np.inf), net
    return np.reshape(losses, (epochs, -1)).mean(axis=1), net


grid = [0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30]
tuning = {name: [train(rule, lr, seed=100)[0][-1] for lr in grid] for name, rule in nn.OPTIMISERS.items()}
best = {name: grid[int(np.argmin(losses))] for name, losses in tuning.items()}

# %%
show.table(
    [(name, *(f"{loss:.2f}" for loss in losses), best[name]) for name, losses in tuning.items()],
    ["optimiser", *(f"η = {lr:g}" for lr in grid), "chosen"],
    caption="Training loss of the sixth pass for each learning rate (seed 100).",
)

# %% [markdown]
# The best rates lie between 0.01 and 10, three powers of ten apart. Two optimisers with *one* learning rate: that comparison would say nothing.
# No best value lies at an end of the grid, otherwise the grid would have to grow.

# %%
runs = {name: [train(rule, best[name], seed) for seed in range(5)] for name, rule in nn.OPTIMISERS.items()}
curves = {name: np.array([losses for losses, _ in five]) for name, five in runs.items()}
accuracy = {
    name: np.array([net.accuracy(digits.x_test, digits.y_test) for _, net in five]) for name, five in runs.items()
}


# %% jupyter={"source_hidden": true}
def draw_losses(ax, name):
    losses, (colour, dashes) = curves[name], LOOKS[name]
    for other in curves.values():
        ax.semilogy(passes, other.mean(axis=0), color="0.8", lw=1.2)
    ax.fill_between(passes, losses.min(axis=0), losses.max(axis=0), color=colour, alpha=0.3, lw=0)
    ax.semilogy(passes, losses.mean(axis=0), color=colour, ls=(0, dashes) if dashes else "-")
    ax.set(title=f"{name}, η = {best[name]:g}", xticks=passes)


passes = np.arange(1, 7)
fig, axes = show.new_figure(2, 4, size=(10.5, 5.4), sharey=True)
for ax, name in zip(axes.flat, curves, strict=False):
    draw_losses(ax, name)

# %% jupyter={"source_hidden": true}
axes[1, 3].axis("off")
fig.supxlabel("pass")
fig.supylabel("training loss")
show.figure(
    fig,
    alt="Seven panels, one for each optimiser: training loss by pass on a logarithmic axis, mean of five seeds with a band from the smallest to "
    "the largest, and the means of the others in grey. All fall from between 0.8 and 1.6 to about 0.1 in six passes. SGD is the highest all "
    "the way and has a wide band. Adam and Nesterov are the lowest.",
    caption="Training loss on the digits: mean of five seeds (line), smallest to largest (band), and the other optimisers' means in grey.",
)

# %%
# NBVAL_CHECK_OUTPUT
print("           rate   training loss      test accuracy")
for name in sorted(runs, key=lambda name: round(curves[name][:, -1].mean(), 3)):
    loss, right = curves[name][:, -1], 100 * accuracy[name]
    print(
        f"{name:8}  {best[name]:5g}  {loss.mean():.3f} ± {loss.std(ddof=1):.3f}  {right.mean():5.1f} ± {right.std(ddof=1):.1f} %"
    )

# %% [markdown]
# What came out, in this race, with six passes and these rules:
#
# - In training loss Adam is first and Nesterov second, and their spreads touch. Plain SGD is last, with twice the loss of the best.
# - In test accuracy no order can be read: all means lie within about two percent, and the spreads are as large. One of the 360 test
#   digits is 0.28 %.
# - SGD's best rate lies next to one that ruins it (1 and 3 in the table). Adam's loss stays below 0.25 over a factor of 30 in the rate. Less
#   care with the rate is a good part of what one buys.
# - AdaDelta with its paper's rate 1 was at 0.23 after six passes, with 10 at 0.11. It does want a learning rate.
#
# What did *not* come out: that one of them is the best. Another network, more passes, a schedule, tuning $\mu$ and the $\beta$ as well, and
# the order may change.
#
# ## What people use today, and why
#
# - **SGD with momentum** 0.9 and a falling learning rate trained most of the famous image networks, ResNet among them (He and others,
#   2016). One state per weight, and well understood.
# - **Adam**, and today mostly **AdamW**, trains nearly all transformers, language models among them. The gradients of their parts have very
#   different sizes, and tuning a rate for each part is out of the question. It costs two states per weight: for a model that fills
#   the memory, that matters.
# - **AdamW** (Loshchilov and Hutter, 2019) repairs a side effect. Weight decay (权重衰减) added to the gradient, as our `L2` does, is
#   divided by $\sqrt{\hat s}$ too, so weights with large gradients decay less. AdamW shrinks the weights beside Adam's step:
#   $w \leftarrow w - \eta\lambda w$. Exercise 3 builds it.
# - AdaGrad is still used for sparse data, AdaDelta hardly, RMSProp now and then.
#
# And a warning about tables in papers. Wilson and others (2017) found that adaptive methods generalise worse than SGD. Choi and others (2019) found
# that the order depends on how much is tuned, and that with all numbers tuned the more general rule is never worse. Schmidt, Schneider and
# Hennig (2021) compared fifteen optimisers: trying several with their default numbers helps about as much as tuning one.
# Reddi, Kale and Kumar (2018) gave a convex problem on which Adam does not converge at all.
#
# ## Exercises
#
# **1.** $f(x) = \tfrac12 x^2$, start $x = 1$, $\eta = 0.1$, $\mu = 0.9$. Do two steps of SGD, of momentum, of Nesterov, by hand. And where is Adam after
# its first step, without any calculation?
#
# <details><summary>Answer</summary>
#
# The gradient is $x$. SGD: 0.9, 0.81. Momentum: $v = 1$, $x = 0.9$; then $v = 0.9 + 0.9 = 1.8$, $x = 0.72$. Nesterov: $v = 1$,
# $x = 1 - 0.1 \cdot 1.9 = 0.81$; then $v = 0.9 + 0.81 = 1.71$, $x = 0.81 - 0.1\,(0.81 + 1.539) = 0.5751$. Adam's first step is always $\eta$
# long: 0.9.
#
# </details>
#
# **2.** Momentum and noise. In `hovering`, put `nn.Momentum` in place of `nn.SGD`, and measure the height for $\eta = 0.1$ and $\eta = 0.01$. What
# should somebody do who changes from SGD to momentum?
#
# <details><summary>Answer</summary>
#
# About 0.5 and 0.05. SGD with $\eta = 0.1$ has 0.05. So momentum with $\mu = 0.9$ hovers as high as SGD with ten times the rate, since each gradient
# goes into many steps, $1/(1-\mu) = 10$ in sum. Who adds momentum should divide the rate by 10 at first.
#
# </details>
#
# **3.** Write AdamW as a subclass of `nn.Adam`. In what order do decay and Adam's step come in torch?
#
# <details><summary>Answer</summary>
#
# ```python
# class AdamW(nn.Adam):
#     def __init__(self, net, lr=0.001, *, decay=0.01, **numbers):
#         super().__init__(net, lr, **numbers)
#         self.decay = decay
#
#     def _update(self, name, w, g):
#         w -= self.lr * self.decay * w
#         super()._update(name, w, g)
# ```
#
# The decay comes first. With that the result equals `torch.optim.AdamW(weight_decay=decay)` to the last digits. Our rule shrinks the
# biases too, as torch's does if all parameters are in one group.
#
# </details>
#
# ## What to read next
#
# - B. Polyak (1964), *Some methods of speeding up the convergence of iteration methods*. USSR Computational Mathematics and Mathematical
#   Physics 4.
# - Y. Nesterov (1983), *A method for solving the convex programming problem with convergence rate O(1/k²)*. Soviet Mathematics Doklady 27.
# - J. Duchi, E. Hazan and Y. Singer (2011), *Adaptive subgradient methods for online learning and stochastic optimization*. JMLR 12.
# - T. Tieleman and G. Hinton (2012), *Lecture 6.5: rmsprop*. Coursera, Neural networks for machine learning.
# - M. Zeiler (2012), *ADADELTA: an adaptive learning rate method*. arXiv 1212.5701.
# - I. Sutskever, J. Martens, G. Dahl and G. Hinton (2013), *On the importance of initialization and momentum in deep learning*. ICML.
# - D. Kingma and J. Ba (2015), *Adam: a method for stochastic optimization*. ICLR.
# - I. Loshchilov and F. Hutter (2019), *Decoupled weight decay regularization*. ICLR.
# - D. Choi and others (2019), *On empirical comparisons of optimizers for deep learning*. arXiv 1910.05446.
# - R. Schmidt, F. Schneider and P. Hennig (2021), *Descending through a crowded valley: benchmarking deep learning optimizers*. ICML.
# - G. Goh (2017), *Why momentum really works*. Distill. With sliders.
#
# Next: [training deep nets](05_training_deep_nets.ipynb), where the best optimiser does not help if no gradient arrives.
