"""The app as a user starts it, for its tests: its address, its process, and a visitor without a browser."""

from __future__ import annotations

import http.client
import json
import os
import re
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from jupyter_server.services.kernels.connection.base import deserialize_msg_from_ws_v1, serialize_msg_to_ws_v1
from websockets.sync.client import ClientConnection, connect

from policy_lab.lab.app.sieve import PROTOCOL

COMMAND = str(Path(sys.executable).with_name("policy-lab"))
PATIENCE = 120.0
"""Seconds: the machine may be busy with other work."""
STOPPING = 30.0


@dataclass
class App:
    """An app that runs."""

    process: subprocess.Popen[str]
    address: str
    folder: Path

    @property
    def place(self) -> str:
        """Host and port."""
        return urlsplit(self.address).netloc

    def ask(self, path: str, cookie: str = "", method: str = "GET", **headers: str) -> http.client.HTTPResponse:
        """Ask for something, as it is written, and do not follow where it leads; read it whole."""
        connection = http.client.HTTPConnection(self.place, timeout=PATIENCE)
        connection.request(method, path, headers={**({"Cookie": cookie} if cookie else {}), **headers})
        response = connection.getresponse()
        response.body = response.read()
        connection.close()
        return response

    def enter(self) -> str:
        """Return the cookie of a browser that has opened the address."""
        parts = urlsplit(self.address)
        return str(self.ask(f"/?{parts.query}").headers["Set-Cookie"]).split(";")[0]

    def kernel(self, cookie: str) -> str:
        """Open the page, and return the id of its kernel."""
        page = self.ask("/", cookie).body.decode()
        return re.findall(r'"kernelId": "([^"]+)"', page)[0]

    def channels(self, kernel: str, cookie: str, **headers: str) -> ClientConnection:
        """Open the way to a kernel that a page has."""
        address = f"ws://{self.place}/api/kernels/{kernel}/channels?session_id=test"
        return connect(address, additional_headers={"Cookie": cookie, **headers}, subprotocols=[PROTOCOL])

    def kernels(self) -> list[int]:
        """Return the processes of its kernels: those whose connection file lies in its folder."""
        return [pid for pid, command in self.processes() if "ipykernel" in command]

    def processes(self) -> list[tuple[int, str]]:
        """Return all that runs with files in its folder, and the command of each."""
        return [(pid, command) for pid, command in _processes() if str(self.folder) in command]

    def stop(self, how: signal.Signals = signal.SIGINT) -> int:
        """Stop it as a user does, and return how it ended."""
        self.process.send_signal(how)
        return self.process.wait(PATIENCE)


@contextmanager
def running_app(folder: Path, *arguments: str, command: Sequence[str] = ()) -> Iterator[App]:
    """Start the app, with all that it writes in a folder of the test."""
    folder.mkdir(parents=True, exist_ok=True)
    environment = {**os.environ, "TMPDIR": str(folder)}
    usual = [COMMAND, "app", *arguments, "--no-browser"]
    with (folder / "errors.log").open("w") as errors:
        process = subprocess.Popen(
            command or usual, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=errors, text=True, bufsize=1
        )
    try:
        yield App(process, _address(process, folder), folder)
    finally:
        try:
            process.terminate()
            process.wait(STOPPING)
        except subprocess.TimeoutExpired:  # a server that hangs may not be left to the machine
            process.kill()
            process.wait()
            raise


def _address(process: subprocess.Popen[str], folder: Path) -> str:
    assert process.stdout is not None
    for line in process.stdout:
        found = re.search(r"http://\S+", line)
        if found:
            return found.group()
    raise RuntimeError((folder / "errors.log").read_text())


def _processes() -> Iterator[tuple[int, str]]:
    for place in Path("/proc").glob("[0-9]*"):
        try:
            command = (place / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        yield int(place.name), command


def message(kind: str, content: dict[str, object], channel: str = "shell") -> bytes:
    """Return a message to a kernel, as a page would send it."""
    header = {"msg_id": uuid.uuid4().hex, "msg_type": kind, "username": "", "session": "test", "version": "5.3"}
    parts = [json.dumps(part).encode() for part in (header, {}, {}, content)]
    return bytes(serialize_msg_to_ws_v1(parts, channel))


def replies(socket: ClientConnection, seconds: float, until: str = "") -> list[str]:
    """Return the types of all messages that come in some time, or until one of a type has come."""
    end, found = time.monotonic() + seconds, []
    while (left := end - time.monotonic()) > 0 and (not found or found[-1] != until):
        try:
            told = socket.recv(timeout=left)
        except TimeoutError:
            break
        _, parts = deserialize_msg_from_ws_v1(told)
        found.append(str(json.loads(parts[0])["msg_type"]))
    return found
