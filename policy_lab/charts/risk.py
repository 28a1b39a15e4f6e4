"""The ranking: modelled shortfall risk of each design, with its bands over worlds, group by group."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from policy_lab.analysis.findings import groups_in_order, headline
from policy_lab.analysis.risk import pairwise, risk
from policy_lab.analysis.setting import Setting, setting_of
from policy_lab.analysis.words import frequency, listed, percent
from policy_lab.charts.figure import WIDTH, Figure
from policy_lab.charts.frame import MARGIN, Frame, Sheet, frame, wrapped
from policy_lab.charts.palette import DARK_BLUE, GRID, PAPER, QUIET_TEXT
from policy_lab.results.types import Results

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Canvas

_LABELS = 2.05
"""Inches for the names of the designs, left of the axis."""
_WORDS = 1.4
"""Inches for the frequencies in words, right of the axis."""
_LINE = 0.14
_SMALL, _SMALL_LINE = 6.5, 0.115
"""Points and inches of the titles beneath short names."""
_AXIS = 0.36


def risk_chart(results: Results) -> Figure:
    """Draw the risk of each design: mean, 50 % and 90 % band over worlds, ranked inside its group."""
    return risk_figure(risk(results), pairwise(results), setting_of(results))


def risk_figure(table: pd.DataFrame, pairs: pd.DataFrame, setting: Setting) -> Figure:
    """Draw the ranking from the tables of :func:`policy_lab.analysis.risk.risk` and ``pairwise``."""
    title = headline(table, pairs, setting)
    subtitle = (
        f"{setting.measure}: share of modelled futures. Dot: mean over worlds; thick bar: middle half of worlds; "
        f"thin line: 9 in 10 worlds. Scenario: {setting.scenario}; {setting.start_words}."
    )
    words = frame(title, subtitle, setting.source_line, WIDTH)
    rows = tuple(_rows(table, pairs, setting))
    height = words.top + sum(row.height for row in rows) + _AXIS + words.bottom
    columns = ["design", "title", "group", "risk", "risk_q05", "risk_q25", "risk_q75", "risk_q95", "simulation_error"]

    def paint(canvas: Canvas) -> None:
        _paint(canvas, words, rows, setting)

    return Figure(
        title,
        subtitle,
        _alt(table, setting),
        setting.source_line,
        table[columns].copy(),
        setting.manifest,
        paint,
        (WIDTH, height),
    )


@dataclass(frozen=True)
class _Row:
    """A heading (no values) or a design."""

    lines: tuple[str, ...]
    values: Any = None
    note: str = ""
    hollow: bool = False
    title: tuple[str, ...] = ()
    """What a short name stands for, smaller and beneath it."""

    @property
    def height(self) -> float:
        """Inches."""
        if self.values is None:
            return 0.27 + _LINE * (len(self.lines) - 1)
        names = _LINE * len(self.lines) + _SMALL_LINE * len(self.title)
        return max(names, _LINE * (2 if self.note else 1)) + 0.12


def _rows(table: pd.DataFrame, pairs: pd.DataFrame, setting: Setting) -> Iterator[_Row]:
    for group in groups_in_order(table, setting):
        inside = table[table["group"] == group].sort_values(["risk", "design"])
        yield _Row(tuple(wrapped(setting.groups.get(group, group), WIDTH - 0.4, 8, bold=True)))
        for _, values in inside.iterrows():
            name = str(values["design"])
            base = name == setting.base
            brief, title = setting.short(name), setting.title(name)
            lines = tuple(wrapped(f"{brief} (base)" if base else brief, _LABELS - 0.15, 8))
            small = tuple(wrapped(title, _LABELS - 0.15, _SMALL)) if title != brief else ()
            yield _Row(lines, values, _note(name, inside, pairs), base, small)


def _note(name: str, inside: pd.DataFrame, pairs: pd.DataFrame) -> str:
    """Say whether a design's place in its group was put in."""
    others = set(inside["design"]) - {name}
    put_in = pairs[pairs["put_in_above"] != ""]
    mine = put_in[
        ((put_in["design"] == name) & put_in["other"].isin(others))
        | ((put_in["other"] == name) & put_in["design"].isin(others))
    ]
    if mine.empty:
        return ""
    return "order put in" if len(mine) == len(others) else f"{len(mine)} of {len(others)} orders put in"


def _alt(table: pd.DataFrame, setting: Setting) -> str:
    parts = []
    for group in groups_in_order(table, setting):
        inside = table[table["group"] == group].sort_values(["risk", "design"])
        designs = listed(
            [
                f"{setting.short(str(row['design']))} {percent(row['risk'])} "
                f"({percent(row['risk_q05'])} to {percent(row['risk_q95'])})"
                for _, row in inside.iterrows()
            ]
        )
        parts.append(f"{setting.groups.get(group, group)}, lowest first: {designs}.")
    return f"Dots with bands, one row for each {setting.design}; mean and range of 9 in 10 worlds. {' '.join(parts)}"


def _paint(canvas: Canvas, words: Frame, rows: tuple[_Row, ...], setting: Setting) -> None:
    sheet = Sheet(canvas)
    words.paint(sheet)
    total = sum(row.height for row in rows)
    axes = sheet.axes(_LABELS, words.top, sheet.width - _LABELS - _WORDS, total)
    axes.set_xlim(-0.02, 1.02)
    axes.set_ylim(total, 0)
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)
    axes.set_xticks([0, 0.25, 0.5, 0.75, 1], ["0%", "25%", "50%", "75%", "100%"])
    axes.tick_params(length=0, colors=QUIET_TEXT, pad=3)
    axes.spines["bottom"].set_color(QUIET_TEXT)
    axes.set_xlabel("Share of modelled futures that fall short", color=QUIET_TEXT, labelpad=2)
    y = 0.0
    for row in rows:
        middle = y + row.height / 2
        if row.values is None:
            sheet.text(MARGIN, words.top + middle + 0.03, "\n".join(row.lines), weight="bold")
        else:
            _paint_design(axes, row, middle)
            _paint_names(sheet, row, words.top + middle)
            label = frequency(row.values["risk"], setting.cases)
            note = f"{label}\n{row.note}" if row.note else label
            sheet.text(sheet.width - _WORDS + 0.08, words.top + middle, note)
        y += row.height


def _paint_names(sheet: Sheet, row: _Row, middle: float) -> None:
    """Write the short name and beneath it what it stands for, the two together in the middle of the row."""
    up, down = _LINE * len(row.lines) / 2, _SMALL_LINE * len(row.title) / 2
    sheet.text(MARGIN, middle - down, "\n".join(row.lines))
    if row.title:
        sheet.text(MARGIN, middle + up, "\n".join(row.title), size=_SMALL, color=QUIET_TEXT)


def _paint_design(axes: Axes, row: _Row, middle: float) -> None:
    values = row.values
    axes.plot([0, 1], [middle, middle], color=GRID, linewidth=0.8, zorder=0)
    axes.plot([values["risk_q05"], values["risk_q95"]], [middle, middle], color=DARK_BLUE, linewidth=1.2)
    quarters = [values["risk_q25"], values["risk_q75"]]
    axes.plot(quarters, [middle, middle], color=DARK_BLUE, linewidth=4.5, solid_capstyle="butt")
    axes.plot(
        values["risk"],
        middle,
        "o",
        markersize=7,
        markeredgewidth=1.4,
        markeredgecolor=DARK_BLUE if row.hollow else PAPER,
        markerfacecolor=PAPER if row.hollow else DARK_BLUE,
        clip_on=False,
        zorder=3,
    )
