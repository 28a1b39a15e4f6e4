"""A real JupyterLab and a real Chromium, for the tests of the screen and for its pictures."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import nbformat
from playwright.sync_api import Browser, Page, sync_playwright

CHROMIUM = ("chromium", "chromium-browser", "google-chrome")
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
)
PATIENCE = 120_000
"""Milliseconds: the machine may be busy with other work."""
FAULT = '.jp-OutputArea-output[data-mime-type="application/vnd.jupyter.error"]'
"""Where a cell shows that it failed: nothing more is to be waited for."""


def chromium_path() -> str:
    """Return where Chromium is; a machine without one cannot test the screen: a failure, not a reason to skip."""
    found = next((path for name in CHROMIUM if (path := shutil.which(name))), None)
    if found is None:
        raise FileNotFoundError("no Chromium: install Debian's package `chromium` (`make browser` does it as root)")
    return found


@contextmanager
def chromium() -> Iterator[Browser]:
    """Give a headless Chromium."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_path(), args=list(FLAGS))
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def jupyter(folder: Path) -> Iterator[str]:
    """Serve a folder with JupyterLab on this machine alone, with settings of its own; give its address."""
    own = folder / ".own"
    settings = own / "lab" / "user-settings" / "@jupyterlab" / "apputils-extension"
    settings.mkdir(parents=True, exist_ok=True)
    (settings / "notification.jupyterlab-settings").write_text(
        json.dumps({"fetchNews": "false", "checkForUpdates": False}), encoding="utf-8"
    )
    places = {"JUPYTER_CONFIG_DIR": "config", "JUPYTER_RUNTIME_DIR": "runtime", "IPYTHONDIR": "ipython"}
    environment = {
        **os.environ,
        **{name: str(own / place) for name, place in places.items()},
        "JUPYTERLAB_SETTINGS_DIR": str(own / "lab" / "user-settings"),
        "JUPYTERLAB_WORKSPACES_DIR": str(own / "lab" / "workspaces"),
        "MPLCONFIGDIR": str(own / "matplotlib"),
        "PYTHONPATH": str(Path(__file__).resolve().parents[2]),
    }
    options = ("--no-browser", "--ip=127.0.0.1", "--port=0", "--ServerApp.token=", "--allow-root")
    quiet = ("--LabApp.expose_app_in_browser=True", "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate")
    quiet += ("--KernelManager.shutdown_wait_time=0.5",)
    command = [sys.executable, "-m", "jupyterlab", *options, *quiet, f"--ServerApp.root_dir={folder}"]
    with (folder / "jupyter.log").open("wb") as log:
        server = subprocess.Popen(command, env=environment, stdout=log, stderr=subprocess.STDOUT, cwd=folder)
    try:
        yield _address(server, own / "runtime")
    finally:
        server.terminate()
        try:
            server.wait(timeout=10)
        except subprocess.TimeoutExpired:  # it waits for kernels, which end by themselves once it is gone
            server.kill()
            server.wait(timeout=30)


def _address(server: subprocess.Popen[bytes], runtime: Path) -> str:
    end = time.monotonic() + PATIENCE / 1000
    while time.monotonic() < end and server.poll() is None:
        for file in runtime.glob("jpserver-*.json"):
            try:
                url = str(json.loads(file.read_text(encoding="utf-8"))["url"])
                urllib.request.urlopen(f"{url}api", timeout=5).close()  # noqa: S310 - our own server
            except (OSError, ValueError):
                continue
            return url
        time.sleep(0.2)
    raise RuntimeError("JupyterLab did not start; see jupyter.log")


def write_notebook(path: Path, *cells: str) -> Path:
    """Write a notebook of code cells."""
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.write(notebook, path)
    return path


def open_notebook(page: Page, address: str, name: str) -> float:
    """Open a notebook by itself, wait for its kernel, run it whole and wait for the first drawing of the screen.

    Returns the seconds from the run to that drawing.
    """
    page.goto(f"{address}lab/workspaces/w{time.time_ns()}/tree/{name}?reset", timeout=PATIENCE)
    page.wait_for_selector(".jp-Notebook .jp-Cell", state="attached", timeout=PATIENCE)
    # A run that is asked for before the kernel is connected is silently lost.
    page.wait_for_function(
        """() => { const panel = window.jupyterapp?.shell.currentWidget; const session = panel?.sessionContext?.session;
        return session?.kernel?.connectionStatus === 'connected' && session.kernel.status === 'idle'; }""",
        timeout=PATIENCE,
    )
    start = time.monotonic()
    page.evaluate("() => { window.jupyterapp.commands.execute('notebook:run-all-cells'); }")
    found = page.wait_for_selector(f".pl[data-seq], {FAULT}", state="attached", timeout=PATIENCE)
    if found is not None and found.evaluate("(node, fault) => node.matches(fault)", FAULT):
        raise RuntimeError(found.text_content())
    return time.monotonic() - start
