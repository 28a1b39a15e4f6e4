"""Read what is chosen out of stored runs, part by part, so that no more than that is ever held."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np

from policy_lab.errors import InputError, Problem
from policy_lab.provenance import file_digest
from policy_lab.results.choosing import Choice
from policy_lab.results.parts import KEY_COLUMNS, UNCERTAINTY, Block, inputs_path
from policy_lab.results.read_write import column_names
from policy_lab.results.types import Outcome, Results

if TYPE_CHECKING:
    import pyarrow as pa

    from policy_lab.results.stored import Part, StoredRuns
    from policy_lab.study.plan import Plan

_ROWS = 131_072
"""Rows that are read at a time."""
_DRAWN_FROM = ("designs", "parameters", "scenarios")
"""Files of a study that decide, with its model, what a run is; the bar and the words of `study.yaml` may change."""


def chosen_arrays(stored: StoredRuns, choice: Choice) -> dict[str, np.ndarray]:
    """Return ``[scenario, area, setting, design, world, future, time, *elements]`` of each chosen outcome.

    Not-a-number where a case failed or is missing.
    """
    outer = (len(choice.scenarios), len(choice.areas), len(choice.settings))
    shapes = {name: (*outer, *choice.cases, *stored.outcomes[name].shape) for name in choice.outcomes}
    arrays = _empty(shapes, stored.precision)
    for place, block in choice.blocks(stored.blocks):
        read_block(stored, block, choice, {name: values[place] for name, values in arrays.items()})
    return arrays


def read_block(stored: StoredRuns, block: Block, choice: Choice, arrays: Mapping[str, np.ndarray]) -> int:
    """Fill ``[design, world, future, time, *elements]`` arrays from the parts of a block; return how many rows came."""
    wanted = set(choice.worlds)
    parts = [part for part in stored.parts if part.block == block and not wanted.isdisjoint(part.worlds)]
    return sum(read_part(stored, part, choice, arrays) for part in parts)


def read_part(stored: StoredRuns, part: Part, choice: Choice, arrays: Mapping[str, np.ndarray]) -> int:
    """Fill ``[design, world, future, time, *elements]`` arrays from one part; return how many rows came."""
    flat = {name: array.reshape(int(np.prod(choice.cases)), -1) for name, array in arrays.items()}
    rows = 0
    for batch in batches(stored, part, choice):
        at = _places(batch, choice)
        for name, target in flat.items():
            for element, column in enumerate(stored.outcomes[name].columns):
                target[at, element] = batch.column(column).to_numpy(zero_copy_only=False)
        rows += batch.num_rows
    return rows


def batches(stored: StoredRuns, part: Part, choice: Choice) -> Iterator[pa.RecordBatch]:
    """Yield the chosen rows of a part with the columns of the chosen outcomes, a bounded number at a time."""
    import pyarrow.dataset as ds

    whole = ds.dataset(part.path)
    keys = [name for name in KEY_COLUMNS if name in whole.schema.names]
    values = [column for name in choice.outcomes for column in stored.outcomes[name].columns]
    kept = None
    for name, chosen, known in (
        ("design", choice.designs, part.cases.designs),
        ("world", choice.worlds, tuple(part.worlds)),
        ("future", choice.futures, tuple(range(part.cases.futures))),
        ("time", choice.times, part.cases.times),
    ):
        if not set(known) <= set(chosen):
            rule = ds.field(name).isin(list(chosen))
            kept = rule if kept is None else kept & rule
    scanner = whole.scanner(
        columns=[*keys, *values], filter=kept, batch_size=_ROWS, batch_readahead=2, fragment_readahead=1
    )
    yield from scanner.to_batches()


def part_arrays(stored: StoredRuns, part: Part, choice: Choice) -> dict[str, np.ndarray]:
    """Return ``[design, world, future, time, *elements]`` of each chosen outcome, from one part."""
    shapes = {name: (*choice.cases, *stored.outcomes[name].shape) for name in choice.outcomes}
    arrays = _empty(shapes, stored.precision)
    read_part(stored, part, choice, arrays)
    return arrays


def block_results(stored: StoredRuns, block: Block, designs: Sequence[str], outcomes: Sequence[str]) -> Results:
    """Return a block as `Results`; see `StoredRuns.results`."""
    whole = plan_of(stored, block)
    _require_the_plans(stored, block, whole)
    plan = replace(whole, designs=tuple(designs))
    choice = Choice(
        (block.scenario,),
        (block.area,),
        (block.setting,),
        plan.designs,
        tuple(range(plan.worlds)),
        tuple(range(plan.futures)),
        tuple(float(one) for one in stored.time),
        tuple(outcomes),
    )
    notes = [stored.outcomes[name] for name in outcomes]
    shapes = {note.name: (*choice.cases, *note.shape) for note in notes}
    arrays = _empty(shapes, "float64")
    found, wanted = read_block(stored, block, choice, arrays), int(np.prod(choice.cases))
    if found != wanted:
        runs = (wanted - found) // len(choice.times)
        remedy = "`policy-lab batch … --resume` does what is missing; `select` reads what is there."
        raise InputError(
            Problem(what=f"{runs:,} runs of `{block.name}` are missing", file=stored.folder, remedy=remedy)
        )
    made = {
        note.name: Outcome(note.name, note.unit, note.dimensions, note.elements, arrays[note.name]) for note in notes
    }
    return Results(
        plan=plan,
        designs=plan.designs,
        time=stored.time,
        outcomes=MappingProxyType(made),
        worlds=MappingProxyType(_worlds(stored, block, plan)),
        levers=MappingProxyType(plan.lever_scores()),
        manifest=MappingProxyType(_own_manifest(stored, plan)),
        failures=tuple(case for case in stored.failed_cases(block) if case.design in designs),
    )


def plan_of(stored: StoredRuns, block: Block) -> Plan:
    """Return the plan of a block."""
    if block.name not in stored.plans:
        raise InputError(
            Problem(what=f"holds no block `{block.name}`, but the runs do", file=stored.folder / "plan.yaml")
        )
    return stored.plans[block.name]


def read_plans(stored: StoredRuns) -> dict[str, Plan]:
    """Return the plan of every block by its name: from the plan's file beside the runs, else from the manifest."""
    from policy_lab.study.again import plan_again
    from policy_lab.study.loader import open_study
    from policy_lab.study.plan_file import read_plan

    path = stored.folder / "plan.yaml"
    if path.is_file():
        return {each.key: each.plan for each in read_plan(path).blocks}
    name = stored.manifest.get("settings", {}).get("study")
    if name is None or len(stored.blocks) != 1:
        remedy = "`policy-lab batch` and `policy-lab compare` keep what was asked for beside the runs."
        raise InputError(Problem(what="nothing beside these runs says of what plan they are", file=stored.folder, remedy=remedy))
    return {stored.blocks[0].name: plan_again(open_study(name), stored.manifest)}


def _require_the_plans(stored: StoredRuns, block: Block, plan: Plan) -> None:
    """Refuse runs that today's plan and study would not give: the tables would mix two studies."""
    problems = []
    made_of = {"model": stored.manifest.get("model_sha256"), **stored.manifest.get("inputs_sha256", {})}
    today = {"model": plan.study.model.digest}
    today |= {name: file_digest(plan.study.files[name]) for name in _DRAWN_FROM if name in made_of}
    for name, digest in today.items():
        if made_of[name] not in (None, digest):
            what = f"the {name} of `{plan.study.name}` changed since these runs were made"
            problems.append(Problem(what=what, file=stored.folder, remedy="Run the batch again, or use `select`."))
    if plan.designs != stored.designs or plan.futures != stored.futures:
        what = f"plan.yaml asks for other designs or futures than the runs of `{block.name}` have"
        problems.append(Problem(what=what, file=stored.folder))
    if problems:
        raise InputError(*problems)


def _own_manifest(stored: StoredRuns, plan: Plan) -> dict[str, Any]:
    """Return the manifest as that of the block alone, with its choices."""
    whole = {name: value for name, value in stored.manifest.items() if name != "blocks"}
    return {**whole, "settings": plan.choices(), "cases": plan.cases}


def _worlds(stored: StoredRuns, block: Block, plan: Plan) -> dict[str, np.ndarray]:
    """Read back what each world fixes, anchors included where they were kept: ``[world, *dims]``."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    path = inputs_path(stored.folder, block)
    if "blocks" not in stored.manifest:  # one comparison: its draws are made again, without the anchors
        return plan.world_inputs()
    model = plan.study.model
    try:
        names = [name for name in pq.read_schema(path).names if name.startswith(UNCERTAINTY)]
        table = pq.read_table(path, columns=names)
    except (OSError, pa.ArrowInvalid) as error:
        what = f"the inputs of `{block.name}` cannot be read: {str(error).splitlines()[0]}"
        raise InputError(Problem(what=what, file=path)) from error
    found = {}
    for name in dict.fromkeys(spelled.removeprefix(UNCERTAINTY).partition("[")[0] for spelled in names):
        elements = model.elements(name)
        columns = [table.column(UNCERTAINTY + one).to_numpy()[: plan.worlds] for one in column_names(name, elements)]
        found[name] = np.stack(columns, axis=-1).reshape(plan.worlds, *(len(labels) for labels in elements))
    return found


def _places(batch: pa.RecordBatch, choice: Choice) -> np.ndarray:
    """Return for each row its place in a flat ``[design, world, future, time]`` array."""
    labels = batch.column("design")
    known = np.array(
        [choice.designs.index(name) if name in choice.designs else -1 for name in labels.dictionary.to_pylist()]
    )
    places = [known[labels.indices.to_numpy()]]
    for name, chosen in (("world", choice.worlds), ("future", choice.futures), ("time", choice.times)):
        values = np.asarray(chosen)
        order = np.argsort(values)
        places.append(order[np.searchsorted(values, batch.column(name).to_numpy(), sorter=order)])
    at: np.ndarray = np.ravel_multi_index(tuple(places), choice.cases)
    return at


def _empty(shapes: Mapping[str, tuple[int, ...]], precision: str) -> dict[str, np.ndarray]:
    """Return arrays of not-a-number, as long as this machine can hold them."""
    size = int(np.dtype(precision).itemsize)
    needed = size * sum(int(np.prod(shape, dtype=float)) for shape in shapes.values())
    has = _memory()
    too_large = Problem(
        what=f"what is asked for needs {needed / 1e9:.1f} GB of memory",
        remedy="Ask for fewer outcomes, designs, worlds or times; DuckDB reads the parts without loading them.",
    )
    if needed > has:
        raise InputError(replace(too_large, why=f"this machine has {has / 1e9:.1f} GB"))
    try:
        return {name: np.full(shape, np.nan, dtype=precision) for name, shape in shapes.items()}
    except MemoryError as error:
        raise InputError(too_large) from error


def _memory() -> float:
    """Return the memory of this machine in bytes; without end where it does not say."""
    try:
        return float(os.sysconf("SC_PAGE_SIZE")) * float(os.sysconf("SC_PHYS_PAGES"))
    except (AttributeError, ValueError, OSError):
        return float("inf")
