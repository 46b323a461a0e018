# ruff: noqa  (students write as they like)
"""Wrong answers to problem set 3a: one cell each, with its task, what is wrong, and words that the student must read.

"says" is for what the visible checks find, "hidden" for what passes them, "stops" for errors of the student's own code.
``solution`` holds the reference functions.
"""


# %% 1a: mean over the neighbours
# says: is 2 times too small
def skipgram_loss(W, W2, word, neighbours):
    return solution.skipgram_loss(W, W2, word, neighbours) / len(neighbours)


# %% 1a: sign slip
# says: has the wrong sign
def skipgram_loss(W, W2, word, neighbours):
    return -solution.skipgram_loss(W, W2, word, neighbours)


# %% 1a: one embedding for both parts
# says: The scores of the four words are W2 @ W[0]
def skipgram_loss(W, W2, word, neighbours):
    return solution.skipgram_loss(W, W, word, neighbours)


# %% 1a: embeddings exchanged
# says: The scores of the four words are W2 @ W[0]
def skipgram_loss(W, W2, word, neighbours):
    return solution.skipgram_loss(W2, W, word, neighbours)


# %% 1a: no sum
# says: is an array, expected a number
def skipgram_loss(W, W2, word, neighbours):
    scores = W2 @ W[word]
    return np.log(np.exp(scores).sum()) - scores[neighbours]


# %% 1a: no logarithm
# says: has a wrong value
def skipgram_loss(W, W2, word, neighbours):
    powers = np.exp(W2 @ W[word])
    return -(powers[neighbours] / powers.sum()).sum()


# %% 1a: softmax over the neighbours only
# says: and Σ e^s is 11.475
def skipgram_loss(W, W2, word, neighbours):
    return solution.skipgram_loss(W, W2[neighbours], word, np.arange(len(neighbours)))


# %% 1a: logarithm to base 2
# says: its logarithm 2.4402
def skipgram_loss(W, W2, word, neighbours):
    powers = np.exp(W2 @ W[word])
    return -np.log2(powers[neighbours] / powers.sum()).sum()


# %% 1a: word numbers from 1
# says: has a wrong value
def skipgram_loss(W, W2, word, neighbours):
    return solution.skipgram_loss(W, W2, word, neighbours - 1)


# %% 1a: repeated neighbours once
# says: Word 1 is a neighbour twice
def skipgram_loss(W, W2, word, neighbours):
    return solution.skipgram_loss(W, W2, word, np.unique(neighbours))


# %% 1a: a loop over the vocabulary
# says: a loop grows with the data
def skipgram_loss(W, W2, word, neighbours):
    total = 0
    for row in W2:
        total += np.exp(row @ W[word])
    return sum(np.log(total) - W2[j] @ W[word] for j in neighbours)


# %% 1a: words as columns
# stops: index 3 is out of bounds
def skipgram_loss(W, W2, word, neighbours):
    scores = W2.T @ W[:, word]
    return (np.log(np.exp(scores).sum()) - scores[neighbours]).sum()


# %% 1a: writes into the embedding
# says: changed its input W
def skipgram_loss(W, W2, word, neighbours):
    h = W[word]
    h /= np.linalg.norm(h)
    return solution.skipgram_loss(W, W2, word, neighbours)


# %% 1a: no return
# says: is the return missing?
def skipgram_loss(W, W2, word, neighbours):
    loss = solution.skipgram_loss(W, W2, word, neighbours)


# %% 1a: overflow
# hidden: with scores up to 1000: contains infinity
def skipgram_loss(W, W2, word, neighbours):
    scores = W2 @ W[word]
    return (np.log(np.exp(scores).sum()) - scores[neighbours]).sum()


# %% 1a: the word is always number 0
# hidden: has a wrong value
def skipgram_loss(W, W2, word, neighbours):
    return solution.skipgram_loss(W, W2, 0, neighbours)


# %% 1a: a small number against log 0
# hidden: with scores up to 1000: has a wrong value
def skipgram_loss(W, W2, word, neighbours):
    scores = W2 @ W[word]
    y = np.exp(scores - scores.max()) / np.exp(scores - scores.max()).sum()
    return -np.log(y[neighbours] + 1e-12).sum()


# %% 1a: hard-coded
# hidden: has a wrong value
def skipgram_loss(W, W2, word, neighbours):
    return 4.880379397 if len(neighbours) == 2 else 6.320569096


# %% 1a: a library's function
# hidden: calls the ready-made scipy
from scipy.special import log_softmax


def skipgram_loss(W, W2, word, neighbours):
    return -log_softmax(W2 @ W[word])[neighbours].sum()


# %% 1b: y once for all neighbours
# says: there are two neighbours: ds = 2y
def skipgram_gradients(W, W2, word, neighbours):
    y = np.exp(W2 @ W[word])
    ds = y / y.sum() - np.bincount(neighbours, minlength=len(W2))
    dW = np.zeros(W.shape)
    dW[word] = ds @ W2
    return dW, np.outer(ds, W[word])


# %% 1b: sign slip
# says: dW has the wrong sign
def skipgram_gradients(W, W2, word, neighbours):
    dW, dW2 = solution.skipgram_gradients(W, W2, word, neighbours)
    return -dW, -dW2


# %% 1b: mean over the neighbours
# says: dW is 2 times too small
def skipgram_gradients(W, W2, word, neighbours):
    dW, dW2 = solution.skipgram_gradients(W, W2, word, neighbours)
    return dW / len(neighbours), dW2 / len(neighbours)


# %% 1b: outer product the wrong way round
# says: dW2 has the wrong shape: the axes are in another order
def skipgram_gradients(W, W2, word, neighbours):
    dW, dW2 = solution.skipgram_gradients(W, W2, word, neighbours)
    return dW, dW2.T


# %% 1b: the row only
# says: dW has 1 dimension, expected 2
def skipgram_gradients(W, W2, word, neighbours):
    dW, dW2 = solution.skipgram_gradients(W, W2, word, neighbours)
    return dW[word], dW2


# %% 1b: back through the wrong matrix
# says: row 0 of dW is the sum of ds[j] · W2[j]
def skipgram_gradients(W, W2, word, neighbours):
    y = np.exp(W2 @ W[word])
    ds = len(neighbours) * y / y.sum() - np.bincount(neighbours, minlength=len(W2))
    dW = np.zeros(W.shape)
    dW[word] = ds @ W
    return dW, np.outer(ds, W[word])


# %% 1b: gradient in the rows of the neighbours
# says: dW has wrong values
def skipgram_gradients(W, W2, word, neighbours):
    dW, dW2 = solution.skipgram_gradients(W, W2, word, neighbours)
    other = np.zeros(W.shape)
    other[neighbours] = dW[word]
    return other, dW2


# %% 1b: only the neighbours are pushed
# says: dW2 is 0 in places where it should not be
def skipgram_gradients(W, W2, word, neighbours):
    dW, dW2 = solution.skipgram_gradients(W, W2, word, neighbours)
    few = np.zeros(W2.shape)
    few[neighbours] = dW2[neighbours]
    return dW, few


# %% 1b: gradients exchanged
# says: dW has wrong values
def skipgram_gradients(W, W2, word, neighbours):
    return solution.skipgram_gradients(W, W2, word, neighbours)[::-1]


# %% 1b: one-hot forgotten
# says: ds = 2y − (0, 1, 0, 1)
def skipgram_gradients(W, W2, word, neighbours):
    y = np.exp(W2 @ W[word])
    ds = len(neighbours) * y / y.sum()
    dW = np.zeros(W.shape)
    dW[word] = ds @ W2
    return dW, np.outer(ds, W[word])


# %% 1b: takes the step at once
# says: changed its input W
def skipgram_gradients(W, W2, word, neighbours):
    dW, dW2 = solution.skipgram_gradients(W, W2, word, neighbours)
    W -= 0.1 * dW
    W2 -= 0.1 * dW2
    return dW, dW2


# %% 1b: a loop over the vocabulary
# says: a loop grows with the data
def skipgram_gradients(W, W2, word, neighbours):
    dW, dW2 = solution.skipgram_gradients(W, W2, word, neighbours)
    y = np.exp(W2 @ W[word])
    y /= y.sum()
    for j in range(len(W2)):
        dW2[j] = (len(neighbours) * y[j] - np.sum(neighbours == j)) * W[word]
    return dW, dW2


# %% 1b: by finite differences
# says: is close, but not close enough
def skipgram_gradients(W, W2, word, neighbours):
    gradients = []
    for place, array in enumerate((W, W2)):
        gradient = np.zeros(array.shape)
        for i in np.ndindex(array.shape):
            moved = [W.copy(), W2.copy()]
            moved[place][i] += 1e-4
            gradient[i] = solution.skipgram_loss(*moved, word, neighbours) - solution.skipgram_loss(
                W, W2, word, neighbours
            )
        gradients.append(gradient / 1e-4)
    return tuple(gradients)


# %% 1b: an index with repeats
# hidden: an index with repeats writes once
def skipgram_gradients(W, W2, word, neighbours):
    scores = W2 @ W[word]
    y = np.exp(scores - scores.max())
    ds = len(neighbours) * y / y.sum()
    ds[neighbours] -= 1
    dW = np.zeros(W.shape)
    dW[word] = ds @ W2
    return dW, np.outer(ds, W[word])


# %% 1b: overflow
# hidden: with scores up to 1000: dW contains NaN
def skipgram_gradients(W, W2, word, neighbours):
    y = np.exp(W2 @ W[word])
    ds = len(neighbours) * y / y.sum() - np.bincount(neighbours, minlength=len(W2))
    dW = np.zeros(W.shape)
    dW[word] = ds @ W2
    return dW, np.outer(ds, W[word])


# %% 1b: two neighbours always
# hidden: dW has wrong values
def skipgram_gradients(W, W2, word, neighbours):
    dW, dW2 = solution.skipgram_gradients(W, W2, word, neighbours[:2])
    return dW, dW2


# %% 1b: hard-coded
# hidden: dW has the wrong shape
def skipgram_gradients(W, W2, word, neighbours):
    dW = np.array([[0.935883, -2.049423], [0.0, 0.0], [0.0, 0.0], [0.0, 0.0]])
    return dW, np.array([[0.174289, -0.174289], [-0.526234, 0.526234], [1.287829, -1.287829], [-0.935883, 0.935883]])


# %% 1b: the package's loss
# hidden: calls the ready-made course_pkg
def skipgram_gradients(W, W2, word, neighbours):
    output = words.FullSoftmax(np.ones(len(W)), W.shape[1])
    output.weight.data[...] = W2
    output.forward(np.tile(W[word], (len(neighbours), 1)), neighbours)
    dW = np.zeros(W.shape)
    dW[word] = output.backward().sum(axis=0)
    return dW, output.weight.diff


# %% 1b: a library's softmax
# hidden: calls the ready-made scipy.special
from scipy import special


def skipgram_gradients(W, W2, word, neighbours):
    dscores = len(neighbours) * special.softmax(W2 @ W[word])
    np.subtract.at(dscores, neighbours, 1)
    dW = np.zeros(W.shape)
    dW[word] = dscores @ W2
    return dW, np.outer(dscores, W[word])


# %% 2a: sum over the batch
# says: is 3 times too large
def cbow_loss(W, W2, contexts, targets):
    return solution.cbow_loss(W, W2, contexts, targets) * len(targets)


# %% 2a: divided by all neighbours
# says: is 2 times too small
def cbow_loss(W, W2, contexts, targets):
    return solution.cbow_loss(W, W2, contexts, targets) * len(targets) / contexts.size


# %% 2a: sum of the neighbours
# says: The hidden vectors are (0.5, 0.5)
def cbow_loss(W, W2, contexts, targets):
    scores = W[contexts].sum(axis=1) @ W2.T
    y = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
    return -np.log(y[np.arange(len(targets)), targets]).mean()


# %% 2a: softmax over the batch
# says: has a wrong value
def cbow_loss(W, W2, contexts, targets):
    powers = np.exp(W[contexts].mean(axis=1) @ W2.T)
    y = powers / powers.sum(axis=0)
    return -np.log(y[np.arange(len(targets)), targets]).mean()


# %% 2a: softmax over everything
# says: has a wrong value
def cbow_loss(W, W2, contexts, targets):
    powers = np.exp(W[contexts].mean(axis=1) @ W2.T)
    return -np.log((powers / powers.sum())[np.arange(len(targets)), targets]).mean()


# %% 2a: mean over the batch too early
# stops: index 2 is out of bounds
def cbow_loss(W, W2, contexts, targets):
    scores = W[contexts].mean(axis=0) @ W2.T
    y = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
    return -np.log(y[np.arange(len(targets)), targets]).mean()


# %% 2a: mean along the vectors
# says: The hidden vectors are (0.5, 0.5)
def cbow_loss(W, W2, contexts, targets):
    scores = W[contexts].mean(axis=2) @ W2.T
    y = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
    return -np.log(y[np.arange(len(targets)), targets]).mean()


# %% 2a: one loss for each example
# says: is an array, expected a number
def cbow_loss(W, W2, contexts, targets):
    scores = W[contexts].mean(axis=1) @ W2.T
    y = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
    return -np.log(y[np.arange(len(targets)), targets])


# %% 2a: all pairs of examples and targets
# says: has a wrong value
def cbow_loss(W, W2, contexts, targets):
    scores = W[contexts].mean(axis=1) @ W2.T
    y = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
    return -np.log(y[:, targets]).mean()


# %% 2a: embeddings exchanged
# says: The hidden vectors are (0.5, 0.5)
def cbow_loss(W, W2, contexts, targets):
    return solution.cbow_loss(W2, W, contexts, targets)


# %% 2a: sign slip
# says: has the wrong sign
def cbow_loss(W, W2, contexts, targets):
    return -solution.cbow_loss(W, W2, contexts, targets)


# %% 2a: a loop over the examples
# says: a loop grows with the data
def cbow_loss(W, W2, contexts, targets):
    total = 0
    for row, target in zip(contexts, targets):
        scores = W2 @ W[row].mean(axis=0)
        total += np.log(np.exp(scores - scores.max()).sum()) + scores.max() - scores[target]
    return total / len(targets)


# %% 2a: centres the embedding in place
# says: changed its input W2
def cbow_loss(W, W2, contexts, targets):
    W2 -= W2.mean(axis=0)
    return solution.cbow_loss(W, W2, contexts, targets)


# %% 2a: overflow
# hidden: with scores up to 1000: contains
def cbow_loss(W, W2, contexts, targets):
    scores = W[contexts].mean(axis=1) @ W2.T
    y = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
    return -np.log(y[np.arange(len(targets)), targets]).mean()


# %% 2a: the largest score of the whole batch
# hidden: subtract the largest score of each example first
def cbow_loss(W, W2, contexts, targets):
    scores = W[contexts].mean(axis=1) @ W2.T
    scores = scores - scores.max()
    y = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
    return -np.log(y[np.arange(len(targets)), targets]).mean()


# %% 2a: two neighbours always
# hidden: has a wrong value
def cbow_loss(W, W2, contexts, targets):
    return solution.cbow_loss(W, W2, contexts[:, :2], targets)


# %% 2a: three examples always
# hidden: cbow_loss:
def cbow_loss(W, W2, contexts, targets):
    return solution.cbow_loss(W, W2, contexts, targets) * len(targets) / 3


# %% 2a: hard-coded
# hidden: has a wrong value
def cbow_loss(W, W2, contexts, targets):
    return 1.896883848


# %% 2a: the package's loss
# hidden: calls the ready-made course_pkg
def cbow_loss(W, W2, contexts, targets):
    return nn.SoftmaxCrossEntropy().forward(W[contexts].mean(axis=1) @ W2.T, targets)


# %% 2b: each neighbour gets everything
# says: dW is 2 times too large
def cbow_gradients(W, W2, contexts, targets):
    dW, dW2 = solution.cbow_gradients(W, W2, contexts, targets)
    return contexts.shape[1] * dW, dW2


# %% 2b: sum over the batch
# says: dW is 3 times too large
def cbow_gradients(W, W2, contexts, targets):
    dW, dW2 = solution.cbow_gradients(W, W2, contexts, targets)
    return len(targets) * dW, len(targets) * dW2


# %% 2b: an index with repeats
# says: Both are neighbours in another example too
def cbow_gradients(W, W2, contexts, targets):
    _, dW2 = solution.cbow_gradients(W, W2, contexts, targets)
    n, c = contexts.shape
    scores = W[contexts].mean(axis=1) @ W2.T
    y = np.exp(scores - scores.max(axis=1, keepdims=True))
    ds = (y / y.sum(axis=1, keepdims=True) - np.eye(len(W))[targets]) / n
    dW = np.zeros(W.shape)
    dW[contexts] += (ds @ W2)[:, None] / c
    return dW, dW2


# %% 2b: sign slip
# says: dW has the wrong sign
def cbow_gradients(W, W2, contexts, targets):
    dW, dW2 = solution.cbow_gradients(W, W2, contexts, targets)
    return -dW, -dW2


# %% 2b: sum for the mean in the second matrix
# says: dW2 is 2 times too large
def cbow_gradients(W, W2, contexts, targets):
    dW, dW2 = solution.cbow_gradients(W, W2, contexts, targets)
    return dW, contexts.shape[1] * dW2


# %% 2b: transposed
# says: dW2 has the wrong shape: the axes are in another order
def cbow_gradients(W, W2, contexts, targets):
    dW, dW2 = solution.cbow_gradients(W, W2, contexts, targets)
    return dW, dW2.T


# %% 2b: one gradient only
# says: expected a tuple of 2: (dW, dW2)
def cbow_gradients(W, W2, contexts, targets):
    return solution.cbow_gradients(W, W2, contexts, targets)[0]


# %% 2b: gradients exchanged
# says: dW has wrong values
def cbow_gradients(W, W2, contexts, targets):
    return solution.cbow_gradients(W, W2, contexts, targets)[::-1]


# %% 2b: gradient for the targets' vectors
# says: dW has wrong values
def cbow_gradients(W, W2, contexts, targets):
    dW, dW2 = solution.cbow_gradients(W, W2, targets[:, None], targets)
    return dW, solution.cbow_gradients(W, W2, contexts, targets)[1]


# %% 2b: one-hot in the wrong place
# says: For the first example y − t is
def cbow_gradients(W, W2, contexts, targets):
    n, c = contexts.shape
    h = W[contexts].mean(axis=1)
    y = np.exp(h @ W2.T)
    ds = y / y.sum(axis=1, keepdims=True) / n
    ds[np.arange(n), contexts[:, 0]] -= 1 / n
    dW = np.zeros(W.shape)
    np.add.at(dW, contexts, (ds @ W2)[:, None] / c)
    return dW, ds.T @ h


# %% 2b: takes the step at once
# says: changed its input W
def cbow_gradients(W, W2, contexts, targets):
    dW, dW2 = solution.cbow_gradients(W, W2, contexts, targets)
    W -= dW
    return dW, dW2


# %% 2b: a loop over the examples
# says: a loop grows with the data
def cbow_gradients(W, W2, contexts, targets):
    dW, dW2 = np.zeros(W.shape), np.zeros(W2.shape)
    for row, target in zip(contexts, targets):
        one = solution.cbow_gradients(W, W2, row[None], np.array([target]))
        dW += one[0] / len(targets)
        dW2 += one[1] / len(targets)
    return dW, dW2


# %% 2b: repeats inside a context
# hidden: and what if a word comes twice in one context?
def cbow_gradients(W, W2, contexts, targets):
    n, c = contexts.shape
    h = W[contexts].mean(axis=1)
    scores = h @ W2.T
    y = np.exp(scores - scores.max(axis=1, keepdims=True))
    ds = (y / y.sum(axis=1, keepdims=True) - np.eye(len(W))[targets]) / n
    there = np.stack([(contexts == i).any(axis=1) for i in range(len(W))])
    return there @ (ds @ W2) / c, ds.T @ h


# %% 2b: column by column, with repeats
# hidden: dW has wrong values
def cbow_gradients(W, W2, contexts, targets):
    n, c = contexts.shape
    h = W[contexts].mean(axis=1)
    scores = h @ W2.T
    y = np.exp(scores - scores.max(axis=1, keepdims=True))
    ds = (y / y.sum(axis=1, keepdims=True) - np.eye(len(W))[targets]) / n
    dW = np.zeros(W.shape)
    for j in range(c):
        dW[contexts[:, j]] += ds @ W2 / c
    return dW, ds.T @ h


# %% 2b: overflow
# hidden: with scores up to 1000: dW contains NaN
def cbow_gradients(W, W2, contexts, targets):
    n, c = contexts.shape
    h = W[contexts].mean(axis=1)
    y = np.exp(h @ W2.T)
    ds = (y / y.sum(axis=1, keepdims=True) - np.eye(len(W))[targets]) / n
    dW = np.zeros(W.shape)
    np.add.at(dW, contexts, (ds @ W2)[:, None] / c)
    return dW, ds.T @ h


# %% 2b: two neighbours always
# hidden: dW is 2 times too large
def cbow_gradients(W, W2, contexts, targets):
    dW, dW2 = solution.cbow_gradients(W, W2, contexts, targets)
    return dW * contexts.shape[1] / 2, dW2


# %% 2b: hard-coded
# hidden: dW has the wrong shape
def cbow_gradients(W, W2, contexts, targets):
    dW = np.array([[-0.050705, 0.091525], [-0.13322, 0.394912], [-0.094052, 0.148258], [-0.011538, -0.155129]])
    return dW, np.array([[-0.337341, 0.235713], [0.348234, -0.422647], [0.009378, -0.13439], [-0.020271, 0.321324]])


# %% 2b: autograd
# hidden: calls the ready-made torch
import torch


def cbow_gradients(W, W2, contexts, targets):
    W, W2 = torch.tensor(W, requires_grad=True), torch.tensor(W2, requires_grad=True)
    scores = W[torch.tensor(contexts)].mean(dim=1) @ W2.T
    torch.nn.functional.cross_entropy(scores, torch.tensor(targets)).backward()
    return W.grad.numpy(), W2.grad.numpy()


# %% 3a: no power
# says: Without the power it would be 38.5 %
def draw_words(counts, size, seed):
    return np.random.default_rng(seed).choice(len(counts), size, p=counts / counts.sum())


# %% 3a: all words alike
# says: share of each word
def draw_words(counts, size, seed):
    return np.random.default_rng(seed).integers(len(counts), size=size)


# %% 3a: the power 4/3
# says: 10^¾ = 5.623
def draw_words(counts, size, seed):
    p = counts ** (4 / 3)
    return np.random.default_rng(seed).choice(len(counts), size, p=p / p.sum())


# %% 3a: the power 1/4
# says: 10^¾ = 5.623
def draw_words(counts, size, seed):
    p = counts**0.25
    return np.random.default_rng(seed).choice(len(counts), size, p=p / p.sum())


# %% 3a: word numbers from 1
# says: Word numbers run from 0 to V − 1
def draw_words(counts, size, seed):
    return solution.draw_words(counts, size, seed) + 1


# %% 3a: forgets the seed
# says: seed=0) a second time: has wrong values
def draw_words(counts, size, seed):
    p = counts**0.75
    return np.random.default_rng().choice(len(counts), size, p=p / p.sum())


# %% 3a: the same draws for every seed
# says: Does your generator use the argument seed
def draw_words(counts, size, seed):
    p = counts**0.75
    return np.random.default_rng(0).choice(len(counts), size, p=p / p.sum())


# %% 3a: one generator for ever
# says: Make a new generator with np.random.default_rng(seed) in each call
generator = np.random.default_rng(0)


def draw_words(counts, size, seed):
    p = counts**0.75
    return generator.choice(len(counts), size, p=p / p.sum())


# %% 3a: not at random
# says: Does your generator use the argument seed
def draw_words(counts, size, seed):
    ends = np.cumsum(counts**0.75)
    return np.searchsorted(ends, (np.arange(size) + 0.5) / size * ends[-1])


# %% 3a: a loop over the draws
# says: a loop grows with the data
def draw_words(counts, size, seed):
    ends = np.cumsum(counts**0.75)
    return np.array([np.searchsorted(ends, u * ends[-1]) for u in np.random.default_rng(seed).random(size)])


# %% 3a: a list
# says: is a list, expected a NumPy array
def draw_words(counts, size, seed):
    return solution.draw_words(counts, size, seed).tolist()


# %% 3a: real numbers
# says: has dtype float64, expected integers
def draw_words(counts, size, seed):
    drawn = np.zeros(size)
    drawn[:] = solution.draw_words(counts, size, seed)
    return drawn


# %% 3a: how often instead of which
# says: has the wrong shape: axis 0 is too short
def draw_words(counts, size, seed):
    p = counts**0.75
    return np.random.default_rng(seed).multinomial(size, p / p.sum())


# %% 3a: sorts the counts in place
# says: changed its input counts
def draw_words(counts, size, seed):
    drawn = solution.draw_words(counts, size, seed)
    counts.sort()
    return drawn


# %% 3a: takes the words for sorted
# hidden: whatever their order
def draw_words(counts, size, seed):
    return solution.draw_words(np.sort(counts)[::-1], size, seed)


# %% 3a: words that never occur
# hidden: draws of words that do not occur
def draw_words(counts, size, seed):
    return solution.draw_words(np.maximum(counts, 1), size, seed)


# %% 3a: each draw twice
# hidden: share of draws like the one before
def draw_words(counts, size, seed):
    return np.repeat(solution.draw_words(counts, size // 2 + 1, seed), 2)[:size]


# %% 3a: sorted
# says: and are the draws in random order?
def draw_words(counts, size, seed):
    return np.sort(solution.draw_words(counts, size, seed))


# %% 3a: hard-coded probabilities
# hidden: draws of words that do not occur
def draw_words(counts, size, seed):
    return np.random.default_rng(seed).choice(5, size, p=[0.336396, 0.257439, 0.169198, 0.136361, 0.100606])


# %% 3a: the package's sampler
# hidden: calls the ready-made course_pkg
def draw_words(counts, size, seed):
    return words.AliasSampler(words.noise_distribution(counts)).sample(size, np.random.default_rng(seed))


# %% 3b: signs exchanged
# says: −log φ(2) = 0.1269
def negative_sampling_loss(W, W2, word, neighbour, negatives):
    return solution.negative_sampling_loss(-W, W2, word, neighbour, negatives)


# %% 3b: no minus for the draws
# says: −log φ(−1) = 1.3133
def negative_sampling_loss(W, W2, word, neighbour, negatives):
    s = W2 @ W[word]
    return np.logaddexp(0, -s[neighbour]) + np.logaddexp(0, -s[negatives]).sum()


# %% 3b: sign slip
# says: has the wrong sign
def negative_sampling_loss(W, W2, word, neighbour, negatives):
    return -solution.negative_sampling_loss(W, W2, word, neighbour, negatives)


# %% 3b: mean over the draws
# says: has a wrong value
def negative_sampling_loss(W, W2, word, neighbour, negatives):
    s = W2 @ W[word]
    return np.logaddexp(0, -s[neighbour]) + np.logaddexp(0, s[negatives]).mean()


# %% 3b: the neighbour counts as a draw
# says: Word 2 is the neighbour, so its draw does not count
def negative_sampling_loss(W, W2, word, neighbour, negatives):
    s = W2 @ W[word]
    return np.logaddexp(0, -s[neighbour]) + np.logaddexp(0, s[negatives]).sum()


# %% 3b: draws only
# says: The score of the neighbour is
def negative_sampling_loss(W, W2, word, neighbour, negatives):
    return np.logaddexp(0, (W2 @ W[word])[negatives]).sum()


# %% 3b: one embedding for both parts
# says: has a wrong value
def negative_sampling_loss(W, W2, word, neighbour, negatives):
    return solution.negative_sampling_loss(W, W, word, neighbour, negatives)


# %% 3b: no logarithm
# says: has a wrong value
def negative_sampling_loss(W, W2, word, neighbour, negatives):
    phi = 1 / (1 + np.exp(-(W2 @ W[word])))
    return (1 - phi[neighbour]) + phi[negatives[negatives != neighbour]].sum()


# %% 3b: a small softmax
# says: has a wrong value
def negative_sampling_loss(W, W2, word, neighbour, negatives):
    asked = np.append(neighbour, negatives[negatives != neighbour])
    return solution.skipgram_loss(W, W2[asked], word, np.array([0]))


# %% 3b: one term for each draw
# says: is an array, expected a number
def negative_sampling_loss(W, W2, word, neighbour, negatives):
    s = W2 @ W[word]
    return np.logaddexp(0, -s[neighbour]) + np.logaddexp(0, s[negatives])


# %% 3b: sorts the draws
# says: changed its input negatives
def negative_sampling_loss(W, W2, word, neighbour, negatives):
    negatives.sort()
    return solution.negative_sampling_loss(W, W2, word, neighbour, negatives)


# %% 3b: all other words are draws
# says: has a wrong value
def negative_sampling_loss(W, W2, word, neighbour, negatives):
    return solution.negative_sampling_loss(W, W2, word, neighbour, np.array([i for i in range(len(W)) if i != word]))


# %% 3b: repeated draws once
# hidden: a word that is drawn twice counts twice
def negative_sampling_loss(W, W2, word, neighbour, negatives):
    return solution.negative_sampling_loss(W, W2, word, neighbour, np.unique(negatives))


# %% 3b: removes the neighbour once
# hidden: the neighbour not at all
def negative_sampling_loss(W, W2, word, neighbour, negatives):
    drawn, s = negatives.tolist(), W2 @ W[word]
    if neighbour in drawn:
        drawn.remove(neighbour)
    return np.logaddexp(0, -s[neighbour]) + np.logaddexp(0, s[drawn]).sum()


# %% 3b: overflow
# hidden: with scores up to 1000: contains infinity
def negative_sampling_loss(W, W2, word, neighbour, negatives):
    s = W2 @ W[word]
    return np.log(1 + np.exp(-s[neighbour])) + np.log(1 + np.exp(s[negatives[negatives != neighbour]])).sum()


# %% 3b: a small number against log 0
# hidden: with scores up to 1000: has a wrong value
def negative_sampling_loss(W, W2, word, neighbour, negatives):
    s = np.clip(W2 @ W[word], -30, 30)
    return np.logaddexp(0, -s[neighbour]) + np.logaddexp(0, s[negatives[negatives != neighbour]]).sum()


# %% 3b: hard-coded
# hidden: has a wrong value
def negative_sampling_loss(W, W2, word, neighbour, negatives):
    return 1.133336879 if neighbour in negatives else 2.133336879


# %% 3b: three draws always
# hidden: has a wrong value
def negative_sampling_loss(W, W2, word, neighbour, negatives):
    return solution.negative_sampling_loss(W, W2, word, neighbour, negatives[:3])


# %% 3b: a library's function
# hidden: calls the ready-made torch
import torch


def negative_sampling_loss(W, W2, word, neighbour, negatives):
    asked = np.append(negatives[negatives != neighbour], neighbour)
    scores = torch.from_numpy(np.where(asked == neighbour, 1, -1) * (W2[asked] @ W[word]))
    return -torch.nn.functional.logsigmoid(scores).sum().item()


# %% 3b: a library's φ, already with its logarithm
# hidden: calls the ready-made scipy.special.log_expit
from scipy.special import log_expit


def negative_sampling_loss(W, W2, word, neighbour, negatives):
    draws = W2[negatives[negatives != neighbour]]
    return -log_expit(W2[neighbour] @ W[word]) - log_expit(-draws @ W[word]).sum()


# %% 3c: sign slip
# says: dW has the wrong sign
def negative_sampling_gradients(W, W2, word, neighbour, negatives):
    dW, dW2 = solution.negative_sampling_gradients(W, W2, word, neighbour, negatives)
    return -dW, -dW2


# %% 3c: the neighbour's 1 forgotten
# says: So ds is −0.1192, 0.7311 and 0.2689
def negative_sampling_gradients(W, W2, word, neighbour, negatives):
    asked = np.append(negatives[negatives != neighbour], neighbour)
    ds = 1 / (1 + np.exp(-(W2[asked] @ W[word])))
    dW, dW2 = np.zeros(W.shape), np.zeros(W2.shape)
    dW[word] = ds @ W2[asked]
    np.add.at(dW2, asked, np.outer(ds, W[word]))
    return dW, dW2


# %% 3c: 1 for the draws as well
# says: dW has wrong values
def negative_sampling_gradients(W, W2, word, neighbour, negatives):
    asked = np.append(negatives[negatives != neighbour], neighbour)
    ds = 1 / (1 + np.exp(-(W2[asked] @ W[word]))) - 1
    dW, dW2 = np.zeros(W.shape), np.zeros(W2.shape)
    dW[word] = ds @ W2[asked]
    np.add.at(dW2, asked, np.outer(ds, W[word]))
    return dW, dW2


# %% 3c: all words are asked
# says: Row 0 of W2 was not asked: its gradient is 0
def negative_sampling_gradients(W, W2, word, neighbour, negatives):
    dW, _ = solution.negative_sampling_gradients(W, W2, word, neighbour, negatives)
    ds = 1 / (1 + np.exp(-(W2 @ W[word])))
    ds[neighbour] -= 1
    return dW, np.outer(ds, W[word])


# %% 3c: only the rows that were asked
# says: dW2 has the wrong shape: axis 0 is too short
def negative_sampling_gradients(W, W2, word, neighbour, negatives):
    dW, dW2 = solution.negative_sampling_gradients(W, W2, word, neighbour, negatives)
    return dW, dW2[np.append(neighbour, negatives)]


# %% 3c: mean over the asked
# says: dW is 3 times too small
def negative_sampling_gradients(W, W2, word, neighbour, negatives):
    dW, dW2 = solution.negative_sampling_gradients(W, W2, word, neighbour, negatives)
    return dW / (len(negatives) + 1), dW2 / (len(negatives) + 1)


# %% 3c: gradient in the neighbour's row
# says: dW has wrong values
def negative_sampling_gradients(W, W2, word, neighbour, negatives):
    dW, dW2 = solution.negative_sampling_gradients(W, W2, word, neighbour, negatives)
    other = np.zeros(W.shape)
    other[neighbour] = dW[word]
    return other, dW2


# %% 3c: back through the wrong matrix
# says: dW has wrong values
def negative_sampling_gradients(W, W2, word, neighbour, negatives):
    _, dW2 = solution.negative_sampling_gradients(W, W2, word, neighbour, negatives)
    dW = np.zeros(W.shape)
    dW[word] = solution.negative_sampling_gradients(W, W, word, neighbour, negatives)[0][word]
    return dW, dW2


# %% 3c: gradients exchanged
# says: dW has wrong values
def negative_sampling_gradients(W, W2, word, neighbour, negatives):
    return solution.negative_sampling_gradients(W, W2, word, neighbour, negatives)[::-1]


# %% 3c: derivative of φ in place of that of log φ
# says: and φ is 0.8808, 0.7311 and 0.2689
def negative_sampling_gradients(W, W2, word, neighbour, negatives):
    asked = np.append(negatives, neighbour)
    phi = 1 / (1 + np.exp(-(W2[asked] @ W[word])))
    ds = phi * (1 - phi) * np.where(asked == neighbour, -1, 1)
    dW, dW2 = np.zeros(W.shape), np.zeros(W2.shape)
    dW[word] = ds @ W2[asked]
    np.add.at(dW2, asked, np.outer(ds, W[word]))
    return dW, dW2


# %% 3c: takes the step at once
# says: changed its input W2
def negative_sampling_gradients(W, W2, word, neighbour, negatives):
    dW, dW2 = solution.negative_sampling_gradients(W, W2, word, neighbour, negatives)
    W2 -= 0.1 * dW2
    return dW, dW2


# %% 3c: one gradient only
# says: expected a tuple of 2: (dW, dW2)
def negative_sampling_gradients(W, W2, word, neighbour, negatives):
    return solution.negative_sampling_gradients(W, W2, word, neighbour, negatives)[1]


# %% 3c: by finite differences
# says: is close, but not close enough
def negative_sampling_gradients(W, W2, word, neighbour, negatives):
    gradients, loss = [], solution.negative_sampling_loss(W, W2, word, neighbour, negatives)
    for place, array in enumerate((W, W2)):
        gradient = np.zeros(array.shape)
        for i in np.ndindex(array.shape):
            moved = [W.copy(), W2.copy()]
            moved[place][i] += 1e-4
            gradient[i] = (solution.negative_sampling_loss(*moved, word, neighbour, negatives) - loss) / 1e-4
        gradients.append(gradient)
    return tuple(gradients)


# %% 3c: an index with repeats
# hidden: (an index with repeats writes once)
def negative_sampling_gradients(W, W2, word, neighbour, negatives):
    asked = np.append(negatives[negatives != neighbour], neighbour)
    ds = np.exp(-np.logaddexp(0, -W2[asked] @ W[word])) - (asked == neighbour)
    dW, dW2 = np.zeros(W.shape), np.zeros(W2.shape)
    dW[word] = ds @ W2[asked]
    dW2[asked] += np.outer(ds, W[word])
    return dW, dW2


# %% 3c: the neighbour counts as a draw
# hidden: the neighbour is no draw
def negative_sampling_gradients(W, W2, word, neighbour, negatives):
    asked = np.append(negatives, neighbour)
    ds = np.exp(-np.logaddexp(0, -W2[asked] @ W[word]))
    ds[-1] -= 1
    dW, dW2 = np.zeros(W.shape), np.zeros(W2.shape)
    dW[word] = ds @ W2[asked]
    np.add.at(dW2, asked, np.outer(ds, W[word]))
    return dW, dW2


# %% 3c: repeated draws once
# hidden: A word that is drawn twice gets its gradient twice
def negative_sampling_gradients(W, W2, word, neighbour, negatives):
    return solution.negative_sampling_gradients(W, W2, word, neighbour, np.unique(negatives))


# %% 3c: overflow
# hidden: with scores up to 1000: dW contains NaN
def negative_sampling_gradients(W, W2, word, neighbour, negatives):
    asked = np.append(negatives[negatives != neighbour], neighbour)
    power = np.exp(W2[asked] @ W[word])
    ds = power / (1 + power) - (asked == neighbour)
    dW, dW2 = np.zeros(W.shape), np.zeros(W2.shape)
    dW[word] = ds @ W2[asked]
    np.add.at(dW2, asked, np.outer(ds, W[word]))
    return dW, dW2


# %% 3c: hard-coded
# hidden: dW has the wrong shape
def negative_sampling_gradients(W, W2, word, neighbour, negatives):
    dW = np.array([[0.611856, 0.388144], [0.0, 0.0], [0.0, 0.0], [0.0, 0.0]])
    return dW, np.array([[0.0, 0.0], [0.731059, -0.731059], [-0.119203, 0.119203], [0.268941, -0.268941]])


# %% 3c: a library's function
# hidden: calls the ready-made course_pkg
def negative_sampling_gradients(W, W2, word, neighbour, negatives):
    answers = np.bincount(negatives, minlength=len(W2))
    answers[neighbour] = 1
    ds = answers * nn.activation("sigmoid", W2 @ W[word])
    ds[neighbour] -= 1
    dW = np.zeros(W.shape)
    dW[word] = ds @ W2
    return dW, np.outer(ds, W[word])


# %% 3c: a library's φ
# hidden: calls the ready-made scipy.special.expit
import scipy


def phi(score):
    return scipy.special.expit(score)


def negative_sampling_gradients(W, W2, word, neighbour, negatives):
    asked = np.append(negatives[negatives != neighbour], neighbour)
    ds = phi(W2[asked] @ W[word]) - (asked == neighbour)
    dW, dW2 = np.zeros(W.shape), np.zeros(W2.shape)
    dW[word] = ds @ W2[asked]
    np.add.at(dW2, asked, np.outer(ds, W[word]))
    return dW, dW2


# %% 4: joins the largest
# says: First 1 and 2 are joined to 3
def huffman_codes(counts):
    return solution.huffman_codes(-counts)


# %% 4: codes of one length
# says: Σ count · length
def huffman_codes(counts):
    length = int(np.ceil(np.log2(len(counts))))
    return [format(word, f"0{length}b") for word in range(len(counts))]


# %% 4: written from the wrong end
# says: no code may be the beginning of another one
def huffman_codes(counts):
    return [code[::-1] for code in solution.huffman_codes(counts)]


# %% 4: sorted only once
# says: Σ count · length
def huffman_codes(counts):
    codes = [""] * len(counts)
    nodes = sorted((count, [word]) for word, count in enumerate(counts))
    while len(nodes) > 1:
        (n0, words0), (n1, words1), *nodes = nodes
        for bit, below in (("0", words0), ("1", words1)):
            for word in below:
                codes[word] = bit + codes[word]
        nodes.append((n0 + n1, words0 + words1))
    return codes


# %% 4: a new node has the larger of the two counts
# hidden: Are always the two smallest nodes joined
def huffman_codes(counts):
    codes = [""] * len(counts)
    nodes = [(count, [word]) for word, count in enumerate(counts)]
    while len(nodes) > 1:
        (n0, words0), (n1, words1), *nodes = sorted(nodes)
        for bit, below in (("0", words0), ("1", words1)):
            for word in below:
                codes[word] = bit + codes[word]
        nodes.append((max(n0, n1), words0 + words1))
    return codes


# %% 4: Shannon's lengths
# says: The code of the word with count 8 has one figure
def huffman_codes(counts):
    order = np.argsort(-counts, kind="stable")
    p = counts[order] / counts.sum()
    codes, begin = [""] * len(counts), 0.0
    for word, share in zip(order, p):
        length = int(np.ceil(-np.log2(share)))
        codes[word] = format(int(begin * 2**length), f"0{length}b")
        begin += share
    return codes


# %% 4: one figure for each rank
# says: no code may be the beginning of another one
def huffman_codes(counts):
    rank = np.argsort(np.argsort(-counts, kind="stable"))
    return ["1" * (int(r) + 1) for r in rank]


# %% 4: sorted by count
# says: Σ count · length
def huffman_codes(counts):
    return sorted(solution.huffman_codes(counts), key=len)


# %% 4: numbers instead of texts
# says: is each code of huffman_codes(counts) a text of 0 and 1?
def huffman_codes(counts):
    return [int(code) for code in solution.huffman_codes(counts)]


# %% 4: plus and minus
# says: Return a list with one text of 0 and 1 for each word
def huffman_codes(counts):
    return [code.replace("0", "+").replace("1", "-") for code in solution.huffman_codes(counts)]


# %% 4: a dictionary
# says: the type of huffman_codes(counts): has a wrong value
def huffman_codes(counts):
    return dict(enumerate(solution.huffman_codes(counts)))


# %% 4: root forgotten
# says: Return a list with one text of 0 and 1 for each word
def huffman_codes(counts):
    return [code[1:] for code in solution.huffman_codes(counts)]


# %% 4: sorts the counts in place
# says: changed its input counts
def huffman_codes(counts):
    codes = solution.huffman_codes(counts)
    counts.sort()
    return codes


# %% 4: equal counts overwrite each other
# says: Return a list with one text of 0 and 1 for each word
def huffman_codes(counts):
    codes = [""] * len(counts)
    nodes = {int(count): [word] for word, count in enumerate(counts)}
    while len(nodes) > 1:
        n0, n1 = sorted(nodes)[:2]
        words0, words1 = nodes.pop(n0), nodes.pop(n1)
        for bit, below in (("0", words0), ("1", words1)):
            for word in below:
                codes[word] = bit + codes[word]
        nodes[n0 + n1] = words0 + words1
    return codes


# %% 4: cannot compare nodes of the same count
# stops: not supported between instances of 'dict' and 'dict'
def huffman_codes(counts):
    nodes = [(count, {word: ""}) for word, count in enumerate(counts)]
    while len(nodes) > 1:
        (n0, left), (n1, right), *nodes = sorted(nodes)
        both = {w: "0" + code for w, code in left.items()} | {w: "1" + code for w, code in right.items()}
        nodes.append((n0 + n1, both))
    return [nodes[0][1][word] for word in range(len(counts))]


# %% 4: a chain instead of a tree
# hidden: Are always the two smallest nodes joined, new ones among them?
def huffman_codes(counts):
    codes = [""] * len(counts)
    order = np.argsort(-counts, kind="stable")
    for rank, word in enumerate(order):
        codes[word] = "1" * rank + "0" * (rank < len(counts) - 1)
    return codes


# %% 4: cut in the middle from above
# hidden: Σ count · length
def huffman_codes(counts):
    codes = [""] * len(counts)

    def split(group):
        if len(group) > 1:
            sums = np.cumsum(counts[group])
            cut = 1 + int(np.argmin(np.abs(2 * sums[:-1] - sums[-1])))
            for bit, part in (("0", group[:cut]), ("1", group[cut:])):
                for word in part:
                    codes[word] += bit
                split(part)

    split(sorted(range(len(counts)), key=lambda word: -counts[word]))
    return codes


# %% 4: two words are too few
# hidden: a text of 0 and 1?
def huffman_codes(counts):
    return solution.huffman_codes(counts) if len(counts) > 2 else [""] * len(counts)


# %% 4: hard-coded
# hidden: has 5 items, expected 2
def huffman_codes(counts):
    return ["1", "001", "0000", "01", "0001"] if counts[0] != 2 else ["00", "01", "10", "11"]


# %% 4: the package's tree
# hidden: calls the ready-made course_pkg
def huffman_codes(counts):
    return ["".join("0" if e > 0 else "1" for e in code) for code in words.HuffmanTree(counts).codes]


# %% 5a: products for cosines
# says: numbers has wrong values
def nearest_words(E, word, k):
    products = E @ E[word]
    products[word] = -np.inf
    best = np.argsort(-products)[:k]
    return best, products[best]


# %% 5a: the word itself
# says: The first is row itself
def nearest_words(E, word, k):
    units = E / np.linalg.norm(E, axis=1, keepdims=True)
    cosines = units @ units[word]
    best = np.argsort(-cosines)[:k]
    return best, cosines[best]


# %% 5a: worst first
# says: numbers has wrong values
def nearest_words(E, word, k):
    numbers, cosines = solution.nearest_words(E, word, k)
    return numbers[::-1], cosines[::-1]


# %% 5a: least like
# says: in this order
def nearest_words(E, word, k):
    units = E / np.linalg.norm(E, axis=1, keepdims=True)
    cosines = units @ units[word]
    best = np.argsort(cosines)[:k]
    return best, cosines[best]


# %% 5a: divided by one length only
# says: cosines is 25 times too large
def nearest_words(E, word, k):
    numbers, cosines = solution.nearest_words(E, word, k)
    return numbers, cosines * np.linalg.norm(E[word])


# %% 5a: distances
# says: With all rows scaled to length 1
def nearest_words(E, word, k):
    distances = np.linalg.norm(E - E[word], axis=1)
    distances[word] = np.inf
    best = np.argsort(distances)[:k]
    return best, distances[best]


# %% 5a: 1 − cosine
# says: cosines has wrong values
def nearest_words(E, word, k):
    numbers, cosines = solution.nearest_words(E, word, k)
    return numbers, 1 - cosines


# %% 5a: columns scaled
# says: has wrong values
def nearest_words(E, word, k):
    units = E / np.linalg.norm(E, axis=0)
    cosines = units @ units[word]
    cosines[word] = -np.inf
    best = np.argsort(-cosines)[:k]
    return best, cosines[best]


# %% 5a: one too many
# says: numbers has the wrong shape: axis 0 is too long
def nearest_words(E, word, k):
    units = E / np.linalg.norm(E, axis=1, keepdims=True)
    cosines = units @ units[word]
    best = np.argsort(-cosines)[: k + 1]
    return best, cosines[best]


# %% 5a: numbers only
# says: expected a tuple of 2: (numbers, cosines)
def nearest_words(E, word, k):
    return solution.nearest_words(E, word, k)[0]


# %% 5a: lists
# says: numbers is a list, expected a NumPy array
def nearest_words(E, word, k):
    numbers, cosines = solution.nearest_words(E, word, k)
    return numbers.tolist(), cosines.tolist()


# %% 5a: cosines of all words
# says: cosines has the wrong shape: axis 0 is too long
def nearest_words(E, word, k):
    units = E / np.linalg.norm(E, axis=1, keepdims=True)
    return solution.nearest_words(E, word, k)[0], units @ units[word]


# %% 5a: in place
# says: changed its input E
def nearest_words(E, word, k):
    E /= np.linalg.norm(E, axis=1, keepdims=True)
    return solution.nearest_words(E, word, k)


# %% 5a: a loop over the words
# says: a loop grows with the data
def nearest_words(E, word, k):
    cosines = np.array([v @ E[word] / np.linalg.norm(v) / np.linalg.norm(E[word]) for v in E])
    cosines[word] = -np.inf
    best = np.argsort(-cosines)[:k]
    return best, cosines[best]


# %% 5a: without signs
# hidden: also where some are negative
def nearest_words(E, word, k):
    units = E / np.linalg.norm(E, axis=1, keepdims=True)
    cosines = np.abs(units @ units[word])
    cosines[word] = -np.inf
    best = np.argsort(-cosines)[:k]
    return best, cosines[best]


# %% 5a: 0 for the word itself
# hidden: never the word itself
def nearest_words(E, word, k):
    units = E / np.linalg.norm(E, axis=1, keepdims=True)
    cosines = units @ units[word]
    cosines[word] = 0
    best = np.argsort(-cosines)[:k]
    return best, cosines[best]


# %% 5a: leaves out word 0
# hidden: and another word
def nearest_words(E, word, k):
    units = E / np.linalg.norm(E, axis=1, keepdims=True)
    cosines = units @ units[word]
    cosines[0] = -np.inf
    best = np.argsort(-cosines)[:k]
    return best, cosines[best]


# %% 5a: hard-coded
# hidden: numbers has the wrong shape
def nearest_words(E, word, k):
    return np.array([1, 4, 3]), np.array([0.99712, 0.715914, 0.224])


# %% 5a: a library's cosines
# hidden: calls the ready-made sklearn
from sklearn.metrics.pairwise import cosine_similarity


def nearest_words(E, word, k):
    cosines = cosine_similarity(E)[word]
    cosines[word] = -np.inf
    best = np.argsort(-cosines)[:k]
    return best, cosines[best]


# %% 5b: vectors as long as they are
# says: rows is (0.936, 0.352, 0) when it has length 1
def analogy(E, a, b, c, k):
    units = E / np.linalg.norm(E, axis=1, keepdims=True)
    q = E[a] - E[b] + E[c]
    cosines = units @ q / np.linalg.norm(q)
    cosines[[a, b, c]] = -np.inf
    best = np.argsort(-cosines)[:k]
    return best, cosines[best]


# %% 5b: the wrong word subtracted
# says: and q = (−0.024, 0.352, 0.96)
def analogy(E, a, b, c, k):
    return solution.analogy(E, a, c, b, k)


# %% 5b: everything added
# says: has wrong values
def analogy(E, a, b, c, k):
    units = E / np.linalg.norm(E, axis=1, keepdims=True)
    q = units[a] + units[b] + units[c]
    cosines = units @ q / np.linalg.norm(q)
    cosines[[a, b, c]] = -np.inf
    best = np.argsort(-cosines)[:k]
    return best, cosines[best]


# %% 5b: nothing left out
# says: The largest is that of column, which is in the question and left out
def analogy(E, a, b, c, k):
    units = E / np.linalg.norm(E, axis=1, keepdims=True)
    q = units[a] - units[b] + units[c]
    cosines = units @ q / np.linalg.norm(q)
    best = np.argsort(-cosines)[:k]
    return best, cosines[best]


# %% 5b: not divided by the length of q
# says: cosines is a constant times the right result
def analogy(E, a, b, c, k):
    numbers, cosines = solution.analogy(E, a, b, c, k)
    units = E / np.linalg.norm(E, axis=1, keepdims=True)
    return numbers, cosines * np.linalg.norm(units[a] - units[b] + units[c])


# %% 5b: products with vectors as long as they are
# says: cosines has wrong values
def analogy(E, a, b, c, k):
    units = E / np.linalg.norm(E, axis=1, keepdims=True)
    q = units[a] - units[b] + units[c]
    cosines = E @ q / np.linalg.norm(q)
    cosines[[a, b, c]] = -np.inf
    best = np.argsort(-cosines)[:k]
    return best, cosines[best]


# %% 5b: worst first
# says: has wrong values
def analogy(E, a, b, c, k):
    numbers, cosines = solution.analogy(E, a, b, c, k)
    return numbers[::-1], cosines[::-1]


# %% 5b: the best word only
# says: numbers has the wrong shape: axis 0 is too short
def analogy(E, a, b, c, k):
    return solution.analogy(E, a, b, c, 1)


# %% 5b: in place
# says: changed its input E
def analogy(E, a, b, c, k):
    E /= np.linalg.norm(E, axis=1, keepdims=True)
    return solution.analogy(E, a, b, c, k)


# %% 5b: a loop over the words
# says: a loop grows with the data
def analogy(E, a, b, c, k):
    q = sum(sign * E[i] / np.linalg.norm(E[i]) for sign, i in ((1, a), (-1, b), (1, c)))
    found = []
    for i, v in enumerate(E):
        if i not in (a, b, c):
            found.append((-v @ q / np.linalg.norm(v) / np.linalg.norm(q), i))
    found = sorted(found)[:k]
    return np.array([i for _, i in found]), np.array([-cosine for cosine, _ in found])


# %% 5b: a product of similarities
# says: cosines has wrong values
def analogy(E, a, b, c, k):
    units = E / np.linalg.norm(E, axis=1, keepdims=True)
    near = (1 + units @ units[[a, b, c]].T) / 2
    scores = near[:, 0] * near[:, 2] / (near[:, 1] + 0.001)
    scores[[a, b, c]] = -np.inf
    best = np.argsort(-scores)[:k]
    return best, scores[best]


# %% 5b: leaves out a and c only
# hidden: Are all three left out
def analogy(E, a, b, c, k):
    units = E / np.linalg.norm(E, axis=1, keepdims=True)
    q = units[a] - units[b] + units[c]
    cosines = units @ q / np.linalg.norm(q)
    cosines[[a, c]] = -np.inf
    best = np.argsort(-cosines)[:k]
    return best, cosines[best]


# %% 5b: leaves out c only
# hidden: Are all three left out
def analogy(E, a, b, c, k):
    units = E / np.linalg.norm(E, axis=1, keepdims=True)
    q = units[a] - units[b] + units[c]
    cosines = units @ q / np.linalg.norm(q)
    cosines[c] = -np.inf
    best = np.argsort(-cosines)[:k]
    return best, cosines[best]


# %% 5b: 0 for the words of the question
# hidden: Are all three left out
def analogy(E, a, b, c, k):
    units = E / np.linalg.norm(E, axis=1, keepdims=True)
    q = units[a] - units[b] + units[c]
    cosines = units @ q / np.linalg.norm(q)
    cosines[[a, b, c]] = 0
    best = np.argsort(-cosines)[:k]
    return best, cosines[best]


# %% 5b: hard-coded
# hidden: numbers has the wrong shape
def analogy(E, a, b, c, k):
    return np.array([3, 4]), np.array([0.838499, 0.727064])


# %% 5b: a library's lengths
# hidden: calls the ready-made sklearn
from sklearn.preprocessing import normalize


def analogy(E, a, b, c, k):
    units = normalize(E)
    cosines = units @ normalize(units[[a]] - units[[b]] + units[[c]])[0]
    cosines[[a, b, c]] = -np.inf
    best = np.argsort(-cosines)[:k]
    return best, cosines[best]


# %% 6: not centred
# says: The mean is (1, 2, 3)
def pca(X, k):
    _, sigma, axes = np.linalg.svd(X, full_matrices=False)
    return X @ axes[:k].T, axes[:k], (sigma**2 / (sigma**2).sum())[:k]


# %% 6: mean of each vector
# says: The mean is (1, 2, 3)
def pca(X, k):
    centred = X - X.mean(axis=1, keepdims=True)
    _, sigma, axes = np.linalg.svd(centred, full_matrices=False)
    return centred @ axes[:k].T, axes[:k], (sigma**2 / (sigma**2).sum())[:k]


# %% 6: one mean for all numbers
# says: places has wrong values
def pca(X, k):
    centred = X - X.mean()
    _, sigma, axes = np.linalg.svd(centred, full_matrices=False)
    return centred @ axes[:k].T, axes[:k], (sigma**2 / (sigma**2).sum())[:k]


# %% 6: places without lengths
# says: places has wrong values
def pca(X, k):
    places, axes, shares = solution.pca(X, k)
    return places / np.linalg.norm(places, axis=0), axes, shares


# %% 6: places of the vectors before centring
# says: places
def pca(X, k):
    _, axes, shares = solution.pca(X, k)
    return X @ axes.T, axes, shares


# %% 6: axes as columns
# says: Return the places (V, k), the axes (k, D) as rows
def pca(X, k):
    places, axes, shares = solution.pca(X, k)
    return places, axes.T, shares


# %% 6: columns of the matrix for its rows
# says: places has wrong values
def pca(X, k):
    centred = X - X.mean(axis=0)
    _, sigma, axes = np.linalg.svd(centred, full_matrices=False)
    axes = axes.T
    return centred @ axes[:k].T, axes[:k], (sigma**2 / (sigma**2).sum())[:k]


# %% 6: singular values not squared
# says: The squares of the three singular values are 32, 8 and 1
def pca(X, k):
    places, axes, _ = solution.pca(X, k)
    sigma = np.linalg.svd(X - X.mean(axis=0), compute_uv=False)
    return places, axes, (sigma / sigma.sum())[:k]


# %% 6: shares of the shown only
# says: shares is a constant times the right result
def pca(X, k):
    places, axes, shares = solution.pca(X, k)
    return places, axes, shares / shares.sum()


# %% 6: variances for shares
# says: shares is a constant times the right result
def pca(X, k):
    places, axes, _ = solution.pca(X, k)
    return places, axes, places.var(axis=0, ddof=1)


# %% 6: smallest first
# says: the second (0, 0, 1)
def pca(X, k):
    centred = X - X.mean(axis=0)
    values, vectors = np.linalg.eigh(centred.T @ centred)
    return centred @ vectors[:, :k], vectors[:, :k].T, (values / values.sum())[:k]


# %% 6: each dimension scaled
# says: axes has wrong values
def pca(X, k):
    places, axes, shares = solution.pca(X, k)
    return places, solution.pca(X / X.std(axis=0), k)[1], shares


# %% 6: the map only
# says: the shapes of pca(X, 2)
def pca(X, k):
    return solution.pca(X, k)[0]


# %% 6: in place
# says: changed its input X
def pca(X, k):
    X -= X.mean(axis=0)
    return solution.pca(X, k)


# %% 6: places do not fit the axes
# says: places has the wrong sign
def pca(X, k):
    places, axes, shares = solution.pca(X, k)
    return -places, axes, shares


# %% 6: two axes always
# hidden: the shapes of pca(X, k)
def pca(X, k):
    return solution.pca(X, 2)


# %% 6: axes only as many as dimensions minus one
# hidden: the shapes of pca(X, k)
def pca(X, k):
    return solution.pca(X, min(k, X.shape[1] - 1))


# %% 6: shares of the three largest
# hidden: not only of those along the k axes
def pca(X, k):
    places, axes, _ = solution.pca(X, k)
    squares = np.linalg.svd(X - X.mean(axis=0), compute_uv=False)[:3] ** 2
    shares = squares / squares.sum()
    return places, axes, np.resize(shares, k)


# %% 6: hard-coded
# hidden: the shapes of pca(X, k)
def pca(X, k):
    places, axes = np.array([[4.0, 0.0], [-4.0, 0.0], [0.0, 2.0], [0.0, -2.0]]), [[0.6, 0.8, 0.0], [0.0, 0.0, 1.0]]
    return places, np.array(axes), np.array([32 / 41, 8 / 41])


# %% 6: scikit-learn
# hidden: calls the ready-made sklearn
from sklearn.decomposition import PCA as ready_made


def pca(X, k):
    model = ready_made(k, svd_solver="full").fit(X)
    return model.transform(X), model.components_, model.explained_variance_ratio_


# %% 7a: kernel turned round
# says: At t = 0 the first kernel gives
def convolve_words(X, kernels, bias):
    return solution.convolve_words(X, kernels[:, ::-1], bias)


# %% 7a: no padding
# says: has the wrong shape: axis 2 is too short
def convolve_words(X, kernels, bias):
    c = solution.convolve_words(X, kernels, bias)
    return c[:, :, : X.shape[1] - kernels.shape[1] + 1]


# %% 7a: padding in front
# says: At t = 2 there is no next word
def convolve_words(X, kernels, bias):
    width = kernels.shape[1]
    padded = np.concatenate([np.zeros((len(X), width - 1, X.shape[2])), X], axis=1)
    return solution.convolve_words(padded, kernels, bias)[:, :, : X.shape[1]]


# %% 7a: round the end to the beginning
# says: At t = 2 there is no next word
def convolve_words(X, kernels, bias):
    c = sum(np.roll(X, -i, axis=1) @ kernels[:, i].T for i in range(kernels.shape[1])) + bias
    return c.transpose(0, 2, 1)


# %% 7a: no bias
# says: has wrong values
def convolve_words(X, kernels, bias):
    return solution.convolve_words(X, kernels, 0 * bias)


# %% 7a: bias for each place of the kernel
# says: has wrong values
def convolve_words(X, kernels, bias):
    return solution.convolve_words(X, kernels, bias * kernels.shape[1])


# %% 7a: words before kernels
# says: the axes are in another order
def convolve_words(X, kernels, bias):
    return solution.convolve_words(X, kernels, bias).transpose(0, 2, 1)


# %% 7a: half the width
# says: has wrong values
def convolve_words(X, kernels, bias):
    half = X.shape[2] // 2
    return solution.convolve_words(X[:, :, :half], kernels[:, :, :half], bias)


# %% 7a: kernel and width exchanged
# says: has wrong values
def convolve_words(X, kernels, bias):
    return solution.convolve_words(X, kernels.transpose(0, 2, 1), bias)


# %% 7a: subtracts the bias
# says: At t = 0 the first kernel gives
def convolve_words(X, kernels, bias):
    return solution.convolve_words(X, kernels, -bias)


# %% 7a: ReLU already here
# says: is 0 in places where it should not be
def convolve_words(X, kernels, bias):
    return np.maximum(solution.convolve_words(X, kernels, bias), 0)


# %% 7a: writes zeros into the text
# says: changed its input X
def convolve_words(X, kernels, bias):
    c = solution.convolve_words(X, kernels, bias)
    X[:, -1] = 0
    return c


# %% 7a: loops over texts and words
# says: a loop grows with the data
def convolve_words(X, kernels, bias):
    width = kernels.shape[1]
    c = np.zeros((len(X), len(kernels), X.shape[1]))
    for n, text in enumerate(X):
        text = np.concatenate([text, np.zeros((width - 1, X.shape[2]))])
        for t in range(X.shape[1]):
            c[n, :, t] = (kernels * text[t : t + width]).sum(axis=(1, 2)) + bias
    return c


# %% 7a: no return
# says: is the return missing?
def convolve_words(X, kernels, bias):
    c = solution.convolve_words(X, kernels, bias)


# %% 7a: padding on both sides
# hidden: behind the end there are as many vectors of 0 as you need
def convolve_words(X, kernels, bias):
    n, length, d = X.shape
    width = kernels.shape[1]
    padded = np.concatenate([np.zeros((n, (width - 1) // 2, d)), X, np.zeros((n, width, d))], axis=1)
    return solution.convolve_words(padded, kernels, bias)[:, :, :length]


# %% 7a: kernels of two words
# hidden: has wrong values
def convolve_words(X, kernels, bias):
    return solution.convolve_words(X, kernels[:, :2], bias)


# %% 7a: text shorter than the kernel
# hidden: your code stopped with ValueError
def convolve_words(X, kernels, bias):
    length = X.shape[1]
    c = np.zeros((len(X), length, len(kernels))) + bias
    for i in range(kernels.shape[1]):
        c[:, : length - i] += X[:, i:] @ kernels[:, i].T
    return c.transpose(0, 2, 1)


# %% 7a: first text only
# hidden: axis 0 is too short
def convolve_words(X, kernels, bias):
    return solution.convolve_words(X[:1], kernels, bias)


# %% 7a: hard-coded
# hidden: has the wrong shape
def convolve_words(X, kernels, bias):
    return np.array([[[3.5, 1.5, 2.5], [-4.0, 1.0, -2.0]]])


# %% 7a: a library's convolution
# hidden: calls the ready-made torch
import torch


def convolve_words(X, kernels, bias):
    padded = np.concatenate([X, np.zeros((len(X), kernels.shape[1] - 1, X.shape[2]))], axis=1)
    arrays = (padded.transpose(0, 2, 1), kernels.transpose(0, 2, 1), bias)
    return torch.nn.functional.conv1d(*(torch.from_numpy(np.ascontiguousarray(a)) for a in arrays)).numpy()


# %% 7b: padding takes part
# says: the 7 and the 5 stand in the padding
def text_scores(c, lengths, weight, bias):
    h = np.maximum(c.max(axis=2), 0)
    return h, h @ weight.T + bias


# %% 7b: no ReLU
# says: ReLU makes 0 of −2
def text_scores(c, lengths, weight, bias):
    h = np.where((np.arange(c.shape[2]) < lengths[:, None])[:, None], c, -np.inf).max(axis=2)
    return h, h @ weight.T + bias


# %% 7b: mean over time
# says: its maxima are 3.5 and 1
def text_scores(c, lengths, weight, bias):
    inside = (np.arange(c.shape[2]) < lengths[:, None])[:, None]
    h = np.maximum((c * inside).sum(axis=2) / lengths[:, None], 0)
    return h, h @ weight.T + bias


# %% 7b: one word too many
# says: The second has one, so 2 and −2 are its maxima
def text_scores(c, lengths, weight, bias):
    return solution.text_scores(c, lengths + 1, weight, bias)


# %% 7b: one word too few
# hidden: Which windows belong to a text
def text_scores(c, lengths, weight, bias):
    return solution.text_scores(c, np.maximum(lengths - 1, 1), weight, bias)


# %% 7b: the last word's value
# says: h has wrong values
def text_scores(c, lengths, weight, bias):
    h = np.maximum(c[np.arange(len(c)), :, lengths - 1], 0)
    return h, h @ weight.T + bias


# %% 7b: maximum over the kernels
# stops: mismatch
def text_scores(c, lengths, weight, bias):
    inside = (np.arange(c.shape[2]) < lengths[:, None])[:, None]
    h = np.maximum(np.where(inside, c, -np.inf).max(axis=1), 0)
    return h, h @ weight.T + bias


# %% 7b: the place of the maximum
# says: h has dtype int64, expected real numbers
def text_scores(c, lengths, weight, bias):
    inside = (np.arange(c.shape[2]) < lengths[:, None])[:, None]
    h = np.where(inside, c, -np.inf).argmax(axis=2)
    return h, h @ weight.T + bias


# %% 7b: no transpose
# stops: mismatch
def text_scores(c, lengths, weight, bias):
    h, _ = solution.text_scores(c, lengths, weight, bias)
    return h, h @ weight + bias


# %% 7b: no bias
# says: s has wrong values
def text_scores(c, lengths, weight, bias):
    return solution.text_scores(c, lengths, weight, 0 * bias)


# %% 7b: probabilities for scores
# says: s has wrong values
def text_scores(c, lengths, weight, bias):
    h, s = solution.text_scores(c, lengths, weight, bias)
    y = np.exp(s)
    return h, y / y.sum(axis=1, keepdims=True)


# %% 7b: scores before ReLU
# says: s has wrong values
def text_scores(c, lengths, weight, bias):
    h, _ = solution.text_scores(c, lengths, weight, bias)
    inside = (np.arange(c.shape[2]) < lengths[:, None])[:, None]
    return h, np.where(inside, c, -np.inf).max(axis=2) @ weight.T + bias


# %% 7b: scores only
# says: expected a tuple of 2: (h, s)
def text_scores(c, lengths, weight, bias):
    return solution.text_scores(c, lengths, weight, bias)[1]


# %% 7b: in place
# says: changed its input c
def text_scores(c, lengths, weight, bias):
    c[~np.broadcast_to((np.arange(c.shape[2]) < lengths[:, None])[:, None], c.shape)] = -np.inf
    h = np.maximum(c.max(axis=2), 0)
    return h, h @ weight.T + bias


# %% 7b: a loop over the texts
# says: a loop grows with the data
def text_scores(c, lengths, weight, bias):
    h = np.stack([np.maximum(text[:, :length].max(axis=1), 0) for text, length in zip(c, lengths)])
    return h, h @ weight.T + bias


# %% 7b: a transpose where it shows only for squares
# hidden: s has wrong values
def text_scores(c, lengths, weight, bias):
    return solution.text_scores(c, lengths, weight.T if weight.shape[0] == weight.shape[1] else weight, bias)


# %% 7b: padding of one word at most three
# hidden: your code stopped with ValueError
def text_scores(c, lengths, weight, bias):
    inside = np.arange(3) < lengths[:, None]
    h = np.maximum(np.where(inside[:, None], c, -np.inf).max(axis=2), 0)
    return h, h @ weight.T + bias


# %% 7b: full length or one word
# hidden: Which windows belong to a text
def text_scores(c, lengths, weight, bias):
    full = np.where(lengths > 1, c.shape[2], 1)
    return solution.text_scores(c, full, weight, bias)


# %% 7b: hard-coded
# hidden: h has the wrong shape
def text_scores(c, lengths, weight, bias):
    return np.array([[3.5, 1.0], [2.0, 0.0]]), np.array([[3.5, 2.5, -1.5], [2.0, 0.5, -1.0]])


# %% 7b: the package's ReLU
# hidden: calls the ready-made course_pkg
def text_scores(c, lengths, weight, bias):
    inside = (np.arange(c.shape[2]) < lengths[:, None])[:, None]
    h = nn.activation("relu", np.where(inside, c, -np.inf).max(axis=2))
    return h, h @ weight.T + bias
