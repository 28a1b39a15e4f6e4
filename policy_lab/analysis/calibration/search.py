"""The best point and the posterior of a fit, by kept libraries on vectorised runs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from policy_lab.analysis.calibration.checkpoint import EVERY, Block, Checkpoint
from policy_lab.analysis.calibration.likelihood import Fit
from policy_lab.errors import InputError, Problem

Array = np.ndarray
Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Point:
    """The most probable parameters: ``values`` in their units, ``scores``, the log posterior and the runs it took."""

    values: Mapping[str, float]
    scores: Array
    log_posterior: float
    runs: int


@dataclass(frozen=True)
class Posterior:
    """Draws from a posterior, ``scores[ensemble, draw, parameter]``, and how well the ensembles agree.

    ``rhat`` and ``effective`` (sample size) are by parameter, ``accepted`` is the share of proposals taken.
    """

    fit: Fit
    scores: Array
    rhat: Mapping[str, float]
    effective: Mapping[str, float]
    accepted: float

    def thinned(self, count: int) -> Array:
        """Return ``count`` draws, evenly spaced over all chains, ``(count, parameters)`` of scores."""
        flat = self.scores.transpose(1, 0, 2).reshape(-1, self.scores.shape[2])
        return np.asarray(flat[np.linspace(0, len(flat) - 1, count).round().astype(int)])


def best_point(
    fit: Fit,
    *,
    seed: int,
    generations: int = 250,
    population: Array | None = None,
    progress: Progress | None = None,
) -> Point:
    """Search the most probable point by differential evolution (Storn and Price 1997), vectorised over the population.

    Parameters
    ----------
    generations
        At most; the search ends earlier when its population agrees.
    population
        Scores to begin from, ``(members, parameters)``; spread over the priors when not given.
    progress
        Told the generations done, of how many.
    """
    from scipy.optimize import differential_evolution

    size = len(fit.parameters)
    runs, done = [0], [0]

    def cost(columns: Array) -> Array:
        rows = np.atleast_2d(columns.T)
        runs[0] += len(rows)
        found = -fit.log_posterior(rows)
        return np.where(np.isfinite(found), found, 1e12)

    def tell(*_: Any, **__: Any) -> bool:
        done[0] += 1
        if progress:
            progress(min(done[0], generations), generations)
        return False

    found = differential_evolution(
        cost,
        bounds=[(-3.0, 3.0)] * size,
        rng=seed,
        vectorized=True,
        updating="deferred",
        popsize=6,
        maxiter=generations,
        **({"x0": np.zeros(size)} if population is None else {"init": np.clip(population, -3.0, 3.0)}),
        tol=1e-6,
        mutation=(0.4, 0.9),
        polish=False,
        callback=tell,
    )
    values = {name: float(value[0]) for name, value in fit.values(found.x[None]).items()}
    return Point(values, found.x, -float(found.fun), runs[0])


def sample(
    fit: Fit,
    start: Array,
    *,
    seed: int,
    ensembles: int = 4,
    walkers: int = 128,
    steps: int = 1000,
    burn: int = 300,
    progress: Progress | None = None,
    checkpoint: Checkpoint | None = None,
) -> Posterior:
    """Draw from the posterior by an affine-invariant ensemble with differential-evolution moves (emcee).

    Parameters
    ----------
    start
        Scores around which the walkers begin, ``(parameters,)``; each ensemble begins somewhere else.
    ensembles
        Independent ones, whose agreement is judged by R-hat.
    steps, burn
        Steps kept, and steps thrown away before.
    progress
        Told the steps done, of how many.
    checkpoint
        Where steps are kept as they are taken, and where those that are there are taken from: the draws are the same
        as without.

    Raises
    ------
    InputError
        When emcee or arviz is not installed.
    """
    emcee = _needed("emcee")
    each = steps + burn
    chains = []
    for number in range(ensembles):
        generator = np.random.default_rng([seed, number])
        moves = [(emcee.moves.DEMove(), 0.7), (emcee.moves.DESnookerMove(), 0.1), (emcee.moves.StretchMove(), 0.2)]
        sampler = emcee.EnsembleSampler(walkers, len(start), fit.log_posterior, vectorize=True, moves=moves)
        sampler._random = np.random.RandomState(int(generator.integers(2**31)))
        first = np.clip(start + generator.normal(0, 0.5, size=(walkers, len(start))), -3, 3)

        def tell(done: int, before: int = number * each) -> None:
            if progress and not (before + done) % 10:
                progress(before + done, ensembles * each)

        chains.append(_chain(sampler, first, each, number, tell, checkpoint))
    kept = [chain[burn:] for chain in chains]
    moved = [(np.diff(chain, axis=0) != 0).any(axis=2).mean() for chain in chains]
    rhat, effective = agreement(kept, [one.name for one in fit.parameters])
    scores = np.stack([chain.reshape(-1, chain.shape[2]) for chain in kept])
    return Posterior(fit, scores, rhat, effective, float(np.mean(moved)))


def _chain(
    sampler: Any, first: Array, steps: int, ensemble: int, tell: Callable[[int], None], checkpoint: Checkpoint | None
) -> Array:
    """Return all steps of an ensemble, ``(steps, walkers, parameters)``; those that were kept are not taken again."""
    blocks = checkpoint.blocks(ensemble) if checkpoint else []
    parts, number = [block.scores for block in blocks], len(blocks)
    done = sum(len(part) for part in parts)
    begin: Any = first
    if blocks:
        sampler._random.set_state(blocks[-1].random)
        begin = _needed("emcee").State(blocks[-1].scores[-1], log_prob=blocks[-1].log_posterior)
    fresh: list[Array] = []
    taken = sampler.sample(begin, iterations=steps - done, store=False, skip_initial_state_check=bool(blocks))
    with np.errstate(invalid="ignore"):  # a walker that stands and one proposed where no run is finite: not accepted
        for state in taken:
            fresh.append(np.array(state.coords))
            done += 1
            tell(done)
            if checkpoint and (len(fresh) == EVERY or done == steps):
                block = Block(np.stack(fresh), np.array(state.log_prob), sampler._random.get_state())
                checkpoint.add(ensemble, number, block)
                parts.append(block.scores)
                fresh, number = [], number + 1
    return np.concatenate([*parts, np.stack(fresh)] if fresh else parts)


def agreement(chains: list[Array], names: list[str], most: int = 20_000) -> tuple[dict[str, float], dict[str, float]]:
    """Return R-hat and the effective sample size of each parameter.

    R-hat (rank-normalised and split, Vehtari et al. 2021; not-a-number of one ensemble alone) compares the ensembles,
    each laid out step by step: walkers of one ensemble are not independent of one another, ensembles are. The effective
    size is the number of draws over the integrated autocorrelation time of the walkers (Goodman and Weare 2010), added
    up over ensembles.

    Parameters
    ----------
    chains
        One of each ensemble, ``[step, walker, parameter]``.
    most
        Draws of an ensemble that R-hat sees, evenly spaced.
    """
    emcee, arviz = _needed("emcee"), _needed("arviz")
    flat = np.stack([chain.reshape(-1, chain.shape[2]) for chain in chains])
    every = max(1, flat.shape[1] // most)
    single = len(chains) < 2  # nothing to agree with
    rhat = {name: np.nan if single else float(arviz.rhat(flat[:, ::every, at])) for at, name in enumerate(names)}
    sizes = np.zeros(len(names))
    for chain in chains:
        with np.errstate(invalid="ignore"):  # a walker that never moved has no autocorrelation
            times = emcee.autocorr.integrated_time(chain, quiet=True, tol=0)
        times = np.maximum(np.nan_to_num(times, nan=float(chain.shape[0] * chain.shape[1])), 1.0)
        sizes += chain.shape[0] * chain.shape[1] / times
    return rhat, dict(zip(names, sizes.tolist(), strict=True))


def _needed(name: str) -> Any:
    import importlib
    import warnings

    try:
        with warnings.catch_warnings():  # arviz tells of its own future on import
            warnings.simplefilter("ignore", FutureWarning)
            return importlib.import_module(name)
    except ImportError as error:
        remedy = "Install policy_lab with its `calibrate` extra: pip install 'policy_lab[calibrate]'."
        raise InputError(Problem(what=f"a posterior needs the package `{name}`", remedy=remedy)) from error
