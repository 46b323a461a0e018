# ruff: noqa  (students write as they like)
"""Wrong answers to problem set 3b: one cell each, with its task, what is wrong, and words that the student must read.

"says" is for what the visible checks find, "hidden" for what passes them, "stops" for errors of the student's own code.
``solution`` holds the reference functions.
"""


# %% 1: not divided
# says: is 6 times too large (is a division by 6 missing?)
def gram(features):
    rows = features.reshape(len(features), -1)
    return rows @ rows.T


# %% 1: divided by C·H·W
# says: is 2 times too small
def gram(features):
    return solution.gram(features) / len(features)


# %% 1: points times points
# says: has the wrong shape: axis 0 is too long
def gram(features):
    rows = features.reshape(len(features), -1)
    return rows.T @ rows / rows.shape[1]


# %% 1: the covariance
# says: has wrong values
def gram(features):
    rows = features.reshape(len(features), -1)
    return solution.gram((rows - rows.mean(axis=1, keepdims=True)).reshape(features.shape))


# %% 1: cosines
# says: has wrong values
def gram(features):
    rows = features.reshape(len(features), -1)
    rows = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    return rows @ rows.T


# %% 1: the diagonal only
# says: is 0 in places where it should not be
def gram(features):
    return np.diag((features**2).mean(axis=(1, 2)))


# %% 1: each feature with itself, as a vector
# says: has 1 dimension, expected 2
def gram(features):
    return (features**2).mean(axis=(1, 2))


# %% 1: points made the rows
# says: has the wrong shape: axis 0 is too long
def gram(features):
    rows = features.reshape(-1, len(features))
    return rows @ rows.T / len(rows)


# %% 1: numbers mixed up by the reshape
# says: has wrong values
def gram(features):
    rows = features.reshape(-1, len(features)).T
    return rows @ rows.T / rows.shape[1]


# %% 1: the upper triangle
# says: is 0 in places where it should not be
def gram(features):
    return np.triu(solution.gram(features))


# %% 1: a loop over the points
# says: a loop grows with the data
def gram(features):
    c, height, width = features.shape
    g = np.zeros((c, c))
    for i in range(height):
        for j in range(width):
            g += np.outer(features[:, i, j], features[:, i, j])
    return g / (height * width)


# %% 1: normalises the features in place
# says: changed its input features
def gram(features):
    features /= np.sqrt(features[0].size)
    return np.einsum("fij,gij->fg", features, features)


# %% 1: wraps around in small integers
# hidden: gram of colours, uint8: has wrong values
def gram(features):
    return np.einsum("fij,gij->fg", features, features) / features[0].size


# %% 1: six points always
# hidden: is a constant times the right result
def gram(features):
    rows = features.reshape(len(features), -1).astype(float)
    return rows @ rows.T / 6


# %% 1: two features always
# hidden: has the wrong shape
def gram(features):
    return solution.gram(features[:2])


# %% 1: hard-coded
# hidden: has the wrong shape
def gram(features):
    return np.array([[10.0, 1.0], [1.0, 15.0]]) / 6


# %% 1: the matrix of torch
# says: is a Tensor, expected a NumPy array
import torch


def gram(features):
    rows = torch.tensor(features).flatten(1)
    return rows @ rows.T / rows.shape[1]


# %% 1: by torch
# hidden: calls the ready-made torch
import torch


def gram(features):
    rows = torch.tensor(features).flatten(1).double()
    return (rows @ rows.T / rows.shape[1]).numpy()


# %% 2a: no weights
# says: style_loss(grams, targets, [0.5, 2]): has a wrong value
def style_loss(grams, targets, weights):
    return sum(((g - a) ** 2).sum() for g, a in zip(grams, targets))


# %% 2a: weights squared
# says: has a wrong value
def style_loss(grams, targets, weights):
    return sum(((w * (g - a)) ** 2).sum() for w, g, a in zip(weights, grams, targets))


# %% 2a: means
# says: no mean is taken
def style_loss(grams, targets, weights):
    return sum(w * ((g - a) ** 2).mean() for w, g, a in zip(weights, grams, targets))


# %% 2a: not squared
# says: has a wrong value
def style_loss(grams, targets, weights):
    return sum(w * np.abs(g - a).sum() for w, g, a in zip(weights, grams, targets))


# %% 2a: with the root
# says: has a wrong value
def style_loss(grams, targets, weights):
    return sum(w * np.linalg.norm(g - a) for w, g, a in zip(weights, grams, targets))


# %% 2a: half, as the content loss
# says: is 2 times too small
def style_loss(grams, targets, weights):
    return solution.style_loss(grams, targets, weights) / 2


# %% 2a: mean over the layers
# says: is 2 times too small
def style_loss(grams, targets, weights):
    return solution.style_loss(grams, targets, weights) / len(grams)


# %% 2a: every pair of features once
# says: All C² entries count
def style_loss(grams, targets, weights):
    return solution.style_loss([np.triu(g) for g in grams], [np.triu(a) for a in targets], weights)


# %% 2a: a product of matrices
# says: has a wrong value
def style_loss(grams, targets, weights):
    return sum(w * ((g - a) @ (g - a)).sum() for w, g, a in zip(weights, grams, targets))


# %% 2a: returns from within the loop
# says: has a wrong value
def style_loss(grams, targets, weights):
    total = 0
    for g, a, w in zip(grams, targets, weights):
        total += w * ((g - a) ** 2).sum()
        return total


# %% 2a: one loss for each layer
# says: is an array, expected a number
def style_loss(grams, targets, weights):
    return np.array([w * ((g - a) ** 2).sum() for w, g, a in zip(weights, grams, targets)])


# %% 2a: subtracts in place
# says: changed its input grams[0]
def style_loss(grams, targets, weights):
    loss = 0
    for g, a, w in zip(grams, targets, weights):
        g -= a
        loss += w * (g**2).sum()
    return loss


# %% 2a: two layers
# hidden: style_loss, layers: 3:
def style_loss(grams, targets, weights):
    first = weights[0] * ((grams[0] - targets[0]) ** 2).sum()
    return first + weights[1] * ((grams[1] - targets[1]) ** 2).sum()


# %% 2a: all layers in one array
# stops: inhomogeneous
def style_loss(grams, targets, weights):
    grams, targets = np.array(grams), np.array(targets)
    return (weights * ((grams - targets) ** 2).sum(axis=(1, 2))).sum()


# %% 2a: its own weights
# hidden: Does every layer have its own weight?
def style_loss(grams, targets, weights):
    return solution.style_loss(grams, targets, [0.5, *[2.0] * (len(grams) - 1)])


# %% 2a: hard-coded
# hidden: has a wrong value
def style_loss(grams, targets, weights):
    return 12.5


# %% 2b: factor 2
# says: is 2 times too small
def style_gradient(features, gram_matrix, target, weight):
    return solution.style_gradient(features, gram_matrix, target, weight) / 2


# %% 2b: H·W forgotten
# says: is 6 times too large
def style_gradient(features, gram_matrix, target, weight):
    return 4 * weight * np.einsum("fg,gij->fij", gram_matrix - target, features)


# %% 2b: weight forgotten
# says: is 3 times too small
def style_gradient(features, gram_matrix, target, weight):
    return solution.style_gradient(features, gram_matrix, target, 1)


# %% 2b: sign slip
# says: has the wrong sign
def style_gradient(features, gram_matrix, target, weight):
    return solution.style_gradient(features, target, gram_matrix, weight)


# %% 2b: divided by (C·H·W)
# says: is 2 times too small
def style_gradient(features, gram_matrix, target, weight):
    return solution.style_gradient(features, gram_matrix, target, weight) / len(features)


# %% 2b: the difference squared
# says: has wrong values
def style_gradient(features, gram_matrix, target, weight):
    return solution.style_gradient(features, (gram_matrix - target) ** 2, 0, weight)


# %% 2b: the target forgotten
# says: has wrong values
def style_gradient(features, gram_matrix, target, weight):
    return solution.style_gradient(features, gram_matrix, 0 * target, weight)


# %% 2b: number by number
# stops: could not be broadcast
def style_gradient(features, gram_matrix, target, weight):
    return 4 * weight / features[0].size * (gram_matrix - target) * features.reshape(len(features), -1)


# %% 2b: in rows
# says: has 2 dimensions, expected 3
def style_gradient(features, gram_matrix, target, weight):
    rows = features.reshape(len(features), -1)
    return 4 * weight * (gram_matrix - target) @ rows / rows.shape[1]


# %% 2b: the gradient by the Gram matrix
# says: has 2 dimensions, expected 3
def style_gradient(features, gram_matrix, target, weight):
    return 2 * weight * (gram_matrix - target)


# %% 2b: points as rows
# stops: matmul
def style_gradient(features, gram_matrix, target, weight):
    rows = features.reshape(len(features), -1).T
    return (4 * weight * (gram_matrix - target) @ rows / len(rows)).reshape(features.shape)


# %% 2b: numbers mixed up by the reshape
# says: has wrong values
def style_gradient(features, gram_matrix, target, weight):
    rows = features.reshape(len(features), -1)
    return (4 * weight * (gram_matrix - target) @ rows / rows.shape[1]).T.reshape(features.shape)


# %% 2b: in place
# says: changed its input gram_matrix
def style_gradient(features, gram_matrix, target, weight):
    gram_matrix -= target
    return 4 * weight / features[0].size * np.tensordot(gram_matrix, features, axes=1)


# %% 2b: by finite differences
# says: is close, but not close enough
def style_gradient(features, gram_matrix, target, weight):
    gradient = np.zeros(features.shape)
    for i in np.ndindex(features.shape):
        moved = features.copy()
        moved[i] += 1e-4
        both = [weight * ((solution.gram(f) - target) ** 2).sum() for f in (features, moved)]
        gradient[i] = (both[1] - both[0]) / 1e-4
    return gradient


# %% 2b: the number of columns for that of the points
# says: is 2 times too large
def style_gradient(features, gram_matrix, target, weight):
    return 4 * weight / features.shape[2] * np.tensordot(gram_matrix - target, features, axes=1)


# %% 2b: a factor that is right here only
# hidden: is 10 times too large
def style_gradient(features, gram_matrix, target, weight):
    return 2 * np.tensordot(gram_matrix - target, features, axes=1)


# %% 2b: two features always
# hidden: has the wrong shape
def style_gradient(features, gram_matrix, target, weight):
    f, g, a = features[:2], gram_matrix[:2, :2], target[:2, :2]
    return 4 * weight / f[0].size * np.tensordot(g - a, f, axes=1)


# %% 2b: PyTorch does it
# hidden: calls the ready-made torch
import torch


def style_gradient(features, gram_matrix, target, weight):
    f = torch.tensor(features, requires_grad=True)
    loss = weight * ((torch.einsum("fij,gij->fg", f, f) / f[0].numel() - torch.tensor(target)) ** 2).sum()
    return torch.autograd.grad(loss, f)[0].numpy()


# %% 3: no half
# says: loss is 2 times too large
def content_loss(features, photo):
    return ((features - photo) ** 2).sum(), features - photo


# %% 3: mean
# says: loss is 6 times too small
def content_loss(features, photo):
    return ((features - photo) ** 2).mean() / 2, features - photo


# %% 3: sign slip
# says: gradient has the wrong sign
def content_loss(features, photo):
    difference = photo - features
    return (difference**2).sum() / 2, difference


# %% 3: gradient twice too large
# says: gradient is 2 times too large
def content_loss(features, photo):
    difference = features - photo
    return (difference**2).sum() / 2, 2 * difference


# %% 3: gradient divided as a mean
# says: gradient is 6 times too small
def content_loss(features, photo):
    difference = features - photo
    return (difference**2).sum() / 2, difference / difference.size


# %% 3: with the root
# says: Half the sum of their squares
def content_loss(features, photo):
    return np.linalg.norm(features - photo) / 2, features - photo


# %% 3: absolute values
# says: Half the sum of their squares
def content_loss(features, photo):
    return np.abs(features - photo).sum() / 2, features - photo


# %% 3: the loss for every feature
# says: loss is an array, expected a number
def content_loss(features, photo):
    return ((features - photo) ** 2).sum(axis=(1, 2)) / 2, features - photo


# %% 3: in the wrong order
# says: loss is an array, expected a number
def content_loss(features, photo):
    loss, gradient = solution.content_loss(features, photo)
    return gradient, loss


# %% 3: loss only
# says: expected a tuple of 2: (loss, gradient)
def content_loss(features, photo):
    return ((features - photo) ** 2).sum() / 2


# %% 3: in place
# says: changed its input features
def content_loss(features, photo):
    features -= photo
    return (features**2).sum() / 2, features


# %% 3: Gram matrices compared
# says: loss has a wrong value
def content_loss(features, photo):
    f, p = solution.gram(features), solution.gram(photo)
    return ((f - p) ** 2).sum() / 2, features - photo


# %% 3: hard-coded
# hidden: loss has a wrong value
def content_loss(features, photo):
    return 8.0, features - photo


# %% 3: the first two features
# hidden: gradient has
def content_loss(features, photo):
    loss, _ = solution.content_loss(features, photo)
    return loss, features[:2] - photo[:2]


# %% 3: remembers the first photo
# hidden: your code stopped with ValueError
kept = []


def content_loss(features, photo):
    kept.append(photo)
    return solution.content_loss(features, kept[0])


# %% 4a: one direction
# says: has a wrong value
def tv_loss(image):
    return (np.diff(image, axis=2) ** 2).sum()


# %% 4a: absolute values
# says: Their squares add up
def tv_loss(image):
    return np.abs(np.diff(image, axis=1)).sum() + np.abs(np.diff(image, axis=2)).sum()


# %% 4a: squared at the end
# says: has a wrong value
def tv_loss(image):
    return np.diff(image, axis=1).sum() ** 2 + np.diff(image, axis=2).sum() ** 2


# %% 4a: means
# says: has a wrong value
def tv_loss(image):
    return (np.diff(image, axis=1) ** 2).mean() + (np.diff(image, axis=2) ** 2).mean()


# %% 4a: half
# says: is 2 times too small
def tv_loss(image):
    return solution.tv_loss(image) / 2


# %% 4a: every pair twice
# says: is 2 times too large
def tv_loss(image):
    return 2 * solution.tv_loss(image)


# %% 4a: round the border
# says: has a wrong value
def tv_loss(image):
    return sum(((np.roll(image, 1, axis=axis) - image) ** 2).sum() for axis in (1, 2))


# %% 4a: zeros beyond the border
# says: has a wrong value
def tv_loss(image):
    return solution.tv_loss(np.pad(image, ((0, 0), (0, 1), (0, 1))))


# %% 4a: last row and column left out
# says: has a wrong value
def tv_loss(image):
    here = image[:, :-1, :-1]
    return ((image[:, 1:, :-1] - here) ** 2).sum() + ((image[:, :-1, 1:] - here) ** 2).sum()


# %% 4a: lengths of the slopes
# says: has a wrong value
def tv_loss(image):
    here = image[:, :-1, :-1]
    return np.sqrt((image[:, 1:, :-1] - here) ** 2 + (image[:, :-1, 1:] - here) ** 2).sum()


# %% 4a: one number a channel
# says: is an array, expected a number
def tv_loss(image):
    return (np.diff(image, axis=1) ** 2).sum((1, 2)) + (np.diff(image, axis=2) ** 2).sum((1, 2))


# %% 4a: a loop over the pixels
# says: a loop grows with the data
def tv_loss(image):
    total = 0.0
    c, height, width = image.shape
    for i in range(height):
        for j in range(width):
            if i + 1 < height:
                total += ((image[:, i + 1, j] - image[:, i, j]) ** 2).sum()
            if j + 1 < width:
                total += ((image[:, i, j + 1] - image[:, i, j]) ** 2).sum()
    return total


# %% 4a: in place
# says: changed its input image
def tv_loss(image):
    value = solution.tv_loss(image)
    image[:, 1:] -= image[:, :-1]
    return value


# %% 4a: wraps around in small integers
# hidden: tv_loss of pixels, uint8: has a wrong value
def tv_loss(image):
    return (np.diff(image, axis=1) ** 2).sum() + (np.diff(image, axis=2) ** 2).sum()


# %% 4a: channels are neighbours too
# hidden: Channels are no neighbours
def tv_loss(image):
    return sum((np.diff(image.astype(float), axis=axis) ** 2).sum() for axis in range(3))


# %% 4a: the first channel
# hidden: has a wrong value
def tv_loss(image):
    return solution.tv_loss(image[:1])


# %% 4a: axes 0 and 1
# says: has a wrong value
def tv_loss(image):
    return (np.diff(image, axis=0) ** 2).sum() + (np.diff(image, axis=1) ** 2).sum()


# %% 4a: hard-coded
# hidden: has a wrong value
def tv_loss(image):
    return 28.0


# %% 4b: factor 2 forgotten
# says: is 2 times too small
def tv_gradient(image):
    return solution.tv_gradient(image) / 2


# %% 4b: downhill
# says: has the wrong sign
def tv_gradient(image):
    return -solution.tv_gradient(image)


# %% 4b: one pixel of each pair
# says: has wrong values
def tv_gradient(image):
    gradient = np.zeros(image.shape)
    gradient[:, 1:] += 2 * np.diff(image, axis=1)
    gradient[:, :, 1:] += 2 * np.diff(image, axis=2)
    return gradient


# %% 4b: both pixels with a plus
# says: has wrong values
def tv_gradient(image):
    down, right = 2 * np.diff(image, axis=1), 2 * np.diff(image, axis=2)
    gradient = np.zeros(image.shape)
    gradient[:, 1:] += down
    gradient[:, :-1] += down
    gradient[:, :, 1:] += right
    gradient[:, :, :-1] += right
    return gradient


# %% 4b: writes over what is there
# says: has wrong values
def tv_gradient(image):
    down, right = 2 * np.diff(image, axis=1), 2 * np.diff(image, axis=2)
    gradient = np.zeros(image.shape)
    gradient[:, 1:] = down
    gradient[:, :-1] = -down
    gradient[:, :, 1:] += right
    gradient[:, :, :-1] -= right
    return gradient


# %% 4b: one direction
# says: has wrong values
def tv_gradient(image):
    gradient = np.zeros(image.shape)
    gradient[:, 1:] += 2 * np.diff(image, axis=1)
    gradient[:, :-1] -= 2 * np.diff(image, axis=1)
    return gradient


# %% 4b: round the border
# says: Beyond the border there is none
def tv_gradient(image):
    return 2 * sum(image - np.roll(image, step, axis=axis) for axis in (1, 2) for step in (1, -1))


# %% 4b: zeros beyond the border
# says: has wrong values
def tv_gradient(image):
    p = np.pad(image, ((0, 0), (1, 1), (1, 1)))
    return 2 * (4 * image - p[:, 2:, 1:-1] - p[:, :-2, 1:-1] - p[:, 1:-1, 2:] - p[:, 1:-1, :-2])


# %% 4b: signs of the differences
# says: has wrong values
def tv_gradient(image):
    down, right = np.sign(np.diff(image, axis=1)), np.sign(np.diff(image, axis=2))
    gradient = np.zeros(image.shape)
    gradient[:, 1:] += down
    gradient[:, :-1] -= down
    gradient[:, :, 1:] += right
    gradient[:, :, :-1] -= right
    return gradient


# %% 4b: NumPy's gradient
# says: has wrong values
def tv_gradient(image):
    down, right = np.gradient(image, axis=(1, 2))
    return 2 * (down + right)


# %% 4b: shorter by one
# says: axis 1 is too short
def tv_gradient(image):
    return solution.tv_gradient(image)[:, :-1]


# %% 4b: a loop over the pixels
# says: a loop grows with the data
def tv_gradient(image):
    gradient = np.zeros(image.shape)
    for c, i, j in np.ndindex(image.shape):
        for a, b in ((i + 1, j), (i - 1, j), (i, j + 1), (i, j - 1)):
            if 0 <= a < image.shape[1] and 0 <= b < image.shape[2]:
                gradient[c, i, j] += 2 * (image[c, i, j] - image[c, a, b])
    return gradient


# %% 4b: in place
# says: changed its input image
def tv_gradient(image):
    result = solution.tv_gradient(image)
    image[...] = result
    return image


# %% 4b: without channels
# says: has 2 dimensions, expected 3
def tv_gradient(image):
    return solution.tv_gradient(image)[0]


# %% 4b: the first channel
# hidden: is 0 in places where it should not be
def tv_gradient(image):
    gradient = np.zeros(image.shape)
    gradient[:1] = solution.tv_gradient(image[:1])
    return gradient


# %% 4b: channels are neighbours too
# hidden: has wrong values
def tv_gradient(image):
    gradient = solution.tv_gradient(image)
    gradient[1:] += 2 * np.diff(image, axis=0)
    gradient[:-1] -= 2 * np.diff(image, axis=0)
    return gradient


# %% 4b: needs two rows
# hidden: your code stopped with IndexError
def tv_gradient(image):
    gradient = solution.tv_gradient(image)
    gradient[:, 0] = 2 * (image[:, 0] - image[:, 1])
    gradient[:, 0, 1:] += 2 * np.diff(image[:, 0])
    gradient[:, 0, :-1] -= 2 * np.diff(image[:, 0])
    return gradient


# %% 4b: hard-coded
# hidden: has the wrong shape
def tv_gradient(image):
    return np.array([[[-2.0, 6.0, -8.0], [-12.0, 6.0, 12.0], [6.0, -12.0, 4.0]]])


# %% 5a: no masks
# says: gradient has wrong values
def dream_gradient(image, kernels):
    objective, _ = solution.dream_gradient(image, kernels)
    outputs = [image]
    for w in kernels:
        outputs.append(np.maximum(nn.conv2d(outputs[-1][None], w, padding=1)[0], 0))
    g = outputs[-1]
    for w, x in zip(kernels[::-1], outputs[-2::-1]):
        g = nn.conv2d_input_grad(g[None], w, x[None].shape, padding=1)[0]
    return objective, g


# %% 5a: gradient through where z is 0
# says: gradient is not 0 in places where it should be
def dream_gradient(image, kernels):
    objective, _ = solution.dream_gradient(image, kernels)
    outputs, sums = [image], []
    for w in kernels:
        sums.append(nn.conv2d(outputs[-1][None], w, padding=1)[0])
        outputs.append(np.maximum(sums[-1], 0))
    g = outputs.pop()
    for w, x, z in zip(kernels[::-1], outputs[::-1], sums[::-1]):
        g = nn.conv2d_input_grad((g * (z >= 0))[None], w, x[None].shape, padding=1)[0]
    return objective, g


# %% 5a: a mask of the gradient
# says: gradient has wrong values
def dream_gradient(image, kernels):
    objective, _ = solution.dream_gradient(image, kernels)
    outputs = [image]
    for w in kernels:
        outputs.append(np.maximum(nn.conv2d(outputs[-1][None], w, padding=1)[0], 0))
    g = outputs.pop()
    for w, x in zip(kernels[::-1], outputs[::-1]):
        g = nn.conv2d_input_grad(np.maximum(g, 0)[None], w, x[None].shape, padding=1)[0]
    return objective, g


# %% 5a: ones fed back
# says: gradient has wrong values
def dream_gradient(image, kernels):
    objective, _ = solution.dream_gradient(image, kernels)
    outputs = [image]
    for w in kernels:
        outputs.append(np.maximum(nn.conv2d(outputs[-1][None], w, padding=1)[0], 0))
    g = np.ones(outputs[-1].shape)
    for w, x, y in zip(kernels[::-1], outputs[-2::-1], outputs[::-1]):
        g = nn.conv2d_input_grad((g * (y > 0))[None], w, x[None].shape, padding=1)[0]
    return objective, g


# %% 5a: no half in the objective
# says: objective is 2 times too large
def dream_gradient(image, kernels):
    objective, gradient = solution.dream_gradient(image, kernels)
    return 2 * objective, gradient


# %% 5a: gradient of the sum of squares without half
# says: gradient is 2 times too large
def dream_gradient(image, kernels):
    objective, gradient = solution.dream_gradient(image, kernels)
    return objective, 2 * gradient


# %% 5a: mean in place of the sum
# says: objective is 6 times too small
def dream_gradient(image, kernels):
    objective, gradient = solution.dream_gradient(image, kernels)
    return objective / image[0].size, gradient


# %% 5a: no ReLU behind the last layer
# hidden: objective has a wrong value
def dream_gradient(image, kernels):
    outputs = [image]
    for w in kernels:
        outputs.append(np.maximum(nn.conv2d(outputs[-1][None], w, padding=1)[0], 0))
    g = outputs[-1] = nn.conv2d(outputs[-2][None], kernels[-1], padding=1)[0]
    objective = (g**2).sum() / 2
    for k in reversed(range(len(kernels))):
        g = nn.conv2d_input_grad(g[None], kernels[k], (1, *outputs[k].shape), padding=1)[0]
        g = g * (outputs[k] > 0) if k else g
    return objective, g


# %% 5a: kernels in the forward order
# stops: channels
def dream_gradient(image, kernels):
    outputs = [image]
    for w in kernels:
        outputs.append(np.maximum(nn.conv2d(outputs[-1][None], w, padding=1)[0], 0))
    g = outputs.pop()
    for w, x in zip(kernels, outputs[::-1]):
        g = nn.conv2d_input_grad(g[None], w, x[None].shape, padding=1)[0]
    return (g**2).sum() / 2, g


# %% 5a: forward again in place of back
# stops: expected shape
def dream_gradient(image, kernels):
    x = image
    for w in kernels:
        x = np.maximum(nn.conv2d(x[None], w, padding=1)[0], 0)
    g = x
    for w in kernels[::-1]:
        g = nn.conv2d(g[None], w, padding=1)[0]
    return (x**2).sum() / 2, g


# %% 5a: no padding
# stops: expected
def dream_gradient(image, kernels):
    x = image
    for w in kernels:
        x = np.maximum(nn.conv2d(x[None], w)[0], 0)
    return (x**2).sum() / 2, solution.dream_gradient(image, kernels)[1]


# %% 5a: a batch comes back
# says: gradient has 4 dimensions, expected 3
def dream_gradient(image, kernels):
    objective, gradient = solution.dream_gradient(image, kernels)
    return objective, gradient[None]


# %% 5a: downhill
# says: gradient has the wrong sign
def dream_gradient(image, kernels):
    objective, gradient = solution.dream_gradient(image, kernels)
    return objective, -gradient


# %% 5a: gradient only
# says: expected a tuple of 2: (objective, gradient)
def dream_gradient(image, kernels):
    return solution.dream_gradient(image, kernels)[1]


# %% 5a: ReLU in place on the image
# says: changed its input image
def dream_gradient(image, kernels):
    result = solution.dream_gradient(image, kernels)
    image[image < 0] = 0
    return result


# %% 5a: two layers, without a loop
# hidden: dream_gradient, layers: 3: objective has a wrong value
def dream_gradient(image, kernels):
    a = np.maximum(nn.conv2d(image[None], kernels[0], padding=1), 0)
    b = np.maximum(nn.conv2d(a, kernels[1], padding=1), 0)
    da = nn.conv2d_input_grad(b, kernels[1], a.shape, padding=1) * (a > 0)
    return (b**2).sum() / 2, nn.conv2d_input_grad(da, kernels[0], (1, *image.shape), padding=1)[0]


# %% 5a: PyTorch does it
# hidden: calls the ready-made torch
import torch


def dream_gradient(image, kernels):
    x = y = torch.tensor(image, requires_grad=True)
    for w in kernels:
        y = torch.relu(torch.nn.functional.conv2d(y[None], torch.tensor(w), padding=1)[0])
    e = (y**2).sum() / 2
    return e.item(), torch.autograd.grad(e, x)[0].numpy()


# %% 5a: hard-coded
# hidden: objective has a wrong value
def dream_gradient(image, kernels):
    return 21.5, np.array([[[1.0, -8.0, 0.0], [-10.0, 5.0, 1.0]]])


# %% 5b: not normalised
# says: mean |g| is 24/6 = 4
def dream_step(image, g, rate, low, high):
    return np.clip(image + rate * g, low[:, None, None], high[:, None, None])


# %% 5b: downhill
# says: has wrong values
def dream_step(image, g, rate, low, high):
    return solution.dream_step(image, -g, rate, low, high)


# %% 5b: divided by the mean
# says: mean |g| is 24/6 = 4
def dream_step(image, g, rate, low, high):
    return np.clip(image + rate * g / g.mean(), low[:, None, None], high[:, None, None])


# %% 5b: divided by the absolute value of the mean
# says: mean |g| is 24/6 = 4
def dream_step(image, g, rate, low, high):
    return np.clip(image + rate * g / abs(g.mean()), low[:, None, None], high[:, None, None])


# %% 5b: divided by the norm
# says: has wrong values
def dream_step(image, g, rate, low, high):
    return np.clip(image + rate * g / np.linalg.norm(g), low[:, None, None], high[:, None, None])


# %% 5b: divided by the standard deviation
# says: has wrong values
def dream_step(image, g, rate, low, high):
    return np.clip(image + rate * g / g.std(), low[:, None, None], high[:, None, None])


# %% 5b: a mean for each channel
# says: has wrong values
def dream_step(image, g, rate, low, high):
    size = np.abs(g).mean(axis=(1, 2), keepdims=True)
    return np.clip(image + rate * g / size, low[:, None, None], high[:, None, None])


# %% 5b: signs
# says: has wrong values
def dream_step(image, g, rate, low, high):
    return np.clip(image + rate * np.sign(g), low[:, None, None], high[:, None, None])


# %% 5b: not clipped
# says: Clipping comes last
def dream_step(image, g, rate, low, high):
    return image + rate * g / np.abs(g).mean()


# %% 5b: the step is clipped
# says: Clipping comes last
def dream_step(image, g, rate, low, high):
    return image + np.clip(rate * g / np.abs(g).mean(), low[:, None, None], high[:, None, None])


# %% 5b: clipped from 0 to 1
# says: has wrong values
def dream_step(image, g, rate, low, high):
    return np.clip(image + rate * g / np.abs(g).mean(), 0, 1)


# %% 5b: one range for all channels
# says: has wrong values
def dream_step(image, g, rate, low, high):
    return np.clip(image + rate * g / np.abs(g).mean(), low.min(), high.max())


# %% 5b: ranges along the columns
# stops: broadcast
def dream_step(image, g, rate, low, high):
    return np.clip(image + rate * g / np.abs(g).mean(), low, high)


# %% 5b: in place
# says: changed its input image
def dream_step(image, g, rate, low, high):
    image += rate * g / np.abs(g).mean()
    return np.clip(image, low[:, None, None], high[:, None, None])


# %% 5b: 0 divided by 0
# hidden: dream_step with a gradient of 0: contains NaN
def dream_step(image, g, rate, low, high):
    return np.clip(image + rate * g / np.abs(g).mean(), low[:, None, None], high[:, None, None])


# %% 5b: an ε that is not small beside small gradients
# hidden: a very small gradient
def dream_step(image, g, rate, low, high):
    return np.clip(image + rate * g / (np.abs(g).mean() + 1e-7), low[:, None, None], high[:, None, None])


# %% 5b: two channels
# hidden: Which axis has low?
def dream_step(image, g, rate, low, high):
    image = image + rate * g / max(np.abs(g).mean(), 1e-300)
    for c in (0, 1):
        image[c] = np.clip(image[c], low[c], high[c])
    return image


# %% 5b: rate is 0.5
# hidden: Try other rates
def dream_step(image, g, rate, low, high):
    return solution.dream_step(image, g, 0.5, low, high)


# %% 5b: hard-coded
# hidden: has the wrong shape
def dream_step(image, g, rate, low, high):
    return np.array([[[1.0, 0.075, 1.0]], [[-1.0, 0.5, 2.0]]])


# %% 5c: not rolled back
# says: has wrong values
def jittered_gradient(image, gradient, dy, dx):
    return gradient(np.roll(image, (dy, dx), axis=(1, 2)))


# %% 5c: not rolled
# says: has wrong values
def jittered_gradient(image, gradient, dy, dx):
    return gradient(image)


# %% 5c: rolled back only
# says: has wrong values
def jittered_gradient(image, gradient, dy, dx):
    return np.roll(gradient(image), (-dy, -dx), axis=(1, 2))


# %% 5c: the other way round
# says: the last column lies there
def jittered_gradient(image, gradient, dy, dx):
    return solution.jittered_gradient(image, gradient, -dy, -dx)


# %% 5c: twice in the same direction
# says: has wrong values
def jittered_gradient(image, gradient, dy, dx):
    return np.roll(gradient(np.roll(image, (dy, dx), axis=(1, 2))), (dy, dx), axis=(1, 2))


# %% 5c: rows and columns exchanged
# says: has wrong values
def jittered_gradient(image, gradient, dy, dx):
    return solution.jittered_gradient(image, gradient, dx, dy)


# %% 5c: channels rolled
# says: has wrong values
def jittered_gradient(image, gradient, dy, dx):
    return np.roll(gradient(np.roll(image, (dy, dx), axis=(0, 1))), (-dy, -dx), axis=(0, 1))


# %% 5c: the image comes back
# says: is not 0 in places where it should be
def jittered_gradient(image, gradient, dy, dx):
    shifted = np.roll(image, (dy, dx), axis=(1, 2))
    gradient(shifted)
    return np.roll(shifted, (-dy, -dx), axis=(1, 2))


# %% 5c: zeros come in
# says: is 0 everywhere
def jittered_gradient(image, gradient, dy, dx):
    shifted = np.zeros(image.shape)
    shifted[:, dy:, dx:] = image[:, : image.shape[1] - dy, : image.shape[2] - dx]
    return np.roll(gradient(shifted), (-dy, -dx), axis=(1, 2))


# %% 5c: a roll of all numbers in a row
# hidden: has wrong values
def jittered_gradient(image, gradient, dy, dx):
    return np.roll(gradient(np.roll(image, dx)), -dx)


# %% 5c: image and gradient added
# says: has wrong values
def jittered_gradient(image, gradient, dy, dx):
    return image + solution.jittered_gradient(image, gradient, dy, dx)


# %% 5c: rolls in place
# says: changed its input image
def jittered_gradient(image, gradient, dy, dx):
    image[...] = np.roll(image, (dy, dx), axis=(1, 2))
    return np.roll(gradient(image), (-dy, -dx), axis=(1, 2))


# %% 5c: columns only
# hidden: has wrong values
def jittered_gradient(image, gradient, dy, dx):
    return np.roll(gradient(np.roll(image, dx, axis=2)), -dx, axis=2)


# %% 5c: slices that know no negative shift
# hidden: Try several channels, dy and dx that are different, negative or 0
def jittered_gradient(image, gradient, dy, dx):
    dy, dx = abs(dy), abs(dx)
    return solution.jittered_gradient(image, gradient, dy, dx)


# %% 5c: calls the network twice
# hidden: the number of calls of gradient: has a wrong value
def jittered_gradient(image, gradient, dy, dx):
    g = np.zeros(image.shape)
    for _ in range(2):
        g = np.roll(gradient(np.roll(image, (dy, dx), axis=(1, 2))), (-dy, -dx), axis=(1, 2))
    return g


# %% 5c: a jitter of its own
# says: has wrong values
def jittered_gradient(image, gradient, dy, dx):
    dy, dx = np.random.default_rng(0).integers(2, 4, size=2)
    return solution.jittered_gradient(image, gradient, dy, dx)


# %% 5c: hard-coded
# hidden: has the wrong shape
def jittered_gradient(image, gradient, dy, dx):
    return np.array([[[0.0, 0.0, 0.0, 4.0], [0.0, 0.0, 0.0, 8.0]]])


# %% 6a: the largest first
# says: The smallest octave comes first
def octave_sizes(height, width, octaves, scale=1.4):
    return solution.octave_sizes(height, width, octaves, scale)[::-1]


# %% 6a: rounded down
# says: is wrong at place 0
def octave_sizes(height, width, octaves, scale=1.4):
    return [(max(int(height / scale**k), 1), max(int(width / scale**k), 1)) for k in reversed(range(octaves))]


# %% 6a: rounded up
# says: is wrong at place 0
def octave_sizes(height, width, octaves, scale=1.4):
    return [tuple(int(np.ceil(n / scale**k)) for n in (height, width)) for k in reversed(range(octaves))]


# %% 6a: the half to the even number
# says: 2.5 is rounded up to 3
def octave_sizes(height, width, octaves, scale=1.4):
    return [(max(round(height / scale**k), 1), max(round(width / scale**k), 1)) for k in reversed(range(octaves))]


# %% 6a: one octave too many
# says: has 5 items, expected 4
def octave_sizes(height, width, octaves, scale=1.4):
    return solution.octave_sizes(height, width, octaves + 1, scale)


# %% 6a: the full size left out
# says: is wrong at place 0
def octave_sizes(height, width, octaves, scale=1.4):
    return solution.octave_sizes(height, width, octaves + 1, scale)[:-1]


# %% 6a: width first
# says: is wrong at place 0
def octave_sizes(height, width, octaves, scale=1.4):
    return solution.octave_sizes(width, height, octaves, scale)


# %% 6a: multiplied by the scale
# says: is wrong at place 0
def octave_sizes(height, width, octaves, scale=1.4):
    return [(int(height * scale**k + 0.5), int(width * scale**k + 0.5)) for k in reversed(range(octaves))]


# %% 6a: k · s in place of sᵏ
# says: is wrong at place
def octave_sizes(height, width, octaves, scale=1.4):
    factors = [max(scale * k, 1) for k in reversed(range(octaves))]
    return [(int(height / f + 0.5), int(width / f + 0.5)) for f in factors]


# %% 6a: real numbers
# says: is wrong at place 0
def octave_sizes(height, width, octaves, scale=1.4):
    return [(np.floor(height / scale**k + 0.5), np.floor(width / scale**k + 0.5)) for k in reversed(range(octaves))]


# %% 6a: an array
# says: is a ndarray, expected a list
def octave_sizes(height, width, octaves, scale=1.4):
    return np.array(solution.octave_sizes(height, width, octaves, scale))


# %% 6a: lists in the list
# says: is wrong at place 0
def octave_sizes(height, width, octaves, scale=1.4):
    return [list(size) for size in solution.octave_sizes(height, width, octaves, scale)]


# %% 6a: not returned
# says: is the return missing?
def octave_sizes(height, width, octaves, scale=1.4):
    sizes = []
    for k in reversed(range(octaves)):
        sizes.append((int(height / scale**k + 0.5), int(width / scale**k + 0.5)))


# %% 6a: the scale is 1.4
# says: octave_sizes(5, 8, 4, scale=2)
def octave_sizes(height, width, octaves, scale=1.4):
    return solution.octave_sizes(height, width, octaves)


# %% 6a: from the size before
# says: is wrong at place 1
def octave_sizes(height, width, octaves, scale=1.4):
    sizes = [(height, width)]
    while len(sizes) < octaves:
        sizes.insert(0, tuple(max(int(n / scale + 0.5), 1) for n in sizes[0]))
    return sizes


# %% 6a: a size of 0
# hidden: is wrong at place 0
def octave_sizes(height, width, octaves, scale=1.4):
    return [(int(height / scale**k + 0.5), int(width / scale**k + 0.5)) for k in reversed(range(octaves))]


# %% 6a: four octaves
# hidden: has 4 items, expected 5
def octave_sizes(height, width, octaves, scale=1.4):
    return solution.octave_sizes(height, width, 4, scale)


# %% 6a: hard-coded
# hidden: octave_sizes, octaves: 5
def octave_sizes(height, width, octaves, scale=1.4):
    if scale == 2:
        return [(1, 1), (1, 2), (3, 4), (5, 8)]
    return [(73, 109), (102, 153), (143, 214), (200, 300)]


# %% 6b: nearest neighbour
# says: has wrong values
def resize(image, height, width):
    rows, columns = (np.arange(n) * m // n for n, m in zip((height, width), image.shape[1:]))
    return image[:, rows[:, None], columns].astype(float)


# %% 6b: corners on corners
# says: has wrong values
def resize(image, height, width):
    y, x = (np.linspace(0, m - 1, n) for n, m in zip((height, width), image.shape[1:]))
    i, j = (np.clip(p.astype(int), 0, max(m - 2, 0)) for p, m in zip((y, x), image.shape[1:]))
    i1, j1 = np.minimum(i + 1, image.shape[1] - 1), np.minimum(j + 1, image.shape[2] - 1)
    t, s = (y - i)[:, None], x - j
    rows = image[:, i] * (1 - t) + image[:, i1] * t
    return rows[:, :, j] * (1 - s) + rows[:, :, j1] * s


# %% 6b: left edges in place of centres
# says: has wrong values
def place(old, new):
    y = np.arange(new) * old / new
    first = y.astype(int)
    return first, np.minimum(first + 1, old - 1), y - first


def resize(image, height, width):
    i, i1, t = place(image.shape[1], height)
    j, j1, s = place(image.shape[2], width)
    rows = image[:, i] * (1 - t[:, None]) + image[:, i1] * t[:, None]
    return rows[:, :, j] * (1 - s) + rows[:, :, j1] * s


# %% 6b: not held at 0
# says: The new rows lie at −1/6, which becomes 0
def place(old, new):
    y = (np.arange(new) + 0.5) * old / new - 0.5
    first = np.floor(y).astype(int)
    return first, np.minimum(first + 1, old - 1), y - first


def resize(image, height, width):
    i, i1, t = place(image.shape[1], height)
    j, j1, s = place(image.shape[2], width)
    rows = image[:, i] * (1 - t[:, None]) + image[:, i1] * t[:, None]
    return rows[:, :, j] * (1 - s) + rows[:, :, j1] * s


# %% 6b: beyond the last row
# stops: out of bounds
def place(old, new):
    y = np.maximum((np.arange(new) + 0.5) * old / new - 0.5, 0)
    return y.astype(int), y.astype(int) + 1, y % 1


def resize(image, height, width):
    i, i1, t = place(image.shape[1], height)
    j, j1, s = place(image.shape[2], width)
    rows = image[:, i] * (1 - t[:, None]) + image[:, i1] * t[:, None]
    return rows[:, :, j] * (1 - s) + rows[:, :, j1] * s


# %% 6b: weights exchanged
# says: has wrong values
def place(old, new):
    y = np.maximum((np.arange(new) + 0.5) * old / new - 0.5, 0)
    return y.astype(int), np.minimum(y.astype(int) + 1, old - 1), 1 - y % 1


def resize(image, height, width):
    i, i1, t = place(image.shape[1], height)
    j, j1, s = place(image.shape[2], width)
    rows = image[:, i] * (1 - t[:, None]) + image[:, i1] * t[:, None]
    return rows[:, :, j] * (1 - s) + rows[:, :, j1] * s


# %% 6b: rows only
# says: axis 2 is too short
def resize(image, height, width):
    return solution.resize(image, height, image.shape[2])


# %% 6b: height and width exchanged
# says: the axes are in another order
def resize(image, height, width):
    return solution.resize(image, width, height)


# %% 6b: rounded places
# says: has wrong values
def resize(image, height, width):
    i = np.clip(np.rint((np.arange(height) + 0.5) * image.shape[1] / height - 0.5).astype(int), 0, image.shape[1] - 1)
    j = np.clip(np.rint((np.arange(width) + 0.5) * image.shape[2] / width - 0.5).astype(int), 0, image.shape[2] - 1)
    return image[:, i][:, :, j]


# %% 6b: the mean of both neighbours
# says: has wrong values
def resize(image, height, width):
    i, j = (((np.arange(n) + 0.5) * m / n - 0.5).clip(0) for n, m in zip((height, width), image.shape[1:]))
    i, j = i.astype(int), j.astype(int)
    i1, j1 = np.minimum(i + 1, image.shape[1] - 1), np.minimum(j + 1, image.shape[2] - 1)
    rows = (image[:, i] + image[:, i1]) / 2
    return (rows[:, :, j] + rows[:, :, j1]) / 2


# %% 6b: smoothed on the way down
# says: resize(image, 1, 2): has wrong values
def resize(image, height, width):
    c, old_height, old_width = image.shape
    if old_height % height == 0 and old_width % width == 0:
        return image.reshape(c, height, old_height // height, width, old_width // width).mean(axis=(2, 4))
    return solution.resize(image, height, width)


# %% 6b: a loop over the pixels
# says: a loop grows with the data
def resize(image, height, width):
    c, old_height, old_width = image.shape
    result = np.empty((c, height, width))
    for i in range(height):
        for j in range(width):
            y, x = max((i + 0.5) * old_height / height - 0.5, 0), max((j + 0.5) * old_width / width - 0.5, 0)
            a, b = int(y), int(x)
            a1, b1 = min(a + 1, old_height - 1), min(b + 1, old_width - 1)
            top = image[:, a, b] * (1 - x + b) + image[:, a, b1] * (x - b)
            bottom = image[:, a1, b] * (1 - x + b) + image[:, a1, b1] * (x - b)
            result[:, i, j] = top * (1 - y + a) + bottom * (y - a)
    return result


# %% 6b: in place
# says: changed its input image
def resize(image, height, width):
    result = solution.resize(image, height, width)
    image[...] = result[:, : image.shape[1], : image.shape[2]]
    return result


# %% 6b: the dtype of the image
# hidden: resize of pixels, uint8: has dtype uint8
def resize(image, height, width):
    return solution.resize(image, height, width).astype(image.dtype)


# %% 6b: one channel
# hidden: has the wrong shape: axis 0 is too short
def resize(image, height, width):
    return solution.resize(image[:1], height, width)


# %% 6b: square images only
# says: resize(image, 1, 2): has wrong values
def place(old, new):
    y = np.maximum((np.arange(new) + 0.5) * old / new - 0.5, 0)
    return y.astype(int), np.minimum(y.astype(int) + 1, old - 1), y % 1


def resize(image, height, width):
    i, i1, t = place(image.shape[1], height)
    j, j1, s = place(image.shape[1], width)
    rows = image[:, i] * (1 - t[:, None]) + image[:, i1] * t[:, None]
    return rows[:, :, j] * (1 - s) + rows[:, :, j1] * s


# %% 6b: a loop over the columns of the image
# hidden: Does a loop grow with the image?
def resize(image, height, width):
    copy = np.zeros(image.shape)
    for j in range(image.shape[2]):
        copy[:, :, j] = image[:, :, j]
    return solution.resize(copy, height, width)


# %% 6b: PyTorch does it
# hidden: calls the ready-made torch
import torch


def resize(image, height, width):
    batch = torch.tensor(image.astype(float))[None]
    return torch.nn.functional.interpolate(batch, size=(height, width), mode="bilinear")[0].numpy()


# %% 6b: hard-coded
# hidden: has the wrong shape
def resize(image, height, width):
    if height == 1:
        return np.array([[[1.0, 4.0]]])
    return np.array([[[0.0, 1.0, 3.0, 4.0], [4.0, 6.0, 10.0, 12.0], [8.0, 11.0, 17.0, 20.0]]])


# %% 6c: no detail
# says: has wrong values
def dream_octaves(image, sizes, dream, resize):
    for size in sizes:
        result = dream(resize(image, *size))
    return result


# %% 6c: the whole dream enlarged
# says: has wrong values
def dream_octaves(image, sizes, dream, resize):
    result = resize(image, *sizes[0])
    for size in sizes:
        result = dream(resize(result, *size))
    return result


# %% 6c: added to the whole dream
# says: has wrong values
def dream_octaves(image, sizes, dream, resize):
    result = 0 * image
    for size in sizes:
        result = dream(resize(image, *size) + resize(result, *size))
    return result


# %% 6c: sign slip in the detail
# says: has wrong values
def dream_octaves(image, sizes, dream, resize):
    detail = 0 * image
    for size in sizes:
        base = resize(image, *size)
        result = dream(base + resize(detail, *size))
        detail = base - result
    return result


# %% 6c: detail from what the dream began with
# hidden: Which image does each detail belong to
def dream_octaves(image, sizes, dream, resize):
    detail = 0 * image
    for size in sizes:
        start = resize(image, *size) + resize(detail, *size)
        result = dream(start)
        detail = result - start
    return result


# %% 6c: the last detail comes back
# says: has wrong values
def dream_octaves(image, sizes, dream, resize):
    detail = 0 * image
    for size in sizes:
        base = resize(image, *size)
        detail = dream(base + resize(detail, *size)) - base
    return detail


# %% 6c: detail added after the dream
# says: has wrong values
def dream_octaves(image, sizes, dream, resize):
    detail = 0 * image
    for size in sizes:
        base = resize(image, *size)
        result = dream(base) + resize(detail, *size)
        detail = result - base
    return result


# %% 6c: detail not resized
# stops: broadcast
def dream_octaves(image, sizes, dream, resize):
    detail = 0
    for size in sizes:
        base = resize(image, *size)
        result = dream(base + detail)
        detail = result - base
    return result


# %% 6c: the largest octave first
# says: axis 2 is too short
def dream_octaves(image, sizes, dream, resize):
    return solution.dream_octaves(image, sizes[::-1], dream, resize)


# %% 6c: the last octave only
# says: has wrong values
def dream_octaves(image, sizes, dream, resize):
    return dream(resize(image, *sizes[-1]))


# %% 6c: the first octave only
# says: axis 2 is too short
def dream_octaves(image, sizes, dream, resize):
    return dream(resize(image, *sizes[0]))


# %% 6c: dreams once more at the end
# says: is 2 times too large
def dream_octaves(image, sizes, dream, resize):
    return dream(solution.dream_octaves(image, sizes, dream, resize))


# %% 6c: all results
# says: is a list, expected a NumPy array
def dream_octaves(image, sizes, dream, resize):
    return [solution.dream_octaves(image, sizes, dream, resize)]


# %% 6c: writes the dream into the photo
# says: changed its input image
def dream_octaves(image, sizes, dream, resize):
    result = solution.dream_octaves(image, sizes, dream, resize)
    image[...] = result
    return result


# %% 6c: two octaves
# hidden: your code stopped with
def dream_octaves(image, sizes, dream, resize):
    small, large = sizes
    base = resize(image, *small)
    detail = dream(base) - base
    return dream(resize(image, *large) + resize(detail, *large))


# %% 6c: the photo is not resized at the end
# hidden: your code stopped with ValueError
def dream_octaves(image, sizes, dream, resize):
    detail = 0 * image
    for size in sizes[:-1]:
        base = resize(image, *size)
        detail = dream(base + resize(detail, *size)) - base
    return dream(image + resize(detail, *sizes[-1]))


# %% 6c: base from the octave before
# hidden: dream_octaves, octaves:
def dream_octaves(image, sizes, dream, resize):
    detail, bases = 0 * image, [image]
    for size in sizes[::-1]:
        bases.append(resize(bases[-1], *size))
    for size, base in zip(sizes, bases[:0:-1]):
        result = dream(base + resize(detail, *size))
        detail = result - base
    return result


# %% 6c: dreams twice and takes the first
# hidden: the images that dream was called with: returned a list of
def dream_octaves(image, sizes, dream, resize):
    detail = 0 * image
    for size in sizes:
        base = resize(image, *size)
        result = dream(base + resize(detail, *size))
        dream(result)
        detail = result - base
    return result


# %% 6c: hard-coded
# hidden: has the wrong shape
def dream_octaves(image, sizes, dream, resize):
    return np.array([[[4.0, 6.0, 12.0, 14.0]]])


# %% 7a: no shift
# says: The cuts lie before pixels 3 and 7
def tile_bounds(length, tile, shift):
    return solution.tile_bounds(length, tile, 0)


# %% 7a: an empty piece
# says: A cut before pixel 0 would make an empty piece
def tile_bounds(length, tile, shift):
    cuts = [0, *range(shift, length, tile), length]
    return list(zip(cuts, cuts[1:]))


# %% 7a: the rest is lost
# says: has 2 items, expected 3
def tile_bounds(length, tile, shift):
    return solution.tile_bounds(length, tile, shift)[:-1]


# %% 7a: the beginning is lost
# says: has 2 items, expected 3
def tile_bounds(length, tile, shift):
    return [(start, min(start + tile, length)) for start in range(shift, length, tile)]


# %% 7a: the last one inclusive
# says: is wrong at place 0
def tile_bounds(length, tile, shift):
    return [(a, b - 1) for a, b in solution.tile_bounds(length, tile, shift)]


# %% 7a: beyond the end
# says: is wrong at place 2
def tile_bounds(length, tile, shift):
    starts = [0, *range(shift or tile, length, tile)]
    return [(a, (starts + [starts[-1] + tile])[i + 1]) for i, a in enumerate(starts)]


# %% 7a: every piece as long as a tile
# says: is wrong at place 0
def tile_bounds(length, tile, shift):
    return [(a, min(a + tile, length)) for a, _ in solution.tile_bounds(length, tile, shift)]


# %% 7a: starts and lengths
# says: is wrong at place 1
def tile_bounds(length, tile, shift):
    return [(a, b - a) for a, b in solution.tile_bounds(length, tile, shift)]


# %% 7a: shifted backwards
# says: has 4 items, expected 3
def tile_bounds(length, tile, shift):
    return solution.tile_bounds(length, tile, -shift % tile)


# %% 7a: only the cuts
# says: expected 3
def tile_bounds(length, tile, shift):
    return [0, *range(shift or tile, length, tile), length]


# %% 7a: an array
# says: is a ndarray, expected a list
def tile_bounds(length, tile, shift):
    return np.array(solution.tile_bounds(length, tile, shift))


# %% 7a: lists in the list
# says: is wrong at place 0
def tile_bounds(length, tile, shift):
    return [list(piece) for piece in solution.tile_bounds(length, tile, shift)]


# %% 7a: a generator
# says: is a zip, expected a list
def tile_bounds(length, tile, shift):
    cuts = [0, *range(shift or tile, length, tile), length]
    return zip(cuts, cuts[1:])


# %% 7a: overlaps
# says: is wrong at place 0
def tile_bounds(length, tile, shift):
    return [(a, min(b + 1, length)) for a, b in solution.tile_bounds(length, tile, shift)]


# %% 7a: an empty piece at the end
# hidden: Try a tile that fits evenly
def tile_bounds(length, tile, shift):
    cuts = [0, *range(shift or tile, length + 1, tile)]
    return list(zip(cuts, [*cuts[1:], length]))


# %% 7a: the tile is never longer than the image
# hidden: tile_bounds(length, tile, shift): has
def tile_bounds(length, tile, shift):
    return solution.tile_bounds(length, min(tile, length - 1), shift)


# %% 7a: three pieces
# hidden: tile_bounds(length, tile, shift): has
def tile_bounds(length, tile, shift):
    first = shift or tile
    pieces = [(0, first), (first, first + tile), (first + tile, length)]
    return pieces[:3]


# %% 7a: hard-coded
# hidden: tile_bounds(length, tile, shift):
def tile_bounds(length, tile, shift):
    return [(0, 3), (3, 7), (7, 10)] if shift else [(0, 4), (4, 8), (8, 10)]


# %% 7b: no margin
# says: has wrong values
def tiled_gradient(image, gradient, rows, columns, halo):
    return solution.tiled_gradient(image, gradient, rows, columns, 0)


# %% 7b: the whole image
# says: the shapes that gradient was called with, sorted
def tiled_gradient(image, gradient, rows, columns, halo):
    return gradient(image)


# %% 7b: margin only above and to the left
# says: has wrong values
def tiled_gradient(image, gradient, rows, columns, halo):
    result = np.empty(image.shape)
    for a, b in rows:
        for c, d in columns:
            y, x = max(a - halo, 0), max(c - halo, 0)
            result[:, a:b, c:d] = gradient(image[:, y:b, x:d])[:, a - y :, c - x :]
    return result


# %% 7b: margin only below and to the right
# says: has wrong values
def tiled_gradient(image, gradient, rows, columns, halo):
    result = np.empty(image.shape)
    for a, b in rows:
        for c, d in columns:
            result[:, a:b, c:d] = gradient(image[:, a : b + halo, c : d + halo])[:, : b - a, : d - c]
    return result


# %% 7b: negative start of the slice
# stops: broadcast
def tiled_gradient(image, gradient, rows, columns, halo):
    result = np.empty(image.shape)
    for a, b in rows:
        for c, d in columns:
            part = gradient(image[:, a - halo : b + halo, c - halo : d + halo])
            result[:, a:b, c:d] = part[:, halo : halo + b - a, halo : halo + d - c]
    return result


# %% 7b: halo taken off also at the border
# stops: broadcast
def tiled_gradient(image, gradient, rows, columns, halo):
    result = np.empty(image.shape)
    for a, b in rows:
        for c, d in columns:
            part = gradient(image[:, max(a - halo, 0) : b + halo, max(c - halo, 0) : d + halo])
            result[:, a:b, c:d] = part[:, halo:-halo, halo:-halo]
    return result


# %% 7b: the beginning of each part
# says: has wrong values
def tiled_gradient(image, gradient, rows, columns, halo):
    result = np.empty(image.shape)
    for a, b in rows:
        for c, d in columns:
            part = gradient(image[:, max(a - halo, 0) : b + halo, max(c - halo, 0) : d + halo])
            result[:, a:b, c:d] = part[:, : b - a, : d - c]
    return result


# %% 7b: zeros around the image
# says: the shapes that gradient was called with, sorted
def tiled_gradient(image, gradient, rows, columns, halo):
    padded = np.pad(image, ((0, 0), (halo, halo), (halo, halo)))
    result = np.empty(image.shape)
    for a, b in rows:
        for c, d in columns:
            part = gradient(padded[:, a : b + 2 * halo, c : d + 2 * halo])
            result[:, a:b, c:d] = part[:, halo : halo + b - a, halo : halo + d - c]
    return result


# %% 7b: the border's pixels repeated
# says: has wrong values
def tiled_gradient(image, gradient, rows, columns, halo):
    padded = np.pad(image, ((0, 0), (halo, halo), (halo, halo)), mode="edge")
    result = np.empty(image.shape)
    for a, b in rows:
        for c, d in columns:
            part = gradient(padded[:, a : b + 2 * halo, c : d + 2 * halo])
            result[:, a:b, c:d] = part[:, halo : halo + b - a, halo : halo + d - c]
    return result


# %% 7b: margins added up
# says: has wrong values
def tiled_gradient(image, gradient, rows, columns, halo):
    result = np.zeros(image.shape)
    for a, b in rows:
        for c, d in columns:
            y, x = max(a - halo, 0), max(c - halo, 0)
            result[:, y : b + halo, x : d + halo] += gradient(image[:, y : b + halo, x : d + halo])
    return result


# %% 7b: later tiles write over their neighbours
# says: has wrong values
def tiled_gradient(image, gradient, rows, columns, halo):
    result = np.zeros(image.shape)
    for a, b in rows:
        for c, d in columns:
            y, x = max(a - halo, 0), max(c - halo, 0)
            result[:, y : b + halo, x : d + halo] = gradient(image[:, y : b + halo, x : d + halo])
    return result


# %% 7b: a strip without gradient at the border
# says: is 0 in places where it should not be
def tiled_gradient(image, gradient, rows, columns, halo):
    g = solution.tiled_gradient(image, gradient, rows, columns, halo)
    inner = np.zeros(g.shape)
    inner[:, halo:-halo, halo:-halo] = g[:, halo:-halo, halo:-halo]
    return inner


# %% 7b: tiles along the diagonal
# says: is 0 in places where it should not be
def tiled_gradient(image, gradient, rows, columns, halo):
    result = np.zeros(image.shape)
    for (a, b), (c, d) in zip(rows, columns):
        y, x = max(a - halo, 0), max(c - halo, 0)
        part = gradient(image[:, y : b + halo, x : d + halo])
        result[:, a:b, c:d] = part[:, a - y : b - y, c - x : d - x]
    return result


# %% 7b: rows only
# says: the shapes that gradient was called with, sorted
def tiled_gradient(image, gradient, rows, columns, halo):
    return solution.tiled_gradient(image, gradient, rows, [(0, image.shape[2])], halo)


# %% 7b: writes into the image
# says: changed its input image
def tiled_gradient(image, gradient, rows, columns, halo):
    result = solution.tiled_gradient(image, gradient, rows, columns, halo)
    image[...] = result
    return image


# %% 7b: twice as much margin, to be safe
# says: the shapes that gradient was called with, sorted
def tiled_gradient(image, gradient, rows, columns, halo):
    return solution.tiled_gradient(image, gradient, rows, columns, 2 * halo)


# %% 7b: a margin of 1 always
# hidden: Try a halo of 0, 1 and 2
def tiled_gradient(image, gradient, rows, columns, halo):
    return solution.tiled_gradient(image, gradient, rows, columns, 1)


# %% 7b: the first channel
# hidden: has the wrong shape
def tiled_gradient(image, gradient, rows, columns, halo):
    return solution.tiled_gradient(image[:1], gradient, rows, columns, halo)


# %% 7b: several channels in one piece
# hidden: larger parts need more memory
def tiled_gradient(image, gradient, rows, columns, halo):
    if len(image) > 1:
        return gradient(image)
    return solution.tiled_gradient(image, gradient, rows, columns, halo)
