"""Work shared out over threads, with progress told from the calling thread."""

from __future__ import annotations

import threading
from collections.abc import Callable

from policy_lab.engine.given import Progress


def shared_out(
    parts: int, threads: int, prepare: Callable[[], Callable[[int], None]], progress: Progress | None
) -> None:
    """Do parts 0, 1, … of some work, each once, in ``threads`` threads.

    Parameters
    ----------
    prepare
        Called once a thread; returns what does a part with that thread's own memory.
    progress
        Told the share of parts done; an error that it raises stops the work, as does an error in the work.
    """
    if threads <= 1 or parts <= 1:
        work = prepare()
        for part in range(parts):
            work(part)
            if progress is not None:
                progress((part + 1) / parts)
        return
    from concurrent.futures import ThreadPoolExecutor  # one run needs no threads

    remaining = iter(range(parts))
    lock = threading.Lock()
    done = threading.Semaphore(0)
    stopped = threading.Event()

    def take() -> None:
        try:
            work = prepare()
            while not stopped.is_set():
                with lock:
                    part = next(remaining, None)
                if part is None:
                    return
                work(part)
                done.release()
        except BaseException:
            stopped.set()
            done.release()
            raise

    with ThreadPoolExecutor(min(threads, parts)) as pool:
        futures = [pool.submit(take) for _ in range(min(threads, parts))]
        try:
            for count in range(parts):
                done.acquire()
                if stopped.is_set():
                    break
                if progress is not None:
                    progress((count + 1) / parts)
        except BaseException:
            stopped.set()
            raise
        for future in futures:
            future.result()
