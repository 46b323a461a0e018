# ruff: noqa  (students write as they like)
"""Right answers to problem set 3b other than the solution: one cell each, with its task and what is special."""


# %% 1: einsum
def gram(features):
    features = features.astype(float)
    return np.einsum("fij,gij->fg", features, features) / features[0].size


# %% 1: loops over the features
def gram(F):
    F = np.asarray(F, dtype=float)
    G = np.zeros((len(F), len(F)))
    for f in range(len(F)):
        for g in range(f + 1):
            G[f, g] = G[g, f] = np.mean(F[f] * F[g])
    return G


# %% 1: tensordot
def gram(features):
    c, height, width = features.shape
    real = 1.0 * features
    return np.tensordot(real, real, axes=([1, 2], [1, 2])) / height / width


# %% 1: the covariance and the means
def gram(features):
    points = np.moveaxis(features, 0, -1).reshape(-1, len(features)).astype("float64")
    return np.cov(points.T, bias=True).reshape(2 * [len(features)]) + np.outer(points.mean(0), points.mean(0))


# %% 2a: loop
def style_loss(grams, targets, weights):
    loss = 0.0
    for s in range(len(grams)):
        difference = grams[s] - targets[s]
        loss += weights[s] * np.sum(difference * difference)
    return loss


# %% 2a: norms
def style_loss(grams, targets, weights):
    return np.dot(weights, [np.linalg.norm(g - a) ** 2 for g, a in zip(grams, targets)])


# %% 2a: a trace
def style_loss(grams, targets, weights):
    return float(sum(w * np.trace((g - a).T @ (g - a)) for g, a, w in zip(grams, targets, weights)))


# %% 2a: einsum, number by number
def style_loss(G, A, w):
    total = 0
    for g, a, weight in zip(G, A, w):
        for row, wanted in zip(g, a):
            total = total + weight * np.einsum("g,g->", row - wanted, row - wanted)
    return total


# %% 2b: einsum
def style_gradient(features, gram_matrix, target, weight):
    _, height, width = features.shape
    return np.einsum("fg,gij->fij", gram_matrix - target, features) * (4 * weight / (height * width))


# %% 2b: row and column apart
def style_gradient(features, gram_matrix, target, weight):
    dG = 2 * weight * (gram_matrix - target)
    flat = features.reshape(features.shape[0], -1)
    return ((dG @ flat + dG.T @ flat) / flat.shape[1]).reshape(features.shape)


# %% 2b: loop over the features
def style_gradient(features, gram_matrix, target, weight):
    gradient = np.zeros(features.shape)
    for h in range(len(features)):
        for g in range(len(features)):
            gradient[h] += (gram_matrix[h, g] - target[h, g]) * features[g]
    return 4 * weight * gradient / features[0].size


# %% 2b: its own Gram matrix
def style_gradient(features, gram_matrix, target, weight):
    points = features.transpose(1, 2, 0)
    own = np.tensordot(points, points, axes=([0, 1], [0, 1])) / points[..., 0].size
    return (4 * weight * points @ (own - target) / points[..., 0].size).transpose(2, 0, 1)


# %% 3: norm
def content_loss(features, photo):
    return 0.5 * np.linalg.norm(features - photo) ** 2, features - photo


# %% 3: loops
def content_loss(F, P):
    loss, gradient = 0.0, np.empty(F.shape)
    for place in np.ndindex(*F.shape):
        gradient[place] = F[place] - P[place]
        loss += gradient[place] ** 2 / 2
    return loss, gradient


# %% 3: einsum
def content_loss(features, photo):
    d = np.subtract(features, photo)
    return np.einsum("fij,fij", d, d) / 2, d


# %% 3: one product of vectors, columns first
def content_loss(features, photo):
    d = np.asfortranarray(features) - photo
    return float(d.ravel() @ d.ravel()) * 0.5, d


# %% 4a: slices
def tv_loss(image):
    x = np.array(image, dtype=float)
    return np.sum((x[:, 1:] - x[:, :-1]) ** 2) + np.sum((x[:, :, 1:] - x[:, :, :-1]) ** 2)


# %% 4a: the border repeated
def tv_loss(image):
    x = np.pad(image.astype(float), ((0, 0), (0, 1), (0, 1)), mode="edge")
    here = x[:, :-1, :-1]
    return np.square(x[:, 1:, :-1] - here).sum() + np.square(x[:, :-1, 1:] - here).sum()


# %% 4a: one function for both axes
def along(x):
    d = x[..., 1:] - x[..., :-1]
    return np.vdot(d, d)


def tv_loss(image):
    image = image * 1.0
    return float(along(image) + along(image.swapaxes(1, 2)))


# %% 4a: multiplied out
def tv_loss(image):
    x = image.astype("float64")
    squares = (x[:, 1:] ** 2).sum() + (x[:, :-1] ** 2).sum() + (x[:, :, 1:] ** 2).sum() + (x[:, :, :-1] ** 2).sum()
    return squares - 2 * ((x[:, 1:] * x[:, :-1]).sum() + (x[:, :, 1:] * x[:, :, :-1]).sum())


# %% 4b: the border repeated
def tv_gradient(image):
    p = np.pad(image, ((0, 0), (1, 1), (1, 1)), mode="edge")
    around = p[:, 2:, 1:-1] + p[:, :-2, 1:-1] + p[:, 1:-1, 2:] + p[:, 1:-1, :-2]
    return 2 * (4 * image - around)


# %% 4b: zeros at both ends of the differences
def tv_gradient(image):
    gradient = 0
    for axis in (1, 2):
        ends = [(0, 0)] * 3
        ends[axis] = (1, 1)
        gradient = gradient - 2 * np.diff(np.pad(np.diff(image, axis=axis), ends), axis=axis)
    return gradient


# %% 4b: matrices
def tv_gradient(image):
    _, height, width = image.shape

    def laplacian(n):
        d = np.diff(np.eye(n), axis=0)
        return d.T @ d

    return 2 * (np.einsum("ik,ckj->cij", laplacian(height), image) + image @ laplacian(width))


# %% 4b: numbers of neighbours
def tv_gradient(image):
    total = np.zeros_like(image)
    number = np.zeros(image.shape[1:])
    for here, there in (
        (np.s_[1:, :], np.s_[:-1, :]),
        (np.s_[:-1, :], np.s_[1:, :]),
        (np.s_[:, 1:], np.s_[:, :-1]),
        (np.s_[:, :-1], np.s_[:, 1:]),
    ):
        total[(slice(None), *here)] += image[(slice(None), *there)]
        number[here] += 1
    return 2 * (number * image - total)


# %% 5a: layers
def dream_gradient(image, kernels):
    layers = []
    for w in kernels:
        conv = nn.Conv2d(w.shape[1], w.shape[0], 3, padding=1, bias=False)
        conv.weight.data[...] = w
        layers += [conv, nn.ReLU()]
    x = image[None]
    for layer in layers:
        x = layer.forward(x)
    back = x
    for layer in layers[::-1]:
        back = layer.backward(back)
    return np.sum(x * x) / 2, back[0]


# %% 5a: recursion
def dream_gradient(image, kernels):
    if not kernels:
        return np.square(image).sum() / 2, image.copy()
    y = np.maximum(nn.conv2d(image[None], kernels[0], padding=1), 0)
    objective, dy = dream_gradient(y[0], kernels[1:])
    return objective, nn.conv2d_input_grad(dy[None] * (y > 0), kernels[0], (1, *image.shape), padding=1)[0]


# %% 5a: a convolution with the kernels turned
def dream_gradient(image, kernels):
    x, masks = image[None], []
    for w in kernels:
        z = nn.conv2d(x, w, padding=(1, 1))
        masks.append(z > 0)
        x = np.where(masks[-1], z, 0.0)
    g = x
    for w, mask in zip(reversed(kernels), reversed(masks)):
        g = nn.conv2d(np.where(mask, g, 0.0), w[:, :, ::-1, ::-1].transpose(1, 0, 2, 3), padding=1)
    return 0.5 * float((x**2).sum()), g[0]


# %% 5a: einsum for the convolutions
def dream_gradient(image, kernels):
    windows = lambda x: np.lib.stride_tricks.sliding_window_view(
        np.pad(x, ((0, 0), (1, 1), (1, 1))), (3, 3), axis=(1, 2)
    )
    outputs = [image]
    for w in kernels:
        outputs.append(np.clip(np.einsum("chwij,kcij->khw", windows(outputs[-1]), w), 0, None))
    g = outputs[-1]
    for w, y in zip(kernels[::-1], outputs[::-1]):
        g = np.einsum("khwij,kcij->chw", windows(g * np.sign(y)), w[..., ::-1, ::-1])
    return np.einsum("khw,khw", outputs[-1], outputs[-1]) / 2, g


# %% 5b: minimum and maximum
def dream_step(image, g, rate, low, high):
    size = np.mean(np.abs(g))
    moved = image + (rate / size * g if size else 0)
    return np.maximum(np.minimum(moved, high.reshape(-1, 1, 1)), low.reshape(-1, 1, 1))


# %% 5b: a channel at a time
def dream_step(image, g, rate, low, high):
    result = np.array(image, dtype=float)
    if g.any():
        result += rate * g * g.size / np.abs(g).sum()
    for c in range(len(result)):
        result[c] = result[c].clip(low[c], high[c])
    return result


# %% 5b: where
def dream_step(image, g, rate, low, high):
    a, b = low[:, np.newaxis, np.newaxis], high[:, np.newaxis, np.newaxis]
    size = np.average(np.where(g < 0, -g, g))
    x = image.copy() if size == 0 else image + rate * (g / size)
    return np.where(x < a, a, np.where(x > b, b, x))


# %% 5b: channels last, and a tiny ε
def dream_step(image, g, rate, low, high):
    step = rate * g / (np.abs(g).mean() + 1e-300)
    return np.clip(np.moveaxis(image + step, 0, -1), low, high).transpose(2, 0, 1)


# %% 5c: one axis after the other
def jittered_gradient(image, gradient, dy, dx):
    shifted = np.roll(np.roll(image, dy, axis=1), dx, axis=2)
    return np.roll(np.roll(gradient(shifted), -dx, axis=2), -dy, axis=1)


# %% 5c: indices
def jittered_gradient(image, gradient, dy, dx):
    _, height, width = image.shape
    rows, columns = (np.arange(height) - dy) % height, (np.arange(width) - dx) % width
    result = np.zeros(image.shape)
    result[:, rows[:, None], columns] = gradient(image[:, rows][:, :, columns])
    return result


# %% 5c: a helper that shifts
def shift(x, rows, columns):
    return np.roll(x, shift=[rows, columns], axis=[-2, -1])


def jittered_gradient(photo, network, down, right):
    return shift(network(shift(photo, down, right)), -down, -right)


# %% 5c: pieces put together in another order
def jittered_gradient(image, gradient, dy, dx):
    a, b = -dy % image.shape[1], -dx % image.shape[2]

    def turn(x, a, b):
        x = np.concatenate([x[:, a:], x[:, :a]], axis=1)
        return np.concatenate([x[:, :, b:], x[:, :, :b]], axis=2)

    g = gradient(turn(image, a, b))
    return turn(g, image.shape[1] - a, image.shape[2] - b)


# %% 6a: a loop from the largest
def octave_sizes(height, width, octaves, scale=1.4):
    sizes = []
    for k in range(octaves):
        sizes.insert(0, (int(height / scale**k + 0.5) or 1, int(width / scale**k + 0.5) or 1))
    return sizes


# %% 6a: floor
def octave_sizes(height, width, octaves, scale=1.4):
    from math import floor

    def smaller(n, k):
        return max(1, floor(n / scale**k + 1 / 2))

    return [(smaller(height, k), smaller(width, k)) for k in range(octaves - 1, -1, -1)]


# %% 6a: NumPy
def octave_sizes(height, width, octaves, scale=1.4):
    factors = float(scale) ** np.arange(octaves)[::-1]
    rows, columns = (np.maximum(np.floor(n / factors + 0.5), 1).astype(int).tolist() for n in (height, width))
    return list(zip(rows, columns))


# %% 6a: NumPy's integers, reversed at the end
def octave_sizes(height, width, octaves, scale=1.4):
    sizes = [tuple(np.maximum((np.array([height, width]) / scale**k + 0.5).astype(int), 1)) for k in range(octaves)]
    sizes.reverse()
    return sizes


# %% 6b: all four neighbours at once
def resize(image, height, width):
    y = np.maximum((np.arange(height) + 0.5) * (image.shape[1] / height) - 0.5, 0)[:, None]
    x = np.maximum((np.arange(width) + 0.5) * (image.shape[2] / width) - 0.5, 0)[None]
    i, j = y.astype(int), x.astype(int)
    i1, j1 = np.minimum(i + 1, image.shape[1] - 1), np.minimum(j + 1, image.shape[2] - 1)
    t, s = y - i, x - j
    upper = (1 - s) * image[:, i, j] + s * image[:, i, j1]
    lower = (1 - s) * image[:, i1, j] + s * image[:, i1, j1]
    return (1 - t) * upper + t * lower


# %% 6b: two matrices of hats
def hats(old, new):
    at = np.clip((np.arange(new) + 0.5) * old / new - 0.5, 0, old - 1)
    return np.maximum(0, 1 - np.abs(at[:, None] - np.arange(old)))


def resize(image, height, width):
    return np.einsum("ik,ckl,jl->cij", hats(image.shape[1], height), image, hats(image.shape[2], width))


# %% 6b: one side, then turned, then the other
def stretch(x, n):
    old = x.shape[-1]
    at = ((2 * np.arange(n) + 1) * old / n - 1) / 2
    at[at < 0] = 0
    first = np.floor(at).astype("int64")
    second = np.where(first + 1 < old, first + 1, old - 1)
    return x[..., first] + (at - first) * (x[..., second] * 1.0 - x[..., first])


def resize(image, height, width):
    return stretch(stretch(image, width).swapaxes(1, 2), height).swapaxes(1, 2)


# %% 6b: two matrices, filled place by place
def mixing(old, new):
    at = np.clip((np.arange(new) + 0.5) * old / new - 0.5, 0, old - 1)
    matrix, rows, first = np.zeros((new, old)), np.arange(new), at.astype(int)
    np.add.at(matrix, (rows, first), 1 - at % 1)
    np.add.at(matrix, (rows, np.minimum(first + 1, old - 1)), at % 1)
    return matrix


def resize(image, height, width):
    return mixing(image.shape[1], height) @ image @ mixing(image.shape[2], width).T


# %% 6c: zip
def dream_octaves(image, sizes, dream, resize):
    bases = [resize(image, h, w) for h, w in sizes]
    result = dream(bases[0])
    for before, base, (h, w) in zip(bases, bases[1:], sizes[1:]):
        result = dream(base + resize(result - before, h, w))
    return result


# %% 6c: no detail at first
def dream_octaves(image, sizes, dream, resize):
    detail = None
    for size in sizes:
        base = resize(image, *size)
        start = base if detail is None else base + resize(detail, *size)
        result = dream(start)
        detail = np.subtract(result, base)
    return result


# %% 6c: recursion
def dream_octaves(image, sizes, dream, resize):
    def octave(k):
        base = resize(image, *sizes[k])
        detail = 0 if k == 0 else resize(octave(k - 1), *sizes[k])
        return dream(base + detail) - base

    return octave(len(sizes) - 1) + resize(image, *sizes[-1])


# %% 6c: an index, and zeros of the first size
def dream_octaves(photo, sizes, network, zoom):
    detail = np.zeros((photo.shape[0],) + tuple(sizes[0]))
    k = 0
    while k < len(sizes):
        height, width = sizes[k]
        picture = zoom(photo, height, width).copy()
        picture += zoom(detail, height, width)
        dreamt = network(picture)
        detail = dreamt - zoom(photo, height, width)
        k += 1
    return dreamt


# %% 7a: a loop
def tile_bounds(length, tile, shift):
    pieces, start = [], 0
    stop = shift if shift > 0 else tile
    while start < length:
        pieces.append((start, min(stop, length)))
        start, stop = stop, stop + tile
    return pieces


# %% 7a: pixel by pixel
def tile_bounds(length, tile, shift):
    cuts = [p for p in range(1, length) if (p - shift) % tile == 0]
    return list(zip([0] + cuts, cuts + [length]))


# %% 7a: from before the image, and cut to it
def tile_bounds(length, tile, shift):
    pieces = [(max(start, 0), min(start + tile, length)) for start in range(shift - tile, length, tile)]
    return [piece for piece in pieces if piece[0] < piece[1]]


# %% 7a: NumPy
def tile_bounds(length, tile, shift):
    cuts = np.arange(shift, length, tile)
    edges = np.unique(np.concatenate([[0], cuts[cuts > 0], [length]])).tolist()
    return [(edges[i], edges[i + 1]) for i in range(len(edges) - 1)]


# %% 7b: slices
def tiled_gradient(image, gradient, rows, columns, halo):
    _, height, width = image.shape
    result = np.zeros(image.shape)
    for top, bottom in rows:
        for left, right in columns:
            up, down = min(halo, top), min(halo, height - bottom)
            before, after = min(halo, left), min(halo, width - right)
            g = gradient(image[:, top - up : bottom + down, left - before : right + after])
            result[:, top:bottom, left:right] = g[:, up : g.shape[1] - down, before : g.shape[2] - after]
    return result


# %% 7b: columns outside, in copies
def tiled_gradient(image, gradient, rows, columns, halo):
    result = np.full(image.shape, np.nan)
    for left, right in columns:
        x = max(0, left - halo)
        for top, bottom in rows:
            y = max(0, top - halo)
            part = image[:, y : bottom + halo, x : right + halo].copy()
            here = gradient(part)
            result[:, top:bottom, left:right] = here[:, top - y :, left - x :][:, : bottom - top, : right - left]
    return result


# %% 7b: blocks put together
def tiled_gradient(image, gradient, rows, columns, halo):
    def tile(a, b, c, d):
        y, x = max(a - halo, 0), max(c - halo, 0)
        return gradient(image[:, y : b + halo, x : d + halo])[:, a - y : b - y, c - x : d - x]

    return np.block([[tile(*row, *column) for column in columns] for row in rows])


# %% 7b: the part's gradient at its place in a large array
def tiled_gradient(image, gradient, rows, columns, halo):
    result = np.empty_like(image)
    for top, bottom in rows:
        for left, right in columns:
            where = np.s_[:, max(top - halo, 0) : bottom + halo, max(left - halo, 0) : right + halo]
            whole = np.zeros_like(image)
            whole[where] = gradient(image[where])
            result[:, top:bottom, left:right] = whole[:, top:bottom, left:right]
    return result
