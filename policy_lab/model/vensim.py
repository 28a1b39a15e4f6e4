"""Vensim's ``.mdl``: entries found by our scan, each parsed by PySD's grammar and our guarded visitors."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Any

from parsimonious.exceptions import IncompleteParseError, ParseError, VisitationError
from pysd.translators.vensim import vensim_element
from pysd.translators.vensim.vensim_structures import parsing_ops, structures
from pysd.translators.vensim.vensim_utils import Grammar

from policy_lab.errors import Problem, clipped
from policy_lab.model.guarded import EquationError, VensimLeftSide, VensimLookupVisitor, VensimVisitor
from policy_lab.model.literals import LiteralError, read_number
from policy_lab.model.macros import Macro, MacroError, expanded, read_macro
from policy_lab.model.nesting import parse_nested
from policy_lab.model.scan import Entry, Scan, folded, line_at, scan
from policy_lab.model.source import Source
from policy_lab.model.translation import LONGEST_NAME, Equation, Range, Translation, raise_if_any
from policy_lab.model.types import plain_name

_LIMITS = re.compile(r"^(.*?)\[([^\[\]]*)\]$", re.DOTALL)
MOST_ELEMENTS = 100_000
"""Of a subscript range."""
_SEQUENCE = re.compile(r"\(\s*[^()\-]*?(\d+)\s*-\s*[^()\-]*?(\d+)\s*\)")
_COLON = re.compile(r'"(?:[^"\\]|\\.)*"|:(?:AND|OR|NOT|NA):|:', re.IGNORECASE)
_REALITY_CHECK = (vensim_element.Constraint, vensim_element.TestInput)
_FAULTS = (EquationError, LiteralError, VisitationError, ParseError, ValueError, KeyError, TypeError, IndexError)


@dataclass(frozen=True)
class _Parsed:
    """What one entry gave: an equation, a range or nothing, and what there is to say about it."""

    found: Equation | Range | None
    problems: tuple[Problem, ...] = ()
    warnings: tuple[Problem, ...] = ()


def translate_vensim(source: Source) -> Translation:
    """Parse the text of a ``.mdl`` file, every equation by itself."""
    parts = scan(source.text)
    problems = list(parts.problems)
    several = any(":" in macro.head for macro in parts.macros)
    parsed = [_parse_entry(entry, several) for entry in parts.entries if not entry.macro]
    problems += [problem for one in parsed for problem in one.problems]
    if not parts.entries and not problems:
        problems.append(Problem("no equations in this file"))
    if parts.problems or not parts.entries:  # cut short or no model at all: what else is missing says nothing more
        raise_if_any(problems, source.path)
    found = [one.found for one in parsed]
    ranges = tuple(one for one in found if isinstance(one, Range))
    macros = _macros(parts, problems)
    own = frozenset(plain_name(one.abstract.name) for one in ranges)
    equations, faults = expanded([one for one in found if isinstance(one, Equation)], macros, own)
    problems += faults
    return Translation(
        path=source.path,
        digest=source.digest,
        equations=equations,
        ranges=ranges,
        integration=parts.integration,
        views=parts.views,
        warnings=source.warnings + tuple(note for one in parsed for note in one.warnings),
        problems=tuple(problems),
        broken=frozenset(problem.variable for problem in problems if problem.variable),
    )


def _macros(parts: Scan, problems: list[Problem]) -> list[Macro]:
    """Read the macros of a file; what is wrong with them joins the problems."""
    found = []
    for macro in parts.macros:
        several = any(":" in other.head for other in parts.macros)
        parsed = [_parse_entry(entry, several) for entry in parts.entries if entry.macro == macro.head]
        faults = [problem for one in parsed for problem in one.problems]
        inside = [one.found for one in parsed if isinstance(one.found, Equation)]
        problems += faults
        name = macro.head.partition("(")[0].strip()
        try:
            if not faults:
                found.append(read_macro(macro.head, macro.line, inside))
        except MacroError as error:
            problems.append(Problem(str(error), line=macro.line, variable=name))
    return found


def _parse_entry(entry: Entry, several: bool = False) -> _Parsed:
    """Parse one entry; where macros have ``several`` outputs, PySD's grammar reads the colon before them as a comma."""
    text = folded(entry.text)
    if not text:
        return _Parsed(None, (Problem("an entry without an equation", line=entry.line),))
    count = _longest_sequence(text)
    if count > MOST_ELEMENTS:  # before PySD writes them all out
        fault = f"a range of {count:,} elements; the limit is {MOST_ELEMENTS:,}"
        return _Parsed(None, (Problem(fault, line=entry.line, variable=clipped(text.partition(":")[0].strip())),))
    try:
        left = VensimLeftSide(Grammar.get("element_object").parse(text)).component
    except _FAULTS as error:
        return _Parsed(None, (_syntax(error, entry, text, text, None),))
    name = folded(left.name)
    if len(name) > LONGEST_NAME:
        fault = f"this name has {len(name):,} characters; the limit is {LONGEST_NAME:,}"
        return _Parsed(None, (Problem(fault, line=entry.line, variable=clipped(name)),))
    if isinstance(left, vensim_element.SubscriptRange):
        return _range(left, entry, name)
    if isinstance(left, _REALITY_CHECK):
        note = Problem("reality checks are not run; this one was left out", line=entry.line, variable=name)
        return _Parsed(None, (), (note,))
    if several and left.expression:
        left.expression = _COLON.sub(lambda found: "," if found.group() == ":" else found.group(), left.expression)
    return _equation(left, entry, name, text)


def _longest_sequence(text: str) -> int:
    """Return how many elements the longest sequence ``(a1-a9)`` of a range stands for; 0 in any other entry."""
    if "=" in text or ":" not in text:
        return 0
    found = _SEQUENCE.findall(text)
    return max((int(last[:20]) - int(first[:20]) + 1 for first, last in found), default=0)


def _range(left: Any, entry: Entry, name: str) -> _Parsed:
    matched = getattr(left, "matched", ())
    return _Parsed(Range(replace(left.get_abstract_subscript_range(), name=name), entry.line, matched))


def _equation(left: Any, entry: Entry, name: str, text: str) -> _Parsed:
    try:
        ast, notes = _right_side(left)
    except _FAULTS as error:
        return _Parsed(None, (_syntax(error, entry, text, left.expression or "", name),))
    left.ast = ast
    if isinstance(left, vensim_element.Component) and not isinstance(left, vensim_element.Data):
        left.lookup = isinstance(ast, structures["get_xls_lookups"])
    component = left.get_abstract_component()
    unit, limits, unit_notes = split_limits(entry.unit)
    equation = Equation(name, component, entry.text, unit, limits, entry.documentation, entry.line, group=entry.group)
    warnings = tuple(Problem(note, line=entry.line, variable=name) for note in (*notes, *unit_notes))
    return _Parsed(equation, (), warnings)


def _right_side(left: Any) -> tuple[object, list[str]]:
    """Parse the right-hand side of an equation; return PySD's tree and notes."""
    expression = left.expression or ""
    if isinstance(left, vensim_element.Lookup):
        if not expression.strip().strip("()").strip():
            raise EquationError("the lookup has no points")
        lookup = VensimLookupVisitor(Grammar.get("lookups").parse(expression))
        return lookup.translation, lookup.notes
    if isinstance(left, vensim_element.Data) and not expression:
        return structures["data"](), []
    if not expression:
        raise EquationError("nothing stands after the `=`")
    return parse_nested(expression, _visit)


def _visit(expression: str) -> tuple[object, list[str]]:
    visitor = VensimVisitor(Grammar.get("components", parsing_ops).parse(expression))
    return visitor.translation, visitor.notes


def split_limits(text: str) -> tuple[str, tuple[float | None, float | None], list[str]]:
    """Split ``unit [low,high,step]`` into unit and limits; ``?`` is no limit."""
    match = _LIMITS.match(text)
    if match is None:
        return text, (None, None), []
    cells = [cell.strip() for cell in match.group(2).split(",")]
    try:
        values = [None if cell in ("?", "") else read_number(cell) for cell in cells]
    except LiteralError:
        return match.group(1).strip(), (None, None), [f"the limits `[{clipped(match.group(2), 40)}]` were ignored"]
    values += [None] * (2 - len(values))
    return match.group(1).strip(), (values[0], values[1]), []


def _syntax(error: Exception, entry: Entry, text: str, parsed: str, name: str | None) -> Problem:
    """Say what is wrong with an equation, at the line where reading stopped."""
    variable = name or (text.partition("=")[0].strip() if "=" in text else None) or None
    if isinstance(error, (EquationError, LiteralError)):
        return Problem(str(error), line=entry.line, variable=variable)
    if isinstance(error, (ParseError, IncompleteParseError)):
        offset = text.find(parsed) + error.pos if parsed else 0
        stopped = clipped(parsed[error.pos :], 40) or "the end"
        return Problem(f"syntax error at `{stopped}`", line=line_at(entry.text, entry.line, offset), variable=variable)
    return Problem("syntax error: this equation cannot be read", line=entry.line, variable=variable)
