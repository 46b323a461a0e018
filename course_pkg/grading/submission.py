"""One submission from beginning to end: its cells in one process, the tests of the release in another.

Promise: whatever the submission does, this returns after its time limits, and every cell has outputs or an error that
says why not. A cell that dies or does not end costs what depends on it: a new process runs the cells before it again,
without it. Tests come from the release, in its text and its order.

Here is the only place that holds both sides. It passes on text and file descriptors, and decodes nothing but outputs.
"""

import ast
import contextlib
import hashlib
import os
import socket
import stat
import time
import types
import warnings
from dataclasses import dataclass, field

import nbformat

from course_pkg.grading import wire
from course_pkg.grading.parent import Died

_GRACE = 3.0  # seconds to react to an interrupt
_RESTARTS = 20


@dataclass(frozen=True)
class ReleaseCell:
    """A code cell of the instructor's release: ``kind`` is "test", "locked" or "solution" (which students fill in)."""

    name: str
    source: str
    kind: str


@dataclass(frozen=True)
class Times:
    """Wall-clock limits in seconds: of one cell, and of all of them together."""

    cell: float = 120.0
    total: float = 1200.0


@dataclass
class _Step:
    """One code cell of the submission, in order; ``count`` is its execution count."""

    cell: dict
    count: int
    test: ReleaseCell | None = None
    outputs: "_Outputs" = None
    dead: bool = False
    line: socket.socket | None = None  # to the copy of the process that waits for this test
    copy: int = 0  # its process number


def seed(student, assignment):
    """Return the number that makes the inputs of hidden tests a student's own; see ``checks.generator``."""
    return int.from_bytes(hashlib.sha256(f"{assignment}/{student}".encode()).digest()[:6])


def run(cells, release, parent, limits, times=Times(), files=None, tester_files=None, seed=0):
    """Run the code cells of a notebook and put their outputs in them.

    ``release`` is a list of :class:`ReleaseCell` in order; ``files`` and ``tester_files`` map paths to the bytes that
    the submission, and the tests, find in their folders; ``seed`` is the student's :func:`seed`.
    """
    tests = {cell.name: cell for cell in release if cell.kind == "test"}
    steps = []
    for cell in cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
            test = tests.get(cell.metadata.get("nbgrader", {}).get("grade_id"))
            cell.source = test.source if test else cell.source
            if cell.source.strip():
                cell.execution_count = len(steps) + 1
                steps.append(_Step(cell, len(steps) + 1, test, _Outputs(test is not None)))
    tester = _Tests(parent, limits, release, steps, tester_files or {}, seed)
    student = _Student(parent, limits, files or {})
    end = time.monotonic() + times.total
    try:
        student.run(steps, times.cell, end)
        tester.run(student, times.cell, end)
    finally:
        student.close()
        tester.close()
    for step in steps:
        step.cell.outputs = step.outputs.made


# --- the student's side ---


class _Student:
    """Runs the cells of the submission, in as many processes one after the other as it takes."""

    def __init__(self, parent, limits, files):
        self.parent, self.limits, self.files = parent, limits, files
        self.process = None
        self.starts = 0
        self.waiting = []  # tests that the process itself will be in the right state for, as it looks
        self.seen = _Seen()
        self.steps = []
        self.copies = []  # their process numbers

    def run(self, steps, seconds, end):
        """Run all cells; leave a copy of the process for each test that it will not be in the right state for."""
        self.steps, self.seconds, self.end = steps, seconds, end
        self._start()
        for i, step in enumerate(steps):
            if time.monotonic() > end:
                _fail(step, "CellTimeoutError", "The time for the whole notebook was used up before this cell.")
            elif not self._step(step, step.outputs.add) and not self._replay(steps[: i + 1]):
                for later in steps[i + 1 :]:
                    _fail(later, "DeadKernelError", "The submission's process ended too often.")
                return

    def _step(self, step, report):
        """Do what a step asks for; return whether the process still lives."""
        if step.test:
            self.waiting.append(step)
            self.seen.add(step.test.source)
            return True
        if not self.seen.untouched_by(step.cell.source):
            for test in self.waiting:
                self._leave_copy(test)
            self.waiting.clear()
        self.seen.add(step.cell.source)
        return self._run_cell(step, min(self.end, time.monotonic() + self.seconds), report)

    def open_line(self, step):
        """Return a line to the process in the state that it had at a test, or to a copy of it."""
        if step.line is None:
            step.line, theirs = socket.socketpair()
            if self.process:
                self.process.send(b"h", fds=[theirs.fileno()])
            theirs.close()
        return step.line

    def end_call(self, step):
        """Stop what a test has called, because it takes too long."""
        if self.process and step.copy:
            self.process.kill(step.copy)
        elif self.process:
            self.process.interrupt()

    def close_line(self, step):
        """Be ready for the next test."""
        served_by_copy = step.copy
        self._hang_up(step)
        if served_by_copy or not self.process:
            return
        with contextlib.suppress(Died):
            if self.process.wait(time.monotonic() + _GRACE, self.limits.output, _nowhere) is not None:
                return
        if not self._replay(self.steps):
            self.close()

    def _start(self):
        self.close()
        self.starts += 1
        self.process = self.parent.start("student", self.limits)
        if self.files:
            self.process.send(b"f", raw=wire.pack_files(self.files))

    def _run_cell(self, step, deadline, report):
        """Run a cell; return whether the process still lives."""
        self.process.send(b"c", {"source": step.cell.source, "count": step.count})
        late = "It did not end within its time limit"
        try:
            if self.process.wait(deadline, self.limits.output, report) is not None:
                return True
            self.process.interrupt()
            if self.process.wait(time.monotonic() + _GRACE, self.limits.output, report) is not None:
                _fail(step, "CellTimeoutError", f"{late}, and was interrupted.")
                return True
            _fail(step, "CellTimeoutError", f"{late}, ignored the interrupt, and was stopped.")
        except Died as death:
            _fail(step, "DeadKernelError", f"The cell was stopped: {death}.")
        step.dead = True
        return False

    def _replay(self, steps):
        """Start anew and run these cells again, but the dead ones; return whether that went well."""
        while self.starts <= _RESTARTS and time.monotonic() < self.end:
            self._start()
            if all(step.dead or self._step(step, _nowhere) for step in steps):
                return True
        return False

    def _leave_copy(self, step):
        """Have the process fork a copy that waits for this test."""
        for attempt in range(5):
            self._hang_up(step)
            step.line, theirs = socket.socketpair()
            self.process.send(b"t", fds=[theirs.fileno()])
            theirs.close()
            try:
                answer = self.process.wait(time.monotonic() + 30, self.limits.output, _nowhere)
            except Died:
                return
            step.copy = int(answer) if answer and answer.isdigit() and len(answer) < 10 else 0
            if step.copy:
                self.copies.append(step.copy)
                return
            self.process.clear(self.copies)  # there are too many: what a cell has left running goes
            time.sleep(0.1 * attempt)

    @staticmethod
    def _hang_up(step):
        if step.line:
            step.line.close()
        step.line, step.copy = None, 0

    def close(self):
        for step in self.steps:
            self._hang_up(step)
        self.copies.clear()
        self.waiting.clear()
        self.seen = _Seen()
        if self.process:
            self.process.close()
            self.process = None


# --- the tests' side ---


class _Tests:
    """Runs the release's own cells, each test with a line to the submission."""

    def __init__(self, parent, limits, release, steps, files, seed):
        self.parent, self.limits, self.release, self.steps, self.files = parent, limits, release, steps, files
        self.seed = seed
        self.process = None
        self._start()  # while the submission's cells run

    def _start(self):
        self.close()
        self.process = self.parent.start("tester", self.limits)
        if self.files:
            self.process.send(b"f", raw=wire.pack_files(self.files))
        self.process.send(b"s", self.seed)
        texts = [(step.count, step.cell.source) for step in self.steps if not step.test]
        self.process.send(b"l", texts)
        self.at = 0  # how much of the release has run

    def run(self, student, seconds, end):
        for step in self.steps:
            if step.test and not step.outputs.made:
                self._test(step, student, min(end, time.monotonic() + seconds))

    def _test(self, step, student, deadline):
        passed = late = False
        try:
            position = self.release.index(step.test)
            while self.at < position:
                cell = self.release[self.at]
                self.at += 1
                if cell.kind == "locked":
                    self._ask({"source": cell.source}, deadline)
                else:
                    self._ask({"theirs" if cell.kind == "solution" else "ours": cell.source}, deadline)
            passed, late = self._ask({"source": step.test.source, "count": step.count}, deadline, step, student)
        except Died as death:
            _fail(step, "DeadKernelError", f"The test was stopped: {death}.")
            self._start()
        # A cell without an output has full points: so what did not come to its end needs an error.
        if not passed and not any(output.output_type == "error" for output in step.outputs.made):
            name, text = ("CellTimeoutError", "within its time limit") if late else ("TestNotRun", "without an error")
            _fail(step, name, f"The test did not come to its end {text}.")

    def _ask(self, request, deadline, step=None, student=None):
        """Have the tester run a cell; return whether it came to its end without an error, and whether it was late."""
        line = student.open_line(step) if step else None
        self.process.send(b"c", request, [line.fileno()] if line else [])
        report = step.outputs.add if step else _nowhere
        try:
            answer = self.process.wait(deadline, self.limits.output, report)
            if answer is not None:
                return answer == b"true", False
            if step:
                student.end_call(step)
            if self.process.wait(time.monotonic() + _GRACE, self.limits.output, report) is not None:
                return False, True
            if step:
                with contextlib.suppress(OSError):
                    line.shutdown(socket.SHUT_RDWR)  # for the tester, the end of the submission's process
            self.process.interrupt()
            if self.process.wait(time.monotonic() + _GRACE, self.limits.output, report) is None:
                raise Died("it did not end within its time limit")
        finally:
            if step:
                student.close_line(step)
        return False, True

    def close(self):
        if self.process:
            self.process.close()
            self.process = None


def _nowhere(kind, content):
    """Take an output of a cell that has run before."""


def _fail(step, name, text):
    line = f"\x1b[0;31m{name}\x1b[0m: {text}"
    step.outputs.made.append(_node("error", ename=name, evalue=text, traceback=[line]))


# --- what a cell can change ---


_UNPARSED = (SyntaxError, ValueError, RecursionError, MemoryError)


class _Seen:
    """The names in a notebook so far, to tell whether one more cell can change what they do."""

    def __init__(self):
        self.names, self.imports = set(), set()

    def add(self, source):
        with contextlib.suppress(*_UNPARSED), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(source)
            codes = [compile(tree, "cell", "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)]
            for code in codes:
                self.names.update(code.co_names, code.co_varnames, code.co_cellvars, code.co_freevars)
                codes += [each for each in code.co_consts if isinstance(each, types.CodeType)]
            self.imports |= {ast.unparse(node) for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom)}

    def untouched_by(self, source):
        """Return whether a cell only defines functions and classes, imports, and names constants, all of them new."""
        try:
            return all(self._new(statement) for statement in ast.parse(source).body)
        except _UNPARSED:  # also IPython's magics
            return False

    def _new(self, node):
        if isinstance(node, ast.Import | ast.ImportFrom):
            names = {alias.asname or alias.name.split(".")[0] for alias in node.names}
            return ast.unparse(node) in self.imports or ("*" not in names and not names & self.names)
        if isinstance(node, ast.FunctionDef):
            values = [*node.args.defaults, *filter(None, node.args.kw_defaults)]
            return node.name not in self.names and not node.decorator_list and all(map(_constant, values))
        if isinstance(node, ast.ClassDef):
            plain = not (node.decorator_list or node.keywords or node.name in self.names)
            return plain and all(
                (isinstance(each, ast.FunctionDef) and not each.decorator_list) or _text_or_pass(each)
                for each in node.body
            )
        if isinstance(node, ast.Assign):
            names = {target.id for target in node.targets if isinstance(target, ast.Name)}
            return len(names) == len(node.targets) and not names & self.names and _constant(node.value)
        return _text_or_pass(node)


def _constant(node):
    return isinstance(node, ast.Constant) or (isinstance(node, ast.Tuple) and all(map(_constant, node.elts)))


def _text_or_pass(node):
    return isinstance(node, ast.Pass) or (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant))


# --- outputs ---


@dataclass
class _Outputs:
    """Makes a notebook's outputs of what is reported, and keeps to what a notebook can hold."""

    test: bool
    made: list = field(default_factory=list)
    clear_next: bool = False
    ids: dict = field(default_factory=dict)

    def add(self, kind, content):
        try:
            self._add(kind, content)
        except (KeyError, TypeError, ValueError, AttributeError):
            return  # not an output

    def _add(self, kind, content):
        if kind == "clear_output":
            self.clear_next = content.get("wait") is True
            if not self.clear_next:
                self.made.clear()
            return
        if kind == "update_display_data":
            old = self.ids[content["transient"]["display_id"]]
            old.data, old.metadata = _bundle(content["data"]), {}
            return
        output = self._output(kind, content)
        if output is None:
            return
        if self.clear_next:
            self.made.clear()
            self.clear_next = False
        self.made.append(output)
        name = (content.get("transient") or {}).get("display_id")
        if type(name) is str:
            self.ids[name] = output

    def _output(self, kind, content):
        if kind == "stream":
            # On stderr a passed test would count as failed.
            name = "stderr" if content["name"] == "stderr" and not self.test else "stdout"
            return _node("stream", name=name, text=_text(content["text"]))
        if kind == "display_data":
            return _node("display_data", data=_bundle(content["data"]), metadata=_plain(content.get("metadata")))
        if kind == "execute_result":
            count = content["execution_count"]
            data, metadata = _bundle(content["data"]), _plain(content.get("metadata"))
            count = count if type(count) is int else None
            return _node("execute_result", data=data, metadata=metadata, execution_count=count)
        if kind == "error":
            lines = [_text(line) for line in content["traceback"]]
            return _node("error", ename=_text(content["ename"]), evalue=_text(content["evalue"]), traceback=lines)
        return None


def _node(kind, **fields):
    """Return an output. The one who saves looks at whole notebooks whether they are well-formed."""
    return nbformat.from_dict({"output_type": kind, **fields})


def _text(value):
    if type(value) is not str:
        raise TypeError
    return value.encode("utf-8", "replace").decode()


def _bundle(data):
    """Return MIME types with their text, or with JSON where the type is one."""
    return {_text(kind): value if kind.endswith("json") else _text(value) for kind, value in data.items()}


def _plain(value):
    return value if type(value) is dict else {}


# --- files ---


def read_files(folder, limit, everything=False):
    """Return ``{path: bytes}`` of the plain files below ``folder``: no links, at most ``limit`` bytes.

    Without notebooks and the time of submission, unless it is to be ``everything``.
    """
    found, total = {}, 0
    for place, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            path = os.path.join(place, name)
            if not everything and (name.endswith(".ipynb") or name == "timestamp.txt"):
                continue
            with contextlib.suppress(OSError):
                fd = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
                with open(fd, "rb") as file:
                    info = os.fstat(fd)
                    if stat.S_ISREG(info.st_mode) and total + info.st_size <= limit:
                        found[os.path.relpath(path, folder)] = file.read(info.st_size)
                        total += info.st_size
    return found
