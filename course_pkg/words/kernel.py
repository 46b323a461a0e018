"""The inner loop of word2vec, compiled by numba: the steps of ``word2vec.py``, one example at a time, in float32."""

import numpy as np
from numba import njit, uint64

# φ(−x) for x from −8 to 8 in steps of 1/128: quicker than computing it, and off by less than 0.001.
REACH, PER_UNIT = np.float32(8), np.float32(128)
WRONG = (1 / (1 + np.exp((np.arange(2 * REACH * PER_UNIT + 1) + 0.5) / PER_UNIT - REACH))).astype(np.float32)
MEASURED = 16  # the loss is measured for one example in so many


@njit(nogil=True, fastmath=True, cache=True)
def random_bits(state):
    """Step the generator ``state`` (one uint64) in place and return 32 random bits: xorshift64* (Vigna, 2016)."""
    x = state[0]
    x ^= x >> uint64(12)
    x ^= x << uint64(25)
    x ^= x >> uint64(27)
    state[0] = x
    return (x * uint64(2685821657736338717)) >> uint64(32)


@njit(nogil=True, fastmath=True, cache=True)
def random_below(state, n):
    """Return a random integer in 0 … n − 1 (n far below 2³²)."""
    return (random_bits(state) * uint64(n)) >> uint64(32)


@njit(nogil=True, fastmath=True, cache=True)
def random_share(state):
    """Return a random number in [0, 1)."""
    return random_bits(state) * 2.0**-32


@njit(nogil=True, fastmath=True, cache=True)
def decide(h, rows, e, count, weight, lr, dh, measured):
    """Step on the decisions −log φ(e_k · v'_k·h), k < ``count``; add −lr·∂L/∂h to ``dh``; return the loss if wanted."""
    loss = np.float32(0)
    for k in range(count):
        v = weight[rows[k]]
        score = np.float32(0)
        for d in range(h.size):
            score += v[d] * h[d]
        wrong = WRONG[int((min(max(e[k] * score, -REACH), REACH) + REACH) * PER_UNIT)]
        if measured:
            loss -= np.log(max(np.float32(1) - wrong, np.float32(1e-30)))
        g = lr * e[k] * wrong
        for d in range(h.size):
            dh[d] += g * v[d]
            v[d] += g * h[d]
    return loss


@njit(nogil=True, fastmath=True, cache=True)
def train(tokens, ends, first, last, W, weight, cbow, window, divide, tree, noise, negatives, keep, rates, seed):
    """Train on the sentences ``first`` … ``last`` − 1; return (words read, examples measured, sum of their losses).

    ``tokens`` are all word numbers, ``ends`` where each sentence ends; ``tree`` = (rows, e, depths) is used when
    ``negatives`` is 0, else ``noise`` = (own, alias). The rate falls from ``rates[0]`` to ``rates[1]`` over the words.
    """
    paths, codes, depths = tree
    own, alias = noise
    state = np.array([seed], dtype=np.uint64)
    size = W.shape[1]
    h, dh = np.empty(size, dtype=np.float32), np.empty(size, dtype=np.float32)
    rows, e = np.empty(negatives + 1, dtype=np.int64), np.full(negatives + 1, np.float32(-1))
    e[0] = 1
    begin = ends[first - 1] if first else 0
    total = ends[last - 1] - begin
    kept = np.empty(total, dtype=np.int64)
    examples, measured, loss = 0, 0, 0.0
    for sentence in range(first, last):
        start = ends[sentence - 1] if sentence else 0
        n = 0
        for place in range(start, ends[sentence]):
            if keep[tokens[place]] >= 1 or random_share(state) < keep[tokens[place]]:
                kept[n] = tokens[place]
                n += 1
        lr = np.float32(rates[0] + (rates[1] - rates[0]) * (start - begin) / max(total, 1))
        for i in range(n):
            reach = np.int64(1 + random_below(state, window))
            low, high = max(0, i - reach), min(n, i + reach + 1)
            if high - low < 2:
                continue
            share = np.float32(1) / np.float32(high - low - 1)
            if cbow:
                h[:] = 0
                for j in range(low, high):
                    if j != i:
                        h += share * W[kept[j]]
            for j in range(low, high):
                if j == i and not cbow:
                    continue
                target = kept[i] if cbow else kept[j]
                if not cbow:
                    h = W[kept[i]]
                dh[:] = 0
                measure = examples % MEASURED == 0
                measured += measure
                if negatives:
                    count = 1
                    rows[0] = target
                    for _ in range(negatives):
                        drawn = np.int64(random_below(state, own.size))
                        if random_share(state) >= own[drawn]:
                            drawn = alias[drawn]
                        if drawn != target:
                            rows[count] = drawn
                            count += 1
                    loss += decide(h, rows, e, count, weight, lr, dh, measure)
                else:
                    loss += decide(h, paths[target], codes[target], depths[target], weight, lr, dh, measure)
                examples += 1
                if not cbow:
                    W[kept[i]] += dh
                else:
                    for context in range(low, high):
                        if context != i:
                            W[kept[context]] += dh * share if divide else dh
                    break
    return total, measured, loss
