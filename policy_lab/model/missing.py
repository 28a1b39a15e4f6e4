"""Elements of a variable that no equation defines: allowed while nothing reads them, since they have no value."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from policy_lab.errors import Problem
from policy_lab.model.elements import missing_elements
from policy_lab.model.links import component_links, element_name
from policy_lab.model.types import Model, Variable

_SHOWN = 5


def missing_reads(model: Model) -> Iterator[Problem]:
    """Yield a problem for each variable that reads elements without an equation, with what it reads."""
    gone = {element_name(name, one) for name, elements in _missing(model).items() for one in elements}
    if not gone:
        return
    users = {user for name in _missing(model) for user in model.variables[name].uses}
    for user in (variable for variable in model.variables.values() if variable.name in users):
        read = dict.fromkeys(cause for cause, _ in component_links(model, user) if cause in gone)
        if read:
            yield Problem(
                f"no equation for {_listed([*read])}, which this equation reads",
                line=user.line, variable=user.name, remedy="Give it one, or read only the elements that have one.",
            )  # fmt: skip


def missing_notes(model: Model) -> Iterator[Problem]:
    """Yield a note for each variable with elements that no equation defines and nothing reads."""
    for name, elements in _missing(model).items():
        listed = _listed([element_name(name, one) for one in elements])
        what = f"no equation for {listed}; nothing reads {'it' if len(elements) == 1 else 'them'}"
        yield Problem(what, line=model.variables[name].line, variable=name)


def _missing(model: Model) -> Mapping[str, tuple[tuple[str, ...], ...]]:
    found = {name: of_variable(model, variable) for name, variable in model.variables.items() if variable.dimensions}
    return {name: elements for name, elements in found.items() if elements}


def of_variable(model: Model, variable: Variable) -> tuple[tuple[str, ...], ...]:
    """Return the elements of one variable that no equation defines."""
    return missing_elements(tuple(variable.components), variable.dimensions, model.subscripts)


def _listed(names: list[str]) -> str:
    shown = ", ".join(f"`{name}`" for name in names[:_SHOWN])
    return f"{shown} and {len(names) - _SHOWN} more" if len(names) > _SHOWN else shown
