# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Layers: backpropagation in pieces large enough to build with
#
# Gates are too small to build networks from. A layer is a piece of the right size: it knows its own forward pass and
# its own backward pass, and nothing about the rest of the network.
#
# **You will be able to**
#
# - state the contract that every layer (层) keeps, and read the code of a real one;
# - derive the backward formulas of the dense layer, the activations and three losses, with all shapes;
# - check any gradient with finite differences, and say why this is done in float64 and with which step;
# - recognise a layer that is wrong although the network learns;
# - build a small network from layers, train it on real handwritten digits, and compare it with PyTorch.
#
# Time: about 40 minutes. You need [lecture 4](04_backpropagation.ipynb).

# %%
import numpy as np
import torch

from course_pkg import data, nn, show
from course_pkg.backprop import Network222
from course_pkg.show import COLOURS

# %% [markdown]
# ## The picture
#
# Below is a network that reads 32 small images at once. Blue, above the arrows: the arrays that flow forward, from the
# images $X$ through the sums $In$ and the hidden values $h$ to the scores $s$ and the loss $L$. Red, below: the gradients
# that flow backward. Compare the shapes.

# %% jupyter={"source_hidden": true}
boxes = {i: (3.2 * i, 0, box) for i, box in enumerate(("32 images", "Dense", "ReLU", "Dense", "loss", "L"))}
boxes |= {"W1": (1.7, 1.7, "W, b"), "W2": (8.1, 1.7, "W, b"), "y": (11.3, 1.7, "y: 32 labels")}
flow = (("X", "32×64"), ("In", "32×20"), ("h", "32×20"), ("s", "32×10"), ("L", "1"))
arrows = [(i, i + 1, f"{name}  {shape}", f"∂L/∂{name}  {shape}") for i, (name, shape) in enumerate(flow)]
arrows += [("W1", 1, "data", "diff"), ("W2", 3, "data", "diff"), ("y", 4, "", "")]
show.graph(
    boxes,
    arrows,
    width=11,
    alt="A row of boxes: 32 images, Dense, ReLU, Dense, loss, L. Above the arrows the arrays going forward, X 32 by 64, "
    "In 32 by 20, h 32 by 20, s 32 by 10, L 1; below them their gradients going backward, of the same shapes. Each "
    "Dense also has its weights W and bias b, with data going in and diff coming out.",
    caption="Each gradient has the shape of the array that it belongs to.",
)

# %% [markdown]
# Two things can be seen. Every gradient has the **shape of what it is the gradient of**, because it holds one
# derivative for each number. And a layer with weights has two duties on the way back: tell the layer before it
# ($\partial L / \partial X$), and find out about its own weights ($\partial L / \partial W$).
#
# ## The contract
#
# All layers of `course_pkg.nn` keep one contract, the same as in Caffe (Jia and others, 2014), one of the early
# frameworks of deep learning. Session II returns to it.
#
# - `forward(x)` returns `y`, and remembers what the backward pass will need.
# - `backward(dy)` gets `dy` $= \partial L/\partial Y$ from upstream and returns `dx` $= \partial L/\partial X$.
# - A parameter is a `Blob`: an array `data` and, beside it, its gradient `diff` $= \partial L/\partial$`data`.
#
# With the words of lecture 4: `dy` is upstream, `dx` is downstream, and the layer multiplies by its local derivatives.
# The layer never sees the loss. That is why the same layer works in every network.
#
# Here is a whole layer, and nothing is left out.

# %%
show.source(nn.ReLU)

# %% [markdown]
# `_keep` and `_recall` store and return what `forward` left for `backward`. Then there is the one line that matters:
# `dy * slope`.

# %% [markdown]
# ## The dense layer
#
# The **dense layer** or **fully connected layer** (全连接层) holds many neurons at once. In go $N$ samples with $D$
# numbers each, out come $K$ numbers a sample:
#
# $$Y = X W^\mathsf{T} + b \qquad\qquad y_{nk} = \sum_{d} x_{nd}\, w_{kd} + b_k$$
#
# | array | shape | |
# |---|---|---|
# | $X$ | $N \times D$ | one sample a row |
# | $W$ | $K \times D$ | the weights of one neuron a row |
# | $b$ | $K$ | one bias a neuron |
# | $Y$ | $N \times K$ | |
#
# **By its input.** The number $x_{nd}$ goes into all $K$ outputs of its sample. So sum over these paths, each with
# local derivative $w_{kd}$:
#
# $$\frac{\partial L}{\partial x_{nd}} = \sum_k \frac{\partial L}{\partial y_{nk}}\, w_{kd}
#   \qquad\Longrightarrow\qquad dX = dY\, W$$
#
# **By its weights.** The weight $w_{kd}$ is used by all $N$ samples. Sum over them, each with local derivative $x_{nd}$:
#
# $$\frac{\partial L}{\partial w_{kd}} = \sum_n \frac{\partial L}{\partial y_{nk}}\, x_{nd}
#   \qquad\Longrightarrow\qquad dW = dY^\mathsf{T} X$$
#
# **By its bias.** The same with local derivative 1: $\; db = \sum_n dY_n$.
#
# If you forget the formulas, the shapes bring them back. $dW$ must be $K \times D$, and from $dY$ ($N \times K$) and $X$
# ($N \times D$) there is only one product with this shape.

# %%
show.source(nn.Dense.forward)
show.source(nn.Dense.backward)

# %% [markdown]
# One detail: backward writes `+=`, not `=`. When a parameter is used twice, the gradients of both uses add up (the sum
# over paths of lecture 4). The price is that somebody must set `diff` back to zero before the next pass:
# `zero_grad()`.
#
# **Is it the same as before?** Put the weights of the 2-2-2 network into two dense layers and compare with lecture 4.
# The rows of $W$ are the neurons: $h_1$ has the weights $w_1, w_3$.

# %%
# NBVAL_CHECK_OUTPUT
example = Network222()
w1, w2, w3, w4, w5, w6, w7, w8 = example.w
layers = [nn.Dense(2, 2, bias=False), nn.Sigmoid(), nn.Dense(2, 2, bias=False), nn.Sigmoid()]
net = nn.Net(layers, loss=nn.SquaredError())
net["dense1"].weight.data[...] = [[w1, w3], [w2, w4]]
net["dense2"].weight.data[...] = [[w5, w7], [w6, w8]]

print(f"Error = {net.loss(np.array([example.x]), np.array([example.y])):.4f}")
net.backward()
for name, (a, b) in (("dense1", ((1, 3), (2, 4))), ("dense2", ((5, 7), (6, 8)))):
    for row, (i, j) in zip(net[name].weight.diff, (a, b), strict=True):
        print(f"{name}: δ{i} = {row[0]:+.4f}   δ{j} = {row[1]:+.4f}")

# %% [markdown]
# The numbers of lecture 4, the right ones. Nobody had to think about which path leads where.

# %% [markdown]
# ## Activations
#
# An activation works on each number alone: $y = f(x)$. Then each number has one path, and the backward pass multiplies
# element by element ($\odot$):
#
# $$dX = dY \odot f'(X)$$
#
# | layer | $f'(x)$ |
# |---|---|
# | sigmoid | $f(x)\,(1 - f(x))$ |
# | tanh | $1 - f(x)^2$ |
# | ReLU | $1$ if $x > 0$, else $0$ |
#
# Softmax is different: every output $p_i = e^{x_i} / \sum_j e^{x_j}$ depends on every input of its row. Its derivatives
# are $\partial p_i / \partial x_j = p_i ([i = j] - p_j)$, where $[i = j]$ is 1 if it is true and 0 if not. Summed over
# all paths, $dx_j = p_j \left( dp_j - \sum_i dp_i\, p_i \right)$.

# %% [markdown]
# ## Losses
#
# A loss layer ends the chain. It gets scores and labels, gives one number, and starts the backward pass: its upstream
# gradient is 1. All losses here are the **mean** over the $N$ samples of a batch, so every gradient has a factor
# $1/N$.
#
# **Softmax cross-entropy.** Write the loss of one sample as a difference, with scores $s$ and right class $y$:
#
# $$L_n = -\log \frac{e^{s_y}}{\sum_j e^{s_j}} = -s_y + \log \sum_j e^{s_j}$$
#
# The derivative by $s_k$ is $-[k = y]$ from the first term and $e^{s_k} / \sum_j e^{s_j} = p_k$ from the second:
#
# $$\frac{\partial L_n}{\partial s_k} = p_k - [k = y]
#   \qquad\Longrightarrow\qquad dS = \frac{1}{N}\,(P - \text{onehot}(y))$$
#
# Read it aloud: *what the network believes, minus what is true*. Each row sums to 0. The right score is pushed up
# exactly as hard as all others together are pushed down.
#
# **Multiclass SVM.** $L_n = \sum_{j \neq y} \max(0, s_j - s_y + 1)$. Each term is a ReLU gate. If it is positive, its
# derivative is $+1$ for $s_j$ and $-1$ for $s_y$. So each class that comes too close gets $+\frac{1}{N}$, and the right
# class gets $-\frac{1}{N}$ for each of them.
#
# **Squared error.** $L_n = \frac{1}{2} \sum_k (o_k - y_k)^2$ gives $\frac{1}{N}(o - y)$.

# %%
# NBVAL_CHECK_OUTPUT
scores, y = np.array([[2.0, 1.0, 0.0], [0.5, 0.3, 3.0]]), np.array([0, 1])
for loss in (nn.SoftmaxCrossEntropy(), nn.MulticlassHinge()):
    print(f"{type(loss).__name__}: L = {loss.forward(scores, y):.4f}, dL/ds =")
    print(np.round(loss.backward() + 0.0, 4))

# %% [markdown]
# The first sample is right, by a margin of exactly 1. The SVM loss is satisfied: its gradient is zero. The softmax loss
# still pulls a little. The second sample is wrong (class 2 has the highest score, class 1 is right), and both losses
# pull hard at classes 1 and 2. The SVM also pulls at class 0, because 0.5 is not 1 below 0.3.

# %% [markdown]
# ## Check every gradient
#
# A wrong gradient rarely crashes. In lecture 4 a network learned with half of its gradients wrong. So every backward
# pass in this course is compared with the definition of the derivative, in both directions:
#
# $$\frac{\partial L}{\partial x} \approx \frac{L(x + \varepsilon) - L(x - \varepsilon)}{2\varepsilon}$$
#
# `nn.check_gradients` does this for every number of the input and of every parameter, and returns the worst relative
# error. A layer in the middle has no loss, so the checker adds one: $L = \sum Y \odot R$ with fixed random numbers $R$.
# Then $dY = R$.

# %%
rng = np.random.default_rng(0)
images = rng.normal(size=(2, 3, 6, 6))
rows = rng.normal(size=(4, 5))
labels = np.array([0, 2, 1, 4])
codes = rng.choice([-1.0, 1.0], size=(3, 5))
for_rows = [nn.Dense(5, 3), nn.Sigmoid(), nn.Tanh(), nn.ReLU(), nn.Softmax()]
for_rows += [nn.EuclideanRBF(5, 3, centres=codes, trainable=True)]
for_images = [nn.Conv2d(3, 4, 3, stride=2, padding=1, dilation=2), nn.MaxPool2d(2), nn.AvgPool2d(2)]
for_images += [nn.Subsampling2d(3), nn.Flatten()]
losses = [nn.SoftmaxCrossEntropy(), nn.MulticlassHinge(), nn.RBFLoss()]
checks = [(layer, rows, None) for layer in for_rows] + [(layer, images, None) for layer in for_images]
checks += [(loss, rows**2, labels) for loss in losses] + [(nn.SquaredError(), rows, rng.normal(size=(4, 5)))]

# %%
errors = {type(layer).__name__: nn.check_gradients(layer, x, y=y) for layer, x, y in checks}
show.table(
    [(name, f"{error:.1e}") for name, error in errors.items()],
    ["layer", "worst relative error"],
    caption="Backward passes against central differences, float64, step 1e-5. The next lectures explain the layers "
    "that are new here.",
)

# %%
# NBVAL_CHECK_OUTPUT
for name, error in errors.items():
    print(f"{name:20} worst relative error < 1e-7: {error < 1e-7}")

# %% [markdown]
# ### Layers that are wrong
#
# Let us break two. In the dense layer below somebody took the mean over the batch for the bias, because the loss is a
# mean too. It looks reasonable. The gradient of every bias is now too small by the factor $N$. The ReLU below hands the
# gradient on everywhere, as if it had let everything through.


# %%
class MeanBiasDense(nn.Dense):
    def backward(self, dy):
        dx = super().backward(dy)
        self.bias.diff += dy.mean(axis=0) - dy.sum(axis=0)
        return dx


class HastyReLU(nn.ReLU):
    def backward(self, dy):
        return dy  # forgets that the gate was closed


# %%
for layer in (MeanBiasDense(5, 3), HastyReLU()):
    try:
        nn.check_gradients(layer, rows)
    except nn.GradientError as problem:
        print(problem, end="\n\n")

# %% [markdown]
# The message says which layer, which array, which place, what came and what was expected. For the bias the ratio of the
# two numbers is 4, the size of the batch: often the ratio tells you the mistake.
#
# Would training have told us? Build the same small network three times, from the same random numbers, and train it on
# the handwritten digits of [lecture 2](02_loss.ipynb): 1,797 scans of 8×8 pixels.

# %%
digits = data.digits()


def small_net(dense=nn.Dense, relu=nn.ReLU, seed=0):
    rng = np.random.default_rng(seed)
    layers = [nn.Flatten(), dense(64, 20, rng=rng, init="he"), relu(), dense(20, 10, rng=rng)]
    return nn.Net(layers, loss=nn.SoftmaxCrossEntropy())


# %%
kinds = {"right": {}, "bias by the mean": {"dense": MeanBiasDense}, "hasty ReLU": {"relu": HastyReLU}}
results = {}
for name, parts in kinds.items():
    history = nn.fit(
        small_net(**parts),
        digits.x_train,
        digits.y_train,
        lr=0.1,
        epochs=15,
        batch_size=32,
        test=(digits.x_test, digits.y_test),
    )
    results[name] = history.accuracies

# %%
show.curves(
    results,
    xlabel="epoch",
    ylabel="test accuracy",
    alt="Test accuracy after each of 15 epochs for three networks. All three rise from below sixty to about 95 percent. "
    "The curve with the wrong bias lies on the curve of the right network; the one with the hasty ReLU lies lower.",
    caption="All three learn. Only the gradient check knows that two of them are wrong.",
)
print({name: f"{accuracies[-1]:.3f}" for name, accuracies in results.items()})

# %% [markdown]
# The wrong bias cannot be seen at all. The hasty ReLU is slower, but who trains only this one network will blame the
# learning rate. A rising accuracy is no proof. Check the gradient first, then train.
#
# ### When the checker is wrong
#
# ReLU has a kink at 0. If a number lies closer to the kink than $\varepsilon$, the two points of the difference lie on
# different sides, and the difference is no derivative. Then a correct layer looks wrong.

# %%
try:
    nn.check_gradients(nn.ReLU(), np.array([[1e-6, 2.0]]), eps=1e-5)
except nn.GradientError as problem:
    print(problem)
print("\naway from the kink:", nn.check_gradients(nn.ReLU(), np.array([[1e-4, 2.0]]), eps=1e-5) < 1e-7)

# %% [markdown]
# The same holds for the maximum (when two inputs are nearly equal) and the hinge. Choose test inputs away from the kinks.

# %% [markdown]
# ## Which step, and why float64
#
# How large should $\varepsilon$ be? Two errors pull in opposite directions.
#
# - **Truncation** (截断误差). The difference is the derivative only in the limit. By Taylor's formula the central
#   difference is off by about $\frac{\varepsilon^2}{6} f'''(x)$, the one-sided difference
#   $\frac{f(x+\varepsilon) - f(x)}{\varepsilon}$ by about $\frac{\varepsilon}{2} f''(x)$. Small steps are better.
# - **Rounding** (舍入误差). $f(x+\varepsilon)$ and $f(x-\varepsilon)$ are nearly equal. Each carries a relative error of
#   about $10^{-16}$ in float64 and $10^{-7}$ in float32. Subtract, and the good digits cancel; divide by $2\varepsilon$,
#   and what is left of the error grows. Large steps are better.
#
# So the total error has a valley. Here it is for the sigmoid, averaged over 200 points.


# %%
def difference_error(eps, central=True, dtype=np.float64):
    x = np.random.default_rng(0).normal(size=200).astype(dtype)
    step = dtype(eps)
    if central:
        slope = (nn.activation("sigmoid", x + step) - nn.activation("sigmoid", x - step)) / (2 * step)
    else:
        slope = (nn.activation("sigmoid", x + step) - nn.activation("sigmoid", x)) / step
    exact = nn.activation_derivative("sigmoid", x.astype(np.float64))
    return np.mean(np.abs(slope - exact)) / np.mean(exact)


# %%
eps = np.logspace(-12, 0, 49)
valleys = {
    "one-sided, float64": [difference_error(e, central=False) for e in eps],
    "central, float64": [difference_error(e) for e in eps],
    "central, float32": [difference_error(e, dtype=np.float32) for e in eps],
}

# %% jupyter={"source_hidden": true}
fig, ax = show.new_figure(size=(7.2, 4))
for (name, values), colour in zip(valleys.items(), ("orange", "blue", "purple"), strict=True):
    ax.plot(eps, values, label=name, color=COLOURS[colour])
ax.axhline(1e-7, color="black", lw=1, ls="--")
ax.text(4e-3, 1.6e-7, "what we ask for: 1e-7", fontsize=9)
ax.annotate("rounding", (1e-9, 3e-8), (1e-11, 1e-9), arrowprops={"arrowstyle": "->"})
ax.annotate("truncation", (6e-4, 1.5e-8), (3e-3, 3e-10), arrowprops={"arrowstyle": "->"})
ax.set(xscale="log", yscale="log", xlabel="step ε", ylabel="relative error", ylim=(1e-12, 1e3))
ax.legend(loc="upper center", ncols=3, fontsize=9)
show.figure(
    fig,
    alt="Relative error of three difference formulas against the step, both axes logarithmic. Each curve is a V. Central, "
    "float64: lowest point about 1e-11 near a step of 1e-5. One-sided, float64: about 1e-8 near 1e-8. Central, float32: "
    "never below about 1e-5, so it never reaches the dashed line at 1e-7.",
    caption="Left arm of each V: rounding. Right arm: truncation. Only float64 reaches 1e-7.",
)

# %%
# NBVAL_CHECK_OUTPUT
for name, values in valleys.items():
    best = int(np.argmin(values))
    print(f"{name:19} reaches 1e-7: {min(values) < 1e-7!s:5}   best step about 1e{round(np.log10(eps[best])):+d}")

# %% [markdown]
# The lowest point lies where both errors are equal. For the central difference in float64 this is near
# $\sqrt[3]{10^{-16}} \approx 10^{-5}$, the checker's default. In float32 even the best step leaves an error far above
# $10^{-7}$. A real mistake of one part in a thousand could still be seen there, a small one not. So: **check in float64,
# train in what you like.**
#
# **Change it.** Put `"tanh"` in place of `"sigmoid"` everywhere in `difference_error`. Does the best step move much?
#
# <details><summary>Answer</summary>
#
# Hardly: from about $10^{-5}$ to $3 \cdot 10^{-6}$. The best step depends on the cube root of how curved the function is,
# and a cube root changes slowly.
#
# </details>

# %% [markdown]
# ## A network from these layers
#
# Time to build. `nn.Net` calls the layers in order, and on the way back in reverse order. `nn.fit` repeats four lines:
# forward, `zero_grad`, backward, $w \leftarrow w - \eta \cdot$ `diff`, each time on a small random batch
# (lecture 3).

# %%
show.source(nn.Net.backward)
show.source(nn.SGD)

# %%
net = small_net()
show.table(net.summary((1, 8, 8)), ["name", "layer", "output of one sample", "parameters"], caption="The network.")

# %%
epochs, batch_size = 40, 32
batches = -(-len(digits.x_train) // batch_size)
test = (digits.x_test, digits.y_test)
with show.Monitor(epochs * batches, title="64-20-10 network on the digits") as monitor:
    history = nn.fit(
        net, digits.x_train, digits.y_train, lr=0.1, epochs=epochs, batch_size=batch_size, test=test, monitor=monitor
    )

# %%
accuracy = net.accuracy(*test)
print(f"test accuracy {accuracy:.1%}: {round(accuracy * len(test[1]))} of {len(test[1])} digits that it never saw")
wrong = np.flatnonzero(net.predict(test[0]) != test[1])[:16]
show.images(
    [test[0][i, 0] for i in wrong],
    titles=[f"{test[1][i]}, not {net.predict(test[0][i : i + 1])[0]}" for i in wrong],
    alt="The test digits that the network gets wrong, each 8 by 8 pixels, with the true digit and the network's answer. "
    "Many are hard to read for a human too.",
    caption="The mistakes: the true digit, and what the network said.",
)

# %% [markdown]
# A remark for honesty. The split mixes the writers: other digits by the same hands are in the training part. With
# writers that the network has never seen, the result would be somewhat lower.

# %% [markdown]
# ## The same network in PyTorch
#
# Copy the trained weights into PyTorch, which finds its gradients by other code. Loss and all gradients should agree to
# the last digits of float64.

# %%
# NBVAL_CHECK_OUTPUT
twin = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(64, 20), torch.nn.ReLU(), torch.nn.Linear(20, 10))
twin = twin.double()
with torch.no_grad():
    for theirs, ours in zip(twin.parameters(), net.parameters().values(), strict=True):
        theirs.copy_(torch.tensor(ours.data))

loss = torch.nn.functional.cross_entropy(twin(torch.tensor(digits.x_test)), torch.tensor(digits.y_test))
loss.backward()
net.zero_grad()
ours = net.loss(digits.x_test, digits.y_test)
net.backward()
print("same loss:", bool(abs(ours - loss.item()) < 1e-12))
for theirs, (name, blob) in zip(twin.parameters(), net.parameters().items(), strict=True):
    np.testing.assert_allclose(blob.diff, theirs.grad.numpy(), rtol=1e-9, atol=1e-14)
    print(f"same gradient of {name}: shape {blob.shape}")

# %% [markdown]
# ## Exercises
#
# **1. Write a layer.** Write `Square`, $y = x^2$ for each number, keeping the contract, and let `nn.check_gradients`
# judge it.
#
# <details><summary>Answer</summary>
#
# ```python
# class Square:
#     params = {}
#
#     def forward(self, x):
#         self.x = x
#         return x**2
#
#     def backward(self, dy):
#         return dy * 2 * self.x
#
# nn.check_gradients(Square(), rows)
# ```
#
# Two lines of mathematics. Inside a `nn.Net` a layer must be derived from `nn.Layer`.
#
# </details>
#
# **2. Shapes.** A batch of 64 images with 784 numbers goes through a dense layer with 100 outputs. Give the shapes of
# $Y$, $dY$, $W$, $dW$, $db$ and $dX$. How many multiplications does each of $Y$, $dW$ and $dX$ need?
#
# <details><summary>Answer</summary>
#
# $Y$ and $dY$: $64 \times 100$. $W$ and $dW$: $100 \times 784$. $db$: $100$. $dX$: $64 \times 784$. Each of the three
# products needs $64 \cdot 100 \cdot 784 = 5{,}017{,}600$ multiplications. The backward pass is twice the forward pass,
# as in lecture 4.
#
# </details>
#
# **3. All weights zero.** Make both dense layers of `small_net` with `init="zeros"`. Does the gradient check pass? Does
# the network learn? Which parameters move?
#
# <details><summary>Answer</summary>
#
# The check passes: the gradients are right. But the network hardly learns. With $W = 0$ in the second layer,
# $dX = dY\,W$ is 0, so nothing reaches the first layer. And the hidden values are $\max(0, 0) = 0$, so
# $dW = dY^\mathsf{T} X$ is 0 for the second layer as well. Only the last bias moves. A correct gradient is necessary,
# and it is not enough: the start matters too. Random weights break the tie.
#
# </details>

# %% [markdown]
# ## What to read next
#
# - Jia, Shelhamer, Donahue and others, *Caffe: convolutional architecture for fast feature embedding*, 2014. Blob,
#   layer, net, solver.
# - LeCun, Bottou, Orr and Müller, *Efficient BackProp*, 1998. How to start and how to train, by practitioners.
# - Baydin, Pearlmutter, Radul and Siskind, *Automatic differentiation in machine learning: a survey*, JMLR 18, 2018. It
#   also shows the V of the finite differences.
#
# Next: [Convolution](06_convolution.ipynb). A layer whose weights know that neighbours belong together.
