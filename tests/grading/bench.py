"""Runs answers to a problem set against its checks, and reads the banks of right and wrong answers.

A bank is a Python file with one answer a cell: ``# %% TASK: what it is``, then the code. In ``<set>_right.py`` all must
pass. In ``<set>_wrong.py`` the next line has words that the student must read: ``# says: WORDS`` for what the visible
checks find, ``# hidden: WORDS`` for what passes them, ``# stops: WORDS`` where the student's own code ends in an error.
In the code, ``solution`` holds the reference functions.
"""

import re
from functools import cached_property
from pathlib import Path
from types import SimpleNamespace
from typing import NamedTuple

from tools import build

HERE = Path(__file__).parent
SOLUTION = re.compile(r"( *)### BEGIN SOLUTION\n.*?### END SOLUTION", re.DOTALL)
HIDDEN = re.compile(r"### BEGIN HIDDEN TESTS\n.*?### END HIDDEN TESTS", re.DOTALL)


class Answer(NamedTuple):
    """An answer of a bank; ``kind`` and ``words`` are None for a right one."""

    task: str
    what: str
    code: str
    kind: str | None = None
    words: str | None = None


class ProblemSet:
    """A problem set by its name ("ps1"): ``solution``, a notebook, its ``tasks``, the banks ``right`` and ``wrong``."""

    def __init__(self, name):
        self.name = name
        self.solution = build.convert(build.SOURCES / "solutions" / name / f"{name}.py")
        self.cells = {c.metadata.nbgrader.grade_id: c for c in self.solution.cells if "nbgrader" in c.metadata}
        self.tasks = [cell.removeprefix("test-") for cell in self.cells if cell.startswith("test-")]
        self.right = _answers(HERE / f"{name}_right.py")
        self.wrong = [_expecting(answer) for answer in _answers(HERE / f"{name}_wrong.py")]

    def __repr__(self):
        return self.name

    def run(self, task, code="", hidden=True):
        """Run the checks of a task on the reference solution with ``code`` put in its place; raise what they raise.

        All other tasks are as they came, with NotImplementedError: none may need another.
        """
        names = {"solution": self._reference}
        for name, cell in self.code_cells():
            if name == f"task-{task}":
                exec(cell.source, names)
                exec(code, names)
            else:
                exec(SOLUTION.sub(r"\1raise NotImplementedError", cell.source), names)
        test = self.cells[f"test-{task}"].source
        exec(test if hidden else HIDDEN.sub("", test), names)

    @cached_property
    def _reference(self):
        names = {}
        for _, cell in self.code_cells():
            exec(cell.source, names)
        return SimpleNamespace(**names)

    def code_cells(self):
        """Return ``(name, cell)`` for the code that tests work with: what is given, and the answers."""
        cells = self.cells.items()
        return [(name, c) for name, c in cells if c.cell_type == "code" and not c.metadata.nbgrader.grade]


def problem_sets():
    """Return all problem sets that have a text twin, in order."""
    return [ProblemSet(folder.name) for folder in sorted((build.SOURCES / "solutions").iterdir()) if folder.is_dir()]


def _answers(path):
    parts = re.split(r"^# %% ", path.read_text(encoding="utf-8"), flags=re.M)[1:]
    return [Answer(*part.split("\n", 1)[0].split(": ", 1), part.split("\n", 1)[1]) for part in parts]


def _expecting(answer):
    kind, words = re.match(r"# (says|hidden|stops): (.+)\n", answer.code).groups()
    return answer._replace(kind=kind, words=words)
