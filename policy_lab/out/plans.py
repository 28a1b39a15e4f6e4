"""A plan's file in words, and a file to begin with."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from itertools import groupby

from policy_lab.out.layout import Grid, Lines, Section
from policy_lab.study.inputs import UncertainInput, uncertain_inputs
from policy_lab.study.plan import LEVERS, LUCK, Plan
from policy_lab.study.plan_file import Block, PlanSet
from policy_lab.study.posterior import read_posterior
from policy_lab.study.samplers import LATIN_HYPERCUBE, MONTE_CARLO, SOBOL
from policy_lab.study.steps import step_words
from policy_lab.study.stress import beside_calendar, calendar_words, placed_in

MOST_BLOCKS = 24
"""Of more blocks than these the first are shown, and how many follow."""

_GRADES = "ABC"
_SPREAD: Mapping[str, str] = {
    MONTE_CARLO: "Worlds are independent draws (Monte Carlo); more worlds keep the first ones.",
    LATIN_HYPERCUBE: "Worlds are a Latin hypercube: every input has one draw in each of {worlds} equal parts.",
    SOBOL: "Worlds follow one scrambled Sobol sequence over all inputs; more worlds keep the first ones.",
}
_STARTS: Mapping[str, str] = {
    "switch": "Every design starts from `{base}` at rest and takes effect at {unit} 0.",
    "settled": "Every design starts at its own rest.",
    "file": "Every design starts with the starting values of the model file.",
}


def plan_sections(planned: PlanSet) -> tuple[Section, ...]:
    """Say in words what a plan's file holds: its size, its blocks, what is chosen, drawn, held and saved."""
    common = _common(planned)
    return (
        Section(planned.title or planned.study.file.title, (Lines(tuple(_size(planned, common))),)),
        Section("Blocks", tuple(_blocks(planned, common))),
        Section("What is chosen", (Lines(tuple(_designs(common)), bullets=True),)),
        Section("What is not known", tuple(_unknown(planned, common))),
        Section("What the world does", (Lines(tuple(_scenarios(planned, common)), bullets=True),)),
        Section("What is held in every block", (Lines(tuple(_held(common)), bullets=True),)),
        Section("What is saved of every run", (Lines(tuple(_saved(planned, common))),)),
    )


def size_words(planned: PlanSet) -> str:
    """Return the count of runs as it comes about: blocks × designs × worlds × futures."""
    plan = planned.blocks[0].plan
    count = len(planned.blocks)
    blocks = "" if count == 1 else f"{count} blocks × "
    return (
        f"{blocks}{_plural(len(plan.designs), 'design')} × {_plural(plan.worlds, 'world')} × "
        f"{_plural(plan.futures, 'future')} = {_plural(planned.cases, 'run')}"
    )


def _common(planned: PlanSet) -> Plan:
    """Return the plan that all blocks share: without their places, and with what all of them hold."""
    first, *others = (block.plan for block in planned.blocks)
    shared = tuple(one for one in first.settings if all(one in plan.settings for plan in others))
    return first.with_(settings=shared, area=None)


def _size(planned: PlanSet, plan: Plan) -> Iterator[str]:
    unit = _unit(plan)
    yield f"{planned.study.file.title} (`{planned.study.name}`): {planned.study.file.question}"
    step = plan.time_step or planned.study.model.time.step
    saved = f"saved every {unit}" if plan.save_period == 1 else f"saved every {plan.save_period:g} {unit}s"
    yield f"{size_words(planned)} of {plan.horizon:g} {unit}s, in steps of {step:g} and {saved}."
    yield _STARTS[plan.start].format(base=plan.base, unit=unit)
    digits = "about seven digits (single precision)" if planned.precision == "single" else "double precision"
    yield f"Results are stored with {digits}. Seed {plan.seed}."


def _blocks(planned: PlanSet, common: Plan) -> Iterator[Grid | Lines]:
    places = planned.study.areas() if any(block.area for block in planned.blocks) else {}
    rows = []
    for block in planned.blocks[:MOST_BLOCKS]:
        place = places[block.area].name if block.area else "the study's own values"
        rows.append((block.key, block.scenario, place, _own_settings(block, common), f"{block.plan.cases:,}"))
    yield Grid(("Block", "Scenario", "Starts from", "Held here", "Runs"), tuple(rows))
    if len(planned.blocks) > MOST_BLOCKS:
        yield Lines((f"and {len(planned.blocks) - MOST_BLOCKS} more.",))


def _own_settings(block: Block, common: Plan) -> str:
    everywhere = common.spoken_settings()
    own = {name: value for name, value in block.plan.spoken_settings().items() if name not in everywhere}
    return ", ".join(f"{name} = {value:g}" for name, value in own.items()) or "nothing"


def _designs(plan: Plan) -> Iterator[str]:
    for name in plan.designs:
        design = plan.study.design(name)
        yield f"{name}: {design.title} ({plan.study.file.groups[design.group]})"
    levers = _plural(len(plan.study.file.levers), "lever")
    if LEVERS not in plan.vary:
        yield f"The scores of {levers} stand at their most likely values."
    elif plan.study.scores is not None:
        yield f"The scores of {levers} are drawn: {plan.study.scores.words()}."
    else:
        yield f"The scores of {levers} are judgement, and drawn between their lowest and highest values."
    for key, step in plan.study.steps.items():
        yield f"{step_words(plan.study, key, step)}."


def _unknown(planned: PlanSet, plan: Plan) -> Iterator[Grid | Lines]:
    inputs = _drawn_anywhere(planned)
    yield Grid(("Drawn for each world", "Evidence A", "B", "C", "All"), tuple(_by_group(inputs)))
    lines = [_SPREAD[plan.sampler].format(worlds=plan.worlds)]
    if plan.sampler != MONTE_CARLO:
        lines.append("Simulation errors count worlds as independent draws; of worlds spread evenly they say too much.")
    switches = [one.title for one in inputs if one.distribution == "switch"]
    if switches:
        lines.append(f"Structural switches drawn: {', '.join(switches)}.")
    lines += [
        f"{pair.first} and {pair.second} are drawn together, with a rank correlation of {pair.rank:g}."
        for pair in plan.correlations
    ]
    if plan.posterior:
        fitted = [name for name in read_posterior(plan.study) if plan.parameter_varies(plan.study.parameters[name])]
        lines.append(f"{_plural(len(fitted), 'parameter')} of these are drawn from the saved posterior.")
    lines.append("Evidence: A published statistic, B literature, C judgement.")
    yield Lines(tuple(lines), bullets=True)


def _drawn_anywhere(planned: PlanSet) -> tuple[UncertainInput, ...]:
    """Return what is drawn in one block at least; blocks that differ in what happens, or in which place, draw alike."""
    alike = {(bool(block.area), block.setting): block.plan for block in planned.blocks}
    return tuple({one.stream: one for plan in alike.values() for one in uncertain_inputs(plan)}.values())


def _by_group(inputs: tuple[UncertainInput, ...]) -> Iterator[tuple[str, ...]]:
    """Yield a row for each group of inputs, and one for all."""
    rows = [(group, Counter(one.grade for one in found)) for group, found in _grouped(inputs)]
    rows.append(("all", Counter(one.grade for one in inputs)))
    for group, grades in rows:
        yield (group, *(str(grades[grade]) for grade in _GRADES), str(grades.total()))


def _grouped(inputs: tuple[UncertainInput, ...]) -> Iterator[tuple[str, list[UncertainInput]]]:
    for group, found in groupby(sorted(inputs, key=lambda one: one.group), key=lambda one: one.group):
        yield group, list(found)


def _scenarios(planned: PlanSet, plan: Plan) -> Iterator[str]:
    for name in dict.fromkeys(block.scenario for block in planned.blocks):
        scenario = planned.study.scenario(name)
        drawn = f" Drawn for each future: {', '.join(scenario.draw)}." if scenario.draw else " Nothing is drawn."
        held = f" Set: {', '.join(scenario.set)}." if scenario.set else ""
        yield f"{name}: {scenario.title}. {scenario.meaning.rstrip('.')}.{drawn}{held}"
    events = calendar_words(plan.study, placed_in(plan.study, plan.spoken_settings()))
    if events:
        yield f"{events[:1].upper()}{events[1:]}."
    if LUCK not in plan.vary:
        yield "Luck is not drawn anew: every world sees the futures of the first."


def _held(plan: Plan) -> Iterator[str]:
    held = beside_calendar(plan.study, plan.spoken_settings())
    for name, value in held.items():
        unit = plan.study.model[name.split("[")[0]].unit
        yield f"{name} = {value:g} {unit}"
    ranged = [row for row in plan.study.parameters.values() if row.varies]
    still = sum(not plan.parameter_varies(row) for row in ranged)
    if still:
        yield f"{still} of {len(ranged)} parameters that have a range stand at their base values."
    if not held and not still:
        yield "Nothing."


def _saved(planned: PlanSet, plan: Plan) -> Iterator[str]:
    model = planned.study.model
    yield "; ".join(f"{name} ({model[name].unit})" for name in plan.saved) + "."


def _plural(count: int, noun: str) -> str:
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def _unit(plan: Plan) -> str:
    return plan.study.model.time.unit.strip().lower().removesuffix("s")
