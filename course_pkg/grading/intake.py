"""Reading what was handed in: a file that may be damaged, saved by another program, or changed where it should not be.

Promise: :func:`read` returns a notebook that has every cell of the release once, with the release's own text where
that is locked, its points, its metadata and no outputs; or it raises :class:`Unreadable` with a sentence for the
student. Nothing else comes out, whatever the bytes are. Every repair is a short note; an honest file gives none. It
takes the place of nbgrader's sanitising steps, and does to an honest notebook what they do.

A cell of the release is found by its grade_id, then by what it says. What a student added stays where it stands.
"""

import json
import re
from dataclasses import dataclass

import nbformat
from nbformat.notebooknode import NotebookNode
from rapidfuzz import fuzz

from course_pkg.grading.submission import ReleaseCell

LARGEST = 256 * 2**20  # bytes of a notebook; what is above is not looked at
_MOST_CELLS = 10_000
_MOST_NOTES = 20


class Unreadable(ValueError):
    """No notebook can be made of this; the text says why, for the student."""


@dataclass(frozen=True)
class SourceCell:
    """A cell of the release that nbgrader knows, as the gradebook keeps it; ``points`` is None where none are given."""

    name: str
    cell_type: str
    source: str
    checksum: str
    grade: bool
    solution: bool
    task: bool
    locked: bool
    points: float | None

    @property
    def metadata(self):
        """What nbgrader writes into the cell."""
        own = dict(vars(self))
        for name in ("name", "source", *([] if self.task else ["task"]), *(["points"] if self.points is None else [])):
            del own[name]
        if self.points is not None and self.points == int(self.points):
            own["points"] = int(self.points)
        return own | {"grade_id": self.name, "schema_version": 3}

    @property
    def public(self):
        """The text that students get: without the hidden tests."""
        return _HIDDEN.sub("", self.source)


@dataclass(frozen=True)
class Release:
    """A notebook of the release: ``cells`` that nbgrader knows, in order, and the texts of all ``others``."""

    name: str
    kernelspec: dict
    cells: tuple
    others: tuple = ()

    @property
    def code_cells(self):
        """The code cells as :func:`submission.run` wants them."""
        kinds = {True: "solution", False: "locked"}
        return [
            ReleaseCell(c.name, c.source, "test" if c.grade and not c.solution else kinds[c.solution])
            for c in self.cells
            if c.cell_type == "code"
        ]


_HIDDEN = re.compile(r"^.*BEGIN HIDDEN TESTS.*\n(?:.*\n)*?.*END HIDDEN TESTS.*$\n?", re.M)
_BOUND = re.compile(r"^(?:(?:async +)?def|class) +(\w+)|^(\w+) *=(?!=)", re.M)


def read(data, release):
    """Return ``(notebook, notes)`` of the bytes of a file; raise :class:`Unreadable`."""
    try:
        return _read(data, release)
    except (RecursionError, MemoryError):
        raise Unreadable("The file is nested too deeply, or too large, to be read.") from None


def _read(data, release):
    notes = []
    document = _document(data, notes)
    cells = [made for number, cell in enumerate(_cells(document, notes), 1) if (made := _cell(cell, number, notes))]
    cells = _Restored(cells, release, notes).cells
    for number, cell in enumerate(cells):
        cell["id"] = cell.get("id") or f"cell-{number}"
    metadata = document.get("metadata")
    metadata = nbformat.from_dict(metadata) if type(metadata) is dict else NotebookNode()
    notebook = _notebook(cells, metadata, release)
    try:
        nbformat.validate(notebook)
    except nbformat.ValidationError:
        notes.append("What the file says about itself is not as Jupyter writes it, and was left out.")
        notebook = _notebook(cells, NotebookNode(), release)
        for cell in cells:
            cell.metadata = NotebookNode({k: v for k, v in cell.metadata.items() if k == "nbgrader"})
            cell.pop("attachments", None)
    more = len(notes) - _MOST_NOTES
    return notebook, [*notes[:_MOST_NOTES], *([f"And {more} other repairs."] if more > 0 else [])]


def refusal(reason, release):
    """Return a notebook that stands for one that could not be graded: the reason, and no points for any test."""
    cells = [nbformat.v4.new_markdown_cell(f"**This submission was not graded.** {reason}", id="not-graded")]
    for cell in release.cells:
        made = _new_cell(cell)
        made["id"] = f"cell-{len(cells)}"
        if cell.cell_type == "code":
            error = {"ename": "NotGraded", "evalue": reason, "traceback": [f"NotGraded: {reason}"]}
            made.outputs = [nbformat.v4.new_output("error", **error)]
        cells.append(made)
    return _notebook(cells, NotebookNode(), release)


def pick(files, releases):
    """Return ``({name of a release: its file's name, or None}, notes)`` among ``{file name: bytes}``.

    The right name is taken first, then the file that says most of the release's cells, then the only one left.
    """
    notes = []
    chosen = {r.name: f"{r.name}.ipynb" if f"{r.name}.ipynb" in files else None for r in releases}
    left = [n for n in sorted(files) if n not in chosen.values() and "/" not in n and _may_be_notebook(n, files[n])]
    for release in releases:
        if chosen[release.name] is None and left:
            found = {n: sum(f'"{cell.name}"'.encode() in files[n] for cell in release.cells) for n in left}
            best = max(left, key=found.get)
            if found[best] or len(left) == 1:
                left.remove(best)
                chosen[release.name] = best
                notes.append(f"{best} was taken for {release.name}.ipynb.")
    notes += [f"{name} was not looked at." for name in left if name.endswith(".ipynb")]
    return chosen, notes


def timestamp(data):
    """Return ``(time in UTC or None, notes)`` of the bytes of a timestamp.txt."""
    from nbgrader.utils import parse_utc  # not at the top: workers need no nbgrader

    text = data.decode("utf-8-sig", "replace").replace("\0", "").strip()
    try:
        return (parse_utc(text) if text else None), ([] if text else ["The time of submission is missing."])
    except (ValueError, OverflowError, TypeError):
        return None, ["The time of submission could not be read, and counts as none."]


def _may_be_notebook(name, data):
    return name.endswith(".ipynb") or (name.lower().endswith((".ipynb", ".json", ".txt")) and b'"cells"' in data)


# --- from bytes to cells ---


def _document(data, notes):
    """Return the JSON object of a file."""
    if not data.strip(b"\0 \t\r\n\xef\xbb\xbf"):
        raise Unreadable("The file is empty. Save the notebook and hand it in again.")
    if len(data) > LARGEST:
        raise Unreadable(f"The file has {len(data) // 2**20} MB; {LARGEST // 2**20} MB are the most that is read.")
    try:
        document = json.loads(_text(data, notes))
    except json.JSONDecodeError as error:
        where = f"(line {error.lineno}, column {error.colno}: {error.msg})"
        raise Unreadable(
            f"The file is not a whole notebook {where}. Open it in Jupyter, save it, and hand it in again."
        ) from None
    except (ValueError, RecursionError):
        raise Unreadable("The file is not a notebook that Jupyter could have saved.") from None
    if type(document) is not dict:
        raise Unreadable("The file is not a notebook: it has no cells.")
    return document


def _text(data, notes):
    encoding = json.detect_encoding(data)
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError:
        encoding, text = "Latin-1", data.decode("cp1252", "replace")
    if encoding == "utf-8-sig":
        notes.append("The file begins with a byte order mark, which was left out.")
    elif encoding != "utf-8":
        notes.append(f"The file is saved as {encoding}, not as UTF-8; it was read as that.")
    return text


def _cells(document, notes):
    """Return the list of cells, of any version of the format."""
    version = document.get("nbformat")
    cells = document.get("cells")
    if type(cells) is not list and type(document.get("worksheets")) is list:
        sheets = [sheet.get("cells") for sheet in document["worksheets"] if type(sheet) is dict]
        cells = [cell for sheet in sheets if type(sheet) is list for cell in sheet]
    if type(cells) is not list:
        raise Unreadable("The file is not a notebook: it has no list of cells.")
    if len(cells) > _MOST_CELLS:
        raise Unreadable(f"The notebook has {len(cells)} cells; {_MOST_CELLS} are the most that are read.")
    minor = document.get("nbformat_minor", 0)
    if version != 4 or (type(minor) is int and minor > nbformat.v4.nbformat_minor):
        notes.append(f"The notebook has the format {version!r:.20}.{minor!r:.20}; it was read as 4.5.")
    return cells


def _cell(cell, number, notes):
    """Return a cell as Jupyter's format wants it, None for what is none."""
    if type(cell) is not dict:
        notes.append(f"Cell {number} is not a cell, and was left out.")
        return None
    kind = cell.get("cell_type")
    source = cell.get("source", cell.get("input"))
    if type(source) is list:
        source = "".join(part for part in source if type(part) is str)
    elif type(source) is not str:
        source = ""
        notes.append(f"Cell {number} has no text.")
    if kind == "heading":  # of nbformat 3
        level = cell.get("level")
        kind, source = "markdown", f"{'#' * (level if type(level) is int and 0 < level < 7 else 1)} {source}"
    if kind not in ("code", "markdown", "raw"):
        notes.append(f"Cell {number} is of an unknown kind, and was read as text.")
        kind = "raw"
    clean = source.replace("\r\n", "\n").replace("\0", "").encode("utf-8", "replace").decode()
    metadata = cell.get("metadata")
    metadata = nbformat.from_dict(metadata) if type(metadata) is dict else NotebookNode()
    for name in ("collapsed", "scrolled"):  # belong to the outputs
        metadata.pop(name, None)
    made = NotebookNode(cell_type=kind, metadata=metadata, source=clean)
    if type(cell.get("id")) is str and re.fullmatch(r"[\w-]{1,64}", cell["id"], re.ASCII):
        made["id"] = cell["id"]
    if kind == "code":
        made.update(outputs=[], execution_count=None)
    elif type(cell.get("attachments")) is dict:
        made["attachments"] = nbformat.from_dict(cell["attachments"])
    return made


def _notebook(cells, metadata, release):
    if release.kernelspec:
        metadata["kernelspec"] = nbformat.from_dict(release.kernelspec)
    return NotebookNode(nbformat=4, nbformat_minor=5, metadata=metadata, cells=cells)


# --- the cells of the release ---


class _Restored:
    """The cells of a submission, with each cell of the release in it once."""

    def __init__(self, cells, release, notes):
        self.cells, self.notes = cells, notes
        self._without_doubled_ids()
        self.wanted = {cell.name: cell for cell in release.cells}
        self.others = {_plain(text) for text in release.others}
        self.found = {}  # name: the cell of the submission
        copies = {name: [] for name in self.wanted}
        for cell in cells:
            name = self._name(cell)
            if name is not None:
                copies[name].append(cell)
        for name, cell in self.wanted.items():
            if copies[name]:
                self.found[name] = self._one(cell, copies[name])
        missing = [cell for cell in release.cells if cell.name not in self.found]
        if missing:
            self._search(missing, release)
        previous = None
        for cell in release.cells:
            if cell.name not in self.found:
                self._insert(cell, previous)
            self._restore(cell, self.found[cell.name])
            previous = self.found[cell.name]

    def _without_doubled_ids(self):
        seen = set()
        for cell in self.cells:
            if cell.get("id") in seen:
                cell.pop("id", None)
            seen.add(cell.get("id"))

    def _name(self, cell):
        """Return the grade_id of a cell, None if it is none of the release's: then nbgrader's marks go."""
        info = cell.metadata.get("nbgrader")
        name = info.get("grade_id") if type(info) is NotebookNode else None
        if type(name) is str and name in self.wanted:
            return name
        if cell.metadata.pop("nbgrader", None):
            self.notes.append(f"A cell with the unknown name {name!r:.40} counts as one of your own.")
        return None

    def _one(self, wanted, copies):
        """Return the cell that counts of several with the same name: the last, with the others where they belong."""
        if len(copies) == 1:
            return copies[0]
        # An untouched copy, of a locked cell also a part, says nothing; in an answer's place it would undo the answer.
        lines, whole = {line.strip() for line in wanted.public.split("\n")} | {""}, _plain(wanted.public)
        untouched = [
            cell
            for cell in copies
            if _plain(cell.source) == whole
            or (wanted.locked and {line.strip() for line in cell.source.split("\n")} <= lines)
        ]
        rest = _without(copies, untouched)
        what = f"The cell {wanted.name} is there {len(copies)} times"
        if len(rest) > 1 and not wanted.locked and self._belong_together(wanted, rest):
            rest[0].source = "\n".join(dict.fromkeys(cell.source for cell in rest))
            self._remove([*untouched, *rest[1:]])
            self.notes.append(f"{what}: its parts were put together.")
            return rest[0]
        original = [cell for cell in untouched if wanted.locked and _plain(cell.source) == whole]
        one = (original or rest or untouched)[-1]
        self._remove(_without(untouched, [one]))
        for cell in _without(rest, [one]):
            del cell.metadata["nbgrader"]
        self.notes.append(f"{what}: {'the last' if len(rest) > 1 and one is rest[-1] else 'one of them'} counts.")
        return one

    def _remove(self, cells):
        self.cells[:] = _without(self.cells, cells)

    def _belong_together(self, wanted, cells):
        """Return whether cells are the parts of one that was split: text, or code that is whole only together."""
        if wanted.cell_type == "markdown":
            return True
        first = next(i for i, cell in enumerate(self.cells) if cell is cells[0])
        beside = all(a is b for a, b in zip(self.cells[first:], cells, strict=False))
        return beside and not all(_whole(c.source) for c in cells) and _whole("\n".join(c.source for c in cells))

    def _search(self, missing, release):
        """Find cells that have lost their names by what they say, in the order of the release."""
        free = _without(self.cells, self.found.values())
        free = [cell for cell in free if _plain(cell.source) not in self.others]
        for wanted in missing:
            cell = (_same if wanted.locked else _answer)(wanted, free)
            if cell is None and wanted.solution and wanted.cell_type == "markdown":
                cell = self._text_between(wanted, release, free)
            if cell is not None:
                self.found[wanted.name] = cell
                free = _without(free, [cell])
                self.notes.append(f"The cell {wanted.name} had lost its name, and was found by what it says.")

    def _text_between(self, wanted, release, free):
        """Return the only text that a student wrote between this cell's neighbours, or None."""
        names = [cell.name for cell in release.cells]
        place = {id(cell): i for i, cell in enumerate(self.cells)}
        at = names.index(wanted.name)
        before = [place[id(self.found[name])] for name in names[:at] if name in self.found]
        after = [place[id(self.found[name])] for name in names[at + 1 :] if name in self.found]
        low, high = max(before, default=-1), min(after, default=len(self.cells))
        texts = [cell for cell in free if cell.cell_type == "markdown" and low < place[id(cell)] < high]
        return texts[0] if len(texts) == 1 else None

    def _insert(self, wanted, previous):
        at = next((i for i, cell in enumerate(self.cells) if cell is previous), -1)
        self.found[wanted.name] = _new_cell(wanted)
        self.cells.insert(at + 1, self.found[wanted.name])
        self.notes.append(f"The cell {wanted.name} was missing, and was put back as it came.")

    def _restore(self, wanted, cell):
        """Give a cell what is the release's to say: its kind, its marks, and where it is locked its text."""
        if cell.cell_type != wanted.cell_type:
            self.notes.append(f"The cell {wanted.name} had become {cell.cell_type}; it is {wanted.cell_type} again.")
            kept = {"metadata": cell.metadata, "source": cell.source} | ({"id": cell["id"]} if "id" in cell else {})
            cell.clear()
            cell.update(_new_cell(wanted))
            cell.update(kept)
        given = cell.metadata.get("nbgrader", {})
        if "points" in given and given["points"] != wanted.points:
            self.notes.append(f"The points of {wanted.name} had been changed; they are as released.")
        cell.metadata["nbgrader"] = NotebookNode(wanted.metadata)
        if wanted.locked:
            if _plain(cell.source) not in (_plain(wanted.public), _plain(wanted.source)):
                self.notes.append(f"The locked cell {wanted.name} had been changed; it is as released.")
            cell.source = wanted.source


def _without(cells, others):
    """Return those cells that are none of the others: not the same objects, they may be equal."""
    left_out = {id(cell) for cell in others}
    return [cell for cell in cells if id(cell) not in left_out]


def _new_cell(wanted):
    cell = NotebookNode(
        cell_type=wanted.cell_type, metadata=NotebookNode(nbgrader=NotebookNode(wanted.metadata)), source=wanted.source
    )
    if wanted.cell_type == "code":
        cell.update(outputs=[], execution_count=None)
    return cell


def _plain(text):
    return "\n".join(line.rstrip() for line in text.split("\n") if line.strip())


def _same(wanted, cells):
    """Return the cell that says nearly what the release's says, or None."""
    text = _plain(wanted.public)
    near = {i: cell for i, cell in enumerate(cells) if len(cell.source) < 2 * len(wanted.source)}
    likeness = {i: fuzz.ratio(text, _plain(cell.source)) for i, cell in near.items()}
    best = max(likeness, key=likeness.get, default=None)
    return cells[best] if best is not None and likeness[best] >= 85 else None


def _answer(wanted, cells):
    """Return the last code cell that defines what the release asks for, or None."""
    names = _bound(wanted.source)
    found = [cell for cell in cells if names and cell.cell_type == "code" and names <= _bound(cell.source)]
    return found[-1] if found else _same(wanted, cells)


def _bound(source):
    return {a or b for a, b in _BOUND.findall(source)}


def _whole(source):
    """Return whether IPython could run this: it ends where it should."""
    from IPython.core.inputtransformer2 import TransformerManager

    try:
        compile(TransformerManager().transform_cell(source), "cell", "exec", dont_inherit=True)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True
