"""A figure: its finding, its data and how it is drawn; saved without anything that differs from run to run."""

from __future__ import annotations

import base64
import html
import io
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from policy_lab.errors import InputError, Problem

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Canvas

FORMATS = ("svg", "png", "pdf")
WIDTH = 6.3
"""Inches: the text width of an A4 page with margins of 2.5 cm, so that 9 pt in the chart stays 9 pt on paper."""
DOTS_PER_INCH = 200
_AIR = 0.08
"""Inches of the gap between words and plot that stay when the words are cut off."""

_STYLE = {
    "svg.hashsalt": "policy_lab",
    "svg.fonttype": "path",
    "pdf.fonttype": 42,
    "font.family": "DejaVu Sans",
    "text.parse_math": False,
    "font.size": 8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.titlesize": 8,
    "axes.labelsize": 8,
    "xtick.labelsize": 8,
    "ytick.labelsize": 8,
}


@dataclass(frozen=True)
class Figure:
    """A chart with its words.

    ``title`` states the finding, ``subtitle`` the measure and its unit, ``alt`` says in words what the chart shows,
    ``source`` where it comes from; ``data`` holds every number drawn, ``manifest`` what made them. ``paint`` draws on
    an empty canvas of ``size`` inches.
    """

    title: str
    subtitle: str
    alt: str
    source: str
    data: pd.DataFrame = field(repr=False)
    manifest: Mapping[str, Any] = field(repr=False)
    paint: Callable[[Canvas], None] = field(repr=False)
    size: tuple[float, float] = (WIDTH, 3.5)

    def save(self, path: str | Path) -> Path:
        """Write the chart as ``.svg``, ``.png`` or ``.pdf``; the same figure always gives the same bytes.

        Raises
        ------
        InputError
            For any other ending.
        """
        target = Path(path)
        kind = target.suffix.lower().removeprefix(".")
        if kind not in FORMATS:
            raise InputError(
                Problem(what=f"a chart cannot be saved as `{target.name}`", remedy="Use .svg, .png or .pdf.")
            )
        target.write_bytes(self.to_bytes(kind))
        return target

    def to_bytes(self, kind: str, dots_per_inch: int = DOTS_PER_INCH, *, words: bool = True) -> bytes:
        """Return the chart as ``svg``, ``png`` or ``pdf``, with words and manifest in the file's own metadata.

        Without ``words`` title, subtitle and source are cut off, for a page that says them as text of its own.
        """
        from matplotlib.figure import Figure as Canvas
        from matplotlib.transforms import Bbox

        buffer = io.BytesIO()
        top, bottom = self._words_heights()
        width, height = self.size
        cut = None if words else Bbox([[0, bottom], [width, height - top]])
        with _style():
            canvas = Canvas(figsize=self.size, facecolor="white")
            self.paint(canvas)
            canvas.savefig(buffer, format=kind, dpi=dots_per_inch, metadata=self._metadata(kind), bbox_inches=cut)
        drawn = buffer.getvalue()
        return self._named(drawn) if kind == "svg" else drawn

    @property
    def plot_size(self) -> tuple[float, float]:
        """Width and height in inches without title, subtitle and source."""
        return self.size[0], self.size[1] - sum(self._words_heights())

    def _words_heights(self) -> tuple[float, float]:
        """Return the inches that words take above and below the plot: every chart is framed so."""
        from policy_lab.charts.frame import frame

        framed = frame(self.title, self.subtitle, self.source, self.size[0])
        return framed.top - _AIR, framed.bottom

    def _metadata(self, kind: str) -> dict[str, Any]:
        from policy_lab.provenance import package_version

        maker = f"policy_lab {package_version()}"
        record = json.dumps(dict(self.manifest), sort_keys=True, default=str)
        if kind == "svg":
            return {"Title": self.title, "Description": self.alt, "Source": record, "Creator": maker, "Date": None}
        if kind == "pdf":
            words = {"Title": self.title, "Subject": self.alt, "Keywords": record, "Creator": maker}
            return {**words, "Producer": maker, "CreationDate": None}
        return {"Title": self.title, "Description": self.alt, "Comment": record, "Software": maker}

    def _named(self, drawn: bytes) -> bytes:
        """Give the SVG a role and a description, so that a screen reader speaks them; it has its title already."""
        text = drawn.decode("utf-8")
        start = text.index("<svg")
        end = text.index(">", start)
        words = f"<desc>{html.escape(self.alt)}</desc>"
        root = f'{text[start:end]} role="img" aria-label="{html.escape(self.title, quote=True)}">\n {words}'
        return (text[:start] + root + text[end + 1 :]).encode("utf-8")

    def _repr_svg_(self) -> str:
        return self.to_bytes("svg").decode("utf-8")

    def _repr_png_(self) -> bytes:
        return self.to_bytes("png")

    def _repr_html_(self) -> str:
        picture = base64.b64encode(self.to_bytes("svg")).decode("ascii")
        alt = html.escape(f"{self.title}. {self.alt}", quote=True)
        return f'<img alt="{alt}" style="max-width:100%" src="data:image/svg+xml;base64,{picture}">'


@contextmanager
def _style() -> Iterator[None]:
    """Draw with matplotlib's defaults and ours, whatever the user's own settings are."""
    import matplotlib

    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        parameters: Any = matplotlib.rcParams
        parameters.update(_STYLE)
        yield
