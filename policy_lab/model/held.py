"""``SAMPLE IF TRUE`` that reads its own variable: ``peak = SAMPLE IF TRUE(x > peak, x, x)``.

Vensim takes that for the value held since the step before, so that no equation needs itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields, replace
from typing import Any, get_args

from policy_lab.model import expression as ex
from policy_lab.model.expression import Expression


def with_held(tree: Expression, variable: str, subscripts: Sequence[str], sampled: bool = False) -> Expression:
    """Return an equation in which its samples read their own variable as what they hold.

    Parameters
    ----------
    variable, subscripts
        The left-hand side of the equation; the variable's other elements are read like any others.
    sampled
        Whether the tree stands in the condition or the input of a sample.
    """
    if isinstance(tree, ex.Reference):
        own = tree.name == variable and tree.subscripts == tuple(subscripts)
        return ex.Held() if own and sampled else tree
    inside = isinstance(tree, ex.SampleIfTrue)
    changed: dict[str, Any] = {}
    for field in fields(tree):
        value = getattr(tree, field.name)
        here = (sampled or inside) and not (inside and field.name == "initial")
        if isinstance(value, get_args(Expression)):
            inner: Any = with_held(value, variable, subscripts, here)
        elif isinstance(value, tuple) and value and isinstance(value[0], get_args(Expression)):
            inner = tuple(with_held(part, variable, subscripts, here) for part in value)
        else:
            continue
        if inner != value:
            changed[field.name] = inner
    return replace(tree, **changed) if changed else tree
