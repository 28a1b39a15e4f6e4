"""PDF and ODT, made by LibreOffice from the Word document, where LibreOffice is installed."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Final

from policy_lab.errors import InputError, Problem

NAMES: Final = ("soffice", "libreoffice")
FILTERS: Final = {
    "pdf": 'pdf:writer_pdf_Export:{"UseLosslessCompression":{"type":"boolean","value":"true"},'
    '"UseTaggedPDF":{"type":"boolean","value":"true"},"ExportBookmarks":{"type":"boolean","value":"true"},'
    '"PDFUACompliance":{"type":"boolean","value":"true"}}',
    "odt": "odt",
}
"""Pictures stay as sharp as they are, and the structure stays for who cannot see the page."""
PATIENCE: Final = 120
"""Seconds."""


def converted(document: bytes, kind: str) -> bytes:
    """Return a Word document as ``pdf`` or ``odt``.

    Raises
    ------
    InputError
        Where LibreOffice is not installed, or fails.
    """
    program = next((path for name in NAMES if (path := shutil.which(name))), None)
    if program is None:
        remedy = "Install LibreOffice, or ask for .docx, .pptx or .html."
        raise InputError(Problem(what=f".{kind} is made by LibreOffice, which was not found", remedy=remedy))
    with tempfile.TemporaryDirectory(prefix="policy_lab-") as name:
        folder = Path(name)
        source = folder / "briefing.docx"
        source.write_bytes(document)
        # A profile of its own: another LibreOffice that is open would take the work and answer nothing.
        own = f"-env:UserInstallation={(folder / 'profile').as_uri()}"
        command = [program, own, "--headless", "--convert-to", FILTERS[kind], "--outdir", str(folder), str(source)]
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=False)
        except (OSError, subprocess.TimeoutExpired) as error:
            raise InputError(Problem(what=f"LibreOffice did not make the .{kind}", why=str(error))) from error
        made = folder / f"briefing.{kind}"
        if not made.is_file():
            said = (done.stderr or done.stdout).strip().splitlines()
            why = said[-1] if said else f"it ended with {done.returncode}"
            raise InputError(Problem(what=f"LibreOffice did not make the .{kind}", why=why))
        return made.read_bytes()
