"""The light rooms stay light: what is heavy is imported where it is used."""

import subprocess
import sys

import pytest

HEAVY = ("torch", "sklearn", "skimage", "scipy", "matplotlib", "IPython", "pandas")


@pytest.mark.parametrize("statement", ["import course_pkg", "from course_pkg import nn"])
def test_nothing_heavy_is_imported(statement):
    code = f"import sys\n{statement}\nprint([name for name in {HEAVY!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
