"""Tables that a base run reads outside their points."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass, replace
from types import MappingProxyType
from typing import Any, Literal

import numpy as np

from policy_lab.errors import Problem
from policy_lab.model import expression as ex
from policy_lab.model.elements import component_elements
from policy_lab.model.links import bound_elements, referenced
from policy_lab.model.lint import Finding
from policy_lab.model.types import Component, Kind, Model, Variable
from policy_lab.model.walk import children, walk

_TOLERANCE = 1e-9
_REDUCING = frozenset({"sum", "prod", "vmin", "vmax"})


@dataclass(frozen=True)
class _Reading:
    """One place at which a table is read: by which variable, and the variable that shows the argument over time."""

    variable: str
    component: Component
    call: ex.LookupCall
    probe: Variable


def table_findings(model: Model, engine: Literal["compiled", "numpy"]) -> tuple[Finding, ...]:
    """Run a model once as it stands and say which tables are read outside their points, where and how far.

    Parameters
    ----------
    model
        A model that can be run.
    engine
        ``compiled`` or ``numpy``.
    """
    from policy_lab.engine import compile_model

    readings = tuple(_readings(model))
    if not readings:
        return ()
    probes = {one.probe.name: one.probe for one in readings}
    probed = replace(model, variables=MappingProxyType({**model.variables, **probes}))
    series = compile_model(probed, backend=engine).run(outputs=list(probes))
    found: dict[tuple[str, int, str], Finding] = {}
    for one in readings:
        for finding in _outside(model, one, series.time, series[one.probe.name][0]):
            found.setdefault((one.variable, one.component.line, str(finding.problem.what)), finding)
    return tuple(found.values())


def _readings(model: Model) -> Iterator[_Reading]:
    count = 0
    for variable in model.variables.values():
        for component in variable.components:
            for node in walk(component.expression):
                if isinstance(node, ex.LookupCall) and not component.excepted:
                    count += 1
                    yield _Reading(variable.name, component, node, _probe(model, component, node, count))


def _probe(model: Model, component: Component, call: ex.LookupCall, count: int) -> Variable:
    """Return a variable that is the argument of a reading; ranges that a sum around it reduces become dimensions."""
    reduced = sorted({one[:-1] for node in _open(call.argument) for one in node.subscripts if one.endswith("!")})
    free = [one for one in component.subscripts if one in model.subscripts and one not in reduced]
    dimensions = (*free, *reduced)
    return Variable(
        name=f"argument of table reading {count}",
        kind=Kind.AUXILIARY,
        unit="",
        documentation="",
        limits=(None, None),
        dimensions=dimensions,
        equation="",
        line=component.line,
        components=(Component(dimensions, _opened(call.argument), (), component.line),),
    )


def _open(node: ex.Expression) -> Iterator[ex.Reference]:
    """Yield the references of an argument that no sum inside it reduces."""
    queue = [node]
    while queue:
        one = queue.pop()
        if isinstance(one, ex.Reference):
            yield one
        if not (isinstance(one, ex.Call) and one.function in _REDUCING):
            queue += children(one)


def _opened(node: Any) -> Any:
    """Return an argument with the ranges that a sum around it reduces as plain subscripts."""
    if isinstance(node, ex.Reference):
        return replace(node, subscripts=tuple(one.removesuffix("!") for one in node.subscripts))
    if isinstance(node, tuple):
        return tuple(_opened(one) for one in node)
    kept = isinstance(node, ex.Call) and node.function in _REDUCING
    if kept or not is_dataclass(node) or isinstance(node, (ex.Number, ex.Array, ex.Lookup, ex.Data)):
        return node
    changed = {field.name: _opened(getattr(node, field.name)) for field in fields(node)}
    return replace(node, **changed)  # type: ignore[type-var]


def _outside(model: Model, one: _Reading, time: np.ndarray, argument: np.ndarray) -> Iterator[Finding]:
    """Hold the argument of each element against the points of its own table."""
    dimensions = [model.subscripts[dimension] for dimension in one.probe.dimensions]
    for element in component_elements(one.probe.components[0], model.subscripts):
        place = tuple(labels.index(chosen) for labels, chosen in zip(dimensions, element, strict=True))
        column: tuple[Any, ...] = (slice(None), *place)
        path = argument[column]
        table = _table(model, one, bound_elements(model, one.probe.components[0], element))
        if table is None or not np.isfinite(path).all():
            continue
        low, high = min(table.x), max(table.x)
        slack = _TOLERANCE * max(abs(low), abs(high), 1.0)
        if path.min() >= low - slack and path.max() <= high + slack:
            continue
        yield _finding(model, one, table, time, path, element)


def _table(model: Model, one: _Reading, bound: Mapping[str, str]) -> ex.Lookup | None:
    """Return the points that a reading uses for one element; None where they cannot be told from the file alone."""
    table = one.call.table
    if isinstance(table, ex.Lookup):
        return table
    plain = ex.Reference(table.name, tuple(sub.removesuffix("!") for sub in table.subscripts))
    wanted = next(iter(referenced(model, plain, bound)), None)
    for component in model.variables[table.name].components if table.name in model.variables else ():
        if wanted in set(component_elements(component, model.subscripts)):
            return component.expression if isinstance(component.expression, ex.Lookup) else None
    return None


def _finding(
    model: Model, one: _Reading, table: ex.Lookup, time: np.ndarray, path: np.ndarray, element: tuple[str, ...]
) -> Finding:
    low, high = min(table.x), max(table.x)
    beyond = np.maximum(low - path, path - high)
    at = int(np.argmax(beyond))
    name = f"`{one.call.table.name}`" if isinstance(one.call.table, ex.Reference) else "its table"
    where = f" for {', '.join(element)}" if element else ""
    then = "goes on in a straight line" if table.kind == "extrapolate" else "keeps its last value"
    what = (
        f"reads {name} at {path[at]:.4g}{where} in {model.time.unit.lower().removesuffix('s') or 'time'} {time[at]:g}, "
        f"outside its points from {low:.4g} to {high:.4g}; it {then} there"
    )
    problem = Problem(
        what, model.path, one.component.line, one.variable, remedy="Give the table more points, or bound what reads it."
    )
    return Finding("table", "warning", problem)
