"""Derivatives of outcomes with respect to constants: exact where the equations have them, else by finite steps.

The equations are differentiated and run beside themselves (`policy_lab.engine.tangent`), a lane for each constant. Two
central differences, extrapolated, check every result. Where they disagree (a corner or a jump near the constant's own
value), or an equation has no derivative (``INTEGER``, a seed of random numbers), finite steps are taken instead: every
constant is moved up and down by steps from a tenth of its value to a thousandth, all as runs of one batch, and Ridders'
extrapolation (Advances in Engineering Software 4, 1982) goes from there to a step of nothing and says how far it can be
trusted. The result says which way each number was found, and why.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from policy_lab.engine.cases import by_input, place_of
from policy_lab.engine.forward import directions, unavailable
from policy_lab.engine.inputs import Input, shaped
from policy_lab.engine.series import Series
from policy_lab.engine.subscripts import element_names
from policy_lab.errors import InputError, Problem, nearest_names
from policy_lab.model.types import plain_name

if TYPE_CHECKING:
    from policy_lab.engine.compiled import CompiledModel

Array = NDArray[np.float64]
_STEPS = 8
_FIRST = 0.1  # of the constant's value; where that is 0, in its unit
_SMALLER = 2.0
_CHECKS = np.array([1e-4, 2.5e-5])  # steps of the differences that check an exact derivative
_AGREES = 1e-5  # and how close they come to it
_NEAR = "a corner or a jump near the constant's own value"


@dataclass(frozen=True)
class Sensitivities:
    """Derivatives of outcomes with respect to constants.

    Parameters
    ----------
    time
        When, in the model's unit of time: shape (times,).
    outputs, constants
        Names of elements, as PySD spells them (``Fleet[north]``).
    values
        d(output)/d(constant), shape (times, outputs, constants), in the unit of the output over that of the constant.
    errors
        How far each may be off, estimated: the same shape and unit. Infinite where no two steps agree at all.
    smooth
        False where the outcome has a corner or a jump at the constant's own value, so that there is no one derivative:
        the value is then the mean of both sides.
    at
        The constants' values, shape (constants,).
    base
        The outcomes there, shape (times, outputs).
    exact
        True where the equations were differentiated, False where finite steps were taken: the shape of ``values``.
    why
        By (output, constant), why finite steps were taken, where they were at any time.
    output_units, constant_units
        Units, in the order of the names.
    """

    time: Array
    outputs: tuple[str, ...]
    constants: tuple[str, ...]
    values: Array
    errors: Array
    smooth: NDArray[np.bool_]
    at: Array
    base: Array
    output_units: tuple[str, ...]
    constant_units: tuple[str, ...]
    exact: NDArray[np.bool_]
    why: Mapping[tuple[str, str], str]

    def __getitem__(self, names: tuple[str, str]) -> Array:
        """Return d(output)/d(constant) for ``[output, constant]``, shape (times,)."""
        output, constant = names
        return self.values[:, _position(output, self.outputs), _position(constant, self.constants)]

    @property
    def elasticities(self) -> Array:
        """Per cent by which an output changes for one per cent of a constant: shape (times, outputs, constants)."""
        with np.errstate(all="ignore"):
            return np.asarray(self.values * self.at / self.base[..., None], dtype=np.float64)

    def to_frame(self) -> Any:
        """Return a pandas DataFrame with a row for each time, output and constant."""
        import pandas as pd

        index = pd.MultiIndex.from_product(
            [self.time, self.outputs, self.constants], names=["time", "output", "constant"]
        )
        units = [f"({a or 'Dmnl'})/({b or 'Dmnl'})" for a in self.output_units for b in self.constant_units]
        columns = {
            "derivative": self.values.ravel(),
            "error": self.errors.ravel(),
            "elasticity": self.elasticities.ravel(),
            "smooth": self.smooth.ravel(),
            "exact": self.exact.ravel(),
            "unit": units * len(self.time),
        }
        return pd.DataFrame(columns, index=index).reset_index()

    def __repr__(self) -> str:
        return f"Sensitivities({len(self.outputs)} outputs, {len(self.constants)} constants, {len(self.time)} times)"


def sensitivities(
    compiled: CompiledModel,
    outputs: Sequence[str],
    constants: Sequence[str],
    inputs: Mapping[str, ArrayLike] | None = None,
    times: Sequence[float] | None = None,
    **options: Any,
) -> Sensitivities:
    """Return derivatives: see :meth:`policy_lab.engine.CompiledModel.sensitivities`."""
    known = compiled.inputs
    base = _base(known, by_input(compiled.model, known, inputs or {}, allow_nan=False))
    moved = _chosen_constants(compiled, constants)
    asked = _Asked(compiled, outputs, times, base, moved, options)
    reason = unavailable(compiled, options)
    names, labels = asked.outcomes(), tuple(_element(known[name], place) for name, place in moved)
    if reason:
        found = _finite(asked, moved)
        why = {(output, label): reason for output in names.labels for label in labels}
    else:
        found, why = _checked(asked, labels)
    result = Sensitivities(
        time=names.time,
        outputs=names.labels,
        constants=labels,
        values=np.moveaxis(found.values, 0, -1),
        errors=np.moveaxis(found.errors, 0, -1),
        smooth=np.moveaxis(found.smooth, 0, -1),
        at=np.array([base[name][place] for name, place in moved]),
        base=names.base,
        output_units=names.units,
        constant_units=tuple(known[name].unit for name, _ in moved),
        exact=np.moveaxis(found.exact, 0, -1),
        why=MappingProxyType(why),
    )
    for array in (result.time, result.values, result.errors, result.smooth, result.at, result.base, result.exact):
        array.flags.writeable = False
    return result


@dataclass(frozen=True)
class _Found:
    """Derivatives and what is known of them, each of shape (constants, times, outputs)."""

    values: Array
    errors: Array
    smooth: NDArray[np.bool_]
    exact: NDArray[np.bool_]


@dataclass(frozen=True)
class _Outcomes:
    """The outcomes of the base run: ``base`` of shape (times, outputs)."""

    time: Array
    labels: tuple[str, ...]
    units: tuple[str, ...]
    base: Array


@dataclass(frozen=True)
class _Asked:
    """What derivatives are asked of, and where."""

    compiled: CompiledModel
    outputs: Sequence[str]
    times: Sequence[float] | None
    base: Mapping[str, Array]
    moved: list[tuple[str, tuple[int, ...]]]
    options: Mapping[str, Any]

    def run(self, inputs: Mapping[str, ArrayLike]) -> Series:
        """Run the model, keeping the variables that outputs name."""
        return self.compiled.run(inputs, outputs=_variables(self.compiled, self.outputs), **self.options)

    def chosen(self, series: Series) -> tuple[tuple[str, ...], Array, tuple[str, ...]]:
        """Return names, values (runs, times, outputs) and units of what is asked for, at the times asked for."""
        names, values, units = _chosen_outputs(series, self.outputs)
        return names, values[:, _rows(series, self.times)], units

    def outcomes(self) -> _Outcomes:
        """Return the outcomes where no constant moves."""
        series = self.run(self.base)
        names, values, units = self.chosen(series)
        return _Outcomes(series.time[_rows(series, self.times)], names, units, values[0].copy())

    def sides(self, moved: list[tuple[str, tuple[int, ...]]], steps: Array) -> tuple[Array, Array, Array, Array]:
        """Return the base outcomes, those with each constant moved up and down by each step, and the distances.

        Shapes (times, outputs), (constants, 2, steps, times, outputs), and (constants, steps) both ways.
        """
        at = np.array([self.base[name][place] for name, place in moved])[:, None]
        up, down = at + steps, at - steps
        _, values, _ = self.chosen(self.run(_lanes(self.base, moved, up, down)))
        sides = values[1:].reshape(len(moved), 2, steps.shape[1], *values.shape[1:])
        return values[0], sides, up - at, at - down


def _sizes(asked: _Asked, moved: list[tuple[str, tuple[int, ...]]]) -> Array:
    """Return what a step of each constant is a share of: its value; its unit where that is 0."""
    at = np.array([asked.base[name][place] for name, place in moved])
    return np.where(at == 0.0, 1.0, np.abs(at))[:, None]


def _finite(asked: _Asked, moved: list[tuple[str, tuple[int, ...]]]) -> _Found:
    """Return derivatives by finite steps with Ridders' extrapolation."""
    steps = _FIRST * _sizes(asked, moved) / _SMALLER ** np.arange(_STEPS)
    base, sides, above, below = asked.sides(moved, steps)
    above, below = above[..., None, None], below[..., None, None]
    found, errors = _extrapolated((sides[:, 0] - sides[:, 1]) / (above + below))
    return _Found(found, errors, _smooth(base, sides, above, below, found), np.zeros(found.shape, dtype=bool))


def _checked(asked: _Asked, labels: tuple[str, ...]) -> tuple[_Found, dict[tuple[str, str], str]]:
    """Return exact derivatives where two differences bear them out, and those by finite steps where they do not."""
    base_run = asked.run(asked.base)
    made = directions(asked.compiled, list(base_run.values), asked.base, asked.moved, asked.options)
    names, exact, _ = asked.chosen(replace(base_run, values=made.values))
    of = {label: name for name in base_run.values for label in base_run.element_names(name)}
    free = np.array([[of[name] not in made.blocked[moved] for name in names] for moved, _ in asked.moved])
    base, sides, above, below = asked.sides(asked.moved, _sizes(asked, asked.moved) * _CHECKS)
    with np.errstate(all="ignore"):
        wide, narrow = np.moveaxis((sides[:, 0] - sides[:, 1]) / (above + below)[..., None, None], 1, 0)
        limit = narrow + (narrow - wide) / ((_CHECKS[0] / _CHECKS[1]) ** 2 - 1)
        noise = 1e-13 * np.abs(base) / above[:, -1, None, None]
        agreed = np.abs(exact - limit) <= _AGREES * np.maximum(np.abs(exact), np.abs(limit)) + 100 * noise
    good = agreed & free[:, None, :]
    errors = np.where(good, 1e-13 * np.abs(exact) * max(len(base_run.time), 1), np.inf)
    found = _Found(np.where(good, exact, np.nan), errors, good, good.copy())
    doubtful = [number for number in range(len(asked.moved)) if not good[number].all()]
    if not doubtful:
        return found, {}
    other = _finite(asked, [asked.moved[number] for number in doubtful])
    why: dict[tuple[str, str], str] = {}
    for place, number in enumerate(doubtful):
        lost = ~good[number]
        for mine, theirs in ((found.values, other.values), (found.errors, other.errors), (found.smooth, other.smooth)):
            mine[number][lost] = theirs[place][lost]
        for column in np.flatnonzero(lost.any(axis=0)):
            why[names[column], labels[number]] = made.blocked[asked.moved[number][0]].get(of[names[column]], _NEAR)
    return found, why


def _base(known: Mapping[str, Input], inputs: Mapping[str, ArrayLike]) -> dict[str, Array]:
    """Return the value of every input, for one run."""
    base = {name: one.default for name, one in known.items()}
    for name, value in inputs.items():
        base[name] = shaped(known[name], value)
        if base[name].shape != known[name].shape:
            what = f"`{name}` is given for several runs; derivatives are taken at one"
            raise InputError(Problem(what=what, remedy=f"Give an array of shape {known[name].shape}."))
    return base


def _chosen_constants(compiled: CompiledModel, constants: Sequence[str]) -> list[tuple[str, tuple[int, ...]]]:
    """Return each element that is moved: its input, and where it stands."""
    chosen: dict[tuple[str, tuple[int, ...]], None] = {}
    problems: list[Problem] = []
    for asked in [constants] if isinstance(constants, str) else constants:
        try:
            name, place = place_of(compiled.model, compiled.inputs, asked)
        except InputError as error:
            problems.extend(error.problems)
            continue
        places = np.ndindex(*compiled.inputs[name].shape) if place is None else [place]
        chosen |= {(name, tuple(int(part) for part in one)): None for one in places}
    if not chosen and not problems:
        problems.append(Problem(what="no constants to move"))
    if problems:
        raise InputError(*problems)
    return list(chosen)


def _lanes(
    base: Mapping[str, Array], moved: list[tuple[str, tuple[int, ...]]], up: Array, down: Array
) -> dict[str, Array]:
    """Return inputs for all runs: the base first, then each constant up by every step, then down."""
    runs = 1 + up.size + down.size
    lanes: dict[str, Array] = {name: value for name, value in base.items() if name not in {one for one, _ in moved}}
    for number, (name, place) in enumerate(moved):
        if name not in lanes:
            lanes[name] = np.array(np.broadcast_to(base[name], (runs, *base[name].shape)))
        first = 1 + 2 * up.shape[1] * number
        where: tuple[Any, ...] = (slice(first, first + 2 * up.shape[1]), *place)
        lanes[name][where] = np.concatenate([up[number], down[number]])
    return lanes


def _variables(compiled: CompiledModel, outputs: Sequence[str]) -> list[str]:
    """Return the variables that outputs name, whole or by one element."""
    asked = [outputs] if isinstance(outputs, str) else list(outputs)
    if not asked:
        raise InputError(Problem(what="no outputs to look at"))
    plain = {plain_name(name) for name in compiled.model.variables}
    return [one if plain_name(one) in plain else one.partition("[")[0].strip() for one in asked]


def _chosen_outputs(series: Series, outputs: Sequence[str]) -> tuple[tuple[str, ...], Array, tuple[str, ...]]:
    """Return names, values of shape (runs, times, outputs) and units of the elements that were asked for."""
    columns: dict[str, tuple[Array, str]] = {}
    for name, values in series.values.items():
        flat = values.reshape(*values.shape[:2], -1)
        columns |= {label: (flat[..., k], series.units[name]) for k, label in enumerate(series.element_names(name))}
    chosen: dict[str, None] = {}
    for asked in [outputs] if isinstance(outputs, str) else outputs:
        whole = next((name for name in series.values if plain_name(name) == plain_name(asked)), None)
        every = tuple(columns)
        chosen |= dict.fromkeys([every[_position(asked, every)]] if whole is None else series.element_names(whole))
    values = np.stack([columns[name][0] for name in chosen], axis=-1)
    return tuple(chosen), values, tuple(columns[name][1] for name in chosen)


def _position(name: str, names: tuple[str, ...]) -> int:
    wanted = plain_name(name).replace(" ", "")
    for place, one in enumerate(names):
        if plain_name(one).replace(" ", "") == wanted:
            return place
    raise InputError(Problem(what=f"`{name}` is not among them", nearest=nearest_names(name, names)))


def _rows(series: Series, times: Sequence[float] | None) -> list[int]:
    """Return where the times that are asked for stand among those saved; the last one when none is."""
    if times is None:
        return [len(series.time) - 1]
    rows = [np.flatnonzero(np.isclose(series.time, time, rtol=0, atol=1e-9)) for time in np.atleast_1d(times)]
    missing = [f"{time:g}" for time, found in zip(np.atleast_1d(times), rows, strict=True) if not len(found)]
    if missing or not rows:
        what = f"{', '.join(missing) or 'nothing'} is not among the times that are saved"
        raise InputError(Problem(what=what, remedy="Set `save_period`."))
    return [int(found[0]) for found in rows]


def _extrapolated(differences: Array) -> tuple[Array, Array]:
    """Return Ridders' limit of differences (constants, steps, times, outputs) at no step, and its error."""
    best = differences[:, -1].copy()
    least = np.full(best.shape, np.inf)
    before = [differences[:, 0]]
    with np.errstate(all="ignore"):
        for step in range(1, _STEPS):
            row = [differences[:, step]]
            for order in range(1, step + 1):
                factor = _SMALLER ** (2 * order)
                row.append((factor * row[-1] - before[order - 1]) / (factor - 1))
                error = np.maximum(np.abs(row[-1] - row[-2]), np.abs(row[-1] - before[order - 1]))
                better = error < least
                best, least = np.where(better, row[-1], best), np.where(better, error, least)
            before = row
    return best, least


def _smooth(base: Array, sides: Array, above: Array, below: Array, found: Array) -> NDArray[np.bool_]:
    """Tell where the slopes of the two sides come together as the step falls: (constants, times, outputs)."""
    with np.errstate(all="ignore"):
        corner = np.abs(
            (sides[:, 0] - base) / above - (base - sides[:, 1]) / below
        )  # (constants, steps, times, outputs)
        noise = 1e-12 * np.abs(base) / above[:, -1]
        steepest = np.maximum(np.abs(found), corner[:, -1])
        cornered = (corner[:, -1] > 0.25 * corner[:, 0]) & (corner[:, -1] > 1e-3 * steepest) & (corner[:, -1] > noise)
    return np.asarray(~cornered & np.isfinite(found))


def _element(known: Input, place: tuple[int, ...]) -> str:
    labels = element_names(known.name, known.elements)
    return labels[int(np.ravel_multi_index(place, known.shape))] if known.shape else labels[0]
