"""Random functions where they stand in an equation.

Each call in each element of each variable has a stream of its own, named by them, so that adding a call changes no
other; its seed, and the constant ``NOISE SEED`` where the model has one, choose among such streams. A run whose inputs
are the same has the same numbers. A number holds for a time step: the stages of a Runge-Kutta step share it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

from policy_lab.engine import ir
from policy_lab.engine.expressions import LoweringError, Place, constant_symbol, find_variable, lower_expression
from policy_lab.engine.functions import RANDOM_CALLS
from policy_lab.engine.randomness import PRIME, stream_keys
from policy_lab.engine.subscripts import element_names
from policy_lab.engine.vectors import apply
from policy_lab.model import expression as ex
from policy_lab.model.types import Kind

NOISE_SEED = "NOISE SEED"
_FAR = 37.0  # beyond so many standard deviations a normal variable has no probability that a double can hold
# Hart's rational approximation, good to 15 digits (G. West, Better approximations to cumulative normal functions, 2005)
_ABOVE = (3.52624965998911e-02, 0.700383064443688, 6.37396220353165, 33.912866078383, 112.079291497871,
          221.213596169931, 220.206867912376)  # fmt: skip
_BELOW = (8.83883476483184e-02, 1.75566716318264, 16.064177579207, 86.7807322029461, 296.564248779674,
          637.333633378831, 793.826512519948, 440.413735824752)  # fmt: skip
# Wichura's algorithm AS 241 (Applied Statistics 37, 1988, doi:10.2307/2347330), good to 16 digits
_MIDDLE = (
    (2.5090809287301226727e3, 3.3430575583588128105e4, 6.7265770927008700853e4, 4.5921953931549871457e4,
     1.3731693765509461125e4, 1.9715909503065514427e3, 1.3314166789178437745e2, 3.3871328727963666080e0),
    (5.2264952788528545610e3, 2.8729085735721942674e4, 3.9307895800092710610e4, 2.1213794301586595867e4,
     5.3941960214247511077e3, 6.8718700749205790830e2, 4.2313330701600911252e1, 1.0),
)  # fmt: skip
_TAIL = (
    (7.74545014278341407640e-4, 2.27238449892691845833e-2, 2.41780725177450611770e-1, 1.27045825245236838258e0,
     3.64784832476320460504e0, 5.76949722146069140550e0, 4.63033784615654529590e0, 1.42343711074968357734e0),
    (1.05075007164441684324e-9, 5.47593808499534494600e-4, 1.51986665636164571966e-2, 1.48103976427480074590e-1,
     6.89767334985100004550e-1, 1.67638483018380384940e0, 2.05319162663775882187e0, 1.0),
)  # fmt: skip
_FAR_TAIL = (
    (2.01033439929228813265e-7, 2.71155556874348757815e-5, 1.24266094738807843860e-3, 2.65321895265761230930e-2,
     2.96560571828504891230e-1, 1.78482653991729133580e0, 5.46378491116411436990e0, 6.65790464350110377720e0),
    (2.04426310338993978564e-15, 1.42151175831644588870e-7, 1.84631831751005468180e-5, 7.86869131145613259100e-4,
     1.48753612908506148525e-2, 1.36929880922735805310e-1, 5.99832206555887937690e-1, 1.0),
)  # fmt: skip


def lower_random_call(function: str, arguments: tuple[ex.Expression, ...], place: Place) -> ir.Node:
    """Return the IR of a function of :data:`RANDOM_CALLS`.

    Raises
    ------
    LoweringError
        Inside a reduction, where its elements would share a stream.
    """
    shown = function.replace("_", " ").upper()
    if len(arguments) != RANDOM_CALLS[function]:
        raise LoweringError(f"{shown} takes {RANDOM_CALLS[function]} arguments, {len(arguments)} given")
    if place.scope.folded:
        raise LoweringError(f"{shown} stands inside a reduction", "Give it its own variable.")
    given = [_kept(lower_expression(one, place), f"{shown} {at}", place) for at, one in enumerate(arguments, start=1)]
    seed = given[-1] if given else ir.Number(0.0)
    uniform = _kept(_uniform(seed, place), "uniform", place)
    return _DISTRIBUTIONS[function](uniform, given, place)


def _kept(node: ir.Node, what: str, place: Place) -> ir.Node:
    """Give a value that is used more than once a symbol of its own."""
    if isinstance(node, ir.Number | ir.Read | ir.Clock):
        return node
    symbol = place.hidden(what, ir.Role.AUXILIARY)
    place.draft.running.append(place.statement(symbol.name, place.here(), node))
    return ir.Read(symbol.name, place.here())


def _uniform(seed: ir.Node, place: Place) -> ir.Node:
    before = sum(name.startswith(f"{place.variable.name} · stream") for name in place.draft.symbols)
    names = [f"{name} · {before}" for name in element_names(place.variable.name, place.scope.box.elements)]
    key: ir.Node = constant_symbol(stream_keys(names), place.shape(), place.here(), place)
    variable = find_variable(place.model, NOISE_SEED)
    whole: ir.Node = ir.Number(0.0)
    if variable is not None and variable.kind is Kind.CONSTANT and not variable.dimensions:
        whole = ir.Read(variable.name)
    for one in (seed, whole):
        mixed = apply("noise", key, apply("abs", apply("trunc", one)))
        key = apply("trunc", apply("mul", mixed, ir.Number(PRIME)))
    gone = apply("div", apply("sub", ir.Clock("step_start"), ir.Clock("initial_time")), ir.Clock("time_step"))
    step = apply("trunc", apply("add", gone, ir.Number(1e-3)))  # time is a sum, and may fall short of a whole step
    return apply("noise", _kept(key, "stream", place), step)


def _between(uniform: ir.Node, given: Sequence[ir.Node], place: Place) -> ir.Node:
    low, high = given[:2]
    return apply("add", low, apply("mul", apply("sub", high, low), uniform))


def _clamped(value: ir.Node, low: ir.Node, high: ir.Node) -> ir.Node:
    return apply("min", apply("max", value, low), high)


def _normal(uniform: ir.Node, given: Sequence[ir.Node], place: Place) -> ir.Node:
    """A normal variable within its limits, by the inverse of its distribution: none is drawn again."""
    low, high, mean, deviation = given[:4]
    ends = []
    for end, beyond in ((low, -math.inf), (high, math.inf)):
        standard = apply("xidz", apply("sub", end, mean), deviation, ir.Number(beyond))
        ends.append(_kept(_probability(standard, place), "probability", place))
    share = apply("add", ends[0], apply("mul", apply("sub", ends[1], ends[0]), uniform))
    standard = _quantile(_kept(share, "share", place), place)
    return _clamped(apply("add", mean, apply("mul", deviation, standard)), low, high)


def _exponential(uniform: ir.Node, given: Sequence[ir.Node], place: Place) -> ir.Node:
    """An exponential variable of a shift and a stretch, cut off at its limits, as PySD cuts it."""
    low, high, shift, stretch = given[:4]
    first = _kept(apply("max", low, shift), "first", place)
    room = apply("xidz", apply("sub", high, first), stretch, ir.Number(math.inf))
    lost = apply("sub", ir.Number(1.0), apply("exp", apply("neg", room)))
    rest = apply("ln", apply("sub", ir.Number(1.0), apply("mul", uniform, lost)))
    return _clamped(apply("sub", first, apply("mul", stretch, rest)), first, high)


def _polynomial(coefficients: Sequence[float], at: ir.Node) -> ir.Node:
    result: ir.Node = ir.Number(coefficients[0])
    for coefficient in coefficients[1:]:
        result = apply("add", apply("mul", result, at), ir.Number(coefficient))
    return result


def _ratio(pair: tuple[Sequence[float], Sequence[float]], at: ir.Node) -> ir.Node:
    return apply("div", _polynomial(pair[0], at), _polynomial(pair[1], at))


def _probability(standard: ir.Node, place: Place) -> ir.Node:
    """Return the probability that a standard normal variable is at most ``standard``."""
    at = _kept(_clamped(standard, ir.Number(-_FAR), ir.Number(_FAR)), "standard", place)
    size = _kept(apply("abs", at), "size", place)
    density = _kept(apply("exp", apply("mul", ir.Number(-0.5), apply("mul", at, at))), "density", place)
    fraction: ir.Node = apply("add", size, ir.Number(0.65))
    for part in (4.0, 3.0, 2.0, 1.0):
        fraction = apply("add", size, apply("div", ir.Number(part), fraction))
    far = apply("div", density, apply("mul", fraction, ir.Number(math.sqrt(2 * math.pi))))
    near = apply("mul", density, _ratio((_ABOVE, _BELOW), size))
    tail = _kept(apply("select", apply("lt", size, ir.Number(7.07106781186547)), near, far), "tail", place)
    return apply("select", apply("gt", at, ir.Number(0.0)), apply("sub", ir.Number(1.0), tail), tail)


def _quantile(share: ir.Node, place: Place) -> ir.Node:
    """Return the value that a standard normal variable is below with the probability ``share``."""
    middle = _kept(apply("sub", share, ir.Number(0.5)), "middle", place)
    inside = _kept(apply("sub", ir.Number(0.180625), apply("mul", middle, middle)), "inside", place)
    central = apply("mul", middle, _ratio(_MIDDLE, inside))
    outer = apply("min", share, apply("sub", ir.Number(1.0), share))
    depth = _kept(apply("sqrt", apply("neg", apply("ln", outer))), "depth", place)
    near = _ratio(_TAIL, _kept(apply("sub", depth, ir.Number(1.6)), "near", place))
    far = _ratio(_FAR_TAIL, _kept(apply("sub", depth, ir.Number(5.0)), "far", place))
    tail = _kept(apply("select", apply("le", depth, ir.Number(5.0)), near, far), "outer", place)
    signed = apply("select", apply("lt", middle, ir.Number(0.0)), apply("neg", tail), tail)
    return apply("select", apply("le", apply("abs", middle), ir.Number(0.425)), central, signed)


_DISTRIBUTIONS: Mapping[str, Callable[[ir.Node, Sequence[ir.Node], Place], ir.Node]] = MappingProxyType(
    {
        "random_0_1": lambda uniform, given, place: uniform,
        "random_uniform": _between,
        "random_normal": _normal,
        "random_exponential": _exponential,
    }
)
