"""Imports point one way, outside tools have one owner, and `import policy_lab` stays light."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

# contract -> (file to plant, what to write into it)
FORBIDDEN = {
    "Rooms import one way": ("results/planted.py", "from policy_lab import cli"),
    "The question and its answer are data": ("study/planted.py", "from policy_lab import run"),
    "The question and its answer know a model": ("results/planted_too.py", "from policy_lab.model import reader"),
    "PySD belongs to": ("engine/planted.py", "def late():\n    import pysd\n"),
    "llvmlite belongs to": ("run/planted.py", "import llvmlite.binding"),
    "pint belongs to": ("study/planted_too.py", "def late():\n    import pint\n"),
    "matplotlib belongs to": ("analysis/planted.py", "import matplotlib"),
    "Office formats belong to": ("charts/planted.py", "import xlsxwriter"),
    "The notebook's machinery belongs to": ("out/planted.py", "from IPython import display"),
    "The screen's words belong to": ("run/planted_too.py", "from click import echo"),
}


def lint_imports(folder: Path) -> subprocess.CompletedProcess[str]:
    """Check the contracts of `pyproject.toml` on the copy of the package in `folder`."""
    program = "from importlinter.cli import lint_imports_command; lint_imports_command()"
    return subprocess.run(
        [sys.executable, "-c", program, "--no-cache"],
        cwd=folder,
        env=dict(os.environ, PYTHONPATH=str(folder), COLUMNS="200"),
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    shutil.copytree(ROOT / "policy_lab", tmp_path / "policy_lab", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def test_contracts_hold(copy: Path) -> None:
    report = lint_imports(copy)
    assert report.returncode == 0, report.stdout + report.stderr
    assert report.stdout.count("KEPT") == len(FORBIDDEN)


def test_contracts_break_on_planted_imports(copy: Path) -> None:
    """Each contract can fail: one forbidden import for each, one of them hidden in a function."""
    for file, text in FORBIDDEN.values():
        (copy / "policy_lab" / file).write_text(text, encoding="utf-8")
    report = lint_imports(copy)
    assert report.returncode == 1, report.stdout + report.stderr
    for contract in FORBIDDEN:
        assert any(line.startswith(contract) and "BROKEN" in line for line in report.stdout.splitlines()), contract


def test_import_is_light() -> None:
    """`import policy_lab` loads none of the heavy packages, so that every command starts at once."""
    heavy = ["pysd", "pandas", "scipy", "matplotlib", "pyarrow", "xarray", "llvmlite", "pint"]
    program = f"import sys, policy_lab; print([name for name in {heavy} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
