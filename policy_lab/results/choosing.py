"""What is chosen of stored runs: names, numbers and times, each checked against what is there."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from policy_lab.errors import InputError, Problem, nearest_names
from policy_lab.results.parts import Block
from policy_lab.study.plan_schema import OWN_AREA

OWN = OWN_AREA
"""What the study's own starting values are called among areas."""
Names = str | Iterable[str] | None
Numbers = int | Iterable[int] | slice | None
Times = float | Iterable[float] | slice | None


@dataclass(frozen=True)
class Choice:
    """What is chosen of stored runs, each in the order in which it is wanted."""

    scenarios: tuple[str, ...]
    areas: tuple[str, ...]
    settings: tuple[str, ...]
    designs: tuple[str, ...]
    worlds: tuple[int, ...]
    futures: tuple[int, ...]
    times: tuple[float, ...]
    outcomes: tuple[str, ...]

    @property
    def cases(self) -> tuple[int, int, int, int]:
        """How many designs, worlds, futures and times are chosen of each block."""
        return len(self.designs), len(self.worlds), len(self.futures), len(self.times)

    def blocks(self, known: Sequence[Block]) -> Iterator[tuple[tuple[int, int, int], Block]]:
        """Yield the chosen blocks, each with its place among scenarios, areas and settings."""
        for block in known:
            if block.scenario in self.scenarios and block.area in self.areas and block.setting in self.settings:
                yield (
                    (
                        self.scenarios.index(block.scenario),
                        self.areas.index(block.area),
                        self.settings.index(block.setting),
                    ),
                    block,
                )


def chosen_names(kind: str, asked: Names, known: Sequence[str]) -> tuple[str, ...]:
    """Return the names asked for, each once and in that order; all of them where none is asked for."""
    if asked is None:
        return tuple(known)
    names = (asked,) if isinstance(asked, str) else tuple(asked)
    problems = [
        Problem(
            what=f"no {kind} `{name}` in these runs",
            nearest=nearest_names(name, known),
            remedy=f"There are: {', '.join(known[:20])}{' …' if len(known) > 20 else ''}."
            if known
            else "There are none.",
        )
        for name in names
        if name not in known
    ]
    problems += [] if names else [Problem(what=f"no {kind} is asked for")]
    if problems:
        raise InputError(*problems)
    return tuple(dict.fromkeys(names))


def chosen_keys(kind: str, asked: Names, known: Sequence[str]) -> tuple[str, ...]:
    """Return the areas or settings asked for: the empty one alone where the runs know none.

    Where they know others the empty one is asked for as ``own``.
    """
    if not known and asked is None:
        return ("",)
    shown = {name or OWN: name for name in known}
    return tuple(shown[name] for name in chosen_names(kind, asked, tuple(shown)))


def chosen_numbers(kind: str, asked: Numbers, known: range) -> tuple[int, ...]:
    """Return the numbers asked for; a slice counts as it does in a list."""
    if asked is None or isinstance(asked, slice):
        found = tuple(known[asked] if isinstance(asked, slice) else known)
    else:
        found = (int(asked),) if isinstance(asked, int | np.integer) else tuple(int(one) for one in asked)
    strange = [number for number in found if number not in known]
    if strange or not found:
        what = f"no {kind} {strange[0]} in these runs" if strange else f"no {kind} is asked for"
        raise InputError(Problem(what=what, remedy=f"There are 0 to {known[-1]}."))
    return tuple(dict.fromkeys(found))


def chosen_times(asked: Times, known: np.ndarray) -> tuple[float, ...]:
    """Return the saved times asked for; a slice holds both of its ends."""
    times = tuple(float(one) for one in known)
    if asked is None:
        return times
    if isinstance(asked, slice):
        low = -np.inf if asked.start is None else float(asked.start)
        high = np.inf if asked.stop is None else float(asked.stop)
        found = tuple(one for one in times if low <= one <= high)[:: asked.step]
    else:
        found = (float(asked),) if isinstance(asked, int | float | np.number) else tuple(float(one) for one in asked)
    strange = [one for one in found if one not in times]
    if strange or not found:
        what = f"time {strange[0]:g} was not saved" if strange else "no saved time is asked for"
        raise InputError(Problem(what=what, remedy=f"Saved are {times[0]:g} to {times[-1]:g}, {len(times)} times."))
    return found
