"""The preview of a picture being made: silent unwatched, a bar in a terminal, a picture in a notebook."""

import base64
import io
import os
import subprocess
import sys

import nbformat
import numpy as np
from bs4 import BeautifulSoup
from nbclient import NotebookClient
from PIL import Image

from course_pkg.vision import preview as room
from course_pkg.vision.preview import preview


def test_nothing_when_nobody_watches():
    with preview("dreaming") as watch:
        assert watch is None


TERMINAL = """
import time
import numpy as np
from course_pkg.vision.preview import preview
with preview("dreaming") as watch:
    for done in (1, 2, 3):
        time.sleep(0.15)  # the bar is drawn ten times a second at most
        watch(np.zeros((8, 8, 3)), done, 3)
"""


def test_a_bar_in_a_terminal_that_is_wiped_at_the_end():
    environment = {name: value for name, value in os.environ.items() if name != "COURSE_QUIET"}
    done = subprocess.run([sys.executable, "-c", TERMINAL], capture_output=True, env=environment, check=True)
    written = done.stderr.decode()
    assert "dreaming" in written
    assert "3/3" in written
    assert written.split("\r")[-1].strip() == ""


def test_the_picture_is_shrunk_and_has_words():
    picture = np.zeros((2 * room.MOST, room.MOST, 3))
    picture[..., 0] = 1
    image = BeautifulSoup(room._image(picture, 'a "dream"'), "html.parser").img
    shown = np.asarray(Image.open(io.BytesIO(base64.b64decode(image["src"].partition(",")[2]))))
    assert shown.shape == (room.MOST, room.MOST // 2, 3)
    assert abs(shown.mean(axis=(0, 1)) - [255, 0, 0]).max() < 5
    assert image["alt"] == 'a "dream", so far'


CELL = """
import os
os.environ.pop("COURSE_QUIET", None)
import numpy as np
from course_pkg.vision import preview as room
room.SECONDS = 0
with room.preview("dreaming") as watch:
    for done in range(1, 4):
        watch(np.zeros((8, 8, 3)), done, 3)
    {last}
"""


def html(last):
    """Run the cell in a kernel and return the HTML that is left of the picture, and how the cell ended."""
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(CELL.format(last=last))])
    NotebookClient(notebook, timeout=120, kernel_name="python3", allow_errors=True).execute()
    outputs = notebook.cells[0].outputs
    pictures = [output.data["text/html"] for output in outputs if "text/html" in output.get("data", {})]
    return pictures, [output.ename for output in outputs if output.output_type == "error"]


def test_in_a_notebook_the_picture_is_shown_and_taken_away():
    assert html("pass") == ([""], [])
    assert html("raise KeyboardInterrupt") == ([""], ["KeyboardInterrupt"])
