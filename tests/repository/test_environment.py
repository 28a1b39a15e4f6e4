"""pip, the constraints and conda name the same packages, and the tested releases satisfy all three."""

from __future__ import annotations

import re
import tomllib
from importlib import metadata
from pathlib import Path

import pytest
import rattler
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from ruamel.yaml import YAML

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
ENVIRONMENT = YAML(typ="safe").load((ROOT / "environment.yml").read_text(encoding="utf-8"))

# Where conda-forge has another name for the same thing. `matplotlib-base` leaves the desktop toolkits out.
CONDA_NAMES = {
    "build": "python-build",
    "dask": "dask-core",
    "duckdb": "python-duckdb",
    "ema-workbench": "ema_workbench",
    "matplotlib": "matplotlib-base",
    "playwright": "playwright-python",
    "ruamel-yaml": "ruamel.yaml",
}
ONLY_CONDA = {"python", "pip"}


def requirements() -> dict[str, Requirement]:
    lines = list(PROJECT["project"]["dependencies"])
    for extra in PROJECT["project"]["optional-dependencies"].values():
        lines.extend(extra)
    return {canonicalize_name(line.name): line for line in map(Requirement, lines)}


def constraints() -> dict[str, str]:
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pairs = (line.split("==") for line in lines if line and not line.startswith("#"))
    return {canonicalize_name(name): version for name, version in pairs}


def conda_lines() -> list[str]:
    return [line for line in ENVIRONMENT["dependencies"] if isinstance(line, str)]


def conda_specifications() -> dict[str, rattler.MatchSpec]:
    specifications = [rattler.MatchSpec(line, strict=True) for line in conda_lines()]
    return {specification.name.normalized: specification for specification in specifications}


def is_satisfied(specification: rattler.MatchSpec, version: str) -> bool:
    name = specification.name.normalized
    build = rattler.BuildString("0")
    record = rattler.PackageRecord(name=name, version=version, build=build, build_number=0, subdir="noarch")
    return specification.matches(record)


def test_constraints_hold_versions_only() -> None:
    for line in (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines():
        assert line.startswith("#") or re.fullmatch(r"[A-Za-z0-9._-]+==[0-9][0-9a-z.]*", line), line


def test_constraints_satisfy_every_requirement() -> None:
    pinned = constraints()
    for name, requirement in requirements().items():
        assert name in pinned, f"{name} is not in constraints.txt"
        assert requirement.specifier.contains(pinned[name]), f"{requirement} against {pinned[name]}"


def test_requirements_agree_between_extras() -> None:
    groups = [PROJECT["project"]["dependencies"], *PROJECT["project"]["optional-dependencies"].values()]
    asked: dict[str, set[str]] = {}
    for line in (Requirement(text) for group in groups for text in group):
        asked.setdefault(canonicalize_name(line.name), set()).add(str(line.specifier))
    assert not {name: specifiers for name, specifiers in asked.items() if len(specifiers) > 1}


def test_this_environment_is_the_tested_one() -> None:
    """What the tests run with is what the constraints say, package by package."""
    pinned = constraints()
    installed = {canonicalize_name(item.metadata["Name"]): item.version for item in metadata.distributions()}
    shared = pinned.keys() & installed.keys()
    assert {name: installed[name] for name in shared} == {name: pinned[name] for name in shared}
    assert not requirements().keys() - installed.keys()


@pytest.mark.parametrize("line", conda_lines())
def test_conda_line_is_a_match_specification(line: str) -> None:
    specification = rattler.MatchSpec(line, strict=True)
    assert specification.name is not None


@pytest.mark.parametrize("line", ["numpy 2.4.x.*.*", "numpy >=2,<", "numpy [version"])
def test_bad_conda_line_is_seen(line: str) -> None:
    with pytest.raises(Exception, match=r"."):  # rattler raises its own kinds
        rattler.MatchSpec(line, strict=True)


def test_conda_names_the_same_packages() -> None:
    expected = {CONDA_NAMES.get(name, name) for name in requirements()}
    assert conda_specifications().keys() - ONLY_CONDA == expected


def test_conda_asks_for_the_tested_releases() -> None:
    specifications, pinned = conda_specifications(), constraints()
    for name in requirements():
        specification = specifications[CONDA_NAMES.get(name, name)]
        assert is_satisfied(specification, pinned[name]), f"{specification} against {pinned[name]}"
        assert not is_satisfied(specification, "0.0.1"), specification
    assert is_satisfied(specifications["python"], "3.11.7")
    assert not is_satisfied(specifications["python"], "3.10.14")


def test_pip_part_of_the_conda_file_installs_this_folder() -> None:
    (pip_part,) = [line for line in ENVIRONMENT["dependencies"] if isinstance(line, dict)]
    assert pip_part == {"pip": ["--editable ."]}
    assert ENVIRONMENT["channels"] == ["conda-forge"]
