"""Expressions without memory, lowered to the IR, or refused: never approximated."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

from policy_lab.engine import ir
from policy_lab.engine.functions import ARRAY_CALLS, CALLS, RANDOM_CALLS, REDUCTIONS
from policy_lab.engine.subscripts import (
    Loop,
    Scope,
    component_boxes,
    read_index,
    scope_of,
    subscript_number,
)
from policy_lab.errors import nearest_names
from policy_lab.model import expression as ex
from policy_lab.model.types import Kind, Model, Variable, plain_name

_OPERATORS = {"+": "add", "-": "sub", "*": "mul", "/": "div", "^": "pow"}
_COMPARISONS = {"=": "eq", "<>": "ne", "<": "lt", "<=": "le", ">": "gt", ">=": "ge"}


class LoweringError(ValueError):
    """An equation that the engine cannot compute; the message is for the user."""

    def __init__(self, what: str, remedy: str = "", nearest: tuple[str, ...] = ()) -> None:
        super().__init__(what)
        self.remedy = remedy
        self.nearest = nearest


@dataclass
class Draft:
    """What is collected while equations are read; it never leaves the lowering."""

    symbols: dict[str, ir.Symbol] = field(default_factory=dict)
    tables: dict[str, tuple[ir.Table | None, ...]] = field(default_factory=dict)
    table_shapes: dict[str, tuple[int, ...]] = field(default_factory=dict)
    literals: dict[str, tuple[float, ...]] = field(default_factory=dict)
    states: list[ir.State] = field(default_factory=list)
    running: list[ir.Statement] = field(default_factory=list)  # auxiliaries and rates
    starting: list[ir.Statement] = field(default_factory=list)  # first values of states and held values
    structural: set[str] = field(default_factory=set)  # constants that fix the number of stages of a delay

    def add(self, symbol: ir.Symbol) -> ir.Symbol:
        """Add a symbol, under a name that is still free."""
        name, count = symbol.name, 2
        while name in self.symbols:
            name, count = f"{symbol.name} {count}", count + 1
        symbol = replace(symbol, name=name)
        self.symbols[name] = symbol
        return symbol


@dataclass(frozen=True)
class Place:
    """Where an expression stands."""

    model: Model
    draft: Draft
    variable: Variable
    scope: Scope
    line: int
    stateful: Callable[[ex.Expression, Place], ir.Node]
    held: ir.Node | None = None  # inside SAMPLE IF TRUE: what it holds

    def shape(self) -> tuple[int, ...]:
        """Return the sizes of the loops over the left-hand side."""
        return tuple(axis.size for axis in self.scope.axes())

    def here(self) -> ir.Index:
        """Return the index of a symbol that has exactly the loops of the left-hand side."""
        return tuple(ir.Along(axis.name, tuple(range(axis.size))) for axis in self.scope.axes())

    def statement(self, target: str, index: ir.Index, value: ir.Node) -> ir.Statement:
        """Return a statement over the loops of the left-hand side."""
        return ir.Statement(target, self.scope.axes(), index, value, self.line)

    def hidden(self, what: str, role: ir.Role, *, scalar: bool = False) -> ir.Symbol:
        """Add a symbol that belongs to the inside of this equation."""
        axes = () if scalar else self.scope.axes()
        shape, names = tuple(axis.size for axis in axes), tuple(axis.name for axis in axes)
        name = f"{self.variable.name} · {what}"
        return self.draft.add(ir.Symbol(name, shape, role, self.variable.name, self.line, names))


def places(
    model: Model, draft: Draft, variable: Variable, stateful: Callable[[ex.Expression, Place], ir.Node]
) -> Iterator[tuple[Place, ex.Expression]]:
    """Yield each rectangular part of a variable with its expression."""
    for component in variable.components:
        for box in component_boxes(model, component):
            scope = scope_of(model, component, box)
            yield Place(model, draft, variable, scope, component.line or variable.line, stateful), component.expression


def lower_expression(expression: ex.Expression, place: Place) -> ir.Node:
    """Return the IR of an expression that stands at ``place``.

    Raises
    ------
    LoweringError, SubscriptError
        When the engine cannot compute it exactly.
    """
    match expression:
        case ex.Held() if place.held is not None:
            return place.held
        case ex.Number(value=value):
            return ir.Number(float(value))
        case ex.Negative(argument=argument):
            return ir.Apply("neg", (lower_expression(argument, place),))
        case ex.Arithmetic(operator=operator, first=first, second=second):
            return ir.Apply(_OPERATORS[operator], (lower_expression(first, place), lower_expression(second, place)))
        case ex.Compare(operator=operator, first=first, second=second):
            return ir.Apply(_COMPARISONS[operator], (lower_expression(first, place), lower_expression(second, place)))
        case ex.Logic(operator=operator, arguments=arguments):
            return _logic(operator, [lower_expression(argument, place) for argument in arguments])
        case ex.Reference(name=name, subscripts=subscripts):
            return _reference(name, subscripts, place)
        case ex.Array(values=values):
            return _literal(values, place)
        case ex.Call(function=function, arguments=arguments):
            return _call(function, arguments, place)
        case ex.LookupCall(table=table, argument=argument):
            return _lookup_call(table, argument, place)
        case ex.Lookup():
            raise LoweringError("a lookup can only be read at a value: `table(x)`")
        case _:
            return place.stateful(expression, place)


def _logic(operator: str, arguments: list[ir.Node]) -> ir.Node:
    if operator == "not":
        return ir.Apply("not", (arguments[0],))
    if len(arguments) == 1:
        return arguments[0]
    half = (len(arguments) + 1) // 2  # as deep as the logarithm of their number
    return ir.Apply(operator, (_logic(operator, arguments[:half]), _logic(operator, arguments[half:])))


def _reference(name: str, subscripts: tuple[str, ...], place: Place) -> ir.Node:
    clock = ir.CLOCKS.get(plain_name(name))
    if clock is not None:
        return ir.Clock(clock)
    variable = find_variable(place.model, name)
    if variable is None:
        return _subscript_value(name, place)
    if variable.kind is Kind.LOOKUP:
        raise LoweringError(f"the lookup `{variable.name}` is named without a value to read it at")
    return ir.Read(variable.name, read_index(place.model, variable, subscripts, place.scope))


def find_variable(model: Model, name: str) -> Variable | None:
    """Return a variable by name, or nothing when the name stands for something else (a subscript)."""
    if name in model.variables:
        return model.variables[name]
    wanted = plain_name(name)
    return next((variable for key, variable in model.variables.items() if plain_name(key) == wanted), None)


def _subscript_value(name: str, place: Place) -> ir.Node:
    """Return the number of a subscript: Vensim lets a range or an element stand for its position."""
    wanted = plain_name(name)
    names = {plain_name(n): n for elements in place.model.subscripts.values() for n in elements}
    names |= {plain_name(n): n for n in place.model.subscripts}
    numbers = subscript_number(place.model, names[wanted]) if wanted in names else None
    if numbers is None:
        raise LoweringError(f"no variable `{name}`", nearest=nearest_names(name, place.model.variables))
    spelled = names[wanted]
    if spelled not in place.model.subscripts:
        return ir.Number(float(numbers[spelled]))
    loop = place.scope.loops.get(spelled)
    if loop is None:
        raise LoweringError(f"the range `{spelled}` stands for a number, but is not on the left-hand side")
    values = tuple(float(numbers[element]) for element in loop.elements)
    return constant_symbol(values, (len(values),), (ir.Along(spelled, tuple(range(len(values)))),), place)


def _literal(values: tuple[float, ...], place: Place) -> ir.Node:
    """Place the numbers of `x[A] = 1, 2, 3` in the cells of its ranges, excepted ones included."""
    sizes, index = [], []
    for subscript in place.scope.written:
        if subscript in place.scope.loops:
            whole = place.model.subscripts[subscript]
            sizes.append(len(whole))
            chosen = tuple(whole.index(element) for element in place.scope.loops[subscript].elements)
            index.append(ir.Along(subscript, chosen))
    count = 1
    for size in sizes:
        count *= size
    if count != len(values):
        raise LoweringError(f"{len(values)} numbers for {count} elements")
    return constant_symbol(tuple(values), tuple(sizes), tuple(index), place)


def constant_symbol(values: tuple[float, ...], shape: tuple[int, ...], index: ir.Index, place: Place) -> ir.Read:
    """Return a read of numbers that are written into the program."""
    name = f"{place.variable.name} · numbers"
    symbol = place.draft.add(ir.Symbol(name, shape, ir.Role.LITERAL, place.variable.name, place.line))
    place.draft.literals[symbol.name] = tuple(float(value) for value in values)
    return ir.Read(symbol.name, index)


def _call(function: str, arguments: tuple[ex.Expression, ...], place: Place) -> ir.Node:
    name = function.casefold()
    shown = function.replace("_", " ").upper()
    if name in REDUCTIONS:
        return _reduction(REDUCTIONS[name], shown, arguments, place)
    if name in ARRAY_CALLS:
        from policy_lab.engine.array_calls import lower_array_call  # it lowers arguments by this module

        return lower_array_call(name, arguments, place)
    if name in RANDOM_CALLS:
        from policy_lab.engine.random_calls import lower_random_call

        return lower_random_call(name, arguments, place)
    if name == "elmcount":
        return _element_count(arguments, place)
    if name not in CALLS:
        every = (*CALLS, *REDUCTIONS, *ARRAY_CALLS, *RANDOM_CALLS)
        close = nearest_names(shown, [known.replace("_", " ").upper() for known in every])
        raise LoweringError(f"the function {shown} is not supported by the compiled engine", nearest=close)
    count, build = CALLS[name]
    if len(arguments) != count:
        raise LoweringError(f"{shown} takes {count} argument{'' if count == 1 else 's'}, {len(arguments)} given")
    return build(*(lower_expression(argument, place) for argument in arguments))


def _element_count(arguments: tuple[ex.Expression, ...], place: Place) -> ir.Node:
    if len(arguments) == 1 and isinstance(arguments[0], ex.Reference):
        wanted = plain_name(arguments[0].name)
        for name, elements in place.model.subscripts.items():
            if plain_name(name) == wanted:
                return ir.Number(float(len(elements)))
    raise LoweringError("ELMCOUNT takes the name of one subscript range")


def _reduction(fold: str, shown: str, arguments: tuple[ex.Expression, ...], place: Place) -> ir.Node:
    if len(arguments) != 1:
        raise LoweringError(f"{shown} takes 1 argument, {len(arguments)} given")
    inner, axes = reduced_place(arguments, shown, place)
    return ir.Fold(fold, axes, lower_expression(arguments[0], inner))


def reduced_place(arguments: tuple[ex.Expression, ...], shown: str, place: Place) -> tuple[Place, tuple[ir.Axis, ...]]:
    """Return the place inside a reduction over the subscripts of ``arguments`` marked with `!`, and its loops."""
    marked = sorted(_marked(arguments))
    if not marked:
        raise LoweringError(f"{shown} needs a subscript marked with `!` to run over")
    loops: dict[str, Loop] = {}
    for subscript in marked:
        elements = place.model.subscripts.get(subscript[:-1])
        if elements is None:
            raise LoweringError(f"no subscript range `{subscript[:-1]}`")
        unique = f"{subscript}{place.scope.depth or ''}"
        loops[subscript] = Loop(ir.Axis(unique, len(elements)), tuple(elements))
    return replace(place, scope=place.scope.inside(loops)), tuple(loop.axis for loop in loops.values())


def _marked(expression: object) -> frozenset[str]:
    """Return the `!` subscripts that a reduction over ``expression`` runs over: those of inner ones are taken."""
    if isinstance(expression, ex.Call) and expression.function.casefold() in (*REDUCTIONS, "vector_select"):
        return frozenset()
    if isinstance(expression, ex.Reference):
        return frozenset(subscript for subscript in expression.subscripts if subscript.endswith("!"))
    if isinstance(expression, tuple):
        return frozenset().union(*map(_marked, expression))
    parts = vars(expression).values() if hasattr(expression, "__dataclass_fields__") else ()
    return frozenset().union(*map(_marked, parts))


def _lookup_call(table: ex.Reference | ex.Lookup, argument: ex.Expression, place: Place) -> ir.Node:
    at = lower_expression(argument, place)
    if isinstance(table, ex.Lookup):
        name = free_table_name(place)
        place.draft.tables[name] = (lower_table(table, written_in_place=True),)
        place.draft.table_shapes[name] = ()
        return ir.Interpolate(name, (), at)
    variable = find_variable(place.model, table.name)
    if variable is None or variable.kind is not Kind.LOOKUP:
        raise LoweringError(f"`{table.name}` is not a lookup", nearest=nearest_names(table.name, place.model.variables))
    return ir.Interpolate(variable.name, read_index(place.model, variable, table.subscripts, place.scope), at)


def free_table_name(place: Place) -> str:
    """Return a name for one more table that is written within an equation."""
    count = sum(name.startswith(f"{place.variable.name} · table") for name in place.draft.tables)
    return f"{place.variable.name} · table{f' {count + 1}' if count else ''}"


def lower_table(lookup: ex.Lookup, *, written_in_place: bool = False) -> ir.Table:
    """Return a table with rising x; equal x is refused, as PySD refuses it."""
    if not lookup.x or len(lookup.x) != len(lookup.y):
        raise LoweringError("a lookup without points" if not lookup.x else "a lookup with unequal numbers of x and y")
    points = sorted(zip(lookup.x, lookup.y, strict=True))
    if written_in_place and [x for x, _ in points] != list(lookup.x):
        raise LoweringError("the x values of a lookup written in place must rise")
    x = tuple(float(value) for value, _ in points)
    if len(set(x)) != len(x):
        raise LoweringError("a lookup with two points at the same x")
    return ir.Table(x, tuple(float(value) for _, value in points), lookup.kind)
