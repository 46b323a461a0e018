"""The process of the tests: it runs the instructor's cells, and never the student's.

Promise: what a test compares is plain data, or a :class:`Remote`, which does nothing of its own accord and is equal to
nothing. The student's code runs on the other side of a socket; of the tests it sees the arguments they pass, and no
more. Outputs of a test's cell come from here: an error, a result that counts as points, or a green line cannot come
from there.

Test cells run unmodified. A name that no instructor's cell has bound is looked up on the student's side; functions,
classes and objects from there are remote, with calls, attributes, items, len, iteration and conversion to arrays.
What a call changes in its arguments is changed here too. The limits: ``==``, truth and arithmetic with
plain values are not asked over there (the answer would be the student's word), and arrays that share memory do not
share it there.
"""

import ast
import builtins
import contextlib
import functools
import json
import keyword
import linecache
import os
import re
import socket
import symtable
import sys
import types

import numpy as np
from IPython.display import publish_display_data

from course_pkg import checks
from course_pkg.grading import sandbox, wire
from course_pkg.grading import shell as shells

_LIBRARIES = ("course_pkg", "numpy", "torch", "sklearn")  # whose classes a Remote may be an instance of


def main(channel, limits, shell):
    """Obey the one who grades, until the end: run the instructor's cells, each test with a line to the submission."""
    shells.report_to(lambda kind, content: wire.send(channel, b"o", json.dumps([kind, content]).encode()))
    sys.path.insert(0, "")
    tester = _Tester(shell)
    shell.showtraceback = types.MethodType(_show_traceback(type(shell).showtraceback), shell)
    while True:
        kind, data, fds = wire.receive_fds(channel, limits.message, 1)
        if kind == b"f":
            wire.unpack_files(data)
        elif kind == b"s":
            checks.student = json.loads(data)
        elif kind == b"l":
            tester.learn(json.loads(data))
        elif kind == b"c":
            request = json.loads(data)
            passed = False
            if "theirs" in request:
                tester.leave(request["theirs"])
            elif "ours" in request:
                tester.keep(request["ours"])
            elif fds:
                with socket.socket(fileno=fds[0]) as line:
                    passed = tester.test(request["source"], request["count"], _Link(line, limits))
            else:
                tester.prepare(request["source"])
            wire.send(channel, b"d", json.dumps(passed).encode())


class _Tester:
    """Runs the release's cells, and keeps whose names are whose."""

    def __init__(self, shell):
        self.shell = shell
        self.names = functools.cache(lambda source: _names(shell.transform_cell(source)))
        self.ours = set()  # the names that an instructor's cell has bound last
        self.theirs = set()  # those that the release asks the student to bind
        self.wanted = set()  # those that the instructor's cells look up

    def learn(self, cells):
        """Take the student's cells as text: what a traceback shows of them."""
        for count, text in cells:
            with contextlib.suppress(SyntaxError, ValueError, RecursionError, MemoryError):  # what nobody can parse
                self.shell.compile.cache(self.shell.transform_cell(text), count, raw_code=text)

    def leave(self, source):
        """Leave the names that a cell of the release binds to the student, who has that cell to fill in."""
        bound, _ = self.names(source)
        self.theirs |= bound
        self.ours -= bound

    def keep(self, source):
        """Keep the names that another test binds: also where it has not run, they are not the student's to give."""
        self.ours |= self.names(source)[0]

    def prepare(self, source):
        """Run a locked cell; of one that uses the student's names, only imports and definitions.

        What else is in such a cell has run over there, and its results are looked up there.
        """
        bound, loaded = self.names(source)
        if loaded - self.ours - bound - set(dir(builtins)) - _IPYTHON:
            kinds = (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.ClassDef)
            tree = ast.parse(self.shell.transform_cell(source))
            tree.body = [statement for statement in tree.body if isinstance(statement, kinds)]
            source = ast.unparse(tree)
        self._run(source, 0)

    def test(self, source, count, link):
        """Run a test, with the names that are not ours from over there; return whether it came to its end."""
        self.wanted |= self.names(source)[1]
        names = self.wanted - self.ours - _IPYTHON - (set(dir(builtins)) - self.theirs)
        for name in names:
            self.shell.user_ns.pop(name, None)
        try:
            found = link.ask("get", sorted(names))
            if type(found) is not dict:
                raise wire.WireError("malformed message: names")
            self.shell.user_ns.update((name, found[name]) for name in names & found.keys())
        except Exception as error:  # the error of the test
            self.shell.user_ns["__error__"] = error
            source = "raise __error__"
        return self._run(source, count)

    def _run(self, source, count):
        bound, loaded = self.names(source)
        before = set(self.shell.user_ns)
        self.wanted |= loaded
        passed = shells.run(self.shell, source, count)
        self.ours |= bound | (set(self.shell.user_ns) - before)
        return passed


_IPYTHON = {"get_ipython", "In", "Out", "exit", "quit", "display", "__name__", "__error__"}


def _names(source):
    """Return ``(bound, loaded)``: the global names that a cell binds, and those it looks up, in functions too."""
    bound, loaded = set(), set()
    try:
        tables = [symtable.symtable(source, "cell", "exec")]
    except SyntaxError:
        return bound, loaded
    for table in tables:
        outermost = table.get_type() == "module"
        for symbol in table.get_symbols():
            if outermost or symbol.is_global():
                if symbol.is_assigned() or symbol.is_imported():
                    bound.add(symbol.get_name())
                if symbol.is_referenced():
                    loaded.add(symbol.get_name())
        tables += table.get_children()
    return bound, loaded


class _Link:
    """The line to a copy of the student's process that waits at the place of one test."""

    def __init__(self, sock, limits):
        self.sock, self.limits = sock, limits
        self.functions = []  # the test's functions that have been passed over there

    def ask(self, operation, *arguments):
        """Return what an operation over there gives, plain data or a :class:`Remote`; raise what it raises."""
        codec = _Codec(self)
        try:
            wire.send(self.sock, b"q", codec.dumps((operation, *arguments)))
            while True:
                kind, data = wire.receive(self.sock, self.limits.message)
                if kind != b"o" and kind != b"b":
                    break
                self.show(data) if kind == b"o" else self.called_back(data)
        except (EOFError, OSError):
            raise ProcessEnded("the submission's process has ended, or was stopped at its time limit") from None
        if kind == b"r":
            reply = _Codec(self, codec.objects).loads(data)
            if type(reply) is not tuple or len(reply) != 2 or type(reply[1]) is not list:
                raise wire.WireError("malformed message: reply")
            _write_back(codec.objects, reply[1])
            return reply[0]
        if kind == b"e":
            raise _error(wire.Codec().loads(data))
        raise wire.WireError("malformed message: unknown kind")

    def show(self, data):
        """Let what the student's function printed or displayed come out in the test's cell, where it counts nothing."""
        try:
            kind, content = json.loads(data)
            if kind == "stream":
                sys.stdout.write(str(content["text"]))  # also what went to stderr: graders take that for a failure
            elif kind == "display_data":
                publish_display_data({str(k): v for k, v in content["data"].items()}, metadata={})
        except (ValueError, TypeError, KeyError, RecursionError):
            raise wire.WireError("malformed message: output") from None

    def called_back(self, data):
        """Call one of the test's functions that it has passed over there, for the student's code."""
        message = _Codec(self).loads(data)
        try:
            number, arguments, keywords = message
            function = self.functions[number]
            arguments, keywords = tuple(arguments), {str(key): value for key, value in keywords.items()}
        except (TypeError, ValueError, IndexError, AttributeError):
            raise wire.WireError("malformed message: call") from None
        try:
            reply = _Codec(self).dumps(function(*arguments, **keywords))
        except Exception as error:
            wire.send(self.sock, b"e", wire.Codec().dumps(f"{type(error).__name__} in a function of the test"))
        else:
            wire.send(self.sock, b"r", reply)


class ProcessEnded(RuntimeError):
    """The submission's process is gone: it ended itself, or was stopped."""


class Remote:
    """An object on the student's side. Equal only to itself, and true, whatever is over there."""

    __slots__ = ("__weakref__", "_library_class", "_link", "_name", "_number")

    def __init__(self, link, number, library_class, name):
        for slot, value in (("_link", link), ("_number", number), ("_library_class", library_class), ("_name", name)):
            object.__setattr__(self, slot, value)

    @property
    def __class__(self):
        return self._library_class or type(self)

    def __repr__(self):
        return f"<{type(self).__name__} of the submission>"

    def __getattr__(self, name):
        if name == "__name__" and self._name:
            return self._name
        # Protocols that NumPy, torch and IPython look for are not the student's to answer.
        if name.startswith("__") or name.startswith("_repr_") or name.startswith("_ipython"):
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
        return self._link.ask("getattr", self, name)

    def __setattr__(self, name, value):
        self._link.ask("setattr", self, name, value)

    def __dir__(self):
        return [name for name in self._link.ask("dir", self) if type(name) is str]

    def measure_there(self, name, arguments, more):
        """Run one of the measures of :mod:`course_pkg.checks` on a function, where it lives."""
        return self._link.ask("measure", name, self, tuple(arguments), more)


def _call(self, *arguments, **keywords):
    return self._link.ask("call", self, arguments, keywords)


def _len(self):
    length = self._link.ask("len", self)
    return length if type(length) is int else -1


def _getitem(self, key):
    return self._link.ask("getitem", self, key)


def _setitem(self, key, value):
    self._link.ask("setitem", self, key, value)


def _iter(self):
    items = self._link.ask("iter", self)
    while True:
        found = self._link.ask("next", items)
        if type(found) is not tuple or len(found) != 1:
            return
        yield found[0]


def _array(self, dtype=None, copy=None):
    array = self._link.ask("array", self)
    if type(array) is not np.ndarray:
        raise TypeError(f"{self!r} cannot be made an array of numbers")
    return array if dtype is None else array.astype(dtype)


def _operator(name):
    def between(self, other):
        # With a plain number on one side, that number would go over there, and the answer decide a comparison.
        return self._link.ask("operator", name, self, other) if isinstance(other, Remote) else NotImplemented

    return between


_METHODS = {
    "call": {"__call__": _call},
    "len": {"__len__": _len},
    "getitem": {"__getitem__": _getitem, "__setitem__": _setitem},
    "iter": {"__iter__": _iter},
    "array": {"__array__": _array},
}
_ARITHMETIC = {f"__{name}__": _operator(name) for name in ("add", "sub", "mul", "truediv", "matmul", "pow")}


class _Codec(wire.Codec):
    """Adds handles: the student's objects become :class:`Remote`, a test's functions and objects go over as needed."""

    def __init__(self, link, objects=()):
        super().__init__(objects)
        self.link = link

    def export(self, value):
        kind = type(value)
        if issubclass(kind, Remote):
            return ["home", value._number]
        if (kind in _FUNCTIONS and value.__module__ == "__main__") or kind is types.MethodType:
            self.link.functions.append(value)
            return ["function", len(self.link.functions) - 1, getattr(value, "__name__", "function")]
        name = getattr(value, "__qualname__", getattr(value, "__name__", None))
        if isinstance(value, (type, types.ModuleType, np.ufunc, *_FUNCTIONS)) and name:
            return ["named", getattr(value, "__module__", None) or "numpy", name]
        if isinstance(value, np.random.Generator):
            self.remember(value)
            return ["generator", type(value.bit_generator).__name__, self.node(dict(value.bit_generator.state))]
        if kind.__module__.split(".")[0] in ("course_pkg", "__main__") and hasattr(value, "__dict__"):
            self.remember(value)
            return ["object", kind.__module__, kind.__qualname__, self.node(dict(vars(value)))]
        raise wire.WireError(f"a test cannot pass {kind.__name__} to the submission")

    def _read_home(self, number):
        raise wire.WireError("malformed message: home")

    def _read_handle(self, number, classes, has, name):
        if type(number) is not int or not all(type(n) is str for pair in classes for n in pair):
            raise wire.WireError("malformed message: handle")
        kind = classes[0][1].rsplit(".", 1)[-1]
        methods = {}
        for each in has:
            methods |= _METHODS[each]
        methods |= {"__slots__": (), **_ARITHMETIC}
        kind = type(kind if kind.isidentifier() and len(kind) < 80 else "object", (Remote,), methods)
        return kind(self.link, number, _library_class(classes), name if type(name) is str else None)


_FUNCTIONS = (types.FunctionType, types.BuiltinFunctionType)


def _library_class(classes):
    """Return the first of these classes that both sides know from a library or an instructor's cell, or None."""
    for module, name in classes:
        found = sys.modules.get(module) if module.split(".")[0] in (*_LIBRARIES, "__main__") else None
        found = vars(found).get(name) if found else None
        # Never a class of plain data: what claims to be one would pass for it.
        if isinstance(found, type) and not issubclass(found, (np.ndarray, np.generic, BaseException, *_plain())):
            return found
    return None


def _plain():
    torch = sys.modules.get("torch")
    return (int, float, complex, str, bytes, list, tuple, dict, set, *([torch.Tensor] if torch else []))


def _write_back(objects, changes):
    """Do to the arguments of a call what the student's function has done to its copies."""
    for change in changes:
        try:
            number, new = change
            old = objects[number]
        except (TypeError, ValueError, IndexError):
            raise wire.WireError("malformed message: change") from None
        if isinstance(old, np.ndarray) and type(new) is np.ndarray:
            if new.shape == old.shape and new.dtype == old.dtype and old.flags.writeable:
                old[...] = new
        elif isinstance(old, list) and type(new) is list:
            old[:] = new
        elif isinstance(old, dict | set) and type(new) in (dict, set) and isinstance(old, type(new)):
            old.clear()
            old.update(new)
        elif isinstance(old, bytearray) and type(new) is bytearray:
            old[:] = new
        elif isinstance(old, np.random.Generator) and type(new) is dict:
            old.bit_generator.state = new
        elif hasattr(old, "detach") and hasattr(new, "detach"):
            if new.shape == old.shape and new.dtype == old.dtype:
                old.detach().copy_(new)
        elif hasattr(old, "__dict__") and type(new) is dict:
            # Only new values for what was there, and no code: the object stays the test's.
            for name in vars(old).keys() & new.keys():
                if not isinstance(new[name], Remote):
                    vars(old)[name] = new[name]


# --- errors from the other side ---


def _error(described):
    """Return an exception like the one over there: its class where that is a known one, its text, and its lines."""
    try:
        classes, text, frames = described["classes"], described["text"], described["frames"]
        assert type(text) is str
        trace = _traceback(frames)
        known = next(c for c in (_error_class(*pair) for pair in classes) if c)
        name = classes[0][1].rsplit(".", 1)[-1]
    except (TypeError, KeyError, ValueError, IndexError, AssertionError, StopIteration, AttributeError):
        raise wire.WireError("malformed message: error") from None
    members = {"__str__": lambda self: text, "__module__": "builtins"}
    kind = known
    if known.__name__ != name or str(_new(known, text)) != text:
        kind = type(name if name.isidentifier() else "Error", (known,), members)
    return _new(kind, text).with_traceback(trace)


def _new(kind, text):
    error = kind.__new__(kind)
    error.args = (text,)
    return error


def _error_class(module, name):
    """Return a class of errors that both sides know. What ends a process over there is an ordinary error here."""
    if module == "builtins":
        found = getattr(builtins, name, None)
    else:
        source = sys.modules.get(module) if module.split(".")[0] in (*_LIBRARIES, "__main__") else None
        found = vars(source).get(name) if source else None
    if isinstance(found, type) and issubclass(found, Exception) and not issubclass(found, StopIteration):
        return found
    return Exception if found is BaseException else None


def _traceback(frames):
    """Return a traceback that shows these lines, of cells and libraries; the code in it does nothing but raise."""
    links = []
    for file, first, line, name, full_name, arguments in frames:
        # No other file is the student's to show.
        known = file in linecache.cache if file.startswith("/tmp/ipykernel/") else file.startswith(_LIBRARY_FOLDERS)
        if not known or not 0 < first <= line < 100_000 or not all(re.fullmatch(r"\*{0,2}\w+", a) for a in arguments):
            continue
        name = name if name.isidentifier() and not keyword.iskeyword(name) else "code"
        head = "\n" * (first - 1) + f"def {name}({', '.join(arguments)}):" + "\n" * (line - first)
        code = next(
            c for c in compile(f"{head} raise __error__", file, "exec").co_consts if isinstance(c, types.CodeType)
        )
        code = code.replace(co_qualname=full_name if len(full_name) < 200 else name)
        try:
            types.FunctionType(code, {"__error__": _Here()})(*[None] * code.co_argcount)
        except _Here as error:
            links.append(error.__traceback__.tb_next)
    return _chain(links)


class _Here(Exception):
    """Raised to get a traceback."""


_LIBRARY_FOLDERS = tuple(f"{path}/" for path in sandbox.readable_paths() if os.path.isdir(path))


def _show_traceback(original):
    """Return IPython's showtraceback without the frames of this room, so that an error looks as in one notebook."""
    here = os.path.dirname(__file__)

    def show(self, exc_tuple=None, *arguments, **keywords):
        _, error, _ = self._get_exc_info(exc_tuple)
        each = error
        while each is not None:
            each.__traceback__ = _chain(
                link for link in _links(each.__traceback__) if os.path.dirname(link.tb_frame.f_code.co_filename) != here
            )
            each = each.__cause__ or each.__context__
        return original(self, (type(error), error, error.__traceback__), *arguments, **keywords)

    return show


def _links(trace):
    while trace:
        yield trace
        trace = trace.tb_next


def _chain(links):
    """Return a traceback of these links alone, in this order."""
    first = None
    for link in reversed(list(links)):
        link.tb_next = first
        first = link
    return first
