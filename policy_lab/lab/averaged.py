"""One number for a variable that has many: one of its elements, or the mean or the sum of all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import Final, Literal

import numpy as np

from policy_lab.errors import InputError, Problem
from policy_lab.model.types import Model

SUM: Final = "sum of all"
"""Stands for the sum over the elements of a dimension, as an empty pick stands for their mean."""

Pick = int | Literal["sum"] | None


def averaged(values: np.ndarray, elements: Sequence[Sequence[str]], picks: Sequence[Pick] = ()) -> np.ndarray:
    """Return the values of one element along some dimensions, and the mean or the sum over the others.

    Parameters
    ----------
    values
        ``[..., *elements]``.
    elements
        The names along each dimension of the variable.
    picks
        For each dimension the place of an element, ``sum``, or None for the mean of all; the mean unless told. Where
        two such dimensions bear the same names, nobody is paired with themselves.

    Returns
    -------
    numpy.ndarray
        The leading axes alone.

    >>> averaged(np.array([[9.0, 1.0], [3.0, 9.0]]), [["a", "b"], ["a", "b"]])
    array(2.)
    """
    chosen = tuple(picks) or (None,) * len(elements)
    kept = values[(..., *(pick if isinstance(pick, int) else slice(None) for pick in chosen))]
    left = [(tuple(names), pick) for names, pick in zip(elements, chosen, strict=True) if not isinstance(pick, int)]
    if not left:
        return np.asarray(kept)
    counted = np.ones(tuple(len(names) for names, _ in left), dtype=bool)
    for one, other in combinations(range(len(left)), 2):
        if left[one][0] == left[other][0] and len(left[one][0]) > 1:
            shape = [len(left[one][0]) if axis in (one, other) else 1 for axis in range(len(left))]
            counted &= ~np.eye(len(left[one][0]), dtype=bool).reshape(shape)
    summed = tuple(axis for axis, (_, pick) in enumerate(left) if pick == "sum")
    axes = tuple(range(kept.ndim - len(left), kept.ndim))
    return np.asarray(np.where(counted, kept, 0.0).sum(axis=axes) / counted.any(axis=summed).sum())


def picked(model: Model, variable: str, picks: Mapping[str, str]) -> tuple[Pick, ...]:
    """Return what was picked along each dimension of a variable.

    Parameters
    ----------
    picks
        Dimension -> element, or `SUM`; the mean is meant where it is empty or left out.

    Raises
    ------
    InputError
        For an element that a dimension does not have.
    """
    found: list[Pick] = []
    for dimension, elements in zip(model[variable].dimensions, model.elements(variable), strict=True):
        element = picks.get(dimension, "")
        if element and element not in (*elements, SUM):
            raise InputError(Problem(what=f"no element `{element}` in `{dimension}`"))
        found.append(elements.index(element) if element in elements else "sum" if element else None)
    return tuple(found)
