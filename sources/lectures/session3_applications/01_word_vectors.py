# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Words as vectors
#
# A network computes with numbers, so a word must become numbers first. This lecture finds numbers for words with
# which one can reckon: king − man + woman = queen.
#
# **You will be able to**
#
# - say what a one-hot vector is, and why nothing can be computed with it;
# - write down the losses of CBOW and skip-gram, and say why there are two embeddings;
# - make training examples out of a text, by hand;
# - check the gradient of word2vec and train it;
# - find the nearest words of a word, solve an analogy, and say what both of them do not mean.
#
# Time: about 40 minutes. You need [losses](../session1_networks/02_loss.ipynb) and
# [layers](../session1_networks/05_layers.ipynb) of Session I.

# %%
import numpy as np

from course_pkg import data, nn, show, words
from course_pkg.show import COLOURS

# %% [markdown]
# ## Look first
#
# The next cell reads 10,000 short sentences and learns a vector of 20 numbers for each word. Nobody tells it what the
# words mean. Then it draws nine pairs of words: the two directions in which the vectors of these words differ most,
# as a map.

# %%
corpus = data.grammar(10_000)
model = words.Word2Vec(corpus, size=20, output="softmax", rng=0)
model.fit(corpus, epochs=5, lr=0.05)
vectors = model.vectors()


# %%
def plane(names):
    """Project the vectors of ``names`` on the two directions in which they differ most (PCA)."""
    units = np.array([vectors.unit(name) for name in names])
    centred = units - units.mean(axis=0)
    _, _, directions = np.linalg.svd(centred, full_matrices=False)
    return centred @ directions[:2].T


# %% jupyter={"source_hidden": true}
men = ["king", "prince", "duke", "man", "boy", "father", "son", "brother", "uncle"]
women = ["queen", "princess", "duchess", "woman", "girl", "mother", "daughter", "sister", "aunt"]
spots = plane(men + women)
fig, ax = show.new_figure(size=(8.6, 5))
for start, end in zip(spots[:9], spots[9:], strict=True):
    ax.annotate("", end, start, arrowprops={"arrowstyle": "-|>", "color": "0.75", "shrinkA": 3, "shrinkB": 3})
for group, places, colour in ((men, spots[:9], "blue"), (women, spots[9:], "red")):
    outwards = np.sign(places[:, 0].mean())
    free = -np.inf  # labels from below to above, none closer than 0.03 to the one before
    for k in np.argsort(places[:, 1]):
        free = max(places[k, 1], free + 0.03)
        ax.plot(*places[k], "o", color=COLOURS[colour], ms=5)
        ax.text(places[k, 0] + 0.015 * outwards, free, group[k], color=COLOURS[colour],
                ha="left" if outwards > 0 else "right", va="center")  # fmt: skip
ax.margins(0.16)
ax.set(xlabel="first direction", ylabel="second direction")
show.figure(
    fig,
    alt="Eighteen words on a map, with an arrow from the male to the female word of each of nine pairs, such as king to queen. "
    "All arrows point the same way and have about the same length; rows such as king, prince and duke lie apart from father, "
    "son and brother.",
    caption="Word vectors learnt from sentences alone. Each arrow leads from a male word (blue) to its female partner (red).",
)

# %% [markdown]
# The arrows are nearly parallel. So the step from *man* to *woman* is the step from *king* to *queen*, and one can
# calculate with words. The rest of the lecture says how such vectors come about.
#
# The sentences were written by a small program, a grammar of four topics. We use it because we know what is in it, so
# that answers can be called right or wrong. Real text follows two lectures later.

# %%
# NBVAL_CHECK_OUTPUT
for sentence in corpus[:4]:
    print(" ".join(sentence))
print(f"{len(corpus):,} sentences, {sum(map(len, corpus)):,} words, {len(model.vocabulary)} different ones")

# %% [markdown]
# ## The naive idea: one-hot vectors
#
# Number the words of a language: 1 to 50,000, say. Word number $i$ becomes a vector of 50,000 numbers, all of them 0
# but for a 1 at place $i$. This is a **one-hot vector** (独热向量). Both decks (000, 001) begin with it and then drop it.
# Why?
#
# We need a measure of likeness first. The **cosine similarity** (余弦相似度) of two vectors is the cosine of the angle
# between them: 1 for the same direction, 0 for a right angle.
#
# $$\cos(a, b) = \frac{a \cdot b}{\lVert a \rVert\, \lVert b \rVert}$$

# %%
# NBVAL_CHECK_OUTPUT
V = 50_000
one_hot = {word: np.eye(1, V, place)[0] for place, word in enumerate(["king", "queen", "man", "woman", "cabbage"])}


def cosine(a, b):
    return a @ b / (np.linalg.norm(a) * np.linalg.norm(b))


for word in ("queen", "woman", "cabbage"):
    print(f"cos(king, {word}) = {cosine(one_hot['king'], one_hot[word]):.2f}")
print("numbers in one vector:", f"{V:,},", "of which are not zero:", np.count_nonzero(one_hot["king"]))

# %% [markdown]
# Every word is at a right angle to every other word. *Queen* is no nearer to *king* than *cabbage* is. Analogies fail
# in the same way: the result of an addition is like the words that went in, and like nothing else.

# %%
# NBVAL_CHECK_OUTPUT
answer = one_hot["king"] - one_hot["man"] + one_hot["woman"]
for word, vector in one_hot.items():
    print(f"cos(king − man + woman, {word}) = {cosine(answer, vector):5.2f}")

# %% [markdown]
# The space has too many dimensions: it gives each word one of its own, so no two words share anything. If 50,000
# words must fit into 100 dimensions, they have to share. The question is what.
#
# ## You know a word by the company it keeps
#
# So wrote the linguist J. R. Firth in 1957. Words that stand among the same neighbours mean similar things: after
# *the crown of the* comes *king*, *queen* or *emperor*, hardly *cabbage*.
#
# Take a matrix $W$ with one row of $N$ numbers for each word. It turns the one-hot vector $x$ of a word into its
# **embedding** (词嵌入), also **word vector** (词向量):
#
# $$v_x = W^T x.$$
#
# Multiplying by a one-hot vector just picks a row. (The deck 000 writes $Wx$, with words as columns; we keep words as
# rows.) We want $v_x \cdot v_y$ to be large if $x$ and $y$ stand near each other in the text, and small if they do
# not.
#
# ## Why two embeddings
#
# One matrix is not enough. With a single one, the word most like $x$'s neighbourhood would have to be $x$ itself,
# since no vector agrees better with $v_x$ than $v_x$. But words seldom stand beside themselves. So a word gets two
# vectors, one for each part that it plays: $v = W^T x$ as a neighbour that is seen, $v' = W'^T x$ as a word that is
# predicted.
#
# How large is $v'_y \cdot v_x$ compared with the other words $y$? That is what softmax is for:
#
# $$P(y \mid x) = \frac{e^{v_y'^T v_x}}{\sum_{z} e^{v_z'^T v_x}}, \qquad z \text{ over the whole vocabulary } (词汇表).$$
#
# This is the linear classifier of Session I. Its classes are the words, and its input is learnt as well.
#
# ## Two models
#
# A text has no labels. The trick is to hide a word and let the others guess it.
#
# **CBOW** (continuous bag of words, 连续词袋模型) guesses a word from its neighbours. The hidden vector is the mean of
# theirs:
#
# $$v_I = \tfrac14\,(v_{t-2} + v_{t-1} + v_{t+1} + v_{t+2}), \qquad L = -\log P(x_t \mid x_{t-2}, x_{t-1}, x_{t+1}, x_{t+2}) = -\log \frac{e^{v_t'^T v_I}}{\sum_y e^{v_y'^T v_I}}.$$
#
# **Skip-gram** (跳字模型) turns it round. It guesses each neighbour from the word:
#
# $$L = -\sum_{-c \le j \le c,\; j \ne 0} \log P(x_{t+j} \mid x_t).$$

# %% jupyter={"source_hidden": true}
fig, axes = show.new_figure(1, 2, size=(10, 3.6))
around = ["the", "king", "the", "throne"]
box = {"boxstyle": "round,pad=0.35", "facecolor": "white", "linewidth": 1.8}
for ax, title in zip(
    axes, ("CBOW: neighbours guess the word", "skip-gram: the word guesses its neighbours"), strict=True
):
    left = title.startswith("CBOW")
    x_many, x_one = (0, 2) if left else (2, 0)
    hidden = ax.text(1, 1.5, "$v_I$" if left else "$v_t$", ha="center", va="center", bbox={**box, "edgecolor": "0.3"})
    one = ax.text(
        x_one, 1.5, "of", ha="center", va="center", bbox={**box, "edgecolor": COLOURS["red" if left else "blue"]}
    )
    for y, word in zip((3, 2, 1, 0), around, strict=True):
        many = ax.text(
            x_many, y, word, ha="center", va="center", bbox={**box, "edgecolor": COLOURS["blue" if left else "red"]}
        )
        a, b = (many, hidden) if left else (hidden, many)
        ends = ((x_many, y), (1, 1.5)) if left else ((1, 1.5), (x_many, y))
        patches = {"patchA": a.get_bbox_patch(), "patchB": b.get_bbox_patch()}
        ax.annotate("", ends[1], ends[0], arrowprops={"arrowstyle": "-|>", "color": "0.5", **patches})
    a, b = (hidden, one) if left else (one, hidden)
    ends = ((1, 1.5), (x_one, 1.5)) if left else ((x_one, 1.5), (1, 1.5))
    ax.annotate(
        "",
        ends[1],
        ends[0],
        arrowprops={"arrowstyle": "-|>", "color": "0.5", "patchA": a.get_bbox_patch(), "patchB": b.get_bbox_patch()},
    )
    for x, name in ((0.5, "$W$"), (1.5, "$W'$")):
        ax.text(x, 3.35, name, ha="center", fontsize=13)
    ax.set(xlim=(-0.5, 2.5), ylim=(-0.5, 3.7), title=title)
    ax.axis("off")
show.figure(
    fig,
    alt="Two networks for the words: the king of the throne. Left, CBOW: the four neighbours go through W to one hidden vector, "
    "which goes through W' to the word 'of' in the middle. Right, skip-gram: the word 'of' goes through W to the hidden vector, "
    "which goes through W' to each of the four neighbours.",
    caption="The two models. Blue: what is seen, with vectors from W. Red: what is guessed, with vectors from W'.",
)

# %% [markdown]
# ## Examples out of a sentence
#
# Make them yourself before you run the cell: the sentence is *the queen of the palace*, the window is 1 to each side.

# %%
# NBVAL_CHECK_OUTPUT
sentence = ["the", "queen", "of", "the", "palace"]
small = words.Vocabulary([sentence])
for architecture in ("cbow", "skip-gram"):
    contexts, targets = words.examples(small.encode([sentence]), 1, architecture)
    lines = [
        f"{' + '.join(small.words[i] for i in context if i >= 0)} → {small.words[target]}"
        for context, target in zip(contexts, targets, strict=True)
    ]
    print(f"{architecture}:  {',  '.join(lines)}")

# %% [markdown]
# CBOW makes one example of each place, skip-gram one of each pair. So skip-gram learns more often from the same text
# and takes longer. For rare words it is said to be better (Mikolov and others, 2013): in CBOW a rare word's vector is
# averaged away among its neighbours.
#
# In practice each word draws its own window between 1 and $c$, so that near neighbours count more often than far
# ones.
#
# ## The gradient
#
# There is nothing new in it. The scores of all words are $s = W' v_I$. As for every softmax, $\partial L/\partial s =
# y - t$: the probabilities minus the one-hot vector of the right word. Then one step back through each matrix:
#
# $$\frac{\partial L}{\partial W'} = (y - t)\, v_I^T, \qquad \frac{\partial L}{\partial v_I} = W'^T (y - t),$$
#
# and each of the $C$ neighbours in the mean gets $1/C$ of the last one. Here it is, held against finite differences:

# %%
# NBVAL_CHECK_OUTPUT
tiny = words.Word2Vec([sentence], size=3, architecture="cbow", output="softmax", window=2, rng=1)
tiny.output.weight.data[...] = np.random.default_rng(2).standard_normal(tiny.output.weight.shape)
contexts, targets = words.examples(tiny.vocabulary.encode([sentence]), 2, "cbow")
tiny.loss(contexts, targets)
tiny.backward()
for name, blob in tiny.parameters().items():
    start = blob.data.copy()

    def loss(values, blob=blob):
        blob.data[...] = values
        return tiny.loss(contexts, targets)

    error = np.abs(blob.diff - nn.numerical_gradient(loss, start)).max() / np.abs(blob.diff).max()
    blob.data[...] = start
    print(f"∂L/∂{name:2} has shape {blob.shape}; largest relative error below 1e-7: {error < 1e-7}")

# %% [markdown]
# That is the whole model: two matrices, one mean, one softmax. Read it:

# %%
show.source(words.Word2Vec.hidden)
show.source(words.Word2Vec.backward)
show.source(words.FullSoftmax)

# %% [markdown]
# ## What it has learnt
#
# Back to the model of the first picture. Its loss starts near $\log V$, which is pure guessing among $V$ words, and
# cannot reach 0: after *the king of the* several words are right.

# %%
show.curves(
    {"skip-gram, softmax": model.losses},
    xlabel="epoch",
    ylabel="mean loss of an example",
    alt=f"The mean loss falls from {model.losses[0]:.2f} in the first epoch to {model.losses[-1]:.2f} in the fifth, "
    "most of it between the first and the second.",
    caption=f"Training. Guessing among {len(model.vocabulary)} words would give log {len(model.vocabulary)} = "
    f"{np.log(len(model.vocabulary)):.2f}.",
)

# %% [markdown]
# The nearest words of a word are those with the largest cosine:

# %%
# NBVAL_CHECK_OUTPUT
for word in ("king", "tokyo", "beef"):
    print(f"{word:6} → {', '.join(neighbour.word for neighbour in vectors.nearest(word, 4))}")

# %% [markdown]
# And the analogies of the deck. The three words of the question are left out of the answer, as in the original
# program.

# %%
# NBVAL_CHECK_OUTPUT
for a, b, c in (("king", "man", "woman"), ("shanghai", "china", "japan"), ("walked", "walk", "sing")):
    print(f"{a} − {b} + {c} = {vectors.analogy(a, b, c, 1)[0].word}")

# %% [markdown]
# Why does it work? In our grammar the company of *king* has two parts: royal words (throne, crown) and male words
# (he, beard). *Man* shares the second part. So king − man leaves about "royal", and woman adds the female part.
# Predicting company forces the vectors to add up like that, because the logarithm of a product of chances is a sum.
#
# Three examples prove little. The grammar has 496 questions with a known answer:

# %%
results = {}
for topic, questions in data.analogies().items():
    right = [vectors.analogy(a, b, c, 1)[0].word == d for a, b, c, d in questions]
    everything = [
        vectors.nearest(vectors.unit(a) - vectors.unit(b) + vectors.unit(c), 1)[0].word == d for a, b, c, d in questions
    ]
    results[topic] = len(questions), np.mean(right), np.mean(everything)
show.table(
    [(topic, count, f"{right:.0%}", f"{everything:.0%}") for topic, (count, right, everything) in results.items()],
    ("topic", "questions", "right", "right if a, b and c may be answers"),
    caption="Analogies of the grammar, answered by the vectors of 20 numbers.",
)

# %% [markdown]
# The last column lets the words of the question be answers, too. Here that changes nothing. With vectors of real text
# it changes much: there the answer to king − man + woman is often *king*. Published figures for analogies leave the
# three words out, and Linzen (2016) discusses what that hides.
#
# **Change it.** Train with `size=2` instead of 20, then 5. With two numbers a word, what can still be told apart?
# Then try `architecture="cbow"`: it needs more epochs, about 20. Why? (Count the examples.)
#
# ## What a word vector is not
#
# - It is not a meaning. It is a summary of company. *Good* and *bad* keep the same company and get similar vectors.
# - It has one place for each spelling. The *bank* of a river and the *bank* with money share one vector.
# - It learns whatever the text says, also prejudice. That has a lecture part of its own.
#
# ## Exercises
#
# **1.** A vocabulary has 10,000 words, each with a vector of 200 numbers (these are the numbers of deck 001). How
# many numbers have $W$ and $W'$ together? How many multiplications does one example of skip-gram with full softmax
# cost forward?
#
# <details><summary>Answer</summary>
#
# 2 · 10,000 · 200 = 4,000,000 numbers. Forward: picking a row of $W$ costs nothing, the 10,000 scores cost 10,000 ·
# 200 = 2,000,000 multiplications, for one pair of words. Backward costs twice as much again. That is the problem of
# the [next lecture](02_huge_softmax.ipynb).
#
# </details>
#
# **2.** Which training example would make $v_{king}$ and $v_{queen}$ (rows of $W$) more alike in skip-gram, if the
# two words never stand near each other?
#
# <details><summary>Answer</summary>
#
# Any pair of examples with the same neighbour, such as king → throne and queen → throne. Both pull the input vector
# towards the same $v'_{throne}$. Likeness in $W$ comes from shared company, not from standing together.
#
# </details>
#
# **3.** Use `vectors.doesnt_match` on `["king", "queen", "duke", "cow"]`, then on words of your choice. How would you
# compute the odd one out yourself?
#
# <details><summary>Answer</summary>
#
# *cow*. Scale each vector to length 1, take their mean, and choose the word with the smallest cosine with the mean.
# That is what `doesnt_match` does, and word2vec's tools too.
#
# </details>
#
# ## What to read next
#
# - J. R. Firth (1957), *A synopsis of linguistic theory 1930–1955*. The sentence about the company.
# - Y. Bengio, R. Ducharme, P. Vincent and C. Jauvin (2003), *A neural probabilistic language model*. JMLR 3. Embeddings
#   learnt with a network.
# - T. Mikolov, K. Chen, G. Corrado and J. Dean (2013), *Efficient estimation of word representations in vector space*. arXiv
#   1301.3781. CBOW and skip-gram.
# - T. Mikolov, W. Yih and G. Zweig (2013), *Linguistic regularities in continuous space word representations*. NAACL.
#   The analogies.
# - X. Rong (2014), *word2vec parameter learning explained*. arXiv 1411.2738. All gradients, step by step.
# - O. Levy and Y. Goldberg (2014), *Linguistic regularities in sparse and explicit word representations*. CoNLL. Why adding works.
# - T. Linzen (2016), *Issues in evaluating semantic spaces using word analogies*. RepEval.
#
# Next: [the huge softmax and its two cures](02_huge_softmax.ipynb).
