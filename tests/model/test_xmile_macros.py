"""XMILE's macros are written out as Vensim's are, and refused by name where they cannot be."""

from __future__ import annotations

from pathlib import Path

import pytest

from policy_lab.errors import InputError
from policy_lab.model import read_model

HEAD = (
    '<xmile version="1.0" xmlns="http://docs.oasis-open.org/xmile/ns/XMILE/v1.0"><header/>'
    "<sim_specs><start>0</start><stop>1</stop><dt>1</dt></sim_specs>"
)


def _written(folder: Path, macro: str, equation: str) -> Path:
    path = folder / "m.xmile"
    text = f'{HEAD}{macro}<model><variables><aux name="a"><eqn>{equation}</eqn></aux></variables></model></xmile>'
    path.write_text(text, encoding="utf-8")
    return path


def test_a_macro_becomes_equations_of_its_own(tmp_path: Path) -> None:
    macro = '<macro name="twice"><parm>x</parm><parm default="2">by</parm><eqn>x*by</eqn></macro>'
    model = read_model(_written(tmp_path, macro, "twice(3) + twice(4, 5)"))
    assert [name for name in model.variables if "·" in name] == [
        "twice 1 · x", "twice 1 · by", "twice 1 · twice", "twice 2 · x", "twice 2 · by", "twice 2 · twice",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("macro", "equation", "said"),
    [
        ('<macro name="m"><parm>x</parm><eqn>x + y</eqn></macro>', "m(1)", "the macro `m` knows no `y`"),
        ('<macro name="m"><parm>x</parm><eqn>x</eqn></macro>', "m(1, 2)", "takes 1 argument, 2 given"),
        ('<macro name="m"><parm>x</parm><parm default="1">y</parm><eqn>x</eqn></macro>', "m()", "takes 2 arguments"),
        ('<macro name="m"><parm>x</parm><eqn>m(x)</eqn></macro>', "m(1)", "calls itself"),
        ('<macro name="m"><parm>x</parm><eqn>x + </eqn></macro>', "m(1)", "syntax error"),
        ('<macro name="m"><parm>x</parm></macro>', "m(1)", "no equation for `m`"),
        ("<macro><eqn>1</eqn></macro>", "1", "a macro without a name"),
        (
            '<macro name="m"><eqn>1</eqn><sim_specs><start>0</start><stop>1</stop></sim_specs></macro>',
            "m()", "time settings of its own",
        ),
        (
            '<macro name="m"><eqn>1</eqn><variables><module name="inner"/></variables></macro>',
            "m()", "a module inside a macro",
        ),
    ],
)  # fmt: skip
def test_refusals(tmp_path: Path, macro: str, equation: str, said: str) -> None:
    with pytest.raises(InputError, match=said):
        read_model(_written(tmp_path, macro, equation))
