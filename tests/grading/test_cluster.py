"""A class on a Dask cluster of separate processes: one is killed in the middle, and some submissions are hostile."""

import os
import signal

import nbformat
import pytest
from distributed import Client, LocalCluster
from hostile_bank import HERE, REPOSITORY, SECRET, Bench, Hostile, shown
from nbgrader.converters import GenerateAssignment
from test_batch import HALF, SLOW, course, released  # noqa: F401  (fixtures)

from course_pkg.grading import batch, sandbox
from tools import grading

pytestmark = pytest.mark.skipif(not sandbox.look().enough, reason=str(sandbox.look()))


def workers(address):
    with Client(address, set_as_default=False) as client:
        return set(client.run(os.getpid).values())


def test_a_lost_workers_submissions_are_graded_by_another(course):  # noqa: F811
    for i in range(4):
        course.hand_in(f"s{i}", SLOW)
    course.hand_in("half", HALF)
    course.hand_in("broken", b"{")
    with LocalCluster(n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None) as cluster:
        address = cluster.scheduler_address
        before = workers(address)
        results = {}
        for result in batch.grade(course.config, "hw", scheduler=address):
            if not results:
                os.kill(min(before), signal.SIGKILL)
            assert result.student not in results  # written once
            results[result.student] = result
        assert min(before) not in workers(address)
    assert {s: r.score for s, r in results.items()} == {f"s{i}": 3.5 for i in range(4)} | {"half": 1.5, "broken": None}
    assert results["broken"].status == "failed"
    rows, pages = course.rows(), [course.shown(student) for student in results]
    here = course.grade(force=True)
    assert course.rows() == rows
    assert [course.shown(student) for student in results] == pages
    assert {s: r._replace(seconds=0) for s, r in here.items()} == {s: r._replace(seconds=0) for s, r in results.items()}


def test_no_scheduler_no_grading(course):  # noqa: F811
    course.hand_in("half", HALF)
    for _ in range(2):  # the first has left nothing locked
        with pytest.raises(OSError, match=r"Timed out|refused|connect"):
            batch.grade(course.config, "hw", scheduler="tcp://127.0.0.1:9")
    assert [r.status for r in batch.status(course.config, "hw")] == ["waiting"]


# --- a hostile class ---

# They read files and the environment, patch the checks, end the process, and answer the tests themselves.
HOSTILE = ["solutions_read", "environment", "checks_patched", "os_exit", "exit_in_function", "forged_reply"]


@pytest.fixture
def hostile_class(tmp_path, monkeypatch):
    """A course with honest and hostile submissions of problem set 1: its folder, its settings, the hostile ones."""
    folder = tmp_path.resolve()
    for name in ("MY_TOKEN", "MY_SECRET"):  # a worker has it in its environment
        monkeypatch.setenv(name, "LEAK")
    config = grading.course(folder)
    config.SandboxedExecute.update(
        {"timeout": 5.0, "memory": 512, "preload": ["course_pkg.nn", "sklearn.datasets", "matplotlib.pyplot"]}
    )
    path = folder / "solutions" / "ps1" / "ps1.ipynb"
    solution = path.read_text(encoding="utf-8")
    path.write_text(solution.replace("BEGIN HIDDEN TESTS", f"BEGIN HIDDEN TESTS {SECRET}"), encoding="utf-8")
    grading.run(GenerateAssignment, config, "ps1")
    bench, hostile = Bench(), {name: Hostile(HERE / "hostile" / f"{name}.py") for name in HOSTILE}
    places = {"COURSE": str(folder), "REPOSITORY": str(REPOSITORY)}
    handed_in = {name: each.notebook(bench, places) for name, each in hostile.items()}
    handed_in["honest"] = bench.notebook({f"task-{task}": bench.right(task) for task in bench.set.tasks})
    handed_in["untouched"] = bench.notebook({})
    public = {cell.metadata.nbgrader.grade_id: cell.source for cell in bench.blank.cells if "nbgrader" in cell.metadata}
    for student, notebook in handed_in.items():
        for cell in notebook.cells:
            info = cell.metadata.get("nbgrader", {})
            if info.get("locked"):  # students have it without the hidden tests
                cell.source = public[info["grade_id"]]
        (folder / "submitted" / student / "ps1").mkdir(parents=True)
        nbformat.write(notebook, folder / "submitted" / student / "ps1" / "ps1.ipynb")
    return folder, config, hostile


def test_a_hostile_class_gets_nothing_and_harms_nobody(hostile_class):
    folder, config, hostile = hostile_class
    with LocalCluster(n_workers=1, threads_per_worker=2, processes=True, dashboard_address=None) as cluster:
        before = workers(cluster.scheduler_address)
        results = {r.student: r for r in batch.grade(config, "ps1", scheduler=cluster.scheduler_address)}
        assert workers(cluster.scheduler_address) == before
    assert {result.status for result in results.values()} == {"graded"}
    points = grading.scores(config, "ps1")
    assert results.keys() == points.keys() == {*hostile, "honest", "untouched"}
    solution = nbformat.read(folder / "solutions" / "ps1" / "ps1.ipynb", as_version=4)
    full = grading.points(solution) | {grading.question(solution).removeprefix("task-"): 0}  # nobody has answered it
    assert points["honest"] == full
    assert set(points["untouched"].values()) == {0}
    for name, each in hostile.items():
        earned = {task: number for task, number in points[name].items() if number}
        honest = {task: full[task] for task in each.honest()}
        assert earned.items() <= honest.items()
        assert earned == honest or each.breaks_itself
    for student in results:
        page = shown(nbformat.read(folder / "autograded" / student / "ps1" / "ps1.ipynb", as_version=4))
        assert "LEAK" not in page
        assert SECRET not in page
