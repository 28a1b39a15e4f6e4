"""What a share-out between the parts of a design says, in plain sentences computed from its tables."""

from __future__ import annotations

import pandas as pd

from policy_lab.analysis.clauses import ALIKE, Clauses
from policy_lab.analysis.dominance import SENTENCE
from policy_lab.analysis.put_in import LEVEL, RISK
from policy_lab.analysis.words import listed, percent, two_figures

MOST_NAMED = 3
"""Parts that a sentence names on either side."""

GIVEN = "Given the authors' scores"


def clauses_in_words(found: Clauses) -> tuple[str, ...]:
    """Say in plain sentences which parts do the work, and which only together with another."""
    ends = found.ends.set_index("measure")
    first, second = found.setting.short(found.first), found.setting.short(found.second)
    risk = ends.loc[RISK]
    whole = (
        f"From {first} to {second}, the share of modelled futures that fall short goes from {percent(risk['first'])} "
        f"to {percent(risk['second'])} ({_change(risk['difference'], RISK)}; in 9 of 10 worlds between "
        f"{_change(risk['q05'], RISK)} and {_change(risk['q95'], RISK)})."
    )
    work = _work(found)
    together = together_in_words(found)
    cautions = (SENTENCE,) if found.put_in else ()
    return (f"{whole} {work}", together, *cautions, f"All scores are judgement. {found.setting.not_a_forecast}")


def headline(found: Clauses) -> str:
    """State the finding as a title."""
    first, second = found.setting.short(found.first), found.setting.short(found.second)
    measure = told_measure(found)
    if not measure:
        return f"From {first} to {second}, no part can be told to do the work"
    down, up = _sides(found, measure)
    parts = [
        f"{verb} most by {rows['part'].iloc[0]}" for rows, verb in ((down, "lowered"), (up, "raised")) if len(rows)
    ]
    return f"From {first} to {second}, {_noun(measure, found)} is {', '.join(parts)}"


def told_measure(found: Clauses) -> str:
    """Return the measure that the words are about: the risk if some part's share of it is clear, else the mean outcome.

    Empty where no part's share is clear in either.
    """
    clear = found.parts[found.parts["clear"] & (found.parts["kind"] != ALIKE)]
    return next((name for name in (RISK, LEVEL) if (clear["measure"] == name).any()), "")


def _work(found: Clauses) -> str:
    measure = told_measure(found)
    size = f"with {found.setting.worlds:,} worlds × {found.setting.futures:,} futures"
    if not measure:
        return f"No part's share of the difference can be told from nothing {size}."
    lead = f"No part's share of that can be told from nothing {size}. " if measure != RISK else ""
    down, up = _sides(found, measure)
    told = [_side(rows, verb, measure) for rows, verb in ((down, "lower"), (up, "raise")) if len(rows)]
    what = _noun(measure, found)
    return f"{lead}{GIVEN}, what moves {what} most: {'; '.join(told)}."


def _sides(found: Clauses, measure: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the parts that clearly lower a measure and those that clearly raise it, the strongest first."""
    rows = found.parts[(found.parts["measure"] == measure) & found.parts["clear"] & (found.parts["kind"] != ALIKE)]
    rows = rows.sort_values("share")
    return rows[rows["share"] < 0], rows[rows["share"] > 0][::-1]


def _side(rows: pd.DataFrame, verb: str, measure: str) -> str:
    named = [f"{row.part} ({_change(row.share, measure)})" for row in rows.head(MOST_NAMED).itertuples(index=False)]
    return f"{listed(named)} {verb}{'s' if len(named) == 1 else ''} it"


def together_in_words(found: Clauses) -> str:
    """Say which two parts do most together beyond what each does by itself, or that no two can be told to."""
    measure = told_measure(found) or RISK
    pairs = found.together[(found.together["measure"] == measure) & found.together["clear"]]
    if pairs.empty:
        return "No two parts can be told to do more or less together than each by itself."
    strongest = pairs.loc[pairs["together"].abs().idxmax()]
    own = found.parts[found.parts["measure"] == measure].set_index("part")
    names = [str(strongest["part"]), str(strongest["other"])]
    amount = strongest["together"]
    idle = [name for name in names if abs(own.loc[name, "alone"]) <= 2 * own.loc[name, "alone_error"]]
    shares = [own.loc[name, "share"] for name in names]
    size = _change(amount, measure)
    if all(share * amount < 0 for share in shares):
        return f"{listed(names)} overlap: where one is there the other does less ({size} than both by themselves)."
    if idle and all(share * amount > 0 for share in shares):
        other = next((name for name in names if name != idle[0]), names[1])
        return (
            f"{idle[0]} by itself does nothing that can be told, and works only together with {other}: the two do "
            f"more together than each by itself ({size})."
        )
    return f"{listed(names)} change one another's effect most: together {size} than each by itself."


def _noun(measure: str, found: Clauses) -> str:
    if measure == RISK:
        return "the modelled risk"
    return f"the mean of {found.setting.outcome}"


def _change(value: float, measure: str) -> str:
    """Return a change with its direction: ``10 in 100 fewer``, ``0.03 higher``, ``2% more``."""
    if value == 0:
        return "no change"
    if measure == RISK:
        size = f"{100 * abs(value):.0f}" if abs(value) >= 0.01 else "under 1"
        return f"{size} in 100 {'more' if value > 0 else 'fewer'}"
    return f"{two_figures(abs(value))} {'higher' if value > 0 else 'lower'}"
