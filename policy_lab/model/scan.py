"""Take a Vensim file apart by hand, so that every equation keeps its first line and its text as written.

PySD collapses all white space before it parses and so loses every line number; it also drops the integration method.
The format: entries ``equation ~ unit ~ documentation [~ flags] |``, groups ``****.Name**** ~ text |``, macros between
``:MACRO:`` and ``:END OF MACRO:``, then a line that starts the sketch and another that starts the settings.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

from policy_lab.errors import Problem

Integration: TypeAlias = Literal["euler", "rk2", "rk4", "adaptive"]

_SKETCH = "\\\\\\---///"
_SETTINGS = re.compile(r"^15:(?:[^,\n]*,){3}\s*(\d+)", re.MULTILINE)
# Euler, RK4 Auto, Difference, RK2 Auto, RK2 Fixed, RK4 Fixed
_INTEGRATION: dict[str, Integration] = {
    "0": "euler", "1": "adaptive", "2": "euler", "3": "adaptive", "4": "rk2", "5": "rk4",
}  # fmt: skip
_ENCODING = re.compile(r"^\s*\{[^}\n]*\}")
_CONTINUED = re.compile(r"\\[ \t]*\r?\n")
_BRACES = re.compile(r"[{}]")
LONGEST_COMMENT = 100_000
_GROUP = re.compile(r"^\*{3,}\s*\.?(.*?)\s*\*{3,}\s*$", re.DOTALL)
_DRAWN = re.compile(r'10,\d+,("(?:[^"\\]|\\.)*"|[^,]*)(?:,-?\d+){5},(\d+)')


@dataclass(frozen=True)
class Entry:
    """One equation of a Vensim file: its text as written, with the line of its first character."""

    text: str
    unit: str
    documentation: str
    line: int
    group: str = ""
    macro: str = ""


@dataclass(frozen=True)
class Macro:
    """The head of a ``:MACRO:`` definition."""

    head: str
    line: int


@dataclass(frozen=True)
class Scan:
    """A Vensim file taken apart; ``views`` gives the variables that are drawn in each view, shadows left aside."""

    entries: tuple[Entry, ...]
    macros: tuple[Macro, ...]
    views: Mapping[str, tuple[str, ...]]
    integration: Integration
    problems: tuple[Problem, ...]


def scan(text: str) -> Scan:
    """Take the text of a ``.mdl`` file apart; faults are returned in ``problems``, without a file name."""
    equations, _, rest = text.partition(_SKETCH)
    entries: list[Entry] = []
    macros: list[Macro] = []
    problems: list[Problem] = []
    group, macro = "", ""
    for parts, line, closed in _split(_blank_encoding(equations)):
        head, line = _skip_space(parts[0], line)
        head, line, macro = _enter_macros(head, line, macro, macros)
        if not closed:
            if head or len(parts) > 1:
                problems.append(_unterminated(head, line))
            continue
        named = _GROUP.match(head)
        if named and len(parts) <= 3:
            group = named.group(1)
            continue
        if len(parts) < 2:
            problems.append(Problem("an equation needs `~ unit ~ documentation |` after it", line=line))
            continue
        documentation = folded(parts[2]) if len(parts) > 2 else ""  # some writers leave the second tilde out
        entries.append(Entry(head.rstrip(), folded(parts[1]), documentation, line, group, macro))
    setting = _SETTINGS.search(rest)
    integration = _INTEGRATION.get(setting.group(1), "euler") if setting else "euler"
    return Scan(tuple(entries), tuple(macros), _views(rest.partition("///---\\\\\\")[0]), integration, tuple(problems))


def _views(sketch: str) -> dict[str, tuple[str, ...]]:
    found: dict[str, list[str]] = {}
    view = ""
    for line in sketch.splitlines():
        drawn = _DRAWN.match(line)
        if line.startswith("*"):
            view = line[1:].strip()
            found.setdefault(view, [])
        elif drawn and view and int(drawn.group(2)) % 2:  # an even number draws a shadow of a variable
            found[view].append(" ".join(drawn.group(1).split()))
    return {name: tuple(dict.fromkeys(variables)) for name, variables in found.items()}


def folded(text: str) -> str:
    """Join continued lines and fold runs of white space, as PySD does before it parses."""
    return " ".join(_CONTINUED.sub(" ", text).split())


def line_at(raw: str, first_line: int, position: int) -> int:
    """Return the line of the character that stands at ``position`` of ``folded(raw)``."""
    wanted = sum(not (sign.isspace() or sign == "\\") for sign in folded(raw)[:position])
    line = first_line
    for sign in raw:
        if sign == "\n":
            line += 1
        elif not (sign.isspace() or sign == "\\"):
            if wanted == 0:
                return line
            wanted -= 1
    return line


def _split(text: str) -> list[tuple[list[str], int, bool]]:
    """Split into entries of parts: (parts, line of the first character, whether a ``|`` closed it).

    Quotes protect ``~`` and ``|`` in the equation and the unit, not in the documentation, where an apostrophe or a
    stray quote is ordinary text. ``{comments}`` inside an equation are blanked, those inside
    them too, their line ends kept.
    """
    found: list[tuple[list[str], int, bool]] = []
    parts: list[str] = []
    start, line, first, at = 0, 1, 1, 0
    pieces: list[str] = []
    while at < len(text):
        sign = text[at]
        in_text = len(parts) < 2
        if in_text and sign == '"':
            at = _quote_end(text, at)
            continue
        if in_text and sign == "{":
            end = _comment_end(text, at)
            if end:
                pieces += [text[start:at], re.sub(r"[^\n]", " ", text[at:end])]
                start = at = end
                continue
        if sign in "~|":
            part = "".join(pieces) + text[start:at]
            parts.append(part)
            pieces, start = [], at + 1
            if sign == "|":
                found.append((parts, first, True))
                line += sum(piece.count("\n") for piece in parts)
                parts, first = [], line
        at += 1
    last = "".join(pieces) + text[start:]
    parts.append(last)
    if any(part.strip() for part in parts):
        found.append((parts, first, False))
    return found


def _comment_end(text: str, start: int) -> int:
    """Return the index after the ``}`` that closes a comment, others inside it included; 0 where none does."""
    depth = 0
    for found in _BRACES.finditer(text, start, start + LONGEST_COMMENT):
        depth += 1 if found.group() == "{" else -1
        if depth == 0:
            return found.end()
    return text.find("}", start) + 1


def _quote_end(text: str, start: int) -> int:
    """Return the index after the quote that closes the one at ``start``; an unclosed one is taken literally."""
    at = start + 1
    while at < len(text):
        if text[at] == "\\" and at + 1 < len(text) and text[at + 1] == '"':
            at += 2
        elif text[at] == '"':
            return at + 1
        elif text[at] == "\n" and not text[start:at].rstrip(" \t\r").endswith("\\"):
            return start + 1  # a name goes over a line end only where a backslash continues it
        else:
            at += 1
    return start + 1


def _blank_encoding(text: str) -> str:
    header = _ENCODING.match(text)
    return text if header is None else " " * header.end() + text[header.end() :]


def _skip_space(text: str, line: int) -> tuple[str, int]:
    stripped = text.lstrip()
    return stripped, line + text[: len(text) - len(stripped)].count("\n")


def _enter_macros(head: str, line: int, macro: str, macros: list[Macro]) -> tuple[str, int, str]:
    """Take macro marks off the front of an entry; return the rest, its line and the macro that it is in."""
    while True:
        upper = head[:16].upper()
        if upper.startswith(":END OF MACRO:"):
            macro, (head, line) = "", _skip_space(head[len(":END OF MACRO:") :], line)
        elif upper.startswith(":MACRO:"):
            first, _, rest = head[len(":MACRO:") :].partition(")")
            macro = folded(first + ")")
            macros.append(Macro(macro, line))
            head, line = _skip_space(rest, line + first.count("\n"))
        else:
            return head, line, macro


def _unterminated(head: str, line: int) -> Problem:
    beginning = folded(head)[:60]
    return Problem(
        "unterminated equation",
        line=line,
        variable=beginning.partition("=")[0].strip() or None,
        why="the file ends before `|`",
        remedy="The file may have been cut short.",
    )
