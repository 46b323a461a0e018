"""Scores from the gradebook: the same as nbgrader's, for everything that can make up a score."""

import itertools
from types import SimpleNamespace

import pytest
from nbgrader.api import Gradebook

from course_pkg.grading import export
from tools import grading

COURSE = "deep"


@pytest.fixture
def url(tmp_path, monkeypatch):
    """A gradebook of two assignments, each of two notebooks, with scores of all kinds."""
    monkeypatch.setenv("PATH", grading.ENVIRONMENT["PATH"])
    url = f"sqlite:///{tmp_path}/gradebook.db"
    with Gradebook(url, COURSE) as book:
        for assignment, notebook in itertools.product(("hw1", "hw2"), ("one", "two")):
            book.update_or_create_assignment(assignment)
            book.update_or_create_notebook(notebook, assignment)
            place = notebook, assignment
            book.add_grade_cell("code", *place, max_score=4.0, cell_type="code")
            book.add_grade_cell("text", *place, max_score=3.0, cell_type="markdown")
            book.add_solution_cell("text", *place)
            book.add_task_cell("task", *place, max_score=2.0, cell_type="markdown")
        for i, student in enumerate(["anna", "bob", "carl", "dora", "never"]):
            names = {"first_name": student.title(), "last_name": "Li" if i % 2 else None} if i else {}
            book.add_student(student, **names)
            for assignment in ("hw1", "hw2")[: 2 if student != "never" else 0]:
                for j, notebook in enumerate(book.add_submission(assignment, student).notebooks):
                    _mark(notebook, i, j)
        book.db.commit()
    return url


def _mark(notebook, i, j):
    grades = {grade.name: grade for grade in notebook.grades}
    grades["code"].auto_score, grades["code"].needs_manual_grade = 0.5 * i + j, False
    if i % 2:  # a person has marked it
        for name, points in (("text", 2.5), ("task", 1.25)):
            grades[name].manual_score, grades[name].needs_manual_grade = points, False
    if i == 1:
        grades["code"].manual_score = 4.0  # over the automatic score
        grades["text"].extra_credit = 0.75
    if i == 2:
        notebook.late_submission_penalty = 1.0 + j
    if i == 3 and j:
        notebook.late_submission_penalty = 100.0


@pytest.mark.parametrize("assignment", ["hw1", "hw2"])
def test_scores_are_those_of_nbgrader(url, assignment):
    with Gradebook(url, COURSE) as book:
        rows = book.submission_dicts(assignment)
        late = {s.student.id: s.late_submission_penalty for s in book.assignment_submissions(assignment)}
    theirs = [
        export.Score(
            row.student,
            " ".join(filter(None, [row.first_name, row.last_name])),
            max(0.0, row.score - late[row.student]),
            row.max_score,
            late[row.student],
            row.needs_manual_grade,
        )
        for row in sorted((SimpleNamespace(**row) for row in rows), key=lambda row: row.student)
    ]
    ours = export.scores(url, COURSE, assignment)
    assert ours == theirs
    assert [row[:3] for row in ours] == [
        ("anna", "", 1.0),
        ("bob", "Bob Li", 17.0),
        ("carl", "Carl", 0.0),
        ("dora", "Dora Li", 0.0),
    ]
    assert [row.waiting for row in ours] == [True, False, True, False]
    assert [row.late_penalty for row in ours] == [0.0, 0.0, 3.0, 100.0]
    assert {row.max_score for row in ours} == {18.0}


def test_an_assignment_that_is_not_there(url):
    with pytest.raises(ValueError, match=r"expected one of the gradebook \(hw1, hw2\), got 'hw3'"):
        export.scores(url, COURSE, "hw3")
