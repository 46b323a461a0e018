# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # What a kernel responds to
#
# A trained network is a few hundred thousand numbers. This lecture turns them into pictures: for every channel the
# picture that it likes best.
#
# **You will be able to**
#
# - make a picture that excites one channel, two together, one neuron or a class, by gradient ascent on the pixels;
# - say why the plain method gives noise, and remove the high frequencies with a Laplacian pyramid;
# - compare shallow layers with deep ones, and a trained network with a random one;
# - hold such a picture against the parts of photos that excite the same channel;
# - name what these pictures do not show.
#
# Time: about 35 minutes. You need [convolution](../session1_networks/06_convolution.ipynb) and
# [the networks in pictures](07_deeper.ipynb).

# %%
import torch
import torch.nn.functional as F

from course_pkg import data, show, vision, widgets
from course_pkg.vision import pyramid

torch.set_num_threads(1)  # for networks as small as ours a second thread costs more than it brings
network = vision.load("googlenet", offline="small")  # the published weights if they are on this computer
print("The pictures are made with", network.caption)

# %% [markdown]
# The small network was trained by this project on textures (纹理) that a program draws, and on parts of the photos that come with the
# Python libraries. The sources show GoogLeNet, trained on the million photos of ImageNet. Fetch its weights once with
# `models.load_published("googlenet")`, and the line above takes them: the same notebook then makes other, richer pictures.
#
# ## Look first
#
# Each thumbnail is a picture that one channel (通道) responds to. Choose a layer. Click a thumbnail, or go there with
# the arrow keys and press Enter: it is made again, larger, with the four places in photos that excite the same channel most. Then
# try *method* and *steps*, and mix a second channel in.

# %%
if "mixed4b" in network.layers:
    layers = ["conv1", "conv2", "mixed3a", "mixed3b", "mixed4a", "mixed4b", "mixed5a"]
    shallow, deep, one, other = "mixed3a", "mixed4b", 7, 0
else:  # what the sources call mixed3b_1x1 and mixed4d_3x3_bottleneck, and their channels 139 and 65
    blocks = ["3a", "3b", "4a", "4b", "4c", "4d", "4e"]
    layers = ["conv1.bn", *(f"inception{block}.branch2.0.bn" for block in blocks)]
    shallow, deep, one, other = "inception3b.branch1.bn", "inception4d.branch2.0.bn", 139, 65
widgets.ChannelBrowser(network, layers, layer=deep, channel=one, thumbnails=16, size=56)

# %% [markdown]
# ## Kernels that can be looked at, and kernels that cannot
#
# The output of a convolution says, place by place, how much the image there is like the kernel (卷积核). The three-session deck
# (000) gives the example of a "cat kernel": its output is large where there is a cat and small where there is none. How do we find
# out what a given kernel looks for?
#
# In the first layer one can try to look: a kernel is a small colour picture.

# %%
first = network.module.get_submodule("conv1")
kernels = next(first.parameters()).detach()
largest = kernels.abs().amax(dim=(1, 2, 3), keepdim=True)
show.images(
    [*(0.5 + 0.5 * kernels / largest).permute(0, 2, 3, 1).double().numpy()],
    columns=12,
    size=0.8,
    alt="The kernels of the first layer as small colour pictures of few pixels. A few are lighter on one side; in most no pattern is to be seen.",
    caption=f"All kernels of the first layer ({network.caption}). Grey is 0.",
)

# %%
print(
    f"{len(kernels)} kernels of {tuple(kernels.shape[1:])}: a colour picture of {kernels.shape[2]}×{kernels.shape[3]} pixels each"
)
for name in layers:
    print(f"{name}: {network.layers[name]} channels")

# %% [markdown]
# The large kernels of AlexNet, 11×11 pixels, show edges and colours, as in the eye (Hubel and Wiesel, 1962;
# [lecture 8 of Session I](../session1_networks/08_deep.ipynb)). In 5×5 pixels little is to be seen even here. From the second layer on
# looking fails altogether. A kernel there has as many channels as the layer before it, and nobody can look at dozens of channels at
# once. And its pixels are not pixels: each one is the answer of another kernel.
#
# ## Turn it round
#
# Training holds the pictures still and moves the weights. Here the weights stay, and the picture moves:
#
# > Find the picture $I$ for which the response $a(I)$ of the channel is as large as possible.
#
# This is called **feature visualisation** (特征可视化), and the way is gradient ascent (梯度上升). Backpropagation carries the gradient
# one step further than in training, past the first layer, to the pixels:
#
# $$I \leftarrow I + \lambda\, \frac{\partial a / \partial I}{\operatorname{std}(\partial a / \partial I)}$$
#
# Dividing by the deviation (标准差) makes all steps equally long. Erhan and others did this in 2009; TensorFlow's tutorial (Mordvintsev,
# 2016), whose pictures deck 000 prints, takes 20 steps of $\lambda = 1$ on pixels of 0 … 255. It needs six lines:


# %%
def climb(network, layer, channel, size=96, steps=20, rate=1 / 255):
    """The plain method: from grey with a little noise, 20 steps along the gradient."""
    image = 0.5 + 0.02 * torch.randn(1, 3, size, size, generator=torch.Generator().manual_seed(0))
    for _ in range(steps):
        image.requires_grad_()
        response = F.leaky_relu(network.features(image, [layer])[layer][0, channel], 0.1).mean()
        (gradient,) = torch.autograd.grad(response, image)
        image = image.detach() + rate * gradient / gradient.std()
    return response.item(), image


def shown(image, deviation=0.2):
    """An image as a picture: mean 0.5, deviation 0.2, cut to 0 … 1."""
    return vision.picture(0.5 + deviation * (image - image.mean()) / image.std())


response, plain = climb(network, deep, one)
print(f"response of {deep}, channel {one}, after 20 steps: {response:.2f}")

# %% [markdown]
# The *response* is the mean of the channel's map. We take the map before the ReLU and count what is below 0 by a tenth. Behind the ReLU a
# channel that is silent has gradient 0 everywhere, and there is no way up.
#
# ## Why it is noise
#
# What has the most influence on a deep channel, pixel by pixel? Fine patterns: there are so many pixels, and every stride and every small kernel
# lets its own fine pattern through. Such patterns hardly occur in photos, so training never had a reason to become deaf to
# them. The gradient follows the loudest voice.
#
# Let us take the gradient apart. A **Laplacian pyramid** (拉普拉斯金字塔; Burt and Adelson, 1983) splits an image into bands: blur it,
# halve it, double it again, and what got lost is the finest detail. Then do the same with the halved image.
# The blur is the binomial kernel $[1, 4, 6, 4, 1] \otimes [1, 4, 6, 4, 1] / 256$.

# %%
show.source(pyramid.split)
show.source(pyramid.level)

# %%
# NBVAL_CHECK_OUTPUT
x = torch.rand(1, 3, 96, 96, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
bands = pyramid.split(x)
print("sizes:", [tuple(band.shape[2:]) for band in bands])
print("merging gives the image back:", bool((pyramid.merge(bands) - x).abs().max() < 1e-12))
deviations = [float(pyramid.by_deviation(band).square().mean().sqrt()) for band in bands]
print("deviation of the normalised bands:", " ".join(f"{deviation:.3f}" for deviation in deviations))
print("sum of the kernel:", float(pyramid.BINOMIAL.sum()))


# %%
def gradient_at(image):
    """The gradient of the channel's mean response at an image."""
    image = image.clone().requires_grad_()
    response = F.leaky_relu(network.features(image, [deep])[deep][0, one], 0.1).mean()
    return torch.autograd.grad(response, image)[0]


grey = 0.5 + 0.02 * torch.randn(1, 3, 96, 96, generator=torch.Generator().manual_seed(0))
gradient = gradient_at(grey)
parts = pyramid.split(gradient)
sizes = [float(part.square().mean().sqrt()) for part in parts]
print("deviation of the bands of the gradient, the finest first:", " ".join(f"{size / sizes[0]:.3f}" for size in sizes))
levelled = pyramid.level(gradient)

# %% [markdown]
# The numbers are relative to the finest band. Now make all bands equally strong, step by step. That is all that "removing the high
# frequencies" (过滤高频分量) in deck 000 means: they are not cut away, they are held down to the strength of the others.
#
# On the left the plain method, on the right the same channel with a levelled gradient. Four more things help the right one: it grows
# through four sizes (尺度), so that coarse shapes come first; it is shifted at random before each step (抖动), so that no pattern can hold on to the
# grid of the strides; its colours are pulled a little towards those of photos; and the picture is wrapped round, so that its border is like its middle.

# %%
good = vision.visualise(network, vision.channel(deep, one), size=112)
show.images(
    [shown(plain), good.picture],
    columns=2,
    size=2.6,
    titles=["plain", "levelled, four sizes"],
    alt="Two pictures for the same channel. The plain one is a fine, grainy pattern with little contrast; the other one shows "
    "the shapes clearly.",
    caption=f"{deep}, channel {one}, with and without high frequencies ({network.caption}).",
)

# %%
show.curves(
    {"mean response": good.history},
    xlabel="step",
    ylabel="response",
    alt="The response of the channel rises over forty steps, in four pieces, one for each size of the picture.",
    caption="The objective rises. The jumps are the changes of size.",
)

# %% [markdown]
# With the small network the plain picture excites this channel as much as the other one does. The help is for our eyes: among all pictures that the channel
# likes, it leads to one that we can read. (For the channels below it leads higher, too.)
#
# ## Five ways up
#
# The same three channels, method by method. *naive* and *laplacian* are those of TensorFlow's tutorial, with larger steps here for the second. *fourier* is
# that of Olah, Mordvintsev and Schubert (2017): it does not climb in pixels but in Fourier coefficients, each worth $1/f$, and in
# **decorrelated colours** (去相关的颜色).
#
# In photos red, green and blue rise and fall together. Written along the directions in which they vary independently (lightness, orange against
# blue, green against magenta), one step changes lightness much more than green against magenta. That takes away the rainbow.

# %%
chosen = [one, other, other + 3]
rows = {
    method: vision.visualise(network, [vision.channel(deep, c) for c in chosen], size=64, method=method, seed=1)
    for method in vision.METHODS
}

# %%
show.images(
    [made.picture[i] for i in range(len(chosen)) for made in rows.values()],
    columns=5,
    size=1.2,
    titles=[f"{method}, {channel}" for channel in chosen for method in rows],
    alt="Three rows of five pictures, a row for each channel and a column for each method. From left to right the same shapes become clearer and calmer.",
    caption=f"Three channels of {deep} by five methods ({network.caption}).",
)
for method, made in rows.items():
    print(f"{method:10} mean response {made.history[0].mean():6.2f} → {made.history[-1].mean():6.2f}")

# %% [markdown]
# The responses of *fourier* and the others are not quite comparable: it starts elsewhere, and turns the picture a little before each step.
#
# **Change it:** `vision.visualise(network, vision.channel(deep, one), method="laplacian", levels=2)`. Try `levels` 0, 1, 2, 6, then
# `octaves=1`, then `jitter=0`. Which one do you miss most?
#
# ## One channel, two mixed
#
# An objective (目标函数) is a formula, so objectives can be added. Deck 000 mixes channels 139 and 65 of GoogLeNet's layer 4d. The picture of the sum is not the sum
# of two pictures: it is a new one, in which both find what they like.

# %%
a, b = vision.channel(deep, one), vision.channel(deep, other)
weights = [0, 0.5, 0.65, 1]
mixed = vision.visualise(network, [(1 - w) * a + w * b for w in weights], size=88)
show.images(
    [*mixed.picture],
    columns=4,
    size=1.6,
    titles=[f"{1 - w:g} × {one} + {w:g} × {other}" for w in weights],
    alt="Four pictures between two channels: at the ends each alone, between them shapes of both in one picture.",
    caption=f"Two channels of {deep}, mixed ({network.caption}).",
)

# %% [markdown]
# ## A neuron, a class
#
# A channel responds everywhere. A single **neuron** (神经元) is one place of its map, and the picture shows how far it sees: all
# pixels outside its receptive field (感受野) have gradient 0. (Levelling smears the gradient a little over its neighbours.)
#
# At the other end there is the score of a **class** (类别), before the softmax (Simonyan and others, 2014). After it, the
# network could also raise the probability by lowering all other scores.

# %%
classes = network.classes or tuple(map(str, range(1000)))
wanted = ["leopard", "honeycomb", "eyes", "bricks", "scales", "dahlia", "zebra"]
if wanted[0] not in classes or "mixed4b" not in network.layers:
    wanted = [1, 21, 130, 340, 417, 949, 985]  # goldfish, kite, flamingo, zebra, balloon, strawberry, daisy
objectives = [vision.neuron(deep, one), *(vision.score(c) for c in wanted)]
made = vision.visualise(network, objectives, size=88, seed=2)
show.images(
    [*made.picture],
    columns=4,
    size=1.4,
    titles=["one neuron", *(f"class {c}" for c in wanted)],
    alt="One neuron: a patch of pattern in the middle of a grey picture. Seven classes: some pictures repeat the typical shapes of the class, "
    "such as rows of bricks, others are hard to name.",
    caption=f"One neuron of {deep}, then seven classes ({network.caption}).",
)

# %% [markdown]
# With the small network anybody would recognise bricks and scales, and perhaps the eyes. Leopard, honeycomb and zebra are failures of this sheet: the score rises, but not by what
# we would draw; with another seed and size the leopard had its spots, the zebra never its stripes. These seven were chosen among ten that we looked at. The channels
# of the next sheet were not chosen.

# %% [markdown]
# ## Shallow against deep
#
# Deck 000 says: low layers hold lines and edges, deep layers complicated things, and in between stand leaves and wheels. Read the sheet
# from top to bottom.

# %%
pictures = [vision.visualise(network, [vision.channel(name, c) for c in range(5)], size=56).picture for name in layers]
show.images(
    [picture for row in pictures for picture in row],
    columns=5,
    size=0.9,
    titles=[name.removesuffix(".branch2.0.bn") if c == 0 else "" for name in layers for c in range(5)],
    alt="A sheet with one row for each layer. The first row shows stripes and plain colours, the middle rows regular textures, the last "
    "rows larger and less regular shapes.",
    caption=f"The first five channels of each layer, from shallow (top) to deep (bottom); nothing was picked ({network.caption}).",
)

# %% [markdown]
# With each pooling the receptive field grows, so the patterns may grow too. How far this goes depends on what was to be learned. The small
# network had to tell textures apart, and textures are what it has: do not look for its cat kernel. GoogLeNet had to tell dogs from cars, and its deep
# channels show pieces of animals and machines.
#
# ## The honest control: no training
#
# Are these pictures made by the network, or by the method? Take the same network with random weights, and the same method.

# %%
blank = vision.load("small" if "mixed4b" in network.layers else "googlenet", random=True)
control = vision.visualise(blank, [vision.channel(deep, c) for c in range(5)], size=56).picture
show.images(
    [*pictures[layers.index(deep)], *control],
    columns=5,
    size=0.9,
    titles=["trained", *[""] * 4, "random", *[""] * 4],
    alt="Two rows of five pictures. The upper row, trained: five different motifs. The lower row, random weights: waves, stripes and blotches in loud "
    "colours, without a motif.",
    caption=f"The same layer, {deep}, trained and with random weights.",
)

# %% [markdown]
# The lower row is not empty. Waves, directions, loud colours: that much the architecture and the method bring by themselves, and whoever shows a wavy texture
# as the discovery of a network should have looked here first. What was learned is the rest: motifs with parts in a fixed arrangement, and colours
# that belong together.
#
# ## Beside real photos
#
# There is a second way to ask what a channel responds to, older and simpler: show it many pictures and look where it responds most. Both answers together
# are worth more than each alone.

# %%
photos = [data.photo(name, height=224) for name in ("china", "flower", "cat", "coffee", "rocket")]
numbers = [one, *range(other + 1, other + 4)]
best = vision.visualise(network, [vision.channel(deep, c) for c in numbers], size=64)
found = vision.most_exciting(network, deep, numbers, photos, side=48, count=4)
titles = [t for i, c in enumerate(numbers) for t in (f"channel {c}", *(f"{v:.2f}" for v in found.values[i]))]
show.images(
    [picture for i in range(len(numbers)) for picture in (best.picture[i], *found.patches[i])],
    columns=10,
    size=0.85,
    titles=titles,
    alt="For four channels the optimised picture and beside it the four patches of photos that excite the channel most. Some patches "
    "share something with the picture: a glint, a rounded edge, a colour; others do not.",
    caption=f"Optimised picture, then the four strongest places in five photos with their responses ({deep}, {network.caption}).",
)

# %% [markdown]
# ## What these pictures do not show
#
# **They are not photos.** No photo is full of one motif. The objective is the mean over all places; so compare the mean with the means of
# whole photos, and the strongest place with their strongest places.

# %%
for i, c in enumerate(numbers):
    drawn, *real = (network.features(network.tensor(p), [deep])[deep][0, c] for p in (best.picture[i], *photos))
    print(
        f"channel {c:3}: mean {drawn.mean():5.2f} in the optimised picture, {max(r.mean() for r in real):5.2f} at most in a photo;",
        f"strongest place {drawn.max():5.2f} and {max(r.max() for r in real):5.2f}",
    )

# %% [markdown]
# In the mean the optimised picture is ahead of every photo, sometimes by far. At one place photos can do as much or more: what the channel wants exists,
# but nowhere does a photo consist of it.
#
# **They are one answer of many.** Another seed is another start, and gradient ascent ends on another hill. If the pictures differ in kind and not only in
# arrangement, the channel responds to several things (多义性); its one "best" picture hides the others (Olah and others, 2017).

# %%
pairs = [(c, seed) for c in (one, other) for seed in range(4)]
again = [vision.visualise(network, vision.channel(deep, c), size=56, seed=seed).picture for c, seed in pairs]
show.images(
    again,
    columns=8,
    size=0.95,
    titles=[f"{c}, start {seed}" for c, seed in pairs],
    alt="Two channels, four pictures each from different seeds: the arrangement changes, the kind of pattern stays.",
    caption=f"Four starts for two channels of {deep} ({network.caption}).",
)

# %% [markdown]
# **Without all the help it finds directions that no eye sees.** The plain gradient, with a step so small that the photo looks unchanged, carries a photo into
# another class. Such pictures are called adversarial (对抗样本; Szegedy and others, 2014). They come from the same
# formula as our pictures; the levelling, the shifts and the colours only keep us away from them.

# %%
photo = network.tensor(data.photo("cat", height=160)[:, 32:192])
start = network.scores(photo)[0].softmax(0)
target = int(network.scores(photo)[0].argsort()[-5])  # the class in the fifth place
image, budget = photo.clone(), 4 / 255
for _ in range(10):
    image.requires_grad_()
    (gradient,) = torch.autograd.grad(network.scores(image)[0, target], image)
    image = (image.detach() + gradient.sign() / 255).clamp(photo - budget, photo + budget).clamp(0, 1)
end = network.scores(image)[0].softmax(0)
show.images(
    [vision.picture(photo), vision.picture(image), vision.picture(0.5 + 20 * (image - photo))],
    columns=3,
    size=2,
    titles=[f"{classes[int(p.argmax())]}, {p.max():.0%}" for p in (start, end)] + ["the difference × 20"],
    alt="A photo of a cat, the same photo after ten tiny steps, which looks the same but gets another class, and their difference, "
    "magnified twenty times, which follows the fur and the edges.",
    caption=f"No pixel changes by more than 4/255 ({network.caption}).",
)

# %% [markdown]
# The small network was trained against small pushes (see its model card), and still gives way here. It does not give way to everything: with the same budget we did not get it to
# see a zebra in the cat. Networks that were trained plainly, such as GoogLeNet, can be carried almost anywhere.
#
# ## Exercises
#
# **1.** The mean of a *linear* map over a picture that is wrapped round depends on the mean colour only. Why? And why do we still see
# stripes for the first layer?
#
# <details><summary>Answer</summary>
#
# Each pixel is multiplied once by each weight of the kernel, so the sum over all places is (sum of the weights) × (sum of the pixels), colour by
# colour. Stripes add nothing. What the ReLU lets through is not linear: we count what is below 0 by a tenth only. Stripes
# bring half of the map up and the other half down, and the half above 0 counts ten times as much.
#
# </details>
#
# **2.** Why is each band divided by its own deviation, and why would cutting off the finest band not do the same?
#
# <details><summary>Answer</summary>
#
# Each of the first bands of the gradient is about twice as strong as the next. Without the finest band the second finest would win, and so on. And details are
# wanted, only not at the price of everything else.
#
# </details>
#
# **3.** Somebody shows you a beautiful picture of a channel and says: "This neuron detects eyes." What do you ask for?
#
# <details><summary>Answer</summary>
#
# The photos that excite it most, and whether they have eyes; photos of eyes that do not; pictures from other seeds; the same method on a random
# network; and how the channel was chosen: the most beautiful of many, or the first.
#
# </details>
#
# ## What to read next
#
# - Erhan, Bengio, Courville, Vincent (2009), *Visualizing higher-layer features of a deep network*: the idea.
# - Zeiler, Fergus (2014), *Visualizing and understanding convolutional networks*: the photos that excite a channel.
# - Simonyan, Vedaldi, Zisserman (2014), *Deep inside convolutional networks*: classes.
# - Szegedy and others (2014), *Intriguing properties of neural networks*: adversarial directions.
# - Olah, Mordvintsev, Schubert (2017), *Feature visualization*, Distill: the method, its tricks and its limits, with very good pictures.
#
# Next: [DeepDream](09_deepdream.ipynb): the same step, but starting from your photo.
