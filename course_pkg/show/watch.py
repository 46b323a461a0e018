"""Watch long work: a progress bar and a live loss curve, both silent when nobody watches.

Whoever runs notebooks unattended (the build, tests, graders) sets ``COURSE_QUIET=1``.
"""

import os
import time

import numpy as np

from course_pkg._validate import as_int
from course_pkg.show.figures import figure_html
from course_pkg.show.style import COLOURS, new_figure


def watched():
    """Return whether there is someone to watch: False where the environment sets COURSE_QUIET."""
    return not os.environ.get("COURSE_QUIET")


def progress(iterable=None, description="", *, total=None, **options):
    """Iterate over ``iterable`` with a progress bar that leaves no trace when it is done; ``options`` are tqdm's."""
    from tqdm.auto import tqdm

    return tqdm(iterable, desc=description, total=total, leave=False, disable=not watched(), **options)


class Monitor:
    """A progress bar and the loss curve of a training run, redrawn about twice a second.

    Call ``update(loss)`` once an iteration and ``close()`` at the end, or use it as a context manager; what stays is
    one figure with alternative text. ``accuracy`` (0 … 1) can be given with any update and is drawn on a second axis.
    """

    def __init__(self, total, *, title="training", every=0.5):
        self.total = as_int("total", total, minimum=1)
        self.title = title
        self.losses = []
        self.accuracies = []  # pairs (iteration, accuracy)
        self._every = every
        self._drawn = -np.inf
        self._handle = None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def update(self, loss, *, accuracy=None):
        """Record the loss of one iteration, and the accuracy if it was measured, and redraw if it is time to."""
        self.losses.append(float(loss))
        if accuracy is not None:
            self.accuracies.append((len(self.losses), float(accuracy)))
        if watched() and time.monotonic() - self._drawn > self._every:
            self._draw()

    def close(self):
        """Draw the final picture."""
        if self.losses:
            self._draw()

    def figure(self):
        """Return the current picture as a matplotlib figure: loss (thin) and its running mean."""
        fig, ax = new_figure(size=(6.4, 3.2))
        losses = np.array(self.losses)
        steps = np.arange(1, len(losses) + 1)
        window = max(1, len(losses) // 25)
        ax.plot(steps, losses, color=COLOURS["blue"], alpha=0.25, lw=1)
        mean = np.convolve(losses, np.ones(window) / window, mode="valid")
        ax.plot(steps[window - 1 :], mean, color=COLOURS["blue"], label="loss")
        ax.set(xlabel="iteration", ylabel="loss", xlim=(0, max(self.total, len(losses))), title=self.title)
        ax.set_ylim(bottom=0)
        ax.yaxis.label.set_color(COLOURS["blue"])
        if self.accuracies:
            right = ax.twinx()
            right.plot(*zip(*self.accuracies, strict=True), "o-", color=COLOURS["red"], ms=4, lw=1.5)
            right.set(ylabel="accuracy", ylim=(0, 1.02))
            right.grid(False)
            right.spines["right"].set_visible(True)
            right.yaxis.label.set_color(COLOURS["red"])
        return fig

    def _alt(self):
        steps = len(self.losses)
        text = f"{self.title}: loss goes from {self.losses[0]:.3g} to {self.losses[-1]:.3g} in {steps} iterations"
        return text + (f"; last accuracy {self.accuracies[-1][1]:.1%}." if self.accuracies else ".")

    def _draw(self):
        from IPython.display import display

        done = len(self.losses)
        caption = "Loss of each iteration (pale) and its running mean" + (
            "; accuracy (points) on the right-hand axis." if self.accuracies else "."
        )
        markup = figure_html(self.figure(), alt=self._alt(), caption=caption)
        if done < self.total:
            bar = f'<progress value="{done}" max="{self.total}" style="width:60%"></progress> {done} of {self.total}'
            markup = f"<div>{bar}</div>{markup}"
        bundle = {"text/html": markup, "text/plain": f"[figure: {self._alt()}]"}
        if self._handle is None:
            self._handle = display(bundle, raw=True, display_id=True)
        else:
            self._handle.update(bundle, raw=True)
        self._drawn = time.monotonic()
