"""Who may ask the app for anything: nothing is answered without the token that the terminal printed.

Voilà leaves its static files open and has routes that list, read and stop things. The app has none of those, and this
gate stands before all that it has, static files and websockets included.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlsplit

from tornado.httputil import HTTPServerRequest
from tornado.web import Application, RequestHandler

UNKNOWN: Final = "This address needs the token that `policy-lab app` printed when it started. Open the whole address."
FOREIGN: Final = "This page asks from another address than the app's own; it is refused."
FULL: Final = "All places are taken. Close a page that shows this screen, wait two minutes, and load this one again."
LOOPBACK: Final = ("127.0.0.1", "localhost", "::1")


def _secret() -> str:
    return secrets.token_urlsafe(32)


@dataclass(frozen=True)
class Gate:
    """What opens the app.

    Parameters
    ----------
    port
        On which the app is served; cookies know no ports, so that the name of ours says it.
    hosts
        Names under which the app may be asked for; empty for any. Others are refused, because a foreign page can give
        a name of its own to this machine.
    token
        Is in the address that the terminal prints, and opens the first page.
    session
        The cookie that the first page sets, and all that follows bears.
    """

    port: int
    hosts: tuple[str, ...] = LOOPBACK
    token: str = field(default_factory=_secret, repr=False)
    session: str = field(default_factory=_secret, repr=False)

    @property
    def cookie(self) -> str:
        """The name of the cookie."""
        return f"policy_lab_{self.port}"

    def bears_token(self, request: HTTPServerRequest) -> bool:
        """Whether a request brings the token."""
        given = request.query_arguments.get("token", [])
        return len(given) == 1 and hmac.compare_digest(given[0], self.token.encode())

    def knows(self, request: HTTPServerRequest) -> bool:
        """Whether a request comes from a browser that has brought the token before."""
        morsel = request.cookies.get(self.cookie)
        return morsel is not None and hmac.compare_digest(morsel.value.encode(), self.session.encode())

    def refusal(self, request: HTTPServerRequest) -> str:
        """Say why a request is refused, whatever it bears; nothing where it is not."""
        host = urlsplit(f"//{request.host}").hostname or ""
        origin = request.headers.get("Origin")
        foreign = origin is not None and urlsplit(origin).netloc.lower() != request.host.lower()
        return FOREIGN if foreign or (self.hosts and host not in self.hosts) else ""


class Told(RequestHandler):
    """Answers with one sentence."""

    def initialize(self, status: int, words: str) -> None:
        """Take the sentence, and the status to send it with."""
        self._status, self._words = status, words

    def prepare(self) -> None:
        """Answer whatever was asked."""
        self.set_status(self._status)
        self.set_header("Content-Type", "text/plain; charset=utf-8")
        self.set_header("Cache-Control", "no-store")
        self.finish(f"{self._words}\n")


class Entered(RequestHandler):
    """Lets a browser in that brings the token, and takes the token out of its address line."""

    def initialize(self, gate: Gate) -> None:
        """Take the gate."""
        self._gate = gate

    def get(self) -> None:
        """Set the cookie that opens all that follows."""
        self.set_cookie(self._gate.cookie, self._gate.session, httponly=True, samesite="Lax", path="/")
        self.set_header("Referrer-Policy", "no-referrer")
        self.set_header("Cache-Control", "no-store")
        self.redirect("/")


class Gated(Application):
    """An application whose every answer passes the gate."""

    def __init__(self, handlers: list[Any], gate: Gate, free: Callable[[], bool], **settings: Any) -> None:
        super().__init__(handlers, default_handler_class=Told, default_handler_args=_ABSENT, **settings)
        self.gate, self._free = gate, free

    def find_handler(self, request: HTTPServerRequest, **more: Any) -> Any:
        """Choose who answers."""
        refused = self.gate.refusal(request)
        if refused:
            return self._told(request, 403, refused)
        if request.path == "/" and request.method == "GET" and self.gate.bears_token(request):
            return self.get_handler_delegate(request, Entered, {"gate": self.gate})
        if not self.gate.knows(request):
            return self._told(request, 403, UNKNOWN)
        if request.path == "/" and not self._free():
            return self._told(request, 503, FULL)
        return super().find_handler(request, **more)

    def _told(self, request: HTTPServerRequest, status: int, words: str) -> Any:
        return self.get_handler_delegate(request, Told, {"status": status, "words": words})


_ABSENT: Final = {"status": 404, "words": "There is nothing here."}
