"""Units as texts: whether one can be read as a product of powers of names at all, and of which."""

from __future__ import annotations

import re
from types import MappingProxyType

_TOKENS = re.compile(r"\s*(?:(?P<word>\d{1,3}(?:,\d{3})+|[\w%$£€¥#°][\w%$£€¥#°'.&-]*)|(?P<sign>\S))")
_PARTS = re.compile(
    r"\^\s*(?P<power>\(\s*-?\d+(?:\.\d+)?\s*\)|-?\d+(?:\.\d+)?)|(?P<sign>[*/()])|(?P<name>\^|[^*/()^]+)"
)
_PER = re.compile(r"(?<!\S)per(?!\S)", re.IGNORECASE)
_NUMBER = re.compile(r"(?P<number>\d{1,3}(?:,\d{3})+|\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)(?P<name>\s.*)?\Z", re.DOTALL)
_IRREGULAR = MappingProxyType(
    {"people": "person", "children": "child", "men": "man", "women": "woman", "feet": "foot", "mice": "mouse"}
)


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
        elif wants_name and not (sign == "-" and unit[: token.start("sign")].replace(" ", "").endswith(("^", "^("))):
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


def unit_factors(unit: str) -> tuple[tuple[str, float], ...]:
    """Return the names and numbers of which a unit is the product, as the text spells them, each with its power.

    ``per`` stands for ``/``; the number 1 is left out, any other number is a factor of its own (``1000 tonne``). The
    text must be one in which `unit_fault` finds nothing.

    Examples
    --------
    >>> unit_factors("tonne/(boat*Month^2)")
    (('tonne', 1.0), ('boat', -1.0), ('Month', -2.0))
    """
    groups: list[list[tuple[str, float]]] = [[]]
    signs, sign = [1.0], 1.0
    last: list[tuple[str, float]] = []
    for part in _PARTS.finditer(f"{_PER.sub('/', unit)}*"):
        if part.group("name"):
            last = _named(" ".join(part.group("name").split()))
        elif part.group("power"):
            last = [(name, power * float(part.group("power").strip("( )"))) for name, power in last]
        elif part.group("sign") == "(":
            groups.append([])
            signs.append(sign)
            sign = 1.0
        else:
            groups[-1] += [(name, power * sign) for name, power in last]
            sign, last = (-1.0 if part.group("sign") == "/" else 1.0), []
            if part.group("sign") == ")":
                last, sign = groups.pop(), signs.pop()
    return tuple(groups[0])


def _named(text: str) -> list[tuple[str, float]]:
    """Take a number before a name for a factor of its own; a number after it is part of the name (``GBP 2022``)."""
    found = _NUMBER.match(text)
    if found is None:
        return [(text, 1.0)] if text else []
    number, name = found.group("number").replace(",", ""), (found.group("name") or "").strip()
    parts = ([] if float(number) == 1 else [number]) + ([name] if name else [])
    return [(part, 1.0) for part in parts]


def folded_unit(name: str) -> str:
    """Fold the name of a unit: case, underscores and the English plural do not count.

    Examples
    --------
    >>> [folded_unit(name) for name in ("Months", "month", "person_Years", "people")]
    ['month', 'month', 'person year', 'person']
    """
    *first, last = name.replace("_", " ").casefold().split() or [""]
    if last in _IRREGULAR:
        last = _IRREGULAR[last]
    elif len(last) > 4 and last.endswith("ies"):
        last = f"{last[:-3]}y"
    elif last.endswith(("ches", "shes", "sses", "xes")):
        last = last[:-2]
    elif len(last) > 2 and last.endswith("s") and not last.endswith(("ss", "us", "is")):
        last = last[:-1]
    return " ".join((*first, last))
