"""The same work on the machines of a Dask cluster: submissions travel there, notebooks come back, and one writer saves.

Promise: a worker needs this package, a sandbox, and the scheduler's address; no folder of the course, no gradebook.
Each keeps one warm process of its own. The work of a worker that is lost is done again by another.

How to get a cluster on Slurm, Kubernetes or several hosts: docs/many_machines.md.
"""

import contextlib
import threading

from distributed import Client, as_completed

from course_pkg.grading import parent, sandbox, work

_AHEAD = 2  # submissions that wait on a worker for each thread, so that none waits for us
_lock = threading.Lock()
_warm = {}  # on a worker: warm processes by their settings
_thread = threading.local()  # and each thread's own branch


class Cluster:
    """A Dask cluster by the address of its scheduler; as :class:`batch.Pool` otherwise.

    Raises :class:`sandbox.NoSandbox` where a worker's host offers none, and OSError where no scheduler answers.
    """

    def __init__(self, scheduler, job, warm):
        self.job, self.warm = job, warm
        self.client = Client(scheduler, timeout=10, set_as_default=False)
        require_sandbox = warm[1]
        for worker, host in self.client.run(sandbox.look).items():
            if require_sandbox and not host.enough:
                self.client.close()
                raise sandbox.NoSandbox(f"{worker}: {host}")

    def run(self, tasks):
        """Yield ``(student, files, outcome)`` for each ``(student, files)``, as they come."""
        tasks, given = iter(tasks), {}
        # A task, not scattered data: when the worker that holds it is lost, the scheduler makes it again.
        job = self.client.submit(bytes, self.job.dumps(), pure=False)
        running = as_completed(loop=self.client.loop)

        def give():
            threads = sum(self.client.nthreads().values())
            for _, task in zip(range(max(8, _AHEAD * threads) - len(given)), tasks, strict=False):
                future = self.client.submit(_do, job, self.warm, *task, pure=False)
                given[future] = task
                running.add(future)

        try:
            give()
            for future in running:
                student, files = given.pop(future)
                give()
                try:
                    outcome = future.result()
                except Exception as error:
                    reason = f"The machine that graded it failed ({type(error).__name__}: {error!s:.200})."
                    outcome = work.refuse(self.job, files, reason)
                yield student, files, outcome
        finally:
            with contextlib.suppress(Exception):
                self.client.cancel([job, *given])
            self.client.close()


def _do(job, warm, student, files):
    """Grade a submission, on a worker."""
    job = work.Job.loads(job)
    try:
        return work.do(job, student, files, _branch(warm))
    except (OSError, EOFError):  # the warm process is gone
        _thread.branches.pop(warm, None)
        return work.do(job, student, files, _branch(warm))


def _branch(warm):
    """Return this thread's branch of this worker's warm process."""
    branches = _thread.__dict__.setdefault("branches", {})
    if warm not in branches:
        with _lock:
            try:
                sock = _warm[warm].branch()
            except (KeyError, OSError, EOFError):  # there is none, or none any more
                _warm[warm] = parent.Parent(*warm)
                sock = _warm[warm].branch()
        branches[warm] = parent.Branch(sock)
    return branches[warm]
