"""A place beside its neighbours: what it starts from, and what the model makes of it. Nothing here orders places."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from policy_lab.analysis.outcomes import elements
from policy_lab.errors import InputError, Problem
from policy_lab.results.types import Results
from policy_lab.study.areas import Area, bound_areas, find_area
from policy_lab.study.neighbours import distances

if TYPE_CHECKING:
    from policy_lab.study.area_schema import Areas
    from policy_lab.study.study import Study

_FIGURES = ["key", "name", "variable", "title", "unit", "value", "filled_from", "low", "median", "high", "beside"]
_PATHS = ["key", "name", "variable", "unit", "time", "value", "low", "median", "high"]


def place_figures(study: Study, places: Iterable[str] | None = None) -> pd.DataFrame:
    """Return what places start from beside their neighbours' range, in alphabetical order of their names.

    Parameters
    ----------
    places
        Keys or names, in the order in which they are wanted; all in alphabetical order unless told.

    Returns
    -------
    pandas.DataFrame
        One row a place and bound constant: ``key``, ``name``, ``variable`` (the constant), ``title``, ``unit`` (the
        model's), ``value`` (not-a-number where neither the place nor its neighbours have one), ``filled_from`` (names
        of the places whose median it is, empty for the place's own figure), ``low``, ``median`` and ``high`` of what
        its neighbours publish, ``beside`` (how many of them do).

    Raises
    ------
    InputError
        When the study binds no table of places, and for an unknown place.
    """
    binding, areas = _bound(study)
    named = sorted(areas.values(), key=lambda area: (area.name.casefold(), area.key))
    chosen = named if places is None else [areas[find_area(areas, place)] for place in places]
    rows = []
    for area in chosen:
        for variable in binding.bind:
            near = [areas[key].published[variable] for key in area.neighbours if variable in areas[key].published]
            filled = area.filled.get(variable)
            rows.append(
                {
                    "key": area.key,
                    "name": area.name,
                    "variable": variable,
                    "title": binding.titles.get(variable, variable),
                    "unit": study.model[variable.split("[")[0].strip()].unit,
                    "value": area.values.get(variable, np.nan),
                    "filled_from": ", ".join(areas[key].name for key in filled.places) if filled else "",
                    **dict(zip(("low", "median", "high"), _range(near), strict=True)),
                    "beside": len(near),
                }
            )
    return pd.DataFrame(rows, columns=_FIGURES)


def place_paths(results: Results, places: Sequence[str], variables: Sequence[str] | None = None) -> pd.DataFrame:
    """Return modelled paths of places beside the range of their neighbours' paths; medians over the futures.

    Parameters
    ----------
    results
        From `policy_lab.run.places.run_places`, the neighbours among its places.
    places
        Keys or names.
    variables
        Saved outcomes of one number each; those that the study shows a place by unless told.

    Returns
    -------
    pandas.DataFrame
        One row a place, variable and time: ``key``, ``name``, ``variable``, ``unit``, ``time`` (since the start),
        ``value``, and ``low``, ``median`` and ``high`` over its neighbours in these results.

    Raises
    ------
    InputError
        For an unknown place, one that is not in the results, and a variable of several numbers.
    """
    study = results.plan.study
    binding, areas = _bound(study)
    keys = [find_area(areas, place) for place in places]
    absent = [areas[key].name for key in keys if key not in results.plan.places]
    if absent:
        raise InputError(Problem(what=f"not in these results: {', '.join(absent)}", remedy="Run them by `run_places`."))
    world = {key: number for number, key in enumerate(results.plan.places)}
    frames = []
    for variable in variables or binding.outcomes or study.file.outcomes[:4]:
        paths = _medians(results, variable)
        for key in keys:
            near = [world[other] for other in areas[key].neighbours if other in world]
            beside = paths[near]
            low, middle, high = _range(beside) if len(beside) else (np.full(paths.shape[1], np.nan),) * 3
            frames.append(
                pd.DataFrame(
                    {
                        "key": key,
                        "name": areas[key].name,
                        "variable": variable,
                        "unit": results[variable].unit,
                        "time": results.time,
                        "value": paths[world[key]],
                        "low": low,
                        "median": middle,
                        "high": high,
                    },
                    columns=_PATHS,
                )
            )
    return pd.concat(frames, ignore_index=True)


def most_different(study: Study) -> tuple[str, str]:
    """Return the keys of the two places whose published starting figures lie farthest apart, by name.

    The distance is the root of the mean squared difference over the bound figures that both publish, each in standard
    deviations over places; two that share fewer than half of the figures are not compared.

    Raises
    ------
    InputError
        When the study binds no table of places, or fewer than two can be compared.
    """
    binding, areas = _bound(study)
    columns = {name: [area.published.get(name) for area in areas.values()] for name in binding.bind}
    apart = distances(columns, dict.fromkeys(binding.bind, "linear"))
    if not np.isfinite(apart).any():
        raise InputError(Problem(what="fewer than two places can be compared", file=binding.table))
    first, second = np.unravel_index(int(np.nanargmax(apart)), apart.shape)
    pair = [tuple(areas.values())[place] for place in (first, second)]
    one, other = sorted(pair, key=lambda area: area.name.casefold())
    return one.key, other.key


def _bound(study: Study) -> tuple[Areas, dict[str, Area]]:
    return bound_areas(study), dict(study.areas())


def _range(values: Sequence[float] | np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return lowest, median and highest over the first axis; not-a-number of nothing."""
    array = np.asarray(values, dtype=float)
    if not len(array):
        nothing = np.array(np.nan)
        return nothing, nothing, nothing
    return array.min(axis=0), np.median(array, axis=0), array.max(axis=0)


def _medians(results: Results, variable: str) -> np.ndarray:
    """Return ``[place, time]``, the median over futures of the only design."""
    found = [values for _, values in elements(results[variable])]
    if len(found) > 1:
        raise InputError(Problem(what=f"`{variable}` has {len(found)} elements where one number a time is needed"))
    medians: np.ndarray = np.median(found[0][0], axis=1)
    return medians
