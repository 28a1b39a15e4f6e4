"""Runs on disk, read lazily: the folder of a batch, or the one file of a comparison."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np

from policy_lab.errors import InputError, Problem, nearest_names
from policy_lab.results.failures import read_failures
from policy_lab.results.parts import (
    BLOCK_KEY,
    CASES_KEY,
    FORMAT_KEY,
    OUTCOMES_KEY,
    PART_FORMAT,
    Block,
    Cases,
    Clock,
)
from policy_lab.results.read_write import FORMAT, column_names, read_manifest
from policy_lab.results.types import FailedCase, Results

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa
    import xarray as xr

    from policy_lab.study.plan import Plan

Names = str | Iterable[str] | None
Numbers = int | Iterable[int] | slice | None
Times = float | Iterable[float] | slice | None


@dataclass(frozen=True)
class OutcomeNote:
    """What is known of a stored outcome without reading it: its name, unit and elements."""

    name: str
    unit: str
    dimensions: tuple[str, ...]
    elements: tuple[tuple[str, ...], ...]

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
    empty where the batch has none. ``time`` is in the unit of ``clock`` since its start. ``warnings`` say what is
    missing or does not belong.
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
        from policy_lab.results.reading import Choice

        choice = Choice(
            scenarios=_chosen("scenario", scenario, self.scenarios),
            areas=_chosen("area", area, self.areas) if self.areas else ("",),
            settings=_chosen("setting", setting, self.settings) if self.settings else ("",),
            designs=_chosen("design", design, self.designs),
            worlds=_numbered("world", world, range(self.worlds)),
            futures=_numbered("future", future, range(self.futures)),
            times=_timed(time, self.time),
            outcomes=_chosen("outcome", outcome, tuple(self.outcomes)),
        )
        return dataset_of(self, choice)

    def results(self, block: Block | str | None = None) -> Results:
        """Return one block as `Results`, for every table and chart of the analysis. It is held in memory whole.

        Parameters
        ----------
        block
            A block or its name; may be left out where there is only one.

        Raises
        ------
        InputError
            For an unknown block, for runs that are missing, and where no plan stands beside the runs.
        """
        from policy_lab.results.reading import block_results

        return block_results(self, self.block(block))

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


def open_batch(path: str | Path) -> StoredRuns:
    """Open the folder that `policy-lab batch` wrote, or the `runs.parquet` of a comparison.

    A batch that is not finished opens too: what is missing stands in ``warnings``. Nothing is loaded yet.

    Raises
    ------
    InputError
        When there are no runs, when a file among them is not one of ours or belongs to another batch, or is damaged.
    """
    given = Path(path)
    if given.is_dir() and not (given / "parts").is_dir() and (given / "runs.parquet").is_file():
        given = given / "runs.parquet"
    if given.is_file():
        return _opened(given, (_single(given),), {})
    files = sorted((given / "parts").glob("*.parquet"))
    files = [file for file in files if not file.name.startswith(".")]
    if not files:
        remedy = "Name a folder that `policy-lab batch` wrote, or a runs.parquet of `policy-lab compare`."
        raise InputError(Problem(what="holds no runs", file=given, remedy=remedy))
    parts: list[Part] = []
    problems: list[Problem] = []
    for file in files:
        try:
            parts.append(_part(file))
        except InputError as error:
            problems.extend(error.problems)
    if problems:
        raise InputError(*problems)
    has_manifest = (given / "manifest.json").is_file()
    return _opened(given, tuple(parts), read_manifest(given / "manifest.json") if has_manifest else {})


def _opened(folder: Path, parts: tuple[Part, ...], manifest: Mapping[str, Any]) -> StoredRuns:
    schema = _schema(parts[0].path)
    outcomes = _outcomes(schema)
    _require_alike(parts, schema)
    if not manifest and b"manifest" in schema.metadata:
        manifest = json.loads(schema.metadata[b"manifest"])
    about_time = schema.field("time").metadata or {}
    start = dt.date.fromisoformat(about_time.get(b"start", b"1970-01-01").decode())
    first = next(iter(outcomes.values())).columns[0]
    return StoredRuns(
        folder=folder,
        parts=_in_order(parts, manifest),
        outcomes=MappingProxyType(outcomes),
        clock=Clock(start, about_time.get(b"unit", b"").decode()),
        manifest=MappingProxyType(dict(manifest)),
        precision="float32" if str(schema.field(first).type) == "float" else "float64",
        warnings=tuple(_missing(folder, parts, manifest)),
    )


def _schema(path: Path) -> pa.Schema:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        return pq.read_schema(path)
    except (OSError, pa.ArrowInvalid) as error:
        what = f"cannot be read as Parquet: {str(error).splitlines()[0]}"
        raise InputError(Problem(what=what, file=path, remedy="If a run was cut off, `--resume` mends it.")) from error


def _part(path: Path) -> Part:
    """Read the end of one file: which block, which cases."""
    import pyarrow.parquet as pq

    about = _schema(path).metadata or {}
    if about.get(FORMAT_KEY) != PART_FORMAT.encode():
        remedy = "Only parts that `policy-lab batch` wrote belong here; move it elsewhere."
        raise InputError(Problem(what="holds no runs of a batch", file=path, remedy=remedy))
    told = json.loads(about[CASES_KEY])
    cases = Cases(**{**told, "designs": tuple(told["designs"]), "times": tuple(told["times"])})
    rows = pq.read_metadata(path).num_rows
    if rows != cases.rows:
        raise InputError(Problem(what=f"holds {rows:,} rows where {cases.rows:,} belong", file=path))
    return Part(path, Block(**json.loads(about[BLOCK_KEY])), cases)


def _single(path: Path) -> Part:
    """Read what the runs of one comparison are: a part without the columns of a block."""
    import pyarrow.parquet as pq

    about = _schema(path).metadata or {}
    if about.get(FORMAT_KEY) != FORMAT.encode():
        raise InputError(Problem(what="holds no runs written by policy_lab", file=path))
    settings = json.loads(about[b"manifest"]).get("settings", {})
    keys = pq.read_table(path, columns=["design", "world", "future", "time"])
    designs = tuple(keys.column("design").unique().to_pylist())
    worlds, futures = (int(keys.column(name).to_numpy().max()) + 1 for name in ("world", "future"))
    times = tuple(float(one) for one in np.unique(keys.column("time").to_numpy()))
    cases = Cases(designs, 0, worlds, futures, times)
    if cases.rows != keys.num_rows:
        raise InputError(Problem(what="some of the runs are missing", file=path))
    return Part(path, Block("runs", settings.get("scenario") or "", settings.get("area") or ""), cases)


def _outcomes(schema: pa.Schema) -> dict[str, OutcomeNote]:
    notes = {}
    for entry in json.loads(schema.metadata[OUTCOMES_KEY]):
        elements = tuple(tuple(labels) for labels in entry["elements"])
        notes[entry["name"]] = OutcomeNote(entry["name"], entry["unit"], tuple(entry["dimensions"]), elements)
    return notes


def _require_alike(parts: Sequence[Part], schema: pa.Schema) -> None:
    """Refuse parts that cannot be of one batch: other columns, designs, futures or times, or worlds that overlap."""
    first = parts[0].cases
    problems = []
    taken: dict[tuple[Block, int], Path] = {}
    for part in parts:
        same = (part.cases.designs, part.cases.futures, part.cases.times) == (
            first.designs,
            first.futures,
            first.times,
        )
        if not same or (part is not parts[0] and not schema.equals(_schema(part.path))):
            what = f"belongs to another batch than {parts[0].path.name}: other columns, designs, futures or times"
            problems.append(Problem(what=what, file=part.path))
            continue
        other = next((taken[part.block, world] for world in part.worlds if (part.block, world) in taken), None)
        if other is not None:
            problems.append(Problem(what=f"holds worlds that {other.name} holds too", file=part.path))
        taken.update({(part.block, world): part.path for world in part.worlds})
    if problems:
        raise InputError(*problems)


def _in_order(parts: Sequence[Part], manifest: Mapping[str, Any]) -> tuple[Part, ...]:
    """Return the parts by block in the order of the plan, then by world."""
    names = [entry["name"] for entry in manifest.get("blocks", ())]
    order = {name: place for place, name in enumerate(names)}
    return tuple(sorted(parts, key=lambda one: (order.get(one.block.name, len(order)), one.block.name, one.worlds[0])))


def _missing(folder: Path, parts: Sequence[Part], manifest: Mapping[str, Any]) -> Iterator[Problem]:
    if folder.is_file():
        return
    resume = "`policy-lab batch … --resume` does what is missing."
    if not manifest:
        yield Problem(what="the batch did not finish: it has no manifest", file=folder, remedy=resume)
        return
    there = {part.path.name for part in parts}
    wanted = [name for entry in manifest.get("blocks", ()) for name in entry["parts"]]
    gone = [name for name in wanted if name not in there]
    if gone:
        some = ", ".join(gone[:3]) + (" …" if len(gone) > 3 else "")
        yield Problem(what=f"{len(gone):,} of {len(wanted):,} parts are missing: {some}", file=folder, remedy=resume)
    strange = sorted(there - set(wanted)) if wanted else []
    if strange:
        yield Problem(what=f"{len(strange):,} parts are not in the manifest, such as {strange[0]}", file=folder)


def _named(values: Iterable[str]) -> tuple[str, ...]:
    found = tuple(dict.fromkeys(values))
    return found if any(found) else ()


def _chosen(kind: str, asked: Names, known: Sequence[str]) -> tuple[str, ...]:
    if asked is None:
        return tuple(known)
    names = (asked,) if isinstance(asked, str) else tuple(asked)
    problems = [
        Problem(
            what=f"no {kind} `{name}` in these runs",
            nearest=nearest_names(name, known),
            remedy=f"There are: {', '.join(known[:20])}{' …' if len(known) > 20 else ''}.",
        )
        for name in names
        if name not in known
    ]
    problems += [] if names else [Problem(what=f"no {kind} is asked for")]
    if problems:
        raise InputError(*problems)
    return tuple(dict.fromkeys(names))


def _numbered(kind: str, asked: Numbers, known: range) -> tuple[int, ...]:
    if asked is None or isinstance(asked, slice):
        found = tuple(known[asked] if isinstance(asked, slice) else known)
    else:
        found = (int(asked),) if isinstance(asked, int | np.integer) else tuple(int(one) for one in asked)
    strange = [number for number in found if number not in known]
    if strange or not found:
        what = f"no {kind} {strange[0]} in these runs" if strange else f"no {kind} is asked for"
        raise InputError(Problem(what=what, remedy=f"There are 0 to {known[-1]}."))
    return tuple(dict.fromkeys(found))


def _timed(asked: Times, known: np.ndarray) -> tuple[float, ...]:
    times = tuple(float(one) for one in known)
    if asked is None:
        return times
    if isinstance(asked, slice):
        low = -np.inf if asked.start is None else float(asked.start)
        high = np.inf if asked.stop is None else float(asked.stop)
        found = tuple(one for one in times if low <= one <= high)[:: asked.step]
    else:
        found = (float(asked),) if isinstance(asked, int | float | np.number) else tuple(float(one) for one in asked)
    strange = [one for one in found if one not in times]
    if strange or not found:
        what = f"time {strange[0]:g} was not saved" if strange else "no saved time is asked for"
        raise InputError(Problem(what=what, remedy=f"Saved are {times[0]:g} to {times[-1]:g}, {len(times)} times."))
    return found
