"""The parts in which a file presents its model: the views of its sketch, and the groups of its equations."""

from __future__ import annotations

from collections.abc import Mapping

from policy_lab.errors import InputError, Problem
from policy_lab.model.scan import scan
from policy_lab.model.source import VENSIM_SUFFIXES, read_source
from policy_lab.model.types import Kind, Model, plain_name

STILL = (Kind.CONSTANT, Kind.LOOKUP, Kind.DATA)
"""Kinds that do not move; they stand in the equation book and not in pictures."""
_CONTROL = "control"


def sections(model: Model) -> Mapping[str, tuple[str, ...]]:
    """Return the views of a model with their variables, time settings left aside.

    A variable stands in the view that draws it; one that no view draws stands in the view that is called as its group
    of equations, and a new view is made where there is none. A file without views and groups has one view of all.

    Raises
    ------
    InputError
        When the model's file can no longer be read, or has changed since.
    """
    views = model.views if _is_vensim(model) else _xmile_views(model)
    found: dict[str, list[str]] = {}
    for view, names in views.items():
        found[view] = [name for name in names if model.variables[name].kind is not Kind.TIME]
    drawn = {name for names in found.values() for name in names}
    groups = _groups(model)
    for name, variable in model.variables.items():
        if name not in drawn and variable.kind is not Kind.TIME:
            found.setdefault(groups.get(name, "") or model.name, []).append(name)
    return {view: tuple(names) for view, names in found.items() if names}


def pictures(model: Model) -> tuple[str, ...]:
    """Return the titles of the views in which something moves; a view of constants alone makes no picture."""
    return tuple(
        view
        for view, names in sections(model).items()
        if any(model.variables[name].kind not in STILL for name in names)
    )


def _is_vensim(model: Model) -> bool:
    return model.path.suffix.lower() in VENSIM_SUFFIXES


def _xmile_views(model: Model) -> dict[str, list[str]]:
    """Return the variables of each view of an XMILE file."""
    from policy_lab.model.xmile_view import read_views

    spelled = {plain_name(name): name for name in model.variables}
    return {
        view.title: [spelled[plain_name(mark.name)] for mark in view.marks.values() if plain_name(mark.name) in spelled]
        for view in read_views(_text(model), model.path).views
    }


def _text(model: Model) -> str:
    """Return the text of a model's file, as it was when the model was read."""
    source = read_source(model.path)
    if source.digest != model.digest:
        raise InputError(Problem("this file has changed since it was read", file=model.path))
    return source.text


def _groups(model: Model) -> dict[str, str]:
    """Return the group of each variable's equation, which Vensim writes between rows of stars."""
    if not _is_vensim(model):
        return {}
    by_line = {entry.line: entry.group for entry in scan(_text(model)).entries if entry.group}
    found = {name: by_line.get(variable.line, "") for name, variable in model.variables.items()}
    return {name: group for name, group in found.items() if group and group.casefold() != _CONTROL}
