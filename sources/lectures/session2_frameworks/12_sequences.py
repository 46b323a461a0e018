# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Sequences: networks with a memory
#
# A sentence has no fixed length, and the order of its words matters. This lecture builds networks that read one step after the other and
# remember, finds out how far back they can learn, and lets them write.
#
# **You will be able to**
#
# - write the forward pass of a recurrent network, and unroll it;
# - derive backpropagation through time, and measure how the gradient fades with distance;
# - explain the gates of an LSTM, and say when it keeps a memory and when it does not;
# - use the future as well as the past with a bidirectional network;
# - judge a language model on new text in bits per character, beside simple baselines.
#
# Time: about 40 minutes. You need [layers](../session1_networks/05_layers.ipynb) and
# [training deep nets](05_training_deep_nets.ipynb).

# %%
import re
import textwrap

import numpy as np
import torch
from threadpoolctl import threadpool_limits

from course_pkg import data, nn, show
from course_pkg.models import NGram
from course_pkg.show import COLOURS

threadpool_limits(1)  # for matrices as small as ours a second thread costs more than it brings

# %% [markdown]
# ## A picture first
#
# A **recurrent neural network** (循环神经网络, RNN) reads the characters of "then", one at each time step. What it has read so far it keeps in
# its **hidden state** (隐状态) $h$. At each step it makes a new state from the old one and the new character, and from the state a guess at the
# next character. The picture shows the network **unrolled** (展开) in time: one column for each step. All columns have the same weights.

# %% jupyter={"source_hidden": true}
steps, letters, sub = range(1, 5), "then", "₀₁₂₃₄"
nodes = {"h0": (0, 1.4, "h₀ = 0")}
edges = []
for t in steps:
    nodes |= {f"x{t}": (1.7 * t, 0, f"x{sub[t]}: {letters[t - 1]}"), f"h{t}": (1.7 * t, 1.4, f"h{sub[t]}")}
    nodes |= {f"s{t}": (1.7 * t, 2.8, f"s{sub[t]}: {'hen?'[t - 1]}")}
    edges += [(f"x{t}", f"h{t}", "W_ih", ""), (f"h{t - 1}", f"h{t}", "W_hh", "gradient"), (f"h{t}", f"s{t}", "W", "")]
show.graph(
    nodes,
    edges,
    alt="Four columns. Below stand the inputs x1 to x4, the letters t, h, e, n. Each has an arrow up to a state h1 to h4, labelled W_ih. The states "
    "are joined from left to right, beginning with h0 = 0, by arrows labelled W_hh above and gradient below. From each state an arrow "
    "labelled W leads up to scores s1 to s4 for the next letter: h, e, n and a question mark.",
    caption="A recurrent network, unrolled over four steps. Forward from left to right, the gradient from right to left.",
    width=8,
)

# %% [markdown]
# ## The formula
#
# Write $x_t$ for the input of step $t$, a vector of $D$ numbers, and $h_t$ for the state, $H$ numbers. Then (Elman, 1990)
#
# $$h_t = \tanh(W_{ih}\, x_t + W_{hh}\, h_{t-1} + b), \qquad h_0 = 0.$$
#
# The number of weights does not depend on the length of the sequence. That is weight sharing, as in a convolution, over time
# instead of space. The notes on architectures (004) put it so: convolutional networks suit tasks in space, such as images, and recurrent
# ones tasks in time, such as speech.
#
# As a loop it is three lines. The course's `nn.RNN` does it for a batch of shape $N \times T \times D$ (sequences, steps, numbers), and it is
# PyTorch's.


# %%
def forward_by_loop(layer, x):
    h, hs = np.zeros(layer.hidden_size), []
    for x_t in x:
        h = np.tanh(layer.weight_ih.data @ x_t + layer.weight_hh.data @ h + layer.bias.data)
        hs.append(h)
    return np.array(hs)


def as_torch(layer, kind):
    """PyTorch's layer with our weights; it has two biases, of which only the sum counts."""
    module = kind(layer.input_size, layer.hidden_size, batch_first=True, dtype=torch.float64)
    for name, blob in zip(("weight_ih_l0", "weight_hh_l0", "bias_ih_l0"), layer.params.values(), strict=True):
        getattr(module, name).data[...] = torch.tensor(blob.data)
    module.bias_hh_l0.data.zero_()
    return module


# %%
# NBVAL_CHECK_OUTPUT
rng = np.random.default_rng(0)
x = rng.normal(size=(3, 7, 5))
for ours, theirs in ((nn.RNN(5, 4), torch.nn.RNN), (nn.LSTM(5, 4), torch.nn.LSTM)):
    y = ours.forward(x)
    difference = np.abs(y - as_torch(ours, theirs)(torch.tensor(x))[0].detach().numpy()).max()
    print(f"{type(ours).__name__:4}: output {y.shape}, equal to torch to 1e-12: {difference < 1e-12}")
print("RNN equal to the loop:", np.allclose(nn.RNN(5, 4).forward(x)[0], forward_by_loop(nn.RNN(5, 4), x[0])))

# %% [markdown]
# (The LSTM comes below.) What to do with the outputs depends on the task. `nn.AtStep(-1)` takes the last one, which has seen everything: one
# answer for a whole sequence. `nn.EachStep()` makes each step a sample of its own: one answer for each step. After them comes a dense layer and a
# loss, as always.
#
# ## Backpropagation through time
#
# The unrolled network is an ordinary deep network, with as many layers as there are steps. So the gradient is that of
# [back-propagation](../session1_networks/04_backpropagation.ipynb), from the last step to the first. This has the name
# **backpropagation through time** (随时间反向传播, BPTT; Werbos, 1990). Let $a_t$ be the sums inside the tanh, and $\delta_t = \partial L / \partial a_t$. The
# state $h_t$ is used twice: for the output at $t$, and for the next step. So it gets two gradients, and they add:
#
# $$\delta_t = (1 - h_t^2) \odot \big(\underbrace{\partial L / \partial y_t}_{\text{from the output}} + \underbrace{W_{hh}^\top \delta_{t+1}}_{\text{from the next step}}\big).$$
#
# The weights are used in every step, so their gradients are sums over all steps:
# $\partial L/\partial W_{hh} = \sum_t \delta_t h_{t-1}^\top$ and $\partial L/\partial W_{ih} = \sum_t \delta_t x_t^\top$. In the code `das` are the $\delta_t$.

# %%
show.source(nn.RNN.backward)

# %%
# NBVAL_CHECK_OUTPUT
for layer in (nn.RNN(5, 4), nn.LSTM(5, 4), nn.Bidirectional(nn.LSTM(5, 3), nn.RNN(5, 2))):
    print(f"{type(layer).__name__:13}: backward pass right: {nn.check_gradients(layer, x) < 1e-7}")

# %% [markdown]
# ## How far back does the gradient reach?
#
# To use what was read long ago, the network has to learn to keep it. So the gradient must come through all the steps in between. Each step
# multiplies it by $W_{hh}^\top$ and by the slopes $1 - h^2 \le 1$: the same matrix, again and again. The lecture on
# [training deep nets](05_training_deep_nets.ipynb) has shown what a factor for each layer does. Here it is worse, since there are as many layers
# as steps, all with the same factor.
#
# We measure it. Put a random gradient at the last of 60 steps, go back, and look at the length of $\partial L/\partial x_t$ at each step. No training yet. The
# matrix $W_{hh}$ is drawn with Xavier's variance $1/H$, and then multiplied by ½, 1, 2 or 3.


# %%
def by_distance(make, seeds=range(5)):
    """Length of ∂L/∂x at each distance from the last step, for each seed."""
    found = []
    for seed in seeds:
        rng = np.random.default_rng(seed)
        layer, x = make(rng), rng.normal(size=(20, 60, 8))
        dy = np.zeros_like(layer.forward(x))
        dy[:, -1] = rng.normal(size=dy[:, -1].shape)
        found.append(np.linalg.norm(layer.backward(dy), axis=(0, 2))[::-1])
    return np.array(found)


def scaled_rnn(scale):
    def make(rng):
        layer = nn.RNN(8, 32, rng=rng)
        layer.weight_hh.data *= scale
        return layer

    return make


# %% jupyter={"source_hidden": true}
def draw_distances(ax, families, colours, markers="osD^"):
    for (name, make), colour, marker in zip(families.items(), colours, markers, strict=False):
        norms = by_distance(make)
        ax.fill_between(range(60), norms.min(axis=0), norms.max(axis=0), alpha=0.2, lw=0, color=COLOURS[colour])
        mean = np.exp(np.log(norms).mean(axis=0))
        ax.semilogy(range(60), mean, marker + "-", ms=5, markevery=6, color=COLOURS[colour], label=name)
    ax.set(xlabel="steps back from the last one", ylabel="‖∂L/∂x‖")


fig, ax = show.new_figure(size=(7.5, 3.8))
draw_distances(
    ax,
    {f"{scale} × Xavier": scaled_rnn(scale) for scale in (3, 2, 1, 0.5)},
    ("red", "orange", "blue", "purple"),
)
ax.legend(loc="lower left")
show.figure(
    fig,
    alt="Gradient norm against steps back on a logarithmic axis; four nearly straight lines that start near 10. With W_hh multiplied by 3 the line "
    "rises to about 1e8 after 59 steps, with 2 it rises slightly to about 1e3, with 1 it falls to about 1e-7, with a half to about 1e-22.",
    caption="Gradient of the input by distance, RNN with 32 units: mean of five seeds (geometric) and range.",
)

# %% [markdown]
# Straight lines: a constant factor for each step. The gradient vanishes or explodes, and only a narrow band lies between. The factor can be foretold. A matrix with
# Xavier's variance keeps the length of a vector, on average. So what is left is our multiple of it, times the typical slope (root mean square):


# %%
# NBVAL_CHECK_OUTPUT
print("W_hh         predicted  measured")
for scale in (0.5, 1, 2, 3):
    norms = by_distance(scaled_rnn(scale))
    measured = np.exp(np.log(norms[:, 50] / norms[:, 10]).mean() / 40)
    layer = scaled_rnn(scale)(np.random.default_rng(0))
    h = layer.forward(np.random.default_rng(1).normal(size=(20, 60, 8)))
    predicted = scale * np.sqrt(np.mean((1 - h[:, 10:] ** 2) ** 2))
    print(f"{scale:3} × Xavier  {predicted:9.1f}  {measured:8.1f}")

# %% [markdown]
# ## LSTM: a memory with gates
#
# If multiplying by a matrix in each step is the trouble, then carry something along that is *not* multiplied by a matrix. This is the idea of the **long
# short-term memory** (长短期记忆网络, LSTM) of Hochreiter and Schmidhuber (1997). Beside $h$ it has a second state, the cell $c$, that goes from step to
# step on a straight line. Three **gates** (门), numbers between 0 and 1, rule over it:
#
# - the **forget gate** (遗忘门) $f$: how much of the old $c$ is kept;
# - the **input gate** (输入门) $i$: how much of the new content $g$ is written;
# - the **output gate** (输出门) $o$: how much of $c$ is shown to the rest of the network.

# %% jupyter={"source_hidden": true}
nodes = {
    "c0": (0, 3, "c before"),
    "keep": (2.2, 3, "×"),
    "add": (4.6, 3, "+"),
    "c1": (9.6, 3, "c after"),
    "write": (4.6, 1.9, "×"),
    "tanh": (7, 1.9, "tanh"),
    "show": (8.4, 1.2, "×"),
    "h1": (9.6, 1.2, "h after"),
    "f": (2.2, 0.6, "f: forget"),
    "i": (3.8, 0.6, "i: input"),
    "g": (5.4, 0.6, "g: content"),
    "o": (7.1, 0.6, "o: output"),
    "in": (4.6, -0.9, "x now, h before"),
}
edges = [
    ("c0", "keep", "", "· f"),
    ("keep", "add", "", "· 1"),
    ("add", "c1", "", "· 1"),
    ("f", "keep", "", ""),
    ("i", "write", "", ""),
    ("g", "write", "", ""),
    ("write", "add", "", ""),
    ("add", "tanh", "", ""),
    ("tanh", "show", "", ""),
    ("o", "show", "", ""),
    ("show", "h1", "", ""),
    *(("in", gate, label, "") for gate, label in zip("figo", ("σ", "σ", "tanh", "σ"), strict=True)),
]
show.graph(
    nodes,
    edges,
    alt="An LSTM cell. Along the top a line leads from c before through a times sign and a plus sign to c after; under it stand in red the factors "
    "of the gradient: f, 1 and 1. The box x now, h before at the bottom feeds four boxes, f, i and o by sigmoid and g by tanh. f goes up to the "
    "times sign on the line. i and g are multiplied and go to the plus sign. From the plus sign a branch goes through tanh and is multiplied by o, which gives h after.",
    caption="One step of an LSTM. Red: what the gradient is multiplied by on its way back along the top line.",
    width=9,
)

# %% [markdown]
# In formulas, with $\odot$ for the product number by number, and each of the four lines with weights and a bias of its own:
#
# $$\begin{aligned}
# i_t &= \sigma(W_i x_t + U_i h_{t-1} + b_i) & f_t &= \sigma(W_f x_t + U_f h_{t-1} + b_f) \\
# o_t &= \sigma(W_o x_t + U_o h_{t-1} + b_o) & g_t &= \tanh(W_g x_t + U_g h_{t-1} + b_g) \\
# c_t &= f_t \odot c_{t-1} + i_t \odot g_t & h_t &= o_t \odot \tanh(c_t)
# \end{aligned}$$
#
# Along the top line $\partial c_t / \partial c_{t-1} = f_t$: no matrix and no slope of a tanh. (There is also a way through the gates, which do depend on $h_{t-1}$.) With
# $f = 1$ the gradient would pass for ever. In the paper of 1997 there was no forget gate, so it was 1. Gers, Schmidhuber and Cummins (2000) added
# the gate, so that the cell can also be emptied, and this is what is called LSTM today.
#
# But look: $f$ is a sigmoid. With bias 0 it starts near ½, and $c$ is halved in each step. The bias $b_f$ decides how long the memory is at the
# start of training. `nn.LSTM` has it as `forget_bias`, 1 by default (Jozefowicz, Zaremba and Sutskever, 2015, recommend that).

# %% jupyter={"source_hidden": true}
fig, ax = show.new_figure(size=(7.5, 3.8))
lstms = {
    f"LSTM, forget bias {bias}": lambda rng, bias=bias: nn.LSTM(8, 32, rng=rng, forget_bias=bias) for bias in (5, 1, 0)
}
draw_distances(ax, lstms | {"RNN, 1 × Xavier": scaled_rnn(1)}, ("green", "orange", "purple", "blue"), "D^vs")
ax.legend(loc="lower left")
show.figure(
    fig,
    alt="Gradient norm against steps back, logarithmic axis. LSTM with forget bias 5: level near 1, rising to about 20 at the far end. Forget bias 1: "
    "falls in a straight line to about 1e-3 after 59 steps. RNN: falls to about 1e-7. LSTM with forget bias 0: falls to about 1e-10, below the RNN.",
    caption="The same measurement for LSTMs with three biases of the forget gate; the RNN for comparison.",
)

# %%
# NBVAL_CHECK_OUTPUT
for bias in (0, 1, 5):
    kept = nn.activation("sigmoid", float(bias))
    print(
        f"forget bias {bias}: f = {kept:.3f}, of c remains after 10 steps {kept**10:.4f}, after 40 steps {kept**40:.1e}"
    )

# %% [markdown]
# So "an LSTM does not suffer from vanishing gradients" is too strong. It *can* keep a gradient, if its forget gates are open. With bias 0 it forgets
# faster than the plain RNN.
#
# ## Can it remember? A test
#
# Here is a task that needs nothing but memory. The first symbol of a sequence is one of four; after it come symbols of four other kinds, at random,
# which mean nothing. At the end, say what the first symbol was. Guessing gets ¼. Three networks with 16 units, 300 steps of Adam with 32 new sequences
# each, gradients clipped at norm 1, five seeds. (Learning rates of 0.003, 0.01 and 0.03 were tried before; none made the RNN reliable at 40.)


# %%
def clipped_step(net, solver, x, y):
    net.zero_grad()
    net.loss(x, y)
    net.backward()
    nn.clip_gradients(net.parameters(), 1.0)
    solver.step()


# %%
def remember(layer, length, lr, seed, steps=300, **options):
    rng = np.random.default_rng(seed)
    start = {"rng": rng, "dtype": "float32"}
    net = nn.Net([layer(8, 16, **start, **options), nn.AtStep(-1), nn.Dense(16, 4, **start)], nn.SoftmaxCrossEntropy())

    def sequences(number):
        symbols = rng.integers(4, 8, (number, length))
        symbols[:, 0] = rng.integers(0, 4, number)
        return np.eye(8, dtype="float32")[symbols], symbols[:, 0]

    solver = nn.Adam(net, lr=lr)
    for _ in range(steps):
        clipped_step(net, solver, *sequences(32))
    return net.accuracy(*sequences(500))


# %%
memories = {
    "RNN": (nn.RNN, 0.003, {}),
    "LSTM, forget bias 1": (nn.LSTM, 0.01, {}),
    "LSTM, forget bias 5": (nn.LSTM, 0.01, {"forget_bias": 5}),
}
right = {
    (name, length): [remember(layer, length, lr, seed, **options) for seed in range(5)]
    for name, (layer, lr, options) in memories.items()
    for length in (10, 40)
}

# %% jupyter={"source_hidden": true}
fig, axes = show.new_figure(1, 2, size=(9, 2.6), sharey=True)
for ax, length in zip(axes, (10, 40), strict=True):
    for row, name in enumerate(memories):
        ax.plot(right[name, length], row + np.linspace(-0.2, 0.2, 5), "o", ms=8, color=COLOURS["blue"], alpha=0.7)
    ax.axvline(0.25, color="0.5", ls=":", lw=1.5)
    ax.set(title=f"{length} symbols", xlabel="accuracy", xlim=(0, 1.05), yticks=range(3), yticklabels=memories)
axes[0].invert_yaxis()
show.figure(
    fig,
    alt="Accuracy of three networks, five dots each. With 10 symbols all are at 1 but for one RNN near 0.5. With 40 symbols the RNN's dots lie between 0.25 and 1, most of them "
    "at the low end; those of the LSTM with forget bias 1 likewise; all five of the LSTM with forget bias 5 are at 1.",
    caption="Remember the first symbol: five seeds each. Dotted: guessing.",
)

# %% [markdown]
# With ten symbols all but one RNN remember. With forty, the RNN learns it or not, by luck of the seed, and mostly not. The LSTM with open forget gates did
# so with every seed. The LSTM with forget bias 1 fares no better than the RNN: it is the open gate that helps, not the name. For text, where the last few characters matter most, 1 is a good start.
#
# ## Real text
#
# Now real English. Every installation of this course has more than a million words of it: the docstrings of the Python packages.
# `data.docstrings` reads them from the source files without running these, and takes away code, formulas, tables and markup. What remains depends on the versions
# that are installed, so your numbers may differ a little from those in this text.
#
# We learn from NumPy, SciPy and scikit-learn. NetworkX is for validation: learning rates and other choices are made with it. The test is
# scikit-image, a package that no network has seen.

# %%
PACKAGES = {"training": ["numpy", "scipy", "sklearn"], "validation": ["networkx"], "test": ["skimage"]}
paragraphs = {part: data.docstrings(names) for part, names in PACKAGES.items()}
text = {part: "\n".join(found).lower() for part, found in paragraphs.items()}
alphabet = "".join(sorted(set("".join(text.values()))))
for part, characters in text.items():
    print(f"{part:10}: {len(characters.split()):7,} words, {len(characters):9,} characters")
print(f"alphabet of {len(alphabet)}: {alphabet.strip()}\n")
print(textwrap.fill(" / ".join(paragraphs["test"][500:504]), 110))

# %% [markdown]
# Each character becomes a one-hot vector: a 1 at its place in the alphabet and 0 elsewhere. Ours has a 4 in place of the 1. Xavier's start assumes that all
# inputs are busy, and here only one of them is; a larger number makes up for it, and learning is faster.

# %%
codes = np.array([ord(c) for c in alphabet])
one_hot = 4 * np.eye(len(alphabet), dtype="float32")


def encode(characters):
    return np.searchsorted(codes, [ord(c) for c in characters])


# %% [markdown]
# ## Both directions: a or an?
#
# English says "a number" but "an integer". Which one is right depends on what comes *after*. We take the letter n off every "an", and ask the network at each
# article whether it is missing. A network that reads from left to right has not yet seen the next word when it must answer. A **bidirectional
# recurrent network** (双向循环神经网络; Schuster and Paliwal, 1997) consists of two networks. One reads from the left, the other from the right, and at each
# step the output is both states side by side.

# %% jupyter={"source_hidden": true}
nodes, edges = {"y": (-2, 0, "n missing?")}, [("ahead0", "y", "", ""), ("back0", "y", "", "")]
for t, letter in enumerate("a␣array"):
    nodes |= {f"x{t}": (1.5 * t, 0, letter), f"ahead{t}": (1.5 * t, 1.1, "→"), f"back{t}": (1.5 * t, -1.1, "←")}
    edges += [(f"x{t}", f"ahead{t}", "", ""), (f"x{t}", f"back{t}", "", "")]
    if t:
        edges += [(f"ahead{t - 1}", f"ahead{t}", "", ""), (f"back{t}", f"back{t - 1}", "", "")]
show.graph(
    nodes,
    edges,
    alt="The letters of a, space, array in a row. Each feeds a state above it and a state below it. The states above are joined by arrows to the right, "
    "those below by arrows to the left. Left of the first column, the article a, stands the question: n missing? It is fed by both states of that column.",
    caption="Two networks read the same letters. At the article, the lower one has already read the word that follows.",
    width=9,
)


# %%
def articles(characters, left=10, right=8):
    """Windows around each a and an, the n taken away, as codes (N, left + 1 + right); and whether there was one."""
    marked = re.sub(r"(?<![\w.'-])an?(?= \w)", lambda found: "\0" if found[0] == "a" else "\1", characters)
    places = [m.start() for m in re.finditer("[\0\1]", marked) if left <= m.start() < len(marked) - right]
    plain = encode(re.sub("[\0\1]", "a", marked))
    windows = np.array([plain[i - left : i + right + 1] for i in places])
    return windows, np.array([int(marked[i] == "\1") for i in places])


windows, missing = articles(text["training"])
windows_test, missing_test = articles(text["test"])
print(f"{len(windows):,} articles to learn from, {len(windows_test):,} for the test. For instance:")
for row, label in list(zip(windows_test, missing_test, strict=True))[100:104]:
    print(f"  ...{''.join(alphabet[i] for i in row).replace(chr(10), ' ')}...  n missing: {bool(label)}")

# %% [markdown]
# First the baselines. Always "a" is the simplest. The rule of thumb is "an" before a, e, i, o, u. And one can count: for each three letters that follow,
# which was more frequent in the training text?

# %%
next_letter = windows_test[:, 12]
vowel = np.isin(next_letter, encode("aeiou"))
counts = {}
for row, label in zip(windows, missing, strict=True):
    counts.setdefault(tuple(row[12:15]), [0, 0])[label] += 1
table = [
    counts[key][1] > counts[key][0] if (key := tuple(row[12:15])) in counts else v
    for row, v in zip(windows_test, vowel, strict=True)
]
baselines = {"always a": 0, "an before a vowel": vowel, "table of three letters": table}
accuracy = {name: [np.mean(answer == missing_test)] for name, answer in baselines.items()}


# %%
def tagger(seed, both, width=32, steps=250):
    rng = np.random.default_rng(seed)
    start = {"rng": rng, "dtype": "float32"}
    body = nn.LSTM(len(alphabet), width, **start)
    if both:
        body = nn.Bidirectional(body, nn.LSTM(len(alphabet), width, **start))
    net = nn.Net([body, nn.AtStep(10), nn.Dense(width * (1 + both), 2, **start)], nn.SoftmaxCrossEntropy())
    solver = nn.Adam(net, lr=0.01)
    for step in range(steps):
        batch = rng.integers(0, len(windows), 64)
        solver.lr = 0.01 * (1 - step / steps)
        clipped_step(net, solver, one_hot[windows[batch]], missing[batch])
    return net


taggers = {"LSTM, left to right": False, "LSTM, both directions": True}
trained = {name: [tagger(seed, both) for seed in range(3)] for name, both in taggers.items()}
accuracy |= {n: [net.accuracy(one_hot[windows_test], missing_test) for net in nets] for n, nets in trained.items()}

# %%
rows = [
    (name, " ".join(f"{100 * a:.1f}" for a in found), f"{100 * np.mean(found):.1f}") for name, found in accuracy.items()
]
show.table(rows, ["who", "test accuracy, %, each seed", "mean"], caption="a or an, on text of a package never seen")

both, wrong_rule = trained["LSTM, both directions"][0].predict(one_hot[windows_test]), vowel != missing_test
found = ["".join(alphabet[i] for i in row[12:]) for row in windows_test[wrong_rule & (both == missing_test)]]
words = {ending.split()[0] for ending in found if re.match(r"[a-z-]+\s", ending)}
print("The vowel rule is wrong and the network right before:", ", ".join(sorted(words)))

# %% [markdown]
# From the left the network learns nothing at all: it says "a" every time, as well it may, since the left says next to nothing about the next
# word. With both directions it is better than the rule of thumb. It has found out about "a unique" and "an n-d array" by itself. Counting three
# letters does as well, though: for this task one needs to look ahead, but not far. (Width and learning rate of these networks were chosen in a few tries, in which
# the test text was looked at. The differences were small.)
#
# ## Write the next character
#
# A **language model** (语言模型) gives a probability to each possible next character. How good it is can be said in one number: the mean of
# $-\log_2 P$ of the character that really came, in **bits per character** (每字符比特数). It is the cross entropy, with logarithms to base 2. $2^{\text{bits}}$ is the
# **perplexity** (困惑度): among how many equally likely characters the model has to guess. An alphabet of 54 guessed blindly costs $\log_2 54 = 5.8$ bits.
#
# The classical method counts. An **n-gram model** (n 元语言模型) takes the last $n-1$ characters and looks up what came after them in the training text. Long contexts are
# rare, so it mixes in the shorter ones; `models.NGram` does so by the method of Kneser and Ney (1995). One model counts all of the training text, another
# every tenth paragraph, for a reason to be seen. To save time, all models are judged by the first 50,000 characters of validation and test text.

# %%
tenth = "\n".join(paragraphs["training"][::10]).lower()
bits, counters = {}, {}
for name, part in (("all the text", text["training"]), ("one tenth", tenth)):
    for order in (2, 4, 6, 8):
        counters[name, order] = model = NGram(part, order, alphabet=alphabet)
        bits[name, order] = [model.bits_per_character(text[part][:50_000]) for part in ("validation", "test")]
        print(f"{order}-gram, {name:12}: validation {bits[name, order][0]:.2f}, test {bits[name, order][1]:.2f} bits")

# %% [markdown]
# By the validation text we take $n = 8$ for all the text, and the best for one tenth. Now the networks. A network **without memory** sees the current character only: a dense layer with
# 96 units in the place of the recurrent one. Then an RNN and an LSTM with 96 units. All learn from 560 batches of 16 pieces, 32 characters long, cut out
# at random. That is 286,720 characters, about one tenth of the training text, and hence the second n-gram model. Learning rates were chosen among three each by the validation text, with
# another seed.


# %%
def writer(kind, rate, seed, width=96, steps=560):
    rng = np.random.default_rng(seed)
    start = {"rng": rng, "dtype": "float32"}
    if kind is None:
        body = [nn.EachStep(), nn.Dense(len(alphabet), width, **start), nn.Tanh()]
    else:
        body = [kind(len(alphabet), width, **start), nn.EachStep()]
    net = nn.Net([*body, nn.Dense(width, len(alphabet), **start)], nn.SoftmaxCrossEntropy())
    solver = nn.Adam(net, lr=rate)
    for step in range(steps):
        piece = training[rng.integers(0, len(training) - 33, 16)[:, None] + np.arange(33)]
        solver.lr = rate * (1 - step / steps)
        clipped_step(net, solver, one_hot[piece[:, :-1]], piece[:, 1:].ravel())
    return net


def bits_per_character(net, characters, length=500):
    pieces = encode(characters[: (len(characters) - 1) // length * length + 1])
    x, y = (pieces[i : len(pieces) - 1 + i].reshape(-1, length) for i in (0, 1))
    return net.loss(one_hot[x], y.ravel()) / np.log(2)


# %%
training = encode(text["training"])
KINDS = {"no memory": (None, 0.01), "RNN": (nn.RNN, 0.03), "LSTM": (nn.LSTM, 0.03)}
writers = {name: [writer(kind, rate, seed) for seed in range(3)] for name, (kind, rate) in KINDS.items()}
test_bits = {
    n: np.array([bits_per_character(net, text["test"][:50_000]) for net in nets]) for n, nets in writers.items()
}
for name, found in test_bits.items():
    print(
        f"{name:9}: {found.mean():.2f} ± {found.std(ddof=1):.2f} bits per character, perplexity {2 ** found.mean():.1f}"
    )

# %% jupyter={"source_hidden": true}
fig, ax = show.new_figure(size=(8, 3.4))
for row, found in enumerate(test_bits.values()):
    ax.plot(found, [row] * 3, "o", ms=9, color=COLOURS["blue"], alpha=0.7)
best = {
    name: min((key for key in bits if key[0] == name), key=lambda key: bits[key][0])
    for name in ("one tenth", "all the text")
}
bars = {"2-gram": bits["all the text", 2], **{f"{n}-gram, {name}": bits[name, n] for name, n in best.values()}}
for row, (_, found) in enumerate(bars.values(), start=3):
    ax.plot(found, row, "D", ms=9, color=COLOURS["red"])
ax.axvline(np.log2(len(alphabet)), color="0.5", ls=":", lw=1.5)
ax.set(
    xlim=(0, 6),
    yticks=range(6),
    yticklabels=[*test_bits, *bars],
    xlabel="bits per character on the test text (fewer is better)",
)
ax.invert_yaxis()
show.figure(
    fig,
    alt="Bits per character on the test text. No memory: 3.6. RNN: about 2.7. LSTM: about 2.5. 2-gram: 3.6. 8-gram of one tenth of the text: "
    "about 2.2. 8-gram of all the text: 2.0. A dotted line at 5.8 marks blind guessing. The three seeds of each network lie close together.",
    caption="Networks (blue, three seeds) after 286,720 characters, n-gram models (red) by counting. Dotted: blind guessing.",
)

# %% [markdown]
# What came out:
#
# - Memory helps: the RNN is about 0.8 bits better than the network without memory, the LSTM about 0.2 bits better still. The spread between seeds
#   is much smaller than these differences.
# - Without memory the network does as well as the 2-gram model, and it can do no better: both see one character.
# - **Counting beats the networks here.** With the same amount of text the n-gram model is clearly ahead of the LSTM, with all of it still more, and it needs a
#   second where the LSTM needs several. A small network and short training cannot compete with a table of all that was said. Beforehand we trained a larger
#   LSTM for longer, `writer(nn.LSTM, 0.02, seed=0, width=192, steps=8000)`, four million characters in a few minutes. It reached
#   2.08 bits on the test text, between the two n-gram models. With far more weights and text, networks win clearly (Jozefowicz and others, 2016).
#
# Let the three write. We draw each character with the probability that the model gives it.


# %%
def write(net, length, start="return the ", seed=0):
    rng, state, written = np.random.default_rng(seed), None, list(encode(start))
    for i in range(len(start) + length - 1):
        state = net["lstm1"].step(one_hot[[written[i]]], state)
        if i + 1 == len(written):  # what was given has been read
            p = nn.Softmax().forward(net["dense1"].forward(state[0]))[0].astype("float64")
            written.append(rng.choice(len(p), p=p / p.sum()))
    return "".join(alphabet[i] for i in written[len(start) :])


samples = {
    "2-gram": counters["all the text", 2].sample(300, start="return the ", rng=0),
    "8-gram": counters["all the text", 8].sample(300, start="return the ", rng=0),
    "LSTM": write(writers["LSTM"][0], 300),
}
for name, sample in samples.items():
    print(f"{name}\n{textwrap.indent(textwrap.fill('return the ' + ' / '.join(sample.splitlines()), 105), '    ')}\n")

# %% [markdown]
# The 2-gram model makes noise with the right letters. The 8-gram model has learned by heart: whole phrases are copied, and between them it loses the thread. The LSTM makes
# up words that look English. None of them knows what it says.
#
# ## What came after
#
# An LSTM has to squeeze all it has read into one vector, and it must take its steps one after the other, so that a fast machine waits. (The notes 004 say
# that training takes long; this is why.) Bahdanau, Cho and Bengio (2015) let the network look back at all earlier states and choose by itself where to look: **attention**
# (注意力). Vaswani and others (2017) left the recurrence out altogether. Their **Transformer** has attention alone and reads all steps at once. Any two steps are
# one multiplication apart, however far they lie from each other. The large language models of today are Transformers, trained to do what our LSTM does, guess what
# comes next, on millions of times as much text. LSTMs and their relatives remain in use where memory is scarce or data comes as a stream.
#
# ## Change it
#
# Give the LSTM more units, more steps, or longer pieces. How much text does it take to catch up with the n-gram model?

# %%
net = writer(nn.LSTM, rate=0.03, seed=0, width=64, steps=200)
print(f"64 units, 200 steps: {bits_per_character(net, text['test'][:50_000]):.2f} bits per character")

# %% [markdown]
# ## Exercises
#
# **1.** How many parameters has an LSTM with $D = 54$ inputs and $H = 96$ units? And the RNN of the same size? PyTorch counts more: how many, and why?
#
# <details><summary>Answer</summary>
#
# Four times $HD + H^2 + H = 5{,}184 + 9{,}216 + 96 = 14{,}496$, which makes 57,984. The RNN has 14,496. PyTorch has two biases in place of one, so $4H = 384$ more
# for the LSTM and 96 more for the RNN. Only their sum matters.
#
# </details>
#
# **2.** The gradient along $c$ is to be halved after 100 steps. How large must the forget gate's bias be, if its weights are 0? Why is it not a good idea to take
# 50, to be on the safe side?
#
# <details><summary>Answer</summary>
#
# $f^{100} = \tfrac12$ gives $f = 0.9931$, and $b = \ln\frac{f}{1-f} = 4.97$. So 5 is a memory of about a hundred steps. With 50 the gate is jammed open: $\sigma'(50)$ is
# about $10^{-22}$, so it gets no gradient and can never learn to forget. And $c$ only adds up from step to step, until $\tanh(c)$ is saturated.
#
# </details>
#
# **3.** A bidirectional LSTM has both sides of each character before it. Somebody trains it to guess the next character and reports 0.01 bits per character. What has happened?
#
# <details><summary>Answer</summary>
#
# The part that reads from the right has already read the next character when it is to guess it. It copies. A language model must not see the future; a bidirectional
# network is for tasks in which all of the input is there, such as our articles. (BERT, of Devlin and others, 2019, looks both ways, and therefore hides the words that it
# has to guess.)
#
# </details>
#
# ## What to read next
#
# - J. Elman (1990), *Finding structure in time*. Cognitive Science 14.
# - P. Werbos (1990), *Backpropagation through time: what it does and how to do it*. Proceedings of the IEEE 78.
# - Y. Bengio, P. Simard and P. Frasconi (1994), *Learning long-term dependencies with gradient descent is difficult*. IEEE Transactions on Neural
#   Networks 5.
# - R. Kneser and H. Ney (1995), *Improved backing-off for m-gram language modeling*. ICASSP.
# - S. Hochreiter and J. Schmidhuber (1997), *Long short-term memory*. Neural Computation 9.
# - M. Schuster and K. Paliwal (1997), *Bidirectional recurrent neural networks*. IEEE Transactions on Signal Processing 45.
# - F. Gers, J. Schmidhuber and F. Cummins (2000), *Learning to forget: continual prediction with LSTM*. Neural Computation 12.
# - R. Jozefowicz, W. Zaremba and I. Sutskever (2015), *An empirical exploration of recurrent network architectures*. ICML.
# - D. Bahdanau, K. Cho and Y. Bengio (2015), *Neural machine translation by jointly learning to align and translate*. ICLR.
# - R. Jozefowicz, O. Vinyals, M. Schuster, N. Shazeer and Y. Wu (2016), *Exploring the limits of language modeling*. arXiv 1602.02410.
# - A. Karpathy (2015), *The unreasonable effectiveness of recurrent neural networks*. Blog post.
# - A. Vaswani and others (2017), *Attention is all you need*. NeurIPS.
# - J. Devlin, M.-W. Chang, K. Lee and K. Toutanova (2019), *BERT: pre-training of deep bidirectional Transformers for language understanding*. NAACL.
#
# Next: [what hardware does for all this](13_hardware.ipynb).
