from __future__ import annotations

import pandas as pd
import pytest

from policy_lab.analysis import findings
from policy_lab.analysis.dominance import OPEN, PUT_IN
from policy_lab.analysis.setting import Setting
from policy_lab.analysis.shortfall import NONE, SHOCK, START, WORN


def setting(groups: dict[str, str], base: str = "a", titles: dict[str, str] | None = None) -> Setting:
    return Setting(
        study="By hand",
        question="Which?",
        outcome="the stock",
        design="rule",
        measure="risk",
        sentence="in about {tenths} of 10 futures",
        not_a_forecast="Not a forecast.",
        sources="By hand.",
        base=base,
        start="switch",
        scenario="Weather",
        worlds=10,
        futures=10,
        seed=1,
        threshold=0.5,
        periods=6,
        clear_burden="a difference in hunger",
        unclear_burden="no clear difference in hunger",
        unit="month",
        first_date="2026-01-01",
        horizon=120,
        titles=titles or {name: name.upper() for name in groups},
        group_of=groups,
        groups={"live": "Live", "past": "Past"},
        manifest={},
    )


def table(risks: dict[str, float], groups: dict[str, str], clear_burden: bool = True) -> pd.DataFrame:
    rows = [
        {"design": name, "group": groups[name], "risk": risk, "burden_ratio_q05": 0.9, "burden_clear": clear_burden}
        for name, risk in risks.items()
    ]
    return pd.DataFrame(rows)


def pair(one: str, other: str, *, above: str = "", clear: bool = False, chance: float = 0.7, gap: float = -0.1):
    order = PUT_IN if above else OPEN
    return {
        "design": one, "other": other, "order": order, "put_in_above": above, "clear": clear,
        "chance_better": float("nan") if above else chance, "difference": gap,
    }  # fmt: skip


LIVE = {"a": "live", "b": "live", "c": "past"}


def headline(pairs, risks=None, burden=True, groups=None):
    risks, groups = risks or {"a": 0.5, "b": 0.2, "c": 0.1}, groups or LIVE
    rows = [*pairs, pair("a", "c"), pair("b", "c")]
    return findings.headline(table(risks, groups, burden), pd.DataFrame(rows), setting(groups))


def test_a_clear_difference_is_stated():
    said = headline([pair("a", "b", clear=True)])
    assert said == (
        "B (about 2 of 10 modelled futures) has the lowest modelled risk of its group; "
        "next is A (about 5 of 10 modelled futures)"
    )


def test_an_interval_that_holds_zero_is_no_clear_order():
    said = headline([pair("a", "b")])
    assert (
        said == "No clear order: B (about 2 of 10 modelled futures) ranks lowest, but the model cannot tell it from A"
    )


def test_the_sentence_follows_the_data():
    assert headline([pair("a", "b")], {"a": 0.1, "b": 0.6, "c": 0}).startswith("No clear order: A (about 1 of 10")


def test_an_order_that_was_put_in_is_never_a_finding():
    said = headline([pair("a", "b", above="b", clear=True)])
    assert said.startswith("B (about 2 of 10 modelled futures) ranks lowest, but that order was put in, not found")


def test_a_finding_against_the_scores_says_so():
    assert "A (whose scores were put in above it)" in headline([pair("a", "b", above="a", clear=True)])


def test_part_of_an_order_put_in_is_told_beside_the_finding():
    groups = {"a": "live", "b": "live", "c": "live"}
    pairs = [pair("a", "b", above="b", clear=True)]
    risks = {"a": 0.5, "b": 0.2, "c": 0.4}
    rows = [*pairs, pair("a", "c"), pair("b", "c", clear=True)]
    said = findings.headline(table(risks, groups), pd.DataFrame(rows), setting(groups))
    assert said.startswith("B (about 2 of 10 modelled futures) has the lowest modelled risk of its group; next is C")
    assert said.endswith("its place above A was put in")


def test_a_burden_that_cannot_be_told_apart_stands_in_the_headline():
    assert headline([pair("a", "b", clear=True)], burden=False).endswith("; no clear difference in hunger")
    assert "hunger" not in headline([pair("a", "b", clear=True)], burden=True)


def test_equal_risks_are_no_order():
    said = headline([pair("a", "b", gap=0)], {"a": 0.0, "b": 0.0, "c": 0.4})
    assert said == "No rule of this group differs in modelled risk: none of 100 modelled futures"


def test_the_past_is_no_rival():
    said = headline([pair("a", "b", clear=True)], {"a": 0.5, "b": 0.2, "c": 0.0})
    assert said.startswith("B (")
    assert "C (" not in said


def test_one_design_alone_has_no_rival():
    groups = {"a": "live", "b": "past"}
    said = findings.headline(table({"a": 0.2, "b": 0.1}, groups), pd.DataFrame([pair("a", "b")]), setting(groups))
    assert said == "A (about 2 of 10 modelled futures): the only rule of its group here"


def test_a_pair_is_told_from_the_side_that_is_more_often_better():
    said = findings.pair_sentence(pd.Series(pair("a", "b", chance=0.25, gap=0.1)), setting(LIVE))
    assert said == (
        "B has a lower modelled risk than A in 75% of worlds (likely), on average by 10 in 100 modelled futures; "
        "not clear: the 9 in 10 range of the difference holds zero."
    )


@pytest.mark.parametrize(("gap", "words"), [(-0.1, "10 fewer of 100"), (0.1, "10 more of 100")])
def test_an_order_put_in_is_sized_in_the_direction_that_the_model_gives(gap, words):
    said = findings.pair_sentence(pd.Series(pair("a", "b", above="a", gap=gap)), setting(LIVE))
    assert said == (
        f"A above B: the order was put in, not found; the model sizes it: {words} modelled futures fall short under A."
    )


def test_orders_put_in_are_counted():
    frame = pd.DataFrame({"order": [PUT_IN, OPEN, OPEN]})
    assert findings.dominance_finding(frame) == (
        "1 of 3 orders between designs was put in by the lever scores, not found"
    )
    assert findings.dominance_finding(frame[1:]).startswith("None of the 2 orders")


def surface(risks: dict[str, tuple[float, float]]) -> pd.DataFrame:
    rows = [
        {"design": name, "threshold": bar, "periods": 6, "risk": value}
        for name, values in risks.items()
        for bar, value in zip((0.4, 0.6), values, strict=True)
    ]
    return pd.DataFrame(rows)


def test_a_bar_that_decides_is_told():
    said = findings.surface_finding(surface({"a": (0.1, 0.9), "b": (0.2, 0.5)}), setting(LIVE))
    assert said == "The bar decides: A and B rank lowest at different bars from 0.4 to 0.6"
    said = findings.surface_finding(surface({"a": (0.1, 0.4), "b": (0.2, 0.5)}), setting(LIVE))
    assert said == "A ranks lowest at every bar from 0.4 to 0.6 at which the designs differ"
    said = findings.surface_finding(surface({"a": (0.1, 0.9), "b": (0.1, 0.5)}), setting(LIVE))
    assert said.startswith("B ranks lowest at every bar")  # a tie at one bar is no change of leader
    said = findings.surface_finding(surface({"a": (0.1, 0.4), "b": (0.1, 0.4)}), setting(LIVE))
    assert said == "The designs do not differ at any bar shown"


@pytest.mark.parametrize(
    ("shares", "words"),
    [
        ({SHOCK: 0.3, WORN: 0.1}, "Most modelled shortfalls (75%) began with a shock"),
        ({WORN: 0.3, SHOCK: 0.1}, "Most modelled shortfalls (75%) came by wearing down, not by a shock"),
        (
            {START: 0.2, SHOCK: 0.15, WORN: 0.15},
            "The largest part of modelled shortfalls (40%) were there from the start",
        ),
        ({}, "No modelled future falls short under any design shown"),
    ],
)
def test_how_shortfalls_begin(shares, words):
    rows = [{"design": "a", "cause": cause, "share": shares.get(cause, 0.0)} for cause in (START, SHOCK, WORN)]
    rows.append({"design": "a", "cause": NONE, "share": 1 - sum(shares.values())})
    assert findings.split_finding(pd.DataFrame(rows), setting(LIVE)) == words


def fan(ends: dict[str, tuple[float, float, float]]) -> pd.DataFrame:
    rows = [
        {"design": name, "time": 1.0, "quantile": quantile, "value": value}
        for name, values in ends.items()
        for quantile, value in zip((0.05, 0.5, 0.95), values, strict=True)
    ]
    return pd.DataFrame(rows)


def test_ranges_that_overlap_are_said_to():
    said = findings.fan_finding(fan({"a": (0.1, 0.2, 0.5), "b": (0.4, 0.6, 0.9)}), "Stock", setting(LIVE))
    assert said == "Stock ends lowest under A (0.20) and highest under B (0.60); the ranges overlap"
    said = findings.fan_finding(fan({"a": (0.1, 0.2, 0.3), "b": (0.4, 0.6, 0.9)}), "Stock", setting(LIVE))
    assert said.endswith("the ranges do not overlap")


def test_titles_lose_their_brackets_only_where_they_stay_apart():
    titles = {"a": "Board (2006)", "b": "Board (2013)", "c": "Committee (from 1988)"}
    words = setting(LIVE, titles=titles)
    assert [words.short(name) for name in titles] == ["Board (2006)", "Board (2013)", "Committee"]
