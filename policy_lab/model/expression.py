"""The equations of a model as plain, immutable data.

Names are spelled as the model file spells them; subscripts are names of ranges (``Agency``), of elements
(``police``) or of ranges reduced over (``Agency!``). Nothing here knows PySD, and nothing here computes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias


@dataclass(frozen=True)
class Number:
    """A literal number."""

    value: float


@dataclass(frozen=True)
class Array:
    """A literal list of numbers over the component's own subscripts, in row-major order."""

    values: tuple[float, ...]
    shape: tuple[int, ...]


@dataclass(frozen=True)
class Reference:
    """The value of another variable (``Time`` and the time settings included).

    A range or an element of a range, without subscripts, stands for its place in that range, counted from 1.
    """

    name: str
    subscripts: tuple[str, ...] = ()


@dataclass(frozen=True)
class Data:
    """A series that comes from outside the model; ``keyword`` says what holds between its points.

    ``x`` and ``y`` are its points where the model names a file beside it, x strictly rising; without them, the values
    are given to the run.
    """

    keyword: Literal["interpolate", "hold_backward", "look_forward", "raw"] = "interpolate"
    x: tuple[float, ...] = ()
    y: tuple[float, ...] = ()


@dataclass(frozen=True)
class Arithmetic:
    """``first op second`` for ``+ - * / ^``."""

    operator: Literal["+", "-", "*", "/", "^"]
    first: Expression
    second: Expression


@dataclass(frozen=True)
class Negative:
    """``-argument``."""

    argument: Expression


@dataclass(frozen=True)
class Compare:
    """``first op second``: true is 1, false is 0."""

    operator: Literal["=", "<>", "<", "<=", ">", ">="]
    first: Expression
    second: Expression


@dataclass(frozen=True)
class Logic:
    """``:AND:`` and ``:OR:`` of two arguments or more, ``:NOT:`` of one."""

    operator: Literal["and", "or", "not"]
    arguments: tuple[Expression, ...]


@dataclass(frozen=True)
class Call:
    """A built-in function without memory, in lower case with underscores (``if_then_else``, ``step``, ``sum``)."""

    function: str
    arguments: tuple[Expression, ...]


@dataclass(frozen=True)
class Lookup:
    """A table of points; ``kind`` says what happens between and beyond them."""

    x: tuple[float, ...]
    y: tuple[float, ...]
    kind: Literal["interpolate", "extrapolate", "hold_backward"] = "interpolate"


@dataclass(frozen=True)
class LookupCall:
    """A lookup, named or written in place, read at ``argument``."""

    table: Reference | Lookup
    argument: Expression


@dataclass(frozen=True)
class Stock:
    """``INTEG(flow, initial)``."""

    flow: Expression
    initial: Expression
    non_negative: bool = False


@dataclass(frozen=True)
class Delay:
    """``DELAY1/3/N``: a material delay of ``order`` stages.

    ``carries_time`` is true for ``DELAY N``, whose content keeps the delay time that held when it came in.
    """

    input: Expression
    time: Expression
    initial: Expression
    order: Expression
    carries_time: bool = False


@dataclass(frozen=True)
class DelayFixed:
    """``DELAY FIXED``: a pipeline delay."""

    input: Expression
    time: Expression
    initial: Expression


@dataclass(frozen=True)
class Smooth:
    """``SMOOTH/3/N``: an information delay of ``order`` stages."""

    input: Expression
    time: Expression
    initial: Expression
    order: Expression


@dataclass(frozen=True)
class Trend:
    """``TREND``: fractional rate of change over an averaging time."""

    input: Expression
    time: Expression
    initial: Expression


@dataclass(frozen=True)
class Forecast:
    """``FORECAST``: ``input`` extrapolated by its trend."""

    input: Expression
    time: Expression
    horizon: Expression
    initial: Expression


@dataclass(frozen=True)
class SampleIfTrue:
    """``SAMPLE IF TRUE``: holds ``input`` from the last step at which ``condition`` held."""

    condition: Expression
    input: Expression
    initial: Expression


@dataclass(frozen=True)
class Held:
    """The value that the ``SAMPLE IF TRUE`` around it has held since the step before: how it reads its own variable."""


@dataclass(frozen=True)
class Initial:
    """``INITIAL``: the value of the argument at the start of the run."""

    argument: Expression


Stateful: TypeAlias = Stock | Delay | DelayFixed | Smooth | Trend | Forecast | SampleIfTrue | Initial
Expression: TypeAlias = (
    Number
    | Array
    | Reference
    | Data
    | Arithmetic
    | Negative
    | Compare
    | Logic
    | Call
    | Lookup
    | LookupCall
    | Stateful
    | Held
)
