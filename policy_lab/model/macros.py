"""Vensim's macros, written out: every call becomes equations of its own, and the call the variable that they end in.

What a macro holds is known only inside it, and nothing of the model is known there but its arguments and the time
settings, so that its variables are given names that no modeller writes: ``SSTATS 2 · average``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, is_dataclass, replace
from typing import Any

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
_KNOWN = frozenset({"time", *(plain_name(name) for name in CONTROL.values())})


class MacroError(ValueError):
    """A macro, or a call of one, that cannot be written out; the message is for the user."""


@dataclass(frozen=True)
class Macro:
    """A macro: its name, the names of its arguments, and its equations."""

    name: str
    parameters: tuple[str, ...]
    equations: tuple[Equation, ...]
    line: int

    def local(self) -> dict[str, str]:
        """Return the names that are known inside only, by plain name."""
        return {plain_name(name): name for name in (*self.parameters, *(one.name for one in self.equations))}


def read_macro(head: str, line: int, equations: Sequence[Equation]) -> Macro:
    """Make a macro of its head, ``NAME(first, second)``, and its equations.

    Raises
    ------
    MacroError
        When it has several outputs or subscripts, or does not define its own name.
    """
    match = _HEAD.match(head.strip())
    if match is None:
        raise MacroError("the head of a macro is `NAME(arguments)`")
    name, inside = match.group(1).strip(), match.group(2)
    if not _NAME.match(name):
        raise MacroError("the name of a macro holds letters, digits, spaces and underscores only")
    if ":" in inside:
        raise MacroError("a macro with more than one output is not supported")
    parameters = tuple(split_names(inside)) if inside.strip() else ()
    if any(one.component.subscripts[0] for one in equations):
        raise MacroError("subscripts inside a macro are not supported; a subscripted equation may call it")
    if plain_name(name) not in {plain_name(one.name) for one in equations}:
        raise MacroError(f"the macro has no equation for `{name}`, which is its value")
    return Macro(name, parameters, tuple(equations), line)


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
        if len(tree.arguments) != len(macro.parameters):
            wanted = len(macro.parameters)
            plural = "" if wanted == 1 else "s"
            raise MacroError(f"the macro `{macro.name}` takes {wanted} argument{plural}, {len(tree.arguments)} given")
        if len(self.written) + len(macro.equations) > MOST_EQUATIONS:
            raise MacroError(f"macros make more than {MOST_EQUATIONS:,} equations")
        if any("!" in name for argument in tree.arguments for name in _subscripts(argument)):
            raise MacroError(f"the macro `{macro.name}` stands inside SUM, PROD, VMAX or VMIN")
        count = self.counts.get(macro.name, 0) + 1
        self.counts[macro.name] = count
        own = {plain: f"{macro.name} {count} · {name}" for plain, name in macro.local().items()}
        for parameter, argument in zip(macro.parameters, tree.arguments, strict=True):
            value = self.replaced(argument, call)
            self._write(own[plain_name(parameter)], value, call, f"{parameter} of {macro.name}")
        deeper = replace(call, inside=(*call.inside, macro.name))
        for one in macro.equations:
            local = _localised(one.component.ast, own, call.subscripts, macro, self.macros)
            self._write(own[plain_name(one.name)], self.replaced(local, deeper), call, one.text, one)
        return _reference(own[plain_name(macro.name)], call.subscripts)

    def _write(self, name: str, tree: Any, call: _Call, text: str, of: Equation | None = None) -> None:
        kind = type(of.component) if of is not None else am.AbstractComponent
        table = kind is am.AbstractLookup
        component = kind(subscripts=([] if table else list(call.subscripts), []), ast=tree)
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


def _subscripts(tree: Any) -> Iterator[str]:
    if isinstance(tree, ae.SubscriptsReferenceStructure):
        yield from tree.subscripts
    elif isinstance(tree, (list, tuple)):
        for part in tree:
            yield from _subscripts(part)
    elif is_dataclass(tree) and not isinstance(tree, type):
        for one in fields(tree):
            yield from _subscripts(getattr(tree, one.name))


def _localised(
    tree: Any, own: Mapping[str, str], subscripts: Sequence[str], macro: Macro, macros: Mapping[str, Macro]
) -> Any:
    """Return a tree of a macro with the names of one call in it."""
    if isinstance(tree, ae.CallStructure):
        plain = plain_name(_called(tree))
        if plain in own and plain not in macros:  # a lookup of the macro's own
            function: Any = ae.ReferenceStructure(own[plain], None)
        else:
            function = tree.function
        inner = tuple(_localised(part, own, subscripts, macro, macros) for part in tree.arguments)
        return ae.CallStructure(function, inner)
    if isinstance(tree, ae.ReferenceStructure):
        written = tree.reference.removesuffix("$")
        plain = plain_name(written)
        if plain in own:
            return _reference(own[plain], subscripts)
        if plain in _KNOWN or plain in CALLS:
            return ae.ReferenceStructure(written, None)
        near = ", ".join(f"`{name}`" for name in nearest_names(written.replace("_", " "), macro.local().values()))
        hint = f"; did you mean {near}?" if near else ""
        raise MacroError(f"the macro `{macro.name}` knows no `{written}`: give it as an argument{hint}")
    return _rebuilt(tree, lambda part: _localised(part, own, subscripts, macro, macros))
