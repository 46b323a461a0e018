"""The command line: pictures come out, and whatever goes wrong is one line, exit code 2, and nothing on the disk."""

import json
import os
import re
import signal
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

from course_pkg.vision.__main__ import main
from course_pkg.vision.files import read_picture

TINY = ["--random", "--size", "48", "--steps", "1"]
LAYERS = ["--content-layer", "mixed3a", "--style-layer", "conv1", "--style-layer", "conv2"]


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(0)
    Image.fromarray(rng.integers(256, size=(60, 90, 3), dtype=np.uint8)).save("photo.jpg")
    return tmp_path


def run(*argv, **options):
    return subprocess.run(
        [sys.executable, "-m", "course_pkg.vision", *argv], capture_output=True, text=True, check=False, **options
    )


def test_dream(here, capsys):
    assert main(["dream", "photo.jpg", "out.png", *TINY]) == 0
    assert "out.png: 48×32 pixels. A dream of the course's small network, random weights." in capsys.readouterr().out
    picture = read_picture("out.png")
    assert picture.shape == (32, 48, 3)
    assert np.abs(picture - read_picture("photo.jpg", max_side=48)).mean() > 1e-3
    text = Image.open("out.png").text
    assert "random weights" in text["Description"]
    assert json.loads(text["Settings"])["size"] == 48
    assert sorted(os.listdir(here)) == ["out.png", "photo.jpg"]


def test_the_same_seed_gives_the_same_picture(here):
    for out, seed in (("a.png", "1"), ("b.png", "1"), ("c.png", "2")):
        assert main(["dream", "photo:china", out, "--seed", seed, *TINY]) == 0
    assert np.array_equal(read_picture("a.png"), read_picture("b.png"))
    assert not np.array_equal(read_picture("a.png"), read_picture("c.png"))


@pytest.mark.parametrize(
    "options",
    [
        ["--layer", "conv1", "--layer", "mixed3a:3", "--tile", "32"],
        ["--guide", "texture:labyrinth", "--layer", "conv2"],
        ["--class", "3", "--strength", "4", "--octaves", "1", "--scale", "1.2"],
    ],
)
def test_options_of_dream_change_the_picture(here, options):
    assert main(["dream", "photo.jpg", "plain.png", *TINY]) == 0
    assert main(["dream", "photo.jpg", "out.png", *options, *TINY]) == 0
    assert not np.array_equal(read_picture("out.png"), read_picture("plain.png"))


def test_style_takes_options_between_the_pictures(here, capsys):
    assert main(["style", "photo:cat", "texture:marble", *TINY, str(here / "photo.jpg"), *LAYERS, "out.png"]) == 0
    assert read_picture("out.png").shape == (32, 48, 3)
    settings = json.loads(Image.open("out.png").text["Settings"])
    assert settings["styles"] == ["texture:marble", "photo.jpg"]  # and not where on this computer it lies


@pytest.mark.parametrize("options", [["--keep-colours"], ["--start", "random"], ["--style-scale", "0.7"]])
def test_options_of_style_change_the_picture(here, options):
    for out, more in (("plain.png", []), ("out.png", options)):
        assert main(["style", "photo.jpg", "photo:flower", out, *LAYERS, *more, *TINY, "--steps", "3"]) == 0
    assert not np.array_equal(read_picture("out.png"), read_picture("plain.png"))


def test_lists(capsys):
    assert main(["list", "pictures"]) == 0
    assert {"photo:china", "texture:labyrinth"} <= set(re.findall(r"^\S+", capsys.readouterr().out, re.M))
    assert main(["list", "layers", "--random"]) == 0
    assert re.search(r"^conv1 +\d+ channels$", capsys.readouterr().out, re.M)


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        ([], "required"),
        (["paint", "photo.jpg", "out.png"], "invalid choice: 'paint'"),
        (["dream", "photo.jpg"], "required: OUT"),
        (["dream", "nothing.jpg", "out.png"], "nothing.jpg: there is no such file"),
        (["dream", "broken.jpg", "out.png"], "broken.jpg: expected a picture"),
        (["dream", "photo:nothing", "out.png"], "photo:nothing: there is no such picture"),
        (["dream", "photo.jpg", "out.gif"], "expected a name that ends in .png"),
        (["dream", "photo.jpg", "no/out.png"], "there is no folder no"),
        (["dream", "photo.jpg", "photo.jpg"], "exists already"),
        (["dream", "photo.jpg", "out.png", "--size", "large"], "--size: invalid int value: 'large'"),
        (["dream", "photo.jpg", "out.png", "--size", "20"], "photo.jpg: expected at least 32 pixels"),
        (["dream", "photo.jpg", "out.png", "--size", "-1"], "max_side: expected an integer ≥ 1, got -1"),
        (["dream", "photo:cat", "out.png", "--size", "-1"], "expected at least 32 pixels"),
        (["dream", "photo.jpg", "out.png", "--random", "--layer", "conv99"], "there is no layer 'conv99'"),
        (["dream", "photo.jpg", "out.png", "--random", "--layer", "conv1:x"], "expected a name or NAME:NUMBER"),
        (["dream", "photo.jpg", "out.png", "--random", "--layer", "conv1:999"], "'conv1' has channels 0 to"),
        (["dream", "photo.jpg", "out.png", "--random", "--class", "unicorn"], "there is no class 'unicorn'"),
        (["dream", "photo.jpg", "out.png", "--layer", "a", "--class", "b"], "not allowed with argument --layer"),
        (["dream", "photo.jpg", "out.png", "--random", "--steps", "0"], "steps: expected an integer ≥ 1, got 0"),
        (["dream", "photo.jpg", "out.png", "--random", "--strength", "nan"], "step: expected a finite number"),
        (["dream", "photo.jpg", "out.png", "--random", "--scale", "1"], "scale: expected a number > 1"),
        (["dream", "photo.jpg", "out.png", "--random", "--octaves", "30"], "octaves: expected so few"),
        (["style", "photo.jpg", "out.png"], "required: OUT"),
        (["style", "photo.jpg", "broken.jpg", "out.png", "--random"], "broken.jpg: expected a picture"),
        (["style", "photo.jpg", "photo:cat", "out.png", *LAYERS, "--random", "--mix", "1", "2"], "mix: expected shape"),
    ],
)
def test_one_line_exit_2_nothing_written(here, capsys, argv, message):
    (here / "broken.jpg").write_bytes(b"no picture")
    before = {path: path.read_bytes() for path in here.iterdir()}
    with pytest.raises(SystemExit) as end:
        main(argv)
    assert end.value.code == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("python -m course_pkg.vision")
    assert err.count("\n") == 1
    assert message in err
    assert {path: path.read_bytes() for path in here.iterdir()} == before


def test_force_replaces(here):
    assert main(["dream", "photo.jpg", "photo.jpg", "--force", *TINY]) == 0
    assert read_picture("photo.jpg").shape == (32, 48, 3)


class TestAsAProgram:
    def test_help_says_what_it_does(self, here):
        for command in ([], ["dream"], ["style"], ["list"]):
            done = run(*command, "--help")
            assert done.returncode == 0
            assert done.stderr == ""
            assert len(done.stdout) > 200

    def test_picture_and_error(self, here):
        done = run("dream", "photo.jpg", "out.png", *TINY)
        assert (done.returncode, done.stderr) == (0, "")
        assert read_picture("out.png").shape == (32, 48, 3)
        done = run("dream", "photo.jpg", "out.png", *TINY)
        assert done.returncode == 2
        assert "exists already" in done.stderr

    @pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGINT for one process")
    @pytest.mark.parametrize("command", ["dream", "style"])
    def test_ctrl_c_keeps_the_picture_so_far(self, here, command):
        pictures = ["photo.jpg", "out.png"] if command == "dream" else ["photo.jpg", "photo:cat", "out.png", *LAYERS]
        with subprocess.Popen(
            [sys.executable, "-m", "course_pkg.vision", command, *pictures, *TINY[:-1], "1000000"],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**os.environ, "COURSE_QUIET": ""},
        ) as process:
            seen = b""
            while not re.search(rb"\D\d\d+/\d+ ", seen):  # the bar says that ten steps are done
                seen += os.read(process.stderr.fileno(), 1000)
                assert process.poll() is None, seen
            process.send_signal(signal.SIGINT)
            out, _ = process.communicate(timeout=60)
        assert process.returncode == 130
        assert "Interrupted: this is the picture so far." in out.decode()
        assert np.abs(read_picture("out.png") - read_picture("photo.jpg", max_side=48)).mean() > 1e-3
        assert sorted(os.listdir(here)) == ["out.png", "photo.jpg"]
