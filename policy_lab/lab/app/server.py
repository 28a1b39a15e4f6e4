"""Voilà with everything taken away but one page: no listing, no files, no other notebook, no code from the page."""

from __future__ import annotations

import asyncio
import json
import logging
import signal
import socket
import sys
import tempfile
from collections.abc import Callable, Coroutine, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import nbformat
from jupyter_client.kernelspec import KernelSpec, KernelSpecManager
from jupyter_core.utils import ensure_async
from jupyter_server.auth.identity import IdentityProvider, User
from jupyter_server.base.handlers import FileFindHandler
from jupyter_server.services.kernels.handlers import KernelHandler
from tornado.httpserver import HTTPServer
from tornado.netutil import bind_sockets
from traitlets.config import Config
from voila.app import Voila
from voila.paths import collect_static_paths
from voila.shutdown_kernel_handler import VoilaShutdownKernelHandler
from voila.static_file_handler import MultiStaticFileHandler
from voila.tornado.handler import TornadoVoilaHandler

from policy_lab.errors import InputError, Problem
from policy_lab.lab.app.gate import LOOPBACK, Gate, Gated
from policy_lab.lab.app.sieve import Channels, Sieve

TEMPLATES: Final = Path(__file__).parent
TEMPLATE: Final = "template"
NOTEBOOK: Final = "screen.ipynb"
OPENING: Final = "opening.json"
CELL: Final = f"from policy_lab.lab.app.visitor import show\nshow({OPENING!r})"
EXTENSIONS: Final = ("anywidget", "@voila-dashboards/widgets-manager8", "@jupyter-widgets/jupyterlab-manager")
"""Of all that this machine's Jupyter may have: what shows the widget."""
IDLE, LOOK = 120, 20
"""Seconds after which the kernel of a page that has gone is stopped, and between looks for one."""
ENDING, LAST = 20, 3
"""Seconds that kernels, and open connections, have to end in once the app is stopped."""
MOST = 20
"""Pages that are open at once; each has a Python of its own."""
MESSAGE = 1 << 20
"""Bytes of the longest message that a page may send."""
_KERNEL: Final = r"(?P<kernel_id>\w+-\w+-\w+-\w+-\w+)"


@dataclass(frozen=True)
class Served:
    """What is served, and where.

    Parameters
    ----------
    title
        Of the page.
    opening
        Options of `policy_lab.lab`, as JSON can say them.
    port
        0 for a free one.
    spare
        Kernels that are kept ready for the next visitor, with the screen drawn.
    """

    title: str
    opening: Mapping[str, Any]
    host: str = "127.0.0.1"
    port: int = 0
    spare: int = 1


def serve(served: Served, ready: Callable[[str], None]) -> None:
    """Serve the screen until Ctrl-C, or until this process is asked to end; no kernel outlives it.

    Parameters
    ----------
    ready
        Called with the address, token included, once it answers.

    Raises
    ------
    InputError
        Where the port is taken, or the host is not one of this machine.
    """
    sockets = _bound(served)
    port = int(sockets[0].getsockname()[1])
    gate = Gate(port, LOOPBACK if served.host in LOOPBACK else ())
    host = "127.0.0.1" if served.host in ("0.0.0.0", "::", "") else served.host  # noqa: S104 - a comparison
    name = f"[{host}]" if ":" in host else host
    with tempfile.TemporaryDirectory(prefix="policy_lab_app_", ignore_cleanup_errors=True) as folder:
        _write(served, Path(folder))
        address = f"http://{name}:{port}/?token={gate.token}"
        _until_stopped(_serving(served, Path(folder), gate, sockets, lambda: ready(address)))


def _until_stopped(serving: Coroutine[Any, Any, None]) -> None:
    """Serve until a signal; then wait for what is left no longer than it deserves, which `asyncio.run` would do."""
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    task = loop.create_task(serving)
    try:
        with suppress(KeyboardInterrupt, asyncio.CancelledError):
            loop.run_until_complete(task)
        task.cancel()
        with suppress(asyncio.CancelledError):
            loop.run_until_complete(task)
    finally:
        left = asyncio.all_tasks(loop)  # pages whose kernel has gone would wait for it for ever
        for one in left:
            one.cancel()
        if left:
            loop.run_until_complete(asyncio.wait(left, timeout=LAST))
        asyncio.set_event_loop(None)
        loop.close()


def _bound(served: Served) -> list[socket.socket]:
    try:
        return bind_sockets(served.port, served.host)
    except OSError as error:
        what = f"cannot serve on {served.host}, port {served.port}: {error.strerror or error}"
        raise InputError(Problem(what=what, remedy="Leave --port out for a free one.")) from error


def _write(served: Served, folder: Path) -> None:
    """Write the one notebook, and what its screen opens at beside it."""
    (folder / OPENING).write_text(json.dumps(dict(served.opening)), encoding="utf-8")
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(CELL)])
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    notebook.metadata["title"] = served.title
    nbformat.write(notebook, folder / NOTEBOOK)


async def _serving(
    served: Served, folder: Path, gate: Gate, sockets: list[socket.socket], ready: Callable[[], None]
) -> None:
    task = asyncio.current_task()
    voila = OnePage(config=_config(served, folder, gate), config_file_paths=[], log_level=logging.ERROR)
    voila.initialize([str(folder / NOTEBOOK)])
    loop = asyncio.get_running_loop()
    if sys.platform != "win32" and task is not None:  # there, Ctrl-C is raised by itself
        loop.add_signal_handler(signal.SIGINT, task.cancel)
        loop.add_signal_handler(signal.SIGTERM, task.cancel)
    voila.gate = gate
    server = HTTPServer(voila.application(folder), max_body_size=MESSAGE)
    try:
        server.add_sockets(sockets)
        ready()
        await asyncio.Event().wait()
    finally:
        server.stop()
        with suppress(TimeoutError):  # a kernel whose server has gone ends by itself
            await asyncio.wait_for(ensure_async(voila.kernel_manager.shutdown_all(now=True)), ENDING)
        with suppress(TimeoutError):
            await asyncio.wait_for(server.close_all_connections(), LAST)


def _config(served: Served, folder: Path, gate: Gate) -> Config:
    config = Config()
    config.Voila = Config(
        open_browser=False,
        root_dir=str(folder),
        base_url="/",
        ip=served.host,
        port=gate.port,
        identity_provider_class=Identity,
        kernel_websocket_connection_class=Sieve,
    )
    config.VoilaConfiguration = Config(
        template=TEMPLATE,
        allow_template_override="NO",
        allow_theme_override="NO",
        theme="light",
        file_allowlist=[],
        extension_allowlist=list(EXTENSIONS),
        extension_denylist=[],
        kernel_spec_manager_class=OwnPython,
        preheat_kernel=served.spare > 0,
        default_pool_size=served.spare,
        http_keep_alive_timeout=600,
    )
    config.MappingKernelManager = Config(
        cull_idle_timeout=IDLE, cull_interval=LOOK, cull_connected=False, root_dir=str(folder)
    )
    return config


class Identity(IdentityProvider):
    """Knows those that the gate has let in; asked again by whatever of Jupyter asks who it is."""

    def get_user(self, handler: Any) -> User | None:
        """Return the one user that there is, if the request bears the cookie."""
        gate: Gate = handler.application.gate
        return User(username="visitor") if gate.knows(handler.request) else None


class OwnPython(KernelSpecManager):
    """Starts kernels in the Python that serves, whatever kernels this machine's user has installed."""

    def get_kernel_spec(self, kernel_name: str) -> KernelSpec:
        """Return the only kernel that there is."""
        command = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}", "--log-level=ERROR"]
        return KernelSpec(argv=command, display_name="Python 3", language="python", name=kernel_name)

    def find_kernel_specs(self) -> dict[str, str]:
        """Name the only kernel that there is."""
        return {"python3": str(TEMPLATES)}


class KernelModel(KernelHandler):
    """Says that a page's kernel is there; its id is known to that page alone."""

    SUPPORTED_METHODS = ("GET",)


class OnePage(Voila):  # type: ignore[misc]
    """Voilà that serves one notebook, with our template and the few routes that its page needs."""

    gate: Gate

    def setup_template_dirs(self) -> None:
        """Take our template alone, and Voilà's own static files."""
        self.template_paths = [str(TEMPLATES / TEMPLATE)]
        self.static_paths = collect_static_paths(["voila"], "base")

    def application(self, folder: Path) -> Gated:
        """Return what answers requests."""
        connections = folder / "connections"
        connections.mkdir(mode=0o700)
        self.connection_dir = str(connections)
        settings = self.init_settings()
        settings["headers"] = _headers(self.gate)
        settings["websocket_max_message_size"] = MESSAGE
        settings["ws_ping_timeout"] = settings["ws_ping_interval"] = 30_000  # milliseconds
        settings["disable_check_xsrf"] = (
            True  # the gate refuses every other origin, and the cookie is for this site only
        )
        self.app = Gated(self._routes(), self.gate, lambda: len(self.kernel_manager) < MOST + 1, **settings)
        return self.app

    def _routes(self) -> list[Any]:
        page = {
            "notebook_path": NOTEBOOK,
            "template_paths": self.template_paths,
            "config": self.config,
            "voila_configuration": self.voila_configuration,
        }
        return [
            (r"/", TornadoVoilaHandler, page),
            (rf"/api/kernels/{_KERNEL}", KernelModel),
            (rf"/api/kernels/{_KERNEL}/channels", Channels),
            (rf"/voila/api/shutdown/{_KERNEL}", VoilaShutdownKernelHandler),
            (r"/voila/static/(.*)", MultiStaticFileHandler, {"paths": self.static_paths}),
            (r"/voila/labextensions/(.*)", FileFindHandler, {"path": self.labextensions_path, "no_cache_paths": []}),
        ]


def _headers(gate: Gate) -> dict[str, str]:
    """Return what the browser is told: to ask nobody but this app for anything."""
    here = " ".join(f"ws://{name}:{gate.port}" for name in ("127.0.0.1", "localhost"))
    policy = {
        "default-src": "'self'",
        # The widget's script comes as a blob from the kernel; Voilà's own scripts compile schemas.
        "script-src": "'self' 'unsafe-inline' 'unsafe-eval' blob:",
        "style-src": "'self' 'unsafe-inline'",
        "img-src": "'self' data: blob:",
        "font-src": "'self' data:",
        "connect-src": f"'self' {here}",
        "frame-ancestors": "'none'",
        "form-action": "'none'",
        "base-uri": "'none'",
        "object-src": "'none'",
    }
    return {
        "Content-Security-Policy": "; ".join(f"{name} {value}" for name, value in policy.items()),
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
    }
