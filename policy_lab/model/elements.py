"""The elements that an equation defines."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping

from policy_lab.model.types import Component


def component_elements(component: Component, elements: Mapping[str, tuple[str, ...]]) -> Iterator[tuple[str, ...]]:
    """Yield the elements that one equation defines, in row-major order, without those that ``:EXCEPT:`` leaves out."""
    without = [set(itertools.product(*(elements.get(one, (one,)) for one in group))) for group in component.excepted]
    for element in itertools.product(*(elements.get(one, (one,)) for one in component.subscripts)):
        if not any(element in group for group in without):
            yield element
