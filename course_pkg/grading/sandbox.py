"""The wall around a process that runs other people's code, made of what Linux offers without root and without Docker.

Promise: a process inside sees no file but the ones in ``readable`` and its own scratch folder, reaches no network and
no process outside, gains no rights, and cannot take more than its :class:`Limits`. When its guardian goes, it goes.

Each part works alone, and what one lets through another stops:

- namespaces (user, mount, PID, network, IPC, UTS): an own root of read-only binds and one small tmpfs, own process
  numbers, a network without devices;
- Landlock: which files may be opened, no signals and no abstract sockets to the outside, no TCP;
- a seccomp filter: no ptrace, no mounts, no new namespaces, no sockets but local ones, no memory that nobody counts;
- resource limits, no_new_privs, no capabilities, another user when started by root.

:func:`look` finds out once what this host has. Where namespaces and Landlock are both missing, bubblewrap is the second
choice: installed setuid, or allowed by name, it can make the namespaces that we may not. It starts a new program, which
has to import everything first, so a process is there after seconds; the filter and the limits are then ours as before.
"""

import contextlib
import ctypes
import errno
import functools
import json
import os
import platform
import resource
import select
import shutil
import signal
import socket
import stat
import struct
import sys
import sysconfig
import tempfile
import time
import traceback
from dataclasses import asdict, dataclass, replace
from pathlib import Path

MiB = 2**20
HOME = "/home/student"  # the scratch folder, inside
_SCRATCH = (HOME, "/tmp", "/dev/shm")  # all that can be written
_FILES = 20_000  # that may lie there
_DEVICES = ("/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom")


@dataclass(frozen=True)
class Limits:
    """What one submission may take; sizes in bytes, times in seconds."""

    memory: int = 3072 * MiB  # of all its processes together, beyond the libraries that are loaded already
    cpu: int = 600  # of each process
    processes: int = 64  # and threads
    open_files: int = 256
    file_size: int = 256 * MiB
    scratch: int = 512 * MiB  # the folder, /tmp and /dev/shm together
    output: int = 4 * MiB  # of one cell
    message: int = 256 * MiB  # one value that a test gives or gets


class NoSandbox(RuntimeError):
    """This host offers too little to run other people's code."""


# --- what this host has ---


@dataclass(frozen=True)
class Host:
    """What a host offers: ``namespaces`` and ``seccomp`` work, ``landlock`` is its version (0 for none).

    ``bubblewrap`` is the path of a bwrap that works, where it is needed; "" for none.
    """

    system: str
    namespaces: bool = False
    landlock: int = 0
    seccomp: bool = False
    bubblewrap: str = ""

    @property
    def enough(self):
        """Whether files, network and other processes can be shut out: a filter, and one of the other three."""
        return self.seccomp and (self.namespaces or self.landlock >= 1 or self.bubblewrap != "")

    def __str__(self):
        parts = [
            ("namespaces", self.namespaces),
            (f"Landlock {self.landlock}", self.landlock),
            ("seccomp", self.seccomp),
            ("bubblewrap", self.bubblewrap),
        ]
        have = ", ".join(name for name, there in parts if there)
        if self.enough:
            return f"sandbox: {have}"
        hint = "; a bubblewrap (bwrap) that works here would do" if self.seccomp else ""
        return f"no sandbox on this host ({self.system}: {have or 'none of namespaces, Landlock, seccomp'}){hint}"


@functools.cache
def look():
    """Find out, in a process that ends at once, what this host offers; return a :class:`Host`."""
    system = f"{platform.system()} {platform.machine()}"
    if not sys.platform.startswith("linux"):
        return Host(system)
    host = Host(
        system,
        namespaces=_works(_try_namespaces),
        landlock=_landlock_version(),
        seccomp=platform.machine() in _ARCHITECTURES and _works(lambda: (_no_new_privs(), _filter(isolated=True))),
    )
    return host if host.enough or not host.seccomp else replace(host, bubblewrap=_find_bubblewrap())


def _works(attempt):
    pid = os.fork()
    if pid == 0:
        try:
            attempt()
            os._exit(0)
        except BaseException:
            os._exit(1)
    return os.waitpid(pid, 0)[1] == 0


def _try_namespaces():
    _unshare_all()
    pid = os.fork()
    if pid == 0:
        try:
            _own_root(readable_paths(), MiB, os.geteuid())
            os._exit(0)
        except BaseException:
            os._exit(1)
    if os.waitpid(pid, 0)[1]:
        raise OSError


def _find_bubblewrap():
    path = shutil.which("bwrap")
    return path if path and _works(lambda: _try_bubblewrap(path)) else ""


def _try_bubblewrap(path):
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
    enter = "import sys; from course_pkg.grading import sandbox; sandbox.enter_bubble(sys.argv[-1])"
    host, paths = Host("", bubblewrap=path), readable_paths()
    _exec_bubblewrap([sys.executable, "-c", enter], Limits(), host, paths, _spare_user(host, paths))


def readable_paths(*more):
    """Return the folders and files that Python, its libraries and this package need, none of them inside another."""
    package = Path(__file__).resolve().parents[1]
    paths = [sys.prefix, sys.base_prefix, sysconfig.get_path("stdlib"), *sysconfig.get_paths().values(), package, *more]
    paths += ["/usr", "/lib", "/lib64", "/lib32", "/bin", "/etc/ld.so.cache", "/etc/localtime", "/etc/fonts"]
    paths += ["/etc/alternatives", "/etc/mime.types"]
    found = {os.path.normpath(path) for path in paths if os.path.lexists(path)}
    return sorted(path for path in found if not any(path.startswith(f"{other}/") for other in found))


# --- entering ---


def run(main, limits, host, control, keep=(), readable=None):
    """Run ``main()`` in a new sandboxed process and guard it; called in a process forked for this, never returns.

    With bubblewrap ``main`` is a command: a list of words, of a program that calls :func:`enter_bubble`.
    ``control`` is a socket to the one who decides: b"i" interrupts the process, b"k" and a process number (as seen
    inside) kills that one and its children, b"c" and process numbers kills all but the first and these, b"q" or the end
    of the other side kills all. When the process has ended,
    one byte says why: b"x" by itself, b"m" too much memory. ``keep`` are the file descriptors to leave open for it.
    """
    readable = readable if readable is not None else readable_paths()
    _prctl(36, 1)  # PR_SET_CHILD_SUBREAPER: orphans come to the guardian where there is no PID namespace
    user = _spare_user(host, readable)
    if not host.namespaces:  # then the kernel counts all that this user has
        limits = replace(limits, processes=limits.processes + _threads(user))
    # Without a mount namespace, the scratch folder is an ordinary one, which only Landlock opens.
    scratch = None if host.namespaces or host.bubblewrap else tempfile.mkdtemp(prefix="grading-")
    if host.namespaces:
        _unshare_all()
    pid = os.fork()
    if pid:
        _guard(pid, limits, control, scratch, bubble=host.bubblewrap != "")
    try:
        os.setsid()
        _close_all_but({0, 1, 2, *keep})
        with contextlib.suppress(OSError), open("/proc/self/oom_score_adj", "w") as file:
            file.write("1000")  # where memory ends, this goes first
        if host.bubblewrap:
            _exec_bubblewrap(main, limits, host, readable, user, keep)
        if host.enough:
            _enter(limits, host, readable, user, scratch)
        else:
            os.chdir(scratch)
        main()
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(1)


def _enter(limits, host, readable, user, scratch):
    if host.namespaces:
        _own_root(readable, limits.scratch, user)
    else:
        os.environ["HOME"] = os.environ["TMPDIR"] = scratch
        os.chown(scratch, user, -1)
        os.chdir(scratch)
    _give_up_rights(user, limits)
    if host.landlock:
        _landlock(host.landlock, readable, _SCRATCH if host.namespaces else [scratch])
    _filter(isolated=host.namespaces)


def _give_up_rights(user, limits):
    if user != os.geteuid():
        os.setgroups([])
        os.setresgid(user, user, user)
        os.setresuid(user, user, user)
        _prctl(4, 1)  # PR_SET_DUMPABLE: a process may look at itself
    _prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG
    _resource_limits(limits)
    _drop_capabilities()
    _no_new_privs()


def _exec_bubblewrap(command, limits, host, readable, user, keep=()):
    """Become bubblewrap, with ``command`` inside; one more argument at its end is for :func:`enter_bubble`."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # as it is in the warm parent
    for fd in keep:
        os.set_inheritable(fd, True)
    # No --unshare-user: who needs it gets it unasked; one that a setuid bwrap makes, the guardian could not see into.
    words = ["--unshare-pid", "--unshare-net", "--unshare-ipc", "--unshare-uts", "--as-pid-1", "--die-with-parent"]
    words += ["--new-session", "--cap-drop", "ALL"]
    if os.geteuid() == 0:  # for enter_bubble
        words += [word for name in ("SETUID", "SETGID", "CHOWN") for word in ("--cap-add", f"CAP_{name}")]
    words += [word for folder in _SCRATCH for word in ("--tmpfs", folder)]  # its --size is not for a setuid bwrap
    parents = {str(folder) for path in readable for folder in Path(path).parents}
    words += [word for folder in sorted(parents) for word in ("--dir", folder)]  # else they are root's alone
    words += [word for path in readable for word in ("--ro-bind", path, path)]
    words += [word for path in _DEVICES for word in ("--dev-bind", path, path)]
    words += ["--proc", "/proc", "--symlink", "/proc/self/fd", "/dev/fd", "--remount-ro", "/"]
    words += ["--chdir", str(Path(__file__).resolve().parents[2])]
    os.execv(host.bubblewrap, [host.bubblewrap, *words, *command, json.dumps([user, asdict(limits)])])


def enter_bubble(text):
    """Do what bubblewrap does not; called in the program inside with its last argument, before others' code runs."""
    user, limits = json.loads(text)
    for folder in _SCRATCH:
        os.chown(folder, user, -1)
    os.environ["HOME"] = HOME
    os.chdir(HOME)
    _give_up_rights(user, Limits(**limits))
    _filter(isolated=True)


def _spare_user(host, readable):
    """Return whom the process shall be: ourselves, or where we are root, a user that nobody else is.

    Without a mount namespace root stays root, though without its powers, where others may not read the libraries.
    """
    if os.geteuid() or not (host.namespaces or host.bubblewrap or all(map(_others_may_read, readable))):
        return os.geteuid()
    return 1_000_000_000 + os.getpid()


def _others_may_read(path):
    folders = Path(os.path.realpath(path)).parents
    return bool(os.stat(path).st_mode & stat.S_IROTH) and all(f.stat().st_mode & stat.S_IXOTH for f in folders)


def _close_all_but(keep):
    start = 0
    for fd in [*sorted(keep), os.sysconf("SC_OPEN_MAX")]:
        if start < fd:  # an empty range would close everything
            os.closerange(start, fd)
        start = fd + 1


# --- the guardian ---


def _guard(pid, limits, control, scratch, bubble):
    """Wait for the process and for orders; look after the memory; leave nothing behind."""
    base = 0 if bubble else _memory(pid, exact=False)
    end = b"x"
    died = os.pidfd_open(pid)
    _close_all_but({2, control.fileno(), died})
    poll = select.poll()
    poll.register(control, select.POLLIN)
    poll.register(died, select.POLLIN)
    while True:
        ready = dict(poll.poll(250))
        first = (_children(pid) or [pid])[0] if bubble else pid  # bubblewrap stays outside, what it starts is inside
        if died in ready:
            break
        if control.fileno() in ready:
            order = control.recv(2**14)
            if order[:1] == b"i":
                _kill(first, signal.SIGINT)
            elif order[:1] == b"k":
                _kill_inside(first, {int(order[1:])})
            elif order[:1] == b"c":
                _clear_inside(first, {int(number) for number in order[1:].split()})
            else:
                break
        elif bubble and _is_loading(first):
            base = _memory(first, exact=False)
        elif _too_much(pid, base, limits.memory) or (bubble and _is_full(first, limits.scratch)):
            end = b"m"
            break
    _kill_tree(pid)
    if scratch:
        shutil.rmtree(scratch, ignore_errors=True)
    with contextlib.suppress(OSError):
        control.send(end)
    os._exit(0)


def _children(pid):
    try:
        return [
            int(p)
            for task in os.listdir(f"/proc/{pid}/task")
            for p in _read(f"/proc/{pid}/task/{task}/children").split()
        ]
    except OSError:
        return []


def _tree(pid):
    found = [pid]
    for parent in found:
        found += _children(parent)
    return found


def _read(path):
    with open(path, "rb") as file:
        return file.read().decode()


def _kill(pid, number=signal.SIGKILL):
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, number)


def _kill_tree(pid):
    """Kill a child and all below it; the kernel ends a PID namespace with its first process."""
    tree = _tree(pid)
    for process in tree:
        _kill(process)
    with contextlib.suppress(ChildProcessError):
        os.waitpid(pid, 0)
    end = time.monotonic() + 5
    while time.monotonic() < end:  # orphans that came to us: only where there is no PID namespace
        orphans = _children(os.getpid())
        if not orphans:
            return
        for process in orphans:
            _kill_tree(process)


def _number_inside(pid):
    """Return the number that a process has in its own namespace, 0 for one that is gone."""
    try:
        return int(_read(f"/proc/{pid}/status").split("NSpid:", 1)[1].split("\n", 1)[0].split()[-1])
    except (OSError, IndexError):
        return 0


def _kill_inside(pid, numbers):
    """Kill the processes that have these numbers inside, and all below them; not the first one."""
    for process in _tree(pid)[1:]:
        if _number_inside(process) in numbers:
            for each in _tree(process):
                _kill(each)


def _clear_inside(pid, keep):
    """Kill all processes but the first and those with these numbers; what forks faster than that stays."""
    for _ in range(5):
        others = [process for process in _tree(pid)[1:] if _number_inside(process) not in keep]
        if not others:
            return
        for process in others:
            _kill(process)
        time.sleep(0.01)


def _memory(pid, exact):
    """Return the bytes of a process that no other file backs; exactly, a page that n processes share counts 1/n."""
    with contextlib.suppress(OSError):  # a process can close this to all but root; then it counts inexactly
        if exact:
            lines = _read(f"/proc/{pid}/smaps_rollup").splitlines()
            return sum(int(line.split()[1]) for line in lines if line.startswith(("Pss_Anon", "Pss_Shmem"))) * 1024
    try:
        return int(_read(f"/proc/{pid}/status").split("RssAnon:", 1)[1].split(None, 1)[0]) * 1024
    except (OSError, IndexError, ValueError):
        return 0


def _too_much(pid, base, allowed):
    tree = _tree(pid)
    # A forked process shares most of its pages, so this is too high: a cheap look that mostly ends it.
    if sum(max(0, _memory(process, exact=False) - base) for process in tree) < allowed:
        return False
    return sum(_memory(process, exact=True) for process in tree) > allowed + base


def _is_loading(pid):
    """Return whether a process behind bubblewrap still imports its libraries: it has no filter yet but our own ones."""
    try:
        return _filters(pid) == _filters("self")
    except OSError:
        return False


def _filters(pid):
    return [line for line in _read(f"/proc/{pid}/status").splitlines() if line.startswith("Seccomp")]


def _is_full(pid, size):
    """Return whether the scratch folders behind bubblewrap, which sets them no limit, hold too much."""
    try:
        there = [os.statvfs(f"/proc/{pid}/root{folder}") for folder in _SCRATCH]
    except OSError as error:
        return error.errno == errno.EACCES  # it hides from us; else it has just ended
    used, files = (sum(s.f_blocks - s.f_bfree for s in there), sum(s.f_files - s.f_ffree for s in there))
    return used * there[0].f_frsize > size or files > _FILES


def _threads(user):
    """Return how many threads a user has."""
    total = 0
    for pid in filter(str.isdigit, os.listdir("/proc")):
        with contextlib.suppress(OSError):
            if os.stat(f"/proc/{pid}").st_uid == user:
                total += len(os.listdir(f"/proc/{pid}/task"))
    return total


# --- the parts of the wall ---


@functools.cache
def _libc():
    return ctypes.CDLL(None, use_errno=True)


def _call(name, *arguments):
    result = getattr(_libc(), name)(*arguments)
    if result == -1:
        number = ctypes.get_errno()
        raise OSError(number, f"{name}: {os.strerror(number)}")
    return result


def _syscall(number, *arguments):
    return _call("syscall", ctypes.c_long(number), *arguments)


def _prctl(option, value, *more):
    return _call("prctl", option, ctypes.c_ulong(value), *(more or (0, 0, 0)))


def _no_new_privs():
    _prctl(38, 1)  # PR_SET_NO_NEW_PRIVS


NEWNS, NEWUTS, NEWIPC, NEWUSER, NEWPID, NEWNET = 0x20000, 0x4000000, 0x8000000, 0x10000000, 0x20000000, 0x40000000
NEWCGROUP, NEWTIME = 0x2000000, 0x80


def _unshare_all():
    """Leave for new namespaces; the next fork is process 1 in its own."""
    uid, gid = os.geteuid(), os.getegid()
    rest = NEWPID | NEWNET | NEWIPC | NEWUTS
    if uid == 0:
        with contextlib.suppress(PermissionError):  # root without its rights, in a container
            return _call("unshare", rest)
    _call("unshare", NEWUSER | rest)
    for name, text in [("setgroups", "deny"), ("uid_map", f"{uid} {uid} 1"), ("gid_map", f"{gid} {gid} 1")]:
        Path("/proc/self", name).write_text(text)
    return None


_BIND, _REC, _PRIVATE, _NOSUID, _NODEV, _NOEXEC = 0x1000, 0x4000, 0x40000, 2, 4, 8
_MOUNT_SETATTR, _PIVOT_ROOT = 442, {"x86_64": 155, "aarch64": 41}


def _mount(source, target, kind=None, flags=0, data=None):
    _call("mount", *(text.encode() if text else None for text in (source, target, kind)), ctypes.c_ulong(flags), data)


def _own_root(readable, size, user):
    """Build a root of read-only binds on a tmpfs of ``size`` bytes, go there, and leave the old one behind."""
    _call("unshare", NEWNS)
    _mount(None, "/", flags=_REC | _PRIVATE)
    # The new root lies on /proc for a moment: a folder that every host has and that holds nothing we need.
    root = "/proc"
    _mount(
        "scratch",
        root,
        "tmpfs",
        _NOSUID | _NODEV,
        f"size={size},nr_inodes={_FILES},mode=755,uid={user},gid={user}".encode(),
    )
    for folder in (*_SCRATCH, "/proc"):
        os.makedirs(root + folder)
    for folder in _SCRATCH:
        os.chown(root + folder, user, -1)
    for path in [*readable, *_DEVICES]:
        _show(path, root)
    # Not where a container hides parts of its own /proc; and who is not root may only while the old one is still there.
    with contextlib.suppress(OSError):
        _mount("proc", f"{root}/proc", "proc", _NOSUID | _NODEV | _NOEXEC)
    os.chdir(root)
    _syscall(_PIVOT_ROOT[platform.machine()], b".", b".")
    _call("umount2", b".", 2)  # MNT_DETACH
    os.chdir("/")
    os.symlink("/proc/self/fd", "/dev/fd")
    os.environ["HOME"] = HOME
    os.chdir(HOME)


def _show(path, root):
    """Make ``path`` appear at the same place below ``root``, read-only."""
    target = root + path
    if os.path.lexists(target):
        return
    os.makedirs(os.path.dirname(target), exist_ok=True)
    if os.path.islink(path):
        real = os.path.realpath(path)
        os.symlink(real, target)
        if os.path.exists(real):
            _show(real, root)
        return
    if os.path.isdir(path):
        os.mkdir(target)
    else:
        os.close(os.open(target, os.O_CREAT | os.O_WRONLY, 0o600))
    _mount(path, target, flags=_BIND | _REC)
    if not path.startswith("/dev/"):
        attributes = struct.pack("QQQQ", 1 | 2 | 4, 0, 0, 0)  # read-only, nosuid, nodev
        _syscall(_MOUNT_SETATTR, -100, target.encode(), 0x8000, attributes, ctypes.c_size_t(len(attributes)))


def _resource_limits(limits):
    pages = int(_read("/proc/self/statm").split()[0]) if os.path.exists("/proc/self/statm") else 2**19
    space = pages * resource.getpagesize() + limits.memory
    for name, value in [
        ("AS", space),
        ("CPU", limits.cpu),
        ("NPROC", limits.processes),
        ("NOFILE", limits.open_files),
        ("FSIZE", limits.file_size),
        ("CORE", 0),
        ("MEMLOCK", 0),
        ("MSGQUEUE", 0),
    ]:
        kind = getattr(resource, f"RLIMIT_{name}")
        hard = resource.getrlimit(kind)[1]
        value = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(kind, (value, value))


def _drop_capabilities():
    header = struct.pack("II", 0x20080522, 0)
    _call("capset", header, bytes(24))


_LANDLOCK_CREATE, _LANDLOCK_ADD, _LANDLOCK_RESTRICT = 444, 445, 446
_READ = 1 | 4 | 8  # execute, read a file, list a folder


def _landlock_version():
    try:
        return _syscall(_LANDLOCK_CREATE, None, ctypes.c_size_t(0), 1)
    except OSError:
        return 0


def _landlock(version, readable, writable):
    """Let only ``readable`` be read and ``writable`` be changed; no TCP, no signal or abstract socket leads outside."""
    rights = (1 << {1: 13, 2: 14, 3: 15, 4: 15}.get(version, 16)) - 1
    network, scopes = (3 if version >= 4 else 0), (3 if version >= 6 else 0)
    attributes = struct.pack("QQQ", rights, network, scopes)[: 8 if version < 4 else 16 if version < 6 else 24]
    rules = _syscall(_LANDLOCK_CREATE, attributes, ctypes.c_size_t(len(attributes)), 0)
    files = rights & (1 | 2 | 4 | 1 << 14 | 1 << 15)  # the rights that a file can have
    wanted = [(path, _READ) for path in [*readable, "/proc"]] + [(path, rights) for path in writable]
    wanted += [(path, 2 | 4) for path in _DEVICES]
    for path, allowed in wanted:
        try:
            fd = os.open(path, os.O_PATH | os.O_CLOEXEC)
        except OSError:
            continue
        allowed &= rights if stat.S_ISDIR(os.fstat(fd).st_mode) else files
        _syscall(_LANDLOCK_ADD, rules, 1, struct.pack("=Qi", allowed, fd), 0)
        os.close(fd)
    _syscall(_LANDLOCK_RESTRICT, rules, 0)
    os.close(rules)


# --- the filter on system calls ---

_ARCHITECTURES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
_SYSCALLS = {  # name: number on x86_64, on aarch64
    "acct": (163, 89), "add_key": (248, 217), "adjtimex": (159, 171), "bpf": (321, 280), "chroot": (161, 51),
    "clock_adjtime": (305, 266), "clock_settime": (227, 112), "delete_module": (176, 106), "fanotify_init": (300, 262),
    "finit_module": (313, 273), "fsconfig": (431, 431), "fsmount": (432, 432), "fsopen": (430, 430),
    "fspick": (433, 433), "init_module": (175, 105), "io_uring_enter": (426, 426), "io_uring_register": (427, 427),
    "io_uring_setup": (425, 425), "kcmp": (312, 272), "kexec_file_load": (320, 294), "kexec_load": (246, 104),
    "keyctl": (250, 219), "memfd_create": (319, 279), "memfd_secret": (447, 447), "mount": (165, 40),
    "mount_setattr": (442, 442), "move_mount": (429, 429), "msgget": (68, 186), "name_to_handle_at": (303, 264),
    "open_by_handle_at": (304, 265), "open_tree": (428, 428), "perf_event_open": (298, 241),
    "pidfd_getfd": (438, 438), "pivot_root": (155, 41), "process_madvise": (440, 440),
    "process_vm_readv": (310, 270), "process_vm_writev": (311, 271), "ptrace": (101, 117), "quotactl": (179, 60),
    "reboot": (169, 142), "request_key": (249, 218), "semget": (64, 190), "setdomainname": (171, 162),
    "sethostname": (170, 161), "setns": (308, 268), "settimeofday": (164, 170), "shmget": (29, 194),
    "swapoff": (168, 225), "swapon": (167, 224), "syslog": (103, 116), "umount2": (166, 39), "unshare": (272, 97),
    "userfaultfd": (323, 282), "vhangup": (153, 58),
}  # fmt: skip
_CHECKED = {
    "clone": (56, 220), "clone3": (435, 435), "ioctl": (16, 29), "kill": (62, 129), "pidfd_send_signal": (424, 424),
    "prctl": (157, 167), "socket": (41, 198), "tgkill": (234, 131), "tkill": (200, 130),
}  # fmt: skip
_ALLOW, _KILL, _ERROR = 0x7FFF0000, 0x80000000, 0x50000
_LOAD, _EQUAL, _ANY_BIT, _AT_LEAST, _RETURN = 0x20, 0x15, 0x45, 0x35, 0x06
_NUMBER, _ARCHITECTURE, _ARGUMENTS = 0, 4, 16


def _filter(isolated):
    """Refuse the system calls above for good; ``isolated``: in namespaces, where local sockets and signals are safe."""
    column = list(_ARCHITECTURES).index(platform.machine())
    program = [(_LOAD, 0, 0, _ARCHITECTURE), (_EQUAL, 1, 0, _ARCHITECTURES[platform.machine()]), (_RETURN, 0, 0, _KILL)]
    program += [(_LOAD, 0, 0, _NUMBER)]
    if platform.machine() == "x86_64":  # the x32 calls have numbers of their own
        program += [(_AT_LEAST, 0, 1, 0x40000000), (_RETURN, 0, 0, _ERROR | errno.EPERM)]

    def refuse(number, error=errno.EPERM):
        program.extend([(_EQUAL, 0, 1, number), (_RETURN, 0, 0, _ERROR | error)])

    def check(name, argument, test, value, error=errno.EPERM, allow_if=False):
        yes, no = (_ALLOW, _ERROR | error) if allow_if else (_ERROR | error, _ALLOW)
        program.extend([(_EQUAL, 0, 4, _CHECKED[name][column]), (_LOAD, 0, 0, _ARGUMENTS + 8 * argument)])
        program.extend([(test, 0, 1, value), (_RETURN, 0, 0, yes), (_RETURN, 0, 0, no)])

    for numbers in _SYSCALLS.values():
        refuse(numbers[column])
    refuse(_CHECKED["clone3"][column], errno.ENOSYS)  # its flags lie in memory, out of reach; libc falls back to clone
    check("clone", 0, _ANY_BIT, NEWNS | NEWUTS | NEWIPC | NEWUSER | NEWPID | NEWNET | NEWCGROUP | NEWTIME)
    check("prctl", 0, _EQUAL, 1)  # PR_SET_PDEATHSIG stays as it is
    check("ioctl", 1, _EQUAL, 0x5412)  # TIOCSTI types into a terminal
    if isolated:
        check("socket", 0, _EQUAL, socket.AF_UNIX, errno.EAFNOSUPPORT, allow_if=True)
    else:
        for name in ("socket", "tkill", "pidfd_send_signal"):
            refuse(_CHECKED[name][column])
        for name in ("kill", "tgkill"):
            check(name, 0, _EQUAL, os.getpid(), allow_if=True)
    program.append((_RETURN, 0, 0, _ALLOW))
    code = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *line) for line in program))
    _prctl(22, 2, ctypes.create_string_buffer(struct.pack("HxxxxxxQ", len(program), ctypes.addressof(code))), 0, 0)
