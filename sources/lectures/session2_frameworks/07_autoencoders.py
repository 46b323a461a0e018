# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Autoencoders
#
# So far every network had a teacher: a label for each image. An autoencoder (自编码器) learns from images alone. It says again what it
# has seen, and in between it must put the image into few numbers, or few busy ones. Those numbers are what we are after.
#
# **You will be able to**
#
# - build an autoencoder from layers that you know, and say where its error comes from without labels;
# - say when it is the same as principal component analysis, and when it is more;
# - train a deep one layer by layer, put a classifier on its code, and fine-tune the whole;
# - derive the gradient of the sparse autoencoder of the 2013 notes (002) by hand, and check it;
# - train one that removes noise, and say for which noise it helps and for which it does not.
#
# Time: about 40 minutes. You need [training deep nets](05_training_deep_nets.ipynb) and [regularisation](06_regularisation.ipynb).

# %%
import numpy as np
from scipy.stats import kurtosis
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from threadpoolctl import threadpool_limits

from course_pkg import data, nn, show
from course_pkg.show import COLOURS
from course_pkg.unsupervised import (
    Autoencoder,
    SparseAutoencoder,
    StackedAutoencoder,
    TiedReconstruction,
    corrupt,
    reconstruction_error,
)
from course_pkg.vision import fit_gabor

# %%
threadpool_limits(1)  # for matrices as small as ours a second thread costs more than it brings
digits = data.digits(dtype="float32")
X, X_test = digits.x_train.reshape(-1, 64), digits.x_test.reshape(-1, 64)
y, y_test = digits.y_train, digits.y_test

# %% [markdown]
# ## A picture first: 64 pixels in two numbers
#
# Each digit is 64 numbers. We squeeze them into two and plot these as a point. On the left, principal component analysis
# (主成分分析, PCA) does it: the best that straight lines can do. In the middle an autoencoder does it, whose layers have 64, 32 and 2
# neurons on the way in, and the same on the way out. Neither has seen a label. The colours come afterwards.

# %%
deep = Autoencoder((64, 32, 2), activation="tanh", output="sigmoid", epochs=80).fit(X)
flat = PCA(2).fit(X)

# %% jupyter={"source_hidden": true}
TEN = [
    *(COLOURS[c] for c in ("blue", "orange", "green", "red", "purple", "sky", "black")),
    "#8c6d31",
    "#7b4173",
    "0.55",
]


def scatter(ax, codes, title):
    for code, label in zip(codes, y_test, strict=True):
        ax.text(*code, str(label), color=TEN[label], fontsize=8, ha="center", va="center")
    low, high = codes.min(axis=0), codes.max(axis=0)
    margin = 0.05 * (high - low)
    ax.set(title=title, xlim=(low[0] - margin[0], high[0] + margin[0]), ylim=(low[1] - margin[1], high[1] + margin[1]))
    ax.grid(False)


side = np.linspace(-0.98, 0.98, 14)
plane = np.stack(np.meshgrid(side, side[::-1]), axis=-1).reshape(-1, 2)
mosaic = deep.inverse_transform(plane).reshape(14, 14, 8, 8).swapaxes(1, 2).reshape(112, 112)
fig, axes = show.new_figure(1, 3, size=(12, 4.2))
scatter(axes[0], flat.transform(X_test), "PCA: two numbers")
scatter(axes[1], deep.transform(X_test), "autoencoder: two numbers")
axes[2].imshow(mosaic, extent=(-1, 1, -1, 1), cmap="gray")
axes[2].set(title="what the decoder makes of each point")
axes[2].grid(False)
show.figure(
    fig,
    alt="Left: 360 test digits placed by PCA; most classes overlap in one cloud, only 0, 4 and 6 stand apart. Middle: the same digits placed by "
    "the autoencoder; most classes form separate islands and bands. Right: the square of all codes, in each place the digit that the decoder draws "
    "there; regions of 0, 1, 2 and so on pass smoothly into each other.",
    caption="Test digits, each drawn as its label. Left and middle: two ways to two numbers. Right: the way back, from any two numbers to a picture.",
)

# %%
# NBVAL_CHECK_OUTPUT
codes = {"PCA": (flat.transform(X), flat.transform(X_test)), "autoencoder": (deep.transform(X), deep.transform(X_test))}
right = {name: KNeighborsClassifier(5).fit(c, y).score(c_test, y_test) for name, (c, c_test) in codes.items()}
error = {"PCA": reconstruction_error(flat, X_test), "autoencoder": reconstruction_error(deep, X_test)}
print(f"autoencoder: error below 0.7 of PCA's     {error['autoencoder'] < 0.7 * error['PCA']}")
print(
    f"its neighbours have the same label more often, by 15 points or more: {right['autoencoder'] > right['PCA'] + 0.15}"
)

# %%
for name in codes:
    print(
        f"{name:11}: mean ‖x̂ − x‖² on test digits {error[name]:.2f}; five nearest neighbours vote right {right[name]:.0%}"
    )

# %% [markdown]
# Five neighbours in the plane tell the class of more than nine digits out of ten, although nobody told the network that there are classes. That is the
# promise of learning without labels, **unsupervised learning** (无监督学习). Be careful with the picture, though. Another seed gives another map,
# and not always one as good: with seeds 0 to 2 we measured 91 to 96 % for this recipe, and with other sizes, activations and learning rates 64 to 93 %.
#
# ## The idea
#
# An **encoder** (编码器) makes a **code** (编码) $h$ from the input $x$. A **decoder** (解码器) makes $\hat x$ from the code. The notes (002) ask: how do we know
# that the code stands for the input? If $\hat x$ is like $x$, nothing important was lost. So the input is its own label, and the loss is
# the **reconstruction error** (重构误差):
#
# $$h = f(Wx + b), \qquad \hat x = W' h + b', \qquad L = \tfrac12 \lVert \hat x - x \rVert^2.$$
#
# Everything here is known. A network, a loss, and `nn.fit` with `X` in the place of the labels:

# %%
rng = np.random.default_rng(0)
layers = [nn.Dense(64, 16, rng=rng, dtype="float32"), nn.Sigmoid(), nn.Dense(16, 64, rng=rng, dtype="float32")]
net = nn.Net(layers, loss=nn.SquaredError())
falling = [2 * net.loss(X_test, X_test)]  # the loss has a factor ½
for _ in range(40):
    nn.fit(net, X, X, lr=0.005, epochs=1, batch_size=32, optimiser=nn.Adam, rng=rng)
    falling.append(2 * net.loss(X_test, X_test))

# %%
pca16 = reconstruction_error(PCA(16).fit(X), X_test)
show.curves(
    {"autoencoder, 16 sigmoids": (range(41), falling), "PCA, 16 numbers": (range(41), np.full(41, pca16))},
    xlabel="passes over the training digits",
    ylabel="mean ‖x̂ − x‖², test digits",
    log=True,
    alt="The reconstruction error on test digits falls from above 20 before training to below 1 after 40 passes, a little above the level of PCA.",
    caption="The reconstruction error falls. Nobody gave a label.",
)

# %%
# NBVAL_CHECK_OUTPUT
print(
    f"test error before training above 15: {falling[0] > 15}; after 10 passes below 1.5: {falling[10] < 1.5}; after 40 below 1: {falling[40] < 1}"
)

# %% [markdown]
# `Autoencoder` is that, with any number of layers, and with scikit-learn's three verbs: `fit`, `transform` (to the code), `inverse_transform` (back). Therefore
# it can stand in a scikit-learn pipeline.

# %%
model = Autoencoder(16, epochs=40).fit(X)
shown = X_test[:10]
show.images(
    [*shown.reshape(-1, 8, 8), *model.inverse_transform(model.transform(shown)).clip(0, 1).reshape(-1, 8, 8)],
    columns=10,
    size=0.85,
    alt="Ten test digits and below them their reconstructions, which are a little softer but easily recognised.",
    caption="Above: test digits, 64 numbers each. Below: rebuilt from 16 numbers.",
)

# %% [markdown]
# ## Is it PCA?
#
# The notes say that the autoencoder finds the most important factors of the data, "as PCA does". Without an activation this is a theorem: a
# linear autoencoder with $K$ code units has its minimum exactly where the code spans the same space as the first $K$ principal
# components, and it has no other local minima (Baldi and Hornik, 1989). Let us see.

# %%
# NBVAL_CHECK_OUTPUT
linear, pca = Autoencoder(4, activation="linear", epochs=100).fit(X), PCA(4).fit(X)
ratio = reconstruction_error(linear, X_test) / reconstruction_error(pca, X_test)
q, _ = np.linalg.qr(linear.decoder_["decode1"].weight.data)
cosines = np.linalg.svd(q.T @ pca.components_.T, compute_uv=False)
print(f"error of the linear autoencoder / error of PCA: {ratio:.2f}")
print(f"all angles between the two spaces below 8°:     {bool(cosines.min() > 0.99)}")

# %% [markdown]
# So a linear autoencoder is a slow way to do PCA. With activations and more layers it can do better, since digits do not lie in a flat
# space: the code of two numbers at the top left an error of about half of PCA's. It need not do better: with one hidden layer of 16 sigmoids
# (the curve above) PCA is still a little ahead.
#
# ## Deep, layer by layer
#
# Deep autoencoders were once thought to be hopeless. In 2006 Hinton and Salakhutdinov trained one by starting **layer by layer** (逐层训练). The notes
# tell the variant with autoencoders (Bengio, Lamblin, Popovici and Larochelle, 2007):
#
# 1. Train an autoencoder with one hidden layer on the images.
# 2. Keep its encoder. Its codes are the input of the next autoencoder, and so on up. The layers below stay fixed.
# 3. Put all encoders, and all decoders in reverse, into one net: a **stacked autoencoder** (栈式自编码器). Train it as a whole: **fine-tuning** (微调).
#
# (002 says in step 2 that the decoder is no longer needed. For a classifier that is so. For step 3 we keep it.)

# %%
show.source(StackedAutoencoder)

# %% [markdown]
# Is the detour worth it? Sigmoids, four layers down to a code of two, and as many up. "All at once" makes 80 passes over the whole net. "Layer by
# layer" makes 20 passes for each layer, which are cheaper, then 60 over the whole. (The learning rate is the best for the second way among
# 0.003, 0.01, 0.02 and 0.04, with seeds that are not used here. With none of the four was the first way better on average.)

# %%
recipe = {"hidden": (64, 32, 16, 2), "output": "sigmoid", "lr": 0.02, "batch_size": 128}
results = {"all at once": [], "layer by layer": [], "layer by layer, fine-tuned": []}
for seed in range(4):
    direct = Autoencoder(**recipe, epochs=80, rng=seed).fit(X)
    results["all at once"].append(reconstruction_error(direct, X_test))
    stack = StackedAutoencoder(**recipe, epochs=20, rng=seed).fit(X)
    results["layer by layer"].append(reconstruction_error(stack, X_test))
    stack.fine_tune(X, epochs=60)
    results["layer by layer, fine-tuned"].append(reconstruction_error(stack, X_test))

# %% jupyter={"source_hidden": true}
pca2 = reconstruction_error(flat, X_test)
fig, ax = show.new_figure(size=(7.5, 2.6))
for row, values in enumerate(results.values()):
    ax.plot(values, [row] * 4, "o", ms=8, color=COLOURS["blue"], alpha=0.7)
ax.axvline(pca2, color=COLOURS["red"], ls="--", label="PCA, two numbers")
ax.set(yticks=range(3), yticklabels=results, ylim=(2.5, -0.5), xlim=(0, 4.8), xlabel="mean ‖x̂ − x‖², test digits")
ax.legend(loc="lower left")
show.figure(
    fig,
    alt="Test error of eight-layer sigmoid autoencoders, four seeds each. All at once: between 2.6 and 3.3. Layer by layer without "
    "fine-tuning: 4.1 to 4.6, worse than PCA's 3.4. Layer by layer and fine-tuned: close together near 2.3.",
    caption="Eight layers of sigmoids with a code of two numbers, four seeds.",
)
for name, values in results.items():
    print(f"{name:27} {np.mean(values):.2f} ± {np.std(values, ddof=1):.2f}")

# %%
# NBVAL_CHECK_OUTPUT
once, greedy, tuned = map(np.array, results.values())
print(f"fine-tuned better than all at once, in each of 4 seeds: {bool((tuned < once).all())}")
print(f"the layers alone worse than PCA, in each of 4 seeds:    {bool((greedy > pca2).all())}")

# %% [markdown]
# (± is the standard deviation over the seeds.) Three things to see:
#
# - The layers alone are worse than PCA. Each was trained for its own small task and does not know what those above will throw away.
# - As a *start* they are good: after fine-tuning the net is better than one trained all at once, and more even from seed to seed.
# - That is so at this depth. With one layer less, (64, 32, 2), there is hardly a difference: 2.41 ± 0.12 all at once, 2.36 ± 0.05 fine-tuned (three other
#   seeds, measured beforehand).
#
# This repeats what [lecture 5](05_training_deep_nets.ipynb) found about deep sigmoid nets: layer-wise training is one cure for a bad start. It is not the only one.
#
# ## A classifier on the code
#
# The autoencoder cannot name a digit. 002 gives two ways from here. **One**: put a classifier on the code and train only that. **Two**: put a layer on the
# code and fine-tune the whole net with labels. It adds that learned features *beside* the original ones raise the accuracy a lot. We test all of it,
# with 50 labels and with all 1,437; the autoencoders see all images either way. One stack is plain, one is trained with noise (next section).
# The random start is the same net without the autoencoder's training.


# %%
def stack(seed, epochs=30, corruption=0.0):
    """Two layers of sigmoids, trained layer by layer without labels; with 0 epochs, a random start."""
    settings = {"output": "sigmoid", "batch_size": 64, "corruption": corruption, "rng": seed}
    return StackedAutoencoder((128, 64), epochs=epochs, **settings).fit(X)


def fine_tuned(start, rows, seed, lr):
    """Test accuracy of the encoder with a layer on top, all trained with the labels of ``rows``."""
    classifier, few = start.to_classifier(10, rng=seed), len(rows) < 100
    settings = {"epochs": 80 if few else 30, "batch_size": 32 if few else 64, "optimiser": nn.Adam, "rng": seed}
    nn.fit(classifier, X[rows], y[rows], lr=lr, **settings)
    return classifier.accuracy(X_test, y_test)


def linear_on(features, rows):
    """Test accuracy of logistic regression on ``features``, a function of the images."""
    model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=2000)).fit(features(X[rows]), y[rows])
    return model.score(features(X_test), y_test)


# %%
STARTS = {"random start": {"epochs": 0}, "plain": {}, "denoising": {"corruption": 0.3}}
accuracy = {}
for seed in range(3):
    rng = np.random.default_rng(seed)
    orders = [rng.permutation(len(X)) for _ in range(4)]
    starts = {name: stack(seed, **kind) for name, kind in STARTS.items()}
    for rows in (*(order[:50] for order in orders), orders[0]):
        scores = {"pixels": linear_on(lambda x: x, rows)}
        for name, start in starts.items():
            lr = 0.03 if name == "random start" and len(rows) > 50 else 0.01
            scores[f"code, {name}"] = linear_on(start.transform, rows)
            scores[f"pixels and code, {name}"] = linear_on(lambda x, m=start: np.hstack([x, m.transform(x)]), rows)
            scores[f"fine-tuned, {name}"] = fine_tuned(start, rows, seed, lr)
        for name, value in scores.items():
            accuracy.setdefault(name, {}).setdefault(len(rows), []).append(100 * value)

# %%
ORDER = ["pixels", *(f"{kind}, {name}" for kind in ("code", "pixels and code", "fine-tuned") for name in STARTS)]
cells = {name: [f"{np.mean(v):.1f} ± {np.std(v, ddof=1):.1f}" for v in accuracy[name].values()] for name in ORDER}
show.table(
    [(name, *cells[name]) for name in ORDER],
    ["test accuracy, %", "50 labels", "1,437 labels"],
    caption="Mean ± standard deviation of three seeds; with 50 labels, four choices of labels for each. Code, pixels: logistic regression.",
)

# %%
# NBVAL_CHECK_OUTPUT
few = {name: np.array(values[50]) for name, values in accuracy.items()}
for better, worse in (("code, denoising", "pixels"), ("fine-tuned, denoising", "fine-tuned, random start")):
    wins = (few[better] > few[worse]).sum()
    print(f"50 labels: '{better}' ahead of '{worse}' in at least 10 of 12 runs: {bool(wins >= 10)}")

# %% [markdown]
# What came out:
#
# - **With 50 labels** the spread is large, since much depends on *which* 50. But run by run, with the same 50 labels, the autoencoder trained with noise was
#   ahead in all twelve; the plain one helps less. It has seen 1,437 images; the labels only have to name what it found.
# - **With all labels** everything is within a point or two, and one digit of the test set is 0.3 points. The fine-tuned random start is two digits behind.
# - **Two or one?** 002 calls fine-tuning the whole net the best way if there are enough data. In our table it is best with all labels. With 50 labels the
#   fixed code of the denoising stack does as well.
# - "Learned features beside the original ones raise the accuracy a lot": with 50 labels yes, by several points, but the code alone does it too. With all
#   labels, by two or three digits of 360.
# - The control is a random code: not better than pixels. It is the learning that counts, not the 64 sigmoids.
#
# (Rates: 0.003, 0.01 and 0.03 were tried with other seeds. Sizes and noise level were chosen after a look at the test results of a few settings, so
# the numbers are a little kind to the autoencoders. And a net that learns well from a random start is not a weak rival: see
# [lecture 6](06_regularisation.ipynb).)
#
# The notes conclude that deep learning owes its success "largely" to this first stage, because it brings the start nearer to the global optimum. For large
# labelled sets that did not last: since about 2012 such nets are trained from random weights. Where labels are few, the idea won in another form.
#
# ## Denoising
#
# If the code is as large as the input, an autoencoder could simply copy. The **denoising autoencoder** (降噪自编码器; Vincent, Larochelle, Bengio and
# Manzagol, 2008) gets a harder task: it sees $x$ with noise and must give back the clean $x$. To do so it must know what digits look like. In code it is
# one argument of `nn.fit`: each batch of inputs is replaced by a noisy copy, the targets are not.

# %%
show.source(corrupt)

# %%
NOISE = 0.3
plain, stopped, denoising = [], [], []
for seed in range(3):
    settings = {"hidden": 64, "output": "sigmoid", "rng": seed}
    plain.append(Autoencoder(**settings, epochs=40).fit(X))
    stopped.append(Autoencoder(**settings, epochs=14).fit(X))
    denoising.append(Autoencoder(**settings, epochs=40, corruption=NOISE, noise="gaussian").fit(X))
noisy = corrupt(X_test, NOISE, noise="gaussian", rng=100)
best_pca = min((PCA(k).fit(X) for k in range(2, 60, 2)), key=lambda m: reconstruction_error(m, X_test, given=noisy))


# %% jupyter={"source_hidden": true}
def clean(model):
    return model.inverse_transform(model.transform(noisy[:10]))


rows = [noisy[:10], clean(plain[0]), clean(best_pca), clean(denoising[0]), X_test[:10]]
names = ["noisy input", "plain", f"PCA, {best_pca.n_components_}", "denoising", "clean digit"]
fig, axes = show.new_figure(5, 10, size=(9.5, 4.6))
for name, pictures, line in zip(names, rows, axes, strict=True):
    for picture, ax in zip(pictures, line, strict=True):
        ax.imshow(picture.reshape(8, 8), vmin=0, vmax=1, cmap="gray")
        ax.set(xticks=[], yticks=[])
        ax.grid(False)
    line[0].set_ylabel(name, rotation=0, ha="right", va="center")
show.figure(
    fig,
    alt="Ten test digits in five rows. Noisy input: grainy. Plain autoencoder: still grainy. PCA: blurred and grainy. Denoising autoencoder: clean strokes, "
    "close to the clean digits in the last row, some of them with a wrong detail.",
    caption="Gaussian noise with a standard deviation of 0.3, removed in three ways.",
)

# %%
LEVELS = (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6)


def errors(models, noise, levels):
    """Mean ‖x̂ − x‖² on test digits by noise level (rows) and model (columns)."""
    given = [corrupt(X_test, level, noise=noise, rng=100) for level in levels]
    return np.array([[reconstruction_error(model, X_test, given=x) for model in models] for x in given])


kinds = {"plain": plain, "plain, stopped early": stopped, "denoising": denoising}
kinds[f"PCA, {best_pca.n_components_}"] = [best_pca]
curves = {name: errors(models, "gaussian", LEVELS) for name, models in kinds.items()}

# %% jupyter={"source_hidden": true}
fig, ax = show.new_figure(size=(6.5, 3.5))
for (name, values), marker in zip(curves.items(), "o^sD", strict=True):
    ax.fill_between(LEVELS, values.min(axis=1), values.max(axis=1), alpha=0.3, lw=0)
    ax.plot(LEVELS, values.mean(axis=1), marker + "-", ms=5, label=name)
untouched = [((corrupt(X_test, level, noise="gaussian", rng=100) - X_test) ** 2).sum(axis=1).mean() for level in LEVELS]
ax.plot(LEVELS, untouched, ":", color="0.4", label="leave it as it is")
ax.axvline(NOISE, color="0.8", lw=1, zorder=0)
ax.set(xlabel="standard deviation of the noise on the test digits", ylabel="mean ‖x̂ − x‖²", ylim=(0, 8))
ax.legend()
show.figure(
    fig,
    alt="Error by noise level. Without noise the plain autoencoder is best, near 0.2, the denoising one near 0.6. From a noise of about 0.15 on the denoising one "
    "is lowest; at 0.3 it has about half of the error of the plain one and of PCA, and three quarters of that of a plain one that was stopped early. Doing nothing rises fastest.",
    caption="Mean and range of three seeds. The denoising autoencoders were trained at a noise of 0.3 (grey line).",
)

# %%
masked = {name: errors(models, "masking", [0.3])[0] for name, models in kinds.items()}
for name, values in curves.items():
    at = {"clean": values[0], "Gaussian 0.3": values[3], "30 % masked": masked[name]}
    print(f"{name:20}:", ", ".join(f"{k} {v.mean():.2f} ± {v.std():.2f}" for k, v in at.items()))

# %%
# NBVAL_CHECK_OUTPUT
before, after = curves["plain"], curves["denoising"]
print(
    f"noise 0.3: denoising has less than 0.7 of the plain error, in each of 3 seeds: {bool((after[3] < 0.7 * before[3]).all())}"
)
print(
    f"no noise:  plain is better, in each of 3 seeds:                                {bool((after[0] > before[0]).all())}"
)

# %% [markdown]
# Denoising beats plain on noisy input, clearly and in each seed. The rivals had help: PCA's number of components and the moment to stop the plain
# one early (14 passes, before it learns to copy) were chosen on the noisy test digits. And where denoising does not win: on clean input the plain one is better, because the other one smooths away what might have been noise. On another kind of noise, pixels set to
# 0, it beats the plain one, but not the one that was stopped early, and one trained for that noise is better still (exercise 3).
#
# 002 says that it learns more robust features and therefore generalises better. In the table above its code was indeed better than the plain one's, with 50 labels by
# some points.
#
# ## The sparse autoencoder of 2013
#
# Another way to forbid copying: not few numbers, but few *busy* ones. The notes (002) write, with $X$ one sample as a column, a linear code and the same
# matrix up and down,
#
# $$h = W^\top X, \qquad L(X; W) = \lVert W h - X \rVert^2 + \lambda \sum_j |h_j| .$$
#
# $\lambda$ is the price of being busy (L1, as for weights in [lecture 6](06_regularisation.ipynb), but here on the *code*). $W$ stands in two places: the weights are
# **tied** (权值绑定). So its gradient is a sum of two. Write $r = Wh - X$. If $W$ changes by $dW$, then $h$ changes by $dh = dW^\top X$ and $r$ by
# $dr = dW\,h + W\,dh$. Therefore
#
# $$dL = 2 r^\top dr + \lambda\, \mathrm{sign}(h)^\top dh = 2 r^\top dW\, h + g^\top dW^\top X \qquad \text{with} \quad g = \frac{\partial L}{\partial h} = 2 W^\top r + \lambda\, \mathrm{sign}(h),$$
#
# $$\frac{\partial L}{\partial W} = 2\, r h^\top + X g^\top .$$


# %%
def loss_and_gradient(W, X, lam):
    """The sum of L over the columns of X (D, N), and its gradient by W (D, K)."""
    h = W.T @ X
    r = W @ h - X
    g = 2 * W.T @ r + lam * np.sign(h)
    return (r**2).sum() + lam * np.abs(h).sum(), 2 * r @ h.T + X @ g.T


# %%
# NBVAL_CHECK_OUTPUT
rng = np.random.default_rng(0)
W, samples = rng.normal(size=(6, 4)), rng.normal(size=(6, 5))
by_hand = loss_and_gradient(W, samples, 0.5)[1]
by_definition = nn.numerical_gradient(lambda W: loss_and_gradient(W, samples, 0.5)[0], W)
print(f"relative error below 1e-7: {np.abs(by_hand - by_definition).max() / np.abs(by_definition).max() < 1e-7}")

# %% [markdown]
# In the package the two sums sit where they belong: the decoder's in the loss, the encoder's in the dense layer.

# %%
show.source(nn.Dense.backward)
show.source(TiedReconstruction.backward)

# %% [markdown]
# What does it find? Digits have little to offer here, so we take natural images: patches of 8×8 pixels from seven photos, whitened as in
# [lecture 8 of Session I](../session1_networks/08_deep.ipynb). For comparison, the same from scrambled photos, which have the same spectrum and no edges.

# %%
photos = [data.whiten(data.photo(name, height=256, grey=True), cutoff=0.6) for name in data.PHOTOS]
sources = {"photos": photos, "scrambled": [data.scramble(photo, rng=i) for i, photo in enumerate(photos)]}
found = {}
for name, pictures in sources.items():
    P = data.patches(pictures, 8, 10_000).reshape(-1, 64).astype("float32")
    P -= P.mean(axis=1, keepdims=True)
    model = SparseAutoencoder(63, sparsity=1.0, epochs=10, batch_size=100).fit(P)
    order = np.argsort(-np.linalg.norm(model.components_, axis=1))
    found[name] = model, P, model.components_[order][:32].reshape(-1, 8, 8)

# %%
show.images(
    [w / np.abs(w).max() for _, _, W in found.values() for w in W],
    columns=16,
    size=0.6,
    alt="Upper two rows: 32 features from photos, most of them a bright line beside a dark one in some direction. Lower two rows: 32 features "
    "from scrambled photos, checkerboards and waves that fill the patch.",
    caption="The 32 longest columns of W. Upper two rows: from photos. Lower two rows: from scrambled photos. Each on its own scale.",
)
fits = {name: np.median([fit_gabor(w).r2 for w in W]) for name, (_, _, W) in found.items()}
for name, (model, P, _) in found.items():
    h, share = model.transform(P), reconstruction_error(model, P) / (P**2).sum(axis=1).mean()
    print(
        f"{name:9}: median Gabor R² {fits[name]:.2f}; error {share:.0%} of ‖x‖²; kurtosis of the code {np.median(kurtosis(h)):.1f}",
        end="; ",
    )
    print(f"exact zeros in the code: {(h == 0).sum()} of {h.size:,}")

# %%
# NBVAL_CHECK_OUTPUT
print(f"features from photos fit a Gabor function better:         {bool(fits['photos'] > fits['scrambled'] + 0.1)}")
zeros = np.mean([(model.transform(P) == 0).mean() for model, P, _ in found.values()])
print(f"share of exact zeros in the codes below 1 in 100,000:    {bool(zeros < 1e-5)}")

# %% [markdown]
# Edges, without any label. The same model, with $|h|$ a little rounded at 0, is known as independent component analysis with a reconstruction cost
# (Le, Karpenko, Ngiam and Ng, 2011).
#
# ### Where the sources are wrong
#
# The notes say that L1 makes most nodes of a layer **0**, and that the name "sparse" comes from there. In their own model it cannot. A code
# $h = W^\top X$ is a linear function of the image; it is exactly 0 only by accident, and among 1.26 million numbers there was no such accident. What the price did is to make
# the code *peaked*: most numbers small, a few large (a Gaussian has kurtosis 0). Real zeros need a kink in the encoder. A ReLU has one, as in
# exercise 2. Or the code itself is found by a minimisation, in which 0 is a frequent result. That is sparse coding, the next lecture.
#
# ## Change it
#
# Make the code of the first picture three numbers, or the activation "relu", or leave out a layer. Give the denoising autoencoder "masking" noise.

# %%
changed = Autoencoder((64, 32, 3), activation="tanh", output="sigmoid", epochs=80).fit(X)
print(
    f"three numbers: error {reconstruction_error(changed, X_test):.2f} (PCA: {reconstruction_error(PCA(3).fit(X), X_test):.2f})"
)

# %% [markdown]
# ## Exercises
#
# **1.** A linear autoencoder with 64 code units can copy: $W' W = 1$. What error does it reach, and what has it learned? What if it is trained with
# Gaussian noise of standard deviation $\sigma$?
#
# <details><summary>Answer</summary>
#
# The error goes to 0, and it has learned nothing about digits: any invertible $W$ will do. With noise the best linear map is no longer the identity. In the
# direction of a principal component with variance $v$ the best factor is $v / (v + \sigma^2)$: strong directions are kept, weak ones are shrunk. That is a soft
# version of PCA (in statistics: the Wiener filter). `Autoencoder(64, activation="linear", corruption=0.3, noise="gaussian")` shows it.
#
# </details>
#
# **2.** `Autoencoder(64, activation="relu", sparsity=λ, output="sigmoid")` puts the price on a code that can be exactly 0. Plot the share of zeros and the
# reconstruction error for λ = 0, 0.02, 0.05, 0.1. Then `activation="sigmoid", sparsity=1.0, target=0.05`: what is different?
#
# <details><summary>Answer</summary>
#
# ```python
# for lam in (0, 0.02, 0.05, 0.1):
#     model = Autoencoder(64, activation="relu", sparsity=lam, output="sigmoid").fit(X)
#     print(lam, (model.transform(X_test) == 0).mean(), reconstruction_error(model, X_test))
# ```
#
# We got 20 % zeros without a price (12 of the 64 units are 0 for every test digit), then 41, 52 and 63 %; the error rises from 0.15 to 0.18, 0.24 and 0.31. A sigmoid is never 0.
# With the target its mean activity falls to 0.07 (the target 0.05 is a price, not a command), and 80 % of the code is below 0.1.
#
# </details>
#
# **3.** Train with masking noise of 0.3 instead of Gaussian noise, and test both models on both kinds of noise. Which one is the generalist?
#
# <details><summary>Answer</summary>
#
# Mean of three seeds. Trained with Gaussian noise: 1.23 on Gaussian noise, 2.02 on masked digits. Trained with masking: 2.23 and 1.45. Neither: each is best
# at home, and both beat the plain one on masked digits (3.41). Away from home, on Gaussian noise, the one trained with masking is no better than the plain one (2.16).
#
# </details>
#
# ## What to read next
#
# - D. Rumelhart, G. Hinton and R. Williams (1986), *Learning internal representations by error propagation*. In: Parallel Distributed Processing. The first
#   autoencoder: the 8-3-8 encoder.
# - H. Bourlard and Y. Kamp (1988), *Auto-association by multilayer perceptrons and singular value decomposition*. Biological Cybernetics 59.
# - P. Baldi and K. Hornik (1989), *Neural networks and principal component analysis: learning from examples without local minima*. Neural Networks 2.
# - G. Hinton and R. Salakhutdinov (2006), *Reducing the dimensionality of data with neural networks*. Science 313.
# - Y. Bengio, P. Lamblin, D. Popovici and H. Larochelle (2007), *Greedy layer-wise training of deep networks*. NIPS 19.
# - P. Vincent, H. Larochelle, Y. Bengio and P.-A. Manzagol (2008), *Extracting and composing robust features with denoising autoencoders*. ICML. Longer: JMLR 11, 2010.
# - A. Ng (2011), *Sparse autoencoder*. CS294A lecture notes, Stanford.
# - Q. Le, A. Karpenko, J. Ngiam and A. Ng (2011), *ICA with reconstruction cost for efficient overcomplete feature learning*. NIPS 24.
# - K. He and others (2022), *Masked autoencoders are scalable vision learners*. CVPR. Masking noise, taken far: three quarters of the image are hidden.
#
# Next: [sparse coding](08_sparse_coding.ipynb), where zeros are real zeros.
