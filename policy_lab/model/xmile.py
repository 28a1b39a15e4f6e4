"""XMILE: variables found by our own reading of the XML, each parsed by PySD's element classes.

PySD recovers from malformed XML in silence and passes over conveyors, queues and modules; here the first is an error
and the others are refused by name. Entities and document type declarations are refused: nothing outside the file is
ever opened.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from typing import Any

from lxml import etree
from parsimonious.exceptions import IncompleteParseError, ParseError, VisitationError
from pysd.translators.structures import abstract_expressions as ae
from pysd.translators.structures import abstract_model as am
from pysd.translators.xmile import xmile_element
from pysd.translators.xmile.xmile_structures import parsing_ops
from pysd.translators.xmile.xmile_utils import Grammar

from policy_lab.errors import InputError, Problem, clipped
from policy_lab.model.guarded import EquationError, XmileVisitor
from policy_lab.model.literals import LiteralError, read_number
from policy_lab.model.nesting import parse_nested
from policy_lab.model.smile import prepared
from policy_lab.model.source import Source
from policy_lab.model.translation import CONTROL, LONGEST_NAME, Equation, Range, Translation
from policy_lab.model.types import plain_name
from policy_lab.model.xmile_macros import MacroReading
from policy_lab.model.xmile_table import table_of

_LOST = {
    "conveyor": "conveyors are not supported",
    "queue": "queues are not supported",
    "leak": "leaks of conveyors are not supported",
    "overflow": "overflows of queues are not supported",
    "mathml": "equations in MathML are not supported",
}
_PASSED_OVER = frozenset({"group", "stacked_container", "dependencies"})
_METHODS = {"euler": "euler", "rk2": "rk2", "rk4": "rk4", "rk45": "adaptive"}
_TIMES = {"start": "INITIAL TIME", "stop": "FINAL TIME", "dt": "TIME STEP"}
_REDUCING = frozenset({"sum", "prod", "vmin_xmile", "vmax_xmile"})
_PLAIN = re.compile(r"\s*(?:\".*\"|[\w$']+(?:[ \t]+[\w$']+)*)\s*(?:\[[^\]]*\]\s*)?\Z", re.DOTALL)
_CONTROL_NAMES = frozenset(plain_name(name) for name in CONTROL.values())
_FAULTS = (EquationError, LiteralError, VisitationError, ParseError, ValueError, KeyError, TypeError, IndexError)


class _Reading:
    """Stands before PySD's element classes: equations, tables and limits are read by us, everything else by them."""

    node: etree._Element
    ns: Mapping[str, str]
    name: str
    subscripts: Mapping[str, Sequence[str]]

    def _smile_parser(self, expression: str | None) -> object:
        text = prepared(expression or "", self.name, self.subscripts)
        if not text:
            raise EquationError("no equation")
        return parse_nested(text, _visit)[0]

    def _parse_lookup_xml_node(self, node: etree._Element) -> ae.LookupsStructure:
        return table_of(node)

    def _get_limits(self) -> tuple[float | None, float | None]:
        found = self.node.xpath("ns:range", namespaces=self.ns)
        return (_bound(found[0], "min"), _bound(found[0], "max")) if found else (None, None)

    def get_limits(self) -> tuple[float | None, float | None]:
        return (None, None)


class _Aux(_Reading, xmile_element.Aux):
    def _parse_component(self, node: etree._Element, behaviors: Mapping[str, bool]) -> list[object]:
        """Parse an element's own equation and table, or those of the whole variable where it has none."""
        found: list[object] = []
        for equation in _own(node, "eqn", self) or _own(self.node, "eqn", self):
            tree = self._smile_parser(equation.text)
            table = _own(node, "gf", self) or _own(self.node, "gf", self)
            found.append(ae.InlineLookupsStructure(tree, table_of(table[0])) if table else tree)
        return found


class _Flow(_Aux, xmile_element.Flow):
    def _parse_component(self, node: etree._Element, behaviors: Mapping[str, bool]) -> list[object]:
        found = super()._parse_component(node, behaviors)
        if self._get_non_negative(behaviors["non_negative_flow"]):
            return [ae.CallStructure(ae.ReferenceStructure("max", None), (tree, 0)) for tree in found]
        return found


class _Gf(_Reading, xmile_element.Gf):
    pass


class _Stock(_Reading, xmile_element.Stock):
    pass


def _own(node: etree._Element, tag: str, reading: _Reading) -> list[etree._Element]:
    return list(node.xpath(f"ns:{tag}", namespaces=dict(reading.ns)))


_READERS: Mapping[str, Any] = {"aux": _Aux, "flow": _Flow, "gf": _Gf, "stock": _Stock}


@dataclass(frozen=True)
class _File:
    """An XML tree with what every variable needs to know of it."""

    root: etree._Element
    ns: Mapping[str, str]
    dimensions: Mapping[str, list[str]]
    behaviors: Mapping[str, bool]
    arrays: Mapping[str, tuple[str, ...]]
    tables: Mapping[str, etree._Element]

    def all(self, path: str) -> list[etree._Element]:
        return list(self.root.xpath(path, namespaces=dict(self.ns)))


def translate_xmile(source: Source) -> Translation:
    """Parse the text of an XMILE file, every variable by itself.

    Raises
    ------
    InputError
        When the XML is malformed, declares a document type, or is not XMILE.
    """
    file = _open(source)
    problems = list(_lost(file))
    ranges = tuple(_ranges(file, problems))
    equations: list[Equation] = []
    for node in file.all("ns:model/ns:variables/ns:*"):
        if isinstance(node.tag, str) and etree.QName(node).localname in _READERS:
            equations += _variable(node, file, problems)
    reading = MacroReading(file.ns, lambda node: _variable(node, file, problems), _visit, _said, _FAULTS)
    equations = reading.written_out(equations, file.all("ns:macro"), ranges, problems)
    integration, notes = _settings(file, equations, problems)
    notes += _imports(file)
    if not equations and not problems:
        problems.append(Problem("no variables in this file"))
    return Translation(
        path=source.path, digest=source.digest, equations=tuple(equations), ranges=ranges, integration=integration,
        warnings=tuple(notes), problems=tuple(problems),
        broken=frozenset(problem.variable for problem in problems if problem.variable)
        | (frozenset() if file.all("ns:sim_specs") else frozenset(CONTROL.values())),
    )  # fmt: skip


def _imports(file: _File) -> Iterator[Problem]:
    """Say of which imports the values stand as the file has them: a program that saves a model writes them into it."""
    for node in file.all("ns:data/ns:import"):
        source = clipped(str(node.get("resource") or "another file"), 60)
        yield Problem(
            f"the import from `{source}` is not made anew; the values in the model stand", line=node.sourceline
        )


def _open(source: Source) -> _File:
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, dtd_validation=False, huge_tree=False, recover=True
    )
    try:
        root = etree.fromstring(source.text.encode("latin-1"), parser)
    except etree.XMLSyntaxError as error:  # nothing at all could be made of it
        raise InputError(Problem("malformed XML", file=source.path, line=error.lineno)) from error
    # converters leave vendor prefixes undeclared, which loses nothing; any other fault would be mended by guessing
    faults = [entry for entry in parser.error_log if entry.domain != etree.ErrorDomains.NAMESPACE]
    if faults or root is None:
        told = [Problem(f"malformed XML: {one.message.strip()}", file=source.path, line=one.line) for one in faults[:1]]
        raise InputError(*told or [Problem("malformed XML", file=source.path)])
    doctype = root.getroottree().docinfo
    if doctype.internalDTD is not None or doctype.externalDTD is not None:
        raise InputError(
            Problem("a document type declaration; entities are refused, so that no other file is opened",
                    file=source.path, line=2)
        )  # fmt: skip
    for link in root.iter("{*}inflow", "{*}outflow"):  # some writers leave the quotes off a flow's odd name
        if link.text and not _PLAIN.match(link.text):
            link.text = f'"{" ".join(link.text.split())}"'
    name = etree.QName(root)
    if name.localname != "xmile" or not name.namespace:
        raise InputError(Problem("this XML is not XMILE", file=source.path, line=root.sourceline))
    ns = {"ns": name.namespace}
    dimensions = {
        folded_name(node): [*_element_names(node, ns)] for node in root.xpath("ns:dimensions/ns:dim", namespaces=ns)
    }
    arrays = {
        plain_name(folded_name(node)): tuple(dim.get("name", "") for dim in dims)
        for node in root.xpath("ns:model/ns:variables/*[ns:dimensions]", namespaces=ns)
        if (dims := node.xpath("ns:dimensions/ns:dim", namespaces=ns))
    }
    tables = {
        plain_name(folded_name(node)): node.xpath("ns:gf", namespaces=ns)[0]
        for node in root.xpath("ns:model/ns:variables/*[ns:gf]", namespaces=ns)
    }
    return _File(root, ns, dimensions, _behaviors(root, ns), arrays, tables)


def folded_name(node: etree._Element) -> str:
    """Return the name of an XML element; XMILE writes a line end in a name as a backslash and an n."""
    return " ".join(str(node.get("name", "")).replace("\\n", " ").split())


def _element_names(node: etree._Element, ns: Mapping[str, str]) -> Iterator[str]:
    elements = node.xpath("ns:elem", namespaces=dict(ns))
    if elements:
        yield from (folded_name(element) for element in elements)
    else:
        size = str(node.get("size", ""))
        yield from (str(place) for place in range(1, int(size) + 1 if size.isdecimal() and len(size) < 6 else 1))


def _behaviors(root: etree._Element, ns: Mapping[str, str]) -> dict[str, bool]:
    found = {}
    for kind in ("stock", "flow"):
        paths = f"ns:behavior/ns:non_negative | ns:behavior/ns:{kind}/ns:non_negative"
        found[f"non_negative_{kind}"] = bool(root.xpath(paths, namespaces=dict(ns)))
    return found


def _lost(file: _File) -> Iterator[Problem]:
    """Name everything that PySD would pass over in silence."""
    for node in file.all("ns:model/ns:variables/*"):
        if not isinstance(node.tag, str):
            continue
        kind, name = etree.QName(node).localname, folded_name(node)
        if kind == "module":
            yield Problem("modules are not supported", line=node.sourceline, variable=name or None)
        elif kind not in _READERS and kind not in _PASSED_OVER:
            yield Problem(f"`<{kind}>` is not supported", line=node.sourceline, variable=name or None)
        for inner in node.iter():
            fault = _LOST.get(etree.QName(inner).localname) if isinstance(inner.tag, str) else None
            if fault and inner is not node:
                yield Problem(fault, line=inner.sourceline, variable=name or None)
    for node in file.all("ns:model")[1:]:
        yield Problem("models inside the model (modules) are not supported", line=node.sourceline,
                      variable=folded_name(node) or None)  # fmt: skip


def _ranges(file: _File, problems: list[Problem]) -> Iterator[Range]:
    for node in file.all("ns:dimensions/ns:dim"):
        name = folded_name(node)
        if not file.dimensions[name]:
            problems.append(Problem("this dimension has no elements", line=node.sourceline, variable=name))
        yield Range(am.AbstractSubscriptRange(name, list(file.dimensions[name]), []), node.sourceline or 0)


def _variable(node: etree._Element, file: _File, problems: list[Problem]) -> list[Equation]:
    kind, name = etree.QName(node).localname, folded_name(node)
    if not name or len(name) > LONGEST_NAME:
        fault = f"a name of {len(name):,} characters; the limit is {LONGEST_NAME:,}" if name else "no name"
        problems.append(Problem(fault, line=node.sourceline, variable=clipped(name) or None))
        return []
    if plain_name(name) in _CONTROL_NAMES:
        return []
    try:
        written = node.xpath("descendant::ns:eqn", namespaces=dict(file.ns))
        if kind != "gf" and not (written and all(str(one.text or "").strip() for one in written)):
            raise EquationError("no equation")
        element = _READERS[kind](node, dict(file.ns), dict(file.dimensions))
        element.parse(dict(file.behaviors))
    except _FAULTS as error:
        problems.append(Problem(_said(error), line=_line(node, file), variable=name))
        return []
    equations = []
    for (subscripts, excepted), tree in element.components:
        left = [part.strip() for part in subscripts]
        filled = _implied(
            _looked_up(tree, file.tables), _left_ranges(left, file.arrays.get(plain_name(name), ())), file.arrays
        )
        component = (am.AbstractLookup if kind == "gf" else am.AbstractComponent)((left, excepted), filled)
        unit, doc = (" ".join(str(text).split()) for text in (element.units, element.documentation))
        line = node.sourceline or 0
        limits = tuple(element.limits) if kind != "gf" else (None, None)
        equations.append(Equation(name, component, _written(node, file), unit, limits, doc, line, flow=kind == "flow"))
    return equations[:1] + [_without_words(one) for one in equations[1:]]


def _without_words(one: Equation) -> Equation:
    """The text, unit and documentation stand with the first equation of a variable only."""
    return Equation(one.name, one.component, "", "", (None, None), "", one.line, flow=one.flow)


def _left_ranges(left: Sequence[str], dimensions: Sequence[str]) -> dict[str, str]:
    """Say which subscript of a left-hand side stands in each dimension of its variable."""
    if len(left) != len(dimensions):
        return {plain_name(one): one for one in left}
    return {plain_name(dimension): one for dimension, one in zip(dimensions, left, strict=True)}


def _looked_up(tree: Any, tables: Mapping[str, etree._Element]) -> Any:
    """Read the table of a variable that has one beside its equation, where an equation calls it: ``LOOKUP(x, 3)``."""
    if isinstance(tree, (list, tuple)):
        return type(tree)(_looked_up(item, tables) for item in tree)
    if not is_dataclass(tree) or isinstance(tree, (type, ae.LookupsStructure, ae.ReferenceStructure)):
        return tree
    if isinstance(tree, ae.CallStructure) and len(tree.arguments) == 1:
        table = tables.get(plain_name(tree.function.reference))
        if table is not None:
            return ae.InlineLookupsStructure(_looked_up(tree.arguments[0], tables), table_of(table))
    for field in fields(tree):
        setattr(tree, field.name, _looked_up(getattr(tree, field.name), tables))
    return tree


def _implied(tree: Any, left: Mapping[str, str], arrays: Mapping[str, tuple[str, ...]], reduced: bool = False) -> Any:
    """Write out the subscripts that XMILE leaves unsaid: of a stock's flows, and of arrays in an array's equation."""
    if isinstance(tree, ae.ReferenceStructure):
        dimensions = arrays.get(plain_name(tree.reference), ())
        if tree.subscripts is None and dimensions and reduced:
            return ae.ReferenceStructure(
                tree.reference, ae.SubscriptsReferenceStructure([f"{dimension}!" for dimension in dimensions])
            )
        if tree.subscripts is None and dimensions and all(plain_name(d) in left for d in dimensions):
            wanted = [left[plain_name(dimension)] for dimension in dimensions]
            return ae.ReferenceStructure(tree.reference, ae.SubscriptsReferenceStructure(wanted))
        return tree
    if isinstance(tree, (list, tuple)):
        return type(tree)(_implied(item, left, arrays, reduced) for item in tree)
    if is_dataclass(tree) and not isinstance(tree, (type, ae.LookupsStructure, ae.SubscriptsReferenceStructure)):
        called = tree.function.reference if isinstance(tree, ae.CallStructure) else ""
        for field in fields(tree):
            if field.name != "function":
                inner = _implied(getattr(tree, field.name), left, arrays, reduced or called in _REDUCING)
                setattr(tree, field.name, inner)
    return tree


def _settings(file: _File, equations: list[Equation], problems: list[Problem]) -> tuple[str, list[Problem]]:
    """Read ``<sim_specs>``: the time settings become equations, the method is returned, with what is odd about it."""
    specs = file.all("ns:sim_specs")
    if not specs:
        problems.append(Problem("no `<sim_specs>`: the file does not say when it runs", line=file.root.sourceline))
        return "euler", []
    node = specs[0]
    unit = " ".join(str(node.get("time_units", "")).split())
    for tag, name in _TIMES.items():
        found = node.xpath(f"ns:{tag}", namespaces=dict(file.ns))
        if not found:
            problems.append(Problem(f"no `<{tag}>` in `<sim_specs>`", line=node.sourceline, variable=name))
            continue
        try:
            equations.append(_setting(name, found[0], unit))
        except _FAULTS as error:
            problems.append(Problem(_said(error), line=found[0].sourceline, variable=name))
    equations.append(_save_period(node, unit, file))
    asked = [word.strip().lower() for word in str(node.get("method", "euler")).split(",")]
    method = next((_METHODS[word] for word in asked if word in _METHODS), "adaptive")
    if asked[0] in _METHODS:
        return method, []
    used = "an adaptive step" if method == "adaptive" else method.upper()
    return method, [Problem(f"the integration method `{clipped(asked[0], 20)}` is not known here; {used} is used",
                            line=node.sourceline)]  # fmt: skip


def _setting(name: str, node: etree._Element, unit: str) -> Equation:
    text = " ".join(str(node.text or "").split())
    value = read_number(text)
    if name == "TIME STEP" and str(node.get("reciprocal", "")).lower() == "true":
        if value == 0:
            raise EquationError("TIME STEP is 1/0: the reciprocal of the time step must be greater than 0")
        value, text = 1 / value, f"1/{text}"
    return _control(name, value, text, unit, node.sourceline or 0)


def _save_period(node: etree._Element, unit: str, file: _File) -> Equation:
    """Stella writes its save interval as an attribute of its own, others as a variable; else every step is saved."""
    local = {str(key).rpartition("}")[2].rpartition(":")[2]: str(text) for key, text in node.attrib.items()}
    given = [local["save_interval"]] if "save_interval" in local else []
    for one in file.all("ns:model/ns:variables/ns:aux[ns:eqn]"):
        if plain_name(folded_name(one)) == "saveper":
            given += [str(eqn.text or "").strip() for eqn in one.xpath("ns:eqn", namespaces=dict(file.ns))]
    for text in given:
        try:
            return _control("SAVEPER", read_number(text), text, unit, node.sourceline or 0)
        except LiteralError:
            continue
    step = ae.ReferenceStructure("time_step", None)
    return _control("SAVEPER", step, "TIME STEP", unit, node.sourceline or 0)


def _control(name: str, tree: object, text: str, unit: str, line: int) -> Equation:
    return Equation(name, am.AbstractComponent(([], []), tree), f"{name} = {text}", unit, (None, None), "", line)


def _visit(expression: str) -> tuple[object, list[str]]:
    visitor = XmileVisitor(Grammar.get("equations", parsing_ops).parse(expression))
    return visitor.translation, visitor.notes


def _bound(node: etree._Element, end: str) -> float | None:
    try:
        return read_number(str(node.get(end, "")))
    except LiteralError:
        return None


def _written(node: etree._Element, file: _File) -> str:
    """Return the equations of a variable as the file has them, the flows of a stock included."""
    parts = node.xpath("descendant::ns:eqn | ns:inflow | ns:outflow", namespaces=dict(file.ns))
    lines = []
    for part in parts:
        tag, text = etree.QName(part).localname, str(part.text or "").strip()
        lines.append(text if tag == "eqn" else f"{tag}: {text}")
    return "\n".join(lines)


def _line(node: etree._Element, file: _File) -> int:
    equation = node.xpath("ns:eqn", namespaces=dict(file.ns))
    return int((equation[0] if equation else node).sourceline or 0)


def _said(error: Exception) -> str:
    if isinstance(error, (EquationError, LiteralError)):
        return str(error)
    if isinstance(error, (ParseError, IncompleteParseError)):
        return f"syntax error at `{clipped(str(error.text)[error.pos :], 40) or 'the end'}`"
    return "syntax error: this equation cannot be read"
