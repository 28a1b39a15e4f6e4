"""Open the screen: of a study, at its own comparison or at what was saved."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from policy_lab.lab.moving import plan_of
from policy_lab.lab.screen_file import read_screen, study_of_screen
from policy_lab.lab.state import Screen, first_screen
from policy_lab.lab.widget import Lab
from policy_lab.study.measure import refuse_placeholder
from policy_lab.study.study import Study


@dataclass(frozen=True)
class Opening:
    """What a screen opens at, checked."""

    study: Study
    screen: Screen
    worlds: int
    futures: int


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
        A study, the name of a bundled one, or its folder. Where left out: the one that the screen's file names, or the
        default study.
    screen
        A screen that was saved, to open at; or any plan's file that a screen can show.
    designs
        Those that are shown first; the study's own choice unless told. Overlays are written ``design+overlay``.
    worlds, futures
        Draws of the whole answer; as the screen's file has them, or the study, unless told.

    Returns
    -------
    Lab
        A widget: the last line of a cell shows it.

    Raises
    ------
    InputError
        For anything that the study does not know, and for a study whose measures nobody has chosen yet.
    """
    found = opening_of(study, screen=screen, designs=designs, worlds=worlds, futures=futures)
    return Lab(found.study, found.screen, worlds=found.worlds, futures=found.futures)


def opening_of(
    study: Study | str | Path | None = None,
    *,
    screen: str | Path | None = None,
    designs: Sequence[str] | None = None,
    worlds: int | None = None,
    futures: int | None = None,
) -> Opening:
    """Check what a screen is to open at, without opening it; parameters and errors as of `open_lab`."""
    from policy_lab.study.loader import open_study

    if study is None and screen is not None:
        opened = study_of_screen(screen)
    else:
        opened = study if isinstance(study, Study) else open_study(study)
    refuse_placeholder(opened)
    usual = opened.file.comparison
    first = first_screen(opened) if screen is None else read_screen(screen, opened)
    if designs is not None:
        first = first.with_(designs=designs)
    plan_of(opened, first)
    return Opening(opened, first, worlds or first.worlds or usual.worlds, futures or first.futures or usual.futures)
