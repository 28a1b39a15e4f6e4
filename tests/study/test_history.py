"""`history.yaml` is read with its figures, and each thing that is wrong in it is told with its line."""

from __future__ import annotations

import datetime as dt
import shutil
from pathlib import Path

import numpy as np
import pytest

import policy_lab as pl
from policy_lab.errors import InputError
from policy_lab.provenance import bundled
from policy_lab.study.history import month_of, read_history, read_panel
from policy_lab.study.study import Study


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    copy = tmp_path_factory.mktemp("study") / "safeguarding"
    shutil.copytree(bundled("models") / "safeguarding", copy)
    return copy


@pytest.fixture(scope="module")
def study(folder: Path) -> Study:
    return pl.open_study(str(folder))


def with_change(study: Study, sound: str, unsound: str) -> InputError:
    path = study.folder / "history.yaml"
    text = path.read_text(encoding="utf-8")
    assert sound in text
    path.write_text(text.replace(sound, unsound, 1), encoding="utf-8")
    try:
        with pytest.raises(InputError) as caught:
            read_history(study)
    finally:
        path.write_text(text, encoding="utf-8")
    return caught.value


def test_rates_are_published_counts_per_child(study: Study) -> None:
    history = read_history(study)
    referrals = history.series["referrals"]
    at = int(np.flatnonzero(referrals.years == 2019)[0])
    assert referrals.values[at] == pytest.approx(650_930 / 11_790_492 * 10_000)
    assert referrals.months[at] == (2019 - 1999) * 12


def test_a_year_without_its_population_takes_that_of_the_year_before(study: Study) -> None:
    history = read_history(study)
    referrals = history.series["referrals"]
    assert referrals.values[referrals.years == 2025][0] == pytest.approx(632_830 / 12_183_016 * 10_000)


def test_fitted_and_held_out_years_do_not_meet(study: Study) -> None:
    for series in read_history(study).series.values():
        fit, held_out = series.within(series.observed.fit), series.within(series.observed.held_out)
        assert not (fit & held_out).any()
        assert (fit | held_out).any()


@pytest.mark.parametrize(
    ("day", "months"),
    [(dt.date(1999, 3, 31), 0.0), (dt.date(2000, 3, 31), 12.0), (dt.date(2017, 9, 30), 222.0)],
)
def test_months_are_counted_to_the_end_of_a_day(day: dt.date, months: float) -> None:
    assert month_of(day, dt.date(1999, 4, 1)) == pytest.approx(months)


@pytest.mark.parametrize(
    ("sound", "unsound", "words"),
    [
        ("measure: s47_enquiries", "measure: s47_enquiry", "s47_enquiries"),
        ("variables: [Plan starts]", "variables: [Plan start]", "Plan starts"),
        ("  - Care duration", "  - Care durations", "Care duration"),
        ("  - Care duration", "  - Child population", "no range"),
        ("design: lscb-2006", "design: lscb-2007", "lscb-2006"),
        ("held_out: [2020, 2025]", "held_out: [2018, 2025]", "fitted to 2019"),
        ("series: repeat referrals", "series: repeat referral", "repeat referrals"),
        ("kind: stock", "kind: level", "stock"),
        ("title: Referrals\n", "titel: Referrals\n", "title"),
        ("start: 1999-04-01", "start: 1999-04-02", "first of a month"),
        ("Pandemic severity: 1", "Pandemic severeness: 1", "Pandemic severity"),
    ],
)
def test_each_fault_is_told_with_its_line(study: Study, sound: str, unsound: str, words: str) -> None:
    error = with_change(study, sound, unsound)
    assert words in str(error)
    assert all(problem.line for problem in error.problems)


def test_a_study_without_a_past_says_so() -> None:
    with pytest.raises(InputError, match="nothing can be calibrated"):
        read_history(pl.open_study("fishery"))


def test_a_blank_of_the_panel_stays_missing_and_joint_returns_are_left_out(study: Study) -> None:
    rows = read_panel(read_history(study))
    assert all(len(place) == 3 for place, _, _ in rows)  # a joint return has two codes
    assert len({place for place, _, _ in rows}) > 150
    assert any(len(figures) < 4 for _, _, figures in rows)


def test_a_panel_without_its_column_is_told(study: Study) -> None:
    path = study.folder / "history.yaml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("caseload_per_fte:", "caseload_per_ftes:"), encoding="utf-8")
    try:
        with pytest.raises(InputError, match="caseload_per_fte"):
            read_panel(read_history(study))
    finally:
        path.write_text(text, encoding="utf-8")
