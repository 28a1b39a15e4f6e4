"""A study's folder to begin with, for a model that nobody has seen; what has to be edited is marked in its files."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from policy_lab.errors import InputError, Problem
from policy_lab.model import Model, read_model
from policy_lab.out.study_sketch import SOURCE, sketch_study
from policy_lab.out.study_template import EDIT, study_files
from policy_lab.provenance import file_digest
from policy_lab.results.files import unwritable
from policy_lab.study.loader import open_study

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")


@dataclass(frozen=True)
class NewStudy:
    """A study that was written: its folder, and what is left to edit in it."""

    folder: Path
    to_edit: tuple[str, ...]

    def __repr__(self) -> str:
        return "\n".join((f"Wrote {self.folder}. To edit:", *self.to_edit))


def new_study(name: str, model: str | os.PathLike[str], folder: str | os.PathLike[str] | None = None) -> NewStudy:
    """Write a study to edit for a model file: it opens and runs, and refuses to compare until a measure is chosen.

    The model is read as everywhere, so that no text of it is executed; it is run once from its own starting values.

    Parameters
    ----------
    name
        What the study is called: letters, digits, hyphens and underscores.
    model
        The model file; it is copied, with the files that it takes values from.
    folder
        Where to write; a folder of that name here unless told. It must not exist.

    Returns
    -------
    NewStudy
        Its ``folder`` can be opened by `open_study`; ``to_edit`` says in words, with file and line, what to replace.

    Raises
    ------
    InputError
        For a model that cannot be read or run, for a folder that is there already. Nothing is written then.

    Examples
    --------
    >>> import tempfile
    >>> from policy_lab.provenance import bundled
    >>> with tempfile.TemporaryDirectory() as home:
    ...     made = new_study("mine", bundled("models") / "fishery" / "fishery.mdl", f"{home}/mine")
    >>> made.to_edit[0]
    'study.yaml:3: what the study is called'
    """
    if not _NAME.fullmatch(name):
        remedy = "Use letters, digits, hyphens and underscores."
        raise InputError(Problem(what=f"`{name}` cannot be the name of a study", remedy=remedy))
    target = Path(name if folder is None else folder)
    if target.exists() or target.is_symlink():
        remedy = "Name another folder with --out, or remove this one."
        raise InputError(Problem(what="is there already, and nothing in it is replaced", file=target, remedy=remedy))
    read = read_model(Path(model))
    files = study_files(name, sketch_study(read))
    _write_whole(target, read, files)
    return NewStudy(target, tuple(_to_edit(files)))


def _write_whole(target: Path, model: Model, files: Mapping[str, str]) -> None:
    """Write a folder beside its place, open it as a study, and only then move it there."""
    temporary = target.with_name(f".{target.name}.{os.getpid()}.partial")
    try:
        temporary.mkdir(parents=True)
        for beside in (model.path.name, *(name for name, _ in model.files)):
            (temporary / beside).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(model.path.parent / beside, temporary / beside)
        if file_digest(temporary / model.path.name) != model.digest:
            raise InputError(Problem(what="changed while it was being copied", file=model.path))
        for name, text in files.items():
            (temporary / name).write_text(text, encoding="utf-8", newline="")
        _open(temporary, target)
        os.rename(temporary, target)
    except OSError as error:
        raise unwritable(target, error) from error
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _open(temporary: Path, target: Path) -> None:
    """Open what was written; a fault is told of where the file would have been."""
    try:
        open_study(temporary)
    except InputError as error:
        raise InputError(*(replace(one, file=_moved(one.file, temporary, target)) for one in error.problems)) from error


def _moved(file: str | Path | None, temporary: Path, target: Path) -> str | Path | None:
    if file is None or not Path(file).is_relative_to(temporary):
        return file
    return target / Path(file).relative_to(temporary)


def _to_edit(files: Mapping[str, str]) -> list[str]:
    """List every mark in the files: file, line, and what to do there."""
    found = []
    for name, text in files.items():
        for line, content in enumerate(text.splitlines(), start=1):
            _, mark, words = content.partition(f"# {EDIT}: ")
            if mark:
                found.append(f"{name}:{line}: {words}")
        rows = text.count(SOURCE)
        if rows:
            found.append(f"{name}: the range, evidence and source of {rows} constants, each marked as {SOURCE}")
    return found
