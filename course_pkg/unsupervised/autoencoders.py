"""Autoencoders (自编码器): networks that learn to say again what they hear, through a narrow or a sparse code.

They learn without labels, from the reconstruction error alone. A sample is a row: X is (N, D), its codes h are (N, K).
"""

import copy

import numpy as np
from sklearn.base import BaseEstimator, ClassNamePrefixFeaturesOutMixin, TransformerMixin
from sklearn.utils.validation import check_array, check_is_fitted, validate_data

from course_pkg import nn
from course_pkg._validate import as_array, as_choice, as_generator, as_int, as_number, as_shape, as_share

_ACTIVATIONS = {"sigmoid": nn.Sigmoid, "tanh": nn.Tanh, "relu": nn.ReLU, "linear": None}


def reconstruction_error(model, x, *, given=None):
    """Return the mean over the samples of ‖x̂ − x‖², where x̂ is what ``model`` makes of x, there and back.

    ``model`` is anything with ``transform`` and ``inverse_transform``, such as an autoencoder or scikit-learn's PCA.
    ``x`` is (N, D). With ``given`` (N, D), such as x with noise, the model sees that instead, and x̂ is still compared
    with x. Raises TypeError or ValueError naming the argument that is wrong.
    """
    x = as_array("x", x, ndim=2)
    given = x if given is None else as_array("given", given, shape=x.shape)
    rebuilt = model.inverse_transform(model.transform(given))
    return float(((rebuilt - x) ** 2).sum(axis=1).mean())


def corrupt(x, level, *, noise="masking", rng=0):
    """Return ``x`` (any shape) with noise: x · m ("masking"), or x + level · ε ("gaussian").

    Masking sets each number to 0 with probability ``level``, from 0 to below 1: each m is 0 or 1. For Gaussian noise,
    with ε ~ Normal(0, 1), ``level`` ≥ 0 is the standard deviation in the unit of x. ``rng`` is a NumPy generator or a
    seed.
    Raises TypeError or ValueError naming the argument that is wrong.
    Source: Vincent, Larochelle, Lajoie, Bengio & Manzagol, 2010.
    """
    x, rng = as_array("x", x), as_generator("rng", rng)
    if as_choice("noise", noise, ("masking", "gaussian")) == "masking":
        return x * (rng.random(x.shape) >= as_share("level", level))
    return x + as_number("level", level, minimum=0) * rng.standard_normal(x.shape, dtype=x.dtype)


class Sparsity(nn.Layer):
    """A price on busy codes h (N, K). The layer changes nothing on the way up; on the way back its gradient is added.

    Without ``target`` the price is (λ/N) Σ_n Σ_j |h_nj|, with λ = ``strength`` ≥ 0. With a ``target`` ρ strictly
    between 0 and 1 it is λ Σ_j KL(ρ ‖ q_j), which is 0 where the mean activity q_j = (1/N) Σ_n h_nj of each unit is ρ;
    the h must lie between 0 and 1, as from a sigmoid. KL(ρ ‖ q) = ρ log(ρ/q) + (1 − ρ) log((1 − ρ)/(1 − q)).
    ``penalty`` is the price of the last forward pass; :class:`SparseNet` adds it to the loss.

    Raises TypeError or ValueError naming the argument that is wrong.
    Source: 2013 notes (002) for |h|; Ng, "Sparse autoencoder", CS294A lecture notes, 2011, for KL.
    """

    def __init__(self, strength, *, target=None):
        super().__init__()
        self.strength = as_number("strength", strength, minimum=0)
        self.target = None if target is None else as_number("target", target, above=0)
        if target is not None and self.target >= 1:
            raise ValueError(f"target: expected a number strictly between 0 and 1, got {self.target}")
        self.penalty = 0.0

    def forward(self, x):
        """Return ``x`` as it is, and keep its price."""
        x = as_array("x", x, ndim=2)
        if self.target is None:
            self.penalty = self.strength * float(np.abs(x).sum()) / len(x)
            return self._keep(x, self.strength * np.sign(x) / len(x))
        rho, q = self.target, x.mean(axis=0)
        if q.min() <= 0 or q.max() >= 1:
            raise ValueError(f"x: expected mean activities strictly between 0 and 1, got {q.min():g} to {q.max():g}")
        divergences = rho * np.log(rho / q) + (1 - rho) * np.log((1 - rho) / (1 - q))
        self.penalty = self.strength * float(divergences.sum())
        return self._keep(x, self.strength * ((1 - rho) / (1 - q) - rho / q) / len(x))

    def backward(self, dy):
        """Return ∂L/∂x = dy + ∂penalty/∂x."""
        dy, slope = self._recall(dy)
        return dy + slope


class SparseNet(nn.Net):
    """A net whose loss contains the prices of its :class:`Sparsity` layers."""

    def loss(self, x, y):
        """Return the loss L, a float, of the batch ``x`` (N, …) against ``y``, with the price of the codes."""
        loss = super().loss(x, y)
        return loss + sum(layer.penalty for layer in self.layers.values() if isinstance(layer, Sparsity))


class CodeEstimator(ClassNamePrefixFeaturesOutMixin, TransformerMixin, BaseEstimator):
    """What the estimators here share: rows of float64 or float32 go in, codes of the same dtype come out."""

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags

    def fit_samples(self, X):
        """Return X as an array and remember the number of its columns."""
        return validate_data(self, X, dtype=[np.float64, np.float32])

    def new_samples(self, X):
        """Return X as an array with as many columns as in training."""
        check_is_fitted(self)
        return validate_data(self, X, reset=False, dtype=[np.float64, np.float32])

    def codes(self, X):
        """Return the codes X as an array (N, K)."""
        check_is_fitted(self)
        return as_array("X", check_array(X, dtype=[np.float64, np.float32]), shape=(None, self._n_features_out))


class Autoencoder(CodeEstimator):
    """Autoencoder (自编码器): an encoder from x to a code h, a decoder from h to x̂, trained to make x̂ like x.

    ``hidden`` is the size K of the code, or the sizes of the encoder's layers, the last of which is the code; the
    decoder has the same sizes in reverse. Each of these layers is followed by ``activation``: "sigmoid", "tanh", "relu"
    or "linear". ``output`` is the decoder's last activation. The loss is ½‖x̂ − x‖², mean over the batch; for "sigmoid"
    it is the cross entropy −Σ_i [x_i log x̂_i + (1 − x_i) log(1 − x̂_i)], and X must lie in 0 … 1.

    ``corruption`` > 0 makes it a denoising autoencoder (降噪自编码器): in training the encoder sees x with ``noise`` of
    that level, drawn anew in every batch, see :func:`corrupt`; x̂ is still compared with the clean x. ``sparsity`` > 0
    puts a price on the code, see :class:`Sparsity`; ``target`` is the mean activity it aims at. Training is ``nn.fit``
    with an optimiser of ``nn.OPTIMISERS``, ``epochs`` passes over X in batches of ``batch_size``. ``rng`` is a NumPy
    generator or a seed.

    X (N, D) is float64 or float32, and everything is computed in that. After ``fit``: the nets ``encoder_`` and
    ``decoder_``, and the losses of all iterations, ``losses_``.
    Raises TypeError or ValueError naming the argument that is wrong.
    Source: 2013 notes (002), 9.1; Rumelhart, Hinton & Williams, 1986; Hinton & Salakhutdinov, 2006.
    """

    def __init__(
        self,
        hidden=32,
        *,
        activation="sigmoid",
        output="linear",
        corruption=0.0,
        noise="masking",
        sparsity=0.0,
        target=None,
        optimiser="Adam",
        lr=0.005,
        epochs=50,
        batch_size=32,
        rng=0,
    ):
        self.hidden = hidden
        self.activation = activation
        self.output = output
        self.corruption = corruption
        self.noise = noise
        self.sparsity = sparsity
        self.target = target
        self.optimiser = optimiser
        self.lr = lr
        self.epochs = epochs
        self.batch_size = batch_size
        self.rng = rng

    def fit(self, X, y=None):
        """Train on X (N, D) from new random weights; ``y`` is ignored. Return the autoencoder."""
        X, rng = self._checked(self.fit_samples(X)), as_generator("rng", self.rng)
        self._build(X.shape[1], X.dtype, rng)
        self.losses_ = self._train(X, rng)
        return self

    def transform(self, X):
        """Return the codes (N, K) of X (N, D)."""
        return self.encoder_.forward(self.new_samples(X))

    def inverse_transform(self, X):
        """Return the reconstructions x̂ (N, D) of the codes X (N, K)."""
        return self.decoder_.forward(self.codes(X))

    def to_classifier(self, classes, *, rng=0):
        """Return a net for labels: a copy of the encoder, then a dense layer to ``classes`` scores, and softmax loss.

        Train it with ``nn.fit``, which then tunes the encoder too (fine-tuning, 微调). ``rng`` is for the new layer.
        """
        check_is_fitted(self)
        layers = copy.deepcopy(self.encoder_.layers)
        dtype = layers["encode1"].weight.data.dtype
        layers["scores"] = nn.Dense(self._n_features_out, classes, rng=rng, dtype=dtype)
        return nn.Net(layers, loss=nn.SoftmaxCrossEntropy())

    def _checked(self, X):
        """Return X, if the output can be like it."""
        if self.output == "sigmoid" and (X.min() < 0 or X.max() > 1):
            raise ValueError(f"X: expected numbers from 0 to 1, got {X.min():g} to {X.max():g}")
        return X

    def _sizes(self):
        sizes = as_shape("hidden", (self.hidden,) if np.ndim(self.hidden) == 0 else self.hidden, minimum=1)
        if not sizes:
            raise ValueError("hidden: expected at least one size, got none")
        return sizes

    def _build(self, features, dtype, rng):
        """Make ``encoder_`` and ``decoder_``, and ``net_``, which trains the layers of both."""
        for name in ("activation", "output"):
            as_choice(name, getattr(self, name), tuple(_ACTIVATIONS))
        sizes, inner = (features, *self._sizes()), [self.activation] * len(self._sizes())
        encoder = _stack("encode", sizes, inner, rng, dtype)
        decoder = _stack("decode", sizes[::-1], [*inner[1:], self.output], rng, dtype)
        self.encoder_, self.decoder_, self._n_features_out = nn.Net(encoder), nn.Net(decoder), sizes[-1]
        loss = nn.SquaredError()
        if self.output == "sigmoid":
            decoder, loss = dict(list(decoder.items())[:-1]), nn.SigmoidCrossEntropy()  # has the sigmoid in it
        price = Sparsity(as_number("sparsity", self.sparsity, minimum=0), target=self.target)
        self.net_ = SparseNet({**encoder, "sparsity": price, **decoder}, loss=loss)

    def _train(self, X, rng):
        """Train the layers, and return the losses."""
        return self._train_net(X, self.epochs, rng)

    def _train_net(self, X, epochs, rng):
        """Train the whole net, from where it stands, and return the losses."""
        level = as_number("corruption", self.corruption, minimum=0)
        noise = (lambda x, rng: corrupt(x, level, noise=self.noise, rng=rng)) if level else None
        return _fit(self, self.net_, X, epochs=epochs, rng=rng, augment=noise)


class StackedAutoencoder(Autoencoder):
    """Stacked autoencoder (栈式自编码器): trained layer by layer (逐层训练), each on the codes of the one below.

    ``fit`` trains one :class:`Autoencoder` with a single hidden layer for each of the sizes in ``hidden``, with
    ``epochs`` passes each: the first on X, the next on the codes of the first, and so on; they are kept as ``levels_``.
    Their layers, all encoders and then all decoders in reverse, make one deep autoencoder. :meth:`fine_tune` trains it
    as a whole; ``losses_`` are the losses of that. Above the first level, what is reconstructed are codes, and the last
    activation is ``activation`` instead of ``output``.

    Arguments, attributes and errors are those of :class:`Autoencoder`.
    Source: 2013 notes (002), 9.1; Bengio, Lamblin, Popovici & Larochelle, 2007; with corruption: Vincent et al., 2010.
    """

    def fine_tune(self, X, y=None, *, epochs):
        """Train all layers together for ``epochs`` passes over X (N, D), from where they stand; ``y`` is ignored."""
        X = self._checked(self.new_samples(X))
        self.losses_ += self._train_net(X, epochs, as_generator("rng", self.rng))
        return self

    def _train(self, X, rng):
        """Train the levels and put their weights into the net, which was not trained as a whole: return no losses."""
        self.levels_, depth = [], len(self._sizes())
        for i, size in enumerate(self._sizes(), start=1):
            output = self.output if i == 1 else self.activation
            level = Autoencoder(**(self.get_params() | {"hidden": size, "output": output, "rng": rng})).fit(X)
            for mine, theirs in ((f"encode{i}", "encode1"), (f"decode{depth + 1 - i}", "decode1")):
                for name, blob in level.net_[theirs].params.items():
                    self.net_[mine].params[name].data[...] = blob.data
            X = level.transform(X)
            self.levels_.append(level)
        return []


class TiedReconstruction(nn.Loss):
    """Decoder and loss of the sparse autoencoder in one: L_n = ‖W h − X‖² + λ Σ_j |h_j|, mean over the batch.

    h = Wᵀ X comes from ``encoder``, a dense layer without bias whose weight (K, D) is Wᵀ, and the decoder has the same
    W: they are tied (权值绑定). λ = ``strength`` ≥ 0. So W gets its gradient from two sides; with r = W h − X::

        ∂L/∂h = (2 Wᵀ r + λ sign(h)) / N        ∂L/∂W = Σ_n (2 r hᵀ / N + X (∂L/∂h)ᵀ)

    The first term of ∂L/∂W is added here, the second by the encoder. Shapes, samples as rows: codes h (N, K), X (N, D).
    Raises TypeError or ValueError naming the argument that is wrong.
    Source: 2013 notes (002), sparse autoencoder.
    """

    def __init__(self, encoder, strength):
        super().__init__()
        self.encoder = encoder
        self.strength = as_number("strength", strength, minimum=0)

    def forward(self, scores, y):
        """Return the mean loss of the codes ``scores`` (N, K) of the samples ``y`` (N, D)."""
        h, w = as_array("scores", scores, ndim=2), self.encoder.weight.data
        r = h @ w - as_array("y", y, shape=(len(h), w.shape[1]))
        return self._keep((r**2).sum(axis=1) + self.strength * np.abs(h).sum(axis=1), h, r)

    def backward(self):
        """Return ∂L/∂h (N, K), and add the decoder's share to the gradient of W."""
        h, r = self._recall()
        self.encoder.weight.diff += 2 * h.T @ r / len(h)
        return (2 * r @ self.encoder.weight.data.T + self.strength * np.sign(h)) / len(h)


class SparseAutoencoder(CodeEstimator):
    """Sparse autoencoder (稀疏自编码器) of the 2013 notes: L(X; W) = ‖W h − X‖² + λ Σ_j |h_j| with h = Wᵀ X.

    Encoder and decoder are linear and share W (D, K). K = ``hidden`` may be larger than D. λ = ``sparsity`` ≥ 0. The
    other arguments are those of :class:`Autoencoder`. Nothing is centred: where the mean of X is not 0, take it away
    first. X (N, D) is float64 or float32. After ``fit``: ``components_`` (K, D), which is Wᵀ, each row a feature, and
    the losses of all iterations, ``losses_``.
    Raises TypeError or ValueError naming the argument that is wrong.
    Source: 2013 notes (002), 9.1; the same model is "ICA with reconstruction cost" in Le, Karpenko, Ngiam & Ng, 2011.
    """

    def __init__(self, hidden=32, *, sparsity=0.1, optimiser="Adam", lr=0.005, epochs=50, batch_size=32, rng=0):
        self.hidden = hidden
        self.sparsity = sparsity
        self.optimiser = optimiser
        self.lr = lr
        self.epochs = epochs
        self.batch_size = batch_size
        self.rng = rng

    def fit(self, X, y=None):
        """Train on X (N, D) from new random weights; ``y`` is ignored. Return the autoencoder."""
        X = self.fit_samples(X)
        rng, hidden = as_generator("rng", self.rng), as_int("hidden", self.hidden, minimum=1)
        encoder = nn.Dense(X.shape[1], hidden, bias=False, rng=rng, dtype=X.dtype)
        net = nn.Net([encoder], loss=TiedReconstruction(encoder, as_number("sparsity", self.sparsity, minimum=0)))
        self.losses_ = _fit(self, net, X, epochs=self.epochs, rng=rng)
        self.components_ = encoder.weight.data
        return self

    def transform(self, X):
        """Return the codes (N, K) of X (N, D): h = Wᵀ x for each row x."""
        return self.new_samples(X) @ self.components_.T

    def inverse_transform(self, X):
        """Return the reconstructions (N, D) of the codes X (N, K): W h for each row h."""
        return self.codes(X) @ self.components_

    @property
    def _n_features_out(self):
        return len(self.components_)


def _stack(prefix, sizes, activations, rng, dtype):
    """Return dense layers from each of ``sizes`` to the next, each with its activation, as a dict from names."""
    layers = {}
    for i, name in enumerate(activations, start=1):
        init = "he" if name == "relu" else "xavier"
        layers[f"{prefix}{i}"] = nn.Dense(sizes[i - 1], sizes[i], init=init, rng=rng, dtype=dtype)
        if _ACTIVATIONS[name] is not None:
            layers[f"{prefix}{i}_{name}"] = _ACTIVATIONS[name]()
    return layers


def _fit(model, net, X, **options):
    """Train ``net`` to give X for X, with the settings of ``model``, and return the losses."""
    optimiser = nn.OPTIMISERS[as_choice("optimiser", model.optimiser, tuple(nn.OPTIMISERS))]
    return nn.fit(net, X, X, lr=model.lr, batch_size=model.batch_size, optimiser=optimiser, **options).losses
