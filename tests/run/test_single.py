from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from policy_lab.errors import InputError
from policy_lab.model.types import Model
from policy_lab.run import run_model


def by_hand(steps: int, water: float, inflow: float = 2.0, stay: float = 4.0, step: float = 0.5) -> float:
    for _ in range(steps):
        water += step * (inflow - water / stay)
    return water


@pytest.mark.parametrize("engine", ["compiled", "numpy", "pysd"])
def test_each_engine_gives_what_is_worked_out_by_hand(tanks: Model, engine: str) -> None:
    series = run_model(tanks, engine=engine, outputs=["Water", "total"])  # type: ignore[arg-type]
    assert np.array_equal(series.time, np.arange(11.0))
    for minute in (0, 1, 10):
        expected = [by_hand(2 * minute, 1), by_hand(2 * minute, 5)]
        assert np.allclose(series["Water"][0, minute], expected, rtol=1e-12)
        assert series["total"][0, minute] == pytest.approx(sum(expected), rel=1e-12)


def test_settings_change_whole_constants_and_elements(tanks: Model) -> None:
    series = run_model(tanks, settings={"initial water[right]": 9.0, "INFLOW": 3.0}, outputs=["Water"])
    assert np.allclose(series["Water"][0, 10], [by_hand(20, 1, 3), by_hand(20, 9, 3)])


def test_time_settings_can_be_changed(tanks: Model) -> None:
    series = run_model(tanks.path, final_time=3, time_step=0.25, outputs=["Water[left]"])
    assert list(series.values) == ["Water"]
    assert len(series.time) == 4
    assert series["Water"][0, 3, 0] == pytest.approx(by_hand(12, 1, step=0.25))


def test_a_constant_can_be_given_over_time(tanks: Model, tmp_path: Path) -> None:
    table = tmp_path / "inflow.csv"
    table.write_text("time,anything\n0,2\n10,2\n", encoding="utf-8")
    steady = run_model(tanks, series={"inflow": table}, outputs=["Water"])
    assert np.allclose(steady["Water"], run_model(tanks, outputs=["Water"])["Water"])
    table.write_text("time,inflow\n0,0\n10,4\n", encoding="utf-8")
    rising = run_model(tanks, series={"inflow": table}, outputs=["Water"])
    assert not np.allclose(rising["Water"], steady["Water"])
    reference = run_model(tanks, engine="pysd", series={"inflow": table}, outputs=["Water"])
    np.testing.assert_allclose(reference["Water"], rising["Water"], rtol=1e-12)


def test_a_run_that_is_too_large_is_refused_before_it_starts(tanks: Model) -> None:
    with pytest.raises(InputError) as caught:
        run_model(tanks, final_time=1e10)
    assert "20,000,000,000 steps" in str(caught.value)
    with pytest.raises(InputError, match="numbers to keep"):
        run_model(tanks, final_time=1e7)
    assert len(run_model(tanks, final_time=50, unlimited=True, outputs=["total"]).time) == 51


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"settings": {"inflo": 1.0}}, "Did you mean `inflow`?"),
        ({"settings": {"total": 1.0}}, "only constants can be set"),
        ({"outputs": ["Watr"]}, "Did you mean `Water`?"),
        ({"engine": "fast"}, "no engine `fast`"),
        ({"series": {"inflow": "none.csv"}}, "cannot be read"),
        ({"time_step": 0.0}, "TIME STEP"),
    ],
)
def test_bad_requests_are_refused(tanks: Model, asked: dict[str, object], words: str) -> None:
    with pytest.raises(InputError) as caught:
        run_model(tanks, **asked)  # type: ignore[arg-type]
    assert words in str(caught.value)
