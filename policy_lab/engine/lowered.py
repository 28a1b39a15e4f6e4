"""A program with what its inputs are, and its JSON form, kept so that the next start need not lower the model."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from policy_lab import cache
from policy_lab.engine import ir, ir_json
from policy_lab.model.types import Model

Array = NDArray[np.float64]
FORM: Final = "policy_lab lowered 1"


@dataclass(frozen=True)
class Lowered:
    """A program and what its inputs are.

    ``defaults`` has the value of every constant as the file gives it, over its dimensions, those given as series too;
    freed variables have none. ``structural`` constants fix the shape of the program, so that they cannot be set.
    """

    program: ir.Program
    defaults: Mapping[str, Array]
    structural: frozenset[str]


def lowered_kept(model: Model, *, free: Sequence[str] = (), series: Sequence[str] = ()) -> Lowered:
    """Lower a model as :func:`policy_lab.engine.lowering.lower` does, or take the program from the cache.

    Only a model that is just as its file was read (`Model.kept_as`) has a kept program. What was lowered is taken from
    its JSON at once, so that the first start runs the very program that later ones do.

    Raises
    ------
    InputError
        With every equation that the engine cannot compute exactly; such a model is not kept.
    """
    if not model.kept_as:
        return _lower(model, free, series)
    own = cache.sources("model", "engine", "errors.py", "units.py", "cache.py")
    place = cache.place_of(".program.json", model.kept_as, json.dumps([free, series]), own, np.__version__)
    content = cache.kept(place)
    if content is not None:
        with contextlib.suppress(ValueError):
            return from_json(content)
    lowered = _lower(model, free, series)
    try:
        text = to_json(lowered)
    except TypeError:
        return lowered
    cache.keep(place, text.encode("utf-8", "surrogatepass"))
    return from_json(text)


def to_json(lowered: Lowered) -> str:
    """Return a lowered model as JSON."""
    defaults = [[name, [ir_json.number_text(one) for one in value.ravel()]] for name, value in lowered.defaults.items()]
    structural = sorted(lowered.structural)
    whole = {"form": FORM, "defaults": defaults, "structural": structural, "program": ir_json.plain(lowered.program)}
    return ir_json.text_of(whole)


def from_json(text: str | bytes) -> Lowered:
    """Return the lowered model that :func:`to_json` wrote.

    Raises
    ------
    ValueError
        When the text is something else.
    """
    whole = ir_json.parsed(text)
    try:
        if whole["form"] != FORM:
            raise ValueError(f"not `{FORM}`")
        program = ir_json.program_of(whole["program"])
        defaults = {
            name: np.array([ir_json.number_of(one) for one in values]).reshape(program.symbols[name].shape)
            for name, values in whole["defaults"]
        }
        return Lowered(program, defaults, frozenset(map(str, whole["structural"])))
    except (TypeError, KeyError, AttributeError) as error:
        raise ValueError(f"not a lowered model: {error!r}") from error


def _lower(model: Model, free: Collection[str], series: Collection[str]) -> Lowered:
    from policy_lab.engine.lowering import lower

    return lower(model, free=free, series=series)
