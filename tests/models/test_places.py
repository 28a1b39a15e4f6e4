"""Every place of every study runs: it comes to rest, stays there, and takes shocks without going wrong."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest

from policy_lab.engine import Series, compile_model
from policy_lab.engine.rest import Rest, solve_rest
from policy_lab.model.types import Kind
from policy_lab.run.batch import with_anchors
from policy_lab.study import Study, find_studies, open_study

WITH_PLACES = [entry.name for entry in find_studies() if open_study(entry.name).file.areas]
TWENTY_YEARS, TEN_YEARS = 240, 120
ROUNDING = 1e-9
"""A stock that is solved to be empty may stand a hair below nil."""


@dataclass(frozen=True)
class Sweep:
    """All places of a study at once, central values, base design."""

    names: tuple[str, ...]
    stocks: tuple[str, ...]
    lost: tuple[str, ...]
    """Places whose reference was not found."""
    rest: Rest
    quiet: Series
    shaken: Series


@pytest.fixture(scope="module", params=WITH_PLACES)
def sweep(request: pytest.FixtureRequest) -> Sweep:
    study: Study = open_study(request.param)
    places = study.areas()
    base = study.file.comparison.base
    plan = study.plan(designs=[base], worlds=len(places), futures=1).with_(places=tuple(places), vary=())
    compiled = compile_model(study.model)
    worlds, faults = with_anchors(plan, compiled)
    anchored = {name: worlds[name] for name in (study.file.reference.anchors if study.file.reference else {})}
    still = {**plan.rest_inputs(base), **anchored}
    rest = solve_rest(compiled, still)
    stocks = tuple(name for name, variable in study.model.variables.items() if variable.kind is Kind.STOCK)
    moving = {name: values[:, 0] for name, values in plan.future_inputs().items()}
    run = {"start": rest.states, "outputs": list(stocks), "allow_nan": True}
    names = tuple(place.name for place in places.values())
    return Sweep(
        names,
        stocks,
        tuple(names[world] for world in faults),
        rest,
        compiled.run(still, final_time=TWENTY_YEARS, save_period=24, **run),
        compiled.run({**worlds, **plan.design_inputs(base), **moving}, final_time=TEN_YEARS, save_period=1, **run),
    )


def guilty(sweep: Sweep, found: np.ndarray) -> list[str]:
    """Return the places of which something is true, ``(places, …)``."""
    return [sweep.names[place] for place in np.flatnonzero(found.reshape(len(sweep.names), -1).any(axis=1))]


def test_every_place_comes_to_rest(sweep: Sweep) -> None:
    """None of them is lost; were one, its name would stand here."""
    assert (guilty(sweep, ~sweep.rest.converged), sweep.lost) == ([], ())


def test_no_place_drifts_at_rest(sweep: Sweep) -> None:
    """One per cent in twenty years. A stock that grows by the same amount for ever only adds up, and is not at rest."""
    drifting: dict[str, list[str]] = {}
    for stock in sweep.stocks:
        path = sweep.quiet[stock].reshape(len(sweep.names), len(sweep.quiet.time), -1)
        steps = np.diff(path, axis=1)
        adds_up = np.isclose(steps, steps[:, :1], rtol=1e-3, atol=1e-9) & (steps[:, :1] > 0)
        change = np.abs(path - path[:, :1])[:, 1:] / np.maximum(np.abs(path[:, :1]), 1e-6)
        if not adds_up.all() and (change > 0.01).any():
            drifting[stock] = guilty(sweep, change > 0.01)
    assert drifting == {}


@pytest.mark.parametrize("when", ["quiet", "shaken"])
def test_no_place_crashes_or_goes_negative(sweep: Sweep, when: str) -> None:
    series = sweep.quiet if when == "quiet" else sweep.shaken
    broken = {stock: guilty(sweep, ~np.isfinite(series[stock])) for stock in sweep.stocks}
    below = {stock: guilty(sweep, series[stock] < -ROUNDING) for stock in sweep.stocks}
    assert not any(broken.values()), {stock: places for stock, places in broken.items() if places}
    assert not any(below.values()), {stock: places for stock, places in below.items() if places}


def test_shocks_move_places_and_not_all_alike(sweep: Sweep) -> None:
    """Or the sweep would show nothing."""
    moved = [
        np.abs(sweep.shaken[stock][:, -1] - sweep.shaken[stock][:, 0]).reshape(len(sweep.names), -1).sum(axis=1)
        for stock in sweep.stocks
    ]
    assert all(max(change[place] for change in moved) > 0 for place in range(len(sweep.names)))
    assert any(change.std() > 0 for change in moved)
