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
from policy_lab.results.parts import BLOCK_KEY, CASES_KEY, PART_FORMAT, Block, Cases, Clock
from policy_lab.results.read_write import FORMAT, FORMAT_KEY, MANIFEST_KEY, OUTCOMES_KEY, read_manifest
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
        return _opened(given, [_single(given)], {})
    files = sorted((given / "parts").glob("*.parquet"))
    files = [file for file in files if not file.name.startswith(".")]
    if not files:
        remedy = "Name a folder that `policy-lab batch` wrote, or a runs.parquet of `policy-lab compare`."
        raise InputError(Problem(what="holds no runs", file=given, remedy=remedy))
    found: list[tuple[Part, pa.Schema]] = []
    problems: list[Problem] = []
    for file in files:
        try:
            found.append(_part(file))
        except InputError as error:
            problems.extend(error.problems)
    if problems:
        raise InputError(*problems)
    has_manifest = (given / "manifest.json").is_file()
    return _opened(given, found, read_manifest(given / "manifest.json") if has_manifest else {})


def _opened(folder: Path, found: Sequence[tuple[Part, pa.Schema]], manifest: Mapping[str, Any]) -> StoredRuns:
    parts, schema = tuple(part for part, _ in found), found[0][1]
    outcomes = _outcomes(schema)
    _require_alike(found)
    if not manifest and MANIFEST_KEY in schema.metadata:
        manifest = json.loads(schema.metadata[MANIFEST_KEY])
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


def _footer(path: Path) -> tuple[int, pa.Schema]:
    """Read the end of one file: how many rows it holds, and its columns."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        footer = pq.read_metadata(path)
        return footer.num_rows, footer.schema.to_arrow_schema()
    except (OSError, pa.ArrowInvalid) as error:
        what = f"cannot be read as Parquet: {str(error).splitlines()[0]}"
        raise InputError(Problem(what=what, file=path, remedy="If a run was cut off, `--resume` mends it.")) from error


def _part(path: Path) -> tuple[Part, pa.Schema]:
    """Return which block and which cases one file holds, and its columns."""
    rows, schema = _footer(path)
    about = schema.metadata or {}
    if about.get(FORMAT_KEY) != PART_FORMAT.encode():
        remedy = "Only parts that `policy-lab batch` wrote belong here; move it elsewhere."
        raise InputError(Problem(what="holds no runs of a batch", file=path, remedy=remedy))
    told = json.loads(about[CASES_KEY])
    cases = Cases(**{**told, "designs": tuple(told["designs"]), "times": tuple(told["times"])})
    if rows != cases.rows:
        raise InputError(Problem(what=f"holds {rows:,} rows where {cases.rows:,} belong", file=path))
    return Part(path, Block(**json.loads(about[BLOCK_KEY])), cases), schema


def _single(path: Path) -> tuple[Part, pa.Schema]:
    """Read what the runs of one comparison are: a part without the columns of a block."""
    import pyarrow.parquet as pq

    _, schema = _footer(path)
    about = schema.metadata or {}
    if about.get(FORMAT_KEY) != FORMAT.encode():
        raise InputError(Problem(what="holds no runs written by policy_lab", file=path))
    settings = json.loads(about[MANIFEST_KEY]).get("settings", {})
    keys = pq.read_table(path, columns=["design", "world", "future", "time"])
    designs = tuple(keys.column("design").unique().to_pylist())
    worlds, futures = (int(keys.column(name).to_numpy().max()) + 1 for name in ("world", "future"))
    times = tuple(float(one) for one in np.unique(keys.column("time").to_numpy()))
    cases = Cases(designs, 0, worlds, futures, times)
    if cases.rows != keys.num_rows:
        raise InputError(Problem(what="some of the runs are missing", file=path))
    return Part(path, Block("runs", settings.get("scenario") or "", settings.get("area") or ""), cases), schema


def _outcomes(schema: pa.Schema) -> dict[str, OutcomeNote]:
    notes = {}
    for entry in json.loads(schema.metadata[OUTCOMES_KEY]):
        elements = tuple(tuple(labels) for labels in entry["elements"])
        notes[entry["name"]] = OutcomeNote(entry["name"], entry["unit"], tuple(entry["dimensions"]), elements)
    return notes


def _require_alike(found: Sequence[tuple[Part, pa.Schema]]) -> None:
    """Refuse parts that cannot be of one batch: other columns, designs, futures or times, or worlds that overlap."""
    whole, columns = found[0]
    first = whole.cases
    problems = []
    taken: dict[tuple[Block, int], Path] = {}
    for part, schema in found:
        same = (part.cases.designs, part.cases.futures, part.cases.times) == (
            first.designs,
            first.futures,
            first.times,
        )
        if not same or not columns.equals(schema):
            what = f"belongs to another batch than {whole.path.name}: other columns, designs, futures or times"
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
