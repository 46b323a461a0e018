# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Deep belief nets: stack, dream, and label
#
# In 2006 deep networks of sigmoids could hardly be trained. Then Hinton, Osindero and Teh stacked restricted Boltzmann machines, one on the codes of the other, and it worked. With this
# the word "deep learning" came into use. We repeat it, and measure what it is good for.
#
# **You will be able to**
#
# - say what a deep belief net (深度信念网络, DBN) is, and which way its arrows point;
# - train one greedily, layer by layer (逐层贪婪训练), and say what the theory promises about each new layer and what it does not;
# - explain both halves of the wake-sleep algorithm (醒睡算法);
# - generate digits;
# - make a classifier of it by fine-tuning (微调), and judge from an experiment when the pre-training (预训练) pays.
#
# Time: about 40 minutes. You need [Boltzmann machines](09_boltzmann_machines.ipynb).

# %%
from copy import deepcopy
from itertools import pairwise

import numpy as np
from threadpoolctl import threadpool_limits

from course_pkg import data, nn, show
from course_pkg.show import COLOURS
from course_pkg.unsupervised import DBN, RBM

threadpool_limits(1)  # for matrices as small as ours a second thread costs more than it brings
digits = data.digits()
order = np.random.default_rng(1).permutation(len(digits.x_train))
everything, everything_y = digits.x_train.reshape(-1, 64)[order], digits.y_train[order]
x, y = everything[360:], everything_y[360:]  # 1,077 digits to learn from
x_val, y_val = everything[:360], everything_y[:360]  # to choose rates and the like
x_test, y_test = digits.x_test.reshape(-1, 64), digits.y_test  # for the results

# %% [markdown]
# ## A picture first: dreamed digits
#
# Two RBMs, one on the other, with 128 hidden units each. They have seen 1,077 digits and no labels. A grey pixel counts as a probability: it is drawn anew each time. Training takes a few seconds.

# %%
dbn = DBN((128, 128), lr=0.3, epochs=100, batch_size=64, rng=0).fit(x)
dreams = dbn.generate(32, steps=1000, rng=1)
show.images(
    [*x[:16].reshape(-1, 8, 8), *dreams.reshape(-1, 8, 8)],
    columns=16,
    size=0.6,
    alt="Above a row of 16 real digits of 8 by 8 pixels, below two rows of generated ones. Most of the generated ones can be read as digits; some are between two classes.",
    caption="First row: real digits. The others: generated, 32 in a row without choosing.",
)

# %% [markdown]
# ## What it is
#
# Look at the arrows. In an RBM the connections have no direction: $v$ and $h$ influence each other. In a deep belief net only the top two layers are like that. All connections below point **down**. To generate, run a Gibbs chain in the top RBM, until it has forgotten
# where it started. Then draw $h^1$ once, and from it $v$ once, and you are done:
#
# $$P(v, h^1, h^2) = P(v \mid h^1)\; P_{\text{RBM}}(h^1, h^2), \qquad P(v_i = 1 \mid h^1) = \sigma\Big(b_i + \sum_j W^1_{ij} h^1_j\Big).$$

# %% jupyter={"source_hidden": true}
fig, axes = show.new_figure(1, 3, size=(10, 3.4), sharey=True)
UNITS = {"v": 4, "h¹": 3, "h²": 3}
models = {"RBM": ["line"], "deep belief net": ["arrow", "line"], "deep Boltzmann machine": ["line", "line"]}
for ax, (title, joints) in zip(axes, models.items(), strict=True):
    layers = list(UNITS.items())[: len(joints) + 1]
    for (height, joint), (low, high) in zip(enumerate(joints), pairwise(layers), strict=True):
        for i in np.linspace(-1.2, 1.2, low[1]):
            for j in np.linspace(-1.2, 1.2, high[1]):
                style = {
                    "arrowstyle": "->" if joint == "arrow" else "-",
                    "color": COLOURS["red" if joint == "arrow" else "blue"],
                }
                ax.annotate(
                    "", (i, height), (j, height + 1), arrowprops={"lw": 1.3, "shrinkA": 9, "shrinkB": 9, **style}
                )
    for height, (name, count) in enumerate(layers):
        colour = "0.8" if name == "v" else "white"
        ax.scatter(np.linspace(-1.2, 1.2, count), [height] * count, s=260, c=colour, edgecolors="black", zorder=3)
        ax.text(-1.75, height, name if len(layers) > 2 or name == "v" else "h", va="center", ha="center", fontsize=13)
    ax.set(title=title, xlim=(-2, 1.6), ylim=(-0.4, 2.4))
    ax.axis("off")
show.figure(
    fig,
    alt="Three networks of circles. RBM: a visible and a hidden layer, joined by lines without direction. Deep belief net: between the two upper layers lines without "
    "direction, between the lowest hidden layer and the visible layer arrows that point down. Deep Boltzmann machine: lines without direction between all layers.",
    caption="Blue lines work in both directions, red arrows only downward. Grey units are visible.",
)

# %% [markdown]
# The other way is harder. Given $v$, which $h^1$ was it? In an RBM the hidden units are independent given $v$, and one sigmoid each gives the answer. In a directed net they are not. If a bright spot can come from either of two
# causes, then seeing one of them makes the other less likely: the causes compete (**explaining away**, 解释消除). So a deep belief net must guess. It uses the upward weights of the RBM as an approximation, $Q(h^1 \mid v)$.
#
# `DBN` keeps two sets of weights for this reason: `up_`, to recognise, and `down_`, to generate. After the greedy training they are the same numbers.
#
# ## Why a second layer should help
#
# A trained RBM says two things: how an image comes from a code, $P(v \mid h)$, and how often each code occurs, $P(h)$. Both come from the same weights $W$. That is a hard compromise. So keep the first and improve
# the second: **train another RBM on the codes**, which learns a better $P(h)$.
#
# Why is it allowed to look at the two apart? For any distribution $Q$ over codes,
#
# $$\log P(v) \;\ge\; \sum_h Q(h \mid v)\,\big[\log P(v \mid h) + \log P(h) - \log Q(h \mid v)\big],$$
#
# which is the **variational bound** (变分下界). The difference is how wrong $Q$ is as the posterior of $h$. For the RBM itself $Q$ is exact, and both sides are equal. Now freeze $P(v \mid h)$ and $Q$, and train a second RBM to make the drawn codes more probable. Only $\log P(h)$ changes, it rises, and so the bound rises.
#
# That is the promise. Read the conditions:
#
# - the **bound** rises. $\log P(v)$ itself is above it, but may rise less than the bound did, or even fall;
# - the second RBM must **start as the first one turned over** ($W^2 = (W^1)^\top$ and the biases swapped), or else it begins with a worse $P(h)$ than the first one had;
# - its training must really raise the likelihood of the codes. CD-1 does not promise that.
#
# The notes (002) state it more strongly: each added layer improves the log-probability of the training data. Let us measure. With 8 units in the first hidden layer all sums can be carried out: over $2^8$ codes, exactly. The digits are made black and white for this. The unit is the nat, one unit of the natural logarithm.

# First the starting point, on a machine with three visible and two hidden units and invented weights: a turned copy on top changes nothing, bound and log-likelihood are those of the RBM.

# %%
# NBVAL_CHECK_OUTPUT
rbm = RBM.from_parameters([[2.0, -2.0], [2.0, 0.0], [-1.0, 3.0]], [-1.0, -1.0, -0.5], [-1.0, -1.0])
turned = RBM.from_parameters(rbm.W_.T, rbm.a_, rbm.b_)
stack = DBN.from_rbms([rbm, turned])
some = [[1.0, 1.0, 0.0], [0.0, 0.0, 1.0]]
print("log P(v), RBM:              ", rbm.log_likelihood(some).round(4))
print("log P(v), turned copy on top:", stack.log_likelihood(some).round(4))
print("bound:                       ", stack.variational_bound(some).round(4))
turned.b_ += 1  # now the codes have other probabilities
stack = DBN.from_rbms([rbm, turned])
print("another top: log P(v)", stack.log_likelihood(some).round(4), "bound", stack.variational_bound(some).round(4))

# %% [markdown]
# With another machine on top, log-likelihood and bound are different, and the bound is the smaller one, always. Now the digits.

# %%
black, black_test = (x > 0.5).astype(float), (x_test > 0.5).astype(float)


def greedy(first, start, seed):
    """Put a second RBM with 64 hidden units on ``first``; train it for 50 passes on the codes."""
    options = {"lr": 0.1, "batch_size": 64, "rng": seed}
    second = RBM(64, **options)
    if start == "turned":
        second = RBM.from_parameters(first.W_.T, first.a_, first.b_, **options)
    for _ in range(50):
        second.partial_fit(first.transform(black))
    return DBN.from_rbms([first, second], batch_size=64)


def measure(model):
    bound = model.variational_bound if isinstance(model, DBN) else model.log_likelihood
    return bound(black).mean(), model.log_likelihood(black).mean(), model.log_likelihood(black_test).mean()


# %%
found = {}
for seed in range(3):
    first = RBM(8, lr=0.1, epochs=200, rng=seed).fit(black)
    found.setdefault("RBM, 200 passes", []).append(measure(first))
    longer = RBM.from_parameters(first.W_, first.b_, first.a_, lr=0.1, rng=seed)
    for _ in range(100):
        longer.partial_fit(black)
    found.setdefault("RBM, 100 passes more", []).append(measure(longer))
    for start in ("turned", "random"):
        stack = greedy(first, start, seed)
        found.setdefault(f"+ second RBM, {start} start", []).append(measure(stack))
        stack.wake_sleep(black, lr=0.1, epochs=50)
        found.setdefault(f"   + wake-sleep ({start})", []).append(measure(stack))


# %%
def mean_and_spread(values):
    return [
        f"{m:.2f} ± {sd:.2f}" for m, sd in zip(np.mean(values, axis=0), np.std(values, axis=0, ddof=1), strict=True)
    ]


show.table(
    [(name, *mean_and_spread(values)) for name, values in found.items()],
    ["model", "bound, training", "log P, training", "log P, test"],
    caption="Exact values in nats per digit: mean and standard deviation of three seeds.",
)

# %% [markdown]
# Read it line by line. (We come to wake-sleep in a moment.)
#
# - With the turned start, bound and log-likelihood rise by 0.13 to 0.15 nats, in each of the three seeds. The promise is kept, and the gain is small. It does not come from training longer: 100 more passes for the first RBM gain only 0.04.
# - With the usual random start, both **fall**, below the RBM alone, again in each seed. 002's sentence, each new layer makes the data more probable, is not true of deep belief nets as people train them.
#
# Of course this is a very small net on very small images. But here nothing is estimated.
#
# ## Wake-sleep
#
# Greedy training never looks back: the first layer was trained for an RBM's $P(h)$, which is no longer there. **Wake-sleep** (Hinton, Dayan, Frey and Neal, 1995) trains all layers together, by two simple ideas.
#
# - **Wake**: look at a real digit. Draw codes upward with the recognition weights. Now teach the *downward* weights: from this code, that image should come. (002: "if reality is not what I imagined, change my weights so that I imagine reality".)
# - **Sleep**: dream a digit from the top down. Here the true code is known, since the dream came from it. Teach the *upward* weights: in this image, find that code.
#
# Both are the delta rule of a single sigmoid layer: no error travels through more than one layer. Between the two halves the top RBM makes a step of CD, and the dream starts where its chain has arrived. This variant is the **up-down algorithm** of 2006. In a few lines:

# %%
show.source(DBN.wake_sleep)

# %% [markdown]
# In the table wake-sleep raised both the bound and the log-likelihood, in each of the two stacks. In the one with the random start it brings $\log P$ back to where the RBM alone was, within these 50 passes. So for *generating*, it is worth the time. And the two sets of weights have
# separated, as they should:

# %%
print(f"greedy: up and down the same: {np.array_equal(dbn.up_[0].W, dbn.down_[0].W.T)}")
dreamer = deepcopy(dbn).wake_sleep(x, lr=0.05, epochs=30)
difference = np.linalg.norm(dreamer.up_[0].W - dreamer.down_[0].W.T) / np.linalg.norm(dreamer.down_[0].W)
print(f"after 30 passes of wake-sleep: relative difference {difference:.2f}")
show.images(
    dreamer.generate(32, steps=1000, rng=1).reshape(-1, 8, 8),
    columns=16,
    size=0.6,
    alt="Two rows of 16 generated digits, about as readable as before.",
    caption="Generated after 30 passes of wake-sleep. For this net there is no exact number, and the eye sees little difference.",
)

# %% [markdown]
# ## Labels: fine-tuning
#
# The upward weights with their sigmoids are an ordinary network. `to_net` puts a layer with ten outputs on top, and from there on it is back-propagation with labels. The hope of 2006: the weights already know strokes and digits, so that few labels are enough.
#
# ### The experiment: few labels
#
# All 1,077 images are there, without labels. Only 1, 2, 5, 10 or 20 of each class get one. Five learners get the same labels:
#
# - **pre-trained, fine-tuned**: the deep belief net, then back-propagation through all layers;
# - **pre-trained, frozen**: only the last layer learns, on the codes of the deep belief net;
# - **random, sigmoid**: the same network from random weights (Xavier);
# - **random, ReLU**: the same sizes as one would take them today (ReLU, He's start);
# - **pixels**: no hidden layer at all.
#
# To be fair, each learner gets its own recipe: four are tried on the 360 validation digits, with 2 and with 10 labels, with label sets and a deep belief net that are not used again. (In reality nobody has 360 labels for that if only ten are there for training. All learners have
# this luxury.) Then five deep belief nets with two label sets each make ten runs, on the 360 test digits. The settings of the pre-training (rate, passes, sizes) were found beforehand, by hand, among about twenty, on the validation digits.


# %%
def fresh(sizes, seed, activation=nn.Sigmoid, init="xavier"):
    """A network with random weights; its last layer has ten outputs."""
    rng, layers = np.random.default_rng(seed), []
    for inputs, outputs in pairwise(sizes):
        layers += [nn.Dense(inputs, outputs, init=init, rng=rng), activation()]
    return nn.Net([*layers, nn.Dense(sizes[-1], 10, rng=rng)], loss=nn.SoftmaxCrossEntropy())


def as_it_is(images):
    return images


LEARNERS = {  # (deep belief net, seed) to (network, what it looks at)
    "pre-trained, fine-tuned": lambda dbn, seed: (dbn.to_net(10, rng=seed), as_it_is),
    "pre-trained, frozen": lambda dbn, seed: (fresh([128], seed), dbn.transform),
    "random, sigmoid": lambda dbn, seed: (fresh([64, 128, 128], seed), as_it_is),
    "random, ReLU": lambda dbn, seed: (fresh([64, 128, 128], seed, nn.ReLU, "he"), as_it_is),
    "pixels": lambda dbn, seed: (fresh([64], seed), as_it_is),
}
RECIPES = [(nn.SGD, 0.3), (nn.SGD, 1.0), (nn.Adam, 0.001), (nn.Adam, 0.005)]


# %%
def accuracy(learner, labels, seed, dbn, recipe, images, answers):
    """Train on ``labels`` digits of each class for about 200 steps; return the accuracy on ``images``."""
    rng = np.random.default_rng(seed)
    chosen = np.concatenate([rng.permutation(np.flatnonzero(y == digit))[:labels] for digit in range(10)])
    net, view = LEARNERS[learner](dbn, seed)
    (optimiser, rate), batch = recipe, min(32, len(chosen))
    options = {"lr": rate, "epochs": 200 * batch // len(chosen), "batch_size": batch, "optimiser": optimiser}
    nn.fit(net, view(x[chosen]), y[chosen], rng=seed, **options)
    return net.accuracy(view(images), answers)


def pretrain(seed):
    return DBN((128, 128), lr=0.3, epochs=100, batch_size=64, rng=seed).fit(x)


# %%
COUNTS = (1, 2, 5, 10, 20)
judge, nets = pretrain(100), [dbn] + [pretrain(seed) for seed in range(1, 5)]
best, results = {}, {}
for learner in LEARNERS:
    trials = {
        recipe: np.mean(
            [accuracy(learner, n, seed, judge, recipe, x_val, y_val) for n in (2, 10) for seed in (100, 101)]
        )
        for recipe in RECIPES
    }
    best[learner] = max(trials, key=trials.get)
    for n in COUNTS:
        runs = [accuracy(learner, n, seed, nets[seed % 5], best[learner], x_test, y_test) for seed in range(10)]
        results[learner, n] = np.array(runs)

# %% jupyter={"source_hidden": true}
fig, ax = show.new_figure(size=(8, 4.2))
marks = dict(zip(LEARNERS, ("o-", "o--", "s-", "D-", "^:"), strict=True))
colours = dict(zip(LEARNERS, ("blue", "sky", "red", "green", "black"), strict=True))
for learner in LEARNERS:
    values = np.array([results[learner, n] for n in COUNTS])
    mean, error = values.mean(axis=1), values.std(axis=1, ddof=1) / np.sqrt(10)
    ax.errorbar(
        COUNTS, mean, error, fmt=marks[learner], color=COLOURS[colours[learner]], ms=6, capsize=3, label=learner
    )
ax.set(xscale="log", xticks=COUNTS, xticklabels=COUNTS, xlabel="labelled digits of each class", ylabel="test accuracy")
ax.minorticks_off()
ax.legend()
show.figure(
    fig,
    alt="Test accuracy against the number of labels for each class, from 1 to 20, for five learners. With 1 and 2 labels both pre-trained learners lie above the three others; with "
    "5 the gap is smaller, with 10 and 20 the curves meet above 0.9, and the frozen codes fall behind.",
    caption="Few labels: mean of ten runs and its standard error.",
)
show.table(
    [(learner, *(mean_and_spread(results[learner, n][:, None])[0] for n in COUNTS)) for learner in LEARNERS],
    ["labels of each class", *map(str, COUNTS)],
    caption="Test accuracy: mean and standard deviation of ten runs (label sets and weights).",
)

# %%
tuned = "pre-trained, fine-tuned"
print("difference to 'pre-trained, fine-tuned' in the same run, in percentage points, mean and standard error:")
for other in LEARNERS:
    if other != tuned:
        gains = [100 * (results[tuned, n] - results[other, n]) for n in COUNTS]
        print(
            f"   {other:20}",
            "  ".join(
                f"{n:2}: {g.mean():+5.1f} ± {g.std(ddof=1) / 10**0.5:.1f}" for n, g in zip(COUNTS, gains, strict=True)
            ),
        )
print("recipes:", "; ".join(f"{learner}: {kind.__name__} {rate}" for learner, (kind, rate) in best.items()))

# %% [markdown]
# With one or two labels of each class, pre-training wins clearly: by 7 to 12 points against random weights, sigmoid or ReLU. The random networks are even behind a layer that looks at the pixels directly, and against that one the gain is 5 to 8 points. As the labels become more, the gap closes. With 20 of each class the
# ReLU network is level.
#
# Where does the gain sit? With one and two labels the **frozen** codes are as good as the fine-tuned ones: ten or twenty labels cannot improve 25,000 weights. With ten and more, fine-tuning pays.
#
# (The ten runs share five deep belief nets and one test set, so the standard errors are for these digits. One test digit is 0.3 points. For fine-tuning, plain SGD is the better recipe: in trials beforehand, with one label of each class and on the validation digits, it got 70 % where Adam got 66 %. Adam moves all weights by about the
# same amount, and so away from where pre-training had put them.)
#
# ### What 2006 saw: deep sigmoid networks
#
# In [the lecture on training deep nets](05_training_deep_nets.ipynb), plain sigmoid networks with five layers of weights never left guessing. Here is that network again: four hidden layers of 64 sigmoids, plain SGD, now with all 1,077 labels. It starts from a deep belief net, or from
# random weights. Beside them the ReLU network. Rates were tried beforehand on the validation digits (0.1, 0.3 and 1; for the random sigmoid network it makes no difference).

# %%
curves = {"pre-trained sigmoid": [], "random sigmoid": [], "random ReLU": []}
for seed in range(3):
    deep = DBN((64,) * 4, lr=0.3, epochs=40, batch_size=64, rng=seed).fit(x)
    candidates = (
        (deep.to_net(10, rng=seed), 1.0),
        (fresh([64] * 5, seed), 1.0),
        (fresh([64] * 5, seed, nn.ReLU, "he"), 0.1),
    )
    for found, (net, rate) in zip(curves.values(), candidates, strict=True):
        history = nn.fit(net, x, y, lr=rate, epochs=20, batch_size=32, rng=seed, test=(x_test, y_test))
        found.append(history.accuracies)

# %% jupyter={"source_hidden": true}
fig, ax = show.new_figure(size=(6.5, 3.5))
for (name, found), colour in zip(curves.items(), ("blue", "red", "green"), strict=True):
    ax.plot(range(1, 21), np.mean(found, axis=0), "o-", ms=4, color=COLOURS[colour], label=name)
    ax.fill_between(range(1, 21), np.min(found, axis=0), np.max(found, axis=0), color=COLOURS[colour], alpha=0.2, lw=0)
ax.axhline(0.1, color="0.5", ls=":", lw=1.5)
ax.set(xlabel="passes with labels", ylabel="test accuracy", ylim=(0, 1.02), xticks=range(0, 21, 5))
ax.legend(loc="center right")
show.figure(
    fig,
    alt="Test accuracy over 20 passes. The pre-trained sigmoid network starts near 0.75 after one pass and reaches 0.97. The random sigmoid network stays at 0.1, "
    "the level of guessing. The random ReLU network starts lower than the pre-trained one, catches up within a few passes and ends a little higher.",
    caption="Four hidden layers, all labels: mean and range of three seeds. Dotted: guessing.",
)
for name, found in curves.items():
    print(f"{name:20}: after pass 1 {np.mean(found, axis=0)[0]:.2f}, after pass 20 {np.mean(found, axis=0)[-1]:.3f}")

# %% [markdown]
# This is why 2006 was a sensation. The same network that learns nothing from random weights is right on three digits out of four after a single pass when it was pre-trained. 002 says that the pre-trained network needs only a local search and trains faster: right, for these networks. And this is why the sensation did not last: the
# ReLU network with He's start needs no pre-training and ends at the same height or a little above. Erhan and others (2010) studied what pre-training does, and found two things, a better place to start and a restraint on the weights. With many labels, both can be had more cheaply.
#
# Learning without labels first came back later, in other forms: predicting hidden words (Devlin and others, 2019) or matching two views of an image (Chen and others, 2020), where unlabelled data are plentiful and labels few. That is the left end of our curve.
#
# ## Two relatives
#
# **Deep Boltzmann machine** (深度玻尔兹曼机, DBM; Salakhutdinov and Hinton, 2009). As in the picture above, all connections work in both directions: one energy for the whole, $E = -v^\top W^1 h^1 - (h^1)^\top W^2 h^2 - \dots$ A middle layer listens to both sides,
#
# $$P(h^1_j = 1 \mid v, h^2) = \sigma\Big(a_j + \sum_i W^1_{ij} v_i + \sum_k W^2_{jk} h^2_k\Big),$$
#
# so what is seen above can correct what is seen below. The price: there is no one-pass recognition. One must go back and forth until the layers agree. 002 describes the difference rightly: more layers of an RBM give a DBM; directed layers near the data and an RBM on top give a DBN.
#
# **Convolutional deep belief net** (卷积深度信念网络; Lee, Grosse, Ranganath and Ng, 2009). Our machines do not know which pixels are neighbours: shuffle the pixels of all digits in the same way, and the result is the same. In a convolutional RBM the weights are small kernels, used at all places, as in
# [the lecture on convolution](../session1_networks/06_convolution.ipynb), and a form of pooling with probabilities makes the layers smaller. So it can be used on larger images. 002 promises invariance to transformations; what sharing and pooling give is tolerance to small *shifts*, not to turning or scaling.
#
# We have trained neither of them here.
#
# ## Where the sources are wrong
#
# The notes (002) are from 2013. Besides what we have measured above:
#
# | 002 says | In truth |
# |---|---|
# | The greedy layer-wise method is called contrastive divergence. | Two things. Contrastive divergence (Hinton, 2002) trains one RBM. Greedy layer-wise training (Hinton, Osindero and Teh, 2006) stacks them. |
# | Each added layer improves the log-probability of the training data. | It can raise a lower bound, under three conditions. Measured above: with the usual random start, both bound and log-probability fell. |
# | A DBN estimates both $P(\text{observation} \mid \text{label})$ and $P(\text{label} \mid \text{observation})$. | As described there it models $P(\text{observation})$ only. The net of 2006 gave the top RBM ten more visible units for the label. Then it does both. After fine-tuning by back-propagation only $P(\text{label} \mid \text{observation})$ is left. |
# | With pre-training the result is better than with back-propagation alone. | With few labels, yes. With 20 of each class, or with all, the ReLU network was level. |
# | Pre-training is like choosing the first weights closer to the *global* optimum. | Nobody knows where that is. The start is better than a random one; that is all one can measure. |
# | Autoencoders are discriminative models. | They have no labels to discriminate. They are deterministic: they define no probability of the data, so there is nothing to sample from. |
#
# ## Change it
#
# Change the number of layers or units. Does a third layer help with two labels of each class? Give the labels to other classes only: how good is a class without any label?

# %%
three = DBN((128, 128, 128), lr=0.3, epochs=60, batch_size=64, rng=0).fit(x)
runs = [accuracy("pre-trained, fine-tuned", 2, seed, three, (nn.SGD, 1.0), x_test, y_test) for seed in range(5)]
print(f"three layers, 2 labels of each class: {np.mean(runs):.3f} ± {np.std(runs, ddof=1):.3f}")

# %% [markdown]
# ## Exercises
#
# **1.** A deep belief net has the layers $v$, $h^1$, $h^2$, $h^3$. Which connections have arrows? Write down $P(v, h^1, h^2, h^3)$ and say in which order one draws a sample.
#
# <details><summary>Answer</summary>
#
# Arrows: $h^2 \to h^1$ and $h^1 \to v$. No arrows between $h^2$ and $h^3$. $P = P(v \mid h^1)\, P(h^1 \mid h^2)\\, P_{\text{RBM}}(h^2, h^3)$. First a Gibbs chain between $h^2$ and $h^3$, then $h^1$ from $h^2$, then $v$ from $h^1$; the last two steps only once.
#
# </details>
#
# **2.** Show that the bound is an equality when $Q(h \mid v)$ is the true posterior $P(h \mid v)$.
#
# <details><summary>Answer</summary>
#
# Then $\log P(v \mid h) + \log P(h) - \log Q(h \mid v) = \log \frac{P(v, h)}{P(h \mid v)} = \log P(v)$ for every $h$, and the mean of a constant is the constant. In general the gap is $\sum_h Q(h \mid v) \log \frac{Q(h \mid v)}{P(h \mid v)}$, the Kullback–Leibler divergence, which is never negative.
#
# </details>
#
# **3.** In the sleep phase the upward weights learn from dreams, not from real digits. Early in training the dreams are bad. What goes wrong then, and how do the greedy training and the short chain of the up-down algorithm help?
#
# <details><summary>Answer</summary>
#
# The upward weights learn to recognise images that never occur, and are not trained on those that do. Greedy training first brings the dreams near to the data. And in the up-down algorithm the chain starts from the code of a real digit and makes only a few steps, so that the dream is a variation of it.
#
# </details>
#
# ## What to read next
#
# - G. Hinton, P. Dayan, B. Frey and R. Neal (1995), *The wake-sleep algorithm for unsupervised neural networks*. Science 268.
# - G. Hinton, S. Osindero and Y.-W. Teh (2006), *A fast learning algorithm for deep belief nets*. Neural Computation 18.
# - Y. Bengio, P. Lamblin, D. Popovici and H. Larochelle (2007), *Greedy layer-wise training of deep networks*. NeurIPS.
# - R. Salakhutdinov and G. Hinton (2009), *Deep Boltzmann machines*. AISTATS.
# - H. Lee, R. Grosse, R. Ranganath and A. Ng (2009), *Convolutional deep belief networks for scalable unsupervised learning of hierarchical representations*. ICML.
# - D. Erhan and others (2010), *Why does unsupervised pre-training help deep learning?* JMLR 11.
# - J. Devlin, M.-W. Chang, K. Lee and K. Toutanova (2019), *BERT: pre-training of deep bidirectional transformers for language understanding*. NAACL.
# - T. Chen, S. Kornblith, M. Norouzi and G. Hinton (2020), *A simple framework for contrastive learning of visual representations*. ICML.
#
# Next: [Architectures](11_architectures.ipynb).
