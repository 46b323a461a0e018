# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # The huge softmax and its two cures
#
# word2vec is a small network with one enormous layer: a softmax over all words of a language. This lecture counts
# what it costs, and avoids it in two ways.
#
# **You will be able to**
#
# - count the multiplications of one training example, with and without the cures;
# - build a Huffman tree by hand, and read the probability of a word off it;
# - say what negative sampling asks, and from which distribution it draws;
# - check all three losses against finite differences, and compare what they learn.
#
# Time: about 35 minutes. You need [words as vectors](01_word_vectors.ipynb).

# %%
import numpy as np

from course_pkg import data, nn, show, words
from course_pkg.show import COLOURS

# %% [markdown]
# ## Look first: what one example costs
#
# Full softmax scores every word of the vocabulary to train on one. So its cost grows with the vocabulary. The two
# cures grow hardly, or not at all.

# %% jupyter={"source_hidden": true}
V = np.array([100, 1_000, 10_000, 100_000, 1_000_000, 3_000_000])
size, negatives = 300, 5
cost = {
    "full softmax: V·N": V * size,
    "hierarchical softmax: about N·log₂ V": np.log2(V) * size,
    f"negative sampling: {negatives + 1}·N": np.full(len(V), (negatives + 1) * size),
}
fig, ax = show.new_figure(size=(7, 3.6))
for (label, values), colour in zip(cost.items(), ("red", "blue", "green"), strict=True):
    ax.loglog(V, values, "o-", label=label, color=COLOURS[colour])
ax.set(xlabel="words in the vocabulary, V", ylabel="multiplications, forward")
ax.legend()
show.figure(
    fig,
    alt="Cost of one example against the size of the vocabulary, both axes logarithmic. Full softmax rises in a straight line "
    "to 900 million multiplications for three million words. Hierarchical softmax rises slowly to about 6,500, negative "
    "sampling stays at 1,800.",
    caption="Multiplications forward for one pair of words, with N = 300 numbers a word. Three million words and 300 numbers "
    "are those of Google's vectors of 2013.",
)

# %% [markdown]
# Deck 001 has the numbers 10,000 words and 200 dimensions: two matrices of 2,000,000 numbers each. Full softmax
# touches all of the second one at every step, to move mostly numbers that hardly change.
#
# ## Cure 1: hierarchical softmax (层次 softmax)
#
# To find one word among $V$, one need not look at all of them. Put the words at the leaves of a binary tree and play
# a game of yes or no: left or right? After about $\log_2 V$ answers you are there.
#
# Each inner node $i$ has a vector $v'_i$ of its own, and decides with a logistic neuron, $\phi(s) = 1/(1 + e^{-s})$.
# To go left has probability $\phi(v_i'^T v_I)$, to go right $\phi(-v_i'^T v_I)$. With $e_j = +1$ for left and $-1$
# for right, deck 000 writes the probability of a word as the product along its path:
#
# $$P(x_t) = \prod_{j=0}^{\text{depth}(x_t)-1} \phi\left(e_j \cdot v_{i_j}'^T v_I\right).$$
#
# Because $\phi(s) + \phi(-s) = 1$ at each node, all words together have probability 1. No sum over the vocabulary is
# needed for that.
#
# ## Which tree? Huffman's
#
# Frequent words come up often, so they should have short paths. A **Huffman tree** (哈夫曼树) is the best possible one:
# no other tree makes $\sum$ count · depth smaller. Building it is simple. Take the two nodes with the smallest
# counts, join them, and give the new node their sum. Repeat until one node is left.
#
# Do it on paper for these counts, then compare: *the* 10, *king* 4, *queen* 3, *throne* 2, *of* 7.

# %%
names, counts = ["the", "of", "king", "queen", "throne"], [10, 7, 4, 3, 2]
tree = words.HuffmanTree(counts)
nodes, edges = tree.drawing([f"{name}\n{count}" for name, count in zip(names, counts, strict=True)])
show.graph(
    nodes,
    edges,
    width=7,
    alt="A Huffman tree of five words. The, with count 10, hangs directly below the root; of, king lie below; queen and throne, the rarest, are deepest.",
    caption="Huffman tree of five words with their counts. Each inner node has a vector v' and decides: +1 is left, −1 right.",
)

# %%
# NBVAL_CHECK_OUTPUT
for name, count, code, path in zip(names, counts, tree.codes, tree.paths, strict=True):
    print(f"{name:7} count {count:2}   path v'{list(map(int, path))}   e = {[f'{int(e):+d}' for e in code]}")
print(
    f"mean depth {tree.mean_depth(counts):.3f} steps; a tree of equal depths would need at least log₂ 5 = {np.log2(5):.3f}"
)

# %% [markdown]
# How close to the best can any tree get? Information theory says: not below the entropy of the words, and Huffman's
# is always less than one step above it. On our corpus:

# %%
# NBVAL_CHECK_OUTPUT
corpus = data.grammar(10_000)
vocabulary = words.Vocabulary(corpus)
share = vocabulary.counts / vocabulary.counts.sum()
entropy = -(share * np.log2(share)).sum()
depth = words.HuffmanTree(vocabulary.counts).mean_depth(vocabulary.counts)
print(
    f"{len(vocabulary)} words: entropy {entropy:.3f} bits, mean depth {depth:.3f} steps, log₂ V = {np.log2(len(vocabulary)):.3f}"
)

# %% [markdown]
# ## Cure 2: negative sampling (负采样)
#
# The second cure changes the question. Instead of "which of all words stands here?", ask "does this word stand here,
# yes or no?" For the word $O$ that was observed the answer is yes. For $k$ words drawn at random the answer is,
# almost surely, no:
#
# $$L(v_O, v_I) = -\left(\log \phi(v_O'^T v_I) + \sum_{i=1}^{k} \mathbb{E}_{y \sim P(y)} \left[\log \phi(-v_y'^T v_I)\right]\right).$$
#
# In practice each expectation is one draw. Only $k + 1$ rows of $W'$ move in a step, with $k$ between 5 and 20 for
# small corpora and 2 to 5 for large ones (Mikolov and others, 2013).
#
# This is no longer the softmax loss, and it does not give probabilities of words. That is fine: we want the vectors.
#
# **Which words are drawn?** Frequent ones more often, but not quite as often as they occur. With $U(y)$ the share of
# word $y$ in the text,
#
# $$P(y) \propto U(y)^{3/4}.$$
#
# The power 3/4 was found by trying; there is no derivation. It lifts rare words:

# %%
# NBVAL_CHECK_OUTPUT
U = np.array([0.9, 0.09, 0.01])
for power in (1, 0.75, 0):
    print(f"power {power:4}: P = {np.round(words.noise_distribution(U, power), 3)}")

# %% [markdown]
# To draw from $V$ words millions of times, one needs a draw in constant time. The **alias method** (Walker, 1977)
# cuts the bars of the distribution and fills them into $V$ boxes of equal size, so that no box has more than two
# owners. A draw picks a box, then one of its owners.

# %% jupyter={"source_hidden": true}
letters, weights = list("ABCDE"), np.array([0.4, 0.25, 0.2, 0.1, 0.05])
sampler = words.AliasSampler(weights)
palette = [COLOURS[c] for c in ("blue", "orange", "green", "red", "purple")]
fig, (left, right) = show.new_figure(1, 2, size=(9, 3), sharey=True)
left.bar(letters, weights * 5, color=palette)
left.axhline(1, color="0.4", ls=":")
left.set(title="what is wanted: 5·P", ylabel="height")
for box in range(5):
    own, other = sampler.own[box], sampler.alias[box]
    right.bar(box, own, color=palette[box])
    right.text(box, own / 2, letters[box], ha="center", va="center", color="white")
    if own < 1:
        right.bar(box, 1 - own, bottom=own, color=palette[other])
        right.text(box, (1 + own) / 2, letters[other], ha="center", va="center", color="white")
right.set(title="the same area in five equal boxes", xticks=range(5), xticklabels=[f"box {b + 1}" for b in range(5)])
show.figure(
    fig,
    alt="Left: five bars A to E of heights 2, 1.25, 1, 0.5 and 0.25. Right: the same areas cut and filled into five boxes of height 1; "
    "each box has one or two owners, and A owns parts of several boxes.",
    caption="The alias method. A draw picks a box, all alike, then a height in it: the owner there is drawn.",
)

# %% [markdown]
# ## One formula for both
#
# Look at the two cures again. Both are a handful of yes-or-no decisions, $-\sum_k \log \phi(e_k \cdot v_k'^T v_I)$
# with $e_k = \pm 1$. They differ only in which rows $v'_k$ are asked, and which answer is right. So their gradients
# are the same two lines:
#
# $$\frac{\partial L}{\partial s_k} = -e_k\, \phi(-e_k s_k), \qquad s_k = v_k'^T v_I.$$

# %%
show.source(words.Decisions)

# %% [markdown]
# And the check, for all three losses. For negative sampling the draws must be the same at each evaluation, so that
# the loss is a function: we set its generator back.


# %%
# NBVAL_CHECK_OUTPUT
class SameDraws:
    """Negative sampling that draws the same words each time."""

    def __init__(self, layer):
        self.layer, self.params, self.backward = layer, layer.params, layer.backward

    def forward(self, h, targets):
        self.layer.rng = np.random.default_rng(0)
        return self.layer.forward(h, targets)


rng = np.random.default_rng(1)
for name, kind in words.OUTPUTS.items():
    layer = kind([10, 7, 4, 3, 2], 4)
    layer.weight.data[...] = rng.standard_normal(layer.weight.shape)
    checked = SameDraws(layer) if name == "negative sampling" else layer
    error = nn.check_gradients(checked, rng.standard_normal((6, 4)), y=rng.integers(5, size=6))
    print(f"{name:21} W' {layer.weight.shape}   worst relative error below 1e-7: {error < 1e-7}")

# %% [markdown]
# ## Do they learn the same?
#
# Same corpus, same settings, five seeds each. The score is the share of the grammar's 496 analogies that come out
# right. For the two cures we use the compiled trainer, which takes the same steps faster.

# %%
questions = [question for topic in data.analogies().values() for question in topic]


def score(vectors):
    return np.mean([vectors.analogy(a, b, c, 1)[0].word == d for a, b, c, d in questions])


scores = {}
for architecture in words.ARCHITECTURES:
    for output in ("hierarchical softmax", "negative sampling"):
        runs = [words.FastWord2Vec(corpus, 20, architecture=architecture, output=output, rng=s) for s in range(5)]
        scores[architecture, output] = [score(run.fit(corpus, epochs=12, lr=0.05, threads=1).vectors()) for run in runs]

# %% jupyter={"source_hidden": true}
fig, ax = show.new_figure(size=(7, 2.8))
for place, values in enumerate(scores.values()):
    ax.plot(np.array(values) * 100, np.full(5, place), "o", color=COLOURS["sky"], alpha=0.7)
    ax.errorbar(np.mean(values) * 100, place, xerr=np.std(values) * 100, fmt="s", color=COLOURS["blue"], capsize=4)
ax.set(yticks=range(4), yticklabels=[", ".join(kind) for kind in scores], xlabel="analogies right, %", xlim=(None, 101))
ax.invert_yaxis()
summary = "; ".join(f"{', '.join(kind)} {np.mean(v):.0%} ± {np.std(v):.0%}" for kind, v in scores.items())
show.figure(
    fig,
    alt=f"Share of analogies right over five seeds, mean and standard deviation: {summary}.",
    caption="Twelve epochs, 20 numbers a word, rate 0.05 falling to 0. Circles: seeds. Square and bar: mean and standard deviation.",
)

# %% [markdown]
# Three of the four are close together. CBOW with negative sampling is far behind, and not because it cannot do
# better. It has fewer examples in an epoch, one a word instead of one a pair, and each of its neighbours gets only
# the share $1/C$ of the gradient. Given 60 epochs it reached 99.8 ± 0.2 % when we tried. (The original program and
# gensim leave out that $1/C$, which makes the steps larger: with `divide=False`, 79 ± 3 % after twelve epochs.) So
# which cure wins depends on corpus and settings; do not take this little grammar for a verdict.
#
# Mikolov and others (2013) report for a billion words of news that negative sampling beat hierarchical softmax on
# analogies, and that throwing out most occurrences of the most frequent words made training faster and the vectors of
# rare words better. That is the last trick: a word with share $f$ of the text is kept with probability
#
# $$P(\text{keep}) = \min\left(1,\ \sqrt{t/f} + t/f\right), \qquad t \approx 10^{-3} \ldots 10^{-5}.$$
#
# So the original program; its paper prints $\sqrt{t/f}$ alone.

# %%
# NBVAL_CHECK_OUTPUT
keep = vocabulary.keep_probability(1e-3)
for place in (0, 5, 50, len(vocabulary) - 1):
    print(f"{vocabulary.words[place]:8} share {share[place]:.4f}   kept with probability {keep[place]:.2f}")

# %% [markdown]
# **Change it.** Run the comparison with `epochs=3`, then 30. Then give `FastWord2Vec` the argument `negatives=1`,
# then 20. What does a negative sample more buy, and what does it cost?
#
# ## Exercises
#
# **1.** Four words have the counts 8, 4, 2, 2. Draw the Huffman tree. What is the mean depth, and what is the
# entropy? Why are they equal?
#
# <details><summary>Answer</summary>
#
# Depths 1, 2, 3, 3; mean (8·1 + 4·2 + 2·3 + 2·3)/16 = 1.75. The entropy is also 1.75 bits. All shares are powers of
# ½, so each step can halve what is left exactly.
#
# </details>
#
# **2.** How many output vectors does hierarchical softmax have for $V$ words? Can one use them as a second embedding
# of the words?
#
# <details><summary>Answer</summary>
#
# $V - 1$, one for each inner node. They belong to nodes, not to words. So there is no $W'$ of words any more; only
# $W$ is left as an embedding.
#
# </details>
#
# **3.** A negative sample may happen to be the observed word itself. What does the loss then ask for, and what does
# the code do?
#
# <details><summary>Answer</summary>
#
# It asks for yes and no at once for the same word, which pulls $v'_O$ back to where $\phi = ½$. The original program
# skips such draws, and so does `NegativeSampling`: their $e$ is 0.
#
# </details>
#
# **4.** Why can one not simply leave out most terms of the softmax's sum and keep the rest of the formula?
#
# <details><summary>Answer</summary>
#
# The sum would then be too small, and different at each step, so the probabilities would be wrong; the words left out
# would never be pushed away. Sampled softmax and noise-contrastive estimation correct for it with the probability of
# each draw. Negative sampling gives up on probabilities instead.
#
# </details>
#
# ## What to read next
#
# - D. Huffman (1952), *A method for the construction of minimum-redundancy codes*. Proceedings of the IRE 40.
# - A. Walker (1977), *An efficient method for generating discrete random variables with general distributions*. ACM TOMS 3.
# - F. Morin and Y. Bengio (2005), *Hierarchical probabilistic neural network language model*. AISTATS.
# - T. Mikolov, I. Sutskever, K. Chen, G. Corrado and J. Dean (2013), *Distributed representations of words and phrases and their compositionality*. NeurIPS.
# - Y. Goldberg and O. Levy (2014), *word2vec explained*. arXiv 1402.3722. Where the loss of negative sampling comes from.
# - O. Levy and Y. Goldberg (2014), *Neural word embedding as implicit matrix factorization*. NeurIPS. What negative sampling really fits.
#
# Next: [word arithmetic on real text](03_word_arithmetic.ipynb).
