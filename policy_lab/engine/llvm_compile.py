"""Assembly to machine code, kept on disk so that the next process need not compile."""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from policy_lab import cache
from policy_lab.engine.target import OPTIMISATION, Target, this_machine

Entry = Callable[[int, int, int], None]


class MachineCode:
    """Functions in memory, callable as long as this object lives."""

    def __init__(self, object_code: bytes, target: Target, names: Sequence[str]) -> None:
        import llvmlite.binding as llvm

        machine = _machine(target)
        self._engine = llvm.create_mcjit_compiler(llvm.parse_assembly(""), machine)
        self._engine.add_object_file(llvm.ObjectFileRef.from_data(object_code))
        self._engine.finalize_object()
        kind = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_int64, ctypes.c_int64)
        self.entries: dict[str, Any] = {name: kind(self._engine.get_function_address(name)) for name in names}


def load(
    key: Sequence[str], write: Callable[[], str], names: Sequence[str], *, vectorise: bool = False, pair: bool = False
) -> MachineCode:
    """Return machine code for this processor, from disk where it was made before.

    Parameters
    ----------
    key
        What the assembly depends on: anything that changes it must change the key.
    write
        Writes the assembly; called only when it is needed.
    names
        The entries to look up.
    vectorise
        Whether LLVM may turn loops into vector operations.
    pair
        Whether LLVM may compute equal operations that stand beside each other in one vector operation; the bits of the
        results stay the same, but compiling takes several times as long.
    """
    target = this_machine()
    path = _path(key, target)
    code = cache.kept(path)
    if code is None:
        code = compile_text(write(), target, vectorise=vectorise, pair=pair)
        cache.keep(path, code)
    return MachineCode(code, target, names)


def is_kept(key: Sequence[str]) -> bool:
    """Tell whether the machine code with this key is on disk."""
    return _path(key, this_machine()).exists()


def _path(key: Sequence[str], target: Target) -> Path:
    import llvmlite
    import llvmlite.binding as llvm

    llvm_version = ".".join(map(str, llvm.llvm_version_info))
    return cache.place_of(".o", *key, cache.sources("engine"), llvmlite.__version__, llvm_version, str(target))


def compile_text(text: str, target: Target, *, vectorise: bool = False, pair: bool = False) -> bytes:
    """Return the object code of a module of assembly."""
    import llvmlite.binding as llvm

    machine = _machine(target)
    module = llvm.parse_assembly(text)
    module.verify()
    tuning = llvm.create_pipeline_tuning_options(speed_level=OPTIMISATION)
    tuning.loop_vectorization = vectorise  # lanes are vectors already
    tuning.slp_vectorization = pair
    tuning.loop_unrolling = vectorise
    builder = llvm.create_pass_builder(machine, tuning)
    builder.getModulePassManager().run(module, builder)
    return bytes(machine.emit_object(module))


def _machine(target: Target) -> Any:
    import llvmlite.binding as llvm

    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    return llvm.Target.from_triple(target.triple).create_target_machine(
        cpu=target.processor, features=target.features, opt=OPTIMISATION, jit=True
    )
