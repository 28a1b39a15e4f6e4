"""Where a screen stands, where it stood, and what was undone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Generic, TypeVar

State = TypeVar("State")
MOST_UNDONE: Final = 200
"""Earlier states that are kept to go back to."""


@dataclass(frozen=True)
class History(Generic[State]):
    """The states of a screen, as frozen as they are; of a study or of a model alone."""

    now: State
    before: tuple[State, ...] = ()
    undone: tuple[State, ...] = ()

    def moved(self, state: State) -> History[State]:
        """Return the history with one more step; the same state twice is one."""
        return self if state == self.now else History(state, (*self.before, self.now)[-MOST_UNDONE:])

    def undo(self) -> History[State]:
        """Go one step back, if there is one."""
        return History(self.before[-1], self.before[:-1], (self.now, *self.undone)) if self.before else self

    def redo(self) -> History[State]:
        """Take the last undone step again, if there is one."""
        return History(self.undone[0], (*self.before, self.now), self.undone[1:]) if self.undone else self
