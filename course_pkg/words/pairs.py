"""word2vec on a handful of pairs, one step at a time, small enough to see every number.

::

    trainer = words.PairTrainer("king|royal, queen|royal, man|rice, woman|rice", hidden_size=2)
    trainer.step(500)
    trainer.excite("king").answers
"""

from typing import NamedTuple

import numpy as np

from course_pkg._validate import as_bool, as_choice, as_int, as_number, describe
from course_pkg.nn import activation
from course_pkg.words.outputs import OUTPUTS, FullSoftmax

CHECKPOINT = 100  # steps between two copies of the weights, from which a step back is replayed
LARGEST = 1e100  # a weight beyond has left the range in which its square can be taken

_KING_AND_QUEEN = (
    "king|kingdom,queen|kingdom,king|palace,queen|palace,king|royal,queen|royal,king|George,queen|Mary,"
    "man|rice,woman|rice,man|farmer,woman|farmer,man|house,woman|house,man|George,woman|Mary"
)

# The pairs are those of wevi (Rong, MIT licence), but for "kingdom", which is "kindom" there.
PRESETS = {
    "king and queen": {"text": _KING_AND_QUEEN},
    "king and queen in symbols": {
        "text": "king|a,queen|a,king|b,queen|b,king|c,queen|c,king|x,queen|y,"
        "man|d,woman|d,man|e,woman|e,man|f,woman|f,man|x,woman|y"
    },
    "fruit and juice": {
        "text": "eat|apple,eat|orange,eat|rice,drink|juice,drink|milk,drink|water,"
        "orange|juice,apple|juice,rice|milk,milk|drink,water|drink,juice|drink"
    },
    "fruit and juice, CBOW": {
        "text": "drink^juice|apple,eat^apple|orange,drink^juice|rice,drink^milk|juice,drink^rice|milk,drink^milk|water,"
        "orange^apple|juice,apple^drink|juice,rice^drink|milk,milk^water|drink,water^juice|drink,juice^water|drink"
    },
    "fruit and juice, skip-gram": {
        "text": "apple|drink^juice,orange|eat^apple,rice|drink^juice,juice|drink^milk,milk|drink^rice,water|drink^milk,"
        "juice|orange^apple,juice|apple^drink,milk|rice^drink,drink|milk^water,drink|water^juice,drink|juice^water"
    },
    "self loop": {"text": "A|A,B|B,C|C,D|D,E|E"},
    "directed loop": {"text": "A|B,B|C,C|D,D|E,E|A"},
    "undirected loop": {"text": "A|B,B|C,C|D,D|E,E|A,B|A,C|B,D|C,E|D,A|E"},
    "king and queen, hierarchical softmax": {"text": _KING_AND_QUEEN, "output": "hierarchical softmax"},
    "king and queen, negative sampling": {"text": _KING_AND_QUEEN, "output": "negative sampling"},
}


class Pair(NamedTuple):
    """A training pair: the ``context`` words together predict each of the ``targets``; both are tuples of words."""

    context: tuple
    targets: tuple

    def __str__(self):
        return f"{' + '.join(self.context)} → {' + '.join(self.targets)}"


def parse_pairs(text):
    """Return the list of :class:`Pair` written in ``text``, such as "king|royal, drink^juice|apple".

    Commas separate the pairs, | separates context and target, ^ joins several words on a side; spaces at the ends of
    words do not count. Raises TypeError, or ValueError saying which pair is wrong, what came and what was expected.
    """
    if not isinstance(text, str):
        raise TypeError(f"text: expected pairs such as 'king|royal, queen|royal', got {describe(text)}")
    pairs = []
    for number, item in enumerate(text.strip().removesuffix(",").split(","), 1):
        sides = [tuple(word.strip() for word in side.split("^")) for side in item.split("|")]
        if len(sides) != 2 or not all(map(all, sides)):
            raise ValueError(
                f"text: pair {number}: expected context|target, or several words joined by ^ on a side, "
                f"got {item.strip()!r}"
            )
        if any(len(set(side)) < len(side) for side in sides):
            raise ValueError(f"text: pair {number}: expected different words on each side, got {item.strip()!r}")
        pairs.append(Pair(*sides))
    return pairs


def starting_weights(words, hidden_size, random_state):
    """Return W and W', each (words, hidden_size), filled with (r − ½) / hidden_size as wevi does.

    r = state / 65536, with state ← (25214903917·state + 11) mod 65536, begun with ``random_state``; word by word, and
    for each hidden unit first the input weight, then the output weight.
    """
    states, state = [], random_state
    for _ in range(2 * words * hidden_size):
        state = (state * 25214903917 + 11) & 0xFFFF
        states.append(state)
    weights = (np.reshape(states, (words, hidden_size, 2)) / 65536 - 0.5) / hidden_size
    return weights[:, :, 0].copy(), weights[:, :, 1].copy()


class OriginalSoftmax(FullSoftmax):
    """Full softmax with wevi's error y − t, which is right for one target and wrong for several.

    All rows of h are the same hidden vector, one for each of C targets; t has a 1 for each of them. The gradient of L =
    −Σ_t log y_t by the scores is C·y − t. As in wevi the powers e^s and their sum end at the largest float.
    """

    def forward(self, h, targets):
        self._t = np.bincount(targets, minlength=self.words)
        return super().forward(h, targets)

    def backward(self):
        (h,) = self._recall()
        largest = np.finfo(float).max
        with np.errstate(over="ignore"):
            powers = np.minimum(np.exp(self.weight.data @ h[0]), largest)
            y = powers / min(powers.sum(), largest)
        dscores = np.tile((y - self._t) / len(h), (len(h), 1))
        self.weight.diff += dscores.T @ h
        return dscores @ self.weight.data


class Gradients(NamedTuple):
    """What one pair says: its ``loss``, and the gradients ``W`` (V, D) and ``W2`` (rows of W', D)."""

    loss: float
    W: np.ndarray
    W2: np.ndarray


class Excitation(NamedTuple):
    """What excited words lead to: ``hidden`` (D,), the output ``neurons`` (rows of W',), and ``answers`` (V,) by word.

    The neurons are probabilities y for full softmax, else φ(v'·h). The answers are the probabilities of the words; with
    negative sampling φ(v'·h), which do not sum to 1.
    """

    hidden: np.ndarray
    neurons: np.ndarray
    answers: np.ndarray


class PairTrainer:
    """word2vec by plain gradient descent on pairs of words, in the order given, round and round.

    The hidden vector is the mean of the context words' rows of W (V, D); ``output``, one of ``OUTPUTS``, and W' turn it
    into the loss, the sum over the pair's targets. Every context word gets ∂L/∂h divided by their number. Both
    gradients are computed before a weight changes.

    ``text`` holds the pairs (see :func:`parse_pairs`); ``hidden_size`` is D, at most the number V of different words;
    ``random_state`` begins the generator of :func:`starting_weights`; ``learning_rate`` > 0 may be set again at any
    time; ``negatives`` is k of negative sampling. ``original`` takes wevi's error for several targets, so that the
    weights are those of wevi (softmax only).

    ``words`` are sorted; ``input`` is W (V, D) and ``output_weights`` W', with a row for each word, or with
    hierarchical softmax for each inner node of ``layer.tree``. ``losses`` has the loss of each step, before it was
    taken. ``shown`` are the :class:`Gradients` of the pair whose step is not taken yet, or None. How often a word is a
    target decides its depth in the tree, and how often it is drawn as a negative.

    Raises TypeError or ValueError naming the argument that is wrong.
    Source: three-session deck (000); X. Rong (2014), with his visualiser wevi.
    """

    def __init__(
        self,
        text,
        *,
        hidden_size=5,
        random_state=1,
        learning_rate=0.2,
        output="softmax",
        negatives=3,
        original=False,
    ):
        self.text = text
        self.pairs = parse_pairs(text)
        self.words = sorted({word for pair in self.pairs for side in pair for word in side})
        self._number = {word: i for i, word in enumerate(self.words)}
        self._encoded = [tuple(np.array([self._number[w] for w in side]) for side in pair) for pair in self.pairs]
        self.hidden_size = as_int("hidden_size", hidden_size, minimum=1)
        if self.hidden_size > len(self.words):
            raise ValueError(
                f"hidden_size: expected at most {len(self.words)}, the number of different words, got {hidden_size}"
            )
        self.random_state = as_int("random_state", random_state, minimum=0)
        self.learning_rate = learning_rate
        self.output = as_choice("output", output, tuple(OUTPUTS))
        self.negatives = as_int("negatives", negatives, minimum=1)
        self.original = as_bool("original", original)
        if self.original and self.output != "softmax":
            raise ValueError(f"original: expected False with {self.output}, which the original does not have")
        if self.output == "hierarchical softmax" and len(self.words) < 2:
            raise ValueError(f"text: expected at least two different words for a tree, got {text!r}")
        self.restart()

    @property
    def learning_rate(self):
        """The learning rate of the steps to come."""
        return self._learning_rate

    @learning_rate.setter
    def learning_rate(self, value):
        self._learning_rate = as_number("learning_rate", value, above=0)

    def restart(self):
        """Begin anew from the starting weights, with the learning rate of now."""
        self._rng = np.random.default_rng(self.random_state)
        counts = np.bincount(np.concatenate([targets for _, targets in self._encoded]), minlength=len(self.words))
        kind = OriginalSoftmax if self.original else OUTPUTS[self.output]
        self.layer = kind(counts, self.hidden_size, negatives=self.negatives, rng=self._rng)
        self.input, start = starting_weights(len(self.words), self.hidden_size, self.random_state)
        self.output_weights[...] = start[: len(self.output_weights)]
        self.shown, self.losses = None, []
        self._rates, self._checkpoints = [], []

    @property
    def output_weights(self):
        """W', a row for each word, or for each inner node of the tree."""
        return self.layer.weight.data

    @property
    def steps(self):
        """The number of steps taken."""
        return len(self.losses)

    @property
    def pair(self):
        """The pair whose turn it is."""
        return self.pairs[self.steps % len(self.pairs)]

    def look(self):
        """Return the :class:`Gradients` of the pair whose turn it is, and keep them in ``shown``; no weight changes."""
        if self.shown is None:
            if self.steps == CHECKPOINT * len(self._checkpoints):
                kept = self.input.copy(), self.output_weights.copy(), self._rng.bit_generator.state
                self._checkpoints.append(kept)
            context, targets = self._encoded[self.steps % len(self.pairs)]
            h = self.input[context].sum(axis=0) / len(context)
            self.layer.weight.zero_grad()
            loss = self.layer.forward(h[None].repeat(len(targets), axis=0), targets)
            dW = np.zeros_like(self.input)
            dW[context] = self.layer.backward().sum(axis=0) / len(context)
            self.shown = Gradients(loss, dW, self.layer.weight.diff.copy())
        return self.shown

    def next(self):
        """Do half a step: show the gradients of the next pair, or, when they are shown, apply them."""
        if self.shown is None:
            self.look()
        else:
            self.step()

    def step(self, count=1):
        """Take ``count`` steps w ← w − learning_rate · ∂L/∂w, the first with the gradients that are shown, if any.

        Raises ValueError, and takes no step, when the weights would leave the range of floating point.
        """
        before, wanted = self.steps, as_int("count", count, minimum=0)
        try:
            with np.errstate(over="raise", invalid="raise"):
                for _ in range(wanted):
                    self._step(self.learning_rate)
            if max(abs(self.input).max(), abs(self.output_weights).max()) > LARGEST:
                raise FloatingPointError
        except (FloatingPointError, ValueError):
            taken = self.steps - before
            self._rewind(before)
            raise ValueError(
                f"learning_rate: expected a smaller one, with {self.learning_rate:g} the weights left the range of "
                f"floating point after {taken} steps"
            ) from None

    def _step(self, rate):
        gradients = self.look()
        self.input -= rate * gradients.W
        self.output_weights[...] -= rate * gradients.W2
        self.losses.append(gradients.loss)
        self._rates.append(rate)
        self.shown = None

    def back(self):
        """Undo what was done last: the gradients that are shown, or a step; at the start do nothing."""
        if self._checkpoints:
            self._rewind(max(self.steps - (self.shown is None), 0))

    def _rewind(self, steps):
        """Go back to where ``steps`` were taken: from the last checkpoint before it, replay."""
        at = min(steps // CHECKPOINT, len(self._checkpoints) - 1)
        rates = self._rates[CHECKPOINT * at : steps]
        self.input[...], self.output_weights[...], self._rng.bit_generator.state = self._checkpoints[at]
        del self._checkpoints[at + 1 :], self._rates[CHECKPOINT * at :], self.losses[CHECKPOINT * at :]
        self.shown = None
        for rate in rates:
            self._step(rate)

    def excite(self, words):
        """Return the :class:`Excitation` that the words ``words`` (a word or several) lead to: a query of the network.

        Raises ValueError for a word that occurs in no pair, and for no word.
        """
        names = [words] if isinstance(words, str) else list(words)
        if not names:
            raise ValueError("words: expected at least one word, got none")
        context = [self._number[as_choice("words", name, self.words)] for name in names]
        h = self.input[context].mean(axis=0)
        scores = self.output_weights @ h
        if self.output == "softmax":
            powers = np.exp(scores - scores.max())
            neurons = answers = powers / powers.sum()
        else:
            neurons = answers = activation("sigmoid", scores)
        if self.output == "hierarchical softmax":
            rows, e = self.layer.rows, self.layer.e
            answers = np.where(e != 0, activation("sigmoid", e * scores[rows]), 1).prod(axis=1)
        return Excitation(h, neurons, answers)

    @property
    def floor(self):
        """The least that the mean loss over all pairs can be, or None for negative sampling.

        It is the mean of −Σ_t log P(t | context), P being the shares with which the targets of that context occur.
        """
        if self.output == "negative sampling":
            return None
        targets = {}
        for pair in self.pairs:
            targets.setdefault(frozenset(pair.context), []).extend(pair.targets)
        total = sum(np.log(len(all_) / all_.count(word)) for all_ in targets.values() for word in all_)
        return float(total / len(self.pairs))

    def plane(self, previous=None):
        """Return the axes (2, D) of the plane in which the input vectors W spread most, by PCA (SVD of W − mean).

        ``vectors @ axes.T`` are the coordinates of any vectors, also of W'; the origin stays the origin, because h·v'
        is measured from there. An axis may point either way: it takes that of ``previous``, or its largest component
        is positive. With D = 1 the second axis is zero.
        """
        centred = self.input - self.input.mean(axis=0)
        axes = np.zeros((2, self.hidden_size))
        found = np.linalg.svd(centred, full_matrices=False)[2][:2]
        axes[: len(found)] = found
        along = axes[[0, 1], abs(axes).argmax(axis=1)] if previous is None else (axes * previous).sum(axis=1)
        axes[along < 0] *= -1
        return axes

    def config(self):
        """Return the settings as a dict of the arguments that make this trainer."""
        names = ("hidden_size", "random_state", "learning_rate", "output", "negatives", "original")
        return {name: getattr(self, name) for name in names}

    def state(self):
        """Return all that there is to know, as a dict that JSON can hold."""
        return {
            "config": self.config(),
            "text": self.text,
            "words": self.words,
            "steps": self.steps,
            "W": self.input.tolist(),
            "W'": self.output_weights.tolist(),
            "losses": list(self.losses),
        }
