"""The numbers that matter, kept in `baseline.csv`; only `make baseline` refreshes them.

A change of any of them must be meant: read the difference in the commit.
"""

from __future__ import annotations

import csv
import sys
from pathlib import Path

import policy_lab as pl

FILE = Path(__file__).parent / "baseline.csv"
STUDIES = ("fishery", "safeguarding")
COLUMNS = ("study", "design", "figure", "value")


def figures() -> list[tuple[str, str, str, float]]:
    """Return the figures of a small plan of every bundled study: rows of study, design, figure and value."""
    rows = []
    for name in STUDIES:
        study = pl.open_study(name)
        results = pl.run(study.plan(worlds=10, futures=4, seed=1))
        measure = results[study.file.measures.shortfall.variable]
        table = pl.risk(results).set_index("design")
        for place, design in enumerate(results.designs):
            mean = measure.values[place].mean(axis=(0, 1))
            rows += [(name, design, f"mean outcome at {int(results.time[at])}", mean[at]) for at in (0, 12, 60, 120)]
            rows += [(name, design, figure, table.loc[design, figure]) for figure in ("risk", "burden_ratio")]
    return rows


def write() -> None:
    with FILE.open("w", encoding="utf-8", newline="") as text:
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(COLUMNS)
        writer.writerows((*row[:3], f"{row[3]:.10g}") for row in figures())


if __name__ == "__main__":
    write()
    sys.stdout.write(f"Wrote {FILE}\n")
