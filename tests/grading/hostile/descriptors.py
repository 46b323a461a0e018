# tries: to use whatever file descriptors were left open, to forge answers or to read the grader's
# breaks itself
# %% task-1a
import os
import struct

for fd in range(3, 200):
    for data in (b"d\x00\x00\x00\x00", struct.pack(">cI", b"r", 9) + b"123456789", b"\xff" * 100):
        try:
            os.write(fd, data)
        except OSError:
            pass
