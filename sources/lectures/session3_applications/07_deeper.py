# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # From AlexNet to 152 layers, in pictures
#
# The next five lectures make pictures with networks: what a kernel sees, dreams, styles. This one looks at the networks themselves, from
# outside, and at one question above all: how much of a photo can a single number inside a network know about?
#
# **You will be able to**
#
# - draw a network to scale, and see at a glance where its parameters are and where its work is;
# - compute the receptive field of any layer with two lines of arithmetic, and check it with a gradient;
# - tell the part of the photo that a unit *can* see from the part that it *does* listen to;
# - say what each year from 2012 to 2015 added, in one sentence each;
# - place the small network that ships with this course beside the famous ones.
#
# Time: about 25 minutes. How these networks are built, and why, stands in [lecture 11 of Session II](../session2_frameworks/11_architectures.ipynb);
# here we only look.

# %%
import numpy as np
import torch
from matplotlib.patches import Rectangle

from course_pkg import data, models, show, vision, widgets
from course_pkg.models import profile
from course_pkg.show import COLOURS

torch.set_num_threads(1)  # for networks as small as ours a second thread costs more than it brings


# %%
def sketch(build, **options):
    """A network on the device "meta": shapes without numbers, so that it takes neither time nor memory."""
    with torch.device("meta"):
        return build(**options).eval()


network = vision.load("small")  # the network that ships with the course
small = network.module
nets = {"AlexNet": sketch(models.alexnet), "VGG-19": sketch(models.vgg19)}
nets |= {"GoogLeNet": sketch(models.googlenet, aux=False), "ResNet-34": sketch(models.resnet34)}
nets |= {"ResNet-152": sketch(models.resnet152), "small": small}
PHOTO = (1, 3, 224, 224)  # one photo, three colours, 224×224 pixels
profiles = {name: profile(net, PHOTO) for name, net in nets.items()}

# %% [markdown]
# ## Look first: networks to scale
#
# A photo goes in at the left. Every rectangle is what one layer hands on to the next: as high as its maps (特征图) are in pixels, as wide as there are maps.
# So the area of a rectangle is the number of values, and all rectangles are drawn to one scale.


# %%
def chain(layers):
    """The outputs along a network: of several branches what they are stacked or added to, no shortcut by itself."""
    modules = {layer.name.rpartition(".")[0] + "." for layer in layers if layer.kind == "cat"}
    for layer in layers:
        inside = any(layer.name.startswith(name) for name in modules) or "downsample" in layer.name
        if layer.kind == "cat" or (layer.kind == "Conv2d" and not inside):
            yield layer.output_shapes[0][1:]


# %% jupyter={"source_hidden": true}
drawn = ["AlexNet", "VGG-19", "GoogLeNet", "ResNet-34", "small"]
fig, axes = show.new_figure(len(drawn), 1, size=(11, 6.4), sharex=True, sharey=True)
for ax, name in zip(axes, drawn, strict=True):
    ax.add_patch(Rectangle((-120, -112), 60, 224, fc="0.8", ec="0.4", lw=0.5))
    x = 0
    for maps, side, _ in chain(profiles[name].layers):
        ax.add_patch(Rectangle((x, -side / 2), maps, side, fc=COLOURS["sky"], ec="white", lw=0.6))
        x += maps
    ax.text(-160, 0, "ours" if name == "small" else name, ha="right", va="center", fontsize=11)
    ax.set(xlim=(-900, 7600), ylim=(-120, 120))
    ax.axis("off")
show.figure(
    fig,
    alt="Five rows of rectangles that get lower and wider from left to right. AlexNet is short and starts low; VGG-19 is long and starts with high rectangles; "
    "GoogLeNet and ResNet-34 are long and low after the first few; our own network is high at first and very short.",
    caption="Outputs of the convolutions (of a whole module in GoogLeNet and ours). Height: side of the maps. Width: number of maps. Grey: the photo.",
)

# %% [markdown]
# All of them trade place for meaning: fewer and fewer positions, more and more maps. (ResNet-152 is not drawn. At this scale its row would be nine times as
# long as that of ResNet-34.)
#
# The course's deck (000) describes VGG by the spaces that its maps live in: at each pixel of stage 1 there is a vector of 64 numbers, in stage 2 one of 128, and so on. And
# it mentions AlexNet's first layer. We read both off:

# %%
# NBVAL_CHECK_OUTPUT
stages = dict.fromkeys(maps for maps, _, _ in chain(profiles["VGG-19"].layers))
print("VGG-19, vectors at each pixel of its stages:", *stages)
first = next(iter(chain(profiles["AlexNet"].layers)))
print(f"AlexNet of 2014 in one tower: {first[0]} kernels in the first layer; of 2012 in two: 2 × 48 = {2 * 48}")

# %% [markdown]
# ## Where are the parameters, where is the work?

# %% jupyter={"source_hidden": true}
fig, axes = show.new_figure(1, 2, size=(11, 3.2), sharey=True)
for ax, which in zip(axes, ("parameters", "multiply_adds"), strict=True):
    for row, name in enumerate(profiles):
        left = 0
        for layer in profiles[name].layers:
            value = getattr(layer, which)
            if value:
                colour = COLOURS["orange" if layer.kind == "Linear" else "blue"]
                ax.barh(row, value, left=left, color=colour, ec="white", lw=0.3)
                left += value
        ax.text(left, row, f"  {left / 1e9:.2f} G" if which != "parameters" else f"  {left / 1e6:.1f} M", va="center")
    ax.set(yticks=range(len(profiles)), yticklabels=["ours" if n == "small" else n for n in profiles], xticks=[])
    ax.set(title=which.replace("_", "-"), xlim=(0, 1.2 * max(getattr(p, which) for p in profiles.values())))
    ax.invert_yaxis() if which == "parameters" else None
    ax.grid(False)
handles = [axes[0].barh(0, 0, color=COLOURS[colour]) for colour in ("blue", "orange")]
axes[1].legend(handles, ["convolution", "dense"], loc="lower right")
show.figure(
    fig,
    alt="Two sets of bars, cut into layers. Parameters: "
    + "; ".join(f"{name} {p.parameters / 1e6:.1f} million" for name, p in profiles.items())
    + ". AlexNet's and VGG's are mostly orange, dense. Multiply-adds: "
    + "; ".join(f"{name} {p.multiply_adds / 1e9:.2f} thousand million" for name, p in profiles.items())
    + ", nearly all blue, convolutions.",
    caption="Parameters and multiply-adds for one photo of 224×224 pixels, layer by layer, each panel to scale. M: million. G: thousand million.",
)

# %% [markdown]
# Two lessons of these years in one picture. The parameters were in the dense layers, the work in the convolutions. GoogLeNet and ResNet gave up the first, and so became
# *smaller* while they became deeper.
#
# And look at ours: so few parameters that its bar cannot be seen, yet more than half the work of AlexNet. Why? Exercise 3.
#
# ## How much does one number see?
#
# Take one number in a map deep inside. It was computed from a few numbers of the layer below, these from a few more of the layer below that. All pixels that it depends on
# are its **receptive field** (感受野). Let $r_l$ be the side of the receptive field at layer $l$, and $j_l$ the step in pixels between two neighbours in that layer. A layer
# with kernel $k_l$ and stride $s_l$ takes $k_l$ neighbours, $k_l - 1$ steps apart from the first to the last:
#
# $$r_l = r_{l-1} + (k_l - 1)\, j_{l-1}, \qquad j_l = s_l\, j_{l-1}, \qquad r_0 = j_0 = 1.$$
#
# Pooling counts like convolution. Where branches meet, the largest field counts.


# %%
def receptive_fields(net, layers):
    """For each layer (r, j): the side of the square that one position sees, and the step between two positions."""
    parts, found = dict(net.named_modules()), []
    for layer in layers:
        side, step = max((found[i] for i in layer.inputs), default=(1, 1))
        part = parts.get(layer.name.split("#")[0])  # "relu#2" is the second call of "relu"
        kernel, stride = (np.max(getattr(part, name, 1)) for name in ("kernel_size", "stride"))
        found.append((side + (int(kernel) - 1) * step, step * int(stride)))
    return found


# %%
# NBVAL_CHECK_OUTPUT
fields = {name: receptive_fields(net, profiles[name].layers) for name, net in nets.items()}
last = {}  # the last layer that still has maps
for name, found in fields.items():
    shapes = [layer.output_shapes[0] for layer in profiles[name].layers]
    last[name] = max(i for i, shape in enumerate(shapes) if len(shape) == 4 and shape[-1] > 1)
    side, step = found[last[name]]
    print(f"{name:10} in its last maps a number sees {side:4}×{side:<4} pixels; its neighbour sees them {step} further")

# %% [markdown]
# Is the arithmetic right? Ask for a gradient: the pixels on which a number depends are those with a gradient that is not 0. We give our network positive weights, so that
# nothing cancels, and take the number in the middle of its last maps.

# %%
# NBVAL_CHECK_OUTPUT
torch.manual_seed(0)
positive = models.small_inception()
for weight in positive.parameters():
    weight.data.abs_()
x = torch.rand(1, 3, 320, 320, requires_grad=True)
maps = positive[: list(dict(positive.named_children())).index("relu5a") + 1](x)
maps[0, :, maps.shape[2] // 2, maps.shape[3] // 2].sum().backward()
touched = (x.grad[0].abs().sum(0) > 0).any(dim=0).sum().item()
print(f"formula: {fields['small'][last['small']][0]} pixels; gradient: {touched} pixels")

# %% [markdown]
# On a photo it looks like this. Each square is what one number sees at the end of a stage, that is before the maps are halved again.

# %% jupyter={"source_hidden": true}
photo = data.photo("cat", height=224)[:, 60:284]
STEPS = {2: "orange", 4: "green", 8: "sky", 16: "purple", 32: "red"}
fig, axes = show.new_figure(1, 5, size=(12, 3.1))
for ax, name in zip(axes, drawn, strict=True):
    ax.imshow(photo, extent=(-112, 112, -112, 112))
    for step, colour in STEPS.items():
        sides = [r for i, (r, j) in enumerate(fields[name]) if j == step and i <= last[name]]
        if sides:
            ax.add_patch(Rectangle((-sides[-1] / 2,) * 2, *(sides[-1],) * 2, fill=False, ec=COLOURS[colour], lw=2.5))
    ax.set(xlim=(-195, 195), ylim=(-195, 195), title="ours" if name == "small" else name)
    ax.axis("off")
handles = [Rectangle((0, 0), 1, 1, fill=False, ec=COLOURS[colour], lw=2.5) for colour in STEPS.values()]
fig.legend(handles, [f"steps of {step}" for step in STEPS], ncols=5, loc="outside lower center", fontsize=10)
show.figure(
    fig,
    alt="The photo of a cat five times, each with nested squares around its middle. In AlexNet the largest covers most of the photo; in VGG-19, GoogLeNet and "
    "ResNet-34 the largest squares are larger than the photo; in ours the largest is about as large as the photo.",
    caption="Receptive fields in the middle of a photo of 224×224 pixels. Squares that are not drawn are larger than the picture.",
)

# %% [markdown]
# 000 explains a kernel by "the cat's kernel": an output point of it is active if there is a cat in the region that it looks at. Now you can say which layers could have such a
# kernel for this photo. In VGG-19 and in ours an eye of the cat fits into the green square. The whole face needs a blue or purple one.
#
# ### A ladder, layer by layer
#
# Climb it yourself. How deep must a convolution lie to see an eye, the face, the whole photo?


# %%
def depths(layers):
    """For each layer, the number of layers with weights on the longest way to it, itself included."""
    found = []
    for layer in layers:
        found.append(max((found[i] for i in layer.inputs), default=0) + (layer.multiply_adds > 0))
    return found


ladder = {name: {} for name in nets}  # network → depth → the largest field of a convolution at that depth
for name, found in fields.items():
    layers = profiles[name].layers
    for layer, depth, (side, _) in zip(layers, depths(layers), found, strict=True):
        if layer.kind == "Conv2d":
            ladder[name][depth] = max(side, ladder[name].get(depth, 0))


# %%
def seen(network, depth):
    """The photo, darkened outside what a number in the middle sees after ``depth`` convolutions."""
    side = ladder[network][min(depth, max(ladder[network]))]
    bright = slice(max(0, 112 - side // 2), 112 + side // 2 + 1)
    shown = 0.2 * photo
    shown[bright, bright] = photo[bright, bright]
    return shown


widgets.PictureKnobs(
    seen,
    {"network": list(nets), "depth": (1, 50, 1)},
    values={"network": "VGG-19", "depth": 7},
    about="A photo of a cat, bright where a number deep in the network sees it",
)

# %% jupyter={"source_hidden": true}
fig, ax = show.new_figure(size=(8, 3.8))
for (name, steps), colour in zip(ladder.items(), ("purple", "red", "orange", "sky", "blue", "black"), strict=True):
    points = zip(*sorted(steps.items()), strict=True)
    ax.plot(*points, ".-", color=COLOURS[colour], ms=4, label="ours" if name == "small" else name)
ax.axhline(224, color="0.4", ls="--", lw=1.2)
ax.text(1, 250, "whole photo", color="0.3", fontsize=9)
ax.set(
    xscale="log", yscale="log", xlabel="depth: convolutions on the longest way from the photo", ylabel="field, pixels"
)
ax.set(xticks=(1, 2, 5, 10, 20, 50, 150), xticklabels=(1, 2, 5, 10, 20, 50, 150))
ax.set(yticks=(3, 10, 30, 100, 300, 1000), yticklabels=(3, 10, 30, 100, 300, 1000))
ax.minorticks_off()
ax.legend(fontsize=9)
show.figure(
    fig,
    alt="Receptive field against depth, both axes logarithmic. AlexNet starts at 11 pixels and is past 150 after five convolutions. VGG-19 and ours rise slowly and reach "
    "252 and 214 after 16 and 12. GoogLeNet and ResNet-34 cross the whole photo in their last third. ResNet-152 crosses it at a depth of about 50 and ends above 1,400.",
    caption="How the receptive field grows with depth. Dashed: the side of the photo.",
)

# %% [markdown]
# AlexNet sees large pieces at once, after few steps. The later networks look closely at first and get there slowly. In ResNet-152 every number of the last hundred layers could see the
# whole photo. So depth is not there to see more of it. What the later layers add is more *steps of thought* about the same photo.
#
# ## Can see, and does
#
# The square is what a number *can* depend on. How strongly does it depend on each pixel? We take our trained network, ask for the gradient of the numbers in the middle of a layer, for pieces of all bundled photos, and average
# its strength. Luo and others (2016) call the result the **effective receptive field** (有效感受野).

# %%
pieces = []
for number, name in enumerate(data.PHOTOS):
    picture, rng = data.photo(name, height=320), np.random.default_rng(number)
    for _ in range(3):
        top, left = (rng.integers(side - 255) for side in picture.shape[:2])
        pieces.append(picture[top : top + 256, left : left + 256])
pieces = torch.tensor(np.array(pieces), dtype=torch.float32).permute(0, 3, 1, 2)


# %%
def listened(layer):
    """The mean strength of the gradient, pixel by pixel (256, 256), of the middle of a layer; it sums to 1."""
    total = 0
    for part in pieces.split(7):
        part = part.to(network.device).requires_grad_()
        maps = network.features(part, [layer])[layer]
        maps[:, :, maps.shape[2] // 2, maps.shape[3] // 2].square().sum(dim=1).sqrt().sum().backward()
        strength = part.grad.square().sum(dim=1).sqrt()
        total = total + (strength / strength.sum(dim=(1, 2), keepdim=True)).sum(0)
    shift = -256 // maps.shape[2] // 2  # the position right of the middle lies half a step beside it
    return np.roll((total / len(pieces)).cpu().numpy(), (shift, shift), axis=(0, 1))


def half(strength):
    """The side of the smallest square around the middle that holds half of the sum."""
    m = len(strength) // 2
    return next(2 * k for k in range(1, m + 1) if strength[m - k : m + k, m - k : m + k].sum() >= 0.5)


# %%
LAYERS = ("relu3b", "relu4b", "relu5a")
names = [layer.name for layer in profiles["small"].layers]
can = {layer: fields["small"][names.index(layer)][0] for layer in LAYERS}
heard = {layer: listened(layer) for layer in LAYERS}
for layer in LAYERS:
    print(f"{layer}: can see {can[layer]} pixels; half of what it listens to lies within {half(heard[layer])}")

# %% jupyter={"source_hidden": true}
fig, axes = show.new_figure(1, len(LAYERS), size=(10, 3.6))
for ax, layer in zip(axes, LAYERS, strict=True):
    ax.imshow(np.sqrt(heard[layer]), extent=(-128, 128, -128, 128), cmap="gray")
    for side, colour in ((can[layer], "orange"), (half(heard[layer]), "sky")):
        ax.add_patch(Rectangle((-side / 2,) * 2, side, side, fill=False, ec=COLOURS[colour], lw=2))
    ax.set(title=layer, xlim=(-128, 128), ylim=(-128, 128))
    ax.axis("off")
show.figure(
    fig,
    alt="Three dark squares with a bright spot in the middle that fades outwards. The spot grows from layer to layer. An orange frame marks the receptive field, a much "
    "smaller blue frame holds half of the brightness; in all three the corners of the orange frame are black.",
    caption=f"Strength of the gradient (square root), {network.caption}. Orange: what it can see. Blue: half of what it listens to.",
)

# %% [markdown]
# A unit listens mostly to the middle of what it can see. There are many ways through the network from a pixel in the middle to the number, and few from a pixel at the border. Keep this in mind
# for the dreams: the patterns that appear are smaller than the squares promise.
#
# ## What each year brought

# %% jupyter={"source_hidden": true}
entries = {
    "AlexNet": (2012, 8, 15.3),
    "VGG": (2014, 19, 7.3),
    "GoogLeNet": (2014, 22, 6.7),
    "ResNet": (2015, 152, 3.57),
}
fig, ax = show.new_figure(size=(7.5, 3.6))
ax.plot(*zip(*[(depth, error) for _, depth, error in entries.values()], strict=True), color="0.75", lw=1.2, zorder=0)
for (name, (year, depth, error)), colour in zip(entries.items(), ("purple", "red", "orange", "blue"), strict=True):
    ax.scatter(depth, error, s=90, color=COLOURS[colour])
    ha, va, dx, dy = ("right", "top", 0.95, -0.4) if name == "VGG" else ("left", "bottom", 1.08, 0.4)
    ax.text(depth * dx, error + dy, f"{name}, {year}\n{depth} layers, {error} %", ha=ha, va=va, fontsize=10)
ax.set(xscale="log", xlabel="layers with weights", ylabel="top-5 error, %", ylim=(0, 19), xlim=(6, 420))
ax.set(xticks=(8, 19, 50, 152), xticklabels=(8, 19, 50, 152))
ax.minorticks_off()
show.figure(
    fig,
    alt="Top-5 error against depth: "
    + "; ".join(f"{n} {d} layers {e} percent" for n, (_, d, e) in entries.items())
    + ". The error falls as depth grows.",
    caption="Entries to the contest of ILSVRC, ensembles of networks (Russakovsky and others, 2015; He and others, 2016).",
)

# %% [markdown]
# | Year | Network | What was new, in one sentence | Read more |
# |---|---|---|---|
# | 2012 | AlexNet, 8 layers | Learned features beat features made by hand, thanks to a million labelled photos, graphics cards, ReLU and dropout. | [Session I, 8](../session1_networks/08_deep.ipynb) |
# | 2013 | Clarifai, Zeiler and Fergus | Nearly the same network, improved by *looking into it*: pictures of what kernels answer to showed that the first layer was too coarse. | [the next lecture](08_what_a_kernel_sees.ipynb) |
# | 2014 | VGG, 19 layers | Only 3×3 kernels; where more must be seen, more layers. | [Session II, 11](../session2_frameworks/11_architectures.ipynb) |
# | 2014 | GoogLeNet, 22 layers | Modules with 1×1, 3×3 and 5×5 side by side, made cheap by 1×1; no large dense layers. | the same |
# | 2015 | ResNet, 152 layers | Each block only *adds* to what is there, so that a signal gets through any number of them. | the same |
#
# Be careful with the drawing. Four things changed from point to point, not only the depth: data augmentation, initialisation, normalisation, and the number of networks that were averaged. That depth as such does not help is
# shown in Session II: a plain network of 34 layers was worse than one of 18, on its own training data. And AlexNet's 15.3 % had extra training photos; without them it was 16.4 %.
#
# > **Where the sources are wrong (E-3).** On this page 000 says that AlexNet was 5 points better than the state of the art. The second-best entry had 26.2 %; the lead was more than ten points. The proof
# > stands in [lecture 8 of Session I](../session1_networks/08_deep.ipynb).
#
# ## The small one
#
# Nobody can train ResNet-152 in a lecture, and its weights do not fit into a repository. So this course ships a network of its own. It is a small relative of GoogLeNet: five modules with four branches. It
# has average pooling where GoogLeNet has maximum pooling, which makes smoother pictures. It was trained on generated textures and on pieces of the bundled photos. Its model card,
# `course_pkg/models/MODEL_CARD.md`, says how, how well, and what it cannot do. Unfold it:

# %%
widgets.NetworkView(small, (1, 3, 64, 64), title="The course's small network")

# %%
# NBVAL_CHECK_OUTPUT
ours, theirs = profiles["small"], profiles["GoogLeNet"]
print(f"layers with weights on the longest way: {max(depths(ours.layers))}")
print(f"parameters: {ours.parameters:,}, GoogLeNet has {theirs.parameters / ours.parameters:.0f} times as many")
print(f"in 16 bits a parameter, as they are stored: {2 * ours.parameters / 1e6:.1f} MB")
print(f"classes: {len(network.classes)}, for example {', '.join(network.classes[:4])}")

# %% [markdown]
# It knows textures, not things. It has never seen a dog. So its dreams will be full of scales, stripes and petals, where GoogLeNet's are full of dogs: a network dreams of what it was trained on. With a network connection
# the next lectures can use GoogLeNet and VGG-19 too; `vision.load("googlenet")` fetches them.
#
# **Change it.** What would a 5×5 branch bring? `models.googlenet(kernel=5)` has the kernels of the paper. Guess how much larger the last receptive field becomes, then run. Try a network of your own.

# %%
changed = sketch(models.googlenet, aux=False, kernel=5)
found = receptive_fields(changed, profile(changed, PHOTO).layers)
print(
    f"GoogLeNet with 5×5: {found[last['GoogLeNet']][0]} pixels; with 3×3: {fields['GoogLeNet'][last['GoogLeNet']][0]}"
)

# %% [markdown]
# ## Exercises
#
# **1.** A network begins with three layers: a 3×3 convolution, a 2×2 pooling with stride 2, another 3×3 convolution. How much does a number see after each? Which step between neighbours?
#
# <details><summary>Answer</summary>
#
# After the convolution $r = 3$, $j = 1$. After the pooling $r = 3 + 1 \cdot 1 = 4$, $j = 2$. After the second convolution $r = 4 + 2 \cdot 2 = 8$, $j = 2$. A 3×3 kernel after one
# pooling widens the field as much as a 5×5 kernel before it.
#
# </details>
#
# **2.** Add one maximum pooling of 2×2 with stride 2 at the *beginning* of VGG-19. What happens to the receptive field of its last layer, to its parameters, and to its work for a photo of 224×224?
#
# <details><summary>Answer</summary>
#
# All steps $j$ double, so $r - 1$ doubles, plus 1 for the pooling itself: from 268 to $2 \cdot 267 + 1 + 1 = 536$ pixels. The convolutions keep their parameters. (The dense layers expect 7×7 positions. Ours has an adaptive pooling in front of them that
# stretches 3×3 to 7×7, so they stay too.) The work of the convolutions falls to about a quarter, since there are a quarter of the positions. It would also classify worse: what is smaller than two pixels is gone.
#
# </details>
#
# **3.** Ours has less than a hundredth of AlexNet's parameters, and more than half of its work. Explain, with the first picture.
#
# <details><summary>Answer</summary>
#
# A parameter of a dense layer is used once for a photo, and nearly all of AlexNet's parameters are such. A parameter of a convolution is used once at each *position*. AlexNet's first layer steps over the photo in steps of 4 and has 55×55 positions; ours looks at each pixel
# and has 224×224, and it keeps its maps large for longer. In the picture: our rectangles are high, where AlexNet starts low. (Why be so wasteful? For pictures. A stride of 4 leaves a grid in every dream.)
#
# </details>
#
# ## What to read next
#
# - M. Zeiler and R. Fergus (2014), *Visualizing and understanding convolutional networks*. ECCV.
# - O. Russakovsky and others (2015), *ImageNet large scale visual recognition challenge*. IJCV 115.
# - W. Luo and others (2016), *Understanding the effective receptive field in deep convolutional neural networks*. NeurIPS.
# - A. Araujo, W. Norris and J. Sim (2019), *Computing receptive fields of convolutional neural networks*. Distill. It gives 195 pixels for AlexNet, as we found.
#
# Next: [what a kernel sees](08_what_a_kernel_sees.ipynb).
