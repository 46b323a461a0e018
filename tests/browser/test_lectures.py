"""Every lecture with widgets, opened in a real JupyterLab and run from top to bottom."""

import re
from pathlib import Path

import nbformat
import pytest
from playwright.sync_api import expect

ROOT = Path(__file__).parents[2]


def _lectures():
    for path in sorted((ROOT / "lectures").glob("**/*.ipynb")):
        cells = nbformat.read(path, as_version=4).cells
        if any(cell.cell_type == "code" and "widgets." in cell.source for cell in cells):
            yield pytest.param(path, id=path.stem)


def _move_one_control(widget):
    """Press Next, or else move the first slider, or else step through the network, and wait until the page shows it."""
    before = widget.get_by_role("status").text_content()
    button = widget.get_by_role("button", name="Next", exact=True)
    if button.count():
        button.click()
    elif widget.get_by_role("slider").count():
        slider = widget.get_by_role("slider").first
        slider.focus()
        slider.press("Home")
    else:
        widget.locator(".cw-network").press("ArrowDown")
    expect(widget.get_by_role("status")).not_to_have_text(before)


@pytest.mark.parametrize("path", list(_lectures()))
def test_lecture_runs_and_its_widgets_move(lab, path):
    lab.open(lab.copy(path))
    static = lab.page.locator("figure", has_text=re.compile("[Rr]un the cell to move")).get_by_role("img")
    expect(static.first).to_have_attribute("alt", re.compile(".{60}"))
    lab.run()
    expect(static).to_have_count(0)
    assert lab.errors() == []
    expect(lab.page.locator(".jp-InputPrompt", has_text=re.compile(r"\[[ *]\]"))).to_have_count(0)  # all have run
    found = lab.page.locator(".course-widget")
    expect(found.first).to_be_visible()
    for widget in found.all():
        _move_one_control(widget)
    assert lab.errors() == []


def test_an_error_in_a_cell_is_noticed(lab):
    lab.write("broken.ipynb", "x = 1", "x / 0")
    lab.open("broken.ipynb")
    lab.run()
    assert lab.errors() == ["ZeroDivisionError: division by zero"]
