"""XMILE's ``<macro>``: a head of parameters, an equation for its value, and variables of its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lxml import etree
from pysd.translators.structures import abstract_model as am

from policy_lab.errors import Problem
from policy_lab.model.macros import Macro, MacroError, checked_macro, expanded
from policy_lab.model.nesting import parse_nested
from policy_lab.model.smile import prepared
from policy_lab.model.translation import Equation, Range
from policy_lab.model.types import plain_name

_VARIABLES = ("stock", "flow", "aux", "gf")


@dataclass(frozen=True)
class MacroReading:
    """Reads the macros of a file and writes their calls out.

    ``variable`` reads a variable, ``visit`` the text of an equation; ``said`` words the ``faults`` that these raise.
    """

    ns: Mapping[str, str]
    variable: Callable[[etree._Element], list[Equation]]
    visit: Callable[[str], tuple[Any, list[str]]]
    said: Callable[[Exception], str]
    faults: tuple[type[Exception], ...]

    def written_out(
        self,
        equations: list[Equation],
        nodes: Sequence[etree._Element],
        ranges: Sequence[Range],
        problems: list[Problem],
    ) -> list[Equation]:
        """Return the equations with every call of a macro written out; what is wrong is added to ``problems``."""
        macros = []
        for node in nodes:
            name = " ".join(str(node.get("name", "")).split())
            try:
                macros.append(self._macro(node, name))
            except MacroError as error:
                problems.append(Problem(str(error), line=node.sourceline, variable=name or None))
            except self.faults as error:
                problems.append(Problem(self.said(error), line=node.sourceline, variable=name or None))
        found, told = expanded(equations, macros, frozenset(plain_name(one.abstract.name) for one in ranges))
        problems += told
        return [*found]

    def _macro(self, node: etree._Element, name: str) -> Macro:
        def inside(path: str) -> list[etree._Element]:
            return list(node.xpath(path, namespaces=dict(self.ns)))

        if not name:
            raise MacroError("a macro without a name")
        if inside("ns:sim_specs"):
            raise MacroError("a macro with time settings of its own is not supported")
        if inside("ns:variables/ns:module"):
            raise MacroError("a module inside a macro is not supported")
        equations = [
            one for kind in _VARIABLES for part in inside(f"ns:variables/ns:{kind}") for one in self.variable(part)
        ]
        parameters = inside("ns:parm")
        defaults = [str(one.get("default", "")).strip() for one in parameters]
        least = max((place + 1 for place, text in enumerate(defaults) if not text), default=0)
        if not any(plain_name(one.name) == plain_name(name) for one in equations):
            equations.append(self._value(node, name, inside("ns:eqn")))
        names = tuple(" ".join(str(one.text or "").split()) for one in parameters)
        trees = tuple(self._tree(text) for text in defaults[least:])
        return checked_macro(Macro(name, names, tuple(equations), node.sourceline or 0, defaults=trees))

    def _value(self, node: etree._Element, name: str, written: Sequence[etree._Element]) -> Equation:
        text = str(written[0].text or "").strip() if written else ""
        if not text:
            raise MacroError(f"the macro has no equation for `{name}`, which is its value")
        component = am.AbstractComponent(subscripts=([], []), ast=self._tree(text))
        return Equation(name, component, text, "", (None, None), "", node.sourceline or 0)

    def _tree(self, text: str) -> Any:
        return parse_nested(prepared(text, "", {}), self.visit)[0]
