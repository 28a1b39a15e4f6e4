"""The interactive screen: what it stands at, what it shows while something moves and at rest, and its page.

The room and the verb share a name: `policy_lab.lab` can be called, whichever was imported first.
"""

from __future__ import annotations

import sys
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from policy_lab.lab.widget import Lab


class _Room(ModuleType):
    """A module that opens the screen when it is called."""

    def __call__(self, *arguments: Any, **options: Any) -> Lab:
        """Open the screen of a study: `policy_lab.lab.widget.open_lab`."""
        from policy_lab.lab.widget import open_lab

        return open_lab(*arguments, **options)


sys.modules[__name__].__class__ = _Room
