"""Macros are written out as equations; what cannot be is refused by name."""

from __future__ import annotations

from pathlib import Path

import pytest

from policy_lab.engine import compile_model
from policy_lab.errors import InputError
from policy_lab.model import read_model

TIMES = "INITIAL TIME = 0 ~~|\nFINAL TIME = 2 ~~|\nTIME STEP = 1 ~~|\nSAVEPER = 1 ~~|\n"


def written(folder: Path, text: str) -> Path:
    path = folder / "macros.mdl"
    path.write_text("{UTF-8}\n" + text + TIMES, encoding="utf-8")
    return path


def macro(head: str, *equations: str) -> str:
    return f":MACRO: {head}\n" + "".join(f"{one} ~~|\n" for one in equations) + ":END OF MACRO:\n"


def test_a_macro_has_a_memory_of_its_own_at_each_call(tmp_path: Path) -> None:
    text = macro("GROWN(rate)", "GROWN = INTEG(rate*TIME STEP$, 1)") + "a = GROWN(2) ~~|\nb = a + GROWN(Time) ~~|\n"
    series = compile_model(read_model(written(tmp_path, text)), backend="numpy").run()
    assert series["a"][0].tolist() == [1, 3, 5]
    assert series["b"][0].tolist() == [2, 4, 7]


def test_what_a_macro_holds_is_not_the_models(tmp_path: Path) -> None:
    text = macro("M(x)", "M = inner + 1", "inner = 2*x") + "inner = 50 ~~|\nx = 7 ~~|\na = M(3) + inner + x ~~|\n"
    series = compile_model(read_model(written(tmp_path, text)), backend="numpy").run()
    assert series["a"][0, 0] == 64


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (macro("M(x)", "M = x + rate") + "rate = 1 ~~|\na = M(1) ~~|\n", "knows no `rate`"),
        (macro("M(x)", "M = x") + "a = M(1, 2) ~~|\n", "takes 1 argument, 2 given"),
        (macro("M(x)", "M = M(x)") + "a = M(1) ~~|\n", "calls itself"),
        (macro("M(x : y)", "M = x", "y = x") + "a = M(1) ~~|\n", "takes 1 argument and 1 outputs, 1 given"),
        (macro("M(x : y)", "M = x", "y = x") + "a = M(1 : 2) ~~|\n", "names a variable, with the subscripts of this"),
        (macro("M(x : y)", "M = x", "y = x") + "b = 1 ~~|\na = M(1 : b) ~~|\n", "already defined"),
        (macro("M(x : y)", "M = x") + "a = M(1 : b) ~~|\n", "no equation for `y`"),
        (macro("M(x : y)", "M = x", "y = x") + "A: a1, a2 ~~|\na[A] = M(A : b) ~~|\n", "with the subscripts of this"),
        (macro("M(x)", "M = x[A]") + "A: a1, a2 ~~|\na = M(1) ~~|\n", "the argument `x` of the macro `M` stands with"),
        (macro("M(x)", "M = SUM(y[A!])", "y[A] = x") + "A: a1, a2 ~~|\nv[A] = M(1) ~~|\n", "runs over `A` itself"),
        (macro("M(x)", "M = 1", "x = 2") + "a = M(1) ~~|\n", "an equation for one of its own arguments"),
        (macro("M(x)", "other = x") + "a = M(1) ~~|\n", "no equation for `M`"),
        (macro("M(x)", "M[A] = x") + "A: a1, a2 ~~|\na = M(1) ~~|\n", "`M`, which the macro returns, has subscripts"),
        (macro("M(x)", "M = x") + "A: a1, a2 ~~|\nv[A] = 1, 2 ~~|\na[A] = SUM(M(v[A!])) ~~|\n", "stands inside SUM"),
        (macro("../../up(x)", "M = x") + "a = 1 ~~|\n", "the name of a macro holds letters"),
    ],
)
def test_refusals(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(InputError, match=said):
        read_model(written(tmp_path, text))
