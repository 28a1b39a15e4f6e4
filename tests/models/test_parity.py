"""The three engines agree on the flagship over all variables, with every shock moved into the steps compared."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pytest

from policy_lab.engine import compile_model
from policy_lab.engine.reference import run_reference
from policy_lab.engine.series import Series
from policy_lab.model.types import Kind
from tests.models.flagship import Flagship

TOLERANCE = 1e-9


def early_shocks(months: float) -> dict[str, np.ndarray]:
    """Return inputs under which every shock, the change of design and several events fall into the first months."""
    return {
        "Drawn events": np.array(1.0),
        "Event threshold": np.linspace(0.02, 25, 80) * months / 3,
        "Scrutiny wave month": np.array([0.1, 0.21, 0.5]) * months,
        "Scrutiny wave size": np.array([1.0, 0.4, 0.7]),
        "Scrutiny wave duration": np.array(0.3 * months),
        "Budget cut month": np.array(0.15 * months),
        "Budget cut size": np.array(0.2),
        "Budget cut phase": np.array(0.3 * months),
        "Pandemic month": np.array(0.33 * months),
        "Pandemic severity": np.array(0.9),
        "Pandemic duration": np.array(0.25 * months),
        "Law month": np.array(0.62 * months),
        "Law disruption": np.array(6.0),
        "Intended disruption": np.array(12.0),
        "Disruption duration": np.array(0.2 * months),
        "Core member": np.array([1.0, 1, 1, 1, 0, 0]),
        "Intended colocation": np.array(0.65),
        "Intended gateway": np.array(0.75),
    }


def disagreements(first: Series, second: Series) -> Mapping[str, float]:
    """Return the variables that differ by more than the tolerance of their size, and by how much."""
    found = {}
    for name, values in first.values.items():
        other = second[name]
        size = np.maximum(np.abs(other), 1.0)
        gap = float((np.abs(values - other) / size).max())
        if not gap <= TOLERANCE:
            found[name] = gap
    return found


def compared_with_pysd(flagship: Flagship, steps: int) -> None:
    model = flagship.study.model
    months = steps * model.time.step
    inputs = early_shocks(months)
    settings = {"final_time": months, "save_period": model.time.step}
    names = [one.name for one in model.variables.values() if one.kind not in (Kind.LOOKUP, Kind.TIME)]
    oracle = run_reference(model, inputs, outputs=names, **settings)
    assert oracle["Adverse events"].max() > 0, "no event fired: the comparison would leave the hazard untested"
    for backend in ("compiled", "numpy"):
        series = compile_model(model, backend=backend).run(inputs, outputs=names, **settings)
        assert len(series.time) == len(oracle.time) == steps + 1
        assert disagreements(series, oracle) == {}, backend


def test_the_engines_agree_with_pysd_over_24_steps(flagship: Flagship) -> None:
    compared_with_pysd(flagship, 24)


@pytest.mark.slow
def test_the_engines_agree_with_pysd_over_200_steps(flagship: Flagship) -> None:
    compared_with_pysd(flagship, 200)


def test_compiled_and_numpy_agree_over_the_full_horizon(flagship: Flagship) -> None:
    model = flagship.study.model
    names = [one.name for one in model.variables.values() if one.kind not in (Kind.LOOKUP, Kind.TIME)]
    plan = flagship.study.plan(worlds=3, futures=1)
    inputs = flagship.in_future(plan, "macpt-2026")
    compiled = flagship.compiled.run(inputs, outputs=names)
    readable = compile_model(model, backend="numpy").run(inputs, outputs=names)
    assert disagreements(compiled, readable) == {}


def test_one_run_and_many_give_the_same_numbers(flagship: Flagship) -> None:
    """The scalar kernel and the lanes differ in nothing."""
    plan = flagship.study.plan(worlds=9, futures=1)
    inputs = flagship.in_future(plan, "lscb-2013")
    many = flagship.compiled.run(inputs, outputs=["Effective detection capacity"])
    one = flagship.compiled.run({name: values[4] for name, values in inputs.items()}, outputs=list(many.values))
    np.testing.assert_array_equal(many["Effective detection capacity"][4:5], one["Effective detection capacity"])
