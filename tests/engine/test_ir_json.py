"""Programs as JSON: every model of this repository comes back to the bit, and nothing else is taken for a program."""

from __future__ import annotations

import json
import math
import struct
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policy_lab.engine import ir
from policy_lab.engine.ir_json import from_json, number_of, number_text, to_json
from policy_lab.engine.lowering import lower
from policy_lab.errors import InputError
from policy_lab.model import Model, read_model
from policy_lab.provenance import bundled
from tests.engine.test_random_expressions import exact, generous, model_of

ROOT = Path(__file__).parents[2]
FILES = sorted(
    path
    for folder in (bundled("models"), ROOT / "tests" / "conformance", ROOT / "tests" / "engine" / "models")
    for path in folder.rglob("*")
    if path.suffix in (".mdl", ".xmile")
)


def returned(program: ir.Program) -> ir.Program:
    text = to_json(program)
    again = from_json(text)
    assert to_json(again) == text
    assert again.digest() == program.digest()
    assert str(again) == str(program)
    for part in ("symbols", "states", "table_shapes", "timing"):
        assert getattr(again, part) == getattr(program, part)
        assert list(getattr(again, part)) == list(getattr(program, part))
    return again


@pytest.mark.parametrize("path", [ROOT / "benchmarks" / "bench.mdl", *FILES], ids=lambda path: path.name)
def test_the_program_of_a_model_comes_back(path: Path) -> None:
    try:
        program = lower(read_model(path)).program
    except InputError as error:
        pytest.skip(f"refused: {error.problems[0].what}")
    returned(program)


@generous
@given(st.lists(exact, min_size=4, max_size=4))
def test_a_program_of_random_expressions_comes_back(expressions: list[Any]) -> None:
    program = lower(model_of(expressions)).program
    assert returned(program) == program


@given(st.floats() | st.integers(0, 2**64 - 1).map(lambda bits: struct.unpack(">d", bits.to_bytes(8, "big"))[0]))
def test_a_number_comes_back_to_the_bit(value: float) -> None:
    text = json.dumps(number_text(value), allow_nan=False)
    assert struct.pack(">d", number_of(json.loads(text))) == struct.pack(">d", value)


def test_numbers_that_look_alike_stay_apart() -> None:
    values = (0.0, -0.0, math.nan, -math.nan, math.inf, 1.0, -1.0)
    symbol = ir.Symbol("x", (len(values),), ir.Role.AUXILIARY, "x", 1)
    statements = tuple(ir.Statement("x", (), (ir.Fixed(k),), ir.Number(value)) for k, value in enumerate(values))
    program = ir.Program({"x": symbol}, {}, {}, {}, (), (), statements, (), (), {"x": ir.Timing.CONSTANT})
    again = from_json(to_json(program))
    found = [statement.value for statement in again.constants]
    assert [struct.pack(">d", node.value) for node in found if isinstance(node, ir.Number)] == [
        struct.pack(">d", value) for value in values
    ]


def test_an_expression_may_be_as_deep_as_it_likes() -> None:
    node: ir.Node = ir.Clock("time")
    for _ in range(20_000):
        node = ir.Apply("neg", (node,))
    symbol = ir.Symbol("x", (), ir.Role.AUXILIARY, "x", 1)
    statement = ir.Statement("x", (), (), node)
    program = ir.Program({"x": symbol}, {}, {}, {}, (), (), (), (statement,), (), {"x": ir.Timing.TIME})
    again = from_json(to_json(program)).dynamic[0].value
    assert sum(1 for _ in ir.walk(again)) == 20_001


@pytest.fixture
def program(written: Callable[..., Model]) -> ir.Program:
    equations = ("Place: north, south, west", "Stock[Place] = INTEG(SUM(a[Place!]) * Time, a[Place])", "a[Place] = 1")
    return lower(written(*equations, "seen = SMOOTH3(Stock[north], 2)", "b = WITH LOOKUP(Time, ((0,0),(9,1)))")).program


def test_words_units_and_lines_are_no_part_of_the_digest(program: ir.Program) -> None:
    symbols = {name: replace(one, line=one.line + 7, unit="furlong") for name, one in program.symbols.items()}
    moved = replace(program, symbols=symbols, dynamic=tuple(replace(one, line=99) for one in program.dynamic))
    assert moved.digest() == program.digest()
    assert to_json(moved) != to_json(program)
    assert from_json(to_json(moved)) == moved


def test_a_changed_copy_has_a_digest_of_its_own(program: ir.Program) -> None:
    assert replace(program, dynamic=program.dynamic[:-1]).digest() != program.digest()


def test_the_printed_program_names_dimensions_units_and_lines(program: ir.Program) -> None:
    symbols = {name: replace(one, unit="boat") if name == "Stock" else one for name, one in program.symbols.items()}
    printed = str(replace(program, symbols=symbols))
    assert "state Stock[Place(3)] {boat}  # line 7" in printed
    assert "state seen · stage 1  # line 17" in printed


TEXTS = ["", "[]", "null", "7", "nonsense", "{}", '{"form": "policy_lab program 1"}', "[" * 100_000]


@pytest.mark.parametrize("text", TEXTS, ids=range(len(TEXTS)))
def test_another_text_is_no_program(text: str) -> None:
    with pytest.raises(ValueError):
        from_json(text)


HARMS: dict[str, Callable[[Any], object]] = {
    "another form": lambda whole: whole.update(form="policy_lab program 0"),
    "a missing part": lambda whole: whole["equations"].pop("nodes"),
    "an unknown node": lambda whole: whole["equations"]["nodes"].append(["Popen", "ls"]),
    "a node before its parts": lambda whole: whole["equations"]["nodes"].insert(0, ["Apply", "neg", [5]]),
    "a shape that is no number": lambda whole: whole["equations"]["symbols"][0].__setitem__(1, ["x"]),
    "an unknown role": lambda whole: whole["equations"]["symbols"][0].__setitem__(2, "owner"),
    "an unknown kind of state": lambda whole: whole["equations"]["states"][0].__setitem__(2, "FREE"),
    "an unknown timing": lambda whole: whole["equations"]["timing"][0].__setitem__(1, "NEVER"),
    "a number that is none": lambda whole: whole["equations"]["nodes"].append(["Number", "12"]),
    "a statement without a line": lambda whole: whole["places"]["dynamic"].pop(),
    "an index beyond its symbol": lambda whole: whole["equations"]["indexes"].__setitem__(1, [["Place", 1, 3]]),
}


@pytest.mark.parametrize("harm", HARMS)
def test_a_harmed_program_is_refused(program: ir.Program, harm: str) -> None:
    whole = json.loads(to_json(program))
    HARMS[harm](whole)
    with pytest.raises(ValueError):
        from_json(json.dumps(whole))
