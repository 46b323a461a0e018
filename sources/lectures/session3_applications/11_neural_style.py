# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Neural Style
#
# A photo and a painting go in; out comes the photo, painted like the painting. No network is trained for it. The picture itself is what is learned.
#
# **You will be able to**
#
# - write down the two losses of Neural Style and derive their gradients by hand;
# - say what each knob does: the ratio of the weights, the layers, the start, the colours;
# - compare two optimisers on the same problem fairly;
# - say where the quoted ratio of the weights comes from and when it means nothing.
#
# Time: about 40 minutes. You need [what style is](10_what_is_style.ipynb).

# %%
import numpy as np
import torch
from ipywidgets import interact_manual

from course_pkg import data, show, vision
from course_pkg.vision import gram

torch.set_num_threads(1)  # repeatable to the last digit
network = vision.load("vgg19", offline="small")
CONTENT, STYLE = vision.usual_layers(network)
print(f"{network.caption}; content from {', '.join(CONTENT)}, style from {', '.join(STYLE)}")

# %% [markdown]
# ## A picture first

# %%
cat = data.photo("cat", height=160)
glass = data.texture("stained_glass", size=160, seed=5)
first = vision.stylise(network, cat, glass, style_weight=10, steps=40)

# %% jupyter={"source_hidden": true}
show.images(
    [glass, cat, first.picture],
    columns=3,
    size=2.4,
    titles=["style Z: stained glass", "+ content Y: the cat", "= X"],
    alt="Left: a generated picture of stained glass in green and pink with dark leads. Middle: the photo of a cat. Right: the same cat drawn with dark leads and green and pink panes.",
    caption=f"{first.caption}. Forty evaluations of the loss.",
)

# %% [markdown]
# The deck (000) opens this topic with the same sum: a famous painting + a photo = the photo as a painting. Its network is VGG-19, trained on a million photos. This page took
# VGG-19 if its weights are on your computer (`models.load_published("vgg19")` fetches them, 548 MB) and the small network of this course otherwise; the first cell says which. The small
# one knows textures, so our *paintings* are textures that the course generates. With VGG-19, or any file of yours, try
# `vision.read_picture("painting.jpg")`.
#
# ## From a wish to an optimisation problem
#
# The wish has two halves. *The content of the photo*: somewhere in the middle of the network, at a layer $\ell_c$, the picture $X$ that we look for should give the same field of features as the photo $Y$. And *the
# style of the painting*: at several layers $\ell_s$, its Gram matrices should be those of the painting $Z$.
#
# $$L_{\text{content}}(X, Y) = \tfrac{1}{2} \big\| I^{\ell_c}(X) - I^{\ell_c}(Y) \big\|^2 \qquad
#   L_{\text{style}}(X, Z) = \sum_s w_s \big\| G^{\ell_s}(X) - G^{\ell_s}(Z) \big\|^2$$
#
# $$L(X, Y, Z) = \alpha\, L_{\text{content}}(X, Y) + \beta\, L_{\text{style}}(X, Z) \qquad \min_X L(X, Y, Z)$$
#
# $G_{fg} = I_f \cdot I_g$ is the Gram matrix of the last lecture. Unknown are the pixels of $X$; the weights of the network stay as they are. The content loss compares *point by point*, so it keeps
# what is where. The style loss has forgotten the points, so it cannot disturb more of that than it must.
#
# ## The gradient by hand
#
# There are two ways to go on, says the deck. The way of TensorFlow: write the losses as tensors and let the framework differentiate. The way of **Caffe**: derive the gradient of the losses by
# hand, feed it in at the layers, and let the backward pass of the network carry it down to the pixels. We take the second way first. Write $F$ for the maps of a layer as a matrix, a row for each map and a column for each point, so $G = F F^\mathsf{T}$.
#
# **Content.** $\frac{1}{2} \|F - P\|^2$ has the gradient $F - P$.
#
# **Style.** Let $E = \|G - A\|^2$ with $G = F F^\mathsf{T}$ and $A$ the painting's matrix. A small change $dF$ changes $G$ by
# $dG = dF\, F^\mathsf{T} + F\, dF^\mathsf{T}$, and $E$ by $dE = 2 \langle G - A,\, dG \rangle$. Both terms of $dG$ give the same number, because $G - A$ is symmetric: each $\langle (G - A)\, F,\, dF \rangle$. So
#
# $$\frac{\partial E}{\partial F} = 4\,(G - A)\,F .$$
#
# One matrix product. Where two maps occur together too often, each is pulled down in proportion to the other.

# %%
show.source(gram.style_gradient)

# %% [markdown]
# That is all the mathematics. `StyleObjective.by_hand` feeds these in at each layer; `by_autograd` leaves all to the framework.

# %%
show.source(vision.StyleObjective.by_hand)

# %% [markdown]
# Are they equal? We take the cat as $Y$, the glass as $Z$, and noise as $X$, with the formulas exactly as printed above, $\alpha = 1$, $\beta = 10^{-3}$, all $w_s = \frac{1}{5}$.


# %%
def objective(photo, painting, alpha, beta, normalisation="printed"):
    """The loss of Neural Style for two pictures of the same size."""
    with torch.no_grad():
        Y, Z = (network.features(network.tensor(p), [*CONTENT, *STYLE]) for p in (photo, painting))
    content = {k: (1.0, Y[k], gram.content_factor(normalisation, Y[k])) for k in CONTENT}
    style = {}
    for name in STYLE:
        A, places = gram.gram(Z[name])[0], Z[name][0, 0].numel()
        style[name] = (1 / len(STYLE), A, gram.style_factor(normalisation, A, places))
    weights = {"content_weight": alpha, "style_weight": beta, "variation_weight": 0.0}
    return vision.StyleObjective(network, content, style, **weights)


# %%
# NBVAL_CHECK_OUTPUT
photo, painting = data.photo("cat", height=96)[:, :96], data.texture("stained_glass", size=96, seed=5)
noise = torch.rand(1, 3, 96, 96, generator=torch.Generator().manual_seed(0))
loss = objective(photo, painting, alpha=1.0, beta=1e-3)
(_, by_hand), (_, by_autograd) = loss.by_hand(noise), loss.by_autograd(noise)
difference = float((by_hand - by_autograd).abs().max() / by_autograd.abs().max())
print("gradient by hand = autograd, relative difference below 1e-5:", difference < 1e-5)

# %% [markdown]
# ## Where the sources leave something out: the ratio α/β
#
# The deck says that $\alpha/\beta$ is about $10^{-4}$ to $10^{-3}$. The number is from the paper. But the paper's style loss carries a factor that the deck does not print:
#
# $$E_\ell = \frac{1}{4 N_\ell^2 M_\ell^2} \big\| G^\ell - A^\ell \big\|^2, \qquad N \text{ maps of } M \text{ points}.$$
#
# Without it, a Gram matrix is a sum over all points, and its square grows with $M^2$: the ratio would have to change with the size of the picture, and the layers would not count alike. Here are the five terms of the style loss for the
# cat against the glass, in four normalisations (规范化) that are in use.

# %%
answers = network.features(network.tensor(photo), STYLE)
targets = network.features(network.tensor(painting), STYLE)
rows = []
for name in STYLE:
    A, places = gram.gram(targets[name])[0], targets[name][0, 0].numel()
    E = float(gram.style_loss(gram.gram(answers[name]), A))
    factors = [gram.style_factor(how, A, places) for how in ("printed", "paper", "tutorial", "relative")]
    rows.append((name, A.shape[0], places, *(f"{E * factor:.2g}" for factor in factors)))
show.table(
    rows,
    ["layer", "N", "M", "as printed", "paper, 1/(4N²M²)", "PyTorch tutorial, 1/(N⁴M²)", "relative, 1/‖A‖²"],
    caption="‖G − A‖² of each layer in four normalisations.",
)

# %%
# NBVAL_CHECK_OUTPUT
print("pixels  style loss as printed, paper's, relative; each divided by its value at 64 pixels")
values = []
for size in (64, 128):
    Y, Z = (
        torch.from_numpy(np.kron(p, np.ones((size // 64, size // 64, 1))))
        for p in (photo[:64, :64], painting[:64, :64])
    )
    F, P = (x.permute(2, 0, 1)[None] for x in (Y, Z))  # the raw colours: 3 maps
    A = gram.gram(P)[0]
    E = float(gram.style_loss(gram.gram(F), A))
    values.append([E * gram.style_factor(how, A, size * size) for how in ("printed", "paper", "relative")])
    print(f"{size:6}  " + "  ".join(f"{now / before:.2f}" for now, before in zip(values[-1], values[0], strict=True)))

# %% [markdown]
# Every pixel doubled in both directions, the same picture otherwise: the printed loss is sixteen times as large ($4^2$: four times the points, squared), the others are as before. So a ratio
# has a meaning only together with a normalisation. And even the paper's depends on the network: how large its maps are. We use the last
# one, *relative*: each layer counts 1 if its maps were empty. Then one ratio does for all networks and sizes. Ours are $\alpha = 1$, $\beta = 5$, chosen by eye.
#
# ## α/β: more photo or more painting

# %%
small_cat = data.photo("cat", height=112)
RATIOS = (1, 5, 25, 125)
row = [vision.stylise(network, small_cat, glass, style_weight=beta, steps=30) for beta in RATIOS]

# %% jupyter={"source_hidden": true}
show.images(
    [found.picture for found in row],
    columns=4,
    size=1.9,
    titles=[f"β/α = {beta}" for beta in RATIOS],
    alt="The cat in stained glass four times. From left to right it has less of the photo and more of the glass: first nearly the photo with dark lines, last panes in which only the eyes and the outline of the cat are left.",
    caption=f"The ratio of the weights, normalisation “relative”. {network.caption}.",
)

# %% [markdown]
# ## Two optimisers race
#
# **L-BFGS** estimates from the last steps how the slope changes, and steps accordingly; the paper uses it. **Adam** is the one of [Session II](../session2_frameworks/04_optimisers.ipynb). Both get the same
# start and the same number of evaluations, which is what costs time. Adam's learning rate matters, so it gets three.

# %%
race = {"L-BFGS": vision.stylise(network, small_cat, glass, steps=50)}
for lr in (0.005, 0.02, 0.08):
    race[f"Adam, lr {lr}"] = vision.stylise(network, small_cat, glass, steps=50, optimiser="adam", lr=lr)
show.curves(
    {name: found.history["total"] for name, found in race.items()},
    xlabel="evaluations of the loss",
    ylabel="α L content + β L style",
    log=True,
    alt="Four falling curves on a logarithmic axis: L-BFGS and Adam with three learning rates.",
    caption="The loss of the same problem with two optimisers, from the photo.",
)
for name, found in race.items():
    print(f"{name:14} loss {found.history['total'][0]:.2f} → {found.history['total'][-1]:.3f}")

# %% [markdown]
# When this was written, L-BFGS had 0.518 after 50 evaluations and the best Adam 0.522: L-BFGS is quicker at the start, and needs no rate to be tuned. (Ours begins with a step of fixed length and never takes a very
# long one. Without these two rules, PyTorch's L-BFGS stood still or leapt out of all colours in some of our first tries from noise. And after each step the values are cut to 0 … 1: who cuts only at the end shows a
# picture whose loss nobody has made small.)
#
# ## Which layers?
#
# Style from the first layer alone brings colours and fine grain. The deeper the layers, the larger the pieces of the pattern. For the content it is the other way round: a shallow layer holds on to every pixel of the photo, a
# deep one leaves more freedom.

# %%
choices = {
    f"style: {STYLE[0]} only": {"style_layers": STYLE[:1]},
    f"style: {STYLE[0]} to {STYLE[2]}": {"style_layers": STYLE[:3]},
    f"content: {STYLE[0]}": {"content_layers": STYLE[:1]},
    f"content: {STYLE[-1]}": {"content_layers": STYLE[-1:]},
}
found = [vision.stylise(network, small_cat, glass, steps=30, **layers).picture for layers in choices.values()]

# %% jupyter={"source_hidden": true}
show.images(
    found,
    columns=4,
    size=1.9,
    titles=list(choices),
    alt="Four pictures of the cat: with the style of the first layer only the colours change; with three layers the lines become darker; with content from the first layer more details of the photo remain; with content from the deepest layer fewer.",
    caption="Upper layers for style or content, everything else as before.",
)

# %% [markdown]
# ## Start, colours, smoothness
#
# - **Start.** The deck starts from a random $X_0$. From the photo it is quicker. From noise the result depends on the seed and needs more steps.
# - **Colours.** Often one wants the strokes and not the colours. Gatys and others (2016) give two ways: style only the luminance (亮度) and keep the photo's colours; or give the painting the
#   photo's colours first.
# - **Smoothness.** The **total variation** (全变差) $V = \sum_p (\text{differences to the neighbours})^2 / M$ is a third loss, with weight $\tau$. Without it the pixels
#   keep a fine coloured noise that the network does not mind.

# %%
options = {
    "start: noise, 60 steps": {"start": "random", "steps": 60},
    "luminance only": {"colour": "luminance"},
    "painting recoloured": {"colour": "histogram"},
    "no total variation": {"variation_weight": 0},
}
found = [vision.stylise(network, small_cat, glass, **{"steps": 30, **some}).picture for some in options.values()]

# %% jupyter={"source_hidden": true}
show.images(
    found,
    columns=4,
    size=1.9,
    titles=list(options),
    alt="Four variants of the cat in stained glass: started from noise; with the photo's own colours, brown fur and green eyes; with panes in the colours of the photo; and with fine coloured noise where there is no total variation.",
    caption="One option changed at a time.",
)

# %% [markdown]
# ## The grid: each photo in each style
#
# Content and style can be swapped freely. The deck shows its own grid, of pictures that it calls 葱宝, 小白楼 (a small white building) and
# 星夜 (*The Starry Night*); each may give the content or the style.

# %%
photos = {name: data.photo(name, height=112)[:, :160] for name in ("cat", "coffee", "china")}
paintings = {
    kind: data.texture(kind, size=128, seed=seed) for kind, seed in (("scales", 3), ("labyrinth", 8), ("feathers", 1))
}
grid = {
    (name, kind): vision.stylise(network, photo, painting, style_weight=4, steps=30).picture
    for name, photo in photos.items()
    for kind, painting in paintings.items()
}

# %% jupyter={"source_hidden": true}
fig, axes = show.new_figure(4, 4, size=(8, 5.9))
for ax in axes.flat:
    ax.axis("off")
for column, (kind, painting) in enumerate(paintings.items(), start=1):
    axes[0, column].imshow(painting)
    axes[0, column].set_title(kind)
for row, (name, photo) in enumerate(photos.items(), start=1):
    axes[row, 0].imshow(photo)
    axes[row, 0].set_title(name)
    for column, kind in enumerate(paintings, start=1):
        axes[row, column].imshow(grid[name, kind])
show.figure(
    fig,
    alt="A table of pictures. Above three textures: scales, labyrinth, feathers. On the left three photos: cat, cup of coffee, temple. In each field the photo of its row in the texture of its column; the things of the photo can be recognised everywhere.",
    caption=f"Three photos in three styles. {network.caption}.",
)

# %% [markdown]
# Two paintings at once are no harder: the Gram matrices are averaged. (Why is that the same as adding two style losses? Exercise 2.) And the control: with random weights there are colours, and no pattern.

# %%
two = vision.stylise(network, small_cat, list(paintings.values())[:2], mix=[1, 1], style_weight=4, steps=30)
random_network = vision.load("small", random=True)
control = vision.stylise(random_network, small_cat, paintings["labyrinth"], style_weight=4, steps=30)
show.images(
    [two.picture, control.picture],
    columns=2,
    size=2.4,
    titles=["scales and labyrinth, half each", "labyrinth, random weights"],
    alt="Left: the cat with a pattern between scales and labyrinth. Right: the cat in the colours of the labyrinth, with grain but without its pattern.",
    caption=f"Left: {network.caption}. Right: {random_network.caption}.",
)

# %% [markdown]
# ## Change it
#
# Move the sliders and press the button (a few seconds). Photos: `data.PHOTOS`; styles: `data.TEXTURES`. In a notebook you see the picture while it is made, and Stop keeps the last one.


# %%
def try_it(photo="coffee", style="mosaic", seed=2, beta=5, steps=30):
    """Style a photo and show it."""
    made = vision.stylise(
        network, data.photo(photo, height=112), data.texture(style, size=128, seed=seed), style_weight=beta, steps=steps
    )
    alt = f"The photo {photo} in the style of {style}, weight {beta}."
    show.images(
        [made.picture],
        columns=1,
        size=2.8,
        alt=alt,
        caption=f"{photo} in the style of {style}, β = {beta}. {made.caption}.",
    )


try_it()
_ = interact_manual(
    try_it, photo=list(data.PHOTOS), style=list(data.TEXTURES), seed=(0, 20), beta=(1, 100), steps=(10, 200, 10)
)

# %% [markdown]
# Larger pictures: `scales=(0.5, 1)` works from coarse to fine, which is quicker and gives larger strokes; `found.save("state.npz")` and `resume="state.npz"` go on another day; `vision.load(..., precision="bfloat16")` computes
# with half the bits where `vision.best_precision()` says that the processor can. From a terminal: `python -m course_pkg.vision style --help`.
#
# ## Exercises
#
# **1. The gradient of the Gram loss, on paper.** Let a layer have one map with two points, $F = (a, b)$, and let $A = (t)$. Write the loss and its gradient by elementary calculus and compare with $4(G - A)F$.
#
# <details><summary>Answer</summary>
#
# $G = a^2 + b^2$, $E = (a^2 + b^2 - t)^2$, so $\partial E/\partial a = 2 (a^2 + b^2 - t) \cdot 2a = 4 (G - t)\, a$, and the same with $b$. That is $4 (G - A) F$.
#
# </details>
#
# **2. Two paintings.** Show that $b_1 \|G - A_1\|^2 + b_2 \|G - A_2\|^2$ with $b_1 + b_2 = 1$ has the same gradient as $\|G - (b_1 A_1 + b_2 A_2)\|^2$.
#
# <details><summary>Answer</summary>
#
# By $G$, the first has the gradient $2 b_1 (G - A_1) + 2 b_2 (G - A_2) = 2 \big(G - (b_1 A_1 + b_2 A_2)\big)$, which is that of the second. The two differ by a constant. So any number of paintings costs no more than one.
#
# </details>
#
# **3. Style without content.** Set `content_weight=0` and start once from the photo and once from noise. Both reach about the same style loss. Why do the pictures differ?
#
# <details><summary>Answer</summary>
#
# Very many pictures have the same Gram matrices: they forget all places. The optimiser finds one near its start. From the photo, traces of the photo stay although nothing asks for them. So a start from the photo is
# itself a kind of content loss, and starting from noise, as the deck does, is the cleaner experiment.
#
# </details>

# %% [markdown]
# ## What to read next
#
# - Gatys, Ecker and Bethge, *A neural algorithm of artistic style*, 2015, arXiv 1508.06576. The paper behind the deck's pages.
# - Gatys, Bethge, Hertzmann and Shechtman, *Preserving color in neural artistic style transfer*, 2016, arXiv 1606.05897.
# - Johnson, Alahi and Fei-Fei, *Perceptual losses for real-time style transfer and super-resolution*, 2016, arXiv 1603.08155. A network is trained to do in one pass what we do in forty.
# - Li, Wang, Liu and Hou, *Demystifying neural style transfer*, 2017, arXiv 1701.01036. Matching Gram matrices is matching distributions.
#
# Problem set: [3b](../../assignments/ps3b/ps3b.ipynb). Next: [What deep learning is: a recap](12_recap.ipynb).
