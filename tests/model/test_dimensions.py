"""Units of equations: right ones pass, wrong ones are told with the part that clashes."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from policy_lab.model import Component, Kind, Model, TimeSettings, Variable, read_model
from policy_lab.model import expression as ex
from policy_lab.model.dimensions import UnitReport, check_units

CONTROL = "".join(
    f"{name} = {value} ~ Month ~|\n"
    for name, value in (("INITIAL TIME", 0), ("FINAL TIME", 10), ("TIME STEP", 1), ("SAVEPER", "TIME STEP"))
)
GIVEN = """{UTF-8}
Port: north, south ~~|
fish = 9 ~ tonne ~|
catch = 2 ~ tonne/Month ~|
boats[Port] = 3, 4 ~ boat ~|
effort = 5 ~ day/Month ~|
delay = 4 ~ Month ~|
delay in years = 1 ~ Years ~|
months in a year = 12 ~ Month/Year ~|
share = 0.5 ~ Dmnl ~|
rate = 0.1 ~ 1/Month ~|
price = 2 ~ £/tonne ~|
nothing said = 1 ~~|
any curve((0,0),(1,1)) ~~|
curve in tonnes((0,0),(1,1)) ~ tonne ~|
"""
RIGHT = [
    ("tonne", "INTEG(catch-fish/delay,100)"),
    ("tonne", "INTEG(catch,fish)"),
    ("tonne", "INTEG(0,0)"),
    ("Tonnes", "fish+catch*delay"),
    ("tonne", "fish+0"),
    ("tonne", "MAX(0,MIN(fish,catch*TIME STEP))"),
    ("tonne", "IF THEN ELSE(fish>catch*delay,fish,0)"),
    ("tonne", "-fish*3/4"),
    ("tonne", "60*24"),
    ("tonne", "any curve(fish)"),
    ("£", "any curve(Time)"),
    ("tonne", "curve in tonnes(share)"),
    ("tonne", "WITH LOOKUP(Time,((0,0),(9,1)))"),
    ("tonne", "SMOOTH(fish,delay)+SMOOTH3I(fish,delay,2)+SMOOTH N(fish,delay,fish,3)"),
    ("tonne/month", "DELAY1(catch,delay)+DELAY3I(catch,delay,0)+DELAY N(catch,delay,catch,3)"),
    ("tonne/Month", "DELAY FIXED(catch,delay,0)"),
    ("1/Month", "TREND(fish,delay,0)"),
    ("tonne", "FORECAST(fish,delay,delay)"),
    ("tonne", "SAMPLE IF TRUE(Time>delay,fish,0)"),
    ("tonne", "INITIAL(fish)+ACTIVE INITIAL(fish,100)"),
    ("Dmnl", "EXP(-Time/delay)*LN(fish/fish)"),
    ("percent", "share^2+share^share+2^share"),
    ("tonne*tonne", "fish^2"),
    ("1/tonne", "fish^-1"),
    ("tonne", "(fish*fish)^(1/2)+SQRT(fish^2)+POWER(fish,1)"),
    ("boat", "SUM(boats[Port!])+VMAX(boats[Port!])+boats[north]"),
    ("1", "ELMCOUNT(Port)*SUM(IF THEN ELSE(boats[Port!]>0,1,0))"),
    ("tonne", "STEP(fish,delay)+RAMP(catch,delay,delay)+fish*PULSE(delay,TIME STEP)"),
    ("tonne", "ZIDZ(catch,rate)+XIDZ(catch,rate,fish)+XIDZ(catch,rate,0)"),
    ("tonne", "MODULO(fish,catch*delay)+QUANTUM(fish,fish)+INTEGER(fish)+ABS(-fish)"),
    ("tonne", "fish+nothing said"),
    ("GBP", "nothing said*fish"),
    ("GBP", "SMOOTH(nothing said,delay)"),
    ("tonne", "fish*delay/(delay in years*months in a year)"),
    ("day", "effort*delay"),
    ("£/Month", "price*catch"),
    ("£ per month", "price*catch"),
    ("Dmnl", "IF THEN ELSE(Time>delay :AND: fish>0 :OR: :NOT: share=1,1,0)"),
    ("Dmnl", "fish*SIN(2*3.14*Time/delay)/fish"),
    ("tonne", "fish*RANDOM UNIFORM(0,1,7)"),
]
WRONG = [
    ("tonne", "catch", "the equation is in `tonne/Month`, but `tonne` is declared (they differ by 1/Month)"),
    ("Dmnl", "fish*share", "the equation is in `tonne`, but `Dmnl` is declared"),
    ("Month", "delay in years", "the equation is in `Years`, but `Month` is declared (1 Years is 12 Month)"),
    ("tonne", "fish+catch", "`catch` is in `tonne/Month`, but `fish` beside it is in `tonne`"),
    ("tonne", "catch+fish", "`catch` is in `tonne/Month`, but `fish` beside it is in `tonne`"),
    ("tonne", "catch-delay+fish*share", "`catch` is in `tonne/Month`, but `fish*share` beside it is in `tonne`"),
    ("tonne", "catch-delay+fish*share", "`delay` is in `Month`, but `fish*share` beside it is in `tonne`"),
    ("tonne", "INTEG(fish,0)", "the flow should be in `tonne/Month`, but `fish` is in `tonne`"),
    ("tonne", "INTEG(catch,catch)", "the start should be in `tonne`, but `catch` is in `tonne/Month`"),
    ("tonne", "MAX(fish,catch)", "`catch` is in `tonne/Month`, but `fish` beside it is in `tonne`"),
    ("tonne", "IF THEN ELSE(fish>catch,fish,0)", "`catch` is in `tonne/Month`, but `fish` beside it is in `tonne`"),
    ("tonne", "IF THEN ELSE(share>0,delay,fish)", "`delay` is in `Month`, but `fish` beside it is in `tonne`"),
    ("Dmnl", "EXP(fish)", "what EXP is taken of should be in `Dmnl`, but `fish` is in `tonne`"),
    ("Dmnl", "share^delay", "an exponent"),
    ("tonne", "fish^share", "`fish` is in `tonne` and raised to `share`"),
    ("tonne", "SMOOTH(fish,share)", "the delay time should be in `Month`"),
    ("tonne", "SMOOTH(fish,delay in years)", "the delay time should be in `Month`"),
    ("tonne", "SMOOTHI(fish,delay,catch)", "the start should be in `tonne`"),
    ("tonne", "DELAY N(fish,delay,fish,delay)", "the order should be in `Dmnl`"),
    ("tonne", "DELAY FIXED(fish,share,0)", "the delay time should be in `Month`"),
    ("tonne", "TREND(fish,delay,0)", "the equation is in `1/Month`"),
    ("tonne", "FORECAST(fish,delay,share)", "the horizon should be in `Month`"),
    ("tonne", "SAMPLE IF TRUE(share>0,fish,catch)", "the start should be in `tonne`"),
    ("tonne", "STEP(fish,share)", "a time should be in `Month`"),
    ("tonne", "RAMP(fish,delay,delay)", "the equation is in `Month*tonne`"),
    ("tonne", "XIDZ(catch,rate,share)", "what stands for the quotient should be in `tonne`"),
    ("Dmnl", "SUM(boats[Port!])", "the equation is in `boat`"),
    ("boat", "curve in tonnes(share)", "the equation is in `tonne`"),
    ("tonne", "SQRT(fish)", "the equation is in `tonne^0.5`"),
    ("kg", "fish", "1 tonne is 1000 kg"),
]
BARE = [
    ("tonne", "fish+1", "`1` is a bare number beside `fish`, which is in `tonne`"),
    ("tonne", "MAX(fish,5)", "`5` is a bare number beside `fish`, which is in `tonne`"),
    ("Dmnl", "IF THEN ELSE(Time>12,1,0)", "`12` is a bare number beside `Time`, which is in `Month`"),
    ("tonne", "SMOOTH(fish,5)", "`5` is a bare number where the delay time in `Month` should stand"),
    ("tonne", "STEP(fish,10)", "`10` is a bare number where a time in `Month` should stand"),
    ("tonne", "IF THEN ELSE(share>0,5,0)", "`IF THEN ELSE(share>0,5,0)` is a bare number for a variable in `tonne`"),
    ("tonne", "INTEG(-0.9,4)", "`-0.9` is a bare number where the flow in `tonne/Month` should stand"),
]


def table(rows: list[tuple[str, ...]], prefix: str) -> str:
    return "".join(f"{prefix}{place} = {row[1]} ~ {row[0]} ~|\n" for place, row in enumerate(rows))


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> UnitReport:
    path = tmp_path_factory.mktemp("units") / "model.mdl"
    path.write_text(GIVEN + table(RIGHT, "right ") + table(WRONG, "wrong ") + table(BARE, "bare ") + CONTROL, "utf-8")
    return check_units(read_model(path))


def of(report: UnitReport, name: str) -> tuple[list[str], list[str]]:
    return (
        [str(problem) for problem in report.faults if problem.variable == name],
        [str(problem) for problem in report.warnings if problem.variable == name],
    )


@pytest.mark.parametrize("place", range(len(RIGHT)), ids=[row[1] for row in RIGHT])
def test_right_units_pass(report: UnitReport, place: int) -> None:
    assert of(report, f"right {place}") == ([], [])


@pytest.mark.parametrize("place", range(len(WRONG)), ids=[row[1] for row in WRONG])
def test_wrong_units_are_told(report: UnitReport, place: int) -> None:
    faults, bare = of(report, f"wrong {place}")
    assert any(WRONG[place][2] in fault for fault in faults), faults
    assert not bare


@pytest.mark.parametrize("place", range(len(BARE)), ids=[row[1] for row in BARE])
def test_bare_numbers_are_told_apart(report: UnitReport, place: int) -> None:
    faults, bare = of(report, f"bare {place}")
    assert not faults
    assert len(bare) == 1
    assert BARE[place][2] in bare[0]


def test_what_is_counted(report: UnitReport) -> None:
    constants = sum(row[1] == "60*24" for row in RIGHT)
    assert report.checked == len(RIGHT) + len(WRONG) + len(BARE) - constants + 1  # SAVEPER is TIME STEP
    assert report.undeclared == ("nothing said", "any curve")


def test_problems_say_where(tmp_path: Path) -> None:
    path = tmp_path / "model.mdl"
    path.write_text(f"{GIVEN}x = fish+catch ~ tonne ~|\n{CONTROL}", "utf-8")
    (fault,) = check_units(read_model(path)).faults
    assert (fault.file, fault.line, fault.variable) == (path, GIVEN.count("\n") + 1, "x")


def test_one_clash_is_told_once(tmp_path: Path) -> None:
    path = tmp_path / "model.mdl"
    path.write_text(f"{GIVEN}x = (fish+catch)*delay+EXP((fish+catch)/fish) ~ Dmnl ~|\n{CONTROL}", "utf-8")
    assert len(check_units(read_model(path)).faults) == 1


def test_every_equation_of_a_variable_is_held_against_its_unit(tmp_path: Path) -> None:
    path = tmp_path / "model.mdl"
    path.write_text(f"{GIVEN}x[north] = fish*1 ~~|\nx[south] = catch*1 ~ tonne ~|\n{CONTROL}", "utf-8")
    (fault,) = check_units(read_model(path)).faults
    assert "`tonne/Month`" in fault.what


def test_clocks_agree(tmp_path: Path) -> None:
    path = tmp_path / "model.mdl"
    path.write_text(GIVEN + CONTROL.replace("10 ~ Month", "10 ~ Year"), "utf-8")
    (fault,) = check_units(read_model(path)).faults
    assert fault.variable == "FINAL TIME"
    assert "1 Years is 12 Month" in fault.why


def test_units_of_no_known_kind_are_kept_apart(tmp_path: Path) -> None:
    """Also where a library of units would see a centi-atmosphere in a cat, or a mere number in a count."""
    path = tmp_path / "model.mdl"
    names = ["cat", "count", "cycle", "event", "FTE", "widget 2020", "10,000 cats", "dB", "celsius", "Dmnl"]
    lines = "".join(f"v{place} = 1 ~ {name} ~|\n" for place, name in enumerate(names))
    sums = "".join(f"s{place} = v{place}+v{place + 1} ~~|\n" for place in range(len(names) - 1))
    path.write_text("{UTF-8}\n" + lines + sums + CONTROL, "utf-8")
    assert {fault.variable for fault in check_units(read_model(path)).faults} == {
        f"s{place}" for place in range(len(names) - 1)
    }


# Equations whose unit is known by how they are made: powers of (tonne, boat, Month).
Powers = tuple[int, int, int]
NAMES = ("tonne", "boat", "Month")


@dataclass(frozen=True)
class Made:
    """An expression, and the variables that it needs, by name."""

    node: ex.Expression
    needs: frozenset[Powers]


def text(powers: Powers) -> str:
    return "*".join(f"{name}^{power}" for name, power in zip(NAMES, powers, strict=True) if power) or "Dmnl"


def name_of(powers: Powers) -> str:
    return f"v {' '.join(map(str, powers))}"


powers_of = st.tuples(*[st.integers(-2, 2)] * 3)


@st.composite
def made(draw: st.DrawFn, powers: Powers, depth: int) -> Made:
    """Draw an equation in the given unit."""
    kind = draw(st.sampled_from(["leaf", "sum", "product", "quotient", "max", "if", "smooth", "zero", "exp"]))
    if depth == 0 or kind == "leaf":
        return Made(ex.Reference(name_of(powers)), frozenset({powers}))
    one = draw(made(powers, depth - 1))
    if kind == "zero":
        return Made(ex.Call("max", (ex.Number(0.0), one.node)), one.needs)
    if kind == "exp":
        number = draw(made((0, 0, 0), depth - 1))
        return Made(ex.Arithmetic("*", ex.Call("exp", (number.node,)), one.node), one.needs | number.needs)
    if kind == "smooth":
        delay = draw(made((0, 0, 1), depth - 1))
        return Made(ex.Smooth(one.node, delay.node, one.node, ex.Number(3.0)), one.needs | delay.needs)
    if kind in ("product", "quotient"):
        wanted: Powers = draw(powers_of)
        sign = -1 if kind == "product" else 1
        rest = draw(made(tuple(p + sign * w for p, w in zip(powers, wanted, strict=True)), depth - 1))
        other = draw(made(wanted, depth - 1))
        operator = "*" if kind == "product" else "/"
        return Made(ex.Arithmetic(operator, rest.node, other.node), rest.needs | other.needs)
    other = draw(made(powers, depth - 1))
    both = one.needs | other.needs
    if kind == "sum":
        return Made(ex.Arithmetic(draw(st.sampled_from(["+", "-"])), one.node, ex.Negative(other.node)), both)
    if kind == "max":
        return Made(ex.Call("max", (one.node, other.node)), both)
    return Made(ex.Call("if_then_else", (ex.Compare(">", one.node, other.node), one.node, other.node)), both)


def variable(name: str, unit: str, node: ex.Expression, kind: Kind = Kind.AUXILIARY) -> Variable:
    return Variable(name, kind, unit, "", (None, None), (), "", 1, (Component((), node, (), 1),))


def model_of(needs: frozenset[Powers], *more: Variable) -> Model:
    needed = [variable(name_of(powers), text(powers), ex.Number(1.0)) for powers in needs]
    variables = {each.name: each for each in (*needed, *more)}
    return Model("m", Path("m.mdl"), "", MappingProxyType(variables), {}, TimeSettings(0, 1, 1, 1, "Month"), "euler")


@settings(max_examples=25, deadline=None)
@given(data=st.data(), powers=powers_of)
def test_equations_made_right_pass_and_fail_with_one_thing_wrong(data: st.DataObject, powers: Powers) -> None:
    """The same equation under another unit, and with a term in another unit, has one fault."""
    one = data.draw(made(powers, 3))
    other = data.draw(powers_of.filter(lambda drawn: drawn != powers))
    unit = data.draw(st.sampled_from(["crate", "Year", "1/Month^7"]))
    report = check_units(
        model_of(
            one.needs,
            variable("right", text(powers), one.node),
            variable("declared", text(other), one.node),
            variable("odd", unit, ex.Number(1.0)),
            variable("added", text(powers), ex.Arithmetic("+", one.node, ex.Reference("odd"))),
        )
    )
    declared, added = report.faults
    assert (declared.variable, added.variable) == ("declared", "added")
    assert declared.what.startswith("the equation is in")
    assert "`odd`" in added.what
    assert report.warnings == ()
