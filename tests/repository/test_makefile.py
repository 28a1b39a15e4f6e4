"""`make` finds an interpreter that starts and is new enough, or says what is missing."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
MAKE = shutil.which("make")
pytestmark = pytest.mark.skipif(MAKE is None, reason="no make on this machine")


def make(folder: Path, *arguments: str, path: Path) -> subprocess.CompletedProcess[str]:
    """Run the Makefile in an empty folder with `path` as the only place of interpreters."""
    shutil.copy(ROOT / "Makefile", folder)
    environment = {"PATH": f"{path}{os.pathsep}/usr/bin{os.pathsep}/bin", "HOME": str(folder)}
    command = [str(MAKE), *arguments]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


def script(folder: Path, name: str, text: str) -> None:
    (folder / name).write_text(f"#!/bin/sh\n{text}\n", encoding="utf-8")
    (folder / name).chmod(0o755)


def test_interpreters_that_do_not_start_are_passed_over(tmp_path: Path) -> None:
    interpreters = tmp_path / "bin"
    interpreters.mkdir()
    for name in ("python3.13", "python3.12"):
        script(interpreters, name, "exit 127")  # a version manager's shim without a version
    script(interpreters, "python3.11", f'exec "{sys.executable}" "$@"')
    shown = make(tmp_path, "--eval", "show: ; @echo $(PYTHON)", "show", path=interpreters)
    assert shown.stdout.strip() == "python3.11", shown.stderr


def test_too_old_interpreters_are_refused_in_words(tmp_path: Path) -> None:
    interpreters = tmp_path / "bin"
    interpreters.mkdir()
    for name in ("python3.13", "python3.12", "python3.11", "python3", "python"):
        script(interpreters, name, "exit 1")  # what the version check answers for an old one
    refused = make(tmp_path, "compare", path=interpreters)
    assert refused.returncode != 0
    assert "policy_lab needs Python 3.11 or later" in refused.stderr
    assert not (tmp_path / ".venv").exists()
