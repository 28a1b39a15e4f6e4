"""The interactive screen: what it stands at, what it shows while something moves and at rest, and its page.

The room and the verb share a name: `policy_lab.lab` can be called, whichever was imported first.
"""

from __future__ import annotations

import sys
from types import ModuleType
from typing import TYPE_CHECKING, Any

from policy_lab.errors import InputError, Problem

if TYPE_CHECKING:
    from policy_lab.lab.widget import Lab


class _Room(ModuleType):
    """A module that opens the screen when it is called."""

    def __call__(self, *arguments: Any, **options: Any) -> Lab:
        """Open the screen of a study: `policy_lab.lab.opened.open_lab`.

        Raises
        ------
        InputError
            Where the packages of the screen are not installed.
        """
        try:
            from policy_lab.lab.opened import open_lab
        except ModuleNotFoundError as error:
            remedy = "Install policy_lab with the extra `lab`: pip install 'policy_lab[lab]'."
            raise InputError(Problem(what=f"the screen needs the package {error.name}", remedy=remedy)) from error
        return open_lab(*arguments, **options)


sys.modules[__name__].__class__ = _Room
