"""Pictures that explain any model: a view as stocks and flows, and one of its loops."""

from __future__ import annotations

from typing import TYPE_CHECKING

from policy_lab.charts.causal_loop import loop_chart as drawn_loop
from policy_lab.charts.figure import Figure
from policy_lab.charts.stock_flow import stock_flow_chart
from policy_lab.errors import InputError, Problem
from policy_lab.model.sections import pictures
from policy_lab.model.types import Model
from policy_lab.model.views import diagram_of

if TYPE_CHECKING:
    from policy_lab.run.feedback import NamedLoop


def view_chart(model: Model, view: str = "") -> Figure:
    """Draw one view of a model as a stock-and-flow diagram.

    Parameters
    ----------
    model
        As `read_model`, a compiled model's or a study's ``model``.
    view
        Its title; the first view that has a picture when not given.

    Raises
    ------
    InputError
        For an unknown view, or a model that has none to draw.
    """
    if not view:
        known = pictures(model)
        if not known:
            raise InputError(Problem(what="no view of this model can be drawn", file=model.path))
        view = known[0]
    return stock_flow_chart(model, diagram_of(model, view))


def loop_chart(loop: NamedLoop, model: Model) -> Figure:
    """Draw one loop of a model with the sign of each link, and what takes time.

    Parameters
    ----------
    loop
        Of `named_loops` or `loop_in`.
    model
        The model in which it was found.

    Raises
    ------
    InputError
        When the model lacks a link of the loop.
    """
    if not loop.links:
        lacking = "; ".join(loop.faults)
        raise InputError(Problem(what=f"loop `{loop.name}` cannot be drawn: {lacking}", file=model.path))
    unit = model.time.unit.strip().lower().removesuffix("s") or "time unit"
    manifest = {"model": model.path.name, "model_digest": model.digest}
    return drawn_loop(loop, unit=unit, source=f"Source: {model.path.name}", manifest=manifest)
