# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Boltzmann machines: learning what is probable
#
# An autoencoder learns to repeat its input. A Boltzmann machine learns something else: which inputs are likely and which are not. Then it can
# also invent new ones.
#
# **You will be able to**
#
# - read an energy (能量) as a list of likes and dislikes, and turn it into a probability;
# - derive both conditional probabilities of a restricted Boltzmann machine (受限玻尔兹曼机, RBM), and check them on all 32 states of a small one;
# - say why the gradient of the likelihood has two phases, and what goes wrong with only one;
# - draw samples by Gibbs sampling (吉布斯采样), and train by contrastive divergence (对比散度, CD);
# - measure how far CD-1 is from the exact gradient, and see what it learns all the same.
#
# Time: about 40 minutes. You need [autoencoders](07_autoencoders.ipynb) and a little probability: $P(x, y) = P(x)\,P(y \mid x)$.

# %%
import numpy as np
from threadpoolctl import threadpool_limits

from course_pkg import data, nn, show
from course_pkg.show import COLOURS
from course_pkg.unsupervised import RBM, binary_states, reconstruction_error

threadpool_limits(1)  # for matrices as small as ours a second thread costs more than it brings
digits = data.digits()

# %% [markdown]
# ## A picture first: all 32 states of a small machine
#
# Take five units. Each is on (1) or off (0). Three of them are **visible** (可见单元): the data stand there. Two are **hidden** (隐藏单元): they
# belong to the machine alone. Between visible and hidden units there are weights, within a layer there are none. Five units have
# $2^5 = 32$ states, and here they are all. The darker the background, the more probable.

# %%
W = np.array([[2.0, -2.0], [2.0, 0.0], [-1.0, 3.0]])  # W[i, j] joins visible unit i and hidden unit j
b = np.array([-1.0, -1.0, -0.5])  # biases of the visible units
a = np.array([-1.0, -1.0])  # biases of the hidden units
rbm = RBM.from_parameters(W, b, a)

visible, hidden = binary_states(3), binary_states(2)
v, h = np.repeat(visible, 4, axis=0), np.tile(hidden, (8, 1))  # every v with every h
E = rbm.energy(v, h).reshape(8, 4) + 0.0  # −0.0 + 0.0 is 0.0
P = np.exp(-E) / np.exp(-E).sum()

# %% jupyter={"source_hidden": true}
fig, ax = show.new_figure(size=(10.5, 5.2))
picture = ax.imshow(P.T, cmap="Blues", vmin=0, vmax=0.4, extent=(-0.5, 7.5, 3.5, -0.5), aspect="auto")
for (column, x), (row, y) in ((i, j) for i in enumerate(visible) for j in enumerate(hidden)):
    places = [(column + s, row - 0.3) for s in (-0.14, 0.14)] + [(column + s, row) for s in (-0.28, 0, 0.28)]
    for i in range(3):
        for j in range(2):
            ax.plot(*zip(places[2 + i], places[j], strict=True), color="0.6", lw=0.8, zorder=1)
    colours = ["black" if on else "white" for on in (*y, *x)]
    ax.scatter(*zip(*places, strict=True), s=80, c=colours, edgecolors="black", linewidths=1, zorder=2)
    ax.text(column, row + 0.33, f"E = {E[column, row]:g}", ha="center", fontsize=10)
    ax.text(column, row + 0.18, f"{100 * P[column, row]:.1f} %", ha="center", fontsize=8)
ax.set(
    xticks=range(8),
    xticklabels=["".join(f"{int(n)}" for n in x) for x in visible],
    yticks=range(4),
    yticklabels=["".join(f"{int(n)}" for n in y) for y in hidden],
    xlabel="visible units v",
    ylabel="hidden units h",
)
ax.set_xticks(np.arange(0.5, 7), minor=True)
ax.set_yticks(np.arange(0.5, 3), minor=True)
ax.grid(False)
ax.grid(True, which="minor", color="0.7")
ax.tick_params(which="both", length=0)
show.figure(
    fig,
    alt="A table of 8 columns, one for each state of three visible units, and 4 rows, one for each state of two hidden units. In each cell the five "
    "units are drawn as circles, black when on, with the energy E and the probability below. The darkest cells are v = 001 with h = 01, energy "
    "minus 1.5, and v = 110 with h = 10, energy minus 1; most others are pale.",
    caption="All states of an RBM with three visible and two hidden units. Upper circles: hidden. Black: on. Low energy means high probability.",
)

# %% [markdown]
# Look at the darkest cells. In one of them $v_3$ and $h_2$ are on, and nothing else. In another $v_1$, $v_2$ and $h_1$. The weights say why: $W_{32} = 3$ means
# that $v_3$ and $h_2$ like to be on together. $W_{12} = -2$ means that $v_1$ and $h_2$ do not. So a hidden unit stands for a group of visible units that
# tend to be on together. That is a **feature**, and this is what we want the machine to find in data by itself.
#
# ## Energy and probability
#
# With the letters of the 2013 notes (002), the energy of a state is
#
# $$E(v, h) = -\sum_{ij} W_{ij} v_i h_j - \sum_i b_i v_i - \sum_j a_j h_j .$$
#
# Each weight counts only when both of its units are on. A positive weight then lowers the energy. The **Boltzmann distribution** (玻尔兹曼分布) turns energies into
# probabilities:
#
# $$P(v, h) = \frac{1}{Z} e^{-E(v, h)}, \qquad Z = \sum_{v, h} e^{-E(v, h)} .$$
#
# $Z$ is the **partition function** (配分函数). It only makes the sum 1. The form comes from physics: so probable are the states of a gas at a given temperature.
# One unit of energy less makes a state $e \approx 2.7$ times as probable.
#
# (The text of 002 that we have puts the words "partition function" below $\prod_{ij} e^{W_{ij} v_i h_j}$. That product is not it. The partition function is $Z$.)

# %%
# NBVAL_CHECK_OUTPUT
by_hand = -(v * (h @ W.T)).sum(axis=1) - v @ b - h @ a
print(f"energies as in the formula: {np.allclose(by_hand.reshape(8, 4), E)}")
print(f"Z = {np.exp(-E).sum():.3f}, log Z = {rbm.log_partition():.3f}")
print("P(v), summed over h:")
for state, p in zip(visible.astype(int), P.sum(axis=1), strict=True):
    print(f"   v = {state}: {p:.3f}")
print(f"states of 64 visible and 64 hidden units: 2^128 = {2.0**128:.0e}")

# %% [markdown]
# The last line is the trouble with this model. The energy of one state is a sum of a few numbers. $Z$ is a sum over all states, and for real data nobody
# can carry it out. Everything that follows is about what can be done without $Z$.
#
# Machines with weights between *all* units were introduced by Ackley, Hinton and Sejnowski (1985). They are the Boltzmann machines (玻尔兹曼机). The restricted ones, with no weights
# within a layer, are from Smolensky (1986), who called them harmonium. The restriction has a great advantage.
#
# ## The conditional probabilities
#
# Hold $v$ fixed and ask for $h$. Only the terms with $h$ matter, all others cancel:
#
# $$P(h \mid v) = \frac{P(v, h)}{\sum_{h'} P(v, h')} \propto \exp\Big(\sum_j h_j \underbrace{\big(a_j + \textstyle\sum_i W_{ij} v_i\big)}_{x_j}\Big) = \prod_j e^{h_j x_j} .$$
#
# It is a product with one factor for each hidden unit. So, given $v$, the hidden units are **independent**. A factor has two values: $e^0 = 1$ for off and
# $e^{x_j}$ for on. Hence
#
# $$P(h_j = 1 \mid v) = \frac{e^{x_j}}{1 + e^{x_j}} = \sigma\Big(a_j + \sum_i W_{ij} v_i\Big), \qquad P(v_i = 1 \mid h) = \sigma\Big(b_i + \sum_j W_{ij} h_j\Big) .$$
#
# This is the sigmoid neuron of [the first lecture](../session1_networks/01_neuron.ipynb). There it was chosen. Here it follows from the energy. And going down uses the same
# weights as going up.
#
# In the package, `transform` gives $P(h_j = 1 \mid v)$ and `inverse_transform` gives $P(v_i = 1 \mid h)$. We hold both against the table of the joint probability.

# %%
# NBVAL_CHECK_OUTPUT
from_table = P @ hidden / P.sum(axis=1, keepdims=True)  # sum over h of h_j P(v, h), divided by P(v)
print("P(h = 1 | v) by the formula, and from the table of 32 states:")
for state, one, other in zip(visible.astype(int), rbm.transform(visible), from_table, strict=True):
    print(f"   v = {state}: {one.round(4)}  {other.round(4)}")
back = P.T @ visible / P.sum(axis=0)[:, None]
print(f"P(v = 1 | h) also: {np.allclose(rbm.inverse_transform(hidden), back)}")

# %% [markdown]
# ### The free energy
#
# How probable is a visible state alone? Sum over the hidden ones. Since they are independent, the sum of $2^H$ terms becomes a product of $H$ factors:
#
# $$P(v) = \frac1Z \sum_h e^{-E(v,h)} = \frac1Z\, e^{\sum_i b_i v_i} \prod_j \big(1 + e^{x_j}\big) = \frac1Z e^{-F(v)}, \qquad F(v) = -\sum_i b_i v_i - \sum_j \log\big(1 + e^{x_j}\big) .$$
#
# $F$ is the **free energy** (自由能). It costs no more than a pass through a dense layer. So we can *compare* two images: $P(v)/P(v') = e^{F(v') - F(v)}$, and $Z$ cancels.

# %%
# NBVAL_CHECK_OUTPUT
F = rbm.free_energy(visible)
print("free energy of the 8 visible states:", F.round(3))
print(f"e^-F / Z is P(v): {np.allclose(np.exp(-F - rbm.log_partition()), P.sum(axis=1))}")

# %% [markdown]
# ## Learning: the gradient has two phases
#
# Let data $v^{(1)}, \dots, v^{(N)}$ be given. Good parameters make them probable. So we climb the mean **log-likelihood** (对数似然),
#
# $$L = \frac1N \sum_n \log P(v^{(n)}) = -\frac1N \sum_n F(v^{(n)}) - \log Z .$$
#
# (002 subtracts a penalty $\frac{\lambda}{N} \lVert W \rVert^2$ as well. That is weight decay, and here it is the argument `l2`.) Two derivatives are needed. With $x_j$ from above,
#
# $$-\frac{\partial F(v)}{\partial W_{ij}} = v_i\, \sigma(x_j) = v_i P(h_j = 1 \mid v), \qquad \frac{\partial \log Z}{\partial W_{ij}} = \frac1Z \sum_{v,h} v_i h_j\, e^{-E(v,h)} = \mathbb E_{P}[v_i h_j] .$$
#
# Together:
#
# $$\frac{\partial L}{\partial W_{ij}} = \underbrace{\mathbb E_{\text{data}}[v_i h_j]}_{\text{positive phase}} - \underbrace{\mathbb E_{\text{model}}[v_i h_j]}_{\text{negative phase}} .$$
#
# The positive phase lowers the energy where the data are. The negative phase raises it where the machine *believes* that data are. When both agree, learning stops. The biases go
# alike: $\mathbb E_{\text{data}}[v_i] - \mathbb E_{\text{model}}[v_i]$, and the same with $h_j$. Why not leave out the second phase? Because then nothing ever raises an energy. Let us see
# that on a machine as small as ours, where both phases can be summed exactly.

# %%
patterns = np.array([[1, 1, 0], [1, 1, 0], [0, 0, 1], [0, 1, 1]], dtype=float)


def climb(steps, negative_phase=True, rate=0.5):
    rng = np.random.default_rng(0)
    rbm = RBM.from_parameters(0.1 * rng.standard_normal((3, 2)), np.zeros(3), np.zeros(2))
    for _ in range(steps):
        h = rbm.transform(patterns)
        step = patterns.T @ h / len(patterns), patterns.mean(axis=0), h.mean(axis=0)  # the positive phase alone
        if negative_phase:
            step = rbm.log_likelihood_gradient(patterns)  # both phases, the second over all 8 states of v
        for parameter, change in zip((rbm.W_, rbm.b_, rbm.a_), step, strict=True):
            parameter += rate * change
    return rbm


# %% jupyter={"source_hidden": true}
fig, axes = show.new_figure(1, 3, size=(10.5, 3), sharey=True)
names = ["".join(f"{int(n)}" for n in x) for x in visible]
shares = [(patterns == x).all(axis=1).mean() for x in visible]
for ax, title, values in (
    (axes[0], "data", shares),
    (axes[1], "both phases", np.exp(climb(3000).log_likelihood(visible))),
    (axes[2], "positive phase only", np.exp(climb(40, negative_phase=False).log_likelihood(visible))),
):
    ax.bar(names, values, color=COLOURS["blue"])
    ax.set(title=title, xlabel="v", ylim=(0, 1.05))
axes[0].set(ylabel="probability")
show.figure(
    fig,
    alt="Three bar charts over the eight visible states. Data: 001 and 011 have a quarter each, 110 a half. Both phases: nearly the same bars. "
    "Positive phase only: the whole probability stands on 111, which is not in the data.",
    caption="What the small machine has learned: after 3,000 steps with both phases, and after 40 steps with the first phase only.",
)

# %% [markdown]
# With both phases the machine has become the data. With the positive phase alone all weights and biases grow without end, since $v_i h_j$ is never negative, and the machine believes in
# one state where everything is on. It is not even one of the data. An opinion needs criticism.
#
# Is the gradient right? The numerical derivative decides.

# %%
# NBVAL_CHECK_OUTPUT
exact = rbm.log_likelihood_gradient(patterns)
here = {"W": W, "b": b, "a": a}
for name, value in here.items():
    numerical = nn.numerical_gradient(
        lambda x, name=name: RBM.from_parameters(**here | {name: x}).log_likelihood(patterns).mean(), value
    )
    print(f"∂L/∂{name}: equal to 8 digits: {np.abs(getattr(exact, name) - numerical).max() < 1e-8}")

# %% [markdown]
# ## Gibbs sampling: walking instead of summing
#
# The negative phase is a mean over the model, and a mean can be estimated from samples. But how do you draw a sample from $P(v, h)$ without $Z$? With the conditionals, which need no $Z$. Draw all $h$
# from $P(h \mid v)$, then all $v$ from $P(v \mid h)$, and so on. This is **Gibbs sampling** (Geman and Geman, 1984). If the walk is long enough, it visits each state as often as its probability says, wherever it started.

# %%
rng = np.random.default_rng(1)
walk = [np.zeros((1, 3))]
for _ in range(20_000):
    walk.append(rbm.gibbs(walk[-1], rng=rng))
walk = np.concatenate(walk)
number = (walk @ [4, 2, 1]).astype(int)  # 110 is number 6

# %% jupyter={"source_hidden": true}
fig, (left, right) = show.new_figure(1, 2, size=(10.5, 3.2), width_ratios=(1.5, 1))
left.imshow(walk[:81].T, cmap="Greys", aspect="auto", vmin=0, vmax=1.3)
left.set(title="the first 80 steps", xlabel="step", yticks=range(3), yticklabels=["v₁", "v₂", "v₃"])
left.set_yticks([0.5, 1.5], minor=True)
left.grid(False)
left.grid(True, which="minor", axis="y", color="0.7")
right.bar(range(8), P.sum(axis=1), color="0.85", label="P(v)")
for steps, marker, colour in ((30, "s", "orange"), (300, "D", "red"), (20_000, "o", "blue")):
    share = np.bincount(number[1 : steps + 1], minlength=8) / steps
    right.plot(range(8), share, marker, color=COLOURS[colour], label=f"{steps:,} steps")
right.set(title="share of visits", xticks=range(8), xticklabels=names, xlabel="v", ylim=(0, 0.45))
right.tick_params(axis="x", labelsize=9)
right.legend(fontsize=9, ncols=2)
show.figure(
    fig,
    alt="Left: three rows for the visible units over 80 steps, black when on. Runs of some steps where only the third is on alternate with runs where the first "
    "two are on. Right: bars of the exact probabilities of the 8 states, and the share of visits after 30, 300 and 20,000 steps; after 30 they are "
    "far from the bars, after 20,000 they lie on them.",
    caption="A Gibbs chain of the machine in the first picture. It stays in one group of states for a few steps, then changes to the other.",
)

# %% [markdown]
# The left picture also shows the weakness. The chain stays with one group for some steps, then jumps. Neighbouring samples are alike. The larger the weights, the rarer the jumps, and
# the longer the walk must be. One says that the chain **mixes** (混合) slowly.
#
# ## Contrastive divergence
#
# A long walk for every gradient step is expensive. Hinton (2002) had a bold idea: start the walk *at the data*, and walk only $k$ steps. Then compare the data with where the walk has got to. If the model were
# right, the walk would change nothing on the average. What it changes shows what is wrong. This is **contrastive divergence**, CD-$k$. For $k = 1$:


# %%
def cd1(rbm, v, rng):
    """The CD-1 estimate of ∂L/∂W, ∂L/∂b and ∂L/∂a for the rows of v."""
    h = rbm.transform(v)  # up: probabilities ...
    h_drawn = (rng.random(h.shape) < h).astype(float)  # ... and a draw
    v1 = (rng.random(v.shape) < rbm.inverse_transform(h_drawn)).astype(float)  # down: what the machine makes of it
    h1 = rbm.transform(v1)  # up again
    return (v.T @ h - v1.T @ h1) / len(v), (v - v1).mean(axis=0), (h - h1).mean(axis=0)


# %%
many = np.tile(patterns, (50_000, 1))
print("∂L/∂W exactly:       ", exact.W.round(3).tolist())
print("CD-1, 200,000 chains:", cd1(rbm, many, np.random.default_rng(0))[0].round(3).tolist())
print("CD-20, the same:     ", rbm.contrastive_divergence(many, 20, rng=0).W.round(3).tolist())

# %% [markdown]
# CD-1 is not the gradient, however many chains we take. The large numbers are much too small, and the last one even has the wrong sign. Still, the whole arrow points roughly the right way. With 20 steps
# the estimate is right within the accuracy of so many chains.
#
# On an enumerable machine we can do without chance. One Gibbs step takes a distribution over the 8 visible states to another: it is an 8×8 matrix $T$, with
# $T_{vv'} = \sum_h P(h \mid v) P(v' \mid h)$. So the mean of CD-$k$ can be calculated exactly: take the distribution of the data, multiply it $k$ times by $T$.


# %%
def mean_cd(rbm, k):
    """The mean of CD-k for ∂L/∂W over all chains, without drawing any."""
    log_p = -rbm.energy(v, h).reshape(8, 4)
    p = np.exp(log_p - rbm.log_partition())
    T = (p / p.sum(axis=1, keepdims=True)) @ (p / p.sum(axis=0)).T
    change = shares - shares @ np.linalg.matrix_power(T, k)
    return visible.T @ (change[:, None] * rbm.transform(visible))


# %%
# NBVAL_CHECK_OUTPUT
errors = {}
for scale in (0.5, 1.0, 1.5):
    scaled = RBM.from_parameters(scale * W, b, a)
    goal = scaled.log_likelihood_gradient(patterns).W
    errors[scale] = [np.linalg.norm(mean_cd(scaled, k) - goal) / np.linalg.norm(goal) for k in range(1, 13)]
    print(f"weights × {scale}: ", "  ".join(f"CD-{k} {errors[scale][k - 1]:.3f}" for k in (1, 2, 3, 5, 10)))

# %%
show.curves(
    {f"weights × {scale}": values for scale, values in errors.items()},
    log=True,
    xlabel="k, number of Gibbs steps",
    ylabel="relative error of the mean of CD-k",
    alt="Relative error against the number of Gibbs steps, logarithmic axis. Three straight lines fall: steeply for the weights times 0.5, less for the weights "
    "themselves, slowly for the weights times 1.5.",
    caption="How far the mean of CD-k is from the exact gradient of W, for the small machine with its weights made smaller or larger.",
)

# %% [markdown]
# Straight lines on a logarithmic axis: each step removes the same share of the error. And the larger the weights, the slower. Early in training, when the weights are small, CD-1 is almost the gradient. Later it is a rough guide. (CD-$k$ is not
# the gradient of any function at all; Sutskever and Tieleman proved that for CD-1 in 2010.)
#
# ## Does it matter? Bars and stripes
#
# A test that has become classical: images of 4×4 pixels with whole columns on, or whole rows. There are 30 of them. A machine with 16 visible and 8 hidden units has an exact likelihood (we sum over the $2^8$ states of $h$). We train with
# CD-1 and with CD-5 from five random starts, and measure two things: the log-likelihood, and the error of the reconstruction that CD-1 makes on its way.

# %%
rows = np.repeat(binary_states(4), 4, axis=1)
columns = np.tile(binary_states(4), (1, 4))
bars = np.unique(np.concatenate([rows, columns]), axis=0)
show.images(
    np.pad(bars[3::3].reshape(-1, 4, 4), ((0, 0), (1, 1), (1, 1)), constant_values=0.6),
    columns=9,
    size=0.8,
    alt="Nine images of 4 by 4 pixels in grey frames, each with some whole rows or some whole columns white.",
    caption="Nine of the 30 images of bars and stripes.",
)


# %%
def follow(seed, every=100, lr=0.4, **options):
    """Train on the bars; return likelihood and reconstruction error at 30 stations, ``every`` so many passes."""
    machine = RBM(8, lr=lr, batch_size=30, epochs=0, rng=seed, **options).fit(bars)
    found = []
    for _ in range(30):
        found.append((machine.log_likelihood(bars).mean(), reconstruction_error(machine, bars)))
        for _ in range(every):
            machine.partial_fit(bars)
    return np.array(found).T


runs = {k: np.array([follow(seed, k=k) for seed in range(5)]) for k in (1, 5)}

# %% jupyter={"source_hidden": true}
fig, (left, right) = show.new_figure(1, 2, size=(10, 3.5))
passes = 100 * np.arange(30)
for k, values in runs.items():
    for ax, found in ((left, values[:, 0]), (right, values[:, 1])):
        ax.fill_between(passes, found.min(axis=0), found.max(axis=0), alpha=0.25, lw=0)
        ax.plot(passes, found.mean(axis=0), label=f"CD-{k}")
left.axhline(-np.log(30), color="0.4", ls=":", lw=1.5)
left.text(2900, -np.log(30) + 0.15, "best possible, −log 30", ha="right", color="0.3")
left.set(ylabel="mean log P(v)", xlabel="passes", ylim=(-11.5, -2.6))
right.set(ylabel="reconstruction error", xlabel="passes", yscale="log")
left.legend(loc="lower right")
show.figure(
    fig,
    alt="Left: exact log-likelihood over 2,900 passes. Both curves rise to pass 1,000; then CD-1 falls again, with a wide band of seeds, while CD-5 stays about one below the best "
    "possible value and falls only a little. Right: the reconstruction error of both falls all the time, over three powers of ten.",
    caption="Bars and stripes: mean and range of five seeds. Left: what we want to raise. Right: the error of going up and down once.",
)
for k, values in runs.items():
    best, last = values[:, 0].max(axis=1), values[:, 0, -1]
    print(
        f"CD-{k}: best log-likelihood {best.mean():.2f} ± {best.std(ddof=1):.2f}, in the end {last.mean():.2f} ± {last.std(ddof=1):.2f}"
    )

# %% [markdown]
# (± is the standard deviation over the seeds.) This is a warning with two parts. **CD-1 can make the likelihood worse while it trains** (Fischer and Igel, 2010, found this with bars and stripes). And **the reconstruction error does
# not tell**: it goes on falling. It looks only at the neighbourhood of the data. A machine can repeat all data perfectly and believe that something else, far away, is much more probable. No chain of one step from the data ever gets there to
# object. Longer chains help, smaller learning rates help, and so does weight decay.
#
# Another cure is **persistent** CD (PCD; Tieleman, 2008): the chains do not start at the data each time but go on from where the last step left them, so that they get around in the long run. `RBM(persistent=True)` does that. It wants a small learning rate, or the
# model runs away from its chains. At the rate of our experiment it ends worse than CD-1 (exercise 3).
#
# ### Where the sources are wrong
#
# The notes (002) say about the training: by adjusting the parameters we want the visible layer $v_1$ that comes back from the hidden layer to be the same as the original $v$. That describes an autoencoder. An RBM maximises the likelihood, as the formula a few lines below in 002
# says, and the two goals differ, as we just saw. In the section on deep belief nets the notes say that a single step is enough to come close to maximum likelihood. It is enough to learn something useful. How close it comes is not known for large machines. For small ones we measured it.
#
# ## Handwritten digits
#
# Now 64 visible units, the pixels of the 8×8 digits, and 64 hidden ones. The units are on or off, so the digits are made black and white: a pixel is on where its grey is above one half. No labels are used.

# %%
x, x_test = ((part.reshape(-1, 64) > 0.5).astype(float) for part in (digits.x_train, digits.x_test))
machine = RBM(64, lr=0.1, epochs=100, rng=0).fit(x)
largest = np.argsort(-np.linalg.norm(machine.W_, axis=0))[:32]
show.images(
    machine.W_.T[largest].reshape(-1, 8, 8),
    columns=16,
    size=0.6,
    signed=True,
    alt="32 pictures of 8 by 8 weights, red positive, blue negative. Many show a red spot or a short red stroke beside a blue one, each in another place.",
    caption="The weights of the 32 hidden units with the largest weights. Many look for a piece of stroke with no ink beside it.",
)

# %% [markdown]
# The weights began as noise of size 0.01. Now many show a spot or a short stroke in one place, with the opposite beside it. Nobody told the machine about strokes. They are what makes pixels go together.
#
# What does it make of digits that it never saw? Up to 64 hidden units, and down again:

# %%
some = x_test[:12]
rng = np.random.default_rng(0)
drawn = (rng.random((12, 64)) < machine.transform(some)).astype(float)
show.images(
    [*some.reshape(-1, 8, 8), *machine.inverse_transform(drawn).reshape(-1, 8, 8)],
    columns=12,
    size=0.75,
    alt="Twelve test digits, and below each what comes back from 64 hidden units: nearly the same digits, a little softer.",
    caption="Above: test digits. Below: up, a draw of all hidden units, and down.",
)

# %% [markdown]
# ### Free energy tells digits from noise
#
# $P(v)$ itself is out of reach: $Z$ has $2^{64}$ terms, whichever layer we enumerate. But free energies can be compared. We take 360 test digits; the same digits upside down; images whose pixels are drawn one by one, each black as often as this pixel is
# in the training digits; and pure noise.

# %%
rng = np.random.default_rng(0)
kinds = {
    "test digits": x_test,
    "upside down": x_test[:, ::-1],
    "independent pixels": (rng.random(x_test.shape) < x.mean(axis=0)).astype(float),
    "noise": rng.integers(2, size=x_test.shape).astype(float),
}
show.images(
    np.concatenate([images[:12] for images in kinds.values()]).reshape(-1, 8, 8),
    columns=12,
    size=0.5,
    alt="Four rows of twelve black and white images: digits; the same digits upside down; blobs of roughly the shape of digits; noise.",
    caption="From above: test digits, the same upside down, independent pixels, noise.",
)
free = {name: machine.free_energy(images) for name, images in kinds.items()}

# %% jupyter={"source_hidden": true}
fig, ax = show.new_figure(size=(8, 3.2))
for (name, values), colour in zip(free.items(), ("blue", "red", "green", "orange"), strict=True):
    ax.hist(values, bins=np.linspace(-85, 95, 91), color=COLOURS[colour], alpha=0.7, label=name)
ax.set(xlabel="free energy F(v): low is probable", ylabel="images")
ax.legend()
show.figure(
    fig,
    alt="Histograms of the free energy. Test digits lie lowest, around minus 70; digits upside down around minus 60, half of them among the digits; "
    "independent pixels around minus 55, with little overlap; noise lies far above, from 0 to 90.",
    caption="Free energy of 360 images of each kind.",
)
limit = np.quantile(free["test digits"], 0.95)
for name, values in free.items():
    print(f"{name:18}: mean F = {values.mean():6.1f}, {100 * (values < limit).mean():3.0f} % below {limit:.1f}")

# %% [markdown]
# The machine was never shown what is *not* a digit. Still it finds all noise, and nine in ten images of independent pixels, less probable than nearly all digits. Upside-down digits are harder, and some overlap is right there: a zero, one or eight upside
# down is a digit again, and a six becomes a nine.
#
# ### Chains: the machine invents
#
# Six chains start from noise. Each row is one chain. After each number of Gibbs steps we show the probabilities of the pixels.

# %%
rng = np.random.default_rng(4)
stations = (0, 1, 2, 5, 10, 30, 100, 300, 1000, 2000, 3000)
now, pictures = rng.integers(2, size=(6, 64)).astype(float), []
for before, station in zip((0, *stations), stations, strict=False):
    now = machine.gibbs(now, station - before, rng=rng)
    pictures.append(machine.inverse_transform(machine.transform(now)) if station else now)
show.images(
    np.array(pictures).transpose(1, 0, 2).reshape(-1, 8, 8),
    columns=len(stations),
    size=0.8,
    alt="Six rows of eleven images. On the left noise; after one or two steps a blurred blob; after ten steps something like a digit; from then on digits, some "
    "clear, some between two classes, and most rows change from one digit to another along the way.",
    caption="Six Gibbs chains of the digit machine from noise, one a row. From left to right: after 0, 1, 2, 5, 10, 30, 100, 300, 1,000, 2,000 and 3,000 steps.",
)

# %% [markdown]
# Within a few steps the noise has become something like a digit. Then the chains wander: a row changes its digit on the way. Some of the images are good, some lie between two digits. This machine is small, and CD-1 never looked far from
# the data.
#
# ### How good, in a number?
#
# With 14 hidden units, $Z$ can be summed over $2^{14} = 16{,}384$ states. So we can say how probable a smaller machine finds the test digits, and compare with simpler beliefs.

# %%
share = (x.sum(axis=0) + 0.5) / (len(x) + 1)
independent = (x_test * np.log(share) + (1 - x_test) * np.log(1 - share)).sum(axis=1)
print(f"every image equally probable: log P = {-64 * np.log(2):.1f} per digit")
print(f"independent pixels:           log P = {independent.mean():.1f}")
for k in (1, 5):
    found = [RBM(14, lr=0.1, k=k, epochs=100, rng=seed).fit(x).log_likelihood(x_test).mean() for seed in range(3)]
    print(f"RBM with 14 units, CD-{k}:      log P = {np.mean(found):.2f} ± {np.std(found, ddof=1):.2f}")

# %% [markdown]
# (Three seeds, mean and standard deviation.) One unit is a factor of $e$ in probability. So to the small RBM, a test digit is on the average about $e^6 \approx 400$ times as probable as to a model of independent pixels. On the bars, CD-5 was much
# better than CD-1. Here the two cannot be told apart: with a smaller rate and fewer steps the weights stay moderate.
#
# ## Change it
#
# Change the number of hidden units, `k`, the rate, or the data: `x[digits.y_train == 3]` has the threes only. What do the filters of a machine with 8 hidden units look like? With 256?

# %%
threes = RBM(8, lr=0.1, epochs=200, rng=0).fit(x[digits.y_train == 3])
show.images(
    threes.W_.T.reshape(-1, 8, 8),
    columns=8,
    size=0.75,
    signed=True,
    alt="Eight pictures of weights: each shows larger parts of a three in red against the same parts shifted in blue.",
    caption="The eight hidden units of a machine that has seen threes only.",
)

# %% [markdown]
# ## Exercises
#
# **1.** An RBM has two visible units and one hidden one, $W = (2, -1)^\top$, all biases 0. Calculate $F(v)$ and $P(v)$ for the four visible states, by hand or with a pocket calculator. Which one does it like best?
#
# <details><summary>Answer</summary>
#
# $F(v) = -\log(1 + e^{2v_1 - v_2})$, so $e^{-F}$ is $1 + e^{0} = 2$ for 00, $1 + e^{-1} = 1.368$ for 01, $1 + e^2 = 8.389$ for 10, $1 + e^1 = 3.718$ for 11. The sum is $Z = 15.475$.
# $P$ = 0.129, 0.088, 0.542, 0.240. It likes $v_1$ without $v_2$ best.
#
# </details>
#
# **2.** All weights are 0, the biases $b$ are not. Show that the mean of CD-1 is then exactly the gradient. What does this say about the first steps of training?
#
# <details><summary>Answer</summary>
#
# Without weights, $P(v \mid h) = \prod_i \sigma(b_i)^{v_i}(1-\sigma(b_i))^{1-v_i}$ does not depend on $h$. So one step down draws $v$ from the model's own distribution, whatever the start: the chain has forgotten everything. CD-1 is an unbiased estimate. Training starts
# with weights near 0, so its first steps are nearly right, and the error comes as the weights grow.
#
# </details>
#
# **3.** Persistent chains: run `follow(seed, persistent=True)`, then `follow(seed, lr=0.05, every=500, persistent=True)` and the same with `persistent=False`, each with seeds 0, 1, 2. What happens, and why?
#
# <details><summary>Answer</summary>
#
# At the rate 0.4 we got a best value near −5 after about 1,000 passes, and in the end −9 to −14: much worse than CD-1. The chains move slowly while the weights change quickly. Each step raises the energy where the chains happen to stand, they are driven off together, and the model swings.
# At 0.05 the chains keep up: the best value is about −4.5, against −5.1 to −5.4 for CD-1 at the same rate. But it falls again afterwards, to about −5.6, as the weights grow and the chains become slow. Tieleman (2008) lets the rate fall to 0.
#
# </details>
#
# ## What to read next
#
# - P. Smolensky (1986), *Information processing in dynamical systems: foundations of harmony theory*. In: Parallel Distributed Processing, volume 1.
# - D. Ackley, G. Hinton and T. Sejnowski (1985), *A learning algorithm for Boltzmann machines*. Cognitive Science 9.
# - S. Geman and D. Geman (1984), *Stochastic relaxation, Gibbs distributions, and the Bayesian restoration of images*. IEEE PAMI 6.
# - G. Hinton (2002), *Training products of experts by minimizing contrastive divergence*. Neural Computation 14.
# - T. Tieleman (2008), *Training restricted Boltzmann machines using approximations to the likelihood gradient*. ICML.
# - A. Fischer and C. Igel (2010), *Empirical analysis of the divergence of Gibbs sampling based learning algorithms for restricted Boltzmann machines*. ICANN.
# - I. Sutskever and T. Tieleman (2010), *On the convergence properties of contrastive divergence*. AISTATS.
# - G. Hinton (2010), *A practical guide to training restricted Boltzmann machines*. Technical report, University of Toronto.
#
# Next: [Deep belief nets](10_deep_belief_nets.ipynb): one machine on top of another.
