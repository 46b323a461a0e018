# tries: to attach to other processes, load kernel code, mount, and become root
# %% task-1a
import ctypes
import os

libc = ctypes.CDLL(None, use_errno=True)
calls = {"ptrace": 101, "process_vm_readv": 310, "mount": 165, "unshare": 272, "bpf": 321, "keyctl": 250}
for name, number in calls.items():
    if libc.syscall(number, 16, os.getppid() or 2, 0, 0) == 0:
        print("LEAK", name)
for name, call in (("setuid", lambda: os.setuid(0)), ("chroot", lambda: os.chroot("/tmp"))):
    try:
        call()
        print("LEAK", name)
    except OSError:
        pass
if libc.unshare(0x10000000) == 0:
    print("LEAK user namespace")
