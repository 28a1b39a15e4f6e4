"""Packages that only some analyses need, imported when one of them is asked for."""

from __future__ import annotations

import importlib
import warnings
from typing import Any

from policy_lab.errors import InputError, Problem


def needed(module: str, extra: str, purpose: str) -> Any:
    """Import a module of one of the extras.

    Parameters
    ----------
    module
        Its full name, ``SALib.analyze.morris``.
    extra
        The extra of policy_lab that brings it.
    purpose
        What it is needed for, as the subject of a sentence.

    Raises
    ------
    InputError
        When it is not installed; says which extra to install.
    """
    try:
        with warnings.catch_warnings():  # some tell of their own future, or of what else could be installed
            warnings.simplefilter("ignore")
            return importlib.import_module(module)
    except ImportError as error:
        remedy = f"Install policy_lab with its `{extra}` extra: pip install 'policy_lab[{extra}]'."
        raise InputError(
            Problem(what=f"{purpose} needs the package `{module.split('.')[0]}`", remedy=remedy)
        ) from error
