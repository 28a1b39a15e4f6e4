from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from policy_lab.analysis.risk import pairwise, risk
from policy_lab.errors import InputError
from policy_lab.out.run_rows import Wanted, tidy_rows
from policy_lab.results import Results, write_runs
from policy_lab.results import difference as case_by_case
from policy_lab.results.labelled import axis_name, paired_difference, to_xarray
from policy_lab.results.opening import open_batch
from policy_lab.results.parts import Block, Clock, part_path, write_part
from policy_lab.results.stored import StoredRuns
from tests.results.batch import PLAN, write_batch

Written = dict[str, dict[str, np.ndarray]]


@pytest.fixture(scope="module")
def batch(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Written]:
    folder = tmp_path_factory.mktemp("stored") / "batch"
    return folder, write_batch(folder)


@pytest.fixture(scope="module")
def stored(batch: tuple[Path, Written]) -> StoredRuns:
    return open_batch(batch[0])


@pytest.fixture
def copied(batch: tuple[Path, Written], tmp_path: Path) -> Path:
    return Path(shutil.copytree(batch[0], tmp_path / "copy"))


def test_what_is_there_is_known_without_reading_the_runs(stored: StoredRuns) -> None:
    assert stored.designs == ("open-access", "co-management", "catch-quota")
    assert (stored.scenarios, stored.areas, stored.settings) == (("random", "calm"), (), ("as-is", "strict"))
    assert [block.name for block in stored.blocks] == ["random_as-is", "random_strict", "calm_as-is", "calm_strict"]
    assert (stored.worlds, stored.futures, stored.cases) == (5, 2, 3 * 2 * 2 * 5 * 2)
    assert np.array_equal(stored.time, np.arange(25.0))
    assert stored.outcomes["Fleet"].columns == ["Fleet[north]", "Fleet[south]", "Fleet[west]"]
    assert stored.outcomes["Fleet"].unit == "boat"
    assert stored.manifest["subject"] == "A shared fishery"
    assert stored.warnings == ()
    assert "3 designs × 2 scenarios × 2 settings × 5 worlds × 2 futures = 120 runs" in repr(stored)
    assert "1 failed cases" in repr(stored)


def test_a_selection_has_every_number_in_its_place(batch: tuple[Path, Written], stored: StoredRuns) -> None:
    found = stored.select(outcome=["Fleet", "Trust"])
    assert found["Fleet"].dims == (
        "scenario",
        "setting",
        "design",
        "world",
        "future",
        "time",
        "Community",
    )
    for block in stored.blocks:
        here = found.sel(scenario=block.scenario, setting=block.setting)
        for name in ("Fleet", "Trust"):
            assert np.array_equal(here[name].values, batch[1][block.name][name], equal_nan=True)
    assert found["Fleet"].attrs == {"units": "boat", "long_name": "Fleet"}
    assert found["time"].attrs == {"units": "Month"}
    assert str(found["date"].values[3])[:10] == "2026-04-01"
    assert list(found["Community"].values) == ["north", "south", "west"]


CHOICES = st.fixed_dictionaries(
    {
        "design": st.lists(st.sampled_from(["open-access", "co-management", "catch-quota"]), min_size=1, unique=True),
        "scenario": st.lists(st.sampled_from(["random", "calm"]), min_size=1, unique=True),
        "world": st.lists(st.integers(0, 4), min_size=1, unique=True),
        "future": st.lists(st.integers(0, 1), min_size=1, unique=True),
        "time": st.lists(st.integers(0, 24), min_size=1, unique=True),
    }
)


@given(CHOICES)
def test_any_selection_is_the_same_as_one_of_the_whole(
    batch: tuple[Path, Written], stored: StoredRuns, choice: dict[str, list[str] | list[int]]
) -> None:
    part = stored.select(outcome="Compliance", setting="strict", **choice)  # type: ignore[arg-type]
    whole = np.stack([batch[1][f"{scenario}_strict"]["Compliance"] for scenario in ("random", "calm")])
    known = {"design": stored.designs, "scenario": stored.scenarios}
    place = {
        axis: [known[axis].index(one) if axis in known else one for one in chosen] for axis, chosen in choice.items()
    }  # type: ignore[arg-type, index]
    expected = whole[np.ix_(place["scenario"], place["design"], place["world"], place["future"], place["time"])]
    assert np.array_equal(part["Compliance"].values[:, 0], expected, equal_nan=True)
    for axis, chosen in choice.items():
        assert list(part[axis].values) == chosen


def test_numbers_slices_and_ends_of_time(stored: StoredRuns) -> None:
    found = stored.select(outcome="Intent", design="catch-quota", scenario="calm", world=3, time=slice(3, 6))
    assert found.sizes == {"scenario": 1, "setting": 2, "design": 1, "world": 1, "future": 2, "time": 4}
    assert stored.select(outcome="Intent", world=slice(0, 2), time=6.0).sizes["world"] == 2


def test_only_what_is_chosen_is_held(stored: StoredRuns) -> None:
    small = stored.select(outcome="Intent", design="catch-quota", world=0, time=0.0)
    assert small.nbytes < 1000


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"design": "catch-qouta"}, "catch-quota"),
        ({"scenario": ["calm", "randm"]}, "random"),
        ({"setting": "srict"}, "strict"),
        ({"outcome": "Fleat"}, "Fleet"),
        ({"area": "own"}, "There are none"),
        ({"world": 5}, "There are 0 to 4"),
        ({"future": [0, -1]}, "no future -1"),
        ({"time": 0.5}, "time 0.5 was not saved"),
        ({"time": slice(30, 40)}, "no saved time"),
        ({"design": []}, "no design is asked for"),
    ],
)
def test_what_is_not_there_is_answered_with_the_nearest(
    stored: StoredRuns, asked: dict[str, object], said: str
) -> None:
    with pytest.raises(InputError, match=said):
        stored.select(**asked)  # type: ignore[arg-type]


def test_a_block_is_results_that_every_table_takes(batch: tuple[Path, Written], stored: StoredRuns) -> None:
    results = stored.results("random_strict")
    assert isinstance(results, Results)
    assert results.plan.scenario == "random"
    assert results.plan.spoken_settings() == {"Patrol protection": 0.8}
    assert [(case.design, case.world, case.future) for case in results.failures] == [("co-management", 3, 1)]
    for name, values in batch[1]["random_strict"].items():
        assert np.array_equal(results[name].values, values, equal_nan=True)
    assert results.worlds["Reference fish stock"].tolist() == [5000.0, 5001.0, 5002.0, 5003.0, 5004.0]
    drawn = results.plan.world_inputs()
    assert set(results.worlds) == {*drawn, "Reference fish stock"}
    for name, values in drawn.items():
        assert np.array_equal(results.worlds[name], values) or name == "Reference fish stock"
    table = risk(results)
    measure = batch[1]["random_strict"]["Stock against the reference"][0] < 0.5
    fell = [[any(all(one[at : at + 6]) for at in range(20)) for one in world] for world in measure]
    assert table["risk"][0] == pytest.approx(np.mean(fell))
    assert table["failed_cases"].tolist() == [0, 1, 0]
    assert len(pairwise(results)) == 3


def test_a_block_can_be_held_in_part(batch: tuple[Path, Written], stored: StoredRuns) -> None:
    some = stored.results("random_strict", design=["catch-quota", "open-access"], outcome="Intent")
    assert (some.designs, list(some.outcomes), some.failures) == (("catch-quota", "open-access"), ["Intent"], ())
    assert np.array_equal(some["Intent"].values, batch[1]["random_strict"]["Intent"][[2, 0]])
    assert np.array_equal(some.levers["quota"], some.plan.lever_scores()["quota"])
    assert stored.results("random_strict", design="co-management").failures[0].world == 3


def test_a_block_has_to_be_named_where_there_are_several(stored: StoredRuns) -> None:
    with pytest.raises(InputError, match="which block"):
        stored.results()
    with pytest.raises(InputError, match="random_as-is"):
        stored.results("random_asis")


def test_a_paired_difference_is_taken_case_by_case(stored: StoredRuns) -> None:
    results = stored.results("calm_as-is")
    gap = paired_difference(to_xarray(results), "catch-quota", "open-access")
    expected = case_by_case(results, "catch-quota", "open-access", "Fleet").values[0]
    assert np.array_equal(gap["Fleet"].values, expected)
    assert gap["Fleet"].attrs["units"] == "boat"
    assert "design" not in gap.dims
    assert gap.attrs["difference"] == "catch-quota minus open-access, on the same draws"
    with pytest.raises(InputError, match="open-access"):
        paired_difference(to_xarray(results), "catch-quota", "open-acces")


def test_duckdb_reads_the_parts_as_one_table(
    batch: tuple[Path, Written], stored: StoredRuns, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(batch[0])
    query = """
        select design, scenario, setting, avg("Fish stock") as mean
        from 'parts/*.parquet' where time >= 12 group by all order by all
    """
    rows = duckdb.sql(query).fetchall()
    assert len(rows) == 3 * 2 * 2
    for design, scenario, setting, mean in rows:
        values = batch[1][f"{scenario}_{setting}"]["Fish stock"][stored.designs.index(design), ..., 12:]
        if not np.isnan(values).any():
            assert mean == pytest.approx(values.mean())


def test_places_are_asked_for_by_key_and_the_study_s_own_start_by_that_word(results: Results, tmp_path: Path) -> None:
    for area, shift in (("", 0.0), ("north", 10.0)):
        block = Block(f"random_{area}", "random", area)
        moved = {name: replace(one, values=one.values + shift) for name, one in results.outcomes.items()}
        write_part(
            moved,
            part_path(tmp_path, block, 0),
            block=block,
            designs=results.designs,
            time=results.time,
            clock=Clock.of(results.plan),
            first_world=0,
        )
    stored = open_batch(tmp_path)
    assert stored.areas == ("", "north")
    found = stored.select(outcome="Fish stock")["Fish stock"]
    assert found["area"].values.tolist() == ["own", "north"]
    gap = found.sel(area="north") - found.sel(area="own")
    assert np.nanmax(np.abs(gap.values - 10)) < 1e-12
    own = stored.select(area="own", outcome="Fish stock")["Fish stock"]
    assert np.array_equal(own.values[0, 0], results["Fish stock"].values, equal_nan=True)
    wanted = Wanted(stored, stored.choose(area=["north", "own"], outcome="Fish stock"))
    assert {row["area"] for batch in tidy_rows(wanted) for row in batch.to_pylist()} == {"own", "north"}


def test_single_precision_stays_single(tmp_path: Path) -> None:
    written = write_batch(tmp_path / "single", PLAN, "float32")
    found = open_batch(tmp_path / "single").select(outcome="Intent", scenario="calm", setting="strict")["Intent"]
    assert found.dtype == np.float32
    assert np.array_equal(found.values[0, 0], written["calm_strict"]["Intent"].astype("f4"))


def test_a_half_batch_opens_and_says_what_is_missing(copied: Path) -> None:
    (copied / "parts" / "calm_strict-000002.parquet").unlink()
    half = open_batch(copied)
    (problem,) = half.warnings
    assert "1 of 12 parts are missing: calm_strict-000002.parquet" in str(problem)
    assert "--resume" in str(problem)
    assert "missing" in repr(half)
    found = half.select(scenario="calm", setting="strict", outcome="Intent")["Intent"].values[0, 0]
    assert np.isnan(found[:, 2:4]).all()
    assert np.isfinite(found[:, [0, 1, 4]]).all()
    with pytest.raises(InputError, match="12 runs of `calm_strict` are missing"):
        half.results("calm_strict")
    assert half.results("random_as-is").failures == ()
    (copied / "manifest.json").unlink()
    assert "did not finish" in str(open_batch(copied).warnings[0])


def test_what_a_killed_run_leaves_is_not_read(copied: Path) -> None:
    (copied / "parts" / ".calm_strict-000006.parquet.123.partial").write_bytes(b"half")
    (copied / "parts" / ".hidden.parquet").write_bytes(b"half")
    assert open_batch(copied).warnings == ()


def test_foreign_files_are_refused_all_at_once(copied: Path) -> None:
    pq.write_table(pa.table({"a": [1]}), copied / "parts" / "mine.parquet")
    (copied / "parts" / "broken.parquet").write_bytes(b"PAR1 not really")
    with pytest.raises(InputError) as error:
        open_batch(copied)
    assert "mine.parquet: holds no runs of a batch" in str(error.value)
    assert "broken.parquet: cannot be read as Parquet" in str(error.value)


def test_parts_of_two_batches_do_not_mix(copied: Path, tmp_path: Path) -> None:
    write_batch(tmp_path / "other", PLAN.replace("horizon: 24", "horizon: 12"))
    shutil.copy(tmp_path / "other" / "parts" / "calm_as-is-000000.parquet", copied / "parts" / "zz.parquet")
    shutil.copy(copied / "parts" / "calm_as-is-000000.parquet", copied / "parts" / "again.parquet")
    with pytest.raises(InputError) as error:
        open_batch(copied)
    assert "zz.parquet: belongs to another batch" in str(error.value)
    assert "holds worlds that again.parquet holds too" in str(error.value)


def test_a_part_that_was_cut_is_noticed(copied: Path) -> None:
    path = copied / "parts" / "calm_as-is-000000.parquet"
    table = pq.read_table(path)
    pq.write_table(table.slice(0, table.num_rows - 1), path)
    with pytest.raises(InputError, match="holds 299 rows where 300 belong"):
        open_batch(copied)


def test_runs_of_another_model_are_not_mixed_with_today_s(copied: Path) -> None:
    about = json.loads((copied / "manifest.json").read_text(encoding="utf-8"))
    made_of = {"designs": "other", "study": "other"}  # words and bar may change: they are no part of a run
    other = {**about, "model_sha256": "other", "inputs_sha256": made_of}
    (copied / "manifest.json").write_text(json.dumps(other), encoding="utf-8")
    with pytest.raises(InputError) as error:
        open_batch(copied).results("calm_as-is")
    assert "the model of `fishery` changed since these runs were made" in str(error.value)
    assert "the designs of `fishery` changed" in str(error.value)
    assert "the study" not in str(error.value)


def test_without_plan_or_inputs_there_are_no_results(copied: Path) -> None:
    shutil.rmtree(copied / "inputs")
    with pytest.raises(InputError, match="the inputs of `calm_as-is` cannot be read"):
        open_batch(copied).results("calm_as-is")
    (copied / "plan.yaml").unlink()
    with pytest.raises(InputError, match="nothing beside these runs says of what plan"):
        open_batch(copied).results("calm_as-is")


def test_an_empty_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="holds no runs"):
        open_batch(tmp_path)
    with pytest.raises(InputError, match="holds no runs"):
        open_batch(tmp_path / "nothing")


def test_the_runs_of_a_comparison_open_too(results: Results, tmp_path: Path) -> None:
    path = write_runs(results, tmp_path / "runs.parquet")
    for given_path in (path, tmp_path):
        stored = open_batch(given_path)
        assert (stored.designs, stored.worlds, stored.futures) == (results.designs, 3, 2)
        found = stored.select(outcome="Motive strength", design="co-management", world=[2, 0])["Motive strength"]
        assert found.dims[-2:] == results["Motive strength"].dimensions
        assert np.array_equal(found.values[0, 0], results["Motive strength"].values[1, [2, 0]], equal_nan=True)
        with pytest.raises(InputError, match="nothing beside these runs says of what plan"):
            stored.results()


def test_more_than_the_memory_is_refused_before_it_is_taken(stored: StoredRuns) -> None:
    from policy_lab.results.reading import _empty

    with pytest.raises(InputError, match=r"needs 8000000\.0 GB of memory"):
        _empty({"Fleet": (10**12, 1000)}, "float64")


def test_a_dimension_never_hides_an_axis() -> None:
    assert axis_name("time") == "time (subscript)"
    assert axis_name("Community") == "Community"
