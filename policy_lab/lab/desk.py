"""What every panel of the view *Explain* stands on: the study, a screen's central paths, and a way to the page."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from policy_lab.errors import InputError, Problem
from policy_lab.lab.central import Central
from policy_lab.lab.moving import Ready
from policy_lab.lab.state import Screen
from policy_lab.study.study import Study


@dataclass(frozen=True)
class Desk:
    """What a panel is given when it is made.

    Parameters
    ----------
    study
        Whose model is explained.
    ready
        Screen -> what stays while its sliders move.
    central
        Screen -> central paths of every variable for its designs; asking again for the same screen costs nothing.
    tell
        Plain values and arrays -> the panel's other half in the page; from whatever thread.
    """

    study: Study
    ready: Callable[[Screen], Ready]
    central: Callable[[Screen], Central]
    tell: Callable[[Mapping[str, Any], Mapping[str, np.ndarray]], None]


class Panel(Protocol):
    """One panel of the view: it answers what its other half in the page asks, by `Desk.tell`."""

    def answer(self, content: Mapping[str, Any], screen: Screen) -> None:
        """Do what the page asks; ``screen`` is where everything stands.

        Raises
        ------
        InputError
            For anything that was not offered; the page shows it.
        """

    def stop(self) -> None:
        """Stop whatever goes on behind."""


def asked_design(content: Mapping[str, Any], key: str, screen: Screen) -> str:
    """Return a design that the page names, which has to be on its screen.

    Raises
    ------
    InputError
        For any other.
    """
    name = content.get(key)
    if name not in screen.designs:
        raise InputError(Problem(what=f"no design `{name}` on this screen"))
    return str(name)
