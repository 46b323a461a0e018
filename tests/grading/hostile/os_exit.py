# tries: to end the process in the middle of a cell
# %% task-1a
import os

os._exit(0)
