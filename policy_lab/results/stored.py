"""Runs on disk, read lazily: the folder of a batch, or the one file of a comparison."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np

from policy_lab.errors import InputError, Problem, nearest_names
from policy_lab.results.choosing import (
    Choice,
    Names,
    Numbers,
    Times,
    chosen_keys,
    chosen_names,
    chosen_numbers,
    chosen_times,
)
from policy_lab.results.failures import read_failures
from policy_lab.results.parts import Block, Cases, Clock
from policy_lab.results.read_write import column_names
from policy_lab.results.types import FailedCase, Results

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

    from policy_lab.study.plan import Plan


@dataclass(frozen=True)
class OutcomeNote:
    """What is known of a stored outcome without reading it: its name, unit and elements."""

    name: str
    unit: str
    dimensions: tuple[str, ...]
    elements: tuple[tuple[str, ...], ...]

    @property
    def shape(self) -> tuple[int, ...]:
        """How many elements each dimension has."""
        return tuple(len(labels) for labels in self.elements)

    @property
    def columns(self) -> list[str]:
        """The columns in which its elements stand."""
        return column_names(self.name, self.elements)


@dataclass(frozen=True)
class Part:
    """One file of runs: which block, which cases."""

    path: Path
    block: Block
    cases: Cases

    @property
    def worlds(self) -> range:
        """The worlds that it holds, by their numbers in the plan."""
        return range(self.cases.first_world, self.cases.first_world + self.cases.worlds)


@dataclass(frozen=True, eq=False)
class StoredRuns:
    """Runs on disk, opened by `open_batch`. Nothing but the ends of its files is read before something is asked for.

    ``designs``, ``scenarios``, ``areas`` and ``settings`` are in the order of the plan; ``areas`` and ``settings`` are
    empty where the batch has none, and an empty name among areas stands for the study's own starting values, which are
    called ``own`` wherever they are shown or asked for. ``time`` is in the unit of ``clock`` since its start.
    ``warnings`` say what is missing or does not belong.
    """

    folder: Path
    parts: tuple[Part, ...] = field(repr=False)
    outcomes: Mapping[str, OutcomeNote]
    clock: Clock
    manifest: Mapping[str, Any] = field(repr=False)
    precision: str
    warnings: tuple[Problem, ...] = ()

    @cached_property
    def blocks(self) -> tuple[Block, ...]:
        """Every combination of scenario, area and setting of which some runs are there."""
        return tuple(dict.fromkeys(part.block for part in self.parts))

    @property
    def designs(self) -> tuple[str, ...]:
        """Every design."""
        return self.parts[0].cases.designs

    @property
    def scenarios(self) -> tuple[str, ...]:
        """What the world does, block by block."""
        return tuple(dict.fromkeys(block.scenario for block in self.blocks))

    @property
    def areas(self) -> tuple[str, ...]:
        """Places from which runs start; none where no block has one."""
        return _named(block.area for block in self.blocks)

    @property
    def settings(self) -> tuple[str, ...]:
        """Names of what is held; none where no block holds anything."""
        return _named(block.setting for block in self.blocks)

    @property
    def time(self) -> np.ndarray:
        """Saved times since the start."""
        return np.asarray(self.parts[0].cases.times)

    @property
    def worlds(self) -> int:
        """How many worlds the plan has, as far as is known from what is there."""
        return max(part.worlds.stop for part in self.parts)

    @property
    def futures(self) -> int:
        """How many futures each world has."""
        return self.parts[0].cases.futures

    @property
    def cases(self) -> int:
        """How many runs are there."""
        return sum(part.cases.rows // len(part.cases.times) for part in self.parts)

    @cached_property
    def plans(self) -> Mapping[str, Plan]:
        """The plan of each block by its name, from the batch's own copy of the plan's file; it is read once."""
        from policy_lab.results.reading import read_plans

        return MappingProxyType(read_plans(self))

    @cached_property
    def failures(self) -> pd.DataFrame:
        """Cases without usable numbers: block keys, design, world, future, variable, time, reason."""
        return read_failures(self.folder)

    def select(
        self,
        *,
        design: Names = None,
        scenario: Names = None,
        area: Names = None,
        setting: Names = None,
        outcome: Names = None,
        world: Numbers = None,
        future: Numbers = None,
        time: Times = None,
    ) -> xr.Dataset:
        """Return labelled arrays of what is asked for, and read nothing else.

        Parameters
        ----------
        design, scenario, area, setting, outcome
            A name or several; all of them by default.
        world, future
            A number, several, or a slice of numbers (``slice(0, 10)`` is the first ten).
        time
            Saved times in the unit of the clock; a slice holds both of its ends.

        Returns
        -------
        xarray.Dataset
            One variable an outcome, with the dimensions ``design``, ``scenario``, ``area`` and ``setting`` (where the
            batch has them), ``world``, ``future``, ``time`` and those of the model; units are in ``attrs``, and
            ``date`` stands beside ``time`` where its unit is of the calendar. Not-a-number where a case failed or is
            missing.

        Raises
        ------
        InputError
            For a name, number or time that is not there, with the nearest, and where the memory does not suffice.
        """
        from policy_lab.results.labelled import dataset_of

        choice = self.choose(
            design=design,
            scenario=scenario,
            area=area,
            setting=setting,
            outcome=outcome,
            world=world,
            future=future,
            time=time,
        )
        return dataset_of(self, choice)

    def choose(
        self,
        *,
        design: Names = None,
        scenario: Names = None,
        area: Names = None,
        setting: Names = None,
        outcome: Names = None,
        world: Numbers = None,
        future: Numbers = None,
        time: Times = None,
    ) -> Choice:
        """Return what `select` would read, each thing in the order in which it is named.

        Raises
        ------
        InputError
            For a name, number or time that is not there, with the nearest.
        """
        return Choice(
            scenarios=chosen_names("scenario", scenario, self.scenarios),
            areas=chosen_keys("area", area, self.areas),
            settings=chosen_keys("setting", setting, self.settings),
            designs=chosen_names("design", design, self.designs),
            worlds=chosen_numbers("world", world, range(self.worlds)),
            futures=chosen_numbers("future", future, range(self.futures)),
            times=chosen_times(time, self.time),
            outcomes=chosen_names("outcome", outcome, tuple(self.outcomes)),
        )

    def results(self, block: Block | str | None = None, *, design: Names = None, outcome: Names = None) -> Results:
        """Return one block as `Results`, for every table and chart of the analysis, and hold it in memory.

        Parameters
        ----------
        block
            A block or its name; may be left out where there is only one.
        design, outcome
            A name or several, to hold less; all of them by default.

        Raises
        ------
        InputError
            For an unknown name, for runs that are missing, and where no plan stands beside the runs.
        """
        from policy_lab.results.reading import block_results

        names = chosen_names("design", design, self.designs), chosen_names("outcome", outcome, tuple(self.outcomes))
        return block_results(self, self.block(block), *names)

    def block(self, asked: Block | str | None = None) -> Block:
        """Return a block by its name; the only one where none is named."""
        if isinstance(asked, Block):
            asked = asked.name
        known = {block.name: block for block in self.blocks}
        if asked is None and len(known) > 1:
            raise InputError(Problem(what="which block?", file=self.folder, remedy=f"Blocks: {', '.join(known)}."))
        if asked is not None and asked not in known:
            nearest = nearest_names(asked, known)
            raise InputError(Problem(what=f"no block `{asked}` in this batch", file=self.folder, nearest=nearest))
        return self.blocks[0] if asked is None else known[asked]

    def plan(self, block: Block | str | None = None) -> Plan:
        """Return the plan of a block, read back from the batch's own copy of the plan.

        Raises
        ------
        InputError
            Where no plan stands beside the runs, or its study is no longer there.
        """
        from policy_lab.results.reading import plan_of

        return plan_of(self, self.block(block))

    def failed_cases(self, block: Block) -> tuple[FailedCase, ...]:
        """Return the failed cases of one block."""
        table = self.failures
        own = table[(table["scenario"] == block.scenario) & (table["area"] == block.area)]
        own = own[own["setting"] == block.setting]
        return tuple(
            FailedCase(row.design, int(row.world), int(row.future), row.variable, float(row.time), row.reason)
            for row in own.itertuples(index=False)
        )

    def __repr__(self) -> str:
        kinds = [f"{len(self.designs)} designs", f"{len(self.scenarios)} scenarios"]
        kinds += [f"{len(self.areas)} areas"] if self.areas else []
        kinds += [f"{len(self.settings)} settings"] if self.settings else []
        kinds += [f"{self.worlds} worlds", f"{self.futures} futures"]
        faults = f"; {'; '.join(problem.what for problem in self.warnings)}" if self.warnings else ""
        return (
            f"StoredRuns({str(self.folder)!r}: {' × '.join(kinds)} = {self.cases:,} runs, {len(self.time)} saved "
            f"times, {len(self.outcomes)} outcomes, {len(self.failures)} failed cases{faults})"
        )


def _named(values: Iterable[str]) -> tuple[str, ...]:
    found = tuple(dict.fromkeys(values))
    return found if any(found) else ()
