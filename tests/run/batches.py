"""Small plans of the fishery for tests of batches, and their folders compared byte by byte."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

SMALL = 2**18
"""Memory that makes several parts of `plan_file`'s plan."""

CODE = """
import sys
from policy_lab.run.ensemble import run_batch
if __name__ == "__main__":
    run_batch(sys.argv[1], sys.argv[2], resume=True, memory=int(sys.argv[3]))
"""


def plan_file(folder: Path, *, worlds: int = 12, futures: int = 2, scenarios: str = "[calm, random]") -> Path:
    """Write a plan of two designs, with what the measures need alone, and return its file."""
    path = folder / "plan.yaml"
    path.write_text(
        f"""study: fishery
designs: [open-access, co-management]
scenarios: {scenarios}
uncertain: {{worlds: {worlds}, futures: {futures}, seed: 11}}
outcomes: {{only: [Stock against the reference]}}
horizon: 60
""",
        encoding="utf-8",
    )
    return path


def files_of(folder: Path) -> dict[str, bytes]:
    """Return every file of a batch's folder but its log, which tells the time."""
    found = {str(path.relative_to(folder)): path for path in sorted(folder.rglob("*")) if path.is_file()}
    return {name: path.read_bytes() for name, path in found.items() if name != "log.jsonl"}


def started(plan: Path, folder: Path, memory: int) -> subprocess.Popen[str]:
    """Start a run of a plan in a process of its own; it goes on with what is there."""
    words = [sys.executable, "-c", CODE, str(plan), str(folder), str(memory)]
    return subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
