"""The elements that an equation defines."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence

from policy_lab.model.types import Component


def component_elements(component: Component, elements: Mapping[str, tuple[str, ...]]) -> Iterator[tuple[str, ...]]:
    """Yield the elements that one equation defines, in row-major order, without those that ``:EXCEPT:`` leaves out."""
    without = [set(itertools.product(*(elements.get(one, (one,)) for one in group))) for group in component.excepted]
    for element in itertools.product(*(elements.get(one, (one,)) for one in component.subscripts)):
        if not any(element in group for group in without):
            yield element


def missing_elements(
    components: Sequence[Component], dimensions: Sequence[str], elements: Mapping[str, tuple[str, ...]]
) -> tuple[tuple[str, ...], ...]:
    """Return the elements of a variable that none of its equations defines, in row-major order."""
    if any(one.subscripts == tuple(dimensions) and not one.excepted for one in components):
        return ()
    defined = {element for one in components for element in component_elements(one, elements)}
    every = itertools.product(*(elements[dimension] for dimension in dimensions))
    return tuple(element for element in every if element not in defined)
