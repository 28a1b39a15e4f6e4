"""What the units of a model's equations are found to be, kept once worked out: the table of all units is large."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

from policy_lab import cache
from policy_lab.errors import Problem
from policy_lab.model.kept import FAULTS, made, plain
from policy_lab.model.types import Model


@dataclass(frozen=True)
class UnitReport:
    """What the units of a model's equations are found to be.

    ``checked`` is the number of equations, constants and tables left out; ``undeclared`` are variables without a unit
    that can be read, which fit everything. ``faults`` are clashes of units; ``warnings`` are bare numbers that stand
    where a quantity with a unit should.
    """

    checked: int
    undeclared: tuple[str, ...]
    faults: tuple[Problem, ...]
    warnings: tuple[Problem, ...]


_CLASSES: Final[Mapping[str, Any]] = MappingProxyType({"UnitReport": UnitReport, "Problem": Problem})


def unit_report(model: Model) -> UnitReport:
    """Hold the unit of every equation against the one that it declares, or tell what was found the last time.

    The same as :func:`policy_lab.model.dimensions.check_units`; only a model that is just as its file was read
    (`Model.kept_as`) has a kept report.
    """
    if not model.kept_as:
        return _worked_out(model)
    own = cache.sources("model", "errors.py", "units.py", "cache.py")
    place = cache.place_of(".units.json", model.kept_as, own, cache.installed("pint"))
    content = cache.kept(place)
    if content is not None:
        with contextlib.suppress(*FAULTS):
            report = made(json.loads(content), _CLASSES)
            if isinstance(report, UnitReport) and all(isinstance(one, Problem) for one in report.faults):
                return report
    report = _worked_out(model)
    cache.keep(place, json.dumps(plain(report, _CLASSES)).encode())
    return report


def _worked_out(model: Model) -> UnitReport:
    from policy_lab.model.dimensions import check_units

    return check_units(model)
