"""The values that a model file gives its constants, as arrays; plain arithmetic on literals and nothing else."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from types import MappingProxyType

import numpy as np

from policy_lab.errors import InputError, Problem, nearest_names
from policy_lab.model.expression import Arithmetic, Array, Expression, Negative, Number
from policy_lab.model.types import Component, Kind, Model, Variable


def constant_arrays(model: Model) -> Mapping[str, np.ndarray]:
    """Return every constant of a model: ``(*dims)``, read-only, in the constant's unit."""
    constants = {
        name: constant_array(model, variable)
        for name, variable in model.variables.items()
        if variable.kind is Kind.CONSTANT
    }
    return MappingProxyType(constants)


def constant_array(model: Model, variable: Variable) -> np.ndarray:
    """Return the value of one constant over the elements of its dimensions.

    Raises
    ------
    InputError
        When an element has no literal value.
    """
    dimensions = tuple(model.subscripts[dimension] for dimension in variable.dimensions)
    values = np.full(tuple(len(elements) for elements in dimensions), np.nan)
    for component in variable.components:
        _fill(values, model, dimensions, component)
    if np.isnan(values).any():
        raise InputError(
            Problem(
                what="has no literal value for each of its elements",
                file=model.path,
                line=variable.line,
                variable=variable.name,
            )
        )
    values.setflags(write=False)
    return values


def element_index(model: Model, name: str, elements: tuple[str, ...]) -> tuple[int, ...]:
    """Return where an element lies in the array of a variable.

    Raises
    ------
    InputError
        For a wrong number of subscripts or an unknown element.
    """
    dimensions = model.elements(name)
    if len(elements) != len(dimensions):
        shape = f"[{','.join(model[name].dimensions)}]" if dimensions else "no subscripts"
        raise InputError(Problem(what=f"has {shape}, not [{','.join(elements)}]", variable=name))
    index = []
    for element, known in zip(elements, dimensions, strict=True):
        if element not in known:
            raise InputError(
                Problem(what=f"no element `{element}`", variable=name, nearest=nearest_names(element, known))
            )
        index.append(known.index(element))
    return tuple(index)


def _fill(values: np.ndarray, model: Model, dimensions: tuple[tuple[str, ...], ...], component: Component) -> None:
    """Write the values of one component into the array of its variable."""
    named = [model.subscripts.get(subscript, (subscript,)) for subscript in component.subscripts]
    places = [[known.index(element) for element in elements] for elements, known in zip(named, dimensions, strict=True)]
    literal = _literal(component.expression)
    block = np.broadcast_to(
        literal.reshape([len(place) for place in places]) if literal.size > 1 else literal, [len(p) for p in places]
    )
    excepted = {
        elements
        for subscripts in component.excepted
        for elements in itertools.product(*(model.subscripts.get(subscript, (subscript,)) for subscript in subscripts))
    }
    for position in np.ndindex(block.shape):
        if tuple(elements[at] for elements, at in zip(named, position, strict=True)) not in excepted:
            values[tuple(place[at] for place, at in zip(places, position, strict=True))] = block[position]


def _literal(expression: Expression) -> np.ndarray:
    """Return the value of an expression made of literals; not-a-number for any other."""
    if isinstance(expression, Number):
        return np.asarray(expression.value, dtype=float)
    if isinstance(expression, Array):
        return np.asarray(expression.values, dtype=float)
    if isinstance(expression, Negative):
        return -_literal(expression.argument)
    if isinstance(expression, Arithmetic):
        first, second = _literal(expression.first), _literal(expression.second)
        with np.errstate(all="ignore"):
            match expression.operator:
                case "+":
                    return first + second
                case "-":
                    return first - second
                case "*":
                    return first * second
                case "/":
                    return first / second
                case "^":
                    return first**second
    return np.asarray(np.nan)
