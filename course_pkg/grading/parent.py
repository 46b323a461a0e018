"""The warm parent: a process that has imported everything, and from which each submission's processes are forked.

Promise: it never sees a submission, a test or a gradebook, so nothing of them can be left in the memory that its
children start with; each child is a new process in a :mod:`sandbox`, and what it does ends with it. Where that is
bubblewrap, it imports nothing and forks nothing warm: each child is a new program, and ready after some seconds.

:class:`Parent` is the side of the one who grades; ``python -m course_pkg.grading.parent`` the process itself.
"""

import atexit
import contextlib
import ctypes
import dataclasses
import functools
import gc
import importlib
import json
import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
import time

from course_pkg.grading import sandbox, wire

PRELOAD = (
    "numpy",
    "torch",
    "torch._dynamo",  # the first optimiser of torch imports it, for 0.8 s
    "matplotlib.pyplot",
    "matplotlib_inline.backend_inline",
    "sklearn.datasets",
    "sklearn.model_selection",
    "course_pkg.backprop",
    "course_pkg.checks",
    "course_pkg.data",
    "course_pkg.graph",
    "course_pkg.nn",
)
# What a submission's environment has; the rest, tokens for instance, stays outside.
_PASSED = ("PATH", "HOME", "MPLCONFIGDIR", "LANG", "LC_ALL", "TZ", "VIRTUAL_ENV", "MPLBACKEND", "PYTHONPATH")
_ENVIRONMENT = {
    "OMP_NUM_THREADS": "1",
    "OMP_THREAD_LIMIT": "1",  # a library's own threads do not survive the fork before a test
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "COURSE_QUIET": "1",
    "NBGRADER_EXECUTION": "autograde",
    "PYTHONDONTWRITEBYTECODE": "1",
    "PYTHONHASHSEED": "0",
}


class Branch:
    """The side of the one who grades: :meth:`start` gives a new process in a few milliseconds."""

    def __init__(self, sock):
        self._socket = sock
        self._ready = False

    def start(self, role, limits):
        """Return a new :class:`Process`; ``role`` is "student" or "tester"."""
        self._wait()
        channel, their_channel = socket.socketpair()
        control, their_control = socket.socketpair()
        output, their_output = os.pipe()
        request = json.dumps([role, dataclasses.asdict(limits)]).encode()
        wire.send(self._socket, b"s", request, [their_channel.fileno(), their_control.fileno(), their_output])
        their_channel.close()
        their_control.close()
        os.close(their_output)
        return Process(channel, control, output)

    def _wait(self):
        if not self._ready:
            wire.receive(self._socket, 1000)
            self._ready = True

    def close(self):
        self._socket.close()


class Parent(Branch):
    """Starts the warm parent.

    Raises :class:`sandbox.NoSandbox` where the host offers none, unless told not to; other systems than Linux have no
    such parent at all: nbgrader's own Execute is what is left there.
    """

    def __init__(self, preload=PRELOAD, require_sandbox=True, host=None):
        self.host = host or sandbox.look()
        if not self.host.enough and (require_sandbox or not sys.platform.startswith("linux")):
            raise sandbox.NoSandbox(str(self.host))
        ours, theirs = socket.socketpair()
        super().__init__(ours)
        environment = {name: os.environ[name] for name in _PASSED if name in os.environ} | _ENVIRONMENT
        setup = json.dumps([preload, dataclasses.asdict(self.host)])
        command = [sys.executable, "-m", "course_pkg.grading.parent", str(theirs.fileno()), setup]
        self._process = subprocess.Popen(
            command, pass_fds=[theirs.fileno()], env=environment, stdin=subprocess.DEVNULL, cwd=_root()
        )
        theirs.close()
        atexit.register(self.close)

    def branch(self):
        """Return a socket to a copy of the warm process, for a :class:`Branch` in another process."""
        self._wait()
        ours, theirs = socket.socketpair()
        wire.send(self._socket, b"b", b"", [theirs.fileno()])
        theirs.close()
        return ours

    def close(self):
        super().close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(5)
            return
        self._process.kill()
        self._process.wait()


def _root():
    return os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


class Died(Exception):
    """A process has ended; the text says why, for the student."""


class Process:
    """A sandboxed process as the one who grades holds it: what goes in, what comes out, and its end."""

    def __init__(self, channel, control, output):
        self.channel, self.control, self.output = channel, control, output
        self._buffer = bytearray()

    def send(self, kind, value=None, fds=(), raw=b""):
        """Send an order; the process may be gone already, which :meth:`wait` then says."""
        with contextlib.suppress(OSError):
            wire.send(self.channel, kind, raw or json.dumps(value).encode(), fds)

    def wait(self, deadline, limit, report):
        """Return the data of the answer to the last order, None when ``deadline`` passes before.

        Outputs go to ``report(kind, content)`` meanwhile, what is printed past Python as a stream; of more than
        ``limit`` bytes the rest is left out. Raises :class:`Died`.
        """
        seen = 0
        while True:
            while (frame := self._frame(limit)) is not None:
                kind, data = frame
                if kind == b"d":
                    self._drain(report, limit - seen)
                    return data
                seen += len(data)
                if kind == b"o" and seen <= limit:
                    report(*_output(data))
                elif seen > 20 * limit:
                    raise Died("it printed without end")
            left = deadline - time.monotonic()
            if left <= 0:
                return None
            readable = select.select([self.channel, self.control, self.output], [], [], left)[0]
            if self.output in readable:
                seen += self._drain(report, limit - seen)
            if self.channel in readable:
                with contextlib.suppress(ConnectionResetError):
                    if data := self.channel.recv(2**18):
                        self._buffer += data
                        continue
                self._raise_death()
            elif self.control in readable:
                self._raise_death()

    def _frame(self, limit):
        if len(self._buffer) < 5:
            return None
        length = int.from_bytes(self._buffer[1:5])
        if length > limit + 2**20:
            raise Died("it printed too much at once")
        if len(self._buffer) < 5 + length:
            return None
        frame = bytes(self._buffer[:1]), bytes(self._buffer[5 : 5 + length])
        del self._buffer[: 5 + length]
        return frame

    def _drain(self, report, room):
        """Take what has been printed past Python, by a child process for instance."""
        total = 0
        while select.select([self.output], [], [], 0)[0]:
            data = os.read(self.output, 2**16)
            if not data:
                break
            if total < room:
                report("stream", {"name": "stdout", "text": data.decode(errors="replace")})
            total += len(data)
            if total > 2**20:
                break
        return total

    def _raise_death(self):
        select.select([self.control], [], [], 5)
        with contextlib.suppress(OSError):
            if self.control.recv(1) == b"m":
                raise Died("it used more memory than allowed")
        raise Died("its process ended")

    def interrupt(self):
        """Raise KeyboardInterrupt in the process."""
        self._order(b"i")

    def kill(self, number):
        """Kill a process inside, by the number that it has there."""
        self._order(b"k%d" % number)

    def clear(self, keep):
        """Kill all processes inside but the first and those with these numbers."""
        self._order(b"c" + b" ".join(b"%d" % number for number in keep))

    def _order(self, order):
        with contextlib.suppress(OSError):
            self.control.send(order)

    def close(self):
        """End the process and everything that it has started."""
        self._order(b"q")
        with contextlib.suppress(OSError):
            select.select([self.control], [], [], 10)
        self.channel.close()
        self.control.close()
        os.close(self.output)


def _output(data):
    """Return ``(kind, content)`` of an output, whatever was sent: ("", {}) for what is none."""
    try:
        kind, content = json.loads(data)
    except (ValueError, TypeError, RecursionError):
        return "", {}
    return (kind, content) if type(kind) is str and type(content) is dict else ("", {})


# --- the process itself ---


def main():
    """Import everything, then fork on request."""
    requests = socket.socket(fileno=int(sys.argv[1]))
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the one who grades
    preload, host = json.loads(sys.argv[2])
    host, readable = sandbox.Host(**host), sandbox.readable_paths()
    if not host.bubblewrap:
        roles, ready = _import(preload)
        gc.collect()
        gc.freeze()
        _make_pages_huge()
    wire.send(requests, b"r")
    while True:
        try:
            kind, data, fds = wire.receive_fds(requests, 10_000, 3)
        except (EOFError, ConnectionError):
            with contextlib.suppress(ChildProcessError):
                while True:
                    os.wait()  # they see it too, and end
            os._exit(0)
        with contextlib.suppress(ChildProcessError):
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass  # guardians that have ended
        if os.fork() == 0:
            requests.close()
            if kind == b"b":  # a branch goes on as this process does, for somebody else
                requests = socket.socket(fileno=fds[0])
                wire.send(requests, b"r")
                continue
            channel, control = socket.socket(fileno=fds[0]), socket.socket(fileno=fds[1])
            os.dup2(fds[2], 1)
            if host.enough:
                os.dup2(fds[2], 2)
            role, limits = json.loads(data)
            limits = sandbox.Limits(**limits)
            if host.bubblewrap:
                setup = json.dumps([preload, role, dataclasses.asdict(limits)])
                work = [sys.executable, "-m", "course_pkg.grading.parent", str(fds[0]), setup]
            else:
                work = functools.partial(roles[role], channel, limits, ready)
            sandbox.run(work, limits, host, control, [fds[0]], readable)
        for fd in fds:
            os.close(fd)


def _import(preload):
    """Import everything; return the functions of the roles, and a shell for them."""
    for name in preload:
        importlib.import_module(name)
    if (data := sys.modules.get("course_pkg.data")) is not None:
        data.digits()  # scikit-learn looks for plugins the first time, for 0.05 s
    from course_pkg.grading import shell, student, tester

    with tempfile.TemporaryDirectory() as folder:
        os.environ["IPYTHONDIR"] = folder
        return {"student": student.main, "tester": tester.main}, shell.make()


def main_in_bubble():
    """Do the work of one role behind bubblewrap: a process of its own, which has everything to import first."""
    channel = socket.socket(fileno=int(sys.argv[1]))
    preload, role, limits = json.loads(sys.argv[2])
    os.environ["HOME"] = os.environ["MPLCONFIGDIR"] = "/tmp"  # for what libraries write while they are imported
    roles, ready = _import(preload)
    sandbox.enter_bubble(sys.argv[3])
    roles[role](channel, sandbox.Limits(**limits), ready)


def _make_pages_huge():
    """Gather the process's memory in pages of 2 MiB, where the kernel can (6.1): a fork then copies less."""
    size = 2 * sandbox.MiB
    madvise = ctypes.CDLL(None).madvise
    with contextlib.suppress(OSError), open("/proc/self/maps") as maps:
        for place, rights, _, _, _, *name in [line.split() for line in maps]:
            if rights.startswith("rw") and name in ([], ["[heap]"]):
                begin, end = (int(n, 16) for n in place.split("-"))
                for address in range(-(-begin // size) * size, end - size + 1, size):
                    madvise(ctypes.c_void_p(address), ctypes.c_size_t(size), 25)  # MADV_COLLAPSE


if __name__ == "__main__":
    main_in_bubble() if len(sys.argv) > 3 else main()
