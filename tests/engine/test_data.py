"""Data variables from tables beside a model: the same in every engine, and replaced where a run gives others."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import policy_lab as pl
from policy_lab.engine import compile_model
from policy_lab.engine.data import drawn, table_of
from policy_lab.engine.evaluate import read_table
from policy_lab.engine.language import language
from policy_lab.engine.numpy_backend import interpolated
from policy_lab.engine.reference import run_reference
from policy_lab.errors import InputError
from policy_lab.model import Model, read_model
from policy_lab.model import expression as ex

CONTROL = "\nINITIAL TIME = 0 ~~|\nFINAL TIME = 6 ~~|\nTIME STEP = 0.5 ~~|\nSAVEPER = 0.5 ~~|\n"
TABLE = "time,a,b,k\n1,1,10,7\n2,3,,8\n4,9,40,9\n5,2,50,6\n"
MODEL = """R: a, b ~~|
rain[R] := GET DIRECT DATA('table.csv', ',', 'A', 'B2') ~ mm ~|
held :HOLD BACKWARD: := GET DIRECT DATA('table.csv', ',', 'A', 'B2') ~ mm ~|
ahead :LOOK FORWARD: := GET DIRECT DATA('table.csv', ',', 'A', 'B2') ~ mm ~|
bare :RAW: := GET DIRECT DATA('table.csv', ',', 'A', 'B2') ~ mm ~|
k = GET DIRECT CONSTANTS('table.csv', ',', 'D2') ~ mm ~|
curve( GET DIRECT LOOKUPS('table.csv', ',', 'A', 'D2') ) ~ mm ~|
Water[R] = INTEG(rain[R] - Water[R] / k, rain[R]) ~ mm ~|
level = SMOOTH(held + ahead, k) + curve(Time) ~ mm ~|
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    (tmp_path / "table.csv").write_text(TABLE, encoding="utf-8")
    (tmp_path / "model.mdl").write_text("{UTF-8}\n" + MODEL + CONTROL, encoding="utf-8")
    return tmp_path / "model.mdl"


@pytest.fixture
def model(path: Path) -> Model:
    return read_model(path)


@pytest.mark.parametrize("method", ["euler", "rk4", "adaptive"])
def test_engines_follow_a_table_alike(model: Model, method: str) -> None:
    compiled, readable = (compile_model(model, backend=name).run(method=method) for name in ("compiled", "numpy"))
    for name, values in compiled.values.items():
        np.testing.assert_allclose(values, readable[name], rtol=1e-12, err_msg=name)
    if method == "euler":
        reference = run_reference(model)
        for name, values in reference.values.items():
            np.testing.assert_allclose(values, compiled[name], rtol=1e-12, err_msg=name)
    times = compiled.time
    np.testing.assert_allclose(compiled["rain"][0, :, 0], np.interp(times, [1, 2, 4, 5], [1, 3, 9, 2]), rtol=1e-15)
    np.testing.assert_allclose(compiled["rain"][0, :, 1], np.interp(times, [1, 4, 5], [10, 40, 50]), rtol=1e-15)
    assert compiled["held"][0].tolist() == [1, 1, 1, 1, 3, 3, 3, 3, 9, 9, 2, 2, 2]
    assert compiled["ahead"][0].tolist() == [1, 1, 1, 3, 3, 9, 9, 9, 9, 2, 2, 2, 2]
    known = {1: 1.0, 2: 3.0, 4: 9.0, 5: 2.0}
    np.testing.assert_array_equal(compiled["bare"][0], [known.get(time, math.nan) for time in times])


def test_a_constant_of_a_table_is_set_like_any_other(model: Model) -> None:
    compiled = pl.compile(model)
    assert compiled.inputs["k"].default == 7
    (given,) = compiled.run({"k": 2}, outputs=["Water"])["Water"]
    np.testing.assert_allclose(given, run_reference(model, {"k": 2}, outputs=["Water"])["Water"][0], rtol=1e-12)
    assert given[-1, 0] != compiled.run(outputs=["Water"])["Water"][0, -1, 0]


def test_a_run_may_give_other_data_and_the_next_has_the_table_again(model: Model) -> None:
    compiled = pl.compile(model)
    before = compiled.run()
    times = [0.0, 3.0]
    other = compiled.run(series={"held": (times, [5.0, 8.0]), "ahead": (times, [5.0, 8.0])})
    assert other["held"][0].tolist() == [5] * 6 + [8] * 7
    assert other["ahead"][0].tolist() == [5] + [8] * 12
    many = compiled.run(series={"rain": (times, np.arange(8.0).reshape(2, 2, 2))})
    assert many["rain"].shape == (2, 13, 2)
    assert many["rain"][1, -1].tolist() == [6, 7]
    again = compiled.run()
    for name, values in before.values.items():
        np.testing.assert_array_equal(values, again[name])


def test_a_changed_table_changes_the_next_start(path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POLICY_LAB_CACHE", str(tmp_path / "cache"))
    first, again = (pl.compile(path).run() for _ in range(2))
    np.testing.assert_array_equal(first["level"], again["level"])
    (path.parent / "table.csv").write_text(TABLE.replace("4,9,", "4,90,"), encoding="utf-8")
    assert pl.compile(path).run()["rain"][0, 8].tolist() == [90, 40]


def test_a_changed_table_is_not_given_to_pysd(model: Model) -> None:
    (model.path.parent / "table.csv").write_text(TABLE.replace("4,9,", "4,90,"), encoding="utf-8")
    with pytest.raises(InputError, match=r"table\.csv has changed since it was read"):
        run_reference(model)


def test_series_over_different_times_stand_side_by_side(tmp_path: Path) -> None:
    (tmp_path / "table.csv").write_text("1,10,,2,20\n3,30,,6,60\n", encoding="utf-8")
    equations = "".join(
        f"x[{element}] := GET DIRECT DATA('table.csv', ',', '{along}', '{cell}') ~~|\n"
        for element, along, cell in (("a", "A", "B1"), ("b", "D", "E1"), ("c", "A", "B1"))
    )
    (tmp_path / "model.mdl").write_text("{UTF-8}\nR: a, b, c ~~|\n" + equations + CONTROL, encoding="utf-8")
    model = read_model(tmp_path / "model.mdl")
    for backend in ("compiled", "numpy"):
        found = compile_model(model, backend=cast(Any, backend)).run()["x"][0]
        assert found[4].tolist() == [20, 20, 20]
        assert found[-1].tolist() == [30, 60, 30]


def test_what_a_model_reads_is_part_of_its_language(model: Model) -> None:
    found = language(model)
    assert found.refused == ()
    used = {use.feature: (use.times, use.engines) for use in found.uses}
    assert used["GET DIRECT DATA"] == (5, ("compiled", "numpy", "pysd"))
    assert used["GET DIRECT CONSTANTS"] == (1, ("compiled", "numpy", "pysd"))
    assert {"GET DIRECT LOOKUPS", "data, :HOLD BACKWARD:", "data, :RAW:"} <= set(used)


def test_raw_data_cannot_be_drawn_by_lines(model: Model) -> None:
    with pytest.raises(InputError, match="without one value between its points"):
        compile_model(model, series=["bare"])


@given(
    st.lists(st.integers(-50, 50), min_size=1, max_size=8, unique=True),
    st.sampled_from(["interpolate", "hold_backward", "look_forward"]),
    st.floats(-60, 60),
)
def test_lines_and_tables_say_the_same_of_every_moment(places: list[int], keyword: str, moment: float) -> None:
    """At, between and beyond the points, and one floating-point number beside them."""
    x = np.array(sorted(places), dtype=float)
    y = np.cos(x)
    times, values = drawn(x, y[:, None], keyword)
    assert (np.diff(times) > 0).all()
    table = table_of(ex.Data(cast(Any, keyword), tuple(x), tuple(y)))
    for at in (moment, *x, *np.nextafter(x, np.inf), *np.nextafter(x, -np.inf)):
        after, last = np.searchsorted(x, at), len(x) - 1
        wanted = {
            "interpolate": np.interp(at, x, y),
            "hold_backward": y[max(np.searchsorted(x, at, side="right") - 1, 0)],
            "look_forward": y[min(after, last)],
        }[keyword]
        drawn_there = interpolated(times, values.T[:, :, None], float(at))[0, 0]
        assert drawn_there == pytest.approx(wanted, rel=1e-12, abs=1e-15)
        assert float(read_table(table, np.float64(at))) == pytest.approx(wanted, rel=1e-12, abs=1e-15)
