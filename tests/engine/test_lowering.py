"""What the engine cannot compute exactly is refused by name and line, before anything runs; closed forms hold."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from policy_lab.engine import compile_model
from policy_lab.engine.lowering import lower
from policy_lab.errors import InputError
from policy_lab.model import Model

Written = Callable[..., Model]


@pytest.mark.parametrize(
    ("equations", "said"),
    [
        (["x = GET TIME VALUE(2, 0, 1)"], r"written\.mdl:2: `x`: GET TIME VALUE\(2, …, 1\) reads a calendar"),
        (["y = 1", "x = GET TIME VALUE(0, 0, 3)"], r"written\.mdl:7: `x`: GET TIME VALUE"),
        (["A: a1, a2", "v[A] = 1, 2", "x[A] = VECTOR SORT ORDER(v[a1], 1)"], "`x`: VECTOR SORT ORDER needs"),
        (["s = INTEG(1, t)", "t = INTEG(1, s)"], r"circular initial values: s → t → s"),
        (["s = INTEG(1, x)", "x = y + s", "y = 1 * s"], "circular initial values: s → "),
        (["n = 2 + Time", "s = DELAY N(Time, 3, 0, n)"], "`s`: the order of a delay must be a number"),
        (["A: a1, a2", "v[A] = 1, 2", "x = SUM(3)"], "`x`: SUM needs a subscript marked with `!`"),
    ],
)
def test_refusals_name_variable_and_line(equations: list[str], said: str, written: Written) -> None:
    with pytest.raises(InputError, match=said):
        compile_model(written(*equations))


def test_all_refusals_of_a_model_are_told_at_once(written: Written) -> None:
    model = written("x = GET TIME VALUE(2, 0, 1)", "y = GET TIME VALUE(0, 0, 3)", "z = 1")
    with pytest.raises(InputError) as caught:
        compile_model(model)
    assert [problem.variable for problem in caught.value.problems] == ["x", "y"]


def test_what_a_freed_variable_says_need_not_be_supported(written: Written) -> None:
    model = written("x = GET TIME VALUE(2, 0, 1)", "y = 2 * x")
    compiled = compile_model(model, series=["x"])
    assert compiled.run(series={"x": ([0.0], [4.0])})["y"][0, 0] == 8


def test_elements_of_one_variable_may_need_one_another(written: Written) -> None:
    """PySD computes a variable as a whole, and so calls this circular; it is not."""
    model = written("A: a1, a2, a3", "x[a1] = 1", "x[a2] = 2 * x[a1]", "x[a3] = x[a1] + x[a2]", "y = SUM(x[A!])")
    for backend in ("compiled", "numpy"):
        found = compile_model(model, backend=backend).run()
        assert found["x"][0, 0].tolist() == [1, 2, 3]
        assert found["y"][0, 0] == 6


@pytest.mark.parametrize("backend", ["compiled", "numpy"])
def test_and_binds_before_or(backend: str, written: Written) -> None:
    """Vensim's order; PySD 3.14 groups from the right and finds 0 for the first."""
    model = written(
        "no = 0",
        "first = IF THEN ELSE(no = 1 :AND: no = 1 :OR: no = 0, 1, 0)",
        "second = IF THEN ELSE(no = 0 :OR: no = 0 :AND: no = 1, 1, 0)",
    )
    found = compile_model(model, backend=backend).run()
    assert found["first"][0, 0] == 1
    assert found["second"][0, 0] == 1


@pytest.mark.parametrize("backend", ["compiled", "numpy"])
def test_missing_values_are_not_skipped(backend: str, written: Written) -> None:
    """PySD's SUM, VMAX and VMIN leave NaN out, its INTEGER(NaN) is an error or −9223372036854775808."""
    model = written(
        "A: a1, a2, a3", "v[A] = 1, 2, 3", "total = SUM(v[A!])", "most = VMAX(v[A!])", "least = VMIN(v[A!])",
        "product = PROD(v[A!])", "whole = INTEGER(v[a2])", "pair = MIN(v[a1], v[a2]) + MAX(v[a2], v[a1])",
        "f((0,0),(5,5))", "read = f(v[a2])", "chosen = IF THEN ELSE(v[a2] > 0, 1, 2)",
    )  # fmt: skip
    found = compile_model(model, backend=backend).run({"v": [1.0, np.nan, 3.0]}, allow_nan=True)
    for name in ("total", "most", "least", "product", "whole", "pair", "read"):
        assert np.isnan(found[name]).all(), name
    assert (found["chosen"] == 2).all()


@pytest.mark.parametrize("backend", ["compiled", "numpy"])
def test_division_is_total(backend: str, written: Written) -> None:
    """Where Python's floats raise an error, an engine gives what IEEE 754 does."""
    model = written("zero = 0", "one = 1", "x = one / zero", "y = zero / zero", "z = -one / zero", "p = zero ^ -one")
    found = compile_model(model, backend=backend).run()
    assert found["x"][0, 0] == np.inf
    assert np.isnan(found["y"][0, 0])
    assert found["z"][0, 0] == -np.inf
    assert found["p"][0, 0] == np.inf


@pytest.mark.parametrize("backend", ["compiled", "numpy"])
def test_a_delay_of_several_stages_within_one_step_has_no_value(backend: str, written: Written) -> None:
    """PySD stops with an index error there."""
    found = compile_model(written("x = DELAY3(Time, 0.1)"), backend=backend).run()
    assert np.isnan(found["x"]).all()


@pytest.mark.parametrize("backend", ["compiled", "numpy"])
def test_what_is_sampled_is_the_value_of_that_moment(backend: str, written: Written) -> None:
    model = written("a stock = INTEG(1, 0)", "sampled = SAMPLE IF TRUE(Time = 3, a stock, -1)", step=1, save=1)
    assert compile_model(model, backend=backend).run()["sampled"][0].tolist() == [-1, -1, -1, *[3] * 8]


def test_constants_of_a_run_are_told_from_what_moves(written: Written) -> None:
    fixed = ("c = 2", "held = INITIAL(c)", "fixed = c * 3 + held")
    moving = ("timed = Time + fixed", "moving = stock + 1", "stock = INTEG(moving * timed, c)", "seen = moving * 2")
    program = lower(written(*fixed, *moving)).program
    assert [s.target for s in program.constants] == ["held", "fixed"]
    assert [s.target for s in program.observed] == ["seen"]
    assert [program.timing[name].name for name in ("fixed", "timed", "moving")] == ["CONSTANT", "TIME", "DYNAMIC"]
    assert program.dynamic[-1].target == "stock · rate"


def test_a_program_can_be_printed_and_its_digest_tells_models_apart(written: Written) -> None:
    first = lower(written("c = 2", "x = c * Time + 1")).program
    second = lower(written("c = 2", "x = c * Time + 2")).program
    assert "x = add(mul(c, <time>), 1.0)" in str(first)
    assert first.digest() != second.digest()
    assert first.digest() == lower(written("c = 3", "x = c * Time + 1")).program.digest()  # a default is no code


def test_a_chain_of_thousands_of_equations_is_ordered_and_compiled(written: Written) -> None:
    links = [f"link {k} = link {k - 1} + 1" for k in range(1, 1500)]
    model = written("link 0 = Time", *reversed(links), final=1, step=1)
    assert compile_model(model).run(outputs=["link 1499"])["link 1499"][0].tolist() == [1499, 1500]
