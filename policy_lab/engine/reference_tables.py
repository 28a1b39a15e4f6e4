"""The tables that a model names, given to PySD's own readers: copies under names of ours, their texts by number."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from policy_lab.model.beside import BesideError
from policy_lab.model.types import Model

if TYPE_CHECKING:
    from policy_lab.model.external import Tables


@dataclass(frozen=True)
class ReferenceTables:
    """What PySD may read beside a model: each file through the same guard, and only if it is what the model read.

    ``changed`` names a file that is no longer what it was. Kept for the length of one run.
    """

    tables: Tables | None = None
    changed: str = ""
    _texts: dict[str, str] = field(default_factory=dict)
    _copies: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, model: Model) -> ReferenceTables:
        """Open the tables of a model; one that names none needs nothing opened."""
        if not model.files:
            return cls()
        from policy_lab.model.external import Tables

        tables = Tables(model.path.parent)
        return cls(tables, next((name for name, digest in model.files if _digest(tables, name) != digest), ""))

    def hidden(self, tree: Any) -> Any:
        """Return a tree that reads a table with numbers (``t0``) in place of its texts; any other comes back."""
        if self.tables is None:
            return tree
        from policy_lab.model.external import FUNCTIONS, origin_of

        if type(tree) not in FUNCTIONS:
            return tree
        origin = origin_of(self.tables, tree)
        along = (origin.along,) if origin.along else ()
        texts = (self._copy_of(origin.file), origin.sheet, *along, origin.cell)
        return type(tree)(*map(self._number, texts))

    def written_into(self, folder: Path) -> dict[str, str]:
        """Write the files into the folder of the child process; return the texts by number."""
        for name, copy in self._copies.items():
            if self.tables is not None:
                (folder / copy).write_bytes(self.tables.file(name).raw)
        return dict(self._texts)

    def _copy_of(self, file: str) -> str:
        if file not in self._copies and self.tables is not None:
            self._copies[file] = f"table{len(self._copies)}{self.tables.file(file).suffix}"
        return self._copies[file]

    def _number(self, text: str) -> str:
        number = f"t{len(self._texts)}"
        self._texts[number] = text
        return number


def _digest(tables: Tables, name: str) -> str:
    try:
        return tables.file(name).digest
    except BesideError:
        return ""
