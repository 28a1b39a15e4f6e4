"""Our own exp, ln, pow and tanh on lanes: within 2 units in the last place, and right at the edges."""

from __future__ import annotations

import ctypes

import numpy as np
import pytest

from policy_lab.engine.llvm_compile import MachineCode, compile_text
from policy_lab.engine.llvm_math import add_math
from policy_lab.engine.llvm_text import FunctionText, ModuleText
from policy_lab.engine.target import LANES, this_machine

NAMES = {"exp": 1, "ln": 1, "pow": 2, "tanh": 1}
EDGES = [0.0, -0.0, 1.0, -1.0, 2.0, -2.5, 5e-324, -5e-324, 2.3e-308, 1e308, -1e308, np.inf, -np.inf, np.nan, 0.5, -3.0]


def compiled_at(width: int) -> MachineCode:
    """Return each function applied to ``last`` blocks of memory: slots are the addresses of result and arguments."""
    module = ModuleText(width)
    add_math(module)
    for name, count in NAMES.items():
        text = FunctionText(module, f"void @each_{name}(ptr %slots, i64 %first, i64 %last)")
        slots = [text.at("%slots", k, "i64") for k in range(count + 1)]
        places = [text.op(f"inttoptr i64 {text.op(f'load i64, ptr {slot}')} to ptr") for slot in slots]
        loop = text.begin_loop("%last")
        given = [text.load(text.at(place, loop.counter)) for place in places[1:]]
        listed = ", ".join(f"{module.value} {value}" for value in given)
        text.store(text.op(f"call {module.value} @{name}_lanes({listed})"), text.at(places[0], loop.counter))
        text.end_loop(loop)
        text.finish()
    target = this_machine()
    return MachineCode(compile_text(str(module), target), target, [f"each_{name}" for name in NAMES])


@pytest.fixture(scope="module", params=[1, LANES])
def code(request: pytest.FixtureRequest) -> tuple[int, MachineCode]:
    return request.param, compiled_at(request.param)


def applied(code: tuple[int, MachineCode], name: str, *arguments: np.ndarray) -> np.ndarray:
    width, machine = code
    size = len(arguments[0])
    padded = [np.ascontiguousarray(np.pad(a.astype(float), (0, -size % width), mode="edge")) for a in arguments]
    result = np.empty_like(padded[0])
    slots = np.array([result.ctypes.data, *(a.ctypes.data for a in padded)], dtype=np.int64)
    machine.entries[f"each_{name}"](ctypes.c_void_p(slots.ctypes.data), 0, len(result) // width)
    return result[:size]


def units_apart(found: np.ndarray, exact: np.ndarray) -> float:
    """Return the largest distance in units in the last place of the exact value (long double)."""
    unit = np.spacing(np.abs(exact).astype(np.float64)).astype(np.longdouble)
    return float(np.max(np.abs(found.astype(np.longdouble) - exact) / unit))


def test_exp_is_exact_to_a_unit(code: tuple[int, MachineCode]) -> None:
    x = np.concatenate([np.linspace(-708, 708, 40001), np.linspace(-1, 1, 20001)])
    assert units_apart(applied(code, "exp", x), np.exp(x.astype(np.longdouble))) < 1.0


def test_ln_is_exact_to_a_unit(code: tuple[int, MachineCode]) -> None:
    x = np.concatenate([np.geomspace(1e-307, 1e307, 40001), np.linspace(0.4, 2.1, 40001)])
    assert units_apart(applied(code, "ln", x), np.log(x.astype(np.longdouble))) < 1.0


def test_pow_is_exact_to_two_units(code: tuple[int, MachineCode]) -> None:
    stream = np.random.default_rng(3)
    x = np.concatenate([10.0 ** stream.uniform(-30, 30, 40000), stream.uniform(0.5, 2, 40000)])
    y = np.concatenate([stream.uniform(-9, 9, 40000), stream.uniform(-900, 900, 40000)])
    exact = np.power(x.astype(np.longdouble), y.astype(np.longdouble))
    assert units_apart(applied(code, "pow", x, y), exact) < 2.0


def test_tanh_is_exact_to_two_units(code: tuple[int, MachineCode]) -> None:
    x = np.concatenate([np.linspace(-25, 25, 40001), np.linspace(-0.7, 0.7, 20001), [1e-300, -1e-9]])
    assert units_apart(applied(code, "tanh", x), np.tanh(x.astype(np.longdouble))) < 2.0


@pytest.mark.parametrize(("name", "exact"), [("exp", np.exp), ("ln", np.log), ("tanh", np.tanh)])
def test_edges_are_those_of_numpy(code: tuple[int, MachineCode], name: str, exact: np.ufunc) -> None:
    x = np.array([*EDGES, 709.5, 710.0, -745.0, -746.0])
    with np.errstate(all="ignore"):
        expected = exact(x)
    np.testing.assert_allclose(applied(code, name, x), expected, rtol=4e-16, atol=0)


def test_edges_of_pow_are_those_of_numpy(code: tuple[int, MachineCode]) -> None:
    x, y = (grid.ravel() for grid in np.meshgrid(EDGES, EDGES))
    with np.errstate(all="ignore"):
        expected = np.power(x, y)
    np.testing.assert_allclose(applied(code, "pow", x, y), expected, rtol=4e-16, atol=0)


def test_a_special_lane_leaves_its_neighbours_alone(code: tuple[int, MachineCode]) -> None:
    ordinary = np.linspace(0.1, 3, 8)
    mixed = ordinary.copy()
    mixed[3] = np.nan
    found = applied(code, "exp", mixed)
    np.testing.assert_array_equal(np.delete(found, 3), np.delete(applied(code, "exp", ordinary), 3))
    assert np.isnan(found[3])


def test_one_run_and_a_lane_have_the_same_bits() -> None:
    stream = np.random.default_rng(5)
    x, y = 10.0 ** stream.uniform(-8, 8, 4096), stream.uniform(-20, 20, 4096)
    one, lanes = (1, compiled_at(1)), (LANES, compiled_at(LANES))
    for name, count in NAMES.items():
        given = (x, y)[:count] if name != "tanh" else (y,)
        np.testing.assert_array_equal(applied(one, name, *given), applied(lanes, name, *given))
