"""The order of statements in a stretch of code: values are used soon after they are computed, as registers are few."""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Sequence

from policy_lab.engine import ir


def near(statements: Sequence[ir.Statement]) -> list[ir.Statement]:
    """Return statements in an order that keeps few values waiting, each still after what it reads.

    Of what can come next, that comes which makes the number of values that wait to be read grow least; of equals, what
    was made possible last. The work grows with the number of reads, but for a logarithm.
    """
    return _Line(statements).ordered()


class _Line:
    """Statements that wait for their turn."""

    def __init__(self, statements: Sequence[ir.Statement]) -> None:
        self._statements = statements
        self._operands = [dict.fromkeys(read.symbol for read in ir.reads(one.value)) for one in statements]
        self._uses = Counter(name for names in self._operands for name in names)
        self._live: set[str] = set()
        self._readers: dict[str, list[int]] = {}
        self._followers: list[list[int]] = [[] for _ in statements]
        self._missing = [0] * len(statements)
        self._done = [False] * len(statements)
        self._waiting: list[tuple[int, int, int]] = []
        writers: dict[str, list[int]] = {}
        for place, one in enumerate(statements):
            for need in {writer: None for name in self._operands[place] for writer in writers.get(name, ())}:
                self._followers[need].append(place)
                self._missing[place] += 1
            for name in self._operands[place]:
                self._readers.setdefault(name, []).append(place)
            writers.setdefault(one.target, []).append(place)

    def ordered(self) -> list[ir.Statement]:
        """Take the statements one by one."""
        for place in range(len(self._statements)):
            self._wait(place, 0)
        order: list[ir.Statement] = []
        while self._waiting:
            cost, when, place = heapq.heappop(self._waiting)
            if self._done[place]:
                continue
            if self._growth(place) != cost:  # others have come since
                heapq.heappush(self._waiting, (self._growth(place), when, place))
                continue
            order.append(self._statements[place])
            for one in self._take(place):
                self._wait(one, -len(order))
        return order

    def _wait(self, place: int, when: int) -> None:
        if not self._missing[place] and not self._done[place]:
            heapq.heappush(self._waiting, (self._growth(place), when, place))

    def _growth(self, place: int) -> int:
        """Return how many more values wait after a statement than before it."""
        names = self._operands[place]
        begun = sum(1 for name in names if name not in self._live and self._uses[name] > 1)
        ended = sum(1 for name in names if name in self._live and self._uses[name] == 1)
        return begun - ended + (1 if self._uses[self._statements[place].target] else 0)

    def _take(self, place: int) -> list[int]:
        """Take a statement and return those that have become possible, or better."""
        self._done[place] = True
        touched: dict[int, None] = {}
        for name in self._operands[place]:
            self._uses[name] -= 1
            self._live.add(name)
            if self._uses[name] <= 1:
                touched |= dict.fromkeys(self._readers[name])
        self._live.add(self._statements[place].target)
        for follower in self._followers[place]:
            self._missing[follower] -= 1
            touched[follower] = None
        return list(touched)
