"""A comparison read as a decision: every table that says what to make of the risks, put together once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from policy_lab.analysis.convergence import convergence, pair_convergence
from policy_lab.analysis.findings import main_group
from policy_lab.analysis.information import information_value
from policy_lab.analysis.put_in import LEVEL, Evaluate
from policy_lab.analysis.reversal import ReversalMap, influences, pair_inputs, reversal_map
from policy_lab.analysis.risk import risk
from policy_lab.analysis.satisfice import radius, reach, satisficing
from policy_lab.analysis.setting import Setting, setting_of
from policy_lab.analysis.stochastic import stochastic_dominance
from policy_lab.analysis.survival import holding_times, survival
from policy_lab.analysis.timing import benefit_timing
from policy_lab.errors import InputError, Problem
from policy_lab.results.types import Results


@dataclass(frozen=True)
class Reading:
    """What can be read off finished results; the function of each table's name tells its columns."""

    survival: pd.DataFrame
    holding_times: pd.DataFrame
    satisficing: pd.DataFrame
    stochastic: pd.DataFrame
    convergence: pd.DataFrame
    pair_convergence: pd.DataFrame
    timing: pd.DataFrame


@dataclass(frozen=True)
class Effort:
    """How many runs a decision may take beside the comparison itself."""

    worlds: int = 100
    redraws: int = 3
    futures: int = 5
    reach_worlds: int = 40
    cells: int = 5
    cell_worlds: int = 24


@dataclass(frozen=True)
class Decision:
    """A reading, and what needs further runs: the value of information, the radius, and where an order turns round.

    ``pair`` are the two designs that the choice is between; ``reversal`` is None where there are no two, or no inputs
    that can be moved alone.
    """

    setting: Setting
    risk: pd.DataFrame
    reading: Reading
    information: pd.DataFrame
    reach: pd.DataFrame
    radius: pd.DataFrame
    influences: pd.DataFrame
    pair: tuple[str, ...]
    reversal: ReversalMap | None = None


def read(results: Results) -> Reading:
    """Make every table of a decision that needs no further runs."""
    return Reading(
        survival=survival(results),
        holding_times=holding_times(results),
        satisficing=satisficing(results),
        stochastic=stochastic_dominance(results),
        convergence=convergence(results),
        pair_convergence=pair_convergence(results),
        timing=benefit_timing(results),
    )


def decide(
    results: Results,
    evaluate: Evaluate,
    effort: Effort | None = None,
    *,
    pair: Sequence[str] = (),
    inputs: Sequence[str] = (),
) -> Decision:
    """Read a comparison as a decision, with the further runs that this takes.

    Parameters
    ----------
    results
        Finished cases.
    evaluate
        Turns a plan into results, usually :func:`policy_lab.run.run`.
    effort
        How many further runs.
    pair
        The two designs of the rank-reversal map; by default those of :func:`live_pair`.
    inputs
        The two inputs of that map, by title or stream; by default those that the difference goes with most closely.

    Raises
    ------
    InputError
        For an unknown design or input.
    """
    size = effort or Effort()
    setting, table = setting_of(results), risk(results)
    chosen = _pair(results, pair) if pair else live_pair(table, setting)
    near = [name for name in results.designs if setting.group_of[name] == main_group(setting) or name == setting.base]
    reached = reach(results.plan.with_(designs=tuple(near)), evaluate, worlds=size.reach_worlds)
    turned = None
    alone = len(chosen) == 2 and results.plan.study.scores is None
    if alone and (inputs or len(pair_inputs(results.plan, chosen[0], chosen[1])) > 1):
        one, other = chosen
        sizes = {"cells": size.cells, "worlds": size.cell_worlds, "futures": size.futures}
        turned = reversal_map(results, evaluate, one, other, inputs, **sizes)
    return Decision(
        setting=setting,
        risk=table,
        reading=read(results),
        information=information_value(results, evaluate, size.worlds, size.redraws, size.futures),
        reach=reached,
        radius=radius(reached),
        influences=influences(results, chosen[0], chosen[1], LEVEL) if len(chosen) == 2 else pd.DataFrame(),
        pair=chosen,
        reversal=turned,
    )


def live_pair(table: pd.DataFrame, setting: Setting) -> tuple[str, ...]:
    """Return the two designs that the choice is between, the base first where it is one of them.

    Of the group that the headline is about: the base and the other design with the lowest risk; without the base the
    two with the lowest risk. Empty where the group has one design only.
    """
    group = table[table["group"] == main_group(setting)].sort_values(["risk", "design"])["design"].tolist()
    if len(group) < 2:
        return ()
    if setting.base in group:
        return setting.base, next(name for name in group if name != setting.base)
    return group[0], group[1]


def _pair(results: Results, names: Sequence[str]) -> tuple[str, ...]:
    if len(names) != 2 or names[0] == names[1]:
        raise InputError(Problem(what=f"a pair is two designs, not {', '.join(names)}"))
    return tuple(names)
