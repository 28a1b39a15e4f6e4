"""How the worlds of a plan are spread over what is not known, and which parameters are drawn together.

Luck is no matter of these samplers: futures are always drawn independently.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np

from policy_lab.errors import Problem, nearest_names
from policy_lab.study.streams import POSTERIOR_STREAM, stream, uniforms

if TYPE_CHECKING:
    from policy_lab.study.study import Study

Sampler = Literal["monte carlo", "latin hypercube", "sobol"]

MONTE_CARLO: Final = "monte carlo"
LATIN_HYPERCUBE: Final = "latin hypercube"
SOBOL: Final = "sobol"
SAMPLERS: Final = (MONTE_CARLO, LATIN_HYPERCUBE, SOBOL)

SMALLEST_EIGENVALUE: Final = 1e-8
"""Below this a matrix of correlations is not positive definite: its parameters would be tied to one another."""


@dataclass(frozen=True)
class Correlation:
    """Two parameters and the rank correlation (Spearman's) of their draws."""

    first: str
    second: str
    rank: float

    def choices(self) -> dict[str, Any]:
        """Return the correlation as plain values, for a manifest."""
        return {"between": [self.first, self.second], "rank": self.rank}


def spread(sampler: Sampler, study: Study, seed: int, name: str, worlds: int) -> np.ndarray:
    """Return the quantiles of one uncertain input over the worlds of a plan, ``(worlds,)``.

    ``monte carlo``: independent numbers from the input's own named stream; more worlds keep the first ones.
    ``latin hypercube``: one number in each of as many equal parts as there are worlds, in an order drawn from the
    input's own stream (McKay, Beckman and Conover 1979); another count of worlds gives other numbers.
    ``sobol``: the input's column (see `columns`) of one Sobol sequence, scrambled as scipy.stats.qmc does it (Owen
    1998); more worlds keep the first ones, and powers of two are balanced. Columns far along the sequence are tied to
    one another where worlds are few: correlations of 0.9 were seen among 384 inputs at 128 worlds, none at 8,192.
    """
    match sampler:
        case "latin hypercube":
            return _stratified(seed, name, worlds)
        case "sobol":
            order = columns(study)
            return _sobol(seed, len(order), worlds)[:, order.index(name)]
        case _:
            return uniforms(seed, name, worlds)


def columns(study: Study) -> tuple[str, ...]:
    """Return the inputs of a study in the order of the columns of a Sobol sequence.

    Uncertain parameters as parameters.csv has them; the scores of each design, lever by lever, and of each overlay;
    what changing to each costs; last which saved draw of a posterior and whose scores a world takes. Every input has
    its column whether a plan draws it or not, so that no draw depends on what else is compared.
    """
    from policy_lab.study.scores import EXPERT_STREAM

    names = [f"parameter/{spelled}" for spelled, parameter in study.parameters.items() if parameter.varies]
    names += [f"lever/{design}/{lever}" for design in study.designs for lever in study.file.levers]
    names += [f"lever/{name}/{lever}" for name, overlay in study.overlays.items() for lever in overlay.adds]
    names += [f"lever/{name}/disruption" for name in (*study.designs, *study.overlays)]
    return (*names, POSTERIOR_STREAM, EXPERT_STREAM)


def drawn_together(independent: np.ndarray, correlations: np.ndarray, *, keep_parts: bool) -> np.ndarray:
    """Return correlated quantiles, ``(worlds, parameters)``, from independent ones: a Gaussian copula.

    The quantiles are turned into normals, mixed by the Cholesky factor of their correlations and turned back; the first
    parameter keeps its own.

    Parameters
    ----------
    independent
        Between 0 and 1, ``(worlds, parameters)``.
    correlations
        Between the normals, ``(parameters, parameters)``, positive definite; see `normal_correlations`.
    keep_parts
        Put each parameter's own quantiles into the order of the mixed ones (Iman and Conover 1982) instead of taking
        those: a Latin hypercube stays one.
    """
    from scipy.special import ndtr, ndtri

    mixed = ndtri(independent) @ np.linalg.cholesky(correlations).T
    if keep_parts:
        places = np.argsort(np.argsort(mixed, axis=0, kind="stable"), axis=0, kind="stable")
        return np.take_along_axis(np.sort(independent, axis=0), places, axis=0)
    drawn = np.clip(ndtr(mixed), np.finfo(float).tiny, 1 - np.finfo(float).epsneg)
    drawn[:, 0] = independent[:, 0]
    return drawn


def normal_correlations(correlations: Sequence[Correlation], order: Sequence[str]) -> np.ndarray:
    """Return the correlations between normals, ``(parameters, parameters)``, that rank correlations ask for.

    A rank correlation r between two normals is a correlation of 2 sin(πr/6) (Pearson 1907). Pairs of which nothing is
    said are uncorrelated.
    """
    matrix = np.eye(len(order))
    for one in correlations:
        first, second = order.index(one.first), order.index(one.second)
        matrix[first, second] = matrix[second, first] = 2 * np.sin(np.pi * one.rank / 6)
    return matrix


def named_in(correlations: Sequence[Correlation], study: Study) -> tuple[str, ...]:
    """Return the parameters that correlations name, in the order of parameters.csv."""
    named = {name for one in correlations for name in (one.first, one.second)}
    return tuple(name for name in study.parameters if name in named)


def correlation_faults(
    study: Study, correlations: Sequence[Correlation], fitted: Collection[str] = ()
) -> Iterator[tuple[int, Problem]]:
    """Yield what is wrong with parameters that are to be drawn together: the place of a correlation, and its fault.

    Parameters
    ----------
    study
        Has the parameters.
    correlations
        All of them together have to be possible: their matrix has to be positive definite.
    fitted
        Parameters that are drawn from a posterior, which has correlations of its own.
    """
    faulty = False
    pairs: set[frozenset[str]] = set()
    for at, one in enumerate(correlations):
        found = list(_name_faults(study, one, fitted))
        if one.first == one.second:
            found.append(Problem(what="names one parameter twice"))
        if {one.first, one.second} in pairs:
            found.append(Problem(what="names a pair that stands above"))
        if not -1 < one.rank < 1:
            found.append(Problem(what=f"a rank correlation of {one.rank:g} is not between -1 and 1"))
        pairs.add(frozenset((one.first, one.second)))
        faulty = faulty or bool(found)
        yield from ((at, problem) for problem in found)
    if not faulty:
        yield from _impossible(correlations)


def _name_faults(study: Study, one: Correlation, fitted: Collection[str]) -> Iterator[Problem]:
    drawn = [name for name, parameter in study.parameters.items() if parameter.varies]
    for name in (one.first, one.second):
        if name not in study.parameters:
            yield Problem(what=f"no parameter `{name}`", nearest=nearest_names(name, drawn))
            continue
        distribution = study.parameters[name].distribution
        if name in fitted:
            yield Problem(what=f"`{name}` is drawn from the posterior, which has correlations of its own")
        elif not study.parameters[name].varies:
            yield Problem(what=f"`{name}` has no range to be drawn from: it is `{distribution}`")
        elif distribution in ("dirichlet", "switch"):
            why = "shares sum to one" if distribution == "dirichlet" else "a switch has two values only"
            yield Problem(what=f"`{name}` cannot be correlated: {why}")


def _impossible(correlations: Sequence[Correlation]) -> Iterator[tuple[int, Problem]]:
    """Yield the last of the correlations that cannot all be: their matrix is not positive definite."""
    if not correlations:
        return
    order = list(dict.fromkeys(name for one in correlations for name in (one.first, one.second)))
    eigenvalues, vectors = np.linalg.eigh(normal_correlations(correlations, order))
    if eigenvalues[0] >= SMALLEST_EIGENVALUE:
        return
    loads = np.abs(vectors[:, 0])
    tied = [name for name, load in zip(order, loads, strict=True) if load > loads.max() / 10]
    last = max((at for at, one in enumerate(correlations) if {one.first, one.second} <= {*tied}), default=0)
    yield (
        last,
        Problem(
            what=f"the correlations between {', '.join(f'`{name}`' for name in tied)} cannot all hold",
            why="their matrix is not positive definite; pairs that are not named count as uncorrelated",
            remedy="Weaken one of them, or say how the other pairs are correlated.",
        ),
    )


def _stratified(seed: int, name: str, worlds: int) -> np.ndarray:
    from scipy.stats.qmc import LatinHypercube  # takes a second to import

    drawn: np.ndarray = LatinHypercube(1, rng=stream(seed, f"latin hypercube/{name}")).random(worlds)[:, 0]
    return np.maximum(drawn, np.finfo(float).tiny)


@lru_cache(maxsize=2)
def _sobol(seed: int, count: int, worlds: int) -> np.ndarray:
    """Return ``(worlds, count)``; kept, because each of its columns is asked for by itself."""
    from scipy.stats.qmc import Sobol

    sequence = Sobol(count, scramble=True, rng=stream(seed, "sobol"))
    drawn: np.ndarray = np.maximum(sequence.random_base2(int(worlds - 1).bit_length())[:worlds], np.finfo(float).tiny)
    drawn.setflags(write=False)
    return drawn
