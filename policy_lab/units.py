"""Units as texts: whether one can be read as a product of powers of names at all."""

from __future__ import annotations

import re

_TOKENS = re.compile(r"\s*(?:(?P<word>\d{1,3}(?:,\d{3})+|[\w%$£€¥#°][\w%$£€¥#°'.&-]*)|(?P<sign>\S))")


def unit_fault(unit: str) -> str:
    """Say what keeps a text from being a unit, in a few words; nothing when it is one (or empty).

    A unit is a product or quotient of names and numbers, with powers and brackets: ``person/Month``, ``1/(Year*Year)``,
    ``£/week^2``, ``Dmnl``. Names may be
    several words, and hold numbers (``GBP 2022``, ``10,000 children``).

    Examples
    --------
    >>> unit_fault("tonne/Month")
    ''
    >>> unit_fault("kg**^/ s")
    '`*` stands where a name should'
    """
    depth, wants_name = 0, True
    for token in _TOKENS.finditer(unit.strip()):
        sign = token.group("sign")
        if sign is None:
            wants_name = False
        elif sign == "(":
            if not wants_name:
                return "no `*` or `/` before `(`"
            depth += 1
        elif wants_name and not (sign == "-" and unit[: token.start("sign")].rstrip().endswith("^")):
            return f"`{sign}` stands where a name should"
        elif sign == ")":
            depth -= 1
            if depth < 0:
                return "a `)` too many"
        elif sign in "*/^":
            wants_name = True
        elif sign != "-":
            return f"`{sign}` is no part of a unit"
    if depth > 0:
        return "a `)` is missing"
    return "it ends with an operator" if wants_name and unit.strip() else ""
