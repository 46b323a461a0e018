"""Take in what a class has handed in: a folder or a zip of notebooks, or the download of Moodle or Canvas.

Promise: nothing that lies there can write outside ``submitted/``, fill the disk or stop the others; what a student has
handed in before is kept in ``submitted/.earlier/``. Nothing is run and nothing is repaired here: bytes are put in their
places, so whatever a file is, it is there to be looked at. Whether it can be graded is the question of the next step.
"""

import itertools
import os
import re
import shutil
import stat
import tempfile
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

MiB = 2**20
FILE_LIMIT = 200 * MiB  # a notebook with that much output is none that a person has looked at
STUDENT_LIMIT = 500 * MiB
COUNT_LIMIT = 1000

# How the path of a file says whose it is. Moodle: with folders, or with the option without folders.
_MOODLE = re.compile(r"(?:.*/)?(?P<name>[^/]*)_(?P<student>\d+)_assignsubmission_file_?/?(?P<file>.+)")
_CANVAS = re.compile(r"(?:.*/)?(?P<name>[^/_]+)_(?:LATE_)?(?P<student>\d+)_\d+_(?P<file>[^/]+)")
_JUNK = re.compile(r"(?:.*/)?(?:__MACOSX/|\.[^/]|Thumbs\.db$|desktop\.ini$|[^/]*_assignsubmission_onlinetext)")


class Collected(NamedTuple):
    """What came of a hand-in; ``status`` is "new", "newer", "unchanged", or "failed", which has a ``reason``."""

    student: str
    status: str
    name: str = ""  # as the download has it
    reason: str = ""
    notes: tuple = ()


class _Entry(NamedTuple):
    """A file in a folder or a zip: where, how large, from when, and how to read it."""

    path: str
    size: int
    when: float
    read: Callable


def collect(source, submitted, assignment, notebooks):
    """Yield a :class:`Collected` for each student in ``source``, in order, as the files are put into ``submitted``.

    ``source`` is a folder or a zip, ``submitted`` nbgrader's folder of submissions, ``notebooks`` the names of the
    assignment's notebooks, without ``.ipynb``. Layouts: Moodle's and Canvas's "download all submissions"; a folder for
    each student, with or without one for the assignment in it; or files ``STUDENT_ASSIGNMENT.ipynb``.
    Moodle's participant number and Canvas's user number become the student's name in the gradebook.

    Raises FileNotFoundError, or ValueError for what is no folder or zip or has no student's file in it.
    """
    source, submitted = Path(source), Path(submitted)
    if source.is_dir():
        return _collect(_folder(source), source, submitted, assignment, notebooks)
    if not source.exists():
        raise FileNotFoundError(f"source: expected a folder or a zip, got {str(source)!r}, which does not exist")
    try:
        archive = zipfile.ZipFile(source)
    except (zipfile.BadZipFile, OSError) as error:
        raise ValueError(f"source: expected a folder or a zip, got {str(source)!r} ({error})") from None
    return _collect(_zip(archive), source, submitted, assignment, notebooks)


def _collect(entries, source, submitted, assignment, notebooks):
    """Sort ``entries`` by student, now; return the iterator that puts them in their places."""
    entries = [entry for entry in entries if not _JUNK.match(entry.path)]
    owner = _layout([entry.path for entry in entries], assignment)
    students, nobodys = {}, []
    for entry in entries:
        found = owner(entry.path)
        if found:
            name, student, file = found
            students.setdefault(student, (name, []))[1].append((file, entry))
        else:
            nobodys.append(Collected(entry.path, "failed", reason="It does not say who has handed it in."))
    if not students:
        raise ValueError(
            f"source: expected a folder for each student, files STUDENT_{assignment}.ipynb, or a download of Moodle or "
            f"Canvas, got {str(source)!r} with {len(entries)} other files"
        )
    taken_in = (
        _take_in(student, name, files, submitted, assignment, notebooks)
        for student, (name, files) in sorted(students.items())
    )
    return itertools.chain(nobodys, taken_in)


def _folder(root):
    for folder, _, names in os.walk(root):
        for name in sorted(names):
            path = Path(folder, name)
            with_stat = path.lstat()
            if stat.S_ISREG(with_stat.st_mode):  # a link may lead anywhere
                yield _Entry(
                    path.relative_to(root).as_posix(), with_stat.st_size, with_stat.st_mtime, lambda p=path: _head(p)
                )


def _head(path):
    with open(path, "rb") as file:
        return file.read(FILE_LIMIT + 1)


def _zip(archive):
    for info in archive.infolist():
        path = info.filename.replace("\\", "/")
        parts = [part for part in path.split("/") if part not in ("", ".")]
        link = stat.S_ISLNK(info.external_attr >> 16)
        if info.is_dir() or link or ".." in parts or path.startswith("/") or ":" in parts[0]:
            continue  # a path that leads out of the zip belongs to nobody

        def read(info=info):
            try:
                with archive.open(info) as file:
                    return file.read(FILE_LIMIT + 1)  # what a zip says of its sizes may be wrong
            except Exception as error:  # each decompressor has errors of its own
                raise ValueError(f"{info.filename} cannot be read from the zip: {error}") from None

        when = datetime(*info.date_time).timestamp() if 1 <= info.date_time[1] <= 12 and info.date_time[2] else 0
        yield _Entry("/".join(parts), info.file_size, when, read)


def _layout(paths, assignment):
    """Return the function that tells ``(name, student, file)`` of a path, or None."""
    for pattern in (_MOODLE, _CANVAS):
        if any(pattern.fullmatch(path) for path in paths):

            def owner(path, pattern=pattern):
                match = pattern.fullmatch(path)
                return match and (match["name"].strip(), match["student"], match["file"])

            return owner
    top, *others = {path.split("/")[0] for path in paths} or {""}
    inner = [path.removeprefix(f"{top}/") for path in paths]
    folders = all("/" in path and not path.startswith(f"{assignment}/") for path in inner)
    if not others and inner != paths and (folders or sum(path.endswith(".ipynb") for path in inner) > 1):
        owner = _layout(inner, assignment)  # one folder around them all
        return lambda path: owner(path.removeprefix(f"{top}/"))

    def own(path):
        student, _, file = path.partition("/")
        if not file:
            student, dot, kind = path.rpartition(".")
            if kind != "ipynb" or student in ("", assignment):
                return None
            student = re.sub(rf"[_ -]+{re.escape(assignment)}$|^{re.escape(assignment)}[_ -]+", "", student)
            return "", student, f"{assignment}{dot}{kind}"
        if file.startswith(f"{assignment}/"):
            file = file.removeprefix(f"{assignment}/")
        return "", student, file

    return own


def _take_in(student, name, files, submitted, assignment, notebooks):
    safe = re.sub(r"[^\w.@ -]", "-", student).strip(" .")
    if not safe:
        return Collected(student, "failed", name, "The name of the student cannot be the name of a folder.")
    try:
        content, when, notes = _choose(files, notebooks)
    except ValueError as error:
        return Collected(safe, "failed", name, str(error))
    target = submitted / safe / assignment
    content["timestamp.txt"] = datetime.fromtimestamp(when, UTC).strftime("%Y-%m-%d %H:%M:%S UTC").encode()
    if _lies_there(target, content):
        return Collected(safe, "unchanged", name, notes=notes)
    try:
        earlier = _put(target, content, submitted / ".earlier" / safe / assignment)
    except (OSError, ValueError) as error:  # a full disk, a file where a folder is wanted, a name that cannot be
        return Collected(safe, "failed", name, f"It could not be written: {error}.")
    return Collected(safe, "newer" if earlier else "new", name, notes=notes)


def _choose(files, notebooks):
    """Return what to keep, {path: bytes}, the time of the latest file, and notes; raise ValueError with a reason."""
    if len(files) > COUNT_LIMIT or sum(entry.size for _, entry in files) > STUDENT_LIMIT:
        raise ValueError(f"More than {COUNT_LIMIT} files or {STUDENT_LIMIT // MiB} MiB were handed in.")
    candidates = [(file, entry) for file, entry in files if file.lower().endswith(".ipynb")]
    chosen, notes = {}, []
    for notebook in notebooks:
        stem = re.compile(rf"(?:.*/)?{re.escape(notebook)}(?P<more>.*)\.ipynb", re.IGNORECASE)
        named = [(match["more"], file, entry) for file, entry in candidates if (match := stem.fullmatch(file))]
        exact = [(entry.when, file, entry) for more, file, entry in named if not more]
        alike = [(entry.when, _number(more), file, entry) for more, file, entry in named if more]
        any_one = [(entry.when, file, entry) for file, entry in candidates] if len(notebooks) == 1 else []
        *_, file, entry = max(exact or alike or (any_one if len(any_one) == 1 else [(None, None)]))
        if file is None:
            found = ", ".join(sorted(file for file, _ in files)[:5]) or "nothing"
            raise ValueError(f"There is no {notebook}.ipynb in what was handed in: {found}.")
        if file != f"{notebook}.ipynb":
            notes.append(f"{file} was taken as {notebook}.ipynb")
        if len(exact or alike) > 1:
            notes.append(f"of {len(exact or alike)} versions the latest was taken")
        chosen[f"{notebook}.ipynb"] = entry
    others = {file: entry for file, entry in files if not file.lower().endswith(".ipynb")}
    content, total = {}, 0
    for file, entry in itertools.chain(others.items(), chosen.items()):
        content[file] = entry.read()
        total += len(content[file])
        if len(content[file]) > FILE_LIMIT or total > STUDENT_LIMIT:
            raise ValueError(f"{file} is larger than {FILE_LIMIT // MiB} MiB, or all files are together.")
    return content, max(entry.when for entry in chosen.values()), tuple(notes)


def _number(text):
    """Return the last number in what a browser or Canvas adds to the name of a file handed in again: " (2)", "-2"."""
    return int((re.findall(r"\d+", text) or ["0"])[-1][:9])


def _lies_there(target, content):
    there = {path.relative_to(target).as_posix(): path for path in target.rglob("*") if path.is_file()}
    return there.keys() == content.keys() and all(
        there[name].read_bytes() == data for name, data in content.items() if name != "timestamp.txt"
    )


def _put(target, content, earlier):
    """Let the files appear in ``target`` all at once; return whether others were there, which are kept."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent.parent, prefix=".incoming-") as folder:
        made = Path(folder, "made")
        for name, data in content.items():
            path = made / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
        were_there = target.exists()
        if were_there:
            earlier.mkdir(parents=True, exist_ok=True)
            number = next(n for n in itertools.count(1) if not (earlier / str(n)).exists())
            shutil.move(target, earlier / str(number))
        os.replace(made, target)
    return were_there
