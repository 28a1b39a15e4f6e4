"""Where the tables that a study names are found."""

from __future__ import annotations

from pathlib import Path

from policy_lab.errors import InputError, Problem, nearest_names
from policy_lab.provenance import bundled


def table_path(folder: Path, name: str, *, named_in: Path | None = None) -> Path:
    """Return the path of a table in a study's own folder, or in the bundled data; never outside the two.

    Parameters
    ----------
    folder
        The study's.
    named_in
        The file that names the table, for the message.

    Raises
    ------
    InputError
        When it is in neither.
    """
    homes = (folder, bundled("data"))
    for home in homes:
        path = home / name
        if path.is_file() and path.resolve().is_relative_to(home.resolve()):
            return path
    known = [entry.name for home in homes for entry in home.glob("*.csv")]
    what = f"no table `{name}` beside the study or in the data folder"
    raise InputError(Problem(what=what, file=named_in, nearest=nearest_names(name, known)))
