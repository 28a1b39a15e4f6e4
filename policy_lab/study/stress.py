"""Events placed by hand: what they set in a plan, what is wrong with them, and the words for them.

Once anything is placed, the calendar takes the place of every drawn or scenario time of all kinds of event that the
study lets a user place: what is not on it does not come. The events are held constants of a plan, so that whatever
reads a plan sees them; and they can be read off it again.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from policy_lab.errors import InputError, Problem, nearest_names
from policy_lab.study.stress_schema import SIZES, Placed, StressKind

if TYPE_CHECKING:
    from policy_lab.model.types import Model
    from policy_lab.study.study import Study


def slots(model: Model, kind: StressKind) -> tuple[str, ...]:
    """Return what ends the name of a kind's constants for each event it can hold: ``[spell1]``, or nothing for one."""
    elements = model.elements(kind.time)
    return tuple(f"[{label}]" for label in elements[0]) if elements else ("",)


def in_order(placed: Iterable[Placed]) -> tuple[Placed, ...]:
    """Return events as the calendar has them: by time, then by kind."""
    return tuple(sorted(placed, key=lambda one: (one.at, one.event, one.size)))


def stress_settings(
    study: Study, placed: Sequence[Placed], horizon: float | None = None, period: float | None = None
) -> dict[str, float]:
    """Return the constants that a calendar holds, ``Name`` or ``Name[element]`` to value; none for an empty one.

    Parameters
    ----------
    horizon, period
        How long runs are and how often they are saved, in the model's time unit; as the study has it unless told.

    Raises
    ------
    InputError
        For events that the study does not know or that do not fit into a run.

    Examples
    --------
    >>> from policy_lab.study import open_study
    >>> held = stress_settings(open_study("fishery"), [Placed(event="bad-weather", at=24)])
    >>> held["Spell start[spell1]"], held["Spell start[spell2]"]
    (24.0, 1000000.0)
    """
    problems = [problem for _, _, problem in placed_faults(study, placed, horizon, period)]
    if problems:
        raise InputError(*problems)
    held: dict[str, float] = {}
    for name, kind in study.file.stress.items() if placed else ():
        own = [one for one in in_order(placed) if one.event == name]
        for at, slot in enumerate(slots(study.model, kind)):
            come = at < len(own)
            held[kind.time + slot] = study.model.time.initial + own[at].at if come else kind.never
            if kind.size is not None and come:
                held[kind.size.variable + slot] = kind.size.of(own[at].size).value
    return held


def placed_in(study: Study, settings: Mapping[str, float]) -> tuple[Placed, ...]:
    """Return the events that held constants place; none unless they are what a calendar holds, and nothing else of it.

    Parameters
    ----------
    settings
        As `Plan.spoken_settings` gives them.
    """
    found: list[Placed] = []
    for name, kind in study.file.stress.items():
        for slot in slots(study.model, kind):
            time = settings.get(kind.time + slot)
            if time is None:
                return ()
            if time == kind.never:
                continue
            size = _size_of(kind, settings, slot)
            if size is None:
                return ()
            found.append(Placed.model_validate({"event": name, "at": time - study.model.time.initial, "size": size}))
    return in_order(found)


def beside_calendar(study: Study, settings: Mapping[str, float]) -> dict[str, float]:
    """Return held constants without those of a calendar, if they hold one."""
    if not placed_in(study, settings):
        return dict(settings)
    own = {name for kind in study.file.stress.values() for name in constants_of(study.model, kind)}
    return {name: value for name, value in settings.items() if name not in own}


def constants_of(model: Model, kind: StressKind) -> Iterator[str]:
    """Yield every constant, or element of one, that a kind of event holds."""
    for slot in slots(model, kind):
        yield kind.time + slot
        if kind.size is not None:
            yield kind.size.variable + slot


def calendar_words(study: Study, placed: Sequence[Placed]) -> str:
    """Say what comes when, and that nothing else of these kinds does.

    >>> from policy_lab.study import open_study
    >>> calendar_words(open_study("fishery"), [Placed(event="bad-weather", at=24)])
    'stress calendar: spell of bad weather at month 24; no other comes, whatever the scenario says'
    """
    if not placed:
        return ""
    kinds = study.file.stress
    said = ", ".join(event_words(study, one) for one in in_order(placed))
    others = [_inside(kind.title) for name, kind in kinds.items() if all(one.event != name for one in placed)]
    also = f", nor any {' or '.join(others)}" if others else ""
    return f"stress calendar: {said}; no other comes{also}, whatever the scenario says"


def held_words(study: Study, settings: Mapping[str, float]) -> tuple[str, ...]:
    """Say what is held by hand: constants one by one, and a calendar in words in the place of its constants.

    >>> from policy_lab.study import open_study
    >>> held_words(open_study("fishery"), {"Fish price": 2.5, "Spell length": 4})
    ('Fish price = 2.5', 'Spell length = 4')
    """
    constants = [f"{name} = {value:g}" for name, value in beside_calendar(study, settings).items()]
    events = calendar_words(study, placed_in(study, settings))
    return (*constants, *([events] if events else []))


def event_words(study: Study, one: Placed) -> str:
    """Return an event in a few words: ``spell of bad weather at month 24``."""
    kind, unit = study.file.stress[one.event], study.model.time.unit.strip().lower().removesuffix("s")
    size = f" ({one.size}: {kind.size.of(one.size).meaning})" if kind.size is not None else ""
    return f"{_inside(kind.title)}{size} at {unit} {one.at:g}"


def _inside(title: str) -> str:
    """Return a title as it stands inside a sentence; an abbreviation keeps its capitals."""
    return title if title[1:2].isupper() else title[:1].lower() + title[1:]


def placed_faults(
    study: Study, placed: Sequence[Placed], horizon: float | None = None, period: float | None = None
) -> Iterator[tuple[int, str, Problem]]:
    """Yield what is wrong with events: which of them, which of its keys, and the problem."""
    kinds = study.file.stress
    first = study.model.time.save_period if period is None else period
    last = study.file.clock.horizon if horizon is None else horizon
    unit = study.model.time.unit.strip().lower().removesuffix("s")
    counted = dict.fromkeys(kinds, 0)
    for at, one in enumerate(placed):
        if one.event not in kinds:
            remedy = f"Its kinds of event: {', '.join(kinds)}." if kinds else "It lets no event be placed."
            what = f"no event `{one.event}` in this study"
            yield at, "event", Problem(what=what, nearest=nearest_names(one.event, kinds), remedy=remedy)
            continue
        kind, room = kinds[one.event], len(slots(study.model, kinds[one.event]))
        counted[one.event] += 1
        if counted[one.event] == room + 1:
            held = "one" if room == 1 else str(room)
            yield at, "event", Problem(what=f"one `{one.event}` too many: the model holds {held}")
        if not first <= one.at <= last:
            what = f"{unit} {one.at:g} does not lie between {first:g} and {last:g}"
            remedy = "The start is at rest and sees no event; the first can come one save period after it."
            yield at, "at", Problem(what=what, remedy=remedy)
        if kind.size is None and one.size != "typical":
            yield at, "size", Problem(what=f"the model has one size for every `{one.event}`", remedy="Leave it out.")


def _size_of(kind: StressKind, settings: Mapping[str, float], slot: str) -> str | None:
    """Return which size is held; nothing where it is none of the three."""
    if kind.size is None:
        return "typical"
    value = settings.get(kind.size.variable + slot)
    return next((size for size in SIZES if kind.size.of(size).value == value), None)
