"""Measure the main job: nine designs × 100 worlds × 20 futures, and each stage of `policy-lab compare`.

`python benchmarks/compare.py` writes benchmarks/compare.md. Ratios bind; seconds inform.
"""

from __future__ import annotations

import datetime as dt
import os
import platform
import resource
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import policy_lab as pl
from policy_lab.analysis.put_in import put_in
from policy_lab.engine import compile_model
from policy_lab.study.plan import Plan

FILE = Path(__file__).with_suffix(".md")
ROUNDS = 3


def timed(work: Callable[[], object]) -> tuple[float, float, object]:
    """Return wall seconds, processor seconds and what the work gave."""
    wall, processor = time.perf_counter(), time.process_time()
    given = work()
    return time.perf_counter() - wall, time.process_time() - processor, given


def bare_engine(plan: Plan) -> None:
    """Run as many cases through the engine alone: one design's inputs, from the model's own start."""
    compiled = compile_model(plan.study.model)
    repeated = {name: values.repeat(plan.futures, axis=0) for name, values in plan.world_inputs().items()}
    luck = {name: values.reshape(-1, *values.shape[2:]) for name, values in plan.future_inputs().items()}
    for _ in plan.designs:
        compiled.run({**repeated, **luck}, outputs=list(plan.study.file.outcomes))


def main() -> None:
    study = pl.open_study("safeguarding")
    plan = study.plan()
    pl.run(study.plan(worlds=2, futures=2))  # compile, and warm the cache of machine code
    rounds = []
    for _ in range(ROUNDS):  # interleaved, so that a busy moment meets both
        run = timed(lambda: pl.run(plan))
        rounds.append((run[0], run[1], timed(lambda: bare_engine(plan))[0]))
        results = run[2]
    wall, processor, bare = (statistics.median(column) for column in zip(*rounds, strict=True))
    checked = timed(lambda: put_in(results, pl.run))
    with tempfile.TemporaryDirectory() as folder:
        exported = timed(lambda: pl.export(results, Path(folder) / "out", checks=checked[2]))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    load = os.getloadavg()[0]
    made = (
        f"Made by `python benchmarks/compare.py` on {dt.date.today()}: {platform.processor() or platform.machine()}, "
        f"{os.cpu_count()} processors, Python {platform.python_version()}, load average {load:.1f}; "
        f"medians of {ROUNDS} interleaved rounds, the machine code in the cache."
    )
    lines = [
        "# The main job, measured",
        "",
        made,
        "",
        "| what | |",
        "|---|---|",
        f"| {plan.cases:,} cases of ten years, starting points solved: wall | {wall:.1f} s |",
        f"| the same: processor | {processor:.1f} s |",
        f"| cases a second | {plan.cases / wall:,.0f} |",
        f"| as many cases through the bare engine: wall | {bare:.1f} s |",
        f"| **against the bare engine** | {wall / bare:.2f} × |",
        f"| tests of what was put in (redraws, placebo, variance, twins): wall | {checked[0]:.1f} s |",
        f"| tables, charts, {len(study.file.outcomes)} outcomes of every run written: wall | {exported[0]:.1f} s |",
        f"| failed cases | {len(results.failures)} |",
        f"| peak memory | {peak:,.0f} MB |",
        "",
    ]
    FILE.write_text("\n".join(lines), encoding="utf-8")


if __name__ == "__main__":
    main()
