"""The built wheel works where there is no checkout: models and data travel inside it."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(ROOT)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A fresh virtual environment with the wheel in it.

    policy_lab comes from the wheel alone. Its dependencies are those of this environment, by a path file that does not
    pass on the editable installation (Python reads no `.pth` of a folder that a `.pth` names).
    """
    venv = tmp_path_factory.mktemp("fresh") / "venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(venv)], check=True)
    pip = [sys.executable, "-m", "pip", "--python", str(venv / "bin" / "python")]
    subprocess.run([*pip, "install", "--quiet", "--no-deps", "--no-index", str(wheel)], check=True)
    (site,) = (venv / "lib").glob("python*/site-packages")
    (site / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n", encoding="utf-8")
    return venv


def policy_lab(venv: Path, folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the installed command in an empty folder, with nothing of this checkout on the path."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    command = [str(venv / "bin" / "policy-lab"), *arguments]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


def test_wheel_carries_models_and_data(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    for folder in ("models", "data"):
        files = (path.relative_to(ROOT) for path in (ROOT / folder).rglob("*") if path.is_file())
        assert {f"policy_lab/_bundled/{file.as_posix()}" for file in files} <= set(names)
    assert "policy_lab/py.typed" in names
    assert "policy_lab/results/types.py" in names
    assert {"policy_lab/lab/front/screen.js", "policy_lab/lab/front/screen.css"} <= set(names)
    assert "policy_lab/lab/app/template/index.html.j2" in names
    assert not [name for name in names if name.startswith(("tests", "notebooks")) or name.endswith(".pyc")]


def test_installed_package_is_not_the_checkout(installed: Path, tmp_path: Path) -> None:
    program = "import policy_lab, sys; print(policy_lab.__file__); print(*sys.path, sep='\\n')"
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    done = subprocess.run(
        [str(installed / "bin" / "python"), "-c", program],
        cwd=tmp_path, env=environment, capture_output=True, text=True, check=True,
    )  # fmt: skip
    where, *path = done.stdout.split("\n")
    assert Path(where).is_relative_to(installed)
    assert str(ROOT) not in path


def test_list_and_compare_from_an_empty_folder(installed: Path, tmp_path: Path) -> None:
    listed = policy_lab(installed, tmp_path, "list")
    assert listed.returncode == 0, listed.stderr
    studies = [path.parent.name for path in (ROOT / "models").glob("*/study.yaml")]
    assert all(name in listed.stdout for name in studies)

    small = ("--worlds", "2", "--futures", "2", "--no-checks", "--out", "first")
    compared = policy_lab(installed, tmp_path, "compare", *small)
    assert compared.returncode == 0, compared.stderr
    with (tmp_path / "first" / "risk.csv").open(encoding="utf-8", newline="") as file:
        assert len({row["design"] for row in csv.DictReader(file)}) >= 2
    assert json.loads((tmp_path / "first" / "manifest.json").read_text(encoding="utf-8"))
    assert [path.name for path in tmp_path.iterdir()] == ["first"]
