# tries: to leave processes behind that outlive the grading
# %% task-1a
import os
import subprocess
import sys

for _ in range(3):
    subprocess.Popen([sys.executable, "-c", "import time; time.sleep(1234)"], start_new_session=True)
if os.fork() == 0:
    if os.fork() == 0:
        os.setsid()
        os.execv(sys.executable, [sys.executable, "-c", "import time; time.sleep(1234)"])
    os._exit(0)
