"""The headline of a batch while it runs: modelled shortfall risk by design, from the files that are there so far."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

import numpy as np
import pandas as pd

from policy_lab.analysis.outcomes import mean_of, over_futures
from policy_lab.analysis.risk import share_error
from policy_lab.analysis.shortfall import spells
from policy_lab.results.parts import BLOCK_KEY, CASES_KEY, Block
from policy_lab.study.elements import split_element
from policy_lab.study.study import Study

COLUMNS = (
    "scenario", "area", "setting", "design", "worlds", "cases", "failed_cases", "risk", "simulation_error",
)  # fmt: skip


@dataclass(frozen=True)
class Headline:
    """Which cases have fallen short so far.

    ``order`` names the blocks as the plan has them. ``fell`` is by block and first world: 1.0 where a case fell short,
    0.0 where not, not-a-number where it failed, ``[design, world, future]``. `with_part` adds a file.
    """

    study: Study
    order: tuple[str, ...]
    designs: tuple[str, ...] = ()
    fell: Mapping[tuple[Block, int], np.ndarray] = field(default_factory=lambda: MappingProxyType({}))

    def with_part(self, path: Path) -> Headline:
        """Return the headline with the runs of one more file of a batch.

        Only the outcome that the study's shortfall is measured on is read.
        """
        import pyarrow.parquet as pq

        measure = self.study.file.measures.shortfall
        name, elements = split_element(measure.variable)
        column = f"{name}[{','.join(elements)}]" if elements else name
        with pq.ParquetFile(path) as file:
            about = file.schema_arrow.metadata
            values = file.read(columns=[column]).column(column).to_numpy()
        block, cases = Block(**json.loads(about[BLOCK_KEY])), json.loads(about[CASES_KEY])
        shape = (len(cases["designs"]), cases["worlds"], cases["futures"], len(cases["times"]))
        fell = spells(values.reshape(shape), measure.threshold, measure.periods).fell
        more = MappingProxyType({**self.fell, (block, cases["first_world"]): fell})
        return Headline(self.study, self.order, tuple(cases["designs"]), more)

    def table(self) -> pd.DataFrame:
        """Return one row a block and design, in the plan's order.

        As in `policy_lab.analysis.risk.risk`: within a world the share of its futures that fall short; the mean over
        worlds, and the standard error of that mean.

        Returns
        -------
        pandas.DataFrame
            ``scenario``, ``area``, ``setting``, ``design``, ``worlds``, ``cases``, ``failed_cases``, ``risk`` (share of
            futures) and ``simulation_error`` (standard error of ``risk``).
        """
        return pd.DataFrame(self._rows(), columns=list(COLUMNS))

    def _rows(self) -> Iterator[tuple[object, ...]]:
        for block in sorted({key[0] for key in self.fell}, key=lambda one: self.order.index(one.name)):
            firsts = sorted(first for other, first in self.fell if other == block)
            fell = np.concatenate([self.fell[block, first] for first in firsts], axis=1)
            shares = over_futures(fell)
            for place, design in enumerate(self.designs):
                row, cases = shares[place], fell[place]
                yield (
                    *(block.scenario, block.area, block.setting, design),
                    *(row.size, cases.size, int(np.isnan(cases).sum())),
                    *(mean_of(row), share_error(row)),
                )
