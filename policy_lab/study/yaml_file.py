"""Read a YAML file into a schema, and say where it is wrong: file, line, nearest name."""

from __future__ import annotations

import datetime as dt
import json
import types
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from policy_lab.errors import InputError, Problem, clipped, nearest_names

Schema = TypeVar("Schema", bound=BaseModel)
Place = tuple[str | int, ...]

MOST_BYTES = 5_000_000
MOST_ENTRIES = 500_000
"""Far beyond any study; a file of nested aliases reaches them at once and is refused."""


@dataclass(frozen=True)
class YamlFile:
    """A YAML file with its line numbers."""

    path: Path
    data: CommentedMap

    def line(self, *place: str | int) -> int:
        """Return the line of an entry; of the nearest thing around it where it does not exist."""
        node: Any = self.data
        line = 1
        for key in place:
            if isinstance(node, CommentedMap) and key in node:
                line = _line_of_key(node, key, line)
            elif isinstance(node, CommentedSeq) and isinstance(key, int) and key < len(node):
                line = int(node.lc.item(key)[0]) + 1
            else:
                break
            node = node[key]
        return line

    def problem(
        self, place: Iterable[str | int], what: str, *, remedy: str = "", nearest: tuple[str, ...] = ()
    ) -> Problem:
        """Return a problem with an entry of this file."""
        keys = tuple(place)
        return Problem(
            what=what,
            file=self.path,
            line=self.line(*keys),
            variable=spoken(keys) or None,
            remedy=remedy,
            nearest=nearest,
        )


def read_yaml(path: Path) -> YamlFile:
    """Read a YAML file.

    Raises
    ------
    InputError
        When it cannot be read, is not YAML, or holds no keys.
    """
    try:
        if path.stat().st_size > MOST_BYTES:
            raise InputError(Problem(what=f"the file is larger than {MOST_BYTES / 1e6:.0f} MB", file=path))
        data = YAML(typ="rt", pure=True).load(path.read_text(encoding="utf-8"))
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        what = " ".join(str(error.problem or error.context or "not valid YAML").split("\n")[0].split())
        raise InputError(Problem(what=what, file=path, line=mark.line + 1 if mark else None)) from error
    except (YAMLError, RecursionError, ValueError) as error:
        raise InputError(Problem(what=f"not a YAML text file: {clipped(str(error), 200)}", file=path)) from error
    except OSError as error:
        raise InputError(Problem(what=f"cannot be read: {error.strerror or error}", file=path)) from error
    if not isinstance(data, CommentedMap):
        raise InputError(Problem(what="holds no `key: value` entries", file=path, line=1))
    return YamlFile(path, data)


def validated(file: YamlFile, schema: type[Schema]) -> Schema:
    """Return the file's content as ``schema``; every fault is reported in one error.

    Raises
    ------
    InputError
        With one problem for each unknown key, missing key and wrong value.
    """
    text = json.dumps(plain(file))
    try:
        return schema.model_validate_json(text, strict=True)
    except ValidationError as error:
        raise InputError(*sorted(_problems(file, schema, error), key=lambda problem: problem.line or 0)) from error


def plain(file: YamlFile) -> dict[str, Any]:
    """Return the content without YAML's own types, aliases written out.

    Raises
    ------
    InputError
        When it is too large or too deep, which only a hostile file is.
    """
    counter = iter(range(MOST_ENTRIES))
    try:
        content: dict[str, Any] = _plain(file.data, counter)
    except (StopIteration, RecursionError) as error:
        raise InputError(Problem(what="holds too many or too deeply nested entries", file=file.path)) from error
    return content


def spoken(place: Sequence[str | int]) -> str:
    """Return the place of an entry as a reader would write it: ``levers.quota.low``, ``outcomes[3]``."""
    words = ""
    for key in place:
        words += f"[{key + 1}]" if isinstance(key, int) else f".{key}" if words else key
    return words


def _line_of_key(node: CommentedMap, key: str | int, otherwise: int) -> int:
    """Return the line of a key; keys that came through a YAML merge have none of their own."""
    try:
        return int(node.lc.key(key)[0]) + 1
    except (KeyError, TypeError, AttributeError):
        return otherwise


def _plain(node: Any, counter: Iterator[int]) -> Any:
    next(counter)
    if isinstance(node, dict):
        return {str(key): _plain(value, counter) for key, value in node.items()}
    if isinstance(node, list):
        return [_plain(value, counter) for value in node]
    if isinstance(node, dt.date):
        return node.isoformat()
    if isinstance(node, bool) or node is None:
        return node
    if isinstance(node, int):
        return int(node)
    if isinstance(node, float):
        return float(node)
    return str(node)


def _problems(file: YamlFile, schema: type[BaseModel], error: ValidationError) -> Iterator[Problem]:
    seen: set[Place] = set()
    for fault in error.errors():
        place = _known_part(file.data, fault["loc"], fault["type"])
        if place not in seen:  # each branch of a union complains
            seen.add(place)
            yield _problem(file, schema, place, fault["type"], fault["msg"], fault["input"])


def _problem(file: YamlFile, schema: type[BaseModel], place: Place, kind: str, message: str, given: Any) -> Problem:
    if kind == "extra_forbidden":
        known = _keys_at(schema, place[:-1])
        return Problem(
            what=f"unknown key `{clipped(str(place[-1]))}`",
            file=file.path,
            line=file.line(*place),
            variable=spoken(place[:-1]) or None,
            nearest=nearest_names(str(place[-1]), known),
            remedy=f"Known keys: {', '.join(known)}.",
        )
    if kind == "missing":
        return file.problem(place[:-1], f"`{place[-1]}` is missing")
    if kind == "value_error":
        return file.problem(place, message.removeprefix("Value error, "))
    return file.problem(
        place, f"{message.replace('Input should', 'should')}, but is {clipped(json.dumps(given, default=str))}"
    )


def _known_part(data: Any, place: Place, kind: str) -> Place:
    """Return the part of pydantic's place that the file has: unions add their own words to its end."""
    known: list[str | int] = []
    node = data
    for key in place:
        inside = (isinstance(node, dict) and key in node) or (
            isinstance(node, list) and isinstance(key, int) and key < len(node)
        )
        if inside:
            node = node[key]
        else:
            if kind == "missing":
                known.append(key)
            break
        known.append(key)
    return tuple(known)


def _keys_at(schema: Any, place: Place) -> tuple[str, ...]:
    """Return the keys that the schema knows at a place."""
    for key in place:
        schema = _inside(schema, key)
    model = next((choice for choice in _choices(schema) if _is_model(choice)), None)
    return tuple(model.model_fields) if model is not None else ()


def _inside(schema: Any, key: str | int) -> Any:
    for choice in _choices(schema):
        if _is_model(choice) and key in choice.model_fields:
            return choice.model_fields[key].annotation
        if get_origin(choice) is dict:
            return get_args(choice)[1]
        if get_origin(choice) is tuple:
            return get_args(choice)[0]
    return None


def _choices(schema: Any) -> tuple[Any, ...]:
    return get_args(schema) if get_origin(schema) in (Union, types.UnionType) else (schema,)


def _is_model(schema: Any) -> bool:
    return isinstance(schema, type) and issubclass(schema, BaseModel)
