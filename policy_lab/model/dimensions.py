"""Dimensional consistency: whether both sides of every equation, and everything added or compared, have one unit.

Nothing is run. A variable without a unit fits everything; so does what follows from a clash that has been reported, so
that one mistake is told once. A constant takes the unit that it declares. These are the usual rules of the field, but
for three: units that differ only in scale (Month and Year) clash and the message says by how much; numbers written
into a sum or a comparison with united quantities are told apart from faults; a table takes any argument.
"""

from __future__ import annotations

from collections.abc import Iterator

from policy_lab.errors import Problem
from policy_lab.model import expression as ex
from policy_lab.model.dimension_parts import Equation, Frame, differ, judge, terms
from policy_lab.model.dimension_rules import RULES, letter
from policy_lab.model.expression import Expression
from policy_lab.model.types import Component, Kind, Model, Variable
from policy_lab.model.unit_report import UnitReport
from policy_lab.model.unit_table import Unit, unit_table
from policy_lab.model.walk import children

_GIVEN = (ex.Number, ex.Array, ex.Lookup, ex.Data)


def check_units(model: Model) -> UnitReport:
    """Hold the unit of every equation of a model against the one that it declares.

    Parameters
    ----------
    model
        A model as `read_model` gives it.

    Returns
    -------
    UnitReport
        Every fault with file, line and variable, in the order of the file.
    """
    table = unit_table([model.time.unit, *(variable.unit for variable in model.variables.values())])
    units = {name: table.unit(variable.unit) for name, variable in model.variables.items()}
    frame = Frame(model, table, units, table.unit(model.time.unit))
    checks = [
        _check(frame, variable, component)
        for variable in model.variables.values()
        for component in variable.components
        if not isinstance(component.expression, _GIVEN)
    ]
    return UnitReport(
        checked=len(checks),
        undeclared=tuple(name for name, unit in units.items() if unit is None),
        faults=tuple(dict.fromkeys([*_clocks(frame), *(fault for check in checks for fault in check.faults)])),
        warnings=tuple(dict.fromkeys(warning for check in checks for warning in check.warnings)),
    )


def _clocks(frame: Frame) -> Iterator[Problem]:
    """Hold the other time settings against the time step."""
    for name, variable in frame.model.variables.items():
        unit, time = frame.units[name], frame.time
        if variable.kind is not Kind.TIME or unit is None or time is None or frame.table.same(unit, time):
            continue
        yield Problem(
            f"this time is in `{frame.table.shown(unit)}`, but time runs in `{frame.table.shown(time)}`",
            file=frame.model.path, line=variable.line, variable=name, why=differ(frame.table, unit, time),
        )  # fmt: skip


def _check(frame: Frame, variable: Variable, component: Component) -> Equation:
    equation = Equation(frame, variable, component.line)
    declared = frame.units[variable.name]
    ordered = list(_outer_first(component.expression, declared, frame))
    for node, expected in reversed(ordered):
        equation.found[id(node)] = judge(equation, node, expected)
    root = component.expression
    found = equation.of(root)
    if declared is None or found.unit is None or found.number == 0 or _of_numbers(root):
        return equation
    if frame.table.same(found.unit, declared):
        return equation
    if found.bare:
        equation.bare(root, f"for a variable in {equation.shown(declared)}")
    else:
        equation.fault(
            f"the equation is in {equation.shown(found.unit)}, but {equation.shown(declared)} is declared",
            differ(frame.table, found.unit, declared),
        )
    return equation


def _of_numbers(node: Expression) -> bool:
    """Tell whether an equation is arithmetic over numbers: a constant, which takes the unit that it declares."""
    queue = [node]
    while queue:
        one = queue.pop()
        if not isinstance(one, (ex.Number, ex.Array, ex.Arithmetic, ex.Negative)):
            return False
        queue += children(one)
    return True


def _outer_first(root: Expression, declared: Unit | None, frame: Frame) -> Iterator[tuple[Expression, Unit | None]]:
    """Yield every part of an equation before the parts inside it, with the unit that it is expected to have.

    The expectation is used only to say which of several parts that clash is the odd one.
    """
    queue: list[tuple[Expression, Unit | None]] = [(root, declared)]
    while queue:
        node, expected = queue.pop()
        yield node, expected
        match node:
            case ex.Stock(flow, initial):
                rate = None if expected is None or frame.time is None else expected / frame.time
                queue += [(flow, rate), (initial, expected)]
            case ex.Arithmetic("+" | "-"):
                queue += [(term, expected) for term in terms(node)]
            case ex.Call(function, arguments):
                same = RULES.get(function, ("*", "*"))[1] == "u"
                queue += [(one, expected if same and letter(function, place) == "u" else None)
                          for place, one in enumerate(arguments)]  # fmt: skip
            case ex.Negative(argument) | ex.Initial(argument):
                queue.append((argument, expected))
            case _:
                queue += [(inner, None) for inner in children(node)]
