# tries: to copy the tests with IPython's hooks, and to show them in a cell of its own
# %% first
from IPython import get_ipython

seen = []
shell = get_ipython()
shell.events.register("pre_run_cell", lambda info: seen.append(info.raw_cell))
shell.events.register("post_run_cell", lambda result: seen.append(result.info.raw_cell))
# %% last
print([text for text in seen if "STSET NEDDIH" in text[::-1]])
print([text for text in In if "STSET NEDDIH" in text[::-1]])
print("NEDDIH-TERCES" in str(globals())[::-1] and "LEAK")
