"""In which futures a design falls short, and in which worlds the apparently weaker of two designs wins."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from policy_lab.analysis.boxes import ABOVE, FEWEST, Box, Leaf, Limit, Progress, find_box, tree_leaves
from policy_lab.analysis.measured import LEVEL, Question, by_design, put_in_words, short_name
from policy_lab.analysis.setting import setting_of
from policy_lab.analysis.shortfall import shortfall
from policy_lab.analysis.words import frequency, listed, percent, two_figures
from policy_lab.analysis.world_table import LUCK, SCORE, Column, world_table
from policy_lab.errors import InputError, Problem
from policy_lab.results.types import Results

FEW_WORLDS = 100
"""Fewer worlds than this cannot be searched and judged apart."""


@dataclass(frozen=True)
class Discovery:
    """Where something happens more often.

    ``design`` falls short there; or ``design``, the apparently weaker of two, does better than ``other``. ``values``
    has a row a world, ``happens`` says in which it is so. ``table`` has one row a limit of the box, ``regions`` one row
    a region of the classification tree.
    """

    design: str
    other: str
    titles: tuple[str, str]
    what: str
    box: Box
    leaves: tuple[Leaf, ...]
    columns: Mapping[str, Column]
    values: pd.DataFrame = field(repr=False)
    happens: np.ndarray = field(repr=False)
    table: pd.DataFrame
    regions: pd.DataFrame
    sentences: tuple[str, str]
    source: str
    manifest: Mapping[str, Any] = field(repr=False)


def discover(
    results: Results,
    design: str | None = None,
    other: str | None = None,
    *,
    resamples: int = 10,
    progress: Progress | None = None,
) -> Discovery:
    """Find the futures in which a design falls short, or the worlds in which the apparently weaker of two wins.

    A box of inputs is sought in one half of the worlds and judged on the other (:func:`policy_lab.analysis.boxes.
    find_box`), so that a box that only fits chance is told as none. Worlds are the rows, because they are drawn
    independently of one another: for shortfalls the first future of each counts, and its luck is among the inputs; for
    two designs it is the mean over the futures of the shortfall's variable, averaged over the horizon, and luck is not.

    Parameters
    ----------
    results
        Finished cases of many worlds (some hundreds at least).
    design
        Whose shortfalls; the base design unless told.
    other
        With it: the worlds in which the one of both wins that has the lower outcome on average.
    resamples
        Searches on resampled rows, to see which limits come again.
    progress
        Told how many searches are done, of how many.

    Raises
    ------
    InputError
        For an unknown design, for too few worlds, and where the libraries are not installed.

    Examples
    --------
    ``pl.discover(pl.run(study.plan(worlds=1000, futures=1)), "catch-quota").sentences``
    """
    plan = results.plan
    first = design or plan.base
    _check_run(results, [name for name in (first, other) if name])
    weaker, stronger, happens = _pair(results, first, other) if other else (first, "", _short(results, first))
    usable = _usable(happens)
    found = world_table(plan, [name for name in (first, other) if name], luck=other is None)
    x, y = found.values[usable].reset_index(drop=True), happens[usable] == 1.0
    box = find_box(x, y, plan.seed, resamples=resamples, progress=progress)
    leaves = tree_leaves(x, y, plan.seed)
    study = plan.study
    titles = (short_name(study, weaker), short_name(study, stronger) if stronger else "")
    what = _what(titles, study.file.words.outcome)
    return Discovery(
        design=weaker,
        other=stronger,
        titles=titles,
        what=what,
        box=box,
        leaves=leaves,
        columns=found.columns,
        values=x,
        happens=y,
        table=_table(box, found.columns),
        regions=_regions(leaves, found.columns),
        sentences=_sentences(
            box, found.columns, titles, what, y, put_in_words(study, Question(LEVEL, first, other or ""))
        ),
        source=setting_of(results).source_line,
        manifest={**results.manifest, "discovery": {"design": weaker, "other": stronger, "resamples": resamples}},
    )


def _check_run(results: Results, designs: Sequence[str]) -> None:
    """Raise an InputError for a design that the results do not hold."""
    for name in designs:
        if name not in results.designs:
            known = f"Designs: {', '.join(results.designs)}."
            raise InputError(Problem(what=f"no runs of `{name}` among these results", remedy=known))


def _usable(happens: np.ndarray) -> np.ndarray:
    """Return which worlds have an answer; too few of them raise an InputError."""
    usable = np.isfinite(happens)
    if usable.sum() < FEW_WORLDS:
        remedy = "Ask for some hundreds of worlds; one future in each is enough."
        raise InputError(Problem(what=f"{int(usable.sum())} worlds are too few to search and to judge", remedy=remedy))
    return usable


def _short(results: Results, design: str) -> np.ndarray:
    """Return 1 where the first future of a world falls short, 0 where not, NaN where it failed."""
    return shortfall(results).fell[results.designs.index(design), :, 0]


def _pair(results: Results, one: str, other: str) -> tuple[str, str, np.ndarray]:
    """Return the apparently weaker of two, the other, and 1 in each world where the weaker has the higher outcome."""
    if one == other:
        raise InputError(Problem(what=f"`{one}` does not differ from itself"))
    levels = by_design(results, LEVEL)
    ours, theirs = (levels[results.designs.index(name)] for name in (one, other))
    gap = ours - theirs
    turned = bool(np.nanmean(gap) > 0)
    ahead = -gap if turned else gap
    weaker, stronger = (other, one) if turned else (one, other)
    return weaker, stronger, np.where(np.isfinite(ahead), (ahead > 0).astype(float), np.nan)


def _what(titles: tuple[str, str], outcome: str) -> str:
    weaker, stronger = titles
    return f"{weaker} does better for {outcome} than {stronger}" if stronger else f"{weaker} falls short"


def _table(box: Box, columns: Mapping[str, Column]) -> pd.DataFrame:
    """Return one row a limit, with what the whole box does where it was sought and where it was held out."""
    both = {"sought": box.sought, "held_out": box.held_out}
    whole = {
        f"{name}_{half}": getattr(found, name)
        for half, found in both.items()
        for name in ("coverage", "density", "mass", "base")
    }
    rows = [
        {
            "input": one.column,
            "kind": columns[one.column].kind,
            "grade": columns[one.column].grade,
            "side": one.side,
            "value": one.value,
            "unit": columns[one.column].unit,
            "quasi_p": one.quasi_p,
            "again": one.again,
            **whole,
            "chance_of_density": box.held_out.by_chance,
            "better_than_chance": box.better_than_chance,
        }
        for one in box.limits
    ]
    names = ["input", "kind", "grade", "side", "value", "unit", "quasi_p", "again", *whole]
    return pd.DataFrame(rows, columns=[*names, "chance_of_density", "better_than_chance"])


def _regions(leaves: Sequence[Leaf], columns: Mapping[str, Column]) -> pd.DataFrame:
    rows = [
        {
            "region": in_words(leaf.limits, columns) or "everywhere",
            "density_sought": leaf.sought.density,
            "coverage_sought": leaf.sought.coverage,
            "density_held_out": leaf.held_out.density,
            "coverage_held_out": leaf.held_out.coverage,
            "mass_held_out": leaf.held_out.mass,
            "base_held_out": leaf.held_out.base,
        }
        for leaf in leaves
    ]
    names = ["density_sought", "coverage_sought", "density_held_out", "coverage_held_out", "mass_held_out"]
    return pd.DataFrame(rows, columns=["region", *names, "base_held_out"])


def in_words(limits: Sequence[Limit], columns: Mapping[str, Column]) -> str:
    """Return limits as a reader says them: ``Carrying capacity is above 9,000 tonne and … between … and …``."""
    told = []
    for name in dict.fromkeys(one.column for one in limits):
        sides = {one.side: one.value for one in limits if one.column == name}
        unit = f" {columns[name].unit}" if columns[name].unit else ""
        if len(sides) == 2:
            low, high = sorted(sides.values())
            told.append(f"{name} is between {two_figures(low)} and {two_figures(high)}{unit}")
        else:
            ((side, value),) = sides.items()
            told.append(f"{name} is {'above' if side == ABOVE else 'below'} {two_figures(value)}{unit}")
    return listed(told)


def _sentences(
    box: Box, columns: Mapping[str, Column], titles: tuple[str, str], what: str, happens: np.ndarray, put_in: str
) -> tuple[str, str]:
    """Say where it happens, and how far that can be relied on."""
    count, rows = int(happens.sum()), len(happens)
    where = "worlds" if titles[1] else "modelled futures"
    order = f" {put_in}" if put_in else ""
    if count < 2 * FEWEST or rows - count < 2 * FEWEST:
        rare = "none" if count == 0 else f"{count:,}" if count < 2 * FEWEST else f"all but {rows - count:,}"
        second = "That is too few to say where; more worlds may show it."
        if titles[1] and count == 0:
            second = (
                "No region was found in which the apparently weaker one wins: this order follows from what was put in, "
                "and the model has nothing to say against it."
            )
        return f"{what} in {rare} of {rows:,} {where}.", second + order
    if not box.better_than_chance:
        first = f"{what} in {percent(count / rows)} of {rows:,} {where}, and no box of inputs does better than chance."
        seen = f"What looked like a region in one half of the {where} did not hold in the other."
        return first, (seen if box.limits else "No limit on any input held even where it was sought.") + order
    held = box.held_out
    ours = "wins" if titles[1] else "shortfalls"
    dense, base = frequency(held.density), frequency(held.base)
    if dense == base:
        dense, base = percent(held.density), percent(held.base)
    first = (
        f"When {in_words(box.limits, columns)}, {what} in {dense} {where} (in all: {base}); these are "
        f"{percent(held.coverage)} of its {ours}."
    )
    steady = [one for one in box.limits if one.again >= 0.5]
    shaky = listed([f"that of {one.column} {one.side}" for one in box.limits if one.again < 0.5])
    kept = f"{len(steady)} of its {len(box.limits)} limits came again in half or more of {box.resamples} resamples"
    doubt = f"; {shaky} did not" if shaky else ""
    kinds = {columns[one.column].kind for one in box.limits}
    note = (" Lever scores are judgement." if SCORE in kinds else "") + (" Luck is no choice." if LUCK in kinds else "")
    second = (
        f"Told from the half of the {where} in which the box was not sought (sought: {two_figures(box.sought.density)} "
        f"dense, held out: {two_figures(held.density)}); {kept}{doubt}.{note}{order}"
    )
    return first, second
