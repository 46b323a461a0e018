"""How fast a class is graded: nbgrader's own autograde against ours, on the same submissions, one after the other.

    python benchmarks/grading.py [NUMBER]     submissions of problem set 1 (8): perfect, half, untouched

Prints submissions a minute, CPU seconds and peak memory for both, and every score that differs: there must be none.
"""

import os
import resource
import sys
import tempfile
import threading
import time
import warnings
from pathlib import Path

import nbformat
from nbgrader.converters import Autograde, GenerateAssignment

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from course_pkg.grading import execute
from tools import grading

SET = "ps1"


def course(folder, number, stock):
    """Return the configuration of a course with this many submissions."""
    config = grading.course(folder)
    grading.run(GenerateAssignment, config, SET)
    read = [
        nbformat.read(folder / place / SET / f"{SET}.ipynb", as_version=4) for place in ("solutions", "assignments")
    ]
    notebooks = [notebook for notebook, _ in grading.samples(*read, grading.HALF[SET]).values()]
    for i in range(number):
        path = folder / "submitted" / f"student{i:04}" / SET / f"{SET}.ipynb"
        path.parent.mkdir(parents=True)
        nbformat.write(notebooks[i % len(notebooks)], path)
    if stock:
        del config.Autograde["autograde_preprocessors"]
        config.Execute.shutdown_kernel = "immediate"  # the quickest that nbgrader itself offers
        config.Execute.timeout = 120
        config.Execute.extra_arguments = ["--log-level=ERROR"]
    return config


def cpu_seconds():
    """Return what this process and its children, the ended ones, have used."""
    usages = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)


class Memory(threading.Thread):
    """Follows the memory that this process and all below it use together, in MiB; shared pages are counted once."""

    def __init__(self):
        super().__init__(daemon=True)
        self.peak, self.going = 0, True

    def run(self):
        while self.going:
            todo, total = [os.getpid()], 0
            for pid in todo:
                try:
                    for task in os.listdir(f"/proc/{pid}/task"):
                        todo += Path(f"/proc/{pid}/task/{task}/children").read_text().split()
                    rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
                    total += int(rollup.split("\nPss:", 1)[1].split()[0])
                except (OSError, IndexError):
                    continue
            self.peak = max(self.peak, total // 1024)
            time.sleep(0.5)


def measure(number, stock):
    """Grade; return seconds, CPU seconds, peak memory and the scores."""
    with tempfile.TemporaryDirectory() as folder:
        config = course(Path(folder).resolve(), number, stock)
        memory = Memory()
        memory.start()
        cpu, begin = cpu_seconds(), time.perf_counter()
        grading.run(Autograde, config, SET)
        execute.close()  # its children count when they have ended
        seconds, cpu = time.perf_counter() - begin, cpu_seconds() - cpu
        memory.going = False
        memory.join()
        return seconds, cpu, memory.peak, grading.scores(config, SET)


def main():
    warnings.filterwarnings("ignore", module=r"nbgrader\.")
    number = int(sys.argv[1]) if len(sys.argv) > 1 else 8
    results = {}
    print(f"{number} submissions of {SET}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    print(f"{'':10}{'a minute':>10}{'CPU s each':>12}{'peak MiB':>10}")
    for name, stock in (("nbgrader", True), ("ours", False)):
        seconds, cpu, peak, scores = measure(number, stock)
        results[name] = seconds, cpu, scores
        print(f"{name:10}{60 * number / seconds:>10.1f}{cpu / number:>12.2f}{peak:>10}")
    theirs, ours = results["nbgrader"], results["ours"]
    print(f"{'ratio':10}{theirs[0] / ours[0]:>10.1f}{theirs[1] / ours[1]:>12.1f}")
    different = [
        (student, task, theirs[2][student][task], ours[2].get(student, {}).get(task))
        for student in theirs[2]
        for task in theirs[2][student]
        if theirs[2][student][task] != ours[2].get(student, {}).get(task)
    ]
    print(f"scores that differ: {len(different)}", *different, sep="\n")
    return bool(different)


if __name__ == "__main__":
    sys.exit(main())
