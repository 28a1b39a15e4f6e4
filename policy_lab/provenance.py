"""Where things came from: bundled folders, digests, versions, and the manifest that goes with every result."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Literal

from policy_lab.errors import InputError, Problem

_LIBRARIES = ("llvmlite", "numpy", "pandas", "pyarrow", "pydantic", "pysd", "scipy")


def bundled(kind: Literal["models", "data"]) -> Path:
    """Return the folder of bundled models or data.

    An installed wheel carries it inside the package; a source checkout has it beside the package.

    Raises
    ------
    InputError
        When the installation carries neither.
    """
    package = Path(__file__).parent
    for folder in (package / "_bundled" / kind, package.parent / kind):
        if folder.is_dir():
            return folder
    raise InputError(
        Problem(
            what=f"this installation of policy_lab carries no `{kind}` folder",
            remedy="Install the wheel, or work in a checkout of the repository.",
        )
    )


def file_digest(path: Path) -> str:
    """Return the SHA-256 of a file, in hexadecimal."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def digest_of(value: object) -> str:
    """Return the SHA-256 of a value that JSON can hold, in hexadecimal; the order of keys does not count."""
    return hashlib.sha256(json.dumps(value, sort_keys=True, default=str).encode()).hexdigest()


def package_version() -> str:
    """Return the version of policy_lab."""
    from policy_lab import __version__

    return __version__


def versions() -> dict[str, str]:
    """Return the versions of Python, of policy_lab and of the libraries whose numbers end up in results."""
    import platform  # only who writes results needs it
    from importlib import metadata

    found = {"python": platform.python_version(), "policy_lab": package_version()}
    for library in _LIBRARIES:
        try:
            found[library] = metadata.version(library)
        except metadata.PackageNotFoundError:
            found[library] = "not installed"
    return found


def source_commit() -> str:
    """Return the git commit of the checkout that this package runs from, or ``"not known"``.

    Git's own files are read; no program is started.
    """
    git = Path(__file__).parents[1] / ".git"
    try:
        if git.is_file():  # a linked work tree
            git = git.parent / git.read_text(encoding="utf-8").removeprefix("gitdir:").strip()
        head = (git / "HEAD").read_text(encoding="utf-8").strip()
        if not head.startswith("ref:"):
            return head
        return _commit_of(git, head.removeprefix("ref:").strip())
    except OSError:
        return "not known"


def _commit_of(git: Path, reference: str) -> str:
    """Return the commit that a branch stands at."""
    common = git / "commondir"
    homes = [git, git / common.read_text(encoding="utf-8").strip()] if common.is_file() else [git]
    for home in homes:
        loose = home / reference
        if loose.is_file():
            return loose.read_text(encoding="utf-8").strip()
        packed = home / "packed-refs"
        if packed.is_file():
            for line in packed.read_text(encoding="utf-8").splitlines():
                if line.endswith(f" {reference}"):
                    return line.split(" ", 1)[0]
    return "not known"


def manifest(
    *,
    subject: str,
    model: Path,
    model_digest: str,
    files: Mapping[str, Path],
    seed: int | None,
    time_step: float,
    method: str,
    engine: str,
    settings: Mapping[str, Any],
    tables: Iterable[tuple[str, str]] = (),
    **more: object,
) -> dict[str, Any]:
    """Say what made a result, so that it can be made again.

    Nothing in it depends on when or where the result was made: a time stamp is added only when a manifest is written.

    Parameters
    ----------
    subject
        What was asked: the title of a study or the name of a model.
    model, model_digest
        The model file, named by its last part only, and the SHA-256 of what was read.
    files
        Other inputs: name to path. Their SHA-256 is recorded.
    seed
        The seed of the plan; None when nothing was drawn.
    time_step
        In the model's time unit.
    method
        The integration method (``euler``, ``rk4`` …).
    engine
        Which engine computed the numbers.
    settings
        Everything else that was chosen.
    tables
        Files that the model took values from: name and SHA-256 of what was read.
    more
        Further entries, written as they are.
    """
    return {
        "subject": subject,
        "model": model.name,
        "model_sha256": model_digest,
        "inputs_sha256": {name: file_digest(path) for name, path in sorted(files.items())} | dict(tables),
        "seed": seed,
        "time_step": time_step,
        "integration": method,
        "engine": engine,
        "settings": dict(settings),
        "commit": source_commit(),
        "versions": versions(),
        **more,
    }
