"""Two panels of the view *Explain* that show single cells: a pairwise variable, and a balance of two variables.

Both stand on the central paths of the screen (`Desk.central`); a study says in `panels` what they show
(`policy_lab.study.panel_schema`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np

from policy_lab.analysis.words import spoken_unit
from policy_lab.errors import InputError, Problem, nearest_names
from policy_lab.lab.central import Central
from policy_lab.lab.desk import Desk, asked_design
from policy_lab.lab.panel_words import Cells, Sides, balance_words, matrix_words, own_cells_mean_nothing, places_for
from policy_lab.lab.state import Screen
from policy_lab.study.panel_checks import pairwise
from policy_lab.study.panel_schema import MatrixPanel
from policy_lab.study.study import Study

MOST_ELEMENTS: Final = 24
"""Rows or columns beyond which a variable that the study does not name is not offered: nobody could read its cells."""
MOST_MOMENTS: Final = 400
"""Saved times to which paths and words are thinned out for the page."""


def offered_panels(study: Study) -> dict[str, Any]:
    """Return what the page needs once: the variables of the matrix to choose from, and the balance if there is one."""
    told: dict[str, Any] = {"matrix": [_matrix_plain(study, one) for one in matrices(study)]}
    balance = study.file.panels.balance
    if balance is not None:
        told["balance"] = {
            "title": balance.title,
            "meaning": balance.meaning,
            "names": list(balance.names),
            "unit": spoken_unit(study.model[balance.motivators].unit),
            **_elements(study, balance.motivators),
        }
    return told


def matrices(study: Study) -> tuple[MatrixPanel, ...]:
    """Return the pairwise variables that can be shown: the study's own, or all that a reader can take in.

    A study without `panels` offers what its model has:

    >>> from dataclasses import replace
    >>> from policy_lab.study import open_study
    >>> from policy_lab.study.panel_schema import Panels
    >>> fishery = open_study("fishery")
    >>> bare = replace(fishery, file=fishery.file.model_copy(update={"panels": Panels()}))
    >>> [one.variable for one in matrices(bare)]
    ['Motive strength']
    """
    if study.file.panels.matrix:
        return study.file.panels.matrix
    model = study.model
    return tuple(
        MatrixPanel(variable=name, title=name, meaning=" ".join(model[name].documentation.split()))
        for name in pairwise(model)
        if all(len(elements) <= MOST_ELEMENTS for elements in model.elements(name))
    )


class MatrixView:
    """Answers the matrix panel: one pairwise variable under the chosen design and under what it is set against."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._offered = {one.variable: one for one in matrices(desk.study)}

    def answer(self, content: Mapping[str, Any], screen: Screen) -> None:
        """Tell the paths of all cells, their scale and the words for every moment.

        Raises
        ------
        InputError
            For a variable that was not offered, and for a design that is not on the screen.
        """
        name = str(content.get("variable", ""))
        if name not in self._offered:
            what = f"the matrix panel does not offer `{name}`"
            raise InputError(Problem(what=what, nearest=nearest_names(name, self._offered)))
        chosen, against = asked_design(content, "design", screen), asked_design(content, "against", screen)
        told, arrays = matrix_answer(self._desk.central(screen), self._offered[name], self._desk.study, chosen, against)
        self._desk.tell(told, arrays)

    def stop(self) -> None:
        """Nothing goes on behind."""


class BalanceView:
    """Answers the balance panel: motivators against barriers for every row and level."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def answer(self, content: Mapping[str, Any], screen: Screen) -> None:
        """Tell the paths of both sides, and the words for every moment.

        Raises
        ------
        InputError
            For a study without a balance, and for a design that is not on the screen.
        """
        chosen, against = asked_design(content, "design", screen), asked_design(content, "against", screen)
        told, arrays = balance_answer(self._desk.central(screen), self._desk.study, chosen, against)
        self._desk.tell(told, arrays)

    def stop(self) -> None:
        """Nothing goes on behind."""


def matrix_answer(
    central: Central, panel: MatrixPanel, study: Study, design: str, against: str
) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """Return what the page is told of one pairwise variable.

    The arrays hold ``values``, ``[design, time, row, column]`` with the chosen design first and what it is set against
    second (once where they are the same), and ``moments``, the places of these times among the saved ones.
    """
    names = tuple(dict.fromkeys((design, against)))
    moments = _moments(len(central.time))
    values = np.stack([central.of(name, panel.variable)[moments] for name in names])
    rows, columns = study.model.elements(panel.variable)
    shown = np.ones((len(rows), len(columns)), dtype=bool)
    if not panel.own or (rows == columns and own_cells_mean_nothing(values)):
        np.fill_diagonal(shown, False)
    cells = Cells(rows, columns, panel.named, shown)
    low, high = _range(values[..., shown])
    places = places_for(low, high)
    other = values[1] if len(names) > 1 else None
    told = {
        "variable": panel.variable,
        "design": design,
        "against": against,
        "low": low,
        "high": high,
        "places": places,
        "shown": shown.astype(int).tolist(),
        "widest": _widest(values, shown),
        "words": matrix_words(values[0], other, cells, places, _short(study, against)),
        "named": [[panel.named(row, column) for column in columns] for row in rows],
    }
    return told, {"values": values, "moments": moments.astype(float)}


def balance_answer(
    central: Central, study: Study, design: str, against: str
) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """Return what the page is told of the balance.

    The arrays hold ``motivators`` and ``barriers``, ``[design, time, row, column]``, and ``moments``, as in
    :func:`matrix_answer`.

    Raises
    ------
    InputError
        For a study that names no balance.
    """
    panel = study.file.panels.balance
    if panel is None:
        raise InputError(Problem(what="this study names no balance of motivators and barriers"))
    names = tuple(dict.fromkeys((design, against)))
    moments = _moments(len(central.time))
    sides = {
        key: np.stack([central.of(name, variable)[moments] for name in names])
        for key, variable in (("motivators", panel.motivators), ("barriers", panel.barriers))
    }
    rows, columns = study.model.elements(panel.motivators)
    cells = Cells(rows, columns, panel.named, np.ones((len(rows), len(columns)), dtype=bool))
    net = sides["motivators"] - sides["barriers"]
    low, high = _range(np.stack(list(sides.values())))
    places = places_for(0.0, high)
    weighed = Sides(*panel.names, study.model[panel.motivators].dimensions[1].lower(), places + 1)
    other = net[1] if len(names) > 1 else None
    told = {
        "design": design,
        "against": against,
        "low": min(0.0, low),
        "high": high,
        "places": places,
        "words": balance_words(net[0], other, cells, weighed, _short(study, against)),
    }
    return told, {**sides, "moments": moments.astype(float)}


def _matrix_plain(study: Study, panel: MatrixPanel) -> dict[str, Any]:
    dimensions = study.model[panel.variable].dimensions
    return {
        "variable": panel.variable,
        "title": panel.title,
        "meaning": panel.meaning,
        "unit": spoken_unit(study.model[panel.variable].unit),
        "across": [panel.rows or dimensions[0], panel.columns or dimensions[1]],
        **_elements(study, panel.variable),
    }


def _elements(study: Study, variable: str) -> dict[str, list[str]]:
    rows, columns = study.model.elements(variable)
    return {"rows": list(rows), "columns": list(columns)}


def _moments(times: int) -> np.ndarray:
    """Return the places of the saved times that are told: all of them, or so many evenly spread."""
    return np.unique(np.linspace(0, times - 1, min(times, MOST_MOMENTS)).round().astype(int))


def _range(values: np.ndarray) -> tuple[float, float]:
    """Return the lowest and the highest number, over all times and designs; 0 to 1 where there is none."""
    known = values[np.isfinite(values)]
    return (float(known.min()), float(known.max())) if known.size else (0.0, 1.0)


def _widest(values: np.ndarray, shown: np.ndarray) -> list[int]:
    """Return row and column of the cell to look at first: where two designs differ most, or what moves most."""
    size = np.abs(values[0] - values[1]).max(axis=0) if len(values) > 1 else np.ptp(values[0], axis=0)
    size = np.where(shown & np.isfinite(size), size, -1.0)
    row, column = np.unravel_index(int(size.argmax()), size.shape)
    return [int(row), int(column)]


def _short(study: Study, name: str) -> str:
    design = study.design(name)
    return design.short or design.title
