"""One real JupyterLab and one real Chromium for all browser tests.

The browser is the one that COURSE_CHROMIUM names, or the first that is found. Without any, the tests are skipped, or
fail where COURSE_REQUIRE_BROWSER=1 says that there must be one.
"""

import contextlib
import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import nbformat
import pytest

# No question about news in the way, and every cell on the page, also those that are out of sight.
SETTINGS = {
    "@jupyterlab/apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False},
    "@jupyterlab/notebook-extension/tracker": {"windowingMode": "none"},
}
KERNEL = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}


def _chromium(playwright):
    named = os.environ.get("COURSE_CHROMIUM")
    candidates = [named] if named else [shutil.which(n) for n in ("chromium", "chromium-browser", "google-chrome")]
    candidates.append(playwright.chromium.executable_path)
    found = next((path for path in candidates if path and Path(path).exists()), None)
    if found is None:
        message = "no Chromium found: install it, or name it in COURSE_CHROMIUM, or run `playwright install chromium`"
        (pytest.fail if os.environ.get("COURSE_REQUIRE_BROWSER") == "1" else pytest.skip)(message)
    return found


@pytest.fixture(scope="session")
def browser():
    from playwright.sync_api import expect, sync_playwright

    expect.set_options(timeout=30_000)  # a busy machine may be slow; whoever is right does not wait
    with sync_playwright() as playwright:
        arguments = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
        browser = playwright.chromium.launch(executable_path=_chromium(playwright), args=arguments)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def server(browser, tmp_path_factory):
    """A JupyterLab server with settings of its own: (address, token, root folder)."""
    home = tmp_path_factory.mktemp("jupyter")
    root = home / "root"
    root.mkdir()
    with serving(home, root) as server:
        yield server


@contextlib.contextmanager
def serving(home, root):
    """Run a JupyterLab server in the folder ``root``; what it keeps for itself goes to ``home``."""
    for name, settings in SETTINGS.items():
        path = home / "settings" / f"{name}.jupyterlab-settings"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(settings))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    token = secrets.token_hex(16)
    folders = {
        "JUPYTER_CONFIG_DIR": "config",
        "JUPYTER_DATA_DIR": "data",
        "JUPYTER_RUNTIME_DIR": "runtime",
        "JUPYTERLAB_SETTINGS_DIR": "settings",
        "JUPYTERLAB_WORKSPACES_DIR": "workspaces",
        "IPYTHONDIR": "ipython",
    }
    log = home / "server.log"
    with log.open("w") as output:
        process = subprocess.Popen(
            [
                *(sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root"),
                *(f"--ServerApp.port={port}", "--ServerApp.port_retries=0", "--ServerApp.ip=127.0.0.1"),
                *(f"--IdentityProvider.token={token}", f"--ServerApp.root_dir={root}"),
                "--LabApp.expose_app_in_browser=True",
            ],
            cwd=root,
            env=os.environ | {name: str(home / folder) for name, folder in folders.items()},
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    address = f"http://127.0.0.1:{port}"
    try:
        for _ in range(240):
            try:
                urllib.request.urlopen(f"{address}/api/status?token={token}", timeout=5).close()
                break
            except OSError:
                assert process.poll() is None, f"JupyterLab ended:\n{log.read_text()}"
                time.sleep(0.5)
        else:
            pytest.fail(f"JupyterLab did not answer within two minutes:\n{log.read_text()}")
        yield address, token, root
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()


class Lab:
    """One JupyterLab page."""

    def __init__(self, page, server):
        self.page = page
        self._address, self._token, self._root = server

    def write(self, name, *cells):
        """Write a notebook of code cells into the server's root folder."""
        cells = [nbformat.v4.new_code_cell(cell) for cell in cells]
        self.save(name, nbformat.v4.new_notebook(metadata=KERNEL, cells=cells))

    def save(self, name, notebook):
        """Save a notebook into the server's root folder."""
        nbformat.write(notebook, self._root / name)

    def open(self, name):
        """Open a notebook of the root folder and wait for its kernel."""
        self.page.goto(f"{self._address}/lab/tree/{name}?token={self._token}&reset")
        self.page.wait_for_function("window.jupyterapp?.shell?.currentWidget?.sessionContext?.isReady")

    def run(self):
        """Run all cells and wait until the last one is done."""
        self.command("notebook:run-all-cells")

    def command(self, name, arguments=None):
        """Run a command of JupyterLab and wait for its end."""
        self.page.evaluate(
            "([name, arguments]) => window.jupyterapp.commands.execute(name, arguments)", [name, arguments or {}]
        )

    def errors(self):
        """The errors of all cells, as texts."""
        return self.page.evaluate(
            """() => window.jupyterapp.shell.currentWidget.content.widgets
              .flatMap((cell) => (cell.model.type === "code" ? cell.outputArea.model.toJSON() : []))
              .filter((output) => output.output_type === "error")
              .map((output) => `${output.ename}: ${output.evalue}`)"""
        )

    def close(self):
        """Stop the kernel, so that the next test has the machine to itself."""
        self.page.evaluate("window.jupyterapp?.shell?.currentWidget?.sessionContext?.shutdown()")
        self.page.context.close()


@pytest.fixture
def lab(browser, server):
    context = browser.new_context(viewport={"width": 1280, "height": 1000})
    context.set_default_timeout(60_000)
    lab = Lab(context.new_page(), server)
    yield lab
    lab.close()


@pytest.fixture
def show(lab):
    """A function that runs cells, the last of them a widget, in a new notebook and returns the widget's element."""
    from playwright.sync_api import expect

    def show(*cells, theme="Light"):
        lab.write("widget.ipynb", "from course_pkg import widgets", *cells)
        lab.open("widget.ipynb")
        lab.command("apputils:change-theme", {"theme": f"JupyterLab {theme}"})
        lab.run()
        assert lab.errors() == []
        widget = lab.page.locator(".course-widget")
        expect(widget).to_be_visible()
        return widget

    return show
