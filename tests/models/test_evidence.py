"""What the parameter table calls computed from published figures is computed from the published figures."""

from __future__ import annotations

import csv

import pytest

from policy_lab.provenance import bundled
from policy_lab.study import open_study

AUTHORITIES = 153
MONTHS = 12


def published(period: str) -> dict[str, float]:
    with (bundled("data") / "national.csv").open(encoding="utf-8", newline="") as text:
        rows = [row for row in csv.DictReader(text) if row["period"] == period and row["value"]]
    return {row["measure"]: float(row["value"]) for row in rows}


def early_help(england: dict[str, float]) -> float:
    """Return what England spent on family support, youth services, Sure Start and early years, in pounds a year."""
    parts = ("family_support", "services_for_young_people", "sure_start_early_years")
    return sum(england[f"s251_total_{part}"] for part in parts)


@pytest.fixture(scope="module")
def england() -> dict[str, float]:
    return published("2025")


@pytest.fixture(scope="module")
def england_2024_25() -> dict[str, float]:
    return published("2024-25")


@pytest.fixture(scope="module")
def base() -> dict[str, float]:
    return {name: row.base for name, row in open_study("safeguarding").parameters.items()}


def test_shares_at_the_front_door(england: dict[str, float], base: dict[str, float]) -> None:
    assert base["Front door closure share"] == pytest.approx(england["referrals_no_further_action_pct"] / 100, abs=5e-4)


def test_waiting_time_follows_from_the_queue(england: dict[str, float], base: dict[str, float]) -> None:
    decided = england["referrals"] * (1 - england["referrals_no_further_action_pct"] / 100) / MONTHS
    little = england["cin_awaiting_assessment_at_31_march"] / decided
    assert base["Normal waiting time"] == pytest.approx(little, abs=0.005)


def test_plan_duration_follows_from_the_stock(england: dict[str, float], base: dict[str, float]) -> None:
    little = england["cpp_at_31_march"] / england["cpp_starting"] * MONTHS
    assert base["Plan duration"] == pytest.approx(little, abs=0.1)


def test_posts_follow_from_case_holders_and_vacancies(england: dict[str, float], base: dict[str, float]) -> None:
    permanent = england["case_holders_fte"] * (1 - england["agency_rate_fte_pct"] / 100) / AUTHORITIES
    posts = permanent / (1 - england["vacancy_rate_fte_pct"] / 100)
    assert base["Established posts[Social care]"] == pytest.approx(posts, rel=0.02)


def test_time_to_fill_a_post_follows_from_vacancies_and_leavers(
    england: dict[str, float], base: dict[str, float]
) -> None:
    in_months = england["vacancies_fte"] / (england["leavers_fte"] / MONTHS)
    row = open_study("safeguarding").parameters["Vacancy fill time"]
    assert row.low is not None and row.high is not None
    assert row.low <= in_months <= row.high


def test_care_lasts_as_the_stock_and_the_flows_say(england: dict[str, float], base: dict[str, float]) -> None:
    little = england["cla_at_31_march"] / (england["cla_starting"] + england["cla_ceasing"]) * 2 * MONTHS
    assert base["Care duration"] == pytest.approx(little, abs=0.1)


def test_the_budget_and_its_parts_are_those_of_the_outturn(
    england: dict[str, float], england_2024_25: dict[str, float], base: dict[str, float]
) -> None:
    """Section 251 outturn of 2024-25, gross, for a mean authority and month."""
    care = england_2024_25["s251_total_children_looked_after"]
    safeguarding = england_2024_25["s251_total_safeguarding"]
    looked_after = (published("2024")["cla_at_31_march"] + england["cla_at_31_march"]) / 2
    a_month = AUTHORITIES * MONTHS
    assert base["Cost per child looked after"] == pytest.approx(care / looked_after / MONTHS, rel=0.005)
    assert base["Cost per case holder"] == pytest.approx(safeguarding / england["case_holders_fte"] / MONTHS, rel=0.005)
    assert base["Reference early help"] == pytest.approx(early_help(england_2024_25) / a_month, rel=0.005)
    total = care + safeguarding + early_help(england_2024_25)
    assert base["Services budget today"] == pytest.approx(total / a_month, rel=0.005)


def test_the_base_run_rests_near_the_published_figures(
    england: dict[str, float], england_2024_25: dict[str, float]
) -> None:
    """Within a fifth: the flagship starts from England as published, and is not yet fitted to it."""
    from policy_lab.engine import compile_model
    from policy_lab.engine.rest import solve_rest

    compiled = compile_model(open_study("safeguarding").model)
    names = ["Referrals", "To section 47", "Plan starts", "Quit rate", "Children on protection plans"]
    names += ["Children awaiting allocation", "Children in assessment", "Children in section 47 enquiries"]
    names += ["Children in help", "Children looked after", "Care entries", "Leaving care", "Statutory spending"]
    names += ["Early help spending", "Services budget"]
    first = compiled.run({}, start=solve_rest(compiled).states, outputs=names, final_time=0)
    total = {name: float(first[name][0, 0].sum()) for name in names}
    inside = sum(total[name] for name in names if name.startswith("Children"))
    figures = {
        total["Referrals"]: england["referrals"] / AUTHORITIES / MONTHS,
        total["To section 47"]: england["s47_enquiries"] / AUTHORITIES / MONTHS,
        total["Plan starts"]: england["cpp_starting"] / AUTHORITIES / MONTHS,
        total["Children on protection plans"]: england["cpp_at_31_march"] / AUTHORITIES,
        inside: england["cin_at_31_march"] / AUTHORITIES,
        total["Children looked after"]: england["cla_at_31_march"] / AUTHORITIES,
        total["Care entries"]: england["cla_starting"] / AUTHORITIES / MONTHS,
        total["Early help spending"]: early_help(england_2024_25) / AUTHORITIES / MONTHS,
        first["Quit rate"][0, 0, 0] * MONTHS * 100: england["turnover_rate_fte_pct"],
    }
    for modelled, figure in figures.items():
        assert modelled == pytest.approx(figure, rel=0.2)
