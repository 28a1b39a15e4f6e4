"""What a user sets: names, elements, tables of cases, and what is said of what cannot be used."""

from __future__ import annotations

import doctest
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import policy_lab as pl
from policy_lab.engine import CompiledModel, compile, compile_model
from policy_lab.errors import InputError
from policy_lab.model import Model, read_model
from policy_lab.provenance import bundled

Written = Callable[..., Model]
FISHERY = bundled("models") / "fishery" / "fishery.mdl"


@pytest.fixture(scope="module")
def fishery() -> CompiledModel:
    return compile(FISHERY)


@pytest.fixture(params=["compiled", "numpy"])
def tank(request: pytest.FixtureRequest, written: Written) -> CompiledModel:
    model = written("Tank = INTEG(Inflow - Tank / Delay, 2 * Start)", "Inflow = 3", "Delay = 4", "Start = 5")
    return compile_model(model, backend=request.param)


def test_a_path_a_text_and_a_model_compile_to_the_same() -> None:
    runs = [pl.compile(one).run(outputs=["Fleet"])["Fleet"] for one in (FISHERY, str(FISHERY), read_model(FISHERY))]
    np.testing.assert_array_equal(runs[0], runs[1])
    np.testing.assert_array_equal(runs[0], runs[2])


def test_elements_are_set_by_name(fishery: CompiledModel) -> None:
    boats = {"initial_fleet[ NORTH ]": 60, "Initial fleet[west]": [1, 2]}
    found = fishery.run(boats, outputs=["Fleet"], final_time=0)["Fleet"][:, 0]
    assert found.tolist() == [[60, 24, 1], [60, 24, 2]]
    both = fishery.run({"Initial fleet": 9, "Initial fleet[south]": 8}, outputs=["Fleet"], final_time=0)
    assert both["Fleet"][0, 0].tolist() == [9, 8, 9]


def test_many_cases_in_three_forms_are_the_same(fishery: CompiledModel) -> None:
    forms = (
        [{"Initial trust": 0.2, "Initial fleet[west]": 3}, {"initial_trust": 0.8, "Initial fleet[west]": 4}],
        {"Initial trust": np.array([0.2, 0.8]), "Initial fleet": [[30, 24, 3], [30, 24, 4]]},
        pd.DataFrame({"Initial trust": [0.2, 0.8], "Initial fleet[west]": [3, 4]}),
    )
    first, *others = (fishery.run_many(form, outputs=["Fish stock", "Trust"]) for form in forms)
    alone = [fishery.run(case, outputs=["Fish stock", "Trust"]) for case in forms[0]]  # type: ignore[union-attr]
    for other in others:
        for name, values in first.values.items():
            np.testing.assert_array_equal(values, other[name])
    for run, series in enumerate(alone):
        assert first["Trust"][run] == pytest.approx(series["Trust"][0], rel=1e-12)


@pytest.mark.parametrize(
    ("cases", "said"),
    [
        ([], "no cases"),
        ([{"Inflow": 1}, {"Delay": 1}], "do not set the same"),
        ({"Inflow": 1}, "(runs,)"),
        ({"Inflow": [1, 2], "Delay": [1, 2, 3]}, "different numbers of runs"),
        ("Inflow", "not str"),
        ([{"Inflow": 1}, {"Inflow": [1, 2]}], "same shape"),
        ({"Inflow": [1, np.nan]}, "not a number at (1,)"),
    ],
)
def test_cases_that_cannot_be_used_are_refused(cases: object, said: str, tank: CompiledModel) -> None:
    with pytest.raises(InputError) as caught:
        tank.run_many(cases)
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("inputs", "said"),
    [
        ({"Inflo": 1}, ("Inflow",)),
        ({"Tank": 1}, ("stock", "`Start`", "initial_states()")),
        ({"TIME STEP": 1}, ("time_step",)),
        ({"Inflow": np.nan}, ("not a number",)),
        ({"Inflow": [1, np.nan]}, ("not a number", "(1,)")),
        ({"Inflow": "much"}, ("not a number",)),
        ({"Inflow[north]": 1}, ("no subscripts",)),
        ({"Inflow": 1, "inflow": 2}, ("twice",)),
        ({"Inflow": 1, "Inflo": 1, "Tank": 2}, ("Inflo`", "Tank")),
        ({"Inflow": np.ones((2, 2))}, ("shape (2, 2)",)),
    ],
)
def test_inputs_that_cannot_be_used_say_what_to_do(
    inputs: Mapping[str, object], said: tuple[str, ...], tank: CompiledModel
) -> None:
    with pytest.raises(InputError) as caught:
        tank.run(inputs)  # type: ignore[arg-type]
    for words in said:
        assert words in str(caught.value)


def test_an_element_that_does_not_exist_is_refused_with_the_nearest(fishery: CompiledModel) -> None:
    with pytest.raises(InputError, match=r"nort`.*north"):
        fishery.run({"Initial fleet[nort]": 1})
    with pytest.raises(InputError, match="2 subscripts"):
        fishery.run({"Initial fleet[north,south]": 1})
    with pytest.raises(InputError, match=r"of kind flow.*`free`"):
        fishery.run({"Growth": 1})


def test_a_value_outside_the_limits_of_the_file_is_warned_of(tmp_path: Path) -> None:
    path = tmp_path / "limits.mdl"
    text = "{UTF-8}\nShare = 0.5\n~ Dmnl [0,1]\n~\n|\nTwice = 2 * Share\n~\n~\n|\n"
    settings = {"INITIAL TIME": 0, "FINAL TIME": 1, "TIME STEP": 1, "SAVEPER": 1}
    path.write_text(text + "".join(f"{name} = {value}\n~\n~\n|\n" for name, value in settings.items()))
    compiled = compile(path)
    assert compiled.run({"Share": [0, 1]}).warnings == ()
    (warning,) = compiled.run({"Share": [0.1, 1.5]}).warnings
    assert "1.5" in str(warning) and "[0, 1]" in str(warning) and "limits.mdl:2" in str(warning)


def test_a_compiled_model_can_be_used_from_many_threads(fishery: CompiledModel) -> None:
    trusts = np.linspace(0.1, 0.9, 24)

    def final(trust: float) -> float:
        return float(fishery.run({"Initial trust": trust}, outputs=["Fish stock"], threads=1)["Fish stock"][0, -1])

    alone = [final(trust) for trust in trusts]
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(final, trusts)) == alone


def test_values_cannot_be_changed_after_a_run(fishery: CompiledModel) -> None:
    series = fishery.run(final_time=1)
    for array in (*series.values.values(), series.time, series.states):
        with pytest.raises(ValueError, match="read-only"):
            array[...] = 0


@pytest.mark.parametrize("module", ["cases", "compiled", "prepare", "series"])
def test_examples_of_the_docstrings_run(module: str) -> None:
    found = doctest.testmod(import_module(f"policy_lab.engine.{module}"))
    assert found.failed == 0
