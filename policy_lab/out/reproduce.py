"""Make again what a file shows, from the record that it carries, and say whether every number comes out the same."""

from __future__ import annotations

import datetime as dt
import difflib
import re
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from policy_lab.analysis.tables import tables_of
from policy_lab.errors import InputError, Problem
from policy_lab.out.brief.content import Choice, briefing
from policy_lab.out.brief.write import watched_of
from policy_lab.out.carried import Carried, carried_by
from policy_lab.out.folder import csv_files, figures_of
from policy_lab.provenance import file_digest, source_commit, versions
from policy_lab.study.again import plan_again
from policy_lab.study.loader import open_study
from policy_lab.study.plan_file import read_plan

if TYPE_CHECKING:
    from policy_lab.analysis.put_in import Evaluate
    from policy_lab.results.types import Results
    from policy_lab.study import Plan, Study

_NUMBER: Final = re.compile(r"\d[\d,.]*")
_SHORT: Final = 12
"""Letters of a text that is a cell of a table, most likely."""
_CLOSE: Final = 0.75
"""How alike a text of the file has to be to one made again, for the two to be told side by side."""


@dataclass(frozen=True)
class Difference:
    """One thing that the file says otherwise than the same plan does today."""

    where: str
    stands: str
    """In the file; empty where it lacks what it should say."""
    expected: str
    """What the same plan gives; empty where the file says more."""

    def words(self) -> str:
        """Say it in one line."""
        if not self.expected:
            return f"{self.where}: the file says “{self.stands}”, which the same plan does not give"
        if not self.stands:
            return f"{self.where}: the file lacks “{self.expected}”"
        return f"{self.where}: the file says “{self.stands}”, the same plan gives “{self.expected}”"


@dataclass(frozen=True)
class Reproduced:
    """What came of making a file again.

    ``inputs`` say which version or input is another today, ``differences`` what the file says otherwise, ``compared``
    how many numbers were looked at, ``unseen`` what could not be compared.
    """

    inputs: tuple[str, ...]
    differences: tuple[Difference, ...]
    compared: int
    unseen: tuple[str, ...] = ()

    @property
    def same(self) -> bool:
        """Whether every number came out the same."""
        return not self.differences


def reproduce(path: str | Path, evaluate: Evaluate) -> Reproduced:
    """Run the plan of a file again and compare.

    Parameters
    ----------
    path
        A briefing, chart or table that policy_lab wrote; a table finds its manifest beside it.
    evaluate
        Turns a plan into results, usually :func:`policy_lab.run.run`.

    Raises
    ------
    InputError
        When the file carries no record, or its plan cannot be made again.
    """
    carried = carried_by(Path(path))
    manifest = carried.record["manifest"]
    study = open_study(str(manifest.get("settings", {}).get("study", "")))
    results = evaluate(_plan(study, carried.record))
    inputs = tuple(_changed_inputs(manifest, study))
    differences, compared, unseen = _compared(carried, results, evaluate)
    return Reproduced(inputs, tuple(differences), compared, unseen)


def _plan(study: Study, record: Mapping[str, Any]) -> Plan:
    """Return the plan: of a batch from the text of its file, else from the manifest's choices."""
    manifest = record["manifest"]
    if "plan" not in record:
        return plan_again(study, manifest)
    with tempfile.TemporaryDirectory(prefix="policy_lab-") as name:
        file = Path(name) / "plan.yaml"
        file.write_text(record["plan"], encoding="utf-8")
        blocks = read_plan(file).blocks
    wanted = {key: value for key, value in manifest["settings"].items() if key != "study"}
    for block in blocks:
        choices = block.plan.choices()
        if all(choices.get(key) == value for key, value in wanted.items() if key in ("scenario", "area", "set")):
            return block.plan.with_(designs=tuple(wanted.get("designs", block.plan.designs)))
    raise InputError(Problem(what="no block of the plan in this file is the one that its manifest tells of"))


def _changed_inputs(manifest: Mapping[str, Any], study: Study) -> Iterator[str]:
    """Yield in words which version or input of then is another one today."""
    if manifest.get("model_sha256") != study.model.digest:
        yield f"the model {manifest.get('model')} has changed"
    known = {name: digest for name, digest in manifest.get("inputs_sha256", {}).items() if name != "plan"}
    for name, digest in known.items():
        file = study.files.get(name)
        if file is not None and file_digest(file) != digest:
            yield f"the study's {name} ({file.name}) has changed"
    today = versions()
    for name, version in manifest.get("versions", {}).items():
        if name in today and today[name] != version:
            yield f"{name} was {version}, and is {today[name]}"
    commit = source_commit()
    if manifest.get("commit") not in (None, commit):
        yield f"policy_lab's commit was {str(manifest['commit'])[:12]}, and is {commit[:12]}"


def _compared(carried: Carried, results: Results, evaluate: Evaluate) -> tuple[list[Difference], int, tuple[str, ...]]:
    if carried.kind == "table":
        return _compared_table(carried, results)
    if carried.kind == "chart":
        return _compared_chart(carried, results)
    return _compared_briefing(carried, results, evaluate)


def _compared_briefing(
    carried: Carried, results: Results, evaluate: Evaluate
) -> tuple[list[Difference], int, tuple[str, ...]]:
    """Describe the briefing anew, and look for everything that it says in the file."""
    asked = carried.record["briefing"]
    choice = Choice(asked["people"], tuple(asked["charts"]), asked["final"])
    watch = watched_of(results, evaluate) if asked["watch"] else None
    tables = tables_of(results)
    day = dt.date.fromisoformat(asked["made_on"])
    again = briefing(tables, results, choice, watch=watch, made_on=day, record=carried.record)
    expected = [_plain(text) for text in again.texts()]
    found = [_plain(text) for text in carried.texts]
    if carried.flowing:
        differences = list(_other_numbers(" ".join(expected), " ".join(found)))
    else:
        differences = list(_other_texts(expected, found, {_plain(text) for text in again.furniture}))
    unseen = () if carried.pictures else ("charts, whose drawings this kind of file does not keep as they were made",)
    for picture in again.pictures if carried.pictures else ():
        if picture.figure.to_bytes("png", words=False) not in carried.pictures:
            differences.append(Difference(f"chart `{picture.name}`", "another drawing", "what these numbers draw"))
    return differences, sum(len(_NUMBER.findall(text)) for text in expected), unseen


def _plain(text: str) -> str:
    return " ".join(text.split())


def _other_texts(expected: list[str], found: list[str], furniture: set[str]) -> Iterator[Difference]:
    """Yield texts with numbers that stand on one side alone, side by side where they are nearly the same."""
    known, there = {*expected, *furniture}, set(found)
    missing = [text for text in dict.fromkeys(expected) if text not in there and _NUMBER.search(text)]
    for text in dict.fromkeys(found):
        if text in known or not _NUMBER.search(text):
            continue
        # A short cell is like many others: only those that are missed can be what it was.
        short = len(text) < _SHORT
        near = difflib.get_close_matches(text, missing if short else expected, 1, 0.3 if short else _CLOSE)
        cells = [one for one in missing if len(one) < _SHORT]
        if not near and short and len(cells) == 1:  # the only cell that is missed is what it was
            near = cells
        if near and near[0] in missing:
            missing.remove(near[0])
        yield Difference("text", *(_only_what_differs(text, near[0]) if near else (text, "")))
    yield from (Difference("text", "", text) for text in missing)


def _only_what_differs(one: str, other: str) -> tuple[str, str]:
    """Return two nearly equal texts cut down to a few words round what differs."""
    first, second = one.split(), other.split()
    ops = [op for op in difflib.SequenceMatcher(None, first, second, autojunk=False).get_opcodes() if op[0] != "equal"]
    if not ops:
        return one, other
    room = 4
    a = " ".join(first[max(0, ops[0][1] - room) : ops[-1][2] + room])
    b = " ".join(second[max(0, ops[0][3] - room) : ops[-1][4] + room])
    return a, b


def _other_numbers(expected: str, found: str) -> Iterator[Difference]:
    """Yield numbers of a flowing page that stand less often than they should."""
    lacking = Counter(_number(text) for text in _NUMBER.findall(expected))
    lacking -= Counter(_number(text) for text in _NUMBER.findall(found))
    for number in lacking:
        at = expected.find(number)
        yield Difference("number", "", expected[max(0, at - 40) : at + len(number) + 20])


def _number(text: str) -> str:
    return text.rstrip(".,")


def _compared_table(carried: Carried, results: Results) -> tuple[list[Difference], int, tuple[str, ...]]:
    """Compare a CSV of a comparison cell by cell."""
    tables = dict(csv_files(tables_of(results)))
    name = carried.path.stem
    if name not in tables:
        known = ", ".join(tables)
        remedy = f"Known: {known}."
        raise InputError(Problem(what=f"no table `{name}` is made by a comparison", file=carried.path, remedy=remedy))
    expected = carried.spelled(tables[name])
    rows = carried.rows
    differences = []
    if len(expected) != len(rows):
        differences.append(Difference("rows", str(len(rows) - 1), str(len(expected) - 1)))
    for line, (stands, wanted) in enumerate(zip(rows, expected, strict=False), start=1):
        for place, (one, other) in enumerate(zip(stands, wanted, strict=False)):
            if one != other:
                differences.append(Difference(f"line {line}, column {expected[0][place]}", one, other))
    return differences, sum(len(row) for row in expected[1:]), ()


def _compared_chart(carried: Carried, results: Results) -> tuple[list[Difference], int, tuple[str, ...]]:
    """Draw every chart of the comparison again, and look for the one in the file."""
    kind = carried.path.suffix.lower().removeprefix(".")
    drawn = carried.path.read_bytes()
    figures = figures_of(results, tables_of(results))
    for figure in figures.values():
        if figure.to_bytes(kind) == drawn:
            return [], int(figure.data.size), ()
    named = figures.get(carried.path.stem)
    if named is None:
        return [Difference("drawing", "another drawing", "one of the charts of this comparison")], 0, ()
    expected = named.to_bytes(kind)
    where = f"drawing, from byte {_first_other(drawn, expected):,} on"
    return [Difference(where, carried.title or "another drawing", named.title)], int(named.data.size), ()


def _first_other(one: bytes, other: bytes) -> int:
    return next((at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
