"""Try every model in a folder, each in a process of its own, and say of each: agrees, refused, or wrong.

    python benchmarks/outside.py FOLDER [--report FILE] [--seconds N] [--steps N] [--note TEXT]

Each file (`.mdl`, `.xmile`, `.xml`, `.stmx`, `.itmx`) is read, compiled and run as it stands; then PySD runs it too and
every variable is compared at every saved time. A long model is compared over its first ``--steps`` steps, because PySD
takes its time; the compiled engine always runs all of it. The report names files and figures, and holds not a word of
the models. Nothing is fetched: bring your own folder.
"""

from __future__ import annotations

import argparse
import datetime
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

import numpy as np  # noqa: E402

ENDINGS = (".mdl", ".xmile", ".xml", ".stmx", ".itmx")
AGREES = 1e-9
#: Verdicts, best first, with what each means.
VERDICTS = {
    "agrees": "every variable like PySD's, at every time compared, to 1e-9 (elements without an equation left aside)",
    "random": "runs; it draws random numbers, so that only what does not depend on them is compared, and that agrees",
    "runs": "runs, and PySD cannot run it, so that nothing is compared",
    "refused": "refused by name, with what it is and where",
    "differs": "runs, and some variable is not PySD's",
    "crash": "a fault that is no message for a user",
    "hang": "not done in time",
}
_RANDOM = re.compile(r"\b(RANDOM|NORMAL|UNIFORM|POISSON|EXPRND|LOGNORMAL)\b", re.IGNORECASE)


@dataclass(frozen=True)
class Trial:
    """What became of one file; times in seconds, the difference relative to the largest value of the variable."""

    verdict: str
    said: str = ""
    variables: int = 0
    cells: int = 0
    states: int = 0
    steps: int = 0
    read: float = 0.0
    compiled: float = 0.0
    ran: float = 0.0
    worst: float = 0.0
    compared: int = 0


def main() -> int:
    """Try a folder, or (inside) one file."""
    parser = argparse.ArgumentParser(description="Try every model in a folder against PySD.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--report", type=Path, help="write a Markdown report here")
    parser.add_argument("--seconds", type=float, default=120.0, help="for one file, PySD included")
    parser.add_argument("--steps", type=int, default=400, help="steps compared at most")
    parser.add_argument("--note", default="", help="where the models came from: a paragraph for the report")
    parser.add_argument("--one", action="store_true", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.one:
        print(json.dumps(asdict(_tried(asked.folder, asked.steps))), flush=True)
        return 0
    trials: dict[str, Trial] = {}
    for path in _files(asked.folder):
        name = path.relative_to(asked.folder).as_posix()
        trials[name] = _in_time(path, asked.steps, asked.seconds)
        print(f"{trials[name].verdict:8} {name}: {_one_line(trials[name].said)[:200]}", flush=True)
    for verdict in VERDICTS:
        print(f"{verdict:8} {sum(one.verdict == verdict for one in trials.values())}")
    if asked.report:
        asked.report.write_text(_report(trials, asked.note, asked.steps), encoding="utf-8")
    return 0


def _files(folder: Path) -> Iterator[Path]:
    return (path for path in sorted(folder.rglob("*")) if path.suffix.lower() in ENDINGS and path.is_file())


def _in_time(path: Path, steps: int, seconds: float) -> Trial:
    """Try one file in a process group of its own, which ends with the time."""
    command = [sys.executable, __file__, str(path), "--one", "--steps", str(steps)]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    ) as process:
        try:
            said, wrong = process.communicate(timeout=seconds)
            late = False
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            said, wrong = process.communicate()
            late = True
    lines = [line for line in said.splitlines() if line.startswith("{")]
    if late and not lines:
        return Trial("hang", f"not done in {seconds:g} s")
    if not lines or (process.returncode != 0 and not late):
        return Trial("crash", (wrong.strip().splitlines() or [f"ended with {process.returncode}"])[-1])
    return Trial(**json.loads(lines[-1]))


def _tried(path: Path, steps: int) -> Trial:
    """Read, compile, run and compare one file."""
    from policy_lab.engine import compile_model
    from policy_lab.errors import InputError
    from policy_lab.model import read_model

    try:
        begun = time.perf_counter()
        model = read_model(path)
        read = time.perf_counter() - begun
        begun = time.perf_counter()
        compiled = compile_model(model)
        built = time.perf_counter() - begun
        begun = time.perf_counter()
        compiled.run()
        ran = time.perf_counter() - begun
    except InputError as error:
        return Trial("refused", str(error))
    settings = model.time
    known = Trial(
        "runs",
        variables=len(model.variables),
        cells=sum(symbol.size for symbol in compiled.program.symbols.values()),
        states=len(compiled.states),
        steps=round((settings.final - settings.initial) / settings.step),
        read=read,
        compiled=built,
        ran=ran,
    )
    print(json.dumps(asdict(replace(known, said="PySD was not done in time"))), flush=True)
    return _compared(path, model, compiled, known, steps)


def _compared(path: Path, model: object, compiled: object, known: Trial, steps: int) -> Trial:
    """Run PySD over the same span, and compare every variable."""
    from policy_lab.engine.compiled import CompiledModel
    from policy_lab.engine.reference import run_reference
    from policy_lab.errors import PolicyLabError
    from policy_lab.model.types import Model

    assert isinstance(model, Model) and isinstance(compiled, CompiledModel)
    settings = model.time
    final = min(settings.final, settings.initial + steps * settings.step)
    try:
        theirs = run_reference(model, final_time=final, method="euler")
    except PolicyLabError as error:
        return replace(known, verdict="runs", said=str(error))
    ours = compiled.run(final_time=final, method="euler")
    apart: dict[str, float] = {}
    for name in theirs.values:
        if name in ours.values and name in model.variables:
            mine, other = np.broadcast_arrays(ours.values[name][0], theirs.values[name][0])
            given = ~np.isnan(mine).all(axis=0) | np.isnan(other).all(axis=0)  # PySD fills what no equation gives
            apart[name] = _apart(mine[:, given], other[:, given])
    worst = max(apart.values(), default=0.0)
    found = replace(known, worst=worst, compared=len(apart))
    differing = [name for name, one in apart.items() if not one <= AGREES]
    if not differing:
        return replace(found, verdict="agrees")
    text = path.read_text(encoding="utf-8", errors="replace")
    if _RANDOM.search(text):
        same = {name: one for name, one in apart.items() if one <= AGREES}
        return replace(found, verdict="random", worst=max(same.values(), default=0.0), compared=len(same))
    listed = ", ".join(f"`{name}` by {apart[name]:.1e}" for name in differing[:6])
    return replace(found, verdict="differs", said=f"{len(differing)} of {len(apart)}: {listed}")


def _apart(ours: np.ndarray, theirs: np.ndarray) -> float:
    """Return the largest difference relative to the largest value; infinite where only one is not a number."""
    ours, theirs = np.broadcast_arrays(ours, theirs)
    odd = ~np.isfinite(ours) | ~np.isfinite(theirs)
    same = (ours == theirs) | (np.isnan(ours) & np.isnan(theirs))
    if np.any(odd & ~same):
        return float("inf")
    scale = np.max(np.abs(theirs[~odd]), initial=0.0)
    gap = np.max(np.abs(ours[~odd] - theirs[~odd]), initial=0.0)
    return float(gap / scale) if scale > 0 else float(gap)


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _told(said: str) -> str:
    """Return the first line of a message without the model's own words: neither file, line nor variable."""
    first = (said.splitlines() or [""])[0]
    bare = re.sub(r"^\S+\.(mdl|xmile|xml|stmx|itmx)(:\d+)?: (`[^`]*`: )?", "", first)
    return re.sub(r"`[^`]*` by", "a variable by", bare).replace("|", "/")[:160]


def _report(trials: dict[str, Trial], note: str, steps: int) -> str:
    counts = {verdict: sum(one.verdict == verdict for one in trials.values()) for verdict in VERDICTS}
    today = f"{datetime.datetime.now(tz=datetime.UTC):%d %B %Y}"
    first = (
        f"{today}, by `python benchmarks/outside.py FOLDER --report FILE`. {len(trials)} files; each is read, compiled "
        f"and run whole, and compared with PySD over its first {steps} steps at most, every variable at every time. "
        "The files themselves are not kept here."
    )
    lines = [
        "# Models from outside",
        "",
        first,
        "",
        note,
        "",
        "| verdict | files | what it means |",
        "| --- | --- | --- |",
        *(f"| {verdict} | {counts[verdict]} | {means} |" for verdict, means in VERDICTS.items()),
        "",
        "| file | verdict | variables | cells | states | steps | read s | compile s | run s | worst | said |",
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    for name, one in trials.items():
        said = _told(one.said)
        lines.append(
            f"| {name} | {one.verdict} | {one.variables} | {one.cells} | {one.states} | {one.steps} | {one.read:.2f} "
            f"| {one.compiled:.2f} | {one.ran:.3f} | {one.worst:.1e} | {said} |"
        )
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    raise SystemExit(main())
