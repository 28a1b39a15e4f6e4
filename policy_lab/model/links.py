"""What drives what, element by element: the causal graph of a model."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping

from policy_lab.model import expression as ex
from policy_lab.model.elements import component_elements
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
            bound = _bound(model, component, element)
            for one in named:
                for cause in _elements_of(model, one, bound):
                    yield element_name(one.name, cause), effect


def _references(node: ex.Expression, parts: Parts) -> Iterator[ex.Reference]:
    queue = [node]
    while queue:
        current = queue.pop()
        if isinstance(current, ex.Reference):
            yield current
        queue += reversed(parts(current))


def _bound(model: Model, component: Component, element: tuple[str, ...]) -> Mapping[str, str]:
    """Say which element every range of an equation stands for, ranges that map onto its own included."""
    bound = {
        subscript: chosen
        for subscript, chosen in zip(component.subscripts, element, strict=True)
        if subscript in model.subscripts
    }
    for other, targets in model.mappings.items():
        target = next((one for one in targets if one in component.subscripts and one in bound), None)
        if target is not None and other not in bound:
            place = model.subscripts[target].index(bound[target])
            bound[other] = model.subscripts[other][place]
    return bound


def _elements_of(model: Model, one: ex.Reference, bound: Mapping[str, str]) -> Iterator[tuple[str, ...]]:
    choices = []
    for subscript in one.subscripts:
        if subscript.endswith("!"):
            choices.append(model.subscripts[subscript[:-1]])
        elif subscript in bound:
            choices.append((bound[subscript],))
        else:
            choices.append(model.subscripts.get(subscript, (subscript,)))
    return itertools.product(*choices)
