"""Write files whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from policy_lab.errors import InputError, Problem


def unwritable(path: Path, error: OSError) -> InputError:
    """Return the error for what cannot be written, and why."""
    return InputError(Problem(what=f"cannot be written: {error.strerror or error}", file=path))


@contextmanager
def written_whole(path: Path) -> Iterator[Path]:
    """Give a temporary path beside ``path``; it takes that place when the block ends, and is removed if it fails.

    Raises
    ------
    InputError
        When the folder cannot be made or written to.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}.partial")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.is_dir():
            raise InputError(Problem(what="is a folder, where a file is to be written", file=path))
        yield temporary
        os.replace(temporary, path)
    except OSError as error:
        raise unwritable(path, error) from error
    finally:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
