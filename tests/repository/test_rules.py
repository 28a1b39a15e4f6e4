"""The rules of the house that no linter knows, read from the files themselves."""

from __future__ import annotations

import ast
import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "policy_lab"
MODULES = sorted(PACKAGE.rglob("*.py"))

# Taken apart, so that this file does not find itself.
WORDS = ("safe" + "guarding", "social work", "child prot" + "ection", "ls" + "cb", "ma" + "sa", "mac" + "pt")
SUBJECT = re.compile("|".join(WORDS), re.IGNORECASE)
UNFINISHED = re.compile(r"\b(" + "|".join(("TO" + "DO", "FIX" + "ME", "XX" + "X", "NotImplemented" + "Error")) + r")\b")
REGISTRY = re.compile(r"py" + r"pi\.org|python" + r"hosted\.org|registry\." + r"npmjs|ana" + r"conda\.(?:org|com)")
DANGEROUS_CALLS = {"eval", "exec", "compile", "__import__", "breakpoint"}
DANGEROUS_MODULES = {"pickle", "dill", "cloudpickle", "shelve", "marshal", "joblib"}


def tracked() -> list[Path]:
    """Every file that git knows or would take."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, check=False)
    if listed.returncode:
        pytest.skip("not a git checkout")
    paths = [ROOT / name for name in listed.stdout.decode().split("\0") if name]
    return [path for path in paths if path.is_file()]


def found(pattern: re.Pattern[str], paths: list[Path]) -> list[str]:
    """Each line that the pattern finds, with its place."""
    return [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()[:100]}"
        for path in paths
        for number, line in enumerate(path.read_text(encoding="utf-8", errors="replace").splitlines(), start=1)
        if pattern.search(line)
    ]


def calls_and_imports(tree: ast.Module) -> Iterator[tuple[int, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in DANGEROUS_CALLS:
            yield node.lineno, node.func.id
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [node.module or ""]
        yield from ((node.lineno, name) for name in names if name.split(".")[0] in DANGEROUS_MODULES)


def test_package_does_not_know_the_flagship() -> None:
    assert not found(SUBJECT, MODULES)


def test_nothing_is_marked_unfinished() -> None:
    code = {".py", ".yaml", ".yml", ".toml", ".mdl"}
    assert not found(UNFINISHED, [path for path in tracked() if path.suffix in code])


def test_no_file_names_a_registry() -> None:
    text = {".py", ".md", ".toml", ".txt", ".yml", ".yaml", ".cfg", ".ipynb", ".json", ""}
    assert not found(REGISTRY, [path for path in tracked() if path.suffix in text])


def test_package_runs_no_text_as_code() -> None:
    hits = [
        f"{path.relative_to(ROOT)}:{line} {name}"
        for path in MODULES
        for line, name in calls_and_imports(ast.parse(path.read_text(encoding="utf-8")))
    ]
    assert not hits


@pytest.mark.parametrize("text", ["eval('1')", "import pickle", "from shelve import open as keep", "exec(x)"])
def test_dangerous_code_would_be_seen(text: str) -> None:
    assert list(calls_and_imports(ast.parse(text)))


def test_rooms_stay_liveable() -> None:
    too_long = [
        f"{path.relative_to(ROOT)}: {lines} lines"
        for path in MODULES
        if (lines := len(path.read_text(encoding="utf-8").splitlines())) > 450
    ]
    for path in MODULES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and (node.end_lineno or 0) - node.lineno > 70:
                too_long.append(f"{path.relative_to(ROOT)}:{node.lineno} {node.name}")
    assert not too_long


def test_no_module_keeps_mutable_state_by_global() -> None:
    hits = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in MODULES
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Global)
    ]
    assert not hits


def test_nothing_reads_outside_the_checkout() -> None:
    """Nothing at run time or in tests depends on a folder beside the repository."""
    outside = re.compile(r"\.\./sha" + r"red|/wo" + r"rk/")
    read_by_us = {".py", ".yaml", ".toml", ".csv", ".ipynb"}
    assert not found(outside, [path for path in tracked() if path.suffix in read_by_us])


def test_notebooks_carry_no_outputs() -> None:
    for path in (ROOT / "notebooks").glob("*.ipynb"):
        cells = [cell for cell in json.loads(path.read_text(encoding="utf-8"))["cells"] if cell["cell_type"] == "code"]
        assert cells, path.name
        assert not any(cell["outputs"] or cell["execution_count"] for cell in cells), path.name


def test_files_are_small() -> None:
    assert not [path.relative_to(ROOT) for path in tracked() if path.stat().st_size > 3_000_000]


def test_models_and_data_hold_no_python() -> None:
    assert not [path for folder in ("models", "data") for path in (ROOT / folder).rglob("*.py")]
