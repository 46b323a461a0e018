"""What every committed notebook must be: readable by all, without kernel state, with links that lead somewhere."""

import re
from pathlib import Path

import nbformat
import pytest
from bs4 import BeautifulSoup

ROOT = Path(__file__).parent.parent
ROOMS = ("lectures", "solutions", "assignments")
PATHS = sorted(p for room in ROOMS for p in (ROOT / room).rglob("*.ipynb") if ".ipynb_checkpoints" not in p.parts)
LECTURES = [p for p in PATHS if re.match(r"\d\d_", p.name)]


def name(path):
    return path.relative_to(ROOT).as_posix()


def outputs(notebook):
    return [(cell, output) for cell in notebook.cells if cell.cell_type == "code" for output in cell.outputs]


def markdown(notebook):
    return "\n\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")


def figures_without_words(notebook):
    """Return a line for each picture that has no alternative text or, in an output, no caption."""
    found = []
    for cell, output in outputs(notebook):
        data = output.get("data", {})
        page = BeautifulSoup(data.get("text/html", ""), "html.parser")
        bare = [kind for kind in data if kind.startswith("image/")]
        found += [f"{cell.id}: {kind} output; use show.figure" for kind in bare]
        found += [f"{cell.id}: image without alt" for image in page("img") if not image.get("alt", "").strip()]
        found += [f"{cell.id}: svg without title" for drawing in page("svg") if not drawing.title]
        found += [f"{cell.id}: figure without caption" for figure in page("figure") if not figure.get_text(strip=True)]
    found += [f"markdown image without alt: {link}" for link in re.findall(r"!\[\s*\]\([^)]*\)", markdown(notebook))]
    return found


@pytest.fixture(params=PATHS, ids=name)
def path(request):
    return request.param


@pytest.fixture
def notebook(path):
    return nbformat.read(path, as_version=4)


def test_there_are_notebooks():
    assert len(LECTURES) >= 8
    assert (ROOT / "lectures" / "syllabus.ipynb") in PATHS


def test_valid_and_without_state(notebook):
    nbformat.validate(notebook)
    assert notebook.metadata.kernelspec.name == "python3"
    assert "widgets" not in notebook.metadata
    ids = [cell.id for cell in notebook.cells]
    assert len(ids) == len(set(ids))
    assert not [o for _, o in outputs(notebook) if o.output_type == "error" or o.get("name") == "stderr"]
    assert not [o for _, o in outputs(notebook) if "application/vnd.jupyter.widget-view+json" in o.get("data", {})]


def test_no_figure_is_without_words(notebook):
    assert figures_without_words(notebook) == []


def test_the_counter_of_wordless_figures_counts():
    cell = nbformat.v4.new_code_cell()
    for html in ('<img src="a.png">', '<figure><img alt="x" src="a"></figure>', "<svg></svg>"):
        cell.outputs.append(nbformat.v4.new_output("display_data", {"text/html": html}))
    cell.outputs.append(nbformat.v4.new_output("display_data", {"image/png": "iVBO"}))
    bad = nbformat.v4.new_notebook(cells=[cell, nbformat.v4.new_markdown_cell("![](picture.png)")])
    assert len(figures_without_words(bad)) == 5


def test_links_lead_somewhere(path, notebook):
    links = re.findall(r"(?<!!)\[[^\]]+\]\(([^)\s]+)\)", markdown(notebook))
    local = [link.split("#")[0] for link in links if not re.match(r"https?:|mailto:|#", link)]
    assert [link for link in local if not (path.parent / link).exists()] == []


@pytest.mark.parametrize("path", LECTURES, ids=name)
class TestLectures:
    def test_has_outputs(self, notebook):
        assert len(outputs(notebook)) >= 5

    def test_numbers_are_checked(self, notebook):
        assert [cell for cell in notebook.cells if cell.source.startswith("# NBVAL_CHECK_OUTPUT")]

    def test_cells_are_short(self, notebook):
        for cell in notebook.cells:
            folded = cell.metadata.get("jupyter", {}).get("source_hidden")  # a drawing; its figure is what is read
            if cell.cell_type == "code":
                assert len(cell.source.strip().splitlines()) <= (40 if folded else 20), cell.source[:200]

    def test_has_its_parts(self, notebook):
        text = markdown(notebook)
        assert text.startswith("# ")
        assert text.count("<details>") == text.count("</details>")
        assert text.count("<details>") >= 3, "three exercises with folded answers"
        assert re.search(r"[一-鿿]", text), "Chinese terms beside the key terms"
        assert re.search(r"\b(18|19|20)\d\d\b", text), "papers are cited with their year"

    def test_math_is_closed(self, notebook):
        for cell in notebook.cells:
            if cell.cell_type == "markdown":
                prose = re.sub(r"```.*?```|`[^`]*`", "", cell.source, flags=re.S)
                assert prose.count("$$") % 2 == 0, cell.source[:80]
                assert prose.replace("$$", "").replace(r"\$", "").count("$") % 2 == 0, cell.source[:80]
