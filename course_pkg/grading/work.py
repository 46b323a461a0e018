"""The work on one submission, from the bytes that were handed in to a notebook with outputs: here or on any machine.

Promise: :func:`do` needs nothing but its arguments, touches no gradebook and no folder of the course, and returns plain
data for whatever was handed in: a notebook for each one released, and a reason where it is not a graded one.

:func:`main` is a process that does nothing else, for :class:`batch.Pool`.
"""

import contextlib
import hashlib
import json
import resource
import signal
import socket
import sys
import time
from dataclasses import asdict, dataclass

from course_pkg.grading import intake, parent, sandbox, submission, wire

TIME = "timestamp.txt"
_LARGEST_FRAME = 2**32 - 1
_MEMORY = 4 * 2**30  # bytes for reading a file, however it is made up


@dataclass(frozen=True)
class Job:
    """What is the same for all submissions of an assignment."""

    assignment: str
    releases: tuple  # of intake.Release
    files: dict  # {path: bytes} in the instructor's folder
    limits: sandbox.Limits
    times: submission.Times
    kept: tuple = ()  # paths where a student's file counts, not the instructor's of the same name

    def beside(self, files):
        """Return the files beside a notebook: the student's of ``{path: bytes}``, and the instructor's over them."""
        own = {path: content for path, content in files.items() if not path.endswith(".ipynb") and path != TIME}
        return own | {path: content for path, content in self.files.items() if path not in self.kept or path not in own}

    def dumps(self):
        """Return it as bytes."""
        return wire.Codec().dumps(asdict(self))

    @classmethod
    def loads(cls, data):
        """Return the job of these bytes."""
        own = wire.Codec().loads(data)
        own["releases"] = tuple(
            intake.Release(**release | {"cells": tuple(intake.SourceCell(**cell) for cell in release["cells"])})
            for release in own["releases"]
        )
        return cls(**own | {"limits": sandbox.Limits(**own["limits"]), "times": submission.Times(**own["times"])})


def digest(files):
    """Return a name for ``{path: bytes}`` that no other contents have."""
    total = hashlib.sha256()
    for path, content in sorted(files.items()):
        total.update(f"{path}\0{len(content)}\0".encode(errors="surrogateescape"))
        total.update(content)
    return total.hexdigest()


def do(job, student, files, warm):
    """Grade what a student handed in, ``{path: bytes}``; return a dict of plain data.

    ``notebooks`` maps the names of the release to notebooks as text; ``failed`` is the reason why not all of them are
    graded, "" if they are; ``notes`` are the repairs; ``seconds`` the time it took, ``digest`` says of which files.
    """
    begin = time.perf_counter()
    notebooks, reasons = {}, []
    chosen, notes = intake.pick(files, job.releases)
    own = job.beside(files)
    for release in job.releases:
        try:
            if chosen[release.name] is None:
                raise intake.Unreadable(_nothing(release, files))
            notebook, repairs = intake.read(files[chosen[release.name]], release)
        except intake.Unreadable as error:
            reasons.append(str(error))
            notebook = intake.refusal(str(error), release)
        else:
            notes += repairs
            try:
                execute(notebook, release, job, student, own, warm)
            except (OSError, EOFError):  # the warm process is gone: whoever asked will ask another one
                raise
            except Exception as error:
                reasons.append(f"{release.name} could not be run to its end ({type(error).__name__}: {error!s:.200}).")
                notebook = intake.refusal(reasons[-1], release)
        notebooks[release.name] = json.dumps(notebook)
    seconds = time.perf_counter() - begin
    return {
        "notebooks": notebooks,
        "failed": " ".join(reasons),
        "notes": notes,
        "seconds": seconds,
        "digest": digest(files),
    }


def execute(notebook, release, job, student, files, warm):
    """Run the cells of a notebook with these files beside it, and put their outputs in them."""
    seed = submission.seed(student, job.assignment)
    submission.run(notebook.cells, release.code_cells, warm, job.limits, job.times, files, job.files, seed)
    notebook.metadata["language_info"] = _LANGUAGE


def refuse(job, files, reason):
    """Return what :func:`do` returns for what cannot be graded at all."""
    notebooks = {release.name: json.dumps(intake.refusal(reason, release)) for release in job.releases}
    return {"notebooks": notebooks, "failed": reason, "notes": [], "seconds": 0.0, "digest": digest(files)}


def _nothing(release, files):
    most = f"of at most {intake.LARGEST // 2**20} MB"
    names = ", ".join(sorted(files)[:5]) or "none"
    return f"There is no notebook {release.name}.ipynb {most} among the files that were handed in: {names}."


_LANGUAGE = {
    "name": "python",
    "version": sys.version.split()[0],
    "mimetype": "text/x-python",
    "codemirror_mode": {"name": "ipython", "version": sys.version_info[0]},
    "pygments_lexer": "ipython3",
    "nbconvert_exporter": "python",
    "file_extension": ".py",
}


# --- the process ---


def main():
    """Do what comes, until the end: first the job, then submissions, each answered with what came of it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the one who grades
    orders = socket.socket(fileno=int(sys.argv[1]))
    warm = parent.Branch(socket.socket(fileno=int(sys.argv[2])))
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    job = Job.loads(wire.receive(orders, _LARGEST_FRAME)[1])
    while True:
        try:
            student, files = wire.Codec().loads(wire.receive(orders, _LARGEST_FRAME)[1])
        except EOFError:
            return
        try:
            answer = json.dumps(do(job, student, files, warm)).encode()
        except MemoryError:
            answer = json.dumps(refuse(job, files, "Reading it took too much memory.")).encode()
        wire.send(orders, b"d", answer)
