"""Fuzz the reader, the lowering and both engines: only our own errors come out, nothing hangs, nothing is written.

A worker process of its own tries file after file; the case at hand lies on disk, so that a crash of the process or a
hang names its file. Every open for writing, every process or connection that the worker starts, and every text that it
compiles is seen by an audit hook.

    python benchmarks/fuzz.py --seconds 600 --record      # writes benchmarks/fuzz.md
    python benchmarks/fuzz.py --seconds 15                # what the tests run
    python benchmarks/fuzz.py --file kept.mdl             # one file, with the traceback
"""

from __future__ import annotations

import argparse
import collections
import datetime
import faulthandler
import json
import os
import platform
import re
import resource
import subprocess
import sys
import tempfile
import time
import traceback
import warnings
from pathlib import Path

LIMIT = 60  # seconds of the clock for one file
SLOW = 20.0  # seconds of the processor for one file that count as a fault
MEMORY = 6 * 2**30
COMPILED_EVERY = 6  # machine code is made for one file in so many: it takes a fifth of a second
STEPS = 4


class Watch:
    """An audit hook that notes what no reading of a model may do."""

    def __init__(self, allowed: Path, mark: str) -> None:
        self.allowed = str(allowed)
        self.mark = mark
        self.on = False
        self.seen: list[str] = []
        sys.addaudithook(self._hook)

    def _hook(self, event: str, arguments: tuple[object, ...]) -> None:
        if not self.on:
            return
        if event == "open":
            path, mode, flags = arguments
            written = isinstance(mode, str) and set(mode) & set("wax+")
            written = written or (isinstance(flags, int) and flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT))
            if written and not isinstance(path, int) and not str(path).startswith(self.allowed):
                self.seen.append(f"opened {path} for writing")
            elif str(path).startswith("/etc/"):
                self.seen.append(f"read {path}")
        elif event.startswith(("subprocess.", "os.system", "os.exec", "os.fork", "socket.", "shutil.", "os.remove")):
            self.seen.append(event)
        elif event == "compile" and self.mark in str(arguments[0]):
            self.seen.append("compiled a text of the file")


def attempt(path: Path, *, compiled: bool) -> tuple[str, str]:
    """Read, lower and run a file for a few steps; return (outcome, detail). A foreign error is not caught."""
    from policy_lab.engine import compile_model
    from policy_lab.errors import PolicyLabError
    from policy_lab.model import read_model

    stage = "reading"
    try:
        model = read_model(path)
        str(model.warnings)
        for backend in ("numpy", "compiled") if compiled else ("numpy",):
            stage = "lowering"
            ready = compile_model(model, backend=backend)
            stage = "running"
            ready.timeline()
            end = min(model.time.final, model.time.initial + STEPS * model.time.step)
            ready.run(final_time=end, threads=1)
    except PolicyLabError as error:
        first = getattr(error, "problems", (error,))[0]
        return f"refused in {stage}", str(getattr(first, "what", first))
    return "read and run", ""


def place_of(error: BaseException) -> str:
    """Return the kind of an error and the innermost frame of this repository, by which equal faults are known."""
    frames = [f for f in traceback.extract_tb(error.__traceback__) if "policy_lab" in f.filename]
    inner = frames[-1] if frames else traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__} in {Path(inner.filename).name}:{inner.name}"


def kind_of(detail: str) -> str:
    """Return a message without names and numbers."""
    return re.sub(r"`[^`]*`|\d[\d.,e+-]*|‘[^’]*’", "…", detail)[:70].strip()


def worker(folder: Path, seconds: float, seed: int) -> None:
    """Try files until the time is over; write the tallies to ``tally.json``."""
    import fuzz_cases

    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    inside = folder / "case"
    inside.mkdir(exist_ok=True)
    os.chdir(inside)
    warnings.simplefilter("ignore")
    tally: collections.Counter[tuple[str, str]] = collections.Counter()
    refusals: collections.Counter[str] = collections.Counter()
    faults: dict[str, list[str]] = {}
    slowest, count, begun = 0.0, 0, time.monotonic()
    attempt(fuzz_cases.ROOT / "tests/engine/models/subscripts.mdl", compiled=True)  # imports done, before watching
    attempt(fuzz_cases.ROOT / "tests/engine/models/xmile.xmile", compiled=True)
    watch = Watch(folder / "cache", fuzz_cases.MARK)

    def fault(kind: str, case: fuzz_cases.Case, detail: str) -> None:
        if kind not in faults:
            (folder / f"fault_{len(faults)}{case.suffix}").write_bytes(case.content)
            (folder / f"fault_{len(faults)}.txt").write_text(f"{kind}\n{detail}", encoding="utf-8")
        faults.setdefault(kind, []).append(detail[-200:])

    def one(case: fuzz_cases.Case) -> None:
        nonlocal slowest, count
        path = inside / f"model{case.suffix}"
        path.write_bytes(case.content)
        count += 1
        faulthandler.dump_traceback_later(LIMIT, exit=True)
        started = time.process_time()
        watch.seen.clear()
        watch.on = True
        try:
            outcome, detail = attempt(path, compiled=count % COMPILED_EVERY == 0)
        except Exception as error:  # noqa: BLE001  every foreign error is what we look for
            watch.on = False
            outcome, detail = "FAULT", ""
            fault(place_of(error), case, traceback.format_exc())
        watch.on = False
        faulthandler.cancel_dump_traceback_later()
        spent = time.process_time() - started
        slowest = max(slowest, spent)
        if spent > SLOW:
            fault("slow", case, f"{spent:.1f} s")
        for seen in watch.seen:
            fault(f"watched: {seen}", case, seen)
        if [p.name for p in inside.iterdir()] != [path.name] or path.read_bytes() != case.content:
            fault("the folder of the file was changed", case, "")
        path.unlink(missing_ok=True)
        tally[case.kind, outcome] += 1
        if outcome.startswith("refused"):
            refusals[kind_of(detail)] += 1

    number = seed * 10_000_000
    while time.monotonic() - begun < seconds:
        number += 1
        one(fuzz_cases.case(number))
        if count % 200 == 0:
            save(folder, tally, refusals, faults, slowest, count)
    save(folder, tally, refusals, faults, slowest, count)


def save(
    folder: Path,
    tally: collections.Counter[tuple[str, str]],
    refusals: collections.Counter[str],
    faults: dict[str, list[str]],
    slowest: float,
    count: int,
) -> None:
    found = {
        "count": count,
        "slowest": slowest,
        "tally": [[*key, n] for key, n in tally.items()],
        "refusals": refusals.most_common(),
        "faults": {kind: len(details) for kind, details in faults.items()},
    }
    (folder / "tally.json").write_text(json.dumps(found), encoding="utf-8")


def supervise(folder: Path, seconds: float, seed: int) -> tuple[dict[str, object], list[str]]:
    """Run workers until the time is over; one that dies is a fault, and the next goes on with other luck."""
    merged: dict[str, object] = {"count": 0, "slowest": 0.0, "tally": {}, "refusals": {}, "faults": {}}
    deaths: list[str] = []
    begun = time.monotonic()
    turn = 0
    while (left := seconds - (time.monotonic() - begun)) > 1 or turn == 0:
        own = folder / f"worker_{turn}"
        own.mkdir()
        command = [
            sys.executable,
            __file__,
            "--worker",
            str(own),
            "--seconds",
            str(left),
            "--seed",
            str(seed * 100 + turn),
        ]
        environment = os.environ | {
            "POLICY_LAB_CACHE": str(own / "cache"),
            "PYTHONPATH": str(Path(__file__).parents[1]),
        }
        done = subprocess.run(command, env=environment, capture_output=True, text=True, errors="replace", check=False)
        if done.returncode:
            kept = next((own / "case").glob("*"), None)
            deaths.append(f"the process ended with {done.returncode} at {kept}: {done.stderr[-1500:]}")
        if (own / "tally.json").exists():
            merge(merged, json.loads((own / "tally.json").read_text(encoding="utf-8")))
        turn += 1
    return merged, deaths


def merge(merged: dict, found: dict) -> None:  # type: ignore[type-arg]
    merged["count"] += found["count"]
    merged["slowest"] = max(merged["slowest"], found["slowest"])
    for kind, outcome, n in found["tally"]:
        merged["tally"][kind, outcome] = merged["tally"].get((kind, outcome), 0) + n
    for kind, n in found["refusals"]:
        merged["refusals"][kind] = merged["refusals"].get(kind, 0) + n
    for kind, n in found["faults"].items():
        merged["faults"][kind] = merged["faults"].get(kind, 0) + n


def report(found: dict, deaths: list[str], seconds: float, seed: int) -> str:  # type: ignore[type-arg]
    kinds = list(dict.fromkeys(kind for kind, _ in sorted(found["tally"])))
    outcomes = list(dict.fromkeys(o for _, o in sorted(found["tally"], key=lambda key: key[1])))
    today = datetime.datetime.now(tz=datetime.UTC).strftime("%Y-%m-%d %H:%M UTC")
    made = (
        f"Made by `python benchmarks/fuzz.py --seconds {seconds:.0f} --seed {seed} --record` on {today}, Python "
        f"{platform.python_version()}, {platform.machine()}. "
        f"{found['count']:,} files; each was read, lowered and, "
        f"where it was not refused, run for {STEPS} steps by NumPy, and one in {COMPILED_EVERY} by machine "
        f"code too. "
        f"At most {LIMIT} s a file and {MEMORY // 2**30} GiB; "
        f"the slowest took {found['slowest']:.1f} s of the processor."
    )
    lines = [
        "# The fuzzers, recorded",
        "",
        made,
        "",
        "| | " + " | ".join(outcomes) + " |",
        "|---|" + "---|" * len(outcomes),
        *(
            f"| {kind} | " + " | ".join(f"{found['tally'].get((kind, o), 0):,}" for o in outcomes) + " |"
            for kind in kinds
        ),
        "",
        f"Foreign errors: {sum(found['faults'].values())}. Crashes of the process and hangs: {len(deaths)}.",
        *(f"- {kind}: {n}" for kind, n in found["faults"].items()),
        *(f"- {death.splitlines()[0][:200]}" for death in deaths),
        "",
        "What the refusals said, most frequent first, names and numbers left out:",
        "",
        "| refusal | files |",
        "|---|---|",
        *(
            f"| {kind.replace('|', '/')} | {n:,} |"
            for kind, n in sorted(found["refusals"].items(), key=lambda item: -item[1])[:40]
        ),
        "",
    ]
    return "\n".join(lines)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=15)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--record", action="store_true", help="write benchmarks/fuzz.md")
    parser.add_argument("--keep", type=Path, help="folder for the files at fault; else a temporary one that is removed")
    parser.add_argument("--file", type=Path, help="try one file")
    parser.add_argument("--worker", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.worker:
        worker(given.worker, given.seconds, given.seed)
        return 0
    if given.file:
        print(*attempt(given.file, compiled=True))
        return 0
    with tempfile.TemporaryDirectory() as temporary:
        folder = given.keep or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        found, deaths = supervise(folder, given.seconds, given.seed)
        text = report(found, deaths, given.seconds, given.seed)
        print(text)
        for death in deaths:
            print(death)
        for fault in sorted(folder.glob("worker_*/fault_*.txt")):
            print(fault.read_text(encoding="utf-8")[-3000:])
    if given.record:
        (Path(__file__).parent / "fuzz.md").write_text(text, encoding="utf-8")
    return 1 if found["faults"] or deaths else 0


if __name__ == "__main__":
    sys.exit(main())
