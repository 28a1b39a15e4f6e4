from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest

from policy_lab.analysis import findings
from policy_lab.analysis.dominance import OPEN, PUT_IN
from policy_lab.analysis.setting import Setting
from policy_lab.analysis.shortfall import BY_SPEED, BY_TWIN, NONE, SHOCK, START, WORN


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
        burden="hunger",
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
        {
            "design": name,
            "group": groups[name],
            "risk": risk,
            "risk_q05": 0.0,
            "risk_q95": 0.9,
            "burden_ratio": 0.93,
            "burden_ratio_q05": 0.9,
            "burden_clear": clear_burden,
        }
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
        "About 2 of 10 modelled futures fall short under B, the fewest of its group, and about 5 of 10 under A, the "
        "next; a difference in hunger: 7% less under B"
    )


def test_an_interval_that_holds_zero_is_no_clear_order():
    said = headline([pair("a", "b")], burden=False)
    assert said == (
        "No clear order: about 2 of 10 modelled futures fall short under B, the fewest, but the model cannot tell it "
        "from A; no clear difference in hunger"
    )


def test_the_sentence_follows_the_data():
    assert headline([pair("a", "b")], {"a": 0.1, "b": 0.6, "c": 0}).startswith("No clear order: about 1 of 10 mod")


def test_an_order_that_was_put_in_is_never_a_finding():
    said = headline([pair("a", "b", above="b", clear=True)])
    begins = "About 2 of 10 modelled futures fall short under B and about 5 of 10 under A: an order put in, not found"
    assert said.startswith(begins)


def test_frequencies_that_sound_the_same_are_not_told_apart():
    said = headline([pair("a", "b", above="b", clear=True)], {"a": 0.21, "b": 0.2, "c": 0.1})
    assert said.startswith("About 2 of 10 modelled futures fall short under B and about as many under A:")


def test_what_is_not_known_is_set_against_the_choice():
    frame = table({"a": 0.5, "b": 0.2, "c": 0.1}, LIVE)
    said = findings.unknowns_finding(frame, setting(LIVE))
    assert said == (
        "What is not known moves the risk more than the choice does: from 0% to 90% between worlds under A, "
        "from 20% to 50% between designs"
    )
    assert findings.unknowns_finding(frame.assign(risk_q95=0.25), setting(LIVE)) == ""


def test_the_group_of_the_headline_comes_first():
    frame = table({"c": 0.1, "a": 0.5, "b": 0.2}, LIVE)
    assert findings.groups_in_order(frame, setting(LIVE)) == ["live", "past"]


def test_a_finding_against_the_scores_says_so():
    assert "A (whose scores were put in above it)" in headline([pair("a", "b", above="a", clear=True)])


def test_part_of_an_order_put_in_is_told_beside_the_finding():
    groups = {"a": "live", "b": "live", "c": "live"}
    pairs = [pair("a", "b", above="b", clear=True)]
    risks = {"a": 0.5, "b": 0.2, "c": 0.4}
    rows = [*pairs, pair("a", "c"), pair("b", "c", clear=True)]
    said = findings.headline(table(risks, groups), pd.DataFrame(rows), setting(groups))
    assert said.startswith("About 2 of 10 modelled futures fall short under B, the fewest of its group, and about 4 of")
    assert "10 under C, the next; its place above A was put in;" in said


def test_a_burden_that_cannot_be_told_apart_stands_in_the_headline():
    assert headline([pair("a", "b", clear=True)], burden=False).endswith("; no clear difference in hunger")
    told_apart = headline([pair("a", "b", clear=True)], burden=True)
    assert told_apart.endswith("; a difference in hunger: 7% less under B")


def test_equal_risks_are_no_order():
    said = headline([pair("a", "b", gap=0)], {"a": 0.0, "b": 0.0, "c": 0.4})
    assert said.startswith("No rule of this group differs in modelled risk: none of 100 modelled futures fall short;")


def test_the_past_is_no_rival():
    said = headline([pair("a", "b", clear=True)], {"a": 0.5, "b": 0.2, "c": 0.0})
    assert "under B, the fewest" in said
    assert "under C" not in said


def test_one_design_alone_has_no_rival():
    groups = {"a": "live", "b": "past"}
    said = findings.headline(table({"a": 0.2, "b": 0.1}, groups), pd.DataFrame([pair("a", "b")]), setting(groups))
    assert said.startswith("About 2 of 10 modelled futures fall short under A, the only rule of its group here")


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
        f"A above B: the order was put in, not found; the model sizes it: {words} modelled futures fall short under A; "
        "not clear: the 9 in 10 range of the difference holds zero."
    )
    said = findings.pair_sentence(pd.Series(pair("a", "b", above="a", gap=gap, clear=True)), setting(LIVE))
    assert said.endswith(f"{words} modelled futures fall short under A.")


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
    assert said == "Of the live, the bar decides: lowest is A at 0.40 and B at 0.60"
    said = findings.surface_finding(surface({"a": (0.1, 0.4), "b": (0.2, 0.5)}), setting(LIVE))
    assert said == "Of the live, A ranks lowest at every bar from 0.40 to 0.60 at which they differ"
    put_in = replace(setting(LIVE), put_in=frozenset({("a", "b")}))
    said = findings.surface_finding(surface({"a": (0.1, 0.4), "b": (0.2, 0.5)}), put_in)
    assert said.endswith("at which they differ, an order put in, not found")
    said = findings.surface_finding(surface({"a": (0.1, 0.9), "b": (0.1, 0.5)}), setting(LIVE))
    assert said.startswith("Of the live, B ranks lowest at every bar")  # a tie at one bar is no change of leader
    said = findings.surface_finding(surface({"a": (0.1, 0.4), "b": (0.1, 0.4)}), setting(LIVE))
    assert said == "The designs do not differ at any bar shown"
    said = findings.surface_finding(surface({"a": (0.1, 0.4)}), setting({"a": "live"}))
    assert said == "The risk under A goes from 10% to 40% as the bar rises"


def test_a_lead_that_comes_and_goes_is_told_without_spans():
    bars = (0.3, 0.4, 0.5, 0.6)
    risks = {"a": (0.1, 0.3, 0.3, 0.6), "b": (0.2, 0.2, 0.4, 0.5)}
    rows = [
        {"design": name, "threshold": bar, "periods": 6, "risk": value}
        for name, values in risks.items()
        for bar, value in zip(bars, values, strict=True)
    ]
    said = findings.surface_finding(pd.DataFrame(rows), setting({"a": "live", "b": "live"}))
    assert said == "The bar decides: A and B rank lowest at different bars from 0.30 to 0.60"


@pytest.mark.parametrize(
    ("shares", "words"),
    [
        ({SHOCK: 0.3, WORN: 0.1}, "Under A, most shortfalls (75%) began with a shock or event"),
        ({WORN: 0.3, SHOCK: 0.1}, "Under A, most shortfalls (75%) came by wearing down"),
        (
            {START: 0.2, SHOCK: 0.15, WORN: 0.15},
            "Under A, the largest part of the shortfalls (40%) existed from the start",
        ),
        ({}, "Under A, no modelled future falls short"),
    ],
)
def test_how_shortfalls_begin(shares, words):
    assert findings.split_finding(beginnings("a", shares), setting(LIVE)) == words


def beginnings(name: str, shares: dict[str, float], rule: str = BY_TWIN) -> pd.DataFrame:
    rows = [(name, cause, shares.get(cause, 0.0), rule) for cause in (START, SHOCK, WORN)]
    rows.append((name, NONE, 1 - sum(shares.values()), rule))
    return pd.DataFrame(rows, columns=["design", "cause", "share", "rule"])


def test_each_of_two_designs_has_its_own_beginning_and_many_are_told_together():
    frame = pd.concat([beginnings("a", {SHOCK: 0.3}), beginnings("b", {WORN: 0.1}), beginnings("c", {START: 0.6})])
    said = findings.split_finding(frame, setting(LIVE))
    assert said == (
        "Under A, most shortfalls (100%) began with a shock or event; under B, most shortfalls (100%) came by wearing "
        "down"
    )
    together = findings.split_finding(frame, setting(dict.fromkeys("abc", "live")))
    assert together == "Over all designs shown, most shortfalls (60%) existed from the start"


def test_the_speed_of_a_fall_alone_makes_no_shock():
    said = findings.split_finding(beginnings("a", {SHOCK: 0.3}, BY_SPEED), setting(LIVE))
    assert said == "Under A, most shortfalls (100%) began with a steep fall"


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
    put_in = replace(setting(LIVE), put_in=frozenset({("b", "a")}))
    said = findings.fan_finding(fan({"a": (0.1, 0.2, 0.5), "b": (0.4, 0.6, 0.9)}), "Stock", put_in)
    assert said.endswith("highest under B (0.60), an order put in; the ranges overlap")


def test_a_short_name_stands_for_a_title_unless_two_designs_share_it():
    titles = {"a": "A board by statute (2006)", "b": "Another board", "c": "A committee"}
    words = replace(setting(LIVE, titles=titles), shorts={"a": "Board", "b": "", "c": "Committee"})
    assert [words.short(name) for name in titles] == ["Board", "Another board", "Committee"]
    words = replace(words, shorts={"a": "Board", "b": "", "c": "Board"})
    assert [words.short(name) for name in titles] == ["A board by statute", "Another board", "A committee"]


def test_titles_lose_their_brackets_only_where_they_stay_apart():
    titles = {"a": "Board (2006)", "b": "Board (2013)", "c": "Committee (from 1988)"}
    words = setting(LIVE, titles=titles)
    assert [words.short(name) for name in titles] == ["Board (2006)", "Board (2013)", "Committee"]
