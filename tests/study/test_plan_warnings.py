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
        ("uncertain: {sampler: sobol, worlds: 100}", "64 or 128 worlds are spread more evenly than 100"),
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


@pytest.mark.parametrize("worlds", [1, 2, 64])
def test_powers_of_two_suit_a_sobol_sequence(tmp_path: Path, worlds: int) -> None:
    assert warned(tmp_path, f"study: fishery\nuncertain: {{sampler: sobol, worlds: {worlds}}}\n") == ()


def test_figures_that_places_do_not_publish(tmp_path: Path) -> None:
    every = warned(tmp_path, "study: safeguarding\nareas: all\nuncertain: {worlds: 1}\n")
    assert any("places do not publish every figure" in one for one in every)
