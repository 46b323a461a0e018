# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # DeepDream: a network looks into the clouds
#
# People see faces in clouds. Show a cloud to a trained network, let it change the cloud a little towards what it sees,
# and do it again.
#
# **You will be able to**
#
# - write the algorithm of DeepDream in five lines, and say what its feedback $\delta L = L$ means;
# - explain why a few steps change a picture a little and many steps make it forget what it was;
# - use octaves, jitter and a guide picture, and say what each of them is for;
# - dream about pictures that are much too large for the memory;
# - tell what in a dream comes from training, by comparing with a network that was never trained.
#
# Time: about 35 minutes. You need [what a kernel sees](08_what_a_kernel_sees.ipynb).

# %%
import numpy as np
import torch

from course_pkg import data, show, vision, widgets

network = vision.load("googlenet", offline="small")
small = "relu5a" in network.layers
SHALLOW, MIDDLE, DEEP = ("relu2", "relu4b", "relu5a") if small else ("conv3", "inception3b", "inception4c")
photo = data.photo("china", height=128)
print(network.caption)

# %% [markdown]
# The original dreamt with GoogLeNet, trained on ImageNet. If its weights are on your computer, this notebook uses them;
# otherwise the small network that ships with the course, which knows textures and a few things. The captions say which.
# `vision.load("googlenet")` fetches the large one once, 50 MB.
#
# ## Play first
#
# Choose a layer (层), how many steps, and how many octaves. Each picture takes some seconds.

# %%
large = data.photo("china", height=224)
widgets.PictureKnobs(
    lambda layer, steps, octaves: vision.dream(network, large, layer, steps=steps, octaves=octaves).picture,
    {"layer": [DEEP, MIDDLE, SHALLOW], "steps": (5, 40, 5), "octaves": (1, 4, 1)},
    values={"steps": 15, "octaves": 3},
    about=f"A photo of a temple, dreamt about by {network.caption}",
)

# %% [markdown]
# ## The idea
#
# A kernel (卷积核) answers strongly where the picture looks like what it was trained to find. Deck 000 (三次课) explains it with a
# "cat kernel" (猫的 Kernel): a cat gives a large activation (激活度), anything else a small one. A dream turns this round.
# We keep the network as it is and change the *picture*, so that what answers weakly answers more strongly.
#
# The deck's algorithm. Input: a layer $L$, a picture $I$, a number of iterations (迭代) $N$.
#
# 1. Carry $I$ forward to layer $L$.
# 2. Take the activation of that layer as its own feedback (反馈): $\delta L = L$.
# 3. Carry it back to the picture by backpropagation: $dI = \mathrm{BP}(\delta L)$.
# 4. Update the picture: $I \leftarrow I + \lambda\, dI$.
# 5. After $N$ rounds stop; otherwise go to 1.


# %%
def one_step(image, layer, rate=0.015):
    image = image.clone().requires_grad_()
    activation = network.features(image, [layer])[layer]
    (dI,) = torch.autograd.grad(activation, image, grad_outputs=activation.detach())
    return (image.detach() + rate * dI / dI.abs().mean()).clamp(0, 1), dI


# %% [markdown]
# `grad_outputs` is the feedback that enters at the layer. Two things are added that every implementation has. The step
# is divided by the mean size of $dI$, so that the rate has a meaning: how much a value changes on average. And values
# are cut to the range that a picture can have.

# %%
image = network.tensor(photo)
after, dI = one_step(image, DEEP)
for _ in range(9):
    after, _ = one_step(after, DEEP)
spread = (0.5 + dI / dI.abs().max() * 2).clamp(0, 1)
show.images(
    [photo, vision.picture(spread), vision.picture(after)],
    titles=["I", "dI of the first step (grey is 0)", "after ten steps"],
    columns=3,
    size=1.95,
    alt="A photo of a temple by a lake. Beside it the first change, a grey picture with fine coloured noise that is strongest on "
    "the temple and the trees. On the right the photo after ten plain steps: harder outlines, and faint folds in the sky.",
    caption=f"The bare algorithm at layer {DEEP}. Network: {network.caption}.",
)

# %% [markdown]
# Something stirs in the sky, under fine noise. The rest of this lecture makes a dream of it.
#
# ## What $\delta L = L$ means
#
# Write $a$ for the activations of the layer and look at the function
#
# $$E(I) = \tfrac12 \lVert a(I) \rVert^2 = \tfrac12 \sum_k a_k(I)^2 .$$
#
# Its derivative by $a_k$ is $a_k$. So the feedback "the activation itself" is the gradient (梯度) of $E$, and the algorithm
# is gradient *ascent*: the answer of the whole layer gets longer. What answers strongly is fed back strongly, what is
# silent is left alone: the network chooses by itself what to dream of. The deck says: like cutting the network off (截断)
# at this layer and adding an $L_2$ loss. One thing must be kept in mind: a loss is made smaller, this one is made larger.

# %%
# NBVAL_CHECK_OUTPUT
control = vision.load("small", random=True, device="cpu")
x = control.tensor(data.photo("china", height=64)).requires_grad_()
a = control.features(x, ["relu3a"])["relu3a"]
(fed_back,) = torch.autograd.grad(a, x, grad_outputs=a.detach(), retain_graph=True)
energy = 0.5 * a.square().sum()
(gradient,) = torch.autograd.grad(energy, x)
print("feedback δL = L is the gradient of ½‖a‖²:", torch.allclose(fed_back, gradient, rtol=1e-4))
step = 1e-3 * gradient / gradient.norm()
risen = 0.5 * control.features(x + step, ["relu3a"])["relu3a"].square().sum() - energy
print(f"rise of E over what the gradient predicts: {float((risen / (step * gradient).sum()).detach()):.1f}")

# %% [markdown]
# ### Why many steps forget the picture
#
# For a single layer without activation function the algorithm is an old acquaintance. Then $a = W I$ and
# $dI = W^T a = W^T W I$: a sum of the kernels, each as strong as it answered. Repeat it, keep the length of the picture
# constant, and this is the *power iteration* (幂迭代). It ends at the same picture wherever it starts: the one direction to which
# $W$ answers most, its first singular vector.

# %%
# NBVAL_CHECK_OUTPUT
rng = np.random.default_rng(0)
W = rng.standard_normal((12, 8))
favourite = np.linalg.svd(W)[2][0]
for name in ("one start", "another"):
    I = rng.standard_normal(8)
    start = I / np.linalg.norm(I)
    likeness = []
    for _ in range(390):
        I = I + 0.1 * W.T @ (W @ I)
        I /= np.linalg.norm(I)
        likeness.append((abs(I @ start), abs(I @ favourite)))
    for n in (1, 30, 390):
        print(
            f"{name:9}, {n:3} steps: like its start {likeness[n - 1][0]:.2f}, like the favourite {likeness[n - 1][1]:.2f}"
        )

# %% [markdown]
# A deep network has many favourites, and which of them wins depends on the place in the picture. But the deck's
# pictures show the same: after 30 iterations the photo is still there, after 390 it is "basically forgotten"
# (基本上已经"忘却"初始输入图像了). Here is the same experiment at a small size.

# %%
little = data.photo("china", height=100)
seen = {}


def keep(picture, done, total):
    if done in (30, 120, 390):
        seen[done] = picture


vision.dream(network, little, DEEP, steps=390, octaves=1, jitter=8, watch=keep)
likeness = {n: np.corrcoef(little.ravel(), picture.ravel())[0, 1] for n, picture in seen.items()}
show.images(
    [little, *seen.values()],
    titles=["the photo", *(f"{n} iterations ({likeness[n]:.2f})" for n in seen)],
    columns=4,
    size=1.55,
    alt="The temple four times, small: the photo, then after 30 iterations, with folds in the sky, after 120, where they cover everything, "
    "and after 390, where bright and dark bands have nearly taken the temple's place.",
    caption=f"Layer {DEEP}, one octave; in brackets the correlation with the photo. Network: {network.caption}.",
)

# %% [markdown]
# The folds keep growing and the photo fades, though our network is not yet done with forgetting after 390 steps.
#
# ## Shallow and deep
#
# A position of a shallow layer sees a few pixels and knows edges and colours. A position of a deep layer has a large
# receptive field (感受野) and knows larger shapes. So a shallow layer strengthens outlines, and a deep one adds shapes of
# its own. Here all have the same settings, and the small step of the original: $\lambda = 1.5$ on the scale 0 … 255.

# %%
by_layer = {
    layer: vision.dream(network, photo, layer, steps=20, step=1.5 / 255, octaves=1) for layer in (SHALLOW, MIDDLE, DEEP)
}
show.images(
    [one.picture for one in by_layer.values()],
    titles=[f"{layer}, {network.layers[layer]} channels" for layer in by_layer],
    columns=3,
    size=1.95,
    alt="Three dreams about the temple. The shallow layer draws thick light and dark lines along all outlines, the middle layer fine "
    "strokes over sky and trees, the deep layer larger folds.",
    caption=f"The deeper the layer, the larger what it adds. One octave, 20 steps. Network: {network.caption}.",
)

# %% [markdown]
# ## Octaves: large things first
#
# A position of the layer sees only a small window of the picture, so nothing larger than this window can appear. The
# cure is to make the *picture* smaller. Shrink it, dream, enlarge what was added, dream again with finer detail, and so on
# up to the full size. Each size is an **octave** (八度), by a factor of 1.4.
#
# ## Jitter: nobody stays in his place
#
# The layer looks at the picture at places that lie on a grid. What is dreamt there would stay on that grid, step after
# step. So each step shifts the picture by a random number of pixels, and back. That is **jitter** (抖动). It averages
# the grid away.

# %%
settings = {
    "neither": {"octaves": 1, "jitter": 0, "steps": 36},
    "octaves": {"octaves": 3, "jitter": 0, "steps": 12},
    "octaves and jitter": {"octaves": 3, "jitter": 32, "steps": 12},
}
dreams = {name: vision.dream(network, photo, DEEP, **options).picture for name, options in settings.items()}
show.images(
    list(dreams.values()),
    titles=list(dreams),
    columns=3,
    size=1.95,
    alt="Three dreams about the temple with equally many steps. With neither, small folds everywhere. With octaves, larger shapes. With "
    "octaves and jitter, other shapes of the same kind.",
    caption=f"What octaves and jitter do, at layer {DEEP}, in 36 steps each. Network: {network.caption}.",
)

# %% [markdown]
# Octaves give larger shapes. Jitter changes the picture, and hardly its quality: the small network averages where
# GoogLeNet takes maxima (池化), so that there is little of a grid to average away.
#
# `vision.dream` does three more things that the original does not do; a small network needs them more than a large one.
# It bends the gradient towards the colours that photos have (otherwise the dream has all colours of the rainbow), blurs it
# lightly (less noise), and takes out most of its lowest frequencies (which only tint the picture).
# `colours=False, blur=0, damp=0` switches them off. This is the heart of it:

# %%
show.source(vision.deepdream._treated)

# %% [markdown]
# ## Dream of something
#
# Deck 000 shows a dream with a **reference picture** (参考图像). The feedback is no longer the activation itself. At each position
# we look among the guide's features for the one that fits best to what is there, the one with the largest dot product,
# and feed *that* back. So the picture moves towards the guide's features, at each place to the nearest one.

# %%
guides = [data.texture("scales", size=128, seed=1), data.texture("honeycomb", size=128, seed=3)]
guided = [vision.dream(network, photo, MIDDLE, guide=guide, steps=12, octaves=3).picture for guide in guides]
show.images(
    [guides[0], guided[0], guides[1], guided[1]],
    titles=["guide", "dream", "guide", "dream"],
    columns=4,
    size=1.55,
    alt="Two guide pictures, scales and a honeycomb, each beside the temple as dreamt with it. With the first, sky and temple are full of "
    "round grey scales with dark seams; with the second, of cells with light walls.",
    caption=f"The same photo and layer ({MIDDLE}), two guides. Network: {network.caption}.",
)

# %% [markdown]
# Or name the thing. With `target` the score of one class rises: a class for each world.

# %%
targets = ["scales", "flowers", "feathers"] if small else [107, 985, 84]  # jellyfish, daisy, peacock
worlds = [vision.dream(network, photo, target=target, steps=12, octaves=3).picture for target in targets]
show.images(
    worlds,
    titles=[str(target) for target in targets],
    columns=3,
    size=1.95,
    alt="The temple three times, each dreamt towards another class: sky and trees turn into round scales, into dark blossoms, and into "
    "fine curved strokes like feathers.",
    caption=f"Dreams towards a class. Network: {network.caption}.",
)

# %% [markdown]
# ## The control: a network that knows nothing
#
# How much of this comes from training, and how much from the method? Take the same network with random weights, and
# nothing else changed.

# %%
untrained = vision.load("small" if small else "googlenet", random=True)
nothing_known = vision.dream(untrained, photo, DEEP, steps=12, octaves=3)
show.images(
    [dreams["octaves and jitter"], nothing_known.picture],
    titles=["trained", "random weights"],
    columns=2,
    size=1.95,
    alt="Two dreams with the same settings. The trained network has put curved shapes into the sky. The random network has only "
    "driven the contrast up: a black temple before a white sky.",
    caption=f"Left: {network.caption}. Right: {nothing_known.caption}. All settings are the same.",
)

# %% [markdown]
# A dream shows what a network was trained on. GoogLeNet saw more than a hundred breeds of dogs, and its dreams are
# famous for them. Our small network saw textures, and dreams of textures.
#
# ## Pictures that do not fit into the memory
#
# Backpropagation keeps the activations of all layers, and for a photo of 4096×4096 pixels that is many gigabytes. The deck
# says that one has to use tricks, "otherwise a large image exceeds the GPU's memory". The trick is to cut the picture into
# **tiles** (分块), and to compute the gradient of one after the other. Two things can go wrong.
#
# - At a seam the network does not see what lies beyond. So each tile needs a **halo**: more pixels around it, whose
#   own gradient is thrown away. With a halo as wide as the receptive fields reach, the tiles give *the same* gradient.
# - The well-known tutorial of TensorFlow rolls the picture by a random shift and cuts whole tiles. Where less than half a
#   tile is left at the end, nothing is computed: that strip gets no gradient in that step.


# %%
def tutorial_tiles(objective, image, tile, shift):
    rolled = torch.roll(image, shift, dims=(2, 3))
    gradient = torch.zeros_like(image)
    height, width = image.shape[2:]
    for y in range(0, max(height - tile // 2, tile), tile):
        for x in range(0, max(width - tile // 2, tile), tile):
            part = rolled[..., y : y + tile, x : x + tile].clone().requires_grad_()
            gradient[..., y : y + tile, x : x + tile] = torch.autograd.grad(objective(part), part)[0]
    return torch.roll(gradient, (-shift[0], -shift[1]), dims=(2, 3))


# %%
# NBVAL_CHECK_OUTPUT
def objective(image):
    return control.features(image, ["relu3b"])["relu3b"].square().sum() / 2


x = control.tensor(data.photo("china", height=232))
whole = torch.autograd.grad(objective(x.requires_grad_()), x)[0]
x = x.detach()
gradients = {"whole": whole, "tutorial": tutorial_tiles(objective, x, 96, (40, 70))}
exact = vision.receptive_halo(control, ["relu3b"])
for halo in (0, 32, exact):
    gradients[f"halo {halo}"] = vision.tiled_gradient(objective, x, tile=96, halo=halo)[1]
for name, one in gradients.items():
    nothing = (one.abs().sum(dim=1) == 0).float().mean()
    print(
        f"{name:9} error {float((one - whole).norm() / whole.norm()):.2f}, pixels without gradient {float(nothing):.0%}"
    )

# %%
chosen = ["whole", "tutorial", "halo 0", f"halo {exact}"]
largest = float(whole.abs().sum(dim=1).quantile(0.98))
show.images(
    [(gradients[name][0].abs().sum(dim=0) / largest).clamp(0, 1).numpy() for name in chosen],
    titles=chosen,
    columns=2,
    size=2.4,
    alt="The size of the gradient at each pixel, four times. Whole: bright in the sky and along the temple's outlines. Tutorial: the same "
    "with a black strip across the picture and dark seams between the tiles. Halo 0: no strip, but seams. Full halo: like the whole.",
    caption="Size of the gradient, computed whole and in tiles of 96 pixels. The tutorial's tiles leave a strip without any.",
)

# %% [markdown]
# `vision.dream(…, tile=512)` uses tiles with a halo of 64 pixels, cuts in other places in each step, and so needs the same
# memory for a picture of any size, above the picture itself. `benchmarks/vision.py` measures it.
#
# ## Fly into it
#
# Dream, enlarge the picture a little around its middle, dream again. Each frame is the start of the next.

# %%
frames = vision.zoom(network, little, DEEP, frames=13, factor=1.06, turn=2, steps=5, octaves=2, jitter=8)
show.images(
    frames[::4],
    titles=[f"frame {i}" for i in range(0, 13, 4)],
    columns=4,
    size=1.55,
    alt="Four frames of a flight into the dream: the temple comes nearer and leans over while the dreamt shapes grow over it, until "
    "hardly anything of the photo is left.",
    caption=f"Every fourth frame of a flight. Network: {network.caption}.",
)

# %% [markdown]
# `vision.save_animation("flight.gif", frames)` writes it as an animation. And for a picture of your own, without Python:
# `python -m course_pkg.vision dream IN OUT`. Long dreams show themselves while they grow; stop one (the square button, or
# Ctrl-C), and you get the picture as far as it has come, with `finished` set to False.
#
# **Change it.** In the first widget, take the deepest layer with 40 steps and 1 octave, then 10 steps and 4 octaves. Both
# make 40 steps. Then load a photo of your own with `vision.read_picture` and put it in place of `large`.
#
# ## Exercises
#
# **1.** Somebody writes $I \leftarrow I - \lambda\, dI$ by mistake. What happens to the picture?
#
# <details><summary>Answer</summary>
#
# The answer of the layer gets smaller: whatever the network recognises is removed. The picture becomes smoother and
# greyer where the network saw something. Try `rate=-0.015` in `one_step`.
#
# </details>
#
# **2.** A layer has 256 channels. How do you dream of channel 7 alone, and what is the feedback then?
#
# <details><summary>Answer</summary>
#
# The feedback is $a$ in channel 7 and 0 in all others: the gradient of $\tfrac12\lVert a_7\rVert^2$.
# `vision.dream(network, photo, (DEEP, 7))`. This is close to the feature visualisation of the lecture before, which
# starts from noise and lets the mean of the channel rise.
#
# </details>
#
# **3.** Show that the guide's feedback is a gradient as well. Of which function?
#
# <details><summary>Answer</summary>
#
# Of $\sum_p \max_j \; a_p \cdot g_j$, where $p$ runs over the positions of the picture and $j$ over those of the guide.
# A maximum sends its gradient to the winner only, and the derivative of $a_p \cdot g_j$ by $a_p$ is $g_j$.
#
# </details>
#
# **4.** Why must a halo be about twice as wide as half the receptive field?
#
# <details><summary>Answer</summary>
#
# A pixel changes positions up to half a receptive field away. How strongly they answer, and through which ReLUs, depends
# on pixels that lie again half a receptive field further. So the gradient at a pixel depends on pixels up to a whole
# receptive field away.
#
# </details>
#
# ## What to read next
#
# - A. Mordvintsev, C. Olah and M. Tyka (2015), *Inceptionism: going deeper into neural networks*. Google Research Blog. Where it began, with the notebook.
# - C. Szegedy and others (2015), *Going deeper with convolutions*. The network that dreamt.
# - A. Mahendran and A. Vedaldi (2015), *Understanding deep image representations by inverting them*.
# - C. Olah, A. Mordvintsev and L. Schubert (2017), *Feature visualization*. Distill. Colours, jitter and much more, compared.
#
# Next: [what is style](10_what_is_style.ipynb).
