"""What a model file holds, as immutable data."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from policy_lab.errors import InputError, Problem, nearest_names

if TYPE_CHECKING:
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
class Origin:
    """Where the numbers of an equation were read: a file beside the model, its sheet and the cells in it.

    ``function`` is the one that names them (``GET DIRECT DATA``); ``sheet`` is the separator where the file is text;
    ``cell`` is the first cell or the name of a range, ``along`` the row, column or range of times or x values.
    """

    function: str
    file: str
    sheet: str
    cell: str
    along: str = ""

    def __str__(self) -> str:
        sheet = f", sheet {self.sheet}" if any(sign.isalnum() for sign in self.sheet) else ""
        return f"{self.file}{sheet}, {self.cell}{f' along {self.along}' if self.along else ''}"


@dataclass(frozen=True)
class Component:
    """One equation of a variable.

    ``subscripts`` are the ranges or elements on its left-hand side, position by position; ``excepted`` are the
    subscript tuples that ``:EXCEPT:`` leaves out; ``origin`` says which file its numbers come from, if they do.
    """

    subscripts: tuple[str, ...]
    expression: Expression
    excepted: tuple[tuple[str, ...], ...] = ()
    line: int = 0
    origin: Origin | None = None


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
    components: Sequence[Component]
    causes: tuple[str, ...] = ()
    uses: tuple[str, ...] = ()


@dataclass(frozen=True)
class TimeSettings:
    """When a run starts and ends, its step and its save period, all in ``unit``.

    ``saves_every_step`` says that the file ties its save period to the time step, so that it follows a new one.
    """

    initial: float
    final: float
    step: float
    save_period: float
    unit: str
    saves_every_step: bool = False


@dataclass(frozen=True)
class Model:
    """A model file, read and understood. Nothing in it has been run.

    ``subscripts`` gives the elements of every range, aliases (``Partner <-> Agency``) included; ``integration`` is the
    method that the file asks for (``euler``, ``rk2``, ``rk4``, ``adaptive``); ``digest`` is the SHA-256 of the file.
    ``mappings`` gives, for a range that maps onto others (``A: a1, a2 -> B`` or ``A <-> B``), those others: their
    elements correspond one to one, in order; ``matched`` gives, for a range that maps onto another element by element,
    the elements there that each of its own stands for. ``views`` gives the variables drawn in each view of the sketch.
    ``kept_as`` names this very reading of the file in the cache folder; a changed copy has none.
    ``files`` are the other files that values were read from, each once: its path beside the model, as the model names
    it, and the SHA-256 of its content.
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
    matched: Mapping[str, Mapping[str, tuple[tuple[str, ...], ...]]] = field(default_factory=dict)
    views: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    kept_as: str = field(default="", init=False, compare=False, repr=False)
    files: tuple[tuple[str, str], ...] = ()

    @property
    def content(self) -> str:
        """SHA-256 of all that was read: of the model file alone, or of it and the files that it takes values from."""
        if not self.files:
            return self.digest
        told = [self.digest, *(f"{name} {digest}" for name, digest in self.files)]
        return hashlib.sha256("\n".join(told).encode("utf-8", "surrogatepass")).hexdigest()

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
