"""Every table of a comparison, made once."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import pandas as pd

from policy_lab.analysis.columns import column_notes
from policy_lab.analysis.decision import Reading, read
from policy_lab.analysis.dominance import dominance
from policy_lab.analysis.outcomes import check_usable
from policy_lab.analysis.put_in import PutIn
from policy_lab.analysis.quantiles import series_quantiles
from policy_lab.analysis.risk import at_thresholds, pairwise, risk, surface
from policy_lab.analysis.setting import Setting, setting_of
from policy_lab.analysis.shortfall import split
from policy_lab.results.types import Results


@dataclass(frozen=True)
class Tables:
    """The tables of one comparison; see the function of each table's name for its columns.

    ``put_in`` is None where the orders were not tested.
    """

    setting: Setting
    dominance: pd.DataFrame
    risk: pd.DataFrame
    pairwise: pd.DataFrame
    surface: pd.DataFrame
    thresholds: pd.DataFrame
    split: pd.DataFrame
    series: pd.DataFrame
    columns: pd.DataFrame
    results: Results = field(repr=False)
    put_in: PutIn | None = None

    @cached_property
    def reading(self) -> Reading:
        """The results read as a decision, once somebody asks: resampling takes as long as all tables above."""
        return read(self.results)


def tables_of(results: Results, checks: PutIn | None = None, calm: Results | None = None) -> Tables:
    """Make every table of finished results.

    ``checks`` are those of :func:`policy_lab.analysis.put_in.put_in`; with them, or with ``calm`` (the same plan when
    nothing happens), shocks are told from wear by comparison with a world in which nothing happens.

    Raises
    ------
    InputError
        When some design has no usable case.
    """
    check_usable(results)
    return Tables(
        setting=setting_of(results),
        dominance=dominance(results.plan.study, results.designs),
        risk=risk(results),
        pairwise=pairwise(results),
        surface=surface(results),
        thresholds=at_thresholds(results),
        split=split(results, calm if checks is None else checks.calm),
        series=series_quantiles(results),
        columns=column_notes(results),
        results=results,
        put_in=checks,
    )
