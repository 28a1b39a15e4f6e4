"""The clause panel of the view *Explain*: which provision does the work on the way from one design to another?

It shares out the difference (`policy_lab.analysis.clauses`) in a thread of its own: a first answer of few worlds, then
of more, until it is whole, cancelled, or something newer is asked for.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from time import monotonic
from typing import Any, Final

import pandas as pd

from policy_lab.analysis.clause_words import clauses_in_words, headline, told_measure
from policy_lab.analysis.clauses import ALIKE, BURDEN, Clauses, clauses
from policy_lab.analysis.put_in import LEVEL, RISK
from policy_lab.analysis.words import GRADES, spoken_unit
from policy_lab.errors import InputError, PolicyLabError, Problem
from policy_lab.lab.behind import Behind
from policy_lab.lab.desk import Desk, asked_design
from policy_lab.lab.moving import plan_of
from policy_lab.lab.panel_words import places_for
from policy_lab.lab.sliders import JUDGED
from policy_lab.lab.state import Screen
from policy_lab.results.types import Results
from policy_lab.run.batch import run
from policy_lab.run.growing import Unwanted
from policy_lab.study.plan import Plan

SIZES: Final = ((12, 3), (60, 6))
"""Worlds, and futures in each, of one answer after another; never more than those of the screen. Measured on the
flagship's nine parts, which make 84 designs, on two processors shared with others: on the screen, beside its ensemble,
the first came after 11 s at a load of 5; alone, 48 × 6 after 38 s at that load and 60 × 6 after 147 s at a load of 12,
with 0.6 GB at the most."""
BEAT = 0.2
"""Seconds between two tidings of how far it is."""
MINUS: Final = "\N{MINUS SIGN}"
_BETTER: Final[Mapping[str, int]] = {RISK: -1, BURDEN: -1, LEVEL: 1}
_SCALE: Final[Mapping[str, float]] = {RISK: 100.0, BURDEN: 100.0, LEVEL: 1.0}

Tell = Callable[[Mapping[str, Any]], None]


class ClauseView:
    """Answers the clause panel. Unlike what it gives, it changes: one share-out is under way at a time.

    Parameters
    ----------
    desk
        The study, and the way to the page.
    sizes
        Worlds and futures of one answer after another.
    """

    def __init__(self, desk: Desk, sizes: Sequence[tuple[int, int]] = SIZES) -> None:
        self._desk = desk
        self._sizes = tuple(sizes)
        self._behind = Behind(rest=0.0)

    def answer(self, content: Mapping[str, Any], screen: Screen) -> None:
        """Begin to share out (``do``: ``work``), or stop (``stop``).

        Raises
        ------
        InputError
            For anything else, for a design that is not on the screen, and for two designs that are the same.
        """
        do = str(content.get("do", ""))
        if do == "stop":
            self._behind.stop()
            self._tell({"state": "stopped"})
            return
        if do != "work":
            raise InputError(Problem(what=f"the clause panel does not know `{do}`"))
        second, first = asked_design(content, "design", screen), asked_design(content, "against", screen)
        if first == second:
            what = f"the way from `{first}` to itself has no provisions to share out"
            raise InputError(Problem(what=what, remedy="Choose two different designs."))
        self._tell({"state": "working", "share": 0.0})
        self._behind.ask(lambda stop: self._work(screen, first, second, stop))

    def stop(self) -> None:
        """Stop what is going on."""
        self._behind.stop()

    def wait(self) -> None:
        """Wait until nothing is going on."""
        self._behind.wait()

    def _work(self, screen: Screen, first: str, second: str, stop: Callable[[], bool]) -> None:
        """Share out with more and more worlds, in a thread; what goes wrong is told in words."""

        def tell(told: Mapping[str, Any]) -> None:
            if not stop():
                self._tell(told)

        try:
            for found, whole in self._found(screen, first, second, stop, tell):
                tell({**clauses_told(found), "state": "found", "whole": whole, "screen": screen.plain()})
        except Unwanted:
            return
        except PolicyLabError as error:
            tell({"state": "refused", "words": str(error)})

    def _found(
        self, screen: Screen, first: str, second: str, stop: Callable[[], bool], tell: Tell
    ) -> Iterator[tuple[Clauses, bool]]:
        plans = self._plans(screen)
        for at, plan in enumerate(plans):
            ran = _Running(stop, tell, at, plans)
            yield clauses(plan, first, second, ran), at == len(plans) - 1

    def _plans(self, screen: Screen) -> tuple[Plan, ...]:
        whole = plan_of(self._desk.study, screen)
        sizes = dict.fromkeys((min(one[0], whole.worlds), min(one[1], whole.futures)) for one in self._sizes)
        return tuple(plan_of(self._desk.study, screen, worlds=worlds, futures=futures) for worlds, futures in sizes)

    def _tell(self, told: Mapping[str, Any]) -> None:
        self._desk.tell(told, {})


class _Running:
    """Runs the designs between two ends, tells how far all answers together are, and breaks off when told to."""

    def __init__(self, stop: Callable[[], bool], tell: Tell, at: int, plans: Sequence[Plan]) -> None:
        sizes = [plan.worlds * plan.futures for plan in plans]
        self._stop, self._tell = stop, tell
        self._before, self._own = sum(sizes[:at]) / sum(sizes), sizes[at] / sum(sizes)
        self._threads = 1 if at else None  # the first answer is waited for; what follows leaves room for sliders
        self._last = 0.0

    def __call__(self, plan: Plan) -> Results:
        return run(plan, progress=self._progress, threads=self._threads)

    def _progress(self, done: int, of: int) -> None:
        if self._stop():
            raise Unwanted
        now = monotonic()
        if now - self._last >= BEAT:
            self._last = now
            self._tell({"state": "working", "share": self._before + self._own * done / max(of, 1)})


def clauses_told(found: Clauses) -> dict[str, Any]:
    """Return what the page is told of a share-out: words, and for each measure its ends, its bars and its pairs."""
    setting = found.setting
    return {
        "first": found.first,
        "second": found.second,
        "headline": headline(found),
        "sentences": list(clauses_in_words(found)),
        "evidence": f"Evidence grade {JUDGED}: {GRADES[JUDGED]}. Every lever score was put in. This shares out what "
        "the scores imply; it does not find what a provision would do.",
        "size": f"{setting.worlds:,} worlds × {setting.futures:,} futures for each of the designs between the two; "
        f"{'all combinations of the parts' if found.exact else 'a sample of the orders in which the parts come in'}.",
        "start_with": told_measure(found) or RISK,
        "measures": [_measure(found, str(name)) for name in found.ends["measure"]],
    }


def _measure(found: Clauses, name: str) -> dict[str, Any]:
    """Return one measure in the unit in which it is shown, its parts in the order in which they are drawn.

    Places of bars and ends are changes from the first design.
    """
    scale, better = _SCALE[name], _BETTER[name]
    ends = found.ends.set_index("measure").loc[name]
    rows = found.parts[found.parts["measure"] == name]
    rows = rows.assign(gain=rows["share"] * better, alike=rows["kind"] == ALIKE)
    rows = rows.sort_values(["alike", "gain"], ascending=[True, False], kind="stable")
    places = _places(rows, scale)
    at, bars = 0.0, []
    for row in rows.to_dict("records"):
        share = row["share"] * scale
        bars.append(
            {
                "part": row["part"],
                "alike": bool(row["alike"]),
                "has": "" if row["alike"] else f"{row['first_has']} → {row['second_has']}",
                "from": _plain(at),
                "to": _plain(at + share),
                "low": _plain(at + row["q05"] * scale),
                "high": _plain(at + row["q95"] * scale),
                "better": bool(row["gain"] > 0),
                "clear": bool(row["clear"]),
                "label": signed(share, places),
                "error": f"{row['error'] * scale:.{places}f}",
                "range": _spoken_range(row["q05"] * scale, row["q95"] * scale, places),
                "alone": signed(row["alone"] * scale, places),
                "last": signed(row["last"] * scale, places),
            }
        )
        at += share
    first, second = (float(ends[key]) * scale for key in ("first", "second"))
    return {
        "name": name,
        "title": _title(found, name),
        "ends": [0.0, _plain(second - first)],
        "end_labels": [f"{first:,.{places}f}", f"{second:,.{places}f}"],
        "difference": signed(float(ends["difference"]) * scale, places),
        "range": _spoken_range(ends["q05"] * scale, ends["q95"] * scale, places),
        "bars": bars,
        "pairs": _pairs(found, name, places + 1),
    }


def _pairs(found: Clauses, name: str, places: int) -> list[list[str]]:
    """Return the pairs that clearly do more or less together than each by itself, the strongest first."""
    rows = found.together[(found.together["measure"] == name) & found.together["clear"]]
    rows = rows.reindex(rows["together"].abs().sort_values(ascending=False, kind="stable").index)
    scale = _SCALE[name]
    return [
        [row["part"], row["other"], signed(row["together"] * scale, places), f"{row['error'] * scale:.{places}f}"]
        for row in rows.to_dict("records")
    ]


def _title(found: Clauses, name: str) -> str:
    setting = found.setting
    if name == RISK:
        return "Futures of 100 that fall short"
    if name == BURDEN:
        return f"{found.burden}, % of {setting.short(found.first)}"
    unit = found.ends.set_index("measure").loc[LEVEL, "unit"]
    return f"Mean of {setting.outcome}" + ("" if spoken_unit(unit) == "no unit" else f", {unit}")


def _places(rows: pd.DataFrame, scale: float) -> int:
    """Return the decimals that a share needs: about two figures of the largest, and as many as its error is worth."""
    largest = float(rows["share"].abs().max()) * scale
    return places_for(0.0, largest) if math.isfinite(largest) and largest > 0 else 2


def signed(value: float, places: int) -> str:
    """Return a change with its sign, and a real minus.

    >>> signed(-5.26, 1), signed(0.004, 1), signed(2.0, 0)
    ('−5.3', '±0.0', '+2')
    """
    if not math.isfinite(value):
        return "not known"
    size = f"{abs(value):,.{places}f}"
    return f"±{size}" if float(size.replace(",", "")) == 0 else f"{'+' if value > 0 else MINUS}{size}"


def _spoken_range(low: float, high: float, places: int) -> str:
    return f"{signed(low, places)} to {signed(high, places)}"


def _plain(value: float) -> float | None:
    """Return a number that JSON can hold."""
    return float(value) if math.isfinite(value) else None
