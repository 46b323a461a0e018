# ruff: noqa  (students write as they like)
"""Wrong answers to problem set 2: one cell each, with its task, what is wrong, and words that the student must read.

"says" is for what the visible checks find, "hidden" for what passes them, "stops" for errors of the student's own code.
``solution`` holds the reference functions.
"""


# %% 1a: uphill
# says: w has wrong values
def momentum_step(w, v, g, lr, momentum=0.9):
    v = momentum * v + g
    return w + lr * v, v


# %% 1a: the old velocity
# says: and w takes the new one
def momentum_step(w, v, g, lr, momentum=0.9):
    return w - lr * v, momentum * v + g


# %% 1a: learning rate in the velocity
# says: v is made of gradients alone; lr multiplies the finished step
def momentum_step(w, v, g, lr, momentum=0.9):
    v = momentum * v - lr * g
    return w + v, v


# %% 1a: in place
# says: changed its input w
def momentum_step(w, v, g, lr, momentum=0.9):
    v *= momentum
    v += g
    w -= lr * v
    return w, v


# %% 1a: a running mean
# says: The first velocity is 0.9·0.5 + 2 = 2.45
def momentum_step(w, v, g, lr, momentum=0.9):
    v = momentum * v + (1 - momentum) * g
    return w - lr * v, v


# %% 1a: Nesterov's
# says: w has wrong values
def momentum_step(w, v, g, lr, momentum=0.9):
    v = momentum * v + g
    return w - lr * (g + momentum * v), v


# %% 1a: in the wrong order
# says: w has wrong values
def momentum_step(w, v, g, lr, momentum=0.9):
    v = momentum * v + g
    return v, w - lr * v


# %% 1a: w only
# says: expected a tuple of 2: (w, v)
def momentum_step(w, v, g, lr, momentum=0.9):
    return w - lr * (momentum * v + g)


# %% 1a: a list
# says: w is a list, expected a NumPy array
def momentum_step(w, v, g, lr, momentum=0.9):
    v = [momentum * a + b for a, b in zip(v, g)]
    return [a - lr * b for a, b in zip(w, v)], v


# %% 1a: a loop over the numbers
# says: a loop grows with the data
def momentum_step(w, v, g, lr, momentum=0.9):
    new_w, new_v = np.empty(w.shape), np.empty(w.shape)
    for i in np.ndindex(w.shape):
        new_v[i] = momentum * v[i] + g[i]
        new_w[i] = w[i] - lr * new_v[i]
    return new_w, new_v


# %% 1a: momentum is always 0.9
# hidden: Does it use its five arguments
def momentum_step(w, v, g, lr, momentum=0.9):
    v = 0.9 * v + g
    return w - lr * v, v


# %% 1a: remembers the velocity by itself
# hidden: and nothing else
memory = {}


def momentum_step(w, v, g, lr, momentum=0.9):
    v = momentum * memory.get(v.shape, v) + g
    memory[v.shape] = v
    return w - lr * v, v


# %% 1a: hard-coded
# hidden: w has 1 dimension, expected 2
def momentum_step(w, v, g, lr, momentum=0.9):
    return np.array([0.755, -1.9, 0.19]), np.array([2.45, -1.0, 3.1])


# %% 1a: rounded to four digits
# hidden: is close, but not close enough (rounded on the way?)
def momentum_step(w, v, g, lr, momentum=0.9):
    v = (momentum * v + g).round(4)
    return w - lr * v, v


# %% 1b: no correction
# says: In the first step m̂ is g and ŝ is g²
def adam_step(w, m, s, g, t, lr=0.001, beta1=0.9, beta2=0.999, eps=1e-8):
    m, s = beta1 * m + (1 - beta1) * g, beta2 * s + (1 - beta2) * g**2
    return w - lr * m / (np.sqrt(s) + eps), m, s


# %% 1b: hats are kept
# says: m is 10 times too large
def adam_step(w, m, s, g, t, lr=0.001, beta1=0.9, beta2=0.999, eps=1e-8):
    m = (beta1 * m + (1 - beta1) * g) / (1 - beta1**t)
    s = (beta2 * s + (1 - beta2) * g**2) / (1 - beta2**t)
    return w - lr * m / (np.sqrt(s) + eps), m, s


# %% 1b: t counted from 0
# says: w contains NaN
def adam_step(w, m, s, g, t, lr=0.001, beta1=0.9, beta2=0.999, eps=1e-8):
    m, s = beta1 * m + (1 - beta1) * g, beta2 * s + (1 - beta2) * g**2
    m_hat, s_hat = m / (1 - beta1 ** (t - 1)), s / (1 - beta2 ** (t - 1))
    return w - lr * m_hat / (np.sqrt(s_hat) + eps), m, s


# %% 1b: t one too large
# says: w has wrong values
def adam_step(w, m, s, g, t, lr=0.001, beta1=0.9, beta2=0.999, eps=1e-8):
    return solution.adam_step(w, m, s, g, t + 1, lr, beta1, beta2, eps)


# %% 1b: β · t in place of βᵗ
# says: In step 3 m is divided by 1 − 0.9³ = 0.271
def adam_step(w, m, s, g, t, lr=0.001, beta1=0.9, beta2=0.999, eps=1e-8):
    m, s = beta1 * m + (1 - beta1) * g, beta2 * s + (1 - beta2) * g**2
    return w - lr * m / (1 - beta1 * t) / (np.sqrt(np.abs(s / (1 - beta2 * t))) + eps), m, s


# %% 1b: the two β exchanged
# says: m is 100 times too small
def adam_step(w, m, s, g, t, lr=0.001, beta1=0.9, beta2=0.999, eps=1e-8):
    return solution.adam_step(w, m, s, g, t, lr, beta2, beta1, eps)


# %% 1b: gradient not squared
# says: ŝ is g²
def adam_step(w, m, s, g, t, lr=0.001, beta1=0.9, beta2=0.999, eps=1e-8):
    m, s = beta1 * m + (1 - beta1) * g, beta2 * s + (1 - beta2) * np.abs(g)
    return w - lr * m / (1 - beta1**t) / (np.sqrt(s / (1 - beta2**t)) + eps), m, s


# %% 1b: no root
# says: w has wrong values
def adam_step(w, m, s, g, t, lr=0.001, beta1=0.9, beta2=0.999, eps=1e-8):
    m, s = beta1 * m + (1 - beta1) * g, beta2 * s + (1 - beta2) * g**2
    return w - lr * m / (1 - beta1**t) / (s / (1 - beta2**t) + eps), m, s


# %% 1b: in place
# says: changed its input w
def adam_step(w, m, s, g, t, lr=0.001, beta1=0.9, beta2=0.999, eps=1e-8):
    m = beta1 * m + (1 - beta1) * g
    s = beta2 * s + (1 - beta2) * g**2
    w -= lr * m / (1 - beta1**t) / (np.sqrt(s / (1 - beta2**t)) + eps)
    return w, m, s


# %% 1b: a loop over the numbers
# says: a loop grows with the data
def adam_step(w, m, s, g, t, lr=0.001, beta1=0.9, beta2=0.999, eps=1e-8):
    rows = [solution.adam_step(*(x.ravel()[i] for x in (w, m, s, g)), t, lr, beta1, beta2, eps) for i in range(w.size)]
    return tuple(np.array(column).reshape(w.shape) for column in zip(*rows))


# %% 1b: ε under the root
# hidden: w has wrong values
def adam_step(w, m, s, g, t, lr=0.001, beta1=0.9, beta2=0.999, eps=1e-8):
    m, s = beta1 * m + (1 - beta1) * g, beta2 * s + (1 - beta2) * g**2
    return w - lr * m / (1 - beta1**t) / np.sqrt(s / (1 - beta2**t) + eps), m, s


# %% 1b: ε forgotten
# hidden: adam_step with a gradient of 0: w contains NaN
def adam_step(w, m, s, g, t, lr=0.001, beta1=0.9, beta2=0.999, eps=1e-8):
    m, s = beta1 * m + (1 - beta1) * g, beta2 * s + (1 - beta2) * g**2
    return w - lr * m / (1 - beta1**t) / np.sqrt(s / (1 - beta2**t)), m, s


# %% 1b: its own β
# hidden: w has wrong values
def adam_step(w, m, s, g, t, lr=0.001, beta1=0.9, beta2=0.999, eps=1e-8):
    m, s = beta1 * m + (1 - beta1) * g, beta2 * s + (1 - beta2) * g**2
    return w - lr * m / (1 - 0.9**t) / (np.sqrt(s / (1 - 0.999**t)) + eps), m, s


# %% 1b: the package's function
# hidden: calls the ready-made course_pkg.nn.
def adam_step(w, m, s, g, t, lr=0.001, beta1=0.9, beta2=0.999, eps=1e-8):
    blob = nn.Blob(w)
    blob.diff[...] = g
    adam = nn.Adam({"w": blob}, lr, betas=(beta1, beta2), eps=eps)
    adam.m["w"], adam.s["w"], adam.steps = m, s, t - 1
    adam.step()
    return blob.data, adam.m["w"], adam.s["w"]


# %% 2a: keeps what should go
# says: A number survives where u ≥ p
def dropout_forward(x, p, u, training=True):
    return x * (u < p) / (1 - p) if training else x


# %% 2a: not made larger
# says: is a constant times the right result
def dropout_forward(x, p, u, training=True):
    return x * (u >= p) if training else x


# %% 2a: divided by p
# says: is 3 times too large
def dropout_forward(x, p, u, training=True):
    return x * (u >= p) / p if training else x


# %% 2a: no test phase
# says: In the test phase all numbers stay as they are
def dropout_forward(x, p, u, training=True):
    return x * (u >= p) / (1 - p)


# %% 2a: scaled in the test, as in the paper
# says: dropout_forward(x, 0.25, u): is a constant times the right result
def dropout_forward(x, p, u, training=True):
    return x * (u >= p) if training else x * (1 - p)


# %% 2a: scaled twice
# says: training=False): is a constant times the right result
def dropout_forward(x, p, u, training=True):
    return x * (u >= p) / (1 - p) if training else x * (1 - p)


# %% 2a: random numbers of its own
# says: dropout_forward(x, 0.25, u):
def dropout_forward(x, p, u, training=True):
    return x * (np.random.default_rng(0).random(x.shape) >= p) / (1 - p) if training else x


# %% 2a: in place
# says: changed its input x
def dropout_forward(x, p, u, training=True):
    if training:
        x[u < p] = 0
        x /= 1 - p
    return x


# %% 2a: u = p is dropped
# says: is 0 in places where it should not be
def dropout_forward(x, p, u, training=True):
    return x * (u > p) / (1 - p) if training else x


# %% 2a: mask returned as well
# says: is a tuple, expected a NumPy array
def dropout_forward(x, p, u, training=True):
    mask = (u >= p) / (1 - p)
    return (x * mask, mask) if training else x


# %% 2a: nothing in the test phase
# says: is the return missing?
def dropout_forward(x, p, u, training=True):
    if training:
        return x * (u >= p) / (1 - p)


# %% 2a: loses what is behind the point
# hidden: dropout_forward with integers: has dtype int64, expected real numbers
def dropout_forward(x, p, u, training=True):
    y = np.zeros_like(x)
    y[u >= p] = x[u >= p] / (1 - p)
    return y if training else x


# %% 2a: matrices only
# hidden: your code stopped with ValueError: too many values to unpack
def dropout_forward(x, p, u, training=True):
    n, d = x.shape
    return x * (u >= p) / (1 - p) if training else x


# %% 2a: hard-coded
# hidden: axis 0 is too short
def dropout_forward(x, p, u, training=True):
    return np.array([[0.0, -8 / 3, 4.0], [16 / 3, 0.0, -8.0]]) if training else x


# %% 2b: no factor
# says: is a constant times the right result
def dropout_backward(dy, p, u, training=True):
    return dy * (u >= p) if training else dy


# %% 2b: everything goes through
# says: is not 0 in places where it should be
def dropout_backward(dy, p, u, training=True):
    return dy / (1 - p) if training else dy


# %% 2b: the wrong half
# says: The gradient goes through where the number went through
def dropout_backward(dy, p, u, training=True):
    return dy * (u < p) / (1 - p) if training else dy


# %% 2b: multiplied back
# says: is a constant times the right result
def dropout_backward(dy, p, u, training=True):
    return dy * (u >= p) * (1 - p) if training else dy


# %% 2b: no gradient in the test phase
# says: training=False): is 0 everywhere
def dropout_backward(dy, p, u, training=True):
    return dy * (u >= p) / (1 - p) * training


# %% 2b: no test phase
# says: In the test phase y = x
def dropout_backward(dy, p, u, training=True):
    return dy * (u >= p) / (1 - p)


# %% 2b: in place
# says: changed its input dy
def dropout_backward(dy, p, u, training=True):
    if training:
        dy *= (u >= p) / (1 - p)
    return dy


# %% 2b: the mask of the last forward pass
# stops: name 'mask' is not defined
def dropout_forward(x, p, u, training=True):
    global mask
    mask = (u >= p) / (1 - p)
    return x * mask if training else x


def dropout_backward(dy, p, u, training=True):
    return dy * mask if training else dy


# %% 2b: a mask that is kept for ever
# hidden: your code stopped with ValueError: operands could not be broadcast
mask = None


def dropout_backward(dy, p, u, training=True):
    global mask
    if mask is None:
        mask = (u >= p) / (1 - p)
    return dy * mask if training else dy


# %% 2b: p is 0.25
# hidden: another p
def dropout_backward(dy, p, u, training=True):
    return dy * (u >= 0.25) / 0.75 if training else dy


# %% 3a: over the features
# stops: could not be broadcast
def batchnorm_train(x, gamma, beta, mean, variance, momentum=0.1, eps=1e-5):
    mu, sigma2, n = x.mean(axis=1), x.var(axis=1), len(x)
    y = gamma * (x - mu) / np.sqrt(sigma2 + eps) + beta
    return y, 0.9 * mean + 0.1 * mu, 0.9 * variance + 0.1 * sigma2 * n / (n - 1)


# %% 3a: one mean for all numbers
# says: y has wrong values
def batchnorm_train(x, gamma, beta, mean, variance, momentum=0.1, eps=1e-5):
    y = gamma * (x - x.mean()) / np.sqrt(x.var() + eps) + beta
    return y, *solution.batchnorm_train(x, gamma, beta, mean, variance, momentum, eps)[1:]


# %% 3a: normalised with N − 1
# says: y has wrong values
def batchnorm_train(x, gamma, beta, mean, variance, momentum=0.1, eps=1e-5):
    y = gamma * (x - x.mean(0)) / np.sqrt(x.var(0, ddof=1) + eps) + beta
    return y, *solution.batchnorm_train(x, gamma, beta, mean, variance, momentum, eps)[1:]


# %% 3a: running variance with N
# says: variance has wrong values
def batchnorm_train(x, gamma, beta, mean, variance, momentum=0.1, eps=1e-5):
    y, mean, _ = solution.batchnorm_train(x, gamma, beta, mean, variance, momentum, eps)
    return y, mean, (1 - momentum) * variance + momentum * x.var(axis=0)


# %% 3a: momentum the other way round
# says: Its running mean becomes 0.9·0 + 0.1·4
def batchnorm_train(x, gamma, beta, mean, variance, momentum=0.1, eps=1e-5):
    return solution.batchnorm_train(x, gamma, beta, mean, variance, 1 - momentum, eps)


# %% 3a: divided by the variance
# says: The first column has μ = 4 and σ² = 5
def batchnorm_train(x, gamma, beta, mean, variance, momentum=0.1, eps=1e-5):
    y = gamma * (x - x.mean(0)) / (x.var(0) + eps) + beta
    return y, *solution.batchnorm_train(x, gamma, beta, mean, variance, momentum, eps)[1:]


# %% 3a: the test phase's formula
# says: y has wrong values
def batchnorm_train(x, gamma, beta, mean, variance, momentum=0.1, eps=1e-5):
    y = gamma * (x - mean) / np.sqrt(variance + eps) + beta
    return y, *solution.batchnorm_train(x, gamma, beta, mean, variance, momentum, eps)[1:]


# %% 3a: shift before scale
# says: y has wrong values
def batchnorm_train(x, gamma, beta, mean, variance, momentum=0.1, eps=1e-5):
    y = gamma * ((x - x.mean(0)) / np.sqrt(x.var(0) + eps) + beta)
    return y, *solution.batchnorm_train(x, gamma, beta, mean, variance, momentum, eps)[1:]


# %% 3a: no γ and β
# says: y has wrong values
def batchnorm_train(x, gamma, beta, mean, variance, momentum=0.1, eps=1e-5):
    return solution.batchnorm_train(x, 1, 0, mean, variance, momentum, eps)


# %% 3a: writes into the running mean
# says: changed its input mean
def batchnorm_train(x, gamma, beta, mean, variance, momentum=0.1, eps=1e-5):
    y, new, variance = solution.batchnorm_train(x, gamma, beta, mean, variance, momentum, eps)
    mean[:] = new
    return y, mean, variance


# %% 3a: y only
# says: expected a tuple of 3: (y, mean, variance)
def batchnorm_train(x, gamma, beta, mean, variance, momentum=0.1, eps=1e-5):
    return solution.batchnorm_train(x, gamma, beta, mean, variance, momentum, eps)[0]


# %% 3a: ε forgotten
# hidden: batchnorm_train, constant feature: y contains NaN
def batchnorm_train(x, gamma, beta, mean, variance, momentum=0.1, eps=1e-5):
    y = gamma * (x - x.mean(0)) / x.std(0) + beta
    return y, *solution.batchnorm_train(x, gamma, beta, mean, variance, momentum, eps)[1:]


# %% 3a: ε outside the root
# says: y is close, but not close enough
def batchnorm_train(x, gamma, beta, mean, variance, momentum=0.1, eps=1e-5):
    y = gamma * (x - x.mean(0)) / (x.std(0) + eps) + beta
    return y, *solution.batchnorm_train(x, gamma, beta, mean, variance, momentum, eps)[1:]


# %% 3a: momentum is always 0.1
# hidden: mean
def batchnorm_train(x, gamma, beta, mean, variance, momentum=0.1, eps=1e-5):
    return solution.batchnorm_train(x, gamma, beta, mean, variance, 0.1, eps)


# %% 3a: four samples always
# hidden: y has wrong values
def batchnorm_train(x, gamma, beta, mean, variance, momentum=0.1, eps=1e-5):
    mu = x.sum(axis=0) / 4
    y = gamma * (x - mu) / np.sqrt(((x - mu) ** 2).sum(axis=0) / 4 + eps) + beta
    return y, *solution.batchnorm_train(x, gamma, beta, mean, variance, momentum, eps)[1:]


# %% 3a: hard-coded
# hidden: y has wrong values
def batchnorm_train(x, gamma, beta, mean, variance, momentum=0.1, eps=1e-5):
    y = np.array([[-2.683279, -1.452267], [-0.894426, -1.452267], [0.894426, -0.849244], [2.683279, -0.246222]])
    return y, np.array([0.4, 1.4]), np.array([1.566667, 3.266667])


# %% 3b: statistics of the batch
# says: The batch plays no part
def batchnorm_test(x, gamma, beta, mean, variance, eps=1e-5):
    return gamma * (x - x.mean(0)) / np.sqrt(x.var(0) + eps) + beta


# %% 3b: no root
# says: has wrong values
def batchnorm_test(x, gamma, beta, mean, variance, eps=1e-5):
    return gamma * (x - mean) / (variance + eps) + beta


# %% 3b: β forgotten
# says: has wrong values
def batchnorm_test(x, gamma, beta, mean, variance, eps=1e-5):
    return gamma * (x - mean) / np.sqrt(variance + eps)


# %% 3b: γ forgotten
# says: The first number is 2·(1 − 3)/√(4 + ε) + 0
def batchnorm_test(x, gamma, beta, mean, variance, eps=1e-5):
    return (x - mean) / np.sqrt(variance + eps) + beta


# %% 3b: mean added
# says: has wrong values
def batchnorm_test(x, gamma, beta, mean, variance, eps=1e-5):
    return gamma * (x + mean) / np.sqrt(variance + eps) + beta


# %% 3b: goes on collecting
# says: changed its input mean
def batchnorm_test(x, gamma, beta, mean, variance, eps=1e-5):
    y = solution.batchnorm_test(x, gamma, beta, mean, variance, eps)
    mean += 0.1 * (x.mean(axis=0) - mean)
    return y


# %% 3b: running values returned too
# says: is a tuple, expected a NumPy array
def batchnorm_test(x, gamma, beta, mean, variance, eps=1e-5):
    return solution.batchnorm_test(x, gamma, beta, mean, variance, eps), mean, variance


# %% 3b: ε outside the root
# hidden: Where does ε stand in the formula?
def batchnorm_test(x, gamma, beta, mean, variance, eps=1e-5):
    return gamma * (x - mean) / (np.sqrt(variance) + eps) + beta


# %% 3b: ε is always 1e-5
# hidden: has wrong values
def batchnorm_test(x, gamma, beta, mean, variance, eps=1e-5):
    return gamma * (x - mean) / np.sqrt(variance + 1e-5) + beta


# %% 3b: a single sample is one too few
# hidden: your code stopped with ValueError: need more samples
def batchnorm_test(x, gamma, beta, mean, variance, eps=1e-5):
    if len(x) < 2:
        raise ValueError("need more samples")
    return solution.batchnorm_test(x, gamma, beta, mean, variance, eps)


# %% 3b: hard-coded
# hidden: has the wrong shape
def batchnorm_test(x, gamma, beta, mean, variance, eps=1e-5):
    return np.array([[-2.0, -1.0], [0.0, 0.0], [2.0, -1.25]])


# %% 3c: mean and variance taken for constants
# says: Are all three paths in dx?
def batchnorm_backward(dy, x, gamma, eps=1e-5):
    dx, dgamma, dbeta = solution.batchnorm_backward(dy, x, gamma, eps)
    return gamma / np.sqrt(x.var(axis=0) + eps) * dy, dgamma, dbeta


# %% 3c: the path through the variance is missing
# says: dx has wrong values
def batchnorm_backward(dy, x, gamma, eps=1e-5):
    dx, dgamma, dbeta = solution.batchnorm_backward(dy, x, gamma, eps)
    return gamma / np.sqrt(x.var(axis=0) + eps) * (dy - dy.mean(axis=0)), dgamma, dbeta


# %% 3c: the path through the mean is missing
# says: Each column of dx adds up to 0
def batchnorm_backward(dy, x, gamma, eps=1e-5):
    dx, dgamma, dbeta = solution.batchnorm_backward(dy, x, gamma, eps)
    return dx + gamma / np.sqrt(x.var(axis=0) + eps) * dy.mean(axis=0), dgamma, dbeta


# %% 3c: sums for means
# says: dx has wrong values
def batchnorm_backward(dy, x, gamma, eps=1e-5):
    root = np.sqrt(x.var(axis=0) + eps)
    normal = (x - x.mean(axis=0)) / root
    dx = gamma / root * (dy - dy.sum(axis=0) - normal * (dy * normal).sum(axis=0))
    return dx, (dy * normal).sum(axis=0), dy.sum(axis=0)


# %% 3c: γ forgotten
# says: dx has wrong values
def batchnorm_backward(dy, x, gamma, eps=1e-5):
    return solution.batchnorm_backward(dy, x, np.ones(len(gamma)), eps)


# %% 3c: sign slip
# says: dx has wrong values
def batchnorm_backward(dy, x, gamma, eps=1e-5):
    root = np.sqrt(x.var(axis=0) + eps)
    normal = (x - x.mean(axis=0)) / root
    dx = gamma / root * (dy - dy.mean(axis=0) + normal * (dy * normal).mean(axis=0))
    return dx, (dy * normal).sum(axis=0), dy.sum(axis=0)


# %% 3c: x for x̂
# says: dgamma has wrong values
def batchnorm_backward(dy, x, gamma, eps=1e-5):
    dx, dgamma, dbeta = solution.batchnorm_backward(dy, x, gamma, eps)
    return dx, (dy * x).sum(axis=0), dbeta


# %% 3c: bias averaged
# says: dbeta is 4 times too small
def batchnorm_backward(dy, x, gamma, eps=1e-5):
    dx, dgamma, dbeta = solution.batchnorm_backward(dy, x, gamma, eps)
    return dx, dgamma, dy.mean(axis=0)


# %% 3c: not summed
# says: dgamma has 2 dimensions, expected 1
def batchnorm_backward(dy, x, gamma, eps=1e-5):
    dx, dgamma, dbeta = solution.batchnorm_backward(dy, x, gamma, eps)
    return dx, dy * (x - x.mean(0)) / np.sqrt(x.var(0) + eps), dbeta


# %% 3c: in place
# says: changed its input dy
def batchnorm_backward(dy, x, gamma, eps=1e-5):
    dx, dgamma, dbeta = solution.batchnorm_backward(dy, x, gamma, eps)
    dy *= gamma
    return dx, dgamma, dbeta


# %% 3c: ε ignored
# hidden: dx
def batchnorm_backward(dy, x, gamma, eps=1e-5):
    return solution.batchnorm_backward(dy, x, gamma)


# %% 3c: four samples always
# hidden: dx has wrong values
def batchnorm_backward(dy, x, gamma, eps=1e-5):
    dx, dgamma, dbeta = solution.batchnorm_backward(dy, x, gamma, eps)
    root = np.sqrt(x.var(axis=0) + eps)
    return gamma / root * (dy - dbeta / 4 - (x - x.mean(axis=0)) / root * dgamma / 4), dgamma, dbeta


# %% 3c: the package's function
# hidden: calls the ready-made course_pkg
def batchnorm_backward(dy, x, gamma, eps=1e-5):
    layer = nn.BatchNorm(len(gamma), eps=eps)
    layer.weight.data[...] = gamma
    layer.forward(x)
    return layer.backward(dy), layer.weight.diff, layer.bias.diff


# %% 4a: lengths for numbers of points
# says: distance_shape((3, 2), (5, 2)): is wrong at place 1
def distance_shape(a, b):
    if a[1] != b[1] and None not in (a[1], b[1]):
        raise ValueError
    return a


# %% 4a: a list
# says: is a list, expected a tuple
def distance_shape(a, b):
    return [a[0], b[0]]


# %% 4a: None becomes 1
# says: None in, None out
def distance_shape(a, b):
    return a[0] or 1, b[0] or 1


# %% 4a: no error
# says: did not raise ValueError
def distance_shape(a, b):
    return a[0], b[0]


# %% 4a: error swallowed
# says: did not raise ValueError
def distance_shape(a, b):
    try:
        return solution.distance_shape(a, b)
    except ValueError:
        return None


# %% 4a: an assertion
# says: raised AssertionError, expected ValueError
def distance_shape(a, b):
    assert None in (a[1], b[1]) or a[1] == b[1], "not the same length"
    return a[0], b[0]


# %% 4a: the root
# says: No root is taken
def distance_values(a, b):
    return np.sqrt(((a[:, None] - b) ** 2).sum(axis=2))


# %% 4a: not squared
# says: has wrong values
def distance_values(a, b):
    return np.abs(a[:, None] - b).sum(axis=2)


# %% 4a: axes exchanged
# says: the axes are in another order
def distance_values(a, b):
    return ((b[:, None] - a) ** 2).sum(axis=2)


# %% 4a: summed over the points
# says: has the wrong shape
def distance_values(a, b):
    return ((a[:, None] - b) ** 2).sum(axis=1)


# %% 4a: 2ab with the wrong sign
# says: has wrong values
def distance_values(a, b):
    return (a**2).sum(1)[:, None] + (b**2).sum(1) + 2 * a @ b.T


# %% 4a: None fits nothing
# stops: not the same length
def distance_shape(a, b):
    if a[1] != b[1]:
        raise ValueError("not the same length")
    return a[0], b[0]


# %% 4a: None fits only in a
# hidden: your code stopped with ValueError: not the same length
def distance_shape(a, b):
    if a[1] is not None and a[1] != b[1]:
        raise ValueError("not the same length")
    return a[0], b[0]


# %% 4a: a length of 1 is stretched
# hidden: did not raise ValueError
def distance_shape(a, b):
    if a[1] != b[1] and not {a[1], b[1]} & {1, None}:
        raise ValueError("not the same length")
    return a[0], b[0]


# %% 4a: points of two numbers only
# hidden: has wrong values
def distance_values(a, b):
    return (a[:, :1] - b[:, 0]) ** 2 + (a[:, 1:2] - b[:, 1]) ** 2


# %% 4a: the library's function
# hidden: calls the ready-made scipy
from scipy.spatial.distance import cdist


def distance_values(a, b):
    return cdist(a, b, "sqeuclidean")


# %% 4a: hard-coded
# hidden: has the wrong shape
def distance_values(a, b):
    return np.array([[1.0, 9.0, 8.0], [4.0, 26.0, 1.0], [10.0, 20.0, 13.0], [10.0, 20.0, 17.0]])


# %% 4b: the 2 forgotten
# says: ∂L/∂a is 2 times too small
def distance_gradient(dy, y, a, b):
    da, db = solution.distance_gradient(dy, y, a, b)
    return da / 2, db / 2


# %% 4b: sign slip
# says: ∂L/∂b has the wrong sign
def distance_gradient(dy, y, a, b):
    da, db = solution.distance_gradient(dy, y, a, b)
    return da, -db


# %% 4b: only the own part
# says: ∂L/∂a has wrong values
def distance_gradient(dy, y, a, b):
    row, column = graph.reduce_sum(dy, 1, keepdims=True), graph.transpose(graph.reduce_sum(dy, 0, keepdims=True))
    return 2 * row * a, 2 * column * b


# %% 4b: dy forgotten
# says: ∂L/∂a has wrong values
def distance_gradient(dy, y, a, b):
    ones = dy * 0 + 1
    return solution.distance_gradient(ones, y, a, b)


# %% 4b: NumPy in a graph
# stops: ufunc
def distance_gradient(dy, y, a, b):
    return 2 * (np.sum(dy, axis=1, keepdims=True) * a - dy @ b), 2 * (np.sum(dy, axis=0)[:, None] * b - dy.T @ a)


# %% 4b: no transpose
# stops: mismatch in its core dimension
def distance_gradient(dy, y, a, b):
    da = graph.reduce_sum(dy, axis=1, keepdims=True) * a - dy @ b
    db = graph.transpose(graph.reduce_sum(dy, axis=0, keepdims=True)) * b - dy @ a
    return 2 * da, 2 * db


# %% 4b: a sum that lies the wrong way
# stops: operands could not be broadcast together
def distance_gradient(dy, y, a, b):
    da = graph.reduce_sum(dy, axis=1, keepdims=True) * a - dy @ b
    db = graph.reduce_sum(dy, axis=0) * b - graph.transpose(dy) @ a
    return 2 * da, 2 * db


# %% 4b: lengths that nobody knows yet
# stops: None
def distance_gradient(dy, y, a, b):
    row = graph.reshape(graph.reduce_sum(dy, axis=1), (a.shape[0], 1))
    return 2 * (row * a - dy @ b), solution.distance_gradient(dy, y, a, b)[1]


# %% 4b: one gradient for two inputs
# stops: expected 2 tensors, got 1
def distance_gradient(dy, y, a, b):
    return solution.distance_gradient(dy, y, a, b)[0]


# %% 4b: no return
# says: is 0 everywhere
def distance_gradient(dy, y, a, b):
    solution.distance_gradient(dy, y, a, b)


# %% 4b: the distance's own sum
# says: ∂L/∂a has wrong values
def distance_gradient(dy, y, a, b):
    return solution.distance_gradient(dy * y, y, a, b)


# %% 4b: an operation without a gradient
# says: the second derivative ∂S/∂b is 0 everywhere
_to_a = graph.operation(
    "to_a",
    lambda dy, a, b: a,
    lambda dy, a, b: 2 * (dy.sum(axis=1, keepdims=True) * a - dy @ b),
    lambda *tensors: None,
)


def distance_gradient(dy, y, a, b):
    return _to_a(dy, a, b), _to_a(graph.transpose(dy), b, a)


# %% 4b: four points and three, by hand
# hidden: index 2 is out of bounds
def distance_gradient(dy, y, a, b):
    da = solution.distance_gradient(dy, y, a, b)[0]
    db = [2 * sum(dy[n, m] * (b[m] - a[n]) for n in range(4)) for m in range(3)]
    return da, graph.concat([graph.reshape(row, (1, -1)) for row in db])


# %% 4b: constants for the visible case
# says: the second derivative ∂S/∂b is 0 everywhere
def distance_gradient(dy, y, a, b):
    da = graph.constant([[-2.0, 0.0], [-2.0, -2.0], [8.0, -4.0], [16.0, 4.0]])
    return da, graph.constant([[2.0, -8.0], [-2.0, 8.0], [-20.0, 2.0]])


# %% 5: each array by itself
# says: The norm of all numbers together is √(9 + 16 + 144) = 13
def clip_by_norm(gradients, max_norm):
    return [solution.clip_by_norm([g], max_norm)[0] for g in gradients]


# %% 5: number by number
# says: clipped[0] has wrong values
def clip_by_norm(gradients, max_norm):
    return [np.clip(g, -max_norm / 2, max_norm / 2) for g in gradients]


# %% 5: makes short gradients longer
# says: nothing to make longer
def clip_by_norm(gradients, max_norm):
    norm = np.sqrt(sum((g**2).sum() for g in gradients))
    return [g * max_norm / norm for g in gradients]


# %% 5: no root
# says: clipped[0] is 13 times too small
def clip_by_norm(gradients, max_norm):
    norm = sum((g**2).sum() for g in gradients)
    return [g * min(1, max_norm / norm) for g in gradients]


# %% 5: sum of the norms
# says: is a constant times the right result
def clip_by_norm(gradients, max_norm):
    norm = sum(np.sqrt((g**2).sum()) for g in gradients)
    return [g * min(1, max_norm / norm) for g in gradients]


# %% 5: the largest number
# says: is a constant times the right result
def clip_by_norm(gradients, max_norm):
    norm = max(np.abs(g).max() for g in gradients)
    return [g * min(1, max_norm / norm) for g in gradients]


# %% 5: upside down
# says: clipped[0] is 2 times too large
def clip_by_norm(gradients, max_norm):
    norm = np.sqrt(sum((g**2).sum() for g in gradients))
    return [g * min(1, norm / max_norm) for g in gradients]


# %% 5: in place
# says: changed its input gradients[0]
def clip_by_norm(gradients, max_norm):
    norm = np.sqrt(sum((g**2).sum() for g in gradients))
    for g in gradients:
        g *= min(1, max_norm / norm)
    return gradients


# %% 5: a tuple
# says: returned a tuple, expected a list of 2
def clip_by_norm(gradients, max_norm):
    return tuple(solution.clip_by_norm(gradients, max_norm))


# %% 5: one long vector
# says: ndarray, expected a list of 2
def clip_by_norm(gradients, max_norm):
    g = np.concatenate([g.ravel() for g in gradients])
    return g * min(1, max_norm / np.sqrt(g @ g))


# %% 5: a loop over the numbers
# says: a loop grows with the data
def clip_by_norm(gradients, max_norm):
    squares = 0
    for g in gradients:
        for number in g.flat:
            squares += number**2
    return [g * min(1, max_norm / squares**0.5) for g in gradients]


# %% 5: NaN for a gradient of 0
# hidden: clip_by_norm with a gradient of 0: result[0] contains NaN
def clip_by_norm(gradients, max_norm):
    norm = np.sqrt(sum((g**2).sum() for g in gradients))
    return [g / norm * min(norm, max_norm) for g in gradients]


# %% 5: two arrays always
# hidden: your code stopped with ValueError
def clip_by_norm(gradients, max_norm):
    first, second = gradients
    return solution.clip_by_norm([first, second], max_norm)


# %% 5: rows of matrices in another order
# hidden: has wrong values
def clip_by_norm(gradients, max_norm):
    flat = solution.clip_by_norm([g.ravel(order="K") for g in gradients], max_norm)
    return [f.reshape(g.shape) for f, g in zip(flat, gradients)]


# %% 5: hard-coded
# hidden: clipped
def clip_by_norm(gradients, max_norm):
    return [g / 2 if max_norm == 6.5 else 1 * g for g in gradients]


# %% 6a: summed over the samples
# says: is 2 times too large (is a division by 2 missing?)
def sparse_loss(W, X, lam):
    return solution.sparse_loss(W, X, lam) * len(X)


# %% 6a: mean over all numbers
# says: has a wrong value
def sparse_loss(W, X, lam):
    return ((X @ W @ W.T - X) ** 2).mean() + lam * np.abs(X @ W).mean()


# %% 6a: the price summed
# says: The two samples have the losses 1 + 0.5·3 and 6 + 0.5·3
def sparse_loss(W, X, lam):
    return ((X @ W @ W.T - X) ** 2).sum(axis=1).mean() + lam * np.abs(X @ W).sum()


# %% 6a: no absolute value
# says: has a wrong value
def sparse_loss(W, X, lam):
    return (((X @ W @ W.T - X) ** 2).sum() + lam * (X @ W).sum()) / len(X)


# %% 6a: squares as price
# says: has a wrong value
def sparse_loss(W, X, lam):
    return (((X @ W @ W.T - X) ** 2).sum() + lam * ((X @ W) ** 2).sum()) / len(X)


# %% 6a: norms not squared
# says: has a wrong value
def sparse_loss(W, X, lam):
    return (np.linalg.norm(X @ W @ W.T - X, axis=1).sum() + lam * np.abs(X @ W).sum()) / len(X)


# %% 6a: a price on the weights
# says: has a wrong value
def sparse_loss(W, X, lam):
    return ((X @ W @ W.T - X) ** 2).sum() / len(X) + lam * np.abs(W).sum()


# %% 6a: a loss for each sample
# says: is an array, expected a number
def sparse_loss(W, X, lam):
    return ((X @ W @ W.T - X) ** 2).sum(axis=1) + lam * np.abs(X @ W).sum(axis=1)


# %% 6a: samples as columns
# stops: matmul
def sparse_loss(W, X, lam):
    h = W.T @ X
    return ((W @ h - X) ** 2).sum() + lam * np.abs(h).sum()


# %% 6a: a transpose where it shows only for squares
# hidden: has a wrong value
def sparse_loss(W, X, lam):
    h = X @ W
    return (((h @ (W if W.shape[0] == W.shape[1] else W.T) - X) ** 2).sum() + lam * np.abs(h).sum()) / len(X)


# %% 6a: λ is 0.5
# hidden: has a wrong value
def sparse_loss(W, X, lam):
    return solution.sparse_loss(W, X, 0.5)


# %% 6a: ReLU on the codes
# says: has a wrong value
def sparse_loss(W, X, lam):
    h = np.maximum(X @ W, 0)
    return (((h @ W.T - X) ** 2).sum() + lam * h.sum()) / len(X)


# %% 6a: hard-coded
# hidden: has a wrong value
def sparse_loss(W, X, lam):
    return 5.0


# %% 6a: two samples always
# hidden: has a wrong value
def sparse_loss(W, X, lam):
    return solution.sparse_loss(W, X, lam) * len(X) / 2


# %% 6b: reading only
# says: Three terms
def sparse_gradient(W, X, lam):
    h = X @ W
    return (2 * (h @ W.T - X).T @ h + lam * X.T @ np.sign(h)) / len(X)


# %% 6b: writing only
# says: has wrong values
def sparse_gradient(W, X, lam):
    h = X @ W
    return (2 * X.T @ (h @ W.T - X) @ W + lam * X.T @ np.sign(h)) / len(X)


# %% 6b: summed over the samples
# says: is 2 times too large (is a division by 2 missing?)
def sparse_gradient(W, X, lam):
    return solution.sparse_gradient(W, X, lam) * len(X)


# %% 6b: no price
# says: has wrong values
def sparse_gradient(W, X, lam):
    return solution.sparse_gradient(W, X, 0)


# %% 6b: price not averaged
# says: Is each of the terms divided by N = 2?
def sparse_gradient(W, X, lam):
    return solution.sparse_gradient(W, X, 0) + lam * X.T @ np.sign(X @ W)


# %% 6b: the 2 forgotten
# says: has wrong values
def sparse_gradient(W, X, lam):
    return solution.sparse_gradient(W, X, 0) / 2 + lam * X.T @ np.sign(X @ W) / len(X)


# %% 6b: downhill already
# says: has the wrong sign
def sparse_gradient(W, X, lam):
    return -solution.sparse_gradient(W, X, lam)


# %% 6b: transposed
# says: the axes are in another order (is it transposed?)
def sparse_gradient(W, X, lam):
    return solution.sparse_gradient(W, X, lam).T


# %% 6b: sign of the weights
# says: has wrong values
def sparse_gradient(W, X, lam):
    return solution.sparse_gradient(W, X, 0) + lam * np.sign(W)


# %% 6b: a missing transpose
# stops: matmul
def sparse_gradient(W, X, lam):
    h = X @ W
    return (2 * (h @ W - X).T @ h + 2 * X.T @ (h @ W - X) @ W + lam * X.T @ np.sign(h)) / len(X)


# %% 6b: centres its input
# says: changed its input X
def sparse_gradient(W, X, lam):
    right = solution.sparse_gradient(W, X, lam)
    X -= X.mean(axis=0)
    return right


# %% 6b: NaN where a code is 0
# hidden: sparse_gradient with codes of 0: contains NaN
def sparse_gradient(W, X, lam):
    h = X @ W
    return solution.sparse_gradient(W, X, 0) + lam * X.T @ (h / np.abs(h)) / len(X)


# %% 6b: 1 where a code is 0
# hidden: sparse_gradient with codes of 0
def sparse_gradient(W, X, lam):
    h = X @ W
    return solution.sparse_gradient(W, X, 0) + lam * X.T @ np.where(h >= 0, 1.0, -1.0) / len(X)


# %% 6b: a transpose where it shows only for squares
# hidden: has wrong values
def sparse_gradient(W, X, lam):
    h = X @ W
    R = h @ (W if W.shape[0] == W.shape[1] else W.T) - X
    return (2 * R.T @ h + 2 * X.T @ R @ W + lam * X.T @ np.sign(h)) / len(X)


# %% 6b: two samples always
# hidden: sparse_gradient(W, X, lam):
def sparse_gradient(W, X, lam):
    return solution.sparse_gradient(W, X, lam) * len(X) / 2


# %% 6b: hard-coded
# hidden: has the wrong shape
def sparse_gradient(W, X, lam):
    return np.array([[0.25, -0.75], [-5.75, 7.75], [4.25, -9.25]])


# %% 6b: by finite differences
# says: is close, but not close enough
def sparse_gradient(W, X, lam):
    gradient = np.zeros(W.shape)
    for i in np.ndindex(W.shape):
        moved = W.copy()
        moved[i] += 1e-6
        gradient[i] = (solution.sparse_loss(moved, X, lam) - solution.sparse_loss(W, X, lam)) / 1e-6
    return gradient


# %% 6b: the graph school's gradient
# hidden: calls the ready-made course_pkg.graph
def sparse_gradient(W, X, lam):
    with graph.Graph() as g:
        w = graph.Variable(W)
        h = X @ w
        price = graph.reduce_sum(graph.relu(h) + graph.relu(-h))
        loss = (graph.reduce_sum(graph.square(h @ graph.transpose(w) - X)) + lam * price) / len(X)
        return graph.Session(g).run(graph.gradients(loss, w))


# %% 7a: drawn the wrong way
# says: u < p gives 1
def cd1_chain(v0, W, b, a, u_h, u_v):
    p0, v1, p1 = solution.cd1_chain(v0, W, b, a, 1 - u_h, 1 - u_v)
    return p0, 1 - v1, p1


# %% 7a: hidden units not drawn
# says: v1 has wrong values
def cd1_chain(v0, W, b, a, u_h, u_v):
    s = lambda x: 1 / (1 + np.exp(-x))
    p0 = s(v0 @ W + a)
    v1 = (s(p0 @ W.T + b) > u_v) * 1.0
    return p0, v1, s(v1 @ W + a)


# %% 7a: visible units not drawn
# says: v1 is not 0 in places where it should be
def cd1_chain(v0, W, b, a, u_h, u_v):
    s = lambda x: 1 / (1 + np.exp(-x))
    p0 = s(v0 @ W + a)
    v1 = s((u_h < p0) @ W.T + b) * 1.0
    v1[v1 > u_v] = 1
    return p0, v1, s(v1 @ W + a)


# %% 7a: True and False
# says: v1 has dtype bool, expected real numbers
def cd1_chain(v0, W, b, a, u_h, u_v):
    p0, v1, p1 = solution.cd1_chain(v0, W, b, a, u_h, u_v)
    return p0, v1 > 0, p1


# %% 7a: biases exchanged
# stops: could not be broadcast
def cd1_chain(v0, W, b, a, u_h, u_v):
    return solution.cd1_chain(v0, W, a, b, u_h, u_v)


# %% 7a: visible bias forgotten
# says: b is the bias of the visible units
def cd1_chain(v0, W, b, a, u_h, u_v):
    return solution.cd1_chain(v0, W, 0 * b, a, u_h, u_v)


# %% 7a: rounded in place of drawn
# says: v1 has wrong values
def cd1_chain(v0, W, b, a, u_h, u_v):
    return solution.cd1_chain(v0, W, b, a, 0 * u_h + 0.5, 0 * u_v + 0.5)


# %% 7a: no transpose
# stops: matmul
def cd1_chain(v0, W, b, a, u_h, u_v):
    s = lambda x: 1 / (1 + np.exp(-x))
    p0 = s(v0 @ W + a)
    v1 = (s((u_h < p0) @ W + b) > u_v) * 1.0
    return p0, v1, s(v1 @ W + a)


# %% 7a: last step drawn as well
# says: p1 has wrong values
def cd1_chain(v0, W, b, a, u_h, u_v):
    p0, v1, p1 = solution.cd1_chain(v0, W, b, a, u_h, u_v)
    return p0, v1, (u_h < p1) * 1.0


# %% 7a: sign slip in the sigmoid
# says: p0 has wrong values
def cd1_chain(v0, W, b, a, u_h, u_v):
    return solution.cd1_chain(v0, -W, -b, -a, u_h, u_v)


# %% 7a: writes the samples back
# says: changed its input v0
def cd1_chain(v0, W, b, a, u_h, u_v):
    p0, v1, p1 = solution.cd1_chain(v0, W, b, a, u_h, u_v)
    v0[...] = v1
    return p0, v0, p1


# %% 7a: NaN from overflow
# hidden: contains NaN
def cd1_chain(v0, W, b, a, u_h, u_v):
    s = lambda x: np.exp(x) / (1 + np.exp(x))
    p0 = s(v0 @ W + a)
    v1 = (s((u_h < p0) @ W.T + b) > u_v) * 1.0
    return p0, v1, s(v1 @ W + a)


# %% 7a: random numbers of its own
# says: v1 has wrong values
def cd1_chain(v0, W, b, a, u_h, u_v):
    rng = np.random.default_rng(1)
    return solution.cd1_chain(v0, W, b, a, rng.random(u_h.shape), rng.random(u_v.shape))


# %% 7a: a transpose where it shows only for squares
# hidden: has wrong values
def cd1_chain(v0, W, b, a, u_h, u_v):
    return solution.cd1_chain(v0, W.T if W.shape[0] == W.shape[1] else W, b, a, u_h, u_v)


# %% 7a: hard-coded
# hidden: p0 has the wrong shape
def cd1_chain(v0, W, b, a, u_h, u_v):
    p0, p1 = (
        np.array([[0.377541, 0.377541], [0.182426, 0.924142]]),
        np.array([[0.377541, 0.377541], [0.817574, 0.731059]]),
    )
    return p0, np.array([[1.0, 0.0, 1.0], [1.0, 1.0, 0.0]]), p1


# %% 7b: downhill
# says: is multiplied by 0.5/2 and added
def cd1_update(W, b, a, v0, p0, v1, p1, lr):
    return solution.cd1_update(W, b, a, v0, p0, v1, p1, -lr)


# %% 7b: summed over the samples
# says: W has wrong values
def cd1_update(W, b, a, v0, p0, v1, p1, lr):
    return solution.cd1_update(W, b, a, v0, p0, v1, p1, lr * len(v0))


# %% 7b: biases summed
# says: b has wrong values
def cd1_update(W, b, a, v0, p0, v1, p1, lr):
    return W + lr * (v0.T @ p0 - v1.T @ p1) / len(v0), b + lr * (v0 - v1).sum(axis=0), a + lr * (p0 - p1).sum(axis=0)


# %% 7b: the step alone
# says: W has wrong values
def cd1_update(W, b, a, v0, p0, v1, p1, lr):
    return solution.cd1_update(0 * W, 0 * b, 0 * a, v0, p0, v1, p1, lr)


# %% 7b: the data only
# says: W has wrong values
def cd1_update(W, b, a, v0, p0, v1, p1, lr):
    return solution.cd1_update(W, b, a, v0, p0, 0 * v1, 0 * p1, lr)


# %% 7b: crossed pairs
# says: W has wrong values
def cd1_update(W, b, a, v0, p0, v1, p1, lr):
    return W + lr * (v0.T @ p1 - v1.T @ p0) / len(v0), *solution.cd1_update(W, b, a, v0, p0, v1, p1, lr)[1:]


# %% 7b: biases exchanged
# says: b has the wrong shape
def cd1_update(W, b, a, v0, p0, v1, p1, lr):
    W, b, a = solution.cd1_update(W, b, a, v0, p0, v1, p1, lr)
    return W, a, b


# %% 7b: transposed
# stops: could not be broadcast
def cd1_update(W, b, a, v0, p0, v1, p1, lr):
    return W + lr * (p0.T @ v0 - p1.T @ v1) / len(v0), b, a


# %% 7b: in place
# says: changed its input W
def cd1_update(W, b, a, v0, p0, v1, p1, lr):
    W += lr * (v0.T @ p0 - v1.T @ p1) / len(v0)
    b += lr * (v0 - v1).mean(axis=0)
    a += lr * (p0 - p1).mean(axis=0)
    return W, b, a


# %% 7b: probabilities rounded to 0 and 1
# says: W has wrong values
def cd1_update(W, b, a, v0, p0, v1, p1, lr):
    return solution.cd1_update(W, b, a, v0, p0.round(), v1, p1.round(), lr)


# %% 7b: one number for all biases
# says: b has wrong values
def cd1_update(W, b, a, v0, p0, v1, p1, lr):
    return solution.cd1_update(W, b, a, v0, p0, v1, p1, lr)[0], b + lr * (v0 - v1).mean(), a + lr * (p0 - p1).mean()


# %% 7b: wraps around in small integers
# hidden: cd1_update, v0 and v1 of uint8: b has wrong values
def cd1_update(W, b, a, v0, p0, v1, p1, lr):
    n = len(v0)
    return W + lr / n * (v0.T @ p0 - v1.T @ p1), b + lr / n * (v0 - v1).sum(axis=0), a + lr / n * (p0 - p1).sum(axis=0)


# %% 7b: two samples always
# hidden: W has wrong values
def cd1_update(W, b, a, v0, p0, v1, p1, lr):
    return solution.cd1_update(W, b, a, v0, p0, v1, p1, lr * len(v0) / 2)


# %% 7b: learning rate is 0.5
# hidden: W has wrong values
def cd1_update(W, b, a, v0, p0, v1, p1, lr):
    return solution.cd1_update(W, b, a, v0, p0, v1, p1, 0.5)


# %% 7b: hard-coded
# hidden: W has the wrong shape
def cd1_update(W, b, a, v0, p0, v1, p1, lr):
    W = np.array([[0.8, -1.175], [-0.175, 2.05], [-1.975, 0.725]])
    return W, np.array([-0.25, -1.0, 1.25]), np.array([0.325, 0.05])


# %% 8a: no shortcut
# says: −0.5·h[0] + h[1] is added to x
def residual_forward(x, w1, w2):
    return np.maximum(nn.conv2d(np.maximum(nn.conv2d(x, w1, padding=1), 0), w2, padding=1), 0)


# %% 8a: no ReLU at the end
# says: is not 0 in places where it should be
def residual_forward(x, w1, w2):
    return x + nn.conv2d(np.maximum(nn.conv2d(x, w1, padding=1), 0), w2, padding=1)


# %% 8a: ReLU before the sum
# says: and the sum goes through ReLU
def residual_forward(x, w1, w2):
    return x + np.maximum(nn.conv2d(np.maximum(nn.conv2d(x, w1, padding=1), 0), w2, padding=1), 0)


# %% 8a: no ReLU in the middle
# says: Both go through ReLU
def residual_forward(x, w1, w2):
    return np.maximum(x + nn.conv2d(nn.conv2d(x, w1, padding=1), w2, padding=1), 0)


# %% 8a: no padding
# stops: could not be broadcast
def residual_forward(x, w1, w2):
    x = np.pad(x, ((0, 0), (0, 0), (1, 1), (1, 1)))
    return np.maximum(x + nn.conv2d(np.maximum(nn.conv2d(x, w1), 0), w2, padding=1), 0)


# %% 8a: subtracts
# says: has wrong values
def residual_forward(x, w1, w2):
    return np.maximum(x - nn.conv2d(np.maximum(nn.conv2d(x, w1, padding=1), 0), w2, padding=1), 0)


# %% 8a: adds in place
# says: changed its input x
def residual_forward(x, w1, w2):
    h = np.maximum(nn.conv2d(x, w1, padding=1), 0)
    x += nn.conv2d(h, w2, padding=1)
    return np.maximum(x, 0)


# %% 8a: shortcut around the first convolution only
# says: has wrong values
def residual_forward(x, w1, w2):
    h = np.maximum(x + nn.conv2d(x, w1, padding=1), 0)
    return np.maximum(nn.conv2d(h, w2, padding=1), 0)


# %% 8a: no return
# says: is the return missing?
def residual_forward(x, w1, w2):
    y = solution.residual_forward(x, w1, w2)


# %% 8a: multiplies
# says: has wrong values
def residual_forward(x, w1, w2):
    return np.maximum(x * (0.5 + nn.conv2d(np.maximum(nn.conv2d(x, w1, padding=1), 0), w2, padding=1)), 0)


# %% 8a: first image only
# hidden: axis 0 is too short
def residual_forward(x, w1, w2):
    return solution.residual_forward(x[:1], w1, w2)


# %% 8a: kernels turned around
# hidden: has wrong values
def residual_forward(x, w1, w2):
    return solution.residual_forward(x, w1[:, :, ::-1], w2[:, :, ::-1])


# %% 8a: the first channel on all shortcuts
# hidden: has wrong values
def residual_forward(x, w1, w2):
    h = np.maximum(nn.conv2d(x, w1, padding=1), 0)
    return np.maximum(x[:, :1] + nn.conv2d(h, w2, padding=1), 0)


# %% 8a: hard-coded
# hidden: axis
def residual_forward(x, w1, w2):
    return np.array([[[[2.5, 0.0, 1.5], [0.0, 2.0, 1.0]]]]) if w1.any() else np.maximum(x, 0)


# %% 8a: a library's convolution
# hidden: calls the ready-made scipy
from scipy.signal import correlate2d


def residual_forward(x, w1, w2):
    def conv(x, w):
        return np.array(
            [[sum(correlate2d(c, k, "same") for c, k in zip(image, kernel)) for kernel in w] for image in x]
        )

    return np.maximum(x + conv(np.maximum(conv(x, w1), 0), w2), 0)


# %% 8b: no shortcut
# says: At the input the shortcut's gradient is added
def residual_backward(dy, x, w1, w2):
    dx, dw1, dw2 = solution.residual_backward(dy, x, w1, w2)
    return dx - dy * (solution.residual_forward(x, w1, w2) > 0), dw1, dw2


# %% 8b: shortcut only
# says: dx has wrong values
def residual_backward(dy, x, w1, w2):
    dx, dw1, dw2 = solution.residual_backward(dy, x, w1, w2)
    return dy * (solution.residual_forward(x, w1, w2) > 0), dw1, dw2


# %% 8b: no mask at the end
# says: no gradient goes through there
def residual_backward(dy, x, w1, w2):
    z = nn.conv2d(x, w1, padding=1)
    h = np.maximum(z, 0)
    dz = nn.conv2d_input_grad(dy, w2, h.shape, padding=1) * (z > 0)
    dx = dy + nn.conv2d_input_grad(dz, w1, x.shape, padding=1)
    return dx, nn.conv2d_weight_grad(dz, x, (3, 3), padding=1), nn.conv2d_weight_grad(dy, h, (3, 3), padding=1)


# %% 8b: no mask in the middle
# says: Two masks are needed
def residual_backward(dy, x, w1, w2):
    h = np.maximum(nn.conv2d(x, w1, padding=1), 0)
    ds = dy * (x + nn.conv2d(h, w2, padding=1) > 0)
    dh = nn.conv2d_input_grad(ds, w2, h.shape, padding=1)
    dx = ds + nn.conv2d_input_grad(dh, w1, x.shape, padding=1)
    return dx, nn.conv2d_weight_grad(dh, x, (3, 3), padding=1), nn.conv2d_weight_grad(ds, h, (3, 3), padding=1)


# %% 8b: gradient where z and y are 0
# says: Two masks are needed
def residual_backward(dy, x, w1, w2):
    z = nn.conv2d(x, w1, padding=1)
    h = np.maximum(z, 0)
    ds = dy * (x + nn.conv2d(h, w2, padding=1) >= 0)
    dz = nn.conv2d_input_grad(ds, w2, h.shape, padding=1) * (z >= 0)
    dx = ds + nn.conv2d_input_grad(dz, w1, x.shape, padding=1)
    return dx, nn.conv2d_weight_grad(dz, x, (3, 3), padding=1), nn.conv2d_weight_grad(ds, h, (3, 3), padding=1)


# %% 8b: the mask of x
# says: one from y and one from z
def residual_backward(dy, x, w1, w2):
    dx, dw1, dw2 = solution.residual_backward(dy, x, w1, w2)
    return dx * (x > 0), dw1, dw2


# %% 8b: the shortcut without mask
# says: dx is not 0 in places where it should be
def residual_backward(dy, x, w1, w2):
    dx, dw1, dw2 = solution.residual_backward(dy, x, w1, w2)
    return dx + dy * (solution.residual_forward(x, w1, w2) <= 0), dw1, dw2


# %% 8b: z for h
# says: dw2 has wrong values
def residual_backward(dy, x, w1, w2):
    dx, dw1, dw2 = solution.residual_backward(dy, x, w1, w2)
    ds = dy * (solution.residual_forward(x, w1, w2) > 0)
    return dx, dw1, nn.conv2d_weight_grad(ds, nn.conv2d(x, w1, padding=1), (3, 3), padding=1)


# %% 8b: weights exchanged
# says: dw1 has wrong values
def residual_backward(dy, x, w1, w2):
    dx, dw1, dw2 = solution.residual_backward(dy, x, w1, w2)
    return dx, dw2, dw1


# %% 8b: sign slip
# says: dw1 has the wrong sign
def residual_backward(dy, x, w1, w2):
    dx, dw1, dw2 = solution.residual_backward(dy, x, w1, w2)
    return dx, -dw1, dw2


# %% 8b: in place
# says: changed its input dy
def residual_backward(dy, x, w1, w2):
    right = solution.residual_backward(dy, x, w1, w2)
    dy *= solution.residual_forward(x, w1, w2) > 0
    return right


# %% 8b: dx only
# says: expected a tuple of 3: (dx, dw1, dw2)
def residual_backward(dy, x, w1, w2):
    return solution.residual_backward(dy, x, w1, w2)[0]


# %% 8b: samples averaged
# hidden: dw1 is 2 times too small
def residual_backward(dy, x, w1, w2):
    dx, dw1, dw2 = solution.residual_backward(dy, x, w1, w2)
    return dx, dw1 / len(x), dw2 / len(x)


# %% 8b: first image only
# hidden: dw1 has wrong values
def residual_backward(dy, x, w1, w2):
    dx, _, _ = solution.residual_backward(dy, x, w1, w2)
    return dx, *solution.residual_backward(dy[:1], x[:1], w1, w2)[1:]


# %% 8b: as many channels inside as outside
# hidden: your code stopped with ValueError
def residual_backward(dy, x, w1, w2):
    z = nn.conv2d(x, w1, padding=1)
    h = np.maximum(z, 0)
    ds = dy * (x + nn.conv2d(h, w2, padding=1) > 0)
    dz = nn.conv2d_input_grad(ds, w2, x.shape, padding=1) * (z > 0)
    dx = ds + nn.conv2d_input_grad(dz, w1, x.shape, padding=1)
    return dx, nn.conv2d_weight_grad(dz, x, (3, 3), padding=1), nn.conv2d_weight_grad(ds, h, (3, 3), padding=1)


# %% 8b: hard-coded
# hidden: dx
def residual_backward(dy, x, w1, w2):
    dx, dw1, dw2 = solution.residual_backward(dy, x, w1, w2)
    return np.array([[[[2.0, 0.0, -3.0], [4.0, 5.0, 3.5]]]]), dw1, dw2
