"""Results as labelled arrays: xarray datasets with the names and units of the model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from policy_lab.errors import InputError, Problem, nearest_names
from policy_lab.results.calendar import dates, plain_unit
from policy_lab.results.choosing import OWN, Choice
from policy_lab.results.parts import BLOCK_COLUMNS, Clock
from policy_lab.results.reading import chosen_arrays
from policy_lab.results.types import Results

if TYPE_CHECKING:
    import xarray as xr

    from policy_lab.results.stored import StoredRuns

AXES = (*BLOCK_COLUMNS, "design", "world", "future", "time")


def to_xarray(results: Results) -> xr.Dataset:
    """Return results in memory as labelled arrays; the arrays are shared, not copied.

    Returns
    -------
    xarray.Dataset
        One variable an outcome: ``design``, ``world``, ``future``, ``time`` and the dimensions of the model. Units are
        in ``attrs``; ``date`` stands beside ``time`` where its unit is of the calendar.
    """
    axes = {
        "design": list(results.designs),
        "world": np.arange(results.plan.worlds),
        "future": np.arange(results.plan.futures),
    }
    described = {name: (one.unit, one.dimensions, one.elements, one.values) for name, one in results.outcomes.items()}
    return _dataset(axes, results.time, Clock.of(results.plan), described, results.manifest)


def dataset_of(stored: StoredRuns, choice: Choice) -> xr.Dataset:
    """Return what is chosen of stored runs; see `StoredRuns.select`."""
    arrays = chosen_arrays(stored, choice)
    axes: dict[str, Any] = {"scenario": list(choice.scenarios)}
    if stored.areas:
        axes["area"] = [name or OWN for name in choice.areas]
    if stored.settings:
        axes["setting"] = list(choice.settings)
    axes |= {"design": list(choice.designs), "world": list(choice.worlds), "future": list(choice.futures)}
    unused = tuple(at for at, has in ((1, stored.areas), (2, stored.settings)) if not has)
    described = {}
    for name, values in arrays.items():
        note = stored.outcomes[name]
        described[name] = (note.unit, note.dimensions, note.elements, np.squeeze(values, axis=unused))
    return _dataset(axes, np.asarray(choice.times), stored.clock, described, stored.manifest)


def paired_difference(runs: xr.Dataset, first: str, second: str) -> xr.Dataset:
    """Return ``first`` minus ``second``, case by case: both designs met the same worlds and the same futures.

    Parameters
    ----------
    runs
        Of `StoredRuns.select` or `to_xarray`, with a dimension ``design``.
    first, second
        Names of designs.

    Returns
    -------
    xarray.Dataset
        Without the dimension ``design``; units as before.

    Raises
    ------
    InputError
        For a design that is not there.
    """
    import xarray as xr

    known = [str(name) for name in runs["design"].values]
    problems = [
        Problem(what=f"no design `{name}` in these runs", nearest=nearest_names(name, known))
        for name in (first, second)
        if name not in known
    ]
    if problems:
        raise InputError(*problems)
    with xr.set_options(keep_attrs=True):
        gap = runs.sel(design=first, drop=True) - runs.sel(design=second, drop=True)
    gap.attrs = {**runs.attrs, "difference": f"{first} minus {second}, on the same draws"}
    for name in gap.data_vars:
        gap[name].attrs = dict(runs[name].attrs)
    return gap


def _dataset(
    axes: Mapping[str, Any],
    time: np.ndarray,
    clock: Clock,
    described: Mapping[str, tuple[str, tuple[str, ...], Sequence[Sequence[str]], np.ndarray]],
    manifest: Mapping[str, Any],
) -> xr.Dataset:
    import xarray as xr

    coordinates: dict[str, Any] = {**axes, "time": ("time", np.asarray(time), {"units": clock.unit})}
    calendar = dates(clock.start, np.asarray(time), plain_unit(clock.unit))
    if all(calendar):
        coordinates["date"] = ("time", np.array(calendar, dtype="datetime64[ns]"))
    variables = {}
    for name, (unit, dimensions, elements, values) in described.items():
        own = [axis_name(dimension) for dimension in dimensions]
        coordinates |= {axis: list(labels) for axis, labels in zip(own, elements, strict=True)}
        variables[name] = ((*axes, "time", *own), values, {"units": unit, "long_name": name})
    about = {"title": str(manifest["subject"])} if "subject" in manifest else {}
    return xr.Dataset(variables, coords=coordinates, attrs=about)


def axis_name(dimension: str) -> str:
    """Return the name of a model's dimension among the axes of a dataset, which have names of their own.

    >>> axis_name("Community"), axis_name("time")
    ('Community', 'time (subscript)')
    """
    return f"{dimension} (subscript)" if dimension in (*AXES, "date") else dimension
