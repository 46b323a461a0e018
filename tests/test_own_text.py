"""Text of the user's own: encodings, folders, Chinese, and what is not text."""

import sys

import pytest

from course_pkg import data, words

ENGLISH = "The cat sat on the mat.\nIt slept.\n\n\nA dog  came.\n"
CHINESE = "我来到北京清华大学。\n他在上海工作。\n\nKing and queen.\n"


def test_paragraphs_are_lines(tmp_path):
    file = tmp_path / "book.txt"
    file.write_bytes(ENGLISH.replace("\n", "\r\n").encode())
    assert data.own_text(file) == ["The cat sat on the mat. It slept.", "A dog  came."]
    assert words.sentences(data.own_text(str(file))[0]) == [["the", "cat", "sat", "on", "the", "mat"], ["it", "slept"]]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "gb18030", "gbk"])
def test_chinese_is_segmented_in_any_usual_encoding(tmp_path, encoding):
    file = tmp_path / "book.txt"
    file.write_bytes(CHINESE.encode(encoding))
    first, second = data.own_text(file)
    assert words.sentences(first) == [["我", "来到", "北京", "清华大学"], ["他", "在", "上海", "工作"]]
    assert second == "King and queen."


def test_another_encoding_can_be_named(tmp_path):
    file = tmp_path / "book.txt"
    file.write_bytes("電腦科學".encode("big5"))
    assert "".join(data.own_text(file, encoding="big5")[0].split()) == "電腦科學"
    with pytest.raises(ValueError, match="encoding: expected the name"):
        data.own_text(file, encoding="klingon")


def test_a_folder_gives_its_text_files_in_order(tmp_path):
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "two.md").write_text("Second.")
    (tmp_path / "a.TXT").write_text("First.")
    (tmp_path / "c.png").write_bytes(b"\x89PNG\0")
    assert data.own_text(tmp_path) == ["First.", "Second."]


def test_what_is_no_text(tmp_path):
    with pytest.raises(FileNotFoundError, match="expected an existing file"):
        data.own_text(tmp_path / "missing.txt")
    with pytest.raises(FileNotFoundError, match=r"expected a folder with \.txt"):
        data.own_text(tmp_path)
    (tmp_path / "picture.txt").write_bytes(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\xff")
    with pytest.raises(ValueError, match=r"picture\.txt: expected a text in UTF-8"):
        data.own_text(tmp_path)
    with pytest.raises(TypeError, match="path: expected the name"):
        data.own_text(3)
    with pytest.raises(TypeError, match="encoding: expected"):
        data.own_text(tmp_path, encoding=8)


def test_without_jieba_the_error_says_what_to_install(tmp_path, monkeypatch):
    (tmp_path / "book.txt").write_text(CHINESE, encoding="utf-8")
    monkeypatch.setitem(sys.modules, "jieba", None)
    with pytest.raises(ImportError, match="pip install jieba"):
        data.own_text(tmp_path)
