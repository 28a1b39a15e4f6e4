"""The cases of a batch without usable numbers, as one table: never dropped, and counted in every summary."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from policy_lab.errors import InputError, Problem

if TYPE_CHECKING:
    import pandas as pd

FAILURE_COLUMNS = ("scenario", "area", "setting", "design", "world", "future", "variable", "time", "reason")


def read_failures(folder: Path) -> pd.DataFrame:
    """Return the failed cases of a batch; an empty table where its folder holds no list of them.

    Raises
    ------
    InputError
        When the list is there and cannot be read.
    """
    import pandas as pd

    path = folder / "failures.csv"
    if not path.is_file():
        return pd.DataFrame(columns=list(FAILURE_COLUMNS))
    try:
        table = pd.read_csv(path, keep_default_na=False, dtype=str)
    except (OSError, ValueError) as error:
        raise InputError(Problem(what=f"cannot be read: {error}", file=path)) from error
    missing = [name for name in FAILURE_COLUMNS if name not in table.columns]
    if missing:
        raise InputError(Problem(what=f"has no column `{missing[0]}`", file=path))
    return table.astype({"world": int, "future": int, "time": float})
