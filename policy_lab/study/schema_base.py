"""What all schemas of a study have in common."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Frozen(BaseModel):
    """Base of all schemas: immutable, and no key that it does not know."""

    # Built when first used, and its docstrings read when somebody asks (`explained`): a start needs few of them.
    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)
