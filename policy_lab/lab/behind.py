"""Work that goes on behind the screen, and is given up as soon as something newer is asked for."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable

REST = 0.25
"""Seconds without a movement after which the screen is at rest."""


class Behind:
    """Does one piece of work at a time in a thread of its own; a newer one takes the place of an older.

    Unlike everything else here it changes: it stands for what is going on at the moment.
    """

    def __init__(self, rest: float = REST) -> None:
        self._rest = rest
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def ask(self, work: Callable[[Callable[[], bool]], None]) -> None:
        """Do a piece of work once nothing newer has been asked for a while; it is given what says to stop."""
        self.stop()
        stop, before = threading.Event(), self._thread

        def begin() -> None:
            if before is not None:
                before.join()
            if not stop.wait(self._rest):
                work(stop.is_set)

        self._stop = stop
        self._thread = threading.Thread(target=begin, name="policy_lab screen", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Ask what is going on to stop; it does so within a few runs."""
        self._stop.set()

    def wait(self) -> None:
        """Wait until nothing is going on."""
        if self._thread is not None:
            self._thread.join()


def running_loop() -> asyncio.AbstractEventLoop | None:
    """Return the loop of the notebook's kernel; nothing where there is none, as in a script."""
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None
