"""Runs as files: tidy and wide CSV for a spreadsheet, Parquet for everything else."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from policy_lab.out.run_rows import (
    DIGITS,
    OUTCOME,
    Wanted,
    require_excel,
    rounded,
    tidy_rows,
    tidy_schema,
    wide_rows,
    wide_schema,
)
from policy_lab.out.tables import BOM, plain_cell
from policy_lab.results.files import written_whole

if TYPE_CHECKING:
    import pyarrow as pa

Progress = Callable[[int, int], None]


def write_tidy_csv(wanted: Wanted, path: Path, *, beyond_excel: bool = False, progress: Progress | None = None) -> Path:
    """Write a row for each case and saved time, a column an outcome; memory does not grow with the number of runs.

    Raises
    ------
    InputError
        When Excel could not hold it, unless ``beyond_excel``; when the file cannot be written.
    """
    schema = tidy_schema(wanted)
    rows = wanted.cases * len(wanted.choice.times)
    if not beyond_excel:
        require_excel(rows, len(schema), path.name, "Parquet or `--beyond-excel`")
    return write_csv_batches(tidy_rows(wanted), schema, path, rows, wanted.stored.precision, progress)


def write_wide_csv(wanted: Wanted, path: Path, *, beyond_excel: bool = False, progress: Progress | None = None) -> Path:
    """Write a row for each case and outcome, a column a saved time.

    Raises
    ------
    InputError
        When Excel could not hold it, unless ``beyond_excel``; when the file cannot be written.
    """
    schema = wide_schema(wanted)
    rows = wanted.cases * len(wanted.columns)
    if not beyond_excel:
        require_excel(rows, len(schema), path.name, "Parquet or `--beyond-excel`")
    return write_csv_batches(wide_rows(wanted), schema, path, rows, wanted.stored.precision, progress)


def write_parquet(wanted: Wanted, path: Path, *, progress: Progress | None = None) -> Path:
    """Write tidy rows as one Parquet file, with units in the metadata of each column."""
    import pyarrow.parquet as pq

    schema = tidy_schema(wanted)
    rows, done = wanted.cases * len(wanted.choice.times), 0
    values = [name for name in schema.names if name.startswith(OUTCOME)]
    shape = {"compression": "zstd", "compression_level": 1, "use_byte_stream_split": values}
    shape["use_dictionary"] = [name for name in schema.names if name not in values]
    with written_whole(path) as temporary, pq.ParquetWriter(temporary, schema, **shape) as writer:
        for batch in tidy_rows(wanted):
            writer.write_batch(batch)
            done += batch.num_rows
            if progress:
                progress(done, rows)
    return path


def write_csv_batches(
    batches: Iterable[pa.RecordBatch],
    schema: pa.Schema,
    path: Path,
    rows: int,
    precision: str = "float64",
    progress: Progress | None = None,
) -> Path:
    """Write batches as CSV that Excel opens as meant: marked as UTF-8, dates as ISO, nothing that runs as a formula."""
    import pyarrow.csv as pc

    options = pc.WriteOptions(include_header=False, quoting_style="needed")
    done = 0
    with written_whole(path) as temporary, temporary.open("wb") as sink:
        sink.write(BOM + header_line(schema.names).encode("utf-8"))
        with pc.CSVWriter(sink, _as_text(schema), write_options=options) as writer:
            for batch in batches:
                writer.write_batch(_for_csv(batch, DIGITS[precision]))
                done += batch.num_rows
                if progress:
                    progress(done, rows)
    return path


def header_line(names: Sequence[str]) -> str:
    """Return a header as a line of CSV, with names that cannot run as formulas."""
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="\n").writerow([plain_cell(name) for name in names])
    return buffer.getvalue()


def _as_text(schema: pa.Schema) -> pa.Schema:
    """Return the schema with numbers in double precision, in which rounded digits print as they are."""
    import pyarrow as pa

    return pa.schema(
        [pa.field(one.name, pa.float64() if pa.types.is_floating(one.type) else one.type) for one in schema]
    )


def _for_csv(batch: pa.RecordBatch, digits: int) -> pa.RecordBatch:
    """Return a batch whose texts are safe and whose numbers have so many digits."""
    import pyarrow as pa

    columns = []
    for column in batch.columns:
        if pa.types.is_floating(column.type):
            numbers = rounded(column.to_numpy(zero_copy_only=False), digits)
            columns.append(pa.array(numbers, pa.float64(), from_pandas=True))
        elif pa.types.is_string(column.type):
            words = column.dictionary_encode()
            safe = pa.array([plain_cell(word) for word in words.dictionary.to_pylist()], pa.string())
            columns.append(pa.DictionaryArray.from_arrays(words.indices, safe).cast(pa.string()))
        else:
            columns.append(column)
    return pa.RecordBatch.from_arrays(columns, schema=_as_text(batch.schema))
