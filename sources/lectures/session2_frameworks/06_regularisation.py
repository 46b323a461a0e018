# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Regularisation: how not to learn by heart
#
# A network with enough weights can learn its training set by heart and be none the wiser. This lecture shows it happen, then tries every
# remedy that the notes on frameworks (004) name, and measures what each is worth.
#
# **You will be able to**
#
# - recognise overfitting (过拟合) in two curves;
# - show that weight decay is ridge regression for gradient descent, and that for Adam it is not;
# - say why L1 makes weights exactly 0 and L2 does not;
# - put noise on the input, on hidden values and on weights, and say why dropout needs no correction in the test;
# - write down the targets of label smoothing, ours and PyTorch's;
# - compare methods fairly: strengths chosen on validation data, runs in pairs, the test set looked at once.
#
# Time: about 40 minutes. You need [the loss and its regulariser](../session1_networks/02_loss.ipynb) from Session I and
# [the optimisers](04_optimisers.ipynb).

# %%
from functools import partial

import numpy as np
import torch
from sklearn.linear_model import Ridge
from threadpoolctl import threadpool_limits

from course_pkg import data, nn, show
from course_pkg.show import COLOURS

threadpool_limits(1)  # for matrices as small as ours a second thread costs more than it brings
digits = data.digits(test=0.5, dtype="float32")
x_pool, y_pool = digits.x_train[:500], digits.y_train[:500]
x_val, y_val = digits.x_train[500:], digits.y_train[500:]
print(f"to draw training digits from: {len(x_pool)}, validation: {len(x_val)}, test: {len(digits.x_test)}")

# %% [markdown]
# ## A picture first
#
# Little data makes overfitting easy. So each run draws 200 digits from the pool of 500 and trains a network of 64–64–10 neurons with ReLU on
# them. The 398 digits of the **validation set** (验证集) are for choosing and for looking. The test set stays shut until the end.
#
# Real collections contain mistakes: no data set is labelled 100 % correctly, as 004 says. So we do everything twice. Once with the
# labels as they are, and once with a random wrong label on 40 of the 200 training digits.


# %%
def few(seed, wrong=0):
    """200 training digits, the first ``wrong`` of them with a random wrong label."""
    rng = np.random.default_rng(seed)
    rows = rng.permutation(len(x_pool))[:200]
    y = y_pool[rows].copy()
    y[:wrong] = (y[:wrong] + rng.integers(1, 10, size=wrong)) % 10
    return x_pool[rows], y


# %%
def network(seed, noise="", strength=0.0, smoothing=0.0):
    """64–64–10 with ReLU; ``noise`` says where noise goes: input, hidden, dropout or weights."""
    rng = np.random.default_rng(seed)
    layers = [nn.Dense(64, 64, init="he", rng=rng, dtype="float32"), nn.Dense(64, 10, rng=rng, dtype="float32")]
    if noise == "weights":
        layers = [nn.WeightNoise(layer, strength, rng=rng) for layer in layers]
    layers = [nn.Flatten(), layers[0], nn.ReLU(), layers[1]]
    if noise in ("input", "hidden"):
        layers.insert({"input": 1, "hidden": 3}[noise], nn.GaussianNoise(strength, rng=rng))
    if noise == "dropout":
        layers.insert(3, nn.Dropout(strength, rng=rng))
    return nn.Net(layers, nn.SoftmaxCrossEntropy(label_smoothing=smoothing))


# %%
RECIPE = {"lr": 0.3, "batch_size": 50}


def learning_curves(seed, wrong, epochs=100):
    """After each pass: the share of errors on the training digits as labelled, and on the validation digits."""
    (x, y), net, rng, errors = few(seed, wrong), network(seed), np.random.default_rng(seed), []
    for _ in range(epochs):
        nn.fit(net, x, y, epochs=1, rng=rng, **RECIPE)
        errors.append([1 - net.accuracy(x, y), 1 - net.accuracy(x_val, y_val)])
    return 100 * np.array(errors).T


curves = {wrong: np.array([learning_curves(seed, wrong) for seed in range(5)]) for wrong in (0, 40)}

# %% jupyter={"source_hidden": true}
fig, axes = show.new_figure(1, 2, size=(10, 3.5), sharey=True)
for ax, runs, title in zip(axes, curves.values(), ("right labels", "40 of 200 labels wrong"), strict=True):
    for values, name, colour in zip(runs.swapaxes(0, 1), ("training", "validation"), ("blue", "red"), strict=True):
        ax.fill_between(range(1, 101), values.min(axis=0), values.max(axis=0), alpha=0.2, lw=0, color=COLOURS[colour])
        ax.plot(range(1, 101), values.mean(axis=0), color=COLOURS[colour], label=name)
    ax.set(title=title, xlabel="passes over the 200 digits", ylim=(0, 60))
axes[1].axhline(20, color="0.4", ls=":", lw=1.5, label="share of wrong labels")
axes[0].set(ylabel="errors, %")
axes[1].legend()
show.figure(
    fig,
    alt="Two panels, share of errors against passes, mean and range of five runs. Left, right labels: training errors fall to 0 within thirty passes, "
    "validation errors fall to 9 % and stay there. Right, 40 wrong labels: training errors fall steadily, below the 20 % of wrong labels and "
    "down to 6 %; validation errors are lowest, 18 %, after about twenty passes and then rise to 25 %.",
    caption="Errors on the training digits (counted against the labels as given) and on the validation digits. Mean and range of five runs.",
)

# %%
for wrong, runs in curves.items():
    mean = runs[:, 1].mean(axis=0)
    print(
        f"{wrong:2} wrong labels: validation error lowest after {mean.argmin() + 1} passes, {mean.min():.1f} %;",
        end=" ",
    )
    print(f"after 100 passes {mean[-1]:.1f} %")

# %% [markdown]
# In both panels the network comes to fit its training digits much better than new ones. The gap between the two curves is what
# **regularisation** (正则化) is about: 004 calls by that name every change that is meant to lower the error on *new* data, even if the training
# error rises.
#
# The right panel shows the harmful kind. The network first learns what the digits have in common. Then it begins to learn the wrong labels by heart (Arpit and
# others, 2017), and new digits that look like those get wrong answers too. Learning curves like these are the first thing to look at when a network disappoints.
#
# ## L2: shrink first, then step
#
# The oldest remedy puts a price on large weights. In the letters of Session I, $L = \frac1N \sum_i L_i + R(W)$, with
#
# $$R(W) = \tfrac{\lambda}{2} \sum w^2, \qquad \frac{\partial R}{\partial w} = \lambda w .$$
#
# The biases are usually left out, as 004 says too. Put this into a step of gradient descent. With $g$ for the gradient of the loss without $R$,
#
# $$w \leftarrow w - \eta\,(g + \lambda w) = (1 - \eta\lambda)\, w - \eta\, g .$$
#
# Read the right side from left to right: shrink the weight a little, then take the usual step. Hence the name **weight decay** (权重衰减). In
# 004's words: before each update, the weights are shrunk. It takes three lines to do so literally.


# %%
def shrinking(kind, decay):
    """The optimiser ``kind``, but each step first takes the share lr · decay off every weight."""

    class Shrinking(kind):
        def step(self):
            for blob in self.net.weights().values():
                blob.data *= 1 - self.lr * decay
            super().step()

    return Shrinking


# %%
# NBVAL_CHECK_OUTPUT
def linear(loss):
    return nn.Net([nn.Flatten(), nn.Dense(64, 10)], loss)


x, y = few(seed=0)
for kind in (nn.SGD, nn.Adam):
    penalised, shrunk = linear(nn.SoftmaxCrossEntropy()), linear(nn.SoftmaxCrossEntropy())
    nn.fit(penalised, x, y, lr=0.1, epochs=20, batch_size=50, optimiser=kind, regulariser=nn.L2(0.1))
    nn.fit(shrunk, x, y, lr=0.1, epochs=20, batch_size=50, optimiser=shrinking(kind, 0.1))
    difference = np.abs(penalised["dense1"].weight.data - shrunk["dense1"].weight.data).max()
    print(f"{kind.__name__:4}: L2 and shrinking first give the same weights: {difference < 1e-9}")

# %% [markdown]
# For SGD both are one. For Adam they are not, and the reason is in Adam's formula. Adam divides the whole gradient by its own typical size $\sqrt{s}$,
# and with it the $\lambda w$. A weight with large gradients hardly shrinks. Loshchilov and Hutter (2019) noticed this, and called Adam that
# shrinks first **AdamW**. In the next cell two weights start at 1. Their gradients are pure noise, of size 1 and of size 100, so that only the
# decay can move them far.

# %%
gradients = np.random.default_rng(0).normal(size=(1000, 1, 2)) * [1, 100]


def two_weights(kind, **options):
    net = nn.Net([nn.Dense(2, 1, bias=False)])
    weight = net["dense1"].weight
    weight.data[...] = 1
    optimiser = kind(net, lr=0.001, **options)
    for gradient in gradients:
        weight.diff[...] = gradient
        optimiser.step()
    return weight.data


# %%
# NBVAL_CHECK_OUTPUT
theirs = torch.ones(1, 2, dtype=torch.float64, requires_grad=True)
adam_w = torch.optim.AdamW([theirs], lr=0.001, weight_decay=1.0)
for gradient in gradients:
    theirs.grad = torch.tensor(gradient)
    adam_w.step()
print(f"shrinking alone, (1 − η·λ)^1000: {0.999**1000:.2f}")
print("Adam with L2:         ", two_weights(nn.Adam, regulariser=nn.L2(1.0)).round(2)[0])
print("Adam, shrinking first:", two_weights(shrinking(nn.Adam, 1.0)).round(2)[0])
print("PyTorch's AdamW:      ", theirs.detach().numpy().round(2)[0])

# %% [markdown]
# Use L2 with SGD and momentum, AdamW with Adam. From here on we use SGD, where both are one.
#
# ### Where the sources are wrong: two words
#
# 004 says that L2 is also called *zero regression* (零回归). There is no such thing. The name is **ridge regression** (岭回归; Hoerl and Kennard,
# 1970). 岭, ridge, and 零, zero, are both pronounced *líng*; a pinyin keyboard offers one for the other. (The other name it prints, "Tikhonov 正测",
# is Tikhonov regularisation, 正则化.) Ridge regression is the linear model with squared error and L2, and it has a closed form. With centred
# inputs $X$ (N×D) and targets $T$,
#
# $$W^\top = \big(\tfrac1N X^\top X + \lambda I\big)^{-1}\, \tfrac1N X^\top T .$$
#
# The $\lambda$ stands on the diagonal like a ridge. If 004's method is this one, then training with weight decay must end there, and
# scikit-learn's `Ridge` must give the same. (It minimises $\lVert XW^\top - T\rVert^2 + \alpha \lVert W\rVert^2$, so $\alpha = N\lambda$.)

# %%
# NBVAL_CHECK_OUTPUT
X, T = x.reshape(200, 64).astype(float), np.eye(10)[y]
Xc, Tc = X - X.mean(axis=0), T - T.mean(axis=0)


def ridge(strength):
    return np.linalg.solve(Xc.T @ Xc / 200 + strength * np.eye(64), Xc.T @ Tc / 200).T


net = linear(nn.SquaredError())
nn.fit(net, Xc, T, lr=0.1, epochs=3000, batch_size=200, optimiser=shrinking(nn.SGD, 0.1))
decayed = net["dense1"].weight.data
library = Ridge(alpha=200 * 0.1).fit(X, T).coef_
print(f"3000 steps with weight decay 0.1 end at the closed form: {np.abs(decayed - ridge(0.1)).max() < 1e-6}")
print(f"the closed form is scikit-learn's Ridge:                 {np.abs(ridge(0.1) - library).max() < 1e-9}")
for strength in (1e-6, 0.1, 10):
    print(f"λ = {strength:<6g} ½Σw² = {(ridge(strength) ** 2).sum() / 2:8.4f}")

# %% [markdown]
# The weights come nearer to 0 with larger $\lambda$. That is what 004 says correctly. They reach 0 only for $\lambda \to \infty$.
#
# The other word: where 004 describes networks for segmentation, it says that they make images smaller by *striped convolution* (条纹卷积). One letter is
# wrong: it is **strided convolution** (跨步卷积), a convolution whose kernel moves by more than one pixel, the
# [stride](../session1_networks/06_convolution.ipynb). No stripes: stride 2 keeps every second number of the result in both directions.

# %%
# NBVAL_CHECK_OUTPUT
kernel = np.random.default_rng(0).normal(size=(1, 1, 3, 3))
dense, strided = nn.conv2d(x[:1], kernel), nn.conv2d(x[:1], kernel, stride=2)
print(f"8×8 image, 3×3 kernel: stride 1 gives {dense.shape[2:]}, stride 2 gives {strided.shape[2:]}")
print(f"stride 2 is every second row and column: {np.allclose(strided, dense[:, :, ::2, ::2])}")

# %% [markdown]
# ## L1: weights that are exactly 0
#
# L1 takes $R(W) = \lambda \sum |w|$. Its derivative is $\lambda\,\mathrm{sign}(w)$. A large weight and a small one are pulled with the *same* force, and the pull
# does not stop before 0. See it for one weight that the data want to be $a$. The minimum of $\frac12 (w - a)^2 + R(w)$ is
#
# $$\text{L2:}\quad w = \frac{a}{1 + \lambda} \qquad\qquad \text{L1:}\quad w = \mathrm{sign}(a)\, \max(|a| - \lambda,\, 0).$$
#
# L2 makes everything smaller by the same factor. L1 takes the same amount from everything, and what is smaller than that becomes 0.

# %% jupyter={"source_hidden": true}
fig, ax = show.new_figure(size=(5.5, 3.4))
a = np.linspace(-3, 3, 301)
ax.plot(a, a, ":", color="0.5", label="no price")
ax.plot(a, a / 2, label="L2")
ax.plot(a, np.sign(a) * np.maximum(np.abs(a) - 1, 0), label="L1")
ax.set(xlabel="a, what the data want", ylabel="w, what they get")
ax.legend()
show.figure(
    fig,
    alt="Weight w against wish a, both for λ = 1. Without a price the diagonal. L2: a straight line of half the slope through the origin. L1: exactly 0 from "
    "−1 to 1, and beyond it the diagonal moved towards 0 by 1.",
    caption="One weight with λ = 1. L2 shrinks in proportion; L1 has a flat piece at 0.",
)

# %% [markdown]
# Plain gradient steps do not get exactly to 0: they jump to and fro across it. The formula above says what to do instead. Step by $g$ alone, then take
# $\eta\lambda$ off each weight, but not beyond 0. (This is called a proximal step; it returns in the lecture on sparse coding.) A linear classifier on
# our 200 digits:


# %%
class ProximalL1(nn.SGD):
    strength = 0.003

    def step(self):
        super().step()
        for blob in self.net.weights().values():
            w = blob.data
            w[...] = np.sign(w) * np.maximum(np.abs(w) - self.lr * self.strength, 0)


# %%
templates = {}
for name, options in (
    ("no price", {}),
    ("L2, λ = 0.01", {"regulariser": nn.L2(0.01)}),
    ("L1, gradient steps", {"regulariser": nn.L1(0.003)}),
    ("L1, proximal steps", {"optimiser": ProximalL1}),
):
    net = linear(nn.SoftmaxCrossEntropy())
    nn.fit(net, x, y, lr=0.5, epochs=200, batch_size=50, **options)
    w = templates[name] = net["dense1"].weight.data
    print(
        f"{name:18} weights exactly 0: {(w == 0).mean():4.0%}, below 0.01: {(np.abs(w) < 0.01).mean():4.0%},", end=" "
    )
    print(f"validation error {100 * (1 - net.accuracy(x_val, y_val)):.1f} %")

# %%
show.images(
    [w[k].reshape(8, 8) for name, w in templates.items() if name != "L1, gradient steps" for k in range(5)],
    titles=[f"{k}, {name}" for name in ("no price", "L2", "L1") for k in range(5)],
    columns=5,
    size=1.3,
    signed=True,
    alt="Templates of the classes 0 to 4 in three rows. Without price: strong red and blue, with speckles in the corners. L2: the same pattern, paler and "
    "smoother. L1: a few strong pixels for each class, and the rest is white.",
    caption="Weights of a linear classifier as images, red positive, blue negative, white 0.",
)

# %% [markdown]
# L1 does about as well with half of the weights. That is its true use: a model that one can read, or store in little space.
#
# ## Noise: on the input, on hidden values, on weights
#
# A network that has seen each digit with a hundred different disturbances cannot rely on the exact grey value of one pixel. 004 names four
# places for noise (噪声): the input, hidden values, the weights and the output. The first three are layers here, switched on in training only by the same
# switch as dropout, `layer.training`. The output is the matter of label smoothing, further down.

# %%
show.source(nn.GaussianNoise)

# %% jupyter={"source_hidden": true}
rng = np.random.default_rng(0)
versions = {
    "noise, σ = 0.3": nn.GaussianNoise(0.3, rng=rng).forward,
    "dropout, ¼": nn.Dropout(0.25, rng=rng).forward,
    "moved, turned": partial(data.augment, rng=rng, shift=0.75, rotation=15, scale=0.15),
}
rows = [[x[0, 0]] + [change(x[:1])[0, 0] for _ in range(6)] for change in versions.values()]
show.images(
    [image.clip(0, 1.2) for row in rows for image in row],
    titles=[title for name in versions for title in ("original", *[name] * 6)],
    columns=7,
    size=1.25,
    alt="A 5 in the first column of three rows, and six changed versions beside it. First row: grey noise on all pixels, the 5 hard to read. Second row: a "
    "quarter of the pixels black, the others brighter. Third row: the 5 moved, turned and resized a little, and slightly blurred.",
    caption="One training digit, and what the network gets instead in six passes.",
)


# %% [markdown]
# **What does input noise do?** For the linear model one can say it exactly. Add $\sigma \xi$ to the inputs, where the numbers $\xi$ are random with mean 0 and variance 1. The
# mixed term has mean 0, so on average
#
# $$\mathbb E\,\big(w^\top(x + \sigma\xi) - t\big)^2 = (w^\top x - t)^2 + \sigma^2 \lVert w\rVert^2 .$$
#
# That is the L2 penalty. Noise on the input *is* ridge regression with $\lambda = \sigma^2$ (Bishop, 1995, who shows what becomes of it in a network).
#
# **What does weight noise do?** The same calculation with the noise on $w$:
#
# $$\mathbb E\,\big((w + \sigma\xi)^\top x - t\big)^2 = (w^\top x - t)^2 + \sigma^2 \lVert x\rVert^2 .$$
#
# ### Where the sources are wrong: which noise is a penalty on the weights
#
# 004 says that adding noise of tiny variance to the *weights* is equivalent to a penalty on the norm of the parameters. Look at the last term: there is no
# $w$ in it. In the linear model, weight noise adds a constant and changes nothing. The statement is true of noise on the *input*. Both can be measured.

# %%
# NBVAL_CHECK_OUTPUT
sigma, rng, A, B = 0.3, np.random.default_rng(0), 0, 0
for _ in range(2000):  # the best weights for 2000 noisy copies of the 200 digits
    noisy = Xc + sigma * rng.normal(size=Xc.shape)
    A, B = A + noisy.T @ noisy, B + noisy.T @ Tc
learned = np.linalg.solve(A, B).T
for name, strength in (("without a price", 1e-6), ("ridge, λ = σ²", sigma**2), ("ridge, λ = 4 σ²", 4 * sigma**2)):
    far = np.linalg.norm(learned - ridge(strength)) / np.linalg.norm(learned)
    print(f"weights learned with noise on the input, relative distance to {name:16} {far:.2f}")


def slope(w):
    """Gradient of the squared error of the linear model at w."""
    return (Xc @ w.T - Tc).T @ Xc / 200


w, e = ridge(0.1), sigma * rng.normal(size=(10, 64))
mean = (slope(w + e) + slope(w - e)) / 2
print(f"noise on the weights: mean gradient equals the gradient without noise: {np.allclose(mean, slope(w))}")

# %% [markdown]
# In a network with hidden layers weight noise does act. To second order it adds $\frac{\sigma^2}{2}$ times the curvature of the loss, summed over the weights. So it looks
# for places where small changes of the weights change little: **flat minima** (平坦极小值). That is 004's next sentence, and it is right. But it is a
# price on sensitivity, not on length. (Goodfellow, Bengio and Courville, 2016, sections 7.4 and 7.5, have both arguments in full.)
#
# The course's `WeightNoise` wraps another layer. Solver and regulariser see the clean weights.

# %%
show.source(nn.WeightNoise.forward)
show.source(nn.WeightNoise.backward)

# %% [markdown]
# ## Dropout: noise that multiplies
#
# **Dropout** (随机失活; Hinton and others, 2012; Srivastava and others, 2014) leaves out each hidden value with probability $p$, anew for each
# sample in each step. No neuron can rely on another one being there. With the mask $m$ of zeros and ones,
#
# $$y = \frac{x \odot m}{1 - p}, \qquad \mathbb E\, y = \frac{x\,(1 - p)}{1 - p} = x .$$
#
# The division is why nothing is to be done in the test: the mean is right already. This form is called **inverted dropout**. The paper does not divide in training
# and multiplies the weights by $1 - p$ in the test instead, which comes to the same.

# %%
# NBVAL_CHECK_OUTPUT
dropout, values = nn.Dropout(0.25, rng=0), np.array([1.0, 2.0, 3.0, 4.0])
print("training, three passes:", *(dropout.forward(values).round(2) for _ in range(3)))
passes = dropout.forward(np.tile(values, (100_000, 1)))
print("mean of 100,000 passes:", passes.mean(axis=0).round(1))
dropout.training = False
print("test:                  ", dropout.forward(values))

# %% [markdown]
# The mean is right after the dropout layer. After the next activation it is so only roughly, since the activation of a mean is not the mean of the
# activations. How good is the test's single pass as a stand-in for the mean over all the thinned networks? Train one with dropout ½, and average
# the probabilities of many random passes.

# %%
net = network(seed=0, noise="dropout", strength=0.5)
nn.fit(net, *few(seed=0), epochs=100, **RECIPE)
softmax = nn.Softmax().forward
random_passes = np.array([softmax(net.forward(x_val)) for _ in range(300)])  # forward alone is in the training phase
single = net.predict(x_val)
for count in (1, 3, 10, 30, 100):
    groups = random_passes[: 300 // count * count].reshape(-1, count, *random_passes.shape[1:]).mean(axis=1)
    errors = 100 * (groups.argmax(axis=-1) != y_val).mean(axis=1)
    print(f"mean of {count:3} thinned networks: validation error {errors.mean():.1f} %")
print(f"one pass of the test phase:  validation error {100 * (single != y_val).mean():.1f} %")

# %% [markdown]
# One thinned network alone is much worse, and a hundred together are about as good as the single pass. The single pass does the work of a hundred.
#
# ## Data augmentation: noise that knows something
#
# A digit that is moved, turned or resized a little is the same digit. **Data augmentation** (数据增强) tells the network so by showing it:
# each batch is changed at random before the network sees it. `nn.fit(…, augment=data.augment)` does that; the third row of the picture
# above shows it.
#
# Only changes that keep the meaning are allowed. 004 lists flips, colours, crops: a mirrored cat is a cat, but a mirrored 2 is no digit, and a 6 turned by 180° is
# a 9. Augmentation is where knowledge about the task enters.

# %% [markdown]
# ## Label smoothing: noise on the output
#
# The softmax loss with a target of 1 can never be satisfied: a probability of exactly 1 needs an infinite score. So the scores grow and grow, and on a wrong
# label too. **Label smoothing** (标签平滑) asks for less. With $k$ classes, the targets 0 and 1 are replaced by
#
# $$\frac{\varepsilon}{k - 1} \qquad\text{and}\qquad 1 - \varepsilon .$$
#
# (In our copy of 004 the letter was lost, and it reads "□/(k−1) and 1−□".) This is what one would expect if a share $\varepsilon$ of the labels were wrong, at random.

# %%
# NBVAL_CHECK_OUTPUT
loss = nn.SoftmaxCrossEntropy(label_smoothing=0.1)
print("target for label 3 of ten classes, ε = 0.1:", *(f"{t:.4f}" for t in loss.targets([3], 10)[0]))
print(f"ε/(k−1) = {0.1 / 9:.4f}, 1−ε = {1 - 0.1:.4f}, sum {loss.targets([3], 10).sum():.4f}")
scores, labels, k = np.random.default_rng(0).normal(size=(5, 10)), np.array([3, 1, 4, 1, 5]), 10
theirs = partial(torch.nn.functional.cross_entropy, torch.tensor(scores), torch.tensor(labels))
print(f"ours with ε = 0.1:               {loss.forward(scores, labels):.6f}")
print(f"PyTorch with ε = 0.1:            {theirs(label_smoothing=0.1):.6f}")
print(f"PyTorch with ε·k/(k−1) = {0.1 * k / (k - 1):.4f}:  {theirs(label_smoothing=0.1 * k / (k - 1)):.6f}")
print(f"gradient right: {nn.check_gradients(loss, scores, y=labels) < 1e-7}")

# %% [markdown]
# Careful when comparing numbers from papers: PyTorch, like Szegedy and others (2016), who introduced the method, spreads $\varepsilon$ over *all* $k$ classes, and the right one
# gets its share back. Its $\varepsilon$ is ours times $k/(k-1)$.
#
# What changes? The loss is smallest where the probabilities equal the targets. Then the right score leads the others by
# $\log\frac{(1-\varepsilon)(k-1)}{\varepsilon}$, which is 4.4 here, and no more.

# %%
few_x, few_y = few(seed=0)
for smoothing in (0.0, 0.1):
    net = network(seed=0, smoothing=smoothing)
    for passes, more in ((100, 100), (500, 400)):
        nn.fit(net, few_x, few_y, epochs=more, **RECIPE)
        scores = net.forward(few_x)
        right = scores[np.arange(200), few_y]
        lead = right - (scores.sum(axis=1) - right) / 9
        print(
            f"ε = {smoothing}, after {passes} passes: the right score leads the mean of the others by {lead.mean():.1f}"
        )

# %% [markdown]
# ## Early stopping
#
# The right panel of the first figure suggests the cheapest method of all: stop where the validation error is lowest. This is **early stopping** (早停; Prechelt, 1998).
# It limits how far the weights can get from their start, and so acts a little like L2. It needs validation data, and it should not be tuned on the test set.
#
# ## The comparison
#
# Now all of them together, in one fair trial. What is fair?
#
# - Each method has one number that says how strong it is, and gets four tries. The try with the lowest validation error, mean of three runs (seeds
#   100 to 102), is kept.
# - Then eight other seeds. A seed decides which 200 digits are drawn, which labels are wrong, the first weights and the order. All methods get the same
#   eight, so that they can be compared **in pairs** (成对比较): same digits, same start, with and without. The luck of the draw cancels.
# - The 899 test digits are used here, once, for the final runs only.
# - Learning rate, batch size and the 100 passes are equal for all. They and the lists of strengths were chosen by hand beforehand, in a few tries on validation digits,
#   and so that the lecture runs quickly. In those tries longer training was kinder to augmentation and dropout; we come back to that.


# %%
def train(seed, wrong, noise="", strength=0.0, smoothing=0.0, epochs=100, **options):
    net = network(seed, noise, strength, smoothing)
    nn.fit(net, *few(seed, wrong), epochs=epochs, rng=seed, **RECIPE, **options)
    return net


# %%
METHODS = {  # name: (the four strengths, what they mean for train)
    "nothing": ([None], lambda s: {}),
    "L2": ([0.001, 0.003, 0.01, 0.03], lambda s: {"regulariser": nn.L2(s)}),
    "L1": ([0.0003, 0.001, 0.003, 0.01], lambda s: {"regulariser": nn.L1(s)}),
    "noise on the input": ([0.1, 0.2, 0.4, 0.6], lambda s: {"noise": "input", "strength": s}),
    "noise on hidden values": ([0.25, 0.5, 1, 2], lambda s: {"noise": "hidden", "strength": s}),
    "noise on weights": ([0.05, 0.1, 0.15, 0.2], lambda s: {"noise": "weights", "strength": s}),
    "dropout": ([0.2, 0.4, 0.6, 0.8], lambda s: {"noise": "dropout", "strength": s}),
    "augmentation": (
        [0.25, 0.5, 0.75, 1],
        lambda s: {"augment": partial(data.augment, shift=s, rotation=20 * s, scale=0.2 * s)},
    ),
    "label smoothing": ([0.1, 0.2, 0.4, 0.6], lambda s: {"smoothing": s}),
    "early stopping": ([10, 20, 40, 70], lambda s: {"epochs": s}),
}


# %%
def error(name, strength, seed, wrong, x, y):
    options = METHODS[name][1](strength)
    return 100 * (1 - train(seed, wrong, **options).accuracy(x, y))


def compare(wrong):
    """For each method: the strength chosen on the validation digits, and the test errors of eight runs, in %."""
    results = {}
    for name, (strengths, _) in METHODS.items():
        tries = [[error(name, s, seed, wrong, x_val, y_val) for seed in (100, 101, 102)] for s in strengths]
        chosen = strengths[np.mean(tries, axis=1).argmin()]
        final = [error(name, chosen, seed, wrong, digits.x_test, digits.y_test) for seed in range(8)]
        results[name] = chosen, np.array(final)
    return results


results = {"right labels": compare(wrong=0), "40 of 200 labels wrong": compare(wrong=40)}

# %% jupyter={"source_hidden": true}
fig, axes = show.new_figure(1, 2, size=(10.5, 4.2), sharey=True)
for ax, (title, found) in zip(axes, results.items(), strict=True):
    plain = found["nothing"][1]
    for row, name in enumerate(list(METHODS)[1:]):
        change = found[name][1] - plain
        ax.plot(change, row + np.linspace(-0.15, 0.15, 8), "o", ms=5, color=COLOURS["blue"], alpha=0.6)
        ax.plot([change.mean()] * 2, [row - 0.32, row + 0.32], color=COLOURS["red"], lw=3)
    ax.axvline(0, color="0.5", ls=":", lw=1.5)
    ax.locator_params(axis="x", nbins=6)
    ax.set(title=title, xlabel="change of the test error, percentage points")
axes[0].set(yticks=range(len(METHODS) - 1), yticklabels=list(METHODS)[1:])
axes[0].invert_yaxis()
show.figure(
    fig,
    alt="Change of the test error for nine methods, eight dots and a bar for the mean in each row. Left, right labels: all rows lie around 0, between "
    "−2 and 3 points; only the dots of augmentation are all left of 0. Right, wrong labels: nearly all dots lie left of 0, with means from "
    "−4 (early stopping, the only row with a dot on the right) to −12 (noise on the input).",
    caption="Test error with each method minus the test error of the same run without it: eight seeds (dots), their mean (bar). "
    "Left of the dotted line is better. Note the different scales.",
)
for title, found in results.items():
    plain = found["nothing"][1]
    rows = []
    for name, (strength, errors) in found.items():
        change = errors - plain
        changes = (f"{change.mean():+.1f} ± {change.std(ddof=1):.1f}", f"{(change < 0).sum()} of 8")
        spread = f"{errors.mean():.1f} ± {errors.std(ddof=1):.1f}"
        rows.append((name, strength, spread, *changes) if name != "nothing" else (name, "", spread, "", ""))
    show.table(rows, ["method", "strength", "test error, %", "change", "better in"], caption=title)

# %% [markdown]
# (± is the standard deviation over the eight seeds; a tie does not count as better.) What came out:
#
# **With right labels** nearly nothing happened. Augmentation is the only method that was better in all eight pairs, by 0.7 points. L2, dropout and noise on the
# input gained 0.3 points on average and were not better every time; L1, noise on hidden values and on weights, and early stopping changed nothing that can be told from
# chance. Label smoothing was a little worse. The plain network learns these 200 digits by heart and
# reads 93 % of new ones all the same: learning by heart does no great harm where everything learned is true.
#
# **With wrong labels** everything helped. Every method but early stopping won all eight pairs. The error fell from 23 % to between 11 and 18 %.
#
# Early stopping came last. Its number of passes was chosen on other runs and held fixed; watching each run by itself, as one would in practice, may do better.
# Three methods (L2, dropout, label smoothing) took the strongest of their four tries, so there may be more in them.
#
# Now hold two statements of 004 against this.

# %%
for title, found in results.items():
    print(f"{title}: test error minus that of L2")
    for name in ("noise on the input", "augmentation", "dropout", "noise on weights", "noise on hidden values"):
        change = found[name][1] - found["L2"][1]
        print(f"  {name:23} {change.mean():+5.1f} ± {change.std(ddof=1):.1f}, better in {(change < 0).sum()} of 8")

# %% [markdown]
# - 004 says that injecting noise is in general far more powerful than shrinking parameters, above all noise in hidden units. We found half of it. With wrong labels, noise
#   on the input beat L2 in seven of eight pairs, and so did augmentation. Dropout and noise on weights were on a par with it, and Gaussian noise on hidden values was behind.
#   With right labels only augmentation was ahead of L2, by half a point in seven of eight pairs. Exercise 2 shows a weakness of additive noise on hidden values.
# - 004 says that label smoothing is the most common answer to labels that are not 100 % right. With wrong labels it helped a lot, as much as L2 or dropout. With right
#   labels it did not help.
#
# What this does not show: how it is with other data and larger networks. There were three validation runs for each try, so the chosen strengths are themselves a
# little random, and the validation digits had right labels also where the training digits had wrong ones. The 200 digits of
# any two seeds overlap, since all come from a pool of 500, so the eight runs are not fully independent.
#
# ## Change it
#
# The test set has done its work; from here on we look at validation digits only. Do two methods together help more than one? And was
# "100 passes for all" fair to augmentation, which never shows the same digit twice? Change strengths, methods, passes.

# %%
moved = partial(data.augment, shift=0.5, rotation=10, scale=0.1)
for title, wrong, options in (
    ("wrong labels, noise on the input", 40, {"noise": "input", "strength": 0.4}),
    ("wrong labels, noise on the input and augmentation", 40, {"noise": "input", "strength": 0.4, "augment": moved}),
    ("right labels, 400 passes, nothing", 0, {"epochs": 400}),
    ("right labels, 400 passes, augmentation", 0, {"epochs": 400, "augment": moved}),
):
    errors = [100 * (1 - train(seed, wrong, **options).accuracy(x_val, y_val)) for seed in range(3)]
    print(f"{title:51} validation error {np.mean(errors):.1f} ± {np.std(errors, ddof=1):.1f} %")

# %% [markdown]
# Two methods together were not better than noise alone: each was strong enough by itself, and both together are too much. And time was what
# augmentation needed. With 400 passes it takes a quarter off the error, while the plain network, which sees nothing new, stays where it was. So the
# comparison above, at 100 passes, was unkind to augmentation. A comparison always holds for its recipe.
#
# ## Exercises
#
# **1.** Ridge regression in one direction: along it the inputs have variance $v$, and without a price the weight would be $a$. What does ridge make of
# it? And what does gradient descent from 0 without a price make of it after $\tau$ steps? Which directions suffer most in both?
#
# <details><summary>Answer</summary>
#
# The loss is $\frac v2 (w - a)^2 + \frac\lambda2 w^2$, with the minimum $w = \frac{v}{v + \lambda}\, a$. Directions with $v \gg \lambda$ keep their weight, those with
# $v \ll \lambda$ lose it: where the data say little, the price decides. Gradient descent without a price takes $w - a \leftarrow (1 - \eta v)(w - a)$, so
# after $\tau$ steps $w = (1 - (1 - \eta v)^\tau)\, a$. This, too, is near $a$ for large $v$ and about $\tau \eta v\, a$ for small $v$. Compare with $\frac v\lambda a$:
# early stopping acts like L2 with $\lambda \approx \frac{1}{\eta \tau}$.
#
# </details>
#
# **2.** A network is trained with Gaussian noise of fixed size on its hidden values. It can defend itself against this noise without becoming any more cautious. How? Why
# does this not work against dropout, and what should be combined with the noise? Test it: look at the norm of both weight matrices.
#
# <details><summary>Answer</summary>
#
# It makes the hidden values larger and the weights behind them smaller. With ReLU a factor $c$ can be moved from one layer to the other without any change of the
# scores, and the noise counts $c$ times less. Dropout multiplies, so its noise grows with the values. We measured (right labels, mean of three seeds, typical
# size, root mean square, of the hidden values on the validation digits): 1.07 without noise, 1.48 with σ = 1, 1.77 with σ = 2; the norm of the weights behind them
# 8.4, 6.8 and 5.7. L2 on the first layer puts a price on this way out.
#
# </details>
#
# **3.** Somebody tries ten methods with ten strengths each on the test set and publishes the best. Simulate it: 100 methods that all do nothing, so that each has
# a true error of 7 %, and 899 test digits. What is the best result to be expected, and what does it say?
#
# <details><summary>Answer</summary>
#
# `np.random.default_rng(0).binomial(899, 0.07, size=(1000, 100)).min(axis=1).mean() / 899` gives 5.0 %. One would publish an improvement of two points that is
# pure selection; on new data it is gone. (Real methods are tested on the same digits, which makes their errors alike and the effect smaller.) This
# is why choosing is done on validation data and why the test set is looked at once.
#
# </details>
#
# ## What to read next
#
# - A. E. Hoerl and R. W. Kennard (1970), *Ridge regression: biased estimation for nonorthogonal problems*. Technometrics 12.
# - A. Krogh and J. A. Hertz (1992), *A simple weight decay can improve generalization*. NeurIPS 4.
# - A. F. Murray and P. J. Edwards (1994), *Enhanced MLP performance and fault tolerance resulting from synaptic weight noise during training*. IEEE
#   Transactions on Neural Networks 5.
# - C. M. Bishop (1995), *Training with noise is equivalent to Tikhonov regularization*. Neural Computation 7.
# - R. Tibshirani (1996), *Regression shrinkage and selection via the lasso*. Journal of the Royal Statistical Society B 58.
# - L. Prechelt (1998), *Early stopping – but when?* In Neural Networks: Tricks of the Trade, Springer.
# - P. Y. Simard, D. Steinkraus and J. C. Platt (2003), *Best practices for convolutional neural networks applied to visual document analysis*. ICDAR. Augmentation of digits.
# - G. Hinton, N. Srivastava, A. Krizhevsky, I. Sutskever and R. Salakhutdinov (2012), *Improving neural networks by preventing co-adaptation of feature detectors*. arXiv 1207.0580.
# - N. Srivastava, G. Hinton, A. Krizhevsky, I. Sutskever and R. Salakhutdinov (2014), *Dropout: a simple way to prevent neural networks from overfitting*. JMLR 15.
# - I. Goodfellow, Y. Bengio and A. Courville (2016), *Deep Learning*, MIT Press, chapter 7. Nearly all of this lecture's methods, and more.
# - C. Szegedy and others (2016), *Rethinking the Inception architecture for computer vision*. CVPR. Label smoothing.
# - C. Zhang, S. Bengio, M. Hardt, B. Recht and O. Vinyals (2017), *Understanding deep learning requires rethinking generalization*. ICLR. Networks that learn random labels.
# - D. Arpit and others (2017), *A closer look at memorization in deep networks*. ICML. What they have in common comes first, the mistakes later.
# - I. Loshchilov and F. Hutter (2019), *Decoupled weight decay regularization*. ICLR.
#
# Next: [autoencoders: learning without labels](07_autoencoders.ipynb).
