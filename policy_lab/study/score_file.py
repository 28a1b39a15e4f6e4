"""Read experts' scores from CSV files: one row an expert, design and lever; faults with their line, all at once."""

from __future__ import annotations

import csv
import hashlib
import io
import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from policy_lab.errors import InputError, Problem, nearest_names
from policy_lab.study.schema import Score
from policy_lab.study.scores import DIMENSIONLESS, POOL, Scores, bounds_of
from policy_lab.study.study import Study

NEEDED = ("expert", "design", "lever", "unit", "low", "mode", "high", "reason")
BESIDE = ("described", "title", "meaning", "range", "weight")
"""Columns that a file may have beside: those of the template that only explain, and what an expert counts for."""
POOLED_FILE = "scores.csv"
MOST_BYTES = 5_000_000
_DELIMITERS = (",", ";", "\t")


@dataclass(frozen=True)
class _Row:
    """One line of a file, by column; ``comma`` says that the file writes decimals with a comma."""

    file: Path
    line: int
    cells: Mapping[str, str]
    comma: bool

    def problem(self, what: str, **more: object) -> Problem:
        return Problem(what=what, file=self.file, line=self.line, **more)  # type: ignore[arg-type]

    def number(self, column: str) -> float:
        text = self.cells.get(column, "")
        try:
            return float(text.replace(",", ".") if self.comma else text)
        except ValueError:
            return math.nan

    @property
    def blank(self) -> bool:
        """Whether nothing was judged in this row."""
        return not any(self.cells.get(column, "") for column in ("low", "mode", "high"))


def read_scores(
    study: Study,
    paths: Iterable[str | Path],
    *,
    weights: Mapping[str, float] | None = None,
    key: str | Path | None = None,
) -> Scores:
    """Read the scores of one or several experts.

    Parameters
    ----------
    study
        Gives the designs, the levers and their units.
    paths
        CSV files in the template's form, or folders that `policy-lab elicit read --out` wrote.
    weights
        Expert -> weight in the pool; by default the files' own, or all alike.
    key
        The key of a blind template: whose label is which design.

    Raises
    ------
    InputError
        With one problem for each fault: file, line, nearest name.
    """
    files = [_file(Path(path)) for path in paths]
    if not files:
        raise InputError(Problem(what="no file of scores was given"))
    problems: list[Problem] = []
    labels = {} if key is None else _labels(study, Path(key))
    rows: list[_Row] = []
    digests: dict[str, str] = {}
    for path in files:
        try:
            content = _content(path)
            rows += _rows(path, content)
            names = (path.name, f"{path.parent.name}/{path.name}", str(path))
            name = next((name for name in names if name not in digests), str(path))
            digests[name] = hashlib.sha256(content).hexdigest()
        except InputError as error:
            problems.extend(error.problems)
    given: dict[str, dict[str, dict[str, Score]]] = {}
    seen: dict[tuple[str, str, str], _Row] = {}
    for row in rows:
        if not row.blank:
            problems += _take(study, row, labels, given, seen)
    if not problems and not given:
        problems.append(Problem(what="holds no score: low, mode and high are empty in every row", file=files[0]))
    found, told = _weights(rows)
    problems += told
    if problems:
        raise InputError(*problems)
    alike = {expert: found.get(expert, 1.0) for expert in given}
    scores = Scores(tuple(given), tuple(1 / len(given) for _ in given), _frozen(given), MappingProxyType(digests))
    return scores.weighted(alike if weights is None else weights)


def outside_span(study: Study, scores: Scores) -> Iterator[str]:
    """Say which scores of levers without a range of their own lie outside what the study's designs span."""
    for key, lever in study.file.levers.items():
        low, high = bounds_of(study, lever)
        own = [design.levers[key] for design in study.designs.values() if key in design.levers]
        if (math.isfinite(low) and math.isfinite(high)) or not own:
            continue
        low, high = min(score.low for score in own), max(score.high for score in own)
        for expert, designs in scores.given.items():
            out = [name for name, row in designs.items() if key in row and _leaves(row[key], low, high)]
            if out:
                span = f"{low:g} to {high:g} {lever.unit}"
                where = ", ".join(f"`{name}`" for name in out)
                yield f"{expert}: `{key}` of {where} lies outside what the study's own designs span, {span}"


def _leaves(score: Score, low: float, high: float) -> bool:
    return score.low < low or score.high > high


def read_key(study: Study, path: str | Path) -> Mapping[str, str]:
    """Return label -> design from the key of a blind template.

    Raises
    ------
    InputError
        When it cannot be read, or names a design that the study does not have.
    """
    return _labels(study, Path(path))


def _file(path: Path) -> Path:
    return path / POOLED_FILE if path.is_dir() else path


def _content(path: Path) -> bytes:
    try:
        if path.stat().st_size > MOST_BYTES:
            raise InputError(Problem(what=f"larger than {MOST_BYTES / 1e6:.0f} MB", file=path))
        return path.read_bytes()
    except OSError as error:
        raise InputError(Problem(what=f"cannot be read: {error.strerror or error}", file=path)) from error


def _rows(path: Path, content: bytes, needed: tuple[str, ...] = NEEDED) -> list[_Row]:
    """Return the lines under the header; lines that begin with ``#`` are remarks."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        remedy = "Save it as CSV UTF-8."
        raise InputError(Problem(what=f"is not UTF-8 text: {error.reason}", file=path, remedy=remedy)) from error
    if "\0" in text:
        raise InputError(Problem(what="is not a text file", file=path, remedy="Save it as CSV UTF-8."))
    heading = next((line for line in text.splitlines() if line.strip() and not _remark(line)), "")
    delimiter = max(_DELIMITERS, key=heading.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    rows: list[_Row] = []
    header: list[str] = []
    try:
        for cells in reader:
            if not any(cell.strip() for cell in cells) or _remark(cells[0]):
                continue
            if not header:
                header = [cell.strip().casefold() for cell in cells]
                _check_header(path, reader.line_num, header, needed)
                continue
            named = {name: cell.strip() for name, cell in zip(header, cells, strict=False)}
            rows.append(_Row(path, reader.line_num, named, delimiter != ","))
    except csv.Error as error:
        raise InputError(Problem(what=f"is no CSV file: {error}", file=path, line=reader.line_num)) from error
    if not header:
        raise InputError(Problem(what=f"has no header: {', '.join(needed)}", file=path))
    return rows


def _remark(text: str) -> bool:
    return text.lstrip(" \"'").startswith("#")


def _check_header(path: Path, line: int, header: list[str], needed: tuple[str, ...]) -> None:
    problems = [
        Problem(what=f"no column `{name}`", file=path, line=line, nearest=nearest_names(name, header))
        for name in needed
        if name not in header
    ]
    problems += [
        Problem(what=f"the column `{name}` stands twice", file=path, line=line)
        for name in {name for name in header if name and header.count(name) > 1}
    ]
    known = {*needed, *BESIDE, ""}
    problems += [
        Problem(what=f"unknown column `{name}`", file=path, line=line, nearest=nearest_names(name, known - {""}))
        for name in header
        if name not in known
    ]
    if problems:
        raise InputError(*problems)


def _take(
    study: Study,
    row: _Row,
    labels: Mapping[str, str],
    given: dict[str, dict[str, dict[str, Score]]],
    seen: dict[tuple[str, str, str], _Row],
) -> list[Problem]:
    """Put one row where it belongs, or say what is wrong with it."""
    expert, label, lever = (row.cells.get(name, "") for name in ("expert", "design", "lever"))
    problems = []
    if not expert:
        problems.append(row.problem("says not whose score it is", remedy="Write a name or initials under `expert`."))
    if expert.casefold() == POOL:
        problems.append(row.problem(f"an expert cannot be called `{expert}`: the pool of all is"))
    known: Iterable[str] = labels or study.designs
    if label not in known:
        remedy = "" if labels else "A file with anonymous designs is read with its key: --key FILE."
        nearest = nearest_names(label, known)
        problems.append(row.problem(f"no design `{label}`", nearest=nearest, remedy="" if nearest else remedy))
    if lever not in study.file.levers:
        problems.append(row.problem(f"no lever `{lever}`", nearest=nearest_names(lever, study.file.levers)))
    else:
        problems += _value_problems(study, row, lever)
    place = (expert, label, lever)
    if not problems and place in seen:
        first = seen[place]
        problems.append(row.problem(f"{expert} scored `{lever}` of `{label}` before, at {first.file}:{first.line}"))
    if problems:
        return problems
    seen[place] = row
    low, mode, high = (row.number(name) for name in ("low", "mode", "high"))
    design = labels.get(label, label)
    given.setdefault(expert, {}).setdefault(design, {})[lever] = Score(
        low=low, mode=mode, high=high, reason=row.cells.get("reason", "")
    )
    return []


def _value_problems(study: Study, row: _Row, key: str) -> list[Problem]:
    lever = study.file.levers[key]
    low, mode, high = (row.number(name) for name in ("low", "mode", "high"))
    wrong = [name for name in ("low", "mode", "high") if not math.isfinite(row.number(name))]
    problems = []
    if wrong:
        cells = ", ".join(f"{name} `{row.cells.get(name, '')}`" for name in wrong)
        remedy = "Fill in all three, or leave all three empty."
        return [row.problem(f"needs three numbers, but has {cells}", variable=key, remedy=remedy)]
    if not low <= mode <= high:
        problems.append(row.problem(f"low <= mode <= high does not hold: {low:g}, {mode:g}, {high:g}", variable=key))
    least, most = bounds_of(study, lever)
    own = [design.levers[key].low for design in study.designs.values() if key in design.levers]
    if math.isinf(least) and own and min(own) >= 0:
        least = 0.0  # a lever that is nowhere negative, as a delay is
    if min(low, mode, high) < least or max(low, mode, high) > most:
        span = f"from {least:g} to {most:g}" if math.isfinite(most) else f"from {least:g}"
        problems.append(row.problem(f"{low:g}, {mode:g}, {high:g} is outside the range, {span}", variable=key))
    unit = row.cells.get("unit", "")
    if unit and not _same_unit(unit, lever.unit):
        problems.append(row.problem(f"is asked in {lever.unit}, but given in `{unit}`", variable=key))
    return problems


def _same_unit(one: str, other: str) -> bool:
    ours, theirs = one.strip().casefold(), other.strip().casefold()
    if ours in DIMENSIONLESS or theirs in DIMENSIONLESS:
        return ours in DIMENSIONLESS and theirs in DIMENSIONLESS
    return ours.removesuffix("s") == theirs.removesuffix("s")


def _weights(rows: Iterable[_Row]) -> tuple[dict[str, float], list[Problem]]:
    """Return the weights that the files give, and what is wrong with them."""
    found: dict[str, float] = {}
    problems = []
    for row in rows:
        text, expert = row.cells.get("weight", ""), row.cells.get("expert", "")
        if not text or row.blank:
            continue
        weight = row.number("weight")
        if not (math.isfinite(weight) and weight >= 0):
            problems.append(row.problem(f"the weight `{text}` is no number from 0"))
        elif found.setdefault(expert, weight) != weight:
            problems.append(row.problem(f"{expert} has two weights, {found[expert]:g} and {weight:g}"))
    return found, problems


def _labels(study: Study, path: Path) -> dict[str, str]:
    labels: dict[str, str] = {}
    problems = []
    for row in _rows(path, _content(path), ("label", "design")):
        label, design = row.cells.get("label", ""), row.cells.get("design", "")
        if design not in study.designs:
            problems.append(row.problem(f"no design `{design}`", nearest=nearest_names(design, study.designs)))
        elif label in labels or design in labels.values():
            problems.append(row.problem(f"`{label}` or `{design}` stands twice"))
        labels.setdefault(label, design)
    if not labels:
        problems.append(Problem(what="holds no key", file=path))
    if problems:
        raise InputError(*problems)
    return labels


def _frozen(given: Mapping[str, Mapping[str, Mapping[str, Score]]]) -> Mapping[str, Mapping[str, Mapping[str, Score]]]:
    return MappingProxyType(
        {
            expert: MappingProxyType({design: MappingProxyType(dict(levers)) for design, levers in designs.items()})
            for expert, designs in given.items()
        }
    )
