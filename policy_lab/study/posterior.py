"""Draws that calibration saved, to stand in for the priors of the parameters that it fitted."""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

import numpy as np

from policy_lab.errors import InputError, Problem, nearest_names
from policy_lab.study.study import Study

POSTERIOR_FILE = "posterior.csv"
MANIFEST_FILE = "posterior.json"
MOST_BYTES = 3_000_000


def read_posterior(study: Study) -> Mapping[str, np.ndarray]:
    """Return the saved draws: by constant or element (`Name[element]`), ``(draws,)`` in its unit.

    Raises
    ------
    InputError
        When none were saved, they belong to another model, or a column or cell cannot be used.
    """
    path = study.folder / POSTERIOR_FILE
    if not path.is_file():
        remedy = f"Make it: policy-lab calibrate {study.name} --method posterior --save."
        raise InputError(Problem(what=f"this study has no saved posterior (`{POSTERIOR_FILE}`)", remedy=remedy))
    if path.stat().st_size > MOST_BYTES:
        raise InputError(Problem(what=f"larger than {MOST_BYTES / 1e6:.0f} MB", file=path))
    rows = list(csv.reader(io.StringIO(path.read_text(encoding="utf-8"), newline="")))
    header, cells = (rows[0], rows[1:]) if rows else ([], [])
    problems = [
        Problem(what=f"no parameter `{name}`", file=path, line=1, nearest=nearest_names(name, study.parameters))
        for name in header
        if name not in study.parameters
    ]
    values = np.full((len(cells), len(header)), np.nan)
    for line, row in enumerate(cells, start=2):
        numbers = [_number(cell) for cell in row]
        if len(row) != len(header) or not all(math.isfinite(number) for number in numbers):
            problems.append(Problem(what=f"needs {len(header)} finite numbers", file=path, line=line))
        else:
            values[line - 2] = numbers
    if not cells:
        problems.append(Problem(what="holds no draws", file=path))
    if problems:
        raise InputError(*problems)
    return MappingProxyType({name: values[:, at] for at, name in enumerate(header)})


def posterior_warnings(study: Study) -> tuple[str, ...]:
    """Return what a user of the saved draws has to be told: that the model has changed since, if it has."""
    manifest = _manifest(study.folder / MANIFEST_FILE)
    if manifest.get("model_sha256") == study.model.digest:
        return ()
    return ("the saved posterior was fitted to another version of this model; calibrate again before relying on it",)


def _manifest(path: Path) -> dict[str, object]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        what = f"the manifest of the saved posterior cannot be read: {error}"
        raise InputError(Problem(what=what, file=path)) from error
    return found if isinstance(found, dict) else {}


def _number(cell: str) -> float:
    try:
        return float(cell)
    except ValueError:
        return math.nan
