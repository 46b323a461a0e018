"""Every lecture with widgets, opened in a real JupyterLab and run as far as its last widget; nbval runs them whole."""

import re
from pathlib import Path

import nbformat
import pytest
from playwright.sync_api import expect

ROOT = Path(__file__).parents[2]


def _lectures():
    """Yield each lecture with widgets as a notebook that ends with the last of them."""
    for path in sorted((ROOT / "lectures").glob("**/*.ipynb")):
        notebook = nbformat.read(path, as_version=4)
        last = [i for i, cell in enumerate(notebook.cells) if cell.cell_type == "code" and "widgets." in cell.source]
        if last:
            notebook.cells = notebook.cells[: last[-1] + 1]
            yield pytest.param(path.name, notebook, id=path.stem)


def _move_one_control(widget):
    """Press Next, or else move a slider, or else step through the network, and wait until the page shows it."""
    before = widget.get_by_role("status").text_content()
    button = widget.get_by_role("button", name="Next", exact=True)
    if button.count():
        button.click()
    elif widget.get_by_role("slider").count():
        steps = widget.get_by_role("slider", name="steps")
        slider = (steps if steps.count() else widget.get_by_role("slider")).first
        slider.focus()
        slider.press("Home")
    else:
        widget.locator(".cw-network").press("ArrowDown")
    expect(widget.get_by_role("status")).not_to_have_text(before)


@pytest.mark.parametrize(("name", "notebook"), list(_lectures()))
def test_lecture_runs_and_its_widgets_move(lab, name, notebook):
    lab.save(name, notebook)
    lab.open(name)
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
