"""Read a file and say what it holds. No simulation here."""

from policy_lab.model.kept import read_kept
from policy_lab.model.reader import read_model
from policy_lab.model.types import Component, Kind, Model, TimeSettings, Variable

__all__ = ["Component", "Kind", "Model", "TimeSettings", "Variable", "read_kept", "read_model"]
