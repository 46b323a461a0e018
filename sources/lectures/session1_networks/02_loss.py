# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # How wrong? Scores and losses
#
# To improve a network, one must first say with a single number how bad it is. This lecture makes that number, in two
# ways, and looks at what it does not say.
#
# **You will be able to**
#
# - turn an image into scores, and scores into probabilities, without overflow;
# - compute the softmax loss and the multiclass SVM loss by hand, and say what each of them wants;
# - say what a regulariser adds, and what L2 and L1 prefer;
# - train a linear classifier on real handwritten digits and look at what it has learned;
# - explain why a small training loss promises neither good answers on new images nor robust ones.
#
# Time: about 35 minutes. You need [lecture 1](01_neuron.ipynb).

# %%
import numpy as np
import torch

from course_pkg import data, nn, show
from course_pkg.show import COLOURS

# %% [markdown]
# ## Look first
#
# Below is a digit that somebody wrote, 8×8 pixels. A classifier gives it ten **scores** (得分), one for each class. The
# scores become ten probabilities. From the probability of the right class comes the **loss** (损失): one number, 0 for a
# perfect answer. The upper row is a classifier with random weights. The lower row is the same classifier after training.

# %%
digits = data.digits()


def linear_classifier(loss, seed=0):
    return nn.Net({"flatten": nn.Flatten(), "linear": nn.Dense(64, 10, init=0.1, rng=seed)}, loss=loss)


trained = linear_classifier(nn.SoftmaxCrossEntropy())
nn.fit(trained, digits.x_train, digits.y_train, lr=0.5, epochs=40, batch_size=32, rng=0)
untrained = linear_classifier(nn.SoftmaxCrossEntropy())

# %% jupyter={"source_hidden": true}
sample = 30
x, y = digits.x_test[sample : sample + 1], digits.y_test[sample]
fig, axes = show.new_figure(2, 3, size=(9.6, 4.8), width_ratios=(1, 2.2, 2.2))
for (left, middle, right), net, name in zip(axes, (untrained, trained), ("untrained", "trained"), strict=True):
    s = net.forward(x)[0]
    p = nn.Softmax().forward(s[None])[0]
    colours = [COLOURS["red"] if k == y else COLOURS["sky"] for k in range(10)]
    left.imshow(x[0, 0], cmap="gray_r")
    left.set(title=name, xticks=(), yticks=())
    left.spines[:].set_visible(False)
    for ax, bars, title in (
        (middle, s, "scores s"),
        (right, p, f"probabilities; loss = −log {p[y]:.2f} = {-np.log(p[y]):.2f}"),
    ):
        ax.bar(range(10), bars, color=colours)
        ax.set(title=title, xticks=range(10))
    right.set(ylim=(0, 1))
show.figure(
    fig,
    alt=f"A handwritten {y} with its ten scores and ten probabilities as bars. With random weights the scores have no "
    f"pattern, no probability is far from 0.1 and the loss is above 2. After training the score of class {y} "
    "stands out, its probability is near 1 and the loss is near 0.",
    caption="One digit, its scores, its probabilities and its loss, before and after training. Red: the right class.",
)

# %% [markdown]
# ## From image to scores
#
# The **scoring function** (评分函数) turns an input into one number for each class. The simplest is linear:
#
# $$s = f(x) = W \varphi(x).$$
#
# So the deck (001) writes it. Here $\varphi(x)$ is whatever describes the input. We take the pixels themselves, in one long
# row of 64, and a 1 at the end, so that the last column of $W$ is the bias. In code the bias is kept apart:
# `s = x @ W.T + b`. Each class has one row of $W$; its score is the weighted sum of a neuron without activation.
#
# Why not simply demand that the score of the right class be 1 and the others 0? Because we do not care how large a score
# is, only which one is the largest, and by how clear a margin. Two losses say that in two ways.
#
# ## The softmax loss
#
# **Softmax** makes scores positive, by $e^s$, and divides by their sum. What comes out looks like probabilities: positive,
# and the sum is 1. The loss of sample $i$ with label $y_i$ is minus the logarithm of what the right class got:
#
# $$L_i = -\log\left(\frac{e^{s_{y_i}}}{\sum_j e^{s_j}}\right).$$
#
# The larger the share of the right class, the smaller the loss. Share 1: loss 0. Share 0.1 (pure guessing among ten):
# loss $\log 10 = 2.30$. Share nearly 0: a loss without limit. It is also called **cross-entropy** (交叉熵) loss.
#
# ## The SVM loss
#
# The **multiclass SVM loss** (also hinge loss, 铰链损失) asks that the score of the right class exceed each of the others
# by at least 1. Whatever is missing is the loss:
#
# $$L_i = \sum_{j \neq y_i} \max(0,\; s_j - s_{y_i} + 1).$$
#
# Once the margin is kept, the loss is exactly 0.
#
# ## By hand
#
# Three samples, three classes. Take a pencil and do the first two yourself.

# %%
# NBVAL_CHECK_OUTPUT
S = np.array([[2.0, 1.0, -1.0], [1.0, 2.5, 3.0], [2.2, 0.5, -0.4]])
y = np.array([0, 1, 2])
of_right = S[np.arange(3), y]

softmax_loss = -np.log(np.exp(of_right) / np.exp(S).sum(axis=1))
missing = np.maximum(0, S - of_right[:, None] + 1)
missing[np.arange(3), y] = 0  # the sum is over j ≠ y
svm_loss = missing.sum(axis=1)
for i in range(3):
    numbers = ", ".join(f"{v:4.1f}" for v in S[i])
    print(f"s = ({numbers}), y = {y[i]}:  softmax loss {softmax_loss[i]:.4f}   SVM loss {svm_loss[i]:.4f}")
print(f"mean:                           softmax loss {softmax_loss.mean():.4f}   SVM loss {svm_loss.mean():.4f}")

# %% [markdown]
# In the first sample the right class leads by exactly 1: the SVM is content, softmax is not. In the second it is behind
# by 0.5, so 1.5 is missing to the third class; the first class is 1.5 behind and costs nothing.
#
# Now the same from two other programs: PyTorch, and the layers of this course. PyTorch's `multi_margin_loss` divides by the
# number of classes, which the formula does not, so we multiply by 3.

# %%
# NBVAL_CHECK_OUTPUT
scores, labels = torch.tensor(S), torch.tensor(y)
by_torch = {
    "softmax": torch.nn.functional.cross_entropy(scores, labels).item(),
    "SVM": 3 * torch.nn.functional.multi_margin_loss(scores, labels).item(),
}
by_course = {
    "softmax": nn.SoftmaxCrossEntropy().forward(S, y),
    "SVM": nn.MulticlassHinge().forward(S, y),
}
for name, by_hand in (("softmax", softmax_loss.mean()), ("SVM", svm_loss.mean())):
    worst = max(abs(by_hand - by_torch[name]), abs(by_hand - by_course[name]))
    print(f"{name:8} by hand {by_hand:.6f}  torch {by_torch[name]:.6f}  course {by_course[name]:.6f}")
    print(f"{'':8} all equal to 1e-6: {worst < 1e-6}")

# %% [markdown]
# ### When $e^s$ is too large for the computer
#
# A 64-bit number ends near $10^{308}$, which is $e^{709}$. A score of 1000 is nothing unusual in a badly scaled network.

# %%
# NBVAL_CHECK_OUTPUT
s = np.array([1000.0, 999.0, 0.0])
with np.errstate(over="ignore", invalid="ignore"):
    print("as the formula says:  ", np.exp(s) / np.exp(s).sum())
shifted = s - s.max()
print("largest score at 0:   ", (np.exp(shifted) / np.exp(shifted).sum()).round(4))
print(f"loss of the last class: {nn.SoftmaxCrossEntropy().forward(s[None], np.array([2])):.4f}")

# %% [markdown]
# The cure costs one subtraction and changes nothing, since the common factor cancels:
#
# $$\frac{e^{s_k - c}}{\sum_j e^{s_j - c}} = \frac{e^{-c}\, e^{s_k}}{e^{-c} \sum_j e^{s_j}} = \frac{e^{s_k}}{\sum_j e^{s_j}}.$$
#
# With $c = \max_j s_j$ no exponent is above 0. The loss needs the same care at the other end: the last class has the
# probability $e^{-1000}$, which the computer stores as 0, and $-\log 0$ is infinite. So one never takes the logarithm of
# the probability, but computes $L_i = c + \log \sum_j e^{s_j - c} - s_{y_i}$. That gives 1000.3133, as it should.
#
# ## What does each loss care about?
#
# Three classes; the two wrong ones have score 0. How does the loss change with the score of the right one?

# %%
right_score = np.linspace(-3, 5, 161)
three = np.stack([right_score, 0 * right_score, 0 * right_score], axis=1)
curves = {
    "softmax loss": [nn.SoftmaxCrossEntropy().forward(s[None], np.array([0])) for s in three],
    "SVM loss": [nn.MulticlassHinge().forward(s[None], np.array([0])) for s in three],
}
show.curves(
    {name: (right_score, loss) for name, loss in curves.items()},
    xlabel="score of the right class (the others: 0)",
    alt="Loss against the score of the right class. The SVM loss falls as a straight line and is exactly 0 from score 1 on. "
    "The softmax loss falls along a smooth curve, has no corner, and comes ever closer to 0 without reaching it.",
    caption="The SVM loss is content at a margin of 1. The softmax loss always wants a little more.",
)

# %% [markdown]
# The SVM loss has a goal and stops. It does not matter to it whether the margin is 1 or 100. The softmax loss never stops;
# a right answer with score 3 still costs something, and twice the scores would cost less. Keep that in mind for the end of
# the lecture.
#
# ## The full loss
#
# Average over all $N$ training samples, and add a term that depends on the weights alone:
#
# $$L = \frac1N \sum_{i=1}^N L_i + R(W).$$
#
# The deck gives the aim in a few words: a small loss, and parameters that are not complicated. Why the second? Because the
# data alone often cannot choose. $R$ is the **regulariser** (正则化项). Two are common:
#
# - **L2**: $R(W) = \lambda \cdot \tfrac12 \sum w^2$, which dislikes large weights (the ½ makes its derivative $\lambda w$);
# - **L1**: $R(W) = \lambda \sum |w|$, which likes weights that are exactly 0.
#
# The $\lambda$ says how much it counts. The bias is usually left out. Below, four weight vectors give the same
# score to $x = (1, 1, 1, 1)$. No data loss can tell them apart on this input. $R$ can.

# %%
# NBVAL_CHECK_OUTPUT
x = np.ones(4)
for w in ([1, 0, 0, 0], [0.25, 0.25, 0.25, 0.25], [0.5, 0.5, 0, 0], [3, -2, 1, -1]):
    w = np.array(w)
    print(f"w = {w!s:27} score {w @ x:.0f}   L2: ½Σw² = {(w**2).sum() / 2:.3f}   L1: Σ|w| = {np.abs(w).sum():.1f}")

# %% [markdown]
# (The numbers are without $\lambda$.) L2 prefers the second vector: every input has a small say. L1 is equal for the first
# three, and among them it has no wish to spread. Both dislike the last one, which gets its score by large weights that cancel.
#
# Here is the full loss of the trained classifier on its training images, with $\lambda = 0.01$, from the course's layers and
# from PyTorch.

# %%
# NBVAL_CHECK_OUTPUT
W, b = (torch.tensor(blob.data) for blob in trained.parameters().values())
scores = torch.tensor(digits.x_train).flatten(1) @ W.T + b
labels = torch.tensor(digits.y_train)
losses = {
    "softmax": (nn.SoftmaxCrossEntropy(), torch.nn.functional.cross_entropy(scores, labels)),
    "SVM": (nn.MulticlassHinge(), 10 * torch.nn.functional.multi_margin_loss(scores, labels)),
}
penalties = {
    "L2": (nn.L2(0.01), 0.01 * (W**2).sum() / 2),
    "L1": (nn.L1(0.01), 0.01 * W.abs().sum()),
}
for name, (loss, torch_loss) in losses.items():
    for kind, (R, torch_R) in penalties.items():
        L = loss.forward(scores.numpy(), digits.y_train) + R.penalty(trained.weights())
        expected = (torch_loss + torch_R).item()
        print(f"{name:7} + {kind}: {L:8.6f}  torch {expected:8.6f}  equal to 1e-6: {abs(L - expected) < 1e-6}")

# %% [markdown]
# ## A linear classifier on real digits
#
# The data are 1,797 digits from 13 writers, from the UCI repository (Alpaydin and Kaynak 1998) by way of scikit-learn. One fifth is kept aside as **test set** (测试集). The net never sees it in
# training. We train with both losses. How training works is the subject of the [next lecture](03_gradient_descent.ipynb).

# %%
# NBVAL_CHECK_OUTPUT
with_svm = linear_classifier(nn.MulticlassHinge())
nn.fit(with_svm, digits.x_train, digits.y_train, lr=0.1, epochs=40, batch_size=32, rng=0)
print(f"{len(digits.x_train)} training and {len(digits.x_test)} test images")
for name, net in (("random weights", untrained), ("softmax loss", trained), ("SVM loss", with_svm)):
    train, test = (net.accuracy(x, y) for x, y in ((digits.x_train, digits.y_train), (digits.x_test, digits.y_test)))
    print(f"{name:15} accuracy: training {train:.2f}, test {test:.2f}")

# %% [markdown]
# What has it learned? Each class has 64 weights, one a pixel, so its row of $W$ can be looked at as an image, a
# **template** (模板). The score is large where ink falls on red pixels and small where it falls on blue ones.

# %%
W = trained["linear"].weight.data
show.images(
    [w.reshape(8, 8) for w in W],
    titles=[f"class {k}" for k in range(10)],
    columns=5,
    size=1.5,
    signed=True,
    alt="Ten templates of 8 by 8 weights. The one for 0 is blue in the middle, where a 0 has a hole, and red around it. "
    "Others are red along typical strokes and blue where other digits would have ink.",
    caption="The rows of W as images: red, ink here speaks for the class; blue, it speaks against it.",
)

# %% [markdown]
# The most telling pixels are often blue: the hole of the 0 is where other digits have ink. And where does the classifier
# go wrong? A **confusion matrix** (混淆矩阵) counts, for each true digit, what it was taken for.

# %%
counts = np.zeros((10, 10), dtype=int)
np.add.at(counts, (digits.y_test, trained.predict(digits.x_test)), 1)
show.confusion(
    counts,
    alt=f"Confusion matrix of the test digits: {np.trace(counts)} of {counts.sum()} lie on the diagonal, and the few errors "
    "are scattered.",
    caption=f"{np.trace(counts)} of {counts.sum()} test digits are right. Red cells are errors.",
)

# %% [markdown]
# ### The regulariser, seen
#
# Some pixels at the edge never have any ink in the training images. The loss cannot depend on their weights, so training
# without $R$ leaves them at their random start. With L2 they go to 0, since nothing pulls the other way.

# %%
# NBVAL_CHECK_OUTPUT
with_l2 = linear_classifier(nn.SoftmaxCrossEntropy())
nn.fit(with_l2, digits.x_train, digits.y_train, lr=0.5, epochs=40, batch_size=32, rng=0, regulariser=nn.L2(1e-2))
blank = (digits.x_train == 0).all(axis=0).ravel()
print(f"{blank.sum()} of 64 pixels are never inked")
for name, net in (("at the start", untrained), ("without R", trained), ("with L2", with_l2)):
    weights = net["linear"].weight.data
    print(
        f"{name:13} largest |weight| there {np.abs(weights[:, blank]).max():.4f}; ½Σw² in all {(weights**2).sum() / 2:7.2f}"
    )

# %%
show.images(
    [net["linear"].weight.data[k].reshape(8, 8) for net in (trained, with_l2) for k in (0, 1, 2, 3, 4)],
    titles=[f"{k}, {name}" for name in ("no R", "L2") for k in range(5)],
    columns=5,
    size=1.5,
    signed=True,
    alt="Templates of classes 0 to 4. Upper row, without regulariser: strong colours. Lower row, with L2: much paler, "
    "but with the same pattern.",
    caption="Templates without and with L2, on one colour scale. L2 gives smaller weights.",
)

# %% [markdown]
# ## Where the source says too much
#
# The deck (001) says that the smaller the difference given by the loss, the better the robustness of the model. This mixes
# three things that are best kept apart:
#
# 1. the loss on the **training** set, which is what we make small;
# 2. the loss on **new** data, which is what we want small (generalisation, 泛化);
# 3. **robustness** (鲁棒性): how much the input may be disturbed before the answer changes.
#
# ### A small training loss is not a small test loss
#
# We take only 100 training images and give 20 of them a wrong label, as happens in real data collections.

# %%
rng = np.random.default_rng(1)
x_few, y_few = digits.x_train[:100], digits.y_train[:100].copy()
wrong = rng.permutation(100)[:20]
y_few[wrong] = (y_few[wrong] + rng.integers(1, 10, size=20)) % 10

net, log = linear_classifier(nn.SoftmaxCrossEntropy()), []
for _ in range(300):
    nn.fit(net, x_few, y_few, lr=0.5, epochs=1, batch_size=20, rng=rng)
    log.append(
        (net.loss(x_few, y_few), net.loss(digits.x_test, digits.y_test), net.accuracy(digits.x_test, digits.y_test))
    )
training, test, accuracy = np.array(log).T

# %%
fig, (left, right) = show.new_figure(1, 2, size=(9, 3.2))
left.plot(training, label="training loss")
left.plot(test, label="test loss")
left.legend()
right.plot(accuracy, color=COLOURS["green"])
left.set(xlabel="pass over the 100 images", ylabel="loss", ylim=(0, 2))
right.set(xlabel="pass over the 100 images", ylabel="test accuracy")
show.figure(
    fig,
    alt="Over 300 passes the training loss falls all the time. The test loss falls at first, is lowest after a few dozen "
    "passes and then rises again. The test accuracy rises quickly and then falls.",
    caption="100 images, 20 with a wrong label. The training loss keeps falling while the answers on new images get worse.",
)

# %%
# NBVAL_CHECK_OUTPUT
best = test.argmin()
print(f"{'':18}  training loss  test loss  test accuracy")
for name, i in ((f"after {best + 1} passes", best), (f"after {len(test)} passes", len(test) - 1)):
    print(f"{name:18}  {training[i]:13.2f}  {test[i]:9.2f}  {accuracy[i]:13.2f}")

# %% [markdown]
# The classifier has begun to learn the wrong labels by heart. This is **overfitting** (过拟合).
#
# ### A small loss is not robustness
#
# For a linear classifier robustness can be computed exactly. The answer flips from $y$ to $j$ where their scores are equal.
# The distance of $x$ from that border is $(s_y - s_j) / \lVert w_y - w_j \rVert$, and the smallest over all $j$ is how far
# one must move the image to spoil the answer (the moved image need not be a picture that anybody would draw). For a wrong
# answer the number is negative. Multiply all weights by 4: the scores are 4 times as large, the softmax loss is smaller, and
# the distance is what it was. The loss has become smaller without any gain in robustness.
#
# Compare three classifiers on all the training data: one trained long without $R$, one with L2, and the latter times 4.


# %%
def distance_to_error(net, x, y):
    s, W = net.forward(x), net["linear"].weight.data
    rows = np.arange(len(y))
    gap = s[rows, y][:, None] - s
    length = np.linalg.norm(W[y][:, None] - W, axis=2)
    gap[rows, y], length[rows, y] = np.inf, 1
    return (gap / length).min(axis=1)


def scaled(net, factor):
    copy = linear_classifier(nn.SoftmaxCrossEntropy())
    for name, blob in copy.parameters().items():
        blob.data[...] = factor * net.parameters()[name].data
    return copy


def accuracy_under_noise(net, sigma):
    noise = np.random.default_rng(5).normal(size=digits.x_test.shape)
    return net.accuracy(digits.x_test + sigma * noise, digits.y_test)


# %%
# NBVAL_CHECK_OUTPUT
long = linear_classifier(nn.SoftmaxCrossEntropy())
nn.fit(long, digits.x_train, digits.y_train, lr=0.5, epochs=300, batch_size=32, rng=0)
for name, net in (("long, no R", long), ("with L2", with_l2), ("with L2, × 4", scaled(with_l2, 4))):
    print(
        f"{name:12} training loss {net.loss(digits.x_train, digits.y_train):.2f}  test accuracy "
        f"{net.accuracy(digits.x_test, digits.y_test):.2f}  median distance to an error "
        f"{np.median(distance_to_error(net, digits.x_test, digits.y_test)):.2f}"
    )

# %%
sigmas = np.linspace(0, 0.6, 13)
show.curves(
    {
        name: (sigmas, [accuracy_under_noise(net, sigma) for sigma in sigmas])
        for name, net in (("long, no R", long), ("with L2", with_l2))
    },
    xlabel="noise added to the test images (standard deviation; ink is 1)",
    ylabel="test accuracy",
    alt="Test accuracy against noise. Both curves fall. Without noise the two are about equal; with much noise the "
    "classifier with L2 is clearly better, although its training loss is many times larger.",
    caption="The classifier with the far smaller training loss is the less robust one.",
)

# %% [markdown]
# Of the two that were trained, the one with the smaller loss, by a factor of more than ten, is the less robust one. It is not
# a law that regularised nets
# are more robust; it is what these two do, measured. The point is only that loss and robustness are different quantities.
#
# **So what does a small loss tell?** That the net gives the right classes a large share *on the data you measured it on*.
# For everything else, measure that other thing.
#
# ## Change it
#
# Which strength of L2 gives the best test accuracy, which the largest distance? Try L1, `nn.L1(1e-3)`, and look at how many
# weights are nearly 0.

# %%
net = linear_classifier(nn.SoftmaxCrossEntropy())
nn.fit(net, digits.x_train, digits.y_train, lr=0.5, epochs=40, batch_size=32, rng=0, regulariser=nn.L1(1e-3))
W = net["linear"].weight.data
print(
    f"test accuracy {net.accuracy(digits.x_test, digits.y_test):.2f}, weights below 0.01: {(np.abs(W) < 0.01).mean():.0%}"
)
print(f"median distance to an error {np.median(distance_to_error(net, digits.x_test, digits.y_test)):.2f}")

# %% [markdown]
# ## Exercises
#
# **1.** A classifier for ten classes has just been set up with very small random weights. What softmax loss and what SVM
# loss do you expect, before any training?
#
# <details><summary>Answer</summary>
#
# All scores are about 0. Softmax gives every class 0.1, so the loss is $\log 10 \approx 2.30$. The SVM loss has nine terms
# $\max(0, 0 - 0 + 1) = 1$, so it is 9. If a program shows something very different at its first step, something is wrong.
#
# </details>
#
# **2.** All scores of a sample are raised by 100. What happens to either loss? All scores are multiplied by 2?
#
# <details><summary>Answer</summary>
#
# Raising by a constant changes neither: softmax cancels it, and the SVM loss has only differences. Doubling changes both. If
# the right class is ahead, the softmax loss falls, towards 0. The SVM loss is 0 when the lead was at least ½ before. The
# answer itself, the largest score, is the same.
#
# </details>
#
# **3.** The training loss is 0.05 and the test loss is 1.2. Name two things to try, and say which of the three quantities of
# the last section each of them is meant to change.
#
# <details><summary>Answer</summary>
#
# More (or cleaner) training data, a regulariser, fewer passes (stop where the loss on held-out data is lowest): all are meant
# to lower the loss on new data, and they will usually raise the training loss. Whether robustness gets better has to be
# measured separately, with disturbed inputs.
#
# </details>
#
# ## What to read next
#
# - J. S. Bridle (1990), *Probabilistic interpretation of feedforward classification network outputs, with relationships to
#   statistical pattern recognition*. The name softmax.
# - J. Weston and C. Watkins (1999), *Support vector machines for multi-class pattern recognition*. ESANN. The SVM loss with a sum,
#   as here; K. Crammer and Y. Singer (2001) take the largest term instead.
# - C. Szegedy and others (2014), *Intriguing properties of neural networks*. ICLR. Tiny disturbances that change the answer.
# - C. Guo, G. Pleiss, Y. Sun and K. Q. Weinberger (2017), *On calibration of modern neural networks*. ICML. When the
#   probabilities cannot be believed.
# - E. Alpaydin and C. Kaynak (1998), *Optical recognition of handwritten digits*. UCI Machine Learning Repository.
#
# Next: [downhill: gradient descent](03_gradient_descent.ipynb).
