"""Read a YAML file into a schema, and say where it is wrong: file, line, nearest name."""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import types
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeVar, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError

from policy_lab import cache
from policy_lab.errors import InputError, Problem, clipped, nearest_names

Schema = TypeVar("Schema", bound=BaseModel)
Place = tuple[str | int, ...]

MOST_BYTES = 5_000_000
MOST_ENTRIES = 500_000
"""Far beyond any study; a file of nested aliases reaches them at once and is refused."""

PLAIN_WORDS: Final = {
    "Input should": "should",
    "be a valid array": "be a list, like [first, second]",
    "be an object": "hold entries, like `key: value`",
    "be a valid integer": "be a whole number",
    "be a valid number": "be a number",
    "be a valid string": "be text",
    "be a valid boolean": "be true or false",
}
"""What pydantic says -> what a reader of YAML understands."""


@dataclass(frozen=True)
class YamlFile:
    """A YAML file: its content without YAML's own types, aliases written out, and the line of each entry.

    ``lines`` has the shape of ``data``: for each key, or each place of a list, its line and the lines inside it.
    """

    path: Path
    data: Mapping[str, Any]
    lines: Any

    def line(self, *place: str | int) -> int:
        """Return the line of an entry; of the nearest thing around it where it does not exist."""
        node, line = self.lines, 1
        for key in place:
            if isinstance(node, dict) and str(key) in node:
                line, node = node[str(key)]
            elif isinstance(node, list) and isinstance(key, int) and key < len(node):
                line, node = node[key]
            else:
                break
        return int(line)

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
    """Read a YAML file, or take from the cache what the same text said before.

    Raises
    ------
    InputError
        When it cannot be read, is not YAML, holds no keys, or is too large or too deep, which only a hostile file is.
    """
    try:
        if path.stat().st_size > MOST_BYTES:
            raise InputError(Problem(what=f"the file is larger than {MOST_BYTES / 1e6:.0f} MB", file=path))
        text = path.read_text(encoding="utf-8")
    except ValueError as error:
        raise InputError(Problem(what=f"not a YAML text file: {clipped(str(error), 200)}", file=path)) from error
    except OSError as error:
        raise InputError(Problem(what=f"cannot be read: {error.strerror or error}", file=path)) from error
    place = cache.place_of(".yaml.json", text, cache.sources("study"), cache.installed("ruamel.yaml"))
    content = cache.kept(place)
    if content is not None:
        with contextlib.suppress(ValueError, TypeError, RecursionError):
            data, lines = json.loads(content)
            if isinstance(data, dict) and isinstance(lines, dict):
                return YamlFile(path, data, lines)
    data, lines = _parsed(path, text)
    cache.keep(place, json.dumps([data, lines]).encode())
    return YamlFile(path, data, lines)


def validated(file: YamlFile, schema: type[Schema]) -> Schema:
    """Return the file's content as ``schema``; every fault is reported in one error.

    Raises
    ------
    InputError
        With one problem for each unknown key, missing key and wrong value.
    """
    text = json.dumps(file.data)
    try:
        return schema.model_validate_json(text, strict=True)
    except ValidationError as error:
        raise InputError(*sorted(_problems(file, schema, error), key=lambda problem: problem.line or 0)) from error


def spoken(place: Sequence[str | int]) -> str:
    """Return the place of an entry as a reader would write it: ``levers.quota.low``, ``outcomes[3]``."""
    words = ""
    for key in place:
        words += f"[{key + 1}]" if isinstance(key, int) else f".{key}" if words else key
    return words


def _parsed(path: Path, text: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return what a YAML text says, and the lines on which it does."""
    from ruamel.yaml import YAML  # a text that was read before needs no parser
    from ruamel.yaml.error import MarkedYAMLError, YAMLError

    try:
        whole = YAML(typ="rt", pure=True).load(text)
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        what = " ".join(str(error.problem or error.context or "not valid YAML").split("\n")[0].split())
        raise InputError(Problem(what=what, file=path, line=mark.line + 1 if mark else None)) from error
    except (YAMLError, RecursionError, ValueError) as error:
        raise InputError(Problem(what=f"not a YAML text file: {clipped(str(error), 200)}", file=path)) from error
    if not isinstance(whole, dict):
        raise InputError(Problem(what="holds no `key: value` entries", file=path, line=1))
    try:
        data, lines = _parts(whole, 1, iter(range(MOST_ENTRIES)))
    except (StopIteration, RecursionError) as error:
        raise InputError(Problem(what="holds too many or too deeply nested entries", file=path)) from error
    return data, lines


def _parts(node: Any, line: int, counter: Iterator[int]) -> tuple[Any, Any]:
    """Return a node without YAML's own types, and the lines of what it holds."""
    next(counter)
    if isinstance(node, dict | list):
        inside = node.items() if isinstance(node, dict) else enumerate(node)
        found = []
        for key, value in inside:
            own = _line_of(node, key, line)
            content, lines = _parts(value, own, counter)
            found.append((str(key), content, [own, lines]))
        if isinstance(node, list):
            return [content for _, content, _ in found], [lines for _, _, lines in found]
        return {key: content for key, content, _ in found}, {key: lines for key, _, lines in found}
    if isinstance(node, dt.date):
        return node.isoformat(), None
    if isinstance(node, bool) or node is None:
        return node, None
    for kind in (int, float):
        if isinstance(node, kind):
            return kind(node), None
    return str(node), None


def _line_of(node: Any, key: str | int, otherwise: int) -> int:
    """Return the line of a key or a place; keys that came through a YAML merge have none of their own."""
    try:
        places = node.lc
        return int((places.item(key) if isinstance(node, list) else places.key(key))[0]) + 1
    except (KeyError, TypeError, AttributeError):
        return otherwise


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
    if kind == "missing" and isinstance(place[-1], int):
        return file.problem(place[:-1], f"has too few entries: number {place[-1] + 1} is missing")
    if kind == "missing":
        return file.problem(place[:-1], f"`{place[-1]}` is missing")
    if kind == "value_error":
        return file.problem(place, message.removeprefix("Value error, "))
    for technical, plain in PLAIN_WORDS.items():
        message = message.replace(technical, plain)
    return file.problem(place, f"{message}, but is {clipped(json.dumps(given, default=str))}")


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
