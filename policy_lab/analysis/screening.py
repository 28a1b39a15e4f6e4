"""Which inputs matter for an output, by the methods of SALib: where to look, and what was seen there.

Inputs are quantiles between 0 and 1 here, so that every method meets a uniform distribution; what they stand for is
the caller's. Inputs may be moved together, in bundles.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import pairwise
from types import MappingProxyType
from typing import Any, Final, Literal

import numpy as np

from policy_lab.analysis.needed import needed
from policy_lab.errors import InputError, Problem

Method = Literal["morris", "sobol", "pawn", "delta"]

METHODS: Final[tuple[Method, ...]] = ("morris", "sobol", "pawn", "delta")
LEVELS = 4
"""Levels of a Morris design; a step moves an input by two thirds of its span."""
SPAN = (0.05, 0.95)
"""Quantiles between which a Morris design moves an input: the ends themselves are reached by no world."""
DUMMIES = 5
"""Columns without any meaning beside the inputs, where the method looks at a plain sample."""
CONFIDENCE = 0.9
SLIDES = 10
"""Parts into which PAWN cuts the range of an input."""
MEANS: Final = MappingProxyType(
    {
        "morris": "mean absolute change as the input moves from its 5 to its 95 % quantile",
        "sobol": "total share of the variance",
        "pawn": "median distance of the distributions, 0 to 1",
        "delta": "shift of the distribution, 0 to 1",
    }
)
"""What the index of each method is."""
NOTHING = 1e-12
"""A spread of the output below this share of its size is rounding."""


@dataclass(frozen=True)
class Sampled:
    """Where to look: ``quantiles`` are ``(rows, inputs)``; rows come in blocks of ``block`` that belong together.

    ``bundles`` names the bundle of each input; ``design`` holds what the method itself wants back.
    """

    method: Method
    quantiles: np.ndarray
    bundles: tuple[str, ...]
    block: int
    seed: int
    design: np.ndarray = field(repr=False)

    @property
    def titles(self) -> tuple[str, ...]:
        """The bundles, each once, in order."""
        return tuple(dict.fromkeys(self.bundles))

    def usable(self, output: np.ndarray) -> np.ndarray:
        """Return which rows belong to a block without a failed run, ``(rows,)``."""
        whole = np.isfinite(output).reshape(-1, self.block).all(axis=1)
        return np.repeat(whole, self.block)


@dataclass(frozen=True)
class Screen:
    """How much each bundle matters, one entry a bundle.

    ``low`` and ``high`` are the 5 and 95 % ends of ``importance`` (bootstrap over blocks of rows); ``direction`` is the
    sign of the effect where the method knows one, as a number between −1 and 1; ``interplay`` what the bundle does
    unevenly or only together with others (Morris: standard deviation of its effects; Sobol: total less alone).
    ``floor`` is what an input that does nothing could reach by chance.
    """

    importance: np.ndarray
    low: np.ndarray
    high: np.ndarray
    direction: np.ndarray
    interplay: np.ndarray
    floor: float


def rows_wanted(method: Method, bundles: int, budget: int) -> int:
    """Return how many blocks of a method fit into a budget of rows: at least 4, for Sobol a power of two."""
    size = {"morris": bundles + 1, "sobol": bundles + 2}.get(method, 1)
    blocks = max(4, budget // size)
    if method == "sobol":
        return int(2 ** max(4, np.floor(np.log2(blocks))))
    most = {"morris": 20, "delta": 400}.get(method, blocks)  # delta estimates thousands of densities
    return min(blocks, most)


def sampled(method: Method, bundles: Sequence[str], blocks: int, seed: int) -> Sampled:
    """Return where to look.

    Parameters
    ----------
    method
        ``morris``: trajectories that move one bundle at a time (Morris 1991, *Technometrics* 33:161-174). ``sobol``:
        two samples, and each bundle in turn taken from the second (Saltelli et al. 2010, *Computer Physics
        Communications* 181:259-270). ``pawn``, ``delta``: a Latin hypercube.
    bundles
        The bundle of each input; inputs of one bundle move together.
    blocks
        Trajectories, base samples (a power of two) or rows.

    Raises
    ------
    InputError
        For inputs in bundles under a method that knows none, and where SALib is not installed.
    """
    problem = _problem(bundles)
    grouped = len(set(bundles)) < len(bundles)
    module = needed(f"SALib.sample.{'latin' if method in ('pawn', 'delta') else method}", "discovery", "sensitivity")
    if method == "morris":
        design = module.sample(problem, blocks, num_levels=LEVELS, seed=seed + 1)
        quantiles = SPAN[0] + design * (SPAN[1] - SPAN[0])
        return Sampled(method, quantiles, tuple(bundles), len(set(bundles)) + 1, seed, design)
    if method == "sobol":
        design = module.sample(problem, blocks, calc_second_order=False, seed=seed + 1)
        return Sampled(method, design, tuple(bundles), len(set(bundles)) + 2, seed, design)
    if grouped:
        remedy = "Use `morris` or `sobol`, or look at single inputs."
        raise InputError(Problem(what=f"`{method}` does not look at groups of inputs", remedy=remedy))
    design = module.sample(_problem([*bundles, *_dummies()]), blocks, seed=seed + 1)
    return Sampled(method, design[:, : len(bundles)], tuple(bundles), 1, seed, design)


def screened(found: Sampled, output: np.ndarray, luck: np.ndarray | None = None, resamples: int = 200) -> Screen:
    """Return how much each bundle matters for an output.

    Parameters
    ----------
    found
        Where was looked.
    output
        ``(rows,)``; rows of a block with a not-a-number are left out with it.
    luck
        Changes of the output, of any number, when other luck is drawn and nothing else: the floor of ``morris`` and
        ``sobol``. A column without meaning has no effect at all there, because runs are deterministic; the only chance
        in an effect is that of the futures. Without it that floor is nil.
    resamples
        Bootstrap resamples for intervals.

    Raises
    ------
    InputError
        When fewer than two blocks are whole.
    """
    keep = found.usable(output)
    count = len(found.titles)
    if keep.sum() < 2 * found.block:
        raise InputError(Problem(what="too many runs failed to say what matters", remedy="Ask for more samples."))
    values = output[keep]
    if np.ptp(values) <= NOTHING * max(1.0, float(np.abs(values).max())):
        zero = np.zeros(count)
        return Screen(zero, zero, zero, zero, zero, 0.0)
    design = found.design[keep]
    if found.method == "morris":
        return _morris(found, design, values, luck, resamples)
    if found.method == "sobol":
        return _sobol(found, values, luck, resamples)
    return _from_sample(found, design, values, resamples)


def _morris(found: Sampled, design: np.ndarray, values: np.ndarray, luck: np.ndarray | None, resamples: int) -> Screen:
    """Return mean absolute elementary effects (Campolongo et al. 2007, *Environmental Modelling & Software* 22:1509).

    An effect is the change over the step, taken to the whole span; a bundle's direction is mean over mean absolute.
    """
    analyze = needed("SALib.analyze.morris", "discovery", "sensitivity").analyze
    got = analyze(
        _problem(found.bundles),
        design,
        values,
        num_resamples=resamples,
        conf_level=CONFIDENCE,
        num_levels=LEVELS,
        seed=found.seed + 1,
    )
    size = _numbers(got["mu_star"])
    wide, mean, spread = (_numbers(got[name]) for name in ("mu_star_conf", "mu", "sigma"))
    direction = np.divide(mean, size, out=np.zeros(len(size)), where=size > 0)
    floor = 0.0 if luck is None or not np.isfinite(luck).any() else float(np.nanmean(np.abs(luck)))
    return Screen(size, np.maximum(size - wide, 0.0), size + wide, direction, spread, floor)


def _sobol(found: Sampled, values: np.ndarray, luck: np.ndarray | None, resamples: int) -> Screen:
    """Return total indices ``mean[(A - AB)^2] / (2 V)`` (Jansen 1999, *Computer Physics Communications* 117:35-43).

    The floor is the same figure of the luck that was drawn again.
    """
    analyze = needed("SALib.analyze.sobol", "discovery", "sensitivity").analyze
    got = analyze(
        _problem(found.bundles),
        values,
        calc_second_order=False,
        num_resamples=resamples,
        conf_level=CONFIDENCE,
        seed=found.seed + 1,
    )
    total, wide, alone = (_numbers(got[name]) for name in ("ST", "ST_conf", "S1"))
    rows = values.reshape(-1, found.block)
    spread = float(np.concatenate([rows[:, 0], rows[:, -1]]).var())
    floor = 0.0 if luck is None or not np.isfinite(luck).any() else float(np.nanmean(luck**2)) / (2 * spread)
    return Screen(total, total - wide, total + wide, np.full(len(total), np.nan), total - alone, floor)


def _from_sample(found: Sampled, design: np.ndarray, values: np.ndarray, resamples: int) -> Screen:
    """Return the index of a plain sample; the floor is the highest upper end of the columns without meaning."""
    titles = [*found.titles, *_dummies()]
    make = _pawn if found.method == "pawn" else _delta
    size, low, high = make(design, values, titles, found.seed, resamples)
    count = len(found.titles)
    ranks = values.argsort().argsort()
    direction = np.array([_correlation(column.argsort().argsort(), ranks) for column in design[:, :count].T])
    return Screen(size[:count], low[:count], high[:count], direction, np.full(count, np.nan), float(high[count:].max()))


def _pawn(
    design: np.ndarray, values: np.ndarray, titles: Sequence[str], seed: int, resamples: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return PAWN medians (Pianosi and Wagener 2015, *Environmental Modelling & Software* 67:1-11) with intervals."""
    analyze = needed("SALib.analyze.pawn", "discovery", "sensitivity").analyze
    size = _numbers(analyze(_problem(titles), design, values, S=SLIDES)["median"])
    generator = np.random.default_rng(seed)
    picks = (generator.integers(0, len(values), len(values)) for _ in range(resamples))
    drawn = np.array([pawn_medians(design[pick], values[pick]) for pick in picks])
    drawn += size - drawn.mean(axis=0)  # a resample repeats rows, which sets distributions further apart
    return size, np.quantile(drawn, 0.05, axis=0), np.quantile(drawn, 0.95, axis=0)


def pawn_medians(design: np.ndarray, values: np.ndarray, slides: int = SLIDES) -> np.ndarray:
    """Return the PAWN index of each column, as SALib does but for all columns at once, so that it can be resampled.

    The median over slides of the largest distance between the distribution of the output in the slide and in all.
    """
    order = np.argsort(values, kind="stable")
    last = np.append(np.diff(values[order]) > 0, True)  # ties stand together
    edges = np.quantile(design, np.arange(slides + 1) / slides, axis=0)
    whole = np.arange(1, len(values) + 1)[last, None] / len(values)
    ranked = design[order]
    distances = []
    for low, high in pairwise(edges):
        inside = (ranked >= low) & (ranked < high)
        count = inside.sum(axis=0)
        share = inside.cumsum(axis=0)[last] / np.maximum(count, 1)
        distances.append(np.where(count > 0, np.abs(share - whole).max(axis=0), np.nan))
    medians: np.ndarray = np.nanmedian(distances, axis=0)
    return medians


def _delta(
    design: np.ndarray, values: np.ndarray, titles: Sequence[str], seed: int, resamples: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return Borgonovo's delta, bias-reduced (Plischke et al. 2013, *Eur. J. Operational Research* 226:536-550)."""
    analyze = needed("SALib.analyze.delta", "discovery", "sensitivity").analyze
    few = min(resamples, 10)  # three estimates of a density each
    with _library_quiet():
        problem = _problem([f"x{place}" for place in range(len(titles))])
        got = analyze(problem, design, values, num_resamples=few, conf_level=CONFIDENCE, seed=seed + 1, method="delta")
    size, wide = _numbers(got["delta_raw"]), _numbers(got["delta_raw_conf"])
    if np.isnan(size).any():
        raise InputError(Problem(what=f"{len(values)} runs are too few for `delta`", remedy="Ask for 200 or more."))
    return size, size - wide, size + wide


@contextmanager
def _library_quiet() -> Iterator[None]:
    """Leave NumPy's global stream and Python's warnings as they were: SALib's delta sets both."""
    import warnings

    shape = warnings.formatwarning
    kept = np.random.get_state()  # noqa: NPY002
    try:
        with warnings.catch_warnings(record=True):
            yield
    finally:
        np.random.set_state(kept)  # noqa: NPY002
        warnings.formatwarning = shape


def _problem(bundles: Sequence[str]) -> dict[str, Any]:
    """Return SALib's description of inputs between 0 and 1."""
    problem: dict[str, Any] = {
        "num_vars": len(bundles),
        "names": [f"{place} {title}" for place, title in enumerate(bundles)],
        "bounds": [[0.0, 1.0]] * len(bundles),
    }
    if len(set(bundles)) < len(bundles):
        problem["groups"] = list(bundles)
    return problem


def _dummies() -> list[str]:
    return [f"(without meaning {number})" for number in range(1, DUMMIES + 1)]


def _numbers(values: Any) -> np.ndarray:
    """Return what SALib gives, which may be masked, as plain numbers."""
    return np.asarray(np.ma.filled(np.ma.asarray(values, dtype=float), np.nan), dtype=float)


def _correlation(one: np.ndarray, other: np.ndarray) -> float:
    ours, theirs = one - one.mean(), other - other.mean()
    scale = float(np.sqrt((ours**2).sum() * (theirs**2).sum()))
    return float((ours * theirs).sum() / scale) if scale > 0 else 0.0
