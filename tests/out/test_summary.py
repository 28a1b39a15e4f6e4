from __future__ import annotations

import re
from dataclasses import replace

import pytest

from policy_lab.analysis.dominance import SENTENCE
from policy_lab.analysis.findings import headline
from policy_lab.analysis.tables import Tables, tables_of
from policy_lab.out.layout import as_text
from policy_lab.out.summary import summary


@pytest.fixture(scope="module")
def tables(results, checks) -> Tables:
    return tables_of(results, checks)


@pytest.fixture(scope="module")
def text(results, tables) -> str:
    return " ".join(as_text(summary(tables, results.plan.study.file)).split())


def test_what_was_put_in_stands_before_what_was_found(text):
    put_in, found = text.index("WHAT WAS PUT IN"), text.index("WHAT THE MODEL FOUND")
    assert put_in < text.index("Catch quota with watch Catch quota", put_in) < found
    assert put_in < text.index(SENTENCE) < found
    assert put_in < text.index("Redrawing only the lever scores (20 times") < found
    assert put_in < text.index("Placebo:") < found
    assert put_in < text.index("Where the variance of each difference comes from") < found


def test_the_answer_stands_first_with_its_hedges(results, tables, text):
    put_in = text.index("WHAT WAS PUT IN")
    answer = text[text.index("In short: ") : put_in]
    assert headline(tables.risk, tables.pairwise, tables.setting) in answer
    assert f"Confidence: {results.plan.study.file.words.confidence}" in answer
    assert "A first look only: with 20 worlds" in answer
    enough = replace(tables, setting=replace(tables.setting, worlds=50))
    assert "A first look" not in as_text(summary(enough, results.plan.study.file))


def test_what_was_set_by_hand_is_said(results, tables):
    held = replace(tables, setting=replace(tables.setting, held="Set by hand: Patrol protection = 0.5"))
    assert "Set by hand: Patrol protection = 0.5." in as_text(summary(held, results.plan.study.file))
    assert "Set by hand" in held.setting.source_line


def test_settled_designs_pay_for_no_change(results, tables):
    file = results.plan.study.file
    switch, settled = (as_text(summary(replace(tables, setting=each), file)) for each in both_starts(tables.setting))
    assert "change costs" in " ".join(switch.split())
    assert "change costs" not in " ".join(settled.split())
    assert "cost of changing over" not in " ".join(settled.split())


def both_starts(setting):
    return replace(setting, start="switch"), replace(setting, start="settled")


def test_short_names_are_spelled_out(results, text):
    for name in results.designs:
        assert f"{name} {results.plan.study.design(name).title}" in text


def test_most_worlds_without_benefit_are_told_before_the_wait(results, tables):
    rare = tables.risk.assign(dip_depth=0.1, never_benefits=0.9, time_to_benefit=43.0)
    text = " ".join(as_text(summary(replace(tables, risk=rare), results.plan.study.file)).split())
    assert "in 90% of worlds it never passes staying, in the others after about 43 months." in text


def test_it_is_readable_in_a_hundred_columns(results, tables):
    assert max(len(line) for line in as_text(summary(tables, results.plan.study.file)).splitlines()) <= 100


def test_it_says_what_it_is_not(results, text):
    words = results.plan.study.file.words
    assert words.not_a_forecast in text
    for limit in words.limits:
        assert limit in text
    assert "ordinal judgement, evidence grade C" in text
    assert "The bar is 0.50 (illustrative)" in text


def test_frequencies_stand_for_risks(results, tables, text):
    for _, row in tables.risk[tables.risk["group"] == "live"].iterrows():
        title = tables.setting.short(row["design"])
        assert f"{title}: in " in text
    assert "modelled futures the stock stays below half of the reference for six months." in text


def test_no_figure_is_more_precise_than_two_digits(text):
    found = text[text.index("2. WHAT THE MODEL FOUND") : text.index("4. WHAT THIS IS NOT")]
    figures = re.findall(r"(?<![\w.-])\d[\d,]*\.?\d*(?![\w-])", found)
    assert len(figures) > 30
    for figure in figures:
        digits = figure.replace(",", "").replace(".", "").lstrip("0").rstrip("0")
        assert len(digits) <= 2, figure


def test_no_chance_of_being_best_is_given_for_an_order_put_in(results, tables):
    table = tables.risk.set_index("design")
    assert table.loc["catch-quota", "chance_best_withheld"]
    grid = summary(tables, results.plan.study.file)[2].blocks
    rows = {row[0]: row for block in grid if hasattr(block, "rows") for row in block.rows}
    assert rows["Catch quota"][4] == "order put in"
    assert rows["Co-management"][4].endswith("%")


def test_groups_have_tables_of_their_own(results, tables):
    blocks = summary(tables, results.plan.study.file)[2].blocks
    titles = [block.title for block in blocks if hasattr(block, "rows")]
    assert titles == ["Arrangements that could be chosen now", "Arrangements that have been tried"]


def test_untested_orders_are_said_to_be_untested(results, tables):
    text = as_text(summary(replace(tables, put_in=None), results.plan.study.file))
    assert "Not tested here" in text
    assert "Placebo:" not in text


def test_burdens_that_do_not_differ_clearly_are_said_so(results, tables):
    unclear = tables.risk.assign(burden_clear=False, burden_words=results.plan.study.file.measures.burden.unclear_words)
    text = " ".join(as_text(summary(replace(tables, risk=unclear), results.plan.study.file)).split())
    assert "; no clear difference in what is missing from the table." in text


def test_the_subjects_words_come_from_the_study(results, tables):
    file = results.plan.study.file
    other = file.model_copy(update={"words": file.words.model_copy(update={"not_a_forecast": "Only a game."})})
    assert "Only a game." in as_text(summary(tables, other))
