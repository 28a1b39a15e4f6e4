"""The accessibility scan by axe-core, an engine from npm that `make browser` installs."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path
from typing import Any

from playwright.sync_api import Page

AXE = Path(__file__).parent / "node_modules" / "axe-core" / "axe.min.js"
DIGEST = "29348999450cdf2849a8e70b7912fc2da85a849da39c0d0d5394f51d4a9ed95c"
"""SHA-256 of the file in version 4.14.1: what runs in the page is what was looked at."""
TAGS = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa")


@cache
def script() -> str:
    """Return the engine; where it is not here, that is a failure and no reason to skip."""
    if not AXE.exists():
        raise FileNotFoundError("no axe-core: `make browser` installs it (with npm)")
    content = AXE.read_bytes()
    found = hashlib.sha256(content).hexdigest()
    if found != DIGEST:
        raise ValueError(f"{AXE} is not axe-core 4.14.1 as it was looked at: SHA-256 {found}")
    return content.decode("utf-8")


def violations(page: Page, part: str = ".pl") -> list[str]:
    """Scan a part of the page; return what breaks WCAG 2.2 A or AA, a line each, with what to look at."""
    if not page.evaluate("() => typeof window.axe === 'object'"):
        page.evaluate(script())  # as code of the page, past its policy on scripts of others
    found: dict[str, Any] = page.evaluate(
        """([part, tags]) => axe.run({include: [[part]]},
        {runOnly: {type: 'tag', values: tags}, resultTypes: ['violations']})""",
        [part, list(TAGS)],
    )
    return [
        f"{fault['id']} ({fault['impact']}): {fault['help']}; {node['target']} {node['html'][:160]} "
        f"{node['failureSummary'][:300]}"
        for fault in found["violations"]
        for node in fault["nodes"]
    ]
