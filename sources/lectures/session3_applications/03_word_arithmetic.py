# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Word arithmetic on real text
#
# The last two lectures used sentences of a little grammar. Now the text is real: a million words that lie on every
# computer with Python. And where you have them, the vectors that Google published in 2013.
#
# **You will be able to**
#
# - train word vectors on a corpus (语料库) of your own, in seconds;
# - ask them for neighbours, analogies (类比) and the odd one out, and judge the answers by a score instead of an anecdote;
# - read and write the file formats of word2vec, also for files larger than memory;
# - measure what vectors get wrong: opposites, and the prejudices (偏见) of the text.
#
# Time: about 40 minutes. You need [words as vectors](01_word_vectors.ipynb) and [the two
# cures](02_huge_softmax.ipynb).

# %%
import os
from pathlib import Path

import numpy as np

from course_pkg import data, show, words
from course_pkg.show import COLOURS

# %% [markdown]
# ## Look first: what three million words know
#
# Google trained word2vec on about 100 billion words of news and published the result: three million words and phrases
# with 300 numbers each. Deck 000 asked these vectors for the neighbours of some words and prints the answers. Here
# are the first rows of six of its tables.

# %%
printed = words.printed_tables()
shown = ["Einstein", "Chinese wasabi", "Gundam", "king - man + woman", "Shanghai - China + Japan", "man - girl + love"]
show.table(
    [
        [f"{n.word} {n.cosine:.2f}" for n in row]
        for row in zip(*(printed[question][:6] for question in shown), strict=True)
    ],
    shown,
    caption="Nearest words with their cosines, as printed in deck 000. Underscores join phrases.",
)

# %% [markdown]
# Einstein's neighbours are physicists. *Chinese wasabi* is the sum of two vectors, and the answers are Chinese and
# Japanese food. King − man + woman gives queen. Man − girl + love gives passion, and one may think about that what
# one likes: the question has no right answer, so nothing can be learnt from it. It is an anecdote. We shall want
# questions with answers.
#
# ## A million words that you have
#
# Every function of a Python package is described in English by its authors, in its docstring. `data.docstrings`
# collects this prose from installed packages and leaves out code, formulas and tables.

# %%
packages = ("numpy", "scipy", "sklearn", "skimage", "networkx", "matplotlib", "sympy")
text = data.docstrings(packages)
corpus = [sentence for paragraph in text for sentence in words.sentences(paragraph)]
model = words.FastWord2Vec(corpus, 100, min_count=10, threshold=1e-3, rng=0)
model.fit(corpus, epochs=5, threads=1)
vectors = model.vectors()
show.table(
    [[f"{len(corpus):,}", f"{sum(map(len, corpus)):,}", f"{len(vectors):,}", vectors.array.shape[1]]],
    ["sentences", "words", "different words, ten times or more", "numbers in a vector"],
    caption="The corpus. The figures depend on the versions of the packages that are installed.",
)

# %% [markdown]
# The settings are skip-gram with negative sampling, window 5, five negatives, and frequent words thinned out. We took
# the defaults of the original program but for the size of the text. One thread makes the result repeatable; several
# are faster (`threads=None`).
#
# **Change it.** Take a text of your own: `text = data.own_text("my_book.txt")`, or a folder of such files, as long as
# possible. Chinese is written without spaces, so its words must be found first. This is segmentation (分词), and
# `own_text` leaves it to the library jieba, which searches the most probable path through a dictionary.

# %%
asked = ["image", "graph", "row", "sine", "two", "positive"]
columns = [[f"{n.word} {n.cosine:.2f}" for n in vectors.nearest(word, 6)] for word in asked]
show.table(
    list(zip(*columns, strict=True)), asked, caption="Nearest words in the vectors of docstrings, with their cosines."
)

# %% [markdown]
# The vectors have never seen a definition. All they know is company, and it is a programmer's company: an *image* is
# near *grayscale*, not near *mirror*.
#
# ## A score instead of an anecdote
#
# Docstrings know no kings. But they know singular and plural: rows − row + column should be *columns*. From 16 such
# pairs one can make 240 questions. We answer each among all words of the vocabulary. By guessing one would get one in
# five thousand.

# %%
pairs = {w: w + "s" for w in ("row", "column", "array", "image", "graph", "node", "edge", "function", "method")}
pairs |= {w: w + "s" for w in ("parameter", "value", "point", "element", "class", "matrix", "vertex")}
pairs |= {"class": "classes", "matrix": "matrices", "vertex": "vertices"}
questions = [(pairs[b], b, c, pairs[c]) for b in pairs for c in pairs if b != c]


def rank(a, b, c, d, leave_out=True):
    """The place of d among the answers to a − b + c, 1 being the first; 99 if it is not among the first ten."""
    answers = (
        vectors.analogy(a, b, c) if leave_out else vectors.nearest(vectors.unit(a) - vectors.unit(b) + vectors.unit(c))
    )
    found = [n.word for n in answers]
    return found.index(d) + 1 if d in found else 99


# %%
ranks = {leave_out: np.array([rank(*question, leave_out) for question in questions]) for leave_out in (True, False)}
show.table(
    [
        [
            "without the words of the question",
            len(questions),
            f"{(ranks[True] == 1).mean():.0%}",
            f"{(ranks[True] <= 10).mean():.0%}",
        ],
        [
            "all words may be answers",
            len(questions),
            f"{(ranks[False] == 1).mean():.0%}",
            f"{(ranks[False] <= 10).mean():.0%}",
        ],
    ],
    ["answers", "questions", "right at first place", "right among the first ten"],
    caption="Plurals by arithmetic, such as rows − row + column = columns.",
)

# %% jupyter={"source_hidden": true}
fig, ax = show.new_figure(size=(7.6, 5.2))
names = list(pairs) + list(pairs.values())
units = np.array([vectors.unit(name) for name in names])
step = (units[len(pairs) :] - units[: len(pairs)]).mean(axis=0)
step /= np.linalg.norm(step)
across = units - np.outer(units @ step, step)
across = across @ np.linalg.svd(across - across.mean(axis=0), full_matrices=False)[2][0]
for k, (one, many) in enumerate(pairs.items()):
    ends = [((units @ step)[i], across[i]) for i in (k, k + len(pairs))]
    ax.annotate("", ends[1], ends[0], arrowprops={"arrowstyle": "-|>", "color": "0.75", "shrinkA": 3, "shrinkB": 3})
    for spot, name, side, colour in ((ends[0], one, "right", "blue"), (ends[1], many, "left", "red")):
        ax.plot(*spot, "o", color=COLOURS[colour], ms=4)
        ax.annotate(
            name,
            spot,
            xytext=(-5 if side == "right" else 5, 0),
            textcoords="offset points",
            ha=side,
            va="center",
            fontsize=8,
        )
ax.set(xlabel="along the mean step from singular to plural", ylabel="across it")
ax.margins(0.15)
show.figure(
    fig,
    alt="Sixteen pairs of words on a map, each joined by an arrow from the singular, on the left, to the plural, on the right. "
    "The arrows all point to the right and are nearly parallel.",
    caption="The plural as a direction: horizontal is the mean step from singular to plural, vertical the direction across it in which the words differ most.",
)

# %% [markdown]
# The picture is drawn along the mean step, so arrows to the right are partly its own doing. That *all* of them go
# there is not.
#
# In the table compare the two rows. If the words of the question may be answers, the first place mostly goes to one
# of them: the difference between *rows* and *row* is short, and *column* plus something short is nearest to *column*.
# The famous results of 2013 all leave them out.
#
# **Change it.** Add pairs of your own. What about *small* → *larger*, *compute* → *computed*, *true* → *false*?
#
# ## Files of vectors
#
# The word2vec program writes a binary and a text format, and everybody reads them. `save_vectors` and `load_vectors`
# do, too. Broken files are refused with the place where they break.

# %%
# NBVAL_CHECK_OUTPUT
folder = Path("scratch_vectors")
folder.mkdir(exist_ok=True)
for name in ("docstrings.bin.gz", "docstrings.txt"):
    words.save_vectors(vectors, folder / name)
    back = words.load_vectors(folder / name)
    print(
        name, "reads back as it was written:", back.words == vectors.words and np.array_equal(back.array, vectors.array)
    )
cut = folder / "cut.txt"
cut.write_bytes((folder / "docstrings.txt").read_bytes()[:5000])
try:
    words.load_vectors(cut)
except ValueError as error:
    print("a file that is broken off:", "broken off" in str(error) or "fields" in str(error))
for path in folder.iterdir():
    path.unlink()
folder.rmdir()

# %% [markdown]
# ## The real ones
#
# If you have `GoogleNews-vectors-negative300.bin.gz` (1.6 GB), put its path into the environment variable
# `GOOGLE_NEWS` before you start JupyterLab. The next cell then unpacks it once into a file in half precision (1.8
# GB), which is opened without reading it into memory, and computes the deck's tables anew, row by row. Without the
# file it says so.


# %%
def compare(google):
    rows = []
    for question, table in printed.items():
        got = dict(words.answer(google, question, len(table)))
        same = sum(n.word in got for n in table)
        off = max((abs(got[n.word] - n.cosine) for n in table if n.word in got), default=float("nan"))
        rows.append([question, len(table), same, f"{off:.4f}"])
    show.table(rows, ["question", "rows printed", "rows found again", "largest difference of a cosine"])


file = Path(os.environ.get("GOOGLE_NEWS", "GoogleNews-vectors-negative300.bin.gz"))
if file.exists():
    half = file.with_name("GoogleNews-half.npy")
    compare(words.load_vectors(half) if half.exists() else words.load_vectors(file, into=half, dtype="float16"))
else:
    print("No file of Google's vectors here: the tables above are the printed ones, nothing was recomputed.")

# %% [markdown]
# ## What vectors get wrong
#
# **Opposites are neighbours.** Whatever can be *positive* can be *negative*. The two keep the same company, so their
# vectors are alike. Compare them with pairs that mean nearly the same:

# %%
opposites = [("positive", "negative"), ("true", "false"), ("minimum", "maximum"), ("upper", "lower"), ("left", "right")]
alike = [("big", "large"), ("small", "tiny"), ("start", "begin"), ("image", "picture"), ("compute", "calculate")]
alike = [pair for pair in alike if all(word in vectors for word in pair)]
rows = [("opposite", *pair, vectors.similarity(*pair)) for pair in opposites]
show.table(rows + [("alike", *pair, vectors.similarity(*pair)) for pair in alike], ["kind", "word", "word", "cosine"])

# %% [markdown]
# A program that answers "find me something similar" with such vectors will offer the opposite with great confidence.
#
# **Prejudice is company, too.** If a text says *he* of engineers and *she* of nurses, the vectors will have it. To
# see how much, we need a text whose prejudice is known. So we write one: eight professions, all with the same company
# at work, and for each a share of sentences with *he* between 10 and 90 percent. The rest have *she*.

# %%
professions = ["nurse", "teacher", "clerk", "writer", "lawyer", "doctor", "pilot", "engineer"]
shares = dict(zip(professions, np.linspace(0.1, 0.9, 8), strict=True))
at_work = ["office", "desk", "letter", "client", "meeting", "report", "phone", "question"]


def biased_text(shares, count=12_000, rng=0):
    rng = np.random.default_rng(rng)
    text = data.grammar(count, rng=rng)
    for _ in range(count):
        name = rng.choice(list(shares))
        he = rng.random() < shares[name]
        person = rng.choice(["he", "his", "him"] if he else ["she", "her", "hers"])
        text.append(["the", name, "and", person, rng.choice(at_work)])
    return text


# %%
def lean(text):
    """Cosine of each profession with the step from female to male words."""
    made = words.FastWord2Vec(text, 20, rng=0).fit(text, epochs=12, lr=0.05, threads=1).vectors()
    step = sum(
        made.unit(m) - made.unit(f) for m, f in (("he", "she"), ("man", "woman"), ("his", "her"), ("king", "queen"))
    )
    return {name: made.unit(name) @ step / np.linalg.norm(step) for name in shares}


measured = lean(biased_text(shares))
fair = lean(biased_text(dict.fromkeys(shares, 0.5)))

# %% jupyter={"source_hidden": true}
fig, ax = show.new_figure(size=(7, 3.8))
percent = [100 * share for share in shares.values()]
ax.axhline(0, color="0.6", lw=1)
ax.plot(percent, list(measured.values()), "o-", color=COLOURS["red"], label="text with that share of he")
ax.plot(percent, list(fair.values()), "s--", color=COLOURS["blue"], label="text with one half for all")
for x, (name, y) in zip(percent, measured.items(), strict=True):
    ax.annotate(name, (x, y), xytext=(0, 9), textcoords="offset points", ha="center", fontsize=8)
ax.set(xlabel="share of sentences with he, %", ylabel="cosine with female → male")
ax.margins(y=0.2)
ax.legend(loc="lower right")
correlation = np.corrcoef(percent, list(measured.values()))[0, 1]
show.figure(
    fig,
    alt=f"The vector of each profession leans to the male direction as much as the text does: from nurse, 10 percent he, at "
    f"{measured['nurse']:.2f}, to engineer, 90 percent, at {measured['engineer']:.2f}; correlation {correlation:.2f}. "
    "With one half for all professions the points stay near one level.",
    caption="How far the vector of a profession leans towards the male words, in a text with a known prejudice and in one without.",
)

# %% [markdown]
# The vectors hand on what the text says, nearly in proportion. Nothing in the training asks whether it is true or
# fair. Bolukbasi and others (2016) found *computer programmer* − man + woman = *homemaker* in vectors of news.
# Caliskan and others (2017) found in such vectors the same associations that psychologists find in people. One can
# subtract the direction; but Gonen and Goldberg (2019) show that the professions still cluster as before, because
# prejudice is in all of a word's company, not along one line.
#
# So: before you let vectors decide about people, measure what they believe.
#
# ## Exercises
#
# **1.** In our biased text, which step of training makes the vector of *nurse* lean to *she*, although no sentence
# says anything about nurses?
#
# <details><summary>Answer</summary>
#
# Skip-gram with the pair nurse → she pulls $v_{nurse}$ towards $v'_{she}$. The words *woman* and *queen* are pulled
# there by their own sentences. So $v_{nurse}$ comes to share a direction with them.
#
# </details>
#
# **2.** The text with one half for all professions does not give exactly 0. Name two reasons.
#
# <details><summary>Answer</summary>
#
# Chance: each profession has some 1,500 sentences, and the drawn share is not exactly one half. And the direction is
# made from words that differ in more than gender, such as their own company in the grammar; all professions share an
# offset along it. What counts is the difference between professions.
#
# </details>
#
# **3.** A file of three million vectors of 300 numbers in float32 has how many bytes? Why can `nearest` still answer
# on a laptop with 4 GB of memory?
#
# <details><summary>Answer</summary>
#
# 3,000,000 · 300 · 4 = 3.6 GB. The file is mapped, not read: the operating system brings in blocks as they are used
# and forgets them when it needs room. Besides a block, only one cosine and one length a word must be kept: 24 MB.
#
# </details>
#
# ## What to read next
#
# - T. Mikolov, W. Yih and G. Zweig (2013), *Linguistic regularities in continuous space word representations*. NAACL.
# - T. Bolukbasi and others (2016), *Man is to computer programmer as woman is to homemaker?* NeurIPS.
# - A. Caliskan, J. Bryson and A. Narayanan (2017), *Semantics derived automatically from language corpora contain human-like biases*. Science 356.
# - H. Gonen and Y. Goldberg (2019), *Lipstick on a pig*. NAACL. Why removing a direction is not enough.
# - N. Garg and others (2018), *Word embeddings quantify 100 years of gender and ethnic stereotypes*. PNAS 115.
#
# Next: [watching word2vec learn](04_visualiser.ipynb).
