"""Which statements the asked outputs need, of those that only a reader of results needs."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from policy_lab.engine import ir
from policy_lab.engine.layout import Layout


class Wanted:
    """Parts of a program, in the order in which they are computed, each of which is computed or not.

    Parameters
    ----------
    layout
        Where the cells of the program stand.
    parts
        The statements of each part.
    """

    def __init__(self, layout: Layout, parts: Sequence[Sequence[ir.Statement]]) -> None:
        edges = sorted((first, name) for name, first in layout.offsets.items())
        self._names = [name for _, name in edges]
        self._starts = np.array([first for first, _ in edges], dtype=np.int64)
        self._targets = [frozenset(one.target for one in part) for part in parts]
        self._reads = [frozenset(read.symbol for one in part for read in ir.reads(one.value)) for part in parts]

    def flags(self, cells: NDArray[np.int64]) -> NDArray[np.uint8]:
        """Return 1 for each part that these cells need, else 0; at least one number."""
        places = set((np.searchsorted(self._starts, cells, side="right") - 1).tolist())
        wanted = {self._names[place] for place in places}
        flags = np.zeros(max(1, len(self._targets)), dtype=np.uint8)
        for number in range(len(self._targets) - 1, -1, -1):
            if not wanted.isdisjoint(self._targets[number]):
                flags[number] = 1
                wanted |= self._reads[number]
        return flags
