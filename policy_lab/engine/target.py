"""The machine that code is made for: processor, lane width. Every choice of target stands here."""

from __future__ import annotations

from dataclasses import dataclass

#: Runs that one lane kernel computes side by side: two AVX2 or one AVX-512 register of doubles.
LANES = 8
#: From how many runs on a block of lanes is faster than runs one by one.
LANES_FROM = 4
#: How hard LLVM tries, 0 to 3.
OPTIMISATION = 2


@dataclass(frozen=True)
class Target:
    """A processor, as LLVM names it."""

    triple: str
    processor: str
    features: str

    def __str__(self) -> str:
        return f"{self.triple} {self.processor} {self.features}"


def this_machine() -> Target:
    """Return the processor that this process runs on."""
    import llvmlite.binding as llvm

    features = llvm.get_host_cpu_features()
    if features.get("avx512f"):
        features["prefer-256-bit"] = False
    return Target(llvm.get_process_triple(), llvm.get_host_cpu_name(), features.flatten())
