"""From parsed equations to a `Model`: what each variable is, what it covers, what it needs; every fault at once."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

from policy_lab.errors import Problem, clipped
from policy_lab.model import expression as ex
from policy_lab.model.checks import check_model
from policy_lab.model.convert import UNKNOWN, Converter, Names, folded_number, shaped
from policy_lab.model.elements import component_elements, missing_elements
from policy_lab.model.held import with_held
from policy_lab.model.missing import missing_notes
from policy_lab.model.outside import Outside
from policy_lab.model.ranges import Ranges, resolve_ranges
from policy_lab.model.timing import time_settings
from policy_lab.model.translation import CONTROL, Equation, Translation, named, raise_if_any
from policy_lab.model.types import Component, Kind, Model, TimeSettings, Variable, plain_name
from policy_lab.model.walk import references, walk
from policy_lab.units import unit_fault

_CONTROL_NAMES = frozenset(plain_name(name) for name in CONTROL.values())
_NO_TIME = TimeSettings(0.0, 0.0, 1.0, 1.0, "")


@dataclass(frozen=True)
class _Draft:
    """A variable before its kind, its causes and its uses are known."""

    equations: tuple[Equation, ...]
    components: tuple[Component, ...]
    dimensions: tuple[str, ...]


@dataclass(frozen=True)
class _Read:
    """An equation as written, and its ``parts``: itself, or one for each element where a file gives each its own."""

    written: Component
    parts: tuple[Component, ...]


def understand(translation: Translation) -> Model:
    """Hold the equations of a file against one another and make a `Model` of them.

    Raises
    ------
    InputError
        With every fault, those that parsing found included.
    """
    problems = list(translation.problems)
    outside = Outside(translation.path.parent)
    ranges, found = resolve_ranges(outside.with_elements(translation.ranges, problems))
    problems += found
    groups = _groups(translation.equations)
    broken = frozenset(plain_name(name) for name in translation.broken)
    names = _names(groups, translation.broken, ranges)
    drafts = {name: _draft(name, group, names, outside, problems) for name, group in groups.items()}
    variables = _variables(drafts)
    time, found, notes = time_settings(variables, broken)
    problems += found
    model = Model(
        name=translation.path.stem,
        path=translation.path,
        digest=translation.digest,
        variables=MappingProxyType(variables),
        subscripts=MappingProxyType(dict(ranges.elements)),
        time=time or _NO_TIME,
        integration=translation.integration,
        mappings=MappingProxyType({name: others for name, others in ranges.mapped.items() if others}),
        matched=MappingProxyType(dict(ranges.matched)),
        views=MappingProxyType(_views(translation, names)),
        files=outside.files,
    )
    problems += check_model(model, broken)
    raise_if_any(problems, translation.path)
    warnings = [*translation.warnings, *notes, *_unit_notes(model), *outside.notes, *missing_notes(model)]
    return replace(model, warnings=tuple(named(note, translation.path) for note in warnings))


def _unit_notes(model: Model) -> Iterator[Problem]:
    for one in model.variables.values():
        fault = unit_fault(one.unit)
        if fault:
            yield Problem(
                f"the unit `{clipped(one.unit, 30)}` cannot be read: {fault}", line=one.line, variable=one.name
            )


def _views(translation: Translation, names: Names) -> dict[str, tuple[str, ...]]:
    """Return the variables of each view under their own spelling; time and captions are drawn too, and left out."""
    return {
        view: tuple(names.variables[plain_name(one)] for one in drawn if plain_name(one) in names.variables)
        for view, drawn in translation.views.items()
    }


def _groups(equations: Sequence[Equation]) -> dict[str, list[Equation]]:
    """Gather the equations of each variable under the spelling of the first."""
    by_plain: dict[str, list[Equation]] = {}
    for equation in equations:
        by_plain.setdefault(plain_name(equation.name), []).append(equation)
    return {group[0].name: group for group in by_plain.values()}


def _names(groups: Mapping[str, Sequence[Equation]], broken: frozenset[str], ranges: Ranges) -> Names:
    tables = frozenset(name for name, group in groups.items() if group[0].component.type == "Lookup")
    known = {plain_name(name): name for name in (*broken, *groups)}
    return Names(known, tables, ranges, broken)


def _draft(name: str, group: Sequence[Equation], names: Names, outside: Outside, problems: list[Problem]) -> _Draft:
    before = len(problems)
    read = [_component(name, equation, names, outside, problems) for equation in group]
    parts = tuple(part for one in read for part in one.parts)
    if len(problems) > before:
        return _Draft(tuple(group), parts, ())
    whole = [one.written for one in read]
    dimensions = _dimensions(name, group[0].line, whole, names.ranges, problems)
    if dimensions is not None:
        _check_cover(name, group, whole, dimensions, names.ranges, problems)
    return _Draft(tuple(group), parts, dimensions or ())


def _component(name: str, equation: Equation, names: Names, outside: Outside, problems: list[Problem]) -> _Read:
    converter = Converter(names, name, equation.line, problems)
    subscripts, excepted = equation.component.subscripts
    left = converter.subscripts(_Listed(subscripts))
    without = tuple(converter.subscripts(_Listed(group)) for group in excepted)
    known = [names.ranges.members(subscript) for subscript in left]
    blank = Component(left, UNKNOWN, without, equation.line)
    if any(len(group) != len(left) for group in without):
        converter.refuse("`:EXCEPT:` needs as many subscripts as the variable has")
        return _Read(blank, (blank,))
    if outside.names_a_file(equation):
        return _Read(blank, outside.components(name, equation, blank, names.ranges.elements, problems))
    tree = folded_number(converter(equation.component.ast))
    if isinstance(tree, ex.Data):
        tree = ex.Data(getattr(equation.component, "keyword", None) or "interpolate")
    if isinstance(tree, ex.Array):
        array = shaped(tree, [len(members) for members in known])
        if array is None:
            places = math.prod(len(members) for members in known)
            converter.refuse(f"{len(tree.values)} numbers for {places} element{'s' * (places != 1)}")
        tree = array or tree
    if any(isinstance(part, ex.SampleIfTrue) for part in walk(tree)):
        tree = with_held(tree, name, left)
    component = replace(blank, expression=tree)
    return _Read(component, (component,))


@dataclass(frozen=True)
class _Listed:
    """Subscripts in the shape in which a reference carries them."""

    subscripts: Sequence[str]


def _dimensions(
    name: str, line: int, components: Sequence[Component], ranges: Ranges, problems: list[Problem]
) -> tuple[str, ...] | None:
    """Choose the range of each position: the one that its components name, or the smallest that covers them."""
    counts = {len(one.subscripts) for one in components}
    if len(counts) > 1:
        problems.append(Problem(_two_ways(name, components), line=components[-1].line, variable=name))
        return None
    chosen: list[str] = []
    for place in range(counts.pop() if counts else 0):
        used = [one.subscripts[place] for one in components]
        elements = list(dict.fromkeys(element for subscript in used for element in ranges.members(subscript)))
        range_name = ranges.covering(elements, [one for one in used if one in ranges.elements], chosen)
        if range_name is None:
            shown = ", ".join(f"`{one}`" for one in dict.fromkeys(used))
            problems.append(Problem(f"no subscript range holds {shown} together", line=line, variable=name))
            return None
        chosen.append(range_name)
    return tuple(chosen)


def _two_ways(name: str, components: Sequence[Component]) -> str:
    first, last = components[0], components[-1]
    return (
        f"defined with {len(first.subscripts)} subscripts in line {first.line} "
        f"and with {len(last.subscripts)} in line {last.line}"
    )


def _check_cover(
    name: str,
    group: Sequence[Equation],
    components: Sequence[Component],
    dimensions: tuple[str, ...],
    ranges: Ranges,
    problems: list[Problem],
) -> None:
    """Refuse elements that two equations define, and elements of stocks and data that none does."""
    if len(components) == 1 and components[0].subscripts == dimensions and not components[0].excepted:
        return
    owner: dict[tuple[str, ...], int] = {}
    for place, component in enumerate(components):
        for element in component_elements(component, ranges.elements):
            if element in owner:
                problems.append(_twice(name, group, owner[element], place, element))
                return
            owner[element] = place
    if any(isinstance(component.expression, ex.Stock | ex.Data) for component in components):
        for element in missing_elements(components, dimensions, ranges.elements)[:1]:
            problems.append(
                Problem(f"no equation for `{name}[{','.join(element)}]`", line=group[0].line, variable=name,
                        remedy="Give it one, or a range of just the elements that have one.")
            )  # fmt: skip


def _twice(name: str, group: Sequence[Equation], first: int, second: int, element: tuple[str, ...]) -> Problem:
    one, other = group[first], group[second]
    subject = f"`{name}[{','.join(element)}]`" if element else "this variable"
    if one.name != other.name:
        what = f"`{one.name}` (line {one.line}) and `{other.name}` are the same variable, and both define it"
    else:
        what = f"{subject} is already defined in line {one.line}"
    return Problem(
        what, line=other.line, variable=other.name, why="case, spaces and underscores do not tell names apart"
    )


def _variables(drafts: Mapping[str, _Draft]) -> dict[str, Variable]:
    rates = _net_rates(drafts)
    causes = {name: tuple(one for one in _named(draft) if one in drafts) for name, draft in drafts.items()}
    uses: dict[str, dict[str, None]] = {name: {} for name in drafts}
    for name, its_causes in causes.items():
        for cause in its_causes:
            uses[cause][name] = None
    return {
        name: Variable(
            name=name,
            kind=_kind(name, draft, rates),
            unit=next((one.unit for one in draft.equations if one.unit), ""),
            documentation=next((one.documentation for one in draft.equations if one.documentation), ""),
            limits=next((one.limits for one in draft.equations if one.limits != (None, None)), (None, None)),
            dimensions=draft.dimensions,
            equation="\n".join(one.text for one in draft.equations),
            line=draft.equations[0].line,
            components=draft.components,
            causes=causes[name],
            uses=tuple(uses[name]),
        )
        for name, draft in drafts.items()
    }


def _named(draft: _Draft) -> tuple[str, ...]:
    """Return the names in the equations of a variable, each once: variables, ``Time`` and subscripts."""
    found = (one.name for component in draft.components for one in references(component.expression))
    return tuple(dict.fromkeys(found))


def _kind(name: str, draft: _Draft, rates: frozenset[str]) -> Kind:
    trees = [component.expression for component in draft.components]
    if plain_name(name) in _CONTROL_NAMES:
        return Kind.TIME
    if any(isinstance(tree, ex.Lookup) for tree in trees):
        return Kind.LOOKUP
    if any(isinstance(tree, ex.Data) for tree in trees):
        return Kind.DATA
    if any(isinstance(tree, ex.Stock) for tree in trees):
        return Kind.STOCK
    if trees and all(isinstance(tree, (ex.Number, ex.Array)) for tree in trees):
        return Kind.CONSTANT
    return Kind.FLOW if name in rates or any(one.flow for one in draft.equations) else Kind.AUXILIARY


def _net_rates(drafts: Mapping[str, _Draft]) -> frozenset[str]:
    """Return the variables that stand as whole terms in the net rate of a stock."""
    trees = (component.expression for draft in drafts.values() for component in draft.components)
    stocks = (node for tree in trees for node in walk(tree) if isinstance(node, ex.Stock))
    return frozenset(name for stock in stocks for name in _terms(stock.flow))


def _terms(flow: ex.Expression) -> Iterator[str]:
    queue = [flow]
    while queue:
        match queue.pop():
            case ex.Arithmetic("+" | "-", first, second):
                queue += [second, first]
            case ex.Negative(argument) | ex.Call("sum", (argument,)):
                queue.append(argument)
            case ex.Reference(name):
                yield name
