"""The one who writes: the gradebook, autograded/, and a record of each submission. Only the coordinator uses it.

Promise: kill it at any moment, and the next run finds for each submission either a whole result with its record, or no
record, and grades it again. The record goes first and comes last: between the two stand nbgrader's rows (one
transaction) and the folder in autograded/ (one rename). Doing it all again gives the same. What cannot be graded gets a
page with the reason, and no points: no score of an earlier grading stays behind it.

The rows are written by nbgrader's own SaveAutoGrades, and the preprocessors of the configuration run as they would in
``nbgrader autograde``; the sanitising ones are :mod:`intake`'s work.
"""

import contextlib
import fcntl
import fnmatch
import glob
import hashlib
import json
import os
import re
import shutil
import time
from pathlib import Path
from typing import NamedTuple

import nbformat
from nbgrader.api import BaseCell, Gradebook, InvalidEntry, MissingEntry
from nbgrader.converters import Autograde
from nbgrader.coursedir import CourseDirectory
from nbgrader.preprocessors import AssignLatePenalties, CheckCellMetadata, SaveAutoGrades
from sqlalchemy import text
from sqlalchemy.exc import DatabaseError, OperationalError
from traitlets.config import Config, PyFileConfigLoader
from traitlets.utils.importstring import import_item

from course_pkg.grading import intake, submission, work
from course_pkg.grading.execute import SandboxedExecute, read_release


class Result(NamedTuple):
    """What came of a submission. ``status``: "graded", "failed" (see ``reason``) or "waiting".

    ``score`` has the automatic points, what a person marks counting 0; None unless graded. ``fresh`` is False where
    an earlier run has done it, and nothing has changed.
    """

    student: str
    status: str
    score: float | None = None
    max_score: float | None = None
    reason: str = ""
    notes: tuple = ()
    seconds: float = 0.0
    fresh: bool = True


class Busy(RuntimeError):
    """Somebody else is grading this assignment."""


def configuration(folder="."):
    """Return nbgrader's settings of a course folder: its nbgrader_config.py, and the folder as root."""
    folder = Path(folder).resolve()
    config = Config()
    if (folder / "nbgrader_config.py").exists():
        config = Config(PyFileConfigLoader("nbgrader_config.py", path=str(folder)).load_config())
    config.CourseDirectory.root = str(folder)
    return config


class Writer:
    """One assignment of a course: what was handed in for it, and what came of it.

    Raises ValueError where it has not been released, or a setting of nbgrader's is one that only nbgrader follows.
    """

    def __init__(self, config, assignment):
        self.assignment = assignment
        self.folders = CourseDirectory(config=config, assignment_id=assignment)
        self.step = Autograde(coursedir=self.folders, config=config)
        self.settings = SandboxedExecute(config=config)
        for name in ("sanitize_preprocessors", "pre_convert_hook", "post_convert_hook"):
            if name in config.Autograde:
                raise ValueError(f"Autograde.{name} is set in nbgrader_config.py; only `nbgrader autograde` follows it")
        self.book = _open(self.folders, assignment)
        # Where nbgrader's methods commit, on the way, nothing happens: we do it, once a submission.
        self._commit, self.book.db.commit = self.book.db.commit, lambda: None
        self._cells = dict(self.book.db.query(BaseCell.id, BaseCell.name).all())
        self._preprocessors = self._steps()
        self.job = self._job()
        self._job_digest = hashlib.sha256(self.job.dumps()).hexdigest()
        self.records = Path(self.folders.format_path(self.folders.autograded_directory, ".grading", assignment))
        self._lock = None

    def lock(self):
        """Be the only writer from now on; raise :class:`Busy`."""
        self.records.mkdir(parents=True, exist_ok=True)
        self._lock = open(self.records / "lock", "w")  # noqa: SIM115  (held until close, or the end of the process)
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self.close()
            raise Busy(f"another grading of {self.assignment} is running") from None
        for left in self.records.glob(".*"):  # by a writer that was killed
            shutil.rmtree(left) if left.is_dir() else left.unlink()
        _index(self.book)

    def close(self):
        self.book.close()
        if self._lock:
            self._lock.close()

    # --- what was handed in ---

    def students(self):
        """Return all who have handed something in, sorted."""
        name = self.folders.format_path(self.folders.submitted_directory, "(?P<student>.*)", self.assignment, True)
        paths = glob.glob(self._path("submitted", "*"))
        return sorted(found["student"] for path in paths if (found := re.fullmatch(name, path)))

    def files(self, student):
        """Return what a student handed in, ``{path: bytes}``."""
        most = intake.LARGEST + self.job.limits.scratch // 2
        files = submission.read_files(self._path("submitted", student), most, everything=True)
        return {
            path: content
            for path, content in files.items()
            if not any(fnmatch.fnmatch(part, name) for part in path.split(os.sep) for name in self.folders.ignore)
        }

    def _path(self, step, student):
        return self.folders.format_path(getattr(self.folders, f"{step}_directory"), student, self.assignment)

    def _job(self):
        source, most = self._path("source", "."), self.settings.limits.scratch // 2
        releases = []
        for notebook in self.book.find_assignment(self.assignment).notebooks:
            others = ()
            with contextlib.suppress(OSError):
                cells = nbformat.read(os.path.join(source, f"{notebook.name}.ipynb"), as_version=4).cells
                others = [cell.source for cell in cells if "nbgrader" not in cell.metadata]
            releases.append(read_release(self.book, notebook.name, self.assignment, others))
        kept = tuple(self.step.exclude_overwriting.get(self.assignment, ()))
        files = submission.read_files(source, most)
        return work.Job(self.assignment, tuple(releases), files, self.settings.limits, self.settings.times, kept)

    # --- records ---

    def record(self, student, files):
        """Return the :class:`Result` of these files from an earlier run; "waiting" where there is none."""
        with contextlib.suppress(OSError, ValueError, TypeError):
            own = json.loads((self.records / f"{student}.json").read_bytes())
            if own.pop("digest") == self._digest(files) and all(map(os.path.exists, self._notebooks(student))):
                return Result(**own | {"notes": tuple(own["notes"]), "fresh": False})
        return Result(student, "waiting")

    def _digest(self, files):
        return f"{work.digest(files)}/{self._job_digest}"

    def _notebooks(self, student):
        return [os.path.join(self._path("autograded", student), f"{r.name}.ipynb") for r in self.job.releases]

    def _write_record(self, result, files):
        own = result._asdict() | {"digest": self._digest(files)}
        del own["fresh"]
        new = self.records / f".{result.student}.json"
        _write(new, json.dumps(own, indent=1).encode())
        os.replace(new, self.records / f"{result.student}.json")

    # --- saving ---

    def save(self, student, files, outcome):
        """Write what :func:`work.do` has returned for a submission; return the :class:`Result`, whatever happens."""
        try:
            (self.records / f"{student}.json").unlink(missing_ok=True)
            result = self._save_patiently(student, files, outcome)
        except Exception as error:
            self.book.db.rollback()
            reason = f"It could not be saved ({type(error).__name__}: {error!s:.200})."
            result = Result(student, "failed", reason=reason)
            with contextlib.suppress(Exception):
                result = self._save(student, files, work.refuse(self.job, files, reason))
            self.book.db.rollback()
        self.book.db.remove()  # the rows of this one are not asked for again
        with contextlib.suppress(OSError):
            self._write_record(result, files)
        return result

    def _save_patiently(self, student, files, outcome):
        for wait in (1, 3, 10):
            try:
                return self._save(student, files, outcome)
            except (
                OperationalError,
                InvalidEntry,
            ) as error:  # somebody has the gradebook open, the formgrader for instance
                if "locked" not in str(error):
                    raise
                self.book.db.rollback()
                time.sleep(wait)
        return self._save(student, files, outcome)

    def _save(self, student, files, outcome):
        notebooks = self._checked(outcome, files)
        when, notes = intake.timestamp(files[work.TIME]) if work.TIME in files else (None, [])
        rows = self._find_or_make_rows(student, when)
        points = [self._grade(student, rows[name], notebook) for name, notebook in notebooks.items()]
        after = {name: self._after(rows[name]) for name in notebooks}
        new = self._write_folder(student, files, notebooks)
        self._commit()
        self._move_in(new, self._path("autograded", student))
        self.step.set_permissions(self.assignment, student)
        for name, notebook in notebooks.items():
            self._run(after[name], student, name, notebook)
        failed = outcome["failed"]
        return Result(
            student,
            "failed" if failed else "graded",
            score=None if failed else sum(points),
            max_score=sum(c.points for r in self.job.releases for c in r.cells if c.points is not None),
            reason=failed,
            notes=(*notes, *outcome["notes"]),
            seconds=outcome["seconds"],
        )

    def _checked(self, outcome, files):
        """Return the notebooks of an outcome; raise ValueError unless it is of these files, with the release's cells.

        The worker may be on another machine, with another release in its memory.
        """
        names = {release.name for release in self.job.releases}
        if outcome["digest"] != work.digest(files) or outcome["notebooks"].keys() != names:
            raise ValueError("the result is of another submission")
        notebooks = {}
        for release in self.job.releases:
            notebook = nbformat.from_dict(json.loads(outcome["notebooks"][release.name]))
            nbformat.validate(notebook)
            marked = [cell for cell in notebook.cells if "nbgrader" in cell.metadata]
            found = {cell.metadata.nbgrader.get("grade_id"): cell for cell in marked}
            if len(marked) != len(release.cells):
                raise ValueError("the result has other cells than the release")
            for cell in release.cells:
                own = found.get(cell.name, {"metadata": {}})
                same = own["metadata"].get("nbgrader") == cell.metadata and own["cell_type"] == cell.cell_type
                if not same or (cell.locked and own["source"] != cell.source):
                    raise ValueError(f"the result has another cell {cell.name} than the release")
            notebooks[release.name] = notebook
        return notebooks

    def _find_or_make_rows(self, student, when):
        if self.step.create_student:
            self.book.update_or_create_student(student)
        else:
            self.book.find_student(student)
        more = {"timestamp": when} if when else {}
        rows = self.book.update_or_create_submission(self.assignment, student, **more).notebooks
        return {row.name: row for row in rows}

    def _grade(self, student, row, notebook):
        """Put the scores of a notebook into its rows, not yet for good; return their sum."""
        saver = _SaveScores(row, self._cells, config=self.step.config)
        self._run([*self._preprocessors[0], saver], student, row.name, notebook)
        return sum(grade.auto_score or 0.0 for grade in saver.rows.grades.values())

    def _after(self, row):
        """Return what runs when the scores are saved; AssignLatePenalties only where it has something to do."""
        late = row.assignment.total_seconds_late > 0 or row.late_submission_penalty is not None
        return [step for step in self._preprocessors[1] if late or type(step) is not AssignLatePenalties]

    def _run(self, preprocessors, student, name, notebook):
        own = {"student": student, "assignment": self.assignment, "notebook": name, "db_url": self.folders.db_url}
        resources = {"nbgrader": own, "unique_key": name, "metadata": {"name": name}}
        for preprocessor in preprocessors:
            changed, resources = preprocessor(notebook, resources)
            notebook |= changed

    def _steps(self):
        """Return the preprocessors of the configuration, those before the scores are saved, and those after."""
        before, after, now = [], [], None
        for kind in self.step.autograde_preprocessors:
            kind = import_item(kind) if isinstance(kind, str) else kind
            if issubclass(kind, SaveAutoGrades):
                now = after
            elif issubclass(kind, SandboxedExecute):
                now = before
            elif kind is not CheckCellMetadata and now is not None:  # the metadata are the release's: see _checked
                now.append(kind(parent=self.step))
        if now is not after:
            raise ValueError(
                "Autograde.autograde_preprocessors: expected SandboxedExecute and behind it SaveAutoGrades"
            )
        return before, after

    def _write_folder(self, student, files, notebooks):
        new = self.records / f".{student}.new"
        shutil.rmtree(new, ignore_errors=True)
        new.mkdir()
        beside = self.job.beside(files) | {path: content for path, content in files.items() if path == work.TIME}
        for path, content in beside.items():
            (new / path).parent.mkdir(parents=True, exist_ok=True)
            _write(new / path, content)
        for name, notebook in notebooks.items():
            _write(new / f"{name}.ipynb", nbformat.v4.writes(notebook).encode())
        return new

    def _move_in(self, new, place):
        place, old = Path(place), new.with_suffix(".old")
        place.parent.mkdir(parents=True, exist_ok=True)
        if place.exists():
            os.rename(place, old)
        os.rename(new, place)
        _sync(place.parent)
        shutil.rmtree(old, ignore_errors=True)


class _SaveScores(SaveAutoGrades):
    """nbgrader's SaveAutoGrades in a transaction of somebody else's."""

    def __init__(self, row, cells, **settings):
        super().__init__(**settings)
        self.gradebook = self.rows = _Rows(row, cells)

    def preprocess(self, nb, resources):
        own = resources["nbgrader"]
        self.notebook_id, self.assignment_id, self.student_id = own["notebook"], own["assignment"], own["student"]
        return super(SaveAutoGrades, self).preprocess(nb, resources)


class _Rows:
    """The rows of one notebook, read at once; has of a Gradebook what SaveAutoGrades uses."""

    def __init__(self, notebook, cells):
        self.grades, self.comments = (  # a cell that was in an earlier release is in cells no more
            {cells[row.cell_id]: row for row in rows if row.cell_id in cells}
            for rows in (notebook.grades, notebook.comments)
        )
        self.db = self

    def find_grade(self, name, *_):
        return self.grades[name]

    def find_comment(self, name, *_):
        return self.comments[name]

    def commit(self):
        """Do nothing: the writer commits, all cells at once."""


def _open(folders, assignment):
    path = folders.db_url.removeprefix("sqlite:///")
    if path == folders.db_url or os.path.exists(path):
        book = Gradebook(folders.db_url, folders.course_id)
        with contextlib.suppress(MissingEntry):
            if book.find_assignment(assignment).notebooks:
                return book
        book.close()
    raise ValueError(f"{assignment!r} has not been released: the gradebook does not know it")


# What nbgrader looks rows up by, again and again, and its tables have no index of: each time it reads all of a class.
_LOOKED_UP = {"submitted_notebook": "assignment_id", "grade": "notebook_id", "comment": "notebook_id"}


def _index(book):
    """Add indexes to a gradebook, for us and for the formgrader; without the right to change it, it stays as it is."""
    for table, column in _LOOKED_UP.items():
        with contextlib.suppress(DatabaseError), book.engine.begin() as connection:
            connection.execute(text(f"CREATE INDEX IF NOT EXISTS ix_{table}_{column} ON {table} ({column})"))


def _write(path, content):
    with open(path, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _sync(folder):
    number = os.open(folder, os.O_RDONLY)
    os.fsync(number)
    os.close(number)
