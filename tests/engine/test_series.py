"""Series as tables and labelled arrays."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from policy_lab.engine import Series, compile_model
from policy_lab.errors import InputError
from policy_lab.model import Model, read_model
from tests.engine.conftest import MODELS

Written = Callable[..., Model]


@pytest.fixture(scope="module")
def grid() -> Series:
    return compile_model(read_model(MODELS / "subscripts.mdl")).run()


def test_a_wide_frame_has_a_column_for_each_element(grid: Series) -> None:
    frame = grid.to_frame()
    assert list(frame.columns) == [label for name in grid.values for label in grid.element_names(name)]
    assert frame.index.name == "time"
    assert frame.index.tolist() == grid.time.tolist()
    for name, values in grid.values.items():
        flat = values[0].reshape(len(grid.time), -1)
        np.testing.assert_array_equal(frame[list(grid.element_names(name))].to_numpy(), flat)


def test_many_runs_stand_below_one_another(written: Written) -> None:
    series = compile_model(written("Level = INTEG(Rate, 0)", "Rate = 1", final=2, step=1)).run({"Rate": [1, 2, 3]})
    frame = series.to_frame()
    assert frame.index.names == ["run", "time"]
    assert frame.loc[(2, 2.0), "Level"] == 6
    tidy = series.to_frame("tidy")
    assert list(tidy.columns) == ["run", "time", "variable", "element", "value", "unit"]
    level = tidy[tidy["variable"] == "Level"].pivot(index="run", columns="time", values="value")
    np.testing.assert_array_equal(level.to_numpy(), series["Level"])


def test_a_tidy_frame_holds_what_the_wide_one_does(grid: Series) -> None:
    tidy = grid.to_frame("tidy")
    wide = grid.to_frame()
    for label in wide.columns:
        np.testing.assert_array_equal(tidy.loc[tidy["element"] == label, "value"].to_numpy(), wide[label].to_numpy())


def test_another_layout_is_refused(grid: Series) -> None:
    with pytest.raises(InputError, match=r"`long`.*wide"):
        grid.to_frame("long")  # type: ignore[arg-type]


def test_a_dataset_has_names_units_and_elements(grid: Series) -> None:
    data = grid.to_xarray()
    assert set(data.data_vars) == set(grid.values)
    for name, values in grid.values.items():
        np.testing.assert_array_equal(data[name].to_numpy(), values)
        assert data[name].attrs["units"] == grid.units[name]
        assert data[name].dims[:2] == ("run", "time")
        for axis, elements in zip(data[name].dims[2:], grid.elements[name], strict=True):
            assert data[axis].to_numpy().tolist() == list(elements)


def test_a_range_used_twice_and_a_taken_name_get_an_apostrophe() -> None:
    one = np.arange(8.0).reshape(1, 2, 2, 2)
    pairs = (("a", "b"), ("a", "b"))
    series = Series(
        time=np.array([0.0, 1.0]),
        values={"Gap": one, "run": one[..., 0, 0]},
        units={"Gap": "m", "run": ""},
        dimensions={"Gap": ("Team", "Team"), "run": ()},
        elements={"Gap": pairs, "run": ()},
        states=np.zeros((1, 0)),
    )
    data = series.to_xarray()
    assert data["Gap"].dims == ("run'", "time", "Team", "Team'")
    assert float(data["Gap"].sel({"Team": "b", "Team'": "a"})[0, 1]) == 6
