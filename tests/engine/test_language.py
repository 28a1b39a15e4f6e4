"""What a model uses is listed with the engines that compute it."""

from __future__ import annotations

from collections.abc import Callable

from policy_lab.engine.language import language
from policy_lab.model import Model

Written = Callable[..., Model]


def test_every_use_is_counted_with_its_first_line(written: Written) -> None:
    model = written("A: a1, a2", "x = ABS(Time) + ABS(y)", "y = 2", "v[A] = VECTOR RANK(w[A], 1)", "w[A] = 2, 1")
    uses = {one.feature: one for one in language(model).uses}
    assert (uses["ABS"].times, uses["ABS"].line) == (2, model["x"].line)
    assert uses["VECTOR RANK"].engines == ("compiled", "numpy", "pysd")
    assert uses["1 subscript"].times == 2
    assert language(model).refused == ()


def test_what_is_refused_has_no_engine_and_a_reason(written: Written) -> None:
    model = written("x = GET TIME VALUE(0, 0, 3)", "y = SQRT(Time)")
    found = language(model)
    uses = {one.feature: one.engines for one in found.uses}
    assert uses["GET TIME VALUE"] == ()
    assert "numpy" in uses["SQRT"]
    assert [problem.variable for problem in found.refused] == ["x"]
