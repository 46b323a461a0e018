"""One submission through both processes: outputs as from a kernel, tests that see the student's objects, limits."""

import json
import re
import textwrap

import nbformat
import pytest
from nbclient import NotebookClient
from nbformat.v4 import new_code_cell, new_notebook
from nbgrader.utils import determine_grade

from course_pkg.grading import parent, sandbox, submission

pytestmark = pytest.mark.skipif(not sandbox.look().enough, reason=str(sandbox.look()))
LIMITS = sandbox.Limits(memory=512 * sandbox.MiB, scratch=32 * sandbox.MiB, output=2**20)


def notebook(*cells):
    """Return cells: a text is a student's own one, ("task", text), ("test", text), ("locked", text) the release's."""
    made, release = [], []
    for number, cell in enumerate(cells):
        kind, source = cell if isinstance(cell, tuple) else ("", cell)
        made.append(new_code_cell(textwrap.dedent(source).strip()))
        if kind:
            info = {"grade": kind == "test", "solution": kind == "task", "locked": kind != "task", "points": 2}
            made[-1].metadata["nbgrader"] = {"grade_id": f"{kind}-{number}", "schema_version": 3, **info}
            kind = {"task": "solution"}.get(kind, kind)
            release.append(submission.ReleaseCell(f"{made[-1].metadata.nbgrader.grade_id}", made[-1].source, kind))
    return made, release


def grade(warm, *cells, seconds=20.0, limits=LIMITS, **files):
    """Run cells; return the points of the tests, and the cells."""
    made, release = notebook(*cells)
    submission.run(made, release, warm, limits, submission.Times(seconds, 100), **files)
    return [determine_grade(c)[0] for c in made if c.metadata.get("nbgrader", {}).get("grade")], made


def text(cell):
    return "\n".join(o.get("text", "") + o.get("evalue", "") + str(o.get("data", "")) for o in cell.outputs)


# --- outputs ---

HONEST = [
    "print('hello')\n1 + 1",
    "import sys\nprint('to stderr', file=sys.stderr)\nprint('and', end=' ')\nprint('on')",
    "def f(a, b=2, *more, **named):\n    return 1 / a\n\nf(0)",
    "import numpy as np\n\ndef g(x):\n    return np.linalg.inv(x)\ng(np.zeros((2, 2)))",
    "from IPython.display import HTML, display, clear_output\ndisplay(HTML('<b>x</b>'))\ndisplay({'a': [1]})",
    "print('gone')\nclear_output()\nprint('stays')",
    "h = display('first', display_id='d')\nh.update('second')",
    "%matplotlib inline\nimport matplotlib.pyplot as plt\nplt.plot([1, 2]);",
    "x = (",
    "undefined",
    "import torch\ntorch.ones(2) * 2",
    "_, In[1], len(Out)",
    "!echo from a shell",
    "%%time\npass",
    "print('a' * 10)\nraise SystemExit",
    "import warnings\nwarnings.warn('careful')",
    "from tqdm import tqdm\nfor i in tqdm(range(2), file=sys.stdout, bar_format='{n}'): pass",
    "class A:\n    def _repr_html_(self): return '<i>a</i>'\nA()",
    "",
]


def comparable(cell):
    """Return outputs without what differs from run to run: times, addresses, names of temporary files."""
    outputs = json.dumps([cell.execution_count, cell.outputs], sort_keys=True, ensure_ascii=False)
    for pattern in (r"/tmp/ipykernel[_\d]*/\d+\.py", r"0x[0-9a-f]+", r"[\d.]+ [µmn]?s\b", r"ipython-input-[\w-]+"):
        outputs = re.sub(pattern, "…", outputs)
    return re.sub(r'"image/png": "[^"]+"', "picture", outputs).replace("\\r\\n", "\\n")


def test_outputs_are_those_of_a_kernel(warm):
    _, ours = grade(warm, *HONEST)
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3"}}
    theirs = new_notebook(cells=notebook(*HONEST)[0], metadata=kernel)
    NotebookClient(theirs, timeout=60, allow_errors=True).execute()
    for our, their in zip(ours, theirs.cells, strict=True):
        if "%%time" not in our.source:
            assert comparable(our) == comparable(their), our.source
    nbformat.validate(new_notebook(cells=ours, metadata=kernel))


# --- what tests can do with the student's names ---

CLASS = (
    "task",
    """
    import numpy as np
    class Counter:
        scale = 2.0
        def __init__(self, start=0):
            self.count, self.data = start, np.arange(3.0)
        def add(self, n):
            self.count += n
            return self
        def __call__(self, x):
            return x * self.scale
        def __len__(self):
            return self.count
        def __getitem__(self, i):
            return self.data[i]
        def __iter__(self):
            yield from (1, 2, 3)
        def __add__(self, other):
            return Counter(self.count + other.count)
        def __eq__(self, other):
            return True
        def __repr__(self):
            return "100"
    counter = Counter(3)
    """,
)
USES = [
    "assert counter.count == 3 and counter.data.tolist() == [0, 1, 2]",
    "assert Counter(5).add(2).count == 7",
    "c = Counter(); c.add(4); c.scale = 3; assert (c.count, c(2.0)) == (4, 6.0)",
    "assert len(counter) == 3 and counter[1] == 1.0 and list(counter) == [1, 2, 3]",
    "assert (Counter(1) + Counter(2)).count == 3",
    "assert isinstance(counter, Counter.__class__) or callable(Counter)",
    "assert 'add' in dir(counter)",
    "assert {'a': [counter]}['a'][0].count == 3",
]


@pytest.mark.parametrize("use", USES)
def test_tests_use_objects_of_the_student(warm, use):
    assert grade(warm, CLASS, ("test", use))[0] == [2.0]


@pytest.mark.parametrize("use", ["assert counter == 3", "assert counter != counter", "counter - 3", "counter"])
def test_what_an_object_says_of_itself_counts_nothing(warm, use):
    points, _ = grade(warm, CLASS, ("test", use))
    assert points == ([2.0] if use == "counter" else [0])  # a value that is no number is full points, 100 is an error


FUNCTIONS = (
    "task",
    """
    import numpy as np
    import torch
    from torch import nn
    def double(x):
        return 2 * x
    def clear(x, log):
        x[...] = 0
        log.append("cleared")
        return x
    def apply(f, x):
        return f(x) + 1
    def draw(rng):
        return rng.normal(size=2)
    def fails(x):
        raise KeyError("nothing here")
    def own_error():
        class Strange(ValueError):
            pass
        raise Strange("odd")
    def show(x):
        print("to stdout")
        import sys
        print("to stderr", file=sys.stderr)
        return x
    def numbers():
        yield from range(3)
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.layer = nn.Linear(2, 1)
        def forward(self, x):
            return self.layer(x)
    def train(net, x, y):
        before = net.loss(x, y)
        net.backward()
        for blob in net.parameters().values():
            blob.data -= 0.1 * blob.diff
        return before
    """,
)
CALLS = [
    "assert double(3) == 6 and double('ab') == 'abab' and double([1]) == [1, 1]",
    "import numpy as np\nassert double(np.ones((2, 3), 'f4')).dtype == np.float32",
    "import numpy as np\nx, log = np.ones(2), []\nassert clear(x, log) is x\n"
    "assert x.tolist() == [0, 0] and log == ['cleared']",
    "assert apply(lambda x: x * 10, 4) == 41",
    "import numpy as np\nrng = np.random.default_rng(1)\na, b = draw(rng), draw(rng)\nassert (a != b).all()\n"
    "assert (a == np.random.default_rng(1).normal(size=2)).all()",
    "try:\n    fails(1)\nexcept KeyError as error:\n    assert 'nothing here' in str(error)\nelse:\n    assert False",
    "try:\n    own_error()\n    assert False\nexcept ValueError as error:\n    assert 'Strange' in repr(type(error))",
    "assert show(3) == 3",
    "assert list(numbers()) == [0, 1, 2]",
    "import torch\nassert torch.equal(double(torch.ones(2)), torch.full((2,), 2.0))",
    "import torch\nnet = Net()\nassert isinstance(net, torch.nn.Module)\nassert net(torch.ones(4, 2)).shape == (4, 1)",
    "import numpy as np\nfrom course_pkg import nn\nlayers = [nn.Dense(2, 2, rng=0)]\n"
    "net = nn.Net(layers, loss=nn.SoftmaxCrossEntropy())\n"
    "x, y = np.eye(2), np.array([0, 1])\nfirst = train(net, x, y)\nassert net.loss(x, y) < first",
    "from course_pkg import checks\nchecks.raises(KeyError, fails, 1, call='fails(1)')",
    "assert double.__name__ == 'double'",
    "import numpy as np\nassert apply(np.exp, 0.0) == 2.0",
]


@pytest.mark.parametrize("call", CALLS, ids=range(len(CALLS)))
def test_tests_call_functions_of_the_student(warm, call):
    points, cells = grade(warm, FUNCTIONS, ("test", call))
    assert points == [2.0], text(cells[-1])


def test_a_test_sees_names_as_they_are_at_its_place(warm):
    cells = [
        ("task", "def f(): return g()\ng = lambda: 1"),
        ("test", "assert f() == 1"),
        ("task", "g = lambda: 2\nimport random\nrandom.seed(1)"),
        ("test", "assert f() == 2"),
        "def f(): return 3",
        ("test", "assert f() == 3"),
    ]
    assert grade(warm, *cells)[0] == [2.0, 2.0, 2.0]


def test_names_of_locked_cells_are_the_instructors(warm):
    cells = [
        ("locked", "import math\nlimit = 10\ndef helper(x): return x + limit"),
        ("task", "def answer(): return 1"),
        "import types\nmath = types.SimpleNamespace(pi=3)\nlimit = 0\nhelper = lambda x: 1",
        ("test", "assert math.pi > 3.1 and limit == 10 and helper(1) == 11 and answer() == 1"),
    ]
    assert grade(warm, *cells)[0] == [2.0]


def test_a_locked_cell_that_uses_the_students_work_runs_there(warm):
    cells = [
        ("task", "def f(x): return x + 1"),
        ("locked", "import math\nresult = f(1)\nprint(result)"),
        ("test", "assert result == 2 and math.pi > 3"),
    ]
    points, made = grade(warm, *cells)
    assert points == [2.0]
    assert text(made[1]) == "2\n"


def test_output_on_stderr_costs_nothing_and_is_shown(warm):
    points, cells = grade(warm, FUNCTIONS, ("test", "import sys, warnings\nshow(1);\nwarnings.warn('x')"))
    assert points == [2.0]
    assert "to stdout\nto stderr\n" in text(cells[-1])


def test_partial_credit_comes_from_the_test_alone(warm):
    assert grade(warm, CLASS, ("test", "1.5"))[0] == [1.5]
    assert grade(warm, ("task", "def f():\n    display(2.0)\n    return None"), ("test", "f()\n0.5"))[0] == [0.5]


def test_errors_show_the_lines_of_both_sides(warm):
    task = ("task", "def f(a, b=1):\n    c = a\n    return c / 0")
    _, cells = grade(warm, task, ("test", "x = 1\nf(x)"))
    error = re.sub(r"\x1b\[[\d;]*m", "", "\n".join(cells[1].outputs[0].traceback))
    assert "Cell In[2], line 2\n" in error
    assert "Cell In[1], line 3, in f(a, b)\n" in error
    assert "----> 3     return c / 0" in error
    assert "grading" not in error


def test_ready_made_functions_are_seen_where_they_are_called(warm):
    answers = """
        import numpy as np
        from scipy import special
        from scipy.special import expit as ready

        def ours(x):
            return 1 / (1 + np.exp(-x))

        def named(x):
            return special.expit(x)

        def softmax(x):
            return special.softmax(x)
        """
    names = ("ours", "ready", "named", "softmax")
    tests = [("test", f"checks.by_hand({name}, np.ones(3), call='f')") for name in names]
    points, made = grade(
        warm, ("locked", "import numpy as np\nfrom course_pkg import checks"), ("task", answers), *tests
    )
    assert points == [2, 0, 0, 0]
    for cell, called in zip(made[-3:], ("expit", "expit", ""), strict=True):
        assert f"f: calls the ready-made scipy.special.{called}" in text(cell)


# --- limits ---

GOOD = [("task", "def good(): return 1"), ("test", "assert good() == 1")]


@pytest.mark.parametrize(
    ("bad", "name"),
    [
        ("import os\nos._exit(0)", "DeadKernelError"),
        ("import os, signal\nos.abort()", "DeadKernelError"),
        ("x = 0\nwhile True: x += 1", "CellTimeoutError"),
        ("import signal\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\nwhile True: pass", "CellTimeoutError"),
        ("while True: print('x' * 10000)", "DeadKernelError"),
    ],
    ids=["exit", "abort", "loop", "deaf loop", "flood"],
)
def test_a_cell_that_dies_costs_its_own_task(warm, bad, name):
    cells = [GOOD[0], "kept = 5", ("task", bad), ("test", "assert other() == 1"), GOOD[1], ("test", "assert kept == 5")]
    points, made = grade(warm, *cells, seconds=3.0)
    assert points == [0, 2.0, 2.0]
    assert name in [output.get("ename") for output in made[2].outputs]


@pytest.mark.parametrize(
    "bad",
    ["if True:\n        x = 1\n    y = 2", "x = " + "-" * 100_000 + "1", "''''", "%%nothing\n(", "x = 1_" + "(" * 500],
    ids=["dedent", "deep", "quotes", "magic", "brackets"],
)
def test_a_cell_that_nobody_can_parse_costs_nothing_else(warm, bad):
    points, made = grade(warm, bad, *GOOD)
    assert points == [2.0]
    assert made[0].outputs


@pytest.mark.parametrize("body", ["import os; os._exit(0)", "while True: pass", "return f()", "raise SystemExit"])
def test_a_function_that_dies_costs_its_own_task(warm, body):
    cells = [GOOD[0], ("task", f"def f():\n    {body}"), ("test", "f()"), GOOD[1]]
    points, made = grade(warm, *cells, seconds=3.0)
    assert points == [0, 2.0]
    assert [output.output_type for output in made[2].outputs][-1] == "error"


def test_what_interrupted_cells_have_defined_stays(warm):
    points, _ = grade(warm, ("task", "def f(): return 1\nwhile True: pass"), ("test", "assert f() == 1"), seconds=2.0)
    assert points == [2.0]


def test_memory_that_a_cell_takes_is_an_error_in_it(warm):
    _, made = grade(warm, "x = bytearray(2**31)", *GOOD)
    assert made[0].outputs[0].ename == "MemoryError"


def test_a_test_that_did_not_run_gives_nothing(warm):
    made, release = notebook(("test", "while True: pass"), ("test", "import os; os._exit(0)"), ("test", "1"))
    submission.run(made, release, warm, LIMITS, submission.Times(1.0, 60))
    assert [determine_grade(cell)[0] for cell in made] == [0, 0, 1]


def test_files_of_submission_and_tests_are_apart(warm):
    cells = [
        "data = open('data.txt').read()",
        ("task", "import helper\nanswer = helper.x"),
        ("test", "import os\nassert answer == 3 and data == 'theirs' and sorted(os.listdir()) == ['data.txt']"),
        ("test", "assert open('data.txt').read() == 'ours'"),
    ]
    files = {"data.txt": b"theirs", "helper.py": b"x = 3"}
    assert grade(warm, *cells, files=files, tester_files={"data.txt": b"ours"})[0] == [2.0, 2.0]


def test_links_and_notebooks_are_not_read(tmp_path):
    (tmp_path / "sub").mkdir()
    for name in ("a.txt", "sub/b.txt", "n.ipynb", "timestamp.txt"):
        (tmp_path / name).write_text(name)
    (tmp_path / "link").symlink_to("/etc/passwd")
    assert submission.read_files(tmp_path, 1000) == {"a.txt": b"a.txt", "sub/b.txt": b"sub/b.txt"}
    assert submission.read_files(tmp_path, 6) == {"a.txt": b"a.txt"}


def test_a_host_without_sandbox_is_refused():
    with pytest.raises(sandbox.NoSandbox, match="no sandbox on this host"):
        parent.Parent(host=sandbox.Host("somewhere"))


def test_landlock_and_the_filter_are_enough():
    host = sandbox.look()
    if not host.landlock:
        pytest.skip(str(host))
    warm = parent.Parent(host=sandbox.Host(host.system, False, host.landlock, host.seccomp))
    try:
        dies = [("task", "import os\ndef f(): os._exit(0)"), ("test", "f()")]
        secret = f"open('x', 'w').close()\nopen({__file__!r})"
        points, made = grade(warm, *GOOD, secret, *dies, ("test", "assert good() == 1"))
    finally:
        warm.close()
    assert points == [2.0, 0, 2.0]
    assert made[2].outputs[0].ename == "PermissionError"


# --- every student's own inputs ---


def test_hidden_inputs_are_the_students_own_and_the_same_again(warm):
    def numbers(student):
        cells = [
            ("locked", "from course_pkg import checks"),
            ("task", "def f(x):\n    print(x)\n    return x"),
            ("test", "_ = f(checks.generator(3).integers(10**9))"),
            "print('mine', checks.generator(3).integers(10**9))",
        ]
        own = {"seed": submission.seed(student, "ps1")} if student else {}
        points, made = grade(warm, *cells, **own)
        assert points == [2]
        return text(made[2]).strip(), text(made[3]).strip()

    nobody = numbers(None)
    assert nobody[1] == f"mine {nobody[0]}"  # without grading there is one set of inputs for all
    first, again, second = numbers("li-lei"), numbers("li-lei"), numbers("han-meimei")
    assert first == again
    assert len({nobody[0], first[0], second[0]}) == 3
    assert first[1] == second[1] == nobody[1]  # the student's own process is not told
