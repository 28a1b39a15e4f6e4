"""The interactive screen: what it stands at, what it shows while something moves and at rest, and its page.

The room and the verb share a name: `policy_lab.lab` can be called, whichever was imported first.
"""

from __future__ import annotations

import sys
from types import ModuleType
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from policy_lab.lab.fallback import PlainLab
    from policy_lab.lab.own_model import OwnLab
    from policy_lab.lab.widget import Lab

_WANTED: Final = ("anywidget", "ipywidgets", "traitlets", "IPython")
"""Packages of the screen, without which there is a plainer one."""


class _Room(ModuleType):
    """A module that opens the screen when it is called."""

    def __call__(self, *arguments: Any, fallback: bool = False, **options: Any) -> Lab | OwnLab | PlainLab:
        """Open the screen of a study or of a model file: `policy_lab.lab.opened.open_lab`.

        Parameters
        ----------
        fallback
            Open the plain screen instead, as where the packages of the screen are missing: for a notebook that does
            not show it.
        """
        why = "it was asked for"
        if not fallback:
            try:
                from policy_lab.lab.opened import open_lab

                return open_lab(*arguments, **options)
            except ModuleNotFoundError as error:
                if error.name not in _WANTED:
                    raise
                why = f"the package {error.name} is not installed (pip install 'policy_lab[lab]')"
        from policy_lab.lab.fallback import open_plain

        return open_plain(*arguments, why=why, **options)


sys.modules[__name__].__class__ = _Room
