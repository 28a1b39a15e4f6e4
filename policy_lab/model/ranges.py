"""Subscript ranges: copies, ranges made of ranges, mappings, and the range that covers a variable."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from policy_lab.errors import Problem, nearest_names
from policy_lab.model.translation import Range
from policy_lab.model.types import plain_name


@dataclass(frozen=True)
class Ranges:
    """The subscript ranges of a model.

    ``elements`` gives the elements of each range, in order; ``spelled`` the spelling of every range and element by its
    plain name; ``mapped`` the ranges that a range may stand in for, place by place.
    """

    elements: Mapping[str, tuple[str, ...]]
    spelled: Mapping[str, str]
    mapped: Mapping[str, tuple[str, ...]]

    def name(self, subscript: str) -> str | None:
        """Return a subscript as the file spells it, with its ``!`` where it has one; None where it is unknown."""
        bang = "!" if subscript.endswith("!") else ""
        found = self.spelled.get(plain_name(subscript.removesuffix("!")))
        return None if found is None else found + bang

    def members(self, subscript: str) -> tuple[str, ...]:
        """Return the elements that a range, a reduced range or an element stands for."""
        bare = subscript.removesuffix("!")
        return self.elements.get(bare, (bare,))

    def covering(self, elements: Sequence[str], preferred: Sequence[str], taken: Sequence[str]) -> str | None:
        """Return the range for one position of a variable: exact before larger, preferred before others."""
        wanted = set(elements)
        names = [*preferred, *self.elements]
        exact = [name for name in names if set(self.elements[name]) == wanted]
        larger = sorted(
            (name for name in self.elements if wanted < set(self.elements[name])), key=lambda n: len(self.elements[n])
        )
        choices = [name for name in exact + larger if name not in taken] or exact + larger
        return choices[0] if choices else None


def resolve_ranges(found: Sequence[Range]) -> tuple[Ranges, list[Problem]]:
    """Work out the elements of every range; faults come back as problems without a file name."""
    problems: list[Problem] = []
    by_plain: dict[str, Range] = {}
    for one in found:
        plain = plain_name(one.abstract.name)
        if plain in by_plain:
            first = by_plain[plain]
            problems.append(
                Problem(f"this subscript range is already defined in line {first.line}", line=one.line,
                        variable=one.abstract.name)
            )  # fmt: skip
        else:
            by_plain[plain] = one
    elements: dict[str, tuple[str, ...]] = {}
    for one in by_plain.values():
        members = _members(one, by_plain, problems)
        if len(set(map(plain_name, members))) < len(members):
            problems.append(Problem("an element stands twice in this range", line=one.line, variable=one.abstract.name))
        elements[one.abstract.name] = members
    spelled = {plain_name(member): member for members in reversed(elements.values()) for member in members}
    spelled |= {plain_name(name): name for name in elements}
    canonical = {name: tuple(spelled[plain_name(member)] for member in members) for name, members in elements.items()}
    mapped = {one.abstract.name: _mapped(one, spelled) for one in by_plain.values()}
    return Ranges(canonical, spelled, mapped), problems


def _members(one: Range, by_plain: Mapping[str, Range], problems: list[Problem]) -> tuple[str, ...]:
    """Expand ranges inside ranges, depth first, without recursion."""
    members: list[str] = []
    stack = [(item, frozenset({plain_name(one.abstract.name)})) for item in reversed(_listed(one))]
    if isinstance(one.abstract.subscripts, str) and plain_name(one.abstract.subscripts) not in by_plain:
        known = [other.abstract.name for other in by_plain.values()]
        copied = one.abstract.subscripts
        fault = f"no subscript range `{copied}` to copy"
        problems.append(Problem(fault, line=one.line, variable=one.abstract.name, nearest=nearest_names(copied, known)))
    while stack:
        item, inside = stack.pop()
        plain = plain_name(item)
        if plain in inside:
            problems.append(Problem("this range is made of itself", line=one.line, variable=one.abstract.name))
        elif plain in by_plain:
            stack += [(part, inside | {plain}) for part in reversed(_listed(by_plain[plain]))]
        else:
            members.append(" ".join(item.split()))
    return tuple(members)


def _listed(one: Range) -> list[str]:
    definition = one.abstract.subscripts
    return [definition] if isinstance(definition, str) else list(definition)


def _mapped(one: Range, spelled: Mapping[str, str]) -> tuple[str, ...]:
    names = list(one.abstract.mapping)
    if isinstance(one.abstract.subscripts, str):
        names.append(one.abstract.subscripts)
    return tuple(spelled[plain_name(name)] for name in names if plain_name(name) in spelled)
