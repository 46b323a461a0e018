"""word2vec at work on a few pairs of words: network, both matrices, the plane of the vectors, and the loss."""

import json

import numpy as np

from course_pkg._validate import as_bool, as_choice, as_int, describe
from course_pkg.show import COLOURS, new_figure
from course_pkg.widgets.base import CourseWidget, Setting, module, shown
from course_pkg.words import OUTPUTS, PRESETS, PairTrainer

OWN = "your own"
ORIGINAL = "softmax as in the original"
MODES = (*OUTPUTS, ORIGINAL)
CONFIG = {"hidden_size": 5, "random_state": 1, "learning_rate": 0.2, "negatives": 3}
MOST_WORDS = 40  # that the drawing has room for
MOST_STEPS = 1000  # in one message of the page
CURVE = 240  # points of the loss curve


def _parsed_config(value):
    """The dict that a reader wrote as JSON."""
    try:
        config = json.loads(value)
    except (TypeError, ValueError, RecursionError) as error:
        problem = f"got {describe(value)}: {error}"
        raise ValueError(f"config: expected JSON such as {json.dumps(CONFIG)}, {problem}") from None
    if not isinstance(config, dict):
        raise ValueError(f"config: expected names and values in braces, got {describe(config)}")
    for name in config:
        as_choice("config", name, list(CONFIG))
    return CONFIG | config


def _running_mean(losses, window):
    """The mean of the last ``window`` losses after each step (fewer at the beginning)."""
    sums = np.cumsum([0.0, *losses])
    end = np.arange(1, len(losses) + 1)
    start = np.maximum(end - window, 0)
    return (sums[end] - sums[start]) / (end - start)


class WordVectors(CourseWidget):
    """word2vec on pairs of words, one step at a time, as in Rong's visualiser wevi, with more to see.

    ``preset`` is a name in ``course_pkg.words.PRESETS``. ``text`` (pairs of your own) and the other keywords replace
    its settings; they are the arguments of ``course_pkg.words.PairTrainer``. ``steps`` are taken before it is shown.
    ``trainer`` is the trainer: its weights, losses and state. ``inputs``, ``outputs`` and ``untrained`` say which
    vectors the plane shows, ``hold`` keeps the plane as it is.

    Raises what PairTrainer raises, and ValueError for more than 40 different words.
    """

    _esm = module("word_vectors.js")

    inputs = Setting(as_bool, True)
    outputs = Setting(as_bool, True)
    untrained = Setting(as_bool, False)
    hold = Setting(as_bool, False)

    def __init__(self, preset="king and queen", *, text=None, steps=0, **config):
        options = PRESETS[as_choice("preset", preset, list(PRESETS))] | config
        self._axes, self._query = None, ()
        self._begin(**options | ({} if text is None else {"text": text}))
        self.trainer.step(as_int("steps", steps, minimum=0))
        super().__init__()

    def _begin(self, **options):
        trainer = PairTrainer(**options)
        if len(trainer.words) > MOST_WORDS:
            raise ValueError(f"text: expected at most {MOST_WORDS} different words, got {len(trainer.words)}")
        self.trainer, self._query = trainer, ()

    @property
    def mode(self):
        """The output, one of ``MODES``."""
        return ORIGINAL if self.trainer.original else self.trainer.output

    @property
    def preset(self):
        """The name of the preset that is shown, or "your own"."""
        now = self.trainer.text, self.trainer.output
        names = [name for name, preset in PRESETS.items() if now == (preset["text"], preset.get("output", "softmax"))]
        return names[0] if names else OWN

    @property
    def rows(self):
        """What the rows of W' stand for: words, or inner nodes of the tree."""
        if self.trainer.output == "hierarchical softmax":
            return [f"node {k}" for k in range(len(self.trainer.output_weights))]
        return self.trainer.words

    @property
    def excited(self):
        """The words whose neurons are excited: those that the reader chose, or the context of the next pair."""
        return self._query or self.trainer.pair.context

    def _asked(self, pair):
        """The rows of W' that ``pair`` always asks, as pairs (row, +1 or −1 for the right answer)."""
        number = {word: i for i, word in enumerate(self.trainer.words)}
        targets = [number[word] for word in pair.targets]
        if self.trainer.output != "hierarchical softmax":
            return [(row, 1) for row in targets]
        tree = self.trainer.layer.tree
        return sorted({(int(k), int(e)) for t in targets for k, e in zip(tree.paths[t], tree.codes[t], strict=True)})

    def _asked_now(self):
        """The rows that the next pair asks, with the negatives as soon as they are drawn."""
        trainer, asked = self.trainer, self._asked(self.trainer.pair)
        if trainer.output == "negative sampling" and trainer.shown:
            drawn = set(np.flatnonzero(trainer.shown.W2.any(axis=1)).tolist()) - {row for row, _ in asked}
            asked += [(row, -1) for row in sorted(drawn)]
        return asked

    def _trained(self):
        """For each row of W and of W' whether any pair trains it."""
        trainer = self.trainer
        context = {word for pair in trainer.pairs for word in pair.context}
        asked = {row for pair in trainer.pairs for row, _ in self._asked(pair)}
        if trainer.output == "softmax":
            asked = range(len(self.rows))
        return [word in context for word in trainer.words], [row in asked for row in range(len(self.rows))]

    def _points(self):
        """The vectors that the plane shows, as (kind, label, x, y)."""
        points = []
        vectors = (self.trainer.input, self.trainer.output_weights)
        primed = [f"{row}′" if row in self.trainer.words else row for row in self.rows]
        kinds = (("input", self.trainer.words, self.inputs), ("output", primed, self.outputs))
        for (kind, labels, wanted), array, trained in zip(kinds, vectors, self._trained(), strict=True):
            if wanted:
                places = array @ self._axes.T
                points += [
                    (kind, label, x, y)
                    for label, (x, y), known in zip(labels, places.tolist(), trained, strict=True)
                    if known or self.untrained
                ]
        return points

    def _curve(self):
        """Points (step, mean loss over the last round), at most ``CURVE`` of them."""
        means = _running_mean(self.trainer.losses, len(self.trainer.pairs))
        places = np.unique(np.linspace(0, len(means) - 1, min(len(means), CURVE)).astype(int))
        return [[int(i) + 1, float(means[i])] for i in places]

    def text(self):
        """Return what the picture shows, in words."""
        trainer, count = self.trainer, len(self.trainer.pairs)
        text = f"{trainer.steps} iterations"
        if trainer.losses:
            text += f", mean loss of the last {min(count, trainer.steps)}: {shown(self._curve()[-1][1], 3)}"
            text += "" if trainer.floor is None else f" (least possible over all pairs {shown(trainer.floor, 3)})"
        answers = trainer.excite(self.excited).answers
        best = [f"{trainer.words[i]} {shown(answers[i], 2)}" for i in np.argsort(-answers, kind="stable")[:4]]
        text += f". {' + '.join(self.excited)} → {', '.join(best)}"
        if trainer.shown:
            return f"{text}. The gradients of {trainer.pair} are shown: Next applies them."
        return f"{text}. The next pair is {trainer.pair}."

    def backdrop(self):
        trainer = self.trainer
        scene = {"presets": [*PRESETS, OWN], "modes": list(MODES), "words": trainer.words, "rows": self.rows}
        if trainer.output != "hierarchical softmax":
            return scene | {"tree": None}
        labels = [*trainer.words, *self.rows]
        nodes, edges = trainer.layer.tree.drawing(trainer.words)
        return scene | {
            "tree": {
                "nodes": [[key, x, y, labels[key]] for key, (x, y, _) in nodes.items()],
                "edges": [[int(above), int(below), sign] for above, below, sign, _ in edges],
            }
        }

    def picture(self):
        trainer = self.trainer
        if self._axes is not None and self._axes.shape[1] != trainer.hidden_size:
            self._axes = None
        if self._axes is None or not self.hold:
            self._axes = trainer.plane(self._axes)
        excitation = trainer.excite(self.excited)
        saved = trainer.state()
        del saved["losses"]  # the curve has what is drawn of them
        return {
            "preset": self.preset,
            "mode": self.mode,
            "config": json.dumps({name: getattr(trainer, name) for name in CONFIG}),
            "pairs": trainer.text,
            "context": list(trainer.pair.context),
            "targets": list(trainer.pair.targets),
            "excited": list(self.excited),
            "query": bool(self._query),
            "asked": [list(question) for question in self._asked_now()],
            "hidden": excitation.hidden.tolist(),
            "neurons": excitation.neurons.tolist(),
            "answers": excitation.answers.tolist(),
            "gradients": [trainer.shown.W.tolist(), trainer.shown.W2.tolist()] if trainer.shown else None,
            "points": self._points(),
            "curve": self._curve(),
            "floor": trainer.floor,
            "inputs": self.inputs,
            "outputs": self.outputs,
            "untrained": self.untrained,
            "hold": self.hold,
            "saved": saved,
            "text": self.text(),
        }

    def react(self, control, value):
        trainer = self.trainer
        match control:
            case "next":
                self._query = ()
                trainer.next()
            case "step":
                count = as_int("count", value.get("count") if isinstance(value, dict) else value, minimum=1)
                if count > MOST_STEPS:
                    raise ValueError(f"count: expected at most {MOST_STEPS}, got {count}")
                trainer.step(count)
            case "back":
                trainer.back()
            case "restart":
                trainer.restart()
            case "preset":
                if as_choice("preset", value, [*PRESETS, OWN]) != OWN:
                    self._begin(**self._settings() | {"output": "softmax", "original": False} | PRESETS[value])
            case "mode":
                original = as_choice("mode", value, MODES) == ORIGINAL
                output = "softmax" if original else value
                self._begin(**self._settings() | {"output": output, "original": original})
            case "rate":
                trainer.learning_rate = _parsed_config(value)["learning_rate"]
            case "update":
                if not isinstance(value, dict):
                    raise TypeError(f"update: expected config and pairs, got {describe(value)}")
                self._begin(**self._settings() | _parsed_config(value.get("config")) | {"text": value.get("pairs")})
            case "excite":
                word = as_choice("word", value, trainer.words)
                rest = tuple(other for other in self._query if other != word)
                self._query = rest if word in self._query else (*rest, word)
            case "clear":
                self._query = ()
            case "inputs" | "outputs" | "untrained" | "hold":
                setattr(self, control, value)
            case _:
                raise ValueError(f"control: expected a control of this widget, got {control!r}")
        self._redraw()

    def _settings(self):
        return {"text": self.trainer.text, **self.trainer.config()}

    def static_figure(self):
        trainer = self.trainer
        fig, (left, middle, right) = new_figure(1, 3, size=(9, 4.6), width_ratios=(0.6, 0.6, 1.6))
        matrices = ((left, "W", trainer.words, trainer.input), (middle, "W'", self.rows, trainer.output_weights))
        for ax, title, rows, values in matrices:
            ax.imshow(np.tanh(values), cmap="PuOr_r", vmin=-1, vmax=1, aspect="auto")
            ax.set(title=title, yticks=range(len(rows)), yticklabels=rows, xticks=[], xlabel="hidden unit")
            ax.grid(False)
        points = self._points()
        right.axhline(0, color="0.8", lw=1)
        right.axvline(0, color="0.8", lw=1)
        for kind, marker, colour in (("input", "o", "blue"), ("output", "s", "orange")):
            places = [(x, y) for which, _, x, y in points if which == kind]
            right.plot(*(zip(*places, strict=True) if places else ((), ())), marker, color=COLOURS[colour], label=kind)
        right.set(title="plane of the vectors (PCA of W)", xlabel="first component", ylabel="second component")
        right.margins(0.18)
        right.legend(loc="best")
        fig.draw_without_rendering()  # only now is it known where the points lie
        pixels = right.transData.transform([(x, y) for _, _, x, y in points]) if points else ()
        for (_, label, *point), at in zip(points, _places(pixels, points, fig.dpi / 72), strict=True):
            right.annotate(label, point, xytext=at, textcoords="offset points", fontsize=8, va="center")
        return fig

    def alt(self):
        text = self.trainer.text if len(self.trainer.text) <= 60 else f"{self.trainer.text[:60]}…"
        return (
            f"word2vec on the pairs {text} by {self.mode}: heat maps of the input matrix W and the output matrix W', "
            f"and the plane of the first two principal components of W with the vectors of both. {self.text()}"
        )


def _places(pixels, points, scale):
    """Offsets in points of labels beside ``pixels`` (N, 2) such that no two overlap, as far as there is room."""
    taken = [(x / scale - 4, y / scale, 8) for x, y in pixels]  # the points
    offsets = []
    for (x, y), (_, label, *_) in zip(pixels, points, strict=True):
        width = 5.4 * len(label)
        tries = [(dx, dy) for far in range(8) for dy in (11 * far, -11 * far) for dx in (6, -6 - width)]
        boxes = [(x / scale + dx, y / scale + dy, width) for dx, dy in tries]
        free = [
            i
            for i, (left, middle, wide) in enumerate(boxes)
            if all(left > other + w or left + wide < other or abs(middle - centre) > 10 for other, centre, w in taken)
        ]
        best = free[0] if free else 0
        taken.append(boxes[best])
        offsets.append(tries[best])
    return offsets
