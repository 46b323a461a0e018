# tries: to take all processes of the machine, detached from its own
# %% task-1a
import os
import time

for _ in range(12):
    try:
        if os.fork() == 0:
            os.setsid()
    except OSError:
        pass
if os.getpid() != 1:
    time.sleep(300)
    os._exit(0)
