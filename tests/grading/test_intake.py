"""Damaged, foreign and changed notebooks: the answers in them survive, and the release's cells are the release's."""

import copy
import json
import re

import hypothesis
import hypothesis.strategies as st
import nbformat
import pytest

from course_pkg.grading import intake

HIDDEN = "### BEGIN HIDDEN TESTS\nassert f(7) == 14  # SECRET\n### END HIDDEN TESTS\n"
SECOND = "def h():\n    raise NotImplementedError\nh()"
QUESTION = "## Task b: in your own words\nWhat does f do, and why is it called so? Two sentences are enough."


def source(name, text, *, kind="code", grade=False, solution=False, points=None):
    """Return a cell of the release; locked, unless students fill it in."""
    return intake.SourceCell(name, kind, text, "c" * 32, grade, solution, False, not solution, points)


RELEASE = intake.Release(
    "ps",
    {"name": "python3", "display_name": "Python 3", "language": "python"},
    (
        source("imports", "import math\n\nlimit = 10"),
        source("task-a", "def f(x):\n    raise NotImplementedError", solution=True),
        source(
            "test-a", f"for x in range(3):\n    assert f(x) == 2 * x\n{HIDDEN}assert f(0) == 0", grade=True, points=4.0
        ),
        source("rubric", QUESTION, kind="markdown"),
        source("task-b", "*Your answer.*", kind="markdown", grade=True, solution=True, points=2.5),
        source("task-c", SECOND, solution=True),
        source("test-c", "assert h() == 1", grade=True, points=1.0),
    ),
    ("# A problem set", "Some text between."),
)
ANSWERS = {
    "task-a": "def f(x):\n    return 2 * x",
    "task-b": "It doubles: é 中文.",
    "task-c": "def h():\n    return 1\nh()",
}


def submission():
    """Return an honest submission as a JSON object."""
    cells = [nbformat.v4.new_markdown_cell("# A problem set", id="title")]
    for cell in RELEASE.cells:
        new = nbformat.v4.new_code_cell if cell.cell_type == "code" else nbformat.v4.new_markdown_cell
        made = new(ANSWERS.get(cell.name, cell.public), id=cell.name, metadata={"nbgrader": cell.metadata})
        if cell.cell_type == "code":
            made.execution_count = 3
            made.outputs = [nbformat.v4.new_output("stream", text="old output")]
        cells.append(made)
    cells.insert(3, nbformat.v4.new_code_cell("print('my own')", id="own"))
    metadata = {"kernelspec": {"name": "julia", "display_name": "Julia"}}
    return json.loads(json.dumps(nbformat.v4.new_notebook(cells=cells, metadata=metadata)))


def named(notebook):
    """Return the cells that nbgrader knows, by name, each of which must be there once and as released."""
    marked = [cell for cell in notebook.cells if "nbgrader" in cell.metadata]
    found = {cell.metadata.nbgrader.grade_id: cell for cell in marked}
    assert len(found) == len(marked) == len(RELEASE.cells)
    for cell in RELEASE.cells:
        assert found[cell.name].metadata.nbgrader == cell.metadata
        assert found[cell.name].cell_type == cell.cell_type
        if cell.locked:
            assert found[cell.name].source == cell.source
    order = [found[cell.name] for cell in RELEASE.cells]
    assert [c.id for c in notebook.cells if any(c is other for other in order)] == [c.id for c in order]
    nbformat.validate(notebook)
    return found


def read(document):
    data = document if type(document) is bytes else json.dumps(document, ensure_ascii=False).encode()
    return intake.read(data, RELEASE)


def cell(document, name):
    return next(c for c in document["cells"] if c["metadata"].get("nbgrader", {}).get("grade_id") == name)


def position(document, name):
    return document["cells"].index(cell(document, name))


def test_an_honest_notebook_comes_through_unchanged():
    notebook, notes = read(submission())
    assert notes == []
    found = named(notebook)
    assert {name: found[name].source for name in ANSWERS} == ANSWERS
    assert notebook.cells[0].source == "# A problem set"
    assert notebook.cells[3].source == "print('my own')"
    assert all(c.outputs == [] and c.execution_count is None for c in notebook.cells if c.cell_type == "code")
    assert notebook.metadata.kernelspec.name == "python3"
    assert found["test-a"].metadata.nbgrader.points == 4


# --- files that say the same in another way: everything survives ---

SAME = {}


def same(note):
    """Register a malformation that changes a submission in place, or returns its bytes, and the note it gives."""

    def keep(function):
        SAME[function.__name__] = function, note
        return function

    return keep


def text(document):
    return json.dumps(document, ensure_ascii=False)


@same("byte order mark")
def bom(document):
    return b"\xef\xbb\xbf" + text(document).encode()


@same("utf-16")
def utf_16(document):
    return text(document).encode("utf-16")


@same("utf-16-le")
def utf_16_without_mark(document):
    return text(document).encode("utf-16-le")


@same("format 4.99")
def minor_of_the_future(document):
    document["nbformat_minor"] = 99
    for c in document["cells"]:
        c["of_the_future"] = {"x": 1}


@same("format 99")
def major_of_the_future(document):
    document["nbformat"] = 99


@same("format None")
def no_format(document):
    del document["nbformat"], document["nbformat_minor"]


@same("format 3")
def nbformat_3(document):
    cells = document.pop("cells")
    cells[0] = {"cell_type": "heading", "level": 1, "source": ["A problem set"], "metadata": {}}
    for c in cells:
        c.pop("id", None)
        if c["cell_type"] == "code":
            c["input"], c["prompt_number"], c["language"] = [c.pop("source")], c.pop("execution_count"), "python"
    document |= {"nbformat": 3, "nbformat_minor": 0, "worksheets": [{"cells": cells, "metadata": {}}]}


@same(None)
def no_metadata_of_the_notebook(document):
    del document["metadata"]


@same(None)
def no_ids(document):
    document["nbformat_minor"] = 4
    for c in document["cells"]:
        del c["id"]


@same(None)
def same_id_everywhere(document):
    for c in document["cells"]:
        c["id"] = "a"


@same(None)
def ids_that_are_none(document):
    for c in document["cells"]:
        c["id"] = ["not an id"]


@same(None)
def fifty_megabytes_of_output(document):
    cell(document, "task-a")["outputs"] = [{"output_type": "stream", "name": "stdout", "text": "x" * 50_000_000}]


@same(None)
def outputs_that_are_none(document):
    cell(document, "task-a")["outputs"] = "?"


@same(None)
def lines_of_windows(document):
    for c in document["cells"]:
        c["source"] = [f"{line}\r\n" for line in c["source"].split("\n")[:-1]] + [c["source"].split("\n")[-1]]


@same(None)
def saved_by_colab(document):
    document |= {"nbformat": 4, "nbformat_minor": 0}
    document["metadata"] = {
        "colab": {"provenance": [], "toc_visible": True},
        "kernelspec": {"name": "python3", "display_name": "Python 3"},
        "language_info": {"name": "python"},
        "accelerator": "GPU",
    }
    for number, c in enumerate(document["cells"]):
        c["metadata"] |= {"id": f"aB{number}", "colab": {"base_uri": "https://localhost:8080/"}, "outputId": "1"}
        c["source"] = c["source"].splitlines(keepends=True)
        del c["id"]


@same("what it says")
def saved_by_a_program_that_drops_nbgraders_marks(document):
    document |= {"nbformat": 4, "nbformat_minor": 2}
    document["metadata"] = {"language_info": {"name": "python"}, "orig_nbformat": 4}
    for c in document["cells"]:
        c["metadata"] = {"vscode": {"languageId": "python"}} if c["cell_type"] == "code" else {}
        del c["id"]


@same("left out")
def metadata_of_the_wrong_kind(document):
    cell(document, "task-a")["metadata"]["tags"] = {"not": ["a list"]}
    document["metadata"]["language_info"] = 7


@same("Cell 2 is not a cell")
def cells_that_are_none(document):
    document["cells"].insert(1, "not a cell")


@same("unknown kind")
def cell_of_an_unknown_kind(document):
    document["cells"].append({"cell_type": "drawing", "source": "?", "metadata": {}})


@same("unknown name 'nobody'")
def unknown_name(document):
    document["cells"][0]["metadata"]["nbgrader"] = {"grade_id": "nobody", "grade": True, "points": 100}


@same("had lost its name")
def renamed_cells(document):
    for name in ("imports", "task-a", "test-a", "rubric", "task-b", "task-c", "test-c"):
        cell(document, name)["metadata"]["nbgrader"]["grade_id"] = f"{name}-copy"


@same("had lost its name")
def marks_that_are_none(document):
    answer, test = cell(document, "task-a"), cell(document, "test-a")
    answer["metadata"]["nbgrader"], test["metadata"] = "task-a", None


@same("points of test-a had been changed")
def changed_points(document):
    cell(document, "test-a")["metadata"]["nbgrader"]["points"] = 1000


@same("locked cell test-a had been changed")
def changed_test(document):
    cell(document, "test-a")["source"] = "print('all is well')"


@same(None)
def changed_marks(document):
    cell(document, "test-a")["metadata"]["nbgrader"] |= {"grade": False, "locked": False, "schema_version": 77}


@same("test-a was missing")
def deleted_test(document):
    document["cells"].remove(cell(document, "test-a"))


@same("imports was missing")
def deleted_first_cell(document):
    document["cells"].remove(cell(document, "imports"))


@same("test-a is there 2 times")
def doubled_test(document):
    document["cells"].insert(1, copy.deepcopy(cell(document, "test-a")) | {"id": "copy"})


@same("test-a is there 2 times")
def split_test(document):
    at, whole = position(document, "test-a"), cell(document, "test-a")
    first, second = whole["source"].split("\n", 1)
    document["cells"][at : at + 1] = [copy.deepcopy(whole) | {"source": s, "id": s[:3]} for s in (first, second)]


@same("task-a is there 2 times")
def doubled_answer_with_the_untouched_one_behind(document):
    stub = copy.deepcopy(cell(document, "task-a")) | {"source": RELEASE.cells[1].source, "id": "stub"}
    document["cells"].insert(position(document, "task-a") + 1, stub)


@same("parts were put together")
def split_answer(document):
    at, whole = position(document, "task-a"), cell(document, "task-a")
    first, second = whole["source"].split("\n", 1)
    document["cells"][at : at + 1] = [copy.deepcopy(whole) | {"source": s, "id": s[:3]} for s in (first, second)]


@same("had become")
def answer_turned_to_text(document):
    cell(document, "task-a")["cell_type"] = "markdown"
    del cell(document, "task-a")["outputs"], cell(document, "task-a")["execution_count"]


@same(None)
def half_a_character(document):
    document["cells"].append({"cell_type": "code", "source": "print('\ud800')\0", "metadata": {}, "outputs": []})
    return json.dumps(document).encode()


@pytest.mark.parametrize("name", SAME)
def test_the_answers_survive(name):
    change, note = SAME[name]
    document = submission()
    notebook, notes = read(change(document) or document)
    found = named(notebook)
    assert {name: found[name].source for name in ANSWERS} == ANSWERS
    assert "print('my own')" in [c.source for c in notebook.cells]
    if note:
        assert re.search(note, "\n".join(notes))
    else:
        assert notes == []
    assert all(len(n) < 200 for n in notes)
    for c in notebook.cells:
        assert c.source.encode()
        assert "\0" not in c.source


def test_latin_1_is_read_as_such():
    document = submission()
    cell(document, "task-b")["source"] = "It doubles: é."
    notebook, notes = read(text(document).encode("latin-1"))
    assert named(notebook)["task-b"].source == "It doubles: é."
    assert "Latin-1" in notes[0]


def test_a_doubled_answer_counts_as_it_was_run_last():
    document = submission()
    other = copy.deepcopy(cell(document, "task-a")) | {"source": "def f(x):\n    return 3", "id": "other"}
    document["cells"].insert(position(document, "task-a"), other)
    notebook, notes = read(document)
    assert named(notebook)["task-a"].source == ANSWERS["task-a"]
    assert [c.source for c in notebook.cells].count("def f(x):\n    return 3") == 1  # it still runs, before the other
    assert notes == ["The cell task-a is there 2 times: the last counts."]


def test_an_answer_in_words_in_two_cells_is_read_as_one():
    document = submission()
    more = copy.deepcopy(cell(document, "task-b")) | {"source": "And more.", "id": "more"}
    document["cells"].append(more)
    assert named(read(document)[0])["task-b"].source == f"{ANSWERS['task-b']}\nAnd more."


def test_what_is_missing_comes_back_untouched():
    notebook, notes = read({"cells": [], "nbformat": 4, "nbformat_minor": 5, "metadata": {}})
    found = named(notebook)
    assert {name: c.source for name, c in found.items()} == {c.name: c.source for c in RELEASE.cells}
    assert len(notes) == len(RELEASE.cells)


def test_ten_thousand_copies_of_a_cell_take_no_time_and_few_notes():
    document = submission()
    document["cells"] += [dict(cell(document, "test-a"), source=f"print({i})") for i in range(9000)]
    document["cells"] += [{"cell_type": "?"}] * 50
    notebook, notes = read(document)
    assert len(named(notebook)) == len(RELEASE.cells)
    assert len(notes) == 21
    assert notes[-1].startswith("And ")


def test_a_cell_is_not_found_by_the_name_of_another_task():
    document = submission()
    document["cells"].remove(cell(document, "task-a"))
    assert named(read(document)[0])["task-a"].source == RELEASE.cells[1].source


UNREADABLE = {
    "empty": (b"", "empty"),
    "blank": (b"\xef\xbb\xbf \n\0", "empty"),
    "broken off": (text(submission()).encode()[:-100], r"not a whole notebook \(line 1, column \d+"),
    "a merge that failed": (b"<<<<<<< HEAD\n{}\n", "not a whole notebook"),
    "a picture": (b"\x89PNG\r\n\x1a\n" + bytes(range(256)), "not a whole notebook"),
    "a list": (b"[]", "no cells"),
    "no cells": (b'{"metadata": {}}', "no list of cells"),
    "cells without end": (b'{"cells": [' + b"0," * 10_000 + b"0]}", "10001 cells; 10000 are the most"),
    "cells that are a text": (b'{"cells": "?"}', "no list of cells"),
    "nested without end": (b'{"cells": ' + b"[" * 100_000, "not a notebook that Jupyter"),
    "nested metadata": (b'{"cells": [], "metadata": {"a": ' + b"[" * 600 + b"]" * 600 + b"}}", "nested too deeply"),
    "a number without end": (b'{"cells": [], "x": ' + b"9" * 10_000 + b"}", "not a notebook that Jupyter"),
}


@pytest.mark.parametrize("name", UNREADABLE)
def test_what_cannot_be_read_says_why(name):
    data, reason = UNREADABLE[name]
    with pytest.raises(intake.Unreadable, match=reason):
        intake.read(data, RELEASE)


def test_what_is_too_large_is_not_looked_at(monkeypatch):
    monkeypatch.setattr(intake, "LARGEST", 2**20)
    with pytest.raises(intake.Unreadable, match="2 MB; 1 MB are the most"):
        intake.read(b" {" + b" " * 2**21, RELEASE)


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.sampled_from(["code", "markdown", "task-a"]),
    lambda some: st.lists(some) | st.dictionaries(st.sampled_from(["nbgrader", "grade_id", "a", "tags"]), some),
    max_leaves=8,
)
CELL = st.dictionaries(st.sampled_from(["cell_type", "source", "metadata", "id", "outputs", "attachments"]), JSON)


@hypothesis.settings(max_examples=30, deadline=None)
@hypothesis.given(st.lists(CELL | JSON), JSON, JSON)
def test_whatever_the_cells_are_the_release_is_whole(cells, metadata, version):
    document = {"cells": cells, "metadata": metadata, "nbformat": version}
    notebook, _ = intake.read(json.dumps(document).encode(), RELEASE)
    named(notebook)


BROKEN = st.builds(lambda end, more: text(submission()).encode()[:end] + more, st.integers(0, 3000), st.binary())


@hypothesis.settings(max_examples=30, deadline=None)
@hypothesis.given(st.binary() | BROKEN)
def test_whatever_the_bytes_are_there_is_a_notebook_or_a_reason(data):
    try:
        notebook, _ = intake.read(data, RELEASE)
    except intake.Unreadable:
        return
    named(notebook)


def test_a_refusal_shows_the_reason_and_gives_nothing():
    notebook = intake.refusal("The file is empty.", RELEASE)
    found = named(notebook)
    assert "The file is empty." in notebook.cells[0].source
    assert all(c.outputs[0].output_type == "error" for c in found.values() if c.cell_type == "code")


@pytest.mark.parametrize(
    ("names", "chosen"),
    [
        (["ps.ipynb"], "ps.ipynb"),
        (["PS (1).ipynb"], "PS (1).ipynb"),
        (["ps.ipynb", "ps-old.ipynb"], "ps.ipynb"),
        (["notes.ipynb", "ps_alice.ipynb"], "ps_alice.ipynb"),
        (["ps.ipynb.txt"], "ps.ipynb.txt"),
        (["folder/ps.ipynb", "report.pdf"], None),
        ([], None),
    ],
    ids=str,
)
def test_the_right_file_is_found(names, chosen):
    empty = json.dumps({"cells": []}).encode()
    files = {name: empty if "notes" in name else text(submission()).encode() for name in names}
    found, notes = intake.pick(files, [RELEASE])
    assert found == {"ps": chosen}
    assert bool(notes) == (chosen not in ("ps.ipynb", None) or (len(names) > 1 and chosen is not None))


def test_two_notebooks_are_told_apart_by_their_cells():
    other = intake.Release("other", {}, (source("z", "1"),))
    z = text({"cells": [{"metadata": {"nbgrader": {"grade_id": "z"}}}]}).encode()
    files = {"a.ipynb": z, "b.ipynb": text(submission()).encode()}
    assert intake.pick(files, [RELEASE, other])[0] == {"ps": "b.ipynb", "other": "a.ipynb"}


@pytest.mark.parametrize(
    ("data", "time"),
    [
        (b"2026-11-21 13:00:00 UTC", "2026-11-21 13:00:00"),
        (b"\xef\xbb\xbf2026-11-21 13:00:00 UTC\n", "2026-11-21 13:00:00"),
        (b"", None),
        (b"yesterday, more or less", None),
        (b"\xff\xfe\x00", None),
        (b"9" * 400, None),
    ],
)
def test_times_of_submission(data, time):
    found, notes = intake.timestamp(data)
    assert (str(found) if found else None) == time
    assert bool(notes) == (time is None)
