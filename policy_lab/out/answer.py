"""Write the answer to one question: its tables, its chart, its words and what made it, all of it or nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from policy_lab.out.folder import whole_folder
from policy_lab.out.tables import write_csv
from policy_lab.results.read_write import write_manifest

if TYPE_CHECKING:
    import pandas as pd

    from policy_lab.charts.figure import Figure


def write_answer(
    folder: str | Path, tables: Mapping[str, pd.DataFrame], figures: Mapping[str, Figure], words: Sequence[str]
) -> Path:
    """Write tables as CSV, figures as SVG and PNG, the words as ``answer.txt`` and the first figure's manifest.

    Parameters
    ----------
    folder
        Is made where it is missing; files of the same names are replaced, others stay.
    tables, figures
        By the names that their files get; one figure at least.
    words
        Sentences, each a line.

    Raises
    ------
    InputError
        When the folder cannot be written to.
    """
    target = Path(folder)
    with whole_folder(target) as temporary:
        for name, table in tables.items():
            write_csv(table, temporary / f"{name}.csv")
        for name, figure in figures.items():
            figure.save(temporary / f"{name}.svg")
            figure.save(temporary / f"{name}.png")
        (temporary / "answer.txt").write_text("\n".join(words) + "\n", encoding="utf-8", newline="\n")
        write_manifest(next(iter(figures.values())).manifest, temporary / "manifest.json")
    return target
