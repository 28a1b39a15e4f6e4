"""Measure batches: speed, peers, kills, a cluster, a full disk, and estimates against what came.

    python benchmarks/ensembles.py speed|peers|kills|cluster|disk|dry-run [--record] [--kills N] [--rounds N]

Each part prints its figures; with ``--record`` its section of benchmarks/ensembles.md is written anew, with the date
and how busy the machine was. Ratios bind; seconds inform. Where others commit meanwhile, run it in a copy of the tree:
a manifest names the commit, and parts that stop and go on compare whole folders.
"""

from __future__ import annotations

import argparse
import os
import platform
import random
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE)]

from ensembles_peers import peers  # noqa: E402
from ensembles_stops import cluster, disk, kills  # noqa: E402

from policy_lab.engine.compiled import CompiledModel  # noqa: E402
from policy_lab.run.bench import Bench, bench_of  # noqa: E402
from policy_lab.run.cases import run_cases  # noqa: E402
from policy_lab.run.chunks import chunks_of  # noqa: E402
from policy_lab.run.ensemble import run_batch  # noqa: E402
from policy_lab.run.solve import solve  # noqa: E402
from policy_lab.study import open_study  # noqa: E402
from policy_lab.study.plan_file import PlanSet, read_plan  # noqa: E402

FILE = HERE / "ensembles.md"
Rows = list[tuple[str, str, str]]
"""What, the goal, what was measured."""

CHILD = """
import sys, time, re
from pathlib import Path
from policy_lab.run.ensemble import run_batch
from policy_lab.study.plan_file import read_plan
plan = read_plan(Path(sys.argv[1]))
begun = time.perf_counter()
run_batch(plan, Path(sys.argv[2]))
spent = time.perf_counter() - begun
# not ru_maxrss, which begins with the memory of the process that started this one
print(spent, int(re.search(r"VmHWM:\\s*(\\d+) kB", Path("/proc/self/status").read_text())[1]) / 1e6)
"""
ESTIMATE = """
import sys, time
from pathlib import Path
begun = time.perf_counter()
from policy_lab.run.estimate import estimate
from policy_lab.study.plan_file import read_plan
plan = read_plan(Path(sys.argv[1]))
opened = time.perf_counter()
from policy_lab.engine import compile_model
compile_model(plan.study.model).initial_states()
compiled = time.perf_counter()
found = estimate(plan)
print(opened - begun, compiled - opened, time.perf_counter() - compiled, found.seconds, found.disk, found.memory)
"""


def flagship(folder: Path, worlds: int, name: str = "plan") -> Path:
    """Write the main plan: nine designs, twenty futures in each world, ten years."""
    designs = ", ".join(list(open_study("safeguarding").designs)[:9])
    path = folder / f"{name}.yaml"
    lines = ["study: safeguarding", f"designs: [{designs}]", f"uncertain: {{worlds: {worlds}, futures: 20}}", ""]
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def child(script: str, *words: object) -> list[float]:
    """Run a script in a fresh process and return the numbers that it prints."""
    command = [sys.executable, "-c", script, *map(str, words)]
    environment = os.environ | {"PYTHONPATH": str(HERE.parent)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    return [float(word) for word in done.stdout.split()]


def engine_alone(bench: Bench, plan_set: PlanSet) -> float:
    """Return the seconds that the engine's own calls take for all cases: same inputs, same starts, nothing else."""
    spent = 0.0

    class Timed:
        def __init__(self, compiled: CompiledModel) -> None:
            self.compiled = compiled

        def timeline(self, **asked: object) -> object:
            return self.compiled.timeline(**asked)

        def run(self, *given: object, **asked: object) -> object:
            nonlocal spent
            begun = time.perf_counter()
            series = self.compiled.run(*given, **asked)
            spent += time.perf_counter() - begun
            return series

    for chunk in chunks_of(plan_set):
        solved = solve(bench.drawn(chunk.place).part(chunk.first, chunk.last), bench.compiled)
        run_cases(solved, Timed(bench.compiled))
    return spent


def speed(given: argparse.Namespace, folder: Path) -> Rows:
    """The main plan, its memory, its rate against the engine's, and how cost grows."""
    plan_set = read_plan(flagship(folder, given.compared, "compared"))
    bench = bench_of(plan_set)
    engine_alone(bench, read_plan(flagship(folder, 4, "warm")))
    ours, alone = [], []
    for turn in range(given.rounds):  # interleaved, so that a busy moment meets both
        begun = time.perf_counter()
        run_batch(plan_set, folder / f"round {turn}")
        ours.append(time.perf_counter() - begun)
        alone.append(engine_alone(bench, plan_set))
    medians = statistics.median(ours), statistics.median(alone)
    ratio = medians[1] / medians[0]
    wall, peak = child(CHILD, flagship(folder, given.worlds), folder / "main")
    cases = 180 * given.worlds
    size = sum(path.stat().st_size for path in (folder / "main").rglob("*.parquet")) / 1e9
    rows = [
        (f"{cases:,} cases of ten years (9 designs × {given.worlds} worlds × 20 futures)", "", f"{wall:.1f} s"),
        ("cases a second, from the plan to whole files", "", f"{cases / wall:,.0f}"),
        ("peak memory", "≤ 2 GB", f"{peak:.2f} GB"),
        ("on disk, all outcomes monthly, double precision", "", f"{size:.2f} GB"),
        (
            f"cases/s against the bare engine's on the same inputs, {plan_set.cases:,} cases in one process",
            "≥ 0.85 ×",
            f"{ratio:.2f} × (medians of {given.rounds}: {' and '.join(f'{m:.1f} s' for m in medians)})",
        ),
    ]
    costs = {}
    for worlds in given.sizes:
        seconds, _ = child(CHILD, flagship(folder, worlds, f"size {worlds}"), folder / f"size {worlds}")
        costs[180 * worlds] = 1000 * seconds / (180 * worlds)
    spelled = ", ".join(f"{cases:,}: {cost:.3f}" for cases, cost in costs.items())
    rows.append(("milliseconds a case by how many cases there are", "the same", spelled))
    return rows


def dry_run(given: argparse.Namespace, folder: Path) -> Rows:
    """What a plan of a million cases is said to cost, and what one in a hundred of them takes."""
    opened, compiled, told, seconds, disk_size, memory = child(ESTIMATE, flagship(folder, 5556))
    share = flagship(folder, 56, "share")
    spent, _ = child(CHILD, share, folder / "share")
    size = sum(path.stat().st_size for path in (folder / "share" / "parts").iterdir())
    return [
        ("1,000,080 cases: the estimate, once the plan is read and the model is ready", "about 1 s", f"{told:.2f} s"),
        (
            "before it: reading the plan with its imports, making the model ready",
            "",
            f"{opened:.2f} + {compiled:.2f} s",
        ),
        ("estimated", "", f"{seconds:,.0f} s, {disk_size / 1e9:.1f} GB on disk, {memory / 1e9:.2f} GB of memory"),
        ("estimated time against what 1 % of it took, scaled", "0.5 to 2 ×", f"{seconds / (spent * 5556 / 56):.2f} ×"),
        ("estimated room on disk against that", "0.5 to 2 ×", f"{disk_size / (size * 5556 / 56):.2f} ×"),
    ]


PARTS: dict[str, tuple[str, Callable[[argparse.Namespace, Path], Rows]]] = {
    "speed": ("How fast, and in how much memory", speed),
    "peers": ("Beside PySD and the EMA Workbench", peers),
    "kills": ("Killed and resumed", kills),
    "cluster": ("A Dask worker killed", cluster),
    "disk": ("A full disk", disk),
    "dry-run": ("The estimate against what came", dry_run),
}


def section(part: str, rows: Rows, load: tuple[float, float, float]) -> str:
    """Return the section of a part as Markdown."""
    now = datetime.now(UTC)
    after = os.getloadavg()
    made = (
        f"Made by `python benchmarks/ensembles.py {part} --record` on {now:%Y-%m-%d %H:%M} UTC: "
        f"{processor()}, Python {platform.python_version()}, NumPy {np.__version__}; load average "
        f"{load[0]:.1f} before, {after[0]:.1f} after."
    )
    lines = [f"## {PARTS[part][0]}", "", made, "", "| what | goal | measured |", "|---|---|---|"]
    return "\n".join([*lines, *(f"| {' | '.join(row)} |" for row in rows), ""])


def processor() -> str:
    lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    names = [line.split(":")[1].strip() for line in lines if "model name" in line]
    return f"{names[0]}, {len(names)} processors" if names else platform.processor()


def recorded(part: str, text: str) -> str:
    """Return the whole file with one section written anew, the sections in their order."""
    old = FILE.read_text(encoding="utf-8") if FILE.exists() else ""
    found = {one.splitlines()[0]: one.strip() + "\n" for one in re.split(r"(?m)^## ", old)[1:]}
    found[PARTS[part][0]] = text.removeprefix("## ").strip() + "\n"
    return "\n".join(["# Batches, measured\n", *(f"## {text}" for text in _ordered(found))])


def _ordered(found: dict[str, str]) -> Iterator[str]:
    for title, _ in PARTS.values():
        if title in found:
            yield found[title]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("part", choices=PARTS)
    parser.add_argument("--record", action="store_true")
    parser.add_argument("--worlds", type=int, default=500, help="speed: worlds of the main plan")
    parser.add_argument("--compared", type=int, default=200, help="speed: worlds of what is compared with the engine")
    parser.add_argument("--sizes", type=int, nargs="+", default=[6, 56, 556], help="speed: worlds by which cost grows")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--pysd-steps", type=int, default=4, help="peers: steps of the flagship that PySD runs")
    given = parser.parse_args()
    given.chance = random.Random(5)  # noqa: S311
    load = os.getloadavg()
    with tempfile.TemporaryDirectory() as folder:
        rows = PARTS[given.part][1](given, Path(folder))
    text = section(given.part, rows, load)
    print(text)
    if given.record:
        FILE.write_text(recorded(given.part, text), encoding="utf-8")


if __name__ == "__main__":
    main()
