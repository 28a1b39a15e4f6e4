"""Colours of the UK Government Analysis Function, and the contrast rule that they must pass.

Source: analysisfunction.civilservice.gov.uk, *Data visualisation: colours in charts*. Marks need a contrast of 3:1 with
what lies beside them (WCAG 2.2, 1.4.11), text 4.5:1 (1.4.3); colour is never the only cue.
"""

from __future__ import annotations

DARK_BLUE = "#12436D"
TURQUOISE = "#28A197"
DARK_PINK = "#801650"
ORANGE = "#F46A25"
DARK_GREY = "#3D3D3D"
LIGHT_PURPLE = "#A285D1"
MID_BLUE = "#2073BC"
LIGHT_BLUE = "#6BACE6"

CATEGORICAL = (DARK_BLUE, TURQUOISE, DARK_PINK, ORANGE)
"""At most four categories in a panel; beyond that, focus and grey."""

SEQUENTIAL = (DARK_BLUE, MID_BLUE, LIGHT_BLUE)

GREY = "#BFBFBF"
"""Context behind a focus: never the only carrier of a meaning, so it may fall under 3:1."""

GREY_LINE = "#6F777B"
"""Context that must still be read as a mark of its own."""

TEXT = "#0B0C0C"
QUIET_TEXT = "#505A5F"
PAPER = "#FFFFFF"
GRID = "#E4E4E4"

TEXT_OF = {DARK_BLUE: DARK_BLUE, TURQUOISE: "#17807A", DARK_PINK: DARK_PINK, ORANGE: "#B8480A"}
"""The shade in which text may take up the colour of a mark."""


def contrast(one: str, other: str) -> float:
    """Return the contrast ratio of two colours (WCAG 2.2: ``(L1 + 0.05) / (L2 + 0.05)``), from 1 to 21."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: str) -> float:
    channels = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4 for value in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
