"""Open stored runs: read the ends of the files, and refuse or tell what does not belong or is missing."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np

from policy_lab.errors import InputError, Problem
from policy_lab.results.parts import BLOCK_KEY, CASES_KEY, FORMAT_KEY, OUTCOMES_KEY, PART_FORMAT, Block, Cases, Clock
from policy_lab.results.read_write import FORMAT, read_manifest
from policy_lab.results.stored import OutcomeNote, Part, StoredRuns

if TYPE_CHECKING:
    import pyarrow as pa


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
