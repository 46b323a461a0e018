"""Problem sets with nbgrader: make what students get, and show the whole way from there to grades.

    python tools/grading.py release           solutions/ -> assignments/, made by nbgrader
    python tools/grading.py release --check   change nothing; fail where assignments/ is not what nbgrader makes
    python tools/grading.py demo [SET]        grade three sample submissions of a problem set (ps1), in build/grading

nbgrader works in a course folder of its own each time, so a class's submissions and gradebook are never touched.
"""

import argparse
import csv
import filecmp
import os
import re
import shutil
import sys
import tempfile
import time
import warnings
from pathlib import Path
from typing import NamedTuple

import nbformat
from nbgrader.api import Gradebook
from nbgrader.converters import Autograde, GenerateAssignment, GenerateFeedback
from nbgrader.coursedir import CourseDirectory
from nbgrader.plugins import CsvExportPlugin
from nbgrader.utils import capture_log
from traitlets.config import Config, PyFileConfigLoader

ROOT = Path(__file__).resolve().parent.parent
# For the kernels: one thread, nobody watches. For nbgrader: it calls the command alembic, which lies beside python.
ENVIRONMENT = {
    "OMP_NUM_THREADS": "1",
    "COURSE_QUIET": "1",
    "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")]),
}


class Half(NamedTuple):
    """A half-finished sample: the tasks that are ``solved``, and a ``slip``, (task, what is right, what stands there).

    All other tasks are left as they came. The answer in words lacks its end; a person's ``mark`` is (points, comment).
    """

    solved: tuple
    slip: tuple
    mark: tuple


PERFECT = (6, "Complete and clear.")
HALF = {
    "ps1": Half(
        solved=("1a", "1b", "1c", "2a", "4a", "4b", "5a", "6a"),
        slip=("2b", "return margins.sum() / n, dscores / n", "return margins.sum(), dscores"),  # forgets the mean
        mark=(4, "Good. For which pictures is it a bad idea, and why?"),
    ),
    "ps2": Half(
        solved=("1a", "1b", "2a", "2b", "3a", "3b", "5", "7a", "8a"),
        slip=("3c", "(dy * normal).mean(axis=0)", "(dy * normal).sum(axis=0)"),  # forgets one of the means
        mark=(4, "Good. And what happens in a batch of one image?"),
    ),
    "ps3a": Half(
        solved=("1a", "1b", "2a", "3a", "3b", "4", "5a"),
        slip=("2b", "dh[:, None] / c)", "dh[:, None])"),  # every neighbour gets the whole gradient
        mark=(4, "Good. And why is it not enough to subtract one direction?"),
    ),
    "ps3b": Half(
        solved=("1", "2a", "3", "4a", "5a", "5b", "6a", "7a"),
        slip=("4b", "gradient[:, :-1] -= down", "gradient[:, :-1] += down"),  # both pixels of a pair with a plus
        mark=(4, "Good. And what does each of the two losses keep of the places?"),
    ),
}


def course(folder):
    """Return nbgrader's settings for a course in ``folder``, which gets a copy of our solutions."""
    shutil.copytree(
        ROOT / "solutions", folder / "solutions", ignore=shutil.ignore_patterns(".ipynb_checkpoints", "__pycache__")
    )
    os.environ |= ENVIRONMENT
    config = Config(PyFileConfigLoader("nbgrader_config.py", path=str(ROOT)).load_config())
    config.CourseDirectory.root = str(folder)
    return config


def run(step, config, problem_set, student="*"):
    """Run one of nbgrader's converters, as its command of the same name does; a failure raises with nbgrader's log."""
    where = CourseDirectory(config=config, assignment_id=problem_set, student_id=student)
    result = capture_log(step(coursedir=where, config=config))
    if not result["success"]:
        raise RuntimeError(f"nbgrader's {step.__name__} of {problem_set} failed:\n{result['log']}\n{result['error']}")


# --- release ---


def release(folder):
    """Let nbgrader make the students' version of every problem set; return the folder that holds them."""
    config = course(folder)
    config.GenerateAssignment.no_database = True  # as nbgrader's option --no-db
    config.SaveCells.enabled = False
    for problem_set in sorted(path.name for path in (folder / "solutions").iterdir() if path.is_dir()):
        run(GenerateAssignment, config, problem_set)
    return folder / "assignments"


def differences(made, ours, below=""):
    """Return the paths that are not the same in two folders, as sorted text."""
    found = filecmp.dircmp(made, ours, ignore=[".ipynb_checkpoints"])
    _, changed, odd = filecmp.cmpfiles(made, ours, found.common_files, shallow=False)
    names = [below + name for name in (*found.left_only, *found.right_only, *found.common_funny, *changed, *odd)]
    for name in found.common_dirs:
        names += differences(made / name, ours / name, f"{below}{name}/")
    return sorted(names)


def update_release(check):
    """Bring assignments/ up to date, or with ``check`` only say whether it is; return the exit status."""
    ours = ROOT / "assignments"
    ours.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        made = release(Path(folder).resolve())
        changed = differences(made, ours)
        if changed and not check:
            shutil.rmtree(ours)
            shutil.copytree(made, ours)
    what = "is not what nbgrader makes of solutions/: run make assignments" if check else "made"
    for name in changed:
        print(f"assignments/{name}: {what}")
    if not changed:
        print("assignments/: up to date")
    return int(bool(changed) and check)


# --- demo ---


def answers(notebook):
    """Return the cells that a student fills in, by grade_id."""
    tagged = (cell for cell in notebook.cells if "nbgrader" in cell.metadata)
    return {cell.metadata.nbgrader.grade_id: cell for cell in tagged if cell.metadata.nbgrader.solution}


def question(notebook):
    """Return the grade_id of the question that a person marks: an answer that is graded itself."""
    (found,) = (name for name, cell in answers(notebook).items() if cell.metadata.nbgrader.grade)
    return found


def points(notebook):
    """Return the points of each task by its name ("1a"), in the notebook's order."""
    graded = (cell.metadata.nbgrader for cell in notebook.cells if cell.metadata.get("nbgrader", {}).get("grade"))
    return {re.sub("^(test|task)-", "", info.grade_id): info.points for info in graded}


def samples(solution, blank, half):
    """Return ``{student: (notebook, expected points by task)}`` made from the solution and the release."""
    marker = re.compile(r"^ *### (BEGIN|END) SOLUTION\n?", re.MULTILINE)
    right = {name: marker.sub("", cell.source) for name, cell in answers(solution).items()}
    text = question(solution)
    task, *slip = half.slip
    partly = {name: right[name] for name in (f"task-{solved}" for solved in half.solved)}
    partly |= {f"task-{task}": right[f"task-{task}"].replace(*slip), text: right[text].rsplit("\n\n", 1)[0]}
    made = {}
    for student, texts in {"perfect": right, "half": partly, "untouched": {}}.items():
        notebook = nbformat.from_dict(blank)
        for name, cell in answers(notebook).items():
            cell.source = texts.get(name, cell.source)
        solved = {name.removeprefix("task-") for name, answer in texts.items() if answer == right[name]}
        expected = {task: number if task in solved else 0 for task, number in points(solution).items()}
        made[student] = notebook, expected
    for student, (number, _) in marks(half).items():
        made[student][1][text.removeprefix("task-")] = number
    return made


def marks(half):
    """Return ``{student: (points, comment)}`` for the answers in words."""
    return {"perfect": PERFECT, "half": half.mark}


def mark_by_hand(config, problem_set, name, given):
    """Give marks for the question ``name``, {student: (points, comment)}, as an instructor does in the formgrader."""
    with Gradebook(url(config), config.CourseDirectory.course_id) as book:
        for submission in book.assignment_submissions(problem_set):
            grade = book.find_grade(name, problem_set, problem_set, submission.student.id)
            if grade.needs_manual_grade:
                comment = book.find_comment(name, problem_set, problem_set, submission.student.id)
                grade.manual_score, comment.manual_comment = given[submission.student.id]
                grade.needs_manual_grade = False
        book.db.commit()


def scores(config, problem_set):
    """Return ``{student: {task: points}}`` from the gradebook; None for what still waits for a person."""
    with Gradebook(url(config), config.CourseDirectory.course_id) as book:
        return {
            submission.student.id: {
                re.sub("^(test|task)-", "", grade.name): None if grade.needs_manual_grade else grade.score
                for notebook in submission.notebooks
                for grade in notebook.grades
            }
            for submission in book.assignment_submissions(problem_set)
        }


def url(config):
    return CourseDirectory(config=config).db_url


def demo(folder, problem_set="ps1", say=print):
    """Release, hand in, grade, mark and report; return ``(expected, graded, totals in the CSV file)`` by student."""
    begin = time.perf_counter()

    def step(text):
        say(f"{time.perf_counter() - begin:5.1f} s  {text}")

    config = course(folder)
    step("nbgrader generate_assignment: what students get")
    run(GenerateAssignment, config, problem_set)
    name = f"{problem_set}.ipynb"
    solution = nbformat.read(folder / "solutions" / problem_set / name, as_version=4)
    blank = nbformat.read(folder / "assignments" / problem_set / name, as_version=4)
    half = HALF[problem_set]
    submissions = samples(solution, blank, half)
    for student, (notebook, _) in submissions.items():
        step(f"nbgrader autograde: {student}")
        path = folder / "submitted" / student / problem_set / name
        path.parent.mkdir(parents=True)
        nbformat.write(notebook, path)
        run(Autograde, config, problem_set, student)
    step("marks for the text question")
    mark_by_hand(config, problem_set, question(solution), marks(half))
    step("nbgrader generate_feedback and export")
    run(GenerateFeedback, config, problem_set)
    with Gradebook(url(config), config.CourseDirectory.course_id) as book:
        CsvExportPlugin(config=config, to=str(folder / "grades.csv")).export(book)
    step("done")
    with open(folder / "grades.csv", newline="") as file:
        totals = {row["student_id"]: float(row["score"]) for row in csv.DictReader(file)}
    return {student: expected for student, (_, expected) in submissions.items()}, scores(config, problem_set), totals


def table(expected, graded, totals):
    """Return the points a task and student as text, and whether all are as expected."""
    students = list(expected)
    lines = ["task    " + "".join(f"{student:>12}" for student in students)]
    good = True
    for task in expected["perfect"]:
        line = f"{task:<8}"
        for student in students:
            got, wanted = graded[student].get(task), expected[student][task]
            good &= got == wanted
            line += f"{wanted:>12g}" if got == wanted else f"{f'{got} ≠ {wanted}':>12}"
        lines.append(line)
    lines.append("total   " + "".join(f"{totals[student]:>12g}" for student in students))
    good &= all(totals[student] == sum(expected[student].values()) for student in students)
    return "\n".join(lines), good


def show_demo(problem_set):
    """Run the demo in build/grading and print its table; return the exit status."""
    folder = ROOT / "build" / "grading"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    text, good = table(*demo(folder, problem_set, say=lambda line: print(line, flush=True)))
    print(f"\n{text}\n")
    print(f"feedback for students: {folder.relative_to(ROOT)}/feedback, grades: {folder.relative_to(ROOT)}/grades.csv")
    if not good:
        print("error: the points are not as expected", file=sys.stderr)
    return int(not good)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    commands = parser.add_subparsers(dest="command", required=True)
    made = commands.add_parser("release", help="make assignments/ from solutions/")
    made.add_argument("--check", action="store_true", help="change nothing, fail where assignments/ is out of date")
    shown = commands.add_parser("demo", help="grade three sample submissions")
    shown.add_argument("problem_set", nargs="?", default="ps1", choices=sorted(HALF), metavar="SET")
    arguments = parser.parse_args()
    warnings.filterwarnings("ignore", module=r"nbgrader\.")  # SQLAlchemy's advice to nbgrader's authors
    sys.exit(update_release(arguments.check) if arguments.command == "release" else show_demo(arguments.problem_set))


if __name__ == "__main__":
    main()
