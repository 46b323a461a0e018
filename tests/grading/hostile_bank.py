"""Runs the hostile bank: submissions of problem set 1 that try what they should not.

Each file in ``hostile/`` is one: a first line that says what it tries, then cells: ``# %% first`` before all others,
``# %% last`` after them, ``# %% task-1a`` in the place of an answer. In the code, COURSE is a course folder with a
gradebook and solutions, REPOSITORY this one, PORT an open port of this machine; it prints LEAK where it gets through.
Tasks 1c and 4b are answered right in all of them, and must get their points: a submission harms itself at most where it
says "breaks itself". Other lines: ``# file: NAME`` puts a file beside the notebook that gives itself away when it runs,
``# duplicate: CELL`` a second cell of this name, ``# slow`` is for what runs into its time limit.
"""

import json
import re
from pathlib import Path

import nbformat
from bench import ProblemSet
from nbgrader.utils import determine_grade

from course_pkg.grading import sandbox, submission

HERE = Path(__file__).parent
REPOSITORY = HERE.parents[1]
SECRET = "SECRET-HIDDEN"
SOLVED = ("1c", "4b")
FILES = sorted((HERE / "hostile").glob("*.py"))
LIMITS = sandbox.Limits(memory=512 * sandbox.MiB, scratch=64 * sandbox.MiB, processes=24, output=2**20)


class Bench:
    """Problem set 1 as a release, and submissions of it."""

    def __init__(self):
        self.set = ProblemSet("ps1")
        self.blank = nbformat.read(REPOSITORY / "assignments" / "ps1" / "ps1.ipynb", as_version=4)
        self.release = []
        for name, cell in self.set.cells.items():
            if cell.cell_type == "code":
                info = cell.metadata.nbgrader
                kind = "test" if info.grade and not info.solution else "solution" if info.solution else "locked"
                source = cell.source.replace("### BEGIN HIDDEN TESTS", f"### BEGIN HIDDEN TESTS {SECRET}")
                self.release.append(submission.ReleaseCell(name, source, kind))
        self.sources = {cell.name: cell.source for cell in self.release}

    def right(self, task):
        return re.sub(r"^ *### (BEGIN|END) SOLUTION\n?", "", self.sources[f"task-{task}"], flags=re.M)

    def notebook(self, answers):
        """Return a notebook with these answers: sources by grade_id, and lists of cells for "first" and "last"."""
        notebook = nbformat.from_dict(json.loads(json.dumps(self.blank)))
        for cell in notebook.cells:
            name = cell.metadata.get("nbgrader", {}).get("grade_id")
            if cell.cell_type == "code" and name in self.sources and cell.metadata.nbgrader.locked:
                cell.source = self.sources[name]  # as nbgrader's OverwriteCells does
            cell.source = answers.get(name, cell.source)
        new = nbformat.v4.new_code_cell
        notebook.cells = [
            *map(new, answers.get("first", [])),
            *notebook.cells,
            *map(new, answers.get("last", [])),
        ]
        return notebook

    def grade(self, notebook, parent, times=submission.Times(cell=60), files=None, limits=LIMITS):  # noqa: B008
        """Run a notebook; return the points of each task."""
        submission.run(notebook.cells, self.release, parent, limits, times, files, {})
        points = {}
        for cell in notebook.cells:
            info = cell.metadata.get("nbgrader", {})
            if info.get("grade") and not info.get("solution"):
                points[info["grade_id"].removeprefix("test-")] = determine_grade(cell)[0]
        return points


class Hostile:
    """One file of the bank."""

    def __init__(self, path):
        text = path.read_text(encoding="utf-8")
        head, *parts = re.split(r"^# %% ", text, flags=re.M)
        self.name, self.tries = path.stem, re.match("# tries: (.+)", head)[1]
        self.breaks_itself, self.slow = "# breaks itself" in head, "# slow" in head
        files = re.findall(r"^# file: (.+)$", head, re.M)
        self.files = {
            name: b"print('LEAK', __name__)\ndef __getattr__(name): return lambda *a, **k: None" for name in files
        }
        self.duplicate = re.findall("^# duplicate: (.+)$", head, re.M)
        self.cells = [part.split("\n", 1) for part in parts]

    def __repr__(self):
        return self.name

    def notebook(self, bench, places):
        """Return the submission; ``places`` are the names that its code uses."""
        begin = "".join(f"{name} = {value!r}\n" for name, value in places.items())
        answers = {f"task-{task}": bench.right(task) for task in SOLVED}
        for where, code in self.cells:
            code = code if code.startswith("%") else begin + code
            if where in ("first", "last"):
                answers.setdefault(where, []).append(code)
            else:
                answers[where] = code
        notebook = bench.notebook(answers)
        for name in self.duplicate:
            (cell,) = [c for c in notebook.cells if c.metadata.get("nbgrader", {}).get("grade_id") == name]
            copy = nbformat.from_dict(json.loads(json.dumps(cell)))
            copy.source = "print('my own test')"
            notebook.cells.append(copy)
        return notebook

    def honest(self):
        """Return the tasks that it has earned."""
        return [task for task in SOLVED if f"task-{task}" not in [where for where, _ in self.cells]]


def shown(notebook):
    """Return all text that the outputs show, but the lines of code in tracebacks."""
    texts = []
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            texts += [output.get("text", ""), str(output.get("data", "")), str(output.get("evalue", ""))]
    return "\n".join(texts)
