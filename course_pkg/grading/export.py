"""A class's scores as CSV: a table of one's own, or filled into the one that Moodle, Canvas or a registrar gave."""

import csv
import io
import os
import re
import tempfile
from pathlib import Path
from typing import NamedTuple

from nbgrader.api import Assignment, Grade, Gradebook, MissingEntry, Student, SubmittedAssignment, SubmittedNotebook
from sqlalchemy import Integer, cast, func


class Score(NamedTuple):
    """A student's result: ``score`` with manual marks and less the late penalty; ``waiting`` for a person's marks."""

    student: str
    name: str
    score: float
    max_score: float
    late_penalty: float
    waiting: bool


def scores(db_url, course_id, assignment):
    """Return a :class:`Score` for each submission in the gradebook, by student.

    Raises ValueError for an assignment that the gradebook does not have.
    """
    with Gradebook(db_url, course_id) as book:
        try:
            book.find_assignment(assignment)
        except MissingEntry:
            known = ", ".join(sorted(each.name for each in book.assignments)) or "none"
            raise ValueError(f"assignment: expected one of the gradebook ({known}), got {assignment!r}") from None
        student = SubmittedAssignment.id, Student.id, Student.first_name, Student.last_name
        waiting = cast(Grade.needs_manual_grade, Integer)
        # What nbgrader's submission_dicts gives, but in one pass: that takes a minute for 10,000 without indexes.
        graded = (
            book.db.query(*student, func.sum(Grade.score), func.sum(Grade.max_score), func.sum(waiting))
            .select_from(Grade)
            .join(SubmittedNotebook)
            .join(SubmittedAssignment)
            .join(Student)
            .join(Assignment)
            .filter(Assignment.name == assignment)
            .group_by(*student)
        )
        late = dict(
            book.db.query(SubmittedNotebook.assignment_id, func.sum(SubmittedNotebook.late_submission_penalty))
            .group_by(SubmittedNotebook.assignment_id)
            .all()
        )
        found = []
        for submission, name, first, last, score, max_score, open_grades in graded:
            penalty = late[submission] or 0.0
            full_name = " ".join(part for part in (first, last) if part)
            found.append(Score(name, full_name, max(0.0, score - penalty), max_score, penalty, open_grades > 0))
    return sorted(found)


def table(rows):
    """Return ``rows``, as :func:`scores` gives them, as the text of a CSV file."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(Score._fields)
    for row in rows:
        writer.writerow([*row[:2], f"{row.score:g}", f"{row.max_score:g}", f"{row.late_penalty:g}", int(row.waiting)])
    return text.getvalue()


def fill(given, rows, column):
    """Return the CSV text ``given`` with the scores in ``column``, and the students of ``rows`` that it does not have.

    Made for Moodle's grading worksheet and for Canvas's gradebook, and right for any table with a column of the
    students' names in the gradebook, perhaps behind a word, as in "Participant 1234". Other cells stay as they are.
    Raises ValueError where there is no such column, or more than one has ``column`` as its title.
    """
    lines = list(csv.reader(io.StringIO(given)))
    titles = [title.strip().lstrip("\ufeff") for title in lines[0]] if lines else []
    if titles.count(column) != 1:
        raise ValueError(f"column: expected the title of one column, of {titles}, got {column!r}")
    place, score = titles.index(column), {row.student: row for row in rows}

    def student(cell):
        return next((name for name in (cell.strip(), *re.findall(r"\S+$", cell)) if name in score), None)

    matches = [sum(len(line) > i and student(line[i]) is not None for line in lines[1:]) for i in range(len(titles))]
    matches[place] = 0
    if not any(matches):
        raise ValueError(f"the table to fill: expected a column with the students' names, such as {list(score)[:3]}")
    names, missing = matches.index(max(matches)), set(score)
    for line in lines[1:]:
        name = student(line[names]) if len(line) > names else None
        if name is not None:
            line += [""] * (place + 1 - len(line))
            line[place] = f"{score[name].score:g}"
            missing.discard(name)
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n" if "\r\n" in given else "\n").writerows(lines)
    return text.getvalue(), sorted(missing)


def write(path, text):
    """Write a file that appears whole or not at all."""
    path = Path(path)
    with tempfile.NamedTemporaryFile("w", dir=path.parent, encoding="utf-8", newline="", delete=False) as file:
        try:
            file.write(text)
            file.flush()
            os.chmod(file.name, 0o644)
            os.replace(file.name, path)
        except BaseException:
            os.unlink(file.name)
            raise
