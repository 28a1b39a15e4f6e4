"""The calendar of a run: the date of each saved time."""

from __future__ import annotations

import datetime as dt

import numpy as np

DAYS = {"day": 1, "week": 7}
MONTHS = {"month": 1, "quarter": 3, "year": 12}
"""How many days or months a calendar unit lasts; any other unit has no dates."""


def plain_unit(unit: str) -> str:
    """Return a unit of time in the singular and lower case.

    >>> plain_unit("Months")
    'month'
    """
    return unit.strip().casefold().removesuffix("s")


def dates(start: dt.date, time: np.ndarray, unit: str) -> list[str]:
    """Return the ISO date of each saved time, or empty strings where the unit is not of the calendar.

    Parts of a month are days of it, so that a time step below one month still gives rising dates.
    """
    if unit in DAYS:
        return [(start + dt.timedelta(days=round(float(value) * DAYS[unit]))).isoformat() for value in time]
    if unit in MONTHS:
        return [_months_after(start, float(value) * MONTHS[unit]).isoformat() for value in time]
    return ["" for _ in time]


def _months_after(start: dt.date, months: float) -> dt.date:
    whole = int(np.floor(months + 1e-9))
    year, month = divmod(start.year * 12 + start.month - 1 + whole, 12)
    first = dt.date(year, month + 1, 1)
    after = dt.date(year + (month + 1) // 12, (month + 1) % 12 + 1, 1)
    length = (after - first).days
    day = min(start.day, length) + max(0.0, months - whole) * length
    return first + dt.timedelta(days=int(day + 1e-6) - 1)
