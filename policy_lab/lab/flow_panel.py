"""The stock-and-flow panel: one view of the model, and the central paths of everything that it shows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import numpy as np

from policy_lab.analysis.words import spoken_unit
from policy_lab.errors import InputError, Problem
from policy_lab.lab.averaged import averaged, picked
from policy_lab.lab.behind import Behind
from policy_lab.lab.central import Central
from policy_lab.lab.desk import Desk, asked_design
from policy_lab.lab.relative import shown_unit
from policy_lab.lab.state import Screen
from policy_lab.model.diagram import CLOUD, Diagram
from policy_lab.model.sections import pictures
from policy_lab.model.types import Model
from policy_lab.model.views import diagram_of


class FlowPanel:
    """Answers for the stock-and-flow panel. It changes in that it keeps the diagrams that were laid out already."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._views = pictures(desk.study.model)
        self._diagrams: dict[str, Diagram] = {}
        self._behind = Behind(rest=0.0)

    def answer(self, content: Mapping[str, Any], screen: Screen) -> None:
        """Send a view of the model with the paths of what it shows; the layout alone goes behind, the first time.

        ``content``: ``part`` (a view of the model; the first where left out), ``picks`` (dimension -> element), ``has``
        (the view whose diagram the page has already), ``design`` and ``against``.

        Raises
        ------
        InputError
            For a view, an element or a design that there is not.
        """
        view = str(content.get("part") or (self._views[0] if self._views else ""))
        if view not in self._views:
            raise InputError(Problem(what=f"no view `{view}` of this model to draw"))
        design, against = (asked_design(content, key, screen) for key in ("design", "against"))
        picks = {str(key): str(value) for key, value in dict(content.get("picks") or {}).items()}
        for name in self._desk.study.model.variables:
            picked(self._desk.study.model, name, picks)
        paths = self._desk.central(screen)
        tell = partial(self._tell, view, picks, (design, against), paths, str(content.get("has", "")))
        if view in self._diagrams:
            tell(lambda: False)
        else:
            self._behind.ask(tell)

    def stop(self) -> None:
        """Give up a layout that is going on."""
        self._behind.stop()

    def _tell(
        self,
        view: str,
        picks: Mapping[str, str],
        designs: tuple[str, str],
        paths: Central,
        has: str,
        unwanted: Callable[[], bool],
    ) -> None:
        model = self._desk.study.model
        diagram = self._diagrams.get(view) or diagram_of(model, view)
        self._diagrams[view] = diagram
        if unwanted():
            return
        shown = [at for at, node in enumerate(diagram.nodes) if node.name in paths.values]
        told = {
            "part": view,
            "parts": list(self._views),
            "picks": dict(picks),
            "shown": shown,
            "designs": list(designs),
        }
        if has != view:
            drawn = plain_diagram(model, diagram)
            for node in drawn["nodes"]:
                if node["name"] in self._desk.study.file.panels.as_ratio:
                    node["unit"] = shown_unit(self._desk.study, paths, node["name"])
            told["diagram"] = drawn
        names = [diagram.nodes[at].name for at in shown]
        series, other = (_paths(paths, model, design, names, picks) for design in designs)
        arrays = {"series": series, "other": other}
        self._desk.tell(told, arrays)


def plain_diagram(model: Model, diagram: Diagram) -> dict[str, Any]:
    """Return a diagram as plain values, for the page: nodes, links and the dimensions in sight."""
    nodes = []
    dimensions: dict[str, list[str]] = {}
    for node in diagram.nodes:
        variable = None if node.name == CLOUD else model[node.name]
        dims = () if variable is None else variable.dimensions
        for name, elements in zip(dims, () if variable is None else model.elements(node.name), strict=True):
            dimensions[name] = list(elements)
        nodes.append(
            {
                "name": node.name,
                "kind": node.kind.value,
                "x": node.x,
                "y": node.y,
                "guest": node.guest,
                "unit": "" if variable is None else spoken_unit(variable.unit),
                "meaning": "" if variable is None else variable.documentation,
                "dimensions": list(dims),
            }
        )
    links = [[edge.start, edge.end, edge.pipe, edge.delayed] for edge in diagram.edges]
    return {"nodes": nodes, "links": links, "dimensions": dimensions, "placed": diagram.placed}


def _paths(paths: Central, model: Model, design: str, names: list[str], picks: Mapping[str, str]) -> np.ndarray:
    """Return ``[variable, time]`` of one design."""
    found = [averaged(paths.of(design, one), model.elements(one), picked(model, one, picks)) for one in names]
    return np.stack(found) if found else np.empty((0, len(paths.time)))
