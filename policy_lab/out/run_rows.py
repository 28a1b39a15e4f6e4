"""Stored runs as rows for an analyst: keys, calendar dates and outcomes, a bounded number of rows at a time."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from policy_lab.errors import InputError, Problem
from policy_lab.results.calendar import dates, plain_unit
from policy_lab.results.choosing import OWN, Choice
from policy_lab.results.reading import batches, part_arrays
from policy_lab.results.stored import Part, StoredRuns

if TYPE_CHECKING:
    import pyarrow as pa

OUTCOME = "outcome: "
"""What the names of outcome columns begin with, beside `lever: ` and `uncertainty: ` of the inputs."""
EXCEL_ROWS, EXCEL_COLUMNS = 1_048_576, 16_384
"""What one sheet holds, its header included (Microsoft, *Excel specifications and limits*)."""
DIGITS = {"float32": 7, "float64": 10}
"""Significant digits that text keeps: enough to rebuild every figure, few enough that a last bit does not show."""


@dataclass(frozen=True)
class Wanted:
    """Runs that are exported: where they stand and what is chosen of them."""

    stored: StoredRuns
    choice: Choice

    @property
    def keys(self) -> tuple[str, ...]:
        """The key columns of a case; areas and settings only where there are some."""
        areas = ("area",) if self.stored.areas else ()
        settings = ("setting",) if self.stored.settings else ()
        return ("scenario", *areas, *settings, "design", "world", "future")

    @property
    def calendar(self) -> dict[float, dt.date]:
        """Saved time to calendar day; empty where the unit of time is not of the calendar."""
        clock = self.stored.clock
        days = dates(clock.start, np.asarray(self.choice.times), plain_unit(clock.unit))
        if not all(days):
            return {}
        return {time: dt.date.fromisoformat(day) for time, day in zip(self.choice.times, days, strict=True)}

    @property
    def columns(self) -> list[str]:
        """Names of the outcome columns, an element each."""
        return [OUTCOME + column for name in self.choice.outcomes for column in self.stored.outcomes[name].columns]

    @property
    def cases(self) -> int:
        """How many cases are there of what is chosen."""
        return sum(len(worlds) * len(self.choice.designs) * len(self.choice.futures) for _, worlds in self.parts())

    def parts(self) -> Iterator[tuple[Part, tuple[int, ...]]]:
        """Yield each part that holds something chosen, and which of its worlds are."""
        chosen = {block for _, block in self.choice.blocks(self.stored.blocks)}
        for part in self.stored.parts:
            worlds = tuple(world for world in self.choice.worlds if world in part.worlds)
            if part.block in chosen and worlds:
                yield part, worlds


def tidy_schema(wanted: Wanted) -> pa.Schema:
    """Return the columns of tidy rows: keys, time, date where there is a calendar, then outcomes."""
    import pyarrow as pa

    value = pa.float32() if wanted.stored.precision == "float32" else pa.float64()
    fields = [pa.field(name, pa.int32() if name in ("world", "future") else pa.string()) for name in wanted.keys]
    fields.append(pa.field("time", pa.float64(), metadata={b"unit": wanted.stored.clock.unit.encode()}))
    if wanted.calendar:
        fields.append(pa.field("date", pa.date32()))
    for name in wanted.choice.outcomes:
        note = wanted.stored.outcomes[name]
        unit = {b"unit": note.unit.encode()}
        fields += [pa.field(OUTCOME + column, value, metadata=unit) for column in note.columns]
    return pa.schema(fields)


def tidy_rows(wanted: Wanted) -> Iterator[pa.RecordBatch]:
    """Yield a row for each case and saved time; what failed is empty. Parts come in the order of the plan."""
    import pyarrow as pa

    schema = tidy_schema(wanted)
    calendar = wanted.calendar
    times = np.sort(np.asarray(wanted.choice.times))
    days = np.array([calendar[time] for time in times.tolist()] if calendar else [], dtype="datetime64[D]")
    for part, _ in wanted.parts():
        for batch in batches(wanted.stored, part, wanted.choice):
            if not batch.num_rows:
                continue
            keys = block_keys(wanted, part)
            columns = [pa.repeat(pa.scalar(keys[name]), batch.num_rows) for name in wanted.keys if name in keys]
            columns += [batch.column("design").cast(pa.string()), batch.column("world"), batch.column("future")]
            time = batch.column("time")
            columns.append(time)
            if calendar:
                columns.append(pa.array(days[np.searchsorted(times, time.to_numpy())]))
            names = [column for name in wanted.choice.outcomes for column in wanted.stored.outcomes[name].columns]
            columns += [_without_nan(batch.column(name)) for name in names]
            yield pa.RecordBatch.from_arrays(columns, schema=schema)


def wide_schema(wanted: Wanted) -> pa.Schema:
    """Return the columns of wide rows: keys, outcome and unit, then one column a saved time, named by its date."""
    import pyarrow as pa

    value = pa.float32() if wanted.stored.precision == "float32" else pa.float64()
    fields = [pa.field(name, pa.int32() if name in ("world", "future") else pa.string()) for name in wanted.keys]
    fields += [pa.field("outcome", pa.string()), pa.field("unit", pa.string())]
    return pa.schema([*fields, *(pa.field(name, value) for name in time_names(wanted))])


def wide_rows(wanted: Wanted) -> Iterator[pa.RecordBatch]:
    """Yield a row for each case and element of an outcome, with one column a saved time."""
    import pyarrow as pa

    schema = wide_schema(wanted)
    notes = [wanted.stored.outcomes[name] for name in wanted.choice.outcomes]
    spelled = [column for note in notes for column in note.columns]
    units = [note.unit for note in notes for _ in note.columns]
    for part, worlds in wanted.parts():
        for design in wanted.choice.designs:
            choice = replace(wanted.choice, designs=(design,), worlds=worlds)
            values = _paths(wanted.stored, part, choice)
            rows = len(values)
            world, future, _ = (
                axis.ravel() for axis in np.indices((len(worlds), len(choice.futures), len(spelled)), dtype=np.int32)
            )
            keys = {**block_keys(wanted, part), "design": design}
            columns = [pa.repeat(pa.scalar(keys[name]), rows) for name in wanted.keys if name in keys]
            columns += [
                pa.array(np.asarray(worlds, dtype=np.int32)[world]),
                pa.array(np.asarray(choice.futures, dtype=np.int32)[future]),
                pa.array(spelled * (rows // len(spelled))),
                pa.array(units * (rows // len(spelled))),
                *(_without_nan(pa.array(values[:, at])) for at in range(values.shape[1])),
            ]
            yield pa.RecordBatch.from_arrays(columns, schema=schema)


def time_names(wanted: Wanted) -> list[str]:
    """Return the names of the columns of saved times: ISO dates, or times where dates do not tell them apart."""
    calendar = wanted.calendar
    days = [calendar[time].isoformat() for time in wanted.choice.times] if calendar else []
    if days and len(set(days)) == len(days):
        return days
    return [f"{time:.10g}" for time in wanted.choice.times]


def block_keys(wanted: Wanted, part: Part) -> dict[str, str]:
    """Return the key columns that a block fixes; the study's own starting values are called `own` among areas."""
    keys = {"scenario": part.block.scenario}
    if wanted.stored.areas:
        keys["area"] = part.block.area or OWN
    if wanted.stored.settings:
        keys["setting"] = part.block.setting
    return keys


def require_excel(rows: int, columns: int, what: str, instead: str) -> None:
    """Refuse a table that Excel cannot hold: it would drop what is beyond without a word that stays.

    Raises
    ------
    InputError
        With what to do instead.
    """
    if rows + 1 > EXCEL_ROWS:
        found = f"{what} would have {rows:,} rows, and Excel holds {EXCEL_ROWS - 1:,} below a header"
    elif columns > EXCEL_COLUMNS:
        found = f"{what} would have {columns:,} columns, and Excel holds {EXCEL_COLUMNS:,}"
    else:
        return
    remedy = f"Choose fewer outcomes, designs or scenarios, the summary instead of the runs, or {instead}."
    raise InputError(Problem(what=found, remedy=remedy))


def rounded(values: np.ndarray, digits: int) -> np.ndarray:
    """Return numbers with so many significant digits; what is not finite stays as it is.

    >>> [float(one) for one in rounded(np.array([0.1 + 0.2, 123456.789, 0.0]), 5)]
    [0.3, 123460.0, 0.0]
    """
    numbers = np.asarray(values, dtype=float)
    usable = np.isfinite(numbers) & (numbers != 0)
    size = np.floor(np.log10(np.abs(numbers), out=np.zeros_like(numbers), where=usable))
    places = digits - 1 - size
    up, down = 10.0 ** np.clip(places, 0, 300), 10.0 ** np.clip(-places, 0, 300)
    exact: np.ndarray = np.where(usable & (places <= 300), np.rint(numbers * up / down) * down / up, numbers)
    return exact


def _paths(stored: StoredRuns, part: Part, choice: Choice) -> np.ndarray:
    """Return ``[world * future * element, time]`` of one design in one part."""
    flat = [array.reshape(*choice.cases, -1) for array in part_arrays(stored, part, choice).values()]
    paths: np.ndarray = np.moveaxis(np.concatenate(flat, axis=-1)[0], 2, -1)
    return paths.reshape(-1, len(choice.times))


def _without_nan(column: pa.Array) -> pa.Array:
    """Return a column with nothing where there is no number."""
    import pyarrow.compute as pc

    return pc.if_else(pc.is_nan(column), None, column)
