# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # The layer school: a network written down as text
#
# Session I built networks from layers, in Python. Here the network leaves the program: it becomes a text file that says
# which layers there are and how they are connected, and a framework that can read such files does the rest.
#
# **You will be able to**
#
# - name the four parts of a framework of the layer school (层派), blob, layer, net and solver, and say what each does;
# - read a published network file, and find its shapes and parameter counts without running anything;
# - say what happens when a layer works in place, when a blob is read twice, and when two layers share their weights;
# - tell the training net from the test net of the same file;
# - train LeNet from its published files, stop in the middle, and go on as if nothing had happened.
#
# Time: about 35 minutes. You need [lecture 5](../session1_networks/05_layers.ipynb) and
# [lecture 6](../session1_networks/06_convolution.ipynb) of session I.

# %%
import tempfile
from pathlib import Path

import numpy as np

from course_pkg import caffe, data, show
from course_pkg.show import COLOURS

# %% [markdown]
# ## The picture
#
# This is a LeNet. Nobody drew it by hand, and no Python code says what it looks like: the picture is made from the file
# `lenet_train_test.prototxt`, an example that comes with the framework Caffe (2014). The boxes are layers, the blue names
# are the arrays between them.

# %%
digits = data.digits(28, test=0.2225, seed=0)  # 28×28 as in MNIST
order = np.random.default_rng(0).permutation(len(digits.x_train))
training = {"data": digits.x_train[order] * 255, "label": digits.y_train[order]}
testing = {"data": digits.x_test * 255, "label": digits.y_test}

text = caffe.published("lenet_train_test")
lenet = caffe.Net(text, phase="TRAIN", data=training)
caffe.draw(
    lenet,
    alt="Nine boxes from top to bottom: mnist (Data), conv1, pool1, conv2, pool2, ip1, relu1, ip2, loss. The arrows carry "
    "blobs: data 64×1×28×28, conv1 64×20×24×24, pool1 64×20×12×12, conv2 64×50×8×8, pool2 64×50×4×4, ip1 64×500 twice, "
    "ip2 64×10. A second arrow, label 64, runs from mnist past all others to loss.",
    caption="LeNet for training, from its published text. The numbers in the boxes count parameters.",
)

# %% [markdown]
# Look at two places. The layer `mnist` has **two** outputs, and the second one runs past everything to the loss: a network
# is not a row of layers but a **directed acyclic graph** (有向无环图). And the layer `relu1` has the same name, `ip1`, on the
# arrow above and below it. Both will be explained.

# %% [markdown]
# ## Four parts
#
# There were three ways to build a framework for deep learning, and this session visits them all: the layer school, the
# graph school and the dynamic school. **Caffe** (Jia and others, 2014; the name stands for "convolutional architecture for
# fast feature embedding") is the example for the first. It came from Berkeley, was written in C++, and its code is cut in
# four parts that all its relatives have:
#
# | part | what it is | in this course |
# |---|---|---|
# | **Blob** (数据块) | an array `data` and, beside it, its gradient `diff` | `nn.Blob` |
# | **Layer** (层) | `forward`: bottoms to tops; `backward`: gradients of tops to gradients of bottoms | `nn.Layer` |
# | **Net** (网络) | layers, connected by the names of their blobs | `caffe.Net` |
# | **Solver** (求解器) | runs the net forward and backward, and updates the parameters | `caffe.Solver` |
#
# You know the first two from session I, because the layers of this course keep Caffe's contract. Caffe calls what a layer
# reads its **bottoms** and what it writes its **tops**. New in this lecture are the net and the solver.
#
# A blob of images has four axes: number $N$ × channels $C$ × height $H$ × width $W$. In memory all its numbers stand in one
# long row, and the last index runs fastest. The number with index $(n, c, h, w)$ stands at place
#
# $$\big((n \cdot C + c) \cdot H + h\big) \cdot W + w$$

# %%
# NBVAL_CHECK_OUTPUT
N, C, H, W = 64, 20, 24, 24  # the blob conv1
n, c, h, w = 2, 5, 0, 3
print("by the formula:", ((n * C + c) * H + h) * W + w)
print("by NumPy:      ", np.ravel_multi_index((n, c, h, w), (N, C, H, W)))

# %% [markdown]
# ## The text
#
# Here is the part of the file that says what `conv1` is.

# %%
# NBVAL_CHECK_OUTPUT
start = text.index('layer {\n  name: "conv1"')
print(text[start : text.index("layer {", start + 1)])

# %% [markdown]
# This format is called **prototxt**. It is the text format of protocol buffers, which Google uses to store structured data,
# and it has only two ideas: a *field* is `name: value`, and a value may be a *message*, which is a list of fields in braces.
#
# Read it line by line. The layer has a name and a type. It reads the blob `data` and writes the blob `conv1`. It has two
# parameters, and each `param` gives the factor by which the solver multiplies the learning rate: 1 for the weights, 2 for
# the biases. Then comes what only a convolution needs: 20 outputs, a kernel of 5×5, and the **fillers**, which say how the
# parameters start.
#
# There is no word about the size of the input, nor about how many weights there are. Both follow from the blob that it reads.
#
# ## Reading it
#
# To read such a text, the framework cuts it into words and marks (*tokens*), follows the braces (*grammar*), and holds
# every field against a list of what may stand there (*schema*). The result is a message that can be asked.

# %%
# NBVAL_CHECK_OUTPUT
conv1 = lenet["conv1"].message
print(conv1["type"], conv1["bottom"], "->", conv1["top"])
print("outputs:", conv1["convolution_param"]["num_output"])
print("padding, not given:", conv1["convolution_param"]["pad"])
print("groups, by default:", conv1["convolution_param"]["group"])
print("multipliers of the learning rate:", [param["lr_mult"] for param in conv1["param"]])

# %% [markdown]
# The schema is what makes a text safer than it looks. Misspell a field, and you hear of it before anything is computed.

# %%
# NBVAL_CHECK_OUTPUT
for right, wrong in (("kernel_size", "kernal_size"), ('"Pooling"', '"Poling"'), ('bottom: "pool1"', 'bottom: "pool"')):
    try:
        caffe.Net(text.replace(right, wrong, 1), data=training)
    except caffe.PrototxtError as error:
        print(error, "\n")

# %% [markdown]
# The first error is found by the schema, the second by the list of layer types, the third by the net, when it looks for the
# blob.
#
# **Change it:** write `num_output: "20"`, or take a closing brace away. What does the message say?

# %% [markdown]
# ## From text to shapes
#
# Each layer type knows how the shape of its top follows from its bottom. So the net can go through the text once, from top
# to bottom, and find all shapes and all parameter counts. Nothing is computed and no memory is taken.

# %%
# NBVAL_CHECK_OUTPUT
print(f"{'layer':7}{'type':17}{'top':8}{'shape':20}{'parameters':>10}")
for name, kind, _, tops, shapes, count in lenet.summary():
    for top, shape in zip(tops, shapes, strict=True):
        print(f"{name:7}{kind:17}{top:8}{'×'.join(map(str, shape)) or 'a number':20}{count or '':>10}")
print(f"{'sum':52}{lenet.parameter_count:>10}")

# %% [markdown]
# Nearly all parameters are in `ip1`: $500 \cdot 800 + 500$. This LeNet is larger than LeNet-5 of 1998: more feature maps, no
# connection table, max pooling, ReLU, softmax. Only the idea is the same.
#
# The same works for networks that would not run on your computer. These files are as published, too.

# %%
# NBVAL_CHECK_OUTPUT
for name in ("alexnet_deploy", "googlenet_deploy", "mnist_autoencoder"):
    source = caffe.published(name)
    net = caffe.Net(source, data={"data": digits.x_train})
    print(
        f"{net.name:17}{len(net.layers):4} layers {net.parameter_count:12,} parameters {len(source.splitlines()):6} lines"
    )

# %% [markdown]
# AlexNet (Krizhevsky, Sutskever and Hinton, 2012) has 61 million parameters, GoogLeNet (Szegedy and others, 2015), two years
# younger and better, has 7 million. The last column shows a weakness of the layer school. GoogLeNet consists of nine modules
# of the same form, but a text has no loops: everything must be written out nine times.
#
# ## Forward and backward
#
# Run it once. `forward` goes through the layers as they are listed; `backward` goes through them in reverse order, starting
# with $\partial L / \partial L = 1$ at the loss. Afterwards each blob has its `data` and its `diff`, and so has each parameter.

# %%
outputs = lenet.forward()
lenet.backward()
print(f"loss {outputs['loss']:.2f}; a guess among ten classes costs ln 10 = {np.log(10):.2f}")
for blob in ("conv1", "ip2"):
    print(f"{blob:6} data {lenet.blobs[blob].data.shape}, diff {lenet.blobs[blob].diff.shape}")
print("conv1.weight:", lenet.params["conv1.weight"])

# %% [markdown]
# ### In place
#
# The layer `relu1` reads `ip1` and writes `ip1`. Its type is **in place** (原位): the result overwrites the input. The name
# `ip1` means the old array above this layer, and the new one below it.
#
# Why would one want this? To save memory: without it, AlexNet would have to keep the inputs of seven ReLU layers besides
# their outputs. It is allowed only where `backward` does not need the input that was overwritten. For ReLU the output is
# enough, because $y > 0$ exactly where $x > 0$. A convolution needs $x$ for the gradient of its weights, so it cannot work
# in place. (Caffe really overwrites the array. The layers of this course never change their input: here, in place only
# concerns the name.)

# %%
# NBVAL_CHECK_OUTPUT
names = [layer.name for layer in lenet.layers]
for writer, reader, blob, _ in lenet.edges():
    if blob == "ip1":
        print(f"{names[writer]:5} -> {blob} -> {names[reader]}")
print("smallest number in ip1 now:", lenet.blobs["ip1"].data.min())

# %% [markdown]
# ### Read twice, used twice
#
# A blob may be read by several layers. Each of them sends a gradient back, and the gradient of the blob is their sum, because
# a small change of the blob reaches the loss on every one of these paths:
#
# $$\frac{\partial L}{\partial x} = \sum_{\text{readers } r} \left.\frac{\partial L}{\partial x}\right|_{\text{through } r}$$
#
# GoogLeNet lives from this. At the start of every module four layers read one blob.

# %%
# NBVAL_CHECK_OUTPUT
googlenet = caffe.Net(caffe.published("googlenet_deploy"))
for _, reader, blob, shape in googlenet.edges():
    if blob == "pool2/3x3_s2":
        print(f"{blob} {shape[1:]} -> {googlenet.layers[reader].name}")

# %% [markdown]
# The same holds for a parameter that two layers use. Give it a name in the text, and every `param` of this name is one and
# the same array (**weight sharing**, 权值共享); its gradient is the sum over its uses. Below is a tiny *siamese* net: two inputs
# go through the same weights.

# %%
# NBVAL_CHECK_OUTPUT
twins = caffe.Net(
    """input: "a" input_shape { dim: 1 dim: 3 }  input: "b" input_shape { dim: 1 dim: 3 }
    layer { name: "left" type: "InnerProduct" bottom: "a" top: "left" param { name: "w" }
      inner_product_param { num_output: 2 bias_term: false weight_filler { type: "xavier" } } }
    layer { name: "right" type: "InnerProduct" bottom: "b" top: "right" param { name: "w" }
      inner_product_param { num_output: 2 bias_term: false } }
    layer { name: "apart" type: "EuclideanLoss" bottom: "left" bottom: "right" top: "apart" }""",
    dtype="float64",
)
twins.forward(a=[[1, 2, 3]], b=[[0, 2, 4]])
twins.backward()
print("one array:", twins.params["left.weight"] is twins.params["right.weight"], "| parameters:", twins.parameter_count)
by_hand = twins.blobs["left"].diff.T @ [[1, 2, 3]] + twins.blobs["right"].diff.T @ [[0, 2, 4]]
print("gradient is the sum of both uses:", np.allclose(twins.params["left.weight"].diff, by_hand))

# %% [markdown]
# ## Training and test
#
# A network is used in two ways, or **phases** (阶段). In training it needs the training data and a loss. In the test it needs
# other data and an accuracy, dropout must let everything through, and batch normalisation must not look at the batch.
# Both nets stand in one file. A layer with `include { phase: TEST }` exists only in the test.

# %%
# NBVAL_CHECK_OUTPUT
nets = {
    phase: caffe.Net(text, phase=phase, data={"TRAIN": training, "TEST": testing}[phase]) for phase in ("TRAIN", "TEST")
}
for phase, net in nets.items():
    print(f"{phase:5} batch of {net.blobs['data'].shape[0]:3} | {' '.join(layer.name for layer in net.layers)}")

drop = 'input: "x" input_shape { dim: 1 dim: 8 } layer { name: "drop" type: "Dropout" bottom: "x" top: "y" }'
for phase in nets:
    print(f"{phase:5} dropout of eight ones:", caffe.Net(drop, phase=phase, rng=1).forward(x=np.ones((1, 8)))["y"][0])

# %% [markdown]
# In training, dropout sets about half of the numbers to 0 and doubles the others, so that the mean stays.
#
# ## The solver
#
# What is left is how to train, and that is a text as well.

# %%
# NBVAL_CHECK_OUTPUT
solver_text = caffe.published("lenet_solver")
print("\n".join(line for line in solver_text.splitlines() if not line.startswith("#")))

# %% [markdown]
# In iteration $t$ the solver computes the gradient $g$ of a batch and updates each parameter $w$ with the help of a velocity
# $v$ that starts at 0. With momentum $\mu$ and weight decay $\lambda$:
#
# $$g \leftarrow \frac{\partial L}{\partial w} + \lambda w \qquad v \leftarrow \mu v + \eta_t\, g \qquad w \leftarrow w - v$$
#
# ($\lambda$ and $\eta_t$ are also multiplied by the `decay_mult` and `lr_mult` of the parameter.) The learning rate $\eta_t$
# follows one of seven policies. LeNet uses "inv": $\eta_t = \eta_0\, (1 + \gamma t)^{-p}$. Here are all seven.

# %%
policies = {
    "fixed": "",
    "step": "gamma: 0.5 stepsize: 25",
    "exp": "gamma: 0.97",
    "inv": "gamma: 0.05 power: 0.75",
    "multistep": "gamma: 0.3 stepvalue: 40 stepvalue: 80",
    "poly": "power: 2",
    "sigmoid": "gamma: -0.1 stepsize: 50",
}
time = np.arange(100)
rates = {}
for name, more in policies.items():
    message = caffe.parse(f'base_lr: 1 max_iter: 100 lr_policy: "{name}" {more}', caffe.schema.SOLVER)
    rates[name] = [caffe.learning_rate(message, t) for t in time]

# %% jupyter={"source_hidden": true}
fig, panels = show.new_figure(2, 4, size=(10, 4.2), sharex=True, sharey=True)
for ax, (name, rate) in zip(panels.flat, rates.items(), strict=False):
    ax.plot(time, rate, color=COLOURS["red" if name == "inv" else "blue"])
    ax.set(title=name, ylim=(0, 1.08))
panels[1, 3].axis("off")
for ax in [*panels[1, :3], panels[0, 3]]:
    ax.set_xlabel("iteration t")
    ax.tick_params(labelbottom=True)
for ax in panels[:, 0]:
    ax.set_ylabel("η / base_lr")
show.figure(
    fig,
    alt="Seven small panels with the learning rate over 100 iterations: fixed stays at 1; step halves it every 25; exp and "
    "inv fall quickly at first, inv levels off higher; multistep drops at 40 and 80; poly falls to 0 at the end; sigmoid "
    "stays near 1, then falls around iteration 50.",
    caption="The seven policies. LeNet's is inv, in red (here with a larger γ, so that one sees it).",
)

# %% [markdown]
# Now train. The published solver runs 10,000 iterations on the 60,000 images of MNIST. We have 1,397 images and less
# patience, so three numbers are changed: 150 iterations, a test every 50, and a test of 4 batches of 100, which are all
# 400 test images. The data layers read arrays, where Caffe would open the database named in the text. Those held bytes
# from 0 to 255, which is why `scale: 0.00390625` ($= 1/256$) stands in the file, and why the images were multiplied by 255
# above.

# %%
for published, ours in (("max_iter: 10000", "max_iter: 150"), ("test_interval: 500", "test_interval: 50")):
    solver_text = solver_text.replace(published, ours)
solver = caffe.Solver(solver_text.replace("test_iter: 100", "test_iter: 4"), data=training, test_data=testing)

with show.Monitor(solver.message["max_iter"], title="LeNet from its prototxt") as monitor:
    history = solver.solve(monitor=monitor)

for iteration, (result,) in history.tests:
    print(f"iteration {iteration:3}: test loss {result['loss']:.2f}, accuracy {result['accuracy']:.1%}")

# %% [markdown]
# Nearly seven passes over the data, a few seconds, and the test accuracy is above 95 %. (MNIST's 70,000 digits are another data
# set; these are 1,797 digits of 13 writers, and each writer is in both parts.)
#
# Not one line of Python said what the network looks like. This was the point of Caffe: an experiment is two text files that
# one can send to a colleague. The *Model Zoo*, Caffe's collection of such files with trained weights, made it common to
# start from somebody else's network.
#
# ### Stop and go on
#
# Training took days then, and computers fail. So a solver writes **snapshots** (快照): the parameters, but also the
# velocities, the iteration, the place in the data and the state of the random numbers. With all of these, the training that
# goes on is equal to the one that never stopped, to the last bit.

# %%
# NBVAL_CHECK_OUTPUT
with tempfile.TemporaryDirectory() as folder:
    path = Path(folder) / "lenet.npz"
    solver.snapshot(path)
    went_on = [solver.step() for _ in range(3)]
    solver.restore(path)
    again = [solver.step() for _ in range(3)]
print("back at iteration", solver.iteration - 3, "| the same losses, bit by bit:", went_on == again)

# %% [markdown]
# **Change it:** give LeNet `pool: AVE`, or another filler (`type: "msra"`), or `base_lr: 0.1`. One number in a text changes one
# thing in the experiment.

# %% [markdown]
# ## What became of Caffe
#
# For about three years Caffe was one of the usual tools of computer vision. Then it was overtaken, for reasons that one
# can see in this lecture:
#
# - A text has no loops and no functions. GoogLeNet takes 2,000 lines, a network for sentences of any length hardly fits in.
# - A layer is a large piece. A new idea needs a new layer, with its gradient derived by hand, in C++ and again for the
#   graphics card. [The graph school](02_graph_school.ipynb) cuts networks into such small pieces that the gradient of
#   everything follows from the gradients of a few operations.
#
# Caffe 1.0 of April 2017 was the last release. In the same month Facebook published Caffe2, by some of the same people, and in
# 2018 Caffe2 became a part of PyTorch. What stayed is older than all of these frameworks and in all of them: data with their
# gradients, layers with forward and backward, images as $N \times C \times H \times W$, and a solver that does not know what it
# optimises.

# %% [markdown]
# ## Exercises
#
# **1.** The 25,050 parameters of `conv2` are a product and a sum. Which? What would be left with `group: 2`?
#
# <details><summary>Answer</summary>
#
# There are 50 kernels, each looks at 20 channels through 5×5 pixels, and each has a bias: $50 \cdot 20 \cdot 25 + 50 = 25{,}050$.
# With two groups each kernel looks at half of the channels: $50 \cdot 10 \cdot 25 + 50 = 12{,}550$. AlexNet's `conv2`, `conv4`
# and `conv5` have two groups because the network was spread over two graphics cards.
#
# </details>
#
# **2.** Somebody does not like layers that work in place, and changes `top: "ip1"` of `relu1` to `top: "relu1"`, and nothing
# else. The file is read without an error, the net trains. What is wrong with it?
#
# <details><summary>Answer</summary>
#
# `ip2` still reads `ip1`, which now means the blob before the ReLU. The ReLU is computed and nobody uses it: `relu1` turns up
# among the outputs of the net, `net.outputs` is `['relu1', 'loss']`. Between `ip1` and `ip2` there is no activation any more,
# so the two dense layers are worth no more than one. The bottom of `ip2` must be changed too. Names that connect things are
# convenient, but no schema can tell which connection was meant.
#
# </details>
#
# **3.** GoogLeNet's first pooling layer turns 112×112 into 56×56, with windows of 3 and a stride of 2. How many places does the
# formula of lecture 6 give? Look at `show.source(caffe.layers.CeilPool2d)`.
#
# <details><summary>Answer</summary>
#
# $\lfloor (112 - 3)/2 \rfloor + 1 = 55$. Caffe rounds up when it pools: $\lceil (112 - 3)/2 \rceil + 1 = 56$. The last window
# reaches one pixel over the edge, and only what lies inside counts. PyTorch rounds down unless it is told `ceil_mode=True`:
# whoever carries a network from one framework to the other must look out for this.
#
# </details>

# %% [markdown]
# ## What to read next
#
# - Y. Jia, E. Shelhamer, J. Donahue and others, *Caffe: Convolutional Architecture for Fast Feature Embedding*, 2014. Four
#   pages, with the four parts of this lecture.
# - Y. LeCun, L. Bottou, Y. Bengio and P. Haffner, *Gradient-Based Learning Applied to Document Recognition*, 1998. Section
#   VII already describes networks as graphs of modules with forward and backward.
# - C. Szegedy and others, *Going Deeper with Convolutions*, 2015. Hold its table 1 against `googlenet.summary()`.
#
# **Next:** [the graph school](02_graph_school.ipynb), where the pieces become so small that the framework can derive the
# backward pass itself.
