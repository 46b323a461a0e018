# tries: to read the memory, the arguments and the files of other processes
# %% task-1a
import glob
import os

for path in glob.glob("/proc/[0-9]*"):
    if int(path[6:]) == os.getpid():
        continue
    for name in ("cmdline", "environ", "mem", "cwd", "root"):
        try:
            print("LEAK", path, name, open(f"{path}/{name}", "rb").read(100))
        except OSError:
            pass
