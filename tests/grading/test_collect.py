"""Hand-ins from folders, zips, Moodle and Canvas: everybody's newest, nothing outside, nothing lost."""

import os
import stat
import zipfile

import pytest

from course_pkg.grading import collect

NOTEBOOK = b'{"cells": []}'


@pytest.fixture
def course(tmp_path):
    return tmp_path / "submitted"


def made_zip(path, files):
    """Write a zip with ``files``, {name: bytes}; a name may be a ZipInfo."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return path


def made_folder(path, files):
    for name, data in files.items():
        file = path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data)
    return path


def run(source, course, notebooks=("ps1",)):
    return {result.student: result for result in collect.collect(source, course, "ps1", notebooks)}


def handed_in(course):
    """Return {path below submitted/: bytes} of all notebooks and other files, without time stamps."""
    return {
        path.relative_to(course).as_posix(): path.read_bytes()
        for path in sorted(course.rglob("*"))
        if path.is_file() and path.name != "timestamp.txt"
    }


LAYOUTS = {
    "a folder a student": {"li/ps1.ipynb": b"1", "han/ps1.ipynb": b"2"},
    "nbgrader's own": {"li/ps1/ps1.ipynb": b"1", "han/ps1/ps1.ipynb": b"2"},
    "one folder around": {"class/li/ps1.ipynb": b"1", "class/han/ps1.ipynb": b"2"},
    "files by student": {"li_ps1.ipynb": b"1", "han_ps1.ipynb": b"2"},
    "files by student, turned": {"ps1_li.ipynb": b"1", "ps1-han.ipynb": b"2"},
    "files in one folder": {"class/li_ps1.ipynb": b"1", "class/han_ps1.ipynb": b"2"},
    "students alone": {"li.ipynb": b"1", "han.ipynb": b"2"},
}


@pytest.mark.parametrize("files", LAYOUTS.values(), ids=LAYOUTS)
@pytest.mark.parametrize("made", [made_zip, made_folder])
def test_layouts_of_ones_own(tmp_path, course, files, made):
    source = made(tmp_path / "source", files)
    assert {result.status for result in run(source, course).values()} == {"new"}
    assert handed_in(course) == {"li/ps1/ps1.ipynb": b"1", "han/ps1/ps1.ipynb": b"2"}


def test_one_student_alone(tmp_path, course):
    run(made_folder(tmp_path / "source", {"li/ps1/ps1.ipynb": b"1", "li/ps1/data/x.csv": b"2"}), course)
    assert handed_in(course) == {"li/ps1/ps1.ipynb": b"1", "li/ps1/data/x.csv": b"2"}


@pytest.mark.parametrize("between", ["_/", "/", "_"])
def test_moodle(tmp_path, course, between):
    files = {
        f"Li Lei_1234_assignsubmission_file{between}ps1.ipynb": b"1",
        f"韩 梅梅_777_assignsubmission_file{between}my_ps1 (2).ipynb": b"2",
        "Li Lei_1234_assignsubmission_onlinetext_/onlinetext.html": b"see file",
    }
    results = run(made_zip(tmp_path / "CS101-ps1-99.zip", files), course)
    assert handed_in(course) == {"1234/ps1/ps1.ipynb": b"1", "777/ps1/ps1.ipynb": b"2"}
    assert results["1234"].name == "Li Lei"
    assert results["777"] == ("777", "new", "韩 梅梅", "", ("my_ps1 (2).ipynb was taken as ps1.ipynb",))


def test_canvas(tmp_path, course):
    files = {
        "leilei_21_9001_ps1.ipynb": b"1",
        "hanmei_LATE_22_9002_ps1-1.ipynb": b"old",
        "hanmei_LATE_22_9003_ps1-2.ipynb": b"2",
        "smithjo_23_9004_report.pdf": b"%PDF",
        "readme.txt": b"?",
    }
    results = run(made_zip(tmp_path / "submissions.zip", files), course)
    assert handed_in(course) == {"21/ps1/ps1.ipynb": b"1", "22/ps1/ps1.ipynb": b"2"}
    assert results["22"].notes == ("ps1-2.ipynb was taken as ps1.ipynb", "of 2 versions the latest was taken")
    assert (results["23"].status, results["23"].name) == ("failed", "smithjo")
    assert "no ps1.ipynb in what was handed in: report.pdf" in results["23"].reason
    assert results["readme.txt"].reason == "It does not say who has handed it in."


def test_handed_in_again_the_earlier_one_is_kept(tmp_path, course):
    assert run(made_zip(tmp_path / "1.zip", {"li/ps1.ipynb": b"1"}), course)["li"].status == "new"
    assert run(made_zip(tmp_path / "2.zip", {"li/ps1.ipynb": b"1"}), course)["li"].status == "unchanged"
    for name in "234":
        source = made_zip(tmp_path / f"{name}.zip", {"li/ps1.ipynb": name.encode()})
        assert run(source, course)["li"].status == "newer"
    assert handed_in(course) == {
        ".earlier/li/ps1/1/ps1.ipynb": b"1",
        ".earlier/li/ps1/2/ps1.ipynb": b"2",
        ".earlier/li/ps1/3/ps1.ipynb": b"3",
        "li/ps1/ps1.ipynb": b"4",
    }
    assert sorted(path.name for path in course.iterdir()) == [".earlier", "li"]


def test_the_time_is_that_of_the_notebook(tmp_path, course):
    source = made_folder(tmp_path / "source", {"li/ps1.ipynb": b"1", "li/notes.txt": b"later"})
    os.utime(source / "li" / "ps1.ipynb", (1_700_000_000, 1_700_000_000))
    run(source, course)
    assert (course / "li" / "ps1" / "timestamp.txt").read_text() == "2023-11-14 22:13:20 UTC"


def test_several_notebooks(tmp_path, course):
    files = {"li/a.ipynb": b"1", "li/b.ipynb": b"2", "li/scratch.ipynb": b"3", "han/a.ipynb": b"4"}
    results = run(made_folder(tmp_path / "source", files), course, ("a", "b"))
    assert handed_in(course) == {"li/ps1/a.ipynb": b"1", "li/ps1/b.ipynb": b"2"}
    assert results["han"].reason == "There is no b.ipynb in what was handed in: a.ipynb."


def test_nothing_leads_outside(tmp_path, course):
    link = zipfile.ZipInfo("eve/ps1.ipynb")
    link.create_system, link.external_attr = 3, (stat.S_IFLNK | 0o777) << 16
    files = {
        "li/ps1.ipynb": b"1",
        "../outside.ipynb": b"x",
        "/absolute/ps1.ipynb": b"x",
        "mallory/../../outside/ps1.ipynb": b"x",
        "..\\outside\\ps1.ipynb": b"x",
        "trudy//etc//ps1.ipynb": NOTEBOOK,
        link: b"/etc/passwd",
        "__MACOSX/li/._ps1.ipynb": b"junk",
        "li/.ipynb_checkpoints/ps1-checkpoint.ipynb": b"junk",
    }
    run(made_zip(tmp_path / "a.zip", files), course)
    assert handed_in(course) == {"li/ps1/ps1.ipynb": b"1", "trudy/ps1/ps1.ipynb": NOTEBOOK}
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.zip", "submitted"]


def test_a_link_in_a_folder_is_not_followed(tmp_path, course):
    source = made_folder(tmp_path / "source", {"li/ps1.ipynb": b"1", "eve/notes.txt": b"2"})
    (source / "eve" / "ps1.ipynb").symlink_to("/etc/passwd")
    results = run(source, course)
    assert handed_in(course) == {"li/ps1/ps1.ipynb": b"1"}
    assert results["eve"].status == "failed"


def test_bombs_and_broken_members_cost_only_their_own_student(tmp_path, course, monkeypatch):
    monkeypatch.setattr(collect, "FILE_LIMIT", 2**20)
    files = {
        "li/ps1.ipynb": NOTEBOOK,
        "eve/ps1.ipynb": b"0" * 2**21,
        **{f"mallory/{n}.txt": b"" for n in range(collect.COUNT_LIMIT + 1)},
        "trudy/ps1.ipynb": b"BROKEN" * 100,
        "walter/ps1.ipynb/a.txt": b"",
        "walter/sub/ps1.ipynb": NOTEBOOK,
    }
    source = made_zip(tmp_path / "a.zip", files)
    with zipfile.ZipFile(source) as archive:
        place = archive.getinfo("trudy/ps1.ipynb").header_offset + 30 + len("trudy/ps1.ipynb")
    data = bytearray(source.read_bytes())
    data[place : place + 4] = b"\xff\xff\xff\xff"
    source.write_bytes(data)
    results = run(source, course)
    assert handed_in(course) == {"li/ps1/ps1.ipynb": NOTEBOOK}
    assert "larger than 1 MiB" in results["eve"].reason
    assert "More than 1000 files" in results["mallory"].reason
    assert "cannot be read from the zip" in results["trudy"].reason
    assert "could not be written" in results["walter"].reason


def test_what_is_no_source(tmp_path, course):
    with pytest.raises(FileNotFoundError, match="does not exist"):
        collect.collect(tmp_path / "missing.zip", course, "ps1", ["ps1"])
    (tmp_path / "a.zip").write_bytes(b"not a zip")
    with pytest.raises(ValueError, match="expected a folder or a zip"):
        collect.collect(tmp_path / "a.zip", course, "ps1", ["ps1"])
    source = made_folder(tmp_path / "empty", {"ps1.ipynb": b"whose?"})
    with pytest.raises(ValueError, match="with 1 other files"):
        collect.collect(source, course, "ps1", ["ps1"])
    assert not course.exists()
