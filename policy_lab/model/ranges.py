"""Subscript ranges: copies, ranges made of ranges, mappings, and the range that covers a variable."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from policy_lab.errors import Problem, nearest_names
from policy_lab.model.translation import Range
from policy_lab.model.types import plain_name


@dataclass(frozen=True)
class Ranges:
    """The subscript ranges of a model.

    ``elements`` gives the elements of each range, in order; ``spelled`` the spelling of every range and element by its
    plain name; ``mapped`` the ranges that a range may stand in for, place by place; ``matched`` those that it maps onto
    element by element, with the elements there for each of its own.
    """

    elements: Mapping[str, tuple[str, ...]]
    spelled: Mapping[str, str]
    mapped: Mapping[str, tuple[str, ...]]
    matched: Mapping[str, Mapping[str, tuple[tuple[str, ...], ...]]] = field(default_factory=dict)

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
    matched = {}
    for one in by_plain.values():
        pairs = _matched(one, canonical, spelled, problems)
        pairs |= _of_parts(one, mapped[one.abstract.name], canonical, by_plain)
        straight = [name for name, groups in pairs.items() if tuple((each,) for each in canonical[name]) == groups]
        mapped[one.abstract.name] += tuple(straight)
        if len(pairs) > len(straight):
            matched[one.abstract.name] = {name: groups for name, groups in pairs.items() if name not in straight}
    return Ranges(canonical, spelled, mapped, matched), problems


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


def _matched(
    one: Range, elements: Mapping[str, tuple[str, ...]], spelled: Mapping[str, str], problems: list[Problem]
) -> dict[str, tuple[tuple[str, ...], ...]]:
    """Return the ranges that a range maps onto element by element; an element may stand for a whole range there."""
    found = {}
    own = elements[one.abstract.name]
    for target, items in one.matched:
        name = spelled.get(plain_name(target))
        names = [spelled.get(plain_name(item)) for item in items]
        faults = [target] if name not in elements else []
        faults += [item for item, known in zip(items, names, strict=True) if known is None]
        if faults or name is None:
            near = nearest_names(faults[0], spelled.values())
            problems.append(
                Problem(
                    f"no subscript `{faults[0]}` to map onto", line=one.line, variable=one.abstract.name, nearest=near
                )
            )
            continue
        groups = tuple(elements.get(item, (item,)) for item in names if item is not None)
        strangers = [each for group in groups for each in group if each not in elements[name]]
        if strangers or len(groups) != len(own):
            fault = f"`{strangers[0]}` is not an element of `{name}`" if strangers else (
                f"{len(own)} elements map onto {len(groups)} of `{name}`"
            )  # fmt: skip
            problems.append(Problem(fault, line=one.line, variable=one.abstract.name))
            continue
        found[name] = groups
    return found


def _of_parts(
    one: Range, targets: Sequence[str], elements: Mapping[str, tuple[str, ...]], by_plain: Mapping[str, Range]
) -> dict[str, tuple[tuple[str, ...], ...]]:
    """Return the ranges made of as many parts as the range that maps onto them has elements: one part for each."""
    found = {}
    spelled = {plain_name(member): member for members in elements.values() for member in members}
    for name in (target for target in targets if target in elements):
        parts = _listed(by_plain[plain_name(name)])
        if len(elements[name]) != len(elements[one.abstract.name]) == len(parts):
            groups = [
                elements[by_plain[plain_name(part)].abstract.name] if plain_name(part) in by_plain
                else (spelled[plain_name(part)],)
                for part in parts
            ]  # fmt: skip
            found[name] = tuple(groups)
    return found
