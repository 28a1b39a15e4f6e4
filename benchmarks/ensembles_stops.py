"""Batches that are stopped as hard as can be, and gone on with: what is lost, and whether the bytes are the same."""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from policy_lab.results import open_batch
from policy_lab.run.ensemble import run_batch
from policy_lab.study import open_study

HERE = Path(__file__).resolve().parent
MEMORY = 2**24
GO_ON = """
import sys
from policy_lab.errors import PolicyLabError
from policy_lab.run.ensemble import run_batch
try:
    run_batch(sys.argv[1], sys.argv[2], resume=True, memory=int(sys.argv[3]))
except PolicyLabError as error:
    sys.exit(f"policy-lab: {error}")
"""
SCHEDULER = "import sys; from distributed.cli.dask_scheduler import main; main()"
WORKER = "import sys; from distributed.cli.dask_worker import main; main()"


def fishery(folder: Path, worlds: int) -> Path:
    """Write a plan of the fishery in two scenarios."""
    path = folder / "plan.yaml"
    designs = ", ".join(open_study("fishery").designs)
    lines = ["study: fishery", f"designs: [{designs}]", "scenarios: [calm, random]"]
    path.write_text("\n".join([*lines, f"uncertain: {{worlds: {worlds}, futures: 5}}", ""]), encoding="utf-8")
    return path


def files_of(folder: Path) -> dict[str, bytes]:
    """Return every file of a batch's folder but its log, which tells the time."""
    found = {str(path.relative_to(folder)): path for path in sorted(folder.rglob("*")) if path.is_file()}
    return {name: path.read_bytes() for name, path in found.items() if name != "log.jsonl"}


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def told(same: bool) -> str:
    return "yes" if same else "NO"


def started(plan: Path, folder: Path) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", GO_ON, str(plan), str(folder), str(MEMORY)]
    environment = os.environ | {"PYTHONPATH": str(HERE.parent)}
    return subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True)


def kills(given: argparse.Namespace, folder: Path) -> list[tuple[str, str, str]]:
    """Kill a batch at random moments, whatever it is doing then, and go on each time."""
    plan = fishery(folder, 300)
    run_batch(plan, folder / "whole", memory=MEMORY)
    parts, lost, redone, halves, waiting = folder / "killed" / "parts", 0, 0, 0, 0
    before: dict[Path, int] = {}
    for _ in range(given.kills):
        process = started(plan, folder / "killed")
        enough = len(before) + given.chance.randrange(10)  # of parts, so that a busy machine gets on as well
        begun_at = _size(folder / "killed" / "log.jsonl")
        while process.poll() is None and (
            _size(folder / "killed" / "log.jsonl") == begun_at or len(list(parts.glob("[!.]*"))) < enough
        ):
            time.sleep(0.003)
        time.sleep(given.chance.uniform(0.0, 0.3))
        alive = process.poll() is None
        process.kill()
        process.communicate()
        waiting += alive
        now = {path: path.stat().st_mtime_ns for path in parts.glob("[!.]*")} if parts.is_dir() else {}
        lost += len(before.keys() - now.keys())
        redone += sum(1 for path, when in before.items() if now.get(path, when) != when)
        halves += len(list((folder / "killed").rglob(".*.partial")))
        before = now
    done = len(before)
    errors = started(plan, folder / "killed").communicate()[1]
    mine, ours = files_of(folder / "killed"), files_of(folder / "whole")
    return [
        (f"SIGKILL at random moments of a batch of {len([n for n in ours if n.startswith('parts')])} parts", "20",
         f"{given.kills}, {waiting} of them while it ran; {done} parts were there after the last"),
        ("half-written files that the kills left, all gone in the end", "", str(halves)),
        ("parts lost, parts done twice", "0, 0", f"{lost}, {redone}"),
        ("the same files with the same bytes as a run that nothing stopped", "yes", told(mine == ours and not errors)),
    ]  # fmt: skip


def cluster(given: argparse.Namespace, folder: Path) -> list[tuple[str, str, str]]:
    """Kill one of two workers of a Dask cluster in the middle of a batch."""
    plan = fishery(folder, 150)
    run_batch(plan, folder / "whole", memory=MEMORY)
    address = folder / "scheduler.json"
    environment = os.environ | {"PYTHONPATH": str(HERE.parent)}
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "env": environment}
    scheduler = [sys.executable, "-c", SCHEDULER, "--scheduler-file", str(address), "--port", "0", "--no-dashboard"]
    worker = [sys.executable, "-c", WORKER, "--scheduler-file", str(address), "--nthreads", "1", "--no-nanny"]
    processes = [subprocess.Popen([*scheduler, "--host", "127.0.0.1"], **quiet)]
    killed: list[str] = []
    folder_of = folder / "batch"

    def kill_one(_: Path) -> None:
        last = json.loads((folder_of / "log.jsonl").read_text(encoding="utf-8").splitlines()[-1])
        killed.append(last["worker"])
        if len(killed) == 5:
            os.kill(int(last["worker"].rpartition(":")[2]), signal.SIGKILL)

    try:
        while not address.exists():
            time.sleep(0.1)
        processes += [subprocess.Popen(worker, **quiet) for _ in range(2)]
        at = json.loads(address.read_text(encoding="utf-8"))["address"]
        run_batch(plan, folder_of, memory=MEMORY, cluster=at, finished=kill_one)
    finally:
        for process in processes:
            process.kill()
            process.wait()
    same = files_of(folder_of) == files_of(folder / "whole")
    after = {name: killed.count(name) for name in dict.fromkeys(killed)}
    return [
        ("a real scheduler and two workers, one killed after the fifth part: parts by worker", "",
         ", ".join(f"{count}" for count in after.values())),
        ("the same files with the same bytes as a run in one process", "yes", told(same)),
    ]  # fmt: skip


def disk(given: argparse.Namespace, folder: Path) -> list[tuple[str, str, str]]:
    """Fill a small file system of its own (tmpfs, which needs leave to mount) in the middle of a batch."""
    plan = fishery(folder, 100)
    run_batch(plan, folder / "whole", memory=MEMORY)
    small = folder / "small"
    small.mkdir()
    needed = sum(map(len, files_of(folder / "whole").values()))
    mount = ["mount", "-t", "tmpfs", "-o", f"size={needed // 2}", "tmpfs", str(small)]
    subprocess.run(mount, check=True)
    try:
        full = started(plan, small / "batch")
        errors = full.communicate()[1]
        stored = open_batch(small / "batch")
        half = [path.name for path in (small / "batch").rglob(".*.partial")]
        there = len(stored.parts)
        again = started(plan, small / "batch").communicate()[1]
        larger = ["mount", "-o", f"remount,size={4 * needed}", str(small)]
        subprocess.run(larger, check=True)
        after = started(plan, small / "batch").communicate()[1]
        same = files_of(small / "batch") == files_of(folder / "whole")
    finally:
        away = ["umount", str(small)]
        subprocess.run(away, check=True)
    last = errors.strip().splitlines()[-1].replace(str(small), "…").replace("|", "/")
    return [
        (f"a tmpfs of {needed // 2 / 1e6:.1f} MB for a batch of {needed / 1e6:.1f} MB: what is told", "a clear error",
         f"`{last}`"),
        ("tracebacks and half-written files", "0, 0", f"{errors.count('Traceback')}, {len(half)}"),
        ("parts that can be read after it", "all written", f"{there} of {len(open_batch(folder / 'whole').parts)}"),
        ("going on while it is still full: told again", "yes", told("No space left" in again)),
        ("going on with room: the same bytes", "yes", told(same and not after)),
    ]  # fmt: skip
