"""What was drawn for each design and world of stored runs, as rows beside those of the runs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from policy_lab.out.run_rows import Wanted
from policy_lab.results.choosing import OWN
from policy_lab.results.parts import LEVER, UNCERTAINTY, inputs_path

if TYPE_CHECKING:
    import pyarrow as pa


def input_schema(wanted: Wanted) -> pa.Schema:
    """Return the columns of the inputs: keys, then levers, then uncertainties; no columns at all where none are kept.

    A constant that only some blocks draw or hold has a column too, which is empty in the other blocks.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    columns: dict[str, pa.Field] = {}
    for _, block in wanted.choice.blocks(wanted.stored.blocks):
        path = inputs_path(wanted.stored.folder, block)
        for field in pq.read_schema(path) if path.is_file() else ():
            if field.name.startswith((LEVER, UNCERTAINTY)):
                columns.setdefault(field.name, field)
    if not columns:
        return pa.schema([])
    ordered = sorted(columns.values(), key=lambda field: not field.name.startswith(LEVER))
    keys = [pa.field(name, pa.int32() if name == "world" else pa.string()) for name in wanted.keys if name != "future"]
    return pa.schema([*keys, *ordered])


def input_rows(wanted: Wanted) -> Iterator[pa.RecordBatch]:
    """Yield a row for each chosen design and world, block by block."""
    import pyarrow as pa
    import pyarrow.dataset as ds

    schema = input_schema(wanted)
    for _, block in wanted.choice.blocks(wanted.stored.blocks):
        path = inputs_path(wanted.stored.folder, block)
        if not path.is_file():
            continue
        chosen = ds.field("design").isin(list(wanted.choice.designs)) & ds.field("world").isin(
            list(wanted.choice.worlds)
        )
        table = ds.dataset(path).to_table(filter=chosen)
        columns = []
        for field in schema:
            if field.name not in table.column_names:
                columns.append(pa.nulls(table.num_rows, field.type))
                continue
            column = table.column(field.name).cast(field.type)
            columns.append(pa.array([OWN] * table.num_rows) if field.name == "area" and not block.area else column)
        yield from pa.Table.from_arrays(columns, schema=schema).to_batches()
