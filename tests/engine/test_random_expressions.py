"""Random equations: the engines agree bit for bit where arithmetic is exact, and closely where a function is not.

PySD is left out on purpose: it skips NaN in SUM, VMAX and VMIN, stops at INTEGER(NaN) and at x/0 of plain numbers,
and turns a negative number to a broken power into a complex one. Those differences stand in test_lowering.py.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from policy_lab.engine import compile_model
from policy_lab.model import Component, Kind, Model, TimeSettings, Variable
from policy_lab.model import expression as ex

PLACES = ("north", "south", "west")
CONSTANTS = ("a", "b", "c")
SPECIAL = [0.0, -0.0, 1.0, -1.0, 0.5, 3.0, -2.5, 1e-7, 1e-6, 1e6, np.nan, np.inf, -np.inf]

leaf = st.one_of(
    st.sampled_from([ex.Number(v) for v in (0.0, 1.0, -3.0, 0.25, 1e-7, 7.0)]),
    st.sampled_from([ex.Reference(name, ("Place",)) for name in CONSTANTS]),
    st.sampled_from([ex.Reference("b", ("south",)), ex.Reference("Time")]),
)


def folded(function: str, name: str) -> ex.Expression:
    return ex.Call(function, (ex.Reference(name, ("Place!",)),))


def branches(inner: st.SearchStrategy[ex.Expression]) -> st.SearchStrategy[ex.Expression]:
    pair = st.tuples(inner, inner)
    condition = st.builds(ex.Compare, st.sampled_from(["=", "<>", "<", "<=", ">", ">="]), inner, inner)
    several = st.lists(condition, min_size=2, max_size=3).map(tuple)
    logic = st.one_of(
        condition,
        inner,
        st.builds(ex.Logic, st.sampled_from(["and", "or"]), several),
        st.builds(lambda c: ex.Logic("not", (c,)), condition),
    )
    table = ex.Lookup((-1.0, 0.0, 2.0, 2.5), (3.0, -1.0, 4.0, 4.0), "interpolate")
    return st.one_of(
        st.builds(ex.Arithmetic, st.sampled_from(["+", "-", "*", "/"]), inner, inner),
        st.builds(ex.Negative, inner),
        st.builds(ex.Call, st.sampled_from(["min", "max", "quantum", "modulo", "zidz"]), pair),
        st.builds(ex.Call, st.sampled_from(["abs", "integer", "sqrt"]), st.tuples(inner)),
        st.builds(ex.Call, st.just("xidz"), st.tuples(inner, inner, inner)),
        st.builds(ex.Call, st.just("if_then_else"), st.tuples(logic, inner, inner)),
        st.builds(ex.Call, st.sampled_from(["step", "pulse"]), pair),
        st.builds(ex.Call, st.just("ramp"), st.tuples(inner, inner, inner)),
        st.builds(ex.LookupCall, st.just(table), inner),
        st.builds(folded, st.sampled_from(["sum", "vmax", "vmin", "prod"]), st.sampled_from(CONSTANTS)),
    )


exact = st.recursive(leaf, branches, max_leaves=12)
smooth = st.one_of(
    st.builds(ex.Call, st.sampled_from(["exp", "ln", "sin", "cos", "tan", "arctan", "tanh", "sinh"]), st.tuples(exact)),
    st.builds(ex.Call, st.sampled_from(["arcsin", "arccos", "cosh"]), st.tuples(exact)),
    st.builds(ex.Arithmetic, st.just("^"), exact, exact),
)


def model_of(expressions: list[ex.Expression]) -> Model:
    def variable(name: str, kind: Kind, expression: ex.Expression) -> Variable:
        return Variable(
            name, kind, "", "", (None, None), ("Place",), "", 1, (Component(("Place",), expression, line=1),)
        )

    variables = [variable(name, Kind.CONSTANT, ex.Array((1.0, 2.0, 3.0), (3,))) for name in CONSTANTS]
    variables += [variable(f"x{k}", Kind.AUXILIARY, expression) for k, expression in enumerate(expressions)]
    time = TimeSettings(0.0, 3.0, 0.25, 0.25, "Month")
    return Model("random", Path("random.mdl"), "", {v.name: v for v in variables}, {"Place": PLACES}, time, "euler")


values = st.lists(st.sampled_from(SPECIAL) | st.floats(-50, 50), min_size=9, max_size=9)
generous = settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))


def both(expressions: list[ex.Expression], numbers: list[list[float]]) -> list[tuple[np.ndarray, np.ndarray]]:
    """Return the values of each expression by NumPy, and by machine code in lanes; one run alone must be the same."""
    model = model_of(expressions)
    inputs = {name: np.array([n[3 * k : 3 * k + 3] for n in numbers]) for k, name in enumerate(CONSTANTS)}
    names = [f"x{k}" for k in range(len(expressions))]
    readable = compile_model(model, backend="numpy").run(inputs, outputs=names, allow_nan=True)
    fast = compile_model(model)
    lanes = fast.run(inputs, outputs=names, allow_nan=True)
    alone = fast.run({name: value[0] for name, value in inputs.items()}, outputs=names, allow_nan=True)
    for name in names:
        np.testing.assert_array_equal(alone[name][0], lanes[name][0], err_msg=name)
    return [(readable[name], lanes[name]) for name in names]


@generous
@given(st.lists(exact, min_size=8, max_size=8), st.lists(values, min_size=9, max_size=9))
def test_exact_arithmetic_has_the_same_bits_everywhere(
    expressions: list[ex.Expression], numbers: list[list[float]]
) -> None:
    for expression, (readable, fast) in zip(expressions, both(expressions, numbers), strict=True):
        np.testing.assert_array_equal(readable, fast, err_msg=repr(expression))


@generous
@given(st.lists(smooth, min_size=8, max_size=8), st.lists(values, min_size=9, max_size=9))
def test_smooth_functions_agree_closely(expressions: list[ex.Expression], numbers: list[list[float]]) -> None:
    for expression, (readable, fast) in zip(expressions, both(expressions, numbers), strict=True):
        np.testing.assert_allclose(readable, fast, rtol=1e-12, atol=0, err_msg=repr(expression))
