"""Results on disk: every run in one Parquet or CSV table, and the manifest in JSON.

The table is tidy: a row for each case and saved time, with the columns ``design``, ``world``, ``future``, ``time`` and
one for each element of each outcome, spelled ``Name[a,b]``. The same results give the same bytes.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np

from policy_lab.errors import InputError, Problem
from policy_lab.results.files import written_whole
from policy_lab.results.types import Outcome, Results

if TYPE_CHECKING:
    import pyarrow as pa

CASE_COLUMNS = ("design", "world", "future", "time")
FORMAT = "policy_lab runs 1"
FORMAT_KEY, OUTCOMES_KEY, MANIFEST_KEY = b"policy_lab", b"outcomes", b"manifest"


@dataclass(frozen=True)
class SavedRuns:
    """What `read_runs` finds in a file: the outcomes of every run, without the plan that they came from."""

    designs: tuple[str, ...]
    time: np.ndarray
    outcomes: Mapping[str, Outcome]
    manifest: Mapping[str, Any]


def write_runs(results: Results, path: Path, *, progress: Callable[[int, int], None] | None = None) -> Path:
    """Write every run of ``results`` to ``path`` (``.parquet`` or ``.csv``), whole or not at all.

    Parameters
    ----------
    results
        Finished cases; failed ones are written as not-a-number.
    path
        An existing file is replaced.
    progress
        Told how many designs are written, of how many.

    Raises
    ------
    InputError
        For another ending, or when the file cannot be written.
    """
    writers = {".parquet": _parquet_writer, ".csv": _csv_writer}
    if path.suffix not in writers:
        raise InputError(Problem(what="runs are written as .parquet or .csv", file=path))
    with written_whole(path) as temporary, writers[path.suffix](temporary, _schema(results)) as writer:
        for done, batch in enumerate(_batches(results), start=1):
            writer.write(batch)
            if progress:
                progress(done, len(results.designs))
    return path


def read_runs(path: Path) -> SavedRuns:
    """Read runs that `write_runs` wrote as Parquet.

    Raises
    ------
    InputError
        When the file is not one of ours, or not whole.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        table = pq.read_table(path)
    except (OSError, pa.ArrowInvalid) as error:
        raise InputError(Problem(what=f"cannot be read as Parquet: {str(error).splitlines()[0]}", file=path)) from error
    about = table.schema.metadata or {}
    if about.get(FORMAT_KEY) != FORMAT.encode():
        raise InputError(Problem(what="holds no runs written by policy_lab", file=path))
    designs = tuple(table.column("design").unique().to_pylist())
    time = np.unique(table.column("time").to_numpy())
    worlds = int(table.column("world").to_numpy().max()) + 1
    shape = (len(designs), worlds, table.num_rows // (len(designs) * worlds * len(time)), len(time))
    if int(np.prod(shape)) != table.num_rows:
        raise InputError(Problem(what="some of the runs are missing", file=path))
    outcomes = {}
    for entry in json.loads(about[OUTCOMES_KEY]):
        elements = tuple(tuple(labels) for labels in entry["elements"])
        columns = [table.column(name).to_numpy() for name in column_names(entry["name"], elements)]
        values = np.stack(columns, axis=-1).reshape(*shape, *(len(labels) for labels in elements))
        outcomes[entry["name"]] = Outcome(entry["name"], entry["unit"], tuple(entry["dimensions"]), elements, values)
    return SavedRuns(designs, time, MappingProxyType(outcomes), json.loads(about[MANIFEST_KEY]))


def write_manifest(manifest: Mapping[str, Any], path: Path, *, made_at: dt.datetime | None = None) -> Path:
    """Write a manifest as JSON, with the time at which it was made (now, unless told).

    No other file carries a time stamp, so that the same plan gives the same bytes everywhere else.
    """
    moment = made_at or dt.datetime.now(dt.UTC)
    content = {**manifest, "made_at": moment.isoformat(timespec="seconds")}
    with written_whole(path) as temporary:
        temporary.write_text(json.dumps(content, indent=2, ensure_ascii=False, default=str) + "\n", encoding="utf-8")
    return path


def read_manifest(path: Path) -> dict[str, Any]:
    """Read a manifest that `write_manifest` wrote.

    Raises
    ------
    InputError
        When it cannot be read.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(Problem(what=f"cannot be read as a manifest: {error}", file=path)) from error
    if not isinstance(content, dict):
        raise InputError(Problem(what="holds no manifest", file=path))
    return content


def column_names(name: str, elements: Sequence[Sequence[str]]) -> list[str]:
    """Return the names of the elements of a variable, row by row: ``Stock[a,x]``, ``Stock[a,y]`` …

    >>> column_names("Fleet", [["north", "south"]])
    ['Fleet[north]', 'Fleet[south]']
    >>> column_names("Fish stock", [])
    ['Fish stock']
    """
    if not elements:
        return [name]
    shape = tuple(len(labels) for labels in elements)
    places = (tuple(labels[at] for labels, at in zip(elements, place, strict=True)) for place in np.ndindex(*shape))
    return [f"{name}[{','.join(place)}]" for place in places]


def outcome_notes(outcomes: Mapping[str, Outcome]) -> list[dict[str, Any]]:
    """Return what a file has to say of each outcome beside its columns: name, unit, dimensions and their elements."""
    return [
        {"name": each.name, "unit": each.unit, "dimensions": each.dimensions, "elements": each.elements}
        for each in outcomes.values()
    ]


def _about_time(results: Results) -> dict[bytes, bytes]:
    study = results.plan.study
    return {b"unit": study.model.time.unit.encode(), b"start": study.file.clock.start.isoformat().encode()}


def _schema(results: Results) -> pa.Schema:
    import pyarrow as pa

    case = [
        pa.field("design", pa.dictionary(pa.int32(), pa.string())),
        pa.field("world", pa.int32()),
        pa.field("future", pa.int32()),
        pa.field("time", pa.float64(), metadata=_about_time(results)),
    ]
    values = [
        pa.field(name, pa.float64(), metadata={b"unit": outcome.unit.encode()})
        for outcome in results.outcomes.values()
        for name in column_names(outcome.name, outcome.elements)
    ]
    metadata = {
        FORMAT_KEY: FORMAT.encode(),
        OUTCOMES_KEY: json.dumps(outcome_notes(results.outcomes)).encode(),
        MANIFEST_KEY: json.dumps(dict(results.manifest), sort_keys=True, default=str).encode(),
    }
    return pa.schema([*case, *values], metadata=metadata)


def _batches(results: Results) -> Iterator[pa.RecordBatch]:
    """Yield the rows of one design after another, so that never more than one is held twice."""
    import pyarrow as pa

    schema = _schema(results)
    _, worlds, futures, times = next(iter(results.outcomes.values())).values.shape[:4]
    rows = worlds * futures * times
    world, future, time = (part.ravel() for part in np.indices((worlds, futures, times), dtype=np.int32))
    for at in range(len(results.designs)):
        labels = pa.DictionaryArray.from_arrays(pa.array(np.full(rows, at, dtype=np.int32)), pa.array(results.designs))
        columns = [labels, pa.array(world), pa.array(future), pa.array(results.time[time])]
        for outcome in results.outcomes.values():
            flat = outcome.values[at].reshape(rows, -1)
            columns += [pa.array(np.ascontiguousarray(flat[:, element])) for element in range(flat.shape[1])]
        yield pa.RecordBatch.from_arrays(columns, schema=schema)


def _parquet_writer(path: Path, schema: pa.Schema) -> AbstractContextManager[Any]:
    import pyarrow.parquet as pq

    values = [name for name in schema.names if name not in CASE_COLUMNS]
    return pq.ParquetWriter(
        path,
        schema,
        compression="zstd",
        compression_level=1,
        use_dictionary=list(CASE_COLUMNS),
        use_byte_stream_split=values,
        write_statistics=list(CASE_COLUMNS),
    )


def _csv_writer(path: Path, schema: pa.Schema) -> AbstractContextManager[Any]:
    import pyarrow.csv as pc

    return pc.CSVWriter(path, schema)
