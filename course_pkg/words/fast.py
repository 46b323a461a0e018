"""word2vec for real corpora: the interface of ``word2vec.py``, compiled, on several threads."""

import hashlib
import itertools
import os
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

from course_pkg import show
from course_pkg._validate import as_array, as_choice, as_int, as_number
from course_pkg.nn import Blob
from course_pkg.words.formats import appearing
from course_pkg.words.outputs import HierarchicalSoftmax
from course_pkg.words.word2vec import Word2Vec

CHUNK = 10_000  # words, about, that a thread trains on at a time


class FastWord2Vec(Word2Vec):
    """:class:`Word2Vec` with a compiled ``fit`` that takes one example at a time, in float32.

    It has Word2Vec's arguments; ``output`` is "negative sampling" or "hierarchical softmax". Threads share W and W' and
    write without locks, so that now and then one overwrites another's step ("Hogwild", Niu et al., 2011): the same seed
    gives the same vectors with one thread, and vectors of the same quality with several.
    Source: word2vec program (Mikolov et al., 2013).
    """

    def __init__(self, corpus, size, *, output="negative sampling", **options):
        as_choice("output", output, ("negative sampling", "hierarchical softmax"))
        super().__init__(corpus, size, output=output, **options)
        self._seed = int(self._rng.integers(1 << 62))
        self.input = Blob(self.input.data.astype(np.float32))
        self.output.weight = self.output.params["W'"] = Blob(self.output.weight.data.astype(np.float32))

    def fit(self, corpus, *, epochs=5, lr=0.025, threads=None, checkpoint=None):
        """Train on ``corpus`` and return self; the rate falls in a straight line from ``lr`` to almost nothing.

        ``threads`` is how many (None: one a core). With ``checkpoint``, a file name, the state is saved there after
        every epoch, and training goes on from that file where it exists: with one thread to the same vectors as
        without a break. A progress bar shows words a second and the loss.

        Raises TypeError or ValueError naming the argument, also for a checkpoint of another model, and ValueError when
        ``lr`` is so large that the vectors leave the range of floating point.
        """
        from course_pkg.words.kernel import train

        epochs, lr = as_int("epochs", epochs, minimum=1), as_number("lr", lr, above=0)
        threads = as_int("threads", os.cpu_count() if threads is None else threads, minimum=1)
        done = self._restore(Path(checkpoint), epochs, lr) if checkpoint and Path(checkpoint).exists() else 0
        encoded = self.vocabulary.encode(corpus)
        ends = np.cumsum([len(part) for part in encoded])
        tokens = np.concatenate([np.zeros(0, dtype=np.intp), *encoded]).astype(np.int32)
        if len(tokens) == 0:
            raise ValueError("corpus: expected words of the vocabulary, got none")
        cuts = np.unique(np.append(np.searchsorted(ends, np.arange(0, len(tokens), CHUNK), side="right"), len(ends)))
        keep = np.ones(len(self.vocabulary))
        if self.threshold is not None:
            keep = self.vocabulary.keep_probability(self.threshold)

        def chunk(epoch, first, last):
            before = ends[first - 1] if first else 0
            rates = [lr * max(1 - (epoch + at / len(tokens)) / epochs, 1e-4) for at in (before, ends[last - 1])]
            seed = np.random.SeedSequence([self._seed, epoch, int(first)]).generate_state(1, np.uint64)[0]
            return train(
                tokens, ends, first, last, self.input.data, self.output.weight.data, self.architecture == "cbow",
                self.window, self.divide, *self._decisions(), keep, tuple(rates), seed,
            )  # fmt: skip

        total = epochs * len(tokens)
        bar = show.progress(None, "word2vec", total=total, initial=done * len(tokens), unit=" words", unit_scale=True)
        with ThreadPoolExecutor(threads) as pool, bar:
            for epoch in range(done, epochs):
                measured = np.zeros(2)
                parts = [pool.submit(chunk, epoch, *part) for part in itertools.pairwise(cuts)]
                for part in parts:
                    words, *result = part.result()
                    measured += result
                    bar.update(words)
                    bar.set_postfix(loss=f"{measured[1] / max(measured[0], 1):.3f}", refresh=False)
                self.losses.append(float(measured[1] / max(measured[0], 1)))
                as_array("W, with a smaller lr,", self.input.data)
                if checkpoint:
                    self._save(Path(checkpoint), epochs, lr)
        return self

    def _decisions(self):
        """Return the tree, the noise and the number of negatives as the kernel wants them."""
        if isinstance(self.output, HierarchicalSoftmax):
            nothing = np.zeros(0), np.zeros(0, dtype=np.intp)
            return (self.output.rows, self.output.e.astype(np.float32), self.output.tree.depths), nothing, 0
        nothing = np.zeros((0, 0), dtype=np.intp), np.zeros((0, 0), dtype=np.float32), np.zeros(0, dtype=np.intp)
        return nothing, (self.output.sampler.own, self.output.sampler.alias), self.output.negatives

    def _identity(self, epochs, lr):
        """Return what a checkpoint must share with this model, as text."""
        words = hashlib.sha256("\n".join(self.vocabulary.words).encode()).hexdigest()
        options = self.size, self.architecture, type(self.output).__name__, self.window, self.threshold, self.divide
        return repr((words, *options, getattr(self.output, "negatives", 0), self._seed, epochs, lr))

    def _save(self, path, epochs, lr):
        with appearing(path) as name, name.open("wb") as file:
            np.savez(
                file,
                W=self.input.data,
                W_out=self.output.weight.data,
                losses=self.losses,
                identity=self._identity(epochs, lr),
            )

    def _restore(self, path, epochs, lr):
        """Take over the state in ``path`` and return how many epochs it has seen."""
        try:
            with np.load(path, allow_pickle=False) as file:
                saved = {key: file[key] for key in ("W", "W_out", "losses", "identity")}
        except (ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
            raise ValueError(f"checkpoint: expected a file that fit wrote, got {path} ({error})") from error
        if str(saved["identity"]) != self._identity(epochs, lr):
            raise ValueError(
                f"checkpoint: {path} is of a training with other words or settings; delete it or name another"
            )
        self.input.data[...], self.output.weight.data[...] = saved["W"], saved["W_out"]
        self.losses = saved["losses"].tolist()
        return len(self.losses)
