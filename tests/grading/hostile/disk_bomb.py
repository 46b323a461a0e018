# tries: to fill the disk, through every folder that it may write to
# %% task-1a
import os

written = 0
for folder in (".", "/tmp", "/dev/shm"):
    for i in range(40):
        try:
            with open(f"{folder}/{i}", "wb") as file:
                for _ in range(16):
                    written += file.write(b"x" * 2**22)
        except OSError:
            pass
if written > 600 * 2**20:
    print("LEAK", written)
