"""The conformance table: ``python -m tests.conformance.table`` writes ``benchmarks/conformance.md``.

Every row compares the compiled engine, the NumPy engine and PySD over all elements and times of one variable, and all
of them with a closed form where there is one. PySD reads and runs the model file itself, without our reader; where it
cannot, it is given the file through our reader (`policy_lab.engine.reference`), and the row says so.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from policy_lab.engine import Series, compile_model
from policy_lab.engine.reference import run_reference
from policy_lab.errors import EngineError, InputError
from policy_lab.model import Model, read_model
from tests.conformance.rows import Row, rows

HERE = Path(__file__).parent
OUTPUT = HERE.parents[1] / "benchmarks" / "conformance.md"
TOLERANCE = 1e-9
NEAR = 1e-6  # what a search that stops too early leaves
AGREES, ALONE, DRAWN, WRONG, SILENT, REFUSED, FAULT = (
    "agrees", "agrees, by our reader", "agrees in distribution", "PySD wrong", "PySD silent", "refused by us", "FAULT"
)  # fmt: skip


@dataclass(frozen=True)
class Judged:
    """A row with what came of it: what was found, how far engines lie apart, and what there is to add."""

    row: Row
    verdict: str
    apart: float | None
    note: str = ""


@dataclass(frozen=True)
class _Ours:
    """What our engines say of a file: both series, or why it is refused."""

    model: Model | None = None
    compiled: Series | None = None
    readable: Series | None = None
    refusal: str = ""


def judge_all() -> list[Judged]:
    """Run every model of the table with every engine and judge every row."""
    wanted = [*rows()]
    files = [*dict.fromkeys(row.file for row in wanted)]
    told = oracle([HERE / name for name in files])
    ours = {name: _ours(HERE / name) for name in files}
    through = {
        name: _through_our_reader(one.model)
        for name, one in ours.items()
        if one.model is not None and "error" in told[name]
    }
    return [_judged(row, ours[row.file], told[row.file], through.get(row.file)) for row in wanted]


def oracle(paths: Sequence[Path]) -> dict[str, Any]:
    """Return what PySD itself makes of the files, all in one child process."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.conformance.oracle"],
        input=json.dumps([str(path) for path in paths]), capture_output=True, text=True, check=True,
        cwd=HERE.parents[1],
    )  # fmt: skip
    return dict(json.loads(done.stdout.strip().splitlines()[-1]))


def _ours(path: Path) -> _Ours:
    try:
        model = read_model(path)
        compiled, readable = (compile_model(model, backend=name).run() for name in ("compiled", "numpy"))
    except InputError as error:
        return _Ours(refusal=str(error.problems[0].what))
    return _Ours(model, compiled, readable)


def _through_our_reader(model: Model | None) -> Series | None:
    try:
        return None if model is None else run_reference(model)
    except (EngineError, InputError):
        return None


def _judged(row: Row, ours: _Ours, told: Mapping[str, Any], through: Series | None) -> Judged:
    if ours.compiled is None or ours.readable is None:
        return Judged(row, REFUSED, None, ours.refusal)
    values = ours.compiled[row.variable][0].reshape(len(ours.compiled.time), -1)
    other = ours.readable[row.variable][0].reshape(values.shape)
    if not _gap(values, other) <= TOLERANCE:
        return Judged(row, FAULT, _gap(values, other), "the compiled and the NumPy engine differ")
    exact = None
    if row.closed is not None:
        exact = row.closed(ours.compiled.time).reshape(len(ours.compiled.time), -1)
        if not (exact.shape == values.shape and _gap(values, exact) <= TOLERANCE):
            return Judged(row, FAULT, None, "ours is not the closed form")
    theirs, by_reader = _theirs(row, ours.compiled, told, through)
    if theirs is None:
        note = str(told.get("error", "no such column"))
        return Judged(row, SILENT if exact is not None else FAULT, None, note)
    if row.feature.startswith("RANDOM "):
        return _drawn(row, values, theirs)
    gap = _gap(values, theirs)
    if gap <= TOLERANCE:
        return Judged(row, ALONE if by_reader else AGREES, gap, str(told.get("error", "")) if by_reader else "")
    if exact is None:
        return Judged(row, FAULT, gap, "ours differs from PySD, and no closed form says who is right")
    near = f"; PySD comes within {NEAR:g} of it" if _gap(theirs, exact) <= NEAR else ""
    return Judged(row, WRONG, _gap(theirs, exact), f"ours is the closed form{near}")


def _drawn(row: Row, values: NDArray[np.float64], theirs: NDArray[np.float64]) -> Judged:
    """Compare what was drawn as two samples: PySD draws other numbers in every run."""
    from scipy import stats

    alike = stats.ks_2samp(values.ravel(), theirs.ravel()).pvalue > 1e-6
    if alike:
        return Judged(row, DRAWN, None, "two samples, Kolmogorov and Smirnov's test; ours repeat by their seed")
    return Judged(row, FAULT, None, "ours and PySD's come from different distributions")


def _theirs(
    row: Row, ours: Series, told: Mapping[str, Any], through: Series | None
) -> tuple[NDArray[np.float64] | None, bool]:
    columns = told.get("columns")
    if columns is not None:
        bare = {name.replace(" ", "").replace("_", "").casefold(): values for name, values in columns.items()}
        names = [name.replace(" ", "").replace("_", "").casefold() for name in ours.element_names(row.variable)]
        found = [bare.get(name) for name in names]
        return (None if None in found else np.array(found).T), False
    if through is not None:
        return through[row.variable][0].reshape(len(through.time), -1), True
    return None, False


def _gap(first: NDArray[np.float64], second: NDArray[np.float64]) -> float:
    """Return the largest difference, relative to the size of the values where they are larger than 1."""
    if first.shape != second.shape:
        return float("inf")
    same = (first == second) | (np.isnan(first) & np.isnan(second))
    with np.errstate(all="ignore"):
        apart = np.abs(first - second) / np.maximum(np.maximum(np.abs(first), np.abs(second)), 1.0)
    return float(np.where(same, 0.0, np.where(np.isnan(apart), np.inf, apart)).max())


def markdown(judged: Sequence[Judged]) -> str:
    """Return the table as it is committed; no figure of it depends on the machine but the gaps, told by their size."""
    counts = Counter(one.verdict for one in judged)
    with_form = sum(one.row.closed is not None and one.verdict != REFUSED for one in judged)
    agree = counts[AGREES] + counts[ALONE] + counts[DRAWN]
    lines = [
        "# Conformance: what each function and structure does, here and in PySD",
        "",
        (
            "Made by `python -m tests.conformance.table` from the small models in `tests/conformance`, and held by "
            "`tests/conformance/test_table.py`. Each row is one variable over all its elements and times, computed by "
            f"the compiled engine, by the NumPy engine and by PySD, to {TOLERANCE:g} (relative above 1). No feature "
            "stands twice. PySD reads the file itself; “by our reader” means that it could not, and ran what our "
            "reader made of it. A row with a closed form is held to it too; “PySD wrong” and “PySD silent” rest on it."
        ),
        "",
        (
            f"**{len(judged)} rows: {len(judged) - counts[REFUSED] - counts[FAULT]} computed, {counts[REFUSED]} "
            f"refused by us.** {agree} agree with PySD ({counts[ALONE]} of them by our reader, {counts[DRAWN]} in "
            f"distribution), {counts[WRONG]} where PySD is wrong, {counts[SILENT]} where it is silent; {with_form} are "
            "held to a closed form."
        ),
        "",
        "| feature | variable | closed form | outcome | note |",
        "| --- | --- | --- | --- | --- |",
    ]
    for one in judged:
        form = "yes" if one.row.closed is not None else ""
        cells = (one.row.feature, f"`{one.row.file}`: {one.row.variable}", form, one.verdict, _cut(one.note))
        lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    return "\n".join(lines) + "\n"


def _cut(note: str) -> str:
    return note if len(note) <= 110 else note[:109] + "…"


def main() -> None:
    judged = judge_all()
    OUTPUT.write_text(markdown(judged), encoding="utf-8")
    sys.stdout.write(markdown(judged).split("\n\n")[2] + "\n")
    for one in judged:
        if one.verdict == FAULT:
            sys.stdout.write(f"FAULT {one.row.file} {one.row.variable}: {one.note} ({one.apart})\n")


if __name__ == "__main__":
    main()
