"""Models kept as JSON: the same model comes back, and a file that is not whole counts as none."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from policy_lab.errors import InputError
from policy_lab.model import read_model
from policy_lab.model.dimensions import check_units
from policy_lab.model.kept import from_json, read_kept, to_json
from policy_lab.model.unit_report import unit_report
from policy_lab.provenance import bundled

MODELS = sorted([*bundled("models").rglob("*.mdl"), *(Path(__file__).parents[1] / "engine" / "models").glob("*.*")])
TANK = "{UTF-8}\nTank = INTEG(1 - Tank, 4)\n~ m\n~\n|\n" + "".join(
    f"{name} = {value}\n~\n~\n|\n"
    for name, value in {"INITIAL TIME": 0, "FINAL TIME": 2, "TIME STEP": 0.5, "SAVEPER": 1}.items()
)


@pytest.fixture
def cache(tmp_path: Path) -> Iterator[Path]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("POLICY_LAB_CACHE", str(tmp_path / "cache"))
        yield tmp_path / "cache"


@pytest.fixture
def tank(tmp_path: Path) -> Path:
    path = tmp_path / "model" / "tank.mdl"
    path.parent.mkdir()
    path.write_text(TANK, encoding="utf-8")
    return path


@pytest.mark.parametrize("path", MODELS, ids=lambda path: path.name)
def test_a_model_comes_back_as_it_was(path: Path) -> None:
    model = read_model(path)
    again = from_json(to_json(model))
    assert again == model
    assert list(again.variables) == list(model.variables)
    assert to_json(again) == to_json(model)


def test_a_file_is_kept_once_and_nothing_is_written_beside_it(cache: Path, tank: Path) -> None:
    first = read_kept(tank)
    (kept,) = cache.iterdir()
    written = kept.stat().st_mtime_ns
    assert read_kept(tank) == first == read_model(tank)
    assert [one.stat().st_mtime_ns for one in cache.iterdir()] == [written]
    assert [one.name for one in tank.parent.iterdir()] == ["tank.mdl"]


def test_a_changed_file_is_read_anew(cache: Path, tank: Path) -> None:
    before = read_kept(tank)
    tank.write_text(TANK.replace("4)", "9)"), encoding="utf-8")
    after = read_kept(tank)
    assert after != before
    assert after == read_model(tank)
    assert len(list(cache.iterdir())) == 2


@pytest.mark.parametrize("harm", ["cut", "changed", "empty", "other", "binary"])
def test_a_kept_file_that_is_not_whole_is_written_anew(harm: str, cache: Path, tank: Path) -> None:
    model = read_kept(tank)
    (kept,) = cache.iterdir()
    whole = kept.read_bytes()
    harmed = {
        "cut": whole[:-20],
        "changed": whole.replace(b'"Tank"', b'"Tonk"'),
        "empty": b"",
        "other": b'{"is": "Path", "of": "/"}',
        "binary": bytes(range(256)),
    }[harm]
    kept.write_bytes(harmed)
    assert read_kept(tank) == model
    assert kept.read_bytes() == whole


def test_text_of_another_kind_is_refused() -> None:
    for text in ('{"is":"Path","of":"/"}', '{"is":"Popen","of":["ls"]}', "[]", "nonsense", '{"of":1}'):
        with pytest.raises((ValueError, TypeError, KeyError)):
            from_json(text)


def test_a_file_with_faults_is_not_kept(cache: Path, tank: Path) -> None:
    tank.write_text("{UTF-8}\nTank = INTEG(\n~\n~\n|\n", encoding="utf-8")
    for path in (tank, tank.parent / "nowhere.mdl"):
        for _ in range(2):
            with pytest.raises(InputError):
                read_kept(path)
    assert not cache.exists()


def test_a_cache_that_cannot_be_written_costs_only_time(cache: Path, tank: Path) -> None:
    cache.write_text("a file where a folder should be")
    assert read_kept(tank) == read_model(tank)


START = """
import sys
import policy_lab as pl
{work}
print([name for name in ("pysd", "xarray", "pandas", "scipy", "parsimonious") if name in sys.modules])
"""


@pytest.mark.parametrize(
    "work",
    [
        "pl.compile(sys.argv[1]).run()",
        "from policy_lab.cli import main; main(['run', sys.argv[1], '--out', sys.argv[2]], standalone_mode=False)",
    ],
    ids=["compile", "run"],
)
def test_a_second_start_needs_neither_translator_nor_tables(work: str, cache: Path, tank: Path) -> None:
    command = [sys.executable, "-c", START.format(work=work), str(tank), str(cache.parent / "out.csv")]
    said = [
        subprocess.run(
            command, env=dict(os.environ, POLICY_LAB_CACHE=str(cache)), capture_output=True, text=True, check=True
        ).stdout.strip()
        for _ in range(2)
    ]
    assert "pysd" in said[0]
    assert said[1] == "[]"


def test_a_report_on_units_is_worked_out_once(cache: Path, tank: Path) -> None:
    tank.write_text(
        TANK.replace("~ m\n", "~ m\n", 1).replace("1 - Tank", "1 - Rise") + "Rise = Tank + Time\n~ m\n~\n|\n"
    )
    model = read_kept(tank)
    report = unit_report(model)
    assert report == check_units(model)
    kept = [one for one in cache.iterdir() if one.name.endswith(".units.json")]
    assert len(kept) == 1
    assert unit_report(read_kept(tank)) == report
    kept[0].write_bytes(b"[]")
    assert unit_report(read_kept(tank)) == report
    assert unit_report(read_model(tank)) == report
