"""The steps of a long sampling, kept as they are taken, so that one that was killed goes on instead of beginning anew.

Blocks of steps lie in the cache folder, each whole or not there. Their names hold everything on which the numbers
depend; what was kept for another model, other figures or other code is never taken up.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from policy_lab import cache
from policy_lab.provenance import digest_of, file_digest

if TYPE_CHECKING:
    from policy_lab.study.history import History

Array = np.ndarray

EVERY = 50
"""Steps of an ensemble between two blocks."""


@dataclass(frozen=True)
class Block:
    """Steps of an ensemble, ``scores[step, walker, parameter]``, and how it stood after the last of them."""

    scores: Array
    log_posterior: Array
    random: tuple[Any, ...]
    """State of NumPy's generator, as ``RandomState.get_state`` gives it."""

    def to_bytes(self) -> bytes:
        """Return the block as bytes; plain arrays, nothing that Python executes."""
        _, keys, *rest = self.random
        target = io.BytesIO()
        np.savez(target, scores=self.scores, log_posterior=self.log_posterior, keys=keys, rest=np.array(rest, float))
        return target.getvalue()


def block_of(content: bytes) -> Block:
    """Return the block that :meth:`Block.to_bytes` wrote."""
    with np.load(io.BytesIO(content), allow_pickle=False) as held:
        position, has_gauss, gauss = held["rest"].tolist()
        random = ("MT19937", held["keys"], int(position), int(has_gauss), gauss)
        return Block(held["scores"], held["log_posterior"], random)


@dataclass(frozen=True)
class Checkpoint:
    """Where the steps of one sampling are kept; ``name`` says all on which its numbers depend."""

    name: str

    def blocks(self, ensemble: int) -> list[Block]:
        """Return the blocks of an ensemble from its first step on, as far as they go without a gap."""
        found: list[Block] = []
        while (content := cache.kept(self._place(ensemble, len(found)))) is not None:
            found.append(block_of(content))
        return found

    def add(self, ensemble: int, number: int, block: Block) -> None:
        """Keep a block, whole; a cache folder that cannot be written costs the chance to go on, and nothing else."""
        cache.keep(self._place(ensemble, number), block.to_bytes())

    def forget(self) -> None:
        """Delete what was kept."""
        ensemble = 0
        while (first := self._place(ensemble, 0)).is_file():
            number, place = 0, first
            while place.is_file():
                place.unlink(missing_ok=True)
                number += 1
                place = self._place(ensemble, number)
            ensemble += 1

    def _place(self, ensemble: int, number: int) -> Path:
        return cache.place_of(".steps", self.name, str(ensemble), str(number))


def checkpoint_of(history: History, held: Mapping[str, float], seed: int, effort: Mapping[str, int]) -> Checkpoint:
    """Return where the sampling of a history under some held constants keeps its steps."""
    study = history.study
    series = {key: [one.years.tolist(), one.values.tolist()] for key, one in history.series.items()}
    said = {
        "model": study.model.digest,
        "files": {name: file_digest(path) for name, path in {**study.files, "history": history.path}.items()},
        "series": series,
        "given": sorted((*key, value) for key, value in history.figures.items()),
        "outside": {name: sorted((*key, value) for key, value in one.items()) for name, one in history.outside.items()},
        "parameters": [asdict(one) for one in history.sampled],
        "held": dict(held),
        "seed": seed,
        "effort": dict(effort),
        "code": cache.sources("analysis/calibration", "run", "engine", "study"),
        "libraries": cache.installed("emcee", "numpy", "scipy", "llvmlite"),
    }
    return Checkpoint(digest_of(said))
