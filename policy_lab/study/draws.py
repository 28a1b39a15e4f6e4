"""What is drawn: pure functions from a study, a seed and a count to arrays. The only place where anything is random."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from policy_lab.study.constants import element_index
from policy_lab.study.elements import split_element
from policy_lab.study.posterior import read_posterior
from policy_lab.study.sampling import dirichlet, exponential, quantile, triangular
from policy_lab.study.schema import Draw, Parameter, Scenario, Score
from policy_lab.study.scores import pooled_draws
from policy_lab.study.streams import POSTERIOR_STREAM, Uniforms, uniforms
from policy_lab.study.study import Study, bounded

Seeds = Callable[[Parameter], int]
"""Seed of the stream of a parameter."""


def parameter_draws(
    study: Study, worlds: int, seed_of: Seeds, varies: Callable[[Parameter], bool], draw: Uniforms = uniforms
) -> dict[str, np.ndarray]:
    """Return every constant that differs between worlds: ``(worlds, *dims)`` in its own unit.

    Parameters
    ----------
    study
        Gives ranges and distributions.
    worlds
        How many draws.
    seed_of, varies
        The seed of a parameter, and whether it varies; one that does not stays at its base value.
    draw
        Gives the quantiles of a stream.
    """
    drawn: dict[str, np.ndarray] = {}
    shares: dict[tuple[str, tuple[str, ...]], list[Parameter]] = {}
    for spelled, parameter in study.parameters.items():
        if not parameter.varies or not varies(parameter):
            continue
        name, elements = split_element(spelled)
        if parameter.distribution == "dirichlet":
            shares.setdefault((name, elements[:-1]), []).append(parameter)
            continue
        u = draw(seed_of(parameter), f"parameter/{spelled}", worlds)
        low, high = _range(parameter)
        values = quantile(parameter.distribution, u, base=parameter.base, low=low, high=high)
        _put(drawn, study, spelled, values)
    for rows in shares.values():
        u = np.stack([draw(seed_of(row), f"parameter/{row.variable}", worlds) for row in rows], axis=-1)
        ranges = [_range(row) for row in rows]
        values = dirichlet(u, [row.base for row in rows], [low for low, _ in ranges], [high for _, high in ranges])
        for at, row in enumerate(rows):
            _put(drawn, study, row.variable, values[:, at])
    return drawn


def posterior_draws(study: Study, worlds: int, seed: int, draw: Uniforms = uniforms) -> dict[str, np.ndarray]:
    """Return a whole saved draw for each world, so that values belong together: by constant or element, ``(worlds,)``.

    Raises
    ------
    InputError
        When no posterior was saved, or it cannot be used.
    """
    saved = read_posterior(study)
    count = len(next(iter(saved.values())))
    chosen = np.minimum((draw(seed, POSTERIOR_STREAM, worlds) * count).astype(int), count - 1)
    return {name: values[chosen] for name, values in saved.items()}


def put_draws(study: Study, inputs: Mapping[str, np.ndarray], drawn: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Return the inputs with draws by constant or element put in, ``(worlds, *dims)`` each."""
    found = {name: np.array(values) for name, values in inputs.items()}
    for spelled, values in drawn.items():
        _put(found, study, spelled, values)
    return found


def score_draws(score: Score, name: str, worlds: int, seed: int, varies: bool, draw: Uniforms = uniforms) -> np.ndarray:
    """Return ``(worlds,)`` draws of one judged score, or its mode where scores do not vary."""
    if not varies:
        return np.full(worlds, float(score.mode))
    return triangular(draw(seed, f"lever/{name}", worlds), score.low, score.mode, score.high)


def lever_draws(
    study: Study, design: str, lever: str, worlds: int, seed: int, varies: bool, draw: Uniforms = uniforms
) -> np.ndarray:
    """Return ``(worlds,)`` intended scores of one lever: the design's own draw plus that of each overlay."""
    base, overlays = study.design_parts(design)
    if study.scores is not None and varies:
        scores = pooled_draws(study.scores, base, lever, worlds, seed, draw)
    else:
        scores = score_draws(study.designs[base].levers[lever], f"{base}/{lever}", worlds, seed, varies, draw)
    for name in overlays:
        overlay = study.overlays[name]
        if lever in overlay.adds:
            scores = scores + score_draws(overlay.adds[lever], f"{name}/{lever}", worlds, seed, varies, draw)
            ceiling = overlay.bounded_at if study.file.levers[lever].unit == "Dmnl" else None
            scores = np.array([bounded(float(score), ceiling) for score in scores])
    return scores


def disruption_draws(
    study: Study, design: str, worlds: int, seed: int, varies: bool, draw: Uniforms = uniforms
) -> np.ndarray:
    """Return ``(worlds,)`` costs of changing to a design, in the transition variable's unit; the base is free."""
    costs = np.zeros(worlds)
    for name, score in change_scores(study, design).items():
        costs = costs + score_draws(score, f"{name}/disruption", worlds, seed, varies, draw)
    return costs


def change_scores(study: Study, design: str) -> dict[str, Score]:
    """Return what changing from the base design to another costs, by the design and the overlays that are new."""
    base, overlays = study.design_parts(design)
    kept, kept_overlays = study.design_parts(study.file.comparison.base)
    scores = {} if base == kept else {base: study.designs[base].disruption}
    for name in overlays:
        disruption = study.overlays[name].disruption
        if disruption is not None and not (base == kept and name in kept_overlays):
            scores[name] = disruption
    return scores


def future_draws(
    study: Study, scenario: str, worlds: int, futures: int, seed: int, varies: bool
) -> dict[str, np.ndarray]:
    """Return every constant that the scenario sets or draws: ``(worlds, futures, *dims)``.

    Each world has futures of its own; where luck does not vary, all worlds see those of the first.
    """
    found: dict[str, np.ndarray] = {}
    whole: Scenario = study.scenario(scenario)
    for name, values in set_constants(study, whole.set).items():
        found[name] = np.broadcast_to(values, (worlds, futures, *values.shape))
    for name, draw in whole.draw.items():
        shape = study.constants[name].shape
        stem = f"future/{study.draw_owner(scenario, name)}/{name}"
        u = [uniforms(seed, f"{stem}/{world}", futures, *shape) for world in range(worlds if varies else 1)]
        found[name] = np.broadcast_to(_luck(draw, np.stack(u)), (worlds, futures, *shape))
    return found


def set_constants(study: Study, values: Mapping[str, float | tuple[float, ...]]) -> dict[str, np.ndarray]:
    """Return the constants, ``(*dims)``, that a scenario sets: ``Name``, or ``Name[element]`` and the rest at base."""
    found: dict[str, np.ndarray] = {}
    for spelled in sorted(values, key=lambda spelled: len(split_element(spelled)[1])):  # whole constants first
        name, elements = split_element(spelled)
        array = np.array(found.get(name, study.constants[name]))
        index: tuple[Any, ...] = (..., *(element_index(study.model, name, elements) if elements else ()))
        array[index] = values[spelled]
        found[name] = array
    return found


def members_array(study: Study, members: tuple[str, ...]) -> np.ndarray:
    """Return 1 for each element of the membership dimension that is a member, 0 for the others."""
    membership = study.file.membership
    if membership is None:
        return np.zeros(0)
    return np.array([float(element in members) for element in study.model.elements(membership.variable)[0]])


def _luck(draw: Draw, u: np.ndarray) -> np.ndarray:
    """Turn uniforms ``(worlds, futures, *dims)`` into what the scenario draws."""
    low, mode, high = (value if value is not None else 0.0 for value in (draw.low, draw.mode, draw.high))
    match draw.distribution:
        case "poisson times":
            return low + np.cumsum(exponential(u, 1 / (draw.rate or 1.0)), axis=-1)
        case "exponential thresholds":
            return np.cumsum(exponential(u, 1.0), axis=-1)
        case "exponential":
            return exponential(u, draw.mean or 1.0)
        case "triangular":
            return triangular(u, low, mode, high)
        case _:
            return quantile(draw.distribution, u, base=low, low=low, high=high)


def _range(parameter: Parameter) -> tuple[float, float]:
    """Return the range of a parameter that varies; its schema has made sure that there is one."""
    low = parameter.base if parameter.low is None else parameter.low
    return low, parameter.base if parameter.high is None else parameter.high


def _put(drawn: dict[str, np.ndarray], study: Study, spelled: str, values: np.ndarray) -> None:
    """Write ``(worlds,)`` draws into the array of their constant; elements without a draw keep their base."""
    name, elements = split_element(spelled)
    base = study.constants[name]
    if name not in drawn:
        drawn[name] = np.array(np.broadcast_to(base, (len(values), *base.shape)))
    if elements:
        drawn[name].reshape(len(values), -1)[:, _flat(study, name, elements)] = values
    else:
        drawn[name][...] = values.reshape(-1, *(1,) * base.ndim)


def _flat(study: Study, name: str, elements: tuple[str, ...]) -> int:
    """Return where an element lies in the flattened array of its constant."""
    return int(np.ravel_multi_index(element_index(study.model, name, elements), study.constants[name].shape))


def frozen(inputs: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Return the arrays read-only, so that no run can leave a trace in a plan's draws."""
    fixed = {}
    for name, values in inputs.items():
        view = values.view()
        view.setflags(write=False)
        fixed[name] = view
    return fixed
