"""Build the notebooks: text twins in sources/ become executed notebooks at the same path below the root.

    python tools/build.py                 build what changed
    python tools/build.py TWIN ...        build these twins only
    python tools/build.py --force         execute all again
    python tools/build.py --check         change nothing; fail where twin and notebook disagree

A notebook is executed again only when its code, or the course_pkg modules that it imports, changed. Cell ids come from
grade_id or from the cell's text, so a change in one cell changes that cell alone. All problems are collected before
any is reported, and a notebook with a problem is not written.
"""

import argparse
import ast
import hashlib
import json
import os
import re
import sys
import time
import tomllib
from pathlib import Path

import jupytext
import nbclient
import nbformat

ROOT = Path(__file__).resolve().parent.parent
SOURCES = ROOT / "sources"
TIMES = ROOT / "lectures" / "times.json"
KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}
LIMIT_TEXT = 20_000  # characters of one text output
LIMIT_CELL = 2_000_000  # characters of all outputs of one cell

SETUP = """\
# Set-up: on Colab this installs the course's package. Everywhere else it is already there.
import sys

if "google.colab" in sys.modules:
    %pip install --quiet "course_pkg @ git+{repository}"
"""


def repository():
    """Return the repository's address, which stands in pyproject.toml and nowhere else."""
    return tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["urls"]["Repository"]


def badge(path):
    """Return the "Open in Colab" badge for the notebook at ``path``; students open the release, not the solution."""
    path = re.sub(r"^solutions/", "assignments/", path.as_posix())
    colab = repository().replace("https://github.com/", "https://colab.research.google.com/github/")
    image = "https://colab.research.google.com/assets/colab-badge.svg"
    return f"[![Open in Colab]({image})]({colab}/blob/main/{path})"


def notebook_path(twin):
    """Return where the notebook of ``twin`` lives, relative to the root."""
    return twin.relative_to(SOURCES).with_suffix(".ipynb")


def cell_id(cell, taken):
    """Return an id made from grade_id or from the cell's text, with a number where two cells are the same."""
    stem = cell.metadata.get("nbgrader", {}).get("grade_id")
    stem = stem or hashlib.sha256(f"{cell.cell_type}\n{cell.source}".encode()).hexdigest()[:12]
    taken[stem] = taken.get(stem, 0) + 1
    return stem if taken[stem] == 1 else f"{stem}-{taken[stem]}"


def fill_times(text):
    """Replace ``{{seconds:PATH}}`` by the measured execution time of that lecture."""
    times = json.loads(TIMES.read_text()) if TIMES.exists() else {}
    return re.sub(r"\{\{seconds:([\w/]+)\}\}", lambda match: f"{times.get(match[1], '?')} s", text)


def fill_points(text):
    """Replace ``{{points:SET}}`` by rows that say what each task of a problem set is worth and why, from its table."""

    def rows(match):
        first_cell = (SOURCES / "solutions" / match[1] / f"{match[1]}.py").read_text(encoding="utf-8")
        tasks = re.findall(r"^# \| (\d+) \| (.+?) \| (\d+) \| \d+ \| (.+?) \|", first_cell, re.M)
        return "\n".join(f"| {number} | {what} | {points} | {why} |" for number, what, points, why in tasks)

    return re.sub(r"\{\{points:(\w+)\}\}", rows, text)


def convert(twin):
    """Return the notebook of a text twin, not executed: badge, set-up cell, ids and metadata in place."""
    path = notebook_path(twin)
    draft = jupytext.reads(twin.read_text(encoding="utf-8"), fmt="py:percent")
    cells, taken = [], {}
    for cell in draft.cells:
        source = fill_points(fill_times(cell.source)) if cell.cell_type == "markdown" else cell.source
        new = getattr(nbformat.v4, f"new_{cell.cell_type}_cell")(source, metadata=cell.metadata)
        cells.append(new)
    cells[0].source += f"\n\n{badge(path)}"
    if any(cell.cell_type == "code" for cell in cells):
        setup = nbformat.v4.new_code_cell(SETUP.format(repository=repository()).rstrip(), metadata={"tags": ["setup"]})
        cells.insert(1, setup)
    for cell in cells:
        cell.id = cell_id(cell, taken)
    return nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": KERNEL, "language_info": {"name": "python"}})


def imported_modules(code, package="course_pkg"):
    """Yield the dotted names below ``package`` that ``code`` imports, at any depth of nesting."""
    code = re.sub(r"^(\s*)[%!].*$", r"\1pass", code, flags=re.M)
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name.split(".")[0] == package)
        elif isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == package:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def package_files(code):
    """Return the files of course_pkg that ``code`` reaches by its imports, directly or through others."""
    files, queue = set(), list(imported_modules(code))
    while queue:
        parts = queue.pop().split(".")
        for depth in range(1, len(parts) + 1):  # importing a.b.c runs a/__init__.py and a/b/__init__.py first
            base = ROOT.joinpath(*parts[:depth])
            for file in (base.with_suffix(".py"), base / "__init__.py"):
                if file.is_file() and file not in files:
                    files.add(file)
                    queue.extend(imported_modules(file.read_text(encoding="utf-8")))
    return sorted(files)


def fingerprint(notebook):
    """Return a hash of all that the outputs depend on: the notebook's code and the package code that it reaches."""
    code = [cell.source for cell in notebook.cells if cell.cell_type == "code"]
    digest = hashlib.sha256("\0".join(code).encode())
    for file in package_files("\n".join(code)):
        digest.update(file.relative_to(ROOT).as_posix().encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()[:16]


def tidy(cell):
    """Make a cell's outputs fit to commit (no widget models, no timing, capped text); return a list of problems."""
    problems = []
    cell.metadata.pop("execution", None)
    where = f"cell {cell.id} ({cell.source.strip().splitlines()[0][:50]!r})"
    for output in cell.outputs:
        output.pop("transient", None)
        if output.output_type == "error":
            problems.append(f"{where}: {output.ename}: {output.evalue}")
        if output.get("name") == "stderr":
            problems.append(f"{where}: wrote to stderr: {output.text[:300]!r}")
        data = output.get("data", {})
        data.pop("application/vnd.jupyter.widget-view+json", None)  # no kernel, no model: its picture stays
        for holder, key in ((output, "text"), (data, "text/plain")):
            if len(holder.get(key, "")) > LIMIT_TEXT:
                holder[key] = holder[key][:LIMIT_TEXT] + "\n… (cut here)"
    if len(json.dumps(cell.outputs)) > LIMIT_CELL:
        problems.append(f"{where}: its outputs have {len(json.dumps(cell.outputs))} characters, at most {LIMIT_CELL}")
    return problems


def computing_time():
    """Return the seconds for which finished child processes, such as kernels, kept a core busy."""
    times = os.times()
    return times.children_user + times.children_system


def execute(notebook, directory):
    """Run all cells in ``directory``; return the seconds of computing time and a list of problems."""
    environment = {**os.environ, "COURSE_QUIET": "1", "PYTHONHASHSEED": "0", "OMP_NUM_THREADS": "1"}
    client = nbclient.NotebookClient(
        notebook,
        timeout=300,
        kernel_name="python3",
        allow_errors=True,
        coalesce_streams=True,  # where the kernel cuts its stream depends on timing
        resources={"metadata": {"path": str(directory)}},
    )
    metadata = notebook.metadata.copy()  # the client adds the exact Python version
    begin, computed = time.perf_counter(), computing_time()
    client.execute(env=environment)
    # One thread computes, so its time is that of a machine with nothing else to do. Windows does not tell it.
    seconds = (computing_time() - computed) or (time.perf_counter() - begin)
    notebook.metadata = metadata
    return seconds, [problem for cell in notebook.cells if cell.cell_type == "code" for problem in tidy(cell)]


def reuse_outputs(notebook, old):
    """Take the outputs from the committed notebook ``old``, whose code is the same."""
    theirs = [cell for cell in old.cells if cell.cell_type == "code"]
    mine = [cell for cell in notebook.cells if cell.cell_type == "code"]
    for new, done in zip(mine, theirs, strict=True):
        new.outputs, new.execution_count = done.outputs, done.execution_count


def as_text(notebook):
    """Return the notebook as it stands in the file."""
    nbformat.validate(notebook)
    return nbformat.writes(notebook) + "\n"


def build(twin, *, force=False, check=False):
    """Build the notebook of one twin; return ``(what happened, problems)``."""
    target = ROOT / notebook_path(twin)
    notebook = convert(twin)
    notebook.metadata["course"] = {"fingerprint": fingerprint(notebook)}
    old = nbformat.read(target, as_version=4) if target.exists() else None
    fresh = old is not None and old.metadata.get("course") == notebook.metadata["course"] and not force
    if fresh:
        reuse_outputs(notebook, old)
        if as_text(notebook) == target.read_text(encoding="utf-8"):
            return "up to date", []
    if check:
        return "stale", [f"{target.relative_to(ROOT)} is not what {twin.relative_to(ROOT)} gives: run make notebooks"]
    problems = []
    if not fresh:
        target.parent.mkdir(parents=True, exist_ok=True)
        seconds, problems = execute(notebook, target.parent)
        if not problems and target.is_relative_to(ROOT / "lectures"):
            record_time(notebook_path(twin), seconds)
    if not problems:
        target.write_text(as_text(notebook), encoding="utf-8")
    return "text updated" if fresh else f"executed in {seconds:.1f} s", problems


def record_time(path, seconds):
    """Store the measured time of a lecture, for the syllabus."""
    times = json.loads(TIMES.read_text()) if TIMES.exists() else {}
    times[path.relative_to("lectures").with_suffix("").as_posix()] = max(1, round(seconds))
    TIMES.write_text(json.dumps(dict(sorted(times.items())), indent=1) + "\n")


def orphans():
    """Return the notebooks in lectures/ and solutions/ that have no twin."""
    built = {ROOT / notebook_path(twin) for twin in SOURCES.rglob("*.py")}
    found = [
        p
        for room in ("lectures", "solutions")
        for p in (ROOT / room).rglob("*.ipynb")
        if ".ipynb_checkpoints" not in p.parts
    ]
    return [path for path in found if path not in built]


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("twins", nargs="*", type=Path, help="twins to build (default: all)")
    parser.add_argument("--force", action="store_true", help="execute even what did not change")
    parser.add_argument("--check", action="store_true", help="write nothing, fail where twin and notebook disagree")
    arguments = parser.parse_args()
    twins = [path.resolve() for path in arguments.twins] or sorted(SOURCES.rglob("*.py"))
    twins.sort(
        key=lambda twin: "{{seconds:" in twin.read_text(encoding="utf-8")
    )  # the syllabus shows the others' times
    problems = [f"{path.relative_to(ROOT)}: has no twin in sources/" for path in orphans()]
    for twin in twins:
        what, found = build(twin, force=arguments.force, check=arguments.check)
        print(f"{notebook_path(twin)}: {what}", flush=True)
        problems += [f"{twin.relative_to(ROOT)}: {problem}" for problem in found]
    for problem in problems:
        print(f"error: {problem}", file=sys.stderr)
    sys.exit(bool(problems))


if __name__ == "__main__":
    main()
