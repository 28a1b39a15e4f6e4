"""Measure the engine against its peers in one run, and write `benchmarks/peers.md` with each goal met or missed.

Rounds are interleaved: every round measures everything once, so that a busy machine slows all alike. Figures are
medians of processor time unless a row says otherwise. A peer that is not installed is left out, and its row says so.

    python benchmarks/peers.py [--rounds N] [--simlin PYTHON] [--sdeverywhere FOLDER] [--pysd-steps N] [--only-print]

``--simlin`` is the Python of an environment of its own into which pysimlin was installed; ``gcc`` is looked for.
``--sdeverywhere`` is a folder into which npm has installed ``@sdeverywhere/compile`` and ``@sdeverywhere/runtime``;
its package.json may say ``"overrides": {"xlsx": "0.18.5"}``, the last version of xlsx that npm has itself.
"""

from __future__ import annotations

import argparse
import datetime
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE)]

from c_yardstick import Yardstick  # noqa: E402
from engine import by_run, processor, processor_time, pysd_seconds_a_step  # noqa: E402

from policy_lab.engine import CompiledModel, compile_model  # noqa: E402
from policy_lab.model import read_model  # noqa: E402

BENCH = HERE / "bench.mdl"
LANE_RUNS = 64
OUTPUTS = (
    "total open cases", "total staff", "worst workload", "average quality", "worst wait", "cost per case",
    "regional trust", "political pressure", "total spend", "discounted harm",
)  # fmt: skip
SIMLIN = """
import sys, time, simlin
model = simlin.load(sys.argv[1])
names = sys.argv[2].split(";")
sim = model.simulate()
for line in sys.stdin:
    begun = time.process_time()
    sim.reset()
    sim.set_value("reform_size", 0.15)
    sim.run_to_end()
    kept = [sim.get_series(name) for name in names]
    print(time.process_time() - begun, flush=True)
"""
SDEVERYWHERE = """
import { readFileSync, writeFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { pathToFileURL } from 'node:url'
import path from 'node:path'
import XLSX from 'xlsx'
XLSX.set_fs ??= () => {}  // older versions need no file system of their own, and no spreadsheet is read here
const { parseAndGenerate } = await import('@sdeverywhere/compile')
const { createSynchronousModelRunner } = await import('@sdeverywhere/runtime')
const [model, out, names] = process.argv.slice(1)
const spec = { inputVarNames: ['reform size'], outputVarNames: names.split(';') }
const folder = path.dirname(model)
const text = readFileSync(model, 'utf8')
writeFileSync(out, await parseAndGenerate(text, 'vensim', spec, ['generateJS'], folder, 'bench', path.dirname(out)))
const runner = createSynchronousModelRunner(await (await import(pathToFileURL(out))).default())
const outputs = runner.createOutputs()
for (let k = 0; k < 20; k++) runner.runModelSync([0.15], outputs)  // until its compiler has seen it all
for await (const line of createInterface({ input: process.stdin })) {
  const begun = process.cpuUsage()
  runner.runModelSync([0.15], outputs)
  const spent = process.cpuUsage(begun)
  const last = outputs.varSeries.map((one) => one.points[one.points.length - 1].y)
  console.log([(spent.user + spent.system) / 1e6, ...last].join(' '))
}
"""
STREAMED = """
import re, sys, time
from pathlib import Path
import numpy as np
from policy_lab.model import read_model
from policy_lab.engine import compile_model
compiled = compile_model(read_model(sys.argv[1]))
names = sys.argv[2].split(";")
rng = np.random.default_rng(1)
def part(runs):
    inputs = {n: k.default * (1 + 0.01 * rng.random((runs, *k.shape))) for n, k in compiled.inputs.items()}
    found = compiled.run(inputs, outputs=names, threads=1)
    return [(found[n].mean(axis=0), found[n].min(axis=0), found[n].max(axis=0)) for n in names]
part(8)
begun = time.process_time()
for _ in range(50):
    part(200)
spent = time.process_time() - begun
# not ru_maxrss, which begins with the memory of the process that started this one
peak = re.search(r"VmHWM:\\s*(\\d+) kB", Path("/proc/self/status").read_text())
print(spent, int(peak[1]) / 1024)
"""
CACHED = """
import sys, time
begun = time.perf_counter()
import policy_lab as pl
pl.compile(sys.argv[1]).run(outputs=sys.argv[2].split(";"))
print(time.perf_counter() - begun, time.process_time())
"""
START = """
import sys, time
from policy_lab.model import read_model
model = read_model(sys.argv[1])
read, spent = time.perf_counter(), time.process_time()
from policy_lab.engine import compile_model
compile_model(model).run(outputs=sys.argv[2].split(";"))
print(time.perf_counter() - read, time.process_time() - spent)
"""


@dataclass
class Table:
    """Rows of the report: goal, measured, verdict."""

    rows: list[tuple[str, str, str, str]] = field(default_factory=list)

    def add(self, what: str, goal: str, measured: str, met: bool | None) -> None:
        verdict = "not established" if met is None else "met" if met else "**missed**"
        self.rows.append((what, goal, measured, verdict))
        print(f"{what}: {measured} ({verdict})", flush=True)


def interleaved(work: Mapping[str, Callable[[], float]], rounds: int) -> dict[str, float]:
    """Return the median of what each piece of work says that it took, warm: each is done twice, and counts once."""
    found: dict[str, list[float]] = {name: [] for name in work}
    for _ in range(rounds):
        for name, one in work.items():
            one()
            found[name].append(one())
    return {name: statistics.median(times) for name, times in found.items()}


def timed(work: Callable[[], object]) -> Callable[[], float]:
    return lambda: processor_time(work)


class Child:
    """A process that runs the model once for each line that it is sent, and answers how long that took."""

    def __init__(self, command: list[str], folder: str | None = None) -> None:
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, cwd=folder
        )

    def answer(self) -> list[float]:
        if self.process.stdin is None or self.process.stdout is None:
            raise RuntimeError("no pipe to a peer")
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        return [float(word) for word in self.process.stdout.readline().split()]

    def __call__(self) -> float:
        return self.answer()[0]

    def close(self) -> None:
        if self.process.stdin is not None:
            self.process.stdin.close()
        self.process.wait()


def simlin(python: str | None) -> Child | None:
    if not python or not Path(python).exists():
        return None
    return Child([python, "-c", SIMLIN, str(BENCH), ";".join(name.replace(" ", "_") for name in OUTPUTS)])


def sdeverywhere(modules: str | None, folder: Path, compiled: CompiledModel) -> Child | None:
    """Start SDEverywhere's JavaScript, once it has come to our numbers."""
    if not modules or not (Path(modules) / "node_modules" / "@sdeverywhere" / "runtime").exists():
        return None
    script = ["node", "--input-type=module", "-e", SDEVERYWHERE]
    child = Child([*script, str(BENCH), str(folder / "bench.mjs"), ";".join(OUTPUTS)], modules)
    own = compiled.run({"reform size": 0.15}, outputs=list(OUTPUTS), threads=1)
    np.testing.assert_allclose(child.answer()[1:], [own[own.spelled(name)][0, -1] for name in OUTPUTS], rtol=1e-9)
    return child


def cached_start(folder: Path, names: str) -> tuple[float, float, float]:
    """Return what a fresh process says that it took, how long it was there, and its processor time.

    Python keeps its bytecode, as in every installation, whatever this shell says.
    """
    own = {"POLICY_LAB_CACHE": str(folder / "kept"), "PYTHONPYCACHEPREFIX": str(folder / "bytecode")}
    environment = os.environ | {"PYTHONPATH": str(HERE.parent)} | own
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    begun = time.perf_counter()
    done = subprocess.run([sys.executable, "-c", CACHED, str(BENCH), names], env=environment, capture_output=True,
                          text=True, check=True)  # fmt: skip
    inside, work = (float(word) for word in done.stdout.split())
    return inside, time.perf_counter() - begun, work


def scripted(script: str, *arguments: str, cache: str | None = None) -> list[float]:
    environment = os.environ | {"PYTHONPATH": str(HERE.parent)} | ({"POLICY_LAB_CACHE": cache} if cache else {})
    command = [sys.executable, "-c", script, *arguments]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    return [float(word) for word in done.stdout.split()]


def larger_bench(folder: Path, times: int) -> Path:
    """Write the bench model with so many times more agencies, and return the file."""
    text = BENCH.read_text(encoding="utf-8")
    names = "North, South, East, West, Central, Coast"
    more = ", ".join(f"{name}{k or ''}" for k in range(times) for name in names.split(", "))
    text = text.replace(names, more)
    lists = re.compile(r"^(\s*)((?:-?[\d.]+\s*,\s*){5}-?[\d.]+)[ \t]*$", re.MULTILINE)
    text = lists.sub(lambda found: found.group(1) + ", ".join([found.group(2)] * times), text)
    path = folder / f"bench_{times}.mdl"
    path.write_text(text, encoding="utf-8")
    return path


def scalar_bench(folder: Path) -> Path:
    """Write the bench model with one agency written without subscripts, and return the file."""
    text = BENCH.read_text(encoding="utf-8")
    text = re.sub(r"Agency:\s*North[^|]*\|", "", text)
    text = re.sub(r"(?:SUM|VMAX|VMIN)\(([^()]*\[Agency!\][^()]*)\)", r"(\1)", text)
    text = re.sub(r"\[Agency!?\]", "", text)
    text = re.sub(r"^(\s*)(-?[\d.]+)(?:\s*,\s*-?[\d.]+){5}[ \t]*$", r"\1\2", text, flags=re.MULTILINE)
    path = folder / "bench_scalar.mdl"
    path.write_text(text, encoding="utf-8")
    return path


def against_c_and_peers(table: Table, compiled: CompiledModel, given: argparse.Namespace, folder: Path) -> float | None:
    names = [compiled.model.spelled(name) for name in OUTPUTS]
    for _ in range(8):  # until the code for sliders is in use: it is made after a few single runs
        compiled.run(outputs=names, threads=1)
    compiled.backend.settle()  # type: ignore[attr-defined]
    lanes = by_run(compiled, LANE_RUNS)
    work: dict[str, Callable[[], float]] = {
        "single": timed(lambda: compiled.run(outputs=names, threads=1)),
        "lanes": timed(lambda: compiled.run(lanes, outputs=names, threads=1)),
        "one month": timed(lambda: compiled.run(outputs=names, threads=1, final_time=1.0)),
    }
    if shutil.which("gcc"):
        scalar, wide = (Yardstick(compiled, names, w, folder) for w in (1, 8))
        own = compiled.run(outputs=names, threads=1)
        stacked = np.stack([own[name][0] for name in names], axis=1)
        for one in (scalar, wide):
            np.testing.assert_allclose(one.run(8)[:, :, 3], stacked, rtol=1e-9)
        work["C"] = timed(lambda: scalar.run(1))
        work["C lanes"] = timed(lambda: wide.run(LANE_RUNS))
    found = {"simlin": simlin(given.simlin), "SDEverywhere": sdeverywhere(given.sdeverywhere, folder, compiled)}
    peers = {name: child for name, child in found.items() if child is not None}
    t = interleaved(work | peers, given.rounds)
    for child in peers.values():
        child.close()
    own_rows(table, t)
    for name, label, least, how in (
        ("simlin", "pysimlin", 15, "--simlin PYTHON"),
        ("SDEverywhere", "SDEverywhere (JavaScript under node)", 6, "--sdeverywhere FOLDER"),
    ):
        if name in t:
            ratio, told = t[name] / t["single"], f"{t[name] / t['single']:.1f} × ({t[name] * 1e3:.1f} ms)"
            table.add(f"against {label}", f"≥ {least} ×", told, ratio >= least)
        else:
            table.add(f"against {label}", f"≥ {least} ×", f"not installed (`{how}`)", None)
    return t.get("C")


def own_rows(table: Table, t: Mapping[str, float]) -> None:
    """Tell what single runs and lanes took, and what the same equations took in C."""
    around = f"at most {t['one month'] * 1e3:.2f} ms of it before and after the machine code"
    table.add("single run, warm", "about 4 ms", f"{t['single'] * 1e3:.2f} ms, {around}", t["single"] <= 0.0044)
    if "C" in t:
        ratio = t["single"] / t["C"]
        table.add("single run against scalar C", "≤ 1.1 ×", f"{ratio:.2f} × ({t['C'] * 1e3:.2f} ms)", ratio <= 1.1)
        share = t["C lanes"] / t["lanes"]
        each = f"{t['lanes'] / LANE_RUNS * 1e3:.3f} ms a run, C {t['C lanes'] / LANE_RUNS * 1e3:.3f} ms"
        table.add("lanes against C, 8 lanes and libmvec", "≥ 0.9 ×", f"{share:.2f} × ({each})", share >= 0.9)
    else:
        table.add("against scalar C and C in lanes", "≤ 1.1 ×, ≥ 0.9 ×", "gcc is not installed", None)
    gain = t["single"] / (t["lanes"] / LANE_RUNS)
    table.add("batch against own single runs, per core", "≥ 2 ×", f"{gain:.1f} ×", gain >= 2)


def threads_row(table: Table, compiled: CompiledModel) -> None:
    inputs = by_run(compiled, 512)
    names = [compiled.model.spelled(name) for name in OUTPUTS]

    def clock(threads: int) -> float:
        begun = time.perf_counter()
        compiled.run(inputs, outputs=names, threads=threads)
        return time.perf_counter() - begun

    pairs = [(clock(1), clock(2)) for _ in range(7)]
    ratio = min(one for one, _ in pairs) / min(two for _, two in pairs)
    busy = os.getloadavg()[0]
    table.add("two threads against one, 512 runs, by the clock, best of 7", "≥ 1.7 × on a quiet machine",
              f"{ratio:.2f} × (load {busy:.1f} on {os.cpu_count()} processors)",
              ratio >= 1.7 if busy < 1.2 else None)  # fmt: skip


def pysd_rows(table: Table, compiled: CompiledModel, steps: int, folder: Path) -> None:
    for name, path, least in (("bench", BENCH, 100_000), ("scalar bench", scalar_bench(folder), 1_000)):
        if not steps:
            table.add(f"against PySD, {name}", f"≥ {least:,} ×", "left out (`--pysd-steps`)", None)
            continue
        ready = compiled if path == BENCH else compile_model(read_model(path))
        ready.run(outputs=list(OUTPUTS), threads=1)
        own = statistics.median(
            processor_time(lambda ready=ready: ready.run(outputs=list(OUTPUTS), threads=1)) for _ in range(9)
        )
        step = pysd_seconds_a_step(path, steps)
        ratio = step * len(ready.timeline().times) / own
        told = f"{ratio:,.0f} × (extrapolated: {step * 1e3:.1f} ms a step × {len(ready.timeline().times):,} steps)"
        table.add(f"against PySD, {name}", f"≥ {least:,} ×", told, ratio >= least)


def growth_rows(table: Table, compiled: CompiledModel, rounds: int, folder: Path) -> None:
    names = list(OUTPUTS)
    first = compiled.model.time.initial
    work: dict[str, Callable[[], float]] = {}
    for runs in (256, 512, 1024):
        inputs = by_run(compiled, runs)
        work[f"runs {runs}"] = timed(lambda inputs=inputs: compiled.run(inputs, outputs=names, threads=1))
    few = by_run(compiled, LANE_RUNS)
    for months in (90, 180, 360):
        work[f"steps {months}"] = timed(
            lambda end=first + months: compiled.run(few, outputs=names, threads=1, final_time=end)
        )
    for times in (1, 4, 16):
        bigger = compile_model(read_model(larger_bench(folder, times)))
        inputs = by_run(bigger, 16)
        work[f"elements {6 * times}"] = timed(
            lambda bigger=bigger, inputs=inputs: bigger.run(inputs, outputs=names, threads=1)
        )
    t = interleaved(work, max(3, rounds // 3))
    for what, sizes in (("runs", (256, 512, 1024)), ("steps", (90, 180, 360)), ("elements", (6, 24, 96))):
        cost = [t[f"{what} {size}"] / size for size in sizes]
        worst = max(cost[k + 1] / cost[k] for k in range(2))
        told = ", ".join(f"{size}: {t[f'{what} {size}'] * 1e3:.1f} ms" for size in sizes)
        told = f"{told}; the cost of one changes by {min(cost) / cost[0] - 1:+.0%} to {max(cost) / cost[0] - 1:+.0%}"
        label = {"runs": "runs", "steps": "months", "elements": "subscript elements"}[what]
        table.add(f"growth in {label}", "linear within 15 %", told, worst <= 1.15)


def by_clock(clock: float, work: float, goal: float) -> bool | None:
    """Judge a time by the clock; where others kept the processors busy and the work alone took less, say nothing."""
    busy = os.getloadavg()[0] > 1.2
    return None if clock > goal >= work and busy else clock <= goal


def start_rows(table: Table, c: float | None, folder: Path) -> None:
    names = ";".join(OUTPUTS)
    spent, peak = scripted(STREAMED, str(BENCH), names)
    if c is None:
        table.add("10,000 runs streamed, time", "≤ 4,500 × one scalar C run", f"{spent:.1f} s", None)
    else:
        table.add("10,000 runs streamed, time", "≤ 4,500 × one scalar C run", f"{spent:.1f} s, {spent / c:,.0f} ×",
                  spent / c <= 4500)  # fmt: skip
    table.add("10,000 runs streamed, peak memory of the process", "≤ 250 MB", f"{peak:.0f} MB", peak <= 250)
    cold = [scripted(START, str(BENCH), names, cache=str(folder / f"cold_{k}")) for k in range(5)]
    clock, work = (statistics.median(one[k] for one in cold) for k in (0, 1))
    told = f"{clock:.2f} s, {work:.2f} s of the processor"
    table.add("cold start to the first answer, after reading, by the clock, median of 5", "≤ 0.5 s",
              told, by_clock(clock, work, 0.5))  # fmt: skip
    found = [cached_start(folder, names) for _ in range(10)][1:]  # the first one fills the cache
    inside, whole, work = (statistics.median(one[k] for one in found) for k in (0, 1, 2))
    told = f"{inside:.2f} s from the first import to ten outputs, {whole:.2f} s with Python's own start and end"
    told = f"{told}, {work:.2f} s of the processor"
    table.add("cached start with imports, by the clock, median of 9", "≤ 0.3 s", told, by_clock(whole, work, 0.3))
    importing = "import time; b = time.perf_counter(); import policy_lab; print(time.perf_counter() - b)"
    found = [scripted(importing)[0] for _ in range(7)]
    table.add("`import policy_lab`, by the clock, median of 7", "≤ 0.3 s", f"{statistics.median(found):.3f} s",
              statistics.median(found) <= 0.3)  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--simlin", help="the Python of an environment with pysimlin")
    parser.add_argument("--sdeverywhere", help="a folder with SDEverywhere's node_modules")
    parser.add_argument("--pysd-steps", type=int, default=8)
    parser.add_argument("--only-print", action="store_true")
    given = parser.parse_args()
    table = Table()
    compiled = compile_model(read_model(BENCH))
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        c = against_c_and_peers(table, compiled, given, folder)
        threads_row(table, compiled)
        growth_rows(table, compiled, given.rounds, folder)
        start_rows(table, c, folder)
        pysd_rows(table, compiled, given.pysd_steps, folder)
    if not given.only_print:
        (HERE / "peers.md").write_text(report(table, given.rounds), encoding="utf-8")


def report(table: Table, rounds: int) -> str:
    now = datetime.datetime.now(tz=datetime.UTC).strftime("%Y-%m-%d %H:%M UTC")
    load = " ".join(f"{one:.1f}" for one in os.getloadavg())
    made = (
        f"Made by `python benchmarks/peers.py` on {now}: {processor()}; load average {load} at the end. "
        f"Processor time, medians of {rounds} interleaved rounds, each thing done twice and counted once (warm), "
        f"unless a row says otherwise. "
        "bench.mdl, ten outputs saved monthly; C by `gcc -O3 -march=native` from the same IR, every element "
        "written out, its results equal to ours within 1e-9. Ratios bind; milliseconds inform."
    )
    return "\n".join(
        [
            "# The engine beside its peers",
            "",
            made,
            "",
            "| | goal | measured | |",
            "|---|---|---|---|",
            *("| " + " | ".join(row) + " |" for row in table.rows),
            "",
        ]
    )


if __name__ == "__main__":
    main()
