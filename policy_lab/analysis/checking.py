"""What must hold of a study or a model: every check run and judged, every doubtful thing of the file told."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal

from policy_lab.analysis.check_paths import Verdict
from policy_lab.analysis.check_result import CheckResult, CheckTable, Status
from policy_lab.analysis.lint import lint
from policy_lab.analysis.verdicts import verdict, with_figures
from policy_lab.errors import EngineError, InputError, Problem, nearest_names
from policy_lab.model.lint import Finding
from policy_lab.model.types import Model
from policy_lab.provenance import manifest
from policy_lab.run.conditions import Bench
from policy_lab.study.check_file import CHECKS_FILE, CheckSet, read_checks
from policy_lab.study.check_tables import tables_of
from policy_lab.study.study import Study
from policy_lab.study.table_files import table_path

MODEL_ENDINGS = (".mdl", ".xmile", ".stmx")
Progress = Callable[[int, int], None]


def check(
    study_or_model: Study | Model | str | os.PathLike[str] | None = None,
    *,
    checks: str | os.PathLike[str] | None = None,
    only: Sequence[str] | None = None,
    lint_too: bool = True,
    engine: Literal["compiled", "numpy"] = "compiled",
    progress: Progress | None = None,
) -> CheckTable:
    """Run the checks of a study or of a model, and read its file for what is doubtful.

    Parameters
    ----------
    study_or_model
        A study (opened, or its name or folder), or a model (read, or the path of one); the default study unless told.
    checks
        The file of checks; `checks.yaml` in the study's folder unless told. A model without one is only read.
    only
        Names of checks, or their numbers (``T6``); all unless told.
    lint_too
        Whether the model file is read for doubtful things as well.
    engine
        ``compiled`` or ``numpy`` (readable, slow).
    progress
        Told how many checks are done, of how many.

    Returns
    -------
    CheckTable
        A result for each check, in the order of the file; ``failed`` are those that should stop a release.

    Raises
    ------
    InputError
        For anything in the files that cannot be used, with line and nearest names.

    Examples
    --------
    >>> import policy_lab as pl
    >>> found = pl.check("fishery", only=["fish-are-conserved"], lint_too=False)
    >>> [str(result.status) for result in found.results]
    ['ok']
    """
    study, model = _opened(study_or_model)
    found = _checks(study, model, checks)
    results: list[CheckResult] = []
    if found is not None:
        from policy_lab.model.kept import read_kept

        bench = Bench(found, read_kept, engine)
        chosen = _chosen(found, only)
        for number, name in enumerate(chosen, start=1):
            results.append(_result(bench, name))
            if progress:
                progress(number, len(chosen))
    findings: list[Finding] = []
    for each in _read_too(study, model) if lint_too else ():
        findings += lint(each, outcomes=_told(study) if each is model else frozenset(), engine=engine)
    subject = model.name if study is None else study.file.title
    return CheckTable(subject, tuple(results), tuple(findings), _manifest(study, model, found, engine))


def _opened(asked: Study | Model | str | os.PathLike[str] | None) -> tuple[Study | None, Model]:
    if isinstance(asked, Study):
        return asked, asked.model
    if isinstance(asked, Model):
        return None, asked
    if asked is not None and os.fspath(asked).lower().endswith(MODEL_ENDINGS):
        from policy_lab.model.kept import read_kept

        return None, read_kept(Path(asked))
    from policy_lab.study import open_study

    study = open_study(asked)
    return study, study.model


def _read_too(study: Study | None, model: Model) -> Iterator[Model]:
    """Yield the models whose files are read: the main one, and the single-sector models of a study."""
    from policy_lab.model.kept import read_kept

    yield model
    if study is None:
        return
    for name in study.file.sectors:
        yield read_kept(study.folder / name)


def _checks(study: Study | None, model: Model, asked: str | os.PathLike[str] | None) -> CheckSet | None:
    """Return the checks; a model without a file of checks has none, a study without one is told."""
    from policy_lab.model.kept import read_kept

    if asked is None and study is None:
        return None
    path = Path(asked) if asked is not None else _own(study)
    return read_checks(path, model, study, read_kept)


def _own(study: Study | None) -> Path:
    path = (study.folder if study else Path()) / CHECKS_FILE
    if not path.is_file():
        raise InputError(Problem(what="this study has no checks", file=path, remedy="Write them, or check its model."))
    return path


def _told(study: Study | None) -> frozenset[str]:
    """Return the variables that a study reads, so that the model need not use them itself."""
    if study is None:
        return frozenset()
    file = study.file
    named = [*file.outcomes, *(lever.variable for lever in file.levers.values())]
    named += [each.variable for each in (file.membership, file.transition) if each is not None]
    named += [each.variable.split("[")[0] for each in file.measures.resources]
    path = study.folder / CHECKS_FILE
    text = path.read_text(encoding="utf-8") if path.is_file() else ""
    return frozenset([*named, *(name for name in study.model.variables if name in text)])


def _chosen(found: CheckSet, only: Sequence[str] | None) -> list[str]:
    if only is None:
        return list(found.checks)
    asked = set(only)
    chosen = [name for name, one in found.checks.items() if name in asked or one.test in asked]
    known = {*found.checks, *(one.test for one in found.checks.values() if one.test)}
    unknown = [name for name in only if name not in known]
    if unknown:
        raise InputError(*(Problem(what=f"no check `{name}`", nearest=nearest_names(name, known)) for name in unknown))
    return chosen


def _result(bench: Bench, name: str) -> CheckResult:
    """Run one check and judge it."""
    one = bench.checks.checks[name]
    if one.expect.held_by:
        return _made(bench, name, Status.ELSEWHERE, Verdict(True, one.expect.held_by))
    try:
        found = with_figures(verdict(bench, one), one, bench.checks.path.parent)
    except EngineError as error:
        found = Verdict(False, str(error))
    except InputError as error:
        where = {"file": bench.checks.path, "line": bench.checks.lines[name], "variable": name}
        raise InputError(*(_placed(problem, where) for problem in error.problems)) from error
    if one.expected_failure is None:
        return _made(bench, name, Status.OK if found.passed else Status.FAILED, found)
    return _made(bench, name, Status.UNEXPECTED if found.passed else Status.EXPECTED, found)


def _placed(problem: Problem, where: Mapping[str, Any]) -> Problem:
    if problem.file is not None:
        return problem
    return Problem(problem.what, why=problem.why, remedy=problem.remedy, nearest=problem.nearest, **where)


def _made(bench: Bench, name: str, status: Status, found: Verdict) -> CheckResult:
    one = bench.checks.checks[name]
    return CheckResult(
        name=name,
        title=one.title,
        test=one.test,
        status=status,
        seen=found.seen,
        reason=one.reason,
        reading=one.reading,
        line=bench.checks.lines[name],
        expected_failure=one.expected_failure,
        figures=one.figures_source,
        drawing=found.drawing,
    )


def _manifest(study: Study | None, model: Model, found: CheckSet | None, engine: str) -> Mapping[str, Any]:
    files = dict(_files(study, found))
    made = manifest(
        subject=model.name if study is None else study.file.title,
        model=model.path,
        model_digest=model.digest,
        tables=model.files,
        files=files,
        seed=None if study is None else study.file.comparison.seed,
        time_step=model.time.step,
        method=model.integration,
        engine=engine,
        settings={"checks": list(found.checks) if found else []},
    )
    return MappingProxyType(made)


def _files(study: Study | None, found: CheckSet | None) -> Iterator[tuple[str, Path]]:
    if study is not None:
        yield from ((name, path) for name, path in study.files.items() if name != "model")
    if found is None:
        return
    yield "checks", found.path
    yield from ((f"sector {name}", model.path) for name, model in found.models.items() if name)
    for name in sorted({table.table for one in found.checks.values() for table in tables_of(one)}):
        yield f"table {name}", table_path(found.path.parent, name)
