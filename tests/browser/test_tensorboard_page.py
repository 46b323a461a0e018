"""The event files of the course's loop in a real TensorBoard, seen with a real browser."""

import os
import socket
import subprocess
import sys
import time
import urllib.request

import pytest
from playwright.sync_api import expect

from course_pkg import data, nn, show

pytest.importorskip("tensorboard")


@pytest.fixture
def board(tmp_path):
    """The address of a TensorBoard that shows two short training runs."""
    digits = data.digits(dtype="float32")
    for optimiser, lr in ((nn.SGD, 0.1), (nn.Adam, 0.003)):
        net = nn.Net(
            [
                nn.Flatten(),
                nn.Dense(64, 32, rng=0, dtype="float32"),
                nn.ReLU(),
                nn.Dense(32, 10, rng=0, dtype="float32"),
            ],
            loss=nn.SoftmaxCrossEntropy(),
        )
        with show.TensorBoard(tmp_path / "runs" / optimiser.__name__, net=net) as recorder:
            nn.fit(
                net, digits.x_train, digits.y_train, lr=lr, epochs=10, batch_size=32, optimiser=optimiser,
                test=(digits.x_test, digits.y_test), monitor=recorder,
            )  # fmt: skip
            weights = net["dense1"].weight.data.reshape(32, 8, 8)
            recorder.images("first layer", (weights - weights.min()) / (weights.max() - weights.min()))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "tensorboard.main", "--logdir", "runs", "--load_fast=false"]
    process = subprocess.Popen(
        [*command, "--host", "127.0.0.1", "--port", str(port)],
        cwd=tmp_path,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    address = f"http://127.0.0.1:{port}"
    try:
        for _ in range(240):
            try:
                urllib.request.urlopen(address, timeout=5).close()
                break
            except OSError:
                assert process.poll() is None, "TensorBoard ended"
                time.sleep(0.25)
        yield address
    finally:
        process.kill()
        process.wait()


def test_tensorboard_shows_curves_and_histograms(board, browser):
    page = browser.new_page(viewport={"width": 1080, "height": 830})
    page.goto(f"{board}/#scalars")
    for name in ("accuracy", "loss"):
        card = page.locator("tf-scalar-card").filter(has_text=name)
        expect(card).to_be_visible()
        expect(card.locator("svg path, canvas").first).to_be_attached()
    for run in ("SGD", "Adam"):
        expect(page.get_by_text(run, exact=True).first).to_be_visible()
    picture(page, "tensorboard")
    page.goto(f"{board}/#histograms")
    expect(page.get_by_text("dense1.weight").first).to_be_visible()
    picture(page, "tensorboard_histograms")
    page.close()


def picture(page, name):
    """Keep a picture of the page where COURSE_SHOTS names a folder."""
    if folder := os.environ.get("COURSE_SHOTS"):
        page.wait_for_timeout(2500)  # curves move into their place
        page.screenshot(path=f"{folder}/{name}.png")
