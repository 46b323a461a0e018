"""The shell's short ways to Python and to the name of a cell end where IPython's long ones do."""

import json
import subprocess
import sys

from tools import build

CELLS = [
    "x = 1\ny = x",
    "# a comment\nx = 1\n",
    "\n\nx = 1\ny = 2",
    "  # an indented comment\nx = 1",
    "    x = 1\n    y = 2",
    ">>> x = 1\n>>> y = 2",
    "In [1]: x = 1\n   ...: y = 2",
    "In [1]: x\ny = 2",
    '"""\n>>> x\n"""\nx = 1',
    '"""\n   ...: x\n"""\nx = 1',
    "%matplotlib inline\nx = 1",
    "x = %pwd\ny = 1",
    "!ls\nx = 1",
    "%%time\nx = 1",
    "len?\nx = 1",
    "x = 5 \\\n%2\ny = 1",
    "x = (5\n%2)\ny = 1",
    "await f()\nx = 1",
    "def f():\n    return 1\n\n\nf()",
    "x = 1\r\ny = 2\r\n",
    "x = '\\d'\ny = 'é'",
    "if x\n    y",
    "exit",
    "x",
    "",
    "\n",
]
PROGRAM = """
import json, sys
from ipykernel.compiler import get_tmp_hash_seed, murmur2_x86
from ipykernel.zmqshell import ZMQInteractiveShell
from course_pkg.grading import shell
own, cells = shell.make(), json.load(sys.stdin)
pairs = [(own.transform_cell(cell), ZMQInteractiveShell.transform_cell(own, cell)) for cell in cells]
own.input_transformers_cleanup.append(lambda lines: ["changed = 1\\n"])
pairs.append((own.transform_cell("x = 1\\ny = 2"), "changed = 1\\n"))
pairs += [(shell._murmur2(cell), murmur2_x86(cell, get_tmp_hash_seed())) for cell in cells]
json.dump(pairs, sys.__stdout__)
"""


def test_a_cell_becomes_what_ipython_makes_of_it_and_has_its_name():
    sets = sorted((build.SOURCES / "solutions").glob("*/*.py"))
    cells = CELLS + [cell.source for path in sets for cell in build.convert(path).cells if cell.cell_type == "code"]
    assert len(cells) > 150
    done = subprocess.run([sys.executable, "-c", PROGRAM], input=json.dumps(cells), capture_output=True, text=True)
    assert not done.returncode, done.stderr
    cases = [*cells, "a transformer of the student's own", *cells]
    for cell, (short, long) in zip(cases, json.loads(done.stdout), strict=True):
        assert short == long, cell
