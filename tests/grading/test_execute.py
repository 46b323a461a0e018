"""Through nbgrader itself: a class with hostile submissions in it, graded in a sandbox, and the feedback made of it."""

import html
import os
import re

import nbformat
import pytest
from hostile_bank import HERE, REPOSITORY, SECRET, Bench, Hostile
from nbgrader.converters import Autograde, GenerateAssignment, GenerateFeedback

from course_pkg.grading import execute, feedback, sandbox
from tools import grading

pytestmark = pytest.mark.skipif(not sandbox.look().enough, reason=str(sandbox.look()))
HOSTILE = ("os_exit", "output_flood", "solutions_read", "checks_patched")


@pytest.fixture(scope="module")
def graded(tmp_path_factory):
    """A graded class: honest submissions around hostile ones; returns its folder and the points."""
    folder = tmp_path_factory.mktemp("class").resolve()
    config = grading.course(folder)
    config.SandboxedExecute.timeout = 5.0
    grading.run(GenerateAssignment, config, "ps1")
    bench = Bench()
    submissions = {"a-honest": bench.notebook({"task-1a": bench.right("1a"), "task-4a": bench.right("4a")})}
    for name in HOSTILE:
        hostile = Hostile(HERE / "hostile" / f"{name}.py")
        submissions[f"b-{name}"] = hostile.notebook(bench, {"COURSE": str(folder), "REPOSITORY": str(REPOSITORY)})
    said = "def sigmoid(x):\n    print('PRINTED', x)\n    return x if x.ndim == 1 else 1 / 0"
    extra = [nbformat.v4.new_markdown_cell("<script>MARKDOWN</script> <b onclick='X'>bold</b> $a_1$ | `x < y`")]
    submissions["c-honest"] = bench.notebook({"task-1c": bench.right("1c"), "task-1a": said})
    submissions["c-honest"].cells += extra
    for student, notebook in submissions.items():
        path = folder / "submitted" / student / "ps1" / "ps1.ipynb"
        path.parent.mkdir(parents=True)
        nbformat.write(notebook, path)
    grading.run(Autograde, config, "ps1")  # all of them in one go
    grading.run(GenerateFeedback, config, "ps1")
    yield folder, grading.scores(config, "ps1")
    execute.close()


def test_everybody_gets_what_is_earned(graded):
    earned = {student: {t: p for t, p in points.items() if p} for student, points in graded[1].items()}
    expected = {f"b-{name}": {"1c": 4.0, "4b": 4.0} for name in HOSTILE}
    expected |= {"a-honest": {"1a": 4.0, "4a": 8.0}, "c-honest": {"1c": 4.0}}
    assert earned == expected


def test_autograded_notebooks_are_valid_and_small(graded):
    for path in graded[0].glob("autograded/*/ps1/ps1.ipynb"):
        nbformat.validate(nbformat.read(path, as_version=4))
        assert path.stat().st_size < 6_000_000


def test_feedback_has_messages_and_no_hidden_test(graded):
    bench = Bench()
    parts = re.findall(
        "BEGIN HIDDEN TESTS *\n(.*?)### END", "\n".join(bench.sources.values()).replace(SECRET, ""), re.S
    )
    public = {line.strip() for cell in bench.blank.cells for line in cell.source.splitlines()}
    secret = {line.strip() for part in parts for line in part.splitlines()} - public
    secret = {line for line in secret if len(line) > 30}
    assert len(secret) > 80
    for path in graded[0].glob("feedback/*/ps1/ps1.html"):
        page = html.unescape(re.sub("<[^>]+>", "", path.read_text(encoding="utf-8")))
        assert "HIDDEN TESTS" not in page
        assert not [line for line in secret if line in page]
    page = (graded[0] / "feedback" / "c-honest" / "ps1" / "ps1.html").read_text(encoding="utf-8")
    assert "✗ Task 1a: sigmoid(x): has wrong values" in page
    assert "PRINTED [" not in page


def test_feedback_runs_nothing_that_a_student_wrote(graded):
    page = (graded[0] / "feedback" / "c-honest" / "ps1" / "ps1.html").read_text(encoding="utf-8")
    assert "&lt;script&gt;MARKDOWN" in page
    assert "<script>MARKDOWN" not in page
    assert "onclick" not in page
    assert "<h2" in page
    assert "<table>" in page


def test_a_hidden_test_with_a_bare_assert_shows_its_message_alone():
    secret = "### BEGIN HIDDEN TESTS\nsecret = 41 + 1\nassert f(2) == secret, 'wrong for 2'\n### END HIDDEN TESTS"
    source = f"assert f(1) == 1\n{secret}"
    trace = [
        "-----",
        "AssertionError   Traceback (most recent call last)",
        "Cell In[1], line 4\n----> 4 assert f(2) == secret",
    ]
    error = nbformat.v4.new_output("error", ename="AssertionError", evalue="wrong for 2", traceback=trace)
    printed = nbformat.v4.new_output("stream", name="stdout", text="2")
    cell = nbformat.v4.new_code_cell(source, outputs=[printed, error])
    cell, _ = feedback.HideTests().preprocess_cell(cell, {}, 0)
    assert cell.source == "assert f(1) == 1"
    assert [output.traceback for output in cell.outputs] == [["AssertionError: wrong for 2"]]
    plain = nbformat.v4.new_code_cell("print(1)", outputs=[printed])
    assert feedback.HideTests().preprocess_cell(plain, {}, 0)[0].outputs == [printed]


def test_the_settings_lead_here():
    config = grading.Config(grading.PyFileConfigLoader("nbgrader_config.py", path=str(REPOSITORY)).load_config())
    assert config.Autograde.autograde_preprocessors[0] == "course_pkg.grading.execute.SandboxedExecute"
    names = {type_.__name__ for type_ in Autograde.autograde_preprocessors.default()}
    ours = {name.rsplit(".", 1)[-1] for name in config.Autograde.autograde_preprocessors}
    assert names - ours == {"Execute"}
    assert os.environ["COURSE_QUIET"] == "1"
