"""A program that would read or write beyond its cells, or that names what is not there, is given to no backend."""

from __future__ import annotations

from dataclasses import replace

import pytest

from policy_lab.engine import ir
from policy_lab.engine.ir_check import check

PLACE = ir.Axis("Place", 3)
HERE: ir.Index = (ir.Along("Place", (0, 1, 2)),)
X = ir.Symbol("x", (3,), ir.Role.AUXILIARY, "x", 4, ("Place",), "boat")
A = ir.Symbol("a", (3,), ir.Role.INPUT, "a", 5, ("Place",))
TABLE = ir.Table((0.0, 1.0), (2.0, 3.0), "interpolate")


def program_of(value: ir.Node, axes: tuple[ir.Axis, ...] = (PLACE,), index: ir.Index = HERE) -> ir.Program:
    statement = ir.Statement("x", axes, index, value, 4)
    tables, timing = {"t": (TABLE,)}, {"x": ir.Timing.CONSTANT}
    return ir.Program({"x": X, "a": A}, tables, {"t": ()}, {}, (), (), (statement,), (), (), timing)


READ = ir.Read("a", HERE)
OTHER: ir.Index = (ir.Along("There", (0, 1, 2)),)
SUM = ir.Fold("sum", (ir.Axis("There", 3),), ir.Read("a", OTHER))
ROOT = ir.Root("r", ir.Number(0.0), ir.Number(1.0), ir.Apply("sub", (READ, ir.Unknown("r"))))


@pytest.mark.parametrize("value", [READ, SUM, ROOT, ir.Clock("time"), ir.Interpolate("t", (), READ)], ids=repr)
def test_a_sound_program_passes(value: ir.Node) -> None:
    check(program_of(value))


WRONG: dict[str, ir.Node] = {
    "no such symbol": ir.Read("b", HERE),
    "too few subscripts": ir.Read("a"),
    "beyond the end": ir.Read("a", (ir.Fixed(3),)),
    "before the start": ir.Read("a", (ir.Fixed(-1),)),
    "a loop that is longer": ir.Read("a", (ir.Along("Place", (0, 1, 2, 2)),)),
    "a loop that is not there": ir.Read("a", OTHER),
    "a reduction over another length": replace(SUM, axes=(ir.Axis("There", 4),)),
    "an unknown reduction": replace(SUM, function="mean"),
    "an unknown function": ir.Apply("system", (READ,)),
    "a missing argument": ir.Apply("add", (READ,)),
    "an unknown clock": ir.Clock("noon"),
    "an unknown table": ir.Interpolate("u", (), READ),
    "a number looked for by nobody": ir.Unknown("r"),
}


@pytest.mark.parametrize("fault", WRONG)
def test_a_fault_anywhere_in_an_expression_is_found(fault: str) -> None:
    for value in (WRONG[fault], ir.Apply("mul", (READ, ir.Apply("neg", (WRONG[fault],))))):
        with pytest.raises(ValueError, match="not a program"):
            check(program_of(value))


def test_faults_of_statements_and_symbols_are_found() -> None:
    sound = program_of(READ)
    state = ir.State("x", "x · rate", ir.StateKind.INTEGRATED, ("x[1]", "x[2]", "x[3]"))
    faulty = {
        "beyond its symbol": program_of(READ, index=(ir.Along("Place", (1, 2, 3)),)),
        "without its loop": program_of(ir.Number(1.0), axes=()),
        "twice the same loop": program_of(READ, axes=(PLACE, PLACE)),
        "another name": replace(sound, symbols={"x": X, "a": X}),
        "a negative size": replace(sound, symbols={"x": X, "a": replace(A, shape=(-3,))}),
        "numbers of too few cells": replace(sound, literals={"a": (1.0,)}),
        "a table that does not rise": replace(sound, tables={"t": (replace(TABLE, x=(1.0, 1.0)),)}),
        "a table without values": replace(sound, tables={"t": (replace(TABLE, y=()),)}),
        "no table for an element": replace(sound, table_shapes={"t": (2,)}),
        "a state that is none": replace(sound, states=(state,)),
        "timing of nothing": replace(sound, timing={"z": ir.Timing.TIME}),
    }
    for fault, program in faulty.items():
        with pytest.raises(ValueError, match="not a program"):
            check(program)
        assert fault
