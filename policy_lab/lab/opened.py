"""Open the screen: of a study, at its own comparison or at what was saved."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from policy_lab.lab.moving import plan_of
from policy_lab.lab.state import first_screen, read_screen
from policy_lab.lab.widget import Lab
from policy_lab.study.measure import refuse_placeholder
from policy_lab.study.study import Study


def open_lab(
    study: Study | str | Path | None = None,
    *,
    screen: str | Path | None = None,
    designs: Sequence[str] | None = None,
    worlds: int | None = None,
    futures: int | None = None,
) -> Lab:
    """Open the screen of a study: sliders that answer while you move them.

    Parameters
    ----------
    study
        A study, the name of a bundled one, or its folder; the default study where left out.
    screen
        A screen that was saved, to open at.
    designs
        Those that are shown first; the study's own choice unless told. Overlays are written ``design+overlay``.
    worlds, futures
        Draws of the whole answer; the study's own number unless told.

    Returns
    -------
    Lab
        A widget: the last line of a cell shows it.

    Raises
    ------
    InputError
        For anything that the study does not know, and for a study whose measures nobody has chosen yet.
    """
    from policy_lab.study.loader import open_study

    opened = study if isinstance(study, Study) else open_study(study)
    refuse_placeholder(opened)
    usual = opened.file.comparison
    first = first_screen(opened) if screen is None else read_screen(screen, opened)
    if designs is not None:
        first = first.with_(designs=designs)
    plan_of(opened, first)
    return Lab(opened, first, worlds=worlds or usual.worlds, futures=futures or usual.futures)
