"""Models kept as JSON once they are read, so that the next start needs neither the translator nor what it imports.

Equations are taken from their JSON when somebody first looks at them: a start that only runs a model never does.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields, is_dataclass
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final, overload

from policy_lab import cache
from policy_lab.errors import Problem
from policy_lab.model import types
from policy_lab.model.beside import unchanged
from policy_lab.model.types import Component, Kind, Model, TimeSettings, Variable

MOST_BYTES: Final = 20_000_000
"""A larger file is read each time."""
_READERS: Final = ("pysd", "parsimonious", "lxml", "openpyxl", "xlrd")
FAULTS: Final = (ValueError, TypeError, KeyError, RecursionError)
"""What reading JSON that is something else ends in."""

_PLAIN_CLASSES: Final = MappingProxyType(
    {name: thing for name, thing in (*vars(types).items(), ("Problem", Problem)) if is_dataclass(thing)}
)


def read_kept(path: str | Path) -> Model:
    """Read a model file as :func:`policy_lab.model.read_model` does, from the cache where it was read before.

    The key is the file's content and path, the text of our own reader, and the versions of the parsers; the files that
    the model takes values from have to be what they were. Nothing is written beside the model. A kept file that is not
    whole counts as none and is written anew; a folder that cannot be written costs only time.

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
        return _read_model(path)
    digest = hashlib.sha256(content).hexdigest()
    own = cache.sources("model", "errors.py", "units.py", "cache.py")
    place = cache.place_of(".model.json", digest, str(path), own, cache.installed(*_READERS))
    model = _taken(cache.kept(place), digest)
    if model is None or not unchanged(path.parent, model.files):
        model = _read_model(path)
        if model.digest != digest:  # changed between the two readings
            return model
        try:
            cache.keep(place, to_json(model).encode("utf-8", "surrogatepass"))
        except (TypeError, RecursionError):  # nested too deeply for JSON: it is read each time
            return model
    object.__setattr__(model, "kept_as", f"{place.stem} {model.content}")
    return model


def to_json(model: Model) -> str:
    """Return a model as JSON: a dataclass as ``{"is": name, "of": [fields]}``, a tuple as a list.

    The equations of a variable are a text, JSON of their own.
    """
    return _written(plain(model, _all_classes()))


def from_json(text: str | bytes) -> Model:
    """Return the model that :func:`to_json` wrote.

    Raises
    ------
    ValueError, TypeError, KeyError
        When the text is something else.
    """
    model = made(json.loads(text), _PLAIN_CLASSES)
    if not isinstance(model, Model):
        raise TypeError("not a model")
    parts: list[tuple[object, type]] = [(model.time, TimeSettings), (model.path, Path), (model.digest, str)]
    parts += [(variable, Variable) for variable in model.variables.values()]
    parts += [(variable.kind, Kind) for variable in model.variables.values()]
    wrong = [kind.__name__ for part, kind in parts if not isinstance(part, kind)]
    if wrong or any(name != variable.name for name, variable in model.variables.items()):
        raise TypeError(f"not a model: {', '.join(wrong)}")
    return model


class KeptComponents(Sequence[Component]):
    """The equations of a variable, taken from their JSON when they are first looked at; equal to the tuple of them."""

    __slots__ = ("_made", "_text")

    def __init__(self, text: str) -> None:
        self._text = text
        self._made: tuple[Component, ...] | None = None

    def _whole(self) -> tuple[Component, ...]:
        if self._made is None:  # two threads that come at once make the same
            self._made = made(json.loads(self._text), _all_classes())
        return self._made

    @overload
    def __getitem__(self, place: int) -> Component: ...
    @overload
    def __getitem__(self, place: slice) -> tuple[Component, ...]: ...
    def __getitem__(self, place: int | slice) -> Component | tuple[Component, ...]:
        return self._whole()[place]

    def __iter__(self) -> Iterator[Component]:
        return iter(self._whole())

    def __len__(self) -> int:
        return len(self._whole())

    def __eq__(self, other: object) -> bool:
        return self._whole() == (other._whole() if isinstance(other, KeptComponents) else other)

    def __hash__(self) -> int:
        return hash(self._whole())

    def __repr__(self) -> str:
        return repr(self._whole())


def _read_model(path: Path) -> Model:
    from policy_lab.model.reader import read_model

    return read_model(path)


def _content(path: Path) -> bytes | None:
    try:
        return path.read_bytes() if path.is_file() and path.stat().st_size <= MOST_BYTES else None
    except OSError:
        return None


def _taken(content: bytes | None, digest: str) -> Model | None:
    """Return a kept model; what is not one, or not this one, is as good as none."""
    try:
        model = None if content is None else from_json(content)
    except FAULTS:
        return None
    return model if model is not None and model.digest == digest else None


def _written(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def plain(value: Any, classes: Mapping[str, Any]) -> Any:
    """Return something made of these classes, of paths, mappings, tuples and plain values, as JSON can hold it."""
    if isinstance(value, Kind):
        return {"is": "Kind", "of": value.value}
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, tuple | KeptComponents):
        return [plain(one, classes) for one in value]
    if isinstance(value, Path):
        return {"is": "Path", "of": str(value)}
    if isinstance(value, Mapping):
        return {"is": "Mapping", "of": [[key, plain(one, classes)] for key, one in value.items()]}
    if classes.get(type(value).__name__) is not type(value):
        raise TypeError(f"a {type(value).__name__} is not kept")
    parts = {field.name: plain(getattr(value, field.name), classes) for field in fields(value) if field.init}
    if isinstance(value, Variable):
        parts["components"] = _written(parts["components"])
    return {"is": type(value).__name__, "of": list(parts.values())}


def made(value: Any, classes: Mapping[str, Any]) -> Any:
    """Return what :func:`plain` wrote; anything else is one of :data:`FAULTS`."""
    if isinstance(value, list):
        return tuple([made(one, classes) for one in value])
    if not isinstance(value, dict):
        return value
    kind, of = value["is"], value["of"]
    if kind == "Mapping":
        return MappingProxyType({key: made(one, classes) for key, one in of})
    if kind == "Path":
        return Path(of)
    if kind == "Kind":
        return Kind(of)
    parts = [made(one, classes) for one in of]
    if kind == "Variable":
        parts[_COMPONENTS] = KeptComponents(parts[_COMPONENTS])
    return classes[kind](*parts)


_COMPONENTS: Final = [field.name for field in fields(Variable)].index("components")


@lru_cache(maxsize=1)
def _all_classes() -> Mapping[str, Any]:
    """Return every class that a kept model is made of; equations need many that nothing else does."""
    from policy_lab.model import expression

    return {**_PLAIN_CLASSES, **{name: thing for name, thing in vars(expression).items() if is_dataclass(thing)}}
