"""The loops that a study names: what the model says of them, and the designs' central paths and risks without some."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, Final

import numpy as np

from policy_lab.analysis.outcomes import band, mean_of, over_futures
from policy_lab.analysis.shortfall import shortfall
from policy_lab.analysis.words import listed, without_capital
from policy_lab.engine import compile_model
from policy_lab.errors import InputError, Problem
from policy_lab.lab.behind import Behind
from policy_lab.lab.central import Central, Cut, central_paths, measure_paths
from policy_lab.lab.desk import Desk, asked_design
from policy_lab.lab.loop_words import cut_words, found_words, lead_words, order_words, plain_loops
from policy_lab.lab.moving import Ready, plan_of
from policy_lab.lab.state import Screen, held_of
from policy_lab.model.cut import cut_links
from policy_lab.results.types import Results
from policy_lab.run import run
from policy_lab.run.feedback import chosen_loops, named_loops
from policy_lab.run.growing import Unwanted
from policy_lab.study.elements import split_element
from policy_lab.study.plan import Plan

SAMPLE: Final = (10, 5)
"""Worlds, and futures in each, in which the change of the risk is looked at."""
BAND: Final = (0.05, 0.95)
"""Quantiles over worlds between which a change is told."""

Links = tuple[tuple[str, str], ...]
Stop = Callable[[], bool]


class LoopPanel:
    """Answers for the loops. It changes in that it keeps the cut models that were made ready already."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._cuts: dict[frozenset[tuple[str, str]], Cut] = {}
        self._finding, self._behind = Behind(rest=0.0), Behind(rest=0.0)

    def answer(self, content: Mapping[str, Any], screen: Screen) -> None:
        """Do what the page asks.

        ``content``: ``what`` is ``list`` for what is known of the loops, or ``cut`` for the designs without the
        ``loops`` that it names; with none of them everything that goes on is given up.

        Raises
        ------
        InputError
            For a loop or a design that there is not.
        """
        what = content.get("what")
        if what == "list":
            self._desk.tell({"what": "list", "loops": plain_loops(self._desk.study)}, {})
            self._finding.ask(self._find)
        elif what == "cut":
            self._cut(content, screen)
        else:
            raise InputError(Problem(what=f"nothing is known of `{what}` here"))

    def stop(self) -> None:
        """Stop whatever goes on behind."""
        self._finding.stop()
        self._behind.stop()

    def wait(self) -> None:
        """Wait until nothing goes on behind."""
        self._finding.wait()
        self._behind.wait()

    def _find(self, unwanted: Stop) -> None:
        """Look for the loops in the model, which takes a second or two."""
        study = self._desk.study
        if not study.file.loops:
            return
        try:
            found = {one.name: found_words(one, study.model.time.unit) for one in named_loops(study)}
        except InputError as error:  # a base design without rest: the rest of the page goes on
            self._desk.tell({"what": "fault", "words": str(error)}, {})
            return
        if not unwanted():
            self._desk.tell({"what": "found", "loops": found}, {})

    def _cut(self, content: Mapping[str, Any], screen: Screen) -> None:
        asked = chosen_loops(self._desk.study, [str(name) for name in content.get("loops") or ()])
        names = tuple(name for name in self._desk.study.file.loops if name in asked)
        pair = asked_design(content, "design", screen), asked_design(content, "against", screen)
        self._behind.stop()
        if names:
            ready, whole = self._desk.ready(screen), self._desk.central(screen)
            self._behind.ask(partial(self._without, names, pair, screen, ready, whole))

    def _without(
        self, names: tuple[str, ...], pair: tuple[str, str], screen: Screen, ready: Ready, whole: Central, stop: Stop
    ) -> None:
        """Tell the paths without some loops, and then the risks; in a thread of its own."""
        study, tell = self._desk.study, self._desk.tell
        chosen = listed(names)
        try:
            tell({"what": "wait", "words": f"The model without {chosen} is made ready …"}, {})
            links: Links = tuple(
                dict.fromkeys((loop.cut[0], loop.cut[1]) for loop in chosen_loops(study, names).values())
            )
            variable = split_element(study.file.measures.shortfall.variable)[0]
            paths = central_paths(ready, held_of(study, screen), screen.designs, [variable], self._made(links))
            if stop():
                return
            told, arrays = self._path_words(names, pair, whole, paths)
            tell(told, arrays)
            tell({"what": "wait", "words": f"The risk without {chosen} is looked at in a small sample …"}, {})
            told, arrays = self._risk_words(
                names, plan_of(study, screen, worlds=SAMPLE[0], futures=SAMPLE[1]), links, stop
            )
            tell(told, arrays)
        except Unwanted:
            return
        except InputError as error:
            tell({"what": "fault", "words": str(error)}, {})

    def _made(self, links: Links) -> Cut:
        """Return a model with links cut, made ready to run; it is kept."""
        key = frozenset(links)
        if key not in self._cuts:
            model, stand_ins = cut_links(self._desk.study.model, links)
            self._cuts[key] = Cut(compile_model(model), stand_ins)
        return self._cuts[key]

    def _path_words(
        self, names: Sequence[str], pair: tuple[str, str], whole: Central, paths: Central
    ) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
        study = self._desk.study
        before, after = measure_paths(whole, study), measure_paths(paths, study)
        shorts = [study.design(name).short or study.design(name).title for name in paths.designs]
        one, other = (paths.designs.index(name) for name in pair)
        words = [order_words(shorts, before[:, -1], after[:, -1])]
        if one != other:
            ends = [(float(values[one, -1]), float(values[other, -1])) for values in (before, after)]
            outcome = study.file.words.outcome
            words.insert(0, lead_words(listed(names), (shorts[one], shorts[other]), ends[0], ends[1], outcome))
        told = {
            "what": "paths",
            "loops": list(names),
            "designs": list(paths.designs),
            "cut": cut_words(study, names),
            "words": f"{' '.join(filter(None, words))} Central paths, without luck.",
        }
        return told, {"whole": before, "without": after}

    def _risk_words(
        self, names: Sequence[str], plan: Plan, links: Links, stop: Stop
    ) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
        """Return the risks with and without, in the same worlds and futures.

        Raises
        ------
        Unwanted
            Where something newer was asked for.
        """

        def look(_done: int, _of: int) -> None:
            if stop():
                raise Unwanted

        whole, without = (_risk(run(plan, progress=look, cut=cut, threads=1)) for cut in ((), links))
        change = without - whole
        clear = [name for name, row in zip(plan.designs, change, strict=True) if _is_clear(row)]
        study = self._desk.study
        shorts = [study.design(name).short or study.design(name).title for name in clear]
        sample = f"{plan.worlds} worlds with {plan.futures} futures each"
        title = without_capital(study.file.measures.shortfall.title)
        told = (
            f"Cutting {listed(names)} changes the {title} of {listed(shorts)} in at least 9 of 10 worlds the same way."
        )
        words = (
            told
            if clear
            else f"Under no {study.file.words.design} does the {title} change the same way in 9 of 10 worlds."
        )
        rows = {
            "risk": [mean_of(row) for row in whole],
            "risk_without": [mean_of(row) for row in without],
            "change": [mean_of(row) for row in change],
            "low": [band(row, BAND[0]) for row in change],
            "high": [band(row, BAND[1]) for row in change],
        }
        arrays = {name: np.array(values) for name, values in rows.items()}
        words += (
            f" A small sample: {sample}, the same ones with the loop and without; luck and everything not known in."
        )
        return {"what": "risk", "loops": list(names), "designs": list(plan.designs), "words": words}, arrays


def _risk(results: Results) -> np.ndarray:
    """Return the share of futures that fall short, ``[design, world]``."""
    return over_futures(shortfall(results).fell)


def _is_clear(change: np.ndarray) -> bool:
    low, high = (band(change, share) for share in BAND)
    return low > 0 or high < 0
