"""Places for the nodes of a diagram: cells of a grid, so that no two can lie on one another, found by annealing.

Every node has a cell of its own. The search shortens links, keeps pipes straight, leads links past other nodes and
avoids crossings; it begins anywhere, swaps and moves nodes, and accepts worse places less and less often (Kirkpatrick,
Gelatt & Vecchi 1983). The random numbers are fixed, so that the same diagram always comes out the same.
"""

from __future__ import annotations

import math
import random
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from policy_lab.model.diagram import Diagram

CELL_WIDTH, CELL_HEIGHT = 140, 80
"""Pixels of a sketch."""
_MARGIN_X, _MARGIN_Y = 90, 60
MOVES = 500
"""Moves a node that are tried unless asked for more."""
_MOST_MOVES = 60_000
_FILLED = 0.72
"""Share of the cells that are taken: what is left free makes room for links."""
_HOT, _COLD = 8.0, 0.05
_WIDE = 1.5
"""A cell is wider than high: a step to the side is so much longer than one up or down."""
_NEAR = 0.42
"""A link that comes this close to the middle of a cell, in cells, runs through what stands there."""
_THROUGH, _CROSSING, _BENT, _PIPE, _BACKWARD = 2.2, 0.6, 7.0, 2.5, 0.15
_HEAVY = 4.0
"""Where a pipe runs through a node it counts so many times as much as a link."""


def placed(diagram: Diagram, *, columns: int | None = None, moves: int = MOVES, seed: int = 1) -> Diagram:
    """Return a diagram with a place for every node.

    Parameters
    ----------
    diagram
        As :func:`policy_lab.model.diagram.outline` returns it.
    columns
        Cells side by side; by the number of nodes when not given.
    moves
        How many moves a node are tried: more take longer and find better places.
    seed
        Where the search begins.

    Returns
    -------
    Diagram
        Places in pixels of a sketch, ``placed`` being ``automatic``.
    """
    count = len(diagram.nodes)
    width = columns or min(6, max(2, math.ceil(math.sqrt(count / _FILLED / 1.6))))
    height = max(2, math.ceil(count / _FILLED / width))
    cells = _Search(diagram, width, height, seed).run(min(_MOST_MOVES, moves * count))
    low_x, low_y = cells.min(axis=0) if count else (0, 0)
    nodes = tuple(
        replace(
            node,
            x=_MARGIN_X + CELL_WIDTH * float(column - low_x),
            y=_MARGIN_Y + CELL_HEIGHT * float(row - low_y),
        )
        for node, (column, row) in zip(diagram.nodes, cells, strict=True)
    )
    return replace(diagram, nodes=nodes, placed="automatic")


@dataclass(frozen=True)
class _Tables:
    """What depends on cells alone, for all of them at once; cells are numbered row by row.

    ``length[a, b]``: of a link; ``bent[a, b]``: 1 where it is neither level nor upright; ``through[a, b, c]``: 1 where
    it runs through cell c; ``turn[a, b, c]``: the sign of the turn from a by b to c.
    """

    length: NDArray[np.float64]
    bent: NDArray[np.float64]
    through: NDArray[np.float32]
    turn: NDArray[np.int8]

    @classmethod
    def of(cls, width: int, height: int) -> _Tables:
        """Return the tables of a grid."""
        place = np.arange(width * height)
        at = np.stack([place % width, place // width], axis=1).astype(np.float64)
        along = at[None] - at[:, None]
        length = np.hypot(along[..., 0] * _WIDE, along[..., 1]) + _BACKWARD * np.maximum(0.0, -along[..., 0])
        to = at[None, None] - at[:, None, None]
        size = np.maximum((along**2).sum(axis=-1), 1e-9)[..., None]
        share = (to * along[:, :, None]).sum(axis=-1) / size
        gap = np.sqrt(((to - np.clip(share, 0.0, 1.0)[..., None] * along[:, :, None]) ** 2).sum(axis=-1))
        ends = (place[None, None] == place[:, None, None]) | (place[None, None] == place[None, :, None])
        cross = along[:, :, None, 0] * to[..., 1] - along[:, :, None, 1] * to[..., 0]
        bent = (along != 0).all(axis=-1).astype(np.float64)
        return cls(length, bent, ((gap < _NEAR) & ~ends).astype(np.float32), np.sign(cross).astype(np.int8))


class _Search:
    """One search: the cells of all nodes, and what they cost."""

    def __init__(self, diagram: Diagram, width: int, height: int, seed: int) -> None:
        self._width, self._height = width, height
        self._random = random.Random(seed)  # noqa: S311 - a layout is no secret
        self._count = len(diagram.nodes)
        self._start = np.array([edge.start for edge in diagram.edges], dtype=np.int64)
        self._end = np.array([edge.end for edge in diagram.edges], dtype=np.int64)
        self._pipe = np.array([edge.pipe for edge in diagram.edges], dtype=bool)
        self._weight = np.where(self._pipe, _PIPE, 1.0)
        self._heavy = np.where(self._pipe, _HEAVY, 1.0)
        self._incident = [np.flatnonzero((self._start == node) | (self._end == node)) for node in range(self._count)]
        self._neighbours = [
            [int(self._end[edge] if self._start[edge] == node else self._start[edge]) for edge in self._incident[node]]
            for node in range(self._count)
        ]
        self._tables = _Tables.of(width, height)
        self._at = np.arange(self._count)
        self._taken = dict(enumerate(range(self._count)))

    def run(self, moves: int) -> NDArray[np.int64]:
        """Return the cell of each node, column and row, after a number of moves."""
        best, kept = 0.0, self._at.copy()
        moves = moves if len(self._start) else 0
        heat, total = _HOT, 0.0
        for _ in range(moves):
            heat *= (_COLD / _HOT) ** (1 / moves)
            total += self._try(heat)
            if total < best - 1e-9:
                best, kept = total, self._at.copy()
        return np.stack([kept % self._width, kept // self._width], axis=1)

    def _try(self, heat: float) -> float:
        """Move a node, or swap two; keep it if it is better, or by chance. Return the change of cost."""
        node = self._random.randrange(self._count)
        target, here = self._target(node), int(self._at[node])
        if target == here:
            return 0.0
        other = self._taken.get(target)
        own = self._incident[node] if other is None else np.union1d(self._incident[node], self._incident[other])
        before = self._cost(own)
        self._put(node, target, other, here)
        change = self._cost(own) - before
        if change <= 0 or self._random.random() < math.exp(-change / heat):
            return change
        self._put(node, here, other, target)
        return 0.0

    def _put(self, node: int, target: int, other: int | None, left: int) -> None:
        self._taken.pop(left, None)
        self._at[node] = target
        self._taken[target] = node
        if other is not None:
            self._at[other] = left
            self._taken[left] = other

    def _target(self, node: int) -> int:
        """Choose a cell: near a neighbour, near the middle of all of them, or anywhere."""
        near = self._neighbours[node]
        chance = self._random.random()
        if not near or chance < 0.4:
            return self._random.randrange(self._width * self._height)
        chosen = near if chance < 0.7 else [near[self._random.randrange(len(near))]]
        cells = [int(self._at[one]) for one in chosen]
        x = round(sum(cell % self._width for cell in cells) / len(cells) + self._random.gauss(0, 0.9))
        y = round(sum(cell // self._width for cell in cells) / len(cells) + self._random.gauss(0, 0.9))
        return min(max(x, 0), self._width - 1) + self._width * min(max(y, 0), self._height - 1)

    def _cost(self, own: NDArray[np.int64]) -> float:
        """Return the part of the cost that can change when the nodes of some links move."""
        tables, start, end = self._tables, self._at[self._start], self._at[self._end]
        one, two = start[own], end[own]
        cost = float(
            (self._weight[own] * tables.length[one, two] + _BENT * self._pipe[own] * tables.bent[one, two]).sum()
        )
        cost += _THROUGH * float((tables.through[start, end][:, self._at].sum(axis=1) * self._heavy).sum())
        turn = tables.turn
        apart = (turn[one, two][:, start] * turn[one, two][:, end]) < 0
        across = (turn[start[None], end[None], one[:, None]] * turn[start[None], end[None], two[:, None]]) < 0
        return cost + _CROSSING * float(((apart & across) * self._weight[None] * self._weight[own][:, None]).sum())
