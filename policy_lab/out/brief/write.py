"""Write a briefing: from finished results to a document of whatever kind its name asks for."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from policy_lab.analysis.tables import Tables, tables_of
from policy_lab.analysis.watch import watch as judge_indicators
from policy_lab.errors import InputError, Problem
from policy_lab.out.brief.content import FEW, Choice, briefing
from policy_lab.out.brief.docx import to_docx
from policy_lab.out.brief.html import to_html
from policy_lab.out.brief.office import converted
from policy_lab.out.brief.parts import Briefing
from policy_lab.out.brief.pptx import to_pptx
from policy_lab.out.brief.record import record_of
from policy_lab.results.files import unwritable, written_whole

if TYPE_CHECKING:
    from policy_lab.analysis.put_in import Evaluate
    from policy_lab.analysis.watch import Watch
    from policy_lab.results.types import Results

KINDS: Final = ("docx", "pptx", "html", "odt", "pdf")
TEMPLATED: Final = {"docx": ".docx", "odt": ".docx", "pdf": ".docx", "pptx": ".pptx"}
"""Kind -> what a house template for it is."""


def brief(
    results: Results,
    path: str | Path,
    *,
    people: Mapping[str, str] | None = None,
    charts: Sequence[str] = FEW,
    final: bool = False,
    template: str | Path | None = None,
    tables: Tables | None = None,
    evaluate: Evaluate | None = None,
    made_on: dt.date | None = None,
) -> Path:
    """Write a briefing on a comparison.

    Parameters
    ----------
    results
        Finished cases.
    path
        Ends in ``.docx``, ``.pptx``, ``.html``, ``.odt`` or ``.pdf``; the last two need LibreOffice.
    people
        Role -> name: ``commissioner``, ``analyst``, ``assurer``, ``approver``.
    charts
        By their short names: ``dominance``, ``risk``, ``fan``, ``surface``, ``split``, ``survival``, ``satisficing``.
    final
        Whether it is no draft any more; then everybody has to be named.
    template
        A house's own ``.docx`` (``.pptx`` for slides), whose styles and page are kept.
    tables
        The tables, if they have been made already.
    evaluate
        Turns a plan into results. With it the published indicators are judged as warnings, in futures of the base
        design; without it the briefing says that they were not.
    made_on
        The date that is printed; today unless told.

    Returns
    -------
    pathlib.Path
        The document.

    Raises
    ------
    InputError
        For a name, role, chart or template that cannot be used, and where a package or LibreOffice is missing.
    """
    target = Path(path)
    kind = kind_of(target)
    house = _template(template, kind)
    choice = Choice(dict(people or {}), tuple(charts), final)
    described = described_as(results, choice, tables=tables, evaluate=evaluate, made_on=made_on)
    content = _WRITERS[kind](described, house)
    try:
        with written_whole(target) as temporary:
            temporary.write_bytes(content)
    except OSError as error:
        raise unwritable(target, error) from error
    return target


def described_as(
    results: Results,
    choice: Choice,
    *,
    tables: Tables | None = None,
    evaluate: Evaluate | None = None,
    made_on: dt.date | None = None,
) -> Briefing:
    """Describe a briefing with the record that it carries; parameters and errors as of `brief`."""
    made = tables if tables is not None else tables_of(results)
    watched, day = watched_of(results, evaluate), made_on or dt.date.today()
    record = record_of(results, choice, day, watched=watched is not None)
    return briefing(made, results, choice, watch=watched, made_on=day, record=record)


def kind_of(path: Path) -> str:
    """Return what kind of document a name asks for.

    Raises
    ------
    InputError
        For any other ending.
    """
    kind = path.suffix.lower().removeprefix(".")
    if kind not in KINDS:
        endings = ", ".join(f".{one}" for one in KINDS)
        raise InputError(Problem(what=f"a briefing cannot be written as `{path.name}`", remedy=f"Use {endings}."))
    return kind


def _template(template: str | Path | None, kind: str) -> Path | None:
    if template is None:
        return None
    house = Path(template)
    wanted = TEMPLATED.get(kind)
    if wanted is None:
        raise InputError(Problem(what=f"a .{kind} takes no template", file=house))
    if house.suffix.lower() != wanted or not house.is_file():
        what = "is no file" if not house.is_file() else f"is no {wanted}, and a .{kind} takes its template from one"
        raise InputError(Problem(what=what, file=house))
    return house


def watched_of(results: Results, evaluate: Evaluate | None) -> Watch | None:
    """Judge the published indicators under the base design, where there is something to judge by."""
    if evaluate is None or not results.plan.study.file.indicators:
        return None
    try:
        return judge_indicators(results.plan, results.plan.base, evaluate)
    except InputError:  # no crossing, or too few worlds to judge by: the briefing says that nothing was judged
        return None


def _pdf(described: Briefing, template: Path | None) -> bytes:
    return converted(to_docx(described, template), "pdf")


def _odt(described: Briefing, template: Path | None) -> bytes:
    return converted(to_docx(described, template), "odt")


def _html(described: Briefing, _: Path | None) -> bytes:
    return to_html(described)


_WRITERS: Final[Mapping[str, Callable[[Briefing, Path | None], bytes]]] = {
    "docx": to_docx, "pptx": to_pptx, "html": _html, "odt": _odt, "pdf": _pdf,
}  # fmt: skip
