"""What the screens share: how they talk with their page, and the picture for whoever opens the notebook later."""

from __future__ import annotations

import base64
import html
from abc import abstractmethod
from collections.abc import Callable
from typing import Any, Final

import anywidget
import traitlets

from policy_lab.charts.figure import Figure
from policy_lab.lab.behind import running_loop

SAVED: Final = "pl-saved"
"""Class of the picture in a notebook. Where the widget is alive its style sheet hides it; without a kernel neither the
widget nor its style sheet is there, and the picture is what can be seen."""
_DOTS: Final = 100


class ShownWidget(anywidget.AnyWidget):
    """A widget whose page draws what it is told, and that leaves a picture in the notebook.

    ``opening`` is told once; ``asked`` is what the page moved last. ``told`` and ``numbers`` are what it draws, and
    ``seq`` counts them.
    """

    opening = traitlets.Dict().tag(sync=True)
    asked = traitlets.Dict().tag(sync=True)
    told = traitlets.Dict().tag(sync=True)
    numbers = traitlets.Bytes().tag(sync=True)
    seq = traitlets.Int(0).tag(sync=True)

    def __init__(self, opening: dict[str, Any]) -> None:
        self._loop = running_loop()
        super().__init__(opening=opening)

    @abstractmethod
    def picture(self) -> Figure:
        """Return what the screen shows as a picture."""

    def _ipython_display_(self, **_: Any) -> None:
        """Show the widget first, since drawing takes a moment, then the picture as an output of its own.

        JupyterLab says "model not found" in the place of a widget whose kernel has gone, whatever else that output
        holds; an output of its own is shown.
        """
        from IPython.display import display

        shown = super()._repr_mimebundle_()
        if shown is not None:
            display(shown[0], metadata=shown[1], raw=True)
        display(self._picture_bundle(), raw=True)

    def _repr_mimebundle_(self, **options: Any) -> tuple[dict[str, Any], dict[str, Any]] | None:
        """Return the widget and its picture as one output, for whatever asks for no display."""
        shown = super()._repr_mimebundle_(**options)
        if shown is None:
            return None
        pictured = self._picture_bundle()
        return {**shown[0], "image/png": pictured["image/png"], "text/plain": pictured["text/plain"]}, shown[1]

    def _in_the_loop(self, call: Callable[[], None]) -> None:
        """Do something where messages are sent from: in the notebook's own loop, if there is one."""
        if self._loop is None or self._loop.is_closed():
            call()
        else:
            self._loop.call_soon_threadsafe(call)

    def _picture_bundle(self) -> dict[str, str]:
        drawn = self.picture()
        picture = base64.b64encode(drawn.to_bytes("png", _DOTS)).decode("ascii")
        words = f"{drawn.title}. {drawn.alt} {drawn.source}"
        note = "The screen as the cell left it. Run the cell to move its sliders."
        image = f'<img alt="{html.escape(words, quote=True)}" src="data:image/png;base64,{picture}">'
        figure = f'<figure class="{SAVED}">{image}<figcaption>{note}</figcaption></figure>'
        return {"text/html": figure, "image/png": picture, "text/plain": words}
