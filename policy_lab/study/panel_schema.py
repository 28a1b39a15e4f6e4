"""What `panels` in `study.yaml` may say: variables that the screen shows element by element.

The package knows no word of a study's subject: which variable is pairwise, what one cell of it means and what the two
sides of a balance are called stand here.
"""

from __future__ import annotations

import string

from pydantic import Field, field_validator

from policy_lab.study.schema_base import Frozen

ROW, COLUMN = "row", "column"
"""What the words for one cell may name, in curly brackets."""


class _OfCells(Frozen):
    """What all panels of single cells say."""

    title: str
    """What is shown, as a heading."""
    cell: str = f"{{{ROW}}} and {{{COLUMN}}}"
    """Names one cell in a sentence, with ``{row}`` and ``{column}`` for its two elements."""
    meaning: str = ""
    """One sentence on how to read it."""

    @field_validator("cell")
    @classmethod
    def _names_both(cls, words: str) -> str:
        try:
            parts = [(name, form, conversion) for _, name, form, conversion in string.Formatter().parse(words)]
        except ValueError as error:
            raise ValueError(f"`{words}` has a bracket that is not closed, or one too many") from error
        named = sorted(name for name, _, _ in parts if name is not None)
        if named != [COLUMN, ROW] or any(form or conversion for _, form, conversion in parts):
            raise ValueError(f"`{words}` has to name {{{ROW}}} and {{{COLUMN}}}, each once, and nothing else")
        return words

    def named(self, row: str, column: str) -> str:
        """Name one cell.

        >>> BalancePanel(title="", motivators="a", barriers="b", cell="{column} of {row}").named("north", "fear")
        'fear of north'
        """
        return self.cell.format(**{ROW: row, COLUMN: column})


class MatrixPanel(_OfCells):
    """A variable with two dimensions, shown as a table of cells over time."""

    variable: str
    """A variable of the model with exactly two dimensions: rows, then columns."""
    rows: str = ""
    """What stands above the rows, for example who gives; the name of the dimension unless told."""
    columns: str = ""
    """What stands above the columns, for example who receives; the name of the dimension unless told."""
    own: bool = True
    """Whether the cell of an element with itself means something; where not, it is left blank. It is left blank too
    where the model has one and the same number in all of them."""


class BalancePanel(_OfCells):
    """Two variables over the same two dimensions that work against one another, shown as bars to either side."""

    motivators: str
    """The variable on the right: what speaks for it. Rows, then columns."""
    barriers: str
    """The variable on the left: what stands in its way, in the same unit and over the same elements."""
    names: tuple[str, str] = ("motivators", "barriers")
    """What the right side and the left side are called, in the plural."""


class Panels(Frozen):
    """Panels of the screen's view *Explain* that show single cells."""

    matrix: tuple[MatrixPanel, ...] = Field(default=())
    """Pairwise variables to choose from, the first of them shown first. Where left out: every variable of the model
    that changes over time and has exactly two dimensions."""
    balance: BalancePanel | None = None
    """Without it there is no such panel."""
    as_ratio: tuple[str, ...] = ()
    """Variables whose level nobody has measured: the view shows them against where they started, never as amounts."""
