"""Files of AG's news, made here: what is read of them, and what is said of broken ones."""

import csv
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from course_pkg.data import NEWS_CLASSES, ag_news

GOOD = '"3","Stocks fall","Prices fell on Monday, analysts say."\n"1","Talks begin","They met in Geneva."\n'


@pytest.fixture
def write(tmp_path):
    def written(content):
        path = tmp_path / "news.csv"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return written


def test_rows_become_texts_and_labels(write):
    texts, labels = ag_news(write(GOOD))
    assert texts == ["Stocks fall Prices fell on Monday, analysts say.", "Talks begin They met in Geneva."]
    assert labels == [2, 0]
    assert [NEWS_CLASSES[label] for label in labels] == ["Business", "World"]
    assert NEWS_CLASSES == ("World", "Sports", "Business", "Sci/Tech")


@pytest.mark.parametrize(
    ("row", "text"),
    [
        ('"4","Oil\\prices","New\\\\York"', "Oil prices New York"),
        ('"4","It #39;s here","AT&amp;T &#36;5 &lt;b&gt; #36;6"', "It 's here AT&T $5 <b> $6"),
        ('"4","He said ""no""","in two\nlines"', 'He said "no" in two lines'),
        ('"4","Only a title",""', "Only a title"),
        ("4, no quotes ,here", "no quotes here"),
        ('" 4 ","Zürich","北京"', "Zürich 北京"),
    ],
)
def test_what_is_cleaned(write, row, text):
    assert ag_news(write(row + "\n")) == ([text], [3])


def test_a_header_and_a_byte_order_mark_are_skipped(write):
    for start in ("Class Index,Title,Description\n", '\ufeff"Class Index","Title","Description"\r\n', "\ufeff"):
        assert ag_news(str(write(start + GOOD)))[1] == [2, 0]


WORDS = st.text(st.characters(codec="utf-8", exclude_characters="\\&#\x00", exclude_categories=("C", "Z")), min_size=1)


@given(rows=st.lists(st.tuples(st.integers(1, 4), WORDS, WORDS), min_size=1, max_size=5))
def test_whatever_csv_writes_is_read(tmp_path_factory, rows):
    path = tmp_path_factory.mktemp("news") / "news.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, quoting=csv.QUOTE_ALL).writerows(rows)
    assert ag_news(path) == ([f"{title} {text}" for _, title, text in rows], [index - 1 for index, _, _ in rows])


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (GOOD + '"5","a","b"\n', "news.csv, line 3: expected a class index from 1 to 4, got '5'"),
        (GOOD + '"Sports","a","b"\n', "line 3: expected a class index from 1 to 4, got 'Sports'"),
        (GOOD + "Class Index,Title,Description\n", "line 3: expected a class index"),
        ('"1","a"\n' + GOOD, "line 1: expected 3 fields (class index, title, description), got 2"),
        (GOOD + "1,a,b,c\n", "line 3: expected 3 fields (class index, title, description), got 4"),
        (GOOD + "\n" + GOOD, "line 3: expected 3 fields (class index, title, description), got 0"),
        (GOOD + '"2"," ","\\"\n', "line 3: expected a title or a description, got neither"),
        (GOOD + '"2","a","never closed\n', "line 3: expected a row of CSV, got unexpected end of data"),
        (GOOD + '"2","a"b,"c"\n', "line 3: expected a row of CSV"),
        ("", "news.csv: expected rows of class index, title and description, got none"),
        ("Class Index,Title,Description\n", "news.csv: expected rows"),
        (GOOD.encode() + '"2","Zürich","b"\n'.encode("latin-1"), "expected UTF-8, got invalid start byte"),
        (GOOD.encode("utf-16"), "news.csv, after line 0: expected UTF-8"),
    ],
)
def test_broken_files(write, content, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        ag_news(write(content))


def test_no_file(tmp_path):
    with pytest.raises(FileNotFoundError):
        ag_news(tmp_path / "none.csv")
    with pytest.raises(TypeError, match="path: expected the name of a file, got int 3"):
        ag_news(3)
