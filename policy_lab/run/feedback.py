"""The loops that a study names, looked for in its model: are they there, which way do they work, how long do they take?

Signs are taken where the base design rests, at base values, and again in a number of worlds.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

import numpy as np

from policy_lab.errors import InputError, Problem, nearest_names
from policy_lab.model.loops import missing_links, pairs, running_links, turns

if TYPE_CHECKING:
    from policy_lab.engine import CompiledModel
    from policy_lab.engine.polarity import Link
    from policy_lab.study import Study
    from policy_lab.study.schema import Loop

REINFORCING = "reinforcing"
BALANCING = "balancing"
UNCLEAR = "unclear"
WORLDS = 20


@dataclass(frozen=True)
class NamedLoop:
    """A loop of a study and what the model says of it.

    Attributes
    ----------
    links
        In the order of the path, at base values; empty where the model lacks a link.
    missing
        Links of the path that the model does not have.
    rounds
        After how many rounds the loop comes back to the element in which it began; 0 where it never does.
    shares
        For each link the share of moved elements, over all worlds, in which it has the sign that it has at base values.
    """

    name: str
    loop: Loop
    links: tuple[Link, ...]
    missing: tuple[tuple[str, str], ...]
    rounds: int
    shares: tuple[float, ...]

    @property
    def kind(self) -> str:
        """What the model says: ``reinforcing``, ``balancing``, or ``unclear`` where a link has no one sign."""
        if not self.links or any(link.sign not in ("+", "−") for link in self.links):
            return UNCLEAR
        return BALANCING if sum(link.sign == "−" for link in self.links) % 2 else REINFORCING

    @property
    def delay(self) -> float:
        """The adjustment times on the way, added up, in the model's unit of time: a scale, no period."""
        return math.fsum(link.delay for link in self.links)

    @property
    def faults(self) -> tuple[str, ...]:
        """What is not as the study says, in words; empty where all is."""
        found = [f"the model has no link from `{cause}` to `{effect}`" for cause, effect in self.missing]
        if not found and not self.rounds:
            found.append("its links join different elements, so that it never closes")
        if not found and self.loop.kind == BALANCING and self.rounds % 2 == 0:
            found.append("it closes only after an even number of rounds, which makes it reinforcing")
        for link in self.links:
            if link.sign == "0":
                found.append(f"`{link.cause}` does not move `{link.effect}` where the base design rests")
            elif link.sign == "±":
                found.append(f"`{link.cause}` moves `{link.effect}` both ways where the base design rests")
        if not found and self.kind != self.loop.kind:
            found.append(f"it is {self.kind}, not {self.loop.kind}")
        return tuple(found)


def named_loops(study: Study, names: Iterable[str] | None = None, *, worlds: int = WORLDS) -> tuple[NamedLoop, ...]:
    """Look for the loops that a study names in its model.

    Parameters
    ----------
    study
        With `loops` in its `study.yaml`.
    names
        Which of them; all when not given.
    worlds
        In how many worlds, beside the base values, the signs are taken.

    Returns
    -------
    tuple of NamedLoop
        In the order of the study. Nothing is refused: what is wrong with a loop is in its ``faults``.

    Raises
    ------
    InputError
        For a name that the study does not have, or a base design that finds no rest.
    """
    chosen = chosen_loops(study, names)
    graph = running_links(study.model)
    missing = {name: missing_links(graph, loop.path) for name, loop in chosen.items()}
    wanted = dict.fromkeys(pair for name, loop in chosen.items() if not missing[name] for pair in pairs(loop.path))
    base, others = _signs(study, tuple(wanted), worlds) if wanted else ({}, {})
    return tuple(
        NamedLoop(
            name=name,
            loop=loop,
            links=tuple(base[pair] for pair in pairs(loop.path)) if not missing[name] else (),
            missing=missing[name],
            rounds=0 if missing[name] else turns(study.model, loop.path),
            shares=tuple(_share(base[pair], others[pair]) for pair in pairs(loop.path)) if not missing[name] else (),
        )
        for name, loop in chosen.items()
    )


def loop_in(compiled: CompiledModel, path: Sequence[str], *, title: str, meaning: str = "") -> NamedLoop:
    """Look for one loop in any model, at the state in which it starts.

    Parameters
    ----------
    compiled
        A model made ready to run.
    path
        The variables in order; the last acts on the first.
    title, meaning
        What to call it, and what it says.

    Returns
    -------
    NamedLoop
        Its kind is what the model says. Where a link is missing it has none, and says so in its ``faults``.

    Raises
    ------
    InputError
        For a variable that the model does not have.
    """
    from policy_lab.engine.polarity import links_at
    from policy_lab.study.schema import Loop

    names = tuple(compiled.model.spelled(name) for name in path)
    graph = running_links(compiled.model)
    missing = missing_links(graph, names)
    start = compiled.run(outputs=[], final_time=compiled.model.time.initial).states
    links = () if missing else links_at(compiled, pairs(names), start)
    loop = Loop(title=title, kind=REINFORCING, path=names, cut=pairs(names)[0], meaning=meaning)
    found = NamedLoop("", loop, links, missing, 0 if missing else turns(compiled.model, names), (1.0,) * len(links))
    kind: Literal["reinforcing", "balancing"] = "balancing" if found.kind == BALANCING else "reinforcing"
    return replace(found, loop=loop.model_copy(update={"kind": kind}))


def chosen_loops(study: Study, names: Iterable[str] | None = None) -> dict[str, Loop]:
    """Return loops of a study by name, all of them when no names are given.

    Raises
    ------
    InputError
        For a name that the study does not have.
    """
    loops = study.file.loops
    asked = tuple(loops) if names is None else tuple(names)
    problems = [
        Problem(
            what=f"no loop `{name}` in this study",
            file=study.files["study"],
            why=study.file.loops_left_out.get(name, ""),
            nearest=nearest_names(name, loops),
            remedy=f"Its loops: {', '.join(loops)}." if loops else "It names none: see `loops` in study.yaml.",
        )
        for name in asked
        if name not in loops
    ]
    if problems:
        raise InputError(*problems)
    return {name: loops[name] for name in asked}


def _signs(
    study: Study, links: tuple[tuple[str, str], ...], worlds: int
) -> tuple[Mapping[tuple[str, str], Link], Mapping[tuple[str, str], Link]]:
    from policy_lab.engine import compile_model

    compiled = compile_model(study.model)
    return _signs_at(study, compiled, links, 1, frozenset()), _signs_at(study, compiled, links, worlds, None)


def _signs_at(
    study: Study, compiled: CompiledModel, links: tuple[tuple[str, str], ...], worlds: int, vary: frozenset[str] | None
) -> dict[tuple[str, str], Link]:
    """Return the links where the base design rests, in some worlds; without anything drawn where ``vary`` is empty."""
    from policy_lab.engine.polarity import links_at
    from policy_lab.engine.rest import solve_rest

    plan = study.plan(worlds=worlds, futures=1)
    plan = plan if vary is None else plan.with_(vary=vary)
    inputs = plan.rest_inputs(plan.base)
    rest = solve_rest(compiled, inputs)
    good = np.broadcast_to(rest.converged, (worlds,))
    if not good.any():
        raise InputError(Problem(what=f"`{plan.base}` finds no rest, so that no sign can be taken there"))
    states = np.broadcast_to(rest.states, (worlds, rest.states.shape[-1]))[good]
    found = links_at(compiled, links, states, {name: values[good] for name, values in inputs.items()})
    return {(link.cause, link.effect): link for link in found}


def _share(base: Link, others: Link) -> float:
    return others.rising if base.sign == "+" else 1 - others.rising
