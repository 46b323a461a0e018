# tries: to drown the notebook in output, through Python and past it
# %% task-1a
import os

for _ in range(400):
    print("x" * 100_000)
for _ in range(400):
    os.write(1, b"y" * 100_000)
for i in range(20_000):
    display(i)
