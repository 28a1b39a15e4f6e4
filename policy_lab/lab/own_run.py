"""One run of one's own model with its sliders where they stand, and what there is to say of it."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from policy_lab.analysis.words import count, spoken_unit, two_figures
from policy_lab.engine import CompiledModel, Series, compile_model
from policy_lab.engine.health import numeric_warnings
from policy_lab.errors import InputError, Problem
from policy_lab.lab.own_sliders import OwnSlider, own_sliders
from policy_lab.model.links import element_name
from policy_lab.model.types import Kind, Model
from policy_lab.run.single import refuse_if_large
from policy_lab.run.tables import read_data, waiting_for_data
from policy_lab.study.constants import constant_array
from policy_lab.study.settings import resolve_settings

MARKS = 5000
"""Points that are drawn at once, of all lines together; with more, every line has fewer."""
FEWEST = 21
MOST_ELEMENTS = 200
"""Elements of a variable that is offered for drawing."""
FIRST = 12
"""Charts at first."""
_DRAWN = (Kind.STOCK, Kind.FLOW, Kind.AUXILIARY, Kind.DATA)
_Replaced = Mapping[str, tuple[np.ndarray, np.ndarray]]


@dataclass(frozen=True)
class OwnModel:
    """A model with sliders, ready to run."""

    model: Model
    compiled: CompiledModel
    moves: tuple[OwnSlider, ...]
    offered: tuple[str, ...]
    replaced: _Replaced

    @property
    def first(self) -> tuple[str, ...]:
        """Variables that are drawn first: the stocks, or whatever changes where there are none."""
        stocks = [name for name in self.offered if self.model[name].kind is Kind.STOCK]
        return tuple((stocks or list(self.offered))[:FIRST])

    def run(self, settings: Mapping[str, float], outputs: Sequence[str] | None = None) -> Series:
        """Run it once, as `policy_lab.run_model` does."""
        inputs: dict[str, np.ndarray] = {}
        for one in resolve_settings(self.model, settings):
            inputs[one.variable] = one.applied(
                inputs.get(one.variable, constant_array(self.model, self.model[one.variable]))
            )
        return self.compiled.run(inputs, outputs=outputs, series=self.replaced, threads=1)

    def rows(self, names: Iterable[str]) -> list[tuple[str, str]]:
        """Return each line that is drawn: its variable, and its element."""
        return [(name, label) for name in names for label in _labels(self.model, name)]


def own_model(model: Model | str | Path, data: Iterable[str | Path] = ()) -> OwnModel:
    """Read a model file and make it ready.

    Raises
    ------
    InputError
        For a file that cannot be used, for one that waits for data which is not given, for one that is too large to
        answer while something moves, and for one in which nothing can be moved or drawn.
    """
    from policy_lab.model.kept import read_kept

    read = model if isinstance(model, Model) else read_kept(Path(model))
    files = [Path(path) for path in data]
    waiting = waiting_for_data(read)
    if waiting and not files:
        what = f"needs values over time for its data variables: {', '.join(waiting[:5])}"
        remedy = (
            f'Give a table with a `time` column and one column a variable: pl.lab("{read.path.name}", data="FILE").'
        )
        raise InputError(Problem(what=what, file=read.path, remedy=remedy))
    replaced = read_data(read, files)
    refuse_if_large(read, None, final_time=None, time_step=None)
    compiled = compile_model(read, series=tuple(replaced))
    offered = tuple(
        name for name, one in read.variables.items() if one.kind in _DRAWN and len(_labels(read, name)) <= MOST_ELEMENTS
    )
    moves = own_sliders(read)
    if not offered or not moves:
        what = "has no variable to draw" if moves else "has no constant to move"
        remedy = f"Run it: policy-lab run {read.path.name}"
        raise InputError(Problem(what=what, file=read.path, remedy=remedy))
    return OwnModel(read, compiled, moves, offered, replaced)


def lines(own: OwnModel, series: Series, names: Sequence[str]) -> np.ndarray:
    """Return what is drawn of a run: ``[line, time]``, every saved time."""
    return np.concatenate([series[name][0].reshape(len(series.time), -1).T for name in names])


def points(rows: int, saved: int) -> np.ndarray:
    """Return which saved times are drawn, the first and the last always.

    >>> len(points(4, 121)), len(points(1000, 121)), points(1000, 121)[-1]
    (121, 21, np.int64(120))
    """
    most = min(saved, max(FEWEST, MARKS // max(rows, 1)))
    return np.unique(np.linspace(0, saved - 1, most).round().astype(int))


def warned(own: OwnModel, settings: Mapping[str, float], series: Series) -> list[str]:
    """Say what is wrong with the numbers of a run; where some are none, of all variables, so that causes are named."""
    told = [str(problem) for problem in series.warnings]
    if all(np.isfinite(values).all() for values in series.values.values()):
        return told
    return [*told, *(str(problem) for problem in numeric_warnings(own.run(settings), own.model))]


def finding(
    own: OwnModel, settings: Mapping[str, float], names: Sequence[str], now: np.ndarray, base: np.ndarray
) -> str:
    """Say in one sentence what the moved constants did to what is drawn, by where it ends."""
    if not settings:
        return f"{own.model.name} as the file has it: move a constant to see what follows"
    rows = own.rows(names)
    ends = [(at, float(now[at, -1]), float(base[at, -1])) for at in range(len(rows))]
    known = [(at, new, old) for at, new, old in ends if np.isfinite(new) and np.isfinite(old)]
    if not known:
        return "No usable numbers at the end of this run"
    at, new, old = max(known, key=lambda one: abs(one[1] - one[2]) / (max(abs(one[1]), abs(one[2])) or 1.0))
    name, label = rows[at]
    line, unit = f"{name}[{label}]" if label else name, spoken_unit(own.model[name].unit)
    with_unit = "" if unit == "no unit" else f" {unit}"
    changed = count(len(settings), "constant")
    if abs(new - old) <= 1e-9 * max(abs(new), abs(old), 1e-300):
        return f"{changed} moved: nothing that is drawn ends elsewhere"
    return (
        f"{changed} moved: {line} ends at {two_figures(new)}{with_unit}, and at {two_figures(old)} as the file has it"
    )


def moved_words(own: OwnModel, settings: Mapping[str, float]) -> list[str]:
    """Say which constants were moved, a phrase each."""
    by_name = {one.name: one for one in own.moves}
    return [f"{name} {by_name[name].base:g} → {value:g} {by_name[name].unit}" for name, value in settings.items()]


def command(own: OwnModel, settings: Mapping[str, float]) -> str:
    """Return the command that gives the same numbers."""
    held = [part for name, value in settings.items() for part in ("--set", f"{name}={value!r}")]
    return shlex.join(["policy-lab", "run", own.model.path.name, *held])


def table_csv(own: OwnModel, runs: Mapping[str, np.ndarray], names: Sequence[str], time: np.ndarray) -> str:
    """Return all that is drawn, at every saved time: ``run, variable, element, time, value, unit``."""
    rows = own.rows(names)
    frames = [
        pd.DataFrame(
            {
                "run": run,
                "variable": name,
                "element": label,
                "time": time,
                "value": values[at],
                "unit": spoken_unit(own.model[name].unit),
            }
        )
        for run, values in runs.items()
        for at, (name, label) in enumerate(rows)
    ]
    return str(pd.concat(frames, ignore_index=True).to_csv(index=False, lineterminator="\n"))


def _labels(model: Model, name: str) -> list[str]:
    """Return the elements of a variable, one empty where it has none."""
    from itertools import product

    spelled = [element_name(name, element) for element in product(*model.elements(name))]
    return [one[len(name) :].strip("[]") for one in spelled]
