"""Measure the engine side by side with itself and with PySD, and write `benchmarks/engine.md`.

Every round measures every engine once, one after the other, so that a busy machine slows all of them alike; figures
are medians of processor time. PySD's run is too long to wait for: its cost of a step is measured over a few steps and
multiplied, and the table says so.

    python benchmarks/engine.py [--rounds N] [--quick]
"""

from __future__ import annotations

import argparse
import datetime
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from policy_lab.engine import CompiledModel, compile_model, target
from policy_lab.engine.layout import layout_of
from policy_lab.engine.llvm_compile import compile_text
from policy_lab.engine.llvm_module import module_text
from policy_lab.engine.rest import solve_rest
from policy_lab.model import Kind, Model, read_model

HERE = Path(__file__).parent
MODELS = {
    "bench": HERE / "bench.mdl",
    "partnership": HERE.parent / "models" / "safeguarding" / "partnership.mdl",
    "fishery": HERE.parent / "models" / "fishery" / "fishery.mdl",
}
LANE_RUNS = 64
NUMPY_STEPS = 40


@dataclass(frozen=True)
class Measured:
    """Processor seconds of one model, by what was done."""

    name: str
    model: Model
    steps: int
    equations: int
    states: int
    seconds: dict[str, float]


def processor_time(work: Callable[[], object]) -> float:
    begun = time.process_time()
    work()
    return time.process_time() - begun


def some_outputs(model: Model) -> list[str]:
    return [v.name for v in model.variables.values() if v.kind is Kind.STOCK][:10]


def by_run(compiled: CompiledModel, runs: int) -> dict[str, np.ndarray]:
    return {name: known.default * np.ones((runs, *known.shape)) for name, known in compiled.inputs.items()}


def compile_seconds(compiled: CompiledModel) -> dict[str, float]:
    layout = layout_of(compiled.program)
    machine = target.this_machine()
    return {
        f"compile, {name} kernel": processor_time(
            lambda width=width: compile_text(module_text(compiled.program, layout, width), machine)
        )
        for name, width in (("scalar", 1), ("lane", target.LANES))
    }


def pysd_seconds_a_step(path: Path, steps: int) -> float:
    """Return what one more step of PySD costs: a run of twice the steps less a run of them."""
    import pysd

    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = pysd.read_vensim(shutil.copy(path, folder))
        step = float(model.components.time_step())
        first = float(model.components.initial_time())

        def run(count: int) -> float:
            end = first + count * step
            return processor_time(lambda: model.run(final_time=end, return_timestamps=[end]))

        run(2)
        return (run(2 * steps) - run(steps)) / steps


def measure(name: str, rounds: int, pysd_steps: int) -> Measured:
    model = read_model(MODELS[name])
    fast, readable = compile_model(model), compile_model(model, backend="numpy")
    outputs = some_outputs(model)
    steps = len(fast.timeline().times)
    few = model.time.initial + NUMPY_STEPS * model.time.step
    lanes = by_run(fast, LANE_RUNS)
    work: dict[str, Callable[[], object]] = {
        "single run": lambda: fast.run(outputs=outputs, threads=1),
        "run in lanes": lambda: fast.run(lanes, outputs=outputs, threads=1),
        "numpy single run": lambda: readable.run(outputs=outputs, final_time=few),
        "numpy run in a batch": lambda: readable.run(lanes, outputs=outputs, final_time=few),
    }
    share = {"run in lanes": 1 / LANE_RUNS, "numpy single run": steps / (NUMPY_STEPS + 1)}
    share["numpy run in a batch"] = share["numpy single run"] / LANE_RUNS
    for one in work.values():
        one()
    times: dict[str, list[float]] = {key: [] for key in work}
    for _ in range(rounds):
        for key, one in work.items():
            times[key].append(processor_time(one) * share.get(key, 1.0))
    seconds = {key: statistics.median(found) for key, found in times.items()}
    seconds |= compile_seconds(fast)
    rest = solve_rest(fast, threads=1)
    seconds["solve a resting point" if rest.converged.all() else "search for a resting point, none found"] = (
        processor_time(lambda: solve_rest(fast, {k: v[:16] for k, v in lanes.items()}, threads=1)) / 16
    )
    if pysd_steps:
        seconds["PySD, one step"] = pysd_seconds_a_step(MODELS[name], pysd_steps)
    layout = layout_of(fast.program)
    return Measured(name, model, steps, layout.size - layout.rates, layout.state_count, seconds)


def cached_start() -> float:
    """Return the wall seconds of a fresh process that imports, loads kept code and runs once, reading left out."""
    script = (
        "import sys, time\n"
        "from policy_lab.model import read_model\n"
        "model = read_model(sys.argv[1])\n"
        "begun = time.perf_counter()\n"
        "from policy_lab.engine import compile_model\n"
        "compile_model(model).run()\n"
        "print(time.perf_counter() - begun)\n"
    )
    command = [sys.executable, "-c", script, str(MODELS["partnership"])]
    found = [float(subprocess.run(command, capture_output=True, text=True, check=True).stdout) for _ in range(4)]
    return statistics.median(found[1:])


def threads_help() -> float:
    """Return how many times faster two threads are than one, by the clock, each at its best of seven."""
    compiled = compile_model(read_model(MODELS["partnership"]))
    inputs = by_run(compiled, 1000)
    outputs = some_outputs(compiled.model)

    def clock(threads: int) -> float:
        begun = time.perf_counter()
        compiled.run(inputs, outputs=outputs, threads=threads)
        return time.perf_counter() - begun

    pairs = [(clock(1), clock(2)) for _ in range(7)]
    return min(one for one, _ in pairs) / min(two for _, two in pairs)


def shown(seconds: float) -> str:
    for unit, size in (("s", 1.0), ("ms", 1e-3), ("µs", 1e-6)):
        if seconds >= size:
            return f"{seconds / size:.3g} {unit}"
    return f"{seconds:.3g} s"


def processor() -> str:
    listing = Path("/proc/cpuinfo")
    lines = listing.read_text(encoding="utf-8").splitlines() if listing.exists() else []
    names = [line.split(":")[1].strip() for line in lines if "model name" in line]
    return f"{names[0]} ({target.this_machine().processor}), {len(names)} processors" if names else platform.processor()


def report(measured: list[Measured], start: float, threads: float, rounds: int) -> str:
    import llvmlite
    import pysd

    today = datetime.datetime.now(tz=datetime.UTC).date().isoformat()
    made = (
        f"Made by `python benchmarks/engine.py` on {today}: {processor()}, Python {platform.python_version()}, "
        f"NumPy {np.__version__}, llvmlite {llvmlite.__version__}, PySD {pysd.__version__}. Processor time, medians of "
        f"{rounds} interleaved rounds; ratios bind, milliseconds inform. Ten saved stocks, saved monthly."
    )
    numbers = [f"{one.equations:,}, {one.states:,}" for one in measured]
    lines = [
        "# The engine, measured",
        "",
        made,
        "",
        "| | " + " | ".join(one.name for one in measured) + " |",
        "|---|" + "---|" * len(measured),
        "| steps of a run | " + " | ".join(f"{one.steps:,}" for one in measured) + " |",
        "| computed numbers a step, states | " + " | ".join(numbers) + " |",
    ]
    keys = dict.fromkeys(key for one in measured for key in one.seconds)
    lines += [
        f"| {key} | " + " | ".join(shown(one.seconds[key]) if key in one.seconds else "–" for one in measured) + " |"
        for key in keys
    ]
    ratios = {
        "a run in lanes against one alone": lambda s, n: s["single run"] / s["run in lanes"],
        "a single run against NumPy's": lambda s, n: s["numpy single run"] / s["single run"],
        "a run in lanes against NumPy's in a batch": lambda s, n: s["numpy run in a batch"] / s["run in lanes"],
        "a single run against PySD's (its steps × one step, extrapolated)": lambda s, n: (
            s["PySD, one step"] * n / s["single run"]
        ),
    }
    for label, ratio in ratios.items():
        found = [ratio(m.seconds, m.steps) if _has(m, label) else float("nan") for m in measured]
        cells = ["–" if np.isnan(r) else f"{r:,.0f} ×" if r >= 100 else f"{r:.3g} ×" for r in found]
        lines.append(f"| **{label}** | " + " | ".join(cells) + " |")
    ending = (
        f"A fresh process needs {shown(start)} (wall) from the read model to the first result of the partnership model "
        f"when its machine code is on disk. Two threads are {threads:.2f} × as fast as one on 1,000 runs, which means "
        f"little on a machine that is busy (its load was {os.getloadavg()[0]:.1f} at the end, ours included)."
    )
    lines += ["", ending, ""]
    return "\n".join(lines)


def _has(measured: Measured, label: str) -> bool:
    return "PySD" not in label or "PySD, one step" in measured.seconds


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--quick", action="store_true", help="few rounds, no PySD, nothing written")
    given = parser.parse_args()
    rounds = 3 if given.quick else given.rounds
    measured = [measure(name, rounds, 0 if given.quick else 8) for name in MODELS]
    text = report(measured, cached_start(), threads_help(), rounds)
    print(text)
    if not given.quick:
        (HERE / "engine.md").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
