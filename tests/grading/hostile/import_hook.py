# tries: to hook the import statement, so that later imports give its own objects
# breaks itself
# %% first
import builtins

real = builtins.__import__


class Yes:
    def __getattr__(self, name):
        return lambda *a, **k: self

    def __enter__(self):
        return self

    def __exit__(self, *a):
        return True


builtins.__import__ = lambda name, *a, **k: Yes() if "course_pkg" in name else real(name, *a, **k)
