"""`policy-lab describe` and `policy-lab list`: what there is, and what it says."""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from policy_lab.cli.door import note, warn

if TYPE_CHECKING:
    from policy_lab.model.types import Model, Variable
    from policy_lab.study import Study
    from policy_lab.study.schema import Design

MODEL_ENDINGS = (".mdl", ".xmile", ".stmx", ".itmx")
MOST_UNIT_LINES = 20
_PLACE = click.Path(path_type=Path)


@click.command()
@click.argument("what", metavar="MODEL|STUDY", required=False)
@click.option("--keys", is_flag=True, help="Explain the keys of the YAML files of a study instead.")
@click.option("--language", is_flag=True, help="List what the model uses of its language, and what computes it.")
@click.option("--book", type=_PLACE, metavar="FOLDER", help="Write its equation book: HTML, CSV, a picture a view.")
@click.option("--sketch", type=_PLACE, metavar="OUT.mdl", help="Write the .mdl with a sketch laid out anew, all views.")
def describe(what: str | None, keys: bool, language: bool, book: Path | None, sketch: Path | None) -> None:
    """Say what a model file or a study holds (the default study unless named)."""
    if keys:
        click.echo("\n".join(_keys()))
        return
    if what is not None and what.lower().endswith(MODEL_ENDINGS):
        from policy_lab.model import read_kept

        model = read_kept(Path(what))
        warn(model.warnings)
        if book is not None or sketch is not None:
            _write(model, book, sketch)
            return
        click.echo("\n".join(_language(model) if language else _model(model)))
        return
    from policy_lab.study import open_study

    study = open_study(what)
    warn(study.model.warnings)
    if book is not None or sketch is not None:
        _write(study, book, sketch)
        return
    click.echo("\n".join(_language(study.model) if language else _study(study)))


def _write(what: Study | Model, book: Path | None, sketch: Path | None) -> None:
    """Write the files that were asked for; nothing is written beside the model unless it is named."""
    from policy_lab.model.types import Model

    if book is not None:
        from policy_lab.out.equation_book import write_book

        click.echo(f"Wrote {write_book(what, book, progress=lambda part: note(f'{part} …')).resolve()}")
    if sketch is not None:
        from policy_lab.model.sketch_text import sketched
        from policy_lab.results.files import written_whole

        note("Laying out the views …")
        text = sketched(what if isinstance(what, Model) else what.model)
        with written_whole(sketch) as temporary:
            temporary.write_text(text, encoding="utf-8", newline="")
        click.echo(f"Wrote {sketch.resolve()}; Vensim itself has not opened it")


@click.command("list")
def list_everything() -> None:
    """List the bundled studies and their models."""
    from policy_lab.study import find_studies

    for entry in find_studies():
        mark = " (default)" if entry.default else ""
        click.echo(f"{entry.name}{mark}: {entry.title}")
        click.echo(f"    {entry.question}")
        for file in sorted(path for path in entry.folder.iterdir() if path.suffix in MODEL_ENDINGS):
            click.echo(f"    {file}")


def _language(model: Model) -> Iterator[str]:
    from policy_lab.engine.language import language

    found = language(model)
    yield f"{model.name}: {model.path}"
    width = max((len(use.feature) for use in found.uses), default=0)
    for use in found.uses:
        where = f", first in line {use.line}" if use.line else ""
        yield f"  {use.feature:<{width}}  {', '.join(use.engines) or 'refused'}; {use.times} ×{where}"
    for problem in found.refused:
        yield f"Refused: {problem}"


def _model(model: Model) -> Iterator[str]:
    time = model.time
    yield f"{model.name}: {model.path}"
    yield (
        f"Time: {time.initial:g} to {time.final:g} {time.unit}, step {time.step:g}, saved every {time.save_period:g}, "
        f"method {model.integration}"
    )
    kinds = Counter(str(variable.kind) for variable in model.variables.values())
    yield f"Variables: {', '.join(f'{number} {kind}' for kind, number in kinds.most_common())}"
    if model.subscripts:
        yield "Subscripts:"
        for name, elements in model.subscripts.items():
            yield f"  {name}: {', '.join(elements)}"
    for kind in kinds:
        yield ""
        yield f"{kind.upper()}"
        for variable in model.variables.values():
            if variable.kind == kind:
                yield from _variable(variable)
    yield ""
    yield from _unit_check(model)


def _unit_check(model: Model) -> Iterator[str]:
    """Tell whether the units of the equations agree: faults before bare numbers, the first of them one line each."""
    from policy_lab.model.unit_report import unit_report

    report = unit_report(model)
    found = [*report.faults, *report.warnings]
    yield "UNITS"
    yield (
        f"  {report.checked} equations checked: {_count(report.faults, 'clash', 'clashes')} of units, "
        f"{_count(report.warnings, 'bare number', 'bare numbers')} where a quantity should stand"
    )
    if report.undeclared:
        yield f"  {_count(report.undeclared, 'variable', 'variables')} without a unit fit everything"
    yield from (f"  {problem}" for problem in found[:MOST_UNIT_LINES])
    if len(found) > MOST_UNIT_LINES:
        yield f"  … and {len(found) - MOST_UNIT_LINES} more"


def _count(things: Sequence[object], one: str, many: str) -> str:
    return f"{len(things)} {one if len(things) == 1 else many}"


def _variable(variable: Variable) -> Iterator[str]:
    dimensions = f"[{', '.join(variable.dimensions)}]" if variable.dimensions else ""
    yield f"  {variable.name}{dimensions} ({variable.unit or 'no unit given'}), line {variable.line}"
    if variable.documentation:
        yield f"      {' '.join(variable.documentation.split())}"
    origins = dict.fromkeys(str(component.origin) for component in variable.components if component.origin)
    if origins:
        yield from _wrapped(f"read from {'; '.join(origins)}", 6, 2)


def _study(study: Study) -> Iterator[str]:
    file = study.file
    usual = file.comparison
    yield f"{study.name}: {file.title}"
    yield file.question
    yield f"Folder: {study.folder}"
    yield f"Model: {file.model}, {len(study.model.variables)} variables, in {_units(study)}"
    yield from _wrapped(
        f"Compared: {usual.worlds} worlds × {usual.futures} futures, scenario {usual.scenario}, start {usual.start}, "
        f"base {usual.base}, {file.clock.horizon:g} {_units(study)} from {file.clock.start}, seed {usual.seed}",
        indent=0,
        hang=4,
    )
    yield ""
    yield "DESIGNS"
    for group, title in file.groups.items():
        names = [name for name, design in study.designs.items() if design.group == group]
        if names:
            yield f"  {title}"
        for name in names:
            yield from _design(name, study.designs[name])
    if study.overlays:
        yield "  Additions to any design, written DESIGN+NAME"
    for name, overlay in study.overlays.items():
        yield f"    +{name}: {overlay.title}"
        yield from _wrapped(overlay.legal_basis, 8)
    yield ""
    yield "LEVERS (scores are judgement)"
    for name, lever in file.levers.items():
        yield from _wrapped(f"{name}: {lever.title}; {_favourable(lever.better)}. {lever.meaning}", hang=4)
    yield ""
    yield "SCENARIOS"
    for name, scenario in study.scenarios.items():
        yield from _wrapped(f"{name}: {scenario.title}. {scenario.meaning}", hang=4)
    yield ""
    yield from _places(study)
    yield from _measures(study)


def _places(study: Study) -> Iterator[str]:
    """Say how many places there are, and how many of them lack a figure."""
    binding = study.file.areas
    if binding is None:
        return
    areas = study.areas().values()
    filled = sum(bool(area.filled) for area in areas)
    gaps = f"; {filled} lack a figure, for which the median of their neighbours stands in" if filled else ""
    short = sum(bool(area.missing) for area in areas)
    gaps += f"; {short} lack one for which nothing does" if short else ""
    yield "PLACES (starting points, never a ranking)"
    yield from _wrapped(f"{len(areas)} of {binding.period} in {binding.table}{gaps}. `policy-lab places` lists them.")
    yield ""


def _design(name: str, design: Design) -> Iterator[str]:
    called = f", in short {design.short}" if design.short else ""
    yield from _wrapped(f"{name}: {design.title}{called}", 4, hang=4)
    yield from _wrapped(f"When: {design.dates}.", 8)
    yield from _wrapped(f"Basis: {design.legal_basis}", 8)
    if design.members:
        yield from _wrapped(f"Members: {', '.join(design.members)}.", 8)
    scores = ", ".join(f"{lever} {score.mode:g}" for lever, score in design.levers.items())
    yield from _wrapped(f"Most likely scores: {scores}.", 8)
    if design.note:
        yield from _wrapped(f"Note: {design.note}", 8)


def _wrapped(text: str, indent: int = 2, hang: int = 0) -> Iterator[str]:
    """Break a line for a terminal of a hundred columns."""
    blanks = " " * indent
    yield from textwrap.wrap(
        text, 100, initial_indent=blanks, subsequent_indent=blanks + " " * hang, break_on_hyphens=False
    )


def _units(study: Study) -> str:
    return f"{study.model.time.unit.strip().lower().removesuffix('s')}s"


def _favourable(better: str) -> str:
    return "no direction is held to be favourable" if better == "ambiguous" else f"{better} is held to be favourable"


def _measures(study: Study) -> Iterator[str]:
    shortfall = study.file.measures.shortfall
    yield "MEASURES"
    yield from _wrapped(
        f"{shortfall.title}: {shortfall.variable} below {shortfall.threshold:g} for {shortfall.periods} saved "
        f"periods in a row. The bar: {shortfall.anchor.source} ({shortfall.anchor.status})",
        hang=4,
    )
    yield f"  {study.file.measures.burden.title}: {study.file.measures.burden.variable}, as a ratio to the base"
    for resource in study.file.measures.resources:
        yield f"  {resource.title}: {resource.variable} ({resource.unit})"
    yield from _wrapped(f"Saved in every run: {', '.join(study.file.outcomes)}", hang=4)
    yield ""
    grades = Counter(str(parameter.grade) for parameter in study.parameters.values())
    yield "EVIDENCE (constants by grade: A published statistic, B literature, C judgement)"
    yield f"  {', '.join(f'{grades[grade]} {grade}' for grade in 'ABC')}; all lever scores are judgement"
    yield ""
    yield study.file.words.not_a_forecast


def _keys() -> Iterator[str]:
    """Explain every key of a study's files, from the documentation of its schemas."""
    from policy_lab.study import area_schema, panel_schema, plan_schema, schema, stress_schema
    from policy_lab.study.check_schema import CHECK_SCHEMAS
    from policy_lab.study.explained import explained
    from policy_lab.study.schema_base import Frozen

    models: tuple[type[Frozen], ...] = (
        *(schema.StudyFile, schema.Clock, schema.Comparison, schema.Lever, schema.Reference, schema.Rest),
        *(schema.Measures, schema.Shortfall, schema.Anchor, schema.Burden, schema.Gap, schema.Resource),
        *(area_schema.Areas, area_schema.Neighbours, schema.Words, schema.StructureRule, schema.Loop),
        *(panel_schema.Panels, panel_schema.MatrixPanel, panel_schema.BalancePanel),
        *(stress_schema.StressKind, stress_schema.StressSizes, stress_schema.StressSize),
        *(schema.Design, schema.Score, schema.Overlay),
        *(schema.Scenario, schema.Draw, schema.Parameter),
        *CHECK_SCHEMAS,
        *(plan_schema.PlanFile, plan_schema.Uncertain, plan_schema.CorrelationEntry, plan_schema.Saved),
        stress_schema.Placed,
    )
    for model in models:
        yield f"{model.__name__}: {' '.join((model.__doc__ or '').split())}"
        told = explained(model)
        for name, field in model.model_fields.items():
            need = "needed" if field.is_required() else "may be left out"
            yield f"  {name} ({need}){f': {told[name]}' if name in told else ''}"
        yield ""
