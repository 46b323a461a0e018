"""nbgrader's step that runs the notebooks: put it into ``c.Autograde.autograde_preprocessors`` in the place of Execute.

Promise: after it a notebook has the outputs that nbgrader's own step would have given, for honest work, and nbgrader
goes on with it as always: scores, gradebook, formgrader and feedback are its own.
"""

import json

from nbgrader.api import Gradebook
from nbgrader.preprocessors import NbGraderPreprocessor
from traitlets import Bool, Float, Integer, List, Unicode

from course_pkg.grading import intake, parent, sandbox, submission, work

_MiB = 2**20
_parents = {}  # one warm parent for all notebooks that this process grades


class SandboxedExecute(NbGraderPreprocessor):
    """Run a submission's cells in a sandbox, and the tests out of its reach."""

    timeout = Float(120, help="Seconds that one cell may take.").tag(config=True)
    total_timeout = Float(1200, help="Seconds that one notebook may take.").tag(config=True)
    memory = Integer(3072, help="MiB of memory for a submission, beyond the libraries.").tag(config=True)
    scratch = Integer(512, help="MiB of files that a submission may write.").tag(config=True)
    output = Integer(4, help="MiB of output that one cell may make; the rest is left out.").tag(config=True)
    processes = Integer(64, help="Processes and threads of a submission.").tag(config=True)
    open_files = Integer(256, help="Open files of a process.").tag(config=True)
    preload = List(Unicode(), list(parent.PRELOAD), help="Modules imported once for all submissions.").tag(config=True)
    require_sandbox = Bool(True, help="Whether to refuse where the host offers no sandbox.").tag(config=True)

    def preprocess(self, nb, resources):
        info, most = resources["nbgrader"], self.limits.scratch // 2
        with Gradebook(info["db_url"]) as book:
            release = read_release(book, info["notebook"], info["assignment"])
        course = self.parent.parent.coursedir
        source = course.format_path(course.source_directory, ".", info["assignment"])
        tester_files = submission.read_files(source, most)
        job = work.Job(info["assignment"], (release,), tester_files, self.limits, self.times)
        files = submission.read_files(resources["metadata"]["path"], most)
        work.execute(nb, release, job, info["student"], files, self._parent())
        return nb, resources

    @property
    def limits(self):
        """What a submission may take, a :class:`sandbox.Limits`."""
        return sandbox.Limits(
            memory=self.memory * _MiB,
            scratch=self.scratch * _MiB,
            output=self.output * _MiB,
            processes=self.processes,
            open_files=self.open_files,
            cpu=int(self.total_timeout),
        )

    @property
    def times(self):
        """How long it may run, a :class:`submission.Times`."""
        return submission.Times(self.timeout, self.total_timeout)

    def _parent(self):
        key = tuple(self.preload), self.require_sandbox
        if key not in _parents:
            _parents[key] = parent.Parent(*key)
            self.log.info("%s", _parents[key].host)
        return _parents[key]


def close():
    """End the warm parents; the next notebook starts new ones."""
    while _parents:
        _parents.popitem()[1].close()


def read_release(book, notebook, assignment, others=()):
    """Return a notebook of the release as the gradebook has kept it, an :class:`intake.Release`."""
    kept = book.find_notebook(notebook, assignment)
    points = {cell.name: cell.max_score for cell in (*kept.grade_cells, *kept.task_cells)}
    graded, solutions, tasks = (
        {cell.name for cell in cells} for cells in (kept.grade_cells, kept.solution_cells, kept.task_cells)
    )
    cells = tuple(
        intake.SourceCell(
            name=cell.name,
            cell_type=cell.cell_type,
            source=cell.source,
            checksum=cell.checksum,
            grade=cell.name in graded,
            solution=cell.name in solutions,
            task=cell.name in tasks,
            locked=bool(cell.locked),
            points=points.get(cell.name),
        )
        for cell in kept.source_cells
    )
    return intake.Release(notebook, json.loads(kept.kernelspec or "{}"), cells, tuple(others))
