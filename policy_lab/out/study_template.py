"""The files of a study to begin with, as text."""

from __future__ import annotations

import csv
import datetime as dt
import io
import re
from collections.abc import Iterable, Iterator

from policy_lab.out.plan_template import yaml_text
from policy_lab.out.study_sketch import StudySketch, tidy
from policy_lab.results.calendar import plain_unit
from policy_lab.study.check_file import CHECKS_FILE
from policy_lab.study.parameters import COLUMNS

EDIT = "EDIT"
"""Stands in a comment of every line that holds something which only the author of the study can know."""
BASE = "as-it-is"
EXAMPLE = "example"
PERIODS = 6
_GRID = (0.5, 0.75, 1.0, 1.25, 1.5)


def study_files(name: str, sketch: StudySketch) -> dict[str, str]:
    """Return the text of each file of a new study, by the file's name; the model is not among them."""
    return {
        "study.yaml": _text(_study(name, sketch)),
        "designs.yaml": _text(_designs(sketch)),
        "scenarios.yaml": _text(_scenarios()),
        "parameters.csv": _parameters(sketch),
        CHECKS_FILE: _text(_checks(sketch)),
    }


def _study(name: str, sketch: StudySketch) -> Iterator[str]:
    model = sketch.model
    yield f"# What is asked of {_line(model.path.name)}. Written by `policy-lab new`; it opens and runs as it stands."
    yield f"# A line marked {EDIT} holds something that only you can know. All keys: policy-lab describe --keys"
    yield f"title: {yaml_text(name)}    # {EDIT}: what the study is called"
    yield f"question: Which design is least likely to fall short?    # {EDIT}: the question, before anything is run"
    yield f"model: {yaml_text(model.path.name)}"
    yield ""
    yield from _clock(sketch)
    yield ""
    yield from _comparison(sketch)
    yield ""
    yield from _levers(sketch)
    yield ""
    yield from _measures(sketch)
    yield ""
    yield "outcomes:    # saved in every run: all stocks; any variable of the model may join them"
    for stock in sketch.stocks:
        yield f"  - {yaml_text(stock)}    # {_unit(model[stock].unit)}"
    yield ""
    yield "groups:"
    yield f"  choices: Designs    # {EDIT}: groups of designs that may be compared with one another"
    yield ""
    yield from _words(sketch)


def _clock(sketch: StudySketch) -> Iterator[str]:
    time = sketch.model.time
    start = _first_date(sketch)
    yield "clock:"
    yield f"  start: {start.isoformat()}    # {EDIT}: the date at which the time of the model is {time.initial:g}"
    yield (
        f"  horizon: {_number(tidy(time.final - time.initial))}    # {_unit(time.unit)}; as the model file has it, "
        f"{time.initial:g} to {time.final:g}"
    )


def _comparison(sketch: StudySketch) -> Iterator[str]:
    start = (
        "switch    # all begin with the base design at rest; `file`: where the model file starts"
        if sketch.rests
        else "file    # where the model file starts, since no rest was found; `switch`: with the base design at rest"
    )
    yield "comparison:"
    yield f"  base: {BASE}"
    yield f"  start: {start}"
    yield "  scenario: calm"
    yield "  worlds: 100    # draws of what is not known"
    yield "  futures: 1    # draws of luck in each; more only help where a scenario draws something"
    yield "  seed: 1"
    yield f"  designs: [{BASE}, {EXAMPLE}]"


def _levers(sketch: StudySketch) -> Iterator[str]:
    lever = sketch.lever
    yield "levers:    # the constants that a design chooses; each has the distribution `lever` in parameters.csv"
    yield f"  {_key(lever.variable)}:    # {EDIT}: a constant that acts on the measured stock; take what a policy sets"
    yield f"    variable: {yaml_text(lever.variable)}"
    yield f"    title: {yaml_text(lever.variable)}"
    yield f"    meaning: To be written    # {EDIT}: what the lever means, and what moves it"
    yield f"    better: ambiguous    # {EDIT}: `higher` or `lower`, where the scores already say what is better"
    yield f"    unit: {yaml_text(lever.unit)}"


def _measures(sketch: StudySketch) -> Iterator[str]:
    measured, unit = yaml_text(sketch.measured), _unit(sketch.model[_whole(sketch.measured)].unit)
    bar = tidy(float(f"{sketch.start_value / 2:.3g}"))
    periods = max(1, min(PERIODS, sketch.saved // 4))
    grid = sorted({tidy(share * bar) for share in _GRID})
    yield "# THE MEASURE, fixed before anything is compared. What stands here comes from the model file alone."
    yield "measures:"
    yield f"  placeholder: true    # {EDIT}: nothing is compared while this line stands; take it out at last"
    yield "  shortfall:    # it falls short when it stays below the bar for so many saved times in a row"
    yield f"    variable: {measured}    # {EDIT}: what must not run low, in {unit}"
    yield f"    threshold: {_number(bar)}    # {EDIT}: the bar, in {unit}; this is half of where the model file starts"
    yield f"    periods: {periods}    # {EDIT}: saved times in a row, {sketch.model.time.save_period:g} apart"
    yield f"    title: {yaml_text(f'Modelled risk that {_plain(sketch.measured)} stays low')}"
    sentence = f"in about {{tenths}} of 10 modelled futures {_plain(sketch.measured)} stays below the bar"
    yield f"    sentence: {_quoted(sentence)}    # {EDIT}: the result in plain words"
    yield f"    thresholds: [{', '.join(_number(one) for one in grid)}]    # other bars that are shown beside it"
    yield f"    all_periods: [{', '.join(str(one) for one in sorted({1, periods, 2 * periods}))}]"
    yield "    anchor:"
    yield f"      design: {BASE}"
    yield "      share: 0.5"
    yield f"      source: None yet    # {EDIT}: where the bar comes from, outside the model"
    yield f"      status: not yet chosen    # {EDIT}: how far it can be trusted"
    yield "  burden:    # what adds up; told only as a ratio to the base design"
    yield f"    variable: {yaml_text(sketch.burden)}    # {EDIT}: a stock that only adds up; a level says nothing"
    yield f"    title: {yaml_text(_plain(sketch.burden))}"
    yield f"    clear_words: {_quoted(f'a difference in {_plain(sketch.burden)}')}"
    yield f"    unclear_words: {_quoted(f'no clear difference in {_plain(sketch.burden)}')}"


def _words(sketch: StudySketch) -> Iterator[str]:
    yield "words:"
    yield f"  outcome: {yaml_text(_plain(sketch.measured))}    # {EDIT}: a short noun for what is measured"
    yield f"  design: design    # {EDIT}: a noun for what is compared, such as arrangement or policy"
    yield "  not_a_forecast: This compares designs within one model. It forecasts nothing."
    yield f"  sources: {_quoted(f'Model {sketch.model.path.name}; ranges not yet sourced')}    # {EDIT}: of the figures"
    yield "  limits:"
    yield f"    - Not yet written down    # {EDIT}: what the model leaves out"
    yield (
        "  confidence: None yet; every range and score was set without looking at evidence."
        f"    # {EDIT}: how sure you are"
    )


def _designs(sketch: StudySketch) -> Iterator[str]:
    lever, (low, mode, high) = sketch.lever, sketch.example
    base = _number(lever.base)
    yield "# What can be chosen. A score is triangular between low and high, in the unit of its lever."
    yield f"# {_line(lever.variable)}: {_unit(lever.unit)}."
    yield "designs:"
    yield f"  {BASE}:"
    yield "    title: As it is"
    yield "    group: choices"
    yield f"    dates: today    # {EDIT}: when it held or could hold"
    yield f"    legal_basis: none named    # {EDIT}: what it rests on"
    yield "    levers:"
    yield (
        f"      {_key(lever.variable)}: {{low: {base}, mode: {base}, high: {base}, reason: As in the model file}}"
        f"    # {EDIT}: what you do not know about today"
    )
    yield "    disruption: {low: 0, mode: 0, high: 0, reason: Nothing changes}"
    yield f"  {EXAMPLE}:    # {EDIT}: an example, in place of the designs that you compare"
    yield "    title: Example"
    yield "    group: choices"
    yield "    dates: any time"
    yield "    legal_basis: none named"
    yield "    levers:"
    yield (
        f"      {_key(lever.variable)}: {{low: {_number(low)}, mode: {_number(mode)}, high: {_number(high)}, "
        f"reason: An example}}    # {EDIT}: a judgement and its reason"
    )
    yield "    disruption: {low: 0, mode: 0, high: 0, reason: Not considered}"


def _scenarios() -> Iterator[str]:
    yield "# What the world does, the same for every design."
    yield "scenarios:"
    yield f"  calm:    # {EDIT}: add what may happen; `set` fixes constants, `draw` draws them anew in each future"
    yield "    title: Calm"
    yield "    meaning: Every constant as the model file has it, or as it is drawn for a world"


def _parameters(sketch: StudySketch) -> str:
    """Write every constant; the lever's row says that designs set it."""
    stream = io.StringIO(newline="")
    table = csv.DictWriter(stream, COLUMNS, lineterminator="\n")
    table.writeheader()
    for row in sketch.parameters:
        distribution = "lever" if row.variable == sketch.lever.variable else row.distribution
        cells = {**row.model_dump(), "distribution": distribution}
        numbers = {key: "" if cells[key] is None else _number(cells[key]) for key in ("base", "low", "high")}
        table.writerow({**cells, **numbers})
    return stream.getvalue()


def _checks(sketch: StudySketch) -> Iterator[str]:
    yield "# What must hold, whatever the parameters. `policy-lab check FOLDER` runs this file."
    yield f"checks:    # {EDIT}: add what you know of the system and would not believe the model without"
    if sketch.positive:
        yield "  stocks-stay-above-nil:"
        yield "    title: No stock that starts above nil falls below it"
        yield "    when: {start: file}"
        yield f"    variable: [{', '.join(yaml_text(stock) for stock in sketch.positive)}]"
        yield "    expect: {between: {low: 0}}"
        yield f"    reason: What there is not cannot flow out.    # {EDIT}: leave out stocks that may be negative"
    yield "  time-step-does-not-matter:"
    yield "    title: Smaller steps change the measured stock by less than a hundredth"
    yield "    when: {start: file}"
    yield f"    variable: {yaml_text(sketch.measured)}"
    yield "    expect: {integration: {halvings: 2, within: 0.01, methods: []}}"
    yield "    reason: A result that depends on the time step is a result about the time step."


def _first_date(sketch: StudySketch) -> dt.date:
    """Return the first of January of the year at which the model starts, where its time is counted in years A.D."""
    time = sketch.model.time
    is_year = plain_unit(time.unit) == "year" and 1000 <= time.initial < 3000
    return dt.date(int(time.initial) if is_year else 2000, 1, 1)


def _text(lines: Iterable[str]) -> str:
    return "\n".join(lines) + "\n"


def _number(value: float) -> str:
    """Spell a number so that YAML and CSV read just that number back: 1e-05 alone would be text to YAML."""
    spelled = repr(float(value)).removesuffix(".0")
    mantissa, exponent, power = spelled.partition("e")
    return f"{mantissa}{'' if '.' in mantissa else '.0'}{exponent}{power}" if exponent else spelled


def _key(name: str) -> str:
    """Return a short name made of a variable's."""
    return re.sub("[^a-z0-9]+", "-", name.lower()).strip("-") or "lever"


def _whole(name: str) -> str:
    return name.split("[", maxsplit=1)[0]


def _plain(name: str) -> str:
    """Return a variable as words: its name without brackets and quotes."""
    return re.sub(r"\s+", " ", re.sub(r"[\[\]{},\"]", " ", name)).strip()


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _unit(unit: str) -> str:
    return _line(unit) if unit else "no unit given"


def _line(text: str) -> str:
    return " ".join(text.split())
