"""Every rule of differentiation against central differences, through states, delays and tables, in both engines."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from policy_lab.engine import CompiledModel, compile, compile_model, ir
from policy_lab.engine.sensitivity import Sensitivities
from policy_lab.engine.tangent import tangent
from policy_lab.model import Model, read_model
from policy_lab.provenance import bundled

Written = Callable[..., Model]
FISHERY = bundled("models") / "fishery" / "fishery.mdl"
BENCH = Path(__file__).parents[2] / "benchmarks" / "bench.mdl"
SMOOTH = [
    "a + b * Time", "a - b", "b - a", "a * b", "a / b", "2 / a", "a ^ b", "a ^ 2", "2 ^ b", "-a", "ABS(a - 3)",
    "EXP(a)",
    "LN(b)", "LOG(a, 10)", "SQRT(a)", "SIN(a)", "COS(a)", "TAN(a)", "ARCSIN(a / 3)", "ARCCOS(a / 3)", "ARCTAN(a)",
    "SINH(a)", "COSH(a)", "TANH(a)", "MIN(a, b)", "MAX(a, b * Time)", "IF THEN ELSE(Time > 2, a, b * b)",
    "IF THEN ELSE(a > b, a * b, b)", "XIDZ(a, b, 7)", "ZIDZ(b, a)", "ZIDZ(a, 0)", "STEP(a, 2)", "RAMP(b, 1, 3)",
    "a * PULSE(1, 2)", "SMOOTH(a * Time, b)", "SMOOTH3I(Time * a, b, a)", "DELAY1(Time * a, b)", "DELAY3I(Time, a, b)",
    "DELAY N(Time * a, b, a, 2)", "DELAY FIXED(a * Time, 2, b)", "TREND(a * Time + 1, b, 0.1)",
    "FORECAST(a * Time + 1, b, 2)", "INITIAL(a * b)", "SAMPLE IF TRUE(Time < 2, a * Time, b)",
    "INTEG(a * y + b, a)", "ACTIVE INITIAL(a * Time, b)", "table(a * 2)", "table(b * Time)",
    "WITH LOOKUP(a, ((0,0),(9,3)))",
]  # fmt: skip
JUMPS = {
    "INTEGER(a * 7.3)": "INTEGER",
    "MODULO(a * Time, 0.7)": "MODULO",
    "QUANTUM(a * 10, 0.7)": "QUANTUM",
    "PULSE(a, b)": "PULSE",
    "STEP(b, a)": "STEP",
    "RAMP(1, a, b)": "RAMP",
    "DELAY FIXED(Time, a, 0)": "fixed delay",
}


def found_of(written: Written, equation: str, backend: str) -> tuple[CompiledModel, Sensitivities]:
    others = ("a = 1.3", "b = 2.2", "table((0,1),(2,2),(2.5,5),(9,4))")
    model = written(f"y = {equation}", *others, final=4, step=0.25, save=1)
    compiled = compile_model(model, backend="numpy" if backend == "numpy" else "compiled")
    return compiled, compiled.sensitivities(["y"], ["a", "b"], times=[0, 1, 3, 4])


def central(compiled: CompiledModel, output: str, constant: str, value: float, times: list[int]) -> np.ndarray:
    moves = value * np.array([1 + 1e-5, 1 - 1e-5])
    series = compiled.run({constant: moves}, outputs=[output])
    return np.asarray((series[output][0] - series[output][1])[times] / (moves[0] - moves[1]))


@pytest.mark.parametrize("equation", SMOOTH)
def test_a_smooth_equation_has_the_derivative_of_central_differences(equation: str, written: Written) -> None:
    compiled, found = found_of(written, equation, "compiled")
    assert found.exact.all(), dict(found.why)
    assert not found.why
    for constant, value in (("a", 1.3), ("b", 2.2)):
        by_steps = central(compiled, "y", constant, value, [0, 1, 3, 4])
        np.testing.assert_allclose(found["y", constant], by_steps, rtol=1e-7, atol=1e-8)


@pytest.mark.parametrize("equation", ["a ^ b", "table(b * Time)", "SMOOTH3I(Time * a, b, a)", "INTEG(a * y + b, a)"])
def test_both_engines_give_the_same_derivatives(equation: str, written: Written) -> None:
    first, second = (found_of(written, equation, backend)[1] for backend in ("compiled", "numpy"))
    np.testing.assert_allclose(first.values, second.values, rtol=1e-11, atol=1e-13)


@pytest.mark.parametrize(("equation", "reason"), JUMPS.items())
def test_what_jumps_is_found_by_finite_steps_and_says_why(equation: str, reason: str, written: Written) -> None:
    _, found = found_of(written, equation, "compiled")
    assert not found.exact[:, 0, 0].all()
    assert reason in found.why["y", "a"]


def test_arrays_are_summed_multiplied_and_compared(tmp_path: Path) -> None:
    text = """{UTF-8}
Town: north, south, east ~~|
k[Town] = 2, 5, 3 ~~|
level[Town] = INTEG(k[Town] * total / 10, k[Town]) ~~|
total = SUM(level[Town!]) ~~|
product = PROD(level[Town!]) ~~|
most = VMAX(level[Town!]) ~~|
least = VMIN(level[Town!]) ~~|
INITIAL TIME = 0 ~~|
FINAL TIME = 2 ~~|
TIME STEP = 0.5 ~~|
SAVEPER = 1 ~~|
"""
    path = tmp_path / "m.mdl"
    path.write_text(text, encoding="utf-8")
    compiled = compile_model(read_model(path))
    names = ["total", "product", "most", "least", "level[east]"]
    found = compiled.sensitivities(names, ["k"], times=[2])
    assert found.exact.all(), dict(found.why)
    for place in range(3):
        base = np.array([2.0, 5, 3])
        moved = np.stack([base, base])
        moved[:, place] *= (1 + 1e-5, 1 - 1e-5)
        series = compiled.run({"k": moved})
        gap = moved[0, place] - moved[1, place]
        by_steps = [(series[n][0, -1] - series[n][1, -1]) / gap for n in names[:4]]
        by_steps.append((series["level"][0, -1, 2] - series["level"][1, -1, 2]) / gap)
        np.testing.assert_allclose(found.values[0, :, place], by_steps, rtol=1e-7)


def test_a_number_on_a_corner_of_a_table_is_left_to_finite_steps(written: Written) -> None:
    found = compile_model(written("y = t(a)", "t((0,0),(1,1),(3,9))", "a = 1", final=1, step=1)).sensitivities(
        ["y"], ["a"]
    )
    assert not found.exact.any()
    assert "corner" in found.why["y", "a"]
    assert found["y", "a"][0] == pytest.approx((1 + 4) / 2)


def test_states_that_are_given_and_adaptive_steps_are_left_to_finite_steps(written: Written) -> None:
    compiled = compile_model(written("Level = INTEG(-Rate * Level, 5)", "Rate = 0.3", final=4))
    for options in ({"start": [2.0]}, {"method": "adaptive"}):
        found = compiled.sensitivities(["Level"], ["Rate"], **options)  # type: ignore[arg-type]
        assert not found.exact.any()
        assert found.why["Level", "Rate"]


@pytest.mark.parametrize("path", [FISHERY, BENCH], ids=lambda path: path.stem)
def test_whole_models_agree_with_central_differences(path: Path) -> None:
    compiled = compile(path)
    outputs = ["Fish stock", "Trust"] if path == FISHERY else ["total open cases", "total staff"]
    constants = [name for name, one in compiled.inputs.items() if not one.shape and float(one.default) > 0][:12]
    found = compiled.sensitivities(outputs, constants, times=[12])
    assert found.exact.mean() > 0.7
    assert found.exact.all(axis=0).sum() + len(found.why) == found.exact[0].size  # what is not exact says why
    for place, constant in enumerate(constants):
        value = float(compiled.inputs[constant].default)
        moves = value * np.array([1 + 1e-5, 1 - 1e-5])
        series = compiled.run({constant: moves}, outputs=outputs, final_time=12)
        rows = np.concatenate([series[n][:, -1].reshape(2, -1) for n in outputs], axis=1)
        by_steps = (rows[0] - rows[1]) / (moves[0] - moves[1])
        exact = found.exact[0, :, place]
        near = 1e-6 * np.abs(by_steps) + 1e-10 * np.abs(found.base[0]) / value / 1e-5
        assert (np.abs(found.values[0, :, place] - by_steps) <= near)[exact].all(), constant


def test_only_what_depends_on_a_seed_is_doubled(written: Written) -> None:
    program = compile_model(written("y = a * 2", "z = b * 2", "a = 1", "b = 1")).program
    made = tangent(program, ["a"])
    assert set(made.names) == {"a", "y"}
    assert [symbol.name for symbol in made.program.of_role(ir.Role.INPUT)][-1] == made.names["a"]
    assert made.blocked("a") == {}
