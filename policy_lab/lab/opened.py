"""Open the screen: of a study, at its own comparison or at what was saved."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeGuard

from policy_lab.errors import InputError, Problem
from policy_lab.lab.moving import plan_of
from policy_lab.lab.own_run import own_model
from policy_lab.lab.own_state import read_own
from policy_lab.lab.screen_file import read_screen, study_of_screen
from policy_lab.lab.state import Screen, first_screen
from policy_lab.model.source import VENSIM_SUFFIXES, XMILE_SUFFIXES
from policy_lab.model.types import Model
from policy_lab.study.areas import find_area
from policy_lab.study.measure import refuse_placeholder
from policy_lab.study.study import Study

if TYPE_CHECKING:
    from policy_lab.lab.own_model import OwnLab
    from policy_lab.lab.widget import Lab


@dataclass(frozen=True)
class Opening:
    """What a screen opens at, checked."""

    study: Study
    screen: Screen
    worlds: int
    futures: int


def open_lab(
    study: Study | Model | str | Path | None = None,
    *,
    screen: str | Path | None = None,
    designs: Sequence[str] | None = None,
    area: str | None = None,
    worlds: int | None = None,
    futures: int | None = None,
    data: Iterable[str | Path] | str | Path = (),
) -> Lab | OwnLab:
    """Open the screen of a study, or of any model file: sliders that answer while you move them.

    Parameters
    ----------
    study
        A study, the name of a bundled one, or its folder. Where left out: the one that the screen's file names, or the
        default study. Or a model, or the path of its file: then one run follows its constants, and nothing is compared.
    screen
        A screen that was saved, to open at; or any plan's file that a screen can show.
    designs
        Those that are shown first; the study's own choice unless told. Overlays are written ``design+overlay``.
    area
        A place of the study's table to start from, by its key or name.
    worlds, futures
        Draws of the whole answer; as the screen's file has them, or the study, unless told.
    data
        Of a model file that waits for values over time: tables with them.

    Returns
    -------
    Lab or OwnLab
        A widget: the last line of a cell shows it.

    Raises
    ------
    InputError
        For anything that the study does not know, and for a study whose measures nobody has chosen yet.
    """
    from policy_lab.lab.own_model import open_own
    from policy_lab.lab.widget import Lab

    if isinstance(study, Model) or is_model_file(study):
        _refuse_options(designs=designs, area=area, worlds=worlds, futures=futures)
        return open_own(study, screen=screen, data=[data] if isinstance(data, str | Path) else data)
    found = opening_of(study, screen=screen, designs=designs, area=area, worlds=worlds, futures=futures)
    return Lab(found.study, found.screen, worlds=found.worlds, futures=found.futures)


def title_of(study: str | Path | None = None, **options: Any) -> str:
    """Check what `open_lab` would be asked for, without opening a screen, and return its title.

    Raises
    ------
    InputError
        As `open_lab` does.
    """
    if is_model_file(study):
        _refuse_options(**{name: options.get(name) for name in ("designs", "area", "worlds", "futures")})
        own = own_model(study, options.get("data", ()))
        if options.get("screen") is not None:
            read_own(options["screen"], own.model, own.moves, own.offered)
        return own.model.path.name
    return opening_of(study, **{name: value for name, value in options.items() if name != "data"}).study.file.title


def is_model_file(asked: object) -> TypeGuard[str | Path]:
    """Whether what was asked for is a model's file and no study, by the end of its name.

    >>> is_model_file("tanks.mdl"), is_model_file("fishery"), is_model_file(None)
    (True, False, False)
    """
    return isinstance(asked, str | Path) and Path(asked).suffix.lower() in (*VENSIM_SUFFIXES, *XMILE_SUFFIXES)


def _refuse_options(**given: object) -> None:
    """Refuse what a model alone has none of."""
    problems = [
        Problem(what=f"a model file alone has no {name}", remedy="A study of it has: policy-lab new NAME --model FILE")
        for name, value in given.items()
        if value is not None
    ]
    if problems:
        raise InputError(*problems)


def opening_of(
    study: Study | str | Path | None = None,
    *,
    screen: str | Path | None = None,
    designs: Sequence[str] | None = None,
    area: str | None = None,
    worlds: int | None = None,
    futures: int | None = None,
) -> Opening:
    """Check what a screen is to open at, without opening it; parameters and errors as of `open_lab`."""
    from policy_lab.study.loader import open_study

    if study is None and screen is not None:
        opened = study_of_screen(screen)
    else:
        opened = study if isinstance(study, Study) else open_study(study)
    _refuse_placeholder(opened)
    usual = opened.file.comparison
    first = first_screen(opened) if screen is None else read_screen(screen, opened)
    if designs is not None:
        first = first.with_(designs=designs)
    if area is not None:
        first = first.with_(area=find_area(opened.areas(), area))
    plan_of(opened, first)
    return Opening(opened, first, worlds or first.worlds or usual.worlds, futures or first.futures or usual.futures)


def _refuse_placeholder(study: Study) -> None:
    """Refuse to compare on measures that nobody has chosen, and say what can be opened meanwhile."""
    try:
        refuse_placeholder(study)
    except InputError as error:
        meanwhile = f'Until then the model alone has a screen: pl.lab("{study.files["model"]}").'
        told = [replace(one, remedy=f"{one.remedy} {meanwhile}") for one in error.problems]
        raise InputError(*told) from error
