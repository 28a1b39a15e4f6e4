"""The words of a workbook: its cover, and the notes that every sheet needs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from policy_lab.analysis.words import count
from policy_lab.out.run_rows import Wanted
from policy_lab.out.workbook import FIXED_DATE, NOT_APPLICABLE, NOT_KNOWN
from policy_lab.provenance import package_version

if TYPE_CHECKING:
    from policy_lab.study.study import Study


def cover_lines(wanted: Wanted, study: Study | None) -> tuple[str, ...]:
    """Return the paragraphs of the cover: the question, what this is and is not, how large, what made it."""
    return tuple(_cover(wanted, study))


def note_lines(wanted: Wanted, study: Study | None, *, tables: bool) -> tuple[str, ...]:
    """Return the notes, most needed first; ``tables`` says whether the workbook holds tables of risk, or runs."""
    return tuple(_notes(wanted, study, tables))


def _cover(wanted: Wanted, study: Study | None) -> Iterator[str]:
    stored = wanted.stored
    if study is not None:
        yield study.file.question
        yield f"{study.file.words.not_a_forecast} No league table: groups of designs, and places, are not ranked."
        if study.file.words.confidence:
            yield f"Confidence: {study.file.words.confidence}"
    yield _size(wanted)
    yield from (f"Incomplete: {problem}" for problem in stored.warnings)
    if len(stored.failures):
        lost = count(len(stored.failures), "case")
        yield f"{lost} of all that were run gave no usable numbers; shares are of the others."
    if study is not None:
        yield f"Sources: {study.file.words.sources}"
    made = f"policy_lab {package_version()}, commit {stored.manifest.get('commit', 'not known')}"
    yield f"Made by {made}; model SHA-256 {stored.manifest.get('model_sha256', 'not known')}."
    day = FIXED_DATE.date().isoformat()
    yield f"The file carries the date {day} whenever it is made, so that the same runs give the same file."
    yield "The next sheet lists what is in it."


def _size(wanted: Wanted) -> str:
    stored, choice = wanted.stored, wanted.choice
    designs = count(len(choice.designs), "design")
    worlds, futures = count(stored.worlds, "world"), count(stored.futures, "future")
    blocks = count(len(list(choice.blocks(stored.blocks))), "block")
    length = f"{stored.time[-1] - stored.time[0]:g} {stored.clock.unit.lower().removesuffix('s')}s"
    seed = stored.manifest.get("seed", "not known")
    return (
        f"Modelled runs: {designs} × {worlds} × {futures} in {blocks} (scenario, place and setting), from "
        f"{stored.clock.start.isoformat()} over {length}, seed {seed}."
    )


def _notes(wanted: Wanted, study: Study | None, tables: bool) -> Iterator[str]:
    yield (
        f"{NOT_KNOWN} stands where there is no number: it could not be worked out, or it is withheld for the reason "
        f"that stands in the same row. {NOT_APPLICABLE} stands where no words apply."
    )
    yield (
        "A world is one draw of what is not known, a future one draw of luck inside a world. Every design meets the "
        "same worlds and the same futures, so that differences between designs are paired."
    )
    if tables and study is not None:
        yield from _measure_notes(study)
    if study is not None:
        burden = study.file.measures.burden
        base = study.file.comparison.base
        yield f"{burden.title}: to be read only as a ratio to `{base}`; its level is an assumption."
    yield "Evidence grades: A published statistic, B literature, C judgement."
    if wanted.calendar:
        yield "Dates are calendar days, counted from the start of the study's clock; cells hold dates, not text."
    if study is not None:
        yield from (f"Limit: {limit.rstrip('.')}." for limit in study.file.words.limits)


def _measure_notes(study: Study) -> Iterator[str]:
    measure = study.file.measures.shortfall
    below = f"`{measure.variable}` stays below {measure.threshold:g} for {measure.periods} saved periods in a row"
    yield f"{measure.title}: the share of futures in which {below}, averaged over worlds."
    yield f"The bar is a scale ({measure.anchor.status}); other bars and durations stand on their own sheet."
    yield (
        "Where one design is no worse than another on every lever, their order was put in by the scores and not "
        "found: the model only sizes it, and no chance of being best is given."
    )
    yield (
        "Bands are quantiles over worlds. The simulation error is the standard error from finite numbers of worlds and "
        "futures: it says what more runs would remove, not what is not known."
    )
