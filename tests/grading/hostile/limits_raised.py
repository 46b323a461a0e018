# tries: to raise its own limits
# %% task-1a
import resource

for name in ("AS", "CPU", "NPROC", "NOFILE", "FSIZE"):
    kind = getattr(resource, f"RLIMIT_{name}")
    soft, hard = resource.getrlimit(kind)
    try:
        resource.setrlimit(kind, (soft + 2**20, hard + 2**20))
        print("LEAK", name)
    except (OSError, ValueError):
        pass
