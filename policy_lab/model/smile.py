"""What equations in XMILE say that PySD's grammar does not know, written as it knows it.

Keywords come in any case; ``x[*]`` is the whole of an array, ``Dimension.element`` the place of an element, counted
from 1 (inside brackets the element itself), ``SELF`` the variable whose equation it is. Names in quotes are left alone.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from policy_lab.model.types import plain_name

_COMMENT = re.compile(r"\{[^{}]*\}")
_WHOLE = re.compile(r"\b(SUM|PROD|MIN|MAX)(\s*\(\s*[^()\[\],]+?)\s*\[\s*\*(?:\s*,\s*\*)*\s*\](\s*\))", re.IGNORECASE)
_NAME = r'(?:"(?:[^"\\]|\\.)*"|[^\W\d][\w$\']*)'
_WORD = re.compile(rf"({_NAME})(?:\s*\.\s*({_NAME}|\d+))?|[\[\]]")
_KEYWORDS = frozenset({"if", "then", "else"})


def prepared(expression: str, name: str, dimensions: Mapping[str, Sequence[str]]) -> str:
    """Return the equation of a variable in the words of PySD's grammar, on one line and without comments."""
    text = " ".join(_COMMENT.sub(" ", expression).split())
    places = {plain_name(one): [plain_name(e) for e in elements] for one, elements in dimensions.items()}
    pieces: list[str] = []
    at = depth = 0
    for found in _WORD.finditer(text):
        pieces.append(text[at : found.start()])
        at = found.end()
        depth += {"[": 1, "]": -1}.get(found.group(), 0)
        pieces.append(_word(found, name, places, bracketed=depth > 0))
    return _WHOLE.sub(r"\1\2\3", "".join(pieces) + text[at:])  # PySD takes `x` for the whole array


def _word(found: re.Match[str], name: str, places: Mapping[str, Sequence[str]], *, bracketed: bool) -> str:
    """Return one word, or a dimension with its element, as PySD's grammar has it."""
    word, element = found.group(1), found.group(2)
    if word is None:
        return found.group()
    if element is not None:
        elements = places.get(plain_name(word), ())
        if plain_name(element) not in elements:
            return found.group()
        return element if bracketed else str(elements.index(plain_name(element)) + 1)
    if word.lower() in _KEYWORDS:
        return word.upper()
    if word.lower() == "mod":
        return "mod"
    return f'"{name}"' if word.lower() == "self" and name and not bracketed else word
