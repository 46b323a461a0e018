"""The instructor's page: nbgrader's formgrader in JupyterLab, on a class that `course` has graded."""

import nbformat
import pytest
from conftest import serving

from course_pkg.grading import cli, sandbox
from tools import grading

pytestmark = pytest.mark.skipif(not sandbox.look().enough, reason=str(sandbox.look()))
NAME = "ps1.ipynb"


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    """Return the folder of a course in which three have handed in, one of them a broken file."""
    folder = tmp_path_factory.mktemp("formgrader").resolve()
    grading.course(folder)
    (folder / "nbgrader_config.py").write_bytes((grading.ROOT / "nbgrader_config.py").read_bytes())
    assert cli.main(["release", "ps1", "--course", str(folder)]) == 0
    solution = nbformat.read(folder / "solutions" / "ps1" / NAME, as_version=4)
    blank = nbformat.read(folder / "assignments" / "ps1" / NAME, as_version=4)
    made = grading.samples(solution, blank, grading.HALF["ps1"])
    texts = {student: nbformat.writes(made[student][0]) for student in ("perfect", "half")} | {"broken": '{"cells": ['}
    for student, text in texts.items():
        path = folder / "handed-in" / f"{student}_{NAME}"
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    assert cli.main(["collect", "ps1", str(folder / "handed-in"), "--course", str(folder)]) == 0
    assert cli.main(["grade", "ps1", "--course", str(folder)]) == 1
    return folder


def test_the_formgrader_opens_on_the_result(browser, course, tmp_path_factory):
    from playwright.sync_api import expect

    with serving(tmp_path_factory.mktemp("home"), course) as (address, token, _):
        context = browser.new_context(viewport={"width": 1280, "height": 1000})
        context.set_default_timeout(60_000)
        page = context.new_page()
        page.goto(f"{address}/lab?token={token}")
        page.wait_for_function("window.jupyterapp?.commands?.hasCommand('nbgrader:open-formgrader')")
        page.goto(f"{address}/formgrader/manage_submissions/ps1")
        row = page.locator("tbody tr")
        expect(row.filter(has_text="perfect")).to_contain_text("94 / 100")
        expect(row.filter(has_text="half")).to_contain_text("47 / 100")
        expect(row.filter(has_text="broken")).to_contain_text("0 / 100")

        page.goto(f"{address}/formgrader/gradebook/ps1/ps1")
        expect(row).to_have_count(3)
        with grading.Gradebook(f"sqlite:///{course / 'gradebook.db'}") as book:
            submission = book.find_submission_notebook("ps1", "ps1", "half").id
        page.goto(f"{address}/formgrader/submissions/{submission}")
        expect(page.get_by_text("How it is graded")).to_be_visible()  # the rubric, above the answer
        mark, comment = page.locator("input#task-8"), page.locator("textarea#task-8-comment")
        expect(mark).to_have_class("score tabbable needs_manual_grade")
        with page.expect_response(lambda response: "/api/grade/" in response.url and response.ok):
            mark.fill("4")
            mark.blur()
        with page.expect_response(lambda response: "/api/comment/" in response.url and response.ok):
            comment.fill("Good, but one property is missing.")
            comment.blur()

        page.goto(f"{address}/formgrader/manage_submissions/ps1")
        expect(row.filter(has_text="half")).to_contain_text("51 / 100")
        row.filter(has_text="half").locator("td.generate-feedback a").click()
        expect(page.locator(".modal.in")).to_contain_text("Successfully generated feedback", timeout=60_000)
        context.close()
    feedback = (course / "feedback" / "half" / "ps1" / "ps1.html").read_text(encoding="utf-8")
    assert "Good, but one property is missing." in feedback
    assert "51.0" in feedback
