"""How checks came out: one result each, and all of them as a table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from policy_lab.analysis.check_paths import Drawing
from policy_lab.analysis.words import count
from policy_lab.errors import InputError, Problem, nearest_names
from policy_lab.model.lint import Finding
from policy_lab.study.check_schema import ExpectedFailure


class Status(StrEnum):
    """How a check came out."""

    OK = "ok"
    FAILED = "FAILED"
    EXPECTED = "expected failure"
    UNEXPECTED = "FAILED: passes, though a failure is expected"
    ELSEWHERE = "held elsewhere"


@dataclass(frozen=True)
class CheckResult:
    """One check, how it came out and what was seen, in words.

    ``line`` is where it begins in the file of checks; ``figures`` where the figures from outside are from, if there are
    any; ``drawing`` what a small chart of it shows, None where the check looks at no path.
    """

    name: str
    title: str
    test: str
    status: Status
    seen: str
    reason: str
    reading: str
    line: int
    expected_failure: ExpectedFailure | None = None
    figures: str = ""
    drawing: Drawing | None = field(default=None, repr=False)

    @property
    def bad(self) -> bool:
        """Whether this fails the run."""
        return self.status in (Status.FAILED, Status.UNEXPECTED)

    def __str__(self) -> str:
        number = f"{self.test} " if self.test else ""
        return f"{self.status}: {number}{self.title}: {self.seen}"


@dataclass(frozen=True)
class CheckTable:
    """What a check of a study or of a model found.

    Parameters
    ----------
    subject
        The title of the study, or the name of the model.
    results
        One for each check, in the order of the file.
    findings
        What is doubtful about the model file; it fails nothing by itself.
    manifest
        What made this, so that it can be made again.
    """

    subject: str
    results: tuple[CheckResult, ...]
    findings: tuple[Finding, ...]
    manifest: Mapping[str, Any] = field(repr=False)

    def __getitem__(self, name: str) -> CheckResult:
        """Return the result of a check by its name.

        Raises
        ------
        InputError
            For a name that is not there.
        """
        known = {result.name: result for result in self.results}
        if name not in known:
            raise InputError(Problem(what=f"no check `{name}`", nearest=nearest_names(name, known)))
        return known[name]

    @property
    def failed(self) -> tuple[CheckResult, ...]:
        """The checks that fail the run: failures that were not expected, and expected ones that did not come."""
        return tuple(result for result in self.results if result.bad)

    @property
    def warnings(self) -> tuple[Finding, ...]:
        """The findings that are more than notices."""
        return tuple(one for one in self.findings if one.severity == "warning")

    def to_frame(self) -> Any:
        """Return the checks as a pandas DataFrame, a row each, indexed by name."""
        import pandas as pd

        columns = ["test", "status", "title", "seen", "reason", "reading", "line"]
        rows = [[str(getattr(one, column)) for column in columns[:-1]] + [one.line] for one in self.results]
        return pd.DataFrame(rows, columns=columns, index=pd.Index([one.name for one in self.results], name="check"))

    @property
    def summary(self) -> str:
        """How many checks came out how, in words."""
        counts = [(status, sum(one.status is status for one in self.results)) for status in Status]
        said = [f"{number} {_plural(status, number)}" for status, number in counts if number]
        return f"{count(len(self.results), 'check')}: {', '.join(said)}" if said else "no checks"

    def __str__(self) -> str:
        return "\n".join([*(str(one) for one in self.results), self.summary])


def _plural(status: Status, number: int) -> str:
    return "expected failures" if status is Status.EXPECTED and number > 1 else str(status)
