"""What runs in the kernel of a visitor: the screen, and nothing beside it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any


def show(opening: str) -> None:
    """Show the screen that a file describes: without the picture that a saved notebook keeps, which nobody would see.

    Parameters
    ----------
    opening
        A JSON file: options of `policy_lab.lab`.
    """
    from anywidget import AnyWidget
    from IPython.display import display

    from policy_lab.lab.opened import open_lab

    told: dict[str, Any] = json.loads(Path(opening).read_text(encoding="utf-8"))
    screen = open_lab(told.pop("study", None), **told)
    bundle = AnyWidget._repr_mimebundle_(screen)
    if bundle is not None:
        display(bundle[0], raw=True)
