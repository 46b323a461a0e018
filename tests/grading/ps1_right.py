# ruff: noqa  (students write as they like)
"""Right answers to problem set 1 other than the solution: one cell each, with its task and what is special."""


# %% 1a: with a warning for large x
def sigmoid(x):
    return 1 / (1 + np.exp(-x))


# %% 1a: by tanh
def sigmoid(x):
    return (1 + np.tanh(x / 2)) / 2


# %% 1a: two cases
def sigmoid(x):
    y = np.empty(x.shape)
    positive = x >= 0
    y[positive] = 1 / (1 + np.exp(-x[positive]))
    e = np.exp(x[~positive])
    y[~positive] = e / (1 + e)
    return y


def sigmoid_derivative(x):
    return sigmoid(x) * sigmoid(-x)


# %% 1a: number by number
import math


def sigmoid(x):
    flat = [1 / (1 + math.exp(-v)) if v > -700 else 0.0 for v in x.ravel().tolist()]
    return np.array(flat).reshape(x.shape)


# %% 1b: by its formula
def tanh(x):
    return 2 / (1 + np.exp(-2 * x)) - 1


# %% 1b: by cosh
def tanh_derivative(x):
    return 1 / np.cosh(x) ** 2


# %% 1b: by sinh and cosh
def tanh(x):
    return np.sinh(x) / np.cosh(x)


def tanh_derivative(x):
    y = tanh(x)
    return (1 + y) * (1 - y)


# %% 1b: number by number, columns first
def tanh(x):
    y = np.empty(x.shape, order="F")
    for place in np.ndindex(x.shape):
        y[place] = 1 - 2 / (np.exp(2 * x[place]) + 1)
    return y


# %% 1c: where
def relu(x):
    return np.where(x > 0, x, 0)


def relu_derivative(x):
    return np.where(x > 0, 1.0, 0.0)


# %% 1c: a mask
def relu(x):
    return x * (x > 0)


def relu_derivative(x):
    return 1.0 * (x > 0)


# %% 1c: a copy that is changed
def relu(x):
    y = x.copy()
    y[y < 0] = 0
    return y


def relu_derivative(x):
    slope = np.zeros_like(x)
    slope[x > 0] = 1
    return slope


# %% 1c: number by number
def relu(x):
    return np.array([max(0.0, v) for v in x.ravel()]).reshape(x.shape)


def relu_derivative(x):
    return np.heaviside(x, 0.0)


# %% 2a: loops
def softmax_loss(scores, y):
    n, loss, dscores = len(y), 0, []
    for s, right in zip(scores, y):
        e = np.exp(s - max(s))
        p = e / sum(e)
        loss += (max(s) - s[right] + np.log(sum(e))) / n
        p[right] -= 1
        dscores.append(p / n)
    return loss, np.array(dscores)


# %% 2a: one-hot labels
def softmax_loss(scores, y):
    N, K = scores.shape
    onehot = np.eye(K)[y]
    e = np.exp(scores - np.max(scores, axis=1)[:, None])
    total = e.sum(1)[:, None]
    log_p = scores - scores.max(1)[:, None] - np.log(total)
    return -np.sum(onehot * log_p) / N, (e / total - onehot) / N


# %% 2a: logaddexp
def softmax_loss(scores, y):
    log_sum = np.logaddexp.reduce(scores, axis=1)
    dscores = np.exp(scores - log_sum[:, None])
    for i, right in enumerate(y):
        dscores[i, right] -= 1
    return np.mean(log_sum - np.take_along_axis(scores, y[:, None], 1)[:, 0]), dscores / scores.shape[0]


# %% 2a: samples as columns, einsum, a float of Python
def softmax_loss(scores, y):
    s = np.asfortranarray((scores - scores.max(axis=1, keepdims=True)).T)
    p = np.exp(s) / np.einsum("kn->n", np.exp(s))
    picked = np.einsum("kn,kn->n", s, np.eye(len(s))[:, y]) - np.log(np.exp(s).sum(0))
    return float(-picked.sum() / len(y)), ((p - np.eye(len(s))[:, y]) / len(y)).T


# %% 2b: loops
def hinge_loss(scores, y):
    loss, dscores = 0, np.zeros(scores.shape)
    for i in range(len(y)):
        for j in range(scores.shape[1]):
            margin = scores[i, j] - scores[i, y[i]] + 1
            if j != y[i] and margin > 0:
                loss += margin
                dscores[i, j] += 1
                dscores[i, y[i]] -= 1
    return loss / len(y), dscores / len(y)


# %% 2b: one-hot labels
def hinge_loss(scores, y):
    N, K = scores.shape
    right = np.eye(K)[y]
    margins = scores - (scores * right).sum(1, keepdims=True) + 1
    short = (margins > 0) * (1 - right)
    return (margins * short).sum() / N, (short - right * short.sum(1, keepdims=True)) / N


# %% 2b: a sample at a time
def hinge_loss(scores, y):
    total, rows = 0.0, []
    for s, right in zip(scores, y):
        margin = np.delete(s - s[right] + 1, right)
        total += margin[margin > 0].sum()
        row = np.insert((margin > 0).astype(float), right, -(margin > 0).sum())
        rows.append(row / len(y))
    return total / len(y), np.stack(rows)


# %% 2b: the right class taken away at the end
def hinge_loss(scores, y):
    N = len(y)
    picked = np.take_along_axis(scores, y[:, None], axis=1)
    margins = np.clip(1 + scores - picked, 0, None)
    loss = (margins.sum() - N) / N
    d = np.asarray(margins > 0, dtype=float)
    np.subtract.at(d, (np.arange(N), y), np.einsum("nk->n", d))
    return loss, d / N


# %% 3a: outer product
def output_gradients(w, x, y):
    h, o = forward_222(w, x)
    return np.outer(h, (o - y) * o * (1 - o)).ravel()


# %% 3a: the chain, weight by weight
def output_gradients(w, x, y):
    (h1, h2), (o1, o2) = forward_222(w, x)
    y1, y2 = y
    delta5 = (o1 - y1) * o1 * (1 - o1) * h1
    delta6 = (o2 - y2) * o2 * (1 - o2) * h1
    delta7 = (o1 - y1) * o1 * (1 - o1) * h2
    delta8 = (o2 - y2) * o2 * (1 - o2) * h2
    return np.array([delta5, delta6, delta7, delta8])


# %% 3a: einsum
def output_gradients(w, x, y):
    h, o = forward_222(w, x)
    return np.einsum("i,j,j,j->ij", h, o - y, o, 1 - o).reshape(4)


# %% 3a: a loop
def output_gradients(weights, inputs, targets):
    hidden, outputs = forward_222(weights, inputs)
    gradients = []
    for i in range(2):
        for j in range(2):
            slope = outputs[j] - outputs[j] ** 2
            gradients.append((outputs[j] - targets[j]) * slope * hidden[i])
    return np.asarray(gradients)


# %% 3b: matrices
def hidden_gradients(w, x, y):
    h, o = forward_222(w, x)
    return np.outer(x, (w[4:].reshape(2, 2) @ ((o - y) * o * (1 - o))) * h * (1 - h)).ravel()


# %% 3b: the chain, weight by weight
def hidden_gradients(w, x, y):
    (h1, h2), (o1, o2) = forward_222(w, x)
    d1, d2 = (o1 - y[0]) * o1 * (1 - o1), (o2 - y[1]) * o2 * (1 - o2)
    into_h1 = (d1 * w[4] + d2 * w[5]) * h1 * (1 - h1)
    into_h2 = (d1 * w[6] + d2 * w[7]) * h2 * (1 - h2)
    return np.array([into_h1 * x[0], into_h2 * x[0], into_h1 * x[1], into_h2 * x[1]])


# %% 3b: einsum
def hidden_gradients(w, x, y):
    h, o = forward_222(w, x)
    return np.einsum("a,h,ho,o->ah", x, h * (1 - h), w[4:].reshape(2, 2), (o - y) * o * (1 - o)).ravel()


# %% 3b: a loop over all paths
def hidden_gradients(w, x, y):
    h, o = forward_222(w, x)
    gradient = np.zeros(4)
    for a in range(2):
        for b in range(2):
            for out in range(2):
                path = (o[out] - y[out]) * o[out] * (1 - o[out]) * w[4 + 2 * b + out]
                gradient[2 * a + b] += path * h[b] * (1 - h[b]) * x[a]
    return gradient


# %% 4a: einsum
def dense_backward(dy, x, w):
    return np.einsum("no,oi->ni", dy, w), np.einsum("no,ni->oi", dy, x), np.einsum("no->o", dy)


# %% 4a: loop over the samples
def dense_backward(dy, x, weight):
    dx, dweight, dbias = np.zeros(x.shape), np.zeros(weight.shape), np.zeros(len(weight))
    for n in range(len(x)):
        dx[n] = weight.T @ dy[n]
        dweight += np.outer(dy[n], x[n])
        dbias += dy[n]
    return dx, dweight, dbias


# %% 4a: np.dot, and a row of ones
def dense_backward(dy, x, weight):
    return np.dot(dy, weight), np.dot(x.T, dy).T, np.ones(dy.shape[0]) @ dy


# %% 4a: tensordot, columns first
def dense_backward(dy, x, weight):
    dx = np.asfortranarray(np.tensordot(dy, weight, axes=(1, 0)))
    return dx, np.tensordot(dy, x, axes=(0, 0)), np.add.reduce(dy)


# %% 4b: where
def relu_backward(dy, x):
    return np.where(x > 0, dy, 0)


# %% 4b: a copy that is changed
def relu_backward(dy, x):
    dx = dy.copy()
    dx[x <= 0] = 0
    return dx


# %% 4b: number by number
def relu_backward(dy, x):
    dx = np.zeros(dy.shape)
    for place in np.ndindex(x.shape):
        if x[place] > 0:
            dx[place] = dy[place]
    return dx


# %% 4b: einsum with the slope
def relu_backward(dy, x):
    slope = np.heaviside(x, 0)
    return np.einsum("...,...->...", dy, slope)


# %% 5a: six loops
def conv2d_loops(x, weight, bias, stride=1, padding=0):
    x = np.pad(x, [(0, 0), (0, 0), (padding, padding), (padding, padding)])
    (N, C, H, W), (O, _, kh, kw) = x.shape, weight.shape
    if H < kh or W < kw:
        raise ValueError("too large")
    y = np.empty((N, O, (H - kh) // stride + 1, (W - kw) // stride + 1))
    for n, o, p, q in np.ndindex(y.shape):
        y[n, o, p, q] = bias[o]
        for c, i, j in np.ndindex(C, kh, kw):
            y[n, o, p, q] += weight[o, c, i, j] * x[n, c, p * stride + i, q * stride + j]
    return y


# %% 5a: a window at a time
def conv2d_loops(x, weight, bias, stride=1, padding=0):
    kh, kw = weight.shape[-2:]
    x = np.pad(x, ((0, 0), (0, 0), (padding,) * 2, (padding,) * 2))
    if x.shape[2] < kh or x.shape[3] < kw:
        raise ValueError("the kernel does not fit")
    rows = range(0, x.shape[2] - kh + 1, stride)
    columns = range(0, x.shape[3] - kw + 1, stride)
    y = [[np.tensordot(x[:, :, r : r + kh, c : c + kw], weight, axes=((1, 2, 3),) * 2) for c in columns] for r in rows]
    return np.moveaxis(np.array(y), (0, 1), (2, 3)) + bias.reshape(1, -1, 1, 1)


# %% 5a: loops over the kernel
def conv2d_loops(x, weight, bias, stride=1, padding=0):
    n, c, h, w = x.shape
    o, _, kh, kw = weight.shape
    oh, ow = (h + 2 * padding - kh) // stride + 1, (w + 2 * padding - kw) // stride + 1
    if oh < 1 or ow < 1:
        raise ValueError(f"{kh}×{kw} is larger than {h}×{w} with padding {padding}")
    big = np.zeros((n, c, h + 2 * padding, w + 2 * padding))
    big[:, :, padding : padding + h, padding : padding + w] = x
    y = np.zeros((n, o, oh, ow)) + bias[None, :, None, None]
    for i in range(kh):
        for j in range(kw):
            part = big[:, :, i : i + (oh - 1) * stride + 1 : stride, j : j + (ow - 1) * stride + 1 : stride]
            y += np.einsum("nchw,oc->nohw", part, weight[:, :, i, j])
    return y


# %% 5a: reads outside the image as 0
def pixel(x, n, c, row, column):
    inside = 0 <= row < x.shape[2] and 0 <= column < x.shape[3]
    return x[n, c, row, column] if inside else 0.0


def conv2d_loops(x, weight, bias, stride=1, padding=0):
    N, C, H, W = x.shape
    O, _, kh, kw = weight.shape
    if kh > H + 2 * padding or kw > W + 2 * padding:
        raise ValueError
    y = np.zeros((N, O, (H + 2 * padding - kh) // stride + 1, (W + 2 * padding - kw) // stride + 1))
    for n, o, p, q in np.ndindex(*y.shape):
        total = bias[o]
        for c, i, j in np.ndindex(C, kh, kw):
            total += weight[o, c, i, j] * pixel(x, n, c, p * stride + i - padding, q * stride + j - padding)
        y[n, o, p, q] = total
    return y


# %% 5b: windows
def conv2d_fast(x, weight, bias, stride=1, padding=0):
    x = np.pad(x, [(0, 0), (0, 0), (padding, padding), (padding, padding)])
    windows = np.lib.stride_tricks.sliding_window_view(x, weight.shape[2:], axis=(2, 3))[:, :, ::stride, ::stride]
    return np.einsum("ncpqij,ocij->nopq", windows, weight, optimize=True) + bias[:, None, None]


# %% 5b: one matrix product
def conv2d_fast(x, weight, bias, stride=1, padding=0):
    n, c = x.shape[:2]
    o, _, kh, kw = weight.shape
    x = np.pad(x, ((0, 0), (0, 0), (padding, padding), (padding, padding)))
    oh, ow = (x.shape[2] - kh) // stride + 1, (x.shape[3] - kw) // stride + 1
    columns = np.empty((n, c, kh, kw, oh, ow))
    for i in range(kh):
        for j in range(kw):
            columns[:, :, i, j] = x[:, :, i : i + stride * oh : stride, j : j + stride * ow : stride][:, :, :oh, :ow]
    y = weight.reshape(o, -1) @ columns.reshape(n, c * kh * kw, oh * ow)
    return y.reshape(n, o, oh, ow) + bias[:, None, None]


# %% 5b: tables of indices
def conv2d_fast(x, weight, bias, stride=1, padding=0):
    kh, kw = weight.shape[2:]
    x = np.pad(x, ((0, 0), (0, 0), (padding, padding), (padding, padding)))
    oh, ow = (x.shape[2] - kh) // stride + 1, (x.shape[3] - kw) // stride + 1
    rows = stride * np.arange(oh)[:, None] + np.arange(kh)
    columns = stride * np.arange(ow)[:, None] + np.arange(kw)
    windows = x[:, :, rows[:, None, :, None], columns[None, :, None, :]]
    return np.tensordot(windows, weight, axes=((1, 4, 5), (1, 2, 3))).transpose(0, 3, 1, 2) + bias.reshape(-1, 1, 1)


# %% 5b: stride 1, then every second pixel
def conv2d_fast(x, weight, bias, stride=1, padding=0):
    kh, kw = weight.shape[2:]
    x = np.pad(x, ((0, 0), (0, 0), (padding, padding), (padding, padding)))
    h, w = x.shape[2] - kh + 1, x.shape[3] - kw + 1
    places = [(i, j) for i in range(kh) for j in range(kw)]
    y = sum(np.einsum("nchw,oc->nohw", x[:, :, i : i + h, j : j + w], weight[:, :, i, j]) for i, j in places)
    return y[:, :, ::stride, ::stride] + bias[None, :, None, None]


# %% 6a: by a convolution
def conv2d_weight_gradient(dy, x, kernel_size):
    return nn.conv2d(x.swapaxes(0, 1), dy.swapaxes(0, 1)).swapaxes(0, 1), dy.sum((0, 2, 3))


# %% 6a: loops over all numbers
def conv2d_weight_gradient(dy, x, kernel_size):
    dweight = np.zeros((dy.shape[1], x.shape[1], *kernel_size))
    for n, o, p, q in np.ndindex(dy.shape):
        for c, i, j in np.ndindex(*dweight.shape[1:]):
            dweight[o, c, i, j] += dy[n, o, p, q] * x[n, c, p + i, q + j]
    return dweight, np.array([dy[:, o].sum() for o in range(dy.shape[1])])


# %% 6a: windows
def conv2d_weight_gradient(dy, x, kernel_size):
    windows = np.lib.stride_tricks.sliding_window_view(x, dy.shape[2:], axis=(2, 3))
    return np.einsum("ncijpq,nopq->ocij", windows, dy), np.einsum("nopq->o", dy)


# %% 6a: a matrix product for each place
def conv2d_weight_gradient(dy, x, kernel_size):
    kh, kw = kernel_size
    n, o, oh, ow = dy.shape
    rows = dy.transpose(1, 0, 2, 3).reshape(o, -1)
    dweight = np.empty((o, x.shape[1], kh, kw), order="F")
    for i in range(kh):
        for j in range(kw):
            part = x[:, :, i : i + oh, j : j + ow].transpose(0, 2, 3, 1)
            dweight[..., i, j] = rows @ part.reshape(rows.shape[1], -1)
    return dweight, rows.sum(axis=1)


# %% 6b: spread out
def conv2d_input_gradient(dy, weight):
    (n, _, oh, ow), (_, c, kh, kw) = dy.shape, weight.shape
    dx = np.zeros((n, c, oh + kh - 1, ow + kw - 1))
    for i, j in np.ndindex(kh, kw):
        dx[:, :, i : i + oh, j : j + ow] += np.einsum("nopq,oc->ncpq", dy, weight[:, :, i, j])
    return dx


# %% 6b: loops over all numbers
def conv2d_input_gradient(dy, weight):
    (N, O, OH, OW), (_, C, kh, kw) = dy.shape, weight.shape
    dx = np.zeros((N, C, OH + kh - 1, OW + kw - 1))
    for n, o, p, q in np.ndindex(*dy.shape):
        dx[n, :, p : p + kh, q : q + kw] += dy[n, o, p, q] * weight[o]
    return dx


# %% 6b: flip and pad by hand
def conv2d_input_gradient(dy, weight):
    kh, kw = weight.shape[2:]
    padded = np.pad(dy, ((0, 0), (0, 0), (kh - 1, kh - 1), (kw - 1, kw - 1)))
    return nn.conv2d(padded, np.swapaxes(np.flip(weight, (2, 3)), 0, 1))


# %% 6b: windows
def conv2d_input_gradient(dy, weight):
    kh, kw = weight.shape[2:]
    padded = np.pad(dy, ((0, 0), (0, 0), (kh - 1, kh - 1), (kw - 1, kw - 1)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, (kh, kw), axis=(2, 3))
    return np.einsum("noabij,ocij->ncab", windows, np.rot90(weight, 2, axes=(2, 3)))


# %% 7: its own loop
def classify(x, y, new, seed=0):
    rng = np.random.default_rng(seed)
    net = nn.Net(
        [nn.Flatten(), nn.Dense(64, 48, rng=rng), nn.Tanh(), nn.Dense(48, 10, rng=rng)], loss=nn.SoftmaxCrossEntropy()
    )
    sgd = nn.SGD(net, 0.5)
    for _ in range(20):
        for rows in np.array_split(rng.permutation(len(x)), len(x) // 32 + 1):
            net.zero_grad()
            net.loss(x[rows], y[rows])
            net.backward()
            sgd.step()
    return net.predict(new)


# %% 7: a convolution
def classify(x, y, new, seed=0):
    rng = np.random.default_rng(seed)
    layers = [nn.Conv2d(1, 8, 3, padding=1, rng=rng), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten()]
    net = nn.Net([*layers, nn.Dense(128, 10, rng=rng)], loss=nn.SoftmaxCrossEntropy())
    nn.fit(net, x, y, lr=0.3, epochs=12, batch_size=32, rng=rng)
    return net.predict(new)


# %% 7: two hidden layers
def classify(x_train, y_train, x_new, seed=0):
    r = np.random.default_rng(seed + 1)
    net = nn.Net(
        [nn.Flatten(), nn.Dense(64, 40, rng=r), nn.ReLU(), nn.Dense(40, 20, rng=r), nn.ReLU(), nn.Dense(20, 10, rng=r)],
        loss=nn.SoftmaxCrossEntropy(),
    )
    nn.fit(net, x_train, y_train, lr=0.3, epochs=30, batch_size=16, rng=r)
    return np.argmax(net.forward(x_new), axis=1)


# %% 7: a network by hand
def classify(x_train, y_train, x_new, seed=0):
    rng = np.random.default_rng(seed)
    x, onehot = x_train.reshape(len(x_train), -1), np.eye(10)[y_train]
    W, V = rng.normal(size=(64, 48)) / 6, rng.normal(size=(48, 10)) / 7
    a, b = np.zeros(48), np.zeros(10)
    for _ in range(30):
        for rows in np.array_split(rng.permutation(len(x)), len(x) // 32):
            h = np.maximum(x[rows] @ W + a, 0)
            e = np.exp((s := h @ V + b) - s.max(1, keepdims=True))
            ds = (e / e.sum(1, keepdims=True) - onehot[rows]) / len(rows)
            dh = ds @ V.T * (h > 0)
            V -= 0.4 * h.T @ ds
            b -= 0.4 * ds.sum(0)
            W -= 0.4 * x[rows].T @ dh
            a -= 0.4 * dh.sum(0)
    return (np.maximum(x_new.reshape(len(x_new), -1) @ W + a, 0) @ V + b).argmax(1)
