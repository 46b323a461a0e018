"""Grade a class with nbgrader, in a sandbox and on all cores; nbgrader's own commands work on the same folder.

    course release ps1                    what students get: assignments/ps1
    course collect ps1 submissions.zip    a folder or a zip, or the download of Moodle or Canvas
    course grade ps1                      all that is new or has changed; --scheduler for many machines
    course status ps1                     who is graded, who failed and why, who waits
    course feedback ps1                   a page for each student: feedback/STUDENT/ps1
    course export ps1 grades.csv          scores, also filled into a table that Moodle or Canvas gave

Run it in the course's folder, where nbgrader_config.py is. With --json each record is one line of JSON on standard
output; progress and messages go to standard error.

Exit status: 0 all went well; 1 something failed for a student, the table says what; 2 nothing was done; 130 stopped by
Ctrl-C: what was finished is kept, and the same command goes on from there.
"""

import argparse
import contextlib
import json
import os
import sys
import warnings
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

from tqdm import tqdm

_SHOWN = 40  # rows of a table; of a larger class those with something to say


class _Nothing(Exception):
    """Nothing could be done; the text is one line for the user."""


def main(arguments=None):
    """Run the command; return its exit status."""
    asked = _parser().parse_args(arguments)
    warnings.filterwarnings("ignore", module=r"nbgrader\.")  # SQLAlchemy's advice to nbgrader's authors
    try:
        return asked.run(asked, _configuration(asked))
    except _Nothing as error:
        sys.stderr.write(f"course {asked.command}: {error}\n")
        return 2
    except KeyboardInterrupt:
        sys.stderr.write(f"course {asked.command}: stopped; the same command goes on from here\n")
        return 130


def _parser():
    parser = argparse.ArgumentParser(
        prog="course", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    def command(name, run, text, *, students=False):
        made = commands.add_parser(name, help=text, description=text[0].upper() + text[1:] + ".")
        made.set_defaults(run=run)
        made.add_argument("assignment", help="the assignment, such as ps1")
        made.add_argument("--course", default=".", metavar="FOLDER", help="the course's folder (default: this one)")
        made.add_argument("--json", action="store_true", help="one line of JSON for each record, no table")
        if students:
            made.add_argument("--student", action="append", metavar="NAME", help="only this one; may be repeated")
        return made

    command("release", release, "make what students get from the source in solutions/")
    made = command("collect", collect, "take in what students have handed in; earlier versions are kept")
    made.add_argument("source", help="a folder or a zip: by student, or as Moodle and Canvas give it")
    made = command("grade", grade, "grade all submissions that are new or have changed", students=True)
    made.add_argument("--workers", type=int, metavar="N", help="processes on this machine (default: one a core)")
    made.add_argument("--scheduler", metavar="ADDRESS", help="a Dask scheduler, tcp://host:port: many machines")
    made.add_argument("--force", action="store_true", help="grade again what is graded already")
    made.add_argument(
        "--no-sandbox",
        action="store_true",
        help="DANGEROUS: run submissions without one where the host has none",
    )
    command("status", status, "show the state of all submissions; changes nothing")
    command("feedback", feedback, "make the pages for students, with marks given by hand until now", students=True)
    made = command("export", export, "write scores to a CSV file")
    made.add_argument("file", help="the CSV file to write")
    made.add_argument("--fill", metavar="TABLE", help="a CSV file of Moodle, Canvas or yours to fill the scores into")
    made.add_argument("--column", default="Grade", help="the title of its column for the scores (default: Grade)")
    return parser


# --- the commands ---


def release(asked, config):
    from nbgrader.apps import NbGraderAPI

    with _path_to_alembic():
        result = NbGraderAPI(config=config).generate_assignment(asked.assignment)
    if not result["success"]:
        raise _Nothing(_last_line(result))
    record = {"assignment": asked.assignment, "status": "released"}
    return _report(asked, [record], f"{asked.assignment} is in {config.CourseDirectory.release_directory}/")


def collect(asked, config):
    from nbgrader.api import Gradebook
    from nbgrader.coursedir import CourseDirectory

    from course_pkg.grading import collect

    where = CourseDirectory(config=config)
    folder = Path(where.format_path(where.release_directory, ".", asked.assignment))
    notebooks = sorted(path.stem for path in folder.glob("*.ipynb"))
    if not notebooks:
        raise _Nothing(f"{asked.assignment} is not released: there is no notebook in {folder}; course release first")
    submitted = Path(where.root, where.submitted_directory)
    records = []
    try:
        found = collect.collect(asked.source, submitted, asked.assignment, notebooks)
    except (OSError, ValueError) as error:
        raise _Nothing(error) from None
    with _path_to_alembic(), Gradebook(where.db_url, where.course_id) as book:
        for result in tqdm(found, "collect", unit=" students", disable=None, leave=False):
            records.append(result._asdict())
            if result.status != "failed" and result.name:
                book.update_or_create_student(result.student, last_name=result.name)
    return _report(asked, records)


def grade(asked, config):
    from course_pkg.grading import batch

    records = []
    try:
        total = len(asked.student or batch.submitted(config, asked.assignment))
        results = batch.grade(
            config,
            asked.assignment,
            asked.student,
            workers=asked.workers,
            scheduler=asked.scheduler,
            force=asked.force,
            require_sandbox=not asked.no_sandbox,
        )
        with contextlib.closing(results), tqdm(total=total, desc="grade", unit="", disable=None, leave=False) as bar:
            for result in results:
                bar.update()
                records.append(result._asdict())
                if asked.json:
                    _say(records[-1])
    except (ValueError, RuntimeError, OSError) as error:  # Busy and NoSandbox are RuntimeErrors
        raise _Nothing(f"{error}{f' ({len(records)} are graded and kept)' if records else ''}") from None
    return _report(asked, records, said=asked.json)


def status(asked, config):
    from course_pkg.grading import batch, export

    try:
        records = [result._asdict() for result in batch.status(config, asked.assignment)]
    except ValueError as error:
        raise _Nothing(error) from None
    with contextlib.suppress(ValueError), _path_to_alembic():
        marked = {row.student: row for row in export.scores(*_gradebook(config), asked.assignment)}
        for record in records:
            row = marked.get(record["student"])
            if row and record["status"] == "graded":  # with what was marked by hand since
                record["score"] = row.score
                record["notes"] = (*record["notes"], *["waits for a mark by hand"] * row.waiting)
    _report(asked, records)
    return 0


def feedback(asked, config):
    from nbgrader.coursedir import CourseDirectory

    where = CourseDirectory(config=config)
    there = sorted(
        path.parent.name for path in Path(where.root, where.autograded_directory).glob(f"[!.]*/{asked.assignment}")
    )
    unknown = sorted(set(asked.student or ()) - set(there))
    if unknown or not there:
        raise _Nothing(f"{', '.join(unknown) or 'nobody'} is graded in {asked.assignment}; course grade first")
    students, records = asked.student or there, []
    with _path_to_alembic(), ProcessPoolExecutor(os.cpu_count(), get_context("forkserver")) as pool:
        made = pool.map(_make_feedback, [(config, asked.assignment, student) for student in students], chunksize=4)
        for student, reason in tqdm(
            zip(students, made, strict=True), "feedback", len(students), unit="", disable=None, leave=False
        ):
            records.append({"student": student, "status": "failed" if reason else "made", "reason": reason})
    return _report(asked, records, f"the pages are in {where.feedback_directory}/STUDENT/{asked.assignment}/")


def _make_feedback(task):
    """Make one student's pages; return why not, "" if they are there."""
    from nbgrader.apps import NbGraderAPI

    config, assignment, student = task
    warnings.filterwarnings("ignore", module=r"nbgrader\.")
    result = NbGraderAPI(config=config).generate_feedback(assignment, student)
    return "" if result["success"] else _last_line(result)


def export(asked, config):
    from course_pkg.grading import export

    try:
        with _path_to_alembic():
            rows = export.scores(*_gradebook(config), asked.assignment)
        missing = []
        if asked.fill:
            text, missing = export.fill(Path(asked.fill).read_bytes().decode("utf-8"), rows, asked.column)
        else:
            text = export.table(rows)
        export.write(asked.file, text)
    except (OSError, ValueError) as error:
        raise _Nothing(error) from None
    waiting = sum(row.waiting for row in rows)
    records = [row._asdict() for row in rows]
    for record in records:
        record["status"] = "not in the table" if record["student"] in missing else "exported"
    said = f"{len(rows) - len(missing)} scores in {asked.file}; {waiting} submissions wait for marks by hand"
    return _report(asked, records, said) or int(bool(missing))


# --- what they share ---


def _configuration(asked):
    if not Path(asked.course, "nbgrader_config.py").is_file():
        raise _Nothing(f"there is no nbgrader_config.py in {Path(asked.course).resolve()}: is it the course's folder?")
    try:
        from course_pkg.grading import batch
    except ImportError as error:  # students have this package without nbgrader, and Windows has no fcntl
        raise _Nothing(f"this needs Linux or macOS and pip install 'course_pkg[grade]' ({error})") from None
    try:
        return batch.configuration(asked.course)
    except (OSError, ValueError) as error:
        raise _Nothing(error) from None


def _gradebook(config):
    from nbgrader.coursedir import CourseDirectory

    where = CourseDirectory(config=config)
    return where.db_url, where.course_id


@contextlib.contextmanager
def _path_to_alembic():
    """Let nbgrader find the command alembic, which it calls for a new gradebook: it lies beside python."""
    before = os.environ.get("PATH", "")
    os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), before])
    try:
        yield
    finally:
        os.environ["PATH"] = before


def _last_line(result):
    lines = (result.get("error") or result.get("log") or "nbgrader gave no reason").strip().splitlines()
    return lines[-1]


def _say(record):
    sys.stdout.write(f"{json.dumps(record, ensure_ascii=False, default=str)}\n")
    sys.stdout.flush()


def _report(asked, records, text="", said=False):
    """Show what came out, as a table or as lines of JSON; return the exit status."""
    failed = [record for record in records if record.get("status") == "failed"]
    if asked.json:
        for record in [] if said else records:
            _say(record)
    else:
        table = _table(sorted(records, key=lambda record: str(record.get("student", ""))))
        counts = {}
        for record in records:
            counts[record["status"]] = counts.get(record["status"], 0) + 1
        summary = ", ".join(f"{number} {status}" for status, number in sorted(counts.items())) or "nothing to do"
        sys.stdout.write(f"{table}{asked.assignment}: {summary}{f'; {text}' if text else ''}\n")
    return int(bool(failed))


def _table(records):
    rows = []
    for record in records:
        notes = "; ".join(part for part in (record.get("reason", ""), *record.get("notes", ())) if part)
        if len(records) > _SHOWN and not notes and record.get("status") != "failed":
            continue
        points = record.get("score")
        score = "" if points is None else f"{points:g} of {record['max_score']:g}"
        seconds = f"{record['seconds']:.1f} s" if record.get("seconds") else ""
        rows.append((str(record.get("student", record.get("assignment"))), record["status"], score, seconds, notes))
    if not rows:
        return ""
    widths = [max(len(row[i]) for row in rows) for i in range(4)]
    lines = ("  ".join([*map(str.ljust, row, widths), row[4]]).rstrip() for row in rows)
    return "".join(f"{line}\n" for line in lines)


if __name__ == "__main__":
    sys.exit(main())
