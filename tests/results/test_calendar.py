from __future__ import annotations

import datetime as dt

import numpy as np

from policy_lab.results.calendar import dates


def test_dates_follow_the_calendar_in_every_unit():
    start = dt.date(2023, 12, 1)
    assert dates(start, np.array([0.0, 1.0, 14.0]), "month") == ["2023-12-01", "2024-01-01", "2025-02-01"]
    assert dates(start, np.array([0.5]), "year") == ["2024-06-01"]
    assert dates(start, np.array([1.0]), "week") == ["2023-12-08"]
    assert dates(start, np.array([1.0]), "furlong") == [""]


def test_the_last_day_of_a_month_stays_inside_shorter_months():
    assert dates(dt.date(2024, 1, 31), np.array([1.0, 2.0]), "month") == ["2024-02-29", "2024-03-31"]


def test_dates_rise_inside_a_month():
    assert dates(dt.date(2024, 1, 1), np.array([0.5, 0.75]), "month") == ["2024-01-16", "2024-01-24"]
