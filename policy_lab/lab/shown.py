"""How a screen shows itself in a cell: the widget, and beneath it a picture for whoever opens the notebook later."""

from __future__ import annotations

import base64
import html
from abc import abstractmethod
from typing import Any, Final

import anywidget

from policy_lab.charts.figure import Figure

SAVED: Final = "pl-saved"
"""Class of the picture in a notebook. Where the widget is alive its style sheet hides it; without a kernel neither the
widget nor its style sheet is there, and the picture is what can be seen."""
_DOTS: Final = 100


class ShownWidget(anywidget.AnyWidget):
    """A widget that leaves a picture in the notebook."""

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

    def _picture_bundle(self) -> dict[str, str]:
        drawn = self.picture()
        picture = base64.b64encode(drawn.to_bytes("png", _DOTS)).decode("ascii")
        words = f"{drawn.title}. {drawn.alt} {drawn.source}"
        note = "The screen as the cell left it. Run the cell to move its sliders."
        image = f'<img alt="{html.escape(words, quote=True)}" src="data:image/png;base64,{picture}">'
        figure = f'<figure class="{SAVED}">{image}<figcaption>{note}</figcaption></figure>'
        return {"text/html": figure, "image/png": picture, "text/plain": words}
