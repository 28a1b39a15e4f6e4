"""What an equation becomes: precedence, functions, delays, lookups, subscripts; and what it may not be."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from policy_lab.errors import InputError
from policy_lab.model import Kind, Model, read_model
from policy_lab.model import expression as ex
from policy_lab.model.nesting import DEEPEST_TREE, cut

CONTROL = "INITIAL TIME = 0 ~~|\nFINAL TIME = 1 ~~|\nTIME STEP = 1 ~~|\nSAVEPER = 1 ~~|\n"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("equations")


def read(folder: Path, text: str) -> Model:
    path = folder / "model.mdl"
    path.write_text("{UTF-8}\n" + text + "\n" + CONTROL, encoding="utf-8")
    return read_model(path)


def tree(folder: Path, right: str, others: str = "a = 1 ~~|\nb = 2 ~~|\nc = 3 ~~|\n") -> ex.Expression:
    return read(folder, f"x = {right} ~~|\n{others}")["x"].components[0].expression


def faults(folder: Path, text: str) -> list[tuple[str | None, str]]:
    with pytest.raises(InputError) as caught:
        read(folder, text)
    return [(problem.variable, problem.what) for problem in caught.value.problems]


A, B, C = ex.Reference("a"), ex.Reference("b"), ex.Reference("c")
NUMBERS = {"a": 1.5, "b": -2.0, "c": 3.0}


def evaluate(node: ex.Expression) -> float:
    match node:
        case ex.Number(value):
            return value
        case ex.Reference(name):
            return NUMBERS[name]
        case ex.Negative(argument):
            return -evaluate(argument)
        case ex.Arithmetic(operator, first, second):
            left, right = evaluate(first), evaluate(second)
            return {"+": left + right, "-": left - right, "*": left * right}[operator]
    raise AssertionError(node)


SUMS = st.recursive(
    st.sampled_from(["a", "b", "c", "2", "0.5"]),
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from("+-*"), inner).map(lambda parts: f"{parts[0]} {parts[1]} {parts[2]}"),
        inner.map(lambda part: f"({part})"),
        inner.map(lambda part: f"-({part})"),
    ),
    max_leaves=25,
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(SUMS)
def test_sums_and_products_mean_what_they_mean_in_python(folder: Path, text: str) -> None:
    assert evaluate(tree(folder, text)) == eval(text, {"__builtins__": {}}, NUMBERS)  # noqa: S307  our own text


@pytest.mark.parametrize(
    ("right", "expected"),
    [
        ("a - b - c", ex.Arithmetic("-", ex.Arithmetic("-", A, B), C)),
        ("a / b * c", ex.Arithmetic("*", ex.Arithmetic("/", A, B), C)),
        ("a ^ b ^ c", ex.Arithmetic("^", A, ex.Arithmetic("^", B, C))),
        ("-a ^ 2", ex.Negative(ex.Arithmetic("^", A, ex.Number(2.0)))),
        ("(-2) ^ a", ex.Arithmetic("^", ex.Negative(ex.Number(2.0)), A)),
        ("a * -b", ex.Arithmetic("*", A, ex.Negative(B))),
        (
            "IF THEN ELSE(a > 1 :AND: b < 2 :OR: :NOT: c = 3, a, b)",
            ex.Call(
                "if_then_else",
                (
                    ex.Logic(
                        "or",
                        (
                            ex.Logic("and", (ex.Compare(">", A, ex.Number(1.0)), ex.Compare("<", B, ex.Number(2.0)))),
                            ex.Logic("not", (ex.Compare("=", C, ex.Number(3.0)),)),
                        ),
                    ),
                    A,
                    B,
                ),
            ),
        ),
        ("MAX(a, Time)", ex.Call("max", (A, ex.Reference("Time")))),
        ("pulse train(1, 2, 3, 4)", ex.Call("pulse_train", tuple(map(ex.Number, (1.0, 3.0, 2.0, 4.0))))),
        ("INTEG(a, b)", ex.Stock(A, B)),
        ("DELAY1(a, b)", ex.Delay(A, B, A, ex.Number(1.0))),
        ("DELAY3I(a, b, c)", ex.Delay(A, B, C, ex.Number(3.0))),
        ("DELAY N(a, b, c, 4)", ex.Delay(A, B, C, ex.Number(4.0), carries_time=True)),
        ("DELAY FIXED(a, b, c)", ex.DelayFixed(A, B, C)),
        ("SMOOTH(a, b)", ex.Smooth(A, B, A, ex.Number(1.0))),
        ("SMOOTH N(a, b, c, 2)", ex.Smooth(A, B, C, ex.Number(2.0))),
        ("TREND(a, b, c)", ex.Trend(A, B, C)),
        ("FORECAST(a, b, c)", ex.Forecast(A, B, C, ex.Number(0.0))),
        ("SAMPLE IF TRUE(a > 1, b, c)", ex.SampleIfTrue(ex.Compare(">", A, ex.Number(1.0)), B, C)),
        ("INITIAL(a)", ex.Initial(A)),
        ("GAME(a)", A),
        ("WITH LOOKUP(a, ([(0,0)-(2,2),(1,1)],(1,5),(0,4)))", ex.LookupCall(ex.Lookup((0.0, 1.0), (4.0, 5.0)), A)),
        ("60*24", ex.Number(1440.0)),
    ],
)
def test_an_equation_becomes(folder: Path, right: str, expected: ex.Expression) -> None:
    assert tree(folder, right) == expected


def test_a_named_lookup_is_read_at_its_argument(folder: Path) -> None:
    model = read(folder, "Curve((2,20),(1,10)) ~~|\nx = curve(Time) ~~|")
    assert model["x"].components[0].expression == ex.LookupCall(ex.Reference("Curve"), ex.Reference("Time"))
    assert model["curve"].components[0].expression == ex.Lookup((1.0, 2.0), (10.0, 20.0))
    assert model["Curve"].uses == ("x",)


TOWNS = """
Town: north, south, east ~~|
Coast: north, east ~~|
Other <-> Town ~~|
Year: (Y1 - Y3) ~~|
"""


def test_subscripts_are_spelled_as_the_file_defines_them(folder: Path) -> None:
    model = read(
        folder,
        TOWNS + "p[Town] = 1, 2, 3 ~~|\nq[town, OTHER] = P[Town] * p[other] ~~|\n"
        "s = SUM(p[TOWN!]) + p[ East ] ~~|\nt[Coast] = p[coast] ~~|\nt[south] = 0 ~~|\n"
        "u[Town] :EXCEPT: [south] = 1 ~~|\nu[south] = 2 ~~|\nn[Town] = Town ~~|\n",
    )
    assert model.subscripts == {
        "Town": ("north", "south", "east"),
        "Coast": ("north", "east"),
        "Other": ("north", "south", "east"),
        "Year": ("Y1", "Y2", "Y3"),
    }
    assert model.mappings == {"Other": ("Town",)}
    p = model["p"]
    assert (p.dimensions, p.components[0].expression) == (("Town",), ex.Array((1.0, 2.0, 3.0), (3,)))
    assert model["q"].dimensions == ("Town", "Other")
    assert model["q"].components[0].expression == ex.Arithmetic(
        "*", ex.Reference("p", ("Town",)), ex.Reference("p", ("Other",))
    )
    assert model["s"].components[0].expression == ex.Arithmetic(
        "+", ex.Call("sum", (ex.Reference("p", ("Town!",)),)), ex.Reference("p", ("east",))
    )
    assert [part.subscripts for part in model["t"].components] == [("Coast",), ("south",)]
    assert model["t"].dimensions == ("Town",)
    assert model["u"].components[0].excepted == (("south",),)
    assert model["n"].components[0].expression == ex.Reference("Town")
    assert model["n"].causes == ()


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("x = p[west] ~~|", ("x", "no subscript `west`")),
        ("x = p[Y1] ~~|", ("x", "`Y1` is not an element of `Town`, over which `p` varies")),
        ("x[Year] = p[Town] ~~|", ("x", "`p` varies over `Town`, but `x` does not")),
        ("x = p[Town!] ~~|", ("x", "`p[…Town!…]` is used outside SUM, VMIN, VMAX or PROD")),
        ("x = p ~~|", ("x", "`p` needs a subscript here: `p[Town]`")),
        ("x = x2[Town] ~~|\nx2 = 1 ~~|", ("x", "`x2` has 0 subscripts, 1 used")),
        ("x[Coast] = 1, 2, 3 ~~|", ("x", "3 numbers for 2 elements")),
        ("x[north] = 1 ~~|\nx[north] = 2 ~~|", ("x", "`x[north]` is already defined in line 8")),
        ("x[north] = 1 ~~|\nx[south] = 2 ~~|\ny = x[east] ~~|",
         ("y", "no equation for `x[east]`, which this equation reads")),
        ("x[north] = 1 ~~|\nx[south] = 2 ~~|\ny = SUM(x[Town!]) ~~|",
         ("y", "no equation for `x[east]`, which this equation reads")),
        ("x[north] = INTEG(1, 0) ~~|\nx[south] = INTEG(2, 0) ~~|", ("x", "no equation for `x[east]`")),
        ("x[north] = 1 ~~|\nx[Y1] = 2 ~~|", ("x", "no subscript range holds `north`, `Y1` together")),
        ("x[Town] = 1 ~~|\nx[Town,Year] = 2 ~~|",
         ("x", "defined with 1 subscripts in line 8 and with 2 in line 9")),
        ("Town: a, b ~~|", ("Town", "this subscript range is already defined in line 3")),
        ("Ring: Wheel ~~|\nWheel: Ring ~~|", ("Ring", "this range is made of itself")),
        ("Copy <-> Nothing ~~|", ("Copy", "no subscript range `Nothing` to copy")),
        ("Twice: a, b, A ~~|", ("Twice", "an element stands twice in this range")),
        ("x = Year ~~|", ("x", "the range `Year` stands for a number here, but is not on the left-hand side")),
    ],
)  # fmt: skip
def test_subscripts_that_do_not_fit_are_told(folder: Path, text: str, told: tuple[str, str]) -> None:
    assert told in faults(folder, TOWNS + "p[Town] = 1, 2, 3 ~~|\n" + text)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("x = y ~~|\ny = z ~~|\nz = x ~~|", "circular: x → z → y → x"),
        ("x = DELAY1(1, x) ~~|", "x depends on itself"),
        ("x = INITIAL(y) ~~|\ny = x + 1 ~~|", "circular initial values: x → y → x"),
        ("x[A] = y[B] ~~|\ny[B] = x[A] ~~|\nA: a ~~|\nB: b ~~|\n", None),
    ],
)
def test_circles(folder: Path, text: str, told: str | None) -> None:
    found = [what for _, what in faults(folder, text)]
    assert told in found if told else all("circular" not in what for what in found)


def test_a_stock_or_a_delay_opens_a_circle(folder: Path) -> None:
    model = read(
        folder, "S = INTEG(f, 1) ~~|\nf = S * g ~~|\ng = SMOOTHI(f, 2, 1) / S ~~|\nd = DELAY FIXED(d + 1, 1, 0) ~~|\n"
    )
    assert (model["f"].kind, model["g"].kind) == (Kind.FLOW, Kind.AUXILIARY)


def test_elements_of_one_variable_may_build_on_each_other(folder: Path) -> None:
    model = read(folder, TOWNS + "x[north] = 1 ~~|\nx[south] = x[north] * 2 ~~|\nx[east] = x[south] * 2 ~~|")
    assert model["x"].causes == ("x",)


@pytest.mark.parametrize(
    ("right", "told"),
    [
        ("MAX(a)", "MAX takes 2 arguments, 1 given"),
        ("SMOOTH(a)", "SMOOTH takes 2 arguments, 1 given"),
        ("MAX(1 2)", "the arguments of a function are separated by commas"),
        ("frobnicate(a)", "unknown function FROBNICATE"),
        ("MAXX(a, b)", "unknown function MAXX"),
        ("a(b)", "`a` is called like a function, but it is not a lookup"),
        ("bb", "no variable `bb` in this model"),
        ("(a + b", "the brackets do not balance: a `)` is missing"),
        ("a + b)", "the brackets do not balance: a `)` too many"),
        ("a +", "syntax error at `+`"),
        ("", "nothing stands after the `=`"),
        ("A FUNCTION OF(a)", "no equation yet: A FUNCTION OF names its causes only"),
        ("WITH LOOKUP(a, ((0,1),(0,2)))", "the lookup has more than one point at x = 0"),
        ("WITH LOOKUP(a, ((0,b)))", "syntax error at `b)))`"),
        ("2 * GET XLS CONSTANTS('f.csv', ',', 'b2')", "GET DIRECT CONSTANTS stands within an expression"),
    ],
)
def test_what_an_equation_may_not_be(folder: Path, right: str, told: str) -> None:
    found = faults(folder, f"x = {right} ~~|\na = 1 ~~|\nb = 2 ~~|")
    assert [name for name, _ in found] == ["x"]
    assert found[0][1].startswith(told[:12]), found
    assert told == found[0][1] or told.startswith("syntax error"), found


@pytest.mark.parametrize("levels", [1, 7, 8, 9, 100, 1500])
def test_brackets_may_be_nested_deeply(folder: Path, levels: int) -> None:
    assert tree(folder, "(" * levels + "a" + ")" * levels) == A


def test_nesting_that_no_engine_would_follow_is_refused(folder: Path) -> None:
    inside = "a"
    for _ in range(DEEPEST_TREE + 1):
        inside = f"({inside} + 1)"
    assert faults(folder, f"x = {inside} ~~|\na = 1 ~~|") == [
        ("x", f"too deeply nested: more than {DEEPEST_TREE} operations inside one another")
    ]
    assert evaluate(tree(folder, " + ".join(["a"] * DEEPEST_TREE))) == DEEPEST_TREE * 1.5


@given(st.integers(0, 30), st.sampled_from(["MAX(a,", "(", "IF THEN ELSE(a > 1, b,"]))
def test_cutting_takes_nothing_away(levels: int, opening: str) -> None:
    text = opening * levels + "c" + ")" * levels
    layers = cut(text)
    whole = layers[-1]
    for place in reversed(range(len(layers) - 1)):
        whole = whole.replace(f" hole_of_the_reader_{place} ", layers[place])
    assert whole == text


def test_names(folder: Path) -> None:
    model = read(
        folder,
        '"Share, of~ (all)" = 1 ~ % ~ |\nA  Long\n\tName = "share, of~ (all)" ~~|\nvår_tur = a_long name ~~|\n'
        "worker's pay = 2 ~ £/week ~ |\n",
    )
    assert [*model.variables][:4] == ['"Share, of~ (all)"', "A Long Name", "vår_tur", "worker's pay"]
    assert model["a long_NAME"].causes == ('"Share, of~ (all)"',)
    assert model["vår tur"].causes == ("A Long Name",)
    assert model["Share, of~ (all)"].line == 2


def test_an_equation_of_two_numbers_is_their_sum(folder: Path) -> None:
    assert tree(folder, "41 {first} + 1 {second}") == ex.Number(42.0)
    assert tree(folder, "0-2") == ex.Number(-2.0)


def test_data_variables_wait_for_their_values(folder: Path) -> None:
    model = read(folder, "births :HOLD BACKWARD: ~ person ~ |\nx = births * 2 ~~|")
    assert (model["births"].kind, model["births"].components[0].expression) == (Kind.DATA, ex.Data("hold_backward"))


def test_files_may_be_read_side_by_side(folder: Path) -> None:
    bundled = Path(__file__).parents[2] / "models" / "fishery" / "fishery.mdl"
    with ThreadPoolExecutor(4) as pool:
        first, *others = pool.map(read_model, [bundled] * 4)
    assert all(other == first for other in others)


def test_reality_checks_are_left_out_with_a_word(folder: Path) -> None:
    model = read(folder, "x = 1 ~~|\ncheck :THE CONDITION: x > 0 :IMPLIES: x > 1 ~~|")
    assert [(one.variable, one.what) for one in model.warnings] == [
        ("check", "reality checks are not run; this one was left out")
    ]
