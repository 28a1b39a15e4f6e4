"""What came out: arrays with names, units and a manifest; write, read, select, difference. No statistics."""

from policy_lab.results.files import written_whole
from policy_lab.results.labelled import paired_difference, to_xarray
from policy_lab.results.opening import open_batch
from policy_lab.results.read_write import SavedRuns, read_manifest, read_runs, write_manifest, write_runs
from policy_lab.results.select import difference, select
from policy_lab.results.stored import StoredRuns
from policy_lab.results.types import FailedCase, Outcome, Results

__all__ = [
    "FailedCase",
    "Outcome",
    "Results",
    "SavedRuns",
    "StoredRuns",
    "difference",
    "open_batch",
    "paired_difference",
    "read_manifest",
    "read_runs",
    "select",
    "to_xarray",
    "write_manifest",
    "write_runs",
    "written_whole",
]
