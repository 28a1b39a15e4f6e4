"""Functions on lanes written out as arithmetic, so that one run and eight runs give the same bits.

LLVM would call libm once a lane. Each function here computes all lanes at once where arguments are ordinary, and calls
libm only for the lanes whose argument is not (overflow, zero, negative, infinite, NaN).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from policy_lab.engine.llvm_text import FunctionText, ModuleText

_MAGIC = 6755399441055744.0  # 1.5 · 2^52: adding it rounds to an integer, which then stands in the low bits
_MAGIC_BITS = 0x4338000000000000
_LOG2_E = 1.4426950408889634
_LN2_HIGH = 6.93147180369123816490e-01  # fdlibm: the low 20 bits are zero, so that products with exponents are exact
_LN2_LOW = 1.90821492927058770002e-10
_LARGEST_EXPONENT = 708.0
_SMALLEST = 2.2250738585072014e-308
_SQRT_HALF_BITS = 0x3FE6A09E667F3BCD
# (e^r − 1 − r) / r² on |r| ≤ ln2/2, interpolated exactly at Chebyshev points: benchmarks/polynomials.py
_EXP = (
    0.5000000000000001,
    0.16666666666666669,
    0.041666666666624136,
    0.008333333333330063,
    0.001388888891720967,
    0.00019841269863050506,
    2.4801521302241082e-05,
    2.7557268464831627e-06,
    2.7620085455018414e-07,
    2.510038319586702e-08,
)
# (2·atanh(s) − 2s − 2s³/3) / s⁵ in terms of s² on [0, 0.0295], found in the same way
_ATANH = (
    0.40000000000000024,
    0.2857142857133851,
    0.2222222227110069,
    0.18181808247814057,
    0.15385574776827135,
    0.13285958087797103,
    0.12913609606437132,
)
# Cephes' tanh.c: (tanh(x) − x) / x³ below 0.625
_TANH_TOP = (-1.61468768441708447952e3, -9.92877231001918586564e1, -9.64399179425052238628e-1)
_TANH_BOTTOM = (4.84406305325125486048e3, 2.23548839060100448583e3, 1.12811678491632931402e2, 1.0)
# fdlibm's e_log.c: (log(1+f) − f + f²/2) in terms of s = f/(2+f)
_LOG = (
    6.666666666666735130e-01,
    3.999999999940941908e-01,
    2.857142874366239149e-01,
    2.222219843214978396e-01,
    1.818357216161805012e-01,
    1.531383769920937332e-01,
    1.479819860511658591e-01,
)


#: Values that are computed side by side where a loop is written out for single runs.
ABREAST = 8


def add_math(module: ModuleText) -> None:
    """Add ``@exp``, ``@ln``, ``@pow`` and ``@tanh`` on values to a module."""
    _add_functions(module)
    if module.width == 1 and module.written_out > 1:
        _add_functions(abreast(module))


def abreast(module: ModuleText) -> ModuleText:
    """Return the same module for vectors of :data:`ABREAST` values of one run; its functions' names say so."""
    return replace(module, width=ABREAST, mark=f"_{ABREAST}")


def _add_functions(module: ModuleText) -> None:
    _add_exp(module)
    _add_ln(module)
    _add_pow(module)
    _add_tanh(module)


def _polynomial(text: FunctionText, at: str, coefficients: Sequence[float]) -> str:
    number = text.module.number
    total = number(coefficients[-1])
    for coefficient in reversed(coefficients[:-1]):
        total = text.intrinsic("fma", total, at, number(coefficient))
    return total


def _begin(module: ModuleText, name: str, arguments: int = 1) -> FunctionText:
    listed = ", ".join(f"{module.value} %a{k}" for k in range(arguments))
    return FunctionText(
        module, f"internal {module.value} @{name}{module.mark}({listed}) noinline nounwind memory(none)"
    )


def _power_of_two(text: FunctionText, shifted: str) -> str:
    """Return 2^n, where n stands in the low bits of ``shifted`` (a rounded number plus the magic one)."""
    module = text.module
    bits = text.op(f"bitcast {module.value} {shifted} to {module.bits}")
    raised = text.op(f"add {module.bits} {bits}, {module.integer(1023)}")
    placed = text.op(f"shl {module.bits} {raised}, {module.integer(52)}")
    return text.op(f"bitcast {module.bits} {placed} to {module.value}")


def _exponential(text: FunctionText, high: str, low: str | None) -> str:
    """Return e^(high + low) for |high| ≤ 708: n·ln2 taken off, a polynomial, 2^n put back."""
    number = text.module.number
    shifted = text.intrinsic("fma", high, number(_LOG2_E), number(_MAGIC))
    whole = text.two("fsub", shifted, number(_MAGIC))
    rest = text.intrinsic("fma", whole, number(-_LN2_HIGH), high)
    rest = text.intrinsic("fma", whole, number(-_LN2_LOW), rest)
    if low is not None:
        rest = text.two("fadd", rest, low)
    bent = text.two("fmul", text.two("fmul", rest, rest), _polynomial(text, rest, _EXP))
    line = text.two("fadd", rest, number(1.0))
    lost = text.two("fadd", text.two("fsub", number(1.0), line), rest)  # in rounding 1 + r, which counts below 1
    return text.two("fmul", text.two("fadd", line, text.two("fadd", lost, bent)), _power_of_two(text, shifted))


def _mantissa(text: FunctionText, argument: str) -> tuple[str, str]:
    """Split a positive number into m in [√½, √2) and the k of m·2^k, k as a double."""
    module = text.module
    bits = text.op(f"bitcast {module.value} {argument} to {module.bits}")
    above = text.op(f"sub {module.bits} {bits}, {module.integer(_SQRT_HALF_BITS)}")
    exponent = text.op(f"ashr {module.bits} {above}, {module.integer(52)}")
    moved = text.op(f"shl {module.bits} {exponent}, {module.integer(52)}")
    mantissa = text.op(f"sub {module.bits} {bits}, {moved}")
    lifted = text.op(f"add {module.bits} {exponent}, {module.integer(_MAGIC_BITS)}")
    power = text.two("fsub", text.op(f"bitcast {module.bits} {lifted} to {module.value}"), module.number(_MAGIC))
    return text.op(f"bitcast {module.bits} {mantissa} to {module.value}"), power


def _with_libm(text: FunctionText, special: str, fast: str, libm: str, arguments: int) -> None:
    """Finish a function: where ``special`` holds for any lane, those lanes take libm's value."""
    module = text.module
    kinds = ", ".join(["double"] * arguments)
    module.declare(f"double @{libm}({kinds})")
    if module.width == 1:
        before, after = text.block, text.begin_if(special)
        listed = ", ".join(f"double %a{k}" for k in range(arguments))
        slow, inside = text.op(f"call double @{libm}({listed})"), text.block
        text.end_if(after)
        text.finish(f"double {text.op(f'phi double [ {slow}, %{inside} ], [ {fast}, %{before} ]')}")
        return
    module.declare(f"i1 @llvm.vector.reduce.or.v{module.width}i1({module.mask})")
    some = text.op(f"call i1 @llvm.vector.reduce.or.v{module.width}i1({module.mask} {special})")
    before = text.block
    after = text.begin_if(some)
    loop = text.begin_loop(module.width, [(module.value, fast)])
    lane = loop.counter
    given = [text.op(f"extractelement {module.value} %a{k}, i64 {lane}") for k in range(arguments)]
    slow = text.op(f"call double @{libm}({', '.join(f'double {g}' for g in given)})")
    odd = text.op(f"extractelement {module.mask} {special}, i64 {lane}")
    kept = text.op(f"extractelement {module.value} {loop.carried[0]}, i64 {lane}")
    chosen = text.op(f"select i1 {odd}, double {slow}, double {kept}")
    result = text.op(f"insertelement {module.value} {loop.carried[0]}, double {chosen}, i64 {lane}")
    text.end_loop(loop, [result])
    inside = text.block
    text.end_if(after)
    joined = text.op(f"phi {module.value} [ {result}, %{inside} ], [ {fast}, %{before} ]")
    text.finish(f"{module.value} {joined}")


def _add_exp(module: ModuleText) -> None:
    text = _begin(module, "exp_lanes")
    size = text.intrinsic("fabs", "%a0")
    special = text.compare("ugt", size, module.number(_LARGEST_EXPONENT))
    _with_libm(text, special, _exponential(text, "%a0", None), "exp", 1)


def _add_ln(module: ModuleText) -> None:
    text = _begin(module, "ln_lanes")
    number = module.number
    mantissa, power = _mantissa(text, "%a0")
    f = text.two("fsub", mantissa, number(1.0))
    s = text.two("fdiv", f, text.two("fadd", f, number(2.0)))
    z = text.two("fmul", s, s)
    series = text.two("fmul", z, _polynomial(text, z, _LOG))
    half = text.two("fmul", number(0.5), text.two("fmul", f, f))
    tail = text.intrinsic("fma", power, number(_LN2_LOW), text.two("fmul", s, text.two("fadd", half, series)))
    small = text.two("fsub", text.two("fsub", half, tail), f)
    fast = text.two("fsub", text.two("fmul", power, number(_LN2_HIGH)), small)
    _with_libm(text, _not_ordinary(text, "%a0"), fast, "log", 1)


def _not_ordinary(text: FunctionText, argument: str) -> str:
    """Tell which lanes are not positive, normal, finite numbers."""
    module = text.module
    low = text.compare("ult", argument, module.number(_SMALLEST))
    high = text.compare("ueq", argument, module.number(float("inf")))
    return text.op(f"or {module.mask} {low}, {high}")


def _two_product(text: FunctionText, first: str, second: str) -> tuple[str, str]:
    """Return a product and its rounding error."""
    high = text.two("fmul", first, second)
    return high, text.intrinsic("fma", first, second, text.op(f"fneg {text.module.value} {high}"))


def _log_twice(text: FunctionText, argument: str) -> tuple[str, str]:
    """Return ln(argument) as a sum of two doubles, good to about 2^-64 of itself."""
    number = text.module.number
    two = text.two
    m, power = _mantissa(text, argument)
    f = two("fsub", m, number(1.0))
    u = two("fadd", m, number(1.0))
    u_low = two("fsub", m, two("fsub", u, number(1.0)))
    inverse = two("fdiv", number(1.0), u)
    s = two("fmul", f, inverse)
    rest = text.intrinsic("fma", text.op(f"fneg {text.module.value} {s}"), u, f)
    rest = text.intrinsic("fma", text.op(f"fneg {text.module.value} {s}"), u_low, rest)
    s_low = two("fmul", rest, inverse)
    z, z_low = _two_product(text, s, s)
    z_low = text.intrinsic("fma", two("fadd", s, s), s_low, z_low)
    third, third_low = number(2.0 / 3.0), number(3.700743415417189e-17)  # 2/3 as a sum of two doubles
    bend = two("fmul", z, _polynomial(text, z, _ATANH))
    p = two("fadd", third, bend)
    p_low = two("fadd", two("fadd", two("fsub", third, p), bend), third_low)
    zp, zp_low = _two_product(text, z, p)
    zp_low = text.intrinsic("fma", z, p_low, text.intrinsic("fma", z_low, p, zp_low))
    szp, szp_low = _two_product(text, s, zp)
    szp_low = text.intrinsic("fma", s, zp_low, text.intrinsic("fma", s_low, zp, szp_low))
    twice = two("fadd", s, s)
    high = two("fadd", twice, szp)
    low = two("fadd", two("fsub", szp, two("fsub", high, twice)), two("fadd", szp_low, two("fadd", s_low, s_low)))
    steps = two("fmul", power, number(_LN2_HIGH))
    total = two("fadd", steps, high)
    moved = two("fsub", total, steps)
    error = two("fadd", two("fsub", steps, two("fsub", total, moved)), two("fsub", high, moved))
    return total, two("fadd", error, text.intrinsic("fma", power, number(_LN2_LOW), low))


def _add_pow(module: ModuleText) -> None:
    text = _begin(module, "pow_lanes", 2)
    high, low = _log_twice(text, "%a0")
    product, error = _two_product(text, "%a1", high)
    error = text.intrinsic("fma", "%a1", low, error)
    far = text.compare("ugt", text.intrinsic("fabs", product), module.number(_LARGEST_EXPONENT))
    special = text.op(f"or {module.mask} {far}, {_not_ordinary(text, '%a0')}")
    _with_libm(text, special, _exponential(text, product, error), "pow", 2)


def _add_tanh(module: ModuleText) -> None:
    """Cephes' two forms: a rational function near zero, 1 − 2/(e^2x + 1) elsewhere; NaN stays NaN."""
    text = _begin(module, "tanh_lanes")
    number, two = module.number, text.two
    size = text.intrinsic("fabs", "%a0")
    near_one = text.compare("ogt", size, number(20.0))
    bounded = text.select(near_one, number(20.0), size)
    grown = _exponential(text, two("fadd", bounded, bounded), None)
    far = two("fsub", number(1.0), two("fdiv", number(2.0), two("fadd", grown, number(1.0))))
    z = two("fmul", "%a0", "%a0")
    ratio = two("fdiv", _polynomial(text, z, _TANH_TOP), _polynomial(text, z, _TANH_BOTTOM))
    near = text.intrinsic("fma", two("fmul", "%a0", z), ratio, "%a0")
    signed = text.intrinsic("copysign", far, "%a0")
    text.finish(f"{module.value} {text.select(text.compare('olt', size, number(0.625)), near, signed)}")
