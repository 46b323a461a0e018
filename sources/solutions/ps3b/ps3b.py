# %% [markdown]
# # Problem set 3b: pictures that a network makes
#
# You write the calculations behind Neural Style and DeepDream: the Gram matrix and the three losses with their gradients
# by hand, one step of a dream, its octaves, and a gradient in tiles for images that are too large for the memory. Plan
# about **110 minutes**.
#
# | Task | What you practise | Points | Minutes | Why these points | Lecture |
# |---|---|---|---|---|---|
# | 1 | the Gram matrix of feature maps | 8 | 10 | one matrix product, for every later idea | [10](../../lectures/session3_applications/10_what_is_style.ipynb) |
# | 2 | the style loss over several layers, and its gradient | 14 | 17 | loss 5; gradient 9: you derive it yourself | [11](../../lectures/session3_applications/11_neural_style.ipynb) |
# | 3 | the content loss with its gradient | 6 | 5 | two short lines | [11](../../lectures/session3_applications/11_neural_style.ipynb) |
# | 4 | total variation and its gradient | 12 | 13 | loss 4; gradient 8: every pixel meets four neighbours | [11](../../lectures/session3_applications/11_neural_style.ipynb) |
# | 5 | one step of a dream | 20 | 20 | feedback through a network 10, the step 6, jitter 4 | [9](../../lectures/session3_applications/09_deepdream.ipynb) |
# | 6 | octaves: sizes, resize, detail | 20 | 22 | sizes 5, resize 9: without a loop; detail 6 | [9](../../lectures/session3_applications/09_deepdream.ipynb) |
# | 7 | a gradient in tiles | 14 | 17 | cuts 5; gradient 9: borders need care | [9](../../lectures/session3_applications/09_deepdream.ipynb) |
# | 8 | a question to answer in words | 6 | 6 | three ideas, 2 each; a person reads it | [10](../../lectures/session3_applications/10_what_is_style.ipynb) |
# | | | **100** | **110** | | |
#
# **How it works**
#
# - Replace each `raise NotImplementedError(…)` by your code. Keep the names and the arguments of the functions.
# - Below each function is a cell with checks. Run it as often as you like. It ends in a green line, or it says in red
#   what came, what was expected, and which lecture to read again.
# - Your work is graded with these checks and with some more that you do not see. They use other numbers and other
#   shapes. So an answer that only knows the numbers below is worth nothing, and one that follows the formula is safe.
# - The tasks do not build on each other, and neither do the parts of a task. If you are stuck, go on with the next one.
# - All functions take NumPy arrays and return NumPy arrays or numbers. They never write to their inputs, and they
#   remember nothing from one call to the next. Write the calculations yourself, with NumPy; the ready-made ones in
#   `course_pkg`, torch or SciPy are allowed only where a task says so.
# - Images and feature maps have the shape (C, H, W): channels, height, width. $p$ is a point of the plane, one of $HW$.

# %% nbgrader={"schema_version": 3, "grade_id": "imports", "grade": false, "solution": false, "locked": true}
from itertools import pairwise

import numpy as np

from course_pkg import checks, nn

# %% [markdown]
# ## Task 1: the Gram matrix (8 points)
#
# *Read before:* [lecture 10](../../lectures/session3_applications/10_what_is_style.ipynb).
#
# **Why.** Which features occur together, and how strongly? That is what is left of a painting when you forget where
# everything is. The Gram matrix (格拉姆矩阵) counts it.
#
# $F_f(p)$, in the lecture $I_f(p)$, is feature $f$ at the point $p$. Every entry is the inner product of two feature maps,
# here divided by the number of points, so that images of different sizes can be compared:
#
# $$G_{fg} = \frac{1}{HW} \sum_p F_f(p)\, F_g(p)$$
#
# The raw colours of an image are feature maps too: C = 3, integers from 0 to 255 (dtype `uint8`).
#
# *Graded:* the matrix, real numbers, for any C, H and W, also for features of dtype `uint8`. No Python loop over the
# points; the checks count the lines of Python that run.


# %% nbgrader={"schema_version": 3, "grade_id": "task-1", "grade": false, "solution": true, "locked": false}
def gram(features):
    """Return the Gram matrix (C, C) of features (C, H, W): mean over all points of the products of two features."""
    ### BEGIN SOLUTION
    rows = features.reshape(len(features), -1).astype(float)
    return rows @ rows.T / rows.shape[1]
    ### END SOLUTION


# %% nbgrader={"schema_version": 3, "grade_id": "test-1", "grade": true, "solution": false, "locked": true, "points": 8}
with checks.part("1", see="Lecture 10 (10_what_is_style.ipynb): A picture is a field of vectors"):
    features = np.array([[[1.0, 2.0, 0.0], [0.0, -1.0, 2.0]], [[3.0, 0.0, 1.0], [1.0, 2.0, 0.0]]])
    expected = np.array([[10.0, 1.0], [1.0, 15.0]]) / 6
    hint = (
        "G[0, 1] is (1·3 + 2·0 + 0·1 + 0·1 − 1·2 + 2·0) / 6. There is a row for each feature, and the sum runs over all "
        "H·W = 6 points."
    )
    call, given = "gram(features)", {"features": features}
    with checks.unchanged(given, call=call):
        checks.close(gram(features), expected, call=call, given=given, hint=hint)
    hint = "Make a row of H·W numbers of each feature, and let a matrix product do the sum."
    small, large = (np.ones((2, 3, 3)),), (np.ones((2, 99, 99)),)
    checks.vectorised(gram, small, large, call="gram for 99×99 points", hint=hint)
### BEGIN HIDDEN TESTS
with checks.part("1", see="Lecture 10 (10_what_is_style.ipynb): A picture is a field of vectors", hidden=True):
    rng = checks.generator(11)
    for c, height, width in [(4, 3, 5), (1, 4, 2), (3, 3, 3), (7, 1, 2)]:
        features = rng.normal(size=(height, width, c)).transpose(2, 0, 1)
        with checks.unchanged({"features": features}, call="gram(features)"):
            got = gram(features)
        hint = "Try numbers of features, rows and columns that are all different, and all equal. What is it divided by?"
        checks.close(
            got, np.einsum("fij,gij->fg", features, features) / (height * width), call="gram(features)", hint=hint
        )
    colours = rng.integers(256, size=(3, 4, 5), dtype="uint8")
    real = colours.astype(float)
    hint = "In uint8 there is nothing above 255: 16 · 16 is 0. Make real numbers of the features first."
    expected = np.einsum("fij,gij->fg", real, real) / 20
    checks.close(gram(colours), expected, call="gram of colours, uint8", hint=hint)
    checks.by_hand(gram, features, call="gram(features)")
### END HIDDEN TESTS

# %% [markdown]
# ## Task 2: the style loss (14 points)
#
# *Read before:* [lecture 11](../../lectures/session3_applications/11_neural_style.ipynb).
#
# **Why.** A picture has the style (画风) of a painting if their Gram matrices agree, in several layers of a network at
# once. The style loss measures how far apart they are, and its gradient says how the features have to change.
#
# **2a. The loss (5 points).** $G^s$ is the Gram matrix of the picture in layer $s$, $A^s$ that of the painting, and
# $w_s$ says how much the layer counts:
#
# $$L_{\text{style}} = \sum_s w_s\, \lVert G^s - A^s \rVert^2 = \sum_s w_s \sum_{f,g} \big(G^s_{fg} - A^s_{fg}\big)^2$$
#
# `grams` and `targets` are lists of matrices, one for each layer. Layers have different numbers of features. The
# matrices come in as arguments, so you do not need your task 1.
#
# *Graded:* the loss, a number, for any number of layers of any sizes.


# %% nbgrader={"schema_version": 3, "grade_id": "task-2a", "grade": false, "solution": true, "locked": false}
def style_loss(grams, targets, weights):
    """Return the style loss, a number: the sum over the layers s of weights[s] · ‖grams[s] − targets[s]‖².

    grams and targets are lists of matrices; those of one layer have the same shape (C, C).
    """
    ### BEGIN SOLUTION
    return sum(w * ((g - a) ** 2).sum() for g, a, w in zip(grams, targets, weights, strict=True))
    ### END SOLUTION


# %% nbgrader={"schema_version": 3, "grade_id": "test-2a", "grade": true, "solution": false, "locked": true, "points": 5}
with checks.part("2a", see="Lecture 11 (11_neural_style.ipynb): From a wish to an optimisation problem"):
    grams = [np.array([[2.0, 1.0], [1.0, 4.0]]), np.array([[3.0]])]
    targets = [np.array([[1.0, -1.0], [-1.0, 4.0]]), np.array([[5.0]])]
    hint = "The first layer has 1 + 4 + 4 + 0 = 9, the second one 4: 0.5·9 + 2·4. All C² entries count, and no mean is taken."
    call = "style_loss(grams, targets, [0.5, 2])"
    given = {"grams[0]": grams[0], "grams[1]": grams[1], "targets[0]": targets[0], "targets[1]": targets[1]}
    with checks.unchanged(given, call=call):
        got = style_loss(grams, targets, [0.5, 2.0])
    checks.close(got, 12.5, call=call, given=given, hint=hint)
### BEGIN HIDDEN TESTS
with checks.part("2a", see="Lecture 11 (11_neural_style.ipynb): From a wish to an optimisation problem", hidden=True):
    rng = checks.generator(21)
    for sizes in [(3, 5, 2), (4,), (2, 2, 2, 2, 2), (2, 1)]:
        grams, targets = ([np.cov(rng.normal(size=(c, 9))).reshape(c, c) for c in sizes] for _ in range(2))
        weights = rng.uniform(1, 2, size=len(sizes)).tolist()
        expected = sum(w * np.linalg.norm(g - a) ** 2 for w, g, a in zip(weights, grams, targets, strict=True))
        given = {f"grams[{s}]": m for s, m in enumerate(grams)} | {f"targets[{s}]": m for s, m in enumerate(targets)}
        with checks.unchanged(given, call="style_loss"):
            got = style_loss(grams, targets, weights)
        hint = "Try one layer, five layers, and layers of different sizes. Does every layer have its own weight?"
        checks.close(got, expected, call=f"style_loss, layers: {len(sizes)}", hint=hint)
    checks.by_hand(style_loss, grams, targets, weights, call="style_loss")
### END HIDDEN TESTS

# %% [markdown]
# **2b. The gradient by the features (9 points)**, for one layer: $L = w \sum_{f,g} (G_{fg} - A_{fg})^2$ with
# $G_{fg} = \frac{1}{HW} \sum_p F_f(p) F_g(p)$. Backpropagation starts from it, at each feature and each point. The lecture
# derives it with matrices and for a $G$ that is not divided. Derive it yourself, with a pencil and with indices:
#
# 1. What is $\partial L / \partial G_{fg}$?
# 2. $F_h(p)$ stands in a whole row of $G$ and in a whole column, and twice in $G_{hh}$. What is
#    $\partial G_{fg} / \partial F_h(p)$?
# 3. The chain rule adds up over all $f$ and $g$. Both $G$ and $A$ are symmetric, so row and column give the same.
#
# In the end one matrix product and one factor are left. $G$ comes in as an argument, so you do not need your task 1.
#
# *Graded:* $\partial L / \partial F$, shape (C, H, W), for any C, H, W and $w$.


# %% nbgrader={"schema_version": 3, "grade_id": "task-2b", "grade": false, "solution": true, "locked": false}
def style_gradient(features, gram_matrix, target, weight):
    """Return the gradient (C, H, W) of weight · ‖G − A‖² by features (C, H, W).

    gram_matrix = G (C, C) is the Gram matrix of the features, target = A (C, C) that of the painting.
    """
    ### BEGIN SOLUTION
    rows = features.reshape(len(features), -1)
    gradient = 4 * weight * (gram_matrix - target) @ rows / rows.shape[1]
    return gradient.reshape(features.shape)
    ### END SOLUTION


# %% nbgrader={"schema_version": 3, "grade_id": "test-2b", "grade": true, "solution": false, "locked": true, "points": 9}
with checks.part("2b", see="Lecture 11 (11_neural_style.ipynb): The gradient by hand"):
    features = np.array([[[1.0, 2.0, 0.0], [0.0, -1.0, 2.0]], [[3.0, 0.0, 1.0], [1.0, 2.0, 0.0]]])
    gram_matrix, target = np.array([[10.0, 1.0], [1.0, 15.0]]) / 6, np.array([[4.0, 7.0], [7.0, 12.0]]) / 6
    expected = np.array([[[-4.0, 4.0, -2.0], [-2.0, -6.0, 4.0]], [[1.0, -4.0, 1.0], [1.0, 4.0, -4.0]]])
    hint = (
        "G − A is [[1, −1], [−1, 0.5]]. At the first point the features are 1 and 3, and (G − A) times them gives −2 and "
        "0.5. In the factor before it are w = 3, H·W = 6, what the square gives, and what row and column give together."
    )
    call = "style_gradient(features, gram_matrix, target, 3)"
    given = {"features": features, "gram_matrix": gram_matrix, "target": target}
    with checks.unchanged(given, call=call):
        got = style_gradient(features, gram_matrix, target, 3.0)
    checks.close(got, expected, call=call, given=given, hint=hint)
### BEGIN HIDDEN TESTS
with checks.part("2b", see="Lecture 11 (11_neural_style.ipynb): The gradient by hand", hidden=True):
    import torch

    rng = checks.generator(22)
    for c, height, width, weight in [(3, 4, 5, 1.0), (2, 1, 6, 0.25), (4, 2, 2, 3.0), (1, 3, 3, 2.0)]:
        features = rng.normal(size=(height, width, c)).transpose(2, 0, 1)
        target = np.cov(rng.normal(size=(c, 9))).reshape(c, c)
        by_torch = torch.tensor(features, requires_grad=True)
        gram_by_torch = torch.einsum("fij,gij->fg", by_torch, by_torch) / (height * width)
        (weight * ((gram_by_torch - torch.tensor(target)) ** 2).sum()).backward()
        given = {"features": features, "gram_matrix": gram_by_torch.detach().numpy(), "target": target}
        call = "style_gradient(features, gram_matrix, target, weight)"
        with checks.unchanged(given, call=call):
            got = style_gradient(*given.values(), weight)
        hint = "Compare with nn.numerical_gradient of the loss. Is w in it, and the number of points of these features?"
        checks.close(got, by_torch.grad.numpy(), call=call, hint=hint)
    checks.by_hand(style_gradient, *given.values(), weight, call=call)
### END HIDDEN TESTS

# %% [markdown]
# ## Task 3: the content loss (6 points)
#
# *Read before:* [lecture 11](../../lectures/session3_applications/11_neural_style.ipynb).
#
# **Why.** The content (内容) of a photo is in its features **at their places**: an eye here, a window there. So the
# features $F$ of the picture are compared with the features $P$ of the photo, point by point:
#
# $$L_{\text{content}} = \tfrac12 \lVert F - P \rVert^2 = \tfrac12 \sum_f \sum_p \big(F_f(p) - P_f(p)\big)^2$$
#
# Its gradient by $F$ is short; derive it. Return `(loss, gradient)`.
#
# *Graded:* the loss, a number, and the gradient, shape (C, H, W), for any C, H and W.


# %% nbgrader={"schema_version": 3, "grade_id": "task-3", "grade": false, "solution": true, "locked": false}
def content_loss(features, photo):
    """Return (loss, gradient): ½‖features − photo‖², and its gradient by features; all arrays are (C, H, W)."""
    ### BEGIN SOLUTION
    difference = features - photo
    return (difference**2).sum() / 2, difference
    ### END SOLUTION


# %% nbgrader={"schema_version": 3, "grade_id": "test-3", "grade": true, "solution": false, "locked": true, "points": 6}
with checks.part("3", see="Lecture 11 (11_neural_style.ipynb): From a wish to an optimisation problem"):
    features, photo = (
        np.array([[[1.0, 2.0, 0.0]], [[4.0, -1.0, 3.0]]]),
        np.array([[[0.0, 2.0, 3.0]], [[2.0, 0.0, 2.0]]]),
    )
    call, given = "content_loss(features, photo)", {"features": features, "photo": photo}
    hint = "The differences are 1, 0, −3, 2, −1 and 1. Half the sum of their squares is (1 + 0 + 9 + 4 + 1 + 1) / 2."
    with checks.unchanged(given, call=call):
        got = content_loss(features, photo)
    expected = 8.0, np.array([[[1.0, 0.0, -3.0]], [[2.0, -1.0, 1.0]]])
    checks.close(got, expected, names=("loss", "gradient"), call=call, given=given, hint=hint)
### BEGIN HIDDEN TESTS
with checks.part("3", see="Lecture 11 (11_neural_style.ipynb): From a wish to an optimisation problem", hidden=True):
    import torch

    rng = checks.generator(31)
    for shape in [(3, 4, 5), (1, 2, 2), (6, 1, 3)]:
        features, photo = rng.normal(size=(2, *shape))
        by_torch = torch.tensor(features, requires_grad=True)
        loss = torch.nn.functional.mse_loss(by_torch, torch.tensor(photo), reduction="sum") / 2
        loss.backward()
        with checks.unchanged({"features": features, "photo": photo}, call="content_loss(features, photo)"):
            got = content_loss(features, photo)
        expected = loss.item(), by_torch.grad.numpy()
        hint = "Try other shapes, and compare with nn.numerical_gradient. The loss is a sum, and no mean."
        checks.close(got, expected, names=("loss", "gradient"), call="content_loss(features, photo)", hint=hint)
    checks.by_hand(content_loss, features, photo, call="content_loss(features, photo)")
### END HIDDEN TESTS

# %% [markdown]
# ## Task 4: total variation (12 points)
#
# *Read before:* [lecture 11](../../lectures/session3_applications/11_neural_style.ipynb).
#
# **Why.** A picture that is optimised pixel by pixel gets noisy, because noise moves the features too. Total variation
# (全变差) is a price for it: how much every pixel differs from its neighbour below and from its neighbour to the right.
# Here the differences are squared:
#
# $$V = \sum_c \sum_{i < H-1} \sum_{j} \big(x_{c,i+1,j} - x_{c,i,j}\big)^2 +
# \sum_c \sum_{i} \sum_{j < W-1} \big(x_{c,i,j+1} - x_{c,i,j}\big)^2$$
#
# Rows and columns count from 0. At the border a neighbour is missing, and nothing is added. The lecture divides the sum by
# the number of pixels; here it is not divided. Work on whole arrays: an image has millions of pixels, and the checks count
# the lines of Python that run.
#
# **4a. The value (4 points).** The image may hold integers from 0 to 255 (dtype `uint8`).
#
# *Graded:* $V$, a number, for any C, H and W, also where H or W is 1, and for images of dtype `uint8`.


# %% nbgrader={"schema_version": 3, "grade_id": "task-4a", "grade": false, "solution": true, "locked": false}
def tv_loss(image):
    """Return the total variation V, a number, of image (C, H, W)."""
    ### BEGIN SOLUTION
    image = image.astype(float)
    return (np.diff(image, axis=1) ** 2).sum() + (np.diff(image, axis=2) ** 2).sum()
    ### END SOLUTION


# %% nbgrader={"schema_version": 3, "grade_id": "test-4a", "grade": true, "solution": false, "locked": true, "points": 4}
with checks.part("4a", see="Lecture 11 (11_neural_style.ipynb): Start, colours, smoothness"):
    image = np.array([[[1.0, 3.0, 2.0], [0.0, 3.0, 5.0]]])
    hint = "Downwards the differences are −1, 0 and 3, to the right 2, −1, 3 and 2. Their squares add up to 10 + 18."
    call, given = "tv_loss(image)", {"image": image}
    with checks.unchanged(given, call=call):
        checks.close(tv_loss(image), 28.0, call=call, given=given, hint=hint)
    hint = "image[:, 1:] − image[:, :-1] are all differences downwards at once."
    small, large = (np.ones((1, 3, 3)),), (np.ones((1, 99, 99)),)
    checks.vectorised(tv_loss, small, large, call="tv_loss for 99×99 pixels", hint=hint)
### BEGIN HIDDEN TESTS
with checks.part("4a", see="Lecture 11 (11_neural_style.ipynb): Start, colours, smoothness", hidden=True):
    rng = checks.generator(41)
    for shape in [(3, 4, 5), (2, 3, 3), (1, 1, 4), (3, 5, 1)]:
        image = rng.normal(size=shape)
        c, height, width = np.indices(shape).reshape(3, -1)
        near = np.abs(height[:, None] - height) + np.abs(width[:, None] - width) == 1  # every pair of neighbours, twice
        near &= c[:, None] == c
        expected = (near * (image.ravel()[:, None] - image.ravel()) ** 2).sum() / 2
        with checks.unchanged({"image": image}, call="tv_loss(image)"):
            got = tv_loss(image)
        hint = "Try three channels, images that are not square, and a single row. Channels are no neighbours."
        checks.close(got, expected, call="tv_loss(image)", hint=hint)
    pixels = np.array([[[0, 200], [255, 10]]], dtype="uint8")
    hint = "In uint8, 0 − 1 is 255, and 16 · 16 is 0. Make real numbers of the pixels first."
    checks.close(tv_loss(pixels), 65025 + 36100 + 40000 + 60025.0, call="tv_loss of pixels, uint8", hint=hint)
    checks.by_hand(tv_loss, image, call="tv_loss(image)")
### END HIDDEN TESTS

# %% [markdown]
# **4b. The gradient (8 points).** Every difference holds two pixels, one with a plus and one with a minus. So a pixel in
# the middle of the image gets four terms, one from each neighbour, and a pixel in a corner gets two:
#
# $$\frac{\partial V}{\partial x_{c,i,j}} = 2 \sum_{\text{neighbours } q} \big(x_{c,i,j} - x_q\big)$$
#
# Here the image holds real numbers.
#
# *Graded:* the gradient, shape (C, H, W), for any C, H and W, also where H or W is 1.


# %% nbgrader={"schema_version": 3, "grade_id": "task-4b", "grade": false, "solution": true, "locked": false}
def tv_gradient(image):
    """Return the gradient (C, H, W) of the total variation V by image (C, H, W)."""
    ### BEGIN SOLUTION
    down, right = 2 * np.diff(image, axis=1), 2 * np.diff(image, axis=2)
    gradient = np.zeros(image.shape)
    gradient[:, 1:] += down
    gradient[:, :-1] -= down
    gradient[:, :, 1:] += right
    gradient[:, :, :-1] -= right
    return gradient
    ### END SOLUTION


# %% nbgrader={"schema_version": 3, "grade_id": "test-4b", "grade": true, "solution": false, "locked": true, "points": 8}
with checks.part("4b", see="Lecture 11 (11_neural_style.ipynb): Start, colours, smoothness"):
    image = np.array([[[1.0, 3.0, 2.0], [0.0, 3.0, 5.0], [2.0, 1.0, 4.0]]])
    expected = np.array([[[-2.0, 6.0, -8.0], [-12.0, 6.0, 12.0], [6.0, -12.0, 4.0]]])
    hint = (
        "The first pixel has two neighbours: 2·((1 − 0) + (1 − 3)) = −2. Beyond the border there is none. The pixel in the "
        "middle has four."
    )
    call, given = "tv_gradient(image)", {"image": image}
    with checks.unchanged(given, call=call):
        checks.close(tv_gradient(image), expected, call=call, given=given, hint=hint)
    hint = "Add the differences to a slice of the result: gradient[:, 1:] are all rows but the first one."
    small, large = (np.ones((1, 3, 3)),), (np.ones((1, 99, 99)),)
    checks.vectorised(tv_gradient, small, large, call="tv_gradient for 99×99 pixels", hint=hint)
### BEGIN HIDDEN TESTS
with checks.part("4b", see="Lecture 11 (11_neural_style.ipynb): Start, colours, smoothness", hidden=True):
    import torch

    rng = checks.generator(42)
    for shape in [(3, 4, 5), (2, 3, 3), (1, 1, 4), (3, 5, 1)]:
        image = rng.normal(size=shape)
        x = torch.tensor(image, requires_grad=True)
        ((x[:, 1:] - x[:, :-1]) ** 2).sum().add(((x[:, :, 1:] - x[:, :, :-1]) ** 2).sum()).backward()
        with checks.unchanged({"image": image}, call="tv_gradient(image)"):
            got = tv_gradient(image)
        hint = "Compare with nn.numerical_gradient. Try three channels, images that are not square, and a single row."
        checks.close(got, x.grad.numpy(), call="tv_gradient(image)", hint=hint)
    checks.by_hand(tv_gradient, image, call="tv_gradient(image)")
### END HIDDEN TESTS

# %% [markdown]
# ## Task 5: one step of a dream (20 points)
#
# *Read before:* [lecture 9](../../lectures/session3_applications/09_deepdream.ipynb), and
# [lecture 8](../../lectures/session3_applications/08_what_a_kernel_sees.ipynb) on what a layer responds to.
#
# **Why.** A network finds something in a photo, faintly: this cloud looks a little like a bird. DeepDream changes the
# photo so that the network finds more of it. The weights stay as they are, and the gradient goes on to the image.
#
# **5a. Feedback through a network (10 points).** The network is a list of kernels, one for each layer, of shape
# (O, C, 3, 3). A layer is a convolution with padding 1 and without bias, and behind it a ReLU. $*$ is the convolution:
#
# $$a^0 = I \qquad a^k = \max(0,\; a^{k-1} * W_k)$$
#
# The activation of the last layer, $L$, is fed back as if it were a gradient: $\delta L = L$. That is the gradient of the
# objective $E = \frac12 \lVert L \rVert^2$, half the sum of all squares. Backpropagation brings it to the image:
# $dI = \partial E / \partial I$. Every ReLU lets the gradient through where its output is larger than 0, and nowhere else.
#
# Here you **may** use the ready-made convolutions of `course_pkg.nn`, and nothing else that is ready-made. They work on
# batches, so make a batch of one image, `x[None]`, and take it out again with `[0]`:
#
# - `nn.conv2d(x, weight, padding=1)`: forward;
# - `nn.conv2d_input_grad(dy, weight, x.shape, padding=1)`: the gradient by its input x.
#
# *Graded:* `(objective, gradient)`, a number and an array in the shape of the image, for any number of layers of any
# sizes.


# %% nbgrader={"schema_version": 3, "grade_id": "task-5a", "grade": false, "solution": true, "locked": false}
def dream_gradient(image, kernels):
    """Return (objective, gradient): ½‖L‖², a number, and its gradient by image (C, H, W), in the same shape.

    kernels is a list with the weights (O, C, 3, 3) of each layer; L is the output of the last layer's ReLU.
    """
    ### BEGIN SOLUTION
    outputs = [image]
    for kernel in kernels:
        outputs.append(np.maximum(nn.conv2d(outputs[-1][None], kernel, padding=1)[0], 0))
    gradient = outputs[-1]
    objective = (gradient**2).sum() / 2
    for k in reversed(range(len(kernels))):
        through = gradient * (outputs[k + 1] > 0)
        gradient = nn.conv2d_input_grad(through[None], kernels[k], (1, *outputs[k].shape), padding=1)[0]
    return objective, gradient
    ### END SOLUTION


# %% nbgrader={"schema_version": 3, "grade_id": "test-5a", "grade": true, "solution": false, "locked": true, "points": 10}
with checks.part("5a", see="Lecture 9 (09_deepdream.ipynb): The idea"):
    image = np.array([[[1.0, -2.0, 0.0], [-1.0, 3.0, 1.0]]])
    kernels = [np.zeros((2, 1, 3, 3)), np.zeros((1, 2, 3, 3))]
    kernels[0][0, 0, 1, 1], kernels[0][1, 0, 1, 0] = 1, -1
    kernels[1][0, 0, 1, 1], kernels[1][0, 1, 1, 1] = 1, 2
    expected = 21.5, np.array([[[1.0, -8.0, 0.0], [-10.0, 5.0, 1.0]]])
    hint = (
        "Layer 1 has two channels: the image, and its negative moved by one pixel to the right, both after ReLU. L is "
        "[[1, 0, 4], [0, 5, 1]]. All of it is fed back: through the mask of each ReLU, and the kernels in reverse order."
    )
    call, given = "dream_gradient(image, kernels)", {"image": image, "kernels[0]": kernels[0], "kernels[1]": kernels[1]}
    with checks.unchanged(given, call=call):
        got = dream_gradient(image, kernels)
    checks.close(got, expected, names=("objective", "gradient"), call=call, given={"image": image}, hint=hint)
### BEGIN HIDDEN TESTS
with checks.part("5a", see="Lecture 9 (09_deepdream.ipynb): The idea", hidden=True):
    import torch

    rng = checks.generator(51)
    for channels, height, width in [((3, 4, 2, 5), 5, 6), ((1, 3), 4, 3), ((2, 2, 2), 4, 4)]:
        image = rng.normal(size=(channels[0], height, width)).round(1) * (rng.random((height, width)) > 0.3)
        kernels = [rng.normal(size=(o, c, 3, 3)) / 3 for c, o in pairwise(channels)]
        x = y = torch.tensor(image, requires_grad=True)
        for kernel in kernels:
            y = torch.relu(torch.nn.functional.conv2d(y[None], torch.tensor(kernel), padding=1)[0])
        energy = (y**2).sum() / 2
        energy.backward()
        given = {"image": image} | {f"kernels[{k}]": kernel for k, kernel in enumerate(kernels)}
        with checks.unchanged(given, call="dream_gradient(image, kernels)"):
            got = dream_gradient(image, kernels)
        hint = "Compare with nn.numerical_gradient. Try one layer, three layers, and other numbers of channels."
        expected = energy.item(), x.grad.numpy()
        call = f"dream_gradient, layers: {len(kernels)}"
        checks.close(got, expected, names=("objective", "gradient"), call=call, hint=hint)
    checks.by_hand(dream_gradient, image, kernels, call=call, libraries=("scipy", "sklearn", "torch"))
### END HIDDEN TESTS

# %% [markdown]
# **5b. The step (6 points).** The gradient $g$ may be tiny in one layer and huge in another. Divided by the mean of the
# absolute values of **all** its numbers, it always has the same size, and one rate $\lambda$ fits every layer:
#
# $$I \leftarrow \operatorname{clip}\Big(I + \lambda\, \frac{g}{\operatorname{mean} |g|}\Big)$$
#
# The step goes uphill. A pixel must remain a colour: after the step, channel $c$ is clipped to the range from `low[c]` to
# `high[c]`. (Images are often normalised channel by channel, so each channel has a range of its own.) Where the gradient
# is 0 everywhere, there is nothing to divide by, and the image gets no step.
#
# *Graded:* the new image for any C, H and W, any rate, and channels with different ranges; also for a gradient of 0.


# %% nbgrader={"schema_version": 3, "grade_id": "task-5b", "grade": false, "solution": true, "locked": false}
def dream_step(image, g, rate, low, high):
    """Return the image (C, H, W) after one step of size rate along its gradient g (C, H, W), clipped.

    low and high, shape (C,), are the smallest and the largest value of each channel.
    """
    ### BEGIN SOLUTION
    size = np.abs(g).mean()
    if size > 0:
        image = image + rate * g / size
    return np.clip(image, low[:, None, None], high[:, None, None])
    ### END SOLUTION


# %% nbgrader={"schema_version": 3, "grade_id": "test-5b", "grade": true, "solution": false, "locked": true, "points": 6}
with checks.part("5b", see="Lecture 9 (09_deepdream.ipynb): The idea"):
    image = np.array([[[0.5, 0.2, 0.75]], [[-0.25, 0.5, 1.5]]])
    g = np.array([[[4.0, -1.0, 5.0]], [[-8.0, 0.0, 6.0]]])
    low, high = np.array([0.0, -1.0]), np.array([1.0, 2.0])
    expected = np.array([[[1.0, 0.075, 1.0]], [[-1.0, 0.5, 2.0]]])
    hint = "mean |g| is 24/6 = 4. The second pixel becomes 0.2 + 0.5·(−1)/4 = 0.075. Clipping comes last, with the channel's range."
    call, given = "dream_step(image, g, 0.5, low, high)", {"image": image, "g": g, "low": low, "high": high}
    with checks.unchanged(given, call=call):
        checks.close(dream_step(image, g, 0.5, low, high), expected, call=call, given=given, hint=hint)
### BEGIN HIDDEN TESTS
with checks.part("5b", see="Lecture 9 (09_deepdream.ipynb): The idea", hidden=True):
    rng = checks.generator(52)
    for c, height, width, rate in [(3, 4, 5, 2.0), (3, 2, 3, 1.5), (1, 3, 2, 0.1), (4, 4, 4, 1.0)]:
        low, high = -rng.uniform(1, 2, size=c), rng.uniform(1, 2, size=c)
        image = rng.uniform(-1, 1, size=(c, height, width))
        g = rng.normal(size=(c, height, width)) * 1e-4 + 5e-5
        moved = [plane + rate * dg * g.size / np.abs(g).sum() for plane, dg in zip(image, g, strict=True)]
        expected = np.stack(
            [np.where(p < a, a, np.where(p > b, b, p)) for p, a, b in zip(moved, low, high, strict=True)]
        )
        given = {"image": image, "g": g, "low": low, "high": high}
        with checks.unchanged(given, call="dream_step"):
            got = dream_step(image, g, rate, low, high)
        hint = (
            "Try other rates, one channel, a very small gradient, and as many columns as channels. Which axis has low?"
        )
        checks.close(got, expected, call="dream_step", hint=hint)
    hint = "0 divided by 0 is NaN. If all numbers of g are 0, leave the division out."
    checks.close(dream_step(image, 0 * g, 0.5, low, high), image, call="dream_step with a gradient of 0", hint=hint)
    checks.by_hand(dream_step, image, g, 0.5, low, high, call="dream_step")
### END HIDDEN TESTS

# %% [markdown]
# **5c. Jitter (4 points).** A network looks at the image on a grid: pooling and strides always fall on the same pixels,
# and the dream shows it. So in every step the image is shifted a little, another time by another amount, before the
# network sees it. The gradient is shifted back.
#
# `gradient` is a function: it takes an image and returns the gradient there, in the same shape. Do this:
#
# 1. roll the image, by `dy` rows downwards and `dx` columns to the right; what leaves at one side comes in at the other
#    (`np.roll` does it, for positive numbers, on the axes of rows and columns);
# 2. call `gradient` with it, once;
# 3. roll the result back.
#
# *Graded:* the gradient that comes out, for any C, H and W and any shift, positive, negative or 0.


# %% nbgrader={"schema_version": 3, "grade_id": "task-5c", "grade": false, "solution": true, "locked": false}
def jittered_gradient(image, gradient, dy, dx):
    """Return the gradient (C, H, W) at the image (C, H, W) rolled by dy rows and dx columns, rolled back.

    gradient is a function from an image to its gradient, in the same shape.
    """
    ### BEGIN SOLUTION
    g = gradient(np.roll(image, (dy, dx), axis=(1, 2)))
    return np.roll(g, (-dy, -dx), axis=(1, 2))
    ### END SOLUTION


# %% nbgrader={"schema_version": 3, "grade_id": "tools-5c", "grade": false, "solution": false, "locked": true}
def first_column_only(image):
    """Stands for a network that looks at its first column only: its gradient is 0 everywhere else."""
    return image * (np.arange(image.shape[2]) == 0)


# %% nbgrader={"schema_version": 3, "grade_id": "test-5c", "grade": true, "solution": false, "locked": true, "points": 4}
with checks.part("5c", see="Lecture 9 (09_deepdream.ipynb): Jitter: nobody stays in his place"):
    image = np.array([[[1.0, 2.0, 3.0, 4.0], [5.0, 6.0, 7.0, 8.0]]])
    expected = np.array([[[0.0, 0.0, 0.0, 4.0], [0.0, 0.0, 0.0, 8.0]]])
    hint = (
        "The network looks at the first column only. Rolled by one column to the right, the last column lies there; "
        "rolled back, its gradient is in the last column again."
    )
    call, given = "jittered_gradient(image, first_column_only, 0, 1)", {"image": image}
    with checks.unchanged(given, call=call):
        got = jittered_gradient(image, first_column_only, 0, 1)
    checks.close(got, expected, call=call, given=given, hint=hint)
### BEGIN HIDDEN TESTS
with checks.part("5c", see="Lecture 9 (09_deepdream.ipynb): Jitter: nobody stays in his place", hidden=True):
    calls = 0

    def by_place(image):
        """A gradient that depends on the place as well as on the value."""
        global calls
        calls += 1
        return image**2 + np.arange(image.size).reshape(image.shape)

    rng = checks.generator(53)
    for shape, dy, dx in [
        ((3, 4, 5), 1, 2),
        ((2, 5, 3), -2, 1),
        ((1, 3, 3), 2, -1),
        ((2, 3, 4), 0, 0),
        ((2, 2, 3), 5, 7),
    ]:
        image = rng.normal(size=shape)
        rows, columns = (np.arange(shape[1]) - dy) % shape[1], (np.arange(shape[2]) - dx) % shape[2]
        expected = np.empty(shape)
        expected[:, rows[:, None], columns] = by_place(image[:, rows[:, None], columns])
        call, calls = "jittered_gradient(image, gradient, dy, dx)", 0
        with checks.unchanged({"image": image}, call=call):
            got = jittered_gradient(image, by_place, dy, dx)
        hint = "Try several channels, dy and dx that are different, negative or 0. Rows are axis 1, columns axis 2."
        checks.close(got, expected, call=call, hint=hint)
        checks.same(
            calls, 1, call="the number of calls of gradient", hint="A call of the network costs most: one is enough."
        )
### END HIDDEN TESTS

# %% [markdown]
# ## Task 6: octaves (20 points)
#
# *Read before:* [lecture 9](../../lectures/session3_applications/09_deepdream.ipynb).
#
# **Why.** A kernel sees a patch of fixed size. In a small copy of the image that patch holds half a tree, in the full
# image a leaf. So the dream begins on a small copy, an octave (八度), and what it has added there is enlarged and taken
# along to the next one. The dream gets large shapes with fine ones in them.
#
# **6a. The sizes (5 points).** Octave $k = 0$ has the full size $H × W$, and every further one is smaller by the factor
# $s$ (`scale`). All sizes come from the full one, rounded to the nearest integer, half a pixel up, and never below 1:
#
# $$h_k = \max\Big(1, \Big\lfloor \frac{H}{s^k} + \frac12 \Big\rfloor\Big) \qquad
# w_k = \max\Big(1, \Big\lfloor \frac{W}{s^k} + \frac12 \Big\rfloor\Big) \qquad k = 0 … \text{octaves} - 1$$
#
# Return them in the order of the dream, **the smallest first**, as a list of tuples `(height, width)` of Python's `int`.
#
# *Graded:* the list for any height, width, number of octaves and scale above 1.


# %% nbgrader={"schema_version": 3, "grade_id": "task-6a", "grade": false, "solution": true, "locked": false}
def octave_sizes(height, width, octaves, scale=1.4):
    """Return the list of (height, width) of the octaves, the smallest first, the full size last."""
    ### BEGIN SOLUTION
    factors = [scale**k for k in range(octaves)]
    return [(max(int(height / f + 0.5), 1), max(int(width / f + 0.5), 1)) for f in factors[::-1]]
    ### END SOLUTION


# %% nbgrader={"schema_version": 3, "grade_id": "test-6a", "grade": true, "solution": false, "locked": true, "points": 5}
with checks.part("6a", see="Lecture 9 (09_deepdream.ipynb): Octaves: large things first"):
    hint = "200/1.4 = 142.86, 200/1.4² = 102.04 and 200/1.4³ = 72.89. The smallest octave comes first."
    expected = [(73, 109), (102, 153), (143, 214), (200, 300)]
    checks.same(octave_sizes(200, 300, 4), expected, call="octave_sizes(200, 300, 4)", hint=hint)
    hint = "5/2 = 2.5 is rounded up to 3, 5/4 = 1.25 down to 1, and 5/8 = 0.63 up to 1."
    expected = [(1, 1), (1, 2), (3, 4), (5, 8)]
    checks.same(octave_sizes(5, 8, 4, scale=2), expected, call="octave_sizes(5, 8, 4, scale=2)", hint=hint)
### BEGIN HIDDEN TESTS
with checks.part("6a", see="Lecture 9 (09_deepdream.ipynb): Octaves: large things first", hidden=True):
    from decimal import ROUND_HALF_UP, Decimal

    rng = checks.generator(61)
    drawn = [(*rng.integers(20, 400, size=2).tolist(), 7, scale) for scale in (1.4, 1.5, 2)]
    for height, width, octaves, scale in [
        (384, 512, 5, 1.4),
        (13, 3, 6, 1.5),
        (37, 100, 1, 1.4),
        (50, 9, 9, 2),
        *drawn,
    ]:
        factors = [Decimal(str(scale)) ** k for k in reversed(range(octaves))]
        sizes = [[int((n / f).quantize(Decimal(1), ROUND_HALF_UP)) or 1 for n in (height, width)] for f in factors]
        hint = "Does each size come from the full one, and not from one that is rounded already? Try many octaves, and one."
        call = f"octave_sizes, octaves: {octaves}"
        checks.same(octave_sizes(height, width, octaves, scale), [(h, w) for h, w in sizes], call=call, hint=hint)
    checks.by_hand(octave_sizes, 20, 30, 3, call="octave_sizes")
### END HIDDEN TESTS

# %% [markdown]
# **6b. Resize (9 points).** Bilinear interpolation (双线性插值) makes an image of another size. Pixels are small squares
# with the value in their **centre**. So row $i$ of the new image, of $h$ rows, lies in the old one, of $H$ rows, at
#
# $$y_i = \max\Big(0,\; \big(i + \tfrac12\big)\, \frac{H}{h} - \tfrac12\Big), \qquad
# i_0 = \lfloor y_i \rfloor, \quad i_1 = \min(i_0 + 1,\; H - 1), \quad t = y_i - i_0$$
#
# between the rows $i_0$ and $i_1$. It is $(1 - t)$ times the first plus $t$ times the second. Columns go the same way; the
# order of the two does not matter. Nothing is smoothed before an image is made smaller.
#
# Work on whole arrays; the checks count the lines of Python that run. An array of integers as an index picks many rows at
# once: `image[:, i0]`.
#
# *Graded:* the new image, shape (C, height, width), larger or smaller, for any sizes; also for dtype `uint8`.


# %% nbgrader={"schema_version": 3, "grade_id": "task-6b", "grade": false, "solution": true, "locked": false}
def resize(image, height, width):
    """Return image (C, H, W) as (C, height, width), real numbers, by bilinear interpolation between pixel centres."""

    ### BEGIN SOLUTION
    def places(old, new):
        at = np.maximum((np.arange(new) + 0.5) * old / new - 0.5, 0)
        first = at.astype(int)
        return first, np.minimum(first + 1, old - 1), at - first

    top, bottom, t = places(image.shape[1], height)
    rows = image[:, top] * (1 - t[:, None]) + image[:, bottom] * t[:, None]
    left, right, t = places(image.shape[2], width)
    return rows[:, :, left] * (1 - t) + rows[:, :, right] * t
    ### END SOLUTION


# %% nbgrader={"schema_version": 3, "grade_id": "test-6b", "grade": true, "solution": false, "locked": true, "points": 9}
with checks.part("6b", see="Lecture 9 (09_deepdream.ipynb): Octaves: large things first"):
    image = np.array([[[0.0, 4.0], [8.0, 20.0]]])
    expected = np.array([[[0.0, 1.0, 3.0, 4.0], [4.0, 6.0, 10.0, 12.0], [8.0, 11.0, 17.0, 20.0]]])
    hint = (
        "The new rows lie at −1/6, which becomes 0, at 1/2, and at 7/6: between row 1 and row 1, because there is no row 2. "
        "The four new columns lie at 0, 1/4, 3/4 and 5/4."
    )
    call, given = "resize(image, 3, 4)", {"image": image}
    with checks.unchanged(given, call=call):
        checks.close(resize(image, 3, 4), expected, call=call, given=given, hint=hint)
    image = np.array([[[3.0, 1.0, 2.0, 0.0, 4.0, 5.0]]])
    hint = "The two new pixels lie at 1 and 4: (0 + 1/2)·6/2 − 1/2 = 1. Nothing is smoothed."
    checks.close(
        resize(image, 1, 2), np.array([[[1.0, 4.0]]]), call="resize(image, 1, 2)", given={"image": image}, hint=hint
    )
    hint = "Calculate all y, i0, i1 and t as arrays of the new length, and take all rows at once."
    small, large = (np.ones((1, 3, 3)), 3, 3), (np.ones((1, 3, 3)), 99, 99)
    checks.vectorised(resize, small, large, call="resize to 99×99 pixels", hint=hint)
### BEGIN HIDDEN TESTS
with checks.part("6b", see="Lecture 9 (09_deepdream.ipynb): Octaves: large things first", hidden=True):
    import torch

    rng = checks.generator(62)
    for shape, height, width in [
        ((3, 4, 5), 9, 7),
        ((2, 7, 3), 5, 8),
        ((1, 8, 9), 3, 2),
        ((2, 5, 5), 5, 5),
        ((2, 1, 3), 4, 1),
        ((2, 4, 6), 6, 4),
    ]:
        image = rng.normal(size=shape)
        with checks.unchanged({"image": image}, call="resize(image, height, width)"):
            got = resize(image, height, width)
        by_torch = torch.nn.functional.interpolate(torch.tensor(image)[None], size=(height, width), mode="bilinear")
        hint = "Try several channels, larger one way and smaller the other way, and a single row. Where is pixel i's centre?"
        checks.close(got, by_torch[0].numpy(), call="resize(image, height, width)", hint=hint)
    pixels = rng.integers(256, size=(3, 3, 4), dtype="uint8")
    by_torch = torch.nn.functional.interpolate(torch.tensor(pixels.astype(float))[None], size=(5, 5), mode="bilinear")
    hint = "The result holds real numbers: 0.5 of 255 is 127.5."
    checks.close(resize(pixels, 5, 5), by_torch[0].numpy(), call="resize of pixels, uint8", hint=hint)
    small, large = (np.ones((1, 3, 3)), 3, 3), (np.ones((1, 99, 99)), 3, 3)
    checks.vectorised(resize, small, large, call="resize of a large image", hint="Does a loop grow with the image?")
    checks.by_hand(resize, image, 3, 3, call="resize")
### END HIDDEN TESTS

# %% [markdown]
# **6c. The detail (6 points).** What the dream has added to an octave is its **detail**: the result minus the image that
# the octave began with, without any dream in it. The detail starts at 0 everywhere. For every size $(h, w)$ in `sizes`,
# in this order:
#
# 1. the **base** is the original image, resized to $(h, w)$;
# 2. the dream runs on base + detail, with the detail of the octave before resized to $(h, w)$;
# 3. the new detail is the dream's result − base.
#
# Return the dream's result of the last octave. So the photo itself comes fresh into every octave and stays sharp, and
# only the detail is enlarged.
#
# `dream` and `resize` are functions that come in as arguments, so you do not need your 6b: `dream(image)` returns an
# image of the same size, `resize(image, height, width)` an image of the new size.
#
# *Graded:* the result for any image, sizes, dream and resize. In every octave `dream` is called once.


# %% nbgrader={"schema_version": 3, "grade_id": "task-6c", "grade": false, "solution": true, "locked": false}
def dream_octaves(image, sizes, dream, resize):
    """Return the dream over all octaves, an image (C, h, w) of the last of the sizes, for image (C, H, W).

    sizes is a list of (height, width); dream and resize are functions: dream(image), resize(image, height, width).
    """
    ### BEGIN SOLUTION
    detail = np.zeros(image.shape)
    for height, width in sizes:
        base = resize(image, height, width)
        result = dream(base + resize(detail, height, width))
        detail = result - base
    return result
    ### END SOLUTION


# %% nbgrader={"schema_version": 3, "grade_id": "tools-6c", "grade": false, "solution": false, "locked": true}
def nearest(image, height, width):
    """Resize an image (C, H, W) by taking for every new pixel the old one that its corner lies in."""
    rows, columns = (np.arange(new) * old // new for old, new in zip(image.shape[1:], (height, width), strict=True))
    return image[:, rows[:, None], columns]


def double(image):
    """Stands for a dream: twice the image."""
    return 2 * image


# %% nbgrader={"schema_version": 3, "grade_id": "test-6c", "grade": true, "solution": false, "locked": true, "points": 6}
with checks.part("6c", see="Lecture 9 (09_deepdream.ipynb): Octaves: large things first"):
    image = np.array([[[1.0, 2.0, 3.0, 4.0]]])
    expected = np.array([[[4.0, 6.0, 12.0, 14.0]]])
    hint = (
        "In the small octave base is (1, 3), the dream gives (2, 6), and the detail is (1, 3). Enlarged it is "
        "(1, 1, 3, 3), and the dream runs on (2, 3, 6, 7)."
    )
    call, given = "dream_octaves(image, [(1, 2), (1, 4)], double, nearest)", {"image": image}
    with checks.unchanged(given, call=call):
        got = dream_octaves(image, [(1, 2), (1, 4)], double, nearest)
    checks.close(got, expected, call=call, given=given, hint=hint)
### BEGIN HIDDEN TESTS
with checks.part("6c", see="Lecture 9 (09_deepdream.ipynb): Octaves: large things first", hidden=True):
    seen = []

    def watched(image):
        """A dream that does not treat all values alike; it keeps what it was given."""
        seen.append(image.copy())
        return image + 0.3 * image**2 + 0.1

    rng = checks.generator(63)
    for shape, sizes in [
        ((3, 8, 6), [(2, 2), (4, 3), (8, 6)]),
        ((1, 4, 5), [(4, 5)]),
        ((2, 6, 9), [(1, 1), (2, 3), (3, 4), (6, 9)]),
        ((2, 4, 4), [(3, 3), (6, 5)]),
    ]:
        image = rng.normal(size=shape)
        bases = [nearest(image, *size) for size in sizes]
        inputs, results = bases[:1], [bases[0] + 0.3 * bases[0] ** 2 + 0.1]
        for size, before, base in zip(sizes[1:], bases, bases[1:], strict=False):
            inputs.append(base + nearest(results[-1] - before, *size))
            results.append(inputs[-1] + 0.3 * inputs[-1] ** 2 + 0.1)
        seen = []
        with checks.unchanged({"image": image}, call="dream_octaves"):
            got = dream_octaves(image, sizes, watched, nearest)
        hint = "Try three octaves, and one. Which image does each detail belong to, and what is enlarged?"
        checks.close(got, results[-1], call=f"dream_octaves, octaves: {len(sizes)}", hint=hint)
        names = tuple(f"octave {k}" for k in range(len(sizes)))
        checks.close(seen, inputs, names=names, call="the images that dream was called with", hint=hint)
### END HIDDEN TESTS

# %% [markdown]
# ## Task 7: a gradient in tiles (14 points)
#
# *Read before:* [lecture 9](../../lectures/session3_applications/09_deepdream.ipynb).
#
# **Why.** A network keeps all its activations for the way back. For an image of 4096×4096 pixels they do not fit into
# the memory. But each output looks at a small part of the image only. So the image is cut into tiles (分块), and the
# gradient is calculated tile by tile. At the cuts it comes out a little different, because a tile does not know what is
# beside it. Two remedies: a tile gets a margin of its neighbours' pixels, and in every step the cuts are elsewhere.
#
# **7a. Where to cut (5 points).** Along one side with `length` pixels, the cuts lie before the pixels `shift`,
# `shift + tile`, `shift + 2 * tile` and so on, as far as they are inside the image. A cut before pixel 0 is none. So the
# first and the last piece may be shorter than `tile`, all others are as long.
#
# Return the pieces as a list of tuples `(start, stop)`: pixels `start` to `stop - 1`. Together they cover all pixels,
# each once, and none is empty.
#
# *Graded:* the list for any `length` ≥ 1, `tile` ≥ 1 and 0 ≤ `shift` < `tile`, also where the tile is longer than the
# image.


# %% nbgrader={"schema_version": 3, "grade_id": "task-7a", "grade": false, "solution": true, "locked": false}
def tile_bounds(length, tile, shift):
    """Return the pieces of a side of length pixels as a list of (start, stop), in order; 0 ≤ shift < tile."""
    ### BEGIN SOLUTION
    cuts = [0, *range(shift or tile, length, tile), length]
    return list(pairwise(cuts))
    ### END SOLUTION


# %% nbgrader={"schema_version": 3, "grade_id": "test-7a", "grade": true, "solution": false, "locked": true, "points": 5}
with checks.part("7a", see="Lecture 9 (09_deepdream.ipynb): Pictures that do not fit into the memory"):
    hint = "The cuts lie before pixels 3 and 7. The first piece has three pixels, the last one as well."
    expected = [(0, 3), (3, 7), (7, 10)]
    checks.same(tile_bounds(10, 4, 3), expected, call="tile_bounds(10, 4, 3)", hint=hint)
    hint = "With a shift of 0 the cuts lie before pixels 4 and 8. A cut before pixel 0 would make an empty piece."
    expected = [(0, 4), (4, 8), (8, 10)]
    checks.same(tile_bounds(10, 4, 0), expected, call="tile_bounds(10, 4, 0)", hint=hint)
### BEGIN HIDDEN TESTS
with checks.part("7a", see="Lecture 9 (09_deepdream.ipynb): Pictures that do not fit into the memory", hidden=True):
    rng = checks.generator(71)
    tiles = rng.integers(2, 9, size=4).tolist()
    drawn = [(int(rng.integers(20, 40)), tile, int(rng.integers(1, tile))) for tile in tiles]
    for length, tile, shift in [
        (12, 4, 0),
        (12, 4, 1),
        (9, 5, 4),
        (7, 20, 0),
        (7, 20, 6),
        (7, 20, 7),
        (1, 1, 0),
        (6, 3, 2),
        *drawn,
    ]:
        owner = [(p - shift) // tile for p in range(length)]  # the number of the tile of every pixel
        expected = [(owner.index(n), length - owner[::-1].index(n)) for n in sorted(set(owner))]
        hint = (
            "Try a tile that fits evenly, a tile longer than the image, and a shift of 0. Is every pixel covered once?"
        )
        checks.same(tile_bounds(length, tile, shift), expected, call="tile_bounds(length, tile, shift)", hint=hint)
    checks.by_hand(tile_bounds, 10, 4, 3, call="tile_bounds")
### END HIDDEN TESTS

# %% [markdown]
# **7b. The gradient, tile by tile (9 points).** `rows` and `columns` are the pieces of the two sides, as 7a makes them,
# and every pair of a piece of each is a tile. For each tile:
#
# 1. take it with a **margin** of `halo` pixels on all four sides, but never beyond the image: at the image's border there
#    is no margin;
# 2. call `gradient` with this part, once;
# 3. keep what belongs to the tile, and forget the margin.
#
# `gradient` is a function from a part of an image (C, h, w) to the gradient there, in the same shape. If a pixel's
# gradient depends on pixels at most `halo` away, the result is the same as for the whole image in one piece.
#
# *Graded:* the gradient, shape (C, H, W), for any C, H, W, tiles and halo; the parts are as large as they have to be, and
# no larger: that is what saves the memory.


# %% nbgrader={"schema_version": 3, "grade_id": "task-7b", "grade": false, "solution": true, "locked": false}
def tiled_gradient(image, gradient, rows, columns, halo):
    """Return the gradient (C, H, W) of image (C, H, W), calculated tile by tile with a margin of halo pixels.

    gradient is a function from a part (C, h, w) to its gradient; rows and columns are lists of (start, stop).
    """
    ### BEGIN SOLUTION
    result = np.empty(image.shape)
    for top, bottom in rows:
        for left, right in columns:
            y, x = max(top - halo, 0), max(left - halo, 0)
            part = gradient(image[:, y : bottom + halo, x : right + halo])
            result[:, top:bottom, left:right] = part[:, top - y : bottom - y, left - x : right - x]
    return result
    ### END SOLUTION


# %% nbgrader={"schema_version": 3, "grade_id": "tools-7b", "grade": false, "solution": false, "locked": true}
def four_neighbours(part):
    """Stands for a gradient: every pixel minus its four neighbours. Outside the part all is 0."""
    padded = np.pad(part, ((0, 0), (1, 1), (1, 1)))
    return part - padded[:, 2:, 1:-1] - padded[:, :-2, 1:-1] - padded[:, 1:-1, 2:] - padded[:, 1:-1, :-2]


# %% nbgrader={"schema_version": 3, "grade_id": "test-7b", "grade": true, "solution": false, "locked": true, "points": 9}
with checks.part("7b", see="Lecture 9 (09_deepdream.ipynb): Pictures that do not fit into the memory"):
    image = np.array([[[1.0, 2.0, 0.0, 4.0, 1.0], [3.0, 0.0, 5.0, 1.0, 2.0], [0.0, 1.0, 2.0, 0.0, 6.0]]])
    rows, columns, shapes = [(0, 2), (2, 3)], [(0, 1), (1, 3), (3, 5)], []

    def noted(part):
        """The same, with a note of the shape."""
        shapes.append(part.shape)
        return four_neighbours(part)

    call, given = "tiled_gradient(image, four_neighbours, rows, columns, 1)", {"image": image}
    with checks.unchanged(given, call=call):
        got = tiled_gradient(image, noted, rows, columns, 1)
    hint = (
        "It has to be what four_neighbours(image) gives. The tile of rows 0 and 1, columns 1 and 2, is calculated from rows 0 "
        "to 2 and columns 0 to 3, and the first row and the second and third column of that belong to it."
    )
    checks.close(got, four_neighbours(image), call=call, given=given, hint=hint)
    expected = [(1, 3, 2), (1, 3, 4), (1, 3, 3), (1, 2, 2), (1, 2, 4), (1, 2, 3)]
    hint = "Every tile is calculated once, with a margin of halo = 1 pixel where the image has one."
    checks.same(sorted(shapes), sorted(expected), call="the shapes that gradient was called with, sorted", hint=hint)
### BEGIN HIDDEN TESTS
with checks.part("7b", see="Lecture 9 (09_deepdream.ipynb): Pictures that do not fit into the memory", hidden=True):
    rng, reach, largest = checks.generator(72), 0, (0, 0)

    def local(part):
        """A gradient that depends on the pixels up to reach rows and columns away."""
        global largest
        largest = max(largest[0], part.shape[1]), max(largest[1], part.shape[2])
        for _ in range(reach):
            part = four_neighbours(part**2 / 4)
        return part

    for shape, tile, shift, halo in [
        ((3, 9, 7), 3, 1, 1),
        ((2, 6, 11), 3, 2, 2),
        ((1, 5, 5), 8, 0, 3),
        ((2, 8, 5), 2, 0, 0),
    ]:
        image, reach = rng.normal(size=shape), halo
        rows, columns = (list(pairwise([0, *range(shift or tile, n, tile), n])) for n in shape[1:])
        expected = local(image)
        largest, call = (0, 0), f"tiled_gradient, halo: {halo}"
        with checks.unchanged({"image": image}, call=call):
            got = tiled_gradient(image, local, rows, columns, halo)
        hint = "Try a halo of 0, 1 and 2, one tile for the whole image, several channels, an image that is not square."
        checks.close(got, expected, call=call, hint=hint)
        sides = [
            max(min(b + halo, n) - max(a - halo, 0) for a, b in p)
            for p, n in zip((rows, columns), shape[1:], strict=True)
        ]
        hint = "A part is the tile and its margin, and no more: larger parts need more memory."
        checks.same(largest, tuple(sides), call="the largest height and width of a part", hint=hint)
### END HIDDEN TESTS

# %% [markdown] nbgrader={"schema_version": 3, "grade_id": "rubric-8", "grade": false, "solution": false, "locked": true}
# ## Task 8: in your own words (6 points)
#
# *Read before:* [lecture 10](../../lectures/session3_applications/10_what_is_style.ipynb) and
# [lecture 11](../../lectures/session3_applications/11_neural_style.ipynb).
#
# Somebody takes a painting and shuffles its pixels: every pixel keeps its colour and moves to a random place. Then there
# is only coloured noise to be seen. Write five to ten sentences:
#
# 1. The Gram matrix of the raw colours (C = 3) is exactly the same before and after. Show it with the formula of task 1.
#    What does this matrix know about a picture?
# 2. The Gram matrices of the features of a convolutional network do change. Why, although they forget all places too?
# 3. In Neural Style, what would become of the photo if the content loss compared Gram matrices as well? And what of the
#    style, if the style loss compared features point by point?
#
# **How it is graded** (a person reads it):
#
# | Points | For |
# |---|---|
# | 2 | The sum over all points has the same terms in another order (1 point). The matrix knows which colours there are, how strong and how often together, and not where (1 point). |
# | 2 | A feature looks at a neighbourhood, and shuffling destroys neighbourhoods, such as edges and strokes (1 point). The places that are forgotten are those of the features: what lies inside a receptive field is kept (1 point). |
# | 2 | The objects of the photo would lose their places: its texture would be left, and no picture of it (1 point). The picture would have to show the painting's own objects at their places, a copy of it (1 point). |

# %% [markdown] nbgrader={"schema_version": 3, "grade_id": "task-8", "grade": true, "solution": true, "locked": false, "points": 6}
# ### BEGIN SOLUTION
# Each entry of the Gram matrix is a sum over all points of the product of two colours **at the same point**. Shuffling
# moves the points around, with their three colours together. So the sum has the same terms in another order, and the
# same value. The matrix of the colours knows how strong each colour is and which colours come together in a pixel. It does
# not know where anything is.
#
# A feature of a convolutional network is calculated from a whole neighbourhood: it may respond to an edge, a stroke, a
# pattern of dots. Shuffling destroys all of them, so the features have other values, and their products too. The Gram
# matrix forgets where a stroke is, but what a stroke looks like is inside the receptive field of one feature, and stays.
#
# If the content loss compared Gram matrices, the photo's objects would lose their places: the result would have the
# textures of the photo, mixed with those of the painting, and nobody would recognise the scene. If the style loss
# compared features point by point, the result would have to show the painting's objects at their places: two pictures
# laid over each other, and no photo in another style.
# ### END SOLUTION
