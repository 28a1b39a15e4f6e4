"""Long work behind one view: one piece at a time, told of a few times a second, and given up when it is cancelled."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from time import monotonic
from typing import Any

from policy_lab.errors import InputError, PolicyLabError, Problem

BEAT = 0.2
"""Seconds between two tidings of how far work is."""
_WARM = 0.5
"""Seconds of work before a rate is told: the first runs wait for resting points."""


class Cancelled(Exception):
    """Raised inside work that nobody waits for any more."""


@dataclass(frozen=True)
class Far:
    """How far work is: ``done`` of ``total``, ``rate`` of them a second and ``left`` seconds, zero until known.

    ``doing`` says what is going on in a few words, ``of`` what is counted; ``stopping`` that it was cancelled and is
    being put away.
    """

    job: str
    doing: str
    done: int = 0
    total: int = 0
    rate: float = 0.0
    left: float = 0.0
    of: str = ""
    stopping: bool = False

    def plain(self) -> dict[str, Any]:
        """Return it as plain values, for the page."""
        return {name: getattr(self, name) for name in self.__dataclass_fields__}


IDLE = Far("", "")


class Job:
    """One piece of work, as the work itself sees it: whether it is still wanted, and how it tells how far it is."""

    def __init__(self, name: str, tell: Callable[[Far], None]) -> None:
        self.name = name
        self._tell = tell
        self._stop = threading.Event()
        self._last = 0.0
        self._begun = monotonic()
        self._first: int | None = None
        self.far = Far(name, "starting")

    @property
    def unwanted(self) -> bool:
        """Whether it was cancelled."""
        return self._stop.is_set()

    def cancel(self) -> None:
        """Ask it to stop."""
        self._stop.set()

    def look(self) -> None:
        """Stop here if nobody waits any more."""
        if self._stop.is_set():
            raise Cancelled

    def step(self, doing: str, total: int = 0, of: str = "") -> None:
        """Begin another part of the work, and tell of it at once."""
        self.look()
        self._begun, self._first, self._last = monotonic(), None, 0.0
        self._say(Far(self.name, doing, 0, total, of=of))

    def progress(self, done: int, total: int) -> None:
        """Tell how far this part is, a few times a second at most; stop here if nobody waits any more."""
        self.look()
        now, far = monotonic(), self.far
        if self._first is None:
            self._first = done  # what was there before this part began costs nothing and says nothing of the rate
        if now - self._last < BEAT and done < total:
            return
        self._last = now
        done = max(done, far.done)  # a part that is written is told without what the next one has run
        spent, ran = now - self._begun, done - self._first
        rate = ran / spent if spent >= _WARM and ran > 0 else 0.0
        self._say(Far(self.name, far.doing, done, total, rate, (total - done) / rate if rate else 0.0, far.of))

    def beat(self) -> Callable[[], bool]:
        """Return what says, each time it is asked, whether it is time to tell something again."""
        last = -BEAT

        def due() -> bool:
            nonlocal last
            now = monotonic()
            if now - last < BEAT:
                return False
            last = now
            return True

        return due

    def _say(self, far: Far) -> None:
        self.far = far
        if not self._stop.is_set():
            self._tell(far)


class LongWork:
    """Does one piece of work at a time in a thread of its own; what comes while it is busy is refused, not queued.

    Unlike everything it works on it changes: it stands for what is going on at the moment.
    """

    def __init__(self, tell: Callable[[Far], None], fault: Callable[[str, str], None]) -> None:
        self._tell = tell
        self._fault = fault
        self._job: Job | None = None
        self._thread: threading.Thread | None = None
        self._lock = threading.Lock()

    @property
    def far(self) -> Far:
        """How far the work is that is going on."""
        job = self._job
        return IDLE if job is None else job.far

    def start(self, name: str, work: Callable[[Job], None]) -> None:
        """Begin a piece of work.

        Raises
        ------
        InputError
            While another is going on.
        """
        with self._lock:
            if self._job is not None:
                what = f"{self._job.name} is still going on"
                raise InputError(Problem(what=what, remedy="Wait for its end or cancel it, then ask again."))
            job = self._job = Job(name, self._tell)
            self._thread = threading.Thread(
                target=self._do, args=(job, work), name=f"policy_lab {name}", daemon=True
            )  # daemon: a notebook that is closed does not wait for a batch, which can be gone on with
        self._tell(job.far)
        self._thread.start()

    def _do(self, job: Job, work: Callable[[Job], None]) -> None:
        try:
            work(job)
        except Cancelled:
            pass
        except (PolicyLabError, OSError, MemoryError) as error:
            self._fault(job.name, str(error) or type(error).__name__)
        except Exception as error:  # told to whoever waits, then raised for the log of the kernel
            self._fault(job.name, f"{job.name} broke off: {type(error).__name__}: {error}")
            raise
        finally:
            self._job = None
            self._tell(IDLE)

    def cancel(self) -> None:
        """Ask the work to stop, and say so at once; it is put away within a few runs."""
        job = self._job
        if job is not None:
            job.cancel()
            far = job.far
            self._tell(replace(far, doing="stopping", rate=0.0, left=0.0, stopping=True))

    def wait(self) -> None:
        """Wait until nothing is going on."""
        if self._thread is not None:
            self._thread.join()
