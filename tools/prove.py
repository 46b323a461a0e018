"""Prove the problem sets: every wrong answer caught, every right one accepted, every message names the fault.

    python tools/prove.py                 every answer of the banks, every mutant; ends with 1 below 100 %
    python tools/prove.py --set ps2       the same for one problem set; may be given again for more
    python tools/prove.py --sample 20     20 answers and 20 mutants, the same ones each time
    python tools/prove.py --alone         one answer a submission, however long it takes

The answers of the banks (tests/grading) go through nbgrader as a class's submissions do: release, hand in, autograde,
gradebook. Tasks do not build on each other, so one submission holds answers to several of them, and the solution
everywhere else. It counts only when every task in it came out as it should, the solution's with full points; if not,
its answers are graded again, each alone. Answers that use or define each other's names never share a submission.

The systematic mutants (tools/mutants.py) run on the checks directly. Those that survive because they are right are
listed in tests/grading/equivalent.toml.

Results are kept in build/prove, under a hash of the set, the package code that it uses, the grading and the answer: a
second run does only what is new, or went wrong.
"""

import argparse
import ast
import concurrent.futures
import contextlib
import copy
import functools
import hashlib
import io
import itertools
import json
import multiprocessing
import os
import random
import re
import signal
import sys
import tempfile
import tomllib
import warnings
from collections import Counter, defaultdict
from pathlib import Path

import nbformat
from tqdm import tqdm

ROOT = Path(__file__).resolve().parent.parent
BANKS = ROOT / "tests" / "grading"
sys.path[:0] = [str(ROOT), str(BANKS)]

from bench import ProblemSet, problem_sets  # noqa: E402

from tools import build, grading, mutants  # noqa: E402

KEPT = ROOT / "build" / "prove"
LIMIT = 120  # seconds for one mutant, as for a cell in grading
FIGURES = {"wrong": "wrong answers caught", "named": "messages that name the fault", "right": "right answers accepted"}


# --- what a worker does ---

_set = functools.cache(ProblemSet)
_numbers = itertools.count()


@functools.cache
def _release(folder, name):
    """Return nbgrader's settings for a course of this process's own, and the problem set that students get there."""
    place = Path(folder, f"{os.getpid()}-{name}")
    place.mkdir()
    config = grading.course(place)
    nbformat.write(_set(name).solution, place / "solutions" / name / f"{name}.ipynb")  # as the text twin is now
    grading.run(grading.GenerateAssignment, config, name)
    return config, nbformat.read(place / "assignments" / name / f"{name}.ipynb", as_version=4)


def grade(folder, name, answers):
    """Grade one submission with these answers; return for each what share of its points it got, and the message read.

    ``others`` says whether the tasks that hold the solution got all their points.
    """
    warnings.filterwarnings("ignore")
    config, blank = _release(folder, name)
    notebook, student = submission(name, blank, answers), f"student{next(_numbers)}"
    place = Path(config.CourseDirectory.root)
    path = place / "submitted" / student / name / f"{name}.ipynb"
    path.parent.mkdir(parents=True)
    nbformat.write(notebook, path)
    grading.run(grading.Autograde, config, name, student)
    got, full = grading.scores(config, name)[student], grading.points(_set(name).solution)
    marked = nbformat.read(place / "autograded" / student / name / f"{name}.ipynb", as_version=4)
    tasks = {answer.task for answer in answers}
    others = all(got[task] == full[task] for task in _set(name).tasks if task not in tasks)
    return [
        {"share": got[a.task] / full[a.task], "others": others, "message": message(marked, a.task)} for a in answers
    ]


def submission(name, blank, answers):
    """Return a notebook with these answers, each behind the solution of its task, and the solution of all others."""
    right = {cell_name: _MARK.sub("", cell.source) for cell_name, cell in _set(name).cells.items()}
    codes = {f"task-{answer.task}": answer.code for answer in answers}
    notebook = copy.deepcopy(blank)
    cells = grading.answers(notebook)
    for cell_name, cell in cells.items():
        cell.source = right[cell_name] + "\n\n" + codes.get(cell_name, "")
    if any("solution." in code for code in codes.values()):
        first = next(iter(cells.values()))
        first.source = _REFERENCE.format("\n\n".join(right[n] for n, _ in _set(name).code_cells())) + first.source
    return notebook


_MARK = re.compile(r"^ *### (BEGIN|END) SOLUTION\n?", re.MULTILINE)
# What the answers of a bank call ``solution``: the reference functions, which a name of theirs cannot change.
_REFERENCE = "import types\n\n_names = {{}}\nexec({!r}, _names)\nsolution = types.SimpleNamespace(**_names)\n\n"


def message(notebook, task):
    """Return the errors that a student reads below the test of a task, in one line."""
    (cell,) = (c for c in notebook.cells if c.metadata.get("nbgrader", {}).get("grade_id") == f"test-{task}")
    texts = [output.evalue for output in cell.outputs if output.output_type == "error"]
    return " ".join(" ".join(texts).split())


def survivors(name, task, codes):
    """Run the checks of a task on mutants of its solution; return for each whether it passes them all."""
    signal.signal(signal.SIGALRM, _late)
    return [_passes(_set(name), task, code) for code in codes]


def _passes(problem_set, task, code):
    signal.alarm(LIMIT)
    try:
        with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
            warnings.simplefilter("ignore")
            problem_set.run(task, code)
    except Exception:
        return False
    finally:
        signal.alarm(0)
    return True


def _late(*_):
    raise TimeoutError


# --- who goes where ---


def pack(answers):
    """Return lists of answers that can share a submission: to different tasks, and without names in common."""
    columns = []  # (tasks, names that they bind, all names in them, answers)
    for answer in answers:
        own, used = _names(answer.code)
        fitting = (c for c in columns if answer.task not in c[0] and not own & c[2] and not used & c[1])
        column = next(fitting, None)
        if column is None:
            column = set(), set(), set(), []
            columns.append(column)
        tasks, bound, seen, members = column
        tasks.add(answer.task)
        bound |= own
        seen |= own | used
        members.append(answer)
    return [members for *_, members in columns]


def _names(code):
    """Return the names that code binds for all to see, and all names in it."""
    tree = ast.parse(code)
    own, used = set(), {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Global):
            own |= set(node.names)
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            own.add(node.name)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            own |= {alias.asname or alias.name.split(".")[0] for alias in node.names}
        else:
            own |= {n.id for n in ast.walk(node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
    return own, used


class Bench:
    """What is to be proved, all of it, the sets named ``only`` or a sample, and what came out; ``kept`` is the folder
    of earlier results."""

    def __init__(self, sample=None, alone=False, kept=KEPT, only=None):
        sets = problem_sets() if only is None else [ProblemSet(name) for name in sorted(set(only))]
        answers = [(s.name, answer) for s in sets for answer in (*s.wrong, *s.right)]
        slips = [(s.name, t, m) for s in sets for t in s.tasks for m in mutants.mutants(s.cells[f"task-{t}"].source)]
        if sample is not None:
            draw = random.Random(0)
            answers, slips = (draw.sample(items, min(sample, len(items))) for items in (answers, slips))
        self.sets, self.answers, self.slips = sets, answers, slips
        self.complete, self.alone, self.kept = sample is None, alone, kept
        self.verdicts, self.survived = [], []  # (set, answer, verdict), (set, task, mutant, whether it survived)
        rules = [ROOT / "nbgrader_config.py", *sorted((ROOT / "course_pkg" / "grading").glob("*.py"))]
        self._rules = [file.read_text(encoding="utf-8") for file in rules]
        self._code = {s.name: build.fingerprint(s.solution) for s in sets}

    def run(self, workers):
        """Do all that has no result yet; a progress bar shows where somebody watches."""
        self.kept.mkdir(parents=True, exist_ok=True)
        with contextlib.ExitStack() as stack:
            folder = stack.enter_context(tempfile.TemporaryDirectory())
            spawn = multiprocessing.get_context("spawn")  # each with a database connection and a sandbox of its own
            pool = concurrent.futures.ProcessPoolExecutor(workers, spawn)
            stack.callback(pool.shutdown, cancel_futures=True)
            self._progress = stack.enter_context(tqdm(total=len(self.slips) + len(self.answers), disable=None))
            self._run_mutants(pool)
            self._run_answers(pool, folder)

    def _run_mutants(self, pool):
        groups, jobs = defaultdict(list), {}
        for name, task, mutant in self.slips:
            groups[name, task].append(mutant)
        for (name, task), group in groups.items():
            codes = [mutant.code for mutant in group]
            file = self._file(name, task, *codes)
            if file.exists():
                self._enter_mutants(name, task, group, json.loads(file.read_text()))
            else:
                jobs[pool.submit(survivors, name, task, codes)] = file, name, task, group
        for job in concurrent.futures.as_completed(jobs):
            file, *where = jobs[job]
            _keep(file, job.result())
            self._enter_mutants(*where, job.result())

    def _enter_mutants(self, name, task, group, survived):
        self.survived += [(name, task, *pair) for pair in zip(group, survived, strict=True)]
        self._progress.update(len(group))

    def _run_answers(self, pool, folder):
        waiting = defaultdict(list)
        for name, answer in self.answers:
            file = self._answer_file(name, answer)
            if file.exists():
                self._enter(name, answer, json.loads(file.read_text()))
            else:
                waiting[name].append(answer)
        share = (lambda answers: [[answer] for answer in answers]) if self.alone else pack
        columns = [(name, column) for name, answers in waiting.items() for column in share(answers)]
        while columns:
            jobs = {pool.submit(grade, folder, name, column): (name, column) for name, column in columns}
            columns = []
            for job in concurrent.futures.as_completed(jobs):
                name, column = jobs[job]
                pairs = list(zip(column, job.result(), strict=True))
                good = all(all(figures(*pair).values()) for pair in pairs)
                if not good and len(column) > 1:
                    columns += [(name, [answer]) for answer in column]
                    continue
                for answer, verdict in pairs:
                    if good:  # what is not is tried again next time
                        _keep(self._answer_file(name, answer), verdict)
                    self._enter(name, answer, verdict)

    def _enter(self, name, answer, verdict):
        self.verdicts.append((name, answer, verdict))
        self._progress.update()

    def _answer_file(self, name, answer):
        return self._file(name, *self._rules, answer.task, answer.code, self.alone)

    def _file(self, name, *texts):
        digest = hashlib.sha256(json.dumps([self._code[name], *texts]).encode()).hexdigest()
        return self.kept / f"{digest[:32]}.json"

    # --- what came out ---

    def counts(self):
        """Return ``{(set, task): Counter}`` of what was good and how much there was: "wrong", "of wrong" and so on."""
        rows = {(s.name, task): Counter() for s in self.sets for task in s.tasks}
        for name, answer, verdict in self.verdicts:
            for figure, good in figures(answer, verdict).items():
                rows[name, answer.task].update({figure: int(good), f"of {figure}": 1})
        listed = equivalent()
        for name, task, mutant, survived in self.survived:
            equal = survived and (name, task, mutant.was, mutant.now) in listed
            rows[name, task].update({"equal": int(equal), "mutants": int(not survived), "of mutants": int(not equal)})
        return {place: row for place, row in rows.items() if row}

    def problems(self):
        """Return a text for each answer or mutant that did not come out as it should."""
        texts = []
        for name, answer, verdict in self.verdicts:
            bad = [FIGURES[figure] for figure, good in figures(answer, verdict).items() if not good]
            if bad:
                others = "" if verdict["others"] else ", and it costs other tasks points"
                wanted = f" (wanted: {answer.words})" if answer.words else ""
                got = f"{verdict['share']:.0%} of the points{others}; the student reads: {verdict['message']}{wanted}"
                texts.append(f"not among {' and '.join(bad)}: {name} {answer.task}: {answer.what}\n    {got}")
        listed = equivalent()
        for name, task, mutant, survived in self.survived:
            if survived and (name, task, mutant.was, mutant.now) not in listed:
                texts.append(
                    f"mutant survives: {name} {task}\n    was  {mutant.was}\n    now  {mutant.now or 'removed'}"
                )
        return texts

    def stale(self):
        """Return a text for each mutant that is listed as equivalent and does not survive, or is none any more."""
        alive = {(name, task, m.was, m.now) for name, task, m, survived in self.survived if survived}
        listed = [key for key in equivalent() if key[0] in {s.name for s in self.sets}]
        return [f"listed as equivalent, but caught: {' | '.join(key)}" for key in listed if key not in alive]


def _keep(file, result):
    """Write a result, whole or not at all."""
    part = file.with_suffix(".part")
    part.write_text(json.dumps(result))
    part.replace(file)


def figures(answer, verdict):
    """Return which figures an answer counts for and whether it is good: {"right": …} or {"wrong": …, "named": …}."""
    if answer.kind is None:
        return {"right": verdict["share"] == 1 and verdict["others"]}
    return {"wrong": verdict["share"] == 0 and verdict["others"], "named": answer.words in verdict["message"]}


def equivalent():
    """Return ``{(set, task, was, now): why}`` of the mutants that are right."""
    listed = tomllib.loads((BANKS / "equivalent.toml").read_text(encoding="utf-8"))
    return {(name, e["task"], e["was"], e["now"]): e["why"] for name, entries in listed.items() for e in entries}


def report(rows):
    """Return the matrix of tasks and figures as text, and below it the figures of all."""
    head = ("wrong caught", "fault named", "right accepted", "mutants caught", "equivalent")
    lines = [f"{'task':<10}" + "".join(f"{title:>16}" for title in head)]
    for (name, task), row in rows.items():
        cells = [
            f"{row[f]} of {row[f'of {f}']}" if row[f"of {f}"] else "" for f in ("wrong", "named", "right", "mutants")
        ]
        lines.append(f"{name} {task:<6}" + "".join(f"{cell:>16}" for cell in [*cells, row["equal"] or ""]))
    total = sum(rows.values(), Counter())
    lines.append("")
    for figure, title in (FIGURES | {"mutants": "mutants of the solutions caught"}).items():
        good, all_ = total[figure], total[f"of {figure}"]
        lines.append(f"{title:<32}{good:>5} of {all_:<5}{100 * good / max(all_, 1):7.1f} %")
    return "\n".join(lines)


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    names = sorted(folder.name for folder in (build.SOURCES / "solutions").iterdir())
    parser.add_argument("--set", action="append", dest="only", choices=names, help="only this problem set (repeatable)")
    parser.add_argument("--sample", type=int, metavar="N", help="only N answers and N mutants, the same ones each time")
    parser.add_argument("--alone", action="store_true", help="one answer a submission")
    parser.add_argument("--workers", type=int, default=os.cpu_count(), help="processes (one for each core)")
    parser.add_argument("--kept", type=Path, default=KEPT, help="folder of earlier results")
    given = parser.parse_args(arguments)
    os.environ |= grading.ENVIRONMENT
    bench = Bench(given.sample, given.alone, given.kept, given.only)
    bench.run(given.workers)
    problems = bench.problems()
    print(report(bench.counts()))
    for text in problems + (bench.stale() if bench.complete else []):
        print(f"\n{text}")
    return int(bool(problems))


if __name__ == "__main__":
    sys.exit(main())
