"""What is handed out to students: complete, the same each time, and without solutions and hidden tests."""

import os
import re
import tomllib
import zipfile
from pathlib import Path

import pytest

from tools import build, bundle

SECRET = re.compile(r"### BEGIN (?:SOLUTION|HIDDEN TESTS)\n(.*?)### END", re.S)


@pytest.fixture(scope="module")
def handed_out(tmp_path_factory):
    """Return {name: text or bytes} of the zip's files."""
    folder = tmp_path_factory.mktemp("bundle")
    bundle.bundle(folder / "one.zip")
    bundle.bundle(folder / "two.zip")
    assert (folder / "one.zip").read_bytes() == (folder / "two.zip").read_bytes()
    assert [path.name for path in sorted(folder.iterdir())] == ["one.zip", "two.zip"]
    with zipfile.ZipFile(folder / "one.zip") as archive:
        return {name.removeprefix(f"{bundle.NAME}/"): archive.read(name) for name in archive.namelist()}


def squeezed(text):
    """Return a text without white space, and without the escapes that JSON adds."""
    return re.sub(r'\s|\\n|\\|"|,', "", text)


def test_it_has_what_a_student_needs(handed_out):
    twins = [build.notebook_path(twin) for twin in build.SOURCES.rglob("*.py")]
    for path in twins:
        name = path.as_posix().replace("solutions/", "assignments/")
        assert name in handed_out
    settings = tomllib.loads(handed_out["pyproject.toml"].decode())
    assert settings["project"]["readme"] in handed_out
    for pattern in settings["project"]["license-files"]:
        assert pattern in handed_out
    assert "course_pkg/__init__.py" in handed_out
    assert len([name for name in handed_out if name.endswith((".js", ".css", ".npz"))]) >= 5


def test_it_has_nothing_else(handed_out):
    assert {Path(name).parts[0] for name in handed_out} == {
        *(Path(name).parts[0] for name in bundle.CONTENTS),
        "README.md",
    }


def test_it_has_no_solution_and_no_hidden_test(handed_out):
    secrets = [
        (twin.stem, squeezed(secret))
        for twin in (build.SOURCES / "solutions").rglob("*.py")
        for secret in SECRET.findall(re.sub(r"^# ", "", twin.read_text(encoding="utf-8"), flags=re.M))
    ]
    assert len(secrets) >= 60
    everything = {name: squeezed(text.decode(errors="replace")) for name, text in handed_out.items()}
    for name, text in everything.items():
        found = [(problem_set, secret) for problem_set, secret in secrets if len(secret) > 60 and secret in text]
        assert found == [], name


def test_links_between_its_files_lead_somewhere(handed_out):
    for name, text in handed_out.items():
        if name.endswith(".ipynb"):
            for link in re.findall(r"\]\(((?:\.\./|\w)[^)\\:#]*\.(?:ipynb|png))[)#]", text.decode()):
                assert os.path.normpath(Path(name).parent / link) in handed_out, (name, link)


def test_the_words_to_students_are_true(handed_out):
    text = handed_out["README.md"].decode()
    for link in re.findall(r"\]\((?!https?:)([^)]+)\)", text):
        assert link in handed_out
    extra = re.findall(r"\.\[(\w+)\]", text)
    assert set(extra) <= set(tomllib.loads(handed_out["pyproject.toml"].decode())["project"]["optional-dependencies"])
