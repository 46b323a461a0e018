# tries: to change the outcome when the process ends
# %% first
import atexit
import os
import threading

atexit.register(lambda: os.write(1, b"LEAK"))
threading._register_atexit(lambda: os.write(1, b"LEAK"))
