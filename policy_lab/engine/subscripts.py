"""Which cells a subscripted equation writes and reads: ranges, subranges, aliases, mappings, exceptions."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from policy_lab.engine.ir import Along, Axis, Fixed, Index
from policy_lab.model.matching import counterparts
from policy_lab.model.types import Component, Model, Variable


class SubscriptError(ValueError):
    """A subscript that cannot be resolved; the message is for the user."""


@dataclass(frozen=True)
class Loop:
    """An axis together with the element names that it runs over."""

    axis: Axis
    elements: tuple[str, ...]


@dataclass(frozen=True)
class Box:
    """A rectangular part of a variable: the elements covered in each of its dimensions."""

    elements: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Scope:
    """Where an equation stands: the loops over its left-hand side, and over ranges that it reduces."""

    loops: Mapping[str, Loop]
    box: Box
    written: tuple[str, ...]
    folded: Mapping[str, Loop] = field(default_factory=dict)
    depth: int = 0

    def inside(self, loops: Mapping[str, Loop]) -> Scope:
        """Return the scope inside a reduction over ``loops``."""
        return replace(self, folded={**self.folded, **loops}, depth=self.depth + 1)

    def axes(self) -> tuple[Axis, ...]:
        """Return the axes of the left-hand side, in its order."""
        return tuple(loop.axis for loop in self.loops.values())


def component_boxes(model: Model, component: Component) -> tuple[Box, ...]:
    """Return the rectangular parts that an equation defines, what it excepts left out."""
    boxes = [Box(tuple(_elements(model, subscript) for subscript in component.subscripts))]
    for group in component.excepted:
        hole = [frozenset(_elements(model, subscript)) for subscript in group]
        if len(hole) != len(component.subscripts):
            raise SubscriptError(f"`:EXCEPT: [{', '.join(group)}]` has {len(hole)} subscripts")
        boxes = [part for box in boxes for part in _without(box, hole)]
    return tuple(boxes)


def undefined_boxes(model: Model, variable: Variable) -> tuple[Box, ...]:
    """Return the rectangular parts of a variable that no equation defines."""
    boxes = [Box(tuple(_elements(model, dimension) for dimension in variable.dimensions))]
    for component in variable.components:
        for part in component_boxes(model, component):
            hole = [frozenset(elements) for elements in part.elements]
            boxes = [left for box in boxes for left in _without(box, hole)]
    return tuple(boxes)


def scope_of(model: Model, component: Component, box: Box) -> Scope:
    """Return the scope in which the right-hand side of an equation is read."""
    loops: dict[str, Loop] = {}
    for subscript, elements in zip(component.subscripts, box.elements, strict=True):
        if subscript in model.subscripts:
            if subscript in loops:
                raise SubscriptError(f"`{subscript}` stands twice on the left-hand side")
            loops[subscript] = Loop(Axis(subscript, len(elements)), elements)
    return Scope(loops, box, component.subscripts)


def target_index(model: Model, variable: Variable, scope: Scope) -> Index:
    """Return where the equation of a scope writes into its variable."""
    parts: list[Fixed | Along] = []
    if len(scope.written) != len(variable.dimensions):
        raise SubscriptError(f"{len(scope.written)} subscripts on the left, {len(variable.dimensions)} expected")
    for subscript, dimension, elements in zip(scope.written, variable.dimensions, scope.box.elements, strict=True):
        positions = tuple(_position(model, dimension, element) for element in elements)
        parts.append(Along(subscript, positions) if subscript in scope.loops else Fixed(positions[0]))
    return tuple(parts)


def read_index(model: Model, variable: Variable, subscripts: tuple[str, ...], scope: Scope) -> Index:
    """Return where a reference reads its variable, for every turn of the loops of its scope."""
    if len(subscripts) != len(variable.dimensions):
        raise SubscriptError(
            f"`{variable.name}` has {_count(len(variable.dimensions))}"
            f"{_listed(variable.dimensions)}, {len(subscripts) or 'none'} given"
        )
    return tuple(
        _part(model, subscript, dimension, subscripts, scope)
        for subscript, dimension in zip(subscripts, variable.dimensions, strict=True)
    )


def _part(model: Model, subscript: str, dimension: str, siblings: tuple[str, ...], scope: Scope) -> Fixed | Along:
    if subscript.endswith("!"):
        if subscript not in scope.folded:
            raise SubscriptError(f"`{subscript}` stands outside SUM, PROD, VMAX or VMIN")
        loop = scope.folded[subscript]
        elements = loop.elements
    elif subscript in scope.loops:
        loop = scope.loops[subscript]
        elements = loop.elements
    elif subscript in model.subscripts:
        loop, elements = _mapped(model, subscript, siblings, scope)
    else:
        return Fixed(_position(model, dimension, subscript))
    return Along(loop.axis.name, tuple(_position(model, dimension, element) for element in elements))


def _mapped(model: Model, subscript: str, siblings: tuple[str, ...], scope: Scope) -> tuple[Loop, tuple[str, ...]]:
    """Find the loop that a range which is not on the left-hand side corresponds to, element by element."""
    free = [(name, loop.elements) for name, loop in scope.loops.items()
            if name not in siblings and name in model.subscripts]  # fmt: skip
    found = counterparts(model, subscript, free)
    if found is not None:
        return scope.loops[found[0]], found[1]
    raise SubscriptError(
        f"`{subscript}` is not a subscript of the left-hand side{_listed(scope.written)}, maps onto none of it "
        "and is not reduced (`!`)"
    )


def subscript_number(model: Model, name: str) -> Mapping[str, int] | None:
    """Return the 1-based position of each element of a range (or of the one element) in its largest range."""
    ranges = model.subscripts
    elements = ranges.get(name, (name,))
    within = [candidate for candidate in ranges if set(elements) <= set(ranges[candidate])]
    if not within:
        return None
    largest = max(within, key=lambda candidate: (len(ranges[candidate]), candidate not in model.mappings))
    return {element: ranges[largest].index(element) + 1 for element in elements}


def _elements(model: Model, subscript: str) -> tuple[str, ...]:
    return tuple(model.subscripts[subscript]) if subscript in model.subscripts else (subscript,)


def _position(model: Model, dimension: str, element: str) -> int:
    elements = model.subscripts[dimension]
    if element not in elements:
        raise SubscriptError(f"`{element}` is not an element of `{dimension}`")
    return elements.index(element)


def _without(box: Box, hole: list[frozenset[str]]) -> list[Box]:
    """Cut a rectangular hole out of a box; what is left is at most one box a dimension."""
    if not all(any(e in gone for e in kept) for kept, gone in zip(box.elements, hole, strict=True)):
        return [box]
    parts: list[Box] = []
    for place, gone in enumerate(hole):
        before = [tuple(e for e in box.elements[k] if e in hole[k]) for k in range(place)]
        here = tuple(e for e in box.elements[place] if e not in gone)
        if here:
            parts.append(Box((*before, here, *box.elements[place + 1 :])))
    return parts


def element_names(name: str, elements: tuple[tuple[str, ...], ...]) -> tuple[str, ...]:
    """Return the names of a variable's elements as PySD spells them, row by row: ``Stock[a,b]``."""
    if not elements:
        return (name,)
    return tuple(f"{name}[{','.join(chosen)}]" for chosen in itertools.product(*elements))


def _count(number: int) -> str:
    return f"{number} subscript{'' if number == 1 else 's'}"


def _listed(names: tuple[str, ...]) -> str:
    return f" [{', '.join(names)}]" if names else ""
