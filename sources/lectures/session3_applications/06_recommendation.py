# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Recommendation: embeddings for people and things
#
# A shop with a million items can show you ten. Which ten? This lecture gives a vector to each person and each thing, as word2vec gave
# one to each word, and then asks whether that beats showing everybody the ten best-selling items.
#
# **You will be able to**
#
# - describe ratings as a matrix with holes, and fill the holes with biases and factors;
# - fit such a model in two ways, by alternating least squares and by gradient descent;
# - say in which sense learnt factors are the true ones;
# - measure a list of ten with hit@10 and NDCG@10, and say what leave-one-out means;
# - say when popularity is hard to beat, and show a case where nothing here beats it;
# - do something sensible for a new user and a new item.
#
# Time: about 40 minutes. You need [words as vectors](01_word_vectors.ipynb) of this session and
# [gradient descent](../session1_networks/03_gradient_descent.ipynb) of Session I.

# %%
import numpy as np
import torch

from course_pkg import data, recommend, show
from course_pkg.show import COLOURS

torch.set_num_threads(1)  # our networks are small, a second thread would only wait

# %% [markdown]
# ## Look first: a matrix with holes
#
# Users are rows, items are columns, and a rating of one to five stars stands where a user has rated an item. All other places are holes.
# A **recommender system** (推荐系统) has to guess what belongs in the holes.

# %%
ratings, truth = data.ratings(users=500, items=200, factors=2, each=30, skew=1.0, seed=0)
train, test = recommend.leave_one_out(ratings, rng=0)

# %% jupyter={"source_hidden": true}
counts = np.bincount(ratings.items, minlength=200)
famous = np.argsort(-counts)
fig, (left, right) = show.new_figure(1, 2, size=(10.5, 3.6), width_ratios=(1.7, 1))
picture = left.imshow(ratings.matrix()[:40, famous[:100]], cmap="viridis", aspect="auto", interpolation="nearest")
left.set(xlabel="items, most popular first (100 of 200)", ylabel="users (40 of 500)")
left.set_facecolor("0.92")
left.grid(False)
fig.colorbar(picture, ax=left, label="stars", ticks=range(1, 6))
right.loglog(np.arange(1, 201), counts[famous], "o", ms=4, color=COLOURS["blue"])
right.set(xlabel="rank of the item", ylabel="number of ratings")
right.set_xticks(ticks := (1, 3, 10, 30, 100), ticks)
right.set_yticks(ticks := (15, 30, 60, 120, 240, 480), ticks)
right.minorticks_off()
show.figure(
    fig,
    alt="Left: a matrix of users and items, coloured by stars where there is a rating and grey elsewhere. The columns on the left are nearly "
    "full, the ones on the right nearly empty. Right: number of ratings against the item's rank, both axes logarithmic, a line that falls "
    f"from {counts.max()} ratings to {counts.min()}.",
    caption="Left: ratings (colour) and holes (grey). Right: a few items have many ratings, many have few.",
)

# %%
# NBVAL_CHECK_OUTPUT
print(f"{len(ratings):,} ratings of {ratings.user_count} users for {ratings.item_count} items")
print(f"holes: {1 - len(ratings) / (500 * 200):.0%}")
print("stars:", dict(zip(range(1, 6), np.bincount(ratings.values.astype(int))[1:].tolist(), strict=True)))

# %% [markdown]
# **These ratings are generated.** Nobody has seen these items. The generator draws for each user and each item a hidden vector of two
# numbers, and makes from them both what people like and what they pick:
#
# - user $u$ would give item $i$ the stars $3.5 + b_u + c_i + p_u \cdot q_i$, plus noise, rounded;
# - user $u$ picks item $i$ with a chance that grows with its popularity and with $\exp(p_u \cdot q_i)$. People rather watch what they will like.
#
# We use them because the truth is known, so that one can measure how much of it is found. What that proves about real people is limited: a model of
# the same form as the generator has an easy life. A loader for real ratings stands at the end.
#
# ## Why: two embeddings
#
# In [words as vectors](01_word_vectors.ipynb) a matrix $W$ held a row for each word, multiplying by a one-hot vector picked a row, and
# $v'_y \cdot v_x$ said how well word $y$ goes with word $x$. Nothing in that was about words. Let $P$ hold a row for each user and $Q$ a row for
# each item. Then $p_u \cdot q_i$ says how well item $i$ goes with user $u$. Once more there are two **embeddings** (嵌入), for two different parts that are
# played.
#
# Some users are generous, some items good in the eyes of all. A **bias** (偏置) for each takes care of that:
#
# $$\hat r_{ui} = \mu + b_u + c_i + p_u \cdot q_i .$$
#
# This is **matrix factorisation** (矩阵分解): all predictions together, less the biases, are the product $P Q^\top$ of two thin matrices. With 2 factors there are
# 3 numbers for each user and item. We choose them to minimise the squared errors of the *known* ratings. The holes are left out of the sum; they are not zeros.
#
# $$L = \tfrac12 \sum_{(u,i)\ \text{known}} (r_{ui} - \hat r_{ui})^2 + \tfrac{\lambda}{2} \Big(\sum_u b_u^2 + \sum_i c_i^2 + \sum_u \lVert p_u \rVert^2 + \sum_i \lVert q_i \rVert^2\Big)$$
#
# The penalty is the weight decay of [regularisation](../session2_frameworks/06_regularisation.ipynb). It holds back users with few ratings, whose vectors could
# otherwise be anything. Koren, Bell and Volinsky (2009) describe this model, which did well in a competition for a prize of a million dollars by Netflix.
#
# ## Two ways down
#
# **Gradient descent** (梯度下降). With the error $e_{ui} = \hat r_{ui} - r_{ui}$, one known rating contributes
#
# $$\frac{\partial L}{\partial p_u} = e_{ui}\, q_i, \qquad \frac{\partial L}{\partial q_i} = e_{ui}\, p_u, \qquad \frac{\partial L}{\partial b_u} = \frac{\partial L}{\partial c_i} = e_{ui}.$$
#
# **Alternating least squares** (交替最小二乘, ALS). $L$ has many minima, because $P$ and $Q$ are multiplied. But hold $Q$ fixed, and it is an ordinary
# ridge regression for each user, whose solution is a formula. Then hold $P$ fixed and solve for each item. Repeat. Each half step goes to the
# lowest point that it can reach, so $L$ never rises, and there is no learning rate.

# %%
show.source(recommend.MatrixFactorisation.als)
show.source(recommend.ridge)
show.source(recommend.MatrixFactorisation.gradients)

# %%
als = recommend.MatrixFactorisation(train, factors=2, penalty=1.0, rng=0).als(30)
sgd = recommend.MatrixFactorisation(train, factors=2, penalty=1.0, rng=0).sgd(30, lr=0.02, batch_size=100)
show.curves(
    {"alternating least squares": als.losses, "gradient descent": sgd.losses},
    xlabel="round",
    ylabel="L",
    alt=f"The loss L against the round. Alternating least squares falls to {als.losses[-1]:.0f} within a few rounds. "
    f"Gradient descent is nearly level for ten rounds, then falls, and is at {sgd.losses[-1]:.0f} after 30.",
    caption="The same loss, two ways down. A round is one pass over all ratings.",
)

# %% [markdown]
# Why is gradient descent level at first? It learns the biases in a few passes. Then all factors are still near 0, and so are their gradients, since each is multiplied by the
# other side's. It is the neighbourhood of a saddle point, as in [why deep nets are hard to train](../session2_frameworks/05_training_deep_nets.ipynb). ALS leaves it within three rounds.
#
# Is it any good? One rating of each user was held back. The root of the mean squared error (RMSE) of these, in stars:

# %%
# NBVAL_CHECK_OUTPUT
biases = recommend.MatrixFactorisation(train, factors=0).als(15)
known = truth.matrix()[test.users, test.items]
for name, guess in {
    "the mean of all ratings": np.full(len(test), train.values.mean()),
    "biases only": biases.predict(test.users, test.items),
    "biases and 2 factors": als.predict(test.users, test.items),
    "the truth, without noise": known,
}.items():
    print(f"{name:25} {np.sqrt(np.mean((np.clip(guess, 1, 5) - test.values) ** 2)):.2f} stars")

# %% [markdown]
# The last line is the limit: nobody can predict the noise and the rounding. The factors bring us most of the way.
#
# ## Has it found the true factors?
#
# Compare the learnt vectors of the items with those in the generator. At first sight they have nothing to do with each other. But think: if we turn
# all $p_u$ and all $q_i$ by the same rotation $R$, no product changes,
#
# $$(p_u R) \cdot (q_i R) = p_u R R^\top q_i^\top = p_u \cdot q_i ,$$
#
# and neither do the lengths in the penalty. So $L$ cannot tell one from the other. The factors are determined **up to a rotation** or reflection at best. The same holds for
# word vectors: single coordinates mean nothing. So we look for the rotation, and one scale, that bring the learnt points nearest to the true ones (Schönemann, 1966).

# %%
# NBVAL_CHECK_OUTPUT
for name, found, true in (("users", als.users, truth.user_factors), ("items", als.items, truth.item_factors)):
    _, r2 = recommend.align(found[:, 1:], true)
    raw = 1 - ((found[:, 1:] - true) ** 2).sum() / (true**2).sum()
    print(f"{name}: R² = {raw:5.2f} as learnt, {r2:.2f} after rotation and scaling")

# %% jupyter={"source_hidden": true}
turned, r2 = recommend.align(als.items[:, 1:], truth.item_factors)
angle = np.arctan2(truth.item_factors[:, 1], truth.item_factors[:, 0])
fig, axes = show.new_figure(1, 3, size=(10.5, 3.7), sharex=True, sharey=True)
for ax, points, title in zip(
    axes,
    (truth.item_factors, als.items[:, 1:], turned),
    ("true item vectors", "learnt", "learnt, turned and scaled"),
    strict=True,
):
    ax.scatter(
        *points.T, c=angle, cmap="twilight", vmin=-np.pi, vmax=np.pi, s=12 + 0.3 * counts, edgecolor="0.4", lw=0.4
    )
    ax.set(title=title, xlabel="factor 1", aspect="equal")
axes[0].set(ylabel="factor 2")
show.figure(
    fig,
    alt="Three maps of the 200 items, coloured by their true direction. Left: the true vectors, a round cloud with the colours in order "
    "around the centre. Middle: the learnt vectors, the same cloud with the colours in order but mirrored. Right: turned and mirrored "
    "back, the colours stand where they stand on the left.",
    caption="The items' vectors. Colour: true direction. Large points have many ratings. "
    f"R² of the right one: {r2:.2f}.",
)

# %% [markdown]
# Nobody told the model what the items are. It found their map in the stars alone.
#
# ## From stars to a list of ten
#
# A shop does not need stars. It must choose ten items. And it mostly has no stars either, only what people picked. Picks are called **implicit
# feedback** (隐式反馈): a pick says "probably yes", but the absence of one does not say "no". How does one measure a list?
#
# **Leave one out** (留一法): take one pick of each user away. Train on the rest. Let the model order all items which the user does not have in the training data,
# and look up the rank of the one taken away.
#
# - **hit@10** (命中率): the share of users for whom it is among the first ten.
# - **NDCG@10** (归一化折损累计增益, normalised discounted cumulative gain): the mean of $1/\log_2(1+\text{rank})$, and 0 beyond rank 10. A first place counts 1, a third ½, a
#   tenth 0.29.
#
# Work it out for the ranks 1, 3 and 12 before you run the cell.

# %%
# NBVAL_CHECK_OUTPUT
print(f"hit@10 {recommend.hit_rate([1, 3, 12]):.2f}, NDCG@10 {recommend.ndcg([1, 3, 12]):.2f}")
blind = 10 / (200 - 29)
print(f"guessing: hit@10 {blind:.2f}")

# %% [markdown]
# Many papers rank the item among 100 random others to save time. That gives larger numbers and can even turn the order of two models round (Krichene and
# Rendle, 2020). We rank among all.
#
# The baseline is **popularity** (流行度): everybody gets the items that most people picked. It knows nobody. How well does our model do, which predicts
# stars so well?

# %%
# NBVAL_CHECK_OUTPUT
for name, model in {"popularity": recommend.Popularity(train), "predicted stars": als}.items():
    found = recommend.evaluate(model, train, test)
    print(f"{name:16} hit@10 {found['hit']:.2f}, NDCG@10 {found['ndcg']:.2f}")

# %% [markdown]
# Popularity wins by far. The factorisation puts items on top that a user would like very much *on meeting them*. It was never asked what the user will pick.
# That is no fault of the optimiser: we minimised one thing and measured another. Cremonesi, Koren and Turrin (2010) found with real ratings that a model which is good
# at the first need not be good at the second.
#
# ## Train for what you measure
#
# **First way: the same model, another matrix.** Write 1 for a pick and 0 for a hole. Now there are no holes, and the factorisation predicts picks. Its item bias
# can learn popularity. (Hu, Koren and Volinsky, 2008, do this with more weight for the ones. Ours is plain.)
#
# **Second way: two towers** (双塔模型). One network turns a user into a vector $f(u)$, another an item into $g(i)$, and $s_{ui} = f(u) \cdot g(i)$ is the score. Each tower
# begins with an embedding. More can be fed in: age, text, a picture. The loss is the softmax of word2vec, with items for words:
#
# $$P(i \mid u) = \frac{e^{s_{ui}}}{\sum_j e^{s_{uj}}}, \qquad L = -\log P(i \mid u) \ \text{ for each pick } (u, i).$$
#
# And it has word2vec's trouble: the sum runs over all items. The cure is also the same, [a few wrong answers instead of all](02_huge_softmax.ipynb). They cost nothing here:
# in a batch of 256 picks, each user takes the items of the 255 others as wrong answers. Popular items would be wrong answers more often than others, so that
# the model would learn to avoid them. Yi and others (2019) therefore subtract the logarithm of the item's share $m_i$ of the picks from its score during training.

# %%
show.source(recommend.TwoTower.loss)

# %% [markdown]
# ## Who beats popularity, and where
#
# Popularity is strong where few items have most of the picks. So we vary the **skew** (偏斜): item number $n$ in popularity gets a share proportional to $1/n^{\text{skew}}$. With 0
# all are equally well known. And we vary how much is known of each user: 20 picks or 5.
#
# Since the data are generated, we can also ask an oracle that knows the true chances of all picks. No model can be expected to do better. The notes on frameworks and
# applications (004) put it this way: data and features set the upper limit, and models only come near it.


# %%
class Oracle:
    """Knows the chances with which the generator picks."""

    def __init__(self, truth):
        self.table = truth.user_factors @ truth.item_factors.T + np.log(truth.popularity)

    def scores(self, users):
        return self.table[users]


# %%
def compare(skew, each, seed):
    """hit@10 and NDCG@10 of all models on fresh data: an array (models, 2)."""
    ratings, truth = data.ratings(400, 200, each=each, skew=skew, seed=seed)
    train, test = recommend.leave_one_out(ratings, rng=seed)
    models = (
        recommend.Popularity(train),
        recommend.MatrixFactorisation(train, 2, rng=seed).als(6),
        recommend.MatrixFactorisation(train.picks(), 2, rng=seed).als(5),
        recommend.TwoTower(train, 8, seed=seed).fit(10, lr=0.01, penalty=0.1),
        Oracle(truth),
    )
    return [list(recommend.evaluate(model, train, test).values()) for model in models]


# %%
NAMES = ("popularity", "factors of stars", "factors of picks", "two towers", "oracle")
SKEWS, SEEDS = (0, 1, 2, 3), (0, 1, 2)
results = {each: np.array([[compare(skew, each, seed) for seed in SEEDS] for skew in SKEWS]) for each in (20, 5)}

# %% jupyter={"source_hidden": true}
fig, axes = show.new_figure(1, 2, size=(10.5, 4), sharey=True)
LOOKS = (("0.2", "s--"), (COLOURS["orange"], "v-"), (COLOURS["green"], "D-"), (COLOURS["blue"], "o-"), ("0.6", ":"))
for ax, (each, found) in zip(axes, results.items(), strict=True):
    for k, (name, (colour, look)) in enumerate(zip(NAMES, LOOKS, strict=True)):
        hits = found[:, :, k, 0]
        ax.fill_between(SKEWS, hits.min(axis=1), hits.max(axis=1), color=colour, alpha=0.2, lw=0)
        ax.plot(SKEWS, hits.mean(axis=1), look, color=colour, ms=5, label=name)
    ax.set(title=f"{each} picks a user", xlabel="skew of popularity", xticks=SKEWS, ylim=(0, 1))
axes[0].set(ylabel="hit@10")
axes[0].legend(loc="upper left", fontsize=9)
show.figure(
    fig,
    alt="hit@10 against the skew of popularity. Left, 20 picks a user: at skew 0 and 1 factors of picks and two towers lie clearly above popularity; "
    "at 2 and 3 all three come close together near the oracle. Factors of stars are far below popularity from skew 1 on. Right, 5 picks: popularity "
    "and two towers lie on each other, factors of picks a little below them from skew 1 on, and the oracle is far above all at skew 0.",
    caption="Mean and range of three seeds, each with its own data. Dotted: an oracle that knows the true chances.",
)


# %% jupyter={"source_hidden": true}
def spread(values):
    return f"{values.mean().round(2) + 0:.2f} ± {values.std(ddof=1):.2f}".replace("-", "−")


rows = []
for each, found in results.items():
    for skew, runs in zip(SKEWS, found, strict=True):
        gains = [spread(runs[:, k, 0] - runs[:, 0, 0]) for k in (1, 2, 3, 4)]
        rows.append((each, skew, spread(runs[:, 0, 0]), *gains, spread(runs[:, 3, 1] - runs[:, 0, 1])))
columns = (
    "picks",
    "skew",
    "popularity",
    "factors of stars",
    "factors of picks",
    "two towers",
    "oracle",
    "two towers, NDCG@10",
)
show.table(
    rows,
    columns,
    caption="hit@10 of popularity, and what the others have more on the same data; last column: the same for NDCG@10. "
    "± is the standard deviation over three seeds.",
)

# %% [markdown]
# **Where popularity is beaten.** With 20 picks a user and a skew of 0 or 1, both models trained on picks are ahead by 7 to 14 points in hit@10, at least twice their spread. At a
# skew of 2 they are ahead by 6 and 2 points.
#
# **Where it is not, first reason: nothing is left to gain.** At a skew of 3 the towers are level with popularity, and the oracle is only a few points ahead. Nearly all picks fall
# on a few items, and everybody gets these from the baseline. The score is high and says nothing about taste.
#
# **Second reason: too little is known.** With 5 picks (4 to learn from) the oracle is 14 points ahead at skew 0 and 8 at skew 1, so there is much to find, but
# our models find next to nothing of it. The towers are level with popularity or a little below. The factors of picks gain 3 ± 5 points at skew 0, which may be chance, and then lose 4 to 5: they fit noise.
#
# **Third reason: trained for something else.** Factors of stars beat popularity in one case of eight.
#
# And the network is not better than the plain factorisation where both have enough data. Ferrari Dacrema, Cremonesi and Jannach (2019) tried to repeat what papers on neural recommenders
# report, and found that well-tuned simple methods beat most of them.
#
# How the settings were chosen matters here. We tried λ = 1, 10 and 30 for the factors of picks, and 5, 10 and 20 passes and vectors of 2 and 8 numbers for the towers, on data of other seeds
# (100 and 101); before that, three weight decays on one larger set. We took what was best with 20 picks. With 5 picks and a skew of 1 or more, λ = 10 was level with popularity on those data
# and λ = 1 below it, and nothing that we tried beat popularity by more than chance. (Popularity gets more than guessing's 0.06 at a skew of 0, because items with long vectors are picked more often.)
#
# **Change it.** Give `data.ratings` in `compare` `taste=0` or `taste=2`. With 0, people pick what is well known whether they like it or not. What is left to learn? (Scale
# the oracle's product by the taste, too.) Then try `each=10`.
#
# ## Cold start
#
# Embeddings have a weakness that words hardly have: every day there are new users and new items, and their rows were never trained. This is the **cold start** (冷启动).
#
# **A new user** with a few ratings needs no training. Hold $Q$ fixed, and the user's row is one ridge regression: half a step of ALS, for one row. Below, 100 users are kept out of
# training. We then show the model their first $n$ ratings and compare what it expects of all other items with the truth.

# %%
old = ratings.users < 400
model = recommend.MatrixFactorisation(ratings.take(old), 2, rng=0).als(15)
shown = (0, 1, 2, 5, 10, 20, 30)


def error(user, n):
    """RMSE in stars over the items that a new user has not rated, after n ratings."""
    places = np.flatnonzero(ratings.users == user)
    row = model.fold_in(ratings.items[places[:n]], ratings.values[places[:n]])
    holes = np.setdiff1d(np.arange(200), ratings.items[places])
    wrong = np.clip(model.score_rows([row])[0], 1, 5) - np.clip(truth.matrix()[user], 1, 5)
    return np.sqrt(np.mean(wrong[holes] ** 2))


errors = np.array([[error(user, n) for user in range(400, 500)] for n in shown])

# %%
# NBVAL_CHECK_OUTPUT
for n, of_users in zip(shown, errors, strict=True):
    print(f"{n:2} ratings: {of_users.mean():.2f} stars off, on average over 100 new users")

# %% [markdown]
# Without a rating, the row is zero, and the new user gets what the average user would like: the item biases. The first ratings help most. (The error is measured
# against the truth without noise. The items not picked are liked less than those that were, and the model has seen few of them with a low rating. So it is
# larger than the RMSE of held-out picks would suggest: ratings are not missing at random.)
#
# **A new item** that nobody has picked has no map position. Then one needs something that is known about the item itself. The item tower takes it. Here each item gets a
# "description" of six numbers that depend on its true vector, with noise. Forty items are taken out of training.

# %%
rng = np.random.default_rng(0)
description = truth.item_factors @ rng.normal(size=(2, 6)) + rng.normal(0, 0.5, (200, 6))
new = np.arange(200) % 5 == 0
seen = ratings.take(~new[ratings.items])
liking = truth.user_factors @ truth.item_factors[new].T
for name, features in (("number of the item only", None), ("number and description", description)):
    agreement = []
    for seed in range(3):
        scores = recommend.TwoTower(seen, 8, item_features=features, seed=seed).fit(10, penalty=0.1).scores()[:, new]
        agreement.append(np.mean([np.corrcoef(s, l)[0, 1] for s, l in zip(scores, liking, strict=True)]))
    print(
        f"{name:24}: correlation with what users would like {np.mean(agreement):5.2f} ± {np.std(agreement, ddof=1):.2f}"
    )

# %% [markdown]
# That is the strength of two towers: they reckon with whatever one can feed in, where a factorisation has only a row number. 004 expects of deep learning
# just that, feature combinations which nobody would think of. Our six numbers are a toy of it, and they were made to be useful.
#
# ## Real ratings
#
# The MovieLens data (Harper and Konstan, 2015) are ratings of films by people. They do not come with this course. If you have a copy, put its folder here; the
# loader reads `u.data`, `ratings.dat` and `ratings.csv`. We have not run this cell on them, so we promise no number.

# %%
from pathlib import Path

folder = Path("ml-100k")
if folder.exists():
    films = data.movielens(folder)
    films_train, films_test = recommend.leave_one_out(films, latest=True)
    for model in (
        recommend.Popularity(films_train),
        recommend.MatrixFactorisation(films_train, 8, penalty=5).als(10),
        recommend.TwoTower(films_train, 32).fit(10, penalty=0.1),
    ):
        print(type(model).__name__, recommend.evaluate(model, films_train, films_test))
else:
    print(f"no folder {folder}: skipped")

# %% [markdown]
# Even with real data such a test looks back only. It asks what people picked from what they were shown then. Whether a list makes them more content can only be
# found by showing it. And a recommender that shows what is popular makes it more so: the next training data are its own doing.
#
# ## Exercises
#
# **1.** 500 users, 200 items, 8 factors. How many numbers has the model, with biases? How many has the full matrix? What is the model's number for a million users and 100,000 items?
#
# <details><summary>Answer</summary>
#
# (500 + 200) · 9 = 6,300 and μ, against 100,000 in the matrix. For the large shop 1,100,000 · 9 = 9.9 million, against $10^{11}$ places in the matrix, which nobody could store, let alone fill.
#
# </details>
#
# **2.** In ALS with `penalty` near 0 and 8 factors, what happens to a user with 3 ratings? Try `penalty=1e-6` on `train` and look at the RMSE of `test`.
#
# <details><summary>Answer</summary>
#
# Nine numbers are fitted to three ratings: the three are met exactly, and everything else is arbitrary and can be huge. In `train` the users have 29 ratings each and the items at
# least 12. Even so the error on the held-out ratings is about 0.69 stars instead of 0.49 with `penalty=1`, no better than biases alone. (Both are worse than the 0.43 with 2 factors: six
# factors too many fit noise.)
#
# </details>
#
# **3.** A model that ranks all items by chance has hit@10 = 10/171 here. Why 171? And what is its expected NDCG@10?
#
# <details><summary>Answer</summary>
#
# The user has 29 of the 200 items in the training data, and these do not compete. Each rank has chance 1/171, so NDCG@10 is $\frac{1}{171} \sum_{n=1}^{10} \frac{1}{\log_2(1+n)} = 4.54/171 \approx 0.027$.
#
# </details>
#
# ## What to read next
#
# - P. Schönemann (1966), *A generalized solution of the orthogonal Procrustes problem*. Psychometrika 31.
# - K. Järvelin and J. Kekäläinen (2002), *Cumulated gain-based evaluation of IR techniques*. ACM Transactions on Information Systems 20.
# - Y. Hu, Y. Koren and C. Volinsky (2008), *Collaborative filtering for implicit feedback datasets*. ICDM.
# - Y. Koren, R. Bell and C. Volinsky (2009), *Matrix factorization techniques for recommender systems*. Computer 42.
# - P. Cremonesi, Y. Koren and R. Turrin (2010), *Performance of recommender algorithms on top-N recommendation tasks*. RecSys. Good at stars is not good at lists.
# - F. M. Harper and J. Konstan (2015), *The MovieLens datasets: history and context*. ACM Transactions on Interactive Intelligent Systems 5.
# - X. Yi and others (2019), *Sampling-bias-corrected neural modeling for large corpus item recommendations*. RecSys. Two towers.
# - M. Ferrari Dacrema, P. Cremonesi and D. Jannach (2019), *Are we really making much progress?* RecSys. Well-tuned simple baselines beat most of the neural models they could rebuild.
# - W. Krichene and S. Rendle (2020), *On sampled metrics for item recommendation*. KDD.
#
# Back to the [syllabus](../syllabus.ipynb).
