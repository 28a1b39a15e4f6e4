"""A short turn of the fuzzers of `benchmarks/fuzz.py`, in a process of its own, whose crash would be a failure here."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_no_foreign_error_comes_out_of_broken_files() -> None:
    command = [sys.executable, str(ROOT / "benchmarks" / "fuzz.py"), "--seconds", "15", "--seed", "1"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, errors="replace", check=False)
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
    assert "Foreign errors: 0. Crashes of the process and hangs: 0." in done.stdout


def test_a_folder_in_the_place_of_a_file_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "model.mdl"
    folder.mkdir()
    command = [sys.executable, str(ROOT / "benchmarks" / "fuzz.py"), "--file", str(folder)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, errors="replace", check=False)
    assert "refused in reading" in done.stdout, done.stderr[-2000:]
