"""The three sector models that teach one loop each: what they promise, and that the whole model contains it."""

from __future__ import annotations

import csv
import re
import shutil
import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pysd
import pytest
from numpy.typing import NDArray

from policy_lab.engine import CompiledModel, Series, compile_model
from policy_lab.engine.reference import reference_warnings, run_reference
from policy_lab.model import Kind, read_model
from policy_lab.model.links import variable_links
from policy_lab.model.types import Model

FOLDER = Path(__file__).parents[2] / "models" / "safeguarding"
DISTRIBUTIONS = {"fixed", "scenario", "lever", "triangular", "uniform", "lognormal", "loguniform"}
GRADES = {"A", "B", "C"}
MARKS = {"found", "recalled", "computed", "assumption"}
SHOCK_START, AFTER_SHOCK = 24, 36


@dataclass(frozen=True)
class Sector:
    """What one sector model promises.

    ``quiet`` switches the shock off; ``shares`` are stocks that stay between 0 and 1; ``loop`` is the loop that the
    model is there to show, in order; ``same`` are the equations that are the flagship's, letter for letter, apart from
    subscripts and starting values. What the flagship's structural switches alter (`Work speed`, `Trust gain`) is not
    among them: a sector has no switches. Nor is `Perceived pressure`, which the flagship bounds for when staff are all
    but gone.
    """

    name: str
    quiet: Mapping[str, float]
    pulse: tuple[str, str, str]
    loop: tuple[str, ...]
    same: frozenset[str]
    shares: frozenset[str] = field(default_factory=frozenset)


SECTORS = {
    one.name: one
    for one in (
        Sector(
            name="caseload",
            quiet={"Surge size": 0.0},
            pulse=("Surge share of step", "Surge month", "Surge duration"),
            loop=(
                "Casework hours", "Work pressure", "Corner cutting", "Time per case", "Standard goal",
                "Service standard", "Time per case", "Quality of work", "Closures with harm", "Recently closed",
                "Repeat referrals", "Referrals", "Children in assessment", "Casework hours",
            ),
            same=frozenset({
                "Assessments completed", "Corner cutting", "Corner cutting exponent", "Overtime", "Overtime balance",
                "Overtime exponent", "Quality exponent", "Recently closed expiry", "Repeat referrals",
                "Service standard", "Standard goal", "Time per case",
            }),
        ),
        Sector(
            name="workforce_trust",
            quiet={"Wave size": 0.0},
            pulse=("Wave share of step", "Wave month", "Wave duration"),
            loop=(
                "Strain", "Quit rate", "Experienced leavers", "Change of representatives", "Trust turnover",
                "Personal trust", "Trust", "Strain recovery rate", "Strain",
            ),
            same=frozenset({
                "Experienced leavers", "Experienced staff", "Hires", "Maturing", "Novice leavers", "Novice staff",
                "Personal trust", "Strain", "Trust",
            }),
            shares=frozenset({"Strain", "Personal trust", "Information shared"}),
        ),
        Sector(
            name="shared_training",
            quiet={"Training cut size": 0.0},
            pulse=("Training cut share of step", "Training cut month", "Training cut duration"),
            loop=(
                "Work pressure", "Perceived pressure", "Slack", "Training rate", "Jointly trained", "Competence",
                "Attention", "Recognition", "Closures with harm", "Recently closed", "Repeat referrals", "Referrals",
                "Children in assessment", "Work demand", "Work pressure",
            ),
            same=frozenset({
                "Attention", "Competence", "Jointly trained", "Recently closed expiry", "Repeat referrals", "Slack",
                "Work pressure",
            }),
            shares=frozenset({"Jointly trained", "Recognition", "Slack"}),
        ),
    )
}  # fmt: skip

every_sector = pytest.mark.parametrize("sector", SECTORS.values(), ids=list(SECTORS))


@cache
def model_of(name: str) -> Model:
    return read_model(FOLDER / f"{name}.mdl")


@cache
def compiled(name: str, backend: str = "compiled", free: tuple[str, ...] = ()) -> CompiledModel:
    return compile_model(model_of(name), backend=backend, free=free)


@cache
def constants() -> tuple[Mapping[str, str], ...]:
    return tuple(table("sectors.csv"))


def table(name: str) -> list[dict[str, str]]:
    with (FOLDER / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def rows_of(sector: Sector) -> dict[str, Mapping[str, str]]:
    return {row["variable"]: row for row in constants() if row["model"] == f"{sector.name}.mdl"}


def run(sector: Sector, inputs: Mapping[str, float] | None = None, *, free: tuple[str, ...] = (), **how: Any) -> Series:
    return compiled(sector.name, free=free).run(inputs or {}, **how)


def path(series: Series, name: str) -> NDArray[np.float64]:
    """Return one variable of a single run, month by month."""
    return series[name][0]


def at_rest(sector: Sector, name: str) -> float:
    return float(path(run(sector, sector.quiet), name)[0])


# --- what the files say ---------------------------------------------------------------------------------------------


@every_sector
def test_pysd_and_the_reader_open_it_without_a_warning(sector: Sector, tmp_path: Path) -> None:
    copy = Path(shutil.copy(FOLDER / f"{sector.name}.mdl", tmp_path))  # PySD writes beside the file that it reads
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        pysd.read_vensim(str(copy), split_views=True)  # the sketch is read too
    assert reference_warnings(model_of(sector.name)) == ()
    assert model_of(sector.name).warnings == ()


@every_sector
def test_every_equation_has_a_unit_and_documentation(sector: Sector) -> None:
    model = model_of(sector.name)
    assert not [one.name for one in model.variables.values() if not one.unit or not one.documentation.endswith(".")]
    assert {one.unit for one in model.variables.values() if one.kind is Kind.TIME} == {"Month"}


@every_sector
def test_it_asks_for_monthly_values_by_euler_at_a_power_of_two(sector: Sector) -> None:
    model = model_of(sector.name)
    time = model.time
    assert (model.integration, time.initial, time.final, time.step, time.save_period) == ("euler", 0, 120, 0.125, 1)


@every_sector
def test_it_is_small_and_without_subscripts(sector: Sector) -> None:
    model = model_of(sector.name)
    assert 10 <= len(varying(model)) <= 22
    assert not [one.name for one in model.variables.values() if one.dimensions]


def varying(model: Model) -> set[str]:
    """Return the variables that can change during a run; the others are constants, or made of constants alone."""
    changing = {one.name for one in model.variables.values() if one.kind is Kind.STOCK or "Time" in words(one.equation)}
    grown = True
    while grown:
        more = {one.name for one in model.variables.values() if changing & set(one.causes)} - changing
        changing, grown = changing | more, bool(more)
    return changing


def words(equation: str) -> set[str]:
    return set(re.findall(r"[A-Za-z]+", equation.partition("=")[2]))


@every_sector
def test_bounds_come_from_structure(sector: Sector) -> None:
    """Minima and maxima only measure how much of a step a shock covers; none stands around a stock."""
    clipped = {one.name for one in model_of(sector.name).variables.values() if {"MIN", "MAX"} & words(one.equation)}
    assert clipped == {sector.pulse[0]}


@every_sector
def test_the_table_holds_every_constant_with_the_same_base_and_unit(sector: Sector) -> None:
    model, rows = model_of(sector.name), rows_of(sector)
    inputs = compiled(sector.name).inputs
    found = {one.name for one in model.variables.values() if one.kind is Kind.CONSTANT}
    assert set(rows) == found == set(inputs)
    assert {name: float(row["base"]) for name, row in rows.items()} == {n: float(i.default) for n, i in inputs.items()}
    assert {name: row["unit"] for name, row in rows.items()} == {name: model[name].unit for name in found}


def test_the_table_is_laid_out_as_the_flagships() -> None:
    assert list(constants()[0]) == ["model", *table("parameters.csv")[0]]
    assert {row["model"] for row in constants()} == {f"{name}.mdl" for name in SECTORS}
    assert len({(row["model"], row["variable"]) for row in constants()}) == len(constants())
    for row in constants():
        assert row["distribution"] in DISTRIBUTIONS and row["grade"] in GRADES and row["mark"] in MARKS, row
        assert row["source"].strip() and row["group"].strip(), row
        drawn = row["distribution"] not in {"fixed", "scenario", "lever"}
        assert not drawn or float(row["low"]) <= float(row["base"]) <= float(row["high"]), row
        assert not drawn or float(row["low"]) < float(row["high"]), row


# --- one loop that the whole contains -------------------------------------------------------------------------------


@every_sector
def test_what_the_flagship_has_too_has_the_same_values_there(sector: Sector) -> None:
    whole = {row["variable"]: row for row in table("parameters.csv")}
    shared = {}
    for name, row in rows_of(sector).items():
        # A name with subscripts is matched by its social care or harmed element; one without stands for itself.
        theirs = next((whole[k] for k in (name, f"{name}[Social care]", f"{name}[Harmed]") if k in whole), None)
        if theirs is not None:
            shared[name] = [(one["unit"], float(one["base"]), one["low"], one["high"]) for one in (row, theirs)]
    assert len(shared) >= 15
    assert {name: pair[0] for name, pair in shared.items()} == {name: pair[1] for name, pair in shared.items()}


@every_sector
def test_a_name_that_the_flagship_has_too_means_the_same_quantity(sector: Sector) -> None:
    own, whole = model_of(sector.name).variables, model_of("partnership").variables
    shared = {name for name in own if name in whole}
    assert len(shared) >= 30
    assert {name: own[name].unit for name in shared} == {name: whole[name].unit for name in shared}


@every_sector
def test_its_core_equations_are_the_flagships(sector: Sector) -> None:
    own, whole = model_of(sector.name), model_of("partnership")
    assert {n: bare(own[n].equation) for n in sector.same} == {n: bare(whole[n].equation) for n in sector.same}
    assert {n: own[n].unit for n in sector.same} == {n: whole[n].unit for n in sector.same}


def bare(equation: str) -> str:
    """Return the right-hand side without subscripts, spaces and the starting value of a stock."""
    text = re.sub(r"\s|\[[^\]]*\]", "", equation.partition("=")[2])
    return text.rpartition(",")[0] if text.startswith("INTEG(") else text


@every_sector
def test_every_link_between_shared_variables_is_in_the_flagship(sector: Sector) -> None:
    """Link by link: the flagship leads from the cause to the effect, through what the sector leaves out."""
    own, whole = model_of(sector.name), model_of("partnership")
    inside = set(own.variables) & set(whole.variables)
    wanted = {(a, b) for a, b in variable_links(own) if a in inside and b in inside and a in varying(own)}
    assert len(wanted) >= 15
    missing = {link for link in wanted if link[1] not in reached(whole, link[0], inside)}
    assert missing == set()


def reached(model: Model, cause: str, inside: set[str]) -> set[str]:
    """Return what a variable drives directly, or through variables that are not ``inside``."""
    found: set[str] = set()
    queue = [cause]
    while queue:
        for use in model[queue.pop()].uses:
            if use not in found:
                found.add(use)
                queue += [use] if use not in inside else []
    return found


@every_sector
def test_the_loop_is_closed(sector: Sector) -> None:
    links = variable_links(model_of(sector.name))
    assert sector.loop[0] == sector.loop[-1]
    assert {link for link in zip(sector.loop, sector.loop[1:], strict=False) if link not in links} == set()


# --- numbers --------------------------------------------------------------------------------------------------------


@every_sector
@pytest.mark.parametrize("moved", [False, True], ids=["base", "every constant moved"])
def test_three_engines_agree_over_the_full_horizon(sector: Sector, moved: bool) -> None:
    inputs = {name: towards_high(row) for name, row in rows_of(sector).items()} if moved else {}
    oracle = run_reference(model_of(sector.name), inputs)
    assert oracle.time[-1] == 120
    for backend in ("compiled", "numpy"):
        series = compiled(sector.name, backend).run(inputs)
        assert set(varying(model_of(sector.name))) <= set(series.values)
        for name in series.values:
            scale = max(1.0, float(np.abs(path(oracle, name)).max()))
            np.testing.assert_allclose(path(series, name), path(oracle, name), rtol=0, atol=1e-9 * scale, err_msg=name)


def towards_high(row: Mapping[str, str]) -> float:
    base = float(row["base"])
    return base + 0.3 * (float(row["high"]) - base) if row["high"] else base


@every_sector
def test_it_starts_at_rest(sector: Sector) -> None:
    series = run(sector, sector.quiet, final_time=240)
    drift = {
        name: float(np.abs(path(series, name) / path(series, name)[0] - 1).max())
        for name in varying(model_of(sector.name))
        if path(series, name)[0] != 0
    }
    assert len(drift) >= 15
    assert {name: size for name, size in drift.items() if size >= 0.01} == {}
    assert at_rest(sector, "Work pressure") == pytest.approx(1, abs=0.001)


@every_sector
def test_stocks_stay_in_their_bounds_under_the_shock_at_both_ends_of_every_range(sector: Sector) -> None:
    ends = [{}] + [{n: float(r[e])} for n, r in rows_of(sector).items() for e in ("low", "high") if r[e]]
    names = list(rows_of(sector))
    inputs = {n: np.array([end.get(n, float(rows_of(sector)[n]["base"])) for end in ends]) for n in names}
    series = compiled(sector.name).run(inputs)
    for one in model_of(sector.name).variables.values():
        if one.kind is Kind.STOCK or one.name in sector.shares:
            assert np.all(series[one.name] > 0), one.name
        if one.name in sector.shares:
            assert np.all(series[one.name] < 1), one.name


@every_sector
def test_the_shock_has_its_size_whatever_the_time_step(sector: Sector) -> None:
    share, month, duration = sector.pulse
    for begins, lasts in ((24.0, 12.0), (24.06, 11.9), (30.01, 0.07)):
        series = run(sector, {month: begins, duration: lasts}, save_period=0.125)
        assert path(series, share).sum() * 0.125 == pytest.approx(lasts, abs=1e-9)


@every_sector
def test_half_the_time_step_tells_the_same_story(sector: Sector) -> None:
    whole, half = run(sector), run(sector, time_step=0.0625)
    for name in varying(model_of(sector.name)) - {sector.pulse[0]}:
        scale = float(np.abs(path(whole, name)).max())
        assert np.abs(path(half, name) - path(whole, name)).max() < 0.01 * scale, name


# --- conservation ---------------------------------------------------------------------------------------------------


Flows = Mapping[str, tuple[tuple[int, str, str], ...]]

# By stock: (sign, flow, share of the flow that it gets or loses; none where it is all of it).
CASES: Flows = {
    "Children in assessment": (
        (1, "New referrals", ""), (1, "New referrals", "Surge"), (1, "Repeat referrals", ""),
        (-1, "Assessments completed", ""),
    ),
    "Children in help": ((1, "Assessments completed", "Help share"), (-1, "Help ends", "")),
    "Recently closed": (
        (1, "Closures with harm", ""), (-1, "Repeat referrals", ""), (-1, "Recently closed expiry", ""),
    ),
}  # fmt: skip
TRAINED: Flows = {
    "Children in assessment": (
        (1, "New referrals", ""), (1, "Repeat referrals", ""), (-1, "Assessments completed", ""),
    ),
    "Recently closed": CASES["Recently closed"],
}  # fmt: skip
STAFF: Flows = {
    "Novice staff": ((1, "Hires", ""), (-1, "Maturing", ""), (-1, "Novice leavers", "")),
    "Experienced staff": ((1, "Maturing", ""), (-1, "Experienced leavers", "")),
    "Vacant posts": ((1, "Novice leavers", ""), (1, "Experienced leavers", ""), (-1, "Hires", "")),
}


def imbalance(model: Model, flows: Flows) -> float:
    """Return the largest gap between a stock and its separately accumulated flows, as a share of the stock."""
    series = compile_model(model).run(save_period=model.time.step)
    share = {"": 1.0, "Help share": path(series, "Help share")[0] if "Help share" in model.variables else 0.0}
    if "Surge size" in model.variables:
        share["Surge"] = path(series, "Surge size") * path(series, "Surge share of step")
    gap = 0.0
    for stock, terms in flows.items():
        net = sum(sign * path(series, flow) * share[part] for sign, flow, part in terms)
        kept = path(series, stock)[0] + np.concatenate([[0.0], np.cumsum(net[:-1] * model.time.step)])
        gap = max(gap, float(np.abs(kept / path(series, stock) - 1).max()))
    return gap


every_chain = pytest.mark.parametrize(
    ("name", "flows"), [("caseload", CASES), ("shared_training", TRAINED), ("workforce_trust", STAFF)]
)


@every_chain
def test_children_and_staff_are_conserved(name: str, flows: Flows) -> None:
    assert imbalance(model_of(name), flows) < 1e-9


@every_chain
def test_a_planted_leak_is_found(name: str, flows: Flows, tmp_path: Path) -> None:
    """One in a hundred of an outflow does not leave its stock."""
    sound = {"workforce_trust": "-Experienced leavers,"}.get(name, "-Repeat referrals-Recently closed expiry,")
    text = (FOLDER / f"{name}.mdl").read_text(encoding="utf-8")
    assert text.count(sound) == 1
    (tmp_path / "leak.mdl").write_text(text.replace(sound, f"-0.99*{sound[1:]}"), encoding="utf-8")
    assert imbalance(read_model(tmp_path / "leak.mdl"), flows) > 1e-4


def test_posts_are_filled_or_vacant() -> None:
    series = run(SECTORS["workforce_trust"])
    posts = sum(path(series, name) for name in ("Novice staff", "Experienced staff", "Vacant posts"))
    np.testing.assert_allclose(posts, path(series, "Established posts"), rtol=1e-12)


# --- the behaviour that each model is there to show -----------------------------------------------------------------


def test_caseload_pressure_comes_back_while_the_standard_stays_low() -> None:
    series = run(SECTORS["caseload"])
    pressure, standard, quality = (path(series, n) for n in ("Work pressure", "Service standard", "Quality of work"))
    assert pressure[SHOCK_START:AFTER_SHOCK].max() > 1.1
    calm = slice(42, 61)  # from half a year after the surge, for a year and a half
    assert np.abs(pressure[calm] - 1).max() < 0.06
    assert standard[calm].max() < 0.95
    assert quality[calm].max() < 0.98
    assert standard[120] < 0.97  # seven years later it is not back
    # Falls fast, recovers slowly: what twelve months took, twelve more do not give back by half.
    assert standard[48] - standard.min() < 0.5 * (1 - standard.min())


def test_caseload_a_standard_that_gives_way_is_better_before_and_worse_after() -> None:
    """Against people who hold their standard: less pressure while the surge lasts, more unmet need for years after."""
    gives = run(SECTORS["caseload"])
    holds = run(SECTORS["caseload"], {"Standard erosion time": 1e9})
    during, after = slice(SHOCK_START + 3, AFTER_SHOCK + 1), slice(AFTER_SHOCK + 6, 121)
    assert np.all(path(gives, "Work pressure")[during] < path(holds, "Work pressure")[during])
    assert path(gives, "Work pressure")[AFTER_SHOCK] < 0.95 * path(holds, "Work pressure")[AFTER_SHOCK]
    assert np.all(path(gives, "Quality of work")[after] < path(holds, "Quality of work")[after])
    assert np.all(path(gives, "Recently closed")[after] > 1.01 * path(holds, "Recently closed")[after])
    assert np.all(path(gives, "Referrals")[after] > path(holds, "Referrals")[after])


def test_caseload_repeat_referrals_close_the_loop() -> None:
    """With repeat referrals held at their level at rest, the same surge leaves less work behind."""
    sector = SECTORS["caseload"]
    held = run(sector, {"Repeat referrals": at_rest(sector, "Repeat referrals")}, free=("Repeat referrals",))
    more = path(run(sector), "Casework hours") - path(held, "Casework hours")
    assert np.all(more[SHOCK_START + 6 : 61] > 0)
    assert more.max() > 0.01 * path(held, "Casework hours")[0]


def test_caseload_without_an_anchor_the_standard_does_not_come_back() -> None:
    standard = path(run(SECTORS["caseload"], {"Professional anchor": 0.0}), "Service standard")
    anchored = path(run(SECTORS["caseload"]), "Service standard")
    assert standard.min() < anchored.min() - 0.01
    assert standard[120] < anchored[120] - 0.005


def test_workforce_strain_outlasts_the_wave_and_trust_comes_back_slowly() -> None:
    series = run(SECTORS["workforce_trust"])
    strain, trust, leaving = (path(series, n) for n in ("Strain", "Trust", "Quit rate"))
    wave_ends = 30
    assert strain.argmax() > wave_ends  # the wave is over; vacancies and novices keep the pressure up
    assert strain.max() > 1.2 * strain[0]
    assert leaving[60] > 1.05 * leaving[0]  # two and a half years later more people leave than before
    assert trust.argmin() in range(wave_ends - 1, wave_ends + 2)
    lost = trust[0] - trust.min()
    assert lost > 0.02
    assert trust[wave_ends + 6] < trust[0] - 0.5 * lost  # lost in six months; six more do not give half of it back
    assert np.all(path(series, "Information shared")[25:121] < path(series, "Information shared")[0])


def test_workforce_strangers_at_the_table_close_the_loop() -> None:
    """With the same wave, but partners who do not notice who is new, strain and leaving rise less."""
    sector = SECTORS["workforce_trust"]
    changing = "Change of representatives"
    whole, cut = run(sector), run(sector, {changing: at_rest(sector, changing)}, free=(changing,))
    rise, rise_cut = (path(one, "Strain") - path(one, "Strain")[0] for one in (whole, cut))
    assert np.all(rise[25:121] > rise_cut[25:121])
    assert rise.max() > 1.01 * rise_cut.max()
    assert np.all(path(whole, "Experienced staff")[36:121] < path(cut, "Experienced staff")[36:121])
    np.testing.assert_allclose(path(cut, "Trust"), path(cut, "Trust")[0], rtol=1e-3)


def test_training_share_fades_with_the_time_that_theory_gives() -> None:
    """During a complete cut the trained share falls with e-folding time 1/(quit rate + 1/obsolescence time)."""
    sector = SECTORS["shared_training"]
    base = {name: float(row["base"]) for name, row in rows_of(sector).items()}
    expected = 1 / (base["Quit rate"] + 1 / base["Training obsolescence time"])
    trained = path(run(sector, {"Training cut duration": 96.0}), "Jointly trained")
    months = np.arange(SHOCK_START, 121)
    measured = -1 / np.polyfit(months, np.log(trained[SHOCK_START:121]), 1)[0]
    assert measured == pytest.approx(expected, rel=0.005)  # Euler's own error at this step is a quarter of a per cent
    assert trained[SHOCK_START + round(expected)] / trained[SHOCK_START] == pytest.approx(np.exp(-1), rel=0.03)


def test_training_a_cut_is_better_before_and_worse_after() -> None:
    series = run(SECTORS["shared_training"])
    pressure, trained = path(series, "Work pressure"), path(series, "Jointly trained")
    rest = pressure[SHOCK_START - 1]
    assert np.all(pressure[SHOCK_START : SHOCK_START + 6] < rest - 0.001)  # the hours of the courses
    assert np.all(pressure[SHOCK_START + 12 : 97] > rest + 0.0005)
    assert pressure[60] > rest + 0.01  # five times what the cut saved
    # Courses come back at month 60: the hours at once, competence over years.
    assert pressure[61] > pressure[59]
    assert trained[72] < 0.75 * trained[0]


def test_training_pressure_keeps_people_from_courses() -> None:
    """The loop: with release that does not feel pressure, the trained share comes back further."""
    sector = SECTORS["shared_training"]
    whole, cut = run(sector), run(sector, {"Perceived pressure": 1.0}, free=("Perceived pressure",))
    after = slice(62, 121)
    assert np.all(path(whole, "Jointly trained")[after] < path(cut, "Jointly trained")[after])
    assert np.all(path(whole, "Work pressure")[72:121] > path(cut, "Work pressure")[72:121])
