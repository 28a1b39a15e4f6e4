"""A plan's file to begin with, filled from its study."""

from __future__ import annotations

import json
import re
import textwrap
from collections.abc import Iterable, Iterator

from policy_lab.provenance import bundled
from policy_lab.study.plan import GROUPS, grade_group
from policy_lab.study.posterior import POSTERIOR_FILE, read_posterior
from policy_lab.study.samplers import SAMPLERS
from policy_lab.study.schema import Parameter
from policy_lab.study.study import Study

_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9 +_./-]*[A-Za-z0-9]")
_WORDS = frozenset({"true", "false", "null", "yes", "no", "on", "off"})
_WIDTH = 26


def plan_template(study: Study) -> str:
    """Return the text of a plan that runs what the study compares.

    Words stand behind a `#` and one blank; a `#` before a key, without a blank or with the blanks of its indent, can be
    removed, and the key reads.
    """
    parts = (_head, _chosen, _world, _stress, _places, _settings, _clock, _uncertain, _outcomes)
    return "\n\n".join("\n".join(part(study)) for part in parts) + "\n"


def _head(study: Study) -> Iterator[str]:
    yield f"# What to run, for: {_line(study.file.question)}"
    yield "# policy-lab plan check FILE: what is wrong with it. policy-lab plan show FILE: what it would run, in words."
    yield "# A key behind a `#` may be left out: remove the `#` to use it. All keys: policy-lab describe --keys"
    yield f"study: {yaml_text(study_named(study))}"
    yield "#title: What this plan is for"


def _chosen(study: Study) -> Iterator[str]:
    usual = study.file.comparison.designs
    yield "# WHAT IS CHOSEN. Levers: the designs to compare, in every block."
    if study.overlays:
        first, added = study.file.comparison.base, next(iter(study.overlays))
        yield f"# An addition is joined to a design by `+`, as in `{first}+{added}`."
        yield from _wrapped(f"Additions: {', '.join(study.overlays)}.", 0)
    yield "designs:"
    for name in (*usual, *(name for name in study.designs if name not in usual)):
        yield _entry(name, study.design(name).title, used=name in usual)
    yield "# Judged levers at the low or the high end of their scores, in every design; as drawn where left out."
    yield "#steps:"
    for name, lever in list(study.file.levers.items())[:1]:
        yield _key(f"#  {yaml_text(name)}", "high", f"{_line(lever.title)}; or low")


def _world(study: Study) -> Iterator[str]:
    usual = study.file.comparison.scenario
    yield "# WHAT THE WORLD DOES. One block of runs for each scenario."
    yield "scenarios:"
    for name in sorted(study.scenarios, key=lambda name: name != usual):
        yield _entry(name, study.scenarios[name].title, used=name == usual)
    yield ""
    yield "# Scenarios of this plan only; they may extend the study's and one another."
    yield "#new_scenarios:"
    yield "#  my-scenario:"
    yield "#    title: What it is called"
    yield "#    meaning: What happens in it"
    yield f"#    extends: {yaml_text(usual)}"
    settable = next((row for row in study.parameters.values() if row.distribution == "scenario"), None)
    if settable is not None:
        yield f"#    set: {{{yaml_text(settable.variable)}: {settable.base:.12g}}}"


def _stress(study: Study) -> Iterator[str]:
    """Say how events are placed by hand, if the study lets any be."""
    kinds = study.file.stress
    if not kinds:
        yield "# This study lets no event be placed by hand."
        return
    yield from _wrapped(
        f"EVENTS PLACED BY HAND: {', '.join(kinds)}. Once there is one, these take the place of every time that a "
        "scenario sets or draws for them: what is not here does not come. Sizes: low, typical, high.",
        0,
    )
    yield "#stress:"
    sized = next((name for name, kind in kinds.items() if kind.size is not None), "")
    name = sized or next(iter(kinds))
    yield f"#  - event: {yaml_text(name)}"
    yield _key("#    at", f"{study.file.clock.horizon / 5:.12g}", f"{study.model.time.unit.lower()}s since the start")
    if sized:
        yield "#    size: high"


def _places(study: Study) -> Iterator[str]:
    areas = study.areas()
    yield "# WHERE IT STARTS. One block for each place, `own` for the study's own values; or `all`."
    if areas:
        yield f"#areas: [own, {yaml_text(next(iter(areas.values())).name)}]"
    else:
        yield "# This study has no table of places."


def _settings(study: Study) -> Iterator[str]:
    yield "# NAMED SETS OF HELD CONSTANTS, in their own units. One block for each set."
    yield "#settings:"
    yield "#  as-drawn: {}"
    for row in _scalars(study)[:1]:
        yield f"#  high-{re.sub('[^a-z]+', '-', row.variable.lower()).strip('-')}:"
        yield f"#    {yaml_text(row.variable)}: {row.high:.12g}    # {row.unit}; {row.low:g} to {row.high:g}"


def _clock(study: Study) -> Iterator[str]:
    unit, time = study.model.time.unit, study.model.time
    yield f"# THE CLOCK, in the model's time unit ({unit})."
    yield _key(
        "start",
        study.file.comparison.start,
        "switch: all from the base at rest; settled: each at its rest; file: as the model",
    )
    yield _key("horizon", f"{study.file.clock.horizon:.12g}", "how long each run is")
    yield _key(
        "save_period",
        f"{time.save_period:.12g}",
        f"between saved values; the measure counts {study.file.measures.shortfall.periods} of them in a row",
    )
    yield _key("#time_step", f"{time.step:.12g}", "the model's own")


def _uncertain(study: Study) -> Iterator[str]:
    usual = study.file.comparison
    rows = [row for row in study.parameters.values() if row.varies]
    groups = list(dict.fromkeys(row.group for row in rows))
    yield "# WHAT IS NOT KNOWN. Worlds are draws of what we do not know, futures draws of luck in each of them."
    yield "uncertain:"
    yield _key("  worlds", str(usual.worlds))
    yield _key("  futures", str(usual.futures))
    yield _key("  seed", str(usual.seed), "the same seed, the same draws")
    yield _key("  sampler", SAMPLERS[0], f"or {' or '.join(SAMPLERS[1:])}")
    yield f"  # Drawn: all {len(rows)} parameters with a range, the scores of designs, and luck. Or name groups,"
    yield "  # grades or single parameters here; the rest stands at its base value."
    yield from _wrapped(f"Groups: {', '.join(groups)}. Grades: {', '.join(_grades(rows))}.", 2)
    yield f"  #vary: [{', '.join(sorted(GROUPS))}]"
    scalars = _scalars(study)
    if scalars:
        yield "  # Held in every block, in their own unit."
        yield f"  #hold: {{{yaml_text(scalars[-1].variable)}: {scalars[-1].base:.12g}}}"
    switches = [row for row in rows if row.distribution == "switch"]
    if switches:
        yield "  # Structural switches: drawn, or one of their two values."
        yield "  #switches:"
        for row in switches:
            yield _key(f"  #  {yaml_text(row.variable)}", "drawn", f"or {row.low:g} or {row.high:g}")
    fitted = read_posterior(study) if (study.folder / POSTERIOR_FILE).is_file() else {}
    if fitted:
        yield f"  # The {len(fitted)} fitted parameters from the study's saved posterior, in the place of their ranges."
        yield "  #posterior: true"
    pair = [yaml_text(row.variable) for row in scalars if row.variable not in fitted][:2]
    if len(pair) == 2:
        yield "  # Parameters drawn together, by the rank correlation of each two; all others are independent."
        yield "  #correlations:"
        yield f"  #  - between: [{', '.join(pair)}]"
        yield "  #    rank: 0.5"
        yield "  #    reason: Why they belong together"


def _outcomes(study: Study) -> Iterator[str]:
    further = next((name for name in study.model.variables if name not in study.file.outcomes), None)
    count = len(study.file.outcomes)
    yield f"# WHAT IS SAVED of every run: the study's {count} outcomes unless told, and always what its measures need."
    yield "#outcomes:"
    yield f"#  only: [{yaml_text(study.file.measures.shortfall.variable.split('[')[0])}]"
    if further is not None:
        yield f"#  also: [{yaml_text(further)}]"
    yield ""
    yield _key("precision", "double", "of stored results; single takes half the room")


def _wrapped(text: str, indent: int) -> Iterator[str]:
    """Break a comment into lines."""
    blanks = " " * indent + "# "
    return iter(textwrap.wrap(text, 110, initial_indent=blanks, subsequent_indent=blanks, break_on_hyphens=False))


def _entry(name: str, title: str, *, used: bool) -> str:
    return f"  {'' if used else '#'}- {yaml_text(name)}".ljust(_WIDTH) + f"  # {_line(title)}"


def _key(key: str, value: str, words: str = "") -> str:
    written = f"{key}: {value}"
    return f"{written.ljust(_WIDTH)}  # {words}" if words else written


def _line(text: str) -> str:
    return " ".join(text.split())


def _scalars(study: Study) -> list[Parameter]:
    """Return parameters that make simple examples: one number each, drawn from a range."""
    return [
        row
        for row in study.parameters.values()
        if row.varies and "[" not in row.variable and row.distribution not in ("dirichlet", "switch")
    ]


def _grades(rows: Iterable[Parameter]) -> list[str]:
    return sorted({grade_group(row.grade) for row in rows})


def study_named(study: Study) -> str:
    """Return how a plan names the study: a bundled one by its name, any other by its folder."""
    own = study.folder.resolve()
    return study.name if own == (bundled("models") / study.name).resolve() else own.as_posix()


def yaml_text(text: str) -> str:
    """Return a text as YAML reads it back, in quotes where it needs them."""
    plain = _PLAIN.fullmatch(text) and text.casefold() not in _WORDS
    return text if plain else json.dumps(text, ensure_ascii=False)
