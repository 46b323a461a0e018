"""Problem set 1: right answers pass, wrong ones are caught with a message that helps, and the grades come out right."""

import re
from pathlib import Path
from types import SimpleNamespace

import nbformat
import pytest

from course_pkg.checks import CheckFailed
from tools import build, grading

ROOT = Path(__file__).resolve().parents[2]
SOLUTION = build.convert(build.SOURCES / "solutions" / "ps1" / "ps1.py")
CELLS = {cell.metadata.nbgrader.grade_id: cell for cell in SOLUTION.cells if "nbgrader" in cell.metadata}
HIDDEN = re.compile(r"### BEGIN HIDDEN TESTS\n.*?### END HIDDEN TESTS", re.DOTALL)


def answer(task, code="", hidden=True):
    """Run the checks of a task on the reference solution with ``code`` put in its place; raise what they raise."""
    names = {}
    for cell in ("imports", "forward-222", f"task-{task}"):
        exec(CELLS[cell].source, names)
    names["solution"] = SimpleNamespace(**names)
    exec(code, names)
    test = CELLS[f"test-{task}"].source
    exec(test if hidden else HIDDEN.sub("", test), names)


def cells(path):
    """Return ``[(task, what, code)]`` from a file of answers."""
    parts = re.split(r"^# %% ", path.read_text(encoding="utf-8"), flags=re.M)[1:]
    return [(*part.split("\n", 1)[0].split(": ", 1), part.split("\n", 1)[1]) for part in parts]


def wrong(path):
    """Return ``[(task, what, code, hidden, words)]``: words for the message, hidden where the visible checks pass."""
    rows = []
    for task, what, code in cells(path):
        kind, words = re.match(r"# (says|hidden): (.+)\n", code).groups()
        rows.append((task, what, code, kind == "hidden", words))
    return rows


HERE = Path(__file__).parent
TASKS = [name.removeprefix("test-") for name in CELLS if name.startswith("test-")]
RIGHT = cells(HERE / "ps1_right.py")
WRONG = wrong(HERE / "ps1_wrong.py")


@pytest.mark.parametrize("task", TASKS)
def test_the_reference_solution_passes(task):
    answer(task)


@pytest.mark.parametrize(("task", "code"), [pytest.param(t, code, id=f"{t} {what}") for t, what, code in RIGHT])
@pytest.mark.filterwarnings("ignore:overflow")
def test_other_right_answers_pass(task, code):
    answer(task, code)


@pytest.mark.parametrize(
    ("task", "code", "hidden", "words"), [pytest.param(t, *row, id=f"{t} {w}") for t, w, *row in WRONG]
)
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_wrong_answers_are_caught_with_a_message_that_helps(task, code, hidden, words):
    if hidden:
        answer(task, code, hidden=False)
    with pytest.raises(CheckFailed) as failure:
        answer(task, code)
    text = str(failure.value)
    assert text.startswith(f"✗ Task {task}{', hidden test' * hidden}: ")
    assert words in " ".join(text.split())  # hints are wrapped
    assert "  read      Lecture " in text
    assert ("  expected  " in text) <= (not hidden)


def test_every_task_has_wrong_answers_that_only_the_hidden_tests_find():
    for task in TASKS:
        rows = [hidden for name, _, _, hidden, _ in WRONG if name == task]
        assert len(rows) >= 4, task
        assert any(rows), task


# --- the text around the tasks ---


def test_points_minutes_and_lectures_are_as_the_first_cell_says():
    rows = re.findall(r"^\| (\d) \|[^|]*\| (\d+) \| (\d+) \|[^|]*\|", SOLUTION.cells[0].source, re.M)
    promised = {task: int(number) for task, number, _ in rows}
    given = dict.fromkeys(promised, 0)
    for task, number in grading.points(SOLUTION).items():
        given[task[0]] += number
    assert promised == given
    assert sum(given.values()) == 100
    minutes = sum(int(m) for _, _, m in rows)
    assert 60 <= minutes <= 120
    assert f"**{minutes} minutes**" in SOLUTION.cells[0].source


def test_every_task_links_to_a_lecture_that_exists():
    text = "\n".join(cell.source for cell in SOLUTION.cells if cell.cell_type == "markdown")
    for task in re.split(r"^## Task ", text, flags=re.M)[1:]:
        links = re.findall(r"\]\(\.\./\.\./lectures/([\w/]+)\.ipynb\)", task)
        assert links, task[:40]
        for link in links:
            assert (build.SOURCES / "lectures" / f"{link}.py").exists(), link


def test_every_message_names_a_section_that_exists():
    seen = re.findall(r'see="Lecture (\d) \((\w+)\.ipynb\): ([^"]+)"', "\n".join(c.source for c in SOLUTION.cells))
    assert len(seen) == 2 * len(TASKS)
    for number, name, section in seen:
        assert name.startswith(f"0{number}_")
        twin = (build.SOURCES / "lectures" / "session1_networks" / f"{name}.py").read_text(encoding="utf-8")
        assert re.search(rf"^# ##+ {re.escape(section)}$", twin, re.M), f"{name}: no section {section!r}"


# --- the real thing: nbgrader ---


@pytest.fixture(scope="module")
def flow(tmp_path_factory):
    folder = tmp_path_factory.mktemp("course")
    return folder, *grading.demo(folder, say=lambda line: None)


def grading_flow(test):
    """Mark a test that runs nbgrader: all in one process, without SQLAlchemy's advice to nbgrader's authors."""


@grading_flow
def test_three_samples_get_the_grades_they_should(flow):
    _, expected, graded, totals = flow
    assert graded == expected
    assert totals == {"perfect": 100, "half": 51, "untouched": 0}
    text, good = grading.table(expected, graded, totals)
    assert good
    assert re.search(r"^total\s+100\s+51\s+0$", text, re.M)
    graded["half"]["2b"] = 8.0
    assert not grading.table(expected, graded, totals)[1]


@grading_flow
def test_a_blank_release_fails_only_with_not_implemented(flow):
    notebook = nbformat.read(flow[0] / "autograded" / "untouched" / "ps1" / "ps1.ipynb", as_version=4)
    errors = [o.ename for cell in notebook.cells for o in cell.get("outputs", []) if o.output_type == "error"]
    assert errors == ["NotImplementedError"] * len(TASKS)


@grading_flow
def test_the_perfect_submission_has_no_errors_and_writes_nothing_to_stderr(flow):
    notebook = nbformat.read(flow[0] / "autograded" / "perfect" / "ps1" / "ps1.ipynb", as_version=4)
    outputs = [o for cell in notebook.cells for o in cell.get("outputs", [])]
    assert not [o for o in outputs if o.output_type == "error" or o.get("name") == "stderr"]
    assert sum(
        "checks passed" in str(o.get("data")) or "check passed" in str(o.get("data")) for o in outputs
    ) == 2 * len(TASKS)


@grading_flow
def test_the_feedback_shows_message_mark_and_comment(flow):
    page = (flow[0] / "feedback" / "half" / "ps1" / "ps1.html").read_text(encoding="utf-8")
    for text in ["loss is 3 times too large", "02_loss.ipynb", grading.MARKS["half"][1], "is not done yet"]:
        assert text in page


@grading_flow
def test_the_release_is_what_nbgrader_makes_and_gives_nothing_away(flow):
    assert grading.differences(flow[0] / "assignments", ROOT / "assignments") == []
    release = nbformat.read(ROOT / "assignments" / "ps1" / "ps1.ipynb", as_version=4)
    lines = [line.strip() for cell in release.cells for line in cell.source.splitlines()]
    secret, public = set(), set()
    for cell in SOLUTION.cells:
        inside = False
        for line in cell.source.splitlines():
            inside = (inside or "### BEGIN" in line) and "### END" not in line
            (secret if inside else public).add(line.strip())
    secret -= public
    assert len(secret) > 150
    assert not secret & set(lines)
    assert not [line for line in lines if "hidden=True" in line or "SOLUTION" in line or "HIDDEN" in line]
    assert not [cell for cell in release.cells if cell.get("outputs")]
    graded = {c.metadata.nbgrader.grade_id: c.id for c in release.cells if "nbgrader" in c.metadata}
    assert all(name == cell_id for name, cell_id in graded.items())


@grading_flow
def test_an_outdated_release_is_found_and_made_again(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(grading, "ROOT", tmp_path)
    (tmp_path / "nbgrader_config.py").write_text((ROOT / "nbgrader_config.py").read_text())
    (tmp_path / "solutions" / "ps9").mkdir(parents=True)
    cell = nbformat.v4.new_code_cell(
        "def f():\n    ### BEGIN SOLUTION\n    return 42\n    ### END SOLUTION", id="task-1"
    )
    cell.metadata["nbgrader"] = {
        "schema_version": 3,
        "grade_id": "task-1",
        "grade": False,
        "solution": True,
        "locked": False,
    }
    notebook = nbformat.v4.new_notebook(cells=[cell], metadata={"kernelspec": build.KERNEL})
    nbformat.write(notebook, tmp_path / "solutions" / "ps9" / "ps9.ipynb")
    assert grading.update_release(check=True) == 1
    assert "assignments/ps9: is not what nbgrader makes" in capsys.readouterr().out
    assert not (tmp_path / "assignments" / "ps9").exists()
    assert grading.update_release(check=False) == 0
    assert "42" not in (tmp_path / "assignments" / "ps9" / "ps9.ipynb").read_text()
    assert grading.update_release(check=True) == 0
