"""Open a study: read its files, check that they fit together, and report everything that is wrong at once."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import TypeVar

from policy_lab.errors import InputError, Problem, nearest_names
from policy_lab.model.types import Model
from policy_lab.provenance import bundled
from policy_lab.study.checks import Parts, problems_of
from policy_lab.study.constants import constant_arrays
from policy_lab.study.parameters import ParameterRow, by_name, read_parameters
from policy_lab.study.schema import DesignsFile, ScenariosFile, StudyFile
from policy_lab.study.study import Study
from policy_lab.study.yaml_file import Schema, YamlFile, read_yaml, validated

STUDY_FILE = "study.yaml"
Read = TypeVar("Read")


@dataclass(frozen=True)
class StudyEntry:
    """A study that is at hand, without having been opened in full."""

    name: str
    folder: Path
    title: str
    question: str
    default: bool


def find_studies() -> tuple[StudyEntry, ...]:
    """Return the bundled studies, in alphabetical order of their names.

    Raises
    ------
    InputError
        When a bundled `study.yaml` cannot be read.
    """
    return tuple(_entries(bundled("models")))


def default_study() -> str:
    """Return the name of the bundled study that is marked `default`, or of the first where none is."""
    entries = find_studies()
    if not entries:
        raise InputError(Problem(what="this installation carries no study"))
    return next((entry.name for entry in entries if entry.default), entries[0].name)


def open_study(name_or_path: str | os.PathLike[str] | None = None) -> Study:
    """Open a study and check it against its model.

    Parameters
    ----------
    name_or_path
        Name of a bundled study, a study's folder, or its `study.yaml`. Without it: the default study.

    Returns
    -------
    Study
        Immutable, and complete: every constant of the model has its row in `parameters.csv`.

    Raises
    ------
    InputError
        With one problem for each thing that is wrong in any of the files: file, line, nearest name.
    """
    folder = find_folder(default_study() if name_or_path is None else os.fspath(name_or_path))
    files = {
        "study": folder / STUDY_FILE,
        "designs": folder / "designs.yaml",
        "scenarios": folder / "scenarios.yaml",
        "parameters": folder / "parameters.csv",
    }
    parts, model_file = _read(folder, files)
    problems = tuple(problems_of(parts))
    if problems:
        raise InputError(*problems)
    study = Study(
        folder=folder,
        file=parts.file,
        designs=MappingProxyType(dict(parts.designs.designs)),
        overlays=MappingProxyType(dict(parts.designs.overlays)),
        scenarios=MappingProxyType(dict(parts.scenarios.scenarios)),
        parameters=MappingProxyType(by_name(parts.rows)),
        model=parts.model,
        constants=parts.constants,
        files=MappingProxyType({"model": model_file, **files}),
    )
    study.areas()  # a faulty table is a fault of the study
    return study


def _read(folder: Path, files: dict[str, Path]) -> tuple[Parts, Path]:
    """Read all files; the faults of all are raised together."""
    problems: list[Problem] = []

    def tried(read: Callable[[], Read]) -> Iterator[Read]:
        try:
            yield read()
        except InputError as error:
            problems.extend(error.problems)

    study_yaml = tuple(tried(lambda: _schema(files["study"], StudyFile)))
    designs = tuple(tried(lambda: _schema(files["designs"], DesignsFile)))
    scenarios = tuple(tried(lambda: _schema(files["scenarios"], ScenariosFile)))
    rows: tuple[tuple[ParameterRow, ...], ...] = tuple(tried(lambda: read_parameters(files["parameters"])))
    models = tuple(tried(lambda: _model(folder, study_yaml[0]))) if study_yaml else ()
    constants = tuple(tried(lambda: constant_arrays(models[0]))) if models else ()
    if problems:
        raise InputError(*problems)
    parts = Parts(
        study_yaml=study_yaml[0][0],
        designs_yaml=designs[0][0],
        scenarios_yaml=scenarios[0][0],
        parameters_file=files["parameters"],
        file=study_yaml[0][1],
        designs=designs[0][1],
        scenarios=scenarios[0][1],
        rows=rows[0],
        model=models[0],
        constants=constants[0],
    )
    return parts, folder / parts.file.model


def _schema(path: Path, schema: type[Schema]) -> tuple[YamlFile, Schema]:
    content = read_yaml(path)
    return content, validated(content, schema)


def _model(folder: Path, study: tuple[YamlFile, StudyFile]) -> Model:
    from policy_lab.model import read_kept

    content, file = study
    path = folder / file.model
    if not path.resolve().is_relative_to(folder.resolve()):
        raise InputError(content.problem(("model",), "the model has to lie in the study's own folder"))
    if not path.is_file():
        known = [entry.name for entry in folder.iterdir() if entry.suffix in (".mdl", ".xmile", ".stmx", ".itmx")]
        raise InputError(
            content.problem(("model",), f"no file `{file.model}`", nearest=nearest_names(file.model, known))
        )
    return read_kept(path)


def find_folder(name_or_path: str) -> Path:
    """Return the folder of a study; a folder that exists comes before a bundled study of the same name.

    Raises
    ------
    InputError
        Where there is none.
    """
    path = Path(name_or_path)
    if path.is_file() and path.name == STUDY_FILE:
        return path.parent
    if (path / STUDY_FILE).is_file():
        return path
    home = bundled("models")
    known = [folder.name for folder in home.iterdir() if (folder / STUDY_FILE).is_file()]
    if name_or_path in known:
        return home / name_or_path
    if path.is_dir():
        raise InputError(Problem(what=f"holds no `{STUDY_FILE}`", file=path))
    raise InputError(
        Problem(
            what=f"no study `{name_or_path}`",
            nearest=nearest_names(name_or_path, known),
            remedy=f"Bundled studies: {', '.join(sorted(known))}. A study's folder can be given too.",
        )
    )


def _entries(home: Path) -> Iterator[StudyEntry]:
    """Yield the studies in a folder; their titles are read leniently, so that a fault elsewhere in one hides none."""
    for folder in sorted(path for path in home.iterdir() if (path / STUDY_FILE).is_file()):
        data = read_yaml(folder / STUDY_FILE).data
        yield StudyEntry(
            name=folder.name,
            folder=folder,
            title=str(data.get("title", "")),
            question=str(data.get("question", "")),
            default=data.get("default") is True,
        )
