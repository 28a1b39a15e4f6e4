"""Four engines, one answer: every variable of every test model, to 1e-9."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from policy_lab.engine import CompiledModel, Series, compile_model
from policy_lab.engine.reference import run_reference
from policy_lab.model import read_model
from tests.engine.conftest import MODELS

FILES = sorted(path.name for path in MODELS.iterdir() if path.suffix in (".mdl", ".xmile"))
Agree = Callable[..., None]


def one_of(series: Series, run: int) -> dict[str, np.ndarray]:
    return {name: values[run] for name, values in series.values.items()}


def spread_inputs(compiled: CompiledModel, runs: int) -> dict[str, np.ndarray]:
    """Return every input a little off its default, differently in each run."""
    stream = np.random.default_rng(7)
    off = {name: stream.uniform(0.97, 1.03, (runs, *known.shape)) for name, known in compiled.inputs.items()}
    return {name: compiled.inputs[name].default * factor for name, factor in off.items()}


def several(compiled: CompiledModel, runs: int) -> Series:
    """Run with spread inputs, from spread states, so that models without inputs have several runs too."""
    start = compiled.initial_states() * np.linspace(0.98, 1.02, runs)[:, None]
    return compiled.run(spread_inputs(compiled, runs), start=start)


@pytest.mark.parametrize("name", FILES)
def test_numpy_agrees_with_pysd(name: str, agree: Agree) -> None:
    model = read_model(MODELS / name)
    agree(compile_model(model, backend="numpy").run(), run_reference(model))


@pytest.mark.parametrize("name", FILES)
def test_machine_code_agrees_with_numpy_in_every_run(name: str, agree: Agree) -> None:
    model = read_model(MODELS / name)
    readable, fast = compile_model(model, backend="numpy"), compile_model(model)
    agree(fast.run(), readable.run())
    agree(several(fast, 11), several(readable, 11))


@pytest.mark.parametrize("name", FILES)
def test_a_run_has_the_same_bits_alone_and_among_others(name: str) -> None:
    compiled = compile_model(read_model(MODELS / name))
    together = several(compiled, 11)
    inputs, start = spread_inputs(compiled, 11), compiled.initial_states() * np.linspace(0.98, 1.02, 11)[:, None]
    for run in (0, 7, 10):
        alone = compiled.run({name: values[run] for name, values in inputs.items()}, start=start[run])
        for variable, values in one_of(together, run).items():
            np.testing.assert_array_equal(alone[variable][0], values, err_msg=variable)
        np.testing.assert_array_equal(alone.states[0], together.states[run])


@pytest.mark.parametrize("step", [0.125, 0.1, 0.3])
def test_other_time_steps_agree_without_compiling_again(step: float, agree: Agree) -> None:
    model = read_model(MODELS / "smooths.mdl")
    settings = {"time_step": step, "final_time": 6.0, "save_period": step}
    agree(compile_model(model).run(**settings), run_reference(model, **settings))


def test_other_horizons_agree(agree: Agree) -> None:
    model = read_model(MODELS / "signals.mdl")
    settings = {"initial_time": 0.7, "final_time": 4.45, "save_period": 0.5}
    agree(compile_model(model).run(**settings), run_reference(model, **settings))


def test_set_inputs_agree(agree: Agree) -> None:
    model = read_model(MODELS / "subscripts.mdl")
    inputs = {"size": [5.0, 7.0, 1.0, 90.0], "weight": np.arange(12.0).reshape(4, 3) - 3}
    agree(compile_model(model).run(inputs), run_reference(model, inputs))
