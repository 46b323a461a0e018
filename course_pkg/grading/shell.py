"""IPython as in a Jupyter kernel, without the kernel: cells run here, and outputs go to a function instead of a socket.

It is ipykernel's own shell, so magics, tracebacks, display and figures come out as in a notebook. Used on both sides of
the wall: the student's process runs the student's cells with it, the tester the tests.
"""

import ast
import contextlib
import inspect
import io
import os
import re
import signal
import subprocess
import sys

import numpy as np
from ipykernel.compiler import XCachingCompiler, get_tmp_hash_seed
from ipykernel.zmqshell import ZMQInteractiveShell
from IPython.core.history import HistoryManager
from jupyter_client.session import Session
from traitlets.config import Config


class _Outputs(Session):
    """Takes the messages that ipykernel's shell would put on the wire."""

    def send(self, stream, msg_or_type, content=None, parent=None, ident=None, **_):
        if isinstance(msg_or_type, dict):
            msg_or_type, content = msg_or_type["header"]["msg_type"], msg_or_type["content"]
        flush()
        _report(msg_or_type, content)


class _Shell(ZMQInteractiveShell):
    """ipykernel's shell without what needs a kernel or a terminal: event loops of windows, terminals for commands."""

    def enable_gui(self, gui=None):
        pass

    def system_piped(self, cmd):
        command = self.var_expand(cmd, depth=1)
        ends = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
        with subprocess.Popen(command, shell=True, text=True, errors="replace", **ends) as process:
            for line in process.stdout:
                sys.stdout.write(line)
        self.user_ns["_exit_code"] = process.returncode

    system = system_piped

    def transform_cell(self, raw_cell):
        """Return a cell as Python. What is Python already IPython leaves alone, but takes milliseconds to see."""
        if "\n" in raw_cell.strip() and not _CHANGED.search(raw_cell) and self._transformers() == self._usual:
            with contextlib.suppress(SyntaxError, ValueError, RecursionError, MemoryError):
                ast.parse(raw_cell)
                return raw_cell if raw_cell.endswith("\n") else f"{raw_cell}\n"
        return super().transform_cell(raw_cell)

    def _transformers(self):
        own = self.input_transformer_manager
        return own.cleanup_transforms + own.line_transforms + own.token_transformers + self.input_transformers_post

    def _format_exception_for_storage(self, *_, **__):
        """Keep no second copy of a traceback for a history that nobody reads: making it costs as much as the first."""
        return {}


# What IPython may change though it is Python: space at the top, and what looks like a prompt. And backslashes of which
# Python warns: once more here would be once too often.
_CHANGED = re.compile(r"""\A\s|>>>|\.\.\.:|In ?\[|\\[^\n\\'"abfnrtvxNuU0-7]""")


class _Compiler(XCachingCompiler):
    """Names a cell's code by its text alone, so that both sides of the wall give it the same name."""

    def get_code_name(self, raw_code, code, number):
        name = f"/tmp/ipykernel/{_murmur2(raw_code)}.py"
        inspect.modulesbyfile[name] = "__main__"  # else each traceback looks through all modules, torch has thousands
        return name


def _murmur2(text):
    """Return what ipykernel's murmur2_x86 does, the hash that names cells, in a tenth of the time."""
    m, data = 0x5BD1E995, text.encode()
    h = get_tmp_hash_seed() ^ len(data)
    words = np.frombuffer(data, "<u4", len(data) // 4) * np.uint32(m)
    words ^= words >> np.uint32(24)
    words *= np.uint32(m)
    for word in words.tolist():
        h = h * m & 0xFFFFFFFF ^ word
    if rest := data[4 * len(words) :]:
        h = (h ^ int.from_bytes(rest, "little")) * m & 0xFFFFFFFF
    h = (h ^ h >> 13) * m & 0xFFFFFFFF
    return h ^ h >> 15


class _Stream(io.TextIOBase):
    """sys.stdout or sys.stderr of the cells. What is written in small pieces is reported in one, stdout first."""

    encoding, errors = "utf-8", "backslashreplace"

    def __init__(self, name, number):
        self.name, self._number, self._parts, self._size = f"<{name}>", number, [], 0
        self._stream = name

    def write(self, text):
        if not isinstance(text, str):
            raise TypeError(f"write() argument must be str, not {type(text).__name__}")
        self._parts.append(text)
        self._size += len(text)
        if self._size > 100_000:
            self.give()
        return len(text)

    def give(self):
        if self._parts:
            text = "".join(self._parts)
            self._parts, self._size = [], 0
            _report("stream", {"name": self._stream, "text": text})

    flush = give

    def writable(self):
        return True

    def fileno(self):
        return self._number


_streams = [_Stream("stdout", 1), _Stream("stderr", 2)]
_report = None


def flush():
    """Report what has been written so far."""
    for stream in _streams:
        stream.give()


def make():
    """Return the shell, a new one that has run nothing; to be called once, before the process is forked."""
    os.environ.setdefault("MPLBACKEND", "module://matplotlib_inline.backend_inline")
    config = Config()
    config.HistoryManager.enabled = False  # it would start a thread and write a file
    config.IPKernelApp = Config()  # so that tqdm knows that this is a notebook
    HistoryManager.enabled = False
    shell = _Shell.instance(config=config, compiler_class=_Compiler)
    shell._usual = shell._transformers()
    shell.displayhook.session = shell.display_pub.session = _Outputs()
    try:  # what the first traceback imports is then there for all
        exec(compile("1 / 0", shell.compile.cache("1 / 0"), "exec"))
    except ZeroDivisionError:
        shell.InteractiveTB.structured_traceback(*sys.exc_info())
    return shell


def report_to(function):
    """Send all output to ``function(type, content)`` from now on, types and contents as in Jupyter's messages."""
    global _report
    _report = function
    sys.stdout, sys.stderr = _streams


def run(shell, source, count):
    """Run a cell as the one with the number ``count``; return whether it came to its end without an error."""
    shell.execution_count = count
    signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        return shell.run_cell(source, store_history=True).success
    except KeyboardInterrupt:  # it came when the cell had just ended
        return False
    finally:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        flush()
