"""The same cases through the EMA Workbench with PySD, through PySD alone, and through policy_lab.

All on one processor and in processor time, because the others use no more than one.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import time
import warnings
from pathlib import Path

import numpy as np

from policy_lab.engine import compile_model
from policy_lab.model import read_model
from policy_lab.provenance import bundled

CASES = 100
OURS_REPEATED = 50


def peers(given: argparse.Namespace, folder: Path) -> list[tuple[str, str, str]]:
    """Time the same hundred cases of the caseload model, interleaved, and the flagship's steps."""
    path = Path(shutil.copy(bundled("models") / "safeguarding" / "caseload.mdl", folder))
    compiled = compile_model(read_model(path))
    stream = np.random.default_rng(7)
    scalars = [name for name, known in compiled.inputs.items() if not known.shape and float(known.default) > 0]
    cases = {name: float(compiled.inputs[name].default) * stream.uniform(0.98, 1.02, CASES) for name in scalars}
    outputs = [variable.name for variable in compiled.model.variables.values() if variable.kind.value == "stock"]
    times: dict[str, list[float]] = {"workbench": [], "pysd": [], "ours": []}
    for _ in range(given.rounds):
        times["workbench"].append(_workbench(path, cases, outputs))
        spent, theirs = _pysd(path, cases, outputs)
        times["pysd"].append(spent)
        begun = time.process_time()
        for _ in range(OURS_REPEATED):
            own = compiled.run(cases, outputs=outputs, threads=1)
        times["ours"].append((time.process_time() - begun) / OURS_REPEATED)
    worst = max(
        float(np.max(np.abs(own[name][:, -1] - theirs[name]) / np.maximum(np.abs(theirs[name]), 1e-9)))
        for name in outputs
    )
    workbench, pysd, ours = (statistics.median(times[name]) for name in ("workbench", "pysd", "ours"))
    whole = _flagship_rows(given.pysd_steps)
    same = f"the same {CASES} cases of caseload.mdl ({len(outputs)} stocks saved)"
    return [
        (f"{same}: EMA Workbench with PySD, processor time", "",
         f"{workbench:.2f} s"),
        ("the same through PySD alone", "", f"{pysd:.2f} s"),
        ("the same through policy_lab, the model ready as it is for the others", "", f"{1000 * ours:.2f} ms"),
        ("largest relative difference of the last values from PySD's", "", f"{worst:.1g}"),
        ("**ratio to the EMA Workbench**", "≥ 1,000 ×", f"{workbench / ours:,.0f} ×"),
        ("**ratio to PySD**", "≥ 1,000 ×", f"{pysd / ours:,.0f} ×"),
        *whole,
    ]  # fmt: skip


def _flagship_rows(steps: int) -> list[tuple[str, str, str]]:
    try:
        theirs, ours, count = _flagship(steps)
    except ValueError as error:
        return [("the flagship", "", f"left out: PySD alone stops on today's model ({error})")]
    return [
        (
            f"the flagship, one run: PySD, extrapolated from {2 * steps} steps of {count:,}",
            "",
            f"{theirs / 60:.0f} minutes",
        ),
        (
            "the flagship, one of many runs in policy_lab, all outputs of a comparison saved",
            "",
            f"{1000 * ours:.2f} ms",
        ),
        ("**the flagship's ratio, so extrapolated**", "", f"{theirs / ours:,.0f} ×"),
    ]


def _workbench(path: Path, cases: dict[str, np.ndarray], outputs: list[str]) -> float:
    """Return the seconds of the EMA Workbench, its model ready."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from ema_workbench import RealParameter, Scenario, TimeSeriesOutcome, perform_experiments
        from ema_workbench.connectors.pysd_connector import PysdModel

        model = PysdModel("caseload", mdl_file=str(path))
        names = {name: f"p{number}" for number, name in enumerate(cases)}
        model.uncertainties = [
            RealParameter(names[name], float(values.min()), float(values.max()) + 1e-9, variable_name=[name])
            for name, values in cases.items()
        ]
        model.outcomes = [TimeSeriesOutcome(f"o{number}", variable_name=[name]) for number, name in enumerate(outputs)]
        points = [
            Scenario(f"case {case}", **{names[name]: float(values[case]) for name, values in cases.items()})
            for case in range(CASES)
        ]
        perform_experiments(model, points[:1], log_progress=True)
        begun = time.process_time()
        perform_experiments(model, points, log_progress=True)
        return time.process_time() - begun


def _pysd(path: Path, cases: dict[str, np.ndarray], outputs: list[str]) -> tuple[float, dict[str, np.ndarray]]:
    """Return the seconds of plain PySD, its model ready, and the last values."""
    import pysd

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = pysd.read_vensim(str(path))
        model.run(return_columns=outputs)
        last: dict[str, list[float]] = {name: [] for name in outputs}
        begun = time.process_time()
        for case in range(CASES):
            found = model.run(
                params={name: float(values[case]) for name, values in cases.items()}, return_columns=outputs
            )
            for name in outputs:
                last[name].append(float(found[name].iloc[-1]))
        return time.process_time() - begun, {name: np.array(values) for name, values in last.items()}


def _flagship(steps: int) -> tuple[float, float, int]:
    """Return seconds of one run through PySD, extrapolated from a few steps, ours in a batch, and its steps."""
    from engine import pysd_seconds_a_step

    from policy_lab.study import open_study

    study = open_study("safeguarding")
    plan = study.plan(worlds=50, futures=20)
    compiled = compile_model(study.model)
    line = compiled.timeline(final_time=study.model.time.initial + plan.horizon)
    inputs = {name: np.repeat(values, plan.futures, axis=0) for name, values in plan.world_inputs().items()}
    compiled.run(inputs, outputs=list(plan.saved), final_time=line.final_time, threads=1)
    begun = time.process_time()
    compiled.run(inputs, outputs=list(plan.saved), final_time=line.final_time, threads=1)
    ours = (time.process_time() - begun) / (plan.worlds * plan.futures)
    count = len(line.times) - 1
    return pysd_seconds_a_step(study.files["model"], steps) * count, ours, count
