# %% [markdown]
# # Problem set 2: how deep networks are trained
#
# You write the steps that make deep networks learn: optimisers, dropout, batch normalisation, an operation for the graph
# school, gradient clipping, a residual block. Two tasks learn without labels: a sparse autoencoder and a restricted
# Boltzmann machine. Plan about **115 minutes**.
#
# | Task | What you practise | Points | Minutes | Why these points | Lecture |
# |---|---|---|---|---|---|
# | 1 | one step of momentum, one of Adam | 12 | 12 | momentum 5: two lines; Adam 7: two means and their correction | [4](../../lectures/session2_frameworks/04_optimisers.ipynb) |
# | 2 | dropout, forward and backward | 8 | 8 | forward 5: training and test; backward 3: one mask | [6](../../lectures/session2_frameworks/06_regularisation.ipynb) |
# | 3 | batch normalisation, forward and backward | 16 | 20 | training 5, test 3; backward 8: three paths lead back to the input | [5](../../lectures/session2_frameworks/05_training_deep_nets.ipynb) |
# | 4 | an operation of the graph school, with its gradient | 12 | 15 | shape and value 4; gradient 8: it must be a graph again | [2](../../lectures/session2_frameworks/02_graph_school.ipynb) |
# | 5 | gradient clipping | 8 | 8 | one norm and one factor for all parameters | [5](../../lectures/session2_frameworks/05_training_deep_nets.ipynb) |
# | 6 | a sparse autoencoder, loss and gradient | 14 | 17 | loss 5; gradient 9: the same matrix is used twice | [7](../../lectures/session2_frameworks/07_autoencoders.ipynb) |
# | 7 | contrastive divergence for a Boltzmann machine | 12 | 15 | the chain 6, the update 6: three parameters each way | [9](../../lectures/session2_frameworks/09_boltzmann_machines.ipynb) |
# | 8 | a residual block, forward and backward | 12 | 15 | forward 4; backward 8: three gradients through two ReLUs | [11](../../lectures/session2_frameworks/11_architectures.ipynb) |
# | 9 | a question to answer in words | 6 | 5 | three ideas, 2 each; a person reads it | [1](../../lectures/session2_frameworks/01_layer_school.ipynb) |
# | | | **100** | **115** | | |
#
# **How it works**
#
# - Replace each `raise NotImplementedError(…)` by your code. Keep the names and the arguments of the functions.
# - Below each function is a cell with checks. Run it as often as you like. It ends in a green line, or it says in red
#   what came, what was expected, and which lecture to read again.
# - Your work is graded with these checks and with some more that you do not see. They use other numbers and other
#   shapes. So an answer that only knows the numbers below is worth nothing, and one that follows the formula is safe.
# - The tasks do not build on each other, and neither do the parts of a task. If you are stuck, go on with the next one.
# - All functions take NumPy arrays and return NumPy arrays. They never write to their inputs, and they remember nothing
#   from one call to the next. Write the calculations yourself, with NumPy; the ready-made ones in `course_pkg`, torch or
#   SciPy are allowed only where a task says so.
# - Where a method needs random numbers, they come in as an argument, so that your answer can be compared with ours.

# %% nbgrader={"schema_version": 3, "grade_id": "imports", "grade": false, "solution": false, "locked": true}
from functools import partial

import numpy as np

from course_pkg import checks, graph, nn

# %% [markdown]
# ## Task 1: two optimisers (12 points)
#
# *Read before:* [lecture 4](../../lectures/session2_frameworks/04_optimisers.ipynb).
#
# **Why.** The gradient says in which direction the loss falls. An optimiser (优化器) decides what to do with it. It
# keeps a state from step to step, in the shape of the parameters.
#
# Both functions do **one step**. `w` and `g`, its gradient, have any shape, and the state has the same. Return new arrays
# for all that changes. A network has millions of parameters, so work on whole arrays: a Python loop over the numbers is
# too slow, and the checks count the lines of Python that run.
#
# **1a. Momentum (5 points)**, with the learning rate $\eta$ (`lr`) and the momentum $\mu$ (动量, `momentum`):
#
# $$v \leftarrow \mu\, v + g \qquad w \leftarrow w - \eta\, v$$
#
# The second formula uses the new $v$.
#
# *Graded:* the new `w` and the new `v`, for arrays of any shape and any $\eta$ and $\mu$.


# %% nbgrader={"schema_version": 3, "grade_id": "task-1a", "grade": false, "solution": true, "locked": false}
def momentum_step(w, v, g, lr, momentum=0.9):
    """Return the new (w, v) after one step.

    w are the parameters, v is the velocity, g the gradient: any shape, the same for all three.
    """
    ### BEGIN SOLUTION
    v = momentum * v + g
    return w - lr * v, v
    ### END SOLUTION


# %% nbgrader={"schema_version": 3, "grade_id": "test-1a", "grade": true, "solution": false, "locked": true, "points": 5}
with checks.part("1a", see="Lecture 4 (04_optimisers.ipynb): Momentum (动量): Polyak, 1964"):
    w, v, g = np.array([1.0, -2.0, 0.5]), np.array([0.5, 0.0, -1.0]), np.array([2.0, -1.0, 4.0])
    with checks.unchanged({"w": w, "v": v, "g": g}, call="momentum_step(w, v, g, 0.1)"):
        got = momentum_step(w, v, g, 0.1)
    checks.close(
        got,
        (np.array([0.755, -1.9, 0.19]), np.array([2.45, -1.0, 3.1])),
        names=("w", "v"),
        call="momentum_step(w, v, g, 0.1)",
        given={"w": w, "v": v, "g": g},
        hint="v is made of gradients alone; lr multiplies the finished step. The first velocity is 0.9·0.5 + 2 = 2.45, "
        "and w takes the new one.",
    )
    few, many = (np.ones(3),) * 3, (np.ones((99, 99)),) * 3
    hint = "NumPy's +, − and * work on whole arrays, place by place."
    checks.vectorised(momentum_step, (*few, 0.1), (*many, 0.1), call="momentum_step for 99×99 numbers", hint=hint)
### BEGIN HIDDEN TESTS
with checks.part("1a", see="Lecture 4 (04_optimisers.ipynb): Momentum (动量): Polyak, 1964", hidden=True):
    rng = checks.generator(11)
    for shape, lr, momentum in [((3, 4), 0.1, 0.9), ((2, 3, 2, 2), 0.5, 0.3), ((5,), 0.01, 0.0)]:
        w = nn.Blob(rng.normal(size=shape))
        optimiser = nn.Momentum({"w": w}, lr, momentum=momentum)
        for _ in range(3):
            optimiser.v["w"], w.diff[...] = rng.normal(size=(2, *shape))
            before = {"w": w.data.copy(), "v": optimiser.v["w"].copy(), "g": w.diff}
            call = "momentum_step(w, v, g, lr, momentum)"
            with checks.unchanged(before, call=call):
                got = momentum_step(*before.values(), lr, momentum)
            optimiser.step()
            hint = "Does it use its five arguments, and nothing else? Try other shapes, another lr, momentum = 0."
            checks.close(got, (w.data, optimiser.v["w"]), names=("w", "v"), call=call, hint=hint)
    checks.by_hand(momentum_step, *before.values(), lr, call="momentum_step(w, v, g, lr)")
### END HIDDEN TESTS

# %% [markdown]
# **1b. Adam (7 points)** keeps two running means, $m$ of the gradient and $s$ of its square, number by number. Both start
# at 0, so in step $t = 1, 2, …$ they are too small by a known factor. The hats divide it away:
#
# $$m \leftarrow \beta_1 m + (1-\beta_1)\, g \qquad s \leftarrow \beta_2 s + (1-\beta_2)\, g^2 \qquad
# \hat m = \frac{m}{1-\beta_1^t} \qquad \hat s = \frac{s}{1-\beta_2^t} \qquad
# w \leftarrow w - \eta\,\frac{\hat m}{\sqrt{\hat s} + \varepsilon}$$
#
# The state that is kept and returned is $m$ and $s$, without hats.
#
# *Graded:* the new `w`, `m` and `s`, for arrays of any shape and any $t$, $\eta$, $\beta_1$, $\beta_2$ and $\varepsilon$;
# also where the gradient has been 0 from the start.


# %% nbgrader={"schema_version": 3, "grade_id": "task-1b", "grade": false, "solution": true, "locked": false}
def adam_step(w, m, s, g, t, lr=0.001, beta1=0.9, beta2=0.999, eps=1e-8):
    """Return the new (w, m, s) after step number t = 1, 2, …

    w are the parameters, m and s the means, g the gradient: any shape, the same for all four.
    """
    ### BEGIN SOLUTION
    m = beta1 * m + (1 - beta1) * g
    s = beta2 * s + (1 - beta2) * g**2
    m_hat = m / (1 - beta1**t)
    s_hat = s / (1 - beta2**t)
    return w - lr * m_hat / (np.sqrt(s_hat) + eps), m, s
    ### END SOLUTION


# %% nbgrader={"schema_version": 3, "grade_id": "test-1b", "grade": true, "solution": false, "locked": true, "points": 7}
with checks.part("1b", see="Lecture 4 (04_optimisers.ipynb): Adam: Kingma and Ba, 2015"):
    w, zero, g = np.array([1.0, -2.0, 0.5]), np.zeros(3), np.array([2.0, -1.0, 4.0])
    with checks.unchanged({"w": w, "m and s": zero, "g": g}, call="adam_step(w, m, s, g, t=1, lr=0.1)"):
        got = adam_step(w, zero, zero, g, t=1, lr=0.1)
    checks.close(
        got,
        (np.array([0.9, -1.9, 0.4]), np.array([0.2, -0.1, 0.4]), np.array([0.004, 0.001, 0.016])),
        names=("w", "m", "s"),
        call="adam_step(w, m, s, g, t=1, lr=0.1)",
        given={"w": w, "m": zero, "s": zero, "g": g},
        hint="In the first step m̂ is g and ŝ is g², so every number of w moves by lr. Return m and s without hats.",
    )
    m, s = np.array([0.5, 0.0, -1.0]), np.array([1.0, 0.25, 4.0])
    checks.close(
        adam_step(w, m, s, g, t=3, lr=0.1),
        (np.array([0.986889, -1.995966, 0.505043]), np.array([0.65, -0.1, -0.5]), np.array([1.003, 0.25075, 4.012])),
        names=("w", "m", "s"),
        call="adam_step(w, m, s, g, t=3, lr=0.1)",
        given={"w": w, "m": m, "s": s, "g": g},
        atol=1e-6,
        hint="In step 3 m is divided by 1 − 0.9³ = 0.271, and s by 1 − 0.999³, about 0.003.",
    )
    few, many = (np.ones(3),) * 4, (np.ones((99, 99)),) * 4
    hint = "NumPy's +, −, *, / and np.sqrt work on whole arrays, place by place."
    checks.vectorised(adam_step, (*few, 2), (*many, 2), call="adam_step for 99×99 numbers", hint=hint)
### BEGIN HIDDEN TESTS
with checks.part("1b", see="Lecture 4 (04_optimisers.ipynb): Adam: Kingma and Ba, 2015", hidden=True):
    rng = checks.generator(12)
    w, zero = rng.normal(size=4), np.zeros(4)
    hint = "0 divided by 0 is NaN. The ε in the formula is there for this."
    got = adam_step(w, zero, zero, zero, 1)
    checks.close(got, (w, zero, zero), names=("w", "m", "s"), call="adam_step with a gradient of 0", hint=hint)
    for shape, lr, beta1, beta2, eps in [
        ((3, 4), 0.001, 0.9, 0.999, 1e-8),
        ((2, 3, 2, 2), 0.1, 0.5, 0.9, 0.2),
        ((5,), 1.0, 0.0, 0.5, 1e-3),
    ]:
        w = nn.Blob(rng.normal(size=shape))
        optimiser = nn.Adam({"w": w}, lr, betas=(beta1, beta2), eps=eps)
        for t in (1, 2, 7):
            optimiser.steps = t - 1
            optimiser.m["w"], optimiser.s["w"], w.diff[...] = rng.uniform(1, 2, size=(3, *shape))
            before = {"w": w.data.copy(), "m": optimiser.m["w"].copy(), "s": optimiser.s["w"].copy(), "g": w.diff}
            call = "adam_step(w, m, s, g, t, lr, beta1, beta2, eps)"
            with checks.unchanged(before, call=call):
                got = adam_step(*before.values(), t, lr, beta1, beta2, eps)
            optimiser.step()
            expected = w.data, optimiser.m["w"], optimiser.s["w"]
            hint = (
                "Does it use all its arguments, the powers βᵗ, and ε outside the root? Try ε = 0.1 and several steps."
            )
            checks.close(got, expected, names=("w", "m", "s"), call=call, hint=hint)
    checks.by_hand(adam_step, *before.values(), 1, call="adam_step(w, m, s, g, t)")
### END HIDDEN TESTS

# %% [markdown]
# ## Task 2: dropout (8 points)
#
# *Read before:* [lecture 6](../../lectures/session2_frameworks/06_regularisation.ipynb).
#
# **Why.** Neurons that learn together come to rely on each other. Dropout (随机失活) leaves each one out with probability
# $p$ in every training step, so that each has to be useful by itself.
#
# In training a number $x$ survives where a random number $u$, uniform between 0 and 1, is at least $p$. The survivors are
# made larger, so that the expected value stays. In the test phase nothing is left out, and nothing is scaled.
#
# $$\text{training: } y = \frac{x \cdot [u \ge p]}{1 - p} \qquad\qquad \text{test: } y = x$$
#
# The bracket is 1 if the statement in it is true, and 0 if not. The random numbers `u` come in as an argument, in the
# shape of `x`.
#
# **2a. Forward (5 points).**
#
# *Graded:* the values in both phases, for arrays of any shape and $0 \le p < 1$. `x` may hold integers, such as the
# pixels 0 to 255 of an image; the result holds real numbers in training.


# %% nbgrader={"schema_version": 3, "grade_id": "task-2a", "grade": false, "solution": true, "locked": false}
def dropout_forward(x, p, u, training=True):
    """Return y for x, in training with probability p of being left out; in the test phase x.

    x, the uniform random numbers u and y have any shape, the same for all three.
    """
    ### BEGIN SOLUTION
    if not training:
        return x
    return x * (u >= p) / (1 - p)
    ### END SOLUTION


# %% nbgrader={"schema_version": 3, "grade_id": "test-2a", "grade": true, "solution": false, "locked": true, "points": 5}
with checks.part("2a", see="Lecture 6 (06_regularisation.ipynb): Dropout: noise that multiplies"):
    x = np.array([[1.0, -2.0, 3.0], [4.0, 5.0, -6.0]])
    u = np.array([[0.1, 0.7, 0.25], [0.9, 0.2, 0.4]])
    expected = np.array([[0.0, -8 / 3, 4.0], [16 / 3, 0.0, -8.0]])
    hint = "A number survives where u ≥ p, here in four places, and is divided by 1 − p = 0.75."
    call, given = "dropout_forward(x, 0.25, u)", {"x": x, "u": u}
    with checks.unchanged(given, call=call):
        checks.close(dropout_forward(x, 0.25, u), expected, call=call, given=given, hint=hint)
    hint = "In the test phase all numbers stay as they are. The division in training has taken care of the scale."
    call = "dropout_forward(x, 0.25, u, training=False)"
    checks.close(dropout_forward(x.copy(), 0.25, u, training=False), x, call=call, given=given, hint=hint)
### BEGIN HIDDEN TESTS
with checks.part("2a", see="Lecture 6 (06_regularisation.ipynb): Dropout: noise that multiplies", hidden=True):
    hint = "Does it work number by number, for any shape and any p? The mask comes from u and p alone."
    for seed, shape, p in [(21, (4, 3), 0.5), (22, (2, 3, 4, 5), 0.8), (23, (7,), 0.0)]:
        x = checks.generator(100 + seed).normal(size=shape)
        u = np.random.default_rng(seed).random(shape)
        with checks.unchanged({"x": x, "u": u}, call="dropout_forward(x, p, u)"):
            got = dropout_forward(x, p, u)
        checks.close(got, nn.Dropout(p, rng=seed).forward(x), call="dropout_forward(x, p, u)", hint=hint)
        call = "dropout_forward(x, p, u, training=False)"
        checks.close(dropout_forward(x.copy(), p, u, training=False), x, call=call, hint=hint)
    pixels = np.arange(1, 13).reshape(3, 4)
    u = np.random.default_rng(24).random(pixels.shape)
    hint = (
        "An array of integers holds no 1.5: a result that is made with the dtype of x loses what is behind the point."
    )
    expected = nn.Dropout(0.4, rng=24).forward(pixels.astype(float))
    checks.close(dropout_forward(pixels, 0.4, u), expected, call="dropout_forward with integers", hint=hint)
    checks.by_hand(dropout_forward, x, 0.5, np.ones(x.shape), call="dropout_forward(x, p, u)")
### END HIDDEN TESTS

# %% [markdown]
# **2b. Backward (3 points).** In training each $y$ is $x$ times a number that does not depend on $x$. So the gradient is
# multiplied by the same number:
#
# $$\text{training: } \frac{\partial L}{\partial x} = dy \cdot \frac{[u \ge p]}{1 - p} \qquad\qquad
# \text{test: } \frac{\partial L}{\partial x} = dy$$
#
# *Graded:* the gradient in both phases. The function gets the `u` of the forward pass and must not rely on an earlier
# call of `dropout_forward`.


# %% nbgrader={"schema_version": 3, "grade_id": "task-2b", "grade": false, "solution": true, "locked": false}
def dropout_backward(dy, p, u, training=True):
    """Return dx, the gradient by x, for dy, the gradient by y = dropout_forward(x, p, u, training).

    dy, u and dx have any shape, the same for all three.
    """
    ### BEGIN SOLUTION
    if not training:
        return dy
    return dy * (u >= p) / (1 - p)
    ### END SOLUTION


# %% nbgrader={"schema_version": 3, "grade_id": "test-2b", "grade": true, "solution": false, "locked": true, "points": 3}
with checks.part("2b", see="Lecture 6 (06_regularisation.ipynb): Dropout: noise that multiplies"):
    dy = np.array([[3.0, 0.0, -6.0], [9.0, -3.0, 1.5]])
    u = np.array([[0.1, 0.7, 0.25], [0.9, 0.2, 0.4]])
    expected = np.array([[0.0, 0.0, -8.0], [12.0, 0.0, 2.0]])
    hint = "The gradient goes through where the number went through, and it is divided by 1 − p = 0.75 too."
    call, given = "dropout_backward(dy, 0.25, u)", {"dy": dy, "u": u}
    with checks.unchanged(given, call=call):
        checks.close(dropout_backward(dy, 0.25, u), expected, call=call, given=given, hint=hint)
    hint = "In the test phase y = x, so the gradient goes through unchanged."
    call = "dropout_backward(dy, 0.25, u, training=False)"
    checks.close(dropout_backward(dy.copy(), 0.25, u, training=False), dy, call=call, given=given, hint=hint)
### BEGIN HIDDEN TESTS
with checks.part("2b", see="Lecture 6 (06_regularisation.ipynb): Dropout: noise that multiplies", hidden=True):
    hint = "Is everything made from the three arguments? Try other shapes, another p, and numbers of dy that are 0."
    for seed, shape, p in [(25, (4, 3), 0.5), (26, (2, 3, 4, 5), 0.8), (27, (7,), 0.0)]:
        layer, rng = nn.Dropout(p, rng=seed), checks.generator(100 + seed)
        layer.forward(rng.normal(size=shape))
        dy, u = rng.normal(size=shape), np.random.default_rng(seed).random(shape)
        with checks.unchanged({"dy": dy, "u": u}, call="dropout_backward(dy, p, u)"):
            got = dropout_backward(dy, p, u)
        checks.close(got, layer.backward(dy), call="dropout_backward(dy, p, u)", hint=hint)
        call = "dropout_backward(dy, p, u, training=False)"
        checks.close(dropout_backward(dy.copy(), p, u, training=False), dy, call=call, hint=hint)
    checks.by_hand(dropout_backward, dy, p, u, call="dropout_backward(dy, p, u)")
### END HIDDEN TESTS

# %% [markdown]
# ## Task 3: batch normalisation (16 points)
#
# *Read before:* [lecture 5](../../lectures/session2_frameworks/05_training_deep_nets.ipynb), and "Training and test" in
# [lecture 1](../../lectures/session2_frameworks/01_layer_school.ipynb).
#
# **Why.** In a deep network the numbers of one layer are easily all large, all small, or all on one side. Batch
# normalisation (批归一化) brings every feature to mean 0 and variance 1 over the batch, and lets the network choose a
# scale $\gamma$ and a shift $\beta$ for each. Layers behind it can rely on that, and the gradient keeps its size.
#
# `x` has the shape (N, D): N samples with D features. All statistics are taken **over the samples**, for each feature by
# itself, so `gamma`, `beta`, `mean` and `variance` have the shape (D,).
#
# **3a. Forward in training (5 points).**
#
# $$\mu = \frac1N \sum_n x_n \qquad \sigma^2 = \frac1N \sum_n (x_n - \mu)^2 \qquad
# \hat x_n = \frac{x_n - \mu}{\sqrt{\sigma^2 + \varepsilon}} \qquad y_n = \gamma\, \hat x_n + \beta$$
#
# For the test phase, the layer follows mean and variance of the batches with running values (`mean`, `variance`). With
# the momentum $\alpha$ (`momentum`),
#
# $$\text{mean} \leftarrow (1-\alpha)\,\text{mean} + \alpha\, \mu \qquad
# \text{variance} \leftarrow (1-\alpha)\,\text{variance} + \alpha\, \frac{N}{N-1}\, \sigma^2$$
#
# The factor N / (N − 1) makes the estimate of the variance unbiased. It belongs to the running value only, as in torch.
#
# *Graded:* `y` and the two new running values, for any N ≥ 2 and D, also where a feature is the same in all samples.


# %% nbgrader={"schema_version": 3, "grade_id": "task-3a", "grade": false, "solution": true, "locked": false}
def batchnorm_train(x, gamma, beta, mean, variance, momentum=0.1, eps=1e-5):
    """Return (y, mean, variance): the output, shape (N, D), and the new running values, shape (D,).

    x has the shape (N, D); gamma, beta and the running values mean and variance have the shape (D,).
    """
    ### BEGIN SOLUTION
    n = len(x)
    mu, sigma2 = x.mean(axis=0), x.var(axis=0)
    y = gamma * (x - mu) / np.sqrt(sigma2 + eps) + beta
    mean = (1 - momentum) * mean + momentum * mu
    variance = (1 - momentum) * variance + momentum * sigma2 * n / (n - 1)
    return y, mean, variance
    ### END SOLUTION


# %% nbgrader={"schema_version": 3, "grade_id": "test-3a", "grade": true, "solution": false, "locked": true, "points": 5}
with checks.part("3a", see="Lecture 5 (05_training_deep_nets.ipynb): Five cures"):
    x = np.array([[1.0, 2.0], [3.0, 2.0], [5.0, 6.0], [7.0, 10.0]])
    gamma, beta, mean, variance = (
        np.array([2.0, 0.5]),
        np.array([0.0, -1.0]),
        np.array([0.0, 1.0]),
        np.array([1.0, 2.0]),
    )
    given = {"x": x, "gamma": gamma, "beta": beta, "mean": mean, "variance": variance}
    y = np.array([[-2.683279, -1.452267], [-0.894426, -1.452267], [0.894426, -0.849244], [2.683279, -0.246222]])
    call = "batchnorm_train(x, gamma, beta, mean, variance)"
    with checks.unchanged(given, call=call):
        got = batchnorm_train(x, gamma, beta, mean, variance)
    checks.close(
        got,
        (y, np.array([0.4, 1.4]), np.array([1.566667, 3.266667])),
        names=("y", "mean", "variance"),
        call=call,
        given=given,
        atol=1e-6,
        hint="The first column has μ = 4 and σ² = 5. Its running mean becomes 0.9·0 + 0.1·4, and its running variance "
        "0.9·1 + 0.1·(4/3)·5.",
    )
### BEGIN HIDDEN TESTS
with checks.part("3a", see="Lecture 5 (05_training_deep_nets.ipynb): Five cures", hidden=True):
    rng = checks.generator(31)
    names = ("y", "mean", "variance")
    x = np.column_stack([np.full(4, 3.0), np.arange(4.0)])
    layer, start = nn.BatchNorm(2), (np.ones(2), np.zeros(2), np.zeros(2), np.ones(2))
    expected = layer.forward(x), layer.state["mean"], layer.state["variance"]
    hint = "A feature that is the same in all samples has the variance 0. The ε under the root is there for this."
    checks.close(batchnorm_train(x, *start), expected, names=names, call="batchnorm_train, constant feature", hint=hint)
    for n, d, momentum, eps in [(6, 3, 0.1, 1e-5), (2, 5, 0.3, 0.1), (4, 4, 0.5, 1e-3)]:
        layer = nn.BatchNorm(d, momentum=momentum, eps=eps)
        gamma, beta = layer.weight.data, layer.bias.data
        gamma[...], beta[...] = rng.normal(size=(2, d))
        layer.state["mean"][...], layer.state["variance"][...] = rng.normal(size=d), rng.uniform(1, 2, size=d)
        mean, variance = layer.state["mean"].copy(), layer.state["variance"].copy()
        x = rng.normal(size=(d, n)).T * 2 + rng.normal(size=d)
        given = {"x": x, "gamma": gamma, "beta": beta, "mean": mean, "variance": variance}
        with checks.unchanged(given, call="batchnorm_train"):
            got = batchnorm_train(x, gamma, beta, mean, variance, momentum, eps)
        expected = layer.forward(x), layer.state["mean"], layer.state["variance"]
        hint = "Try two samples, other sizes than the visible ones, as many samples as features, a large ε and another momentum."
        checks.close(got, expected, names=names, call="batchnorm_train", hint=hint)
    checks.by_hand(batchnorm_train, *given.values(), call="batchnorm_train")
### END HIDDEN TESTS

# %% [markdown]
# **3b. Forward in the test phase (3 points).** A picture must not get another label because of the other pictures that
# happen to be in its batch. So the running values take the place of $\mu$ and $\sigma^2$, and they stay as they are:
#
# $$y_n = \gamma\, \frac{x_n - \text{mean}}{\sqrt{\text{variance} + \varepsilon}} + \beta$$
#
# *Graded:* `y` for any N and D, also for a single sample.


# %% nbgrader={"schema_version": 3, "grade_id": "task-3b", "grade": false, "solution": true, "locked": false}
def batchnorm_test(x, gamma, beta, mean, variance, eps=1e-5):
    """Return the output y (N, D) in the test phase for x (N, D).

    gamma, beta and the running values mean and variance have the shape (D,).
    """
    ### BEGIN SOLUTION
    return gamma * (x - mean) / np.sqrt(variance + eps) + beta
    ### END SOLUTION


# %% nbgrader={"schema_version": 3, "grade_id": "test-3b", "grade": true, "solution": false, "locked": true, "points": 3}
with checks.part("3b", see="Lecture 1 (01_layer_school.ipynb): Training and test"):
    x = np.array([[1.0, 2.0], [3.0, 6.0], [5.0, 1.0]])
    gamma, beta, mean, variance = (
        np.array([2.0, 1.0]),
        np.array([0.0, -1.0]),
        np.array([3.0, 2.0]),
        np.array([4.0, 16.0]),
    )
    given = {"x": x, "gamma": gamma, "beta": beta, "mean": mean, "variance": variance}
    expected = np.array([[-2.0, -1.0], [0.0, 0.0], [2.0, -1.25]])
    hint = "The batch plays no part. The first number is 2·(1 − 3)/√(4 + ε) + 0, about −2."
    call = "batchnorm_test(x, gamma, beta, mean, variance)"
    with checks.unchanged(given, call=call):
        got = batchnorm_test(x, gamma, beta, mean, variance)
    checks.close(got, expected, call=call, given=given, atol=1e-5, hint=hint)
### BEGIN HIDDEN TESTS
with checks.part("3b", see="Lecture 1 (01_layer_school.ipynb): Training and test", hidden=True):
    rng = checks.generator(32)
    for n, d, eps in [(1, 4, 1e-5), (5, 3, 0.1), (3, 3, 1e-3)]:
        layer = nn.BatchNorm(d, eps=eps)
        layer.training = False
        gamma, beta, (mean, variance) = layer.weight.data, layer.bias.data, layer.state.values()
        gamma[...], beta[...], mean[...], variance[...] = *rng.normal(size=(3, d)), rng.uniform(0, 2, size=d)
        x = rng.normal(size=(n, d)) * 2
        given = {"x": x, "gamma": gamma, "beta": beta, "mean": mean, "variance": variance}
        with checks.unchanged(given, call="batchnorm_test"):
            got = batchnorm_test(x, gamma, beta, mean, variance, eps)
        hint = "Try one sample, a large ε, and a small variance. Where does ε stand in the formula?"
        checks.close(got, layer.forward(x), call="batchnorm_test", hint=hint)
    checks.by_hand(batchnorm_test, x, gamma, beta, mean, variance, call="batchnorm_test")
### END HIDDEN TESTS

# %% [markdown]
# **3c. Backward in training (8 points).** A number $x_n$ acts on the output in three ways: directly, through the mean
# $\mu$, and through the variance $\sigma^2$, which are used by **all** samples. Adding up the three paths gives
#
# $$\frac{\partial L}{\partial x_n} = \frac{\gamma}{\sqrt{\sigma^2 + \varepsilon}}
# \Big( dy_n - \frac1N \sum_i dy_i - \hat x_n\, \frac1N \sum_i dy_i\, \hat x_i \Big)
# \qquad
# \frac{\partial L}{\partial \gamma} = \sum_n dy_n\, \hat x_n
# \qquad
# \frac{\partial L}{\partial \beta} = \sum_n dy_n$$
#
# Take a pencil and derive the first formula once. It is worth it. As everywhere, the samples are summed in the gradients
# of $\gamma$ and $\beta$: the loss has already divided by N.
#
# *Graded:* the three gradients for any N ≥ 2 and D.


# %% nbgrader={"schema_version": 3, "grade_id": "task-3c", "grade": false, "solution": true, "locked": false}
def batchnorm_backward(dy, x, gamma, eps=1e-5):
    """Return (dx, dgamma, dbeta), shapes (N, D), (D,), (D,), of the forward pass in training.

    dy and x have the shape (N, D), gamma has the shape (D,).
    """
    ### BEGIN SOLUTION
    root = np.sqrt(x.var(axis=0) + eps)
    normal = (x - x.mean(axis=0)) / root
    dx = gamma / root * (dy - dy.mean(axis=0) - normal * (dy * normal).mean(axis=0))
    return dx, (dy * normal).sum(axis=0), dy.sum(axis=0)
    ### END SOLUTION


# %% nbgrader={"schema_version": 3, "grade_id": "test-3c", "grade": true, "solution": false, "locked": true, "points": 8}
with checks.part("3c", see="Lecture 5 (05_training_deep_nets.ipynb): Five cures"):
    x = np.array([[1.0, 2.0], [3.0, 2.0], [5.0, 6.0], [7.0, 10.0]])
    dy = np.array([[1.0, 0.0], [2.0, -1.0], [0.0, 3.0], [-1.0, 2.0]])
    gamma = np.array([2.0, 1.0])
    dx = np.array([[-0.626096, 0.027410], [0.983870, -0.274101], [-0.089443, 0.493382], [-0.268330, -0.246690]])
    given = {"dy": dy, "x": x, "gamma": gamma}
    with checks.unchanged(given, call="batchnorm_backward(dy, x, gamma)"):
        got = batchnorm_backward(dy, x, gamma)
    checks.close(
        got,
        (dx, np.array([-3.577705, 4.824179]), np.array([2.0, 4.0])),
        names=("dx", "dgamma", "dbeta"),
        call="batchnorm_backward(dy, x, gamma)",
        given=given,
        atol=1e-6,
        hint="x̂ is what 3a calculates before γ and β: the first column is −1.342, −0.447, 0.447, 1.342. Are all three "
        "paths in dx? Each column of dx adds up to 0, since moving all samples together changes nothing.",
    )
### BEGIN HIDDEN TESTS
with checks.part("3c", see="Lecture 5 (05_training_deep_nets.ipynb): Five cures", hidden=True):
    rng = checks.generator(33)
    for n, d, eps in [(6, 3, 1e-5), (2, 5, 0.1), (4, 4, 1e-3)]:
        layer = nn.BatchNorm(d, eps=eps)
        gamma = layer.weight.data
        gamma[...] = rng.normal(size=d)
        x, dy = rng.normal(size=(n, d)) * 2 + rng.normal(size=d), rng.normal(size=(d, n)).T
        layer.forward(x)
        expected = layer.backward(dy), layer.weight.diff, layer.bias.diff
        with checks.unchanged({"dy": dy, "x": x, "gamma": gamma}, call="batchnorm_backward"):
            got = batchnorm_backward(dy, x, gamma, eps)
        hint = (
            "Compare it with a finite difference, nn.numerical_gradient; try a large ε and as many samples as features."
        )
        checks.close(got, expected, names=("dx", "dgamma", "dbeta"), call="batchnorm_backward", hint=hint)
    checks.by_hand(batchnorm_backward, dy, x, gamma, call="batchnorm_backward")
### END HIDDEN TESTS

# %% [markdown]
# ## Task 4: an operation for the graph school (12 points)
#
# *Read before:* [lecture 2](../../lectures/session2_frameworks/02_graph_school.ipynb), above all "How it is done".
#
# **Why.** A framework knows some hundred operations. Sooner or later you need one that is not there. Then you add a line
# to the table: the shape of the output, its value, and its gradient **written with operations**, so that the graph
# (计算图) can be extended with it, and extended again.
#
# The operation: the squared distances between the points $a_1 … a_N$ and $b_1 … b_M$, rows of two matrices. Nearest
# neighbours, k-means and the output layer of LeNet-5 are made of it.
#
# $$d_{nm} = \sum_k (a_{nk} - b_{mk})^2$$
#
# **4a. Shape and value (4 points).** `distance_shape` gets the two shapes, (N, D) and (M, D), and returns the shape of
# the result, (N, M), as a tuple. A length that is known only when the graph runs is None, and fits any number. Where the
# points of a and b have different known lengths D, it raises `ValueError`. `distance_values` gets the two arrays and
# returns the array of the distances.
#
# *Graded:* the shapes, with and without None; the error; the values for any N, M and D.


# %% nbgrader={"schema_version": 3, "grade_id": "task-4a", "grade": false, "solution": true, "locked": false}
def distance_shape(a, b):
    """Return the shape (N, M) for the shapes a = (N, D) and b = (M, D); None is an unknown length."""
    ### BEGIN SOLUTION
    if a[1] != b[1] and None not in (a[1], b[1]):
        raise ValueError(f"expected points of equal length, got {a[1]} and {b[1]}")
    return a[0], b[0]
    ### END SOLUTION


def distance_values(a, b):
    """Return the squared distances (N, M) between the rows of a (N, D) and the rows of b (M, D)."""
    ### BEGIN SOLUTION
    return ((a[:, None, :] - b[None, :, :]) ** 2).sum(axis=2)
    ### END SOLUTION


# %% nbgrader={"schema_version": 3, "grade_id": "test-4a", "grade": true, "solution": false, "locked": true, "points": 4}
with checks.part("4a", see="Lecture 2 (02_graph_school.ipynb): How it is done"):
    hint = "The result has a row for each point of a and a column for each point of b."
    checks.same(distance_shape((3, 2), (5, 2)), (3, 5), call="distance_shape((3, 2), (5, 2))", hint=hint)
    hint = "An unknown length stays unknown: None in, None out."
    checks.same(distance_shape((None, 2), (5, 2)), (None, 5), call="distance_shape((None, 2), (5, 2))", hint=hint)
    hint = "An unknown D fits any other."
    checks.same(distance_shape((3, None), (5, 2)), (3, 5), call="distance_shape((3, None), (5, 2))", hint=hint)
    hint = "Compare the last lengths of both shapes, and raise ValueError(…) with a helpful text."
    checks.raises(ValueError, distance_shape, (3, 2), (5, 4), call="distance_shape((3, 2), (5, 4))", hint=hint)
    a, b = np.array([[0.0, 0.0], [1.0, 2.0], [4.0, -1.0], [-2.0, 1.0]]), np.array([[1.0, 0.0], [0.0, -3.0], [2.0, 2.0]])
    expected = np.array([[1.0, 9.0, 8.0], [4.0, 26.0, 1.0], [10.0, 20.0, 13.0], [10.0, 20.0, 17.0]])
    hint = "The point (1, 2) has the squared distance (1 − 0)² + (2 + 3)² = 26 from (0, −3). No root is taken."
    call, given = "distance_values(a, b)", {"a": a, "b": b}
    checks.close(distance_values(a, b), expected, call=call, given=given, hint=hint)
### BEGIN HIDDEN TESTS
with checks.part("4a", see="Lecture 2 (02_graph_school.ipynb): How it is done", hidden=True):
    hint = "None fits any number. Is it right where one of the two D is unknown, or both?"
    for shapes, expected in [
        (((4, 3), (None, 3)), (4, None)),
        (((2, None), (7, 3)), (2, 7)),
        (((None, 2), (6, None)), (None, 6)),
    ]:
        checks.same(distance_shape(*shapes), expected, call="distance_shape with unknown lengths", hint=hint)
    hint = "Only the last lengths must agree."
    call = "distance_shape with N = 1, and with N = D"
    checks.same(distance_shape((1, 4), (3, 4)), (1, 3), call=call, hint=hint)
    checks.raises(ValueError, distance_shape, (2, 2), (2, 1), call=call, hint=hint)
    from scipy.spatial.distance import cdist

    rng = checks.generator(41)
    for n, m, d in [(5, 2, 4), (1, 6, 3), (3, 3, 3)]:
        a, b = rng.normal(size=(n, d)), rng.normal(size=(d, m)).T
        with checks.unchanged({"a": a, "b": b}, call="distance_values(a, b)"):
            got = distance_values(a, b)
        hint = "Try other numbers of points in a and in b, and points with more than two numbers."
        checks.close(got, cdist(a, b, "sqeuclidean"), call="distance_values(a, b)", hint=hint)
    checks.by_hand(distance_values, a, b, call="distance_values(a, b)")
### END HIDDEN TESTS

# %% [markdown]
# **4b. The gradient (8 points).** Let $dy_{nm} = \partial L / \partial d_{nm}$ arrive. Each $a_n$ is used in a row of $d$,
# each $b_m$ in a column:
#
# $$\frac{\partial L}{\partial a_n} = 2 \sum_m dy_{nm}\, (a_n - b_m) \qquad
# \frac{\partial L}{\partial b_m} = 2 \sum_n dy_{nm}\, (b_m - a_n)$$
#
# In the rule, `dy`, `y`, `a` and `b` are **tensors**: they have no numbers yet, and NumPy cannot work with them. Write the
# sums with the operations of `course_pkg.graph`. You need `+ − *`, `@`, `graph.transpose(x)` and
# `graph.reduce_sum(x, axis, keepdims=True)`. The lengths N and M are unknown: `a.shape[0]`
# is None.
#
# An idea: multiply the bracket out first. What is $\sum_m dy_{nm}\, a_n$, and which matrix product is
# $\sum_m dy_{nm}\, b_m$?
#
# The cell below your rule makes the operation and takes derivatives with it. It does not need your 4a.
#
# *Graded:* $\partial L/\partial a$ and $\partial L/\partial b$ for any N, M and D, and a second derivative: the rule must
# be made of operations which have gradients themselves.


# %% nbgrader={"schema_version": 3, "grade_id": "task-4b", "grade": false, "solution": true, "locked": false}
def distance_gradient(dy, y, a, b):
    """Return the tensors (∂L/∂a, ∂L/∂b), shapes (N, D) and (M, D).

    dy = ∂L/∂y and y are tensors (N, M), a is a tensor (N, D), b a tensor (M, D).
    """
    ### BEGIN SOLUTION
    to_a = graph.reduce_sum(dy, axis=1, keepdims=True) * a - dy @ b
    back = graph.transpose(dy)
    to_b = graph.reduce_sum(back, axis=1, keepdims=True) * b - back @ a
    return 2 * to_a, 2 * to_b
    ### END SOLUTION


# %% nbgrader={"schema_version": 3, "grade_id": "derivatives", "grade": false, "solution": false, "locked": true}
def differentiate(rule, a, b, r):
    """Return the arrays ∂L/∂a, ∂L/∂b and ∂S/∂b for L = Σ r·d and S = Σ (∂L/∂a)².

    d are the squared distances (N, M) of a (N, D) and b (M, D), with the gradient that rule gives; r is (N, M).
    """
    from scipy.spatial.distance import cdist

    squared_distances = graph.operation(
        "squared_distances", lambda a, b: (a[0], b[0]), lambda a, b: cdist(a, b, "sqeuclidean"), rule
    )
    with graph.Graph() as g:
        points = [graph.placeholder((None, a.shape[1]), name) for name in "ab"]
        loss = graph.reduce_sum(r * squared_distances(*points))
        da, db = graph.gradients(loss, points)
        second = graph.gradients(graph.reduce_sum(graph.square(da)), points[1])
    return tuple(graph.Session(g).run([da, db, second], dict(zip(points, (a, b), strict=True))))


derivatives = partial(differentiate, distance_gradient)  # with your rule

# %% nbgrader={"schema_version": 3, "grade_id": "test-4b", "grade": true, "solution": false, "locked": true, "points": 8}
with checks.part("4b", see="Lecture 2 (02_graph_school.ipynb): How it is done"):
    a, b = np.array([[0.0, 0.0], [1.0, 2.0], [4.0, -1.0], [-2.0, 1.0]]), np.array([[1.0, 0.0], [0.0, -3.0], [2.0, 2.0]])
    r = np.array([[1.0, 0.0, 0.0], [2.0, -1.0, 0.0], [0.0, 0.5, 1.0], [0.0, 0.0, -2.0]])
    da = np.array([[-2.0, 0.0], [-2.0, -2.0], [8.0, -4.0], [16.0, 4.0]])
    db = np.array([[2.0, -8.0], [-2.0, 8.0], [-20.0, 2.0]])
    second = np.array([[24.0, 16.0], [-24.0, 0.0], [96.0, 48.0]])
    checks.close(
        derivatives(a, b, r),
        (da, db, second),
        names=("∂L/∂a", "∂L/∂b", "the second derivative ∂S/∂b"),
        call="derivatives(a, b, r)",
        given={"a": a, "b": b, "r": r},
        hint="Here dy = r. The first row of ∂L/∂a is 2·1·((0, 0) − (1, 0)). For b the sum runs over n: which matrix has to "
        "be transposed? A second derivative of 0 says that the rule contains something without a gradient.",
    )
### BEGIN HIDDEN TESTS
with checks.part("4b", see="Lecture 2 (02_graph_school.ipynb): How it is done", hidden=True):

    def from_operations(a, b, r):
        """The same derivatives, where the distances are made of operations that the graph school has."""
        with graph.Graph() as g:
            points = [graph.Variable(a, "a"), graph.Variable(b, "b")]
            apart = graph.reshape(points[0], (-1, 1, a.shape[1])) - points[1]
            loss = graph.reduce_sum(r * graph.reduce_sum(graph.square(apart), axis=2))
            da, db = graph.gradients(loss, points)
            second = graph.gradients(graph.reduce_sum(graph.square(da)), points[1])
        return tuple(graph.Session(g).run([da, db, second]))

    rng = checks.generator(42)
    for n, m, d in [(5, 2, 4), (1, 6, 3), (3, 3, 3)]:
        a, b, r = rng.normal(size=(n, d)), rng.normal(size=(m, d)), rng.normal(size=(n, m))
        checks.close(
            derivatives(a, b, r),
            from_operations(a, b, r),
            names=("∂L/∂a", "∂L/∂b", "the second derivative ∂S/∂b"),
            call="derivatives with your distance_gradient",
            hint="Try one point in a, and as many points in a as in b (a transpose hides there).",
        )
### END HIDDEN TESTS

# %% [markdown]
# ## Task 5: gradient clipping (8 points)
#
# *Read before:* [lecture 5](../../lectures/session2_frameworks/05_training_deep_nets.ipynb).
#
# **Why.** Where the loss falls like a cliff, the gradient is huge, and one step throws the weights far away. The gradient
# is right about the direction and says nothing about how long the step should be. Clipping (梯度截断) keeps the direction
# and limits the length.
#
# `gradients` is a list of arrays, one for each parameter of the network, of any shapes. They form **one** long vector $g$.
# Its length is one number, and one factor serves all of them:
#
# $$\lVert g \rVert = \sqrt{\textstyle\sum \text{(all numbers in all arrays)}^2} \qquad
# g \leftarrow g \cdot \min\Big(1, \frac{c}{\lVert g \rVert}\Big)$$
#
# where $c$ is `max_norm`. Return a list of arrays in the same order.
#
# *Graded:* the values for any number of arrays of any shapes, and a gradient of 0, which stays 0. No Python loop over
# the numbers of an array; a loop over the arrays is fine.


# %% nbgrader={"schema_version": 3, "grade_id": "task-5", "grade": false, "solution": true, "locked": false}
def clip_by_norm(gradients, max_norm):
    """Return the arrays in the list gradients, shortened together to the norm max_norm where it is larger.

    The arrays have any shapes; the result is a list of arrays of the same shapes.
    """
    ### BEGIN SOLUTION
    norm = np.sqrt(sum((g**2).sum() for g in gradients))
    factor = max_norm / norm if norm > max_norm else 1.0
    return [g * factor for g in gradients]
    ### END SOLUTION


# %% nbgrader={"schema_version": 3, "grade_id": "test-5", "grade": true, "solution": false, "locked": true, "points": 8}
with checks.part("5", see="Lecture 5 (05_training_deep_nets.ipynb): The other end: gradients that explode"):
    matrix, vector = np.array([[3.0, 0.0], [0.0, -4.0]]), np.array([0.0, 12.0])
    gradients, given = [matrix, vector], {"gradients[0]": matrix, "gradients[1]": vector}
    names = ("clipped[0]", "clipped[1]")
    hint = "The norm of all numbers together is √(9 + 16 + 144) = 13, so both arrays are multiplied by 6.5/13."
    call = "clip_by_norm(gradients, 6.5)"
    with checks.unchanged(given, call=call):
        got = clip_by_norm(gradients, 6.5)
    checks.close(got, [matrix / 2, vector / 2], names=names, call=call, given=given, hint=hint)
    hint = "A norm of 13 is below 20: nothing to clip, and nothing to make longer."
    call = "clip_by_norm(gradients, 20.0)"
    checks.close(clip_by_norm(gradients, 20.0), [matrix, vector], names=names, call=call, given=given, hint=hint)
    few, many = [np.ones((2, 2)), np.ones(2)], [np.ones((99, 99)), np.ones(99)]
    hint = "(g**2).sum() squares and adds up a whole array."
    checks.vectorised(clip_by_norm, (few, 1.0), (many, 1.0), call="clip_by_norm for 99×99 numbers", hint=hint)
### BEGIN HIDDEN TESTS
with checks.part(
    "5", see="Lecture 5 (05_training_deep_nets.ipynb): The other end: gradients that explode", hidden=True
):
    rng = checks.generator(51)
    call = "clip_by_norm(gradients, max_norm)"
    for shapes, max_norm in [
        ([(4, 3), (3,), (2, 3, 2, 2)], 1.5),
        ([(6,)], 0.25),
        ([(3, 4), (4,), (4, 2), (2,)], 100.0),
        ([(2, 2), (2, 2)], 3.0),
    ]:
        blobs = [nn.Blob(np.zeros(shape)) for shape in shapes]
        for blob in blobs:
            blob.diff[...] = rng.normal(size=blob.shape) * 2 + 1
        gradients = [blob.diff.copy(order="F") for blob in blobs]
        nn.clip_gradients(blobs, max_norm)
        expected = [blob.diff for blob in blobs]
        given = {f"gradients[{i}]": g for i, g in enumerate(gradients)}
        with checks.unchanged(given, call=call):
            got = clip_by_norm(gradients, max_norm)
        names = tuple(f"clipped[{i}]" for i in range(len(shapes)))
        hint = (
            "Is it one norm for all arrays, and one factor? Try one array, three arrays, a limit that is not reached."
        )
        checks.close(got, expected, names=names, call=call, hint=hint)
    zero = [np.zeros(3), np.zeros((2, 2))]
    hint = "A gradient of 0 has the norm 0, and 0 divided by 0 is NaN. When is there nothing to divide?"
    checks.close(clip_by_norm(zero, 1.0), zero, call="clip_by_norm with a gradient of 0", hint=hint)
    checks.by_hand(clip_by_norm, gradients, 1.0, call=call)
### END HIDDEN TESTS

# %% [markdown]
# ## Task 6: a sparse autoencoder (14 points)
#
# *Read before:* [lecture 7](../../lectures/session2_frameworks/07_autoencoders.ipynb).
#
# **Why.** An autoencoder (自编码器) learns without labels: it writes its input as a code and must be able to read it
# back. If the code has to be sparse (稀疏), most of its numbers near 0, then the few that are not must be worth
# something.
#
# This one has a single matrix $W$ of shape (D, H), used to write and to read (tied weights). For one sample $x$, a column
# of D numbers,
#
# $$h = W^{\mathsf T} x \qquad\qquad L(x) = \lVert W h - x \rVert^2 + \lambda \sum_j |h_j|$$
#
# `X` has the shape (N, D), one **row** for each sample, so the codes of all samples are the rows of $XW$, and what is read
# back are the rows of $XWW^{\mathsf T}$. The loss is the **mean over the N samples** of $L(x)$.
#
# **6a. Loss (5 points).**
#
# *Graded:* the loss, a number, for any N, D and H (more hidden units than inputs too) and any $\lambda \ge 0$.


# %% nbgrader={"schema_version": 3, "grade_id": "task-6a", "grade": false, "solution": true, "locked": false}
def sparse_loss(W, X, lam):
    """Return the mean over the samples of ‖W h − x‖² + lam·Σ|h| with h = Wᵀx, for W (D, H), X (N, D)."""
    ### BEGIN SOLUTION
    codes = X @ W
    errors = codes @ W.T - X
    return ((errors**2).sum() + lam * np.abs(codes).sum()) / len(X)
    ### END SOLUTION


# %% nbgrader={"schema_version": 3, "grade_id": "test-6a", "grade": true, "solution": false, "locked": true, "points": 5}
with checks.part("6a", see="Lecture 7 (07_autoencoders.ipynb): The sparse autoencoder of 2013"):
    W, X = np.array([[1.0, 0.0], [0.0, 1.0], [1.0, -1.0]]), np.array([[1.0, 2.0, 0.0], [0.0, 1.0, -1.0]])
    hint = "The codes are (1, 2) and (−1, 2). The two samples have the losses 1 + 0.5·3 and 6 + 0.5·3."
    call, given = "sparse_loss(W, X, 0.5)", {"W": W, "X": X}
    with checks.unchanged(given, call=call):
        checks.close(sparse_loss(W, X, 0.5), 5.0, call=call, given=given, hint=hint)
### BEGIN HIDDEN TESTS
with checks.part("6a", see="Lecture 7 (07_autoencoders.ipynb): The sparse autoencoder of 2013", hidden=True):
    rng = checks.generator(61)
    for n, d, hidden, lam in [(5, 4, 3, 0.1), (1, 2, 6, 2.0), (3, 3, 3, 0.0), (7, 5, 8, 1.0)]:
        W, X = rng.normal(size=(d, hidden)), rng.normal(size=(d, n)).T
        expected = np.mean([np.sum((W @ (W.T @ x) - x) ** 2) + lam * np.sum(np.abs(W.T @ x)) for x in X])
        with checks.unchanged({"W": W, "X": X}, call="sparse_loss(W, X, lam)"):
            got = sparse_loss(W, X, lam)
        hint = "Write down all shapes. Try N, D and H that are all different, all equal, one sample, and λ = 0."
        checks.close(got, expected, call="sparse_loss(W, X, lam)", hint=hint)
    checks.by_hand(sparse_loss, W, X, lam, call="sparse_loss(W, X, lam)")
### END HIDDEN TESTS

# %% [markdown]
# **6b. Gradient (9 points).** $W$ appears twice in $W W^{\mathsf T} x$, so the product rule has two terms: one for reading,
# one for writing. With the codes $H = XW$, the errors $R = HW^{\mathsf T} - X$, and the sign for the derivative of $|h|$ (1, −1,
# or 0 where h = 0),
#
# $$\frac{\partial L}{\partial W} = \frac1N \Big( 2\, R^{\mathsf T} H + 2\, X^{\mathsf T} R\, W
# + \lambda\, X^{\mathsf T} \operatorname{sign}(H) \Big)$$
#
# *Graded:* the gradient of the mean loss, shape (D, H), for any N, D, H and $\lambda$; also where a code is exactly 0.


# %% nbgrader={"schema_version": 3, "grade_id": "task-6b", "grade": false, "solution": true, "locked": false}
def sparse_gradient(W, X, lam):
    """Return the gradient (D, H) of sparse_loss(W, X, lam) by W (D, H), for samples X (N, D)."""
    ### BEGIN SOLUTION
    codes = X @ W
    errors = codes @ W.T - X
    return (2 * errors.T @ codes + 2 * X.T @ errors @ W + lam * X.T @ np.sign(codes)) / len(X)
    ### END SOLUTION


# %% nbgrader={"schema_version": 3, "grade_id": "test-6b", "grade": true, "solution": false, "locked": true, "points": 9}
with checks.part("6b", see="Lecture 7 (07_autoencoders.ipynb): The sparse autoencoder of 2013"):
    W, X = np.array([[1.0, 0.0], [0.0, 1.0], [1.0, -1.0]]), np.array([[1.0, 2.0, 0.0], [0.0, 1.0, -1.0]])
    expected = np.array([[0.25, -0.75], [-5.75, 7.75], [4.25, -9.25]])
    hint = "Three terms: R are the errors (0, 0, −1) and (−1, 1, −2). Is each of the terms divided by N = 2?"
    call, given = "sparse_gradient(W, X, 0.5)", {"W": W, "X": X}
    with checks.unchanged(given, call=call):
        checks.close(sparse_gradient(W, X, 0.5), expected, call=call, given=given, hint=hint)
### BEGIN HIDDEN TESTS
with checks.part("6b", see="Lecture 7 (07_autoencoders.ipynb): The sparse autoencoder of 2013", hidden=True):

    def from_graph(W, X, lam):
        """The gradient that the graph school finds for the loss."""
        with graph.Graph() as g:
            w = graph.Variable(W)
            h = X @ w
            size = graph.reduce_sum(graph.relu(h) + graph.relu(-h))
            loss = (graph.reduce_sum(graph.square(h @ graph.transpose(w) - X)) + lam * size) / len(X)
            return graph.Session(g).run(graph.gradients(loss, w))

    rng = checks.generator(62)
    for n, d, hidden, lam in [(5, 4, 3, 0.1), (1, 2, 6, 2.0), (3, 3, 3, 0.0), (7, 5, 8, 1.0)]:
        W, X = rng.normal(size=(d, hidden)), rng.normal(size=(d, n)).T
        with checks.unchanged({"W": W, "X": X}, call="sparse_gradient(W, X, lam)"):
            got = sparse_gradient(W, X, lam)
        hint = "Compare with nn.numerical_gradient of your loss. Try N, D and H all different, all equal, and λ = 0."
        checks.close(got, from_graph(W, X, lam), call="sparse_gradient(W, X, lam)", hint=hint)
    X[2], W[:, 1] = 0, 0
    hint = "Where h = 0 the derivative of |h| counts as 0, and h/|h| is NaN. NumPy has np.sign."
    checks.close(sparse_gradient(W, X, lam), from_graph(W, X, lam), call="sparse_gradient with codes of 0", hint=hint)
    checks.by_hand(sparse_gradient, W, X, lam, call="sparse_gradient(W, X, lam)")
### END HIDDEN TESTS

# %% [markdown]
# ## Task 7: contrastive divergence (12 points)
#
# *Read before:* [lecture 9](../../lectures/session2_frameworks/09_boltzmann_machines.ipynb).
#
# **Why.** A restricted Boltzmann machine (受限玻尔兹曼机) gives every pattern a probability. To make the training
# patterns more probable one would have to know how probable all others are, and there are too many. Contrastive
# divergence (对比散度; Hinton, 2002) asks instead how the machine changes a training pattern in one step, and works
# against the change.
#
# Visible units $v$ and hidden units $h$ are 0 or 1. $W$ has the shape (D, H); $b$, shape (D,), are the biases of the visible
# units and $a$, shape (H,), those of the hidden ones. With the sigmoid $\sigma$,
#
# $$P(h_j = 1 \mid v) = \sigma\Big(\sum_i v_i W_{ij} + a_j\Big) \qquad
# P(v_i = 1 \mid h) = \sigma\Big(\sum_j W_{ij} h_j + b_i\Big)$$
#
# A unit is drawn with a uniform random number $u$: it is 1 if $u < P$, and 0 otherwise.
#
# **7a. There and back (6 points).** For each of the N samples, a row of `v0` (N, D):
#
# 1. $p_0$ are the probabilities of the hidden units, given $v_0$;
# 2. $h_0$ is drawn from $p_0$ with `u_h` (N, H);
# 3. $v_1$ is drawn from the probabilities of the visible units, given $h_0$, with `u_v` (N, D);
# 4. $p_1$ are the probabilities of the hidden units, given $v_1$. They are not drawn: it is the last step, and a
#    probability has less noise.
#
# *Graded:* the three arrays, of real numbers, for any N, D and H; also with weights so large that $e^x$ overflows.


# %% nbgrader={"schema_version": 3, "grade_id": "task-7a", "grade": false, "solution": true, "locked": false}
def cd1_chain(v0, W, b, a, u_h, u_v):
    """Return (p0, v1, p1), shapes (N, H), (N, D), (N, H).

    v0 and u_v have the shape (N, D), u_h has (N, H), W has (D, H), b has (D,), a has (H,).
    """

    ### BEGIN SOLUTION
    def sigmoid(x):
        return (1 + np.tanh(x / 2)) / 2

    p0 = sigmoid(v0 @ W + a)
    h0 = (u_h < p0).astype(float)
    v1 = (u_v < sigmoid(h0 @ W.T + b)).astype(float)
    return p0, v1, sigmoid(v1 @ W + a)
    ### END SOLUTION


# %% nbgrader={"schema_version": 3, "grade_id": "test-7a", "grade": true, "solution": false, "locked": true, "points": 6}
with checks.part("7a", see="Lecture 9 (09_boltzmann_machines.ipynb): Contrastive divergence"):
    v0, W = np.array([[1.0, 0.0, 1.0], [0.0, 1.0, 1.0]]), np.array([[1.0, -1.0], [0.0, 2.0], [-2.0, 0.5]])
    a, b = np.array([0.5, 0.0]), np.array([0.0, -1.0, 1.0])
    u_h, u_v = np.array([[0.3, 0.5], [0.1, 0.2]]), np.array([[0.7, 0.3, 0.2], [0.3, 0.6, 0.9]])
    given = {"v0": v0, "W": W, "b": b, "a": a, "u_h": u_h, "u_v": u_v}
    call = "cd1_chain(v0, W, b, a, u_h, u_v)"
    with checks.unchanged(given, call=call):
        got = cd1_chain(v0, W, b, a, u_h, u_v)
    checks.close(
        got,
        (
            np.array([[0.377541, 0.377541], [0.182426, 0.924142]]),
            np.array([[1.0, 0.0, 1.0], [1.0, 1.0, 0.0]]),
            np.array([[0.377541, 0.377541], [0.817574, 0.731059]]),
        ),
        names=("p0", "v1", "p1"),
        call=call,
        given=given,
        atol=1e-6,
        hint="h0 is [[1, 0], [1, 1]]: u < p gives 1. From h to v the product is with Wᵀ, and b is the bias of the visible "
        "units.",
    )
### BEGIN HIDDEN TESTS
with checks.part("7a", see="Lecture 9 (09_boltzmann_machines.ipynb): Contrastive divergence", hidden=True):
    rng = checks.generator(71)
    for n, d, hidden, scale in [(6, 5, 3, 1.0), (1, 2, 7, 1.0), (4, 4, 4, 1.0), (5, 6, 4, 2000.0)]:
        v0 = rng.integers(2, size=(n, d)).astype(float)
        W, a, b = rng.normal(size=(d, hidden)) * scale, rng.normal(size=hidden), rng.normal(size=d)
        u_h, u_v = rng.random((n, hidden)), rng.random((n, d))
        given = {"v0": v0, "W": W, "b": b, "a": a, "u_h": u_h, "u_v": u_v}
        with checks.unchanged(given, call="cd1_chain"):
            got = cd1_chain(v0, W, b, a, u_h, u_v)
        to_hidden, to_visible = nn.Dense(d, hidden), nn.Dense(hidden, d)
        to_hidden.weight.data[...], to_hidden.bias.data[...] = W.T, a
        to_visible.weight.data[...], to_visible.bias.data[...] = W, b
        p0 = nn.activation("sigmoid", to_hidden.forward(v0))
        v1 = np.where(nn.activation("sigmoid", to_visible.forward(np.where(p0 > u_h, 1.0, 0.0))) > u_v, 1.0, 0.0)
        expected = p0, v1, nn.activation("sigmoid", to_hidden.forward(v1))
        hint = "Try N, D and H all different and all equal. Are all random numbers those that came in? And e^−2000, e^2000?"
        checks.close(got, expected, names=("p0", "v1", "p1"), call="cd1_chain", hint=hint)
    checks.by_hand(cd1_chain, *given.values(), call="cd1_chain")
### END HIDDEN TESTS

# %% [markdown]
# **7b. The step (6 points).** Now the parameters move towards what the data shows and away from what the machine made
# of it. The mean is taken over the N samples:
#
# $$W \leftarrow W + \frac{\eta}{N}\big(v_0^{\mathsf T} p_0 - v_1^{\mathsf T} p_1\big) \qquad
# b \leftarrow b + \frac{\eta}{N} \sum_n (v_0 - v_1)_n \qquad
# a \leftarrow a + \frac{\eta}{N} \sum_n (p_0 - p_1)_n$$
#
# This goes uphill, since a probability is made larger: hence the plus. The four arrays come in as arguments, so you do
# not need your 7a. `v0` and `v1` hold only 0 and 1, and they may be arrays of small integers (dtype `uint8`), as images
# often are.
#
# *Graded:* the new `W`, `b` and `a` for any N, D and H, also for `v0` and `v1` of dtype `uint8`.


# %% nbgrader={"schema_version": 3, "grade_id": "task-7b", "grade": false, "solution": true, "locked": false}
def cd1_update(W, b, a, v0, p0, v1, p1, lr):
    """Return the new (W, b, a), shapes (D, H), (D,), (H,), after a step with learning rate lr.

    v0 and v1 have the shape (N, D), p0 and p1 have (N, H).
    """
    ### BEGIN SOLUTION
    v0, v1 = v0.astype(float), v1.astype(float)
    rate = lr / len(v0)
    W = W + rate * (v0.T @ p0 - v1.T @ p1)
    return W, b + rate * (v0 - v1).sum(axis=0), a + rate * (p0 - p1).sum(axis=0)
    ### END SOLUTION


# %% nbgrader={"schema_version": 3, "grade_id": "test-7b", "grade": true, "solution": false, "locked": true, "points": 6}
with checks.part("7b", see="Lecture 9 (09_boltzmann_machines.ipynb): Contrastive divergence"):
    W, a, b = np.array([[1.0, -1.0], [0.0, 2.0], [-2.0, 0.5]]), np.array([0.5, 0.0]), np.array([0.0, -1.0, 1.0])
    v0, v1 = np.array([[1.0, 0.0, 1.0], [0.0, 1.0, 1.0]]), np.array([[1.0, 0.0, 1.0], [1.0, 1.0, 0.0]])
    p0, p1 = np.array([[0.4, 0.2], [0.1, 0.9]]), np.array([[0.4, 0.2], [0.8, 0.7]])
    given = {"W": W, "b": b, "a": a, "v0": v0, "p0": p0, "v1": v1, "p1": p1}
    call = "cd1_update(W, b, a, v0, p0, v1, p1, 0.5)"
    with checks.unchanged(given, call=call):
        got = cd1_update(W, b, a, v0, p0, v1, p1, 0.5)
    checks.close(
        got,
        (
            np.array([[0.8, -1.175], [-0.175, 2.05], [-1.975, 0.725]]),
            np.array([-0.25, -1.0, 1.25]),
            np.array([0.325, 0.05]),
        ),
        names=("W", "b", "a"),
        call=call,
        given=given,
        hint="v0ᵀp0 − v1ᵀp1 has the first row (−0.8, −0.7); it is multiplied by 0.5/2 and added. b belongs to the visible "
        "units, a to the hidden ones.",
    )
### BEGIN HIDDEN TESTS
with checks.part("7b", see="Lecture 9 (09_boltzmann_machines.ipynb): Contrastive divergence", hidden=True):
    rng = checks.generator(72)
    for n, d, hidden, lr, dtype in [
        (6, 5, 3, 0.1, float),
        (1, 2, 7, 1.0, float),
        (4, 4, 4, 0.3, float),
        (5, 3, 2, 0.2, "uint8"),
    ]:
        W, a, b = rng.normal(size=(d, hidden)), rng.normal(size=hidden), rng.normal(size=d)
        (v0, v1), (p0, p1) = rng.integers(2, size=(2, n, d)).astype(dtype), rng.random((2, n, hidden))
        given = {"W": W, "b": b, "a": a, "v0": v0, "p0": p0, "v1": v1, "p1": p1}
        with checks.unchanged(given, call="cd1_update"):
            got = cd1_update(W, b, a, v0, p0, v1, p1, lr)
        moved = np.einsum("nd,nh->dh", v0, p0) - np.einsum("nd,nh->dh", v1, p1)
        expected = (
            W + lr * moved / n,
            b + lr * (v0.mean(axis=0) - v1.mean(axis=0)),
            a + lr * (p0.mean(axis=0) - p1.mean(axis=0)),
        )
        hint = "Try N, D and H all different and all equal. With uint8, 0 − 1 is 255: make real numbers of v0 and v1 first."
        checks.close(
            got, expected, names=("W", "b", "a"), call=f"cd1_update, v0 and v1 of {np.dtype(dtype)}", hint=hint
        )
    checks.by_hand(cd1_update, *given.values(), lr, call="cd1_update")
### END HIDDEN TESTS

# %% [markdown]
# ## Task 8: a residual block (12 points)
#
# *Read before:* [lecture 11](../../lectures/session2_frameworks/11_architectures.ipynb).
#
# **Why.** A residual block (残差块; He and others, 2016) learns what to **add** to its input. If there is nothing to add,
# small weights are enough, and a deeper network is no worse than a shallow one. On the way back the gradient finds a
# shortcut (捷径连接) around the weights.
#
# The block has two convolutions with 3×3 kernels, padding 1 and no bias. $*$ is the convolution:
#
# $$z = x * W_1 \qquad h = \max(0, z) \qquad y = \max(0,\; x + h * W_2)$$
#
# `x` and `y` have the shape (N, C, H, W), `w1` (K, C, 3, 3) and `w2` (C, K, 3, 3). Here you **may** use the ready-made
# convolutions of `course_pkg.nn`, and nothing else that is ready-made:
#
# - `nn.conv2d(x, weight, padding=1)`: forward;
# - `nn.conv2d_input_grad(dy, weight, x.shape, padding=1)`: the gradient by its input x;
# - `nn.conv2d_weight_grad(dy, x, (3, 3), padding=1)`: the gradient by its weight.
#
# **8a. Forward (4 points).**
#
# *Graded:* `y` for any N, C, K, H and W.


# %% nbgrader={"schema_version": 3, "grade_id": "task-8a", "grade": false, "solution": true, "locked": false}
def residual_forward(x, w1, w2):
    """Return y, shape (N, C, H, W), for x (N, C, H, W), w1 (K, C, 3, 3) and w2 (C, K, 3, 3)."""
    ### BEGIN SOLUTION
    h = np.maximum(nn.conv2d(x, w1, padding=1), 0)
    return np.maximum(x + nn.conv2d(h, w2, padding=1), 0)
    ### END SOLUTION


# %% nbgrader={"schema_version": 3, "grade_id": "test-8a", "grade": true, "solution": false, "locked": true, "points": 4}
with checks.part("8a", see="Lecture 11 (11_architectures.ipynb): ResNet, 2015: add"):
    x = np.array([[[[1.0, -2.0, 3.0], [-1.0, 4.0, 2.0]]]])
    w1, w2 = np.zeros((2, 1, 3, 3)), np.zeros((1, 2, 3, 3))
    w1[0, 0, 1, 1], w1[1, 0, 1, 2], w2[0, 0, 1, 1], w2[0, 1, 1, 1] = 1, -1, -0.5, 1
    expected = np.array([[[[2.5, 0.0, 1.5], [0.0, 2.0, 1.0]]]])
    hint = (
        "z has two channels: x itself, and −x moved by one pixel to the left. Both go through ReLU. Then "
        "−0.5·h[0] + h[1] is added to x, and the sum goes through ReLU."
    )
    call, given = "residual_forward(x, w1, w2)", {"x": x, "w1": w1, "w2": w2}
    with checks.unchanged(given, call=call):
        checks.close(residual_forward(x, w1, w2), expected, call=call, given=given, hint=hint)
    hint = "With weights of 0 nothing is added, and the block is max(0, x). Is the shortcut there, and the last ReLU?"
    call = "residual_forward(x, 0, 0)"
    checks.close(residual_forward(x, 0 * w1, 0 * w2), np.maximum(x, 0), call=call, given={"x": x}, hint=hint)
### BEGIN HIDDEN TESTS
with checks.part("8a", see="Lecture 11 (11_architectures.ipynb): ResNet, 2015: add", hidden=True):
    rng = checks.generator(81)
    for n, c, k, height, width in [(2, 3, 2, 5, 4), (1, 2, 5, 3, 6), (3, 2, 2, 4, 4)]:
        x = rng.normal(size=(n, c, height, width))
        w1, w2 = rng.normal(size=(k, c, 3, 3)) / 3, rng.normal(size=(c, k, 3, 3)) / 3
        with graph.Graph() as g:
            tx, t1, t2 = (graph.Variable(array) for array in (x, w1, w2))
            h = graph.relu(graph.conv2d(tx, t1, padding=1))
            y = graph.relu(tx + graph.conv2d(h, t2, padding=1))
        with checks.unchanged({"x": x, "w1": w1, "w2": w2}, call="residual_forward(x, w1, w2)"):
            got = residual_forward(x, w1, w2)
        hint = "Try several images and channels, and K unlike C. What comes first, the sum or the last ReLU?"
        checks.close(got, graph.Session(g).run(y), call="residual_forward(x, w1, w2)", hint=hint)
    checks.by_hand(residual_forward, x, w1, w2, call="residual_forward", libraries=("scipy", "sklearn", "torch"))
### END HIDDEN TESTS

# %% [markdown]
# **8b. Backward (8 points).** Calculate $z$, $h$ and $y$ again. Then go from the end of the block to its beginning:
#
# 1. the last ReLU: $ds = dy \cdot [y > 0]$;
# 2. the second convolution gets $ds$ and gives $dw_2$, the gradient by its weight, and $dh$, that by its input;
# 3. the ReLU in the middle: $dz = dh \cdot [z > 0]$;
# 4. the first convolution gets $dz$ and gives $dw_1$ and a gradient by $x$. The other one comes over the shortcut: it is
#    $ds$. Their sum is $dx$.
#
# *Graded:* `dx`, `dw1` and `dw2` for any N, C, K, H and W. The samples are summed.


# %% nbgrader={"schema_version": 3, "grade_id": "task-8b", "grade": false, "solution": true, "locked": false}
def residual_backward(dy, x, w1, w2):
    """Return (dx, dw1, dw2), in the shapes of x, w1 and w2.

    dy and x have the shape (N, C, H, W), w1 has (K, C, 3, 3), w2 has (C, K, 3, 3).
    """
    ### BEGIN SOLUTION
    z = nn.conv2d(x, w1, padding=1)
    h = np.maximum(z, 0)
    ds = dy * (x + nn.conv2d(h, w2, padding=1) > 0)
    dw2 = nn.conv2d_weight_grad(ds, h, (3, 3), padding=1)
    dz = nn.conv2d_input_grad(ds, w2, h.shape, padding=1) * (z > 0)
    dw1 = nn.conv2d_weight_grad(dz, x, (3, 3), padding=1)
    return ds + nn.conv2d_input_grad(dz, w1, x.shape, padding=1), dw1, dw2
    ### END SOLUTION


# %% nbgrader={"schema_version": 3, "grade_id": "test-8b", "grade": true, "solution": false, "locked": true, "points": 8}
with checks.part("8b", see="Lecture 11 (11_architectures.ipynb): ResNet, 2015: add"):
    x = np.array([[[[1.0, -2.0, 4.0], [3.0, 0.0, 2.0]]]])
    dy = np.array([[[[2.0, 1.0, -3.0], [4.0, 5.0, 1.0]]]])
    w1, w2 = np.zeros((1, 1, 3, 3)), np.zeros((1, 1, 3, 3))
    w1[0, 0, 1, 1], w2[0, 0, 1, 2] = 1, 0.5
    given = {"dy": dy, "x": x, "w1": w1, "w2": w2}
    with checks.unchanged(given, call="residual_backward(dy, x, w1, w2)"):
        got = residual_backward(dy, x, w1, w2)
    dx = np.array([[[[2.0, 0.0, -3.0], [4.0, 5.0, 3.5]]]])
    dw1 = np.array([[[[-5.0, 10.0, 0.0], [0.0, 5.0, 0.0], [0.0, 0.0, 0.0]]]])
    dw2 = np.array([[[[5.0, 8.0, 20.0], [15.0, 4.0, 10.0], [0.0, 0.0, 0.0]]]])
    checks.close(
        got,
        (dx, dw1, dw2),
        names=("dx", "dw1", "dw2"),
        call="residual_backward(dy, x, w1, w2)",
        given=given,
        hint="The second number of y is max(0, −2 + 0.5·4) = 0: no gradient goes through there. Two masks are needed, one "
        "from y and one from z. At the input the shortcut's gradient is added.",
    )
### BEGIN HIDDEN TESTS
with checks.part("8b", see="Lecture 11 (11_architectures.ipynb): ResNet, 2015: add", hidden=True):
    rng = checks.generator(82)
    for n, c, k, height, width in [(2, 3, 2, 5, 4), (1, 2, 5, 3, 6), (3, 2, 2, 4, 4)]:
        x, dy = rng.normal(size=(2, n, c, height, width))
        w1, w2 = rng.normal(size=(k, c, 3, 3)) / 3, rng.normal(size=(c, k, 3, 3)) / 3
        with graph.Graph() as g:
            tensors = [graph.Variable(array) for array in (x, w1, w2)]
            h = graph.relu(graph.conv2d(tensors[0], tensors[1], padding=1))
            y = graph.relu(tensors[0] + graph.conv2d(h, tensors[2], padding=1))
            expected = graph.gradients(graph.reduce_sum(dy * y), tensors)
        with checks.unchanged({"dy": dy, "x": x, "w1": w1, "w2": w2}, call="residual_backward(dy, x, w1, w2)"):
            got = residual_backward(dy, x, w1, w2)
        hint = "Compare with nn.numerical_gradient. Which of the arrays does each mask come from, and which gradient does it meet?"
        checks.close(
            got,
            tuple(graph.Session(g).run(expected)),
            names=("dx", "dw1", "dw2"),
            call="residual_backward(dy, x, w1, w2)",
            hint=hint,
        )
    checks.by_hand(residual_backward, dy, x, w1, w2, call="residual_backward", libraries=("scipy", "sklearn", "torch"))
### END HIDDEN TESTS

# %% [markdown] nbgrader={"schema_version": 3, "grade_id": "rubric-9", "grade": false, "solution": false, "locked": true}
# ## Task 9: in your own words (6 points)
#
# *Read before:* "Training and test" in [lecture 1](../../lectures/session2_frameworks/01_layer_school.ipynb),
# and [lecture 6](../../lectures/session2_frameworks/06_regularisation.ipynb).
#
# Somebody has trained a network with dense layers, dropout and batch normalisation. Training went well. Now the network
# is used, and strange things happen: (a) the same batch of images, shown twice, gets different scores; (b) the scores of
# an image depend on the other images that are in the batch with it; (c) in batches of a single image, all images get
# much the same scores. Write five to ten sentences:
#
# 1. Which of the two layers causes (a), which one (b), and how?
# 2. What has been forgotten? What does each of the two layers do when it is done right?
# 3. Explain (c) with the formulas of batch normalisation: what are $\mu$, $\sigma^2$, $\hat x$ and $y$ for a batch of one image?
#
# **How it is graded** (a person reads it):
#
# | Points | For |
# |---|---|
# | 2 | (a) is dropout, which draws a new mask each time (1 point); (b) is batch normalisation, whose mean and variance come from the whole batch (1 point). |
# | 2 | The switch from the training to the test phase is missing (1 point). Then dropout passes everything unchanged, and batch normalisation uses its running mean and variance (1 point). |
# | 2 | μ is the image's own value and σ² is 0 (1 point), so x̂ is 0 and y = β for every image (1 point). |

# %% [markdown] nbgrader={"schema_version": 3, "grade_id": "task-9", "grade": true, "solution": true, "locked": false, "points": 6}
# ### BEGIN SOLUTION
# (a) comes from dropout: in each call it draws a new mask, so other neurons are left out. (b) comes from batch
# normalisation: it normalises with the mean and the variance of the batch, and these depend on all images in it.
#
# Somebody forgot to switch the network from the training to the test phase. In the test phase dropout passes its input
# on unchanged; the division by 1 − p in training has already taken care of the scale. Batch normalisation uses the running
# mean and variance that it collected in training, so every image is treated by itself.
#
# (c) With a single image the mean of the batch is the image's own value, μ = x, and the variance σ² is 0. So
# x̂ = (x − μ)/√(0 + ε) = 0 and y = γ · 0 + β = β, whatever the image was. Everything behind the layer gets the same numbers
# for all images; what is left of a difference comes from dropout's random masks.
# ### END SOLUTION
