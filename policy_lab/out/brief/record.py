"""The record that a briefing carries: what made it, as text that a program can read back."""

from __future__ import annotations

import base64
import datetime as dt
import json
import re
import zlib
from typing import TYPE_CHECKING, Any, Final
from xml.sax.saxutils import escape, unescape

if TYPE_CHECKING:
    from policy_lab.out.brief.content import Choice
    from policy_lab.out.brief.parts import Briefing
    from policy_lab.results.types import Results

MARK: Final = "policy_lab record: "
CODE: Final = "policy_lab-record-"
"""Before a record packed into letters and digits, for documents whose only room is a keyword."""
PART: Final = "/customXml/policy_lab.xml"
RELATION: Final = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/customXml"
SPACE: Final = "urn:policy_lab:record"


def record_of(results: Results, choice: Choice, made_on: dt.date, *, watched: bool) -> dict[str, Any]:
    """Return what made a briefing: the manifest of its results, and what its author chose."""
    plan_file = results.plan.study.files.get("plan")
    asked = {} if plan_file is None else {"plan": plan_file.read_text(encoding="utf-8")}
    chosen = {"charts": list(choice.charts), "final": choice.final, "people": dict(choice.people), "watch": watched}
    chosen["made_on"] = made_on.isoformat()
    return {"briefing": chosen, "manifest": dict(results.manifest), **asked}


def record_text(briefing: Briefing) -> str:
    """Return the record as one line of text, which starts with a mark that can be looked for."""
    return MARK + json.dumps(dict(briefing.record), sort_keys=True, default=str, ensure_ascii=True)


def record_part(briefing: Briefing) -> bytes:
    """Return the record as the XML of a part of its own, as Word and PowerPoint keep data beside a document."""
    content = f'<record xmlns="{SPACE}">{escape(record_text(briefing))}</record>'
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{content}'.encode()


def record_code(briefing: Briefing) -> str:
    """Return the record packed into letters, digits, minus and underscore."""
    packed = zlib.compress(record_text(briefing).encode("utf-8"), 9)
    return CODE + base64.urlsafe_b64encode(packed).decode("ascii").rstrip("=")


def read_code(text: str) -> dict[str, Any]:
    """Return the record that a text holds packed; empty where it holds none."""
    at = text.find(CODE)
    if at < 0:
        return {}
    packed = re.match(r"[\w-]*", text[at + len(CODE) :], re.ASCII)
    letters = packed.group() if packed else ""
    return read_record(zlib.decompress(base64.urlsafe_b64decode(letters + "=" * (-len(letters) % 4))).decode("utf-8"))


def read_record(text: str, *, escaped: bool = False) -> dict[str, Any]:
    """Return the record that a text holds, as XML has it where ``escaped``; empty where it holds none."""
    text = unescape(text) if escaped else text
    at = text.find(MARK)
    if at < 0:
        return {}
    found, _ = json.JSONDecoder().raw_decode(text[at + len(MARK) :])
    return dict(found)
