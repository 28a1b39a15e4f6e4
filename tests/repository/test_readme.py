"""What the front page shows can be done: its Python runs, its commands exist, its links lead somewhere."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "data").glob("*.md"), *(ROOT / "models").rglob("*.md")])
README = (ROOT / "README.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", README, flags=re.DOTALL)


def test_python_of_the_readme_runs(tmp_path: Path) -> None:
    (program,) = blocks("python")
    (tmp_path / "readme.py").write_text(program, encoding="utf-8")
    done = subprocess.run([sys.executable, "readme.py"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "macpt-2026" in done.stdout
    made = {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*") if path.is_file()}
    assert {"results/first/risk.csv", "results/first/manifest.json"} <= made, made


def test_make_targets_of_the_pages_exist() -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), flags=re.MULTILINE))
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        asked = set(re.findall(r"(?:^|`)make ([a-z]+)", text, flags=re.MULTILINE))
        assert asked <= targets, (page.name, asked - targets)


def test_commands_of_the_readme_exist() -> None:
    names = set(re.findall(r"policy-lab ([a-z]+)", README))
    assert {"compare", "run", "describe", "list"} <= names
    for name in sorted(names):
        command = [sys.executable, "-c", "from policy_lab.cli import main; main()", name, "--help"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_links_lead_somewhere(page: Path) -> None:
    links = re.findall(r"\]\(([^)#]+)\)", page.read_text(encoding="utf-8"))
    gone = [link for link in links if "://" not in link and not (page.parent / link.split("#")[0]).exists()]
    assert not gone


def test_folders_of_the_map_exist() -> None:
    named = set(re.findall(r"^\| `([a-z_]+)/` \|", README, flags=re.MULTILINE)) - {"results"}
    assert not [folder for folder in named if not (ROOT / folder).is_dir()]
    there = {path.name for path in ROOT.iterdir() if path.is_dir() and not path.name.startswith((".", "_"))}
    made_by_tools = {"results", "build", "dist"}
    assert there - named - made_by_tools == set()
