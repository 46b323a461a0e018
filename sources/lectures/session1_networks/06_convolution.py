# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Convolution: one small pattern, looked for everywhere
#
# A dense layer does not know which pixels are neighbours. A convolution does: it looks at small pieces of the image,
# and uses the same weights for every piece.
#
# **You will be able to**
#
# - calculate a convolution (卷积) by hand, and its output size for any stride (步长) and padding (填充);
# - blur a photo and find its edges with kernels (卷积核) that you can read;
# - pool a feature map, forward and backward;
# - count the weights that local receptive fields and weight sharing save;
# - derive the backward pass of a convolution, and show that it is a convolution again.
#
# Time: about 40 minutes. You need [lecture 5](05_layers.ipynb).

# %%
import numpy as np
import torch
from scipy.signal import convolve2d, correlate2d

from course_pkg import data, nn, show, widgets
from course_pkg.models.arithmetic import receptive_weights
from course_pkg.show import COLOURS

# %% [markdown]
# ## Play first
#
# On the left is a small image, in the middle a kernel. The kernel lies on one piece of the image. Each of its numbers
# is multiplied by the number under it, and all products are added. The sum is one number of the result, on the right.
# Then the kernel moves on. Step through a few places, then change stride and padding and watch the size of the result.

# %%
widgets.ConvStepper()

# %% [markdown]
# ## A pattern detector
#
# Why is this useful? The sum of products is large where the image looks like the kernel: bright where the kernel is
# positive, dark where it is negative. So the result is a map that says *where the pattern is*. The Zhejiang University
# deck (001) puts it this way: the result keeps certain spatial arrangements of pixels. Such a map is called a
# **feature map** (特征图).
#
# In the image below one short stroke runs like \\ and another like /. The kernel is a stroke like \\. Its numbers add
# up to 0, so that a plain area gives 0.

# %%
image = np.zeros((7, 7))
image[[0, 1, 2], [0, 1, 2]] = image[[4, 5, 6], [6, 5, 4]] = 1
kernel = np.eye(3) - 1 / 3
response = nn.conv2d(image[None, None], kernel[None, None])[0, 0]
best = np.unravel_index(response.argmax(), response.shape)

show.grids(
    [image, kernel, response],
    titles=["image", "kernel", "result"],
    digits=(0, 2, 2),
    frames=[(0, 0, 0, 3, 3), (2, *best, 1, 1)],
    alt="Image of 7 by 7 numbers with a stroke of three ones like a backslash at top left and one like a slash at bottom "
    "right. Kernel of 3 by 3, two thirds on the diagonal and minus one third elsewhere. Result of 5 by 5: the largest, "
    "2.00, is framed at top left; at bottom right, where the other stroke lies, stands 0.",
    caption="The result is largest where the stroke lies like the kernel. On the other stroke, bottom right, it is 0.",
)

# %% [markdown]
# ## The formula
#
# The result at row $p$ and column $q$ is
#
# $$y_{pq} = b + \sum_i \sum_j w_{ij} \; x_{p s + i,\; q s + j}$$
#
# with the kernel $w$, the image $x$, the bias $b$ and the stride $s$, by which the kernel moves. It is a neuron: a
# weighted sum of a few inputs. What is new is that all places share one set of weights.
#
# With loops it is five lines. The course's `nn.conv2d` gives the same and is much faster.


# %%
def convolve_by_loops(x, w, stride=1):
    height, width = (nn.output_size(size, k, stride) for size, k in zip(x.shape, w.shape, strict=True))
    y = np.zeros((height, width))
    for p, q in np.ndindex(height, width):
        window = x[p * stride : p * stride + w.shape[0], q * stride : q * stride + w.shape[1]]
        y[p, q] = (window * w).sum()
    return y


np.testing.assert_allclose(convolve_by_loops(image, kernel), response)

# %% [markdown]
# ## Blur a photo
#
# The deck prints two kernels of 7×7 numbers and calls them Gaussian. It does not say how wide they are. A Gaussian
# kernel is
#
# $$w_{ij} \propto e^{-(i^2 + j^2) / 2\sigma^2} \qquad i, j = -3, \dots, 3$$
#
# divided by the sum of all its numbers, so that the brightness of the image stays as it is. Try $\sigma = 1$ and
# $\sigma = 10$ and compare with what the deck prints. A Gaussian kernel is the same in all four quarters, so one quarter
# with its middle lines is enough to type.


# %%
def gaussian_kernel(sigma, size=7):
    i = np.arange(size) - size // 2
    w = np.exp(-(i[:, None] ** 2 + i[None, :] ** 2) / (2 * sigma**2))
    return w / w.sum()


deck_quarters = {
    1: """0.0000 0.0002 0.0011 0.0018
          0.0002 0.0029 0.0131 0.0216
          0.0011 0.0131 0.0586 0.0966
          0.0018 0.0216 0.0966 0.1592""",
    10: """0.0194 0.0199 0.0202 0.0203
           0.0199 0.0204 0.0207 0.0208
           0.0202 0.0207 0.0210 0.0211
           0.0203 0.0208 0.0211 0.0212""",
}

# %%
# NBVAL_CHECK_OUTPUT
for sigma, quarter in deck_quarters.items():
    deck = np.pad(np.array(quarter.split(), dtype=float).reshape(4, 4), (0, 3), mode="reflect")
    w = gaussian_kernel(sigma)
    print(f"σ = {sigma}, sum {w.sum():.4f}, printed values that agree: {(w.round(4) == deck).sum()} of {deck.size}")
    for row in w:
        print("  " + "  ".join(f"{value:.4f}" for value in row))

# %% [markdown]
# So the deck's kernels have $\sigma = 1$ and $\sigma = 10$. The second is nearly flat: a plain mean would have
# $1/49 = 0.0204$ everywhere. Seven pixels are much too few for $\sigma = 10$, and what is left is almost a box.
#
# Now blur a real photo. Each colour is an image by itself.


# %%
def filter_colours(photo, kernel):
    """Convolve each colour of a photo (H, W, 3) with one kernel."""
    colours = photo.transpose(2, 0, 1)[:, None]
    return nn.conv2d(colours, kernel[None, None])[:, 0].transpose(1, 2, 0)


cat = data.photo("cat", height=130)
show.images(
    [cat, *(filter_colours(cat, gaussian_kernel(sigma)).clip(0, 1) for sigma in (1, 10))],
    titles=["photo", "σ = 1", "σ = 10"],
    columns=3,
    size=3,
    alt="A photo of a cat three times: sharp, slightly blurred with sigma 1, and strongly blurred with sigma 10, where "
    "whiskers and fur can no longer be seen.",
    caption="The same photo, convolved with the deck's two kernels.",
)

# %% [markdown]
# Blur removes what changes quickly from pixel to pixel. Each number in the kernel says how much a neighbour counts.

# %% [markdown]
# ## How large is the result?
#
# The deck slides a 3×3 kernel over a 7×7 image and finds 5×5 places. With stride 2 it finds 3×3. In general a kernel of
# size $k$ with stride $s$ on $n$ pixels, with $p$ zeros added on each side, has
#
# $$\left\lfloor \frac{n + 2p - k}{s} \right\rfloor + 1$$
#
# places. Why: the first window starts at the first pixel, and $n + 2p - k$ pixels are left to move on, in steps of $s$.

# %% jupyter={"source_hidden": true}
grids = []
for stride in (1, 2):
    count = nn.output_size(7, 3, stride)
    grids.append(np.zeros((7, 7)))
    grids[-1][1:6:stride, 1:6:stride] = np.arange(1, count**2 + 1).reshape(count, count)
show.grids(
    grids,
    titles=["stride 1: 5×5 places", "stride 2: 3×3 places"],
    frames=[(0, 0, 0, 3, 3), (0, 0, 1, 3, 3), (1, 0, 0, 3, 3), (1, 0, 2, 3, 3)],
    alt="Two grids of 7 by 7 pixels. With stride 1 the numbers 1 to 25 stand on all pixels but the border; with stride 2 "
    "the numbers 1 to 9 stand on every second of them. Frames show the first two places of the 3 by 3 kernel, which "
    "overlap.",
    caption="Each number is one place of the kernel, written on its middle; 0 is no middle. Framed: the first two places.",
)

# %% [markdown]
# A colour image has three channels. Then the kernel has three as well: a kernel for a 32×32×3 image is 5×5×3, and all 75
# products go into **one** number. So one kernel gives one map of 28×28. Six kernels give six maps.
#
# Programs write the channels first. An array of images has shape $N \times C \times H \times W$: images, channels,
# height, width.

# %%
# NBVAL_CHECK_OUTPUT
print("7 pixels, kernel 3, stride 1:", nn.output_size(7, 3))
print("7 pixels, kernel 3, stride 2:", nn.output_size(7, 3, stride=2))

flower = data.photo("flower", height=32)
flower = flower[:, 8:40].transpose(2, 0, 1)[None]
one, six = nn.Conv2d(3, 1, 5, rng=0), nn.Conv2d(3, 6, 5, rng=0)
print("image:      ", flower.shape)
print("one kernel: ", one.weight.shape, "→", one.forward(flower).shape)
print("six kernels:", six.weight.shape, "→", six.forward(flower).shape)
print("weights and biases of the six:", six.parameter_count, "= 6·(5·5·3 + 1)")

# %% [markdown]
# After the convolution comes the activation, as in every layer: ReLU keeps what is positive, the places where the
# pattern was found, and sets the rest to 0.

# %%
maps = six.forward(flower)
show.images(
    [*maps[0], *nn.ReLU().forward(maps)[0]],
    columns=6,
    signed=True,
    size=1.3,
    titles=[f"map {i}" for i in range(1, 7)] + [f"ReLU {i}" for i in range(1, 7)],
    alt="Six feature maps of a flower photo of 32 by 32 pixels, red where positive, blue where negative, and below them "
    "the same maps after ReLU, where everything blue has become white.",
    caption="Six kernels, six maps, before and after ReLU. These kernels are random; a network learns them (lecture 7).",
)

# %% [markdown]
# ## Find the edges
#
# Before networks learned kernels, people wrote them. Sobel's kernels (1968) compare the right side of a pixel with the
# left, or the lower with the upper. Where the image is plain, the two sides cancel. Where there is an edge, the
# result is large.

# %%
sobel_x = np.array([[-1.0, 0, 1], [-2, 0, 2], [-1, 0, 1]])
sobel = np.stack([sobel_x, sobel_x.T])[:, None]
coffee = data.photo("coffee", height=160, grey=True)
across, down = nn.conv2d(coffee[None, None], sobel)[0]
strength = np.hypot(across, down)

# %%
show.images(
    [across.clip(-1, 1), down.clip(-1, 1)],
    signed=True,
    columns=2,
    size=4,
    titles=["right minus left", "lower minus upper"],
    alt="Edges of a photo of a coffee cup, twice, red for brighter to the right or below, blue for darker. In the first "
    "picture the upright sides of cup and saucer stand out, in the second their upper and lower rims.",
    caption="Two kernels, two maps. Red: brighter to the right (below). Blue: darker.",
)

# %%
show.images(
    [coffee, 1 - strength.clip(0, 1)],
    columns=2,
    size=4,
    titles=["photo", "strength of both maps, √(across² + down²)"],
    alt="The grey photo of a cup of coffee on a saucer with a spoon, and beside it a drawing of its outlines, dark on "
    "white, like a pencil sketch.",
    caption="Both maps together draw the outlines, whatever their direction.",
)

# %% [markdown]
# A ReLU after the first map would keep the red edges and drop the blue ones. To keep both, a network needs two kernels.
#
# **Change it.** Replace `sobel_x` by your own 3×3 kernel. What does a kernel do with plain areas if its numbers add up to
# 1? And if they add up to 0?
#
# <details><summary>Answer</summary>
#
# Where all pixels have the same value $v$, the result is $v$ times the sum of the kernel. With sum 1 plain areas stay as
# they are (blur, sharpen). With sum 0 they disappear, and only changes remain (edges).
#
# </details>

# %% [markdown]
# ## Convolution or cross-correlation?
#
# In mathematics a convolution turns the kernel by 180° before it slides. What we did, without turning, is called
# **cross-correlation** (互相关). All deep learning libraries do it without turning and call it convolution, and so does
# this course.
#
# For a network it makes no difference: the kernel is learned, so it is learned turned. For Gaussian kernels it makes
# none either, they look the same upside down. For Sobel the sign changes. Keep the turned kernel in mind, because it
# comes back in the backward pass.

# %%
# NBVAL_CHECK_OUTPUT
y = nn.conv2d(coffee[None, None], sobel_x[None, None])[0, 0]
turned = sobel_x[::-1, ::-1]
print("nn.conv2d is scipy's correlate2d:            ", np.allclose(y, correlate2d(coffee, sobel_x, "valid")))
print("nn.conv2d is scipy's convolve2d:             ", np.allclose(y, convolve2d(coffee, sobel_x, "valid")))
print("... with the kernel turned by 180°:          ", np.allclose(y, convolve2d(coffee, turned, "valid")))
w = gaussian_kernel(1)
print("a Gaussian kernel does not care about turning:", np.allclose(w, w[::-1, ::-1]))

# %% [markdown]
# ## Pooling
#
# After the activation the exact place of a feature is often not important any more. **Pooling** (池化) takes one number
# from each small window, for instance its largest or its mean. The map gets smaller, and what remains is *roughly
# where* the feature was.

# %%
# NBVAL_CHECK_OUTPUT
x = np.array([[1.0, 5, 4, 3], [2, 6, 4, 0], [3, 1, 7, 9], [2, 8, 6, 5]])  # the deck's example
largest, mean = nn.MaxPool2d(2), nn.AvgPool2d(2)
print("max pooling, 2×2, stride 2:")
print(largest.forward(x[None, None])[0, 0])
print("average pooling:")
print(mean.forward(x[None, None])[0, 0])

# %% jupyter={"source_hidden": true}
show.grids(
    [x, largest.forward(x[None, None])[0, 0], mean.forward(x[None, None])[0, 0]],
    titles=["feature map", "maximum", "mean"],
    digits=(0, 0, 2),
    frames=[(0, i, j, 2, 2) for i in (0, 2) for j in (0, 2)],
    alt="A map of 4 by 4 numbers with a frame around each block of 2 by 2; beside it the largest numbers of the blocks, 6, "
    "4, 8, 9, and their means, 3.5, 2.75, 3.5, 6.75.",
    caption="Each frame becomes one number.",
)

# %% [markdown]
# ### Where the sources are wrong: the average
#
# For this example the deck gives the averages 3, 2, 3, 6. The slide says that the averages are turned into integers. The
# means are 3.5, 2.75, 3.5 and 6.75.

# %%
# NBVAL_CHECK_OUTPUT
means = np.array([[1 + 5 + 2 + 6, 4 + 3 + 4 + 0], [3 + 1 + 2 + 8, 7 + 9 + 6 + 5]]) / 4
print("means:              ", means.ravel().tolist())
print("rounded down:       ", np.floor(means).ravel().tolist(), "(the slide)")
print("to the nearest:     ", np.floor(means + 0.5).ravel().tolist())

# %% [markdown]
# So the slide rounds down. Average pooling does not round. It must not: a function that rounds is flat almost
# everywhere, its derivative is 0, and no gradient would pass. The right result is
# $\begin{pmatrix} 3.5 & 2.75 \\ 3.5 & 6.75 \end{pmatrix}$.
#
# ### The way back
#
# Pooling has no weights, but the gradient must pass through it. The maximum is the gate from exercise 1 of
# [lecture 4](04_backpropagation.ipynb): it sends everything to the winner. The mean gives each of its four inputs a
# quarter. With $dY = \begin{pmatrix} 4 & 8 \\ 12 & 16 \end{pmatrix}$:

# %%
# NBVAL_CHECK_OUTPUT
dy = np.array([[4.0, 8], [12, 16]])[None, None]
print("through max pooling:")
print(largest.backward(dy)[0, 0])
print("through average pooling:")
print(mean.backward(dy)[0, 0])

# %% [markdown]
# In the window at top right the 4 appears twice. Then the derivative is not unique, and the layer has to decide: the
# first one, row by row, takes it all, as in PyTorch.

# %% [markdown]
# ## Why convolution: counting weights
#
# The notes of 2013 (002) give an example that is worth remembering. An image has 1000×1000 pixels, and a hidden layer
# has a million units.
#
# 1. **Fully connected.** Each unit sees each pixel.
# 2. **Local receptive fields** (局部感受野). What belongs together in an image lies together. Let each unit see a
#    piece of 10×10 pixels only. Hubel and Wiesel found in 1962 that cells in the visual cortex of cats work like this.
# 3. **Weight sharing** (权值共享). An edge at top left looks like an edge at bottom right. Let all units use the same
#    100 weights: a convolution.
# 4. **Many maps.** One kernel finds one pattern. Take 100 kernels for 100 patterns.
#
# Fukushima's neocognitron had local fields, shared by position, in 1980 (the notes say 1984). LeCun and others trained
# such a network with backpropagation in 1989.

# %%
# NBVAL_CHECK_OUTPUT
counts = receptive_weights()
units = 10**6
print(f"fully connected       {counts.fully_connected:>17,} weights, {units:>9,} biases")
print(f"local fields 10×10    {counts.local:>17,} weights, {units:>9,} biases")
print(f"shared, one kernel    {counts.shared:>17,} weights, {1:>9,} bias")
print(f"shared, 100 kernels   {counts.maps_shared:>17,} weights, {100:>9,} biases")
print("units in one map with stride 10:", "×".join(map(str, counts.units)))

# %% jupyter={"source_hidden": true}
fig, ax = show.new_figure(size=(7, 2.6))
names = ["fully connected", "local fields 10×10", "shared, one kernel", "shared, 100 kernels"]
values = [counts.fully_connected, counts.local, counts.shared, counts.maps_shared]
ax.barh(names[::-1], values[::-1], color=[COLOURS["blue"], COLOURS["blue"], COLOURS["orange"], COLOURS["red"]])
for place, value in enumerate(values[::-1]):
    ax.text(value * 1.5, place, f"$10^{{{round(np.log10(value))}}}$", va="center")
ax.set(xscale="log", xlabel="weights", xlim=(1, 1e14))
ax.grid(False)
show.figure(
    fig,
    alt="Four bars on a logarithmic axis: fully connected 10 to the 12 weights, local fields 10 to the 8, one shared "
    "kernel 10 squared, a hundred shared kernels 10 to the 4.",
    caption="A million hidden units on a million pixels. Sharing makes the number of weights independent of the image.",
)

# %% [markdown]
# The notes count without biases and add at the end that there is one more for each kernel, shared like its weights. So
# 100 kernels have $100 \cdot (100 + 1) = 10{,}100$ parameters.
#
# Two things deserve care. The number of **weights** depends on the size and number of kernels only. The number of
# **units** depends on the image and the stride as well: with stride 10 the fields just touch, and one map has 100×100
# units. And a million units at stride 1 are not quite possible without padding: 10×10 fields fit in
# $991 \times 991 = 982{,}081$ places.
#
# Few weights are learned from more examples each. Every image trains the same 100 weights at a million places.

# %% [markdown]
# ## If the image moves, the map moves
#
# Because the weights are the same everywhere, the result for a shifted image is the shifted result. This is called
# translation **equivariance** (平移等变性).

# %%
digit = data.digits(size=16).x_test[3, 0]
canvas, moved = np.zeros((2, 28, 28))
canvas[2:18, 2:18] = digit
moved[7:23, 10:26] = digit


def edge(picture):
    return nn.conv2d(picture[None, None], sobel[:1] / 4, padding=1)[0, 0]


# %%
show.images(
    [canvas, edge(canvas), moved, edge(moved)],
    columns=4,
    size=1.9,
    signed=True,
    titles=["digit", "its map", "shifted digit", "its map"],
    alt="A handwritten digit at top left and its edge map, then the same digit further down and to the right and its "
    "map: the same map, shifted by the same amount.",
    caption="Shift the image by 5 rows and 8 columns, and the feature map shifts by 5 rows and 8 columns.",
)

# %% [markdown]
# ### Where the sources promise too much
#
# The notes (002) say that a convolutional network is highly invariant to shifts, scaling, tilting and other
# distortions. By construction only the first is there, and it is equivariance: the map moves along. Pooling then forgets
# a small part of the place. Let us measure it. Transform the image and then convolve, or convolve and then transform: if
# the order does not matter, the difference is 0. For the edge kernel above:

# %%
# NBVAL_CHECK_OUTPUT
transforms = {
    "shift by 5 rows, 8 columns": lambda picture: np.roll(picture, (5, 8), axis=(0, 1)),
    "quarter turn": np.rot90,
    "mirror": np.fliplr,
    "twice as large": lambda picture: np.kron(picture, np.ones((2, 2))),
}
for name, transform in transforms.items():
    one_way, other_way = edge(transform(canvas)), transform(edge(canvas))
    difference = np.linalg.norm(one_way - other_way) / np.linalg.norm(other_way)
    print(f"{name:27} relative difference {difference:.1f}")

# %% [markdown]
# A turned or enlarged digit needs other kernels, and the network must learn them from turned and enlarged examples. The
# notes themselves say it more carefully a few pages later: invariance *to a certain degree*.

# %% [markdown]
# ## The backward pass is a convolution
#
# The deck of 2016 (000) recalls from its first lecture: the backward pass of a convolution is again a convolution. Let
# us derive it, in one dimension first. Five inputs, a kernel of three, three outputs:
#
# $$\begin{aligned} y_0 &= w_0 x_0 + w_1 x_1 + w_2 x_2 \\
#   y_1 &= \phantom{w_0 x_0 +{}} w_0 x_1 + w_1 x_2 + w_2 x_3 \\
#   y_2 &= \phantom{w_0 x_0 + w_0 x_1 +{}} w_0 x_2 + w_1 x_3 + w_2 x_4 \end{aligned}$$
#
# Now go down the columns. $x_2$ appears in all three lines, so three paths lead back to it. Sum over them, each with its
# local derivative:
#
# $$\begin{aligned} dx_0 &= w_0\, dy_0 \\
#   dx_1 &= w_1\, dy_0 + w_0\, dy_1 \\
#   dx_2 &= w_2\, dy_0 + w_1\, dy_1 + w_0\, dy_2 \\
#   dx_3 &= \phantom{w_2\, dy_0 +{}} w_2\, dy_1 + w_1\, dy_2 \\
#   dx_4 &= \phantom{w_2\, dy_0 + w_1\, dy_1 +{}} w_2\, dy_2 \end{aligned}$$
#
# Look at the weights in each line: $w_2, w_1, w_0$, the kernel **turned round**, sliding over
# $(0, 0, dy_0, dy_1, dy_2, 0, 0)$. That is a convolution: of $dY$, padded with $k - 1 = 2$ zeros, with the turned kernel.

# %%
# NBVAL_CHECK_OUTPUT
w, dy = np.array([1.0, 2, 3]), np.array([1.0, 10, 100])
by_columns = [w[0] * dy[0], w[1] * dy[0] + w[0] * dy[1], w @ dy[::-1], w[2] * dy[1] + w[1] * dy[2], w[2] * dy[2]]
by_convolution = np.correlate(np.pad(dy, 2), w[::-1], "valid")
print("by columns:    ", [int(v) for v in by_columns])
print("by convolution:", [int(v) for v in by_convolution])

# %% [markdown]
# **As a matrix.** A convolution is linear, so there is a matrix $M$ with $Y = M X$ (image and result written as columns of
# numbers). It is a dense layer with many zeros, whose weights are repeated from row to row. The backward pass of a dense
# layer multiplies by the transposed matrix: $dX = M^\mathsf{T} dY$. Here is $M$ for a 7×7 image and a 3×3 kernel with
# stride 2.


# %%
def convolution_matrix(w, shape, **geometry):
    """The matrix of a convolution: column i is the result for an image that is 1 at pixel i and 0 elsewhere."""
    pixels = np.eye(np.prod(shape)).reshape(-1, *shape)
    return nn.conv2d(pixels, w, **geometry).reshape(len(pixels), -1).T


w = np.arange(1.0, 10).reshape(1, 1, 3, 3)
M = convolution_matrix(w, (1, 7, 7), stride=2)

# %% jupyter={"source_hidden": true}
fig, ax = show.new_figure(size=(9.5, 2.6))
shades = ax.imshow(np.where(M == 0, np.nan, M), cmap="viridis")
ax.set(xticks=range(0, 49, 7), yticks=range(9), xlabel="pixel of the image", ylabel="number of the result")
ax.set_xticks(np.arange(-0.5, 49), minor=True)
ax.set_yticks(np.arange(-0.5, 9), minor=True)
ax.grid(False)
ax.grid(True, which="minor", alpha=0.25)
ax.tick_params(which="minor", length=0)
fig.colorbar(shades, ax=ax, label="weight", ticks=range(1, 10), pad=0.01, shrink=0.8)
show.figure(
    fig,
    alt="A matrix of 9 rows and 49 columns, mostly empty. Each row has nine coloured squares in three groups of three, "
    "the nine weights of the kernel. From row to row they move to the right.",
    caption="Each row holds the same nine weights in another place. Empty: 0.",
)

# %% [markdown]
# **In two dimensions, with stride.** When the stride is 2, forward skips every second place. Backward, these places are
# put back as zeros between the numbers of $dY$. Three steps:
#
# 1. write $s - 1$ zeros between the numbers of $dY$;
# 2. pad with $k - 1$ zeros on every side;
# 3. convolve with the kernel turned by 180°, with stride 1.

# %% jupyter={"source_hidden": true}
dy = np.arange(1.0, 10).reshape(3, 3)
spread = np.zeros((9, 9))
spread[2:7:2, 2:7:2] = dy
dx = (M.T @ dy.ravel()).reshape(7, 7)
show.grids(
    [spread, w[0, 0, ::-1, ::-1], dx],
    titles=["dY, zeros between and around", "kernel, turned", "result: dX"],
    frames=[(0, 2, 2, 3, 3), (2, 2, 2, 1, 1)],
    alt="Left: the nine numbers of dY, 1 to 9, in a field of 9 by 9, with zeros between them and two rows of zeros around "
    "them; a window of 3 by 3 with the corners 1, 2, 4 and 5 is framed. Middle: the kernel from 9 down to 1. Right: dX, "
    "7 by 7 numbers; the number 40 in the third row and third column is framed.",
    caption="The framed window times the turned kernel: 1·9 + 2·7 + 4·3 + 5·1 = 40, the framed number on the right.",
)

# %% [markdown]
# Padding and dilation (膨胀, gaps between the numbers of the kernel) change little. What forward added as padding,
# backward cuts off again. A kernel with gaps is turned with its gaps, and reaches $d\,(k - 1)$ further than its first
# number, so that many zeros go around $dY$. With several channels, each input channel collects from all output channels:
# the two channel axes of the kernel change places.


# %%
def input_grad_by_convolution(dy, w, shape, stride, padding, dilation):
    """∂L/∂x of a convolution with a square kernel, as a convolution of dy with the turned kernel."""
    n, _, height, width = shape
    reach = dilation * (w.shape[2] - 1)
    spread = np.zeros((n, len(w), height + 2 * padding + reach, width + 2 * padding + reach))
    rows, columns = (slice(reach, reach + stride * (size - 1) + 1, stride) for size in dy.shape[2:])
    spread[:, :, rows, columns] = dy
    turned = w[:, :, ::-1, ::-1].transpose(1, 0, 2, 3)
    dx = nn.conv2d(spread, turned, dilation=dilation)
    return dx[:, :, padding : padding + height, padding : padding + width]


# %% [markdown]
# **The weights.** $w_i$ meets $x_{p + i}$ at every place $p$, so $dw_i = \sum_p dy_p\, x_{p+i}$. This is a convolution as
# well: $dY$ slides over $X$ as if it were the kernel. Stride and dilation change roles: forward jumps by $s$ from place
# to place, so the kernel $dY$ has gaps of $s$. And $w_i$ and $w_{i+1}$ look $d$ pixels apart, so the stride is $d$.


# %%
def weight_grad_by_convolution(dy, x, kernel, stride, padding, dilation):
    """∂L/∂W of a convolution, as a convolution of x with dy; samples and channels change places."""
    images, kernels = x.transpose(1, 0, 2, 3), dy.transpose(1, 0, 2, 3)
    dw = nn.conv2d(images, kernels, stride=dilation, padding=padding, dilation=stride)
    return dw[:, :, :kernel, :kernel].transpose(1, 0, 2, 3)


# %% [markdown]
# The proof by numbers. For 24 combinations of kernel size, stride, padding and dilation, on images with two channels,
# compare our convolutions with three judges: PyTorch's autograd, the transposed matrix written out, and the functions
# that the course's `Conv2d` uses.


# %%
def torch_gradients(x, w, dy, geometry):
    """∂L/∂x and ∂L/∂w by PyTorch's autograd."""
    x, w = torch.tensor(x, requires_grad=True), torch.tensor(w, requires_grad=True)
    torch.nn.functional.conv2d(x, w, **geometry).backward(torch.tensor(dy))
    return x.grad.numpy(), w.grad.numpy()


# %%
def differences(k, s, p, d, rng):
    """How far our gradients are from the judges', for one kernel size, stride, padding and dilation."""
    geometry = {"stride": s, "padding": p, "dilation": d}
    x, w = rng.normal(size=(2, 2, 9, 8)), rng.normal(size=(3, 2, k, k))
    dy = rng.normal(size=nn.conv2d(x, w, **geometry).shape)
    dx, dw = input_grad_by_convolution(dy, w, x.shape, s, p, d), weight_grad_by_convolution(dy, x, k, s, p, d)
    torch_dx, torch_dw = torch_gradients(x, w, dy, geometry)
    judges = {
        "dX, PyTorch": (dx, torch_dx),
        "dX, matrix": (dx.reshape(2, -1), dy.reshape(2, -1) @ convolution_matrix(w, x.shape[1:], **geometry)),
        "dX, course": (dx, nn.conv2d_input_grad(dy, w, x.shape, **geometry)),
        "dW, PyTorch": (dw, torch_dw),
        "dW, course": (dw, nn.conv2d_weight_grad(dy, x, k, **geometry)),
    }
    return {name: np.abs(ours - theirs).max() for name, (ours, theirs) in judges.items()}


# %%
rng = np.random.default_rng(0)
cases = [(k, s, p, d) for k in (2, 3) for s in (1, 2, 3) for p in (0, 1) for d in (1, 2)]
results = [differences(*case, rng) for case in cases]

# %%
# NBVAL_CHECK_OUTPUT
print(len(cases), "combinations: kernel 2, 3; stride 1, 2, 3; padding 0, 1; dilation 1, 2")
for name in results[0]:
    print(f"{name:12} difference below 1e-12 in {sum(result[name] < 1e-12 for result in results)} of {len(results)}")

# %% [markdown]
# So a convolution layer needs nothing new for its backward pass. Both gradients are convolutions, of about the same
# cost as the forward pass. The bias is simpler still: it is added at every place, so $db$ is the sum of $dY$.
#
# The backward pass by the input has a second life. Used as a *forward* layer it makes images larger instead of smaller,
# under the name **transposed convolution** (转置卷积). Session III uses it to draw.

# %% [markdown]
# ## Exercises
#
# **1. The step that the notes leave out.** The notes (002) count units for stride 10, then ask about stride 8, where the
# fields overlap, and stop. How many units does one map have, and are all pixels seen?
#
# <details><summary>Answer</summary>
#
# $\lfloor (1000 - 10)/8 \rfloor + 1 = \lfloor 123.75 \rfloor + 1 = 124$, so 124×124 units
# (`receptive_weights(stride=8).units`). The last field ends at pixel $123 \cdot 8 + 10 = 994$. The last six rows and
# columns are not seen by any unit.
#
# </details>
#
# **2. Write the kernel.** Find 3×3 kernels that (a) leave the image as it is, (b) move it one pixel to the right,
# (c) make edges stronger without changing plain areas.
#
# <details><summary>Answer</summary>
#
# (a) 1 in the middle, 0 elsewhere. (b) 1 in the middle of the left column, 0 elsewhere: each pixel takes its left
# neighbour's value. (c) For instance the image plus its difference from its neighbours: 5 in the middle, −1 above,
# below, left and right, 0 in the corners. The sum is 1, so plain areas stay. Try them on the photo with `nn.conv2d`.
#
# </details>
#
# **3. Two small or one large?** Two convolutions with 3×3 kernels, one after the other, without activation between them.
# How large a piece of the image does one number of the result see? Compare the number of weights with one kernel of
# that size. What is lost, what is won?
#
# <details><summary>Answer</summary>
#
# It sees 5×5 pixels: each of the 3×3 numbers in the middle sees 3×3. Two kernels have $2 \cdot 9 = 18$ weights, one of 5×5
# has 25. Without activation the two together are one 5×5 kernel, but not every 5×5 kernel can be made in this way: that
# is lost. With a ReLU between them they can do what no single kernel can: that is won. VGG (Simonyan and Zisserman, 2014)
# is built from this idea.
#
# </details>

# %% [markdown]
# ## What to read next
#
# - LeCun, Boser, Denker and others, *Backpropagation applied to handwritten zip code recognition*, Neural Computation 1,
#   1989. Shared weights, trained.
# - Fukushima, *Neocognitron*, Biological Cybernetics 36, 1980. The architecture, before backpropagation.
# - Hubel and Wiesel, *Receptive fields, binocular interaction and functional architecture in the cat's visual cortex*,
#   Journal of Physiology 160, 1962.
# - Dumoulin and Visin, *A guide to convolution arithmetic for deep learning*, 2016. Every stride and padding, drawn.
#
# Next: [LeNet-5](07_lenet.ipynb). Convolution, pooling and dense layers become one network that reads.
