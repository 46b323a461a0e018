"""The process of the submission: it runs the student's cells, and then answers the tests' calls.

Promise to the tests: none. Everything that comes from here is the student's word. This file only makes honest work
behave as in one notebook: functions get copies of the arguments, what they change in them goes back, what they print
comes out in the test's cell.

The tests begin when all cells have run, so nothing that a test hands over can come back in the output of a later cell.
Where a later cell could change what a test sees, a copy of the process is forked at the place of the test, and waits.
"""

import collections
import contextlib
import inspect
import json
import operator
import os
import random
import signal
import socket
import sys
import traceback

import numpy as np

from course_pkg import checks
from course_pkg.grading import shell as shells
from course_pkg.grading import wire

# What measures a function where it lives; kept here, because the student may change what the module holds.
_MEASURES = {name: getattr(checks, f"_{name}") for name in ("lines_run", "calls_made")}


# What would blind the measuring: another trace function, or work in a place that is not watched.
_BLINDING = {
    "sys.settrace",
    "sys.setprofile",
    "_thread.start_new_thread",
    "os.fork",
    "os.posix_spawn",
    "subprocess.Popen",
}
_events = collections.Counter()


def _audit(event, _):
    if event in _BLINDING:
        _events[event] += 1


def main(channel, limits, shell):
    """Obey the one who grades, until the end: put files there, run cells, leave a copy behind for each test."""
    sys.addaudithook(_audit)
    random.seed()
    np.random.seed()  # noqa: NPY002  (each submission is a process of its own, as with a kernel)
    sys.path.insert(0, "")

    def report(kind, content):
        wire.send(channel, b"o", json.dumps([kind, content]).encode())

    pid = os.getpid()
    while True:
        kind, data, fds = wire.receive_fds(channel, limits.message, 1)
        if kind == b"f":
            wire.unpack_files(data)
        elif kind == b"c":
            request = json.loads(data)
            shells.report_to(report)
            shells.run(shell, request["source"], request["count"])
            if os.getpid() != pid:
                os._exit(0)  # the cell has forked, and this is the other one
            wire.send(channel, b"d")
        elif kind == b"h":
            _answer(fds[0], limits, shell)
            wire.send(channel, b"d")
        elif kind == b"t":
            wire.send(channel, b"d", str(_leave_copy(channel, fds[0], limits, shell)).encode())


def _answer(fd, limits, shell):
    with socket.socket(fileno=fd) as test:
        _Answers(test, limits, shell).run()


def _leave_copy(channel, fd, limits, shell):
    """Fork a copy that answers one test over ``fd``; return its process number, 0 where no more are allowed."""
    try:
        pid = os.fork()
    except OSError:
        pid = -1
        with contextlib.suppress(OSError):
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass  # what has ended and was not waited for counts too
    if pid == 0:
        channel.close()
        _answer(fd, limits, shell)
        os._exit(0)
    os.close(fd)
    return max(pid, 0)


class _Answers:
    """Answers the calls of one test."""

    def __init__(self, sock, limits, shell):
        self.sock, self.limits, self.names = sock, limits, shell.user_ns
        self.objects = {}  # what the tests hold handles of

    def run(self):
        shells.report_to(self.report)
        while True:
            try:
                kind, data = wire.receive(self.sock, self.limits.message)
            except EOFError:
                return
            if kind == b"q":
                self.answer(data)

    def report(self, kind, content):
        wire.send(self.sock, b"o", json.dumps([kind, content]).encode())

    def answer(self, data):
        try:
            codec = _Codec(self)
            operation, *arguments = codec.loads(data)
            given = codec.objects
            before = [self.contents(thing, given) for thing in given]
            signal.signal(signal.SIGINT, signal.default_int_handler)
            try:
                value = getattr(self, f"do_{operation}")(*arguments)
            finally:
                signal.signal(signal.SIGINT, signal.SIG_IGN)
                shells.flush()
            changed = [i for i, old in enumerate(before) if old != self.contents(given[i], given)]
            reply = _Codec(self, given).dumps((value, [(i, _shallow(given[i])) for i in changed]))
        except BaseException as error:
            wire.send(self.sock, b"e", wire.Codec().dumps(_described(error)))
        else:
            wire.send(self.sock, b"r", reply)

    def contents(self, thing, others):
        """Return what is in a mutable object as bytes, to see later whether it has changed."""
        return _Codec(self, others).dumps(_shallow(thing))

    def call_back(self, number, arguments, keywords):
        """Call a function of the test, which the test gave us as an argument."""
        codec = _Codec(self)
        wire.send(self.sock, b"b", codec.dumps((number, arguments, keywords)))
        while True:
            kind, data = wire.receive(self.sock, self.limits.message)
            if kind == b"r":
                return _Codec(self).loads(data)
            if kind == b"e":
                raise RuntimeError(wire.Codec().loads(data))
            if kind == b"q":
                self.answer(data)

    # --- what a test can ask ---

    def do_get(self, names):
        return {name: self.names[name] for name in names if name in self.names}

    def do_call(self, function, arguments, keywords):
        return function(*arguments, **keywords)

    def do_getattr(self, thing, name):
        return getattr(thing, name)

    def do_setattr(self, thing, name, value):
        setattr(thing, name, value)

    def do_getitem(self, thing, key):
        return thing[key]

    def do_setitem(self, thing, key, value):
        thing[key] = value

    def do_len(self, thing):
        return len(thing)

    def do_iter(self, thing):
        return _Iterator(iter(thing))

    def do_next(self, iterator):
        for value in iterator.items:
            return (value,)
        return ()

    def do_array(self, thing):
        return np.asarray(thing)

    def do_dir(self, thing):
        return [name for name in dir(thing) if type(name) is str]

    def do_operator(self, name, left, right):
        return getattr(operator, name)(left, right)

    def do_measure(self, name, function, arguments, more):
        _events.clear()
        result = _MEASURES[name](function, arguments, **more)
        ended = name == "lines_run" and more.get("stop") is not None and result > more["stop"]
        if sum(_events.values()) != 2 + ended:  # on, off, and off by Python itself where the measure ends a call
            raise RuntimeError("while it is measured, the code starts threads, processes or tracing of its own")
        return result


class _Iterator:
    """An iterator, wrapped so that it stays here also when it is a plain list's."""

    def __init__(self, items):
        self.items = items


class _Codec(wire.Codec):
    """Adds handles: of the student's objects for the tests, of the tests' functions for the student."""

    def __init__(self, answers, objects=()):
        super().__init__(objects)
        self.answers = answers

    def export(self, value):
        if isinstance(value, _TestFunction):
            return ["home", value.number]
        number = id(value)
        self.answers.objects[number] = value  # kept, so that no other object gets the same number
        kind = type(value)
        has = [name for name in ("call", "len", "getitem", "iter", "array") if hasattr(kind, f"__{name}__")]
        classes = [[c.__module__, c.__qualname__] for c in kind.__mro__ if type(c.__module__) is str][:32]
        name = value.__name__ if hasattr(value, "__code__") else None
        return ["handle", number, classes, has, name if type(name) is str else None]

    def _read_home(self, number):
        return self.answers.objects[number]

    def _read_function(self, number, name):
        return _TestFunction(self.answers, number, name)

    def _read_named(self, module, name):
        value = self.answers.names if module == "__main__" else sys.modules[module]
        for part in name.split("."):
            value = value[part] if isinstance(value, dict) else getattr(value, part)
        return value

    def _read_object(self, module, name, state):
        new = object.__new__(self._read_named(module, name))
        self.remember(new)
        new.__dict__.update(self.value(state))
        return new

    def _read_generator(self, name, state):
        new = np.random.Generator(getattr(np.random, name)())
        self.remember(new)
        new.bit_generator.state = self.value(state)
        return new


def _shallow(thing):
    """Return a copy of a mutable object as plain data, with the same members."""
    if isinstance(thing, list | dict | set | bytearray):
        return thing.copy()
    if isinstance(thing, np.ndarray):
        return thing.copy()
    if isinstance(thing, np.random.Generator):
        return dict(thing.bit_generator.state)
    if hasattr(thing, "detach"):
        return thing.detach().clone()
    return dict(vars(thing))


def _described(error):
    """Return an exception as plain data: the names of its classes, its text, and where it came from."""
    try:
        text = str(error)
    except BaseException:
        text = ""
    classes = [[c.__module__, c.__qualname__] for c in type(error).__mro__]
    frames = [
        (frame.f_code, line)
        for frame, line in traceback.walk_tb(error.__traceback__)
        if os.path.dirname(frame.f_code.co_filename) != _HERE
    ]
    frames = [
        [code.co_filename, code.co_firstlineno, line, code.co_name, code.co_qualname, _arguments(code)]
        for code, line in frames[-30:]
    ]
    return {"classes": classes, "text": text, "frames": frames}


def _arguments(code):
    names, more, keywords = inspect.getargs(code)
    return [*names, *([f"*{more}"] if more else []), *([f"**{keywords}"] if keywords else [])]


_HERE = os.path.dirname(__file__)


class _TestFunction:
    """A function of the test, as the student's code sees it: it can be called, and that is all."""

    def __init__(self, answers, number, name):
        self._answers, self.number, self.__name__ = answers, number, name

    def __call__(self, *arguments, **keywords):
        return self._answers.call_back(self.number, arguments, keywords)
