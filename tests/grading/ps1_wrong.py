# ruff: noqa  (students write as they like)
"""Wrong answers to problem set 1: one cell each, with its task, what is wrong, and words that the student must read.

"says" is for what the visible checks find, "hidden" for what passes them, "stops" for errors of the student's own code.
``solution`` holds the reference functions.
"""


# %% 1a: sign slip
# says: Is it e to the power of minus x?
def sigmoid(x):
    return 1 / (1 + np.exp(x))


# %% 1a: x for f
# says: The f in f·(1 − f) is sigmoid(x), not x
def sigmoid_derivative(x):
    return x * (1 - x)


# %% 1a: no return
# says: is the return missing?
def sigmoid(x):
    1 / (1 + np.exp(-x))


# %% 1a: overflow
# hidden: contains NaN
def sigmoid(x):
    return np.exp(x) / (1 + np.exp(x))


# %% 1a: hard-coded
# hidden: has 1 dimension, expected 2
def sigmoid(x):
    return np.array([0.119203, 0.5, 0.952574])


# %% 1a: the package's function
# hidden: calls the ready-made course_pkg.nn.activations.activation
def sigmoid(x):
    return nn.activation("sigmoid", x)


# %% 1a: the derivative's sign
# says: sigmoid_derivative(x): has the wrong sign
def sigmoid_derivative(x):
    f = sigmoid(x)
    return f * (f - 1)


# %% 1a: in place
# says: changed its input x
def sigmoid(x):
    np.exp(-x, out=x)
    return 1 / (1 + x)


# %% 1a: a single number only
# stops: arrays can be converted to Python scalars
import math


def sigmoid(x):
    return 1 / (1 + math.exp(-x))


# %% 1a: a list
# says: is a list, expected a NumPy array
def sigmoid(x):
    return [1 / (1 + np.exp(-v)) for v in x]


# %% 1a: rounded
# says: is close, but not close enough (rounded on the way?)
def sigmoid(x):
    return (1 / (1 + np.exp(-x))).round(4)


# %% 1a: a row only
# hidden: your code stopped with
def sigmoid(x):
    y = np.zeros(len(x))
    for i in range(len(x)):
        y[i] = float(1 / (1 + np.exp(-x[i])))
    return y


# %% 1a: a derivative that overflows
# hidden: sigmoid_derivative(x) with large x: contains NaN
def sigmoid_derivative(x):
    return np.exp(-x) / (1 + np.exp(-x)) ** 2


# %% 1b: x for f
# says: Square f(x), not x
def tanh_derivative(x):
    return 1 - x**2


# %% 1b: forgotten −1
# says: off by the same amount everywhere
def tanh(x):
    return 2 / (1 + np.exp(-2 * x))


# %% 1b: exponent −x
# says: The exponent is −2x
def tanh(x):
    return 2 / (1 + np.exp(-x)) - 1


# %% 1b: in place
# says: changed its input x
def tanh(x):
    return np.tanh(x, out=x)


# %% 1b: hard-coded
# hidden: is 0 everywhere
table = {-1.0: -0.761594, 0.0: 0.0, 0.5: 0.462117}


def tanh(x):
    return np.array([table.get(v, 0.0) for v in x.ravel()]).reshape(x.shape)


# %% 1b: the sigmoid's derivative
# says: At 0 the curve rises with slope 1
def tanh_derivative(x):
    return np.tanh(x) * (1 - np.tanh(x))


# %% 1b: not squared
# says: Square f(x)
def tanh_derivative(x):
    return 1 - np.tanh(x)


# %% 1b: subtracted the wrong way round
# says: has the wrong sign
def tanh(x):
    return 1 - 2 / (1 + np.exp(-2 * x))


# %% 1b: all in one row
# hidden: has 1 dimension, expected 2
def tanh(x):
    return np.array([np.tanh(v) for v in x.ravel()])


# %% 1b: by torch
# hidden: calls the ready-made torch
import torch


def tanh(x):
    return torch.tanh(torch.from_numpy(x.copy())).numpy()


# %% 1b: no return
# says: is the return missing?
def tanh_derivative(x):
    1 - np.tanh(x) ** 2


# %% 1c: True and False
# says: has dtype bool, expected real numbers
def relu_derivative(x):
    return x > 0


# %% 1c: in place
# says: changed its input x
def relu(x):
    x[x < 0] = 0
    return x


# %% 1c: 1 at 0
# says: is not 0 in places where it should be
def relu_derivative(x):
    return (x >= 0) * 1.0


# %% 1c: absolute value
# says: is not 0 in places where it should be
def relu(x):
    return np.abs(x)


# %% 1c: hard-coded
# hidden: relu(x): has 1 dimension, expected 2
def relu(x):
    return np.array([0.0, 0.0, 2.0])


# %% 1c: the smaller of two
# says: takes the larger of two numbers
def relu(x):
    return np.minimum(x, 0)


# %% 1c: the largest number of all
# says: has 0 dimensions, expected 1
def relu(x):
    return np.max(x, 0)


# %% 1c: for single numbers
# stops: The truth value of an array
def relu(x):
    return x if x > 0 else 0


# %% 1c: what is negative is left out
# says: axis 0 is too short
def relu(x):
    return x[x >= 0]


# %% 1c: integers
# says: expected real numbers
def relu_derivative(x):
    return np.where(x > 0, 1, 0)


# %% 1c: the sign
# says: relu_derivative(x): is not 0 in places where it should be
def relu_derivative(x):
    return np.sign(x)


# %% 1c: 0 divided by 0
# says: contains NaN
def relu_derivative(x):
    return relu(x) / x


# %% 1c: leaky
# says: is not 0 in places where it should be
def relu(x):
    return np.where(x > 0, x, 0.01 * x)


# %% 2a: loss summed
# says: loss is 3 times too large
def softmax_loss(s, y):
    return solution.softmax_loss(s, y)[0] * len(y), solution.softmax_loss(s, y)[1]


# %% 2a: gradient summed
# says: dscores is 3 times too large
def softmax_loss(s, y):
    return solution.softmax_loss(s, y)[0], solution.softmax_loss(s, y)[1] * len(y)


# %% 2a: sign slip
# says: loss has the wrong sign
def softmax_loss(s, y):
    return -solution.softmax_loss(s, y)[0], solution.softmax_loss(s, y)[1]


# %% 2a: loss only
# says: expected a tuple of 2: (loss, dscores)
def softmax_loss(s, y):
    return solution.softmax_loss(s, y)[0]


# %% 2a: overflow
# hidden: contains infinity
def softmax_loss(s, y):
    p = np.exp(s) / np.exp(s).sum(axis=1, keepdims=True)
    loss = -np.log(p[range(len(y)), y]).mean()
    p[range(len(y)), y] -= 1
    return loss, p / len(y)


# %% 2a: as many samples as classes
# hidden: dscores is
def softmax_loss(s, y):
    return solution.softmax_loss(s, y)[0], solution.softmax_loss(s, y)[1] * len(y) / s.shape[1]


# %% 2a: hard-coded
# hidden: loss has a wrong value
def softmax_loss(s, y):
    return 2.758655, solution.softmax_loss(s, y)[1]


# %% 2a: the minus before the logarithm forgotten
# says: loss has the wrong sign
def softmax_loss(s, y):
    p = np.exp(s) / np.exp(s).sum(axis=1, keepdims=True)
    return np.log(p[range(len(y)), y]).mean(), solution.softmax_loss(s, y)[1]


# %% 2a: over the samples
# says: The three samples have the losses 2.0404, 0.0791 and 6.1565
def softmax_loss(s, y):
    p = np.exp(s) / np.exp(s).sum(axis=0)
    loss = -np.log(p[range(len(y)), y]).mean()
    p[range(len(y)), y] -= 1
    return loss, p / len(y)


# %% 2a: probabilities for the gradient
# says: with 1 taken away at the right class
def softmax_loss(s, y):
    e = np.exp(s - s.max(axis=1, keepdims=True))
    p = e / e.sum(axis=1, keepdims=True)
    return -np.log(p[range(len(y)), y]).mean(), p / len(y)


# %% 2a: one loss a sample
# says: loss is an array, expected a number
def softmax_loss(s, y):
    e = np.exp(s - s.max(axis=1, keepdims=True))
    p = e / e.sum(axis=1, keepdims=True)
    return -np.log(p[range(len(y)), y]), solution.softmax_loss(s, y)[1]


# %% 2a: in place
# hidden: changed its input scores
def softmax_loss(s, y):
    s -= s.max(axis=1, keepdims=True)
    return solution.softmax_loss(s, y)


# %% 2a: the largest score of all rows
# hidden: with scores of ±1000: loss contains
def softmax_loss(s, y):
    e = np.exp(s - s.max())
    p = e / e.sum(axis=1, keepdims=True)
    loss = -np.log(p[range(len(y)), y]).mean()
    p[range(len(y)), y] -= 1
    return loss, p / len(y)


# %% 2a: a small number inside the logarithm
# hidden: with scores of ±1000: loss has a wrong value
def softmax_loss(s, y):
    e = np.exp(s - s.max(axis=1, keepdims=True))
    p = e / e.sum(axis=1, keepdims=True)
    loss = -np.log(p[range(len(y)), y] + 1e-12).mean()
    p[range(len(y)), y] -= 1
    return loss, p / len(y)


# %% 2b: right class counted
# says: The right class itself is left out
def hinge_loss(s, y):
    return solution.hinge_loss(s, y)[0] + 1, solution.hinge_loss(s, y)[1]


# %% 2b: mean forgotten
# says: loss is 3 times too large
def hinge_loss(s, y):
    return solution.hinge_loss(s, y)[0] * len(y), solution.hinge_loss(s, y)[1]


# %% 2b: no gradient for the right class
# says: dscores is 0 in places where it should not be
def hinge_loss(s, y):
    loss, d = solution.hinge_loss(s, y)
    return loss, np.maximum(d, 0)


# %% 2b: all for one
# says: dscores has wrong values
def hinge_loss(s, y):
    loss, d = solution.hinge_loss(s, y)
    return loss, np.sign(d) / 3


# %% 2b: hard-coded
# hidden: loss has a wrong value
def hinge_loss(s, y):
    return 15.8 / 3, solution.hinge_loss(s, y)[1]


# %% 2b: no margin of 1
# says: The three samples have the losses 2.9, 0 and 12.9
def hinge_loss(s, y):
    rows = range(len(y))
    return np.maximum(0, s - s[rows, y][:, None]).sum() / len(y), solution.hinge_loss(s, y)[1]


# %% 2b: the worst class only
# says: The three samples have the losses 2.9, 0 and 12.9
def hinge_loss(s, y):
    rows = range(len(y))
    margins = np.maximum(0, s - s[rows, y][:, None] + 1)
    margins[rows, y] = 0
    return margins.max(axis=1).mean(), solution.hinge_loss(s, y)[1]


# %% 2b: a mean over the classes too
# says: loss is 3 times too small
def hinge_loss(s, y):
    rows = range(len(y))
    margins = np.maximum(0, s - s[rows, y][:, None] + 1)
    margins[rows, y] = 0
    return margins.mean(), solution.hinge_loss(s, y)[1]


# %% 2b: gradient summed
# says: dscores is 3 times too large
def hinge_loss(s, y):
    loss, d = solution.hinge_loss(s, y)
    return loss, d * len(y)


# %% 2b: squared
# says: The three samples have the losses 2.9, 0 and 12.9
def hinge_loss(s, y):
    rows = range(len(y))
    margins = np.maximum(0, s - s[rows, y][:, None] + 1) ** 2
    margins[rows, y] = 0
    return margins.sum() / len(y), solution.hinge_loss(s, y)[1]


# %% 2b: a list
# says: returned a list, expected a tuple of 2
def hinge_loss(s, y):
    return list(solution.hinge_loss(s, y))


# %% 2b: as many samples as classes
# hidden: your code stopped with
def hinge_loss(s, y):
    margins = np.maximum(0, s - s[range(len(y)), y].reshape(-1, 1) + 1) * (1 - np.eye(s.shape[1])[range(len(y))])
    d = (margins > 0) * 1.0
    for i in range(len(y)):
        d[i, i] = -d[i].sum()
    return margins.sum() / len(y), d / len(y)


# %% 2b: in place
# hidden: changed its input scores
def hinge_loss(s, y):
    result = solution.hinge_loss(s, y)
    s -= s[range(len(y)), y][:, None]
    return result


# %% 3a: sign slip
# says: has the wrong sign
def output_gradients(w, x, y):
    return -solution.output_gradients(w, x, y)


# %% 3a: order
# says: w6 and w8 lead to o2
def output_gradients(w, x, y):
    return solution.output_gradients(w, x, y)[[0, 2, 1, 3]]


# %% 3a: no sigmoid'
# says: is a constant times the right result
def output_gradients(w, x, y):
    h, o = forward_222(w, x)
    return np.outer(h, o - y).ravel()


# %% 3a: hard-coded
# hidden: has wrong values
def output_gradients(w, x, y):
    return np.array([0.0346, 0.0839, 0.0305, 0.0738])


# %% 3a: the input for the hidden unit
# says: w5 and w6 start at h1
def output_gradients(w, x, y):
    h, o = forward_222(w, x)
    return np.outer(x, (o - y) * o * (1 - o)).ravel()


# %% 3a: a matrix
# says: has 2 dimensions, expected 1
def output_gradients(w, x, y):
    h, o = forward_222(w, x)
    return np.outer(h, (o - y) * o * (1 - o))


# %% 3a: the 2 of the square
# says: is a constant times the right result
def output_gradients(w, x, y):
    h, o = forward_222(w, x)
    return np.outer(h, 2 * (o - y) * o * (1 - o)).ravel()


# %% 3a: the hidden unit's slope
# says: The slope between them is that of the output
def output_gradients(w, x, y):
    h, o = forward_222(w, x)
    return np.outer(h, (o - y) * h * (1 - h)).ravel()


# %% 3a: a tuple
# says: is a tuple, expected a NumPy array
def output_gradients(w, x, y):
    h, o = forward_222(w, x)
    d1, d2 = (o - y) * o * (1 - o)
    return d1 * h[0], d2 * h[0], d1 * h[1], d2 * h[1]


# %% 3a: room for all eight
# says: axis 0 is too long
def output_gradients(w, x, y):
    delta = np.zeros(8)
    delta[4:] = solution.output_gradients(w, x, y)
    return delta


# %% 3a: an update of its own
# hidden: changed its input w
def output_gradients(w, x, y):
    g = solution.output_gradients(w, x, y)
    w[4:] -= 0.1 * g
    return g


# %% 3a: rounded as in the statement
# hidden: output_gradients(w, x, y): has wrong values
def output_gradients(w, x, y):
    return solution.output_gradients(w, x, y).round(4)


# %% 3b: the slide's slip
# says: All four are 0.01 with the slide's slip
def hidden_gradients(w, x, y):
    h, o = forward_222(w, x)
    d = np.outer(h, (o - y) * o * (1 - o)).sum(axis=1)
    return np.outer(x, d * h * (1 - h)).ravel()


# %% 3b: one path only
# says: In_o1 = w5·h1 + w7·h2. What is left
def hidden_gradients(w, x, y):
    h, o = forward_222(w, x)
    d = ((o - y) * o * (1 - o))[0] * np.array([w[4], w[6]])
    return np.outer(x, d * h * (1 - h)).ravel()


# %% 3b: hard-coded
# hidden: add both paths
def hidden_gradients(w, x, y):
    return np.array([-0.0084, 0.0126, -0.0051, 0.0076])


# %% 3b: changes w
# hidden: changed its input w
def hidden_gradients(w, x, y):
    g = solution.hidden_gradients(w, x, y)
    w[:4] -= g
    return g


# %% 3b: w6 and w7 exchanged
# says: In_o1 = w5·h1 + w7·h2. What is left
def hidden_gradients(w, x, y):
    h, o = forward_222(w, x)
    dh = w[4:].reshape(2, 2).T @ ((o - y) * o * (1 - o))
    return np.outer(x, dh * h * (1 - h)).ravel()


# %% 3b: no slope of the hidden units
# says: Then come the slope h·(1 − h)
def hidden_gradients(w, x, y):
    h, o = forward_222(w, x)
    return np.outer(x, w[4:].reshape(2, 2) @ ((o - y) * o * (1 - o))).ravel()


# %% 3b: w2 and w3 exchanged
# says: w1 and w2 start at x1
def hidden_gradients(w, x, y):
    return solution.hidden_gradients(w, x, y)[[0, 2, 1, 3]]


# %% 3b: the inputs forgotten
# says: and the input: w1 and w2 start at x1
def hidden_gradients(w, x, y):
    return solution.hidden_gradients(w, x, y) / np.repeat(x, 2)


# %% 3b: uphill
# says: has the wrong sign
def hidden_gradients(w, x, y):
    return -solution.hidden_gradients(w, x, y)


# %% 3b: a matrix
# says: has 2 dimensions, expected 1
def hidden_gradients(w, x, y):
    return solution.hidden_gradients(w, x, y).reshape(2, 2)


# %% 3b: a rough finite difference
# hidden: Each hidden unit feeds both outputs
def hidden_gradients(w, x, y):
    def error(w):
        return ((forward_222(w, x)[1] - y) ** 2).sum() / 2

    return np.array([(error(w + 1e-3 * e) - error(w)) / 1e-3 for e in np.eye(8)[:4]])


# %% 4a: transposed
# says: dweight has the wrong shape: the axes are in another order
def dense_backward(dy, x, w):
    return dy @ w, x.T @ dy, dy.sum(axis=0)


# %% 4a: bias not summed
# says: dbias has 2 dimensions, expected 1
def dense_backward(dy, x, w):
    return dy @ w, dy.T @ x, dy


# %% 4a: mean for sum
# says: dbias is 4 times too small
def dense_backward(dy, x, w):
    return dy @ w, dy.T @ x, dy.mean(axis=0)


# %% 4a: wrong sum
# says: dbias has the wrong shape: axis 0 is too long
def dense_backward(dy, x, w):
    return dy @ w, dy.T @ x, dy.sum(axis=1)


# %% 4a: a transpose where it shows only for squares
# hidden: dx has wrong values
def dense_backward(dy, x, w):
    return dy @ (w.T if w.shape[0] == w.shape[1] else w), dy.T @ x, dy.sum(axis=0)


# %% 4a: a transpose too many
# stops: matmul
def dense_backward(dy, x, w):
    return dy @ w.T, dy.T @ x, dy.sum(axis=0)


# %% 4a: all divided by N
# says: dx is 4 times too small
def dense_backward(dy, x, w):
    dy = dy / len(dy)
    return dy @ w, dy.T @ x, dy.sum(axis=0)


# %% 4a: a mean for the weights
# says: dweight is 4 times too small
def dense_backward(dy, x, w):
    return dy @ w, dy.T @ x / len(x), dy.sum(axis=0)


# %% 4a: in the wrong order
# says: dx has the wrong shape
def dense_backward(dy, x, w):
    return dy.T @ x, dy.sum(axis=0), dy @ w


# %% 4a: the axis kept
# says: dbias has 2 dimensions, expected 1
def dense_backward(dy, x, w):
    return dy @ w, dy.T @ x, dy.sum(axis=0, keepdims=True)


# %% 4a: the first sample only
# says: sum over all samples
def dense_backward(dy, x, w):
    return dy @ w, np.outer(dy[0], x[0]), dy.sum(axis=0)


# %% 4a: a step downhill as well
# hidden: changed its input weight
def dense_backward(dy, x, w):
    result = dy @ w, dy.T @ x, dy.sum(axis=0)
    w -= 0.1 * result[1]
    return result


# %% 4a: an error swallowed
# says: returned nothing (None): is the return missing?
def dense_backward(dy, x, w):
    try:
        return dy @ w, dy @ x, dy.sum(axis=0)
    except ValueError:
        return None


# %% 4b: mask of dy
# says: The mask comes from x, not from dy
def relu_backward(dy, x):
    return dy * (dy > 0)


# %% 4b: in place
# says: changed its input dy
def relu_backward(dy, x):
    dy[x <= 0] = 0
    return dy


# %% 4b: 1 at 0
# says: is not 0 in places where it should be
def relu_backward(dy, x):
    return dy * (x >= 0)


# %% 4b: two dimensions only
# hidden: your code stopped with ValueError: too many values to unpack
def relu_backward(dy, x):
    rows, columns = x.shape
    return dy * (x > 0)


# %% 4b: everything passes
# says: is not 0 in places where it should be
def relu_backward(dy, x):
    return dy.copy()


# %% 4b: the mask alone
# says: The gradient is dy where x > 0
def relu_backward(dy, x):
    return (x > 0).astype(float)


# %% 4b: times the output
# says: The gradient is dy where x > 0
def relu_backward(dy, x):
    return dy * np.maximum(x, 0)


# %% 4b: the other half
# says: The gradient is dy where x > 0
def relu_backward(dy, x):
    return dy * (x <= 0)


# %% 4b: only what passes
# says: has 1 dimension, expected 2
def relu_backward(dy, x):
    return dy[x > 0]


# %% 4b: no return
# says: is the return missing?
def relu_backward(dy, x):
    dx = dy * (x > 0)


# %% 4b: the package's function
# hidden: calls the ready-made course_pkg.nn
def relu_backward(dy, x):
    return dy * nn.activation_derivative("relu", x)


# %% 4b: hard-coded
# hidden: has the wrong shape
def relu_backward(dy, x):
    return np.array([[5.0, -6.0], [0.0, 0.0]])


# %% 5a: kernel flipped
# says: The first number is 1·1 + 2·2
def conv2d_loops(x, w, b, **k):
    return solution.conv2d_loops(x, w[:, :, ::-1, ::-1], b, **k)


# %% 5a: no bias
# says: off by the same amount everywhere
def conv2d_loops(x, w, b, **k):
    return solution.conv2d_loops(x, w, 0 * b, **k)


# %% 5a: off by one
# says: axis 2 is too short
def conv2d_loops(x, w, b, **k):
    return solution.conv2d_loops(x, w, b, **k)[:, :, :-1, :-1]


# %% 5a: no stride
# says: axis 2 is too long
def conv2d_loops(x, w, b, stride=1, padding=0):
    return solution.conv2d_loops(x, w, b, 1, padding)


# %% 5a: no error
# says: did not raise ValueError
def conv2d_loops(x, w, b, **k):
    try:
        return solution.conv2d_loops(x, w, b, **k)
    except ValueError:
        return None


# %% 5a: first channel only
# hidden: has wrong values
def conv2d_loops(x, w, b, **k):
    return solution.conv2d_loops(x[:, :1], w[:, :1], b, **k)


# %% 5a: compares the kernel with the image, not with the padded one
# hidden: your code stopped with ValueError: too large
def conv2d_loops(x, w, b, *a, **k):
    if w.shape[2] > x.shape[2] or w.shape[3] > x.shape[3]:
        raise ValueError("too large")
    return solution.conv2d_loops(x, w, b, *a, **k)


# %% 5a: padding forgotten
# hidden: is too short
def conv2d_loops(x, w, b, stride=1, padding=0):
    return solution.conv2d_loops(x, w, b, stride)


# %% 5a: square kernels only
# hidden: has the wrong shape
def conv2d_loops(x, w, b, **k):
    return (
        solution.conv2d_loops(x, w.transpose(0, 1, 3, 2), b, **k)
        if w.shape[2] != w.shape[3]
        else solution.conv2d_loops(x, w, b, **k)
    )


# %% 5a: a bias for each channel
# hidden: has wrong values
def conv2d_loops(x, w, b, **k):
    return solution.conv2d_loops(x, w, b * x.shape[1], **k)


# %% 5a: whole numbers
# says: has dtype int64, expected real numbers
def conv2d_loops(x, w, b, **k):
    return solution.conv2d_loops(x, w, b, **k).astype(int)


# %% 5a: square images only
# says: axis 3 is too short
def conv2d_loops(x, w, b, stride=1, padding=0):
    if w.shape[3] > x.shape[3] + 2 * padding:
        raise ValueError
    x = np.pad(x, ((0, 0), (0, 0), (padding, padding), (padding, padding)))
    k, size = w.shape[2:], (x.shape[2] - w.shape[2]) // stride + 1
    y = np.zeros((len(x), len(w), size, size))
    for n, o, p, q in np.ndindex(*y.shape):
        window = x[n, :, p * stride : p * stride + k[0], q * stride : q * stride + k[1]]
        y[n, o, p, q] = (window * w[o]).sum() + b[o]
    return y


# %% 5a: the stride between the kernel's numbers
# says: The stride moves the window
def conv2d_loops(x, w, b, stride=1, padding=0):
    y = solution.conv2d_loops(x, w, b, stride, padding)
    wide = np.zeros((*w.shape[:2], *((n - 1) * stride + 1 for n in w.shape[2:])))
    wide[:, :, ::stride, ::stride] = w
    size = y.shape[2:]
    return solution.conv2d_loops(x, wide, b, 1, padding)[:, :, : size[0], : size[1]]


# %% 5b: loops
# says: a loop grows with the data
def conv2d_fast(x, w, b, stride=1, padding=0):
    y = np.zeros(solution.conv2d_fast(x, w, b, stride, padding).shape)
    for place in np.ndindex(y.shape):
        n, o, p, q = place
        window = np.pad(x[n], [(0, 0), (padding, padding), (padding, padding)])[:, p * stride :, q * stride :]
        y[place] = (window[:, : w.shape[2], : w.shape[3]] * w[o]).sum() + b[o]
    return y


# %% 5b: a loop over images
# says: a loop grows with the data
def conv2d_fast(x, w, b, *a, **k):
    return np.concatenate([solution.conv2d_fast(x[n : n + 1], w, b, *a, **k) for n in range(len(x))])


# %% 5b: the package's function
# hidden: calls the ready-made course_pkg.nn.conv.conv2d
def conv2d_fast(x, w, b, **k):
    return nn.conv2d(x, w, b, **k)


# %% 5b: slices one stride too long
# hidden: has the wrong shape
def conv2d_fast(x, w, b, stride=1, padding=0):
    return solution.conv2d_fast(x, w, b, stride, padding) if stride < 3 else solution.conv2d_fast(x, w, b, 2, padding)


# %% 5b: kernel flipped
# says: For i = j = 0 the slice is x[:, :, 0:2, 0:3]
def conv2d_fast(x, w, b, **k):
    return solution.conv2d_fast(x, w[:, :, ::-1, ::-1], b, **k)


# %% 5b: no bias
# says: off by the same amount everywhere
def conv2d_fast(x, w, b, **k):
    return solution.conv2d_fast(x, w, 0 * b, **k)


# %% 5b: no stride
# says: axis 2 is too long
def conv2d_fast(x, w, b, stride=1, padding=0):
    return solution.conv2d_fast(x, w, b, 1, padding)


# %% 5b: padding forgotten
# hidden: is too short
def conv2d_fast(x, w, b, stride=1, padding=0):
    return solution.conv2d_fast(x, w, b, stride)


# %% 5b: by torch
# hidden: calls the ready-made torch
def conv2d_fast(x, w, b, stride=1, padding=0):
    import torch

    return torch.nn.functional.conv2d(*map(torch.from_numpy, (x, w, b)), stride=stride, padding=padding).numpy()


# %% 5b: a loop over kernels
# says: a loop grows with the data
def conv2d_fast(x, w, b, **k):
    return np.concatenate([solution.conv2d_fast(x, w[o : o + 1], b[o : o + 1], **k) for o in range(len(w))], axis=1)


# %% 5b: a loop over channels
# says: a loop grows with the data
def conv2d_fast(x, w, b, **k):
    y = 0
    for c in range(x.shape[1]):
        y = y + solution.conv2d_fast(x[:, c : c + 1], w[:, c : c + 1], 0 * b, **k)
    return y + b[:, None, None]


# %% 5b: one bias for all kernels
# hidden: has wrong values
def conv2d_fast(x, w, b, **k):
    return solution.conv2d_fast(x, w, 0 * b, **k) + b[0]


# %% 6a: samples averaged
# hidden: dweight is 3 times too small
def conv2d_weight_gradient(dy, x, k):
    return solution.conv2d_weight_gradient(dy / len(dy), x, k)


# %% 6a: first sample only
# hidden: dweight has wrong values
def conv2d_weight_gradient(dy, x, k):
    return solution.conv2d_weight_gradient(dy[:1], x[:1], k)


# %% 6a: bias is one number
# says: dbias has 0 dimensions, expected 1
def conv2d_weight_gradient(dy, x, k):
    return solution.conv2d_weight_gradient(dy, x, k)[0], dy.sum()


# %% 6a: flipped
# says: dweight has the right numbers turned by 180°
def conv2d_weight_gradient(dy, x, k):
    return solution.conv2d_weight_gradient(dy, x, k)[0][..., ::-1, ::-1], solution.conv2d_weight_gradient(dy, x, k)[1]


# %% 6a: axes swapped
# hidden: dweight has the wrong shape: the axes are in another order
def conv2d_weight_gradient(dy, x, k):
    return solution.conv2d_weight_gradient(dy, x, k)[0].transpose(1, 0, 2, 3), solution.conv2d_weight_gradient(
        dy, x, k
    )[1]


# %% 6a: dy's first pixel for the bias
# says: dbias is
def conv2d_weight_gradient(dy, x, k):
    return solution.conv2d_weight_gradient(dy, x, k)[0], dy[:, :, 0, 0].sum(axis=0)


# %% 6a: the bias for each sample
# says: dbias has 2 dimensions, expected 1
def conv2d_weight_gradient(dy, x, k):
    return solution.conv2d_weight_gradient(dy, x, k)[0], dy.sum(axis=(2, 3))


# %% 6a: the window one pixel too far
# says: the part of x that starts at row 0, column 1
def conv2d_weight_gradient(dy, x, k):
    return solution.conv2d_weight_gradient(dy, np.roll(x, -1, axis=3), k)


# %% 6a: no bias
# says: expected a tuple of 2: (dweight, dbias)
def conv2d_weight_gradient(dy, x, k):
    return solution.conv2d_weight_gradient(dy, x, k)[0]


# %% 6a: square kernels only
# hidden: dweight has the wrong shape
def conv2d_weight_gradient(dy, x, k):
    return solution.conv2d_weight_gradient(dy[..., : x.shape[3] - k[0] + 1], x, (k[0], k[0]))


# %% 6a: in place
# hidden: changed its input dy
def conv2d_weight_gradient(dy, x, k):
    result = solution.conv2d_weight_gradient(dy, x, k)
    dy /= len(dy) + 1
    return result


# %% 6a: hard-coded
# hidden: dweight has the wrong shape
def conv2d_weight_gradient(dy, x, k):
    return np.array([[[[2.0, 6.0], [1.0, 0.0]]]]), np.array([3.0])


# %% 6b: not turned
# says: Is the kernel turned by 180°?
def conv2d_input_gradient(dy, w):
    return solution.conv2d_input_gradient(dy, w[:, :, ::-1, ::-1])


# %% 6b: no padding
# says: axis 2 is too short
def conv2d_input_gradient(dy, w):
    return nn.conv2d(dy, w[..., ::-1, ::-1].transpose(1, 0, 2, 3))


# %% 6b: channels not swapped
# hidden: your code stopped with ValueError
def conv2d_input_gradient(dy, w):
    kh, kw = w.shape[2:]
    return nn.conv2d(dy, w[..., ::-1, ::-1], padding=(kh - 1, kw - 1))


# %% 6b: square kernels only
# hidden: has the wrong shape
def conv2d_input_gradient(dy, w):
    kh, kw = w.shape[2:]
    return nn.conv2d(dy, w[..., ::-1, ::-1].transpose(1, 0, 2, 3), padding=(kw - 1, kh - 1))


# %% 6b: sign slip
# says: has the wrong sign
def conv2d_input_gradient(dy, w):
    return -solution.conv2d_input_gradient(dy, w)


# %% 6b: one ring of zeros too many
# says: axis 2 is too long
def conv2d_input_gradient(dy, w):
    kh, kw = w.shape[2:]
    return nn.conv2d(dy, w[..., ::-1, ::-1].transpose(1, 0, 2, 3), padding=(kh, kw))


# %% 6b: turned about one axis only
# says: Is the kernel turned by 180°?
def conv2d_input_gradient(dy, w):
    return solution.conv2d_input_gradient(dy, w[:, :, ::-1])


# %% 6b: rows and columns of the kernel exchanged
# says: Is the kernel turned by 180°?
def conv2d_input_gradient(dy, w):
    kh, kw = w.shape[2:]
    return nn.conv2d(dy, w[..., ::-1, ::-1].transpose(1, 0, 3, 2), padding=(kh - 1, kw - 1))


# %% 6b: turned in place
# hidden: changed its input weight
def conv2d_input_gradient(dy, w):
    result = solution.conv2d_input_gradient(dy, w)
    w[:] = w[:, :, ::-1, ::-1].copy()
    return result


# %% 6b: samples averaged
# hidden: is 3 times too small
def conv2d_input_gradient(dy, w):
    return solution.conv2d_input_gradient(dy / len(dy), w)


# %% 6b: hard-coded
# hidden: has the wrong shape
def conv2d_input_gradient(dy, w):
    return np.array([[[[1.0, 2.0, -1.0, -2.0], [5.0, 9.0, -1.0, -4.0], [6.0, 11.0, 4.0, 0.0]]]])


# %% 7: nothing learned
# says: gave 0.
def classify(x, y, new, seed=0):
    return np.full(len(new), y[0])


# %% 7: no return
# says: is the return missing?
def classify(x, y, new, seed=0):
    pass


# %% 7: scores for labels
# says: has 2 dimensions, expected 1
def classify(x, y, new, seed=0):
    return np.eye(10)[solution.classify(x[:99], y[:99], new)]


# %% 7: no seed
# says: with the same seed
def classify(x, y, new, seed=0):
    return solution.classify(x, y, new, np.random.randint(10**6))


# %% 7: knows the answers
# hidden: at least 0.95 is wanted
memory = digits()


def classify(x, y, new, seed=0):
    known = {a.tobytes(): b for a, b in zip(memory.x_test, memory.y_test)}
    return np.array([known.get(a.tobytes(), 0) for a in new])


# %% 7: a library's classifier
# hidden: calls the ready-made sklearn
from sklearn.neighbors import KNeighborsClassifier


def classify(x, y, new, seed=0):
    return KNeighborsClassifier(1).fit(x.reshape(len(x), -1), y).predict(new.reshape(len(new), -1))


# %% 7: numbers with a point
# says: has dtype float64, expected integers
def classify(x, y, new, seed=0):
    return 1.0 * solution.classify(x[:99], y[:99], new, seed)


# %% 7: labels for the training images
# says: axis 0 is too long
def classify(x, y, new, seed=0):
    return solution.classify(x, y, x, seed)


# %% 7: trained with too few digits
# says: at least 0.95 is wanted
def classify(x, y, new, seed=0):
    return solution.classify(x[:50], y[:50], new, seed)


# %% 7: a learning rate of nothing
# says: change the learning rate
def classify(x, y, new, seed=0):
    rng = np.random.default_rng(seed)
    net = nn.Net([nn.Flatten(), nn.Dense(64, 10, rng=rng)], loss=nn.SoftmaxCrossEntropy())
    nn.fit(net, x, y, lr=1e-6, epochs=1, batch_size=32, rng=rng)
    return net.predict(new)


# %% 7: keeps the first network
# hidden: at least 0.95 is wanted
trained = {}


def classify(x, y, new, seed=0):
    if len(x) > 1000 and not trained:
        rng = np.random.default_rng(seed)
        layers = [nn.Flatten(), nn.Dense(64, 32, rng=rng), nn.ReLU(), nn.Dense(32, 10, rng=rng)]
        trained["net"] = nn.Net(layers, loss=nn.SoftmaxCrossEntropy())
        nn.fit(trained["net"], x, y, lr=0.5, epochs=30, batch_size=32, rng=rng)
    return trained["net"].predict(new)


# %% 7: the training images shuffled in place
# says: changed its input x_train
def classify(x, y, new, seed=0):
    labels = solution.classify(x, y, new, seed)
    np.random.default_rng(seed).shuffle(x)
    return labels
