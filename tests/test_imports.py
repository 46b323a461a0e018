"""Who imports whom: lower rooms never higher ones, and what is heavy only where it is used."""

import subprocess
import sys
from pathlib import Path

import pytest

import course_pkg
from tools.build import imported_modules

HEAVY = ("torch", "sklearn", "skimage", "scipy", "matplotlib", "IPython", "pandas")


@pytest.mark.parametrize(
    "statement",
    ["import course_pkg", "from course_pkg import nn", "from course_pkg import backprop, graph, models, surfaces"],
)
def test_nothing_heavy_is_imported(statement):
    code = f"import sys\n{statement}\nprint([name for name in {HEAVY!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


# Each room may import the rooms on the lines above its own, and its own.
ORDER = [
    ("_validate",),
    ("backprop", "data", "nn", "show"),
    ("caffe", "graph", "models", "recommend", "surfaces", "unsupervised", "words"),
    ("checks", "device"),
    ("vision",),
    ("widgets",),
    ("grading",),
]
PACKAGE = Path(course_pkg.__file__).parent
ROOMS = sorted(path.stem for path in PACKAGE.iterdir() if path.suffix == ".py" or (path / "__init__.py").exists())


def imported_rooms(room):
    """Return the rooms of course_pkg that the code of ``room`` imports, at any depth of nesting."""
    files = [PACKAGE / f"{room}.py"] if (PACKAGE / f"{room}.py").exists() else (PACKAGE / room).rglob("*.py")
    names = [name for file in files for name in imported_modules(file.read_text(encoding="utf-8"))]
    return {name.split(".")[1] for name in names if "." in name} - {room}


@pytest.mark.parametrize("room", [room for room in ROOMS if room != "__init__"])
def test_lower_rooms_never_import_higher_ones(room):
    level = {name: i for i, line in enumerate(ORDER) for name in line}
    assert room in level, "a new room needs its place in ORDER"
    assert {other for other in imported_rooms(room) if level[other] >= level[room]} == set()
