"""pyproject.toml, constraints.txt, environment.yml and the Makefile say the same."""

import re
import tomllib
from importlib.metadata import version
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
RANGES = [
    Requirement(line)
    for line in PROJECT["dependencies"] + [r for extra in PROJECT["optional-dependencies"].values() for r in extra]
]
LINES = [line for line in (ROOT / "constraints.txt").read_text().splitlines() if line and not line.startswith("#")]
PINS = {canonicalize_name(name): pin for name, pin in (line.split("==") for line in LINES)}
PIP = next(
    part["pip"]
    for part in yaml.safe_load((ROOT / "environment.yml").read_text())["dependencies"]
    if isinstance(part, dict)
)


@pytest.mark.parametrize("requirement", RANGES, ids=str)
def test_every_range_admits_its_pin(requirement):
    pin = PINS[canonicalize_name(requirement.name)]
    assert requirement.specifier.contains(pin), f"{requirement} does not admit constraints.txt's {pin}"


@pytest.mark.parametrize("requirement", RANGES, ids=str)
def test_what_runs_here_is_what_is_pinned(requirement):
    installed = version(requirement.name).split("+")[0]  # torch calls its CPU build 2.13.0+cpu
    assert installed == PINS[canonicalize_name(requirement.name)]


def test_ranges_leave_users_free():
    assert not [str(requirement) for requirement in RANGES if "==" in str(requirement.specifier)]


def test_conda_installs_what_make_installs():
    made = re.search(r"pip install --quiet (-c \S+) (-e) '(\S+)'", (ROOT / "Makefile").read_text())
    assert [made[1], f"{made[2]} {made[3]}"] == PIP


def test_conda_python_is_allowed():
    python = next(
        part
        for part in yaml.safe_load((ROOT / "environment.yml").read_text())["dependencies"]
        if str(part).startswith("python")
    )
    assert Requirement(f"python{PROJECT['requires-python']}").specifier.contains(python.split("=")[1] + ".0")


def test_repository_address_stands_in_one_place():
    address = PROJECT["urls"]["Repository"].removeprefix("https://github.com/")
    texts = [p for suffix in ("py", "md", "toml", "yml") for p in ROOT.glob(f"**/*.{suffix}") if ".venv" not in p.parts]
    assert [p.name for p in texts if address in p.read_text(encoding="utf-8")] == ["pyproject.toml"]
