"""The screen of a model that nobody has described: sliders from its constants, its stocks as charts, one run."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from pathlib import Path
from typing import Any, Final

import numpy as np
from pydantic import ValidationError

from policy_lab.analysis.words import spoken_unit
from policy_lab.charts.figure import Figure
from policy_lab.charts.path import path_chart
from policy_lab.engine import Series
from policy_lab.errors import PolicyLabError
from policy_lab.lab.behind import Behind
from policy_lab.lab.history import History
from policy_lab.lab.own_run import (
    OwnModel,
    command,
    finding,
    lines,
    moved_words,
    own_model,
    points,
    table_csv,
    warned,
)
from policy_lab.lab.own_state import (
    MOST_CHARTS,
    MOST_SCENARIOS,
    OwnFile,
    OwnScreen,
    checked,
    own_text,
    read_own,
    write_own,
)
from policy_lab.lab.page import Message, message
from policy_lab.lab.shown import ShownWidget
from policy_lab.model.types import Kind, Model

_FRONT = Path(__file__).parent / "front"
SLOW: Final = 0.05
"""Seconds of a run from which on it is worked out behind the screen, so that the kernel goes on answering."""
_BASE, _NOW = "as the file has it", "now"
_PANELS: Final = 8
"""Panels of a picture that is saved."""


class OwnLab(ShownWidget):
    """The screen of one model. Made by `policy_lab.lab`.

    One run at central values: nothing on it says how sure anything is, and no design is compared with another.
    """

    _esm = "\n".join((_FRONT / f"{name}.js").read_text(encoding="utf-8") for name in ("draw", "own_charts", "own"))
    _css = "\n".join((_FRONT / f"{name}.css").read_text(encoding="utf-8") for name in ("screen", "own"))

    def __init__(self, own: OwnModel, screen: OwnScreen, *, slow: float = SLOW) -> None:
        self.own, self._screen, self._history = own, screen, History(screen)
        self._slow, self._asked, self._took = slow, 0, 0.0
        self._behind = Behind(0.0)
        self._runs: dict[tuple[Any, ...], Series] = {}
        self._series: Series | None = None
        super().__init__(_opening(own))
        self.on_msg(self._on_message)
        self.observe(self._on_asked, "asked")
        self._show(screen, whole=True)

    @property
    def screen(self) -> OwnScreen:
        """What was chosen."""
        return self._screen

    @property
    def series(self) -> Series | None:
        """The run that is shown: of the variables that are drawn, at every saved time."""
        return self._series

    def save(self, path: str | Path) -> Path:
        """Write what was chosen as YAML."""
        return write_own(self._screen, self.own.model, path)

    def load(self, path: str | Path) -> None:
        """Go to what was saved.

        Raises
        ------
        InputError
            For a file that does not fit this model.
        """
        self._go(read_own(path, self.own.model, self.own.moves, self.own.offered), whole=True)

    def wait(self) -> None:
        """Wait until the last movement is answered."""
        self._behind.wait()

    def picture(self) -> Figure:
        """Return what the screen shows as a picture: at most four runs, and the first eight charts."""
        names = list(self._screen.shown)
        runs = {_BASE: self._kept({}, names)}
        runs |= {one.name: self._kept(one.settings, names) for one in self._screen.scenarios[-2:]}
        if self._series is not None and self._screen.settings:
            runs[_NOW] = self._series
        drawn = [f"{name}[{label}]" if label else name for name, label in self.own.rows(names)][:_PANELS]
        source = f"Source: {self.own.model.path.name}; single runs without uncertainty, no forecast."
        return path_chart(runs, drawn, source=source)

    def _on_asked(self, change: Mapping[str, Any]) -> None:
        self._answer(change["new"])

    def _on_message(self, _widget: object, content: Mapping[str, Any], _buffers: object) -> None:
        self._answer(content)

    def _answer(self, content: Mapping[str, Any]) -> None:
        """Do what the page asks; what it asked before something that was answered already is left out."""
        number, do = int(content.get("n", 0)), str(content.get("do", "move"))
        if number <= self._asked:
            return
        self._asked = number
        try:
            told = OwnFile.model_validate({"model": self.own.model.path.name, **content["screen"]})
            screen = checked(told, self.own.moves, self.own.offered)
            if do == "file":
                self._send_file(str(content.get("kind", "")))
            elif do in ("undo", "redo"):
                history = self._history.moved(screen)
                self._history = history.undo() if do == "undo" else history.redo()
                self._show(self._history.now, whole=True)
            elif do == "again":
                self._show(screen, whole=True)
            elif content.get("keep"):
                self._go(screen)
            else:
                self._show(screen)
        except (PolicyLabError, ValidationError, KeyError, TypeError, ValueError) as error:
            self._fault(str(error))

    def _go(self, screen: OwnScreen, *, whole: bool = False) -> None:
        """Show a screen, and remember the way back."""
        self._history = self._history.moved(screen)
        self._show(screen, whole=whole)

    def _show(self, screen: OwnScreen, *, whole: bool = False) -> None:
        """Answer a movement: at once where the model is fast, behind the screen where it is slow."""
        whole = whole or (screen.shown, screen.scenarios) != (self._screen.shown, self._screen.scenarios)
        self._screen = screen
        self._behind.stop()
        if self._took < self._slow:
            self._finish(screen, self._message(screen, whole), whole)
            return

        def work(stop: Callable[[], bool]) -> None:
            found = self._message(screen, True)
            if not stop():
                self._in_the_loop(partial(self._finish, screen, found, whole))

        self._behind.ask(work)

    def _message(self, screen: OwnScreen, whole: bool) -> tuple[Message, Series]:
        """Run the model and lay out what the page draws; ``whole``: with the runs that are kept beside it."""
        names, began = list(screen.shown), time.perf_counter()
        series = self.own.run(screen.settings, names)
        self._took = time.perf_counter() - began if self.seq else 0.0  # the first run also compiles
        rows = self.own.rows(names)
        at = points(len(rows), len(series.time))
        now = lines(self.own, series, names)
        base = lines(self.own, self._kept({}, names), names)
        arrays = {"time": series.time[at], "now": now[:, at]}
        if whole:
            arrays["base"] = base[:, at]
            for place, one in enumerate(screen.scenarios):
                arrays[f"pinned{place}"] = lines(self.own, self._kept(one.settings, names), names)[:, at]
        told = {
            "kind": "own",
            "rows": rows,
            "headline": finding(self.own, screen.settings, names, now, base),
            "moved": moved_words(self.own, screen.settings),
            "warnings": warned(self.own, screen.settings, series),
            "command": command(self.own, screen.settings),
            "thinned": len(at) < len(series.time),
            "saved": len(series.time),
        }
        return message(told, arrays), series

    def _kept(self, settings: Mapping[str, float], names: list[str]) -> Series:
        """Return a run that stands beside the one that moves; each is run once."""
        key = (tuple(sorted(settings.items())), tuple(names))
        if key not in self._runs:
            if len(self._runs) > 4 * MOST_SCENARIOS:
                self._runs.clear()
            self._runs[key] = self.own.run(settings, names)
        return self._runs[key]

    def _finish(self, screen: OwnScreen, found: tuple[Message, Series], whole: bool) -> None:
        if screen != self._screen:
            return
        told, self._series = found
        with self.hold_sync():  # one message, one repaint
            self.told = {**told.told, **self._state(), "set": whole}
            self.numbers = told.numbers
            self.seq += 1

    def _state(self) -> dict[str, Any]:
        return {
            "n": self._asked,
            "screen": self._screen.plain(),
            "undo": len(self._history.before),
            "redo": len(self._history.undone),
        }

    def _fault(self, words: str) -> None:
        with self.hold_sync():
            self.told = {**self.told, **self._state(), "quiet": True, "fault": words}
            self.seq += 1

    def _send_file(self, kind: str) -> None:
        """Send a file to the page, which saves it."""
        name = f"{self.own.model.path.stem}-screen.{kind}"
        if kind == "yaml":
            content = own_text(self._screen, self.own.model).encode("utf-8")
        elif kind == "csv":
            content = self._csv().encode("utf-8")
        elif kind in ("png", "svg"):
            content = self.picture().to_bytes(kind)
        else:
            return
        self.send({"kind": "file", "name": name}, [content])

    def _csv(self) -> str:
        names = list(self._screen.shown)
        runs: dict[str, Mapping[str, float]] = {_BASE: {}}
        runs |= {one.name: one.settings for one in self._screen.scenarios}
        runs[_NOW] = self._screen.settings
        drawn: dict[str, np.ndarray] = {
            run: lines(self.own, self._kept(settings, names), names) for run, settings in runs.items()
        }
        return table_csv(self.own, drawn, names, self._kept({}, names).time)


def open_own(model: Model | str | Path, *, screen: str | Path | None = None, data: Iterable[str | Path] = ()) -> OwnLab:
    """Open the screen of a model file.

    Parameters
    ----------
    screen
        A screen that was saved, to open at.
    data
        Tables for a model that waits for them.

    Raises
    ------
    InputError
        For anything that cannot be used.
    """
    own = own_model(model, data)
    first = OwnScreen(own.first) if screen is None else read_own(screen, own.model, own.moves, own.offered)
    return OwnLab(own, first)


def _opening(own: OwnModel) -> dict[str, Any]:
    """Return what the page needs once."""
    model, line = own.model, own.model.time
    return {
        "title": model.path.name,
        "sliders": [one.plain() for one in own.moves],
        "charts": [
            {
                "name": name,
                "unit": spoken_unit(model[name].unit),
                "about": model[name].documentation,
                "stock": model[name].kind is Kind.STOCK,
            }
            for name in own.offered
        ],
        "time": {"unit": line.unit, "initial": line.initial, "final": line.final, "step": line.step},
        "most": {"scenarios": MOST_SCENARIOS, "charts": MOST_CHARTS},
        "digest": model.digest[:8],
        "new": f"policy-lab new NAME --model {model.path.name}",
    }
