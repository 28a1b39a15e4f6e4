"""The published tables say what their descriptor says, and the facts that the study leans on come out of them."""

from __future__ import annotations

import csv
import json
from collections import Counter
from pathlib import Path

import frictionless
import pytest

DATA = Path(__file__).resolve().parents[2] / "data"
DESCRIPTOR = json.loads((DATA / "datapackage.json").read_text(encoding="utf-8"))
RESOURCES = {resource["name"]: resource for resource in DESCRIPTOR["resources"]}


def rows(table: str) -> list[dict[str, str]]:
    with (DATA / f"{table}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def national() -> dict[tuple[str, int], float]:
    return {(row["measure"], int(row["year"])): float(row["value"]) for row in rows("national")}


@pytest.fixture(scope="module")
def authorities() -> dict[tuple[str, int], dict[str, str]]:
    return {(row["dfe_la_code"], int(row["year"])): row for row in rows("authorities")}


def measures_of(table: dict[tuple[str, int], dict[str, str]]) -> list[str]:
    identity = {"dfe_la_code", "la_code", "name", "region", "year", "kind"}
    return [column for column in next(iter(table.values())) if column not in identity]


def test_package_is_valid() -> None:
    report = frictionless.validate(DATA / "datapackage.json")
    assert report.valid, report.flatten(["name", "rowNumber", "fieldName", "type", "message"])
    assert report.stats["tasks"] == len(list(DATA.glob("*.csv")))


@pytest.mark.parametrize(
    ("spoil", "error"),
    [
        (lambda text: text.replace(",Inadequate,", ",Inadquate,", 1), "constraint-error"),
        (lambda text: text + text.splitlines()[-1] + "\n", "primary-key"),
        (lambda text: text.replace("2017-12-08", "8 December 2017", 1), "type-error"),
    ],
)
def test_package_refuses_spoilt_rows(tmp_path: Path, spoil, error: str) -> None:
    """The validation above can fail."""
    resource = {key: value for key, value in RESOURCES["ofsted-lscb-grades"].items() if key not in {"hash", "bytes"}}
    text = (DATA / resource["path"]).read_text(encoding="utf-8")
    (tmp_path / resource["path"]).write_text(spoil(text), encoding="utf-8")
    package = {"name": "spoilt", "resources": [resource]}
    (tmp_path / "datapackage.json").write_text(json.dumps(package), encoding="utf-8")
    report = frictionless.validate(tmp_path / "datapackage.json")
    assert error in {entry[0] for entry in report.flatten(["type"])}


def test_licence_and_sources_are_complete() -> None:
    assert [licence["name"] for licence in DESCRIPTOR["licenses"]] == ["OGL-UK-3.0"]
    known = {source["source_id"] for source in DESCRIPTOR["sources"]}
    cited = {row["source_id"] for row in rows("national")} | {row["source_id"] for row in rows("ofsted_lscb_grades")}
    for row in rows("measures"):
        cited.update(part.strip() for part in row["source_id"].split(";") if part.strip())
    assert cited <= known
    attribution = "Contains public sector information licensed under the"
    assert attribution in (DATA / "LICENCE-DATA.md").read_text(encoding="utf-8")
    assert attribution in (DATA / "README.md").read_text(encoding="utf-8")


def test_every_number_has_a_unit_and_every_column_a_meaning() -> None:
    for name, resource in RESOURCES.items():
        in_rows = any(field["name"] == "unit" for field in resource["schema"]["fields"])
        for field in resource["schema"]["fields"]:
            assert field["description"], (name, field["name"])
            assert field["type"] != "number" or in_rows or field.get("unit"), (name, field["name"])


def test_units_and_tables_agree_with_the_measures() -> None:
    measures = {row["measure"]: row for row in rows("measures")}
    for table in ("national", "national_recalled"):
        for row in rows(table):
            assert row["unit"] == measures[row["measure"]]["unit"], row
            assert table in measures[row["measure"]]["tables"]
    for field in RESOURCES["authorities"]["schema"]["fields"]:
        if field["type"] == "number":
            assert field["unit"] == measures[field["name"]]["unit"]


def test_row_counts_of_the_readme_are_true() -> None:
    text = (DATA / "README.md").read_text(encoding="utf-8")
    for path in DATA.glob("*.csv"):
        assert f"| `{path.name}` | {len(rows(path.stem)):,} |" in text, path.name


# --- what is missing stays missing ------------------------------------------------------------------------------------


def test_each_blank_has_its_reason_and_no_reason_a_value(authorities) -> None:
    """A suppressed cell is blank, never zero; a joint return covers the workforce and owes no reason for the rest."""
    blank = {
        (code, year, measure)
        for (code, year), row in authorities.items()
        for measure in measures_of(authorities)
        if row[measure] == "" and row["kind"] == "authority"
    }
    explained = {(row["dfe_la_code"], int(row["year"]), row["measure"]) for row in rows("authorities_missing")}
    assert {key for key in explained if " / " not in key[0]} == blank
    assert all(authorities[code, year][measure] == "" for code, year, measure in explained)
    assert Counter(row["symbol"] for row in rows("authorities_missing"))["c"] > 100


def test_known_gaps_are_gaps(authorities) -> None:
    assert authorities["204", 2021]["referrals"] == ""  # Hackney, cyber-attack
    assert authorities["850", 2024]["referrals"] == ""  # Hampshire, low reliability
    assert authorities["207", 2025]["social_workers_fte"] == ""  # Kensington and Chelsea
    assert authorities["318", 2025]["social_workers_fte"] == ""  # Richmond: in the joint return
    assert float(authorities["314 / 318", 2025]["social_workers_fte"]) > 0
    assert ("909", 2025) not in authorities  # Cumbria, abolished in 2023
    assert ("942", 2025) in authorities


def test_recalled_points_stay_apart(national) -> None:
    recalled = {(row["measure"], int(row["year"])) for row in rows("national_recalled")}
    assert not recalled & set(national)
    statuses = {row["status"] for row in rows("national_recalled")}
    assert statuses == {"recalled", "secondary", "derived", "catalogue page"}
    assert not any("recalled" in row["source_id"] for row in rows("national"))
    assert min(year for measure, year in national if measure == "referrals") == 2013


# --- facts ------------------------------------------------------------------------------------------------------------


def test_national_anchors(national) -> None:
    assert national["referrals", 2025] == 632_830
    assert national["s47_enquiries", 2025] == 230_590
    assert national["cpp_at_31_march", 2025] == 49_420
    assert (national["cla_at_31_march", 2008], national["cla_at_31_march", 2025]) == (59_360, 81_770)
    assert national["turnover_rate_fte_pct", 2025] == 11.8


@pytest.mark.parametrize("year", range(2018, 2026))
def test_workforce_nearly_conserves(national, year: int) -> None:
    """Stock + starters − leavers meets the next stock to one per cent, in 2023 to two and a half."""
    flows = national["starters_fte", year] - national["leavers_fte", year]
    expected = national["social_workers_fte", year - 1] + flows
    allowed = 0.025 if year == 2023 else 0.01
    assert expected == pytest.approx(national["social_workers_fte", year], rel=allowed)


@pytest.mark.parametrize("year", range(2017, 2026))
def test_rates_follow_from_counts(national, year: int) -> None:
    turnover = 100 * national["leavers_fte", year] / national["social_workers_fte", year]
    assert turnover == pytest.approx(national["turnover_rate_fte_pct", year], abs=0.13)  # see the README on 2024
    caseload = national["cases_held", year] / national["case_holders_fte", year]
    assert caseload == pytest.approx(national["caseload_per_fte", year], abs=0.06)
    s47 = 10_000 * national["s47_enquiries", year] / national["population_0_17", year - 1]
    assert s47 == pytest.approx(national["s47_rate", year], abs=0.06)


def test_authorities_add_up_to_england(authorities, national) -> None:
    for year in (2017, 2018, 2019, 2020, 2023, 2025):
        for measure in ("referrals", "cpp_at_31_march", "social_workers_fte"):
            total = sum(float(row[measure] or 0) for (_, when), row in authorities.items() if when == year)
            assert total == pytest.approx(national[measure, year], rel=0.011), (measure, year)


def test_population_is_that_of_the_year_before(authorities, national) -> None:
    total = sum(
        float(row["population_0_17_previous_mid_year"] or 0) for (_, year), row in authorities.items() if year == 2025
    )
    assert total == pytest.approx(national["population_0_17", 2024], rel=1e-3)


def test_grades_of_the_boards() -> None:
    grades = Counter(row["grade"] for row in rows("ofsted_lscb_grades"))
    assert grades == {"Outstanding": 7, "Good": 53, "Requires improvement to be good": 67, "Inadequate": 25}
    dates = sorted(row["publication_date"] for row in rows("ofsted_lscb_grades"))
    assert (dates[0], dates[-1]) == ("2014-02-11", "2017-12-08")


# --- areas: what a model starts from ----------------------------------------------------------------------------------

PER_MONTH = {
    "referrals_per_month": "referrals",
    "cpp_starting_per_month": "cpp_starting",
    "cla_starting_per_month": "cla_starting",
    "safeguarding_spend_per_month": "s251_total_safeguarding",
    "looked_after_spend_per_month": "s251_total_children_looked_after",
    "family_support_spend_per_month": "s251_total_family_support",
    "children_services_spend_per_month": "s251_total_children_young_people_excl_cera",
}
SHARES = {
    "rereferral_share": "rereferral_pct",
    "no_further_action_share": "referrals_no_further_action_pct",
    "assessed_not_in_need_share": "referrals_assessed_not_in_need_pct",
    "turnover_per_year": "turnover_rate_fte_pct",
    "agency_share": "agency_rate_fte_pct",
    "vacancy_share": "vacancy_rate_fte_pct",
    "sickness_absence_share": "sickness_absence_rate_pct",
}
RATES = {"s47_enquiries_per_month": "s47_rate", "icpc_per_month": "icpc_rate"}
POPULATION = "population_0_17_previous_mid_year"


def derived(column: str, row: dict[str, str]) -> float | None:
    """One column of areas.csv from the row of authorities.csv that it is made of."""
    if column in RATES:
        rate, people = row[RATES[column]], row[POPULATION]
        return float(rate) * float(people) / 10_000 / 12 if rate and people else None
    if column in PER_MONTH:
        value, factor = row[PER_MONTH[column]], 1 / 12
    elif column in SHARES:
        value, factor = row[SHARES[column]], 0.01
    else:
        value, factor = row[POPULATION if column == "population_0_17" else column], 1.0
    return float(value) * factor if value else None


def test_areas_follow_from_the_authorities(authorities) -> None:
    areas = rows("areas")
    columns = [column for column in areas[0] if column.endswith(("_2025", "_2017"))]
    assert len(areas) == 153
    assert len(columns) == 54
    compared = 0
    for area in areas:
        for column in columns:
            name, year = column.rsplit("_", 1)
            source = authorities.get((area["dfe_la_code"], int(year)))
            expected = derived(name, source) if source else None
            if expected is None:
                assert area[column] == "", (area["name"], column)
            else:
                assert float(area[column]) == pytest.approx(expected, abs=1e-4), (area["name"], column)
                compared += 1
    assert compared > 7_500


@pytest.mark.parametrize("year", [2017, 2025])
def test_starts_follow_from_the_areas(year: int) -> None:
    """The formulas of the README, for exactly the authorities that it names."""

    def figures(area: dict[str, str], *columns: str) -> list[float | None]:
        return [float(text) if (text := area[f"{column}_{year}"]) else None for column in columns]

    starts = {row["dfe_la_code"]: row for row in rows("area_starts") if row["period"] == str(year)}
    areas = rows("areas")
    pairs = [figures(area, "referrals_per_month", "population_0_17") for area in areas]
    known = [(referrals, children) for referrals, children in pairs if referrals is not None and children is not None]
    level = sum(referrals for referrals, _ in known) / sum(children for _, children in known)
    for area in areas:
        referrals, children, turnover = figures(area, "referrals_per_month", "population_0_17", "turnover_per_year")
        if referrals is None or children is None or children < 10_000 or turnover == 0:
            assert area["dfe_la_code"] not in starts, area["name"]
            continue
        start = starts.pop(area["dfe_la_code"])
        assert float(start["referral_level"]) == pytest.approx(referrals / children / level, abs=1e-4)
        holders, agency, vacant = figures(area, "case_holders_fte", "agency_share", "vacancy_share")
        expected: dict[str, float | None] = {"established_posts": None, "quit_rate": None, "vacancy_fill_time": None}
        if holders is not None and agency is not None and vacant is not None:
            expected["established_posts"] = holders * 78_400 / children * (1 - agency) / (1 - vacant)
        if turnover is not None:
            expected["quit_rate"] = turnover / 12
            if vacant is not None:
                expected["vacancy_fill_time"] = min(max(vacant / (1 - vacant) / (turnover / 12), 1.0), 120.0)
        for column, value in expected.items():
            assert (start[column] == "") == (value is None), (area["name"], column)
            assert value is None or float(start[column]) == pytest.approx(value, rel=1e-3), (area["name"], column)
    assert not starts


EARLY_HELP = ("s251_total_family_support", "s251_total_sure_start_early_years")


@pytest.mark.parametrize("year", [2017, 2025])
def test_the_money_of_a_place_follows_from_its_posts_and_its_early_help(year: int, authorities, national) -> None:
    """The formula of the README, from figures of the year; England's care and the two prices are those of 2024-25."""
    care = national["s251_total_children_looked_after", 2025] / 153 / 12
    per_holder = national["s251_total_safeguarding", 2025] / national["case_holders_fte", 2025] / 12
    helped = sum(national[line, 2025] for line in (*EARLY_HELP, "s251_total_services_for_young_people")) / 153 / 12
    assert (care, per_holder, helped) == pytest.approx((4.88e6, 14_200, 1.6e6), rel=0.005)
    england = sum(national[line, year] for line in EARLY_HELP) / national["population_0_17", year - 1]
    blank = 0
    for start in (row for row in rows("area_starts") if row["period"] == str(year)):
        source = authorities[start["dfe_la_code"], year]
        lines, holders = [source[line] for line in EARLY_HELP], source["case_holders_fte"]
        if not all(lines) or not holders:
            assert start["services_budget"] == "", start["name"]
            blank += 1
            continue
        children = float(source[POPULATION])
        own = 1.6e6 * sum(map(float, lines)) / children / england
        expected = 4.88e6 + 14_200 * float(holders) * 78_400 / children + own
        assert float(start["services_budget"]) == pytest.approx(expected, abs=1), start["name"]
    assert blank == {2017: 3, 2025: 8}[year]


@pytest.mark.parametrize("year", [2017, 2025])
def test_figures_by_which_authorities_are_compared_follow_from_the_areas(year: int) -> None:
    areas = {row["dfe_la_code"]: row for row in rows("areas")}
    rates = {"in_need_rate": "cin", "plan_rate": "cpp", "looked_after_rate": "cla"}
    for start in (row for row in rows("area_starts") if row["period"] == str(year)):
        area = areas[start["dfe_la_code"]]
        assert start["children"] == area[f"population_0_17_{year}"]
        assert start["deprivation"] == area["imd2019_average_score"]
        for rate, measure in rates.items():
            count = area[f"{measure}_at_31_march_{year}"]
            expected = float(count) / float(start["children"]) * 10_000 if count else None
            assert (start[rate] == "") == (expected is None), (start["name"], rate)
            assert expected is None or float(start[rate]) == pytest.approx(expected, abs=0.051), (start["name"], rate)
