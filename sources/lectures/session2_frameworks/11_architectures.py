# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Architectures: from AlexNet to ResNet and DenseNet
#
# In three years the networks that won the ImageNet contest grew from 8 layers to 152. Each step needed one new idea. This lecture draws the
# networks, counts them, and tests the ideas on small ones.
#
# **You will be able to**
#
# - read an architecture (网络架构) from a drawing, and compute its depth, parameters and multiply-adds;
# - say why VGG stacks 3×3 kernels, and what GoogLeNet's 1×1 convolutions save;
# - show in an experiment that a deeper network can be *worse on its own training data*, and how a shortcut cures that;
# - tell adding (ResNet) from stacking (DenseNet), and an encoder–decoder from a classifier;
# - load weights that others have trained.
#
# Time: about 40 minutes. You need [lecture 5](05_training_deep_nets.ipynb) and, from Session I,
# [convolution](../session1_networks/06_convolution.ipynb) and [AlexNet's arithmetic](../session1_networks/08_deep.ipynb).

# %%
from itertools import pairwise
from math import log2

import numpy as np
import torch
from matplotlib.patches import Rectangle
from torch import nn

from course_pkg import data, models, show, widgets
from course_pkg.models import profile
from course_pkg.models.inception import Inception
from course_pkg.models.resnet import BasicBlock, Bottleneck
from course_pkg.models.vgg import layer_names
from course_pkg.show import COLOURS

torch.set_num_threads(1)  # for networks as small as ours a second thread costs more than it brings


# %%
def sketch(build, *arguments, **options):
    """A network on the device "meta": torch knows all shapes and no numbers, so that it takes neither time nor memory."""
    with torch.device("meta"):
        return build(*arguments, **options).eval()


# %% [markdown]
# ## Look first: a network as a drawing
#
# This is GoogLeNet of 2014. Every box is a layer, or a module of several layers that you can unfold. Go through it with the arrow keys,
# switch between parameters, multiply-adds and memory, and find out: where are the parameters? Where is the work? Such drawings of any
# network were made popular by Netscope, a tool for Caffe that source 004 recommends; `widgets.NetworkView` draws any PyTorch module.

# %%
PHOTO = (1, 3, 224, 224)  # one photo, three colours, 224×224 pixels: what all networks below were made for
widgets.NetworkView(sketch(models.googlenet, aux=False), PHOTO, title="GoogLeNet")

# %% [markdown]
# ## Seven networks at the same scale
#
# All seven networks of this lecture are in `course_pkg.models`. One forward pass through each tells us all we want to know. The **depth**
# (深度) of a network is the number of layers with weights on the longest way from the input to the scores. That is where the numbers in the
# names come from.

# %%
NAMES = {"alexnet": "AlexNet", "vgg16": "VGG-16", "vgg19": "VGG-19", "googlenet": "GoogLeNet"}
NAMES |= {"resnet34": "ResNet-34", "resnet152": "ResNet-152", "densenet121": "DenseNet-121"}
nets = {name: sketch(getattr(models, name)) for name in NAMES}
nets["googlenet"] = sketch(models.googlenet, aux=False)
profiles = {name: profile(net, PHOTO) for name, net in nets.items()}


def depths(layers):
    """For each layer, the number of layers with weights on the longest way to it, itself included."""
    found = []
    for layer in layers:
        found.append(max((found[i] for i in layer.inputs), default=0) + (layer.multiply_adds > 0))
    return found


# %%
# NBVAL_CHECK_OUTPUT
print("network       depth   parameters  multiply-adds")
for name, title in NAMES.items():
    found = profiles[name]
    print(f"{title:12} {max(depths(found.layers)):6} {found.parameters:12,} {found.multiply_adds:14,}")

# %% [markdown]
# These are the numbers that are published for these networks. Look at how little they have to do with each other: VGG-16 has more than twice
# the parameters of ResNet-152, at a tenth of the depth. DenseNet-121 is fifteen times as deep as AlexNet and has an eighth of its parameters.

# %% jupyter={"source_hidden": true}
KERNELS = {"dense": "black", 1: "sky", 3: "blue", 5: "orange", 7: "red", 11: "purple"}
fig, axes = show.new_figure(len(NAMES), 1, size=(11, 7.2), sharex=True, sharey=True)
for ax, (name, title) in zip(axes, NAMES.items(), strict=True):
    columns = {}  # depth → (kernel, side of the output); of several branches the one with the largest kernel
    for depth, layer in zip(depths(profiles[name].layers), profiles[name].layers, strict=True):
        if layer.multiply_adds:
            part = nets[name].get_submodule(layer.name)
            kernel = part.kernel_size[0] if isinstance(part, nn.Conv2d) else 0
            columns[depth] = max(columns.get(depth, (-1, 1)), (kernel, layer.output_shapes[0][-1] if kernel else 1))
    for depth, (kernel, side) in columns.items():
        ax.bar(depth, 1 + log2(side), width=0.85, color=COLOURS[KERNELS[kernel or "dense"]])
    ax.set_ylabel(title, rotation=0, ha="right", va="center")
    ax.set(yticks=[1 + log2(side) for side in (7, 28, 112)], yticklabels=["7", "28", "112"], xlim=(0, 153))
    ax.tick_params(labelsize=7)
    ax.grid(False)
axes[-1].set_xlabel("depth: layers with weights on the longest way from the input")
handles = [axes[0].bar(0, 0, color=COLOURS[colour]) for colour in KERNELS.values()]
labels = [kernel if kernel == "dense" else f"{kernel}×{kernel}" for kernel in KERNELS]
axes[0].legend(handles, labels, ncols=6, loc="upper right", title="kernel", fontsize=9)
show.figure(
    fig,
    alt="Seven rows of bars, one bar for each layer. AlexNet has 8 bars, the first with a kernel of 11, the last three dense. VGG-16 and VGG-19 "
    "have 16 and 19, all kernels 3, then three dense ones. GoogLeNet has 22, with kernels of 1 and 3 in turns. ResNet-34 has 34 with kernels "
    "of 3. ResNet-152 and DenseNet-121 fill the row with 152 and 121 bars, kernels of 1 and 3 in turns, and end with a single dense bar. In all, "
    "the bars get lower in steps from left to right.",
    caption="One bar a layer. Height: side of its output in pixels, halved step by step. Colour: size of the kernel.",
)

# %% [markdown]
# What has changed from top to bottom? The kernels became smaller: 11×11 and 5×5, then 3×3 only, then 3×3 between 1×1. The three dense
# layers shrank to one. And the networks became deep.
#
# What has not changed: every few layers the side is halved, and the number of maps grows. LeNet did that in 1998.
#
# ## The contest
#
# ILSVRC, the ImageNet Large Scale Visual Recognition Challenge, ran from 2010 to 2017: 1.2 million training photos, 1,000 classes, five
# guesses for each test photo. The **top-5 error** is the share of photos for which all five are wrong.

# %% jupyter={"source_hidden": true}
winners = {2010: (28.2, "NEC-UIUC"), 2011: (25.8, "XRCE"), 2012: (15.3, "AlexNet\n8 layers"), 2013: (11.7, "Clarifai")}
winners |= {2014: (6.7, "GoogLeNet\n22 layers"), 2015: (3.57, "ResNet\n152 layers")}
winners |= {2016: (2.99, "Trimps-\nSoushen"), 2017: (2.25, "SENet")}
fig, ax = show.new_figure(size=(9, 3.6))
for year, (error, who) in winners.items():
    ax.bar(year, error, color="0.65" if year < 2012 else COLOURS["blue"])
    ax.text(year, max(error, 5.1) + 0.6, f"{error} %\n{who}", ha="center", va="bottom", fontsize=9)
ax.axhline(5.1, color=COLOURS["red"], lw=1.5, ls="--")
ax.text(2017.55, 5.5, "one trained\nperson: 5.1 %", va="bottom", color=COLOURS["red"], fontsize=9)
ax.set(ylabel="top-5 error, %", ylim=(0, 36), xticks=list(winners), xlim=(2009.4, 2018.8))
ax.grid(False)
show.figure(
    fig,
    alt="Bars of the winner's top-5 error: "
    + "; ".join(f"{year} {error} percent" for year, (error, _) in winners.items())
    + ". The first two are grey, without deep networks. A dashed line at 5.1 percent marks one trained person; 2015 is the first bar below it.",
    caption="The winners of the classification task. Grey: features made by hand. Blue: convolutional networks.",
)

# %% [markdown]
# The numbers up to 2014 and the person's are those of Russakovsky and others (2015), the last three those of the winners (He and others, 2016;
# the contest's results of 2016; Hu, Shen and Sun, 2018). Three remarks:
#
# - All entries are **ensembles** (集成): the scores of several networks, and of several crops of each photo, are averaged. A single network is
#   worse by a few points; the end of this lecture has those numbers.
# - AlexNet's 15.3 % used additional training photos; without them it was 16.4 %. VGG came second in 2014 with 7.3 %.
# - The "person" is one of the paper's authors, who trained himself for the task on 500 photos and then labelled 1,500. That a network is below
#   his 5.1 % does not mean that it sees better than people do. It knows 120 breeds of dogs.
#
# ## AlexNet, 2012
#
# [The last lecture of Session I](../session1_networks/08_deep.ipynb) took AlexNet apart. Source 004 lists what was new: more layers than
# before, convolutions in a row without pooling between, ReLU, dropout, data augmentation, several graphics cards. Each has a lecture in
# this course. What it left open was *how* to choose the layers: why 11×11, 5×5, 3×3, 3×3, 3×3?
#
# ## VGG, 2014: only 3×3
#
# Simonyan and Zisserman (2015) made the choice disappear: every convolution is 3×3. Where more is to be seen, take more of them. The
# **receptive field** (感受野) of an output pixel is the set of input pixels that it depends on. Each 3×3 convolution adds one pixel on
# every side.

# %% jupyter={"source_hidden": true}
fig, ax = show.new_figure(size=(7, 2.6))
ROWS = ("input", "after 1 layer", "after 2 layers", "after 3 layers")
for row, label in enumerate(ROWS):
    for x in range(-4, 5):
        seen = abs(x) <= 3 - row
        ax.add_patch(
            Rectangle((x - 0.42, row - 0.28), 0.84, 0.56, fc=COLOURS["sky"] if seen else "0.93", ec="0.6", lw=0.8)
        )
        if row and seen:
            for step in (-1, 1):
                ax.plot([x, x + step], [row - 0.3, row - 0.7], color="0.55", lw=0.8)
    ax.text(-4.8, row, f"{label}:", ha="right", va="center")
    ax.text(4.8, row, f"{7 - 2 * row} pixel{'s' if row < 3 else ''}", va="center")
ax.set(xlim=(-7.6, 6.6), ylim=(-0.4, 3.5))
ax.axis("off")
show.figure(
    fig,
    alt="Four rows of nine pixels. In the top row, after 3 layers, one pixel is blue; below it 3 are blue, below these 5, and in the input 7. "
    "Lines lead from each blue pixel to the three below it.",
    caption="One line of pixels. The top pixel sees 7 input pixels through three convolutions of width 3.",
)

# %% [markdown]
# Why is that better than one 7×7? We let torch find the receptive field: the gradient of one output pixel is not 0 exactly at the input
# pixels that it depends on. And we count the weights, for 256 maps in and out.


# %%
def stack(kernel, layers, maps=256):
    return nn.Sequential(*[nn.Conv2d(maps, maps, kernel, padding=kernel // 2, bias=False) for _ in range(layers)])


def receptive_field(kernel, layers):
    x = torch.zeros(1, 1, 15, 15, requires_grad=True)
    net = stack(kernel, layers, maps=1)
    for weight in net.parameters():
        nn.init.ones_(weight)
    net(x)[0, 0, 7, 7].backward()
    return int((x.grad[0, 0, 7] != 0).sum())


# %%
# NBVAL_CHECK_OUTPUT
for kernel, layers in ((5, 1), (3, 2), (7, 1), (3, 3)):
    weights = sum(p.numel() for p in sketch(stack, kernel, layers).parameters())
    side = receptive_field(kernel, layers)
    print(f"{layers} × ({kernel}×{kernel}): sees {side}×{side} pixels, {weights:9,} weights, activations: {layers}")

# %% [markdown]
# Three 3×3 layers see as much as one 7×7 layer, with $27/49 \approx 55\,\%$ of its weights, and with three activations in place of one. Source 004
# says the same: fewer parameters, more non-linearity. What they cannot do is *any* 7×7 kernel: a stack is a restriction, and one that
# turned out to be useful.
#
# 004 calls VGG "5 convolutional layers and 3 dense ones". Five **stages** is what is meant: 2, 2, 3, 3, 3 convolutions in VGG-16, with a pooling
# after each stage. The paper's names for them, such as conv4_2, come back in Session III, where VGG's features make style.

# %%
# NBVAL_CHECK_OUTPUT
paper = {f"features.{place}": name for name, place in layer_names(nets["vgg16"]).items()}
for layer in profiles["vgg16"].layers:
    if layer.multiply_adds:
        shape, name = "×".join(map(str, layer.output_shapes[0][1:])), paper.get(layer.name, layer.name)
        print(f"{name:12} {shape:>11} {layer.parameters:12,} parameters {layer.multiply_adds:14,} multiply-adds")

# %% [markdown]
# ### Where the sources are wrong: how many parameters has VGG?
#
# Source 004 says that VGG's largest drawback is its 140·10¹² parameters. We count, and we ask how large the file would be.

# %%
# NBVAL_CHECK_OUTPUT
count = profiles["vgg16"].parameters
dense = sum(layer.parameters for layer in profiles["vgg16"].layers if layer.kind == "Linear")
print(f"VGG-16 has {count:,} parameters; 004 says {140 * 10**12:,}: {140e12 / count:,.0f} times as many")
print(f"as 32-bit numbers: {4 * count / 1e6:.0f} MB; 004's would take {4 * 140e12 / 1e12:.0f} TB")
print(f"in the three dense layers: {dense:,}, {dense / count:.0%}; in the first of them alone: {25088 * 4096 + 4096:,}")

# %% [markdown]
# The right value is **138,357,544**, about 140·10⁶. A factor of a million was lost. VGG *is* large: its file has 553 MB. But 9 of 10
# parameters sit in the dense layers, and the next networks simply left those out.
#
# ## GoogLeNet, 2014: four branches, and 1×1
#
# Szegedy and others (2015) asked another question: if nobody knows which kernel is best, why choose? Their **Inception** module (the name is
# from a film) takes several kernels side by side and stacks what comes out. The name of the network, with its capital L, is a bow to LeNet; some of our
# sources write it differently.

# %% jupyter={"source_hidden": true}
nodes = {"x": (0, 0, "input\n192×28×28"), "y": (8.6, 0, "stack\n256×28×28")}
ways = {"1": ["1×1\n64 maps"], "2": ["1×1\n96 maps", "3×3\n128 maps"], "3": ["1×1\n16 maps", "5×5\n32 maps"]}
ways["4"] = ["max pool\n3×3", "1×1\n32 maps"]
edges = []
for row, (way, steps) in enumerate(ways.items()):
    places = (4.3,) if len(steps) == 1 else (2.9, 5.7)
    for i, (x, label) in enumerate(zip(places, steps, strict=True)):
        nodes[way + str(i)] = (x, 1.8 - 1.2 * row, label)
    names = ["x", *(way + str(i) for i in range(len(steps))), "y"]
    edges += [(a, b, "", "") for a, b in pairwise(names)]
show.graph(
    nodes,
    edges,
    width=9.5,
    alt="An input of 192 maps goes into four branches: 1 by 1 with 64 maps; 1 by 1 with 96 maps, then 3 by 3 with 128; 1 by 1 with 16, then 5 by 5 "
    "with 32; max pooling, then 1 by 1 with 32. All four end in a stack of 256 maps.",
    caption="Inception 3a, the first of nine such modules, as in the paper.",
)

# %% [markdown]
# What are the 1×1 convolutions for? A 1×1 convolution looks at one place and mixes its maps: a dense layer at each pixel, with the same weights
# everywhere. As 004 says, it can raise and lower the number of maps. Here it lowers it (降维) *before* the expensive kernels come. The arithmetic for the 5×5
# branch, with and without:

# %%
# NBVAL_CHECK_OUTPUT
MAPS = (1, 192, 28, 28)
direct = profile(sketch(nn.Conv2d, 192, 32, 5, padding=2, bias=False), MAPS)
reduced = profile(sketch(Inception, 192, 64, 96, 128, 16, 32, 32, kernel=5).branch3, MAPS)
print(f"5×5 directly:      {direct.multiply_adds:11,} multiply-adds = 28·28·32·192·25")
print(f"1×1 to 16, 5×5:    {reduced.multiply_adds:11,} multiply-adds = 28·28·(16·192 + 32·16·25)")
print(f"saved: {1 - reduced.multiply_adds / direct.multiply_adds:.0%}")

plain = profile(sketch(nn.Conv2d, 192, 256, 3, padding=1, bias=False), MAPS)
module = profile(sketch(Inception, 192, 64, 96, 128, 16, 32, 32, kernel=5), MAPS)
print(f"whole module:      {module.multiply_adds:11,} multiply-adds")
print(f"3×3, 192 to 256:   {plain.multiply_adds:11,} multiply-adds")

# %% [markdown]
# The whole module with its four branches costs about a third of a single plain 3×3 layer of the same width. That is how GoogLeNet could have 22 layers and 6.6 million
# parameters, and beat VGG in the contest, 6.7 against 7.3 %, for a tenth of VGG's work.
#
# 004 gives a reason why this should also learn faster: features of the same size are grouped, and a sparse matrix falls into dense blocks. The
# first half is the motivation that the paper gives. That convergence becomes faster was not shown there, and we know of no clean test.
#
# Two more ideas of GoogLeNet:
#
# - **No large dense layers.** The last maps, 1024×7×7, are averaged to 1024 numbers (global average pooling, 全局平均池化; Lin, Chen and Yan, 2014). One
#   dense layer follows.
# - **Auxiliary heads** (辅助分类器). Two small classifiers sit on modules 4a and 4d. In training their losses are added, with weight 0.3, so that the
#   lower layers get a gradient from near by. Afterwards they are thrown away.

# %%
# NBVAL_CHECK_OUTPUT
with_heads = sum(p.numel() for p in sketch(models.googlenet).parameters())
print(f"GoogLeNet {profiles['googlenet'].parameters:,} parameters, with its two heads {with_heads:,}")

# %% [markdown]
# A confession about ours: it is the version whose weights torchvision publishes. It has batch normalisation, which came a year later, and a 3×3 kernel in the
# place of each 5×5. The second is known to be a mistake, but the weights were trained with it and fit nothing else, so everybody keeps it.
# `models.googlenet(kernel=5)` has the paper's kernels.
#
# ## Deeper and worse
#
# Why not 50 layers of VGG? Source 004 puts it well: with more layers the accuracy rises, then saturates, and then *falls*. This is called
# **degradation** (退化). It is not overfitting, since the *training* error rises too. And there is an argument that it should not happen. Take a trained network.
# Put a layer on top that copies its input. The deeper network computes the same function, so its training error is the same. A good optimiser should find
# that, or something better. In He and others (2016), a plain network with 18 layers has 27.9 % top-1 error on ImageNet, one with 34 layers 28.5 %.
#
# Let us see it with our own eyes: digits, blocks of two 3×3 convolutions with batch normalisation and 8 maps of 4×4, SGD with momentum, 6 passes. `BasicBlock` is the
# block of ResNet-34. `Plain` is the same without one addition.


# %%
class Plain(BasicBlock):
    def forward(self, x):
        return self.relu(self.residual(x))


def small_net(block, blocks):
    stem = [nn.Conv2d(1, 8, 3, stride=2, padding=1, bias=False), nn.BatchNorm2d(8), nn.ReLU()]
    return nn.Sequential(
        *stem, *[block(8, 8) for _ in range(blocks)], nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(8, 10)
    )


digits = data.digits(dtype="float32")
x, y, x_test, y_test = map(torch.from_numpy, (digits.x_train, digits.y_train, digits.x_test, digits.y_test))


@torch.no_grad()
def accuracy(net):
    return (net.eval()(x_test).argmax(1) == y_test).double().mean().item()


# %%
def train(block, blocks, seed, passes=6, lr=0.1):
    """Train a small network; return it, the training loss of the last pass, and the test accuracy."""
    torch.manual_seed(seed)
    net, steps = small_net(block, blocks), len(x) // 64
    optimiser = torch.optim.SGD(net.parameters(), lr=lr, momentum=0.9)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, lr, total_steps=passes * steps)
    for _ in range(passes):
        losses = []
        for batch in torch.randperm(len(x))[: steps * 64].split(64):
            loss = nn.functional.cross_entropy(net(x[batch]), y[batch])
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            schedule.step()
            losses.append(loss.item())
    return net.eval(), np.mean(losses), accuracy(net)


# %%
BLOCKS = (2, 8, 16)
runs = {(block, n): [train(block, n, seed)[1:] for seed in range(3)] for block in (Plain, BasicBlock) for n in BLOCKS}
for (block, n), found in runs.items():
    loss, right = np.array(found).T
    print(
        f"{block.__name__:10} {2 * n + 2:2} layers: training loss {loss.mean():.2f} ± {loss.std(ddof=1):.2f},", end=" "
    )
    print(f"test accuracy {right.mean():.3f} ± {right.std(ddof=1):.3f}")

# %% jupyter={"source_hidden": true}
fig, axes = show.new_figure(1, 2, size=(8.5, 3.2))
for block, title, colour, marker in ((Plain, "plain", "red", "s"), (BasicBlock, "with shortcuts", "blue", "o")):
    for ax, which in zip(axes, (0, 1), strict=True):
        values = np.array([[run[which] for run in runs[block, n]] for n in BLOCKS])
        depth = [2 * n + 2 for n in BLOCKS]
        ax.plot(depth, values.mean(axis=1), color=COLOURS[colour], label=title)
        ax.plot(depth, values, marker, color=COLOURS[colour], ms=6, alpha=0.6)
axes[0].set(ylabel="training loss, last pass", ylim=(0, None))
axes[1].set(ylabel="test accuracy", ylim=(0, 1.02))
axes[0].legend()
for ax in axes:
    ax.set(xlabel="layers", xticks=[2 * n + 2 for n in BLOCKS])
show.figure(
    fig,
    alt="Left: training loss against layers. The plain network rises from about 0.1 at 6 layers to more than 1 at 34; the network with shortcuts stays "
    "below 0.1. Right: test accuracy. Plain falls from 0.97 to about 0.4; with shortcuts it stays near 0.97.",
    caption="Plain networks and networks with shortcuts on the digits: three seeds (marks) and their mean (lines).",
)

# %%
# NBVAL_CHECK_OUTPUT
means = {key: np.mean([loss for loss, _ in found]) for key, found in runs.items()}
print("plain: each deeper network has a higher training loss:", means[Plain, 2] < means[Plain, 8] < means[Plain, 16])
print("plain, 34 layers: more than five times the loss of 6: ", bool(means[Plain, 16] > 5 * means[Plain, 2]))
print("with shortcuts, 34 layers: below 0.3:                 ", bool(means[BasicBlock, 16] < 0.3))

# %% [markdown]
# There it is. The plain network of 34 layers cannot even fit the *training* digits, although the one of 6 layers fits them nearly perfectly.
#
# Is the comparison fair? We tried the rates 0.01, 0.03, 0.1 and 0.3 beforehand. None brought the plain network of 18 layers below a loss of 0.6, or that of 34 below 1.3.
# More time helps, up to a point. With 30 passes (two seeds) the plain 18 layers arrive: a loss of 0.01, and 97.8 % of the test digits right. The plain 34 layers ended at 0.65 and 2.04;
# with shortcuts, at 0.001 in both runs. Shortcuts have limits as well. Of 50 layers at this rate, one run of two ended at 0.39; a tenth of the rate was right for them.
#
# ## ResNet, 2015: add
#
# He, Zhang, Ren and Sun made the copy easy. A block does not compute the new maps; it computes what to *add* to the old ones:
#
# $$y = \mathrm{ReLU}\big(x + F(x)\big)$$
#
# $F$ is the **residual** (残差), hence residual network (残差网络). The way around it is the **shortcut connection** (捷径连接) that you know from lecture 5. To copy, $F$ has only to
# be 0.

# %% jupyter={"source_hidden": true}
labels = ["$x$", "3×3, norm,\nReLU", "3×3,\nnorm", "+", "ReLU", "$y$"]
nodes = {
    str(i): (place, 0, label) for i, (place, label) in enumerate(zip((0, 2, 4.2, 6, 7.4, 8.8), labels, strict=True))
}
nodes["way"] = (3.1, 1.2, "shortcut: $x$ as it is")
edges = [(str(i), str(i + 1), "", "") for i in range(5)]
edges[2] = ("2", "3", "$F(x)$", "")
show.graph(
    nodes,
    [*edges, ("0", "way", "", ""), ("way", "3", "$x$", "")],
    width=8,
    alt="x goes through a 3 by 3 convolution with normalisation and ReLU, then through another with normalisation, and arrives at a plus sign as F of x. "
    "Above, a shortcut carries x unchanged to the same plus sign. After it come ReLU and the output y.",
    caption="ResNet's basic block. Where the sizes of x and F(x) differ, a 1×1 convolution on the shortcut fits them.",
)

# %%
show.source(BasicBlock)

# %% [markdown]
# Going backward, the sum hands its gradient to both ways:
#
# $$\frac{\partial L}{\partial x} = \Big(I + \frac{\partial F}{\partial x}\Big)^{\!\top} \delta, \qquad \delta = \text{the gradient before the ReLU.}$$
#
# Without the shortcut the identity $I$ is missing, and the gradient is multiplied by one matrix after the other. In lecture 5 that made it fade. What does it do here? We measure the
# gradient of the first convolution in the first block and in the last, before any training.


# %%
def first_and_last(block, blocks, seed):
    torch.manual_seed(seed)
    net = small_net(block, blocks)
    nn.functional.cross_entropy(net(x[:256]), y[:256]).backward()
    return [net[3 + i].conv1.weight.grad.norm().item() for i in (0, blocks - 1)]


for n in BLOCKS:
    for block in (Plain, BasicBlock):
        first, last = np.mean([first_and_last(block, n, seed) for seed in range(5)], axis=0)
        print(f"{2 * n + 2:2} layers, {block.__name__:10}: first block {first:5.2f}, last block {last:5.2f}")

# %% [markdown]
# A surprise: in the plain network it does not fade, it **grows** on its way down, more than fifty-fold in 34 layers. Batch normalisation prevents fading, but in deep plain
# networks it makes the gradient grow by a factor at each layer, as Yang and others (2019) explain. A step that is right for the last block is far too large for the first. With
# shortcuts the two ends differ by a factor of about five.
#
# ### From 34 to 152 layers: the bottleneck
#
# With 256 maps a block of two 3×3 convolutions becomes expensive. The **bottleneck** block (瓶颈) uses GoogLeNet's trick: 1×1 down to 64 maps, 3×3 there, 1×1
# up again.

# %%
# NBVAL_CHECK_OUTPUT
for title, block in (
    ("basic, 256 maps", sketch(BasicBlock, 256, 256)),
    ("bottleneck, 256-64-256", sketch(Bottleneck, 256, 64)),
):
    found = profile(block, (1, 256, 56, 56))
    weights = sum(layer.parameters for layer in found.layers if layer.kind == "Conv2d")
    print(f"{title:23} {weights:9,} weights, {found.multiply_adds:13,} multiply-adds at 56×56")
print(f"ResNet-34:  1 + 2·(3 + 4 + 6 + 3) + 1 = {1 + 2 * 16 + 1} layers")
print(f"ResNet-152: 1 + 3·(3 + 8 + 36 + 3) + 1 = {1 + 3 * 50 + 1} layers")
ratio = profiles["resnet152"].multiply_adds / profiles["vgg19"].multiply_adds
print(f"multiply-adds of ResNet-152: {ratio:.0%} of VGG-19's")

# %% [markdown]
# So the deck's "crazy" 152 layers (000) need less work than the 19 of VGG. On ImageNet the two 34-layer networks of He and others have a top-1 error of 28.5 % without and 25.0 % with
# shortcuts, and deeper is better again.
#
# ## DenseNet, 2017: stack
#
# If it is good to see the layer before, why not all of them? In a **dense block** (稠密块) of Huang and others (2017) every layer gets the maps of *all* layers before it, stacked, and adds 32 maps
# of its own. ResNet adds numbers; DenseNet stacks maps. So nothing is overwritten, and a layer may be narrow.

# %% jupyter={"source_hidden": true}
entering = [
    layer.input_shapes[0][1]
    for layer in profiles["densenet121"].layers
    if layer.name.startswith("features.denseblock1.") and layer.name.endswith("norm1")
]
fig, ax = show.new_figure(size=(10, 3.2))
for i in range(6):
    for j in range(i + 1, 7):
        t = np.linspace(0, np.pi, 60)
        ax.plot((i + j) / 2 - (j - i) / 2 * np.cos(t), 0.28 * (j - i) * np.sin(t), color="0.7", lw=1, zorder=1)
box = {"boxstyle": "round,pad=0.4", "fc": "white", "ec": COLOURS["blue"], "lw": 2}
for i, maps in enumerate([*entering, entering[-1] + 32]):
    ax.text(i, 0, "start" if i == 0 else f"layer {i}", ha="center", va="center", bbox=box, zorder=2)
    ax.text(i, -0.42, f"adds 32,\n{maps} in all" if i else f"{maps} maps", ha="center", va="top", fontsize=9)
ax.set(xlim=(-0.6, 6.6), ylim=(-0.95, 1.8))
ax.axis("off")
show.figure(
    fig,
    alt="Seven boxes in a row, a start with 64 maps and six layers, with arcs from each box to every box to its right. Below, the number of maps grows "
    "by 32 at each layer: 64, 96, 128, 160, 192, 224, 256.",
    caption="The first dense block of DenseNet-121. Each arc hands maps on. Below: all maps there are after each layer.",
)

# %%
# NBVAL_CHECK_OUTPUT
print("maps that enter the six layers:", *entering)
for number, layers in enumerate((6, 12, 24, 16), start=1):
    print(f"block {number}: {layers} layers, {layers * (layers + 1) // 2} connections")
print(f"depth: 1 + 2·(6 + 12 + 24 + 16) + 3 + 1 = {1 + 2 * 58 + 3 + 1} layers")

# %% [markdown]
# Between the blocks a **transition** halves the number of maps with a 1×1 convolution, and the side with a pooling. The price of stacking is memory: in training, all those stacks
# must be kept. Look at the column *memory* of `widgets.NetworkView(nets["densenet121"], PHOTO)`.
#
# ## Encoder and decoder
#
# All networks so far answer one question for the whole photo. Many tasks ask for an answer *at each pixel*: which pixels are road? That is called **semantic segmentation** (语义分割). A classifier has lost the
# places by its end: 7×7 are left of 224×224. An **encoder–decoder** (编码器–解码器) goes down as usual and then up again. The step up is often a **transposed convolution** (转置卷积): the backward pass of a convolution
# with stride 2, used forward.

# %% jupyter={"source_hidden": true}
unet = profile(sketch(models.unet, 1, 2, width=16, depth=3), (1, 1, 96, 96))
stages = {}  # the last layer of each stage
for layer in unet.layers:
    if layer.name.startswith(("down.", "bottom.", "up.")):
        stages[".".join(layer.name.split(".")[: 1 if layer.name.startswith("bottom") else 2])] = layer
fig, ax = show.new_figure(size=(10, 3.6))
edges = []
for i, layer in enumerate(stages.values()):
    _, maps, side, _ = layer.output_shapes[0]
    width, height = maps / 128, side / 32
    colour = COLOURS["blue"] if i < 3 else COLOURS["orange"] if i == 3 else COLOURS["green"]
    ax.add_patch(Rectangle((1.45 * i - width / 2, -height / 2), width, height, fc=colour, alpha=0.75))
    ax.text(1.45 * i, -height / 2 - 0.1, f"{maps} maps\n{side}×{side}", ha="center", va="top", fontsize=9)
    edges.append((1.45 * i + width / 2, 1.45 * i - width / 2, height / 2))
for i in range(3):
    (x0, _, top), (_, x1, _) = edges[i], edges[6 - i]
    ax.annotate(
        "", (x1 - 0.05, top - 0.2), (x0 + 0.05, top - 0.2), arrowprops={"arrowstyle": "->", "color": "0.4", "ls": "--"}
    )
    start, end = edges[i][0], edges[i + 1][1]
    ax.annotate("", (end, 0), (start, 0), arrowprops={"arrowstyle": "->", "color": "black"})
    start, end = edges[5 - i][0], edges[6 - i][1]
    ax.annotate("", (end, 0), (start, 0), arrowprops={"arrowstyle": "->", "color": "black"})
ax.text(0.2, 1.75, "encoder: halve the side,\ndouble the maps", ha="left", va="bottom", color=COLOURS["blue"])
ax.text(8.5, 1.75, "decoder: the way back", ha="right", va="bottom", color=COLOURS["green"])
ax.set(xlim=(-0.7, 9.4), ylim=(-2.3, 2.4))
ax.axis("off")
show.figure(
    fig,
    alt="Seven rectangles. Three blue ones get lower and wider: 16 maps of 96 by 96, 32 of 48, 64 of 24. An orange one at the bottom: 128 maps of 12 by 12. Three "
    "green ones get higher and thinner again, up to 16 maps of 96 by 96. Dashed arrows lead from each blue rectangle to the green one of its height.",
    caption="A small U-Net. Height: side of the maps. Width: their number. Dashed: shortcuts from encoder to decoder.",
)

# %% [markdown]
# Three classics differ in how they get the lost places back:
#
# - **FCN** (全卷积网络; Long, Shelhamer and Darrell, 2015): a classifier whose dense layers are turned into convolutions. Coarse scores are enlarged and *added* to scores from finer layers.
# - **SegNet** (Badrinarayanan, Kendall and Cipolla, 2017): the decoder reuses the places at which max pooling found its maxima. That costs little memory.
# - **U-Net** (Ronneberger, Fischer and Brox, 2015), drawn above: the encoder's maps themselves are stacked beside the decoder's.
#
# (Source 004 ascribes shortcuts from high-resolution maps to SegNet. What SegNet hands over are the places of the maxima, not the maps.)
#
# What are the dashed arrows worth? We paste digits onto photos and ask for the pixels that belong to the digit, once with them, once without. The photos of the test scenes are others than
# those of the training scenes.


# %%
def scenes(digits, photos, rng):
    """White digits on photos, (N, 1, 32, 32), and for each pixel whether it is the digit's, (N, 32, 32)."""
    pictures = [data.photo(name, height=160, grey=True) for name in photos]
    found = np.empty_like(digits)
    for scene, digit in zip(found, digits, strict=True):
        picture = pictures[rng.integers(len(pictures))]
        top, left = rng.integers(np.array(picture.shape) - 31)
        scene[0] = 0.8 * picture[top : top + 32, left : left + 32] * (1 - digit[0]) + digit[0]
    return torch.from_numpy(found), torch.from_numpy((digits[:, 0] > 0.5).astype(int))


large, rng = data.digits(32, dtype="float32"), np.random.default_rng(0)
seen, truth = scenes(large.x_train, ("astronaut", "camera", "coffee", "flower", "rocket"), rng)
seen_test, truth_test = scenes(large.x_test, ("cat", "china"), rng)


# %%
def segment(skips, seed, steps=60):
    """Train a small U-Net; return its answers for the test scenes and their IoU."""
    torch.manual_seed(seed)
    net = models.unet(1, 2, width=8, depth=3, skips=skips)
    optimiser = torch.optim.Adam(net.parameters(), lr=0.01)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, 0.01, total_steps=steps)
    for _ in range(steps):
        batch = torch.randint(len(seen), (16,))
        loss = nn.functional.cross_entropy(net(seen[batch]), truth[batch])
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        schedule.step()
    with torch.no_grad():
        answer = net.eval()(seen_test).argmax(1)
    return answer, ((answer & truth_test).sum() / (answer | truth_test).sum()).item()


# %%
answers = {skips: [segment(skips, seed) for seed in range(3)] for skips in (False, True)}
for skips, title in ((False, "without shortcuts"), (True, "with shortcuts")):
    values = [iou for _, iou in answers[skips]]
    weights = sum(p.numel() for p in sketch(models.unet, 1, 2, width=8, skips=skips).parameters())
    print(f"{title:17} ({weights:,} weights): IoU {np.mean(values):.2f} ± {np.std(values, ddof=1):.2f}")

# %%
rows = [seen_test[:8, 0], truth_test[:8], answers[False][0][0][:8], answers[True][0][0][:8]]
show.images(
    [image.double().numpy() for row in rows for image in row],
    columns=8,
    size=1.05,
    alt="Four rows of eight pictures: digits on pieces of photos; the true masks of the digits; blurred, rounded masks by the network without shortcuts; masks "
    "with finer strokes, much like the true ones, by the network with shortcuts.",
    caption="From top: scene, truth, answer without shortcuts, answer with shortcuts (seed 0, test scenes).",
)

# %%
# NBVAL_CHECK_OUTPUT
better = [with_ > without for (_, with_), (_, without) in zip(answers[True], answers[False], strict=True)]
print("better with shortcuts, in each of three seeds:", all(better))

# %% [markdown]
# **IoU** (交并比) is the number of pixels in both masks, answer and truth, divided by the number in at least one. Without the dashed arrows all that the decoder knows has passed the bottom, 4×4 places here. The
# strokes come out thick and round. With them, *what* comes from below, and *where* from the side. Session III takes this further.
#
# ## Which network is the best?
#
# For single networks and one crop of each photo, torchvision's documentation gives the errors on ImageNet's validation photos. The multiply-adds and parameters are those that we
# have counted. Most of the seven were trained in nearly the same way; the weights of GoogLeNet and DenseNet were taken over from other programs.

# %% jupyter={"source_hidden": true}
ERRORS = {
    "alexnet": 20.93,
    "vgg16": 9.62,
    "vgg19": 9.12,
    "googlenet": 10.47,
    "resnet34": 8.58,
    "resnet152": 5.95,
    "densenet121": 8.03,
}
fig, ax = show.new_figure(size=(8, 4.2))
for (name, title), colour in zip(
    NAMES.items(), ("purple", "red", "red", "orange", "blue", "blue", "green"), strict=True
):
    found = profiles[name]
    ax.scatter(found.multiply_adds / 1e9, ERRORS[name], s=found.parameters / 1e5, color=COLOURS[colour], alpha=0.5)
    above = 1.5 if name in ("resnet34", "alexnet", "googlenet") else 2.6 if name == "vgg16" else -1.9
    ax.text(found.multiply_adds / 1e9, ERRORS[name] + above, title, ha="center", va="center", fontsize=10)
ax.set(xscale="log", xlabel="multiply-adds for one photo, in thousand millions", ylabel="top-5 error, %", ylim=(0, 24))
ax.set(xlim=(0.4, 40), xticks=(0.5, 1, 2, 5, 10, 20), xticklabels=("0.5", "1", "2", "5", "10", "20"))
show.figure(
    fig,
    alt="Top-5 error against multiply-adds on a logarithmic axis, areas as the number of parameters. "
    + "; ".join(f"{NAMES[name]} {error} percent" for name, error in ERRORS.items())
    + ". VGG has the largest circles and lies at the right; GoogLeNet and DenseNet are small circles at the left.",
    caption="Work, error and size (area of the circle) of seven networks. Lower and further left is better.",
)

# %% [markdown]
# AlexNet is cheap and bad. VGG is beaten in everything, by ResNet-34 for example, and is still loved for its simple features. GoogLeNet was ahead of VGG in the contest and is behind it here: its weights have the small
# kernels, and an entry to the contest is more than a network. DenseNet-121 and ResNet-34 get about the same error; DenseNet with fewer parameters, which does not mean that
# it is faster: stacking moves much memory. ResNet-152 is the best here, and only VGG works harder. One number is not enough to call a network good.
#
# ## Weights that others have trained
#
# To train one of these on ImageNet takes days on good hardware. The results are public: **pretrained weights** (预训练权重). `models.load_published` fetches a file once, checks it against its SHA-256 fingerprint, and keeps
# it. The next cell does so if somebody watches and there is a network. Where these lectures are built there is none; then it takes random weights, and says so.

# %%
cat = models.preprocess(data.photo("cat"))
torch.manual_seed(0)
net, weights = models.densenet121().train(), "random weights"  # in training mode: it has no statistics to go by yet
if show.watched():
    try:
        net, weights = models.load_published("densenet121"), "published weights"  # 32 MB, the smallest of the seven
    except ConnectionError as error:
        print(error)
else:
    print("Nobody watches this run, so nothing is fetched.")
with torch.no_grad():
    chances = net(cat).softmax(dim=1)[0]
print(f"With {weights}: the five classes of house cats have {chances[281:286].sum():.1%} of the probability.")

# %% [markdown]
# Guessing gives five classes of a thousand 0.5 %. If you have a network, see for yourself what the published weights say. Then try the other photos, `data.PHOTOS`. (Classes 151 to 268 are the dogs, 281 to 285 the house cats, 504 is
# a coffee mug, 967 an espresso.)
#
# **Change it.** (a) Train `Plain` with 8 blocks for 30 passes. (b) Give the plain network no batch normalisation: subclass it with `residual` of your own. Does the gradient fade now? (c) Put the addition *after* the ReLU, $y = x + \mathrm{ReLU}(F(x))$, and train
# 34 layers. (d) Draw your own network with `widgets.NetworkView`.

# %%
_, loss, right = train(BasicBlock, 4, seed=0)
print(f"10 layers with shortcuts: training loss {loss:.2f}, test accuracy {right:.3f}")

# %% [markdown]
# ## Exercises
#
# **1. The dense layers of VGG.** How many parameters would VGG-16 have if, like GoogLeNet, it averaged its last maps (512×7×7) and had one dense layer to 1,000 classes?
#
# <details><summary>Answer</summary>
#
# The convolutions have $138{,}357{,}544 - 123{,}642{,}856 = 14{,}714{,}688$. The dense layer has $512 \cdot 1000 + 1000 = 513{,}000$. Together 15,227,688: a ninth.
#
# </details>
#
# **2. Delete a block.** Train `BasicBlock` with 8 blocks and `Plain` with 8 blocks (30 passes for the plain one). Then replace one block after the other by `nn.Identity()` (with `copy.deepcopy`), and measure the accuracy each time. What do
# you expect? What does it say about the two networks?
#
# <details><summary>Answer</summary>
#
# ```python
# import copy
#
# for block, passes in ((BasicBlock, 6), (Plain, 30)):
#     net = train(block, 8, seed=0, passes=passes)[0]
#     for i in range(8):
#         other = copy.deepcopy(net)
#         other[3 + i] = nn.Identity()
#         print(block.__name__, i, f"{accuracy(other):.3f}")
# ```
#
# We got, with shortcuts, 97 % for the whole network and 23, 61, 88, 95, 97, 96, 97, 97 % without block 1, 2, ... 8: the early blocks matter, each of the later ones can go. The plain network falls from 98 % to between 2 and 24 %, whichever block is missing. In the plain
# network each layer needs exactly the layer before it. A residual network is more like a crowd of short networks (Veit, Wilber and Belongie, 2016).
#
# </details>
#
# **3. Dense is convolution.** 004 mentions that VGG's dense layers can be turned into convolutions, so that the network takes images of any size. Do it for `nn.Linear(8 * 6 * 6, 5)` on maps of 8×6×6, check that the numbers are equal, and feed maps of
# 8×9×10. What do the results mean?
#
# <details><summary>Answer</summary>
#
# ```python
# dense, conv = nn.Linear(8 * 6 * 6, 5), nn.Conv2d(8, 5, 6)
# conv.weight.data, conv.bias.data = dense.weight.data.view(5, 8, 6, 6), dense.bias.data
# maps = torch.randn(2, 8, 6, 6)
# torch.testing.assert_close(conv(maps)[:, :, 0, 0], dense(maps.flatten(1)))
# conv(torch.randn(2, 8, 9, 10)).shape  # (2, 5, 4, 5)
# ```
#
# The kernel is as large as the maps, so it has one place, and the sum is the same. On larger maps it has 4×5 places. Each result is what the dense layer would say for the window of 6×6 there: a map of coarse answers for one pass. This is how FCN began.
#
# </details>
#
# ## What to read next
#
# - A. Krizhevsky, I. Sutskever and G. Hinton (2012), *ImageNet classification with deep convolutional neural networks*. NIPS. And A. Krizhevsky (2014), *One weird trick for parallelizing convolutional neural networks*. arXiv 1404.5997.
# - M. Lin, Q. Chen and S. Yan (2014), *Network in network*. ICLR. The 1×1 convolution and global average pooling.
# - K. Simonyan and A. Zisserman (2015), *Very deep convolutional networks for large-scale image recognition*. ICLR.
# - C. Szegedy and others (2015), *Going deeper with convolutions*. CVPR.
# - O. Russakovsky and others (2015), *ImageNet Large Scale Visual Recognition Challenge*. International Journal of Computer Vision 115.
# - J. Long, E. Shelhamer and T. Darrell (2015), *Fully convolutional networks for semantic segmentation*. CVPR.
# - O. Ronneberger, P. Fischer and T. Brox (2015), *U-Net: convolutional networks for biomedical image segmentation*. MICCAI.
# - K. He, X. Zhang, S. Ren and J. Sun (2016), *Deep residual learning for image recognition*. CVPR.
# - A. Veit, M. Wilber and S. Belongie (2016), *Residual networks behave like ensembles of relatively shallow networks*. NIPS.
# - G. Huang, Z. Liu, L. van der Maaten and K. Weinberger (2017), *Densely connected convolutional networks*. CVPR.
# - V. Badrinarayanan, A. Kendall and R. Cipolla (2017), *SegNet*. IEEE Transactions on Pattern Analysis and Machine Intelligence 39.
# - J. Hu, L. Shen and G. Sun (2018), *Squeeze-and-excitation networks*. CVPR.
# - G. Yang, J. Pennington, V. Rao, J. Sohl-Dickstein and S. Schoenholz (2019), *A mean field theory of batch normalization*. ICLR.
#
# Next: [sequences](12_sequences.ipynb), and networks that remember.
