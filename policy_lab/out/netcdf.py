"""Runs as NetCDF with the attributes of the CF conventions, written part by part."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from policy_lab.errors import InputError, Problem
from policy_lab.out.data_dictionary import study_of
from policy_lab.out.run_rows import Wanted, block_keys
from policy_lab.provenance import package_version
from policy_lab.results.choosing import OWN
from policy_lab.results.files import written_whole
from policy_lab.results.labelled import axis_name
from policy_lab.results.reading import part_arrays
from policy_lab.results.stored import Part

if TYPE_CHECKING:
    import h5netcdf  # type: ignore[import-untyped]

Progress = Callable[[int, int], None]
_CHUNK = 1 << 16
"""Largest number of values that are compressed together."""


def write_netcdf(wanted: Wanted, path: Path, *, progress: Progress | None = None) -> Path:
    """Write runs as one NetCDF-4 file: a variable an outcome, with the axes of `StoredRuns.select`.

    Names follow the CF conventions (letters, digits and underscores); ``long_name`` is the model's own. ``time`` is in
    the model's unit; ``date`` stands beside it as days since the start of the study's clock. Not-a-number stands where
    a case failed or is missing. No more than one design of one part is held at a time. The same runs give the same
    bytes with the same versions of the libraries.

    Raises
    ------
    InputError
        Without the `export` extra, and when the file cannot be written.
    """
    try:
        import h5netcdf
    except ModuleNotFoundError as error:
        remedy = "Install it with `pip install policy_lab[export]`."
        raise InputError(Problem(what=f"NetCDF needs the package {error.name}", remedy=remedy)) from error
    with written_whole(path) as temporary, h5netcdf.File(temporary, "w") as file:
        file.attrs.update(_about(wanted))
        axes = _axes(wanted)
        _write_axes(file, axes)
        _write_calendar(file, wanted)
        names = _names(wanted.choice.outcomes, (*axes, "date"))
        for name, plain in names.items():
            _declare(file, wanted, name, plain, axes)
        done = 0
        for part, worlds in wanted.parts():
            for design in wanted.choice.designs:
                _write_paths(file, wanted, names, axes, part, design, worlds)
                done += len(worlds) * len(wanted.choice.futures)
                if progress:
                    progress(done, wanted.cases)
    return path


def _about(wanted: Wanted) -> dict[str, str]:
    manifest = wanted.stored.manifest
    study = study_of(wanted.stored)
    words = study.file.words if study else None
    told = {
        "Conventions": "CF-1.11",
        "title": str(manifest.get("subject", "Modelled runs")),
        "source": f"policy_lab {package_version()}, model SHA-256 {manifest.get('model_sha256', 'not known')}",
        "comment": f"Modelled runs. {words.not_a_forecast}" if words else "Modelled runs.",
        "references": words.sources if words else "",
    }
    return {name: value for name, value in told.items() if value}


def _axes(wanted: Wanted) -> dict[str, tuple[list[Any], str]]:
    """Return every axis: its labels and what it means."""
    stored, choice = wanted.stored, wanted.choice
    axes: dict[str, tuple[list[Any], str]] = {"scenario": (list(choice.scenarios), "what the world does")}
    if stored.areas:
        axes["area"] = ([name or OWN for name in choice.areas], "place from whose figures the run starts")
    if stored.settings:
        axes["setting"] = (list(choice.settings), "constants held by hand")
    axes["design"] = (list(choice.designs), "what is chosen")
    axes["world"] = (list(choice.worlds), "draw of what is not known")
    axes["future"] = (list(choice.futures), "draw of luck inside a world")
    axes["time"] = (list(choice.times), "time since the start")
    for name in choice.outcomes:
        note = stored.outcomes[name]
        for dimension, labels in zip(note.dimensions, note.elements, strict=True):
            axes[_plain(axis_name(dimension))] = (list(labels), axis_name(dimension))
    return axes


def _write_axes(file: h5netcdf.File, axes: Mapping[str, tuple[list[Any], str]]) -> None:
    import h5py  # type: ignore[import-untyped]

    file.dimensions = {name: len(labels) for name, (labels, _) in axes.items()}
    for name, (labels, meaning) in axes.items():
        words = isinstance(labels[0], str)
        kind = h5py.string_dtype("utf-8") if words else np.float64 if name == "time" else np.int32
        variable = file.create_variable(name, (name,), kind)
        variable[...] = np.array(labels, dtype=object if words else kind)
        variable.attrs["long_name"] = meaning


def _write_calendar(file: h5netcdf.File, wanted: Wanted) -> None:
    clock = wanted.stored.clock
    file.variables["time"].attrs["units"] = clock.unit
    calendar = wanted.calendar
    if calendar:
        days = file.create_variable("date", ("time",), np.int32)
        days[...] = np.array([(calendar[time] - clock.start).days for time in wanted.choice.times], dtype=np.int32)
        start = f"days since {clock.start.isoformat()}"
        days.attrs.update({"units": start, "calendar": "standard", "standard_name": "time", "long_name": "date"})


def _declare(file: h5netcdf.File, wanted: Wanted, name: str, plain: str, axes: Mapping[str, Any]) -> None:
    """Make an empty variable, whose chunks each hold paths of one design."""
    note = wanted.stored.outcomes[name]
    own = [_plain(axis_name(dimension)) for dimension in note.dimensions]
    dimensions = (*(axis for axis in axes if axis in _CASE_AXES), *own)
    sizes = [len(axes[axis][0]) for axis in dimensions]
    variable = file.create_variable(
        plain,
        dimensions,
        np.dtype(wanted.stored.precision),
        fillvalue=np.nan,
        chunks=_chunks(dimensions, sizes, len(next(wanted.parts())[1])),
        compression="gzip",
        compression_opts=1,
        shuffle=True,
    )
    variable.attrs.update({"units": note.unit, "long_name": name})
    if wanted.calendar:
        variable.attrs["coordinates"] = "date"


_CASE_AXES = ("scenario", "area", "setting", "design", "world", "future", "time")


def _chunks(dimensions: tuple[str, ...], sizes: list[int], together: int) -> tuple[int, ...]:
    """Return chunks of whole paths: one block and design, and as many futures and worlds as fit.

    The ``together`` worlds that one part writes are whole chunks, because one that is written twice is packed twice.
    """
    chunk = [1] * len(sizes)
    room = _CHUNK
    for at in reversed(range(len(sizes))):
        if dimensions[at] in ("scenario", "area", "setting", "design"):
            break
        fits = max(1, min(sizes[at], room))
        if dimensions[at] == "world":
            fits = max(size for size in range(1, min(fits, together) + 1) if together % size == 0)
        chunk[at] = fits
        room //= fits
    return tuple(chunk)


def _write_paths(
    file: h5netcdf.File,
    wanted: Wanted,
    names: Mapping[str, str],
    axes: Mapping[str, Any],
    part: Part,
    design: str,
    worlds: tuple[int, ...],
) -> None:
    """Copy one design of some worlds of a block."""
    stored, choice = wanted.stored, wanted.choice
    some = replace(choice, designs=(design,), worlds=worlds)
    arrays = part_arrays(stored, part, some)
    labels = {**block_keys(wanted, part), "design": design}
    before = tuple(axes[axis][0].index(label) for axis, label in labels.items())
    places = [choice.worlds.index(world) for world in worlds]
    rising = places == list(range(places[0], places[0] + len(places)))
    for name, plain in names.items():
        variable = file.variables[plain]
        if rising:
            variable[(*before, slice(places[0], places[0] + len(places)), ...)] = arrays[name][0]
            continue
        for at, place in enumerate(places):
            variable[(*before, place, ...)] = arrays[name][0, at]


def _names(outcomes: Iterable[str], taken: Iterable[str]) -> dict[str, str]:
    """Return a name of its own for each outcome, beside those of the axes.

    >>> _names(["Fish stock", "Fish-stock", "time"], ["time"])
    {'Fish stock': 'Fish_stock', 'Fish-stock': 'Fish_stock_2', 'time': 'time_2'}
    """
    used = set(taken)
    names = {}
    for name in outcomes:
        tries = (_plain(name) if number == 1 else f"{_plain(name)}_{number}" for number in count(1))
        names[name] = next(one for one in tries if one not in used)
        used.add(names[name])
    return names


def _plain(name: str) -> str:
    """Return a name of letters, digits and underscores that begins with a letter.

    >>> _plain("Fish stock"), _plain("2nd-hand boats"), _plain("time (subscript)")
    ('Fish_stock', 'v_2nd_hand_boats', 'time_subscript')
    """
    plain = re.sub(r"\W+", "_", name, flags=re.ASCII).strip("_") or "v"
    return plain if plain[0].isalpha() else f"v_{plain}"
