"""A design put together of two others, part by part: what lies on the way from one to the other."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from policy_lab.errors import Problem, nearest_names

if TYPE_CHECKING:
    from policy_lab.study.schema import StudyFile

MEMBERS: Final = "members"
CHANGE: Final = "change"
"""What changing over from the base design costs."""


@dataclass(frozen=True, eq=False)
class Mixture:
    """What a design takes from a second one; everything else is the first's.

    ``taken`` is by part (a lever's key, ``members`` or ``change``) and says for each world whether that part is the
    second design's: ``(worlds,)`` of bool. A part that is not named is the first's in every world.
    """

    first: str
    second: str
    taken: Mapping[str, np.ndarray]

    def of(self, part: str, values: Callable[[str], np.ndarray]) -> np.ndarray:
        """Return a part, ``(worlds, …)``, from what each of the two designs has for it."""
        taken = self.taken.get(part)
        if taken is None:
            return values(self.first)
        own, other = values(self.first), values(self.second)
        return np.where(np.reshape(taken, (-1, *(1,) * (own.ndim - 1))), other, own)


def parts_of(file: StudyFile) -> tuple[str, ...]:
    """Return the parts that a design of this study has."""
    members = (MEMBERS,) if file.membership else ()
    change = (CHANGE,) if file.transition else ()
    return (*file.levers, *members, *change)


def unmixed(designs: Sequence[str], mixed: Mapping[str, Mixture]) -> tuple[str, ...]:
    """Return the designs that a study has to know: those that are not mixed, and what the mixed ones are made of."""
    made_of = (name for mixture in mixed.values() for name in (mixture.first, mixture.second))
    return tuple(dict.fromkeys([*(name for name in designs if name not in mixed), *made_of]))


def mixture_problems(mixed: Mapping[str, Mixture], file: StudyFile, worlds: int) -> Iterator[Problem]:
    """Yield what is wrong with the parts that mixtures take; their two designs are checked with all others."""
    known = parts_of(file)
    for name, mixture in mixed.items():
        for part, taken in mixture.taken.items():
            if part not in known:
                yield Problem(what=f"a design has no part `{part}`", nearest=nearest_names(part, known))
            elif np.shape(taken) != (worlds,):
                yield Problem(what=f"`{part}` of `{name}` needs {worlds} answers, one a world")


def mixture_choices(mixed: Mapping[str, Mixture]) -> dict[str, Any]:
    """Return mixtures as a count, their designs and a digest, for a manifest; nothing where there are none."""
    if not mixed:
        return {}
    digest = hashlib.sha256()
    for name, mixture in mixed.items():
        digest.update(f"{name}\0{mixture.first}\0{mixture.second}\0".encode())
        for part in sorted(mixture.taken):
            digest.update(part.encode() + b"\0" + np.packbits(mixture.taken[part]).tobytes())
    designs = sorted({design for mixture in mixed.values() for design in (mixture.first, mixture.second)})
    return {"designs": len(mixed), "of": designs, "sha256": digest.hexdigest()}
