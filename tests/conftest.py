"""Settings for all tests: nobody watches, parallel workers do not fight for the cores, and no test is about time."""

import os

from hypothesis import settings

os.environ.setdefault("OMP_NUM_THREADS", "1")  # two 2-thread processes on two cores slow each other many times over
os.environ.setdefault("COURSE_QUIET", "1")

settings.register_profile("course", deadline=None, derandomize=True)  # same examples each time, however busy
settings.load_profile("course")
