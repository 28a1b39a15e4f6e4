"""The screen's file, which is a plan's file: `policy-lab batch` runs it, and the screen opens at it again.

What a plan's file can say and a screen cannot show is refused when it is read, with what to do about it. What is saved
of every run, and how exactly, plays no part on a screen.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from types import MappingProxyType
from typing import Any, Final

from policy_lab.errors import InputError, Problem, clipped, nearest_names
from policy_lab.lab.sliders import Slider, sliders
from policy_lab.lab.state import Screen
from policy_lab.out.plan_template import study_named
from policy_lab.results.files import written_whole
from policy_lab.study.areas import find_area
from policy_lab.study.loader import open_study
from policy_lab.study.plan import GROUPS
from policy_lab.study.plan_checks import plan_problems
from policy_lab.study.plan_file import study_folder
from policy_lab.study.plan_schema import OWN_AREA, PlanFile
from policy_lab.study.samplers import MONTE_CARLO, Sampler
from policy_lab.study.settings import resolve_settings
from policy_lab.study.stress import in_order
from policy_lab.study.study import Study
from policy_lab.study.yaml_file import Place, YamlFile, read_yaml, validated

_HEAD: Final = """\
# What stood on a screen of policy_lab, as a plan's file.
# Open it again: pl.lab(screen="FILE"). Run it: policy-lab batch FILE. In words: policy-lab plan show FILE.
"""
_BATCH: Final = "`policy-lab batch` runs it as it is."


def screen_text(screen: Screen, study: Study, sampler: Sampler = MONTE_CARLO) -> str:
    """Return the plan's file of a screen: with its own worlds, futures and seed, everything written out."""
    from ruamel.yaml import YAML

    stream, yaml = io.StringIO(), YAML()
    yaml.default_flow_style = False
    yaml.width = 110
    kept = {name: value for name, value in _plain(screen, study, sampler).items() if value}
    yaml.dump(kept, stream)
    return _HEAD + stream.getvalue()


def write_screen(screen: Screen, study: Study, path: str | Path) -> Path:
    """Write the screen as YAML, whole or not at all."""
    target = Path(path)
    with written_whole(target) as temporary:
        temporary.write_text(screen_text(screen, study), encoding="utf-8", newline="\n")
    return target


def study_of_screen(path: str | Path) -> Study:
    """Open the study that a screen's file names.

    Raises
    ------
    InputError
        For a file that is no plan's, and for a study that is not there.
    """
    content = read_yaml(Path(path))
    return open_study(_folder(content, validated(content, PlanFile)))


def read_screen(path: str | Path, study: Study) -> Screen:
    """Read a screen that was saved, or any plan that a screen can show.

    Raises
    ------
    InputError
        With one problem for everything that the study does not know, and for everything that a screen cannot show.
    """
    content = read_yaml(Path(path))
    told = validated(content, PlanFile)
    if _folder(content, told).resolve() != study.folder.resolve():
        raise InputError(_other_study(content, told, study, f'Open it by itself: pl.lab(screen="{path}").'))
    return _screen(content, told, study)


def screen_of_text(text: str, study: Study, name: str = "screen.yaml") -> Screen:
    """Return the screen that a text says which somebody sent; no other file is looked for, whatever it names.

    Parameters
    ----------
    name
        What faults call the text.

    Raises
    ------
    InputError
        As for `read_screen`.
    """
    with TemporaryDirectory() as folder:
        path = Path(folder) / "screen.yaml"
        path.write_text(text, encoding="utf-8", newline="")
        try:
            content = read_yaml(path)
            told = validated(content, PlanFile)
            if told.study not in (study.name, study_named(study)):
                raise InputError(_other_study(content, told, study, "Open it on the screen of its own study."))
            return _screen(content, told, study)
        except InputError as error:
            own = (replace(one, file=Path(name)) if one.file == path else one for one in error.problems)
            raise InputError(*own) from error


def _other_study(content: YamlFile, told: PlanFile, study: Study, remedy: str) -> Problem:
    what = f"is a screen of the study `{clipped(told.study, 60)}`, and this is `{study.name}`"
    return content.problem(("study",), what, remedy=remedy)


def _screen(content: YamlFile, told: PlanFile, study: Study) -> Screen:
    """Return the screen that a plan's file says, or everything that stands against it."""
    moves = {one.name: one for one in sliders(study)}
    problems = tuple(plan_problems(content, told, study)) or tuple(_no_screen(content, told, study, moves))
    if problems:
        raise InputError(*problems)
    usual, uncertain = study.file.comparison, told.uncertain
    area = told.areas[0] if told.areas and told.areas != "all" else OWN_AREA
    return Screen(
        designs=told.designs or tuple(usual.designs),
        scenario=(told.scenarios or (usual.scenario,))[0],
        area="" if area == OWN_AREA else find_area(study.areas(), area),
        settings=MappingProxyType({_spelled(study, name): value for name, value in uncertain.hold.items()}),
        levers=MappingProxyType(dict(told.steps)),
        events=in_order(told.stress),
        worlds=usual.worlds if uncertain.worlds is None else uncertain.worlds,
        futures=usual.futures if uncertain.futures is None else uncertain.futures,
        seed=usual.seed if uncertain.seed is None else uncertain.seed,
    )


def _plain(screen: Screen, study: Study, sampler: Sampler) -> Mapping[str, Any]:
    """Return a screen as a plan's file has it, in plain values; what is empty is left out later."""
    usual, kinds = study.file.comparison, study.file.stress
    events = [
        {
            "event": one.event,
            "at": _short(one.at),
            **({"size": one.size} if kinds[one.event].size is not None else {}),
        }
        for one in screen.events
    ]
    uncertain = {
        "worlds": usual.worlds if screen.worlds is None else screen.worlds,
        "futures": usual.futures if screen.futures is None else screen.futures,
        "seed": usual.seed if screen.seed is None else screen.seed,
        **({} if sampler == MONTE_CARLO else {"sampler": str(sampler)}),
        **(
            {"hold": {name: _short(value) for name, value in sorted(screen.settings.items())}}
            if screen.settings
            else {}
        ),
    }
    return {
        "study": study_named(study),
        "designs": list(screen.designs),
        "scenarios": [screen.scenario],
        "areas": [screen.area] if screen.area else [],
        "steps": dict(sorted(screen.levers.items())),
        "stress": events,
        "uncertain": uncertain,
    }


def _short(value: float) -> float | int:
    """Return a whole number without its point."""
    return int(value) if float(value).is_integer() and abs(value) < 1e15 else float(value)


def _folder(content: YamlFile, told: PlanFile) -> Path:
    try:
        return study_folder(content.path, told.study)
    except InputError as error:
        raise InputError(
            *(content.problem(("study",), one.what, nearest=one.nearest) for one in error.problems)
        ) from error


def _spelled(study: Study, name: str) -> str:
    """Return a constant as the model spells it, with its element."""
    (setting,) = resolve_settings(study.model, {name: 0.0})
    return setting.spoken(study.model)


def _no_screen(yaml: YamlFile, told: PlanFile, study: Study, moves: Mapping[str, Slider]) -> Iterator[Problem]:
    """Yield everything in a plan's file that a screen cannot show."""
    if told.scenarios and len(told.scenarios) > 1:
        what = f"{len(told.scenarios)} scenarios, and a screen shows one"
        yield yaml.problem(("scenarios", 1), what, remedy=f"Leave one; {_BATCH}")
    if told.new_scenarios:
        remedy = f"Put it into scenarios.yaml of the study to have it on its screen; {_BATCH}"
        yield yaml.problem(("new_scenarios",), "a screen shows the study's own scenarios", remedy=remedy)
    if told.areas == "all" or len(told.areas) > 1:
        yield yaml.problem(("areas",), "a screen starts from one place", remedy=f"Leave one; {_BATCH}")
    if told.settings:
        remedy = f"Write the constants of one set under `uncertain: hold:`; {_BATCH}"
        yield yaml.problem(("settings",), "a screen has no named sets of held constants", remedy=remedy)
    yield from _otherwise(yaml, told, study)
    for name, value in told.uncertain.hold.items():
        yield from _no_slider(yaml, ("uncertain", "hold", name), _spelled(study, name), value, moves)


def _otherwise(yaml: YamlFile, told: PlanFile, study: Study) -> Iterator[Problem]:
    """Yield what stands otherwise than on every screen: the clock, the start, and how worlds are drawn."""
    usual, uncertain = study.file.comparison, told.uncertain
    time = study.model.time
    own: tuple[tuple[Place, Any, Any], ...] = (
        (("start",), told.start, usual.start),
        (("horizon",), told.horizon, study.file.clock.horizon),
        (("save_period",), told.save_period, time.save_period),
        (("time_step",), told.time_step, time.step),
        (("uncertain", "sampler"), uncertain.sampler, MONTE_CARLO),
        (("uncertain", "posterior"), uncertain.posterior, False),
        (("uncertain", "vary"), uncertain.drawn, GROUPS),
        (("uncertain", "scores"), uncertain.scores, ()),
        (("uncertain", "correlations"), uncertain.correlations, ()),
    )
    for place, value, on_screen in own:
        if value is not None and value != on_screen:
            what = "stands otherwise than on a screen of this study"
            plain = f"Leave it out{f', or say {on_screen}' if isinstance(on_screen, str | float) else ''}"
            yield yaml.problem(place, what, remedy=f"{plain}; {_BATCH}")
    for name, held in uncertain.switches.items():
        if held != "drawn":
            what = "a screen draws every structural switch"
            yield yaml.problem(("uncertain", "switches", name), what, remedy=f"Leave it out; {_BATCH}")


def _no_slider(yaml: YamlFile, place: Place, name: str, value: float, moves: Mapping[str, Slider]) -> Iterator[Problem]:
    """Yield why a held constant cannot be shown: it has no slider, or its slider does not go there."""
    if name not in moves:
        remedy = f"Give it one in study.yaml, or leave it out; {_BATCH}"
        what = f"`{name}` has no slider on this screen"
        yield yaml.problem(place, what, nearest=nearest_names(name, moves), remedy=remedy)
    elif moves[name].nearest(value) != value:
        one = moves[name]
        ends = " or ".join(f"{stop:g}" for stop in one.stops) if one.stops else f"{one.low:g} to {one.high:g}"
        yield yaml.problem(place, f"the slider does not go to {value:g}", remedy=f"It goes to {ends} {one.unit}.")
