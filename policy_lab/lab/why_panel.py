"""The panel that says why one design does better: what was put in, and the few variables that differ most."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import numpy as np

from policy_lab.analysis.words import count
from policy_lab.lab.behind import Behind
from policy_lab.lab.central import Central, measure_paths
from policy_lab.lab.desk import Desk, asked_design
from policy_lab.lab.moving import Ready
from policy_lab.lab.state import Screen
from policy_lab.lab.why import apart, difference_words, differences, put_in_words


class WhyPanel:
    """Answers why one design does better than another."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._behind = Behind(rest=0.0)

    def answer(self, content: Mapping[str, Any], screen: Screen) -> None:
        """Tell what differs between two designs; it is looked for in a thread of its own.

        Raises
        ------
        InputError
            For a design that is not on the screen.
        """
        pair = asked_design(content, "design", screen), asked_design(content, "against", screen)
        ready, paths = self._desk.ready(screen), self._desk.central(screen)
        self._behind.ask(partial(self._tell, pair, ready, paths))

    def stop(self) -> None:
        """Give up what goes on behind."""
        self._behind.stop()

    def wait(self) -> None:
        """Wait until nothing goes on behind."""
        self._behind.wait()

    def _tell(self, pair: tuple[str, str], ready: Ready, paths: Central, unwanted: Callable[[], bool]) -> None:
        study = self._desk.study
        one, other = pair
        shorts = [study.design(name).short or study.design(name).title for name in pair]
        found = differences(study, paths, one, other) if one != other else ()
        if unwanted():
            return
        unit = study.model.time.unit
        told = {
            "designs": list(pair),
            "put": put_in_words(study, _scores(ready, pair), one, other),
            "lead": self._lead(pair, shorts, paths, len(found)),
            "items": [
                {
                    "name": each.name,
                    "view": each.view,
                    "unit": each.unit,
                    "meaning": study.model[each.name].documentation,
                    "words": difference_words(each, paths.time, unit),
                    "size": each.size,
                    "steps": each.steps,
                }
                for each in found
            ],
        }
        empty = np.empty((0, len(paths.time)))
        arrays = {
            "one": np.stack([each.one for each in found]) if found else empty,
            "other": np.stack([each.other for each in found]) if found else empty,
        }
        self._desk.tell(told, arrays)

    def _lead(self, pair: tuple[str, str], shorts: list[str], paths: Central, found: int) -> str:
        """Say how the outcome itself differs, and what the list under it holds."""
        if pair[0] == pair[1]:
            return ""
        words = self._desk.study.file.words
        ends = measure_paths(paths, self._desk.study)[:, -1]
        first, second = apart(*(float(ends[paths.designs.index(name)]) for name in pair))
        said = f"At the end {words.outcome} stands at {first} under {shorts[0]} and at {second} under {shorts[1]}."
        if not found:
            return f"{said} No variable on the way to it differs by much."
        return (
            f"{said} Of what the model works out on the way there, {count(found, 'variable')} "
            f"{'differs' if found == 1 else 'differ'} most, from those furthest behind it to the nearest:"
        )


def _scores(ready: Ready, pair: tuple[str, str]) -> dict[str, tuple[float, float]]:
    """Return the central scores of two designs: lever -> one, other."""
    plan = ready.calm.plan
    places = [plan.designs.index(name) for name in pair]
    return {
        lever: (float(scores[places[0], 0]), float(scores[places[1], 0]))
        for lever, scores in plan.lever_scores().items()
    }
