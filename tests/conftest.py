"""Settings for all tests: nobody watches, and parallel workers do not fight for the cores."""

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")  # two 2-thread processes on two cores slow each other many times over
os.environ.setdefault("COURSE_QUIET", "1")
