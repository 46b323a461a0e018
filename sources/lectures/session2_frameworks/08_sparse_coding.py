# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Sparse coding
#
# A piece of a photo is the sum of a few building blocks out of many. Which blocks? In 1996 a short paper let a computer find them, and
# out came what physiologists had found in the visual cortex. This lecture repeats it.
#
# **You will be able to**
#
# - write a patch as a sum of few others by LASSO, by hand and in a way that you can watch;
# - say why a price on $|a|$ gives exact zeros, and where a price on $a^2$ would not;
# - learn a dictionary by turns, and say which condition the notes (002) forgot;
# - show that the atoms learned from photos are edges, against two controls;
# - clean a noisy photo with it.
#
# Time: about 40 minutes. You need [autoencoders](07_autoencoders.ipynb), and whitening and Gabor functions from
# [lecture 8 of Session I](../session1_networks/08_deep.ipynb).

# %%
import numpy as np
from scipy.ndimage import gaussian_filter
from skimage.restoration import denoise_tv_chambolle
from sklearn.decomposition import PCA, sparse_encode
from sklearn.feature_extraction.image import extract_patches_2d, reconstruct_from_patches_2d
from threadpoolctl import threadpool_limits

from course_pkg import data, show
from course_pkg.show import COLOURS
from course_pkg.unsupervised import SparseCoding, lasso, sparse_coding
from course_pkg.vision import fit_gabor

threadpool_limits(1)  # for matrices as small as ours a second thread costs more than it brings
photos = [data.whiten(data.photo(name, height=256, grey=True)) for name in data.PHOTOS]


def cut(pictures, size, count, rng):
    """Patches as rows, each with mean 0."""
    x = data.patches(pictures, size, count, rng=rng).reshape(count, -1)
    return x - x.mean(axis=1, keepdims=True)


# %% [markdown]
# ## The story of the 400 patches
#
# The notes of 2013 (002) tell it like this. Around 1995 Bruno Olshausen and David Field, at Cornell University, collected black-and-white
# photos of landscapes. They cut out 400 small patches of 16×16 pixels, $S[0] \ldots S[399]$, and one more, $T$. Then they asked: which of the 400 must one
# add up, with which weights, to get $T$?
#
# $$\sum_k a[k]\, S[k] \;\to\; T, \qquad \text{and as few } S[k] \text{ as possible.}$$
#
# We have seven photos and can do the same. They are whitened, as Olshausen and Field did it: the coarse is weakened, the fine strengthened. Each $S[k]$ is
# brought to length 1, so that the weights can be compared.

# %%
S = cut(photos, 16, 400, rng=1)
S /= np.linalg.norm(S, axis=1, keepdims=True)
T = cut(photos, 16, 600, rng=2)

t, λ = T[374], 4.0
a = lasso(t[None], S, λ)[0]
used = np.argsort(-np.abs(a))[: np.count_nonzero(a)]
print(f"{len(used)} of 400 patches are used; they leave {((t - a @ S) ** 2).sum() / (t**2).sum():.0%} of ‖T‖²")

# %% jupyter={"source_hidden": true}
top = used[:7]
fig, axes = show.new_figure(1, 9, size=(11, 1.75))
pictures = [t, *S[top], a @ S]
titles = ["T", *(f"{a[k]:+.1f} · S[{k}]".replace("-", "−") for k in top), f"sum of all {len(used)}"]
for ax, picture, title in zip(axes, pictures, titles, strict=True):
    bound = np.abs(picture).max()
    ax.imshow(picture.reshape(16, 16), cmap="gray", vmin=-bound, vmax=bound)
    ax.set_title(title, fontsize=10)
    ax.axis("off")
show.figure(
    fig,
    alt="A patch T with upright dark and bright bars at its right side; seven of the 400 patches with their weights, the first two with upright bars in "
    "the same place and weights of −5.9 and +4.9, the others with small weights; and the sum of all that are used, which looks like a coarser T.",
    caption="T, the patches with the seven largest weights, and the sum of all.",
)

# %%
codes = lasso(T, S, λ, tolerance=1e-4)
counts = np.count_nonzero(codes, axis=1)
print(f"600 targets: half of them need {np.median(counts):.0f} patches or fewer, the busiest one {counts.max()}")
print(f"on average they leave {((T - codes @ S) ** 2).sum() / (T**2).sum():.0%} of ‖T‖²")

# %% [markdown]
# We picked a target that needs few. Half of all need seven or fewer, among them many that are nearly flat and not worth a single patch at this price; a tangle of leaves
# needs fifty. But fifty of 400 is still few.
#
# ## The problem, written down
#
# The notes write $\Phi_j$ for the building blocks, the **atoms** (原子), all of them together a **basis** or **dictionary** (字典), and $a_j$ for the coefficients (系数):
#
# $$\min_a \; \Big\lVert x - \sum_j a_j \phi_j \Big\rVert^2 + \lambda \sum_j |a_j| .$$
#
# The first term wants the sum to be like $x$. The second is the price of using atoms. This is **sparse coding** (稀疏编码), and for fixed atoms the problem is known in
# statistics as the **LASSO** (Tibshirani, 1996). (At first 002 writes $\lVert\cdot\rVert$ without the square. With a price that is another problem. Its final formula has the
# square, as do we. scikit-learn has a factor ½ in front, so its `alpha` is $\lambda/2$.)
#
# ### Why the price must be $|a|$
#
# One coefficient, one number $u$ to explain. With a price on $a^2$ the minimum of $(u-a)^2 + \lambda a^2$ is at $a = u/(1+\lambda)$: smaller than $u$, never 0. With
# a price on $|a|$ the minimum of $(u-a)^2 + \lambda |a|$ is at
#
# $$a = \mathrm{shrink}(u, \tfrac{\lambda}{2}), \qquad \mathrm{shrink}(u, t) = \mathrm{sign}(u)\,\max(|u| - t,\, 0).$$
#
# For $a > 0$ the derivative is $2(a-u) + \lambda$, which is 0 at $u - \lambda/2$. If that is not above 0, the kink at 0 holds the minimum fast. The name is **soft
# thresholding** (软阈值).


# %%
def shrink(u, t):
    return np.sign(u) * np.maximum(np.abs(u) - t, 0)


# %% jupyter={"source_hidden": true}
fig, (left, right) = show.new_figure(1, 2, size=(9.5, 3.2))
grid = np.linspace(-1.5, 2.5, 401)
for price, label, colour in ((np.abs(grid), "|a|", "red"), (grid**2, "a²", "blue")):
    cost = (0.6 - grid) ** 2 + 1.5 * price
    left.plot(grid, cost, color=COLOURS[colour], label=f"price on {label}")
    left.plot(grid[cost.argmin()], cost.min(), "o", ms=9, color=COLOURS[colour])
left.set(title="cost of a, for u = 0.6 and λ = 1.5", xlabel="a", ylim=(0, 4))
left.legend()
right.plot(grid, shrink(grid, 0.75), color=COLOURS["red"], label="price on |a|")
right.plot(grid, grid / 2.5, color=COLOURS["blue"], label="price on a²")
right.plot(grid, grid, ":", color="0.5", label="no price")
right.set(title="the best a", xlabel="u", ylim=(-1.6, 2.6))
right.legend()
show.figure(
    fig,
    alt="Left: two cost curves over a. With a price on a² a parabola with its minimum at 0.24; with a price on |a| a curve with a kink at 0, and the minimum exactly "
    "there. Right: the best a against u. With the price on |a| it is flat at 0 for u between −0.75 and 0.75, then parallel to the diagonal; with a² a flatter line through 0.",
    caption="A kink in the price holds the minimum at 0.",
)

# %% [markdown]
# ### LASSO by hand
#
# For many coefficients, do two things by turns: a step down the gradient of the first term, then shrink every coefficient. With $L = 2 \cdot$ the largest eigenvalue of
# $\Phi\Phi^\top$, how curved the first term is at most, the step is $1/L$ and the threshold $\lambda/L$. That is **ISTA**, iterative shrinkage and thresholding (Daubechies, Defrise
# and De Mol, 2004).


# %%
def ista(x, atoms, λ, steps):
    """All coefficients (steps + 1, K) on the way to the LASSO of one sample x (D,) in atoms (K, D)."""
    L = 2 * np.linalg.eigvalsh(atoms @ atoms.T)[-1]
    path = [np.zeros(len(atoms))]
    for _ in range(steps):
        gradient = 2 * (path[-1] @ atoms - x) @ atoms.T
        path.append(shrink(path[-1] - gradient / L, λ / L))
    return np.array(path)


def objective(x, atoms, λ, a):
    return ((x - a @ atoms) ** 2).sum(axis=-1) + λ * np.abs(a).sum(axis=-1)


path = ista(t, S, λ, 3000)

# %% jupyter={"source_hidden": true}
fig, (left, middle, right) = show.new_figure(1, 3, size=(12, 3.4))
steps = np.arange(1, 3001)
for k in range(400):
    left.plot(
        steps, path[1:, k], lw=2 if k in used else 1, color=None if k in used else "0.75", zorder=2 if k in used else 1
    )
left.set(xscale="log", title="400 coefficients", xlabel="step", ylabel="a[k]")
middle.semilogx(steps, np.count_nonzero(path[1:], axis=1), color=COLOURS["purple"])
middle.set(title="how many are not 0", xlabel="step", ylim=(0, None))
gaps = objective(t, S, λ, path[1:]) - objective(t, S, λ, lasso(t[None], S, λ, tolerance=1e-12)[0])
right.loglog(steps, gaps, color=COLOURS["blue"])
right.set(title="objective above the minimum", xlabel="step", ylim=(1e-9, None))
show.figure(
    fig,
    alt="Left: 400 coefficients by step. At first many grow a little; then a few take over, and all others shrink back to exactly 0. Middle: the number of "
    "coefficients that are not 0 falls from more than a hundred after the first step to nine. Right: the objective falls towards its minimum, by many powers of ten.",
    caption="ISTA on the patch T: many candidates at first, then a few take over. In colour: those that stay.",
)

# %%
# NBVAL_CHECK_OUTPUT
ours, theirs = lasso(T[:100], S, λ), sparse_encode(T[:100], S, algorithm="lasso_cd", alpha=λ / 2, max_iter=10_000)
difference = np.abs(objective(T[:100], S, λ, ours) / objective(T[:100], S, λ, theirs) - 1).max()
print(f"objective equal to scikit-learn's within 1e-6, for 100 targets: {difference < 1e-6}")
print(
    f"ISTA by hand, the same for T, within 1e-6: {abs(objective(t, S, λ, path[-1]) / objective(t, S, λ, a) - 1) < 1e-6}"
)
print(f"objective never rises: {bool((np.diff(objective(t, S, λ, path)) < 1e-9).all())}")

# %% [markdown]
# ISTA is gradient descent, so it can have momentum; then it is called FISTA (Beck and Teboulle, 2009). The package's `lasso` does that for many samples at once, and it
# stops when it can *prove* how near it is.

# %%
show.source(sparse_coding.lasso_steps)

# %% [markdown]
# ### The dial λ, and why there must be one
#
# The 400 patches have only 256 pixels. The basis is **overcomplete** (超完备): there are infinitely many ways to write $T$ exactly. 002 says so: the coefficients are no
# longer determined by the input, and sparsity is the criterion that chooses. What does the usual choice, the shortest vector $a$, give?

# %%
shortest = np.linalg.lstsq(S.T, t)[0]
print(f"{'':18}  not 0   left of ‖T‖²   Σ|a|")
print(
    f"{'shortest vector':18} {np.count_nonzero(np.abs(shortest) > 1e-9):5} {((t - shortest @ S) ** 2).sum() / (t**2).sum():12.1%} {np.abs(shortest).sum():10.1f}"
)
for dial in (0.03, 0.3, 1, 4, 10, 20):
    b = lasso(t[None], S, dial, max_steps=100_000)[0]
    print(
        f"{f'LASSO, λ = {dial}':18} {np.count_nonzero(b):5} {((t - b @ S) ** 2).sum() / (t**2).sum():12.1%} {np.abs(b).sum():10.1f}"
    )

# %% [markdown]
# The shortest vector uses all 400 patches, with weights that add up to five times as much as those of the first LASSO: mostly they undo each other. A small price finds a nearly exact
# sum with far fewer; a high one a sketch of a few strokes; a too high one nothing.
#
# ## Which patches are chosen?
#
# The story goes on: the chosen $S[k]$ "are basically all edges" of objects, alike in form and different in direction. Is it so? We rank our 400 patches by how
# much the 600 targets used them.

# %%
use = np.abs(codes).sum(axis=0)
ranking = np.argsort(-use)
most, least = S[ranking[:32]].reshape(-1, 16, 16), S[ranking[-32:]].reshape(-1, 16, 16)


def own_scale(picture):
    return picture / np.abs(picture).max()


show.images(
    [own_scale(p) for p in (*most, *least)],
    columns=16,
    size=0.65,
    alt="Upper two rows: patches with one or two clear edges or bands on even grey. Lower two rows: patches full of fine, tangled texture.",
    caption="Of the 400: the 32 most used patches (upper two rows) and the 32 least used (lower two).",
)

# %%
r2 = {name: np.array([fit_gabor(p).r2 for p in group]) for name, group in (("most", most), ("least", least))}
for name, values in r2.items():
    print(f"{name:5} used: median R² of the best Gabor function {np.median(values):.2f}")

# %% [markdown]
# The story holds in tendency. Clean edges are parts that many can use; tangled texture is of use to nothing but itself. But "basically all" is too strong. And the numbers say less
# than the pictures: a smooth ramp, of which there are several in the lower rows, is well fitted by a broad Gabor function too.
#
# ### Where the sources are wrong: they did not choose, they learned
#
# What 002 tells is a popular version. In the paper (Olshausen and Field, *Nature*, 1996) there is no list of 400 patches to choose from. The atoms start as **random numbers**,
# and each step changes them a little, by gradient descent, so that many thousand patches are coded better. The famous figure has 192 atoms of 16×16 pixels. That is a much
# stronger result: nobody put any edges in.
#
# ## Learning the atoms
#
# Now the atoms are unknown as well:
#
# $$\min_{a, \phi} \; \sum_i \Big( \Big\lVert x_i - \sum_j a_{ij} \phi_j \Big\rVert^2 + \lambda \sum_j |a_{ij}| \Big) .$$
#
# By turns, as 002 says: **(a)** fix the atoms, improve the coefficients (LASSO); **(b)** fix the coefficients, improve the atoms. With the coefficients fixed the first term is a parabola
# in each atom, whose minimum one can write down (Mairal, Bach, Ponce and Sapiro, 2009).

# %%
show.source(sparse_coding.best_atoms)

# %%
X = cut(photos, 16, 6000, rng=3).astype("float32")
snapshots = {rounds: SparseCoding(192, sparsity=3.0, rounds=rounds).fit(X) for rounds in (0, 2, 5)}
model = SparseCoding(192, sparsity=3.0, rounds=30).fit(X)

# %%
stages = [*snapshots.values(), model]
show.images(
    [own_scale(w.reshape(16, 16)) for stage in stages for w in stage.components_[:16]],
    columns=16,
    size=0.65,
    alt="Four rows of 16 atoms. First row, before training: noise. After 2 rounds: cloudy blobs. After 5 rounds: broad, blurred edges and bars. After 30 rounds: "
    "clean bright and dark lines side by side in many directions.",
    caption="The first 16 atoms, from random numbers (first row), after 2, 5 and 30 rounds.",
)
show.curves(
    {
        "after (a), coefficients": (np.arange(1, 31), model.losses_[::2]),
        "after (b), atoms": (np.arange(1, 31), model.losses_[1::2]),
    },
    xlabel="round",
    ylabel="objective, mean over patches",
    alt="The objective falls from about 190 after the first half turn, quickly in the first five rounds, then slowly to about 76. Each half turn lowers it.",
    caption="Each half turn lowers the objective. The two curves are one staircase.",
)

# %%
# NBVAL_CHECK_OUTPUT
falls = np.diff(model.losses_) < 1e-5 * np.array(model.losses_[1:])
print(f"half turns: {len(model.losses_)}; each lowers the objective: {bool(falls.all())}")
print(f"length of every atom is 1: {np.allclose(np.linalg.norm(model.components_, axis=1), 1, atol=1e-5)}")

# %%
shown = np.zeros((8, 24, 18, 18))  # each atom on its own scale, with a grey frame
shown[..., 1:-1, 1:-1] = np.stack([own_scale(w.reshape(16, 16)) for w in model.components_]).reshape(8, 24, 16, 16)
show.images(
    [shown.swapaxes(1, 2).reshape(8 * 18, 24 * 18)],
    columns=1,
    size=11,
    alt="192 atoms in 8 rows of 24. Nearly all show a bright line beside a dark one, at all angles and in all places of the patch; a few show corners or textures.",
    caption="All 192 atoms, learned from random numbers on patches of seven photos. Each on its own scale.",
)

# %% [markdown]
# Lines, at all angles, each in its place. That is what Hubel and Wiesel (1959) had found when they measured cells in the visual cortex of the cat: each answers to a line of
# one direction at one place.
#
# ### How sure are we?
#
# Two controls. **PCA** of the same patches also explains them, and its components are the best basis for the squared error; but it has no wish for few coefficients. And **scrambled** photos have
# the same spectrum, but no edges; same method, same number of rounds.

# %%
scrambled = [data.scramble(photo, rng=i) for i, photo in enumerate(photos)]
control = SparseCoding(192, sparsity=3.0, rounds=30).fit(cut(scrambled, 16, 6000, rng=3).astype("float32"))
kinds = {
    "photos": model.components_[:36],
    "scrambled photos": control.components_[:36],
    "PCA of photos": PCA(36).fit(X).components_,
}
fits = {name: np.array([fit_gabor(w.reshape(16, 16)).r2 for w in W]) for name, W in kinds.items()}
for name, W in kinds.items():
    area = np.median((W**2).sum(axis=1) ** 2 / (W**4).sum(axis=1)) / 256  # 1: spread evenly over the patch
    print(f"{name:16}: median Gabor R² {np.median(fits[name]):.2f}; the energy fills about {area:.0%} of the patch")

# %%
show.images(
    [own_scale(w.reshape(16, 16)) for W in kinds.values() for w in W[:16]],
    columns=16,
    size=0.65,
    alt="First row: 16 atoms from photos, lines. Second row: 16 atoms from scrambled photos, cloudy blobs without order. Third row: 16 principal components, smooth waves and "
    "checkerboards that fill the whole patch.",
    caption="Atoms from photos, atoms from scrambled photos, principal components of photos.",
)

# %%
# NBVAL_CHECK_OUTPUT
medians = {name: float(np.median(values)) for name, values in fits.items()}
print(f"atoms from photos: median R² above 0.75: {medians['photos'] > 0.75}")
print(f"both controls below 0.65: {medians['scrambled photos'] < 0.65 and medians['PCA of photos'] < 0.65}")

# %% [markdown]
# So the edges are in the photos, and it takes the price on $|a|$ to find them. (λ = 3 was chosen by eye. With 2 and 4 the medians for photos were 0.86 and 0.87, for scrambled ones 0.41
# and 0.48.) Olshausen and Field report the same for their model. And "edges" are what this data offers: with other data come other atoms. 002 mentions sounds, built from 20 basic
# sounds; we have not repeated that.
#
# ## The slide with three numbers
#
# A well-known slide by Andrew Ng, which 002 retells, shows a patch as $0.8\,\phi_{36} + 0.3\,\phi_{42} + 0.5\,\phi_{63}$, three of 64 atoms of 8×8 pixels. The sources' figures are
# lost. We learn 64 atoms ourselves, mix such a patch, and let LASSO find the recipe.

# %%
X8 = cut(photos, 8, 6000, rng=4).astype("float32")
edges = SparseCoding(64, sparsity=1.0, rounds=20).fit(X8)
φ = edges.components_.astype(float)
x = 0.8 * φ[36 - 1] + 0.3 * φ[42 - 1] + 0.5 * φ[63 - 1]  # the slide counts from 1
recipe = lasso(x[None], φ, 0.02)[0]
chosen = np.flatnonzero(recipe)

# %% jupyter={"source_hidden": true}
fig, axes = show.new_figure(1, 5, size=(9.5, 1.9), width_ratios=(1, 1, 1, 1, 3.2))
pictures = {"x": x, **{f"φ{k}": φ[k - 1] for k in (36, 42, 63)}}
for ax, (name, picture) in zip(axes[:4], pictures.items(), strict=True):
    ax.imshow(own_scale(picture).reshape(8, 8), cmap="gray", vmin=-1, vmax=1)
    ax.set_title(name)
    ax.axis("off")
axes[4].bar(range(1, 65), recipe, color=COLOURS["blue"], width=1)
axes[4].set(title="a, found from x", xlabel="atom", ylim=(0, 1))
show.figure(
    fig,
    alt="A small patch x, the three atoms it was mixed from, and a bar chart of 64 coefficients: three bars, at 36, 42 and 63, with heights near 0.8, 0.3 and 0.5; the others are 0.",
    caption="The slide, with our own atoms: x is given, the 64 coefficients are found.",
)

# %%
# NBVAL_CHECK_OUTPUT
print("not 0:", ", ".join(f"a[{k + 1}] = {recipe[k]:.1f}" for k in chosen))
real = np.count_nonzero(lasso(X8[::6].astype(float), φ, 1.0), axis=1)
print(f"real patches: median above 3 atoms at λ = 1: {bool(np.median(real) > 3)}")

# %%
together = np.abs(φ @ φ.T)[np.triu_indices(64, 1)]
print(f"atoms of a real patch at λ = 1: median {np.median(real):.0f}, at most {real.max()}")
print(
    f"|cosine| between two of the 64 atoms: largest {together.max():.2f}, above 0.3 in {np.mean(together > 0.3):.0%} of the pairs"
)

# %% [markdown]
# The recipe is found: the right three, each a little too small, since the price pulls. But the example is prepared. A real patch needs more than three, and leaves a rest.
#
# ### Where the sources are wrong: orthogonal, and unbounded
#
# - 002 calls the 64 edges **orthogonal**. Ours are not; see the cosines. Olshausen and Field (1997) say the same of theirs. If they were, LASSO would be one line, $a = \mathrm{shrink}(\Phi x, \lambda/2)$, and nothing could be overcomplete.
# - 002 minimises over $a$ and $\phi$ with no condition on the atoms, and calls step (b) a convex quadratic program. Without a condition there is **no minimum**. Make all atoms ten
#   times as long and all coefficients ten times as small: the sum stays, the price falls to a tenth. And so on. Therefore all atoms get length 1 (or at most 1).
# - 002 says sparse coding is a variant of k-means. Rather the other way round: k-means is the extreme case in which one coefficient is 1 and all others are 0.

# %%
# NBVAL_CHECK_OUTPUT
some = X8[::12].astype(float)
codes8 = lasso(some, φ, 1.0)
for c in (1, 10, 100):
    error = ((some - (codes8 / c) @ (c * φ)) ** 2).sum() / ((some - codes8 @ φ) ** 2).sum()
    print(f"atoms × {c:<3}: first term × {error:.0f}, price × {np.abs(codes8 / c).sum() / np.abs(codes8).sum():.2f}")
q, _ = np.linalg.qr(np.random.default_rng(0).normal(size=(64, 64)))
print(
    f"orthogonal atoms: LASSO is shrink(Φx, λ/2): {np.allclose(lasso(some, q, 1.0, tolerance=1e-12), shrink(some @ q.T, 0.5), atol=1e-4)}"
)

# %% [markdown]
# ## How many atoms?
#
# An overcomplete basis "finds the structure more efficiently", says 002. We compare at the same λ: the 64 principal components (orthogonal), and 32, 64, 128 and 256 learned
# atoms. The test patches are other ones, but from the same photos.

# %%
X8_test = cut(photos, 8, 1000, rng=5).astype("float32")
bases = {"PCA, 64": PCA(64).fit(X8).components_, "learned, 64": edges.components_}
for hidden in (32, 128, 256):
    bases[f"learned, {hidden}"] = SparseCoding(hidden, sparsity=1.0, rounds=20).fit(X8).components_
for name in ("PCA, 64", "learned, 32", "learned, 64", "learned, 128", "learned, 256"):
    b = lasso(X8_test, bases[name], 1.0, tolerance=1e-4)
    left = ((X8_test - b @ bases[name]) ** 2).sum() / (X8_test**2).sum()
    print(
        f"{name:13}: {np.count_nonzero(b, axis=1).mean():4.1f} atoms a patch, {left:.1%} of ‖x‖² left, objective {objective(X8_test, bases[name], 1.0, b).mean():.2f}"
    )

# %% [markdown]
# At the same price, the more atoms the better: less is left, with only a little more used. But each doubling brings less. 64 learned atoms beat 64 principal components, which are the best
# basis for the squared error alone. So 002 is right here, if "more efficient" means this objective. (The code needs more numbers to choose from, and the atoms must be stored.)
#
# ## An application: cleaning a photo
#
# Noise has no sparse code. So cut a noisy photo into all its overlapping patches, code each with few atoms, and average what overlaps (Elad and Aharon, 2006). The atoms come from
# six *other* photos, not whitened, without noise.

# %%
others = [data.photo(name, height=256, grey=True) for name in data.PHOTOS if name != "cat"]
clean = data.photo("cat", height=256, grey=True)[60:188, 130:258]
noisy = clean + 0.1 * np.random.default_rng(0).normal(size=clean.shape)
raw = SparseCoding(64, sparsity=0.2, rounds=20).fit(cut(others, 8, 6000, rng=6).astype("float32"))


def denoise(picture, atoms, λ):
    patches = extract_patches_2d(picture, (8, 8)).reshape(-1, 64).astype("float32")
    mean = patches.mean(axis=1, keepdims=True)
    codes = lasso(patches - mean, atoms, λ, tolerance=1e-3)
    return reconstruct_from_patches_2d((codes @ atoms + mean).reshape(-1, 8, 8), picture.shape)


# %%
def psnr(picture):
    """Peak signal-to-noise ratio (峰值信噪比) in decibels: 20 for the noisy photo, more is better."""
    return -10 * np.log10(((picture - clean) ** 2).mean())


ways = {
    "noisy": [noisy],
    "Gaussian blur": [gaussian_filter(noisy, σ) for σ in np.arange(0.5, 2, 0.1)],
    "total variation": [denoise_tv_chambolle(noisy, weight) for weight in np.arange(0.04, 0.3, 0.02)],
    "sparse coding": [denoise(noisy, raw.components_, λ) for λ in (0.2, 0.3, 0.4)],
}
best = {name: max(pictures, key=psnr) for name, pictures in ways.items()}
show.images(
    [*best.values(), clean],
    titles=[*(f"{name}, {psnr(picture):.1f} dB" for name, picture in best.items()), "clean"],
    columns=5,
    size=2.1,
    alt="Five pictures of a cat's eye: noisy and grainy; blurred; smoothed into flat areas; cleaned by sparse coding, a little sharper at the lid; and the clean photo, with its hairs.",
    caption="The best setting of each method, chosen with the clean photo at hand.",
)

# %%
# NBVAL_CHECK_OUTPUT
print(f"sparse coding at least 8 dB better than the noisy photo: {psnr(best['sparse coding']) > psnr(noisy) + 8}")

# %% [markdown]
# A little better than two standard methods, each at its best setting on this photo. A real user has no clean photo to choose the setting with, and today's networks, trained for the
# purpose, do better than all three. But nobody has told this method what noise looks like.
#
# ## Change it
#
# Take another number of atoms, another price, or patches that are *not* whitened. What do the atoms look like then? What if you begin with patches instead of random numbers?

# %%
plain_photos = [data.photo(name, height=256, grey=True) / 0.2 for name in data.PHOTOS]  # about the same spread
changed = SparseCoding(64, sparsity=1.0, rounds=15).fit(cut(plain_photos, 8, 4000, rng=7).astype("float32"))
show.images(
    [own_scale(w.reshape(8, 8)) for w in changed.components_],
    columns=16,
    size=0.6,
    alt="64 atoms from photos that were not whitened: broad edges and ramps, few fine lines.",
    caption="64 atoms from photos that were not whitened.",
)

# %% [markdown]
# ## Exercises
#
# **1.** From which λ on is the LASSO of a sample $x$ zero altogether? Give it in terms of $\phi_j \cdot x$, and check it with `lasso` for the patch `t`.
#
# <details><summary>Answer</summary>
#
# At $a = 0$ the gradient of the first term is $-2\,\Phi x$. The kink of the price holds $a_j$ at 0 as long as $2|\phi_j \cdot x| \le \lambda$. So $\lambda_{max} = 2 \max_j |\phi_j \cdot x|$.
#
# ```python
# top = 2 * np.abs(S @ t).max()
# [np.count_nonzero(lasso(t[None], S, c * top)) for c in (0.99, 1.01)]  # [1, 0]
# ```
#
# For our `t` it is 18.2, so in the table above the last λ left nothing.
#
# </details>
#
# **2.** The autoencoder of [lecture 7](07_autoencoders.ipynb) computes its code in one step, $h = W^\top x$. Sparse coding must run a minimisation for each new sample. What does it get for the
# trouble? And what happens to the codes of two very similar patches?
#
# <details><summary>Answer</summary>
#
# Atoms compete: if one explains a line, its neighbours need not answer (that is called explaining away), so the code has exact zeros, and the atoms may be overcomplete. A
# linear code lets all similar atoms answer at once. The price: time, and jumps. Two similar patches can get codes with different atoms, as the winner changes. Gregor and LeCun (2010)
# trained a network of a few layers, each a step of ISTA with learned matrices, to give nearly the LASSO's code quickly.
#
# </details>
#
# **3.** In step (b) one could solve for all atoms at once by least squares, $\Phi = (A^\top A)^{-1} A^\top X$, and bring them to length 1 afterwards (the method of optimal directions; Engan and
# others, 1999). Why may the objective rise then? Try it in a copy of the loop.
#
# <details><summary>Answer</summary>
#
# The least squares is the best without the condition on the length. Bringing an atom to length 1 afterwards changes the sum, unless its coefficients are multiplied by the
# old length; and then the price changes. The package's `best_atoms` minimises with the condition, one atom at a time, so the objective cannot rise. In practice both find similar atoms.
#
# </details>
#
# ## What to read next
#
# - D. Hubel and T. Wiesel (1959), *Receptive fields of single neurones in the cat's striate cortex*. Journal of Physiology 148.
# - B. Olshausen and D. Field (1996), *Emergence of simple-cell receptive field properties by learning a sparse code for natural images*. Nature 381. Longer: Vision Research 37, 1997.
# - A. Bell and T. Sejnowski (1997), *The "independent components" of natural scenes are edge filters*. Vision Research 37. Edges, in another way.
# - R. Tibshirani (1996), *Regression shrinkage and selection via the lasso*. Journal of the Royal Statistical Society B 58.
# - K. Engan, S. Aase and J. Husøy (1999), *Method of optimal directions for frame design*. ICASSP.
# - I. Daubechies, M. Defrise and C. De Mol (2004), *An iterative thresholding algorithm for linear inverse problems with a sparsity constraint*. Communications on Pure and Applied Mathematics 57.
# - M. Elad and M. Aharon (2006), *Image denoising via sparse and redundant representations over learned dictionaries*. IEEE Transactions on Image Processing 15.
# - J. Mairal, F. Bach, J. Ponce and G. Sapiro (2009), *Online dictionary learning for sparse coding*. ICML.
# - A. Beck and M. Teboulle (2009), *A fast iterative shrinkage-thresholding algorithm for linear inverse problems*. SIAM Journal on Imaging Sciences 2.
# - K. Gregor and Y. LeCun (2010), *Learning fast approximations of sparse coding*. ICML.
# - H. Cunningham and others (2023), *Sparse autoencoders find highly interpretable features in language models*. arXiv 2309.08600. The idea's return: overcomplete sparse codes of what large
#   networks compute.
#
# Next: [Boltzmann machines](09_boltzmann_machines.ipynb), which learn without labels in yet another way: as a probability.
