"""Read a model file and say what it holds."""

from __future__ import annotations

from pathlib import Path

from policy_lab.model.types import Model


def read_model(path: str | Path) -> Model:
    """Read a Vensim (``.mdl``) or XMILE (``.xmile``, ``.stmx``, ``.itmx``) file; nothing is run, nothing is written.

    Parameters
    ----------
    path
        The model file. Nothing else is opened, and no text of it is executed.

    Raises
    ------
    InputError
        With every fault of the file, each with its line and its variable.
    """
    from policy_lab.model.translation import translate

    translation = translate(path)
    from policy_lab.model.understand import understand  # after translate, so that a missing file is told at once

    return understand(translation)
