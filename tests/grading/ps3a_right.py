# ruff: noqa  (students write as they like)
"""Right answers to problem set 3a other than the solution: one cell each, with its task and what is special."""


# %% 1a: a loop over the neighbours
def skipgram_loss(W, W2, word, neighbours):
    scores = W2.dot(W[word])
    scores = scores - max(scores)
    loss = 0.0
    for neighbour in neighbours:
        loss += np.log(np.sum(np.exp(scores))) - scores[neighbour]
    return loss


# %% 1a: probabilities as a logarithm
def skipgram_loss(W, W2, word, neighbours):
    scores = np.einsum("vd,d->v", W2, W[word])
    log_p = scores - np.logaddexp.reduce(scores)
    return float(-log_p[neighbours].sum())


# %% 1a: a one-hot vector
def skipgram_loss(W, W2, word, neighbours):
    x = np.eye(len(W))[word]
    t = np.bincount(neighbours, minlength=len(W))
    s = (x @ W) @ W2.T
    m = np.max(s)
    return t.sum() * (m + np.log(np.exp(s - m).sum())) - t @ s


# %% 1a: a helper
def log_softmax(scores):
    shifted = scores - np.amax(scores)
    return shifted - np.log(np.sum(np.exp(shifted)))


def skipgram_loss(embedding, output, word, neighbours):
    return np.negative(np.take(log_softmax(output @ embedding[word]), neighbours)).sum()


# %% 1b: subtracted one by one
def skipgram_gradients(W, W2, word, neighbours):
    h = W[word]
    s = W2 @ h
    p = np.exp(s - s.max())
    ds = p / p.sum() * len(neighbours)
    for neighbour in neighbours:
        ds[neighbour] -= 1
    dW = np.zeros_like(W)
    dW[word] = W2.T @ ds
    return dW, ds[:, None] * h[None, :]


# %% 1b: one row for each neighbour
def skipgram_gradients(W, W2, word, neighbours):
    s = W2 @ W[word]
    p = np.exp(s - s.max())
    errors = p / p.sum() - np.eye(len(W))[neighbours]
    dW = np.zeros(W.shape)
    dW[word] = (errors @ W2).sum(axis=0)
    return dW, np.einsum("cv,d->vd", errors, W[word])


# %% 1b: subtract.at
def skipgram_gradients(W, W2, word, neighbours):
    log_p = W2 @ W[word]
    log_p = log_p - np.logaddexp.reduce(log_p)
    ds = neighbours.size * np.exp(log_p)
    np.subtract.at(ds, neighbours, 1)
    dW = np.zeros(W.shape)
    np.add.at(dW, word, ds @ W2)
    return dW, np.outer(ds, W[word])


# %% 1b: one-hot vectors all the way
def skipgram_gradients(W, W2, word, neighbours):
    x = np.zeros((len(W), 1))
    x[word] = 1
    v = W.T @ x
    s = W2 @ v
    y = np.exp(s - s.max())
    y = y / y.sum()
    t = np.zeros((len(W), 1))
    np.add.at(t, (neighbours, 0), 1)
    error = len(neighbours) * y - t
    return x @ (W2.T @ error).T, error @ v.T


# %% 2a: logaddexp
def cbow_loss(W, W2, contexts, targets):
    s = np.einsum("ncd,vd->nv", W[contexts], W2) / contexts.shape[1]
    return np.mean(np.logaddexp.reduce(s, axis=1) - s[np.arange(len(s)), targets])


# %% 2a: a loop over the neighbours
def cbow_loss(W, W2, contexts, targets):
    h = np.zeros((len(contexts), W.shape[1]))
    for c in range(contexts.shape[1]):
        h = h + W[contexts[:, c]] / contexts.shape[1]
    s = h @ W2.T
    top = np.max(s, axis=1)
    return (top + np.log(np.exp(s - top[:, None]).sum(axis=1)) - (h * W2[targets]).sum(axis=1)).mean()


# %% 2a: take_along_axis
def cbow_loss(W, W2, contexts, targets):
    s = np.average(W[contexts], axis=1) @ W2.T
    s -= s.max(axis=1)[:, np.newaxis]
    right = np.take_along_axis(s, targets[:, None], axis=1)[:, 0]
    return float(np.sum(np.log(np.exp(s).sum(axis=1)) - right) / len(targets))


# %% 2a: words as columns
def cbow_loss(W, W2, contexts, targets):
    h = W.T[:, contexts].sum(axis=2) / contexts.shape[1]
    s = W2 @ h
    s = s - s.max(axis=0)
    t = np.arange(len(W))[:, None] == targets
    return (np.log(np.exp(s).sum(axis=0)).sum() - s[t].sum()) / targets.size


# %% 2b: a matrix of shares
def cbow_gradients(W, W2, contexts, targets):
    n, c = contexts.shape
    share = np.eye(len(W))[contexts].mean(axis=1)
    h = share @ W
    s = h @ W2.T
    y = np.exp(s - s.max(axis=1, keepdims=True))
    ds = (y / y.sum(axis=1, keepdims=True) - np.eye(len(W))[targets]) / n
    return share.T @ ds @ W2, ds.T @ h


# %% 2b: flat indices
def cbow_gradients(W, W2, contexts, targets):
    n, c = contexts.shape
    h = W[contexts].sum(axis=1) / c
    s = h @ W2.T
    ds = np.exp(s - np.logaddexp.reduce(s, axis=1)[:, None])
    ds[np.arange(n), targets] -= 1
    dh = ds @ W2
    dW = np.zeros(W.shape)
    np.add.at(dW, contexts.ravel(), np.repeat(dh, c, axis=0))
    return dW / (n * c), np.einsum("nv,nd->vd", ds, h) / n


# %% 2b: a loop over the neighbours
def cbow_gradients(W, W2, contexts, targets):
    n, c = contexts.shape
    h = np.mean(W[contexts], axis=1)
    s = h @ W2.T
    s = s - np.max(s, axis=1, keepdims=True)
    y = np.exp(s) / np.exp(s).sum(axis=1, keepdims=True)
    t = (np.arange(len(W)) == targets[:, None]).astype(float)
    ds = (y - t) / n
    dW = np.zeros_like(W)
    for j in range(c):
        np.add.at(dW, contexts[:, j], ds @ W2 / c)
    return dW, ds.T @ h


# %% 2b: bincount for each column
def cbow_gradients(W, W2, contexts, targets):
    n, c = contexts.shape
    h = W[contexts].mean(axis=1)
    s = h @ W2.T
    y = np.exp(s - s.max(axis=1)[:, None])
    ds = (y / y.sum(axis=1)[:, None] - np.eye(len(W2))[targets]) / n
    dh = np.repeat(ds @ W2 / c, c, axis=0)
    dW = np.stack([np.bincount(contexts.flatten(), column, minlength=len(W)) for column in dh.T], axis=1)
    return dW, ds.T.dot(h)


# %% 3a: NumPy's choice
def draw_words(counts, size, seed):
    p = counts**0.75
    return np.random.default_rng(seed).choice(len(counts), size, p=p / p.sum())


# %% 3a: alias method
def draw_words(counts, size, seed):
    powers = counts.astype(float) ** 0.75
    height = powers * len(counts) / powers.sum()
    own, alias = np.ones(len(counts)), np.arange(len(counts))
    low = [i for i in range(len(counts)) if height[i] < 1]
    high = [i for i in range(len(counts)) if height[i] >= 1]
    while low and high:
        poor, rich = low.pop(), high[-1]
        own[poor], alias[poor] = height[poor], rich
        height[rich] -= 1 - height[poor]
        if height[rich] < 1:
            low.append(high.pop())
    rng = np.random.default_rng(seed)
    box = rng.integers(len(counts), size=size)
    return np.where(rng.random(size) < own[box], box, alias[box])


# %% 3a: a table as in the word2vec program
def draw_words(counts, size, seed):
    ends = np.cumsum(counts**0.75) / np.sum(counts**0.75)
    table = np.searchsorted(ends, (np.arange(1_000_000) + 0.5) / 1_000_000)
    return table[np.random.default_rng(seed).integers(len(table), size=size)]


# %% 3a: the largest of many clocks
def draw_words(counts, size, seed):
    rng = np.random.default_rng(seed)
    present = np.flatnonzero(counts)
    p = np.sqrt(counts[present]) * np.sqrt(np.sqrt(counts[present]))
    return present[np.searchsorted(np.cumsum(p)[:-1], rng.uniform(0, p.sum(), size))].astype(np.int32)


# %% 3a: digitize
def draw_words(counts, size, seed):
    ends = np.cumsum(np.power(counts, 3 / 4))
    return np.digitize(np.random.RandomState(seed).rand(size), ends / ends[-1])


# %% 3b: a loop over the draws
def negative_sampling_loss(W, W2, word, neighbour, negatives):
    h = W[word]
    loss = np.logaddexp(0, -W2[neighbour] @ h)
    for negative in negatives:
        if negative != neighbour:
            loss = loss + np.logaddexp(0, W2[negative] @ h)
    return loss


# %% 3b: one sum with signs
def negative_sampling_loss(W, W2, word, neighbour, negatives):
    asked = np.concatenate([[neighbour], negatives[negatives != neighbour]])
    e = np.where(asked == neighbour, 1, -1)
    return float(np.logaddexp(0, -e * (W2[asked] @ W[word])).sum())


# %% 3b: a weight of 0 for the neighbour's draws
def negative_sampling_loss(W, W2, word, neighbour, negatives):
    scores = np.einsum("kd,d->k", W2[negatives], W[word])
    yes = W2[neighbour].dot(W[word])
    return np.sum((negatives != neighbour) * np.logaddexp(scores, 0)) + np.logaddexp(-yes, 0)


# %% 3b: log1p, with the larger side taken out
def softplus(s):
    return np.maximum(s, 0) + np.log1p(np.exp(-np.abs(s)))


def negative_sampling_loss(W, W2, word, neighbour, negatives):
    times = np.bincount(negatives, minlength=len(W2))
    times[neighbour] = 0
    scores = W2 @ W[word]
    return softplus(-scores[neighbour]) + times @ softplus(scores)


# %% 3c: a loop over the draws
def phi(s):
    return 1 / (1 + np.exp(-s)) if s > 0 else np.exp(s) / (1 + np.exp(s))


def negative_sampling_gradients(W, W2, word, neighbour, negatives):
    dW, dW2 = np.zeros_like(W), np.zeros_like(W2)
    for j, t in [(neighbour, 1)] + [(n, 0) for n in negatives if n != neighbour]:
        g = phi(W2[j] @ W[word]) - t
        dW[word] += g * W2[j]
        dW2[j] += g * W[word]
    return dW, dW2


# %% 3c: how often each word was asked
def negative_sampling_gradients(W, W2, word, neighbour, negatives):
    s = np.clip(W2 @ W[word], -700, 700)
    times = np.bincount(negatives[negatives != neighbour], minlength=len(W2))
    ds = times / (1 + np.exp(-s))
    ds[neighbour] = -1 / (1 + np.exp(s[neighbour]))
    dW = np.zeros(W.shape)
    dW[word] = ds @ W2
    return dW, np.outer(ds, W[word])


# %% 3c: signs
def negative_sampling_gradients(W, W2, word, neighbour, negatives):
    rows = np.append(neighbour, negatives)
    e = np.where(rows == neighbour, 0.0, -1.0)
    e[0] = 1
    s = e * np.einsum("kd,d->k", W2[rows], W[word])
    ds = -e * np.exp(-np.logaddexp(0, s))
    x = np.eye(len(W))
    return np.outer(x[word], ds @ W2[rows]), x[rows].T @ np.outer(ds, W[word])


# %% 3c: tanh
def negative_sampling_gradients(W, W2, word, neighbour, negatives):
    asked = np.array([neighbour, *[n for n in negatives if n != neighbour]])
    ds = (1 + np.tanh(W2[asked] @ W[word] / 2)) / 2
    ds[0] -= 1
    dW, dW2 = np.zeros(W.shape), np.zeros(W2.shape)
    dW[word, :] = np.tensordot(ds, W2[asked], axes=1)
    for row, g in zip(asked, ds):
        dW2[row] += g * W[word]
    return dW, dW2


# %% 3c: a helper of one's own with the name of SciPy's
def expit(score):
    return np.exp(np.minimum(score, 0)) / (1 + np.exp(-np.abs(score)))


def negative_sampling_gradients(W, W2, word, neighbour, negatives):
    dW, dW2 = np.zeros(W.shape), np.zeros(W2.shape)
    for j in [neighbour, *negatives[negatives != neighbour]]:
        ds = expit(W2[j] @ W[word]) - (j == neighbour)
        dW[word] += ds * W2[j]
        dW2[j] += ds * W[word]
    return dW, dW2


# %% 4: a heap
import heapq


def huffman_codes(counts):
    heap = [(int(count), i, i) for i, count in enumerate(counts)]
    heapq.heapify(heap)
    codes, fresh = [""] * len(counts), len(counts)
    while len(heap) > 1:
        (n, _, left), (m, _, right) = heapq.heappop(heap), heapq.heappop(heap)
        heapq.heappush(heap, (n + m, fresh, (left, right)))
        fresh += 1

    def walk(node, code):
        if isinstance(node, tuple):
            walk(node[0], code + "1")
            walk(node[1], code + "0")
        else:
            codes[node] = code

    walk(heap[0][2], "")
    return codes


# %% 4: parents, read upwards
def huffman_codes(counts):
    weight, parent, bit = [int(n) for n in counts], {}, {}
    free = set(range(len(weight)))
    while len(free) > 1:
        a = min(free, key=lambda i: (weight[i], -i))
        free.remove(a)
        b = min(free, key=lambda i: (weight[i], -i))
        free.remove(b)
        parent[a] = parent[b] = len(weight)
        bit[a], bit[b] = "0", "1"
        free.add(len(weight))
        weight.append(weight[a] + weight[b])
    codes = []
    for node in range(len(counts)):
        code = ""
        while node in parent:
            code = bit[node] + code
            node = parent[node]
        codes.append(code)
    return codes


# %% 4: two queues
def huffman_codes(counts):
    leaves = [(int(counts[i]), {int(i): ""}) for i in np.argsort(counts, kind="stable")]
    inner = []

    def smallest():
        queue = leaves if leaves and (not inner or leaves[0][0] <= inner[0][0]) else inner
        return queue.pop(0)

    while len(leaves) + len(inner) > 1:
        (n, left), (m, right) = smallest(), smallest()
        inner.append(
            (n + m, {i: "1" + code for i, code in left.items()} | {i: "0" + code for i, code in right.items()})
        )
    return [inner[0][1][i] for i in range(len(counts))]


# %% 4: lengths first, then canonical codes
def huffman_codes(counts):
    lengths = np.zeros(len(counts), dtype=int)
    nodes = [(int(n), [i]) for i, n in enumerate(counts)]
    while len(nodes) > 1:
        nodes.sort(key=lambda node: node[0])
        below = nodes[0][1] + nodes[1][1]
        lengths[below] += 1
        nodes = nodes[2:] + [(nodes[0][0] + nodes[1][0], below)]
    codes, value, last = [""] * len(counts), 0, 0
    for i in sorted(range(len(counts)), key=lambda i: lengths[i]):
        value <<= int(lengths[i]) - last
        last = int(lengths[i])
        codes[i] = format(value, f"0{last}b")
        value += 1
    return codes


# %% 4: ties the other way round
def huffman_codes(counts):
    trees = [[float(n), -i, str(i)] for i, n in enumerate(counts)]
    codes = {str(i): "" for i in range(len(counts))}
    while len(trees) > 1:
        trees = sorted(trees, key=lambda tree: (-tree[0], tree[1]))
        b, a = trees.pop(), trees.pop()
        for digit, tree in enumerate((a, b)):
            for i in tree[2].split():
                codes[i] = str(digit) + codes[i]
        trees.insert(0, [a[0] + b[0], min(a[1], b[1]), a[2] + " " + b[2]])
    return [codes[str(i)] for i in range(len(counts))]


# %% 5a: products divided by lengths
def nearest_words(E, word, k):
    lengths = np.sqrt((E**2).sum(axis=1))
    cosines = (E @ E[word]) / (lengths * lengths[word])
    order = np.argsort(cosines)[::-1]
    order = order[order != word][:k]
    return order, cosines[order]


# %% 5a: the word taken out before
def nearest_words(E, word, k):
    others = np.delete(np.arange(len(E)), word)
    units = E / np.linalg.norm(E, axis=1)[:, None]
    cosines = np.einsum("vd,d->v", units[others], units[word])
    best = np.argsort(cosines)[-k:][::-1]
    return others[best], cosines[best]


# %% 5a: argpartition
def nearest_words(E, word, k):
    units = np.divide(E, np.linalg.norm(E, axis=1, keepdims=True))
    cosines = np.matmul(units, units[word])
    cosines[word] = -2
    few = np.argpartition(-cosines, k - 1)[:k]
    few = few[np.argsort(-cosines[few])]
    return few, cosines[few]


# %% 5a: lexsort, Fortran order
def nearest_words(vectors, word, k):
    vectors = np.asfortranarray(vectors)
    unit = vectors[word] / np.linalg.norm(vectors[word])
    cosines = vectors.dot(unit) / np.linalg.norm(vectors, axis=1)
    numbers = np.lexsort((-cosines, np.arange(len(vectors)) == word))[:k]
    return numbers, cosines[numbers]


# %% 5b: a mask
def analogy(E, a, b, c, k):
    units = E / np.sqrt(np.sum(E * E, axis=1, keepdims=True))
    q = units[a] - units[b] + units[c]
    cosines = units @ (q / np.linalg.norm(q))
    allowed = ~np.isin(np.arange(len(E)), [a, b, c])
    order = [i for i in np.argsort(-cosines, kind="stable")[: k + 3] if allowed[i]][:k]
    return np.array(order), cosines[order]


# %% 5b: the three words taken out before
def analogy(E, a, b, c, k):
    units = (E.T / np.linalg.norm(E, axis=1)).T
    q = units[a] + units[c] - units[b]
    others = np.setdiff1d(np.arange(len(E)), [a, b, c])
    cosines = units[others] @ q / np.sqrt(q @ q)
    best = np.argsort(cosines)[::-1][:k]
    return others[best], cosines[best]


# %% 5b: signs as a vector
def analogy(E, a, b, c, k):
    units = E / np.linalg.norm(E, axis=1, keepdims=True)
    q = np.array([1, -1, 1]) @ units[[a, b, c]]
    q /= np.linalg.norm(q)
    cosines = np.einsum("vd,d->v", units, q)
    cosines[a] = cosines[b] = cosines[c] = -9
    best = np.flip(np.argsort(cosines))[:k]
    return best, np.take(cosines, best)


# %% 5b: a sum of three cosines
def unit(v):
    return v / np.linalg.norm(v)


def analogy(E, a, b, c, k):
    lengths = np.linalg.norm(E, axis=1)
    q = unit(E[a]) - unit(E[b]) + unit(E[c])
    scores = (E @ unit(E[a]) - E @ unit(E[b]) + E @ unit(E[c])) / lengths
    scores[[a, b, c]] = -np.inf
    best = np.argpartition(-scores, k - 1)[:k]
    best = best[np.argsort(scores[best])[::-1]]
    return best, scores[best] / np.linalg.norm(q)


# %% 6: eigenvectors of the covariance
def pca(X, k):
    centred = X - np.mean(X, axis=0)
    values, vectors = np.linalg.eigh(np.cov(X, rowvar=False))
    order = np.argsort(values)[::-1][:k]
    return centred @ vectors[:, order], vectors[:, order].T, values[order] / values.sum()


# %% 6: places from U
def pca(X, k):
    U, sigma, At = np.linalg.svd(X - X.mean(axis=0), full_matrices=True)
    return U[:, :k] * sigma[:k], At[:k, :], np.square(sigma[:k]) / np.square(sigma).sum()


# %% 6: first coordinate positive
def pca(X, k):
    centred = X - X.mean(axis=0, keepdims=True)
    axes = np.linalg.svd(centred)[2][:k]
    axes = axes * np.where(axes[:, :1] < 0, -1, 1)
    places = centred @ axes.T
    return places, axes, (places**2).sum(axis=0) / (centred**2).sum()


# %% 6: of the transposed matrix
def pca(X, k):
    centred = X.T - X.T.mean(axis=1)[:, None]
    axes, sigma, _ = np.linalg.svd(centred, full_matrices=False)
    variance = sigma**2 / (len(X) - 1)
    return np.einsum("dv,dk->vk", centred, axes[:, :k]), axes.T[:k], variance[:k] / variance.sum()


# %% 7a: windows
def convolve_words(X, kernels, bias):
    width = kernels.shape[1]
    padded = np.pad(X, ((0, 0), (0, width - 1), (0, 0)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, width, axis=1)  # (N, T, D, w)
    return np.einsum("ntdw,kwd->nkt", windows, kernels) + bias[:, None]


# %% 7a: without padding
def convolve_words(X, kernels, bias):
    (n, T, d), (K, width, _) = X.shape, kernels.shape
    c = np.zeros((n, K, T)) + bias.reshape(1, K, 1)
    for i in range(min(width, T)):
        c[:, :, : T - i] += np.einsum("ntd,kd->nkt", X[:, i:], kernels[:, i])
    return c


# %% 7a: one matrix product
def convolve_words(X, kernels, bias):
    n, T, d = X.shape
    K, width, _ = kernels.shape
    padded = np.zeros((n, T + width, d))
    padded[:, :T] = X
    columns = np.concatenate([padded[:, i : i + T] for i in range(width)], axis=2)
    return (columns @ kernels.reshape(K, width * d).T + bias).swapaxes(1, 2)


# %% 7a: an index of places
def convolve_words(texts, filters, b):
    width = filters.shape[1]
    longer = np.append(texts, np.zeros((len(texts), width - 1, texts.shape[2])), axis=1)
    places = np.arange(texts.shape[1])[:, None] + np.arange(width)
    return np.tensordot(longer[:, places], filters, axes=((2, 3), (1, 2))).transpose(0, 2, 1) + b[None, :, None]


# %% 7b: ReLU first, then 0 in the padding
def text_scores(c, lengths, weight, bias):
    inside = (np.arange(c.shape[2])[None, :] < lengths[:, None])[:, None, :]
    h = (np.maximum(c, 0) * inside).max(axis=2)
    return h, np.einsum("nk,mk->nm", h, weight) + bias


# %% 7b: max with where
def text_scores(c, lengths, weight, bias):
    inside = np.arange(c.shape[-1]) < lengths.reshape(-1, 1, 1)
    h = np.max(c, axis=2, where=inside, initial=0)
    return h, h.dot(weight.T) + bias


# %% 7b: a copy with an index
def text_scores(c, lengths, weight, bias):
    c = c.copy().transpose(0, 2, 1)
    c[np.arange(c.shape[1]) >= lengths[:, None]] = -np.inf
    h = np.clip(c.max(axis=1), 0, None)
    return h, (weight @ h.T).T + bias


# %% 7b: the running maximum
def text_scores(c, lengths, weight, bias):
    so_far = np.maximum.accumulate(c, axis=2)
    peaks = so_far[np.arange(len(c)), :, lengths - 1]
    h = np.where(peaks > 0, peaks, 0.0)
    return h, np.matmul(h, weight.T) + bias[None]
