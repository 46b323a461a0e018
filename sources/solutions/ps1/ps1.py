# %% [markdown]
# # Problem set 1: from one neuron to a convolutional network
#
# You write the parts of a small deep-learning library yourself: activations, losses, layers that pass gradients back,
# and a convolution. At the end you train a network that reads handwritten digits. Plan about **105 minutes**.
#
# | Task | What you practise | Points | Minutes | Why these points | Lecture |
# |---|---|---|---|---|---|
# | 1 | activations and their derivatives | 12 | 10 | three short functions with derivative, 4 each | [1](../../lectures/session1_networks/01_neuron.ipynb) |
# | 2 | softmax loss and hinge loss, with gradients | 16 | 20 | two losses, 8 each; every network ends in one | [2](../../lectures/session1_networks/02_loss.ipynb) |
# | 3 | backpropagation through the 2-2-2 network | 12 | 15 | output weights 4; hidden weights 8, the chain is longer | [4](../../lectures/session1_networks/04_backpropagation.ipynb) |
# | 4 | backward of the dense layer and of ReLU | 12 | 10 | dense 8: three gradients; ReLU 4: one | [5](../../lectures/session1_networks/05_layers.ipynb) |
# | 5 | convolution, with loops and then without | 16 | 20 | 8 for getting it right, 8 for making it fast | [6](../../lectures/session1_networks/06_convolution.ipynb) |
# | 6 | backward of a convolution | 14 | 15 | two gradients, 7 each | [6](../../lectures/session1_networks/06_convolution.ipynb) |
# | 7 | training on handwritten digits | 12 | 10 | everything together, for 95 % accuracy | [5](../../lectures/session1_networks/05_layers.ipynb) |
# | 8 | a question to answer in words | 6 | 5 | three ideas, 2 each; a person reads it | [6](../../lectures/session1_networks/06_convolution.ipynb) |
# | | | **100** | **105** | | |
#
# **How it works**
#
# - Replace each `raise NotImplementedError(…)` by your code. Keep the names and the arguments of the functions.
# - Below each function is a cell with checks. Run it as often as you like. It ends in a green line, or it says in red
#   what came, what was expected, and which lecture to read again.
# - Your work is graded with these checks and with some more that you do not see. They use other numbers and other
#   shapes. So an answer that only knows the numbers below is worth nothing, and one that follows the formula is safe.
# - The tasks do not build on each other. If you are stuck, go on with the next one.
# - All functions take NumPy arrays and return NumPy arrays. They never write to their inputs. Write the calculations
#   yourself, with NumPy; the ready-made ones in `course_pkg.nn`, torch or SciPy are allowed only where a task says so.

# %% nbgrader={"schema_version": 3, "grade_id": "imports", "grade": false, "solution": false, "locked": true}
import numpy as np

from course_pkg import checks, nn
from course_pkg.data import digits

# %% [markdown]
# ## Task 1: activations (12 points)
#
# *Read before:* [lecture 1](../../lectures/session1_networks/01_neuron.ipynb).
#
# **Why.** A neuron adds up its weighted inputs and sends the sum through an activation function (激活函数). Without it,
# many layers would be no better than one. Training also needs the derivative: it says how the output moves when the
# input moves a little.
#
# Every function takes an array `x` of any shape and returns an array of the same shape.
#
# **1a. Sigmoid (4 points).**
#
# $$f(x) = \frac{1}{1 + e^{-x}} \qquad f'(x) = f(x)\,(1 - f(x))$$
#
# *Graded:* the values of both functions, also for large numbers such as ±1000, where NaN would be wrong.


# %% nbgrader={"schema_version": 3, "grade_id": "task-1a", "grade": false, "solution": true, "locked": false}
def sigmoid(x):
    """Return 1 / (1 + e^−x) for each number in x (any shape)."""
    ### BEGIN SOLUTION
    z = np.exp(-np.abs(x))
    return np.where(x >= 0, 1, z) / (1 + z)
    ### END SOLUTION


def sigmoid_derivative(x):
    """Return f'(x) of the sigmoid f for each number in x (any shape)."""
    ### BEGIN SOLUTION
    f = sigmoid(x)
    return f * (1 - f)
    ### END SOLUTION


# %% nbgrader={"schema_version": 3, "grade_id": "test-1a", "grade": true, "solution": false, "locked": true, "points": 4}
with checks.part("1a", see="Lecture 1 (01_neuron.ipynb): Three activation functions"):
    x = np.array([-2.0, 0.0, 3.0])
    expected = np.array([0.119203, 0.5, 0.952574])
    hint = "Is it e to the power of minus x? f(0) is 1/2."
    with checks.unchanged({"x": x}, call="sigmoid(x)"):
        checks.close(sigmoid(x), expected, call="sigmoid(x)", given={"x": x}, atol=1e-6, hint=hint)
    expected = np.array([0.104994, 0.25, 0.045177])
    hint = "The f in f·(1 − f) is sigmoid(x), not x."
    checks.close(sigmoid_derivative(x), expected, call="sigmoid_derivative(x)", given={"x": x}, atol=1e-6, hint=hint)
### BEGIN HIDDEN TESTS
with checks.part("1a", see="Lecture 1 (01_neuron.ipynb): Three activation functions", hidden=True):
    x = checks.generator(11).normal(size=(4, 5)) * 3
    large = np.array([-1000.0, 1000.0])
    hint = "Try it on a small array of your own, with two dimensions, and compare with the formula."
    with checks.unchanged({"x": x}, call="sigmoid(x)"):
        checks.close(sigmoid(x), nn.activation("sigmoid", x), call="sigmoid(x)", hint=hint)
    with checks.unchanged({"x": x}, call="sigmoid_derivative(x)"):
        expected = nn.activation_derivative("sigmoid", x)
        checks.close(sigmoid_derivative(x), expected, call="sigmoid_derivative(x)", hint=hint)
    hint = "What do you get for x = −1000 and x = 1000? Infinity divided by infinity is NaN."
    checks.close(sigmoid(large), np.array([0.0, 1.0]), call="sigmoid(x) with large x", hint=hint)
    checks.close(sigmoid_derivative(large), np.zeros(2), call="sigmoid_derivative(x) with large x", hint=hint)
    checks.by_hand(sigmoid, x, call="sigmoid(x)")
    checks.by_hand(sigmoid_derivative, x, call="sigmoid_derivative(x)")
### END HIDDEN TESTS

# %% [markdown]
# **1b. Tanh (4 points).** You may use `np.exp` or `np.tanh`.
#
# $$f(x) = \frac{2}{1 + e^{-2x}} - 1 \qquad f'(x) = 1 - f(x)^2$$
#
# *Graded:* the values of both functions for arrays of any shape.


# %% nbgrader={"schema_version": 3, "grade_id": "task-1b", "grade": false, "solution": true, "locked": false}
def tanh(x):
    """Return tanh x = 2 / (1 + e^−2x) − 1 for each number in x (any shape)."""
    ### BEGIN SOLUTION
    return np.tanh(x)
    ### END SOLUTION


def tanh_derivative(x):
    """Return f'(x) of f = tanh for each number in x (any shape)."""
    ### BEGIN SOLUTION
    return 1 - np.tanh(x) ** 2
    ### END SOLUTION


# %% nbgrader={"schema_version": 3, "grade_id": "test-1b", "grade": true, "solution": false, "locked": true, "points": 4}
with checks.part("1b", see="Lecture 1 (01_neuron.ipynb): Three activation functions"):
    x = np.array([-1.0, 0.0, 0.5])
    expected = np.array([-0.761594, 0.0, 0.462117])
    hint = "The exponent is −2x, and the 1 is subtracted after the division."
    with checks.unchanged({"x": x}, call="tanh(x)"):
        checks.close(tanh(x), expected, call="tanh(x)", given={"x": x}, atol=1e-6, hint=hint)
    expected = np.array([0.419974, 1.0, 0.786448])
    hint = "Square f(x), not x. At 0 the curve rises with slope 1."
    checks.close(tanh_derivative(x), expected, call="tanh_derivative(x)", given={"x": x}, atol=1e-6, hint=hint)
### BEGIN HIDDEN TESTS
with checks.part("1b", see="Lecture 1 (01_neuron.ipynb): Three activation functions", hidden=True):
    x = checks.generator(12).normal(size=(3, 4)) * 2
    hint = "Try it on a small array of your own, with two dimensions, and compare with the formula."
    with checks.unchanged({"x": x}, call="tanh(x)"):
        checks.close(tanh(x), nn.activation("tanh", x), call="tanh(x)", hint=hint)
    with checks.unchanged({"x": x}, call="tanh_derivative(x)"):
        expected = nn.activation_derivative("tanh", x)
        checks.close(tanh_derivative(x), expected, call="tanh_derivative(x)", hint=hint)
    checks.by_hand(tanh, x, call="tanh(x)")
    checks.by_hand(tanh_derivative, x, call="tanh_derivative(x)")
### END HIDDEN TESTS

# %% [markdown]
# **1c. ReLU (4 points).**
#
# $$f(x) = \max(0, x) \qquad f'(x) = \begin{cases} 1 & x > 0 \\ 0 & x \le 0 \end{cases}$$
#
# At 0 the curve has a corner and no derivative. Here f'(0) is 0, as in torch.
#
# *Graded:* the values of both functions. The derivative is an array of real numbers (0.0 and 1.0), not of True and
# False. `x` itself must stay as it was.


# %% nbgrader={"schema_version": 3, "grade_id": "task-1c", "grade": false, "solution": true, "locked": false}
def relu(x):
    """Return max(0, x) for each number in x (any shape)."""
    ### BEGIN SOLUTION
    return np.maximum(x, 0)
    ### END SOLUTION


def relu_derivative(x):
    """Return 1.0 where x > 0 and 0.0 elsewhere (any shape)."""
    ### BEGIN SOLUTION
    return (x > 0).astype(x.dtype)
    ### END SOLUTION


# %% nbgrader={"schema_version": 3, "grade_id": "test-1c", "grade": true, "solution": false, "locked": true, "points": 4}
with checks.part("1c", see="Lecture 1 (01_neuron.ipynb): What is the derivative of ReLU at 0?"):
    x = np.array([-1.5, 0.0, 2.0])
    hint = "np.maximum(a, b) takes the larger of two numbers, place by place."
    with checks.unchanged({"x": x}, call="relu(x)"):
        checks.close(relu(x), np.array([0.0, 0.0, 2.0]), call="relu(x)", given={"x": x}, hint=hint)
    expected = np.array([0.0, 0.0, 1.0])
    hint = "x > 0 gives True and False; .astype(float) makes numbers of them. f'(0) is 0 here."
    with checks.unchanged({"x": x}, call="relu_derivative(x)"):
        checks.close(relu_derivative(x), expected, call="relu_derivative(x)", given={"x": x}, hint=hint)
### BEGIN HIDDEN TESTS
with checks.part("1c", see="Lecture 1 (01_neuron.ipynb): What is the derivative of ReLU at 0?", hidden=True):
    x = checks.generator(13).normal(size=(4, 3)).round(1) * (np.arange(12).reshape(4, 3) % 4 > 0)
    hint = "Try it on a small array of your own with negative numbers, zeros and positive numbers."
    with checks.unchanged({"x": x}, call="relu(x)"):
        checks.close(relu(x), nn.activation("relu", x), call="relu(x)", hint=hint)
    with checks.unchanged({"x": x}, call="relu_derivative(x)"):
        expected = nn.activation_derivative("relu", x)
        checks.close(relu_derivative(x), expected, call="relu_derivative(x)", hint=hint)
    checks.by_hand(relu, x, call="relu(x)")
    checks.by_hand(relu_derivative, x, call="relu_derivative(x)")
### END HIDDEN TESTS

# %% [markdown]
# ## Task 2: losses (16 points)
#
# *Read before:* [lecture 2](../../lectures/session1_networks/02_loss.ipynb).
#
# **Why.** A loss (损失函数) is one number that says how wrong the scores of a network are. Its gradient tells each score
# in which direction to move. That gradient is where backpropagation starts.
#
# Both functions get `scores` of shape (N, K), one row for each sample and one column for each class, and the labels `y`
# of shape (N,), integers from 0 to K − 1. Both return `(loss, dscores)`: the loss as a number, **averaged over the N
# samples**, and its gradient by the scores, shape (N, K).
#
# **2a. Softmax loss (8 points).** For one sample with the right class $y$:
#
# $$p_k = \frac{e^{s_k}}{\sum_j e^{s_j}} \qquad L = -\log p_y \qquad
# \frac{\partial L}{\partial s_k} = p_k - [k = y]$$
#
# The bracket is 1 if the statement in it is true, and 0 if not. Subtracting the largest score of a row from the whole
# row changes no $p_k$, and it keeps $e^{s}$ from overflowing.
#
# *Graded:* loss and gradient, for any N and K, also for scores such as 1000.


# %% nbgrader={"schema_version": 3, "grade_id": "task-2a", "grade": false, "solution": true, "locked": false}
def softmax_loss(scores, y):
    """Return (loss, dscores): the mean softmax loss of scores (N, K) with labels y (N,), and its gradient (N, K)."""
    ### BEGIN SOLUTION
    n = len(y)
    shifted = scores - scores.max(axis=1, keepdims=True)
    log_p = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    loss = -log_p[np.arange(n), y].mean()
    dscores = np.exp(log_p)
    dscores[np.arange(n), y] -= 1
    return loss, dscores / n
    ### END SOLUTION


# %% nbgrader={"schema_version": 3, "grade_id": "test-2a", "grade": true, "solution": false, "locked": true, "points": 8}
with checks.part("2a", see="Lecture 2 (02_loss.ipynb): The softmax loss"):
    scores = np.array([[3.2, 5.1, -1.7], [1.3, 4.9, 2.0], [2.2, 2.5, -3.1]])
    y = np.array([0, 1, 2])
    dscores = np.array(
        [[-0.290006, 0.289683, 0.000323], [0.008415, -0.025361, 0.016946], [0.141552, 0.191075, -0.332627]]
    )
    hint = (
        "The three samples have the losses 2.0404, 0.0791 and 6.1565. Loss and gradient are averages over the samples. "
        "The gradient is p, with 1 taken away at the right class."
    )
    checks.close(
        softmax_loss(scores, y),
        (2.758655, dscores),
        names=("loss", "dscores"),
        call="softmax_loss(scores, y)",
        given={"scores": scores, "y": y},
        atol=1e-6,
        hint=hint,
    )
### BEGIN HIDDEN TESTS
with checks.part("2a", see="Lecture 2 (02_loss.ipynb): The softmax loss", hidden=True):
    rng = checks.generator(21)
    reference = nn.SoftmaxCrossEntropy()
    hint = "Is it right for one sample, for two classes, and for more samples than classes?"
    for n, k in [(6, 4), (1, 5), (3, 2)]:
        scores, y = rng.normal(size=(n, k)) * 2, rng.integers(k, size=n)
        expected = reference.forward(scores, y), reference.backward()
        with checks.unchanged({"scores": scores, "y": y}, call="softmax_loss(scores, y)"):
            got = softmax_loss(scores, y)
        checks.close(got, expected, names=("loss", "dscores"), call="softmax_loss(scores, y)", hint=hint)
    expected = 1000.0, np.array([[-0.5, 0.5], [0.5, -0.5]])
    hint = "e^1000 overflows. Subtract the largest score of each row first, and take the log of the sum."
    got = softmax_loss(np.array([[-1000.0, 0.0], [1000.0, 0.0]]), np.array([0, 1]))
    checks.close(got, expected, names=("loss", "dscores"), call="softmax_loss with scores of ±1000", hint=hint)
    checks.by_hand(softmax_loss, scores, y, call="softmax_loss(scores, y)")
### END HIDDEN TESTS

# %% [markdown]
# **2b. Hinge loss (8 points)**, the loss of a support vector machine (SVM). Every wrong class should score at least 1
# less than the right class. Where it does not, the shortfall is added to the loss:
#
# $$L = \sum_{j \ne y} \max(0,\; s_j - s_y + 1)$$
#
# Each wrong class $j$ with $s_j - s_y + 1 > 0$ adds $+1$ to $\partial L / \partial s_j$ and $-1$ to
# $\partial L / \partial s_y$.
#
# *Graded:* loss and gradient, for any N and K, averaged over the samples.


# %% nbgrader={"schema_version": 3, "grade_id": "task-2b", "grade": false, "solution": true, "locked": false}
def hinge_loss(scores, y):
    """Return (loss, dscores): the mean hinge loss of scores (N, K) with labels y (N,), and its gradient (N, K)."""
    ### BEGIN SOLUTION
    n = len(y)
    rows = np.arange(n)
    margins = np.maximum(0, scores - scores[rows, y][:, None] + 1)
    margins[rows, y] = 0
    dscores = (margins > 0).astype(scores.dtype)
    dscores[rows, y] = -dscores.sum(axis=1)
    return margins.sum() / n, dscores / n
    ### END SOLUTION


# %% nbgrader={"schema_version": 3, "grade_id": "test-2b", "grade": true, "solution": false, "locked": true, "points": 8}
with checks.part("2b", see="Lecture 2 (02_loss.ipynb): The SVM loss"):
    scores = np.array([[3.2, 5.1, -1.7], [1.3, 4.9, 2.0], [2.2, 2.5, -3.1]])
    y = np.array([0, 1, 2])
    dscores = np.array([[-1.0, 1.0, 0.0], [0.0, 0.0, 0.0], [1.0, 1.0, -2.0]]) / 3
    hint = "The three samples have the losses 2.9, 0 and 12.9. The right class itself is left out of the sum."
    checks.close(
        hinge_loss(scores, y),
        (15.8 / 3, dscores),
        names=("loss", "dscores"),
        call="hinge_loss(scores, y)",
        given={"scores": scores, "y": y},
        hint=hint,
    )
### BEGIN HIDDEN TESTS
with checks.part("2b", see="Lecture 2 (02_loss.ipynb): The SVM loss", hidden=True):
    rng = checks.generator(22)
    reference = nn.MulticlassHinge()
    hint = "Is it right for one sample, for two classes, and when several wrong classes come too close?"
    for n, k in [(6, 4), (1, 5), (3, 2)]:
        scores, y = rng.normal(size=(n, k)) * 2, rng.integers(k, size=n)
        expected = reference.forward(scores, y), reference.backward()
        with checks.unchanged({"scores": scores, "y": y}, call="hinge_loss(scores, y)"):
            got = hinge_loss(scores, y)
        checks.close(got, expected, names=("loss", "dscores"), call="hinge_loss(scores, y)", hint=hint)
    checks.by_hand(hinge_loss, scores, y, call="hinge_loss(scores, y)")
### END HIDDEN TESTS

# %% [markdown]
# ## Task 3: the 2-2-2 network (12 points)
#
# *Read before:* [lecture 4](../../lectures/session1_networks/04_backpropagation.ipynb).
#
# **Why.** Backpropagation (误差反向传播) is the chain rule, done from the output to the input. Doing it once for eight
# weights makes the big networks less mysterious.
#
# The network of the lecture has two inputs, two hidden units and two outputs. All units use the sigmoid:
#
# $$\begin{aligned}
# In_{h_1} &= w_1 x_1 + w_3 x_2 & In_{h_2} &= w_2 x_1 + w_4 x_2 \\
# In_{o_1} &= w_5 h_1 + w_7 h_2 & In_{o_2} &= w_6 h_1 + w_8 h_2
# \end{aligned}
# \qquad Error = \tfrac12 \sum_i (o_i - y_i)^2$$
#
# The forward pass is given in the next cell. Use it. In Python, `w[0]` is $w_1$, `x[0]` is $x_1$, `h[0]` is $h_1$, and
# so on.


# %% nbgrader={"schema_version": 3, "grade_id": "forward-222", "grade": false, "solution": false, "locked": true}
def forward_222(w, x):
    """Return (h, o), the outputs of the hidden units (2,) and of the output units (2,), for weights w (8,), inputs x (2,)."""
    h = 1 / (1 + np.exp(-np.array([w[0] * x[0] + w[2] * x[1], w[1] * x[0] + w[3] * x[1]])))
    o = 1 / (1 + np.exp(-np.array([w[4] * h[0] + w[6] * h[1], w[5] * h[0] + w[7] * h[1]])))
    return h, o


# %% [markdown]
# **3a. The weights into the outputs (4 points).** For $w_5$ the chain is
#
# $$\delta_5 = \frac{\partial Error}{\partial w_5} =
# \frac{\partial Error}{\partial o_1} \cdot \frac{\partial o_1}{\partial In_{o_1}} \cdot
# \frac{\partial In_{o_1}}{\partial w_5} = (o_1 - y_1) \cdot o_1 (1 - o_1) \cdot h_1$$
#
# *Graded:* $\delta_5 … \delta_8$ for any weights, inputs and targets.


# %% nbgrader={"schema_version": 3, "grade_id": "task-3a", "grade": false, "solution": true, "locked": false}
def output_gradients(w, x, y):
    """Return the array [δ5, δ6, δ7, δ8], shape (4,), for weights w (8,), inputs x (2,) and targets y (2,)."""
    ### BEGIN SOLUTION
    h, o = forward_222(w, x)
    d_in = (o - y) * o * (1 - o)
    return np.array([d_in[0] * h[0], d_in[1] * h[0], d_in[0] * h[1], d_in[1] * h[1]])
    ### END SOLUTION


# %% nbgrader={"schema_version": 3, "grade_id": "test-3a", "grade": true, "solution": false, "locked": true, "points": 4}
with checks.part("3a", see="Lecture 4 (04_backpropagation.ipynb): Backward: the output weights"):
    w = np.array([0.2, -0.4, 0.5, 0.6, 0.1, -0.5, -0.3, 0.8])
    x, y = np.array([0.5, 0.3]), np.array([0.23, -0.07])
    checks.close(
        output_gradients(w, x, y),
        np.array([0.0346, 0.0839, 0.0305, 0.0738]),
        call="output_gradients(w, x, y)",
        given={"w": w, "x": x, "y": y},
        atol=1e-4,
        hint="w5 and w7 lead to o1, w6 and w8 lead to o2; w5 and w6 start at h1, w7 and w8 at h2. "
        "The slope between them is that of the output, o·(1 − o).",
    )
### BEGIN HIDDEN TESTS
with checks.part("3a", see="Lecture 4 (04_backpropagation.ipynb): Backward: the output weights", hidden=True):
    from course_pkg.backprop import Network222

    rng = checks.generator(31)
    for _ in range(3):
        w, x, y = rng.normal(size=8), rng.normal(size=2), rng.uniform(size=2)
        expected = np.array(list(Network222(x=x, y=y, w=w).gradients().values()))[4:]
        with checks.unchanged({"w": w, "x": x, "y": y}, call="output_gradients(w, x, y)"):
            got = output_gradients(w, x, y)
        hint = "Write the chain of three factors for each of the four weights. Which output, which hidden unit?"
        checks.close(got, expected, call="output_gradients(w, x, y)", hint=hint)
    checks.by_hand(output_gradients, w, x, y, call="output_gradients(w, x, y)")
### END HIDDEN TESTS

# %% [markdown]
# **3b. The weights into the hidden units (8 points).** A change of $w_1$ changes $h_1$, and $h_1$ changes both outputs.
# So two paths are added:
#
# $$\delta_1 = \left( \frac{\partial Error}{\partial In_{o_1}} \cdot \frac{\partial In_{o_1}}{\partial h_1} +
# \frac{\partial Error}{\partial In_{o_2}} \cdot \frac{\partial In_{o_2}}{\partial h_1} \right) \cdot
# h_1 (1 - h_1) \cdot x_1$$
#
# Work out $\partial In_{o_1} / \partial h_1$ and $\partial In_{o_2} / \partial h_1$ yourself, from the formulas of the
# network above.
#
# *Graded:* $\delta_1 … \delta_4$ for any weights, inputs and targets.


# %% nbgrader={"schema_version": 3, "grade_id": "task-3b", "grade": false, "solution": true, "locked": false}
def hidden_gradients(w, x, y):
    """Return the array [δ1, δ2, δ3, δ4], shape (4,), for weights w (8,), inputs x (2,) and targets y (2,)."""
    ### BEGIN SOLUTION
    h, o = forward_222(w, x)
    d_in = (o - y) * o * (1 - o)
    dh = np.array([d_in[0] * w[4] + d_in[1] * w[5], d_in[0] * w[6] + d_in[1] * w[7]])
    d_hidden = dh * h * (1 - h)
    return np.array([d_hidden[0] * x[0], d_hidden[1] * x[0], d_hidden[0] * x[1], d_hidden[1] * x[1]])
    ### END SOLUTION


# %% nbgrader={"schema_version": 3, "grade_id": "test-3b", "grade": true, "solution": false, "locked": true, "points": 8}
with checks.part("3b", see="Lecture 4 (04_backpropagation.ipynb): Backward: the hidden weights"):
    w = np.array([0.2, -0.4, 0.5, 0.6, 0.1, -0.5, -0.3, 0.8])
    x, y = np.array([0.5, 0.3]), np.array([0.23, -0.07])
    checks.close(
        hidden_gradients(w, x, y),
        np.array([-0.0084, 0.0126, -0.0051, 0.0076]),
        call="hidden_gradients(w, x, y)",
        given={"w": w, "x": x, "y": y},
        atol=1e-4,
        hint="In_o1 = w5·h1 + w7·h2. What is left when you differentiate it by h1? All four are 0.01 with the slide's slip. "
        "Then come the slope h·(1 − h) and the input: w1 and w2 start at x1, w3 and w4 at x2.",
    )
### BEGIN HIDDEN TESTS
with checks.part("3b", see="Lecture 4 (04_backpropagation.ipynb): Backward: the hidden weights", hidden=True):
    from course_pkg.backprop import Network222

    rng = checks.generator(32)
    for _ in range(3):
        w, x, y = rng.normal(size=8), rng.normal(size=2), rng.uniform(size=2)
        expected = np.array(list(Network222(x=x, y=y, w=w).gradients().values()))[:4]
        with checks.unchanged({"w": w, "x": x, "y": y}, call="hidden_gradients(w, x, y)"):
            got = hidden_gradients(w, x, y)
        hint = "Each hidden unit feeds both outputs: add both paths. Compare with a finite difference of the error."
        checks.close(got, expected, call="hidden_gradients(w, x, y)", hint=hint)
    checks.by_hand(hidden_gradients, w, x, y, call="hidden_gradients(w, x, y)")
### END HIDDEN TESTS

# %% [markdown]
# ## Task 4: layers that pass the gradient back (12 points)
#
# *Read before:* [lecture 5](../../lectures/session1_networks/05_layers.ipynb).
#
# **Why.** A library does not differentiate each network by hand. Each layer knows one thing: given `dy`, the gradient
# of the loss by its output, it returns the gradients by its input and by its parameters. Layers that can do this fit
# together like bricks.
#
# **4a. Dense layer (8 points).** Forward, for a batch `x` of shape (N, in), `weight` of shape (out, in), `bias` (out,):
#
# $$y = x W^{\mathsf T} + b \qquad\Rightarrow\qquad
# \frac{\partial L}{\partial x} = dy\, W \qquad
# \frac{\partial L}{\partial W} = dy^{\mathsf T} x \qquad
# \frac{\partial L}{\partial b} = \sum_n dy_n$$
#
# Here the samples are **summed**: the loss has already divided by N.
#
# *Graded:* the three gradients for any N, in and out.


# %% nbgrader={"schema_version": 3, "grade_id": "task-4a", "grade": false, "solution": true, "locked": false}
def dense_backward(dy, x, weight):
    """Return (dx, dweight, dbias), shapes (N, in), (out, in), (out,), for dy (N, out), x (N, in), weight (out, in)."""
    ### BEGIN SOLUTION
    return dy @ weight, dy.T @ x, dy.sum(axis=0)
    ### END SOLUTION


# %% nbgrader={"schema_version": 3, "grade_id": "test-4a", "grade": true, "solution": false, "locked": true, "points": 8}
with checks.part("4a", see="Lecture 5 (05_layers.ipynb): The dense layer"):
    dy = np.array([[1.0, 0.0], [2.0, -1.0], [0.0, 3.0], [-1.0, 1.0]])
    x = np.array([[1.0, 2.0, 3.0], [0.0, 1.0, 0.0], [2.0, 0.0, -1.0], [1.0, 1.0, 1.0]])
    weight = np.array([[1.0, 0.0, 2.0], [-1.0, 1.0, 0.0]])
    dx = np.array([[1.0, 0.0, 2.0], [3.0, -1.0, 4.0], [-3.0, 3.0, 0.0], [-2.0, 1.0, -2.0]])
    dweight = np.array([[0.0, 3.0, 2.0], [7.0, 0.0, -2.0]])
    checks.close(
        dense_backward(dy, x, weight),
        (dx, dweight, np.array([2.0, 3.0])),
        names=("dx", "dweight", "dbias"),
        call="dense_backward(dy, x, weight)",
        given={"dy": dy, "x": x, "weight": weight},
        hint="Each gradient has the shape of what it belongs to. Write the shapes down; only one product fits. "
        "The products for weight and bias sum over all samples.",
    )
### BEGIN HIDDEN TESTS
with checks.part("4a", see="Lecture 5 (05_layers.ipynb): The dense layer", hidden=True):
    rng = checks.generator(41)
    for n, inputs, outputs in [(5, 4, 3), (1, 2, 6), (4, 4, 4)]:
        layer = nn.Dense(inputs, outputs, rng=rng)
        x, dy = rng.normal(size=(n, inputs)), rng.normal(size=(n, outputs))
        weight = layer.params["weight"].data
        layer.forward(x)
        expected = layer.backward(dy), layer.params["weight"].diff, layer.params["bias"].diff
        with checks.unchanged({"dy": dy, "x": x, "weight": weight}, call="dense_backward(dy, x, weight)"):
            got = dense_backward(dy, x, weight)
        hint = "Try other sizes: one sample, more outputs than inputs, and all sizes equal (a transpose hides there)."
        checks.close(got, expected, names=("dx", "dweight", "dbias"), call="dense_backward(dy, x, weight)", hint=hint)
    checks.by_hand(dense_backward, dy, x, weight, call="dense_backward(dy, x, weight)")
### END HIDDEN TESTS

# %% [markdown]
# **4b. ReLU (4 points).** Forward is $y = \max(0, x)$, number by number. So the gradient passes where $x > 0$ and stops
# elsewhere: $\partial L / \partial x = dy \cdot [x > 0]$.
#
# *Graded:* the gradient for arrays of any shape. `dy` and `x` must stay as they were.


# %% nbgrader={"schema_version": 3, "grade_id": "task-4b", "grade": false, "solution": true, "locked": false}
def relu_backward(dy, x):
    """Return dx, the gradient by x, for the gradient dy by y = max(0, x); all three have the same shape."""
    ### BEGIN SOLUTION
    return dy * (x > 0)
    ### END SOLUTION


# %% nbgrader={"schema_version": 3, "grade_id": "test-4b", "grade": true, "solution": false, "locked": true, "points": 4}
with checks.part("4b", see="Lecture 5 (05_layers.ipynb): Activations"):
    dy = np.array([[5.0, -6.0], [7.0, 8.0]])
    x = np.array([[1.0, 2.0], [-3.0, 0.0]])
    hint = "The gradient is dy where x > 0, and 0 elsewhere. The mask comes from x, not from dy: a negative gradient may pass."
    with checks.unchanged({"dy": dy, "x": x}, call="relu_backward(dy, x)"):
        got = relu_backward(dy, x)
    expected = np.array([[5.0, -6.0], [0.0, 0.0]])
    checks.close(got, expected, call="relu_backward(dy, x)", given={"dy": dy, "x": x}, hint=hint)
### BEGIN HIDDEN TESTS
with checks.part("4b", see="Lecture 5 (05_layers.ipynb): Activations", hidden=True):
    rng = checks.generator(42)
    for shape in [(3, 4), (2, 3, 4, 5)]:
        x, dy = rng.normal(size=shape), rng.normal(size=shape)
        with checks.unchanged({"dy": dy, "x": x}, call="relu_backward(dy, x)"):
            got = relu_backward(dy, x)
        hint = "It works number by number, so the shape does not matter: images have four dimensions."
        checks.close(got, dy * nn.activation_derivative("relu", x), call="relu_backward(dy, x)", hint=hint)
    checks.by_hand(relu_backward, dy, x, call="relu_backward(dy, x)")
### END HIDDEN TESTS

# %% [markdown]
# ## Task 5: convolution (16 points)
#
# *Read before:* [lecture 6](../../lectures/session1_networks/06_convolution.ipynb).
#
# **Why.** A small kernel (卷积核) slides over the image and looks for the same pattern everywhere. That needs few
# weights, and it is how networks see.
#
# Images `x` have the shape (N, C, H, W): N images with C channels. `weight` has the shape (O, C, kh, kw): O kernels.
# `bias` is (O,). First `padding` zeros are put around each image, on all four sides. Then, with stride $s$,
#
# $$y_{n,o,p,q} = b_o + \sum_c \sum_i \sum_j W_{o,c,i,j} \; x_{n,c,\,ps+i,\,qs+j}$$
#
# The output has the shape (N, O, OH, OW), where OH = (H + 2·padding − kh) // stride + 1, and likewise OW. As in all
# deep-learning libraries the kernel is not turned around here. (Mathematicians call this cross-correlation.)
#
# **5a. With loops (8 points).** Speed does not matter. Follow the formula.
#
# *Graded:* the values for any shapes, stride and padding, and a `ValueError` when the kernel is larger than the padded
# image.


# %% nbgrader={"schema_version": 3, "grade_id": "task-5a", "grade": false, "solution": true, "locked": false}
def conv2d_loops(x, weight, bias, stride=1, padding=0):
    """Return the convolution (N, O, OH, OW) of x (N, C, H, W) with weight (O, C, kh, kw) and bias (O,)."""
    ### BEGIN SOLUTION
    n, c, height, width = x.shape
    kernels, _, kh, kw = weight.shape
    if kh > height + 2 * padding or kw > width + 2 * padding:
        raise ValueError(f"a kernel of {kh}×{kw} does not fit an image of {height}×{width} with padding {padding}")
    padded = np.zeros((n, c, height + 2 * padding, width + 2 * padding))
    padded[:, :, padding : padding + height, padding : padding + width] = x
    oh = (height + 2 * padding - kh) // stride + 1
    ow = (width + 2 * padding - kw) // stride + 1
    y = np.zeros((n, kernels, oh, ow))
    for image in range(n):
        for o in range(kernels):
            for p in range(oh):
                for q in range(ow):
                    window = padded[image, :, p * stride : p * stride + kh, q * stride : q * stride + kw]
                    y[image, o, p, q] = (weight[o] * window).sum() + bias[o]
    return y
    ### END SOLUTION


# %% nbgrader={"schema_version": 3, "grade_id": "test-5a", "grade": true, "solution": false, "locked": true, "points": 8}
with checks.part("5a", see="Lecture 6 (06_convolution.ipynb): The formula"):
    x = np.array([[[[1.0, 2.0, 0.0, 1.0], [0.0, 1.0, 3.0, 2.0], [2.0, 0.0, 1.0, 1.0]]]])
    weight, bias = np.array([[[[1.0, 2.0], [3.0, 4.0]]]]), np.array([0.5])
    expected = np.array([[[[9.5, 17.5, 19.5], [8.5, 11.5, 14.5]]]])
    hint = "The first number is 1·1 + 2·2 + 3·0 + 4·1 + 0.5. Then the kernel moves one pixel to the right."
    call, given = "conv2d_loops(x, weight, bias)", {"x": x, "weight": weight, "bias": bias}
    checks.close(conv2d_loops(x, weight, bias), expected, call=call, given=given, hint=hint)

    image = (np.arange(49.0) % 5).reshape(1, 1, 7, 7)
    edges = np.array([[[[1.0, 0.0, -1.0], [2.0, 0.0, -2.0], [1.0, 0.0, -1.0]]]])
    expected = np.array([[[[-3.0, 2.0, 2.0], [2.0, 2.0, -3.0], [-3.0, -3.0, 2.0]]]])
    hint = "7×7 with a 3×3 kernel and stride 2 gives 3×3. The stride moves the window, it does not change the kernel."
    got = conv2d_loops(image, edges, np.zeros(1), stride=2)
    given = {"x": image, "weight": edges}
    checks.close(got, expected, call="conv2d_loops(x, weight, 0, stride=2)", given=given, hint=hint)

    hint = "Compare kh and kw with the size of the padded image, and raise ValueError(…) with a helpful text."
    call = "conv2d_loops with a 4×5 image and a 3×6 kernel"
    checks.raises(
        ValueError, conv2d_loops, np.ones((1, 1, 4, 5)), np.ones((1, 1, 3, 6)), np.zeros(1), call=call, hint=hint
    )
### BEGIN HIDDEN TESTS
with checks.part("5a", see="Lecture 6 (06_convolution.ipynb): The formula", hidden=True):
    rng = checks.generator(51)
    for shape, kernel, stride, padding in [
        ((2, 3, 6, 4), (4, 3, 3, 2), 1, 0),
        ((1, 2, 7, 9), (3, 2, 2, 3), 2, 1),
        ((2, 1, 5, 5), (2, 1, 3, 3), 3, 2),
    ]:
        x, weight, bias = rng.normal(size=shape), rng.normal(size=kernel), rng.normal(size=kernel[0])
        expected = nn.conv2d(x, weight, bias, stride=stride, padding=padding)
        call = f"conv2d_loops(x, weight, bias, stride={stride}, padding={padding})"
        with checks.unchanged({"x": x, "weight": weight, "bias": bias}, call=call):
            got = conv2d_loops(x, weight, bias, stride=stride, padding=padding)
        hint = "Try images and kernels that are not square, several channels, and one bias for each kernel."
        checks.close(got, expected, call=call, hint=hint)
    fitting = conv2d_loops(np.ones((1, 1, 2, 2)), np.ones((1, 1, 4, 4)), np.zeros(1), padding=1)
    hint = "With padding, a kernel as large as the padded image still fits once."
    checks.close(fitting, np.full((1, 1, 1, 1), 4.0), call="conv2d_loops with a kernel that fits once", hint=hint)
    hint = "The padding counts on both sides: the padded image has height + 2·padding rows, and columns likewise."
    for kernel in [(5, 3), (3, 5)]:
        arguments = np.ones((1, 1, 2, 2)), np.ones((1, 1, *kernel)), np.zeros(1), 1, 1
        call = "conv2d_loops with a kernel one pixel larger than the padded image"
        checks.raises(ValueError, conv2d_loops, *arguments, call=call, hint=hint)
    checks.by_hand(conv2d_loops, x, weight, bias, call="conv2d_loops(x, weight, bias)")
### END HIDDEN TESTS

# %% [markdown]
# **5b. Without loops over pixels (8 points).** A Python loop takes about a microsecond for each turn, and a photo has
# millions of pixels. NumPy works on whole arrays at once.
#
# An idea: let the loops run only over the places $(i, j)$ **inside the kernel**. For each of them one slice of the
# padded images holds all pixels that meet $W_{o,c,i,j}$. Multiply, sum over the channels, and add to the output.
# `np.pad` and `np.einsum` are useful. Other ways are fine too.
#
# *Graded:* the same values as in 5a, and no Python loop over images, channels, kernels or pixels. The check counts how
# many lines of Python run; it measures no time.


# %% nbgrader={"schema_version": 3, "grade_id": "task-5b", "grade": false, "solution": true, "locked": false}
def conv2d_fast(x, weight, bias, stride=1, padding=0):
    """Return the convolution (N, O, OH, OW) of x (N, C, H, W) with weight (O, C, kh, kw) and bias (O,)."""
    ### BEGIN SOLUTION
    kh, kw = weight.shape[2:]
    x = np.pad(x, ((0, 0), (0, 0), (padding, padding), (padding, padding)))
    oh = (x.shape[2] - kh) // stride + 1
    ow = (x.shape[3] - kw) // stride + 1
    y = np.zeros((len(x), len(weight), oh, ow)) + bias[:, None, None]
    for i in range(kh):
        for j in range(kw):
            window = x[:, :, i : i + stride * oh : stride, j : j + stride * ow : stride]
            y += np.einsum("ncpq,oc->nopq", window, weight[:, :, i, j])
    return y
    ### END SOLUTION


# %% nbgrader={"schema_version": 3, "grade_id": "test-5b", "grade": true, "solution": false, "locked": true, "points": 8}
with checks.part("5b", see="Lecture 6 (06_convolution.ipynb): The formula"):
    x = np.array([[[[1.0, 2.0, 0.0, 1.0], [0.0, 1.0, 3.0, 2.0], [2.0, 0.0, 1.0, 1.0]]]])
    weight, bias = np.array([[[[1.0, 2.0], [3.0, 4.0]]]]), np.array([0.5])
    expected = np.array([[[[9.5, 17.5, 19.5], [8.5, 11.5, 14.5]]]])
    hint = "For i = j = 0 the slice is x[:, :, 0:2, 0:3], and it is multiplied by weight[:, :, 0, 0]."
    call, given = "conv2d_fast(x, weight, bias)", {"x": x, "weight": weight, "bias": bias}
    checks.close(conv2d_fast(x, weight, bias), expected, call=call, given=given, hint=hint)

    image = (np.arange(49.0) % 5).reshape(1, 1, 7, 7)
    edges = np.array([[[[1.0, 0.0, -1.0], [2.0, 0.0, -2.0], [1.0, 0.0, -1.0]]]])
    expected = np.array([[[[-3.0, 2.0, 2.0], [2.0, 2.0, -3.0], [-3.0, -3.0, 2.0]]]])
    hint = "With a stride the slice takes every second pixel: start : stop : stride."
    got = conv2d_fast(image, edges, np.zeros(1), stride=2)
    given = {"x": image, "weight": edges}
    checks.close(got, expected, call="conv2d_fast(x, weight, 0, stride=2)", given=given, hint=hint)

    small = np.ones((1, 1, 4, 4)), np.ones((1, 1, 3, 3)), np.zeros(1)
    hint = "Loop over the kernel's places only, and let einsum do images, channels, kernels and pixels."
    for n, c, o, side in [(99, 1, 1, 4), (1, 99, 1, 4), (1, 1, 99, 4), (1, 1, 1, 99)]:
        large = np.ones((n, c, side, side)), np.ones((o, c, 3, 3)), np.zeros(o)
        call = f"conv2d_fast for {n} images with {c} channels and {side}×{side} pixels, {o} kernels"
        checks.vectorised(conv2d_fast, small, large, call=call, hint=hint)
### BEGIN HIDDEN TESTS
with checks.part("5b", see="Lecture 6 (06_convolution.ipynb): The formula", hidden=True):
    rng = checks.generator(52)
    for shape, kernel, stride, padding in [
        ((2, 3, 5, 7), (4, 3, 2, 3), 1, 0),
        ((1, 2, 8, 9), (3, 2, 3, 2), 2, 1),
        ((2, 1, 5, 5), (2, 1, 3, 3), 3, 2),
    ]:
        x, weight, bias = rng.normal(size=shape), rng.normal(size=kernel), rng.normal(size=kernel[0])
        expected = nn.conv2d(x, weight, bias, stride=stride, padding=padding)
        call = f"conv2d_fast(x, weight, bias, stride={stride}, padding={padding})"
        with checks.unchanged({"x": x, "weight": weight, "bias": bias}, call=call):
            got = conv2d_fast(x, weight, bias, stride=stride, padding=padding)
        hint = "Try images and kernels that are not square, several channels, and a stride that does not divide evenly."
        checks.close(got, expected, call=call, hint=hint)
    small = np.ones((2, 2, 6, 6)), np.ones((2, 2, 2, 2)), np.zeros(2)
    large = np.ones((99, 2, 9, 90)), np.ones((2, 2, 2, 2)), np.zeros(2)
    checks.vectorised(conv2d_fast, small, large, call="conv2d_fast(x, weight, bias)", hint="Does a loop grow with x?")
    checks.by_hand(conv2d_fast, x, weight, bias, call="conv2d_fast(x, weight, bias)")
### END HIDDEN TESTS

# %% [markdown]
# ## Task 6: the backward pass of a convolution (14 points)
#
# *Read before:* [lecture 6](../../lectures/session1_networks/06_convolution.ipynb).
#
# **Why.** A convolution layer learns because the gradient comes back through it. The pretty fact is that this gradient
# is again a convolution.
#
# Everywhere in this task the stride is 1 and there is no padding, so `dy` has the shape (N, O, H − kh + 1, W − kw + 1).
# Here you **may** use the ready-made forward pass `nn.conv2d(x, weight, padding=…)`, where `padding` is a number or a
# pair (height, width). You do not need your own answer to task 5.
#
# **6a. The gradient by the weights (7 points).** $W_{o,c,i,j}$ meets the pixel $x_{n,c,p+i,q+j}$ at every place $(p, q)$:
#
# $$\frac{\partial L}{\partial W_{o,c,i,j}} = \sum_n \sum_p \sum_q dy_{n,o,p,q} \; x_{n,c,\,p+i,\,q+j}
# \qquad
# \frac{\partial L}{\partial b_o} = \sum_n \sum_p \sum_q dy_{n,o,p,q}$$
#
# *Graded:* both gradients for any shapes. As in task 4, the samples are summed.


# %% nbgrader={"schema_version": 3, "grade_id": "task-6a", "grade": false, "solution": true, "locked": false}
def conv2d_weight_gradient(dy, x, kernel_size):
    """Return (dweight, dbias), shapes (O, C, kh, kw) and (O,), for dy (N, O, OH, OW), x (N, C, H, W), kernel_size (kh, kw)."""
    ### BEGIN SOLUTION
    kh, kw = kernel_size
    oh, ow = dy.shape[2:]
    dweight = np.zeros((dy.shape[1], x.shape[1], kh, kw))
    for i in range(kh):
        for j in range(kw):
            dweight[:, :, i, j] = np.einsum("nopq,ncpq->oc", dy, x[:, :, i : i + oh, j : j + ow])
    return dweight, dy.sum(axis=(0, 2, 3))
    ### END SOLUTION


# %% nbgrader={"schema_version": 3, "grade_id": "test-6a", "grade": true, "solution": false, "locked": true, "points": 7}
with checks.part("6a", see="Lecture 6 (06_convolution.ipynb): The backward pass is a convolution"):
    x = np.array([[[[1.0, 2.0, 0.0, 1.0], [0.0, 1.0, 3.0, 2.0], [2.0, 0.0, 1.0, 1.0]]]])
    dy = np.array([[[[1.0, 0.0, -1.0], [2.0, 1.0, 0.0]]]])
    checks.close(
        conv2d_weight_gradient(dy, x, (2, 2)),
        (np.array([[[[2.0, 6.0], [1.0, 0.0]]]]), np.array([3.0])),
        names=("dweight", "dbias"),
        call="conv2d_weight_gradient(dy, x, (2, 2))",
        given={"dy": dy, "x": x},
        hint="dweight[0, 0, 0, 1] is dy times the part of x that starts at row 0, column 1, summed up.",
    )
### BEGIN HIDDEN TESTS
with checks.part("6a", see="Lecture 6 (06_convolution.ipynb): The backward pass is a convolution", hidden=True):
    rng = checks.generator(61)
    for n, c, o, height, width, kh, kw in [(3, 2, 4, 6, 5, 3, 2), (1, 3, 2, 4, 7, 2, 3), (2, 2, 2, 5, 5, 3, 3)]:
        layer = nn.Conv2d(c, o, (kh, kw), rng=rng)
        x, dy = rng.normal(size=(n, c, height, width)), rng.normal(size=(n, o, height - kh + 1, width - kw + 1))
        layer.forward(x)
        layer.backward(dy)
        expected = layer.params["weight"].diff, layer.params["bias"].diff
        call = "conv2d_weight_gradient(dy, x, (kh, kw))"
        with checks.unchanged({"dy": dy, "x": x}, call=call):
            got = conv2d_weight_gradient(dy, x, (kh, kw))
        hint = "Try two samples, several channels, and a kernel that is not square. The sum runs over all samples."
        checks.close(got, expected, names=("dweight", "dbias"), call=call, hint=hint)
### END HIDDEN TESTS

# %% [markdown]
# **6b. The gradient by the input (7 points).** A pixel is used by up to kh·kw output numbers. Collect them all:
#
# $$\frac{\partial L}{\partial x_{n,c,a,b}} = \sum_o \sum_i \sum_j dy_{n,o,\,a-i,\,b-j} \; W_{o,c,i,j}$$
#
# where `dy` counts as 0 outside its borders. The indices run backwards, so this is a convolution of `dy`, padded with
# kh − 1 and kw − 1 zeros, with the kernel **turned by 180°** and with its first two axes (O and C) swapped.
#
# *Graded:* the gradient for any shapes.


# %% nbgrader={"schema_version": 3, "grade_id": "task-6b", "grade": false, "solution": true, "locked": false}
def conv2d_input_gradient(dy, weight):
    """Return dx (N, C, H, W) for dy (N, O, OH, OW) and weight (O, C, kh, kw), where H = OH + kh − 1, W = OW + kw − 1."""
    ### BEGIN SOLUTION
    kh, kw = weight.shape[2:]
    turned = weight[:, :, ::-1, ::-1].transpose(1, 0, 2, 3)
    return nn.conv2d(dy, turned, padding=(kh - 1, kw - 1))
    ### END SOLUTION


# %% nbgrader={"schema_version": 3, "grade_id": "test-6b", "grade": true, "solution": false, "locked": true, "points": 7}
with checks.part("6b", see="Lecture 6 (06_convolution.ipynb): The backward pass is a convolution"):
    dy = np.array([[[[1.0, 0.0, -1.0], [2.0, 1.0, 0.0]]]])
    weight = np.array([[[[1.0, 2.0], [3.0, 4.0]]]])
    checks.close(
        conv2d_input_gradient(dy, weight),
        np.array([[[[1.0, 2.0, -1.0, -2.0], [5.0, 9.0, -1.0, -4.0], [6.0, 11.0, 4.0, 0.0]]]]),
        call="conv2d_input_gradient(dy, weight)",
        given={"dy": dy, "weight": weight},
        hint="The corner pixel x[0, 0] is used once, with W[0, 0]: its gradient is 1·1. Is the kernel turned by 180°?",
    )
### BEGIN HIDDEN TESTS
with checks.part("6b", see="Lecture 6 (06_convolution.ipynb): The backward pass is a convolution", hidden=True):
    rng = checks.generator(62)
    for n, c, o, height, width, kh, kw in [(3, 2, 4, 6, 5, 3, 2), (1, 3, 2, 4, 7, 2, 3), (2, 2, 2, 5, 5, 3, 3)]:
        layer = nn.Conv2d(c, o, (kh, kw), rng=rng)
        weight, dy = layer.params["weight"].data, rng.normal(size=(n, o, height - kh + 1, width - kw + 1))
        layer.forward(np.zeros((n, c, height, width)))
        expected = layer.backward(dy)
        with checks.unchanged({"dy": dy, "weight": weight}, call="conv2d_input_gradient(dy, weight)"):
            got = conv2d_input_gradient(dy, weight)
        hint = "Try more than one channel (swap O and C) and a kernel that is not square (pad with kh − 1 and kw − 1)."
        checks.close(got, expected, call="conv2d_input_gradient(dy, weight)", hint=hint)
### END HIDDEN TESTS

# %% [markdown]
# ## Task 7: a network that reads digits (12 points)
#
# *Read before:* [lecture 5](../../lectures/session1_networks/05_layers.ipynb).
#
# **Why.** Now everything comes together: layers, a loss, gradients, and many small steps downhill.
#
# Write `classify`. It builds a network, trains it on the images `x_train` with the labels `y_train`, and returns the
# labels that it gives to other images. Here you **may** use `course_pkg.nn`, and nothing ready-made outside it:
#
# - layers: `nn.Flatten()`, `nn.Dense(inputs, outputs, rng=…)`, `nn.ReLU()`, and if you like `nn.Conv2d`, `nn.MaxPool2d`;
# - `net = nn.Net([layers], loss=nn.SoftmaxCrossEntropy())`, `net.predict(x)`;
# - `nn.fit(net, x, y, lr=…, epochs=…, batch_size=…, rng=…)`, which trains with small batches.
#
# One hidden layer with about 32 units is enough. A learning rate between 0.1 and 1 and 20 to 40 epochs are a good start.
#
# *Graded:* at least **95 %** of the digits that the network has never seen are right; the same `seed` gives the same
# labels again. The hidden checks train on another split of the data, and they give other names to the classes. Training
# should take a few seconds; a check is stopped after two minutes.


# %% nbgrader={"schema_version": 3, "grade_id": "task-7", "grade": false, "solution": true, "locked": false}
def classify(x_train, y_train, x_new, seed=0):
    """Train a network on x_train (N, 1, 8, 8) with labels y_train (N,), 0 … 9; return labels (M,) for x_new (M, 1, 8, 8).

    All random numbers come from seed.
    """
    ### BEGIN SOLUTION
    rng = np.random.default_rng(seed)
    layers = [nn.Flatten(), nn.Dense(64, 32, rng=rng), nn.ReLU(), nn.Dense(32, 10, rng=rng)]
    net = nn.Net(layers, loss=nn.SoftmaxCrossEntropy())
    nn.fit(net, x_train, y_train, lr=0.5, epochs=30, batch_size=32, rng=rng)
    return net.predict(x_new)
    ### END SOLUTION


# %% nbgrader={"schema_version": 3, "grade_id": "test-7", "grade": true, "solution": false, "locked": true, "points": 12}
with checks.part("7", see="Lecture 5 (05_layers.ipynb): A network from these layers"):
    data = digits(seed=0)
    call = "classify(x_train, y_train, x_test)"
    with checks.unchanged({"x_train": data.x_train, "y_train": data.y_train, "x_test": data.x_test}, call=call):
        labels = classify(data.x_train, data.y_train, data.x_test, seed=0)
    checks.same_form(labels, data.y_test, call=call, hint="Return one label for each new image: net.predict(x_new).")
    hint = "Does the loss fall? If not, change the learning rate. If it falls slowly, train for more epochs."
    checks.at_least(np.mean(labels == data.y_test), 0.95, call=f"the accuracy of {call}", hint=hint)
    few = data.x_train[:60], data.y_train[:60], data.x_test
    hint = "Make one generator, np.random.default_rng(seed), and give it to each layer and to nn.fit."
    checks.close(classify(*few, seed=5), classify(*few, seed=5), call="classify, twice with the same seed", hint=hint)
### BEGIN HIDDEN TESTS
with checks.part("7", see="Lecture 5 (05_layers.ipynb): A network from these layers", hidden=True):
    data = digits(seed=71)
    call = "classify on another split of the digits, with other names for the classes"
    with checks.unchanged({"x_train": data.x_train, "y_train": data.y_train, "x_new": data.x_test}, call=call):
        labels = classify(data.x_train, 9 - data.y_train, data.x_test, seed=3)
    checks.same_form(labels, data.y_test, call=call)
    hint = "Does it learn from x_train and y_train alone? Try other seeds: all should pass with something to spare."
    checks.at_least(np.mean(labels == 9 - data.y_test), 0.95, call=f"the accuracy of {call}", hint=hint)
    few = data.x_train[:60], data.y_train[:60], data.x_test
    checks.by_hand(classify, *few, call="classify", libraries=("scipy", "sklearn", "torch"))
### END HIDDEN TESTS

# %% [markdown] nbgrader={"schema_version": 3, "grade_id": "rubric-8", "grade": false, "solution": false, "locked": true}
# ## Task 8: in your own words (6 points)
#
# *Read before:* [lecture 6](../../lectures/session1_networks/06_convolution.ipynb) and
# [lecture 7](../../lectures/session1_networks/07_lenet.ipynb).
#
# Somebody wants to replace the first convolution of LeNet-5 by a dense layer. The input is one grey image of 32×32
# pixels. The convolution has six kernels of 5×5 with a bias each, and gives 6 maps of 28×28. The dense layer shall give
# just as many outputs. Write five to ten sentences:
#
# 1. How many parameters does each of the two have? Show the calculation.
# 2. Which two properties of the convolution make the difference, and what do they say about images?
# 3. Name a kind of picture for which one of the two properties is a bad idea, and say why.
#
# **How it is graded** (a person reads it):
#
# | Points | For |
# |---|---|
# | 2 | Both numbers are right, with the calculation. 1 point if one is right, or if only the biases are forgotten. |
# | 2 | Both properties are named and explained: each output sees only a small neighbourhood (local receptive field, 局部感受野), and all places share the same weights (weight sharing, 权值共享). 1 point for each. |
# | 2 | A fitting kind of picture (1 point), and a reason that follows from the property (1 point). |

# %% [markdown] nbgrader={"schema_version": 3, "grade_id": "task-8", "grade": true, "solution": true, "locked": false, "points": 6}
# ### BEGIN SOLUTION
# The convolution has 6 · (5·5 + 1) = 156 parameters. A dense layer with 6·28·28 = 4,704 outputs, each seeing all 1,024
# pixels, has 4,704 · (1,024 + 1) = 4,821,600 parameters, about 31,000 times as many.
#
# First, each output of the convolution sees only 5×5 pixels (local receptive field). This fits images because
# neighbouring pixels belong together, and an edge or a corner is small. Second, the same kernel is used at every place
# (weight sharing). This fits images because an object stays the same when it moves: what is worth detecting here is
# worth detecting there, and one kernel finds it everywhere.
#
# Sharing is a bad idea where the place itself has a meaning, as in passport photos that are always cropped the same way:
# eyes are always at the top and the mouth at the bottom. There it would be better to have other kernels at other places,
# and sharing forces the network to look for mouths where the eyes are.
# ### END SOLUTION
