"""One clear message for every kind of bad input: what, where, why, and how to put it right."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong with what a user gave us.

    Parameters
    ----------
    what
        The fault in one plain sentence, without the place.
    file, line, variable
        Where it is; each may be unknown.
    why
        Why it matters, where that is not obvious from ``what``.
    remedy
        What the user can do about it.
    nearest
        Names close to the one that was not found, best first.
    """

    what: str
    file: str | Path | None = None
    line: int | None = None
    variable: str | None = None
    why: str = ""
    remedy: str = ""
    nearest: tuple[str, ...] = field(default=())

    def __str__(self) -> str:
        place = ""
        if self.file is not None:
            place = str(self.file) if self.line is None else f"{self.file}:{self.line}"
            place += ": "
        subject = f"`{clipped(self.variable)}`: " if self.variable else ""
        message = f"{place}{subject}{self.what}"
        if self.why:
            message += f" ({self.why})"
        if self.nearest:
            message += f". Did you mean {' or '.join(f'`{clipped(name)}`' for name in self.nearest)}?"
        if self.remedy:
            message += f" {self.remedy}" if message.endswith("?") else f". {self.remedy}"
        return message


class PolicyLabError(Exception):
    """Base of every error that policy_lab raises on purpose; the command line turns it into exit code 2."""


class InputError(PolicyLabError):
    """Something in a model, a study, a data file or an argument cannot be used.

    All problems of one stage are collected and raised together, so that a user mends them in one go.
    """

    def __init__(self, *problems: Problem) -> None:
        self.problems: tuple[Problem, ...] = problems
        super().__init__("\n".join(str(problem) for problem in problems))


class EngineError(PolicyLabError):
    """A run could not be carried out or did not give a usable result."""


def clipped(name: str, length: int = 80) -> str:
    """Shorten a name for display, so that no message is flooded by one."""
    name = " ".join(name.split())
    return name if len(name) <= length else f"{name[: length - 1]}…"


def nearest_names(name: str, candidates: Iterable[str], count: int = 3) -> tuple[str, ...]:
    """Return the candidates closest to ``name``, ignoring case and underscores, best first."""
    import difflib  # only who has to suggest a name needs it

    by_plain: dict[str, str] = {}
    for candidate in candidates:
        by_plain.setdefault(_plain(candidate), candidate)
    close: Sequence[str] = difflib.get_close_matches(_plain(name), by_plain, n=count, cutoff=0.6)
    return tuple(by_plain[match] for match in close)


def _plain(name: str) -> str:
    return name.casefold().replace("_", " ").strip()
