# tries: to take all memory, in one process and in many
# %% task-1a
import os

for _ in range(8):
    try:
        if os.fork() == 0:
            break
    except OSError:
        pass
keep = []
try:
    while True:
        keep.append(b"x" * 2**26)
except MemoryError:
    pass
if os.getpid() != 1:
    __import__("time").sleep(300)
