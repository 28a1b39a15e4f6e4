from __future__ import annotations

from pathlib import Path

import pytest

from policy_lab.study.plan_file import read_plan
from policy_lab.study.plan_warnings import plan_warnings


def warned(tmp_path: Path, text: str) -> tuple[str, ...]:
    path = tmp_path / "plan.yaml"
    path.write_text(text, encoding="utf-8")
    return plan_warnings(read_plan(path))


def test_the_studys_own_plan_needs_no_warning(tmp_path: Path) -> None:
    assert warned(tmp_path, "study: fishery\n") == ()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("designs: [catch-quota]", "`open-access` is not among the designs"),
        ("save_period: 0.5", "saved every 0.5 months these are 3 months instead of 6"),
        ("uncertain: {sampler: sobol, worlds: 1000}", "512 or 1024 worlds are spread more evenly than 1000"),
        ("uncertain: {sampler: sobol, worlds: 64}", "ties some of its 49 inputs to one another (a correlation of 0."),
        (
            "uncertain: {correlations: [{between: [Fish price, Intrinsic growth rate], rank: 0.2}]}",
            "counts what they share as the first one's",
        ),
        ("settings: {a: {Fish price: 9}, b: {Fish price: 9}}", "`Fish price = 9` lies outside the range"),
    ],
)
def test_each_warning_is_given_once(tmp_path: Path, text: str, words: str) -> None:
    (found,) = warned(tmp_path, f"study: fishery\n{text}\n")
    assert words in found


def test_the_first_of_two_correlated_parameters_is_the_first_in_the_table(tmp_path: Path) -> None:
    text = "uncertain: {correlations: [{between: [Fish price, Intrinsic growth rate], rank: 0.2}]}"
    (found,) = warned(tmp_path, f"study: fishery\n{text}\n")
    assert found.startswith("`Intrinsic growth rate` and `Fish price` are drawn together")


@pytest.mark.parametrize(("worlds", "vary"), [(1, "parameters"), (1024, "[parameters, levers, luck]"), (16, "luck")])
def test_powers_of_two_suit_a_sobol_sequence(tmp_path: Path, worlds: int, vary: str) -> None:
    text = f"study: fishery\nuncertain: {{sampler: sobol, worlds: {worlds}, vary: {vary}}}\n"
    assert warned(tmp_path, text) == ()


@pytest.mark.parametrize("sampler", ["monte carlo", "latin hypercube"])
def test_other_spreads_tie_no_inputs_to_one_another(tmp_path: Path, sampler: str) -> None:
    assert warned(tmp_path, f"study: fishery\nuncertain: {{sampler: {sampler}, worlds: 20}}\n") == ()


def test_figures_that_places_do_not_publish(tmp_path: Path) -> None:
    every = warned(tmp_path, "study: safeguarding\nareas: all\nuncertain: {worlds: 1}\n")
    assert any("places do not publish every figure" in one for one in every)
