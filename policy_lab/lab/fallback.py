"""The screen where its front end is missing: plain sliders, and pictures drawn as the briefing's are.

Slower and smaller than the screen itself: a picture at every movement, the whole answer by a button. Without ipywidgets
it has no sliders either, and is moved by `PlainLab.move`.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

from policy_lab.analysis.risk import pairwise, risk
from policy_lab.analysis.setting import setting_of
from policy_lab.charts.central import central_figure
from policy_lab.charts.figure import Figure
from policy_lab.charts.risk import risk_figure
from policy_lab.errors import InputError, Problem, nearest_names
from policy_lab.lab.moving import Moved, made_ready, moved, plan_of
from policy_lab.lab.opened import is_model_file, opening_of
from policy_lab.lab.page import path_table
from policy_lab.lab.sliders import Slider, sliders
from policy_lab.lab.state import Screen, held_of
from policy_lab.model.types import Model
from policy_lab.results.types import Results
from policy_lab.run.batch import run
from policy_lab.study.study import Study

_DOTS = 100
_STEPS = ("low", "typical", "high")


class PlainLab:
    """The fallback of `policy_lab.lab`: same sliders, same numbers, plainer pictures.

    Unlike everything beneath it, it changes: it holds where its sliders stand.
    """

    def __init__(self, study: Study, screen: Screen, why: str) -> None:
        self.study, self.screen, self.why = study, screen, why
        self.sliders = {one.name: one for one in sliders(study)}
        self._ready = made_ready(study, screen.still())
        self.results: Results | None = None
        self.moved = self._run()
        self._widgets: Mapping[str, Any] = {}

    @property
    def words(self) -> str:
        """Say what this is, and why."""
        return (
            f"{self.study.file.title}: the plain screen, because {self.why}. It has the sliders of the screen and its "
            "numbers; designs, places, explanations and batches are chosen in Python."
        )

    def move(self, name: str, value: float) -> Moved:
        """Hold a constant at a value, and run every design at central values and in the small sample.

        Raises
        ------
        InputError
            For a constant without a slider.
        """
        if name not in self.sliders:
            raise InputError(Problem(what=f"no slider `{name}`", nearest=nearest_names(name, self.sliders)))
        one = self.sliders[name]
        kept = {key: held for key, held in self.screen.settings.items() if key != name}
        nearest = one.nearest(value)
        self.screen = self.screen.with_(settings=kept if nearest == one.base else {**kept, name: nearest})
        self.results = None
        self.moved = self._run()
        return self.moved

    def answer(self) -> Results:
        """Work out the whole answer: every design in every world and future."""
        if self.results is None:
            self.results = run(plan_of(self.study, self.screen))
        return self.results

    def picture(self) -> Figure:
        """Return the ranking once it was asked for, the central paths before."""
        if self.results is not None:
            return risk_figure(risk(self.results), pairwise(self.results), setting_of(self.results))
        table = path_table(self.moved, self.study.file.measures.shortfall.variable)
        told = {"study": self.study.file.title, "model": self.study.model.digest, "screen": self.screen.plain()}
        return central_figure(table, self.study, told, "The risk with its ranges: ask for the full answer.")

    def widget(self) -> Any:
        """Return sliders, a button and a picture of ipywidgets.

        Raises
        ------
        InputError
            Where ipywidgets is missing too.
        """
        try:
            import ipywidgets
        except ModuleNotFoundError as error:
            remedy = 'Move it by .move("constant", value), and look at .picture(); or install ipywidgets.'
            raise InputError(Problem(what="there are no sliders without ipywidgets", remedy=remedy)) from error
        image, said = ipywidgets.Image(format="png"), ipywidgets.Label()
        controls = {name: _control(ipywidgets, one, self.screen) for name, one in self.sliders.items()}
        button = ipywidgets.Button(description="Full answer", tooltip="Run every design in every world and future")

        def show() -> None:
            figure = self.picture()
            image.value, said.value = figure.to_bytes("png", _DOTS), f"{figure.title}. {figure.alt}"

        def changed(name: str, change: Mapping[str, Any]) -> None:
            self.move(name, float(change["new"]))
            show()

        def asked(_: object) -> None:
            self.answer()
            show()

        for name, control in controls.items():
            control.observe(partial(changed, name), "value")
        button.on_click(asked)
        show()
        self._widgets = {**controls, "answer": button, "picture": image, "words": said}
        return ipywidgets.VBox([ipywidgets.Label(self.words), *controls.values(), button, image, said])

    def _repr_mimebundle_(self, **options: Any) -> Any:
        """Show the sliders where there are any, else the picture and its words."""
        try:
            return self.widget()._repr_mimebundle_(**options)
        except InputError:
            figure = self.picture()
            return {"image/png": figure.to_bytes("png", _DOTS), "text/plain": f"{self.words} {figure.alt}"}

    def _run(self) -> Moved:
        found, self._ready = moved(self._ready, held_of(self.study, self.screen), self.screen.designs)
        return found


def open_plain(study: Study | Model | str | Path | None = None, *, why: str, **options: Any) -> PlainLab:
    """Open the plain screen of a study; options as of `policy_lab.lab`.

    Raises
    ------
    InputError
        For anything that the study does not know, and for a model file, which has no plain screen.
    """
    if isinstance(study, Model) or is_model_file(study):
        remedy = "Install policy_lab with the extra `lab`: pip install 'policy_lab[lab]'; or use policy-lab run."
        raise InputError(Problem(what="a model file alone has no plain screen", remedy=remedy))
    found = opening_of(study, **options)
    return PlainLab(found.study, found.screen.with_(worlds=found.worlds, futures=found.futures), why)


def _control(ipywidgets: Any, one: Slider, screen: Screen) -> Any:
    """Return the control of one constant: a slider, or three steps for what is judged."""
    value = screen.settings.get(one.name, one.base)
    wide = {"description": f"{one.name} ({one.unit})", "style": {"description_width": "initial"}}
    if one.stops:
        pairs = list(zip(_STEPS, one.stops, strict=True))
        return ipywidgets.Dropdown(options=pairs, value=one.nearest(value), **wide)
    return ipywidgets.FloatSlider(
        value=value, min=one.low, max=one.high, step=one.step, readout_format=".4g", continuous_update=False, **wide
    )
