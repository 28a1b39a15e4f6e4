"""Figures in words: frequencies, two significant figures, and whether two intervals can be told apart."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from typing import Final

GRADES: Final[Mapping[str, str]] = {"A": "published statistic", "B": "literature", "C": "judgement"}
"""What the grades of evidence stand for."""
_TENTHS = re.compile(r"(?:about\s+)?\{tenths\}\s+(?:of|in|out of)\s+10\b")


def two_figures(value: float) -> str:
    """Return a number with two significant figures at most, without exponent, and with thousands separated.

    >>> two_figures(0.2345), two_figures(1234.0), two_figures(0.0)
    ('0.23', '1,200', '0')
    """
    if not math.isfinite(value):
        return "not known"
    if value == 0:
        return "0"
    places = 1 - math.floor(math.log10(abs(value)))
    rounded = round(value, places)
    places = max(0, 1 - math.floor(math.log10(abs(rounded))))
    return f"{rounded:,.{places}f}"


def short_figure(value: float) -> str:
    """Return a number of three figures, in thousands or millions where it is large.

    >>> short_figure(8437000), short_figure(0.009083), short_figure(138.4), short_figure(45012)
    ('8.44 million', '0.00908', '138', '45,000')
    """
    if not math.isfinite(value):
        return "not known"
    if abs(value) >= 999_500:
        return f"{round(value / 1e6, 2):g} million" if abs(value) < 1e8 else f"{value / 1e6:,.0f} million"
    if abs(value) >= 999.5:
        return f"{round(value, 2 - math.floor(math.log10(abs(value)))):,.0f}"
    return f"{value:.3g}"


def percent(share: float) -> str:
    """Return a share as a whole percentage, ``23%``; tiny and near-certain ones in words."""
    if not math.isfinite(share):
        return "not known"
    if 0 < share < 0.01:
        return "under 1%"
    if 0.99 < share < 1:
        return "over 99%"
    return f"{round(100 * share):d}%"


def more_or_less(ratio: float) -> str:
    """Return a ratio as how much more or less, in whole percent.

    >>> more_or_less(1.07), more_or_less(0.996), more_or_less(1.0)
    ('7% more', 'under 1% less', 'the same')
    """
    if not math.isfinite(ratio) or ratio == 1:
        return "not known" if ratio != 1 else "the same"
    return f"{percent(abs(ratio - 1))} {'more' if ratio > 1 else 'less'}"


def frequency(share: float, futures: int | None = None) -> str:
    """Return a share as a frequency that a reader can picture.

    ``futures`` is how many modelled futures lie behind it, for the ends of the scale.

    >>> frequency(0.23), frequency(0.031), frequency(0.0, 2000), frequency(0.97)
    ('about 2 of 10', 'about 3 of 100', 'none of 2,000', 'more than 19 of 20')
    """
    if not math.isfinite(share):
        return "an unknown share of"
    count = f"{futures:,}" if futures else "the"
    if share <= 0:
        return f"none of {count}"
    if share >= 1:
        return f"all of {count}"
    if share < 0.01:
        return "fewer than 1 of 100"
    if share < 0.05:
        return f"about {max(1, round(100 * share))} of 100"
    if share > 0.95:
        return "more than 19 of 20"
    return f"about {min(9, max(1, math.floor(10 * share + 0.5)))} of 10"


def sentence(template: str, share: float, futures: int | None = None) -> str:
    """Fill a study's sentence with a frequency.

    ``about {tenths} of 10`` in the template is replaced whole, so that rare and near-certain shares read as what they
    are; a template that uses ``{tenths}`` in another way gets the rounded number of tenths.
    """
    whole = _TENTHS.sub(lambda _: frequency(share, futures), template)
    return whole.replace("{tenths}", str(round(10 * share)) if math.isfinite(share) else "an unknown number")


def likelihood(probability: float) -> str:
    """Return a probability in words.

    The bands of the PHIA probability yardstick (Professional Head of Intelligence Assessment, UK government), closed
    where the yardstick leaves gaps.
    """
    if not math.isfinite(probability):
        return "not stated"
    bounds = ((0.05, "remote chance"), (0.2, "highly unlikely"), (0.4, "unlikely"), (0.55, "realistic possibility"))
    above = ((0.8, "likely"), (0.95, "highly likely"))
    return next((word for bound, word in (*bounds, *above) if probability < bound), "almost certain")


def spoken_unit(unit: str) -> str:
    """Return a unit as a reader would say it: models write `Dmnl` where there is none."""
    return "no unit" if unit.strip().casefold() in ("", "1", "dmnl", "dimensionless") else unit


def listed(names: Sequence[str]) -> str:
    """Return names as an English list: ``a, b and c``."""
    if len(names) < 2:
        return "".join(names)
    return f"{', '.join(names[:-1])} and {names[-1]}"


def without_capital(words: str) -> str:
    """Return words as they stand within a sentence; an abbreviation keeps its capitals."""
    return words if words[1:2].isupper() else words[:1].lower() + words[1:]


def count(number: int, singular: str, plural: str = "") -> str:
    """Return a number with its noun: ``1 pair``, ``3 pairs``, ``no pairs``."""
    if number == 0:
        return f"no {plural or singular + 's'}"
    return f"{number:,} {singular if number == 1 else plural or singular + 's'}"


def overlap(one: tuple[float, float], other: tuple[float, float]) -> bool:
    """Say whether two closed intervals share a point; an unknown bound counts as overlapping."""
    if not all(math.isfinite(bound) for bound in (*one, *other)):
        return True
    return one[0] <= other[1] and other[0] <= one[1]
