# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Recap: one idea, and what is learned for one task helps another
#
# The last lecture. It says in twelve lines of code what the whole course did, and then tests the strongest claim that is made about deep learning: that features learned for one task
# are useful for others.
#
# **You will be able to**
#
# - turn a wish into an optimisation problem, in three questions: what may vary, what is to be small, how do we get there;
# - run four very different lectures of this course with the same twelve lines;
# - say what is meant by representation learning (表示学习), end-to-end training and transfer (迁移学习);
# - measure whether features help another task, beside two controls, and read the result honestly;
# - know what this course left out, and where to go on.
#
# Time: about 35 minutes.

# %%
from pathlib import Path

import numpy as np
import skimage
import torch
from torch.nn import functional as F

from course_pkg import data, show, vision, widgets, words
from course_pkg.show import COLOURS

torch.set_num_threads(1)  # for networks as small as ours a second thread costs more than it brings
network = vision.load("small", device="cpu")

# %% [markdown]
# ## The philosophy, in two lines
#
# The deck of 2016 (000) ends its last example, Neural Style, with what it calls the philosophy of solving a problem. We put it in our words:
#
# 1. **Model**: find a way to turn the task into an optimisation problem (优化问题).
# 2. **Solve** the optimisation problem.
#
# For the second there are tools: backpropagation, and frameworks that do it for us. The first is the art. It needs three answers: *what may vary? what is to be small? from where do we start?*
#
# Here is the solver, whole. `x` is any array of numbers, `loss` any differentiable function of it.


# %%
def minimise(loss, x, steps, lr):
    """Change the numbers x, step by step, so that loss(x) becomes small; return them and the losses on the way."""
    x = torch.as_tensor(x, dtype=torch.float32).clone().requires_grad_()
    optimiser = torch.optim.Adam([x], lr=lr)
    losses = []
    for _ in range(steps):
        value = loss(x)
        optimiser.zero_grad()
        value.backward()
        optimiser.step()
        losses.append(value.item())
    return x.detach(), losses


# %% [markdown]
# Now four lectures in miniature. What varies is, in turn: weights, word vectors, the pixels of an image, the pixels of another image.
#
# **1. Weights.** Handwritten digits, a linear classifier, the softmax loss of [Session I, lecture 2](../session1_networks/02_loss.ipynb).

# %%
digits = data.digits(dtype="float32")
X, y, X_test, y_test = map(torch.from_numpy, (digits.x_train, digits.y_train, digits.x_test, digits.y_test))
X, X_test = X.flatten(1), X_test.flatten(1)

W0 = 0.1 * torch.randn(64, 10, generator=torch.Generator().manual_seed(0))
W, weights_losses = minimise(lambda W: F.cross_entropy(X @ W, y), W0, steps=100, lr=0.05)

# %% [markdown]
# **2. Word vectors.** The pairs of [the visualiser](04_visualiser.ipynb): from each word guess the word beside it. Two embeddings, $W$ and $W'$, with two numbers a word.

# %%
pairs = words.parse_pairs(words.PRESETS["king and queen"]["text"])
vocabulary = sorted({word for pair in pairs for word in (*pair.context, *pair.targets)})
inputs = torch.tensor([vocabulary.index(pair.context[0]) for pair in pairs])
outputs = torch.tensor([vocabulary.index(pair.targets[0]) for pair in pairs])

V0 = 0.5 * torch.randn(2, len(vocabulary), 2, generator=torch.Generator().manual_seed(3))
V, words_losses = minimise(lambda V: F.cross_entropy(V[0, inputs] @ V[1].T, outputs), V0, steps=200, lr=0.05)

# %% [markdown]
# **3. A dream.** The photo may vary. To be small: *minus* the strength with which a layer answers. (Before the layer sees it, the photo is shifted a little, each time otherwise,
# and lightly blurred: two small helps against noise that [DeepDream](09_deepdream.ipynb) explains.)

# %%
photo = network.tensor(data.photo("china", height=200)[20:164, 60:204])
shifts = np.random.default_rng(0)


def dream_loss(image):
    shifted = torch.roll(image.clamp(0, 1), tuple(shifts.integers(-8, 9, size=2)), dims=(2, 3))
    blurred = F.avg_pool2d(shifted, 3, stride=1, padding=1, count_include_pad=False)
    return -network.features(blurred, ["mixed4b"])["mixed4b"].square().mean()


dreamt, dream_losses = minimise(dream_loss, photo, steps=40, lr=0.01)

# %% [markdown]
# **4. A style.** A photo may vary. To be small: the difference from the photo's content plus the difference from a texture's Gram matrices, as in [Neural Style](11_neural_style.ipynb).

# %%
STYLE = ("relu1", "relu2", "relu3b", "relu4b")
cat = network.tensor(data.photo("cat", height=180)[18:162, 60:204])
texture = network.tensor(data.texture("mosaic", size=144, seed=1))


def gram(maps):
    flat = maps[0].flatten(1)
    return flat @ flat.T / flat.shape[1]


with torch.no_grad():
    content = network.features(cat, ["relu3b"])["relu3b"]
    grams = {name: gram(maps) for name, maps in network.features(texture, STYLE).items()}


# %%
def style_loss(image):
    maps = network.features(image.clamp(0, 1), STYLE)
    style = sum((gram(maps[name]) - grams[name]).square().sum() / grams[name].square().sum() for name in STYLE)
    return (maps["relu3b"] - content).square().mean() / content.square().mean() + 2 * style


styled, style_losses = minimise(style_loss, cat, steps=60, lr=0.02)

# %% [markdown]
# What came out, above before and below after:

# %% jupyter={"source_hidden": true}
fig, axes = show.new_figure(2, 4, size=(11, 5.8))
for row, (weights, vectors, dream, style) in enumerate(((W0, V0, photo, cat), (W, V, dreamt, styled))):
    axes[row, 0].imshow(weights[:, 3].reshape(8, 8), cmap="RdBu_r", vmin=-2, vmax=2)
    for word in ("king", "queen", "man", "woman"):
        place = vectors[0, vocabulary.index(word)].tolist()
        axes[row, 1].scatter(*place, color=COLOURS["blue" if word in ("king", "queen") else "red"], s=40)
        axes[row, 1].annotate(word, place, (5, 3), textcoords="offset points", fontsize=10)
    axes[row, 1].margins(0.35)
    axes[row, 2].imshow(vision.picture(dream))
    axes[row, 3].imshow(vision.picture(style))
    for ax in axes[row, [0, 2, 3]]:
        ax.axis("off")
for ax, title in zip(
    axes[0], ("weights (of digit 3)", "word vectors", "an image: dream", "an image: style"), strict=True
):
    ax.set_title(title)
show.figure(
    fig,
    alt="Two rows of four panels. Weights of digit 3: noise above, below strong fields of red and blue. Word vectors: above, king, queen, man and woman lie mixed; below, king and "
    "queen are on one side, man and woman on the other. A temple above; below the same temple with dark waves around it. A cat above; below the same cat laid in small stones.",
    caption=f"Four tasks, one solver of twelve lines. Above: where it started. Below: where it ended. The images are by {network.caption}.",
)

# %%
# NBVAL_CHECK_OUTPUT
print(
    f"1 weights: loss {weights_losses[0]:.1f} → {weights_losses[-1]:.1f}, test accuracy {((X_test @ W).argmax(1) == y_test).double().mean():.2f}"
)
king, queen, man, woman = (V[0, vocabulary.index(word)] for word in ("king", "queen", "man", "woman"))
print("2 words: king is nearer to queen than to man:", bool((king - queen).norm() < (king - man).norm()))
print("3 dream: the layer answers at least twice as strongly:", bool(dream_losses[-1] < 2 * dream_losses[0]))
print("4 style: the loss fell to less than a third:", bool(style_losses[-1] < style_losses[0] / 3))

# %% [markdown]
# **Change it.** Each task is one function. Replace it, and the solver does something new. Here two of them are mixed: the photo of the temple shall stay itself, and get a high score for one of the classes of our network. Choose the class, and how many steps
# it may take. (The score rises, and often we cannot see why: a network can be pleased with very little.) Then write a loss of your own.


# %%
def like(steps, wish):
    number = network.classes.index(wish)

    def loss(image):
        return (image - photo).square().mean() * 20 - network.scores(image.clamp(0, 1))[0, number]

    return vision.picture(minimise(loss, photo, steps, lr=0.01)[0])


widgets.PictureKnobs(
    like,
    {"wish": sorted(network.classes), "steps": (0, 60, 5)},
    values={"wish": "honeycomb", "steps": 30},
    about="A photo of a temple, changed so that the network takes it for something else",
)

# %% [markdown]
# ## The whole course, as optimisation problems
#
# | Lecture | What varies | What is made small | How |
# |---|---|---|---|
# | [I 1 Neuron](../session1_networks/01_neuron.ipynb) | weights of a neuron | the number of wrong answers | the perceptron rule |
# | [I 2 Loss](../session1_networks/02_loss.ipynb), [I 3 Gradient descent](../session1_networks/03_gradient_descent.ipynb) | weights of a linear classifier | softmax or hinge loss + $R(W)$ | steps along $-\nabla f$ |
# | [I 4 Backpropagation](../session1_networks/04_backpropagation.ipynb), [I 5 Layers](../session1_networks/05_layers.ipynb) | weights of all layers | squared error, softmax loss | the chain rule, layer by layer |
# | [I 6 Convolution](../session1_networks/06_convolution.ipynb), [I 7 LeNet](../session1_networks/07_lenet.ipynb) | shared kernels | softmax loss, distance to a drawn digit | the same; the gradient of a convolution is a convolution |
# | [I 8 Deep](../session1_networks/08_deep.ipynb) | features too, not only the classifier | softmax loss | end to end |
# | [II 1](../session2_frameworks/01_layer_school.ipynb), [2](../session2_frameworks/02_graph_school.ipynb), [3](../session2_frameworks/03_three_schools.ipynb) Frameworks | anything | anything that can be written as layers or a graph | the machine derives the gradient |
# | [II 4 Optimisers](../session2_frameworks/04_optimisers.ipynb), [5 Deep nets](../session2_frameworks/05_training_deep_nets.ipynb) | the same weights | the same loss, faster and more safely | momentum, Adam, normalisation, clipping |
# | [II 6 Regularisation](../session2_frameworks/06_regularisation.ipynb) | weights | loss + penalty, loss under noise | the same, stopped early |
# | [II 7 Autoencoders](../session2_frameworks/07_autoencoders.ipynb) | encoder and decoder | the error of rebuilding the input | no labels needed |
# | [II 8 Sparse coding](../session2_frameworks/08_sparse_coding.ipynb) | code and dictionary | rebuilding error + $\lambda\lVert h\rVert_1$ | in turns: LASSO, least squares |
# | [II 9](../session2_frameworks/09_boltzmann_machines.ipynb), [10](../session2_frameworks/10_deep_belief_nets.ipynb) Boltzmann machines | energies | minus the log-likelihood | sampling; an approximate gradient |
# | [II 11 Architectures](../session2_frameworks/11_architectures.ipynb), [12 Sequences](../session2_frameworks/12_sequences.ipynb) | weights | softmax loss | what changes is the *function*, so that the problem becomes easier to solve |
# | [III 1](01_word_vectors.ipynb), [2](02_huge_softmax.ipynb), [3](03_word_arithmetic.ipynb) Words | two vectors for each word | surprise at the neighbouring word | shortcuts for a huge softmax |
# | [III 5 Texts](05_text_classification.ipynb) | word vectors and kernels | softmax loss | end to end |
# | [III 6 Recommendation](06_recommendation.ipynb) | a vector for each user and item | the error of predicted ratings | in turns, or by gradient |
# | [III 8 Kernels](08_what_a_kernel_sees.ipynb), [9 DeepDream](09_deepdream.ipynb) | an image | minus an activation | gradient ascent, octaves |
# | [III 10](10_what_is_style.ipynb), [11](11_neural_style.ipynb) Style | an image | content loss + style loss | L-BFGS or Adam |
#
# Read the second column from top to bottom. First weights vary, then features, then the meaning of words, at last the picture itself, while the weights stand still. The first and the last column hardly
# change. That is why one course can treat all of these.
#
# ## What is deep learning?
#
# "A thousand people see a thousand Hamlets", says 000, and gives an opinion of its own. In our words:
#
# - It is **representation learning**: features are found, not designed. Layers build on layers: what is simple becomes part of what is abstract.
# - Everything is a differentiable map, so one algorithm trains all of it, from pixels to answer: **end to end**. [Session I](../session1_networks/08_deep.ipynb) measured what that is worth.
# - And a claim: even when a network is trained for one special purpose, its features are general and can be used for other tasks. That is **transfer**.
#
# The first two we have seen many times. The third we have only claimed. So let us measure it.
#
# ## The experiment
#
# Our network was trained to name textures. We freeze it, throw its last layer away, and use the averages of its maps, one number for each channel, as features for *other* tasks. On top: a linear classifier, trained with `minimise` on **1, 5 or
# 20 labels a class**. Few labels are where good features should matter.
#
# Beside it stand two controls. **Raw pixels**: averages of 4×4 pixels, 256 numbers. And **the same network with random weights**, two of them: whatever these reach is due to the architecture, not to learning.
#
# Three tasks that the network was not trained for:
#
# - **photos**: from which of six photos does this piece come? Pieces of 64×64 pixels, in grey, of photos that are not among the network's training data (its model card lists those). Pieces for training and for the test
#   come from different strips of each photo.
# - **wallpaper**: a grey wallpaper of handwritten digits, all the same digit by different hands, cut anywhere, dark on light or light on dark. Which digit?
# - **digits**: one handwritten digit in the middle of the picture.
#
# Guess before you read on: where will the features help, and where not?

# %%
FOLDER = Path(skimage.__file__).parent / "data"
UNSEEN = ("cell", "clock_motion", "moon", "motorcycle_left", "page", "text")


def photo_pieces(count, strips, rng):
    """``count`` pieces (64, 64) of each photo, from two of its four strips, and the numbers of the photos."""
    x = np.empty((len(UNSEEN), count, 64, 64))
    for pieces, name in zip(x, UNSEEN, strict=True):
        whole = vision.read_picture(FOLDER / f"{name}.png").mean(axis=2)
        width = whole.shape[1] // 4
        for i in range(count):
            left = width * strips[i % 2] + rng.integers(width - 63)
            top = rng.integers(len(whole) - 63)
            pieces[i] = whole[top : top + 64, left : left + 64]
    return x.reshape(-1, 64, 64), np.repeat(np.arange(len(UNSEEN)), count)


# %%
def wallpapers(count, x, y, rng):
    """``count`` wallpapers (64, 64) of each digit, made of pictures ``x`` (N, 1, 24, 24) with labels ``y``."""
    found, labels = np.empty((10 * count, 64, 64)), np.repeat(np.arange(10), count)
    for page, digit in zip(found, labels, strict=True):
        drawn = x[rng.choice(np.flatnonzero(y == digit), 16), 0].reshape(4, 4, 24, 24)
        sheet = drawn.transpose(0, 2, 1, 3).reshape(96, 96)
        top, left = rng.integers(33, size=2)
        ink, paper = rng.permutation([rng.uniform(0.6, 1), rng.uniform(0, 0.4)])
        page[:] = paper + (ink - paper) * sheet[top : top + 64, left : left + 64]
    return found, labels


def single_digits(count, x, y):
    """``count`` digits of each class out of ``x`` (N, 1, 64, 64)."""
    chosen = np.concatenate([np.flatnonzero(y == digit)[:count] for digit in range(10)])
    return x[chosen, 0], y[chosen]


# %%
POOL, TEST = 40, 30  # pictures of each class from which labelled ones are drawn, and to test on
rng, half = np.random.default_rng(0), data.digits(24, test=0.5)
large = data.digits(64, test=0.5)
tasks = {
    "photos": (*photo_pieces(POOL, (0, 2), rng), *photo_pieces(TEST, (1, 3), rng)),
    "wallpaper": (*wallpapers(POOL, half.x_train, half.y_train, rng), *wallpapers(TEST, half.x_test, half.y_test, rng)),
    "digits": (*single_digits(POOL, large.x_train, large.y_train), *single_digits(TEST, large.x_test, large.y_test)),
}

# %% jupyter={"source_hidden": true}
shown = [tasks["photos"][0][POOL * k] for k in range(6)] + [tasks["wallpaper"][0][POOL * k] for k in range(6)]
show.images(
    [*shown, *(tasks["digits"][0][POOL * k] for k in range(6))],
    columns=6,
    size=1.3,
    alt="Three rows of six grey pictures. Pieces of a cell, a clock, the moon, a motorcycle, a printed page and a handwritten-looking text. Wallpapers of zeros, ones, "
    "twos, threes, fours and fives. Single digits from zero to five.",
    caption="The three tasks; in each row one picture of each of the first six classes.",
)

# %%
LAYERS = ("relu2", "relu3b", "relu4b", "relu5a")


@torch.no_grad()
def averages(net, x):
    """For each layer the averages (N, C) of its maps for grey pictures (N, 64, 64)."""
    parts = torch.tensor(x, dtype=torch.float32)[:, None].expand(-1, 3, -1, -1).split(100)
    found = [net.features(part, LAYERS) for part in parts]
    return {layer: torch.cat([maps[layer].mean(dim=(2, 3)) for maps in found]) for layer in LAYERS}


def pixels(x):
    """Averages (N, 256) of 4×4 pixels."""
    return F.avg_pool2d(torch.tensor(x, dtype=torch.float32)[:, None], 4).flatten(1)


# %% [markdown]
# The classifier. Each experiment is repeated with ten different draws of labelled pictures, all at once: `W` holds ten classifiers. Features are standardised with the mean and spread of all pictures of the pool, which needs no labels.


# %%
def few_labels(x, y, x_test, y_test, labels, draws=10):
    """Test accuracies (draws,) of linear classifiers that saw ``labels`` pictures of each class."""
    rng, classes = np.random.default_rng(labels), np.unique(y)
    x, x_test = ((z - x.mean(0)) / (x.std(0) + 1e-6) / x.shape[1] ** 0.5 for z in (x, x_test))
    seen = [[rng.choice(np.flatnonzero(y == k), labels, replace=False) for k in classes] for _ in range(draws)]
    seen = np.array(seen).reshape(draws, -1)
    X, Y = x[seen], torch.from_numpy(np.searchsorted(classes, y[seen]))

    def loss(W):
        each = F.cross_entropy((X @ W).flatten(0, 1), Y.flatten(), reduction="sum") / Y.shape[1]
        return each + 1e-3 * W.square().sum()

    W, _ = minimise(loss, torch.zeros(draws, x.shape[1], len(classes)), steps=100, lr=0.1)
    return ((x_test @ W).argmax(2).numpy() == np.searchsorted(classes, y_test)).mean(axis=1)


# %%
LABELS = (1, 5, 20)
eyes = {"features of the network": [network]}
eyes["features, random weights"] = [vision.load("small", random=True, seed=seed, device="cpu") for seed in (0, 1)]
results, by_layer = {}, {}
for task, (x, y, x_test, y_test) in tasks.items():
    for labels in LABELS:
        results[task, "raw pixels", labels] = few_labels(pixels(x), y, pixels(x_test), y_test, labels)
    for name, nets in eyes.items():
        seen = [(averages(net, x), averages(net, x_test)) for net in nets]
        for layer in LAYERS:
            by_layer[task, name, layer] = [few_labels(a[layer], y, b[layer], y_test, 5) for a, b in seen]
        for labels in LABELS:
            results[task, name, labels] = np.concatenate(
                [few_labels(a["relu4b"], y, b["relu4b"], y_test, labels) for a, b in seen]
            )

# %% jupyter={"source_hidden": true}
EYES = {
    "raw pixels": ("orange", "s"),
    "features, random weights": ("red", "^"),
    "features of the network": ("blue", "o"),
}
fig, axes = show.new_figure(1, 3, size=(11, 3.4), sharey=True)
for ax, task in zip(axes, tasks, strict=True):
    for shift, (name, (colour, marker)) in enumerate(EYES.items()):
        found = np.array([[results[task, name, labels].mean(), results[task, name, labels].std()] for labels in LABELS])
        at = np.array(LABELS) * (0.94 + 0.06 * shift)
        ax.errorbar(at, *found.T, color=COLOURS[colour], marker=marker, capsize=3, label=name)
    ax.axhline(1 / len(np.unique(tasks[task][1])), color="0.5", lw=1, ls=":")
    ax.set(xscale="log", xticks=LABELS, xticklabels=LABELS, title=task, xlabel="labels a class", ylim=(0, 1.02))
    ax.minorticks_off()
axes[0].set_ylabel("test accuracy")
fig.legend(*axes[0].get_legend_handles_labels(), ncols=3, loc="outside lower center")
show.figure(
    fig,
    alt="Three panels, test accuracy against labels a class. "
    + " ".join(
        f"{task}: with 5 labels " + ", ".join(f"{name} {results[task, name, 5].mean():.2f}" for name in EYES) + "."
        for task in tasks
    ),
    caption="Mean and standard deviation over ten draws of labels (random weights: two networks, twenty). Dotted: guessing.",
)

# %%
rows = []
for task in tasks:
    for name in EYES:
        found = [results[task, name, labels] for labels in LABELS]
        rows.append((task, name, *[f"{a.mean():.3f} ± {a.std(ddof=1):.3f}" for a in found]))
show.table(rows, ["task", "what the classifier sees", *(f"{n} a class" for n in LABELS)], caption="Test accuracy.")

# %%
# NBVAL_CHECK_OUTPUT
mean = {key: found.mean() for key, found in results.items()}
for task in tasks:
    ours, chance, raw = (
        mean[task, name, 5] for name in ("features of the network", "features, random weights", "raw pixels")
    )
    print(
        f"{task:9}, 5 labels: 10 points ahead of random weights: {ours > chance + 0.1}, of raw pixels: {ours > raw + 0.1}"
    )

# %% [markdown]
# Read the panels from left to right.
#
# **Photos: a large gain.** With 5 labels a class the trained features name 9 of 10 pieces; random weights 7 of 10, raw pixels fewer than 4. With *one* label a class they are as good as random weights with 5. Nobody told the
# network about the moon or about printed pages. But a page is a texture, and what is useful to tell scales from bricks tells pages from motorcycles.
#
# **Wallpaper: from guessing to something.** Cut anywhere, a wallpaper has no pixel that means anything by itself, so raw pixels guess. So do the random weights. The trained features get half of it right. They have never seen a digit. But they know small
# curves and strokes wherever they are; one of the 70 generated textures even consists of invented letters (`data.texture("glyphs")`), so the step to wallpapers of digits is not large.
#
# **Digits: no help.** The same digits, one in the middle: now raw pixels are best, and the trained network is no better than random weights, even worse with 20 labels. Two reasons. A digit is a matter of *where* its strokes are, and we
# averaged the places away. And our network was trained on textures that were turned and mirrored at random. What training makes a network ignore, its features cannot give back.
#
# So the sentence of 000 should be read with care. Features are general **for tasks that need the same things**. The random weights deserve a second look too. A random convolutional network is a much better eye than raw pixels for the first task. Without
# that control we would have credited learning with what the architecture does.
#
# ### Which layer?
#
# We took the averages of `relu4b`, a choice made before the trained weights were there. Was it a good one, and was it fair?

# %% jupyter={"source_hidden": true}
fig, axes = show.new_figure(1, 3, size=(11, 3.2), sharey=True)
for ax, task in zip(axes, tasks, strict=True):
    for name in ("features, random weights", "features of the network"):
        colour, marker = EYES[name]
        found = [np.concatenate(by_layer[task, name, layer]) for layer in LAYERS]
        spread = [values.std() for values in found]
        ax.errorbar(
            LAYERS,
            [values.mean() for values in found],
            spread,
            color=COLOURS[colour],
            marker=marker,
            capsize=3,
            label=name,
        )
    ax.set(title=task, ylim=(0, 1.02), xlabel="layer")
axes[0].set_ylabel("test accuracy, 5 labels")
fig.legend(*axes[0].get_legend_handles_labels(), ncols=2, loc="outside lower center")
show.figure(
    fig,
    alt="Three panels, test accuracy with 5 labels a class by layer, relu2 to relu5a. "
    + " ".join(
        f"{task}, trained: "
        + ", ".join(f"{np.mean(by_layer[task, 'features of the network', layer]):.2f}" for layer in LAYERS)
        + "."
        for task in tasks
    ),
    caption="Where in the network are the useful features? Early at the left, late at the right.",
)

# %% [markdown]
# For the trained network, nearly. For the random one it was the worst choice of all on the wallpaper: there, and on the photos, every further layer without training stirs the picture up, and the features decay. Training is what makes depth useful. So a fairer comparison gives each its best layer
# (best on these test pictures, which flatters both):

# %%
for task in tasks:
    best = {name: max((np.mean(by_layer[task, name, layer]), layer) for layer in LAYERS) for name in eyes}
    print(f"{task:9}, 5 labels, raw pixels {mean[task, 'raw pixels', 5]:.2f};", end=" ")
    print("; ".join(f"{name} {accuracy:.2f} ({layer})" for name, (accuracy, layer) in best.items()))

# %% [markdown]
# The gain from *learning* shrinks on the photos from 18 points to 7, and on the wallpaper from 38 to 26. It is still there. On the digits the trained network is now ahead of the random one, and still behind the pixels. And there its last layer is as bad as its second, the first that is shown: it has specialised in its
# own classes. Yosinski and others (2014) measured such specialisation layer by layer, with a much larger network on ImageNet.
#
# ### What we tried and what it said
#
# - *Photos* had first been split into a left half for training and a right half for the test. The halves of a photo differ so much that random weights stayed below 0.75 with any layer. Then came squares without overlap, too few
#   for 20 labels. Strips in turns are an easier task. All this was settled with random weights, before the trained ones were there.
# - A fourth task, in which of four corners is the digit, was dropped. We expected averages to fail. With random weights they got up to 98 % from one label a class: near the border the maps are different, and that is enough to give the place away.
# - **Between two real tasks**: a network with two convolutions, trained on the digits 0 to 4 until it named 97 % of them, then frozen; its features for the digits 5 to 9, with 1, 5 and 20 labels: 0.64, 0.90, 0.94. Raw pixels: 0.68, 0.93, 0.97. The same network
#   untrained: 0.64, 0.93, 0.96. (Measured beforehand; means of three networks and ten draws, spread about 0.07, 0.02 and 0.01.) No help: five digits are too little to learn from, and 8×8 pixels are a good representation already.
# - That transfer between real tasks works when the first task is *large* is well documented: features of networks trained on ImageNet's million photos beat features made by hand on tasks of many kinds (Donahue and others, 2014; Razavian and others, 2014). With a network connection you can check a little of it here:
#   put `vision.load("googlenet")` into `eyes`, and `inception3b`, `inception4a`, `inception4c`, `inception5a` into `LAYERS`.
#
# ## What the course left out
#
# Much. The most important things, and where they begin:
#
# | Topic | One sentence | Read |
# |---|---|---|
# | Attention and transformers (注意力) | Each position asks all others what matters; the basis of today's language models. | Vaswani and others (2017) |
# | Learning without labels at scale | Predict the hidden part of texts or images; the features transfer better than ours. | Devlin and others (2019); He and others (2022) |
# | Making images | Adversarial networks; diffusion models, which learn to remove noise. | Goodfellow and others (2014); Ho and others (2020) |
# | Reinforcement learning | What is small is not given as a loss but as a reward that comes late. | Mnih and others (2015) |
# | Being wrong, being sure | Adversarial examples, calibration, bias in data, what a model must not be used for. | Szegedy and others (2014); Guo and others (2017) |
#
# Each of them is, again: something varies, something is made small.
#
# ## Exercises
#
# **1.** You want to restore an old photo with scratches. You know where the scratches are. Answer the three questions, and write `loss` for `minimise`.
#
# <details><summary>Answer</summary>
#
# *What varies:* the pixels of an image. *What is small:* the difference from the old photo outside the scratches, plus something that is small for natural images, for example the difference between neighbouring pixels (total variation), or between the image's Gram matrices and those of an
# unharmed part of the photo. *Where from:* the old photo.
#
# ```python
# def loss(image):
#     outside = ((image - old) * (1 - scratches)).square().mean()
#     rough = (image[..., 1:] - image[..., :-1]).abs().mean() + (image[..., 1:, :] - image[..., :-1, :]).abs().mean()
#     return outside + 0.1 * rough
# ```
#
# </details>
#
# **2.** Somebody shows that features of a trained network reach 90 % on a new task, and concludes that training on the first task helped. Which two controls are missing?
#
# <details><summary>Answer</summary>
#
# The simplest features for the task (raw pixels, colour histograms), and the same network with random weights. Without the first we do not know whether the task is easy, without the second not whether the *architecture* alone does it. In our first panel random weights alone bring more than half of the gain over
# raw pixels.
#
# </details>
#
# **3.** The digits fail because places are averaged away. Keep them: use `maps.flatten(1)` of `relu4b` in place of the means. What do you expect for the digits? For the wallpaper?
#
# <details><summary>Answer</summary>
#
# 224 maps of 8×8 make 14,336 numbers. Digits should gain, since the classifier now sees which stroke is where. The wallpaper should lose: its digits can be anywhere, so a classifier must learn each place by itself from a few labels. (Average pooling is itself an assumption about the task: that the place does not
# matter.) Try it: in `averages`, replace `.mean(dim=(2, 3))` by `.flatten(1)`, and expect to wait longer.
#
# </details>
#
# ## What to read next
#
# - J. Yosinski, J. Clune, Y. Bengio and H. Lipson (2014), *How transferable are features in deep neural networks?* NeurIPS.
# - J. Donahue and others (2014), *DeCAF: a deep convolutional activation feature for generic visual recognition*. ICML.
# - A. Razavian and others (2014), *CNN features off-the-shelf: an astounding baseline for recognition*. CVPR workshops.
# - Y. Bengio, A. Courville and P. Vincent (2013), *Representation learning: a review and new perspectives*. IEEE TPAMI 35.
# - Y. LeCun, Y. Bengio and G. Hinton (2015), *Deep learning*. Nature 521.
# - I. Goodfellow, Y. Bengio and A. Courville (2016), *Deep Learning*. MIT Press. The next book, if you want one.
#
# This was the last lecture. [Problem set 3b](../../assignments/ps3b/ps3b.ipynb) is waiting, and so is whatever you would like to make small. Back to the [syllabus](../syllabus.ipynb).
