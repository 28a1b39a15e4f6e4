"""What one place's own figures taught, in words, tables and a chart. Nothing here ranks places."""

from __future__ import annotations

from pathlib import Path

from policy_lab.analysis.calibration.learned import SILENT
from policy_lab.analysis.calibration.place import PlaceCalibration
from policy_lab.analysis.words import count, listed, percent, two_figures
from policy_lab.out.calibration import calibration_manifest, judged_sections, learnt_sections, write_found
from policy_lab.out.folder import whole_folder
from policy_lab.out.layout import Grid, Lines, Section
from policy_lab.out.tables import write_csv

GOOD_RHAT = 1.01
GOOD_DRAWS = 400
"""Agreement of chains and effective draws that a posterior needs before its ranges are read."""


def export_place(found: PlaceCalibration, folder: str | Path) -> Path:
    """Write a place's calibration to a folder, all or nothing: CSV tables, `history.svg`, `.png`, words, a manifest.

    Raises
    ------
    InputError
        When the folder cannot be written to.
    """
    made = calibration_manifest(found.found)
    made["subject"] = f"{made['subject']}: {found.past.name} ({found.past.key})"
    made["settings"] = {
        **made["settings"],
        "area": found.past.key,
        "fit": found.moved["parameter"].tolist(),
        "prior": found.whole.source,
    }
    with whole_folder(Path(folder)) as temporary:
        write_found(found.found, place_calibration_summary(found), made, temporary)
        for name, table in (("moved", found.moved), ("pooled", found.pooled), ("draws", found.found.draws)):
            if len(table):
                write_csv(table, temporary / f"{name}.csv")
    return Path(folder)


def place_calibration_summary(found: PlaceCalibration) -> list[Section]:
    """Return the words of a place's calibration; what its data cannot speak to comes first."""
    sections = [Section(f"Calibration of one place: {found.past.history.file.title}", (Lines((_silence(found),)),))]
    if found.past.gaps:
        sections.append(Section("Not published", (Lines(found.past.gaps, bullets=True),)))
    sections += judged_sections(found.found)
    sections.append(Section("Own values or the study's", (Lines((_pooled_words(found),)), _pooled_grid(found))))
    sections.append(Section("What moved", (_moved_grid(found),)))
    sections += learnt_sections(found.found)
    sections.append(Section("To run with these values", (Lines(_use(found)),)))
    sections.append(Section("Method", (Lines(_method(found)),)))
    return sections


def _silence(found: PlaceCalibration) -> str:
    past, table = found.past, found.found.contraction
    words = (
        f"The data are silent on {past.history.file.silent}: calibration says nothing about designs. What is published "
        f"of {past.name} may move {count(len(found.moved), 'parameter')}; every other one stays at the study's value, "
        "which is no finding about the place. "
    )
    if not len(table):
        return words + "This is the most probable point only: no uncertainty was sampled."
    silent = table.loc[table["data"] == "silent", "parameter"].tolist()
    told = f"the data are silent (narrowed by less than {percent(SILENT)}) on {listed(silent)}" if silent else ""
    words += f"Of these {told}. " if silent else f"Each was narrowed by {percent(SILENT)} or more. "
    worst, fewest = float(table["rhat"].max()), float(table["effective"].min())
    if not (worst <= GOOD_RHAT and fewest >= GOOD_DRAWS):
        words += (
            f"The chains do not agree yet (largest R-hat {worst:.3f}, fewest effective draws {fewest:.0f}): take more "
            "steps before reading the ranges."
        )
    return words.strip()


def _pooled_words(found: PlaceCalibration) -> str:
    table = found.pooled
    better = int((table["own"] < table["whole"]).sum())
    return (
        f"On held-out years the place's own values err less than the study's in {better} of {len(table)} series. "
        "Where they do not, fitting to the place bought nothing."
    )


def _pooled_grid(found: PlaceCalibration) -> Grid:
    rows = [
        (row["title"], str(row["years"]), f"{row['own']:.1f}", f"{row['whole']:.1f}")
        for _, row in found.pooled.iterrows()
    ]
    return Grid(("series", "held-out years", "own values: error %", "study's values: error %"), tuple(rows))


def _moved_grid(found: PlaceCalibration) -> Grid:
    value = "median" if len(found.found.contraction) else "most probable"
    rows = [
        (
            row["parameter"],
            row["unit"],
            two_figures(row["whole"]),
            f"{two_figures(row['prior_q05'])} to {two_figures(row['prior_q95'])}",
            two_figures(row["value"]),
            row["series"] or "not published here",
        )
        for _, row in found.moved.iterrows()
    ]
    return Grid(("parameter", "unit", "study's", "prior 5 to 95 %", value, "speaks to it"), tuple(rows))


def _use(found: PlaceCalibration) -> tuple[str, ...]:
    settings = " ".join(f'--set "{row["parameter"]}={row["value"]:.4g}"' for _, row in found.moved.iterrows())
    study = found.past.history.study.name
    kept = "No plan takes them by itself: the saved posterior of a study is for all its places."
    return (f'policy-lab compare {study} --area "{found.past.name}" {settings}', kept)


def _method(found: PlaceCalibration) -> tuple[str, ...]:
    past = found.past
    fitted, out = past.binding.fit, past.binding.held_out
    same = (
        f"The same past as the study's (laws, events, series from outside, which run on through the held-out years), "
        f"with what is published of {past.name}: {fitted[0]} to {fitted[1]} fitted, {out[0]} to {out[1]} held out. "
        f"Why these may move: {past.binding.reason}"
    )
    pooled = (
        f"Partial pooling: each prior is log-normal about the study's value ({found.whole.source}). Its spread is "
        "that of the study's own uncertainty and of the lasting differences between the other places in the series "
        "that speaks to it, fitted years only: an assumption, on the wide side. The place is part of the whole that "
        f"gave the prior; its own figures count twice by that small part. Seed {found.found.seed}."
    )
    few = (
        f"One place's figures swing by chance, and {count(out[1] - out[0] + 1, 'held-out year')} decide little. This "
        "is no judgement of a place, and nothing here ranks places."
    )
    return (same, pooled, few)
