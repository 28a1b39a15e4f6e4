"""policy_lab: under which statutory design is a policy least likely to fall short, and how sure can we be?

The names below are everything that most work needs, in the order in which a user meets them. They are imported when
they are first used, so that ``import policy_lab`` costs next to nothing.

- The question: ``find_studies``, ``open_study``, ``read_plan``, ``new_study``
- Its runs: ``run``, ``run_batch``, ``open_batch``, ``read_runs``, ``to_xarray``, ``export``,
  ``export_batch``
- What was put in: ``dominance``, ``put_in``
- What was found: ``risk``, ``pairwise``, ``surface``, ``split``, ``series_quantiles``, ``paired_difference``,
  ``sensitivity``, ``discover``, ``optimise``
- What follows: ``clauses``, ``beliefs``, ``watch``, and a chart of each
- Its pictures: ``dominance_chart``, ``risk_chart``, ``surface_chart``, ``split_chart``, ``fan_chart``
- Places, never ranked: ``place_figures``, ``most_different``, ``run_places``, ``place_chart``
- Why trust it: ``check``, ``calibrate``, ``read_calibration``, ``history_chart``, ``accuracy``
- Its document: ``brief``, and ``reproduce`` for any file that policy_lab wrote
- How it works: ``named_loops``, ``knock_out``, ``loop_effects``, ``loop_in``, ``loop_chart``, ``view_chart``,
  ``write_book``
- A model file alone: ``read_model``, ``compile``, ``run_model``, ``path_chart``
- With sliders, in a notebook: ``lab``
- When something is wrong: ``InputError``
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from policy_lab.analysis.beliefs import beliefs
    from policy_lab.analysis.calibration.calibrate import calibrate
    from policy_lab.analysis.calibration.saved import read_calibration
    from policy_lab.analysis.checking import check
    from policy_lab.analysis.clauses import clauses
    from policy_lab.analysis.decision import decide
    from policy_lab.analysis.discovery import discover
    from policy_lab.analysis.dominance import dominance
    from policy_lab.analysis.loops import loop_effects
    from policy_lab.analysis.optimising import optimise
    from policy_lab.analysis.places import most_different, place_figures
    from policy_lab.analysis.put_in import put_in
    from policy_lab.analysis.quantiles import series_quantiles
    from policy_lab.analysis.risk import pairwise, risk, surface
    from policy_lab.analysis.sensitivity import sensitivity
    from policy_lab.analysis.shortfall import split
    from policy_lab.analysis.watch import watch
    from policy_lab.charts import (
        dominance_chart,
        fan_chart,
        loop_chart,
        path_chart,
        risk_chart,
        split_chart,
        surface_chart,
        view_chart,
    )
    from policy_lab.charts.beliefs import beliefs_chart
    from policy_lab.charts.clauses import clauses_chart
    from policy_lab.charts.history import history_chart
    from policy_lab.charts.place import place_chart
    from policy_lab.charts.watch import watch_chart
    from policy_lab.engine import compile
    from policy_lab.engine.digits import accuracy
    from policy_lab.errors import InputError
    from policy_lab.lab.opened import open_lab as lab
    from policy_lab.model import read_model
    from policy_lab.out import export
    from policy_lab.out.batch_export import export_batch
    from policy_lab.out.brief.write import brief
    from policy_lab.out.equation_book import write_book
    from policy_lab.out.new_study import new_study
    from policy_lab.out.reproduce import reproduce
    from policy_lab.results import open_batch, paired_difference, read_runs, to_xarray
    from policy_lab.run import run, run_model
    from policy_lab.run.ensemble import run_batch
    from policy_lab.run.feedback import loop_in, named_loops
    from policy_lab.run.knock_out import knock_out
    from policy_lab.run.places import run_places
    from policy_lab.study import find_studies, open_study
    from policy_lab.study.plan_file import read_plan

__version__ = "0.1.0"

_HOMES: Final = {
    "find_studies": "study",
    "open_study": "study",
    "read_plan": "study.plan_file",
    "new_study": "out.new_study",
    "run": "run",
    "run_batch": "run.ensemble",
    "dominance": "analysis.dominance",
    "risk": "analysis.risk",
    "pairwise": "analysis.risk",
    "surface": "analysis.risk",
    "split": "analysis.shortfall",
    "series_quantiles": "analysis.quantiles",
    "put_in": "analysis.put_in",
    "decide": "analysis.decision",
    "check": "analysis.checking",
    "sensitivity": "analysis.sensitivity",
    "discover": "analysis.discovery",
    "optimise": "analysis.optimising",
    "clauses": "analysis.clauses",
    "clauses_chart": "charts.clauses",
    "beliefs": "analysis.beliefs",
    "beliefs_chart": "charts.beliefs",
    "watch": "analysis.watch",
    "watch_chart": "charts.watch",
    "named_loops": "run.feedback",
    "knock_out": "run.knock_out",
    "loop_effects": "analysis.loops",
    "run_places": "run.places",
    "place_figures": "analysis.places",
    "most_different": "analysis.places",
    "place_chart": "charts.place",
    "calibrate": "analysis.calibration.calibrate",
    "read_calibration": "analysis.calibration.saved",
    "history_chart": "charts.history",
    "risk_chart": "charts",
    "fan_chart": "charts",
    "dominance_chart": "charts",
    "surface_chart": "charts",
    "split_chart": "charts",
    "export": "out",
    "export_batch": "out.batch_export",
    "brief": "out.brief.write",
    "reproduce": "out.reproduce",
    "write_book": "out.equation_book",
    "read_runs": "results",
    "open_batch": "results",
    "paired_difference": "results",
    "to_xarray": "results",
    "read_model": "model",
    "run_model": "run",
    "compile": "engine",
    "path_chart": "charts",
    "view_chart": "charts",
    "loop_in": "run.feedback",
    "loop_chart": "charts",
    "accuracy": "engine.digits",
    "lab": "lab",
    "InputError": "errors",
}
"""Public name -> the room that holds it, in the order in which a user meets them."""

__all__ = [
    "InputError",
    "accuracy",
    "beliefs",
    "beliefs_chart",
    "brief",
    "calibrate",
    "check",
    "clauses",
    "clauses_chart",
    "compile",
    "decide",
    "discover",
    "dominance",
    "dominance_chart",
    "export",
    "export_batch",
    "fan_chart",
    "find_studies",
    "history_chart",
    "knock_out",
    "lab",
    "loop_chart",
    "loop_effects",
    "loop_in",
    "most_different",
    "named_loops",
    "new_study",
    "open_batch",
    "open_study",
    "optimise",
    "paired_difference",
    "pairwise",
    "path_chart",
    "place_chart",
    "place_figures",
    "put_in",
    "read_calibration",
    "read_model",
    "read_plan",
    "read_runs",
    "reproduce",
    "risk",
    "risk_chart",
    "run",
    "run_batch",
    "run_model",
    "run_places",
    "sensitivity",
    "series_quantiles",
    "split",
    "split_chart",
    "surface",
    "surface_chart",
    "to_xarray",
    "view_chart",
    "watch",
    "watch_chart",
    "write_book",
]


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used."""
    if name not in _HOMES:
        raise AttributeError(f"module `policy_lab` has no attribute `{name}`")
    room = import_module(f"policy_lab.{_HOMES[name]}")
    return room if _HOMES[name] == name else getattr(room, name)


def __dir__() -> list[str]:
    return sorted([*globals(), *_HOMES])
