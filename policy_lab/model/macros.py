"""Vensim's macros, written out: every call becomes equations of its own, and the call the variable that they end in.

What a macro holds is known only inside it, and nothing of the model is known there but its arguments and the time
settings, so that its variables are given names that no modeller writes: ``SSTATS 2 · average``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, is_dataclass, replace
from typing import Any

import numpy as np
from pysd.translators.structures import abstract_expressions as ae
from pysd.translators.structures import abstract_model as am

from policy_lab.errors import Problem, nearest_names
from policy_lab.model.functions import CALLS
from policy_lab.model.guarded import split_names
from policy_lab.model.translation import CONTROL, Equation
from policy_lab.model.types import plain_name

DEEPEST = 20
MOST_EQUATIONS = 100_000
_HEAD = re.compile(r"^(.*?)\((.*)\)$", re.DOTALL)
_NAME = re.compile(r"[^\W\d][\w ]{0,199}\Z")
_REDUCING = frozenset({"sum", "prod", "vmin", "vmax", "vmin_xmile", "vmax_xmile", "vector_select"})
_KNOWN = frozenset({"time", *(plain_name(name) for name in CONTROL.values())})


class MacroError(ValueError):
    """A macro, or a call of one, that cannot be written out; the message is for the user."""


@dataclass(frozen=True)
class Macro:
    """A macro: its name, the names of its arguments and of what it gives beside its value, and its equations.

    ``defaults`` are the trees of the last arguments, which a call may leave out.
    """

    name: str
    parameters: tuple[str, ...]
    equations: tuple[Equation, ...]
    line: int
    outputs: tuple[str, ...] = ()
    defaults: tuple[Any, ...] = ()

    def local(self) -> dict[str, str]:
        """Return the names that are known inside only, by plain name."""
        return {plain_name(name): name for name in (*self.parameters, *(one.name for one in self.equations))}

    def listed(self) -> frozenset[str]:
        """Return the plain names of what is a list of numbers: the same in every call."""
        return frozenset(plain_name(one.name) for one in self.equations if isinstance(one.component.ast, np.ndarray))


def read_macro(head: str, line: int, equations: Sequence[Equation]) -> Macro:
    """Make a macro of its head, ``NAME(first, second)``, and its equations.

    Raises
    ------
    MacroError
        When it does not define its own name and its other outputs, or these have subscripts.
    """
    match = _HEAD.match(head.strip())
    if match is None:
        raise MacroError("the head of a macro is `NAME(arguments)`")
    name, inside = match.group(1).strip(), match.group(2)
    if not _NAME.match(name):
        raise MacroError("the name of a macro holds letters, digits, spaces and underscores only")
    given, _, results = inside.partition(":")
    parameters, outputs = (tuple(split_names(part)) if part.strip() else () for part in (given, results))
    return checked_macro(Macro(name, parameters, tuple(equations), line, outputs))


def checked_macro(macro: Macro) -> Macro:
    """Return a macro, or say why it is none.

    Raises
    ------
    MacroError
        When an output has no equation, or subscripts.
    """
    defined = {plain_name(one.name): one.component.subscripts[0] for one in macro.equations}
    for name in (macro.name, *macro.outputs):
        if plain_name(name) not in defined:
            raise MacroError(f"the macro has no equation for `{name}`, which is its value")
        if defined[plain_name(name)]:
            raise MacroError(f"`{name}`, which the macro returns, has subscripts; a subscripted equation may call it")
    if {plain_name(name) for name in macro.parameters} & {*defined}:
        raise MacroError("the macro has an equation for one of its own arguments")
    return macro


def expanded(
    equations: Sequence[Equation], macros: Sequence[Macro], ranges: frozenset[str]
) -> tuple[tuple[Equation, ...], list[Problem]]:
    """Return the equations with every call of a macro written out, and what is wrong with the calls.

    ``ranges`` are the plain names of the subscript ranges: what a subscripted equation calls is subscripted like it.
    """
    known = {plain_name(macro.name): macro for macro in macros}
    if not known:
        return tuple(equations), []
    writing = _Writing(known, ranges)
    found: list[Equation] = []
    problems: list[Problem] = []
    for one in equations:
        before = len(writing.written)
        try:
            tree = writing.replaced(one.component.ast, _Call(one, _ranges(one, ranges)))
        except MacroError as error:
            problems.append(Problem(str(error), line=one.line, variable=one.name))
            continue
        found += [_with(one, tree), *writing.written[before:]]
    return tuple(found), problems


def _ranges(one: Equation, ranges: frozenset[str]) -> tuple[str, ...]:
    return tuple(name for name in one.component.subscripts[0] if plain_name(name) in ranges)


def _with(one: Equation, tree: Any) -> Equation:
    component = one.component
    if tree is component.ast:
        return one
    return replace(one, component=type(component)(subscripts=component.subscripts, ast=tree))


@dataclass(frozen=True)
class _Call:
    """Where a macro is called: the equation, the ranges on its left-hand side, and the macros around it."""

    equation: Equation
    subscripts: tuple[str, ...]
    inside: tuple[str, ...] = ()


@dataclass
class _Writing:
    """Writes calls out; ``written`` are the equations so far, ``counts`` the calls of each macro."""

    macros: Mapping[str, Macro]
    ranges: frozenset[str]
    written: list[Equation] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)

    def replaced(self, tree: Any, call: _Call) -> Any:
        """Return a tree with references in place of the calls of macros."""
        if isinstance(tree, ae.CallStructure) and plain_name(_called(tree)) in self.macros:
            return self._written_out(self.macros[plain_name(_called(tree))], tree, call)
        return _rebuilt(tree, lambda part: self.replaced(part, call))

    def _written_out(self, macro: Macro, tree: ae.CallStructure, call: _Call) -> ae.ReferenceStructure:
        if macro.name in call.inside or len(call.inside) >= DEEPEST:
            raise MacroError(f"the macro `{macro.name}` calls itself")
        arguments, results = _parted(macro, tree.arguments)
        if len(self.written) + len(macro.equations) > MOST_EQUATIONS:
            raise MacroError(f"macros make more than {MOST_EQUATIONS:,} equations")
        around = call.subscripts
        marks = tuple(dict.fromkeys(_marks(arguments)))
        if marks:  # within SUM and the like: the macro has equations for every element that they run over
            if results or {*map(plain_name, marks)} & {*map(plain_name, around)}:
                raise MacroError(f"the macro `{macro.name}` stands inside SUM, PROD, VMAX or VMIN")
            arguments = tuple(_unmarked(argument, marks) for argument in arguments)
            call = replace(call, subscripts=(*around, *marks))
        count = self.counts.get(macro.name, 0) + 1
        self.counts[macro.name] = count
        own = {plain: f"{macro.name} {count} · {name}" for plain, name in macro.local().items()}
        for parameter, argument in zip(macro.parameters, arguments, strict=True):
            value = self.replaced(argument, call)
            self._write(own[plain_name(parameter)], value, call, f"{parameter} of {macro.name}")
        deeper = replace(call, inside=(*call.inside, macro.name))
        for one in macro.equations:
            inner = replace(deeper, subscripts=(*call.subscripts, *self._inner(one, call, macro)))
            local = _localised(one.component.ast, _Local(own, call.subscripts, macro, self.macros, self.ranges))
            self._write(own[plain_name(one.name)], self.replaced(local, inner), call, one.text, one)
        for name, result in zip(macro.outputs, results, strict=True):
            self._write(_result_name(result, call), _reference(own[plain_name(name)], call.subscripts), call,
                        f"{name} of {macro.name}")  # fmt: skip
        return _reference(own[plain_name(macro.name)], (*around, *(f"{mark}!" for mark in marks)))

    def _inner(self, one: Equation, call: _Call, macro: Macro) -> list[str]:
        """Return the ranges that an equation of a macro has of its own."""
        own = [name for name in one.component.subscripts[0] if plain_name(name) in self.ranges]
        twice = {*map(plain_name, own)} & {*map(plain_name, call.subscripts)}
        if twice:
            raise MacroError(f"the macro `{macro.name}` runs over `{own[0]}` itself, and so does the equation here")
        return own

    def _write(self, name: str, tree: Any, call: _Call, text: str, of: Equation | None = None) -> None:
        kind = type(of.component) if of is not None else am.AbstractComponent
        left, without = of.component.subscripts if of is not None else ([], [])
        listed = kind is am.AbstractLookup or isinstance(tree, np.ndarray)  # the same numbers in every call
        outer = [] if listed else list(call.subscripts)
        component = kind(subscripts=([*outer, *left], [[*outer, *group] for group in without]), ast=tree)
        unit = "" if of is None else of.unit
        self.written.append(Equation(name, component, text, unit, (None, None), "", (of or call.equation).line))


def _called(tree: ae.CallStructure) -> str:
    return str(getattr(tree.function, "reference", ""))


def _reference(name: str, subscripts: Sequence[str]) -> ae.ReferenceStructure:
    return ae.ReferenceStructure(name, ae.SubscriptsReferenceStructure(list(subscripts)) if subscripts else None)


def _rebuilt(tree: Any, change: Any) -> Any:
    """Return a copy of a tree with ``change`` made to its parts; the parsed tree itself is never altered."""
    if isinstance(tree, (list, tuple)):
        return type(tree)(change(part) for part in tree)
    if not is_dataclass(tree) or isinstance(tree, (type, ae.LookupsStructure, ae.SubscriptsReferenceStructure)):
        return tree
    return replace(tree, **{one.name: change(getattr(tree, one.name)) for one in fields(tree)})


def _parted(macro: Macro, given: Sequence[Any]) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
    """Split what a call gives into arguments, those left out filled in, and the variables that get other outputs."""
    results = tuple(given[len(given) - len(macro.outputs) :]) if macro.outputs else ()
    arguments = tuple(given[: len(given) - len(results)])
    wanted, least = len(macro.parameters), len(macro.parameters) - len(macro.defaults)
    if len(results) < len(macro.outputs) or not least <= len(arguments) <= wanted:
        plural = "" if wanted == 1 else "s"
        more = f" and {len(macro.outputs)} outputs" if macro.outputs else ""
        raise MacroError(f"the macro `{macro.name}` takes {wanted} argument{plural}{more}, {len(given)} given")
    left_out = wanted - len(arguments)
    return (*arguments, *macro.defaults[len(macro.defaults) - left_out :]), results


def _result_name(result: Any, call: _Call) -> str:
    """Return the name of the variable that gets an output beside the value; the call is its equation."""
    if isinstance(result, ae.ReferenceStructure):
        given = [] if result.subscripts is None else list(result.subscripts.subscripts)
        if [*map(plain_name, given)] == [*map(plain_name, call.subscripts)]:
            return result.reference.replace("_", " ")
    raise MacroError("what stands after the `:` of a call names a variable, with the subscripts of this equation")


def _marks(tree: Any) -> Iterator[str]:
    """Yield the ranges marked with `!` that a reduction around this tree runs over; those of inner ones are taken."""
    if isinstance(tree, ae.SubscriptsReferenceStructure):
        yield from (name.removesuffix("!") for name in tree.subscripts if name.endswith("!"))
    elif isinstance(tree, ae.CallStructure) and _called(tree).casefold() in _REDUCING:
        return
    elif isinstance(tree, (list, tuple)):
        for part in tree:
            yield from _marks(part)
    elif is_dataclass(tree) and not isinstance(tree, type):
        for one in fields(tree):
            yield from _marks(getattr(tree, one.name))


def _unmarked(tree: Any, marks: Sequence[str]) -> Any:
    """Return a tree in which the marked ranges stand as plain ones; inner reductions stay as they are."""
    if isinstance(tree, ae.ReferenceStructure) and tree.subscripts is not None:
        bare = [
            name.removesuffix("!") if name.removesuffix("!") in marks else name for name in tree.subscripts.subscripts
        ]
        return _reference(tree.reference, bare)
    if isinstance(tree, ae.CallStructure) and _called(tree).casefold() in _REDUCING:
        return tree
    return _rebuilt(tree, lambda part: _unmarked(part, marks))


@dataclass(frozen=True)
class _Local:
    """What names mean inside one call: its own, with the subscripts of the equation that calls."""

    own: Mapping[str, str]
    subscripts: Sequence[str]
    macro: Macro
    macros: Mapping[str, Macro]
    ranges: frozenset[str]


def _localised(tree: Any, local: _Local) -> Any:
    """Return a tree of a macro with the names of one call in it."""
    if isinstance(tree, ae.CallStructure):
        plain = plain_name(_called(tree))
        function: Any = tree.function
        if plain in local.own and plain not in local.macros:  # a lookup of the macro's own
            function = ae.ReferenceStructure(local.own[plain], tree.function.subscripts)
        return ae.CallStructure(function, tuple(_localised(part, local) for part in tree.arguments))
    if isinstance(tree, ae.ReferenceStructure):
        return _localised_name(tree, local)
    return _rebuilt(tree, lambda part: _localised(part, local))


def _localised_name(tree: ae.ReferenceStructure, local: _Local) -> ae.ReferenceStructure:
    macro = local.macro
    written = tree.reference.removesuffix("$")
    plain = plain_name(written)
    if plain in local.own:
        inner = [] if tree.subscripts is None else list(tree.subscripts.subscripts)
        if inner and plain in map(plain_name, macro.parameters):
            raise MacroError(f"the argument `{written}` of the macro `{macro.name}` stands with subscripts")
        return _reference(local.own[plain], (*(() if plain in macro.listed() else local.subscripts), *inner))
    if plain in _KNOWN or plain in CALLS or plain in local.ranges:
        return ae.ReferenceStructure(written, None)
    near = ", ".join(f"`{name}`" for name in nearest_names(written.replace("_", " "), macro.local().values()))
    hint = f"; did you mean {near}?" if near else ""
    raise MacroError(f"the macro `{macro.name}` knows no `{written}`: give it as an argument{hint}")
