"""PySD itself, unguarded, on the models of the conformance table: they are our own, so it may read and run them.

A child process, so that what PySD writes and changes stays in a temporary folder and no other test meets it. It reads
``[path, ...]`` as JSON and writes ``{path: {variable: {column: [values]}} or {"error": message}}``.
"""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
import warnings
from pathlib import Path
from typing import Any

import numpy as np


def told(path: Path, folder: Path) -> dict[str, Any]:
    """Run one model with PySD and return every column of its results."""
    import pysd

    try:
        read = pysd.read_vensim if path.suffix == ".mdl" else pysd.read_xmile
        model = read(str(folder / path.name))
        names = {row["Py Name"]: row["Real Name"] for _, row in model.doc.iterrows()}
        constant = {row["Py Name"] for _, row in model.doc.iterrows() if row["Type"] == "Lookup"} | {"time"}
        table = model.run(return_columns=[name for name in names if name not in constant], flatten_output=True)
    except Exception as error:  # noqa: BLE001  whatever PySD raises is what the table has to say
        return {"error": f"{type(error).__name__}: {' '.join(str(error).split())}"[:160]}
    found: dict[str, Any] = {}
    for column in table.columns:
        key, _, subscripts = str(column).partition("[")
        element = "[" + subscripts.replace(" ", "") if subscripts else ""
        found[names.get(key, key) + element] = [float(value) for value in table[column]]
    return {"columns": found}


def main() -> None:
    warnings.simplefilter("ignore")
    np.set_printoptions(precision=17, floatmode="unique")
    np.seterr(all="ignore")
    paths = [Path(one) for one in json.loads(sys.stdin.read())]
    with tempfile.TemporaryDirectory() as name:
        answers = {}
        for path in paths:
            room = Path(name) / path.name.replace(".", "_")
            shutil.copytree(path.parent, room, ignore=shutil.ignore_patterns("__pycache__", "*.py"))
            answers[path.name] = told(path, room)
    sys.stdout.write("\n" + json.dumps(answers))


if __name__ == "__main__":
    main()
