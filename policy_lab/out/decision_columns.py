"""Unit and definition of every column of the decision tables but the risk table, whose columns the analysis explains.

``{outcome}``, ``{time}``, ``{change}`` and ``{period}`` stand for units of the study.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

_SHARE = "share, 0 to 1"
_DESIGN = ("", "Name of the design; overlays after a plus")
_OTHER = ("", "The other design of the pair")

DECISION_COLUMNS: Final[Mapping[str, Mapping[str, tuple[str, str]]]] = MappingProxyType(
    {
        "Findings": {
            "in short": ("", "What was found, hedged by rule; not a forecast"),
            "what is not known": ("", "How far what is not known moves the risk, against the choice of a design"),
            "what was put in": ("", "Orders that the lever scores put in, and that no run has found"),
            "how shortfalls begin": ("", "Which beginnings of a shortfall are most frequent"),
            "start": ("", "From where every design starts"),
            "held": ("", "What was set by hand"),
            "failed cases": ("cases", "Cases without usable numbers, all designs together"),
        },
        "Put in": {
            "design": ("", "The design whose scores are no worse, where the order was put in"),
            "other": _OTHER,
            "order": ("", "put in: no worse on every lever and better on one; same scores; open"),
            "levers_better": ("levers", "On how many levers the first design is better"),
            "levers_worse": ("levers", "On how many it is worse"),
            "levers_equal": ("levers", "On how many both score the same"),
            "levers_unordered": ("levers", "How many differ without a better direction"),
            "better_on": ("", "Levers on which the first design is better"),
            "worse_on": ("", "Levers on which it is worse"),
            "differ_on": ("", "Levers that differ without a better direction"),
            "members": ("", "How the members of the two designs compare"),
            "disruption": ("{change}", "What changing to the first design most likely costs"),
            "disruption_other": ("{change}", "What changing to the other most likely costs"),
            "same_group": ("true or false", "Whether both are of one group; groups are not ranked against one another"),
        },
        "Pairs": {
            "design": _DESIGN,
            "other": _OTHER,
            "same_group": ("true or false", "Whether both are of one group"),
            "order": ("", "Whether their order was put in by the lever scores"),
            "put_in_above": ("", "Which of the two was put in above the other"),
            "chance_better": (_SHARE, "Share of worlds in which the first has the lower risk, ties split"),
            "chance_better_error": (_SHARE, "Standard error of that share from a finite number of worlds"),
            "withheld": ("", "Why no chance is given"),
            "difference": (_SHARE, "Mean over worlds of the first design's risk less the other's; below 0 is better"),
            "difference_q05": (_SHARE, "5 % quantile over worlds"),
            "difference_q95": (_SHARE, "95 % quantile over worlds"),
            "difference_error": (_SHARE, "Standard error of the difference"),
            "clear": ("true or false", "Whether the 5 to 95 % interval leaves 0 out"),
        },
        "Shortfalls": {
            "design": _DESIGN,
            "cause": ("", "How the first persistent shortfall began"),
            "share": (_SHARE, "Share of all usable futures"),
            "recovered": (_SHARE, "Share that was back above the bar for as long within the horizon"),
            "not_recovered": (_SHARE, "Share that was not"),
            "rule": ("", "How a shock was told from wear"),
        },
        "Bars": {
            "design": _DESIGN,
            "threshold": ("{outcome}", "The bar below which the outcome counts as falling short"),
            "periods": ("{period}", "For how many saved periods in a row"),
            "risk": (_SHARE, "Modelled shortfall risk under this bar and duration"),
            "simulation_error": (_SHARE, "Its standard error from finite numbers of worlds and futures"),
            "headline": ("true or false", "Whether this is the study's own bar and duration, fixed in advance"),
        },
        "Resources": {
            "design": _DESIGN,
            "resource": ("", "What is used"),
            "mean": ("as in unit", "Mean over the horizon, futures and worlds"),
            "unit": ("", "Unit of the mean"),
            "total": ("as in total_unit", "Added up over the horizon, undiscounted; mean over futures and worlds"),
            "total_discounted": (
                "as in total_unit",
                "The same with 3.5 % a year discounted (HM Treasury, The Green Book)",
            ),
            "total_unit": ("", "Unit of the totals"),
        },
        "Paths": {
            "design": _DESIGN,
            "variable": ("", "The outcome, as the model names it"),
            "subscripts": ("", "Which element of it"),
            "unit": ("", "Unit of the quantiles"),
            "time": ("{time}", "Time since the start"),
            "date": ("ISO date", "Calendar day of the time"),
            "q05": ("as in unit", "5 % quantile over all worlds and futures, each with the same weight"),
            "q25": ("as in unit", "25 % quantile"),
            "q50": ("as in unit", "Median"),
            "q75": ("as in unit", "75 % quantile"),
            "q95": ("as in unit", "95 % quantile"),
        },
    }
)
"""Sheet -> column -> unit and definition."""
