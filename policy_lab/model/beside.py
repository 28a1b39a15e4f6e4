"""Files beside a model: the only others that are ever opened for it, and only inside the model's own folder.

A model may name a file of numbers. The name is a stranger's text, so that it has to be a plain relative path to an
ordinary file of a known kind that lies, with every link followed, in the model's folder or below it.
"""

from __future__ import annotations

import hashlib
import os
import re
import stat
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Final

from policy_lab.errors import clipped, nearest_names

SUFFIXES: Final = (".csv", ".tab", ".txt", ".xls", ".xlsx", ".xlsm", ".ods")
LARGEST_TABLE: Final = 20_000_000
"""Bytes of a file beside a model; a larger one is refused."""

_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]+:")
_DRIVE = re.compile(r"[A-Za-z]:")


class BesideError(ValueError):
    """A file beside a model cannot be used; the message is for the user and holds nothing of the file's content."""

    def __init__(self, what: str, remedy: str = "", nearest: tuple[str, ...] = ()) -> None:
        super().__init__(what)
        self.remedy = remedy
        self.nearest = nearest


@dataclass(frozen=True)
class Beside:
    """The content of one file: ``name`` is its path below the model's folder, ``digest`` the SHA-256 of ``raw``."""

    name: str
    raw: bytes
    digest: str

    @property
    def suffix(self) -> str:
        """Its kind, in lower case."""
        return PurePosixPath(self.name).suffix.lower()


def read_beside(folder: Path, name: str) -> Beside:
    """Read a file that a model in ``folder`` names.

    Parameters
    ----------
    folder
        The folder of the model file.
    name
        The name as the model writes it; a backslash stands for ``/``, as on the system that Vensim runs on.

    Raises
    ------
    BesideError
        When the name is not a plain relative path of a known kind, leads out of the folder, by a link too, or names
        no file, one that cannot be read or one larger than `LARGEST_TABLE`.
    """
    plain = _plain(name)
    shown = f"`{clipped(name)}`"
    try:
        root = folder.resolve(strict=True)
        target = (root / plain).resolve()
        if not target.is_relative_to(root):
            raise BesideError(f"{shown} leads out of the model's folder", "Keep the file beside the model.")
        if not target.is_file():
            raise BesideError(f"no file {shown} beside the model", nearest=_near(root, plain))
        raw = _content(target, shown)
    except (OSError, RuntimeError) as error:  # a loop of links is an OSError or, in older Python, a RuntimeError
        reason = getattr(error, "strerror", None) or "its links go in a circle"
        raise BesideError(f"{shown} cannot be read: {reason}") from error
    return Beside(plain, raw, hashlib.sha256(raw).hexdigest())


def unchanged(folder: Path, files: Iterable[tuple[str, str]]) -> bool:
    """Tell whether every file (name and SHA-256) that a model read is still there with the same content."""
    try:
        return all(read_beside(folder, name).digest == digest for name, digest in files)
    except BesideError:
        return False


def _plain(name: str) -> str:
    """Return a name as a path with forward slashes, or refuse it; nothing is looked up."""
    shown = f"`{clipped(name)}`"
    if not name.strip():
        raise BesideError("the name of the file is empty")
    if name.startswith("?"):
        raise BesideError(
            f"{shown} is an alias that Vensim keeps outside the model, and cannot be followed",
            "Write the file's own name into the model.",
        )
    if _CONTROL.search(name):
        raise BesideError(f"{shown} holds a control character, which no file name has")
    if _URL.match(name) or _DRIVE.match(name):
        raise BesideError(f"{shown} is not a file beside the model", "Give a relative path, without a drive or a host.")
    plain = name.replace("\\", "/")
    if plain.startswith("/"):
        raise BesideError(f"{shown} is an absolute path", "Keep the file beside the model and give its relative path.")
    path = PurePosixPath(plain)
    if ".." in path.parts:
        raise BesideError(f"{shown} leads out of the model's folder", "Keep the file beside the model.")
    if path.suffix.lower() not in SUFFIXES:
        raise BesideError(f"{shown} is no table of a kind that can be read; known are {', '.join(SUFFIXES)}")
    return str(path)


def _content(target: Path, shown: str) -> bytes:
    """Read an ordinary file; what has become a link, a pipe or a device since it was looked at is not opened."""
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    with os.fdopen(os.open(target, flags), "rb") as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise BesideError(f"{shown} is not an ordinary file")
        raw = file.read(LARGEST_TABLE + 1)
    if len(raw) > LARGEST_TABLE:
        raise BesideError(f"{shown} is larger than the limit of {LARGEST_TABLE:,} bytes")
    return raw


def _near(root: Path, plain: str) -> tuple[str, ...]:
    """Return the names of tables in the folder where the file should be that are like its own."""
    wanted = PurePosixPath(plain)
    folder = (root / wanted.parent).resolve()
    if not folder.is_dir() or not folder.is_relative_to(root):
        return ()
    names = sorted(entry.name for entry in folder.iterdir() if entry.suffix.lower() in SUFFIXES)
    return tuple(str(wanted.parent / name) for name in nearest_names(wanted.name, names))
