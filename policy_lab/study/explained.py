"""What the docstrings of a schema's fields say, read from its source when somebody asks."""

from __future__ import annotations

import ast
import inspect
from textwrap import dedent

from pydantic import BaseModel


def explained(schema: type[BaseModel]) -> dict[str, str]:
    """Return the docstring of each field that has one, in one line; what a class says itself goes before its base's."""
    found: dict[str, str] = {}
    for one in schema.__mro__:
        if one is BaseModel or not issubclass(one, BaseModel):
            continue
        (body,) = ast.parse(dedent(inspect.getsource(one))).body
        if not isinstance(body, ast.ClassDef):
            continue
        for field, words in zip(body.body, body.body[1:], strict=False):
            match field, words:
                case ast.AnnAssign(target=ast.Name(name)), ast.Expr(ast.Constant(str(text))):
                    found.setdefault(name, " ".join(text.split()))
    return found
