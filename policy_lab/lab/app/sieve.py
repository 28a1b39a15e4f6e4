"""What may pass from a page to its kernel: the messages of widgets that are there, and no code."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, Final

from jupyter_server.services.kernels.connection.base import deserialize_msg_from_ws_v1
from jupyter_server.services.kernels.connection.channels import ZMQChannelsWebsocketConnection
from tornado.web import HTTPError
from voila.tornado.kernel_websocket_handler import VoilaKernelWebsocketHandler

PROTOCOL: Final = "v1.kernel.websocket.jupyter.org"
_PASS: Final = ("comm_msg", "comm_close", "comm_info_request", "kernel_info_request")
MOST_PARTS: Final = 64
"""Of a message; Jupyter's own reader counts as far as a message bids it to."""
_TARGET: Final = "jupyter.widget.control"
_HEADER, _CONTENT = 0, 3
"""Which parts of a message these are."""


def may_pass(kind: str, content: Callable[[], Any]) -> bool:
    """Whether a message from a page may reach its kernel: what widgets that are there need, and nothing else.

    Parameters
    ----------
    kind
        The message's type. Requests to execute, complete, inspect, debug or shut down are none of those that pass.
    content
        Reads what it says; asked for only where that matters.

    Examples
    --------
    >>> may_pass("execute_request", dict), may_pass("comm_msg", dict)
    (False, True)
    >>> may_pass("comm_open", lambda: {"target_name": "jupyter.widget"})  # a page makes no widgets of its own
    False
    """
    if kind == "comm_open":
        said = content()
        return isinstance(said, dict) and said.get("target_name") == _TARGET
    return kind in _PASS


class Sieve(ZMQChannelsWebsocketConnection):
    """Between a page and its kernel: hands on what widgets need, and drops all else."""

    def handle_incoming_message(self, incoming_msg: Any) -> None:
        """Hand a message on, or drop it."""
        if not isinstance(incoming_msg, bytes) or int.from_bytes(incoming_msg[:8], "little") > MOST_PARTS:
            return
        try:
            channel, parts = deserialize_msg_from_ws_v1(incoming_msg)
            kind = json.loads(parts[_HEADER])["msg_type"]
            passes = channel == "shell" and may_pass(kind, lambda: json.loads(parts[_CONTENT]))
        except (ValueError, KeyError, TypeError, IndexError, AttributeError, RecursionError):
            return
        if passes:
            super().handle_incoming_message(incoming_msg)  # type: ignore[arg-type]  # bytes, whatever it says


class Channels(VoilaKernelWebsocketHandler):  # type: ignore[misc]
    """The way from a page to its kernel, in the newer of Jupyter's two protocols.

    Voilà 0.5.13 reads what goes to the page as if it were always in the newer one: asked for the older one, it counts
    to billions over the first message that carries bytes, and answers nobody any more.
    """

    async def get(self, kernel_id: str) -> None:
        """Open the way.

        Raises
        ------
        HTTPError
            For a page that does not speak the newer protocol.
        """
        spoken = self.request.headers.get("Sec-WebSocket-Protocol", "").split(",")
        if PROTOCOL not in [name.strip() for name in spoken]:
            raise HTTPError(400, "this way speaks another protocol")
        await super().get(kernel_id=kernel_id)
