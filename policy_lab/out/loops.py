"""Write what was found of loops: tables, a picture of each, and the map of all."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from policy_lab.analysis.loops import effects_in_words, link_table, loop_table, signed
from policy_lab.charts.causal_loop import loop_chart
from policy_lab.charts.loop_map import loop_map
from policy_lab.out.folder import whole_folder
from policy_lab.out.tables import write_csv

if TYPE_CHECKING:
    import pandas as pd

    from policy_lab.run.feedback import NamedLoop
    from policy_lab.study import Study


def write_loops(
    study: Study, loops: Sequence[NamedLoop], folder: str | Path, effects: pd.DataFrame | None = None
) -> Path:
    """Write named loops to a folder: ``loops.csv``, ``links.csv``, ``loops.svg``, ``loop-r1.svg`` and so on.

    Parameters
    ----------
    study, loops
        The loops of the study, as `policy_lab.run.feedback.named_loops` finds them.
    folder
        Is made where it is missing; files of the same names are replaced, others stay.
    effects
        What cutting them does, as ``cuts.csv`` and, to read, ``cuts.md``: `policy_lab.analysis.loops.loop_effects`.

    Raises
    ------
    InputError
        When the folder cannot be written to.
    """
    target = Path(folder)
    model = study.model
    unit = model.time.unit.strip().lower().removesuffix("s")
    source = f"Source: {model.path.name}, read by policy_lab"
    manifest = {"model": model.path.name, "model_digest": model.digest}
    drawn = [one for one in loops if one.links]
    with whole_folder(target) as temporary:
        write_csv(loop_table(loops), temporary / "loops.csv")
        write_csv(link_table(loops), temporary / "links.csv")
        if effects is not None:
            write_csv(effects, temporary / "cuts.csv")
            (temporary / "cuts.md").write_text(cuts_as_markdown(study, effects), encoding="utf-8", newline="\n")
        for one in drawn:
            chart = loop_chart(one, unit=unit, source=source, manifest=manifest)
            chart.save(temporary / f"loop-{one.name.casefold()}.svg")
        if drawn:
            loop_map(drawn, model, source=source, manifest=manifest).save(temporary / "loops.svg")
    return target


def cuts_as_markdown(study: Study, effects: pd.DataFrame) -> str:
    """Return what cutting loops does as two tables of Markdown, a row a loop and a column a design."""
    variable = study.file.measures.shortfall.variable
    grade = effects["evidence_grade"].iloc[0]
    change = effects.assign(
        told=[
            f"{signed(row.outcome_change)} ({signed(row.outcome_change_low)} to {signed(row.outcome_change_high)})"
            + ("" if row.clear else " ·")
            for row in effects.itertuples(index=False)
        ]
    )
    risk = effects.assign(told=[f"{row.risk:.0%} → {row.risk_without:.0%}" for row in effects.itertuples(index=False)])
    first = effects.iloc[0]
    size = f"{first['worlds']} worlds × {first['futures']} futures"
    held = "A loop is cut at one link: the effect goes on seeing the cause as it was at rest."
    model = f"Model file {study.model.path.name}, SHA-256 {study.model.digest[:16]}…; {size}."
    parts = [
        f"# {study.file.title}: the result without each named loop",
        effects_in_words(effects, variable),
        f"{held} Lever scores have evidence grade {grade}. {study.file.words.not_a_forecast} {model}",
        f"## {variable} at the horizon, change against the whole model",
        "Mean over worlds, 5 to 95 % over worlds in brackets; · where that band holds zero.",
        _markdown(change),
        f"## {study.file.measures.shortfall.title}",
        _markdown(risk),
    ]
    return "\n\n".join(parts) + "\n"


def _markdown(told: pd.DataFrame) -> str:
    designs = list(dict.fromkeys(told["design"]))
    lines = ["| loop | kind | " + " | ".join(designs) + " |", "|---" * (2 + len(designs)) + "|"]
    for (name, title, kind), rows in told.groupby(["loop", "title", "kind"], sort=False):
        cells = rows.set_index("design")["told"]
        lines.append(f"| {name} {title} | {kind} | " + " | ".join(cells[design] for design in designs) + " |")
    return "\n".join(lines)
