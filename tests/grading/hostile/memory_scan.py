# tries: to find the tests' text in the memory that the process began with
# %% task-1a
needle = b"NEDDIH-TERCES"  # backwards, so as not to find itself
found = 0
for line in open("/proc/self/maps"):
    area, rights = line.split()[:2]
    if rights.startswith("r") and ("heap" in line or line.split()[-1] == "0"):
        begin, end = (int(n, 16) for n in area.split("-"))
        try:
            with open("/proc/self/mem", "rb") as memory:
                memory.seek(begin)
                found += memory.read(min(end - begin, 2**26))[::-1].count(needle)
        except (OSError, ValueError, OverflowError):
            pass
if found:
    print("LEAK", found)
