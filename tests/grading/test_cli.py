"""The command `course`: a small class from release to grades, as an instructor types it, and what goes wrong."""

import contextlib
import csv
import io
import json
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import nbformat
import pytest

from course_pkg.grading import cli, sandbox
from tools import grading

pytestmark = pytest.mark.skipif(not sandbox.look().enough, reason=str(sandbox.look()))
FOLDER = "{}_assignsubmission_file_/{}"


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    """Return the folder of a course with a release, and the download of Moodle for it."""
    folder = tmp_path_factory.mktemp("course").resolve()
    shutil.copy(grading.ROOT / "nbgrader_config.py", folder)
    shutil.copytree(grading.ROOT / "solutions" / "ps1", folder / "solutions" / "ps1")
    assert run(folder, "release", "ps1")[0] == 0
    name = "ps1.ipynb"
    solution = nbformat.read(folder / "solutions" / "ps1" / name, as_version=4)
    blank = nbformat.read(folder / "assignments" / "ps1" / name, as_version=4)
    made = grading.samples(solution, blank, grading.HALF["ps1"])
    with zipfile.ZipFile(folder / "moodle.zip", "w") as archive:
        for student, file, text in [
            ("Li Lei_1001", name, nbformat.writes(made["perfect"][0])),
            ("Han Meimei_1002", "ps1 (1).ipynb", "\ufeff" + nbformat.writes(made["half"][0])),
            ("Blank Page_1003", name, nbformat.writes(made["untouched"][0])),
            ("Broken File_1004", name, '{"cells": [{"cell_type": "co'),
            ("No File_1005", "essay.docx", "PK"),
        ]:
            archive.writestr(FOLDER.format(student, file), text)
    return folder


def run(folder, *arguments):
    """Run the command; return the exit status, its records and what it said on standard error."""
    out, said = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(said):
        status = cli.main([*arguments, "--course", str(folder), "--json"])
    return status, [json.loads(line) for line in out.getvalue().splitlines()], said.getvalue()


def by_student(records, *fields):
    return {record["student"]: tuple(record[field] for field in fields) for record in records}


def test_a_class_from_its_files_to_its_grades(course, capsys):
    status, records, _ = run(course, "collect", "ps1", str(course / "moodle.zip"))
    assert status == 1
    assert by_student(records, "status", "name")["1002"] == ("new", "Han Meimei")
    assert by_student(records, "status")["1005"] == ("failed",)
    assert "essay.docx" in by_student(records, "reason")["1005"][0]

    assert {status for (status,) in by_student(run(course, "status", "ps1")[1], "status").values()} == {"waiting"}
    status, records, _ = run(course, "grade", "ps1")
    assert status == 1
    graded = by_student(records, "status", "score", "max_score", "fresh")
    assert graded["1001"] == ("graded", 94, 100, True)
    assert graded["1002"] == ("graded", 47, 100, True)
    assert graded["1003"] == ("graded", 0, 100, True)
    assert graded["1004"][0] == "failed"
    assert by_student(records, "reason")["1004"][0]
    assert by_student(records, "notes")["1002"][0]  # the mark at the beginning of the file
    again = by_student(run(course, "grade", "ps1")[1], "status", "fresh")
    assert [again[student] for student in ("1001", "1002", "1003")] == [("graded", False)] * 3

    status, records, _ = run(course, "feedback", "ps1")
    assert status == 0
    assert {made for (made,) in by_student(records, "status").values()} == {"made"}
    assert "✗ Task 2b" in (course / "feedback" / "1002" / "ps1" / "ps1.html").read_text(encoding="utf-8")

    assert cli.main(["status", "ps1", "--course", str(course)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split()[:5] == ["1001", "graded", "94", "of", "100"]
    assert "waits for a mark by hand" in lines[0]
    assert lines[-1].startswith("ps1: 1 failed, 3 graded")

    assert run(course, "export", "ps1", str(course / "grades.csv"))[0] == 0
    with open(course / "grades.csv", newline="") as file:
        rows = {row["student"]: row for row in csv.DictReader(file)}
    assert rows["1002"] == {
        **{"student": "1002", "name": "Han Meimei", "score": "47", "max_score": "100"},
        **{"late_penalty": "0", "waiting": "1"},
    }
    assert rows["1004"]["score"] == "0"


def test_the_tables_of_moodle_and_canvas_are_filled(course):
    moodle = course / "worksheet.csv"
    lines = [
        "\ufeffIdentifier,Full name,Grade,Maximum grade",
        'Participant 1001,"Lei, Li",,100.00',
        "Participant 1002,Han Meimei,,100.00",
        "Participant 9,Nobody,-,100.00\r\n",
    ]
    moodle.write_text("\r\n".join(lines), encoding="utf-8", newline="")
    status, records, _ = run(course, "export", "ps1", str(course / "up.csv"), "--fill", str(moodle))
    assert status == 1  # two of the class are not in that table
    assert by_student(records, "status")["1003"] == ("not in the table",)
    filled = (course / "up.csv").read_bytes().decode("utf-8").split("\r\n", 3)
    assert filled == [lines[0], lines[1].replace(",,", ",94,"), lines[2].replace(",,", ",47,"), lines[3]]
    canvas = course / "gradebook.csv"
    canvas.write_text(
        "Student,ID,SIS User ID,Section,Problem set 1 (77),Problem set 2 (78)\n"
        "    Points Possible,,,,100,100\n"
        '"Lei, Li",1001,x1,A,,5\n"Meimei, Han",1002,x2,A,3,6\n"Page, Blank",1003,x3,A,,\n"File, Broken",1004,x4,A,,\n'
    )
    target = ["export", "ps1", str(course / "up.csv"), "--fill", str(canvas), "--column", "Problem set 1 (77)"]
    assert run(course, *target)[0] == 0
    with open(course / "up.csv", newline="") as file:
        rows = list(csv.reader(file))
    assert rows[1] == ["    Points Possible", "", "", "", "100", "100"]
    assert [row[4:] for row in rows[2:]] == [["94", "5"], ["47", "6"], ["0", ""], ["0", ""]]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["release", "ps9"], "ps9"),
        (["collect", "ps9", "moodle.zip"], "ps9 is not released"),
        (["collect", "ps1", "missing.zip"], "does not exist"),
        (["grade", "ps9"], "ps9"),
        (["grade", "ps1", "--student", "nobody"], "nobody"),
        (["grade", "ps1", "--workers", "0"], "workers: expected"),
        (["feedback", "ps1", "--student", "nobody"], "nobody is graded in ps1"),
        (["export", "ps9", "x.csv"], "got 'ps9'"),
        (["export", "ps1", "missing/folder/x.csv"], "missing"),
        (["export", "ps1", "x.csv", "--fill", "moodle.zip"], ""),
        (["export", "ps1", "x.csv", "--fill", "nbgrader_config.py"], "column: expected the title of one column"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_line(course, arguments, said):
    paths = [str(course / a) if "." in a and Path(a).suffix else a for a in arguments]
    status, records, error = run(course, *paths)
    assert (status, records) == (2, [])
    assert error.startswith(f"course {arguments[0]}: ")
    assert said in error
    assert error.count("\n") == 1
    assert not list(course.glob("x.csv*"))


@pytest.mark.parametrize("command", ["release", "collect", "grade", "status", "feedback", "export"])
def test_without_nbgrader_it_says_what_to_install(course, command, monkeypatch):
    monkeypatch.setitem(sys.modules, "course_pkg.grading.batch", None)
    monkeypatch.delattr("course_pkg.grading.batch")
    more = {"collect": ["x.zip"], "export": ["x.csv"]}.get(command, [])
    status, records, error = run(course, command, "ps1", *more)
    assert (status, records) == (2, [])
    assert "pip install 'course_pkg[grade]'" in error
    assert error.count("\n") == 1


def test_what_breaks_in_the_middle_is_said_in_one_line(course, monkeypatch):
    from course_pkg.grading import batch

    def breaks(*_, **__):
        yield batch.Result("1001", "graded", 94.0, 100.0)
        raise RuntimeError("the warm process does not start")

    monkeypatch.setattr(batch, "grade", breaks)
    status, records, error = run(course, "grade", "ps1")
    assert (status, [record["student"] for record in records]) == (2, ["1001"])
    assert error == "course grade: the warm process does not start (1 are graded and kept)\n"


def test_as_a_command_in_a_folder_that_is_no_course(tmp_path):
    done = subprocess.run([Path(sys.executable).parent / "course", "grade", "ps1"], capture_output=True, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, b"")
    assert done.stderr.startswith(b"course grade: ")
    assert b"nbgrader_config.py" in done.stderr


def test_wrong_usage_and_help(capsys):
    with pytest.raises(SystemExit) as end:
        cli.main(["grade"])
    assert end.value.code == 2
    with pytest.raises(SystemExit) as end:
        cli.main(["--help"])
    assert end.value.code == 0
    assert "course collect ps1 submissions.zip" in capsys.readouterr().out
