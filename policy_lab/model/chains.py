"""Long chains of terms, ``a + b − c …``, put into trees that are not as deep as the chain is long.

A chain of up to `LEFT_TO_RIGHT` terms is taken from the left, as PySD takes it. A longer one is cut into groups of
`GROUP`, each from the left, and the groups are put together the same way: what is rounded differs from one long chain
by parts in 10¹⁵. A group that follows a minus is taken negative, one that follows a division begins with one over its
first factor.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, TypeAlias

from policy_lab.model import expression as ex

LEFT_TO_RIGHT = 150
GROUP = 64

Operator: TypeAlias = Literal["+", "-", "*", "/"]


def chain_depth(terms: int) -> int:
    """Return how many operations stand inside one another in a chain of so many terms."""
    if terms <= LEFT_TO_RIGHT:
        return max(terms - 1, 1)
    return GROUP + chain_depth(-(-terms // GROUP))


def chained(operators: Sequence[Operator], terms: Sequence[ex.Expression]) -> ex.Expression:
    """Return ``terms[0] operators[0] terms[1] …`` of operators that are all ``+ -`` or all ``* /``."""
    if len(terms) <= LEFT_TO_RIGHT:
        result = terms[0]
        for operator, term in zip(operators, terms[1:], strict=True):
            result = ex.Arithmetic(operator, result, term)
        return result
    joined: Operator = "+" if operators[0] in "+-" else "*"
    groups = [chained(operators[: GROUP - 1], terms[:GROUP])]
    for start in range(GROUP, len(terms), GROUP):
        first = _after(operators[start - 1], terms[start])
        groups.append(chained(operators[start : start + GROUP - 1], [first, *terms[start + 1 : start + GROUP]]))
    return chained([joined] * (len(groups) - 1), groups)


def _after(operator: Operator, term: ex.Expression) -> ex.Expression:
    if operator == "-":
        return ex.Negative(term)
    return ex.Arithmetic("/", ex.Number(1.0), term) if operator == "/" else term
