# tries: to displace stdout and IPython's error display, so that no failure is seen
# breaks itself
# %% first
import io
import sys

from IPython import get_ipython

sys.stdout = sys.stderr = io.StringIO()
get_ipython().showtraceback = get_ipython()._showtraceback = lambda *a, **k: None
sys.excepthook = lambda *a: None
get_ipython().run_cell = lambda *a, **k: None
