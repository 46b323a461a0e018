"""The hostile bank: no point that was not earned, no secret that gets out, nothing left behind, nobody else harmed."""

import os
import socket
import time

import pytest
from hostile_bank import FILES, REPOSITORY, SECRET, Bench, Hostile, shown

from course_pkg.grading import sandbox, submission

pytestmark = pytest.mark.skipif(not sandbox.look().enough, reason=str(sandbox.look()))
BANK = [Hostile(path) for path in FILES]
EVERYTHING = os.environ.get("COURSE_HOSTILE") == "all"
SAMPLE = {str(hostile) for hostile in BANK[::3] if not hostile.slow}


@pytest.fixture(scope="module")
def bench():
    return Bench()


@pytest.fixture
def course(tmp_path):
    """A course folder with what nobody may see or change."""
    for name in ("solutions/ps1/ps1.ipynb", "submitted/honest/ps1/ps1.ipynb", "gradebook.db"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(SECRET)
    return tmp_path


def tree(folder):
    return {path: path.read_bytes() if path.is_file() else None for path in sorted(folder.rglob("*"))}


def test_the_bank_is_large_enough():
    assert len(BANK) >= 40


@pytest.mark.parametrize("hostile", BANK, ids=str)
def test_hostile_submissions_get_nothing(hostile, bench, warm, course):
    if str(hostile) not in SAMPLE and not EVERYTHING:
        pytest.skip("not in the sample; COURSE_HOSTILE=all runs the whole bank")
    before = tree(course)
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0)
        places = {"COURSE": str(course), "REPOSITORY": str(REPOSITORY), "PORT": server.getsockname()[1]}
        notebook = hostile.notebook(bench, places)
        begin = time.monotonic()
        points = bench.grade(notebook, warm, submission.Times(cell=5, total=60), hostile.files)
        assert time.monotonic() - begin < 75
        with pytest.raises(BlockingIOError):
            server.accept()
    earned = {task: number for task, number in points.items() if number}
    honest = {task: 4.0 for task in hostile.honest()}
    assert earned.items() <= honest.items()
    assert earned == honest or hostile.breaks_itself
    assert "LEAK" not in shown(notebook)
    assert SECRET not in shown(notebook)
    assert tree(course) == before
    assert not [pid for pid in os.listdir("/proc") if pid.isdigit() and b"sleep(1234)" in _arguments(pid)]


def _arguments(pid):
    try:
        with open(f"/proc/{pid}/cmdline", "rb") as file:
            return file.read()
    except OSError:
        return b""
