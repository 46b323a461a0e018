"""Real English that every installation has: the prose in the docstrings of its Python packages."""

import ast
import contextlib
import hashlib
import importlib.util
import inspect
import platform
import re
import sysconfig
import tempfile
import warnings
from itertools import pairwise
from pathlib import Path

from course_pkg._validate import describe

# "python" is the standard library. The others come with the course: what it needs, and what torch needs.
PACKAGES = ("python", "numpy", "scipy", "sklearn", "skimage", "matplotlib", "networkx", "sympy", "torch")

_NO_PROSE = {"test", "tests", "testing", "site-packages", "dist-packages", "lib2to3", "idlelib", "_vendor", "externals"}
_LISTS_OF_NAMES = {"See Also", "References"}
_HEADING = re.compile(r"(Args|Arguments|Attributes|Examples?|Notes?|Raises|Returns|Yields):")
_UNDERLINE = re.compile(r"[-=~^]{3,}")
_ITEM = re.compile(  # how an item of a list begins, or the line on a parameter, whose description may be prose
    r"(?:[-*+•]|\(?\d+[.)]|\.\. (?:note|warning)::|:\w+(?: [\w*]+)*:|\*{0,2}\w+(?: \([^)]*\))?:(?= [A-Z]))\s+"
)
_MARKUP = [
    (re.compile(r":[a-z][\w:+.-]*:`(?:[^`<]*<)?[~!]?([^`<>]*)>?`"), r"\1"),  # a role, as in :func:`~numpy.mean`
    (re.compile(r"`([^`<]*?)\s*<[^`>]*>`__?"), r"\1"),  # a link
    (re.compile(r"\s?\[[\w#]+\]_"), ""),  # a footnote
    (re.compile(r"`+([^`]*)`+_{0,2}"), r"\1"),  # code
    (re.compile(r"\*+([^*\s][^*]*)\*+"), r"\1"),  # emphasis
    (re.compile(r"\|([^|]+)\|_?"), r"\1"),  # a substitution
    (re.compile(r"::$"), ":"),
]
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
_PROSE = re.compile(r"""(?!\w+ : )["'(]?[A-Z][A-Za-z0-9 ,.;:!?'"()/_%+*-]*[.?!:][)"']?""")


def docstrings(packages=PACKAGES, *, folder=None):
    """Return the prose in the docstrings of installed ``packages``: a list of paragraphs, each one line of text.

    A paragraph is as :func:`prose` makes it; one that stands in several places comes once. The order is that of
    ``packages``, of the names of their files, and of the lines in them. Tests are left out. The files are parsed, not
    run: nothing is imported. Other versions of a package have other words, so the result is the same only where the
    same versions are installed. All of ``PACKAGES`` have 1.4 million words in the versions of constraints.txt.

    Parsing takes a second for every two megabytes of code or so. The prose of each package is therefore kept in
    ``folder``, by default the user's cache folder, under the package's version. Where nothing can be written there,
    the files are parsed each time, and so are packages without a version.

    ``packages`` is a list of names as in ``import``; "python" stands for the standard library.
    Raises TypeError or ValueError naming the argument that is wrong, also where a package is not installed.
    """
    if not isinstance(packages, (list, tuple)) or not all(isinstance(name, str) for name in packages):
        raise TypeError(f"packages: expected a list of names of packages, got {describe(packages)}")
    roots = {name: _roots(name) for name in packages}
    for name in packages:
        if not roots[name]:
            raise ValueError(f"packages: expected names of installed packages, got {describe(name)}")
    folder, found = _folder(folder), {}
    versions = _versions(packages)
    for name in packages:
        found.update(dict.fromkeys(_kept(folder, name, versions[name], roots[name])))
    return list(found)


def prose(docstring):
    """Return the paragraphs of English prose in a docstring, a list of texts without markup or line breaks.

    Such a paragraph begins with a capital letter, ends with one of . ? ! : and has at least five words of ASCII
    letters, digits and ,.;:!?'"()/_%+*-. So examples, formulas, tables, headings and the types of parameters are left
    out. Links, roles, emphasis and code within a sentence leave their text. Raises TypeError for what is not a text.
    """
    if not isinstance(docstring, str):
        raise TypeError(f"docstring: expected a text, got {describe(docstring)}")
    found = []
    for text in _blocks(docstring):
        for pattern, replacement in _MARKUP:
            text = pattern.sub(replacement, text)
        text = " ".join(text.split())
        if text.count(" ") >= 4 and _PROSE.fullmatch(text):
            found.append(text)
    return found


def _blocks(docstring):
    """Yield the paragraphs, list items and descriptions of a docstring, each as one line, still with inline markup.

    What is indented deeper than a directive, or than a line that ends with ::, belongs to it and is left out.
    """
    lines = [*inspect.cleandoc(docstring).splitlines(), "", ""]
    block, indent, fresh = [], 0, False  # fresh: the line before was the first of an item
    hidden, doctest, section = None, False, ""
    for line, following in pairwise(lines):
        text, depth = line.strip(), len(line) - len(line.lstrip())
        if not text:
            doctest = False
        elif doctest or _UNDERLINE.fullmatch(text) or (hidden is not None and depth > hidden):
            continue
        else:
            hidden = None
        item = _ITEM.match(text + " ")
        heading = _HEADING.fullmatch(text) or (text and _UNDERLINE.fullmatch(following.strip()))
        if block and (not text or heading or item or (depth <= indent if fresh else depth != indent)):
            yield " ".join(block)
            block = []
        if heading:
            section = text
        elif text.startswith(">>>"):
            doctest = True
        elif text.startswith(".. ") and not item:
            hidden = depth
        elif text and section not in _LISTS_OF_NAMES:
            block.append(text[item.end() :] if item else text)
            hidden = depth if text.endswith("::") else None
        indent, fresh = depth, bool(item)


def _docstrings(code):
    """Yield the docstrings of a module's source: its own, and those of its classes, their methods, and functions."""
    try:
        with warnings.catch_warnings(action="ignore"):  # about escapes in other people's texts
            tree = ast.parse(code)
    except (SyntaxError, ValueError, RecursionError):  # a template, or code for another version of Python
        return
    nodes = [tree]
    while nodes:
        node = nodes.pop()
        if isinstance(node, (ast.Module, ast.ClassDef, *_FUNCTIONS)):
            yield ast.get_docstring(node, clean=False) or ""
        if not isinstance(node, _FUNCTIONS):
            nodes.extend(reversed([child for child in ast.iter_child_nodes(node) if isinstance(child, ast.stmt)]))


def _roots(name):
    """Return the folders of the package ``name``, none where it is not installed."""
    if name == "python":
        return [sysconfig.get_path("stdlib")]
    try:
        spec = importlib.util.find_spec(name) if name.isidentifier() else None
    except ValueError:  # a module that was not found in files, such as __main__
        spec = None
    return list((spec and spec.submodule_search_locations) or [])


def _versions(packages):
    """Return a dict from each name to its version, an empty text where it has none."""
    from importlib import metadata

    owners = metadata.packages_distributions()
    versions = {name: "-".join(metadata.version(owner) for owner in owners.get(name, ())) for name in packages}
    return versions | {"python": platform.python_version()}


def _folder(folder):
    if folder is None:
        import pooch

        folder = pooch.os_cache("course_pkg")
    try:
        return Path(folder)
    except TypeError:
        raise TypeError(f"folder: expected the name of a folder, got {describe(folder)}") from None


def _kept(folder, name, version, roots):
    """Return the prose of all files in the folders ``roots``, kept in ``folder`` from now on."""
    if not version:
        return _parsed(roots)
    recipe = hashlib.sha256(Path(__file__).read_bytes()).hexdigest()[:8]  # other rules of cleaning, other prose
    path = folder / f"docstrings-{name}-{version}-{recipe}.txt"
    with contextlib.suppress(OSError):
        return path.read_text(encoding="utf-8").splitlines()
    found = _parsed(roots)
    with contextlib.suppress(OSError):  # a cache that cannot be written is none
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder) as new:  # a file appears whole or not at all
            whole = Path(new, "prose")
            whole.write_text("\n".join(found), encoding="utf-8")
            whole.replace(path)
    return found


def _parsed(roots):
    """Return the prose in all Python files below the folders ``roots``, without tests; each paragraph once."""
    paths = ((path.relative_to(root).parts, path) for root in roots for path in Path(root).rglob("*.py"))
    codes = (path.read_bytes() for parts, path in sorted(paths) if not _NO_PROSE & set(parts))
    return list(dict.fromkeys(text for code in codes for docstring in _docstrings(code) for text in prose(docstring)))
