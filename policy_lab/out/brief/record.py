"""The record that a briefing carries: what made it, as text that a program can read back."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from policy_lab.out.brief.content import Choice
    from policy_lab.out.brief.parts import Briefing
    from policy_lab.results.types import Results

MARK: Final = "policy_lab record: "


def record_of(results: Results, choice: Choice, *, watched: bool) -> dict[str, Any]:
    """Return what made a briefing: the manifest of its results, and what its author chose."""
    plan_file = results.plan.study.files.get("plan")
    asked = {} if plan_file is None else {"plan": plan_file.read_text(encoding="utf-8")}
    chosen = {"charts": list(choice.charts), "final": choice.final, "people": dict(choice.people), "watch": watched}
    return {"briefing": chosen, "manifest": dict(results.manifest), **asked}


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
