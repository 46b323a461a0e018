# tries: to write into the course, the package and the interpreter
# %% task-1a
import os

import course_pkg
import numpy

for path in (
    os.path.join(COURSE, "owned"),
    os.path.join(COURSE, "solutions", "owned"),
    os.path.join(COURSE, "gradebook.db"),
    course_pkg.__file__,
    numpy.__file__,
    "/etc/owned",
    "/usr/owned",
    "/owned",
):
    try:
        open(path, "w").write("owned")
        print("LEAK", path)
    except OSError:
        pass
    try:
        os.remove(path)
        print("LEAK", path)
    except OSError:
        pass
