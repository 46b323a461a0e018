# %% [markdown]
# # Problem set 3a: words
#
# You write the heart of word2vec, two models and negative sampling with all gradients, and the tools around it: Huffman
# codes, nearest words and analogies, a map by PCA. At the end a convolution reads a text. Plan about **112 minutes**.
#
# | Task | What you practise | Points | Minutes | Why these points | Lecture |
# |---|---|---|---|---|---|
# | 1 | skip-gram with the full softmax, loss and gradients | 16 | 18 | loss 6: a softmax that does not overflow; gradients 10: two matrices, several neighbours | [1](../../lectures/session3_applications/01_word_vectors.ipynb), [4](../../lectures/session3_applications/04_visualiser.ipynb) |
# | 2 | CBOW, a batch at a time, loss and gradients | 14 | 15 | loss 5: one mean more than in task 1; gradients 9: a word may be in many contexts | [1](../../lectures/session3_applications/01_word_vectors.ipynb) |
# | 3 | negative sampling: draw the words, loss and gradients | 20 | 22 | sampler 5: a power and a draw; loss 6: signs, and no overflow; gradients 9: only a few rows move | [2](../../lectures/session3_applications/02_huge_softmax.ipynb) |
# | 4 | Huffman codes | 12 | 15 | an algorithm instead of a formula: codes and tree grow together | [2](../../lectures/session3_applications/02_huge_softmax.ipynb) |
# | 5 | nearest words and analogies | 12 | 14 | 6 each: lengths, order, and which words are left out | [1](../../lectures/session3_applications/01_word_vectors.ipynb), [3](../../lectures/session3_applications/03_word_arithmetic.ipynb) |
# | 6 | a map of words by PCA | 8 | 9 | one decomposition, three results | [1](../../lectures/session3_applications/01_word_vectors.ipynb) |
# | 7 | a text CNN, forward | 12 | 14 | convolution 6: which axis moves; maximum and scores 6: padding must not win | [5](../../lectures/session3_applications/05_text_classification.ipynb) |
# | 8 | a question to answer in words | 6 | 5 | three ideas, 2 each; a person reads it | [3](../../lectures/session3_applications/03_word_arithmetic.ipynb) |
# | | | **100** | **112** | | |
#
# **How it works**
#
# - Replace each `raise NotImplementedError(…)` by your code. Keep the names and the arguments of the functions.
# - Below each function is a cell with checks. Run it as often as you like. It ends in a green line, or it says in red
#   what came, what was expected, and which lecture to read again.
# - Your work is graded with these checks and with some more that you do not see. They use other numbers and other
#   shapes. So an answer that only knows the numbers below is worth nothing, and one that follows the formula is safe.
# - The tasks do not build on each other, and neither do the parts of a task. If you are stuck, go on with the next one.
# - Functions take NumPy arrays and whole numbers. They never write to their inputs, and they remember nothing from one
#   call to the next. Write the calculations yourself, with NumPy and Python's own library; nothing ready-made of
#   `course_pkg`, torch, SciPy or scikit-learn.
#
# **The letters.** There are $V$ words, numbered from 0, and each has two vectors of $D$ numbers: row $i$ of `W` is $v_i$,
# the vector of word $i$ as a word that is seen; row $i$ of `W2` is $v'_i$, its vector as a word that is guessed. Both
# have the shape (V, D). The lectures write $W$ and $W'$.

# %% nbgrader={"schema_version": 3, "grade_id": "imports", "grade": false, "solution": false, "locked": true}
import numpy as np

from course_pkg import checks, nn, words

# %% [markdown]
# ## Task 1: skip-gram (16 points)
#
# *Read before:* [lecture 1](../../lectures/session3_applications/01_word_vectors.ipynb), and "two targets" in
# [lecture 4](../../lectures/session3_applications/04_visualiser.ipynb).
#
# **Why.** Skip-gram (跳字模型) is the question that makes word vectors: which words stand around this one? In *the queen
# of France* the word *of* has the neighbours *queen* and *France*, if the window is 1 to each side.
#
# The word with number $i$ (`word`) guesses each of its $C$ neighbours $t_1 … t_C$ (`neighbours`, an array of word
# numbers). The probabilities come from a softmax over all $V$ words:
#
# $$P(j \mid i) = \frac{e^{s_j}}{\sum_k e^{s_k}} \quad\text{with}\quad s_j = v_j' \cdot v_i, \qquad\qquad
# L = -\sum_{c=1}^{C} \log P(t_c \mid i).$$
#
# The loss is a **sum** over the neighbours. A word may be among them more than once (in *the queen and the king*, the
# neighbours of *and* within two places are *the, queen, the, king*), and then it counts each time.
#
# **1a. The loss (6 points).** A language has 100,000 words, so work on whole arrays: the checks count the lines of
# Python that run. Scores may be large: $e^{1000}$ is infinity for a computer, while the loss is an ordinary number.
#
# *Graded:* the loss for any V, D and C, with repeated neighbours, also for scores as large as ±1000.


# %% nbgrader={"schema_version": 3, "grade_id": "task-1a", "grade": false, "solution": true, "locked": false}
def skipgram_loss(W, W2, word, neighbours):
    """Return the loss, a number, of a word (its number) and its neighbours (C,); W and W2 have the shape (V, D)."""
    ### BEGIN SOLUTION
    scores = W2 @ W[word]
    top = scores.max()
    log_sum = top + np.log(np.exp(scores - top).sum())
    return (log_sum - scores[neighbours]).sum()
    ### END SOLUTION


# %% nbgrader={"schema_version": 3, "grade_id": "test-1a", "grade": true, "solution": false, "locked": true, "points": 6}
with checks.part("1a", see="Lecture 1 (01_word_vectors.ipynb): Two models"):
    W = np.array([[1.0, -1.0], [0.0, 2.0], [-1.0, 1.0], [2.0, 1.0]])
    W2 = np.array([[1.0, 1.0], [1.0, 0.0], [1.0, -1.0], [0.0, 1.0]])
    neighbours = np.array([1, 3])
    given, call = {"W": W, "W2": W2, "neighbours": neighbours}, "skipgram_loss(W, W2, 0, neighbours)"
    with checks.unchanged(given, call=call):
        got = skipgram_loss(W, W2, 0, neighbours)
    hint = (
        "The scores of the four words are W2 @ W[0] = (0, 1, 2, −1), and Σ e^s is 11.475, its logarithm 2.4402. "
        "The loss is (2.4402 − 1) + (2.4402 + 1)."
    )
    checks.close(got, 4.880379397, call=call, given=given, hint=hint)
    call, hint = "skipgram_loss(W, W2, 0, [1, 3, 1])", "Word 1 is a neighbour twice, so its term counts twice."
    checks.close(skipgram_loss(W, W2, 0, np.array([1, 3, 1])), 6.320569096, call=call, given=given, hint=hint)
    few, many = (np.ones((4, 3)),) * 2, (np.ones((999, 3)),) * 2
    hint = "W2 @ W[word] gives the scores of all words at once."
    checks.vectorised(
        skipgram_loss, (*few, 0, neighbours), (*many, 0, neighbours), call="skipgram_loss for 999 words", hint=hint
    )
### BEGIN HIDDEN TESTS
with checks.part("1a", see="Lecture 1 (01_word_vectors.ipynb): Two models", hidden=True):
    rng = checks.generator(101)
    for v, d, c, large in [(7, 3, 4, False), (5, 5, 1, False), (3, 6, 8, False), (6, 2, 5, True)]:
        W, W2, word = rng.normal(size=(v, d)), rng.normal(size=(v, d)), int(rng.integers(1, v))
        neighbours = rng.integers(v, size=c)
        if large:  # the largest score is 1000
            scores = W2 @ W[word]
            W *= 1000 / scores[np.abs(scores).argmax()]
        output = words.FullSoftmax(np.ones(v), d)
        output.weight.data[...] = W2
        expected = output.forward(np.tile(W[word], (c, 1)), neighbours)
        call = "skipgram_loss" + " with scores up to 1000" * large
        with checks.unchanged({"W": W, "W2": W2, "neighbours": neighbours}, call=call):
            got = skipgram_loss(W, W2, word, neighbours)
        hint = (
            "The softmax runs over all V words, the loss over the C neighbours. For large scores use "
            "log Σ e^s = m + log Σ e^(s − m), with m the largest score."
        )
        checks.close(got, expected, call=call, hint=hint)
    checks.by_hand(skipgram_loss, W, W2, word, neighbours, call="skipgram_loss")
### END HIDDEN TESTS

# %% [markdown]
# **1b. The gradients (10 points).** By the scores, every neighbour gives $y - t$: the probabilities minus the one-hot
# vector of that neighbour. All $C$ of them together:
#
# $$ds = C\,y - \sum_c t_c \qquad\qquad \frac{\partial L}{\partial W'} = ds\; v_i^{\mathsf T} \qquad\qquad
# \frac{\partial L}{\partial v_i} = W'^{\mathsf T} ds.$$
#
# A neighbour that comes twice is subtracted twice. `dW` has the shape of `W`: all its rows are 0 but for the row of the
# word.
#
# *Graded:* both gradients for any V, D and C, with repeated neighbours, also for large scores.


# %% nbgrader={"schema_version": 3, "grade_id": "task-1b", "grade": false, "solution": true, "locked": false}
def skipgram_gradients(W, W2, word, neighbours):
    """Return (dW, dW2), both (V, D), for a word (its number) and its neighbours (C,); W and W2 are (V, D)."""
    ### BEGIN SOLUTION
    scores = W2 @ W[word]
    powers = np.exp(scores - scores.max())
    y = powers / powers.sum()
    ds = len(neighbours) * y - np.bincount(neighbours, minlength=len(W2))
    dW = np.zeros(W.shape)
    dW[word] = ds @ W2
    return dW, np.outer(ds, W[word])
    ### END SOLUTION


# %% nbgrader={"schema_version": 3, "grade_id": "test-1b", "grade": true, "solution": false, "locked": true, "points": 10}
with checks.part("1b", see="Lecture 4 (04_visualiser.ipynb): Experiment 2, where the sources are wrong: two targets"):
    W = np.array([[1.0, -1.0], [0.0, 2.0], [-1.0, 1.0], [2.0, 1.0]])
    W2 = np.array([[1.0, 1.0], [1.0, 0.0], [1.0, -1.0], [0.0, 1.0]])
    neighbours = np.array([1, 3])
    given, call = {"W": W, "W2": W2, "neighbours": neighbours}, "skipgram_gradients(W, W2, 0, neighbours)"
    with checks.unchanged(given, call=call):
        got = skipgram_gradients(W, W2, 0, neighbours)
    dW = np.array([[0.935883, -2.049423], [0.0, 0.0], [0.0, 0.0], [0.0, 0.0]])
    dW2 = np.array([[0.174289, -0.174289], [-0.526234, 0.526234], [1.287829, -1.287829], [-0.935883, 0.935883]])
    hint = (
        "y is (0.0871, 0.2369, 0.6439, 0.0321), and there are two neighbours: ds = 2y − (0, 1, 0, 1) = (0.174, −0.526, "
        "1.288, −0.936). dW2 is its outer product with v = (1, −1); row 0 of dW is the sum of ds[j] · W2[j]."
    )
    checks.close(got, (dW, dW2), names=("dW", "dW2"), call=call, given=given, hint=hint, atol=1e-6)
    few, many = (np.ones((4, 3)),) * 2, (np.ones((999, 3)),) * 2
    hint = "np.outer and @ do all words at once."
    call = "skipgram_gradients for 999 words"
    checks.vectorised(skipgram_gradients, (*few, 0, neighbours), (*many, 0, neighbours), call=call, hint=hint)
### BEGIN HIDDEN TESTS
with checks.part(
    "1b", see="Lecture 4 (04_visualiser.ipynb): Experiment 2, where the sources are wrong: two targets", hidden=True
):
    rng = checks.generator(102)
    for v, d, c, large in [(7, 3, 4, False), (5, 5, 1, False), (3, 6, 8, False), (6, 2, 5, True)]:
        W, W2, word = rng.normal(size=(v, d)), rng.normal(size=(v, d)), int(rng.integers(1, v))
        neighbours = rng.integers(v, size=c)
        if large:  # the largest score is 1000
            scores = W2 @ W[word]
            W *= 1000 / scores[np.abs(scores).argmax()]
        output = words.FullSoftmax(np.ones(v), d)
        output.weight.data[...] = W2
        output.forward(np.tile(W[word], (c, 1)), neighbours)
        expected = np.zeros((v, d))
        expected[word] = output.backward().sum(axis=0)
        call = "skipgram_gradients" + " with scores up to 1000" * large
        with checks.unchanged({"W": W, "W2": W2, "neighbours": neighbours}, call=call):
            got = skipgram_gradients(W, W2, word, neighbours)
        hint = (
            "Each of the C neighbours gives a y and a 1, also one that comes twice (an index with repeats writes once). "
            "Try C = 1, C above V, V = D, and large scores."
        )
        checks.close(got, (expected, output.weight.diff), names=("dW", "dW2"), call=call, hint=hint)
    checks.by_hand(skipgram_gradients, W, W2, word, neighbours, call="skipgram_gradients")
### END HIDDEN TESTS

# %% [markdown]
# ## Task 2: CBOW (14 points)
#
# *Read before:* [lecture 1](../../lectures/session3_applications/01_word_vectors.ipynb).
#
# **Why.** CBOW (连续词袋模型) turns the question round: the neighbours together guess the word in the middle. It has
# fewer examples than skip-gram, so it is quicker, and it can be calculated a batch at a time.
#
# The batch has $N$ examples. Row $n$ of `contexts`, shape (N, C), holds the numbers of the $C$ neighbours; `targets[n]`
# is the word to guess. The hidden vector is the mean of the neighbours' vectors, then comes the softmax over all words,
# and the loss is the **mean** over the batch:
#
# $$h_n = \frac1C \sum_{c=1}^{C} v_{\mathrm{contexts}[n,c]} \qquad s_n = W' h_n \qquad
# y_n = \mathrm{softmax}(s_n) \qquad L = -\frac1N \sum_n \log y_{n,\,\mathrm{targets}[n]}$$
#
# **2a. The loss (5 points).** No Python loop over the examples, please: the checks count the lines that run.
#
# *Graded:* the loss for any N, C, V and D, also for scores as large as ±1000.


# %% nbgrader={"schema_version": 3, "grade_id": "task-2a", "grade": false, "solution": true, "locked": false}
def cbow_loss(W, W2, contexts, targets):
    """Return the loss, a number, for contexts (N, C) and targets (N,), word numbers; W and W2 have the shape (V, D)."""
    ### BEGIN SOLUTION
    h = W[contexts].mean(axis=1)
    scores = h @ W2.T
    scores = scores - scores.max(axis=1, keepdims=True)
    log_y = scores - np.log(np.exp(scores).sum(axis=1, keepdims=True))
    return -log_y[np.arange(len(targets)), targets].mean()
    ### END SOLUTION


# %% nbgrader={"schema_version": 3, "grade_id": "test-2a", "grade": true, "solution": false, "locked": true, "points": 5}
with checks.part("2a", see="Lecture 1 (01_word_vectors.ipynb): Two models"):
    W = np.array([[1.0, -1.0], [0.0, 2.0], [-1.0, 1.0], [2.0, 1.0]])
    W2 = np.array([[1.0, 1.0], [1.0, 0.0], [1.0, -1.0], [0.0, 1.0]])
    contexts, targets = np.array([[0, 1], [3, 0], [1, 2]]), np.array([2, 0, 1])
    given = {"W": W, "W2": W2, "contexts": contexts, "targets": targets}
    call = "cbow_loss(W, W2, contexts, targets)"
    with checks.unchanged(given, call=call):
        got = cbow_loss(W, W2, contexts, targets)
    hint = (
        "The hidden vectors are (0.5, 0.5), (1.5, 0) and (−0.5, 1.5), the scores of the first (1, 0.5, 0, 0.5). "
        "−log y is 1.9482, 1.1704 and 2.5721 for the three targets; the loss is their mean."
    )
    checks.close(got, 1.896883848, call=call, given=given, hint=hint)
    hint = "W[contexts] picks the vectors of all neighbours at once, an array of shape (N, C, D)."
    few, many = (contexts, targets), (np.tile(contexts, (99, 1)), np.tile(targets, 99))
    checks.vectorised(cbow_loss, (W, W2, *few), (W, W2, *many), call="cbow_loss for 297 examples", hint=hint)
### BEGIN HIDDEN TESTS
with checks.part("2a", see="Lecture 1 (01_word_vectors.ipynb): Two models", hidden=True):
    rng = checks.generator(201)
    sizes = [(6, 4, 7, 3), (1, 1, 5, 5), (4, 4, 4, 4), (5, 3, 3, 6), (8, 2, 6, 2)]
    for n, c, v, d in sizes:
        large = n == 8
        W, W2 = rng.normal(size=(v, d)), rng.normal(size=(v, d))
        contexts, targets = rng.integers(v, size=(n, c)), rng.integers(v, size=n)
        if large:  # the first example's scores are all 0, the largest of the others is 1000
            W[0] = contexts[0] = 0
            scores = W[contexts].mean(axis=1) @ W2.T
            W *= 1000 / scores.flat[np.abs(scores).argmax()]
        h = np.stack([np.bincount(row, minlength=v) for row in contexts]) @ W / c
        expected = nn.SoftmaxCrossEntropy().forward(h @ W2.T, targets)
        call = "cbow_loss" + " with scores up to 1000" * large
        with checks.unchanged({"W": W, "W2": W2, "contexts": contexts, "targets": targets}, call=call):
            got = cbow_loss(W, W2, contexts, targets)
        hint = (
            "Which axis is the mean of the neighbours, which the softmax? Try N, C, V and D all different and all equal. "
            "For large scores subtract the largest score of each example first."
        )
        checks.close(got, expected, call=call, hint=hint)
    checks.by_hand(cbow_loss, W, W2, contexts, targets, call="cbow_loss")
### END HIDDEN TESTS

# %% [markdown]
# **2b. The gradients (9 points).** The gradient by the scores is that of every softmax loss with a mean over the batch.
# Then it goes back through $W'$ to $h$, and each of the $C$ neighbours gets $1/C$ of it:
#
# $$ds_n = \frac{y_n - t_n}{N} \qquad \frac{\partial L}{\partial W'} = \sum_n ds_n h_n^{\mathsf T} \qquad
# dh_n = W'^{\mathsf T} ds_n \qquad \frac{\partial L}{\partial v_i} = \sum_{(n, c)\,:\ \mathrm{contexts}[n,c] = i} \frac{dh_n}{C}$$
#
# A word may stand in the contexts of several examples, or twice in one; its gradients add up. Mind that
# `dW[contexts] += …` adds only one of them: where an index is repeated, NumPy writes the last value.
#
# *Graded:* both gradients for any N, C, V and D, with words that come often or not at all, also for large scores.


# %% nbgrader={"schema_version": 3, "grade_id": "task-2b", "grade": false, "solution": true, "locked": false}
def cbow_gradients(W, W2, contexts, targets):
    """Return (dW, dW2), both (V, D), for contexts (N, C) and targets (N,), word numbers; W and W2 are (V, D)."""
    ### BEGIN SOLUTION
    n, c = contexts.shape
    h = W[contexts].mean(axis=1)
    scores = h @ W2.T
    powers = np.exp(scores - scores.max(axis=1, keepdims=True))
    ds = powers / powers.sum(axis=1, keepdims=True)
    ds[np.arange(n), targets] -= 1
    ds = ds / n
    dh = ds @ W2
    dW = np.zeros(W.shape)
    np.add.at(dW, contexts, dh[:, None] / c)
    return dW, ds.T @ h
    ### END SOLUTION


# %% nbgrader={"schema_version": 3, "grade_id": "test-2b", "grade": true, "solution": false, "locked": true, "points": 9}
with checks.part("2b", see="Lecture 1 (01_word_vectors.ipynb): The gradient"):
    W = np.array([[1.0, -1.0], [0.0, 2.0], [-1.0, 1.0], [2.0, 1.0]])
    W2 = np.array([[1.0, 1.0], [1.0, 0.0], [1.0, -1.0], [0.0, 1.0]])
    contexts, targets = np.array([[0, 1], [3, 0], [1, 2]]), np.array([2, 0, 1])
    given = {"W": W, "W2": W2, "contexts": contexts, "targets": targets}
    call = "cbow_gradients(W, W2, contexts, targets)"
    with checks.unchanged(given, call=call):
        got = cbow_gradients(W, W2, contexts, targets)
    dW = np.array([[-0.050705, 0.091525], [-0.13322, 0.394912], [-0.094052, 0.148258], [-0.011538, -0.155129]])
    dW2 = np.array([[-0.337341, 0.235713], [0.348234, -0.422647], [0.009378, -0.13439], [-0.020271, 0.321324]])
    hint = (
        "For the first example y − t is (0.3875, 0.2350, −0.8575, 0.2350), divided by N = 3, and dh = (−0.0783, 0.4933). "
        "The words 0 and 1 each get half of it. Both are neighbours in another example too, and get a share there."
    )
    checks.close(got, (dW, dW2), names=("dW", "dW2"), call=call, given=given, hint=hint, atol=1e-6)
    hint = "np.add.at(dW, contexts, …) adds for every index, also where one is repeated."
    few, many = (contexts, targets), (np.tile(contexts, (99, 1)), np.tile(targets, 99))
    call = "cbow_gradients for 297 examples"
    checks.vectorised(cbow_gradients, (W, W2, *few), (W, W2, *many), call=call, hint=hint)
### BEGIN HIDDEN TESTS
with checks.part("2b", see="Lecture 1 (01_word_vectors.ipynb): The gradient", hidden=True):
    rng = checks.generator(202)
    sizes = [(6, 4, 7, 3), (1, 1, 5, 5), (4, 4, 4, 4), (5, 3, 3, 6), (8, 2, 9, 2)]
    for n, c, v, d in sizes:
        large = n == 8
        W, W2 = rng.normal(size=(v, d)), rng.normal(size=(v, d))
        contexts, targets = rng.integers(v, size=(n, c)), rng.integers(v, size=n)
        if large:  # the first example's scores are all 0, the largest of the others is 1000
            W[0] = contexts[0] = 0
            scores = W[contexts].mean(axis=1) @ W2.T
            W *= 1000 / scores.flat[np.abs(scores).argmax()]
        share = np.stack([np.bincount(row, minlength=v) for row in contexts]) / c
        output = words.FullSoftmax(np.ones(v), d)
        output.weight.data[...] = W2
        output.forward(share @ W, targets)
        expected = share.T @ output.backward() / n, output.weight.diff / n
        call = "cbow_gradients" + " with scores up to 1000" * large
        with checks.unchanged({"W": W, "W2": W2, "contexts": contexts, "targets": targets}, call=call):
            got = cbow_gradients(W, W2, contexts, targets)
        hint = (
            "Where do 1/N and 1/C belong, and what if a word comes twice in one context? Try N, C, V and D all different "
            "and all equal, and large scores."
        )
        checks.close(got, expected, names=("dW", "dW2"), call=call, hint=hint)
    checks.by_hand(cbow_gradients, W, W2, contexts, targets, call="cbow_gradients")
### END HIDDEN TESTS

# %% [markdown]
# ## Task 3: negative sampling (20 points)
#
# *Read before:* [lecture 2](../../lectures/session3_applications/02_huge_softmax.ipynb).
#
# **Why.** The full softmax touches all $V$ words at every step. Negative sampling (负采样) asks about a few: does this
# neighbour stand here? Yes. And these $K$ words, drawn at random? No.
#
# **3a. The draw (5 points).** Words are drawn with a probability that grows with their counts $U$ in the text, but
# more slowly:
#
# $$P(i) = \frac{U_i^{3/4}}{\sum_j U_j^{3/4}}.$$
#
# Each draw is independent of the others. How you draw is up to you: a cumulative sum and `np.searchsorted`, the alias
# method, or what NumPy offers. Let all random numbers come from `np.random.default_rng(seed)`, so that the same seed
# gives the same words and another seed gives others. Billions of words are drawn in a training, so a Python loop over
# the draws is too slow; one over the vocabulary, for a table, is fine.
#
# *Graded:* how often each word comes in many thousand draws (a fair sampler passes, whatever its method), that words
# with the count 0 never come, and that draws do not depend on each other.


# %% nbgrader={"schema_version": 3, "grade_id": "task-3a", "grade": false, "solution": true, "locked": false}
def draw_words(counts, size, seed):
    """Return an integer array (size,) of word numbers, drawn with P ∝ counts^¾; counts are V whole numbers ≥ 0."""
    ### BEGIN SOLUTION
    ends = np.cumsum(counts**0.75)
    u = np.random.default_rng(seed).random(size)
    return np.searchsorted(ends, u * ends[-1], side="right")
    ### END SOLUTION


# %% nbgrader={"schema_version": 3, "grade_id": "test-3a", "grade": true, "solution": false, "locked": true, "points": 5}
with checks.part("3a", see="Lecture 2 (02_huge_softmax.ipynb): Cure 2: negative sampling (负采样)"):
    counts = np.array([10, 7, 4, 3, 2])
    given, call = {"counts": counts}, "draw_words(counts, 200_000, seed=0)"
    with checks.unchanged(given, call=call):
        got = draw_words(counts, 200_000, 0)
    checks.same_form(got, np.zeros(200_000, dtype=int), call=call, given=given, hint="One word number for each draw.")
    hint = "Word numbers run from 0 to V − 1."
    inside = got.min() >= 0, got.max() < len(counts)
    checks.same(tuple(map(bool, inside)), (True, True), call=f"{call}: all ≥ 0, all < V", given=given, hint=hint)
    hint = (
        "10^¾ = 5.623, and the sum of all five powers is 16.717, so word 0 should come in 33.6 % of the draws. Without "
        "the power it would be 38.5 %. A deviation of 0.6 % is allowed; chance makes one of 0.1 %."
    )
    expected = np.array([0.336396, 0.257439, 0.169198, 0.136361, 0.100606])
    shares = np.bincount(got, minlength=5) / 200_000
    checks.close(shares, expected, call=f"share of each word in {call}", given=given, rtol=0, atol=0.006, hint=hint)
    hint = "Make a new generator with np.random.default_rng(seed) in each call."
    call = "draw_words(counts, 200_000, seed=0) a second time"
    checks.close(draw_words(counts, 200_000, 0), got, call=call, given=given, hint=hint)
    hint = "Does your generator use the argument seed, and are the draws in random order?"
    alike = np.mean(draw_words(counts, 200_000, 1) == got)
    call = "share of places where seed=1 gives the same word as seed=0"
    checks.close(alike, np.sum(expected**2), call=call, given=given, rtol=0, atol=0.006, hint=hint)
    hint = "NumPy's functions take an array of random numbers at once."
    checks.vectorised(draw_words, (counts, 9, 0), (counts, 9999, 0), call="draw_words(counts, 9999, 0)", hint=hint)
### BEGIN HIDDEN TESTS
with checks.part("3a", see="Lecture 2 (02_huge_softmax.ipynb): Cure 2: negative sampling (负采样)", hidden=True):
    rng = checks.generator(301)
    uneven = (1000 / np.arange(1, 101)).astype(int)
    with_zeros = np.array([0, 30, 1, 0, 5, 500, 12, 0])
    for counts in (np.array([1, 10_000]), uneven, rng.permutation(uneven), with_zeros, np.array([4, 4, 4])):
        p = words.noise_distribution(counts)
        with checks.unchanged({"counts": counts}, call="draw_words"):
            got = draw_words(counts, 200_000, int(rng.integers(2**31)))
        checks.same_form(got, np.zeros(200_000, dtype=int), call="draw_words", hint="One word number for each draw.")
        hint = "Does a word with the count 0 ever come, or a number that is none of a word?"
        checks.same(
            int((~np.isin(got, np.flatnonzero(counts))).sum()), 0, call="draws of words that do not occur", hint=hint
        )
        hint = "P grows with the power ¾ of the counts, whatever their order. Look at the shares in 200,000 draws."
        shares = np.bincount(got, minlength=len(counts)) / 200_000
        checks.close(shares, p, call="share of each word in 200,000 draws", rtol=0, atol=0.006, hint=hint)
        hint = "The first draws must be as random as the last, and not depend on the ones before."
        for name, there in [("first half", got[:100_000]), ("places 0, 2, 4, …", got[::2])]:
            shares = np.bincount(there, minlength=len(counts)) / 100_000
            checks.close(shares, p, call=f"share of each word, {name}", rtol=0, atol=0.009, hint=hint)
        alike = np.mean(got[1:] == got[:-1])
        checks.close(alike, np.sum(p**2), call="share of draws like the one before", rtol=0, atol=0.009, hint=hint)
    checks.by_hand(draw_words, counts, 5, 0, call="draw_words")
### END HIDDEN TESTS

# %% [markdown]
# **3b. The loss (6 points).** The word $i$ (`word`) has the neighbour $t$ (`neighbour`), and $K$ words were drawn
# (`negatives`, an array of word numbers). With the logistic function $\phi(s) = 1/(1 + e^{-s})$,
#
# $$L = -\log \phi(v_t' \cdot v_i) - \sum_{k=1}^{K} \log \phi(-v_{n_k}' \cdot v_i).$$
#
# A word may be drawn more than once, and then counts each time. If the neighbour itself is drawn, that draw does
# **not** count: one cannot say yes and no to the same word.
#
# Now $-\log\phi(s) = \log(1 + e^{-s})$, and `np.logaddexp(a, b)`, which is $\log(e^a + e^b)$, does not overflow.
#
# *Graded:* the loss for any V, D and K, with repeated draws and draws of the neighbour, also for scores as large as
# ±1000.


# %% nbgrader={"schema_version": 3, "grade_id": "task-3b", "grade": false, "solution": true, "locked": false}
def negative_sampling_loss(W, W2, word, neighbour, negatives):
    """Return the loss, a number; word and neighbour are word numbers, negatives (K,) too; W and W2 are (V, D)."""
    ### BEGIN SOLUTION
    scores = W2 @ W[word]
    drawn = scores[negatives[negatives != neighbour]]
    return np.logaddexp(0, -scores[neighbour]) + np.logaddexp(0, drawn).sum()
    ### END SOLUTION


# %% nbgrader={"schema_version": 3, "grade_id": "test-3b", "grade": true, "solution": false, "locked": true, "points": 6}
with checks.part("3b", see="Lecture 2 (02_huge_softmax.ipynb): Cure 2: negative sampling (负采样)"):
    W = np.array([[1.0, -1.0], [0.0, 2.0], [-1.0, 1.0], [2.0, 1.0]])
    W2 = np.array([[1.0, 1.0], [1.0, 0.0], [1.0, -1.0], [0.0, 1.0]])
    negatives = np.array([1, 0])
    given, call = {"W": W, "W2": W2, "negatives": negatives}, "negative_sampling_loss(W, W2, 0, 2, negatives)"
    with checks.unchanged(given, call=call):
        got = negative_sampling_loss(W, W2, 0, 2, negatives)
    hint = (
        "The score of the neighbour is (1, −1)·(1, −1) = 2: −log φ(2) = 0.1269. Those of the draws are 1 and 0: "
        "−log φ(−1) = 1.3133, −log φ(0) = 0.6931."
    )
    checks.close(got, 2.133336879, call=call, given=given, hint=hint)
    hint = "Word 2 is the neighbour, so its draw does not count: 0.1269 + 0.3133 + 0.6931."
    call = "negative_sampling_loss(W, W2, 0, 2, [3, 2, 0])"
    got = negative_sampling_loss(W, W2, 0, 2, np.array([3, 2, 0]))
    checks.close(got, 1.133336879, call=call, given=given, hint=hint)
### BEGIN HIDDEN TESTS
with checks.part("3b", see="Lecture 2 (02_huge_softmax.ipynb): Cure 2: negative sampling (负采样)", hidden=True):
    from scipy import special

    rng = checks.generator(302)
    for v, d, k, large in [(7, 3, 5, False), (4, 4, 1, False), (3, 6, 8, False), (2, 2, 2, False), (6, 2, 5, True)]:
        W, W2, word = rng.normal(size=(v, d)), rng.normal(size=(v, d)), int(rng.integers(1, v))
        neighbour = word if v == d else int(rng.integers(v))
        if large:  # the largest score is 1000
            scores = W2 @ W[word]
            W *= 1000 / scores[np.abs(scores).argmax()]
            neighbour = int((W2 @ W[word]).argmin())
        negatives = rng.integers(v, size=k)
        negatives[2:4] = neighbour
        negatives[[0, -1]] = (W2 @ W[word]).argmax() if large else (neighbour + 1) % v  # drawn twice
        answers = np.bincount(negatives, minlength=v)
        answers[neighbour] = 0
        expected = -special.log_expit(W2[neighbour] @ W[word]) - answers @ special.log_expit(-(W2 @ W[word]))
        call = "negative_sampling_loss" + " with scores up to 1000" * large
        with checks.unchanged({"W": W, "W2": W2, "negatives": negatives}, call=call):
            got = negative_sampling_loss(W, W2, word, neighbour, negatives)
        hint = (
            "A plus for the neighbour, a minus for each draw; a word that is drawn twice counts twice, the neighbour not at "
            "all. log(1 + e^1000) overflows, np.logaddexp(0, 1000) does not."
        )
        checks.close(got, expected, call=call, hint=hint)
    got = negative_sampling_loss(W, W2, word, neighbour, np.full(3, neighbour))
    call = "negative_sampling_loss, the neighbour drawn three times"
    expected = -special.log_expit(W2[neighbour] @ W[word])
    checks.close(got, expected, call=call, hint="Then only the first term is left.")
    checks.by_hand(negative_sampling_loss, W, W2, word, neighbour, negatives, call="negative_sampling_loss")
### END HIDDEN TESTS

# %% [markdown]
# **3c. The gradients (9 points).** Only $K + 1$ rows of $W'$ were asked, so only they get a gradient. With the score
# $s_j = v_j' \cdot v_i$ of each row $j$ that was asked:
#
# $$ds_j = \phi(s_j) - \begin{cases} 1 & \text{for the neighbour} \\ 0 & \text{for a draw} \end{cases} \qquad
# \frac{\partial L}{\partial v_j'} \mathrel{+}= ds_j\, v_i \qquad \frac{\partial L}{\partial v_i} = \sum_j ds_j\, v_j'$$
#
# The sum goes over the neighbour and all draws that count, as in 3b: repeated draws each time, the neighbour among the
# draws never. `dW` and `dW2` have the shapes of `W` and `W2`, with 0 in all other rows.
#
# *Graded:* both gradients for any V, D and K, with repeated draws and draws of the neighbour, also for scores as large
# as ±1000.


# %% nbgrader={"schema_version": 3, "grade_id": "task-3c", "grade": false, "solution": true, "locked": false}
def negative_sampling_gradients(W, W2, word, neighbour, negatives):
    """Return (dW, dW2), both (V, D); word and neighbour are word numbers, negatives (K,) too; W and W2 are (V, D)."""
    ### BEGIN SOLUTION
    asked = np.append(negatives[negatives != neighbour], neighbour)
    scores = W2[asked] @ W[word]
    phi = np.exp(-np.logaddexp(0, -scores))
    ds = phi - (asked == neighbour)
    dW, dW2 = np.zeros(W.shape), np.zeros(W2.shape)
    dW[word] = ds @ W2[asked]
    np.add.at(dW2, asked, np.outer(ds, W[word]))
    return dW, dW2
    ### END SOLUTION


# %% nbgrader={"schema_version": 3, "grade_id": "test-3c", "grade": true, "solution": false, "locked": true, "points": 9}
with checks.part("3c", see="Lecture 2 (02_huge_softmax.ipynb): One formula for both"):
    W = np.array([[1.0, -1.0], [0.0, 2.0], [-1.0, 1.0], [2.0, 1.0]])
    W2 = np.array([[1.0, 1.0], [1.0, 0.0], [1.0, -1.0], [0.0, 1.0]])
    negatives = np.array([1, 3])
    given, call = {"W": W, "W2": W2, "negatives": negatives}, "negative_sampling_gradients(W, W2, 0, 2, negatives)"
    with checks.unchanged(given, call=call):
        got = negative_sampling_gradients(W, W2, 0, 2, negatives)
    dW = np.array([[0.611856, 0.388144], [0.0, 0.0], [0.0, 0.0], [0.0, 0.0]])
    dW2 = np.array([[0.0, 0.0], [0.731059, -0.731059], [-0.119203, 0.119203], [0.268941, -0.268941]])
    hint = (
        "The scores of the rows 2 (the neighbour), 1 and 3 are 2, 1 and −1, and φ is 0.8808, 0.7311 and 0.2689. So ds is "
        "−0.1192, 0.7311 and 0.2689. Row 0 of W2 was not asked: its gradient is 0."
    )
    checks.close(got, (dW, dW2), names=("dW", "dW2"), call=call, given=given, hint=hint, atol=1e-6)
### BEGIN HIDDEN TESTS
with checks.part("3c", see="Lecture 2 (02_huge_softmax.ipynb): One formula for both", hidden=True):
    from scipy import special

    rng = checks.generator(303)
    for v, d, k, large in [(7, 3, 5, False), (4, 4, 1, False), (3, 6, 8, False), (2, 2, 2, False), (6, 2, 5, True)]:
        W, W2, word = rng.normal(size=(v, d)), rng.normal(size=(v, d)), int(rng.integers(1, v))
        neighbour = word if v == d else int(rng.integers(v))
        if large:  # the largest score is 1000
            scores = W2 @ W[word]
            W *= 1000 / scores[np.abs(scores).argmax()]
            neighbour = int((W2 @ W[word]).argmin())
        negatives = rng.integers(v, size=k)
        negatives[2:4] = neighbour
        negatives[[0, -1]] = (W2 @ W[word]).argmax() if large else (neighbour + 1) % v  # drawn twice
        answers = np.bincount(negatives, minlength=v)
        answers[neighbour] = 1
        ds = answers * special.expit(W2 @ W[word]) - np.eye(v)[neighbour]
        expected = np.eye(v)[:, word, None] * (ds @ W2), ds[:, None] * W[word]
        call = "negative_sampling_gradients" + " with scores up to 1000" * large
        with checks.unchanged({"W": W, "W2": W2, "negatives": negatives}, call=call):
            got = negative_sampling_gradients(W, W2, word, neighbour, negatives)
        hint = (
            "A word that is drawn twice gets its gradient twice (an index with repeats writes once), the neighbour is no "
            "draw. Try word = neighbour, K = 1, and large scores."
        )
        checks.close(got, expected, names=("dW", "dW2"), call=call, hint=hint)
    checks.by_hand(negative_sampling_gradients, W, W2, word, neighbour, negatives, call="negative_sampling_gradients")
### END HIDDEN TESTS

# %% [markdown]
# ## Task 4: Huffman codes (12 points)
#
# *Read before:* [lecture 2](../../lectures/session3_applications/02_huge_softmax.ipynb).
#
# **Why.** The other cure, hierarchical softmax, puts the words at the leaves of a binary tree. Frequent words should
# have short paths. The best tree is Huffman's (哈夫曼树).
#
# Start with the words as nodes, each with its count. Then, again and again, take the **two nodes with the smallest
# counts** and join them to a new node with the sum of their counts, until one node is left, the root. The code of a word
# is its path from the root: a text such as `"010"`, with a `0` for each step to one child and a `1` for each step to the
# other.
#
# Which child gets the 0, and which of two nodes with the same count goes first, is up to you: **every** code is right that
#
# - makes $\sum_i \mathrm{count}_i \cdot \mathrm{length}_i$ as small as it can be, and
# - is free of prefixes: no code is the beginning of another one. So every word is a leaf of its own.
#
# Hint: when two nodes are joined, all words below the one get a `0` in front of what they have, those below the other a
# `1`. Lists are enough for it; `heapq` is quicker for large vocabularies.
#
# *Graded:* the two properties, for any number of words from 2 on, also for equal counts.


# %% nbgrader={"schema_version": 3, "grade_id": "task-4", "grade": false, "solution": true, "locked": false}
def huffman_codes(counts):
    """Return a list of V codes, texts of 0 and 1, for the counts (V,) of the words, whole numbers ≥ 1."""
    ### BEGIN SOLUTION
    codes = [""] * len(counts)
    nodes = [(count, [word]) for word, count in enumerate(counts)]
    for _ in range(len(counts) - 1):
        (count0, words0), (count1, words1), *nodes = sorted(nodes)
        for word in words0:
            codes[word] = "0" + codes[word]
        for word in words1:
            codes[word] = "1" + codes[word]
        nodes.append((count0 + count1, words0 + words1))
    return codes
    ### END SOLUTION


# %% nbgrader={"schema_version": 3, "grade_id": "test-4", "grade": true, "solution": false, "locked": true, "points": 12}
def check_codes(counts, least, call, given=None, hint=""):
    """Check that huffman_codes gives a code without prefixes for which Σ count · length is ``least``."""
    with checks.unchanged({"counts": counts}, call=call):
        codes = huffman_codes(counts)
    form = "Return a list with one text of 0 and 1 for each word."
    checks.same(type(codes).__name__, "list", call=f"the type of {call}", given=given, hint=form)
    texts = [isinstance(code, str) and bool(code) and set(code) <= {"0", "1"} for code in codes]
    checks.same(texts, [True] * len(counts), call=f"is each code of {call} a text of 0 and 1?", given=given, hint=form)
    pairs = [(i, j) for i in range(len(codes)) for j in range(len(codes)) if i != j and codes[j].startswith(codes[i])]
    clash = "Only leaves are words: no code may be the beginning of another one, and no two may be equal."
    checks.same(pairs, [], call=f"words (i, j) of {call} where code j begins with code i", given=given, hint=clash)
    length = sum(int(count) * len(code) for count, code in zip(counts, codes, strict=True))
    checks.same(length, least, call=f"Σ count · length for {call}", given=given, hint=hint)


with checks.part("4", see="Lecture 2 (02_huge_softmax.ipynb): Which tree? Huffman's"):
    counts = np.array([8, 3, 1, 6, 2])
    hint = (
        "First 1 and 2 are joined to 3, then 3 and this 3 to 6, then 6 and this 6 to 12, then 8 and 12 to 20. The code of "
        "the word with count 8 has one figure, those of 1 and 2 have four."
    )
    check_codes(counts, 41, "huffman_codes(counts)", {"counts": counts}, hint)
    hint = "Each joining puts one more figure in front of all the codes below it. Here all words may get two figures."
    check_codes(np.array([2, 1, 2, 1]), 12, "huffman_codes([2, 1, 2, 1])", hint=hint)
### BEGIN HIDDEN TESTS
with checks.part("4", see="Lecture 2 (02_huge_softmax.ipynb): Which tree? Huffman's", hidden=True):
    rng = checks.generator(401)
    hint = "Are always the two smallest nodes joined, new ones among them? Try equal counts, a Fibonacci series, two words."
    for counts in (
        np.array([5, 9]),
        np.array([1, 1, 2, 3, 5, 8, 13, 21]),
        np.ones(11, dtype=int),
        rng.integers(1, 9, size=30),
        (1000 / np.arange(1, 61)).astype(int),
        rng.permutation(2 ** np.arange(12)),
    ):
        least = int(counts @ words.HuffmanTree(counts).depths)
        check_codes(counts, least, f"huffman_codes for {len(counts)} words", hint=hint)
    checks.by_hand(huffman_codes, counts, call="huffman_codes")
### END HIDDEN TESTS

# %% [markdown]
# ## Task 5: nearest words and analogies (12 points)
#
# *Read before:* [lecture 1](../../lectures/session3_applications/01_word_vectors.ipynb) and
# [lecture 3](../../lectures/session3_applications/03_word_arithmetic.ipynb).
#
# **Why.** Vectors are asked by their directions. How like two words are is the cosine of the angle between their
# vectors (余弦相似度). The lengths do not count; they say other things, such as how often a word came in training.
#
# $$\cos(a, b) = \frac{a \cdot b}{\lVert a \rVert\, \lVert b \rVert}$$
#
# `E` has the shape (V, D), a row for each word, none of them 0. There may be three million rows: no Python loop over
# the words, please.
#
# **5a. Nearest words (6 points).** The `k` words with the largest cosine with the word number `word`, best first. The
# word itself is left out: it is always nearest to itself, and nobody asked for that.
#
# *Graded:* the word numbers and their cosines, for any V, D and $k$ up to $V - 1$. No two cosines are equal in the tests.


# %% nbgrader={"schema_version": 3, "grade_id": "task-5a", "grade": false, "solution": true, "locked": false}
def nearest_words(E, word, k):
    """Return (numbers, cosines), both (k,), of the k words nearest to a word (its number), best first; E is (V, D)."""
    ### BEGIN SOLUTION
    units = E / np.linalg.norm(E, axis=1, keepdims=True)
    cosines = units @ units[word]
    cosines[word] = -np.inf
    best = np.argsort(-cosines)[:k]
    return best, cosines[best]
    ### END SOLUTION


# %% nbgrader={"schema_version": 3, "grade_id": "test-5a", "grade": true, "solution": false, "locked": true, "points": 6}
with checks.part("5a", see="Lecture 1 (01_word_vectors.ipynb): What it has learnt"):
    # The words are row, rows, column, columns, node.
    E = np.array([[24.0, 7.0, 0.0], [11.7, 4.4, 0.0], [0.0, 0.7, 2.4], [0.0, 40.0, 30.0], [1.0, 1.0, 1.0]])
    given, call = {"E": E}, "nearest_words(E, 0, 3)"
    with checks.unchanged(given, call=call):
        got = nearest_words(E, 0, 3)
    hint = (
        "With all rows scaled to length 1, the cosines of row with the five words are 1, 0.997, 0.078, 0.224 and 0.716. "
        "The first is row itself. So rows, node and columns are nearest, in this order."
    )
    expected = np.array([1, 4, 3]), np.array([0.99712, 0.715914, 0.224])
    checks.close(got, expected, names=("numbers", "cosines"), call=call, given=given, hint=hint, atol=1e-6)
    few, many = np.ones((4, 3)), np.ones((999, 3))
    hint = "A matrix product gives all cosines at once, np.argsort their order."
    checks.vectorised(nearest_words, (few, 0, 2), (many, 0, 2), call="nearest_words for 999 words", hint=hint)
### BEGIN HIDDEN TESTS
with checks.part("5a", see="Lecture 1 (01_word_vectors.ipynb): What it has learnt", hidden=True):
    rng = checks.generator(501)
    for v, d, k in [(30, 5, 6), (4, 4, 3), (9, 2, 1), (2, 3, 1)]:
        E = rng.normal(size=(v, d)) * rng.uniform(0.1, 9, size=(v, 1))
        E[-1] *= -np.sign(E[0] @ E[-1])  # the first and the last word have a negative cosine
        vectors = words.Vectors([str(i) for i in range(v)], E)
        for word in (0, v - 1):
            with checks.unchanged({"E": E}, call="nearest_words(E, word, k)"):
                got = nearest_words(E, word, k)
            found = vectors.nearest(str(word), k)
            hint = (
                "Cosines, not products; from the largest down, also where some are negative; never the word itself, and "
                "exactly k of them. Try k = 1 and k = V − 1, and another word."
            )
            checks.close(
                got,
                (np.array([int(n.word) for n in found]), np.array([n.cosine for n in found])),
                names=("numbers", "cosines"),
                call="nearest_words(E, word, k)",
                atol=1e-6,
                hint=hint,
            )
    checks.by_hand(nearest_words, E, 0, 1, call="nearest_words")
### END HIDDEN TESTS

# %% [markdown]
# **5b. Analogies (6 points).** *King − man + woman* asks for the words nearest to the vector
#
# $$q = \hat v_a - \hat v_b + \hat v_c, \qquad \hat v = \frac{v}{\lVert v \rVert},$$
#
# made of vectors of length 1, here with $a$ = king, $b$ = man, $c$ = woman. All three words of the question are left
# out of the answer, as word2vec's tools do. Lecture 3 shows what would come without this rule.
#
# *Graded:* the `k` nearest word numbers, best first, and their cosines with $q$, for any V, D and $k$ up to $V - 3$.


# %% nbgrader={"schema_version": 3, "grade_id": "task-5b", "grade": false, "solution": true, "locked": false}
def analogy(E, a, b, c, k):
    """Return (numbers, cosines), both (k,), of the k words nearest to â − b̂ + ĉ, best first; E is (V, D)."""
    ### BEGIN SOLUTION
    units = E / np.linalg.norm(E, axis=1, keepdims=True)
    question = units[a] - units[b] + units[c]
    cosines = units @ question / np.linalg.norm(question)
    cosines[[a, b, c]] = -np.inf
    best = np.argsort(-cosines)[:k]
    return best, cosines[best]
    ### END SOLUTION


# %% nbgrader={"schema_version": 3, "grade_id": "test-5b", "grade": true, "solution": false, "locked": true, "points": 6}
with checks.part("5b", see="Lecture 3 (03_word_arithmetic.ipynb): A score instead of an anecdote"):
    # The words are row, rows, column, columns, node; the question is rows − row + column.
    E = np.array([[24.0, 7.0, 0.0], [11.7, 4.4, 0.0], [0.0, 0.7, 2.4], [0.0, 40.0, 30.0], [1.0, 1.0, 1.0]])
    given, call = {"E": E}, "analogy(E, 1, 0, 2, 2)"
    with checks.unchanged(given, call=call):
        got = analogy(E, 1, 0, 2, 2)
    hint = (
        "rows is (0.936, 0.352, 0) when it has length 1, and q = (−0.024, 0.352, 0.96). Its cosines with the five words are "
        "0.074, 0.099, 0.997, 0.838 and 0.727. The largest is that of column, which is in the question and left out."
    )
    expected = np.array([3, 4]), np.array([0.838499, 0.727064])
    checks.close(got, expected, names=("numbers", "cosines"), call=call, given=given, hint=hint, atol=1e-6)
    few, many = np.eye(5), np.tile(np.eye(5), (199, 1))
    hint = "A matrix product gives all cosines at once, np.argsort their order."
    checks.vectorised(analogy, (few, 0, 1, 2, 2), (many, 0, 1, 2, 2), call="analogy among 995 words", hint=hint)
### BEGIN HIDDEN TESTS
with checks.part("5b", see="Lecture 3 (03_word_arithmetic.ipynb): A score instead of an anecdote", hidden=True):
    rng = checks.generator(502)
    for v, d, k in [(30, 5, 6), (6, 6, 3), (9, 2, 1), (8, 3, 5)]:
        for _ in range(3):
            E = rng.normal(size=(v, d)) * rng.uniform(0.1, 9, size=(v, 1))
            a, b, c, last = (int(i) for i in rng.permutation(v)[:4])
            units = E / np.linalg.norm(E, axis=1, keepdims=True)
            E[last] = -3 * (units[a] - units[b] + units[c])  # the word least like the question
            vectors = words.Vectors([str(i) for i in range(v)], E)
            with checks.unchanged({"E": E}, call="analogy(E, a, b, c, k)"):
                got = analogy(E, a, b, c, k)
            found = vectors.analogy(str(a), str(b), str(c), k)
            hint = (
                "Which of the three words is subtracted, and has each of them length 1 before? Are all three left out, and "
                "are the cosines divided by the length of q?"
            )
            checks.close(
                got,
                (np.array([int(n.word) for n in found]), np.array([n.cosine for n in found])),
                names=("numbers", "cosines"),
                call="analogy(E, a, b, c, k)",
                atol=1e-6,
                hint=hint,
            )
    checks.by_hand(analogy, E, 0, 1, 2, 1, call="analogy")
### END HIDDEN TESTS

# %% [markdown]
# ## Task 6: a map of words by PCA (8 points)
#
# *Read before:* the first picture of [lecture 1](../../lectures/session3_applications/01_word_vectors.ipynb), and
# "Is it PCA?" in [lecture 7 of Session II](../../lectures/session2_frameworks/07_autoencoders.ipynb).
#
# **Why.** Nobody sees in 100 dimensions. Principal component analysis (主成分分析, PCA) looks for the few directions in
# which the vectors differ most, and draws them there.
#
# Let `X`, shape (V, D), hold one vector in each row. Subtract the mean $\mu$ of the rows, and decompose what is left
# (the singular value decomposition, `np.linalg.svd`, with the singular values from large to small):
#
# $$X - \mu = U \Sigma A^{\mathsf T}$$
#
# The first $k$ columns of $A$, written as rows, are the **axes**, of length 1 and at right angles: an array (k, D). The
# **places** of the words are $(X - \mu)\,A_k$, an array (V, k). And $\sigma_j^2 / \sum_i \sigma_i^2$ says which **share**
# of all the differences lies along axis $j$: an array (k,).
#
# An axis may point either way, and both are right. The places must fit the axes that you return.
#
# *Graded:* places, axes and shares, for any V and D, with $k$ at most $V - 1$ and $D$. The eigenvectors of the covariance
# matrix would give the same, and are allowed.


# %% nbgrader={"schema_version": 3, "grade_id": "task-6", "grade": false, "solution": true, "locked": false}
def pca(X, k):
    """Return (places, axes, shares), shapes (V, k), (k, D), (k,), for the vectors X (V, D), the largest share first."""
    ### BEGIN SOLUTION
    centred = X - X.mean(axis=0)
    _, sigma, axes = np.linalg.svd(centred, full_matrices=False)
    shares = sigma**2 / (sigma**2).sum()
    return centred @ axes[:k].T, axes[:k], shares[:k]
    ### END SOLUTION


# %% nbgrader={"schema_version": 3, "grade_id": "test-6", "grade": true, "solution": false, "locked": true, "points": 8}
def check_map(X, k, expected, call, given=None, hint=""):
    """Check what pca returns against ``expected``, whichever way its axes point."""
    with checks.unchanged({"X": X}, call=call):
        got = pca(X, k)
    form = "Return the places (V, k), the axes (k, D) as rows, and the shares (k,)."
    checks.same(
        tuple(map(np.shape, got)) if isinstance(got, tuple) else type(got).__name__,
        tuple(map(np.shape, expected)),
        call=f"the shapes of {call}",
        given=given,
        hint=form,
    )
    turn = np.where(np.sum(got[1] * expected[1], axis=1) < 0, -1.0, 1.0)  # either way is right
    turned = got[0] * turn, got[1] * turn[:, None], got[2]
    checks.close(turned, expected, names=("places", "axes", "shares"), call=call, given=given, hint=hint, atol=1e-6)


with checks.part("6", see="Lecture 1 (01_word_vectors.ipynb): Look first"):
    X = np.array([[3.8, 4.9, 3.0], [-1.0, -1.5, 3.0], [0.6, 2.3, 5.0], [0.6, 2.3, 1.0]])
    axes = np.array([[0.6, 0.8, 0.0], [0.0, 0.0, 1.0]])
    places, shares = np.array([[4.0, 0.0], [-4.0, 0.0], [0.0, 2.0], [0.0, -2.0]]), np.array([32 / 41, 8 / 41])
    hint = (
        "The mean is (1, 2, 3). The first axis is (0.6, 0.8, 0) or its opposite, the second (0, 0, 1). The squares of the "
        "three singular values are 32, 8 and 1. (Signs are made equal before the comparison.)"
    )
    check_map(X, 2, (places, axes, shares), "pca(X, 2)", {"X": X}, hint)
### BEGIN HIDDEN TESTS
with checks.part("6", see="Lecture 1 (01_word_vectors.ipynb): Look first", hidden=True):
    from sklearn.decomposition import PCA

    rng = checks.generator(601)
    hint = (
        "Is the mean taken over the words, are places made from the centred vectors, and are shares parts of all "
        "differences, not only of those along the k axes? Try more words than dimensions, fewer, and as many."
    )
    for v, d, k in [(20, 5, 2), (4, 9, 3), (6, 6, 4), (12, 3, 3), (7, 4, 1)]:
        X = rng.normal(size=(v, d)) * np.linspace(1, 3, d) + 10 * rng.normal(size=d)
        model = PCA(k, svd_solver="full").fit(X)
        expected = model.transform(X), model.components_, model.explained_variance_ratio_
        check_map(X, k, expected, "pca(X, k)", hint=hint)
    checks.by_hand(pca, X, 1, call="pca")
### END HIDDEN TESTS

# %% [markdown]
# ## Task 7: a text CNN (12 points)
#
# *Read before:* [lecture 5](../../lectures/session3_applications/05_text_classification.ipynb).
#
# **Why.** A bag of words does not know *not good, bad* from *not bad, good*. A convolution over words sees which ones
# stand together.
#
# **7a. Convolution (6 points).** `X`, shape (N, T, D), holds $N$ texts of $T$ words, each word a vector of $D$ numbers.
# A kernel covers $w$ words and the **full width** $D$ of the embedding, and so it moves along the words only.
# `kernels` has the shape (K, w, D), `bias` (K,). Behind the end of a text the vectors are 0:
#
# $$c_{n,k,t} = b_k + \sum_{i=0}^{w-1} \mathrm{kernels}_{k,i} \cdot x_{n,t+i}, \qquad t = 0 \ldots T - 1.$$
#
# The dot is the product of two vectors of $D$ numbers. The result `c` has the shape (N, K, T). A loop over the $w$
# places of the kernel is fine; loops over texts or words are too slow.
#
# *Graded:* `c` for any N, T, D, K and w, also where the kernel is longer than the text.


# %% nbgrader={"schema_version": 3, "grade_id": "task-7a", "grade": false, "solution": true, "locked": false}
def convolve_words(X, kernels, bias):
    """Return c, shape (N, K, T), for texts X (N, T, D), kernels (K, w, D) and bias (K,)."""
    ### BEGIN SOLUTION
    n, length, d = X.shape
    width = kernels.shape[1]
    padded = np.concatenate([X, np.zeros((n, width - 1, d))], axis=1)
    c = np.zeros((n, length, len(kernels))) + bias
    for i in range(width):
        c = c + padded[:, i : i + length] @ kernels[:, i].T
    return c.transpose(0, 2, 1)
    ### END SOLUTION


# %% nbgrader={"schema_version": 3, "grade_id": "test-7a", "grade": true, "solution": false, "locked": true, "points": 6}
with checks.part("7a", see="Lecture 5 (05_text_classification.ipynb): The text CNN"):
    X = np.array([[[1.0, 3.0], [0.0, 2.0], [2.0, 1.0]]])
    kernels, bias = np.array([[[1.0, 0.0], [0.0, 1.0]], [[0.0, -1.0], [2.0, 0.0]]]), np.array([0.5, -1.0])
    given, call = {"X": X, "kernels": kernels, "bias": bias}, "convolve_words(X, kernels, bias)"
    with checks.unchanged(given, call=call):
        got = convolve_words(X, kernels, bias)
    hint = (
        "At t = 0 the first kernel gives (1, 0)·(1, 3) + (0, 1)·(0, 2) + 0.5 = 3.5. At t = 2 there is no next word: "
        "(1, 0)·(2, 1) + 0 + 0.5 = 2.5."
    )
    checks.close(got, np.array([[[3.5, 1.5, 2.5], [-4.0, 1.0, -2.0]]]), call=call, given=given, hint=hint)
    hint = "X[:, i : i + T] @ kernels[:, i].T treats all texts and words at once, for one place i of the kernel."
    few, many = np.ones((2, 3, 2)), np.ones((99, 60, 2))
    call = "convolve_words for 99 texts of 60 words"
    checks.vectorised(convolve_words, (few, kernels, bias), (many, kernels, bias), call=call, hint=hint)
### BEGIN HIDDEN TESTS
with checks.part("7a", see="Lecture 5 (05_text_classification.ipynb): The text CNN", hidden=True):
    rng = checks.generator(701)
    for n, length, d, k, w in [(3, 7, 4, 5, 3), (1, 5, 6, 2, 1), (4, 4, 4, 4, 4), (2, 2, 3, 1, 4), (5, 6, 1, 3, 2)]:
        X, kernels, bias = rng.normal(size=(n, length, d)), rng.normal(size=(k, w, d)), rng.normal(size=k)
        image = np.concatenate([X, np.zeros((n, w - 1, d))], axis=1)[:, None]  # a kernel as wide as this image
        expected = nn.conv2d(image, kernels[:, None])[:, :, :, 0] + bias[:, None]
        with checks.unchanged({"X": X, "kernels": kernels, "bias": bias}, call="convolve_words"):
            got = convolve_words(X, kernels, bias)
        hint = (
            "Which axis moves? Is the kernel turned round (it must not be)? Try N, T, D, K and w all different and all "
            "equal, w = 1, and w above T: behind the end there are as many vectors of 0 as you need."
        )
        checks.close(got, expected, call="convolve_words", hint=hint)
    checks.by_hand(convolve_words, X, kernels, bias, call="convolve_words")
### END HIDDEN TESTS

# %% [markdown]
# **7b. Maximum over time, and scores (6 points).** Each kernel is asked once a text: where is what it looks for, at its
# best? That is the maximum over $t$ (时间维最大池化), then ReLU. A linear layer makes scores of it:
#
# $$h_{n,k} = \max\big(0,\ \max_{0 \le t < \mathrm{lengths}_n} c_{n,k,t}\big) \qquad\qquad s_n = V h_n + b$$
#
# Text $n$ has `lengths[n]` words, at least one. What stands behind it is padding, and a window that begins there must
# not win, however large its value is. For $M$ classes, `weight`, shape (M, K), is the matrix $V$ (the lecture's letter; no
# vocabulary here), and `bias`, shape (M,), is $b$.
#
# *Graded:* `h` and the scores `s` for any N, K, T and M and any lengths from 1 to T, without a Python loop over texts.


# %% nbgrader={"schema_version": 3, "grade_id": "task-7b", "grade": false, "solution": true, "locked": false}
def text_scores(c, lengths, weight, bias):
    """Return (h, s), shapes (N, K), (N, M), for c (N, K, T), lengths (N,), weight (M, K) and bias (M,)."""
    ### BEGIN SOLUTION
    inside = np.arange(c.shape[2]) < lengths[:, None]
    peaks = np.where(inside[:, None], c, -np.inf).max(axis=2)
    h = np.maximum(peaks, 0)
    return h, h @ weight.T + bias
    ### END SOLUTION


# %% nbgrader={"schema_version": 3, "grade_id": "test-7b", "grade": true, "solution": false, "locked": true, "points": 6}
with checks.part("7b", see="Lecture 5 (05_text_classification.ipynb): The text CNN"):
    c = np.array([[[3.5, 1.5, 2.5], [-4.0, 1.0, -2.0]], [[2.0, 4.0, 7.0], [-2.0, 5.0, 0.5]]])
    lengths, weight, bias = np.array([3, 1]), np.array([[1.0, 0.0], [0.0, 2.0], [-1.0, 1.0]]), np.array([0.0, 0.5, 1.0])
    given, call = {"c": c, "lengths": lengths, "weight": weight, "bias": bias}, "text_scores(c, lengths, weight, bias)"
    with checks.unchanged(given, call=call):
        got = text_scores(c, lengths, weight, bias)
    hint = (
        "The first text has three words: its maxima are 3.5 and 1. The second has one, so 2 and −2 are its maxima, and "
        "ReLU makes 0 of −2; the 7 and the 5 stand in the padding."
    )
    expected = np.array([[3.5, 1.0], [2.0, 0.0]]), np.array([[3.5, 2.5, -1.5], [2.0, 0.5, -1.0]])
    checks.close(got, expected, names=("h", "s"), call=call, given=given, hint=hint)
    hint = "np.arange(T) < lengths[:, None] says for all texts and places at once whether they are inside."
    many = np.tile(c, (99, 1, 1)), np.tile(lengths, 99)
    call = "text_scores for 198 texts"
    checks.vectorised(text_scores, (c, lengths, weight, bias), (*many, weight, bias), call=call, hint=hint)
### BEGIN HIDDEN TESTS
with checks.part("7b", see="Lecture 5 (05_text_classification.ipynb): The text CNN", hidden=True):
    rng = checks.generator(702)
    for n, k, length, m in [(5, 3, 6, 4), (1, 2, 1, 2), (4, 4, 4, 4), (6, 1, 9, 3)]:
        c, lengths = 9 * rng.normal(size=(n, k, length)), rng.permutation(np.arange(n) % length + 1)
        c[np.broadcast_to(np.arange(length) >= lengths[:, None, None], c.shape)] = 99  # the padding
        c[np.arange(n), 0, lengths - 1] = 50
        weight, bias = rng.normal(size=(m, k)), rng.normal(size=m)
        h = np.array([[max(0.0, *row[:end]) for row in text] for text, end in zip(c, lengths, strict=True)])
        given = {"c": c, "lengths": lengths, "weight": weight, "bias": bias}
        with checks.unchanged(given, call="text_scores"):
            got = text_scores(*given.values())
        hint = (
            "Which windows belong to a text, and over which axis goes the maximum? Try N, K, T and M all different and all "
            "equal, lengths from 1 to T, and a kernel whose values are all negative."
        )
        checks.close(
            got, (h, np.einsum("mk,nk->nm", weight, h) + bias), names=("h", "s"), call="text_scores", hint=hint
        )
    checks.by_hand(text_scores, *given.values(), call="text_scores")
### END HIDDEN TESTS

# %% [markdown] nbgrader={"schema_version": 3, "grade_id": "rubric-8", "grade": false, "solution": false, "locked": true}
# ## Task 8: in your own words (6 points)
#
# *Read before:* "What vectors get wrong" and "A score instead of an anecdote" in
# [lecture 3](../../lectures/session3_applications/03_word_arithmetic.ipynb).
#
# A company trains word vectors on ten years of its own letters about applicants. Three things come out: (a) the word
# nearest to *reliable* is *unreliable*; (b) *manager − he + she* gives *manager* again; (c) with the words of the question
# left out, it gives *secretary*. Somebody wants to sort new applications by their cosine with *good manager*. Write five
# to ten sentences:
#
# 1. Explain (a) by what the vectors are trained to do.
# 2. Is (b) a mistake in the program? Why does it come out, and what does it mean for published analogies?
# 3. Where does (c) come from? What would you measure before such vectors decide about people, and why is it not enough to
#    subtract the direction from *he* to *she*?
#
# **How it is graded** (a person reads it):
#
# | Points | For |
# |---|---|
# | 2 | (a) Vectors are trained to predict neighbours (1 point), and opposites keep the same company (1 point). |
# | 2 | (b) No mistake: *he* and *she* are close together, so the sum hardly leaves *manager* (1 point). Published figures leave the words of the question out, which makes analogies look better than the arithmetic is (1 point). |
# | 2 | (c) The prejudice is in the letters, and the vectors hand it on; one measures how professions lean along he–she, say, before use (1 point). It is in all of a word's company, so much of it stays after the subtraction (1 point). |

# %% [markdown] nbgrader={"schema_version": 3, "grade_id": "task-8", "grade": true, "solution": true, "locked": false, "points": 6}
# ### BEGIN SOLUTION
# (a) Word vectors are trained to predict the words around a word. Whoever can be called reliable can be called unreliable,
# in the same sentences, so the two words keep the same company and get similar vectors. Nothing in the training says that
# they are opposites.
#
# (b) is no mistake. *He* and *she* have similar vectors, so their difference is short, and the sum stays next to *manager*,
# where it began. Published analogies leave the words of the question out of the answers. A part of their success is that
# rule, and one should say so, and count right answers over many questions instead of showing a few.
#
# (c) comes from the letters: if they say *he* of managers and *she* of secretaries, the vectors hand it on, whether it is
# fair or not. Before such vectors decide about people I would measure how far the names of professions lean along the
# direction from *he* to *she*. Subtracting that direction is not enough, because prejudice is in all the company of a
# word: hobbies, first names, part-time work. The professions still cluster as before.
# ### END SOLUTION
