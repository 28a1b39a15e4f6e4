from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from policy_lab.engine.threads import shared_out


@pytest.mark.parametrize("threads", [1, 2, 7])
@pytest.mark.parametrize("parts", [1, 5, 40])
def test_every_part_is_done_once(threads: int, parts: int) -> None:
    done: list[int] = []
    lock = threading.Lock()

    def prepare() -> Callable[[int], None]:
        def work(part: int) -> None:
            with lock:
                done.append(part)

        return work

    told: list[float] = []
    shared_out(parts, threads, prepare, told.append)
    assert sorted(done) == list(range(parts))
    assert told == [(k + 1) / parts for k in range(parts)]


@pytest.mark.parametrize("threads", [1, 3])
def test_an_error_in_the_work_ends_it_and_reaches_the_caller(threads: int) -> None:
    begun: list[int] = []

    def work(part: int) -> None:
        begun.append(part)
        if part == 2:
            raise ValueError("broken part")

    with pytest.raises(ValueError, match="broken part"):
        shared_out(1000, threads, lambda: work, None)
    assert len(begun) < 1000


@pytest.mark.parametrize("threads", [1, 3])
def test_an_error_while_preparing_reaches_the_caller(threads: int) -> None:
    def prepare() -> Callable[[int], None]:
        raise MemoryError("no room")

    with pytest.raises(MemoryError, match="no room"):
        shared_out(10, threads, prepare, None)
