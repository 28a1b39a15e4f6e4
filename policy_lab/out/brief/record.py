"""The record that a briefing carries: what made it, as text that a program can read back."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from policy_lab.out.brief.parts import Briefing

MARK: Final = "policy_lab record: "


def record_text(briefing: Briefing) -> str:
    """Return the record as one line of text, which starts with a mark that can be looked for."""
    return MARK + json.dumps(dict(briefing.record), sort_keys=True, default=str, ensure_ascii=True)


def read_record(text: str) -> dict[str, Any]:
    """Return the record that a text holds; empty where it holds none."""
    at = text.find(MARK)
    if at < 0:
        return {}
    found, _ = json.JSONDecoder().raw_decode(text[at + len(MARK) :])
    return dict(found)
