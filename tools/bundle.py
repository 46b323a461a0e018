"""What an instructor hands out: lectures, assignments and the package as one zip, without solutions and tests.

    python tools/bundle.py [FILE]    by default build/deep-learning-from-zero.zip

The same files make the same zip, byte for byte.
"""

import argparse
import subprocess
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
NAME = "deep-learning-from-zero"
CONTENTS = ("lectures", "assignments", "course_pkg", "pyproject.toml", "constraints.txt", "environment.yml")
CONTENTS += ("docs/*.png", "LICENSE", "LICENSE-TEXT")
WELCOME = "docs/students.md"  # becomes README.md


def files():
    """Return {path in the zip: path here} of all that git knows; what else lies in the folders is nobody's business."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", *CONTENTS], cwd=ROOT, check=True, capture_output=True, encoding="utf-8"
    ).stdout.split("\0")
    found = {name: name for name in listed if name and (ROOT / name).is_file()}
    return dict(sorted((found | {"README.md": WELCOME}).items()))


def bundle(file):
    """Write the zip to ``file``; it appears whole or not at all."""
    file.parent.mkdir(parents=True, exist_ok=True)
    part = file.with_suffix(".part")
    with zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, here in files().items():
            entry = zipfile.ZipInfo(f"{NAME}/{name}")  # with a date of 1980: the time of making does not matter
            entry.compress_type, entry.external_attr = zipfile.ZIP_DEFLATED, 0o644 << 16
            archive.writestr(entry, (ROOT / here).read_bytes())
    part.replace(file)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("file", nargs="?", type=Path, default=ROOT / "build" / f"{NAME}.zip")
    file = parser.parse_args().file
    bundle(file)
    print(f"{file}: {len(files())} files, {file.stat().st_size / 2**20:.1f} MB")


if __name__ == "__main__":
    main()
