"""The bar of the shortfall measure, from its outside anchor: set once, by an explicit command."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from policy_lab.analysis.outcomes import path
from policy_lab.analysis.put_in import Evaluate, calm_plan
from policy_lab.errors import InputError, Problem
from policy_lab.study.areas import at_period

if TYPE_CHECKING:
    from policy_lab.study import Study


@dataclass(frozen=True)
class AnchoredBar:
    """Bars by share: the anchor's own first, then those reported beside it; in the unit of the outcome.

    ``low`` and ``high`` are the 5 and 95 % quantiles of the outcome over places and worlds; ``failed`` of ``cases``
    resting points could not be used.
    """

    bars: Mapping[float, float]
    own: float
    low: float
    high: float
    places: int
    cases: int
    failed: int


def anchored_bar(study: Study, evaluate: Evaluate, worlds: int = 20) -> AnchoredBar:
    """Place the bar so that the anchor's share of places lies below it.

    The anchor design is at its own rest in every place of the study's areas table, as it was in the anchor's period (or
    in the study's own starting point, where it has none), and in every world; nothing happens. All places and worlds
    count alike, so that the bar is the one level below which the share lies on average over worlds: the quantile of the
    pooled outcomes (linear interpolation).

    Raises
    ------
    InputError
        When no resting point could be used.
    """
    anchor = study.file.measures.shortfall.anchor
    study = at_period(study, anchor.period)
    keys: tuple[str | None, ...] = tuple(study.areas()) or (None,)
    values = np.concatenate([_resting(study, evaluate, worlds, key) for key in keys])
    usable = values[np.isfinite(values)]
    if not usable.size:
        raise InputError(Problem(what=f"`{anchor.design}` came to rest in no place and no world"))
    shares = dict.fromkeys((anchor.share, *anchor.also))
    bars = {share: float(np.quantile(usable, share)) for share in shares}
    low, high = (float(bound) for bound in np.quantile(usable, (0.05, 0.95)))
    return AnchoredBar(bars, bars[anchor.share], low, high, len(keys), int(values.size), int(values.size - usable.size))


def _resting(study: Study, evaluate: Evaluate, worlds: int, area: str | None) -> np.ndarray:
    """Return the outcome of the anchor design at rest in one place, ``(worlds,)``."""
    measure = study.file.measures.shortfall
    plan = study.plan(
        designs=[measure.anchor.design],
        start="settled",
        worlds=worlds,
        futures=1,
        area=area,
        horizon=study.model.time.save_period,
    )
    first: np.ndarray = path(evaluate(calm_plan(plan)), measure.variable)[0, :, 0, 0]
    return first
