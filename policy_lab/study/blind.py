"""Designs without their names: labels in a drawn order, and what may be told of each without giving it away."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from types import MappingProxyType

from policy_lab.errors import InputError, Problem
from policy_lab.study.streams import stream
from policy_lab.study.study import Study

_BASES = (
    ("no enforceable duty", r"\bno\b[^;.]*\bdut(?:y|ies)\b|\bnon-statutory\b"),
    ("a statute", r"\bacts?\b|\bstatut(?:e|ory)\b|\bss? \d|\bc\. ?\d"),
    ("regulations or an order", r"\bregulations?\b|\bregs?\. ?\d|\border\b|\bSI \d"),
    ("guidance", r"\bguidance\b"),
    ("an agreement", r"\bagreements?\b|\bprotocols?\b|\bmemorand(?:um|a)\b"),
    ("a licence or permit", r"\blicen[cs]e[sd]?\b|\bpermits?\b"),
)
"""What kind of footing a legal basis speaks of, told by words that hold anywhere; case does not count but in `SI`."""


def blind_key(study: Study, seed: int, designs: Iterable[str] | None = None) -> Mapping[str, str]:
    """Return label -> design: A, B, C … in an order drawn from a seed.

    Raises
    ------
    InputError
        For an unknown design, one with an overlay, or one that stands twice.
    """
    names = tuple(study.file.comparison.designs if designs is None else designs)
    check_designs(study, names)
    order = stream(seed, "blind order").permutation(len(names))
    return MappingProxyType({label_of(place): names[at] for place, at in enumerate(order)})


def check_designs(study: Study, names: tuple[str, ...]) -> None:
    """Refuse designs that cannot be scored on their own."""
    problems = []
    for name in names:
        try:
            if study.design_parts(name)[1]:
                problems.append(Problem(what=f"`{name}`: overlays are not scored by experts, only designs"))
        except InputError as error:
            problems.extend(error.problems)
    if len(set(names)) < len(names):
        problems.append(Problem(what=f"a design stands twice: {', '.join(names)}"))
    if not names:
        problems.append(Problem(what="no design to score"))
    if problems:
        raise InputError(*problems)


def label_of(place: int) -> str:
    """Return the label at a place.

    >>> label_of(0), label_of(25), label_of(26)
    ('A', 'Z', 'AA')
    """
    letters = ""
    place += 1
    while place:
        place, rest = divmod(place - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters


def described(study: Study, design: str) -> str:
    """Return what is told of a design to a reader who shall not know which it is.

    How many members it has and which, and what the study says of it without names and dates (`unnamed`); where it says
    nothing, on what kind of footing it stands.
    """
    found = study.design(design)
    parts = []
    if study.file.membership is not None:
        members = f": {', '.join(found.members)}" if found.members else ""
        parts.append(f"{len(found.members) or 'no'} core member{'' if len(found.members) == 1 else 's'}{members}")
    if not found.unnamed:
        parts.append(f"rests on {footing(found.legal_basis)}")
    words = "; ".join(parts)
    told = f"{words[:1].upper()}{words[1:]}." if words else ""
    return f"{told} {found.unnamed}".strip()


def footing(legal_basis: str) -> str:
    """Return the kinds of footing that a legal basis speaks of, without names and dates.

    >>> footing("Fisheries Act 1996 s 4; guidance of 2003"), footing("none")
    ('a statute and guidance', 'nothing that is told here')
    """
    kinds = [
        kind
        for kind, words in _BASES
        if re.search(words, legal_basis, 0 if kind.startswith("regulations") else re.IGNORECASE)
    ]
    if not kinds:
        return "nothing that is told here"
    return kinds[0] if len(kinds) == 1 else f"{', '.join(kinds[:-1])} and {kinds[-1]}"
