"""What drives what, element by element: the causal graph of a model."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping

from policy_lab.model import expression as ex
from policy_lab.model.elements import component_elements
from policy_lab.model.matching import counterparts
from policy_lab.model.types import Component, Model, Variable
from policy_lab.model.walk import children

Parts = Callable[[ex.Expression], tuple[ex.Expression, ...]]


def element_links(model: Model) -> frozenset[tuple[str, str]]:
    """Return the causal links of a model as (cause, effect) pairs of elements, ``Stock[A,B]`` as PySD spells them.

    A cause is whatever the equation of the effect names: through ``INTEG`` and delays too, initial values, constants
    and lookups included, ``Time`` not. ``SUM(x[Agency!])`` is driven by every element of ``x``.
    """
    return frozenset(
        link for variable in model.variables.values() for link in component_links(model, variable, children)
    )


def variable_links(model: Model) -> frozenset[tuple[str, str]]:
    """Return the causal links between whole variables as (cause, effect) pairs."""
    return frozenset((cause, one.name) for one in model.variables.values() for cause in one.causes)


def element_name(variable: str, element: tuple[str, ...]) -> str:
    """Spell one element of a variable as PySD does: ``Stock[A,B]``, or ``Stock`` where there are no subscripts."""
    return f"{variable}[{','.join(element)}]" if element else variable


def component_links(model: Model, variable: Variable, parts: Parts = children) -> Iterator[tuple[str, str]]:
    """Yield (cause, effect) pairs of elements for the equations of one variable; ``parts`` says what counts."""
    for component in variable.components:
        named = [one for one in dict.fromkeys(_references(component.expression, parts)) if one.name in model.variables]
        if not named:
            continue
        for element in component_elements(component, model.subscripts):
            effect = element_name(variable.name, element)
            bound = bound_elements(model, component, element)
            for one in named:
                for cause in referenced(model, one, bound):
                    yield element_name(one.name, cause), effect


def _references(node: ex.Expression, parts: Parts) -> Iterator[ex.Reference]:
    queue = [node]
    while queue:
        current = queue.pop()
        if isinstance(current, ex.Reference):
            yield current
        queue += reversed(parts(current))


def bound_elements(model: Model, component: Component, element: tuple[str, ...]) -> dict[str, str]:
    """Say which element every range on the left-hand side of an equation stands for."""
    pairs = zip(component.subscripts, element, strict=True)
    return {subscript: chosen for subscript, chosen in pairs if subscript in model.subscripts}


def _mapped(model: Model, one: ex.Reference, bound: Mapping[str, str]) -> dict[str, str]:
    """Say which element each range stands for that is not on the left-hand side but corresponds to one there."""
    found = {}
    for subscript in one.subscripts:
        if subscript in model.subscripts and subscript not in bound:
            free = [(name, (chosen,)) for name, chosen in bound.items() if name not in one.subscripts]
            there = counterparts(model, subscript, free)
            if there is not None:
                found[subscript] = there[1][0]
    return found


def referenced(model: Model, one: ex.Reference, bound: Mapping[str, str]) -> Iterator[tuple[str, ...]]:
    """Yield the elements of its variable that a reference reads, where ``bound`` says what each range stands for."""
    choices = []
    if any(subscript in model.subscripts and subscript not in bound for subscript in one.subscripts):
        bound = {**bound, **_mapped(model, one, bound)}
    for subscript in one.subscripts:
        if subscript.endswith("!"):
            choices.append(model.subscripts[subscript[:-1]])
        elif subscript in bound:
            choices.append((bound[subscript],))
        else:
            choices.append(model.subscripts.get(subscript, (subscript,)))
    return itertools.product(*choices)
