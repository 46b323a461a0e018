"""A whole submission through bubblewrap, where each process is a program of its own: as through the warm parent."""

import shutil
import sys

import pytest
from test_sandbox import BUBBLE, needs_bubblewrap
from test_submission import comparable, grade, text

from course_pkg.grading import cli, parent, sandbox
from tools import grading

CELLS = [
    ("locked", "import numpy as np\nimport torch\n\nfrom course_pkg import checks"),
    "import os, sys\nprint(sorted(os.listdir()), os.environ['HOME'], os.getcwd(), os.getpid())\nprint(sys.path[0])",
    ("task", "def double(x):\n    return 2 * x"),
    ("test", "assert np.array_equal(double(np.arange(3)), [0, 2, 4])"),
    ("task", "def half(x):\n    return x"),
    ("test", "assert half(2) == 1, 'half of 2'"),
    "half = lambda x: x / 2",
    ("task", "class Layer(torch.nn.Module):\n    def forward(self, x):\n        return x + 1"),
    ("test", "x = torch.zeros(3)\nassert checks.generator(1).integers(9) >= 0 and Layer()(x).sum() == 3"),
    ("task", "def crash():\n    os._exit(1)"),
    ("test", "crash()"),
    "%matplotlib inline\nimport matplotlib.pyplot as plt\nplt.plot([1, 2]);",
]


@needs_bubblewrap
def test_points_and_outputs_are_the_same(warm):
    bubbled = parent.Parent(host=BUBBLE)
    try:
        points, cells = grade(bubbled, *CELLS, seconds=60, seed=1)
    finally:
        bubbled.close()
    expected_points, expected = grade(warm, *CELLS, seconds=60, seed=1)
    assert points == expected_points == [2, 0, 2, 0]
    assert list(map(comparable, cells)) == list(map(comparable, expected))
    assert "half of 2" in text(cells[5])


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="Linux alone has a sandbox")
def test_grading_without_any_sandbox_says_in_one_line_what_would_do(tmp_path, monkeypatch, capsys):
    shutil.copy(grading.ROOT / "nbgrader_config.py", tmp_path)
    monkeypatch.setattr(sandbox, "look", lambda: sandbox.Host("Linux x86_64", seccomp=True))
    assert cli.main(["grade", "ps1", "--student", "li", "--course", str(tmp_path)]) == 2
    said = capsys.readouterr().err
    assert said.startswith("course grade: no sandbox on this host (Linux x86_64: seccomp)")
    assert "bubblewrap" in said
    assert said.count("\n") == 1
