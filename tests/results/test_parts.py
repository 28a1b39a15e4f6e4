from __future__ import annotations

import datetime as dt
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.parquet as pq
import pytest

from policy_lab.results import Results
from policy_lab.results.parts import KEY_COLUMNS, Block, Clock, inputs_path, part_path, write_inputs, write_part

BLOCK = Block("random-north", "random", "north")


def written(results: Results, folder: Path, first: int = 0, **asked: object) -> Path:
    return write_part(
        results.outcomes,
        part_path(folder, BLOCK, first),
        block=BLOCK,
        designs=results.designs,
        time=results.time,
        clock=Clock.of(results.plan),
        first_world=first,
        **asked,  # type: ignore[arg-type]
    )


def test_a_part_holds_every_number_with_its_keys_and_units(results: Results, tmp_path: Path) -> None:
    path = written(results, tmp_path, first=40)
    assert path.relative_to(tmp_path).as_posix() == "parts/random-north-000040.parquet"
    table = pq.read_table(path)
    assert table.column_names[:8] == [*KEY_COLUMNS, "Fish stock"]
    assert table.num_rows == 3 * 3 * 2 * 4
    for row in table.to_pylist()[::5]:
        assert (row["scenario"], row["area"], row["setting"]) == ("random", "north", "")
        place = (results.designs.index(row["design"]), row["world"] - 40, row["future"], int(row["time"]))
        assert np.array_equal(row["Fleet[west]"], results["Fleet"].values[place][2], equal_nan=True)
    assert table.schema.field("Fleet[west]").metadata == {b"unit": b"boat"}
    assert table.schema.field("time").metadata == {b"unit": b"Month", b"start": b"2026-01-01"}
    assert json.loads(table.schema.metadata[b"block"])["area"] == "north"
    assert json.loads(table.schema.metadata[b"cases"]) == {
        "designs": ["open-access", "co-management", "catch-quota"],
        "first_world": 40,
        "worlds": 3,
        "futures": 2,
        "times": [0.0, 1.0, 2.0, 3.0],
    }


def test_single_precision_rounds_each_number_and_nothing_else(results: Results, tmp_path: Path) -> None:
    table = pq.read_table(written(results, tmp_path, precision="float32"))
    assert table.schema.field("Fish stock").type == pa.float32()
    assert table.schema.field("time").type == pa.float64()
    assert np.array_equal(
        table.column("Fish stock").to_numpy(), results["Fish stock"].values.astype("f4").ravel(), equal_nan=True
    )


def test_the_same_numbers_give_the_same_bytes(results: Results, tmp_path: Path) -> None:
    assert written(results, tmp_path / "a").read_bytes() == written(results, tmp_path / "b").read_bytes()


def test_parts_read_as_one_table(results: Results, tmp_path: Path) -> None:
    written(results, tmp_path)
    written(results, tmp_path, first=3)
    whole = ds.dataset(tmp_path / "parts")
    assert whole.count_rows(filter=(ds.field("design") == "catch-quota") & (ds.field("world") == 5)) == 2 * 4


def test_inputs_keep_levers_and_uncertainties_apart(results: Results, tmp_path: Path) -> None:
    plan = results.plan
    worlds = {**plan.world_inputs(), "Reference fish stock": np.array([1.0, 2.0, 3.0])}
    path = write_inputs(plan, worlds, inputs_path(tmp_path, BLOCK), block=BLOCK)
    table = pq.read_table(path)
    names = table.column_names
    assert names[:5] == ["scenario", "area", "setting", "design", "world"]
    assert all(name.startswith(("lever: ", "uncertainty: ")) for name in names[5:])
    assert table.column("design").to_pylist() == [name for name in plan.designs for _ in range(3)]
    assert table.column("uncertainty: Reference fish stock").to_pylist() == [1.0, 2.0, 3.0] * 3
    assert np.array_equal(table.column("lever: quota").to_numpy(), plan.lever_scores()["quota"].ravel())
    assert np.array_equal(
        table.column("uncertainty: Weight of motive[deterrence]").to_numpy()[:3], worlds["Weight of motive"][:, 1]
    )
    change = plan.design_inputs("co-management")["Disruption of change"]
    assert np.array_equal(table.column("lever: Disruption of change").to_numpy()[3:6], change)
    settled = write_inputs(replace(plan, start="settled"), worlds, tmp_path / "settled.parquet", block=BLOCK)
    assert "lever: Disruption of change" not in pq.read_schema(settled).names


def test_the_clock_is_that_of_the_study(results: Results) -> None:
    assert Clock.of(results.plan) == Clock(dt.date(2026, 1, 1), "Month")


def test_a_stopped_part_leaves_nothing(results: Results, tmp_path: Path) -> None:
    broken = {key: replace(one, values=one.values[:2]) for key, one in results.outcomes.items()}
    with pytest.raises(IndexError):
        write_part(
            broken,
            tmp_path / "part.parquet",
            block=BLOCK,
            designs=results.designs,
            time=results.time,
            clock=Clock.of(results.plan),
            first_world=0,
        )
    assert list(tmp_path.iterdir()) == []
