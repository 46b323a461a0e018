# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Deep learning from zero (从零开始的深度学习): syllabus
#
# A course that starts with a single neuron and ends with networks that read, see and draw. You run every formula, change
# it, and look at what happens.
#
# It grew out of five Chinese lecture decks and study notes, the oldest of 2013. Their formulas, worked examples and numbers
# are here, checked. Where they are wrong, the course says so and proves it.
#
# **For whom.** You know some Python, a little NumPy, and what a derivative is. Nothing else is needed. The text is in
# English; the Chinese term stands beside each key term where it first appears.

# %% [markdown]
# ## How to use it
#
# - **Run it.** Each lecture is a notebook. Open it, choose *Run → Run All Cells*, then read from the top. Everything
#   runs on a laptop without a graphics card and without a network connection.
# - **Play first.** Lectures begin with a picture or with something that you can move.
# - **Change it.** In each lecture there is an experiment to change. Guess the result before you run it.
# - **Exercises** end each lecture. Click *Answer* when you have your own.
# - **Look inside.** The code that lectures call is in the package `course_pkg`. It is short and written to be read:
#   `show.source(nn.ReLU)` shows any of it.
# - **Problem sets** come with checks that say what was expected, what came, and which lecture to read again.
#
# ### On your laptop
#
# You need Python 3.11 or newer and `make`. In a terminal, in the folder of the course:
#
# ```
# make lab     # installs everything into .venv, opens JupyterLab on this page
# make test    # passes all tests of the course
# ```
#
# The first call takes some minutes, because PyTorch is large. With conda: `conda env create -f environment.yml`.
#
# ### On Colab
#
# Every notebook has an *Open in Colab* button under its title. The first code cell installs the package there. Nothing
# is installed on your computer, and your changes stay in your own copy if you save one.

# %% [markdown]
# ## Session I: from one neuron to a convolutional network
#
# Eight lectures and a problem set. Follow them in this order; each needs the ones before it.

# %% jupyter={"source_hidden": true}
from course_pkg import show

stations = ["1 neuron", "2 loss", "3 gradient\ndescent", "4 backprop-\nagation", "5 layers", "6 convo-\nlution"]
stations += ["7 LeNet-5", "8 deep", "problem\nset 1"]
places = [(0, 1), (2, 1), (4, 1), (6, 1), (8, 1), (8, 0), (6, 0), (4, 0), (2, 0)]
steps = ["how wrong?", "which way?", "whose fault?", "in pieces", "", "all together", "why more?", "your turn"]
fig, ax = show.new_figure(size=(10, 2.4))
box = {"boxstyle": "round,pad=0.4", "facecolor": "white", "edgecolor": show.COLOURS["blue"], "linewidth": 2}
drawn = [ax.text(*xy, name, ha="center", va="center", bbox=box) for xy, name in zip(places, stations, strict=True)]
for i, step in enumerate(steps):
    ends = {"patchA": drawn[i].get_bbox_patch(), "patchB": drawn[i + 1].get_bbox_patch()}
    ax.annotate("", places[i + 1], places[i], arrowprops={"arrowstyle": "-|>", "color": "0.4", **ends})
    middle = sum(x for x, _ in places[i : i + 2]) / 2
    ax.text(middle, places[i][1] + 0.12, step, ha="center", fontsize=9, color="0.3")
ax.set(xlim=(-0.8, 8.8), ylim=(-0.5, 1.4))
ax.axis("off")
show.figure(
    fig,
    alt="The path of Session I as nine boxes. Upper row, to the right: neuron, loss, gradient descent, backpropagation, "
    "layers. Then down and back to the left: convolution, LeNet-5, deep, problem set 1.",
    caption="The path of Session I. On the arrows: the question or the step that leads on.",
)

# %% [markdown]
# | Lecture | What you learn | Learner's time | Computer's time |
# |---|---|---|---|
# | [1 Neuron](session1_networks/01_neuron.ipynb) | weighted sum and activation, with derivatives; the perceptron; why one neuron cannot do XOR and two layers can | 35 min | {{seconds:session1_networks/01_neuron}} |
# | [2 Loss](session1_networks/02_loss.ipynb) | scores; softmax loss and SVM loss; regularisation; a linear classifier of digits | 35 min | {{seconds:session1_networks/02_loss}} |
# | [3 Gradient descent](session1_networks/03_gradient_descent.ipynb) | from the Taylor expansion to the step along −∇f; learning rate too small, right, too large; small batches | 40 min | {{seconds:session1_networks/03_gradient_descent}} |
# | [4 Backpropagation](session1_networks/04_backpropagation.ipynb) | the chain rule gate by gate; a 2-2-2 network by hand, forward, backward, update | 40 min | {{seconds:session1_networks/04_backpropagation}} |
# | [5 Layers](session1_networks/05_layers.ipynb) | forward and backward of dense layers, activations and losses; checking gradients; a network from layers | 40 min | {{seconds:session1_networks/05_layers}} |
# | [6 Convolution](session1_networks/06_convolution.ipynb) | kernels, stride, padding, pooling; why weights are shared; the backward pass is a convolution | 40 min | {{seconds:session1_networks/06_convolution}} |
# | [7 LeNet-5](session1_networks/07_lenet.ipynb) | a whole network layer by layer, trained on real handwritten digits; what it learns, where it fails | 40 min | {{seconds:session1_networks/07_lenet}} |
# | [8 From shallow to deep](session1_networks/08_deep.ipynb) | features by hand or learned; kernels that turn into edges; why depth; AlexNet's arithmetic; two waves of history | 40 min | {{seconds:session1_networks/08_deep}} |
# | [Problem set 1](../assignments/ps1/ps1.ipynb) | write it all yourself: activations, losses, backpropagation, convolution, a trained network; 100 points | 105 min | |
#
# *Computer's time* is measured when the notebooks are built: what all cells of a lecture compute, from a fresh start, in
# one thread on a machine with two CPU cores and no graphics card.

# %% [markdown]
# ## Session II: frameworks, and how deep nets are trained
#
# Thirteen lectures and a problem set. Lectures 1 to 6 build on each other; 7 to 10, on learning without labels, form a
# story of their own; 11 to 13 can be read in any order.
#
# | Lecture | What you learn | Learner's time | Computer's time |
# |---|---|---|---|
# | [1 The layer school](session2_frameworks/01_layer_school.ipynb) | networks and solvers as text, with Caffe as the example: blob, layer, net, solver | 35 min | {{seconds:session2_frameworks/01_layer_school}} |
# | [2 The graph school](session2_frameworks/02_graph_school.ipynb) | define a graph, extend it with its gradients, run it in a session, with TensorFlow 1 as the example | 35 min | {{seconds:session2_frameworks/02_graph_school}} |
# | [3 Three schools](session2_frameworks/03_three_schools.ipynb) | the tape of PyTorch; one network in all three schools, to the same numbers; what became of five frameworks | 30 min | {{seconds:session2_frameworks/03_three_schools}} |
# | [4 Optimisers](session2_frameworks/04_optimisers.ipynb) | seven optimisers explained, checked against PyTorch, and raced | 40 min | {{seconds:session2_frameworks/04_optimisers}} |
# | [5 Training deep nets](session2_frameworks/05_training_deep_nets.ipynb) | vanishing gradients, measured layer by layer, and four cures; cliffs and clipping; batch size and order of the samples | 40 min | {{seconds:session2_frameworks/05_training_deep_nets}} |
# | [6 Regularisation](session2_frameworks/06_regularisation.ipynb) | weight decay, L1, noise, dropout, augmentation, label smoothing: what each does, and what each brought | 40 min | {{seconds:session2_frameworks/06_regularisation}} |
# | [7 Autoencoders](session2_frameworks/07_autoencoders.ipynb) | codes that rebuild their input; stacked, sparse and denoising | 40 min | {{seconds:session2_frameworks/07_autoencoders}} |
# | [8 Sparse coding](session2_frameworks/08_sparse_coding.ipynb) | a few atoms for each patch; edges appear from photos | 40 min | {{seconds:session2_frameworks/08_sparse_coding}} |
# | [9 Boltzmann machines](session2_frameworks/09_boltzmann_machines.ipynb) | energy, conditionals, Gibbs sampling, contrastive divergence | 40 min | {{seconds:session2_frameworks/09_boltzmann_machines}} |
# | [10 Deep belief nets](session2_frameworks/10_deep_belief_nets.ipynb) | greedy training, wake-sleep, fine-tuning; does it help with few labels? | 40 min | {{seconds:session2_frameworks/10_deep_belief_nets}} |
# | [11 Architectures](session2_frameworks/11_architectures.ipynb) | AlexNet, VGG, GoogLeNet, ResNet, DenseNet, encoder and decoder; what each idea buys | 40 min | {{seconds:session2_frameworks/11_architectures}} |
# | [12 Sequences](session2_frameworks/12_sequences.ipynb) | recurrent networks and LSTM on real text, beside models that count | 40 min | {{seconds:session2_frameworks/12_sequences}} |
# | [13 Hardware](session2_frameworks/13_hardware.ipynb) | which device, how fast, and why; watching a training run in TensorBoard | 30 min | {{seconds:session2_frameworks/13_hardware}} |
# | [Problem set 2](../assignments/ps2/ps2.ipynb) | momentum and Adam, dropout, batch normalisation, a graph operation, clipping, sparse autoencoder, CD-1, residual block; 100 points | 115 min | |

# %% [markdown]
# ## Session III: what it can do
#
# Words first (lectures 1 to 6), then pictures (7 to 11), and a look back on the whole course. The two halves can be read
# in either order. Each has a problem set.
#
# | Lecture | What you learn | Learner's time | Computer's time |
# |---|---|---|---|
# | [1 Words as vectors](session3_applications/01_word_vectors.ipynb) | one-hot vectors and why they fail; CBOW and skip-gram; two embeddings; king − man + woman | 40 min | {{seconds:session3_applications/01_word_vectors}} |
# | [2 The huge softmax](session3_applications/02_huge_softmax.ipynb) | hierarchical softmax over a Huffman tree, and negative sampling | 35 min | {{seconds:session3_applications/02_huge_softmax}} |
# | [3 Word arithmetic](session3_applications/03_word_arithmetic.ipynb) | vectors of real text and real files; a score instead of an anecdote; what vectors get wrong | 40 min | {{seconds:session3_applications/03_word_arithmetic}} |
# | [4 The visualiser](session3_applications/04_visualiser.ipynb) | word2vec as a picture to step through, number by number | 25 min | {{seconds:session3_applications/04_visualiser}} |
# | [5 Text classification](session3_applications/05_text_classification.ipynb) | a convolution over words; which library does a text come from; beside a bag of words | 35 min | {{seconds:session3_applications/05_text_classification}} |
# | [6 Recommendation](session3_applications/06_recommendation.ipynb) | users and items as vectors; matrix factorisation and two towers beside popularity | 35 min | {{seconds:session3_applications/06_recommendation}} |
# | [Problem set 3a](../assignments/ps3a/ps3a.ipynb) | losses and gradients of skip-gram and CBOW, negative sampling, Huffman codes, analogies, PCA, a text CNN; 100 points | 112 min | |
# | [7 Deeper](session3_applications/07_deeper.ipynb) | from AlexNet to 152 layers, in pictures | 25 min | {{seconds:session3_applications/07_deeper}} |
# | [8 What a kernel sees](session3_applications/08_what_a_kernel_sees.ipynb) | the picture that a channel likes best, and how to get one that people can read | 35 min | {{seconds:session3_applications/08_what_a_kernel_sees}} |
# | [9 DeepDream](session3_applications/09_deepdream.ipynb) | a network exaggerates what it sees; octaves, jitter, guides, tiles | 35 min | {{seconds:session3_applications/09_deepdream}} |
# | [10 What is style?](session3_applications/10_what_is_style.ipynb) | Gram matrices: of colours, then of features; what they keep and what they forget | 35 min | {{seconds:session3_applications/10_what_is_style}} |
# | [11 Neural Style](session3_applications/11_neural_style.ipynb) | a photo in the style of another picture: two losses, their gradients by hand, two optimisers | 40 min | {{seconds:session3_applications/11_neural_style}} |
# | [12 Recap](session3_applications/12_recap.ipynb) | a task becomes an optimisation problem; a feature learned for one task helps another, measured | 35 min | {{seconds:session3_applications/12_recap}} |
# | [Problem set 3b](../assignments/ps3b/ps3b.ipynb) | Gram matrices and their gradient, total variation, a dream step, octaves, tiles; 100 points | 110 min | |
#
# **Planned; not part of the course yet:** detection, segmentation, tracking, video.

# %% [markdown]
# ## Points of the problem sets
#
# | Set 1 | What you practise | Points | Why |
# |---|---|---|---|
# {{points:ps1}}
#
# | Set 2 | What you practise | Points | Why |
# |---|---|---|---|
# {{points:ps2}}
#
# | Set 3a | What you practise | Points | Why |
# |---|---|---|---|
# {{points:ps3a}}
#
# | Set 3b | What you practise | Points | Why |
# |---|---|---|---|
# {{points:ps3b}}

# %% [markdown]
# ## The five sources
#
# The lectures call them by their numbers.
#
# | Source | What it is | Where the course uses it |
# |---|---|---|
# | **001** | university deck (Zhejiang University): neural networks, convolution, word vectors | lectures [1](session1_networks/01_neuron.ipynb) to [6](session1_networks/06_convolution.ipynb); AlexNet's numbers in [8](session1_networks/08_deep.ipynb); word vectors in [Session III](session3_applications/01_word_vectors.ipynb) |
# | **002** | long study notes of 2013: features, learning without labels, convolutional networks | weight sharing in [6](session1_networks/06_convolution.ipynb), all of [7](session1_networks/07_lenet.ipynb), history in [8](session1_networks/08_deep.ipynb); learning without labels in Session II, [7](session2_frameworks/07_autoencoders.ipynb) to [10](session2_frameworks/10_deep_belief_nets.ipynb) |
# | **000**, **003** | two copies of one deck of 2016, the third of three sessions; its last pages recall the first two | the three sessions of this course; the backward pass of convolution in [6](session1_networks/06_convolution.ipynb) of Session I; Session II follows its recap; word vectors, DeepDream, Neural Style and the recap in Session III |
# | **004** | notes on frameworks, architectures, hardware and applications | the perceptron and XOR in [1](session1_networks/01_neuron.ipynb); most of Session II |
#
# ## Where the sources are wrong
#
# Each error is shown in the lecture where it belongs, with a proof in a cell and the right value.
#
# | | The source says | In truth | Shown in |
# |---|---|---|---|
# | E-1 | 001: $\delta_1 = (\delta_5 + \delta_6)\, h_1 (1 - h_1)\, x_1$, and all of $\delta_1 \dots \delta_4$ are 0.01 | the chain rule needs $w_5, w_6$ where the slide has $h_1$; $\delta_1 = -0.0084$, $\delta_2 = 0.0126$, $\delta_3 = -0.0051$, $\delta_4 = 0.0076$ | [4 Backpropagation](session1_networks/04_backpropagation.ipynb) |
# | E-2 | 004: VGG has $140 \cdot 10^{12}$ parameters | 138,357,544 for VGG-16 | [Session II, 11](session2_frameworks/11_architectures.ipynb) |
# | E-3 | 000: AlexNet was 5 points better than the state of the art | top-5 error 15.3 % against 26.2 %: more than ten points | [8 From shallow to deep](session1_networks/08_deep.ipynb) |
# | E-4 | 004: the perceptron dates from Pitts and others, 1943 | McCulloch and Pitts' neuron 1943; Rosenblatt's perceptron 1958 | [1 Neuron](session1_networks/01_neuron.ipynb) |
# | E-5 | 004: "zero regression" for L2; "striped convolution" | ridge regression; strided convolution | [Session II, 6](session2_frameworks/06_regularisation.ipynb) |
# | E-6 | 001: average pooling gives 3, 2, 3, 6 | the means are 3.5, 2.75, 3.5, 6.75; the slide rounds down | [6 Convolution](session1_networks/06_convolution.ipynb) |
# | E-7 | 002: 15 billion neurons in the brain; one billion "nodes" in a network of 2012 | about 86 billion neurons; one billion connections | [8 From shallow to deep](session1_networks/08_deep.ipynb) |
# | E-8 | 000: a preset of the visualiser is spelled "kindom"; 004: "496,835 kinds of news" | kingdom; 496,835 articles | [Session III, 4](session3_applications/04_visualiser.ipynb) and [5](session3_applications/05_text_classification.ipynb) |
# | new | 002: the L1 penalty makes most units of the sparse autoencoder 0; the 64 edges of the sparse code are orthogonal | with $h = W^T X$ none is exactly 0; the largest cosine of two edges is 0.7 | [Session II, 7](session2_frameworks/07_autoencoders.ipynb), [8](session2_frameworks/08_sparse_coding.ipynb) |
# | new | 004: noise on the weights equals a norm penalty on them | in a linear model noise on the *input* does; noise on the weights adds a constant | [Session II, 6](session2_frameworks/06_regularisation.ipynb) |
#
# Smaller remarks of the same kind stand in lectures [6](session1_networks/06_convolution.ipynb),
# [7](session1_networks/07_lenet.ipynb) and [8](session1_networks/08_deep.ipynb) of Session I and in several of Session II.

# %% [markdown]
# ## The letters
#
# Formulas use the sources' letters, so that you can hold slide and notebook together. Each is explained where it is
# first used:
#
# | Letter | Meaning | Lecture |
# |---|---|---|
# | $In$, $Out$ | weighted sum of a neuron, and its output after the activation | [1](session1_networks/01_neuron.ipynb) |
# | $s$, $L_i$, $L$, $R(W)$ | scores, loss of one sample, full loss, regulariser | [2](session1_networks/02_loss.ipynb) |
# | $\nabla f$, $\eta$ (in code `lr`) | gradient, learning rate | [3](session1_networks/03_gradient_descent.ipynb) |
# | $\delta_i$ | in 001's worked example: the derivative of $Error$ by the weight $w_i$; most books mean the derivative by a unit's weighted sum | [4](session1_networks/04_backpropagation.ipynb) |
# | $N, D, K$; `x`, `dy`, `dx` | samples, inputs, outputs; a layer's input, the gradient that arrives, the gradient it hands on | [5](session1_networks/05_layers.ipynb) |
# | $N \times C \times H \times W$ | images, channels, height, width | [6](session1_networks/06_convolution.ipynb) |
# | C1, S2, C3, S4, C5, F6 | LeNet-5's layers: convolution, subsampling, fully connected | [7](session1_networks/07_lenet.ipynb) |
#
# Begin: [lecture 1, one neuron](session1_networks/01_neuron.ipynb).
