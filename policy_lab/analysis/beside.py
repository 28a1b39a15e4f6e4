"""What always stands beside the risk: burden ratio, gap, the cost of changing over, resources, evidence."""

from __future__ import annotations

from collections import Counter

import numpy as np

from policy_lab.analysis.outcomes import band, mean_of, over_futures, over_time, path, time_unit, years_per_period
from policy_lab.analysis.shortfall import run_lengths
from policy_lab.analysis.words import more_or_less
from policy_lab.results.types import Results
from policy_lab.study.schema import Resource

GREEN_BOOK_RATE = 0.035
"""Social time preference rate a year for years 0-30 (HM Treasury, The Green Book)."""


def design_columns(results: Results) -> dict[str, object]:
    """Return who each design is: title, group, overlays, and the evidence behind its lever scores."""
    study = results.plan.study
    resolved = [study.design(name) for name in results.designs]
    grade = lever_grade(results)
    return {
        "design": list(results.designs),
        "short": [design.short or design.title for design in resolved],
        "title": [design.title for design in resolved],
        "group": [design.group for design in resolved],
        "overlay": ["+".join(name.split("+")[1:]) for name in results.designs],
        "evidence_grade": [grade for _ in results.designs],
        "lever_marks": [_marks([score.mark for score in design.levers.values()]) for design in resolved],
    }


def lever_grade(results: Results) -> str:
    """Return the weakest evidence grade among the constants that carry lever scores (C if none is listed)."""
    study = results.plan.study
    carriers = {lever.variable for lever in study.file.levers.values()}
    grades = [row.grade for row in study.parameters.values() if row.variable.split("[")[0].strip() in carriers]
    return max(grades, default="C")


def _marks(marks: list[str]) -> str:
    return ", ".join(f"{number} {mark}" for mark, number in sorted(Counter(marks).items()))


def burden_columns(results: Results) -> dict[str, object]:
    """Return the accumulated burden of each design as a ratio to the base design, never as an amount.

    In each world the burden is what the study's accumulating variable gains over the horizon, averaged over futures;
    its ratio to the base design's burden in the same world does not depend on the burden's unknown level. Undiscounted
    first; beside it with the Green Book's 3.5 % a year, each period's gain discounted from the middle of the period.
    The interval is 5-95 % over worlds, and the words say whether it leaves 1 out.
    """
    plain, discounted = burden_ratios(results), burden_ratios(results, GREEN_BOOK_RATE)
    low, high = [band(row, 0.05) for row in plain], [band(row, 0.95) for row in plain]
    clear = [bottom > 1 or top < 1 for bottom, top in zip(low, high, strict=True)]
    return {
        "burden_ratio": [band(row, 0.5) for row in plain],
        "burden_ratio_q05": low,
        "burden_ratio_q95": high,
        "burden_ratio_discounted": [band(row, 0.5) for row in discounted],
        "burden_clear": clear,
        "burden_words": _burden_words(results, [band(row, 0.5) for row in plain], low, clear),
    }


def burdens(results: Results, rate: float = 0.0) -> np.ndarray:
    """Return what each case's burden gains over the horizon, ``[design, world, future]``, in the model's own unit.

    ``sum of gain[t] (1 + rate)^-y[t]`` with ``y`` the middle of each saved period in years from the start. Its level
    is not known: only ratios between designs may be shown.
    """
    gains = np.diff(path(results, results.plan.study.file.measures.burden.variable, "sum"), axis=-1)
    middles = (results.time[:-1] + results.time[1:]) / 2 * years_per_period(time_unit(results))
    total: np.ndarray = gains @ (1 + rate) ** -middles
    return total


def burden_ratios(results: Results, rate: float = 0.0) -> np.ndarray:
    """Return each design's accumulated burden as a ratio to the base design's in the same world, ``[design, world]``.

    Not-a-number throughout where the base design is not among the designs.
    """
    return ratio_to_base(results, over_futures(burdens(results, rate)))


def _burden_words(results: Results, ratios: list[float], low: list[float], clear: list[bool]) -> list[str]:
    burden = results.plan.study.file.measures.burden
    base = results.plan.study.file.comparison.base
    words = []
    for name, ratio, bottom, is_clear in zip(results.designs, ratios, low, clear, strict=True):
        if base not in results.designs:
            words.append(f"not known: {base} is not among the designs")
        elif name == base:
            words.append("the base of the ratio")
        elif not np.isfinite(bottom):
            words.append("not known")
        else:
            words.append(f"{burden.clear_words}: {more_or_less(ratio)}" if is_clear else burden.unclear_words)
    return words


def ratio_to_base(results: Results, amounts: np.ndarray) -> np.ndarray:
    """Return amounts, ``[design, ...]``, as ratios to the base design's; not-a-number where that is not above 0."""
    base = results.plan.study.file.comparison.base
    if base not in results.designs:
        return np.full(amounts.shape, np.nan)
    reference = np.broadcast_to(amounts[results.designs.index(base)], amounts.shape)
    return np.divide(amounts, reference, out=np.full(amounts.shape, np.nan), where=reference > 0)


def gap_columns(results: Results) -> dict[str, object]:
    """Return intent minus implemented, averaged over the horizon and futures: mean and 5-95 % over worlds.

    Empty when the study binds no gap.
    """
    gap = results.plan.study.file.measures.gap
    if gap is None:
        return {}
    difference = path(results, gap.intent, "mean") - path(results, gap.implemented, "mean")
    worlds = over_futures(over_time(difference, results.time))
    return {
        "gap": [mean_of(row) for row in worlds],
        "gap_q05": [band(row, 0.05) for row in worlds],
        "gap_q95": [band(row, 0.95) for row in worlds],
    }


def transition_columns(results: Results) -> dict[str, object]:
    """Return what a change of design costs before it pays, against staying with the base design.

    Only for a switch: ``D[t]`` is the design's shortfall outcome minus the base design's in the same world and future,
    averaged over futures. ``dip_depth`` is ``max(0, -min over t of D)``, its median over worlds, in the outcome's unit;
    ``time_to_benefit`` the time from which ``D > 0`` for as many saved periods in a row as the shortfall measure asks
    for, its median over the worlds that have one; ``never_benefits`` the share of worlds that have none within the
    horizon. Not-a-number for the base design and for settled starts.
    """
    depth, benefit, never = _transition(results)
    return {
        "dip_depth": [band(row, 0.5) for row in depth],
        "dip_depth_q95": [band(row, 0.95) for row in depth],
        "time_to_benefit": [band(row, 0.5) for row in benefit],
        "never_benefits": [mean_of(row) for row in never],
    }


def _transition(results: Results) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return depth of the dip, time to benefit and whether there is none, each ``[design, world]``."""
    measure = results.plan.study.file.measures.shortfall
    base = results.plan.study.file.comparison.base
    values = path(results, measure.variable)
    nothing = np.full(values.shape[:2], np.nan)
    if results.plan.start != "switch" or base not in results.designs:
        return nothing, nothing, nothing
    place = results.designs.index(base)
    paired = np.moveaxis(values - values[place], 3, 0)
    ahead = np.moveaxis(np.stack([over_futures(moment) for moment in paired]), 0, -1)
    depth, benefit, never = depth_and_benefit(ahead, results.time, measure.periods)
    for table in (depth, benefit, never):
        table[place] = np.nan
    return depth, benefit, never


def depth_and_benefit(ahead: np.ndarray, time: np.ndarray, periods: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the depth of the dip, the time to benefit and whether there is none, from paired differences.

    ``ahead`` is ``[..., time]``: how far a design is ahead of staying. A lead under a millionth of the largest
    difference is rounding, not benefit.
    """
    usable = np.isfinite(ahead).all(axis=-1)
    depth = np.where(usable, np.maximum(0.0, -ahead.min(axis=-1)), np.nan)
    floor = 1e-6 * np.abs(np.where(np.isfinite(ahead), ahead, 0.0)).max(initial=0.0)
    reached = run_lengths(ahead > floor) >= periods
    found = reached.any(axis=-1)
    started = np.clip(reached.argmax(axis=-1) - periods + 1, 0, None)
    benefit = np.where(usable & found, time[started], np.nan)
    never = np.where(usable, (~found).astype(float), np.nan)
    return depth, benefit, never


def resource_columns(results: Results) -> dict[str, object]:
    """Return each real resource, averaged over the horizon, futures and worlds; the column is ``title (unit)``.

    The elements of a subscripted variable are added up.
    """
    columns: dict[str, object] = {}
    for resource in results.plan.study.file.measures.resources:
        worlds = over_futures(over_time(path(results, resource.variable, "sum"), results.time)) * resource.per
        columns[f"{resource.title} ({resource.unit})"] = [mean_of(row) for row in worlds]
        if resource.total_unit:
            columns.update(_total_columns(results, resource))
    return columns


def total_names(resource: Resource) -> tuple[str, str]:
    """Return the names of the columns that hold a resource over the whole horizon, undiscounted and discounted."""
    return (
        f"{resource.title}, whole horizon ({resource.total_unit})",
        f"{resource.title}, whole horizon, 3.5% a year discounted ({resource.total_unit})",
    )


def _total_columns(results: Results, resource: Resource) -> dict[str, object]:
    """Return a resource a year, added up over the horizon: plain, and with the Green Book's rate from the start on."""
    years = results.time * years_per_period(time_unit(results))
    years = years - years[0]
    rate = path(results, resource.variable, "sum") * resource.per
    sums = (np.trapezoid(rate * (1 + each) ** -years, years, axis=-1) for each in (0.0, GREEN_BOOK_RATE))
    return {
        name: [mean_of(row) for row in over_futures(total)]
        for name, total in zip(total_names(resource), sums, strict=True)
    }
