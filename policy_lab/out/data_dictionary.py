"""The data dictionary of exported runs: what each column holds, in which unit, where it comes from, how well known."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

import pandas as pd

from policy_lab.analysis.book import equation_text
from policy_lab.errors import InputError
from policy_lab.out.run_rows import OUTCOME, Wanted
from policy_lab.results.parts import LEVER, UNCERTAINTY
from policy_lab.results.stored import StoredRuns

if TYPE_CHECKING:
    from policy_lab.study.study import Study

COLUMNS = ("column", "kind", "meaning", "unit", "definition", "source", "evidence_grade")
_KEYS = {
    "scenario": ("What the world does; the same for every design", "Name in the study's scenarios or in the plan"),
    "area": ("The place from whose figures the run starts", "Key in the study's table of places; `own`: the study's"),
    "setting": ("Which constants are held by hand", "Name of a set of held constants in the plan's file"),
    "design": ("What is chosen; overlays after a plus", "Name in the study's designs"),
    "world": ("Which draw of what is not known", "Number from 0; the same world has the same draws for every design"),
    "future": ("Which draw of luck inside the world", "Number from 0; the same for every design of a world"),
    "time": ("Time since the start of the run", "As the model counts it"),
    "date": ("Calendar day of the time", "From the start of the study's clock; a month is counted as a calendar month"),
    "outcome": ("Which outcome the row is about", "Name of a model variable, with its element"),
    "unit": ("Unit of the outcome", "As the model file gives it"),
}


def data_dictionary(wanted: Wanted, input_columns: Iterable[str] = ()) -> pd.DataFrame:
    """Return a row for each column of exported runs and of their inputs.

    Parameters
    ----------
    wanted
        What is exported.
    input_columns
        Columns of the inputs, which begin with ``lever:`` or ``uncertainty:``.

    Returns
    -------
    pandas.DataFrame
        ``column``, ``kind`` (key, lever, uncertainty, outcome), ``meaning``, ``unit``, ``definition`` (documentation
        of the model), ``source`` (equation or literature) and ``evidence_grade`` (A published statistic, B literature,
        C judgement; of an outcome the weakest grade of what it is computed from). Definitions are empty where the
        study is not at hand.
    """
    study = study_of(wanted.stored)
    rows = [*_key_rows(wanted), *_outcome_rows(wanted, study)]
    if study is not None:
        rows += [row for column in input_columns for row in _input_rows(column, study)]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def study_of(stored: StoredRuns) -> Study | None:
    """Return the study that the runs belong to; None where it is not at hand, because runs can be read without it."""
    from policy_lab.study import open_study

    try:
        if (stored.folder / "plan.yaml").is_file():
            return stored.plan(stored.blocks[0]).study
        return open_study(str(stored.manifest["settings"]["study"]))
    except (InputError, KeyError):
        return None


def _key_rows(wanted: Wanted) -> Iterator[tuple[str, ...]]:
    clock = wanted.stored.clock
    dated = ("date",) if wanted.calendar else ()
    for name in (*wanted.keys, "time", *dated, "outcome", "unit"):
        meaning, definition = _KEYS[name]
        unit = clock.unit if name == "time" else ""
        source = f"Clock of the study, which starts on {clock.start.isoformat()}" if name == "date" else ""
        yield name, "key", meaning, unit, definition, source, ""


def _outcome_rows(wanted: Wanted, study: Study | None) -> Iterator[tuple[str, ...]]:
    for name in wanted.choice.outcomes:
        note = wanted.stored.outcomes[name]
        definition, source, grade = ("", "", "") if study is None else _about_outcome(study, name)
        for column in note.columns:
            element = column.removeprefix(name).strip("[]")
            meaning = f"{name}, {element}" if element else name
            yield OUTCOME + column, "outcome", meaning, note.unit, definition, source, grade


def _about_outcome(study: Study, name: str) -> tuple[str, str, str]:
    """Return documentation, equation and the weakest grade beneath an outcome."""
    variable = study.model[name]
    definition = " ".join(variable.documentation.split())
    burden = study.file.measures.burden
    if name == burden.variable:
        base = study.file.comparison.base
        caution = f"Its level is an assumption: use it only as a ratio to `{base}` in the same world and future."
        definition = f"{definition} {caution}".strip()
    source = f"{study.model.path.name}, line {variable.line}: {equation_text(variable)}"
    weakest = max((row.grade for row in study.parameters.values()), default="C")
    return definition, " ".join(source.split()), weakest


def _input_rows(column: str, study: Study) -> Iterator[tuple[str, ...]]:
    if column.startswith(LEVER):
        yield _lever_row(column, study)
    elif column.startswith(UNCERTAINTY):
        yield _uncertainty_row(column, study)


def _lever_row(column: str, study: Study) -> tuple[str, ...]:
    key = column.removeprefix(LEVER)
    lever = study.file.levers.get(key)
    variable = study.model[lever.variable if lever else key]
    scores = "designs.yaml: low, mode and high of each design, each with its reason"
    grade = study.parameters[variable.name].grade if variable.name in study.parameters else "C"
    if lever is None:
        meaning, definition = "What changing to the design costs at the start", variable.documentation
    else:
        meaning, definition = lever.title, lever.meaning
    return column, "lever", meaning, variable.unit, " ".join(definition.split()), scores, grade


def _uncertainty_row(column: str, study: Study) -> tuple[str, ...]:
    spelled = column.removeprefix(UNCERTAINTY)
    name = spelled.partition("[")[0]
    variable = study.model[name]
    row = study.parameters.get(spelled) or study.parameters.get(name)
    anchors = study.file.reference.anchors if study.file.reference else {}
    source, grade = (row.source, row.grade) if row else ("", "")
    if name in anchors:
        source = f"Solved in each world: `{anchors[name]}` at rest under the policy-intent reference"
    return column, "uncertainty", spelled, variable.unit, " ".join(variable.documentation.split()), source, grade
