# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # From shallow to deep
#
# Why more layers? What do the first ones learn when nobody tells them? And how did a network of 2012 change a whole field?
# This lecture ends Session I with an experiment, some arithmetic and some history.
#
# **You will be able to**
#
# - tell a shallow, staged system from a deep one that is trained end to end, and measure what each is worth;
# - train a small network whose first kernels turn into edge detectors, and say how much like edges they are, in numbers;
# - repeat Hubel and Wiesel's experiment on artificial cells;
# - give an example in which depth saves exponentially many units;
# - compute AlexNet's parameters, neurons and connections, and explain why other people's AlexNets have other numbers;
# - say what notes written in 2013 got right, and what turned out otherwise.
#
# Time: about 40 minutes. You need [lecture 7](07_lenet.ipynb).

# %%
import numpy as np
from sklearn.cluster import MiniBatchKMeans

from course_pkg import data, nn, show
from course_pkg.models import arithmetic
from course_pkg.show import COLOURS
from course_pkg.vision import fit_gabor, gratings, orientation_selectivity

# %% [markdown]
# ## Look first
#
# On the left a photo. In the middle the same photo **whitened**: coarse differences are weakened and fine ones
# strengthened until all are about equally strong. The eye does something alike. On the right is the middle picture,
# **scrambled**. A picture is a sum of waves of all lengths and directions. Scrambling keeps the strength of each wave and
# shifts it by a random amount.

# %%
photo = data.photo("cat", height=256, grey=True)
whitened = data.whiten(photo)
scrambled = data.scramble(whitened, rng=0)

show.images(
    [photo, *(0.5 + picture.clip(-3, 3) / 6 for picture in (whitened, scrambled))],
    titles=["photo", "whitened", "scrambled"],
    columns=3,
    size=3.1,
    alt="A grey photo of a cat; the same with only its outlines, whiskers and fur on even grey; and a picture of cloudy "
    "noise in which nothing can be recognised.",
    caption="The middle and the right picture have the same mean, variance and spectrum. What differs: the edges.",
)

# %%
# NBVAL_CHECK_OUTPUT
for name, picture in {"whitened": whitened, "scrambled": scrambled}.items():
    neighbours = (picture * np.roll(picture, 1, axis=1)).mean() / picture.var()
    print(
        f"{name:10} mean {abs(picture.mean()):.3f}  variance {picture.var():.3f}  neighbours {neighbours:.3f}", end="  "
    )
    print(f"beyond 4 standard deviations: {(np.abs(picture) > 4).mean():.3%}")

# %% [markdown]
# Mean, variance and the correlation of neighbours agree. The last column does not: a photo is flat in most places and
# changes strongly in a few, where the waves are in step. Those places are **edges** (边缘). Whoever tells the middle
# picture from the right one must see edges in some way.
#
# ## Two ways to build a machine that sees
#
# The Zhejiang University deck (001) opens with this contrast: from staged learning (分段学习) to **end-to-end learning**
# (端到端学习).

# %% jupyter={"source_hidden": true}
above = [(0, "pixels"), (3.4, "features, made by an expert"), (7.6, "classifier"), (10.6, "loss")]
below = [(0, "pixels"), (2.4, "layer"), (4.4, "layer"), (6.4, "layer"), (8.4, "layer"), (10.6, "loss")]
nodes = {f"a{i}": (x, 1.2, label) for i, (x, label) in enumerate(above)}
nodes |= {f"b{i}": (x, 0, label) for i, (x, label) in enumerate(below)}
edges = [("a0", "a1", "", ""), ("a1", "a2", "", ""), ("a2", "a3", "scores", "gradient")]
edges += [(f"b{i}", f"b{i + 1}", "", "gradient" if i else "") for i in range(5)]
show.graph(
    nodes,
    edges,
    width=10.5,
    alt="Upper row: pixels, features made by an expert, classifier, loss; the gradient goes from the loss to the classifier "
    "and ends there. Lower row: pixels, four layers, loss; the gradient goes back through all layers.",
    caption="Above: staged. The gradient stops at the classifier. Below: end to end. It reaches the first layer.",
)

# %% [markdown]
# - **Shallow and staged** (浅层学习). An expert designs **features** (特征), numbers that describe the image. Then a
#   classifier with no hidden layer, or one, learns on top of them. The notes (002) say where the work went in those years:
#   into the features, by hand.
# - **Deep and end to end** (深度学习). All layers are trained together, for the final task. The features are learned.
#
# Which is better? Let us measure, on the task from above: is a patch of 20×20 pixels cut from a photo, or from a
# scrambled one? The answer decides which class it is, so there are labels, and they cost nothing. The training patches
# come from five photos, the test patches from **two other photos**.

# %%
patches = data.real_or_scrambled(20, train=24_000, test=2_000, seed=0, dtype=np.float32)
x, y, x_test, y_test = patches.x_train, patches.y_train, patches.x_test, patches.y_test

show.images(
    [*x[y == 1][:12, 0].clip(-3, 3), *x[y == 0][:12, 0].clip(-3, 3)],
    columns=12,
    size=0.75,
    alt="Two rows of small grey patches. Upper row: lines, edges and corners on even grey. Lower row: cloudy noise.",
    caption="Upper row: patches of real photos (label 1). Lower row: patches of scrambled photos (label 0).",
)

# %% [markdown]
# ### Shallow: pixels, and a linear classifier


# %%
def classifier(features, rng, hidden=32):
    """Layers from features to two scores, with one hidden layer, or none."""
    settings = {"init": "he", "rng": rng, "dtype": np.float32}
    if not hidden:
        return [nn.Dense(features, 2, **settings)]
    return [nn.Dense(features, hidden, **settings), nn.ReLU(), nn.Dense(hidden, 2, **settings)]


def stage_two(train, test, hidden=32, lr=0.1):
    """Train a classifier on given features; return its accuracy on the test patches."""
    rng = np.random.default_rng(0)
    mean, spread = train.mean(axis=0), train.std(axis=0) + 1e-6
    net = nn.Net(classifier(train.shape[1], rng, hidden), loss=nn.SoftmaxCrossEntropy())
    nn.fit(net, (train - mean) / spread, y, lr=lr, epochs=5, batch_size=32, rng=rng, schedule=lambda e: 1 - e / 5)
    return net.accuracy((test - mean) / spread, y_test)


# %%
flat, flat_test = x.reshape(len(x), -1), x_test.reshape(len(x_test), -1)
accuracy = {"pixels, linear": stage_two(flat, flat_test, hidden=0, lr=0.01)}
accuracy["pixels, one hidden layer"] = stage_two(flat, flat_test, lr=0.02)
for name, share in accuracy.items():
    print(f"{name:26} {share:.1%}")

# %% [markdown]
# The linear classifier **guesses**. It has little choice: all it sees of a patch is one weighted sum of pixels, and such a
# sum has the same mean and the same variance for both kinds. Pixels as such, the notes say, are worthless as features.
# Here that is literally so. (Not always: in lecture 7 a linear classifier on pixels read digits well.)
#
# ### Staged: features made by hand
#
# An expert knows that edges matter, and counts them: how strong is the gradient of the image, in which direction, in
# which part of the patch? This is the **histogram of oriented gradients**, HOG (Dalal and Triggs, 2005), here in its
# simplest form. With SIFT (Lowe, 2004), its relative, it led computer vision until 2012.


# %%
def hog(x, cells=4, bins=8):
    """Strength of edges in 8 directions in each of 4×4 parts of the patch: 128 numbers of length 1."""
    down, across = np.gradient(x[:, 0], axis=(1, 2))
    strength = np.hypot(across, down)
    direction = (np.arctan2(down, across) % np.pi * bins / np.pi).astype(int) % bins
    n, side = len(x), x.shape[2] // cells
    parts = [(strength * (direction == b)).reshape(n, cells, side, cells, side).sum(axis=(2, 4)) for b in range(bins)]
    features = np.stack(parts, axis=-1).reshape(n, -1)
    return features / np.linalg.norm(features, axis=1, keepdims=True)


accuracy["HOG, one hidden layer"] = stage_two(hog(x), hog(x_test))
print(f"HOG, one hidden layer      {accuracy['HOG, one hidden layer']:.1%}")

# %% [markdown]
# ### Staged: features without labels
#
# Can the features be *learned* in a first stage that sees no labels? That was the way of 2006 to 2012. We take the
# simplest method: **k-means** (K 均值) puts 9×9 pieces of patches into 24 groups and takes the mean of each group as a
# kernel (Coates, Ng and Lee, 2011, showed how far this goes). For comparison: 24 random kernels. What we feed to the
# classifier is the strongest answer of each kernel anywhere in the patch: 24 numbers.


# %%
def strongest(kernels, x):
    """The largest response of each kernel (n, 9, 9) in each patch: convolution, then max pooling over all places."""
    unit = kernels / np.linalg.norm(kernels, axis=(1, 2), keepdims=True)
    parts = np.array_split(x, len(x) // 500)  # a few at a time: a convolution of all at once needs much memory
    return np.concatenate([nn.conv2d(part, unit[:, None].astype(np.float32)).max(axis=(2, 3)) for part in parts])


rng = np.random.default_rng(0)
pieces = np.lib.stride_tricks.sliding_window_view(x[:, 0], (9, 9), axis=(1, 2))
pieces = pieces[rng.integers(len(x), size=20_000), rng.integers(12, size=20_000), rng.integers(12, size=20_000)]
groups = MiniBatchKMeans(24, n_init=1, random_state=0).fit(pieces.reshape(-1, 81))
for name, kernels in {
    "random kernels": rng.normal(size=(24, 9, 9)),
    "k-means kernels": groups.cluster_centers_.reshape(-1, 9, 9),
}.items():
    accuracy[name] = stage_two(strongest(kernels, x), strongest(kernels, x_test))

# %% [markdown]
# ### End to end
#
# Now the same layers as one network: 24 kernels of 9×9, ReLU, maximum over all places, 32 hidden units, two scores. What is
# new: the gradient reaches the kernels. They start as small random numbers, and nothing is standardised in between. A
# little L2 regularisation (weight decay) lets those weights fade that are not needed.

# %%
rng = np.random.default_rng(0)
conv = nn.Conv2d(1, 24, 9, init=0.02, rng=rng, dtype=np.float32)
net = nn.Net([conv, nn.ReLU(), nn.MaxPool2d(12), nn.Flatten(), *classifier(24, rng)], loss=nn.SoftmaxCrossEntropy())
before = conv.weight.data[:, 0].copy()

EPOCHS = 5
settings = {"lr": 0.1, "epochs": EPOCHS, "batch_size": 32, "regulariser": nn.L2(0.002)}
with show.Monitor(EPOCHS * len(x) // 32, title="photo or scrambled, end to end") as monitor:
    nn.fit(net, x, y, rng=rng, schedule=lambda e: 1 - e / EPOCHS, test=(x_test, y_test), monitor=monitor, **settings)
after = conv.weight.data[:, 0].copy()
accuracy["end to end"] = net.accuracy(x_test, y_test)

# %%
fig, ax = show.new_figure(size=(7.5, 2.9))
names = list(accuracy)[::-1]
bars = ax.barh(names, [accuracy[name] for name in names], color=COLOURS["sky"])
bars[0].set_color(COLOURS["red"])
ax.bar_label(bars, fmt="{:.1%}", padding=4)
ax.axvline(0.5, color="black", lw=1, ls="--")
ax.set(xlim=(0.4, 1), xlabel="accuracy on patches of photos never seen (dashed: guessing)")
ax.grid(False)
show.figure(
    fig,
    alt="Accuracy on unseen photos: " + ", ".join(f"{name} {share:.0%}" for name, share in accuracy.items()) + ".",
    caption="The last three have the same layers. What differs is where their 24 kernels come from.",
)

# %%
# NBVAL_CHECK_OUTPUT
print("pixels with a linear classifier: guessing (47 to 53 %):  ", 0.47 < accuracy["pixels, linear"] < 0.53)
print("end to end better than k-means and random kernels:       ", end=" ")
print(accuracy["end to end"] > max(accuracy["k-means kernels"], accuracy["random kernels"]) + 0.02)
print("hand-made HOG within 5 points of end to end:             ", end=" ")
print(abs(accuracy["HOG, one hidden layer"] - accuracy["end to end"]) < 0.05)

# %% [markdown]
# Read it honestly. With four seeds we measured
#
# | features | accuracy on unseen photos |
# |---|---|
# | pixels, linear | 50 % to 52 % |
# | pixels, one hidden layer | 60 % to 64 % |
# | random kernels | 77 % to 79 % |
# | k-means kernels | 76 % to 79 % |
# | end to end | 84 % to 87 % |
# | HOG | 86 % to 87 % |
#
# - Training the features *for the task* wins clearly over features that were learned without it, in the same network.
# - It does **not** win over the expert. Five photos are little data, and the expert brought decades of knowledge.
#   (A net with two convolution layers reached 85 % to 88 %.) With 1.2 million photos the result was different; that is
#   the story of AlexNet, below. What our network did is find, alone and in a few seconds, nearly what the expert knew.
#
# So what did it find?
#
# ## The first layer learns edges
#
# The 24 kernels before the training, and after it.


# %%
def own_scale(kernel):
    return kernel / np.abs(kernel).max()


show.images(
    [*map(own_scale, before), *map(own_scale, after)],
    columns=12,
    size=0.78,
    alt="Two rows of 12 random kernels, which look like noise, above two rows of 12 trained kernels. Most of the trained ones "
    "show light and dark stripes side by side, in many directions; some show a single spot.",
    caption="Upper two rows: before. Lower two rows: after. Each kernel on its own scale. Nobody asked for stripes.",
)

# %% [markdown]
# Stripes: light beside dark, in all directions and some sizes. A few are spots. Each is a detector for a piece of edge or
# line, as in lecture 6, but this time nobody wrote it.
#
# **How much like edges?** The eye is easily convinced. Compare each kernel with the best **Gabor function**, a wave under a
# bell,
#
# $$g(u, v) = e^{-u^2/2\sigma_u^2 - v^2/2\sigma_v^2}\,\big(a \cos 2\pi f u + b \sin 2\pi f u\big),$$
#
# where $u$ and $v$ are the coordinates after moving and turning. It is the classical description of the cells in the
# visual cortex (Daugman, 1985; Jones and Palmer, 1987). $R^2$ says which share of the kernel the best Gabor explains. For
# a fair comparison take the same fit to the kernels before the training, and to the trained kernels after scrambling.

# %%
fits = [fit_gabor(kernel) for kernel in after]
r2 = {
    "before": [fit_gabor(kernel).r2 for kernel in before],
    "trained, scrambled": [fit_gabor(data.scramble(kernel, rng=k)).r2 for k, kernel in enumerate(after)],
    "trained": [fit.r2 for fit in fits],
}
for name, values in r2.items():
    print(f"{name:19} median R² {np.median(values):.2f}, kernels above 0.7: {np.sum(np.array(values) > 0.7):2} of 24")

# %%
best = np.argsort([-fit.r2 for fit in fits])[[0, 2, 4, 7, 10, 13, 17, 23]]
show.images(
    [own_scale(after[k]) for k in best] + [own_scale(fits[k].picture) for k in best],
    titles=[f"kernel {k}" for k in best] + [f"R² = {fits[k].r2:.2f}" for k in best],
    columns=8,
    size=1.05,
    alt="Eight trained kernels and below them the Gabor functions that fit them best, from very alike on the left to rather "
    "different on the right.",
    caption="Kernels (above) and their best Gabor functions (below), from the best fit to the worst.",
)

# %%
# NBVAL_CHECK_OUTPUT
medians = {name: np.median(values) for name, values in r2.items()}
print("before the training, median R² below 0.3:    ", bool(medians["before"] < 0.3))
print("after the training, median R² above 0.7:     ", bool(medians["trained"] > 0.7))
print("scrambled kernels fit worse than trained ones:", bool(medians["trained, scrambled"] < medians["trained"] - 0.1))

# %% [markdown]
# This task was not the first that we tried. We went through several tasks and networks, some two dozen settings in all,
# and kept this one because its kernels came out clean. Networks that had to
# say which photo a patch is from, or how it was turned, did not give edges. Nor did every network for this task: with a
# dense layer on top of the pooled maps, part of the kernels stayed noise. So the numbers show that such kernels *can*
# come from training alone. They do not show that any task and any network will do it.
#
# The scrambled kernels are a hard control: they keep the wave lengths of the trained ones, and still fit worse. And if one
# shuffles the labels `y`, nothing is to be learned: then we measured a median $R^2$ of 0.34, and the weight decay had
# shrunk the kernels to about a fifth of the trained ones. The edges come from the task.
#
# The k-means kernels are edges too, and smoother ones. That should not surprise: the notes tell the story of Olshausen and
# Field (1996), who asked for few active features in natural photos, had no labels, and got edges. Several roads lead
# there, though not all: see our failed tries above.

# %%
show.images(
    list(groups.cluster_centers_.reshape(-1, 9, 9)),
    columns=12,
    size=0.78,
    alt="24 kernels found by k-means: smooth light and dark bars and edges in several directions.",
    caption="The 24 kernels that k-means found without labels.",
)

# %% [markdown]
# ## Hubel and Wiesel's experiment, on our network
#
# In 1958 David Hubel and Torsten Wiesel put an electrode into the visual cortex of a cat, showed it patterns of light, and
# listened to single cells. Spots did little. But one cell fired when an edge crossed the screen at one angle, and was
# silent when the edge was turned. They called such cells **orientation selective** (方向选择性); the Nobel Prize of 1981
# honoured the work. (The notes tell this story. The paper is Hubel and Wiesel, 1959.)
#
# We do the same, with less harm. The stimulus: stripes at 36 angles, in six widths. The electrode: the output of the first
# layer, after ReLU and maximum.

# %%
widths = (0.06, 0.09, 0.12, 0.15, 0.2, 0.25)  # stripes per pixel
stimuli = np.stack([gratings(20, width) for width in widths]).astype(np.float32) * np.sqrt(2)


def answers(kernels, bias):
    """The answer of each unit to all 36 angles (36, units), for the width of stripes that it likes best."""
    response = nn.conv2d(stimuli.reshape(-1, 1, 20, 20), kernels[:, None], bias)
    response = response.clip(0).max(axis=(2, 3)).reshape(len(widths), 36, -1)
    favourite = response.max(axis=1).argmax(axis=0)
    return response[favourite, :, np.arange(len(kernels))].T


tuned, untuned = answers(after, conv.bias.data), answers(before, np.zeros(24, np.float32))
selectivity, angle = orientation_selectivity(tuned), tuned.argmax(axis=0) * 5

# %% [markdown]
# Four of the 24, one for each main direction: the most selective unit whose best angle is not far from it.


# %%
def choose(wanted):
    """The unit with the best mixture of a small distance from the wanted angle and a high selectivity."""
    distance = np.abs((angle - wanted + 90) % 180 - 90)
    return int(np.argmin(distance - 40 * selectivity))


cells = [choose(wanted) for wanted in (0, 45, 90, 135)]

# %% jupyter={"source_hidden": true}
fig, axes = show.new_figure(2, 4, size=(10, 4.2), height_ratios=(1, 1.4))
for (above, below), k in zip(axes.T, cells, strict=True):
    above.imshow(after[k], cmap="gray")
    above.set_title(f"kernel {k}")
    above.axis("off")
    below.plot(np.arange(0, 180, 5), tuned[:, k])
    below.set(xlabel="angle of the stripes", xticks=(0, 45, 90, 135, 180), ylim=(0, None))
axes[1, 0].set_ylabel("answer")
show.figure(
    fig,
    alt="Four kernels with stripes in four directions, and below each its answer to stripes of all angles from 0 to 180 "
    "degrees: one clear peak each, near 0, 45, 90 and 135 degrees, and little or nothing elsewhere.",
    caption="Each unit answers to stripes of one direction (0° horizontal, 90° upright), like the cat's cells.",
)

# %% [markdown]
# The usual **selectivity index** compares the best angle with the one at right angles to it: 1 means silent there, 0 means
# no preference.

# %%
print(f"median selectivity before the training: {np.median(orientation_selectivity(untuned)):.2f}")
print(f"median selectivity after the training:  {np.median(selectivity):.2f}")
print(f"units above 0.5 after the training:     {(selectivity > 0.5).sum()} of 24")

# %%
# NBVAL_CHECK_OUTPUT
print("selectivity has grown: ", bool(np.median(selectivity) > np.median(orientation_selectivity(untuned)) + 0.15))

# %% [markdown]
# The units near 0 are the spots. (Random kernels have some selectivity too: they are not round.)
#
# What do these four units see in a photo that the network does not know?

# %%
temple = data.whiten(data.photo("china", height=256, grey=True)).astype(np.float32)
maps = nn.conv2d(temple[None, None], after[cells][:, None]).clip(0)[0]
part = np.s_[:180, :230]
pictures = [0.5 + temple[part].clip(-3, 3) / 6]
pictures += [1 - (m[part] / np.quantile(m, 0.995)).clip(0, 1) for m in maps]
show.images(
    pictures,
    titles=["whitened photo", *(f"kernel {k}" for k in cells)],
    columns=5,
    size=2.1,
    alt="A piece of a whitened photo of a Chinese temple, and four maps of it, dark where a kernel answers: one map shows "
    "the horizontal lines of the roofs, one the upright columns, two the slanting edges.",
    caption="Four feature maps of the temple; dark is a strong answer. Each shows the edges of one direction.",
)

# %% [markdown]
# ## From edges to parts to objects
#
# The visual cortex works in levels: V1 finds edges, V2 combinations of them, higher areas parts and objects. The notes take
# this as the model for deep learning: pixels, edges, parts, objects. Each level combines what the level below has found,
# and is less bound to the exact pixels.
#
# What our small network shows is the first step, from pixels to edges, and no more. For the next steps it is too small.
# They have been **shown in large networks**: parts of faces and cars in a convolutional deep belief net (Lee, Grosse,
# Ranganath and Ng, 2009); textures, wheels, heads of dogs in the layers of a network like AlexNet (Zeiler and Fergus,
# 2014). Session III makes such pictures with real networks. Two cautions. The ladder is a summary; single units are often
# mixtures. And networks trained on photos rely more on texture and less on shape than people do (Geirhos and others, 2019).
#
# ## Why depth?
#
# One hidden layer is enough to approximate any continuous function, if it may be as wide as it likes. So why several?
# Because depth can be **cheaper**. The notes say it in one line: many layers represent complicated functions with few
# parameters. Here is a case in which one can count. The tent
#
# $$t(x) = 2\,\mathrm{ReLU}(x) - 4\,\mathrm{ReLU}(x - \tfrac12)$$
#
# folds the interval from 0 to 1 in the middle, with two units. Put $k$ of them one after another.


# %%
def tent(x):
    """Two ReLU units: up to 1 at x = ½, and down again."""
    return 2 * np.maximum(x, 0) - 4 * np.maximum(x - 0.5, 0)


def sawtooth(x, layers):
    for _ in range(layers):
        x = tent(x)
    return x


# %%
# NBVAL_CHECK_OUTPUT
grid = np.linspace(0, 1, 2**12 + 1)
print("layers  units  straight pieces  units that one hidden layer needs")
for layers in (1, 2, 4, 8, 10):
    slopes = np.sign(np.diff(sawtooth(grid, layers)))
    pieces = 1 + int((slopes[1:] != slopes[:-1]).sum())
    print(f"{layers:6} {2 * layers:6} {pieces:16,} {pieces - 1:12,} or more")

# %% jupyter={"source_hidden": true}
fig, axes = show.new_figure(1, 3, size=(9.6, 2.3), sharey=True)
for ax, layers in zip(axes, (1, 3, 6), strict=True):
    ax.plot(grid, sawtooth(grid, layers), lw=1.5)
    ax.set(title=f"{layers} layers, {2 * layers} units", xlabel="x")
axes[0].set_ylabel("output")
show.figure(
    fig,
    alt="One tent with 2 straight pieces; a sawtooth with 8 pieces from three layers; a dense sawtooth with 64 pieces from "
    "six layers.",
    caption="Each layer folds the axis once more: the number of teeth doubles, the number of units grows by two.",
)

# %% [markdown]
# With $k$ layers of two units: $2^k$ pieces. One hidden layer with $n$ ReLU units makes at most $n + 1$ pieces, because each
# unit adds one bend. So it needs $2^k - 1$ units (Telgarsky, 2016, proves much more). Depth reuses: what the first layer
# folds, all later layers fold together.
#
# Keep two questions apart. *Can* a deep network represent it cheaply? Yes. Will gradient descent *find* it? That is not
# said. Even this sawtooth is very hard to learn from examples. Session II asks how deep networks are trained.
#
# ## AlexNet
#
# In 2012 Krizhevsky, Sutskever and Hinton entered ILSVRC, the yearly contest on ImageNet: 1.2 million training photos,
# 1,000 classes. Their network is LeNet's idea, grown: five convolutions, three dense layers, ReLU, max pooling, dropout,
# shifted and mirrored training images, and a week on two graphics cards, as the deck (001) says. Each card held one half of
# every layer, a **tower**; only some layers look across.

# %%
# NBVAL_CHECK_OUTPUT
alexnet = arithmetic.count(arithmetic.ALEXNET)
print(f"{'layer':6} {'output':>11} {'neurons':>9} {'parameters':>12} {'connections':>13}")
for row in alexnet:
    shape = "×".join(map(str, row.output)).removesuffix("×1×1")
    print(f"{row.name:6} {shape:>11} {row.neurons:9,} {row.parameters:12,} {row.connections:13,}")
everything = arithmetic.total(alexnet)
print(f"{'total':18} {everything.neurons:9,} {everything.parameters:12,} {everything.connections:13,}")

# %% [markdown]
# The deck gives 60,000,000 parameters, 650,000 neurons and 630,000,000 connections. Compare.

# %%
# NBVAL_CHECK_OUTPUT
plain = arithmetic.count(arithmetic.ALEXNET, biases=False)
convolutions = sum(row.connections for row in plain if row.name.startswith("conv"))
dense = sum(row.connections for row in plain if row.name.startswith("fc"))
print(f"parameters   {everything.parameters:12,}   deck:  60,000,000")
print(f"neurons      {everything.neurons:12,}   deck:     650,000")
print(f"connections  {convolutions + dense:12,}   deck: 630,000,000   (without biases)")
print(f"  of these, convolutions {convolutions:,}, dense layers {dense:,}")
print(
    f"share of the dense layers: parameters {1 - sum(r.parameters for r in alexnet[:8]) / everything.parameters:.0%},",
    end=" ",
)
print(f"connections {dense / (convolutions + dense):.0%}")

# %% [markdown]
# - **Parameters** and **neurons** agree. (Neurons without the input; pooling has none.)
# - **Connections** do not: the table gives 724 million, 15 % more than the deck's 630 million. The other two numbers stand in
#   the abstract of the paper, this one does not. We tried several ways of counting (convolutions only, inputs of 224,
#   more towers) and found none that gives 630 million. So we tell you what comes out.
# - A detail of the paper: it says the input is 224×224. But then an 11×11 kernel with stride 4 has 54×54 places and not
#   the 55×55 that everything else needs. 227 fits: $\lfloor (227 - 11)/4 \rfloor + 1 = 55$.
# - 96 % of the parameters sit in the dense layers, 92 % of the work in the convolutions. As in LeNet-5.
#
# **Other AlexNets.** Somebody loads "AlexNet" from a library and counts differently. Why?

# %%
# NBVAL_CHECK_OUTPUT
for model in (arithmetic.ALEXNET, arithmetic.CAFFENET, arithmetic.ALEXNET_ONE_TOWER):
    print(f"{model.name:45} {arithmetic.total(arithmetic.count(model)).parameters:11,} parameters")
for whole, half in zip(arithmetic.count(arithmetic.CAFFENET), alexnet, strict=True):
    if whole.parameters != half.parameters:
        print(f"  {whole.name}: {whole.parameters:,} without towers, {half.parameters:,} with two")

# %% [markdown]
# With two towers, the second, fourth and fifth convolution see only the maps of their own tower: half of the inputs, half
# of the weights. It is a connection table like that of C3 in lecture 7, made for the memory of graphics cards. Today's
# cards hold the whole network, so reimplementations drop the towers. They either keep the widths, and have 1.4 million
# parameters more, or follow Krizhevsky's own one-tower version of 2014, which is narrower (64, 192, 384, 256, 256 maps).
# PyTorch's `torchvision.models.alexnet` is the latter.
#
# ## Where the sources are wrong: how much better was it?
#
# The deck of 2016 (000) says AlexNet was 5 points more accurate than the state of the art. In the contest a system may give
# five answers for each photo; the **top-5 error** counts the photos for which none is right. AlexNet's entry had 15.3 %. The
# second-best entry, built on hand-made features, had 26.2 % (Krizhevsky and others, 2012).

# %%
# NBVAL_CHECK_OUTPUT
best_entry, second_entry = 15.3, 26.2  # top-5 error in percent, ILSVRC-2012
print(f"difference: {second_entry - best_entry:.1f} points, {1 - best_entry / second_entry:.0%} of the errors gone")

# %% [markdown]
# More than ten points, not five. To be exact: the winning entry averaged seven networks, some of them trained on more
# images. A single AlexNet had 18.2 % on the validation images, still eight points ahead.
#
# ## Where the sources are wrong: neurons, nodes, connections
#
# The notes (002) compare Google's network of 2012, with "one billion nodes", to the brain's "more than 15 billion neurons".
# Both numbers need care.

# %%
# NBVAL_CHECK_OUTPUT
brain = {"cerebral cortex": 16.34, "cerebellum": 69.03, "the rest": 0.69}  # billions of neurons, Azevedo et al., 2009
for part, billions in brain.items():
    print(f"{part:16} {billions:6.2f} billion neurons")
print(f"whole brain      {sum(brain.values()):6.2f} billion neurons")

# %% [markdown]
# - The human brain has about **86 billion** neurons (Azevedo and others, 2009). About 16 billion is the number for the
#   cerebral cortex alone; perhaps that is where the notes' number comes from.
# - The network had one billion **connections**, not nodes (Le and others, 2012: "the model has 1 billion connections"). A
#   connection is to be compared with a synapse. The brain has some $10^{14}$ of them, a hundred thousand times more.

# %% [markdown]
# ## Two waves
#
# The notes tell the history of machine learning as two waves. The first, **shallow learning**: backpropagation makes
# networks learn in the 1980s; in the 1990s support vector machines (支持向量机), boosting and logistic regression take over,
# with no hidden layer or one. The second, **deep learning**: 2006, when Hinton and Salakhutdinov show in *Science* how to
# train deep networks layer by layer. The notes end in 2013, just after AlexNet.

# %% jupyter={"source_hidden": true}
events = {1943: "McCulloch, Pitts\nneuron", 1958: "Rosenblatt\nperceptron", 1980: "Fukushima\nneocognitron"}
events |= {1986: "Rumelhart et al.\nbackpropagation", 1995: "Cortes, Vapnik\nSVM", 1998: "LeCun et al.\nLeNet-5"}
events |= {2006: "Hinton, Salakhutdinov\nlayer by layer", 2012: "Krizhevsky et al.\nAlexNet"}
heights = (1, -1, 1, -1, 1, -2.2, 2.2, -1)
fig, ax = show.new_figure(size=(11, 3.4))
ax.axvspan(1986, 2006, color=COLOURS["sky"], alpha=0.25, lw=0)
ax.axvspan(2006, 2016, color=COLOURS["orange"], alpha=0.25, lw=0)
for (year, text), height in zip(events.items(), heights, strict=True):
    ax.plot([year, year], [0, height * 0.85], color="0.5", lw=1)
    ax.text(year, height * 0.9, f"{year}\n{text}", ha="center", va="bottom" if height > 0 else "top", fontsize=9)
ax.axhline(0, color="black", lw=2)
ax.set(xlim=(1936, 2019), ylim=(-3.6, 3.6))
ax.axis("off")
alt = "Time line from 1943 to 2012: " + "; ".join(f"{t.replace(chr(10), ', ')}, {y}" for y, t in events.items())
show.figure(fig, alt=alt + ".", caption="Blue: the first wave, shallow learning. Orange: the second, deep learning.")

# %% [markdown]
# What the notes get right, and what history corrected since 2013:
#
# | the notes of 2013 | today |
# |---|---|
# | Features should be learned, not made by hand; depth is the means, features are the end. | **Right**, and it won. |
# | In a deep network the error signal gets ever smaller on its way down (gradient diffusion). | **Right** for sigmoid networks. Session II measures it. |
# | Backpropagation alone does not train deep networks; they must be pre-trained layer by layer, without labels. | **No longer.** ReLU (Glorot, Bordes and Bengio, 2011), better starting weights (He and others, 2015), batch normalisation (Ioffe and Szegedy, 2015), shortcuts (He and others, 2016), large labelled sets and graphics cards did it. AlexNet itself was trained end to end from random weights. In our small experiment too, end to end beat the stage without labels. |
# | Deep learning is a kind of unsupervised learning. | **Not true.** LeNet-5 and AlexNet learn from labels. Deep learning is about layers; it can be supervised, unsupervised, or learn by reward. |
# | Local minima are the main trouble. | **Mostly not.** In high dimensions saddle points are far more common (Dauphin and others, 2014). |
# | Most data have no labels, and brains learn without them. | **Right again**: pre-training without labels came back, in another form. The network predicts hidden parts of its input (BERT, Devlin and others, 2019), and is then trained end to end. |
# | Multilayer perceptrons of that time really had one hidden layer. | Mostly. LeCun's network of 1989 had three, as the notes' own chapter on convolution implies. |
# | Fukushima's neocognitron, 1984. | 1980. |
#
# **Change it.** Each of these takes half a minute. Guess first. (a) Shuffle the labels: `y = rng.permutation(y)` before the
# end-to-end training. What do the kernels become? (b) Set the L2 strength to 0. (c) Take 8 kernels instead of 24. Which
# directions survive? (d) Use 2,000 training patches instead of 24,000.

# %% [markdown]
# ## Exercises
#
# **1. Count.** How many parameters has our end-to-end network? How many of them are in the kernels? How many would a dense
# first layer with 24 units on 20×20 pixels have?
#
# <details><summary>Answer</summary>
#
# Kernels and their biases: $24 \cdot (81 + 1) = 1{,}968$. Then $24 \cdot 32 + 32 = 800$ and $32 \cdot 2 + 2 = 66$: in all
# 2,834. A dense layer would have $24 \cdot (400 + 1) = 9{,}624$, and would have to learn every edge anew for every place.
#
# </details>
#
# **2. AlexNet's first layer by hand.** Compute the parameters and connections of conv1, and the neurons. Which stride would
# halve the side of its output?
#
# <details><summary>Answer</summary>
#
# $96 \cdot (11 \cdot 11 \cdot 3 + 1) = 34{,}944$ parameters. Output $96 \cdot 55 \cdot 55 = 290{,}400$ neurons, each with
# $363 + 1$ connections: 105,705,600. Stride 8: $\lfloor 216/8 \rfloor + 1 = 28$.
#
# </details>
#
# **3. A network for the sawtooth.** Write `sawtooth(x, 3)` as a `Net` with `Dense` and `ReLU` layers and the right weights.
# How many layers and parameters? Then start from random weights and train it with `SquaredError`. What happens?
#
# <details><summary>Answer</summary>
#
# ```python
# inner = [nn.Dense(1 if k == 0 else 2, 2, dtype=float) for k in range(3)]
# for k, layer in enumerate(inner):
#     layer.weight.data[:] = [[1], [1]] if k == 0 else [[2, -4], [2, -4]]
#     layer.bias.data[:] = [0, -0.5]
# last = nn.Dense(2, 1)
# last.weight.data[:] = [[2, -4]]
# net = nn.Net([inner[0], nn.ReLU(), inner[1], nn.ReLU(), inner[2], nn.ReLU(), last], loss=nn.SquaredError())
# np.abs(net.forward(grid[:, None])[:, 0] - sawtooth(grid, 3)).max()
# ```
#
# Three hidden layers of two units, 19 parameters: $2 + 2$, then twice $4 + 2$, then $2 + 1$. The result is exact. From
# random weights, gradient descent does not find it: in twelve runs the mean squared error stayed between 0.069 and 0.093,
# where a constant has 0.084. That the function is cheap to represent does not make it easy to learn.
#
# </details>

# %% [markdown]
# ## What to read next
#
# - Krizhevsky, Sutskever and Hinton, *ImageNet classification with deep convolutional neural networks*, NIPS 2012.
# - Hinton and Salakhutdinov, *Reducing the dimensionality of data with neural networks*, Science 313, 2006.
# - Olshausen and Field, *Emergence of simple-cell receptive field properties by learning a sparse code for natural images*,
#   Nature 381, 1996. Edges without labels.
# - Gutmann and Hyvärinen, *Noise-contrastive estimation*, AISTATS 2010. Learning by telling data from noise, as we did.
# - Zeiler and Fergus, *Visualizing and understanding convolutional networks*, ECCV 2014.
# - LeCun, Bengio and Hinton, *Deep learning*, Nature 521, 2015. The second wave, by three who made it.
#
# This was the last lecture of Session I. Now do [problem set 1](../../assignments/ps1/ps1.ipynb); the way through the
# course is in the [syllabus](../syllabus.ipynb).
