"""The files of a batch: one Parquet file for some worlds of one block, and one for what was drawn for a block.

A block is one combination of scenario, area and settings; within it every design meets the same worlds and futures.
Rows are tidy, and every file of a batch has the same columns, so that all of them read as one table.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from policy_lab.results.files import written_whole
from policy_lab.results.read_write import FORMAT_KEY, OUTCOMES_KEY, column_names, outcome_notes
from policy_lab.results.types import Outcome

if TYPE_CHECKING:
    import pyarrow as pa

    from policy_lab.study.plan import Plan

PART_FORMAT = "policy_lab batch 1"
INPUTS_FORMAT = "policy_lab inputs 1"
BLOCK_KEY, CASES_KEY = b"block", b"cases"
NOTES_KEY = b"notes"
BLOCK_COLUMNS = ("scenario", "area", "setting")
KEY_COLUMNS = (*BLOCK_COLUMNS, "design", "world", "future", "time")
LEVER, UNCERTAINTY = "lever: ", "uncertainty: "
"""What the names of input columns begin with, so that levers, uncertainties and outcomes cannot be mistaken."""


@dataclass(frozen=True)
class Block:
    """One block of a batch: ``name`` is safe in a file name; ``area`` and ``setting`` are empty where there is none."""

    name: str
    scenario: str
    area: str = ""
    setting: str = ""


@dataclass(frozen=True)
class Clock:
    """The calendar day at which the runs start, and the unit in which their time is told."""

    start: dt.date
    unit: str

    @classmethod
    def of(cls, plan: Plan) -> Clock:
        """Return the clock of a plan's study."""
        return cls(plan.study.file.clock.start, plan.study.model.time.unit)


@dataclass(frozen=True)
class Cases:
    """Which cases a part holds: every design and future of some worlds in a row, at these saved times."""

    designs: tuple[str, ...]
    first_world: int
    worlds: int
    futures: int
    times: tuple[float, ...]

    @classmethod
    def of(cls, outcomes: Mapping[str, Outcome], designs: Sequence[str], time: np.ndarray, first_world: int) -> Cases:
        """Return the cases of a part from its arrays."""
        _, worlds, futures = next(iter(outcomes.values())).values.shape[:3]
        return cls(tuple(designs), first_world, worlds, futures, tuple(float(one) for one in time))

    @property
    def rows(self) -> int:
        """How many rows these cases have."""
        return len(self.designs) * self.worlds * self.futures * len(self.times)


def part_path(folder: Path, block: Block, first_world: int) -> Path:
    """Return where the part of a block that begins at a world stands; names sort by block, then world."""
    return folder / "parts" / f"{block.name}-{first_world:06d}.parquet"


def inputs_path(folder: Path, block: Block) -> Path:
    """Return where the inputs of a block stand."""
    return folder / "inputs" / f"{block.name}.parquet"


def write_part(
    outcomes: Mapping[str, Outcome],
    path: Path,
    *,
    block: Block,
    designs: Sequence[str],
    time: np.ndarray,
    clock: Clock,
    first_world: int,
    precision: Literal["float32", "float64"] = "float64",
    notes: Mapping[str, Any] | None = None,
) -> Path:
    """Write some worlds of a block, whole or not at all; the same numbers give the same bytes.

    Parameters
    ----------
    outcomes
        Values are ``[design, world, future, time, *elements]`` for these worlds only.
    first_world
        The number in the plan of the first of these worlds.
    time
        The saved times since the start, in the unit of ``clock``.
    precision
        Values are rounded to it as they are written.
    notes
        Plain values that go with this part; `read_notes` gives them back.
    """
    import pyarrow.parquet as pq

    cases = Cases.of(outcomes, designs, time, first_world)
    schema = part_schema(outcomes, block, clock, cases, precision)
    schema = schema.with_metadata({**schema.metadata, NOTES_KEY: json.dumps(dict(notes or {})).encode()})
    columns = list(KEY_COLUMNS)
    with (
        written_whole(path) as temporary,
        pq.ParquetWriter(
            temporary,
            schema,
            compression="zstd",
            compression_level=1,
            use_dictionary=columns,
            use_byte_stream_split=[name for name in schema.names if name not in KEY_COLUMNS],
            write_statistics=columns,
        ) as writer,
    ):
        for batch in _batches(outcomes, schema, block, designs, time, first_world):
            writer.write_batch(batch)
    return path


def read_notes(path: Path) -> dict[str, Any]:
    """Return the notes that were written with a part."""
    import pyarrow.parquet as pq

    found: dict[str, Any] = json.loads(pq.read_schema(path).metadata[NOTES_KEY])
    return found


def part_schema(
    outcomes: Mapping[str, Outcome],
    block: Block,
    clock: Clock,
    cases: Cases,
    precision: Literal["float32", "float64"],
) -> pa.Schema:
    """Return columns, types, units and keys of a part."""
    import pyarrow as pa

    value = pa.float32() if precision == "float32" else pa.float64()
    fields = [
        *_keys(),
        pa.field("future", pa.int32()),
        pa.field(
            "time", pa.float64(), metadata={b"unit": clock.unit.encode(), b"start": clock.start.isoformat().encode()}
        ),
        *(
            pa.field(name, value, metadata={b"unit": outcome.unit.encode()})
            for outcome in outcomes.values()
            for name in column_names(outcome.name, outcome.elements)
        ),
    ]
    about = {FORMAT_KEY: PART_FORMAT.encode(), OUTCOMES_KEY: json.dumps(outcome_notes(outcomes)).encode()}
    about |= {BLOCK_KEY: json.dumps(asdict(block)).encode(), CASES_KEY: json.dumps(asdict(cases)).encode()}
    return pa.schema(fields, metadata=about)


def write_inputs(plan: Plan, worlds: Mapping[str, np.ndarray], path: Path, *, block: Block) -> Path:
    """Write what was drawn for the designs and worlds of a block: a row for each design and world.

    Parameters
    ----------
    plan
        The plan of the block.
    worlds
        What each world fixes, ``[world, *dims]``, with what the reference at rest anchors.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    model = plan.study.model
    shape = (len(plan.designs), plan.worlds)
    keys = [*_constants(block, int(np.prod(shape))), *_design_world(plan.designs, range(plan.worlds))]
    fields, columns = list(_keys()), keys
    for name, unit, values in _design_columns(plan):
        fields.append(pa.field(LEVER + name, pa.float64(), metadata={b"unit": unit.encode()}))
        columns.append(pa.array(np.ascontiguousarray(values).ravel()))
    for name, values in worlds.items():
        flat = np.asarray(values, dtype=float).reshape(plan.worlds, -1)
        for at, spelled in enumerate(column_names(name, model.elements(name))):
            unit = model[name].unit
            fields.append(pa.field(UNCERTAINTY + spelled, pa.float64(), metadata={b"unit": unit.encode()}))
            columns.append(pa.array(np.tile(flat[:, at], len(plan.designs))))
    about = {FORMAT_KEY: INPUTS_FORMAT.encode(), BLOCK_KEY: json.dumps(asdict(block)).encode()}
    table = pa.Table.from_arrays(columns, schema=pa.schema(fields, metadata=about))
    with written_whole(path) as temporary:
        pq.write_table(table, temporary, compression="zstd", compression_level=1)
    return path


def _design_columns(plan: Plan) -> Iterator[tuple[str, str, np.ndarray]]:
    """Yield name, unit and ``[design, world]`` of everything that a design has drawn."""
    file = plan.study.file
    for key, scores in plan.lever_scores().items():
        yield key, file.levers[key].unit, scores
    if file.transition and plan.start == "switch":
        name = file.transition.variable
        drawn = np.stack([plan.design_inputs(design)[name] for design in plan.designs])
        yield name, plan.study.model[name].unit, drawn


def _keys() -> tuple[pa.Field, ...]:
    import pyarrow as pa

    words = pa.dictionary(pa.int32(), pa.string())
    return (*(pa.field(name, words) for name in (*BLOCK_COLUMNS, "design")), pa.field("world", pa.int32()))


def _constants(block: Block, rows: int) -> Iterator[pa.Array]:
    """Yield the columns that say which block it is."""
    import pyarrow as pa

    for value in (block.scenario, block.area, block.setting):
        yield pa.DictionaryArray.from_arrays(pa.array(np.zeros(rows, dtype=np.int32)), pa.array([value]))


def _design_world(designs: Sequence[str], worlds: range) -> Iterator[pa.Array]:
    """Yield the columns of design and world, one row for each of both."""
    import pyarrow as pa

    places = np.repeat(np.arange(len(designs), dtype=np.int32), len(worlds))
    yield pa.DictionaryArray.from_arrays(pa.array(places), pa.array(list(designs)))
    yield pa.array(np.tile(np.asarray(worlds, dtype=np.int32), len(designs)))


def _batches(
    outcomes: Mapping[str, Outcome],
    schema: pa.Schema,
    block: Block,
    designs: Sequence[str],
    time: np.ndarray,
    first_world: int,
) -> Iterator[pa.RecordBatch]:
    """Yield the rows of one design after another, so that never more than one is held twice."""
    import pyarrow as pa

    _, worlds, futures, times = next(iter(outcomes.values())).values.shape[:4]
    rows = worlds * futures * times
    world, future, at = (part.ravel() for part in np.indices((worlds, futures, times), dtype=np.int32))
    shared = [pa.array(world + np.int32(first_world)), pa.array(future), pa.array(np.asarray(time, dtype=float)[at])]
    keys = list(_constants(block, rows))
    for place in range(len(designs)):
        design = pa.DictionaryArray.from_arrays(pa.array(np.full(rows, place, dtype=np.int32)), pa.array(list(designs)))
        columns = [*keys, design, *shared]
        for outcome, field in _with_first_field(outcomes, schema):
            flat = outcome.values[place].reshape(rows, -1)
            kind = field.type.to_pandas_dtype()
            columns += [pa.array(np.ascontiguousarray(flat[:, one], dtype=kind)) for one in range(flat.shape[1])]
        yield pa.RecordBatch.from_arrays(columns, schema=schema)


def _with_first_field(outcomes: Mapping[str, Outcome], schema: pa.Schema) -> Iterator[tuple[Outcome, pa.Field]]:
    for outcome in outcomes.values():
        yield outcome, schema.field(column_names(outcome.name, outcome.elements)[0])
