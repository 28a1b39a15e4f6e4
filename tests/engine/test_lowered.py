"""Lowered models kept as JSON: the same numbers to the bit, and a harmed file is made anew."""

from __future__ import annotations

import hashlib
import json
import os
import stat
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import policy_lab as pl
from policy_lab.engine.lowered import from_json, lowered_kept, to_json
from policy_lab.engine.lowering import lower
from policy_lab.model import Kind, Model, read_kept, read_model

MODELS = Path(__file__).parent / "models"
BENCH = Path(__file__).parents[2] / "benchmarks" / "bench.mdl"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("POLICY_LAB_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def programs(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.program.json"))


@pytest.mark.parametrize("path", [BENCH, *sorted(MODELS.glob("*.mdl"))], ids=lambda path: path.name)
def test_first_and_second_start_give_the_same_bits_as_no_cache_at_all(path: Path, folder: Path) -> None:
    final = read_model(path).time.initial + 40
    plain = pl.compile(read_model(path))
    assert programs(folder) == []
    runs = [compiled.run(final_time=final) for compiled in (plain, pl.compile(path), pl.compile(path))]
    assert len(programs(folder)) == 1
    for name in runs[0].values:
        first = runs[0][name].tobytes()
        assert [one[name].tobytes() for one in runs[1:]] == [first, first], name
    assert {name: str(one.default) for name, one in plain.inputs.items()} == {
        name: str(one.default) for name, one in pl.compile(path).inputs.items()
    }


def test_a_lowered_model_comes_back(written: Callable[..., Model]) -> None:
    lowered = lower(written("Place: a, b", "c[Place] = 1, 2", "x = DELAY N(Time, 3, 0, order)", "order = 2"))
    again = from_json(to_json(lowered))
    assert str(again.program) == str(lowered.program)  # a NaN is never equal
    assert again.structural == lowered.structural == {"order"}
    assert {name: value.tolist() for name, value in again.defaults.items()} == {"c": [1, 2], "order": 2}
    assert to_json(again) == to_json(lowered)


def test_freed_variables_and_series_have_programs_of_their_own(folder: Path, written: Callable[..., Model]) -> None:
    path = written("a = 2", "b = a * Time", "Stock = INTEG(b, 1)").path
    whole, freed, followed = (pl.compile(path, **named) for named in ({}, {"free": ["b"]}, {"series": ["b"]}))
    assert len(programs(folder)) == 3
    assert whole.run()["Stock"][0, -1] > 1
    assert freed.run({"b": 0.5})["Stock"][0, -1] == 6
    assert followed.run(series={"b": ([0, 10], [1, 1])})["Stock"][0, -1] == 11


def test_a_model_that_was_changed_in_memory_is_lowered_anew(folder: Path, written: Callable[..., Model]) -> None:
    model = read_kept(written("a = 2", "b = a * Time").path)
    lowered_kept(model)
    halved = replace(model, time=replace(model.time, step=model.time.step / 2))
    assert model.kept_as
    assert not halved.kept_as
    assert lowered_kept(halved).program == lowered_kept(model).program
    assert len(programs(folder)) == 1


@pytest.mark.parametrize("harm", ["cut", "foreign", "forged", "program of nothing"])
def test_a_kept_program_that_is_harmed_is_made_anew(harm: str, folder: Path, written: Callable[..., Model]) -> None:
    path = written("Place: a, b", "c[Place] = 1, 2", "Stock[Place] = INTEG(c[Place], 0)").path
    expected = pl.compile(path).run()["Stock"].tolist()
    (kept,) = programs(folder)
    whole = kept.read_bytes()
    content = json.loads(whole.partition(b"\n")[2])
    content["program"]["equations"]["indexes"] = [[["Place", 500_000, 2]]]  # far beyond every cell
    texts = {"foreign": b"[1, 2]", "forged": json.dumps(content).encode(), "program of nothing": b'{"form": 1}'}
    signed = {name: hashlib.sha256(text).hexdigest().encode() + b"\n" + text for name, text in texts.items()}
    kept.write_bytes({"cut": whole[:-9], **signed}[harm])
    assert pl.compile(path).run()["Stock"].tolist() == expected
    assert kept.read_bytes() == whole


def test_a_folder_that_is_read_only_costs_only_time(folder: Path, written: Callable[..., Model]) -> None:
    path = written("x = Time").path
    folder.mkdir()
    folder.chmod(stat.S_IRUSR | stat.S_IXUSR)
    try:
        assert pl.compile(path).run()["x"][0, -1] == 10
    finally:
        folder.chmod(stat.S_IRWXU)


START = """
import sys
import policy_lab as pl
compiled = pl.compile(sys.argv[1])
series = compiled.run(outputs=sys.argv[2].split(";"))
print(hash(tuple(series[name].tobytes() for name in series.values)))
print(repr(compiled))
print(*sorted(sys.modules))
"""
UNNEEDED = (
    *("pysd", "xarray", "pandas", "scipy", "pint", "pydantic", "ruamel", "matplotlib", "lxml", "parsimonious", "click"),
    *("policy_lab.model.translation", "policy_lab.model.expression", "policy_lab.engine.lowering"),
    *("policy_lab.engine.llvm_nodes", "policy_lab.study", "numpy.ma", "importlib.metadata", "concurrent.futures"),
)


def test_a_second_start_reads_translates_lowers_and_writes_nothing(folder: Path) -> None:
    names = ";".join(name for name, one in read_model(BENCH).variables.items() if one.kind is Kind.STOCK)
    command = [sys.executable, "-c", START, str(BENCH), names]
    environment = dict(os.environ, PYTHONHASHSEED="0")
    said = [
        subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout.splitlines()
        for _ in range(2)
    ]
    assert said[0][:2] == said[1][:2]
    first, second = (set(one[2].split()) for one in said)
    assert {"pysd", "policy_lab.engine.lowering"} <= first
    assert second & set(UNNEEDED) == set()


def test_two_first_starts_at_once_leave_whole_files(folder: Path) -> None:
    command = [sys.executable, "-c", START, str(MODELS / "smooths.mdl"), "Time Step"]
    both = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=dict(os.environ)) for _ in range(2)]
    assert [one.wait() for one in both] == [0, 0]
    assert len(programs(folder)) == 1
    assert not list(folder.glob("*.part"))
    again = pl.compile(MODELS / "smooths.mdl")
    assert np.array_equal(again.run().time, pl.compile(read_model(MODELS / "smooths.mdl")).run().time)
