"""Numbers from a model: takes mappings and arrays, returns frozen series with names and units; knows no study."""

from policy_lab.engine.compiled import CompiledModel
from policy_lab.engine.inputs import Input
from policy_lab.engine.prepare import compile, compile_model
from policy_lab.engine.series import Series

__all__ = ["CompiledModel", "Input", "Series", "compile", "compile_model"]
