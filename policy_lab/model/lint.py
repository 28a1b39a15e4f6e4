"""What is doubtful about a model file, read without running it: each finding with its place and a remedy."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from policy_lab.errors import Problem
from policy_lab.model import expression as ex
from policy_lab.model.dimensions import check_units
from policy_lab.model.expression import Expression
from policy_lab.model.types import Kind, Model, Variable
from policy_lab.model.walk import children, references, walk

Severity = Literal["notice", "warning"]
_CLIPPING = frozenset({"min", "max"})
_PLAIN_NUMBERS = frozenset({0.0, 1.0, 2.0})
"""Numbers that a reader understands where they stand: nil, one, the square, the pair."""
_ON_SIGHT = (Kind.AUXILIARY, Kind.FLOW, Kind.STOCK)


@dataclass(frozen=True)
class Finding:
    """One doubtful thing. A ``warning`` is likely to be a mistake, a ``notice`` good to know; neither is an error.

    ``rule`` names what was looked for, in words.
    """

    rule: str
    severity: Severity
    problem: Problem

    def __str__(self) -> str:
        return f"{self.severity} ({self.rule}): {self.problem}"


def lint_file(model: Model, outcomes: frozenset[str] = frozenset()) -> tuple[Finding, ...]:
    """Read a model for what is doubtful about its file.

    Parameters
    ----------
    model
        A model, read.
    outcomes
        Variables that something outside the model reads, so that nothing in it has to.

    Returns
    -------
    tuple of Finding
        In the order of the rules: what the reader of the file warned of, units, documentation, use, bounds by MIN and
        MAX, numbers inside equations, drawing, time step.
    """
    return (
        *(Finding("reading", "warning", problem) for problem in model.warnings),
        *_units(model),
        *_documentation(model),
        *_unused(model, outcomes),
        *clipped_stocks(model),
        *_buried(model),
        *_undrawn(model),
        *_time_step(model),
    )


def _units(model: Model) -> Iterator[Finding]:
    report = check_units(model)
    yield from (Finding("units", "warning", one) for one in (*report.faults, *report.warnings))
    for name in report.undeclared:
        if model[name].kind is not Kind.LOOKUP:
            remedy = "Write one, `Dmnl` where there is none: a variable without a unit fits everything."
            yield _finding("units", "notice", model, name, "has no unit that can be read", remedy=remedy)


def _documentation(model: Model) -> Iterator[Finding]:
    for name, variable in model.variables.items():
        if not variable.documentation.strip() and variable.kind is not Kind.TIME:
            remedy = "Say in a sentence what it stands for and where it is from."
            yield _finding("documentation", "notice", model, name, "has no documentation", remedy=remedy)


def _unused(model: Model, outcomes: frozenset[str]) -> Iterator[Finding]:
    """Tell of constants and tables that nothing reads, and of results that nothing reads but a user."""
    for name, variable in model.variables.items():
        if variable.uses or name in outcomes or variable.kind in (Kind.TIME, Kind.STOCK):
            continue
        if variable.kind in (Kind.CONSTANT, Kind.LOOKUP, Kind.DATA):
            remedy = "Use it or take it out: changing it changes nothing."
            yield _finding("unused", "warning", model, name, f"this {variable.kind} is read by nothing", remedy=remedy)
        else:
            remedy = "Fine for a result; take it out if it is none."
            yield _finding("unused", "notice", model, name, "is read by no other equation", remedy=remedy)


def clipped_stocks(model: Model) -> tuple[Finding, ...]:
    """Tell where a stock is kept in its bounds by MIN or MAX, in its own equation or in a flow of it.

    A bound that the structure does not give hides a fault: what is cut off goes nowhere, or comes from nowhere.
    """
    found: dict[tuple[str, int], Finding] = {}
    for stock in model.variables.values():
        for part in stock.components:
            if not isinstance(part.expression, ex.Stock):
                continue
            inside = _clips(part.expression.flow, stock.name, whole=True)
            if inside or part.expression.non_negative:
                what = "keeps the stock from going below 0 whatever flows out"
                what = f"{inside} holds the stock in its bounds" if inside else what
                found[stock.name, part.line] = _clipped(model, stock.name, part.line, "warning", what)
            for flow in {one.name for one in references(part.expression.flow)}:
                if flow in model.variables and model[flow].kind in (Kind.FLOW, Kind.AUXILIARY):
                    found |= _clipped_flow(model, model[flow], stock.name)
    return tuple(found.values())


def _clipped_flow(model: Model, flow: Variable, stock: str) -> dict[tuple[str, int], Finding]:
    found = {}
    for part in flow.components:
        function = _clips(part.expression, stock, whole=False)
        if function:
            what = f"{function} of `{stock}` holds that stock in its bounds"
            found[flow.name, part.line] = _clipped(model, flow.name, part.line, "notice", what)
    return found


def _clips(expression: Expression, stock: str, *, whole: bool) -> str:
    """Return the name of a MIN or MAX that looks at a stock, or nothing.

    ``whole`` says that the expression is the net flow of the stock, around which any MIN or MAX is a bound.
    """
    for node in walk(expression):
        if not isinstance(node, ex.Call) or node.function not in _CLIPPING:
            continue
        if (whole and node is expression) or any(one.name == stock for one in references(node)):
            return node.function.upper()
    return ""


def _clipped(model: Model, name: str, line: int, severity: Severity, what: str) -> Finding:
    remedy = "Let outflows shrink with the stock (first order), or inflows with the room that is left."
    return _finding("clipped stock", severity, model, name, what, line=line, remedy=remedy)


def _buried(model: Model) -> Iterator[Finding]:
    """Tell of numbers inside equations: nobody sees, documents or varies them."""
    for name, variable in model.variables.items():
        if variable.kind not in _ON_SIGHT:
            continue
        numbers: dict[float, int] = {}
        for part in variable.components:
            numbers |= dict.fromkeys(_bare_numbers(part.expression), part.line)
        if numbers:
            shown = ", ".join(f"{number:g}" for number in list(numbers)[:5])
            what = f"{'a number is' if len(numbers) == 1 else 'numbers are'} written into the equation: {shown}"
            remedy = "Give it a name, a unit and a source as a constant."
            line = next(iter(numbers.values()))
            yield _finding("buried constant", "notice", model, name, what, line=line, remedy=remedy)


def _bare_numbers(expression: Expression) -> Iterator[float]:
    """Yield the numbers that stand in an equation as quantities: not initial values, powers, tables or thresholds."""
    queue: list[Expression] = [expression]
    while queue:
        node = queue.pop()
        match node:
            case ex.Stock(flow):
                queue.append(flow)
            case ex.Number(value):
                if abs(value) not in _PLAIN_NUMBERS:
                    yield value
            case ex.Arithmetic("^", first, ex.Number()):
                queue.append(first)
            case ex.Compare() | ex.Array() | ex.Lookup():
                continue
            case ex.LookupCall(_, argument):
                queue.append(argument)
            case ex.Call("if_then_else", arguments) if _is_switch(arguments):
                queue.append(arguments[0])
            case ex.Delay() | ex.Smooth():
                queue += [node.input, node.time]
            case ex.Negative(argument):
                queue.append(argument)
            case _:
                queue += children(node)


def _is_switch(arguments: tuple[Expression, ...]) -> bool:
    return all(isinstance(one, ex.Number) and one.value in _PLAIN_NUMBERS for one in arguments[1:])


def _undrawn(model: Model) -> Iterator[Finding]:
    """Tell of variables that no view shows, in a file that has views."""
    drawn = {name for names in model.views.values() for name in names}
    if not drawn:
        return
    missing = [name for name, one in model.variables.items() if name not in drawn and one.kind is not Kind.TIME]
    for name in missing:
        yield _finding(
            "drawing", "notice", model, name, "is drawn in no view", remedy="Draw it in the view it acts in."
        )


def _time_step(model: Model) -> Iterator[Finding]:
    """Tell of a step that no binary number holds: adding it up loses moments at which something should happen."""
    step = model.time.step
    if step > 0 and math.isfinite(step) and math.frexp(step)[0] != 0.5 and step != int(step):
        nearest = 2.0 ** math.floor(math.log2(step))
        line = next((one.line for one in model.variables.values() if one.name.upper() == "TIME STEP"), None)
        what = f"the time step {step:g} is no power of two, so that times add up with rounding"
        problem = Problem(what, model.path, line, "TIME STEP", remedy=f"Take {nearest:g}.")
        yield Finding("time step", "notice", problem)


def _finding(
    rule: str, severity: Severity, model: Model, name: str, what: str, *, line: int | None = None, remedy: str = ""
) -> Finding:
    return Finding(rule, severity, Problem(what, model.path, line or model[name].line, name, remedy=remedy))
