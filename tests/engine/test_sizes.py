"""Equations that are long or deep, models of many equations, and variables of many subscripts, by both readers."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from policy_lab.engine import compile_model
from policy_lab.model import Model, read_model
from policy_lab.model import expression as ex
from policy_lab.model.chains import GROUP, LEFT_TO_RIGHT, chain_depth, chained
from policy_lab.model.walk import children

Equations = Sequence[tuple[str, str]]
TIMES = "INITIAL TIME = 0 ~~|\nFINAL TIME = 2 ~~|\nTIME STEP = 1 ~~|\nSAVEPER = 1 ~~|\n"
HEAD = (
    '<xmile version="1.0" xmlns="http://docs.oasis-open.org/xmile/ns/XMILE/v1.0"><header/>'
    "<sim_specs><start>0</start><stop>2</stop><dt>1</dt></sim_specs><model><variables>"
)


def _read(folder: Path, suffix: str, equations: Equations) -> Model:
    path = folder / f"large{suffix}"
    if suffix == ".mdl":
        text = "{UTF-8}\n" + "".join(f"{name} = {equation} ~~|\n" for name, equation in equations) + TIMES
    else:
        inside = "".join(f'<aux name="{name}"><eqn>{equation}</eqn></aux>' for name, equation in equations)
        text = f"{HEAD}{inside}</variables></model></xmile>"
    path.write_text(text, encoding="utf-8")
    return read_model(path)


def _last(model: Model, name: str, backend: str) -> float:
    return float(compile_model(model, backend=backend).run(outputs=[name])[name][0, -1])  # type: ignore[arg-type]


@pytest.mark.parametrize("suffix", [".mdl", ".xmile"])
def test_three_hundred_brackets_inside_one_another(tmp_path: Path, suffix: str) -> None:
    model = _read(tmp_path, suffix, [("x", "(" * 300 + "TIME + 1" + ")" * 300)])
    assert _last(model, "x", "compiled") == _last(model, "x", "numpy") == 3


@pytest.mark.parametrize("suffix", [".mdl", ".xmile"])
def test_a_chain_of_five_thousand_equations(tmp_path: Path, suffix: str) -> None:
    chain = [("v0", "TIME"), *((f"v{k}", f"v{k - 1} + 1") for k in range(1, 5000))]
    model = _read(tmp_path, suffix, chain)
    assert _last(model, "v4999", "compiled") == _last(model, "v4999", "numpy") == 5001


@pytest.mark.parametrize(
    ("suffix", "equation", "exact"),
    [
        (".mdl", "+".join(f"{k}*TIME" for k in range(1, 2001)), 2 * 2001000),
        (".xmile", "+".join(f"{k}*TIME" for k in range(1, 2001)), 2 * 2001000),
        (".mdl", "-".join(f"{k}*TIME" for k in range(1, 501)), 2 * (1 - 125249)),
        (".mdl", "*".join(["(1 + TIME/1000)"] * 500), 1.002**500),
        (".xmile", "1000" + "/(1 + TIME/1000)" * 499, 1000 / 1.002**499),
    ],
    ids=["plus", "plus-xmile", "minus", "times", "over"],
)
def test_many_terms_in_one_equation(tmp_path: Path, suffix: str, equation: str, exact: float) -> None:
    model = _read(tmp_path, suffix, [("x", equation)])
    assert _last(model, "x", "compiled") == pytest.approx(exact, rel=1e-12)
    assert _last(model, "x", "numpy") == pytest.approx(exact, rel=1e-12)


def _depth(tree: ex.Expression) -> int:
    inner = children(tree)
    return 1 + max(map(_depth, inner)) if inner else 0


@pytest.mark.parametrize("terms", [2, LEFT_TO_RIGHT, LEFT_TO_RIGHT + 1, 10 * GROUP, 4000])
def test_a_long_chain_is_not_a_deep_one(terms: int) -> None:
    numbers = [ex.Reference(f"v{k}") for k in range(terms)]
    tree = chained(["-"] * (terms - 1), numbers)
    assert _depth(tree) <= chain_depth(terms) + 2 < 200
    values = np.arange(terms) + 1.0

    def value(node: ex.Expression) -> float:
        if isinstance(node, ex.Reference):
            return float(values[int(node.name[1:])])
        if isinstance(node, ex.Negative):
            return -value(node.argument)
        assert isinstance(node, ex.Arithmetic)
        first, second = value(node.first), value(node.second)
        return first + second if node.operator == "+" else first - second

    assert value(tree) == values[0] - values[1:].sum()
