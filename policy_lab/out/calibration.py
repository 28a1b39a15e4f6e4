"""What a calibration leaves: tables, the chart of model against data, words, and the draws that plans can use."""

from __future__ import annotations

import json
from math import isfinite
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from policy_lab.analysis.calibration.calibrate import SEARCH_STEP, Calibration
from policy_lab.analysis.calibration.learned import NEAR, SILENT, point_table
from policy_lab.analysis.calibration.likelihood import CORRELATION
from policy_lab.analysis.calibration.skill import NO_SKILL, SKILL
from policy_lab.analysis.words import listed, percent, two_figures
from policy_lab.charts.history import history_chart
from policy_lab.out.folder import whole_folder
from policy_lab.out.layout import Grid, Lines, Section, as_markdown
from policy_lab.out.tables import csv_text, write_csv
from policy_lab.provenance import file_digest, manifest
from policy_lab.results.files import written_whole
from policy_lab.results.read_write import write_manifest
from policy_lab.study.history import figures_of
from policy_lab.study.posterior import MANIFEST_FILE, POSTERIOR_FILE

SPREAD_WORDS = (
    "Lasting differences between places and changes of one place from year to year, as typical shares of the national "
    "level; whole places were held out. The spread is described here and fitted to nothing. Nothing ranks places."
)
TABLES = ("places", "skill", "horizons", "theil", "turns", "contraction", "coverage", "rivals", "bands")


def export_calibration(calibration: Calibration, folder: str | Path) -> Path:
    """Write a calibration to a folder, all or nothing: CSV tables, `history.svg`, `.png`, `summary.md`, a manifest.

    Raises
    ------
    InputError
        When the folder cannot be written to.
    """
    target = Path(folder)
    with whole_folder(target) as temporary:
        write_found(calibration, calibration_summary(calibration), calibration_manifest(calibration), temporary)
        if calibration.points:
            write_csv(point_table(calibration.history, calibration.points), temporary / "points.csv")
    return target


def write_found(calibration: Calibration, words: list[Section], made: dict[str, Any], folder: Path) -> None:
    """Write the tables, the chart, the words and the manifest of a calibration into a folder that is there."""
    for name in TABLES:
        table: pd.DataFrame = getattr(calibration, name)
        if len(table):
            write_csv(table, folder / f"{name}.csv")
    figure = history_chart(calibration)
    figure.save(folder / "history.svg")
    figure.save(folder / "history.png")
    picture = Section("Model against data", (Lines((f"![{figure.alt}](history.png)",)),))
    (folder / "summary.md").write_bytes(as_markdown([*words, picture]).encode("utf-8"))
    write_manifest(made, folder / "manifest.json")


def save_posterior(calibration: Calibration) -> Path:
    """Write the thinned draws and their manifest into the study's folder, where plans find them."""
    folder = calibration.history.study.folder
    with written_whole(folder / POSTERIOR_FILE) as temporary:
        temporary.write_text(csv_text(calibration.draws.round(10)), encoding="utf-8", newline="")
    with written_whole(folder / MANIFEST_FILE) as temporary:
        text = json.dumps(calibration_manifest(calibration), indent=2, sort_keys=True, ensure_ascii=False)
        temporary.write_text(text + "\n", encoding="utf-8", newline="")
    return folder / POSTERIOR_FILE


def calibration_manifest(calibration: Calibration) -> dict[str, Any]:
    """Return what made a calibration; the worst agreement of its chains stands in it too."""
    history = calibration.history
    study = history.study
    quality: dict[str, Any] = {}
    if len(calibration.contraction):
        quality = {
            "largest_rhat": round(float(calibration.contraction["rhat"].max()), 4),
            "smallest_effective_sample": round(float(calibration.contraction["effective"].min())),
            "draws": len(calibration.draws),
        }
    return manifest(
        subject=f"calibration of {study.file.title}",
        model=study.files["model"],
        model_digest=study.model.digest,
        files={**study.files, "history": history.path},
        tables=[*study.model.files, *((name, file_digest(path)) for name, path in figures_of(history).items())],
        seed=calibration.seed,
        time_step=SEARCH_STEP,
        method="euler",
        engine="compiled",
        settings={"method": calibration.method, "fit": list(history.file.fit)},
        **quality,
    )


def calibration_summary(calibration: Calibration) -> list[Section]:
    """Return the words of a calibration; what the data cannot speak to comes first."""
    history = calibration.history
    sections = [Section(f"Calibration: {history.file.title}", (Lines(_silence(calibration)),))]
    sections += judged_sections(calibration)
    if len(calibration.rivals):
        rivals = (Lines(_rival_words(calibration)), _rival_grid(calibration.rivals))
        sections.append(Section("Rival explanations", rivals))
        sections.append(_point_section(calibration))
    sections += learnt_sections(calibration)
    if len(calibration.places):
        sections.append(
            Section("The spread between places", (Lines((SPREAD_WORDS,)), _spread_grid(calibration.places)))
        )
    sections.append(Section("Method", (Lines(_method(calibration)),)))
    return sections


def judged_sections(calibration: Calibration) -> list[Section]:
    """Return how good the model is: skill, directions, and where the error lies."""
    sections = [Section("Skill", (Lines((_skill_words(calibration),)), _skill_grid(calibration)))]
    if len(calibration.turns):
        sections.append(Section("Directions", (_turn_grid(calibration.turns),)))
    return [*sections, Section("Where the error lies", (_theil_grid(calibration.theil),))]


def learnt_sections(calibration: Calibration) -> list[Section]:
    """Return what the data narrowed and how wide the bands are; nothing of a calibration without draws."""
    if not len(calibration.contraction):
        return []
    return [
        Section("What the data narrowed", (_contraction_grid(calibration.contraction),)),
        Section("Coverage of the 90 % band", (Lines((_coverage_words(calibration),)),)),
    ]


def _spread_grid(places: pd.DataFrame) -> Grid:
    rows = [
        (
            row["title"],
            f"{np.expm1(row['between']):.0%}",
            f"{np.expm1(row['within']):.0%}",
            f"{row['held_out']} of {row['places']}",
            percent(row["inside"]),
        )
        for _, row in places.iterrows()
    ]
    heads = (
        "figure",
        "between places",
        "within one, year to year",
        "places held out",
        "their figures inside 90 % band",
    )
    return Grid(heads, tuple(rows))


def _silence(calibration: Calibration) -> tuple[str, ...]:
    history = calibration.history
    designs = f"The data are silent on {history.file.silent}: calibration says nothing about designs."
    fitted = f"Only {len(history.parameters)} parameters were fitted; every other one keeps its prior."
    if not len(calibration.contraction):
        return (designs, fitted, "This is the most probable point only: no uncertainty was sampled.")
    silent = (calibration.contraction["data"] == "silent").groupby(calibration.contraction["parameter"], sort=False)
    everywhere = [str(name) for name, found in silent.all().items() if found]
    somewhere = [str(name) for name, found in (silent.any() & ~silent.all()).items() if found]
    if everywhere:
        fitted += f" Of these the data are silent (narrowed by less than {percent(SILENT)}) on {listed(everywhere)}."
    if somewhere:
        fitted += f" Under one structure but not under another they are silent on {listed(somewhere)}."
    return (designs, fitted)


def _skill_words(calibration: Calibration) -> str:
    judged = calibration.skill[calibration.skill["verdict"].isin([SKILL, NO_SKILL])]
    if not len(judged):
        return "No series has two held-out years: skill is not judged."
    good = judged[judged["verdict"] == SKILL]["title"].tolist()
    which = f": {listed(good)}." if good else "."
    others = " It has no skill in the others." if len(good) < len(judged) else ""
    return (
        f"On held-out years the model beats both no change and a straight line in {len(good)} of {len(judged)} series"
        f"{which}{others}"
    )


def _skill_grid(calibration: Calibration) -> Grid:
    rows = []
    for _, row in calibration.skill.iterrows():
        naive = [f"{row[name]:.1f}" if pd.notna(row[name]) else "" for name in ("persistence", "trend")]
        scaled = f"{row['model_mase']:.2f}"
        rows.append(
            (row["title"], row["window"], str(row["years"]), f"{row['model']:.1f}", *naive, scaled, row["verdict"])
        )
    heads = ("series", "window", "years", "model error %", "no change %", "straight line %", "model MASE", "verdict")
    return Grid(heads, tuple(rows))


def _turn_grid(turns: pd.DataFrame) -> Grid:
    rows = [
        (
            row["what"],
            f"{row['from']} to {row['to']}",
            f"{row['data']:+.0f} %",
            f"{row['model']:+.0f} %",
            "yes" if row["agree"] else "no",
        )
        for _, row in turns.iterrows()
    ]
    return Grid(("what", "years", "published", "model", "same direction"), tuple(rows))


def _theil_grid(theil: pd.DataFrame) -> Grid:
    rows = [
        (row["series"], f"{row['rmspe']:.1f}", *(percent(row[name]) for name in ("bias", "variation", "covariation")))
        for _, row in theil.iterrows()
    ]
    return Grid(("series", "root mean square error %", "bias", "unequal variation", "unequal covariation"), tuple(rows))


def _rival_words(calibration: Calibration) -> tuple[str, ...]:
    near = [f'"{title}"' for title in calibration.rivals[calibration.rivals["about_equal"]]["title"]]
    if len(near) > 1:
        first = (
            f"These fit about equally (within {NEAR:g} log units): {listed(near)}. The data do not choose between them."
        )
    else:
        next_best = calibration.rivals["behind"].iloc[1] if len(calibration.rivals) > 1 else 0.0
        first = f"Of these, {near[0]} fits best, by {next_best:.1f} log units; what is free to move a rate fits better."
    return (first, "That an explanation fits is no evidence that it is the cause.")


def _rival_grid(rivals: pd.DataFrame) -> Grid:
    rows = [
        (row["title"], f"{row['behind']:.1f}", f"{row['fitted_error']:.1f}", f"{row['held_out_error']:.1f}", row["own"])
        for _, row in rivals.iterrows()
    ]
    heads = ("explanation", "log units behind", "fitted error %", "held-out error %", "its own parameters")
    return Grid(heads, tuple(rows))


def _point_section(calibration: Calibration) -> Section:
    """Return the most probable values under the explanation that fits best; `points.csv` has those of the others."""
    table = point_table(calibration.history, calibration.points)
    best = table[table["explanation"] == table["explanation"].iloc[0]]
    rows = [
        (
            row["parameter"],
            row["unit"],
            f"{two_figures(row['prior_q05'])} to {two_figures(row['prior_q95'])}",
            two_figures(row["value"]),
        )
        for _, row in best.iterrows()
    ]
    title = calibration.history.file.rivals[str(best["explanation"].iloc[0])].title
    said = f'Under the explanation that fits best, "{title}". A point says nothing of how well these are known.'
    grid = Grid(("parameter", "unit", "prior 5 to 95 %", "most probable"), tuple(rows))
    return Section("The most probable values", (Lines((said,)), grid))


def _contraction_grid(table: pd.DataFrame) -> Grid:
    known = bool(table["effective"].notna().all())  # draws that were read back do not know how they were sampled
    rows = []
    for _, row in table.iterrows():
        prior = f"{two_figures(row['prior_q05'])} to {two_figures(row['prior_q95'])}"
        found = f"{two_figures(row['q05'])} to {two_figures(row['q95'])}"
        words = "data silent" if row["data"] == "silent" else percent(row["contraction"])
        agree = (f"{row['rhat']:.3f}, {row['effective']:.0f}",) if known else ()
        rows.append((row["parameter"], row["unit"], row["structure"], prior, found, words, *agree))
    heads = (
        "parameter",
        "unit",
        "structure",
        "prior 5 to 95 %",
        "posterior 5 to 95 %",
        "narrowed by",
        *(("R-hat, effective draws",) if known else ()),
    )
    return Grid(heads, tuple(rows))


def _coverage_words(calibration: Calibration) -> str:
    sums = calibration.coverage.groupby("window")[["inside", "years"]].sum()
    parts = [f"{int(row['inside'])} of {int(row['years'])} {name} figures" for name, row in sums.iterrows()]
    return f"Inside the band of what would be published: {listed(parts)}."


def _method(calibration: Calibration) -> tuple[str, ...]:
    file = calibration.history.file
    given = listed([one.title[:1].lower() + one.title[1:] for one in file.given.values()])
    start = (
        f"From {file.clock.start}, at rest under {file.rest}; laws, dated events and the series from outside ({given}) "
        "were listed in history.yaml before anything was fitted."
    )
    fit = (
        f"Log residuals with a lag-one correlation of {CORRELATION:g} (stated, not fitted); the spread of each series "
        f"is integrated out. Seed {calibration.seed}."
    )
    if isfinite(calibration.step_error):
        moved = f"moves no answer by more than {calibration.step_error:.2%} against the model's own"
        fit += f" The search's time step of {SEARCH_STEP:g} {moved}."
    return (start, fit)
