# ruff: noqa  (students write as they like)
"""Wrong answers to problem set 1: one cell each, with its task, what is wrong, and words that the message must contain.

"says" is for what the visible checks find, "hidden" for what passes them. ``solution`` holds the reference functions.
"""


# %% 1a: sign slip
# says: sigmoid(x): has wrong values
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
# says: tanh_derivative(x): has wrong values
def tanh(x):
    return np.tanh(x, out=x)


# %% 1b: hard-coded
# hidden: is 0 everywhere
table = {-1.0: -0.761594, 0.0: 0.0, 0.5: 0.462117}


def tanh(x):
    return np.array([table.get(v, 0.0) for v in x.ravel()]).reshape(x.shape)


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
