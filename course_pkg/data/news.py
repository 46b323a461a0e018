"""AG's news as a file: titles and first sentences of articles in four classes (Zhang, Zhao & LeCun, 2015)."""

import csv
import html
import re
from pathlib import Path

from course_pkg._validate import describe

NEWS_CLASSES = ("World", "Sports", "Business", "Sci/Tech")

_HEADER = ["class index", "title", "description"]
_ENTITY = re.compile(r"&?(#\d+;)")  # many lost their ampersand on the way into the file, as in "it #39;s"


def ag_news(path):
    """Return (texts, labels) of a file of AG's news: title and description in one text, and 0 … 3 in ``NEWS_CLASSES``.

    Each row of the CSV file has three fields: the class index 1 … 4, the title, the description. A first row "Class
    Index,Title,Description", which some copies have, is skipped. Backslashes, which stand for line breaks, become
    spaces, and HTML entities become characters. The course does not bring the file: the published train.csv has 120,000
    rows, test.csv 7,600.

    Raises FileNotFoundError without a file, and ValueError with the place for a row that is broken, a text that is not
    UTF-8, and a file without rows.
    """
    try:
        path = Path(path)
    except TypeError:
        raise TypeError(f"path: expected the name of a file, got {describe(path)}") from None
    texts, labels = [], []
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = csv.reader(file, strict=True)
        try:
            for row in rows:
                if rows.line_num == 1 and [field.strip().lower() for field in row] == _HEADER:
                    continue
                label, text = _row(row, f"{path.name}, line {rows.line_num}")
                labels.append(label)
                texts.append(text)
        except csv.Error as error:
            raise ValueError(f"{path.name}, line {rows.line_num}: expected a row of CSV, got {error}") from None
        except UnicodeDecodeError as error:
            raise ValueError(f"{path.name}, after line {rows.line_num}: expected UTF-8, got {error.reason}") from None
    if not texts:
        raise ValueError(f"{path.name}: expected rows of class index, title and description, got none")
    return texts, labels


def _row(row, place):
    if len(row) != 3:
        raise ValueError(f"{place}: expected 3 fields (class index, title, description), got {len(row)}")
    index, *fields = row
    if index.strip() not in {"1", "2", "3", "4"}:
        raise ValueError(f"{place}: expected a class index from 1 to 4, got {index!r}")
    text = " ".join(html.unescape(_ENTITY.sub(r"&\1", " ".join(fields))).replace("\\", " ").split())
    if not text:
        raise ValueError(f"{place}: expected a title or a description, got neither")
    return int(index) - 1, text
