# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # What is style?
#
# We recognise a painter by the way of painting, whatever the picture shows. This lecture turns *the way* into numbers:
# a matrix that knows which features of a picture occur together, and not where.
#
# **You will be able to**
#
# - compute a Gram matrix, of colours and of feature maps, and say what each entry means;
# - say what a Gram matrix keeps of a picture and what it forgets, and prove it by an experiment;
# - make a new texture that has the Gram matrices of a given one;
# - measure whether a description of style is good, against honest controls.
#
# Time: about 30 minutes. You need [what a kernel sees](08_what_a_kernel_sees.ipynb).

# %%
import numpy as np
import torch
from ipywidgets import interact_manual

from course_pkg import data, show, vision
from course_pkg.vision.gram import gram

torch.set_num_threads(1)  # repeatable to the last digit
network = vision.load("vgg19", offline="small")
print(network.caption)

# %% [markdown]
# ## A picture first: which belong together?

# %% jupyter={"source_hidden": true}
kinds = ("scales", "labyrinth", "fur", "bricks")
seeds = (900_001, 900_002, 900_003)
pictures = {(kind, seed): data.texture(kind, size=128, seed=seed) for seed in seeds for kind in kinds}
show.images(
    list(pictures.values()),
    columns=4,
    size=1.4,
    titles=[f"{kind}" for kind, _ in pictures],
    alt="Three rows of four textures: scales, labyrinth, fur, bricks. In each column the pattern is the same while colours, size and direction differ.",
    caption="Four kinds of texture that the course generates (data.texture), three of each.",
)

# %% [markdown]
# You sort them by column at once. Yet no two of them agree in a single pixel: position, size, direction and colours are all different.
# Whatever makes the pictures of a column *the same* cannot be the value at a place. A painter's manner is of this kind, too.
#
# The question that the three-session deck (000) asks: how can one catch the *painting style* (画风)? Its answer is the paper of Gatys,
# Ecker and Bethge (2015): style is a property of the **fields in the middle of a network**.
#
# ## A picture is a field of vectors
#
# Write $I$ for the picture and $p$ for a point in the plane. At each point there are three numbers: $I(p) \in \mathbb{R}^3$. A convolution
# with ReLU makes another field from it, with as many numbers at each point as the layer has maps:
# $I^\ell = K^\ell \star I^{\ell-1}$. The first layers of VGG have 64, the last ones 512. Number $f$ of the vector at all points is the
# **feature map** (特征图) $I_f$.
#
# The **Gram matrix** (格拉姆矩阵) takes each pair of maps and sums their product over all points:
#
# $$G_{fg} = I_f \cdot I_g = \sum_p I_f(p)\, I_g(p)$$
#
# It is large where two features are strong *at the same points*, wherever these are. Let us begin, as the deck does, with the picture itself,
# which has three features: red, green, blue.


# %%
# NBVAL_CHECK_OUTPUT
def colour_gram(picture):
    """The Gram matrix of red, green and blue, a point: (3, 3)."""
    features = picture.reshape(-1, 3).T  # (3, M): a row for each colour
    return features @ features.T / features.shape[1]


flames, moss = (data.texture(kind, size=128, seed=5) for kind in ("flames", "moss"))
for name, texture in (("flames", flames), ("moss", moss)):
    print(name, *colour_gram(texture).round(3), sep="\n")

# %% [markdown]
# (We divide by the number of points $M$, so that pictures of different sizes can be compared.) The diagonal says how strong each colour is, the other entries
# which colours come together. So it is a style *of colours*. How much does it know?
#
# ## What it keeps and what it forgets
#
# Throw the points of the picture into a bag, shake it, and lay them out again.

# %%
# NBVAL_CHECK_OUTPUT
rng = np.random.default_rng(0)
shuffled = rng.permutation(flames.reshape(-1, 3)).reshape(flames.shape)
print("the Gram matrix of the shuffled points is the same:", np.allclose(colour_gram(shuffled), colour_gram(flames)))
mean, covariance = flames.mean(axis=(0, 1)), np.cov(flames.reshape(-1, 3).T, bias=True)
print("G/M is covariance + mean · meanᵀ:", np.allclose(colour_gram(flames), covariance + np.outer(mean, mean)))

# %% jupyter={"source_hidden": true}
show.images(
    [flames, shuffled, vision.with_colours(data.photo("cat", height=128), flames)],
    columns=3,
    size=2.2,
    titles=["flames", "the same points, shuffled", "the cat with these colours"],
    alt="Left: flames in brown and pink. Middle: coloured noise made of the same pixels. Right: the cat, in the browns and pinks of the flames.",
    caption="Three pictures with the same Gram matrix of colours (the third nearly: where its colours left the range, they were cut).",
)

# %% [markdown]
# So the Gram matrix of colours keeps the palette: the mean of each colour and how they vary together. It forgets every place, and with it all pattern.
# The picture on the right uses this: a matrix with three rows and columns, applied at each point, gives the cat the mean and the covariance of the flames. That is a transfer of style already,
# of the poorest kind.
#
# The sum over $p$ forgets *all* places. What helps is to describe a point by more than its colour: by what stands **around** it. That
# is what the maps of a convolutional network do. Each number of the vector $I^\ell(p)$ answers a question about a
# neighbourhood: is there an edge here? a curve? a row of dots? The sum then forgets where a thing is, but not the thing.
#
# ## The Gram matrices of a network
#
# One Gram matrix for each of five layers, as in the paper (there: conv1_1, conv2_1, conv3_1, conv4_1, conv5_1 of VGG-19).

# %%
LAYERS = vision.usual_layers(network)[1]


def features(picture, net=network, layers=LAYERS):
    """The maps of some layers for a picture: a list of tensors (C, h, w)."""
    with torch.no_grad():
        found = net.features(net.tensor(picture), layers)
    return [found[name][0] for name in layers]


def grams(picture, net=network, layers=LAYERS):
    """The Gram matrices of the layers, each of length 1, so that they can be compared: a list of tensors (C, C)."""
    found = [gram(maps) for maps in features(picture, net, layers)]
    return [matrix / matrix.norm() for matrix in found]


for name, maps in zip(LAYERS, features(flames), strict=True):
    channels, height, width = maps.shape
    print(f"{name:8} {channels:4} maps of {height} × {width}, Gram matrix {channels} × {channels}")

# %% [markdown]
# Look at one of the middle: the Gram matrices of the four kinds from above. Bright squares are pairs of maps that answer at the same points.

# %% jupyter={"source_hidden": true}
fig, axes = show.new_figure(2, 4, size=(10, 5.2))
for column, kind in enumerate(kinds):
    for row, seed in enumerate(seeds[:2]):
        matrix = grams(pictures[kind, seed])[2][:32, :32]
        axes[row, column].imshow(matrix / matrix.max(), cmap="magma", vmin=0, vmax=1)
        axes[row, column].set(title=f"{kind}, {'first' if row == 0 else 'second'}", xticks=[], yticks=[])
show.figure(
    fig,
    alt="Eight Gram matrices as heat maps, two for each of four kinds of texture. The two of a kind have bright squares at mostly the same places; different kinds differ.",
    caption=f"Gram matrices of {LAYERS[2]}, the first 32 maps, of two pictures of each kind.",
)

# %% [markdown]
# Now measure how far Gram matrices move when a picture is changed. The distance is $\sum_\ell \|\hat G^\ell - \hat A^\ell\|^2$ over the five layers, where a
# hat means divided by its length: 0 for equal ones, at most 2 a layer.


# %%
def distance(one, other, layers=LAYERS):
    """How far the Gram matrices of two pictures are apart."""
    pairs = zip(grams(one, layers=layers), grams(other, layers=layers), strict=True)
    return sum(float((g - a).square().sum()) for g, a in pairs)


# %%
scales = pictures["scales", seeds[0]]
points = np.random.default_rng(0).permutation(scales.reshape(-1, 3)).reshape(scales.shape)
changes = {
    "shifted by 40 rows and 24 columns": np.roll(scales, (40, 24), axis=(0, 1)),
    "mirrored": scales[:, ::-1],
    "turned by 90°": np.rot90(scales),
    "upside down": scales[::-1],
    "red and blue exchanged": scales[..., ::-1],
    "points shuffled": points,
    "scales with another seed": pictures["scales", seeds[1]],
    "bricks": pictures["bricks", seeds[0]],
}
colour_distance = {k: np.linalg.norm(colour_gram(scales) - colour_gram(v)) for k, v in changes.items()}
show.table(
    [(k, f"{colour_distance[k]:.3f}", f"{distance(scales, v.copy()):.3f}") for k, v in changes.items()],
    ["the scales, compared with", "Gram matrix of colours", "Gram matrices of the network"],
    caption="Distance of Gram matrices. Colours: Frobenius norm of the difference. Network: the sum over five layers.",
)

# %% [markdown]
# Colours forget a shift, a turn and even the shuffling: all give 0. The network's Gram matrices forget a shift nearly (the border is not the same, so it is not exactly 0). They notice that the points were
# shuffled. They also notice a turn: a feature for horizontal edges is another one than that for vertical edges. Look at the exchanged colours: the small network, which was trained with
# colours that change all the time, hardly minds, less than it minds another piece of the same kind. What a Gram matrix calls *style* depends on what its network was trained to tell apart.
#
# Does the order of the *maps'* points matter, then? No: shuffle the vectors of a layer and its Gram matrix stays, as before. What the network put into each vector is what saves the pattern.

# %%
# NBVAL_CHECK_OUTPUT
maps = features(scales)[2]
order = torch.from_numpy(np.random.default_rng(0).permutation(maps[0].numel()))
mixed = maps.flatten(1)[:, order].reshape(maps.shape)
print("Gram matrix of shuffled maps is the same:", torch.allclose(gram(mixed), gram(maps), rtol=1e-4))
print("by einsum:", np.allclose(np.einsum("fij,gij->fg", maps, maps), gram(maps), rtol=1e-4))

# %% [markdown]
# ## A texture made from its Gram matrices
#
# The best test of a description: make something that fits it. Start from noise $X$ and change its pixels until its Gram matrices are those of a texture $Z$. This is
# an optimisation problem; [the next lecture](11_neural_style.ipynb) says how it is solved. Gatys, Ecker and Bethge invented it for textures first (2015), and painting followed.
#
# We take one layer, then two, and so on to five. What comes out knows nothing of $Z$ but these matrices.


# %%
def synthesise(texture, layers=LAYERS, *, net=network, steps=40, seed=0):
    """A picture from noise that has the Gram matrices of ``texture`` in the given layers."""
    options = {"content_weight": 0, "start": "random", "steps": steps, "seed": seed}
    return vision.stylise(net, texture, texture, style_layers=layers, **options).picture


models = [
    data.texture(kind, size=80, seed=seed) for kind, seed in (("scales", 3), ("labyrinth", 8), ("stained_glass", 5))
]
noise = np.clip(0.5 + 0.15 * np.random.default_rng(0).standard_normal((80, 80, 3)), 0, 1)
made = [[synthesise(texture, LAYERS[:depth]) for depth in (1, 2, 3, 5)] for texture in models]

# %% jupyter={"source_hidden": true}
titles = [
    "texture Z",
    "colours only",
    LAYERS[0],
    f"… and {LAYERS[1]}",
    f"… and {LAYERS[2]}",
    f"all five, to {LAYERS[4]}",
]
rows = [[texture, vision.with_colours(noise, texture), *row] for texture, row in zip(models, made, strict=True)]
show.images(
    [picture for row in rows for picture in row],
    columns=6,
    size=1.45,
    titles=titles * 3,
    alt="Three rows: scales, labyrinth, stained glass. From left to right: the texture; coloured noise; then pictures made from noise with Gram matrices of one, two, three "
    "and five layers, in which larger and larger parts of the pattern appear.",
    caption=f"From noise to texture with Gram matrices of more and more layers. {network.caption}.",
)

# %% [markdown]
# The first layer sees 5 × 5 pixels and brings back colours and a grain. With every further layer larger pieces come back: edges, then curves, then whole
# scales and panes. They stand at other places than in $Z$; the matrices cannot know the places. That is exactly what one
# wants from a style: the manner, and not the picture.
#
# ### The control: a network that has learned nothing
#
# Is it the learning that does this, or just the architecture? The same five layers, with random weights:

# %%
random_network = vision.load("small", random=True)
usual = vision.usual_layers(random_network)[1]
control = [synthesise(texture, usual, net=random_network) for texture in models[:2]]

# %% jupyter={"source_hidden": true}
show.images(
    [picture for i in range(2) for picture in (models[i], made[i][-1], control[i])],
    columns=6,
    size=1.45,
    titles=["texture Z", "trained", "random weights"] * 2,
    alt="Twice three pictures, for scales and labyrinth: the texture; the one made with the trained network, which has the pattern; the one made with random weights, blotches of about the right colours.",
    caption=f"Trained: {network.caption}. Random: {random_network.caption}.",
)

# %% [markdown]
# Random weights give colours and blotches of about the right size: even random filters see some edges. The pattern itself needs a network that was trained to tell patterns apart.
#
# ## Which texture is nearest?
#
# Numbers instead of eyes. Take pictures whose kind is known, and new pictures of the same kinds, with other seeds: other colours, sizes and directions. For each new picture find
# the known one with the nearest Gram matrices. Is it of the same kind? We compare six descriptions; the network alone is changed, or what is taken from it.


# %%
def descriptions(picture, net=network):
    """What a network's maps say about a picture, in three ways: a dict of vectors."""
    maps = features(picture, net, vision.usual_layers(net)[1])
    matrices = [gram(field) / gram(field).norm() for field in maps]
    means = [field.mean(dim=(1, 2)) / field.mean(dim=(1, 2)).norm() for field in maps]
    return {
        "first": matrices[0].numpy().ravel(),
        "five": np.concatenate([matrix.numpy().ravel() for matrix in matrices]),
        "means": np.concatenate([mean.numpy() for mean in means]),
    }


# %%
def share_right(known, asked):
    """The share of rows of ``asked`` whose nearest row of ``known`` is of the same kind; row i is of kind i mod K."""
    distances = (known**2).sum(1) - 2 * asked @ known.T
    kinds = len(data.TEXTURES)
    return np.mean(distances.argmin(axis=1) % kinds == np.arange(len(asked)) % kinds)


def samples(seeds):
    """A picture of 64 pixels of each kind, for each seed."""
    return [data.texture(kind, size=64, seed=seed) for seed in seeds for kind in data.TEXTURES]


# %%
known, asked = samples(range(910_000, 910_005)), samples(range(920_000, 920_002))
both = known + asked
vectors = {"Gram matrix of the colours": [np.array([colour_gram(p).ravel() for p in both])]}
trained = [descriptions(picture) for picture in both]
for way, name in (
    ("first", f"Gram matrix of {LAYERS[0]}"),
    ("five", "five Gram matrices"),
    ("means", "means of the maps"),
):
    vectors[f"{name}, trained"] = [np.array([found[way] for found in trained])]
controls = [vision.load("small", random=True, seed=seed) for seed in range(3)]
vectors["five Gram matrices, random weights"] = [
    np.array([descriptions(picture, net)["five"] for picture in both]) for net in controls
]
n = len(asked)
results = {name: [share_right(v[:-n], v[-n:]) for v in found] for name, found in vectors.items()}

# %%
show.table(
    [
        (name, f"{np.mean(r):.0%}" + (f" ± {np.std(r, ddof=1):.0%}" if len(r) > 1 else ""))
        for name, r in results.items()
    ],
    ["description", "nearest is of the same kind"],
    caption=f"{len(data.TEXTURES)} kinds, {len(known)} known pictures, {n} asked. ±: standard deviation over 3 random networks.",
)
print(f"guessing: {1 / len(data.TEXTURES):.1%}; standard error of a share of one half: {0.5 / np.sqrt(n):.0%}")

# %% [markdown]
# When this was written, the colours got 7 %, the five Gram matrices of random networks 27 %, and those of the trained network 59 %. Three things to be careful about:
#
# - The small network was *trained* to tell these very kinds apart, on other seeds. That the pictures are new says nothing about new kinds. For kinds that a network has never met, use one
#   that was trained on something else: VGG-19 on photos is the usual choice.
# - The plain **means** of the same maps, without any products, do as well here, within the error. For *recognising* a texture, the products add little. For *making* one they matter; exercise 3 asks you to try.
# - Gram matrices are not made for this: the network's own output layer gets far more of the kinds right (its accuracy stands in the model card). It may combine the maps as it likes; the
#   nearest neighbour weighs all entries alike.
#
# ## Change it
#
# Pick a kind and the number of layers, and press the button (some seconds).


# %%
def try_it(kind="honeycomb", seed=1, layers=5, steps=40):
    """Show a texture and one made from its Gram matrices."""
    texture = data.texture(kind, size=80, seed=seed)
    copy = synthesise(texture, LAYERS[:layers], steps=steps)
    alt = f"Left the texture {kind}, right a picture made from noise with the Gram matrices of {layers} layers."
    show.images([texture, copy], columns=2, size=1.9, alt=alt, caption=f"{kind}, {layers} layers. {network.caption}.")


try_it()
_ = interact_manual(try_it, kind=list(data.TEXTURES), seed=(0, 20), layers=(1, len(LAYERS)), steps=(10, 200, 10))

# %% [markdown]
# ## Exercises
#
# **1. By hand.** A layer has two maps on four points: $I_1 = (1, 0, 2, 0)$ and $I_2 = (0, 3, 1, 0)$. Write its Gram matrix. Then exchange the second and the fourth point of both maps. And what if only $I_2$ is rearranged?
#
# <details><summary>Answer</summary>
#
# $G_{11} = 1 + 4 = 5$, $G_{22} = 9 + 1 = 10$, $G_{12} = 2 \cdot 1 = 2$. Exchanging the points of both changes nothing. Rearranging $I_2$ alone keeps the diagonal, but $G_{12}$ changes: it
# knows which features stand at the same point.
#
# </details>
#
# **2. How many numbers?** The relu3a of the small network has 96 maps. How many different numbers are in its Gram matrix? How many in the maps of a picture of 128 × 128? Can two different pictures have the same five Gram matrices?
#
# <details><summary>Answer</summary>
#
# $96 \cdot 97 / 2 = 4656$, because it is symmetric. The maps have $96 \cdot 32 \cdot 32 = 98{,}304$ numbers, 21 times as many. Yes: the textures above were made for that, from noise, and differ from the original in every pixel.
#
# </details>
#
# **3. Means only.** Write a loss that compares the means of the maps, $\mu_f = \frac{1}{M} \sum_p I_f(p)$, with those of a texture, and minimise it from noise with Adam (`network.features` gives the maps with their gradients). What is lost?
#
# <details><summary>Answer</summary>
#
# The loss is $\sum_\ell \|\mu^\ell(X) - \mu^\ell(Z)\|^2$. The mean says how much of each feature there is, and not which come together, so there are far fewer conditions: 96 in place of 4656 for relu3a. Expect the right
# ingredients in poorer combinations. Look at what you get rather than trusting this sentence: it depends on the network.
#
# </details>

# %% [markdown]
# ## What to read next
#
# - Gatys, Ecker and Bethge, *Texture synthesis using convolutional neural networks*, NIPS 2015, arXiv 1505.07376. Gram matrices for textures.
# - Gatys, Ecker and Bethge, *A neural algorithm of artistic style*, 2015, arXiv 1508.06576. The paper behind the deck's pages.
# - Portilla and Simoncelli, *A parametric texture model based on joint statistics of complex wavelet coefficients*, International Journal of Computer Vision 40, 2000. The same idea with fixed filters.
# - Julesz, *Visual pattern discrimination*, 1962. The conjecture that textures with the same statistics of pairs look the same.
#
# Next: [Neural Style](11_neural_style.ipynb). Content from one picture, style from another.
