"""Series as tables and labelled arrays of other libraries, which are imported only when they are asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from policy_lab.errors import InputError, Problem

if TYPE_CHECKING:
    from policy_lab.engine.series import Series

Layout = Literal["wide", "tidy"]


def to_frame(series: Series, layout: Layout = "wide") -> Any:
    """Return a series as a pandas DataFrame: see :meth:`policy_lab.engine.series.Series.to_frame`."""
    import pandas as pd

    if layout not in ("wide", "tidy"):
        raise InputError(Problem(what=f"no layout `{layout}`", remedy="Choose `wide` or `tidy`."))
    columns = {
        label: flat[:, place]
        for name, values in series.values.items()
        for flat in [values.reshape(series.runs * len(series.time), -1)]
        for place, label in enumerate(series.element_names(name))
    }
    runs, times = series.runs, series.time
    if layout == "wide":
        index: Any = pd.Index(times, name="time")
        if runs > 1:
            index = pd.MultiIndex.from_product([np.arange(runs), times], names=["run", "time"])
        return pd.DataFrame(columns, index=index)
    of = {label: name for name in series.values for label in series.element_names(name)}
    labels, rows = list(columns), runs * len(times)

    def repeated(words: list[str]) -> Any:
        kinds = list(dict.fromkeys(words))
        codes = np.repeat([kinds.index(word) for word in words], rows)
        return pd.Categorical.from_codes(codes.astype(np.int64), categories=kinds)

    return pd.DataFrame(
        {
            "run": np.tile(np.repeat(np.arange(runs), len(times)), len(labels)),
            "time": np.tile(times, runs * len(labels)),
            "variable": repeated([of[label] for label in labels]),
            "element": repeated(labels),
            "value": np.concatenate([columns[label] for label in labels]) if labels else np.empty(0),
            "unit": repeated([series.units[of[label]] for label in labels]),
        }
    )


def to_xarray(series: Series) -> Any:
    """Return a series as an xarray Dataset: see :meth:`policy_lab.engine.series.Series.to_xarray`."""
    import xarray as xr

    taken = set(series.values)
    run, time = _free("run", taken), _free("time", taken)
    coordinates: dict[str, Any] = {
        run: np.arange(series.runs),
        time: (time, series.time, {"units": series.time_unit}),
    }
    variables = {}
    for name, values in series.values.items():
        axes: list[str] = []
        for dimension, elements in zip(series.dimensions[name], series.elements[name], strict=True):
            axis = _free(dimension, {*taken, run, time, *axes})
            axes.append(axis)
            coordinates[axis] = list(elements)
        variables[name] = ((run, time, *axes), values, {"units": series.units[name]})
    return xr.Dataset(variables, coords=coordinates)


def _free(name: str, taken: set[str]) -> str:
    """Return a name for an axis that nothing else has."""
    while name in taken:
        name += "'"
    return name
