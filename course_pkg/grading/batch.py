"""A class is graded: workers on all cores of this machine, or on a Dask cluster, and one writer.

Promise: :func:`grade` gives a result for every submission, one at a time as they come, and raises for none of them.
A worker that dies is replaced, and its submission given to another; one that ends three workers has failed. What is
saved stays; a second run does only what is new.
"""

import collections
import contextlib
import json
import os
import select
import socket
import subprocess
import sys
import time
from pathlib import Path

from traitlets.config import Config

from course_pkg._validate import as_int
from course_pkg.grading import parent, sandbox, wire, work
from course_pkg.grading.save import Busy, Result, Writer, configuration

__all__ = ["Busy", "Result", "configuration", "grade", "status", "submitted"]

_ATTEMPTS = 3
_LARGEST_ANSWER = 2**32 - 1
# nbformat's validator would build a grammar of web addresses, for 1.5 s, that no notebook needs.
_START = "import sys; sys.modules['rfc3987_syntax'] = None; from course_pkg.grading import work; work.main()"
_OVERTIME = 120.0  # seconds beyond a submission's own limit, for everything but its cells


def submitted(course, assignment):
    """Return the ids of all students who have handed in, sorted."""
    with contextlib.closing(_writer(course, assignment)) as writer:
        return writer.students()


def status(course, assignment):
    """Return a :class:`Result` for each submission, sorted by student, as far as earlier runs have come."""
    with contextlib.closing(_writer(course, assignment)) as writer:
        return [writer.record(student, writer.files(student)) for student in writer.students()]


def grade(course, assignment, students=None, *, workers=None, scheduler=None, force=False, require_sandbox=True):
    """Grade what was handed in, and return an iterator of :class:`Result`, each when it is saved.

    ``course`` is a folder or nbgrader's Config; ``students`` are ids, None for all. It runs in ``workers`` processes
    (as many as there are cores), or on the Dask cluster with this ``scheduler``, an address. What an earlier run has
    graded comes first, and is not graded again unless by ``force``. Raises ValueError for what is not there,
    :class:`Busy` while another grading of the assignment runs, :class:`sandbox.NoSandbox` where submissions cannot be
    shut in and ``require_sandbox`` is set.
    """
    must = require_sandbox or not sys.platform.startswith("linux")  # elsewhere there is no running without
    if not scheduler and must and not sandbox.look().enough:
        raise sandbox.NoSandbox(str(sandbox.look()))
    workers = workers if workers is None else as_int("workers", workers, minimum=1)
    writer = _writer(course, assignment)
    try:
        known = writer.students()
        chosen = known if students is None else list(students)
        if unknown := sorted(set(chosen) - set(known)):
            raise ValueError(f"students: {', '.join(unknown)} handed nothing in for {assignment}")
        writer.lock()
        warm = tuple(writer.settings.preload), require_sandbox and writer.settings.require_sandbox
        if scheduler:
            from course_pkg.grading import cluster

            run = cluster.Cluster(scheduler, writer.job, warm).run
        else:
            run = Pool(writer.job, workers or len(os.sched_getaffinity(0)), warm).run
    except BaseException:
        writer.close()
        raise
    return _grade(writer, chosen, run, force)


def _writer(course, assignment):
    return Writer(course if isinstance(course, Config) else configuration(Path(course)), assignment)


def _grade(writer, students, run, force):
    with contextlib.closing(writer):
        todo = []
        for student in students:
            result = writer.record(student, writer.files(student))
            if force or result.status != "graded":
                todo.append(student)
            else:
                yield result
        if not todo:
            return
        with contextlib.closing(run((student, writer.files(student)) for student in todo)) as outcomes:
            for student, files, outcome in outcomes:
                yield writer.save(student, files, outcome)


# --- this machine ---


class Pool:
    """Worker processes on this machine, each with its own copy of one warm process."""

    def __init__(self, job, number, warm):
        self.job, self.number, self.warm = job, number, warm
        self.parent, self.workers = None, []

    def run(self, tasks):
        """Yield ``(student, files, outcome)`` for each ``(student, files)``, as they come."""
        again = collections.deque()
        tasks = iter(tasks)

        def following():
            return again.popleft() if again else next(([0, *task] for task in tasks), None)

        try:
            first = [task for task in (following() for _ in range(self.number)) if task]
            self.workers = [self._worker() for _ in first]
            for worker, task in zip(self.workers, first, strict=True):
                worker.give(task)
            while busy := [worker for worker in self.workers if worker.task]:
                done = []
                for worker in self._ready(busy):
                    task, worker.task = worker.task, None
                    outcome = worker.answer()
                    if outcome is None:
                        worker.kill()
                        self.workers[self.workers.index(worker)] = worker = self._worker()
                        task[0] += 1
                        if task[0] < _ATTEMPTS:
                            again.append(task)
                        else:
                            reason = f"The process that graded it ended before its time, {_ATTEMPTS} times."
                            outcome = work.refuse(self.job, task[2], reason)
                    worker.give(following())
                    if outcome is not None:
                        done.append((*task[1:], outcome))
                for worker in self.workers:
                    if worker.task is None:
                        worker.give(following())
                yield from done
        finally:
            for worker in self.workers:
                worker.kill()
            if self.parent:
                self.parent.close()

    def _ready(self, busy):
        """Wait; return the workers that have an answer, have ended, or are far beyond their time."""
        readable = select.select([worker.socket for worker in busy], [], [], 1.0)[0]
        longest = len(self.job.releases) * self.job.times.total + _OVERTIME
        return [w for w in busy if w.socket in readable or time.monotonic() - w.since > longest]

    def _worker(self):
        for _ in range(_ATTEMPTS):
            try:
                self.parent = self.parent or parent.Parent(*self.warm)
                branch = self.parent.branch()
                break
            except (EOFError, OSError):  # it has been killed
                self.parent.close()
                self.parent = None
        else:
            raise RuntimeError("the warm process does not start: see what it has printed")
        return _Worker(self.job, branch)


class _Worker:
    """A process of :mod:`work`, and the task that it has, ``[attempts, student, files]``."""

    def __init__(self, job, branch):
        self.task, self.since = None, 0.0
        self.socket, theirs = socket.socketpair()
        command = [sys.executable, "-c", _START, str(theirs.fileno()), str(branch.fileno())]
        self.process = subprocess.Popen(
            command,
            pass_fds=[theirs.fileno(), branch.fileno()],
            stdin=subprocess.DEVNULL,
            cwd=Path(__file__).parents[2],
            env=os.environ | {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"},
        )
        theirs.close()
        branch.close()
        self._send(job.dumps())

    def give(self, task):
        """Give it a task, or none."""
        if task:
            self.task, self.since = task, time.monotonic()
            self._send(wire.Codec().dumps(tuple(task[1:])))

    def _send(self, data):
        with contextlib.suppress(OSError):  # it has ended, which the answer then says
            wire.send(self.socket, b"w", data)

    def answer(self):
        """Return the outcome, None where the process has ended or does not answer."""
        if not select.select([self.socket], [], [], 0)[0]:
            return None
        try:
            return json.loads(wire.receive(self.socket, _LARGEST_ANSWER)[1])
        except (EOFError, OSError):
            return None

    def kill(self):
        self.process.kill()
        self.process.wait()
        self.socket.close()
