"""All of a program's assembly, put together: needed only where machine code is made anew."""

from __future__ import annotations

from policy_lab.engine import ir
from policy_lab.engine.grouping import observed_groups
from policy_lab.engine.layout import Layout
from policy_lab.engine.llvm_driver import Driver
from policy_lab.engine.llvm_leap import add_landing, add_leap, leap_of
from policy_lab.engine.llvm_math import add_math
from policy_lab.engine.llvm_nodes import Memory
from policy_lab.engine.llvm_program import add_functions, add_observed
from policy_lab.engine.llvm_tables import add_table_search, table_names
from policy_lab.engine.llvm_text import FunctionText, ModuleText


def module_text(
    program: ir.Program,
    layout: Layout,
    width: int,
    written_out: int = 1,
    *,
    leaping: bool = True,
    adaptive: bool = False,
) -> str:
    """Return the assembly of a program for lanes of ``width`` runs, short loops written out.

    ``leaping`` adds steps in one piece, which run faster and take as long again to compile; ``adaptive`` puts the
    adaptive step in the place of the others.
    """
    module = ModuleText(width, written_out)
    add_math(module)
    value = module.value
    add_table_search(
        FunctionText(module, f"internal {value} @table_lanes({value} %a0, ptr %a1, i64 %a2) noinline nounwind")
    )
    memory = Memory(program, layout, table_names(program, module))
    for name in ("start", "constants", "dynamic"):
        add_functions(module, memory, name, getattr(program, name))
    add_observed(module, memory, observed_groups(program))
    driver = Driver(module, program, layout)
    if leaping:
        leap = leap_of(program, written_out)
        add_leap(module, memory, leap)
        add_landing(driver, leap)
    driver.add_entries(leaping=leaping, adaptive=adaptive)
    return str(module)
