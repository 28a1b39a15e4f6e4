"""What a model file holds, as immutable data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from policy_lab.errors import InputError, Problem, nearest_names
from policy_lab.model.expression import Expression


class Kind(StrEnum):
    """What a variable is in the vocabulary of the field."""

    STOCK = "stock"
    FLOW = "flow"
    AUXILIARY = "auxiliary"
    CONSTANT = "constant"
    LOOKUP = "lookup"
    DATA = "data"
    TIME = "time setting"


@dataclass(frozen=True)
class Component:
    """One equation of a variable.

    ``subscripts`` are the ranges or elements on its left-hand side, position by position; ``excepted`` are the
    subscript tuples that ``:EXCEPT:`` leaves out.
    """

    subscripts: tuple[str, ...]
    expression: Expression
    excepted: tuple[tuple[str, ...], ...] = ()
    line: int = 0


@dataclass(frozen=True)
class Variable:
    """One variable of a model, under the name that the file gives it.

    ``dimensions`` are names of subscript ranges, one a position; the range covers all of the variable's components.
    ``causes`` are the variables that its equation names, ``uses`` those whose equations name it.
    """

    name: str
    kind: Kind
    unit: str
    documentation: str
    limits: tuple[float | None, float | None]
    dimensions: tuple[str, ...]
    equation: str
    line: int
    components: tuple[Component, ...]
    causes: tuple[str, ...] = ()
    uses: tuple[str, ...] = ()


@dataclass(frozen=True)
class TimeSettings:
    """When a run starts and ends, its step and its save period, all in ``unit``."""

    initial: float
    final: float
    step: float
    save_period: float
    unit: str


@dataclass(frozen=True)
class Model:
    """A model file, read and understood. Nothing in it has been run.

    ``subscripts`` gives the elements of every range, aliases (``Partner <-> Agency``) included; ``integration`` is the
    method that the file asks for (``euler``, ``rk2``, ``rk4``, ``auto``); ``digest`` is the SHA-256 of the file.
    ``mappings`` gives, for a range that maps onto others (``A: a1, a2 -> B`` or ``A <-> B``), those others: their
    elements correspond one to one, in order. ``views`` gives the variables drawn in each view of the sketch.
    """

    name: str
    path: Path
    digest: str
    variables: Mapping[str, Variable]
    subscripts: Mapping[str, tuple[str, ...]]
    time: TimeSettings
    integration: str
    warnings: tuple[Problem, ...] = ()
    mappings: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    views: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def __getitem__(self, name: str) -> Variable:
        """Return a variable by name, ignoring case and underscores; the nearest names are in the error."""
        return self.variables[self.spelled(name)]

    def spelled(self, name: str) -> str:
        """Return ``name`` as the file spells it."""
        if name in self.variables:
            return name
        wanted = plain_name(name)
        for candidate in self.variables:
            if plain_name(candidate) == wanted:
                return candidate
        raise InputError(
            Problem(
                what=f"no variable `{name}` in this model",
                file=self.path,
                nearest=nearest_names(name, self.variables),
                remedy="`policy-lab describe` lists the variables.",
            )
        )

    def elements(self, variable: str) -> tuple[tuple[str, ...], ...]:
        """Return the elements of each dimension of a variable, in order."""
        return tuple(self.subscripts[dimension] for dimension in self[variable].dimensions)


def plain_name(name: str) -> str:
    """Fold a variable name as Vensim does: case, underscores, runs of spaces and quotes around it do not count."""
    if len(name) > 2 and name[0] == name[-1] == '"':
        name = name[1:-1]
    return " ".join(name.replace("_", " ").split()).casefold()
