"""What must hold of a model before anything is run: subscripts that fit, and no circle without a stock in it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from policy_lab.errors import Problem
from policy_lab.model import expression as ex
from policy_lab.model.links import component_links
from policy_lab.model.matching import counterparts
from policy_lab.model.missing import missing_reads
from policy_lab.model.types import Component, Kind, Model, Variable, plain_name
from policy_lab.model.walk import children, needed_first, needed_now

_REDUCING = frozenset(
    {"sum", "prod", "vmin", "vmax", "elmcount", "vector_select", "vector_rank", "vector_sort_order", "vmin_xmile",
     "vmax_xmile", "vector_reorder", "invert_matrix"}
)  # fmt: skip


def check_model(model: Model, broken: frozenset[str] = frozenset()) -> list[Problem]:
    """Return what is wrong with the equations of a model; ``broken`` are plain names that are reported elsewhere."""
    problems = [
        problem
        for variable in model.variables.values()
        for component in variable.components
        for problem in _subscript_problems(model, variable, component, broken)
    ]
    if problems or broken:
        return problems
    return [*missing_reads(model)] or circular_now(model) or circular_first(model)


def _subscript_problems(
    model: Model, variable: Variable, component: Component, broken: frozenset[str]
) -> Iterator[Problem]:
    free = {one for one in component.subscripts if one in model.subscripts}
    queue: list[tuple[ex.Expression, bool, bool]] = [(component.expression, False, False)]
    while queue:
        node, reduced, counting = queue.pop()
        inside = reduced or (isinstance(node, ex.Call) and node.function in _REDUCING)
        counted = isinstance(node, ex.Call) and node.function == "elmcount"
        queue += [(inner, inside, counted) for inner in reversed(children(node))]
        fault = None
        if isinstance(node, ex.Reference) and node.name in model.variables:
            if plain_name(node.name) not in broken:
                fault = _reference_fault(model, variable.name, model.variables[node.name], node, free, reduced)
        elif isinstance(node, ex.Reference) and not counting and not _stands_for(model, node.name, free):
            fault = f"the range `{node.name}` stands for a number here, but is not on the left-hand side"
        if fault:
            yield Problem(fault, line=component.line, variable=variable.name)


def _reference_fault(
    model: Model, user: str, used: Variable, node: ex.Reference, free: set[str], reduced: bool
) -> str | None:
    wanted, given = len(used.dimensions), len(node.subscripts)
    if wanted and not given:
        return f"`{used.name}` needs a subscript here: {_pattern(used)}"
    if wanted != given:
        plural = "" if wanted == 1 else "s"
        return f"`{used.name}` has {wanted} subscript{plural}, {given} used"
    for subscript, dimension in zip(node.subscripts, used.dimensions, strict=True):
        bare = subscript.removesuffix("!")
        members = model.subscripts.get(bare, (bare,))
        outside = [one for one in members if one not in model.subscripts[dimension]]
        if subscript.endswith("!"):
            if not reduced:
                return f"`{used.name}[…{subscript}…]` is used outside SUM, VMIN, VMAX or PROD"
            fits = not outside
        elif bare in model.subscripts:
            if not _stands_for(model, bare, free):
                return f"`{used.name}` varies over `{bare}`, but `{user}` does not"
            fits = not outside
        else:
            fits = not outside
        if not fits:
            return f"`{outside[0]}` is not an element of `{dimension}`, over which `{used.name}` varies"
    return None


def _stands_for(model: Model, subscript: str, free: set[str]) -> bool:
    """Tell whether a range in an equation is one of its left-hand side, or corresponds to one."""
    if subscript not in model.subscripts or subscript in free:
        return True
    return counterparts(model, subscript, [(name, model.subscripts[name]) for name in free]) is not None


def _pattern(used: Variable) -> str:
    return f"`{used.name}[{','.join(used.dimensions)}]`"


def circular_now(model: Model) -> list[Problem]:
    """Report a circle of variables that need each other at the same moment."""
    circle = _circle(model, needed_now)
    if not circle:
        return []
    first = model.variables[_variable_of(circle[0])]
    if len(circle) == 1:
        return [Problem(f"{circle[0]} depends on itself", line=first.line, variable=first.name,
                        remedy="A stock or a delay has to stand between a variable and itself.")]  # fmt: skip
    return [Problem(f"circular: {_shown(circle)}", line=first.line, variable=first.name,
                    why="each needs the other at the same moment",
                    remedy="A stock or a delay has to stand somewhere in the circle.")]  # fmt: skip


def circular_first(model: Model) -> list[Problem]:
    """Report a circle of variables that need each other's value to start."""
    circle = _circle(model, needed_first)
    if not circle:
        return []
    first = model.variables[_variable_of(circle[0])]
    return [Problem(f"circular initial values: {_shown(circle)}", line=first.line, variable=first.name,
                    remedy="One of them needs an initial value of its own.")]  # fmt: skip


def _shown(circle: list[str]) -> str:
    shown = [*circle, circle[0]]
    return " → ".join(shown if len(shown) <= 12 else [*shown[:6], f"… {len(shown) - 11} more …", *shown[-5:]])


def _variable_of(element: str) -> str:
    return element.rsplit("[", 1)[0] if element.endswith("]") else element


def _circle(model: Model, needed: Callable[[ex.Expression], tuple[ex.Expression, ...]]) -> list[str]:
    """Return a circle of element names, in the direction of cause, or nothing."""
    needs: dict[str, list[str]] = {}
    for variable in model.variables.values():
        if variable.kind not in (Kind.CONSTANT, Kind.LOOKUP, Kind.DATA):
            for cause, effect in component_links(model, variable, needed):
                needs.setdefault(effect, []).append(cause)
    found = first_circle(needs)
    return found[:1] + found[:0:-1]


def first_circle(needs: Mapping[str, list[str]]) -> list[str]:
    """Return the nodes of one circle of a graph, each needing the next, or an empty list; iterative, depth first."""
    done: set[str] = set()
    for root in needs:
        if root in done:
            continue
        path: dict[str, Iterator[str]] = {root: iter(needs[root])}
        while path:
            node = next(reversed(path))
            following = next(path[node], None)
            if following is None:
                done.add(node)
                del path[node]
            elif following in path:
                names = list(path)
                return names[names.index(following) :]
            elif following not in done and following in needs:
                path[following] = iter(needs[following])
    return []
