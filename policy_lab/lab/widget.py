"""The screen in a notebook: one widget, whose page only draws what this side has worked out."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any, Final, Protocol

from pydantic import ValidationError

from policy_lab.charts.central import central_figure
from policy_lab.charts.figure import Figure
from policy_lab.charts.risk import risk_figure
from policy_lab.errors import InputError, Problem
from policy_lab.lab.behind import REST, Behind
from policy_lab.lab.explain import ExplainView
from policy_lab.lab.history import History
from policy_lab.lab.moving import SAMPLE, Moved, Ready, made_ready, moved, plan_of
from policy_lab.lab.page import (
    Message,
    Rested,
    changes,
    moved_message,
    opening,
    path_table,
    rested,
    rested_message,
    table_csv,
)
from policy_lab.lab.panels import offered_panels
from policy_lab.lab.screen_file import read_screen, screen_of_text, screen_text, write_screen
from policy_lab.lab.shown import ShownWidget
from policy_lab.lab.sliders import sliders
from policy_lab.lab.state import Screen, asked_screen, held_of, offered_designs
from policy_lab.lab.stress import StressView
from policy_lab.run.growing import growing
from policy_lab.study.study import Study

_FRONT = Path(__file__).parent / "front"
_SCRIPTS: Final = (
    *("draw", "calendar", "rail", "compare"),
    *("why", "flow", "loops", "explain", "panels"),
    *("stress_charts", "stress", "screen"),
)
"""Of the page, in the order in which they are read: one module, without a step that builds it."""
MOST_TEXT: Final = 100_000
"""Characters of a file that the page sends: a screen has about a thousand."""
_SIZES: Final = (10, 40)
"""Worlds after which the ensemble is shown before it is whole."""
_STYLES: Final = ("screen", "calendar", "explain", "flow", "panels", "stress")


class View(Protocol):
    """One view of the page beside the first: it answers what the page asks of it alone, by `Lab.tell`."""

    def answer(self, content: Mapping[str, Any], screen: Screen) -> None:
        """Do what the page asks; ``screen`` is where everything stands.

        Raises
        ------
        InputError
            For anything that the study does not know; the page shows it.
        """

    def stop(self) -> None:
        """Stop whatever goes on behind."""


class Lab(ShownWidget):
    """The screen of one study. Made by `policy_lab.lab`.

    Unlike everything beneath it, a screen changes: it holds where its sliders stand. What it stands at is frozen
    (`screen`), and so is every answer.
    """

    _esm = "\n".join((_FRONT / f"{name}.js").read_text(encoding="utf-8") for name in _SCRIPTS)
    _css = "\n".join((_FRONT / f"{name}.css").read_text(encoding="utf-8") for name in _STYLES)

    def __init__(
        self,
        study: Study,
        screen: Screen,
        *,
        worlds: int,
        futures: int,
        sample: tuple[int, int] = SAMPLE,
        rest: float = REST,
    ) -> None:
        self.study = study
        self._sliders = sliders(study)
        seed = study.file.comparison.seed if screen.seed is None else screen.seed
        screen = screen.with_(worlds=worlds, futures=futures, seed=seed)
        self._offered = offered_designs(study, screen.designs)
        self._sample = sample
        self._history = History(screen)
        self._screen = screen
        self._asked = 0
        self._behind = Behind(rest)
        self._ready: tuple[Screen, Ready] | None = None
        self._moved: Moved | None = None
        self._rested: tuple[Screen, Rested] | None = None
        self._views: Mapping[str, View] = {
            "explain": ExplainView(study, self.ready_for, partial(self.tell, "explain")),
            "stress": StressView(study, partial(self.tell, "stress"), self.hand_over),
        }
        views = ["compare", *self._views]
        told = {**opening(study, self._sliders, self._offered), "views": views, "panels": offered_panels(study)}
        super().__init__(told)
        self.on_msg(self._on_message)
        self.observe(self._on_asked, "asked")
        self._show(screen)

    @property
    def screen(self) -> Screen:
        """What was chosen."""
        return self._screen

    @property
    def answer(self) -> Rested | None:
        """The last answer at rest; nothing while it is worked out."""
        return self._rested[1] if self._rested is not None and self._rested[0] == self._screen else None

    def save(self, path: str | Path) -> Path:
        """Write what was chosen as YAML."""
        return write_screen(self._screen, self.study, path)

    def load(self, path: str | Path) -> None:
        """Go to what was saved.

        Raises
        ------
        InputError
            For a file that does not fit this study.
        """
        self._load(read_screen(path, self.study))

    def _load(self, screen: Screen) -> None:
        unknown = [name for name in screen.designs if name not in self._offered]
        if unknown:
            remedy = "Open the file by itself: pl.lab(screen=FILE)."
            raise InputError(*(Problem(what=f"no design `{name}` on this screen", remedy=remedy) for name in unknown))
        self._go(screen, set_page=True)

    def ready_for(self, screen: Screen) -> Ready:
        """Return what stays the same while the sliders of a screen move, from its last movement if that was one."""
        fixed = screen.still().with_(designs=self._prepared(screen))
        if self._ready is None or self._ready[0] != fixed:
            self._ready = (fixed, made_ready(self.study, fixed, self._sample))
        return self._ready[1]

    def _prepared(self, screen: Screen) -> tuple[str, ...]:
        """Return the designs that are made ready: all without additions, and those with one that are shown."""
        return tuple(name for name in self._offered if "+" not in name or name in screen.designs)

    def wait(self) -> Rested | None:
        """Wait for the answer at rest, and return it."""
        self._behind.wait()
        return self.answer

    def picture(self) -> Figure:
        """Return what the screen shows as a picture: the ranking once it is there, the central paths before."""
        found = self.answer
        if found is not None:
            return risk_figure(found.table, found.pairs, found.setting)
        if self._moved is None:
            raise InputError(Problem(what="the screen has nothing to show yet"))
        measure = self.study.file.measures.shortfall.variable
        table = path_table(self._moved, measure)
        manifest = {"study": self.study.file.title, "model": self.study.model.digest, "screen": self._screen.plain()}
        return central_figure(table, self.study, manifest, "The screen as it opened; run the cell to move its sliders.")

    def _on_asked(self, change: Mapping[str, Any]) -> None:
        self._answer(change["new"])

    def _on_message(self, _widget: object, content: Mapping[str, Any], _buffers: object) -> None:
        if "view" in content:
            self._answer_view(content)
        else:
            self._answer(content)

    def _answer_view(self, content: Mapping[str, Any]) -> None:
        """Hand on what one view alone asks for."""
        view = self._views.get(str(content["view"]))
        try:
            if view is not None:
                screen = self._screen_asked(content)
                view.answer(content, screen)
        except (InputError, ValidationError, KeyError) as error:
            self._publish_state(fault=str(error))

    def tell(self, view: str, message: Message) -> None:
        """Tell one view of the page something, from whatever thread."""
        content = {**message.told, "kind": "view", "view": view}
        self._in_the_loop(partial(self.send, content, [message.numbers]))

    def hand_over(self, name: str, content: bytes) -> None:
        """Hand a file to the browser, from whatever thread."""
        self._in_the_loop(partial(self.send, {"kind": "file", "name": name}, [content]))

    def close(self) -> None:
        """Take the screen away, and stop whatever goes on behind it."""
        self._behind.stop()
        for view in self._views.values():
            view.stop()
        super().close()

    def _answer(self, content: Mapping[str, Any]) -> None:
        """Do what the page asks; what it asked before something that was answered already is left out."""
        number, do = int(content.get("n", 0)), str(content.get("do", "move"))
        if number <= self._asked:
            return
        self._asked = number
        try:
            screen = self._screen_asked(content)
            if do == "open":
                self._load(screen_of_text(str(content.get("text", ""))[:MOST_TEXT], self.study))
            elif do == "file":
                self._send_file(str(content.get("kind", "")))
            elif do in ("undo", "redo"):
                self._history = self._history.moved(screen)
                self._history = self._history.undo() if do == "undo" else self._history.redo()
                self._show(self._history.now, set_page=True)
            elif content.get("keep"):
                self._go(screen)
            else:
                self._show(screen)
        except (InputError, ValidationError, KeyError) as error:
            self._publish_state(fault=str(error))

    def _screen_asked(self, content: Mapping[str, Any]) -> Screen:
        """Return the screen that the page asks for; how large the whole answer is, and its seed, it may not say."""
        screen, now = asked_screen(content["screen"], self.study, self._offered, self._sliders), self._screen
        return screen.with_(worlds=now.worlds, futures=now.futures, seed=now.seed)

    def _go(self, screen: Screen, *, set_page: bool = False) -> None:
        """Show a screen, and remember the way back."""
        self._history = self._history.moved(screen)
        self._show(screen, set_page=set_page)

    def _show(self, screen: Screen, *, set_page: bool = False) -> None:
        """Answer a movement at once, and have the whole answer worked out behind."""
        if screen == self._screen and self._moved is not None and not set_page:
            self._publish_state()
            return
        self._behind.stop()
        self._screen, self._rested = screen, None
        self._moved, ready = moved(self.ready_for(screen), held_of(self.study, screen), screen.designs)
        self._ready = (screen.still().with_(designs=self._prepared(screen)), ready)
        message = moved_message(self._moved, self.study)
        self._publish(message, set_page=set_page)
        self._behind.ask(lambda stop: self._fill(screen, stop))

    def _fill(self, screen: Screen, stop: Callable[[], bool]) -> None:
        """Work out the whole answer, in a thread of its own; show it as it grows."""
        plan = plan_of(self.study, screen)
        for results in growing(plan, _SIZES, unwanted=stop, threads=1 if plan.worlds > _SIZES[-1] else None):
            found = rested(results)
            if stop():
                return
            self._rested = screen, found  # kept before it is told: a cell that waits holds up the loop that tells
            self._in_the_loop(partial(self._settle, screen, found))

    def _settle(self, screen: Screen, found: Rested) -> None:
        if screen == self._screen and self._moved is not None:
            self._publish(rested_message(found, self._moved, screen.worlds or found.setting.worlds))

    def _state(self, *, set_page: bool) -> dict[str, Any]:
        return {
            "n": self._asked,
            "set": set_page,
            "screen": self._screen.plain(),
            "draws": [self._screen.worlds, self._screen.futures, self._screen.seed],
            "changes": changes(self._screen, self.study, self._sliders),
            "bases": self._bases(),
            "undo": len(self._history.before),
            "redo": len(self._history.undone),
        }

    def _bases(self) -> dict[str, float]:
        """Return the base marks of sliders that a place moves."""
        if not self._screen.area:
            return {}
        values = self.study.areas()[self._screen.area].values
        return {one.name: values[one.name] for one in self._sliders if one.name in values}

    def _publish(self, message: Message, *, set_page: bool = False) -> None:
        with self.hold_sync():  # one message, one repaint
            self.told = {**message.told, **self._state(set_page=set_page)}
            self.numbers = message.numbers
            self.seq += 1

    def _publish_state(self, **more: str) -> None:
        """Tell the page what has changed beside the numbers."""
        with self.hold_sync():
            self.told = {**self.told, **self._state(set_page=False), "quiet": True, **more}
            self.seq += 1

    def _send_file(self, kind: str) -> None:
        """Send a file to the page, which saves it: what is drawn, and nothing else."""
        name = f"{self.study.name}-{'screen' if kind == 'yaml' else 'comparison'}.{kind}"
        if kind == "yaml":
            content = screen_text(self._screen, self.study).encode("utf-8")
        elif kind == "csv" and self._moved is not None:
            content = table_csv(self._moved, self.answer, self.study).encode("utf-8")
        elif kind == "docx" and (found := self.answer) is not None:
            threading.Thread(target=self._send_briefing, args=(found,), name="policy_lab briefing", daemon=True).start()
            return
        elif kind in ("png", "svg") and (found := self.answer) is not None:
            content = risk_figure(found.table, found.pairs, found.setting).to_bytes(kind)
        else:
            self.send(
                {"kind": "wait", "words": "The picture is drawn from the full answer: wait until it has settled."}
            )
            return
        self.send({"kind": "file", "name": name}, [content])

    def _send_briefing(self, found: Rested) -> None:
        """Write the briefing on an answer in a thread of its own, which takes some seconds, and hand it over."""
        from policy_lab.out.brief.content import Choice  # few screens ask for it: no screen opens later for it
        from policy_lab.out.brief.docx import to_docx
        from policy_lab.out.brief.write import described_as

        try:
            content = to_docx(described_as(found.results, Choice({})))
        except InputError as error:
            self._in_the_loop(partial(self.send, {"kind": "wait", "words": str(error)}))
        else:
            self.hand_over(f"{self.study.name}-briefing.docx", content)
