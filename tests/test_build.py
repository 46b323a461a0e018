"""The build of notebooks from text twins, on a small project of its own."""

import json
import subprocess
import sys

import nbformat
import pytest

from tools import build

TWIN = """\
# %% [markdown]
# # A title

# %%
value = 6 * 7
print(value)

# %%
if False:
    from course_pkg import room

# %% nbgrader={"grade": true, "grade_id": "task-1", "locked": true, "points": 2, "schema_version": 3}
print("checked")
"""


@pytest.fixture
def project(tmp_path, monkeypatch):
    monkeypatch.setattr(build, "ROOT", tmp_path)
    monkeypatch.setattr(build, "SOURCES", tmp_path / "sources")
    monkeypatch.setattr(build, "TIMES", tmp_path / "lectures" / "times.json")
    (tmp_path / "pyproject.toml").write_text('[project]\nurls.Repository = "https://github.com/who/what"\n')
    (tmp_path / "course_pkg").mkdir()
    (tmp_path / "course_pkg" / "room.py").write_text("from course_pkg import cellar\n")
    (tmp_path / "course_pkg" / "cellar.py").write_text("depth = 1\n")
    (tmp_path / "sources" / "lectures").mkdir(parents=True)
    (tmp_path / "sources" / "lectures" / "one.py").write_text(TWIN)
    return tmp_path


def run(project, **options):
    return build.build(project / "sources" / "lectures" / "one.py", **options)


def notebook(project):
    return nbformat.read(project / "lectures" / "one.ipynb", as_version=4)


def test_a_twin_becomes_an_executed_notebook(project):
    what, problems = run(project)
    assert what.startswith("executed")
    assert problems == []
    made = notebook(project)
    assert made.cells[2].outputs[0].text == "42\n"
    assert made.metadata.kernelspec == {"display_name": "Python 3", "language": "python", "name": "python3"}
    assert set(made.metadata) == {"kernelspec", "language_info", "course"}
    assert "github/who/what/blob/main/lectures/one.ipynb" in made.cells[0].source
    assert "git+https://github.com/who/what" in made.cells[1].source
    assert made.cells[-1].id == "task-1"
    assert json.loads((project / "lectures" / "times.json").read_text())["one"] >= 1


def test_building_twice_changes_nothing(project):
    run(project)
    first = (project / "lectures" / "one.ipynb").read_bytes()
    assert run(project) == ("up to date", [])
    assert run(project, force=True)[1] == []
    assert (project / "lectures" / "one.ipynb").read_bytes() == first


def test_a_change_in_one_cell_changes_that_cell(project):
    run(project)
    before = notebook(project).cells
    twin = project / "sources" / "lectures" / "one.py"
    twin.write_text(TWIN.replace("6 * 7", "6 * 8"))
    run(project)
    after = notebook(project).cells
    assert [old == new for old, new in zip(before, after, strict=True)] == [True, True, False, True, True]


def test_new_words_do_not_execute_again(project):
    run(project)
    (project / "sources" / "lectures" / "one.py").write_text(TWIN.replace("A title", "Another title"))
    assert run(project) == ("text updated", [])
    assert notebook(project).cells[2].outputs[0].text == "42\n"


def test_a_change_in_an_imported_module_executes_again(project):
    run(project)
    (project / "course_pkg" / "stranger.py").write_text("x = 1\n")
    assert run(project)[0] == "up to date"
    (project / "course_pkg" / "cellar.py").write_text("depth = 2\n")  # imported by what the notebook imports
    assert run(project)[0].startswith("executed")


def test_check_reports_and_writes_nothing(project):
    assert run(project, check=True)[1]
    assert not (project / "lectures" / "one.ipynb").exists()
    run(project)
    assert run(project, check=True) == ("up to date", [])
    made = notebook(project)
    made.cells[0].source = "edited by hand"
    nbformat.write(made, project / "lectures" / "one.ipynb")
    assert run(project, check=True)[1]


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("1 / 0", "ZeroDivisionError: division by zero"),
        ("import sys; print('careful', file=sys.stderr)", "wrote to stderr: 'careful"),
        ("from IPython.display import HTML\nHTML('x' * 3_000_000)", "at most 2000000"),
    ],
)
def test_a_bad_cell_is_reported_and_the_old_notebook_stays(project, code, message):
    run(project)
    before = (project / "lectures" / "one.ipynb").read_bytes()
    (project / "sources" / "lectures" / "one.py").write_text(TWIN + "\n# %%\n" + code + "\n")
    problems = run(project)[1]
    assert len(problems) == 1
    assert message in problems[0]
    assert (project / "lectures" / "one.ipynb").read_bytes() == before


def test_widget_models_are_not_committed_and_long_text_is_cut(project):
    code = """
from IPython.display import display
display({"application/vnd.jupyter.widget-view+json": {"model_id": "1"}, "text/plain": "picture"}, raw=True)
print("x" * 100_000)
"""
    (project / "sources" / "lectures" / "one.py").write_text(TWIN + "\n# %%" + code)
    assert run(project)[1] == []
    shown, printed = notebook(project).cells[-1].outputs
    assert shown.data == {"text/plain": "picture"}
    assert printed.text.endswith("(cut here)")
    assert len(printed.text) < 21_000


def test_a_notebook_without_twin_is_reported(project):
    (project / "lectures").mkdir()
    (project / "lectures" / "lost.ipynb").write_text("{}")
    assert [path.name for path in build.orphans()] == ["lost.ipynb"]


def test_solutions_point_students_to_the_release(project):
    from pathlib import Path

    assert "blob/main/assignments/ps1/ps1.ipynb" in build.badge(Path("solutions/ps1/ps1.ipynb"))


def test_the_command_says_what_it_does():
    done = subprocess.run([sys.executable, build.__file__, "--help"], capture_output=True, text=True, check=True)
    assert "--check" in done.stdout
