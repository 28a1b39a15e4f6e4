"""What vector functions refuse, and a matrix of some size."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import numpy as np
import pytest

from policy_lab.engine import compile_model
from policy_lab.errors import InputError
from policy_lab.model import Model

Written = Callable[..., Model]


@pytest.mark.parametrize("backend", ["compiled", "numpy"])
def test_a_matrix_of_twelve_rows_for_each_region(written: Written, backend: Literal["compiled", "numpy"]) -> None:
    model = written(
        "R: (r1-r12)", "C: (c1-c12)", "P: p1, p2",
        "matrix[P, R, C] = weight[P]*(IF THEN ELSE(R = C, 3, 0) + SIN(R*C))",
        "weight[P] = 1, 2", "inverse[P, R, C] = INVERT MATRIX(matrix[P, R, C], 12)", final=1, step=1,
    )  # fmt: skip
    series = compile_model(model, backend=backend).run()
    exact = np.linalg.inv(series["matrix"])
    assert series["inverse"] == pytest.approx(exact, rel=1e-10, abs=1e-12)


def test_a_singular_matrix_has_no_inverse(written: Written) -> None:
    model = written(
        "R: r1, r2", "C: c1, c2", "m[R, C] = 1, 2; 2, 4;", "i[R, C] = INVERT MATRIX(m[R, C], 2)", final=1, step=1
    )
    assert not np.isfinite(compile_model(model).run()["i"]).any()


@pytest.mark.parametrize("backend", ["compiled", "numpy"])
def test_memory_within_memory_within_a_reduction_has_one_state_a_turn(
    written: Written, backend: Literal["compiled", "numpy"]
) -> None:
    """A file of the fuzzer: the inner function was given the turns of the sum twice."""
    model = written(
        "R: north, south, west", "v[R] = 1, 2, 3", "x = SUM(v[R!] + SMOOTHI(4, 2, DELAY FIXED(2*v[R!], 2, v[R!])))",
        final=4, step=1,
    )  # fmt: skip
    compiled = compile_model(model, backend=backend)
    assert len(compiled.states) == 6
    smooth = np.array([1.0, 2.0, 3.0])
    for at in range(5):
        assert compiled.run()["x"][0, at] == pytest.approx(6 + smooth.sum())
        smooth += (4 - smooth) / 2


def test_an_error_action_gives_no_value(written: Written) -> None:
    model = written(
        "A: a1, a2", "s[A] = 1, 1", "v[A] = 3, 4", "x = VECTOR SELECT(s[A!], v[A!], 0, 0, 2)",
        "y = VECTOR SELECT(s[A!], v[A!], 0, 0, 1)", final=1, step=1,
    )  # fmt: skip
    series = compile_model(model).run()
    assert np.isnan(series["x"]).all()
    assert series["y"][0, 0] == 7


@pytest.mark.parametrize(
    ("equation", "said"),
    [
        ("x = VECTOR RANK(Time + 1, 1)", "needs a vector whose last subscript"),
        ("x[A] = VECTOR RANK(v[a1], 1)", "needs a vector whose last subscript"),
        ("x[A] :EXCEPT: [a1] = VECTOR RANK(v[A], 1) ~~|\n x[a1] = 0", "stands in an equation with `:EXCEPT:`"),
        ("x = VECTOR SELECT(v[A!], v[A!], 0, Time, 0)", "must be a whole number"),
        ("x = VECTOR SELECT(v[A!], v[A!], 0, 1e999, 0)", "must be a whole number"),
        ("x = VECTOR SELECT(v[A!], v[A!], 0, 11, 0)", "numerical actions 0 to 10"),
        ("x[A] = INVERT MATRIX(v[A], 2)", "square matrix"),
        ("x = GET TIME VALUE(2, 0, 1)", "reads a calendar or the clock of the computer"),
    ],
)
def test_refusals(written: Written, equation: str, said: str) -> None:
    with pytest.raises(InputError, match=said):
        compile_model(written("A: a1, a2", "v[A] = 1, 2", equation))


def test_an_expression_gives_what_its_own_variable_gives(written: Written) -> None:
    model = written(
        "A: (a1-a5)", "asked[A] = 3, 0, 4, 2, 5", "more[A] = asked[A]*(1 + Time)", "first[A] = 1, 9, 3, 3, 2",
        "second[A] = first[A] + asked[A]",
        "got[A] = ALLOCATE BY PRIORITY(more[A], second[A], 5, 2, 7)",
        "same[A] = ALLOCATE BY PRIORITY(asked[A]*(1 + Time), first[A] + asked[A], 5, 2, 7)",
        "most = VMAX(ALLOCATE BY PRIORITY(asked[A!]*(1 + Time), first[A!] + asked[A!], 5, 2, 7))",
        final=2, step=1,
    )  # fmt: skip
    series = compile_model(model).run()
    assert series["same"] == pytest.approx(series["got"], abs=0)
    assert series["most"] == pytest.approx(series["got"].max(axis=-1), abs=0)
    assert series["got"].max() > 0
