"""Write what was found of loops: tables, a picture of each, and the map of all."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from policy_lab.analysis.loops import link_table, loop_table
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
        What cutting them does, as ``cuts.csv``: `policy_lab.analysis.loops.loop_effects`.

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
        for one in drawn:
            chart = loop_chart(one, unit=unit, source=source, manifest=manifest)
            chart.save(temporary / f"loop-{one.name.casefold()}.svg")
        if drawn:
            loop_map(drawn, model, source=source, manifest=manifest).save(temporary / "loops.svg")
    return target
