"""A class graded in parallel: the same as by nbgrader, and nothing lost when processes are killed or disks are full."""

import contextlib
import json
import os
import resource
import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from pathlib import Path

import nbformat
import pytest
import sqlalchemy
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from nbgrader.api import Gradebook
from nbgrader.converters import Autograde, GenerateAssignment, GenerateFeedback
from nbgrader.coursedir import CourseDirectory
from test_submission import comparable

from course_pkg.grading import batch, execute, sandbox, save, work
from tools import grading

pytestmark = pytest.mark.skipif(not sandbox.look().enough, reason=str(sandbox.look()))
REPOSITORY = Path(__file__).parents[2]


def cell(name, text, *, new=new_code_cell, **marks):
    marks = {"grade": False, "solution": False, "locked": False, "schema_version": 3, "grade_id": name} | marks
    return new(text, metadata={"nbgrader": marks}, id=name)


SOLUTION = new_notebook(
    metadata={"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}},
    cells=[
        new_markdown_cell("# Homework", id="title"),
        cell("imports", "import math", locked=True),
        cell("task-a", "def f(x):\n    ### BEGIN SOLUTION\n    return 2 * x\n    ### END SOLUTION", solution=True),
        cell(
            "test-a",
            "assert f(2) == 4, 'f(2) is 4'\n### BEGIN HIDDEN TESTS\nassert f(3) == 6, 'no'\n### END HIDDEN TESTS",
            grade=True,
            locked=True,
            points=2,
        ),
        cell("task-b", "def g(x):\n    ### BEGIN SOLUTION\n    return math.pi\n    ### END SOLUTION", solution=True),
        cell("test-b", "assert g(0) > 3\n1.5", grade=True, locked=True, points=3),
        cell("task-c", "*Why?*", new=new_markdown_cell, grade=True, solution=True, points=4),
    ],
)
RIGHT = {"task-a": "def f(x):\n    return x + x", "task-b": "def g(x):\n    return math.pi", "task-c": "Because."}
HALF = {"task-a": "def f(x):\n    print('called', x)\n    return 4", "task-b": RIGHT["task-b"]}


class Course:
    """A course folder with one released assignment."""

    def __init__(self, folder):
        self.folder = folder
        self.config = batch.configuration(REPOSITORY)
        self.config.CourseDirectory.root = str(folder)
        self.config.SandboxedExecute.preload = ["numpy"]
        self.config.SandboxedExecute.timeout = 20.0

    def hand_in(self, student, answers, name="hw.ipynb"):
        """Hand in answers by cell, or bytes."""
        data = answers
        if type(answers) is dict:
            notebook = nbformat.read(self.folder / "assignments" / "hw" / "hw.ipynb", as_version=4)
            for own in notebook.cells:
                own.source = answers.get(own.id, own.source)
            data = nbformat.writes(notebook).encode()
        path = self.folder / "submitted" / student / "hw" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)

    def grade(self, **more):
        """Grade; return the results by student."""
        return {result.student: result for result in batch.grade(self.config, "hw", **{"workers": 1} | more)}

    def rows(self):
        """Return what the gradebook says of each student and cell."""
        with Gradebook(CourseDirectory(config=self.config).db_url) as book:
            return {
                (submission.student.id, kind, row.name): [getattr(row, name) for name in names]
                for submission in book.assignment_submissions("hw")
                for notebook in submission.notebooks
                for kind, rows, names in (
                    ("grade", notebook.grades, ("auto_score", "manual_score", "needs_manual_grade", "max_score")),
                    ("comment", notebook.comments, ("auto_comment", "manual_comment")),
                )
                for row in rows
            }

    def scores(self, student):
        return {name: row[0] for (who, kind, name), row in self.rows().items() if (who, kind) == (student, "grade")}

    def notebook(self, student):
        return nbformat.read(self.folder / "autograded" / student / "hw" / "hw.ipynb", as_version=4)

    def shown(self, student):
        """Return an autograded notebook without what differs from run to run."""
        notebook = self.notebook(student)
        for own in notebook.cells:
            own.metadata.pop("execution", None)  # a kernel's times
        outputs = [comparable(own) for own in notebook.cells if own.cell_type == "code"]
        cells = [(own.cell_type, own.id, own.source, own.metadata) for own in notebook.cells]
        return outputs, cells, notebook.metadata.kernelspec

    def copy(self, folder):
        shutil.copytree(self.folder, folder)
        return Course(folder)


@pytest.fixture(scope="module")
def released(tmp_path_factory):
    os.environ |= grading.ENVIRONMENT
    course = Course(tmp_path_factory.mktemp("released").resolve())
    (course.folder / "solutions" / "hw").mkdir(parents=True)
    nbformat.write(SOLUTION, course.folder / "solutions" / "hw" / "hw.ipynb")
    grading.run(GenerateAssignment, course.config, "hw")
    return course


@pytest.fixture
def course(released, tmp_path):
    return released.copy(tmp_path.resolve() / "course")


# --- the same as by nbgrader ---


def test_results_are_those_of_nbgrader(course, tmp_path):
    for student, answers in {"right": RIGHT, "half": HALF, "untouched": {}}.items():
        course.hand_in(student, answers)
    (course.folder / "submitted" / "half" / "hw" / "timestamp.txt").write_text("2026-11-21 13:00:00 UTC")
    (course.folder / "submitted" / "half" / "hw" / "data.txt").write_text("mine")
    stock, sandboxed = course.copy(tmp_path.resolve() / "stock"), course.copy(tmp_path.resolve() / "sandboxed")
    del stock.config.Autograde["autograde_preprocessors"]
    stock.config.Execute.shutdown_kernel = "immediate"
    for other in (stock, sandboxed):
        grading.run(Autograde, other.config, "hw")
    execute.close()
    results = course.grade(workers=2)
    assert {s: (r.status, r.score, r.max_score, r.notes) for s, r in results.items()} == {
        "right": ("graded", 3.5, 9.0, ()),
        "half": ("graded", 1.5, 9.0, ()),
        "untouched": ("graded", 0.0, 9.0, ()),
    }
    for other in (stock, sandboxed):
        assert course.rows() == other.rows()
        for student in results:
            assert course.shown(student) == other.shown(student)
            files = [
                sorted(p.name for p in (c.folder / "autograded" / student / "hw").iterdir()) for c in (course, other)
            ]
            assert files[0] == files[1]
    with Gradebook(CourseDirectory(config=course.config).db_url) as book:
        assert str(book.find_submission("hw", "half").timestamp) == "2026-11-21 13:00:00"
    grading.run(GenerateFeedback, course.config, "hw")
    page = (course.folder / "feedback" / "half" / "hw" / "hw.html").read_text()
    assert "f(2) is 4" in page
    assert "HIDDEN TESTS" not in page


# --- what is done is done ---


def test_only_what_is_new_is_graded(course):
    for student, answers in {"a": RIGHT, "b": HALF, "c": {}}.items():
        course.hand_in(student, answers)
    first = course.grade(students=["a", "b"])
    assert set(first) == {"a", "b"}
    assert [r.status for r in batch.status(course.config, "hw")] == ["graded", "graded", "waiting"]
    rows = course.rows()
    course.hand_in("b", RIGHT)
    assert [r.status for r in batch.status(course.config, "hw")] == ["graded", "waiting", "waiting"]
    second = course.grade()
    assert {s: (r.score, r.fresh) for s, r in second.items()} == {"a": (3.5, False), "b": (3.5, True), "c": (0, True)}
    assert [r._replace(fresh=True, seconds=0) for r in batch.status(course.config, "hw")] == [
        second[s]._replace(fresh=True, seconds=0) for s in "abc"
    ]
    assert {k: v for k, v in course.rows().items() if k[0] == "a"} == {k: v for k, v in rows.items() if k[0] == "a"}
    rows, pages = course.rows(), [course.shown(s) for s in "abc"]
    assert all(r.fresh for r in course.grade(force=True).values())
    assert course.rows() == rows
    assert [course.shown(s) for s in "abc"] == pages
    shutil.rmtree(course.folder / "autograded" / "a")
    assert [r.status for r in batch.status(course.config, "hw")] == ["waiting", "graded", "graded"]


def test_a_failed_submission_has_a_reason_and_no_points(course):
    course.hand_in("good", RIGHT)
    course.hand_in("later-broken", RIGHT)
    course.hand_in("wrong-name", RIGHT, name="homework (2).ipynb")
    (course.folder / "submitted" / "nothing" / "hw").mkdir(parents=True)
    assert course.grade()["later-broken"].score == 3.5
    course.hand_in("later-broken", b'{"cells": [')
    results = course.grade()
    assert [results[s].status for s in ("good", "wrong-name")] == ["graded", "graded"]
    assert results["wrong-name"].notes == ("homework (2).ipynb was taken for hw.ipynb.",)
    assert results["nothing"].status == results["later-broken"].status == "failed"
    assert "not a whole notebook" in results["later-broken"].reason
    assert "There is no notebook hw.ipynb" in results["nothing"].reason
    for student in ("nothing", "later-broken"):
        assert set(course.scores(student).values()) == {0.0}
        assert results[student].reason in course.notebook(student).cells[0].source
    assert [r.status for r in batch.status(course.config, "hw")] == ["graded", "failed", "failed", "graded"]
    grading.run(GenerateFeedback, course.config, "hw")
    page = (course.folder / "feedback" / "later-broken" / "hw" / "hw.html").read_text()
    assert "not a whole notebook" in page
    course.hand_in("later-broken", RIGHT)
    assert course.grade()["later-broken"].score == 3.5
    assert course.scores("later-broken") == {"test-a": 2.0, "test-b": 1.5, "task-c": None}


def test_wrong_arguments_say_so(course):
    course.hand_in("a", RIGHT)
    for error, name, more in [
        (ValueError, "nowhere", {}),
        (ValueError, "hw", {"students": ["nobody"]}),
        (ValueError, "hw", {"workers": 0}),
    ]:
        with pytest.raises(error, match=r"nowhere|nobody|workers"):
            batch.grade(course.config, name, **more)
    with pytest.raises(ValueError, match="has not been released"):
        batch.grade(course.folder / "submitted", "hw")
    course.config.Autograde.sanitize_preprocessors = []
    with pytest.raises(ValueError, match="sanitize_preprocessors"):
        batch.submitted(course.config, "hw")


def test_links_in_a_submission_are_not_followed(course):
    course.hand_in("a", RIGHT)
    (course.folder / "submitted" / "a" / "hw" / "stolen.txt").symlink_to(course.folder / "gradebook.db")
    course.grade()
    assert [p.name for p in (course.folder / "autograded" / "a" / "hw").iterdir()] == ["hw.ipynb"]


# --- killed ---


others = set()  # processes that were there before the test, such as the warm one of other tests


@pytest.fixture(autouse=True)
def _others():
    others.clear()
    others.update(processes(""))


def processes(name, below=None):
    """Return the process numbers of those with ``name`` in their command line, in the tree below a process."""
    found, todo = [], [below or os.getpid()]
    for pid in todo:
        with contextlib.suppress(OSError):
            for task in os.listdir(f"/proc/{pid}/task"):
                todo += Path(f"/proc/{pid}/task/{task}/children").read_text().split()
            if name.encode() in Path(f"/proc/{pid}/cmdline").read_bytes() and int(pid) not in others:
                found.append(int(pid))
    return found


@contextlib.contextmanager
def killing(name, times, family=0):
    """Kill ``times`` processes of a name, while the warm one has so many children; yields the list of those killed."""
    killed, over = [], threading.Event()

    def run():
        while len(killed) < times and not over.wait(0.02):
            if len(processes("grading.parent")) > family:
                for pid in [pid for pid in processes(name) if pid not in killed][:1]:
                    with contextlib.suppress(OSError):
                        os.kill(pid, signal.SIGKILL)
                        killed.append(pid)

    thread = threading.Thread(target=run)
    thread.start()
    yield killed
    over.set()
    thread.join()


SLOW = {"task-a": f"import time\ntime.sleep(0.5)\n{RIGHT['task-a']}", "task-b": RIGHT["task-b"]}


def test_a_killed_worker_loses_nothing(course):
    for i in range(3):
        course.hand_in(f"s{i}", SLOW)
    with killing("import work", 2, family=4) as killed:
        results = course.grade(workers=2)
    assert len(killed) == 2
    assert [(r.status, r.score) for _, r in sorted(results.items())] == [("graded", 3.5)] * 3
    assert processes("import work") == processes("grading.parent") == []


def test_what_kills_every_worker_fails_and_does_better_next_time(course):
    course.hand_in("a", SLOW)
    with killing("import work", 3) as killed:
        result = course.grade()["a"]
    assert len(killed) == 3
    assert result.status == "failed"
    assert "ended before its time, 3 times" in result.reason
    assert course.grade()["a"].score == 3.5


def test_a_killed_warm_process_loses_nothing(course):
    for i in range(3):
        course.hand_in(f"s{i}", SLOW)
    with killing("grading.parent", 1) as killed:
        results = course.grade(workers=2)
    assert len(killed) == 1
    assert {r.score for r in results.values()} == {3.5}


COORDINATOR = """
import sys
from test_batch import Course, Path, batch
for result in batch.grade(Course(Path(sys.argv[1])).config, "hw", workers=2):
    print(result.student, flush=True)
"""


def test_a_killed_coordinator_loses_nothing(course):
    for i in range(5):
        course.hand_in(f"s{i}", SLOW)
    path = os.pathsep.join([str(Path(__file__).parent), str(REPOSITORY)])
    command = [sys.executable, "-c", COORDINATOR, str(course.folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=os.environ | {"PYTHONPATH": path}) as process:
        done = {process.stdout.readline().strip()}
        with pytest.raises(batch.Busy, match="another grading of hw is running"):
            batch.grade(course.config, "hw")
        done.add(process.stdout.readline().strip())
        left = [pid for name in ("import work", "grading.parent") for pid in processes(name, process.pid)]
        process.kill()
    assert done < {f"s{i}" for i in range(5)}
    assert left
    results = course.grade()
    assert {r.score for r in results.values()} == {3.5}
    assert {s for s, r in results.items() if not r.fresh} >= done
    end = time.monotonic() + 20
    while any(map(alive, left)) and time.monotonic() < end:
        time.sleep(0.1)
    assert not any(map(alive, left))


def alive(pid):
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] not in "ZX"
    return False


# --- killed while it saves ---

_WRITES = {"open", "os.rename", "os.remove", "os.rmdir", "os.mkdir", "os.chmod"}


def outcome(course, warm, student="a"):
    """Return ``(files, outcome)`` of what a student has handed in."""
    writer = save.Writer(course.config, "hw")
    with contextlib.closing(writer):
        files = writer.files(student)
        return files, work.do(writer.job, student, files, warm)


def saving(course, files, done, die_at):
    """Save in a process of its own, killed at one of the changes that it makes to files; return whether it was."""
    pid = os.fork()
    if pid == 0:
        count = 0

        def die(event, arguments):
            nonlocal count
            if event in _WRITES and not (event == "open" and arguments[1] in ("r", "rb")):
                count += 1
                if count == die_at:
                    os.kill(os.getpid(), signal.SIGKILL)

        try:
            writer = save.Writer(course.config, "hw")
            writer.lock()
            sys.addaudithook(die)
            result = writer.save("a", files, done)
            os._exit(result.status != "graded")
        finally:
            os._exit(3)
    status = os.waitpid(pid, 0)[1]
    assert status in (0, signal.SIGKILL)
    return status != 0


def test_a_writer_killed_at_any_moment_loses_nothing(course, warm):
    course.hand_in("a", HALF)
    files, done = outcome(course, warm)
    assert not saving(course, files, done, 0)
    course.hand_in("a", RIGHT)
    files, done = outcome(course, warm)
    moment, kills = 1, 0
    while True:
        copy = course.copy(course.folder.parent / f"killed-{moment}")
        killed = saving(copy, files, done, moment)
        for _ in range(2):  # what the next run finds, and after it has done its work
            with contextlib.closing(save.Writer(copy.config, "hw")) as writer:
                record = writer.record("a", files)
                if record.status == "graded":
                    assert record.score == 3.5
                    assert copy.scores("a") == {"test-a": 2.0, "test-b": 1.5, "task-c": None}
                    assert "x + x" in copy.notebook("a").cells[2].source
                else:
                    assert killed
                    writer.lock()
                    assert writer.save("a", files, done).score == 3.5
        assert record.status == "graded"
        assert sorted(p.name for p in writer.records.iterdir()) == ["a.json", "lock"]
        shutil.rmtree(copy.folder)
        kills += killed
        moment += 2
        if not killed:
            break
    assert kills > 5


# --- disks and gradebooks that are not as they should be ---


def test_a_full_disk_costs_what_does_not_fit(course, warm):
    course.hand_in("a", {"task-a": "print('x' * 900_000)\ndef f(x): return 2 * x"})
    course.hand_in("b", RIGHT)
    large, small = outcome(course, warm, "a"), outcome(course, warm, "b")
    writer = save.Writer(course.config, "hw")
    writer.lock()
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    with contextlib.closing(writer):
        resource.setrlimit(resource.RLIMIT_FSIZE, (600_000, limits[1]))
        try:
            first, second = writer.save("a", *large), writer.save("b", *small)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        assert first.status == "failed"
        assert "File too large" in first.reason
        assert second.score == 3.5
        assert writer.record("a", large[0]).reason == first.reason
    assert set(course.scores("a").values()) == {0.0}
    assert first.reason in course.notebook("a").cells[0].source


def test_a_gradebook_that_somebody_writes_to_is_waited_for(course, warm):
    course.hand_in("a", RIGHT)
    files, done = outcome(course, warm)
    other = sqlite3.connect(course.folder / "gradebook.db", check_same_thread=False, isolation_level=None)
    with contextlib.closing(other), contextlib.closing(save.Writer(course.config, "hw")) as writer:
        writer.lock()
        other.execute("BEGIN IMMEDIATE")
        release = threading.Timer(7, lambda: other.execute("ROLLBACK"))  # SQLite itself waits 5 s
        release.start()
        result = writer.save("a", files, done)
        release.join()
    assert (result.status, result.score) == ("graded", 3.5)


def test_a_submission_is_one_transaction(course, warm):
    course.hand_in("a", RIGHT)
    files, done = outcome(course, warm)
    commits = []
    with contextlib.closing(save.Writer(course.config, "hw")) as writer:
        writer.lock()
        sqlalchemy.event.listen(writer.book.engine, "commit", commits.append)
        for number in (1, 2):  # the first makes the student's rows
            assert writer.save("a", files, done).score == 3.5
            assert len(commits) == number
        commits.clear()
        assert writer.save("b", files, done | {"digest": "of others"}).status == "failed"
        assert len(commits) == 1
    assert course.scores("a") == {"test-a": 2.0, "test-b": 1.5, "task-c": None}


def test_rows_of_a_cell_that_the_release_has_no_more_do_no_harm(course, warm):
    course.hand_in("a", RIGHT)
    files, done = outcome(course, warm)
    with contextlib.closing(save.Writer(course.config, "hw")) as writer:
        writer.lock()
        assert writer.save("a", files, done).score == 3.5
        with contextlib.closing(sqlite3.connect(course.folder / "gradebook.db")) as book, book:
            book.execute("INSERT INTO grade SELECT 'old', notebook_id, NULL, 9, NULL, NULL, 0 FROM grade LIMIT 1")
        assert writer.save("a", files, done).score == 3.5


# --- a large class ---


def test_nothing_reads_the_whole_class_for_one_student(course):
    queries = [
        "SELECT * FROM submitted_notebook WHERE assignment_id = 'x'",
        "SELECT * FROM grade WHERE notebook_id = 'x'",
        "SELECT * FROM comment WHERE notebook_id = 'x'",
    ]

    def plans():
        with contextlib.closing(sqlite3.connect(course.folder / "gradebook.db")) as book:
            return [next(book.execute(f"EXPLAIN QUERY PLAN {query}"))[3].split()[0] for query in queries]

    assert plans() == ["SCAN"] * 3  # nbgrader's own tables
    for _ in range(2):
        with contextlib.closing(save.Writer(course.config, "hw")) as writer:
            writer.lock()
        assert plans() == ["SEARCH"] * 3


def test_a_gradebook_without_indexes_does_as_well(course, warm):
    course.hand_in("a", RIGHT)
    files, done = outcome(course, warm)
    path = course.folder / "gradebook.db"
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as other:
        with contextlib.closing(save.Writer(course.config, "hw")) as writer:
            sqlalchemy.event.listen(writer.book.engine, "connect", _do_not_wait)
            writer.book.engine.dispose()
            other.execute("BEGIN IMMEDIATE")
            writer.lock()
            other.execute("ROLLBACK")
            assert writer.save("a", files, done).score == 3.5
        assert not other.execute("SELECT * FROM sqlite_master WHERE name LIKE 'ix_%'").fetchall()


def _do_not_wait(connection, _):
    connection.execute("PRAGMA busy_timeout = 0")


# --- results that are not as they should be ---


def forge_test(notebook):
    notebook["cells"][3]["source"] = "pass"


def forge_points(notebook):
    notebook["cells"][3]["metadata"]["nbgrader"]["points"] = 100


def drop_test(notebook):
    del notebook["cells"][3]


def doubled_test(notebook):
    notebook["cells"].append(notebook["cells"][3] | {"id": "other"})


def broken_output(notebook):
    notebook["cells"][3]["outputs"] = [{"output_type": "nothing"}]


@pytest.mark.parametrize("change", [forge_test, forge_points, drop_test, doubled_test, broken_output, None])
def test_a_result_that_is_not_of_the_release_is_not_saved(course, warm, change):
    course.hand_in("a", RIGHT)
    files, done = outcome(course, warm)
    if change:
        notebook = json.loads(done["notebooks"]["hw"])
        change(notebook)
        done["notebooks"]["hw"] = json.dumps(notebook)
    else:
        files = files | {"other.txt": b"these are other files"}
    with contextlib.closing(save.Writer(course.config, "hw")) as writer:
        writer.lock()
        assert writer.save("a", files, done).status == "failed"
    assert set(course.scores("a").values()) == {0.0}
