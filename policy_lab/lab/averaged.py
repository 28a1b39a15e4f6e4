"""One number for a variable that has many: one of its elements, or the mean of all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations

import numpy as np

from policy_lab.errors import InputError, Problem
from policy_lab.model.types import Model


def averaged(values: np.ndarray, elements: Sequence[Sequence[str]], picks: Sequence[int | None] = ()) -> np.ndarray:
    """Return the values of one element along some dimensions, and the mean over the others.

    Parameters
    ----------
    values
        ``[..., *elements]``.
    elements
        The names along each dimension of the variable.
    picks
        For each dimension the place of an element, or None for the mean of all; the mean unless told. Where two
        dimensions that are averaged bear the same names, nobody is paired with themselves.

    Returns
    -------
    numpy.ndarray
        The leading axes alone.

    >>> averaged(np.array([[9.0, 1.0], [3.0, 9.0]]), [["a", "b"], ["a", "b"]])
    array(2.)
    """
    chosen = tuple(picks) or (None,) * len(elements)
    places = tuple(slice(None) if place is None else place for place in chosen)
    left = [tuple(names) for names, place in zip(elements, chosen, strict=True) if place is None]
    kept = values[(..., *places)]
    if not left:
        return np.asarray(kept)
    counted = np.ones(tuple(len(names) for names in left))
    for one, other in combinations(range(len(left)), 2):
        if left[one] == left[other] and len(left[one]) > 1:
            shape = [len(left[one]) if axis in (one, other) else 1 for axis in range(len(left))]
            counted = counted * (1.0 - np.eye(len(left[one]))).reshape(shape)
    axes = tuple(range(kept.ndim - len(left), kept.ndim))
    return np.asarray(np.where(counted > 0, kept, 0.0).sum(axis=axes) / counted.sum())


def picked(model: Model, variable: str, picks: Mapping[str, str]) -> tuple[int | None, ...]:
    """Return the places of the elements that were picked, along each dimension of a variable.

    Parameters
    ----------
    picks
        Dimension -> element; the mean is meant where it is empty or left out.

    Raises
    ------
    InputError
        For an element that a dimension does not have.
    """
    found: list[int | None] = []
    for dimension, elements in zip(model[variable].dimensions, model.elements(variable), strict=True):
        element = picks.get(dimension, "")
        if element and element not in elements:
            raise InputError(Problem(what=f"no element `{element}` in `{dimension}`"))
        found.append(elements.index(element) if element else None)
    return tuple(found)
