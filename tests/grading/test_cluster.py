"""The same class on a Dask cluster of separate processes, of which one is killed in the middle."""

import os
import signal

import pytest
from distributed import Client, LocalCluster
from test_batch import HALF, SLOW, course, released  # noqa: F401  (fixtures)

from course_pkg.grading import batch, sandbox

pytestmark = pytest.mark.skipif(not sandbox.look().enough, reason=str(sandbox.look()))


def workers(address):
    with Client(address, set_as_default=False) as client:
        return set(client.run(os.getpid).values())


def test_a_lost_workers_submissions_are_graded_by_another(course):  # noqa: F811
    for i in range(4):
        course.hand_in(f"s{i}", SLOW)
    course.hand_in("half", HALF)
    course.hand_in("broken", b"{")
    with LocalCluster(n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None) as cluster:
        address = cluster.scheduler_address
        before = workers(address)
        results = {}
        for result in batch.grade(course.config, "hw", scheduler=address):
            if not results:
                os.kill(min(before), signal.SIGKILL)
            assert result.student not in results  # written once
            results[result.student] = result
        assert min(before) not in workers(address)
    assert {s: r.score for s, r in results.items()} == {f"s{i}": 3.5 for i in range(4)} | {"half": 1.5, "broken": None}
    assert results["broken"].status == "failed"
    rows, pages = course.rows(), [course.shown(student) for student in results]
    here = course.grade(force=True)
    assert course.rows() == rows
    assert [course.shown(student) for student in results] == pages
    assert {s: r._replace(seconds=0) for s, r in here.items()} == {s: r._replace(seconds=0) for s, r in results.items()}


def test_no_scheduler_no_grading(course):  # noqa: F811
    course.hand_in("half", HALF)
    for _ in range(2):  # the first has left nothing locked
        with pytest.raises(OSError, match=r"Timed out|refused|connect"):
            batch.grade(course.config, "hw", scheduler="tcp://127.0.0.1:9")
    assert [r.status for r in batch.status(course.config, "hw")] == ["waiting"]
