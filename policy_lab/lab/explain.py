"""The view *Explain*: why the designs differ, on central paths; each of its panels answers for itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from types import MappingProxyType
from typing import Any, Final

import numpy as np

from policy_lab.errors import InputError, Problem
from policy_lab.lab.central import Central, central_paths
from policy_lab.lab.clause_panel import ClauseView
from policy_lab.lab.desk import Desk, Panel
from policy_lab.lab.flow_panel import FlowPanel
from policy_lab.lab.loop_panel import LoopPanel
from policy_lab.lab.moving import Ready
from policy_lab.lab.page import Message, message
from policy_lab.lab.panels import BalanceView, MatrixView
from policy_lab.lab.relative import relative
from policy_lab.lab.state import Screen, held_of
from policy_lab.lab.why_panel import WhyPanel
from policy_lab.study.study import Study

PANELS: Final[Mapping[str, Callable[[Desk], Panel]]] = MappingProxyType(
    {
        "why": WhyPanel,
        "flow": FlowPanel,
        "loops": LoopPanel,
        "matrix": MatrixView,
        "balance": BalanceView,
        "clauses": ClauseView,
    }
)
"""Name, as the page knows it -> what makes the panel's half on this side."""


class ExplainView:
    """Answers what the view *Explain* asks for. Unlike what it gives, it changes: it keeps the last central paths.

    Parameters
    ----------
    study
        Whose model is explained.
    ready
        Screen -> what stays while its sliders move.
    tell
        Tells the view's half in the page; from whatever thread.
    """

    def __init__(self, study: Study, ready: Callable[[Screen], Ready], tell: Callable[[Message], None]) -> None:
        self._study, self._ready, self._tell = study, ready, tell
        self._central: tuple[Screen, Central] | None = None
        self._panels = {
            name: make(Desk(study, ready, self.central, partial(self._tell_panel, name)))
            for name, make in PANELS.items()
        }

    def answer(self, content: Mapping[str, Any], screen: Screen) -> None:
        """Hand on what a panel asks, and tell the page when it was answered.

        Raises
        ------
        InputError
            For a panel that there is not, and for what a panel refuses.
        """
        name = str(content.get("panel", ""))
        if name not in self._panels:
            raise InputError(Problem(what=f"no panel `{name}` in this view"))
        try:
            self._panels[name].answer(content, screen)
        finally:
            self._tell_panel(name, {"answered": True}, {})

    def stop(self) -> None:
        """Stop whatever goes on behind."""
        for panel in self._panels.values():
            panel.stop()

    def central(self, screen: Screen) -> Central:
        """Return the central paths of every variable for the designs of a screen; the last ones are kept.

        Variables whose level is a prior are ratios (`policy_lab.lab.relative`).
        """
        if self._central is None or self._central[0] != screen:
            paths = central_paths(self._ready(screen), held_of(self._study, screen), screen.designs)
            self._central = (screen, relative(self._study, paths))
        return self._central[1]

    def _tell_panel(self, name: str, told: Mapping[str, Any], arrays: Mapping[str, np.ndarray]) -> None:
        self._tell(message({**told, "panel": name}, arrays))
