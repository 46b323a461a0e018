"""Problem sets: right answers pass, wrong ones are caught with a message that helps, and the grades come out right."""

import re
from pathlib import Path

import nbformat
import pytest
from bench import problem_sets

from course_pkg import checks
from course_pkg.checks import CheckFailed
from tools import build, grading

ROOT = Path(__file__).resolve().parents[2]
SETS = problem_sets()

every_set = pytest.mark.parametrize("problem_set", SETS, ids=str)


def cases(rows, arguments):
    """Parametrise a test with ``arguments``, the first being the set, of which ``rows(problem_set)`` gives the rest."""
    named = [
        pytest.param(problem_set, *row, id=f"{problem_set} {name}")
        for problem_set in SETS
        for name, *row in rows(problem_set)
    ]
    return pytest.mark.parametrize(arguments, named)


def tasks(problem_set):
    return [(task, task) for task in problem_set.tasks]


def bank(answers):
    return [(f"{answer.task} {answer.what}", answer) for answer in answers]


@cases(tasks, ("problem_set", "task"))
def test_the_reference_solution_passes(problem_set, task):
    problem_set.run(task)


@cases(lambda problem_set: bank(problem_set.right), ("problem_set", "answer"))
@pytest.mark.filterwarnings("ignore:overflow")
def test_other_right_answers_pass(problem_set, answer):
    problem_set.run(answer.task, answer.code)


@cases(lambda problem_set: bank(problem_set.wrong), ("problem_set", "answer"))
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_wrong_answers_are_caught_with_a_message_that_helps(problem_set, answer):
    hidden = answer.kind == "hidden"
    if hidden:
        problem_set.run(answer.task, answer.code, hidden=False)
    with pytest.raises(Exception) as failure:  # noqa: PT011  (which one is the next question)
        problem_set.run(answer.task, answer.code)
    text = " ".join(str(failure.value).split())  # hints are wrapped
    assert answer.words in text
    assert isinstance(failure.value, CheckFailed) == (answer.kind != "stops")
    if answer.kind != "stops":
        assert text.startswith(f"✗ Task {answer.task}{', hidden test' * hidden}: ")
        assert "\n  read      Lecture " in str(failure.value)
        assert ("\n  expected  " in str(failure.value)) <= (not hidden)


@cases(tasks, ("problem_set", "task"))
def test_every_task_has_its_banks(problem_set, task):
    kinds = [answer.kind for answer in problem_set.wrong if answer.task == task]
    assert len(kinds) >= 8
    assert "hidden" in kinds
    assert sum(answer.task == task for answer in problem_set.right) >= 4


@every_set
@pytest.mark.parametrize("student", [7919, 2**47 + 1])
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_other_students_have_other_inputs_and_get_the_same_verdicts(problem_set, student, monkeypatch):
    monkeypatch.setattr(checks, "student", student)
    drawn = [task for task in problem_set.tasks if "checks.generator" in problem_set.cells[f"test-{task}"].source]
    assert len(drawn) >= 0.8 * len(problem_set.tasks)
    wrong_verdicts = []
    for task in drawn:
        problem_set.run(task)
        for answer in problem_set.right + problem_set.wrong:
            if answer.task == task:
                try:
                    problem_set.run(task, answer.code)
                except Exception:
                    passed = False
                else:
                    passed = True
                if passed != (answer.kind is None):
                    wrong_verdicts.append(answer)
    assert wrong_verdicts == []


# --- the text around the tasks ---


@every_set
def test_points_minutes_and_lectures_are_as_the_first_cell_says(problem_set):
    text = problem_set.solution.cells[0].source
    rows = re.findall(r"^\| (\d) \|[^|]*\| (\d+) \| (\d+) \|[^|]*\|", text, re.M)
    promised = {task: int(number) for task, number, _ in rows}
    given = dict.fromkeys(promised, 0)
    for task, number in grading.points(problem_set.solution).items():
        given[task[0]] += number
    assert promised == given
    assert sum(given.values()) == 100
    minutes = sum(int(m) for _, _, m in rows)
    assert 60 <= minutes <= 120
    assert f"**{minutes} minutes**" in text
    syllabus = build.convert(build.SOURCES / "lectures" / "syllabus.py")
    (line,) = re.findall(rf"^.*assignments/{problem_set.name}/.*$", "\n".join(c.source for c in syllabus.cells), re.M)
    assert f"100 points | {minutes} min |" in line


@every_set
def test_the_syllabus_lists_the_points_and_their_reasons(problem_set):
    syllabus = "\n".join(c.source for c in build.convert(build.SOURCES / "lectures" / "syllabus.py").cells)
    given = dict.fromkeys((task[0] for task in grading.points(problem_set.solution)), 0)
    for task, number in grading.points(problem_set.solution).items():
        given[task[0]] += number
    after = syllabus.split(f"| Set {problem_set.name[2:]} |", 1)[1].split("\n\n", 1)[0]
    rows = re.findall(r"^\| (\d+) \| .+ \| (\d+) \| (.{10,}) \|$", after, re.M)
    assert {task: int(number) for task, number, _ in rows} == given


@every_set
def test_headings_say_the_points(problem_set):
    text = "\n".join(cell.source for cell in problem_set.solution.cells if cell.cell_type == "markdown")
    said = {
        (part or task): int(n)
        for task, part, n in re.findall(r"^(?:## Task (\d): .*|\*\*(\d[a-z])\. .*?)\((\d+) points\)", text, re.M)
    }
    given = grading.points(problem_set.solution)
    for task, number in said.items():
        assert number == sum(n for name, n in given.items() if name == task or name[0] == task), task
    assert {name for name in given if name not in said} == set()


@every_set
def test_every_task_links_to_a_lecture_that_exists(problem_set):
    text = "\n".join(cell.source for cell in problem_set.solution.cells if cell.cell_type == "markdown")
    for task in re.split(r"^## Task ", text, flags=re.M)[1:]:
        links = re.findall(r"\]\(\.\./\.\./lectures/([\w/]+)\.ipynb\)", task)
        assert links, task[:40]
        for link in links:
            assert (build.SOURCES / "lectures" / f"{link}.py").exists(), link


@every_set
def test_every_message_names_a_section_that_exists(problem_set):
    code = "\n".join(cell.source for cell in problem_set.solution.cells)
    seen = re.findall(r'see="Lecture (\d+) \((\w+)\.ipynb\): ([^"]+)"', code)
    assert len(seen) == 2 * len(problem_set.tasks)
    for number, name, section in seen:
        assert name.startswith(f"{int(number):02}_")
        (twin,) = (build.SOURCES / "lectures").glob(f"*/{name}.py")
        heading = rf"^# ##+ {re.escape(section)}$"
        assert re.search(heading, twin.read_text(encoding="utf-8"), re.M), f"{name}: no section {section!r}"


# --- the real thing: nbgrader ---

FEEDBACK = {
    "ps1": ["loss is 3 times too large", "02_loss.ipynb"],
    "ps2": ["batchnorm_backward(dy, x, gamma): dx has wrong values", "05_training_deep_nets.ipynb"],
    "ps3a": ["cbow_gradients(W, W2, contexts, targets): dW is 2 times too large", "01_word_vectors.ipynb"],
    "ps3b": ["tv_gradient(image): has wrong values", "11_neural_style.ipynb"],
}


@pytest.fixture(scope="module", params=SETS, ids=str)
def flow(request, tmp_path_factory):
    """The set, the folder of a course in which three samples were graded, and what came out."""
    folder = tmp_path_factory.mktemp("course")
    return request.param, folder, *grading.demo(folder, request.param.name, say=lambda line: None)


def test_three_samples_get_the_grades_they_should(flow):
    _, _, expected, graded, totals = flow
    assert graded == expected
    assert list(totals.values()) == [100, sum(expected["half"].values()), 0]
    text, good = grading.table(expected, graded, totals)
    assert good
    assert re.search(r"^total\s+100\s+5\d\s+0$", text, re.M)
    graded["half"][next(iter(expected["half"]))] = 1.5
    assert not grading.table(expected, graded, totals)[1]


def test_a_blank_release_fails_only_with_not_implemented(flow):
    problem_set, folder, *_ = flow
    notebook = autograded(folder, "untouched", problem_set)
    errors = [o.ename for cell in notebook.cells for o in cell.get("outputs", []) if o.output_type == "error"]
    assert errors == ["NotImplementedError"] * len(problem_set.tasks)


def test_the_perfect_submission_has_no_errors_and_writes_nothing_to_stderr(flow):
    problem_set, folder, *_ = flow
    notebook = autograded(folder, "perfect", problem_set)
    outputs = [o for cell in notebook.cells for o in cell.get("outputs", [])]
    assert not [o for o in outputs if o.output_type == "error" or o.get("name") == "stderr"]
    passed = [o for o in outputs if re.search(r"checks? passed", str(o.get("data")))]
    assert len(passed) == 2 * len(problem_set.tasks)


def autograded(folder, student, problem_set):
    path = folder / "autograded" / student / problem_set.name / f"{problem_set.name}.ipynb"
    return nbformat.read(path, as_version=4)


def test_the_feedback_shows_message_mark_and_comment(flow):
    problem_set, folder, *_ = flow
    name = problem_set.name
    page = (folder / "feedback" / "half" / name / f"{name}.html").read_text(encoding="utf-8")
    for text in [*FEEDBACK[name], grading.HALF[name].mark[1], "is not done yet"]:
        assert text in page


def test_the_release_is_what_nbgrader_makes(flow):
    problem_set, folder, *_ = flow
    made, ours = (place / "assignments" / problem_set.name for place in (folder, ROOT))
    assert grading.differences(made, ours) == []


@every_set
def test_the_release_gives_nothing_away(problem_set):
    name = problem_set.name
    release = nbformat.read(ROOT / "assignments" / name / f"{name}.ipynb", as_version=4)
    lines = [line.strip() for cell in release.cells for line in cell.source.splitlines()]
    secret, public = set(), set()
    for cell in problem_set.solution.cells:
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
    assert all(grade_id == cell_id for grade_id, cell_id in graded.items())


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
