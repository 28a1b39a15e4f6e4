"""A model with single links cut: the effect goes on seeing the cause as it was at one moment."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import fields, is_dataclass, replace
from types import MappingProxyType
from typing import Any

from policy_lab.errors import InputError, Problem
from policy_lab.model import expression as ex
from policy_lab.model.types import Component, Kind, Model, Variable


def cut_links(model: Model, links: Iterable[tuple[str, str]]) -> tuple[Model, Mapping[str, str]]:
    """Return a model in which some equations read a constant instead of a variable.

    Parameters
    ----------
    model
        The whole model; it stays as it is.
    links
        (cause, effect) pairs of variables. An initial value is left alone: it is read before anything moves.

    Returns
    -------
    Model, mapping
        The cut model, and cause -> the name of the constant that stands in for it; its value in the model is 0, over
        the dimensions of the cause, and is meant to be set for each run.

    Raises
    ------
    InputError
        When there is no such link, or the cause is a constant or a table, which a cut would not change.
    """
    pairs = [(model.spelled(cause), model.spelled(effect)) for cause, effect in links]
    problems = [problem for cause, effect in pairs for problem in _problems(model, cause, effect)]
    if problems:
        raise InputError(*problems)
    held = {cause: _free_name(model, cause) for cause, _ in pairs}
    variables = dict(model.variables)
    for cause, effect in pairs:
        variables[effect] = _cut(variables[effect], cause, held[cause])
    for cause, name in held.items():
        variables[name] = _stand_in(model, model[cause], name)
    return replace(model, variables=MappingProxyType(variables)), MappingProxyType(held)


def _problems(model: Model, cause: str, effect: str) -> Iterable[Problem]:
    variable = model[effect]
    if cause not in variable.causes:
        remedy = f"What drives it: {', '.join(variable.causes) or 'nothing'}."
        yield Problem(f"no link from `{cause}` to `{effect}`", model.path, variable.line, effect, remedy=remedy)
    elif model[cause].kind in (Kind.CONSTANT, Kind.LOOKUP, Kind.TIME):
        what = f"a link from a {model[cause].kind.value} carries nothing that could be cut"
        yield Problem(what, model.path, variable.line, effect)


def _free_name(model: Model, cause: str) -> str:
    name = f"{cause} as it was"
    while name in model.variables:
        name += " "
    return name


def _cut(variable: Variable, cause: str, name: str) -> Variable:
    components = tuple(replace(one, expression=_renamed(one.expression, cause, name)) for one in variable.components)
    causes = tuple(name if one == cause else one for one in variable.causes)
    return replace(variable, components=components, causes=causes)


def _renamed(node: Any, cause: str, name: str) -> Any:
    """Return an expression with every reference to one variable turned into a reference to another."""
    if isinstance(node, ex.Reference):
        return replace(node, name=name) if node.name == cause else node
    if isinstance(node, ex.Stock):
        return replace(node, flow=_renamed(node.flow, cause, name))
    if isinstance(node, tuple):
        return tuple(_renamed(one, cause, name) for one in node)
    if not is_dataclass(node) or isinstance(node, (ex.Number, ex.Array, ex.Lookup, ex.Data)):
        return node
    changed = {field.name: _renamed(getattr(node, field.name), cause, name) for field in fields(node)}
    return replace(node, **changed)  # type: ignore[type-var]


def _stand_in(model: Model, cause: Variable, name: str) -> Variable:
    shape = tuple(len(model.subscripts[dimension]) for dimension in cause.dimensions)
    size = 1
    for length in shape:
        size *= length
    value = ex.Array((0.0,) * size, shape) if shape else ex.Number(0.0)
    return Variable(
        name=name,
        kind=Kind.CONSTANT,
        unit=cause.unit,
        documentation=f"Stands in for {cause.name} where its links are cut.",
        limits=(None, None),
        dimensions=cause.dimensions,
        equation="0",
        line=cause.line,
        components=(Component(cause.dimensions, value, (), cause.line),),
    )
