"""Is the calibration itself sound? Simulation-based calibration on a sector model, recoveries on the flagship.

Both draw a truth from the priors, let the model say what would have been published, add residuals as the likelihood
assumes them, and fit. In simulation-based calibration (Talts et al. 2018) the rank of the truth among posterior draws
is uniform when prior, model, likelihood and sampler agree with one another. A recovery counts how often the 90 % range
of the posterior holds the truth. Neither says that the model is right about the world.

    python benchmarks/calibration.py --record        # both; about half an hour on two cores; writes calibration.md
    python benchmarks/calibration.py --sbc 20        # so many replicates of the first only
    python benchmarks/calibration.py --recover 2
"""

from __future__ import annotations

import argparse
import datetime
import os
import sys
import time
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from scipy.stats import chisquare

import policy_lab as pl
from policy_lab.analysis.calibration.likelihood import CORRELATION, SPREAD, WEIGHT, Fit, fit_of
from policy_lab.analysis.calibration.search import sample
from policy_lab.provenance import bundled, file_digest, versions
from policy_lab.run.history import the_past
from policy_lab.study.history import FitParameter, read_history

Array = np.ndarray
HERE = Path(__file__).parent
REPLICATES, RECOVERIES = 100, 10
RANKS, BINS = 99, 10
SECTOR_YEARS = np.arange(1, 13)
SECTOR_PARAMETERS = ("New referrals", "Help and care duration", "Repeat referral rate", "Hours per assessment")
SECTOR_SERIES = ("Referrals", "Children in help", "Children in assessment")


def with_residuals(said: Array, generator: np.random.Generator) -> Array:
    """Return what would have been published: residuals of a drawn spread, correlated from year to year as assumed."""
    spread = np.sqrt(WEIGHT * SPREAD**2 / generator.gamma(WEIGHT))
    noise = np.zeros(len(said))
    for at in range(len(said)):
        fresh = generator.normal()
        noise[at] = CORRELATION * noise[at - 1] + np.sqrt(1 - CORRELATION**2) * fresh if at else fresh
    return np.asarray(said * np.exp(spread * noise))


def sector_fit() -> Fit:
    """Return the fit of the caseload sector: four parameters, three series of twelve years from its start."""
    folder = bundled("models") / "safeguarding"
    compiled = pl.compile(folder / "caseload.mdl")
    rows = {row[1]: row for row in (line for line in _table(folder / "sectors.csv") if line[0] == "caseload.mdl")}
    parameters = tuple(
        FitParameter(
            name, rows[name][2], float(rows[name][3]), float(rows[name][4]), float(rows[name][5]), rows[name][6]
        )
        for name in SECTOR_PARAMETERS
    )

    def simulate(draws: Mapping[str, Array]) -> dict[str, Array]:
        run = compiled.run(
            dict(draws), outputs=SECTOR_SERIES, final_time=12.0 * SECTOR_YEARS[-1], save_period=12, time_step=0.25
        )
        return {name: np.asarray(run[name])[:, 1:] for name in SECTOR_SERIES}

    seen = {name: np.ones(len(SECTOR_YEARS), dtype=bool) for name in SECTOR_SERIES}
    return Fit(parameters, simulate, {name: np.ones(len(SECTOR_YEARS)) for name in SECTOR_SERIES}, seen)


def _table(path: Path) -> list[list[str]]:
    import csv

    with path.open(encoding="utf-8", newline="") as text:
        return list(csv.reader(text))


def a_truth(fit: Fit, generator: np.random.Generator) -> tuple[Array, Fit]:
    """Draw a truth from the prior, and return its scores and the fit to what would then have been published."""
    scores = np.clip(generator.standard_normal(len(fit.parameters)), -3, 3)
    said = fit.simulate(fit.values(scores[None]))
    figures = {key: with_residuals(np.asarray(said[key][0]), generator) for key in fit.figures}
    return scores, Fit(fit.parameters, fit.simulate, figures, fit.seen)


def ranks(replicates: int, tell: bool = True) -> tuple[Array, tuple[str, ...]]:
    """Return the rank of each truth among posterior draws, ``(replicates, parameters)``, from 0 to RANKS."""
    base = sector_fit()
    found = []
    for number in range(replicates):
        generator = np.random.default_rng([11, number])
        truth, fit = a_truth(base, generator)
        posterior = sample(fit, truth, seed=number, ensembles=1, walkers=64, steps=250, burn=150)
        draws = posterior.thinned(RANKS)
        found.append((draws < truth).sum(axis=0))
        if tell and not (number + 1) % 10:
            print(f"simulation-based calibration: {number + 1} of {replicates}", file=sys.stderr, flush=True)
    return np.array(found), tuple(one.name for one in base.parameters)


def recoveries(count: int) -> tuple[Array, Array, tuple[str, ...]]:
    """Return, ``(count, parameters)`` each, whether the 90 % range holds a truth and how far the middle is from it.

    Distances are in scores: standard deviations of the prior.
    """
    history = read_history(pl.open_study("safeguarding"))
    parameters = history.sampled
    past = the_past(history, {"Threshold ratchet": 1.0}, time_step=0.25)
    base = fit_of(history, parameters, lambda draws: past.simulate(draws, parameters))
    inside, off = [], []
    for number in range(count):
        generator = np.random.default_rng([12, number])
        truth, fit = a_truth(base, generator)
        posterior = sample(fit, np.zeros(len(truth)), seed=number, ensembles=1, walkers=96, steps=250, burn=250)
        flat = posterior.scores.reshape(-1, len(truth))
        low, middle, high = np.quantile(flat, (0.05, 0.5, 0.95), axis=0)
        inside.append((truth >= low) & (truth <= high))
        off.append(middle - truth)
        print(f"recovery: {number + 1} of {count}", file=sys.stderr, flush=True)
    return np.array(inside), np.array(off), tuple(one.name for one in parameters)


def report(replicates: int, count: int) -> str:
    """Run both, and return the page."""
    began = time.perf_counter()
    found, names = ranks(replicates)
    made = (
        f"Made by `python benchmarks/calibration.py --record` on {datetime.date.today():%Y-%m-%d}; {os.cpu_count()} "
        "processors. Truths are drawn from the priors, and figures are made by the model with residuals as the "
        "likelihood assumes them: this tests the method against itself, not the model against the world."
    )
    lines = [
        "# The calibration, calibrated",
        "",
        made,
        "",
        f"## Simulation-based calibration: caseload sector, {replicates} replicates",
        "",
        f"Ranks of the truth among {RANKS} posterior draws in {BINS} equal bins; uniform when all agree.",
        "",
        "| parameter | counts in bins | chi-square p |",
        "|---|---|---|",
    ]
    for at, name in enumerate(names):
        counts = np.histogram(found[:, at], bins=BINS, range=(0, RANKS + 1))[0]
        lines.append(f"| {name} | {' '.join(str(one) for one in counts)} | {chisquare(counts).pvalue:.2f} |")
    inside, off, names = recoveries(count)
    lines += [
        "",
        f"## Recoveries on the flagship: {count} truths",
        "",
        f"The 90 % range of the posterior holds {inside.sum()} of {inside.size} true values ({inside.mean():.0%}).",
        "",
        "Distances are in prior standard deviations; 0.80 if the data were silent.",
        "",
        "| parameter | truths inside the 90 % range | mean distance of the middle from the truth |",
        "|---|---|---|",
    ]
    for at, name in enumerate(names):
        lines.append(f"| {name} | {inside[:, at].sum()} of {count} | {np.abs(off[:, at]).mean():.2f} |")
    lines += ["", f"{(time.perf_counter() - began) / 60:.0f} minutes by the clock.", "", made_with()]
    return "\n".join(lines) + "\n"


def made_with() -> str:
    """Return the manifest as a line: what was read, with which code."""
    folder = bundled("models") / "safeguarding"
    names = ("partnership.mdl", "caseload.mdl", "parameters.csv", "sectors.csv", "history.yaml")
    read = ", ".join(f"`{name}` {file_digest(folder / name)[:12]}" for name in names)
    code = ", ".join(f"{name} {version}" for name, version in versions().items())
    return f"Read: {read}. Code: {code}. Seeds: the number of the replicate, and of the truth."


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sbc", type=int, metavar="N")
    parser.add_argument("--recover", type=int, metavar="N")
    parser.add_argument("--record", action="store_true")
    asked = parser.parse_args()
    if asked.sbc:
        found, names = ranks(asked.sbc)
        print(dict(zip(names, found.mean(axis=0) / RANKS, strict=True)))
    elif asked.recover:
        inside, off, names = recoveries(asked.recover)
        print(f"{inside.mean():.0%} inside", dict(zip(names, np.abs(off).mean(axis=0).round(2), strict=True)))
    else:
        page = report(REPLICATES, RECOVERIES)
        print(page)
        if asked.record:
            (HERE / "calibration.md").write_text(page, encoding="utf-8")


if __name__ == "__main__":
    main()
