# tries: to reach outside through links and open folders
# %% task-1a
import os

for target in (COURSE, "/", "/root", "/proc/1/root", "/proc/self/root" + COURSE):
    try:
        os.symlink(target, "link")
        print("LEAK", [name for name in os.listdir("link") if name.endswith(".db")] or "")
        os.chdir(target)
        for name in ("gradebook.db", "solutions"):
            if os.path.exists(name):
                print("LEAK", name)
    except OSError:
        pass
    finally:
        os.chdir(os.environ["HOME"])
        if os.path.lexists("link"):
            os.remove("link")
