"""Which element of one subscript range an element of another stands for.

Ranges correspond place by place where one maps onto the other (``A: a1, a2 -> B``), is its copy (``A <-> B``) or has
the same elements; or element by element where the file says so (``A: a1, a2 -> (B: b2, b1)``), in which case an element
may stand for several: then their equations can read it, but its own cannot read them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from policy_lab.model.types import Model


def counterparts(
    model: Model, subscript: str, free: Iterable[tuple[str, Sequence[str]]]
) -> tuple[str, tuple[str, ...]] | None:
    """Find what a range stands for that is not on the left-hand side of an equation.

    Parameters
    ----------
    subscript
        The range.
    free
        Ranges of the left-hand side, each with the elements of it that the equation covers.

    Returns
    -------
    tuple
        The range of the left-hand side, and for each of its elements that of ``subscript``; None if none corresponds.
    """
    listed = [*free]
    for find in (_matched, _mapped, _mapped_back, _same):
        for name, elements in listed:
            found = find(model, subscript, name, elements)
            if found:
                return name, found
    return None


def _matched(model: Model, subscript: str, name: str, elements: Sequence[str]) -> tuple[str, ...]:
    """Look for a mapping element by element, of either upon the other or a range around it."""
    for groups in model.matched.get(subscript, {}).values():
        chosen = [
            [own for own, group in zip(model.subscripts[subscript], groups, strict=True) if one in group]
            for one in elements
        ]
        if all(len(those) == 1 for those in chosen):
            return tuple(those[0] for those in chosen)
    for source, targets in model.matched.items():
        theirs = model.subscripts[source]
        if subscript in targets and {*elements} <= {*theirs}:
            those = [targets[subscript][theirs.index(one)] for one in elements]
            if all(len(group) == 1 for group in those):
                return tuple(group[0] for group in those)
    return ()


def _placed(model: Model, subscript: str, name: str, elements: Sequence[str]) -> tuple[str, ...]:
    own, theirs = model.subscripts[subscript], model.subscripts[name]
    return tuple(own[theirs.index(one)] for one in elements) if len(own) == len(theirs) else ()


def _mapped(model: Model, subscript: str, name: str, elements: Sequence[str]) -> tuple[str, ...]:
    return _placed(model, subscript, name, elements) if name in model.mappings.get(subscript, ()) else ()


def _mapped_back(model: Model, subscript: str, name: str, elements: Sequence[str]) -> tuple[str, ...]:
    return _placed(model, subscript, name, elements) if subscript in model.mappings.get(name, ()) else ()


def _same(model: Model, subscript: str, name: str, elements: Sequence[str]) -> tuple[str, ...]:
    same = model.subscripts[subscript] == model.subscripts[name]
    return _placed(model, subscript, name, elements) if same else ()
