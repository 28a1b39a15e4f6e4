"""Models kept as JSON once they are read, so that the next start needs neither the translator nor what it imports."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import tempfile
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from importlib.metadata import version
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from policy_lab.errors import Problem
from policy_lab.model import expression, types
from policy_lab.model.types import Kind, Model
from policy_lab.provenance import cache_folder

MOST_BYTES: Final = 20_000_000
"""A larger file is read each time."""

_CLASSES: Final = MappingProxyType(
    {
        name: thing
        for name, thing in (*vars(expression).items(), *vars(types).items(), ("Problem", Problem))
        if isinstance(thing, type) and is_dataclass(thing)
    }
)


def read_kept(path: str | Path) -> Model:
    """Read a model file as :func:`policy_lab.model.read_model` does, from the cache where it was read before.

    The key is the file's content and path, the text of our own reader, and the version of the translator. Nothing is
    written beside the model. A kept file that is not whole counts as none and is written anew; a folder that cannot
    be written costs only time.

    Parameters
    ----------
    path
        The model file.

    Raises
    ------
    InputError
        With every fault of the file; a file with faults is not kept.
    """
    path = Path(path)
    content = _content(path)
    if content is None:
        from policy_lab.model.reader import read_model

        return read_model(path)
    digest = hashlib.sha256(content).hexdigest()
    place = cache_folder() / f"{_key(digest, path)}.model.json"
    model = _read(place, digest)
    if model is None:
        from policy_lab.model.reader import read_model

        model = read_model(path)
        if model.digest == digest:  # and not changed between the two readings
            _keep(place, model)
    return model


def to_json(model: Model) -> str:
    """Return a model as JSON: a dataclass as ``{"is": name, "of": [fields]}``, a tuple as a list."""
    return json.dumps(_plain(model), separators=(",", ":"))


def from_json(text: str) -> Model:
    """Return the model that :func:`to_json` wrote.

    Raises
    ------
    ValueError, TypeError, KeyError
        When the text is something else.
    """
    model = _made(json.loads(text))
    if not isinstance(model, Model):
        raise TypeError("not a model")
    return model


def _content(path: Path) -> bytes | None:
    try:
        return path.read_bytes() if path.is_file() and path.stat().st_size <= MOST_BYTES else None
    except OSError:
        return None


def _key(digest: str, path: Path) -> str:
    """Return what a kept model depends on, in one name."""
    parts = [digest, str(path), version("pysd")]
    for source in [*sorted(Path(__file__).parent.glob("*.py")), Path(__file__).parents[1] / "errors.py"]:
        parts.append(source.read_text(encoding="utf-8"))
    each = (hashlib.sha256(part.encode("utf-8", "surrogatepass")).digest() for part in parts)
    return hashlib.sha256(b"".join(each)).hexdigest()


def _read(place: Path, digest: str) -> Model | None:
    """Return a kept model; what is not whole, or not this one, is as good as none."""
    try:
        mark, _, text = place.read_text(encoding="utf-8").partition("\n")
        if mark != hashlib.sha256(text.encode()).hexdigest():
            return None
        model = from_json(text)
    except (OSError, ValueError, TypeError, KeyError, RecursionError):
        return None
    return model if model.digest == digest else None


def _keep(place: Path, model: Model) -> None:
    """Write a model in one move; one that is nested too deeply for JSON is read each time."""
    with contextlib.suppress(OSError, TypeError, RecursionError):
        text = to_json(model)
        place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle, temporary = tempfile.mkstemp(dir=place.parent, suffix=".part")
        with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
            file.write(f"{hashlib.sha256(text.encode()).hexdigest()}\n{text}")
        Path(temporary).replace(place)


def _plain(value: Any) -> Any:
    if isinstance(value, Kind):
        return {"is": "Kind", "of": value.value}
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, tuple):
        return [_plain(one) for one in value]
    if isinstance(value, Path):
        return {"is": "Path", "of": str(value)}
    if isinstance(value, Mapping):
        return {"is": "Mapping", "of": [[key, _plain(one)] for key, one in value.items()]}
    if _CLASSES.get(type(value).__name__) is type(value):
        return {"is": type(value).__name__, "of": [_plain(getattr(value, field.name)) for field in fields(value)]}
    raise TypeError(f"a {type(value).__name__} is not kept")


def _made(value: Any) -> Any:
    if isinstance(value, list):
        return tuple(_made(one) for one in value)
    if not isinstance(value, dict):
        return value
    kind, of = value["is"], value["of"]
    if kind == "Mapping":
        return MappingProxyType({key: _made(one) for key, one in of})
    if kind == "Path":
        return Path(of)
    if kind == "Kind":
        return Kind(of)
    return _CLASSES[kind](*(_made(one) for one in of))
