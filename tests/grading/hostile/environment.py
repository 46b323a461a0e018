# tries: to read secrets from the environment
# %% task-1a
import os

for name, value in os.environ.items():
    if "TOKEN" in name or "SECRET" in name:
        print("LEAK", name, value)
