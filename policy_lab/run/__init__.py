"""A plan becomes results, and a single model a series.

The room and the verb share a name: `policy_lab.run` can be called, whichever was imported first.
"""

from __future__ import annotations

import sys
from types import ModuleType
from typing import Any

from policy_lab.results.types import Results
from policy_lab.run.batch import run
from policy_lab.run.single import model_accuracy, run_model
from policy_lab.run.tables import read_data, write_accuracy, write_series

__all__ = ["model_accuracy", "read_data", "run", "run_model", "write_accuracy", "write_series"]


class _Room(ModuleType):
    """A module that runs a plan when it is called."""

    def __call__(self, *arguments: Any, **options: Any) -> Results:
        """Run a plan: `policy_lab.run.batch.run`."""
        return run(*arguments, **options)


sys.modules[__name__].__class__ = _Room
