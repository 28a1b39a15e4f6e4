"""Numbers out of file text, and nothing else: this stands where PySD's parsers call ``eval``."""

from __future__ import annotations

import re

_NUMBER = r"[+-]?\s*(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?"
_TERM = re.compile(rf"({_NUMBER})\s*")
_ONE = re.compile(_NUMBER + r"\Z")
_PAIR = re.compile(rf"\(\s*({_NUMBER})\s*,\s*({_NUMBER})\s*\)")
_BETWEEN = re.compile(r"[\s,]*")


class LiteralError(ValueError):
    """A text is not the literal that was expected."""


def read_number(text: str) -> float:
    """Return the number that ``text`` spells.

    Raises
    ------
    LiteralError
        When the text is anything but one decimal number.
    """
    text = text.strip()
    if not _ONE.match(text):
        raise LiteralError(f"`{text[:40]}` is not a number")
    return float("".join(text.split()))


def read_sum(text: str) -> float:
    """Return the number that ``text`` spells, or the sum of several with signs between them (``41 + 1 - 2``).

    Raises
    ------
    LiteralError
        When the text is anything else.
    """
    text = text.strip()
    total, at = 0.0, 0
    while at < len(text):
        part = _TERM.match(text, at)
        if part is None or (at and part.group(1)[0] not in "+-"):
            raise LiteralError(f"`{text[:40]}` is not a number")
        total += read_number(part.group(1))
        at = part.end()
    return total if at else read_number(text)


def read_points(text: str) -> tuple[tuple[float, float], ...]:
    """Return the pairs of ``(x, y),(x, y)…``.

    Raises
    ------
    LiteralError
        When the text holds anything but pairs of numbers, or none.
    """
    text = text.strip()
    points: list[tuple[float, float]] = []
    at = 0
    while at < len(text):
        pair = _PAIR.match(text, at)
        if pair is None:
            raise LiteralError(f"`{text[at : at + 40]}` is not a pair of numbers")
        points.append((read_number(pair.group(1)), read_number(pair.group(2))))
        gap = _BETWEEN.match(text, pair.end())
        at = gap.end() if gap else pair.end()
    if not points:
        raise LiteralError("no points")
    return tuple(points)


def read_string(text: str) -> str:
    """Return what stands between single quotes, as it stands there: no escape is interpreted."""
    text = text.strip()
    if len(text) < 2 or text[0] != "'" or text[-1] != "'" or "'" in text[1:-1]:
        raise LiteralError(f"`{text[:40]}` is not a quoted text")
    return text[1:-1]
