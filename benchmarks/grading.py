"""How fast a class is graded: nbgrader's own autograde against ours, on the same submissions, in one run.

    python benchmarks/grading.py [NUMBER]         NUMBER submissions (40) of problem set 1, by both
    python benchmarks/grading.py --class NUMBER   by ours alone, after the two: a whole class

Submissions are generated: perfect, half done, untouched, and with tasks solved, wrong and left out at random. Prints
submissions a minute, CPU seconds a submission and peak memory, and every score that differs: there must be none.

On two cores (2026-11) nbgrader graded 18 a minute with 2.8 CPU seconds each, ours 143 (8.0 times as many) of 40, the
start of 4 s among them, and 173 (9.6 times) of 1,000, with 0.61 CPU seconds each and 0.7 GB in all; no score differed.
What bounds it: the last task trains networks, for about 0.5 CPU seconds, and that is the student's own code, which
nobody can skip. A submission that has nothing of its own to compute costs 0.3: 0.04 in the student's process, 0.1 in
the tests' (tracebacks, reading the digits), 0.1 to fork and end the two, 0.03 to read it, 0.02 to save it.

Measured beforehand, on a gradebook of 10,000 students with 15 grades each: `course export` takes 3.6 s (nbgrader's own
query for the same scores 55 s, and 2 s with the indexes that `course grade` adds). Saving a submission costs 0.011 to
0.015 CPU seconds, 0.022 to 0.027 the first time for a student, however large the class.
"""

import argparse
import multiprocessing
import os
import random
import resource
import sys
import tempfile
import time
import warnings
from pathlib import Path

import nbformat
from nbgrader.converters import Autograde, GenerateAssignment

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from course_pkg.grading import batch
from tools import grading

SET = "ps1"


def submissions(folder, number):
    """Yield this many notebooks, the same in each run."""
    solution, blank = (
        nbformat.read(folder / place / SET / f"{SET}.ipynb", as_version=4) for place in ("solutions", "assignments")
    )
    samples = [notebook for notebook, _ in grading.samples(solution, blank, grading.HALF[SET]).values()]
    right = grading.answers(samples[0])
    draw = random.Random(0)
    for i in range(number):
        notebook = nbformat.from_dict(samples[i] if i < len(samples) else blank)
        for name, cell in grading.answers(notebook).items() if i >= len(samples) else ():
            kind, answer = draw.choice(["right", "right", "wrong", "untouched"]), right[name].source
            if kind != "untouched":
                cell.source = answer.replace("return ", "return -", 1) if kind == "wrong" else answer
        yield notebook


def course(folder, number, stock=False):
    """Return the configuration of a course with this many submissions."""
    config = grading.course(folder)
    grading.run(GenerateAssignment, config, SET)
    for i, notebook in enumerate(submissions(folder, number)):
        path = folder / "submitted" / f"student{i:04}" / SET / f"{SET}.ipynb"
        path.parent.mkdir(parents=True)
        nbformat.write(notebook, path)
    if stock:
        del config.Autograde["autograde_preprocessors"]
        config.Execute.timeout = 120
        profile = folder / "ipython" / "profile_default"
        profile.mkdir(parents=True)
        (profile / "ipython_kernel_config.py").write_text("c.IPKernelApp.log_level = 40")  # each warns of its own port
        os.environ["IPYTHONDIR"] = str(profile.parent)
    return config


def cpu_seconds():
    """Return what this process and its children, the ended ones, have used."""
    usages = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)


def follow_memory(pid, peak):
    """Follow the MiB that a process and all below it use together; shared pages are counted once."""
    while True:
        todo, total = [pid], 0
        for each in todo:
            try:
                for task in os.listdir(f"/proc/{each}/task"):
                    children = map(int, Path(f"/proc/{each}/task/{task}/children").read_text().split())
                    todo += (child for child in children if child != os.getpid())
                total += int(Path(f"/proc/{each}/smaps_rollup").read_text().split("\nPss:", 1)[1].split()[0])
            except (OSError, IndexError):
                continue
        peak.value = max(peak.value, total // 1024)
        time.sleep(0.5)


def measure(number, stock=False):
    """Grade; return seconds, CPU seconds, peak memory and the scores."""
    with tempfile.TemporaryDirectory() as folder:
        config = course(Path(folder).resolve(), number, stock)
        peak = multiprocessing.Value("i")
        memory = multiprocessing.Process(target=follow_memory, args=(os.getpid(), peak), daemon=True)
        memory.start()
        cpu, begin = cpu_seconds(), time.perf_counter()
        if stock:
            grading.run(Autograde, config, SET)
        else:
            failed = [result for result in batch.grade(config, SET) if result.status != "graded"]
            assert not failed, failed
        seconds, cpu = time.perf_counter() - begin, cpu_seconds() - cpu
        memory.terminate()
        memory.join()
        return seconds, cpu, peak.value, grading.scores(config, SET)


def show(name, number, result):
    seconds, cpu, peak, _ = result
    print(f"{name:10}{60 * number / seconds:>10.1f}{cpu / number:>12.2f}{peak:>10}", flush=True)


def main():
    warnings.filterwarnings("ignore", module=r"nbgrader\.")
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("number", type=int, nargs="?", default=40, help="submissions for both (40)")
    parser.add_argument("--class", type=int, dest="size", metavar="NUMBER", help="then as many by ours alone")
    asked = parser.parse_args()
    print(f"{asked.number} submissions of {SET}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    print(f"{'':10}{'a minute':>10}{'CPU s each':>12}{'peak MiB':>10}")
    theirs = measure(asked.number, stock=True)
    show("nbgrader", asked.number, theirs)
    ours = measure(asked.number)
    show("ours", asked.number, ours)
    print(f"{'ratio':10}{theirs[0] / ours[0]:>10.1f}{theirs[1] / ours[1]:>12.1f}")
    different = [
        (student, task, score, ours[3].get(student, {}).get(task))
        for student, scores in theirs[3].items()
        for task, score in scores.items()
        if score != ours[3].get(student, {}).get(task)
    ]
    print(f"scores that differ: {len(different)} of {sum(map(len, theirs[3].values()))}", *different, sep="\n")
    if asked.size:
        show(f"class {asked.size}", asked.size, measure(asked.size))
    return bool(different)


if __name__ == "__main__":
    sys.exit(main())
