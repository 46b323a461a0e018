"""Text of the user's own: a file, or all text files in a folder, English or Chinese."""

import re
from pathlib import Path

from course_pkg._validate import describe

_EMPTY_LINE = re.compile(r"\n\s*\n")
_HAN = re.compile(r"[\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")
# In this order: UTF-8 and UTF-16 notice when a file is not theirs. GB 18030 (with GBK and GB 2312) is China's standard.
_ENCODINGS = ("utf-8-sig", "utf-16", "gb18030")


def own_text(path, *, encoding=None):
    """Return the text in the file ``path``, or in all ``.txt`` and ``.md`` files below the folder ``path``.

    The result is a list of paragraphs, each one line of text, as :func:`docstrings` gives it; empty lines separate the
    paragraphs of a file. Files come in the order of their names. Chinese is written without spaces between words:
    paragraphs with Chinese characters are segmented by jieba, and come with a space after each word.
    ``encoding`` is the files' encoding, such as "big5". Without it UTF-8, UTF-16 with its mark, and GB 18030 are tried.

    Raises FileNotFoundError when there is no such file or no text file in the folder, ValueError for a file that is not
    text or has another encoding, ImportError where Chinese comes and jieba is missing, TypeError for other arguments.
    """
    try:
        path = Path(path).expanduser()
    except TypeError:
        raise TypeError(f"path: expected the name of a file or folder, got {describe(path)}") from None
    if encoding is not None and not isinstance(encoding, str):
        raise TypeError(f"encoding: expected the name of an encoding, or None, got {describe(encoding)}")
    files = sorted(p for p in path.rglob("*") if p.suffix.lower() in (".txt", ".md")) if path.is_dir() else [path]
    if not files or not path.exists():
        what = "a folder with .txt or .md files" if path.is_dir() else "an existing file or folder"
        raise FileNotFoundError(f"path: expected {what}, got {str(path)!r}")
    return [line for file in files for line in _paragraphs(_decoded(file, encoding))]


def _decoded(file, encoding):
    content = file.read_bytes()
    for name in _ENCODINGS if encoding is None else [encoding]:
        if name == "utf-16" and not content.startswith((b"\xff\xfe", b"\xfe\xff")):
            continue
        try:
            text = content.decode(name)
        except UnicodeError:
            continue
        except LookupError:
            raise ValueError(f"encoding: expected the name of an encoding, got {encoding!r}") from None
        if "\0" not in text:
            return text
    expected = encoding or "UTF-8, UTF-16 or GB 18030"
    raise ValueError(f"{file}: expected a text in {expected}, got bytes that are none; say encoding= if you know it")


def _paragraphs(text):
    for paragraph in _EMPTY_LINE.split(text.replace("\r\n", "\n").replace("\r", "\n")):
        chinese = bool(_HAN.search(paragraph))
        line = ("" if chinese else " ").join(part.strip() for part in paragraph.splitlines()).strip()
        if line:
            yield _segmented(line) if chinese else line


def _segmented(line):
    try:
        import jieba
    except ImportError as error:
        raise ImportError("jieba, which finds the words in Chinese text, is missing: pip install jieba") from error
    jieba.setLogLevel("WARNING")  # it reports on standard error that it reads its dictionary
    return " ".join(word for word in jieba.cut(line) if not word.isspace())
