"""The cache folder: files that spare the next start some work. All of it may be deleted at any time.

A kept file is whole or as good as not there: its first line is the SHA-256 of the rest. It is written in one move, so
that two processes that write the same file at once leave one whole file. A folder that cannot be read or written
costs time and nothing else. What is kept is data (JSON) or machine code for this processor, never anything that
Python executes.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import sys
import time
from functools import cache
from pathlib import Path
from typing import Final

MOST_BYTES: Final = 50_000_000
"""A larger file is not kept."""
MOST_KEPT: Final = 1_000_000_000
"""Bytes of the whole folder: beyond them, the files that were written first make room."""
_BEGUN: Final = time.time()
_KEY: Final = 64  # hexadecimal digits, with which the name of each kept file begins


def cache_folder() -> Path:
    """Return where read and compiled models are kept: ``POLICY_LAB_CACHE``, or the platform's cache folder."""
    named = os.environ.get("POLICY_LAB_CACHE")
    if named:
        return Path(named)
    home = Path.home()
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA", home / "AppData" / "Local")) / "policy_lab" / "cache"
    if sys.platform == "darwin":
        return home / "Library" / "Caches" / "policy_lab"
    return Path(os.environ.get("XDG_CACHE_HOME", home / ".cache")) / "policy_lab"


def place_of(ending: str, *parts: str) -> Path:
    """Return the place of the kept file that depends on these parts, all of them and nothing else."""
    each = (hashlib.sha256(part.encode("utf-8", "surrogatepass")).digest() for part in parts)
    return cache_folder() / f"{hashlib.sha256(b''.join(each)).hexdigest()}{ending}"


def kept(place: Path) -> bytes | None:
    """Return what was kept; None where there is nothing, or something that is not whole."""
    try:
        mark, _, content = place.read_bytes().partition(b"\n")
    except OSError:
        return None
    return content if mark == hashlib.sha256(content).hexdigest().encode() else None


def keep(place: Path, content: bytes) -> None:
    """Keep something for the next start."""
    if len(content) > MOST_BYTES:
        return
    import tempfile  # only who writes needs it

    with contextlib.suppress(OSError):
        place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle, temporary = tempfile.mkstemp(dir=place.parent, prefix=f"{place.name}.", suffix=".part")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(hashlib.sha256(content).hexdigest().encode() + b"\n" + content)
            Path(temporary).replace(place)
        except OSError:  # a full disk, or a file that another process on Windows holds open
            Path(temporary).unlink(missing_ok=True)
        make_room(place.parent, MOST_KEPT)


def make_room(folder: Path, most: int) -> None:
    """Delete the kept files that were written first until the others take no more than ``most`` bytes."""
    found = []
    with os.scandir(folder) as entries:
        for entry in entries:
            if _is_ours(entry.name) and entry.is_file(follow_symlinks=False):
                about = entry.stat(follow_symlinks=False)
                found.append((about.st_mtime_ns, about.st_size, entry.path))
    total = sum(size for _, size, _ in found)
    for _, size, path in sorted(found):
        if total <= most:
            return
        with contextlib.suppress(OSError):  # another process has deleted it already, or reads it on Windows
            os.unlink(path)
        total -= size


@cache
def sources(*rooms: str) -> str:
    """Return a digest of our own modules, of whole rooms (``"model"``) or single ones (``"errors.py"``).

    What this package wrote is good for as long as the code that wrote it is the same, whatever its version is called.
    Where a module was written after this process began, nobody knows which text runs: the digest is one of its own, so
    that this process finds nothing that was kept, and leaves nothing that another one finds.
    """
    package = Path(__file__).parent
    digest = hashlib.sha256()
    for room in rooms:
        place = package / room
        for source in [place] if place.suffix else sorted(place.glob("*.py")):
            digest.update(source.name.encode() + b"\0" + hashlib.sha256(source.read_bytes()).digest())
            if source.stat().st_mtime > _BEGUN:
                digest.update(os.urandom(16))
    return digest.hexdigest()


@cache
def installed(*packages: str) -> str:
    """Return how installed packages call themselves on disk, version included, without importing any of them."""
    from importlib.util import find_spec

    found: list[str] = []
    for package in packages:
        spec = find_spec(package)
        if spec is None or spec.origin is None:
            found.append(f"no {package}")
            continue
        origin = Path(spec.origin)
        names = [name for name in os.listdir(origin.parents[1]) if name.startswith(f"{package}-")]
        about = origin.stat()
        found += sorted(names) or [f"{package} {about.st_size} {about.st_mtime_ns}"]
    return " ".join(found)


def _is_ours(name: str) -> bool:
    return len(name) > _KEY and name[_KEY] == "." and all(letter in "0123456789abcdef" for letter in name[:_KEY])
